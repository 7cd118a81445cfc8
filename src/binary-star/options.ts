/** Options of a Binary Star: defaults, and the one rule that keeps a pair from splitting without a cause. All times in ms. */
import { InvalidOption } from '../core/errors.ts';
import { countOption, given, knownOptions, numberOption } from '../core/options.ts';
import { MOST_NATIVE, checkTransportHeartbeat, type Defaults, type TransportHeartbeatOptions } from '../runtime/options.ts';
import { ROLE_OPTIONS, type RoleOptions } from '../runtime/role.ts';
import type { Arbiter } from './arbiter.ts';
import { FailoverTooShort } from './errors.ts';
import type { StarRole } from './peer.machine.ts';
import type { StateHandover } from './replication.ts';

/** Where a server of the pair stands. */
export interface BinaryStarPlace {
  /** Which of the two it is, for good. */
  readonly role: StarRole;
  /** Where clients connect to; several, for a server that listens at several. */
  readonly frontends: string | readonly string[];
  /** `listen`: where the other server reaches this one; `connect`: where this one reaches the other. */
  readonly peer: { readonly listen: string; readonly connect: string };
}

export type BinaryStarMode =
  /** Epochs, a tie-break, an operator's word, hints. Both servers must be ours. */
  | 'hardened'
  /** Byte for byte what the Guide's `bstar` says and does, its weaknesses included. */
  | 'classic';

export interface BinaryStarOptions extends RoleOptions, TransportHeartbeatOptions {
  /** How the pair talks and decides; the same on both sides. Default `hardened`. */
  readonly mode?: BinaryStarMode;
  /** Time between two words to the peer. The same on both sides. Default 500; in classic mode 1000, as in the Guide. */
  readonly heartbeatInterval?: number;
  /** Silence after which a client's request makes the passive server active. Default 2000. */
  readonly failoverTimeout?: number;
  /** Heartbeats in a row that may get lost without a fail-over. Default 1; in classic mode 0. */
  readonly toleratedLosses?: number;
  /** How long a word may be on its way. Default 250. */
  readonly maxDelay?: number;
  /** How long either process may stand still: garbage collection, a busy event loop. Default 500. */
  readonly maxPause?: number;
  /** Whether the word of the operating system that the peer's process has gone makes the fail-over fast. Not in classic mode. Default true. */
  readonly deathHint?: boolean;
  /** How long a peer that seems to have died may still show that only its connection broke. Default 100. */
  readonly hintDelay?: number;
  /**
   * After this time alone, a client's request makes a backup active that never met its primary; 0 for never. Default 0, as in the Guide. Of no
   * effect at a primary, so that both servers can be given the same options.
   */
  readonly loneBackupAfter?: number;
  /** How long a server that stood still waits for its peer's word before it serves on. Default: twice `maxDelay`. */
  readonly doubtTimeout?: number;
  /** A third vote. Without it a pair that is cut in two may have two active servers. Default: none. */
  readonly arbiter?: Arbiter;
  /** How the arbiter calls this pair. Default `binary-star`. */
  readonly pair?: string;
  /**
   * How long a lease of the arbiter is: more than 2 × `heartbeatInterval` + `maxPause`, for it is renewed at each heartbeat, and must outlast a
   * standstill that goes unnoticed. Default: as `failoverTimeout`.
   */
  readonly leaseTime?: number;
  /** What goes from the active server to the passive one, so that it can go on where the other stopped. Default: nothing. */
  readonly state?: StateHandover;
  /** Largest frame of a snapshot or an update, in bytes. Default 16 MiB. */
  readonly maxStateBytes?: number;
  /** Messages of clients that wait until it is known which server is active; more are dropped and counted. Default 1000. */
  readonly maxHeldRequests?: number;
  /** … and their bytes in all; a standstill lets as many bytes of answers wait. Default 64 MiB. */
  readonly maxHeldBytes?: number;
  /** Bytes in one frame of a client; a client that sends a larger one is disconnected. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Messages queued towards one client. Default 1000. */
  readonly highWaterMark?: number;
  /** How long a new connection may take to complete its handshake. Default 2000. */
  readonly handshakeTimeout?: number;
}

type Filled = Defaults<Omit<BinaryStarOptions, 'arbiter' | 'state'>>;

/** Every default filled in. */
export type BinaryStarSettings = Filled & Pick<BinaryStarOptions, 'arbiter' | 'state'>;

const DEFAULTS: Filled = {
  mode: 'hardened',
  heartbeatInterval: 500,
  failoverTimeout: 2000,
  toleratedLosses: 1,
  maxDelay: 250,
  maxPause: 500,
  deathHint: true,
  hintDelay: 100,
  loneBackupAfter: 0,
  doubtTimeout: 0,
  pair: 'binary-star',
  leaseTime: 0,
  maxStateBytes: 16 * 1024 * 1024,
  maxHeldRequests: 1000,
  maxHeldBytes: 64 * 1024 * 1024,
  maxFrameBytes: 1024 * 1024,
  highWaterMark: 1000,
  handshakeTimeout: 2000,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
};
const CLASSIC: Partial<Filled> = { heartbeatInterval: 1000, toleratedLosses: 0 };

