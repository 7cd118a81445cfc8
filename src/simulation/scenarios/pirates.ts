/** Simple and Paranoid Pirate: a queue, two workers, two Lazy Pirate clients. */
import { LazyPirateClient } from '../../lazy-pirate/client.ts';
import { ParanoidPirateQueue } from '../../paranoid-pirate/queue.ts';
import { ParanoidPirateWorker } from '../../paranoid-pirate/worker.ts';
import type { QueueEndpoints } from '../../load-balancer/queue.ts';
import type { SimplePirateQueueOptions } from '../../simple-pirate/options.ts';
import { SimplePirateQueue } from '../../simple-pirate/queue.ts';
import { SimplePirateWorker } from '../../simple-pirate/worker.ts';
import { PIRATE_FRAMES } from '../frames.ts';
import type { Host, Program } from '../host.ts';
import type { Invariant } from '../invariants.ts';
import { paranoidPirateRules, simplePirateRules } from '../pattern-rules.ts';
import { simulate, type Simulation } from '../simulate.ts';
import { MISCHIEF, strangeListener, stranger, type Phrase } from './strangers.ts';
import { oneAtATime } from '../worker-rules.ts';
import { askOnAndOn, worker } from './workload.ts';

/**
 * A worker that hangs is never told that nobody waits, and meanwhile requests pile up unread, to be run first although their clients have
 * given them up: working that off takes its time, during which more are given up.
 */
const PHASES = { breaking: 80_000, healing: 40_000, settling: 20_000 };
const HANGING_UNTIL_MS = 25_000;
const FRONTEND = 'sim://frontend';
const BACKEND = 'sim://backend';
const HEARTBEATS = { heartbeatInterval: 1000, heartbeatLiveness: 3 };
const RECONNECT = { reconnectInterval: 200, reconnectMaximum: 2000, reconnectJitter: 0.8 };
const PINGS = { transportHeartbeatInterval: 1000, transportHeartbeatTimeout: 3000 };
const QUEUE = { busyLimit: 2500, maxDeliveries: 3, requestExpiry: 5000, drainTimeout: 1000, highWaterMark: 50 };
const REQUESTS = { requestTimeout: 2500, requestRetries: 3, retryInterval: 100, retryMaximum: 1000, retryJitter: 0.5, deadline: 15_000 };
const MOST_SOCKETS = 8;

const client: Program = async (host) => {
  const client = host.keep(LazyPirateClient.connect(FRONTEND, { ...host.ports, ...REQUESTS, ...PINGS, maxSockets: MOST_SOCKETS }));
  await askOnAndOn(host, {
    every: 2000,
    within: REQUESTS.deadline,
    burst: 3,
    hanging: HANGING_UNTIL_MS,
    abortEvery: 20,
    send: (body, options) => client.request(body, options),
  });
};

const workerOptions = (host: Host) => ({ ...host.ports, ...RECONNECT, ...PINGS, drainTimeout: 1000 });

export const QUEUE_ENDPOINTS: QueueEndpoints = { frontend: FRONTEND, backend: BACKEND };
export const QUEUE_OPTIONS: SimplePirateQueueOptions = { ...PINGS, ...QUEUE };

const simpleQueue: Program = async (host) => {
  host.keep(await SimplePirateQueue.listen(QUEUE_ENDPOINTS, { ...host.ports, ...QUEUE_OPTIONS }));
};
const simpleWorker: Program = (host) => {
  host.keep(SimplePirateWorker.connect(BACKEND, worker(host), workerOptions(host)));
};
const paranoidQueue: Program = async (host) => {
  host.keep(await ParanoidPirateQueue.listen(QUEUE_ENDPOINTS, { ...host.ports, ...QUEUE_OPTIONS, ...HEARTBEATS }));
};
const paranoidWorker: Program = (host) => {
  host.keep(ParanoidPirateWorker.connect(BACKEND, worker(host), { ...workerOptions(host), ...HEARTBEATS }));
};

