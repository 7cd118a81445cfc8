/**
 * The queue of the pirates (Guide, chapter 4): the load-balancing broker with one socket for clients and one for workers. Clients are read
 * only while a worker is ready; until then what they ask waits in the transport, and when that is full, with them.
 */
import { InvalidOption } from '../core/errors.ts';
import { knownOptions } from '../core/options.ts';
import type { RoleOptions } from '../runtime/role.ts';
import { transportHeartbeatOf } from '../runtime/options.ts';
import type { Listener, Peer, Transport, TransportHandler } from '../transport/transport.ts';
import { delimiterOf, framesBetween } from '../wire/envelope.ts';
import type { Frame, Message } from '../wire/message.ts';
import {
  LoadBalancer,
  noCounters,
  type LoadBalancerCounters,
  type LoadBalancerEvents,
  type LoadBalancerSnapshot,
  type WorkerView,
} from './broker.ts';
import type { QueueDialect } from './dialect.ts';
import type { LoadBalancerSettings } from './options.ts';
import { Service, type PendingRequest } from './requests.ts';
import { ILLEGIBLE, workerSession } from './session.machine.ts';

export interface QueueEndpoints {
  /** Where clients connect to, for instance `tcp://127.0.0.1:5555`. */
  readonly frontend: string;
  /** Where workers connect to, for instance `tcp://127.0.0.1:5556`. */
  readonly backend: string;
}

export type QueueEvents = LoadBalancerEvents<object, QueueEndpoints>;
export type QueueCounters = LoadBalancerCounters;

/** What every pirate queue can be asked. */
export interface QueueSnapshot extends LoadBalancerSnapshot, QueueEndpoints {
  /** Whether clients are read: only while a worker is ready. */
  readonly reading: boolean;
  readonly idle: number;
  readonly counters: Readonly<QueueCounters>;
  readonly workers: readonly WorkerView[];
}

/** @throws InvalidOption */
function checkEndpoints(endpoints: QueueEndpoints): void {
  knownOptions(endpoints, ['frontend', 'backend']);
  for (const [name, endpoint] of Object.entries({ frontend: endpoints.frontend, backend: endpoints.backend }))
    if (typeof endpoint !== 'string') throw new InvalidOption(name, endpoint, 'an endpoint, such as tcp://127.0.0.1:5555');
}

/** Addresses before a client's delimiter: the ids of queue devices on the way, and of a correlating REQ. */
const MOST_ENVELOPE_FRAMES = 32;
const NO_NAME = {};

export abstract class LoadBalancingQueue extends LoadBalancer<object, QueueEndpoints> {
  protected override readonly counters: LoadBalancerCounters = noCounters();
  protected override readonly wire: QueueDialect;
  readonly #settings: LoadBalancerSettings;
  /** The only one. */
  readonly #service: Service;
  #reading = false;

