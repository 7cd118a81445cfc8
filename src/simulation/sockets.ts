/** The sockets of the simulated network: a listener is what libzmq calls a bound ROUTER, a connector a DEALER that connects. */
import { assert } from '../core/assert.ts';
import type { Random } from '../core/random.ts';
import {
  SOCKET_DEFAULTS,
  type ConnectOptions,
  type Connector,
  type GoneReason,
  type Listener,
  type LivenessLayers,
  type Peer,
  type SendResult,
  type SocketOptions,
  type TransportHandler,
} from '../transport/transport.ts';
import { FramesMessage, type Frame, type Message } from '../wire/message.ts';
import type { Entry } from './agenda.ts';
import { ConnectedPeer, Link, type End, type LinkedSocket, type LinkingSocket, type Medium, type Remainder } from './link.ts';
import type { SimulatedProcess } from './process.ts';

/** A connection hands over this many messages, then lets others have a turn. */
const MESSAGES_PER_TURN = 256;
/** libzmq does not say why. */
const GONE: GoneReason = 'disconnected';

/** The network, as its sockets see it. */
export interface Ground extends Medium {
  readonly disconnectNotices: boolean;
  readonly lateAnswers: boolean;
  onFailure(error: unknown, process: SimulatedProcess): void;
  boundAt(endpoint: string): BoundSocket | undefined;
  addLink(link: Link): void;
  forgetBound(socket: BoundSocket): void;
  forgetConnector(connector: ConnectingSocket): void;
}

/** The other end, as a connector sees it: whichever listens there. */
class RemotePeer implements Peer {
  session: unknown = undefined;
  readonly label: string;

  constructor(label: string) {
    this.label = label;
  }
}

/** Which sockets find each other. */
export type Kind = 'messages' | 'publications';

/** What all sockets have in common: reading, and the handler. */
export abstract class SimulatedSocket implements LinkedSocket {
  readonly network: Ground;
  readonly process: SimulatedProcess;
  readonly layers: LivenessLayers;
  readonly heartbeat: SocketOptions['transportHeartbeat'];
  readonly highWaterMark: number;
  protected readonly handler: TransportHandler;
  protected readonly linger: number;
  readonly maxFrameBytes: number;
  protected closed = false;
  protected closing: Promise<void> | undefined;
  protected finished: () => void = () => undefined;
  /** Ends with something to read, at this moment. */
  readonly #due: End[] = [];

  protected constructor(
    network: Ground,
    process: SimulatedProcess,
    handler: TransportHandler,
    options: SocketOptions,
    linger: number,
    maxFrameBytes: number,
  ) {
    this.network = network;
    this.process = process;
    this.handler = handler;
    this.heartbeat = options.transportHeartbeat;
    this.layers = { disconnectNotices: network.disconnectNotices, transportHeartbeats: options.transportHeartbeat !== undefined };
    this.highWaterMark = options.highWaterMark === 0 ? Infinity : (options.highWaterMark ?? SOCKET_DEFAULTS.highWaterMark);
    this.linger = options.linger ?? linger;
    this.maxFrameBytes = options.maxFrameBytes ?? maxFrameBytes;
    process.sockets++;
  }

  protected abstract peerOf(end: End): Peer;
  /** A frame over the limit has come: its connection is no more. */
  abstract overLimit(): void;
  /** The connection at `end` is no more, as its transport knows now. */
  abstract ended(end: End): void;
  /** What waits for this socket is not to be read now. */
  protected abstract readonly paused: boolean;
  /** They take turns. */
  protected abstract readonly hasSeveralEnds: boolean;
  /** Everything that was sent over `end` has been read. */
  abstract drained(end: End): void;

  close(linger: number = this.linger): Promise<void> {
    if (this.closing === undefined) {
      this.closed = true;
      this.closing = this.leave(linger).then(() => {
        this.process.sockets--;
      });
    }
    return this.closing;
  }

  protected abstract leave(linger: number): Promise<void>;

