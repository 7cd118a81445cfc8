/**
 * `npm run prove`: everything that is shown by simulation, exploration and fuzzing, in one go, with its figures: past failures, campaigns over seeds,
 * every state of the small worlds, planted bugs, bytes of all kinds to ZMTP connections, and the same runs on another Node. docs/TESTING.md has the figures of one such run.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { scenarios } from 'seaworthy/testkit';
import { countOf, wordsOf } from './words.ts';

const HELP = `npm run prove -- [options]

Simulates, explores and compares, and prints what was reached of each goal. Ends with 0 only if no rule was broken and no goal missed; a slow machine
is told, and is no failure. Fewer seeds than usual do not reach all pairs of state and event.

  --seeds <n>      simulated runs in all (default 20000)
  --inputs <n>     inputs for connections of the ZMTP transport (default 1000000)
  --second <node>  another Node to play the same runs (default: $SEAWORTHY_SECOND_NODE; without it that goal is not judged)
  --json           the result as one JSON document
  --help           this text
`;

const given = wordsOf('prove', HELP, {
  seeds: { type: 'string', default: '20000' },
  inputs: { type: 'string', default: '1000000' },
  second: { type: 'string', default: process.env['SEAWORTHY_SECOND_NODE'] ?? '' },
  json: { type: 'boolean', default: false },
});

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CATALOGUE = fileURLToPath(new URL('../catalogue/test/catalogue/measure.js', import.meta.url));
const FUZZ = fileURLToPath(new URL('../catalogue/test/zmtp/measure.js', import.meta.url));
const DIGESTS = fileURLToPath(new URL('digests.js', import.meta.url));
const PAST_FAILURES = fileURLToPath(new URL('../../test/simulation/seeds.json', import.meta.url));
/** Simulated worlds, which share the seeds. */
const WORLDS = Object.values(scenarios).flat().length;
/** Runs of each world that both versions of Node play. */
const DIGESTS_PER_WORLD = 20;

/** On two cores, in a CI that has other things to do. */
const MOST_SECONDS = 600;

interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly reached: string;
  readonly met: boolean;
  /** What it is made of. */
  readonly details?: readonly string[];
  /** Missing it is no failure. */
  readonly told?: true;
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
}

function run(node: string, script: string, ...words: readonly string[]): Promise<Ran> {
  const child = spawn(node, [script, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout });
    });
  });
}

const linesOf = ({ stdout }: Ran): readonly Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const number = (value: number): string => Math.round(value).toLocaleString('en');

interface Cells {
  readonly machine: string;
  readonly reached: number;
  readonly all: number;
  readonly missing: readonly string[];
  readonly surprising: readonly string[];
}

interface WorldRow {
  readonly world: string;
  readonly seeds: number;
  readonly simulatedHours: number;
  readonly seconds: number;
  readonly failed: number;
}

async function simulation(seeds: number): Promise<Goal[]> {
  const perWorld = Math.ceil(seeds / WORLDS);
  const ran = await run(process.execPath, CLI, 'sim', '--seeds', String(perWorld), '--first', PAST_FAILURES, '--json');
  const finished = linesOf(ran).find(({ event }) => event === 'finished');
  const worlds = (finished?.['worlds'] ?? []) as readonly WorldRow[];
  const cells = (finished?.['cells'] ?? []) as readonly Cells[];
  const total = (field: 'seeds' | 'simulatedHours' | 'seconds' | 'failed'): number => worlds.reduce((sum, row) => sum + row[field], 0);
  const speed = (total('simulatedHours') * 3600) / Math.max(0.001, total('seconds'));
  const reached = cells.reduce((sum, row) => sum + row.reached, 0);
  const all = cells.reduce((sum, row) => sum + row.all, 0);
  const others = cells.flatMap(({ machine, missing, surprising }) => [
    ...missing.map((cell) => `${machine} never ${cell}`),
    ...surprising.map((cell) => `${machine} ${cell}, which was out of reach`),
  ]);
  return [
    {
      what: 'seeds simulated, 120 simulated seconds each',
      goal: `${number(seeds)}, none failing`,
      reached: `${number(total('seeds'))} (${number(total('simulatedHours'))} simulated hours in ${number(total('seconds'))} s), ${total('failed')} failing`,
      met: total('seeds') >= seeds && total('failed') === 0 && ran.code === 0,
    },
    {
      what: 'speed with all checks on',
      goal: '10,000 times real time',
      reached: `${number(speed)} times`,
      met: speed >= 10_000,
      told: true,
    },
    {
      what: 'pairs of state and event reached in simulation, of those that roles can reach',
      goal: 'all',
      reached: [`${reached} of ${all}`, ...others].join('; '),
      met: all > 0 && others.length === 0,
    },
  ];
}

/** Two at a time, of about the same size. */
const EXPLORED: readonly (readonly string[])[] = [
  ['paranoid', 'lazy', 'freelance'],
  ['majordomo', 'simple', 'star'],
];

