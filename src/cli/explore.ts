/** `seaworthy explore`: walks through every state of small worlds, and tells how a rule was broken, if one was. */
import { ArrowCoverage } from '../core/coverage.ts';
import { explore as search, tellCounterExample, type Exploration, type ExploreProgress } from '../simulation/explore.ts';
import { PATTERNS, WORLDS, type ExploredWorld, type WorldOptions } from '../simulation/models/worlds.ts';
import { untakenInAll, untakenOf, type Untaken } from '../simulation/unexplored.ts';
import type { Arguments, Option } from './arguments.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './failures.ts';
import { table, type Output } from './output.ts';
import { EXIT_AFTER, onStopSignal } from './signals.ts';

/** How often to say how far it is. */
const PROGRESS_MS = 5000;

function count(flag: string, help: string, library: string = flag): Option {
  return { flag, kind: 'number', placeholder: 'N', help, library };
}

export const explore: Command = {
  name: 'explore',
  summary: 'walk through every state of small worlds, and find what breaks the rules',
  usage: '[options]',
  roleless: true,
  description: `The machines are those that the library runs; the network, the processes around them and their faults are
models. Every order of messages, timers and faults is tried, within bounds: each world has its own, which the
options replace. Exits with 0 if every world was walked through to its end, no rule was broken, and what should
happen sometimes did; with 1 otherwise. docs/TESTING.md says what that proves and what not.`,
  options: [
    { flag: 'pattern', kind: 'text', placeholder: 'NAME', help: `${PATTERNS.join(', ')} or all`, fallback: 'all' },
    {
      flag: 'most-states',
      kind: 'number',
      placeholder: 'N',
      help: 'states of one world, beyond which it is given up',
      fallback: 5_000_000,
      library: 'mostStates',
    },
    count('clients', 'clients'),
    count('workers', 'workers; not with lazy'),
    count('requests', 'requests of each client'),
    count('attempts', 'attempts at each request', 'retries'),
    count('faults', 'faults in all'),
    count('crashes', 'crashes of workers or servers'),
    count('restarts', 'crashes of the broker or queue'),
    count('cuts', 'connections cut'),
    count('suspicions', 'live peers given up as dead'),
    count('failures', 'handlers that fail'),
    count('heartbeats', 'heartbeats sent'),
    count('expiries', 'requests that wait too long at the broker'),
    count('aborts', 'requests aborted'),
    count('closes', 'processes told to end'),
    count('shutdowns', 'brokers told to end, which come back'),
    count('losses', 'words lost between two servers; with star only, as the next three'),
    count('pauses', 'servers that stand still'),
    count('orders', 'servers told to serve'),
    count('hand-overs', 'servers told to hand over', 'handOvers'),
    count('oddities', 'messages of a stranger that speaks as workers do'),
  ],
  run: (given, output) => walk(given, output),
};

async function walk(given: Arguments, output: Output): Promise<number> {
  const worlds = worldsOf(given);
  const options = boundsOf(given);
  const mostStates = given.number('most-states') as number;
  // All of them before the first is walked through: what cannot work is refused at once.
  const prepared = worlds.map((world) => {
    const observer = new ArrowCoverage();
    return { world: within(world, options), observer, model: world.model({ ...options, observer }) };
  });
  const stop = new AbortController();
  let stopped: number | undefined;
  onStopSignal((signal) => {
    stopped = EXIT_AFTER[signal];
    stop.abort();
  });
  const rows: (readonly (string | number)[])[] = [];
  const machines: MachineRow[] = [];
  let sound = true;
  for (const { world, observer, model } of prepared) {
    if (stop.signal.aborted) break;
    const found = await search(model, { mostStates, signal: stop.signal, onProgress: reporter(world, output) });
    sound &&= found.complete && found.counterExample === undefined && found.unreached.length === 0;
    report(world, model.bounds, found, observer, output);
    rows.push(rowOf(world, found, observer));
    machines.push(...machinesOf(world, observer));
  }
  if (!output.json) output.write(`${table([HEADINGS, ...rows])}\n\n${tellMachines(machines, output)}`);
  if (stopped !== undefined) return stopped;
  if (!(await output.taken())) return EXIT.unread;
  return sound ? EXIT.ok : EXIT.failed;
}

function worldsOf(given: Arguments): readonly ExploredWorld[] {
  const pattern = given.text('pattern');
  const worlds = pattern === 'all' ? WORLDS : WORLDS.filter((world) => world.pattern === pattern);
  if (worlds.length === 0) throw new UsageError(`--pattern must be ${PATTERNS.join(', ')} or all, not ${JSON.stringify(pattern)}`);
  return worlds;
}

/** The most of each; more could not be walked through. */
const MOST = 9;

function boundsOf(given: Arguments): WorldOptions {
  const { mostStates: _ofTheSearch, ...bounds } = given.libraryOptions();
  for (const [name, value] of Object.entries(bounds)) {
    const least = ['clients', 'workers', 'requests', 'retries'].includes(name) ? 1 : 0;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > MOST)
      throw new UsageError(`--${name === 'retries' ? 'attempts' : name} must be a whole number of ${least} to ${MOST}, not ${value}`);
  }
  return bounds;
}

