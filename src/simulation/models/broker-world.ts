/**
 * The small world of brokers and queues: clients, one broker, workers. All die and come back, connections end with what is on the way, and
 * peers that live are given up. A pattern brings its clients, its machines and its wire.
 */
import type { Machine, StepObserver } from '../../core/machine.ts';
import type { WorkerSessionMachine } from '../../load-balancer/session.machine.ts';
import type { WorkerMachine } from '../../load-balancer/worker.machine.ts';
import type { Property } from '../explore.ts';
import { Balancer, type BalancerSettings, type ToClients } from './balancer.ts';
import { Unpacker, type Packer } from './packing.ts';
import type { Steps } from './steps.ts';
import { offerStranger } from './stranger.ts';
import { Workers, type WorkerSettings } from './workers.ts';
import { END, World, hasEnded, type Bounds, type Connection, type Happenings } from './world.ts';

/** How large a world is, and what happens in it. */
export interface BrokerWorld
  extends Bounds, Pick<BalancerSettings, 'policy' | 'maxDeliveries' | 'liveness' | 'busyLimit' | 'notices' | 'refusals'> {
  readonly clients: number;
  readonly workers: number;
  /** Requests of each client. */
  readonly requests: number;
  /** Requests that a worker holds at once. */
  readonly concurrency: number;
  /** Attempts in all. */
  readonly retries: number;
  /** All faults together. */
  readonly faults: number;
  readonly observer?: StepObserver;
}

/** The machines of a broker's world that are the same for all patterns. */
export interface BrokerMachines {
  readonly session: Machine<WorkerSessionMachine>;
  readonly worker: Machine<WorkerMachine>;
}

/** The clients of a world: those of a pattern. `C` is their own class. */
export interface Clients<C> {
  /** Whether no request is under way. */
  readonly quiet: boolean;
  /** Whether their connections are as they should be when nothing is under way. */
  readonly isAtRest: boolean;
  begin(): void;
  pack(packer: Packer): void;
  unpack(unpacker: Unpacker): void;
  /** @param read the clients of another world: the one in which it happens. */
  offer<W extends World>(happenings: Happenings<W>, read: (world: W) => C): void;
  /** A connection has become another one, and nobody was told. */
  replace(before: Connection, after: Connection): void;
  outcome(request: number): 'none' | 'replied' | 'failed';
}

/** What is the same in all states of one world. */
export interface BrokerPlan<C> {
  readonly settings: BrokerWorld;
  readonly balancer: BalancerSettings;
  readonly worker: WorkerSettings;
  readonly sessions: Steps<WorkerSessionMachine>;
  readonly workers: Steps<WorkerMachine>;
  readonly toClients: (state: BrokerState<C>) => ToClients;
  makeClients(state: BrokerState<C>): C;
  /** The broker hears from a client. */
  hear(state: BrokerState<C>, connection: Connection, message: number): void;
  /** What that is called. */
  describe(message: number): string;
}

/** Everything at one moment, to be changed by one move. */
export class BrokerState<C> extends World {
  readonly clients: C & Clients<C>;
  readonly workers: Workers;
  readonly broker: Balancer;
  readonly #plan: BrokerPlan<C>;

  constructor(plan: BrokerPlan<C>) {
    super();
    this.#plan = plan;
    this.clients = plan.makeClients(this) as C & Clients<C>;
    this.workers = new Workers(this, plan.worker, plan.workers);
    this.broker = new Balancer(this, plan.balancer, plan.sessions, plan.toClients(this), this.workers);
  }

  static begin<C>(plan: BrokerPlan<C>): BrokerState<C> {
    const state = new BrokerState(plan);
    const { settings } = plan;
    state.setBounds(settings, settings.faults);
    state.executions = Array.from({ length: settings.clients * settings.requests }, () => 0);
    state.clients.begin();
    state.workers.begin();
    state.leave();
    return state;
  }

