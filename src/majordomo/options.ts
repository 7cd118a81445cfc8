/** Options of the three Majordomo roles: defaults with the Guide's numbers, checked at construction. All times in ms. */
import { InvalidOption } from '../core/errors.ts';
import { countOption, given, knownOptions, numberOption } from '../core/options.ts';
import {
  MOST_NATIVE,
  checkReconnect,
  checkRequest,
  checkRetries,
  checkTransportHeartbeat,
  type Defaults,
  type ReconnectOptions,
  type RequestOptions,
  type RetryOptions,
  type TransportHeartbeatOptions,
} from '../runtime/options.ts';
import { ROLE_OPTIONS, type RoleOptions } from '../runtime/role.ts';
import { isServiceName } from './codec.ts';
import type { DeliveryPolicy } from './services.ts';

/** How peers notice each other's death; the same names at broker, worker and client. */
export interface LivenessOptions extends TransportHeartbeatOptions {
  /** Time between our heartbeats. The peer's should be similar. Default 2500. */
  readonly heartbeatInterval?: number;
  /** Intervals of silence after which the peer is gone. Default 3; the RFC asks for 3 to 5. */
  readonly heartbeatLiveness?: number;
}

export interface MajordomoBrokerOptions extends RoleOptions, LivenessOptions {
  /** Longest time one request may be with one worker; 0 = no limit. Default 0. */
  readonly busyLimit?: number;
  /** How often one request is handed out before it is given up as `poisoned`. Default 3. */
  readonly maxDeliveries?: number;
  /** What happens to a request whose worker is lost: `requeue` (default) or `fail` at once. */
  readonly deliveryPolicy?: DeliveryPolicy;
  /** Exceptions by service name. */
  readonly deliveryPolicies?: Readonly<Record<string, DeliveryPolicy>>;
  /** How long a request may wait for a worker. Default 30000. */
  readonly requestExpiry?: number;
  /** Services known at once, served or only asked for. Default 1000. */
  readonly maxServices?: number;
  /** Requests waiting in all. Default 10000. */
  readonly maxQueuedRequests?: number;
  /** Requests waiting for one service. Default 1000. */
  readonly maxQueuedPerService?: number;
  /** Frames in one body. Default 32. */
  readonly maxBodyFrames?: number;
  /** Bytes in a service name. Default and most 255. */
  readonly maxServiceNameBytes?: number;
  /** Invalid messages after which a worker is disconnected. Default 10. */
  readonly maxInvalidMessages?: number;
  /** Bytes in one frame; a peer that sends a larger one is disconnected. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Messages queued towards one peer; beyond it replies to that peer are dropped and counted. Default 1000. */
  readonly highWaterMark?: number;
  /** How long a new connection may take to complete its handshake. Default 2000. */
  readonly handshakeTimeout?: number;
  /** How long `close()` waits for requests in flight. Default 5000. */
  readonly drainTimeout?: number;
}

const BROKER_DEFAULTS: Defaults<Omit<MajordomoBrokerOptions, 'deliveryPolicies'>> = {
  heartbeatInterval: 2500,
  heartbeatLiveness: 3,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
  busyLimit: 0,
  maxDeliveries: 3,
  deliveryPolicy: 'requeue',
  requestExpiry: 30_000,
  maxServices: 1000,
  maxQueuedRequests: 10_000,
  maxQueuedPerService: 1000,
  maxBodyFrames: 32,
  maxServiceNameBytes: 255,
  maxInvalidMessages: 10,
  maxFrameBytes: 1024 * 1024,
  highWaterMark: 1000,
  handshakeTimeout: 2000,
  drainTimeout: 5000,
};

/** Broker options with every default filled in. */
export type BrokerSettings = Defaults<Omit<MajordomoBrokerOptions, 'deliveryPolicies'>> & {
  readonly deliveryPolicies: ReadonlyMap<string, DeliveryPolicy>;
};

/** @throws InvalidOption */
export function brokerSettings(options: MajordomoBrokerOptions): BrokerSettings {
  knownOptions(options, [...Object.keys(BROKER_DEFAULTS), 'deliveryPolicies', ...ROLE_OPTIONS]);
  const settings = { ...BROKER_DEFAULTS, ...given(options, BROKER_DEFAULTS), deliveryPolicies: policiesOf(options.deliveryPolicies ?? {}) };
  checkLiveness(settings);
  numberOption('busyLimit', settings.busyLimit, 0);
  countOption('maxDeliveries', settings.maxDeliveries, 1, 255);
  checkPolicy('deliveryPolicy', settings.deliveryPolicy);
  numberOption('requestExpiry', settings.requestExpiry, 1);
  countOption('maxServices', settings.maxServices, 1);
  countOption('maxQueuedRequests', settings.maxQueuedRequests, 0);
  countOption('maxQueuedPerService', settings.maxQueuedPerService, 0);
  countOption('maxBodyFrames', settings.maxBodyFrames, 1);
  countOption('maxServiceNameBytes', settings.maxServiceNameBytes, 1, 255);
  countOption('maxInvalidMessages', settings.maxInvalidMessages, 1);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('highWaterMark', settings.highWaterMark, 1, MOST_NATIVE);
  numberOption('handshakeTimeout', settings.handshakeTimeout, 1, MOST_NATIVE);
  numberOption('drainTimeout', settings.drainTimeout, 0);
  return settings;
}

