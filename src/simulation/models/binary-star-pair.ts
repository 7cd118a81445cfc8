/**
 * Two servers of a Binary Star in a world with a clock. A tick is half a heartbeat. Words between the two arrive in order and are under way for
 * at most `delay` ticks; timers fire in the tick in which they are due, before or after what arrives then. Servers die and come back without a
 * memory, stand still, words are lost, and the link is cut in one direction or both. Clients ask either server at any time.
 *
 * What the machines do, and what a word is, is told by those that extend it: `binary-star.ts` and `binary-star-classic.ts`.
 */
import type { MachineTypes } from '../../core/machine.ts';
import type { Property } from '../explore.ts';
import type { TimedStep, TimedSteps } from './binary-star-steps.ts';
import type { Packer, Unpacker } from './packing.ts';
import { perform } from './steps.ts';
import { breach, type Changing, type Happenings } from './world.ts';

/** What can go wrong, or be asked for, and how often it is in one run. */
export interface StarBounds {
  /** Servers that die, and come back without a memory. */
  readonly crashes: number;
  /** Times that the link is cut, in one direction or both. */
  readonly cuts: number;
  /** Words that are lost one by one. */
  readonly losses: number;
  /** Servers that stand still. */
  readonly pauses: number;
  /** Operators that tell a server to serve. */
  readonly orders: number;
  /** Operators that tell a server to hand over. */
  readonly handOvers: number;
  /** Servers that are told to end, and come back. */
  readonly closes: number;
}
export const STAR_BUDGETS: readonly (keyof StarBounds)[] = ['crashes', 'cuts', 'losses', 'pauses', 'orders', 'handOvers', 'closes'];

/** Those that are used up: the others stay as they are, 0 or `Infinity`. */
function countedIn(bounds: StarBounds): readonly (keyof StarBounds)[] {
  return STAR_BUDGETS.filter((budget) => bounds[budget] > 0 && bounds[budget] < Infinity);
}

/** Times are ticks. */
export interface StarTimes {
  /** The longest way of a word. */
  readonly delay: number;
  /** Words lost one after the other that do not count as silence. */
  readonly tolerated: number;
  readonly failoverTimeout: number;
}

/** What all states of a world have in common. */
export interface StarLimits extends StarTimes {
  readonly bounds: StarBounds;
  readonly counted: readonly (keyof StarBounds)[];
  /** See `calmAfter`. */
  readonly calm: number;
}

export function starLimits(times: StarTimes, bounds: StarBounds): StarLimits {
  return { ...times, bounds, counted: countedIn(bounds), calm: calmAfter(times.delay) };
}

export const HEARTBEAT = 2;
/** The longest silence of a peer that is well, and one tick more. */
export function safeFailover(delay: number, tolerated: number): number {
  return HEARTBEAT * (1 + tolerated) + delay + 1;
}

/** Ticks after which nothing is left of what a fault has brought about: a heartbeat and three ways of a word. */
export function calmAfter(delay: number): number {
  return HEARTBEAT + Math.ceil(3 * (delay + 0.5));
}

/** What must be of two that answer clients at once, with that delay. */
export function neverTwo<P extends { readonly isExplained: boolean }>(delay: number): Property<P> {
  const heartbeats = calmAfter(delay) / HEARTBEAT;
  const when = `while the link is cut, or was until less than ${heartbeats} heartbeats ago: one, and three ways of a word`;
  return {
    name: 'BS1',
    sentence: `two servers answer clients at once only ${when}`,
    holds: (pair) => pair.isExplained,
  };
}

export type Side = 0 | 1;
export const SIDES: readonly Side[] = [0, 1];
export const PRIMARY: Side = 0;
export const BACKUP: Side = 1;
export const otherOf = (side: Side): Side => (side === PRIMARY ? BACKUP : PRIMARY);
export const nameOf = (side: Side): string => (side === PRIMARY ? 'the primary' : 'the backup');

/** A word, or the end of a process, under way. `code` is 0 to 8191, `age` in ticks. */
export interface Letter {
  readonly code: number;
  readonly age: number;
}
/** Largest `age`. */
const MOST_AGE = 7;

type Life = 'down' | 'up' | 'paused';
const LIVES: readonly Life[] = ['down', 'up', 'paused'];

