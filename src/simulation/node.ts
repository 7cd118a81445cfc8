/** A node of a simulated world through all its lives, and the host that its program sees in each of them. */
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { numberOption } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { TraceEvent, TraceValue } from '../runtime/trace.ts';
import { framesOf } from '../wire/message.ts';
import type { Agenda } from './agenda.ts';
import { hashOf, hashOfBody, type Answer, type Host, type Keepable, type Ports, type Program, type Question } from './host.ts';
import { RESERVED_FIELDS, isReservedKind } from './kinds.ts';
import type { SimulatedNetwork } from './network.ts';
import { SimulatedProcess } from './process.ts';

/** Where simulated wall clocks start: some day in 2026. */
const EPOCH_MS = 1_790_000_000_000;

/** What a node asks of its world. */
export interface NodeWorld {
  readonly agenda: Agenda;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  readonly healing: boolean;
  record(event: TraceEvent, process: SimulatedProcess): void;
  /** The library or a program did what it must never do; `error` tells where. */
  broke(what: string, process: SimulatedProcess, error: unknown): void;
  mark(name: string): void;
}

export class SimulatedNode {
  readonly name: string;
  readonly program: Program;
  readonly roles: Set<Keepable> = new Set();
  process: SimulatedProcess | undefined;
  incarnation = 0;
  /** Ms that its wall clock is ahead. */
  skew = 0;
  /** Sleeps of its program that have not ended. */
  sleeping = 0;
  /** It was told to stop, and is on its way out. */
  stopping = false;
  readonly #world: NodeWorld;
  #asked = 0;

  constructor(name: string, program: Program, world: NodeWorld) {
    this.name = name;
    this.program = program;
    this.#world = world;
  }

  get up(): boolean {
    return this.process !== undefined;
  }

  start(): void {
    const { agenda, network, random } = this.#world;
    this.incarnation++;
    this.stopping = false;
    this.sleeping = 0;
    this.roles.clear();
    const process = new SimulatedProcess(this.name, this.incarnation, random.split(`${this.name}.${this.incarnation}`), agenda);
    this.process = process;
    network.machineIsUp(this.name);
    this.#say(process, 'boot');
    const host = this.#hostOf(process);
    process.plan(agenda.now, () => {
      void this.#run(host, process);
    });
  }

  /** Its process is no more, and what it knew is forgotten. `told`: its operating system closes its connections. */
  die(told: boolean): void {
    const { process } = this;
    if (process === undefined) return;
    this.#say(process, told ? 'crash' : 'machineCrash');
    process.die();
    this.process = undefined;
    this.#world.network.processDied(process, told);
  }

  /** Closes all its roles, those made last first; afterwards the process ends by itself. */
  async stop(): Promise<void> {
    const { process } = this;
    if (process === undefined || this.stopping) return;
    this.stopping = true;
    this.#say(process, 'stop');
    await Promise.all([...this.roles].toReversed().map((role) => role.close()));
    if (this.process !== process) return;
    this.#say(process, 'exit');
  }

  async #run(host: Host, process: SimulatedProcess): Promise<void> {
    try {
      await this.program(host);
    } catch (error) {
      if (!process.dead) this.#world.broke(`the program of ${this.name} failed: ${said(error)}`, process, error);
    }
  }

  #say(process: SimulatedProcess, kind: string, fields: { readonly [field: string]: TraceValue } = {}): void {
    this.#world.record({ t: this.#world.agenda.now, node: this.name, kind, ...fields }, process);
  }

  #hostOf(process: SimulatedProcess): Host {
    const world = this.#world;
    const { agenda } = world;
    const say = (kind: string, fields: { readonly [field: string]: TraceValue } = {}): void => {
      this.#say(process, kind, fields);
    };
    const ports: Ports = {
      transport: world.network.transportOf(process),
      clock: process.clock,
      random: process.random.split('roles').next,
      trace: (event) => {
        world.record(event, process);
      },
      name: this.name,
    };
    return {
      name: this.name,
      incarnation: process.incarnation,
      ports,
      random: process.random.next,
      get healing() {
        return world.healing;
      },
      sleep: (milliseconds) => {
        numberOption('milliseconds', milliseconds, 0);
        return new Promise((resolve) => {
          this.sleeping++;
          process.clock.setTimeout(() => {
            this.sleeping--;
            resolve();
          }, milliseconds);
        });
      },
      wallClock: () => EPOCH_MS + agenda.now + this.skew,
      keep: (role) => {
        if (typeof role?.close !== 'function') throw new InvalidOption('role', role, 'something with close()');
        this.roles.add(role);
        role.events?.on('fault', ({ error }) => {
          world.broke(`a bug was caught in ${this.name}: ${said(error)}`, process, error);
        });
        // Unheard it would be thrown outside of the run. What comes of it is for the rules to judge.
        role.events?.on('unusable', () => undefined);
        return role;
      },
      ask: (question) => this.#ask(question, say),
      work: (handler) => {
        if (typeof handler !== 'function') throw new InvalidOption('handler', handler, 'a function');
        return async (request, context) => {
          const hash = hashOf(request.body);
          say('execute', { hash });
          const reply = await handler(request, context);
          say('executed', { hash, reply: hashOfBody(reply) });
          return reply;
        };
      },
      record: (kind, fields = {}) => {
        if (typeof kind !== 'string' || typeof fields !== 'object')
          throw new InvalidOption('kind', kind, 'a text, and its fields an object');
        if (isReservedKind(kind)) throw new InvalidOption('kind', kind, 'a kind of its own: the world and its roles write such events');
        for (const field of RESERVED_FIELDS)
          if (field in fields) throw new InvalidOption(field, fields[field], 'left out: every event has it');
        say(kind, fields);
      },
      mark: (name) => {
        world.mark(name);
      },
    };
  }

  async #ask<T extends Answer>(
    question: Question<T>,
    say: (kind: string, fields: { readonly [field: string]: TraceValue }) => void,
  ): Promise<T | undefined> {
    const { body, within, mayFail = false } = question;
    numberOption('within', within, 0);
    if (typeof question.send !== 'function') throw new InvalidOption('send', question.send, 'a function');
    const request = ++this.#asked;
    const { healing } = this.#world;
    say('submit', { request, hash: hashOf(framesOf(body)), within, mayFail: mayFail || !healing });
    try {
      const reply = await question.send(body);
      say('answered', { request, reply: hashOf(reply.body) });
      return reply;
    } catch (error) {
      const code = error instanceof SeaworthyError ? error.code : said(error);
      say('unanswered', { request, code });
      return undefined;
    }
  }
}

export function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
