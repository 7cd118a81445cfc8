/** `seaworthy sim`: simulates the patterns with faults, seed after seed, or plays one failure again. */
import { fork, type ChildProcess } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidOption } from '../core/errors.ts';
import { machines } from '../machines.ts';
import { traceLine } from '../runtime/trace.ts';
import { MOST_SEED } from '../simulation/campaign.ts';
import { CellCoverage } from '../simulation/cells.ts';
import { differenceFrom, parseReplay, replay, replayOf, report, type Replay } from '../simulation/report.ts';
import { scenarios } from '../simulation/scenarios/index.ts';
import { shrink } from '../simulation/shrink.ts';
import type { RunResult, Simulation } from '../simulation/simulate.ts';
import { nearest, type Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './failures.ts';
import { messageOf, table, type Output } from './output.ts';
import { EXIT_AFTER, onStopSignal, type StopSignal } from './signals.ts';
import type { Order, Share, Word } from './simulation-share.ts';

const DEFAULT_SEEDS = 1000;
const TELL_EVERY_MS = 2000;
/** Timers know no longer time than 24 days. */
const MOST_MINUTES = 30_000;
/** What says something only of many runs. */
const OF_A_CAMPAIGN = ['pattern', 'seed', 'seeds', 'minutes', 'jobs', 'first', 'save'] as const;
/** Failures that are made smaller and told; more are only counted. */
const MOST_TOLD = 3;

export const simulate: Command = {
  name: 'sim',
  summary: 'simulate the patterns with faults, seed after seed, and check that all their rules hold',
  usage: '[options]',
  roleless: true,
  description: `The roles of the library run unchanged over a simulated network, clock and chance: two simulated minutes in
some ms. Crashes, standstills, partitions and more are drawn from the seed; then a part is healed, and must
make progress. A run that breaks a rule is made smaller and told, with the faults it takes and the events
around it, and the exit code is 1. The same seed gives the same run, on every machine. Needs no ZeroMQ.`,
  options: [
    { flag: 'pattern', kind: 'text', placeholder: 'PATTERN', help: `which: ${Object.keys(scenarios).join(', ')}, all`, fallback: 'all' },
    { flag: 'seed', kind: 'number', placeholder: 'S', help: 'the first seed', fallback: 1 },
    { flag: 'seeds', kind: 'number', placeholder: 'N', help: `so many seeds of each world (default ${DEFAULT_SEEDS}, without --minutes)` },
    { flag: 'minutes', kind: 'number', placeholder: 'M', help: 'for so long, shared among the worlds; with --seeds, whichever ends first' },
    { flag: 'jobs', kind: 'number', placeholder: 'N', help: 'processes at once (default: one for each processor)' },
    { flag: 'replay', kind: 'text', placeholder: 'FILE', help: 'play the run in FILE again, tell it, and do nothing else' },
    { flag: 'trace', kind: 'text', placeholder: 'FILE', help: 'with --replay: write everything that happens to FILE; -: standard output' },
    { flag: 'first', kind: 'text', placeholder: 'FILE', help: 'before all else, play the past failures in FILE, a list of runs' },
    { flag: 'save', kind: 'text', placeholder: 'FILE', help: 'write the first failure to FILE, for --replay' },
  ],
  run: (given, output) => run(given, output),
};

async function run(given: Arguments, output: Output): Promise<number> {
  const replayed = given.text('replay');
  const superfluous = OF_A_CAMPAIGN.find((flag) => replayed !== undefined && given.has(flag));
  if (superfluous !== undefined) throw new UsageError(`--replay plays one run again: --${superfluous} has no meaning with it`);
  if (replayed !== undefined) return await playAgain(parseReplay(read(replayed)), given.text('trace'), output);
  if (given.text('trace') !== undefined) throw new UsageError('--trace goes with --replay: a campaign has too many events to write');
  const save = given.text('save');
  if (save !== undefined) mustBeWritable(save);
  const first = given.text('first');
  if (first !== undefined && !(await pastFailures(first, output))) return EXIT.failed;
  const plan = planOf(given);
  const abort = new AbortController();
  let stopped: StopSignal | undefined;
  onStopSignal((signal) => {
    stopped = signal;
    abort.abort();
  });
  const coverage = new CellCoverage();
  const tallies: Tally[] = [];
  for (const simulation of plan.simulations) {
    if (abort.signal.aborted) break;
    tallies.push(await simulateInProcesses(simulation, plan, coverage, abort.signal, output));
  }
  let told = 0;
  for (const { simulation, failures } of tallies) {
    for (const failure of failures) if (told++ < MOST_TOLD) await tell(simulation, failure, told === 1 ? save : undefined, output);
  }
  closing(tallies, coverage, output);
  if (stopped !== undefined) return EXIT_AFTER[stopped];
  return told === 0 ? EXIT.ok : EXIT.failed;
}

/* ---------------------------------------------------------------- what is to be done */

interface Plan {
  readonly simulations: readonly Simulation[];
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
  /** Real ms for each world. */
  readonly budget: number;
}

function planOf(given: Arguments): Plan {
  const simulations = simulationsOf(given.text('pattern') as string);
  const minutes = given.number('minutes');
  const seeds = given.number('seeds') ?? (minutes === undefined ? DEFAULT_SEEDS : MOST_SEED);
  const from = given.number('seed') as number;
  const jobs = given.number('jobs') ?? availableParallelism();
  wholeNumber('seeds', seeds, 1);
  wholeNumber('jobs', jobs, 1);
  wholeNumber('seed', from, 0);
  if (minutes !== undefined && !(minutes > 0 && minutes <= MOST_MINUTES))
    throw new UsageError(`--minutes must be more than 0 and at most ${MOST_MINUTES}, not ${minutes}`);
  return {
    simulations,
    from,
    seeds,
    jobs: Math.min(jobs, seeds),
    budget: minutes === undefined ? Infinity : (minutes * 60_000) / simulations.length,
  };
}

function wholeNumber(flag: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > MOST_SEED)
    throw new UsageError(`--${flag} must be a whole number from ${least} to ${MOST_SEED}, not ${value}`);
}

