/**
 * A third vote, for pairs that must never both be active: whoever holds the lease may serve. Two servers alone cannot tell a dead peer from a
 * cut cable; with an arbiter a server that cannot reach it does not serve at all.
 */
import type { StarRole } from './peer.machine.ts';

export interface ArbiterClaim {
  /** Which pair. */
  readonly pair: string;
  readonly role: StarRole;
  /** One life of one server. */
  readonly instance: string;
  /** The epoch it would serve with, or serves with already. */
  readonly epoch: number;
  /** How long the lease is to be, in ms, from when the arbiter grants it. */
  readonly leaseTime: number;
}

export type ArbiterAnswer =
  /**
   * `epoch`: the one to serve with, at least the one that was claimed, and above all that were granted to others. Count from 1 in small
   * steps: clients believe no epoch that is 2^24 or more above the highest they know, which is 0 at first.
   */
  | { readonly granted: true; readonly epoch: number }
  /** Somebody else holds the lease. `epoch`: the highest that was granted. */
  | { readonly granted: false; readonly epoch: number };

/**
 * The port to whatever keeps the lease. An implementation must grant a lease to one holder at a time, remember the highest epoch it has
 * granted, and let a holder renew. It measures time by a clock that runs no faster than real time, so that no lease ends at the arbiter before
 * its holder has stopped; holders count from when they asked. Both functions may call the server back at once.
 */
export interface Arbiter {
  /** Rejects when the arbiter cannot be reached; the claim is made again. */
  claim(claim: ArbiterClaim): Promise<ArbiterAnswer>;
  /**
   * The holder serves no more. May be lost: the lease ends by itself. May be late: one whose epoch is below that of the lease is of an earlier
   * one, and must not end it.
   */
  release(claim: ArbiterClaim): Promise<void>;
}
