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
import { COMMANDS_BESIDE, MOST_CREDIT } from '../wire/credit.ts';
import { ROLE_OPTIONS, type RoleOptions } from '../runtime/role.ts';
import { isServiceName } from './codec.ts';
import {
  LOAD_BALANCED_WORKER_DEFAULTS,
  LOAD_BALANCER_DEFAULTS,
  checkLiveness,
  checkLoadBalancedWorker,
  checkLoadBalancer,
  checkPolicy,
  type LivenessOptions,
  type LoadBalancedWorkerOptions,
  type LoadBalancerOptions,
} from '../load-balancer/options.ts';
import type { DeliveryPolicy } from '../load-balancer/requests.ts';

export interface MajordomoBrokerOptions extends LoadBalancerOptions, LivenessOptions {
  /** Exceptions to `deliveryPolicy`, by service name. */
  readonly deliveryPolicies?: Readonly<Record<string, DeliveryPolicy>>;
  /** Services known at once, served or only asked for. Default 1000. */
  readonly maxServices?: number;
  /** Requests waiting in all. Default 10000. */
  readonly maxQueuedRequests?: number;
  /** Requests waiting for one service. Default 1000. */
  readonly maxQueuedPerService?: number;
  /** Requests that one worker may hold at once, however many it asks for. Default 1000; 1 for one at a time, as RFC 7 has it. */
  readonly maxConcurrency?: number;
  /** Bytes in a service name. Default and most 255. */
  readonly maxServiceNameBytes?: number;
}

const BROKER_DEFAULTS: Defaults<Omit<MajordomoBrokerOptions, 'deliveryPolicies'>> = {
  ...LOAD_BALANCER_DEFAULTS,
  heartbeatInterval: 2500,
  heartbeatLiveness: 3,
  maxServices: 1000,
  maxQueuedRequests: 10_000,
  maxQueuedPerService: 1000,
  maxConcurrency: 1000,
  maxServiceNameBytes: 255,
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
  checkLoadBalancer(settings);
  countOption('maxServices', settings.maxServices, 1);
  countOption('maxQueuedRequests', settings.maxQueuedRequests, 0);
  countOption('maxQueuedPerService', settings.maxQueuedPerService, 0);
  countOption('maxConcurrency', settings.maxConcurrency, 1, MOST_CREDIT);
  countOption('maxServiceNameBytes', settings.maxServiceNameBytes, 1, 255);
  return settings;
}

/** Requests that one worker is granted at once, however many it asks for: no more than fit in its queue, beside a few commands. */
export function mostGranted({ maxConcurrency, highWaterMark }: BrokerSettings): number {
  return Math.min(maxConcurrency, Math.max(1, highWaterMark - COMMANDS_BESIDE));
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

export interface MajordomoWorkerOptions extends LoadBalancedWorkerOptions, LivenessOptions {
  /**
   * Requests that the worker works on at once. With more than 1 it tells the broker so behind its READY; a broker of ours hands it as many, any
   * other one at a time, as RFC 7 has it. Default 1, most 65535; a broker of ours grants no more than its `maxConcurrency`.
   */
  readonly concurrency?: number;
}

const WORKER_DEFAULTS: Defaults<MajordomoWorkerOptions> = {
  ...LOAD_BALANCED_WORKER_DEFAULTS,
  concurrency: 1,
  heartbeatInterval: 2500,
  heartbeatLiveness: 3,
};

export type WorkerSettings = Defaults<MajordomoWorkerOptions>;

/** @throws InvalidOption */
export function workerSettings(options: MajordomoWorkerOptions): WorkerSettings {
  knownOptions(options, [...Object.keys(WORKER_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...WORKER_DEFAULTS, ...given(options, WORKER_DEFAULTS) };
  checkLiveness(settings);
  checkLoadBalancedWorker(settings);
  countOption('concurrency', settings.concurrency, 1, MOST_CREDIT);
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
  /** Requests open at once; more are rejected with `TooManyRequests`, see `room()`. Default 10000. */
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
