/**
 * A load-balancing broker in a small world: what `src/load-balancer/broker.ts`, `session.ts` and `requests.ts` do around the machines of
 * the sessions, with one service.
 */
import type { FailureCode } from '../../load-balancer/failures.ts';
import type { DeliveryPolicy } from '../../load-balancer/requests.ts';
import type { RequestReturn, SessionEffects, SessionReply, WorkerLoss, WorkerSessionMachine } from '../../load-balancer/session.machine.ts';
import type { Packer, Unpacker } from './packing.ts';
import { holding, labelOf, packPending, takeRequest, unpackPending } from './pending.ts';
import {
  DISMISS,
  HEARS,
  ILLEGIBLE_REPLY,
  NONSENSE,
  SUSPICIONS,
  UNREACHABLE,
  dispatchOf,
  heard,
  type SessionEvent,
  type SessionTimer,
} from './sessions.ts';
import { perform, type Steps } from './steps.ts';
import { DISCONNECT, HEARTBEAT, REPLY, REQUEST, type Workers } from './workers.ts';
import {
  END,
  breach,
  handleOf,
  hasEnded,
  kindOf,
  message,
  requestOf,
  type Connection,
  type Happenings,
  type Pending,
  type World,
} from './world.ts';

export interface BalancerSettings {
  readonly clients: number;
  readonly policy: DeliveryPolicy;
  readonly maxDeliveries: number;
  /** 0 for a protocol without heartbeats. */
  readonly liveness: number;
  /** Whether a request may be with one worker for too long. */
  readonly busyLimit: boolean;
  /** Whether the transport tells when a connection has ended. */
  readonly notices: boolean;
  /** Whether it also tells that a connection had ended before the last message was on it. */
  readonly refusals: boolean;
  /** Whether the protocol can tell a worker to go. */
  readonly farewell: boolean;
  /** Requests that a worker may hold at once. */
  readonly concurrency: number;
  /** Clients are read only while a worker is ready. */
  readonly readsWhenReady: boolean;
}

/** What a pattern's clients must be told. */
export interface ToClients {
  answer(client: Connection, asked: number, answered: number): void;
  failure(client: Connection, asked: number, code: FailureCode): void;
}

/** Whether it takes requests in; waits, closing, for those that workers have; or is not there. */
type BalancerState = 'listening' | 'draining' | 'down';
const STATES: readonly BalancerState[] = ['listening', 'draining', 'down'];

export class Balancer {
  #state: BalancerState = 'listening';
  /** Workers with room, least loaded and then least recently used first. */
  readonly ready: Connection[] = [];
  readonly waiting: Pending[] = [];
  readonly returned: Pending[] = [];
  /** Those that may be handed out only once more: to an idle worker, which then gets nothing else. */
  readonly lastChance: Pending[] = [];
  /** The worker that is to be idle for one of those. */
  reserved: Connection | undefined;
  /** Clients with requests in `waiting`, in the order in which it is their turn; one stands for all whose connections are no more. */
  turns: (Connection | undefined)[] = [];
  /** Requests taken in and not settled, counted on their own: the other half of the ledger. */
  open = 0;
  readonly #world: World;
  readonly #settings: BalancerSettings;
  readonly #steps: Steps<WorkerSessionMachine>;
  readonly #toClients: ToClients;
  readonly #workers: Workers;
  #serving = false;

  constructor(world: World, settings: BalancerSettings, steps: Steps<WorkerSessionMachine>, toClients: ToClients, workers: Workers) {
    this.#world = world;
    this.#settings = settings;
    this.#steps = steps;
    this.#toClients = toClients;
    this.#workers = workers;
  }

