/**
 * The rules of a Binary Star, judged from what its halves trace and from the mail between them and their clients. Each half has its books; they
 * are kept in one place, and an event is judged before it is entered.
 */
import { decodeAtPeer, type PeerWord } from '../binary-star/codec.ts';
import type { BinaryStarSettings } from '../binary-star/options.ts';
import type { StarRole } from '../binary-star/peer.machine.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import { epochMarkIn, isLaterEpoch, type EpochMark } from '../wire/epoch.ts';
import { FramesMessage, type Frame } from '../wire/message.ts';
import { SLACK_MS, nodeOf } from './books.ts';
import type { Fault } from './faults.ts';
import type { Invariant, ProcessView, Rule, RunView } from './invariants.ts';
import { stepOf } from './writer.ts';

/** What the rules must know. All times in ms. */
export interface StarRules {
  readonly nodes: { readonly [role in StarRole]: string };
  readonly settings: Pick<
    BinaryStarSettings,
    'heartbeatInterval' | 'failoverTimeout' | 'maxDelay' | 'maxPause' | 'hintDelay' | 'doubtTimeout' | 'loneBackupAfter' | 'deathHint'
  >;
  /** There is an arbiter: never are two active. */
  readonly arbitrated: boolean;
}

const ONE: Rule = {
  id: 'BS1',
  sentence: 'two halves serve at one time only if the way between them was disturbed or one stood still, and not for long after that',
};
const NEVER_TWO: Rule = { id: 'BS1', sentence: 'with an arbiter two halves never serve at one time' };
const MUTE: Rule = { id: 'BS2', sentence: 'a half that does not serve does no work, and tells clients only that it is passive' };
const CAUSE: Rule = {
  id: 'BS3',
  sentence:
    'a half takes over only when its peer is silent and a client asks, when its peer says just now that it does not serve, or when told to',
};
const EPOCHS: Rule = { id: 'BS4', sentence: 'the epoch of a takeover is above all that this half has heard of' };
const NO_FAIL_BACK: Rule = { id: 'BS5', sentence: 'a half that serves goes on until it is outranked, told to hand over, or ended' };
const IN_TIME: Rule = { id: 'BS6', sentence: 'a half whose peer is silent and whom a client asks takes over in time' };
const DOUBTS: Rule = { id: 'BS7', sentence: 'a half that stood still for longer than it may serves nobody before it has asked its peer' };
const SPEAKS: Rule = { id: 'BS8', sentence: 'a half speaks to its peer in every interval' };

/** Ms between two looks at what has been so for too long. */
const SWEEP_MS = 250;
/** Ms by which timers may be early: they are set to whole ones. */
const ROUNDING_MS = 2;

const IDLE: ReadonlySet<string> = new Set(['waiting', 'lone', 'passive', 'deserted']);
const ASKABLE: ReadonlySet<string> = new Set(['waiting', 'passive', 'deserted']);

/** One half in one of its lives. */
class HalfBook {
  readonly process: ProcessView;
  readonly role: StarRole;
  readonly bornAt: number;
  state = 'new';
  /** Since when it serves; nothing while it does not. */
  servesSince: number | undefined;
  suspended = false;
  /** Has finished what it had in hand, and given the lease back. */
  givesBack = false;
  /** The highest epoch it served with. */
  served = 0;
  /** The highest epoch it was told of while that mattered. */
  known = 0;
  /** When a client last asked without being served, and the peer has not been known to serve since. */
  votedAt: number | undefined;
  /** When the peer last said anything, and what. */
  heardAt = -Infinity;
  heard: PeerWord | undefined;
  /** Whether that answered the question asked last. */
  fresh = false;
  /** In which life of the peer's process it was said. */
  heardLife = 0;
  /** In the latest life that was heard. */
  latestLife = 0;
  /** The last question, as long as it has not been answered. */
  question = 0;
  /** A connection of the peer's has ended. */
  hintedAt = Infinity;
  saidAt: number;
  toldToServe = false;
  /** It says that it was told to serve. */
  unproven = false;
  toldToHandOver = false;
  stopping = false;
  /** The last mark of a client that came, and when. */
  claim: EpochMark | undefined;
  claimedAt = -Infinity;
  /** When it was suspended; `Infinity` once it has gone on in a later moment. */
  suspendedAt = Infinity;
  /** Up to which standstill of its process it is known to have doubted, and how long those were in all. */
  awakeSince = -Infinity;
  stoodStill = 0;
  mustDoubt = false;

