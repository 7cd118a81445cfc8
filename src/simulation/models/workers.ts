/** Load-balanced workers in a small world, as `src/load-balancer/worker.ts` has them. */
import type { Machine, StepObserver } from '../../core/machine.ts';
import type { WorkerEffects, WorkerMachine, WorkerRequest } from '../../load-balancer/worker.machine.ts';
import type { Frame } from '../../wire/message.ts';
import type { Packer, Unpacker } from './packing.ts';
import { Steps, numbered, perform } from './steps.ts';
import { END, breach, handleOf, kindOf, message, requestOf, type Connection, type Happenings, type World } from './world.ts';

/** What workers say. */
export const READY = 1;
export const REPLY = 2;
/** What both sides say. */
export const HEARTBEAT = 3;
export const DISCONNECT = 4;
/** What workers hear besides. */
export const REQUEST = 5;

export interface WorkerSettings {
  readonly clients: number;
  readonly workers: number;
  /** 0 for a protocol without heartbeats; else the intervals of silence after which a peer is given up. */
  readonly liveness: number;
  /** Whether the protocol has a word for leaving. */
  readonly farewell: boolean;
  /** Requests that a worker may hold behind the one in hand. */
  readonly mostHeld: number;
}

interface Worker {
  alive: boolean;
  machine: number;
  connection: Connection | undefined;
  /** The request whose handler runs, as it came; 0 for none. */
  hands: number;
}

type WorkerEvent = WorkerMachine['event'];
const START: WorkerEvent = { kind: 'start' };
const BROKER_GONE: WorkerEvent = { kind: 'brokerGone', established: true };
const HEARD: WorkerEvent = { kind: 'HEARTBEAT' };
const DISMISSED: WorkerEvent = { kind: 'DISCONNECT' };
const DONE: WorkerEvent = { kind: 'handlerDone', body: [] };
const FAILED: WorkerEvent = { kind: 'handlerFailed' };
const CLOSE: WorkerEvent = { kind: 'close' };
/** The address of a request is the whole message that brought it. */
const requestIn = numbered((message): WorkerRequest => ({
  kind: 'REQUEST',
  address: [message] as unknown as readonly Frame[],
  attempt: 1,
  body: [],
  quiet: false,
}));

export function workerSteps(
  machine: Machine<WorkerMachine>,
  { liveness, mostHeld }: WorkerSettings,
  observer?: StepObserver,
): Steps<WorkerMachine> {
  const backoff = { base: 1, maximum: 1, jitter: 0 };
  const heartbeats = { heartbeatInterval: liveness > 0 ? 1 : 0, heartbeatLiveness: liveness };
  // Failures only make pauses longer, and here every pause may end at any time.
  const bounded = (state: WorkerMachine['state']): WorkerMachine['state'] => ('failures' in state ? { ...state, failures: 0 } : state);
  return new Steps(machine, { ...heartbeats, endpoints: 1, drainTimeout: 1, mostHeld, backoff, random: () => 0 }, observer, bounded);
}

/** The workers of one world. Their connections are owned by numbers behind those of the clients. */
export class Workers {
  readonly all: Worker[] = [];
  readonly #world: World;
  readonly #settings: WorkerSettings;
  readonly #steps: Steps<WorkerMachine>;

  constructor(world: World, settings: WorkerSettings, steps: Steps<WorkerMachine>) {
    this.#world = world;
    this.#settings = settings;
    this.#steps = steps;
  }

