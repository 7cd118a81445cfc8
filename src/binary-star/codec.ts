/**
 * What the two servers of a Binary Star say to each other. Hardened: words of our own over a DEALER and a ROUTER each way
 * (docs/decisions/0016-binary-star.md). Classic: one digit, published (Guide, chapter 4). Nothing here throws, whatever came.
 */
import type { Frame, Message } from '../wire/message.ts';
import type { ClassicWord } from './classic.machine.ts';
import type { StarRole, StarWord } from './peer.machine.ts';

const HEADER: Frame = Buffer.from('SWBS01');
const WORD: Frame = Buffer.of(0x01);
const SNAPSHOT_WANTED: Frame = Buffer.of(0x02);
const SNAPSHOT: Frame = Buffer.of(0x03);
const UPDATE: Frame = Buffer.of(0x04);
const APPLIED: Frame = Buffer.of(0x05);

const ROLES: readonly StarRole[] = ['primary', 'backup'];
const WORDS: readonly StarWord[] = ['waiting', 'active', 'passive', 'resigned'];
const INSTANCE_BYTES = 8;
const WORD_BYTES = 34;
const NUMBER_BYTES = 6;

/** What a server says of itself, with all that makes it worth believing. */
export interface PeerWord {
  readonly kind: 'WORD';
  readonly role: StarRole;
  readonly word: StarWord;
  readonly epoch: number;
  /** One life of one server: 16 hexadecimal digits, new at each start. */
  readonly instance: string;
  /** The number of the question that is open, 0 for none: whoever reads it answers at once. */
  readonly question: number;
  /** The last question of the other side that was read before this was said. */
  readonly answer: number;
  /** Number of the last update of the state, given or taken. */
  readonly sequence: number;
}

export type PeerCommand =
  | PeerWord
  | { readonly kind: 'SNAPSHOT_WANTED' }
  /** The frames from `body` on. */
  | { readonly kind: 'SNAPSHOT'; readonly sequence: number; readonly body: number }
  | { readonly kind: 'UPDATE'; readonly sequence: number; readonly body: number }
  | { readonly kind: 'APPLIED'; readonly sequence: number }
  | { readonly kind: 'INVALID'; readonly reason: string };

const NOT_OURS: PeerCommand = { kind: 'INVALID', reason: 'not what a server of a Binary Star says' };
const BAD_SHAPE: PeerCommand = { kind: 'INVALID', reason: 'the command has the wrong frames' };

export function encodeWord(word: Omit<PeerWord, 'kind'>): Frame[] {
  const bytes = Buffer.allocUnsafe(WORD_BYTES);
  bytes[0] = ROLES.indexOf(word.role);
  bytes[1] = WORDS.indexOf(word.word);
  bytes.writeUIntBE(word.epoch, 2, NUMBER_BYTES);
  bytes.write(word.instance, 8, INSTANCE_BYTES, 'hex');
  bytes.writeUIntBE(word.question, 16, NUMBER_BYTES);
  bytes.writeUIntBE(word.answer, 22, NUMBER_BYTES);
  bytes.writeUIntBE(word.sequence, 28, NUMBER_BYTES);
  return [HEADER, WORD, bytes];
}

export const WANT_SNAPSHOT: readonly Frame[] = [HEADER, SNAPSHOT_WANTED];

export function encodeSnapshot(sequence: number, frames: readonly Frame[]): Frame[] {
  return [HEADER, SNAPSHOT, numberFrame(sequence), ...frames];
}

export function encodeUpdate(sequence: number, frames: readonly Frame[]): Frame[] {
  return [HEADER, UPDATE, numberFrame(sequence), ...frames];
}

export function encodeApplied(sequence: number): Frame[] {
  return [HEADER, APPLIED, numberFrame(sequence)];
}

/** Total: whatever came, the answer is a command. */
export function decodeAtPeer(message: Message): PeerCommand {
  if (message.frameCount < 2 || !message.equals(0, HEADER) || message.byteLength(1) !== 1) return NOT_OURS;
  switch (message.byteAt(1, 0)) {
    case 0x01:
      return decodeWord(message);
    case 0x02:
      return { kind: 'SNAPSHOT_WANTED' };
    case 0x03:
      return decodeNumbered(message, 'SNAPSHOT');
    case 0x04:
      return decodeNumbered(message, 'UPDATE');
    case 0x05:
      return hasNumber(message) ? { kind: 'APPLIED', sequence: numberIn(message.frame(2)) } : BAD_SHAPE;
    default:
      return NOT_OURS;
  }
}

function decodeWord(message: Message): PeerCommand {
  if (message.frameCount < 3 || message.byteLength(2) !== WORD_BYTES) return BAD_SHAPE;
  const bytes = message.frame(2);
  const role = ROLES[bytes[0] as number];
  const word = WORDS[bytes[1] as number];
  if (role === undefined || word === undefined) return BAD_SHAPE;
  return {
    kind: 'WORD',
    role,
    word,
    epoch: bytes.readUIntBE(2, NUMBER_BYTES),
    instance: bytes.toString('hex', 8, 8 + INSTANCE_BYTES),
    question: bytes.readUIntBE(16, NUMBER_BYTES),
    answer: bytes.readUIntBE(22, NUMBER_BYTES),
    sequence: bytes.readUIntBE(28, NUMBER_BYTES),
  };
}

function decodeNumbered(message: Message, kind: 'SNAPSHOT' | 'UPDATE'): PeerCommand {
  return hasNumber(message) ? { kind, sequence: numberIn(message.frame(2)), body: 3 } : BAD_SHAPE;
}

function hasNumber(message: Message): boolean {
  return message.frameCount >= 3 && message.byteLength(2) === NUMBER_BYTES;
}

function numberFrame(number: number): Frame {
  const frame = Buffer.allocUnsafe(NUMBER_BYTES);
  frame.writeUIntBE(number, 0, NUMBER_BYTES);
  return frame;
}

function numberIn(frame: Frame): number {
  return frame.readUIntBE(0, NUMBER_BYTES);
}

/* ------------------------------------------------------------------ classic */

const CLASSIC_WORDS: readonly ClassicWord[] = ['primary', 'backup', 'active', 'passive'];

/** As the Guide's servers publish it: `1` primary, `2` backup, `3` active, `4` passive. */
export function encodeClassicWord(word: ClassicWord): Frame[] {
  return [Buffer.from(String(CLASSIC_WORDS.indexOf(word) + 1))];
}

/** Nothing when it is no word. The Guide reads a number; whatever follows it is passed over. */
export function decodeClassicWord(message: Message): ClassicWord | undefined {
  if (message.frameCount < 1 || message.byteLength(0) < 1 || message.byteLength(0) > 16) return undefined;
  const number = Number.parseInt(message.text(0), 10);
  return CLASSIC_WORDS[number - 1];
}
