/** The Majordomo broker (RFC 7): service-oriented, load-balancing, and in no hurry to forget a request. */
import { Timer } from '../core/timers.ts';
import { transportHeartbeatOf } from '../runtime/options.ts';
import { Role, type RoleEvents } from '../runtime/role.ts';
import type { GoneReason, Listener, LivenessLayers, Peer } from '../transport/transport.ts';
import type { Frame, Message } from '../wire/message.ts';
import {
  DISCONNECT_TO_WORKER,
  HEARTBEAT_TO_WORKER,
  MMI_PREFIX,
  PROBE_ANSWER,
  PROBE_SERVICE,
  answeredCorrelation,
  decodeAtBroker,
  encodeHandle,
  failureToClient,
  isCorrelation,
  isServiceName,
  replyToClient,
  requestToWorker,
  timeToLiveOf,
  type ClientRequest,
  type FailureCode,
  type WorkerCommand,
} from './codec.ts';
import { brokerSettings, type BrokerSettings, type MajordomoBrokerOptions } from './options.ts';
import { ClientSession, PendingRequest, Service } from './services.ts';
import { WorkerSession, type SessionHost } from './session.ts';
import type { Admission, SessionContext, SessionReply, WorkerLoss } from './session.machine.ts';

/** Which means noticed a loss. */
export type NoticedBy = 'transport' | 'heartbeat' | 'protocol' | 'limit' | 'peer' | 'broker';

const NOTICED_BY: { readonly [loss in WorkerLoss]: NoticedBy } = {
  disconnected: 'transport',
  unreachable: 'transport',
  expired: 'heartbeat',
  'busy-limit': 'limit',
  left: 'peer',
  protocol: 'protocol',
  dismissed: 'broker',
};

export interface MajordomoBrokerEvents extends RoleEvents {
  workerRegistered: { readonly service: string; readonly worker: string };
  workerLost: {
    readonly service: string;
    readonly worker: string;
    readonly reason: WorkerLoss;
    readonly noticedBy: NoticedBy;
    /** Whether it held a request, which is then requeued or failed. */
    readonly heldRequest: boolean;
    /** What the transport said of the connection's end, if it was the transport that noticed. */
    readonly cause?: GoneReason;
  };
  requestDispatched: { readonly service: string; readonly worker: string; readonly delivery: number };
  requestRequeued: { readonly service: string; readonly worker: string; readonly deliveries: number; readonly reason: WorkerLoss };
  requestFailed: { readonly service: string; readonly code: FailureCode; readonly deliveries: number };
  /** The client left before its request was answered. */
  requestDropped: { readonly service: string; readonly deliveries: number };
  /** A peer sent something that is not MDP/0.1, or not now. */
  peerRefused: { readonly peer: string; readonly reason: string };
  closed: { readonly endpoint: string };
}

/** Everything that was counted since the broker started. */
export interface BrokerCounters {
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
  mmi: number;
  /** Messages that are not MDP/0.1. */
  invalid: number;
  /** Valid commands at the wrong time. */
  refused: number;
  workersRegistered: number;
  workersLost: number;
  workersTurnedAway: number;
  /** Replies that arrived after their request was settled. */
  lateReplies: number;
  /** Answers that the client's connection would not take. */
  undeliverable: number;
  /** Bugs of ours that were caught. */
  faults: number;
}

export interface BrokerSnapshot {
  readonly role: 'broker';
  readonly name: string;
  readonly state: 'listening' | 'draining' | 'closed';
  readonly endpoint: string;
  /** Which means of noticing a dead worker are on. */
  readonly layers: LivenessLayers & { readonly heartbeats: true };
  readonly queued: number;
  readonly inFlight: number;
  readonly counters: Readonly<BrokerCounters>;
  readonly failures: Readonly<Record<string, number>>;
  readonly services: readonly {
    readonly name: string;
    readonly workers: number;
    readonly idle: number;
    readonly busy: number;
    readonly waiting: number;
    readonly deliveryPolicy: string;
  }[];
  readonly workers: readonly {
    readonly peer: string;
    readonly service: string;
    readonly state: string;
    readonly deliveries: number;
    /** Ms it has been in this state. */
    readonly since: number;
    readonly strikes: number;
  }[];
}

