/** What a pattern on the load-balancing core says about its wire. */
import type { Frame, Message } from '../wire/message.ts';
import type { WorkerRefusal } from './session.machine.ts';
import type { WorkerMachine } from './worker.machine.ts';

/** What a broker says to its workers. */
export interface BrokerDialect {
  /** The frames before the body of a request. */
  requestToWorker(handle: Frame): readonly Frame[];
  /** Not sent where there are no heartbeats. */
  readonly heartbeat: readonly Frame[] | undefined;
  /** Not sent where the protocol has no word for it. */
  readonly disconnect: readonly Frame[] | undefined;
}

/** What a pirate queue hears from its workers. Total: whatever came, the answer is a command. */
export interface QueueDialect extends BrokerDialect {
  decodeAtQueue(message: Message): CommandAtQueue;
}

export type CommandAtQueue =
  | { readonly kind: 'READY' }
  | { readonly kind: 'HEARTBEAT' }
  /** `handle` is the number of the delivery it answers, -1 without a handle of ours, `ILLEGIBLE` when it is not in the shape of a reply. */
  | { readonly kind: 'REPLY'; readonly handle: number; readonly body: number }
  | { readonly kind: 'INVALID'; readonly reason: string };

/** What a worker says and hears. */
export interface WorkerDialect {
  readonly ready: readonly Frame[];
  /** Not sent where there are no heartbeats. */
  readonly heartbeat: readonly Frame[] | undefined;
  /** Not sent where the protocol has no word for it. */
  readonly farewell: readonly Frame[] | undefined;
  /** The same to a broker that is told which request came last, if any did. Left out where it would not look. */
  farewellAfter?(last: Frame | undefined): readonly Frame[];
  /** Handlers that may run at once; more than 1 only where `failure` and `credit` can be said. */
  readonly concurrency: number;
  /** One request of several comes back. */
  failure?(address: Frame, why: WorkerRefusal): readonly Frame[];
  /** So many requests at once are taken from now on. */
  credit?(credit: number): readonly Frame[];
  /** Requests that may wait behind the one in hand; 0 where a second one breaks the protocol. */
  readonly mostHeld: number;
  reply(address: readonly Frame[], body: readonly Frame[]): readonly Frame[];
  /** Total: whatever came, the answer is a command. */
  decode(message: Message): Extract<WorkerMachine['event'], { readonly kind: Uppercase<string> }>;
}
