/** The Majordomo worker (RFC 7): one service, one request at a time, and always on its way back to the broker. */
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { Performer } from '../runtime/actor.ts';
import type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
import { reconnectBackoff, transportHeartbeatOf } from '../runtime/options.ts';
import { Role, type RoleEvents } from '../runtime/role.ts';
import { checkEndpoint, type Connector, type LivenessLayers, type Peer, type Transport } from '../transport/transport.ts';
import { bodyOption, type Frame, type Message } from '../wire/message.ts';
import { DISCONNECT_TO_BROKER, HEARTBEAT_TO_BROKER, MMI_PREFIX, decodeAtWorker, readyToBroker, replyToBroker } from './codec.ts';
import { serviceOption, workerSettings, type MajordomoWorkerOptions, type WorkerSettings } from './options.ts';
import {
  majordomoWorker,
  type BrokerLoss,
  type MajordomoWorkerMachine,
  type WorkerContext,
  type WorkerEffects,
  type WorkerRequest,
} from './worker.machine.ts';

export interface HandlerContext {
  readonly service: string;
  /** 1 for the first delivery of this request; 2 and more after other workers were lost with it. Always 1 from a foreign broker. */
  readonly attempt: number;
  /** Aborted when nobody waits for the result any more: the broker is lost, or `close()` ran out of patience. */
  readonly signal: AbortSignal;
}

/**
 * Does the work. What it returns is the reply. When it throws, the worker leaves the broker and comes back, which is how
 * MDP/0.1 says that a request failed: the broker hands it to another worker, or gives it up, by its delivery policy.
 */
export type WorkerHandler = (request: IncomingRequest, context: HandlerContext) => ReplyBody | Promise<ReplyBody>;

export interface MajordomoWorkerEvents extends RoleEvents {
  /** READY was sent on a new connection. MDP/0.1 has no answer to it. */
  registered: { readonly service: string; readonly endpoint: string };
  /** The broker is lost; the worker tries again after `retryIn` ms, or when its handler has ended. */
  brokerLost: { readonly reason: BrokerLoss; readonly retryIn: number };
  requestStarted: { readonly service: string; readonly attempt: number };
  requestFinished: { readonly service: string; readonly attempt: number; readonly milliseconds: number };
  handlerFailed: { readonly error: unknown; readonly service: string; readonly attempt: number };
  /** The handler's result had nobody to go to. */
  replyDiscarded: { readonly service: string; readonly attempt: number };
  closed: { readonly service: string };
}

export interface WorkerSnapshot {
  readonly role: 'worker';
  readonly name: string;
  readonly service: string;
  readonly endpoint: string;
  /** The machine's state: `new`, `idle`, `busy`, `orphaned`, `resting`, `draining` or `closed`. */
  readonly state: string;
  readonly layers: LivenessLayers & { readonly heartbeats: true };
  readonly counters: Readonly<WorkerCounters>;
}

export interface WorkerCounters {
  connections: number;
  requests: number;
  replies: number;
  handlerFailures: number;
  repliesDiscarded: number;
  /** Messages that are not MDP/0.1, or came at the wrong time. */
  invalid: number;
  /** Messages the connection would not take. */
  undeliverable: number;
  faults: number;
}

/**
 * Serves one service at one broker. Connects at once and for good: if the broker is absent, restarts or falls silent, the
 * worker registers again by itself.
 *
 * @example
 * const worker = MajordomoWorker.connect('tcp://127.0.0.1:5555', 'echo', (request) => request.body);
 */
export class MajordomoWorker extends Role<MajordomoWorkerEvents> {
  readonly service: string;
  readonly endpoint: string;
  readonly #settings: WorkerSettings;
  readonly #handler: WorkerHandler;
  readonly #machine: Performer<MajordomoWorkerMachine>;
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
  /** The request in hand. */
  #request: WorkerRequest | undefined;
  #abort: AbortController | undefined;
  #closing: Promise<void> | undefined;
  #whenClosed: () => void = () => undefined;
  #shut: Promise<void> = Promise.resolve();

  /**
   * @param endpoint the broker's, for instance `tcp://127.0.0.1:5555`.
   * @throws InvalidOption, InvalidEndpoint at once; whatever happens later is an event.
   */
  static connect(endpoint: string, service: string, handler: WorkerHandler, options: MajordomoWorkerOptions = {}): MajordomoWorker {
    const worker = new MajordomoWorker(endpoint, service, handler, options);
    worker.withTransport((transport) => {
      worker.#transport = transport;
      worker.attempt(() => {
        worker.#machine.step({ kind: 'start' });
      });
    }, worker.#giveUp);
    return worker;
  }

  private constructor(endpoint: string, service: string, handler: WorkerHandler, options: MajordomoWorkerOptions) {
    super('worker', options);
    this.#settings = workerSettings(options);
    serviceOption('service', service);
    if (service.startsWith(MMI_PREFIX)) throw new InvalidOption('service', service, `a name that does not begin with "${MMI_PREFIX}"`);
    if (typeof handler !== 'function') throw new InvalidOption('handler', handler, 'a function');
    this.endpoint = checkEndpoint(endpoint, options.transport);
    this.service = service;
    this.#handler = handler;
    const { heartbeatInterval, heartbeatLiveness, drainTimeout } = this.#settings;
    const context: WorkerContext = {
      heartbeatInterval,
      heartbeatLiveness,
      drainTimeout,
      backoff: reconnectBackoff(this.#settings),
      random: this.random,
    };
    this.#machine = new Performer(majordomoWorker, this.driver, context, this.observer, this.#effects());
  }

  /** Finishes the request in hand (up to `drainTimeout`), tells the broker, and leaves. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What cannot work, now or later: says so once and ends. */
  readonly #giveUp = (error: SeaworthyError): void => {
    this.emit('unusable', { error });
    this.driver.callback(() => {
      void this.close();
    });
  };

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#whenClosed = resolve));
    this.driver.run(() => {
      this.#machine.step({ kind: 'close' });
    });
    await closed;
    this.driver.stop();
    await this.#shut;
    this.emit('closed', { service: this.service });
    this.silence();
  }

