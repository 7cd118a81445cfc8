/** The four kinds of sockets over ZMTP connections: who listens, who connects, and who speaks to everybody. */
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect as connectTo, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { assert } from '../../core/assert.ts';
import { encodedLength, encodeMessage, encodeSubscribe, type ReaderLimits } from '../../wire/zmtp.ts';
import type { Frame, Message } from '../../wire/message.ts';
import {
  BindFailed,
  checkIdentity,
  nextPeerLabel,
  SOCKET_DEFAULTS,
  throwLater,
  type ConnectOptions,
  type Connector,
  type GoneReason,
  type Listener,
  type LivenessLayers,
  type Peer,
  type Publisher,
  type SendResult,
  type SocketOptions,
  type Subscriber,
  type TransportHandler,
} from '../transport.ts';
import { remoteOf, ZmtpConnection, type ConnectionOwner } from './connection.ts';
import type { ConnectionEnd, ZmtpConnectionContext } from './connection.machine.ts';
import { addressToListen, placeToConnect, placeToListen, tcpEndpoint, type Place } from './endpoint.ts';
import { engine } from './engine.ts';
import type { Mechanism } from './mechanism.ts';
import { Outbox } from './outbox.ts';

/** How far a pause before the next attempt is spread to both sides. */
const RECONNECT_JITTER = 0.25;
const BACKLOG = 4096;

/** What a transport is made with. */
export interface ZmtpSettings {
  readonly maxMessageBytes: number;
  readonly maxFrames: number;
  readonly maxQueuedBytes: number;
  readonly maxConnections: number;
  /** How listeners and publishers, and connectors and subscribers, introduce themselves. */
  readonly accepting: Mechanism;
  readonly connecting: Mechanism;
  /** Told of every connection that did not come about, or was broken off by a fault. */
  readonly refused: (refusal: Refusal) => void;
}

/** A connection that ended other than by either side's wish. */
export interface Refusal {
  readonly endpoint: string;
  /** Where the other side was: an address and a port, or nothing over ipc. */
  readonly remote: string | undefined;
  readonly why: Exclude<ConnectionEnd, 'ours' | 'closed' | 'reset'> | 'connections' | 'accept';
  readonly reason: string;
}

const GONE: { readonly [why in ConnectionEnd]: GoneReason } = {
  ours: 'disconnected',
  closed: 'closed',
  reset: 'reset',
  heartbeat: 'heartbeat',
  limit: 'limit',
  protocol: 'protocol',
  refused: 'protocol',
  handshake: 'protocol',
};

type Kind = 'ROUTER' | 'DEALER' | 'PUB' | 'SUB';
const FITS: { readonly [kind in Kind]: ReadonlySet<string> } = {
  ROUTER: new Set(['DEALER', 'REQ', 'ROUTER']),
  DEALER: new Set(['ROUTER', 'REP', 'DEALER']),
  PUB: new Set(['SUB', 'XSUB']),
  SUB: new Set(['PUB', 'XPUB']),
};

/** What all sockets have in common: how their connections behave. */
abstract class ZmtpSocket implements ConnectionOwner {
  readonly layers: LivenessLayers;
  readonly mechanism: Mechanism;
  readonly limits: ReaderLimits;
  readonly context: ZmtpConnectionContext;
  readonly properties: { readonly [name: string]: string };
  readonly fits: ReadonlySet<string>;
  readonly mostHeld: number;
  abstract readonly endpoint: string;
  protected readonly settings: ZmtpSettings;
  protected readonly highWaterMark: number;
  protected closed = false;
  readonly #linger: number;

