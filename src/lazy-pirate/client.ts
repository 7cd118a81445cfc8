/** The Lazy Pirate client (Guide, chapter 4): reliability by trying again, against any REP server. */
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import type { StepObserver } from '../core/machine.ts';
import { knownOptions } from '../core/options.ts';
import {
  AttemptLog,
  ClientClosed,
  RequestAborted,
  TooManyRequests,
  UNTRIED,
  type AttemptOutcome,
  type AttemptRecord,
} from '../core/requests.ts';
import { AbortSignals, checkSignal } from '../runtime/abort-signals.ts';
import { Actor } from '../runtime/actor.ts';
import type { Driver } from '../runtime/driver.ts';
import { Lanes, type Lane } from '../runtime/lanes.ts';
import { retryBackoff, transportHeartbeatOf } from '../runtime/options.ts';
import { Role, type RoleEvents } from '../runtime/role.ts';
import { checkEndpoint, type Connector, type LivenessLayers, type Peer, type Transport } from '../transport/transport.ts';
import { bodyOption, type Frame, type FrameLike, type Message } from '../wire/message.ts';
import {
  lazyPirateRequest,
  type LazyPirateFailure,
  type LazyPirateRequestContext,
  type LazyPirateRequestEffects,
  type LazyPirateRequestMachine,
} from './client.machine.ts';
import { decodeAtClient, requestToServer } from './codec.ts';
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

export interface LazyPirateClientCounters {
  requests: number;
  replies: number;
  failures: number;
  /** Attempts beyond the first. */
  retries: number;
  /** Messages that nobody had asked for. */
  stale: number;
  /** Messages that are no answer of a REP socket. */
  invalid: number;
  connections: number;
  /** Requests that a connection would not take. */
  undeliverable: number;
  faults: number;
}

export interface LazyPirateClientSnapshot {
  readonly role: 'lazy-pirate-client';
  readonly name: string;
  readonly state: 'open' | 'closed';
  readonly endpoints: readonly string[];
  /** Where the next request is tried first: the endpoint that answered last. */
  readonly preferred: string;
  readonly layers: LivenessLayers & { readonly heartbeats: false };
  /** Requests without an outcome. */
  readonly open: number;
  /** Those of them that wait for a connection. */
  readonly waiting: number;
  /** Connections, in use and idle. */
  readonly sockets: number;
  readonly counters: Readonly<LazyPirateClientCounters>;
}

/** A request holds one message. */
const FEW_MESSAGES = 10;
/** How long libzmq pauses before it tries an absent server again, at most; spread, because many clients may look for one server. */
const RECONNECT_MS = 150;
const CALL_OPTIONS: readonly string[] = ['requestTimeout', 'requestRetries', 'deadline', 'signal'];

/**
 * Asks a REP server, or the first of several that answers. A request that is not answered within `requestTimeout`, or whose connection is
 * lost, is sent again over a new connection to the next endpoint in turn, `requestRetries` times in all. It never ends twice, and never
 * with another's reply. The server may do the work more than once.
 *
 * @example
 * const client = LazyPirateClient.connect('tcp://127.0.0.1:5555');
 * const reply = await client.request('hello');
 */
