/** A Majordomo broker, two services with two and one workers, of which two take several requests at once, and two clients. */
import { MajordomoBroker } from '../../majordomo/broker.ts';
import { MajordomoClient } from '../../majordomo/client.ts';
import type { MajordomoBrokerOptions } from '../../majordomo/options.ts';
import { MajordomoWorker } from '../../majordomo/worker.ts';
import type { Host, Program } from '../host.ts';
import type { Invariant } from '../invariants.ts';
import { majordomoClientRules, majordomoRules } from '../pattern-rules.ts';
import { simulate, type Simulation } from '../simulate.ts';
import { encodeCredit } from '../../wire/credit.ts';
import { MISCHIEF, glutton, strangeListener, stranger, type Phrase } from './strangers.ts';
import { askOnAndOn, worker } from './workload.ts';

const ENDPOINT = 'sim://broker';
const HEARTBEATS = { heartbeatInterval: 1000, heartbeatLiveness: 3 };
const RECONNECT = { reconnectInterval: 200, reconnectMaximum: 2000 };
const BROKER = { busyLimit: 2500, maxDeliveries: 3, maxQueuedPerService: 20, maxQueuedRequests: 30 };
const REQUEST_EXPIRY_MS = 10_000;
const PINGS = { transportHeartbeatInterval: 1000, transportHeartbeatTimeout: 3000 };
const REQUESTS = { requestTimeout: 2500, requestRetries: 3, retryInterval: 100, retryMaximum: 1000, retryJitter: 0.5 };
/** More than the broker lets wait. */
const RUSH = { every: 100, many: 45 };
/** Three attempts and the pauses between them. */
const LONGEST_REQUEST_MS = 3 * 2500 + 150 + 300;

const creditOf = (many: number): string => encodeCredit(many).toString('latin1');
/** Commands of the protocol at the wrong moment. */
const WORKER_PHRASES: readonly Phrase[] = [
  ...MISCHIEF,
  (random) => ['', 'MDPW01', '\x01', random.pick(['echo', 'reverse', 'mmi.echo', 'bad name', ''])],
  () => ['', 'MDPW01', '\x01', 'echo'],
  (_random, heard) => ['', 'MDPW01', '\x03', heard[3] ?? 'nobody', '', 'reply of a stranger'],
  () => ['', 'MDPW01', '\x01', 'echo', creditOf(2)],
  (random) => ['', 'MDPW01', '\x07', creditOf(random.pick([0, 1, 3]))],
  (random, heard) => ['', 'MDPW01', '\x06', heard[3] ?? 'nobody', random.pick(['handler-failed', 'declined'])],
  () => ['', 'MDPW01', '\x04'],
  () => ['', 'MDPW01', '\x05'],
  () => ['', 'MDPW01', '\x02'],
  (random) => ['', 'MDPC01', random.pick(['echo', 'nowhere', 'mmi.service', 'mmi.nothing', '__proto__']), 'instant of a stranger'],
];
/** What a broker may say, to workers and to clients. */
const BROKER_PHRASES: readonly Phrase[] = [
  ...MISCHIEF,
  () => ['', 'MDPW01', '\x04'],
  () => ['', 'MDPW01', '\x04'],
  () => ['', 'MDPW01', '\x05'],
  (random) => ['', 'MDPW01', '\x02', 'client', '', `${random.pick(['quick', 'slow', 'fails', 'instant', 'hangs'])} ${random.next()}`],
  () => ['', 'MDPC01', 'mmi.seaworthy', '200', 'correlation/1'],
  () => ['', 'MDPC01', 'mmi.seaworthy', '501'],
  (_random, heard) => [...heard, 'right or wrong'],
  (_random, heard) => [...heard, 'right or wrong'],
];

/** A frame that is larger than the broker takes. */
const OVERSIZED: Phrase = () => ['', 'MDPC01', 'echo', 'x'.repeat(CROWDED.maxFrameBytes + 1)];

/** A worker that never answers, and heartbeats as if it fell asleep again and again. */
const DOZING: Phrase = (_random, heard) => (heard.length === 0 ? ['', 'MDPW01', '\x01', 'echo'] : ['', 'MDPW01', '\x04']);

export const BROKER_OPTIONS: MajordomoBrokerOptions & typeof BROKER = {
  ...HEARTBEATS,
  ...PINGS,
  ...BROKER,
  requestExpiry: REQUEST_EXPIRY_MS,
  drainTimeout: 1000,
  highWaterMark: 50,
};

const brokerWith =
  (options: MajordomoBrokerOptions): Program =>
  async (host) => {
    host.keep(await MajordomoBroker.listen(ENDPOINT, { ...host.ports, ...options }));
  };
