/**
 * Whatever bytes come to a connection, and however they are cut: nothing is thrown, no more is kept than the limits say, what lies before the
 * first wrong byte is delivered as it was sent, and how the bytes were cut makes no difference.
 */
import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import type { Frame, Message } from '../../src/wire/message.ts';
import {
  encodedLength,
  encodeError,
  encodeGreeting,
  encodeHeader,
  encodeHello,
  encodeMessage,
  encodePing,
  encodePong,
  encodeProperties,
  encodeSubscribe,
  GREETING_BYTES,
  WELCOME,
  type ReaderLimits,
} from '../../src/wire/zmtp.ts';
import type { ConnectionEnd } from '../../src/transport/zmtp/connection.machine.ts';
import { ZmtpConnection, type ConnectionOwner } from '../../src/transport/zmtp/connection.ts';
import { NULL, plainClient, plainServer, type Mechanism } from '../../src/transport/zmtp/mechanism.ts';
import { Outbox } from '../../src/transport/zmtp/outbox.ts';
import { FakeSocket } from './fake-socket.ts';

const LIMITS: ReaderLimits = { frameBytes: 600, messageBytes: 1500, frames: 12 };
const MOST_QUEUED_BYTES = 2 ** 16;
/** What a reader of the operating system brings at most. */
const MOST_CHUNK = 2 ** 16;
/** The longest thing that is read as a whole is a command; it is put together in a Buffer of at most twice that. */
const MOST_READ_BYTES = 2 * (2 ** 16 + 9) + 256 + MOST_CHUNK + 9;
/** What waits for an owner that takes nothing, and the message that made it too much. */
const MOST_HELD_BYTES = 2 ** 20 + LIMITS.messageBytes;
/** Answers that a peer does not read: commands, and those with the socket already. */
const MOST_UNSENT_BYTES = 2 * (2 ** 16 + 32);
/** The declared limit of one connection. */
export const MOST_BYTES: number = MOST_READ_BYTES + MOST_HELD_BYTES + MOST_UNSENT_BYTES;

/* ------------------------------------------------------------------ the ends that are spoken to */

interface End {
  readonly name: string;
  readonly mechanism: Mechanism;
  /** Of the peer's socket. */
  readonly fits: string;
  /** What a peer says until the handshake is over. */
  readonly introduction: (minor: number) => readonly Frame[];
}

const greeting = (mechanism: string, asServer: boolean, minor: number): Frame => {
  const bytes = encodeGreeting(mechanism, asServer);
  bytes[11] = minor;
  return bytes;
};
const properties = (fits: string): { readonly [name: string]: string } => ({ 'Socket-Type': fits, Identity: 'someone' });

const ENDS: readonly End[] = [
  {
    name: 'a listener',
    mechanism: NULL,
    fits: 'DEALER',
    introduction: (minor) => [greeting('NULL', false, minor), encodeProperties('READY', properties('DEALER'))],
  },
  {
    name: 'a listener with PLAIN',
    mechanism: plainServer((user, password) => user === 'me' && password === 'secret'),
    fits: 'DEALER',
    introduction: (minor) => [
      greeting('PLAIN', false, minor),
      encodeHello('me', 'secret'),
      encodeProperties('INITIATE', properties('DEALER')),
    ],
  },
  {
    name: 'a connector with PLAIN',
    mechanism: plainClient('me', 'secret'),
    fits: 'ROUTER',
    introduction: (minor) => [greeting('PLAIN', true, minor), WELCOME, encodeProperties('READY', properties('ROUTER'))],
  },
  {
    name: 'a publisher',
    mechanism: NULL,
    fits: 'SUB',
    introduction: (minor) => [greeting('NULL', false, minor), encodeProperties('READY', { 'Socket-Type': 'SUB' })],
  },
];

/** Of a peer that says these bytes, what a connection makes. */
class Scene implements ConnectionOwner {
  readonly mechanism: Mechanism;
  readonly limits = LIMITS;
  readonly context = { handshakeTimeout: 600_000, pingInterval: Infinity, pingTimeout: Infinity };
  readonly properties = { 'Socket-Type': 'ROUTER' };
  readonly fits: ReadonlySet<string>;
  readonly mostHeld = 1000;
  paused = false;
  readonly socket = new FakeSocket();
  readonly connection: ZmtpConnection;
  readonly heard: string[] = [];
  end: { readonly why: ConnectionEnd; readonly reason: string; readonly wasReady: boolean } | undefined;
  #fed = 0;
  most = 0;