function policiesOf(policies: Readonly<Record<string, DeliveryPolicy>>): ReadonlyMap<string, DeliveryPolicy> {
  const isPlain = typeof policies === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(policies ?? '') as object | null);
  if (!isPlain) throw new InvalidOption('deliveryPolicies', policies, 'an object with names of services');
  for (const [service, policy] of Object.entries(policies)) {
    serviceOption('deliveryPolicies', service);
    checkPolicy(`deliveryPolicies.${service}`, policy);
  }
  return new Map(Object.entries(policies));
}

function checkPolicy(name: string, policy: unknown): void {
  if (policy !== 'requeue' && policy !== 'fail') throw new InvalidOption(name, policy, '"requeue" or "fail"');
}

export interface MajordomoWorkerOptions extends RoleOptions, LivenessOptions, ReconnectOptions {
  /** Longest frame of a reply; the broker takes none that is longer than its own `maxFrameBytes`. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** How long `close()` waits for the handler. Default 5000. */
  readonly drainTimeout?: number;
  /** How long `close()` goes on delivering the last reply. Default 400: from 500 on zeromq.js complains at the end of the process. */
  readonly linger?: number;
}

const WORKER_DEFAULTS: Defaults<MajordomoWorkerOptions> = {
  heartbeatInterval: 2500,
  heartbeatLiveness: 3,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
  reconnectInterval: 500,
  reconnectMaximum: 8000,
  reconnectJitter: 0.8,
  maxFrameBytes: 1024 * 1024,
  drainTimeout: 5000,
  linger: 400,
};

export type WorkerSettings = Defaults<MajordomoWorkerOptions>;

/** @throws InvalidOption */
export function workerSettings(options: MajordomoWorkerOptions): WorkerSettings {
  knownOptions(options, [...Object.keys(WORKER_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...WORKER_DEFAULTS, ...given(options, WORKER_DEFAULTS) };
  checkLiveness(settings);
  checkReconnect(settings);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  numberOption('drainTimeout', settings.drainTimeout, 0);
  numberOption('linger', settings.linger, 0, MOST_NATIVE);
  return settings;
}

/** How replies find their requests; see docs/decisions/0003-correlation.md. */
export type Correlation =
  /** Asks the broker: `envelope` if it is ours, else `socket`. */
  | 'auto'
  /** All requests over one connection, told apart by a frame before the delimiter. Needs our broker (or one that keeps envelopes). */
  | 'envelope'
  /** One connection per request in flight; right with every MDP/0.1 broker. */
  | 'socket';

export interface MajordomoClientOptions extends RoleOptions, ReconnectOptions, RequestOptions, RetryOptions, TransportHeartbeatOptions {
  /** How replies find their requests. Default `auto`. */
  readonly correlation?: Correlation;
  /** How long the first requests wait to learn whether the broker is ours, with `auto`. Default 250. */
  readonly probeTimeout?: number;
  /** Longest frame of a request; the broker takes none that is longer than its own `maxFrameBytes`. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Requests open at once; more are rejected with `TooManyRequests`. Default 10000. */
  readonly maxOpenRequests?: number;
  /** Connections at once under `socket` correlation; further requests wait for one. Default 64. */
  readonly maxSockets?: number;
}

const CLIENT_DEFAULTS: Defaults<MajordomoClientOptions> = {
  requestTimeout: 2500,
  requestRetries: 3,
  retryInterval: 100,
  retryMaximum: 2000,
  retryJitter: 0.5,
  reconnectInterval: 500,
  reconnectMaximum: 8000,
  reconnectJitter: 0.8,
  correlation: 'auto',
  probeTimeout: 250,
  maxFrameBytes: 1024 * 1024,
  maxOpenRequests: 10_000,
  maxSockets: 64,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
};

export type ClientSettings = Defaults<MajordomoClientOptions>;

/** @throws InvalidOption */
export function clientSettings(options: MajordomoClientOptions): ClientSettings {
  knownOptions(options, [...Object.keys(CLIENT_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...CLIENT_DEFAULTS, ...given(options, CLIENT_DEFAULTS) };
  checkRequest(settings);
  checkReconnect(settings);
  checkTransportHeartbeat(settings);
  checkRetries(settings);
  if (!['auto', 'envelope', 'socket'].includes(settings.correlation)) {
    throw new InvalidOption('correlation', settings.correlation, '"auto", "envelope" or "socket"');
  }
  numberOption('probeTimeout', settings.probeTimeout, 0);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('maxOpenRequests', settings.maxOpenRequests, 1, MOST_NATIVE);
  countOption('maxSockets', settings.maxSockets, 1);
  return settings;
}

/** @throws InvalidOption when no service can have that name. */
export function serviceOption(option: string, service: string): void {
  if (typeof service !== 'string' || !isServiceName(service))
    throw new InvalidOption(option, service, '1 to 255 printable ASCII characters');
}

function checkLiveness(settings: Readonly<Required<LivenessOptions>>): void {
  numberOption('heartbeatInterval', settings.heartbeatInterval, 1);
  countOption('heartbeatLiveness', settings.heartbeatLiveness, 1);
  checkTransportHeartbeat(settings);
}
