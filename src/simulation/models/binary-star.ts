/**
 * The small world of the Binary Star: two servers that run the hardened table, clients that ask either of them, and if asked for an arbiter.
 * Modelled is the shell: questions and their answers, the clients' knowledge of epochs, leases.
 *
 * A question is told by three bits, not by a number: whether a server has one open, whether its peer has read it, and of each word whether it
 * carries the sender's open question and whether it answers the reader's. That is all that numbers are compared for.
 */
import type { Machine, StepObserver } from '../../core/machine.ts';
import {
  binaryStar,
  type ActivationReason,
  type BinaryStarContext,
  type BinaryStarEffects,
  type BinaryStarMachine,
  type RetreatReason,
  type StarWord,
} from '../../binary-star/peer.machine.ts';
import { LeaseDesk } from './binary-star-arbiter.ts';
import {
  BACKUP,
  HEARTBEAT,
  nameOf,
  neverTwo,
  otherOf,
  PRIMARY,
  safeFailover,
  SIDES,
  starLimits,
  StarPair,
  type Question,
  type Side,
  type StarBounds,
  type StarLimits,
} from './binary-star-pair.ts';
import { checkStar, starBounds } from './binary-star-sizes.ts';
import { TimedSteps } from './binary-star-steps.ts';
import { Unpacker, type Packer } from './packing.ts';
import { modelOf, type SmallModel } from './small-world.ts';
import { numbered } from './steps.ts';
import { breach, type Happenings } from './world.ts';

/** Times are ticks of half a heartbeat. */
export interface BinaryStarWorld extends StarBounds {
  /** The longest way of a word. */
  readonly delay: number;
  /** Words lost one after the other that do not count as silence. */
  readonly tolerated: number;
  /** Default: the shortest that is safe with `delay` and `tolerated`. */
  readonly failoverTimeout?: number;
  readonly loneBackupAfter: number;
  /** Whether the transport tells that the peer's process has ended. */
  readonly hints: boolean;
  readonly arbitrated: boolean;
  /** Whether a primary that died comes back. */
  readonly primaryReturns: boolean;
  /** Another machine than the real one, to see what is found in it. */
  readonly machine?: Machine<BinaryStarMachine>;
  readonly observer?: StepObserver;
}

export const BINARY_STAR_WORLD: BinaryStarWorld = {
  crashes: 1,
  cuts: 1,
  losses: 1,
  pauses: 0,
  orders: 0,
  handOvers: 0,
  closes: 0,
  delay: 0,
  tolerated: 0,
  loneBackupAfter: Infinity,
  hints: false,
  arbitrated: false,
  primaryReturns: true,
};

type Event = BinaryStarMachine['event'];
type State = BinaryStarMachine['state'];

interface Plan {
  readonly settings: BinaryStarWorld;
  readonly limits: StarLimits;
  readonly steps: readonly [TimedSteps<BinaryStarMachine>, TimedSteps<BinaryStarMachine>];
  /** The same state of a machine, with another epoch. */
  renumber(side: Side, machine: number, epoch: number): number;
}

const WORDS: readonly StarWord[] = ['waiting', 'active', 'passive', 'resigned'];
const PASSIVE = WORDS.indexOf('passive');
const RESIGNED = WORDS.indexOf('resigned');
const END = 4;
const ASKS = 8;
const ANSWERS = 16;
const EPOCH = 32;
/** The largest epoch that a letter has room for. */
const MOST_EPOCH = 255;

const word = numbered<Event>((code) => {
  const kind = (['WAITING', 'ACTIVE', 'PASSIVE', 'RESIGNED'] as const)[code & 3] as 'WAITING';
  return { kind, epoch: Math.floor(code / EPOCH), fresh: (code & ANSWERS) !== 0 };
});
const request = numbered<Event>((known) => ({ kind: 'clientRequest', known }));
const START: Event = { kind: 'start' };
const PEER_DIED: Event = { kind: 'peerDied' };
const ACTIVATE: Event = { kind: 'activate' };
const HAND_OVER: Event = { kind: 'handOver' };
const STOOD_STILL: Event = { kind: 'stoodStill' };
const DRAINED: Event = { kind: 'drained' };
const CLOSE: Event = { kind: 'close' };
const TIMERS = {
  heartbeatDue: { kind: 'heartbeatDue' },
  peerSilence: { kind: 'peerSilence' },
  loneBackup: { kind: 'loneBackup' },
  doubtTimeout: { kind: 'doubtTimeout' },
  electionRetry: { kind: 'electionRetry' },
  leaseExpiry: { kind: 'leaseExpiry' },
} as const satisfies Readonly<Record<keyof BinaryStarMachine['timers'], Event>>;

