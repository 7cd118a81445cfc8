/** What becomes of a run that fails: it is made smaller, told, drawn, kept, and played again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { majordomoSession } from '../../src/machines.ts';
import { diagram } from '../../src/simulation/diagram.ts';
import { parseReplay, regressionLine, replayOf, report } from '../../src/simulation/report.ts';
import { campaign, scenarios, shrink, type RunResult, type Simulation } from '../../src/testkit.ts';
import { plant } from './plant.ts';

const [majordomo] = scenarios['majordomo'] as readonly [Simulation];
let sound: typeof majordomoSession.cells;
let failed: RunResult;

/** As the C broker does: a worker that is lost takes its request with it. */
beforeEach(async () => {
  sound = majordomoSession.cells;
  const { cells } = plant(majordomoSession, 'busy', 'peerGone', (_state, event, out) => {
    out.forget(event.loss);
    return { kind: 'gone' as const };
  });
  Object.assign(majordomoSession, { cells });
  const { failures } = await campaign(majordomo, { seeds: 200, untilFailure: true });
  failed = failures[0] as RunResult;
});

afterEach(() => {
  Object.assign(majordomoSession, { cells: sound });
});

test('a planted bug is found, and its schedule shrinks to the few faults that it takes', async () => {
  expect(failed.ok).toBe(false);
  const { schedule, violation, complete } = await shrink(majordomo, failed);
  expect(violation.invariant).toBe(failed.violation?.invariant);
  expect(complete).toBe(true);
  expect(schedule.length).toBeLessThanOrEqual(failed.schedule.length);
  expect(schedule.length).toBeLessThanOrEqual(2);
  // Each of what is left is needed.
  for (const index of schedule.keys()) {
    const { violation: other } = await majordomo.run(failed.seed, { schedule: schedule.toSpliced(index, 1) });
    expect(other?.invariant).not.toBe(violation.invariant);
  }
});

test('the report names the rule, what broke it, the faults, the events around it, and the line for a test', async () => {
  const { schedule } = await shrink(majordomo, failed);
  const text = await report(majordomo, failed, schedule);
  expect(text).toContain(`majordomo, seed ${failed.seed}: ${failed.violation?.invariant} is broken after`);
  expect(text).toContain(failed.violation?.sentence);
  expect(text).toContain(JSON.stringify(schedule));
  expect(text).toMatch(/ ms {2}/);
  expect(text).toMatch(/├─+▶|◀─+┤/);
  expect(text.split('\n').at(-4)).toContain('violation');
});

test('a failure that is kept in a file is the same failure when it is played again', async () => {
  const { schedule, violation } = await shrink(majordomo, failed);
  const kept = parseReplay(JSON.stringify(replayOf(failed, schedule, violation.invariant)));
  const again = await majordomo.run(kept.seed, { schedule: kept.schedule ?? [] });
  expect(again.violation).toEqual(violation);
  expect(kept.broke).toBe(violation.invariant);
});

test('with the bug gone, the same run is sound', async () => {
  Object.assign(majordomoSession, { cells: sound });
  expect((await majordomo.run(failed.seed)).violation).toBeUndefined();
});

test('a diagram for a document is Mermaid, and ends with what broke the rule', async () => {
  const { trace } = await majordomo.run(failed.seed, { keepTrace: true });
  const drawn = diagram(trace, { format: 'mermaid', most: 20 });
  const lines = drawn.split('\n');
  expect(lines[0]).toBe('sequenceDiagram');
  expect(lines.at(-1)).toMatch(/^ {2}Note over .*violation/);
  expect(drawn).toMatch(/->>/);
  expect(drawn).not.toMatch(/[;#]/);
});

test.each([
  ['not JSON', 'nonsense'],
  ['without a seed', '{"simulation":"majordomo"}'],
  ['with a fault that is none', '{"simulation":"majordomo","seed":"1","schedule":[{"op":"crash"}]}'],
])('a file %s is no run', (_how, text) => {
  expect(() => parseReplay(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

test('the line for a regression test is what it takes to run it', () => {
  expect(regressionLine('majordomo', '7', [{ at: 1, op: 'crash', node: 'broker' }])).toBe(
    'expect(await simulations["majordomo"].run("7", { schedule: [{"at":1,"op":"crash","node":"broker"}] })).toMatchObject({ ok: true });',
  );
});
