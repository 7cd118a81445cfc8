/**
 * What waits to be written to one connection. Messages are written behind each other into one Buffer, that goes to the operating system in one
 * call per turn; large frames go as they are.
 */
import type { Socket } from 'node:net';
import { encodedLength, encodeHeader, encodeMessage } from '../../wire/zmtp.ts';
import type { Frame, Message } from '../../wire/message.ts';
import { engine } from './engine.ts';

/** From this length on a message is not copied. */
const LARGE = 16 * 1024;
/** Sizes of the Buffers that messages are put together in: a busy peer gets larger ones. */
const MOST_BUFFERED = 65_536;
const SIZES = [1024, 8192, MOST_BUFFERED] as const;
const MOST_POOLED_BYTES = 2 ** 20;

const pools: Frame[][] = SIZES.map(() => []);

/** Which size holds so many bytes, or the largest. */
function sizeFor(bytes: number): number {
  let size = 0;
  while (size < SIZES.length - 1 && (SIZES[size] as number) < bytes) size++;
  return size;
}

function takeBuffer(size: number): Frame {
  return pools[size]?.pop() ?? Buffer.allocUnsafeSlow(SIZES[size] as number);
}

function giveBack(buffer: Frame): void {
  const size = SIZES.indexOf(buffer.length as (typeof SIZES)[number]);
  const pool = pools[size];
  if (pool !== undefined && pool.length * buffer.length < MOST_POOLED_BYTES) pool.push(buffer);
}

export class Outbox {
  /** Messages that wait, and those that are with the socket but not with the operating system. */
  #waiting = 0;
  #handed = 0;
  #waitingBytes = 0;
  #handedBytes = 0;
  /** Of those that wait, so many belong to no message. */
  #commandBytes = 0;
  readonly #mostMessages: number;
  readonly #mostBytes: number;
  /** Full Buffers and large frames, in order; then what is in `#buffer` up to `#used`. */
  #segments: Frame[] = [];
  #buffer: Frame | undefined;
  #used = 0;
  #from = 0;
  #size = 0;
  /** Buffers of ours among the segments; and those that the socket has. */
  #ours: Frame[] = [];
  #written: Frame[] = [];
  #socket: Socket | undefined;
  #isDirty = false;
  /** Writes whose callbacks have not come. */
  #calls = 0;
  /** When something was last handed to the socket, in the engine's ms. */
  writtenAt: number = -Infinity;
  /** Told when nothing is left. */
  onEmpty: (() => void) | undefined;

