/** The Lazy Pirate client (Guide, chapter 4): reliability by trying again, against any REP server. */
import type { SeaworthyError } from '../core/errors.ts';
import type { StepObserver } from '../core/machine.ts';
import { knownOptions } from '../core/options.ts';
import { ClientClosed, RequestAborted, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
import type { Driver } from '../runtime/driver.ts';
import { Endpoints } from '../runtime/endpoints.ts';
import type { Lane } from '../runtime/lanes.ts';
import { retryBackoff, transportHeartbeatOf } from '../runtime/options.ts';
import { OpenRequest, Requester, rejected, type RequesterCounters } from '../runtime/requester.ts';
import type { RoleEvents, RoleOptions } from '../runtime/role.ts';
import type { Connector, LivenessLayers, Peer } from '../transport/transport.ts';
import { bodyOption, type Frame, type FrameLike, type Message } from '../wire/message.ts';
import {
  lazyPirateRequest,
  type LazyPirateFailure,
  type LazyPirateRequestContext,
  type LazyPirateRequestEffects,
  type LazyPirateRequestMachine,
} from './client.machine.ts';
import { decodeAtClient, requestToServer, type CommandAtClient } from './codec.ts';
import { RequestAbandoned } from './errors.ts';
import {
  checkLazyPirateRequest,
  lazyPirateClientSettings,
  type LazyPirateClientOptions,
  type LazyPirateClientSettings,
  type LazyPirateRequestOptions,
} from './options.ts';

export interface LazyPirateCallOptions extends LazyPirateRequestOptions {
  /** Ends the request with `RequestAborted`. */
  readonly signal?: AbortSignal;
}

export interface LazyPirateReply {
  /** The reply's frames, at least one. */
  readonly body: readonly Buffer[];
  /** What it took, in order; the last one is `replied`. */
  readonly attempts: readonly AttemptRecord[];
  /** Who answered. */
  readonly endpoint: string;
}

export interface LazyPirateClientEvents extends RoleEvents {
  /** Another attempt is made, at `endpoint`; `after` is how the last one ended. */
  requestRetried: { readonly attempt: number; readonly after: AttemptOutcome; readonly endpoint: string };
  /** Something came over a connection that had no request in flight. */
  staleReply: { readonly endpoint: string };
  closed: { readonly endpoints: readonly string[] };
}

export type LazyPirateClientCounters = RequesterCounters;

/** What every client that asks servers in turn can be asked. */
export interface RetryingClientSnapshot {
  readonly name: string;
  readonly state: 'open' | 'closed';
  readonly endpoints: readonly string[];
  /** Where the next request is tried first: the endpoint that answered last, or the one after it if that has failed since. */
  readonly preferred: string;
  readonly layers: LivenessLayers & { readonly heartbeats: false };
  /** Requests without an outcome. */
  readonly open: number;
  /** Those of them that wait for a connection. */
  readonly waiting: number;
  /** Connections, in use and idle. */
  readonly sockets: number;
  readonly counters: Readonly<RequesterCounters>;
}

export interface LazyPirateClientSnapshot extends RetryingClientSnapshot {
  readonly role: 'lazy-pirate-client';
}

/** A request holds one message. */
const FEW_MESSAGES = 10;
/** How long libzmq pauses before it tries an absent server again, at most; spread, because many clients may look for one server. */
const RECONNECT_MS = 150;
const NO_OPTIONS: LazyPirateCallOptions = {};
const CALL_OPTIONS: readonly string[] = ['requestTimeout', 'requestRetries', 'deadline', 'signal'];

/** A client that asks one server after another until one answers; a pattern says what goes on the wire. */
export abstract class RetryingClient<E extends RoleEvents> extends Requester<E, LazyPirateCall> {
  readonly endpoints: readonly string[];
  readonly #endpoints: Endpoints;
  readonly #settings: LazyPirateClientSettings;
  readonly #context: LazyPirateRequestContext;

  /** @param isInRounds whether the pause is short until every server has been tried once more. */
  protected constructor(
    kind: string,
    endpoints: string | readonly string[],
    options: RoleOptions,
    settings: LazyPirateClientSettings,
    isInRounds: boolean,
  ) {
    super(kind, options, settings);
    this.#settings = settings;
    this.#endpoints = new Endpoints(endpoints, options.transport);
    this.endpoints = this.#endpoints.all;
    const { requestTimeout, requestRetries, deadline } = settings;
    const { random } = this;
    const backoff = retryBackoff(settings);
    const round = isInRounds ? this.#endpoints.count : 1;
    this.#context = { requestTimeout, requestRetries, deadline: limitOf(deadline), backoff, round, random };
  }

  /** A whole request. */
  protected encode(body: readonly Frame[]): readonly Frame[] {
    return requestToServer(body);
  }

  /** What came from the server at `endpoint`. Total. */
  protected decode(message: Message, _endpoint: string): CommandAtClient | { readonly kind: 'REFUSAL'; readonly ran: boolean } {
    return decodeAtClient(message);
  }

  protected abstract sayRetried(attempt: number, after: AttemptOutcome, endpoint: string): void;
  protected abstract sayStale(endpoint: string): void;

  /** Requests that have had no attempt yet are not tried first at `endpoint`: not each of them is to find out anew that a server is dead. */
  protected avoid(endpoint: string): void {
    if (this.#endpoints.current === endpoint) this.#endpoints.next();
  }

  /** Connects when there is a request, as soon as there is a transport. */
  protected startAsking(): void {
    this.start(() => {
      this.placeSoon();
    });
  }

  /**
   * Asks and resolves with the reply.
   *
   * @param body one frame or several; strings are UTF-8. No frame is sent as one empty frame.
   * @throws InvalidOption, TooManyRequests; RequestAbandoned, RequestAborted, ClientClosed, each with the log of the attempts and whether
   * the job may have run. All as rejections.
   */
  request(body: FrameLike | readonly FrameLike[], options: LazyPirateCallOptions = NO_OPTIONS): Promise<LazyPirateReply> {
    try {
      const frames = bodyOption(body, this.#settings.maxFrameBytes);
      const context = this.#contextOf(options);
      const { signal } = options;
      this.admit(signal);
      const call = new LazyPirateCall(this.#host, context, frames, signal);
      this.begin(call);
      return call.outcome;
    } catch (error) {
      return rejected(error);
    }
  }

  #contextOf(options: LazyPirateCallOptions): LazyPirateRequestContext {
    if (options === NO_OPTIONS) return this.#context;
    knownOptions(options, CALL_OPTIONS);
    const own = this.#settings;
    const { requestTimeout = own.requestTimeout, requestRetries = own.requestRetries, deadline = own.deadline } = options;
    if (requestTimeout === own.requestTimeout && requestRetries === own.requestRetries && deadline === own.deadline) return this.#context;
    checkLazyPirateRequest({ requestTimeout, requestRetries, deadline });
    return { ...this.#context, requestTimeout, requestRetries, deadline: limitOf(deadline) };
  }

  protected override async shut(): Promise<void> {
    // There is nothing but the connections of its requests.
  }

  protected snapshot(): RetryingClientSnapshot {
    return {
      name: this.name,
      state: this.closing ? 'closed' : 'open',
      endpoints: this.endpoints,
      preferred: this.#endpoints.current,
      layers: { ...this.layers, heartbeats: false },
      open: this.open.size,
      waiting: this.waiting.size,
      sockets: this.lanes.size,
      counters: { ...this.counters, faults: this.faults },
    };
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    const lane = peer.session as Lane<LazyPirateCall>;
    const command = this.decode(message, lane.endpoint);
    if (command.kind === 'INVALID') {
      this.counters.invalid++;
      return;
    }
    if (lane.request !== undefined) {
      lane.request.step(command);
      return;
    }
    // A server that speaks unasked may do so again, just after the next request.
    this.counters.stale++;
    this.sayStale(lane.endpoint);
    this.lanes.retire(lane);
  }

  protected override lose(peer: Peer): void {
    this.loseLane(peer.session as Lane<LazyPirateCall>);
  }

  /* ---------------------------------------------------------------- requests and their connections */

  readonly #host: RequestHost = {
    driver: this.driver,
    observer: this.observer,
    enqueue: (request) => {
      this.enqueue(request);
    },
    retire: (request) => {
      if (this.waiting.has(request)) this.waiting.remove(request);
      const { lane } = request;
      if (lane === undefined) return;
      request.lane = undefined;
      if (request.answered) {
        this.#endpoints.use(lane.endpoint);
        this.lanes.reuse(lane);
      } else {
        this.lanes.retire(lane);
      }
      if (this.waiting.size > 0) this.placeSoon();
    },
    transmit: (request) => this.#transmit(request),
    unusable: () => this.unusable,
    retrying: (attempt, after, endpoint) => {
      this.counters.retries++;
      this.sayRetried(attempt, after, endpoint);
    },
    avoid: (endpoint) => {
      this.avoid(endpoint);
    },
    settled: (request, failure) => {
      this.settled(request, failure);
    },
  };

  protected override place(): void {
    if (this.transportInUse === undefined) return;
    while (this.waiting.size > 0 && !this.lanes.full) {
      const request = this.waiting.take() as LazyPirateCall;
      if (request.first < 0) request.first = this.#endpoints.index;
      request.endpoint = this.#endpoints.at(request.first + request.attempt - 1);
      request.lane = this.lanes.take(request.endpoint, request.attempt > 1);
      if (request.lane !== undefined) request.lane.request = request;
      request.step({ kind: 'place' });
      if (request.lane !== undefined) continue;
      this.avoid(request.endpoint);
      request.later({ kind: 'connectionLost' });
    }
  }

  #transmit(request: LazyPirateCall): boolean {
    const { lane, attempt } = request;
    if (this.trace !== undefined) {
      this.trace({ t: this.driver.now, node: this.name, kind: 'attempt', request: request.number, attempt });
    }
    if (lane === undefined) return false;
    return this.sendOver(lane.connector, this.encode(request.body));
  }

  protected override connectLane(endpoint: string): Connector | undefined {
    return this.connectTo(endpoint, {
      highWaterMark: FEW_MESSAGES,
      transportHeartbeat: transportHeartbeatOf(this.#settings),
      reconnectInterval: Math.ceil(RECONNECT_MS * (0.2 + 0.8 * this.random())),
    });
  }
}

/**
 * Asks a REP server, or the first of several that answers. A request that is not answered within `requestTimeout`, or whose connection is
 * lost, is sent again over a new connection to the next endpoint in turn, `requestRetries` times in all; requests that wait for a connection
 * go there as well. It never ends twice, and never with another's reply. The server may do the work more than once.
 *
 * @example
 * const client = LazyPirateClient.connect('tcp://127.0.0.1:5555');
 * const reply = await client.request('hello');
 */
export class LazyPirateClient extends RetryingClient<LazyPirateClientEvents> {
  /**
   * Nothing is connected before there is a request.
   *
   * @param endpoints the server's, for instance `tcp://127.0.0.1:5555`, or those of several that do the same; one that is given twice counts once.
   * @throws InvalidOption, InvalidEndpoint at once.
   */
  static connect(endpoints: string | readonly string[], options: LazyPirateClientOptions = {}): LazyPirateClient {
    const client = new LazyPirateClient(endpoints, options);
    client.startAsking();
    return client;
  }

  private constructor(endpoints: string | readonly string[], options: LazyPirateClientOptions) {
    super('lazy-pirate-client', endpoints, options, lazyPirateClientSettings(options), false);
  }

  protected override sayRetried(attempt: number, after: AttemptOutcome, endpoint: string): void {
    this.emit('requestRetried', { attempt, after, endpoint });
  }

  protected override sayStale(endpoint: string): void {
    this.emit('staleReply', { endpoint });
  }

  protected override sayClosed(): void {
    this.emit('closed', { endpoints: this.endpoints });
  }

  protected override sayUnusable(error: SeaworthyError): void {
    this.emit('unusable', { error });
  }

  /** A plain snapshot: the open requests, the connections, what was counted. */
  inspect(): LazyPirateClientSnapshot {
    return { role: 'lazy-pirate-client', ...this.snapshot() };
  }
}

function limitOf(deadline: number): number {
  return deadline === 0 ? Infinity : deadline;
}

interface RequestHost {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  enqueue(request: LazyPirateCall): void;
  retire(request: LazyPirateCall): void;
  /** Whether the connection took it. */
  transmit(request: LazyPirateCall): boolean;
  retrying(attempt: number, after: AttemptOutcome, endpoint: string): void;
  avoid(endpoint: string): void;
  settled(request: LazyPirateCall, failure: LazyPirateFailure | undefined): void;
  /** Why the client can never work, if so. */
  unusable(): SeaworthyError | undefined;
}

/** One request from the call to its outcome. */
class LazyPirateCall extends OpenRequest<LazyPirateRequestMachine, LazyPirateCall, LazyPirateReply> implements LazyPirateRequestEffects {
  /** Which of the endpoints its first attempt goes to; the others follow in turn. -1 before. */
  first = -1;
  /** Where the attempt under way goes. */
  endpoint = '';
  readonly #host: RequestHost;

  constructor(host: RequestHost, context: LazyPirateRequestContext, body: readonly Frame[], signal: AbortSignal | undefined) {
    super(lazyPirateRequest, host, context, body, signal);
    this.#host = host;
  }

  enqueue(): void {
    this.endpoint = '';
    this.#host.enqueue(this);
  }

  retire(): void {
    this.#host.retire(this);
  }

  transmit(): void {
    this.log.begin(this.driver.now);
    const last = this.log.records.at(-1);
    if (last !== undefined) this.#host.retrying(last.attempt + 1, last.outcome, this.endpoint);
    this.log.sent = this.#host.transmit(this);
  }

  note(attempt: number, outcome: AttemptOutcome, deliveries?: number): void {
    this.answered = outcome === 'replied';
    this.log.note(attempt, outcome, this.driver.now, {
      ...(this.endpoint === '' ? {} : { endpoint: this.endpoint }),
      ...(deliveries === undefined ? {} : { deliveries }),
    });
  }

  blame(): void {
    this.#host.avoid(this.endpoint);
  }

  succeed(body: readonly Frame[]): void {
    this.#host.settled(this, undefined);
    this.resolve({ body, attempts: this.log.records, endpoint: this.endpoint });
  }

  fail(failure: LazyPirateFailure): void {
    this.#host.settled(this, failure);
    this.reject(this.#errorOf(failure));
  }

  #errorOf(failure: LazyPirateFailure): SeaworthyError {
    const { requestTimeout, requestRetries, deadline } = this.context;
    const request = { attempts: this.log.records, mayHaveRun: this.log.mayHaveRun };
    switch (failure) {
      case 'timed-out': {
        const attempts = requestRetries === 1 ? 'its only attempt' : `the last of ${requestRetries} attempts`;
        return new RequestAbandoned(`abandoned: no answer within ${requestTimeout} ms in ${attempts}`, request, failure);
      }
      case 'connection-lost':
        return new RequestAbandoned(
          `abandoned: the connection was lost during attempt ${requestRetries} of ${requestRetries}`,
          request,
          failure,
        );
      case 'refused':
        return new RequestAbandoned(
          `abandoned: the server of attempt ${requestRetries} of ${requestRetries} does not serve`,
          request,
          failure,
        );
      case 'deadline':
        return new RequestAbandoned(`abandoned: no answer within the deadline of ${deadline} ms`, request, failure);
      case 'aborted':
        return new RequestAborted('the request was aborted', request, { cause: this.signal?.reason });
      case 'closed':
        return this.#host.unusable() ?? new ClientClosed('the client was closed before the answer came', request);
    }
  }
}
