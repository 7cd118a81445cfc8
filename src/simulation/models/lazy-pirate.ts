/**
 * The small world of the Lazy Pirate: clients that ask two servers in turn, and servers that die, forget everything and come back.
 *
 * The machines are the real ones; what is modelled is their shells: `src/lazy-pirate/client.ts` and `server.ts`, the latter with
 * `maxConcurrentRequests: 1`, so that requests also wait.
 */
import type { Machine, StepObserver } from '../../core/machine.ts';
import { lazyPirateRequest, type LazyPirateRequestMachine } from '../../lazy-pirate/client.machine.ts';
import { lazyPirateJob, type JobOutcome, type LazyPirateJobEffects, type LazyPirateJobMachine } from '../../lazy-pirate/job.machine.ts';
import type { Frame } from '../../wire/message.ts';
import { ANSWER, LazyClients, lazySteps, type LazySettings } from './lazy-clients.ts';
import { Unpacker, type Packer } from './packing.ts';
import { boundsIn, checkSizes } from './sizes.ts';
import { modelOf, type SmallModel } from './small-world.ts';
import { Steps, perform } from './steps.ts';
import { END, World, hasEnded, message, requestOf, type Bounds, type Connection, type Happenings } from './world.ts';

export interface LazyPirateMachines {
  readonly request: Machine<LazyPirateRequestMachine>;
  readonly job: Machine<LazyPirateJobMachine>;
}

export interface LazyPirateWorld extends Bounds, Omit<LazySettings, 'endpoints'> {
  readonly servers: number;
  /** All faults together. */
  readonly faults: number;
  /** Others than the real ones, to see what is found in them. */
  readonly machines?: Partial<LazyPirateMachines>;
  readonly observer?: StepObserver;
}

export const LAZY_PIRATE_WORLD: LazyPirateWorld = {
  clients: 2,
  requests: 2,
  retries: 2,
  servers: 2,
  deadline: false,
  faults: 2,
  crashes: 2,
  restarts: 0,
  cuts: 2,
  suspicions: 0,
  failures: 1,
  heartbeats: 0,
  expiries: 0,
  aborts: 1,
  closes: 1,
  shutdowns: 0,
  oddities: 0,
};

interface Job {
  machine: number;
  /** Where it came from; none when its client has gone. */
  connection: Connection | undefined;
  readonly request: number;
}

type ServerState = 'up' | 'draining' | 'down';
const SERVER_STATES: readonly ServerState[] = ['up', 'draining', 'down'];

interface Server {
  state: ServerState;
  /** Those that wait, and one at work, in the order in which they came. */
  jobs: Job[];
}

interface Plan {
  readonly settings: LazyPirateWorld;
  readonly lazy: LazySettings;
  readonly requests: Steps<LazyPirateRequestMachine>;
  readonly jobs: Steps<LazyPirateJobMachine>;
}

type JobEvent = LazyPirateJobMachine['event'];
const PLACE: JobEvent = { kind: 'place' };
const DONE: JobEvent = { kind: 'handlerDone', body: [] as readonly Frame[] };
const FAILED: JobEvent = { kind: 'handlerFailed' };
const CLIENT_GONE: JobEvent = { kind: 'clientGone' };
const STOP: JobEvent = { kind: 'stop' };

/** Everything at one moment, to be changed by one move. */
export class LazyPirateState extends World {
  readonly clients: LazyClients;
  readonly servers: Server[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan) {
    super();
    this.#plan = plan;
    this.clients = new LazyClients(this, plan.lazy, plan.requests);
  }

  static begin(plan: Plan): LazyPirateState {
    const state = new LazyPirateState(plan);
    const { settings } = plan;
    state.setBounds(settings, settings.faults);
    state.executions = Array.from({ length: settings.clients * settings.requests }, () => 0);
    state.clients.begin();
    for (let server = 0; server < settings.servers; server++) state.servers.push({ state: 'up', jobs: [] });
    return state;
  }

  static unpack(plan: Plan, text: string): LazyPirateState {
    const state = new LazyPirateState(plan);
    const unpacker = new Unpacker(text);
    state.unpackShared(unpacker);
    state.clients.unpack(unpacker);
    for (let server = 0; server < plan.settings.servers; server++) {
      const its: Server = { state: SERVER_STATES[unpacker.take()] as ServerState, jobs: [] };
      for (let count = unpacker.take(); count > 0; count--)
        its.jobs.push({ machine: unpacker.take(), connection: state.connections[unpacker.take() - 1], request: unpacker.take() });
      state.servers.push(its);
    }
    return state;
  }

