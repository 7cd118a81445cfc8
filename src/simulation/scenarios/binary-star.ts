/** Binary Star: two halves over servers that keep a ledger, over Majordomo brokers, with an arbiter, among strangers, and as in the Guide. */
import type { Arbiter, ArbiterAnswer, ArbiterClaim } from '../../binary-star/arbiter.ts';
import { BinaryStarClient } from '../../binary-star/client.ts';
import type { BinaryStarClientOptions } from '../../binary-star/client-options.ts';
import { encodeClassicWord, encodeUpdate, encodeWord } from '../../binary-star/codec.ts';
import type { BinaryStarOptions, BinaryStarPlace } from '../../binary-star/options.ts';
import type { StarRole } from '../../binary-star/peer.machine.ts';
import type { StateHandover } from '../../binary-star/replication.ts';
import { BinaryStar, type BinaryStarServiceStarter } from '../../binary-star/server.ts';
import { hash32, Random } from '../../core/random.ts';
import { LazyPirateClient } from '../../lazy-pirate/client.ts';
import { LazyPirateServer } from '../../lazy-pirate/server.ts';
import { MajordomoBroker } from '../../majordomo/broker.ts';
import { MajordomoClient } from '../../majordomo/client.ts';
import { MajordomoWorker } from '../../majordomo/worker.ts';
import { encodeEpoch, MOST_EPOCH } from '../../wire/epoch.ts';
import type { Frame } from '../../wire/message.ts';
import { hashOf, type Host, type Program } from '../host.ts';
import type { Invariant } from '../invariants.ts';
import { binaryStarClientRules, binaryStarRules, lazyPirateClientRules, majordomoClientRules } from '../pattern-rules.ts';
import { simulate, type Nodes, type Simulation } from '../simulate.ts';
import { MISCHIEF, stranger, type Phrase } from './strangers.ts';
import { askOnAndOn, worker } from './workload.ts';

const FRONTENDS: { readonly [role in StarRole]: string } = { primary: 'sim://primary', backup: 'sim://backup' };
const PEERS: { readonly [role in StarRole]: string } = { primary: 'sim://primary-peer', backup: 'sim://backup-peer' };
const ENDPOINTS = [FRONTENDS.primary, FRONTENDS.backup];
const ARBITER = 'sim://arbiter';
const ROLES = ['primary', 'backup'] as const;

const PINGS = { transportHeartbeatInterval: 1000, transportHeartbeatTimeout: 3000 };
const STAR = { heartbeatInterval: 500, failoverTimeout: 2000, hintDelay: 100 };
const SERVER = { maxConcurrentRequests: 20, maxQueuedRequests: 50, drainTimeout: 1000, highWaterMark: 50 };
const CLIENT: BinaryStarClientOptions = { ...PINGS, maxSockets: 4, deadline: 15_000 };
const PLAIN = {
  ...PINGS,
  requestTimeout: 1000,
  requestRetries: 15,
  retryInterval: 100,
  retryMaximum: 1000,
  maxSockets: 4,
  deadline: 15_000,
};
const DEADLINE_MS = 15_000;

/* ------------------------------------------------------------------ a half */

/** What is drawn for a whole run. */
interface Taste {
  readonly options: BinaryStarOptions;
  /** Ms between two words of an operator at each half, on average; 0: there is none. */
  readonly operator: number;
}

const tasteOf = (random: Random): Taste => ({
  options: { ...STAR, deathHint: random.chance(0.6), loneBackupAfter: random.pick([0, 0, 3000]) },
  operator: random.chance(0.3) ? 8000 : 0,
});

const placeOf = (role: StarRole): BinaryStarPlace => ({
  role,
  frontends: FRONTENDS[role],
  peer: { listen: PEERS[role], connect: PEERS[role === 'primary' ? 'backup' : 'primary'] },
});

/** Now and then somebody says what is to be done, until all is well. */
async function operate(host: Host, star: BinaryStar, every: number): Promise<void> {
  while (every > 0) {
    await host.sleep(2 * every * host.random());
    if (host.healing) return;
    try {
      if (host.random() < 0.5) star.activate();
      else await star.handOver();
    } catch {
      // Not now, then.
    }
  }
}

