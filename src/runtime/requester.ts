/**
 * What every client shares: requests that each end once, the line in which they wait for a connection, connections that carry one request
 * each, and the end of the client. A pattern says what a request is, and which connection it may have.
 */
import { SeaworthyError } from '../core/errors.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import type { Machine, MachineTypes } from '../core/machine.ts';
import { AttemptLog, ClientClosed, RequestAborted, TooManyRequests, type FailedRequest } from '../core/requests.ts';
import {
  checkEndpoint,
  type ConnectOptions,
  type Connector,
  type LivenessLayers,
  type Peer,
  type Transport,
  type TransportChoice,
} from '../transport/transport.ts';
import type { Frame } from '../wire/message.ts';
import { AbortSignals, checkSignal } from './abort-signals.ts';
import { Actor } from './actor.ts';
import { Lanes, type Lane } from './lanes.ts';
import { Role, type RoleEvents, type RoleOptions } from './role.ts';
import type { Driver } from './driver.ts';
import type { StepObserver } from '../core/machine.ts';

export interface RequesterCounters {
  requests: number;
  replies: number;
  failures: number;
  /** Attempts beyond the first. */
  retries: number;
  /** Replies that nobody waited for any more. */
  stale: number;
  /** Messages that are no answer to a client. */
  invalid: number;
  connections: number;
  /** Messages the connection would not take. */
  undeliverable: number;
  faults: number;
}

/** What the options must say. */
export interface RequesterLimits {
  readonly maxOpenRequests: number;
  readonly maxSockets: number;
}

/** What a request is to its client. `R` is its own class. */
export interface Requested<R> extends Linked<R> {
  /** Which of its client's requests: 1 for the first. */
  number: number;
  readonly signal: AbortSignal | undefined;
  lane: Lane<R> | undefined;
  /** Its answer has come: the connection may carry another. */
  readonly answered: boolean;
  step(event: { readonly kind: 'begin' | 'place' | 'connectionLost' | 'close' }): void;
  later(event: { readonly kind: 'connectionLost' | 'abort' }): void;
}

