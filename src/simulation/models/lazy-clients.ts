/**
 * Clients of the Lazy Pirate in a small world: a request at a time over a connection of its own, as `src/lazy-pirate/client.ts` and
 * `src/runtime/lanes.ts` have it with `maxSockets: 1`.
 */
import type { AttemptOutcome } from '../../core/requests.ts';
import type { Machine, StepObserver } from '../../core/machine.ts';
import type { LazyPirateRequestEffects, LazyPirateRequestMachine } from '../../lazy-pirate/client.machine.ts';
import type { Frame } from '../../wire/message.ts';
import type { Packer, Unpacker } from './packing.ts';
import { Steps, numbered, perform } from './steps.ts';
import { END, breach, message, requestOf, type Connection, type Happenings, type World } from './world.ts';

/** What clients say and hear. */
export const ASK = 1;
export const ANSWER = 2;

export interface LazySettings {
  readonly clients: number;
  /** Requests of each client. */
  readonly requests: number;
  /** Attempts in all. */
  readonly retries: number;
  /** Listeners that the attempts go to in turn. */
  readonly endpoints: number;
  readonly deadline: boolean;
}

type Outcome = 'none' | 'replied' | 'failed';
const OUTCOMES: readonly Outcome[] = ['none', 'replied', 'failed'];

interface LazyRequest {
  machine: number;
  outcome: Outcome;
  /** The endpoint of its first attempt, -1 before. */
  first: number;
  /** How often it was put on the wire. */
  sent: number;
  lane: Connection | undefined;
}

interface LazyClient {
  preferred: number;
  closed: boolean;
  /** Requests that wait for the connection. */
  readonly line: number[];
}

interface Begins {
  readonly kind: 'begin' | 'place' | 'connectionLost' | 'abort' | 'close';
}
const BEGIN: Begins = { kind: 'begin' };
const PLACE: Begins = { kind: 'place' };
const CONNECTION_LOST: Begins = { kind: 'connectionLost' };
const ABORT: Begins = { kind: 'abort' };
const CLOSE: Begins = { kind: 'close' };
/** A reply whose body says which request it is the answer to. */
const replyTo = numbered((request) => ({ kind: 'REPLY' as const, body: [request] as unknown as readonly Frame[] }));

/** How the requests of one exploration step. */
export function lazySteps(
  machine: Machine<LazyPirateRequestMachine>,
  settings: LazySettings,
  observer?: StepObserver,
): Steps<LazyPirateRequestMachine> {
  const backoff = { base: 1, maximum: 1, jitter: 0 };
  const deadline = settings.deadline ? 1 : Infinity;
  return new Steps(
    machine,
    { requestTimeout: 1, requestRetries: settings.retries, deadline, backoff, round: 1, random: () => 0 },
    observer,
  );
}

/** The clients of one world, numbered from 0. Their requests are numbered through. */
export class LazyClients {
  readonly requests: LazyRequest[] = [];
  readonly #world: World;
  readonly #settings: LazySettings;
  readonly #steps: Steps<LazyPirateRequestMachine>;
  readonly #clients: LazyClient[] = [];

  constructor(world: World, settings: LazySettings, steps: Steps<LazyPirateRequestMachine>) {
    this.#world = world;
    this.#settings = settings;
    this.#steps = steps;
  }

