/**
 * The transport port: everything the roles know of the network.
 *
 * Nothing here assumes libzmq. A transport carries whole multi-frame messages, in order per connection, between *listeners*
 * (many peers, addressed; a ROUTER) and *connectors* (one remote; a DEALER). Loss happens only with a connection.
 * Some also carry what is said to everybody, from *publishers* (a PUB) to *subscribers* (a SUB), where loss is ordinary.
 *
 * The contract, which `test/conformance` checks on every transport:
 * - A peer is a handle that lives as long as one connection. It carries its `session`; nobody looks ids up. A peer that
 *   reconnects is a new handle. Raw routing ids never leave the transport. A listener speaks of a peer from its first message
 *   on: one that never sent anything is never mentioned.
 * - `send` is synchronous and never calls a handler before it returns. `ok` means taken, not delivered. A transport that
 *   learns later that it could not keep an `ok` says so through `peerGone` or `overflow`.
 * - Handlers are called one at a time, never nested, never before the promise of `listen` or the return of `connect` has
 *   reached whoever asked, never after `close()` was called. A burst of `message` calls ends with
 *   one `batchEnd`.
 * - What a peer sent before it went is delivered before `peerGone`; afterwards nothing comes from that handle.
 * - What is published goes to the subscribers that are connected, and whose queues have room, at this moment; the others miss
 *   it, and nobody counts that. What arrives of one publisher is whole and in its order. A subscriber joins some time after
 *   `subscribe` returned, when its subscription has reached the publisher: nobody tells either side.
 * - Connectors reach listeners only, and subscribers publishers only: at an endpoint of the other kind nothing is delivered.
 */
import { Buffer } from 'node:buffer';
import { env } from 'node:process';
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import type { Frame, Message } from '../wire/message.ts';

export type SendResult =
  /** Taken into the peer's queue. */
  | 'ok'
  /** The peer's queue is full (high-water mark): nothing was sent. */
  | 'again'
  /** There is no such connection any more: nothing was sent. */
  | 'unreachable';

/** Why a connection ended, as far as the transport can tell. A transport that knows no more says `disconnected`. */
export type GoneReason =
  /** Closed, reset, or cut by the transport's own heartbeat: libzmq does not say which. */
  | 'disconnected'
  /** Closed by the other side in good order. */
  | 'closed'
  /** Broken off: the other process or its machine died, or the network did. */
  | 'reset'
  /** It did not answer the transport's own heartbeat. */
  | 'heartbeat'
  /** It went over a limit, such as `maxFrameBytes`. */
  | 'limit'
  /** It broke the transport's protocol. */
  | 'protocol'
  /** Found out while sending: there is no route to it any more. */
  | 'unreachable';

/** One connection's other end. */
export interface Peer {
  /** Whatever the role wants to remember of this peer; cleared by the role. */
  session: unknown;
  /** Unique within this process and safe to log: never the routing id. */
  readonly label: string;
}

export interface TransportHandler {
  message(peer: Peer, message: Message): void;
  /** The connection has ended. On a connector the transport goes on reconnecting by itself; the handle stays the same. */
  peerGone(peer: Peer, reason: GoneReason): void;
  /** A send that had been answered `ok` was refused after all because the peer's queue was full: the message is lost. */
  overflow(peer: Peer): void;
  /**
   * A send that had been answered `ok` found no connection after all: the message is lost, and `peerGone` will follow. Called
   * before any further message is delivered.
   */
  refused?(peer: Peer): void;
  /** The burst of messages is over; a good moment for work that is done once per turn. */
  batchEnd(): void;
}

/** Which means of noticing a dead peer a socket has, besides the heartbeats of the protocol above it. */
export interface LivenessLayers {
  /** The operating system's word that a connection closed is passed on (`peerGone`), within milliseconds. */
  readonly disconnectNotices: boolean;
  /** The transport pings by itself, below the protocol, and cuts a connection that does not answer. */
  readonly transportHeartbeats: boolean;
}