  override pack(packer: Packer): void {
    this.packShared(packer);
    this.clients.pack(packer);
    for (const { state, jobs } of this.servers) {
      packer.put(SERVER_STATES.indexOf(state));
      packer.put(jobs.length);
      for (const { machine, connection, request } of jobs) {
        packer.put(machine);
        packer.put(connection === undefined ? 0 : connection.label + 1);
        packer.put(request);
      }
    }
  }

  override isUp(listener: number): boolean {
    return this.servers[listener]?.state !== 'down';
  }

  /** The machine of a job that is not over. */
  kindOf(job: Job): string {
    return this.#plan.jobs.kind(job.machine);
  }

  /* ---------------------------------------------------------------- what may happen */

  offer(happenings: Happenings<LazyPirateState>): void {
    this.clients.offer(happenings, ({ clients }) => clients);
    this.connections.forEach((connection, at) => {
      this.#offerConnection(happenings, connection, at);
    });
    this.servers.forEach((server, at) => {
      this.#offerServer(happenings, server, at);
    });
  }

  #offerConnection(happenings: Happenings<LazyPirateState>, { owner, to, up, down, open, bound }: Connection, at: number): void {
    const server = `server ${to + 1}`;
    if (bound && up.length > 0 && this.isUp(to)) {
      const next = up[0] as number;
      const what = next === END ? `${server} sees client ${owner + 1} leave` : `request ${requestOf(next) + 1} reaches ${server}`;
      happenings.add(what, (state) => state.#receive(state.connections[at] as Connection));
    }
    if (!this.mayFail('cuts') || !bound || !open || hasEnded(up) || !this.isUp(to)) return;
    for (let arrives = 0; arrives <= up.length; arrives++)
      for (let returns = 0; returns <= down.length; returns++)
        happenings.add(
          `a connection of client ${owner + 1} to ${server} is cut`,
          (state) => {
            state.spendFault('cuts');
            state.cut(state.connections[at] as Connection, arrives, returns);
          },
          true,
        );
  }

  #offerServer(happenings: Happenings<LazyPirateState>, { state, jobs }: Server, at: number): void {
    const named = `server ${at + 1}`;
    if (state === 'down') {
      happenings.add(`${named} is back`, (world) => {
        (world.servers[at] as Server).state = 'up';
      });
      return;
    }
    jobs.forEach((job, index) => {
      if (!['working', 'abandoned'].includes(this.kindOf(job))) return;
      const about = `its work on request ${job.request + 1}`;
      happenings.add(`${named} ends ${about}`, (world) => world.#step(at, (world.servers[at] as Server).jobs[index] as Job, DONE));
      if (!this.mayFail('failures')) return;
      happenings.add(
        `${named} fails in ${about}`,
        (world) => {
          world.spendFault('failures');
          world.#step(at, (world.servers[at] as Server).jobs[index] as Job, FAILED);
        },
        true,
      );
    });
    if (this.mayFail('crashes'))
      happenings.add(
        `${named} dies`,
        (world) => {
          world.spendFault('crashes');
          world.#die(at);
        },
        true,
      );
    if (state === 'up' && this.left.closes > 0)
      happenings.add(`${named} is closed`, (world) => {
        world.spend('closes');
        world.#drain(at);
      });
    if (state === 'draining' && jobs.length > 0)
      happenings.add(`${named} runs out of patience with its handler`, (world) => {
        const server = world.servers[at] as Server;
        for (const job of [...server.jobs]) world.#step(at, job, STOP);
        world.#shut(at);
      });
  }

  /* ---------------------------------------------------------------- a server, as server.ts has it */

  #receive(connection: Connection): void {
    const next = connection.up.shift() as number;
    const server = this.servers[connection.to] as Server;
    if (next === END) {
      this.unbind(connection);
      for (const job of server.jobs.filter((each) => each.connection === connection)) {
        this.#step(connection.to, job, CLIENT_GONE);
        job.connection = undefined;
      }
      return;
    }
    if (server.state !== 'up') return;
    server.jobs.push({ machine: this.#plan.jobs.start, connection, request: requestOf(next) });
    this.#serveSoon(connection.to);
  }

  #serveSoon(at: number): void {
    this.followUp(() => {
      const server = this.servers[at] as Server;
      if (server.jobs.some((job) => this.kindOf(job) !== 'waiting')) return;
      const [job] = server.jobs;
      if (job !== undefined) this.#step(at, job, PLACE);
    });
  }

  #step(at: number, job: Job, event: JobEvent): void {
    const { to, effects } = this.#plan.jobs.step(job.machine, event);
    job.machine = to;
    perform(effects, this.#effectsOf(at, job));
  }