  constructor(process: ProcessView, role: StarRole, now: number) {
    this.process = process;
    this.role = role;
    this.bornAt = this.saidAt = now;
    this.stoodStill = process.stoodStill;
    this.awakeSince = process.resumedAt;
  }

  get serves(): boolean {
    return this.servesSince !== undefined && !this.suspended && !this.givesBack && !this.process.dead;
  }

  get runs(): boolean {
    return this.process.state === 'running';
  }
}

/** The way between the two, and their processes: what was wrong with them, and since when it is not. */
class Troubles {
  readonly #nodes: readonly string[];
  readonly #healAfter: number;
  readonly #open = new Map<string, number>();
  #lastOver = -Infinity;
  #longestDelay = 0;

  /** @param healAfter how long a connection that died without a word is missed. */
  constructor(nodes: readonly string[], healAfter: number) {
    this.#nodes = nodes;
    this.#healAfter = healAfter;
  }

  begin(event: TraceEvent, now: number): void {
    const key = this.#keyOf(event);
    if (key === undefined) return;
    const op = event['op'] as Fault['op'];
    if (op === 'halfOpen') this.#lastOver = Math.max(this.#lastOver, now + this.#healAfter);
    else if (op === 'cut') this.#lastOver = Math.max(this.#lastOver, now);
    if (op === 'delay') this.#longestDelay = Math.max(this.#longestDelay, Number(String(event['delay']).split('..')[1]));
    if (op !== 'halfOpen' && op !== 'cut') this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
  }

  end(event: TraceEvent, now: number): void {
    const key = this.#keyOf(event);
    const open = key === undefined ? undefined : this.#open.get(key);
    if (key === undefined || open === undefined) return;
    if (open > 1) this.#open.set(key, open - 1);
    else this.#open.delete(key);
    // What was late stays late.
    this.#lastOver = Math.max(this.#lastOver, event['op'] === 'delay' ? now + this.#longestDelay : now);
  }

  /** The last moment at which something was wrong. */
  lastAt(now: number): number {
    return this.#open.size > 0 ? now : this.#lastOver;
  }

  /** Nothing: it is none of theirs, or does not hold up any word. */
  #keyOf(event: TraceEvent): string | undefined {
    const op = event['op'] as Fault['op'];
    if (op === 'skew' || op === 'stop' || op === 'crash') return undefined;
    return this.#nodes.includes(event.node) ? `${op} ${event.node}` : undefined;
  }
}

/** The rules of the two halves of a hardened pair. */
export function starRules(rules: StarRules): readonly Invariant[] {
  const { primary, backup } = rules.nodes;
  return [{ ...pairInvariant(rules), nodes: [primary, backup] }];
}

function pairInvariant(rules: StarRules): Invariant {
  return {
    id: 'BS',
    sentence: 'the books of the pair are right',
    watch: (run) => new PairWatch(run, rules).watcher(),
  };
}

class PairWatch {
  readonly #run: RunView;
  readonly #rules: StarRules;
  readonly #halves = new Map<string, HalfBook>();
  readonly #troubles: Troubles;
  #dualSince: number | undefined;

