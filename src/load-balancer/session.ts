/** One worker at a broker: the session machine at work, its peer, and the request it holds. */
import type { Machine, StepObserver } from '../core/machine.ts';
import type { Driver } from '../runtime/driver.ts';
import { Actor } from '../runtime/actor.ts';
import type { GoneReason, Peer } from '../transport/transport.ts';
import type { PendingRequest, Service, ServiceWorker } from './requests.ts';
import type { SessionContext, SessionEffects, SessionReply, WorkerLoss, WorkerSessionMachine } from './session.machine.ts';

/** What a session asks of its broker. */
export interface SessionHost {
  register(session: WorkerSession, service: string): void;
  ready(session: WorkerSession): void;
  /** Hands the session's request to its worker. Answers whether the transport took it. */
  sendRequest(session: WorkerSession, request: PendingRequest, handle: number): boolean;
  sendHeartbeat(session: WorkerSession): boolean;
  sendDisconnect(session: WorkerSession): void;
  deliver(request: PendingRequest, reply: SessionReply): void;
  surrender(session: WorkerSession, request: PendingRequest, loss: WorkerLoss): void;
  forget(session: WorkerSession, loss: WorkerLoss): void;
  refused(session: WorkerSession, event: string, why: string): void;
}

export class WorkerSession extends Actor<WorkerSessionMachine> implements SessionEffects, ServiceWorker {
  readonly peer: Peer;
  readonly #host: SessionHost;
  service: Service | undefined;
  request: PendingRequest | undefined;
  /** Invalid messages it has sent. */
  strikes = 0;
  /** Why the transport says its connection ended. */
  cause: GoneReason | undefined;
  /** The last thing sent to it was a request: if the transport refuses a send now, it was that. */
  requestSentLast = false;
  /** When it was handed the request it holds, or when it last became idle. */
  since = 0;
  deliveries = 0;
  previous: ServiceWorker | undefined;
  next: ServiceWorker | undefined;
  queue: unknown;

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

  /** Gives this idle worker a request. */
  assign(request: PendingRequest, handle: number): void {
    this.request = request;
    this.step({ kind: 'dispatch', handle });
  }

  /** A heartbeat came: in which of our intervals since its request? */
  heartbeat(): void {
    const { heartbeatInterval } = this.context;
    const atWork = this.request !== undefined && heartbeatInterval > 0;
    this.step({ kind: 'HEARTBEAT', interval: atWork ? Math.floor((this.driver.now - this.since) / heartbeatInterval) : 0 });
  }

  register(service: string): void {
    this.#host.register(this, service);
  }

  ready(): void {
    this.#host.ready(this);
  }

  sendRequest(handle: number): void {
    if (!this.#host.sendRequest(this, this.request as PendingRequest, handle)) this.later({ kind: 'peerGone', loss: 'unreachable' });
  }

  sendHeartbeat(): void {
    if (!this.#host.sendHeartbeat(this)) this.later({ kind: 'peerGone', loss: 'unreachable' });
  }

  sendDisconnect(): void {
    this.#host.sendDisconnect(this);
  }

  deliver(reply: SessionReply): void {
    this.#host.deliver(this.#takeRequest(), reply);
  }

  surrender(loss: WorkerLoss): void {
    this.#host.surrender(this, this.#takeRequest(), loss);
  }

  forget(loss: WorkerLoss): void {
    this.#host.forget(this, loss);
  }

  refuse(event: WorkerSessionMachine['event'], why: string): void {
    this.#host.refused(this, event.kind, why);
  }

  #takeRequest(): PendingRequest {
    const request = this.request as PendingRequest;
    this.request = undefined;
    return request;
  }
}
