/**
 * Messages as views. A transport hands over what it received without making a Buffer of every frame; a codec looks at
 * lengths and bytes, and materialises only the frames it must.
 */
import { assert } from '../core/assert.ts';
import { InvalidOption } from '../core/errors.ts';

/** One frame's bytes. Never changed after it was handed over, in either direction: transports may send without copying. */
export type Frame = Buffer;

/** A received message. Valid only during the handler call that delivered it; `retain` or `pack` to keep it. */
export interface Message {
  readonly frameCount: number;
  /** Length in bytes of frame `index`, which must exist. */
  byteLength(index: number): number;
  byteAt(index: number, offset: number): number;
  equals(index: number, bytes: Frame): boolean;
  /** Frame `index` as latin-1 text: for names, which are ASCII. */
  text(index: number): string;
  /** Frame `index` as a Buffer of its own or a slice of one that is never overwritten. */
  frame(index: number): Frame;
  /** Copies frame `index` to `at`, where there is room for it. Returns where it ends. */
  copyFrame(index: number, into: Frame, at: number): number;
  /** A message with the same frames that stays valid. Cheap; may share memory with what was received. */
  retain(): Message;
  /** Frames `from`… copied into one allocation: for messages that will wait among very many. */
  pack(from: number): Message;
}

/** A message made of Buffers: what zeromq.js delivers, and what tests and callers build. */
export class FramesMessage implements Message {
  readonly frames: readonly Frame[];
  readonly #skip: number;

  /** @param skip leading frames that do not belong to the message (a routing id). */
  constructor(frames: readonly Frame[], skip = 0) {
    this.frames = frames;
    this.#skip = skip;
  }

  get frameCount(): number {
    return this.frames.length - this.#skip;
  }

  byteLength(index: number): number {
    return this.frame(index).length;
  }

  byteAt(index: number, offset: number): number {
    return this.frame(index)[offset] as number;
  }

  equals(index: number, bytes: Frame): boolean {
    return sameBytes(this.frame(index), bytes);
  }

  text(index: number): string {
    return this.frame(index).toString('latin1');
  }

  frame(index: number): Frame {
    return this.frames[index + this.#skip] as Frame;
  }

  copyFrame(index: number, into: Frame, at: number): number {
    return at + this.frame(index).copy(into, at);
  }

  retain(): Message {
    return this;
  }

  pack(from: number): Message {
    return packFrames(this, from);
  }
}

/** Frames in one Buffer: each preceded by its length as four bytes. */
export class PackedMessage implements Message {
  readonly frameCount: number;
  readonly #bytes: Buffer;
  readonly #from: number;

  /** @param from where in `bytes` the first frame's length stands. */
  constructor(bytes: Buffer, frameCount: number, from = 0) {
    this.#bytes = bytes;
    this.frameCount = frameCount;
    this.#from = from;
  }

  byteLength(index: number): number {
    return this.#bytes.readUInt32LE(this.#start(index) - LENGTH_BYTES);
  }

  byteAt(index: number, offset: number): number {
    return this.#bytes[this.#start(index) + offset] as number;
  }

  equals(index: number, bytes: Frame): boolean {
    return sameBytes(this.frame(index), bytes);
  }

  text(index: number): string {
    return this.frame(index).toString('latin1');
  }

  frame(index: number): Frame {
    const start = this.#start(index);
    return this.#bytes.subarray(start, start + this.#bytes.readUInt32LE(start - LENGTH_BYTES));
  }

  copyFrame(index: number, into: Frame, at: number): number {
    const start = this.#start(index);
    return at + this.#bytes.copy(into, at, start, start + this.#bytes.readUInt32LE(start - LENGTH_BYTES));
  }

  retain(): Message {
    return this;
  }

  pack(from: number): Message {
    return from === 0 ? this : packFrames(this, from);
  }

  #start(index: number): number {
    assert(index < this.frameCount, 'only frames that exist are read');
    let start = this.#from + LENGTH_BYTES;
    for (let i = 0; i < index; i++) start += this.#bytes.readUInt32LE(start - LENGTH_BYTES) + LENGTH_BYTES;
    return start;
  }
}

/** Byte by byte: for the six bytes of a header that is several times faster than `Buffer.equals`, which leaves JavaScript. */
function sameBytes(a: Frame, b: Frame): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Before each frame of a packed message. */
const LENGTH_BYTES = 4;
/** Small messages share Buffers of this size: a Buffer of its own costs a waiting message more than its bytes do. */
const SHARED_BYTES = 8192;
let shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
let sharedUsed = 0;

/** What `pack` does with any message. */
export function packFrames(message: Message, from: number): PackedMessage {
  let size = 0;
  for (let i = from; i < message.frameCount; i++) size += LENGTH_BYTES + message.byteLength(i);
  const small = size <= SHARED_BYTES / 8;
  if (small && sharedUsed + size > SHARED_BYTES) {
    shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
    sharedUsed = 0;
  }
  const bytes = small ? shared : Buffer.allocUnsafeSlow(size);
  const start = small ? sharedUsed : 0;
  let at = start;
  for (let i = from; i < message.frameCount; i++) at = message.copyFrame(i, bytes, bytes.writeUInt32LE(message.byteLength(i), at));
  if (small) sharedUsed = at;
  return new PackedMessage(bytes, Math.max(0, message.frameCount - from), start);
}

/** What a caller may pass as one frame. Strings are UTF-8. */
export type FrameLike = string | Uint8Array;

/** Caller's frames as Buffers. Byte arrays are copied: the caller may go on using its own. */
export function framesOf(body: FrameLike | readonly FrameLike[]): Frame[] {
  return typeof body === 'string' || body instanceof Uint8Array ? [frameOf(body)] : body.map(frameOf);
}

/**
 * As `framesOf`. A frame that the other side does not take costs the whole connection and all that is under way on it, so it is not
 * sent.
 *
 * @throws InvalidOption when it is something else, or has a frame of more than `maxFrameBytes`.
 */
export function bodyOption(body: FrameLike | readonly FrameLike[], maxFrameBytes: number): Frame[] {
  let frames: Frame[];
  try {
    frames = framesOf(body);
  } catch {
    throw new InvalidOption('body', body, 'a string, bytes, or an array of those');
  }
  for (let i = 0; i < frames.length; i++) {
    const { length } = frames[i] as Frame;
    if (length <= maxFrameBytes) continue;
    const message = `option "body" has a frame of ${length} bytes; maxFrameBytes allows ${maxFrameBytes}`;
    throw new InvalidOption('body', body, `frames of at most ${maxFrameBytes} bytes`, message);
  }
  return frames;
}

function frameOf(value: FrameLike): Frame {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
}