/** What a server says of itself when nothing has changed. */
function wordOf(state: State): StarWord | undefined {
  switch (state.kind) {
    case 'waiting':
    case 'lone':
      return 'waiting';
    case 'passive':
      return state.resigned === true ? 'resigned' : 'passive';
    case 'deserted':
    case 'electing':
      return 'passive';
    case 'active':
    case 'doubting':
    case 'resigning':
      return 'active';
    case 'new':
    case 'closed':
      return undefined;
  }
}

/**
 * Epochs grow for ever while the link is cut and clients go to and fro. What matters is which is higher, and whether the next of a lower one
 * is still below: so gaps are closed up to this.
 */
const WIDEST_GAP = 2;

/** The same order, from 0, with no gap wider than that. */
function closedUp(epochs: readonly number[]): (epoch: number) => number {
  const renumbered = new Map([[0, 0]]);
  let last = 0;
  let to = 0;
  for (const epoch of [...new Set(epochs)].sort((a, b) => a - b)) {
    to += Math.min(epoch - last, WIDEST_GAP);
    last = epoch;
    renumbered.set(epoch, to);
  }
  return (epoch) => renumbered.get(epoch) as number;
}

const IDLE: ReadonlySet<string> = new Set(['waiting', 'lone', 'passive', 'deserted', 'electing']);

/** Those that take in every epoch they are told by the peer; the others take in that of an active one. */
const LEARNS: ReadonlySet<string> = new Set(['waiting', 'lone', 'passive', 'deserted', 'active']);
/** Those that take in what a client knows. */
const HEEDS: ReadonlySet<string> = new Set([...LEARNS, 'electing', 'resigning']);

/** What a server's shell keeps; and, for the rules, what has happened to it. */
interface Shell {
  /** A question is open. */
  asking: boolean;
  /** Has read the peer's open question. */
  hasRead: boolean;
  /** Has work in hand that it was told to finish. */
  draining: boolean;
  /** Has heard the peer, and does not miss it; where a server may resign. */
  there: boolean;
  /** For the rules: the highest epoch that it has met, how long it has heard nothing, whether a client has asked it, or an operator. */
  met: number;
  silent: number;
  voted: boolean;
}

const newShell = (): Shell => ({ asking: false, hasRead: false, draining: false, there: false, met: 0, silent: 0, voted: false });

export class BinaryStarState extends StarPair<BinaryStarMachine> {
  /** The highest epoch of a server that has answered a client. */
  known = 0;
  readonly shells: readonly [Shell, Shell] = [newShell(), newShell()];
  readonly desk: LeaseDesk | undefined;
  protected readonly startEvent: Event = START;
  protected override readonly end: number | undefined;
  protected override readonly settlesWithin: number | undefined;
  readonly #plan: Plan;
  /** Whether a server may resign: only then does it matter what of its peer's words may be old. */
  readonly #resigns: boolean;
  /** Sent in this step: an answer of its own is not needed. */
  #spoken = false;

  constructor(plan: Plan) {
    super(plan.limits);
    this.#plan = plan;
    this.#resigns = plan.settings.handOvers + plan.settings.closes > 0;
    this.end = plan.settings.hints ? END : undefined;
    // One more, for a client that knows a later epoch may undo the first takeover. An arbiter may answer as late as it likes.
    this.settlesWithin = plan.settings.arbitrated ? undefined : this.calm + 1;
    this.desk = plan.settings.arbitrated ? new LeaseDesk() : undefined;
  }

  protected override packMore(packer: Packer): void {
    packer.put(this.known);
    for (const { asking, hasRead, draining, there, met, silent, voted } of this.shells) {
      packer.put((asking ? 1 : 0) | (hasRead ? 2 : 0) | (draining ? 4 : 0) | (voted ? 8 : 0) | (there ? 16 : 0) | (silent << 5));
      packer.put(met);
    }
    this.desk?.pack(packer);
  }

  protected override unpackMore(unpacker: Unpacker): void {
    this.known = unpacker.take();
    for (const shell of this.shells) {
      const bits = unpacker.take();
      shell.asking = (bits & 1) !== 0;
      shell.hasRead = (bits & 2) !== 0;
      shell.draining = (bits & 4) !== 0;
      shell.voted = (bits & 8) !== 0;
      shell.there = (bits & 16) !== 0;
      shell.silent = bits >> 5;
      shell.met = unpacker.take();
    }
    this.desk?.unpack(unpacker);
  }

  protected override stepsOf(side: Side): TimedSteps<BinaryStarMachine> {
    return this.#plan.steps[side];
  }