async function half(
  host: Host,
  role: StarRole,
  { options, operator }: Taste,
  service: BinaryStarServiceStarter,
  further: BinaryStarOptions = {},
): Promise<BinaryStar> {
  const star = host.keep(await BinaryStar.listen(placeOf(role), service, { ...host.ports, ...PINGS, ...options, ...further }));
  void operate(host, star, operator);
  return star;
}

/** The world hears of the faults of the server inside; it is the half that closes it. */
function heard<S extends { readonly events: NonNullable<Parameters<Host['keep']>[0]['events']> }>(host: Host, server: S): S {
  host.keep({ close: () => Promise.resolve(), events: server.events });
  return server;
}

const bothHalves = (program: (role: StarRole) => Program): Nodes => ({ primary: program('primary'), backup: program('backup') });

const starRules = (arbitrated = false): readonly Invariant[] =>
  binaryStarRules({ primary: 'primary', backup: 'backup', options: STAR, arbitrated });

/* ------------------------------------------------------------------ a ledger that is handed over */

/** All that was ever answered, in order. */
class Ledger implements StateHandover {
  readonly #host: Host;
  #entries: string[] = [];
  #hash = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  enter(entry: string): void {
    this.#add(entry);
    this.#tell();
  }

  snapshot(): string[] {
    return this.#entries;
  }

  async restore(entries: readonly Buffer[]): Promise<void> {
    await this.#host.sleep(5 * this.#host.random());
    this.#entries = [];
    this.#hash = 0;
    for (const entry of entries) if (entry.length > 0) this.#add(String(entry));
    this.#tell();
  }

  async apply([entry]: readonly Buffer[]): Promise<void> {
    await this.#host.sleep(5 * this.#host.random());
    this.enter(String(entry));
  }

  #add(entry: string): void {
    this.#entries.push(entry);
    this.#hash = hash32(`${this.#hash} ${entry}`);
  }

  #tell(): void {
    this.#host.record('ledger', { entries: this.#entries.length, hash: this.#hash });
  }
}

const MAY_WRITE: readonly string[] = ['active', 'doubting', 'resigning'];

const ledgerHalf =
  (taste: Taste) =>
  (role: StarRole): Program =>
  async (host) => {
    const ledger = new Ledger(host);
    const work = worker(host);
    const star = await half(
      host,
      role,
      taste,
      async ({ transport, frontend }) =>
        heard(
          host,
          await LazyPirateServer.listen(
            frontend,
            async (request, context) => {
              const answer = await work(request, context);
              // Whoever had to give way meanwhile has no say in the state.
              if (!MAY_WRITE.includes(star.inspect().state)) throw new Error('another half serves');
              const entry = String(request.body[0]);
              ledger.enter(entry);
              await star.replicate(entry);
              return answer;
            },
            { ...host.ports, ...PINGS, ...SERVER, transport },
          ),
        ),
      { state: ledger },
    );
  };

const client: Program = async (host) => {
  const client = host.keep(
    BinaryStarClient.connect(host.random() < 0.5 ? ENDPOINTS : ENDPOINTS.toReversed(), { ...host.ports, ...CLIENT }),
  );
  await askOnAndOn(host, {
    every: 2500,
    within: DEADLINE_MS,
    burst: 3,
    abortEvery: 20,
    send: (body, options) => client.request(body, options),
  });
};
/** One of another make: it asks one after the other. */
const plainClient: Program = async (host) => {
  const client = host.keep(LazyPirateClient.connect(ENDPOINTS, { ...host.ports, ...PLAIN }));
  await askOnAndOn(host, { every: 4000, within: DEADLINE_MS, burst: 2, send: (body, options) => client.request(body, options) });
};

const network = (random: Random) => ({ disconnectNotices: random.chance(0.75), lateAnswers: random.chance(0.5) });

