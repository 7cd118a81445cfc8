/** A Binary Star (Guide, chapter 4): two of these stand before two servers of any kind, and one of them serves. */
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { Timer } from '../core/timers.ts';
import { transportHeartbeatOf } from '../runtime/options.ts';
import { Role, type RoleEvents } from '../runtime/role.ts';
import type { TraceValue } from '../runtime/trace.ts';
import type { FrameLike, Message } from '../wire/message.ts';
import { BindFailed, type GoneReason, type LivenessLayers, type Peer, type Transport } from '../transport/transport.ts';
import { ClassicHalf } from './classic.ts';
import { PairHalted, ServiceFailed, WrongState } from './errors.ts';
import { Frontends, type FrontendCounters } from './frontends.ts';
import type { Half, PeerSnapshot, Stage } from './half.ts';
import { HardenedHalf } from './hardened.ts';
import {
  binaryStarSettings,
  checkPlace,
  type BinaryStarMode,
  type BinaryStarOptions,
  type BinaryStarPlace,
  type BinaryStarSettings,
} from './options.ts';
import type { ActivationReason, RetreatReason, StarRole } from './peer.machine.ts';
import type { ReplicationSnapshot } from './replication.ts';

/** What the server inside is given to stand on. */
export interface BinaryStarStand {
  /**
   * To be passed to the role inside, after whatever other options it shares with this half: at the frontends it hands over what is bound already,
   * elsewhere it is the ordinary transport.
   */
  readonly transport: Transport;
  /** Where to listen, in the order in which they were given; ports are resolved. */
  readonly frontends: readonly string[];
  /** The first of them. */
  readonly frontend: string;
  /** Which takeover this is; grows from one to the next. */
  readonly epoch: number;
  readonly reason: ActivationReason;
  /** Whether the state that was handed over is all that the other server had sent. Always true where none is. */
  readonly synchronised: boolean;
  /**
   * Aborted when this half serves no more: whatever work goes on then must change nothing that the other half has too. When this half hands
   * over or is closed, that is after the server inside has closed.
   */
  readonly signal: AbortSignal;
}

/** The server inside, as far as a Binary Star must know it: each role of this library that listens is one. */
export interface BinaryStarService {
  /** Finishes what it has in hand, and ends. */
  close(): Promise<void>;
  inspect?(): object;
}

/** Starts the server inside; called each time this half becomes active. What it rejects with ends this half. */
export type BinaryStarServiceStarter = (stand: BinaryStarStand) => BinaryStarService | Promise<BinaryStarService>;

export interface BinaryStarEvents extends RoleEvents {
  /** This half serves: the server inside runs. */
  becameActive: { readonly epoch: number; readonly reason: ActivationReason; readonly synchronised: boolean };
  /** This half does not serve (any more). `peer-serves`: it has learnt at its beginning that the other one does. */
  becamePassive: { readonly epoch: number; readonly reason: RetreatReason | 'peer-serves' };
  /** This half served, and another had taken over: `known` is the epoch that it was told of. */
  fenced: { readonly epoch: number; readonly known: number; readonly by: 'peer' | 'client' | 'arbiter' };
  /** The epoch of this active half has grown, because a later one was heard of. */
  epochRaised: { readonly epoch: number };
  /** This half stood still and does not serve until it knows that the other one does not. */
  suspended: { readonly epoch: number };
  resumed: { readonly epoch: number };
  peerFound: { readonly role: StarRole | undefined };
  /** The peer has been silent for `failoverTimeout`, or its process has ended. */
  peerLost: { readonly silentFor: number };
  /**
   * The pair is set up wrongly: the peer has our own role, or is ourselves. Neither takes over while that one speaks, unless an operator says
   * so. Told once per life of the peer, and again, once per `failoverTimeout`, while clients ask in vain because of it.
   */
  misconfigured: { readonly why: string };
  /** A function of `state` failed. */
  stateFailed: { readonly error: unknown };
  closed: { readonly frontends: readonly string[] };
}

export interface BinaryStarCounters extends FrontendCounters {
  /** How often this half became active. */
  activations: number;
  /** How often it was active and had to stop, other than at its end. */
  retreats: number;
  /** Messages at the peer's end that are no words. */
  invalid: number;
  /** Words of a peer of our own role. */
  misconfigured: number;
  /** Words of an earlier life of the peer. */
  staleWords: number;
  faults: number;
}