  /** @param mostMessages 0 for no limit. */
  constructor(mostMessages: number, mostBytes: number) {
    this.#mostMessages = mostMessages === 0 ? Infinity : mostMessages;
    this.#mostBytes = mostBytes;
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** Bytes of what was put in and is not with the operating system. */
  get bytes(): number {
    return this.#waitingBytes + this.#handedBytes;
  }

  /** Bytes of commands that wait for the socket to take more. */
  get commandBytes(): number {
    return this.#commandBytes;
  }

  /** Whether half of the bytes that may wait do. */
  get isCrowded(): boolean {
    return 2 * (this.#waitingBytes + this.#handedBytes) > this.#mostBytes;
  }

  /** What waits may be written. */
  attach(socket: Socket): void {
    this.#socket = socket;
    if (this.#waitingBytes > 0) this.#markDirty();
  }

  /** The connection has ended. What the socket had is lost. */
  detach(): void {
    this.#socket = undefined;
    this.#handed = this.#handedBytes = 0;
    this.#written = [];
  }

  clear(): void {
    this.detach();
    this.#segments = [];
    this.#ours = [];
    this.#buffer = undefined;
    this.#used = this.#from = this.#waiting = this.#waitingBytes = this.#commandBytes = 0;
    this.onEmpty = undefined;
  }

  /** Whether there was room. One message has room always, and one of any size while half of the bytes are free. */
  put(head: readonly Frame[], tail: Message | undefined, from: number): boolean {
    const bytes = encodedLength(head, tail, from);
    if (!this.#hasRoom(bytes)) return false;
    this.#waiting++;
    if (bytes > LARGE) this.#putLarge(head, tail, from);
    else this.#used = encodeMessage(this.#room(bytes), this.#used, head, tail, from);
    this.#waitingBytes += bytes;
    this.#markDirty();
    return true;
  }

  /** Encoded already, and the same for many. */
  putEncoded(message: Frame): boolean {
    if (!this.#hasRoom(message.length)) return false;
    this.#waiting++;
    this.#putFrame(message);
    return true;
  }

  /** No message: whether there is room or not. */
  putCommand(frame: Frame): void {
    this.#commandBytes += frame.length;
    this.#putFrame(frame);
  }

  #putFrame(frame: Frame): void {
    if (frame.length > LARGE) this.#append(frame);
    else this.#copyIn(frame);
    this.#waitingBytes += frame.length;
    this.#markDirty();
  }

  #hasRoom(bytes: number): boolean {
    const messages = this.#waiting + this.#handed;
    return messages === 0 || (messages < this.#mostMessages && (!this.isCrowded || this.bytes + bytes <= this.#mostBytes));
  }

  #markDirty(): void {
    if (this.#isDirty || this.#socket === undefined) return;
    this.#isDirty = true;
    engine.dirty(this);
  }

  #room(bytes: number): Frame {
    const full = this.#buffer;
    if (full !== undefined && this.#used + bytes <= full.length) return full;
    // Copying it into a larger one costs less than a call that writes several.
    const isMoved = full !== undefined && this.#from === 0 && this.#used + bytes <= MOST_BUFFERED;
    if (full !== undefined && !isMoved) this.#cutOff(full);
    this.#size = Math.max(this.#size, sizeFor(isMoved ? this.#used + bytes : bytes));
    const buffer = (this.#buffer = takeBuffer(this.#size));
    if (isMoved) {
      full.copy(buffer, 0, 0, this.#used);
      this.#ours.pop();
      giveBack(full);
    } else this.#used = this.#from = 0;
    this.#ours.push(buffer);
    return buffer;
  }

  #copyIn(frame: Frame): void {
    const buffer = this.#room(frame.length);
    this.#used += frame.copy(buffer, this.#used);
  }

  /** What is in the Buffer becomes a segment. */
  #cutOff(buffer: Frame): void {
    if (this.#used > this.#from) this.#segments.push(buffer.subarray(this.#from, this.#used));
    this.#from = this.#used;
  }

  #append(frame: Frame): void {
    if (this.#buffer !== undefined) this.#cutOff(this.#buffer);
    this.#segments.push(frame);
  }

  #putLarge(head: readonly Frame[], tail: Message | undefined, from: number): void {
    const frames = [...head];
    if (tail !== undefined) for (let i = from; i < tail.frameCount; i++) frames.push(tail.frame(i));
    for (const [index, frame] of frames.entries()) {
      this.#copyIn(encodeHeader(frame.length, index < frames.length - 1));
      if (frame.length > 0) this.#append(frame);
    }
  }

  /** @internal The turn is over. */
  flush(): void {
    this.#isDirty = false;
    const socket = this.#socket;
    if (socket === undefined || this.#handedBytes > 0 || this.#waitingBytes === 0) return;
    const buffer = this.#buffer;
    if (buffer !== undefined) this.#cutOff(buffer);
    const segments = this.#segments;
    this.#segments = [];
    this.#written = this.#ours;
    this.#ours = [];
    // It will be much the same the next time.
    if (segments.length === 1) this.#size = sizeFor(this.#used);
    this.#buffer = undefined;
    this.#used = this.#from = 0;
    this.#handed = this.#waiting;
    this.#handedBytes = this.#waitingBytes;
    this.#waiting = this.#waitingBytes = this.#commandBytes = 0;
    this.#calls++;
    this.writtenAt = engine.driver.now;
    if (segments.length === 1) socket.write(segments[0] as Frame, this.#done);
    else {
      socket.cork();
      for (let i = 0; i < segments.length - 1; i++) socket.write(segments[i] as Frame);
      socket.write(segments.at(-1) as Frame, this.#done);
      socket.uncork();
    }
    // The operating system has it all already, nearly always.
    if (socket.writableLength === 0) this.#settle();
  }

  readonly #done = (): void => {
    this.#calls--;
    if (this.#calls === 0 && this.#handedBytes > 0) this.#settle();
  };

  #settle(): void {
    for (const buffer of this.#written) giveBack(buffer);
    this.#written = [];
    this.#handed = this.#handedBytes = 0;
    if (this.#waitingBytes > 0) this.#markDirty();
    else this.onEmpty?.();
  }
}
