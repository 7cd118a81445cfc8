/** One broker's books, as its trace and its mail tell them: what the rules of load balancing judge by. */
import type { TraceEvent } from '../runtime/trace.ts';
import type { Frame } from '../wire/message.ts';
import type { Rule, RunView, ProcessView } from './invariants.ts';

/** How to read a wire between broker and workers from outside. Nothing: it is something else. */
export interface WorkerFrames {
  /** The address of a request to a worker. */
  request(frames: readonly Frame[]): string | undefined;
  /** The address of a worker's answer. */
  reply(frames: readonly Frame[]): string | undefined;
  /** The address of a request that a worker gives back, and whether it was never begun. */
  failure(frames: readonly Frame[]): { readonly address: string; readonly declined: boolean } | undefined;
  /** How many requests a worker takes at once, where a READY or another command of it says so. */
  credit(frames: readonly Frame[]): number | undefined;
  isReady(frames: readonly Frame[]): boolean;
  isHeartbeat(frames: readonly Frame[]): boolean;
  isDisconnect(frames: readonly Frame[]): boolean;
  /** The address of the last request that had reached a worker which leaves, empty if none had; nothing when it does not say. */
  lastReceived(frames: readonly Frame[]): string | undefined;
  /** The broker tells a worker to go that says what it must not say now. */
  readonly turnsAway: boolean;
  /** How long the client of this request waits, if it says so. */
  timeToLive(frames: readonly Frame[]): number | undefined;
}

/** What the rules must know of the options. All times in ms. */
export interface BalancedRules {
  /** Silence after which a worker is gone; 0: silence means nothing. */
  readonly expiry: number;
  readonly heartbeatInterval: number;
  /** Time until the transport itself cuts a dead connection. */
  readonly pings: number;
  readonly busyLimit: number;
  readonly requestExpiry: number;
  /** How often one request may reach a worker. */
  readonly maxDeliveries: number;
  /** Requests that may wait at one broker. Those that come back from a worker wait in any case. */
  readonly mostQueued: number;
  /** Requests that may wait for one service. */
  readonly mostQueuedPerService: number;
  /** Requests that one worker may hold at once, whatever it asks for. */
  readonly maxConcurrency: number;
  readonly maxWorkers: number;
  /** Services that may be known at once. */
  readonly maxServices: number;
  /** Clients are read only while a worker is ready. */
  readonly readsWhenReady: boolean;
  /** Nodes that keep to no rule. */
  readonly strangers: readonly string[];
  readonly reconnect: { readonly base: number; readonly maximum: number; readonly jitter: number };
  readonly frames: WorkerFrames;
}

/** Judging waits for mail after a standstill, and timers are set to whole ms. */
export const SLACK_MS = 300;

export const labelOf = (event: TraceEvent): string => event['worker'] as string;
export const numberOf = (event: TraceEvent): number => event['request'] as number;
export const serviceOf = (event: TraceEvent): string => (event['service'] as string | undefined) ?? '';
/** The life of a process, from the label of one of its connections. */
export const lifeOf = (label: string): string => label.slice(0, label.indexOf('#'));

/** The node at the other end of a connection, from its label. */
export const nodeOf = (label: string): string => label.slice(0, label.lastIndexOf('.', label.indexOf('#')));

/** The address without the number of the delivery, which its mark also holds. */
export function handleIn(address: string | undefined): string | undefined {
  return address?.slice(4);
}

/** A request that the broker has taken in. */
export interface Entry {
  readonly number: number;
  readonly service: string;
  /** The client's connection. */
  readonly client: string;
  /** When its client stops waiting. */
  readonly unwantedAt: number;
  state: 'queued' | 'in flight';
  /** How often it has changed hands. */
  turn: number;
  /** When that was. */
  since: number;
  holder: string | undefined;
  /** The address that it went out with; nothing: it waits, or its worker's connection has not taken it. */
  address: string | undefined;
  /** How often it has reached a worker's connection. */
  deliveries: number;
  /** The same, as the broker has it. */
  told: number;
}

/** A registered worker. */
interface Registered {
  readonly service: string;
  /** Requests that it may hold at once. */
  credit: number;
  /** It has a request on its last delivery, and gets nothing else. */
  alone: boolean;
  /** When it was given work while it held none. */
  busySince: number;
  /** In how many intervals since then it was heard to heartbeat, the first one left out; and the last of them. */
  heartbeats: number;
  interval: number;
}