  constructor(end: End) {
    this.mechanism = end.mechanism;
    this.fits = new Set([end.fits]);
    this.connection = new ZmtpConnection(this, this.socket.asSocket, new Outbox(1000, MOST_QUEUED_BYTES));
    this.connection.open();
  }

  opened(): void {
    assert.equal(this.end, undefined, 'what has ended does not begin');
    this.heard.push('opened');
  }

  received(_connection: ZmtpConnection, message: Message): void {
    assert.ok(!this.paused, 'nothing is delivered to one that takes nothing');
    this.#hear(`message ${textOf(message)}`);
  }

  waiting(connection: ZmtpConnection): void {
    assert.equal(connection, this.connection);
  }

  departed(): void {
    assert.equal(this.end, undefined, 'who waits has not been told of');
  }

  subscribed(_connection: ZmtpConnection, topic: Frame, adds: boolean): void {
    this.#hear(`${adds ? 'subscribes' : 'cancels'} ${topic.toString('latin1')}`);
  }

  ended(_connection: ZmtpConnection, why: ConnectionEnd, reason: string, wasReady: boolean): void {
    assert.equal(this.end, undefined, 'an end is told once');
    this.end = { why, reason, wasReady };
  }

  #hear(text: string): void {
    assert.equal(this.end, undefined, 'nothing is heard after the end');
    assert.equal(this.heard[0], 'opened', 'nothing is heard before the handshake');
    this.heard.push(text);
  }

  feed(chunk: Buffer): void {
    this.socket.feed(chunk);
    this.#fed += chunk.length;
    this.look();
  }

  look(): void {
    if (this.end !== undefined) return;
    const { bytes } = this.connection;
    this.most = Math.max(this.most, bytes);
    const declared = this.paused || this.socket.isPaused() ? MOST_BYTES : MOST_BYTES - MOST_HELD_BYTES;
    const mayKeep = Math.min(declared, MOST_UNSENT_BYTES + 3 * this.#fed + 512);
    assert.ok(bytes <= mayKeep, `${bytes} bytes are kept of ${this.#fed} that came; ${mayKeep} may be`);
  }

  resume(): void {
    this.paused = false;
    while (this.connection.waits) this.connection.takeTurn();
    this.socket.readOn();
  }

  /** The stream ends. Whatever came, the connection must end with it, and leave no socket. */
  finish(): void {
    if (this.paused) this.resume();
    this.socket.hangUp();
    this.socket.vanish();
    assert.ok(this.end !== undefined, 'the end of the stream is the end of the connection');
    assert.ok(this.socket.destroyed, 'what has ended has no socket');
  }
}

function textOf(message: Message): string {
  return Array.from({ length: message.frameCount }, (_, index) => message.text(index)).join('|');
}

/* ------------------------------------------------------------------ what is said */

/** A conversation as it should be: its bytes, where each part ends, and what is to be heard of each. */
interface Conversation {
  readonly bytes: Buffer;
  readonly parts: readonly { readonly end: number; readonly heard: string | undefined }[];
}

function conversation(end: End, random: Random, length: number): Conversation {
  const chunks: Frame[] = [];
  const parts: { end: number; heard: string | undefined }[] = [];
  let at = 0;
  const say = (bytes: Frame, heard?: string): void => {
    chunks.push(bytes);
    at += bytes.length;
    parts.push({ end: at, heard });
  };
  const introduction = end.introduction(random.integer(0, 1));
  introduction.forEach((each, index) => {
    say(each, index === introduction.length - 1 ? 'opened' : undefined);
  });
  for (let i = 0; i < length; i++) sayAnything(random, say);
  return { bytes: Buffer.concat(chunks), parts };
}