  protected constructor(kind: Kind, accepts: boolean, settings: ZmtpSettings, options: SocketOptions) {
    const {
      transportHeartbeat,
      handshakeTimeout = SOCKET_DEFAULTS.handshakeTimeout,
      identity,
      highWaterMark = SOCKET_DEFAULTS.highWaterMark,
    } = options;
    const {
      maxFrameBytes = accepts ? SOCKET_DEFAULTS.listenerFrameBytes : Infinity,
      linger = accepts ? SOCKET_DEFAULTS.listenerLinger : 0,
    } = options;
    this.settings = settings;
    this.highWaterMark = highWaterMark;
    this.mostHeld = highWaterMark === 0 ? Infinity : highWaterMark;
    this.mechanism = accepts ? settings.accepting : settings.connecting;
    this.limits = {
      frameBytes: maxFrameBytes,
      messageBytes: Math.max(maxFrameBytes === Infinity ? 0 : maxFrameBytes, settings.maxMessageBytes),
      frames: settings.maxFrames,
    };
    const { interval = 0, timeout = 0 } = transportHeartbeat ?? {};
    this.context = {
      handshakeTimeout,
      pingInterval: interval === 0 ? Infinity : interval,
      pingTimeout: timeout === 0 ? interval : timeout,
    };
    this.layers = { disconnectNotices: true, transportHeartbeats: transportHeartbeat !== undefined };
    this.properties = { 'Socket-Type': kind, ...(kind === 'ROUTER' || kind === 'DEALER' ? { Identity: identity ?? '' } : {}) };
    this.fits = FITS[kind];
    this.#linger = linger;
  }

  /** Only a listener pauses. */
  get paused(): boolean {
    return false;
  }

  waiting(_connection: ZmtpConnection): void {
    // Nothing waits where nothing pauses.
  }

  departed(_connection: ZmtpConnection): void {
    // Likewise.
  }

  protected lingerOf(given: number | undefined): number {
    const linger = given ?? this.#linger;
    return linger < 0 ? Infinity : linger;
  }

  protected newOutbox(mostBytes: number = this.settings.maxQueuedBytes): Outbox {
    return new Outbox(this.highWaterMark, mostBytes);
  }

  protected report(why: ConnectionEnd, reason: string, remote: string | undefined): void {
    if (why === 'ours' || why === 'closed' || why === 'reset') return;
    this.tell(why, reason === '' ? why : reason, remote);
  }

  /** To be called when all is in order: whoever is told may call back in, or throw. */
  protected tell(why: Refusal['why'], reason: string, remote: string | undefined): void {
    try {
      this.settings.refused({ endpoint: this.endpoint, remote, why, reason });
    } catch (error) {
      throwLater(error);
    }
  }

  abstract opened(connection: ZmtpConnection, minor: number): void;
  abstract received(connection: ZmtpConnection, message: Message): void;
  abstract subscribed(connection: ZmtpConnection, topic: Frame, adds: boolean): void;
  abstract ended(connection: ZmtpConnection, why: ConnectionEnd, reason: string, wasReady: boolean): void;
}

/** Calls a handler: what it throws must not stop the socket, nor go unseen. */
class Told {
  readonly #handler: TransportHandler;
  #inBurst = false;
  #closed = false;

  constructor(handler: TransportHandler) {
    this.#handler = handler;
  }

  close(): void {
    this.#closed = true;
  }

