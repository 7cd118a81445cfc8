import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endAll, run, start } from './seaworthy.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seaworthy-sim-'));
});

afterEach(() => {
  endAll();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test('a campaign without a failure exits with 0, and sums up', async () => {
  const { code, stdout } = await run('sim', '--pattern', 'lazy', '--seeds', '20', '--jobs', '2', '--json');
  expect(code).toBe(0);
  const [summary] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; worlds: object[]; cells: object[] });
  expect(summary).toMatchObject({
    event: 'finished',
    worlds: [
      { world: 'lazy-pirate', seeds: 20, failed: 0 },
      { seeds: 20, failed: 0 },
    ],
  });
  expect(summary?.cells).toContainEqual(expect.objectContaining({ machine: 'LazyPirateRequest' }));
});

test('however short the time, a run of each world is played', async () => {
  const { code, stdout } = await run('sim', '--pattern', 'lazy', '--minutes', '1e-9', '--jobs', '1');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^lazy-pirate +1 /m);
  expect(stdout).toMatch(/^lazy-pirate-strange-server +1 /m);
});

test('a run is played again by its seed and its schedule, with the same digest each time, and its trace if asked for', async () => {
  const path = file('run.json', { simulation: 'majordomo', seed: '5', schedule: [{ at: 3000, op: 'crash', node: 'worker-1', for: 500 }] });
  const trace = join(folder, 'trace.ndjson');
  const first = await run('sim', '--replay', path, '--trace', trace);
  const again = await run('sim', '--replay', path);
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/^majordomo, seed 5: no rule is broken \(digest [0-9a-f]{16}\)\n$/);
  expect(again.stdout).toBe(first.stdout);
  const events = readFileSync(trace, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; node: string });
  expect(events).toContainEqual(expect.objectContaining({ kind: 'crash', node: 'worker-1', t: 3000 }));
});

test('past failures are played first, and say whether they are back', async () => {
  const past = file('seeds.json', [{ simulation: 'lazy-pirate', seed: '1', was: 'nothing' }]);
  const { code, stderr } = await run('sim', '--pattern', 'lazy', '--seeds', '1', '--first', past);
  expect(code).toBe(0);
  expect(stderr).toContain('1 past failures: none is back');
});

test('a run that is not the one that was kept says so, alone and among past failures', async () => {
  const kept = { simulation: 'lazy-pirate', seed: '1', digest: '0123456789abcdef' };
  const alone = await run('sim', '--replay', file('run.json', kept), '--json');
  expect(alone.code).toBe(0);
  expect(alone.stderr).toContain('CAUTION: it goes another way than when it was kept (digest 0123456789abcdef)');
  expect(JSON.parse(alone.stdout)).toMatchObject({ ok: true, differs: expect.stringContaining('another way') });
  const mended = await run('sim', '--replay', file('run.json', { ...kept, broke: 'U2' }));
  expect(mended.code).toBe(0);
  expect(mended.stderr).toContain('CAUTION: when it was kept, it broke U2');
  const past = file('seeds.json', [kept]);
  const { code, stderr } = await run('sim', '--pattern', 'lazy', '--seeds', '1', '--first', past);
  expect(code).toBe(0);
  expect(stderr).toContain('CAUTION: lazy-pirate, seed 1: it goes another way');
});

test('past failures that are no list of runs are an error of the command line', async () => {
  const path = join(folder, 'seeds.json');
  writeFileSync(path, '[{');
  const { code, stderr } = await run('sim', '--first', path);
  expect(code).toBe(2);
  expect(stderr).toContain('--first must be a JSON list of runs');
  expect((await run('sim', '--first', file('seeds.json', { simulation: 'majordomo' }))).code).toBe(2);
});

test.each([
  [['--trace', 'events.ndjson'], '--trace goes with --replay'],
  [['--pattern', 'lazzy'], 'did you mean lazy?'],
  [['--seeds', '0'], '--seeds must be a whole number from 1 to 1125899906842624, not 0'],
  [['--seed', '9007199254740991'], '--seed must be a whole number from 0 to 1125899906842624, not 9007199254740991'],
  [['--minutes', '0'], '--minutes must be more than 0 and at most 30000, not 0'],
  [['--minutes', '1e300'], '--minutes must be more than 0 and at most 30000, not 1e+300'],
  [['--replay', '/nowhere/run.json'], 'cannot read /nowhere/run.json'],
  [['--replay', 'run.json', '--seeds', '3'], '--replay plays one run again: --seeds has no meaning with it'],
  [['--save', '/nowhere/run.json'], 'cannot write /nowhere/run.json'],
])('%j is an error of the command line', async (words, message) => {
  const { code, stderr } = await run('sim', ...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('a file that is no run is an error that says what is missing', async () => {
  const { code, stderr } = await run(
    'sim',
    '--replay',
    file('run.json', { simulation: 'majordomo', seed: 1, schedule: [{ at: 1, op: 'explode' }] }),
  );
  expect(code).toBe(2);
  expect(stderr).toContain('schedule[0].op must be one of crash, stop');
});

test('an interrupted campaign sums up what it has done', async () => {
  const sim = start('sim', '--pattern', 'lazy', '--minutes', '1', '--jobs', '1');
  await sim.says(/simulated hours/, 'stderr');
  process.kill(sim.pid, 'SIGINT');
  const { code, stdout } = await sim.exit();
  expect(code).toBe(130);
  expect(stdout).toMatch(/^all +\d+/m);
});

test('an interrupted exploration tells how far it came', async () => {
  const explore = start('explore', '--pattern', 'paranoid');
  await explore.says(/states so far/, 'stderr');
  process.kill(explore.pid, 'SIGINT');
  const { code, stdout } = await explore.exit();
  expect(code).toBe(130);
  expect(stdout).toMatch(/^paranoid +\d+ .* no .*\?$/m);
});
