/** Machines with a bug in them: what an explorer that explores must find. */
import type {
  CompiledArrow,
  CompiledCell,
  EventKind,
  EventOf,
  Machine,
  MachineTypes,
  Sink,
  StateKind,
  StateOf,
} from '../../src/core/machine.ts';

/** What a cell does instead of what it should. */
export type Mistake<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>> = (
  state: StateOf<M, S>,
  event: EventOf<M, E>,
  out: Sink<M>,
  context: M['context'],
) => M['state'];

/** The machine, but for one cell. */
export function plant<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>>(
  machine: Machine<M>,
  state: S,
  event: E,
  mistake: Mistake<M, S, E>,
): Machine<M> {
  const row = machine.cells[state] ?? {};
  const arrow: CompiledArrow = {
    index: machine.arrows.length,
    from: state,
    event,
    to: state,
    guard: undefined,
    action: 'planted',
    when: undefined,
    do: mistake,
  };
  const cell: CompiledCell = { state, event, arrows: [arrow], otherwise: undefined };
  return { ...machine, cells: { ...machine.cells, [state]: { ...row, [event]: cell } } };
}
