/** Our code alone, over a stub transport, for sizes at which sockets would measure the operating system. */
import type { Child } from '../child.ts';
import type { Filled } from '../in-process.ts';
import { ProcessGroup } from '../measure.ts';
import { grouped, plural, progress, round, type Bench, type Table } from '../report.ts';
import { median, scatter } from '../statistics.ts';

const GOAL = 1.3;

export async function idleInProcess(bench: Bench): Promise<Table> {
  const sizes = [10, 100, 1000, 10_000];
  const found = await inProcess({
    what: 'idle workers in process',
    series: bench.quick ? 1 : 2,
    slices: bench.quick ? 4 : 8,
    stands: [['relay', 10], ...sizes.map((workers): [string, number] => ['idleWorkers', workers])],
    slice: ['exchange', bench.quick ? 100_000 : 200_000],
  });
  const [relays = [], ...times] = found.times;
  const ratios = ratiosToFirst(times);
  bench.atMost(GOAL, 'CPU per request from 10 to 10,000 registered workers, our code alone (stub transport)', ratios.at(-1) ?? NaN);
  return {
    title: 'Registered workers without sockets: our code alone, over a stub transport',
    note: `The stub's own share is in each figure: ${String(round(median(relays), 2))} µs. Bursts of 8 requests; ratio against 10 workers.`,
    rows: sizes.map((workers, index) => ({
      what: plural(workers, 'worker'),
      'CPU µs/request': round(median(times[index] ?? []), 2),
      'scatter %': round(100 * scatter(times[index] ?? []), 0),
      ratio: round(ratios[index] ?? NaN, 2),
    })),
  };
}

export async function depthInProcess(bench: Bench): Promise<Table> {
  const depths = bench.quick ? [1, 1000, 100_000] : [1, 1000, 100_000, 1_000_000];
  const found = await inProcess({
    what: 'waiting requests in process',
    series: bench.quick ? 1 : 2,
    slices: bench.quick ? 4 : 8,
    stands: depths.map((depth): [string, number] => ['fill', depth]),
    slice: ['steady', bench.quick ? 50_000 : 100_000],
    last: 'drain',
  });
  const ratios = ratiosToFirst(found.times);
  bench.atMost(
    GOAL,
    `CPU per request from 1 to ${grouped(depths.at(-1) ?? NaN)} waiting requests, our code alone (stub transport)`,
    ratios.at(-1) ?? NaN,
  );
  return {
    title: 'Requests waiting in the broker, without sockets: our code alone, over a stub transport',
    note: 'steady: one request comes, one is answered, the depth stays; ratio of that, against a depth of 1. Collections of garbage are included. Memory after a collection.',
    rows: depths.map((depth, index) => {
      const filled = (found.firsts[index] ?? []) as Filled[];
      const shown = (least: number, figures: readonly number[], digits: number): number | string =>
        depth >= least ? round(median(figures), digits) : '';
      return {
        what: `${grouped(depth)} waiting`,
        'steady CPU µs/request': round(median(found.times[index] ?? []), 2),
        'scatter %': round(100 * scatter(found.times[index] ?? []), 0),
        ratio: round(ratios[index] ?? NaN, 2),
        'enqueue CPU µs': shown(
          1000,
          filled.map((one) => one.enqueue),
          2,
        ),
        'drain CPU µs': shown(1000, (found.lasts[index] ?? []) as number[], 2),
        'heap bytes/request': shown(
          1000,
          filled.map((one) => one.heapPerRequest),
          0,
        ),
        'RSS bytes/request': shown(
          100_000,
          filled.map((one) => one.residentPerRequest),
          0,
        ),
      };
    }),
  };
}

interface InProcess {
  readonly what: string;
  readonly series: number;
  readonly slices: number;
  /** The first question of each stand, and its argument. */
  readonly stands: readonly (readonly [question: string, argument: number])[];
  /** Asked of all stands in turn, `slices` times; the answer is a time. */
  readonly slice: readonly [question: string, argument: number];
  /** The last question, if any. */
  readonly last?: string;
}

/** Each stand is a process of its own, whose heap nobody has used before; they are measured in alternating slices. */
async function inProcess(plan: InProcess): Promise<{ firsts: unknown[][]; times: number[][]; lasts: unknown[][] }> {
  const firsts = plan.stands.map((): unknown[] => []);
  const times = plan.stands.map((): number[] => []);
  const lasts = plan.stands.map((): unknown[] => []);
  for (let series = 0; series < plan.series; series++) {
    progress(`${plan.what}: series ${String(series + 1)} of ${String(plan.series)}`);
    await using group = new ProcessGroup();
    const children: Child[] = [];
    for (const [index, [question, argument]] of plan.stands.entries()) {
      const child = await group.start('in-process.js', { nodeOptions: ['--expose-gc'] });
      children.push(child);
      firsts[index]?.push(await child.ask(question, argument));
    }
    for (let slice = 0; slice < plan.slices; slice++) {
      for (const [index, child] of children.entries()) times[index]?.push(await child.ask<number>(...plan.slice));
    }
    if (plan.last !== undefined) for (const [index, child] of children.entries()) lasts[index]?.push(await child.ask(plan.last));
  }
  return { firsts, times, lasts };
}

function ratiosToFirst(times: readonly (readonly number[])[]): number[] {
  return times.map((own) => median(own.map((time, slice) => time / (times[0]?.[slice] ?? NaN))));
}