/** What a client asked of a half that then takes over, in the time that such a request is kept. */
const heldAreServed: Invariant = {
  id: 'BS9',
  sentence: 'what clients have asked a half that takes over is served, unless they have gone or been told where to ask',
  watch(run) {
    const held = new Map<string, { readonly life: string; readonly hash: number; readonly at: number }>();
    const executed = new Map<string, Set<number>>();
    const forget = (life: string): void => {
      for (const [peer, request] of held) if (request.life === life) held.delete(peer);
    };
    const judge = (life: string, node: string, servedAt: number): void => {
      const [view] = run.inspect(node) as readonly { readonly state: string; readonly service?: { readonly waiting: number } }[];
      if (run.processOf(node)?.life !== life || view?.state !== 'active' || view.service?.waiting !== 0) return;
      for (const [peer, request] of held) {
        if (request.life !== life || request.at > servedAt || request.at < servedAt - KEPT_MS || run.isOver(peer)) continue;
        if (executed.get(life)?.has(request.hash) === true) continue;
        run.violated(`${life} serves, and what came over ${peer} ${Math.round(servedAt - request.at)} ms before that is forgotten`);
      }
    };
    return {
      on: {
        serve: (event, { life, node }) => {
          executed.set(life, new Set());
          run.at(event.t + SERVED_WITHIN_MS, () => {
            if (run.processOf(node)?.state === 'running') judge(life, node, event.t);
          });
        },
        retreat: (_event, { life }) => {
          forget(life);
        },
        step: (event, { life }) => {
          // Those who do not understand are told nothing, and ask the other half by their own timeout.
          if (event['machine'] === 'BinaryStar' && event['event'] === 'ACTIVE') forget(life);
        },
        execute: (event, { life }) => {
          executed.get(life)?.add(event['hash'] as number);
        },
      },
      delivered(to, _from, peer, frames) {
        const delimiter = frames.findIndex((frame) => frame.length === 0);
        if (peer.startsWith('client') && delimiter >= 0)
          held.set(peer, { life: to.life, hash: hashOf(frames.slice(delimiter + 1)), at: run.now });
      },
      sent(_from, to, peer) {
        if (to.startsWith('client')) held.delete(peer);
      },
    };
  },
};
const KEPT_MS = 2500;
const SERVED_WITHIN_MS = 200;

/** Once all is well, an update is with the other half within moments. */
const sameLedgers: Invariant = {
  id: 'BS10',
  sentence: 'once all is well, both halves have the same state, but for what is on its way',
  watch(run) {
    const ledgers = new Map<string, { readonly life: string; readonly hash: number }>();
    let differSince: number | undefined;
    const look = (): void => {
      run.at(run.now + 250, look);
      const hashes = ROLES.map((role) => {
        const process = run.processOf(role);
        const ledger = ledgers.get(role);
        return ledger === undefined || ledger.life !== process?.life ? 0 : ledger.hash;
      });
      if (hashes[0] === hashes[1]) differSince = undefined;
      else differSince ??= run.now;
      const since = Math.max(differSince ?? Infinity, run.healedAt + SETTLED_MS);
      if (run.core.includes('primary') && run.core.includes('backup') && run.now - since > SAME_WITHIN_MS)
        run.violated(`the ledgers of the two halves have differed for ${Math.round(run.now - (differSince ?? 0))} ms`);
    };
    run.at(250, look);
    return {
      on: {
        ledger: (event, process) => {
          ledgers.set(process.node, { life: process.life, hash: event['hash'] as number });
        },
      },
    };
  },
};
const SETTLED_MS = 10_000;
const SAME_WITHIN_MS = 3000;

export const binaryStar: Simulation = simulate({
  name: 'binary-star',
  nodes: (random) => ({ ...bothHalves(ledgerHalf(tasteOf(random))), 'client-1': client, 'client-2': client, 'client-3': plainClient }),
  core: (random) => ['primary', 'backup', random.pick(['client-1', 'client-2', 'client-3'])],
  faults: { around: STAR.failoverTimeout },
  invariants: [
    ...starRules(),
    ...binaryStarClientRules({ nodes: ['client-1', 'client-2'], options: CLIENT }),
    ...lazyPirateClientRules({ nodes: ['client-3'], options: PLAIN }),
    heldAreServed,
    sameLedgers,
  ],
  network,
});

/* ------------------------------------------------------------------ over brokers */

