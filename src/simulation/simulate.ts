/** One run of a simulated world: break things, heal a core, require progress, close everything. */
import { InvalidOption } from '../core/errors.ts';
import { knownOptions, numberOption } from '../core/options.ts';
import { Random } from '../core/random.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import { NEWS } from './agenda.ts';
import type { CellCoverage } from './cells.ts';
import { checkMenu, checkRange, checkSchedule, drawFaults, type Fault, type FaultMenu } from './faults.ts';
import type { Program } from './host.ts';
import type { Invariant, Rule, RunView, Watcher } from './invariants.ts';
import type { SimulatedNetworkOptions } from './network.ts';
import { said } from './node.ts';
import type { SimulatedProcess } from './process.ts';
import { hearRejections, turn } from './rejections.ts';
import { progress, quiescence, universal } from './universal.ts';
import { World, type Witness } from './world.ts';

/** The phases, in simulated ms. */
export const DEFAULT_PHASES = { breaking: 90_000, healing: 30_000, settling: 15_000 } as const;

/** How long closing may take, at the end, in simulated ms. */
const CLOSING_MS = 60_000;

/** Programs by the names of their nodes. */
export interface Nodes {
  readonly [name: string]: Program;
}

export interface SimulationOptions {
  /** What it is called in reports. A part of every seed: another name, other runs. */
  readonly name: string;
  /**
   * Programs by the names of their nodes, or a function that makes them anew for each run: what several nodes share, such as a store that
   * outlives their crashes, is made there, so that no run finds what another one left.
   */
  readonly nodes: Nodes | ((random: Random) => Nodes);
  /** Ms in which things go wrong. Default 90,000. */
  readonly breaking?: number;
  /** Ms in which nothing goes wrong any more with the core. Default 30,000; 0: no such phase. */
  readonly healing?: number;
  /** Ms after which, all being well, every request is answered; less than `healing`. Default 15,000, or half of a shorter `healing`. */
  readonly settling?: number;
  /** What is healed in the end and must then make progress; the rest stays as it is, for good. Default: all nodes. */
  readonly core?: (random: Random) => readonly string[];
  readonly faults?: FaultMenu;
  /** A network for this seed, or one for all. */
  readonly network?: SimulatedNetworkOptions | ((random: Random) => SimulatedNetworkOptions);
  /** Rules beyond the universal ones. */
  readonly invariants?: readonly Invariant[];
  /** Universal rules that cannot hold here, by their ids; say why where it is said. */
  readonly without?: readonly string[];
  /** Marks that must be reached in at least one run of a campaign. */
  readonly sometimes?: readonly string[];
}

export interface RunOptions {
  /** The faults, instead of those drawn from the seed. */
  readonly schedule?: readonly Fault[] | undefined;
  /** Keeps the whole trace, messages included. Default false: it costs time and memory. */
  readonly keepTrace?: boolean;
  /** Counts the cells of the machines that the run reaches. */
  readonly coverage?: CellCoverage;
}

export interface Violation {
  readonly invariant: string;
  readonly sentence: string;
  /** What broke it. */
  readonly because: string;
  /** When, in simulated ms. */
  readonly t: number;
  /** The innermost calls of what was thrown, if something was. */
  readonly where?: readonly string[];
}

export interface RunStatistics {
  /** Simulated ms. */
  readonly time: number;
  /** Events of the world: messages, timers, faults. */
  readonly events: number;
  /** Requests sent with `host.ask`. */
  readonly submitted: number;
  readonly answered: number;
  /** Without those that were still open when everything was closed. */
  readonly unanswered: number;
}

export interface RunResult {
  readonly ok: boolean;
  readonly simulation: string;
  readonly seed: string;
  /** The same for the same trace, and the same bytes of every message. */
  readonly digest: string;
  readonly schedule: readonly Fault[];
  readonly core: readonly string[];
  readonly violation: Violation | undefined;
  readonly marks: ReadonlySet<string>;
  readonly statistics: RunStatistics;
  /** Empty unless it was asked for. */
  readonly trace: readonly TraceEvent[];
}

