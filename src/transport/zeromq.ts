/**
 * The transport over libzmq, through zeromq.js. The only file that knows either.
 *
 * A listener is a ROUTER, a connector a DEALER, a publisher a PUB, a subscriber a SUB; the bytes are plain ZMTP, so any ZeroMQ
 * peer may be at the other end.
 * What shapes this file is how the binding really behaves:
 * - With `sendTimeout: 0` a send is decided during the call, but its outcome is known a microtask later. So `send` answers
 *   `ok`, and a refusal follows through `overflow` or `peerGone`, by a handler made once per peer.
 * - A socket with a pending `receive()` must not be asked `.readable` or `.writable`: it would lose its wake-up.
 * - Unreferenced sockets are collected, and close their connections: open ones are kept in `openSockets`.
 * - The draft options 111 and 114 let libzmq put a message of ours into our own queue when a connection ends. The message is
 *   a random token that never leaves the process, so that no peer can forge its own death or another's. A SUB takes option 114
 *   and is never given the message: subscribers have no notices.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { Dealer, Publisher as PubSocket, Router, Subscriber as SubSocket, capability, type Socket as NativeSocket } from 'zeromq';
import { assert } from '../core/assert.ts';
import { FramesMessage, type Frame, type Message } from '../wire/message.ts';
import {
  BindFailed,
  InvalidEndpoint,
  MOST_PORT,
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

const NAME = 'zeromq';
const UNLIMITED = -1;
/** Connections that may wait to be accepted. libzmq's own 100 lets a burst of some thousand workers time out against each other. */
const BACKLOG = 4096;

/** A listener closed a moment ago still holds its port in libzmq's background thread: that passes within milliseconds. */
const BIND_ATTEMPTS = 20;
const BIND_PAUSE_MS = 10;

/** libzmq's draft options: see `zmq_setsockopt`, ZMQ_DISCONNECT_MSG and ZMQ_HICCUP_MSG. */
const ZMQ_DISCONNECT_MSG = 111;
const ZMQ_HICCUP_MSG = 114;
const TOKEN_BYTES = 16;

/** Without disconnect notices, forgotten peers are looked for when this many handles exist, then at each doubling. */
const FIRST_SWEEP_AT = 1024;
/** An unreachable peer is reported after this many event-loop turns without mail of it, so that what it had sent comes first. */
const QUIET_TURNS = 4;

/** Sockets live until they are closed, not until nobody looks. */
const openSockets = new Set<NativeSocket>();

/** The transport over libzmq: endpoints such as `tcp://127.0.0.1:5555`, `tcp://127.0.0.1:*` and `ipc:///run/broker`. */
export const zeromqTransport: Required<Transport> = {
  name: NAME,
  listen: (endpoint, handler, options = {}) => listen(endpoint, handler, options),
  connect: (endpoint, handler, options = {}) => new ZeromqConnector(endpoint, handler, options),
  publish: (endpoint, options = {}) => publish(endpoint, options),
  subscribe: (endpoint, handler, options = {}) => new ZeromqSubscriber(endpoint, handler, options),
};

async function listen(endpoint: string, handler: TransportHandler, options: SocketOptions): Promise<Listener> {
  checkPort(endpoint);
  checkIdentity(options.identity);
  const listener = new ZeromqListener(handler, options);
  await listener.bind(endpoint);
  return listener;
}

async function publish(endpoint: string, options: SocketOptions): Promise<Publisher> {
  checkPort(endpoint);
  const publisher = new ZeromqPublisher(options);
  await publisher.bind(endpoint);
  return publisher;
}

/** libzmq takes a port modulo 65536: it would listen, somewhere else. */
function checkPort(endpoint: string): void {
  const port = /^tcp:.*:(\d+)$/.exec(endpoint)?.[1];
  if (Number(port) > MOST_PORT) throw new InvalidEndpoint(endpoint, NAME);
}