  constructor(run: RunView, rules: StarRules) {
    this.#run = run;
    this.#rules = rules;
    const { primary, backup } = rules.nodes;
    const { failoverTimeout, heartbeatInterval } = rules.settings;
    this.#troubles = new Troubles([primary, backup], failoverTimeout + 2 * heartbeatInterval);
    const sweep = (): void => {
      run.at(run.now + SWEEP_MS, sweep);
      this.#sweep();
    };
    run.at(SWEEP_MS, sweep);
  }

  watcher(): ReturnType<Invariant['watch']> {
    const of = (work: (half: HalfBook, event: TraceEvent) => void) => (event: TraceEvent, process: ProcessView) => {
      const half = this.#of(process);
      if (half !== undefined) work(half, event);
    };
    return {
      on: {
        boot: of(() => undefined),
        step: of((half, event) => {
          if (event['machine'] === 'BinaryStar') this.#step(half, event);
        }),
        serve: of((half, event) => {
          this.#serve(half, event);
        }),
        raise: of((half, event) => {
          this.#raise(half, event['epoch'] as number);
        }),
        giveBack: of((half) => {
          half.givesBack = true;
        }),
        suspend: of((half) => {
          half.suspended = true;
          half.suspendedAt = this.#run.now;
          if (half.claimedAt !== this.#run.now) half.claim = undefined;
          half.mustDoubt = false;
        }),
        resume: of((half) => {
          half.suspended = false;
          this.#run.at(this.#run.now + SLACK_MS, () => {
            half.suspendedAt = Infinity;
          });
          this.#judgeTwo(half);
        }),
        retreat: of((half, event) => {
          this.#retreat(half, event);
        }),
        execute: of((half) => {
          if (!half.serves) this.#broken(MUTE, `${half.process.life} works on a request and does not serve`);
        }),
        stop: of((half) => {
          half.stopping = true;
        }),
        fault: (event) => {
          this.#troubles.begin(event, this.#run.now);
        },
        faultEnd: (event) => {
          this.#troubles.end(event, this.#run.now);
        },
      },
      sent: (from, to, peer, frames) => {
        const half = this.#of(from);
        if (half === undefined) return;
        if (to === this.#peerOf(half) || to === '') this.#toPeer(half, frames);
        else if (nodeOf(peer) !== from.node) this.#toClient(half, to, frames);
      },
      delivered: (to, from, peer, frames) => {
        const half = this.#of(to);
        if (half === undefined || nodeOf(peer) === to.node) return;
        if (from === this.#peerOf(half)) this.#fromPeer(half, peer, frames);
        else this.#fromClient(half, frames);
      },
    };
  }

  #broken(rule: Rule, because: string): void {
    this.#run.violated(because, rule);
  }

