/** The small worlds of Majordomo: clients that share a connection, or ask first whether they may, a broker with one service, workers. */
import type { Property } from '../explore.ts';
import { majordomoLink, majordomoRequest } from '../../majordomo/client.machine.ts';
import { majordomoSession } from '../../majordomo/session.machine.ts';
import { loadBalancedWorker } from '../../load-balancer/worker.machine.ts';
import type { BalancerSettings } from './balancer.ts';
import {
  BrokerState,
  alwaysOf,
  eventuallyOf,
  sometimesOf,
  type BrokerMachines,
  type BrokerPlan,
  type BrokerWorld,
} from './broker-world.ts';
import { MajordomoClients } from './majordomo-clients.ts';
import {
  ANSWER,
  ANSWER_PLAIN,
  ASK,
  CODES,
  FAILURE,
  PROBE,
  PROBE_ANSWER,
  PROBE_ANSWER_FOREIGN,
  majordomoClientSteps,
  type MajordomoClientMachines,
  type MajordomoClientSettings,
} from './majordomo-steps.ts';
import { sessionSteps } from './sessions.ts';
import { boundsIn, checkSizes } from './sizes.ts';
import { modelOf, type SmallModel } from './small-world.ts';
import { workerSteps, type WorkerSettings } from './workers.ts';
import { attemptOf, handleOf, kindOf, message, requestOf } from './world.ts';

export interface MajordomoWorld extends BrokerWorld, Pick<MajordomoClientSettings, 'correlation'> {
  /** Whether the broker is of another make, and keeps no numbers. */
  readonly foreign: boolean;
  /** Others than the real ones, to see what is found in them. */
  readonly machines?: Partial<BrokerMachines & MajordomoClientMachines>;
}

export const MAJORDOMO_WORLD: MajordomoWorld = {
  clients: 2,
  workers: 2,
  requests: 1,
  concurrency: 1,
  retries: 1,
  correlation: 'envelope',
  foreign: false,
  policy: 'requeue',
  maxDeliveries: 2,
  liveness: 1,
  busyLimit: false,
  notices: true,
  refusals: false,
  faults: 1,
  crashes: 1,
  restarts: 1,
  cuts: 1,
  suspicions: 1,
  failures: 1,
  heartbeats: 0,
  expiries: 1,
  aborts: 0,
  closes: 0,
  shutdowns: 0,
  oddities: 0,
};

/** The model: what may happen, and what must hold. */
export function majordomoModel(options: Partial<MajordomoWorld> = {}): SmallModel {
  const settings = { ...MAJORDOMO_WORLD, ...options };
  checkSizes(settings);
  const { machines, observer } = settings;
  const balancer: BalancerSettings = { ...settings, farewell: true, readsWhenReady: false };
  const worker: WorkerSettings = { ...settings, farewell: true, mostHeld: 0 };
  const clientMachines = { request: machines?.request ?? majordomoRequest, link: machines?.link ?? majordomoLink };
  const clients = majordomoClientSteps(clientMachines, settings, observer);
  const plan: BrokerPlan<MajordomoClients> = {
    settings,
    balancer,
    worker,
    sessions: sessionSteps(machines?.session ?? majordomoSession, balancer, observer),
    workers: workerSteps(machines?.worker ?? loadBalancedWorker, worker, observer),
    makeClients: (state) => new MajordomoClients(state, settings, clients),
    toClients: (state) => ({
      answer: (client, asked, answered) => {
        const isNumbered = kindOf(asked) === ASK;
        const numbered = message(ANSWER, requestOf(asked), attemptOf(asked), answered);
        state.sendDown(client, isNumbered ? numbered : message(ANSWER_PLAIN, answered));
      },
      failure: (client, asked, code) => {
        if (kindOf(asked) === ASK) state.sendDown(client, message(FAILURE, requestOf(asked), attemptOf(asked), CODES.indexOf(code)));
      },
    }),
    hear: (state, connection, asked) => {
      if (kindOf(asked) === PROBE) state.sendDown(connection, settings.foreign ? PROBE_ANSWER_FOREIGN : PROBE_ANSWER);
      else state.broker.accept(connection, asked);
    },
    describe: (asked) => (kindOf(asked) === PROBE ? 'is asked who it is' : `takes in request ${requestOf(asked) + 1}`),
  };
  return modelOf<BrokerState<MajordomoClients>>({
    name: 'majordomo',
    bounds: boundsIn(settings),
    begin: () => BrokerState.begin(plan),
    unpack: (text) => BrokerState.unpack(plan, text),
    offer: (state, happenings) => state.offer(happenings),
    always: alwaysOf(plan),
    sometimes: [...sometimesOf(plan), ...poisonedOf(settings)],
    eventually: eventuallyOf(),
  });
}

/** Where a request can be lost with as many workers as it may be handed out to, that must be seen: else MD6 says little. */
function poisonedOf({
  policy,
  correlation,
  maxDeliveries,
  faults,
  oddities,
}: MajordomoWorld): readonly Property<BrokerState<MajordomoClients>>[] {
  if (policy !== 'requeue' || correlation !== 'envelope' || faults + oddities < maxDeliveries) return [];
  const isPoisoned = (told: number): boolean => kindOf(told) === FAILURE && CODES[handleOf(told)] === 'poisoned';
  const holds = ({ connections }: BrokerState<MajordomoClients>): boolean => connections.some(({ down }) => down.some(isPoisoned));
  return [{ name: 'poisoned', sentence: 'a request is given up as poisoned', holds }];
}
