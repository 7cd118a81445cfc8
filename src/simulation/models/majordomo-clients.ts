/**
 * Majordomo clients in a small world, as `src/majordomo/client.ts` has them: a link to the broker that all requests share, or, as long as
 * nobody knows whether the broker keeps correlations, a connection for each (`maxSockets: 1`).
 */
import type { LinkEffects, RequestEffects } from '../../majordomo/client.machine.ts';
import {
  ABORT,
  ANSWER,
  ASK,
  ASK_PLAIN,
  BEGIN,
  BROKER_GONE,
  CLOSE,
  CLOSE_LINK,
  CONNECTION_LOST,
  DOUBT,
  FAILURE,
  FOREIGN,
  OURS,
  PLACE,
  PROBE,
  PROBE_ANSWER,
  PROBE_ANSWER_FOREIGN,
  START,
  describe,
  failureIn,
  replyIn,
  type ClientSteps,
  type LinkEvent,
  type MajordomoClientSettings,
  type RequestEvent,
} from './majordomo-steps.ts';
import type { Packer, Unpacker } from './packing.ts';
import { perform } from './steps.ts';
import { END, attemptOf, breach, kindOf, message, requestOf, type Connection, type Happenings, type World } from './world.ts';

type Outcome = 'none' | 'replied' | 'failed';
const OUTCOMES: readonly Outcome[] = ['none', 'replied', 'failed'];

interface Request {
  machine: number;
  outcome: Outcome;
  /** How often it was put on the wire. */
  sent: number;
  /** A bit for each attempt whose number was put on the wire. */
  known: number;
  /** It was sent over the shared connection … */
  shared: boolean;
  /** … which has brought nothing since. */
  unheard: boolean;
  lane: Connection | undefined;
}

interface Client {
  link: number;
  shared: Connection | undefined;
  closed: boolean;
  /** Requests that wait for a connection. */
  readonly line: number[];
}

export class MajordomoClients {
  readonly #requests: Request[] = [];
  readonly #clients: Client[] = [];
  readonly #world: World;
  readonly #settings: MajordomoClientSettings;
  readonly #steps: ClientSteps;

  constructor(world: World, settings: MajordomoClientSettings, steps: ClientSteps) {
    this.#world = world;
    this.#settings = settings;
    this.#steps = steps;
  }

  begin(): void {
    for (let client = 0; client < this.#settings.clients; client++) {
      this.#clients.push({ link: this.#steps.link.start, shared: undefined, closed: false, line: [] });
      for (let count = 0; count < this.#settings.requests; count++) {
        const request = { outcome: 'none' as const, sent: 0, known: 0, shared: false, unheard: false, lane: undefined };
        this.#requests.push({ machine: this.#steps.request.start, ...request });
      }
      this.#stepLink(client, START[this.#settings.correlation]);
    }
  }

  pack(packer: Packer): void {
    for (const { link, shared, closed, line } of this.#clients) {
      packer.put(link * 2 + Number(closed));
      packer.put(shared === undefined ? 0 : shared.label + 1);
      packer.putAll(line);
    }
    for (const { machine, outcome, sent, known, shared, unheard, lane } of this.#requests) {
      packer.put(machine);
      packer.put(OUTCOMES.indexOf(outcome) | (shared ? 4 : 0) | (unheard ? 8 : 0));
      packer.put(sent);
      packer.put(known);
      packer.put(lane === undefined ? 0 : lane.label + 1);
    }
  }