export interface BinaryStarSnapshot {
  readonly role: 'binary-star';
  readonly name: string;
  readonly position: StarRole;
  readonly mode: BinaryStarMode;
  /** The machine's state; `active` serves. */
  readonly state: string;
  readonly epoch: number;
  readonly frontends: readonly string[];
  readonly peer: PeerSnapshot;
  readonly layers: LivenessLayers & { readonly heartbeats: true; readonly deathHint: boolean };
  /** Messages that wait until it is known who serves. */
  readonly held: number;
  readonly replication?: ReplicationSnapshot;
  readonly counters: Readonly<BinaryStarCounters>;
  /** What the server inside says of itself, if it serves and can be asked. */
  readonly service?: object;
}

/**
 * One half of a pair of servers, of which one serves and the other takes over when the first dies. The server inside may be a
 * `MajordomoBroker`, a queue, a `LazyPirateServer` or any other that listens through the transport it is given.
 *
 * A passive half takes over when the active one has been silent for `failoverTimeout` (or its process has ended) and a client asks it. What
 * that client asked is kept and served.
 *
 * @example
 * const star = await BinaryStar.listen(
 *   {
 *     role: 'primary',
 *     frontends: 'tcp://127.0.0.1:5001',
 *     peer: { listen: 'tcp://127.0.0.1:5003', connect: 'tcp://127.0.0.1:5004' },
 *   },
 *   ({ transport, frontend }) => MajordomoBroker.listen(frontend, { transport }),
 * );
 */
