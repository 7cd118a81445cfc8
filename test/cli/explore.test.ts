import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLine } from '../../src/cli/command-line.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
let listeners: readonly (readonly NodeJS.SignalsListener[])[] = [];

beforeEach(() => {
  listeners = SIGNALS.map((signal) => process.listeners(signal));
});

afterEach(() => {
  SIGNALS.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) if (listeners[index]?.includes(listener) !== true) process.off(signal, listener);
  });
});

async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said): { write(text: string | Uint8Array, written?: () => void): void; on(): void } => ({
    write: (text, written) => {
      said[name] += String(text);
      written?.();
    },
    on: () => undefined,
  });
  const code = await commandLine(['explore', ...words], { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...said };
}

/** One client, one worker, one fault: a second or so. */
const SMALL = [
  '--clients',
  '1',
  '--workers',
  '1',
  '--heartbeats',
  '0',
  '--expiries',
  '0',
  '--aborts',
  '0',
  '--closes',
  '0',
  '--oddities',
  '0',
  '--shutdowns',
  '0',
];

test('worlds that are walked through to their end, in which every rule holds, exit with 0 and a table', async () => {
  const { code, stdout } = await run('--pattern', 'paranoid', '--clients', '1', '--heartbeats', '0');
  const [worlds, machines] = stdout.trimEnd().split('\n\n') as [string, string];
  const [headings, ...rows] = worlds.split('\n');
  expect(headings).toMatch(/^WORLD +STATES +TRANSITIONS +DEPTH +COMPLETE +SECONDS +STATES\/S +ARROWS +ANSWERS +RULES$/);
  expect(rows).toHaveLength(5);
  expect(machines.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
    'MACHINE ARROWS ANSWERS',
    expect.stringMatching(/^LazyPirateRequest \d+\/20 \d+\/14$/),
    expect.stringMatching(/^WorkerSession \d+\/27 \d+\/31$/),
    expect.stringMatching(/^LoadBalancedWorker \d+\/48 \d+\/31$/),
  ]);
  for (const row of rows) expect(row).toMatch(/^paranoid.* +\d{3,} .* yes .* hold$/);
  expect(code).toBe(0);
});

test('a search that is given up exits with 1, and says so', async () => {
  const { code, stdout, stderr } = await run('--pattern', 'majordomo', '--most-states', '100');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^majordomo +\d{3} .* no .* \?$/m);
  expect(stderr).toContain('majordomo: given up; nothing is said of what was not seen');
});

test('a world in which nothing goes wrong does not show what can go wrong, and exits with 1', async () => {
  const { code, stdout } = await run('--pattern', 'majordomo', '--faults', '0', ...SMALL);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^majordomo \(.*\): never happens: twice: a request is worked on twice$/m);
});

test('with --json each world is one object', async () => {
  const { code, stdout } = await run('--pattern', 'simple', '--json', ...SMALL);
  const worlds = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(worlds.map(({ world, pattern, complete }) => ({ world, pattern, complete }))).toEqual([
    { world: 'simple', pattern: 'simple', complete: true },
    { world: 'simple, asked again', pattern: 'simple', complete: true },
  ]);
  for (const world of worlds) expect(world).not.toHaveProperty('broken');
  expect(code).toBe(0);
});

test('a world with more requests than there is room for is refused before anything is walked through', async () => {
  const { code, stdout, stderr } = await run('--pattern', 'lazy', '--clients', '9', '--requests', '2');
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('--requests must be at most 1 with 9 clients: a world has room for 16 requests in all, and this makes 18');
});