  #peerOf({ role }: HalfBook): string {
    return this.#rules.nodes[role === 'primary' ? 'backup' : 'primary'];
  }

  #other(half: HalfBook): HalfBook | undefined {
    const other = this.#halves.get(this.#peerOf(half));
    return other === undefined || other.process.dead ? undefined : other;
  }

  #of(process: ProcessView): HalfBook | undefined {
    const { primary, backup } = this.#rules.nodes;
    if (process.node !== primary && process.node !== backup) return undefined;
    let half = this.#halves.get(process.node);
    if (half?.process !== process) {
      half = new HalfBook(process, process.node === primary ? 'primary' : 'backup', this.#run.now);
      this.#halves.set(process.node, half);
    }
    if (half.awakeSince !== process.resumedAt) this.#wake(half);
    return half;
  }

  /** Its process has stood still since it was last seen. */
  #wake(half: HalfBook): void {
    const { heartbeatInterval, maxPause } = this.#rules.settings;
    const { resumedAt, stoodStill } = half.process;
    const stood = stoodStill - half.stoodStill - 200;
    half.awakeSince = resumedAt;
    half.stoodStill = stoodStill;
    if (stood > heartbeatInterval + maxPause && half.serves) half.mustDoubt = true;
  }

  /* ---------------------------------------------------------------- mail */

  #toPeer(half: HalfBook, frames: readonly Frame[]): void {
    const word = wordIn(frames);
    if (word === undefined) return;
    half.saidAt = this.#run.now;
    if (word.question !== 0) half.question = word.question;
  }

  #toClient(half: HalfBook, to: string, frames: readonly Frame[]): void {
    const mark = frames.length === 1 ? markIn(frames) : undefined;
    if (half.suspended) this.#broken(MUTE, `${half.process.life} is suspended, and sends something to ${to}`);
    if (mark?.kind === 'passive') return;
    if (half.servesSince === undefined || half.givesBack) this.#broken(MUTE, `${half.process.life} does not serve, and answers ${to}`);
    if (half.mustDoubt && half.state !== 'resigning')
      this.#broken(DOUBTS, `${half.process.life} stood still, and answers ${to} before it has asked its peer`);
    if (this.#rules.arbitrated) this.#judgeTwo(half);
  }

  #fromPeer(half: HalfBook, peer: string, frames: readonly Frame[]): void {
    const word = wordIn(frames);
    if (word === undefined || word.role === half.role) return;
    const life = Number(peer.slice(peer.lastIndexOf('.', peer.indexOf('#')) + 1, peer.indexOf('#')));
    half.heard = word;
    half.heardAt = this.#run.now;
    half.hintedAt = Infinity;
    half.heardLife = life;
    half.latestLife = Math.max(half.latestLife, life);
    half.fresh = half.question !== 0 && word.answer === half.question;
    if (half.fresh) half.question = 0;
    if (IDLE.has(half.state)) half.known = Math.max(half.known, word.epoch);
    if (half.fresh && word.word === 'active' && half.latestLife === life) half.votedAt = undefined;
  }

  #fromClient(half: HalfBook, frames: readonly Frame[]): void {
    const mark = markIn(frames) ?? markIn(frames.slice(-1));
    half.claimedAt = this.#run.now;
    // Of several that wait the highest counts.
    const waits = half.suspended && half.claim?.kind === 'known' && mark?.kind === 'known' && half.claim.epoch > mark.epoch;
    if (!waits && !(half.suspended && mark === undefined)) half.claim = mark;
    if (!IDLE.has(half.state)) return;
    half.votedAt ??= this.#run.now;
    if (mark?.kind === 'known' && isLaterEpoch(mark.epoch, half.known)) half.known = mark.epoch;
  }

  /* ---------------------------------------------------------------- what it does */

  #step(half: HalfBook, event: TraceEvent): void {
    const { to, event: kind } = stepOf(event);
    if (half.unproven && kind !== 'activate') this.#broken(CAUSE, `${half.process.life} takes over, and nobody has told it to`);
    half.unproven = false;
    if (kind === 'activate') half.toldToServe = true;
    if (kind === 'handOver' && to === 'resigning') half.toldToHandOver = true;
    if (kind === 'peerDied') half.hintedAt = this.#run.now;
    half.state = to;
  }

  #serve(half: HalfBook, event: TraceEvent): void {
    const epoch = event['epoch'] as number;
    const reason = String(event['reason']);
    if (half.servesSince !== undefined) this.#broken(NO_FAIL_BACK, `${half.process.life} takes over, and serves already`);
    if (epoch <= Math.max(half.known, half.served))
      this.#broken(
        EPOCHS,
        `${half.process.life} takes over in epoch ${epoch}, and has heard of epoch ${Math.max(half.known, half.served)}`,
      );
    if (!this.#rules.arbitrated) this.#judgeCause(half, reason);
    half.servesSince = this.#run.now;
    half.suspended = half.mustDoubt = half.toldToHandOver = false;
    half.served = epoch;
    half.votedAt = undefined;
    half.question = 0;
    this.#judgeTwo(half);
  }

  #judgeCause(half: HalfBook, reason: string): void {
    const { life } = half.process;
    const { now } = this.#run;
    const said = half.heardAt === now && half.heardLife === half.latestLife ? half.heard?.word : undefined;
    switch (reason) {
      case 'peer-silent': {
        const { failoverTimeout, hintDelay, deathHint } = this.#rules.settings;
        const silence = now - Math.max(half.heardAt, half.bornAt);
        const hinted = deathHint && now - half.hintedAt >= hintDelay - ROUNDING_MS;
        if (silence < failoverTimeout - ROUNDING_MS && !hinted)
          this.#broken(CAUSE, `${life} takes over, and its peer spoke ${Math.round(silence)} ms ago`);
        if (half.toldToServe) return;
        if (half.votedAt === undefined) this.#broken(CAUSE, `${life} takes over, and no client has asked`);
        if (half.role === 'backup' && half.state === 'waiting') this.#broken(CAUSE, `${life} takes over, and has not met its primary`);
        return;
      }
      case 'peer-waiting':
        if (said !== 'waiting' || !half.fresh) this.#broken(CAUSE, `${life} takes over, and its peer does not say just now that it waits`);
        return;
      case 'peer-passive':
        if (said !== 'passive' || !half.fresh)
          this.#broken(CAUSE, `${life} takes over, and its peer does not say just now that it is passive`);
        else if (half.role === 'backup') this.#broken(CAUSE, `${life} takes over, and where both are passive the primary goes first`);
        return;
      case 'peer-resigned':
        if (said !== 'resigned') this.#broken(CAUSE, `${life} takes over, and its peer has not resigned`);
        return;
      default:
        // The step that this is part of is told after it.
        half.unproven = half.toldToServe = true;
    }
  }

  #raise(half: HalfBook, epoch: number): void {
    if (epoch <= half.served) this.#broken(EPOCHS, `${half.process.life} goes from epoch ${half.served} to ${epoch}`);
    half.served = epoch;
  }

  #retreat(half: HalfBook, event: TraceEvent): void {
    const { life } = half.process;
    const { now } = this.#run;
    const reason = String(event['reason']);
    if (half.servesSince !== undefined) {
      if (reason === 'outranked') {
        const { heard } = half;
        const outranks =
          half.heardAt === now &&
          heard?.word === 'active' &&
          (heard.epoch > half.served || (heard.epoch === half.served && half.role === 'backup'));
        if (!outranks) this.#broken(NO_FAIL_BACK, `${life} gives way, and its peer does not outrank it`);
      } else if (reason === 'superseded') {
        // What clients said while it was suspended is looked at when it serves on.
        const { claim } = half;
        if (half.claimedAt < Math.min(now, half.suspendedAt) || claim?.kind !== 'known' || claim.epoch <= half.served)
          this.#broken(NO_FAIL_BACK, `${life} gives way, and no client knows of a later epoch`);
      } else if (reason === 'lease-lost') {
        if (!this.#rules.arbitrated) this.#broken(NO_FAIL_BACK, `${life} has lost a lease, and there is no arbiter`);
      } else if (reason === 'handed-over') {
        if (!half.toldToHandOver) this.#broken(NO_FAIL_BACK, `${life} hands over, and nobody has told it to`);
      } else if (!half.stopping) this.#broken(NO_FAIL_BACK, `${life} ends, and nobody has told it to`);
    }
    half.servesSince = undefined;
    half.suspended = half.givesBack = half.mustDoubt = half.toldToHandOver = half.toldToServe = false;
    half.votedAt = undefined;
    half.question = 0;
    half.known = Math.max(half.known, half.served);
  }

  /* ---------------------------------------------------------------- two */

  /** This half does something that only one of the two may do. */
  #judgeTwo(half: HalfBook): void {
    const other = this.#other(half);
    if (!half.serves || other?.serves !== true || !other.runs) return;
    const { now } = this.#run;
    const lives = `${half.process.life} and ${other.process.life}`;
    if (this.#rules.arbitrated) {
      this.#broken(NEVER_TWO, `${lives} both serve`);
      return;
    }
    if (half.toldToServe || other.toldToServe) return;
    const since = Math.min(half.servesSince ?? now, other.servesSince ?? now);
    const { failoverTimeout } = this.#rules.settings;
    if (this.#troubles.lastAt(now) < Math.max(since, now - failoverTimeout - this.#toHeal))
      this.#broken(ONE, `${lives} both serve, and the way between them is as it should be`);
  }

  /** How long it takes until two that serve and hear each other are one. */
  get #toHeal(): number {
    const { heartbeatInterval, maxDelay, doubtTimeout } = this.#rules.settings;
    return 2 * heartbeatInterval + maxDelay + doubtTimeout + SLACK_MS;
  }

  #sweep(): void {
    const { now } = this.#run;
    const halves = [...this.#halves.values()].filter(({ process }) => !process.dead);
    for (const half of halves) this.#sweepHalf(half);
    const [one, two] = halves;
    if (one?.serves !== true || two?.serves !== true) {
      this.#dualSince = undefined;
      return;
    }
    this.#dualSince ??= now;
    const wellSince = Math.max(this.#troubles.lastAt(now), this.#dualSince, one.process.resumedAt, two.process.resumedAt);
    if (one.runs && two.runs && now - wellSince > this.#toHeal)
      this.#broken(ONE, `both halves have served for ${Math.round(now - this.#dualSince)} ms, and hear each other`);
  }

  #sweepHalf(half: HalfBook): void {
    const { now } = this.#run;
    const { heartbeatInterval, failoverTimeout } = this.#rules.settings;
    const { process } = half;
    if (
      !half.runs ||
      now < process.resumedAt + heartbeatInterval + SLACK_MS ||
      half.stopping ||
      half.state === 'new' ||
      half.state === 'closed'
    )
      return;
    if (now - half.saidAt > heartbeatInterval + SLACK_MS)
      this.#broken(SPEAKS, `${process.life} has said nothing to its peer for ${Math.round(now - half.saidAt)} ms`);
    if (this.#rules.arbitrated || !ASKABLE.has(half.state) || half.votedAt === undefined) return;
    const due = Math.max(half.votedAt, half.heardAt, half.bornAt, process.resumedAt) + failoverTimeout + SLACK_MS;
    if (half.state === 'waiting' && half.role === 'backup') return;
    if (now > due)
      this.#broken(
        IN_TIME,
        `${process.life} was asked ${Math.round(now - half.votedAt)} ms ago, hears nothing of its peer, and is ${half.state}`,
      );
  }
}

