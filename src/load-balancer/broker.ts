/**
 * The load-balancing broker of the Guide (chapter 3), under Majordomo and the pirates' queues alike: each request goes to the least
 * recently used of the workers that are ready, and comes back to be handed out again when its worker is lost.
 *
 * A pattern says what goes on the wire, which services there are, and what it does with a request before it is taken in.
 */
import type { Machine } from '../core/machine.ts';
import { Timer } from '../core/timers.ts';
import { Role, type RoleEvents, type RoleOptions } from '../runtime/role.ts';
import type { TraceValue } from '../runtime/trace.ts';
import type { GoneReason, Listener, LivenessLayers, Peer } from '../transport/transport.ts';
import { encodeHandle } from '../wire/mark.ts';
import type { Frame, Message } from '../wire/message.ts';
import type { BrokerDialect } from './dialect.ts';
import type { FailureCode } from './failures.ts';
import type { LoadBalancerSettings } from './options.ts';
import { ClientSession, PendingRequest, type ReadyQueue, type Service, type ServiceWorker } from './requests.ts';
import { WorkerSession, type SessionHost } from './session.ts';
import type { RequestReturn, SessionContext, SessionReply, WorkerLoss, WorkerSessionMachine } from './session.machine.ts';

/** Which means noticed a loss. */
export type NoticedBy = 'transport' | 'heartbeat' | 'protocol' | 'limit' | 'peer' | 'broker';

const NOTICED_BY: { readonly [loss in WorkerLoss]: NoticedBy } = {
  disconnected: 'transport',
  unreachable: 'transport',
  expired: 'heartbeat',
  'busy-limit': 'limit',
  left: 'peer',
  restarted: 'peer',
  protocol: 'protocol',
  dismissed: 'broker',
};

/** `S` names the service, where the pattern has services; `P` the endpoints. */
export interface LoadBalancerEvents<S extends object, P extends object> extends RoleEvents {
  workerRegistered: S & { readonly worker: string; readonly concurrency: number };
  workerLost: S & {
    readonly worker: string;
    readonly reason: WorkerLoss;
    readonly noticedBy: NoticedBy;
    /** Requests that it held, which are then requeued or failed. */
    readonly heldRequests: number;
    /** What the transport said of the connection's end, if it was the transport that noticed. */
    readonly cause?: GoneReason;
  };
  requestDispatched: S & { readonly worker: string; readonly delivery: number };
  requestRequeued: S & { readonly worker: string; readonly deliveries: number; readonly reason: RequestReturn };
  requestFailed: S & { readonly code: FailureCode; readonly deliveries: number };
  /** The client left before its request was answered. */
  requestDropped: S & { readonly deliveries: number };
  /** A peer sent something that is not the protocol, or not now. */
  peerRefused: { readonly peer: string; readonly reason: string };
  closed: P;
}

/** Everything that was counted since the broker started. */
export interface LoadBalancerCounters {
  /** Requests taken in: each of them is queued, in flight, replied, failed or dropped. */
  accepted: number;
  replied: number;
  failed: number;
  /** Their client left first. */
  dropped: number;
  /** Hand-outs to workers, repeats included. */
  deliveries: number;
  requeued: number;
  /** Requests turned away before they were taken in, by code. */
  rejected: number;
  /** Messages that are not the protocol. */
  invalid: number;
  /** Valid commands at the wrong time. */
  refused: number;
  workersRegistered: number;
  workersLost: number;
  /** There was no place for them, or not under that name. */
  workersTurnedAway: number;
  /** Replies that arrived after their request was settled. */
  lateReplies: number;
  /** What a peer's connection would not take, above all answers to clients that have left. */
  undeliverable: number;
  /** Bugs of ours that were caught. */
  faults: number;
}

