/** The worlds that are explored: small enough to be walked through to the end, large enough that everything can meet everything. */
import type { Machine, StepObserver } from '../../core/machine.ts';
import {
  binaryStar,
  classicBinaryStar,
  freelanceEndpoint,
  freelanceRequest,
  lazyPirateJob,
  lazyPirateRequest,
  loadBalancedWorker,
  majordomoLink,
  majordomoRequest,
  majordomoSession,
  workerSession,
} from '../../machines.ts';
import { classicStarModel } from './binary-star-classic.ts';
import type { StarBounds } from './binary-star-pair.ts';
import { binaryStarModel } from './binary-star.ts';
import type { BrokerWorld } from './broker-world.ts';
import { freelanceModel } from './freelance.ts';
import { lazyPirateModel } from './lazy-pirate.ts';
import { majordomoModel } from './majordomo.ts';
import { paranoidPirateModel, simplePirateModel } from './pirate-queue.ts';
import type { SmallModel } from './small-world.ts';
import type { Bounds } from './world.ts';

export type Pattern = 'lazy' | 'simple' | 'paranoid' | 'majordomo' | 'star' | 'freelance';
export const PATTERNS: readonly Pattern[] = ['lazy', 'simple', 'paranoid', 'majordomo', 'star', 'freelance'];

/** What can be asked of every world. */
export interface WorldOptions
  extends Partial<Bounds>, Partial<StarBounds>, Partial<Pick<BrokerWorld, 'clients' | 'workers' | 'requests' | 'retries' | 'faults'>> {
  readonly observer?: StepObserver;
}

export interface ExploredWorld {
  readonly pattern: Pattern;
  readonly name: string;
  /** What is in it. */
  readonly about: string;
  /** Those at work in it. */
  readonly machines: readonly Machine[];
  model(options?: WorldOptions): SmallModel;
}

/** A small crowd leaves room for more to happen. */
const ONE_OF_EACH = { clients: 1, workers: 1 };
const TWO_FAULTS = { faults: 2, crashes: 2, cuts: 2, suspicions: 2, failures: 2 };

const NEVER_WRONG = { crashes: 0, cuts: 0, losses: 0 };
const NO_FAULTS = { crashes: 0, cuts: 0, suspicions: 0, failures: 0 };

/** Requests side by side take room: what is shown elsewhere is left out. */
const CREDITS = { clients: 1, requests: 2, concurrency: 2, busyLimit: true, restarts: 0, cuts: 0, expiries: 0 };

type World = Omit<ExploredWorld, 'pattern' | 'machines'>;
const PIRATES = [lazyPirateRequest, workerSession, loadBalancedWorker] as unknown as readonly Machine[];

function worldsOf(pattern: Pattern, machines: readonly unknown[], worlds: readonly World[]): ExploredWorld[] {
  return worlds.map((world) => ({ ...world, pattern, machines: machines as readonly Machine[] }));
}

