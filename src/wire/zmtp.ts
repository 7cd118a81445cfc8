/**
 * ZMTP 3.1 (rfc.zeromq.org/spec/37) and 3.0 (spec/23) as bytes: greetings, commands, frames, and a reader that turns what a connection
 * brings into messages without copying what arrives whole. Pure: no socket, no clock.
 */
import { assert } from '../core/assert.ts';
import type { Frame, Message } from './message.ts';
import { packFrames } from './message.ts';

/* ------------------------------------------------------------------ greeting */

export const GREETING_BYTES = 64;
/** Signature and major version: enough to tell who cannot be spoken to. */
const VERSION_BYTES = 11;
const MAJOR = 3;
const MINOR = 1;
const SIGNATURE_START = 0xff;
const SIGNATURE_END = 0x7f;
const SIGNATURE_END_AT = 9;
const MAJOR_AT = 10;
const MINOR_AT = 11;
const MECHANISM_AT = 12;
const MECHANISM_BYTES = 20;
const AS_SERVER_AT = 32;

export interface Greeting {
  readonly minor: number;
  /** Without control characters. */
  readonly mechanism: string;
  readonly asServer: boolean;
}

export function encodeGreeting(mechanism: string, asServer: boolean): Frame {
  const greeting = Buffer.alloc(GREETING_BYTES);
  greeting[0] = SIGNATURE_START;
  greeting[SIGNATURE_END_AT] = SIGNATURE_END;
  greeting[MAJOR_AT] = MAJOR;
  greeting[MINOR_AT] = MINOR;
  greeting.write(mechanism, MECHANISM_AT, MECHANISM_BYTES, 'latin1');
  greeting[AS_SERVER_AT] = asServer ? 1 : 0;
  return greeting;
}

/** Why these bytes cannot be the beginning of a greeting we understand; `undefined` while they can. Looks at what is there. */
export function greetingFault(bytes: Frame): string | undefined {
  if (bytes.length > 0 && bytes[0] !== SIGNATURE_START) return 'this is not ZMTP, or ZMTP 1.0';
  if (bytes.length > SIGNATURE_END_AT && ((bytes[SIGNATURE_END_AT] as number) & 1) === 0) return 'this is not ZMTP, or ZMTP 1.0';
  const major = bytes[MAJOR_AT];
  if (bytes.length >= VERSION_BYTES && (major as number) < MAJOR) return `ZMTP ${major === 0 ? '1.0' : '2.0'} is not spoken here`;
  return undefined;
}

/** Of `GREETING_BYTES` bytes without a fault. */
export function decodeGreeting(bytes: Frame): Greeting {
  const name = bytes.toString('latin1', MECHANISM_AT, MECHANISM_AT + MECHANISM_BYTES);
  const end = name.indexOf('\0');
  return {
    // A later major version must understand ours.
    minor: bytes[MAJOR_AT] === MAJOR ? (bytes[MINOR_AT] as number) : MINOR,
    mechanism: printable(end < 0 ? name : name.slice(0, end)),
    asServer: bytes[AS_SERVER_AT] === 1,
  };
}

/* ------------------------------------------------------------------ frames */

const MORE = 1;
const LONG = 2;
const COMMAND = 4;
const RESERVED = 0xf8;
const SHORT_HEADER = 2;
const LONG_HEADER = 9;
const MOST_SHORT = 255;

function headerBytes(length: number): number {
  return length > MOST_SHORT ? LONG_HEADER : SHORT_HEADER;
}

/** Returns where the body goes. */
function writeHeader(into: Frame, at: number, flags: number, length: number): number {
  if (length <= MOST_SHORT) {
    into[at] = flags;
    into[at + 1] = length;
    return at + SHORT_HEADER;
  }
  into[at] = flags | LONG;
  into.writeUInt32BE(Math.floor(length / 2 ** 32), at + 1);
  into.writeUInt32BE(length >>> 0, at + 5);
  return at + LONG_HEADER;
}

/** Below this a loop is faster than a call that leaves JavaScript. */
const COPIED_BY_HAND = 32;

function copy(from: Frame, start: number, end: number, into: Frame, at: number): number {
  const length = end - start;
  if (length > COPIED_BY_HAND) into.set(length === from.length ? from : from.subarray(start, end), at);
  else for (let i = 0; i < length; i++) into[at + i] = from[start + i] as number;
  return at + length;
}

