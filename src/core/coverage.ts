/**
 * Arrow coverage: which arrows of which machines a run has taken, and which it has not. It watches real steps, so it counts
 * the same whether rows, roles or a simulation made them.
 */
import { arrowLabel, cellsOf } from './chart.ts';
import type { CompiledArrow, CompiledCell, Machine, StepObserver } from './machine.ts';

export interface CoverageOf {
  readonly arrows: { readonly taken: number; readonly all: number };
  /** Outcomes without an arrow that a run can reach: ignore and refuse, alone or as a fallback. `never` is not one. */
  readonly answers: { readonly taken: number; readonly all: number };
}

/** Pass it as the observer of every machine to be counted. */
export class ArrowCoverage implements StepObserver {
  readonly #arrows = new Map<CompiledArrow, number>();
  readonly #answers = new Map<CompiledCell, number>();

  stepped(_machine: Machine, cell: CompiledCell, taken: CompiledArrow | undefined): void {
    if (taken === undefined) this.#answers.set(cell, (this.#answers.get(cell) ?? 0) + 1);
    else this.#arrows.set(taken, (this.#arrows.get(taken) ?? 0) + 1);
  }

  of(machine: Machine): CoverageOf {
    const answers = answersOf(machine);
    return {
      arrows: { taken: machine.arrows.filter((arrow) => this.#arrows.has(arrow)).length, all: machine.arrows.length },
      answers: { taken: answers.filter((cell) => this.#answers.has(cell)).length, all: answers.length },
    };
  }

  /** The arrows never taken, as `from → to: EVENT [guard] / action`. */
  missingArrows(machine: Machine): string[] {
    return machine.arrows
      .filter((arrow) => !this.#arrows.has(arrow))
      .map((arrow) => `${arrow.from} → ${arrow.to}: ${arrowLabel(machine, arrow)}`);
  }

  /** The ignored and refused cells never met, as `state × EVENT: ignore (why)`. */
  missingAnswers(machine: Machine): string[] {
    return answersOf(machine)
      .filter((cell) => !this.#answers.has(cell))
      .map((cell) => `${cell.state} × ${cell.event}: ${cell.otherwise?.cell} (${cell.otherwise?.why})`);
  }

  /** How often an arrow was taken. */
  count(arrow: CompiledArrow): number {
    return this.#arrows.get(arrow) ?? 0;
  }
}

function answersOf(machine: Machine): CompiledCell[] {
  return cellsOf(machine).filter((cell) => cell.otherwise !== undefined && cell.otherwise.cell !== 'never');
}