  /** Something has arrived at `end`. Whatever has arrived at the same moment elsewhere is read in turns with it. */
  read(end: End): void {
    const { agenda } = this.network;
    end.inbox.planned = undefined;
    if (this.#due.length === 0 && (!this.hasSeveralEnds || agenda.next > agenda.now)) {
      this.#readInTurns([end]);
      return;
    }
    end.inbox.inTurn = true;
    if (this.#due.push(end) > 1) return;
    this.process.plan(agenda.now, () => {
      this.#readInTurns(this.#due.splice(0));
    });
  }

  /** One message from each end in rotation, as libzmq does (its fair queueing): nobody waits for all that another has sent. */
  #readInTurns(ends: End[]): void {
    const { now } = this.network.agenda;
    const { readPause } = this.process;
    let delivered = 0;
    for (let index = 0; index < ends.length && delivered < MESSAGES_PER_TURN; index++) {
      const end = ends[index] as End;
      if (!this.#readOne(end, now)) continue;
      delivered++;
      if (readPause === 0) ends.push(end);
    }
    if (delivered > 0 && !this.closed) this.guard(() => this.handler.batchEnd());
    for (const end of ends) {
      end.inbox.inTurn = false;
      if (!this.paused && !this.closed) end.link.planRead(end);
    }
  }

  /** Answers whether there was a message. */
  #readOne(end: End, now: number): boolean {
    const { inbox } = end;
    const parcel = inbox.head;
    if (!end.open || this.closed || this.paused || parcel === undefined || parcel.arrivesAt > now) return false;
    if (parcel.frames === undefined) {
      end.link.heardEnd(end);
      this.ended(end);
      return false;
    }
    inbox.take();
    inbox.heardAt = now;
    inbox.readableAt = now + this.process.readPause;
    this.network.observer?.delivered(this.process, end.other.node, end.label, parcel.frames);
    this.#deliver(this.peerOf(end), parcel.frames);
    if (inbox.size === 0) end.other.socket.drained(end.other);
    return true;
  }

  #deliver(peer: Peer, frames: readonly Frame[]): void {
    try {
      this.handler.message(peer, new FramesMessage(frames));
    } catch (error) {
      this.network.onFailure(error, this.process);
    }
  }

  protected guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.network.onFailure(error, this.process);
    }
  }

  /** `answer`, or `ok` and word of it later where answers are late. */
  protected answer(answer: 'again' | 'unreachable', peer: Peer, then: () => void = () => undefined): SendResult {
    if (!this.network.lateAnswers || this.closed) return answer;
    this.process.planAnswer(() => {
      if (this.closed) return;
      if (answer === 'again') this.guard(() => this.handler.overflow(peer));
      else {
        this.guard(() => this.handler.refused?.(peer));
        then();
      }
    });
    return 'ok';
  }

  /** Once full, there is room again when half of the sender's high-water mark has been read: libzmq's low-water mark (F-11). */
  protected room(end: End): boolean {
    const capacity = this.highWaterMark + end.other.socket.highWaterMark;
    const enough = end.full ? capacity - Math.ceil(this.highWaterMark / 2) + 1 : capacity;
    end.full = end.outbox.size >= enough;
    return !end.full;
  }
}

/** What listener and publisher have in common: an endpoint, and connections. */
export abstract class BoundSocket extends SimulatedSocket {
  readonly endpoint: string;
  abstract readonly kind: Kind;
  protected readonly ends: Set<End> = new Set();

  constructor(network: Ground, process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: SocketOptions) {
    super(network, process, handler, options, SOCKET_DEFAULTS.listenerLinger, SOCKET_DEFAULTS.listenerFrameBytes);
    this.endpoint = endpoint;
  }

  protected override get hasSeveralEnds(): boolean {
    return this.ends.size > 1;
  }

  accept(end: End): void {
    this.ends.add(end);
  }

