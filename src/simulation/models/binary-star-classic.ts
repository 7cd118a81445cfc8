/**
 * The small world of a Binary Star as the Guide has it: the table of its reactor, or another with the same events. Words are published: whoever is
 * cut off misses them. A server that has stopped stays so, until somebody starts it.
 */
import type { Machine, StepObserver } from '../../core/machine.ts';
import {
  classicBinaryStar,
  type ClassicBinaryStarContext,
  type ClassicBinaryStarEffects,
  type ClassicBinaryStarMachine,
  type ClassicWord,
} from '../../binary-star/classic.machine.ts';
import {
  BACKUP,
  HEARTBEAT,
  nameOf,
  neverTwo,
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
import { Unpacker } from './packing.ts';
import { modelOf, type SmallModel } from './small-world.ts';

/** Times are ticks of half a heartbeat. */
export interface ClassicStarWorld extends StarBounds {
  /** How much longer than half a tick a word may take. */
  readonly delay: number;
  /** Default: the shortest that is safe with `delay`. The Guide's is two heartbeats. */
  readonly failoverTimeout?: number;
  /** Whether a primary that died comes back. */
  readonly primaryReturns: boolean;
  /** The kinds of state that answer clients. */
  readonly answering: readonly string[];
  /** Another machine than the real one. */
  readonly machine?: Machine<ClassicBinaryStarMachine>;
  readonly observer?: StepObserver;
}

export const CLASSIC_STAR_WORLD: ClassicStarWorld = {
  crashes: 1,
  cuts: 0,
  losses: 0,
  pauses: 0,
  orders: 0,
  handOvers: 0,
  closes: 0,
  delay: 0,
  primaryReturns: true,
  answering: ['active'],
};

type Event = ClassicBinaryStarMachine['event'];

interface Plan {
  readonly settings: ClassicStarWorld;
  readonly limits: StarLimits;
  readonly steps: readonly [TimedSteps<ClassicBinaryStarMachine>, TimedSteps<ClassicBinaryStarMachine>];
}

const WORDS: readonly ClassicWord[] = ['primary', 'backup', 'active', 'passive'];
const READ: readonly Event[] = [{ kind: 'PRIMARY' }, { kind: 'BACKUP' }, { kind: 'ACTIVE' }, { kind: 'PASSIVE' }];
const START: Event = { kind: 'start' };
const REQUEST: Event = { kind: 'clientRequest' };
const TIMERS: Readonly<Record<string, Event>> = { heartbeatDue: { kind: 'heartbeatDue' }, peerSilence: { kind: 'peerSilence' } };
const ANYBODY: readonly Question[] = [{ known: 0, told: '' }];

class ClassicStarState extends StarPair<ClassicBinaryStarMachine> {
  protected readonly startEvent: Event = START;
  readonly #plan: Plan;

  constructor(plan: Plan) {
    super(plan.limits);
    this.#plan = plan;
  }

  get haveStopped(): boolean {
    return SIDES.every((side) => this.isAwake(side) && this.stateOf(side).kind === 'halted');
  }

  protected override stepsOf(side: Side): TimedSteps<ClassicBinaryStarMachine> {
    return this.#plan.steps[side];
  }

  protected override fired(timer: string): Event {
    return TIMERS[timer] as Event;
  }

  protected override effectsOf(side: Side): Partial<ClassicBinaryStarEffects> {
    return {
      publish: (word) => this.send(side, WORDS.indexOf(word)),
      serve: () => this.notes.push(`${nameOf(side)} serves`),
      halt: (why) => this.notes.push(`${nameOf(side)} stops for good (${why})`),
    };
  }

  protected override answers({ kind }: ClassicBinaryStarMachine['state']): boolean {
    return this.#plan.settings.answering.includes(kind);
  }

  protected override returns(side: Side): boolean {
    return side === BACKUP || this.#plan.settings.primaryReturns || this.left.crashes === this.#plan.settings.crashes;
  }

  protected override questions(): readonly Question[] {
    return ANYBODY;
  }

  protected override ask(side: Side): void {
    this.step(side, REQUEST);
  }

  protected override read(side: Side, code: number): void {
    this.step(side, READ[code] as Event);
  }

  protected override forget(): void {}
  protected override wake(): void {}
  protected override packMore(): void {}
  protected override unpackMore(): void {}
}

export function classicStarModel(options: Partial<ClassicStarWorld> = {}): SmallModel {
  const settings = { ...CLASSIC_STAR_WORLD, ...options };
  const { delay, failoverTimeout = safeFailover(delay, 0), machine = classicBinaryStar, observer } = settings;
  checkStar({ ...settings, tolerated: 0 });
  const context: Omit<ClassicBinaryStarContext, 'role'> = { heartbeatInterval: HEARTBEAT, failoverTimeout };
  const plan: Plan = {
    settings,
    limits: starLimits({ delay, tolerated: 0, failoverTimeout }, settings),
    steps: [
      new TimedSteps(machine, { ...context, role: 'primary' }, observer),
      new TimedSteps(machine, { ...context, role: 'backup' }, observer),
    ],
  };
  return modelOf<ClassicStarState>({
    name: 'star, classic',
    bounds: starBounds(settings, { delay, failoverTimeout }),
    begin: () => new ClassicStarState(plan),
    unpack: (text) => new ClassicStarState(plan).unpack(new Unpacker(text)),
    offer: (state, happenings) => state.offer(happenings),
    always: [neverTwo(delay)],
    sometimes: [{ name: 'takeover', sentence: 'the backup serves', holds: (state) => state.serves(BACKUP) }],
    eventually: [
      { name: 'service', sentence: 'one of the two answers clients', holds: (state) => SIDES.some((side) => state.serves(side)) },
    ],
  });
}
