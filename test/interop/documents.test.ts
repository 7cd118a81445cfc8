/** The programs in the documents, run as their readers run them: as processes of their own, with the compiled package. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { kill } from 'node:process';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { codeBlocks, root } from '../docs/documents.ts';
import { Child, endAll, freePort } from './processes.ts';

/** Within the package, so that `import … from 'seaworthy'` finds it by its own name; not under version control. */
const folder = `${root}build/docs`;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});

afterEach(endAll);

function start(name: string, code: string): Child {
  const file = `${folder}/${name}.mjs`;
  writeFileSync(file, transpile(code, { module: ModuleKind.ESNext, target: ScriptTarget.ES2023 }));
  return new Child(name, process.execPath, [file]);
}

function printed(child: Child): unknown[] {
  return child.lines.map((line) => line['text']);
}

test('the three programs of the README do what it says, and leave when they are told', async () => {
  const port = String(await freePort());
  const [broker, worker, client] = codeBlocks('README.md', 'ts')
    .slice(0, 3)
    .map(({ code }, index) => start(`readme-${index}`, code.replaceAll('5555', port))) as [Child, Child, Child];
  expect(await client.exit).toEqual({ code: 0, signal: null });
  // On a slow machine the client may be there long before the others.
  expect(printed(client)).toEqual([expect.stringMatching(/^HELLO \(attempts: [123]\)$/)]);
  expect(printed(worker)).toContain('attempt 1');

  kill(worker.pid, 'SIGINT');
  expect(await worker.exit).toEqual({ code: 0, signal: null });
  kill(broker.pid, 'SIGINT');
  expect(await broker.exit).toEqual({ code: 0, signal: null });
  expect(printed(broker)).toEqual([`listening on tcp://127.0.0.1:${port}`, 'shout: worker left, noticed by peer']);
});

test('the pirates of the README answer each other, and leave', async () => {
  const [frontend, backend] = [await freePort(), await freePort()];
  const program = codeBlocks('README.md', 'ts')[3]?.code ?? '';
  const child = start('readme-pirates', program.replaceAll('5555', String(frontend)).replaceAll('5556', String(backend)));
  expect(await child.exit).toEqual({ code: 0, signal: null });
  expect(printed(child)).toEqual(['hello']);
});

test('the simulation of the README runs, and no rule is broken', async () => {
  const child = start('readme-simulation', codeBlocks('README.md', 'ts')[4]?.code ?? '');
  expect(await child.exit).toEqual({ code: 0, signal: null });
  expect(printed(child)).toEqual([expect.stringMatching(/^20 runs, \d{4} requests: each had one outcome, in time$/)]);
});

test.each(['majordomo', 'lazy-pirate', 'simple-pirate', 'paranoid-pirate', 'freelance'])(
  'the example of the page on %s prints what the page shows',
  async (pattern) => {
    const page = `docs/patterns/${pattern}.md`;
    const [example] = codeBlocks(page, 'ts');
    const [shown] = codeBlocks(page, 'text');
    const child = start(pattern, example?.code ?? '');
    expect(await child.exit).toEqual({ code: 0, signal: null });
    expect(`${printed(child).join('\n')}\n`).toBe(shown?.code);
  },
);

test('the pair of the page on binary-star hands its state over, and prints what the page shows', async () => {
  const page = 'docs/patterns/binary-star.md';
  const example = codeBlocks(page, 'ts').find(({ code }) => code.includes('replicate('))?.code ?? '';
  const shown = codeBlocks(page, 'text').find(({ code }) => code.startsWith('primary: 1'))?.code;
  let code = example;
  for (const port of ['5001', '5002', '5003', '5004']) code = code.replaceAll(port, String(await freePort()));
  const child = start('binary-star', code);
  expect(await child.exit).toEqual({ code: 0, signal: null });
  expect(`${printed(child).join('\n')}\n`).toBe(shown);
});