  message(peer: Peer, message: Message): void {
    if (this.#closed) return;
    if (!this.#inBurst) {
      this.#inBurst = true;
      engine.burst(this);
    }
    try {
      this.#handler.message(peer, message);
    } catch (error) {
      throwLater(error);
    }
  }

  peerGone(peer: Peer, reason: GoneReason): void {
    if (this.#closed) return;
    try {
      this.#handler.peerGone(peer, reason);
    } catch (error) {
      throwLater(error);
    }
  }

  /** @internal The turn is over. */
  endBurst(): void {
    this.#inBurst = false;
    if (this.#closed) return;
    try {
      this.#handler.batchEnd();
    } catch (error) {
      throwLater(error);
    }
  }
}

/* ------------------------------------------------------------------ those that are connected to */

abstract class AcceptingSocket extends ZmtpSocket {
  /** Those that are open, or on their way. */
  protected readonly connections = new Set<ZmtpConnection>();
  /** Those that have ended, while messages or the news of it wait. */
  readonly #departed = new Set<ZmtpConnection>();
  /** What messages of such weigh, the oldest first, and together. */
  readonly #estates = new Map<ZmtpConnection, number>();
  #estatesWeight = 0;
  /** Of the open ones those that have not introduced themselves, the oldest first. */
  readonly #strangers = new Set<ZmtpConnection>();
  readonly #server: Server;
  #endpoint = '';
  #closing: Promise<void> | undefined;
  #allGone: (() => void) | undefined;

  protected constructor(kind: Kind, settings: ZmtpSettings, options: SocketOptions) {
    super(kind, true, settings, options);
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#accept(socket);
    });
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  /** @throws InvalidEndpoint, BindFailed */
  async bind(endpoint: string): Promise<void> {
    const place = placeToListen(endpoint);
    this.#endpoint = endpoint;
    try {
      if ('path' in place) await clearPath(place.path);
      await this.#listen(place);
    } catch (cause) {
      throw new BindFailed(endpoint, (cause as NodeJS.ErrnoException).code ?? 'unknown', { cause });
    }
    // A connection that could not be accepted (no file descriptor is left, say) is no reason to end: others come later.
    this.#server.on('error', ({ message }) => {
      this.tell('accept', message, undefined);
    });
    if ('path' in place) return;
    const { address, port } = this.#server.address() as AddressInfo;
    this.#endpoint = tcpEndpoint(address, port);
  }

  async #listen(place: Place): Promise<void> {
    const where = 'path' in place ? place : { port: place.port, host: await addressToListen(place.host) };
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...where, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    if (this.closed) this.#turnAway(socket);
    else if (this.connections.size < this.settings.maxConnections) this.#take(socket);
    else {
      const [oldest] = this.#strangers;
      if (oldest === undefined) {
        const remote = remoteOf(socket);
        this.#turnAway(socket);
        this.#refuse(remote, 'are open');
      } else this.#takeInPlaceOf(oldest, socket);
    }
  }

  #turnAway(socket: Socket): void {
    socket.on('error', () => undefined);
    socket.destroy();
  }

  #take(socket: Socket): void {
    const connection = new ZmtpConnection(this, socket, this.newOutbox());
    this.connections.add(connection);
    this.#strangers.add(connection);
    connection.open();
  }

  /** Who is silent does not keep others out: when all places are taken, the oldest of those that have not introduced themselves goes. */
  #takeInPlaceOf(oldest: ZmtpConnection, socket: Socket): void {
    const { remote } = oldest;
    oldest.close(0);
    this.#take(socket);
    this.#refuse(remote, 'were open, and another one came before it had introduced itself');
  }

  #refuse(remote: string | undefined, what: string): void {
    this.tell('connections', `${this.settings.maxConnections} connections ${what}`, remote);
  }

  opened(connection: ZmtpConnection, _minor: number): void {
    this.#strangers.delete(connection);
  }

  override departed(connection: ZmtpConnection): void {
    if (!this.connections.delete(connection)) return;
    connection.outbox.clear();
    this.#departed.add(connection);
    const weight = connection.heldWeight;
    if (weight === 0) return;
    this.#estates.set(connection, weight);
    this.#estatesWeight += weight;
    for (const [oldest] of this.#estates) {
      if (this.#estatesWeight <= this.settings.maxQueuedBytes) break;
      this.#forgetEstate(oldest);
    }
  }

  /** Nobody could be answered. That an introduced one has gone is told yet, in its turn. */
  #forgetEstate(connection: ZmtpConnection): void {
    this.#settleEstate(connection);
    const count = connection.forget();
    if (!connection.introduced) connection.takeTurn();
    this.tell('limit', `${count} messages were forgotten: their sender had left, and too much waited of such`, connection.remote);
  }

  #settleEstate(connection: ZmtpConnection): void {
    this.#estatesWeight -= this.#estates.get(connection) ?? 0;
    this.#estates.delete(connection);
  }

  ended(connection: ZmtpConnection, why: ConnectionEnd, reason: string, wasReady: boolean): void {
    this.connections.delete(connection);
    this.#departed.delete(connection);
    this.#settleEstate(connection);
    this.#strangers.delete(connection);
    connection.outbox.clear();
    if (wasReady) this.left(connection, why);
    if (this.#isEmpty) this.#allGone?.();
    this.report(why, reason, connection.remote);
  }

  /** One that could speak and be spoken to has gone. */
  protected abstract left(connection: ZmtpConnection, why: ConnectionEnd): void;

  close(linger?: number): Promise<void> {
    const time = this.lingerOf(linger);
    this.closed = true;
    this.#closing ??= this.#close();
    for (const connection of [...this.connections, ...this.#departed]) connection.close(time);
    return this.#closing;
  }

  get #isEmpty(): boolean {
    return this.connections.size + this.#departed.size === 0;
  }

  async #close(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
      if (this.#isEmpty) resolve();
    });
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    await Promise.all([gone, stopped]);
  }
}

