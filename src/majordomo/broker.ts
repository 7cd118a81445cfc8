/** The Majordomo broker (RFC 7): service-oriented, load-balancing, and in no hurry to forget a request. */
import { LoadBalancer, noCounters, type LoadBalancerCounters, type LoadBalancerEvents, type WorkerView } from '../load-balancer/broker.ts';
import type { BrokerDialect } from '../load-balancer/dialect.ts';
import type { FailureCode } from '../load-balancer/failures.ts';
import { ClientSession, Service, type PendingRequest } from '../load-balancer/requests.ts';
import type { Admission } from '../load-balancer/session.machine.ts';
import { WorkerSession } from '../load-balancer/session.ts';
import { transportHeartbeatOf } from '../runtime/options.ts';
import type { LivenessLayers, Peer } from '../transport/transport.ts';
import { framesBetween } from '../wire/envelope.ts';
import type { Frame, Message } from '../wire/message.ts';
import { Names } from '../wire/names.ts';
import {
  MMI_PREFIX,
  PROBE_ANSWER,
  PROBE_SERVICE,
  WORKER_WIRE,
  answeredCorrelation,
  decodeAtBroker,
  failureToClient,
  isCorrelation,
  isServiceName,
  replyToClient,
  timeToLiveOf,
  type ClientRequest,
  type WorkerCommand,
} from './codec.ts';
import { brokerSettings, mostGranted, type BrokerSettings, type MajordomoBrokerOptions } from './options.ts';
import { majordomoSession } from './session.machine.ts';

export interface ServiceName {
  readonly service: string;
}

export type MajordomoBrokerEvents = LoadBalancerEvents<ServiceName, { readonly endpoint: string }>;

/** Everything that was counted since the broker started. */
export interface BrokerCounters extends LoadBalancerCounters {
  mmi: number;
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
  readonly workers: readonly (WorkerView & ServiceName)[];
}

/**
 * Takes requests from clients and hands each to the least loaded worker of its service, of those to the one that has been so for longest. A worker that
 * is lost with requests in its hands loses only its place: they go to others at once.
 *
 * @example
 * const broker = await MajordomoBroker.listen('tcp://127.0.0.1:5555');
 */