  begin(): void {
    for (let client = 0; client < this.#settings.clients; client++) {
      this.#clients.push({ preferred: 0, closed: false, line: [] });
      for (let count = 0; count < this.#settings.requests; count++)
        this.requests.push({ machine: this.#steps.start, outcome: 'none', first: -1, sent: 0, lane: undefined });
    }
  }

  pack(packer: Packer): void {
    for (const { preferred, closed, line } of this.#clients) {
      packer.put(preferred * 2 + Number(closed));
      packer.putAll(line);
    }
    for (const { machine, outcome, first, sent, lane } of this.requests) {
      packer.put(machine);
      packer.put(OUTCOMES.indexOf(outcome));
      packer.put(first + 1);
      packer.put(sent);
      packer.put(lane === undefined ? 0 : lane.label + 1);
    }
  }

  unpack(unpacker: Unpacker): void {
    for (let client = 0; client < this.#settings.clients; client++) {
      const flags = unpacker.take();
      this.#clients.push({ preferred: flags >> 1, closed: (flags & 1) !== 0, line: unpacker.takeAll() });
    }
    for (let count = this.#settings.clients * this.#settings.requests; count > 0; count--) {
      const machine = unpacker.take();
      const outcome = OUTCOMES[unpacker.take()] as Outcome;
      const first = unpacker.take() - 1;
      const sent = unpacker.take();
      const lane = this.#world.connections[unpacker.take() - 1];
      this.requests.push({ machine, outcome, first, sent, lane });
    }
  }

  kind(request: number): string {
    return this.#steps.kind((this.requests[request] as LazyRequest).machine);
  }

  /** Whether no request is under way. */
  get quiet(): boolean {
    return this.requests.every((_, request) => ['new', 'settled'].includes(this.kind(request)));
  }

  /** A connection that waits for the next request is as good as none. */
  get isAtRest(): boolean {
    return this.quiet;
  }

  outcome(request: number): Outcome {
    return (this.requests[request] as LazyRequest).outcome;
  }

  /** A connection has become another one, and nobody was told. */
  replace(before: Connection, after: Connection): void {
    for (const request of this.requests) if (request.lane === before) request.lane = after;
  }

  /* ---------------------------------------------------------------- what may happen */

  /** @param read the clients of another world: the one in which it happens. */
  offer<W extends World>(happenings: Happenings<W>, read: (world: W) => LazyClients): void {
    const { requests: each } = this.#settings;
    this.requests.forEach(({ machine }, request) => {
      const client = Math.floor(request / each);
      const kind = this.#steps.kind(machine);
      const named = `request ${request + 1}`;
      const inTurn = request % each === 0 || this.kind(request - 1) !== 'new';
      if (kind === 'new' && inTurn && !(this.#clients[client] as LazyClient).closed)
        happenings.add(`client ${client + 1} makes ${named}`, (world) => read(world).#step(request, BEGIN));
      for (const [timer, what] of TIMERS)
        if (this.#steps.isArmed(machine, timer)) happenings.add(`${what} of ${named}`, (world) => read(world).#fire(request, timer));
      if (kind !== 'new' && kind !== 'settled' && this.#world.left.aborts > 0)
        happenings.add(`${named} is aborted`, (world) => {
          world.spend('aborts');
          read(world).#step(request, ABORT);
        });
    });
    this.#clients.forEach(({ closed }, client) => {
      if (closed || this.#world.left.closes === 0) return;
      happenings.add(`client ${client + 1} is closed`, (world) => {
        world.spend('closes');
        read(world).#close(client);
      });
    });
    this.#world.connections.forEach((connection, at) => {
      const { owner, open, down } = connection;
      if (owner >= this.#settings.clients || !open || down.length === 0) return;
      const next = down[0] as number;
      const what = next === END ? 'is told that its connection has ended' : `gets the answer to request ${requestOf(next) + 1}`;
      happenings.add(`client ${owner + 1} ${what}`, (world) => read(world).#receive(world.connections[at] as Connection));
    });
  }

  #receive(lane: Connection): void {
    const next = lane.down.shift() as number;
    const request = lane.carries;
    if (next === END) {
      this.#retireLane(lane);
      if (request >= 0) this.#step(request, CONNECTION_LOST);
      return;
    }
    if (request >= 0) {
      lane.unanswered = false;
      this.#step(request, replyTo(requestOf(next)));
      return;
    }
    this.#world.notes.push('nobody had asked');
    this.#retireLane(lane);
  }

  #close(client: number): void {
    (this.#clients[client] as LazyClient).closed = true;
    const { requests } = this.#settings;
    for (let request = client * requests; request < (client + 1) * requests; request++)
      if (this.kind(request) !== 'new') this.#step(request, CLOSE);
    for (const lane of this.#lanesOf(client)) this.#world.close(lane);
  }

  /* ---------------------------------------------------------------- a request, as client.ts has it */

  #step(request: number, event: LazyPirateRequestMachine['event']): void {
    const own = this.requests[request] as LazyRequest;
    const { to, effects } = this.#steps.step(own.machine, event);
    own.machine = to;
    perform(effects, this.#effectsOf(request, own));
  }

  #fire(request: number, timer: (typeof TIMERS)[number][0]): void {
    const own = this.requests[request] as LazyRequest;
    const { to, effects } = this.#steps.fire(own.machine, timer);
    own.machine = to;
    perform(effects, this.#effectsOf(request, own));
  }

  #effectsOf(request: number, own: LazyRequest): LazyPirateRequestEffects {
    const client = Math.floor(request / this.#settings.requests);
    const { line } = this.#clients[client] as LazyClient;
    let answered = false;
    return {
      enqueue: () => {
        line.push(request);
        this.#placeSoon(client);
      },
      retire: () => {
        const waits = line.indexOf(request);
        if (waits >= 0) line.splice(waits, 1);
        const { lane } = own;
        if (lane === undefined) return;
        own.lane = undefined;
        if (answered) {
          (this.#clients[client] as LazyClient).preferred = lane.to;
          lane.carries = -1;
        } else this.#retireLane(lane);
        if (line.length > 0) this.#placeSoon(client);
      },
      transmit: () => {
        this.#transmit(request, own);
      },
      note: (_attempt, outcome: AttemptOutcome) => {
        answered = outcome === 'replied';
      },
      blame: () => {
        const asker = this.#clients[client] as LazyClient;
        if (own.lane?.to === asker.preferred) asker.preferred = (asker.preferred + 1) % this.#settings.endpoints;
      },
      succeed: (body) => {
        this.#succeed(request, own, (body as unknown as readonly number[])[0] as number);
      },
      fail: (failure) => {
        this.#settle(request, own, 'failed');
        this.#world.notes.push(`request ${request + 1} fails (${failure})`);
      },
    };
  }

  #transmit(request: number, own: LazyRequest): void {
    const { lane } = own;
    own.sent++;
    if (own.sent > this.#settings.retries) breach('LP1', `a request is sent ${this.#settings.retries} times at most`);
    if (lane === undefined) return;
    if (lane.unanswered) breach('LP2', 'a connection carries one open attempt at a time, and none after one that failed');
    lane.unanswered = true;
    this.#world.sendUp(lane, message(ASK, request));
  }

  #succeed(request: number, own: LazyRequest, answered: number): void {
    this.#settle(request, own, 'replied');
    if (answered !== request) breach('U4', `request ${request + 1} got the answer to request ${answered + 1}`);
    if (this.#world.executions[answered] === 0) breach('U1', `request ${request + 1} was answered, and nobody had worked on it`);
    this.#world.notes.push(`request ${request + 1} has its reply`);
  }

  #settle(request: number, own: LazyRequest, outcome: Outcome): void {
    if (own.outcome !== 'none') breach('U2', `request ${request + 1} had its outcome (${own.outcome}), and got another (${outcome})`);
    own.outcome = outcome;
  }

  /* ---------------------------------------------------------------- connections, as lanes.ts has them */

  #lanesOf(client: number): Connection[] {
    return this.#world.connections.filter(({ owner, open }) => owner === client && open);
  }

  #retireLane(lane: Connection): void {
    const carried = this.requests[lane.carries];
    if (carried?.lane === lane && lane.carries >= 0) lane.carries = -1;
    this.#world.close(lane);
  }

  #placeSoon(client: number): void {
    this.#world.followUp(() => {
      this.#place(client);
    });
  }

  #place(client: number): void {
    const { line, preferred } = this.#clients[client] as LazyClient;
    while (line.length > 0) {
      const lanes = this.#lanesOf(client);
      const idle = lanes.filter(({ carries }) => carries < 0);
      if (idle.length === 0 && lanes.length > 0) return;
      const request = line.shift() as number;
      const own = this.requests[request] as LazyRequest;
      if (own.first < 0) own.first = preferred;
      const attempt = (this.#steps.state(own.machine) as { readonly attempt: number }).attempt;
      const endpoint = (own.first + attempt - 1) % this.#settings.endpoints;
      let lane = attempt > 1 ? undefined : idle.find(({ to }) => to === endpoint);
      if (lane === undefined) {
        if (idle[0] !== undefined) this.#world.close(idle[0]);
        lane = this.#world.connect(client, endpoint);
      }
      lane.carries = request;
      own.lane = lane;
      this.#step(request, PLACE);
    }
  }
}

const TIMERS = [
  ['requestTimeout', 'time runs out for an attempt'],
  ['retryDelay', 'the pause ends before the next attempt'],
  ['deadline', 'the deadline passes'],
] as const;
