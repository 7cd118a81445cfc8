import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkPure, impurities, isPure } from '../../scripts/pure.ts';

const mentions = (code: string): string[] => impurities('x.ts', code).map(({ mention }) => mention);

test.each([
  ['const t = Date.now();', 'Date'],
  ['const t = performance.now();', 'performance'],
  ['setTimeout(f, 1);', 'setTimeout'],
  ['const later = setImmediate;', 'setImmediate'],
  ['globalThis.setInterval(f, 1);', 'globalThis'],
  ['const x = Math.random();', 'Math.random'],
  ["const x = Math['random']();", 'Math[…]'],
  ['const id = crypto.randomUUID();', 'crypto'],
  ['if (process.env.DEBUG) f();', 'process'],
  ['async function f() {}', 'async'],
  ['const f = async () => 1;', 'async'],
  ['export const x = await y;', 'await'],
  ['async function f() { for await (const x of y) g(x); }', 'await'],
  ['let p: Promise<void>;', 'Promise'],
  ['f({ process });', 'process'],
  ["import { readFileSync } from 'node:fs';", "import of 'node:fs'"],
  ["export * from 'zeromq';", "import of 'zeromq'"],
  ["const m = import('./x.ts');", 'import()'],
])('%s is noticed', (code, mention) => {
  expect(mentions(code)).toContain(mention);
});

test.each([
  ['// Date.now() is not asked, await nothing'],
  ['/** Promise of an async process. */ const x = 1;'],
  ["const why = 'the process died; await Date';"],
  ['order.process(); const y = order.performance; type T = { process: 1; crypto(): void };'],
  ["import { assert } from './assert.ts';"],
  ['const x = Math.min(1, random());'],
])('%s is no breach', (code) => {
  expect(mentions(code)).toEqual([]);
});

test('machines, codecs and the lower layers are pure; roles and runtime are not', () => {
  const files = ['core/fifo.ts', 'wire/message.ts', 'load-balancer/ready-workers.ts', 'majordomo/codec.ts', 'majordomo/client.machine.ts'];
  expect(files.filter((file) => !isPure(file))).toEqual([]);
  expect(
    ['majordomo/worker.ts', 'load-balancer/broker.ts', 'runtime/clock.ts', 'index.ts', 'majordomo/my-codec.ts'].filter(isPure),
  ).toEqual([]);
});

test('the library as it is passes, and stops passing when one machine looks at the clock', () => {
  expect(checkPure('src')).toEqual([]);
  const root = mkdtempSync(join(tmpdir(), 'seaworthy-pure-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  expect(() => checkPure(root)).toThrow('no pure files');
  mkdirSync(join(root, 'majordomo'));
  writeFileSync(join(root, 'majordomo', 'worker.machine.ts'), '\nexport const t = Date.now();\n');
  writeFileSync(join(root, 'majordomo', 'worker.ts'), 'export const t = Date.now();\n');
  expect(checkPure(root)).toEqual([expect.stringMatching(/majordomo\/worker\.machine\.ts:2 a pure file mentions Date$/)]);
});