  /** A plain snapshot: the machine's state, the liveness layers, what was counted. */
  inspect(): WorkerSnapshot {
    return {
      role: 'worker',
      name: this.name,
      service: this.service,
      endpoint: this.endpoint,
      state: this.#machine.state.kind,
      layers: { ...this.#layers, heartbeats: true },
      counters: { ...this.#counters, faults: this.faults },
    };
  }

  protected override receive(_peer: Peer, message: Message): void {
    const command = decodeAtWorker(message);
    if (command.kind === 'INVALID') this.#counters.invalid++;
    this.#machine.step(command);
  }

  protected override lose(): void {
    this.#machine.step({ kind: 'brokerGone' });
  }

  protected override overflowed(): void {
    this.#counters.undeliverable++;
    this.#machine.step({ kind: 'brokerGone' });
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
          this.#machine.later({ kind: 'brokerGone' });
        }
      },
      shut: () => {
        // What a lost broker did not take must not reach the next one: a READY of a connection that is no more.
        this.#shutConnection(0);
      },
      leave: () => {
        if (this.#connector !== undefined) this.#send(DISCONNECT_TO_BROKER);
        this.#shutConnection(this.#settings.linger);
      },
      sendReply: (body) => {
        this.#counters.replies++;
        this.#send(replyToBroker((this.#request as WorkerRequest).address, body));
      },
      sendHeartbeat: () => {
        this.#send(HEARTBEAT_TO_BROKER);
      },
      run: (request) => {
        this.#run(request);
      },
      abort: () => {
        const abort = this.#abort;
        if (abort !== undefined)
          this.driver.callback(() => {
            abort.abort(new BrokerLost(this.service));
          });
      },
      discard: () => {
        this.#counters.repliesDiscarded++;
        this.emit('replyDiscarded', { service: this.service, attempt: this.#request?.attempt ?? 1 });
      },
      lost: (reason, retryIn) => {
        this.logger.info({ role: this.name, service: this.service, reason, retryIn: Math.round(retryIn) }, 'broker lost');
        this.emit('brokerLost', { reason, retryIn });
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

  #open(): void {
    const { linger, reconnectInterval } = this.#settings;
    this.#connector = (this.#transport as Transport).connect(this.endpoint, this.handler, {
      linger,
      transportHeartbeat: transportHeartbeatOf(this.#settings),
      // Spread, because all workers of a broker look for it at the same time.
      reconnectInterval: Math.ceil(reconnectInterval * (0.2 + 0.8 * this.random())),
    });
    this.#layers = this.#connector.layers;
    this.#counters.connections++;
    this.#send(readyToBroker(this.service));
    this.emit('registered', { service: this.service, endpoint: this.endpoint });
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
    this.#machine.later({ kind: 'brokerGone' });
  }

  /** Calls the handler after the step. Its end is an event of its own, even if it ends at once. */
  #run(request: WorkerRequest): void {
    this.#counters.requests++;
    this.#request = request;
    const abort = (this.#abort = new AbortController());
    this.driver.callback(() => {
      void this.#handle(request, abort.signal);
    });
  }

  async #handle(request: WorkerRequest, signal: AbortSignal): Promise<void> {
    const { service } = this;
    const { attempt } = request;
    const startedAt = this.driver.clock.now();
    if (this.trace !== undefined) this.trace({ t: startedAt, node: this.name, kind: 'start', service, attempt });
    this.emit('requestStarted', { service, attempt });
    let event: MajordomoWorkerMachine['event'];
    try {
      const body = await this.#handler.call(undefined, { body: request.body }, { service, attempt, signal });
      event = { kind: 'handlerDone', body: body === undefined ? [] : bodyOption(body, this.#settings.maxFrameBytes) };
    } catch (error) {
      this.#counters.handlerFailures++;
      this.logger.warn({ err: error, role: this.name, service, attempt }, 'the handler failed');
      this.emit('handlerFailed', { error, service, attempt });
      event = { kind: 'handlerFailed' };
    }
    const finishedAt = this.driver.clock.now();
    if (this.trace !== undefined) this.trace({ t: finishedAt, node: this.name, kind: 'finish', service, attempt });
    this.emit('requestFinished', { service, attempt, milliseconds: finishedAt - startedAt });
    this.attempt(() => {
      this.#machine.step(event);
    });
  }
}

/** The reason of a handler's aborted signal: nobody waits for its result. */
export class BrokerLost extends SeaworthyError {
  override readonly code = 'BROKER_LOST';
  override readonly retriable = true;
  readonly service: string;

  constructor(service: string) {
    super(`nobody waits for this result of "${service}" any more`);
    this.service = service;
  }
}
