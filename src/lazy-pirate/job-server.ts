/**
 * What servers of plain requests have in common (the Lazy Pirate's, and the Freelance ones, which are servers like it with other frames): requests
 * that wait, handlers that run side by side, and answers behind the frames that stood before the body.
 */
import { InvalidOption } from '../core/errors.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import type { StepObserver } from '../core/machine.ts';
import { Timer } from '../core/timers.ts';
import { Actor } from '../runtime/actor.ts';
import type { Driver } from '../runtime/driver.ts';
import { LazyAbort, type IncomingRequest, type ReplyBody } from '../runtime/handlers.ts';
import { transportHeartbeatOf } from '../runtime/options.ts';
import { Role, type RoleEvents, type RoleOptions } from '../runtime/role.ts';
import type { Listener, LivenessLayers, Peer } from '../transport/transport.ts';
import { framesBetween } from '../wire/envelope.ts';
import { bodyOption, type Frame, type Message } from '../wire/message.ts';
import { replyToClient } from './codec.ts';
import { ClientGone } from './errors.ts';
import { lazyPirateJob, type JobOutcome, type LazyPirateJobEffects, type LazyPirateJobMachine } from './job.machine.ts';
import type { LazyPirateServerSettings } from './options.ts';

export interface JobContext {
  /** Aborted when nobody waits for the result any more: the client gave up, or `close()` ran out of patience. */
  readonly signal: AbortSignal;
}

/** Does the work. What it returns is the answer. When it throws, nothing is answered: the client asks again, by its own timeout. */
export type JobHandler = (request: IncomingRequest, context: JobContext) => ReplyBody | Promise<ReplyBody>;

/** Why a request was not handled, or its result not sent. */
export type RequestDrop =
  /** Not what a client sends, or a body of too many frames. */
  | 'invalid'
  /** `maxQueuedRequests` wait already. */
  | 'queue-full'
  /** The server is closing. */
  | 'closing'
  /** Its client left before it was answered. */
  | 'client-gone';

export interface JobServerEvents extends RoleEvents {
  requestStarted: { readonly client: string };
  requestFinished: { readonly client: string; readonly milliseconds: number };
  handlerFailed: { readonly error: unknown; readonly client: string };
  requestDropped: { readonly client: string; readonly reason: RequestDrop };
  closed: { readonly endpoint: string };
}

export interface JobServerCounters {
  requests: number;
  replies: number;
  handlerFailures: number;
  /** Requests whose client left, or that the server's end came before. */
  dropped: number;
  /** Requests that found no place. */
  rejected: number;
  /** Messages that are no request. */
  invalid: number;
  /** Answers that a connection would not take. */
  undeliverable: number;
  faults: number;
}

export interface JobServerSnapshot {
  readonly name: string;
  readonly endpoint: string;
  readonly state: 'listening' | 'draining' | 'closed';
  /** Requests that wait for a handler. */
  readonly waiting: number;
  /** Handlers that run. */
  readonly working: number;
  readonly counters: Readonly<JobServerCounters>;
}