async function exploration(): Promise<Goal[]> {
  const began = performance.now();
  const halves = await Promise.all(
    EXPLORED.map(async (patterns) => {
      const ran: Ran[] = [];
      for (const pattern of patterns) ran.push(await run(process.execPath, CLI, 'explore', '--pattern', pattern, '--json'));
      return ran;
    }),
  );
  const took = performance.now() - began;
  const worlds = halves.flat().flatMap(linesOf) as unknown as readonly ExploredWorld[];
  const states = worlds.reduce((sum, world) => sum + world.states, 0);
  const largest = (of: string): number => Math.max(0, ...worlds.filter(({ pattern }) => pattern === of).map((world) => world.states));
  const sound = halves.flat().every(({ code }) => code === 0) && worlds.every((world) => world.complete && world.broken === undefined);
  const machines = machinesIn(worlds);
  const unexplained = machines.flatMap(({ machine, untaken }) =>
    untaken.filter(({ why }) => why === undefined).map(({ what }) => `${machine} never ${what}`),
  );
  return [
    {
      what: 'states explored, each world to its end',
      goal: '1,000,000, no rule broken',
      reached: `${number(states)} in ${worlds.length} worlds, ${number(took / 1000)} s${sound ? '' : ', NOT SOUND'}`,
      met: sound && states >= 1_000_000,
      details: worlds.map(tellWorld),
    },
    {
      what: 'states of one world of Majordomo',
      goal: '500,000',
      reached: number(largest('majordomo')),
      met: largest('majordomo') >= 500_000,
    },
    {
      what: 'states of one world of Binary Star: any number of crashes, cuts and losses',
      goal: '300,000',
      reached: number(largest('star')),
      met: largest('star') >= 300_000,
    },
    {
      what: 'arrows of the machines taken in them',
      goal: 'all but those listed with a reason',
      reached: [
        `${machines.reduce((sum, { arrows }) => sum + arrows, 0)} of ${machines.reduce((sum, { of }) => sum + of, 0)}`,
        ...unexplained,
      ].join('; '),
      met: machines.length > 0 && unexplained.length === 0,
      details: machines.map(
        ({ machine, arrows, of, answers, ofAnswers }) =>
          `${machine}: ${arrows} of ${of} arrows, ${answers} of ${ofAnswers} ignored or refused`,
      ),
    },
  ];
}

interface Share {
  readonly taken: number;
  readonly all: number;
}

interface ExploredMachine {
  readonly machine: string;
  readonly arrows: Share;
  readonly answers: Share;
  readonly untaken: readonly { readonly what: string; readonly why?: string }[];
}

/** What `seaworthy explore --json` says of each world. */
interface ExploredWorld {
  readonly pattern: string;
  readonly world: string;
  readonly states: number;
  readonly depth: number;
  readonly milliseconds: number;
  readonly complete: boolean;
  readonly broken?: object;
  /** Nothing where there is none. */
  readonly bounds: { readonly [bound: string]: number | null };
  readonly arrows: Share;
  readonly machines: readonly ExploredMachine[];
}

function tellWorld({ world, bounds, states, depth, milliseconds, arrows }: ExploredWorld): string {
  const limits = Object.entries(bounds).map(([bound, value]) => `${bound} ${value ?? 'without end'}`);
  const found = `${number(states)} states, depth ${depth}, ${number(milliseconds / 1000)} s, ${arrows.taken} of ${arrows.all} arrows`;
  return `${world} (${limits.join(', ')}): ${found}`;
}

interface MachineTaken {
  readonly machine: string;
  readonly arrows: number;
  readonly of: number;
  readonly answers: number;
  readonly ofAnswers: number;
  readonly untaken: ExploredMachine['untaken'];
}

/** What each machine did in all worlds together. */
function machinesIn(worlds: readonly ExploredWorld[]): readonly MachineTaken[] {
  const rows = worlds.flatMap(({ machines }) => machines);
  return [...new Set(rows.map(({ machine }) => machine))].map((name) => {
    const own = rows.filter(({ machine }) => machine === name);
    const [{ arrows, answers, untaken: first }, ...others] = own as [ExploredMachine, ...ExploredMachine[]];
    const untaken = first.filter(({ what }) => others.every((other) => other.untaken.some((one) => one.what === what)));
    const ignored = untaken.filter(({ what }) => what.includes(' × ')).length;
    const taken = arrows.all - untaken.length + ignored;
    return { machine: name, arrows: taken, of: arrows.all, answers: answers.all - ignored, ofAnswers: answers.all, untaken };
  });
}

/** What the catalogue prints of each bug. */
const FOUND = /^ *(\d+) (\S+): .*; (\d+) → (\d+) faults in (\d+) ms/;