const broker = brokerWith(BROKER_OPTIONS);

/** Where strangers are: few places, small frames, and time to learn who heartbeats at work and who does not. */
const CROWDED = { maxWorkers: 3, maxServices: 3, busyLimit: 8000, maxFrameBytes: 2048 };
export const CROWDED_BROKER_OPTIONS: typeof BROKER_OPTIONS & typeof CROWDED = { ...BROKER_OPTIONS, ...CROWDED };

/** @param concurrency requests that it takes at once. */
const workerFor =
  (service: string, concurrency = 1): Program =>
  (host) => {
    host.keep(
      MajordomoWorker.connect(ENDPOINT, service, worker(host), {
        ...host.ports,
        ...HEARTBEATS,
        ...RECONNECT,
        ...PINGS,
        concurrency,
        drainTimeout: 500,
      }),
    );
  };

/** Some of what is to fail is asked of a service that nobody offers. */
function serviceFor(body: string, host: Host): string {
  if (body.startsWith('fails') && host.random() < 0.4) return 'nowhere';
  return host.random() < 0.7 ? 'echo' : 'reverse';
}

const client: Program = async (host) => {
  const client = host.keep(MajordomoClient.connect(ENDPOINT, { ...host.ports, ...REQUESTS, ...RECONNECT, ...PINGS, maxOpenRequests: 50 }));
  await askOnAndOn(host, {
    every: 2000,
    within: LONGEST_REQUEST_MS,
    burst: 6,
    abortEvery: 20,
    rush: RUSH,
    send: (body, { signal }) => client.request(serviceFor(body, host), body, signal === undefined ? {} : { signal }),
  });
};

/** The rules of a world with such a broker, its workers, these clients and strangers. */
const rulesOf = (options: MajordomoBrokerOptions, clients: readonly string[], strangers: readonly string[]): readonly Invariant[] => [
  ...clientRules(clients),
  ...majordomoRules({ node: 'broker', options, workers: RECONNECT, strangers }),
];
const clientRules = (nodes: readonly string[]): readonly Invariant[] =>
  majordomoClientRules({ nodes, options: { ...REQUESTS, ...RECONNECT } });

export const majordomo: Simulation = simulate({
  name: 'majordomo',
  nodes: {
    broker,
    'worker-1': workerFor('echo'),
    'worker-2': workerFor('echo', 3),
    'worker-3': workerFor('reverse', 2),
    'client-1': client,
    'client-2': client,
    stranger: stranger({ endpoint: ENDPOINT, phrases: MISCHIEF, every: 5000 }),
  },
  core: (random) => ['broker', random.pick(['worker-1', 'worker-2']), 'worker-3', random.pick(['client-1', 'client-2'])],
  faults: { around: HEARTBEATS.heartbeatInterval * HEARTBEATS.heartbeatLiveness },
  invariants: rulesOf(BROKER_OPTIONS, ['client-1', 'client-2'], ['stranger']),
  network: (random) => ({ disconnectNotices: random.chance(0.75), lateAnswers: random.chance(0.5) }),
});

/** Peers of the broker that are anything but workers and clients. What they answer is believed. */
export const majordomoWithStrangers: Simulation = simulate({
  name: 'majordomo-strange-workers',
  nodes: {
    broker: brokerWith(CROWDED_BROKER_OPTIONS),
    'worker-1': workerFor('echo', 3),
    'client-1': client,
    'stranger-1': stranger({ endpoint: ENDPOINT, phrases: WORKER_PHRASES, every: 400 }),
    'stranger-2': stranger({ endpoint: ENDPOINT, phrases: [...WORKER_PHRASES, OVERSIZED], every: 1000 }),
    glutton: glutton({ endpoint: ENDPOINT, question: ['', 'MDPC01', 'mmi.service', 'echo'], many: 10, every: 1000 }),
    dozer: stranger({ endpoint: ENDPOINT, phrases: [DOZING], every: 1800 }),
  },
  invariants: rulesOf(CROWDED_BROKER_OPTIONS, ['client-1'], ['stranger-1', 'stranger-2', 'glutton', 'dozer']),
  without: ['U1', 'progress'],
});

/** A broker that is none, before workers and clients of ours. */
export const majordomoOfAStrangeBroker: Simulation = simulate({
  name: 'majordomo-strange-broker',
  nodes: {
    broker: strangeListener({ endpoint: ENDPOINT, phrases: BROKER_PHRASES, every: 300 }),
    'worker-1': workerFor('echo', 2),
    'client-1': client,
  },
  invariants: clientRules(['client-1']),
  without: ['U1', 'progress'],
});
