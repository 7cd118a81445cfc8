/** Which cells of which machines simulation has reached: pairs of state and event, counted from traces. */
import type { Machine } from '../core/machine.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import { UNREACHABLE } from './unreachable.ts';

type Counts = { [event: string]: number };

/** Counts that can be sent between threads and added up. */
export interface CellCounts {
  readonly [machine: string]: { readonly [state: string]: Readonly<Counts> };
}

/** Cells as `state × event`; without those that are `never`, and those that the roles cannot reach. */
export interface CellsReached {
  readonly reached: number;
  readonly all: number;
  readonly missing: readonly string[];
  /** Reached, though they were said to be out of reach. */
  readonly surprising: readonly string[];
}

export class CellCoverage {
  readonly #machines: { [machine: string]: { [state: string]: Counts } } = Object.create(null) as Record<string, Record<string, Counts>>;

  /** Takes in a `step` of a trace. */
  step(event: TraceEvent): void {
    this.#add(event['machine'] as string, event['from'] as string, event['event'] as string, 1);
  }

  add(counts: CellCounts): void {
    for (const [machine, states] of Object.entries(counts))
      for (const [state, events] of Object.entries(states))
        for (const [event, count] of Object.entries(events)) this.#add(machine, state, event, count);
  }

  get counts(): CellCounts {
    return this.#machines;
  }

  /** What was reached of a machine. */
  of(machine: Machine): CellsReached {
    const counts = this.#machines[machine.name] ?? {};
    const unreachable = UNREACHABLE[machine.name];
    let all = 0;
    const missing: string[] = [];
    const surprising: string[] = [];
    for (const [state, row] of Object.entries(machine.cells)) {
      for (const [event, cell] of Object.entries(row)) {
        if (cell.arrows.length === 0 && cell.otherwise?.cell === 'never') continue;
        const name = `${state} × ${event}`;
        const reached = counts[state]?.[event] !== undefined;
        if (unreachable?.has(name) === true) {
          if (reached) surprising.push(name);
          continue;
        }
        all++;
        if (!reached) missing.push(name);
      }
    }
    return { reached: all - missing.length, all, missing, surprising };
  }

  #add(machine: string, state: string, event: string, count: number): void {
    const states = (this.#machines[machine] ??= Object.create(null) as Record<string, Counts>);
    const events = (states[state] ??= Object.create(null) as Counts);
    events[event] = (events[event] ?? 0) + count;
  }
}
