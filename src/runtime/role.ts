/** What every role (broker, worker, client) shares: its ports, its driver, its events, and what happens to our own bugs. */
import { InvalidOption, type SeaworthyError } from '../core/errors.ts';
import type { StepObserver } from '../core/machine.ts';
import {
  defaultTransport,
  throwLater,
  TRANSPORT_NAMES,
  TransportUnavailable,
  type GoneReason,
  type Peer,
  type RoleKind,
  type Transport,
  type TransportChoice,
  type TransportHandler,
} from '../transport/transport.ts';
import type { Message } from '../wire/message.ts';
import { systemClock, type Clock } from './clock.ts';
import { Driver } from './driver.ts';
import { TypedEvents } from './events.ts';
import { silentLogger, type Logger } from './log.ts';
import { traceObserver, type TraceSink } from './trace.ts';

/** The ports of a role. All have defaults; tests and simulations pass their own. */
export interface RoleOptions {
  /**
   * How messages travel: over ZeroMQ's own library (`zeromq`), over the engine of this one that speaks the same on the wire (`zmtp`), or
   * another. Default: what the environment variable `SEAWORTHY_TRANSPORT` says; without it `zmtp` for brokers, queues and Binary Star (`zeromq`
   * for endpoints that only libzmq has), and `zeromq` for clients, workers and servers. Loaded when the role starts.
   */
  readonly transport?: TransportChoice;
  /** Where time comes from. Default: the system's, looked up at each call. */
  readonly clock?: Clock;
  /** Numbers in [0, 1), for jitter and first ids. Default `Math.random`. */
  readonly random?: () => number;
  /** Where the role logs. Default: nowhere. */
  readonly logger?: Logger;
  /** Called with every step and every decision, for traces; several roles may share one. Default: none, at no cost. */
  readonly trace?: TraceSink;
  /** What the role is called in logs and traces. */
  readonly name?: string;
}

export const ROLE_OPTIONS: readonly string[] = ['transport', 'clock', 'random', 'logger', 'trace', 'name'];

/** Events that every role has. */
export interface RoleEvents {
  /** The event loop or the process stood still; no deadline was judged before waiting messages were read. */
  stalled: { readonly milliseconds: number };
  /** A bug of this library was caught: the event that met it was dropped, the role goes on. Please report it. */
  fault: { readonly error: unknown };
  /**
   * The role can never work here (its transport does not load, or refuses its endpoint or options; the server inside a Binary Star does not
   * start) and has closed itself. A worker or a half of a Binary Star, which nobody asks, throws the error as an uncaught one when it has closed,
   * if nobody listens. A client does not: each of its requests is rejected with it.
   */
  unusable: { readonly error: SeaworthyError };
}

/** What the ports must be able to do. */
const PORTS: { readonly [port in Exclude<keyof RoleOptions, 'random' | 'trace' | 'name'>]: readonly string[] } = {
  transport: ['listen', 'connect'],
  clock: ['now', 'setTimeout', 'clearTimeout', 'setImmediate'],
  logger: ['debug', 'info', 'warn', 'error', 'isLevelEnabled', 'child'],
};

/** How many roles write into one trace. */
const writers = new WeakMap<TraceSink, number>();