class ListenerSocket extends Router {
  /** Asks for `token` from a peer whose connection ended. False where this libzmq has no such option. */
  announceDisconnects(token: Frame): boolean {
    return setDraftOption(() => {
      this.setStringOption(ZMQ_DISCONNECT_MSG, token);
    });
  }
}

class ConnectorSocket extends Dealer {
  /** Asks for `token` when the connection was lost. False where this libzmq has no such option. */
  announceHiccups(token: Frame): boolean {
    return setDraftOption(() => {
      this.setStringOption(ZMQ_HICCUP_MSG, token);
    });
  }
}

let draftOptionsExist = capability.draft === true;

function setDraftOption(set: () => void): boolean {
  if (!draftOptionsExist) return false;
  try {
    set();
    return true;
  } catch {
    draftOptionsExist = false;
    return false;
  }
}

/** Who made a peer's handle, and hears of refused sends to it. */
interface PeerOwner {
  sendRefused(peer: ZeromqPeer, code: string | undefined): void;
}

class ZeromqPeer implements Peer {
  session: unknown = undefined;
  readonly label: string;
  /** Goes before every message to this peer; nothing on connectors. Must never be logged or sent on. */
  readonly routingId: Frame | undefined;
  /** No send will be tried any more. */
  unreachable = false;
  /** `peerGone` was called: nothing more may come from this handle. */
  reported = false;
  /** Which message of its socket was its last. */
  heardAt = 0;
  /** The same, when it was last looked at as unreachable; and how many looks ago that was. */
  lookedAt = 0;
  quietTurns = 0;
  /** What becomes of a send that libzmq refused. */
  readonly refused: (error: unknown) => void;

  constructor(owner: PeerOwner, routingId: Frame | undefined) {
    this.label = nextPeerLabel();
    this.routingId = routingId;
    this.refused = (error) => {
      owner.sendRefused(this, (error as NodeJS.ErrnoException).code);
    };
  }
}

/** What all sockets have in common: where they are, and the end. */
abstract class ZeromqSocket<S extends NativeSocket> {
  protected readonly socket: S;
  protected closed = false;

  protected constructor(socket: S) {
    this.socket = socket;
    openSockets.add(socket);
  }

  /**
   * As the port says, except that libzmq lingers in its own threads: the promise resolves at once, while undelivered messages
   * may be on their way for another `linger` ms. A process that ends by itself waits for them.
   */
  close(linger?: number): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      openSockets.delete(this.socket);
      if (linger !== undefined) this.socket.linger = linger;
      this.socket.close();
    }
    return Promise.resolve();
  }

  /** For addresses that need it only: else libzmq would look for the IPv6 addresses of names, too, and for no others where there are any. */
  #speakIPv6(endpoint: string): void {
    if (endpoint.startsWith('tcp://[')) this.socket.ipv6 = true;
  }

  /** Where it really listens. */
  protected async bindTo(endpoint: string): Promise<string> {
    this.#speakIPv6(endpoint);
    for (let attempt = 1; ; attempt++) {
      const { reason, cause } = await this.#tryToBind(endpoint);
      if (reason === undefined) return this.socket.lastEndpoint ?? endpoint;
      if (reason === 'EADDRINUSE' && attempt < BIND_ATTEMPTS) {
        await pause(BIND_PAUSE_MS);
        continue;
      }
      await this.close();
      if (reason === 'EINVAL' || reason === 'EPROTONOSUPPORT') throw new InvalidEndpoint(endpoint, NAME, { cause });
      throw new BindFailed(endpoint, reason, { cause });
    }
  }

  async #tryToBind(endpoint: string): Promise<{ readonly reason?: string; readonly cause?: unknown }> {
    if (await isServedFile(endpoint)) return { reason: 'EADDRINUSE' };
    try {
      await this.socket.bind(endpoint);
      return {};
    } catch (cause) {
      return { reason: (cause as NodeJS.ErrnoException).code ?? 'unknown', cause };
    }
  }

  protected connectTo(endpoint: string): void {
    try {
      this.#speakIPv6(endpoint);
      this.socket.connect(endpoint);
    } catch (error) {
      void this.close();
      throw new InvalidEndpoint(endpoint, NAME, { cause: error });
    }
  }
}

