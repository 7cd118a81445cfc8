/** One half of a hardened pair: the machine, the words to and from the peer, the arbiter and the hand-over of state. */
import { InvalidOption } from '../core/errors.ts';
import { Timer } from '../core/timers.ts';
import { Performer } from '../runtime/actor.ts';
import { MOST_EPOCH } from '../wire/epoch.ts';
import type { FrameLike, Message } from '../wire/message.ts';
import type { Connector, Listener, Peer, Transport } from '../transport/transport.ts';
import type { Arbiter, ArbiterAnswer, ArbiterClaim } from './arbiter.ts';
import { decodeAtPeer, encodeWord, type PeerWord } from './codec.ts';
import type { Half, PeerSnapshot, Stage } from './half.ts';
import type { BinaryStarPlace, BinaryStarSettings } from './options.ts';
import { binaryStar, type BinaryStarEffects, type BinaryStarMachine, type StarWord } from './peer.machine.ts';
import { Replication, type ReplicationSnapshot } from './replication.ts';

/** How long the last word may take to reach the peer when this server goes. */
const LINGER_MS = 200;
/** The peer is tried again this soon: well within a heartbeat. */
const MOST_RECONNECT_MS = 50;
/** Earlier lives of the peer that are remembered, so that nothing they said last is taken for the new one's word. */
const MOST_RETIRED = 16;
const INSTANCE_BYTES = 8;

const WORD_OF: { readonly [state in BinaryStarMachine['state']['kind']]: StarWord } = {
  new: 'waiting',
  waiting: 'waiting',
  lone: 'waiting',
  passive: 'passive',
  deserted: 'passive',
  electing: 'passive',
  active: 'active',
  doubting: 'active',
  resigning: 'active',
  closed: 'resigned',
};
const wordOf = (state: BinaryStarMachine['state']): StarWord =>
  state.kind === 'passive' && state.resigned === true ? 'resigned' : WORD_OF[state.kind];
/** Where a lease is needed. */
const LEASED: readonly string[] = ['active', 'doubting', 'resigning'];
/** Where it serves nobody, and may have to. */
const IDLE: readonly string[] = ['waiting', 'lone', 'passive', 'deserted'];
const EVENT_OF = { waiting: 'WAITING', active: 'ACTIVE', passive: 'PASSIVE', resigned: 'RESIGNED' } as const;

