/** Options that the brokers and queues, and the workers, of several patterns share. All times in ms. */
import { InvalidOption } from '../core/errors.ts';
import { countOption, numberOption } from '../core/options.ts';
import {
  MOST_NATIVE,
  checkReconnect,
  checkTransportHeartbeat,
  type Defaults,
  type ReconnectOptions,
  type TransportHeartbeatOptions,
} from '../runtime/options.ts';
import type { RoleOptions } from '../runtime/role.ts';
import type { DeliveryPolicy } from './requests.ts';

/** How peers notice each other's death, by heartbeats of the protocol and by those of the transport. */
export interface LivenessOptions extends TransportHeartbeatOptions {
  /** Time between our heartbeats. Default 2500 under Majordomo, 1000 under Paranoid Pirate. Foreign peers should have a similar one. */
  readonly heartbeatInterval?: number;
  /** Intervals of silence after which the peer is gone. Default 3; the RFCs ask for 3 to 5. */
  readonly heartbeatLiveness?: number;
}

/** @throws InvalidOption */
export function checkLiveness(settings: Readonly<Required<LivenessOptions>>): void {
  numberOption('heartbeatInterval', settings.heartbeatInterval, 1);
  countOption('heartbeatLiveness', settings.heartbeatLiveness, 1);
  checkTransportHeartbeat(settings);
}

/** Both 0 where the protocol has no heartbeats. */
interface Heartbeats {
  readonly heartbeatInterval: number;
  readonly heartbeatLiveness: number;
}
export const NO_HEARTBEATS: Heartbeats = { heartbeatInterval: 0, heartbeatLiveness: 0 };

export type LoadBalancerSettings = Defaults<LoadBalancerOptions> & Heartbeats;
export type LoadBalancedWorkerSettings = Defaults<LoadBalancedWorkerOptions> & Heartbeats;

/** What every load-balancing broker and queue can be told. */
export interface LoadBalancerOptions extends RoleOptions, TransportHeartbeatOptions {
  /** Longest time one request may be with one worker; 0 = no limit. Default 0. */
  readonly busyLimit?: number;
  /** How often one request is handed out before it is given up as `poisoned`. Default 3. */
  readonly maxDeliveries?: number;
  /** What happens to a request whose worker is lost: `requeue` or `fail` at once. Default `requeue`, under Simple Pirate `fail`. */
  readonly deliveryPolicy?: DeliveryPolicy;
  /** How long a request may wait for a worker. Default 30000. */
  readonly requestExpiry?: number;
  /** Workers registered at once; further ones are turned away. Default 10000. */
  readonly maxWorkers?: number;
  /** Frames in one body. Default 32. */
  readonly maxBodyFrames?: number;
  /** Invalid messages after which a worker is disconnected, or ignored where nothing can tell it to go. Default 10. */
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

export const LOAD_BALANCER_DEFAULTS: Defaults<LoadBalancerOptions> = {
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
  busyLimit: 0,
  maxDeliveries: 3,
  deliveryPolicy: 'requeue',
  requestExpiry: 30_000,
  maxWorkers: 10_000,
  maxBodyFrames: 32,
  maxInvalidMessages: 10,
  maxFrameBytes: 1024 * 1024,
  highWaterMark: 1000,
  handshakeTimeout: 2000,
  drainTimeout: 5000,
};

/** @throws InvalidOption */
export function checkLoadBalancer(settings: Defaults<LoadBalancerOptions>): void {
  checkTransportHeartbeat(settings);
  numberOption('busyLimit', settings.busyLimit, 0);
  countOption('maxDeliveries', settings.maxDeliveries, 1, 255);
  checkPolicy('deliveryPolicy', settings.deliveryPolicy);
  numberOption('requestExpiry', settings.requestExpiry, 1);
  countOption('maxWorkers', settings.maxWorkers, 1);
  countOption('maxBodyFrames', settings.maxBodyFrames, 1);
  countOption('maxInvalidMessages', settings.maxInvalidMessages, 1);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('highWaterMark', settings.highWaterMark, 1, MOST_NATIVE);
  numberOption('handshakeTimeout', settings.handshakeTimeout, 1, MOST_NATIVE);
  numberOption('drainTimeout', settings.drainTimeout, 0);
}

/** @throws InvalidOption */
export function checkPolicy(name: string, policy: unknown): void {
  if (policy !== 'requeue' && policy !== 'fail') throw new InvalidOption(name, policy, '"requeue" or "fail"');
}

/** What every load-balanced worker can be told. */
export interface LoadBalancedWorkerOptions extends RoleOptions, ReconnectOptions, TransportHeartbeatOptions {
  /** Longest frame of a reply; the broker takes none that is longer than its own `maxFrameBytes`. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Frames in one reply; the broker takes no more than its own `maxBodyFrames`. Default 32. */
  readonly maxBodyFrames?: number;
  /** How long `close()` waits for the handler. Default 5000. */
  readonly drainTimeout?: number;
  /** How long `close()` goes on delivering the last reply. Default 400: from 500 on zeromq.js complains at the end of the process. */
  readonly linger?: number;
}

export const LOAD_BALANCED_WORKER_DEFAULTS: Defaults<LoadBalancedWorkerOptions> = {
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
  reconnectInterval: 500,
  reconnectMaximum: 8000,
  reconnectJitter: 0.8,
  maxFrameBytes: 1024 * 1024,
  maxBodyFrames: 32,
  drainTimeout: 5000,
  linger: 400,
};

/** @throws InvalidOption */
export function checkLoadBalancedWorker(settings: Defaults<LoadBalancedWorkerOptions>): void {
  checkTransportHeartbeat(settings);
  checkReconnect(settings);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('maxBodyFrames', settings.maxBodyFrames, 1);
  numberOption('drainTimeout', settings.drainTimeout, 0);
  numberOption('linger', settings.linger, 0, MOST_NATIVE);
}
