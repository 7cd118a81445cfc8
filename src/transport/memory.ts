/**
 * The transport inside one process: no sockets, no native binding, the same behaviour each time.
 *
 * Sockets of one network find each other by the endpoint's text. It behaves as the port says and, where the port leaves room,
 * as libzmq does: a connector keeps its queue across connections, a listener loses what it had queued for a connection that
 * ends, and a reconnecting peer is a new handle. A connection can be cut or frozen on purpose.
 *
 * A queue belongs to its sender. The receiver's turn, put off by `schedule`, takes from the queues of its connections one
 * message each in rotation, and ends with `batchEnd`.
 *
 * A subscriber is a connector that sends nothing: it joins in the turn in which it connects. As over libzmq it has no notices.
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
  checkIdentity,
  nextPeerLabel,
  SOCKET_DEFAULTS,
  throwLater,
  type ConnectOptions,
  type Connector,
  type Listener,
  type LivenessLayers,
  type Peer,
  type Publisher,
  type SendResult,
  type SocketOptions,
  type Subscriber,
  type Transport,
  type TransportHandler,
} from './transport.ts';

const NAME = 'memory';

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

/**
 * A connector or subscriber, either side's handle of one, or an endpoint (all that connect to it, and for `freeze` future ones,
 * too).
 */
export type ConnectionTarget = Connector | Subscriber | Peer | string;

