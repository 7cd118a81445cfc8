/**
 * The doors of a Binary Star. They are open all the time, for a client's request is what makes a passive server take over; what comes is
 * handed to the server inside only while that is active. Until it is known who serves, requests wait here.
 */
import type { Clock } from '../runtime/clock.ts';
import { encodeEpoch, epochMarkIn, isEpochMark, isLaterEpoch, type EpochMark } from '../wire/epoch.ts';
import type { Frame, Message } from '../wire/message.ts';
import {
  BindFailed,
  type GoneReason,
  type Listener,
  type LivenessLayers,
  type Peer,
  type SendResult,
  type SocketOptions,
  type Transport,
  type TransportHandler,
} from '../transport/transport.ts';

/** How often an endpoint that was just given up is tried again. */
const REBIND_ATTEMPTS = 20;
const REBIND_PAUSE_MS = 50;

type Phase =
  /** What comes is a vote, and waits. */
  | 'shut'
  /** The server inside is being started; what comes waits for it. */
  | 'opening'
  | 'open'
  /** What comes and what goes waits. */
  | 'suspended'
  | 'closed';

export interface FrontendsHost {
  readonly clock: Clock;
  /** Whether nothing has happened in this process for longer than it may, or its lease has ended. */
  mustWake(now: number): boolean;
  woken(): void;
  /** A client has spoken that is not served, or that knows a later epoch; 0 when it does not say. */
  vote(known: number): void;
  /** An endpoint could not be listened on again. */
  failed(error: Error): void;
}

export interface FrontendCounters {
  /** Messages of clients that came while this server did not serve. */
  votes: number;
  /** Of these, answered with the word that the peer serves. */
  turnedAway: number;
  /** Of these, dropped: no answer was due, or none would be understood, or they had waited too long, or too many did. */
  dropped: number;
}

/** What may wait. */
interface Load {
  readonly bytes: number;
  /** None when it is the end of the connection that waits: that takes no message's place, and there is one to a connection. */
  readonly message: unknown;
}

interface Held extends Load {
  readonly gate: Gate;
  readonly peer: Peer;
  readonly message: Message | undefined;
  readonly reason: GoneReason;
  readonly at: number;
}

interface Reply extends Load {
  readonly gate: Gate;
  readonly peer: Peer;
  readonly message: readonly Frame[];
}

/** How much may wait. */
interface Room {
  readonly messages: number;
  readonly bytes: number;
}

/** What waits, in order, as long as there is room for it. */
class Waiting<T extends Load> {
  readonly #room: Room;
  #all: T[] = [];
  #messages = 0;
  #bytes = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  get messages(): number {
    return this.#messages;
  }

  get first(): T | undefined {
    return this.#all[0];
  }

  fits(bytes: number): boolean {
    return this.#messages < this.#room.messages && this.#bytes + bytes <= this.#room.bytes;
  }

  push(each: T): void {
    this.#all.push(each);
    this.#bytes += each.bytes;
    if (each.message !== undefined) this.#messages++;
  }

  shift(): void {
    const first = this.#all.shift();
    if (first === undefined) return;
    this.#bytes -= first.bytes;
    if (first.message !== undefined) this.#messages--;
  }

  /** Empties it. */
  take(): T[] {
    const all = this.#all;
    this.#all = [];
    this.#messages = this.#bytes = 0;
    return all;
  }

  /** Returns how many messages go. */
  keep(isKept: (each: T) => boolean): number {
    const before = this.#messages;
    for (const each of this.take()) if (isKept(each)) this.push(each);
    return before - this.#messages;
  }
}

export class Frontends {
  readonly counters: FrontendCounters = { votes: 0, turnedAway: 0, dropped: 0 };
  readonly #host: FrontendsHost;
  readonly #gates: readonly Gate[];
  readonly #held: Waiting<Held>;
  readonly #outbox: Waiting<Reply>;
  #phase: Phase = 'shut';
  /** Counts beginnings and ends of servers inside: one that was begun before the last end gets no door. */
  #turn = 0;
  /** Whether the server inside is there. */
  #isFilled = false;
  #epoch = 0;
  #served: Frame = encodeEpoch('served', 0);
  #reopening: Promise<unknown> = Promise.resolve();

