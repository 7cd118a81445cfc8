/** Binary Star: a pair of servers of which one serves, and clients that know both (Guide, chapter 4). */
export {
  BinaryStar,
  type BinaryStarCounters,
  type BinaryStarEvents,
  type BinaryStarService,
  type BinaryStarServiceStarter,
  type BinaryStarSnapshot,
  type BinaryStarStand,
} from './server.ts';
export type { Arbiter, ArbiterAnswer, ArbiterClaim } from './arbiter.ts';
export type { PeerSnapshot } from './half.ts';
export { FailoverTooShort, PairHalted, ServiceFailed, WrongState } from './errors.ts';
export type { FrontendCounters } from './frontends.ts';
export type { BinaryStarMode, BinaryStarOptions, BinaryStarPlace } from './options.ts';
export type { ActivationReason, RetreatReason, StarRole } from './peer.machine.ts';
export type { ReplicationSnapshot, StateHandover } from './replication.ts';
export { BinaryStarClient, type BinaryStarClientCounters, type BinaryStarClientEvents, type BinaryStarClientSnapshot } from './client.ts';
export type { BinaryStarClientMode, BinaryStarClientOptions } from './client-options.ts';
export type { LazyPirateCallOptions, LazyPirateReply, RetryingClientSnapshot } from '../lazy-pirate/client.ts';
export { RequestAbandoned, type AbandonReason } from '../lazy-pirate/errors.ts';
export { ClientClosed, RequestAborted, RequestError, TooManyRequests, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
