/**
 * A simulated world: nodes that run programs over one simulated network, and time that passes only when nothing is left to do now. All
 * chance comes from one seed.
 */
import { Random } from '../core/random.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import { Agenda, NEWS } from './agenda.ts';
import { Digest } from './digest.ts';
import type { Fault } from './faults.ts';
import { raiseGuard, simulated } from './guard.ts';
import type { Program } from './host.ts';
import { SimulatedNetwork, type Range, type SimulatedNetworkOptions } from './network.ts';
import { SimulatedNode, said, type NodeWorld } from './node.ts';
import type { SimulatedProcess } from './process.ts';
import { turn } from './rejections.ts';

/** Told of everything that happens. */
export interface Witness {
  saw(event: TraceEvent, process: SimulatedProcess | undefined): void;
  /** The library or a program did what it must never do; `error` tells where, if one was thrown. */
  broke(what: string, node: string, error?: unknown): void;
  /** A `sometimes` mark was reached. */
  marked(name: string): void;
}

export interface WorldOptions {
  readonly seed: string;
  /** Programs by the names of their nodes. */
  readonly nodes: { readonly [name: string]: Program };
  readonly network?: SimulatedNetworkOptions;
  /**
   * Errors know where they were made, and what nobody catches is heard of at once. Both take time: errors are values here, thousands of them.
   * Default false.
   */
  readonly traced?: boolean;
}

/** So many calls are known of an error, in a run that is traced. */
const STACK_FRAMES = 10;

export class World implements NodeWorld {
  readonly agenda: Agenda = new Agenda();
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly nodes: Map<string, SimulatedNode> = new Map();
  readonly digest: Digest = new Digest();
  /** Nothing goes wrong any more with what belongs to the core. */
  healing = false;
  readonly #witness: Witness;
  readonly #traced: boolean;
  readonly #active = new Set<Fault>();
  #core: ReadonlySet<string> = new Set();

  constructor(options: WorldOptions, witness: Witness) {
    this.random = new Random(options.seed);
    this.#witness = witness;
    this.#traced = options.traced ?? false;
    this.network = new SimulatedNetwork(this.agenda, this.random.split('network'), options.network);
    this.network.onFailure = (error, process) => {
      this.broke(`a transport handler threw: ${said(error)}`, process, error);
    };
    for (const [name, program] of Object.entries(options.nodes)) this.nodes.set(name, new SimulatedNode(name, program, this));
  }

  get now(): number {
    return this.agenda.now;
  }

  record(event: TraceEvent, process: SimulatedProcess | undefined): void {
    if (process?.dead === true) return;
    this.digest.add(event);
    this.#witness.saw(event, process);
  }

  broke(what: string, process: SimulatedProcess, error?: unknown): void {
    this.#witness.broke(what, process.node, error);
  }

  mark(name: string): void {
    this.#witness.marked(name);
  }

  start(): void {
    for (const node of this.nodes.values()) node.start();
  }

  /** Does what is due until `until`, or until `enough` says so. */
  async run(until: number, enough: () => boolean = () => false): Promise<void> {
    const lower = raiseGuard((breach) => {
      this.#witness.broke(breach.message, '', breach);
    });
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = this.#traced ? STACK_FRAMES : 0;
    try {
      simulated(true);
      while (!enough() && this.#step(until)) {
        // What follows from it by promises is done before anything else happens.
        await new Promise<void>(settled);
        if (this.#traced) await this.#hearRejections();
      }
    } finally {
      simulated(false);
      Error.stackTraceLimit = stackTraceLimit;
      lower();
    }
  }

  #step(until: number): boolean {
    const { agenda } = this;
    try {
      return agenda.step(until);
    } catch (error) {
      const process = agenda.owner as SimulatedProcess | undefined;
      this.#witness.broke(`a callback in ${process?.life ?? 'the world'} threw: ${said(error)}`, process?.node ?? '', error);
      return true;
    }
  }

