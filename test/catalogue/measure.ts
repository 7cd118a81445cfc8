/**
 * `npm run catalogue`: plants each bug, runs seed after seed until a rule finds it, and makes the failing schedule smaller. Prints a table,
 * and fails when a bug is not found or a figure is missed.
 *
 * `--help` says the rest.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { shrink } from '../../src/simulation/shrink.ts';
import type { RunResult } from '../../src/simulation/simulate.ts';
import { bugs } from './bugs.ts';
import type { Bug } from './planting.ts';
import { table, type Found, type Finds } from './table.ts';

const HELP = `npm run catalogue -- [options] [bug …]

Plants each bug, or those that are named, runs seed after seed until a rule finds it, and makes the failing schedule smaller. Ends with 0 only if
all are found, and no goal is missed.

  --quick        stop at the first seed that finds a bug: no rates
  --most <n>     give up after so many seeds (default 5000)
  --part <i/n>   only every n-th bug, from the i-th
  --write        keep what was found in test/catalogue/found.json and docs/TESTING.md; not with --quick
  --help         this text
`;
const RATE_OVER = 200;
const MEDIAN_SEEDS = 200;
const MOST_FAULTS = 12;
const SHRINKING_MS = 10_000;
const FOUND = 'test/catalogue/found.json';
const DOCUMENT = 'docs/TESTING.md';

const given = options();
const { quick, write } = given;
const finds: Finds = JSON.parse(readFileSync(FOUND, 'utf8')) as Finds;
const problems: string[] = [];

const list = bugs
  .filter(({ id }) => given.ids.length === 0 || given.ids.includes(id))
  .filter((_bug, index) => index % given.parts === given.part - 1);
for (const bug of list) {
  const undo = bug.plant();
  try {
    const found = await search(bug);
    if (found === undefined) {
      problems.push(`${bug.id}: not found in ${given.most} seeds`);
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

interface Given {
  readonly quick: boolean;
  readonly write: boolean;
  readonly most: number;
  readonly part: number;
  readonly parts: number;
  readonly ids: readonly string[];
}

function options(): Given {
  const { values, positionals: ids } = parsed();
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const { quick, write } = values;
  const most = Number(values.most);
  const [part = 0, parts = 0] = values.part.split('/').map(Number);
  const stranger = ids.find((word) => !bugs.some(({ id }) => id === word));
  if (stranger !== undefined) refuse(`there is no bug "${stranger}"; there are ${bugs.map(({ id }) => id).join(', ')}`);
  if (!Number.isSafeInteger(most) || most < 1) refuse(`--most must be a whole number, at least 1, not ${values.most}`);
  if (![part, parts].every(Number.isSafeInteger) || part < 1 || part > parts) refuse(`--part must be like 1/2, not ${values.part}`);
  if (write && quick) refuse('--write needs the rates, which --quick does not measure');
  return { quick, write, most, part, parts, ids };
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        most: { type: 'string', default: '5000' },
        part: { type: 'string', default: '1/1' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

async function search(bug: Bug): Promise<Found | undefined> {
  const { simulation } = bug;
  let first: RunResult | undefined;
  let found = 0;
  let runs = 0;
  const others = new Map<string, number>();
  for (let seed = 1; seed <= given.most && (first === undefined || (!quick && seed <= RATE_OVER)); seed++) {
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