  protected constructor(kind: string, options: RoleOptions, settings: LoadBalancerSettings, dialect: QueueDialect) {
    super(kind, options, settings, workerSession);
    this.#settings = settings;
    this.wire = dialect;
    this.#service = new Service(
      '',
      settings.deliveryPolicy,
      () => {
        this.serve(this.#service);
      },
      () => {
        this.expireQueued(this.#service);
      },
    );
  }

  /**
   * Binds both ends. Clients are not read before a worker is ready, and no worker is heard before both ends are bound and our user can hear of
   * it: so the workers' end comes last.
   */
  protected async bind(endpoints: QueueEndpoints): Promise<void> {
    checkEndpoints(endpoints);
    const transport = await this.transport([endpoints.frontend, endpoints.backend]);
    this.frontend = await this.#listen(transport, endpoints.frontend, this.handler);
    this.frontend.pause();
    try {
      this.backend = await this.#listen(transport, endpoints.backend, this.#workers);
    } catch (error) {
      this.driver.stop();
      await this.frontend.close();
      throw error;
    }
    this.state = 'listening';
    this.readinessChanged();
    this.logger.info({ role: this.name, transport: transport.name, ...this.place() }, 'listening');
    const { disconnectNotices, heartbeats } = this.snapshot().layers;
    if (!disconnectNotices && !heartbeats)
      this.logger.warn({ role: this.name }, 'this transport does not tell when a worker dies, nor does the protocol');
  }

  #listen(transport: Transport, endpoint: string, handler: TransportHandler): Promise<Listener> {
    const { maxFrameBytes, highWaterMark, handshakeTimeout } = this.#settings;
    const transportHeartbeat = transportHeartbeatOf(this.#settings);
    return transport.listen(endpoint, handler, { maxFrameBytes, highWaterMark, handshakeTimeout, transportHeartbeat });
  }

  /** Where it really listens. */
  get endpoints(): QueueEndpoints {
    return this.place();
  }

  protected override snapshot(): QueueSnapshot {
    return {
      ...super.snapshot(),
      ...this.place(),
      reading: this.#reading,
      idle: this.#service.queue.ready.idle,
      counters: { ...this.counters, faults: this.faults },
      workers: [...this.sessions].map((session) => this.viewOf(session)),
    };
  }

  /* ---------------------------------------------------------------- clients */

  protected override receive(peer: Peer, message: Message): void {
    if (this.state === 'closed') return;
    const delimiter = delimiterOf(message, MOST_ENVELOPE_FRAMES);
    // Without a delimiter it is the bare body of a DEALER, and is answered as bare.
    const body = delimiter + 1;
    if (message.frameCount - body > this.#settings.maxBodyFrames) {
      this.counters.invalid++;
      this.#reject(peer, 'invalid', 'too many frames');
    } else if (this.state === 'draining') this.#reject(peer, 'shutting-down', 'the queue is closing');
    else this.accept(peer, this.#service, message, Math.max(0, delimiter), body, false, Infinity);
  }

  /** Turned away without a word: a REQ would understand none. Its client asks again. */
  #reject(peer: Peer, code: 'invalid' | 'shutting-down', reason: string): void {
    this.counters.rejected++;
    this.countFailure(code);
    this.report(peer, reason);
  }

  protected override answerTo(request: PendingRequest): readonly Frame[] {
    return framesBetween(request.message, 0, request.body);
  }

  /** No client of the pirates understands a failure; it asks again. */
  protected override tellFailure(): void {
    return;
  }

  /* ---------------------------------------------------------------- workers */

  readonly #workers = this.handlerOf((peer, message) => {
    this.#hear(peer, message);
  });

  #hear(peer: Peer, message: Message): void {
    if (this.state === 'closed') return;
    const command = this.wire.decodeAtQueue(message);
    if (command.kind === 'INVALID') {
      this.invalid(peer, command.reason);
      return;
    }
    const session = this.sessionOf(peer);
    const { kind } = session.state;
    const wouldRegister = kind === 'lapsed' || (kind === 'unknown' && command.kind !== 'HEARTBEAT');
    if (wouldRegister && this.isFullOfWorkers) {
      this.counters.workersTurnedAway++;
      this.report(peer, 'workers-full');
      return;
    }
    switch (command.kind) {
      case 'READY':
        session.step({ kind: 'READY', service: '', credit: 1, admission: 'welcome' });
        break;
      case 'HEARTBEAT':
        session.heartbeat();
        break;
      case 'REPLY': {
        const tooLong = message.frameCount - command.body > this.#settings.maxBodyFrames;
        const handle = tooLong ? ILLEGIBLE : command.handle;
        const current = session.holding(handle) !== undefined;
        const wrong = session.load > 0 && !current;
        if (handle !== ILLEGIBLE && session.load === 0) this.counters.lateReplies++;
        session.step({ kind: 'REPLY', handle, current, message, body: command.body });
        if (handle === ILLEGIBLE) this.invalid(peer, 'not in the shape of a reply');
        else if (wrong) this.invalid(peer, 'a reply to another request than its own');
        break;
      }
    }
    this.keepSession(session);
  }

  protected override named(): object {
    return NO_NAME;
  }

  protected override place(): QueueEndpoints {
    return { frontend: this.frontend?.endpoint ?? '', backend: this.backend?.endpoint ?? '' };
  }

  protected override eachService(): Iterable<Service> {
    return [this.#service];
  }

  protected override serviceFor(): Service {
    return this.#service;
  }

  protected override retireIfUnused(): void {
    return;
  }

  protected override readinessChanged(): void {
    const { queue } = this.#service;
    const wanted = this.state === 'listening' && queue.ready.size > 0 && queue.queued === 0;
    if (wanted === this.#reading) return;
    this.#reading = wanted;
    if (wanted) this.frontend?.resume();
    else this.frontend?.pause();
  }
}
