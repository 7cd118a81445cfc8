/** The Majordomo client (RFC 7): many requests at once, each with one outcome, whatever becomes of the broker. */
import type { SeaworthyError } from '../core/errors.ts';
import type { StepObserver } from '../core/machine.ts';
import { Numbered } from '../core/numbered.ts';
import { knownOptions } from '../core/options.ts';
import { ClientClosed, RequestAborted, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
import type { FailureCode } from '../load-balancer/failures.ts';
import { Performer } from '../runtime/actor.ts';
import type { Driver } from '../runtime/driver.ts';
import { Endpoints } from '../runtime/endpoints.ts';
import { Epochs } from '../runtime/epochs.ts';
import type { Lane } from '../runtime/lanes.ts';
import { checkRequest, reconnectBackoff, retryBackoff, transportHeartbeatOf, type RequestOptions } from '../runtime/options.ts';
import { OpenRequest, Requester, rejected, type RequesterCounters } from '../runtime/requester.ts';
import type { RoleEvents } from '../runtime/role.ts';
import type { Connector, LivenessLayers, Peer } from '../transport/transport.ts';
import { epochMarkIn, type EpochMark } from '../wire/epoch.ts';
import { bodyOption, type Frame, type FrameLike, type Message } from '../wire/message.ts';
import { Names } from '../wire/names.ts';
import {
  PROBE,
  PROBE_SERVICE,
  answersProbe,
  askForEpoch,
  correlatedRequestToBroker,
  decodeAtClient,
  probeOneOfSeveral,
  requestToBroker,
  type CommandAtClient,
} from './codec.ts';
import {
  majordomoLink,
  majordomoRequest,
  isRetriable,
  type LinkEffects,
  type MajordomoLinkMachine,
  type MajordomoRequestMachine,
  type RequestContext,
  type RequestEffects,
  type RequestFailure,
} from './client.machine.ts';
import { ConnectionLost, RequestFailed, RequestTimedOut } from './errors.ts';
import { clientSettings, serviceOption, type ClientSettings, type MajordomoClientOptions } from './options.ts';

export interface RequestCallOptions extends RequestOptions {
  /** Ends the request with `RequestAborted`. */
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly service: string;
  /** The reply's frames, at least one. */
  readonly body: readonly Buffer[];
  /** What it took, in order; the last one is `replied`. */
  readonly attempts: readonly AttemptRecord[];
  /** How often the answered attempt was handed to a worker; 0 when a foreign broker does not say. */
  readonly deliveries: number;
}

export interface MajordomoClientEvents extends RoleEvents {
  /** Another attempt is made. */
  requestRetried: { readonly service: string; readonly attempt: number; readonly after: AttemptOutcome };
  /** A reply that nobody waits for any more: late, or a duplicate of a retried request. */
  staleReply: { readonly service: string };
  /** It became known how replies find their requests. */
  linkUsable: { readonly correlation: 'envelope' | 'socket'; readonly endpoint: string };
  /** The broker at `endpoint` was lost; the client tries again, or the next one, after `retryIn` ms. */
  brokerLost: { readonly retryIn: number; readonly endpoint: string };
  /** The server at `endpoint` says that it does not serve, another does; the client tries the next one. */
  serverPassive: { readonly endpoint: string };
  /** The server at `endpoint` serves in an epoch that is over: another has taken over from it in epoch `known`. The client tries the next one. */
  serverFenced: { readonly endpoint: string; readonly epoch: number; readonly known: number };
  closed: { readonly endpoint: string; readonly endpoints: readonly string[] };
}

export interface ClientCounters extends RequesterCounters {
  /** Servers left because they said that they were passive. */
  passive: number;
  /** Servers left because another had taken over from them. */
  fenced: number;
}

export interface ClientSnapshot {
  readonly role: 'client';
  readonly name: string;
  /** The broker in use, or the next to be tried. */
  readonly endpoint: string;
  readonly endpoints: readonly string[];
  /** The highest epoch of a Binary Star that the client has met; 0 for none. */
  readonly epoch: number;
  /** `new`, `probing`, `correlated`, `plain`, `resting` or `closed`. */
  readonly state: string;
  /** How replies find their requests now. */
  readonly correlation: 'envelope' | 'socket' | 'unknown';
  readonly layers: LivenessLayers & { readonly heartbeats: false };
  /** Requests without an outcome. */
  readonly open: number;
  /** Those of them that wait for a connection. */
  readonly waiting: number;
  /** Connections of requests with a connection to themselves, in use and idle. */
  readonly sockets: number;
  readonly counters: Readonly<ClientCounters>;
}

/**
 * Sends requests to services by name. Connects at once and for good. A request that is not answered in time, or whose
 * connection is lost, is tried again, `requestRetries` times in all; it never ends twice, and never with another's reply.
 *
 * With several endpoints it uses one broker at a time, and turns to the next when that one is lost, falls silent, or is the passive or replaced
 * server of a Binary Star (Guide, chapter 4).
 *
 * @example
 * const client = MajordomoClient.connect('tcp://127.0.0.1:5555');
 * const reply = await client.request('echo', 'hello');
 */
export class MajordomoClient extends Requester<MajordomoClientEvents, MajordomoCall> {
  readonly endpoints: readonly string[];
  readonly #endpoints: Endpoints;
  readonly #epochs = new Epochs();
  readonly #settings: ClientSettings;
  readonly #context: RequestContext;
  readonly #link: Performer<MajordomoLinkMachine>;
  /** Attempts on the shared connection, by id. Older attempts of an open request stay: their reply is as good. */
  readonly #attempts = new Numbered<SharedAttempt>();
  readonly #names = new Names();
  readonly #serviceFrames = new Map<string, Frame>();
  /** Under `envelope` correlation: the connection of all requests. Under `socket` correlation each has its own, one of `lanes`. */
  #shared: Connector | undefined;
  #lastId: number;
  /** Where the shared connection leads. */
  #sharedEndpoint = '';
  /** Whether a broker of ours answered over the shared connection. */
  #isOurs = false;
  /** Messages the shared connection has brought. */
  #heard = 0;
  /** Replies that connections of requests to the broker in use have brought. */
  #heardOnLanes = 0;

  /**
   * @param endpoints the broker's, for instance `tcp://127.0.0.1:5555`, or those of several that stand in for each other.
   * @throws InvalidOption, InvalidEndpoint at once.
   */
  static connect(endpoints: string | readonly string[], options: MajordomoClientOptions = {}): MajordomoClient {
    const client = new MajordomoClient(endpoints, options);
    client.start(() => {
      client.#link.step({ kind: 'start', correlation: client.#settings.correlation });
    });
    return client;
  }

  private constructor(endpoints: string | readonly string[], options: MajordomoClientOptions) {
    const settings = clientSettings(options);
    super('client', options, settings);
    this.#settings = settings;
    this.#endpoints = new Endpoints(endpoints, options.transport);
    this.endpoints = this.#endpoints.all;
    const { requestTimeout, requestRetries, correlation, probeTimeout } = settings;
    const { random } = this;
    this.#context = { requestTimeout, requestRetries, backoff: retryBackoff(settings), random };
    const link = { correlation, endpoints: this.#endpoints.count, probeTimeout, backoff: reconnectBackoff(settings), random };
    this.#link = new Performer(majordomoLink, this.driver, link, this.observer, this.#linkEffects());
    this.#lastId = Math.floor(random() * 2 ** 32);
  }

  /** The broker in use, or the next to be tried. */
  get endpoint(): string {
    return this.#endpoints.current;
  }

  /**
   * Asks `service` and resolves with its reply.
   *
   * @param body one frame or several; strings are UTF-8. No frame is sent as one empty frame.
   * @throws InvalidOption, TooManyRequests; RequestTimedOut, RequestFailed, ConnectionLost, RequestAborted, ClientClosed, each
   * with the log of the attempts and whether the job may have run. All as rejections.
   */
  request(service: string, body: FrameLike | readonly FrameLike[], options: RequestCallOptions = NO_OPTIONS): Promise<Reply> {
    try {
      const serviceFrame = this.#serviceFrameOf(service);
      const frames = bodyOption(body, this.#settings.maxFrameBytes);
      const context = this.#contextOf(options);
      const { signal } = options;
      this.admit(signal, service);
      const call = new MajordomoCall(this.#host, context, service, serviceFrame, frames, signal);
      this.begin(call);
      return call.outcome;
    } catch (error) {
      return rejected(error);
    }
  }

  /** Names that are asked again and again are checked and encoded once. */
  #serviceFrameOf(service: string): Frame {
    const known = this.#serviceFrames.get(service);
    if (known !== undefined) return known;
    serviceOption('service', service);
    if (this.#serviceFrames.size >= MOST_SERVICE_FRAMES) this.#serviceFrames.clear();
    const frame = Buffer.from(service, 'latin1');
    this.#serviceFrames.set(service, frame);
    return frame;
  }

  #contextOf(options: RequestCallOptions): RequestContext {
    if (options === NO_OPTIONS) return this.#context;
    knownOptions(options, CALL_OPTIONS);
    const { requestTimeout = this.#settings.requestTimeout, requestRetries = this.#settings.requestRetries } = options;
    if (requestTimeout === this.#settings.requestTimeout && requestRetries === this.#settings.requestRetries) return this.#context;
    checkRequest({ requestTimeout, requestRetries });
    return { ...this.#context, requestTimeout, requestRetries };
  }

  protected override get isCrowded(): boolean {
    const shared = this.#shared;
    return shared?.isCrowded?.(shared.remote) === true;
  }

  protected override async shut(): Promise<void> {
    const closing = this.#shared?.close(0);
    this.#link.step({ kind: 'close' });
    await closing;
  }

  protected override sayClosed(): void {
    this.emit('closed', { endpoint: this.endpoint, endpoints: this.endpoints });
  }

  protected override sayUnusable(error: SeaworthyError): void {
    this.emit('unusable', { error });
  }

  /** A plain snapshot: the link, the open requests, what was counted. */
  inspect(): ClientSnapshot {
    const state = this.#link.state.kind;
    return {
      role: 'client',
      name: this.name,
      endpoint: this.endpoint,
      endpoints: this.endpoints,
      epoch: this.#epochs.known,
      state,
      correlation: state === 'correlated' ? 'envelope' : state === 'plain' ? 'socket' : 'unknown',
      layers: { ...this.layers, heartbeats: false },
      open: this.open.size,
      waiting: this.waiting.size,
      sockets: this.lanes.size,
      counters: { ...this.counters, passive: this.#epochs.passive, fenced: this.#epochs.fenced, faults: this.faults },
    };
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    const lane = peer.session as Lane<MajordomoCall> | undefined;
    const mark = lane === undefined && this.#endpoints.several && message.frameCount > 0 ? epochMarkIn(message, 0) : undefined;
    const command = decodeAtClient(message, mark === undefined ? 0 : 1, this.#names);
    const isWhole = command.kind !== 'INVALID' || mark?.kind === 'passive';
    if (mark !== undefined && isWhole && !this.#believes(mark)) return;
    if (command.kind === 'INVALID') {
      this.counters.invalid++;
      return;
    }
    if (lane === undefined) this.#hear();
    if (lane !== undefined) this.#answerOnLane(lane, command);
    else if (command.id >= 0) this.#answerOnShared(command);
    else if (command.service === PROBE_SERVICE) this.#answerProbe(answersProbe(command), mark !== undefined);
    else this.#stale(command.service);
  }

  /** Leaves a server that does not serve, or serves in an epoch that is over. */
  #believes(mark: EpochMark): boolean {
    const verdict = this.#epochs.judge(mark);
    if (verdict === 'fine' || verdict === 'learned') return true;
    const endpoint = this.#sharedEndpoint;
    if (verdict === 'passive') this.emit('serverPassive', { endpoint });
    else this.emit('serverFenced', { endpoint, epoch: mark.epoch, known: this.#epochs.known });
    this.#link.step({ kind: 'brokerGone' });
    return false;
  }

  /** Of several brokers one that is ours is asked once more, for its epoch, before it gets requests. */
  #answerProbe(ours: boolean, isMarked: boolean): void {
    this.#isOurs = ours;
    if (ours && this.#endpoints.several && !isMarked && this.#shared !== undefined) {
      this.sendOver(this.#shared, askForEpoch(this.#epochs.mark));
      return;
    }
    this.#link.step({ kind: 'ANSWER', ours });
  }

  /** Whatever the shared connection brings ends a doubt, and a row of failures. */
  #hear(): void {
    this.#heard++;
    const { state } = this.#link;
    if (state.kind === 'doubting' && this.#endpoints.several) this.placeSoon();
    if (state.kind === 'doubting' || (state.kind === 'correlated' && state.failures > 0)) this.#link.step({ kind: 'ANSWER', ours: true });
  }

  #answerOnShared(command: CommandAtClient): void {
    const known = this.#attempts.get(command.id);
    if (known === undefined || known.request.service !== command.service) this.#stale(command.service);
    else if (command.kind === 'REPLY')
      known.request.step({ kind: 'REPLY', attempt: known.attempt, body: command.body, deliveries: command.deliveries });
    else {
      const { code, deliveries } = command;
      known.request.step({ kind: 'FAILURE', attempt: known.attempt, code, deliveries });
    }
  }

  #answerOnLane(lane: Lane<MajordomoCall>, command: CommandAtClient): void {
    const { request } = lane;
    if (request !== undefined && command.kind === 'REPLY' && command.id < 0 && command.service === request.service) {
      request.step({ kind: 'REPLY', attempt: request.attempt, body: command.body, deliveries: command.deliveries });
      if (this.#endpoints.several) this.#hearOnLane(lane);
      return;
    }
    this.#stale(command.service);
    lane.suspect = true;
    if (request === undefined) this.lanes.retire(lane);
  }

  /** Who answers is there: the client stays with it, or goes back to it. */
  #hearOnLane({ endpoint }: Lane<MajordomoCall>): void {
    if (this.#link.state.kind !== 'plain') return;
    if (this.#settings.correlation === 'socket') this.#endpoints.use(endpoint);
    if (endpoint !== this.endpoint) return;
    this.#heardOnLanes++;
    this.#link.step({ kind: 'ANSWER', ours: false });
  }

  #stale(service: string): void {
    this.counters.stale++;
    this.emit('staleReply', { service });
  }

  protected override lose(peer: Peer): void {
    const lane = peer.session as Lane<MajordomoCall> | undefined;
    if (lane === undefined) {
      this.#link.step({ kind: 'brokerGone' });
      return;
    }
    this.loseLane(lane);
  }

  /* ---------------------------------------------------------------- the link */

  #linkEffects(): LinkEffects & { refuse(): void } {
    return {
      open: () => {
        this.#isOurs = false;
        this.#sharedEndpoint = this.endpoint;
        this.#shared = this.#connect(this.endpoint, this.#settings.maxOpenRequests);
        if (this.#shared === undefined) this.#link.later({ kind: 'brokerGone' });
      },
      shut: () => {
        if (this.#shared !== undefined) this.leave(this.#shared);
        this.#shared = undefined;
        for (const request of this.open)
          if (request.shared)
            this.driver.followUp(() => {
              request.step({ kind: 'connectionLost' });
            });
      },
      probe: () => {
        if (this.#shared !== undefined) this.sendOver(this.#shared, this.#probe());
      },
      usable: () => {
        this.placeSoon();
        this.driver.followUp(() => {
          const { kind } = this.#link.state;
          if (kind !== 'correlated' && kind !== 'plain') return;
          if (kind === 'correlated') this.lanes.retireIdle();
          const correlation = kind === 'correlated' ? 'envelope' : 'socket';
          const { endpoint } = this;
          this.logger.info({ role: this.name, correlation, endpoint }, 'link usable');
          this.emit('linkUsable', { correlation, endpoint });
        });
      },
      lost: (retryIn) => {
        const { endpoint } = this;
        this.logger.info({ role: this.name, endpoint, retryIn: Math.round(retryIn) }, 'broker lost');
        this.emit('brokerLost', { retryIn, endpoint });
        this.#endpoints.next();
      },
      turn: () => {
        this.#endpoints.next();
      },
      refuse: () => {
        this.counters.invalid++;
      },
    };
  }

  #probe(): readonly Frame[] {
    if (!this.#endpoints.several) return PROBE;
    const { mark } = this.#epochs;
    return this.#isOurs ? askForEpoch(mark) : probeOneOfSeveral(mark);
  }

  #connect(endpoint: string, highWaterMark: number): Connector | undefined {
    return this.connectTo(endpoint, {
      highWaterMark,
      transportHeartbeat: transportHeartbeatOf(this.#settings),
      reconnectInterval: Math.ceil(this.#settings.reconnectInterval * (0.2 + 0.8 * this.random())),
    });
  }

  protected override connectLane(endpoint: string): Connector | undefined {
    return this.#connect(endpoint, FEW_MESSAGES);
  }

  /* ---------------------------------------------------------------- requests and their connections */

  /** What a request asks of its client. */
  readonly #host: RequestHost = {
    driver: this.driver,
    observer: this.observer,
    enqueue: (request) => {
      this.enqueue(request);
    },
    unanswered: (request) => {
      const { lane, heardBefore } = request;
      const isSilent = request.shared && heardBefore === this.#heard;
      const isSilentLane = lane !== undefined && heardBefore === this.#heardOnLanes && request.turn === this.#endpoints.turns;
      if (isSilent || (isSilentLane && this.#endpoints.several)) this.#link.later({ kind: 'doubt' });
    },
    retire: (request) => {
      if (this.waiting.has(request)) this.waiting.remove(request);
      request.shared = false;
      if (request.lane !== undefined) {
        // What may still bring a late answer must not carry another request.
        if (request.answered && this.#link.state.kind !== 'correlated') this.lanes.reuse(request.lane);
        else this.lanes.retire(request.lane);
        if (this.waiting.size > 0) this.placeSoon();
        request.lane = undefined;
      }
    },
    transmit: (request, attempt) => this.#transmit(request, attempt),
    unusable: () => this.unusable,
    retrying: (request, attempt, after) => {
      this.counters.retries++;
      this.emit('requestRetried', { service: request.service, attempt, after });
    },
    settled: (request, failure) => {
      for (let sent = request.sentShared; sent !== undefined; sent = sent.earlier) this.#attempts.delete(sent.id);
      this.settled(request, failure);
    },
  };

  protected override place(): void {
    const { kind } = this.#link.state;
    // Where another broker may answer, an attempt is not spent on one that may be dead.
    const shared = kind === 'correlated' || (kind === 'doubting' && !this.#endpoints.several);
    if (!shared && kind !== 'plain') return;
    while (this.waiting.size > 0) {
      if (kind === 'plain' && this.lanes.full) return;
      const request = this.waiting.take() as MajordomoCall;
      const lane = kind === 'plain' ? this.lanes.take(this.endpoint, request.attempt > 1) : undefined;
      request.lane = lane;
      request.shared = shared;
      if (lane !== undefined) lane.request = request;
      request.step({ kind: 'place' });
      if (lane === undefined && !request.shared) request.later({ kind: 'connectionLost' });
    }
  }

  #transmit(request: MajordomoCall, attempt: number): boolean {
    const { service, serviceFrame, lane } = request;
    if (this.trace !== undefined)
      this.trace({ t: this.driver.now, node: this.name, kind: 'attempt', service, request: request.number, attempt });
    if (lane !== undefined) {
      request.heardBefore = this.#heardOnLanes;
      request.turn = this.#endpoints.turns;
      return this.sendOver(lane.connector, requestToBroker(serviceFrame, request.body));
    }
    if (!request.shared) return false;
    const id = this.#nextId();
    const earlier = request.sentShared;
    request.sentShared = { id, request, attempt, earlier };
    this.#attempts.add(id, request.sentShared);
    request.heardBefore = this.#heard;
    return this.sendOver(this.#shared as Connector, correlatedRequestToBroker(id, request.timeLeft, serviceFrame, request.body));
  }

  /** Ids wrap; one that an open request still uses is passed over. */
  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) % 2 ** 32;
    while (this.#attempts.has(this.#lastId));
    return this.#lastId;
  }
}

const NO_OPTIONS: RequestCallOptions = {};
const CALL_OPTIONS: readonly string[] = ['requestTimeout', 'requestRetries', 'signal'];
const MOST_SERVICE_FRAMES = 1000;
/** A connection with one request at a time holds no more than that and a heartbeat. */
const FEW_MESSAGES = 10;

/** An attempt that was sent over the shared connection. */
interface SharedAttempt {
  readonly id: number;
  readonly request: MajordomoCall;
  readonly attempt: number;
  /** The one before it of the same request. */
  readonly earlier: SharedAttempt | undefined;
}

interface RequestHost {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  enqueue(request: MajordomoCall): void;
  /** Its attempt timed out, or lost a connection of its own: has the broker said anything meanwhile? */
  unanswered(request: MajordomoCall): void;
  retire(request: MajordomoCall): void;
  /** Whether the connection took it. */
  transmit(request: MajordomoCall, attempt: number): boolean;
  retrying(request: MajordomoCall, attempt: number, after: AttemptOutcome): void;
  settled(request: MajordomoCall, failure: RequestFailure | undefined): void;
  /** Why the client can never work, if so. */
  unusable(): SeaworthyError | undefined;
}

/** One request from the call to its outcome. */
class MajordomoCall extends OpenRequest<MajordomoRequestMachine, MajordomoCall, Reply> implements RequestEffects {
  readonly service: string;
  readonly serviceFrame: Frame;
  /** Its last attempt over the shared connection. */
  sentShared: SharedAttempt | undefined;
  /** It was sent over the shared connection. */
  shared = false;
  /** What the shared connection, or those of single requests, had brought when it was sent. */
  heardBefore = 0;
  /** How often the client had turned to another broker when it was sent. */
  turn = 0;
  readonly #host: RequestHost;

  constructor(
    host: RequestHost,
    context: RequestContext,
    service: string,
    serviceFrame: Frame,
    body: readonly Frame[],
    signal: AbortSignal | undefined,
  ) {
    super(majordomoRequest, host, context, body, signal);
    this.#host = host;
    this.service = service;
    this.serviceFrame = serviceFrame;
  }

  /** How long this attempt will still be waited for, in ms, at least 1: the wait for a connection is part of it. */
  get timeLeft(): number {
    return Math.max(1, this.context.requestTimeout - (this.driver.now - this.log.attemptAt));
  }

  enqueue(): void {
    this.stayInLine();
    this.#host.enqueue(this);
  }

  stayInLine(): void {
    const last = this.log.records.at(-1);
    if (last !== undefined) this.#host.retrying(this, last.attempt + 1, last.outcome);
    this.log.begin(this.driver.now);
  }

  retire(): void {
    this.#host.retire(this);
  }

  transmit(attempt: number): void {
    this.log.sent = this.#host.transmit(this, attempt);
  }

  note(attempt: number, outcome: AttemptOutcome, deliveries?: number): void {
    this.answered = outcome === 'replied';
    if (outcome === 'timed-out' || (outcome === 'connection-lost' && !this.shared)) this.#host.unanswered(this);
    this.log.note(attempt, outcome, this.driver.now, deliveries === undefined ? undefined : { deliveries });
  }

  succeed(body: readonly Frame[], deliveries: number): void {
    this.#host.settled(this, undefined);
    this.resolve({ service: this.service, body, attempts: this.log.records, deliveries });
  }

  fail(failure: RequestFailure, code: FailureCode | undefined, deliveries: number): void {
    this.#host.settled(this, failure);
    this.reject(this.#errorOf(failure, code, deliveries));
  }

  #errorOf(failure: RequestFailure, code: FailureCode | undefined, deliveries: number): SeaworthyError {
    const { service } = this;
    const request = { service, attempts: this.log.records, mayHaveRun: this.log.mayHaveRun };
    const { requestTimeout, requestRetries } = this.context;
    switch (failure) {
      case 'timed-out': {
        const attempts = requestRetries === 1 ? 'its only attempt' : `any of ${requestRetries} attempts`;
        const text = `"${service}" did not answer within ${requestTimeout} ms in ${attempts}`;
        return new RequestTimedOut(text, request);
      }
      case 'connection-lost':
        return new ConnectionLost(
          `the connection was lost during attempt ${request.attempts.length} of ${requestRetries} at "${service}"`,
          request,
        );
      case 'refused':
        return new RequestFailed(request, code as FailureCode, deliveries, isRetriable(code as FailureCode));
      case 'aborted':
        return new RequestAborted(`the request to "${service}" was aborted`, request, { cause: this.signal?.reason });
      case 'closed':
        return this.#host.unusable() ?? new ClientClosed(`the client was closed before "${service}" answered`, request);
    }
  }
}