  pack(packer: Packer): void {
    packer.put(STATES.indexOf(this.#state));
    packer.put(this.open);
    packer.putAll(this.ready.map(({ label }) => label));
    packer.putAll(this.turns.map(labelOf));
    packer.put(this.reserved === undefined ? 0 : this.reserved.label + 1);
    for (const queue of this.#queues) {
      packer.put(queue.length);
      for (const pending of queue) packPending(packer, pending);
    }
    for (const { owner, session, requests } of this.#world.connections) {
      if (owner < this.#settings.clients) continue;
      packer.putLarge(session);
      packer.put(requests.length);
      for (const pending of requests) packPending(packer, pending);
    }
  }

  unpack(unpacker: Unpacker): void {
    this.#state = STATES[unpacker.take()] as BalancerState;
    this.open = unpacker.take();
    const { connections } = this.#world;
    for (const label of unpacker.takeAll()) this.ready.push(connections[label] as Connection);
    for (const label of unpacker.takeAll()) this.turns.push(connections[label - 1]);
    this.reserved = connections[unpacker.take() - 1];
    for (const queue of this.#queues)
      for (let count = unpacker.take(); count > 0; count--) queue.push(unpackPending(unpacker, connections));
    for (const connection of connections) {
      if (connection.owner < this.#settings.clients) continue;
      connection.session = unpacker.takeLarge();
      for (let count = unpacker.take(); count > 0; count--) connection.requests.push(unpackPending(unpacker, connections));
    }
  }

  get isUp(): boolean {
    return this.#state !== 'down';
  }

  get isListening(): boolean {
    return this.#state === 'listening';
  }

  kind(connection: Connection): string {
    return this.#steps.kind(connection.session);
  }

  /** Whether it counts the worker at the other end among its own, or may come to do so: then its silence is no more than slowness. */
  knows(connection: Connection): boolean {
    const kind = this.kind(connection);
    return this.isUp && connection.bound && (connection.up.length > 0 || kind === 'idle' || kind === 'busy');
  }

  get #queues(): readonly Pending[][] {
    return [this.lastChance, this.returned, this.waiting];
  }

  get queued(): number {
    return this.lastChance.length + this.returned.length + this.waiting.length;
  }

  /** Whether it reads what clients send. */
  get isReading(): boolean {
    return !this.#settings.readsWhenReady || (this.isListening && this.ready.length > 0 && this.queued === 0);
  }

  /** Requests that workers hold. */
  get inFlight(): number {
    return this.#world.connections.reduce((sum, { requests }) => sum + requests.length, 0);
  }

  /* ---------------------------------------------------------------- what may happen */

  /**
   * @param read the broker of another world: the one in which it happens.
   * @param nameOf what a worker is called, by the owner of its connections.
   */
  offer<W extends World>(happenings: Happenings<W>, read: (world: W) => Balancer, nameOf: (owner: number) => string): void {
    if (!this.isUp) {
      happenings.add('the broker is back', (world) => {
        read(world).#state = 'listening';
      });
      return;
    }
    if (this.#world.mayFail('restarts')) happenings.add('the broker dies', (world) => read(world).#die(), true);
    this.#offerEnd(happenings, read);
    // Where nobody is left to serve it, it is bound to.
    const unserved = this.#workers.isClosed;
    if (this.queued > 0 && (unserved || this.#world.left.expiries > 0))
      happenings.add('the request that waits longest has waited too long', (world) => {
        if (!unserved) world.spend('expiries');
        read(world).#expire();
      });
    this.#world.connections.forEach((connection, at) => {
      if (connection.owner >= this.#settings.clients) this.#offerSession(happenings, read, nameOf(connection.owner), connection, at);
    });
  }

  #offerEnd<W extends World>(happenings: Happenings<W>, read: (world: W) => Balancer): void {
    if (this.#state === 'draining')
      happenings.add('the broker runs out of patience with its workers', (world) => {
        read(world).#finish();
      });
    else if (this.#world.left.shutdowns > 0)
      happenings.add('the broker is told to end', (world) => {
        world.spend('shutdowns');
        read(world).#drain();
      });
  }

  #offerSession<W extends World>(
    happenings: Happenings<W>,
    read: (world: W) => Balancer,
    worker: string,
    connection: Connection,
    at: number,
  ): void {
    const of = (world: W): Connection => world.connections[at] as Connection;
    if (connection.up.length > 0) {
      const next = connection.up[0] as number;
      happenings.add(`the broker ${HEARS[kindOf(next)] ?? ''} ${worker}`, (world) => read(world).#receive(of(world)));
    }
    const { session } = connection;
    // One that finds no route is no message: there may be any number of them.
    if (this.#steps.isArmed(session, 'heartbeatDue') && (this.#world.left.heartbeats > 0 || !connection.bound))
      happenings.add(`a heartbeat to ${worker} is due`, (world) => {
        if (connection.bound) world.spend('heartbeats');
        read(world).#fire(of(world), 'heartbeatDue');
      });
    for (const [timer, what] of SUSPICIONS) {
      if (!this.#steps.isArmed(session, timer)) continue;
      if (!connection.open || connection.deaf)
        happenings.add(`${what} of ${worker}${connection.deaf ? '' : ', which is no more'}`, (world) =>
          read(world).#fire(of(world), timer),
        );
      else if (this.#world.mayFail('suspicions'))
        happenings.add(
          `${what} of ${worker}, which lives`,
          (world) => {
            world.spendFault('suspicions');
            read(world).#fire(of(world), timer);
          },
          true,
        );
    }
  }

  /* ---------------------------------------------------------------- clients */

  /** A request has come. */
  accept(client: Connection, asked: number): void {
    if (!this.isListening) {
      this.#toClients.failure(client, asked, 'shutting-down');
      return;
    }
    this.open++;
    const pending: Pending = { client, abandoned: false, message: asked, deliveries: 0, handle: 0 };
    const worker = this.waiting.length + this.returned.length === 0 ? this.ready.shift() : undefined;
    if (worker === undefined) {
      this.waiting.push(pending);
      if (!this.turns.includes(client)) this.turns.push(client);
    } else this.#assign(worker, pending, false);
  }

  /** A client's connection has ended, and the broker is told. */
  clientGone(client: Connection): void {
    for (const queue of this.#queues)
      for (const pending of queue.filter((each) => each.client === client)) {
        this.#takeOut(queue, pending);
        this.#drop(pending);
      }
    this.#freeReserved();
    for (const { requests } of this.#world.connections)
      for (const request of requests) if (request.client === client) [request.client, request.abandoned] = [undefined, true];
  }

  #expire(): void {
    const queue = this.#queues.find(({ length }) => length > 0) as Pending[];
    this.#fail(this.#takeOut(queue, queue[0] as Pending), 'expired');
    this.#freeReserved();
  }

  /** Its client, if another of its requests waits, has its turn behind the others. */
  #takeOut(queue: Pending[], pending: Pending): Pending {
    queue.splice(queue.indexOf(pending), 1);
    const { client } = pending;
    if (queue !== this.waiting) return pending;
    this.turns = this.turns.filter((each) => each !== client);
    if (queue.some((each) => each.client === client)) this.turns.push(client);
    return pending;
  }

  #fail(pending: Pending, code: FailureCode): void {
    this.open--;
    this.#world.notes.push(`request ${requestOf(pending.message) + 1} is given up (${code})`);
    if (pending.client !== undefined) this.#toClients.failure(pending.client, pending.message, code);
  }

  #drop(pending: Pending): void {
    this.open--;
    this.#world.notes.push(`request ${requestOf(pending.message) + 1} is dropped`);
  }

  /* ---------------------------------------------------------------- workers */

  #receive(connection: Connection): void {
    this.hear(connection, connection.up.shift() as number);
  }

  /** A worker, or a stranger, has said something. */
  hear(connection: Connection, said: number): void {
    if (kindOf(said) === END) {
      if (connection.deaf) connection.open = false;
      this.#world.unbind(connection);
      if (this.#settings.notices) this.#step(connection, heard(connection, this.#steps.state(connection.session), said));
      else connection.kept = ['idle', 'busy'].includes(this.kind(connection));
      return;
    }
    // Of a peer that is no worker yet, Majordomo's broker keeps nothing.
    if (kindOf(said) === NONSENSE && this.#settings.farewell && this.kind(connection) === 'unknown') return;
    const wrong = kindOf(said) === REPLY && connection.requests.length > 0 && holding(connection, handleOf(said)) === undefined;
    this.#step(connection, heard(connection, this.#steps.state(connection.session), said));
    const violates = !this.#settings.farewell && (wrong || kindOf(said) === ILLEGIBLE_REPLY);
    if (violates) this.#step(connection, heard(connection, this.#steps.state(connection.session), NONSENSE));
  }

  #step(connection: Connection, event: SessionEvent): void {
    const { to, effects } = this.#steps.step(connection.session, event);
    connection.session = to;
    perform(effects, this.#effectsOf(connection));
  }

  #fire(connection: Connection, timer: SessionTimer): void {
    const { to, effects } = this.#steps.fire(connection.session, timer);
    connection.session = to;
    perform(effects, this.#effectsOf(connection));
  }

  #effectsOf(connection: Connection): SessionEffects & { refuse(): void } {
    const disconnect = (): void => {
      if (this.#settings.farewell) this.#world.sendDown(connection, DISCONNECT);
    };
    return {
      register: () => undefined,
      ready: () => {
        if (this.reserved === connection) {
          if (connection.requests.length > 0) return;
          this.reserved = undefined;
        }
        if (this.ready.includes(connection)) {
          if (this.#settings.concurrency === 1) breach('SP1', 'a worker is in the ready list once at most');
          this.ready.splice(this.ready.indexOf(connection), 1);
        }
        this.#makeReady(connection);
        if (this.queued > 0) this.#serveSoon();
      },
      unready: () => {
        this.#takeFromReady(connection);
      },
      sendRequest: (handle) => {
        this.#sendRequest(connection, handle);
      },
      sendHeartbeat: () => {
        this.#send(connection, HEARTBEAT);
      },
      sendDisconnect: disconnect,
      deliver: (reply) => {
        this.#deliver(takeRequest(connection, reply.handle), reply);
      },
      giveBack: (handle, why) => {
        this.#takeBack(takeRequest(connection, handle), why);
      },
      surrender: (loss) => {
        for (const pending of connection.requests.splice(0)) this.#takeBack(pending, loss);
      },
      forget: (loss) => {
        this.#forget(connection, loss);
      },
      refuse: disconnect,
    };
  }

  #makeReady(connection: Connection): void {
    const behind = this.ready.findIndex(({ requests }) => requests.length > connection.requests.length);
    this.ready.splice(behind < 0 ? this.ready.length : behind, 0, connection);
  }

  #takeFromReady(connection: Connection): void {
    const at = this.ready.indexOf(connection);
    if (at >= 0) this.ready.splice(at, 1);
    if (this.reserved !== connection) return;
    this.reserved = undefined;
    this.#serveSoon();
  }

  #assign(worker: Connection, pending: Pending, alone: boolean): void {
    worker.requests.push(pending);
    this.#step(worker, dispatchOf(this.#freeHandle(), alone));
  }

  /** One that nobody can mistake for another. The real ones never come again; here, not while anybody has one. */
  #freeHandle(): number {
    const used = new Set(this.#workers.all.flatMap(({ hands }) => hands.map(handleOf)));
    for (const { owner, requests, up, down } of this.#world.connections) {
      if (owner < this.#settings.clients) continue;
      for (const each of up) used.add(handleOf(each));
      for (const each of down) used.add(handleOf(each));
      for (const each of requests) used.add(each.handle);
    }
    let handle = 1;
    while (used.has(handle)) handle++;
    return handle;
  }

  #sendRequest(connection: Connection, handle: number): void {
    const pending = connection.requests.at(-1) as Pending;
    if (!this.#send(connection, message(REQUEST, requestOf(pending.message), 0, handle))) return;
    pending.deliveries++;
    pending.handle = handle;
    if (pending.deliveries > this.#settings.maxDeliveries)
      breach('MD6', `a request is handed out ${this.#settings.maxDeliveries} times at most`);
    const arrives = connection.open && !hasEnded(connection.down);
    if (arrives || !this.#settings.refusals) return;
    this.#world.followUp(() => {
      this.#world.notes.push('the worker never had it');
      pending.deliveries--;
      pending.handle = 0;
    });
  }

  /** Whether there is a route; if not, the session is told after the step. */
  #send(connection: Connection, sent: number): boolean {
    if (connection.down.some((each) => kindOf(each) === DISCONNECT)) breach('MD1', 'after DISCONNECT a worker is sent nothing');
    if (!connection.bound) this.#world.followUp(() => this.#step(connection, UNREACHABLE));
    else this.#world.sendDown(connection, sent);
    return connection.bound;
  }

  #deliver(pending: Pending, reply: SessionReply): void {
    if (pending.abandoned) this.#drop(pending);
    else {
      this.open--;
      if (pending.client !== undefined) this.#toClients.answer(pending.client, pending.message, reply.message as unknown as number);
    }
    this.#drainedIfIdle();
  }

  #takeBack(pending: Pending, why: RequestReturn): void {
    if (why === 'declined') {
      pending.deliveries--;
      pending.handle = 0;
    }
    const delivered = pending.handle !== 0;
    const { policy, maxDeliveries } = this.#settings;
    if (pending.abandoned) this.#drop(pending);
    else if (delivered && policy === 'fail') this.#fail(pending, 'worker-lost');
    else if (delivered && pending.deliveries >= maxDeliveries && why !== 'dismissed') this.#fail(pending, 'poisoned');
    else if (!this.isListening) this.#fail(pending, 'shutting-down');
    else {
      pending.handle = 0;
      this.#world.notes.push(`request ${requestOf(pending.message) + 1} is requeued`);
      (pending.deliveries > 0 && pending.deliveries === maxDeliveries - 1 ? this.lastChance : this.returned).push(pending);
      this.#serveSoon();
    }
    this.#drainedIfIdle();
  }

  #forget(connection: Connection, loss: WorkerLoss): void {
    this.#takeFromReady(connection);
    this.#world.notes.push(`the worker is lost (${loss})`);
    if (!this.#settings.notices) this.#world.followUp(() => this.#release(connection));
  }

  /** Nobody would tell of its end: it is not kept. */
  #release(connection: Connection): void {
    if (['idle', 'busy'].includes(this.kind(connection))) return;
    connection.session = this.#steps.start;
    connection.kept = false;
  }

  #serveSoon(): void {
    if (this.#serving) return;
    this.#serving = true;
    this.#world.followUp(() => {
      this.#serving = false;
      this.#serveLastChances();
      while (this.ready.length > 0) {
        const pending = this.returned.shift() ?? this.#nextInTurn();
        if (pending === undefined) break;
        this.#assign(this.ready.shift() as Connection, pending, false);
      }
    });
  }

  #nextInTurn(): Pending | undefined {
    if (this.turns.length === 0) return undefined;
    const [client] = this.turns;
    const next = this.waiting.find((pending) => pending.client === client);
    return next === undefined ? undefined : this.#takeOut(this.waiting, next);
  }

  #serveLastChances(): void {
    while (this.lastChance.length > 0 && this.ready[0]?.requests.length === 0)
      this.#assign(this.ready.shift() as Connection, this.lastChance.shift() as Pending, true);
    if (this.lastChance.length > 0) this.reserved ??= this.ready.shift();
    else this.#freeReserved();
  }

