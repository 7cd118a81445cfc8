/** The page on the testkit: its code is that of the examples, its output is what they print, its tables are what the code says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as testkit from 'seaworthy/testkit';
import { FAULT_FIELDS, campaign, report, shrink, simulate, type Host, type RunResult } from 'seaworthy/testkit';
import { sellEachTime } from '../../examples/testkit/orders.ts';
import { shop } from '../../examples/testkit/shop.ts';
import { MENU_OPTIONS } from '../../src/simulation/faults.ts';
import { places } from '../../src/simulation/guard.ts';
import { EXPLORE_OPTIONS, MODEL_FIELDS } from '../../src/simulation/explore.ts';
import { DEFAULT_PHASES, NETWORK_OPTIONS, RUN_OPTIONS, SIMULATION_OPTIONS, USUAL_RULES } from '../../src/simulation/simulate.ts';
import { codeBlocks, root, tableBelow, textOf } from './documents.ts';

const PAGE = 'docs/testkit.md';
const FILES = ['expiry.test.ts', 'orders.ts', 'shop.ts', 'orders.test.ts', 'stock.test.ts', 'lock.test.ts'].map(
  (file) => `examples/testkit/${file}`,
);

/** With `UPDATE_DOCUMENTS=1` the page is written anew instead of compared. */
function expectShown(page: string, before: string, language: string, shown: string): void {
  const text = textOf(page);
  const start = text.indexOf(`\n\`\`\`${language}\n`, text.indexOf(before)) + `\n\`\`\`${language}\n`.length;
  const end = text.indexOf('```', start);
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(root + page, text.slice(0, start) + shown + text.slice(end));
  else expect(text.slice(start, end)).toBe(shown);
}

test.each(FILES)('%s is shown as it is', (file) => {
  expectShown(PAGE, `This is \`${file}\`:`, 'ts', readFileSync(root + file, 'utf8'));
});

test('the report is what the broken rule of the example says, and its README shows the same', async () => {
  const careless = shop('orders', sellEachTime);
  const { failures, runs } = await campaign(careless, { seeds: 100 });
  const { failure } = await shrink(careless, failures[0] as RunResult);
  const told = `${await report(careless, failure, { before: 2500 })}\n`;
  expectShown(PAGE, 'This is what `report` says', 'text', told);
  const heading = `Sold each time: in ${failures.length} of ${runs} runs a rule is broken. The first of them, made smaller:\n\n`;
  const closing = codeBlocks('examples/testkit/README.md', 'text')[0]?.code.trimEnd().split('\n').at(-1);
  expectShown('examples/testkit/README.md', '# Testkit', 'text', `${heading}${told}\n${closing}\n`);
});

const firstColumn = (heading: string): string[] => tableBelow(PAGE, heading).map(([cell = '']) => cell);

test('whatever the testkit exports is on its page', () => {
  const page = textOf(PAGE);
  expect(Object.keys(testkit).filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test('every option is documented, and no other', () => {
  expect(firstColumn('### Simulations')).toEqual(Object.keys(SIMULATION_OPTIONS));
  expect(firstColumn('### Networks')).toEqual(Object.keys(NETWORK_OPTIONS));
  expect(firstColumn('### Runs')).toEqual(Object.keys(RUN_OPTIONS));
  expect(firstColumn('### Models')).toEqual(Object.keys(MODEL_FIELDS));
  expect(firstColumn('### Explorations')).toEqual(EXPLORE_OPTIONS);
  expect(firstColumn('### Faults that are drawn')).toEqual(Object.keys(MENU_OPTIONS));
});

test('the phases are as long as the page says', () => {
  const defaults = new Map(tableBelow(PAGE, '### Simulations').map(([option, value]) => [option, value]));
  for (const [phase, ms] of Object.entries(DEFAULT_PHASES)) expect(defaults.get(phase)).toBe(String(ms));
});

test('every kind of fault is documented with its fields', () => {
  const rows = tableBelow(PAGE, '### Faults').map(([op, fields = '']) => [op, fields.split(', ').sort()]);
  expect(rows).toEqual(Object.entries(FAULT_FIELDS).map(([op, fields]) => [op, [...fields].sort()]));
});

test('every rule that is always on is documented in its own words', () => {
  expectShownTable(PAGE, '### Rules that are always on', [
    ['id', 'rule'],
    ['---', '---'],
    ...USUAL_RULES.map(({ id, sentence }) => [id, sentence]),
  ]);
});

test('every member of a host is documented', async () => {
  let host: Host | undefined;
  const nodes = {
    node: (given: Host) => {
      host = given;
    },
  };
  await simulate({ name: 'host', nodes, breaking: 10, healing: 0 }).run(1, { schedule: [] });
  expect(
    firstColumn('### Host')
      .flatMap((cell) => cell.split(', '))
      .sort(),
  ).toEqual(Object.keys(host as Host).sort());
});

test('everything that throws inside a simulation is documented', () => {
  const told = firstColumn('### What a simulated program must not do').join(' ');
  for (const { name, functions } of places())
    for (const each of functions) {
      expect(told).toContain(each);
      expect(told).toContain(name);
    }
});

function expectShownTable(page: string, heading: string, rows: readonly (readonly string[])[]): void {
  const text = textOf(page);
  const start = text.indexOf('\n|', text.indexOf(`\n${heading}\n`)) + 1;
  const end = text.indexOf('\n\n', start) + 1;
  const table = rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(root + page, text.slice(0, start) + table + text.slice(end));
  else expect(text.slice(start, end)).toBe(table);
}