  protected override fired(timer: string): Event {
    return TIMERS[timer as keyof typeof TIMERS];
  }

  protected override effectsOf(side: Side): BinaryStarEffects {
    return this.#shellOf(side);
  }

  protected override answers({ kind }: State): boolean {
    return kind === 'active' || kind === 'resigning';
  }

  protected override returns(side: Side): boolean {
    return side === BACKUP || this.#plan.settings.primaryReturns || this.left.crashes === this.#plan.settings.crashes;
  }

  /** With an arbiter two never answer at once, whatever has happened. */
  override get isExplained(): boolean {
    return this.desk === undefined ? super.isExplained : !this.bothServe;
  }

  epochOf(side: Side): number {
    const state = this.stateOf(side);
    return 'epoch' in state ? state.epoch : 0;
  }

  /* ---------------------------------------------------------------- epochs */

  override leave(): void {
    if (this.#hasHighEpochs) this.#renumber(closedUp(this.#epochs()));
  }

  /** Only then is there a gap to close. */
  get #hasHighEpochs(): boolean {
    if (this.known > WIDEST_GAP || this.desk?.epochs.some((epoch) => epoch > WIDEST_GAP) === true) return true;
    for (const side of SIDES) {
      if (this.shells[side].met > WIDEST_GAP || this.epochOf(side) > WIDEST_GAP) return true;
      for (const { code } of this.letters[side]) if (code >= (WIDEST_GAP + 1) * EPOCH) return true;
    }
    return false;
  }

