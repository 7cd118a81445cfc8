/** What the explored worlds show of the machines, and what they do not; and that the list of the latter says so. */
import { expect, test } from 'vitest';
import { cellsOf, arrowLabel } from '../../src/core/chart.ts';
import { ArrowCoverage } from '../../src/core/coverage.ts';
import type { Machine } from '../../src/core/machine.ts';
import { explore } from '../../src/simulation/explore.ts';
import { binaryStarModel } from '../../src/simulation/models/binary-star.ts';
import { majordomoModel } from '../../src/simulation/models/majordomo.ts';
import { WORLDS } from '../../src/simulation/models/worlds.ts';
import { UNEXPLORED, untakenInAll, untakenOf } from '../../src/simulation/unexplored.ts';

const ALL: readonly Machine[] = [...new Set(WORLDS.flatMap((world) => world.machines))];

test('what the worlds do not show of the machines is listed, with its reason, and nothing else', { timeout: 240_000 }, async () => {
  const observer = new ArrowCoverage();
  for (const world of WORLDS) await explore(world.model({ observer }), { mostStates: 20_000 });
  // What the worlds show only farther from their beginning.
  const bounds = { clients: 1, workers: 1, retries: 2, maxDeliveries: 1 };
  await explore(majordomoModel({ ...bounds, observer }));
  const credits = { clients: 1, workers: 1, requests: 2, concurrency: 2, closes: 1 };
  await explore(majordomoModel({ ...credits, crashes: 0, restarts: 0, cuts: 0, suspicions: 0, expiries: 0, observer }));
  for (const faults of [
    { crashes: 2, losses: 1, pauses: 0 },
    { crashes: 1, losses: 0, pauses: 1 },
    { crashes: 0, losses: 0, pauses: 0, handOvers: 2 },
  ])
    await explore(binaryStarModel({ cuts: 0, ...faults, observer }));
  for (const machine of ALL) {
    const untaken = untakenOf(machine, observer);
    expect(untaken.filter(({ why }) => why === undefined)).toEqual([]);
    const listed = [...(UNEXPLORED[machine.name]?.keys() ?? [])];
    const missing = untaken.map(({ what }) => what);
    expect(listed.filter((what) => !missing.includes(what))).toEqual([]);
  }
});

test('the list names arrows and cells that there are, and machines have no two of one name', () => {
  for (const machine of ALL) {
    const arrows = machine.arrows.map((arrow) => `${arrow.from} → ${arrow.to}: ${arrowLabel(machine, arrow)}`);
    expect(new Set(arrows).size).toBe(arrows.length);
    const cells = cellsOf(machine).map(({ state, event }) => `${state} × ${event}`);
    for (const what of UNEXPLORED[machine.name]?.keys() ?? []) expect([...arrows, ...cells]).toContain(what);
  }
});

test('what one world shows is no longer untaken in all of them', () => {
  const untaken = [[{ what: 'a' }, { what: 'b', why: 'c' }], [{ what: 'b', why: 'c' }]];
  expect(untakenInAll(untaken)).toEqual([{ what: 'b', why: 'c' }]);
  expect(untakenInAll([])).toEqual([]);
});

test('a machine that nobody stepped has taken nothing', () => {
  for (const machine of ALL) {
    const { arrows, answers } = new ArrowCoverage().of(machine);
    expect(untakenOf(machine, new ArrowCoverage())).toHaveLength(arrows.all + answers.all);
  }
});
