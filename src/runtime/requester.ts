/**
 * What every client shares: requests that each end once, the line in which they wait for a connection, connections that carry one request
 * each, and the end of the client. A pattern says what a request is, and which connection it may have.
 */
import { SeaworthyError } from '../core/errors.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import { Numbered } from '../core/numbered.ts';
import type { Machine, MachineTypes } from '../core/machine.ts';
import { AttemptLog, ClientClosed, RequestAborted, TooManyRequests, UNTRIED, type FailedRequest } from '../core/requests.ts';
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
import { Room } from './room.ts';
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
  /** The first that happens to it. `now`: in the driver's milliseconds. */
  asked(now: number): void;
  step(event: { readonly kind: 'begin' | 'place' | 'connectionLost' | 'close' }): void;
  later(event: { readonly kind: 'connectionLost' | 'abort' }): void;
}

const BEGIN: { readonly kind: 'begin' } = { kind: 'begin' };

function untried(service: string | undefined): FailedRequest {
  return service === undefined ? UNTRIED : { service, ...UNTRIED };
}

/** What cannot begin is told in the same way as whatever else may become of a request. */
export function rejected(error: unknown): Promise<never> {
  const reason = error as Error;
  return Promise.reject(reason);
}

export abstract class Requester<E extends RoleEvents, R extends Requested<R>> extends Role<E> {
  /** Requests without an outcome, by their numbers. */
  protected readonly open: Numbered<R> = new Numbered<R>();
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
  readonly #room: Room = new Room(this.driver, () => (this.isCrowded && this.open.size > 0 ? 0 : this.#most - this.open.size));
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
   * Resolves when a further request may begin: at once, or when an open one has its outcome and nobody waits for longer. While half
   * of what the transport queues at most waits in it, there is no room either, where the transport can tell.
   *
   * Whoever is told has a place for 10 ms: begin one request, and do not await anything else before. A caller of `request()` who has not
   * waited here may take it, and what begins in its stead is rejected with `TooManyRequests`.
   *
   * @example
   * for (const line of lines) {
   *   await client.room();
   *   client.request('count', line).then(done, failed);
   * }
   *
   * @param signal ends the wait with `RequestAborted`.
   * @throws InvalidOption, RequestAborted, ClientClosed, or why the client can never work. All as rejections.
   */
  room(signal?: AbortSignal): Promise<void> {
    try {
      checkSignal(signal);
      this.#checkOpen(undefined);
      if (signal?.aborted === true) throw new RequestAborted('the wait for room was aborted', UNTRIED, { cause: signal.reason });
      return this.#room.wait(signal);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Whether the transport has not taken so much of what was sent that no more should be. */
  protected get isCrowded(): boolean {
    return false;
  }

  /**
   * Whether a request may begin now.
   *
   * @param service whom it is for, where the pattern has services.
   * @throws InvalidOption, TooManyRequests, ClientClosed, RequestAborted, or why the client can never work.
   */
  protected admit(signal: AbortSignal | undefined, service?: string): void {
    checkSignal(signal);
    if (this.open.size >= this.#most) throw new TooManyRequests(this.open.size);
    this.#checkOpen(service);
    if (signal?.aborted !== true) return;
    const name = service === undefined ? 'the request' : `the request to "${service}"`;
    throw new RequestAborted(`${name} was aborted before it began`, untried(service), { cause: signal.reason });
  }

  #checkOpen(service: string | undefined): void {
    if (this.unusable !== undefined) throw this.unusable;
    if (this.#closing !== undefined) throw new ClientClosed('the client is closed', untried(service));
  }

  /** Begins a request that was admitted. */
  protected begin(request: R): void {
    request.number = ++this.counters.requests;
    this.#room.taken();
    this.driver.run(() => {
      request.asked(this.driver.now);
      request.step(BEGIN);
      this.open.add(request.number, request);
      if (request.signal !== undefined) this.#signals.listen(request.signal, request);
    });
  }

  /** A request has its outcome: a reply, or why there is none. */
  protected settled(request: R, failure: string | undefined): void {
    if (this.trace !== undefined) {
      const outcome = failure === undefined ? { kind: 'reply' } : { kind: 'fail', failure };
      this.trace({ t: this.driver.now, node: this.name, request: request.number, ...outcome });
    }
    this.open.delete(request.number);
    this.#room.freed();
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
      this.#room.close(this.unusable ?? new ClientClosed('the client was closed before there was room', UNTRIED));
      for (const request of this.open) request.step({ kind: 'close' });
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
  /** What its caller waits for. */
  readonly outcome: Promise<T>;
  protected readonly log: AttemptLog = new AttemptLog();
  protected resolve!: (reply: T) => void;
  protected reject!: (error: Error) => void;

  constructor(
    machine: Machine<M>,
    host: { readonly driver: Driver; readonly observer: StepObserver | undefined },
    context: M['context'],
    body: readonly Frame[],
    signal: AbortSignal | undefined,
  ) {
    super(machine, host.driver, context, host.observer);
    this.body = body;
    this.signal = signal;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  asked(now: number): void {
    this.log.start(now);
  }

  /** The attempt under way, or the next one; 0 before and after. */
  get attempt(): number {
    return 'attempt' in this.state ? (this.state.attempt as number) : 0;
  }

  override refuse(): void {
    // No cell of these machines refuses anything.
  }
}
