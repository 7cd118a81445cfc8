/** A thread of `seaworthy sim`: runs its share of the seeds, and tells how it goes. */
import { parentPort, workerData } from 'node:worker_threads';
import { campaign } from '../simulation/campaign.ts';
import { CellCoverage, type CellCounts } from '../simulation/cells.ts';
import { scenarios } from '../simulation/scenarios/index.ts';
import type { RunResult } from '../simulation/simulate.ts';

/** What the thread is to do. */
export interface Share {
  readonly simulation: string;
  readonly from: number;
  readonly seeds: number;
  readonly every: number;
}

export type Word =
  /** Simulated ms and events since the last word. */
  | { readonly kind: 'runs'; readonly runs: number; readonly time: number; readonly events: number; readonly submitted: number }
  | { readonly kind: 'failed'; readonly result: RunResult }
  | { readonly kind: 'done'; readonly coverage: CellCounts };

const TELL_EVERY_RUNS = 20;

if (parentPort !== null) {
  const port = parentPort;
  const { simulation: name, ...share } = workerData as Share;
  const simulation = Object.values(scenarios)
    .flat()
    .find((each) => each.name === name);
  if (simulation === undefined) throw new TypeError(`there is no simulation "${name}"`);
  const abort = new AbortController();
  port.once('message', () => {
    abort.abort();
  });
  const coverage = new CellCoverage();
  let told = { runs: 0, time: 0, events: 0, submitted: 0 };
  const tell = (): void => {
    port.postMessage({ kind: 'runs', ...told } satisfies Word);
    told = { runs: 0, time: 0, events: 0, submitted: 0 };
  };
  await campaign(simulation, {
    ...share,
    signal: abort.signal,
    coverage,
    onRun: (result) => {
      const { time, events, submitted } = result.statistics;
      told = { runs: told.runs + 1, time: told.time + time, events: told.events + events, submitted: told.submitted + submitted };
      if (!result.ok) port.postMessage({ kind: 'failed', result } satisfies Word);
      if (told.runs >= TELL_EVERY_RUNS) tell();
    },
  });
  tell();
  port.postMessage({ kind: 'done', coverage: coverage.counts } satisfies Word);
  port.close();
}