export interface Simulation {
  readonly name: string;
  readonly options: SimulationOptions;
  /**
   * Plays one run. Runs of one process wait for each other, and none gives way to the event loop between its begin and its end.
   *
   * @throws InvalidOption when the options are wrong, or a fault is: before anything runs
   */
  run(seed: string | number, options?: RunOptions): Promise<RunResult>;
}

/**
 * Describes a simulation. Nothing runs before `run`.
 *
 * @throws InvalidOption
 */
export function simulate(options: SimulationOptions): Simulation {
  knownOptions(options, Object.keys(SIMULATION_OPTIONS));
  const {
    name,
    nodes,
    healing = DEFAULT_PHASES.healing,
    settling,
    faults,
    network,
    invariants = [],
    without = [],
    sometimes = [],
  } = options;
  if (typeof name !== 'string' || name === '') throw new InvalidOption('name', name, 'a text that is not empty');
  if (typeof nodes !== 'function') checkNodes(nodes);
  for (const phase of ['breaking', 'healing', 'settling'] as const) {
    const value = options[phase];
    if (value !== undefined) numberOption(phase, value, 0);
  }
  if (settling !== undefined && healing > 0 && settling >= healing)
    throw new InvalidOption('settling', settling, `less than "healing" (${healing}): nothing would be required of any request`);
  if (faults !== undefined) checkMenu(faults, typeof nodes === 'function' ? undefined : Object.keys(nodes));
  if (network !== undefined && typeof network !== 'function') checkNetwork(network);
  if (options.core !== undefined && typeof options.core !== 'function')
    throw new InvalidOption('core', options.core, 'a function that answers names of nodes');
  if (!Array.isArray(invariants)) throw new InvalidOption('invariants', invariants, 'a list of invariants, each with "id" and "watch"');
  for (const invariant of invariants) checkInvariant(invariant, healing);
  if (typeof nodes !== 'function') for (const invariant of invariants) checkNodesOf(invariant, Object.keys(nodes));
  const rules = usualRules(0).map(({ id }) => id);
  for (const id of without) if (!rules.includes(id)) throw new InvalidOption('without', id, `some of ${rules.join(', ')}`);
  for (const mark of sometimes) if (typeof mark !== 'string') throw new InvalidOption('sometimes', mark, 'a list of texts');
  return { name, options, run: (seed, how = {}) => alone(() => playRun(options, seedOption(seed), how)) };
}

/**
 * Where an error was made, and when nobody caught it, takes time to know. So a run in which something was thrown is played again, and this time
 * it is traced.
 */
async function playRun(options: SimulationOptions, seed: string, how: RunOptions): Promise<RunResult> {
  const run = new Run(options, seed, how);
  const result = await run.play();
  if (!run.threw) return result;
  const { coverage: _counted, ...rest } = how;
  const traced = await new Run(options, seed, rest, true).play();
  // What is not repeated by its seed may go well the second time.
  return traced.ok ? result : traced;
}

/** Their names, so that a misspelt one is an error. */
export const SIMULATION_OPTIONS: { readonly [O in keyof Required<SimulationOptions>]: true } = {
  name: true,
  nodes: true,
  breaking: true,
  healing: true,
  settling: true,
  core: true,
  faults: true,
  network: true,
  invariants: true,
  without: true,
  sometimes: true,
};
export const NETWORK_OPTIONS: { readonly [O in keyof Required<SimulatedNetworkOptions>]: true } = {
  delay: true,
  disconnectNotices: true,
  lateAnswers: true,
};
export const RUN_OPTIONS: { readonly [O in keyof Required<RunOptions>]: true } = { schedule: true, keepTrace: true, coverage: true };

function seedOption(seed: string | number): string {
  if (typeof seed !== 'string' && typeof seed !== 'number') throw new InvalidOption('seed', seed, 'a number or a text');
  return String(seed);
}