export const WORLDS: readonly ExploredWorld[] = [
  ...worldsOf(
    'lazy',
    [lazyPirateRequest, lazyPirateJob],
    [
      {
        name: 'lazy',
        about: 'two clients with a request each, two servers',
        model: (options = {}) => lazyPirateModel({ requests: 1, aborts: 0, closes: 0, ...options }),
      },
      {
        name: 'lazy, in line',
        about: 'a client with two requests and deadlines, a server; both are also closed',
        model: (options = {}) => lazyPirateModel({ clients: 1, servers: 1, deadline: true, ...options }),
      },
    ],
  ),
  ...worldsOf('simple', PIRATES, [
    {
      name: 'simple',
      about: 'two clients that ask once, two workers',
      model: (options = {}) => simplePirateModel({ retries: 1, ...options }),
    },
    {
      name: 'simple, asked again',
      about: 'a client that asks twice, two workers',
      model: (options = {}) => simplePirateModel({ clients: 1, crashes: 2, cuts: 2, faults: 2, ...options }),
    },
  ]),
  ...worldsOf('paranoid', PIRATES, [
    {
      name: 'paranoid',
      about: 'two clients that ask once, two workers',
      model: (options = {}) => paranoidPirateModel(options),
    },
    {
      name: 'paranoid, untold',
      about: 'a client and two workers that are also closed, on a network that tells of no end',
      model: (options = {}) => paranoidPirateModel({ clients: 1, notices: false, closes: 1, ...options }),
    },
    {
      name: 'paranoid, patient',
      about: 'a client and a worker that is also closed, both sides forgive one silence, on a network that tells of no end',
      model: (options = {}) => paranoidPirateModel({ ...ONE_OF_EACH, notices: false, liveness: 2, closes: 1, ...options }),
    },
    {
      name: 'paranoid, closing',
      about: 'a client and a worker; the worker or the queue is closed, work may take too long',
      model: (options = {}) => paranoidPirateModel({ ...ONE_OF_EACH, busyLimit: true, heartbeats: 2, shutdowns: 1, closes: 1, ...options }),
    },
    {
      name: 'paranoid, stranger',
      about: 'a client, a worker, and a stranger that says anything to the queue; work may take too long',
      model: (options = {}) => paranoidPirateModel({ ...ONE_OF_EACH, busyLimit: true, oddities: 4, ...options }),
    },
  ]),
  ...worldsOf(
    'majordomo',
    [majordomoRequest, majordomoLink, majordomoSession, loadBalancedWorker],
    [
      {
        name: 'majordomo',
        about: 'two clients that ask once over one connection each, two workers',
        model: (options = {}) => majordomoModel(options),
      },
      {
        name: 'majordomo, heartbeats',
        about: 'a client that asks once, two workers that heartbeat',
        model: (options = {}) => majordomoModel({ clients: 1, heartbeats: 2, expiries: 0, ...options }),
      },
      {
        name: 'majordomo, probing',
        about: 'a client that asks twice and does not know the broker, a worker',
        model: (options = {}) => majordomoModel({ ...ONE_OF_EACH, retries: 2, correlation: 'auto', aborts: 1, closes: 1, ...options }),
      },
      {
        name: 'majordomo, two faults',
        about: 'a client that asks once, two workers, two faults; work may take too long',
        model: (options = {}) => majordomoModel({ clients: 1, busyLimit: true, ...TWO_FAULTS, ...options }),
      },
      {
        name: 'majordomo, closing',
        about: 'a client that asks twice, a worker; the worker or the broker is closed',
        model: (options = {}) => majordomoModel({ ...ONE_OF_EACH, retries: 2, shutdowns: 1, closes: 1, ...options }),
      },
      {
        name: 'majordomo, stranger',
        about: 'a client that asks once, a worker, and a stranger that says anything to the broker; work may take too long',
        model: (options = {}) => majordomoModel({ ...ONE_OF_EACH, busyLimit: true, expiries: 0, oddities: 3, ...options }),
      },
      {
        name: 'majordomo, foreign',
        about: 'a client that asks twice a broker that keeps no numbers, a worker',
        model: (options = {}) => majordomoModel({ ...ONE_OF_EACH, retries: 2, correlation: 'auto', foreign: true, aborts: 1, ...options }),
      },
      {
        name: 'majordomo, credits',
        about: 'a client with two requests, two workers that hold two at once; work may take too long',
        model: (options = {}) => majordomoModel({ ...CREDITS, ...options }),
      },
      {
        name: 'majordomo, credits, closing',
        about: 'a client with two requests, a worker that holds two at once and is also closed; work may take too long',
        model: (options = {}) => majordomoModel({ ...CREDITS, workers: 1, closes: 1, ...options }),
      },
      {
        name: 'majordomo, sockets',
        about: 'a client that asks twice, over a connection for each request, a worker',
        model: (options = {}) => majordomoModel({ ...ONE_OF_EACH, retries: 2, correlation: 'socket', closes: 1, ...options }),
      },
    ],
  ),
  ...worldsOf(
    'star',
    [binaryStar],
    [
      {
        name: 'star',
        about: 'a pair that crashes, is cut and loses words',
        model: (options = {}) => binaryStarModel(options),
      },
      {
        name: 'star, at its worst',
        about: 'a pair that crashes, is cut and loses words as often as it likes',
        model: (options = {}) => binaryStarModel({ crashes: Infinity, cuts: Infinity, losses: Infinity, ...options }),
      },
      {
        name: 'star, crashing',
        about: 'a pair that crashes as often as it likes, over a link that is never cut',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, crashes: Infinity, ...options }),
      },
      {
        name: 'star, cut off',
        about: 'a pair whose link is cut as often as it likes',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, cuts: Infinity, ...options }),
      },
      {
        name: 'star, late words',
        about: 'a pair whose words take up to three quarters of a heartbeat; one lost word is no silence',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, losses: 1, delay: 1, tolerated: 1, ...options }),
      },
      {
        name: 'star, standing still',
        about: 'a pair of which one dies, and one stands still',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, crashes: 1, pauses: 1, ...options }),
      },
      {
        name: 'star, operated',
        about: 'a pair that is told of ends, told to serve, and whose backup does not stay alone for ever',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, crashes: 1, orders: 1, hints: true, loneBackupAfter: 3, ...options }),
      },
      {
        name: 'star, handing over',
        about: 'a pair that crashes, is told to hand over and back, and to end',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, crashes: 1, handOvers: 2, closes: 1, ...options }),
      },
      {
        name: 'star, arbiter',
        about: 'a pair with an arbiter, whose answers take up to a heartbeat, or never come',
        model: (options = {}) => binaryStarModel({ ...NEVER_WRONG, arbitrated: true, ...options }),
      },
    ],
  ),
  ...worldsOf(
    'star',
    [classicBinaryStar],
    [
      {
        name: 'star, classic',
        about: 'a pair as in the Guide, that crashes, over a link that is never cut; no halts',
        model: (options = {}) => classicStarModel({ ...NEVER_WRONG, crashes: 3, ...options }),
      },
    ],
  ),
  ...worldsOf(
    'freelance',
    [freelanceRequest, freelanceEndpoint],
    [
      {
        name: 'freelance',
        about: 'a client that asks twice, two servers with pings',
        model: (options = {}) => freelanceModel({ hedge: false, suspicions: 0, failures: 0, ...options }),
      },
      {
        name: 'freelance, changing',
        about: 'a client that asks once, two servers with pings; one is removed, or the client is closed',
        model: (options = {}) => freelanceModel({ ...NO_FAULTS, suspicions: 1, hedge: false, retries: 1, closes: 1, ...options }),
      },
      {
        name: 'freelance, hedged',
        about: 'a client that asks twice, each time with a hedge, two servers without pings',
        model: (options = {}) => freelanceModel({ pings: false, ...options }),
      },
      {
        name: 'freelance, patient',
        about: 'a client that asks three times, with hedges and a deadline, two servers without pings',
        model: (options = {}) => freelanceModel({ ...NO_FAULTS, cuts: 1, pings: false, retries: 3, deadline: true, aborts: 1, ...options }),
      },
      {
        name: 'freelance, closing',
        about: 'a client with a hedge, two servers without pings; one is removed, or the client is closed',
        model: (options = {}) => freelanceModel({ ...NO_FAULTS, cuts: 1, pings: false, retries: 1, closes: 1, ...options }),
      },
      {
        name: 'freelance, alone',
        about: 'a client that asks three times, with a deadline, two servers without pings; both are removed, or the client is closed',
        model: (options = {}) =>
          freelanceModel({
            ...NO_FAULTS,
            cuts: 1,
            pings: false,
            hedge: false,
            retries: 3,
            deadline: true,
            aborts: 1,
            closes: 2,
            ...options,
          }),
      },
      {
        name: 'freelance, side by side',
        about: 'a client with two requests, each asked twice, two servers without pings',
        model: (options = {}) => freelanceModel({ ...NO_FAULTS, crashes: 1, pings: false, requests: 2, hedge: false, ...options }),
      },
    ],
  ),
];
