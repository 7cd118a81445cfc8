/** Options that several patterns share: their names, their checks, and what is made of them. All times in ms. */
import type { BackoffOptions } from '../core/backoff.ts';
import { countOption, numberOption } from '../core/options.ts';
import type { RoleOptions } from './role.ts';

/** What is handed to the transport is a 32-bit number there: a larger one would silently become another. */
export const MOST_NATIVE: number = 2 ** 31 - 1;

/** A role's own options with every default filled in. */
export type Defaults<O extends object> = Required<Omit<O, keyof RoleOptions>>;

/** How the transport notices a dead connection by itself, below the protocol. */
export interface TransportHeartbeatOptions {
  /** Time between the transport's own pings, below the protocol; 0 turns them off. Default 1000. */
  readonly transportHeartbeatInterval?: number;
  /** Time without an answer to a ping after which the transport cuts the connection. Default 3000. */
  readonly transportHeartbeatTimeout?: number;
}

/** @throws InvalidOption */
export function checkTransportHeartbeat(settings: Readonly<Required<TransportHeartbeatOptions>>): void {
  numberOption('transportHeartbeatInterval', settings.transportHeartbeatInterval, 0, MOST_NATIVE);
  numberOption('transportHeartbeatTimeout', settings.transportHeartbeatTimeout, 1, MOST_NATIVE);
}

/** The transport's heartbeat as its port wants it. */
export function transportHeartbeatOf(
  settings: Readonly<Required<TransportHeartbeatOptions>>,
): { readonly interval: number; readonly timeout: number } | undefined {
  if (settings.transportHeartbeatInterval === 0) return undefined;
  return { interval: settings.transportHeartbeatInterval, timeout: settings.transportHeartbeatTimeout };
}

/** Reconnection, for the roles that connect. */
export interface ReconnectOptions {
  /** The first pause before a new connection. Doubles with each further failure. Default 500. */
  readonly reconnectInterval?: number;
  /** The longest pause. Default 8000. */
  readonly reconnectMaximum?: number;
  /** 0…1: how far each pause is spread, so that peers who lost one broker do not return as one. Default 0.8. */
  readonly reconnectJitter?: number;
}

/** @throws InvalidOption */
export function checkReconnect(settings: Readonly<Required<ReconnectOptions>>): void {
  numberOption('reconnectInterval', settings.reconnectInterval, 1, MOST_NATIVE);
  numberOption('reconnectMaximum', settings.reconnectMaximum, settings.reconnectInterval);
  numberOption('reconnectJitter', settings.reconnectJitter, 0, 1);
}

/** How long to stay away from a broker that was lost. */
export function reconnectBackoff(settings: Readonly<Required<ReconnectOptions>>): BackoffOptions {
  return { base: settings.reconnectInterval, maximum: settings.reconnectMaximum, jitter: settings.reconnectJitter };
}

/** What can be set per request as well as per client. */
export interface RequestOptions {
  /** Time for one attempt. Default 2500. */
  readonly requestTimeout?: number;
  /** Attempts in all, as in the Guide (its REQUEST_RETRIES): 3 means three sends. Default 3. */
  readonly requestRetries?: number;
}

/** @throws InvalidOption */
export function checkRequest(options: { readonly requestTimeout: number; readonly requestRetries: number }): void {
  numberOption('requestTimeout', options.requestTimeout, 1);
  countOption('requestRetries', options.requestRetries, 1);
}

/** Pauses between the attempts of one request. */
export interface RetryOptions {
  /** Pause before the second attempt; doubles with each further one. Default 100. */
  readonly retryInterval?: number;
  /** Longest pause between attempts. Default 2000. */
  readonly retryMaximum?: number;
  /** 0…1: how far each pause between attempts is spread. Default 0.5. */
  readonly retryJitter?: number;
}

/** @throws InvalidOption */
export function checkRetries(settings: Readonly<Required<RetryOptions>>): void {
  numberOption('retryInterval', settings.retryInterval, 0);
  numberOption('retryMaximum', settings.retryMaximum, settings.retryInterval);
  numberOption('retryJitter', settings.retryJitter, 0, 1);
}

/** How long to pause between attempts. */
export function retryBackoff(settings: Readonly<Required<RetryOptions>>): BackoffOptions {
  return { base: settings.retryInterval, maximum: settings.retryMaximum, jitter: settings.retryJitter };
}