function checkNodes(nodes: Nodes): void {
  if (typeof nodes !== 'object' || (nodes as unknown) === null || Object.keys(nodes).length === 0)
    throw new InvalidOption('nodes', nodes, 'at least one node with its program');
  for (const [name, program] of Object.entries(nodes)) {
    // Traces and reports tell lives of nodes and connections by `name.life#connection`.
    if (!/^[\w.-]+$/.test(name)) throw new InvalidOption('nodes', name, 'names of letters, digits, ".", "-" and "_"');
    if (typeof program !== 'function') throw new InvalidOption(`nodes.${name}`, program, 'a function');
  }
}

function checkInvariant(invariant: Invariant, healing: number): void {
  if (typeof invariant?.id !== 'string' || typeof invariant.watch !== 'function')
    throw new InvalidOption('invariants', invariant, 'a list of invariants, each with "id" and "watch"');
  const { id, healing: needed = 0 } = invariant;
  if (needed > healing) throw new InvalidOption('healing', healing, `at least ${needed}: the rule "${id}" would never be judged`);
}

function checkNodesOf({ id, nodes = [] }: Invariant, names: readonly string[]): void {
  for (const name of nodes)
    if (!names.includes(name))
      throw new InvalidOption('invariants', name, `some of ${names.join(', ')}, for a node that the rule "${id}" speaks of`);
}

function checkNetwork(network: SimulatedNetworkOptions): void {
  knownOptions(network, Object.keys(NETWORK_OPTIONS));
  if (network.delay !== undefined) checkRange(network.delay, 'network.delay');
  for (const flag of ['disconnectNotices', 'lateAnswers'] as const) {
    const value: unknown = network[flag];
    if (value !== undefined && typeof value !== 'boolean') throw new InvalidOption(`network.${flag}`, value, 'true or false');
  }
}

function checkCore(core: readonly string[], names: readonly string[]): void {
  if (!Array.isArray(core)) throw new InvalidOption('core', core, `a list of names: ${names.join(', ')}`);
  for (const name of core) if (!names.includes(name)) throw new InvalidOption('core', name, `some of ${names.join(', ')}`);
}

/** The rules that are on unless they are left out. */
function usualRules(settling: number): readonly Invariant[] {
  return [...universal, progress(settling)];
}

/** Runs happen one after the other: they share the guard and the promises of this thread. */
let last: Promise<unknown> = Promise.resolve();
export function alone<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine;
  return mine;
}

class Run implements RunView, Witness {
  healing = false;
  healedAt = Infinity;
  core: readonly string[] = [];
  readonly #options: SimulationOptions;
  readonly #seed: string;
  readonly #world: World;
  readonly #schedule: readonly Fault[];
  readonly #trace: TraceEvent[] = [];
  readonly #keep: boolean;
  readonly #marks = new Set<string>();
  readonly #watchers: Watcher[] = [];
  readonly #byKind = new Map<string, ((event: TraceEvent, process: SimulatedProcess) => void)[]>();
  readonly #stepped: (() => void)[] = [];
  /** Whose watcher is at work. */
  #judge: Invariant = BUGS;
  #violation: Violation | undefined;
  #submitted = 0;
  #answered = 0;
  #unanswered = 0;
  #closing = false;
  /** Something was thrown that must not be, or that nobody caught. */
  threw = false;