export interface SocketOptions {
  /** Messages queued per peer in each direction before `again`. Default 1000. */
  readonly highWaterMark?: number;
  /** How long `close` goes on trying to deliver what was sent, in ms. Default 0 on connectors, 500 on listeners. */
  readonly linger?: number;
  /** Transport heartbeats: ping every `interval` ms, cut after `timeout` ms without an answer. Default: none. */
  readonly transportHeartbeat?: { readonly interval: number; readonly timeout: number } | undefined;
  /**
   * Largest frame accepted, in bytes; a peer that sends a larger one is disconnected. Default 1 MiB on listeners, none on
   * connectors: a connector that is sent a larger one may never reconnect, and has to be replaced.
   */
  readonly maxFrameBytes?: number;
  /** How long a new connection may take to say hello, in ms. Default 2000. */
  readonly handshakeTimeout?: number;
  /**
   * A listener's own ZeroMQ identity, 1 to 255 bytes of UTF-8 that do not begin with a zero byte: a ROUTER that connects to it
   * can address it by this name, once their handshake is over. In 10/FLP it is the server's public endpoint. No two listeners
   * that one ROUTER connects to may have the same. Default: none. Other sockets, and transports without identities, ignore it.
   */
  readonly identity?: string;
}

export interface ConnectOptions extends SocketOptions {
  /** Pause between attempts to reach an absent listener, in ms. Default 100. Randomise it among many. */
  readonly reconnectInterval?: number;
  /**
   * The longest such pause, in ms: after each attempt that failed it is twice as long, up to this. Default: as `reconnectInterval`. Transports
   * within one process ignore it.
   */
  readonly reconnectMaximum?: number;
  /**
   * Bytes queued towards the listener before `again`, where the transport limits them. Default: what the transport has for all. For callers that
   * bound what they send in another way.
   */
  readonly maxQueuedBytes?: number;
}

/** What both kinds of socket do. */
export interface Socket {
  readonly layers: LivenessLayers;
  /**
   * Sends the frames of `head`, then the frames of `tail` from index `from`. `head` may be reused after the call, its frames
   * must never be changed; `tail` is read during the call. Together they are at least one frame.
   */
  send(peer: Peer, head: readonly Frame[], tail?: Message, from?: number): SendResult;
  /**
   * Whether half of what may be queued towards that peer, in bytes, is queued: what is sent now waits long. To one that is not crowded a message of
   * any size can be sent. Left out by transports that cannot tell.
   */
  isCrowded?(peer: Peer): boolean;
  /**
   * No handler is called after this. Resolves when the socket is gone. Idempotent.
   *
   * @param linger how long to go on delivering what was sent, in ms; default: the socket's own.
   */
  close(linger?: number): Promise<void>;
}

export interface Listener extends Socket {
  /** Where it really listens: port 0 and `*` resolved. */
  readonly endpoint: string;
  /** The role is done with this peer: a transport that is never told of disconnects may forget it. */
  release(peer: Peer): void;
  /**
   * Takes no more from any peer until `resume`: what they send waits in the transport, and when that is full, with them. One message or
   * notice that was being received already may still come; `peerGone` of others waits as well. Sending is not affected. Idempotent.
   */
  pause(): void;
  /** Undoes `pause`. Idempotent. */
  resume(): void;
}

export interface Connector extends Socket {
  /** The handle of the listener at the other end, the same across reconnects. */
  readonly remote: Peer;
}

/** Says the same to everybody who listens. */
export interface Publisher {
  /** Where subscribers reach it: port 0 and `*` resolved. */
  readonly endpoint: string;
  /**
   * Sends to every subscriber that is connected at this moment. Who is not has missed it, and so has everyone whose queue is
   * full. Never throws for the network's sake, and does nothing after `close`.
   *
   * @param frames at least one. The array may be reused after the call, its frames must never be changed.
   */
  publish(frames: readonly Frame[]): void;
  /**
   * Resolves when the socket is gone. Idempotent.
   *
   * @param linger how long to go on delivering what was published, in ms; default: the socket's own.
   */
  close(linger?: number): Promise<void>;
}