  static unpack<C>(plan: BrokerPlan<C>, text: string): BrokerState<C> {
    const state = new BrokerState(plan);
    const unpacker = new Unpacker(text);
    state.unpackShared(unpacker);
    state.clients.unpack(unpacker);
    state.workers.unpack(unpacker);
    state.broker.unpack(unpacker);
    return state;
  }

  override pack(packer: Packer): void {
    this.packShared(packer);
    this.clients.pack(packer);
    this.workers.pack(packer);
    this.broker.pack(packer);
  }

  override isUp(): boolean {
    return this.broker.isUp;
  }

  override isDeaf(owner: number): boolean {
    return owner === this.#stranger;
  }

  /** Whose connections are a stranger's: the number behind those of the workers. */
  get #stranger(): number {
    const { clients, workers } = this.#plan.settings;
    return clients + workers;
  }

  offer(happenings: Happenings<BrokerState<C>>): void {
    this.clients.offer(happenings, ({ clients }) => clients);
    this.workers.offer(
      happenings,
      ({ workers }) => workers,
      (connection) => this.broker.knows(connection),
    );
    this.broker.offer(
      happenings,
      ({ broker }) => broker,
      (owner) => this.workers.nameOf(owner),
    );
    if (this.broker.isUp) offerStranger(this, happenings, this.#stranger, this.#plan.balancer, ({ broker }) => broker);
    this.connections.forEach((connection, at) => {
      if (connection.deaf) return;
      if (connection.owner < this.#plan.settings.clients) this.#offerClient(happenings, connection, at);
      this.#offerCuts(happenings, connection, at);
    });
  }

  #offerClient(happenings: Happenings<BrokerState<C>>, { owner, up, bound }: Connection, at: number): void {
    if (!bound || up.length === 0 || !this.broker.isUp || !this.broker.isReading) return;
    const next = up[0] as number;
    const what = next === END ? `sees client ${owner + 1} leave a connection` : this.#plan.describe(next);
    happenings.add(`the broker ${what}`, (state) => state.#hear(state.connections[at] as Connection));
  }

  #hear(connection: Connection): void {
    const next = connection.up.shift() as number;
    if (next !== END) this.#plan.hear(this, connection, next);
    else {
      this.unbind(connection);
      if (this.#plan.settings.notices) this.broker.clientGone(connection);
    }
  }

  #offerCuts(happenings: Happenings<BrokerState<C>>, { owner, up, down, open, bound }: Connection, at: number): void {
    if (!this.mayFail('cuts') || !bound || !open || hasEnded(up) || !this.broker.isUp) return;
    const whose = owner < this.#plan.settings.clients ? `client ${owner + 1}` : this.workers.nameOf(owner);
    for (let arrives = 0; arrives <= up.length; arrives++)
      for (let returns = 0; returns <= down.length; returns++)
        happenings.add(
          `the connection of ${whose} is cut`,
          (state) => {
            state.spendFault('cuts');
            state.#cut(state.connections[at] as Connection, arrives, returns);
          },
          true,
        );
  }

  #cut(connection: Connection, arrives: number, returns: number): void {
    if (this.#plan.settings.notices) {
      this.cut(connection, arrives, returns);
      return;
    }
    // Nobody is told: the owner goes on over a new connection as if it were the old one.
    const anew = this.connect(connection.owner, 0);
    anew.down = connection.down.slice(0, returns);
    anew.carries = connection.carries;
    anew.unanswered = connection.unanswered;
    this.clients.replace(connection, anew);
    this.workers.replace(connection, anew);
    connection.open = false;
    connection.down.length = 0;
    connection.carries = -1;
    connection.up.length = arrives;
    connection.up.push(END);
  }

  /** Every request that was taken in is in one place. */
  get isBalanced(): boolean {
    return this.broker.open === this.broker.queued + this.broker.inFlight;
  }

  /** Who has room is ready, and nobody else is. */
  get isReadyTrue(): boolean {
    const { ready, reserved } = this.broker;
    const free = this.connections.filter(
      (connection) => connection.owner >= this.#plan.settings.clients && connection !== reserved && this.#hasRoom(connection.session),
    );
    return free.length === ready.length && free.every((connection) => ready.includes(connection));
  }

  #hasRoom(session: number): boolean {
    const state = this.#plan.sessions.state(session);
    return (state.kind === 'idle' && state.credit > 0) || (state.kind === 'busy' && state.held < state.credit && !state.alone);
  }

  /** All workers that are not closed are ready, nothing is under way, and nobody keeps anything of anybody who has gone. */
  get isAtRest(): boolean {
    const { ready, isListening, isReading, open } = this.broker;
    const { clients } = this.#plan.settings;
    const working = this.workers.all.filter((_, at) => this.workers.kind(at) !== 'closed');
    return (
      this.clients.isAtRest &&
      isListening &&
      open === 0 &&
      working.every(({ alive, connection }) => alive && connection !== undefined && ready.includes(connection)) &&
      ready.length === working.length &&
      // A queue without workers does not read its clients.
      this.connections.every(
        ({ owner, open, bound, up, down }) => (owner < clients && !isReading) || (open && bound && up.length === 0 && down.length === 0),
      )
    );
  }
}