function simulationsOf(pattern: string): readonly Simulation[] {
  if (pattern === 'all') return Object.values(scenarios).flat();
  const found = scenarios[pattern];
  if (found !== undefined) return found;
  const names = [...Object.keys(scenarios), 'all'];
  const near = nearest(pattern, names);
  throw new UsageError(
    `there is no pattern ${JSON.stringify(pattern)}${near === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${near}?`}`,
  );
}

/* ---------------------------------------------------------------- runs */

interface Tally {
  readonly simulation: Simulation;
  readonly failures: RunResult[];
  runs: number;
  /** Simulated ms. */
  time: number;
  events: number;
  submitted: number;
  /** Real ms. */
  took: number;
}

async function simulateInProcesses(
  simulation: Simulation,
  plan: Plan,
  coverage: CellCoverage,
  signal: AbortSignal,
  output: Output,
): Promise<Tally> {
  const tally: Tally = { simulation, failures: [], runs: 0, time: 0, events: 0, submitted: 0, took: 0 };
  const began = performance.now();
  const processes = Array.from({ length: plan.jobs }, (_, index) => {
    const share: Share = { simulation: simulation.name, from: plan.from + index, seeds: plan.seeds - index, every: plan.jobs };
    const process = fork(fileURLToPath(new URL('./simulation-share.js', import.meta.url)), { serialization: 'advanced', execArgv: [] });
    process.send(share);
    return process;
  });
  const tellAll = (word: Order): void => {
    for (const process of processes) if (process.connected) process.send(word, () => undefined);
  };
  const stop = (): void => {
    tellAll('stop');
  };
  signal.addEventListener('abort', stop);
  const budget = plan.budget === Infinity ? undefined : setTimeout(tellAll, plan.budget, 'time is over');
  const ticker = setInterval(() => {
    progress(tally, performance.now() - began, output);
  }, TELL_EVERY_MS);
  try {
    await Promise.all(processes.map((process) => shareOf(process, tally, coverage)));
  } finally {
    clearInterval(ticker);
    clearTimeout(budget);
    signal.removeEventListener('abort', stop);
  }
  tally.took = performance.now() - began;
  tally.failures.sort((a, b) => Number(a.seed) - Number(b.seed));
  return tally;
}

/** Resolves when the process has ended. */
function shareOf(process: ChildProcess, tally: Tally, coverage: CellCoverage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.on('message', (word: Word) => {
      if (word.kind === 'failed') tally.failures.push(word.result);
      else if (word.kind === 'done') coverage.add(word.coverage);
      else {
        tally.runs += word.runs;
        tally.time += word.time;
        tally.events += word.events;
        tally.submitted += word.submitted;
      }
    });
    process.on('error', reject);
    process.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`a process of the simulation ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

function progress(tally: Tally, took: number, output: Output): void {
  const { simulation, runs, time, failures } = tally;
  if (runs === 0) return;
  output.note(
    `${simulation.name}: ${runs} seeds, ${(time / 3_600_000).toFixed(1)} simulated hours, ${Math.round(time / took)} times real time, ${failures.length} failed`,
  );
}

/* ---------------------------------------------------------------- failures */

async function tell(simulation: Simulation, failure: RunResult, save: string | undefined, output: Output): Promise<void> {
  output.note(`${simulation.name}, seed ${failure.seed}, has failed: looking for a smaller schedule`);
  const { failure: smaller, violation } = await shrink(simulation, failure);
  const kept = replayOf(smaller);
  output.result({ event: 'failed', ...kept, because: violation.because }, `${await report(simulation, smaller)}\n`);
  if (save === undefined) return;
  write(save, `${JSON.stringify(kept, null, 2)}\n`);
  output.note(`written to ${save}; again with: seaworthy sim --replay ${save}`);
}

async function playAgain(kept: Replay, trace: string | undefined, output: Output): Promise<number> {
  const simulation = named(kept);
  const keepTrace = trace !== undefined;
  const result = await replay(simulation, kept, { keepTrace });
  const lines = result.trace.map(traceLine).join('');
  if (trace === '-') output.write(lines);
  else if (trace !== undefined) write(trace, lines);
  const { ok, digest, seed, violation } = result;
  const differs = differenceFrom(kept, result);
  if (differs !== undefined) output.note(`CAUTION: ${differs}`);
  if (ok) {
    output.result(
      { event: 'replayed', simulation: simulation.name, seed, ok, digest, differs },
      `${simulation.name}, seed ${seed}: no rule is broken (digest ${digest})`,
    );
    return EXIT.ok;
  }
  const record = {
    event: 'replayed',
    simulation: simulation.name,
    seed,
    ok,
    digest,
    broke: violation?.invariant,
    because: violation?.because,
    differs,
  };
  output.result(record, await report(simulation, result));
  return EXIT.failed;
}

/** Whether all of them are gone for good. */
async function pastFailures(file: string, output: Output): Promise<boolean> {
  const list = listOf(read(file));
  let back = 0;
  for (const entry of list) {
    const kept = parseReplay(JSON.stringify(entry));
    const simulation = named(kept);
    const result = await replay(simulation, kept);
    const differs = differenceFrom(kept, result);
    // That it breaks its rule no more is what is hoped for.
    const hoped = result.ok && kept.broke !== undefined;
    if (differs !== undefined && !hoped) output.note(`CAUTION: ${kept.simulation}, seed ${kept.seed}: ${differs}`);
    if (result.ok) continue;
    back++;
    output.result({ event: 'failed', ...replayOf(result), because: result.violation?.because, differs }, await report(simulation, result));
  }
  output.note(back === 0 ? `${list.length} past failures: none is back` : `${back} of ${list.length} past failures are back`);
  return back === 0;
}

function listOf(text: string): readonly unknown[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list)) throw new InvalidOption('first', text.slice(0, 40), 'a JSON list of runs');
  return list;
}

