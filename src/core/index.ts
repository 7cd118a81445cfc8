/** The machine kernel and its charts: everything a machine of your own needs. */
export { assert } from './assert.ts';
export { backoffDelay, rotationDelay, type BackoffOptions } from './backoff.ts';
export { arrowLabel, cellsOf, countCells, matrix, mermaid, summary, timersTable, type CellCounts } from './chart.ts';
export { ArrowCoverage, type CoverageOf } from './coverage.ts';
export { BrokenInvariant, ImpossibleEvent, InvalidOption, SeaworthyError } from './errors.ts';
export { Fifo, type Linked } from './fifo.ts';
export {
  defineMachine,
  ignore,
  never,
  refuse,
  step,
  transition,
  type Action,
  type Arrow,
  type Cell,
  type CompiledArrow,
  type CompiledCell,
  type EventKind,
  type EventOf,
  type EventsIn,
  type Guard,
  type GuardedArrow,
  type Ignore,
  type KernelEffects,
  type Machine,
  type MachineDefinition,
  type MachineTypes,
  type Never,
  type RecordedEffect,
  type Refuse,
  type Sink,
  type StateKind,
  type StateOf,
  type StepObserver,
  type Table,
  type TimerKind,
} from './machine.ts';
export { Timer, TimerHeap, type TimerOwner } from './timers.ts';
