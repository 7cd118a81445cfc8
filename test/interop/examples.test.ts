/** The examples, run as their users run them: each prints what its README shows, ends by itself with 0, and in time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { codeBlocks, root } from '../docs/documents.ts';

const DEADLINE_MS = 30_000;

test.each(['lazy-pirate'])('the example %s prints what its README shows', { timeout: DEADLINE_MS + 5000 }, async (name) => {
  const [shown] = codeBlocks(`examples/${name}/README.md`, 'text');
  const example = spawn(process.execPath, [`${root}dist/examples/${name}/main.js`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => example.kill('SIGKILL'), DEADLINE_MS);
  const [stdout, stderr, [code]] = await Promise.all([text(example.stdout), text(example.stderr), once(example, 'close')]);
  clearTimeout(late);
  expect({ stdout, stderr, code }).toEqual({ stdout: shown?.code, stderr: '', code: 0 });
});