  begin(): void {
    for (let at = 0; at < this.#settings.workers; at++) {
      this.all.push({ alive: true, machine: this.#steps.start, connection: undefined, hands: 0 });
      this.#step(at, START);
    }
  }

  pack(packer: Packer): void {
    for (const { alive, machine, connection, hands } of this.all) {
      packer.putLarge(machine * 2 + Number(alive));
      packer.put(connection === undefined ? 0 : connection.label + 1);
      packer.putLarge(hands);
    }
  }

  unpack(unpacker: Unpacker): void {
    for (let count = this.#settings.workers; count > 0; count--) {
      const machine = unpacker.takeLarge();
      const connection = this.#world.connections[unpacker.take() - 1];
      this.all.push({ alive: (machine & 1) !== 0, machine: machine >> 1, connection, hands: unpacker.takeLarge() });
    }
  }

  kind(at: number): string {
    return this.#steps.kind((this.all[at] as Worker).machine);
  }

  /** Whether all have been closed for good. */
  get isClosed(): boolean {
    return this.all.every((_, at) => this.kind(at) === 'closed');
  }

  /** A connection has become another one, and nobody was told. */
  replace(before: Connection, after: Connection): void {
    for (const worker of this.all) if (worker.connection === before) worker.connection = after;
  }

  /** What a worker is called, by the owner of its connections. */
  nameOf(owner: number): string {
    const at = owner - this.#settings.clients;
    return at < this.#settings.workers ? `worker ${at + 1}` : 'the stranger';
  }

  /* ---------------------------------------------------------------- what may happen */

  /**
   * @param read the workers of another world: the one in which it happens.
   * @param isKnown whether the broker counts a connection's worker among its own.
   */
  offer<W extends World>(happenings: Happenings<W>, read: (world: W) => Workers, isKnown: (connection: Connection) => boolean): void {
    this.all.forEach((worker, at) => {
      const { alive, connection } = worker;
      const named = `worker ${at + 1}`;
      if (!alive) {
        happenings.add(`${named} is back`, (world) => read(world).#revive(at));
        return;
      }
      this.#offerTimers(happenings, read, at, connection === undefined || isKnown(connection));
      this.#offerWork(happenings, read, at);
      if (connection !== undefined && connection.down.length > 0) {
        const next = connection.down[0] as number;
        happenings.add(`${named} ${HEARS[kindOf(next)] ?? ''}${numberIn(next)}`, (world) => read(world).#receive(at));
      }
      if (this.#world.mayFail('crashes')) happenings.add(`${named} dies${this.#handful(worker)}`, (world) => read(world).#die(at), true);
      if (this.#world.left.closes > 0 && !['closed', 'draining'].includes(this.kind(at)))
        happenings.add(`${named} is closed`, (world) => {
          world.spend('closes');
          read(world).#step(at, CLOSE);
        });
    });
  }

  #offerTimers<W extends World>(happenings: Happenings<W>, read: (world: W) => Workers, at: number, known: boolean): void {
    const { machine } = this.all[at] as Worker;
    const named = `worker ${at + 1}`;
    if (this.#steps.isArmed(machine, 'reconnectDelay'))
      happenings.add(`${named} connects anew`, (world) => read(world).#fire(at, 'reconnectDelay'));
    if (this.#steps.isArmed(machine, 'drainTimeout'))
      happenings.add(`${named} runs out of patience with its handler`, (world) => read(world).#fire(at, 'drainTimeout'));
    if (this.#steps.isArmed(machine, 'heartbeatDue') && this.#world.left.heartbeats > 0)
      happenings.add(`a heartbeat of ${named} is due`, (world) => {
        world.spend('heartbeats');
        read(world).#fire(at, 'heartbeatDue');
      });
    if (!this.#steps.isArmed(machine, 'silence')) return;
    if (!known) happenings.add(`${named} hears nothing from a queue that does not know it`, (world) => read(world).#fire(at, 'silence'));
    else if (this.#world.mayFail('suspicions'))
      happenings.add(
        `${named} hears nothing in time`,
        (world) => {
          world.spendFault('suspicions');
          read(world).#fire(at, 'silence');
        },
        true,
      );
  }

  #offerWork<W extends World>(happenings: Happenings<W>, read: (world: W) => Workers, at: number): void {
    const { hands } = this.all[at] as Worker;
    if (hands === 0) return;
    const about = `its work on request ${requestOf(hands) + 1}`;
    happenings.add(`worker ${at + 1} ends ${about}`, (world) => read(world).#end(at, DONE));
    if (!this.#world.mayFail('failures')) return;
    happenings.add(
      `worker ${at + 1} fails in ${about}`,
      (world) => {
        world.spendFault('failures');
        read(world).#end(at, FAILED);
      },
      true,
    );
  }

  #handful({ hands }: Worker): string {
    return hands === 0 ? '' : ` with request ${requestOf(hands) + 1} in its hands`;
  }

  /* ---------------------------------------------------------------- a worker, as worker.ts has it */

  #receive(at: number): void {
    const { connection } = this.all[at] as Worker;
    const next = connection?.down.shift() as number;
    switch (kindOf(next)) {
      case END:
        this.#step(at, BROKER_GONE);
        break;
      case HEARTBEAT:
        this.#step(at, HEARD);
        break;
      case DISCONNECT:
        this.#step(at, DISMISSED);
        break;
      default:
        if (this.kind(at) !== 'idle')
          breach('U7', `worker ${at + 1} was given request ${requestOf(next) + 1} while it was ${this.kind(at)}`);
        this.#step(at, requestIn(next));
    }
  }

  /** The handler ends; what it was about is known until the machine has said what becomes of the result. */
  #end(at: number, event: WorkerEvent): void {
    const worker = this.all[at] as Worker;
    const { hands } = worker;
    this.#step(at, event);
    if (worker.hands === hands && this.kind(at) !== 'busy') worker.hands = 0;
  }

  #die(at: number): void {
    const worker = this.all[at] as Worker;
    this.#world.spendFault('crashes');
    worker.alive = false;
    worker.machine = this.#steps.start;
    worker.hands = 0;
    this.#shut(worker);
  }

  #revive(at: number): void {
    (this.all[at] as Worker).alive = true;
    this.#step(at, START);
  }

  #shut(worker: Worker): void {
    if (worker.connection !== undefined) this.#world.close(worker.connection);
    worker.connection = undefined;
  }

  #step(at: number, event: WorkerEvent): void {
    const worker = this.all[at] as Worker;
    const { to, effects } = this.#steps.step(worker.machine, event);
    worker.machine = to;
    perform(effects, this.#effectsOf(at, worker));
  }

  #fire(at: number, timer: 'heartbeatDue' | 'silence' | 'reconnectDelay' | 'drainTimeout'): void {
    const worker = this.all[at] as Worker;
    const { to, effects } = this.#steps.fire(worker.machine, timer);
    worker.machine = to;
    perform(effects, this.#effectsOf(at, worker));
  }

  #effectsOf(at: number, worker: Worker): WorkerEffects {
    const send = (message: number): void => {
      if (worker.connection !== undefined) this.#world.sendUp(worker.connection, message);
    };
    return {
      open: () => {
        worker.connection = this.#world.connect(this.#settings.clients + at, 0);
        send(READY);
      },
      shut: () => {
        this.#shut(worker);
      },
      leave: () => {
        if (this.#settings.farewell) send(DISCONNECT);
        this.#shut(worker);
      },
      sendReply: () => {
        send(message(REPLY, requestOf(worker.hands), 0, handleOf(worker.hands)));
      },
      sendHeartbeat: () => {
        send(HEARTBEAT);
      },
      run: ({ address }) => {
        worker.hands = (address as unknown as readonly number[])[0] as number;
        this.#world.execute(requestOf(worker.hands));
        this.#world.notes.push(`worker ${at + 1} begins to work`);
      },
      abort: () => undefined,
      discard: () => {
        this.#world.notes.push('the result has nobody to go to');
      },
      lost: (loss) => {
        this.#world.notes.push(`worker ${at + 1} leaves (${loss})`);
      },
      closed: () => {
        worker.hands = 0;
      },
    };
  }
}

const HEARS: Readonly<Record<number, string>> = {
  [END]: 'is told that its connection has ended',
  [HEARTBEAT]: 'gets a heartbeat',
  [DISCONNECT]: 'is told to go',
  [REQUEST]: 'gets request ',
};

function numberIn(message: number): string {
  return kindOf(message) === REQUEST ? String(requestOf(message) + 1) : '';
}