  async #hearRejections(): Promise<void> {
    simulated(false);
    await turn();
    simulated(true);
  }

  /* ---------------------------------------------------------------- faults */

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.agenda.plan(fault.at, NEWS, undefined, () => {
        this.#begin(fault);
      });
    }
  }

  /** From now on nothing happens to these nodes any more; the others stay as they are, for good. */
  heal(core: readonly string[]): void {
    this.#core = new Set(core);
    this.healing = true;
    for (const fault of [...this.#active]) if (this.#isOfCore(fault)) this.#end(fault);
    for (const name of core) {
      const node = this.#node(name);
      if (!node.up || node.stopping) this.#restart(node);
    }
    this.record({ t: this.now, node: '', kind: 'heal', core: core.join(' ') }, undefined);
  }

  #begin(fault: Fault): void {
    if (this.healing && this.#isOfCore(fault)) return;
    this.record({ t: this.now, node: 'node' in fault ? fault.node : fault.from, kind: 'fault', ...told(fault) }, undefined);
    if (fault.op !== 'cut' && fault.op !== 'halfOpen' && fault.op !== 'skew') this.#active.add(fault);
    this.#do(fault);
    if (!('for' in fault) || fault.for === undefined) return;
    this.agenda.plan(this.now + fault.for, NEWS, undefined, () => {
      // What does not belong to the core is not healed.
      if (!this.healing) this.#end(fault);
    });
  }

  #do(fault: Fault): void {
    switch (fault.op) {
      case 'crash':
        this.#node(fault.node).die(fault.machine !== true);
        return;
      case 'stop':
        void this.#node(fault.node)
          .stop()
          .catch((error: unknown) => {
            this.#witness.broke(`closing failed: ${said(error)}`, fault.node, error);
          });
        return;
      case 'pause':
      case 'stall':
        this.#node(fault.node).process?.stop(fault.op === 'pause' ? 'paused' : 'stalled');
        this.#processChanged(fault.node);
        return;
      case 'partition':
        this.network.block(fault.from, fault.to);
        if (fault.oneWay !== true) this.network.block(fault.to, fault.from);
        return;
      case 'cut':
        this.network.cut(fault.from, fault.to);
        return;
      case 'halfOpen':
        this.network.halfOpen(fault.from, fault.to);
        return;
      case 'delay':
        this.#slow(fault);
        return;
      case 'slowReader':
        this.#slowDown(fault.node);
        return;
      case 'skew':
        this.#node(fault.node).skew += fault.by;
        return;
    }
  }

  #end(fault: Fault): void {
    if (!this.#active.delete(fault)) return;
    this.record({ t: this.now, node: 'node' in fault ? fault.node : fault.from, kind: 'faultEnd', op: fault.op }, undefined);
    switch (fault.op) {
      case 'crash':
      case 'stop': {
        const node = this.#node(fault.node);
        if ((!node.up || node.stopping) && !this.#isHeldDown(node.name)) this.#restart(node);
        return;
      }
      case 'pause':
      case 'stall':
        this.#node(fault.node).process?.resume();
        this.#standStill(fault.node);
        this.#processChanged(fault.node);
        return;
      case 'partition':
        this.network.unblock(fault.from, fault.to);
        if (fault.oneWay !== true) this.network.unblock(fault.to, fault.from);
        return;
      case 'delay':
        this.#slow(fault);
        return;
      case 'slowReader':
        this.#slowDown(fault.node);
        return;
      case 'cut':
      case 'halfOpen':
      case 'skew':
        return;
    }
  }

  /** A node that has not ended yet is killed. */
  #restart(node: SimulatedNode): void {
    node.die(true);
    node.start();
    this.#standStill(node.name);
    this.#slowDown(node.name);
  }

  /** Several faults may do the same at the same time: it is over when the last of them is. */
  #isHeldDown(name: string): boolean {
    for (const fault of this.#active) if ((fault.op === 'crash' || fault.op === 'stop') && fault.node === name) return true;
    return false;
  }

  /** The longest of the pauses that are in force. */
  #slowDown(name: string): void {
    const { process } = this.#node(name);
    if (process === undefined) return;
    process.readPause = 0;
    for (const fault of this.#active)
      if (fault.op === 'slowReader' && fault.node === name) process.readPause = Math.max(process.readPause, fault.every);
  }

  /** The longest of the delays that are in force between two nodes. */
  #slow({ from, to }: { readonly from: string; readonly to: string }): void {
    let longest: Range | undefined;
    for (const fault of this.#active) {
      if (fault.op !== 'delay' || !isBetween(fault, from, to)) continue;
      if (longest === undefined || fault.delay[1] > longest[1]) longest = fault.delay;
    }
    this.network.slow(from, to, longest);
  }

  /** Another fault may hold it. */
  #standStill(name: string): void {
    for (const fault of this.#active) {
      if ((fault.op === 'pause' || fault.op === 'stall') && fault.node === name) {
        this.#node(name).process?.stop(fault.op === 'pause' ? 'paused' : 'stalled');
      }
    }
  }

  #processChanged(name: string): void {
    const { process } = this.#node(name);
    if (process !== undefined) this.network.processChanged(process);
  }

  #isOfCore(fault: Fault): boolean {
    return 'node' in fault ? this.#core.has(fault.node) : this.#core.has(fault.from) && this.#core.has(fault.to);
  }

  #node(name: string): SimulatedNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new TypeError(`there is no node "${name}"`);
    return node;
  }
}

/** After all microtasks, and before any other turn of the event loop. */
const settled = (done: () => void): void => {
  process.nextTick(done);
};

function isBetween(fault: { readonly from: string; readonly to: string }, a: string, b: string): boolean {
  return (fault.from === a && fault.to === b) || (fault.from === b && fault.to === a);
}

function told(fault: Fault): object {
  const { at: _at, ...rest } = fault;
  return 'delay' in rest ? { ...rest, delay: rest.delay.join('..') } : rest;
}
