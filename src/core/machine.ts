/**
 * The machine kernel: a typed state machine is a *total table*, state × event → cell.
 *
 * The table is the behaviour. The same lines are executed by the roles, drawn as charts, counted by arrow coverage and walked
 * by simulation. Leaving a cell out does not compile, and no cell lets bytes from a peer throw.
 */
import { assert } from './assert.ts';
import { ImpossibleEvent } from './errors.ts';

/** What a machine is made of, at the type level. A machine's own types extend this interface. */
export interface MachineTypes {
  /** The union of states, told apart by `kind`; each variant carries its own fields and none of them is a timestamp. */
  state: { readonly kind: string };
  /** The union of events. UPPER CASE kinds come from a peer; camelCase kinds are API calls, timers and facts of our own. */
  event: { readonly kind: string };
  /** Timer event → the kind (or union of kinds) of state that owns it. Leaving all owners disarms it. */
  timers: { readonly [timer: string]: string };
  /** The effects that actions ask for. The shell implements them; `transition()` records them. */
  effects: object;
  /** What actions and guards may read besides state and event: intervals, limits, the source of randomness. */
  context: object;
}

export type StateKind<M extends MachineTypes> = M['state']['kind'];
export type EventKind<M extends MachineTypes> = M['event']['kind'];
export type StateOf<M extends MachineTypes, K extends StateKind<M>> = Extract<M['state'], { readonly kind: K }>;
export type EventOf<M extends MachineTypes, K extends EventKind<M>> = Extract<M['event'], { readonly kind: K }>;
export type TimerKind<M extends MachineTypes> = keyof M['timers'] & string;
type IsWire<K extends string> = K extends Uppercase<K> ? true : false;

/** What the kernel itself asks of a sink, besides the machine's own effects. */
export interface KernelEffects<M extends MachineTypes> {
  /** Starts or restarts a timer that the new state owns. `delay` in milliseconds. */
  arm(timer: TimerKind<M>, delay: number): void;
  /** Stops a timer; called by the kernel when its last owning state is left. */
  disarm(timer: TimerKind<M>): void;
  /** The peer broke the protocol: count it, trace it, tell the peer to go. The state has not changed. */
  refuse(event: M['event'], why: string): void;
  /** Set while somebody watches (trace, coverage, simulation); `undefined` costs one property read per step. */
  readonly observer: StepObserver | undefined;
}

export type Sink<M extends MachineTypes> = M['effects'] & KernelEffects<M>;

/** Told of every step after it was made. */
export interface StepObserver {
  stepped(
    machine: Machine,
    cell: CompiledCell,
    taken: CompiledArrow | undefined,
    from: string,
    event: { readonly kind: string },
    to: string,
  ): void;
}

export type Action<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>, T extends StateKind<M>> = (
  state: StateOf<M, S>,
  event: EventOf<M, E>,
  out: Sink<M>,
  context: M['context'],
) => StateOf<M, T>;

export type Guard<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>> = (
  state: StateOf<M, S>,
  event: EventOf<M, E>,
  context: M['context'],
) => boolean;

/*
 * The signatures below repeat `Action` and `Guard` on purpose: compared as aliases, TypeScript holds their parameters invariant, and
 * one action could not serve several cells.
 */
interface Transition<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>, T extends StateKind<M>> {
  readonly to: T;
  readonly do: (state: StateOf<M, S>, event: EventOf<M, E>, out: Sink<M>, context: M['context']) => StateOf<M, T>;
}

/** A transition: `to` is a literal, and the action's return type must be exactly that state. */
export type Arrow<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>> = {
  [T in StateKind<M>]: Transition<M, S, E, T> & { readonly when?: never };
}[StateKind<M>];

export type GuardedArrow<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>> = {
  [T in StateKind<M>]: Transition<M, S, E, T> & {
    readonly when: (state: StateOf<M, S>, event: EventOf<M, E>, context: M['context']) => boolean;
  };
}[StateKind<M>];

/** Expected and harmless: late, duplicate, already done. */
export interface Ignore {
  readonly cell: 'ignore';
  readonly why: string;
}

/** The peer broke the protocol. Allowed for UPPER CASE events only. */
export interface Refuse {
  readonly cell: 'refuse';
  readonly why: string;
}

/** We broke our own rules: throws `ImpossibleEvent`. Allowed for camelCase events only. */
export interface Never {
  readonly cell: 'never';
  readonly why: string;
}

export const ignore = (why: string): Ignore => ({ cell: 'ignore', why });
export const refuse = (why: string): Refuse => ({ cell: 'refuse', why });
export const never = (why: string): Never => ({ cell: 'never', why });