export class HardenedHalf implements Half {
  readonly #stage: Stage;
  readonly #place: Omit<BinaryStarPlace, 'frontends'>;
  readonly #settings: BinaryStarSettings;
  readonly #machine: StarPerformer;
  readonly #replication: Replication;
  readonly #instance: string;
  #transport: Transport | undefined;
  #listener: Listener | undefined;
  #connector: Connector | undefined;
  /** The connection the peer speaks over. */
  #peer: Peer | undefined;
  #word: PeerWord | undefined;
  #heardAt = -Infinity;
  #there = false;
  /** Its process has been seen to end, and `hintDelay` has passed without a word: it applies no update. */
  #gone = false;
  readonly #goneTimer = new Timer(
    {
      timerFired: () => {
        this.#gone = true;
        this.#replication.abandon();
      },
    },
    'hintDelay',
  );
  /** The last of our own role that spoke. */
  #twin: { readonly why: string; readonly heardAt: number } | undefined;
  readonly #retired: string[] = [];
  /** The number of the last question to the peer; it waits for an answer while `#asking`. */
  #question: number;
  #asking = false;
  /** The peer's last question. */
  #answer = 0;
  /** The claim that waits for its answer, and when it was made. */
  #claiming: { readonly claim: ArbiterClaim; readonly askedAt: number } | undefined;
  #lastClaim: ArbiterClaim | undefined;
  /** When the lease ends; its timer may come late. */
  #leaseEnd = Infinity;
  /** When something last happened here. */
  #aliveAt: number;
  /** How often it was told to finish what it has in hand; and whether it has, and gives the lease back before it says so. */
  #drains = 0;
  #giving = false;
  #hasServedOrFollowed = false;
  /** What was said last. */
  #said: { readonly word: StarWord; readonly epoch: number } = { word: 'waiting', epoch: 0 };
  /** Told when the peer has heard that this server has resigned for good, or cannot hear it. */
  #heard: (() => void) | undefined;
  #closed = false;

  constructor(stage: Stage, place: Omit<BinaryStarPlace, 'frontends'>, settings: BinaryStarSettings) {
    this.#stage = stage;
    this.#place = place;
    this.#settings = settings;
    this.#instance = Array.from({ length: INSTANCE_BYTES }, () =>
      Math.floor(stage.random() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
    this.#question = Math.floor(stage.random() * 2 ** 40);
    this.#aliveAt = stage.driver.clock.now();
    const { heartbeatInterval, failoverTimeout, hintDelay, doubtTimeout, arbiter } = settings;
    const loneBackupAfter = settings.loneBackupAfter === 0 ? Infinity : settings.loneBackupAfter;
    const { role } = place;
    const context = {
      role,
      heartbeatInterval,
      failoverTimeout,
      hintDelay,
      loneBackupAfter,
      doubtTimeout,
      arbitrated: arbiter !== undefined,
    };
    this.#machine = new StarPerformer(binaryStar, stage.driver, context, stage.observer, this.#effects());
    this.#machine.beforeTimer = () => {
      this.wake();
    };
    this.#replication = new Replication(settings.state, settings.maxStateBytes, {
      now: () => stage.driver.clock.now(),
      send: (frames) => this.#connector?.send(this.#connector.remote, frames) === 'ok',
      hasFollower: () => this.#there && !this.#gone && this.#word?.word === 'passive',
      failed: (error) => {
        stage.stateFailed(error);
      },
    });
  }

  get kind(): string {
    return this.#machine.state.kind;
  }

  get epoch(): number {
    const { state } = this.#machine;
    return 'epoch' in state ? state.epoch : 0;
  }

  get hints(): boolean {
    return this.#settings.deathHint && this.#listener?.layers.disconnectNotices === true;
  }

  async open(transport: Transport): Promise<void> {
    this.#transport = transport;
    const { maxStateBytes, highWaterMark, handshakeTimeout } = this.#settings;
    const handler = this.#stage.handlerOf(
      (peer, message) => {
        this.#receive(peer, message);
      },
      (peer) => {
        this.#lose(peer);
      },
    );
    // No pings of the transport's own: a connection that ends is to mean that a process has.
    this.#listener = await transport.listen(this.#place.peer.listen, handler, {
      maxFrameBytes: maxStateBytes,
      highWaterMark,
      handshakeTimeout,
    });
    try {
      this.#connect();
    } catch (error) {
      await this.#listener.close(0);
      throw error;
    }
  }

  #connect(): void {
    const handler = this.#stage.handlerOf(
      (peer) => {
        this.#stage.invalid(peer, 'the peer’s listener does not speak');
      },
      () => {
        this.#reconnect();
      },
    );
    const { heartbeatInterval, failoverTimeout, highWaterMark } = this.#settings;
    const longest = Math.min(MOST_RECONNECT_MS, heartbeatInterval / 2);
    this.#connector = (this.#transport as Transport).connect(this.#place.peer.connect, handler, {
      highWaterMark,
      // A connection that died without a word is replaced; by then the peer has missed our words for as long as it waits in any case.
      transportHeartbeat: { interval: heartbeatInterval, timeout: failoverTimeout },
      reconnectInterval: Math.max(1, Math.ceil(longest * (0.5 + 0.5 * this.#stage.random()))),
    });
  }

  /** What the lost connection had not delivered is old. A peer that lives learns at once that we do. */
  #reconnect(): void {
    if (this.#closed) return;
    void this.#connector?.close(0);
    this.#connect();
    this.#repeat();
  }

  start(): void {
    this.#machine.step({ kind: 'start' });
  }

  vote(known: number): void {
    this.#machine.step({ kind: 'clientRequest', known });
    const twin = this.#twin;
    if (twin === undefined || this.#there || !IDLE.includes(this.kind)) return;
    if (this.#stage.driver.now < twin.heardAt + this.#settings.failoverTimeout) this.#stage.heldBack(twin.why);
  }

  mustWake(now: number): boolean {
    return this.#stoodStill(now) || this.#hasOutlivedLease(now);
  }

  #stoodStill(now: number): boolean {
    return now - this.#aliveAt > this.#settings.heartbeatInterval + this.#settings.maxPause;
  }

  #hasOutlivedLease(now: number): boolean {
    return now >= this.#leaseEnd && LEASED.includes(this.#machine.state.kind);
  }

  wake(): void {
    const { now } = this.#stage.driver;
    const stoodStill = this.#stoodStill(now);
    this.#aliveAt = now;
    if (stoodStill) this.#machine.step({ kind: 'stoodStill' });
    if (this.#hasOutlivedLease(now)) this.#machine.step({ kind: 'leaseExpiry' });
  }

  activate(): void {
    this.#machine.step({ kind: 'activate' });
  }

  handOver(): void {
    this.#machine.step({ kind: 'handOver' });
  }

  /** The peer must not hear that it may serve before the arbiter has: the claim that follows would be refused, and the lease be free. */
  drained(): void {
    if (this.#lastClaim === undefined || this.kind !== 'resigning') {
      this.#machine.step({ kind: 'drained' });
      return;
    }
    const drain = this.#drains;
    const { clock } = this.#stage.driver;
    const over = (): void => {
      clock.clearTimeout(timer);
      if (!this.#giving || drain !== this.#drains) return;
      this.#giving = false;
      this.#stage.attempt(() => {
        this.wake();
        this.#machine.step({ kind: 'drained' });
      });
    };
    this.#giving = true;
    this.#stage.givesBack();
    const timer = clock.setTimeout(over, this.#settings.heartbeatInterval);
    void this.#release().then(over);
  }

  end(): void {
    this.#machine.step({ kind: 'close' });
  }

  ready(): Promise<void> {
    return this.#replication.lead(this.#instance);
  }

  replicate(update: FrameLike | readonly FrameLike[]): Promise<boolean> {
    return this.#replication.replicate(update);
  }

  async close(): Promise<void> {
    if (this.#said.word === 'resigned' && this.#there && this.#peer !== undefined && this.#word?.word !== 'active') await this.#beHeard();
    this.#closed = true;
    this.#replication.abandon();
    await Promise.all([this.#connector?.close(LINGER_MS), this.#listener?.close(0)]);
  }

  /** A question of the peer's may have crossed our last word, which counts for an old one then: it is answered until the peer serves. */
  #beHeard(): Promise<void> {
    const { clock } = this.#stage.driver;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, LINGER_MS);
      this.#heard = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  peer(): PeerSnapshot {
    return {
      there: this.#there,
      role: this.#word?.role,
      word: this.#word?.word,
      epoch: this.#word?.epoch ?? 0,
      silentFor: this.#stage.driver.clock.now() - this.#heardAt,
    };
  }

  replication(): ReplicationSnapshot | undefined {
    return this.#settings.state === undefined ? undefined : this.#replication.inspect();
  }

  /* ---------------------------------------------------------------- what the peer says */

  #receive(peer: Peer, message: Message): void {
    // Nobody can listen for what it would tell yet; the peer says it again.
    if (this.kind === 'new') return;
    this.wake();
    const command = decodeAtPeer(message);
    if (command.kind === 'INVALID') this.#stage.invalid(peer, command.reason);
    else if (command.kind === 'WORD') this.#hear(peer, command);
    else if (peer === this.#peer) this.#replication.receive(command, message);
  }

  #hear(peer: Peer, word: PeerWord): void {
    if (word.role === this.#place.role) {
      const isItself = word.instance === this.#instance;
      const why = isItself ? 'peer.connect leads back to this server' : `both servers are set up as ${word.role}`;
      this.#twin = { why, heardAt: this.#stage.driver.now };
      this.#machine.step({ kind: 'TWIN' });
      this.#stage.misconfigured(why);
      return;
    }
    if (this.#retired.includes(word.instance) && !this.#revives(word)) return;
    if (this.#word !== undefined && this.#word.instance !== word.instance) this.#retire(this.#word.instance);
    const isOld = !this.#there || word.answer !== this.#question;
    this.#stage.driver.disarm(this.#goneTimer);
    this.#gone = false;
    this.#peer = peer;
    this.#word = word;
    this.#heardAt = this.#stage.driver.now;
    if (!this.#there) this.#setThere(true);
    const fresh = this.#asking && word.answer === this.#question;
    if (fresh) this.#asking = false;
    const isAsked = word.question !== 0 && word.question !== this.#answer;
    if (word.question !== 0) this.#answer = word.question;
    // A resignation that waited in the peer's socket while nobody could hear it is over by now; or not: the peer is asked.
    const isDoubtful = word.word === 'resigned' && isOld;
    this.#machine.step({ kind: isDoubtful ? 'PASSIVE' : EVENT_OF[word.word], epoch: word.epoch, fresh });
    this.#follow(word.word);
    if (isDoubtful && IDLE.includes(this.kind)) this.#ask();
    if (isAsked) this.#repeat();
    if (word.word !== 'active') return;
    if (this.kind !== 'closed') this.#replication.heard(word);
    this.#heard?.();
  }

  /** The first that it knows of who serves. */
  #follow(said: StarWord): void {
    if (this.#hasServedOrFollowed || said !== 'active' || this.kind !== 'passive') return;
    this.#hasServedOrFollowed = true;
    this.#stage.followed(this.epoch);
  }

  /** The peer has begun a new life: what is still on its way from the last one counts for nothing. */
  #retire(instance: string): void {
    this.#retired.push(instance);
    if (this.#retired.length > MOST_RETIRED) this.#retired.shift();
    this.#replication.abandon();
    this.#asking = false;
    this.#ask();
  }

  /** Who answers what was asked after its end was taken for granted has not ended: another had only said so. */
  #revives(word: PeerWord): boolean {
    if (this.#asking && word.answer === this.#question) {
      this.#retired.splice(this.#retired.indexOf(word.instance), 1);
      return true;
    }
    this.#stage.staleWord();
    this.#ask();
    return false;
  }

  #lose(peer: Peer): void {
    if (peer !== this.#peer) return;
    this.wake();
    this.#heard?.();
    this.#peer = undefined;
    const { deathHint, hintDelay, state } = this.#settings;
    if (!deathHint) return;
    if (state !== undefined) this.#stage.driver.arm(this.#goneTimer, hintDelay);
    this.#machine.step({ kind: 'peerDied' });
  }

  #setThere(there: boolean): void {
    this.#there = there;
    if (there) this.#ask();
    else this.#replication.abandon();
    this.#stage.peerChanged(there);
  }

  /* ---------------------------------------------------------------- what is said to it */

  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#question++;
    this.#repeat();
  }

  #repeat(): void {
    const { state } = this.#machine;
    this.#say(wordOf(state), 'epoch' in state ? state.epoch : this.#said.epoch);
  }

  #say(word: StarWord, epoch: number): void {
    this.#said = { word, epoch };
    const { role } = this.#place;
    const question = this.#asking ? this.#question : 0;
    const { sequence } = this.#replication;
    const frames = encodeWord({ role, word, epoch, instance: this.#instance, question, answer: this.#answer, sequence });
    this.#connector?.send(this.#connector.remote, frames);
  }

  #effects(): BinaryStarEffects & { refuse(): void } {
    const stage = this.#stage;
    return {
      announce: (word, epoch) => {
        this.#say(word, epoch);
        this.#replication.expire(stage.driver.now - this.#settings.failoverTimeout);
      },
      ask: () => {
        this.#ask();
      },
      serve: (epoch, reason) => {
        this.#hasServedOrFollowed = true;
        this.#asking = false;
        if (reason === 'peer-silent' && this.#there) this.#setThere(false);
        stage.serve(epoch, reason);
      },
      raise: (epoch) => {
        stage.raise(epoch);
      },
      retreat: (reason, epoch) => {
        this.#asking = false;
        this.#replication.follow();
        this.#giving = false;
        void this.#release();
        stage.retreat(reason, epoch);
      },
      turnAway: (epoch) => {
        stage.turnAway(epoch);
      },
      suspend: () => {
        stage.suspend();
      },
      resume: () => {
        stage.resume();
      },
      drain: () => {
        this.#drains++;
        stage.drain();
      },
      claimLease: (epoch) => {
        this.#claim(epoch);
      },
      missPeer: () => {
        if (this.#there) this.#setThere(false);
      },
      refuse: () => {
        // It is told by whoever saw it.
      },
    };
  }

  /* ---------------------------------------------------------------- the arbiter */

  #claim(epoch: number): void {
    const { arbiter, pair, leaseTime } = this.#settings;
    const askedAt = this.#stage.driver.clock.now();
    // After so long its answer could not make a lease any more: an arbiter that never answers is asked again.
    const isAsked = this.#claiming !== undefined && askedAt < this.#claiming.askedAt + leaseTime;
    if (arbiter === undefined || isAsked || this.#giving) return;
    const claim: ArbiterClaim = { pair, role: this.#place.role, instance: this.#instance, epoch, leaseTime };
    const claiming = (this.#claiming = { claim, askedAt });
    /** Whether nothing was claimed or given back meanwhile. */
    const isCurrent = (): boolean => {
      if (this.#claiming !== claiming) return false;
      this.#claiming = undefined;
      return true;
    };
    this.#stage.driver.callback(() => {
      askArbiter(arbiter, claim).then(
        (answer) => {
          // A lease counts from the question: the arbiter's own count begins later.
          this.#judge(claim, answer, askedAt + leaseTime, isCurrent());
        },
        (error: unknown) => {
          isCurrent();
          this.#stage.logger.warn({ err: error }, 'the arbiter cannot be asked');
        },
      );
    });
  }

  #judge(claim: ArbiterClaim, { granted, epoch }: ArbiterAnswer, end: number, isCurrent: boolean): void {
    const validFor = end - this.#stage.driver.clock.now();
    if (granted && isCurrent) {
      this.#lastClaim = claim;
      this.#leaseEnd = end;
    }
    if (isCurrent && !this.#closed && (!granted || validFor > 0))
      this.#stage.attempt(() => {
        this.wake();
        this.#machine.step(granted ? { kind: 'granted', epoch, validFor } : { kind: 'denied', epoch });
      });
    // Nobody here has a use for it any more, nor asks for another.
    if (!granted || (LEASED.includes(this.kind) && !this.#giving) || this.#claiming !== undefined) return;
    this.#lastClaim ??= claim;
    void this.#release();
  }

  #release(): Promise<void> {
    const claim = this.#lastClaim;
    const { arbiter } = this.#settings;
    this.#lastClaim = this.#claiming = undefined;
    this.#leaseEnd = Infinity;
    if (claim === undefined || arbiter === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stage.driver.callback(() => {
        void this.#giveBack(arbiter, claim).then(resolve);
      });
    });
  }

  async #giveBack(arbiter: Arbiter, claim: ArbiterClaim): Promise<void> {
    try {
      await arbiter.release(claim);
    } catch (error) {
      this.#stage.logger.warn({ err: error }, 'the lease could not be given back; it ends by itself');
    }
  }
}

/** A port of a user's may throw where it should reject, and answer anything. @throws InvalidOption */
async function askArbiter(arbiter: Arbiter, claim: ArbiterClaim): Promise<ArbiterAnswer> {
  const answer = (await arbiter.claim(claim)) as ArbiterAnswer | null | undefined;
  const isOne = typeof answer?.granted === 'boolean' && Number.isInteger(answer.epoch) && answer.epoch >= 0 && answer.epoch <= MOST_EPOCH;
  if (answer === null || answer === undefined || !isOne)
    throw new InvalidOption('arbiter', answer, 'one that answers with `granted` and an `epoch`');
  return answer;
}

/** Before a timer of its own the machine learns of a standstill; that may have changed what the timer was for. */
class StarPerformer extends Performer<BinaryStarMachine> {
  beforeTimer: () => void = () => undefined;

  override timerFired(timer: string): void {
    this.beforeTimer();
    if (this.machine.timers[timer]?.includes(this.state.kind) === true) super.timerFired(timer);
  }
}
