/**
 * Marks: twelve bytes of ours that other peers carry without looking inside. `S W 01`, a small number, and eight bytes more: the
 * number of a delivery, or whatever else the codec of a pattern puts there.
 */
import type { Frame, Message } from './message.ts';

const MARK_BYTES = 12;
const MARK_S = 0x53;
const MARK_W = 0x57;
const MARK_VERSION = 0x01;
/** What the small number can be at most. */
export const MOST_MARKED = 255;

/** A mark whose last eight bytes are still to be written. */
export function newMark(number: number): Frame {
  const mark = Buffer.allocUnsafe(MARK_BYTES);
  mark[0] = MARK_S;
  mark[1] = MARK_W;
  mark[2] = MARK_VERSION;
  mark[3] = Math.min(MOST_MARKED, number);
  return mark;
}

export function isMark(frame: Frame): boolean {
  return frame.length === MARK_BYTES && frame[0] === MARK_S && frame[1] === MARK_W && frame[2] === MARK_VERSION;
}

/** The small number of the mark in frame `index`, or -1 when that is no mark of ours. */
export function markedNumber(message: Message, index: number): number {
  if (message.byteLength(index) !== MARK_BYTES) return -1;
  const ours = message.byteAt(index, 0) === MARK_S && message.byteAt(index, 1) === MARK_W && message.byteAt(index, 2) === MARK_VERSION;
  return ours ? message.byteAt(index, 3) : -1;
}

/** The mark in frame `index` with another small number. */
export function remarked(message: Message, index: number, number: number): Frame {
  const mark = Buffer.allocUnsafe(MARK_BYTES);
  message.copyFrame(index, mark, 0);
  mark[3] = Math.min(MOST_MARKED, number);
  return mark;
}

/** Writes a 32-bit number at `offset` of a mark. */
export function writeWord(mark: Frame, offset: number, word: number): void {
  mark[offset] = word >>> 24;
  mark[offset + 1] = word >>> 16;
  mark[offset + 2] = word >>> 8;
  mark[offset + 3] = word;
}

/** The 32-bit number at `offset` of the mark in frame `index`. */
export function wordIn(message: Message, index: number, offset: number): number {
  const high = message.byteAt(index, offset) * 2 ** 24;
  return high + ((message.byteAt(index, offset + 1) << 16) | (message.byteAt(index, offset + 2) << 8) | message.byteAt(index, offset + 3));
}

/** The address frame of a request to a worker: number of this delivery, and handle. Says nothing about the client. */
export function encodeHandle(handle: number, delivery: number): Frame {
  const mark = newMark(delivery);
  writeWord(mark, 4, Math.floor(handle / 2 ** 32));
  writeWord(mark, 8, handle % 2 ** 32);
  return mark;
}

/** The handle in frame `index`, or -1 when that is no mark of ours. */
export function decodeHandle(message: Message, index: number): number {
  if (markedNumber(message, index) < 0) return -1;
  return wordIn(message, index, 4) * 2 ** 32 + wordIn(message, index, 8);
}