async function catalogue(): Promise<Goal[]> {
  const halves = await Promise.all(['1/2', '2/2'].map((part) => run(process.execPath, CATALOGUE, '--quick', '--part', part)));
  const rows = halves.flatMap(({ stdout }) => stdout.split('\n')).flatMap((line) => FOUND.exec(line) ?? []);
  const numbersAt = (group: number): number[] => rows.flatMap((_word, index) => (index % 6 === group ? Number(rows[index]) : []));
  const seeds = numbersAt(1).sort((a, b) => a - b);
  const faults = Math.max(0, ...numbersAt(4));
  const shrinking = Math.max(0, ...numbersAt(5));
  const median = seeds[Math.floor(seeds.length / 2)] ?? 0;
  const sound = halves.every(({ code }) => code === 0);
  return [
    {
      what: 'planted bugs found',
      goal: 'all of at least 40, median at most 200 seeds',
      reached: `${seeds.length}${sound ? '' : ', NOT ALL'}; median ${median}, worst ${seeds.at(-1) ?? 0} seeds`,
      met: sound && seeds.length >= 40 && median <= 200,
    },
    {
      what: 'their schedules made smaller',
      goal: 'at most 12 faults, in 10 s',
      reached: `at most ${faults} faults, in ${(shrinking / 1000).toFixed(1)} s`,
      met: sound && faults <= 12 && shrinking <= 10_000,
    },
  ];
}

/** What the fuzzer prints. */
interface Fuzzed {
  readonly inputs: { readonly [kind: string]: number };
  readonly all: number;
  readonly mostKept: number;
  readonly mayKeep: number;
  readonly grownMebibytes: number;
  readonly seconds: number;
}

/** A process that is fuzzed may grow by so much, garbage included. */
const MOST_MEBIBYTES = 256;

async function fuzz(inputs: number): Promise<Goal[]> {
  const halves = await Promise.all(['one', 'two'].map((seed) => run(process.execPath, FUZZ, String(Math.ceil(inputs / 2)), seed)));
  const fuzzed = halves.flatMap(linesOf) as unknown as readonly Fuzzed[];
  const sound = fuzzed.length === halves.length && halves.every(({ code }) => code === 0);
  const sum = (of: (each: Fuzzed) => number): number => fuzzed.reduce((total, each) => total + of(each), 0);
  const most = (of: (each: Fuzzed) => number): number => Math.max(0, ...fuzzed.map(of));
  const all = sum((each) => each.all);
  const [mostKept, mayKeep, grown] = [most((each) => each.mostKept), most((each) => each.mayKeep), most((each) => each.grownMebibytes)];
  const speed = sum((each) => each.all / each.seconds);
  return [
    {
      what: 'inputs of bytes to connections of the ZMTP transport',
      goal: `${number(inputs)}, none that throws, or is heard or ended otherwise than it should be`,
      reached: `${number(all)}, ${number(speed)} in a second${sound ? '' : ', NOT SOUND'}`,
      met: sound && all >= inputs,
      details: Object.keys(fuzzed[0]?.inputs ?? {}).map((kind) => `${kind}: ${number(sum((each) => each.inputs[kind] ?? 0))}`),
    },
    {
      what: 'what a connection kept at most of them, and how much the process grew',
      goal: `${number(mayKeep)} bytes, ${MOST_MEBIBYTES} MiB`,
      reached: `${number(mostKept)} bytes, ${number(grown)} MiB`,
      met: sound && mostKept <= mayKeep && grown <= MOST_MEBIBYTES,
    },
  ];
}

async function secondNode(second: string): Promise<Goal[]> {
  const words = [String(DIGESTS_PER_WORLD)];
  const [here, there] = await Promise.all([run(process.execPath, DIGESTS, ...words), run(second, DIGESTS, ...words)]);
  const [mine, theirs] = [here, there].map((ran) => linesOf(ran)[0] ?? {}) as [Record<string, string>, Record<string, string>];
  const runs = Object.keys(mine);
  const same = runs.filter((name) => mine[name] === theirs[name]).length;
  const version = (await run(second, '--version')).stdout.trim();
  return [
    {
      what: `the same trace on Node ${process.version} and ${version}`,
      goal: `${WORLDS * DIGESTS_PER_WORLD} of ${WORLDS * DIGESTS_PER_WORLD} runs`,
      reached: `${same} of ${runs.length}`,
      met: runs.length === WORLDS * DIGESTS_PER_WORLD && same === runs.length,
    },
  ];
}

async function main(): Promise<number> {
  const seeds = countOf('prove', 'seeds', given.seeds);
  const inputs = countOf('prove', 'inputs', given.inputs);
  const began = performance.now();
  const goals: Goal[] = [
    ...(await simulation(seeds)),
    ...(await exploration()),
    ...(await catalogue()),
    ...(await fuzz(inputs)),
    ...(given.second === '' ? [] : await secondNode(given.second)),
  ];
  const seconds = Math.round((performance.now() - began) / 1000);
  goals.push({ what: 'all of it', goal: `within ${MOST_SECONDS} s`, reached: `${seconds} s`, met: seconds <= MOST_SECONDS, told: true });
  if (given.json) process.stdout.write(`${JSON.stringify({ node: process.version, seconds, goals })}\n`);
  else {
    for (const { what, goal, reached, met, told, details = [] } of goals) {
      const verdict = met ? 'met   ' : told === true ? 'slow  ' : 'MISSED';
      process.stdout.write(`${verdict}  ${what}: ${reached} (goal: ${goal})\n`);
      for (const detail of details) process.stdout.write(`          ${detail}\n`);
    }
  }
  return goals.every(({ met, told }) => met || told === true) ? 0 : 1;
}

process.exitCode = await main();