/** Timers of which no state owns two share a place. */
const PLACES: Readonly<Record<string, number>> = {
  heartbeatDue: 0,
  peerSilence: 1,
  loneBackup: 1,
  doubtTimeout: 1,
  electionRetry: 1,
  leaseExpiry: 2,
};
const TIMERS = Object.keys(PLACES);
const IDLE = -1;

export interface Server {
  life: Life;
  machine: number;
  /** Ticks until each is due; -1 for none. */
  readonly timers: number[];
  /** How long it has stood still; while it is down, whether it has been so for less than a tick. */
  paused: number;
}

const newServer = (): Server => ({ life: 'down', machine: 0, timers: [IDLE, IDLE, IDLE], paused: 0 });

/** What a client may ask. */
export interface Question {
  readonly known: number;
  /** What it says besides, in words. */
  readonly told: string;
}

/** What a server does in one tick. */
interface Turn {
  /** Words that it reads before its timers, and after. */
  readonly before: number;
  readonly after: number;
  /** Whether timers are due. */
  readonly isDue: boolean;
  /** A client asks when the timers have fired, or at the end. */
  readonly between?: Question;
  readonly last?: Question;
}

function turnLabel(side: Side, { before, isDue, between, after, last }: Turn): string {
  const words = (count: number): string[] => (count === 0 ? [] : [count === 1 ? 'reads a word' : `reads ${count} words`]);
  const asked = (question: Question | undefined): string[] => (question === undefined ? [] : [`is asked by a client${question.told}`]);
  const done = [...words(before), ...(isDue ? ['looks at the clock'] : []), ...asked(between), ...words(after), ...asked(last)];
  return `${nameOf(side)} ${done.length === 0 ? 'waits' : done.join(', ')}`;
}

const CUTS: readonly (readonly [directions: number, label: string])[] = [
  [3, 'the link is cut'],
  [1, 'the link is cut from the primary to the backup'],
  [2, 'the link is cut from the backup to the primary'],
];

/** Everything at one moment, to be changed by one move. */
export abstract class StarPair<M extends MachineTypes> implements Changing {
  readonly notes: string[] = [];
  readonly servers: readonly [Server, Server] = [newServer(), newServer()];
  /** By sender. */
  readonly letters: [Letter[], Letter[]] = [[], []];
  /** Within a tick: the primary has had its turn. */
  primaryDone = false;
  /** Directions that are cut: 1 from the primary, 2 from the backup. */
  cut = 0;
  /** Ticks since the link was last cut, or lost more than it may, or somebody stood still; no more than `calm`. */
  quiet: number;
  /** Ticks in which both servers were up, nothing went wrong, and not exactly one of them served. */
  unsettled = 0;
  /** By sender: words lost since the last that arrived. */
  readonly missed: [number, number] = [0, 0];
  readonly left: { -readonly [B in keyof StarBounds]: number };
  /** From here on `quiet` no longer counts: whatever that has brought about must be over. */
  readonly calm: number;
  readonly #limits: StarLimits;

  constructor(limits: StarLimits) {
    this.#limits = limits;
    this.calm = limits.calm;
    this.quiet = limits.calm;
    const { crashes, cuts, losses, pauses, orders, handOvers, closes } = limits.bounds;
    this.left = { crashes, cuts, losses, pauses, orders, handOvers, closes };
  }

  /* ---------------------------------------------------------------- what those that extend it say */

  protected abstract stepsOf(side: Side): TimedSteps<M>;
  protected abstract readonly startEvent: M['event'];
  /** The event of a timer: always the same object. */
  protected abstract fired(timer: string): M['event'];
  protected abstract effectsOf(side: Side): object;
  /** A letter from the peer is read. */
  protected abstract read(side: Side, code: number): void;
  /** What a client may ask: each is a number, and told in words. */
  protected abstract questions(side: Side): readonly Question[];
  protected abstract ask(side: Side, known: number): void;
  /** Whether a machine in this state answers clients. */
  protected abstract answers(state: M['state']): boolean;
  /** Its memory is gone. */
  protected abstract forget(side: Side): void;
  /** It is up and reading again. */
  protected abstract wake(side: Side): void;
  protected abstract packMore(packer: Packer): void;
  protected abstract unpackMore(unpacker: Unpacker): void;