/** @throws InvalidOption */
function checkRoleOptions(options: RoleOptions): void {
  if (typeof options !== 'object' || (options as unknown) === null) throw new InvalidOption('options', options, 'an object');
  if (typeof options.transport === 'string' && !TRANSPORT_NAMES.includes(options.transport))
    throw new InvalidOption('transport', options.transport, `one of ${TRANSPORT_NAMES.join(', ')}, or a transport`);
  for (const [name, methods] of Object.entries(PORTS)) {
    if (name === 'transport' && typeof options.transport === 'string') continue;
    const port = options[name as keyof typeof PORTS] as Readonly<Record<string, unknown>> | undefined;
    if (port === undefined || ((port as unknown) !== null && methods.every((method) => typeof port[method] === 'function'))) continue;
    throw new InvalidOption(name, port, `an object with the methods ${methods.join(', ')}`);
  }
  for (const name of ['random', 'trace'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw new InvalidOption(name, options[name], 'a function');
  }
  if (options.name !== undefined && typeof options.name !== 'string') throw new InvalidOption('name', options.name, 'a string');
}

export abstract class Role<E extends RoleEvents> implements AsyncDisposable {
  /** Typed events, named in the past tense: `role.events.on('…', listener)`. */
  readonly events: TypedEvents<E>;
  readonly name: string;
  protected readonly driver: Driver;
  protected readonly random: () => number;
  protected readonly logger: Logger;
  protected readonly trace: TraceSink | undefined;
  /** What the transport calls; not for anybody else. */
  protected readonly handler: TransportHandler;
  protected readonly observer: StepObserver | undefined;
  /** Bugs of ours that were caught; 0 unless something is wrong with this library. */
  protected faults = 0;
  readonly #transport: TransportChoice | undefined;
  readonly #kind: RoleKind;

  /** @param kind what it does with messages, for the choice of a transport. */
  constructor(name: string, options: RoleOptions, kind: RoleKind = 'handle') {
    checkRoleOptions(options);
    this.name = options.name ?? name;
    this.random = options.random ?? Math.random;
    this.logger = options.logger === undefined ? silentLogger : guardedLogger(options.logger);
    this.trace = options.trace === undefined ? undefined : this.#guarded(options.trace);
    this.#transport = options.transport;
    this.#kind = kind;
    // What the environment says is told now, if it is nothing.
    if (options.transport === undefined) defaultTransport(kind);
    this.events = new TypedEvents<E>((error, event) => {
      this.logger.error({ err: error, role: this.name, event }, 'a listener threw');
    });
    this.driver = new Driver(options.clock ?? systemClock, {
      stalled: (milliseconds) => {
        this.logger.warn({ role: this.name, milliseconds: Math.round(milliseconds) }, 'the event loop stood still');
        this.emit('stalled', { milliseconds });
      },
      faulted: (error) => {
        this.fault(error);
      },
      callbackFailed: (error) => {
        this.logger.error({ err: error, role: this.name }, 'a callback threw');
      },
    });
    this.handler = this.handlerOf((peer, message) => {
      this.receive(peer, message);
    });
    this.observer = this.trace === undefined ? undefined : traceObserver(this.trace, this.name, () => this.driver.now);
  }

  /** A trace is written in the middle of steps: a sink that throws must not tear one in two. */
  #guarded(sink: TraceSink): TraceSink {
    const role = (writers.get(sink) ?? 0) + 1;
    writers.set(sink, role);
    return (event) => {
      try {
        sink(role === 1 ? event : { ...event, role });
      } catch (error) {
        this.logger.error({ err: error, role: this.name }, 'the trace sink threw');
      }
    };
  }

  /**
   * The given transport, or the one of that name, or the default one for `endpoints`: imported only now, so that everything else loads without
   * the native binding.
   *
   * @throws TransportUnavailable when the binding does not load on this machine.
   */
  protected async transport(endpoints?: readonly string[]): Promise<Transport> {
    const choice = this.#transport ?? defaultTransport(this.#kind, endpoints);
    if (typeof choice !== 'string') return choice;
    this.logger.debug({ role: this.name, transport: choice }, 'transport taken');
    if (choice === 'zmtp') {
      const { createZmtpTransport } = await import('../transport/zmtp/index.ts');
      return createZmtpTransport({
        onRefusal: (facts) => {
          this.logger.info({ role: this.name, ...facts }, 'connection refused');
        },
      });
    }
    try {
      return (await import('../transport/zeromq.ts')).zeromqTransport;
    } catch (error) {
      throw new TransportUnavailable('zeromq', { cause: error });
    }
  }

  /** Calls back with the transport: at once if one was given, else when it is loaded, or cannot be. */
  protected withTransport(use: (transport: Transport) => void, unavailable: (error: SeaworthyError) => void): void {
    if (this.#transport !== undefined && typeof this.#transport !== 'string') {
      use(this.#transport);
      return;
    }
    this.transport().then(use, (error: unknown) => {
      this.logger.error({ err: error, role: this.name }, 'the transport cannot be loaded');
      unavailable(error as SeaworthyError);
    });
  }

  /** What the transport calls for a socket: each call is one event. A role with several sockets tells by `receive` what came over which. */
  protected handlerOf(receive: (peer: Peer, message: Message) => void): TransportHandler {
    return {
      message: (peer, message) => {
        this.#message(receive, peer, message);
      },
      peerGone: (peer, reason) => {
        this.attempt(() => {
          this.lose(peer, reason);
        });
      },
      refused: (peer) => {
        this.attempt(() => {
          this.sendRefused(peer);
        });
      },
      overflow: (peer) => {
        this.attempt(() => {
          this.overflowed(peer);
        });
      },
      batchEnd: () => {
        this.driver.batchEnd();
      },
    };
  }

  #message(receive: (peer: Peer, message: Message) => void, peer: Peer, message: Message): void {
    this.driver.enterMessage();
    try {
      receive(peer, message);
    } catch (error) {
      this.fault(error);
    } finally {
      this.driver.leave();
    }
  }

  /** Handles one event that nobody waits for: what it throws is a fault. */
  protected attempt(work: () => void): void {
    try {
      this.driver.run(work);
    } catch (error) {
      this.fault(error);
    }
  }

  /** Emits after all states are stored, and only if somebody listens. */
  protected emit<K extends keyof RoleEvents & keyof E & string>(event: K, value: E[K]): void;
  protected emit<K extends keyof E & string>(event: K, value: E[K]): void;
  protected emit<K extends keyof E & string>(event: K, value: E[K]): void {
    if (!this.events.observed(event)) return;
    this.driver.callback(() => {
      this.events.emit(event, value);
    });
  }

  /** After the last event: loops over `events.each` end, and nobody is called any more. */
  protected silence(): void {
    this.driver.callback(() => {
      this.events.removeAll();
    });
  }

  /** What ends a role that nobody asks: told once, and thrown when the role has closed if there was nobody to be told. */
  protected endUnusable(error: SeaworthyError): void {
    this.logger.error({ err: error, role: this.name }, 'unusable: the role ends');
    const tell = (): boolean => {
      const isHeard = this.events.observed('unusable');
      this.emit('unusable', { error } as E['unusable']);
      return isHeard;
    };
    // Whoever has made the role just now must have had the time to listen.
    if (!tell())
      queueMicrotask(() => {
        if (!tell()) void this.#endUnheard(error);
      });
    this.driver.callback(() => {
      void this.close();
    });
  }

  async #endUnheard(error: SeaworthyError): Promise<void> {
    try {
      await this.close();
    } finally {
      throwLater(error);
    }
  }

  protected fault(error: unknown): void {
    this.faults++;
    this.logger.error({ err: error, role: this.name }, 'fault: a bug in seaworthy was caught');
    this.emit('fault', { error } as E['fault']);
  }

  protected abstract receive(peer: Peer, message: Message): void;
  protected abstract lose(peer: Peer, reason: GoneReason): void;
  protected abstract overflowed(peer: Peer): void;
  /** Of interest only to a role that counts what it delivered. */
  protected sendRefused(_peer: Peer): void {
    return;
  }

  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Lines are written in the middle of steps: a logger that throws (a full disk) must not tear one in two. */
function guardedLogger(logger: Logger): Logger {
  const guarded =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      try {
        logger[level](fields, message);
      } catch {
        // There is nowhere left to say so.
      }
    };
  return {
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error'),
    isLevelEnabled: (level) => logger.isLevelEnabled(level),
    child: (fields) => guardedLogger(logger.child(fields)),
  };
}