  constructor(options: SimulationOptions, seed: string, how: RunOptions, traced = false) {
    this.#options = options;
    this.#seed = seed;
    this.#keep = how.keepTrace ?? false;
    const random = new Random(`${options.name}/${seed}`);
    const { breaking = DEFAULT_PHASES.breaking, healing = DEFAULT_PHASES.healing, invariants = [], without = [] } = options;
    const { settling = Math.min(DEFAULT_PHASES.settling, healing / 2) } = options;
    knownOptions(how, Object.keys(RUN_OPTIONS));
    const nodes = typeof options.nodes === 'function' ? options.nodes(random.split('nodes')) : options.nodes;
    const network = typeof options.network === 'function' ? options.network(random.split('options')) : (options.network ?? {});
    const names = Object.keys(nodes);
    checkNodes(nodes);
    if (options.faults !== undefined) checkMenu(options.faults, names);
    checkNetwork(network);
    this.core = options.core?.(random.split('core')) ?? names;
    checkCore(this.core, names);
    for (const invariant of invariants) checkNodesOf(invariant, names);
    if (how.schedule !== undefined) checkSchedule(how.schedule, names, breaking);
    this.#schedule = how.schedule ?? drawFaults(random.split('faults'), names, breaking, options.faults);
    this.#world = new World({ seed: random.seed, nodes, network, traced }, this);
    const rules = usualRules(settling).filter(({ id }) => !without.includes(id));
    for (const invariant of [...rules, quiescence, ...invariants]) this.#watch(invariant);
    const { coverage } = how;
    if (coverage !== undefined) {
      this.#byKind.set('step', [
        ...(this.#byKind.get('step') ?? []),
        (event) => {
          coverage.step(event);
        },
      ]);
    }
    this.#observeNetwork();
  }

  async play(): Promise<RunResult> {
    // What was rejected before is none of ours.
    await turn();
    const unhear = hearRejections((reason) => {
      this.broke(`a promise was rejected, and nobody caught it: ${said(reason)}`, '', reason);
    });
    try {
      await this.#phases();
      await turn();
    } finally {
      unhear();
    }
    if (this.#violation === undefined) for (const [index, watcher] of this.#watchers.entries()) this.#as(index, () => watcher.end?.());
    return this.#result();
  }

  async #phases(): Promise<void> {
    const { breaking = DEFAULT_PHASES.breaking, healing = DEFAULT_PHASES.healing } = this.#options;
    const world = this.#world;
    world.schedule(this.#schedule);
    world.start();
    await this.#until(breaking);
    if (healing > 0 && this.#violation === undefined) {
      this.healing = true;
      this.healedAt = breaking;
      world.heal(this.core);
      await this.#until(breaking + healing);
      if (this.#violation === undefined) for (const [index, watcher] of this.#watchers.entries()) this.#as(index, () => watcher.rest?.());
    }
    await this.#close();
  }

  #result(): RunResult {
    const world = this.#world;
    return {
      ok: this.#violation === undefined,
      simulation: this.#options.name,
      seed: this.#seed,
      digest: world.digest.toString(),
      schedule: this.#schedule,
      core: this.core,
      violation: this.#violation,
      marks: this.#marks,
      statistics: {
        time: world.now,
        events: world.agenda.happened,
        submitted: this.#submitted,
        answered: this.#answered,
        unanswered: this.#unanswered,
      },
      trace: this.#trace,
    };
  }

  /** Whatever was kept by whoever is well closes, and leaves nothing behind. */
  async #close(): Promise<void> {
    if (this.#violation !== undefined) return;
    this.#closing = true;
    const world = this.#world;
    const nodes = [...world.nodes.values()].filter(({ process }) => process?.state === 'running');
    const closings = nodes.map((node) => ({ node, process: node.process, closed: false }));
    for (const each of closings) {
      world.agenda.plan(world.now, NEWS, undefined, () => {
        each.node.stop().then(
          () => (each.closed = true),
          (error: unknown) => {
            this.broke(`closing failed: ${said(error)}`, each.node.name, error);
          },
        );
      });
    }
    await this.#until(world.now + CLOSING_MS, () => closings.every(({ closed }) => closed));
    // What lingers is over within moments.
    await this.#until(world.now + 1000);
    this.#judge = quiescence;
    for (const { node, process, closed } of closings) {
      if (process?.dead !== false || this.#violation !== undefined) continue;
      if (!closed) this.violated(`${node.name} has not closed within ${CLOSING_MS} ms`);
      else if (process.sockets > 0) this.violated(`${node.name} left ${process.sockets} sockets open`);
      else if (process.timers > node.sleeping) this.violated(`${node.name} left ${process.timers - node.sleeping} timers armed`);
    }
  }

  async #until(time: number, enough: () => boolean = () => false): Promise<void> {
    if (this.#violation !== undefined) return;
    await this.#world.run(time, () => {
      for (let index = 0; index < this.#stepped.length; index++) (this.#stepped[index] as () => void)();
      return this.#violation !== undefined || enough();
    });
  }

  /* ---------------------------------------------------------------- for the watchers */

  get now(): number {
    return this.#world.now;
  }

  get schedule(): readonly Fault[] {
    return this.#schedule;
  }

  isLinked(peer: string): boolean {
    return this.#world.network.isLinked(peer);
  }

  isOver(peer: string): boolean {
    return this.#world.network.isOver(peer);
  }

  processOf(node: string): SimulatedProcess | undefined {
    return this.#world.nodes.get(node)?.process;
  }

  isUp(node: string): boolean {
    return this.processOf(node) !== undefined;
  }

  mark(name: string): void {
    this.#marks.add(name);
  }

  inspect(node: string): readonly object[] {
    const simulated = this.#world.nodes.get(node);
    if (simulated?.process === undefined) return [];
    return [...simulated.roles].flatMap((role) => role.inspect?.() ?? []);
  }

  at(time: number, look: () => void): void {
    const judge = this.#judge;
    this.#world.agenda.plan(time, NEWS, undefined, () => {
      this.#judge = judge;
      try {
        look();
      } catch (error) {
        this.#ruleThrew(error);
      }
    });
  }

  violated(because: string, rule: Rule = this.#judge): void {
    const { id, sentence } = rule;
    this.#violation ??= { invariant: id, sentence, because, t: this.now };
    if (this.#keep) this.#trace.push({ t: this.now, node: '', kind: 'violation', invariant: id, because });
  }

  /* ---------------------------------------------------------------- what happens */

  saw(event: TraceEvent, process: SimulatedProcess | undefined): void {
    if (this.#keep) this.#trace.push(process === undefined ? event : { ...event, inc: process.incarnation });
    const { kind } = event;
    if (kind === 'submit') this.#submitted++;
    else if (kind === 'answered') this.#answered++;
    else if (kind === 'unanswered' && !this.#closing) this.#unanswered++;
    const listeners = this.#byKind.get(kind);
    if (listeners !== undefined) for (const listener of listeners) listener(event, process as SimulatedProcess);
    const all = this.#byKind.get('*');
    if (all !== undefined) for (const listener of all) listener(event, process as SimulatedProcess);
  }

  broke(what: string, _node: string, error?: unknown): void {
    this.#judge = BUGS;
    this.#threw(what, error);
  }

  #ruleThrew(error: unknown): void {
    this.#threw(`the rule itself threw ${said(error)}`, error);
  }

  #threw(what: string, error: unknown): void {
    const first = this.#violation === undefined;
    this.threw ||= error !== undefined;
    this.violated(what);
    const where = callsOf(error);
    if (first && where.length > 0) this.#violation = { ...(this.#violation as unknown as Violation), where };
  }

  marked(name: string): void {
    this.mark(name);
  }

  #watch(invariant: Invariant): void {
    const watcher = this.#watcherOf(invariant);
    const index = this.#watchers.push(watcher) - 1;
    for (const [kind, listener] of Object.entries(watcher.on ?? {})) {
      const listeners = this.#byKind.get(kind) ?? [];
      this.#byKind.set(kind, listeners);
      listeners.push((event, process) => {
        this.#as(index, () => {
          listener.call(watcher, event, process);
        });
      });
    }
    if (watcher.stepped !== undefined)
      this.#stepped.push(() => {
        this.#as(index, () => watcher.stepped?.());
      });
    this.#judges.push(invariant);
  }

  #watcherOf(invariant: Invariant): Watcher {
    this.#judge = invariant;
    try {
      const watcher: unknown = invariant.watch(this);
      if (typeof watcher !== 'object' || watcher === null) throw new TypeError('watch() must answer a watcher, at least {}');
      return watcher;
    } catch (error) {
      this.#ruleThrew(error);
      return {};
    }
  }

  readonly #judges: Invariant[] = [];

  #as(index: number, work: () => void): void {
    this.#judge = this.#judges[index] as Invariant;
    try {
      work();
    } catch (error) {
      this.#ruleThrew(error);
    }
  }

  #observeNetwork(): void {
    const keep = this.#keep;
    const senders = this.#indexes('sent');
    const receivers = this.#indexes('delivered');
    const connecting = this.#indexes('connected');
    const { network, digest } = this.#world;
    network.observer = {
      sent: (from, to, peer, frames) => {
        digest.sent(this.now, from.life, peer, frames);
        if (keep) this.#note({ t: this.now, node: from.node, kind: 'send', to, peer, frames: shown(frames) }, from);
        for (const index of senders) this.#as(index, () => this.#watchers[index]?.sent?.(from, to, peer, frames));
      },
      delivered: (to, from, peer, frames) => {
        digest.passed(this.now, to.life, peer);
        if (keep) this.#note({ t: this.now, node: to.node, kind: 'deliver', from, peer, frames: shown(frames) }, to);
        for (const index of receivers) this.#as(index, () => this.#watchers[index]?.delivered?.(to, from, peer, frames));
      },
      lost: (from, to, messages) => {
        digest.lost(this.now, from, to, messages);
        if (keep) this.#trace.push({ t: this.now, node: from, kind: 'lose', to, messages });
      },
      connected: (process, endpoint) => {
        if (keep) this.#note({ t: this.now, node: process.node, kind: 'connect', endpoint }, process);
        for (const index of connecting) this.#as(index, () => this.#watchers[index]?.connected?.(process, endpoint));
      },
    };
  }

  #note(event: TraceEvent, process: SimulatedProcess): void {
    this.#trace.push({ ...event, inc: process.incarnation });
  }

  #indexes(what: 'sent' | 'delivered' | 'connected'): number[] {
    return this.#watchers.flatMap((watcher, index) => (watcher[what] === undefined ? [] : [index]));
  }
}

