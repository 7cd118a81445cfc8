/** What becomes of a run that fails: it is made smaller, told, drawn, kept, and played again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { majordomoSession } from '../../src/machines.ts';
import { differenceFrom, regressionLine } from '../../src/simulation/report.ts';
import {
  campaign,
  diagram,
  parseReplay,
  replay,
  replayOf,
  report,
  scenarios,
  shrink,
  simulate,
  type RunResult,
  type Simulation,
} from '../../src/testkit.ts';
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
  const { schedule, failure } = await shrink(majordomo, failed);
  const text = await report(majordomo, failure);
  expect(text).toContain(`majordomo, seed ${failed.seed}: ${failed.violation?.invariant} is broken after`);
  expect(text).toContain(failed.violation?.sentence);
  expect(text).toContain(JSON.stringify(schedule));
  expect(text).toMatch(/ ms {2}/);
  expect(text).toMatch(/├─+▶|◀─+┤/);
  expect(text.split('\n').at(-4)).toContain('violation');
});

test('a failure that is kept in a file is the same failure when it is played again', async () => {
  const { failure, violation } = await shrink(majordomo, failed);
  const text = JSON.stringify(replayOf(failure));
  const again = await replay(majordomo, text);
  expect(again).toEqual(failure);
  expect(parseReplay(text)).toMatchObject({ broke: violation.invariant, digest: again.digest });
});

test('a run that was kept without faults has those that its seed draws', async () => {
  expect(await replay(majordomo, `{"simulation":"majordomo","seed":"${failed.seed}"}`)).toEqual(failed);
});

test('a run of another simulation, or one that did not fail, is refused', async () => {
  const other = { ...failed, simulation: 'other' };
  for (const refused of [() => replay(majordomo, replayOf(other)), () => report(majordomo, other), () => shrink(majordomo, other)])
    await expect(refused()).rejects.toMatchObject({ code: 'INVALID_OPTION', value: 'other' });
  const sound = { ...failed, violation: undefined };
  for (const refused of [() => report(majordomo, sound), () => shrink(majordomo, sound)])
    await expect(refused()).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'failed' });
});

test('a run that was kept is compared with what it is now', async () => {
  const kept = replayOf(failed);
  expect(differenceFrom(kept, failed)).toBeUndefined();
  expect(differenceFrom({ ...kept, digest: '0' }, failed)).toContain('another way than when it was kept (digest 0)');
  expect(differenceFrom({ ...kept, broke: 'LB9' }, failed)).toBe(`when it was kept, it broke LB9, and now ${String(kept.broke)}`);
});

test('the report of a run that is not repeated by its seed says so', async () => {
  let runs = 0;
  const moody = simulate({
    name: 'moody',
    breaking: 100,
    healing: 0,
    faults: { most: 0 },
    nodes: {
      moody: (host) => {
        host.record('mood', { runs: ++runs });
        throw new Error('not today');
      },
    },
  });
  expect(await report(moody, await moody.run(1))).toContain('CAUTION:   played again, it went another way');
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
  ['with a digest that is none', '{"simulation":"majordomo","seed":"1","digest":7}'],
  ['with a fault that is none', '{"simulation":"majordomo","seed":"1","schedule":[{"op":"crash"}]}'],
])('a file %s is no run', (_how, text) => {
  expect(() => parseReplay(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

test('the line for a regression test is what it takes to run it', () => {
  expect(regressionLine('7', [{ at: 1, op: 'crash', node: 'broker' }])).toBe(
    'expect(await simulation.run("7", { schedule: [{"at":1,"op":"crash","node":"broker"}] })).toMatchObject({ ok: true });',
  );
});