/** A transport, and the hands that can hurt it. */
export interface MemoryNetwork extends Required<Transport> {
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
  readonly #bound = new Map<string, BoundSocket>();
  readonly #connecting = new Map<string, Set<ConnectingSocket>>();
  readonly #frozen = new Set<ConnectingSocket | string>();
  #lastPort = 0;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock ?? systemClock;
    this.schedule = options.schedule ?? microtaskSchedule();
    this.layers = { disconnectNotices: options.disconnectNotices ?? true, transportHeartbeats: false };
  }

  async listen(endpoint: string, handler: TransportHandler, options: SocketOptions = {}): Promise<Listener> {
    checkIdentity(options.identity);
    return this.#bind(endpoint, (resolved) => new MemoryListener(this, resolved, handler, options));
  }

  async publish(endpoint: string, options: SocketOptions = {}): Promise<Publisher> {
    return this.#bind(endpoint, (resolved) => new MemoryPublisher(this, resolved, options));
  }

  connect(endpoint: string, handler: TransportHandler, options: ConnectOptions = {}): Connector {
    checkReachable(endpoint);
    return this.#begin(new MemoryConnector(this, endpoint, handler, options));
  }

  subscribe(endpoint: string, handler: TransportHandler, options: ConnectOptions = {}): Subscriber {
    checkReachable(endpoint);
    return this.#begin(new MemorySubscriber(this, endpoint, handler, options));
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

  isFrozen(connector: ConnectingSocket): boolean {
    return this.#frozen.size > 0 && (this.#frozen.has(connector) || this.#frozen.has(connector.endpoint));
  }

  boundAt(endpoint: string): BoundSocket | undefined {
    return this.#bound.get(endpoint);
  }

  forgetBound(socket: BoundSocket): void {
    this.#bound.delete(socket.endpoint);
  }

  /** The connector is closed. One that is frozen is still needed: the other end will hear of it when it thaws. */
  forgetConnector(connector: ConnectingSocket): void {
    if (this.isFrozen(connector)) return;
    const connectors = this.#connecting.get(connector.endpoint);
    connectors?.delete(connector);
    if (connectors?.size === 0) this.#connecting.delete(connector.endpoint);
  }

  #bind<S extends BoundSocket>(endpoint: string, create: (resolved: string) => S): S {
    const resolved = this.#resolve(endpoint);
    if (this.#bound.has(resolved)) throw new BindFailed(endpoint, 'EADDRINUSE');
    const socket = create(resolved);
    this.#bound.set(resolved, socket);
    for (const connector of this.#connecting.get(resolved) ?? []) connector.planAttempt();
    return socket;
  }

  #begin<S extends ConnectingSocket>(connector: S): S {
    const { endpoint } = connector;
    let connectors = this.#connecting.get(endpoint);
    if (connectors === undefined) this.#connecting.set(endpoint, (connectors = new Set()));
    connectors.add(connector);
    this.schedule(connector.attempt);
    return connector;
  }

  #resolve(endpoint: string): string {
    if (!isEndpoint(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
    if (!WILDCARD.test(endpoint)) return endpoint;
    for (;;) {
      const resolved = endpoint.replace(WILDCARD, `$1${++this.#lastPort}`);
      if (!this.#bound.has(resolved)) return resolved;
    }
  }

  #connectorsOf(target: ConnectionTarget): readonly ConnectingSocket[] {
    if (typeof target === 'string') return [...(this.#connecting.get(target) ?? [])];
    if (target instanceof ConnectingSocket) return [target];
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

/** The other end, as a connector sees it: whichever listens there. */
class RemotePeer implements Peer {
  session: unknown = undefined;
  readonly label: string = nextPeerLabel();
  readonly connector: ConnectingSocket;

  constructor(connector: ConnectingSocket) {
    this.connector = connector;
  }
}

/** One connection. Waits in its listener's line while it has something for it. */
class Link implements Linked<Link> {
  previous: Link | undefined;
  next: Link | undefined;
  queue: unknown;
  readonly network: Network;
  readonly listener: BoundSocket;
  readonly connector: ConnectingSocket;
  /** What the listener has queued. The other direction is the connector's own queue. */
  outbox: Fifo<Parcel> = new Fifo();
  /** The listener's handle, from the first message on. */
  peer: MemoryPeer | undefined;
  ended = false;

  constructor(network: Network, listener: BoundSocket, connector: ConnectingSocket) {
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

/** What all sockets have in common: queues, and the end. */
abstract class MemorySocket {
  readonly network: Network;
  protected readonly highWaterMark: number;
  protected readonly linger: number;
  protected closed = false;
  #closing: Promise<void> | undefined;

  protected constructor(network: Network, options: SocketOptions, linger: number) {
    this.network = network;
    this.highWaterMark = options.highWaterMark === 0 ? Infinity : (options.highWaterMark ?? SOCKET_DEFAULTS.highWaterMark);
    this.linger = options.linger ?? linger;
  }

  /** Room for messages to `other`: its queue and ours make one. */
  roomTowards(other: MemorySocket): number {
    return this.highWaterMark + other.highWaterMark;
  }

  close(linger: number = this.linger): Promise<void> {
    return (this.#closing ??= this.leave(linger));
  }

  protected abstract leave(linger: number): Promise<void>;

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

/** What all that receive have in common: turns, and the handler. */
class Reader {
  readonly #network: Network;
  readonly #handler: TransportHandler;
  readonly #isOpen: () => boolean;
  readonly #handleNext: () => Handled;
  #turnPlanned = false;

  /** @param handleNext handles one thing that is waiting. */
  constructor(network: Network, handler: TransportHandler, isOpen: () => boolean, handleNext: () => Handled) {
    this.#network = network;
    this.#handler = handler;
    this.#isOpen = isOpen;
    this.#handleNext = handleNext;
  }

  planTurn(): void {
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    this.#network.schedule(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnPlanned = false;
    let delivered = false;
    for (let left = MESSAGES_PER_TURN; ; left--) {
      if (left === 0) {
        this.planTurn();
        break;
      }
      const handled = this.#handleNext();
      if (handled === 'nothing') break;
      delivered ||= handled === 'message';
    }
    if (delivered && this.#isOpen()) this.#guard(() => this.#handler.batchEnd());
  };

  deliver(peer: Peer, parcel: Parcel): void {
    try {
      this.#handler.message(peer, new FramesMessage(parcel.frames));
    } catch (error) {
      throwLater(error);
    }
  }

  reportGone(peer: Peer): void {
    if (this.#isOpen()) this.#guard(() => this.#handler.peerGone(peer, 'disconnected'));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throwLater(error);
    }
  }
}

type Handled = 'message' | 'other' | 'nothing';

/** Which sockets find each other. */
type Kind = 'messages' | 'publications';

/** What listener and publisher have in common: an endpoint, and connections. */
abstract class BoundSocket extends MemorySocket {
  readonly endpoint: string;
  abstract readonly kind: Kind;
  protected readonly links: Set<Link> = new Set();

  constructor(network: Network, endpoint: string, options: SocketOptions) {
    super(network, options, SOCKET_DEFAULTS.listenerLinger);
    this.endpoint = endpoint;
  }

  protected override leave(linger: number): Promise<void> {
    this.closed = true;
    this.network.forgetBound(this);
    for (const link of this.links) {
      if (linger === 0) link.cut();
      else if (link.outbox.size === 0) link.end();
    }
    if (this.links.size === 0) return Promise.resolve();
    return this.lingerThen(linger, () => {
      for (const link of this.links) link.cut();
    });
  }

  /** A connector has reached us. */
  accept(link: Link): void {
    this.links.add(link);
    this.wake(link);
  }

  /** `link` may have something to take. */
  abstract wake(link: Link): void;

  /** Everything queued for `link` was taken. */
  linkDrained(link: Link): void {
    if (this.closed) link.end();
  }

  linkEnded(link: Link): void {
    this.links.delete(link);
    if (this.closed && this.links.size === 0) this.finished();
  }
}

class MemoryListener extends BoundSocket implements Listener {
  override readonly kind = 'messages';
  readonly layers: LivenessLayers;
  readonly #maxFrameBytes: number;
  /** Connections with something to take, in rotation. */
  readonly #line = new Fifo<Link>();
  readonly #reader: Reader;
  #paused = false;

  constructor(network: Network, endpoint: string, handler: TransportHandler, options: SocketOptions) {
    super(network, endpoint, options);
    this.layers = network.layers;
    this.#maxFrameBytes = options.maxFrameBytes ?? SOCKET_DEFAULTS.listenerFrameBytes;
    this.#reader = new Reader(
      network,
      handler,
      () => !this.closed,
      () => this.#handleNext(),
    );
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
    this.#reader.planTurn();
  }

  override wake(link: Link): void {
    if (this.closed || link.frozen || this.#line.has(link)) return;
    if (!link.ended && !link.connector.hasParcel) return;
    this.#line.add(link);
    this.#reader.planTurn();
  }

  #handleNext(): Handled {
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
    this.#reader.deliver((link.peer ??= new MemoryPeer(link)), parcel);
    this.wake(link);
    return 'message';
  }

  #gone(peer: MemoryPeer): void {
    peer.link = undefined;
    if (this.layers.disconnectNotices) this.#reader.reportGone(peer);
  }
}

class MemoryPublisher extends BoundSocket implements Publisher {
  override readonly kind = 'publications';

  publish(frames: readonly Frame[]): void {
    assert(frames.length > 0, 'a message has at least one frame');
    if (this.closed) return;
    for (const link of this.links) {
      if (link.outbox.size >= this.roomTowards(link.connector)) continue;
      link.outbox.add(parcelOf(frames, undefined, 0));
      link.connector.wake();
    }
  }

  override wake(): void {
    // Subscribers say nothing.
  }
}

/** What connector and subscriber have in common: attempts to connect, and what comes in. */
abstract class ConnectingSocket extends MemorySocket {
  readonly endpoint: string;
  readonly remote: Peer = new RemotePeer(this);
  abstract readonly kind: Kind;
  abstract readonly layers: LivenessLayers;
  link: Link | undefined;
  readonly #maxFrameBytes: number;
  readonly #reconnectInterval: number;
  readonly #reader: Reader;
  /** When the first of the attempts in progress was made; the others follow at whole intervals. */
  #tryingSince: number;
  #timer: unknown;
  /** It was sent too large a frame. Over libzmq a connector never recovers from that; here neither. */
  protected stuck = false;
  #gone = false;

  constructor(network: Network, endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    super(network, options, 0);
    this.endpoint = endpoint;
    this.#maxFrameBytes = options.maxFrameBytes ?? Infinity;
    this.#reconnectInterval = options.reconnectInterval ?? SOCKET_DEFAULTS.reconnectInterval;
    this.#reader = new Reader(
      network,
      handler,
      () => !this.closed,
      () => this.#handleNext(),
    );
    this.#tryingSince = network.clock.now();
  }

  /** Whether there is something for the other end. */
  abstract readonly hasParcel: boolean;
  /** The other end takes the oldest message. */
  abstract takeParcel(): Parcel | undefined;

  protected leaveNow(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.network.clock.clearTimeout(this.#timer);
    this.network.forgetConnector(this);
    this.link?.cut();
    this.finished();
  }

  /** Plans the next attempt. While nobody listens there is none: `listen` asks for it. */
  planAttempt(): void {
    if (this.link !== undefined || this.#timer !== undefined || this.#gone || this.stuck) return;
    if (this.#found === undefined) return;
    const { clock } = this.network;
    const waited = clock.now() - this.#tryingSince;
    const interval = Math.max(1, this.#reconnectInterval);
    this.#timer = clock.setTimeout(this.attempt, interval - (waited % interval));
  }

  readonly attempt = (): void => {
    this.#timer = undefined;
    if (this.link !== undefined || this.#gone || this.network.isFrozen(this)) return;
    const found = this.#found;
    if (found === undefined) return;
    this.link = new Link(this.network, found, this);
    found.accept(this.link);
  };

  get #found(): BoundSocket | undefined {
    const bound = this.network.boundAt(this.endpoint);
    return bound?.kind === this.kind ? bound : undefined;
  }

  thawed(): void {
    if (this.#gone) this.network.forgetConnector(this);
    if (this.link === undefined) this.planAttempt();
    else this.link.wakeBoth();
  }

  /** The connection may have something to take. */
  wake(): void {
    const { link } = this;
    if (this.#gone || link === undefined || link.frozen) return;
    if (link.ended || link.outbox.size > 0) this.#reader.planTurn();
  }

  #handleNext(): Handled {
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
      this.stuck = true;
      link.cut();
      return 'other';
    }
    this.#reader.deliver(this.remote, parcel);
    return 'message';
  }

  #lost(): void {
    this.link = undefined;
    this.#tryingSince = this.network.clock.now();
    this.planAttempt();
    if (this.layers.disconnectNotices) this.#reader.reportGone(this.remote);
  }
}

class MemoryConnector extends ConnectingSocket implements Connector {
  override readonly kind = 'messages';
  override readonly layers: LivenessLayers;
  /** Outlives connections. */
  #outbox: Fifo<Parcel> = new Fifo();

  constructor(network: Network, endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    super(network, endpoint, handler, options);
    this.layers = network.layers;
  }

  override get hasParcel(): boolean {
    return this.#outbox.size > 0;
  }

  send(_peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    if (this.closed) return 'unreachable';
    if (this.stuck) return 'again';
    if (this.#outbox.size >= (this.link === undefined ? this.highWaterMark : this.roomTowards(this.link.listener))) return 'again';
    this.#outbox.add(parcelOf(head, tail, from));
    this.link?.listener.wake(this.link);
    return 'ok';
  }

  protected override leave(linger: number): Promise<void> {
    this.closed = true;
    if (linger === 0 || this.#outbox.size === 0) {
      this.leaveNow();
      return Promise.resolve();
    }
    return this.lingerThen(linger, () => {
      this.leaveNow();
    });
  }

  protected override leaveNow(): void {
    this.#outbox = new Fifo();
    super.leaveNow();
  }

  override takeParcel(): Parcel | undefined {
    const parcel = this.#outbox.take();
    if (this.closed && this.#outbox.size === 0) this.leaveNow();
    return parcel;
  }
}

class MemorySubscriber extends ConnectingSocket implements Subscriber {
  override readonly kind = 'publications';
  override readonly layers: LivenessLayers = { disconnectNotices: false, transportHeartbeats: false };
  override readonly hasParcel = false;

  protected override async leave(): Promise<void> {
    this.closed = true;
    this.leaveNow();
  }

  override takeParcel(): undefined {
    return undefined;
  }
}

const WILDCARD = /(^[a-z][a-z0-9+.-]*:\/\/|:)(?:\*|0)$/;

function isEndpoint(endpoint: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/./.test(endpoint);
}

function checkReachable(endpoint: string): void {
  if (!isEndpoint(endpoint) || WILDCARD.test(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
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