export class BinaryStar extends Role<BinaryStarEvents> {
  readonly position: StarRole;
  readonly #settings: BinaryStarSettings;
  readonly #start: BinaryStarServiceStarter;
  readonly #frontends: Frontends;
  readonly #half: Half;
  readonly #counters = { activations: 0, retreats: 0, invalid: 0, misconfigured: 0, staleWords: 0 };
  readonly #heldTimer = new Timer(
    {
      timerFired: () => {
        this.#expireHeld();
      },
    },
    'heldTimeout',
  );
  #transport: Transport | undefined;
  #service: BinaryStarService | undefined;
  /** For as long as the server inside may serve. */
  #serving: AbortController | undefined;
  /** Counts takeovers and retreats: what was begun before the last of them is void. */
  #turn = 0;
  #ending: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #whenClosed: () => void = () => undefined;
  #handedOver: (() => void) | undefined;
  #misfit: { readonly why: string; readonly toldAt: number } | undefined;

  /**
   * Binds the frontends and the peer's end. Who serves is known later: `becameActive` and `becamePassive` tell.
   *
   * @throws InvalidOption, FailoverTooShort when an option cannot work; BindFailed when an endpoint cannot be listened on.
   */
  static async listen(place: BinaryStarPlace, service: BinaryStarServiceStarter, options: BinaryStarOptions = {}): Promise<BinaryStar> {
    const star = new BinaryStar(place, service, options);
    await star.#listen(place);
    return star;
  }

  private constructor(place: BinaryStarPlace, service: BinaryStarServiceStarter, options: BinaryStarOptions) {
    super('binary-star', options, 'carry');
    this.#settings = binaryStarSettings(options);
    const { role, frontends, peer } = checkPlace(place);
    if (typeof service !== 'function') throw new InvalidOption('service', service, 'a function that starts the server inside');
    this.position = role;
    this.#start = service;
    const { maxFrameBytes, highWaterMark, handshakeTimeout, maxHeldRequests, maxHeldBytes, mode } = this.#settings;
    const sockets = { maxFrameBytes, highWaterMark, handshakeTimeout, transportHeartbeat: transportHeartbeatOf(this.#settings) };
    const host = {
      clock: this.driver.clock,
      mustWake: (now: number) => this.#half.mustWake(now),
      woken: () => {
        this.#look();
      },
      vote: (known: number) => {
        this.attempt(() => {
          this.#vote(known);
        });
      },
      failed: (error: Error) => {
        this.#fail(error);
      },
    };
    this.#frontends = new Frontends(host, frontends, sockets, { messages: maxHeldRequests, bytes: maxHeldBytes });
    const stage = this.#stage();
    this.#half =
      mode === 'classic' ? new ClassicHalf(stage, { role, peer }, this.#settings) : new HardenedHalf(stage, { role, peer }, this.#settings);
  }

  async #listen(place: BinaryStarPlace): Promise<void> {
    const { listen, connect } = place.peer;
    const transport = (this.#transport = await this.transport([place.frontends, listen, connect].flat()));
    await this.#half.open(transport);
    try {
      await this.#frontends.listen(transport);
    } catch (error) {
      this.driver.stop();
      await this.#half.close();
      throw error;
    }
    this.driver.run(() => {
      this.#half.start();
    });
    const { name, position, frontends } = this;
    this.logger.info({ role: name, transport: transport.name, position, frontends }, 'listening');
  }

  /** Where clients really connect to. */
  get frontends(): readonly string[] {
    return this.#frontends.endpoints;
  }

  /** Whether this half serves. */
  get isActive(): boolean {
    return this.#half.kind === 'active';
  }

  /**
   * An operator's word to serve: for a backup whose primary will not come, or a passive half whose peer is silent and whom nobody asks. At the
   * beginning it counts when the peer has been silent for `failoverTimeout`.
   *
   * @throws WrongState when this half serves already, or its peer is there.
   */
  activate(): void {
    this.#look();
    const { kind } = this.#half;
    if (this.#closing !== undefined) throw new WrongState('activate', 'closed', 'it has ended, or is about to');
    if (this.#settings.mode === 'classic') throw new WrongState('activate', 'classic', 'the Guide’s table has no such arrow');
    if (kind === 'passive') throw new WrongState('activate', kind, 'the peer is there; let it hand over');
    if (kind !== 'waiting' && kind !== 'lone' && kind !== 'deserted') throw new WrongState('activate', kind, 'it serves, or is about to');
    this.attempt(() => {
      this.#half.activate();
    });
  }

  /**
   * An operator's word to let the other half serve: finishes what is in hand, then hands over. Resolves when this half is passive.
   *
   * @throws WrongState (as a rejection) when this half does not serve, or its peer is not there to take over.
   */
  async handOver(): Promise<void> {
    this.#look();
    const { kind } = this.#half;
    if (kind !== 'active' || this.#settings.mode === 'classic')
      throw new WrongState('hand over', this.#settings.mode === 'classic' ? 'classic' : kind, 'only an active half of a hardened pair can');
    const { there, word } = this.#half.peer();
    if (!there || word !== 'passive') throw new WrongState('hand over', kind, 'the peer is not there to take over');
    await new Promise<void>((resolve) => {
      this.#handedOver = resolve;
      this.attempt(() => {
        this.#half.handOver();
      });
    });
  }

  /** An operator may be the first to speak after a standstill. */
  #look(): void {
    this.attempt(() => {
      this.#half.wake();
    });
  }

  /**
   * Sends an update of the state to the passive half. Resolves with whether it was applied there: `false` when there is none, it went (with the
   * death hint `hintDelay` after its process has ended), or it has not said so within `failoverTimeout`, and without the option `state`, which both
   * halves must have. Make the change and call this in the same turn of the event loop: a snapshot may be taken between any two.
   *
   * @throws WrongState (as a rejection) when this half does not serve, InvalidOption for what is no update, or has a frame longer than
   * `maxStateBytes`.
   */
  async replicate(update: FrameLike | readonly FrameLike[]): Promise<boolean> {
    const { kind } = this.#half;
    if (kind !== 'active' && kind !== 'resigning' && kind !== 'doubting')
      throw new WrongState('replicate', kind, 'only an active half has updates');
    return this.#half.replicate(update);
  }

  /**
   * If this half serves, finishes what is in hand and hands over to the peer, which has up to 200 ms to say that it serves (in classic mode it
   * hears nothing any more); then ends. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#settings.mode === 'classic') await this.#finish();
    const closed = new Promise<void>((resolve) => (this.#whenClosed = resolve));
    this.driver.run(() => {
      this.#half.end();
      if (this.#half.kind === 'closed') this.#whenClosed();
    });
    await closed;
    this.driver.stop();
    this.#turn++;
    await this.#frontends.close();
    await Promise.all([this.#half.close(), this.#ending]);
    this.#handedOver?.();
    this.emit('closed', { frontends: this.#frontends.endpoints });
    this.silence();
    this.logger.info({ role: this.name }, 'closed');
  }

  /** The Guide's table has no state for it: the peer hears that this half is active, until it hears nothing. */
  async #finish(): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    if (service !== undefined) await this.#endOf(service);
  }

  /** What cannot go on; if this half ends in any case, that is no news. */
  #fail(error: Error): void {
    if (this.#closing === undefined) this.endUnusable(error instanceof SeaworthyError ? error : this.#serviceFailed(error));
    else this.logger.warn({ err: error, role: this.name }, 'something failed while this half was being closed');
  }

  /** A server that was not given `stand.transport` cannot listen where this half does already. */
  #serviceFailed(cause: unknown): ServiceFailed {
    const isOurs = cause instanceof BindFailed && this.#frontends.endpoints.includes(cause.endpoint);
    return new ServiceFailed({ cause }, isOurs ? `${cause.endpoint} is this half’s own: pass stand.transport to the server` : undefined);
  }

  /** A plain snapshot: who serves, what is known of the peer, what was counted. */
  inspect(): BinaryStarSnapshot {
    const replication = this.#half.replication();
    const service = this.#service?.inspect?.();
    return {
      role: 'binary-star',
      name: this.name,
      position: this.position,
      mode: this.#settings.mode,
      state: this.#half.kind,
      epoch: this.#half.epoch,
      frontends: this.#frontends.endpoints,
      peer: this.#half.peer(),
      layers: { ...this.#frontends.layers, heartbeats: true, deathHint: this.#half.hints },
      held: this.#frontends.held,
      ...(replication === undefined ? {} : { replication }),
      counters: { ...this.#frontends.counters, ...this.#counters, faults: this.faults },
      ...(service === undefined ? {} : { service }),
    };
  }

  /* ---------------------------------------------------------------- clients */

  #vote(known: number): void {
    this.#half.wake();
    this.#half.vote(known);
    if (this.#settings.mode === 'classic') this.#frontends.drop();
    else if (this.#heldTimer.deadline === Infinity && this.#frontends.held > 0) this.driver.arm(this.#heldTimer, this.#mostHeldFor);
  }

  /** Long enough for any fail-over. */
  get #mostHeldFor(): number {
    return this.#settings.failoverTimeout + 2 * this.#settings.heartbeatInterval;
  }

  #expireHeld(): void {
    const oldest = this.#frontends.expire(this.driver.now - this.#mostHeldFor);
    if (oldest !== undefined) this.driver.arm(this.#heldTimer, Math.max(1, oldest + this.#mostHeldFor - this.driver.now));
  }

  /* ---------------------------------------------------------------- the server inside */

  async #serve(turn: number, epoch: number, reason: ActivationReason): Promise<void> {
    await this.#half.ready();
    await this.#frontends.reopened;
    if (turn !== this.#turn) return;
    const { endpoints } = this.#frontends;
    const synchronised = this.#half.replication()?.synchronised ?? true;
    const transport = this.#frontends.inside(this.#transport as Transport);
    const { signal } = (this.#serving = new AbortController());
    const stand = { transport, frontends: endpoints, frontend: endpoints[0] as string, epoch, reason, synchronised, signal };
    const service = serviceOf(await this.#start.call(undefined, stand));
    // Whoever listens must have its listeners in hand before anything comes.
    await new Promise<void>((resolve) => void this.driver.clock.setImmediate(resolve));
    if (turn !== this.#turn) {
      await this.#endOf(service);
      return;
    }
    this.#service = service;
    this.#frontends.fill();
    this.logger.info({ role: this.name, epoch, reason }, 'active');
    this.emit('becameActive', { epoch, reason, synchronised });
  }

  /** The server inside has nobody to speak to any more. */
  #dismiss(): void {
    const serving = this.#serving;
    this.#serving = undefined;
    const service = this.#service;
    this.#service = undefined;
    this.driver.callback(() => {
      serving?.abort();
      if (service !== undefined) this.#outlast(this.#endOf(service));
    });
  }

  /** This half does not end before `work` does. */
  #outlast(work: Promise<void>): void {
    this.#ending = Promise.all([this.#ending, work]).then(() => undefined);
  }

  async #endOf(service: BinaryStarService): Promise<void> {
    try {
      await service.close();
    } catch (error) {
      this.logger.error({ err: error, role: this.name }, 'the server inside could not be closed');
    }
  }

  #stage(): Stage {
    return {
      driver: this.driver,
      observer: this.observer,
      logger: this.logger,
      random: this.random,
      handlerOf: (receive, lose) => ({
        ...this.handlerOf(receive),
        peerGone: (peer) => {
          this.attempt(() => {
            lose(peer);
          });
        },
      }),
      attempt: (work) => {
        this.attempt(work);
      },
      serve: (epoch, reason) => {
        const turn = ++this.#turn;
        this.#counters.activations++;
        this.#trace('serve', { epoch, reason });
        this.#frontends.epoch = epoch;
        this.#frontends.prepare();
        this.driver.callback(() => {
          const serving = this.#serve(turn, epoch, reason).catch((error: unknown) => {
            if (turn === this.#turn) this.#fail(this.#serviceFailed(error));
            else this.logger.warn({ err: error, role: this.name }, 'the server inside could not be started, and is not wanted any more');
          });
          this.#outlast(serving);
        });
      },
      raise: (epoch) => {
        this.#trace('raise', { epoch });
        this.#frontends.epoch = epoch;
        this.emit('epochRaised', { epoch });
      },
      retreat: (reason, epoch) => {
        this.#retreat(reason, epoch);
      },
      turnAway: (epoch) => {
        this.#frontends.turnAway(epoch);
      },
      suspend: () => {
        this.#trace('suspend', { epoch: this.#half.epoch });
        this.#frontends.suspend();
        this.emit('suspended', { epoch: this.#half.epoch });
      },
      resume: () => {
        // What has waited reaches the server inside when this step is done.
        const turn = this.#turn;
        this.#trace('resume', { epoch: this.#half.epoch });
        this.driver.callback(() => {
          if (turn === this.#turn) this.#frontends.resume();
        });
        this.emit('resumed', { epoch: this.#half.epoch });
      },
      drain: () => {
        this.#drain();
      },
      givesBack: () => {
        this.#trace('giveBack', { epoch: this.#half.epoch });
      },
      halt: (reason) => {
        this.#turn++;
        this.#frontends.shut(false);
        this.#dismiss();
        this.#fail(new PairHalted(reason));
      },
      followed: (epoch) => {
        this.emit('becamePassive', { epoch, reason: 'peer-serves' });
      },
      peerChanged: (there) => {
        this.#misfit = undefined;
        if (there) this.emit('peerFound', { role: this.#half.peer().role });
        else this.emit('peerLost', { silentFor: this.#half.peer().silentFor });
      },
      misconfigured: (why) => {
        this.#counters.misconfigured++;
        if (this.#misfit?.why !== why) this.#tellMisfit(why);
      },
      heldBack: (why) => {
        if (this.#misfit === undefined || this.driver.now >= this.#misfit.toldAt + this.#settings.failoverTimeout) this.#tellMisfit(why);
      },
      invalid: () => {
        this.#counters.invalid++;
      },
      staleWord: () => {
        this.#counters.staleWords++;
      },
      stateFailed: (error) => {
        this.logger.error({ err: error, role: this.name }, 'the state could not be handed over');
        this.emit('stateFailed', { error });
      },
    };
  }

  #tellMisfit(why: string): void {
    this.#misfit = { why, toldAt: this.driver.now };
    this.logger.error({ role: this.name, why }, 'the pair is set up wrongly');
    this.emit('misconfigured', { why });
  }

  #retreat(reason: RetreatReason, known: number): void {
    const { epoch } = this.#half;
    this.#turn++;
    this.#trace('retreat', { epoch, reason, known });
    this.#frontends.shut(reason !== 'closed');
    this.#dismiss();
    if (reason === 'closed') {
      this.driver.callback(this.#whenClosed);
      return;
    }
    this.#counters.retreats++;
    this.logger.info({ role: this.name, epoch, reason }, 'passive');
    const by = FENCED_BY[reason];
    if (by !== undefined) this.emit('fenced', { epoch, known, by });
    this.emit('becamePassive', { epoch: known, reason });
    const handedOver = this.#handedOver;
    this.#handedOver = undefined;
    if (handedOver !== undefined) this.driver.callback(handedOver);
  }

  #trace(kind: string, facts: { readonly [field: string]: TraceValue }): void {
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind, position: this.position, ...facts });
  }

  /** The server inside finishes what it has in hand; its clients' further requests it answers as it does when it closes. */
  #drain(): void {
    const turn = this.#turn;
    const service = this.#service;
    this.#service = undefined;
    this.driver.callback(() => {
      const ended = service === undefined ? Promise.resolve() : this.#endOf(service);
      this.#outlast(ended);
      void ended.then(() => {
        if (turn === this.#turn)
          this.attempt(() => {
            this.#half.drained();
          });
      });
    });
  }

  /* ---------------------------------------------------------------- of no use here: every socket has a handler of its own */

  protected override receive(_peer: Peer, _message: Message): void {
    return;
  }

  protected override lose(_peer: Peer, _reason: GoneReason): void {
    return;
  }

  protected override overflowed(_peer: Peer): void {
    return;
  }
}

/** @throws InvalidOption when that is no server. */
function serviceOf(started: BinaryStarService): BinaryStarService {
  if (typeof (started as BinaryStarService | null | undefined)?.close === 'function') return started;
  const message = 'what starts the server inside must return it: an object with the method close';
  throw new InvalidOption('service', started, 'a function that returns an object with the method close', message);
}

const FENCED_BY: { readonly [reason in RetreatReason]?: 'peer' | 'client' | 'arbiter' } = {
  outranked: 'peer',
  superseded: 'client',
  'lease-lost': 'arbiter',
};
