/** A process of `seaworthy sim`: runs its share of the seeds, and tells how it goes. */
import { campaign } from '../simulation/campaign.ts';
import { CellCoverage, type CellCounts } from '../simulation/cells.ts';
import { scenarios } from '../simulation/scenarios/index.ts';
import type { RunResult } from '../simulation/simulate.ts';

/** What the process is to do. */
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

async function work({ simulation: name, ...share }: Share, abort: AbortSignal): Promise<void> {
  const tell = (word: Word): void => {
    process.send?.(word);
  };
  const simulation = Object.values(scenarios)
    .flat()
    .find((each) => each.name === name);
  if (simulation === undefined) throw new TypeError(`there is no simulation "${name}"`);
  const coverage = new CellCoverage();
  const nothing = { runs: 0, time: 0, events: 0, submitted: 0 };
  let done = nothing;
  await campaign(simulation, {
    ...share,
    signal: abort,
    coverage,
    onRun: (result) => {
      const { time, events, submitted } = result.statistics;
      done = { runs: done.runs + 1, time: done.time + time, events: done.events + events, submitted: done.submitted + submitted };
      if (!result.ok) tell({ kind: 'failed', result });
      if (done.runs < TELL_EVERY_RUNS) return;
      tell({ kind: 'runs', ...done });
      done = nothing;
    },
  });
  tell({ kind: 'runs', ...done });
  tell({ kind: 'done', coverage: coverage.counts });
}

const abort = new AbortController();
// A terminal sends its signals to all of us; we are told when to stop.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => {
  abort.abort();
});
process.on('message', (word: Share | 'stop') => {
  if (word === 'stop') abort.abort();
  else
    void work(word, abort.signal).then(() => {
      process.disconnect();
    });
});
