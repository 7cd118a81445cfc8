/** The wires of Majordomo and the pirates, as far as one who watches them from outside must read them. */
import type { FreelanceModel } from '../freelance/codec.ts';
import { isMark } from '../wire/mark.ts';
import type { Frame } from '../wire/message.ts';
import type { WorkerFrames } from './books.ts';

const textOf = (frame: Frame | undefined): string => frame?.toString('latin1') ?? '';
const byteOf = (frame: Frame | undefined): number => (frame?.length === 1 ? (frame[0] as number) : -1);
/** What a credit mark says. */
const creditIn = (frames: readonly Frame[]): number | undefined =>
  frames.find((frame) => frame.length === 12 && frame.toString('latin1', 0, 8) === 'SW\x03\0\0\0\0\0')?.readUInt32BE(8);
const isWorkers = (frames: readonly Frame[], command: number): boolean =>
  byteOf(frames[2]) === command && frames[0]?.length === 0 && textOf(frames[1]) === 'MDPW01';

/** A worker that goes says what had reached it. */
const isFarewell = (frames: readonly Frame[]): boolean => {
  const last = frames[3];
  return last !== undefined && isWorkers(frames, 5) && (last.length === 0 || isMark(last));
};

export const MAJORDOMO_FRAMES: WorkerFrames = {
  request: (frames) => (frames.length > 5 && isWorkers(frames, 2) ? textOf(frames[3]) : undefined),
  reply: (frames) => (frames.length > 5 && isWorkers(frames, 3) ? textOf(frames[3]) : undefined),
  failure: (frames) =>
    frames.length > 4 && isWorkers(frames, 6) ? { address: textOf(frames[3]), declined: textOf(frames[4]) === 'declined' } : undefined,
  credit(frames) {
    if (isWorkers(frames, 1)) return Math.max(1, creditIn(frames.slice(4, 6)) ?? 1);
    return isWorkers(frames, 7) ? creditIn(frames.slice(3, 5)) : undefined;
  },
  isReady: (frames) => frames.length > 3 && isWorkers(frames, 1),
  isHeartbeat: (frames) => frames.length === 3 && isWorkers(frames, 4),
  isDisconnect: (frames) => frames.length === 3 + (isFarewell(frames) ? 1 : 0) && isWorkers(frames, 5),
  lastReceived: (frames) => (isFarewell(frames) ? textOf(frames[3]) : undefined),
  turnsAway: true,
  timeToLive(frames) {
    const [first] = frames;
    return first !== undefined && isMark(first) && frames[1]?.length === 0 ? first.readUInt32BE(8) || undefined : undefined;
  },
};

const addressed = (frames: readonly Frame[]): string | undefined =>
  frames.length > 2 && frames[0] !== undefined && isMark(frames[0]) && frames[1]?.length === 0 ? textOf(frames[0]) : undefined;

export const PIRATE_FRAMES: WorkerFrames = {
  request: addressed,
  reply: addressed,
  failure: () => undefined,
  credit: () => undefined,
  isReady: (frames) => frames.length === 1 && byteOf(frames[0]) === 1,
  isHeartbeat: (frames) => frames.length === 1 && byteOf(frames[0]) === 2,
  isDisconnect: () => false,
  lastReceived: () => undefined,
  turnsAway: false,
  timeToLive: () => undefined,
};

/** Where the three Freelance models have the control frame, and the least number of frames of a request or a reply. */
const CONTROL: { readonly [model in FreelanceModel]: { readonly at: number; readonly empty: number; readonly least: number } } = {
  addressed: { at: 0, empty: -1, least: 2 },
  sequential: { at: 0, empty: 1, least: 3 },
  shotgun: { at: 1, empty: 0, least: 3 },
};

/** The number of a Freelance client's request, in the request or its reply; nothing: it is something else. */
export function freelanceNumber(model: FreelanceModel, frames: readonly Frame[]): number | undefined {
  const { at, empty, least } = CONTROL[model];
  const control = frames[at];
  if (frames.length < least || control?.length !== 12 || (frames[empty]?.length ?? 0) > 0) return undefined;
  return control.toString('latin1', 0, 6) === 'SW\x03\0\0\0' ? control.readUIntBE(6, 6) : undefined;
}
