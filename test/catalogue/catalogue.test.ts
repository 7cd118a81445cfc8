/** Every bug of the catalogue is found by the simulator, with the seed that found it first; without the bug that seed is green. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { shrink } from '../../src/simulation/shrink.ts';
import { bugs } from './bugs.ts';
import { table, type Finds } from './table.ts';

const found = JSON.parse(readFileSync('test/catalogue/found.json', 'utf8')) as Finds;
const LEAST_BUGS = 40;
const MOST_FAULTS = 12;
/** More time than any of them takes, on a machine that has other things to do. */
const SHRINKING_MS = 20_000;

describe.each(bugs)('$id: $sentence', (bug) => {
  const { seed } = found[bug.id] ?? { seed: 0 };
  const again = `search anew with: npm run catalogue -- --write ${bug.id}`;

  test('is found, by a rule that was expected to', { timeout: 3 * SHRINKING_MS }, async () => {
    expect(seed, `no seed is known; ${again}`).toBeGreaterThan(0);
    const undo = bug.plant();
    try {
      const failed = await bug.simulation.run(seed);
      expect(failed.violation, `seed ${seed} finds it no longer; ${again}`).toBeDefined();
      expect(bug.expect).toContain(failed.violation?.invariant);
      const shrunk = await shrink(bug.simulation, failed, { budget: SHRINKING_MS });
      expect(shrunk.schedule.length).toBeLessThanOrEqual(MOST_FAULTS);
    } finally {
      undo();
    }
    const { violation } = await bug.simulation.run(seed);
    expect(violation, 'without the bug').toBeUndefined();
  });
});

test(`there are at least ${LEAST_BUGS} of them, each with a name of its own`, () => {
  const ids = bugs.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(LEAST_BUGS);
});

test('the table in docs/TESTING.md is that of the catalogue', () => {
  const [, shown] = /<!-- catalogue -->\n\n([^]*?)\n\n<!-- \/catalogue -->/.exec(readFileSync('docs/TESTING.md', 'utf8')) ?? [];
  expect(columns(shown ?? ''), 'npm run catalogue -- --write').toEqual(columns(table(bugs, found)));
});

/** Without the width that Prettier gives to columns. */
function columns(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('| -'))
    .map((line) => line.split('|').map((column) => column.trim()));
}