/** Requests that wait for one service, in the order in which they came. */
interface Waiting {
  /** What came back and may be handed out only once more: to a worker that holds nothing. */
  readonly lastChance: Set<Entry>;
  readonly returned: Set<Entry>;
  readonly fresh: Set<Entry>;
  /** Clients with requests in `fresh`, in the order in which it is their turn. */
  turns: string[];
  /** By client: since which hand-out of this service it has something in `fresh`, has given up nothing, and has had nothing handed out. */
  readonly since: Map<string, number>;
  /** By client: which hand-out to it was the last. */
  readonly handed: Map<string, number>;
  /** Hand-outs so far of requests whose clients had their turn. */
  handOuts: number;
  /** The worker that is to be free for one on its last delivery. */
  reserved: string | undefined;
  /** Workers and requests have changed so that one may have to be reserved. */
  reserving: boolean;
}

/** Of a broker in one of its lives. */
export class Books {
  readonly process: ProcessView;
  readonly requests: Map<number, Entry> = new Map();
  /** Who holds which requests. */
  readonly holders: Map<string, Set<number>> = new Map();
  readonly workers: Map<string, Registered> = new Map();
  /** Workers that have room, by service, in the order in which they came to hold what they do. */
  readonly ready: Map<string, Set<string>> = new Map();
  /** Requests that wait, by service, in the order in which they are to be handed out. */
  readonly waiting: Map<string, Waiting> = new Map();
  /** When each peer was last heard. */
  readonly heard: Map<string, number> = new Map();
  /** Peers that were told to go, or said that they went. */
  readonly left: Set<string> = new Set();
  /** Peers that have had a request taken in: they are clients. */
  readonly clients: Set<string> = new Set();
  /** Workers that are known to heartbeat while they work. */
  readonly beating: Set<string> = new Set();
  /** It was told to stop. */
  stopping = false;
  lastHeard = '';
  lastFrames: readonly Frame[] = [];
  lastSentTo = '';
  lastSentAt = -1;
  lastSent: readonly Frame[] = [];
  /** To whom the next message must go. */
  answering: Entry | undefined;
  queued = 0;
  /** When what is under way from each peer was sent; of all lives. */
  readonly #underWay: ReadonlyMap<string, readonly number[]>;
  readonly #rules: BalancedRules;

  constructor(process: ProcessView, underWay: ReadonlyMap<string, readonly number[]>, rules: BalancedRules) {
    this.process = process;
    this.#underWay = underWay;
    this.#rules = rules;
  }

  /** When the oldest message of a peer that has not been read was sent. */
  unreadSince(peer: string): number | undefined {
    return this.#underWay.get(peer)?.[0];
  }

  readyFor(service: string): Set<string> {
    let ready = this.ready.get(service);
    if (ready === undefined) this.ready.set(service, (ready = new Set()));
    return ready;
  }

  waitingFor(service: string): Waiting {
    let waiting = this.waiting.get(service);
    if (waiting === undefined) {
      const queues = { lastChance: new Set<Entry>(), returned: new Set<Entry>(), fresh: new Set<Entry>(), turns: [] };
      waiting = { ...queues, since: new Map(), handed: new Map(), handOuts: 0, reserved: undefined, reserving: false };
      this.waiting.set(service, waiting);
    }
    return waiting;
  }

  /** The worker that holds it has just said that it has not begun with it, and is closing: that was no delivery. */
  isUntouched(entry: Entry): boolean {
    return this.#isDeclined(entry) || this.#isOnItsWay(entry);
  }