export class MajordomoBroker extends LoadBalancer<ServiceName, { readonly endpoint: string }> {
  readonly #settings: BrokerSettings;
  /** Requests that a worker is granted at once. */
  readonly #mostGranted: number;
  readonly #services = new Map<string, Service>();
  /** Of services that were asked for lately. */
  readonly #names = new Names();
  protected override readonly counters: BrokerCounters = { ...noCounters(), mmi: 0 };
  protected override readonly wire: BrokerDialect = WORKER_WIRE;

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
    const transport = await broker.transport([endpoint]);
    broker.frontend = broker.backend = await transport.listen(endpoint, broker.handler, {
      maxFrameBytes,
      highWaterMark,
      handshakeTimeout,
      transportHeartbeat,
    });
    broker.state = 'listening';
    broker.logger.info({ role: broker.name, transport: transport.name, endpoint: broker.endpoint }, 'listening');
    return broker;
  }

  private constructor(options: MajordomoBrokerOptions) {
    const settings = brokerSettings(options);
    super('broker', options, settings, majordomoSession);
    this.#settings = settings;
    this.#mostGranted = mostGranted(settings);
  }

  /** Where it really listens. */
  get endpoint(): string {
    return this.frontend?.endpoint ?? '';
  }

  /** A plain snapshot: what is connected, what waits, what was counted. */
  inspect(): BrokerSnapshot {
    const snapshot = this.snapshot();
    return {
      role: 'broker',
      ...snapshot,
      layers: { ...snapshot.layers, heartbeats: true },
      endpoint: this.endpoint,
      counters: { ...this.counters, faults: this.faults },
      services: this.#listServices(),
      workers: [...this.sessions].map((session) => ({ ...this.viewOf(session), service: session.service?.name ?? '' })),
    };
  }

  protected override named(service: Service): ServiceName {
    return { service: service.name };
  }

  protected override place(): { readonly endpoint: string } {
    return { endpoint: this.endpoint };
  }

  protected override eachService(): Iterable<Service> {
    return this.#services.values();
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    if (this.state === 'closed') return;
    const command = decodeAtBroker(message, this.#names);
    switch (command.kind) {
      case 'CLIENT_REQUEST':
        if (peer.session instanceof WorkerSession) this.invalid(peer, 'a worker sent a client request');
        else this.#request(peer, command, message);
        return;
      case 'INVALID':
        this.invalid(peer, command.reason);
        return;
      default:
        if (peer.session instanceof ClientSession) this.invalid(peer, 'a client sent a worker command');
        else this.#workerCommand(peer, command, message);
    }
  }

  /* ---------------------------------------------------------------- clients */

  #request(peer: Peer, command: ClientRequest, message: Message): void {
    if (command.service.startsWith(MMI_PREFIX)) {
      this.#mmi(peer, command, message);
      return;
    }
    const bodyFrames = message.frameCount - command.body;
    if (bodyFrames < 1 || bodyFrames > this.#settings.maxBodyFrames) {
      this.counters.invalid++;
      this.#reject(peer, command, message, 'invalid');
      return;
    }
    if (this.state !== 'listening') {
      this.#reject(peer, command, message, 'shutting-down');
      return;
    }
    const service = this.#services.get(command.service) ?? this.#newService(command.service);
    if (typeof service === 'string') {
      if (service === 'invalid') this.counters.invalid++;
      this.#reject(peer, command, message, service);
      return;
    }
    this.#accept(peer, service, message, command);
  }

  #accept(peer: Peer, service: Service, message: Message, command: ClientRequest): void {
    const { queue } = service;
    const mustWait = queue.forAnybody > 0 || queue.ready.size === 0;
    if (mustWait && this.#isFull(service)) {
      this.expireUnwanted(service);
      if (this.#isFull(service)) {
        this.#reject(peer, command, message, 'queue-full');
        this.retireIfUnused(service);
        return;
      }
    }
    const { envelope } = command;
    const isCorrelated = hasCorrelation(message, envelope);
    const unwantedAt = isCorrelated ? this.driver.now + timeToLiveOf(message, envelope - 1) : Infinity;
    this.accept(peer, service, message, envelope, command.body, isCorrelated, unwantedAt);
  }

  #isFull(service: Service): boolean {
    return this.queued >= this.#settings.maxQueuedRequests || service.queue.queued >= this.#settings.maxQueuedPerService;
  }

  /** RFC 8. Never creates state, whatever is asked. */
  #mmi(peer: Peer, command: ClientRequest, message: Message): void {
    this.counters.mmi++;
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
    const { envelope } = command;
    const back = hasCorrelation(message, envelope) ? answeredEnvelope(message, envelope, 0) : framesBetween(message, 0, envelope);
    this.send(peer, [...replyToClient(back, Buffer.from(command.service, 'latin1')), ...answer]);
  }

  #listServices(): BrokerSnapshot['services'] {
    return [...this.#services.values()].map((service) => ({
      name: service.name,
      workers: service.workers,
      idle: service.queue.ready.idle,
      busy: service.workers - service.queue.ready.idle,
      waiting: service.queue.queued,
      deliveryPolicy: service.policy,
    }));
  }

  /** Turns a request away before it was taken in. */
  #reject(peer: Peer, { envelope, service }: ClientRequest, message: Message, code: FailureCode): void {
    this.counters.rejected++;
    this.countFailure(code);
    this.report(peer, code);
    if (hasCorrelation(message, envelope)) this.#sendFailure(peer, message, envelope, Buffer.from(service, 'latin1'), code, 0);
  }

  protected override tellFailure(request: PendingRequest, code: FailureCode): void {
    if (!request.correlated) return;
    const { client, service, deliveries } = request;
    this.#sendFailure(client.peer, request.message, request.envelope, service.frame, code, deliveries);
  }

  protected override answerTo(request: PendingRequest): readonly Frame[] {
    const { message, envelope, correlated, deliveries, service } = request;
    const back = correlated ? answeredEnvelope(message, envelope, deliveries) : framesBetween(message, 0, envelope);
    return replyToClient(back, service.frame);
  }

  /** To a client whose envelope holds a correlation of ours: nobody else would understand it. */
  #sendFailure(peer: Peer, message: Message, envelope: number, service: Frame, code: FailureCode, deliveries: number): void {
    const back = answeredEnvelope(message, envelope, deliveries);
    this.send(peer, [...back.slice(0, -1), ...failureToClient(back.at(-1) as Frame, service, code, deliveries)]);
  }

  /* ---------------------------------------------------------------- workers */

  #workerCommand(peer: Peer, command: WorkerCommand, message: Message): void {
    const session = this.sessionOf(peer);
    switch (command.kind) {
      case 'READY': {
        let admission = this.#admission(command.service);
        if (admission === 'services-full' && this.#evictUnserved()) admission = 'welcome';
        if (admission === 'welcome' && this.isFullOfWorkers) admission = 'workers-full';
        if (admission !== 'welcome' && session.state.kind === 'unknown') {
          this.counters.workersTurnedAway++;
          this.report(peer, admission);
        }
        session.step({
          kind: 'READY',
          service: command.service,
          credit: Math.min(command.credit, this.#mostGranted),
          admission,
        });
        break;
      }
      case 'REPLY': {
        if (session.state.kind === 'gone') this.counters.lateReplies++;
        const tooLong = message.frameCount - command.body > this.#settings.maxBodyFrames;
        const handle = tooLong ? -1 : command.handle;
        session.step({ kind: 'REPLY', handle, current: session.holding(handle) !== undefined, message, body: command.body });
        break;
      }
      case 'FAILURE':
        session.step({ ...command, current: session.holding(command.handle) !== undefined });
        break;
      case 'CREDIT':
        session.step({ kind: 'CREDIT', credit: Math.min(command.credit, this.#mostGranted) });
        break;
      case 'HEARTBEAT':
        session.heartbeat();
        break;
      case 'DISCONNECT':
        if (command.received !== undefined) this.notReceivedAfter(session, command.received);
        session.step(LEAVES);
        break;
    }
    this.keepSession(session);
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
      this.failAll(service, 'services-full');
      this.retireIfUnused(service);
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
        this.serve(service);
      },
      () => {
        this.expireQueued(service);
      },
    );
    this.#services.set(name, service);
    return service;
  }

  protected override serviceFor(name: string): Service {
    return (this.#services.get(name) ?? this.#newService(name)) as Service;
  }

  protected override retireIfUnused(service: Service): void {
    if (!service.unused || this.#services.get(service.name) !== service) return;
    this.#services.delete(service.name);
    this.driver.disarm(service.expiry);
  }

  /** Requests wait in the services' queues, not in the transport. */
  protected override readinessChanged(): void {
    return;
  }
}

const LEAVES = { kind: 'DISCONNECT' } as const;
const OK: Frame = Buffer.from('200');
const NOT_FOUND: Frame = Buffer.from('404');
const NOT_IMPLEMENTED: Frame = Buffer.from('501');
const LIST_SERVICES: Frame = Buffer.from('services');
const PROBE_ANSWER_FRAME: Frame = Buffer.from(PROBE_ANSWER);

/** Whether our client has put a correlation in: next to the delimiter, behind the addresses of queue devices on the way. */
function hasCorrelation(message: Message, envelope: number): boolean {
  return envelope > 0 && isCorrelation(message, envelope - 1);
}

/** An envelope with a correlation, as it goes back: the number of deliveries filled in. */
function answeredEnvelope(message: Message, envelope: number, deliveries: number): readonly Frame[] {
  const answered = answeredCorrelation(message, envelope - 1, deliveries);
  return envelope === 1 ? [answered] : [...framesBetween(message, 0, envelope - 1), answered];
}
