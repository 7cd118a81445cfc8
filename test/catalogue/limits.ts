/** Bugs of limits: what is let in, how much of it, and for how long it is remembered. */
import { LoadBalancer } from '../../src/load-balancer/broker.ts';
import { WorkerSession } from '../../src/load-balancer/session.ts';
import { MajordomoBroker, type MajordomoBrokerOptions } from '../../src/majordomo/index.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { BROKER_OPTIONS, CROWDED_BROKER_OPTIONS, majordomo, majordomoWithStrangers } from '../../src/simulation/scenarios/majordomo.ts';
import { QUEUE_ENDPOINTS, QUEUE_OPTIONS, simplePirate } from '../../src/simulation/scenarios/pirates.ts';
import type { Simulation } from '../../src/simulation/simulate.ts';
import { nothing, program, replaced, type Bug, type Undo } from './planting.ts';

export const limitBugs: readonly Bug[] = [
  {
    id: 'handed-out-without-end',
    sentence: 'a request whose workers are lost, one after the other, is handed out again and again',
    simulation: majordomo,
    expect: ['MD6'],
    plant: () => brokerWith({ maxDeliveries: 255 }),
  },
  {
    id: 'handed-out-twice',
    sentence: 'a request that must not run twice is handed out again when its worker is lost',
    simulation: simplePirate,
    expect: ['MD6'],
    plant: () =>
      program(simplePirate, 'queue', () => async (host) => {
        host.keep(await SimplePirateQueue.listen(QUEUE_ENDPOINTS, { ...host.ports, ...QUEUE_OPTIONS, deliveryPolicy: 'requeue' }));
      }),
  },
  {
    id: 'unlimited-queue',
    sentence: 'how many requests may wait is not limited',
    simulation: majordomo,
    expect: ['U9'],
    plant: () => brokerWith({ maxQueuedPerService: 10_000, maxQueuedRequests: 10_000 }),
  },
  {
    id: 'one-more-may-wait',
    sentence: 'one request more may wait than the limit says',
    simulation: majordomo,
    expect: ['U9'],
    plant: () => brokerWith({ maxQueuedRequests: BROKER_OPTIONS.maxQueuedRequests + 1, maxQueuedPerService: 10_000 }),
  },
  {
    id: 'one-more-may-wait-for-a-service',
    sentence: 'one request more may wait for a service than the limit says',
    simulation: majordomo,
    expect: ['U9'],
    plant: () => brokerWith({ maxQueuedPerService: BROKER_OPTIONS.maxQueuedPerService + 1 }),
  },
  {
    id: 'one-worker-too-many',
    sentence: 'one worker more may register than the limit says',
    simulation: majordomoWithStrangers,
    expect: ['U9'],
    plant: () => brokerWith({ ...CROWDED_BROKER_OPTIONS, maxWorkers: CROWDED_BROKER_OPTIONS.maxWorkers + 1 }, majordomoWithStrangers),
  },
  {
    id: 'one-service-too-many',
    sentence: 'one service more may be known than the limit says',
    simulation: majordomoWithStrangers,
    expect: ['U9'],
    plant: () => brokerWith({ ...CROWDED_BROKER_OPTIONS, maxServices: CROWDED_BROKER_OPTIONS.maxServices + 1 }, majordomoWithStrangers),
  },
  {
    id: 'services-never-forgotten',
    sentence: 'a name that was asked for once is remembered for ever',
    simulation: majordomo,
    expect: ['MD7'],
    plant: () => replaced(MajordomoBroker.prototype as unknown as { retireIfUnused: () => void }, 'retireIfUnused', () => nothing),
  },
  {
    id: 'services-in-an-object',
    sentence: 'services are kept in a plain object, in which `__proto__` is always there',
    simulation: majordomoWithStrangers,
    expect: ['U5'],
    plant: servicesInAnObject,
  },
  {
    id: 'work-for-nobody',
    sentence: 'requests are handed out whose clients have stopped waiting',
    simulation: majordomo,
    expect: ['LB4'],
    plant: () =>
      replaced(
        LoadBalancer.prototype as unknown as { accept: (...given: unknown[]) => void },
        'accept',
        (usual) =>
          function (this: object, ...given) {
            usual.apply(this, [...given.slice(0, -1), Infinity]);
          },
      ),
  },
  {
    id: 'any-reply-counts',
    sentence: 'a reply is taken for the answer to the request in hand, whichever it answers',
    simulation: majordomoWithStrangers,
    expect: ['MD4'],
    plant: () =>
      replaced(
        WorkerSession.prototype,
        'holding',
        () =>
          function (this: WorkerSession) {
            return this.held.first;
          },
      ),
  },
];

function brokerWith(options: MajordomoBrokerOptions, simulation: Simulation = majordomo): Undo {
  return program(simulation, 'broker', () => async (host) => {
    host.keep(await MajordomoBroker.listen('sim://broker', { ...host.ports, ...BROKER_OPTIONS, ...options }));
  });
}

/** As far as a `Map` can be one: what every object has is there. */
class ObjectAsMap<K, V> extends Map<K, V> {
  override get(key: K): V | undefined {
    return super.get(key) ?? (typeof key === 'string' ? Reflect.get({}, key) : undefined);
  }
}

function servicesInAnObject(): Undo {
  return replaced(
    MajordomoBroker,
    'listen',
    (usual) =>
      function (this: typeof MajordomoBroker, ...given) {
        const RealMap = globalThis.Map;
        globalThis.Map = ObjectAsMap;
        try {
          return usual.apply(this, given);
        } finally {
          globalThis.Map = RealMap;
        }
      },
  );
}
