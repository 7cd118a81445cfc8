/** What was found, as it is kept and shown. */
import type { Bug } from './planting.ts';

export interface Found {
  /** The first seed that finds it. */
  readonly seed: number;
  /** The rule that it breaks there. */
  readonly rule: string;
  /** The part of the first seeds that find it. */
  readonly rate: number;
  /** Faults that are left in the schedule when it has been made smaller. */
  readonly faults: number;
}

export type Finds = Record<string, Found>;

/** The table of docs/TESTING.md. */
export function table(bugs: readonly Bug[], finds: Finds): string {
  const rows = bugs.map(({ id, sentence, simulation }) => {
    const found = finds[id];
    const columns = found === undefined ? ['', '', '', ''] : [found.rule, found.seed, `${(100 * found.rate).toFixed(1)} %`, found.faults];
    return `| \`${id}\` | ${sentence} | ${simulation.name} | ${columns.join(' | ')} |`;
  });
  return [
    '| bug | what goes wrong | world | rule | first seed | of seeds | faults |',
    '| --- | --- | --- | --- | --: | --: | --: |',
    ...rows,
  ].join('\n');
}