  /** The letter that tells the peer's transport that a process has ended; none where nothing tells of it. */
  protected readonly end: number | undefined;
  /** Whether a server that died comes back. */
  protected returns(_side: Side): boolean {
    return true;
  }
  /** Ticks without a fault, both servers up, after which exactly one of them must serve; none where that is not so. */
  protected readonly settlesWithin: number | undefined;
  protected passTick(): void {}
  protected offerMore(_happenings: Happenings<this>): void {}

  /* ---------------------------------------------------------------- as a text */

  pack(packer: Packer): void {
    for (const budget of this.#limits.counted) packer.put(this.left[budget]);
    packer.put((this.primaryDone ? 4 : 0) | this.cut);
    packer.put(this.quiet);
    packer.put(this.unsettled);
    for (const { life, machine, timers, paused } of this.servers) {
      packer.put(LIVES.indexOf(life));
      packer.put(machine);
      for (const timer of timers) packer.put(timer + 1);
      packer.put(paused);
    }
    for (const side of SIDES) {
      packer.put(this.missed[side]);
      packer.put(this.letters[side].length);
      for (const { code, age } of this.letters[side]) packer.put(code * (MOST_AGE + 1) + age);
    }
    this.packMore(packer);
  }

  unpack(unpacker: Unpacker): this {
    for (const budget of this.#limits.counted) this.left[budget] = unpacker.take();
    const bits = unpacker.take();
    this.primaryDone = bits > 3;
    this.cut = bits & 3;
    this.quiet = unpacker.take();
    this.unsettled = unpacker.take();
    for (const server of this.servers) {
      server.life = LIVES[unpacker.take()] as Life;
      server.machine = unpacker.take();
      for (let place = 0; place < server.timers.length; place++) server.timers[place] = unpacker.take() - 1;
      server.paused = unpacker.take();
    }
    for (const side of SIDES) {
      this.missed[side] = unpacker.take();
      for (let left = unpacker.take(); left > 0; left--) {
        const letter = unpacker.take();
        this.letters[side].push({ code: Math.floor(letter / (MOST_AGE + 1)), age: letter % (MOST_AGE + 1) });
      }
    }
    this.unpackMore(unpacker);
    return this;
  }

  leave(): void {}

  /* ---------------------------------------------------------------- what rules look at */

  stateOf(side: Side): M['state'] {
    return this.stepsOf(side).state(this.servers[side].machine);
  }

  isAwake(side: Side): boolean {
    return this.servers[side].life === 'up';
  }

  serves(side: Side): boolean {
    return this.isAwake(side) && this.answers(this.stateOf(side));
  }

  get bothServe(): boolean {
    return this.serves(PRIMARY) && this.serves(BACKUP);
  }

  /** The link is as it should be, and has been for long enough that no cut is an excuse. */
  get isCalm(): boolean {
    return this.quiet === this.calm;
  }

  /** Whether two servers may answer at once: while the link is cut, or what that has brought about is not over. */
  get isExplained(): boolean {
    return !this.bothServe || !this.isCalm;
  }

  /** All is well: one serves, and the other would take over. */
  get isAtRest(): boolean {
    return this.cut === 0 && SIDES.some((side) => this.serves(side) && this.#follows(otherOf(side)));
  }

  #follows(side: Side): boolean {
    return this.isAwake(side) && this.stateOf(side).kind === 'passive';
  }

  /* ---------------------------------------------------------------- what may happen */

  offer(happenings: Happenings<this>): void {
    const side = this.#next;
    if (side === undefined) {
      if (this.#mayPass) happenings.add('half a heartbeat passes', (pair) => pair.#endTick());
    } else this.#offerTurn(happenings, side);
    // What the primary has just sent is lost before the backup reads it; all else can as well happen between two ticks.
    if (this.left.losses > 0) this.#offerLosses(happenings, this.primaryDone ? PRIMARY : BACKUP);
    if (this.primaryDone) return;
    for (const each of SIDES) this.#offerServer(happenings, each);
    this.#offerLink(happenings);
    this.offerMore(happenings);
  }

  /** Whose turn it is. */
  get #next(): Side | undefined {
    if (!this.#mayPass) return undefined;
    if (this.isAwake(PRIMARY) && !this.primaryDone) return PRIMARY;
    return this.isAwake(BACKUP) ? BACKUP : undefined;
  }

  get #mayPass(): boolean {
    return this.servers.every(({ paused }) => paused < this.#limits.failoverTimeout + 2);
  }

  /** It reads what has arrived, before or after its timers fire; a client may ask it after that, or between. */
  #offerTurn(happenings: Happenings<this>, side: Side): void {
    const letters = this.letters[otherOf(side)];
    const oldest = this.#limits.delay + (side === PRIMARY ? 1 : 0);
    const least = letters.filter(({ age }) => age >= oldest).length;
    const questions = this.questions(side);
    const isDue = this.servers[side].timers.includes(0);
    for (let all = least; all <= letters.length; all++)
      for (let before = isDue ? 0 : all; before <= all; before++) {
        const turn = { before, isDue, after: all - before };
        this.#offerOneTurn(happenings, side, turn);
        for (const question of questions) {
          this.#offerOneTurn(happenings, side, { ...turn, last: question });
          if (all > before) this.#offerOneTurn(happenings, side, { ...turn, between: question });
        }
      }
  }

  #offerOneTurn(happenings: Happenings<this>, side: Side, turn: Turn): void {
    happenings.add(
      () => turnLabel(side, turn),
      (pair) => pair.#takeTurn(side, turn),
    );
  }

  #takeTurn(side: Side, { before, between, after, last }: Turn): void {
    this.#readSome(side, before);
    this.#fireTimers(side);
    this.#hearClient(side, between);
    if (!this.isExplained) breach('BS1', 'two servers answer clients at once, and nothing has happened to the link');
    this.#readSome(side, after);
    this.#hearClient(side, last);
    if (side === PRIMARY && this.isAwake(BACKUP)) this.primaryDone = true;
    else this.#endTick();
  }