function named({ simulation: name }: Replay): Simulation {
  const found = Object.values(scenarios)
    .flat()
    .find((simulation) => simulation.name === name);
  if (found === undefined) throw new UsageError(`there is no simulation ${JSON.stringify(name)}`);
  return found;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Found out before a night's work, not after it. */
function mustBeWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/* ---------------------------------------------------------------- the end */

function closing(tallies: readonly Tally[], coverage: CellCoverage, output: Output): void {
  const rows = tallies.map(({ simulation, runs, time, events, submitted, took, failures }) => ({
    world: simulation.name,
    seeds: runs,
    simulatedHours: Math.round(time / 360_000) / 10,
    seconds: Math.round(took / 100) / 10,
    timesRealTime: Math.round(time / took),
    eventsPerSecond: Math.round((events / took) * 1000),
    requests: submitted,
    failed: failures.length,
  }));
  const reached = Object.values(machines)
    .map((machine) => ({ machine: machine.name, ...coverage.of(machine) }))
    .filter(({ reached: some }) => some > 0);
  if (output.json) {
    output.result({ event: 'finished', worlds: rows, cells: reached }, '');
    return;
  }
  const sum = (field: 'seeds' | 'simulatedHours' | 'seconds' | 'requests' | 'failed'): number =>
    Math.round(rows.reduce((total, row) => total + row[field], 0) * 10) / 10;
  const total = (field: 'time' | 'events' | 'took'): number => tallies.reduce((so, tally) => so + tally[field], 0);
  output.write(
    `${table([
      ['world', 'seeds', 'simulated h', 's', 'times real time', 'events/s', 'requests', 'failed'],
      ...rows.map((row) => Object.values(row)),
      [
        'all',
        sum('seeds'),
        sum('simulatedHours'),
        sum('seconds'),
        Math.round(total('time') / Math.max(1, total('took'))),
        Math.round((total('events') / Math.max(1, total('took'))) * 1000),
        sum('requests'),
        sum('failed'),
      ],
    ])}\n\n`,
  );
  output.write(
    `${table([['machine', 'cells reached', 'of'], ...reached.map(({ machine, reached: some, all }) => [machine, some, all])])}\n`,
  );
  for (const { machine, missing, surprising } of reached) {
    if (output.verbose && missing.length > 0) output.write(`${machine} never: ${missing.join(', ')}\n`);
    if (surprising.length > 0) output.write(`${machine}, though it cannot be: ${surprising.join(', ')}\n`);
  }
}