/** What every load-balancing broker can be asked. */
export interface LoadBalancerSnapshot {
  readonly name: string;
  readonly state: 'listening' | 'draining' | 'closed';
  /** Which means of noticing a dead worker are on. */
  readonly layers: LivenessLayers & { readonly heartbeats: boolean };
  readonly queued: number;
  readonly inFlight: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** A worker as `inspect()` shows it. */
export interface WorkerView {
  readonly peer: string;
  readonly state: string;
  /** Requests that it holds. */
  readonly held: number;
  /** Requests that it may hold. */
  readonly concurrency: number;
  readonly deliveries: number;
  /** Ms it has been in this state. */
  readonly since: number;
  readonly strikes: number;
}

export function noCounters(): LoadBalancerCounters {
  return {
    accepted: 0,
    replied: 0,
    failed: 0,
    dropped: 0,
    deliveries: 0,
    requeued: 0,
    rejected: 0,
    invalid: 0,
    refused: 0,
    workersRegistered: 0,
    workersLost: 0,
    workersTurnedAway: 0,
    lateReplies: 0,
    undeliverable: 0,
    faults: 0,
  };
}

export abstract class LoadBalancer<S extends object, P extends object> extends Role<LoadBalancerEvents<S, P>> {
  protected state: 'starting' | 'listening' | 'draining' | 'closed' = 'starting';
  protected queued = 0;
  protected inFlight = 0;
  protected readonly sessions: Set<WorkerSession> = new Set<WorkerSession>();
  protected abstract readonly counters: LoadBalancerCounters;
  protected abstract readonly wire: BrokerDialect;
  /** Where the clients are. */
  protected frontend: Listener | undefined;
  /** Where the workers are; perhaps the same. */
  protected backend: Listener | undefined;
  readonly #limits: LoadBalancerSettings;
  readonly #machine: Machine<WorkerSessionMachine>;
  readonly #context: SessionContext;
  readonly #failures = new Map<string, number>();
  readonly #drainTimer: Timer = new Timer({ timerFired: () => this.#finishDraining() }, 'drainTimeout');
  #handle: number;
  #closing: Promise<void> | undefined;
  #drained: () => void = () => undefined;

  protected constructor(name: string, options: RoleOptions, limits: LoadBalancerSettings, machine: Machine<WorkerSessionMachine>) {
    super(name, options, 'carry');
    this.#limits = limits;
    this.#machine = machine;
    const { heartbeatInterval, heartbeatLiveness, busyLimit, maxInvalidMessages } = limits;
    this.#context = { heartbeatInterval, expiry: heartbeatInterval * heartbeatLiveness, busyLimit, mostStrikes: maxInvalidMessages };
    this.#handle = Math.floor(this.random() * 2 ** 32) * 2 ** 16;
  }

  /** Its name, for events and traces; nothing where services have none. */
  protected abstract named(service: Service): S;
  /** Where it listens. */
  protected abstract place(): P;
  protected abstract eachService(): Iterable<Service>;
  /** The frames before the body of the answer. */
  protected abstract answerTo(request: PendingRequest): readonly Frame[];
  /** Tells the client that its request was given up, if it understands that. */
  protected abstract tellFailure(request: PendingRequest, code: FailureCode): void;
  /** The service a worker registers for; it may come now. */
  protected abstract serviceFor(name: string): Service;
  /** A service has lost its last worker or request. */
  protected abstract retireIfUnused(service: Service): void;
  /** Workers have become ready, or none is any more. */
  protected abstract readinessChanged(): void;

  /* ---------------------------------------------------------------- the end */

  /**
   * Takes no further requests, waits up to `drainTimeout` for those in flight, lets the workers go, and unbinds. What still waits is
   * failed as `shutting-down`. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const drained = new Promise<void>((resolve) => (this.#drained = resolve));
    this.driver.run(() => {
      this.state = 'draining';
      for (const service of this.eachService()) this.failAll(service, 'shutting-down');
      this.readinessChanged();
      if (this.inFlight === 0) this.#finishDraining();
      else this.driver.arm(this.#drainTimer, this.#limits.drainTimeout);
    });
    await drained;
    this.driver.stop();
    await Promise.all([this.frontend?.close(), this.backend?.close()]);
    const place = this.place();
    this.emit('closed', place);
    this.silence();
    this.logger.info({ role: this.name, ...place }, 'closed');
  }

  #finishDraining(): void {
    if (this.state !== 'draining') return;
    this.state = 'closed';
    for (const session of [...this.sessions]) session.step({ kind: 'dismiss' });
    this.driver.callback(this.#drained);
  }

  #drainedIfIdle(): void {
    if (this.state !== 'draining' || this.inFlight > 0) return;
    this.driver.followUp(() => {
      this.#finishDraining();
    });
  }

  protected snapshot(): LoadBalancerSnapshot {
    const none = { disconnectNotices: false, transportHeartbeats: false };
    return {
      name: this.name,
      state: this.state === 'starting' ? 'closed' : this.state,
      layers: { ...(this.backend?.layers ?? none), heartbeats: this.wire.heartbeat !== undefined },
      queued: this.queued,
      inFlight: this.inFlight,
      failures: Object.fromEntries(this.#failures),
    };
  }

  protected viewOf(session: WorkerSession): WorkerView {
    return {
      peer: session.peer.label,
      state: session.state.kind,
      held: session.load,
      concurrency: session.credit,
      deliveries: session.deliveries,
      since: this.driver.clock.now() - session.since,
      strikes: session.strikes,
    };
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override lose(peer: Peer, reason: GoneReason): void {
    const { session } = peer;
    peer.session = undefined;
    if (session instanceof WorkerSession) {
      session.cause = reason;
      session.step({ kind: 'peerGone', loss: reason === 'unreachable' ? 'unreachable' : 'disconnected' });
    } else if (session instanceof ClientSession) this.#clientGone(session);
  }

  /** The connection had ended before the message was on it: that worker never had its request, that client not its answer. */
  protected override sendRefused(peer: Peer): void {
    const { session } = peer;
    if (!(session instanceof WorkerSession)) {
      this.counters.undeliverable++;
      return;
    }
    // Perhaps a heartbeat. Once a connection has ended all further sends are refused, so those that were are the last ones.
    const refused = session.sent--;
    for (let request = session.held.last; request !== undefined && request.sentAs >= refused; request = request.previous)
      if (request.sentAs === refused && request.handle !== 0) this.#notDelivered(session, request);
  }