const simpleRules = (strangers: readonly string[]): readonly Invariant[] =>
  simplePirateRules({ node: 'queue', options: QUEUE_OPTIONS, workers: RECONNECT, strangers });
const paranoidRules = (strangers: readonly string[]): readonly Invariant[] =>
  paranoidPirateRules({ node: 'queue', options: { ...QUEUE_OPTIONS, ...HEARTBEATS }, workers: RECONNECT, strangers });

/** Commands of both protocols, in no order. */
const WORKER_PHRASES: readonly Phrase[] = [
  ...MISCHIEF,
  () => ['\x01'],
  () => ['\x01'],
  () => ['\x02'],
  () => ['', '\x01'],
  (_random, heard) => [...heard.slice(0, 2), 'reply of a stranger'],
];

export const simplePirate: Simulation = simulate({
  name: 'simple-pirate',
  ...PHASES,
  nodes: { queue: simpleQueue, 'worker-1': simpleWorker, 'worker-2': simpleWorker, 'client-1': client, 'client-2': client },
  core: (random) => ['queue', random.pick(['worker-1', 'worker-2']), random.pick(['client-1', 'client-2'])],
  invariants: simpleRules([]),
  // Without notices nobody would ever learn that a worker of this pattern has gone: see its page.
  network: (random) => ({ lateAnswers: random.chance(0.5) }),
});

export const paranoidPirate: Simulation = simulate({
  name: 'paranoid-pirate',
  ...PHASES,
  nodes: { queue: paranoidQueue, 'worker-1': paranoidWorker, 'worker-2': paranoidWorker, 'client-1': client, 'client-2': client },
  core: (random) => ['queue', random.pick(['worker-1', 'worker-2']), random.pick(['client-1', 'client-2'])],
  faults: { around: HEARTBEATS.heartbeatInterval * HEARTBEATS.heartbeatLiveness },
  invariants: paranoidRules([]),
  network: (random) => ({ disconnectNotices: random.chance(0.75), lateAnswers: random.chance(0.5) }),
});

/** Workers that are none, at the queue's backend: what they answer is believed, what they break is not. */
export const paranoidPirateWithStrangers: Simulation = simulate({
  name: 'paranoid-pirate-strange-workers',
  nodes: {
    queue: paranoidQueue,
    'worker-1': paranoidWorker,
    'client-1': client,
    stranger: stranger({ endpoint: BACKEND, phrases: WORKER_PHRASES, every: 500 }),
    // So slow that it is given up while idle, again and again.
    sleeper: stranger({ endpoint: BACKEND, phrases: WORKER_PHRASES, every: 4000 }),
    vandal: stranger({ endpoint: FRONTEND, phrases: WORKER_PHRASES, every: 2000 }),
  },
  invariants: paranoidRules(['stranger', 'sleeper', 'vandal']),
  without: ['U1', 'progress'],
});

export const simplePirateWithStrangers: Simulation = simulate({
  name: 'simple-pirate-strange-workers',
  nodes: {
    queue: simpleQueue,
    'worker-1': simpleWorker,
    'client-1': client,
    stranger: stranger({ endpoint: BACKEND, phrases: WORKER_PHRASES, every: 500 }),
  },
  invariants: simpleRules(['stranger']),
  without: ['U1', 'progress'],
});

/** A queue that is none, before workers of ours. */
export const workersOfAStrangeQueue: Simulation = simulate({
  name: 'pirate-workers-strange-queue',
  nodes: {
    queue: strangeListener({
      endpoint: BACKEND,
      every: 400,
      phrases: [
        ...MISCHIEF,
        () => ['\x02'],
        () => ['\x02'],
        (random) => ['client', '', `quick ${random.next()}`],
        (random) => ['client', '', `slow ${random.next()}`],
        (random) => ['client', '', `fails ${random.next()}`],
        (random) => ['client', '', `failsLate ${random.next()}`],
        (random) => ['client', '', `failsLate ${random.next()}`],
      ],
    }),
    'worker-1': paranoidWorker,
    'worker-2': simpleWorker,
  },
  invariants: [oneAtATime('queue', { frames: PIRATE_FRAMES })],
});
