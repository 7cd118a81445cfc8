/**
 * The small world of Freelance: a client that knows two servers, and servers that die, forget everything and come back.
 *
 * The machines are the real ones; what is modelled is their shell, `src/freelance/client.ts`, and a server that works on as much as there is.
 * At most one ping is under way over a connection, and at most two connections to a server: one that is used, and one that comes to its end.
 */
import type { Machine, StepObserver } from '../../core/machine.ts';
import { InvalidOption } from '../../core/errors.ts';
import {
  freelanceRequest,
  type CopyPart,
  type FreelanceRequestEffects,
  type FreelanceRequestMachine,
} from '../../freelance/client.machine.ts';
import { freelanceEndpoint, type FreelanceEndpointEffects, type FreelanceEndpointMachine } from '../../freelance/endpoint.machine.ts';
import type { Frame } from '../../wire/message.ts';
import { Unpacker, type Packer } from './packing.ts';
import { boundsIn, checkSizes } from './sizes.ts';
import { modelOf, type SmallModel } from './small-world.ts';
import { Steps, numbered, perform } from './steps.ts';
import {
  END,
  World,
  attemptOf,
  breach,
  hasEnded,
  kindOf,
  message,
  requestOf,
  type Bounds,
  type Connection,
  type Happenings,
} from './world.ts';

export interface FreelanceMachines {
  readonly request: Machine<FreelanceRequestMachine>;
  readonly endpoint: Machine<FreelanceEndpointMachine>;
}

export interface FreelanceWorld extends Bounds {
  /** One. */
  readonly clients: number;
  readonly requests: number;
  /** Rounds in all. */
  readonly retries: number;
  readonly deadline: boolean;
  readonly hedge: boolean;
  /** The model with pings; else one without, and without a probe. */
  readonly pings: boolean;
  /** All faults together. */
  readonly faults: number;
  /** Others than the real ones, to see what is found in them. */
  readonly machines?: Partial<FreelanceMachines>;
  readonly observer?: StepObserver;
}

export const FREELANCE_WORLD: FreelanceWorld = {
  clients: 1,
  requests: 1,
  retries: 2,
  deadline: false,
  hedge: true,
  pings: true,
  faults: 1,
  crashes: 1,
  restarts: 0,
  cuts: 1,
  suspicions: 1,
  failures: 1,
  heartbeats: 0,
  expiries: 0,
  aborts: 0,
  closes: 0,
  shutdowns: 0,
  oddities: 0,
};

const SERVERS = 2;
/** In place of a server that was removed. */
const GONE = SERVERS;
const PING = 1;
const PONG = 2;
const ASK = 3;
const ANSWER = 4;

type Outcome = 'none' | 'replied' | 'failed';
const OUTCOMES: readonly Outcome[] = ['none', 'replied', 'failed'];

interface Copy {
  server: number;
  readonly part: CopyPart;
  underWay: boolean;
}

interface Request {
  machine: number;
  outcome: Outcome;
  /** All that were sent, until it is settled. */
  copies: Copy[];
}

interface Endpoint {
  machine: number;
  connection: Connection | undefined;
}

interface Server {
  isUp: boolean;
  jobs: { readonly connection: Connection; readonly asked: number }[];
}

interface Plan {
  readonly settings: FreelanceWorld;
  readonly requests: Steps<FreelanceRequestMachine>;
  readonly endpoints: Steps<FreelanceEndpointMachine>;
}

type RequestEvent = FreelanceRequestMachine['event'];
type EndpointEvent = FreelanceEndpointMachine['event'];
/** Steps are remembered by their events: each is made once. */
const REQUEST = {
  begin: { kind: 'begin' },
  place: { kind: 'place' },
  greeting: { kind: 'greeting' },
  connectionLost: { kind: 'connectionLost' },
  hedgeLost: { kind: 'hedgeLost' },
  abort: { kind: 'abort' },
  close: { kind: 'close' },
} as const satisfies { readonly [kind: string]: RequestEvent };
const ENDPOINT = {
  begin: { kind: 'begin' },
  HEARD: { kind: 'HEARD' },
  used: { kind: 'used' },
  overdue: { kind: 'overdue' },
  connectionLost: { kind: 'connectionLost' },
  remove: { kind: 'remove' },
} as const satisfies { readonly [kind: string]: EndpointEvent };
/** A reply whose body is the message that it came in. */
const replyIn = numbered((answer) => ({
  kind: 'REPLY' as const,
  attempt: attemptOf(answer),
  body: [answer] as unknown as readonly Frame[],
}));

