import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The mistakes that cost a night: file, code, and the rule that must notice. */
const PLANTED: readonly (readonly [file: string, code: string, rule: string])[] = [
  ['forgotten-promise.ts', 'export function f(): void {\n  Promise.resolve(1);\n}', 'no-floating-promises'],
  ['promise-as-condition.ts', 'export const f = (p: Promise<boolean>): number => (p ? 1 : 2);', 'no-misused-promises'],
  ['lost-wake-up.ts', 'export const f = (socket: { readable: boolean }): boolean => socket.readable;', 'no-restricted-properties'],
  ['thread.ts', "export { Worker } from 'node:worker_threads';", 'no-restricted-imports'],
  ['print.ts', "console.log('here');\nexport {};", 'no-console'],
  [
    'missing-case.ts',
    "export function f(k: 'a' | 'b'): void {\n  switch (k) {\n    case 'a':\n      break;\n  }\n}",
    'switch-exhaustiveness-check',
  ],
];

const root = resolve(import.meta.dirname, '../..');
let house = '';

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'seaworthy-lint-'));
  for (const file of ['tsconfig.json', '.oxlintrc.json']) cpSync(join(root, file), join(house, file));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  mkdirSync(join(house, 'src'));
  for (const [file, code] of PLANTED) writeFileSync(join(house, 'src', file), `${code}\n`);
});

afterAll(() => {
  rmSync(house, { recursive: true, force: true });
});

test('every planted mistake is noticed by its lint rule, types included', { timeout: 60_000 }, () => {
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['-f', 'unix'], {
    cwd: house,
    encoding: 'utf8',
    timeout: 50_000,
  });
  for (const [file, , rule] of PLANTED)
    expect(
      stdout
        .split('\n')
        .filter((line) => line.includes(file))
        .join('\n'),
    ).toContain(`(${rule})`);
  expect(status).not.toBe(0);
});
