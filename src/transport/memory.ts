/**
 * The transport inside one process: no sockets, no native binding, the same behaviour each time.
 *
 * Sockets of one network find each other by the endpoint's text. It behaves as the port says and, where the port leaves room,
 * as libzmq does: a connector keeps its queue across connections, a listener loses what it had queued for a connection that
 * ends, and a reconnecting peer is a new handle. A connection can be cut or frozen on purpose.
 *
 * A queue belongs to its sender. The receiver's turn, put off by `schedule`, takes from the queues of its connections one
 * message each in rotation, and ends with `batchEnd`.
 */
import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import { assert } from '../core/assert.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { FramesMessage, type Frame, type Message } from '../wire/message.ts';
import {
  BindFailed,
  InvalidEndpoint,
  nextPeerLabel,
  throwLater,
  type ConnectOptions,
  type Connector,
  type Listener,
  type LivenessLayers,
  type Peer,
  type SendResult,
  type SocketOptions,
  type Transport,
  type TransportHandler,
} from './transport.ts';

const NAME = 'memory';
const DEFAULT_HIGH_WATER_MARK = 1000;
const DEFAULT_LISTENER_LINGER_MS = 500;
const DEFAULT_LISTENER_FRAME_BYTES = 2 ** 20;
const DEFAULT_RECONNECT_MS = 100;

/** A socket hands over this many messages, then lets the others have a turn. */
const MESSAGES_PER_TURN = 256;
/** After so many turns within one drain of microtasks, timers and real sockets get their chance. */
const TURNS_PER_DRAIN = 1000;

export interface MemoryNetworkOptions {
  /**
   * Puts a socket's turn off: does `turn` soon, once, and never during the call. Default: a microtask. For a fake clock that is
   * ticked synchronously, or for latency: `(turn) => clock.setTimeout(turn, 1)`. Whatever it does, no connection reorders.
   */
  readonly schedule?: (turn: () => void) => void;
  /** Times reconnect attempts and lingering, and nothing else. Default: the system's. */
  readonly clock?: Clock;
  /** `false` makes a network that never tells of an ended connection, as libzmq without its draft options. Default true. */
  readonly disconnectNotices?: boolean;
}

/** A connector, either side's handle of one, or an endpoint (all its connectors, and for `freeze` future ones, too). */
export type ConnectionTarget = Connector | Peer | string;

/** A transport, and the hands that can hurt it. */
export interface MemoryNetwork extends Transport {
  /**
   * Ends connections as if the network had reset them: both ends hear `peerGone`. What the listener had queued for them is
   * lost; connectors keep their queues and reconnect after their `reconnectInterval`.
   */
  cut(target: ConnectionTarget): void;
  /**
   * Lets connections go on existing while nothing passes, in either direction, not even word of the other end's close: a dead
   * link, or a stopped process. Queues fill up to `again`. New connections are not made.
   */
  freeze(target: ConnectionTarget): void;
  /** Undoes `freeze`: what was queued arrives, what had ended is noticed. */
  thaw(target: ConnectionTarget): void;
}

/**
 * Makes a network of its own. Any endpoint of the form `scheme://rest` will do; `*` or `:0` at the end gets a free number when
 * listened on.
 */
export function createMemoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new Network(options);
}

/** A message in a queue. */
interface Parcel extends Linked<Parcel> {
  readonly frames: readonly Frame[];
}