/** How many bytes a message is on the wire. */
export function encodedLength(head: readonly Frame[], tail?: Message, from = 0): number {
  let bytes = 0;
  for (let i = 0; i < head.length; i++) {
    const { length } = head[i] as Frame;
    bytes += headerBytes(length) + length;
  }
  if (tail === undefined || from >= tail.frameCount) return bytes;
  if (tail instanceof WireMessage && tail.isContiguousFrom(from)) return bytes + tail.wireLength(from);
  for (let i = from; i < tail.frameCount; i++) {
    const length = tail.byteLength(i);
    bytes += headerBytes(length) + length;
  }
  return bytes;
}

/**
 * Writes a message as it is on the wire, `encodedLength` bytes, and returns where it ends. What came over ZMTP is copied in one piece, headers
 * and all.
 */
export function encodeMessage(into: Frame, start: number, head: readonly Frame[], tail?: Message, from = 0): number {
  const tailCount = tail === undefined ? 0 : Math.max(0, tail.frameCount - from);
  assert(head.length + tailCount > 0, 'a message has at least one frame');
  const last = head.length - 1;
  let at = start;
  for (let i = 0; i <= last; i++) {
    const frame = head[i] as Frame;
    at = writeHeader(into, at, i < last || tailCount > 0 ? MORE : 0, frame.length);
    at = copy(frame, 0, frame.length, into, at);
  }
  if (tail === undefined || tailCount === 0) return at;
  if (tail instanceof WireMessage && tail.isContiguousFrom(from)) return tail.copyWire(from, into, at);
  for (let i = from; i < tail.frameCount; i++) {
    const length = tail.byteLength(i);
    at = writeHeader(into, at, i < tail.frameCount - 1 ? MORE : 0, length);
    at = tail.copyFrame(i, into, at);
  }
  return at;
}

/** The header of one frame of a message, for bodies that are sent as they are. */
export function encodeHeader(length: number, more: boolean): Frame {
  const header = Buffer.allocUnsafe(headerBytes(length));
  writeHeader(header, 0, more ? MORE : 0, length);
  return header;
}

/* ------------------------------------------------------------------ commands */

export type Command =
  | { readonly kind: 'READY'; readonly properties: ReadonlyMap<string, Frame> }
  | { readonly kind: 'ERROR'; readonly reason: string }
  | { readonly kind: 'PING'; readonly ttl: number; readonly context: Frame }
  | { readonly kind: 'PONG'; readonly context: Frame }
  | { readonly kind: 'SUBSCRIBE'; readonly topic: Frame }
  | { readonly kind: 'CANCEL'; readonly topic: Frame }
  /** PLAIN (spec/24). */
  | { readonly kind: 'HELLO'; readonly user: string; readonly password: string }
  | { readonly kind: 'WELCOME' }
  | { readonly kind: 'INITIATE'; readonly properties: ReadonlyMap<string, Frame> }
  /** Of another mechanism, or of a version to come. */
  | { readonly kind: 'UNKNOWN'; readonly name: string }
  | { readonly kind: 'INVALID'; readonly reason: string };

/** What a PING may carry for its PONG. */
const MOST_CONTEXT = 16;
/** A time to live is in tenths of a second, in two bytes. */
const TTL_UNIT_MS = 100;
const MOST_TTL = 0xffff;
const MOST_REASON = 255;
/** Properties a peer may introduce itself with. */
const MOST_PROPERTIES = 64;

export function decodeCommand(body: Frame): Command {
  const nameEnd = 1 + (body[0] ?? 0);
  if (body.length === 0 || body[0] === 0 || nameEnd > body.length) return invalid('a command without a name');
  const name = body.toString('latin1', 1, nameEnd);
  switch (name) {
    case 'READY':
    case 'INITIATE':
      return decodeProperties(name, body, nameEnd);
    case 'ERROR':
      return decodeError(body, nameEnd);
    case 'PING': {
      if (body.length < nameEnd + 2 || body.length > nameEnd + 2 + MOST_CONTEXT) return invalid('a PING of the wrong length');
      return { kind: 'PING', ttl: body.readUInt16BE(nameEnd) * TTL_UNIT_MS, context: body.subarray(nameEnd + 2) };
    }
    case 'PONG':
      if (body.length > nameEnd + MOST_CONTEXT) return invalid('a PONG of the wrong length');
      return { kind: 'PONG', context: body.subarray(nameEnd) };
    case 'SUBSCRIBE':
    case 'CANCEL':
      return { kind: name, topic: body.subarray(nameEnd) };
    case 'HELLO':
      return decodeHello(body, nameEnd);
    case 'WELCOME':
      return { kind: 'WELCOME' };
    default:
      return { kind: 'UNKNOWN', name };
  }
}

