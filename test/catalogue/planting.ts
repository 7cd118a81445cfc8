/**
 * Ways to plant a bug without touching the code it is planted in: other cells in the tables, other methods on prototypes, other ports for a
 * node. What is planted is there for the whole process, until it is taken out again: one bug at a time.
 */
import type {
  Action,
  Arrow,
  CompiledArrow,
  CompiledCell,
  EventKind,
  EventOf,
  Guard,
  Ignore,
  Machine,
  MachineTypes,
  Refuse,
  Sink,
  StateKind,
  StateOf,
} from '../../src/core/machine.ts';
import type { Host, Ports, Program } from '../../src/simulation/host.ts';
import type { Simulation } from '../../src/simulation/simulate.ts';
import type { Listener, Transport } from '../../src/transport/transport.ts';

/** Takes out what was planted. */
export type Undo = () => void;

export interface Bug {
  readonly id: string;
  /** What goes wrong, in the world's words. */
  readonly sentence: string;
  /** The world that finds it. */
  readonly simulation: Simulation;
  /** The rules that may find it. */
  readonly expect: readonly string[];
  plant(): Undo;
}

export function together(...planted: readonly Undo[]): Undo {
  return () => {
    for (const undo of planted.toReversed()) undo();
  };
}

/* ------------------------------------------------------------------ objects */

/** Puts `value` in the place of a property; what was there is given to `make`. */
export function replaced<O extends object, K extends keyof O>(owner: O, name: K, make: (usual: O[K]) => O[K]): Undo {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  const value = make(owner[name]);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: own?.enumerable ?? false });
  return () => {
    if (own === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, own);
  };
}

/** Puts another getter in the place of one. */
export function regained<O extends object>(prototype: O, name: string, getter: (this: O) => unknown): Undo {
  const own = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  Object.defineProperty(prototype, name, { ...own, get: getter });
  return () => {
    Object.defineProperty(prototype, name, own);
  };
}

/** `target` as it is, but for some of its methods. Its private parts still work. */
export function except<O extends object>(target: O, methods: Partial<O>): O {
  return new Proxy(target, {
    get(object, name) {
      const other = (methods as Record<string | symbol, unknown>)[name];
      if (other !== undefined) return other;
      const value = Reflect.get(object, name, object) as unknown;
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(object) : value;
    },
  });
}

export function nothing(): void {
  // On purpose.
}

/* ------------------------------------------------------------------ tables */

type Cells = Record<string, Record<string, CompiledCell>>;

function putCell(machine: { readonly cells: unknown }, cell: CompiledCell): Undo {
  const row = (machine.cells as Cells)[cell.state] as Record<string, CompiledCell>;
  const usual = row[cell.event];
  row[cell.event] = cell;
  return () => {
    if (usual === undefined) Reflect.deleteProperty(row, cell.event);
    else row[cell.event] = usual;
  };
}

/** One arrow, or a bare word, in the place of a whole cell. */
export function cell<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>>(
  machine: Machine<M>,
  state: S,
  event: E,
  other: Arrow<M, S, E> | Ignore | Refuse,
): Undo {
  if ('cell' in other) return putCell(machine, { state, event, arrows: [], otherwise: other });
  const arrow: CompiledArrow = {
    index: 0,
    from: state,
    event,
    to: other.to,
    guard: undefined,
    action: other.do.name,
    when: undefined,
    do: other.do,
  };
  return putCell(machine, { state, event, arrows: [arrow], otherwise: undefined });
}

/** Another action on all arrows of a cell. It may call the usual one. */
export function action<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>>(
  machine: Machine<M>,
  state: S,
  event: E,
  act: (
    usual: Action<M, S, E, StateKind<M>>,
    state: StateOf<M, S>,
    event: EventOf<M, E>,
    out: Sink<M>,
    context: M['context'],
  ) => M['state'],
): Undo {
  const usual = machine.cells[state]?.[event] as CompiledCell;
  const arrows = usual.arrows.map((arrow): CompiledArrow => {
    const before = arrow.do as unknown as Action<M, S, E, StateKind<M>>;
    const after = (from: StateOf<M, S>, what: EventOf<M, E>, out: Sink<M>, context: M['context']): M['state'] =>
      act(before, from, what, out, context);
    return { ...arrow, do: after };
  });
  return putCell(machine, { ...usual, arrows });
}

/** The usual action, but for some of its effects. */
export function effects<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>>(
  machine: Machine<M>,
  state: S,
  event: E,
  other: (out: Sink<M>) => Partial<Sink<M>>,
): Undo {
  return action(machine, state, event, (usual, from, what, out, context) => usual(from, what, except(out, other(out)), context));
}

/** Another guard on the first arrow of a cell. */
export function guard<M extends MachineTypes, S extends StateKind<M>, E extends EventKind<M>>(
  machine: Machine<M>,
  state: S,
  event: E,
  when: Guard<M, S, E>,
): Undo {
  const usual = machine.cells[state]?.[event] as CompiledCell;
  const [first, ...others] = usual.arrows;
  const other = { ...(first as CompiledArrow), when: when as unknown as CompiledArrow['when'] };
  return putCell(machine, { ...usual, arrows: [other, ...others] });
}

/** Going from one state to another no longer stops any timer. */
export function timersGoOn<M extends MachineTypes>(machine: Machine<M>, from: StateKind<M>, to: StateKind<M>): Undo {
  const leaving = machine.disarms[from] as Record<string, readonly string[]>;
  const usual = leaving[to] as readonly string[];
  leaving[to] = [];
  return () => {
    leaving[to] = usual;
  };
}

/* ------------------------------------------------------------------ nodes */

/** Nodes run another program; names that begin with `prefix`. */
export function program(simulation: Simulation, prefix: string, change: (usual: Program) => Program): Undo {
  const nodes = simulation.options.nodes as Record<string, Program>;
  const usual = { ...nodes };
  for (const [name, each] of Object.entries(usual)) if (name.startsWith(prefix)) nodes[name] = change(each);
  return () => {
    Object.assign(nodes, usual);
  };
}

/** Nodes have other ports. */
export function ports(simulation: Simulation, prefix: string, change: (host: Host) => Partial<Ports>): Undo {
  return program(
    simulation,
    prefix,
    (usual) => (host) => usual(Object.create(host, { ports: { value: { ...host.ports, ...change(host) } } }) as Host),
  );
}

/** Nodes have listeners that differ from the usual ones. */
export function listeners(simulation: Simulation, prefix: string, change: (listener: Listener) => Listener): Undo {
  return ports(simulation, prefix, ({ ports: { transport } }) => ({
    transport: {
      name: transport.name,
      listen: async (...given) => change(await transport.listen(...given)),
      connect: (...given) => transport.connect(...given),
    } satisfies Transport,
  }));
}
