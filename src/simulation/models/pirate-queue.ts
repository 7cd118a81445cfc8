/** The small worlds of the pirates' queues, whose clients are Lazy Pirates. */
import type { Machine } from '../../core/machine.ts';
import { lazyPirateRequest, type LazyPirateRequestMachine } from '../../lazy-pirate/client.machine.ts';
import { workerSession } from '../../load-balancer/session.machine.ts';
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
import { ANSWER, LazyClients, lazySteps, type LazySettings } from './lazy-clients.ts';
import { sessionSteps } from './sessions.ts';
import { boundsIn, checkSizes } from './sizes.ts';
import { modelOf, type SmallModel } from './small-world.ts';
import { workerSteps, type WorkerSettings } from './workers.ts';
import { message, requestOf } from './world.ts';

export interface PirateWorld extends BrokerWorld {
  /** Others than the real ones, to see what is found in them. */
  readonly machines?: Partial<BrokerMachines & { readonly request: Machine<LazyPirateRequestMachine> }>;
}

export const SIMPLE_PIRATE_WORLD: PirateWorld = {
  clients: 2,
  workers: 2,
  requests: 1,
  concurrency: 1,
  retries: 2,
  policy: 'fail',
  maxDeliveries: 2,
  liveness: 0,
  busyLimit: false,
  notices: true,
  refusals: true,
  faults: 1,
  crashes: 1,
  restarts: 1,
  cuts: 1,
  suspicions: 0,
  failures: 1,
  heartbeats: 0,
  expiries: 0,
  aborts: 0,
  closes: 0,
  shutdowns: 0,
  oddities: 0,
};

export const PARANOID_PIRATE_WORLD: PirateWorld = {
  ...SIMPLE_PIRATE_WORLD,
  retries: 1,
  refusals: false,
  policy: 'requeue',
  liveness: 1,
  suspicions: 1,
  heartbeats: 1,
};

function pirateModel(name: string, settings: PirateWorld): SmallModel {
  checkSizes(settings);
  const { machines, observer } = settings;
  const lazy: LazySettings = { ...settings, endpoints: 1, deadline: false };
  const balancer: BalancerSettings = { ...settings, farewell: false, readsWhenReady: true };
  const worker: WorkerSettings = { ...settings, farewell: false, mostHeld: 8 };
  const requests = lazySteps(machines?.request ?? lazyPirateRequest, lazy, observer);
  const plan: BrokerPlan<LazyClients> = {
    settings,
    balancer,
    worker,
    sessions: sessionSteps(machines?.session ?? workerSession, balancer, observer),
    workers: workerSteps(machines?.worker ?? loadBalancedWorker, worker, observer),
    makeClients: (state) => new LazyClients(state, lazy, requests),
    toClients: (state) => ({
      answer: (client, _asked, answered) => state.sendDown(client, message(ANSWER, answered)),
      // Nothing can be told to a REQ socket: its client asks again.
      failure: () => undefined,
    }),
    hear: (state, connection, asked) => state.broker.accept(connection, asked),
    describe: (asked) => `takes in request ${requestOf(asked) + 1}`,
  };
  return modelOf<BrokerState<LazyClients>>({
    name,
    bounds: boundsIn(settings),
    begin: () => BrokerState.begin(plan),
    unpack: (text) => BrokerState.unpack(plan, text),
    offer: (state, happenings) => state.offer(happenings),
    always: alwaysOf(plan),
    sometimes: sometimesOf(plan),
    eventually: eventuallyOf(),
  });
}

/** Simple Pirate: nobody heartbeats, and what a lost worker held is its client's to ask again. */
export function simplePirateModel(options: Partial<PirateWorld> = {}): SmallModel {
  return pirateModel('simple', { ...SIMPLE_PIRATE_WORLD, ...options });
}

/** Paranoid Pirate: heartbeats both ways, and what a lost worker held goes to another one. */
export function paranoidPirateModel(options: Partial<PirateWorld> = {}): SmallModel {
  return pirateModel('paranoid', { ...PARANOID_PIRATE_WORLD, ...options });
}