function sayAnything(random: Random, say: (bytes: Frame, heard?: string) => void): void {
  const drawn = random.integer(0, 9);
  if (drawn === 0) say(encodePing(random.integer(0, 1) * 60_000));
  else if (drawn === 1) say(encodePong(text(random, 16)));
  else if (drawn === 2) {
    const topic = text(random, 20);
    say(encodeSubscribe(topic), `subscribes ${topic.toString('latin1')}`);
  } else if (drawn === 3) say(Buffer.from('\x04\x08\x03NEW...?', 'latin1').subarray(0, 10));
  else if (drawn === 4) sayInterrupted(random, say);
  else {
    const frames = Array.from({ length: random.integer(1, 4) }, () => text(random, random.chance(0.1) ? 300 : 12));
    say(encoded(frames), `message ${frames.join('|')}`);
  }
}

/** A command between the frames of a message. */
function sayInterrupted(random: Random, say: (bytes: Frame, heard?: string) => void): void {
  const [one, two] = [text(random, 12), text(random, 12)];
  const bytes = [encodeHeader(one.length, true), one, encodePing(0), encodeHeader(two.length, false), two];
  say(Buffer.concat(bytes), `message ${one}|${two}`);
}

function text(random: Random, most: number): Frame {
  return Buffer.alloc(random.integer(0, most), random.pick(['a', 'b', 'c', '\0']), 'latin1');
}

function encoded(frames: readonly Frame[]): Frame {
  const bytes = Buffer.alloc(encodedLength(frames));
  encodeMessage(bytes, 0, frames);
  return bytes;
}

/** What must be heard of the first `length` bytes. */
function heardOf({ parts }: Conversation, length: number): string[] {
  return parts.flatMap(({ end, heard }) => (heard !== undefined && end <= length ? [heard] : []));
}

/* ------------------------------------------------------------------ what is done to it */

const LENGTHS = ['00', 'ff', '0000000000000000', '00000000000000ff', '0000000080000000', '7fffffffffffffff', 'ffffffffffffffff'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
const STRANGE: readonly Frame[] = [
  ...LENGTHS,
  ...['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00', '\x04\x01\x00', '\x04\x05\x04PING', '\x06'].map((each) =>
    Buffer.from(each, 'latin1'),
  ),
  encodeGreeting('NULL', false),
  encodeGreeting('CURVE', true),
  encodeProperties('READY', { 'Socket-Type': 'REQ' }),
  encodeError('go away'),
  encodeHello('me', 'guess'),
  WELCOME,
];

/** Returns the bytes, and how many of them are as they were. */
function mutate(bytes: Buffer, random: Random): readonly [Buffer, number] {
  const at = random.integer(0, bytes.length - 1);
  const length = Math.min(bytes.length - at, random.integer(1, 20));
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at + length)];
  const part = bytes.subarray(at, at + length);
  switch (random.integer(0, 6)) {
    case 0: {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << random.integer(0, 7));
      return [changed, at];
    }
    case 1: {
      const changed = Buffer.from(bytes);
      changed[at] = random.pick([0, 1, 2, 4, 6, 0x7f, 0x80, 0xff]);
      return [changed, at];
    }
    case 2:
      return [Buffer.concat([before, behind]), at];
    case 3:
      return [Buffer.concat([before, part, part, behind]), at];
    case 4:
      return [Buffer.concat([before, random.pick(STRANGE), part, behind]), at];
    case 5:
      return [Buffer.concat([before, random.pick(STRANGE), behind]), at];
    default: {
      const other = random.integer(0, bytes.length - 1);
      return [Buffer.concat([before, bytes.subarray(other, other + random.integer(1, 100)), part, behind]), at];
    }
  }
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(
    Array.from({ length: random.integer(0, most) }, () => (random.chance(0.3) ? random.integer(0, 6) : random.integer(0, 255))),
  );
}

