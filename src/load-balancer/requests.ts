/** A broker's tables: services, the requests that wait in them, and the clients that asked. A pirate queue has one service, without a name. */
import { Fifo, type Linked } from '../core/fifo.ts';
import { Timer } from '../core/timers.ts';
import { ReadyWorkers, type Loaded } from './ready-workers.ts';
import type { Peer } from '../transport/transport.ts';
import type { Frame, Message } from '../wire/message.ts';

/** What to do with a request whose worker was lost while holding it. */
export type DeliveryPolicy =
  /** Hand it to another worker, up to `maxDeliveries` in all. For handlers that may run twice. */
  | 'requeue'
  /** Give it up at once as `worker-lost`, unless it never reached that worker. For handlers that must not run twice. */
  | 'fail';

/** A client as the broker sees it: there so that what it asked for has its turn among others, and can be dropped when it leaves. */
export class ClientSession {
  readonly peer: Peer;
  gone = false;
  /** Its requests that have no outcome yet. */
  open = 0;
  /** What of it waits, by the queue that it waits in; those that are empty are not kept. */
  readonly #lines = new Map<object, ClientLine>();

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** Its oldest request in one of the queues it waits in. */
  get waiting(): PendingRequest | undefined {
    for (const { oldest } of this.#lines.values()) return oldest;
    return undefined;
  }

  /** One of its requests begins to wait, in `queue`. Answers the line if that is new. */
  remember(queue: object, request: PendingRequest): ClientLine | undefined {
    const known = this.#lines.get(queue);
    const line = known ?? new ClientLine();
    if (known === undefined) this.#lines.set(queue, line);
    line.add(request);
    return known === undefined ? line : undefined;
  }

  /** One of its requests waits no longer. Answers the line, which may be empty now. */
  forget(queue: object, request: PendingRequest): ClientLine {
    const line = this.#lines.get(queue) as ClientLine;
    line.remove(request);
    if (line.oldest === undefined) this.#lines.delete(queue);
    return line;
  }
}

/**
 * The requests of one client that wait in one queue, oldest first, linked through themselves: among a million of them, a `Set` costs more than
 * the queue.
 */
export class ClientLine implements Linked<ClientLine> {
  oldest: PendingRequest | undefined;
  #newest: PendingRequest | undefined;
  previous: ClientLine | undefined;
  next: ClientLine | undefined;
  queue: unknown;

  add(request: PendingRequest): void {
    request.older = this.#newest;
    if (this.#newest === undefined) this.oldest = request;
    else this.#newest.newer = request;
    this.#newest = request;
  }

  remove(request: PendingRequest): void {
    if (request.older === undefined) this.oldest = request.newer;
    else request.older.newer = request.newer;
    if (request.newer === undefined) this.#newest = request.older;
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
  /** Which of the messages to its worker brought it. */
  sentAs = 0;
  /** While it waits: when it leaves the queue undelivered. At a worker: when it has been there for `busyLimit`. */
  dueAt: number = Infinity;
  /** When its client stops waiting. */
  readonly unwantedAt: number;
  previous: PendingRequest | undefined;
  next: PendingRequest | undefined;
  queue: unknown;
  /** Its neighbours among the requests of the same client that wait in the same queue. */
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
export interface ServiceWorker extends Loaded<ServiceWorker> {
  readonly peer: Peer;
  /** @param alone it is given nothing else until this one is settled. */
  assign(request: PendingRequest, handle: number, alone: boolean): void;
}

/** Requests that wait, in the order in which they are handed out, and the workers that are ready for them. */
export class ReadyQueue {
  readonly ready: ReadyWorkers<ServiceWorker> = new ReadyWorkers<ServiceWorker>();
  /** The least loaded of the workers, when all are at work and a last delivery waits: it gets nothing until it is idle. */
  reserved: ServiceWorker | undefined;
  /** Requests that have not been handed out yet, oldest first. */
  readonly waiting: Fifo<PendingRequest> = new Fifo<PendingRequest>();
  /** Requests that came back because their worker was lost, oldest first; they go before the others. */
  readonly returned: Fifo<PendingRequest> = new Fifo<PendingRequest>();
  /** Those of them that may be handed out only once more, oldest first: to an idle worker, which then gets nothing else. */
  readonly lastChance: Fifo<PendingRequest> = new Fifo<PendingRequest>();
  /** Clients with requests in `waiting`, in the order in which it is their turn. */
  readonly #turns = new Fifo<ClientLine>();

  get queued(): number {
    return this.waiting.size + this.returned.size + this.lastChance.size;
  }

  /** Requests that any worker with room may be handed. */
  get forAnybody(): number {
    return this.waiting.size + this.returned.size;
  }

  /** The request whose turn is next, of those that any worker with room may be handed. */
  get next(): PendingRequest | undefined {
    return this.returned.first ?? this.#turns.first?.oldest;
  }

  add(request: PendingRequest): void {
    this.waiting.add(request);
    const line = request.client.remember(this.waiting, request);
    if (line !== undefined) this.#turns.add(line);
  }

  /** @param last it may be handed out only once more. */
  giveBack(request: PendingRequest, last: boolean): void {
    const queue = last ? this.lastChance : this.returned;
    queue.add(request);
    request.client.remember(queue, request);
  }

  /** Takes a request out from wherever it waits: it is its client's turn no more. */
  drop(request: PendingRequest): void {
    const queue = request.queue as Fifo<PendingRequest>;
    queue.remove(request);
    const line = request.client.forget(queue, request);
    if (queue !== this.waiting) return;
    // Also when it was not its turn: it is only put off by what it has given up.
    this.#turns.remove(line);
    if (line.oldest !== undefined) this.#turns.add(line);
  }
}

export class Service {
  readonly name: string;
  /** The name as it goes on the wire. */
  readonly frame: Frame;
  readonly policy: DeliveryPolicy;
  readonly queue: ReadyQueue = new ReadyQueue();
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