type Fallback<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>> =
  Arrow<M, S, E> | Ignore | (IsWire<E> extends true ? Refuse : Never);

export type Cell<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>> =
  Fallback<M, S, E> | readonly [GuardedArrow<M, S, E>, ...GuardedArrow<M, S, E>[], Fallback<M, S, E>];

/** The events that can occur in state `S`: all of them, except timers that another state owns. */
export type EventsIn<M extends MachineTypes, S extends StateKind<M>> = {
  [E in EventKind<M>]: E extends TimerKind<M> ? (S extends M['timers'][E] ? E : never) : E;
}[EventKind<M>];

export type Table<M extends MachineTypes> = {
  readonly [S in StateKind<M>]: { readonly [E in EventsIn<M, S>]: Cell<M, S, E> };
};

export interface MachineDefinition<M extends MachineTypes> {
  readonly name: string;
  /** The state a new instance begins in. */
  readonly start: () => M['state'];
  /** Timer → owning state or states; must agree with the type, and the table has a cell for it in exactly those states. */
  readonly timers: { readonly [T in TimerKind<M>]: M['timers'][T] | readonly M['timers'][T][] };
  readonly table: Table<M>;
}

export interface CompiledArrow {
  /** Position in its machine, for coverage. */
  readonly index: number;
  readonly from: string;
  readonly event: string;
  readonly to: string;
  readonly guard: string | undefined;
  readonly action: string;
  readonly when: ((state: never, event: never, context: never) => boolean) | undefined;
  readonly do: (state: never, event: never, out: never, context: never) => { readonly kind: string };
}

export interface CompiledCell {
  readonly state: string;
  readonly event: string;
  /** Guarded arrows in order, then at most one unguarded. Empty for a bare ignore, refuse or never. */
  readonly arrows: readonly CompiledArrow[];
  /** What happens when no arrow is taken; undefined when the last arrow is unguarded. */
  readonly otherwise: Ignore | Refuse | Never | undefined;
}

/** A machine as the rest of the library sees it: charts, coverage and the explorer read the same cells that `step` runs. */
export interface Machine<M extends MachineTypes = MachineTypes> {
  readonly name: string;
  readonly start: () => M['state'];
  readonly states: readonly string[];
  readonly events: readonly string[];
  /** Timer → the states that own it. */
  readonly timers: { readonly [timer: string]: readonly string[] };
  readonly cells: { readonly [state: string]: { readonly [event: string]: CompiledCell } };
  readonly arrows: readonly CompiledArrow[];
  /** `disarms[from][to]`: the timers that leaving `from` for `to` stops. */
  readonly disarms: { readonly [from: string]: { readonly [to: string]: readonly string[] } };
}

/**
 * Makes a machine from its table. Checks at definition time what the types cannot say: that timers are owned as declared.
 *
 * @throws BrokenInvariant when table and timers disagree.
 */
export function defineMachine<M extends MachineTypes>(definition: MachineDefinition<M>): Machine<M> {
  const table = definition.table as { readonly [state: string]: { readonly [event: string]: unknown } };
  const states = Object.keys(table);
  const events = [...new Set(states.flatMap((state) => Object.keys(table[state] ?? {})))];
  const timers: Record<string, readonly string[]> = {};
  for (const [timer, owners] of Object.entries(definition.timers)) timers[timer] = ([] as string[]).concat(owners as string | string[]);

  const arrows: CompiledArrow[] = [];
  const cells: Record<string, Record<string, CompiledCell>> = Object.create(null) as Record<string, Record<string, CompiledCell>>;
  const disarms: Record<string, Record<string, readonly string[]>> = Object.create(null) as Record<
    string,
    Record<string, readonly string[]>
  >;
  for (const state of states) {
    const row = (cells[state] = Object.create(null) as Record<string, CompiledCell>);
    for (const [event, cell] of Object.entries(table[state] ?? {})) row[event] = compileCell(definition.name, state, event, cell, arrows);
    for (const [timer, owners] of Object.entries(timers)) {
      assert(
        owners.includes(state) === timer in row,
        `${definition.name}: timer "${timer}" has a cell in exactly the states that own it ("${state}")`,
      );
    }
    const leaving = (disarms[state] = Object.create(null) as Record<string, readonly string[]>);
    for (const next of states) {
      leaving[next] = Object.keys(timers).filter(
        (timer) => timers[timer]?.includes(state) === true && timers[timer]?.includes(next) !== true,
      );
    }
  }
  return { name: definition.name, start: definition.start, states, events, timers, cells, arrows, disarms };
}