export abstract class JobServer extends Role<JobServerEvents> {
  readonly #settings: LazyPirateServerSettings;
  readonly #handle: JobHandler;
  readonly #waiting = new Fifo<Job>();
  readonly #working = new Set<Job>();
  readonly #counters: JobServerCounters = {
    requests: 0,
    replies: 0,
    handlerFailures: 0,
    dropped: 0,
    rejected: 0,
    invalid: 0,
    undeliverable: 0,
    faults: 0,
  };
  readonly #drainTimer = new Timer(
    {
      timerFired: () => {
        for (const job of [...this.#working]) job.step({ kind: 'stop' });
        this.#finishDraining();
      },
    },
    'drainTimeout',
  );
  #listener: Listener | undefined;
  #state: 'listening' | 'draining' | 'closed' = 'listening';
  #serving = false;
  #closing: Promise<void> | undefined;
  #drained: () => void = () => undefined;

  protected constructor(kind: string, handler: JobHandler, options: RoleOptions, settings: LazyPirateServerSettings) {
    super(kind, options);
    this.#settings = settings;
    if (typeof handler !== 'function') throw new InvalidOption('handler', handler, 'a function');
    this.#handle = handler;
  }

  /** At which frame of a request its body begins; what stands before it goes before the answer. `answered`: it is none, and dealt with. */
  protected abstract bodyOf(peer: Peer, message: Message): number | 'invalid' | 'answered';

  /** @throws InvalidEndpoint, BindFailed, or why the transport cannot be had. */
  protected async bind(endpoint: string, identity: string | undefined): Promise<void> {
    const { maxFrameBytes, highWaterMark, handshakeTimeout } = this.#settings;
    const transport = await this.transport();
    this.#listener = await transport.listen(endpoint, this.handler, {
      maxFrameBytes,
      highWaterMark,
      handshakeTimeout,
      transportHeartbeat: transportHeartbeatOf(this.#settings),
      ...(identity === undefined ? {} : { identity }),
    });
    this.logger.info({ role: this.name, transport: transport.name, endpoint: this.endpoint }, 'listening');
  }

  /** Where it really listens. */
  get endpoint(): string {
    return this.#listener?.endpoint ?? '';
  }

  /** Takes no further requests, drops those that wait, waits up to `drainTimeout` for handlers, and unbinds. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const drained = new Promise<void>((resolve) => (this.#drained = resolve));
    this.driver.run(() => {
      this.#state = 'draining';
      for (let job = this.#waiting.first; job !== undefined; job = this.#waiting.first) job.step({ kind: 'stop' });
      if (this.#working.size === 0) this.#finishDraining();
      else this.driver.arm(this.#drainTimer, this.#settings.drainTimeout);
    });
    await drained;
    this.driver.stop();
    await this.#listener?.close();
    this.emit('closed', { endpoint: this.endpoint });
    this.silence();
  }

  #finishDraining(): void {
    if (this.#state !== 'draining') return;
    this.#state = 'closed';
    this.driver.callback(this.#drained);
  }

  protected get layers(): LivenessLayers {
    return this.#listener?.layers ?? { disconnectNotices: false, transportHeartbeats: false };
  }

  protected snapshot(): JobServerSnapshot {
    return {
      name: this.name,
      endpoint: this.endpoint,
      state: this.#state,
      waiting: this.#waiting.size,
      working: this.#working.size,
      counters: { ...this.#counters, faults: this.faults },
    };
  }

  /** Sends what is no answer to a request, unless it is closing; whether the connection took it. */
  protected sendAside(peer: Peer, frames: readonly Frame[]): boolean {
    if (this.#state !== 'listening') return false;
    const taken = this.#listener?.send(peer, frames) === 'ok';
    if (!taken) this.#counters.undeliverable++;
    return taken;
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    const body = this.bodyOf(peer, message);
    if (body === 'answered') return;
    if (body === 'invalid' || message.frameCount - body > this.#settings.maxBodyFrames) {
      this.#counters.invalid++;
      this.#drop(peer, 'invalid');
    } else if (this.#state !== 'listening') {
      this.#counters.rejected++;
      this.#drop(peer, 'closing');
    } else if (this.#working.size >= this.#settings.maxConcurrentRequests && this.#waiting.size >= this.#settings.maxQueuedRequests) {
      this.#counters.rejected++;
      this.#drop(peer, 'queue-full');
    } else {
      this.#counters.requests++;
      const job = new Job(this.#host, peer, message, body);
      jobsOf(peer).add(job);
      this.#waiting.add(job);
      this.#serveSoon();
    }
  }

  protected override lose(peer: Peer): void {
    for (const job of [...jobsOf(peer)]) job.step({ kind: 'clientGone' });
    peer.session = undefined;
  }

  protected override overflowed(): void {
    this.#counters.undeliverable++;
  }

  #drop(peer: Peer, reason: RequestDrop): void {
    this.emit('requestDropped', { client: peer.label, reason });
  }

  /* ---------------------------------------------------------------- requests and their handlers */

  #serveSoon(): void {
    if (this.#serving) return;
    this.#serving = true;
    this.driver.followUp(this.#serve);
  }

  readonly #serve = (): void => {
    this.#serving = false;
    while (this.#working.size < this.#settings.maxConcurrentRequests) {
      const job = this.#waiting.take();
      if (job === undefined) return;
      this.#working.add(job);
      job.step({ kind: 'place' });
    }
  };

  readonly #host: JobHost = {
    driver: this.driver,
    observer: this.observer,
    run: (job) => {
      this.driver.callback(() => {
        void this.#run(job);
      });
    },
    reply: (job, body) => {
      const sent = this.#listener?.send(job.client, replyToClient(job.envelope, body));
      if (sent !== 'ok') this.#counters.undeliverable++;
      this.#counters.replies++;
    },
    finished: (job, outcome) => {
      if (this.#waiting.has(job)) this.#waiting.remove(job);
      this.#working.delete(job);
      const jobs = jobsOf(job.client);
      jobs.delete(job);
      if (jobs.size === 0) job.client.session = undefined;
      if (outcome === 'dropped' || outcome === 'discarded') {
        this.#counters.dropped++;
        this.#drop(job.client, this.#state === 'listening' ? 'client-gone' : 'closing');
      }
      if (this.#waiting.size > 0) this.#serveSoon();
      if (this.#working.size === 0) this.#finishDraining();
    },
  };

  async #run(job: Job): Promise<void> {
    const { label: client } = job.client;
    const context = {
      get signal(): AbortSignal {
        return job.signal;
      },
    };
    const startedAt = this.driver.clock.now();
    this.emit('requestStarted', { client });
    let event: LazyPirateJobMachine['event'];
    try {
      const body = await this.#handle.call(undefined, { body: job.body }, context);
      event = { kind: 'handlerDone', body: body === undefined ? [] : bodyOption(body, Infinity) };
    } catch (error) {
      this.#counters.handlerFailures++;
      this.logger.warn({ err: error, role: this.name }, 'the handler failed');
      this.emit('handlerFailed', { error, client });
      event = { kind: 'handlerFailed' };
    }
    this.emit('requestFinished', { client, milliseconds: this.driver.clock.now() - startedAt });
    this.attempt(() => {
      job.step(event);
    });
  }
}

/** The requests of a client that have no end yet. */
function jobsOf(peer: Peer): Set<Job> {
  return (peer.session ??= new Set<Job>()) as Set<Job>;
}

interface JobHost {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  run(job: Job): void;
  reply(job: Job, body: readonly Frame[]): void;
  finished(job: Job, outcome: JobOutcome): void;
}

/** One request: the machine at work. */
class Job extends Actor<LazyPirateJobMachine> implements LazyPirateJobEffects, Linked<Job> {
  readonly client: Peer;
  /** What goes before the answer: the frames up to the delimiter. */
  readonly envelope: readonly Frame[];
  readonly body: readonly Frame[];
  previous: Job | undefined;
  next: Job | undefined;
  queue: unknown;
  readonly #host: JobHost;
  readonly #abort = new LazyAbort();

  constructor(host: JobHost, client: Peer, message: Message, body: number) {
    super(lazyPirateJob, host.driver, {}, host.observer);
    this.#host = host;
    this.client = client;
    this.envelope = framesBetween(message, 0, body);
    this.body = framesBetween(message, body);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  run(): void {
    this.#host.run(this);
  }

  reply(body: readonly Frame[]): void {
    this.#host.reply(this, body);
  }

  abort(): void {
    this.driver.callback(() => {
      this.#abort.abort(new ClientGone());
    });
  }

  finish(outcome: JobOutcome): void {
    this.#host.finished(this, outcome);
  }

  refuse(): void {
    // No cell of this machine refuses anything.
  }
}
