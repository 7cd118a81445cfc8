/** A simulation as one line of a test: many seeds, and if one fails, an error that tells it. */
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { knownOptions } from '../core/options.ts';
import { campaign, CAMPAIGN_OPTIONS, type CampaignOptions, type CampaignResult } from './campaign.ts';
import { replay, replayOf, report, type Replay } from './report.ts';
import { shrink } from './shrink.ts';
import type { RunResult, Simulation } from './simulate.ts';

/** A run broke a rule. The message is its report. */
export class SimulationFailed extends SeaworthyError {
  override readonly code = 'SIMULATION_FAILED';
  override readonly retriable = false;
  /** The run, with as few faults as it takes. */
  readonly failure: RunResult;
  /** To be kept in a file. */
  readonly replay: Replay;

  constructor(failure: RunResult, told: string) {
    super(told);
    this.failure = failure;
    this.replay = replayOf(failure);
  }
}

/** No run of a campaign reached these marks: what it was to show has not happened, so that it shows nothing. */
export class MarksUnreached extends SeaworthyError {
  override readonly code = 'MARKS_UNREACHED';
  override readonly retriable = false;
  readonly marks: readonly string[];
  readonly runs: number;

  constructor(simulation: string, marks: readonly string[], runs: number) {
    super(`${simulation}: in ${runs} runs it never happened that: ${marks.join('; ')}`);
    this.marks = marks;
    this.runs = runs;
  }
}

export interface VerifyOptions extends Omit<CampaignOptions, 'untilFailure'> {
  /** Failures of the past, played before all seeds. Default: none. */
  readonly past?: readonly Replay[];
  /** Real ms that making a failure smaller may take. Default 10,000. */
  readonly shrinking?: number;
}

/**
 * Runs past failures, then seed after seed, up to the first failure; that one is made smaller and told.
 *
 * @throws SimulationFailed when a run breaks a rule
 * @throws MarksUnreached when none does, and a mark of `sometimes` was reached by none; not after `signal` ended it early
 * @throws the reason of `signal` when it ended it before the first run
 * @throws InvalidOption
 */
export async function verify(simulation: Simulation, options: VerifyOptions = {}): Promise<CampaignResult> {
  knownOptions(options, [...CAMPAIGN_OPTIONS.filter((name) => name !== 'untilFailure'), 'past', 'shrinking']);
  const { past = [], shrinking, ...seeds } = options;
  if (!Array.isArray(past)) throw new InvalidOption('past', past, 'a list of runs');
  for (const kept of past) {
    const result = await replay(simulation, kept);
    if (!result.ok) throw new SimulationFailed(result, await report(simulation, result));
  }
  const result = await campaign(simulation, { ...seeds, untilFailure: true });
  const [failed] = result.failures;
  if (failed !== undefined) {
    const { failure } = await shrink(simulation, failed, shrinking === undefined ? {} : { budget: shrinking });
    throw new SimulationFailed(failure, await report(simulation, failure));
  }
  const { unreached, runs } = result;
  if (runs === 0) options.signal?.throwIfAborted();
  if (unreached.length > 0 && options.signal?.aborted !== true) throw new MarksUnreached(simulation.name, unreached, runs);
  return result;
}
