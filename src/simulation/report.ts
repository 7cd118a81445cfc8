/** A run that failed, for people: what was broken and by what, the faults it takes, the events around it, and how to see it again. */
import { InvalidOption } from '../core/errors.ts';
import { diagram, type DiagramOptions } from './diagram.ts';
import { checkSchedule, describeFault, type Fault } from './faults.ts';
import type { RunOptions, RunResult, Simulation } from './simulate.ts';

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

/** What to keep of a run, so that it can be played again. */
export function replayOf(result: RunResult): Replay {
  const { simulation, seed, schedule, digest, violation } = result;
  return { simulation, seed, schedule, ...(violation === undefined ? {} : { broke: violation.invariant }), digest };
}

/** Reads what `replayOf` made and `JSON.stringify` wrote. @throws InvalidOption when it is something else. */
export function parseReplay(text: string): Replay {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new InvalidOption('replay', text.slice(0, 40), 'a JSON object');
  }
  const { simulation, seed, schedule, broke, digest } = (read ?? {}) as { readonly [field in keyof Replay]: unknown };
  if (typeof simulation !== 'string' || (typeof seed !== 'string' && typeof seed !== 'number'))
    throw new InvalidOption('replay', read, 'an object with "simulation" and "seed"');
  for (const [name, value] of Object.entries({ broke, digest }))
    if (value !== undefined && typeof value !== 'string') throw new InvalidOption(`replay.${name}`, value, 'a text');
  if (schedule !== undefined) checkSchedule(schedule);
  return { ...(read as Replay), seed: String(seed) };
}

/**
 * Plays a run again that was kept.
 *
 * @param kept what `replayOf` made, or its JSON.
 * @throws InvalidOption when it is no run, or one of another simulation, or has faults at nodes that are not there.
 */
export async function replay(
  simulation: Simulation,
  kept: Replay | string,
  options: Omit<RunOptions, 'schedule'> = {},
): Promise<RunResult> {
  const { simulation: name, seed, schedule } = typeof kept === 'string' ? parseReplay(kept) : kept;
  if (name !== simulation.name) throw new InvalidOption('replay', name, `a run of ${simulation.name}`);
  return await simulation.run(seed, { ...options, schedule });
}

/** How a run that was played again differs from the one that was kept; nothing if it does not. */
export function differenceFrom({ broke, digest }: Replay, { violation, digest: now }: RunResult): string | undefined {
  if (broke !== undefined && violation === undefined) return `when it was kept, it broke ${broke}`;
  if (broke !== undefined && violation?.invariant !== broke)
    return `when it was kept, it broke ${broke}, and now ${String(violation?.invariant)}`;
  if (digest === undefined || digest === now) return undefined;
  return `it goes another way than when it was kept (digest ${digest}): something has changed since, or does not come from its seed`;
}

/**
 * Plays a failure once more, with its trace, and tells it: the rule, what broke it, the faults, a diagram of the last events.
 *
 * @param failed a run of this simulation that is not `ok`, perhaps made smaller by `shrink`.
 * @throws InvalidOption when it is another run.
 */
export async function report(simulation: Simulation, failed: RunResult, options: DiagramOptions = {}): Promise<string> {
  const { schedule, violation } = failed;
  if (violation === undefined) throw new InvalidOption('failed', failed.seed, 'a run that failed');
  const again = await replay(simulation, replayOf(failed), { keepTrace: true });
  const { invariant, sentence, because, t, where = [] } = violation;
  return [
    `${simulation.name}, seed ${failed.seed}: ${invariant} is broken after ${(t / 1000).toFixed(3)} s`,
    `  the rule:  ${sentence}`,
    `  but:       ${because}`,
    ...where.map((call) => `             ${call}`),
    `  digest:    ${failed.digest}`,
    `  core:      ${failed.core.join(', ')}`,
    ...(again.digest === failed.digest ? [] : [`  CAUTION:   ${NOT_REPEATED} (digest ${again.digest})`]),
    schedule.length === 0 ? '  no fault is needed' : `  faults:    ${schedule.length}`,
    ...schedule.map((fault) => `${String(fault.at).padStart(12)} ms  ${describeFault(fault)}`),
    '',
    diagram(again.trace, options),
    '',
    'Play it again in a test:',
    `  ${regressionLine(failed.seed, schedule)}`,
  ].join('\n');
}

const NOT_REPEATED = 'played again, it went another way: something in it does not come from its seed';

/** What to paste into a regression test. */
export function regressionLine(seed: string, schedule: readonly Fault[]): string {
  return `expect(await simulation.run(${JSON.stringify(seed)}, { schedule: ${JSON.stringify(schedule)} })).toMatchObject({ ok: true });`;
}
