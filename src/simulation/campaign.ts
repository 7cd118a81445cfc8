/** Many runs of one simulation, each with a seed of its own. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvalidOption } from '../core/errors.ts';
import { countOption, knownOptions } from '../core/options.ts';
import type { CellCoverage } from './cells.ts';
import type { RunResult, Simulation } from './simulate.ts';

export interface CampaignOptions {
  /** How many seeds. Default 100; this and the next two at most 2 ** 50. */
  readonly seeds?: number;
  /** The first one. Default 1. */
  readonly from?: number;
  /** Every so many-th seed only: several campaigns can share the seeds among them. Default 1. */
  readonly every?: number;
  /** Ends it early, between two runs; `AbortSignal.timeout(60_000)` gives it a minute. */
  readonly signal?: AbortSignal;
  /** Stops at the first failure. Default false. */
  readonly untilFailure?: boolean;
  /** Counts the cells of the machines that the runs reach. */
  readonly coverage?: CellCoverage;
  readonly onRun?: (result: RunResult) => void;
}

/** Their names, so that a misspelt one is an error. */
const NAMES: { readonly [O in keyof Required<CampaignOptions>]: true } = {
  seeds: true,
  from: true,
  every: true,
  signal: true,
  untilFailure: true,
  coverage: true,
  onRun: true,
};
export const CAMPAIGN_OPTIONS: readonly string[] = Object.keys(NAMES);

export interface CampaignResult {
  readonly simulation: string;
  readonly runs: number;
  /** Simulated ms. */
  readonly time: number;
  readonly events: number;
  readonly submitted: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly failures: readonly RunResult[];
  /** Marks of `sometimes` that no run has reached. */
  readonly unreached: readonly string[];
}

/** Far from where a number plus one is the same number. */
export const MOST_SEED: number = 2 ** 50;

/** Runs seed after seed. @throws InvalidOption */
export async function campaign(simulation: Simulation, options: CampaignOptions = {}): Promise<CampaignResult> {
  const { seeds = 100, from = 1, every = 1, signal, untilFailure = false, coverage, onRun } = options;
  knownOptions(options, CAMPAIGN_OPTIONS);
  if (typeof simulation?.run !== 'function') throw new InvalidOption('simulation', simulation, 'what simulate() has made');
  countOption('seeds', seeds, 1, MOST_SEED);
  countOption('every', every, 1, MOST_SEED);
  countOption('from', from, 0, MOST_SEED);
  const failures: RunResult[] = [];
  const { sometimes = [], invariants = [] } = simulation.options;
  const unreached = new Set([...sometimes, ...invariants.flatMap(({ reaches = [] }) => reaches)]);
  const sum = { runs: 0, time: 0, events: 0, submitted: 0, answered: 0, unanswered: 0 };
  for (let seed = from; seed < from + seeds; seed += every) {
    // Between two runs the rest of the process has its turn.
    await nextTurn();
    if (signal?.aborted === true) break;
    const result = await simulation.run(seed, coverage === undefined ? {} : { coverage });
    const { statistics } = result;
    sum.runs++;
    sum.time += statistics.time;
    sum.events += statistics.events;
    sum.submitted += statistics.submitted;
    sum.answered += statistics.answered;
    sum.unanswered += statistics.unanswered;
    for (const mark of result.marks) unreached.delete(mark);
    onRun?.(result);
    if (result.ok) continue;
    failures.push(result);
    if (untilFailure) break;
  }
  return { simulation: simulation.name, ...sum, failures, unreached: [...unreached] };
}

/**
 * How many runs without a failure it takes to be 99 % sure that a bug found in `found` of `runs` runs is gone.
 *
 * @throws InvalidOption unless it was found at least once: of what was never found, no number of runs says that it is gone
 */
export function runsForConfidence(found: number, runs: number): number {
  countOption('found', found, 1);
  countOption('runs', runs, 1);
  return found >= runs ? 1 : Math.ceil(Math.log(0.01) / Math.log(1 - found / runs));
}