  protected override async leave(linger: number): Promise<void> {
    this.network.forgetBound(this);
    for (const end of [...this.ends]) {
      if (linger !== 0 && !end.link.isOnItsWay(end)) continue;
      this.#leave(end, linger === 0 ? 'some' : 'all');
    }
    if (this.ends.size === 0) return;
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      if (linger < 0) return;
      this.process.planNews(this.network.agenda.now + linger, () => {
        for (const end of [...this.ends]) this.#leave(end, 'some');
      });
    });
  }

  override drained(end: End): void {
    if (this.closed) this.#leave(end, 'all');
  }

  #leave(end: End, delivered: Remainder): void {
    end.link.leave(end, delivered);
    this.#forget(end);
  }

  #forget(end: End): void {
    this.ends.delete(end);
    if (this.closed && this.ends.size === 0) this.finished();
  }

  override ended(end: End): void {
    this.#forget(end);
  }

  override overLimit(): void {
    // The peer may come back.
  }
}

export class SimulatedListener extends BoundSocket implements Listener {
  override readonly kind = 'messages';
  #paused = false;

  protected override get paused(): boolean {
    return this.#paused;
  }

  send(peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    const connected = peer as ConnectedPeer;
    const { end } = connected;
    if (this.closed || connected.reported || connected.refused) return 'unreachable';
    if (end === undefined || end.link.isOver(end)) {
      connected.refused = true;
      return this.answer('unreachable', peer, () => {
        if (connected.end === undefined) this.#report(connected, 'unreachable');
      });
    }
    if (!this.room(end)) return this.answer('again', peer);
    const frames = framesOf(head, tail, from);
    this.network.observer?.sent(this.process, end.other.node, end.label, frames);
    end.link.push(end.other, frames);
    return 'ok';
  }

  release(peer: Peer): void {
    if (this.layers.disconnectNotices) return;
    const released = peer as ConnectedPeer;
    if (released.end !== undefined) released.end.peer = undefined;
    released.end = undefined;
    released.reported = true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const end of this.ends) end.link.planRead(end);
  }

  override ended(end: End): void {
    super.ended(end);
    const { peer } = end;
    if (peer === undefined) return;
    peer.end = undefined;
    if (this.layers.disconnectNotices) this.#report(peer, GONE);
    else if (peer.refused) this.#report(peer, 'unreachable');
  }

  #report(peer: ConnectedPeer, reason: GoneReason): void {
    if (this.closed || peer.reported) return;
    peer.reported = true;
    this.guard(() => this.handler.peerGone(peer, reason));
  }

  protected override peerOf(end: End): Peer {
    return (end.peer ??= new ConnectedPeer(end.label, end));
  }
}

/** What connector and subscriber have in common: attempts to connect. */
export abstract class ConnectingSocket extends SimulatedSocket implements LinkingSocket {
  readonly endpoint: string;
  readonly remote: Peer;
  abstract readonly kind: Kind;
  link: Link | undefined;
  left = false;
  frozen = false;
  readonly #reconnectInterval: number;
  readonly #random: Random;
  #attempt: Entry | undefined;
  /** A frame over the limit came: it never reconnects (F-9). */
  protected stuck = false;

  constructor(network: Ground, process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    super(network, process, handler, options, 0, Infinity);
    this.endpoint = endpoint;
    this.remote = new RemotePeer(endpoint);
    this.#reconnectInterval = options.reconnectInterval ?? SOCKET_DEFAULTS.reconnectInterval;
    this.#random = process.random.split(`connector${process.nextConnection()}`);
  }

  /** A connection has been made. */
  protected abstract linked(link: Link): void;

  abstract takeBack(messages: readonly (readonly Frame[])[]): void;

  protected override readonly paused: boolean = false;
  protected override readonly hasSeveralEnds: boolean = false;

  begin(): void {
    this.#planAttempt(this.network.delayFrom(this.process.node, '', this.#random));
  }

  /** The other end may be there now. */
  tryAgain(): void {
    if (this.link !== undefined || this.left || this.stuck || this.#attempt?.work !== undefined || !this.#finds()) return;
    // libzmq pauses for the interval and up to once more (F-18); where in its pauses it is now, nobody knows.
    this.#planAttempt(2 * this.#reconnectInterval * this.#random.next());
  }

  #finds(): BoundSocket | undefined {
    const bound = this.network.boundAt(this.endpoint);
    if (bound?.kind !== this.kind || this.frozen || this.process.state === 'paused' || bound.process.state === 'paused') return undefined;
    const { node } = this.process;
    if (this.network.isBlocked(node, bound.process.node) || this.network.isBlocked(bound.process.node, node)) return undefined;
    return bound;
  }