/** Hears all that one publisher says while they are connected. */
export interface Subscriber {
  /** Without disconnect notices, as over ZeroMQ, only its silence tells that a publisher has gone. */
  readonly layers: LivenessLayers;
  /** The handle of the publisher at the other end, the same across reconnects. */
  readonly remote: Peer;
  /** No handler is called after this. Resolves when the socket is gone. Idempotent. `linger` has no effect: it sends nothing. */
  close(linger?: number): Promise<void>;
}

export interface Transport {
  readonly name: string;
  /** @throws InvalidEndpoint, BindFailed when the endpoint cannot be listened on, or InvalidOption for an impossible `identity`. */
  listen(endpoint: string, handler: TransportHandler, options?: SocketOptions): Promise<Listener>;
  /** Returns at once, whether or not anybody listens there yet. @throws InvalidEndpoint */
  connect(endpoint: string, handler: TransportHandler, options?: ConnectOptions): Connector;
  /**
   * Left out by transports that cannot publish. `highWaterMark` counts for each subscriber, `linger` is 500 ms by default.
   *
   * @throws InvalidEndpoint, or BindFailed when the endpoint cannot be listened on.
   */
  publish?(endpoint: string, options?: SocketOptions): Promise<Publisher>;
  /**
   * Subscribes to everything that is published at `endpoint`. Returns at once, whether or not anybody publishes there yet, and
   * reconnects by itself. The handler gets `message`, `batchEnd` and, where `layers` says so, `peerGone`.
   * Left out by transports that cannot subscribe.
   *
   * @throws InvalidEndpoint
   */
  subscribe?(endpoint: string, handler: TransportHandler, options?: ConnectOptions): Subscriber;
}

/** What `SocketOptions` and `ConnectOptions` say of their defaults, for all transports. */
export const SOCKET_DEFAULTS: {
  readonly highWaterMark: number;
  readonly listenerLinger: number;
  readonly listenerFrameBytes: number;
  readonly handshakeTimeout: number;
  readonly reconnectInterval: number;
} = {
  highWaterMark: 1000,
  listenerLinger: 500,
  listenerFrameBytes: 2 ** 20,
  handshakeTimeout: 2000,
  reconnectInterval: 100,
};

/** The transports that a role loads by itself. */
export type TransportName = 'zeromq' | 'zmtp';
export const TRANSPORT_NAMES: readonly TransportName[] = ['zeromq', 'zmtp'];
/** What a role is given. */
export type TransportChoice = Transport | TransportName;

/** What a role does with messages: `carry` them from peers to peers, as brokers do, or `handle` them in code of its user's, or for it. */
export type RoleKind = 'carry' | 'handle';

/**
 * What a role takes that is given none: what the environment variable `SEAWORTHY_TRANSPORT` says; else `zmtp` if it carries messages and `zmtp`
 * has all its endpoints, and `zeromq` if not (docs/decisions/0020 says why).
 *
 * @throws InvalidOption when the variable names no transport.
 */
export function defaultTransport(kind: RoleKind, endpoints: readonly string[] = []): TransportName {
  const named = env['SEAWORTHY_TRANSPORT'];
  if (named === undefined || named === '')
    return kind === 'carry' && endpoints.every((each) => SCHEMES.zmtp.test(each)) ? 'zmtp' : 'zeromq';
  const known = TRANSPORT_NAMES.find((each) => each === named);
  if (known === undefined) throw new InvalidOption('SEAWORTHY_TRANSPORT', named, `one of ${TRANSPORT_NAMES.join(', ')}`);
  return known;
}

let peersSeen = 0;

/** What every transport labels its peers with. */
export function nextPeerLabel(): string {
  return `peer-${++peersSeen}`;
}

/** What every transport does with an error that a handler let through: it must not stop the socket, nor go unseen. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** ZeroMQ takes no longer identity. */
export const MOST_IDENTITY_BYTES = 255;