function wordIn(frames: readonly Frame[]): PeerWord | undefined {
  const command = decodeAtPeer(new FramesMessage(frames));
  return command.kind === 'WORD' ? command : undefined;
}

function markIn(frames: readonly Frame[]): EpochMark | undefined {
  return frames.length > 0 ? epochMarkIn(new FramesMessage(frames), 0) : undefined;
}

/** What the clients of a pair see: answers of a server that was replaced are not believed. */
export function fencing(): Invariant {
  return {
    id: 'BS4',
    sentence: 'the epochs of the answers that one client believes never fall',
    watch(run) {
      const known = new Map<string, number>();
      let last: { readonly life: string; readonly mark: EpochMark; readonly before: number } | undefined;
      return {
        on: {
          reply: (_event, process) => {
            if (last?.life !== process.life || last.mark.kind !== 'served' || last.mark.epoch >= last.before) return;
            run.violated(`${process.life} believes an answer of epoch ${last.mark.epoch}, and knows of epoch ${last.before}`);
          },
        },
        delivered(to, _from, _peer, frames) {
          const mark = markIn(frames);
          last = undefined;
          if (mark === undefined || mark.kind === 'known') return;
          const before = known.get(to.life) ?? 0;
          last = { life: to.life, mark, before };
          known.set(to.life, Math.max(before, mark.epoch));
        },
      };
    },
  };
}
