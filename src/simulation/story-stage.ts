/** The stage of a story: its world, the nodes that were called, what their handlers are to do, and what the chronicle hears of it all. */
import { NEWS } from './agenda.ts';
import type { Fault } from './faults.ts';
import type { Host, Keepable, Program } from './host.ts';
import { SimulatedNode } from './node.ts';
import type { SimulatedProcess } from './process.ts';
import { Chronicle, rounded, withArticle } from './story-chronicle.ts';
import {
  answerInWords,
  clientOf,
  countedSince,
  countsOf,
  endpointOf,
  epochOf,
  failureInWords,
  hubOf,
  listenTo,
  nodeAt,
  workerOf,
  type Counts,
  type StoryClient,
  type StoryHandler,
  type StoryOptions,
} from './story-roles.ts';
import { StoryHandlers, inTurn } from './story-handlers.ts';
import { StoryArbiter, StoryHalf, isHalf } from './story-pair.ts';
import { Stranger } from './story-stranger.ts';
import { shown, wordsOf, type Side, type StoryPattern } from './story-words.ts';
import type { Frame } from '../wire/message.ts';
import { World } from './world.ts';

/** It is quiet when nothing is due within so many ms: messages take 1 ms, and all pauses are longer. */
const QUIET_MS = 10;
/** A story that waits for outcomes waits no longer than this. */
const LONGEST_WAIT_MS = 600_000;

/** What a command asks for does not exist, or cannot be. */
export class Misdirection extends Error {}

export interface StageOptions {
  readonly pattern: StoryPattern;
  readonly seed: string;
  readonly disconnectNotices: boolean;
}

export class Stage {
  readonly world: World;
  readonly chronicle: Chronicle;
  readonly pattern: StoryPattern;
  readonly handlers: StoryHandlers;
  /** What the world found broken. */
  readonly broken: string[] = [];
  readonly #clients = new Map<string, StoryClient>();
  readonly #strangers = new Map<string, Stranger>();
  readonly #halves = new Map<string, StoryHalf>();
  readonly #arbiter = new StoryArbiter();
  /** What a node that connects is to the one that listens. */
  readonly #sides = new Map<string, Side>();
  readonly #failed: unknown[] = [];
  readonly #counts = new Map<Keepable, Counts>();
  readonly #open = new Set<{ readonly process: SimulatedProcess; readonly asked: string; readonly abort: AbortController }>();

  constructor(options: StageOptions) {
    this.pattern = options.pattern;
    this.world = new World(
      { seed: options.seed, nodes: {}, network: { delay: [1, 1], disconnectNotices: options.disconnectNotices } },
      {
        saw: (event, process) => {
          if (event.kind === 'serve')
            this.chronicle.announces(event.node, `serves, ${epochOf(event['epoch'])}: ${String(event['reason'])}`);
          else if (event.kind === 'step') this.#stepped(event as unknown as Step, process?.node ?? event.node);
          else if (event.kind === 'faultEnd') this.chronicle.tells(event.node, FAULT_ENDS[String(event['op'])] ?? 'is well again');
        },
        broke: (what, node) => this.broken.push(node === '' ? what : `${node}: ${what}`),
        marked: () => undefined,
      },
    );
    this.chronicle = new Chronicle(() => this.world.now);
    this.handlers = new StoryHandlers(this.world, this.chronicle);
    this.world.network.observer = {
      sent: (from, to, peer, frames) => {
        const receiver = to === '' ? nodeAt(peer) : to;
        this.chronicle.sends(from.node, receiver, this.#words(from.node, receiver, peer, frames));
      },
      delivered: (to, from, peer, frames) => {
        this.#tellCounts(to.node);
        this.chronicle.hears(to.node, from, this.#words(from, to.node, peer, frames));
      },
      lost: (from, to, messages) => {
        const what = messages === 1 ? 'a message is lost' : `${messages} messages are lost`;
        this.chronicle.tells(from, `${what} on the way to ${withArticle(to)}`);
      },
      connected: (process, endpoint) => {
        this.chronicle.tells(process.node, `connects to ${withArticle(nodeAt(endpoint))}`);
      },
    };
  }

  /* ---------------------------------------------------------------- time */

  /** Does it before anything else happens. What it throws comes out of `untilQuiet`. */
  plan(work: () => void): void {
    this.world.agenda.plan(this.world.now, NEWS, undefined, () => {
      try {
        work();
      } catch (error) {
        this.#failed.push(error);
      }
    });
  }

  async untilQuiet(): Promise<void> {
    const { agenda } = this.world;
    // Not in one run: what is put off, because its node stands still, must not make time pass.
    while (agenda.next <= agenda.now + QUIET_MS) await this.#run(agenda.next);
    if (this.#failed.length > 0) throw this.#failed[0];
  }

  async pass(milliseconds: number): Promise<void> {
    await this.#run(this.world.now + milliseconds);
  }

  async passUntilAllHaveOutcomes(): Promise<void> {
    const isOpen = (): boolean => [...this.#open].some(({ process }) => !process.dead);
    await this.#run(this.world.now + LONGEST_WAIT_MS, () => !isOpen());
    if (isOpen()) throw new Misdirection(`a request had no outcome within ${LONGEST_WAIT_MS} ms`);
    await this.untilQuiet();
  }

  async #run(until: number, enough: () => boolean = () => false): Promise<void> {
    await this.world.run(until, () => {
      this.#endTurn();
      return enough();
    });
    this.#endTurn();
  }

  #endTurn(): void {
    for (const node of this.world.nodes.keys()) this.#tellCounts(node);
    this.chronicle.endTurn();
  }

  /* ---------------------------------------------------------------- nodes */

  node(name: string): SimulatedNode {
    const node = this.world.nodes.get(name);
    if (node === undefined) throw new Misdirection(`there is no ${name} yet`);
    return node;
  }

  /** A node that is up. */
  process(name: string): SimulatedProcess {
    const { process } = this.node(name);
    if (process === undefined) throw new Misdirection(`${name} is down`);
    return process;
  }

  listen(name: string, options: StoryOptions): void {
    if (name.startsWith('stranger')) {
      this.#call(name, (host) => this.#strangerOf(name, host).listen());
      return;
    }
    this.#call(name, async (host) => {
      const role =
        this.pattern === 'binary-star'
          ? this.#memberOf(host, options)
          : hubOf(this.pattern, name, this.handlers.handlerOf(host), { ...portsOf(host), ...options });
      if (role === undefined) throw new Misdirection(`there is no ${name} in this pattern`);
      this.#keep(host, await role);
      this.chronicle.tells(name, 'listens');
    });
  }

