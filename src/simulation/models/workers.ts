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
/** What a worker with several requests says besides: one of them comes back, undone or not even begun; so many are taken from now on. */
export const FAILURE = 6;
export const DECLINED = 7;
export const CREDIT = 8;

export interface WorkerSettings {
  readonly clients: number;
  readonly workers: number;
  /** 0 for a protocol without heartbeats; else the intervals of silence after which a peer is given up. */
  readonly liveness: number;
  /** Whether the protocol has a word for leaving. */
  readonly farewell: boolean;
  /** Requests that a worker works on at once. */
  readonly concurrency: number;
  /** Requests that a worker may hold behind the one in hand. */
  readonly mostHeld: number;
}

interface Worker {
  alive: boolean;
  machine: number;
  connection: Connection | undefined;
  /** The requests whose handlers run, as they came. */
  hands: number[];
}

type WorkerEvent = WorkerMachine['event'];
const START: WorkerEvent = { kind: 'start' };
const BROKER_GONE: WorkerEvent = { kind: 'brokerGone', established: true };
const HEARD: WorkerEvent = { kind: 'HEARTBEAT' };
const DISMISSED: WorkerEvent = { kind: 'DISCONNECT' };
const CLOSE: WorkerEvent = { kind: 'close' };
/** The address of a request is the whole message that brought it. */
const requestIn = (returnable: boolean): ((message: number) => WorkerRequest) =>
  numbered((message) => ({
    kind: 'REQUEST',
    address: [message] as unknown as readonly Frame[],
    attempt: 1,
    body: [],
    quiet: false,
    returnable,
  }));
const REQUESTS = { plain: requestIn(false), returnable: requestIn(true) };
const doneWith = (requests: (message: number) => WorkerRequest): ((message: number) => WorkerEvent) =>
  numbered((message) => ({ kind: 'handlerDone', request: requests(message), body: [] }));
const DONE = { plain: doneWith(REQUESTS.plain), returnable: doneWith(REQUESTS.returnable) };
const failedAt = (requests: (message: number) => WorkerRequest): ((message: number) => WorkerEvent) =>
  numbered((message) => ({ kind: 'handlerFailed', request: requests(message) }));
const FAILED = { plain: failedAt(REQUESTS.plain), returnable: failedAt(REQUESTS.returnable) };
/** The message that a request came in. */
const messageOf = ({ address }: WorkerRequest): number => (address as unknown as readonly number[])[0] as number;

export function workerSteps(
  machine: Machine<WorkerMachine>,
  { liveness, concurrency, mostHeld }: WorkerSettings,
  observer?: StepObserver,
): Steps<WorkerMachine> {
  const backoff = { base: 1, maximum: 1, jitter: 0 };
  const heartbeats = { heartbeatInterval: liveness > 0 ? 1 : 0, heartbeatLiveness: liveness };
  // Failures only make pauses longer, and here every pause may end at any time.
  const bounded = (state: WorkerMachine['state']): WorkerMachine['state'] => ('failures' in state ? { ...state, failures: 0 } : state);
  const context = { ...heartbeats, endpoints: 1, drainTimeout: 1, concurrency, mostHeld, backoff, random: () => 0 };
  return new Steps(machine, context, observer, bounded);
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
      this.all.push({ alive: true, machine: this.#steps.start, connection: undefined, hands: [] });
      this.#step(at, START);
    }
  }

  pack(packer: Packer): void {
    for (const { alive, machine, connection, hands } of this.all) {
      packer.putLarge(machine * 2 + Number(alive));
      packer.put(connection === undefined ? 0 : connection.label + 1);
      packer.put(hands.length);
      for (const each of hands) packer.putLarge(each);
    }
  }

  unpack(unpacker: Unpacker): void {
    for (let count = this.#settings.workers; count > 0; count--) {
      const machine = unpacker.takeLarge();
      const connection = this.#world.connections[unpacker.take() - 1];
      const hands = Array.from({ length: unpacker.take() }, () => unpacker.takeLarge());
      this.all.push({ alive: (machine & 1) !== 0, machine: machine >> 1, connection, hands });
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
    if (this.#steps.isArmed(machine, 'failureDelay'))
      happenings.add(`${named} takes requests again`, (world) => read(world).#fire(at, 'failureDelay'));
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
    for (const each of (this.all[at] as Worker).hands) {
      const about = `its work on request ${requestOf(each) + 1}`;
      happenings.add(`worker ${at + 1} ends ${about}`, (world) => read(world).#end(at, each, DONE[this.#make](each)));
      if (!this.#world.mayFail('failures')) continue;
      happenings.add(
        `worker ${at + 1} fails in ${about}`,
        (world) => {
          world.spendFault('failures');
          read(world).#end(at, each, FAILED[this.#make](each));
        },
        true,
      );
    }
  }

  /** What its broker understands. */
  get #make(): 'plain' | 'returnable' {
    return this.#settings.farewell ? 'returnable' : 'plain';
  }

  #handful({ hands }: Worker): string {
    const named = hands.map((each) => `request ${requestOf(each) + 1}`);
    return hands.length === 0 ? '' : ` with ${named.join(' and ')} in its hands`;
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
        this.#mustHaveRoom(at, next);
        this.#step(at, REQUESTS[this.#make](next));
    }
  }

  /** One that has said that it takes no more may still be given what was on its way. */
  #mustHaveRoom(at: number, next: number): void {
    const { concurrency } = this.#settings;
    const kind = this.kind(at);
    const { length } = (this.all[at] as Worker).hands;
    if (kind === 'idle' || (concurrency > 1 && (kind === 'busy' || kind === 'draining') && length < concurrency)) return;
    const many = length === 0 ? '' : ` with ${length} in its hands`;
    breach('U7', `worker ${at + 1} was given request ${requestOf(next) + 1} while it was ${kind}${concurrency > 1 ? many : ''}`);
  }

  /** A handler ends. */
  #end(at: number, about: number, event: WorkerEvent): void {
    const worker = this.all[at] as Worker;
    worker.hands = worker.hands.filter((each) => each !== about);
    this.#step(at, event);
  }

  #die(at: number): void {
    const worker = this.all[at] as Worker;
    this.#world.spendFault('crashes');
    worker.alive = false;
    worker.machine = this.#steps.start;
    worker.hands = [];
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

  #fire(at: number, timer: 'heartbeatDue' | 'silence' | 'reconnectDelay' | 'failureDelay' | 'drainTimeout'): void {
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
        send(message(READY, this.#settings.concurrency - 1));
      },
      shut: () => {
        this.#shut(worker);
      },
      leave: () => {
        if (this.#settings.farewell) send(DISCONNECT);
        this.#shut(worker);
      },
      sendReply: (request) => {
        const asked = messageOf(request);
        send(message(REPLY, requestOf(asked), 0, handleOf(asked)));
      },
      giveBack: (request, why) => {
        const asked = messageOf(request);
        send(message(why === 'declined' ? DECLINED : FAILURE, requestOf(asked), 0, handleOf(asked)));
      },
      sendCredit: (credit) => {
        send(message(CREDIT, credit));
      },
      sendHeartbeat: () => {
        send(HEARTBEAT);
      },
      run: (request) => {
        const asked = messageOf(request);
        worker.hands.push(asked);
        this.#world.execute(requestOf(asked));
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
        worker.hands = [];
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
