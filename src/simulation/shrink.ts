/**
 * Makes the schedule of a failing run smaller, as long as the same rule stays broken: fewer faults first, then shorter and simpler ones. What
 * is left is what the failure needs. Nodes and pipes draw their chance apart from each other, so that taking a fault away changes nothing but
 * what it had done.
 */
import { InvalidOption } from '../core/errors.ts';
import type { Fault } from './faults.ts';
import { DEFAULT_PHASES, type RunResult, type Simulation, type Violation } from './simulate.ts';

export interface ShrinkOptions {
  /** Real ms that it may take. Default 10,000. */
  readonly budget?: number;
  /** A clock for the budget. Default: the system's. */
  readonly now?: () => number;
  readonly onSmaller?: (faults: number, runs: number) => void;
}

export interface Shrunk {
  /** The run that still fails, with the smallest schedule: for `report` and `replayOf`. */
  readonly failure: RunResult;
  readonly schedule: readonly Fault[];
  readonly violation: Violation;
  /** Runs it took. */
  readonly runs: number;
  /** Nothing could be left out any more; `false`: the budget was used up. */
  readonly complete: boolean;
}

/**
 * @param failed a run of this simulation that is not `ok`.
 * @throws InvalidOption when it is another run.
 */
export async function shrink(simulation: Simulation, failed: RunResult, options: ShrinkOptions = {}): Promise<Shrunk> {
  const { budget = 10_000, now = () => performance.now(), onSmaller } = options;
  const { violation } = failed;
  if (violation === undefined) throw new InvalidOption('failed', failed.seed, 'a run that failed');
  if (failed.simulation !== simulation.name) throw new InvalidOption('failed', failed.simulation, `a run of ${simulation.name}`);
  const until = now() + budget;
  const { breaking = DEFAULT_PHASES.breaking } = simulation.options;
  let best: Shrunk = { failure: failed, schedule: failed.schedule, violation, runs: 0, complete: true };
  let runs = 0;
  const tried = new Set<string>([JSON.stringify(failed.schedule)]);

  /** Takes `schedule` if it still fails. Answers whether it does. */
  const attempt = async (schedule: readonly Fault[]): Promise<boolean> => {
    const text = JSON.stringify(schedule);
    if (tried.has(text) || schedule.some(({ at }) => at > breaking)) return false;
    tried.add(text);
    if (now() > until) {
      best = { ...best, complete: false };
      return false;
    }
    runs++;
    const result = await simulation.run(failed.seed, { schedule });
    if (result.violation?.invariant !== violation.invariant) return false;
    best = { ...best, failure: result, schedule, violation: result.violation };
    onSmaller?.(schedule.length, runs);
    return true;
  };

  await attempt([]);
  await leaveOut(() => best.schedule, attempt);
  await simplify(() => best.schedule, attempt);
  // What is simpler may need less.
  await leaveOut(() => best.schedule, attempt);
  if (await elsewhere(() => best.schedule, failed.core, attempt)) await simplify(() => best.schedule, attempt);
  return { ...best, runs };
}

type Attempt = (schedule: readonly Fault[]) => Promise<boolean>;

/** Delta debugging: halves, then quarters, down to single faults. */
async function leaveOut(current: () => readonly Fault[], attempt: Attempt): Promise<void> {
  for (let size = Math.ceil(current().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < current().length;) {
      const without = current().toSpliced(at, size);
      if (!(await attempt(without))) at += size;
    }
  }
}

/** Often the others only decide whom one of them must hit: that one alone, perhaps at another node. Answers whether it is enough. */
async function elsewhere(current: () => readonly Fault[], core: readonly string[], attempt: Attempt): Promise<boolean> {
  const schedule = current();
  if (schedule.length < 2) return false;
  const names = new Set([...core, ...schedule.flatMap((fault) => ('node' in fault ? [fault.node] : [fault.from, fault.to]))]);
  // The last one is most likely to be it.
  for (const fault of schedule.toReversed()) {
    if (!('node' in fault)) continue;
    for (const node of names) if (await attempt([{ ...fault, node }])) return true;
  }
  return false;
}

/** Shorter, at rounder times, and without what makes it special. */
async function simplify(current: () => readonly Fault[], attempt: Attempt): Promise<void> {
  for (let index = 0; index < current().length; index++) {
    for (const simpler of SIMPLER) {
      for (let repeated = 0; repeated < 12; repeated++) {
        const fault = current()[index] as Fault;
        const other = simpler(fault);
        if (other === undefined || !(await attempt(current().with(index, other)))) break;
      }
    }
  }
}

const SIMPLER: readonly ((fault: Fault) => Fault | undefined)[] = [
  (fault) => (fault.op === 'stop' ? { ...fault, op: 'crash' } : undefined),
  (fault) => ('machine' in fault && fault.machine === true ? without(fault, 'machine') : undefined),
  (fault) => ('oneWay' in fault && fault.oneWay === true ? without(fault, 'oneWay') : undefined),
  (fault) => ('for' in fault && fault.for !== undefined && fault.for > 1 ? { ...fault, for: Math.floor(fault.for / 2) } : undefined),
  (fault) => rounded(fault, 1000),
  (fault) => rounded(fault, 100),
];

function without(fault: Fault, field: string): Fault {
  return Object.fromEntries(Object.entries(fault).filter(([name]) => name !== field)) as unknown as Fault;
}

function rounded(fault: Fault, to: number): Fault | undefined {
  const at = Math.round(fault.at / to) * to;
  return at === fault.at ? undefined : { ...fault, at };
}