/**
 * Takes requests from clients and hands each to the least recently used idle worker of its service. A worker that is lost
 * with a request in its hands loses only its place: the request goes to another one at once.
 *
 * @example
 * const broker = await MajordomoBroker.listen('tcp://127.0.0.1:5555');
 */
export class MajordomoBroker extends Role<MajordomoBrokerEvents> {
  readonly #settings: BrokerSettings;
  readonly #context: SessionContext;
  readonly #services = new Map<string, Service>();
  readonly #sessions = new Set<WorkerSession>();
  readonly #drainTimer = new Timer({ timerFired: () => this.#finishDraining() }, 'drainTimeout');
  readonly #failures = new Map<string, number>();
  readonly #counters: BrokerCounters = {
    accepted: 0,
    replied: 0,
    failed: 0,
    dropped: 0,
    deliveries: 0,
    requeued: 0,
    rejected: 0,
    mmi: 0,
    invalid: 0,
    refused: 0,
    workersRegistered: 0,
    workersLost: 0,
    workersTurnedAway: 0,
    lateReplies: 0,
    undeliverable: 0,
    faults: 0,
  };
  #listener: Listener | undefined;
  #state: 'starting' | 'listening' | 'draining' | 'closed' = 'starting';
  #queued = 0;
  #inFlight = 0;
  #handle: number;
  #closing: Promise<void> | undefined;
  #drained: () => void = () => undefined;

  /**
   * Binds and starts serving.
   *
   * @param endpoint for instance `tcp://127.0.0.1:5555`; `tcp://127.0.0.1:*` picks a free port, see `endpoint`.
   * @throws InvalidOption when an option cannot work; BindFailed when the endpoint cannot be listened on.
   */
  static async listen(endpoint: string, options: MajordomoBrokerOptions = {}): Promise<MajordomoBroker> {
    const broker = new MajordomoBroker(options);
    const { maxFrameBytes, highWaterMark, handshakeTimeout } = broker.#settings;
    const transportHeartbeat = transportHeartbeatOf(broker.#settings);
    const transport = await broker.transport();
    broker.#listener = await transport.listen(endpoint, broker.handler, {
      maxFrameBytes,
      highWaterMark,
      handshakeTimeout,
      transportHeartbeat,
    });
    broker.#state = 'listening';
    broker.logger.info({ role: broker.name, endpoint: broker.endpoint }, 'listening');
    return broker;
  }

  private constructor(options: MajordomoBrokerOptions) {
    super('broker', options);
    this.#settings = brokerSettings(options);
    const { heartbeatInterval, heartbeatLiveness, busyLimit, maxInvalidMessages } = this.#settings;
    this.#context = { heartbeatInterval, expiry: heartbeatInterval * heartbeatLiveness, busyLimit, mostStrikes: maxInvalidMessages };
    this.#handle = Math.floor(this.random() * 2 ** 32) * 2 ** 16;
  }

  /** Where it really listens. */
  get endpoint(): string {
    return this.#listener?.endpoint ?? '';
  }

  /**
   * Takes no further requests, waits up to `drainTimeout` for those in flight, tells the workers to go, and unbinds.
   * What still waits in the queues is failed as `shutting-down`. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const drained = new Promise<void>((resolve) => (this.#drained = resolve));
    this.driver.run(() => {
      this.#state = 'draining';
      for (const service of this.#services.values()) {
        for (let request = service.queue.next; request !== undefined; request = service.queue.next) {
          this.#unqueue(request);
          this.#fail(request, 'shutting-down');
        }
      }
      if (this.#inFlight === 0) this.#finishDraining();
      else this.driver.arm(this.#drainTimer, this.#settings.drainTimeout);
    });
    await drained;
    this.driver.stop();
    await this.#listener?.close();
    this.emit('closed', { endpoint: this.endpoint });
    this.silence();
    this.logger.info({ role: this.name, endpoint: this.endpoint }, 'closed');
  }

  #finishDraining(): void {
    if (this.#state !== 'draining') return;
    this.#state = 'closed';
    for (const session of [...this.#sessions]) session.step({ kind: 'dismiss' });
    this.driver.callback(this.#drained);
  }

  /** A plain snapshot: what is connected, what waits, what was counted. */
  inspect(): BrokerSnapshot {
    const now = this.driver.clock.now();
    return {
      role: 'broker',
      name: this.name,
      state: this.#state === 'starting' ? 'closed' : this.#state,
      endpoint: this.endpoint,
      layers: { ...(this.#listener?.layers ?? { disconnectNotices: false, transportHeartbeats: false }), heartbeats: true },
      queued: this.#queued,
      inFlight: this.#inFlight,
      counters: { ...this.#counters, faults: this.faults },
      failures: Object.fromEntries(this.#failures),
      services: this.#listServices(),
      workers: [...this.#sessions].map((session) => ({
        peer: session.peer.label,
        service: session.service?.name ?? '',
        state: session.state.kind,
        deliveries: session.deliveries,
        since: now - session.since,
        strikes: session.strikes,
      })),
    };
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    if (this.#state === 'closed') return;
    const command = decodeAtBroker(message);
    switch (command.kind) {
      case 'CLIENT_REQUEST':
        if (peer.session instanceof WorkerSession) this.#invalid(peer, 'a worker sent a client request');
        else this.#request(peer, command, message);
        return;
      case 'INVALID':
        this.#invalid(peer, command.reason);
        return;
      default:
        if (peer.session instanceof ClientSession) this.#invalid(peer, 'a client sent a worker command');
        else this.#workerCommand(peer, command, message);
    }
  }

  protected override lose(peer: Peer, reason: GoneReason): void {
    const { session } = peer;
    peer.session = undefined;
    if (session instanceof WorkerSession) {
      session.cause = reason;
      session.step({ kind: 'peerGone', loss: reason === 'unreachable' ? 'unreachable' : 'disconnected' });
    } else if (session instanceof ClientSession) this.#clientGone(session);
  }

  /** The connection had ended before the request was on it: that worker never had it. */
  protected override sendRefused(peer: Peer): void {
    const { session } = peer;
    if (!(session instanceof WorkerSession) || !session.requestSentLast || session.request === undefined) return;
    session.request.deliveries--;
    session.request.handle = 0;
    session.deliveries--;
    this.#counters.deliveries--;
  }

  protected override overflowed(peer: Peer): void {
    this.#counters.undeliverable++;
    if (peer.session instanceof WorkerSession) peer.session.step({ kind: 'peerGone', loss: 'unreachable' });
  }

  #invalid(peer: Peer, reason: string): void {
    this.#counters.invalid++;
    const { session } = peer;
    if (session instanceof WorkerSession) session.step({ kind: 'INVALID', strikes: ++session.strikes });
    this.#report(peer, reason);
  }

  #report(peer: Peer, reason: string): void {
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'reject', peer: peer.label, reason });
    this.emit('peerRefused', { peer: peer.label, reason });
  }

  /* ---------------------------------------------------------------- clients */

  #request(peer: Peer, command: ClientRequest, message: Message): void {
    const envelope = envelopeOf(message, command.envelope);
    if (command.service.startsWith(MMI_PREFIX)) {
      this.#mmi(peer, envelope, command, message);
      return;
    }
    const bodyFrames = message.frameCount - command.body;
    if (bodyFrames < 1 || bodyFrames > this.#settings.maxBodyFrames) {
      this.#counters.invalid++;
      this.#reject(peer, envelope, command.service, 'invalid');
      return;
    }
    if (this.#state !== 'listening') {
      this.#reject(peer, envelope, command.service, 'shutting-down');
      return;
    }
    const service = this.#services.get(command.service) ?? this.#newService(command.service);
    if (typeof service === 'string') {
      if (service === 'invalid') this.#counters.invalid++;
      this.#reject(peer, envelope, command.service, service);
      return;
    }
    this.#accept(peer, service, envelope, message, command);
  }

  #accept(peer: Peer, service: Service, envelope: readonly Frame[], message: Message, command: ClientRequest): void {
    const { queue } = service;
    const worker = queue.queued === 0 ? queue.ready.take() : undefined;
    if (worker === undefined && this.#isFull(service)) {
      this.#expireUnwanted(service);
      if (this.#isFull(service)) {
        this.#reject(peer, envelope, service.name, 'queue-full');
        this.#retireIfUnused(service);
        return;
      }
    }
    const client = (peer.session ??= new ClientSession(peer)) as ClientSession;
    const correlation = correlationIn(envelope);
    const unwantedAt = correlation === undefined ? Infinity : this.driver.now + timeToLiveOf(correlation);
    // One that must wait becomes one Buffer, envelope and all; one that is handed out at once is kept as it came.
    const kept = worker === undefined ? message.pack(0) : message.retain();
    const request = new PendingRequest(client, service, kept, command.envelope, command.body, correlation !== undefined, unwantedAt);
    this.#counters.accepted++;
    client.open++;
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'accept', service: service.name });
    if (worker === undefined) {
      this.#enqueue(request, false);
    } else {
      this.#inFlight++;
      worker.assign(request, ++this.#handle);
    }
  }

  #isFull(service: Service): boolean {
    return this.#queued >= this.#settings.maxQueuedRequests || service.queue.queued >= this.#settings.maxQueuedPerService;
  }

  /** Gives up the oldest requests of a full queue whose clients have stopped waiting: they would keep out those who still do. */
  #expireUnwanted(service: Service): void {
    const { now } = this.driver;
    for (const queue of [service.queue.returned, service.queue.waiting]) {
      for (let request = queue.first; request !== undefined && request.unwantedAt <= now; request = queue.first) {
        this.#unqueue(request);
        this.#fail(request, 'expired');
      }
    }
  }

  #enqueue(request: PendingRequest, returned: boolean): void {
    const { service, client } = request;
    request.handle = 0;
    request.expiresAt = this.driver.now + this.#settings.requestExpiry;
    if (returned) service.queue.returned.add(request);
    else service.queue.waiting.add(request);
    client.remember(request);
    this.#queued++;
    if (service.expiry.deadline === Infinity) this.driver.arm(service.expiry, this.#settings.requestExpiry);
  }

  #unqueue(request: PendingRequest): void {
    request.service.queue.drop(request);
    request.client.forget(request);
    this.#queued--;
  }

  #clientGone(client: ClientSession): void {
    client.gone = true;
    for (let request = client.oldestWaiting; request !== undefined; request = client.oldestWaiting) {
      this.#unqueue(request);
      this.#drop(request);
      this.#retireIfUnused(request.service);
    }
  }

  /** RFC 8. Never creates state, whatever is asked. */
  #mmi(peer: Peer, envelope: readonly Frame[], command: ClientRequest, message: Message): void {
    this.#counters.mmi++;
    const answer: Frame[] = [];
    if (command.service === 'mmi.service') {
      const asked = message.frameCount > command.body && message.byteLength(command.body) <= this.#settings.maxServiceNameBytes;
      const service = asked ? this.#services.get(message.text(command.body)) : undefined;
      answer.push(service !== undefined && service.workers > 0 ? OK : NOT_FOUND);
    } else if (command.service === PROBE_SERVICE) {
      answer.push(OK, PROBE_ANSWER_FRAME);
      if (message.frameCount > command.body && message.equals(command.body, LIST_SERVICES))
        answer.push(Buffer.from(JSON.stringify(this.#listServices())));
    } else {
      answer.push(NOT_IMPLEMENTED);
    }
    const back = correlationIn(envelope) === undefined ? envelope : answeredEnvelope(envelope, 0);
    this.#send(peer, [...replyToClient(back, Buffer.from(command.service, 'latin1')), ...answer]);
  }

  #listServices(): BrokerSnapshot['services'] {
    return [...this.#services.values()].map((service) => ({
      name: service.name,
      workers: service.workers,
      idle: service.queue.ready.size,
      busy: service.workers - service.queue.ready.size,
      waiting: service.queue.queued,
      deliveryPolicy: service.policy,
    }));
  }

  /** Turns a request away before it was taken in. */
  #reject(peer: Peer, envelope: readonly Frame[], service: string, code: FailureCode): void {
    this.#counters.rejected++;
    this.#countFailure(code);
    this.#report(peer, code);
    if (correlationIn(envelope) !== undefined) this.#sendFailure(peer, envelope, Buffer.from(service, 'latin1'), code, 0);
  }

  /** Gives up a request that was taken in. */
  #fail(request: PendingRequest, code: FailureCode): void {
    const { client, service, deliveries } = request;
    this.#counters.failed++;
    this.#countFailure(code);
    if (this.trace !== undefined)
      this.trace({ t: this.driver.now, node: this.name, kind: 'deadletter', service: service.name, code, deliveries });
    this.emit('requestFailed', { service: service.name, code, deliveries });
    if (request.correlated && !client.gone)
      this.#sendFailure(client.peer, envelopeOf(request.message, request.envelope), service.frame, code, deliveries);
    this.#settled(request);
  }

  /** Forgets a request whose client has left. */
  #drop(request: PendingRequest): void {
    this.#counters.dropped++;
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'drop', service: request.service.name });
    this.emit('requestDropped', { service: request.service.name, deliveries: request.deliveries });
    this.#settled(request);
  }

  #settled(request: PendingRequest): void {
    const { client } = request;
    client.open--;
    // Without word of its going, a client with nothing open must not be remembered.
    if (client.open === 0 && this.#listener?.layers.disconnectNotices === false) client.peer.session = undefined;
  }

  #countFailure(code: FailureCode): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  /** To a client whose envelope holds a correlation of ours: nobody else would understand it. */
  #sendFailure(peer: Peer, envelope: readonly Frame[], service: Frame, code: FailureCode, deliveries: number): void {
    const back = answeredEnvelope(envelope, deliveries);
    this.#send(peer, [...back.slice(0, -1), ...failureToClient(back.at(-1) as Frame, service, code, deliveries)]);
  }

  /** To a client: a connection that is full or gone loses the answer, is counted, and blocks nobody. */
  #send(peer: Peer, head: readonly Frame[], tail?: Message, from?: number): void {
    if ((this.#listener as Listener).send(peer, head, tail, from) !== 'ok') this.#counters.undeliverable++;
  }

  /* ---------------------------------------------------------------- workers */

  #workerCommand(peer: Peer, command: WorkerCommand, message: Message): void {
    const session = peer.session instanceof WorkerSession ? peer.session : this.#newSession(peer);
    switch (command.kind) {
      case 'READY': {
        let admission = this.#admission(command.service);
        if (admission === 'services-full' && this.#evictUnserved()) admission = 'welcome';
        if (admission !== 'welcome' && session.state.kind === 'unknown') {
          this.#counters.workersTurnedAway++;
          this.#report(peer, admission);
        }
        session.step({ kind: 'READY', service: command.service, admission });
        break;
      }
      case 'REPLY': {
        if (session.state.kind === 'gone') this.#counters.lateReplies++;
        const tooLong = message.frameCount - command.body > this.#settings.maxBodyFrames;
        session.step({ kind: 'REPLY', handle: tooLong ? -1 : command.handle, message, body: command.body });
        break;
      }
      default:
        session.step(command);
    }
    if (session.state.kind !== 'unknown') peer.session = session;
    if (session.state.kind === 'gone') this.#release(session);
  }

  #newSession(peer: Peer): WorkerSession {
    return new WorkerSession(peer, this.#host, this.driver, this.#context, this.observer);
  }

  #admission(service: string): Admission {
    if (service.startsWith(MMI_PREFIX)) return 'reserved';
    if (this.#services.has(service)) return 'welcome';
    if (service.length > this.#settings.maxServiceNameBytes || !isServiceName(service)) return 'invalid-name';
    return this.#services.size < this.#settings.maxServices ? 'welcome' : 'services-full';
  }

  /** Makes room for a service that has a worker: names that are only asked for must not keep it out. */
  #evictUnserved(): boolean {
    for (const service of this.#services.values()) {
      if (service.workers > 0) continue;
      for (let request = service.queue.next; request !== undefined; request = service.queue.next) {
        this.#unqueue(request);
        this.#fail(request, 'services-full');
      }
      this.#retireIfUnused(service);
      return true;
    }
    return false;
  }

  #newService(name: string): Service | 'invalid' | 'services-full' {
    const admission = this.#admission(name);
    if (admission === 'services-full') return admission;
    if (admission !== 'welcome') return 'invalid';
    const policy = this.#settings.deliveryPolicies.get(name) ?? this.#settings.deliveryPolicy;
    const service: Service = new Service(
      name,
      policy,
      () => {
        this.#serve(service);
      },
      () => {
        this.#expireQueued(service);
      },
    );
    this.#services.set(name, service);
    return service;
  }

  #expireQueued(service: Service): void {
    const { now } = this.driver;
    for (const queue of [service.queue.returned, service.queue.waiting]) {
      for (let request = queue.first; request !== undefined && request.expiresAt <= now; request = queue.first) {
        this.#unqueue(request);
        this.#fail(request, 'expired');
      }
    }
    const next = Math.min(service.queue.returned.first?.expiresAt ?? Infinity, service.queue.waiting.first?.expiresAt ?? Infinity);
    if (next < Infinity) this.driver.arm(service.expiry, next - now);
    this.#retireIfUnused(service);
  }

  #retireIfUnused(service: Service): void {
    if (!service.unused || this.#services.get(service.name) !== service) return;
    this.#services.delete(service.name);
    this.driver.disarm(service.expiry);
  }

  /** A peer that will never be a worker again needs no place where its going is never announced. */
  #release(session: WorkerSession): void {
    const listener = this.#listener as Listener;
    if (listener.layers.disconnectNotices) return;
    session.peer.session = undefined;
    listener.release(session.peer);
  }

  /* ---------------------------------------------------------------- what sessions ask */

  readonly #host: SessionHost = {
    register: (session, service) => {
      this.#register(session, service);
    },
    ready: (session) => {
      this.#ready(session);
    },
    sendRequest: (session, request, handle) => this.#sendRequest(session, request, handle),
    sendHeartbeat: (session) => this.#sendHeartbeat(session),
    sendDisconnect: (session) => {
      this.#sendDisconnect(session);
    },
    deliver: (request, reply) => {
      this.#deliver(request, reply);
    },
    surrender: (session, request, loss) => {
      this.#surrender(session, request, loss);
    },
    forget: (session, loss) => {
      this.#forget(session, loss);
    },
    refused: (session, event, why) => {
      this.#refused(session, event, why);
    },
  };

  #register(session: WorkerSession, name: string): void {
    const service = (this.#services.get(name) ?? this.#newService(name)) as Service;
    service.workers++;
    session.service = service;
    this.#sessions.add(session);
    this.#counters.workersRegistered++;
    if (this.trace !== undefined)
      this.trace({ t: this.driver.now, node: this.name, kind: 'register', service: name, worker: session.peer.label });
    this.emit('workerRegistered', { service: name, worker: session.peer.label });
    this.logger.info({ role: this.name, service: name, worker: session.peer.label }, 'worker registered');
  }

  #ready(session: WorkerSession): void {
    const service = session.service as Service;
    session.since = this.driver.now;
    service.queue.ready.add(session);
    if (service.queue.queued > 0) this.#serveSoon(service);
  }

  #sendRequest(session: WorkerSession, request: PendingRequest, handle: number): boolean {
    session.since = this.driver.now;
    const delivery = request.deliveries + 1;
    const head = requestToWorker(encodeHandle(handle, delivery));
    session.requestSentLast = true;
    if ((this.#listener as Listener).send(session.peer, head, request.message, request.body) !== 'ok') return false;
    request.deliveries = delivery;
    request.handle = handle;
    session.deliveries++;
    this.#counters.deliveries++;
    if (this.trace !== undefined)
      this.trace({
        t: this.driver.now,
        node: this.name,
        kind: 'dispatch',
        service: request.service.name,
        worker: session.peer.label,
        delivery,
      });
    if (this.events.observed('requestDispatched'))
      this.emit('requestDispatched', { service: request.service.name, worker: session.peer.label, delivery });
    return true;
  }

  #sendHeartbeat(session: WorkerSession): boolean {
    session.requestSentLast = false;
    return (this.#listener as Listener).send(session.peer, HEARTBEAT_TO_WORKER) === 'ok';
  }

  #sendDisconnect(session: WorkerSession): void {
    (this.#listener as Listener).send(session.peer, DISCONNECT_TO_WORKER);
  }

  #deliver(request: PendingRequest, reply: SessionReply): void {
    this.#inFlight--;
    const { client } = request;
    if (client.gone) {
      this.#drop(request);
    } else {
      this.#counters.replied++;
      if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'route', service: request.service.name });
      const envelope = envelopeOf(request.message, request.envelope);
      const back = request.correlated ? answeredEnvelope(envelope, request.deliveries) : envelope;
      this.#send(client.peer, replyToClient(back, request.service.frame), reply.message, reply.body);
      this.#settled(request);
    }
    if (this.#state === 'draining') this.#drainedIfIdle();
  }

  #surrender(session: WorkerSession, request: PendingRequest, loss: WorkerLoss): void {
    this.#inFlight--;
    const { service, client, deliveries } = request;
    // What the worker's connection would not take was not delivered: nothing counts against it.
    const delivered = request.handle !== 0;
    if (client.gone) this.#drop(request);
    else if (delivered && service.policy === 'fail') this.#fail(request, 'worker-lost');
    // A worker that we send away because we are closing was not lost with it.
    else if (delivered && deliveries >= this.#settings.maxDeliveries && loss !== 'dismissed') this.#fail(request, 'poisoned');
    else if (this.#state !== 'listening') this.#fail(request, 'shutting-down');
    else {
      this.#counters.requeued++;
      if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'requeue', service: service.name, deliveries });
      this.emit('requestRequeued', { service: service.name, worker: session.peer.label, deliveries, reason: loss });
      this.#enqueue(request, true);
      this.#serveSoon(service);
    }
    if (this.#state === 'draining') this.#drainedIfIdle();
  }

  #forget(session: WorkerSession, loss: WorkerLoss): void {
    const service = session.service as Service;
    if (service.queue.ready.has(session)) service.queue.ready.remove(session);
    service.workers--;
    this.#sessions.delete(session);
    this.#counters.workersLost++;
    const { label } = session.peer;
    if (this.trace !== undefined)
      this.trace({ t: this.driver.now, node: this.name, kind: 'expire', service: service.name, worker: label, loss });
    const heldRequest = session.request !== undefined;
    const { cause } = session;
    this.emit('workerLost', {
      service: service.name,
      worker: label,
      reason: loss,
      noticedBy: NOTICED_BY[loss],
      heldRequest,
      ...(cause === undefined ? {} : { cause }),
    });
    this.logger.info({ role: this.name, service: service.name, worker: label, reason: loss, heldRequest }, 'worker lost');
    this.driver.followUp(() => {
      this.#retireIfUnused(service);
      this.#release(session);
    });
  }

  #refused(session: WorkerSession, event: string, why: string): void {
    this.#counters.refused++;
    if (event === 'REPLY') this.#counters.lateReplies++;
    this.#sendDisconnect(session);
    this.#report(session.peer, why);
  }

  /* ---------------------------------------------------------------- load balancing */

  #serveSoon(service: Service): void {
    if (service.dirty) return;
    service.dirty = true;
    this.driver.followUp(service.serve);
  }

  /** Pairs waiting requests with idle workers until one side runs out. */
  #serve(service: Service): void {
    service.dirty = false;
    const { queue } = service;
    while (queue.ready.size > 0) {
      const request = queue.next;
      if (request === undefined) break;
      this.#unqueue(request);
      if (request.unwantedAt <= this.driver.now) {
        this.#fail(request, 'expired');
        continue;
      }
      this.#inFlight++;
      queue.ready.take()?.assign(request, ++this.#handle);
    }
  }

  #drainedIfIdle(): void {
    if (this.#inFlight > 0) return;
    this.driver.followUp(() => {
      this.#finishDraining();
    });
  }
}