function invalid(reason: string): Command {
  return { kind: 'INVALID', reason };
}

function decodeError(body: Frame, at: number): Command {
  const length = body[at];
  if (length === undefined || body.length < at + 1 + length) return invalid('an ERROR without its reason');
  return { kind: 'ERROR', reason: printable(body.toString('latin1', at + 1, at + 1 + length)) };
}

function decodeHello(body: Frame, at: number): Command {
  const userEnd = at + 1 + (body[at] ?? body.length);
  const passwordEnd = userEnd + 1 + (body[userEnd] ?? body.length);
  if (passwordEnd !== body.length) return invalid('a HELLO without user and password');
  return { kind: 'HELLO', user: body.toString('utf8', at + 1, userEnd), password: body.toString('utf8', userEnd + 1, passwordEnd) };
}

/** Names of properties are the same in all cases: they are kept in small letters. */
function decodeProperties(kind: 'READY' | 'INITIATE', body: Frame, start: number): Command {
  const properties = new Map<string, Frame>();
  let at = start;
  while (at < body.length) {
    const nameEnd = at + 1 + (body[at] as number);
    if (body[at] === 0 || nameEnd + 4 > body.length) return invalid(`a ${kind} with a property cut short`);
    const name = body.toString('latin1', at + 1, nameEnd).toLowerCase();
    const valueEnd = nameEnd + 4 + body.readUInt32BE(nameEnd);
    if (valueEnd > body.length) return invalid(`a ${kind} with a property cut short`);
    if (properties.size === MOST_PROPERTIES) return invalid(`a ${kind} with more than ${MOST_PROPERTIES} properties`);
    properties.set(name, body.subarray(nameEnd + 4, valueEnd));
    at = valueEnd;
  }
  return { kind, properties };
}

/** What a peer says goes into logs: without control characters. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** Commands as whole frames. */
function encodeCommand(name: string, ...parts: readonly Frame[]): Frame {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1'), ...parts]);
  const frame = Buffer.allocUnsafe(headerBytes(body.length) + body.length);
  body.copy(frame, writeHeader(frame, 0, COMMAND, body.length));
  return frame;
}