/**
 * What every transport checks of a listener's identity, whether or not it has a use for it.
 *
 * @throws InvalidOption
 */
export function checkIdentity(identity: string | undefined): void {
  if (identity === undefined) return;
  const bytes = typeof identity === 'string' ? Buffer.byteLength(identity) : 0;
  if (bytes >= 1 && bytes <= MOST_IDENTITY_BYTES && !identity.startsWith('\0')) return;
  throw new InvalidOption('identity', identity, `a text of 1 to ${MOST_IDENTITY_BYTES} bytes that does not begin with a zero byte`);
}

/** The endpoint is not one this transport understands. */
export class InvalidEndpoint extends SeaworthyError {
  override readonly code = 'INVALID_ENDPOINT';
  override readonly retriable = false;
  readonly endpoint: string;

  constructor(endpoint: string, transport: string, options?: ErrorOptions) {
    super(`"${endpoint}" is not an endpoint of the ${transport} transport`, options);
    this.endpoint = endpoint;
  }
}

/** The transport cannot be loaded on this machine; `cause` says why. */
export class TransportUnavailable extends SeaworthyError {
  override readonly code = 'TRANSPORT_UNAVAILABLE';
  override readonly retriable = false;
  readonly transport: string;

  constructor(transport: string, options?: ErrorOptions) {
    super(`the ${transport} transport cannot be loaded on this machine`, options);
    this.transport = transport;
  }
}

/** The endpoint could not be listened on. */
export class BindFailed extends SeaworthyError {
  override readonly code = 'BIND_FAILED';
  override readonly retriable: boolean;
  readonly endpoint: string;
  /** The operating system's reason, such as `EADDRINUSE`. */
  readonly reason: string;

  constructor(endpoint: string, reason: string, options?: ErrorOptions) {
    super(`cannot listen on ${endpoint}: ${reason}`, options);
    this.endpoint = endpoint;
    this.reason = reason;
    this.retriable = reason === 'EADDRINUSE';
  }
}

const TCP_ENDPOINT = /^tcp:\/\/(?:\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):(\*|\d{1,5})$/;
const OTHER_ENDPOINT = /^(?!tcp:)[a-z][a-z0-9+.-]*:\/\/\S+$/;
/** What the sockets of each have. */
const SCHEMES: { readonly [name in TransportName]: RegExp } = { zeromq: /^(tcp|ipc|inproc|tipc|vmci):/, zmtp: /^(tcp:|ipc:\/\/(?![@*]))/ };
const IPC = 'ipc://';
/** What a Unix socket's address holds, on Linux; a longer path is refused when it is too late to tell the caller. */
export const MOST_IPC_BYTES = 107;
/** Where to listen, but not whom to connect to. */
const ANYWHERE = /^tcp:\/\/\*:/;
/** TCP has no higher port. */
export const MOST_PORT = 65_535;

/**
 * Checks what can be told of an endpoint to connect to before the transport is there, so that a caller's slip is an error at
 * once: a port to connect to has a number, libzmq would take port 65536 for 0, and the path of a Unix socket is at most 107 bytes long.
 *
 * @param transport over which; the default of roles that handle messages when it is left out.
 * @throws InvalidEndpoint
 */
export function checkEndpoint(endpoint: string, transport: TransportChoice = defaultTransport('handle')): string {
  const port = TCP_ENDPOINT.exec(endpoint)?.[1];
  const other = OTHER_ENDPOINT.test(endpoint) && (typeof transport !== 'string' || SCHEMES[transport].test(endpoint));
  const fits =
    typeof endpoint === 'string' &&
    !ANYWHERE.test(endpoint) &&
    !(endpoint.startsWith(IPC) && Buffer.byteLength(endpoint) > IPC.length + MOST_IPC_BYTES) &&
    (port === undefined ? other : Number(port) >= 1 && Number(port) <= MOST_PORT);
  if (!fits) throw new InvalidEndpoint(endpoint, typeof transport === 'string' ? transport : transport.name);
  return endpoint;
}