  /** What a worker was reserved for is gone. */
  #freeReserved(): void {
    if (this.reserved === undefined || this.lastChance.length > 0) return;
    this.#makeReady(this.reserved);
    this.reserved = undefined;
    if (this.waiting.length + this.returned.length > 0) this.#serveSoon();
  }

  /** It takes no further requests, gives up those that wait, and ends when no worker has one. */
  #drain(): void {
    this.#state = 'draining';
    for (const queue of this.#queues) for (const pending of queue.splice(0)) this.#fail(pending, 'shutting-down');
    this.turns = [];
    if (this.inFlight === 0) this.#finish();
  }

  #drainedIfIdle(): void {
    if (this.#state !== 'draining' || this.inFlight > 0) return;
    this.#world.followUp(() => {
      if (this.#state === 'draining') this.#finish();
    });
  }

  /** It lets its workers go, also those that have a request, and is gone. */
  #finish(): void {
    this.#state = 'down';
    for (const connection of this.#world.connections) if (['idle', 'busy'].includes(this.kind(connection))) this.#step(connection, DISMISS);
    this.#clear();
  }

  #die(): void {
    this.#world.spendFault('restarts');
    this.#state = 'down';
    this.#clear();
  }

  /** It forgets everything. What it has sent arrives. */
  #clear(): void {
    this.open = this.ready.length = 0;
    for (const queue of this.#queues) queue.length = 0;
    this.turns = [];
    this.reserved = undefined;
    for (const connection of this.#world.connections) {
      connection.session = this.#steps.start;
      connection.strikes = 0;
      connection.requests = [];
      connection.kept = false;
      if (!connection.bound) continue;
      if (!this.#settings.notices && connection.open) {
        // It is connected anew before anybody notices.
        connection.up.length = 0;
        continue;
      }
      this.#world.unbind(connection);
      this.#world.sendDown(connection, END);
    }
  }
}