export class LazyPirateClient extends Role<LazyPirateClientEvents> {
  readonly endpoints: readonly string[];
  readonly #settings: LazyPirateClientSettings;
  readonly #context: LazyPirateRequestContext;
  readonly #open = new Set<OpenRequest>();
  readonly #waiting = new Fifo<OpenRequest>();
  readonly #lanes: Lanes<OpenRequest>;
  readonly #signals = new AbortSignals<OpenRequest>((requests) => {
    this.driver.run(() => {
      for (const each of requests) each.later({ kind: 'abort' });
    });
  });
  readonly #counters: LazyPirateClientCounters = {
    requests: 0,
    replies: 0,
    failures: 0,
    retries: 0,
    stale: 0,
    invalid: 0,
    connections: 0,
    undeliverable: 0,
    faults: 0,
  };
  #transport: Transport | undefined;
  #layers: LivenessLayers = { disconnectNotices: false, transportHeartbeats: false };
  #preferred = 0;
  #placing = false;
  #unusable: SeaworthyError | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Nothing is connected before there is a request.
   *
   * @param endpoints the server's, for instance `tcp://127.0.0.1:5555`, or those of several that do the same.
   * @throws InvalidOption, InvalidEndpoint at once.
   */
  static connect(endpoints: string | readonly string[], options: LazyPirateClientOptions = {}): LazyPirateClient {
    const client = new LazyPirateClient(endpoints, options);
    client.withTransport((transport) => {
      client.#transport = transport;
      client.attempt(() => {
        client.#placeSoon();
      });
    }, client.#giveUp);
    return client;
  }

  private constructor(endpoints: string | readonly string[], options: LazyPirateClientOptions) {
    super('lazy-pirate-client', options);
    this.#settings = lazyPirateClientSettings(options);
    const given = typeof endpoints === 'string' ? [endpoints] : endpoints;
    if (!Array.isArray(given) || given.length === 0) throw new InvalidOption('endpoints', endpoints, 'an endpoint or several');
    this.endpoints = (given as readonly string[]).map((endpoint) => checkEndpoint(endpoint, options.transport));
    const { requestTimeout, requestRetries, deadline } = this.#settings;
    const { random } = this;
    this.#context = { requestTimeout, requestRetries, deadline: limitOf(deadline), backoff: retryBackoff(this.#settings), random };
    this.#lanes = new Lanes(
      this.#settings.maxSockets,
      (endpoint) => this.#connect(endpoint),
      (connector) => {
        void connector.close(0);
        // A connection that is closed during its own burst of messages is not told of the burst's end.
        this.driver.batchEnd();
      },
    );
  }

  /**
   * Asks and resolves with the reply.
   *
   * @param body one frame or several; strings are UTF-8. No frame is sent as one empty frame.
   * @throws InvalidOption, TooManyRequests; RequestAbandoned, RequestAborted, ClientClosed, each with the log of the attempts and whether
   * the job may have run. All as rejections.
   */
  async request(body: FrameLike | readonly FrameLike[], options: LazyPirateCallOptions = {}): Promise<LazyPirateReply> {
    const frames = bodyOption(body, this.#settings.maxFrameBytes);
    const context = this.#contextOf(options);
    const { signal } = options;
    checkSignal(signal);
    if (this.#open.size >= this.#settings.maxOpenRequests) throw new TooManyRequests(this.#open.size);
    if (this.#unusable !== undefined) throw this.#unusable;
    if (this.#closing !== undefined) throw new ClientClosed('the client is closed', UNTRIED);
    if (signal?.aborted === true) throw new RequestAborted('the request was aborted before it began', UNTRIED, { cause: signal.reason });
    this.#counters.requests++;
    return new Promise<LazyPirateReply>((resolve, reject) => {
      const request = new OpenRequest(this.#host, context, frames, signal, resolve, reject);
      this.driver.run(() => {
        request.step({ kind: 'begin' });
        this.#open.add(request);
        if (signal !== undefined) this.#signals.listen(signal, request);
      });
    });
  }

  #contextOf(options: LazyPirateCallOptions): LazyPirateRequestContext {
    knownOptions(options, CALL_OPTIONS);
    const own = this.#settings;
    const { requestTimeout = own.requestTimeout, requestRetries = own.requestRetries, deadline = own.deadline } = options;
    if (requestTimeout === own.requestTimeout && requestRetries === own.requestRetries && deadline === own.deadline) return this.#context;
    checkLazyPirateRequest({ requestTimeout, requestRetries, deadline });
    return { ...this.#context, requestTimeout, requestRetries, deadline: limitOf(deadline) };
  }

  /** Ends all open requests with `ClientClosed` and leaves. To drain, await the requests first. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What cannot work, now or later: says so once, to every open request and to every later one, and ends. */
  readonly #giveUp = (error: SeaworthyError): void => {
    this.#unusable = error;
    this.emit('unusable', { error });
    this.driver.callback(() => {
      void this.close();
    });
  };

  async #close(): Promise<void> {
    let closing = Promise.resolve();
    this.driver.run(() => {
      for (const request of [...this.#open]) request.step({ kind: 'close' });
      closing = this.#lanes.close();
    });
    this.driver.stop();
    await closing;
    this.emit('closed', { endpoints: this.endpoints });
    this.silence();
  }

  /** A plain snapshot: the open requests, the connections, what was counted. */
  inspect(): LazyPirateClientSnapshot {
    return {
      role: 'lazy-pirate-client',
      name: this.name,
      state: this.#closing === undefined ? 'open' : 'closed',
      endpoints: this.endpoints,
      preferred: this.endpoints[this.#preferred] as string,
      layers: { ...this.#layers, heartbeats: false },
      open: this.#open.size,
      waiting: this.#waiting.size,
      sockets: this.#lanes.size,
      counters: { ...this.#counters, faults: this.faults },
    };
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    const command = decodeAtClient(message);
    if (command.kind === 'INVALID') {
      this.#counters.invalid++;
      return;
    }
    const lane = peer.session as Lane<OpenRequest>;
    if (lane.request !== undefined) {
      lane.request.step(command);
      return;
    }
    // A server that speaks unasked may do so again, just after the next request.
    this.#counters.stale++;
    this.emit('staleReply', { endpoint: lane.endpoint });
    this.#lanes.retire(lane);
  }

  protected override lose(peer: Peer): void {
    const lane = peer.session as Lane<OpenRequest>;
    const { request } = lane;
    this.#lanes.retire(lane);
    request?.step({ kind: 'connectionLost' });
  }

  protected override overflowed(): void {
    this.#counters.undeliverable++;
  }

  /* ---------------------------------------------------------------- requests and their connections */

  readonly #host: RequestHost = {
    driver: this.driver,
    observer: this.observer,
    enqueue: (request) => {
      this.#waiting.add(request);
      this.#placeSoon();
    },
    retire: (request) => {
      if (this.#waiting.has(request)) this.#waiting.remove(request);
      const { lane } = request;
      if (lane === undefined) return;
      request.lane = undefined;
      if (request.answered) {
        this.#preferred = this.endpoints.indexOf(lane.endpoint);
        this.#lanes.reuse(lane);
      } else {
        this.#lanes.retire(lane);
      }
      if (this.#waiting.size > 0) this.#placeSoon();
    },
    transmit: (request) => this.#transmit(request),
    unusable: () => this.#unusable,
    retrying: (attempt, after, endpoint) => {
      this.#counters.retries++;
      this.emit('requestRetried', { attempt, after, endpoint });
    },
    settled: (request, replied) => {
      this.#open.delete(request);
      if (request.signal !== undefined) this.#signals.forget(request.signal, request);
      if (replied) this.#counters.replies++;
      else this.#counters.failures++;
      if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: replied ? 'reply' : 'fail' });
    },
  };

  #placeSoon(): void {
    if (this.#placing) return;
    this.#placing = true;
    this.driver.followUp(this.#place);
  }

  readonly #place = (): void => {
    this.#placing = false;
    if (this.#transport === undefined) return;
    while (this.#waiting.size > 0 && !this.#lanes.full) {
      const request = this.#waiting.take() as OpenRequest;
      if (request.first < 0) request.first = this.#preferred;
      request.endpoint = this.endpoints[(request.first + request.attempt - 1) % this.endpoints.length] as string;
      request.lane = this.#lanes.take(request.endpoint);
      if (request.lane !== undefined) request.lane.request = request;
      request.step({ kind: 'place' });
      if (request.lane === undefined) request.later({ kind: 'connectionLost' });
    }
  };

  #transmit(request: OpenRequest): boolean {
    const { lane, attempt } = request;
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind: 'attempt', attempt });
    if (lane === undefined) return false;
    const taken = lane.connector.send(lane.connector.remote, requestToServer(request.body)) === 'ok';
    if (!taken) this.#counters.undeliverable++;
    return taken;
  }

  /** A new connection; none when the transport cannot make one now (it may be out of sockets), which is as bad as losing it at once. */
  #connect(endpoint: string): Connector | undefined {
    try {
      const connector = (this.#transport as Transport).connect(endpoint, this.handler, {
        highWaterMark: FEW_MESSAGES,
        linger: 0,
        transportHeartbeat: transportHeartbeatOf(this.#settings),
        reconnectInterval: Math.ceil(RECONNECT_MS * (0.2 + 0.8 * this.random())),
      });
      this.#counters.connections++;
      this.#layers = connector.layers;
      return connector;
    } catch (error) {
      if (error instanceof SeaworthyError && !error.retriable) this.#giveUp(error);
      else this.logger.warn({ err: error, role: this.name }, 'cannot open a connection');
      return undefined;
    }
  }
}

function limitOf(deadline: number): number {
  return deadline === 0 ? Infinity : deadline;
}

interface RequestHost {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  enqueue(request: OpenRequest): void;
  retire(request: OpenRequest): void;
  /** Whether the connection took it. */
  transmit(request: OpenRequest): boolean;
  retrying(attempt: number, after: AttemptOutcome, endpoint: string): void;
  settled(request: OpenRequest, replied: boolean): void;
  /** Why the client can never work, if so. */
  unusable(): SeaworthyError | undefined;
}

/** One request from the call to its outcome: the machine at work, and the promise it settles. */
class OpenRequest extends Actor<LazyPirateRequestMachine> implements LazyPirateRequestEffects, Linked<OpenRequest> {
  readonly body: readonly Frame[];
  readonly signal: AbortSignal | undefined;
  /** Which of the endpoints its first attempt goes to; the others follow in turn. -1 before. */
  first = -1;
  /** Where the attempt under way goes. */
  endpoint = '';
  lane: Lane<OpenRequest> | undefined;
  answered = false;
  previous: OpenRequest | undefined;
  next: OpenRequest | undefined;
  queue: unknown;
  readonly #host: RequestHost;
  readonly #resolve: (reply: LazyPirateReply) => void;
  readonly #reject: (error: Error) => void;
  readonly #log: AttemptLog;

  constructor(
    host: RequestHost,
    context: LazyPirateRequestContext,
    body: readonly Frame[],
    signal: AbortSignal | undefined,
    resolve: (reply: LazyPirateReply) => void,
    reject: (error: Error) => void,
  ) {
    super(lazyPirateRequest, host.driver, context, host.observer);
    this.#host = host;
    this.body = body;
    this.signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#log = new AttemptLog(host.driver.clock.now());
  }

  /** The attempt under way, or the next one; 0 before and after. */
  get attempt(): number {
    return 'attempt' in this.state ? this.state.attempt : 0;
  }

  enqueue(): void {
    this.endpoint = '';
    this.#host.enqueue(this);
  }

  retire(): void {
    this.#host.retire(this);
  }

  transmit(): void {
    this.#log.begin(this.driver.now);
    const last = this.#log.records.at(-1);
    if (last !== undefined) this.#host.retrying(last.attempt + 1, last.outcome, this.endpoint);
    this.#log.sent = this.#host.transmit(this);
  }

  note(attempt: number, outcome: AttemptOutcome): void {
    this.answered = outcome === 'replied';
    this.#log.note(attempt, outcome, this.driver.now, this.endpoint === '' ? {} : { endpoint: this.endpoint });
  }

  succeed(body: readonly Frame[]): void {
    this.#host.settled(this, true);
    this.#resolve({ body, attempts: this.#log.records, endpoint: this.endpoint });
  }

  fail(failure: LazyPirateFailure): void {
    this.#host.settled(this, false);
    this.#reject(this.#errorOf(failure));
  }

  refuse(): void {
    // No cell of this machine refuses anything.
  }

  #errorOf(failure: LazyPirateFailure): SeaworthyError {
    const { requestTimeout, requestRetries, deadline } = this.context;
    const request = { attempts: this.#log.records, mayHaveRun: this.#log.mayHaveRun };
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
      case 'deadline':
        return new RequestAbandoned(`abandoned: no answer within the deadline of ${deadline} ms`, request, failure);
      case 'aborted':
        return new RequestAborted('the request was aborted', request, { cause: this.signal?.reason });
      case 'closed':
        return this.#host.unusable() ?? new ClientClosed('the client was closed before the answer came', request);
    }
  }
}