const REQUEST_TIMERS = [
  ['requestTimeout', 'time runs out for the first copy'],
  ['hedgeTimeout', 'time runs out for the hedge'],
  ['hedgeDelay', 'it is time for the hedge'],
  ['retryDelay', 'the pause ends'],
  ['deadline', 'the deadline passes'],
] as const;
const ENDPOINT_TIMERS = [
  ['greetingTime', 'nobody waits any longer for the first word'],
  ['pingInterval', 'a ping is due'],
  ['probePause', 'the pause is over'],
] as const;
const HEALTH: { readonly [kind: string]: number } = { alive: 0, untried: 1, doubtful: 2, dead: 3 };

/** Everything at one moment, to be changed by one move. */
export class FreelanceState extends World {
  readonly requests: Request[] = [];
  readonly endpoints: Endpoint[] = [];
  readonly servers: Server[] = [];
  #closed = false;
  /** Who was found guilty last; -1: nobody. */
  #guilty = -1;
  #line: number[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan) {
    super();
    this.#plan = plan;
  }

  static begin(plan: Plan): FreelanceState {
    const state = new FreelanceState(plan);
    const { settings, requests, endpoints } = plan;
    state.setBounds(settings, settings.faults);
    for (let request = 0; request < settings.requests; request++) {
      state.requests.push({ machine: requests.start, outcome: 'none', copies: [] });
      state.executions.push(0);
    }
    for (let server = 0; server < SERVERS; server++) {
      state.servers.push({ isUp: true, jobs: [] });
      state.endpoints.push({ machine: endpoints.start, connection: undefined });
    }
    for (let server = 0; server < SERVERS; server++) state.#stepEndpoint(server, ENDPOINT.begin);
    state.leave();
    return state;
  }

  static unpack(plan: Plan, text: string): FreelanceState {
    const state = new FreelanceState(plan);
    const unpacker = new Unpacker(text);
    state.unpackShared(unpacker);
    const flags = unpacker.take();
    state.#closed = (flags & 1) !== 0;
    state.#guilty = (flags >> 1) - 1;
    state.#line = unpacker.takeAll();
    for (let request = 0; request < plan.settings.requests; request++) {
      const machine = unpacker.take();
      const outcome = OUTCOMES[unpacker.take()] as Outcome;
      const copies = unpacker
        .takeAll()
        .map((copy): Copy => ({ server: copy >> 2, part: copy & 1 ? 'hedge' : 'first', underWay: (copy & 2) !== 0 }));
      state.requests.push({ machine, outcome, copies });
    }
    for (let server = 0; server < SERVERS; server++) {
      state.endpoints.push({ machine: unpacker.take(), connection: state.connections[unpacker.take() - 1] });
      const its: Server = { isUp: unpacker.take() === 1, jobs: [] };
      for (let count = unpacker.take(); count > 0; count--)
        its.jobs.push({ connection: state.connections[unpacker.take()] as Connection, asked: unpacker.takeLarge() });
      state.servers.push(its);
    }
    return state;
  }

  override pack(packer: Packer): void {
    this.packShared(packer);
    packer.put(Number(this.#closed) | ((this.#guilty + 1) << 1));
    packer.putAll(this.#line);
    for (const { machine, outcome, copies } of this.requests) {
      packer.put(machine);
      packer.put(OUTCOMES.indexOf(outcome));
      packer.putAll(copies.map(({ server, part, underWay }) => (server << 2) | (underWay ? 2 : 0) | (part === 'hedge' ? 1 : 0)));
    }
    this.endpoints.forEach(({ machine, connection }, server) => {
      packer.put(machine);
      packer.put(connection === undefined ? 0 : connection.label + 1);
      const { isUp, jobs } = this.servers[server] as Server;
      packer.put(Number(isUp));
      packer.put(jobs.length);
      for (const { connection, asked } of jobs) {
        packer.put(connection.label);
        packer.putLarge(asked);
      }
    });
  }

  override isUp(listener: number): boolean {
    return (this.servers[listener] as Server).isUp;
  }

  kindOfRequest(request: number): string {
    return this.#plan.requests.kind((this.requests[request] as Request).machine);
  }

  stateOf(server: number): FreelanceEndpointMachine['state'] {
    return this.#plan.endpoints.state((this.endpoints[server] as Endpoint).machine);
  }

  /* ---------------------------------------------------------------- what may happen */

  offer(happenings: Happenings<FreelanceState>): void {
    this.requests.forEach((_, request) => this.#offerRequest(happenings, request));
    this.endpoints.forEach((_, server) => this.#offerEndpoint(happenings, server));
    this.connections.forEach((connection, at) => this.#offerConnection(happenings, connection, at));
    this.servers.forEach((server, at) => this.#offerServer(happenings, server, at));
    if (this.left.closes > 0 && !this.#closed)
      happenings.add('the client is closed', (state) => {
        state.spend('closes');
        state.#close();
      });
  }

  #offerRequest(happenings: Happenings<FreelanceState>, request: number): void {
    const { requests } = this.#plan;
    const { machine } = this.requests[request] as Request;
    const kind = requests.kind(machine);
    const named = `request ${request + 1}`;
    const isInTurn = request === 0 || this.kindOfRequest(request - 1) !== 'new';
    if (kind === 'new' && isInTurn && !this.#closed)
      happenings.add(`${named} is made`, (state) => state.#stepRequest(request, REQUEST.begin));
    for (const [timer, what] of REQUEST_TIMERS) {
      // The first copy was sent earlier than its hedge, and is as long under way.
      const isLater = timer === 'hedgeTimeout' && requests.isArmed(machine, 'requestTimeout');
      if (requests.isArmed(machine, timer) && !isLater)
        happenings.add(`${what} of ${named}`, (state) => {
          const own = state.requests[request] as Request;
          const { to, effects } = requests.fire(own.machine, timer);
          own.machine = to;
          perform(effects, state.#effectsOfRequest(request, own));
        });
    }
    if (kind !== 'new' && kind !== 'settled' && this.left.aborts > 0)
      happenings.add(`${named} is aborted`, (state) => {
        state.spend('aborts');
        state.#stepRequest(request, REQUEST.abort);
      });
  }

  #offerEndpoint(happenings: Happenings<FreelanceState>, server: number): void {
    const { endpoints } = this.#plan;
    const { machine, connection } = this.endpoints[server] as Endpoint;
    const named = `server ${server + 1}`;
    const fire = (timer: 'timeToLive' | (typeof ENDPOINT_TIMERS)[number][0], state: FreelanceState): void => {
      const own = state.endpoints[server] as Endpoint;
      const { to, effects } = endpoints.fire(own.machine, timer);
      own.machine = to;
      perform(effects, state.#effectsOfEndpoint(server, own));
    };
    const isPinged = connection?.up.includes(PING) === true || connection?.down.includes(PONG) === true;
    const isLeaving = this.connections.some((other) => other.to === server && other !== connection);
    for (const [timer, what] of ENDPOINT_TIMERS) {
      if (!endpoints.isArmed(machine, timer) || (timer === 'pingInterval' && isPinged) || (timer === 'probePause' && isLeaving)) continue;
      happenings.add(`${what} for ${named}`, (state) => fire(timer, state));
    }
    if (endpoints.isArmed(machine, 'timeToLive')) {
      // One that is up and can be heard is given up only by a fault.
      const isFault = this.isUp(server) && connection?.bound === true && !hasEnded(connection.up) && !hasEnded(connection.down);
      if (!isFault || this.mayFail('suspicions'))
        happenings.add(
          `${named} has been silent for too long`,
          (state) => {
            if (isFault) state.spendFault('suspicions');
            fire('timeToLive', state);
          },
          isFault,
        );
    }
    if (this.#closed) return;
    if (endpoints.kind(machine) === 'removed')
      happenings.add(`${named} is added again`, (state) => {
        state.endpoints[server] = { machine: endpoints.start, connection: undefined };
        state.#stepEndpoint(server, ENDPOINT.begin);
        for (const request of state.#line) state.#stepRequest(request, REQUEST.greeting);
        state.#placeSoon();
      });
    else if (this.left.closes > 0)
      happenings.add(`${named} is removed`, (state) => {
        state.spend('closes');
        state.#remove(server);
      });
  }

  #offerConnection(happenings: Happenings<FreelanceState>, connection: Connection, at: number): void {
    const { to, up, down, open, bound } = connection;
    const named = `server ${to + 1}`;
    if (bound && up.length > 0 && this.isUp(to))
      happenings.add(`${named} gets ${nameOf(up[0] as number)}`, (state) => state.#serve(state.connections[at] as Connection));
    if (open && down.length > 0)
      happenings.add(`the client gets ${nameOf(down[0] as number)} of ${named}`, (state) =>
        state.#receive(state.connections[at] as Connection),
      );
    if (!this.mayFail('cuts') || !bound || !open || hasEnded(up) || !this.isUp(to)) return;
    for (let arrives = 0; arrives <= up.length; arrives++)
      for (let returns = 0; returns <= down.length; returns++)
        happenings.add(
          `the connection to ${named} is cut`,
          (state) => {
            state.spendFault('cuts');
            state.cut(state.connections[at] as Connection, arrives, returns);
          },
          true,
        );
  }

  #offerServer(happenings: Happenings<FreelanceState>, { isUp, jobs }: Server, at: number): void {
    const named = `server ${at + 1}`;
    if (!isUp) {
      happenings.add(`${named} is back`, (state) => {
        (state.servers[at] as Server).isUp = true;
      });
      return;
    }
    jobs.forEach(({ asked }, index) => {
      const about = `its work on request ${requestOf(asked) + 1}`;
      happenings.add(`${named} ends ${about}`, (state) => {
        const [job] = (state.servers[at] as Server).jobs.splice(index, 1);
        if (job !== undefined) state.sendDown(job.connection, message(ANSWER, requestOf(asked), attemptOf(asked)));
      });
      if (this.mayFail('failures'))
        happenings.add(
          `${named} fails in ${about}`,
          (state) => {
            state.spendFault('failures');
            (state.servers[at] as Server).jobs.splice(index, 1);
          },
          true,
        );
    });
    if (this.mayFail('crashes'))
      happenings.add(
        `${named} dies`,
        (state) => {
          state.spendFault('crashes');
          state.#die(at);
        },
        true,
      );
  }

  /* ---------------------------------------------------------------- a server */

  #serve(connection: Connection): void {
    const next = connection.up.shift() as number;
    const server = this.servers[connection.to] as Server;
    if (next === END) {
      this.unbind(connection);
      server.jobs = server.jobs.filter((job) => job.connection !== connection);
    } else if (kindOf(next) === PING) this.sendDown(connection, PONG);
    else {
      this.execute(requestOf(next));
      server.jobs.push({ connection, asked: next });
    }
  }

  #die(at: number): void {
    const server = this.servers[at] as Server;
    server.isUp = false;
    server.jobs = [];
    for (const connection of this.connections) {
      if (connection.to !== at || !connection.bound) continue;
      this.unbind(connection);
      this.sendDown(connection, END);
    }
  }

  /* ---------------------------------------------------------------- a server as the client sees it, as client.ts has it */

  #receive(connection: Connection): void {
    const next = connection.down.shift() as number;
    const { to } = connection;
    if (next === END) {
      this.#stepEndpoint(to, ENDPOINT.connectionLost);
      this.#reconnect(connection);
      return;
    }
    this.#stepEndpoint(to, ENDPOINT.HEARD);
    if (kindOf(next) !== ANSWER) return;
    const asked = this.requests[requestOf(next)] as Request;
    const copy = asked.copies[attemptOf(next) - 1];
    if (copy?.server === to) {
      if (asked.outcome === 'none') this.#judge(asked, attemptOf(next) - 1);
      this.#stepRequest(requestOf(next), replyIn(next));
    } else this.notes.push('nobody waits for it');
  }

  /** A transport connects anew by itself. */
  #reconnect(connection: Connection): void {
    const own = this.endpoints[connection.to] as Endpoint;
    this.close(connection);
    if (own.connection === connection) own.connection = this.connect(0, connection.to);
  }

  /** Who answers in time has its place back; who was overtaken by the hedge comes last. */
  #judge({ copies }: Request, answered: number): void {
    const { server, part, underWay } = copies[answered] as Copy;
    if (underWay) this.#forgive(server);
    if (part === 'hedge') for (const overtaken of copies.slice(0, answered)) if (overtaken.underWay) this.#guilty = overtaken.server;
  }

  #forgive(server: number): void {
    if (this.#guilty === server && !this.#plan.settings.pings) this.#guilty = -1;
  }

  #stepEndpoint(server: number, event: EndpointEvent): void {
    const own = this.endpoints[server] as Endpoint;
    const { to, effects } = this.#plan.endpoints.step(own.machine, event);
    own.machine = to;
    perform(effects, this.#effectsOfEndpoint(server, own));
  }

  #effectsOfEndpoint(server: number, own: Endpoint): FreelanceEndpointEffects {
    const disconnect = (): void => this.#disconnect(server, own);
    return {
      probe: () => {
        if (this.#plan.settings.pings) this.#sendTo(server, PING);
      },
      renew: disconnect,
      disconnect,
      usable: () => this.#placeSoon(),
      revive: () => {
        if (this.stateOf(server).kind === 'dead') this.#forgive(server);
        this.#placeSoon();
      },
      hasten: () => {
        this.notes.push(`the next probe of server ${server + 1} comes sooner`);
      },
      doubt: () => {
        this.#guilty = server;
        this.notes.push(`server ${server + 1} is in doubt`);
      },
      lose: (reason) => {
        this.#guilty = server;
        this.notes.push(`server ${server + 1} is taken for dead (${reason})`);
        this.#placeSoon();
      },
    };
  }

  #disconnect(server: number, own: Endpoint): void {
    const { connection } = own;
    own.connection = undefined;
    if (connection !== undefined) this.close(connection);
    this.requests.forEach(({ copies }, request) => {
      for (const copy of copies) if (copy.server === server && copy.underWay) this.#loseCopy(request, copy);
    });
  }

  #sendTo(server: number, said: number): void {
    const own = this.endpoints[server] as Endpoint;
    own.connection ??= this.connect(0, server);
    this.sendUp(own.connection, said);
  }

  #remove(server: number): void {
    this.#stepEndpoint(server, ENDPOINT.remove);
    for (const { copies } of this.requests) for (const copy of copies) if (copy.server === server) copy.server = GONE;
    if (this.#guilty === server) this.#guilty = -1;
  }

  #close(): void {
    this.#closed = true;
    this.requests.forEach((_, request) => {
      if (!['new', 'settled'].includes(this.kindOfRequest(request))) this.#stepRequest(request, REQUEST.close);
    });
    this.endpoints.forEach((_, server) => {
      if (this.stateOf(server).kind !== 'removed') this.#remove(server);
    });
  }

  /* ---------------------------------------------------------------- a request, as client.ts has it */

  #stepRequest(request: number, event: RequestEvent): void {
    const own = this.requests[request] as Request;
    const { to, effects } = this.#plan.requests.step(own.machine, event);
    own.machine = to;
    perform(effects, this.#effectsOfRequest(request, own));
  }

  #effectsOfRequest(request: number, own: Request): FreelanceRequestEffects {
    return {
      enqueue: () => {
        this.#line.push(request);
        this.#placeSoon();
      },
      transmit: () => this.#transmit(request, own),
      hedge: () => {
        const server = this.#best(own, (candidate) => this.#mayHedge(candidate) && !isWith(own, candidate));
        if (server === undefined) {
          this.followUp(() => this.#stepRequest(request, REQUEST.hedgeLost));
          return;
        }
        this.followUp(() => this.#stepEndpoint(server, ENDPOINT.used));
        this.#send(request, own, server, 'hedge');
      },
      blame: (part) => {
        for (const copy of own.copies) {
          if (copy.part !== part || !copy.underWay) continue;
          copy.underWay = false;
          const { server } = copy;
          this.followUp(() => this.#stepEndpoint(server, ENDPOINT.overdue));
        }
      },
      succeed: (_attempt, body) => {
        const answered = requestOf((body as unknown as readonly number[])[0] as number);
        if (answered !== request) breach('U4', `request ${request + 1} got the answer to request ${answered + 1}`);
        if (this.executions[answered] === 0) breach('U1', `request ${request + 1} was answered, and nobody had worked on it`);
        this.#settle(request, own, 'replied');
      },
      fail: (failure) => {
        this.#settle(request, own, 'failed');
        this.notes.push(`request ${request + 1} fails (${failure})`);
      },
    };
  }

  /** To the best server: the models of shotguns would be other worlds. */
  #transmit(request: number, own: Request): void {
    const server = this.#best(own, () => true);
    if (server === undefined) breach('legal moves', 'a request is placed, and there is no server');
    this.#send(request, own, server, 'first');
  }

  #send(request: number, own: Request, server: number, part: CopyPart): void {
    own.copies.push({ server, part, underWay: true });
    const { retries, hedge } = this.#plan.settings;
    if (own.copies.length > retries * (hedge ? 2 : 1)) breach('LP1', `a request has ${retries} rounds at most`);
    if (own.outcome !== 'none') breach('LP3', `request ${request + 1} has its outcome, and is sent`);
    this.#sendTo(server, message(ASK, request, own.copies.length));
  }

  #loseCopy(request: number, copy: Copy): void {
    copy.underWay = false;
    const event = copy.part === 'first' ? REQUEST.connectionLost : REQUEST.hedgeLost;
    this.followUp(() => this.#stepRequest(request, event));
  }

  #settle(request: number, own: Request, outcome: Outcome): void {
    if (own.outcome !== 'none') breach('U2', `request ${request + 1} had its outcome (${own.outcome}), and got another (${outcome})`);
    own.outcome = outcome;
    const { length } = own.copies;
    const isLate = own.copies.at(-1)?.underWay === false;
    if (outcome === 'replied')
      this.notes.push(`request ${request + 1} has its reply${length > 1 ? ', sent again' : ''}${isLate ? ', late' : ''}`);
    own.copies = [];
    this.#line = this.#line.filter((each) => each !== request);
  }

  #placeSoon(): void {
    this.followUp(() => this.#place());
  }

  #place(): void {
    while (this.#line.length > 0) {
      const request = this.#line[0] as number;
      const server = this.#best(this.requests[request] as Request, () => true);
      if (server === undefined) return;
      if (!this.#isLive(server) && this.endpoints.some((_, other) => this.stateOf(other).kind === 'greeting')) return;
      this.#line.shift();
      this.#stepEndpoint(server, ENDPOINT.used);
      this.#stepRequest(request, REQUEST.place);
    }
  }

  #isLive(server: number): boolean {
    return ['alive', 'untried'].includes(this.stateOf(server).kind);
  }

  #mayHedge(server: number): boolean {
    const state = this.stateOf(server);
    return this.#isLive(server) || (state.kind === 'dead' && state.rested);
  }

  #health(server: number): number {
    const state = this.stateOf(server);
    return (HEALTH[state.kind] ?? Infinity) + (state.kind === 'dead' && !state.rested ? 1 : 0);
  }

  #best(own: Request, suits: (server: number) => boolean): number | undefined {
    const [first, ...others] = this.endpoints.flatMap((_, server) => (this.#health(server) < Infinity && suits(server) ? [server] : []));
    return others.reduce((best, server) => (best !== undefined && this.#isBetter(server, best, own) ? server : best), first);
  }

  #isBetter(server: number, best: number, own: Request): boolean {
    if (this.#isLive(server) !== this.#isLive(best)) return this.#isLive(server);
    const tries = (of: number): number => own.copies.filter((copy) => copy.server === of).length;
    if (tries(server) !== tries(best)) return tries(server) < tries(best);
    const isInOrder = this.#isLive(server) && !this.#plan.settings.pings;
    if (!isInOrder && this.#health(server) !== this.#health(best)) return this.#health(server) < this.#health(best);
    return this.#guilty === best;
  }

  /* ---------------------------------------------------------------- what must be */

  get quiet(): boolean {
    return this.requests.every((_, request) => ['new', 'settled'].includes(this.kindOfRequest(request)));
  }

  /** At one server at a time, with its hedge at two. */
  get isFrugal(): boolean {
    return this.requests.every(({ copies }) => {
      const at = copies.filter(({ underWay }) => underWay).map(({ server }) => server);
      return at.length <= (this.#plan.settings.hedge ? 2 : 1) && new Set(at).size === at.length;
    });
  }

  /** A connection to each server that is known, at most; and nothing is kept of one that is not. */
  get isBounded(): boolean {
    const open = this.connections.filter((connection) => connection.open);
    return (
      open.every(({ to }, at) => open.findIndex((other) => other.to === to) === at && this.stateOf(to).kind !== 'removed') &&
      this.requests.every(({ copies }) => copies.every(({ server, underWay }) => server !== GONE || !underWay))
    );
  }

  get isAtRest(): boolean {
    const isWell = (server: number): boolean => {
      const { kind } = this.stateOf(server);
      return this.#closed ? kind === 'removed' : kind === 'alive' || !this.#plan.settings.pings;
    };
    return this.quiet && this.servers.every(({ isUp, jobs }, server) => isUp && jobs.length === 0 && isWell(server));
  }
}

const isWith = ({ copies }: Request, server: number): boolean => copies.some((copy) => copy.server === server && copy.underWay);

function nameOf(said: number): string {
  const kind = kindOf(said);
  if (said === END) return 'the end';
  if (kind === PING || kind === PONG) return kind === PING ? 'a ping' : 'a pong';
  return `${kind === ASK ? 'copy' : 'the answer to copy'} ${attemptOf(said)} of request ${requestOf(said) + 1}`;
}

/** The model: what may happen, and what must hold. What the shell itself checks is in `docs/TESTING.md`. */
export function freelanceModel(options: Partial<FreelanceWorld> = {}): SmallModel {
  const settings = { ...FREELANCE_WORLD, ...options };
  checkSizes(settings);
  if (settings.clients !== 1) throw new InvalidOption('clients', settings.clients, '1: clients of Freelance have nothing in common');
  const { machines, observer, retries, pings } = settings;
  const backoff = { base: 1, maximum: 1, jitter: 0 };
  const random = (): number => 0;
  const plan: Plan = {
    settings,
    requests: new Steps(
      machines?.request ?? freelanceRequest,
      {
        requestTimeout: 1,
        requestRetries: retries,
        servers: SERVERS,
        deadline: settings.deadline ? 1 : Infinity,
        greetingTime: pings ? 1 : 0,
        hedgeDelay: settings.hedge ? 1 : Infinity,
        backoff,
        random,
      },
      observer,
    ),
    endpoints: new Steps(
      machines?.endpoint ?? freelanceEndpoint,
      { pings, probes: pings, pingInterval: 1, timeToLive: 2, greetingTime: 1, backoff, random },
      observer,
      // How many losses there were in a row makes pauses longer, and nothing else.
      (state) => ('failures' in state ? { ...state, failures: Math.min(1, state.failures) } : state),
    ),
  };
  const some = (holds: (state: FreelanceState, request: number) => boolean) => (state: FreelanceState) =>
    state.requests.some((_, request) => holds(state, request));
  return modelOf<FreelanceState>({
    name: 'freelance',
    bounds: boundsIn(settings),
    begin: () => FreelanceState.begin(plan),
    unpack: (text) => FreelanceState.unpack(plan, text),
    offer: (state, happenings) => state.offer(happenings),
    always: [
      { name: 'FL1', sentence: 'a request is at one server at a time, with its hedge at two', holds: (state) => state.isFrugal },
      {
        name: 'FL3',
        sentence: 'one connection to each server that is known, and nothing is kept of others',
        holds: (state) => state.isBounded,
      },
    ],
    sometimes: [
      ...(retries > 1 || settings.hedge
        ? [
            {
              name: 'twice',
              sentence: 'a request is worked on twice',
              holds: some(({ executions }, request) => (executions[request] ?? 0) > 1),
            },
          ]
        : []),
      {
        name: 'in vain',
        sentence: 'a request fails though it was worked on',
        holds: some(({ requests, executions }, request) => requests[request]?.outcome === 'failed' && (executions[request] ?? 0) > 0),
      },
      {
        name: 'dead',
        sentence: 'a server is taken for dead, and a request has its answer',
        holds: (state) =>
          state.requests.some(({ outcome }) => outcome === 'replied') && state.endpoints.some((_, at) => state.stateOf(at).kind === 'dead'),
      },
    ],
    eventually: [
      { name: 'outcome', sentence: 'every request that was made has its outcome', holds: (state) => state.quiet },
      { name: 'rest', sentence: 'all is answered, and all servers are well and known to be so', holds: (state) => state.isAtRest },
    ],
  });
}