const HEARTBEATS = { heartbeatInterval: 1000, heartbeatLiveness: 3 };
const RECONNECT = { reconnectInterval: 200, reconnectMaximum: 2000 };
const BROKER = { ...HEARTBEATS, ...PINGS, busyLimit: 2500, requestExpiry: 10_000, drainTimeout: 1000, highWaterMark: 50 };
const REQUESTS = { requestTimeout: 2500, requestRetries: 8, retryInterval: 100, retryMaximum: 1000, retryJitter: 0.5 };
const LONGEST_REQUEST_MS = 8 * (2500 + 1500);

const brokerHalf =
  (taste: Taste) =>
  (role: StarRole): Program =>
  async (host) => {
    await half(host, role, taste, async ({ transport, frontend }) =>
      heard(host, await MajordomoBroker.listen(frontend, { ...host.ports, ...BROKER, transport })),
    );
  };

const brokerWorker: Program = (host) => {
  const options = { ...host.ports, ...HEARTBEATS, ...RECONNECT, ...PINGS, drainTimeout: 500 };
  host.keep(MajordomoWorker.connect(ENDPOINTS, 'echo', worker(host), options));
};
const brokerClient: Program = async (host) => {
  const client = host.keep(MajordomoClient.connect(ENDPOINTS, { ...host.ports, ...REQUESTS, ...RECONNECT, ...PINGS, maxOpenRequests: 50 }));
  await askOnAndOn(host, {
    every: 2500,
    within: LONGEST_REQUEST_MS,
    burst: 3,
    abortEvery: 20,
    send: (body, options) => client.request('echo', body, options),
  });
};

export const binaryStarOfBrokers: Simulation = simulate({
  name: 'binary-star-majordomo',
  nodes: (random) => ({
    ...bothHalves(brokerHalf(tasteOf(random))),
    'worker-1': brokerWorker,
    'worker-2': brokerWorker,
    'client-1': brokerClient,
    'client-2': brokerClient,
  }),
  core: (random) => ['primary', 'backup', random.pick(['worker-1', 'worker-2']), random.pick(['client-1', 'client-2'])],
  faults: { around: STAR.failoverTimeout },
  invariants: [
    ...starRules(),
    ...majordomoClientRules({ nodes: ['client-1', 'client-2'], options: { ...REQUESTS, ...RECONNECT }, endpoints: 2 }),
  ],
  network,
});

/* ------------------------------------------------------------------ what strangers say */

const texts = (frames: readonly Frame[]): string[] => frames.map((frame) => frame.toString('latin1'));
const number = (random: Random): number => random.pick([0, 0, 1, 2, 5, 2 ** 23, MOST_EPOCH]);

/** A word of a half that is none: of any life, with any epoch. */
const wordOf =
  (roles: readonly StarRole[]): Phrase =>
  (random) =>
    texts(
      encodeWord({
        role: random.pick(roles),
        word: random.pick(['waiting', 'active', 'passive', 'resigned']),
        epoch: number(random),
        instance: random.pick(['0123456789abcdef', 'fedcba9876543210', '0000000000000000']),
        question: number(random),
        answer: number(random),
        sequence: number(random),
      }),
    );
/** Of somebody who has the role of whom it is said to. */
const twin = (role: StarRole): Phrase => wordOf([role]);
/* ------------------------------------------------------------------ with an arbiter */

const LEASE_MS = STAR.failoverTimeout;

/** What an arbiter keeps on its disk. */
interface Archive {
  epoch: number;
}

/** It keeps the lease, and answers claims like any server. What it held when it died it has forgotten: so it lets that run out first. */
const arbiter =
  (archive: Archive): Program =>
  async (host) => {
    const { clock } = host.ports;
    let holder = '';
    let until = clock.now() + LEASE_MS;
    const claim = (instance: string, epoch: number): string[] => {
      if (holder !== instance && clock.now() < until) return ['denied', String(archive.epoch)];
      const renews = holder === instance && epoch === archive.epoch;
      archive.epoch = renews ? epoch : Math.max(epoch, archive.epoch + 1);
      holder = instance;
      until = clock.now() + LEASE_MS;
      return ['granted', String(archive.epoch)];
    };
    const release = (instance: string, epoch: number): string[] => {
      if (holder === instance && epoch >= archive.epoch) until = clock.now();
      return ['released'];
    };
    const server = await LazyPirateServer.listen(
      ARBITER,
      ({ body }) => {
        const [word, instance = '', epoch] = body.map(String);
        return (word === 'claim' ? claim : release)(instance, Number(epoch));
      },
      { ...host.ports, ...PINGS },
    );
    host.keep(server);
  };

