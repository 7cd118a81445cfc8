/**
 * Real time and real chance have no place in a simulation: a run that looks at them is not repeated by its seed. While simulated code runs,
 * asking for them throws.
 */
import { SeaworthyError } from '../core/errors.ts';

/** Simulated code asked for real time or real chance. */
export class RealWorldInSimulation extends SeaworthyError {
  override readonly code = 'REAL_WORLD_IN_SIMULATION';
  override readonly retriable = false;
  /** What it asked for. */
  readonly asked: string;

  constructor(asked: string) {
    super(`${asked} was called inside a simulation: it would not be repeated by its seed; use the host's clock, sleep and random instead`);
    this.asked = asked;
  }
}

type Anything = (...given: unknown[]) => unknown;

/** Functions by the name of the object they are on; '' for globals. */
const FORBIDDEN: readonly (readonly [object: string, names: readonly string[]])[] = [
  ['', ['setTimeout', 'setInterval', 'setImmediate']],
  ['performance', ['now']],
  ['Math', ['random']],
  ['crypto', ['randomUUID', 'getRandomValues']],
];

let inside = false;

/** Whether what runs now is simulated: set by the world around every event and what follows from it. */
export function simulated(value: boolean): void {
  inside = value;
}

/**
 * Puts the guard up for as long as a run lasts.
 *
 * @param breached told of every breach, also of one whose error somebody swallows.
 * @returns takes it down again.
 */
export function raiseGuard(breached: (breach: RealWorldInSimulation) => void): () => void {
  const refuse = (asked: string): never => {
    const breach = new RealWorldInSimulation(asked);
    breached(breach);
    throw breach;
  };
  const undo: (() => void)[] = [];
  for (const [object, names] of FORBIDDEN) {
    const owner = (object === '' ? globalThis : (globalThis as Record<string, unknown>)[object]) as Record<string, unknown>;
    for (const name of names) {
      const own = Object.getOwnPropertyDescriptor(owner, name);
      const original = owner[name] as Anything;
      const asked = object === '' ? name : `${object}.${name}`;
      const guarded = function (this: unknown, ...given: unknown[]): unknown {
        return inside ? refuse(asked) : original.apply(this, given);
      };
      Object.defineProperty(owner, name, { value: Object.assign(guarded, original), configurable: true, writable: true });
      undo.push(() => {
        if (own === undefined) delete owner[name];
        else Object.defineProperty(owner, name, own);
      });
    }
  }
  const RealDate = globalThis.Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: [], newTarget: new () => object) =>
      inside && given.length === 0 ? refuse('new Date()') : (Reflect.construct(target, given, newTarget) as object),
    apply: (target) => (inside ? refuse('Date()') : target()),
    get: (target, name, receiver) => {
      if (name === 'now' && inside) return () => refuse('Date.now');
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  undo.push(() => {
    globalThis.Date = RealDate;
  });
  return () => {
    for (const each of undo) each();
  };
}