function chunks(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const most = random.pick([1, 3, 10, 100, 1000]);
  for (let at = 0; at < bytes.length;) {
    const length = random.integer(1, most);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/* ------------------------------------------------------------------ how it is judged */

interface Heard {
  readonly heard: readonly string[];
  readonly end: Scene['end'];
  readonly most: number;
}

function hear(end: End, pieces: readonly Buffer[], random?: Random): Heard {
  const scene = new Scene(end);
  for (const piece of pieces) {
    // An owner that takes nothing for a while.
    if (random?.chance(0.2) === true) scene.paused = !scene.paused;
    if (!scene.paused) scene.resume();
    scene.feed(piece);
  }
  scene.finish();
  return scene;
}

function same(one: Heard, other: Heard): void {
  const hearsSame = one.heard.length === other.heard.length && one.heard.every((text, index) => text === other.heard[index]);
  assert.ok(hearsSame, `heard ${one.heard.join()}, and cut otherwise ${other.heard.join()}`);
  const endsSame = one.end?.why === other.end?.why && one.end?.reason === other.end?.reason && one.end?.wasReady === other.end?.wasReady;
  assert.ok(endsSame, `ended ${JSON.stringify(one.end)}, and cut otherwise ${JSON.stringify(other.end)}`);
}

function begins(heard: readonly string[], expected: readonly string[]): void {
  assert.deepEqual(heard.slice(0, expected.length), expected, 'what came before the first wrong byte is heard');
}

/* ------------------------------------------------------------------ kinds of input */

export const KINDS = ['cut', 'truncated', 'mutated', 'noise', 'endless'] as const;
export type Kind = (typeof KINDS)[number];

/** Plays some inputs. Returns how many bytes a connection has kept at most for each. */
type Play = (random: Random) => number[] | Promise<number[]>;

const anyEnd = (random: Random): End => random.pick(ENDS);

/** A conversation in two pieces, for each byte. */
function cut(random: Random): number[] {
  const end = anyEnd(random);
  const whole = conversation(end, random, random.integer(0, 6));
  const { bytes } = whole;
  const expected: Pick<Heard, 'heard' | 'end'> = {
    heard: heardOf(whole, bytes.length),
    end: { why: 'closed', reason: '', wasReady: true },
  };
  const second = random.integer(0, bytes.length);
  return Array.from({ length: bytes.length + 1 }, (_, at) => {
    const [from, to] = [Math.min(at, second), Math.max(at, second)];
    const pieces = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)].filter(({ length }) => length > 0);
    const heard = hear(end, pieces);
    same(heard, { ...expected, most: 0 });
    return heard.most;
  });
}

/** A conversation that breaks off, at each byte. */
function truncated(random: Random): number[] {
  const end = anyEnd(random);
  const whole = conversation(end, random, random.integer(0, 6));
  const most: number[] = [];
  for (let length = 0; length < whole.bytes.length; length++) {
    const heard = hear(end, chunks(whole.bytes.subarray(0, length), random));
    assert.deepEqual(heard.heard, heardOf(whole, length));
    assert.equal(heard.end?.why, 'closed');
    most.push(heard.most);
  }
  return most;
}

/** A conversation with something wrong in it: whole, in pieces, and to an owner that pauses. */
function mutated(random: Random): number[] {
  const end = anyEnd(random);
  const whole = conversation(end, random, random.integer(0, 6));
  let bytes = whole.bytes;
  let right = bytes.length;
  for (let i = random.integer(1, 3); i > 0; i--) {
    const [changed, at] = mutate(bytes, random);
    bytes = changed;
    right = Math.min(right, at);
  }
  return severally(end, bytes, random, heardOf(whole, right));
}

/** Anything, from the start or behind a handshake. */
function anything(random: Random): number[] {
  const end = anyEnd(random);
  const introduction = Buffer.concat(end.introduction(1));
  const known = random.pick([0, GREETING_BYTES, introduction.length]);
  const bytes = Buffer.concat([introduction.subarray(0, known), noise(random, 200)]);
  return severally(end, bytes, random, known === introduction.length ? ['opened'] : []);
}

function severally(end: End, bytes: Buffer, random: Random, expected: readonly string[]): number[] {
  const inOne = hear(end, [bytes]);
  begins(inOne.heard, expected);
  const pieces = chunks(bytes, random);
  const inPieces = hear(end, pieces);
  same(inOne, inPieces);
  const withPauses = hear(end, pieces, random);
  // Commands do not wait for those that take no messages.
  same({ ...inOne, heard: commandsLast(inOne.heard) }, { ...withPauses, heard: commandsLast(withPauses.heard) });
  return [inOne.most, inPieces.most, withPauses.most];
}

