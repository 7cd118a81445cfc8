/** One connection: a `net.Socket`, the machine that knows how far it is, and what it reads and writes. Whoever made it is told of its end. */
import type { Socket } from 'node:net';
import { Actor } from '../../runtime/actor.ts';
import {
  decodeCommand,
  decodeGreeting,
  encodeError,
  encodeGreeting,
  encodePing,
  encodePong,
  GREETING_BYTES,
  greetingFault,
  ZmtpReader,
  type ReaderLimits,
  type ReaderSink,
  type Command,
  type WireMessage,
} from '../../wire/zmtp.ts';
import type { Frame, Message } from '../../wire/message.ts';
import { nextPeerLabel, type Peer } from '../transport.ts';
import {
  zmtpConnection,
  type ConnectionEnd,
  type ZmtpConnectionContext,
  type ZmtpConnectionEffects,
  type ZmtpConnectionMachine,
} from './connection.machine.ts';
import { engine } from './engine.ts';
import type { Handshake, Mechanism } from './mechanism.ts';
import type { Outbox } from './outbox.ts';

/** Whose connection it is. */
export interface ConnectionOwner {
  readonly mechanism: Mechanism;
  readonly limits: ReaderLimits;
  readonly context: ZmtpConnectionContext;
  /** What this end says of itself. */
  readonly properties: { readonly [name: string]: string };
  /** Kinds of sockets that this one can speak to. */
  readonly fits: ReadonlySet<string>;
  /** Takes no messages for now: what comes waits for its turn. */
  readonly paused: boolean;
  /** Messages of one peer that may wait meanwhile. */
  readonly mostHeld: number;
  /** The handshake is over. `minor`: the peer's version is 3.`minor`. */
  opened(connection: ZmtpConnection, minor: number): void;
  received(connection: ZmtpConnection, message: Message): void;
  /** Something of it waits: it is to be given turns when the owner takes messages again. */
  waiting(connection: ZmtpConnection): void;
  /** It has ended, and messages or the news of it wait for their turn. */
  departed(connection: ZmtpConnection): void;
  /** A command of the traffic that is not about the connection itself. */
  subscribed(connection: ZmtpConnection, topic: Frame, adds: boolean): void;
  /** Told once. `reason`: in words. */
  ended(connection: ZmtpConnection, why: ConnectionEnd, reason: string, wasReady: boolean): void;
}

const LATEST_MINOR = 1;
/** When so much waits of a peer that is not listened to for now, no further message of it is read. */
const MOST_HELD_BYTES = 2 ** 20;
/** Of commands, so much waits for a peer that does not read. */
const MOST_COMMAND_BYTES = 2 ** 16;
/** What a connection that has ended, and a message that waits, take in memory besides the bytes of frames: about. */
const CONNECTION_BYTES = 8192;
const MESSAGE_BYTES = 128;
const NOTHING: readonly Message[] = [];
const EMPTY: Frame = Buffer.alloc(0);

export class ZmtpConnection extends Actor<ZmtpConnectionMachine> implements ZmtpConnectionEffects, ReaderSink, Peer {
  session: unknown = undefined;
  /** Whether the owner has spoken of it to its own user. */
  introduced = false;
  readonly outbox: Outbox;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader: ZmtpReader;
  #label: string | undefined;
  #handshake: Handshake | undefined;
  /** The greeting, as far as it has come; nothing afterwards. */
  #greeting: Frame | undefined = EMPTY;
  #minor = LATEST_MINOR;
  /** Of the last PING. */
  #context: Frame = EMPTY;
  #heardAt: number;
  #unansweredSince = 0;
  #ttlSetAt = 0;
  /** Why it ends, in words. */
  #reason = '';
  /** Messages that came while the owner took none. */
  #held = NOTHING as Message[];
  /** The first of them that was not delivered. */
  #heldFrom = 0;
  #heldBytes = 0;
  /** It has ended, and messages wait to be delivered before that is told. */
  #lastWord: (() => void) | undefined;
  /** The stream has ended, and bytes wait to be read before that counts. */
  #endIsDue = false;
  #isReading = false;

