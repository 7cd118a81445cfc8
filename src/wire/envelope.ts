/** Envelopes: the addresses before the empty delimiter frame that say which way an answer goes back (RFC 28). */
import type { Frame, Message } from './message.ts';

export const EMPTY: Frame = Buffer.alloc(0);

/** Where the first empty frame stands, with something behind it and at most `most` frames from `from` before it; -1 when there is none. */
export function delimiterOf(message: Message, most: number, from = 0): number {
  const end = Math.min(message.frameCount - 1, from + most + 1);
  for (let i = from; i < end; i++) if (message.byteLength(i) === 0) return i;
  return -1;
}

const NOTHING: readonly Frame[] = [];

/** Frames `from` to `to`, that one not included; by default all to the end. */
export function framesBetween(message: Message, from: number, to: number = message.frameCount): readonly Frame[] {
  if (to <= from) return NOTHING;
  const frames: Frame[] = [];
  for (let i = from; i < to; i++) frames.push(message.frame(i));
  return frames;
}

/** A body as it goes on the wire: one without a frame gets an empty one. */
export function atLeastOne(body: readonly Frame[]): readonly Frame[] {
  return body.length === 0 ? [EMPTY] : body;
}