function counted(bytes: Frame): Frame {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** READY, or INITIATE where the mechanism says so. */
export function encodeProperties(kind: 'READY' | 'INITIATE', properties: { readonly [name: string]: string }): Frame {
  const parts = Object.entries(properties).flatMap(([name, value]) => {
    const bytes = Buffer.from(value, 'utf8');
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    return [counted(Buffer.from(name, 'latin1')), length, bytes];
  });
  return encodeCommand(kind, ...parts);
}

export function encodeError(reason: string): Frame {
  return encodeCommand('ERROR', counted(Buffer.from(reason.slice(0, MOST_REASON), 'latin1')));
}

/** @param ttl in ms, 0 for none: how long the peer may hear nothing before it gives us up. */
export function encodePing(ttl: number): Frame {
  const tenths = Buffer.allocUnsafe(2);
  tenths.writeUInt16BE(Math.min(MOST_TTL, Math.ceil(ttl / TTL_UNIT_MS)));
  return encodeCommand('PING', tenths);
}

export function encodePong(context: Frame): Frame {
  return encodeCommand('PONG', context);
}

export function encodeSubscribe(topic: Frame): Frame {
  return encodeCommand('SUBSCRIBE', topic);
}

/** PLAIN's limit on either. */
export const MOST_CREDENTIAL_BYTES = 255;

export function encodeHello(user: string, password: string): Frame {
  return encodeCommand('HELLO', counted(Buffer.from(user, 'utf8')), counted(Buffer.from(password, 'utf8')));
}

export const WELCOME: Frame = encodeCommand('WELCOME');

/* ------------------------------------------------------------------ messages as they came */

/** What a view may keep from being freed: no more than this, or so many times its own length. */
const FEW_BYTES = 16 * 1024;
const MOST_HELD = 4;

/** Messages that are copied out of large chunks share Buffers of this size. */
const SHARED_BYTES = 8192;
const MOST_SHARED = SHARED_BYTES / 8;
let shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
let sharedUsed = 0;

/** Makes room for `length` bytes that will be kept: `shared` from `sharedUsed` on. */
function reserveShared(length: number): number {
  if (sharedUsed + length > SHARED_BYTES) {
    shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
    sharedUsed = 0;
  }
  const at = sharedUsed;
  sharedUsed += length;
  return at;
}

const PLACES = 3;

/** A message as a range of received bytes, with the headers of its frames. */
export class WireMessage implements Message {
  frameCount = 0;
  bytes: Frame = NOTHING;
  /** For each frame where its header begins, where its body does, and where that ends. */
  readonly #places: number[];

  constructor(places: number[] = []) {
    this.#places = places;
  }

  /** @internal For the reader: what a peer has said does not stay in memory until it says more. */
  clear(): void {
    this.frameCount = 0;
    this.bytes = NOTHING;
  }

  /** @internal */
  add(header: number, start: number, end: number): void {
    const place = PLACES * this.frameCount++;
    this.#places[place] = header;
    this.#places[place + 1] = start;
    this.#places[place + 2] = end;
  }

  /** @internal The bytes have moved. */
  move(bytes: Frame, by: number): void {
    this.bytes = bytes;
    if (by === 0) return;
    for (let i = 0; i < PLACES * this.frameCount; i++) this.#places[i] = (this.#places[i] as number) - by;
  }

  #header(index: number): number {
    return this.#places[PLACES * index] as number;
  }

  #start(index: number): number {
    return this.#places[PLACES * index + 1] as number;
  }

  #end(index: number): number {
    return this.#places[PLACES * index + 2] as number;
  }

  byteLength(index: number): number {
    return this.#end(index) - this.#start(index);
  }

  byteAt(index: number, offset: number): number {
    return this.bytes[this.#start(index) + offset] as number;
  }

  equals(index: number, bytes: Frame): boolean {
    const start = this.#start(index);
    const length = this.#end(index) - start;
    if (bytes.length !== length) return false;
    for (let i = 0; i < length; i++) if (this.bytes[start + i] !== bytes[i]) return false;
    return true;
  }

  text(index: number): string {
    return this.bytes.toString('latin1', this.#start(index), this.#end(index));
  }

  /** Whoever keeps a view keeps all that it is a view of: of a large chunk, a small frame is copied. */
  frame(index: number): Frame {
    const start = this.#start(index);
    const end = this.#end(index);
    const { bytes } = this;
    const length = end - start;
    if (isWorthKeeping(bytes, length)) return bytes.subarray(start, end);
    const frame = Buffer.allocUnsafe(length);
    copy(bytes, start, end, frame, 0);
    return frame;
  }

  copyFrame(index: number, into: Frame, at: number): number {
    return copy(this.bytes, this.#start(index), this.#end(index), into, at);
  }

  /** As `frame`: a request that a worker has for long must not keep the chunk with all the others. */
  retain(): Message {
    const { frameCount } = this;
    const kept = new WireMessage(this.#places.slice(0, PLACES * frameCount));
    kept.frameCount = frameCount;
    const { bytes } = this;
    const length = this.wireLength(0);
    if (isWorthKeeping(bytes, length)) kept.bytes = bytes;
    else {
      const start = this.#header(0);
      const at = length <= MOST_SHARED ? reserveShared(length) : 0;
      const into = length <= MOST_SHARED ? shared : Buffer.allocUnsafeSlow(length);
      copy(bytes, start, start + length, into, at);
      kept.move(into, start - at);
    }
    return kept;
  }

  pack(from: number): Message {
    return packFrames(this, from);
  }

  /** Whether frames `from`… follow each other with nothing between: a command may come in the middle of a message. */
  isContiguousFrom(from: number): boolean {
    for (let i = from + 1; i < this.frameCount; i++) if (this.#header(i) !== this.#end(i - 1)) return false;
    return true;
  }

  wireLength(from: number): number {
    return this.#end(this.frameCount - 1) - this.#header(from);
  }

  copyWire(from: number, into: Frame, at: number): number {
    return copy(this.bytes, this.#header(from), this.#end(this.frameCount - 1), into, at);
  }
}

/** Whoever keeps `length` bytes of a chunk keeps all of it. */
function isWorthKeeping(chunk: Frame, length: number): boolean {
  return chunk.length <= FEW_BYTES || chunk.length <= MOST_HELD * length;
}

/* ------------------------------------------------------------------ the reader */

export interface ReaderLimits {
  readonly frameBytes: number;
  /** All frames of a message together. */
  readonly messageBytes: number;
  readonly frames: number;
}

export interface ReaderSink {
  /** Valid during the call; `retain` or `pack` to keep it. */
  message(message: WireMessage): void;
  /** The body of a command, valid as long as anybody holds it. */
  command(body: Frame): void;
}

/** Why a connection cannot be read any further. */
export interface ReaderFault {
  readonly kind: 'limit' | 'protocol';
  readonly reason: string;
}

const NOTHING: Frame = Buffer.alloc(0);
/** No command that we know of is longer; topics are the longest. */
const MOST_COMMAND_BYTES = 2 ** 16;
const SMALLEST_CARRY = 256;
/** What a length above can be is no length. */
const MOST_HIGH_BITS = 2 ** 21;

/**
 * Reads one connection. A message that lies in one chunk is looked at where it lies; of one that does not, each byte is copied once or twice into
 * a Buffer of its own. Nothing is allocated for what a peer announces, only for what it has sent.
 */
export class ZmtpReader {
  /** Reads no further than to the next message: `read` returns before it. */
  commandsOnly = false;
  readonly #limits: ReaderLimits;
  readonly #message = new WireMessage();
  /** What is read: the last chunk, or the carry. */
  #bytes = NOTHING;
  /** The message that is being read begins at `#start`; what is not looked at yet, at `#at`. */
  #start = 0;
  #at = 0;
  #end = 0;
  #messageBytes = 0;
  /** Whether `#bytes` is a Buffer of ours that a message is put together in. */
  #isCarry = false;
  /** Behind the carry: the chunk that it is filled from. */
  #rest: Frame | undefined;
  #restAt = 0;
  #stopped = false;
  #messageWaits = false;
  #fault: ReaderFault | undefined;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  get fault(): ReaderFault | undefined {
    return this.#fault;
  }

  /** Whether `read` has come to a message that it was not to read. */
  get messageWaits(): boolean {
    return this.#messageWaits;
  }

  /** Bytes that were received and not delivered. */
  get held(): number {
    return this.#end - this.#start + (this.#rest === undefined ? 0 : this.#rest.length - this.#restAt);
  }

  /** Bytes of the Buffers that it keeps: at most twice what a message may have, and the chunk that came last. */
  get kept(): number {
    return this.#bytes.length + (this.#rest?.length ?? 0);
  }

  /** To be called from within the sink: `read` returns after this message, and goes on at its next call. */
  stop(): void {
    this.#stopped = true;
  }

  /** What has come. `chunk` is never changed after. */
  push(chunk: Frame): void {
    if (this.#fault !== undefined) return;
    if (this.#rest !== undefined) this.#rest = Buffer.concat([this.#rest.subarray(this.#restAt), chunk]);
    else if (this.#end > this.#start) this.#rest = chunk;
    else {
      this.#bytes = chunk;
      this.#isCarry = false;
      this.#start = this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    this.#restAt = 0;
  }

  /** Delivers what is whole. Afterwards `fault` says whether that was the end. */
  read(sink: ReaderSink): void {
    this.#stopped = this.#messageWaits = false;
    for (;;) {
      const needed = this.#fault === undefined && !this.#stopped ? this.#readFrames(sink) : 0;
      if (needed === 0 || !this.#fetch(needed)) return;
    }
  }

  /** Reads all frames that are there. Returns how many bytes the next one needs in all, or 0 when it is to stop. */
  #readFrames(sink: ReaderSink): number {
    for (;;) {
      const bytes = this.#bytes;
      const at = this.#at;
      const there = this.#end - at;
      if (there < SHORT_HEADER) return SHORT_HEADER;
      const flags = bytes[at] as number;
      if (this.commandsOnly && (flags & COMMAND) === 0 && this.#message.frameCount === 0) {
        this.#messageWaits = true;
        return 0;
      }
      const isLong = (flags & LONG) !== 0;
      if (isLong && there < LONG_HEADER) return LONG_HEADER;
      const header = isLong ? LONG_HEADER : SHORT_HEADER;
      const length = isLong ? readLength(bytes, at + 1) : (bytes[at + 1] as number);
      if (!this.#admits(flags, length)) return 0;
      if (there < header + length) return header + length;
      const end = at + header + length;
      this.#at = end;
      if ((flags & COMMAND) !== 0) this.#takeCommand(sink, at + header, end);
      else this.#takeFrame(sink, flags, at, at + header, end);
      if (this.#stopped || this.#fault !== undefined) return 0;
    }
  }

  /** By its header alone, before its body is waited for. */
  #admits(flags: number, length: number): boolean {
    const { frameBytes, messageBytes, frames } = this.#limits;
    if ((flags & RESERVED) !== 0) return this.#fail('protocol', `a frame with flags ${flags}`);
    const isTooMuch = this.#message.frameCount > 0 && this.#messageBytes + length > messageBytes;
    if (isTooMuch) return this.#fail('limit', `a message of more than ${messageBytes} bytes`);
    if ((flags & COMMAND) !== 0) {
      if ((flags & MORE) !== 0) return this.#fail('protocol', 'a command in several frames');
      return length <= MOST_COMMAND_BYTES || this.#fail('limit', `a command of ${length} bytes; ${MOST_COMMAND_BYTES} are allowed`);
    }
    if (length > frameBytes) return this.#fail('limit', `a frame of ${length} bytes; ${frameBytes} are allowed`);
    if (length > messageBytes) return this.#fail('limit', `a message of more than ${messageBytes} bytes`);
    return this.#message.frameCount < frames || this.#fail('limit', `a message of more than ${frames} frames`);
  }

  #fail(kind: ReaderFault['kind'], reason: string): false {
    this.#fault = { kind, reason };
    this.forget();
    return false;
  }

  /** Nothing more is wanted: what has come and was not delivered is let go. From within the sink `stop` as well. */
  forget(): void {
    this.#bytes = NOTHING;
    this.#rest = undefined;
    this.#start = this.#at = this.#end = this.#restAt = 0;
    this.#message.clear();
  }

  #takeCommand(sink: ReaderSink, start: number, end: number): void {
    const body = this.#bytes.subarray(start, end);
    // In the middle of a message it stays where it is, is skipped, and counts as a part of it.
    if (this.#message.frameCount === 0) this.#start = end;
    else this.#messageBytes += end - start + SHORT_HEADER;
    sink.command(body);
  }

  #takeFrame(sink: ReaderSink, flags: number, header: number, start: number, end: number): void {
    const message = this.#message;
    message.add(header, start, end);
    if ((flags & MORE) !== 0) {
      this.#messageBytes += end - start;
      return;
    }
    message.bytes = this.#bytes;
    this.#start = end;
    this.#messageBytes = 0;
    if (this.#isCarry) this.#leaveCarry();
    sink.message(message);
    message.clear();
  }

  /** What was put together belongs to the message. */
  #leaveCarry(): void {
    assert(this.#at === this.#end, 'a carry holds one message');
    this.#takeRest();
  }

  #takeRest(): void {
    this.#bytes = this.#rest ?? NOTHING;
    this.#start = this.#at = this.#restAt;
    this.#end = this.#bytes.length;
    this.#rest = undefined;
    this.#restAt = 0;
    this.#isCarry = false;
  }

  /** Gets the bytes that the next frame needs beyond `#at`, or as many as there are. Returns whether it has all. */
  #fetch(needed: number): boolean {
    if (this.#start === this.#end) {
      // Between two messages nothing need be carried over.
      const hasMore = this.#rest !== undefined;
      this.#takeRest();
      return hasMore;
    }
    const rest = this.#rest;
    const missing = needed - (this.#end - this.#at);
    const there = rest === undefined ? 0 : Math.min(missing, rest.length - this.#restAt);
    this.#reserve(there, missing);
    if (rest === undefined) return false;
    rest.copy(this.#bytes, this.#end, this.#restAt, this.#restAt + there);
    this.#end += there;
    this.#restAt += there;
    if (this.#restAt === rest.length) {
      this.#rest = undefined;
      this.#restAt = 0;
    }
    return there === missing;
  }

  /** Room for `there` bytes more; for all that are missing, if that is not much more than what is there. */
  #reserve(there: number, missing: number): void {
    const used = this.#end - this.#start;
    if (this.#isCarry && this.#bytes.length - this.#end >= there) return;
    const size = Math.max(SMALLEST_CARRY, used + there, Math.min(used + missing, 2 * (used + there)));
    const carry = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(carry, 0, this.#start, this.#end);
    this.#message.move(carry, this.#start);
    this.#at -= this.#start;
    this.#start = 0;
    this.#end = used;
    this.#bytes = carry;
    this.#isCarry = true;
  }
}

function readLength(bytes: Frame, at: number): number {
  const high = bytes.readUInt32BE(at);
  return high >= MOST_HIGH_BITS ? Infinity : high * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