/** @throws InvalidOption, FailoverTooShort */
export function binaryStarSettings(options: BinaryStarOptions): BinaryStarSettings {
  knownOptions(options, [...Object.keys(DEFAULTS), 'arbiter', 'state', ...ROLE_OPTIONS]);
  const { mode = DEFAULTS.mode, arbiter, state } = options;
  if (mode !== 'hardened' && mode !== 'classic') throw new InvalidOption('mode', mode, '"hardened" or "classic"');
  const own = given(options, DEFAULTS);
  const filled = { ...DEFAULTS, ...(mode === 'classic' ? CLASSIC : {}), ...own };
  const settings: BinaryStarSettings = {
    ...filled,
    doubtTimeout: own.doubtTimeout ?? 2 * filled.maxDelay,
    leaseTime: own.leaseTime ?? filled.failoverTimeout,
    ...(arbiter === undefined ? {} : { arbiter }),
    ...(state === undefined ? {} : { state }),
  };
  checkTimes(settings);
  checkPorts(settings);
  checkTransportHeartbeat(settings);
  countOption('maxStateBytes', settings.maxStateBytes, 1);
  countOption('maxHeldRequests', settings.maxHeldRequests, 0);
  countOption('maxHeldBytes', settings.maxHeldBytes, 0);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('highWaterMark', settings.highWaterMark, 1, MOST_NATIVE);
  numberOption('handshakeTimeout', settings.handshakeTimeout, 1, MOST_NATIVE);
  return settings;
}

function checkTimes(settings: BinaryStarSettings): void {
  const { heartbeatInterval, failoverTimeout, toleratedLosses, maxDelay, maxPause } = settings;
  numberOption('heartbeatInterval', heartbeatInterval, 1);
  numberOption('failoverTimeout', failoverTimeout, 1);
  countOption('toleratedLosses', toleratedLosses, 0);
  numberOption('maxDelay', maxDelay, 0);
  numberOption('maxPause', maxPause, 0);
  numberOption('hintDelay', settings.hintDelay, 0, failoverTimeout);
  numberOption('loneBackupAfter', settings.loneBackupAfter, 0);
  numberOption('doubtTimeout', settings.doubtTimeout, 0);
  numberOption('leaseTime', settings.leaseTime, 1);
  const bound = heartbeatInterval * (1 + toleratedLosses) + maxDelay + maxPause;
  if (failoverTimeout <= bound) {
    throw new FailoverTooShort({ failoverTimeout, heartbeatInterval, toleratedLosses, maxDelay, maxPause, bound });
  }
  // Renewed at each heartbeat; and a standstill that goes unnoticed must not outlast it.
  const shortest = 2 * heartbeatInterval + maxPause;
  if (settings.arbiter !== undefined && settings.leaseTime <= shortest)
    throw new InvalidOption('leaseTime', settings.leaseTime, `a number above 2 × heartbeatInterval + maxPause = ${shortest} ms`);
}

function checkPorts({ mode, arbiter, state, pair, deathHint }: BinaryStarSettings): void {
  if (typeof deathHint !== 'boolean') throw new InvalidOption('deathHint', deathHint, 'true or false');
  if (typeof pair !== 'string' || pair === '') throw new InvalidOption('pair', pair, 'a name');
  methodsOption('arbiter', arbiter, ['claim', 'release']);
  methodsOption('state', state, ['snapshot', 'restore', 'apply']);
  if (mode === 'hardened') return;
  if (arbiter !== undefined) throw new InvalidOption('arbiter', arbiter, 'left out in classic mode: the Guide knows no third vote');
  if (state !== undefined) throw new InvalidOption('state', state, 'left out in classic mode: the Guide knows no hand-over of state');
}

function methodsOption(name: string, port: object | undefined, methods: readonly string[]): void {
  if (port === undefined) return;
  const rule = `an object with the methods ${methods.join(', ')}`;
  if (typeof port !== 'object' || (port as unknown) === null) throw new InvalidOption(name, port, rule);
  const missing = methods.filter((method) => typeof (port as Record<string, unknown>)[method] !== 'function');
  if (missing.length > 0) throw new InvalidOption(name, port, rule, `option "${name}" must be ${rule}; it has no ${missing.join(', no ')}`);
}

function objectOption(name: string, value: object, fields: string): void {
  if (typeof value !== 'object' || (value as unknown) === null) throw new InvalidOption(name, value, `an object with ${fields}`);
}

/** @throws InvalidOption */
export function checkPlace(place: BinaryStarPlace): { readonly frontends: readonly string[] } & Omit<BinaryStarPlace, 'frontends'> {
  objectOption('place', place, 'role, frontends and peer');
  knownOptions(place, ['role', 'frontends', 'peer']);
  const { role, peer } = place;
  if (role !== 'primary' && role !== 'backup') throw new InvalidOption('role', role, '"primary" or "backup"');
  const frontends = typeof place.frontends === 'string' ? [place.frontends] : place.frontends;
  const areEndpoints = Array.isArray(frontends) && frontends.length > 0 && frontends.every((endpoint) => typeof endpoint === 'string');
  if (!areEndpoints || new Set(frontends).size < frontends.length)
    throw new InvalidOption('frontends', place.frontends, 'an endpoint or several different ones');
  objectOption('peer', peer, 'listen and connect');
  knownOptions(peer, ['listen', 'connect']);
  for (const [name, endpoint] of Object.entries({ listen: peer.listen, connect: peer.connect })) {
    if (typeof endpoint !== 'string') throw new InvalidOption(`peer.${name}`, endpoint, 'an endpoint, such as tcp://127.0.0.1:5003');
  }
  if (peer.listen === peer.connect) throw new InvalidOption('peer.connect', peer.connect, 'the other server’s, not this one’s');
  return { role, frontends, peer };
}