  /** Its worker has left, and another request was the last to reach it. */
  #isOnItsWay({ holder, address }: Entry): boolean {
    const last = this.#rules.frames.lastReceived(this.lastFrames);
    if (last === undefined || holder !== this.lastHeard || address === undefined) return false;
    return last === '' || (handleIn(address) as string) > (handleIn(last) as string);
  }

  #isDeclined(entry: Entry): boolean {
    const failure = this.#rules.frames.failure(this.lastFrames);
    if (this.workers.get(entry.holder ?? '')?.credit !== 0) return false;
    return failure?.declined === true && entry.address !== undefined && handleIn(failure.address) === handleIn(entry.address);
  }

  /** How many requests a worker holds. */
  loadOf(worker: string): number {
    return this.holders.get(worker)?.size ?? 0;
  }

  /** Whose turn it is with a worker that has room: what came back, then one client after the other. */
  nextFor(service: string): Entry | undefined {
    const { returned, fresh, turns } = this.waitingFor(service);
    for (const entry of returned) return entry;
    for (const entry of fresh) if (entry.client === turns[0]) return entry;
    return undefined;
  }

  /** Of the workers with room, the least loaded, and of those the one that has been so for longest. */
  firstReady(service: string): string | undefined {
    let first: string | undefined;
    for (const worker of this.readyFor(service)) if (first === undefined || this.loadOf(worker) < this.loadOf(first)) first = worker;
    return first;
  }

  /** It has just been sent to this peer, in this very moment. */
  wasSentTo(peer: string, now: number): boolean {
    return this.lastSentTo === peer && this.lastSentAt === now;
  }

  /* ---------------------------------------------------------------- what is entered */

  /** A worker that is heard to heartbeat in two intervals since it was idle, the first one left out, is one that heartbeats at work. */
  heartbeat(peer: string, now: number): void {
    const { heartbeatInterval } = this.#rules;
    const worker = this.workers.get(peer);
    if (worker === undefined || this.loadOf(peer) === 0 || heartbeatInterval === 0) return;
    const interval = Math.floor((now - worker.busySince) / heartbeatInterval);
    if (interval <= worker.interval) return;
    worker.interval = interval;
    if (++worker.heartbeats >= 2) this.beating.add(peer);
  }

  register(event: TraceEvent): void {
    const worker = labelOf(event);
    const asked = this.lastHeard === worker ? this.#rules.frames.credit(this.lastFrames) : undefined;
    const credit = Math.min(asked ?? 1, this.#rules.maxConcurrency);
    this.workers.set(worker, { service: serviceOf(event), credit, alone: false, busySince: 0, heartbeats: 0, interval: 0 });
    this.#makeReady(worker);
  }

  /** A worker says how many it takes from now on. */
  creditChanged(peer: string, asked: number): void {
    const worker = this.workers.get(peer);
    if (worker === undefined) return;
    const had = this.#hasRoom(peer);
    worker.credit = Math.min(asked, this.#rules.maxConcurrency);
    if (!had && this.#hasRoom(peer)) this.#makeReady(peer);
    else if (had && !this.#hasRoom(peer)) this.#unready(peer, worker.service);
  }

  expire(event: TraceEvent): void {
    const worker = labelOf(event);
    this.workers.delete(worker);
    // Also in words that the rules do not read: further frames are no obstacle.
    if (event['loss'] === 'left') this.left.add(worker);
    this.beating.delete(worker);
    this.#unready(worker, serviceOf(event));
  }

  accept(event: TraceEvent, timeToLive: number | undefined, now: number): void {
    const entry: Entry = {
      number: numberOf(event),
      service: serviceOf(event),
      client: event['peer'] as string,
      unwantedAt: now + (timeToLive ?? Infinity),
      state: 'queued',
      turn: 0,
      since: now,
      holder: undefined,
      address: undefined,
      deliveries: 0,
      told: 0,
    };
    this.clients.add(entry.client);
    this.requests.set(entry.number, entry);
    const { fresh, turns, since, handOuts } = this.waitingFor(entry.service);
    fresh.add(entry);
    if (!since.has(entry.client)) since.set(entry.client, handOuts);
    if (!turns.includes(entry.client)) turns.push(entry.client);
    this.queued++;
  }

  dispatch(event: TraceEvent, now: number): void {
    const entry = this.requests.get(numberOf(event));
    const peer = labelOf(event);
    if (entry === undefined) return;
    const waiting = this.waitingFor(entry.service);
    const alone = waiting.lastChance.has(entry);
    if (waiting.fresh.has(entry)) waiting.handed.set(entry.client, ++waiting.handOuts);
    this.#unqueue(entry);
    this.#turn(entry, 'in flight', now);
    entry.told = event['delivery'] as number;
    if (this.wasSentTo(peer, now)) {
      entry.deliveries++;
      entry.address = this.#rules.frames.request(this.lastSent);
    }
    entry.holder = peer;
    const held = this.holders.get(peer);
    if (held === undefined) this.holders.set(peer, new Set([entry.number]));
    else held.add(entry.number);
    const worker = this.workers.get(peer);
    if (worker === undefined) return;
    worker.alone = alone;
    if (held === undefined) [worker.busySince, worker.heartbeats, worker.interval] = [now, 0, 0];
    this.#loadChanged(peer);
  }

  requeue(event: TraceEvent, now: number): void {
    const entry = this.requests.get(numberOf(event));
    if (entry === undefined) return;
    if (this.isUntouched(entry)) entry.deliveries--;
    this.#unqueue(entry);
    this.#release(entry);
    this.#turn(entry, 'queued', now);
    const waiting = this.waitingFor(entry.service);
    // By its own count, which may be higher: it does not know of each connection that took nothing.
    const deliveries = event['deliveries'] as number;
    const isLast = deliveries > 0 && deliveries === this.#rules.maxDeliveries - 1;
    (isLast ? waiting.lastChance : waiting.returned).add(entry);
    waiting.reserving = true;
    this.queued++;
  }

  end(event: TraceEvent): void {
    const entry = this.requests.get(numberOf(event));
    if (entry === undefined) return;
    this.#unqueue(entry);
    this.requests.delete(entry.number);
    this.#release(entry);
  }

  /** All that an event led to has happened: where one on its last delivery waits, the least loaded worker gets nothing further. */
  reserve(): void {
    for (const [service, waiting] of this.waiting) {
      if (!waiting.reserving) continue;
      waiting.reserving = false;
      if (waiting.lastChance.size === 0 || waiting.reserved !== undefined) continue;
      const first = this.firstReady(service);
      if (first === undefined || this.loadOf(first) === 0) continue;
      waiting.reserved = first;
      this.readyFor(service).delete(first);
    }
  }

  #turn(entry: Entry, state: Entry['state'], now: number): void {
    entry.state = state;
    entry.since = now;
    entry.turn++;
  }

  #unqueue(entry: Entry): void {
    const waiting = this.waitingFor(entry.service);
    if (waiting.returned.delete(entry)) this.queued--;
    if (waiting.lastChance.delete(entry)) {
      this.queued--;
      this.#freeReserved(waiting);
    }
    if (!waiting.fresh.delete(entry)) return;
    this.queued--;
    waiting.since.delete(entry.client);
    waiting.turns = waiting.turns.filter((client) => client !== entry.client);
    for (const { client } of waiting.fresh)
      if (client === entry.client) {
        waiting.turns.push(client);
        waiting.since.set(client, waiting.handOuts);
        break;
      }
  }

  /** What it was reserved for is gone. */
  #freeReserved(waiting: Waiting): void {
    const { reserved } = waiting;
    if (waiting.lastChance.size > 0 || reserved === undefined) return;
    waiting.reserved = undefined;
    if (this.#hasRoom(reserved)) this.#makeReady(reserved);
  }

  /** It is with nobody any more. */
  #release(entry: Entry): void {
    const { holder } = entry;
    entry.holder = undefined;
    entry.address = undefined;
    if (holder === undefined) return;
    const held = this.holders.get(holder);
    held?.delete(entry.number);
    if (held?.size === 0) this.holders.delete(holder);
    if (this.workers.has(holder)) this.#loadChanged(holder);
  }

  #hasRoom(peer: string): boolean {
    const worker = this.workers.get(peer);
    return worker !== undefined && this.loadOf(peer) < worker.credit && !worker.alone;
  }

  #loadChanged(peer: string): void {
    const worker = this.workers.get(peer) as Registered;
    const load = this.loadOf(peer);
    if (load === 0) worker.alone = false;
    const waiting = this.waitingFor(worker.service);
    if (waiting.reserved === peer && load > 0) return;
    if (waiting.reserved === peer) waiting.reserved = undefined;
    this.readyFor(worker.service).delete(peer);
    if (this.#hasRoom(peer)) this.#makeReady(peer);
  }

  /** Behind all others that hold as much. */
  #makeReady(peer: string): void {
    const { service } = this.workers.get(peer) as Registered;
    this.readyFor(service).add(peer);
    this.waitingFor(service).reserving = true;
  }

  #unready(peer: string, service: string): void {
    this.readyFor(service).delete(peer);
    const waiting = this.waitingFor(service);
    if (waiting.reserved === peer) waiting.reserved = undefined;
  }
}

/** What a rule has of its run: the time and the nodes, and a way to say that this rule is broken. */
export interface Court {
  readonly run: RunView;
  violated(because: string): void;
}

export type Judge = (event: TraceEvent, books: Books, court: Court) => void;

/** A rule over the books: they are kept in one place, and judged before they are changed. */
export interface BookRule extends Rule {
  /** By the kind of event. */
  readonly on?: { readonly [kind: string]: Judge };
  /** The broker has sent something. */
  readonly sent?: (peer: string, frames: readonly Frame[], books: Books, court: Court) => void;
  /** The broker has read something. */
  readonly heard?: (peer: string, books: Books, court: Court) => void;
  /** Now and then, while the broker runs and has had time for all it was to do. */
  readonly swept?: (books: Books, court: Court) => void;
  /** All that a change of the books led to has happened. */
  readonly settled?: (books: Books, court: Court) => void;
  /** All has been well for long. */
  readonly rest?: (books: Books, court: Court) => void;
}