const BUGS: Invariant = {
  id: 'U5',
  sentence: 'no machine is in a place that its table does not know, and nothing of ours throws',
  watch: () => ({}),
};

/** The rules that are on in every simulation. The last two cannot be left out. */
export const USUAL_RULES: readonly Rule[] = [...usualRules(0), BUGS, quiescence].map(({ id, sentence }) => ({ id, sentence }));

const MOST_CALLS = 4;

/** Where an error was made, from the inside out, without what is Node's own. */
function callsOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const calls = stack.split('\n').filter((line) => /^ +at /.test(line) && !line.includes('node:'));
  return calls.slice(0, MOST_CALLS).map((line) => line.trim());
}

/** Frames as text, for traces: one line, printable, and no longer than what a line has room for. */
function shown(frames: readonly Buffer[]): string {
  return frames.slice(0, MOST_SHOWN_FRAMES).map(shownFrame).join(' ');
}

const MOST_SHOWN_FRAMES = 8;
const LONGEST_SHOWN_TEXT = 48;
const LONGEST_SHOWN_BINARY = 4;

function shownFrame(frame: Buffer): string {
  const { length } = frame;
  const text = length <= LONGEST_SHOWN_TEXT ? frame.toString('latin1') : '';
  if (/^[\x20-\x7e]+$/.test(text)) return text;
  return length <= LONGEST_SHOWN_BINARY ? `[${frame.toString('hex')}]` : `[${length} bytes]`;
}