export abstract class Requester<E extends RoleEvents, R extends Requested<R>> extends Role<E> {
  protected readonly open: Set<R> = new Set<R>();
  protected readonly waiting: Fifo<R> = new Fifo<R>();
  protected readonly lanes: Lanes<R>;
  protected readonly counters: RequesterCounters = {
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
  protected layers: LivenessLayers = { disconnectNotices: false, transportHeartbeats: false };
  /** Why the client can never work, if so. */
  protected unusable: SeaworthyError | undefined;
  protected transportInUse: Transport | undefined;
  /** Where its servers are, at least one. */
  abstract readonly endpoints: readonly string[];
  readonly #most: number;
  readonly #given: TransportChoice | undefined;
  /** Those that the transport will never connect to. */
  readonly #refused = new Set<string>();
  readonly #signals: AbortSignals<R> = new AbortSignals<R>((requests) => {
    this.driver.run(() => {
      for (const each of requests) each.later({ kind: 'abort' });
    });
  });
  #placing = false;
  #closing: Promise<void> | undefined;

  protected constructor(kind: string, options: RoleOptions, limits: RequesterLimits) {
    super(kind, options);
    this.#most = limits.maxOpenRequests;
    this.#given = options.transport;
    this.lanes = new Lanes(
      limits.maxSockets,
      (endpoint) => this.connectLane(endpoint),
      (connector) => {
        this.leave(connector);
      },
    );
  }

  /** A connection for one request at a time. */
  protected abstract connectLane(endpoint: string): Connector | undefined;
  /** Gives connections to requests that wait, as far as there are any. */
  protected abstract place(): void;
  /** The rest of the end: further connections, machines. */
  protected abstract shut(): Promise<void>;
  protected abstract sayClosed(): void;

  protected endpointOption(endpoint: string): string {
    return checkEndpoint(endpoint, this.#given);
  }

  /** Gets the transport, and calls back with it in hand. */
  protected start(begin: () => void): void {
    this.withTransport((transport) => {
      this.transportInUse = transport;
      this.attempt(begin);
    }, this.giveUp);
  }

  protected get closing(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Begins a request, unless it cannot begin.
   *
   * @param name what it is called in messages.
   * @throws TooManyRequests, ClientClosed, RequestAborted, or why the client can never work.
   */
  protected begin<T>(
    name: string,
    untried: FailedRequest,
    signal: AbortSignal | undefined,
    make: (resolve: (reply: T) => void, reject: (error: Error) => void) => R,
  ): Promise<T> {
    checkSignal(signal);
    if (this.open.size >= this.#most) throw new TooManyRequests(this.open.size);
    if (this.unusable !== undefined) throw this.unusable;
    if (this.#closing !== undefined) throw new ClientClosed('the client is closed', untried);
    if (signal?.aborted === true) throw new RequestAborted(`${name} was aborted before it began`, untried, { cause: signal.reason });
    this.counters.requests++;
    return new Promise<T>((resolve, reject) => {
      const request = make(resolve, reject);
      request.number = this.counters.requests;
      this.driver.run(() => {
        request.step({ kind: 'begin' });
        this.open.add(request);
        if (signal !== undefined) this.#signals.listen(signal, request);
      });
    });
  }

  /** A request has its outcome: a reply, or why there is none. */
  protected settled(request: R, failure: string | undefined): void {
    if (this.trace !== undefined) {
      const outcome = failure === undefined ? { kind: 'reply' } : { kind: 'fail', failure };
      this.trace({ t: this.driver.now, node: this.name, request: request.number, ...outcome });
    }
    this.open.delete(request);
    if (request.signal !== undefined) this.#signals.forget(request.signal, request);
    if (failure === undefined) this.counters.replies++;
    else this.counters.failures++;
  }

  /** Ends all open requests with `ClientClosed` and leaves. To drain, await the requests first. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closing: Promise<void>[] = [];
    this.driver.run(() => {
      for (const request of [...this.open]) request.step({ kind: 'close' });
      closing.push(this.lanes.close(), this.shut());
    });
    this.driver.stop();
    await Promise.all(closing);
    this.sayClosed();
    this.silence();
  }

  /** What cannot work, now or later: says so once, to every open request and to every later one, and ends. */
  protected readonly giveUp = (error: SeaworthyError): void => {
    this.unusable = error;
    this.sayUnusable(error);
    this.driver.callback(() => {
      void this.close();
    });
  };

  protected abstract sayUnusable(error: SeaworthyError): void;

  /* ---------------------------------------------------------------- connections */

  /** A new connection; none when the transport cannot make one now (it may be out of sockets), which is as bad as losing it at once. */
  protected connectTo(endpoint: string, options: ConnectOptions): Connector | undefined {
    try {
      const connector = (this.transportInUse as Transport).connect(endpoint, this.handler, { linger: 0, ...options });
      this.counters.connections++;
      this.layers = connector.layers;
      return connector;
    } catch (error) {
      if (error instanceof SeaworthyError && !error.retriable) this.refused(endpoint, error);
      else this.logger.warn({ err: error, role: this.name }, 'cannot open a connection');
      return undefined;
    }
  }

  /** One endpoint that the transport will never connect to takes the client with it only when there is no other. */
  protected refused(endpoint: string, error: SeaworthyError): void {
    const isKnown = this.#refused.has(endpoint);
    this.#refused.add(endpoint);
    if (this.endpoints.every((each) => this.#refused.has(each))) this.giveUp(error);
    else if (!isKnown) this.logger.error({ err: error, role: this.name, endpoint }, 'this endpoint can never be connected to');
  }

  /** Whether the connection took it. */
  protected sendOver(connector: Connector, frames: readonly Frame[]): boolean {
    const taken = connector.send(connector.remote, frames) === 'ok';
    if (!taken) this.counters.undeliverable++;
    return taken;
  }

  /** A connection that is closed during its own burst of messages is not told of the burst's end. */
  protected leave(connector: Connector): void {
    void connector.close(0);
    this.driver.batchEnd();
  }

  /** The connection of one request is lost. */
  protected loseLane(lane: Lane<R>): void {
    const { request } = lane;
    this.lanes.retire(lane);
    request?.step({ kind: 'connectionLost' });
  }

  protected override overflowed(_peer: Peer): void {
    this.counters.undeliverable++;
  }

  protected enqueue(request: R): void {
    this.waiting.add(request);
    this.placeSoon();
  }

  protected placeSoon(): void {
    if (this.#placing) return;
    this.#placing = true;
    this.driver.followUp(this.#place);
  }

  readonly #place = (): void => {
    this.#placing = false;
    this.place();
  };
}

/** One request from the call to its outcome: the machine at work, the log of its attempts, and the promise it settles. */
export abstract class OpenRequest<M extends MachineTypes, R, T> extends Actor<M> implements Linked<R> {
  readonly body: readonly Frame[];
  /** What may abort it. */
  readonly signal: AbortSignal | undefined;
  /** The connection it has to itself. */
  lane: Lane<R> | undefined;
  answered = false;
  number = 0;
  previous: R | undefined;
  next: R | undefined;
  queue: unknown;
  protected readonly log: AttemptLog;
  protected readonly resolve: (reply: T) => void;
  protected readonly reject: (error: Error) => void;

  constructor(
    machine: Machine<M>,
    host: { readonly driver: Driver; readonly observer: StepObserver | undefined },
    context: M['context'],
    body: readonly Frame[],
    signal: AbortSignal | undefined,
    resolve: (reply: T) => void,
    reject: (error: Error) => void,
  ) {
    super(machine, host.driver, context, host.observer);
    this.body = body;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
    this.log = new AttemptLog(host.driver.clock.now());
  }

  /** The attempt under way, or the next one; 0 before and after. */
  get attempt(): number {
    return 'attempt' in this.state ? (this.state.attempt as number) : 0;
  }

  override refuse(): void {
    // No cell of these machines refuses anything.
  }
}