/** How a half asks it. */
class DistantArbiter implements Arbiter {
  readonly #client: LazyPirateClient;

  constructor(host: Host) {
    this.#client = host.keep(
      LazyPirateClient.connect(ARBITER, {
        ...host.ports,
        ...PINGS,
        // The impatient ones claim again, the patient ones hear of what they claimed long ago.
        requestTimeout: host.random() < 0.7 ? 600 : 3500,
        requestRetries: 1,
        maxSockets: 4,
      }),
    );
  }

  async claim({ instance, epoch }: ArbiterClaim): Promise<ArbiterAnswer> {
    const { body } = await this.#client.request(['claim', instance, String(epoch)]);
    return { granted: String(body[0]) === 'granted', epoch: Number(body[1]) };
  }

  async release({ instance, epoch }: ArbiterClaim): Promise<void> {
    await this.#client.request(['release', instance, String(epoch)]);
  }
}

const arbitratedHalf =
  (taste: Taste) =>
  (role: StarRole): Program =>
  async (host) => {
    const work = worker(host);
    const service: BinaryStarServiceStarter = async ({ transport, frontend }) =>
      heard(host, await LazyPirateServer.listen(frontend, work, { ...host.ports, ...PINGS, ...SERVER, transport }));
    await half(host, role, taste, service, { arbiter: new DistantArbiter(host), leaseTime: LEASE_MS });
  };

export const binaryStarWithArbiter: Simulation = simulate({
  name: 'binary-star-arbiter',
  nodes: (random) => ({
    ...bothHalves(arbitratedHalf(tasteOf(random))),
    arbiter: arbiter({ epoch: 0 }),
    'client-1': client,
    'client-2': plainClient,
    twin: stranger({ endpoint: PEERS.primary, phrases: [twin('primary')], every: 4000, leaves: true }),
  }),
  core: (random) => ['primary', 'backup', 'arbiter', random.pick(['client-1', 'client-2'])],
  // Two things must go wrong at one time before a lease matters.
  faults: { around: LEASE_MS, spared: ['client-1', 'client-2', 'twin'] },
  invariants: [
    ...starRules(true),
    ...binaryStarClientRules({ nodes: ['client-1'], options: CLIENT }),
    ...lazyPirateClientRules({ nodes: ['client-2'], options: PLAIN }),
  ],
  network,
});

/* ------------------------------------------------------------------ strangers */
const forgedUpdate: Phrase = (random) => texts(encodeUpdate(number(random), [Buffer.from('update of a stranger')]));
const PEER_PHRASES: readonly Phrase[] = [
  ...MISCHIEF,
  wordOf(ROLES),
  wordOf(ROLES),
  wordOf(ROLES),
  forgedUpdate,
  (random) => ['SWBS01', random.pick(['', '\x01', '\x02', '\x03', '\x05', '\x06']), 'x'],
];
/** Claims of epochs that nobody has served in. */
const CLIENT_PHRASES: readonly Phrase[] = [
  ...MISCHIEF,
  (random) => [...texts([encodeEpoch('known', number(random))]), '', `instant of a stranger ${random.next()}`],
  (random) => texts([encodeEpoch(random.pick(['known', 'served', 'passive']), number(random))]),
  (random) => [...texts([encodeEpoch(random.pick(['served', 'passive']), number(random))]), '', 'instant of a stranger'],
];

