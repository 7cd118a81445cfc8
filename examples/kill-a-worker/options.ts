/** What can be asked of this example, in code and on the command line. */
import { parseArgs } from 'node:util';

export interface KillAWorkerOptions {
  /** Requests in all; at least 500, so that there is something to kill. Default 4000. */
  readonly requests?: number;
  /** The same seed asks the same questions with the same jitter; what processes and network do stays real. Default: a new one. */
  readonly seed?: number;
  /** One JSON object a line instead of the story for people. Default false. */
  readonly json?: boolean;
  /** Where it is told. Default: stdout. */
  readonly output?: Output;
}

/** What is needed of `process.stdout`. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export const USAGE = `Usage: npm run demo -- [options]
       seaworthy demo kill-a-worker [options]

Kills a worker, freezes another and kills the broker, all while requests go on, and shows what became of each request.

  --requests N   requests in all (default 4000, at least 500); more than 4000 take longer than 10 seconds
  --seed N       repeat the questions and the jitter of an earlier run
  --json         one JSON object a line
  --help         this text

Exit code: 0 when nothing was lost, answered twice or mixed up and every blow hit; 1 otherwise; 2 for a wrong option.
Linux and macOS: Windows has no SIGSTOP.`;

const DEFAULT_REQUESTS = 4000;
const FEWEST_REQUESTS = 500;
const MOST_REQUESTS = 1_000_000;
const MOST_SEEDS = 2 ** 32;

export type Settings = Required<KillAWorkerOptions>;

/** An option that cannot work. */
export class UsageError extends Error {}

/** @throws UsageError */
export function settingsOf(options: KillAWorkerOptions): Settings {
  const { requests = DEFAULT_REQUESTS, seed = Math.floor(Math.random() * 1e6), json = false, output = process.stdout } = options;
  if (!Number.isInteger(requests) || requests < FEWEST_REQUESTS || requests > MOST_REQUESTS)
    throw new UsageError(`--requests takes a whole number from ${FEWEST_REQUESTS} to ${MOST_REQUESTS}`);
  if (!Number.isInteger(seed) || seed < 0 || seed >= MOST_SEEDS)
    throw new UsageError(`--seed takes a whole number from 0 to ${MOST_SEEDS - 1}`);
  return { requests, seed, json, output };
}

/**
 * The options in a command line's arguments, or `help`.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): KillAWorkerOptions | 'help' {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { requests: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) return 'help';
    return {
      ...(values.requests === undefined ? {} : { requests: wholeNumber(values.requests) }),
      ...(values.seed === undefined ? {} : { seed: wholeNumber(values.seed) }),
      json: values.json === true,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** NaN for what is no number: `settingsOf` says so. */
function wholeNumber(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : NaN;
}
