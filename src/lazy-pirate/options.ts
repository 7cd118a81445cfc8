/** Options of the two Lazy Pirate roles: defaults with the Guide's numbers, checked at construction. All times in ms. */
import { countOption, given, knownOptions, numberOption } from '../core/options.ts';
import {
  MOST_NATIVE,
  checkRequest,
  checkRetries,
  checkTransportHeartbeat,
  type Defaults,
  type RequestOptions,
  type RetryOptions,
  type TransportHeartbeatOptions,
} from '../runtime/options.ts';
import { ROLE_OPTIONS, type RoleOptions } from '../runtime/role.ts';

/** What can be set per request as well as per client. */
export interface LazyPirateRequestOptions extends RequestOptions {
  /**
   * Time for the whole request, attempts and pauses and the wait for a connection together; 0 means no limit. One that ends before
   * `requestTimeout` does speaks against no server: the client does not turn to another one for it. Default 0.
   */
  readonly deadline?: number;
}

export interface LazyPirateClientOptions extends RoleOptions, LazyPirateRequestOptions, RetryOptions, TransportHeartbeatOptions {
  /** Longest frame of a request; the server takes none that is longer than its own `maxFrameBytes`. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Requests open at once; more are rejected with `TooManyRequests`, see `room()`. Default 1000. */
  readonly maxOpenRequests?: number;
  /** Connections at once, each with one request in flight; further requests wait. Default 1, as in the Guide. */
  readonly maxSockets?: number;
}

export const LAZY_PIRATE_CLIENT_DEFAULTS: Defaults<LazyPirateClientOptions> = {
  requestTimeout: 2500,
  requestRetries: 3,
  deadline: 0,
  retryInterval: 100,
  retryMaximum: 2000,
  retryJitter: 0.5,
  maxFrameBytes: 1024 * 1024,
  maxOpenRequests: 1000,
  maxSockets: 1,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
};

export type LazyPirateClientSettings = Defaults<LazyPirateClientOptions>;

/** @throws InvalidOption */
export function lazyPirateClientSettings(options: LazyPirateClientOptions): LazyPirateClientSettings {
  return retryingClientSettings(options, LAZY_PIRATE_CLIENT_DEFAULTS);
}

/**
 * Of a client that is a Lazy Pirate with other defaults, or has further options.
 *
 * @throws InvalidOption
 */
export function retryingClientSettings<S extends LazyPirateClientSettings>(options: LazyPirateClientOptions, defaults: S): S {
  knownOptions(options, [...Object.keys(defaults), ...ROLE_OPTIONS]);
  const settings = { ...defaults, ...given(options, defaults) };
  checkLazyPirateRequest(settings);
  checkRetries(settings);
  checkTransportHeartbeat(settings);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('maxOpenRequests', settings.maxOpenRequests, 1);
  countOption('maxSockets', settings.maxSockets, 1);
  return settings;
}

/** @throws InvalidOption */
export function checkLazyPirateRequest(options: Readonly<Required<LazyPirateRequestOptions>>): void {
  checkRequest(options);
  numberOption('deadline', options.deadline, 0);
}

export interface LazyPirateServerOptions extends RoleOptions, TransportHeartbeatOptions {
  /** Handlers that run at once; 1 serves one request after another, as a REP socket does. Default 100. */
  readonly maxConcurrentRequests?: number;
  /** Requests that wait for a handler; further ones are dropped, and their clients ask again. Default 1000. */
  readonly maxQueuedRequests?: number;
  /** Frames in one body. Default 32. */
  readonly maxBodyFrames?: number;
  /** Bytes in one frame; a client that sends a larger one is disconnected. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Messages queued towards one client; beyond it answers to it are lost and counted. Default 1000. */
  readonly highWaterMark?: number;
  /** How long a new connection may take to complete its handshake. Default 2000. */
  readonly handshakeTimeout?: number;
  /** How long `close()` waits for handlers. Default 5000. */
  readonly drainTimeout?: number;
}

const SERVER_DEFAULTS: Defaults<LazyPirateServerOptions> = {
  maxConcurrentRequests: 100,
  maxQueuedRequests: 1000,
  maxBodyFrames: 32,
  maxFrameBytes: 1024 * 1024,
  highWaterMark: 1000,
  handshakeTimeout: 2000,
  drainTimeout: 5000,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
};

export type LazyPirateServerSettings = Defaults<LazyPirateServerOptions>;

/** @throws InvalidOption */
export function lazyPirateServerSettings(options: LazyPirateServerOptions): LazyPirateServerSettings {
  knownOptions(options, [...Object.keys(SERVER_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...SERVER_DEFAULTS, ...given(options, SERVER_DEFAULTS) };
  checkTransportHeartbeat(settings);
  countOption('maxConcurrentRequests', settings.maxConcurrentRequests, 1);
  countOption('maxQueuedRequests', settings.maxQueuedRequests, 0);
  countOption('maxBodyFrames', settings.maxBodyFrames, 1);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('highWaterMark', settings.highWaterMark, 1, MOST_NATIVE);
  numberOption('handshakeTimeout', settings.handshakeTimeout, 1, MOST_NATIVE);
  numberOption('drainTimeout', settings.drainTimeout, 0);
  return settings;
}