  #planAttempt(delay: number): void {
    this.#attempt = this.process.planNews(this.network.agenda.now + delay, this.#connect);
  }

  readonly #connect = (): void => {
    this.#attempt = undefined;
    if (this.left || this.stuck) return;
    const bound = this.#finds();
    if (bound === undefined) return;
    const link = (this.link = new Link(this.network, this, bound));
    this.network.addLink(link);
    bound.accept(link.far);
    this.linked(link);
  };

  protected leaveNow(delivered: Remainder): void {
    if (this.left) return;
    this.left = true;
    this.network.forgetConnector(this);
    this.link?.leave(this.link.near, delivered);
    this.link = undefined;
    this.finished();
  }

  override ended(end: End): void {
    if (this.link?.near !== end) return;
    this.link = undefined;
    if (!this.left) this.#planAttempt(this.#reconnectInterval * (1 + this.#random.next()));
    if (!this.closed && this.layers.disconnectNotices) this.guard(() => this.handler.peerGone(this.remote, GONE));
  }

  protected override peerOf(): Peer {
    return this.remote;
  }

  override overLimit(): void {
    this.stuck = true;
  }
}

export class SimulatedConnector extends ConnectingSocket implements Connector {
  override readonly kind = 'messages';
  /** What was sent while there was no connection, or never left. */
  #outbox: (readonly Frame[])[] = [];
  /** How many messages have left this queue, and how many of them its writer knows of: it is told after each half of a high-water mark. */
  #taken = 0;
  #knownTaken = 0;

  send(_peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    if (this.closed) return 'unreachable';
    if (this.stuck) return this.answer('again', this.remote);
    const frames = framesOf(head, tail, from);
    const end = this.link?.near;
    // The transport knows of an end that this process has not read yet, and nothing overtakes what was taken back from a broken connection.
    if (end === undefined || this.#outbox.length > 0 || end.link.isOver(end)) {
      if (this.#outbox.length + this.#taken - this.#knownTaken >= this.highWaterMark) return this.answer('again', this.remote);
      this.#outbox.push(frames);
      this.network.observer?.sent(this.process, '', this.endpoint, frames);
      return 'ok';
    }
    if (!this.room(end)) return this.answer('again', this.remote);
    this.network.observer?.sent(this.process, end.other.node, end.label, frames);
    this.#push(end.link, frames);
    return 'ok';
  }

  #push(link: Link, frames: readonly Frame[]): void {
    // libzmq's low-water mark (F-11).
    if (++this.#taken % Math.ceil(this.highWaterMark / 2) === 0) this.#knownTaken = this.#taken;
    link.push(link.far, frames);
  }

  override takeBack(messages: readonly (readonly Frame[])[]): void {
    this.#outbox.unshift(...messages);
    this.#taken -= messages.length;
    this.#knownTaken = Math.min(this.#knownTaken, this.#taken);
  }

  protected override linked(link: Link): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const frames of outbox) this.#push(link, frames);
  }

  protected override async leave(linger: number): Promise<void> {
    if (linger === 0 || (this.#outbox.length === 0 && (this.link?.isOnItsWay(this.link.near) ?? true))) {
      this.leaveNow(linger === 0 ? 'some' : 'all');
      return;
    }
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      if (linger < 0) return;
      this.process.planNews(this.network.agenda.now + linger, () => {
        this.leaveNow('some');
      });
    });
  }

  protected override leaveNow(delivered: Remainder): void {
    this.#outbox = [];
    super.leaveNow(delivered);
  }

  override drained(): void {
    if (this.closed && this.#outbox.length === 0) this.leaveNow('all');
  }
}

function framesOf(head: readonly Frame[], tail: Message | undefined, from: number): readonly Frame[] {
  const frames = head.slice();
  if (tail !== undefined) for (let index = from; index < tail.frameCount; index++) frames.push(tail.frame(index));
  assert(frames.length > 0, 'a message has at least one frame');
  return frames;
}