  unpack(unpacker: Unpacker): void {
    const { connections } = this.#world;
    for (let client = 0; client < this.#settings.clients; client++) {
      const link = unpacker.take();
      const shared = connections[unpacker.take() - 1];
      this.#clients.push({ link: link >> 1, shared, closed: (link & 1) !== 0, line: unpacker.takeAll() });
    }
    for (let count = this.#settings.clients * this.#settings.requests; count > 0; count--) {
      const machine = unpacker.take();
      const flags = unpacker.take();
      const sent = unpacker.take();
      const known = unpacker.take();
      const lane = connections[unpacker.take() - 1];
      const outcome = OUTCOMES[flags & 3] as Outcome;
      this.#requests.push({
        machine,
        outcome,
        sent,
        known,
        shared: (flags & 4) !== 0,
        unheard: (flags & 8) !== 0,
        lane,
      });
    }
  }

  replace(before: Connection, after: Connection): void {
    for (const client of this.#clients) if (client.shared === before) client.shared = after;
    for (const request of this.#requests) if (request.lane === before) request.lane = after;
  }

  outcome(request: number): Outcome {
    return (this.#requests[request] as Request).outcome;
  }

  get quiet(): boolean {
    return this.#requests.every(({ machine }) => ['new', 'settled'].includes(this.#steps.request.kind(machine)));
  }

  /** Every link that is not closed has a connection, and may use it. */
  get isAtRest(): boolean {
    return this.quiet && this.#clients.every(({ link, closed }) => closed || ['correlated', 'plain'].includes(this.#steps.link.kind(link)));
  }

  #kind(request: number): string {
    return this.#steps.request.kind((this.#requests[request] as Request).machine);
  }

  #linkKind(client: number): string {
    return this.#steps.link.kind((this.#clients[client] as Client).link);
  }

  /* ---------------------------------------------------------------- what may happen */

  offer<W extends World>(happenings: Happenings<W>, read: (world: W) => MajordomoClients): void {
    const { requests: each, clients } = this.#settings;
    this.#requests.forEach(({ machine }, request) => {
      const client = Math.floor(request / each);
      const kind = this.#steps.request.kind(machine);
      const named = `request ${request + 1}`;
      const inTurn = request % each === 0 || this.#kind(request - 1) !== 'new';
      if (kind === 'new' && inTurn && !(this.#clients[client] as Client).closed)
        happenings.add(`client ${client + 1} makes ${named}`, (world) => read(world).#step(request, BEGIN));
      for (const [timer, what] of TIMERS)
        if (this.#steps.request.isArmed(machine, timer))
          happenings.add(`${what} of ${named}`, (world) => read(world).#fire(request, timer));
      if (kind !== 'new' && kind !== 'settled' && this.#world.left.aborts > 0)
        happenings.add(`${named} is aborted`, (world) => {
          world.spend('aborts');
          read(world).#step(request, ABORT);
        });
    });
    this.#clients.forEach((_, client) => {
      this.#offerLink(happenings, read, client);
    });
    this.#world.connections.forEach(({ owner, open, down }, at) => {
      if (owner >= clients || !open || down.length === 0) return;
      const what = describe(down[0] as number);
      happenings.add(`client ${owner + 1} ${what}`, (world) => read(world).#receive(world.connections[at] as Connection));
    });
  }

  #offerLink<W extends World>(happenings: Happenings<W>, read: (world: W) => MajordomoClients, client: number): void {
    const { link, shared, closed } = this.#clients[client] as Client;
    const named = `client ${client + 1}`;
    if (!closed && this.#world.left.closes > 0)
      happenings.add(`${named} is closed`, (world) => {
        world.spend('closes');
        read(world).#close(client);
      });
    if (this.#steps.link.isArmed(link, 'reconnectDelay'))
      happenings.add(`${named} connects anew`, (world) => read(world).#fireLink(client, 'reconnectDelay'));
    // While an earlier question is on its way, or the end of an earlier connection: else there would be any number of them.
    const asked = this.#world.connections.some(({ owner, up, down }) => owner === client && up.length + down.length > 0);
    if (this.#steps.link.isArmed(link, 'reprobeDelay') && !(asked && this.#world.isUp(0)))
      happenings.add(`${named} asks the broker again who it is`, (world) => read(world).#fireLink(client, 'reprobeDelay'));
    if (!this.#steps.link.isArmed(link, 'probeTimeout')) return;
    // What is on the way may still say that it lives; a question that was lost on the way will not be answered.
    const alive = this.#world.isUp(0) && shared?.bound === true && shared.up.length + shared.down.length > 0;
    if (this.#linkKind(client) === 'probing' || !alive)
      happenings.add(`${named} hears nothing of who the broker is`, (world) => read(world).#fireLink(client, 'probeTimeout'));
    else if (this.#world.mayFail('suspicions'))
      happenings.add(
        `${named} gives up its broker, which lives`,
        (world) => {
          world.spendFault('suspicions');
          read(world).#fireLink(client, 'probeTimeout');
        },
        true,
      );
  }

  /* ---------------------------------------------------------------- what comes in, as client.ts has it */

  #receive(connection: Connection): void {
    const client = connection.owner;
    const next = connection.down.shift() as number;
    if (connection !== this.#clients[client]?.shared) {
      this.#receiveOnLane(connection, next);
      return;
    }
    if (next === END) {
      this.#stepLink(client, BROKER_GONE);
      return;
    }
    if (kindOf(next) === PROBE_ANSWER_FOREIGN) {
      this.#stepLink(client, FOREIGN);
      return;
    }
    this.#hear(client);
    const known = this.#requests[requestOf(next)] as Request;
    const isKnown = (known.known & (1 << attemptOf(next))) !== 0;
    if (kindOf(next) === PROBE_ANSWER) this.#stepLink(client, OURS);
    else if (!isKnown) this.#world.notes.push('nobody waits for it');
    else if (kindOf(next) === ANSWER) this.#step(requestOf(next), replyIn(next));
    else if (kindOf(next) === FAILURE) this.#step(requestOf(next), failureIn(next));
  }

  #hear(client: number): void {
    const { requests: each } = this.#settings;
    for (const request of this.#requests.slice(client * each, (client + 1) * each)) request.unheard = false;
    const state = this.#steps.link.state((this.#clients[client] as Client).link);
    if (state.kind === 'doubting' || (state.kind === 'correlated' && state.failures > 0)) this.#stepLink(client, OURS);
  }

  #receiveOnLane(lane: Connection, next: number): void {
    const request = lane.carries;
    if (next === END) {
      this.#world.close(lane);
      if (request >= 0) this.#step(request, CONNECTION_LOST);
      return;
    }
    lane.unanswered = false;
    if (request >= 0) {
      const { machine } = this.#requests[request] as Request;
      const { attempt } = this.#steps.request.state(machine) as { readonly attempt: number };
      this.#step(request, replyIn(message(ANSWER, request, attempt, requestOf(next))));
    } else this.#world.close(lane);
  }

  #close(client: number): void {
    const own = this.#clients[client] as Client;
    own.closed = true;
    const { requests: each } = this.#settings;
    for (let request = client * each; request < (client + 1) * each; request++)
      if (this.#kind(request) !== 'new') this.#step(request, CLOSE);
    for (const lane of this.#lanesOf(client)) this.#world.close(lane);
    this.#stepLink(client, CLOSE_LINK);
  }

  /* ---------------------------------------------------------------- the link */

  #stepLink(client: number, event: LinkEvent): void {
    const own = this.#clients[client] as Client;
    const { to, effects } = this.#steps.link.step(own.link, event);
    own.link = to;
    perform(effects, this.#linkEffectsOf(client, own));
  }

  #fireLink(client: number, timer: 'probeTimeout' | 'reprobeDelay' | 'reconnectDelay'): void {
    const own = this.#clients[client] as Client;
    const { to, effects } = this.#steps.link.fire(own.link, timer);
    own.link = to;
    perform(effects, this.#linkEffectsOf(client, own));
  }

  #linkEffectsOf(client: number, own: Client): LinkEffects {
    return {
      open: () => {
        own.shared = this.#world.connect(client, 0);
      },
      shut: () => {
        if (own.shared !== undefined) this.#world.close(own.shared);
        own.shared = undefined;
        const { requests: each } = this.#settings;
        for (let request = client * each; request < (client + 1) * each; request++)
          if ((this.#requests[request] as Request).shared) this.#world.followUp(() => this.#step(request, CONNECTION_LOST));
      },
      probe: () => {
        if (own.shared !== undefined) this.#world.sendUp(own.shared, PROBE);
      },
      usable: () => {
        this.#placeSoon(client);
        this.#world.followUp(() => {
          if (this.#linkKind(client) !== 'correlated') return;
          for (const lane of this.#lanesOf(client)) if (lane.carries < 0) this.#world.close(lane);
        });
      },
      lost: () => {
        this.#world.notes.push(`client ${client + 1} leaves its connection`);
      },
      turn: () => {
        // These clients know one broker.
      },
    };
  }

  /* ---------------------------------------------------------------- a request */

  #step(request: number, event: RequestEvent): void {
    const own = this.#requests[request] as Request;
    const { to, effects } = this.#steps.request.step(own.machine, event);
    own.machine = to;
    perform(effects, this.#effectsOf(request, own));
  }

  #fire(request: number, timer: (typeof TIMERS)[number][0]): void {
    const own = this.#requests[request] as Request;
    const { to, effects } = this.#steps.request.fire(own.machine, timer);
    own.machine = to;
    perform(effects, this.#effectsOf(request, own));
  }

  #effectsOf(request: number, own: Request): RequestEffects {
    const client = Math.floor(request / this.#settings.requests);
    const { line } = this.#clients[client] as Client;
    let answered = false;
    return {
      enqueue: () => {
        line.push(request);
        this.#placeSoon(client);
      },
      stayInLine: () => undefined,
      retire: () => {
        const waits = line.indexOf(request);
        if (waits >= 0) line.splice(waits, 1);
        own.shared = false;
        const { lane } = own;
        if (lane === undefined) return;
        own.lane = undefined;
        if (answered && this.#linkKind(client) !== 'correlated') lane.carries = -1;
        else this.#world.close(lane);
        if (line.length > 0) this.#placeSoon(client);
      },
      transmit: (attempt) => {
        this.#transmit(request, own, attempt);
      },
      note: (_attempt, outcome) => {
        answered = outcome === 'replied';
        if (outcome === 'timed-out' && own.shared && own.unheard) this.#world.followUp(() => this.#stepLink(client, DOUBT));
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

  #transmit(request: number, own: Request, attempt: number): void {
    const client = Math.floor(request / this.#settings.requests);
    own.sent++;
    if (own.sent > this.#settings.retries) breach('LP1', `a request is sent ${this.#settings.retries} times at most`);
    if (own.lane !== undefined) {
      if (own.lane.unanswered) breach('LP2', 'a connection carries one open attempt at a time, and none after one that failed');
      own.lane.unanswered = true;
      this.#world.sendUp(own.lane, message(ASK_PLAIN, request));
    } else if (own.shared) {
      own.known |= 1 << attempt;
      own.unheard = true;
      this.#world.sendUp((this.#clients[client] as Client).shared as Connection, message(ASK, request, attempt));
    }
  }

  #succeed(request: number, own: Request, answered: number): void {
    this.#settle(request, own, 'replied');
    if (answered !== request) breach('U4', `request ${request + 1} got the answer to request ${answered + 1}`);
    if (this.#world.executions[answered] === 0) breach('U1', `request ${request + 1} was answered, and nobody had worked on it`);
    this.#world.notes.push(`request ${request + 1} has its reply`);
  }

  #settle(request: number, own: Request, outcome: Outcome): void {
    if (own.outcome !== 'none') breach('U2', `request ${request + 1} had its outcome (${own.outcome}), and got another (${outcome})`);
    own.outcome = outcome;
    own.known = 0;
    own.unheard = false;
  }

  /* ---------------------------------------------------------------- connections of one request */

  #lanesOf(client: number): Connection[] {
    const shared = this.#clients[client]?.shared;
    return this.#world.connections.filter((connection) => connection.owner === client && connection.open && connection !== shared);
  }

  #placeSoon(client: number): void {
    this.#world.followUp(() => {
      this.#place(client);
    });
  }

  #place(client: number): void {
    const { line } = this.#clients[client] as Client;
    const kind = this.#linkKind(client);
    const shared = kind === 'correlated' || kind === 'doubting';
    if (!shared && kind !== 'plain') return;
    while (line.length > 0) {
      const lanes = kind === 'plain' ? this.#lanesOf(client) : [];
      const idle = lanes.filter(({ carries }) => carries < 0);
      if (lanes.length > 0 && idle.length === 0) return;
      const request = line.shift() as number;
      const own = this.#requests[request] as Request;
      own.shared = shared;
      own.lane = shared ? undefined : this.#laneFor(client, request, own, idle[0]);
      this.#step(request, PLACE);
    }
  }

  #laneFor(client: number, request: number, own: Request, idle: Connection | undefined): Connection {
    const { attempt } = this.#steps.request.state(own.machine) as { readonly attempt: number };
    let lane = idle;
    if (lane !== undefined && attempt > 1) this.#world.close(lane);
    if (lane === undefined || attempt > 1) lane = this.#world.connect(client, 0);
    lane.carries = request;
    return lane;
  }
}

const TIMERS = [
  ['requestTimeout', 'time runs out for an attempt'],
  ['retryDelay', 'the pause ends before the next attempt'],
] as const;