  #epochs(): number[] {
    const met = this.shells.map((shell) => shell.met);
    const said = this.letters.flatMap((letters) => letters.map(({ code }) => Math.floor(code / EPOCH)));
    return [this.known, this.epochOf(PRIMARY), this.epochOf(BACKUP), ...met, ...said, ...(this.desk?.epochs ?? [])];
  }

  #renumber(renumbered: (epoch: number) => number): void {
    this.known = renumbered(this.known);
    for (const side of SIDES) {
      const server = this.servers[side];
      if (server.life !== 'down') server.machine = this.#plan.renumber(side, server.machine, renumbered(this.epochOf(side)));
      this.shells[side].met = renumbered(this.shells[side].met);
      this.letters[side] = this.letters[side].map(({ code, age }) => ({
        code: (code % EPOCH) + renumbered(Math.floor(code / EPOCH)) * EPOCH,
        age,
      }));
    }
    this.desk?.renumber(renumbered);
  }

  /* ---------------------------------------------------------------- what else may happen */

  protected override offerMore(happenings: Happenings<this>): void {
    for (const side of SIDES) {
      if (!this.isAwake(side)) continue;
      const name = nameOf(side);
      const { kind } = this.stateOf(side);
      if (this.left.orders > 0 && kind !== 'new')
        happenings.add(`an operator tells ${name} to serve`, (pair) => {
          pair.left.orders--;
          pair.shells[side].voted = true;
          pair.step(side, ACTIVATE);
        });
      if (this.left.handOvers > 0 && kind !== 'new')
        happenings.add(`an operator tells ${name} to hand over`, (pair) => {
          pair.left.handOvers--;
          pair.step(side, HAND_OVER);
        });
      if (this.left.closes > 0)
        happenings.add(`${name} is told to end`, (pair) => {
          pair.left.closes--;
          pair.#stepToEnd(side, CLOSE);
        });
      if (this.shells[side].draining)
        happenings.add(`${name} has done what it had in hand`, (pair) => {
          pair.shells[side].draining = false;
          pair.#stepToEnd(side, DRAINED);
        });
      if (this.desk !== undefined) this.#offerLease(happenings, side, this.desk);
    }
    for (const side of SIDES)
      if (this.desk?.hasClaim(side) === true)
        happenings.add(`the arbiter hears ${nameOf(side)}`, (pair) => {
          pair.notes.push(pair.desk?.decide(side) === true ? 'it grants a lease' : 'it refuses');
        });
  }

  #offerLease(happenings: Happenings<this>, side: Side, desk: LeaseDesk): void {
    if (!desk.hasAnswer(side)) return;
    happenings.add(`${nameOf(side)} hears the arbiter`, (pair) => {
      const event = pair.desk?.take(side);
      if (event !== undefined) pair.step(side, event);
    });
  }

  /** A server that is closed is a process that has ended. */
  #stepToEnd(side: Side, event: Event): void {
    this.step(side, event);
    if (this.stateOf(side).kind === 'closed') this.finish(side);
  }

  protected override passTick(): void {
    const { failoverTimeout } = this.#plan.limits;
    for (const side of SIDES) {
      const shell = this.shells[side];
      if (this.servers[side].life !== 'down' && IDLE.has(this.stateOf(side).kind))
        shell.silent = Math.min(shell.silent + 1, failoverTimeout);
    }
    this.desk?.passTick();
  }

  /* ---------------------------------------------------------------- clients */

  protected override questions(): readonly Question[] {
    const anybody = { known: 0, told: '' };
    return this.known === 0 ? [anybody] : [anybody, { known: this.known, told: ` that knows epoch ${this.known}` }];
  }

  protected override ask(side: Side, known: number): void {
    const state = this.stateOf(side);
    const shell = this.shells[side];
    const isServed = state.kind === 'active' && known <= state.epoch;
    if (isServed) this.known = Math.max(this.known, state.epoch);
    else if (HEEDS.has(state.kind)) shell.met = Math.max(shell.met, known);
    if (IDLE.has(state.kind)) shell.voted = true;
    this.step(side, request(known));
    if (!this.isAwake(side) || isServed) return;
    if (this.stateOf(side).kind === 'active' && this.epochOf(side) < known)
      breach('BS4', `${nameOf(side)} serves a client that knows epoch ${known}, as of epoch ${this.epochOf(side)}`);
  }

  /* ---------------------------------------------------------------- words */

  protected override read(side: Side, code: number): void {
    if (code === END) {
      this.step(side, PEER_DIED);
      return;
    }
    const shell = this.shells[side];
    const isNewQuestion = (code & ASKS) !== 0 && !shell.hasRead;
    if (isNewQuestion) shell.hasRead = true;
    const isFresh = (code & ANSWERS) !== 0;
    // A resignation that is the first word of the peer, or does not answer the open question, may have waited for long.
    const isOld = (code & 3) === RESIGNED && (!shell.there || (shell.asking && !isFresh));
    if (this.#resigns && !shell.there) {
      shell.there = true;
      this.#openQuestion(side);
    }
    if (isFresh) this.#dropQuestion(side);
    const event = word((isOld ? code - RESIGNED + PASSIVE : code) & ~ASKS);
    const learns = event.kind === 'ACTIVE' || LEARNS.has(this.stateOf(side).kind);
    if ('epoch' in event && learns) shell.met = Math.max(shell.met, event.epoch);
    shell.silent = 0;
    if (isFresh && event.kind === 'ACTIVE') shell.voted = false;
    this.#spoken = false;
    this.#stepToEnd(side, event);
    if (isOld && IDLE.has(this.stateOf(side).kind)) this.#openQuestion(side);
    if (isNewQuestion && !this.#spoken) this.#say(side, wordOf(this.stateOf(side)), this.epochOf(side));
  }

  #say(side: Side, said: StarWord | undefined, epoch: number): void {
    if (said === undefined) return;
    if (epoch > MOST_EPOCH) throw new Error(`epoch ${epoch} has no room in a letter`);
    this.#spoken = true;
    const asks = this.shells[side].asking ? ASKS : 0;
    const answers = this.shells[side].hasRead ? ANSWERS : 0;
    this.send(side, WORDS.indexOf(said) + asks + answers + epoch * EPOCH);
  }

  #openQuestion(side: Side): void {
    if (this.shells[side].asking) return;
    this.shells[side].asking = true;
    this.#say(side, wordOf(this.stateOf(side)), this.epochOf(side));
  }

  /** Whoever has read it, and whatever says so, speaks of an old question. */
  #dropQuestion(side: Side): void {
    const peer = otherOf(side);
    this.shells[side].asking = false;
    this.shells[peer].hasRead = false;
    this.letters[side] = this.letters[side].map((letter) => (isEnd(letter.code) ? letter : { ...letter, code: letter.code & ~ASKS }));
    this.letters[peer] = this.letters[peer].map((letter) => (isEnd(letter.code) ? letter : { ...letter, code: letter.code & ~ANSWERS }));
  }

  protected override forget(side: Side): void {
    this.#dropQuestion(side);
    Object.assign(this.shells[side], newShell());
    this.desk?.forget(side);
  }

  protected override wake(side: Side): void {
    this.shells[side].silent = 0;
    this.step(side, STOOD_STILL);
  }

  /* ---------------------------------------------------------------- the shell */

  #shellOf(side: Side): BinaryStarEffects {
    const shell = this.shells[side];
    return {
      announce: (said, epoch) => this.#say(side, said, epoch),
      ask: () => this.#openQuestion(side),
      serve: (epoch, reason) => this.#serve(side, epoch, reason),
      raise: (epoch) => {
        this.notes.push(`its epoch is ${epoch} from now on`);
        this.#expectHigher(side, epoch);
      },
      retreat: (reason, epoch) => this.#retreat(side, reason, epoch),
      turnAway: () => undefined,
      suspend: () => undefined,
      resume: () => undefined,
      drain: () => {
        shell.draining = true;
      },
      claimLease: (epoch) => this.desk?.claim(side, epoch),
      missPeer: () => {
        shell.there = false;
      },
    };
  }

  #serve(side: Side, epoch: number, reason: ActivationReason): void {
    this.notes.push(`${nameOf(side)} serves, in epoch ${epoch} (${reason})`);
    if (reason === 'peer-silent') this.shells[side].there = false;
    // With an arbiter it was so when the lease was claimed.
    if (reason === 'peer-silent' && this.desk === undefined) this.#expectSilence(side);
    this.#expectHigher(side, epoch);
    this.#settle(side);
  }

  #expectSilence(side: Side): void {
    const { silent, voted } = this.shells[side];
    if (!voted) breach('BS3', `${nameOf(side)} takes over, and no client has asked it`);
    if (!this.#plan.settings.hints && silent < this.#plan.limits.failoverTimeout)
      breach('BS3', `${nameOf(side)} takes over after ${silent} ticks of silence`);
  }

  #retreat(side: Side, reason: RetreatReason, epoch: number): void {
    this.notes.push(`${nameOf(side)} serves no more (${reason})`);
    const shell = this.shells[side];
    shell.met = Math.max(shell.met, epoch);
    this.#settle(side);
  }

  /** Every takeover is later than all that this server has met. */
  #expectHigher(side: Side, epoch: number): void {
    const shell = this.shells[side];
    if (epoch <= shell.met) breach('BS4', `${nameOf(side)} serves in epoch ${epoch}, and has met epoch ${shell.met}`);
    shell.met = epoch;
  }

  #settle(side: Side): void {
    this.#dropQuestion(side);
    this.shells[side].silent = 0;
    this.shells[side].voted = false;
  }
}

