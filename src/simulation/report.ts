/** A run that failed, for people: what was broken and by what, the faults it takes, the events around it, and how to see it again. */
import { InvalidOption } from '../core/errors.ts';
import { diagram } from './diagram.ts';
import { checkSchedule, describeFault, type Fault } from './faults.ts';
import type { RunResult, Simulation } from './simulate.ts';

/** A run to play again, as it is kept in a file. */
export interface Replay {
  readonly simulation: string;
  readonly seed: string;
  /** The faults; without it, those that the seed draws. */
  readonly schedule?: readonly Fault[];
  /** Which rule it broke, when it did. */
  readonly broke?: string;
  readonly digest?: string;
}

export function replayOf(result: Pick<RunResult, 'simulation' | 'seed' | 'digest'>, schedule: readonly Fault[], broke: string): Replay {
  const { simulation, seed, digest } = result;
  return { simulation, seed, schedule, broke, digest };
}

/** Reads what `replayOf` wrote. @throws InvalidOption when it is something else. */
export function parseReplay(text: string): Replay {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new InvalidOption('replay', text.slice(0, 40), 'a JSON object');
  }
  const { simulation, seed, schedule } = (read ?? {}) as { readonly [field in keyof Replay]: unknown };
  if (typeof simulation !== 'string' || (typeof seed !== 'string' && typeof seed !== 'number'))
    throw new InvalidOption('replay', read, 'an object with "simulation" and "seed"');
  if (schedule !== undefined) checkSchedule(schedule);
  return { ...(read as Replay), seed: String(seed) };
}

/**
 * Plays the failure once more, with its trace, and tells it.
 *
 * @param schedule the faults, perhaps made smaller by `shrink`.
 */
export async function report(simulation: Simulation, failed: RunResult, schedule: readonly Fault[] = failed.schedule): Promise<string> {
  const { violation, trace, digest, core } = await simulation.run(failed.seed, { schedule, keepTrace: true });
  const broken = violation ?? failed.violation;
  if (broken === undefined) throw new TypeError('only a run that failed can be told');
  const { invariant, sentence, because, t } = broken;
  return [
    `${simulation.name}, seed ${failed.seed}: ${invariant} is broken after ${(t / 1000).toFixed(3)} s`,
    `  the rule:  ${sentence}`,
    `  but:       ${because}`,
    `  digest:    ${digest}`,
    `  core:      ${core.join(', ')}`,
    schedule.length === 0 ? '  no fault is needed' : `  faults:    ${schedule.length}`,
    ...schedule.map((fault) => `${String(fault.at).padStart(12)} ms  ${describeFault(fault)}`),
    '',
    diagram(trace),
    '',
    'Play it again in a test:',
    `  ${regressionLine(simulation.name, failed.seed, schedule)}`,
  ].join('\n');
}

/** What to paste into a regression test. */
export function regressionLine(simulation: string, seed: string, schedule: readonly Fault[]): string {
  return `expect(await simulations[${JSON.stringify(simulation)}].run(${JSON.stringify(seed)}, { schedule: ${JSON.stringify(schedule)} })).toMatchObject({ ok: true });`;
}
