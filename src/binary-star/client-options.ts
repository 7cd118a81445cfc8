/** Options of the Binary Star's client: defaults of its two modes, checked at construction. All times in ms. */
import { InvalidOption } from '../core/errors.ts';
import {
  LAZY_PIRATE_CLIENT_DEFAULTS,
  retryingClientSettings,
  type LazyPirateClientOptions,
  type LazyPirateClientSettings,
} from '../lazy-pirate/options.ts';

/** How a client speaks to the two servers. */
export type BinaryStarClientMode =
  /** With epoch marks: a passive server says so at once, and the answer of a server that was replaced is not believed. Needs our servers. */
  | 'hardened'
  /** As the Guide's `bstarcli`, to any two REP servers: a server that does not answer may be passive or dead. */
  | 'classic';

/**
 * As those of the Lazy Pirate client, with other defaults. `hardened`: `requestTimeout` 1000, `requestRetries` 20: the pauses between so many
 * refusals are 13 s, longer than a fail-over takes. `classic`: `requestTimeout` 1000; `retryInterval` and `retryMaximum` 2000 without jitter, the
 * Guide's settle delay, which must not be shorter than the servers' fail-over; `requestRetries` 1000, which is most of an hour, where the Guide's
 * client goes on for ever.
 */
export interface BinaryStarClientOptions extends LazyPirateClientOptions {
  /** How the client speaks to the servers. Default `hardened`. */
  readonly mode?: BinaryStarClientMode;
}

export type BinaryStarClientSettings = LazyPirateClientSettings & { readonly mode: BinaryStarClientMode };

const DEFAULTS: Readonly<Record<BinaryStarClientMode, BinaryStarClientSettings>> = {
  hardened: { ...LAZY_PIRATE_CLIENT_DEFAULTS, mode: 'hardened', requestTimeout: 1000, requestRetries: 20 },
  classic: {
    ...LAZY_PIRATE_CLIENT_DEFAULTS,
    mode: 'classic',
    requestTimeout: 1000,
    requestRetries: 1000,
    retryInterval: 2000,
    retryMaximum: 2000,
    retryJitter: 0,
  },
};

/** @throws InvalidOption */
export function binaryStarClientSettings(options: BinaryStarClientOptions): BinaryStarClientSettings {
  const mode: unknown = (options as BinaryStarClientOptions | null)?.mode ?? 'hardened';
  if (mode !== 'hardened' && mode !== 'classic') throw new InvalidOption('mode', mode, '"hardened" or "classic"');
  return retryingClientSettings(options, DEFAULTS[mode]);
}
