import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from './seaworthy.ts';

// `npm run build` compiles the examples, the set-up of these tests only the library.
const built = existsSync('dist/examples/kill-a-worker/main.js');
const note = built ? '' : ' (skipped: the examples are not built; npm run build)';

test.runIf(built)(`the example gets its own words and its exit code is passed on${note}`, async () => {
  const help = await run('demo', 'kill-a-worker', '--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/--requests N/);
  expect(await run('demo', 'kill-a-worker', '--requests', 'many')).toMatchObject({ code: 2, stdout: '' });
});