  /** Of a pair: one of its halves, or their arbiter. */
  #memberOf(host: Host, options: StoryOptions): Promise<Keepable> | undefined {
    const { name } = host;
    if (name === 'arbiter') return this.#arbiter.listen(host);
    if (!isHalf(name)) return undefined;
    const setting = {
      handler: this.handlers.handlerOf(host),
      isSpoilt: this.handlers.isSpoilt(name),
      hasArbiter: this.world.nodes.has('arbiter'),
      options,
      tell: (fact: string) => {
        this.chronicle.announces(name, fact);
      },
    };
    return StoryHalf.listen(host, setting).then((half) => {
      this.#halves.set(name, half);
      return half;
    });
  }

  /** What an operator does to a half of a pair. */
  half(name: string, deed: (half: StoryHalf) => void): void {
    const half = this.#halves.get(name);
    if (half === undefined) throw new Misdirection(`${name} is not a half of a pair`);
    inTurn(this.process(name), () => {
      deed(half);
    });
  }

  work(name: string, service: string, options: StoryOptions): void {
    this.#sides.set(name, 'worker');
    this.#call(name, (host) => {
      const handler: StoryHandler = this.handlers.handlerOf(host);
      const role = workerOf(this.pattern, service, handler, { ...portsOf(host), ...options });
      if (role === undefined) throw new Misdirection('there are no workers in this pattern');
      this.#keep(host, role);
    });
  }

  connect(name: string, to: readonly string[], options: StoryOptions): void {
    this.#sides.set(name, 'client');
    this.#call(name, (host) => {
      const client = clientOf(this.pattern, to, { ...portsOf(host), ...options });
      this.#clients.set(name, client);
      this.#keep(host, client.role);
    });
  }

  connectStranger(name: string, to: string, side: Side): void {
    this.#sides.set(name, side);
    this.#call(name, (host) => {
      this.#strangerOf(name, host).connect(endpointOf(to, side === 'worker' ? 'workers' : 'clients'));
    });
  }

  stranger(name: string): Stranger {
    const stranger = this.#strangers.get(name);
    if (stranger === undefined) throw new Misdirection(`there is no ${name} yet`);
    return stranger;
  }

  /** Asks with these bodies, all at once; a client that stands still, when it goes on. */
  ask(name: string, service: string, bodies: readonly Frame[], options: StoryOptions): void {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Misdirection(`${name} is not a client that has connected`);
    const process = this.process(name);
    inTurn(process, () => {
      for (const body of bodies) this.#ask(client, process, service, body, options);
    });
  }

  #ask(client: StoryClient, process: SimulatedProcess, service: string, body: Frame, options: StoryOptions): void {
    const asked = shown([body]);
    const abort = new AbortController();
    const open = { process, asked, abort };
    const since = this.world.now;
    this.#open.add(open);
    const call = { ...options, signal: abort.signal };
    const tell = (words: string): void => {
      this.#open.delete(open);
      if (!process.dead) this.chronicle.tells(process.node, `${words} after ${rounded(this.world.now - since)} ms`);
    };
    client.ask(service, body, call).then(
      (answer) => {
        tell(answerInWords(asked, answer));
      },
      (error: unknown) => {
        tell(failureInWords(asked, error));
      },
    );
  }

  /** A client hears of a server, or is told that one is no more. */
  changePool(name: string, change: 'add' | 'remove', server: string): void {
    const pool = this.#clients.get(name)?.pool;
    if (pool === undefined) throw new Misdirection(`${name} is not a client whose servers may change`);
    inTurn(this.process(name), () => {
      pool[change](endpointOf(server, 'clients'));
    });
  }

  abort(name: string, asked: string): void {
    for (const open of this.#open) {
      if (open.process.node !== name || open.asked !== asked) continue;
      inTurn(open.process, () => {
        open.abort.abort();
      });
      return;
    }
    throw new Misdirection(`${name} has no open request ${asked}`);
  }

  fault(fault: Fault): void {
    this.world.schedule([fault]);
  }

  restart(name: string): void {
    const node = this.node(name);
    node.die(true);
    node.start();
  }

  resume(name: string): void {
    const process = this.process(name);
    process.resume();
    this.world.network.processChanged(process);
  }

  #call(name: string, program: Program): void {
    if (this.world.nodes.get(name)?.up === true) throw new Misdirection(`${name} is there already`);
    const node = new SimulatedNode(name, program, this.world);
    this.world.nodes.set(name, node);
    node.start();
  }

  #strangerOf(name: string, host: Host): Stranger {
    const stranger = new Stranger(host, this.chronicle);
    this.#strangers.set(name, stranger);
    return stranger;
  }

  #keep(host: Host, role: Keepable): void {
    host.keep(role);
    this.#counts.set(role, countsOf(role));
    listenTo(role, this.pattern === 'majordomo' ? 'broker' : 'queue', (fact) => {
      this.chronicle.announces(host.name, fact);
    });
  }

  /* ---------------------------------------------------------------- what is heard of it */

  #words(from: string, to: string, peer: string, frames: readonly Frame[]): ReturnType<typeof wordsOf> {
    const connector = peer.startsWith('sim://') ? from : peer.replace(/\.\d+#\d+$/, '');
    return wordsOf(this.pattern, sideBetween(from, to) ?? this.#sides.get(connector) ?? 'client', from === connector, frames);
  }

  #stepped({ machine, event, by }: Step, node: string): void {
    if (by === 'ignore') this.chronicle.ignores(node);
    else if (event === 'requestTimeout' || event === 'hedgeTimeout') this.chronicle.tells(node, 'an attempt times out');
    else if (event === 'hedgeLost' || (event === 'connectionLost' && machine !== 'FreelanceEndpoint'))
      this.chronicle.tells(node, 'an attempt loses its connection');
    else if (event === 'peerDied') this.chronicle.announces(node, 'hears that the connection from its peer has ended');
    else if (by?.startsWith('vote') === true) this.chronicle.announces(node, 'keeps it: a vote');
    else if (event === 'clientGone') this.chronicle.tells(node, 'a client has left');
  }

  #tellCounts(name: string): void {
    const node = this.world.nodes.get(name);
    if (node?.process === undefined) return;
    for (const role of node.roles) {
      const before = this.#counts.get(role) ?? {};
      const now = countsOf(role);
      this.#counts.set(role, now);
      for (const words of countedSince(before, now)) this.chronicle.tells(name, words);
    }
  }
}

/** As `traceObserver` writes it. */
interface Step {
  readonly machine: string;
  readonly event: string;
  readonly by: string | undefined;
}

/** Between the members of a pair. */
function sideBetween(from: string, to: string): Side | undefined {
  if (isHalf(from) && isHalf(to)) return 'peer';
  return from === 'arbiter' || to === 'arbiter' ? 'half' : undefined;
}

const FAULT_ENDS: Readonly<Record<string, string>> = {
  pause: 'goes on',
  stall: 'goes on',
  crash: 'is up again',
  stop: 'is up again',
  partition: 'can be reached again',
};

/** Pauses are as long as the options say: all chance but the first number, which names ids, is a half. */
function portsOf(host: Host): Host['ports'] {
  let first: number | undefined = host.random();
  const random = (): number => {
    const number = first ?? 0.5;
    first = undefined;
    return number;
  };
  return { ...host.ports, random };
}
