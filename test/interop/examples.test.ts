/** The examples, run as their users run them: each prints what its README shows, ends by itself with 0, and in time. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { codeBlocks, root } from '../docs/documents.ts';

const DEADLINE_MS = 30_000;
const KILLERS = ['simple-pirate', 'paranoid-pirate', 'freelance-pool', 'binary-star-failover'];

test.each(['lazy-pirate', 'testkit', ...KILLERS])(
  'the example %s prints what its README shows',
  { timeout: DEADLINE_MS + 5000 },
  async (name) => {
    const [shown] = codeBlocks(`examples/${name}/README.md`, 'text');
    const { stdout, ...end } = await endOf(start(name));
    expect({ stdout: withoutFigures(stdout), ...end }).toEqual({ stdout: withoutFigures(shown?.code ?? ''), stderr: '', code: 0 });
  },
);

test.each(KILLERS)('the example %s takes its processes along when it is interrupted', { timeout: DEADLINE_MS + 5000 }, async (name) => {
  const example = start(name);
  const end = endOf(example);
  await once(example.stdout, 'data');
  example.kill('SIGINT');
  expect(await end).toMatchObject({ stderr: 'ended by SIGINT\n', code: 130 });
});

type Example = ChildProcessByStdio<null, Readable, Readable>;

function start(name: string): Example {
  return spawn(process.execPath, [`${root}dist/examples/${name}/main.js`], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Its children write to the same pipes: these end when the last process has. */
async function endOf(example: Example): Promise<{ stdout: string; stderr: string; code: unknown }> {
  const late = setTimeout(() => example.kill('SIGKILL'), DEADLINE_MS);
  const [stdout, stderr, [code]] = await Promise.all([text(example.stdout), text(example.stderr), once(example, 'close')]);
  clearTimeout(late);
  return { stdout, stderr, code };
}

function withoutFigures(output: string): string {
  return output.replaceAll(/\d+ ms/g, 'N ms').replaceAll(/(?<=asked again +)\d+/g, 'N');
}
