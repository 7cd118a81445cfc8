/** A broker's tables: services, the requests that wait in them, and the clients that asked. A pirate queue has one service, without a name. */
import type { Linked } from '../core/fifo.ts';
import { Timer } from '../core/timers.ts';
import { ReadyQueue } from './ready-queue.ts';
import type { Peer } from '../transport/transport.ts';
import type { Frame, Message } from '../wire/message.ts';

/** What to do with a request whose worker was lost while holding it. */
export type DeliveryPolicy =
  /** Hand it to another worker, up to `maxDeliveries` in all. For handlers that may run twice. */
  | 'requeue'
  /** Give it up at once as `worker-lost`, unless it never reached that worker. For handlers that must not run twice. */
  | 'fail';

/** A client as the broker sees it: only there so that what it asked for can be dropped when it leaves. */
export class ClientSession {
  readonly peer: Peer;
  gone = false;
  /** Its requests that have no outcome yet. */
  open = 0;
  /** Its requests that wait in a queue, oldest first, linked through themselves: among a million of them, a `Set` costs more than the queue. */
  oldestWaiting: PendingRequest | undefined;
  #newestWaiting: PendingRequest | undefined;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** One of its requests begins to wait. */
  remember(request: PendingRequest): void {
    request.older = this.#newestWaiting;
    if (this.#newestWaiting === undefined) this.oldestWaiting = request;
    else this.#newestWaiting.newer = request;
    this.#newestWaiting = request;
  }

  /** One of its requests waits no longer. */
  forget(request: PendingRequest): void {
    if (request.older === undefined) this.oldestWaiting = request.newer;
    else request.older.newer = request.newer;
    if (request.newer === undefined) this.#newestWaiting = request.older;
    else request.newer.older = request.older;
    request.older = request.newer = undefined;
  }
}

/** One accepted request, from arrival to its one outcome at this broker. */
export class PendingRequest implements Linked<PendingRequest> {
  /** Which of the requests that its broker has taken in: 1 for the first. */
  readonly number: number;
  readonly client: ClientSession;
  readonly service: Service;
  /** The whole message, as it came or packed. */
  readonly message: Message;
  /** How many frames stood before the client's delimiter; they go before the answer's. */
  readonly envelope: number;
  /** The frame its body begins at. */
  readonly body: number;
  /** Whether the last envelope frame is a correlation of ours: the client then understands failures. */
  readonly correlated: boolean;
  deliveries = 0;
  /** The delivery in flight; 0 while it waits, and until its worker's connection has taken it. */
  handle = 0;
  /** When it leaves the queue undelivered. */
  expiresAt: number = Infinity;
  /** When its client stops waiting. */
  readonly unwantedAt: number;
  previous: PendingRequest | undefined;
  next: PendingRequest | undefined;
  queue: unknown;
  /** Its neighbours among the waiting requests of the same client. */
  older: PendingRequest | undefined;
  newer: PendingRequest | undefined;

  constructor(
    number: number,
    client: ClientSession,
    service: Service,
    message: Message,
    envelope: number,
    body: number,
    correlated: boolean,
    unwantedAt: number,
  ) {
    this.number = number;
    this.client = client;
    this.service = service;
    this.envelope = envelope;
    this.correlated = correlated;
    this.message = message;
    this.body = body;
    this.unwantedAt = unwantedAt;
  }
}

/** The part of a worker's session that a service needs. */
export interface ServiceWorker extends Linked<ServiceWorker> {
  readonly peer: Peer;
  assign(request: PendingRequest, handle: number): void;
}

export class Service {
  readonly name: string;
  /** The name as it goes on the wire. */
  readonly frame: Frame;
  readonly policy: DeliveryPolicy;
  readonly queue: ReadyQueue<ServiceWorker, PendingRequest> = new ReadyQueue<ServiceWorker, PendingRequest>();
  /** Due when the oldest waiting request expires. */
  readonly expiry: Timer;
  /** Registered workers, idle and busy. */
  workers = 0;
  /** Already in line to be served after the current event. */
  dirty = false;
  /** Pairs its waiting requests with its idle workers: the same function each time, so that none is made per request. */
  readonly serve: () => void;

  constructor(name: string, policy: DeliveryPolicy, serve: () => void, expire: () => void) {
    this.name = name;
    this.frame = Buffer.from(name, 'latin1');
    this.policy = policy;
    this.serve = serve;
    this.expiry = new Timer({ timerFired: expire }, 'queueExpiry');
  }

  get unused(): boolean {
    return this.workers === 0 && this.queue.queued === 0;
  }
}
