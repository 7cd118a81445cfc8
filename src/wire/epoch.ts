/**
 * Epoch marks: twelve bytes of ours by which the two servers of a Binary Star and their clients tell each other who took over last
 * (docs/decisions/0016-binary-star.md). `S W 02`, what is said, and the epoch as eight bytes. Other peers carry them without looking inside.
 */
import type { Frame, Message } from './message.ts';

const MARK_BYTES = 12;
const MARK_S = 0x53;
const MARK_W = 0x57;
const MARK_VERSION = 0x02;
const KINDS = ['known', 'served', 'passive'] as const;
/** No epoch is larger: it takes part in arithmetic. */
export const MOST_EPOCH: number = 2 ** 48 - 1;
/** No takeovers in a row go so far. */
const MOST_AHEAD = 2 ** 24;

/** Whether `epoch` is later than `known`, and not by 2^24 or more: after one such lie no takeover to come would count. */
export function isLaterEpoch(epoch: number, known: number): boolean {
  return epoch > known && epoch - known < MOST_AHEAD;
}

/**
 * `known`: the highest epoch that a client or worker has met, 0 for none. `served`: the epoch of the server that answers. `passive`: this
 * server does not serve, its peer does, since that epoch.
 */
export type EpochKind = (typeof KINDS)[number];

export interface EpochMark {
  readonly kind: EpochKind;
  readonly epoch: number;
}

export function encodeEpoch(kind: EpochKind, epoch: number): Frame {
  const mark = Buffer.allocUnsafe(MARK_BYTES);
  mark[0] = MARK_S;
  mark[1] = MARK_W;
  mark[2] = MARK_VERSION;
  mark[3] = KINDS.indexOf(kind);
  mark.writeUIntBE(0, 4, 2);
  mark.writeUIntBE(epoch, 6, 6);
  return mark;
}

/** The epoch mark in frame `index`, which must exist; nothing when that is none. */
export function epochMarkIn(message: Message, index: number): EpochMark | undefined {
  if (message.byteLength(index) !== MARK_BYTES) return undefined;
  const isOurs = message.byteAt(index, 0) === MARK_S && message.byteAt(index, 1) === MARK_W && message.byteAt(index, 2) === MARK_VERSION;
  return isOurs ? decodeEpoch(message.frame(index)) : undefined;
}

/** Whether a frame to be sent is an epoch mark. */
export function isEpochMark(frame: Frame): boolean {
  return frame.length === MARK_BYTES && frame[0] === MARK_S && frame[1] === MARK_W && frame[2] === MARK_VERSION;
}

function decodeEpoch(frame: Frame): EpochMark | undefined {
  const kind = KINDS[frame[3] as number];
  const epoch = frame.readUIntBE(6, 6);
  if (kind === undefined || frame.readUIntBE(4, 2) !== 0) return undefined;
  return { kind, epoch };
}