/** What a broker must never do. */
export function alwaysOf<C>({ settings }: BrokerPlan<C>): readonly Property<BrokerState<C>>[] {
  const always: Property<BrokerState<C>>[] = [
    {
      name: 'U6',
      sentence: 'what was taken in and is not settled waits or is with a worker, in one place',
      holds: (state) => state.isBalanced,
    },
    { name: 'SP1', sentence: 'the ready list holds every worker that has room once and nobody else', holds: (state) => state.isReadyTrue },
  ];
  return onceOnly(settings)
    ? [...always, { name: 'at most once', sentence: 'no request is worked on twice', holds: (state) => !isTwice(state) }]
    : always;
}

/** What must be seen, or the world is too small to say anything. */
export function sometimesOf<C>({ settings }: BrokerPlan<C>): readonly Property<BrokerState<C>>[] {
  const sometimes: Property<BrokerState<C>>[] = [
    {
      name: 'reply',
      sentence: 'all requests have their replies',
      holds: ({ executions, clients }) => executions.every((_, request) => clients.outcome(request) === 'replied'),
    },
    {
      name: 'in vain',
      sentence: 'a request fails though it was worked on',
      holds: ({ executions, clients }) => executions.some((count, request) => count > 0 && clients.outcome(request) === 'failed'),
    },
  ];
  if (onceOnly(settings)) return sometimes;
  const twice = { name: 'twice', sentence: 'a request is worked on twice', holds: isTwice };
  return canBeLastDelivery(settings) ? [...sometimes, twice, lastDelivery(settings)] : [...sometimes, twice];
}

/** What can always be had again when nothing further goes wrong. */
export function eventuallyOf<C>(): readonly Property<BrokerState<C>>[] {
  return [
    { name: 'outcome', sentence: 'every request that was made has its outcome', holds: ({ clients }) => clients.quiet },
    {
      name: 'rest',
      sentence: 'every worker is ready for the next request, and nothing is kept of anybody who has gone',
      holds: (state) => state.isAtRest,
    },
  ];
}

/** Whether requests can be lost with so many workers that the next delivery is the last. */
function canBeLastDelivery({ policy, maxDeliveries, faults, oddities }: BrokerWorld): boolean {
  return policy === 'requeue' && faults + oddities >= maxDeliveries - 1;
}

function lastDelivery<C>({ maxDeliveries }: BrokerWorld): Property<BrokerState<C>> {
  return {
    name: 'last delivery',
    sentence: 'a request is handed out as often as it may be',
    holds: ({ connections }) => connections.some(({ requests }) => requests.some(({ deliveries }) => deliveries === maxDeliveries)),
  };
}

function isTwice({ executions }: World): boolean {
  return executions.some((count) => count > 1);
}

/** Neither the broker nor the client asks again. */
function onceOnly({ policy, retries }: BrokerWorld): boolean {
  return policy === 'fail' && retries === 1;
}
