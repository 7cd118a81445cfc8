/**
 * The simulated network: a transport for each process, and the hands that hurt what is between them.
 *
 * It behaves as the port says and, where the port leaves room, as libzmq over TCP does. A connection is two pipes, first in, first out, whole
 * messages only. Nothing is lost from the middle of a pipe: a connection that breaks delivers a prefix of what was under way, and its
 * two ends hear of the break apart from each other, or one of them, or none. A partition holds back what is sent, as TCP does, and lets it
 * pass when it is over, unless one side has given up meanwhile.
 */
import { assert } from '../core/assert.ts';
import type { Random } from '../core/random.ts';
import {
  BindFailed,
  InvalidEndpoint,
  throwLater,
  type ConnectOptions,
  type Connector,
  type GoneReason,
  type Listener,
  type LivenessLayers,
  type Peer,
  type SendResult,
  type SocketOptions,
  type Transport,
  type TransportHandler,
} from '../transport/transport.ts';
import { FramesMessage, type Frame, type Message } from '../wire/message.ts';
import type { Agenda, Entry } from './agenda.ts';
import type { SimulatedProcess } from './process.ts';

const NAME = 'simulated';
const DEFAULT_HIGH_WATER_MARK = 1000;
const DEFAULT_LISTENER_LINGER_MS = 500;
const DEFAULT_LISTENER_FRAME_BYTES = 2 ** 20;
const DEFAULT_RECONNECT_MS = 100;
/** A connection hands over this many messages, then lets others have a turn. */
const MESSAGES_PER_TURN = 256;
/** When a message arrives that is being held back. */
const HELD = Infinity;
/** libzmq does not say why. */
const GONE: GoneReason = 'disconnected';

/** Least and most, in ms. */
export type Range = readonly [least: number, most: number];

export interface SimulatedNetworkOptions {
  /** How long a message is under way, drawn evenly for each. Default 0.05 to 0.5 ms. */
  readonly delay?: Range;
  /** Whether the end of a connection is told, as by libzmq with its draft options. Default true. */
  readonly disconnectNotices?: boolean;
  /** Whether a send that cannot be is said so only after it was answered `ok`, as zeromq.js does. Default false. */
  readonly lateAnswers?: boolean;
}

/**
 * What arrives of all that is under way when a connection ends: everything, some prefix, a prefix of what is not held back, or nothing.
 * An operating system goes on sending for a process that is gone; what it cannot reach, it forgets with the connection.
 */
type Remainder = 'all' | 'some' | 'moving' | 'none';

/** Told of every message, for traces and checks. */
export interface NetworkObserver {
  sent(from: SimulatedProcess, to: string, peer: string, frames: readonly Frame[]): void;
  delivered(to: SimulatedProcess, from: string, peer: string, frames: readonly Frame[]): void;
  lost(from: string, to: string, messages: number): void;
  connected(process: SimulatedProcess, endpoint: string): void;
}

interface Parcel {
  /** None: the connection ends here. */
  readonly frames: readonly Frame[] | undefined;
  arrivesAt: number;
}

export class SimulatedNetwork {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly disconnectNotices: boolean;
  readonly lateAnswers: boolean;
  observer: NetworkObserver | undefined;
  /** Told when a handler let an error through. Default: it is thrown on. */
  onFailure: (error: unknown, process: SimulatedProcess) => void = throwLater;
  readonly #delay: Range;
  /** Delays between two nodes that differ from the others', as `from>to`. */
  readonly #delays = new Map<string, Range>();
  /** Ways on which nothing passes, as `from>to`, and how many faults hold each. */
  readonly #blocked = new Map<string, number>();
  readonly #listeners = new Map<string, SimulatedListener>();
  readonly #connectors = new Set<SimulatedConnector>();
  readonly #links = new Set<Link>();
  readonly #downMachines = new Set<string>();
  #lastPort = 0;

  constructor(agenda: Agenda, random: Random, options: SimulatedNetworkOptions = {}) {
    this.agenda = agenda;
    this.random = random;
    this.#delay = options.delay ?? [0.05, 0.5];
    this.disconnectNotices = options.disconnectNotices ?? true;
    this.lateAnswers = options.lateAnswers ?? false;
  }

