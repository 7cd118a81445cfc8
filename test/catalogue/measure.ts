/**
 * `npm run catalogue`: plants each bug, runs seed after seed until a rule finds it, and makes the failing schedule smaller. Prints a table,
 * and fails when a bug is not found or a figure is missed.
 *
 * `--write` keeps what was found in `test/catalogue/found.json` and in docs/TESTING.md. `--part 1/2` takes every second bug. Any other words
 * are ids: only these.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { shrink } from '../../src/simulation/shrink.ts';
import type { RunResult } from '../../src/simulation/simulate.ts';
import { bugs } from './bugs.ts';
import type { Bug } from './planting.ts';
import { table, type Found, type Finds } from './table.ts';

const mostIn = (word: string, usual: number): number =>
  Number(process.argv.find((given) => given.startsWith(word))?.slice(word.length) ?? usual);
const MOST_SEEDS = mostIn('--most=', 5000);
const RATE_OVER = 200;
const MEDIAN_SEEDS = 200;
const MOST_FAULTS = 12;
const SHRINKING_MS = 10_000;
const FOUND = 'test/catalogue/found.json';
const DOCUMENT = 'docs/TESTING.md';

const words = process.argv.slice(2);
const write = words.includes('--write');
const quick = words.includes('--quick');
const [part = 1, parts = 1] = (words[words.indexOf('--part') + 1] ?? '')
  .split('/')
  .map(Number)
  .filter((number) => number > 0);
const wanted = words.filter((word) => bugs.some(({ id }) => id === word));
const finds: Finds = JSON.parse(readFileSync(FOUND, 'utf8')) as Finds;
const problems: string[] = [];

const list = (wanted.length > 0 ? bugs.filter(({ id }) => wanted.includes(id)) : bugs).filter((_bug, index) => index % parts === part - 1);
for (const bug of list) {
  const undo = bug.plant();
  try {
    const found = await search(bug);
    if (found === undefined) {
      problems.push(`${bug.id}: not found in ${MOST_SEEDS} seeds`);
      continue;
    }
    finds[bug.id] = found;
  } finally {
    undo();
  }
}
const seeds = list.flatMap(({ id }) => finds[id]?.seed ?? []).sort((a, b) => a - b);
const median = seeds[Math.floor(seeds.length / 2)] ?? 0;
say(`${list.length} bugs; seeds until found: median ${median}, worst ${seeds.at(-1) ?? 0}`);
if (median > MEDIAN_SEEDS) problems.push(`the median is over ${MEDIAN_SEEDS} seeds`);
for (const problem of problems) say(`MISSED ${problem}`);
if (write) {
  const kept = {
    ...(JSON.parse(readFileSync(FOUND, 'utf8')) as Finds),
    ...Object.fromEntries(list.flatMap(({ id }) => (finds[id] ? [[id, finds[id]]] : []))),
  };
  const sorted = Object.fromEntries(bugs.flatMap(({ id }) => (kept[id] === undefined ? [] : [[id, kept[id]]])));
  writeFileSync(FOUND, `${JSON.stringify(sorted, undefined, 2)}\n`);
  const text = readFileSync(DOCUMENT, 'utf8');
  writeFileSync(
    DOCUMENT,
    text.replace(
      /(<!-- catalogue -->)[^]*?(<!-- \/catalogue -->)/,
      (_all, begin: string, end: string) => `${begin}\n\n${table(bugs, sorted)}\n\n${end}`,
    ),
  );
}
process.exitCode = problems.length > 0 ? 1 : 0;

async function search(bug: Bug): Promise<Found | undefined> {
  const { simulation } = bug;
  let first: RunResult | undefined;
  let found = 0;
  let runs = 0;
  const others = new Map<string, number>();
  for (let seed = 1; seed <= MOST_SEEDS && (first === undefined || (!quick && seed <= RATE_OVER)); seed++) {
    const result = await simulation.run(seed);
    runs++;
    const { violation } = result;
    if (violation === undefined) continue;
    if (bug.expect.includes(violation.invariant)) {
      found++;
      first ??= result;
    } else {
      if (!others.has(violation.invariant)) say(`       ${bug.id}: seed ${seed} breaks ${violation.invariant}: ${violation.because}`);
      others.set(violation.invariant, (others.get(violation.invariant) ?? 0) + 1);
    }
  }
  if (first === undefined) {
    say(`${'-'.padStart(6)} ${bug.id}: not found; ${[...others].map(([id, times]) => `${id} ${times}×`).join(', ')}`);
    return undefined;
  }
  const started = performance.now();
  const shrunk = await shrink(simulation, first, { budget: SHRINKING_MS });
  const milliseconds = Math.round(performance.now() - started);
  const { invariant, because } = shrunk.violation;
  const faults = shrunk.schedule.length;
  if (faults > MOST_FAULTS) problems.push(`${bug.id}: ${faults} faults are left`);
  if (milliseconds > SHRINKING_MS + 1000) problems.push(`${bug.id}: shrinking took ${milliseconds} ms`);
  say(
    `${first.seed.padStart(6)} ${bug.id}: ${invariant}, ${found} of ${runs}; ${first.schedule.length} → ${faults} faults in ${milliseconds} ms (${because})` +
      (others.size > 0 ? `; also ${[...others.keys()].join(' ')}` : ''),
  );
  return { seed: Number(first.seed), rule: invariant, rate: quick ? 0 : found / runs, faults };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
