/**
 * A load-balanced worker: one request at a time, or as many as it says, and always on its way back to whoever hands out the work. What goes on
 * the wire is the pattern's.
 */
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import { Performer } from '../runtime/actor.ts';
import { Endpoints } from '../runtime/endpoints.ts';
import { Epochs } from '../runtime/epochs.ts';
import { LazyAbort, type IncomingRequest, type ReplyBody } from '../runtime/handlers.ts';
import { reconnectBackoff, transportHeartbeatOf } from '../runtime/options.ts';
import { Role, type RoleEvents, type RoleOptions } from '../runtime/role.ts';
import { SOCKET_DEFAULTS, type Connector, type LivenessLayers, type Peer, type Transport } from '../transport/transport.ts';
import { COMMANDS_BESIDE } from '../wire/credit.ts';
import { epochMarkIn } from '../wire/epoch.ts';
import { bodyOption, type Frame, type FrameLike, type Message } from '../wire/message.ts';
import type { WorkerDialect } from './dialect.ts';
import type { LoadBalancedWorkerSettings } from './options.ts';
import {
  loadBalancedWorker,
  type BrokerLoss,
  type WorkerContext,
  type WorkerEffects,
  type WorkerMachine,
  type WorkerRequest,
} from './worker.machine.ts';

/** What a handler is told besides the request. `S` names the service, where the pattern has services. */
export type WorkerHandlerContext<S extends object> = S & {
  /** 1 for the first delivery of this request; 2 and more after other workers were lost with it. Always 1 from a foreign broker. */
  readonly attempt: number;
  /**
   * Aborted when nobody waits for the result any more: the broker is lost, or `close()` ran out of patience. Made when it is first read, so a copy
   * of the context (`{ ...context }`) has none.
   */
  readonly signal: AbortSignal;
};

export type LoadBalancedHandler<S extends object> = (
  request: IncomingRequest,
  context: WorkerHandlerContext<S>,
) => ReplyBody | Promise<ReplyBody>;

export interface LoadBalancedWorkerEvents<S extends object> extends RoleEvents {
  /** READY was sent on a new connection. Nothing answers it. */
  registered: S & { readonly endpoint: string };
  /** The broker at `endpoint` is lost; the worker tries again, or the next one, after `retryIn` ms, or when its handler has ended. */
  brokerLost: { readonly reason: BrokerLoss; readonly retryIn: number; readonly endpoint: string };
  requestStarted: S & { readonly attempt: number };
  requestFinished: S & { readonly attempt: number; readonly milliseconds: number };
  handlerFailed: S & { readonly error: unknown; readonly attempt: number };
  /** The handler's result had nobody to go to. */
  replyDiscarded: S & { readonly attempt: number };
  closed: S;
}

export interface WorkerCounters {
  connections: number;
  requests: number;
  replies: number;
  handlerFailures: number;
  repliesDiscarded: number;
  /** Messages that are not the protocol, or came at the wrong time. */
  invalid: number;
  /** Messages the connection would not take. */
  undeliverable: number;
  faults: number;
}

/** What every load-balanced worker can be asked. */
export interface LoadBalancedWorkerSnapshot {
  readonly name: string;
  /** The broker in use, or the next to be tried. */
  readonly endpoint: string;
  readonly endpoints: readonly string[];
  /** The machine's state: `new`, `idle`, `busy`, `orphaned`, `resting`, `draining` or `closed`. */
  readonly state: string;
  /** Handlers that run. */
  readonly running: number;
  readonly layers: LivenessLayers & { readonly heartbeats: boolean };
  readonly counters: Readonly<WorkerCounters>;
}