  /** The network as one process sees it. */
  transportOf(process: SimulatedProcess): Transport {
    return {
      name: NAME,
      listen: async (endpoint, handler, options = {}) => this.#listen(process, endpoint, handler, options),
      connect: (endpoint, handler, options = {}) => this.#connect(process, endpoint, handler, options),
    };
  }

  /* ---------------------------------------------------------------- what can be done to it */

  /** Nothing passes from one node to another any more, until `unblock`. */
  block(from: string, to: string): void {
    const way = `${from}>${to}`;
    this.#blocked.set(way, (this.#blocked.get(way) ?? 0) + 1);
    for (const link of this.#linksBetween(from, to)) link.blockChanged();
  }

  unblock(from: string, to: string): void {
    const way = `${from}>${to}`;
    const held = this.#blocked.get(way) ?? 0;
    if (held > 1) this.#blocked.set(way, held - 1);
    else this.#blocked.delete(way);
    for (const link of this.#linksBetween(from, to)) link.blockChanged();
    this.lookAgain();
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.size > 0 && this.#blocked.has(`${from}>${to}`);
  }

  /** Messages between two nodes take so long, in both directions; as usual if nothing is said. */
  slow(a: string, b: string, delay: Range | undefined): void {
    for (const way of [`${a}>${b}`, `${b}>${a}`]) {
      if (delay === undefined) this.#delays.delete(way);
      else this.#delays.set(way, delay);
    }
  }

  /** Resets the connections between two nodes; a prefix of what was under way arrives. */
  cut(a: string, b: string): void {
    for (const link of this.#linksBetween(a, b)) link.cut();
  }

  /** The connections between two nodes are dead, and nobody is told: a router has forgotten them. */
  halfOpen(a: string, b: string): void {
    for (const link of this.#linksBetween(a, b)) link.vanish();
  }

  /** The same for single connections, for scripts. */
  cutConnector(connector: Connector): void {
    (connector as SimulatedConnector).link?.cut();
  }

  freezeConnector(connector: Connector, frozen: boolean): void {
    const simulated = connector as SimulatedConnector;
    simulated.frozen = frozen;
    // Its former links as well: what was under way there has still to arrive.
    for (const link of this.#links) if (link.connector === simulated) link.blockChanged();
    if (!frozen) this.lookAgain();
  }

  /** A process has begun or ceased to stand still. */
  processChanged(process: SimulatedProcess): void {
    for (const link of this.#links) if (link.touches(process)) link.blockChanged();
    this.lookAgain();
  }

  /**
   * A process is no more. Where its operating system lives on, the other ends are told; where the machine died, nobody is, before it is up
   * again.
   */
  processDied(process: SimulatedProcess, told: boolean): void {
    if (!told) this.#downMachines.add(process.node);
    for (const listener of this.#listeners.values()) if (listener.process === process) this.#listeners.delete(listener.endpoint);
    for (const connector of this.#connectors) if (connector.process === process) this.#connectors.delete(connector);
    for (const link of [...this.#links]) link.processDied(process, told);
  }

  /** A machine is up again: it answers what comes over connections of its former life with a reset. */
  machineIsUp(node: string): void {
    if (!this.#downMachines.delete(node)) return;
    for (const link of this.#links) link.machineIsUp(node);
  }

  isUp(node: string): boolean {
    return !this.#downMachines.has(node);
  }

  /** Whether a connection, by its label, is up at its connector's end. */
  isLinked(label: string): boolean {
    for (const { near } of this.#links) if (near.label === label) return near.open;
    return false;
  }

  /* ---------------------------------------------------------------- for its sockets */

  delayFrom(from: string, to: string, random: Random): number {
    const [least, most] = (this.#delays.size > 0 ? this.#delays.get(`${from}>${to}`) : undefined) ?? this.#delay;
    return random.between(least, most);
  }

  listenerAt(endpoint: string): SimulatedListener | undefined {
    return this.#listeners.get(endpoint);
  }

  /** Connectors that are waiting for their listener may find it now. */
  lookAgain(): void {
    for (const connector of this.#connectors) connector.tryAgain();
  }

  addLink(link: Link): void {
    this.#links.add(link);
  }

  forgetLink(link: Link): void {
    this.#links.delete(link);
  }

  forgetListener(listener: SimulatedListener): void {
    if (this.#listeners.get(listener.endpoint) === listener) this.#listeners.delete(listener.endpoint);
  }

  forgetConnector(connector: SimulatedConnector): void {
    this.#connectors.delete(connector);
  }

  #listen(process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: SocketOptions): Listener {
    if (!isEndpoint(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
    let resolved = endpoint;
    while (WILDCARD.test(endpoint) && (resolved === endpoint || this.#listeners.has(resolved)))
      resolved = endpoint.replace(WILDCARD, `$1${++this.#lastPort}`);
    if (this.#listeners.has(resolved)) throw new BindFailed(endpoint, 'EADDRINUSE');
    const listener = new SimulatedListener(this, process, resolved, handler, options);
    if (!process.dead) this.#listeners.set(resolved, listener);
    this.lookAgain();
    return listener;
  }

  #connect(process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: ConnectOptions): Connector {
    if (!isEndpoint(endpoint) || WILDCARD.test(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
    const connector = new SimulatedConnector(this, process, endpoint, handler, options);
    this.observer?.connected(process, endpoint);
    if (!process.dead) {
      this.#connectors.add(connector);
      connector.begin();
    }
    return connector;
  }

  #linksBetween(a: string, b: string): Link[] {
    return [...this.#links].filter((link) => link.isBetween(a, b));
  }
}

/** A connector, as its listener sees it: one connection. */
class ConnectedPeer implements Peer {
  session: unknown = undefined;
  readonly label: string;
  /** None once the end of the connection has been read. */
  end: End | undefined;
  /** A send was refused: none is tried any more. */
  refused = false;
  /** The role knows that it has gone. */
  reported = false;

  constructor(label: string, end: End) {
    this.label = label;
    this.end = end;
  }
}

/** The listener, as a connector sees it: whichever listens there. */
class RemotePeer implements Peer {
  session: unknown = undefined;
  readonly label: string;

  constructor(label: string) {
    this.label = label;
  }
}

/** One direction of a connection: what was sent and not yet read. */
class Pipe {
  readonly parcels: Parcel[] = [];
  first = 0;
  lastArrival = 0;
  /** Nothing more goes in: the end is under way, or what is put in is lost. */
  sealed = false;
  /** When it last brought something. */
  heardAt = 0;
  /** Its reader does not read from it before. */
  readableAt = 0;
  planned: Entry | undefined;
  /** Its next message has arrived, and waits until the others that have arrived at this moment are known. */
  inTurn = false;

  get size(): number {
    return this.parcels.length - this.first;
  }

  get head(): Parcel | undefined {
    return this.parcels[this.first];
  }

  take(): void {
    this.first++;
    if (this.first === this.parcels.length) {
      this.parcels.length = 0;
      this.first = 0;
    } else if (this.first >= 64 && this.first * 2 > this.parcels.length) {
      this.parcels.splice(0, this.first);
      this.first = 0;
    }
  }

  /** Cuts off all but the first `kept`, and answers the rest. */
  truncate(kept: number): Parcel[] {
    return this.parcels.splice(this.first + kept);
  }
}

/** One end of a connection, and the pipe that brings what the other end sends. */
class End {
  readonly link: Link;
  readonly socket: SimulatedSocket;
  readonly inbox: Pipe = new Pipe();
  /** A listener's handle, from the first message on. */
  peer: ConnectedPeer | undefined;
  open = true;
  /** A send was refused for want of room, and there is not enough yet. */
  full = false;
  /** Since when a ping could not come back; `Infinity` while it can. */
  deafSince: number = Infinity;
  watching = false;
  readonly label: string;

  constructor(link: Link, socket: SimulatedSocket, label: string) {
    this.link = link;
    this.socket = socket;
    this.label = label;
  }

  get other(): End {
    return this.link.near === this ? this.link.far : this.link.near;
  }

  get outbox(): Pipe {
    return this.other.inbox;
  }

  get node(): string {
    return this.socket.process.node;
  }
}

/** One connection, from its making until both ends know of its end. */
class Link {
  readonly network: SimulatedNetwork;
  readonly random: Random;
  /** The connector's end. */
  readonly near: End;
  /** The listener's. */
  readonly far: End;
  readonly connector: SimulatedConnector;
  /** Dead without a word. */
  #vanished = false;
  /** A machine that died with its end of it. */
  #deadMachine: string | undefined;

  constructor(network: SimulatedNetwork, connector: SimulatedConnector, listener: SimulatedListener) {
    this.network = network;
    this.connector = connector;
    const { node, incarnation } = connector.process;
    const label = `${node}.${incarnation}#${connector.process.nextConnection()}`;
    this.random = network.random.split(label);
    this.near = new End(this, connector, label);
    this.far = new End(this, listener, label);
    const { now } = network.agenda;
    this.near.inbox.heardAt = this.far.inbox.heardAt = now;
  }

  isBetween(a: string, b: string): boolean {
    const near = this.near.node;
    const far = this.far.node;
    return (near === a && far === b) || (near === b && far === a);
  }

  touches(process: SimulatedProcess): boolean {
    return this.near.socket.process === process || this.far.socket.process === process;
  }

  /** Whether what is sent towards `end` does not get there now. */
  isBlockedTowards(end: End): boolean {
    return this.#vanished || this.connector.frozen || this.network.isBlocked(end.other.node, end.node);
  }

  /** Puts a message into the pipe towards `end`. */
  push(end: End, frames: readonly Frame[]): void {
    if (this.#deadMachine !== undefined) this.#answerWithReset(end.other);
    if (end.inbox.sealed) this.network.observer?.lost(end.other.node, end.node, 1);
    else this.#add(end, { frames, arrivesAt: HELD });
  }

  #add(end: End, parcel: Parcel): void {
    const { inbox } = end;
    inbox.parcels.push(parcel);
    if (this.isBlockedTowards(end)) return;
    this.#dispatch(end, parcel);
    this.planRead(end);
  }

  /** It is under way, behind all that was sent before it. */
  #dispatch(end: End, parcel: Parcel): void {
    const { inbox } = end;
    const delay = this.network.delayFrom(end.other.node, end.node, this.random);
    inbox.lastArrival = parcel.arrivesAt = Math.max(inbox.lastArrival, this.network.agenda.now + delay);
    if (parcel.frames === undefined || largestOf(parcel.frames) <= end.socket.maxFrameBytes) return;
    end.socket.process.planNews(parcel.arrivesAt, () => {
      this.#overLimit(end, parcel);
    });
  }

  /** The socket at `end` will read when the next message has arrived. */
  planRead(end: End): void {
    const { inbox, socket } = end;
    if (inbox.planned?.work !== undefined || inbox.inTurn || !end.open || inbox.size === 0) return;
    const { arrivesAt } = inbox.head as Parcel;
    if (arrivesAt === HELD) return;
    inbox.planned = socket.process.plan(Math.max(arrivesAt, inbox.readableAt), () => {
      socket.read(end);
    });
  }

  /** Whether the transport at `end` knows that this connection has ended, though that may not have been read yet. */
  isOver({ open, inbox }: End): boolean {
    const last = inbox.parcels.at(-1);
    return !open || (last !== undefined && last.frames === undefined && last.arrivesAt <= this.network.agenda.now);
  }

  /**
   * Whether all that was sent from `end` needs its socket no more: it has room at the other side, and nothing holds it up. Then it is in the
   * hands of the operating system, which goes on delivering it when the socket is gone.
   */
  isOnItsWay({ outbox, other }: End): boolean {
    return outbox.size <= other.socket.highWaterMark && outbox.parcels.at(-1)?.arrivesAt !== HELD;
  }

  /** Something has happened to the way between the two ends: what has not arrived is held back, or goes on. */
  blockChanged(): void {
    const { now } = this.network.agenda;
    for (const end of [this.near, this.far]) {
      const { inbox } = end;
      const blocked = this.isBlockedTowards(end);
      for (let index = inbox.first; index < inbox.parcels.length; index++) {
        const parcel = inbox.parcels[index] as Parcel;
        if (blocked && parcel.arrivesAt > now) parcel.arrivesAt = HELD;
        else if (!blocked && parcel.arrivesAt === HELD) this.#dispatch(end, parcel);
      }
      if (blocked && inbox.planned !== undefined && (inbox.head?.arrivesAt ?? HELD) > now) inbox.planned.work = undefined;
      this.planRead(end);
      this.#listenForSilence(end);
    }
  }

  /* ---------------------------------------------------------------- the transport's own heartbeat */

  /** Whether pings of `end` are answered, or the other end's own are heard. */
  #hears(end: End): boolean {
    const { other } = end;
    if (!other.open || other.socket.process.dead || other.socket.process.state === 'paused' || this.isBlockedTowards(end)) return false;
    return !this.isBlockedTowards(other) || other.socket.heartbeat !== undefined;
  }

  #listenForSilence(end: End): void {
    const { heartbeat, process } = end.socket;
    if (heartbeat === undefined || !end.open || process.dead) return;
    const deaf = !this.#hears(end) || process.state === 'paused';
    if (!deaf) {
      end.deafSince = Infinity;
      return;
    }
    if (end.deafSince === Infinity) end.deafSince = this.network.agenda.now;
    if (end.watching) return;
    end.watching = true;
    // The ping before was answered; the next one is due within an interval.
    const { interval, timeout } = heartbeat;
    process.planNews(this.network.agenda.now + interval * this.random.next() + timeout, () => {
      this.#judgeSilence(end);
    });
  }

  #judgeSilence(end: End): void {
    end.watching = false;
    if (!end.open) return;
    const { interval, timeout } = end.socket.heartbeat as NonNullable<SocketOptions['transportHeartbeat']>;
    const since = Math.max(end.deafSince, end.inbox.heardAt);
    const silentFor = this.network.agenda.now - since;
    if (end.deafSince === Infinity) return;
    if (silentFor < timeout) {
      end.watching = true;
      end.socket.process.planNews(since + interval * this.random.next() + timeout, () => {
        this.#judgeSilence(end);
      });
      return;
    }
    this.#breakOff(end);
  }

  /** One side's transport gives the connection up. What has arrived there is still read. */
  #breakOff(end: End): void {
    this.#seal(end.other, 'all', true);
    this.#lose(end.other, end.inbox.truncate(this.#arrived(end)));
    end.inbox.sealed = true;
    end.inbox.parcels.push({ frames: undefined, arrivesAt: this.network.agenda.now });
    this.planRead(end);
  }

  /** The transport at `end` ends the connection when it receives a frame over the limit, read or not. What came before is still read. */
  #overLimit(end: End, parcel: Parcel): void {
    const { inbox } = end;
    const { now } = this.network.agenda;
    const index = inbox.parcels.indexOf(parcel, inbox.first);
    if (!end.open || index < 0 || parcel.arrivesAt > now) return;
    end.socket.overLimit();
    this.network.observer?.lost(end.other.node, end.node, 1);
    this.#seal(end.other, 'none', true);
    this.#lose(end.other, inbox.truncate(index - inbox.first).slice(1));
    inbox.sealed = true;
    inbox.parcels.push({ frames: undefined, arrivesAt: now });
    this.planRead(end);
  }

  /** How many messages have arrived at `end`, unread. */
  #arrived({ inbox }: End): number {
    const { now } = this.network.agenda;
    let arrived = 0;
    while (arrived < inbox.size && (inbox.parcels[inbox.first + arrived] as Parcel).arrivesAt <= now) arrived++;
    return arrived;
  }

  /* ---------------------------------------------------------------- the end */

  /**
   * One side leaves: it reads no more. What it sent arrives, or a prefix of it, or nothing; and behind it the other side's word that the
   * connection has ended, unless that, too, is lost.
   */
  leave(end: End, delivered: Remainder, told = true): void {
    if (!end.open) return;
    end.open = false;
    this.#lose(end.other, end.inbox.truncate(0));
    if (end.inbox.planned !== undefined) end.inbox.planned.work = undefined;
    end.inbox.sealed = told;
    const { other } = end;
    if (!other.open) {
      this.network.forgetLink(this);
      return;
    }
    this.#seal(other, delivered, told);
    this.#listenForSilence(other);
  }

  /** Nothing more goes towards `end`. */
  #seal(end: End, delivered: Remainder, told: boolean): void {
    const { inbox } = end;
    if (inbox.sealed) return;
    if (delivered !== 'all') {
      const arrived = this.#arrived(end);
      const counted = delivered === 'some' ? inbox.parcels.length : inbox.parcels.filter(({ arrivesAt }) => arrivesAt !== HELD).length;
      const kept = delivered === 'none' ? 0 : this.random.integer(0, counted - inbox.first - arrived);
      this.#lose(end.other, inbox.truncate(arrived + kept));
    }
    inbox.sealed = true;
    if (told) this.#add(end, { frames: undefined, arrivesAt: HELD });
  }

  /** A connector keeps what its transport had not yet handed to the operating system. */
  #lose(sender: End, parcels: Parcel[]): void {
    const messages = parcels.filter((parcel) => parcel.frames !== undefined);
    if (messages.length === 0) return;
    let lost = messages.length;
    if (sender === this.near && sender.open && !this.connector.left) {
      lost = this.random.integer(0, messages.length);
      this.connector.takeBack(messages.slice(lost).map((parcel) => parcel.frames as readonly Frame[]));
    }
    if (lost > 0) this.network.observer?.lost(sender.node, sender.other.node, lost);
  }

  /** The end has been read at `end`. */
  heardEnd(end: End): void {
    end.open = false;
    if (end.other.open) this.#seal(end.other, 'all', true);
    else this.network.forgetLink(this);
  }

  /** Reset by the network: both sides hear of it, each in its time. */
  cut(): void {
    for (const end of [this.near, this.far]) {
      if (!end.open) continue;
      if (end.other.open) this.#seal(end, 'moving', true);
      else this.#tear(end, true);
    }
  }

  /** What a socket that is gone had left to its operating system is broken off, and the word of its end comes earlier, or not at all. */
  #tear(end: End, told: boolean): void {
    const { inbox } = end;
    const last = inbox.parcels.at(-1);
    if (last === undefined || last.frames !== undefined || this.isOver(end)) return;
    inbox.parcels.pop();
    inbox.sealed = false;
    this.#seal(end, 'moving', told);
  }

  /** Gone without a word. */
  vanish(): void {
    this.#vanished = true;
    this.blockChanged();
  }

  processDied(process: SimulatedProcess, told: boolean): void {
    if (!this.touches(process)) return;
    for (const end of [this.near, this.far]) {
      if (end.socket.process !== process) continue;
      if (!told) this.#deadMachine = process.node;
      if (end.open) this.leave(end, told ? 'some' : 'moving', told);
      else if (!told && end.other.open) this.#tear(end.other, false);
    }
  }

  machineIsUp(node: string): void {
    if (this.#deadMachine !== node) return;
    for (const end of [this.near, this.far])
      if (end.open && end.node !== node && end.socket.heartbeat !== undefined) this.#answerWithReset(end);
  }

  /** The machine at the other end is up, and knows nothing of this connection. */
  #answerWithReset(end: End): void {
    if (this.#deadMachine === undefined || !end.open || end.inbox.parcels.some((parcel) => parcel.frames === undefined)) return;
    if (this.network.isBlocked(this.#deadMachine, end.node) || !this.network.isUp(this.#deadMachine)) return;
    this.#add(end, { frames: undefined, arrivesAt: HELD });
  }
}

/** What listener and connector have in common: reading, and the handler. */
abstract class SimulatedSocket {
  readonly network: SimulatedNetwork;
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
    network: SimulatedNetwork,
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
    this.highWaterMark = options.highWaterMark === 0 ? Infinity : (options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK);
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

class SimulatedListener extends SimulatedSocket implements Listener {
  readonly endpoint: string;
  readonly #ends = new Set<End>();
  #paused = false;

  constructor(network: SimulatedNetwork, process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: SocketOptions) {
    super(network, process, handler, options, DEFAULT_LISTENER_LINGER_MS, DEFAULT_LISTENER_FRAME_BYTES);
    this.endpoint = endpoint;
  }

  protected override get paused(): boolean {
    return this.#paused;
  }

  protected override get hasSeveralEnds(): boolean {
    return this.#ends.size > 1;
  }

  accept(end: End): void {
    this.#ends.add(end);
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
    for (const end of this.#ends) end.link.planRead(end);
  }

  protected override async leave(linger: number): Promise<void> {
    this.network.forgetListener(this);
    for (const end of [...this.#ends]) {
      if (linger !== 0 && !end.link.isOnItsWay(end)) continue;
      this.#leave(end, linger === 0 ? 'some' : 'all');
    }
    if (this.#ends.size === 0) return;
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      if (linger < 0) return;
      this.process.planNews(this.network.agenda.now + linger, () => {
        for (const end of [...this.#ends]) this.#leave(end, 'some');
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
    this.#ends.delete(end);
    if (this.closed && this.#ends.size === 0) this.finished();
  }

  override ended(end: End): void {
    this.#forget(end);
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

  override overLimit(): void {
    // The peer may come back.
  }
}

class SimulatedConnector extends SimulatedSocket implements Connector {
  readonly endpoint: string;
  readonly remote: Peer;
  link: Link | undefined;
  /** It is closed, and what it had is gone. */
  left = false;
  /** By a script. */
  frozen = false;
  readonly #reconnectInterval: number;
  readonly #random: Random;
  /** What was sent while there was no connection, or never left. */
  #outbox: (readonly Frame[])[] = [];
  /** How many messages have left this queue, and how many of them its writer knows of: it is told after each half of a high-water mark. */
  #taken = 0;
  #knownTaken = 0;
  #attempt: Entry | undefined;
  /** A frame over the limit came: it never reconnects (F-9). */
  #stuck = false;

  constructor(network: SimulatedNetwork, process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    super(network, process, handler, options, 0, Infinity);
    this.endpoint = endpoint;
    this.remote = new RemotePeer(endpoint);
    this.#reconnectInterval = options.reconnectInterval ?? DEFAULT_RECONNECT_MS;
    this.#random = process.random.split(`connector${process.nextConnection()}`);
  }

  protected override readonly paused: boolean = false;
  protected override readonly hasSeveralEnds: boolean = false;

  begin(): void {
    this.#planAttempt(this.network.delayFrom(this.process.node, '', this.#random));
  }

  send(_peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    if (this.closed) return 'unreachable';
    if (this.#stuck) return this.answer('again', this.remote);
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

  /** What was under way on a connection that broke, and had not left this machine. */
  takeBack(messages: readonly (readonly Frame[])[]): void {
    this.#outbox.unshift(...messages);
    this.#taken -= messages.length;
    this.#knownTaken = Math.min(this.#knownTaken, this.#taken);
  }

  /** The listener may be there now. */
  tryAgain(): void {
    if (this.link !== undefined || this.left || this.#stuck || this.#attempt?.work !== undefined || !this.#finds()) return;
    // libzmq pauses for the interval and up to once more (F-18); where in its pauses it is now, nobody knows.
    this.#planAttempt(2 * this.#reconnectInterval * this.#random.next());
  }

  #finds(): SimulatedListener | undefined {
    const listener = this.network.listenerAt(this.endpoint);
    if (listener === undefined || this.frozen || this.process.state === 'paused' || listener.process.state === 'paused') return undefined;
    const { node } = this.process;
    if (this.network.isBlocked(node, listener.process.node) || this.network.isBlocked(listener.process.node, node)) return undefined;
    return listener;
  }

  #planAttempt(delay: number): void {
    this.#attempt = this.process.planNews(this.network.agenda.now + delay, this.#connect);
  }

  readonly #connect = (): void => {
    this.#attempt = undefined;
    if (this.left || this.#stuck) return;
    const listener = this.#finds();
    if (listener === undefined) return;
    const link = (this.link = new Link(this.network, this, listener));
    this.network.addLink(link);
    listener.accept(link.far);
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const frames of outbox) this.#push(link, frames);
  };

  protected override async leave(linger: number): Promise<void> {
    if (linger === 0 || (this.#outbox.length === 0 && (this.link?.isOnItsWay(this.link.near) ?? true))) {
      this.#leave(linger === 0 ? 'some' : 'all');
      return;
    }
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      if (linger < 0) return;
      this.process.planNews(this.network.agenda.now + linger, () => {
        this.#leave('some');
      });
    });
  }

  #leave(delivered: Remainder): void {
    if (this.left) return;
    this.left = true;
    this.#outbox = [];
    this.network.forgetConnector(this);
    this.link?.leave(this.link.near, delivered);
    this.link = undefined;
    this.finished();
  }

  override drained(): void {
    if (this.closed && this.#outbox.length === 0) this.#leave('all');
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
    this.#stuck = true;
  }
}

const WILDCARD = /(^[a-z][a-z0-9+.-]*:\/\/|:)(?:\*|0)$/;

function isEndpoint(endpoint: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/./.test(endpoint);
}

function framesOf(head: readonly Frame[], tail: Message | undefined, from: number): readonly Frame[] {
  const frames = head.slice();
  if (tail !== undefined) for (let index = from; index < tail.frameCount; index++) frames.push(tail.frame(index));
  assert(frames.length > 0, 'a message has at least one frame');
  return frames;
}

function largestOf(frames: readonly Frame[]): number {
  let largest = 0;
  for (const frame of frames) if (frame.length > largest) largest = frame.length;
  return largest;
}