/** What all that receive have in common: the receive loop. */
abstract class ReceivingSocket<S extends ListenerSocket | ConnectorSocket | SubSocket> extends ZeromqSocket<S> {
  abstract readonly layers: LivenessLayers;
  protected readonly handler: TransportHandler;
  /** Counts messages, to tell who was heard when. */
  protected received = 0;
  #inBurst = false;
  /** While paused: goes on receiving. */
  #resume: (() => void) | undefined;
  protected paused = false;

  protected constructor(socket: S, handler: TransportHandler) {
    super(socket);
    this.handler = handler;
  }

  override close(linger?: number): Promise<void> {
    const closing = super.close(linger);
    this.#resume?.();
    return closing;
  }

  /** Nothing more is taken from libzmq. A `receive` that is pending cannot be called back: it may bring one message yet. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#resume?.();
    this.#resume = undefined;
  }

  /** Begins to receive. */
  protected start(): void {
    void this.#receive();
  }

  /** One received message. */
  protected abstract arrived(frames: Frame[]): void;

  protected deliver(peer: ZeromqPeer, message: Message): void {
    if (!this.#inBurst) {
      this.#inBurst = true;
      nextTick(this.#endBurst);
    }
    try {
      this.handler.message(peer, message);
    } catch (error) {
      throwLater(error);
    }
  }

  protected call(peer: ZeromqPeer, what: (handler: TransportHandler, peer: ZeromqPeer) => void): void {
    try {
      what(this.handler, peer);
    } catch (error) {
      throwLater(error);
    }
  }

  async #receive(): Promise<void> {
    const { socket } = this;
    for (;;) {
      while (this.paused && !this.closed) await new Promise<void>((resolve) => (this.#resume = resolve));
      if (this.closed) return;
      let frames: Frame[];
      try {
        frames = await socket.receive();
      } catch (error) {
        if (this.closed) return;
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') continue;
        // The context was terminated under us: nothing will ever come again.
        throwLater(error);
        return;
      }
      if (this.closed) return;
      this.received++;
      this.arrived(frames);
    }
  }

  /**
   * Ticks run when all microtasks have, and what is waiting in libzmq is received by microtasks, up to 512 messages: so one
   * tick, asked for by the first message, comes after the last of them.
   */
  readonly #endBurst = (): void => {
    this.#inBurst = false;
    if (this.closed) return;
    try {
      this.handler.batchEnd();
    } catch (error) {
      throwLater(error);
    }
  };
}

/** What listener and connector have in common: the way out. */
abstract class SendingSocket<S extends ListenerSocket | ConnectorSocket> extends ReceivingSocket<S> {
  send(peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    const target = peer as ZeromqPeer;
    if (target.unreachable || this.closed) return 'unreachable';
    const frames: Frame[] = target.routingId === undefined ? [] : [target.routingId];
    for (let i = 0; i < head.length; i++) frames.push(head[i] as Frame);
    if (tail !== undefined) for (let i = from; i < tail.frameCount; i++) frames.push(tail.frame(i));
    try {
      this.socket.send(frames).then(undefined, target.refused);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EBUSY' ? 'again' : 'unreachable';
    }
    return 'ok';
  }

  /** @internal Called by the peer's own handler, a microtask after the send. */
  sendRefused(peer: ZeromqPeer, code: string | undefined): void {
    if (this.closed || peer.reported) return;
    if (code === 'EHOSTUNREACH') {
      this.call(peer, refused);
      this.lost(peer);
    } else this.call(peer, overflow);
  }

