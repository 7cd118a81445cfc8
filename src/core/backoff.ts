/** Exponential back-off with jitter. All times in milliseconds. */
export interface BackoffOptions {
  /** The delay before the first repetition, before jitter. */
  readonly base: number;
  /** No delay is longer than this, before jitter. */
  readonly maximum: number;
  /** 0…1: each delay is spread evenly over ±jitter of itself, so that peers who lost one broker do not return as one. */
  readonly jitter: number;
}

/**
 * The delay before repetition number `failures` (0 = the first): `base · 2^failures`, at most `maximum`, spread by ±`jitter`.
 * `random` yields numbers in [0, 1).
 */
export function backoffDelay(failures: number, options: BackoffOptions, random: () => number): number {
  const delay = Math.min(options.maximum, options.base * 2 ** Math.min(failures, 30));
  return delay * (1 + options.jitter * (2 * random() - 1));
}

/**
 * The delay before repetition number `failures` (0 = the first) where each one turns to the next of `places`: a fifth of `base` until all of
 * them have failed once more, then as `backoffDelay` for the rounds that have failed. With one place the same as `backoffDelay`.
 */
export function rotationDelay(failures: number, places: number, options: BackoffOptions, random: () => number): number {
  const tried = failures + 1;
  if (tried % places === 0) return backoffDelay(tried / places - 1, options, random);
  return backoffDelay(0, { ...options, base: options.base / WITHIN_A_ROUND }, random);
}

/** Whoever lost one place tries the next soon, but not at once: a thousand peers of a dead server must not arrive there as one. */
const WITHIN_A_ROUND = 5;