/**
 * One step: finds the cell, runs at most one action, returns the next state. Effects go into `out`; none of them may step
 * a machine (the driver sees to that).
 *
 * @throws ImpossibleEvent on a `never` cell or an event the table does not have in this state.
 */
export function step<M extends MachineTypes>(
  machine: Machine<M>,
  state: M['state'],
  event: M['event'],
  out: Sink<M>,
  context: M['context'],
): M['state'] {
  const cell = machine.cells[state.kind]?.[event.kind];
  if (cell === undefined) throw new ImpossibleEvent(machine.name, state.kind, event.kind, 'the table has no such cell');
  const { arrows } = cell;
  for (let i = 0; i < arrows.length; i++) {
    const arrow = arrows[i] as CompiledArrow;
    if (arrow.when !== undefined && !arrow.when(state as never, event as never, context as never)) continue;
    const next = arrow.do(state as never, event as never, out as never, context as never) as M['state'];
    if (next.kind !== state.kind) {
      const stopped = machine.disarms[state.kind]?.[next.kind] as readonly TimerKind<M>[];
      for (let j = 0; j < stopped.length; j++) out.disarm(stopped[j] as TimerKind<M>);
    }
    if (out.observer !== undefined) out.observer.stepped(machine, cell, arrow, state.kind, event, next.kind);
    return next;
  }
  const { otherwise } = cell;
  if (otherwise === undefined || otherwise.cell === 'never') {
    throw new ImpossibleEvent(machine.name, state.kind, event.kind, otherwise?.why ?? 'no arrow applied');
  }
  if (otherwise.cell === 'refuse') out.refuse(event, otherwise.why);
  if (out.observer !== undefined) out.observer.stepped(machine, cell, undefined, state.kind, event, state.kind);
  return state;
}

/** An effect as `transition()` records it: the name of the method called on the sink, and its arguments. */
export type RecordedEffect = readonly [effect: string, ...arguments: unknown[]];

/**
 * One step as a value, for tests and documents: the next state and the effects it asked for, in order.
 *
 * @throws BrokenInvariant when the action armed a timer that the next state does not own: it would fire into a state that
 * has no answer to it, or be left running for a later one.
 */
export function transition<M extends MachineTypes>(
  machine: Machine<M>,
  state: M['state'],
  event: M['event'],
  context: M['context'],
  observer?: StepObserver,
): readonly [M['state'], readonly RecordedEffect[]] {
  const effects: RecordedEffect[] = [];
  const next = step(machine, state, event, recorder<M>(effects, observer), context);
  for (const [effect, timer] of effects) {
    const owned = effect !== 'arm' || machine.timers[String(timer)]?.includes(next.kind) === true;
    assert(owned, `${machine.name}: (${state.kind}, ${event.kind}) arms "${String(timer)}", which "${next.kind}" does not own`);
  }
  return [next, effects];
}

function recorder<M extends MachineTypes>(effects: RecordedEffect[], observer: StepObserver | undefined): Sink<M> {
  const record =
    (effect: string) =>
    (...given: unknown[]): void => {
      effects.push([effect, ...given]);
    };
  return new Proxy({}, { get: (_target, name) => (name === 'observer' ? observer : record(String(name))) }) as Sink<M>;
}

function compileCell(machine: string, state: string, event: string, cell: unknown, arrows: CompiledArrow[]): CompiledCell {
  const entries = Array.isArray(cell) ? (cell as unknown[]) : [cell];
  const own: CompiledArrow[] = [];
  let otherwise: Ignore | Refuse | Never | undefined;
  for (const entry of entries) {
    const ended = otherwise !== undefined || (own.length > 0 && own.at(-1)?.when === undefined);
    assert(!ended, `${machine}: nothing follows the fallback of (${state}, ${event})`);
    if (isBare(entry)) {
      otherwise = entry;
      continue;
    }
    const { to, when, do: action } = entry as { to: string; when?: CompiledArrow['when']; do: CompiledArrow['do'] };
    const arrow = { index: arrows.length, from: state, event, to, guard: when?.name, action: action.name, when, do: action };
    own.push(arrow);
    arrows.push(arrow);
  }
  assert(otherwise !== undefined || own.at(-1)?.when === undefined, `${machine}: (${state}, ${event}) ends with a fallback`);
  return { state, event, arrows: own, otherwise };
}

function isBare(entry: unknown): entry is Ignore | Refuse | Never {
  return typeof entry === 'object' && entry !== null && 'cell' in entry;
}