  constructor(host: FrontendsHost, endpoints: readonly string[], options: SocketOptions, room: Room) {
    this.#host = host;
    this.#held = new Waiting(room);
    this.#outbox = new Waiting(room);
    this.#gates = endpoints.map((endpoint) => new Gate(this, endpoint, options));
  }

  /** Where the doors really are. */
  get endpoints(): readonly string[] {
    return this.#gates.map(({ endpoint }) => endpoint);
  }

  get layers(): LivenessLayers {
    return this.#gates[0]?.layers ?? { disconnectNotices: false, transportHeartbeats: false };
  }

  get held(): number {
    return this.#held.messages;
  }

  /** @throws InvalidEndpoint, BindFailed; then none is open. */
  async listen(transport: Transport): Promise<void> {
    try {
      for (const gate of this.#gates) await gate.listen(transport);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** What the server inside is given to listen and connect by: at the doors, it gets what is open already, as long as its turn is not over. */
  inside(transport: Transport): Transport {
    const turn = this.#turn;
    return {
      name: transport.name,
      ...(transport.publish === undefined ? {} : { publish: transport.publish.bind(transport) }),
      ...(transport.subscribe === undefined ? {} : { subscribe: transport.subscribe.bind(transport) }),
      listen: (endpoint, handler, options) => {
        const gate = this.#gates.find((each) => each.isAt(endpoint));
        if (gate === undefined) return transport.listen(endpoint, handler, options);
        return turn === this.#turn ? gate.handOver(handler) : Promise.reject(new BindFailed(endpoint, 'ECANCELED'));
      },
      connect: (endpoint, handler, options) => transport.connect(endpoint, handler, options),
    };
  }

  set epoch(epoch: number) {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#served = encodeEpoch('served', epoch);
  }

  /* ---------------------------------------------------------------- phases */

  /** The server inside is being started. */
  prepare(): void {
    this.#phase = 'opening';
    this.#turn++;
  }

  /** Resolves when the doors that were shut for another turn are open again, or cannot be. */
  get reopened(): Promise<unknown> {
    return this.#reopening;
  }

  /** It is there, and gets what has waited, unless that is to wait on. */
  fill(): void {
    this.#isFilled = true;
    this.#wakeFirst();
    if (this.#phase === 'opening') this.#open();
  }

  #open(): void {
    this.#phase = 'open';
    for (const { gate, peer, message } of this.#outbox.take()) gate.pass(peer, message);
    for (let next = this.#held.first; next !== undefined; next = this.#held.first) {
      const { gate, peer, message, reason } = next;
      if (message !== undefined && !this.admits(message)) return;
      this.#held.shift();
      if (message === undefined) gate.gone(peer, reason);
      else gate.deliver(peer, message);
      if (!this.isOpen) return;
    }
    for (const gate of this.#gates) gate.batchEnd();
  }

  suspend(): void {
    this.#phase = 'suspended';
  }

  resume(): void {
    if (this.#isFilled) this.#open();
    else this.#phase = 'opening';
  }

  /** From this instant the server inside neither hears nor is heard. Its clients lose their connections, and look elsewhere. */
  shut(reopen: boolean): void {
    this.#phase = reopen ? 'shut' : 'closed';
    this.#turn++;
    this.#isFilled = false;
    this.#held.take();
    this.#outbox.take();
    const reopening = this.#gates.map((gate) => gate.shut(reopen));
    this.#reopening = Promise.all([this.#reopening, ...reopening]).catch((error: unknown) => {
      if (this.#phase !== 'closed') this.#host.failed(error as Error);
    });
  }

  /** The peer serves: who waits and would understand is told so. */
  turnAway(epoch: number): void {
    const passive = [encodeEpoch('passive', epoch)];
    for (const { gate, peer, message } of this.#held.take()) {
      if (message !== undefined && claimIn(message) !== undefined && gate.pass(peer, passive) === 'ok') this.counters.turnedAway++;
      else this.counters.dropped++;
    }
  }

  /** Drops what has waited since before `time`. Returns since when the oldest of the rest has. What waits for a server inside waits on. */
  expire(time: number): number | undefined {
    if (this.#phase !== 'shut') return undefined;
    this.counters.dropped += this.#held.keep(({ at }) => at > time);
    return this.#held.first?.at;
  }

  async close(): Promise<void> {
    if (this.#phase !== 'closed') this.shut(false);
    await this.#reopening;
  }

  /* ---------------------------------------------------------------- for the gates */

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  get isSuspended(): boolean {
    return this.#phase === 'suspended';
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  get clock(): Clock {
    return this.#host.clock;
  }

  /** Something begins: a burst of messages, or what the server inside says by itself. */
  begin(): void {
    if (this.#phase === 'open') this.#wakeFirst();
  }

  /** After a standstill nothing is passed on unasked. */
  #wakeFirst(): void {
    if (this.#host.mustWake(this.#host.clock.now())) this.#host.woken();
  }

  /** Whether the server inside may have it. */
  admits(message: Message): boolean {
    if (this.#phase !== 'open') return false;
    const mark = message.frameCount > 1 ? epochMarkIn(message, 0) : undefined;
    if (mark !== undefined && this.#isLater(mark)) this.#host.vote(mark.epoch);
    return (this.#phase as Phase) === 'open';
  }

  #isLater({ kind, epoch }: EpochMark): boolean {
    return kind === 'known' && isLaterEpoch(epoch, this.#epoch);
  }

  hold(gate: Gate, peer: Peer, message: Message): void {
    if (this.#phase === 'closed') return;
    const isVote = this.#phase === 'shut';
    if (isVote) this.counters.votes++;
    const bytes = bytesOf(message);
    if (this.#held.fits(bytes)) {
      this.#held.push({ gate, peer, message: message.retain(), reason: 'disconnected', at: this.#host.clock.now(), bytes });
    } else {
      this.counters.dropped++;
    }
    if (!isVote) return;
    const claim = claimIn(message);
    this.#host.vote(claim !== undefined && this.#isLater(claim) ? claim.epoch : 0);
  }

  /** A connection has ended of which something may wait. */
  endOf(gate: Gate, peer: Peer, reason: GoneReason): void {
    if (this.#phase === 'suspended') this.#held.push({ gate, peer, message: undefined, reason, at: this.#host.clock.now(), bytes: 0 });
    else this.#held.keep((each) => each.peer !== peer);
  }

  /** What waits is dropped: this pair does not keep requests. */
  drop(): void {
    if (this.#phase !== 'shut') return;
    this.counters.dropped += this.#held.take().length;
  }

  store(gate: Gate, peer: Peer, frames: readonly Frame[]): SendResult {
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    if (!this.#outbox.fits(bytes)) return 'again';
    this.#outbox.push({ gate, peer, message: frames, bytes });
    return 'ok';
  }

  /** The client's epoch mark goes back with the epoch of this server in it. */
  stamp(frames: Frame[]): Frame[] {
    if (isEpochMark(frames[0] as Frame)) frames[0] = this.#served;
    return frames;
  }
}

function bytesOf(message: Message): number {
  let bytes = 0;
  for (let i = 0; i < message.frameCount; i++) bytes += message.byteLength(i);
  return bytes;
}

/** The mark of a client before the envelope, or of a worker at the end. */
function claimIn(message: Message): EpochMark | undefined {
  return epochMarkIn(message, 0) ?? epochMarkIn(message, message.frameCount - 1);
}

class Gate {
  endpoint: string;
  readonly #configured: string;
  readonly #options: SocketOptions;
  readonly #all: Frontends;
  #transport: Transport | undefined;
  #listener: Listener | undefined;
  #stand: Stand | undefined;
  /** How the last server inside left, if it did so by itself: what it said last is delivered. Of one that was cut off nothing is. */
  #leave: { readonly linger: number | undefined } | undefined;
  #inBurst = false;

  constructor(all: Frontends, endpoint: string, options: SocketOptions) {
    this.#all = all;
    this.endpoint = this.#configured = endpoint;
    this.#options = options;
  }

  get layers(): LivenessLayers {
    return this.#listener?.layers ?? { disconnectNotices: false, transportHeartbeats: false };
  }

  isAt(endpoint: string): boolean {
    return endpoint === this.endpoint || endpoint === this.#configured;
  }

  async listen(transport: Transport): Promise<void> {
    this.#transport = transport;
    const listener = await transport.listen(this.endpoint, this.#handler, this.#options);
    this.endpoint = listener.endpoint;
    if (this.#all.isClosed) await listener.close(0);
    else this.#listener = listener;
  }

  get isInBurst(): boolean {
    return this.#inBurst;
  }

  /** To the server inside. Once at a time. */
  handOver(handler: TransportHandler): Promise<Listener> {
    const listener = this.#listener;
    if (listener === undefined || this.#stand !== undefined) return Promise.reject(new BindFailed(this.endpoint, 'EADDRINUSE'));
    this.#leave = undefined;
    this.#stand = new Stand(this, listener, handler, this.#all);
    return Promise.resolve(this.#stand);
  }

  /** The stand was given back. */
  leave(linger: number | undefined): void {
    this.#leave = { linger };
    this.#stand = undefined;
  }

  async shut(reopen: boolean): Promise<void> {
    const listener = this.#listener;
    if (this.#stand !== undefined) this.#stand.over = true;
    this.#stand = this.#listener = undefined;
    this.#inBurst = false;
    await listener?.close(this.#leave === undefined ? 0 : this.#leave.linger);
    for (let attempt = 1; reopen && !this.#all.isClosed; attempt++) {
      try {
        await this.listen(this.#transport as Transport);
        return;
      } catch (error) {
        if (attempt === REBIND_ATTEMPTS) throw error;
        await new Promise<void>((resolve) => this.#all.clock.setTimeout(resolve, REBIND_PAUSE_MS));
      }
    }
  }

  pass(peer: Peer, frames: readonly Frame[]): SendResult {
    return this.#listener?.send(peer, frames) ?? 'unreachable';
  }

  deliver(peer: Peer, message: Message): void {
    this.#stand?.handler.message(peer, message);
  }

  gone(peer: Peer, reason: GoneReason): void {
    this.#stand?.handler.peerGone(peer, reason);
  }

  batchEnd(): void {
    this.#stand?.handler.batchEnd();
  }

  readonly #handler: TransportHandler = {
    message: (peer, message) => {
      if (!this.#inBurst) {
        this.#inBurst = true;
        this.#all.begin();
      }
      if (this.#all.admits(message)) this.#stand?.handler.message(peer, message);
      else if (this.#listener !== undefined) this.#all.hold(this, peer, message);
    },
    peerGone: (peer, reason) => {
      if (this.#all.isOpen) this.gone(peer, reason);
      else this.#all.endOf(this, peer, reason);
    },
    refused: (peer) => {
      this.#stand?.handler.refused?.(peer);
    },
    overflow: (peer) => {
      this.#stand?.handler.overflow(peer);
    },
    batchEnd: () => {
      this.#inBurst = false;
      if (this.#all.isOpen) this.batchEnd();
    },
  };
}

/** A door as the server inside has it: a listener that was bound already. */
class Stand implements Listener {
  readonly endpoint: string;
  readonly layers: LivenessLayers;
  readonly handler: TransportHandler;
  /** Somebody else serves now. */
  over = false;
  readonly #gate: Gate;
  readonly #listener: Listener;
  readonly #all: Frontends;

  constructor(gate: Gate, listener: Listener, handler: TransportHandler, all: Frontends) {
    this.#gate = gate;
    this.#listener = listener;
    this.handler = handler;
    this.#all = all;
    this.endpoint = listener.endpoint;
    this.layers = listener.layers;
  }

  send(peer: Peer, head: readonly Frame[], tail?: Message, from = 0): SendResult {
    if (!this.over && !this.#gate.isInBurst) this.#all.begin();
    if (this.over) return 'unreachable';
    const first = head[0] ?? tail?.frame(from);
    const isMarked = first !== undefined && isEpochMark(first);
    if (!isMarked && !this.#all.isSuspended) return this.#listener.send(peer, head, tail, from);
    const frames = [...head];
    if (tail !== undefined) for (let i = from; i < tail.frameCount; i++) frames.push(tail.frame(i));
    const stamped = this.#all.stamp(frames);
    return this.#all.isSuspended ? this.#all.store(this.#gate, peer, stamped) : this.#listener.send(peer, stamped);
  }

  release(peer: Peer): void {
    if (!this.over) this.#listener.release(peer);
  }

  pause(): void {
    if (!this.over) this.#listener.pause();
  }

  resume(): void {
    if (!this.over) this.#listener.resume();
  }

  /** The door itself stays. */
  close(linger?: number): Promise<void> {
    if (!this.over) {
      this.over = true;
      this.#gate.leave(linger);
      this.#listener.resume();
    }
    return Promise.resolve();
  }
}