export abstract class LoadBalancedWorker<S extends object> extends Role<LoadBalancedWorkerEvents<S>> {
  readonly endpoints: readonly string[];
  readonly #endpoints: Endpoints;
  readonly #epochs = new Epochs();
  readonly #service: S;
  readonly #settings: LoadBalancedWorkerSettings;
  readonly #dialect: WorkerDialect;
  readonly #handler: LoadBalancedHandler<S>;
  readonly #machine: Performer<WorkerMachine>;
  readonly #counters: WorkerCounters = {
    connections: 0,
    requests: 0,
    replies: 0,
    handlerFailures: 0,
    repliesDiscarded: 0,
    invalid: 0,
    undeliverable: 0,
    faults: 0,
  };
  #transport: Transport | undefined;
  #connector: Connector | undefined;
  #layers: LivenessLayers = { disconnectNotices: false, transportHeartbeats: false };
  /** Of the last request that came over this connection, and whether its broker is ours; before the first nobody knows. */
  #lastAddress: Frame | undefined;
  #isOurs: boolean | undefined;
  /** What is worked on, the oldest first. */
  readonly #jobs = new Fifo<Job>();
  #closing: Promise<void> | undefined;
  #whenClosed: () => void = () => undefined;
  #shut: Promise<void> = Promise.resolve();

  protected constructor(
    kind: string,
    endpoints: string | readonly string[],
    service: S,
    handler: LoadBalancedHandler<S>,
    options: RoleOptions,
    settings: LoadBalancedWorkerSettings,
    dialect: WorkerDialect,
  ) {
    super(kind, options);
    this.#settings = settings;
    if (typeof handler !== 'function') throw new InvalidOption('handler', handler, 'a function');
    this.#endpoints = new Endpoints(endpoints, options.transport);
    this.endpoints = this.#endpoints.all;
    this.#service = service;
    this.#handler = handler;
    this.#dialect = dialect;
    const { heartbeatInterval, heartbeatLiveness, drainTimeout } = settings;
    const context: WorkerContext = {
      endpoints: this.#endpoints.count,
      heartbeatInterval,
      heartbeatLiveness,
      drainTimeout,
      concurrency: dialect.concurrency,
      mostHeld: dialect.mostHeld,
      backoff: reconnectBackoff(settings),
      random: this.random,
    };
    this.#machine = new Performer(loadBalancedWorker, this.driver, context, this.observer, this.#effects());
  }

  /** The broker in use, or the next to be tried. */
  get endpoint(): string {
    return this.#endpoints.current;
  }

  /** Connects, as soon as there is a transport. */
  protected start(): void {
    this.withTransport((transport) => {
      this.#transport = transport;
      this.attempt(() => {
        this.#machine.step({ kind: 'start' });
      });
    }, this.#giveUp);
  }

  /** Finishes the requests in hand (up to `drainTimeout`), says goodbye, and leaves. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What cannot work, now or later. */
  readonly #giveUp = (error: SeaworthyError): void => {
    this.endUnusable(error);
  };

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#whenClosed = resolve));
    this.driver.run(() => {
      this.#machine.step({ kind: 'close' });
    });
    await closed;
    this.driver.stop();
    await this.#shut;
    this.emit('closed', this.#service);
    this.silence();
  }

  protected snapshot(): LoadBalancedWorkerSnapshot {
    return {
      name: this.name,
      endpoint: this.endpoint,
      endpoints: this.endpoints,
      state: this.#machine.state.kind,
      running: this.#jobs.size,
      layers: { ...this.#layers, heartbeats: this.#dialect.heartbeat !== undefined },
      counters: { ...this.#counters, faults: this.faults },
    };
  }

  protected override receive(_peer: Peer, message: Message): void {
    const command = this.#isPassive(message) ? GO_ELSEWHERE : this.#dialect.decode(message);
    if (command.kind === 'INVALID') this.#counters.invalid++;
    else if (command.kind === 'REQUEST') {
      this.#lastAddress = command.address[0];
      this.#isOurs = command.returnable;
    }
    this.#machine.step(command);
  }

  /** Whether a server says that it does not serve, but another does. */
  #isPassive(message: Message): boolean {
    const mark = this.#endpoints.several && message.frameCount === 1 ? epochMarkIn(message, 0) : undefined;
    return mark !== undefined && this.#epochs.judge(mark) === 'passive';
  }

  protected override lose(): void {
    this.#machine.step({ kind: 'brokerGone', established: true });
  }

  protected override overflowed(): void {
    this.#counters.undeliverable++;
    this.#machine.step({ kind: 'brokerGone', established: false });
  }

  #effects(): WorkerEffects & { refuse(): void } {
    return {
      open: () => {
        try {
          this.#open();
        } catch (error) {
          if (error instanceof SeaworthyError && !error.retriable) {
            this.#giveUp(error);
            return;
          }
          // The transport may be out of sockets: as bad as a connection that is lost at once, and tried again like one.
          this.logger.warn({ err: error, role: this.name }, 'cannot open a connection');
          this.#machine.later({ kind: 'brokerGone', established: false });
        }
      },
      shut: () => {
        // What a lost broker did not take must not reach the next one: a READY of a connection that is no more.
        this.#shutConnection(0);
      },
      leave: () => {
        const farewell = this.#farewell();
        if (this.#connector !== undefined && farewell !== undefined) this.#send(farewell);
        this.#shutConnection(this.#settings.linger);
      },
      sendReply: ({ address }, body) => {
        this.#counters.replies++;
        this.#send(this.#dialect.reply(address, body));
      },
      giveBack: ({ address: [handle] }, why) => {
        const failure = this.#dialect.failure?.(handle as Frame, why);
        if (failure !== undefined) this.#send(failure);
      },
      sendCredit: (credit) => {
        const said = this.#dialect.credit?.(credit);
        if (said !== undefined) this.#send(said);
      },
      sendHeartbeat: () => {
        const { heartbeat } = this.#dialect;
        if (heartbeat !== undefined) this.#send(heartbeat);
      },
      run: (request) => {
        this.#run(request);
      },
      abort: () => {
        for (const { abort } of this.#jobs)
          this.driver.callback(() => {
            abort.abort(new BrokerLost(this.#service));
          });
      },
      discard: ({ attempt }) => {
        this.#counters.repliesDiscarded++;
        this.emit('replyDiscarded', { ...this.#service, attempt });
      },
      lost: (reason, retryIn) => {
        const { endpoint } = this;
        this.logger.info({ role: this.name, ...this.#service, endpoint, reason, retryIn: Math.round(retryIn) }, 'broker lost');
        this.emit('brokerLost', { reason, retryIn, endpoint });
        this.#endpoints.next();
      },
      closed: () => {
        this.driver.callback(() => {
          this.#whenClosed();
        });
      },
      refuse: () => {
        this.#counters.invalid++;
      },
    };
  }

  /** A worker that asks for several requests has told more than plain brokers look at already. */
  #farewell(): readonly Frame[] | undefined {
    const dialect = this.#dialect;
    const saysMore = this.#isOurs ?? dialect.concurrency > 1;
    return (saysMore ? dialect.farewellAfter?.(this.#lastAddress) : undefined) ?? dialect.farewell;
  }

  #open(): void {
    const { linger, reconnectInterval } = this.#settings;
    this.#connector = (this.#transport as Transport).connect(this.endpoint, this.handler, {
      linger,
      // What it has to say is bounded already: an answer to each of the requests that it holds, and a few commands.
      highWaterMark: Math.max(SOCKET_DEFAULTS.highWaterMark, this.#dialect.concurrency + COMMANDS_BESIDE),
      maxQueuedBytes: Infinity,
      transportHeartbeat: transportHeartbeatOf(this.#settings),
      // Spread, because all workers of a broker look for it at the same time.
      reconnectInterval: Math.ceil(reconnectInterval * (0.2 + 0.8 * this.random())),
    });
    this.#lastAddress = this.#isOurs = undefined;
    this.#layers = this.#connector.layers;
    this.#counters.connections++;
    const { ready } = this.#dialect;
    this.#send(this.#endpoints.several ? [...ready, this.#epochs.mark] : ready);
    this.emit('registered', { ...this.#service, endpoint: this.endpoint });
  }

  #shutConnection(linger: number): void {
    const connector = this.#connector;
    this.#connector = undefined;
    if (connector === undefined) return;
    // One that lingers may outlive its successor.
    this.#shut = Promise.all([this.#shut, connector.close(linger)]).then(() => undefined);
    // A connection that is closed during its own burst of messages is not told of the burst's end.
    this.driver.batchEnd();
  }

  /** A message that the connection does not take is lost; without a lost REPLY broker and worker would wait for each other. So we leave. */
  #send(frames: readonly Frame[]): void {
    const connector = this.#connector as Connector;
    if (connector.send(connector.remote, frames) === 'ok') return;
    this.#counters.undeliverable++;
    this.#machine.later({ kind: 'brokerGone', established: false });
  }

  /** Calls the handler after the step. Its end is an event of its own, even if it ends at once. */
  #run(request: WorkerRequest): void {
    this.#counters.requests++;
    const job = new Job(request);
    this.#jobs.add(job);
    this.driver.callback(() => {
      this.#handle(job);
    });
  }

  /** @throws InvalidOption when it is none, or more than the other side takes. */
  #bodyOf(body: FrameLike | readonly FrameLike[]): readonly Frame[] {
    const frames = bodyOption(body, this.#settings.maxFrameBytes);
    const most = this.#settings.maxBodyFrames;
    if (frames.length <= most) return frames;
    const message = `a reply of ${frames.length} frames; maxBodyFrames allows ${most}`;
    throw new InvalidOption('body', body, `at most ${most} frames`, message);
  }

  #handle(job: Job): void {
    const { request, abort } = job;
    const { attempt } = request;
    const context = new JobContext(this.#service, attempt, abort) as unknown as WorkerHandlerContext<S>;
    job.startedAt = this.driver.clock.now();
    if (this.trace !== undefined) this.trace({ t: job.startedAt, node: this.name, kind: 'start', ...this.#service, attempt });
    if (this.events.observed('requestStarted')) this.emit('requestStarted', { ...this.#service, attempt });
    let result: ReplyBody | Promise<ReplyBody>;
    try {
      result = this.#handler.call(undefined, { body: request.body }, context);
    } catch (error) {
      this.#failed(job, error);
      return;
    }
    if (isThenable(result))
      Promise.resolve(result).then(
        (body) => {
          this.#done(job, body);
        },
        (error: unknown) => {
          this.#failed(job, error);
        },
      );
    else this.#done(job, result);
  }

  #done(job: Job, result: ReplyBody): void {
    let body: readonly Frame[];
    try {
      body = result === undefined ? NO_BODY : this.#bodyOf(result);
    } catch (error) {
      this.#failed(job, error);
      return;
    }
    this.#finished(job, { kind: 'handlerDone', request: job.request, body });
  }

  #failed(job: Job, error: unknown): void {
    const { request } = job;
    const about = { ...this.#service, attempt: request.attempt };
    this.#counters.handlerFailures++;
    this.logger.warn({ err: error, role: this.name, ...about }, 'the handler failed');
    this.emit('handlerFailed', { error, ...about });
    this.#finished(job, { kind: 'handlerFailed', request });
  }

  #finished(job: Job, event: WorkerMachine['event']): void {
    const { attempt } = job.request;
    const isObserved = this.events.observed('requestFinished');
    if (this.trace !== undefined || isObserved) {
      const now = this.driver.clock.now();
      if (this.trace !== undefined) this.trace({ t: now, node: this.name, kind: 'finish', ...this.#service, attempt });
      if (isObserved) this.emit('requestFinished', { ...this.#service, attempt, milliseconds: now - job.startedAt });
    }
    this.#jobs.remove(job);
    this.attempt(() => {
      this.#machine.step(event);
    });
  }
}

/** What a handler is told besides the request; the name of the service, where there are services, is a property like the others. */
class JobContext {
  readonly attempt: number;
  readonly #abort: LazyAbort;

  constructor(service: object, attempt: number, abort: LazyAbort) {
    Object.assign(this, service);
    this.attempt = attempt;
    this.#abort = abort;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }
}

/** A request that is worked on. */
class Job implements Linked<Job> {
  readonly request: WorkerRequest;
  readonly abort = new LazyAbort();
  startedAt = 0;
  previous: Job | undefined;
  next: Job | undefined;
  queue: unknown;

  constructor(request: WorkerRequest) {
    this.request = request;
  }
}

const NO_BODY: readonly Frame[] = [];

function isThenable(result: ReplyBody | Promise<ReplyBody>): result is Promise<ReplyBody> {
  return typeof (result as { readonly then?: unknown } | undefined)?.then === 'function';
}

const GO_ELSEWHERE = { kind: 'DISCONNECT' } as const;

/** The reason of a handler's aborted signal: nobody waits for its result. */
export class BrokerLost extends SeaworthyError {
  override readonly code = 'BROKER_LOST';
  override readonly retriable = true;
  /** The service it was for, where the pattern has services. */
  readonly service: string | undefined;

  constructor({ service }: { readonly service?: string }) {
    super(`nobody waits for this result${service === undefined ? '' : ` of "${service}"`} any more`);
    this.service = service;
  }
}
