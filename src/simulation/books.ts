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
  isReady(frames: readonly Frame[]): boolean;
  isHeartbeat(frames: readonly Frame[]): boolean;
  isDisconnect(frames: readonly Frame[]): boolean;
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
  /** How often it has reached a worker's connection. */
  deliveries: number;
  /** In how many intervals since it was handed out its holder was heard to heartbeat, the first one left out; and the last of them. */
  heartbeats: number;
  interval: number;
}

/** Of a broker in one of its lives. */
export class Books {
  readonly process: ProcessView;
  readonly requests: Map<number, Entry> = new Map();
  /** Who holds which request. */
  readonly holders: Map<string, number> = new Map();
  /** Registered workers, and their services. */
  readonly workers: Map<string, string> = new Map();
  /** Workers that are ready, least recently used first, by service. */
  readonly ready: Map<string, Set<string>> = new Map();
  /** Requests that wait, by service, in the order in which they are to be handed out. */
  readonly waiting: Map<string, { readonly returned: Set<Entry>; readonly fresh: Set<Entry> }> = new Map();
  /** When each peer was last heard. */
  readonly heard: Map<string, number> = new Map();
  /** The addresses that requests went out with. */
  readonly addresses: Map<string, string> = new Map();
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
  /** To whom the next message must go. */
  answering: Entry | undefined;
  queued = 0;
  /** When what is under way from each peer was sent; of all lives. */
  readonly #underWay: ReadonlyMap<string, readonly number[]>;

  constructor(process: ProcessView, underWay: ReadonlyMap<string, readonly number[]>) {
    this.process = process;
    this.#underWay = underWay;
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

  waitingFor(service: string): { readonly returned: Set<Entry>; readonly fresh: Set<Entry> } {
    let waiting = this.waiting.get(service);
    if (waiting === undefined) this.waiting.set(service, (waiting = { returned: new Set(), fresh: new Set() }));
    return waiting;
  }

  /** Whose turn it is. */
  nextFor(service: string): Entry | undefined {
    const { returned, fresh } = this.waitingFor(service);
    for (const entry of returned) return entry;
    for (const entry of fresh) return entry;
    return undefined;
  }

  /** It has just been sent to this peer, in this very moment. */
  wasSentTo(peer: string, now: number): boolean {
    return this.lastSentTo === peer && this.lastSentAt === now;
  }

  /* ---------------------------------------------------------------- what is entered */

  /** A worker that is heard to heartbeat in two intervals of one request, the first one left out, is one that heartbeats at work. */
  heartbeat(worker: string, now: number, heartbeatInterval: number): void {
    const entry = this.requests.get(this.holders.get(worker) ?? 0);
    if (entry === undefined || heartbeatInterval === 0) return;
    const interval = Math.floor((now - entry.since) / heartbeatInterval);
    if (interval <= entry.interval) return;
    entry.interval = interval;
    if (++entry.heartbeats >= 2) this.beating.add(worker);
  }

  register(event: TraceEvent): void {
    this.workers.set(labelOf(event), serviceOf(event));
    this.readyFor(serviceOf(event)).add(labelOf(event));
  }

  expire(event: TraceEvent): void {
    this.workers.delete(labelOf(event));
    // Also in words that the rules do not read: further frames are no obstacle.
    if (event['loss'] === 'left') this.left.add(labelOf(event));
    this.beating.delete(labelOf(event));
    this.readyFor(serviceOf(event)).delete(labelOf(event));
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
      deliveries: 0,
      heartbeats: 0,
      interval: 0,
    };
    this.clients.add(entry.client);
    this.requests.set(entry.number, entry);
    this.waitingFor(entry.service).fresh.add(entry);
    this.queued++;
  }

  dispatch(event: TraceEvent, now: number): void {
    const entry = this.requests.get(numberOf(event));
    const worker = labelOf(event);
    this.readyFor(serviceOf(event)).delete(worker);
    if (entry === undefined) return;
    this.#unqueue(entry);
    this.#turn(entry, 'in flight', now);
    if (this.wasSentTo(worker, now)) entry.deliveries++;
    entry.holder = worker;
    entry.heartbeats = entry.interval = 0;
    this.holders.set(worker, entry.number);
  }

  requeue(event: TraceEvent, now: number): void {
    const entry = this.requests.get(numberOf(event));
    if (entry === undefined) return;
    this.#unqueue(entry);
    this.#release(entry);
    this.#turn(entry, 'queued', now);
    this.waitingFor(entry.service).returned.add(entry);
    this.queued++;
  }

  end(event: TraceEvent): void {
    const entry = this.requests.get(numberOf(event));
    if (entry === undefined) return;
    this.#unqueue(entry);
    this.requests.delete(entry.number);
    const worker = this.#release(entry);
    if (worker !== undefined && this.workers.has(worker)) this.readyFor(entry.service).add(worker);
  }

  #turn(entry: Entry, state: Entry['state'], now: number): void {
    entry.state = state;
    entry.since = now;
    entry.turn++;
  }

  #unqueue(entry: Entry): void {
    const { returned, fresh } = this.waitingFor(entry.service);
    if (returned.delete(entry) || fresh.delete(entry)) this.queued--;
  }

  /** It is with nobody any more. Answers who had it. */
  #release(entry: Entry): string | undefined {
    const { holder } = entry;
    entry.holder = undefined;
    if (holder !== undefined) this.holders.delete(holder);
    return holder;
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