/** The same world, whose description holds no more when its bounds are others. */
function within(world: ExploredWorld, bounds: WorldOptions): ExploredWorld {
  const given = Object.entries(bounds).map(([bound, value]) => `${bound === 'retries' ? 'attempts' : bound} ${value}`);
  return given.length === 0 ? world : { ...world, about: `with ${given.join(', ')}, and what else it has` };
}

function reporter({ name }: ExploredWorld, output: Output): (progress: ExploreProgress) => void {
  let last = performance.now();
  return ({ states, depth }) => {
    if (performance.now() - last < PROGRESS_MS) return;
    last = performance.now();
    output.note(`${name}: ${states.toLocaleString('en')} states so far, ${depth} moves deep`);
  };
}

/** What is wrong is told in full, at once; what is right, in the table at the end. */
function report(world: ExploredWorld, bounds: object, found: Exploration<string>, observer: ArrowCoverage, output: Output): void {
  const { counterExample, unreached, complete } = found;
  if (output.json) {
    const { states, transitions, depth, milliseconds } = found;
    const { pattern, name, about } = world;
    const broken = counterExample && { property: counterExample.property, sentence: counterExample.sentence, steps: counterExample.steps };
    const covered = { ...coverageOf(world, observer), machines: machinesOf(world, observer) };
    output.result(
      { pattern, world: name, about, bounds, states, transitions, depth, complete, milliseconds, unreached, broken, ...covered },
      '',
    );
    return;
  }
  if (counterExample !== undefined) output.write(`${world.name} (${world.about}): ${tellCounterExample(counterExample)}\n`);
  else if (!complete) output.note(`${world.name}: given up; nothing is said of what was not seen`);
  if (complete) for (const missing of unreached) output.write(`${world.name} (${world.about}): never happens: ${missing}\n`);
}

const HEADINGS: readonly string[] = [
  'WORLD',
  'STATES',
  'TRANSITIONS',
  'DEPTH',
  'COMPLETE',
  'SECONDS',
  'STATES/S',
  'ARROWS',
  'ANSWERS',
  'RULES',
];

function rowOf(world: ExploredWorld, found: Exploration<string>, observer: ArrowCoverage): readonly (string | number)[] {
  const { states, transitions, depth, complete, milliseconds, counterExample } = found;
  const { arrows, answers } = coverageOf(world, observer);
  return [
    world.name,
    states,
    transitions,
    depth,
    complete ? 'yes' : 'no',
    Number((milliseconds / 1000).toFixed(1)),
    Math.round((states / milliseconds) * 1000),
    `${arrows.taken}/${arrows.all}`,
    `${answers.taken}/${answers.all}`,
    counterExample === undefined ? (complete ? 'hold' : '?') : 'broken',
  ];
}

interface Share {
  readonly taken: number;
  readonly all: number;
}

/** How much of the machines at work in a world it has seen: arrows, and events that are ignored or refused. */
function coverageOf({ machines }: ExploredWorld, observer: ArrowCoverage): { readonly arrows: Share; readonly answers: Share } {
  const each = machines.map((machine) => observer.of(machine));
  const sum = (shares: readonly Share[]): Share => ({
    taken: shares.reduce((total, { taken }) => total + taken, 0),
    all: shares.reduce((total, { all }) => total + all, 0),
  });
  return { arrows: sum(each.map(({ arrows }) => arrows)), answers: sum(each.map(({ answers }) => answers)) };
}

/** What one machine did in one world. */
interface MachineRow {
  readonly machine: string;
  readonly arrows: Share;
  readonly answers: Share;
  readonly untaken: readonly Untaken[];
}

function machinesOf({ machines }: ExploredWorld, observer: ArrowCoverage): readonly MachineRow[] {
  return machines.map((machine) => ({ machine: machine.name, ...observer.of(machine), untaken: untakenOf(machine, observer) }));
}

/** What each machine did in all worlds together; with `--verbose` what it did not do, and why. */
function tellMachines(rows: readonly MachineRow[], output: Output): string {
  const lines: (readonly string[])[] = [];
  const never: string[] = [];
  for (const name of new Set(rows.map(({ machine }) => machine))) {
    const own = rows.filter(({ machine }) => machine === name);
    const { arrows, answers } = own[0] as MachineRow;
    const untaken = untakenInAll(own.map((row) => row.untaken));
    const ignored = untaken.filter(({ what }) => what.includes(' × ')).length;
    lines.push([name, `${arrows.all - untaken.length + ignored}/${arrows.all}`, `${answers.all - ignored}/${answers.all}`]);
    if (output.verbose) never.push(...untaken.map(({ what, why }) => `${name} never: ${what}${why === undefined ? '' : ` (${why})`}\n`));
  }
  return `${table([['MACHINE', 'ARROWS', 'ANSWERS'], ...lines])}\n${never.join('')}`;
}
