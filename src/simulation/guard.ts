/**
 * Real time and real chance have no place in a simulation: a run that looks at them is not repeated by its seed. While simulated code runs,
 * asking for them throws.
 */
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
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

export interface Place {
  /** As it is called in what is said of a breach. */
  readonly name: string;
  readonly owner: object;
  readonly functions: readonly string[];
}

/** Modules of Node itself, as `import` finds them. */
const module = (name: 'timers' | 'timers/promises' | 'crypto'): Place['owner'] => process.getBuiltinModule(`node:${name}`);

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'];
const CHANCE = ['randomUUID', 'randomBytes', 'randomInt', 'randomFill', 'randomFillSync'];
const KEYS = ['generateKey', 'generateKeySync', 'generateKeyPair', 'generateKeyPairSync'];

/** Looked up for each run: somebody may have put other ones there meanwhile, such as the fake timers of a test runner. */
export const places = (): readonly Place[] => [
  { name: '', owner: globalThis, functions: TIMERS },
  { name: 'AbortSignal', owner: AbortSignal, functions: ['timeout'] },
  { name: 'performance', owner: performance, functions: ['now', 'mark', 'measure'] },
  { name: 'process.hrtime', owner: process.hrtime, functions: ['bigint'] },
  { name: 'process', owner: process, functions: ['hrtime', 'uptime'] },
  { name: 'Math', owner: Math, functions: ['random'] },
  { name: 'crypto', owner: globalThis.crypto, functions: ['randomUUID', 'getRandomValues'] },
  { name: 'node:timers', owner: module('timers'), functions: TIMERS },
  { name: 'node:timers/promises', owner: module('timers/promises'), functions: TIMERS },
  { name: 'scheduler', owner: process.getBuiltinModule('node:timers/promises').scheduler, functions: ['wait', 'yield'] },
  { name: 'node:crypto', owner: module('crypto'), functions: [...CHANCE, ...KEYS] },
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
  for (const { name: place, owner, functions } of places()) {
    const members = owner as Record<string, unknown>;
    for (const name of functions) {
      const own = Object.getOwnPropertyDescriptor(owner, name);
      const original = members[name] as Anything;
      const asked = place === '' ? name : `${place}.${name}`;
      const guard = (guarded: Anything): Anything =>
        function (this: unknown, ...given: unknown[]): unknown {
          return inside ? refuse(asked) : guarded.apply(this, given);
        };
      const value = Object.assign(guard(original), original) as Anything & { [promisify.custom]?: Anything };
      // What `promisify` makes of it is another function.
      const promised = value[promisify.custom];
      if (promised !== undefined) value[promisify.custom] = guard(promised);
      Object.defineProperty(owner, name, { value, configurable: true, writable: true });
      undo.push(() => {
        if (own === undefined) delete members[name];
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
  RealDate.prototype.constructor = globalThis.Date;
  undo.push(() => {
    globalThis.Date = RealDate;
    RealDate.prototype.constructor = RealDate;
  });
  // What was imported by name is another binding.
  syncBuiltinESMExports();
  return () => {
    for (const each of undo.toReversed()) each();
    syncBuiltinESMExports();
  };
}