  #effectsOf(at: number, job: Job): LazyPirateJobEffects {
    return {
      run: () => {
        this.execute(job.request);
        this.notes.push(`server ${at + 1} begins to work on request ${job.request + 1}`);
      },
      reply: () => {
        if (job.connection !== undefined) this.sendDown(job.connection, message(ANSWER, job.request));
      },
      abort: () => undefined,
      finish: (outcome: JobOutcome) => {
        const server = this.servers[at] as Server;
        server.jobs = server.jobs.filter((each) => each !== job);
        if (outcome !== 'replied') this.notes.push(`request ${job.request + 1} is ${outcome}`);
        if (server.state === 'draining' && !server.jobs.some((each) => this.kindOf(each) !== 'waiting'))
          this.followUp(() => this.#shut(at));
        else this.#serveSoon(at);
      },
    };
  }

  /** It forgets everything. What it has sent arrives. */
  #die(at: number): void {
    const server = this.servers[at] as Server;
    server.state = 'down';
    server.jobs = [];
    for (const connection of this.connections) {
      if (connection.to !== at || !connection.bound) continue;
      this.unbind(connection);
      this.sendDown(connection, END);
    }
  }

  #drain(at: number): void {
    const server = this.servers[at] as Server;
    server.state = 'draining';
    for (const job of [...server.jobs]) if (this.kindOf(job) === 'waiting') this.#step(at, job, STOP);
    if (server.jobs.length === 0) this.#shut(at);
  }

  #shut(at: number): void {
    if (this.servers[at]?.state === 'draining') this.#die(at);
  }

  /** One connection for each client, one job for each connection. */
  get isBounded(): boolean {
    const owners = this.connections.filter(({ open }) => open).map(({ owner }) => owner);
    const sources = this.servers.flatMap(({ jobs }) => jobs.map(({ connection }) => connection)).filter((source) => source !== undefined);
    return new Set(owners).size === owners.length && new Set(sources).size === sources.length;
  }

  /** Nothing is under way, and nobody keeps anything of anybody who has gone. */
  get isAtRest(): boolean {
    return (
      this.clients.quiet &&
      this.servers.every(({ state, jobs }) => state === 'up' && jobs.length === 0) &&
      this.connections.every(({ open, bound, up, down }) => open && bound && up.length === 0 && down.length === 0)
    );
  }
}

/** The model: what may happen, and what must hold. What the shells themselves check is in `docs/TESTING.md`. */
export function lazyPirateModel(options: Partial<LazyPirateWorld> = {}): SmallModel {
  const settings = { ...LAZY_PIRATE_WORLD, ...options };
  checkSizes(settings);
  const { machines, observer, servers } = settings;
  const lazy: LazySettings = { ...settings, endpoints: servers };
  const plan: Plan = {
    settings,
    lazy,
    requests: lazySteps(machines?.request ?? lazyPirateRequest, lazy, observer),
    jobs: new Steps<LazyPirateJobMachine>(machines?.job ?? lazyPirateJob, {}, observer),
  };
  const some = (holds: (state: LazyPirateState, request: number) => boolean) => (state: LazyPirateState) =>
    state.executions.some((_, request) => holds(state, request));
  const outcome = (state: LazyPirateState, request: number): string => state.clients.requests[request]?.outcome ?? '';
  return modelOf<LazyPirateState>({
    name: 'lazy',
    bounds: boundsIn(settings),
    begin: () => LazyPirateState.begin(plan),
    unpack: (text) => LazyPirateState.unpack(plan, text),
    offer: (state, happenings) => state.offer(happenings),
    always: [
      {
        name: 'U9',
        sentence: 'a client has one connection at a time, and a server one job of each connection',
        holds: (state) => state.isBounded,
      },
    ],
    sometimes: [
      {
        name: 'retry',
        sentence: 'a second attempt is answered',
        holds: some((state, request) => outcome(state, request) === 'replied' && (state.clients.requests[request]?.sent ?? 0) > 1),
      },
      { name: 'twice', sentence: 'a request is worked on twice', holds: some(({ executions }, request) => (executions[request] ?? 0) > 1) },
      {
        name: 'in vain',
        sentence: 'a request fails though it was worked on',
        holds: some((state, request) => outcome(state, request) === 'failed' && (state.executions[request] ?? 0) > 0),
      },
    ],
    eventually: [
      { name: 'outcome', sentence: 'every request that was made has its outcome', holds: ({ clients }) => clients.quiet },
      {
        name: 'rest',
        sentence: 'all is answered, all servers are up, and nothing is kept of anybody who has gone',
        holds: (state) => state.isAtRest,
      },
    ],
  });
}
