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

/** To a process at work: end now; or as soon as one run has been played. */
export type Order = 'stop' | 'time is over';

export type Word =
  /** Simulated ms and events since the last word. */
  | { readonly kind: 'runs'; readonly runs: number; readonly time: number; readonly events: number; readonly submitted: number }
  | { readonly kind: 'failed'; readonly result: RunResult }
  | { readonly kind: 'done'; readonly coverage: CellCounts };

const TELL_EVERY_RUNS = 20;

async function work({ simulation: name, ...share }: Share): Promise<void> {
  const tell = (word: Word): void => {
    // Nobody listens any more when the process that started this one is gone.
    if (process.connected) process.send?.(word);
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
    signal: abort.signal,
    coverage,
    onRun: (result) => {
      if (timeIsOver) abort.abort();
      hasPlayed = true;
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
/** Of the time that is given to this world; one run is played nevertheless. */
let timeIsOver = false;
let hasPlayed = false;
// A terminal sends its signals to all of us; we are told when to stop.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => {
  abort.abort();
});
process.on('message', (word: Share | Order) => {
  if (word === 'stop' || (word === 'time is over' && hasPlayed)) abort.abort();
  else if (word === 'time is over') timeIsOver = true;
  else
    void work(word).then(() => {
      if (process.connected) process.disconnect();
    });
});
