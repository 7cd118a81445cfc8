/**
 * Credit marks: twelve bytes of ours by which a worker tells a broker of ours how many requests it may hold at once
 * (docs/decisions/0019-credits.md). `S W 03 00`, four bytes of zero, and the number as four bytes. Other peers carry them without looking inside.
 */
import type { Frame, Message } from './message.ts';

const MARK_BYTES = 12;
const HEAD = [0x53, 0x57, 0x03, 0, 0, 0, 0, 0];
const NUMBER_AT = HEAD.length;

/** Nobody is believed to hold more. */
export const MOST_CREDIT = 65_535;

/** Heartbeats and other commands that may wait beside so many requests or replies: what queues both must be longer by this. */
export const COMMANDS_BESIDE = 10;

export function encodeCredit(credit: number): Frame {
  const mark = Buffer.alloc(MARK_BYTES);
  mark.set(HEAD);
  mark.writeUInt32BE(Math.min(MOST_CREDIT, credit), NUMBER_AT);
  return mark;
}

/** The credit in frame `index`, which must exist; -1 when that is no credit mark. */
export function creditIn(message: Message, index: number): number {
  if (message.byteLength(index) !== MARK_BYTES || HEAD.some((byte, at) => message.byteAt(index, at) !== byte)) return -1;
  return Math.min(MOST_CREDIT, message.frame(index).readUInt32BE(NUMBER_AT));
}
