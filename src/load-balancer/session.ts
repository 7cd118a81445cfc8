/** One worker at a broker: the session machine at work, its peer, and the requests it holds. */
import { Fifo } from '../core/fifo.ts';
import type { Machine, StepObserver } from '../core/machine.ts';
import type { Driver } from '../runtime/driver.ts';
import { Actor } from '../runtime/actor.ts';
import type { GoneReason, Peer } from '../transport/transport.ts';
import type { PendingRequest, Service, ServiceWorker } from './requests.ts';
import type {
  RequestReturn,
  SessionContext,
  SessionEffects,
  SessionReply,
  WorkerLoss,
  WorkerRefusal,
  WorkerSessionMachine,
} from './session.machine.ts';

/** What a session asks of its broker. */
export interface SessionHost {
  register(session: WorkerSession, service: string, credit: number): void;
  ready(session: WorkerSession): void;
  unready(session: WorkerSession): void;
  /** Hands a request to its worker. Answers whether the transport took it. */
  sendRequest(session: WorkerSession, request: PendingRequest, handle: number): boolean;
  sendHeartbeat(session: WorkerSession): boolean;
  sendDisconnect(session: WorkerSession): void;
  deliver(request: PendingRequest, reply: SessionReply): void;
  /** A request comes back from its worker. */
  takeBack(session: WorkerSession, request: PendingRequest, why: RequestReturn): void;
  forget(session: WorkerSession, loss: WorkerLoss): void;
  refused(session: WorkerSession, event: string, why: string): void;
}

export class WorkerSession extends Actor<WorkerSessionMachine> implements SessionEffects, ServiceWorker {
  readonly peer: Peer;
  readonly #host: SessionHost;
  service: Service | undefined;
  /** What it holds, in the order in which it was handed it. */
  readonly held: Fifo<PendingRequest> = new Fifo<PendingRequest>();
  /** Invalid messages it has sent. */
  strikes = 0;
  /** Why the transport says its connection ended. */
  cause: GoneReason | undefined;
  /** How many messages were sent to it, but for those that the transport has refused: that takes back the last ones. */
  sent = 0;
  /** It has room, but what it was sent has not gone out yet: it gets no more before it is heard of. */
  heldBack = false;
  /** When it last became busy or idle. */
  since = 0;
  deliveries = 0;
  previous: ServiceWorker | undefined;
  next: ServiceWorker | undefined;
  queue: unknown;
  level = 0;

  constructor(
    machine: Machine<WorkerSessionMachine>,
    peer: Peer,
    host: SessionHost,
    driver: Driver,
    context: SessionContext,
    observer: StepObserver | undefined,
  ) {
    super(machine, driver, context, observer);
    this.peer = peer;
    this.#host = host;
  }

  /** How many requests it holds. */
  get load(): number {
    return this.held.size;
  }

  /** How many it may hold; 0 for one that is no worker now. */
  get credit(): number {
    const { state } = this;
    return state.kind === 'idle' || state.kind === 'busy' ? state.credit : 0;
  }

  /** The delivery of that number, if this worker holds it. Answers come in about the order of the requests. */
  holding(handle: number): PendingRequest | undefined {
    if (handle <= 0) return undefined;
    for (let request = this.held.first; request !== undefined; request = request.next) if (request.handle === handle) return request;
    return undefined;
  }

  /** Gives this worker, which has room for it, a request. */
  assign(request: PendingRequest, handle: number, alone: boolean): void {
    this.held.add(request);
    this.step({ kind: 'dispatch', handle, alone });
  }

  /** A heartbeat came: in which of our intervals since it was idle? */
  heartbeat(): void {
    const { heartbeatInterval } = this.context;
    const atWork = this.held.size > 0 && heartbeatInterval > 0;
    this.step({ kind: 'HEARTBEAT', interval: atWork ? Math.floor((this.driver.now - this.since) / heartbeatInterval) : 0 });
    if (this.heldBack) this.#host.ready(this);
  }

  /** The one it has held longest is the first to be too long with it. */
  override timerFired(timer: string): void {
    const { first } = this.held;
    if (timer === 'busyLimit' && first !== undefined) this.step({ kind: 'busyLimit', remaining: first.dueAt - this.driver.now });
    else super.timerFired(timer);
  }

  register(service: string, credit: number): void {
    this.#host.register(this, service, credit);
  }

  ready(): void {
    this.#host.ready(this);
  }

  unready(): void {
    this.#host.unready(this);
  }

  sendRequest(handle: number): void {
    if (!this.#host.sendRequest(this, this.held.last as PendingRequest, handle)) this.later({ kind: 'peerGone', loss: 'unreachable' });
  }

  sendHeartbeat(): void {
    if (!this.#host.sendHeartbeat(this)) this.later({ kind: 'peerGone', loss: 'unreachable' });
  }

  sendDisconnect(): void {
    this.#host.sendDisconnect(this);
  }

  deliver(reply: SessionReply): void {
    this.#host.deliver(this.#take(reply.handle), reply);
  }

  giveBack(handle: number, why: WorkerRefusal): void {
    this.#host.takeBack(this, this.#take(handle), why);
  }

  surrender(loss: WorkerLoss): void {
    for (let request = this.held.take(); request !== undefined; request = this.held.take()) this.#host.takeBack(this, request, loss);
  }

  forget(loss: WorkerLoss): void {
    this.#host.forget(this, loss);
  }

  refuse(event: WorkerSessionMachine['event'], why: string): void {
    this.#host.refused(this, event.kind, why);
  }

  #take(handle: number): PendingRequest {
    const request = this.holding(handle) as PendingRequest;
    this.held.remove(request);
    return request;
  }
}