class Network implements MemoryNetwork {
  readonly name: string = NAME;
  readonly clock: Clock;
  readonly schedule: (turn: () => void) => void;
  readonly layers: LivenessLayers;
  readonly #listeners = new Map<string, MemoryListener>();
  readonly #connectors = new Map<string, Set<MemoryConnector>>();
  readonly #frozen = new Set<MemoryConnector | string>();
  #lastPort = 0;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock ?? systemClock;
    this.schedule = options.schedule ?? microtaskSchedule();
    this.layers = { disconnectNotices: options.disconnectNotices ?? true, transportHeartbeats: false };
  }

  async listen(endpoint: string, handler: TransportHandler, options: SocketOptions = {}): Promise<Listener> {
    const resolved = this.#resolve(endpoint);
    if (this.#listeners.has(resolved)) throw new BindFailed(endpoint, 'EADDRINUSE');
    const listener = new MemoryListener(this, resolved, handler, options);
    this.#listeners.set(resolved, listener);
    for (const connector of this.#connectors.get(resolved) ?? []) connector.planAttempt();
    return listener;
  }

  connect(endpoint: string, handler: TransportHandler, options: ConnectOptions = {}): Connector {
    if (!isEndpoint(endpoint) || WILDCARD.test(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
    const connector = new MemoryConnector(this, endpoint, handler, options);
    let connectors = this.#connectors.get(endpoint);
    if (connectors === undefined) this.#connectors.set(endpoint, (connectors = new Set()));
    connectors.add(connector);
    this.schedule(connector.attempt);
    return connector;
  }

  cut(target: ConnectionTarget): void {
    for (const connector of this.#connectorsOf(target)) connector.link?.cut();
  }

  freeze(target: ConnectionTarget): void {
    if (typeof target === 'string') this.#frozen.add(target);
    else for (const connector of this.#connectorsOf(target)) this.#frozen.add(connector);
  }

  thaw(target: ConnectionTarget): void {
    if (typeof target === 'string') this.#frozen.delete(target);
    for (const connector of this.#connectorsOf(target)) {
      this.#frozen.delete(connector);
      connector.thawed();
    }
  }

  isFrozen(connector: MemoryConnector): boolean {
    return this.#frozen.size > 0 && (this.#frozen.has(connector) || this.#frozen.has(connector.endpoint));
  }

  listenerAt(endpoint: string): MemoryListener | undefined {
    return this.#listeners.get(endpoint);
  }

  forgetListener(listener: MemoryListener): void {
    this.#listeners.delete(listener.endpoint);
  }

  /** The connector is closed. One that is frozen is still needed: the other end will hear of it when it thaws. */
  forgetConnector(connector: MemoryConnector): void {
    if (this.isFrozen(connector)) return;
    const connectors = this.#connectors.get(connector.endpoint);
    connectors?.delete(connector);
    if (connectors?.size === 0) this.#connectors.delete(connector.endpoint);
  }

  #resolve(endpoint: string): string {
    if (!isEndpoint(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
    if (!WILDCARD.test(endpoint)) return endpoint;
    for (;;) {
      const resolved = endpoint.replace(WILDCARD, `$1${++this.#lastPort}`);
      if (!this.#listeners.has(resolved)) return resolved;
    }
  }

  #connectorsOf(target: ConnectionTarget): readonly MemoryConnector[] {
    if (typeof target === 'string') return [...(this.#connectors.get(target) ?? [])];
    if (target instanceof MemoryConnector) return [target];
    const connector = target instanceof MemoryPeer ? target.link?.connector : (target as RemotePeer).connector;
    return connector === undefined ? [] : [connector];
  }
}

/** A connector, as its listener sees it: one connection. */
class MemoryPeer implements Peer {
  session: unknown = undefined;
  readonly label: string = nextPeerLabel();
  /** None once the connection has ended. */
  link: Link | undefined;

  constructor(link: Link) {
    this.link = link;
  }
}

/** The listener, as a connector sees it: whichever listens there. */
class RemotePeer implements Peer {
  session: unknown = undefined;
  readonly label: string = nextPeerLabel();
  readonly connector: MemoryConnector;

  constructor(connector: MemoryConnector) {
    this.connector = connector;
  }
}

/** One connection. Waits in its listener's line while it has something for it. */
class Link implements Linked<Link> {
  previous: Link | undefined;
  next: Link | undefined;
  queue: unknown;
  readonly network: Network;
  readonly listener: MemoryListener;
  readonly connector: MemoryConnector;
  /** What the listener has queued. The other direction is the connector's own `outbox`. */
  outbox: Fifo<Parcel> = new Fifo();
  /** The listener's handle, from the first message on. */
  peer: MemoryPeer | undefined;
  ended = false;

  constructor(network: Network, listener: MemoryListener, connector: MemoryConnector) {
    this.network = network;
    this.listener = listener;
    this.connector = connector;
  }

  get frozen(): boolean {
    return this.network.isFrozen(this.connector);
  }

  /** The connection ends. The connector still gets what the listener had queued. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.listener.linkEnded(this);
    this.wakeBoth();
  }

  /** The connection ends, and takes along what the listener had queued. */
  cut(): void {
    this.outbox = new Fifo();
    this.end();
  }

  wakeBoth(): void {
    this.listener.wake(this);
    this.connector.wake();
  }
}

/** What listener and connector have in common: turns, and the handler. */
abstract class MemorySocket {
  readonly network: Network;
  readonly layers: LivenessLayers;
  protected readonly handler: TransportHandler;
  protected readonly highWaterMark: number;
  protected readonly linger: number;
  protected closed = false;
  protected closing: Promise<void> | undefined;
  #turnPlanned = false;

  protected constructor(network: Network, handler: TransportHandler, options: SocketOptions, linger: number) {
    this.network = network;
    this.layers = network.layers;
    this.handler = handler;
    this.highWaterMark = options.highWaterMark === 0 ? Infinity : (options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK);
    this.linger = options.linger ?? linger;
  }

  /** Room for messages to `other`: its queue and ours make one. */
  roomTowards(other: MemorySocket): number {
    return this.highWaterMark + other.highWaterMark;
  }

  /** Handles one thing that is waiting. */
  protected abstract handleNext(): 'message' | 'other' | 'nothing';

  protected planTurn(): void {
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    this.network.schedule(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnPlanned = false;
    let delivered = false;
    for (let left = MESSAGES_PER_TURN; ; left--) {
      if (left === 0) {
        this.planTurn();
        break;
      }
      const handled = this.handleNext();
      if (handled === 'nothing') break;
      delivered ||= handled === 'message';
    }
    if (delivered && !this.closed) this.guard(() => this.handler.batchEnd());
  };

  protected deliver(peer: Peer, parcel: Parcel): void {
    try {
      this.handler.message(peer, new FramesMessage(parcel.frames));
    } catch (error) {
      throwLater(error);
    }
  }

  protected reportGone(peer: Peer): void {
    if (this.closed || !this.layers.disconnectNotices) return;
    this.guard(() => this.handler.peerGone(peer, 'disconnected'));
  }

  protected guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throwLater(error);
    }
  }

  /** Waits until `finished` is called; does `finish`, which brings that about, after `linger` ms. */
  protected lingerThen(linger: number, finish: () => void): Promise<void> {
    const { clock } = this.network;
    return new Promise((resolve) => {
      const timer = linger < 0 ? undefined : clock.setTimeout(finish, linger);
      this.finished = () => {
        if (timer !== undefined) clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  protected finished: () => void = () => undefined;
}

class MemoryListener extends MemorySocket implements Listener {
  readonly endpoint: string;
  readonly #maxFrameBytes: number;
  readonly #links = new Set<Link>();
  /** Connections with something to take, in rotation. */
  readonly #line = new Fifo<Link>();
  #paused = false;

  constructor(network: Network, endpoint: string, handler: TransportHandler, options: SocketOptions) {
    super(network, handler, options, DEFAULT_LISTENER_LINGER_MS);
    this.endpoint = endpoint;
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_LISTENER_FRAME_BYTES;
  }

  send(peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    const { link } = peer as MemoryPeer;
    if (link === undefined || this.closed || (link.ended && !link.frozen)) return 'unreachable';
    if (link.outbox.size >= this.roomTowards(link.connector)) return 'again';
    link.outbox.add(parcelOf(head, tail, from));
    link.connector.wake();
    return 'ok';
  }

  release(peer: Peer): void {
    if (this.layers.disconnectNotices) return;
    const released = peer as MemoryPeer;
    if (released.link !== undefined) released.link.peer = undefined;
    released.link = undefined;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.planTurn();
  }

  close(linger: number = this.linger): Promise<void> {
    return (this.closing ??= this.#close(linger));
  }

  #close(linger: number): Promise<void> {
    this.closed = true;
    this.network.forgetListener(this);
    for (const link of this.#links) {
      if (linger === 0) link.cut();
      else if (link.outbox.size === 0) link.end();
    }
    if (this.#links.size === 0) return Promise.resolve();
    return this.lingerThen(linger, () => {
      for (const link of this.#links) link.cut();
    });
  }

  /** A connector has reached us. */
  accept(link: Link): void {
    this.#links.add(link);
    this.wake(link);
  }

  /** `link` may have something to take. */
  wake(link: Link): void {
    if (this.closed || link.frozen || this.#line.has(link)) return;
    if (!link.ended && link.connector.outbox.size === 0) return;
    this.#line.add(link);
    this.planTurn();
  }

  /** Everything queued for `link` was taken. */
  linkDrained(link: Link): void {
    if (this.closed) link.end();
  }

  linkEnded(link: Link): void {
    this.#links.delete(link);
    if (this.closed && this.#links.size === 0) this.finished();
  }

  protected override handleNext(): 'message' | 'other' | 'nothing' {
    const link = this.closed || this.#paused ? undefined : this.#line.take();
    if (link === undefined) return 'nothing';
    if (link.frozen) return 'other';
    if (link.ended) {
      if (link.peer !== undefined) this.#gone(link.peer);
      return 'other';
    }
    const parcel = link.connector.takeParcel();
    if (parcel === undefined) return 'other';
    if (largestFrame(parcel) > this.#maxFrameBytes) {
      link.cut();
      return 'other';
    }
    this.deliver((link.peer ??= new MemoryPeer(link)), parcel);
    this.wake(link);
    return 'message';
  }

  #gone(peer: MemoryPeer): void {
    peer.link = undefined;
    this.reportGone(peer);
  }
}

class MemoryConnector extends MemorySocket implements Connector {
  readonly endpoint: string;
  readonly remote: Peer = new RemotePeer(this);
  /** Outlives connections. */
  outbox: Fifo<Parcel> = new Fifo();
  link: Link | undefined;
  readonly #maxFrameBytes: number;
  readonly #reconnectInterval: number;
  /** When the first of the attempts in progress was made; the others follow at whole intervals. */
  #tryingSince: number;
  #timer: unknown;
  /** It was sent too large a frame. Over libzmq a connector never recovers from that; here neither. */
  #stuck = false;
  #gone = false;

  constructor(network: Network, endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    super(network, handler, options, 0);
    this.endpoint = endpoint;
    this.#maxFrameBytes = options.maxFrameBytes ?? Infinity;
    this.#reconnectInterval = options.reconnectInterval ?? DEFAULT_RECONNECT_MS;
    this.#tryingSince = network.clock.now();
  }

  send(_peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    if (this.closed) return 'unreachable';
    if (this.#stuck) return 'again';
    if (this.outbox.size >= (this.link === undefined ? this.highWaterMark : this.roomTowards(this.link.listener))) return 'again';
    this.outbox.add(parcelOf(head, tail, from));
    this.link?.listener.wake(this.link);
    return 'ok';
  }

  close(linger: number = this.linger): Promise<void> {
    return (this.closing ??= this.#close(linger));
  }

  #close(linger: number): Promise<void> {
    this.closed = true;
    if (linger === 0 || this.outbox.size === 0) {
      this.#leave();
      return Promise.resolve();
    }
    return this.lingerThen(linger, () => {
      this.#leave();
    });
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.outbox = new Fifo();
    this.network.clock.clearTimeout(this.#timer);
    this.network.forgetConnector(this);
    this.link?.cut();
    this.finished();
  }

  /** The listener takes the oldest message. */
  takeParcel(): Parcel | undefined {
    const parcel = this.outbox.take();
    if (this.closed && this.outbox.size === 0) this.#leave();
    return parcel;
  }

  /** Plans the next attempt. While nobody listens there is none: `listen` asks for it. */
  planAttempt(): void {
    if (this.link !== undefined || this.#timer !== undefined || this.#gone || this.#stuck) return;
    if (this.network.listenerAt(this.endpoint) === undefined) return;
    const { clock } = this.network;
    const waited = clock.now() - this.#tryingSince;
    const interval = Math.max(1, this.#reconnectInterval);
    this.#timer = clock.setTimeout(this.attempt, interval - (waited % interval));
  }

  readonly attempt = (): void => {
    this.#timer = undefined;
    if (this.link !== undefined || this.#gone || this.network.isFrozen(this)) return;
    const listener = this.network.listenerAt(this.endpoint);
    if (listener === undefined) return;
    this.link = new Link(this.network, listener, this);
    listener.accept(this.link);
  };

  thawed(): void {
    if (this.#gone) this.network.forgetConnector(this);
    if (this.link === undefined) this.planAttempt();
    else this.link.wakeBoth();
  }

  /** The connection may have something to take. */
  wake(): void {
    const { link } = this;
    if (this.#gone || link === undefined || link.frozen) return;
    if (link.ended || link.outbox.size > 0) this.planTurn();
  }

  protected override handleNext(): 'message' | 'other' | 'nothing' {
    const { link } = this;
    if (this.#gone || link === undefined || link.frozen) return 'nothing';
    const parcel = link.outbox.take();
    if (parcel === undefined) {
      if (!link.ended) return 'nothing';
      this.#lost();
      return 'other';
    }
    if (link.outbox.size === 0) link.listener.linkDrained(link);
    if (this.closed) return 'other';
    if (largestFrame(parcel) > this.#maxFrameBytes) {
      this.#stuck = true;
      link.cut();
      return 'other';
    }
    this.deliver(this.remote, parcel);
    return 'message';
  }

  #lost(): void {
    this.link = undefined;
    this.#tryingSince = this.network.clock.now();
    this.planAttempt();
    this.reportGone(this.remote);
  }
}

const WILDCARD = /(^[a-z][a-z0-9+.-]*:\/\/|:)(?:\*|0)$/;

function isEndpoint(endpoint: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/./.test(endpoint);
}

function parcelOf(head: readonly Frame[], tail: Message | undefined, from: number): Parcel {
  const frames: Frame[] = [];
  for (let i = 0; i < head.length; i++) frames.push(head[i] as Frame);
  if (tail !== undefined) for (let i = from; i < tail.frameCount; i++) frames.push(tail.frame(i));
  assert(frames.length > 0, 'a message has at least one frame');
  return { frames, previous: undefined, next: undefined, queue: undefined };
}

function largestFrame(parcel: Parcel): number {
  let largest = 0;
  for (const frame of parcel.frames) if (frame.length > largest) largest = frame.length;
  return largest;
}

/** Turns by microtask, except that a conversation without end must not keep timers and sockets from theirs. */
function microtaskSchedule(): (turn: () => void) => void {
  const resolved = Promise.resolve();
  let turns = 0;
  const drained = (): void => {
    turns = 0;
  };
  return (turn) => {
    if (turns === 0) nextTick(drained);
    if (turns++ < TURNS_PER_DRAIN) void resolved.then(turn);
    else setImmediate(turn);
  };
}