/** Whatever strangers have said: when they are quiet, the pair serves. What it believes meanwhile is theirs to say. */
export const binaryStarWithStrangers: Simulation = simulate({
  name: 'binary-star-strangers',
  nodes: (random) => ({
    ...bothHalves(ledgerHalf({ ...tasteOf(random), operator: 1500 })),
    'client-1': client,
    'client-2': plainClient,
    'forger-1': stranger({ endpoint: PEERS.primary, phrases: PEER_PHRASES, every: 1500, leaves: true }),
    'forger-2': stranger({ endpoint: PEERS.backup, phrases: PEER_PHRASES, every: 1500, leaves: true }),
    vandal: stranger({ endpoint: FRONTENDS.primary, phrases: CLIENT_PHRASES, every: 800, leaves: true }),
    braggart: stranger({ endpoint: FRONTENDS.backup, phrases: CLIENT_PHRASES, every: 800, leaves: true }),
  }),
  core: () => ['primary', 'backup', 'client-1', 'client-2', 'forger-1', 'forger-2', 'vandal', 'braggart'],
  faults: { around: STAR.failoverTimeout, most: 6 },
  invariants: lazyPirateClientRules({ nodes: ['client-2'], options: PLAIN }),
  network,
});

/* ------------------------------------------------------------------ as in the Guide */

const CLASSIC = { mode: 'classic', failoverTimeout: 2000 } as const;
const CLASSIC_CLIENT: BinaryStarClientOptions = { ...CLIENT, mode: 'classic', requestRetries: 5 };

const classicHalf =
  (role: StarRole): Program =>
  async (host) => {
    const work = worker(host);
    const service: BinaryStarServiceStarter = async ({ transport, frontend }) =>
      heard(host, await LazyPirateServer.listen(frontend, work, { ...host.ports, ...PINGS, ...SERVER, transport }));
    host.keep(await BinaryStar.listen(placeOf(role), service, { ...host.ports, ...PINGS, ...CLASSIC }));
  };
const classicClient: Program = async (host) => {
  const client = host.keep(BinaryStarClient.connect(ENDPOINTS, { ...host.ports, ...CLASSIC_CLIENT }));
  await askOnAndOn(host, { every: 1500, within: DEADLINE_MS, burst: 2, send: (body, options) => client.request(body, options) });
};

/** The Guide's pair stops for good when both are active or both are passive: nothing is promised of it. */
export const classicBinaryStar: Simulation = simulate({
  name: 'binary-star-classic',
  nodes: { ...bothHalves(classicHalf), 'client-1': classicClient, 'client-2': classicClient },
  faults: { around: CLASSIC.failoverTimeout },
  without: ['progress'],
  network,
});

/** Says what a half of the Guide's says, at random. */
const strangePublisher =
  (endpoint: string): Program =>
  async (host) => {
    const publisher = host.keep(
      (await host.ports.transport.publish?.(endpoint, {})) as { publish(frames: readonly Frame[]): void; close(): Promise<void> },
    );
    const random = new Random(String(host.random()));
    const say = (): readonly Frame[] =>
      random.chance(0.8)
        ? encodeClassicWord(random.pick(['primary', 'backup', 'active', 'passive']))
        : [Buffer.from(random.pick(['', '0', '5', 'x', '3 and more']))];
    for (;;) {
      await host.sleep(3000 * random.next());
      publisher.publish(say());
    }
  };

/** Two halves that have never met: each hears a stranger in its peer's place. */
export const classicBinaryStarWithStrangers: Simulation = simulate({
  name: 'binary-star-classic-strangers',
  nodes: {
    primary: classicHalf('primary'),
    backup: async (host) => {
      const place = { ...placeOf('backup'), peer: { listen: 'sim://nobody', connect: 'sim://stranger' } };
      const service: BinaryStarServiceStarter = async ({ transport, frontend }) =>
        heard(host, await LazyPirateServer.listen(frontend, worker(host), { ...host.ports, ...SERVER, transport }));
      host.keep(await BinaryStar.listen(place, service, { ...host.ports, ...PINGS, ...CLASSIC }));
    },
    'publisher-1': strangePublisher(PEERS.backup),
    'publisher-2': strangePublisher('sim://stranger'),
    'client-1': classicClient,
    vandal: stranger({ endpoint: FRONTENDS.primary, phrases: CLIENT_PHRASES, every: 2000 }),
  },
  without: ['progress'],
  network,
});
