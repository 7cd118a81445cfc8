/** One connection of the simulated network: two pipes, and all the ways in which they can end. */
import type { Random } from '../core/random.ts';
import type { Peer, SocketOptions } from '../transport/transport.ts';
import type { Frame } from '../wire/message.ts';
import type { Agenda, Entry } from './agenda.ts';
import type { SimulatedProcess } from './process.ts';

/** When a message arrives that is being held back. */
const HELD = Infinity;

/**
 * What arrives of all that is under way when a connection ends: everything, some prefix, a prefix of what is not held back, or nothing.
 * An operating system goes on sending for a process that is gone; what it cannot reach, it forgets with the connection.
 */
export type Remainder = 'all' | 'some' | 'moving' | 'none';

/** What a subscriber says first over each connection; no message. */
export const SUBSCRIPTION: readonly Frame[] = [];

interface Parcel {
  /** None: the connection ends here. */
  readonly frames: readonly Frame[] | undefined;
  arrivesAt: number;
}

/** Told of every message, for traces and checks. */
export interface NetworkObserver {
  sent(from: SimulatedProcess, to: string, peer: string, frames: readonly Frame[]): void;
  delivered(to: SimulatedProcess, from: string, peer: string, frames: readonly Frame[]): void;
  lost(from: string, to: string, messages: number): void;
  connected(process: SimulatedProcess, endpoint: string): void;
}

/** The network, as its links see it. */
export interface Medium {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly observer: NetworkObserver | undefined;
  /** How long a message from one node to another is under way, in ms. */
  delayFrom(from: string, to: string, random: Random): number;
  isBlocked(from: string, to: string): boolean;
  /** Whether a machine is. */
  isUp(node: string): boolean;
  forgetLink(link: Link): void;
}

/** A socket, as its links see it. */
export interface LinkedSocket {
  readonly process: SimulatedProcess;
  readonly heartbeat: SocketOptions['transportHeartbeat'];
  readonly highWaterMark: number;
  readonly maxFrameBytes: number;
  /** Something has arrived at `end`. */
  read(end: End): void;
  /** A frame over the limit has come: its connection is no more. */
  overLimit(): void;
  /** Everything that was sent over `end` has been read. */
  drained(end: End): void;
}

/** A socket that has connected. */
export interface LinkingSocket extends LinkedSocket {
  /** By a script. */
  readonly frozen: boolean;
  /** It is closed, and what it had is gone. */
  readonly left: boolean;
  /** What was under way on a connection that broke, and had not left this machine. */
  takeBack(messages: readonly (readonly Frame[])[]): void;
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

/** A connector, as its listener sees it: one connection. */
export class ConnectedPeer implements Peer {
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

/** One end of a connection, and the pipe that brings what the other end sends. */
export class End {
  readonly link: Link;
  readonly socket: LinkedSocket;
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

  constructor(link: Link, socket: LinkedSocket, label: string) {
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
export class Link {
  readonly network: Medium;
  readonly random: Random;
  /** The connector's end. */
  readonly near: End;
  /** The listener's. */
  readonly far: End;
  readonly connector: LinkingSocket;
  /** Dead without a word. */
  #vanished = false;
  /** A machine that died with its end of it. */
  #deadMachine: string | undefined;

  constructor(network: Medium, connector: LinkingSocket, listener: LinkedSocket) {
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
    const messages = parcels.filter(({ frames }) => frames !== undefined && frames !== SUBSCRIPTION);
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

function largestOf(frames: readonly Frame[]): number {
  let largest = 0;
  for (const frame of frames) if (frame.length > largest) largest = frame.length;
  return largest;
}