  /** A send found no route. */
  protected abstract lost(peer: ZeromqPeer): void;
}

class ZeromqListener extends SendingSocket<ListenerSocket> implements Listener {
  readonly layers: LivenessLayers;
  readonly #token: Frame = randomBytes(TOKEN_BYTES);
  /** Peers by the number in a routing id that libzmq gave out: five bytes, the first of them 0. */
  readonly #automatic = new Map<number, ZeromqPeer>();
  /** Peers by a routing id of their own choice, as latin-1. */
  readonly #named = new Map<string, ZeromqPeer>();
  /** A send found no route to these; they are reported when their mail has been read. */
  #looking = false;
  readonly #unreachable = new Set<ZeromqPeer>();
  /** The last message before the last sweep, and the number of handles for the next. */
  #sweptAt = 0;
  #sweepAt = FIRST_SWEEP_AT;
  #endpoint = '';

  constructor(handler: TransportHandler, options: SocketOptions) {
    const socket = new ListenerSocket({
      ...socketOptions(options, SOCKET_DEFAULTS.listenerLinger, SOCKET_DEFAULTS.listenerFrameBytes),
      mandatory: true,
      backlog: BACKLOG,
      ...(options.identity === undefined ? {} : { routingId: options.identity }),
    });
    super(socket, handler);
    this.layers = {
      disconnectNotices: socket.announceDisconnects(this.#token),
      transportHeartbeats: options.transportHeartbeat !== undefined,
    };
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  async bind(endpoint: string): Promise<void> {
    this.#endpoint = await this.bindTo(endpoint);
    // Peers that have waited for this endpoint may have mail here already. Whoever listens must hold the listener first, and
    // the role's user the role: that takes some promises, and all of them are settled before the next turn.
    setImmediate(() => {
      if (!this.closed) this.start();
    });
  }

  /** With disconnect notices there is nothing to do. Without them the handle is forgotten; should the peer be alive, its next message makes a new one. */
  release(peer: Peer): void {
    if (this.layers.disconnectNotices) return;
    const released = peer as ZeromqPeer;
    released.unreachable = released.reported = true;
    this.#forget(released);
  }

  protected override arrived(frames: Frame[]): void {
    const routingId = frames[0] as Frame;
    let peer = isAutomatic(routingId) ? this.#automatic.get(automaticKey(routingId)) : this.#named.get(routingId.toString('latin1'));
    if (frames.length === 2 && isToken(frames[1] as Frame, this.#token)) {
      if (peer !== undefined) this.#gone(peer, disconnected);
      return;
    }
    peer ??= this.#introduce(routingId);
    peer.heardAt = this.received;
    this.deliver(peer, new FramesMessage(frames, 1));
  }

  #introduce(routingId: Frame): ZeromqPeer {
    this.#sweepIfMany();
    const peer = new ZeromqPeer(this, routingId);
    if (isAutomatic(routingId)) this.#automatic.set(automaticKey(routingId), peer);
    else this.#named.set(routingId.toString('latin1'), peer);
    return peer;
  }

  /**
   * libzmq refuses a send as soon as the connection is down, though mail of that peer may still be unread. That is delivered
   * first: `peerGone` waits for the disconnect token behind it, or for some turns without any mail.
   */
  protected override lost(peer: ZeromqPeer): void {
    if (peer.unreachable) return;
    peer.unreachable = true;
    this.#unreachable.add(peer);
    this.#lookSoon();
  }

  override resume(): void {
    super.resume();
    this.#lookSoon();
  }

  /** Not while paused: what such a peer has sent waits unread, and comes before the word that it has gone. */
  #lookSoon(): void {
    if (this.#looking || this.paused || this.#unreachable.size === 0) return;
    this.#looking = true;
    setImmediate(this.#reportTheQuiet);
  }

  readonly #reportTheQuiet = (): void => {
    this.#looking = false;
    if (this.closed || this.paused) return;
    for (const peer of this.#unreachable) {
      if (peer.heardAt !== peer.lookedAt) {
        peer.lookedAt = peer.heardAt;
        peer.quietTurns = 0;
      } else if (++peer.quietTurns >= QUIET_TURNS) {
        this.#gone(peer, unreachable);
      }
    }
    this.#lookSoon();
  };

  #gone(peer: ZeromqPeer, what: (handler: TransportHandler, peer: ZeromqPeer) => void): void {
    this.#forget(peer);
    if (peer.reported) return;
    peer.unreachable = peer.reported = true;
    if (!this.closed) this.call(peer, what);
  }

  #forget(peer: ZeromqPeer): void {
    this.#unreachable.delete(peer);
    const routingId = peer.routingId as Frame;
    if (isAutomatic(routingId)) {
      const key = automaticKey(routingId);
      if (this.#automatic.get(key) === peer) this.#automatic.delete(key);
    } else {
      const key = routingId.toString('latin1');
      if (this.#named.get(key) === peer) this.#named.delete(key);
    }
  }

  /**
   * Where nobody tells us that a connection ended, handles would pile up. So whenever their number has doubled, those that no
   * role remembers (no `session`) and that were silent since the last time are dropped. A dropped handle can still be sent to;
   * if its peer speaks again, it gets a new one.
   */
  #sweepIfMany(): void {
    if (this.layers.disconnectNotices || this.#automatic.size + this.#named.size < this.#sweepAt) return;
    for (const [key, peer] of this.#automatic) if (this.#isForgotten(peer)) this.#automatic.delete(key);
    for (const [key, peer] of this.#named) if (this.#isForgotten(peer)) this.#named.delete(key);
    this.#sweptAt = this.received;
    this.#sweepAt = Math.max(FIRST_SWEEP_AT, 2 * (this.#automatic.size + this.#named.size));
  }

  #isForgotten(peer: ZeromqPeer): boolean {
    return peer.session == null && peer.heardAt <= this.#sweptAt;
  }
}

class ZeromqConnector extends SendingSocket<ConnectorSocket> implements Connector {
  readonly layers: LivenessLayers;
  readonly remote: Peer;
  readonly #token: Frame = randomBytes(TOKEN_BYTES);
  readonly #remote: ZeromqPeer;

  constructor(endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    const socket = new ConnectorSocket({
      ...socketOptions(options, 0, UNLIMITED),
      ...connectingOptions(options),
    });
    super(socket, handler);
    this.remote = this.#remote = new ZeromqPeer(this, undefined);
    this.layers = {
      disconnectNotices: socket.announceHiccups(this.#token),
      transportHeartbeats: options.transportHeartbeat !== undefined,
    };
    this.connectTo(endpoint);
    this.start();
  }

  protected override arrived(frames: Frame[]): void {
    if (frames.length === 1 && isToken(frames[0] as Frame, this.#token)) this.call(this.#remote, disconnected);
    else this.deliver(this.#remote, new FramesMessage(frames));
  }

  protected override lost(peer: ZeromqPeer): void {
    this.call(peer, unreachable);
  }
}

class ZeromqPublisher extends ZeromqSocket<PubSocket> implements Publisher {
  #endpoint = '';

  constructor(options: SocketOptions) {
    super(
      new PubSocket({
        ...commonOptions(options, SOCKET_DEFAULTS.listenerLinger, SOCKET_DEFAULTS.listenerFrameBytes),
        ...sendingOptions(options),
        backlog: BACKLOG,
      }),
    );
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  async bind(endpoint: string): Promise<void> {
    this.#endpoint = await this.bindTo(endpoint);
  }

  publish(frames: readonly Frame[]): void {
    assert(frames.length > 0, 'a message has at least one frame');
    if (this.closed) return;
    try {
      this.socket.send(frames.slice()).then(undefined, missed);
    } catch {
      // Everybody has missed it.
    }
  }
}

class ZeromqSubscriber extends ReceivingSocket<SubSocket> implements Subscriber {
  readonly layers: LivenessLayers;
  readonly remote: Peer;
  readonly #remote: ZeromqPeer;

  constructor(endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    const socket = new SubSocket({
      ...commonOptions(options, 0, UNLIMITED),
      ...receivingOptions(options),
      ...connectingOptions(options),
    });
    super(socket, handler);
    this.remote = this.#remote = new ZeromqPeer(NEVER_SENDS, undefined);
    this.layers = { disconnectNotices: false, transportHeartbeats: options.transportHeartbeat !== undefined };
    socket.subscribe();
    this.connectTo(endpoint);
    this.start();
  }

  protected override arrived(frames: Frame[]): void {
    this.deliver(this.#remote, new FramesMessage(frames));
  }
}

function socketOptions(options: SocketOptions, linger: number, maxFrameBytes: number) {
  return { ...commonOptions(options, linger, maxFrameBytes), ...sendingOptions(options), ...receivingOptions(options) };
}

/** Of sockets of every type: a socket cannot be given an option that it does not know. */
function commonOptions(options: SocketOptions, linger: number, maxFrameBytes: number) {
  return {
    linger: Math.ceil(options.linger ?? linger),
    maxMessageSize: options.maxFrameBytes ?? maxFrameBytes,
    handshakeInterval: Math.ceil(options.handshakeTimeout ?? SOCKET_DEFAULTS.handshakeTimeout),
    heartbeatInterval: Math.ceil(options.transportHeartbeat?.interval ?? 0),
    heartbeatTimeout: Math.ceil(options.transportHeartbeat?.timeout ?? 0),
  };
}

function sendingOptions({ highWaterMark = SOCKET_DEFAULTS.highWaterMark }: SocketOptions) {
  return { sendTimeout: 0, sendHighWaterMark: highWaterMark };
}

function receivingOptions({ highWaterMark = SOCKET_DEFAULTS.highWaterMark }: SocketOptions) {
  return { receiveHighWaterMark: highWaterMark };
}

function connectingOptions({ reconnectInterval = SOCKET_DEFAULTS.reconnectInterval, reconnectMaximum }: ConnectOptions) {
  return { reconnectInterval, ...(reconnectMaximum === undefined ? {} : { reconnectMaxInterval: Math.ceil(reconnectMaximum) }) };
}

function isAutomatic(routingId: Frame): boolean {
  return routingId.length === 5 && routingId[0] === 0;
}

/** The four bytes behind the leading zero, as a small integer (negative or not does not matter). */
function automaticKey(routingId: Frame): number {
  return ((routingId[1] as number) << 24) | ((routingId[2] as number) << 16) | ((routingId[3] as number) << 8) | (routingId[4] as number);
}

/** In constant time, so that a peer cannot find the token byte by byte. */
function isToken(frame: Frame, token: Frame): boolean {
  return frame.length === TOKEN_BYTES && timingSafeEqual(frame, token);
}

const disconnected = (handler: TransportHandler, peer: Peer): void => {
  handler.peerGone(peer, 'disconnected');
};
const unreachable = (handler: TransportHandler, peer: Peer): void => {
  handler.peerGone(peer, 'unreachable');
};
const refused = (handler: TransportHandler, peer: Peer): void => {
  handler.refused?.(peer);
};
const missed = (): void => undefined;
const NEVER_SENDS: PeerOwner = { sendRefused: missed };
const overflow = (handler: TransportHandler, peer: Peer): void => {
  handler.overflow(peer);
};

/**
 * Whether somebody listens at this ipc file. libzmq would not ask: it removes the file and makes its own, and the older
 * listener is never heard of again, nor told.
 */
async function isServedFile(endpoint: string): Promise<boolean> {
  const file = /^ipc:\/\/([^@*].*)$/.exec(endpoint)?.[1];
  if (file === undefined) return false;
  const visitor = connectTo(file);
  try {
    await once(visitor, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    visitor.destroy();
  }
}