  constructor(owner: ConnectionOwner, socket: Socket, outbox: Outbox) {
    super(zmtpConnection, engine.driver, owner.context, undefined);
    this.#owner = owner;
    this.#socket = socket;
    this.outbox = outbox;
    this.#reader = new ZmtpReader(owner.limits);
    this.#heardAt = this.driver.clock.now();
    socket.setNoDelay(true);
    readOnAfterWriteErrors(socket);
    socket.on('data', this.#data);
    socket.on('end', this.#end);
    socket.on('error', this.#broken);
    socket.on('close', this.#gone);
    this.arm('handshakeTimeout', owner.context.handshakeTimeout);
  }

  get label(): string {
    return (this.#label ??= nextPeerLabel());
  }

  /** Where the other end is; nothing over ipc. */
  get remote(): string | undefined {
    return remoteOf(this.#socket);
  }

  get isReady(): boolean {
    return this.state.kind === 'ready';
  }

  /** Bytes that it keeps: of what came and was not delivered, and of what was sent and is not with the operating system. */
  get bytes(): number {
    return (this.#greeting?.length ?? 0) + this.#reader.kept + this.#heldBytes + this.outbox.bytes;
  }

  /** The stream is there. */
  open(): void {
    this.#event({ kind: 'opened' });
  }

  close(linger: number): void {
    // Nobody will take what has waited.
    this.forget();
    this.#event({ kind: 'close', linger });
    this.#lastWord?.();
  }

  /** Lets go what waits. Returns how many messages that were. */
  forget(): number {
    const count = this.#held.length - this.#heldFrom;
    this.#held = NOTHING as Message[];
    this.#heldFrom = this.#heldBytes = 0;
    return count;
  }

  #event(event: ZmtpConnectionMachine['event']): void {
    this.driver.run(() => {
      this.step(event);
    });
  }

  override timerFired(timer: string): void {
    const { now } = this.driver;
    const unread = this.#socket.isPaused();
    if (timer === 'pingDue') this.step({ kind: timer, silentFor: now - Math.min(this.#heardAt, this.outbox.writtenAt) });
    else if (timer === 'answerDue') {
      this.step({ kind: timer, waitedFor: this.#unansweredSince === 0 ? 0 : now - this.#unansweredSince, unread });
    } else if (timer === 'ttlDue') this.step({ kind: timer, heard: this.#heardAt > this.#ttlSetAt, unread });
    else super.timerFired(timer);
  }

  /* ---------------------------------------------------------------- what comes */

  readonly #data = (chunk: Buffer): void => {
    this.driver.enterMessage();
    this.#heardAt = this.driver.now;
    this.driver.leave();
    this.driver.batchEnd();
    this.#unansweredSince = 0;
    const { kind } = this.state;
    if (kind === 'closing' || kind === 'closed') return;
    if (this.#greeting === undefined) this.#reader.push(chunk);
    else if (!this.#readGreeting(this.#greeting.length === 0 ? chunk : Buffer.concat([this.#greeting, chunk]))) return;
    this.#read();
  };

  /** Whether it is whole. */
  #readGreeting(bytes: Frame): boolean {
    const fault = greetingFault(bytes);
    if (fault !== undefined) this.#fail('protocol', fault);
    else if (bytes.length < GREETING_BYTES) this.#greeting = bytes;
    else {
      this.#greeting = undefined;
      const { minor, mechanism, asServer } = decodeGreeting(bytes);
      const own = this.#owner.mechanism;
      this.#minor = minor;
      if (mechanism !== own.name) this.#fail('refused', `the peer wants the mechanism ${mechanism}, and not ${own.name}`);
      // Two NULL ends are the same; of others one asks and one answers.
      else if (own.name !== 'NULL' && asServer === own.asServer) this.#fail('refused', `of two ends with ${own.name} one is the server`);
      else {
        if (bytes.length > GREETING_BYTES) this.#reader.push(bytes.subarray(GREETING_BYTES));
        this.#event({ kind: 'GREETING' });
        return true;
      }
    }
    return false;
  }

  #fail(why: 'limit' | 'protocol' | 'refused', reason: string): void {
    this.#reason = reason;
    this.#event({ kind: 'FAULT', why, reason });
  }

  /** Reads what has come, as long as it is wanted. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      this.#reader.read(this);
    } finally {
      this.#isReading = false;
    }
    const { fault } = this.#reader;
    if (fault !== undefined) this.#fail(fault.kind, fault.reason);
    else if (this.#reader.messageWaits) this.#socket.pause();
    else if (this.#endIsDue && !this.#socket.isPaused()) this.#event({ kind: 'END' });
  }

  message(message: WireMessage): void {
    const { kind } = this.state;
    if (kind !== 'ready') {
      this.#reader.stop();
      if (kind === 'handshake') this.#fail('protocol', 'a message before the handshake was over');
    } else if (this.#owner.paused || this.#held.length > 0) this.#hold(message);
    else this.#owner.received(this, message);
    if (this.state.kind === 'closed') this.#reader.stop();
  }

  command(body: Frame): void {
    const command = decodeCommand(body);
    if (this.state.kind === 'handshake') this.#shake(command);
    else if (this.state.kind === 'ready') this.#obey(command);
    if (this.state.kind === 'closed') this.#reader.stop();
  }

  #shake(command: Command): void {
    if (command.kind === 'ERROR') {
      this.#reason = `the peer says: ${command.reason}`;
      this.#event({ kind: 'ERROR' });
      return;
    }
    const progress = (this.#handshake as Handshake).take(command);
    if (progress.kind === 'refused') {
      this.#fail('refused', progress.reason);
      return;
    }
    if (progress.kind === 'done') {
      const type = progress.properties.get('socket-type')?.toString('latin1') ?? '';
      if (!this.#owner.fits.has(type)) {
        this.#fail('refused', 'Invalid socket type');
        return;
      }
    }
    if (progress.send !== undefined) this.#socket.write(progress.send);
    if (progress.kind === 'more') this.#event({ kind: 'PROGRESS' });
    else {
      this.#handshake = undefined;
      this.#event({ kind: 'READY' });
    }
  }

  #obey(command: Command): void {
    switch (command.kind) {
      case 'PING':
        this.#context = command.context;
        this.#ttlSetAt = this.#heardAt;
        this.#event({ kind: 'PING', ttl: command.ttl });
        return;
      case 'PONG':
        this.#event({ kind: 'PONG' });
        return;
      case 'ERROR':
        this.#reason = `the peer says: ${command.reason}`;
        this.#event({ kind: 'ERROR' });
        return;
      case 'SUBSCRIBE':
      case 'CANCEL':
        this.#owner.subscribed(this, command.topic, command.kind === 'SUBSCRIBE');
        return;
      case 'INVALID':
        this.#fail('protocol', command.reason);
        return;
      case 'READY':
      case 'HELLO':
      case 'WELCOME':
      case 'INITIATE':
      case 'UNKNOWN':
        // Of a version to come, perhaps: it is for the peer to know that we do not speak it.
        return;
    }
  }

  /* ---------------------------------------------------------------- pauses */

  /**
   * The owner takes nothing now, and the message waits here. It may be one too many: commands are read on, and only when another message comes
   * behind them does all that follows wait with the peer.
   */
  #hold(message: WireMessage): void {
    if (this.#held === NOTHING) {
      this.#held = [];
      this.#owner.waiting(this);
    }
    if (this.#heldFrom > 0) this.#held.splice(0, this.#heldFrom);
    this.#heldFrom = 0;
    this.#held.push(message.pack(0));
    this.#heldBytes += bytesOf(message);
    this.#reader.commandsOnly = this.#isFull;
  }

  get #isFull(): boolean {
    return this.#held.length - this.#heldFrom >= this.#owner.mostHeld || this.#heldBytes >= MOST_HELD_BYTES;
  }

  /** What its messages that wait take in memory, and itself for their sake; 0 without any. */
  get heldWeight(): number {
    const count = this.#held.length - this.#heldFrom;
    return count === 0 ? 0 : this.#heldBytes + count * MESSAGE_BYTES + CONNECTION_BYTES;
  }

  /** Whether it waits for a turn: with messages, with the news that it has ended, or to be read again. */
  get waits(): boolean {
    return this.#held.length > 0 || this.#lastWord !== undefined || (this.isReady && this.#socket.isPaused());
  }

  /** The owner takes messages again: delivers the first that waits; when there is none, tells the end, or reads on. */
  takeTurn(): void {
    if (this.#held.length > 0) this.#deliverHeld();
    else if (this.#lastWord !== undefined) this.#lastWord();
    else if (this.isReady) {
      this.#listen();
      this.#read();
    }
  }

  #deliverHeld(): void {
    const message = this.#held[this.#heldFrom++] as Message;
    this.#heldBytes -= bytesOf(message);
    if (this.#heldFrom === this.#held.length) {
      this.#held = NOTHING as Message[];
      this.#heldFrom = 0;
    }
    this.#reader.commandsOnly = this.#isFull;
    this.#owner.received(this, message);
  }

  /** From now on the peer's silence is its own. */
  #listen(): void {
    if (!this.#socket.isPaused()) return;
    this.#heardAt = this.driver.clock.now();
    this.#unansweredSince = 0;
    this.#socket.resume();
  }

  /* ---------------------------------------------------------------- the end of the stream */

  readonly #end = (): void => {
    if (this.state.kind === 'closing') this.#socket.destroySoon();
    else if (this.#reader.held > 0 && this.#socket.isPaused()) this.#endIsDue = true;
    else this.#event({ kind: 'END' });
  };

  readonly #broken = (error: Error): void => {
    const { kind } = this.state;
    if (kind === 'ready' && !this.#socket.destroyed) {
      // It could not write. What the peer had sent is read first, and then the end.
      this.outbox.detach();
      readOn(this.#socket);
      return;
    }
    if (kind === 'closed') this.#socket.destroy();
    else this.#reason = (error as NodeJS.ErrnoException).code ?? error.message;
    this.#event({ kind: 'broken' });
  };

  readonly #gone = (): void => {
    this.#event({ kind: this.state.kind === 'closing' ? 'flushed' : 'broken' });
  };

  /* ---------------------------------------------------------------- effects */

  sendGreeting(): void {
    const { name, asServer } = this.#owner.mechanism;
    this.#socket.write(encodeGreeting(name, asServer));
  }

  beginHandshake(): void {
    this.#handshake = this.#owner.mechanism.shake(this.#owner.properties);
    const first = this.#handshake.begin();
    if (first !== undefined) this.#socket.write(first);
  }

  begin(): void {
    this.outbox.attach(this.#socket);
    this.#owner.opened(this, this.#minor);
  }

  sendError(reason: string): void {
    this.#socket.write(encodeError(reason));
  }

  ping(): void {
    if (this.#unansweredSince === 0) this.#unansweredSince = this.driver.now;
    this.#sendCommand(encodePing(0));
  }

  pong(): void {
    this.#sendCommand(encodePong(this.#context));
    this.#context = EMPTY;
  }

  /** A peer that sends and reads nothing is owed no more of them. */
  #sendCommand(frame: Frame): void {
    if (this.outbox.commandBytes < MOST_COMMAND_BYTES) this.outbox.putCommand(frame);
  }

  drain(): void {
    const end = (): void => {
      this.outbox.onEmpty = undefined;
      this.#socket.end();
    };
    this.#socket.resume();
    if (this.outbox.isEmpty) end();
    else this.outbox.onEmpty = end;
  }

  end(why: ConnectionEnd, wasReady: boolean): void {
    this.outbox.onEmpty = undefined;
    // What was sent in this turn has a chance yet.
    if (why === 'ours') this.outbox.flush();
    this.#greeting = this.#handshake = undefined;
    // Who is turned down is told why. Later, a peer that reads nothing would keep the socket for ever.
    if (!wasReady && (why === 'refused' || why === 'protocol')) this.#socket.destroySoon();
    else this.#socket.destroy();
    const tell = (): void => {
      this.#lastWord = undefined;
      this.#owner.ended(this, why, this.#reason, wasReady);
    };
    this.#reader.stop();
    this.#reader.forget();
    // Of a peer that its user has not heard of there is no news to wait.
    const waits = this.#held.length > 0 || (this.introduced && this.#owner.paused);
    if (!waits || !wasReady || why === 'ours') {
      this.driver.callback(tell);
      return;
    }
    this.#lastWord = tell;
    this.#owner.waiting(this);
    this.driver.callback(() => {
      this.#owner.departed(this);
    });
  }

  override refuse(): void {
    // No cell of this machine refuses anything.
  }
}

function bytesOf(message: Message): number {
  let bytes = 0;
  for (let i = 0; i < message.frameCount; i++) bytes += message.byteLength(i);
  return bytes;
}

/** What Node keeps of a stream, as far as it is needed here. */
interface StreamState {
  autoDestroy?: boolean;
  errored?: Error | null;
}

function statesOf(socket: Socket): (StreamState | undefined)[] {
  const { _readableState, _writableState } = socket as unknown as { readonly [state: string]: StreamState | undefined };
  return [_readableState, _writableState];
}

/**
 * Node destroys a socket that cannot be written to, and with it what is still to be read: the last messages of a peer that has just left. A read
 * error or the end of the stream follows in any case.
 */
function readOnAfterWriteErrors(socket: Socket): void {
  for (const state of statesOf(socket)) if (state !== undefined) state.autoDestroy = false;
}

/** A stream with an error would take no more of what is read. */
function readOn(socket: Socket): void {
  const [readable] = statesOf(socket);
  if (readable !== undefined) readable.errored = null;
}

export function remoteOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined || remotePort === undefined ? undefined : `${remoteAddress}:${remotePort}`;
}
