/** What the two kinds of pair have in common: what a half of one asks of the role around it, and what it is asked. */
import type { StepObserver } from '../core/machine.ts';
import type { Driver } from '../runtime/driver.ts';
import type { Logger } from '../runtime/log.ts';
import type { FrameLike, Message } from '../wire/message.ts';
import type { Peer, Transport, TransportHandler } from '../transport/transport.ts';
import type { ActivationReason, RetreatReason, StarRole } from './peer.machine.ts';
import type { ReplicationSnapshot } from './replication.ts';

/** The role around a half. */
export interface Stage {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  readonly logger: Logger;
  random(): number;
  handlerOf(receive: (peer: Peer, message: Message) => void, lose: (peer: Peer) => void): TransportHandler;
  /** Handles an event of its own, from outside of any other. */
  attempt(work: () => void): void;
  serve(epoch: number, reason: ActivationReason): void;
  raise(epoch: number): void;
  retreat(reason: RetreatReason, epoch: number): void;
  turnAway(epoch: number): void;
  suspend(): void;
  resume(): void;
  drain(): void;
  /** What was in hand is done; the lease goes back to the arbiter before the peer hears of it. */
  givesBack(): void;
  /** The Guide's end of a pair. */
  halt(reason: 'dual-active' | 'dual-passive'): void;
  /** At its beginning this half has learnt that the other one serves. */
  followed(epoch: number): void;
  peerChanged(there: boolean): void;
  /** The peer has this server's own role (or is this server itself). */
  misconfigured(why: string): void;
  /** A client asks, and is not served because of that. */
  heldBack(why: string): void;
  invalid(peer: Peer, reason: string): void;
  staleWord(): void;
  stateFailed(error: unknown): void;
}

/** What is known of the other server. */
export interface PeerSnapshot {
  /** Whether it was heard within `failoverTimeout`. */
  readonly there: boolean;
  readonly role: StarRole | undefined;
  /** What it said last. */
  readonly word: string | undefined;
  readonly epoch: number;
  /** Ms since it spoke; `Infinity` if it never has. */
  readonly silentFor: number;
}

export interface Half {
  /** The machine's state. */
  readonly kind: string;
  /** The highest epoch known; 0 in classic mode. */
  readonly epoch: number;
  /** Whether the operating system's word of the peer's death is used. */
  readonly hints: boolean;
  open(transport: Transport): Promise<void>;
  start(): void;
  /** A client has spoken, and cannot be served now; or it knows a later epoch. */
  vote(known: number): void;
  /** Something happens: was there a standstill before it, or has the lease ended? */
  wake(): void;
  /** Whether `wake` would find that, at this time. */
  mustWake(now: number): boolean;
  activate(): void;
  handOver(): void;
  drained(): void;
  end(): void;
  /** When all that had come of the peer's state is taken. */
  ready(): Promise<void>;
  replicate(update: FrameLike | readonly FrameLike[]): Promise<boolean>;
  close(): Promise<void>;
  peer(): PeerSnapshot;
  replication(): ReplicationSnapshot | undefined;
}