const isEnd = (code: number): boolean => code === END;

export function binaryStarModel(options: Partial<BinaryStarWorld> = {}): SmallModel {
  const settings = { ...BINARY_STAR_WORLD, ...options };
  checkStar(settings);
  const { delay, tolerated, failoverTimeout = safeFailover(delay, tolerated), machine = binaryStar, observer } = settings;
  const context: Omit<BinaryStarContext, 'role'> = {
    heartbeatInterval: HEARTBEAT,
    failoverTimeout,
    hintDelay: 2 * delay + 2,
    loneBackupAfter: settings.loneBackupAfter,
    doubtTimeout: 2 * delay + 2,
    arbitrated: settings.arbitrated,
  };
  const steps: Plan['steps'] = [
    new TimedSteps(machine, { ...context, role: 'primary' }, observer),
    new TimedSteps(machine, { ...context, role: 'backup' }, observer),
  ];
  const plan: Plan = {
    settings,
    limits: starLimits({ delay, tolerated, failoverTimeout }, settings),
    steps,
    renumber: (side, at, epoch) => {
      const state = steps[side].state(at);
      return 'epoch' in state && state.epoch !== epoch ? steps[side].numberOf({ ...state, epoch }) : at;
    },
  };
  return modelOf<BinaryStarState>({
    name: 'star',
    bounds: starBounds(settings, { delay, failoverTimeout }),
    begin: () => new BinaryStarState(plan),
    unpack: (text) => new BinaryStarState(plan).unpack(new Unpacker(text)),
    offer: (state, happenings) => state.offer(happenings),
    always: [neverTwo(delay)],
    sometimes: sometimesOf(settings),
    eventually: [
      {
        name: 'rest',
        sentence: 'one serves and the other is passive, over a link that is whole',
        holds: (state) => (settings.primaryReturns ? state.isAtRest : SIDES.some((side) => state.serves(side))),
      },
    ],
  });
}

function sometimesOf({ crashes, cuts, arbitrated }: BinaryStarWorld): SmallWorldRules {
  const takeover = {
    name: 'takeover',
    sentence: 'the backup serves',
    holds: (state: BinaryStarState) => state.serves(BACKUP),
  };
  const split = {
    name: 'split',
    sentence: 'while the link is cut two servers answer clients',
    holds: (state: BinaryStarState) => state.bothServe,
  };
  return [...(crashes + cuts > 0 ? [takeover] : []), ...(cuts > 0 && !arbitrated ? [split] : [])];
}

type SmallWorldRules = Parameters<typeof modelOf<BinaryStarState>>[0]['sometimes'];
