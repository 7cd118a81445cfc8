/**
 * Row tests of a machine: one row for each arrow and for each cell without one, (state, event) → (state, effects), and a last
 * test that every one of them was taken. The last test takes all rows once more by itself, so it means the same when only
 * part of a file is run.
 */
/* eslint-disable vitest/valid-title -- the titles are those of the rows */
import { expect, test } from 'vitest';
import { cellsOf } from '../../src/core/chart.ts';
import { ArrowCoverage } from '../../src/core/coverage.ts';
import { ImpossibleEvent } from '../../src/core/errors.ts';
import { transition, type Machine, type MachineTypes, type RecordedEffect } from '../../src/core/machine.ts';

interface Row<M extends MachineTypes> {
  readonly what: string;
  readonly state: M['state'];
  readonly event: M['event'];
  readonly context: M['context'];
}

/** The rows of one machine. Each call of `moves`, `stays`, `refuses` or `never` is one test; they may be taken off the object. */
export class Rows<M extends MachineTypes> {
  readonly #machine: Machine<M>;
  readonly #context: M['context'];
  readonly #rows: Row<M>[] = [];

  constructor(machine: Machine<M>, context: M['context']) {
    this.#machine = machine;
    this.#context = context;
  }

  /** An arrow is taken: the next state and the effects, in order. */
  readonly moves = (
    what: string,
    state: M['state'],
    event: M['event'],
    next: M['state'],
    effects: readonly RecordedEffect[],
    context: Partial<M['context']> = {},
  ): void => {
    const row = this.#add(what, state, event, context);
    test(row.what, () => {
      expect(this.#take(row)).toEqual([next, effects]);
      expect(this.#takenArrows(row)).toBe(1);
    });
  };

  /** The event is ignored: same state, no effect. */
  readonly stays = (what: string, state: M['state'], event: M['event'], why: string, context: Partial<M['context']> = {}): void => {
    const row = this.#add(what, state, event, context);
    test(row.what, () => {
      const [next, effects] = this.#take(row);
      expect(next).toBe(state);
      expect(effects).toEqual([]);
      expect(this.#takenArrows(row)).toBe(0);
      expect(this.#cellOf(row)?.otherwise).toEqual({ cell: 'ignore', why });
    });
  };

  /** The peer broke the protocol: same state, and nothing but the refusal. */
  readonly refuses = (what: string, state: M['state'], event: M['event'], why: string): void => {
    const row = this.#add(what, state, event);
    test(row.what, () => {
      const [next, effects] = this.#take(row);
      expect(next).toBe(state);
      expect(effects).toEqual([['refuse', event, why]]);
    });
  };

  /** It would be our own bug: throws. */
  readonly never = (what: string, state: M['state'], event: M['event'], why: string): void => {
    const row = this.#add(what, state, event);
    test(row.what, () => {
      expect(() => this.#take(row)).toThrow(ImpossibleEvent);
      expect(() => this.#take(row)).toThrow(why);
    });
  };

  /** The last test of a file. */
  readonly coverEverything = (): void => {
    test(`the rows take every arrow and every cell of ${this.#machine.name}`, () => {
      expect(this.missing()).toEqual([]);
    });
  };

  /** What no row has taken: arrows, ignored and refused cells, and cells that must never be met. */
  missing(): string[] {
    const coverage = new ArrowCoverage();
    const impossible = new Set<string>();
    for (const row of this.#rows) {
      try {
        transition(this.#machine, row.state, row.event, row.context, coverage);
      } catch (error) {
        if (!(error instanceof ImpossibleEvent)) throw error;
        impossible.add(`${error.state} × ${error.event}: never`);
      }
    }
    const machine: Machine = this.#machine;
    const nevers = cellsOf(machine)
      .filter((cell) => cell.otherwise?.cell === 'never')
      .map((cell) => `${cell.state} × ${cell.event}: never`);
    return [...coverage.missingArrows(machine), ...coverage.missingAnswers(machine), ...nevers.filter((cell) => !impossible.has(cell))];
  }

  #add(what: string, state: M['state'], event: M['event'], context: Partial<M['context']> = {}): Row<M> {
    const row = { what, state, event, context: { ...this.#context, ...context } };
    this.#rows.push(row);
    return row;
  }

  #take(row: Row<M>): readonly [M['state'], readonly RecordedEffect[]] {
    return transition(this.#machine, row.state, row.event, row.context);
  }

  #takenArrows(row: Row<M>): number {
    const coverage = new ArrowCoverage();
    transition(this.#machine, row.state, row.event, row.context, coverage);
    return coverage.of(this.#machine).arrows.taken;
  }

  #cellOf(row: Row<M>) {
    return this.#machine.cells[row.state.kind]?.[row.event.kind];
  }
}