const OK: Frame = Buffer.from('200');
const NOT_FOUND: Frame = Buffer.from('404');
const NOT_IMPLEMENTED: Frame = Buffer.from('501');
const LIST_SERVICES: Frame = Buffer.from('services');
const PROBE_ANSWER_FRAME: Frame = Buffer.from(PROBE_ANSWER);
const NO_ENVELOPE: readonly Frame[] = [];

function envelopeOf(message: Message, frames: number): readonly Frame[] {
  if (frames === 0) return NO_ENVELOPE;
  const envelope: Frame[] = [];
  for (let i = 0; i < frames; i++) envelope.push(message.frame(i));
  return envelope;
}

/** Our client's correlation frame, if it put one in: next to the delimiter, behind the addresses of queue devices on the way. */
function correlationIn(envelope: readonly Frame[]): Frame | undefined {
  const last = envelope[envelope.length - 1];
  return last !== undefined && isCorrelation(last) ? last : undefined;
}

/** An envelope with a correlation, as it goes back: the number of deliveries filled in. */
function answeredEnvelope(envelope: readonly Frame[], deliveries: number): readonly Frame[] {
  const answered = answeredCorrelation(envelope[envelope.length - 1] as Frame, deliveries);
  return envelope.length === 1 ? [answered] : [...envelope.slice(0, -1), answered];
}