/** A socket where nobody listens is left over from a process that died. Nothing else is taken away: it is somebody's file. */
async function clearPath(path: string): Promise<void> {
  const kind = await lstat(path).catch(nothingThere);
  if (kind === undefined) return;
  if (!kind.isSocket()) throw Object.assign(new Error(`${path} is not a socket`), { code: 'ENOTSOCK' });
  const visitor = connectTo(path);
  try {
    await once(visitor, 'connect');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') await unlink(path).catch(nothingThere);
    // If somebody listens there after all, the operating system says so.
    return;
  } finally {
    visitor.destroy();
  }
  throw Object.assign(new Error(`somebody listens on ${path}`), { code: 'EADDRINUSE' });
}

function nothingThere(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

class ZmtpListener extends AcceptingSocket implements Listener {
  readonly #told: Told;
  #isPaused = false;
  /** Connections of which something waits, in the order of their turns. */
  readonly #waiting = new Set<ZmtpConnection>();

  constructor(handler: TransportHandler, settings: ZmtpSettings, options: SocketOptions) {
    super('ROUTER', settings, options);
    this.#told = new Told(handler);
  }

  send(peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    const connection = peer as ZmtpConnection;
    if (!connection.isReady || this.closed) return 'unreachable';
    return connection.outbox.put(head, tail, from) ? 'ok' : 'again';
  }

  isCrowded(peer: Peer): boolean {
    return (peer as ZmtpConnection).outbox.isCrowded;
  }

  /** There is nothing to forget: a peer is its connection. */
  release(_peer: Peer): void {
    return;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#waiting.size > 0) engine.soon(this.#takeTurns);
  }

  /** Who comes while others wait comes after them. */
  override get paused(): boolean {
    return this.#isPaused || this.#waiting.size > 0;
  }

  override waiting(connection: ZmtpConnection): void {
    this.#waiting.add(connection);
  }

  /** A message of each in turn, until all that waits is delivered or it pauses again. Who has had a turn comes last. */
  readonly #takeTurns = (): void => {
    for (const connection of this.#waiting) {
      if (this.#isPaused) return;
      this.#waiting.delete(connection);
      connection.takeTurn();
      if (connection.waits) this.#waiting.add(connection);
    }
  };

  received(connection: ZmtpConnection, message: Message): void {
    connection.introduced = true;
    this.#told.message(connection, message);
  }

  subscribed(_connection: ZmtpConnection, _topic: Frame, _adds: boolean): void {
    // A ROUTER has nothing to subscribe to.
  }

  protected override left(connection: ZmtpConnection, why: ConnectionEnd): void {
    this.#waiting.delete(connection);
    if (connection.introduced) this.#told.peerGone(connection, GONE[why]);
  }

  override close(linger?: number): Promise<void> {
    this.#told.close();
    return super.close(linger);
  }
}

class ZmtpPublisher extends AcceptingSocket implements Publisher {
  readonly #topics = new Map<ZmtpConnection, readonly Frame[]>();

  constructor(settings: ZmtpSettings, options: SocketOptions) {
    super('PUB', settings, options);
  }

  publish(frames: readonly Frame[]): void {
    assert(frames.length > 0, 'a message has at least one frame');
    if (this.closed || this.#topics.size === 0) return;
    const encoded = Buffer.allocUnsafeSlow(encodedLength(frames));
    encodeMessage(encoded, 0, frames);
    const first = frames[0] as Frame;
    for (const [connection, topics] of this.#topics) {
      if (connection.isReady && topics.some((topic) => isPrefix(topic, first))) connection.outbox.putEncoded(encoded);
    }
  }

  /** Before 3.1 subscriptions were messages. */
  received(connection: ZmtpConnection, message: Message): void {
    if (message.frameCount !== 1 || message.byteLength(0) === 0) return;
    const kind = message.byteAt(0, 0);
    if (kind <= 1) this.subscribed(connection, message.frame(0).subarray(1), kind === 1);
  }

  subscribed(connection: ZmtpConnection, topic: Frame, adds: boolean): void {
    const topics = this.#topics.get(connection) ?? [];
    if (adds) {
      const bytes = topics.reduce((sum, each) => sum + each.length, topic.length);
      if (topics.length >= MOST_TOPICS || bytes > MOST_TOPIC_BYTES) return;
      this.#topics.set(connection, [...topics, Buffer.from(topic)]);
      return;
    }
    const index = topics.findIndex((each) => each.equals(topic));
    if (index >= 0) this.#topics.set(connection, topics.toSpliced(index, 1));
  }

  protected override left(connection: ZmtpConnection): void {
    this.#topics.delete(connection);
  }
}

/** Subscriptions of one subscriber that are remembered. */
const MOST_TOPICS = 1024;
const MOST_TOPIC_BYTES = 2 ** 20;

function isPrefix(topic: Frame, frame: Frame): boolean {
  return topic.length <= frame.length && frame.subarray(0, topic.length).equals(topic);
}

/* ------------------------------------------------------------------ those that connect */

/** The listener or publisher at the other end, whatever becomes of the connection to it. */
class Remote implements Peer {
  session: unknown = undefined;
  readonly label: string = nextPeerLabel();
}

abstract class ConnectingSocket extends ZmtpSocket {
  readonly endpoint: string;
  readonly remote: Peer = new Remote();
  protected readonly outbox: Outbox;
  protected readonly told: Told;
  readonly #place: Place;
  readonly #pause: number;
  readonly #longestPause: number;
  #failures = 0;
  #connection: ZmtpConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #whenClosed: (() => void) | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;

  protected constructor(kind: Kind, endpoint: string, handler: TransportHandler, settings: ZmtpSettings, options: ConnectOptions) {
    super(kind, false, settings, options);
    this.#place = placeToConnect(endpoint);
    this.endpoint = endpoint;
    this.told = new Told(handler);
    this.outbox = this.newOutbox(options.maxQueuedBytes);
    const { reconnectInterval = SOCKET_DEFAULTS.reconnectInterval, reconnectMaximum = reconnectInterval } = options;
    this.#pause = reconnectInterval;
    this.#longestPause = reconnectMaximum;
    this.#connect();
  }

  #connect(): void {
    this.#timer = undefined;
    const socket = connectTo(this.#place);
    const connection = (this.#connection = new ZmtpConnection(this, socket, this.outbox));
    socket.once('connect', () => {
      if (isConnectedToItself(socket)) socket.resetAndDestroy();
      else connection.open();
    });
  }

  opened(_connection: ZmtpConnection, _minor: number): void {
    this.#failures = 0;
    if (this.closed) engine.driver.callback(this.#leave);
  }

  received(_connection: ZmtpConnection, message: Message): void {
    this.told.message(this.remote, message);
  }

  subscribed(_connection: ZmtpConnection, _topic: Frame, _adds: boolean): void {
    // Nobody subscribes to those that connect.
  }

  ended(connection: ZmtpConnection, why: ConnectionEnd, reason: string, wasReady: boolean): void {
    this.outbox.detach();
    if (this.#connection === connection) this.#connection = undefined;
    if (wasReady) this.told.peerGone(this.remote, GONE[why]);
    if (!this.closed) this.#connectLater();
    else if (why === 'ours' || this.outbox.isEmpty) this.#finish();
    else this.#connectLater();
    this.report(why, reason, undefined);
  }

  #connectLater(): void {
    if (this.#timer !== undefined || this.#connection !== undefined) return;
    const pause = Math.min(this.#longestPause, this.#pause * 2 ** Math.min(30, this.#failures++));
    this.#timer = setTimeout(
      () => {
        this.#connect();
      },
      pause * (1 + RECONNECT_JITTER * (2 * Math.random() - 1)),
    );
  }

  close(linger?: number): Promise<void> {
    const time = this.lingerOf(linger);
    this.told.close();
    this.closed = true;
    this.#closing ??= new Promise((resolve) => (this.#whenClosed = resolve));
    clearTimeout(this.#lingerTimer);
    if (this.#connection?.isReady === true) this.#connection.close(time);
    else if (time === 0 || this.outbox.isEmpty) this.#finish();
    else if (time !== Infinity) this.#lingerTimer = setTimeout(this.#finish, time);
    return this.#closing;
  }

  /** It has what it lingered for: a connection. */
  readonly #leave = (): void => {
    this.#connection?.close(this.lingerOf(undefined) || Infinity);
  };

  readonly #finish = (): void => {
    clearTimeout(this.#timer);
    clearTimeout(this.#lingerTimer);
    this.outbox.clear();
    this.#connection?.close(0);
    this.#whenClosed?.();
  };
}

class ZmtpConnector extends ConnectingSocket implements Connector {
  constructor(endpoint: string, handler: TransportHandler, settings: ZmtpSettings, options: ConnectOptions) {
    super('DEALER', endpoint, handler, settings, options);
  }

  isCrowded(_peer: Peer): boolean {
    return this.outbox.isCrowded;
  }

  send(_peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    if (this.closed) return 'unreachable';
    return this.outbox.put(head, tail, from) ? 'ok' : 'again';
  }
}

const EVERYTHING: Frame = Buffer.alloc(0);
const SUBSCRIBE_AS_MESSAGE: readonly Frame[] = [Buffer.from([1])];

class ZmtpSubscriber extends ConnectingSocket implements Subscriber {
  constructor(endpoint: string, handler: TransportHandler, settings: ZmtpSettings, options: ConnectOptions) {
    super('SUB', endpoint, handler, settings, options);
  }

  override opened(connection: ZmtpConnection, minor: number): void {
    super.opened(connection, minor);
    if (minor >= 1) this.outbox.putCommand(encodeSubscribe(EVERYTHING));
    else this.outbox.put(SUBSCRIBE_AS_MESSAGE, undefined, 0);
  }
}

/**
 * Where nobody listens yet, TCP may connect a socket to itself: its own port happens to be the one it looks for. It would keep the port from who is to
 * listen there.
 */
export function isConnectedToItself({ localPort, remotePort, localAddress, remoteAddress }: Socket): boolean {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}

/* ------------------------------------------------------------------ making them */

export async function listen(
  endpoint: string,
  handler: TransportHandler,
  settings: ZmtpSettings,
  options: SocketOptions,
): Promise<Listener> {
  checkIdentity(options.identity);
  const listener = new ZmtpListener(handler, settings, options);
  await listener.bind(endpoint);
  return listener;
}

export async function publish(endpoint: string, settings: ZmtpSettings, options: SocketOptions): Promise<Publisher> {
  const publisher = new ZmtpPublisher(settings, options);
  await publisher.bind(endpoint);
  return publisher;
}

export function connect(endpoint: string, handler: TransportHandler, settings: ZmtpSettings, options: ConnectOptions): Connector {
  return new ZmtpConnector(endpoint, handler, settings, options);
}

export function subscribe(endpoint: string, handler: TransportHandler, settings: ZmtpSettings, options: ConnectOptions): Subscriber {
  return new ZmtpSubscriber(endpoint, handler, settings, options);
}