function commandsLast(heard: readonly string[]): string[] {
  const isMessage = (text: string): boolean => text.startsWith('message');
  return [...heard.filter(isMessage), ...heard.filter((text) => !isMessage(text))];
}

/** What a peer may say without end. */
const ENDLESS: readonly ((random: Random) => Frame)[] = [
  () => encodeHeader(1, true),
  () => Buffer.concat([encodeHeader(LIMITS.frameBytes, true), Buffer.alloc(LIMITS.frameBytes)]),
  () => Buffer.from('0100', 'hex'),
  () => encodePing(60_000),
  () => Buffer.concat([Buffer.from('\x04\x17\x04PING\0\0', 'latin1'), Buffer.alloc(16, 'c')]),
  () => Buffer.concat([Buffer.from([6, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), Buffer.alloc(0xffff, 1)]),
  (random) => encodeSubscribe(text(random, 200)),
  () => encoded([Buffer.alloc(LIMITS.frameBytes, 1)]),
  () => encoded([Buffer.alloc(0)]),
  () => WELCOME,
  () => encodeHello('me', 'secret'),
  () => encodeGreeting('NULL', false),
  () => Buffer.from('02ffffffffffffffff', 'hex'),
  () => Buffer.from('060000000000010000', 'hex'),
  (random) => Buffer.concat([Buffer.alloc(1), noise(random, 100)]),
];

/** A mebibyte in all. */
const ENDLESS_ROUNDS = 16;

/** Something without end, from a peer that reads nothing, and to an owner that may take nothing. Its writes have a turn between them. */
async function endless(random: Random): Promise<number[]> {
  const end = anyEnd(random);
  const introduction = Buffer.concat(end.introduction(1));
  const scene = new Scene(end);
  scene.feed(introduction.subarray(0, random.pick([0, 10, GREETING_BYTES, introduction.length, introduction.length, introduction.length])));
  scene.socket.stuck = true;
  scene.paused = random.chance(0.3);
  const saying = random.pick(ENDLESS);
  const said = saying(random);
  const piece = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(MOST_CHUNK / said.length)) }, () => said));
  for (let round = 0; round < ENDLESS_ROUNDS && scene.end === undefined; round++) {
    scene.feed(piece);
    // What was answered is handed to the socket at the end of a turn.
    if (round % 8 === 0) await new Promise(setImmediate);
    scene.look();
  }
  scene.socket.stuck = false;
  if (scene.end === undefined) scene.finish();
  return [scene.most];
}

const PLAYS: Readonly<Record<Kind, Play>> = { cut, truncated, mutated, noise: anything, endless };

/* ------------------------------------------------------------------ all of it */

export interface Fuzzed {
  readonly inputs: { readonly [kind in Kind]: number };
  readonly all: number;
  /** Bytes that one connection has kept at most; `MOST_BYTES` are allowed. */
  readonly mostKept: number;
}

/** Of all inputs. */
const SHARES: Readonly<Record<Kind, number>> = { cut: 0.25, truncated: 0.15, mutated: 0.45, noise: 0.148, endless: 0.002 };

/**
 * Plays at least `count` inputs of all kinds.
 *
 * @throws at the first that breaks a rule, with the seed that repeats it.
 */
export async function fuzz(count: number, seed: string, only: readonly Kind[] = KINDS): Promise<Fuzzed> {
  const inputs = { cut: 0, truncated: 0, mutated: 0, noise: 0, endless: 0 };
  let mostKept = 0;
  for (const kind of only) {
    for (let turn = 0; inputs[kind] < count * SHARES[kind]; turn++) {
      const name = `${seed}/${kind}/${turn}`;
      const most = await attempt(PLAYS[kind], name);
      inputs[kind] += most.length;
      for (const each of most) mostKept = Math.max(mostKept, each);
      // What was sent is written at the end of a turn.
      if (turn % 50 === 0) await new Promise(setImmediate);
    }
  }
  return { inputs, all: Object.values(inputs).reduce((sum, each) => sum + each, 0), mostKept };
}

async function attempt(play: Play, name: string): Promise<number[]> {
  try {
    return await play(new Random(name));
  } catch (cause) {
    throw new Error(`${name}: ${(cause as Error).message}`, { cause });
  }
}