  /** Of what it holds, only the delivery `last` and those before it have reached that worker. Handles grow. */
  protected notReceivedAfter(session: WorkerSession, last: number): void {
    for (let request = session.held.last; request !== undefined; request = request.previous)
      if (request.handle > last) this.#notDelivered(session, request);
  }

  #notDelivered(session: WorkerSession, request: PendingRequest): void {
    request.deliveries--;
    request.handle = 0;
    session.deliveries--;
    this.counters.deliveries--;
  }

  protected override overflowed(peer: Peer): void {
    this.counters.undeliverable++;
    if (peer.session instanceof WorkerSession) peer.session.step({ kind: 'peerGone', loss: 'unreachable' });
  }

  protected invalid(peer: Peer, reason: string): void {
    this.counters.invalid++;
    const { session } = peer;
    if (session instanceof WorkerSession) session.step({ kind: 'INVALID', strikes: ++session.strikes });
    this.report(peer, reason);
  }

  protected report(peer: Peer, reason: string): void {
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'reject', peer: peer.label, reason });
    this.emit('peerRefused', { peer: peer.label, reason });
  }

  /* ---------------------------------------------------------------- requests */

  /** Takes a request in: hands it to a worker that is ready, or lets it wait. */
  protected accept(
    peer: Peer,
    service: Service,
    message: Message,
    envelope: number,
    body: number,
    correlated: boolean,
    unwantedAt: number,
  ): void {
    const { queue } = service;
    const worker = queue.forAnybody === 0 ? queue.ready.take() : undefined;
    const client = (peer.session ??= new ClientSession(peer)) as ClientSession;
    // One that must wait becomes one Buffer, envelope and all; one that is handed out at once is kept as it came.
    const kept = worker === undefined ? message.pack(0) : message.retain();
    const request = new PendingRequest(++this.counters.accepted, client, service, kept, envelope, body, correlated, unwantedAt);
    client.open++;
    if (this.trace !== undefined) {
      const { label } = peer;
      this.trace({ t: this.driver.now, node: this.name, kind: 'accept', ...this.named(service), request: request.number, peer: label });
    }
    if (worker === undefined) {
      this.#mustWait(request);
      service.queue.add(request);
    } else {
      this.#handOut(request, worker, false);
      this.readinessChanged();
    }
  }

  #handOut(request: PendingRequest, worker: ServiceWorker, alone: boolean): void {
    this.inFlight++;
    worker.assign(request, ++this.#handle, alone);
  }

  #mustWait(request: PendingRequest): void {
    const { service } = request;
    request.handle = 0;
    request.dueAt = this.driver.now + this.#limits.requestExpiry;
    this.queued++;
    if (service.expiry.deadline === Infinity) this.driver.arm(service.expiry, this.#limits.requestExpiry);
  }

  #unqueue(request: PendingRequest): void {
    request.service.queue.drop(request);
    this.queued--;
  }

  /** Fails the oldest waiting requests as `expired`, as long as `hasPassed` says so. */
  #expireWhile(service: Service, hasPassed: (request: PendingRequest) => boolean): void {
    const { lastChance, returned, waiting } = service.queue;
    for (const queue of [lastChance, returned, waiting]) {
      for (let request = queue.first; request !== undefined && hasPassed(request); request = queue.first) {
        this.#unqueue(request);
        this.#fail(request, 'expired');
      }
    }
    this.#freeReserved(service);
  }

  /** Gives up the oldest requests of a full queue whose clients have stopped waiting: they would keep out those who still do. */
  protected expireUnwanted(service: Service): void {
    const { now } = this.driver;
    this.#expireWhile(service, (request) => request.unwantedAt <= now);
  }

  /** What a service's expiry timer does. */
  protected expireQueued(service: Service): void {
    const { now } = this.driver;
    this.#expireWhile(service, (request) => request.dueAt <= now);
    const { lastChance, returned, waiting } = service.queue;
    const next = Math.min(...[lastChance, returned, waiting].map(({ first }) => first?.dueAt ?? Infinity));
    if (next < Infinity) this.driver.arm(service.expiry, next - now);
    this.retireIfUnused(service);
  }

  /** Gives up all that waits. */
  protected failAll(service: Service, code: FailureCode): void {
    const { lastChance, returned, waiting } = service.queue;
    for (const queue of [lastChance, returned, waiting])
      for (let request = queue.first; request !== undefined; request = queue.first) {
        this.#unqueue(request);
        this.#fail(request, code);
      }
  }

  #clientGone(client: ClientSession): void {
    client.gone = true;
    for (let request = client.waiting; request !== undefined; request = client.waiting) {
      this.#unqueue(request);
      this.#drop(request);
      this.#freeReserved(request.service);
      this.retireIfUnused(request.service);
    }
  }

  /** Gives up a request that was taken in. */
  #fail(request: PendingRequest, code: FailureCode): void {
    const { client, service, deliveries } = request;
    this.counters.failed++;
    this.countFailure(code);
    const named = this.named(service);
    this.#note('deadletter', request, { code, deliveries });
    this.emit('requestFailed', { ...named, code, deliveries });
    if (!client.gone) this.tellFailure(request, code);
    this.#settled(request);
  }

  /** Forgets a request whose client has left. */
  #drop(request: PendingRequest): void {
    this.counters.dropped++;
    const named = this.named(request.service);
    this.#note('drop', request);
    this.emit('requestDropped', { ...named, deliveries: request.deliveries });
    this.#settled(request);
  }

  /** A request's way, for whoever traces. */
  #note(kind: string, request: PendingRequest, more?: { readonly [field: string]: TraceValue }): void {
    if (this.trace === undefined) return;
    this.trace({ t: this.driver.now, node: this.name, kind, ...this.named(request.service), request: request.number, ...more });
  }

  #settled(request: PendingRequest): void {
    const { client } = request;
    client.open--;
    // Without word of its going, a client with nothing open must not be remembered.
    if (client.open === 0 && this.frontend?.layers.disconnectNotices === false) client.peer.session = undefined;
  }

  protected countFailure(code: FailureCode): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  /** To a client: a connection that is full or gone loses the answer, is counted, and blocks nobody. */
  protected send(peer: Peer, head: readonly Frame[], tail?: Message, from?: number): void {
    if ((this.frontend as Listener).send(peer, head, tail, from) !== 'ok') this.counters.undeliverable++;
  }

  /* ---------------------------------------------------------------- workers */

  /** The session of a peer that speaks as a worker; a new one is kept, or not, by `keepSession` after its first step. */
  protected sessionOf(peer: Peer): WorkerSession {
    return peer.session instanceof WorkerSession
      ? peer.session
      : new WorkerSession(this.#machine, peer, this.#host, this.driver, this.#context, this.observer);
  }

  /** Whether as many workers are registered as may be. */
  protected get isFullOfWorkers(): boolean {
    return this.sessions.size >= this.#limits.maxWorkers;
  }

  protected keepSession(session: WorkerSession): void {
    const { kind } = session.state;
    if (kind !== 'unknown') session.peer.session = session;
    if (kind === 'gone') this.#release(session);
  }

  /** A peer that is no worker now needs no place where its going is never announced. */
  #release(session: WorkerSession): void {
    const { kind } = session.state;
    const listener = this.backend as Listener;
    if (listener.layers.disconnectNotices || kind === 'idle' || kind === 'busy') return;
    session.peer.session = undefined;
    listener.release(session.peer);
  }

  readonly #host: SessionHost = {
    register: (session, service, concurrency) => {
      this.#register(session, service, concurrency);
    },
    ready: (session) => {
      this.#ready(session);
    },
    unready: (session) => {
      this.#unready(session);
    },
    sendRequest: (session, request, handle) => this.#sendRequest(session, request, handle),
    sendHeartbeat: (session) => this.#sendHeartbeat(session),
    sendDisconnect: (session) => {
      this.#sendDisconnect(session);
    },
    deliver: (request, reply) => {
      this.#deliver(request, reply);
    },
    takeBack: (session, request, why) => {
      this.#takeBack(session, request, why);
    },
    forget: (session, loss) => {
      this.#forget(session, loss);
    },
    refused: (session, event, why) => {
      this.#refused(session, event, why);
    },
  };

  #register(session: WorkerSession, name: string, concurrency: number): void {
    const service = this.serviceFor(name);
    service.workers++;
    session.service = service;
    this.sessions.add(session);
    this.counters.workersRegistered++;
    const about = { ...this.named(service), worker: session.peer.label };
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'register', ...about });
    this.emit('workerRegistered', { ...about, concurrency });
    this.logger.info({ role: this.name, ...about, concurrency }, 'worker registered');
  }

  #ready(session: WorkerSession): void {
    const { queue } = session.service as Service;
    if (session.load === 0) session.since = this.driver.now;
    if (queue.reserved === session && session.load > 0) return;
    if (queue.reserved === session) queue.reserved = undefined;
    session.heldBack = session.load > 0 && this.backend?.isCrowded?.(session.peer) === true;
    if (session.heldBack) {
      if (queue.ready.has(session)) queue.ready.remove(session);
      return;
    }
    queue.ready.add(session);
    if (queue.queued > 0) this.#serveSoon(session.service as Service);
    else this.readinessChanged();
  }

  #unready(session: WorkerSession): void {
    const service = session.service as Service;
    this.#takeFromReady(session, service);
    this.readinessChanged();
  }

  #sendRequest(session: WorkerSession, request: PendingRequest, handle: number): boolean {
    if (session.load === 1) session.since = this.driver.now;
    request.dueAt = this.driver.now + (this.#limits.busyLimit || Infinity);
    const delivery = request.deliveries + 1;
    const head = this.wire.requestToWorker(encodeHandle(handle, delivery));
    if (!this.#sentTo(session, head, request.message, request.body)) return false;
    request.sentAs = session.sent;
    request.deliveries = delivery;
    request.handle = handle;
    session.deliveries++;
    this.counters.deliveries++;
    const worker = session.peer.label;
    if (this.trace !== undefined) this.#note('dispatch', request, { worker, delivery });
    if (this.events.observed('requestDispatched')) this.emit('requestDispatched', { ...this.named(request.service), worker, delivery });
    return true;
  }

  #sendHeartbeat(session: WorkerSession): boolean {
    const { heartbeat } = this.wire;
    return heartbeat === undefined || this.#sentTo(session, heartbeat);
  }

  #sendDisconnect(session: WorkerSession): void {
    const { disconnect } = this.wire;
    if (disconnect !== undefined) this.#sentTo(session, disconnect);
  }

  #sentTo(session: WorkerSession, head: readonly Frame[], tail?: Message, from?: number): boolean {
    if ((this.backend as Listener).send(session.peer, head, tail, from) !== 'ok') return false;
    session.sent++;
    return true;
  }

  #deliver(request: PendingRequest, reply: SessionReply): void {
    this.inFlight--;
    const { client } = request;
    if (client.gone) {
      this.#drop(request);
    } else {
      this.counters.replied++;
      this.#note('route', request);
      this.send(client.peer, this.answerTo(request), reply.message, reply.body);
      this.#settled(request);
    }
    this.#drainedIfIdle();
  }

  #takeBack(session: WorkerSession, request: PendingRequest, why: RequestReturn): void {
    this.inFlight--;
    if (why === 'declined') this.#notDelivered(session, request);
    const { service, client, deliveries } = request;
    // What the worker's connection would not take was not delivered: nothing counts against it.
    const delivered = request.handle !== 0;
    if (client.gone) this.#drop(request);
    // Also when we send the worker away because we are closing: it may have run, and must not run twice.
    else if (delivered && service.policy === 'fail') this.#fail(request, 'worker-lost');
    // A worker that we send away because we are closing was not lost with it.
    else if (delivered && deliveries >= this.#limits.maxDeliveries && why !== 'dismissed') this.#fail(request, 'poisoned');
    else if (this.state !== 'listening') this.#fail(request, 'shutting-down');
    else {
      this.counters.requeued++;
      const named = this.named(service);
      this.#note('requeue', request, { deliveries });
      this.emit('requestRequeued', { ...named, worker: session.peer.label, deliveries, reason: why });
      this.#mustWait(request);
      const isLast = deliveries > 0 && deliveries === this.#limits.maxDeliveries - 1;
      service.queue.giveBack(request, isLast);
      this.#serveSoon(service);
    }
    this.#drainedIfIdle();
  }

  #forget(session: WorkerSession, loss: WorkerLoss): void {
    const service = session.service as Service;
    this.#takeFromReady(session, service);
    service.workers--;
    this.sessions.delete(session);
    this.counters.workersLost++;
    this.readinessChanged();
    const about = { ...this.named(service), worker: session.peer.label };
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'expire', ...about, loss });
    const heldRequests = session.load;
    const { cause } = session;
    this.emit('workerLost', {
      ...about,
      reason: loss,
      noticedBy: NOTICED_BY[loss],
      heldRequests,
      ...(cause === undefined ? {} : { cause }),
    });
    this.logger.info({ role: this.name, ...about, reason: loss, heldRequests }, 'worker lost');
    this.driver.followUp(() => {
      this.retireIfUnused(service);
      this.#release(session);
    });
  }

  #refused(session: WorkerSession, event: string, why: string): void {
    this.counters.refused++;
    if (event === 'REPLY') this.counters.lateReplies++;
    this.#sendDisconnect(session);
    this.report(session.peer, why);
  }

  /* ---------------------------------------------------------------- load balancing */

  #serveSoon(service: Service): void {
    if (service.dirty) return;
    service.dirty = true;
    this.driver.followUp(service.serve);
  }

  /** Pairs waiting requests with idle workers until one side runs out. */
  protected serve(service: Service): void {
    const { queue } = service;
    try {
      this.#serveLastChances(service);
      while (queue.ready.size > 0) {
        const request = this.#takeWanted(queue, false);
        if (request === undefined) break;
        this.#handOut(request, queue.ready.take() as ServiceWorker, false);
      }
    } finally {
      service.dirty = false;
    }
    this.readinessChanged();
  }

  /**
   * The last delivery of a request is made to a worker that holds nothing else, and is given nothing else meanwhile: otherwise it might be called
   * poisoned for what another one did. Where all are at work, the least loaded one is reserved.
   */
  #serveLastChances(service: Service): void {
    const { queue } = service;
    while (queue.ready.idle > 0) {
      const request = this.#takeWanted(queue, true);
      if (request === undefined) break;
      this.#handOut(request, queue.ready.take() as ServiceWorker, true);
    }
    if (queue.lastChance.size > 0) queue.reserved ??= queue.ready.take();
    else this.#freeReserved(service);
  }

  /** Takes out the next request whose client still waits: of those on their last delivery, or of the others. */
  #takeWanted(queue: ReadyQueue, last: boolean): PendingRequest | undefined {
    for (;;) {
      const request = last ? queue.lastChance.first : queue.next;
      if (request === undefined) return undefined;
      this.#unqueue(request);
      if (request.unwantedAt > this.driver.now) return request;
      this.#fail(request, 'expired');
    }
  }

  /** What a worker was reserved for is gone. */
  #freeReserved(service: Service): void {
    const { queue } = service;
    const { reserved } = queue;
    if (reserved === undefined || queue.lastChance.size > 0) return;
    queue.reserved = undefined;
    // It was ready when it was reserved, and holds no more now.
    queue.ready.add(reserved);
    if (queue.forAnybody > 0) this.#serveSoon(service);
  }

  #takeFromReady(session: WorkerSession, service: Service): void {
    const { queue } = service;
    session.heldBack = false;
    if (queue.ready.has(session)) queue.ready.remove(session);
    if (queue.reserved !== session) return;
    queue.reserved = undefined;
    // Another one is to be reserved in its place.
    this.#serveSoon(service);
  }
}