  #hearClient(side: Side, question: Question | undefined): void {
    if (question !== undefined && this.isAwake(side)) this.ask(side, question.known);
  }

  #readSome(side: Side, count: number): void {
    for (const { code } of this.letters[otherOf(side)].splice(0, count)) {
      if (!this.isAwake(side)) return;
      this.missed[otherOf(side)] = 0;
      this.read(side, code);
    }
  }

  #fireTimers(side: Side): void {
    const { timers } = this.servers[side];
    for (let place = timers.length - 1; place >= 0; place--) {
      if (timers[place] !== 0 || !this.isAwake(side)) continue;
      const { kind } = this.stateOf(side);
      const timer = TIMERS.find((each) => PLACES[each] === place && this.stepsOf(side).owners(each).includes(kind));
      timers[place] = IDLE;
      if (timer !== undefined) this.step(side, this.fired(timer));
    }
  }

  #endTick(): void {
    this.primaryDone = false;
    for (const side of SIDES) {
      const server = this.servers[side];
      server.timers.forEach((ticks, place) => {
        if (ticks > 0) server.timers[place] = ticks - 1;
      });
      if (server.life === 'paused') server.paused++;
      if (server.life === 'down') server.paused = 0;
      this.letters[side] = this.letters[side].map(({ code, age }) => ({ code, age: Math.min(age, this.#limits.delay) + 1 }));
    }
    if (this.cut === 0) this.quiet = Math.min(this.quiet + 1, this.calm);
    if (this.settlesWithin !== undefined) this.#countUnsettled(this.settlesWithin);
    this.passTick();
  }

  #countUnsettled(most: number): void {
    const isSettled = this.serves(PRIMARY) !== this.serves(BACKUP);
    const isWhole = this.cut === 0 && this.isAwake(PRIMARY) && this.isAwake(BACKUP);
    this.unsettled = isSettled || !isWhole ? 0 : this.unsettled + 1;
    if (this.unsettled > most)
      breach('settles', `both servers are up, nothing has gone wrong for ${most} ticks, and not exactly one of them serves`);
  }

  #offerServer(happenings: Happenings<this>, side: Side): void {
    const name = nameOf(side);
    const { life, paused } = this.servers[side];
    if (life === 'down') {
      if (paused === 0 && this.returns(side)) happenings.add(`${name} starts`, (pair) => pair.#start(side));
      return;
    }
    if (this.left.crashes > 0) happenings.add(`${name} dies`, (pair) => pair.#die(side), true);
    if (life === 'paused') happenings.add(`${name} goes on`, (pair) => pair.#goOn(side));
    else if (this.left.pauses > 0) happenings.add(`${name} stands still`, (pair) => pair.#standStill(side), true);
  }

  #offerLink(happenings: Happenings<this>): void {
    if (this.cut !== 0)
      happenings.add('the link is whole again', (pair) => {
        pair.cut = 0;
      });
    else if (this.left.cuts > 0) for (const [directions, label] of CUTS) this.#offerCut(happenings, directions, label);
  }

  /** Of what is on the way so much arrives. */
  #offerCut(happenings: Happenings<this>, directions: number, label: string): void {
    const [most, mostBack] = SIDES.map((side) => ((directions & (1 << side)) === 0 ? 0 : this.letters[side].length)) as [number, number];
    for (let arrive = 0; arrive <= most; arrive++)
      for (let arriveBack = 0; arriveBack <= mostBack; arriveBack++)
        happenings.add(
          most + mostBack === 0 ? label : `${label}, and of ${most + mostBack} words on the way ${arrive + arriveBack} arrive`,
          (pair) => {
            pair.left.cuts--;
            pair.cut = directions;
            pair.quiet = 0;
            pair.unsettled = 0;
            if (pair.isCut(PRIMARY)) pair.letters[PRIMARY].length = arrive;
            if (pair.isCut(BACKUP)) pair.letters[BACKUP].length = arriveBack;
          },
          true,
        );
  }

  #offerLosses(happenings: Happenings<this>, side: Side): void {
    this.letters[side].forEach((_letter, at) => {
      happenings.add(`a word of ${nameOf(side)} is lost`, (pair) => pair.#lose(side, at), true);
    });
  }

  isCut(side: Side): boolean {
    return (this.cut & (1 << side)) !== 0;
  }

  /* ---------------------------------------------------------------- a server and its shell */

  protected step(side: Side, event: M['event']): void {
    const server = this.servers[side];
    const taken = this.stepsOf(side).step(server.machine, event);
    server.machine = taken.to;
    this.#setTimers(server, taken);
    perform(taken.effects, this.effectsOf(side));
  }

  /** A timer of another state may have had the place of one that has started. */
  #setTimers({ timers }: Server, { stopped, started }: TimedStep): void {
    for (const timer of stopped) timers[PLACES[timer] as number] = IDLE;
    for (const [timer, ticks] of started) timers[PLACES[timer] as number] = ticks;
  }

  /** To the peer, if it can be reached. */
  protected send(side: Side, code: number): void {
    if (this.isCut(side) || this.servers[otherOf(side)].life === 'down') return;
    this.letters[side].push({ code, age: 0 });
  }

  #start(side: Side): void {
    const server = this.servers[side];
    server.life = 'up';
    server.machine = this.stepsOf(side).start;
    this.step(side, this.startEvent);
  }

  #die(side: Side): void {
    this.left.crashes--;
    this.finish(side);
  }

  /** Its process ends: what it has sent arrives, what was sent to it does not. */
  protected finish(side: Side): void {
    if (this.end !== undefined) this.send(side, this.end);
    const server = this.servers[side];
    server.life = 'down';
    server.machine = 0;
    server.timers.fill(IDLE);
    server.paused = 1;
    this.letters[otherOf(side)].length = 0;
    this.missed[otherOf(side)] = 0;
    this.forget(side);
  }

  #standStill(side: Side): void {
    this.left.pauses--;
    this.servers[side].life = 'paused';
  }

  #goOn(side: Side): void {
    const server = this.servers[side];
    server.life = 'up';
    const stood = server.paused;
    server.paused = 0;
    if (stood === 0) return;
    this.quiet = 0;
    this.wake(side);
  }

  /* ---------------------------------------------------------------- the link */

  #lose(side: Side, at: number): void {
    this.left.losses--;
    this.unsettled = 0;
    this.letters[side].splice(at, 1);
    if (this.missed[side] === this.#limits.tolerated) this.quiet = 0;
    else this.missed[side]++;
  }
}
