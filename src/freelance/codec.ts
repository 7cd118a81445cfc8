/**
 * The wire of the three Freelance models (Guide, chapter 4; the third is 10/FLP). Every request carries a control frame that the server
 * returns unchanged, whatever the model; ours is a mark of twelve bytes: `S W 03`, a zero, and a number as eight bytes.
 */
import { EMPTY, atLeastOne, delimiterOf, framesBetween } from '../wire/envelope.ts';
import type { Frame, Message } from '../wire/message.ts';

/**
 * How clients and servers talk. `addressed`: 10/FLP, control frame and body, with pings. `sequential`: REQ and REP, one server after
 * another. `shotgun`: the same behind a sequence frame, to all servers at once.
 */
export type FreelanceModel = 'addressed' | 'sequential' | 'shotgun';

export const FREELANCE_MODELS: readonly FreelanceModel[] = ['addressed', 'sequential', 'shotgun'];

const PING: Frame = Buffer.from('PING');
const PONG: Frame = Buffer.from('PONG');

const MARK_BYTES = 12;
const MARK_S = 0x53;
const MARK_W = 0x57;
const MARK_VERSION = 0x03;
/** Where the number begins; the bytes before it, from the version on, are zero. */
const NUMBER_AT = 6;

/** Frames that may stand before the delimiter: the ids of queue devices on the way, and of a correlating REQ. */
const MOST_ENVELOPE_FRAMES = 32;

export type CommandAtClient =
  /** `id` is the number in the control frame. */
  | { readonly kind: 'REPLY'; readonly id: number; readonly body: readonly Frame[] }
  | { readonly kind: 'PONG' }
  | { readonly kind: 'INVALID' };

export type CommandAtServer =
  /** `body` is the frame the body begins at; what stands before it goes before the answer. */
  { readonly kind: 'REQUEST'; readonly body: number } | { readonly kind: 'PING' } | { readonly kind: 'INVALID' };

const INVALID: { readonly kind: 'INVALID' } = { kind: 'INVALID' };
const PING_COMMAND: { readonly kind: 'PING' } = { kind: 'PING' };
const PONG_COMMAND: { readonly kind: 'PONG' } = { kind: 'PONG' };

/** Total: whatever came, the answer is a command. A PONG has one frame, a reply has more: neither can be taken for the other. */
export function decodeAtClient(model: FreelanceModel, message: Message): CommandAtClient {
  switch (model) {
    case 'addressed':
      if (message.frameCount === 1) return message.equals(0, PONG) ? PONG_COMMAND : INVALID;
      return replyIn(message, 0, 1);
    case 'sequential':
      return message.frameCount > 2 && message.byteLength(1) === 0 ? replyIn(message, 0, 2) : INVALID;
    case 'shotgun':
      return message.frameCount > 2 && message.byteLength(0) === 0 ? replyIn(message, 1, 2) : INVALID;
  }
}

function replyIn(message: Message, control: number, body: number): CommandAtClient {
  const id = numberIn(message, control);
  return id < 0 ? INVALID : { kind: 'REPLY', id, body: framesBetween(message, body) };
}

/** The number in frame `index`, or -1 when that is no control frame of ours. */
function numberIn(message: Message, index: number): number {
  if (index >= message.frameCount || message.byteLength(index) !== MARK_BYTES) return -1;
  const ours = message.byteAt(index, 0) === MARK_S && message.byteAt(index, 1) === MARK_W && message.byteAt(index, 2) === MARK_VERSION;
  if (!ours) return -1;
  const frame = message.frame(index);
  return frame.readUIntBE(3, 3) === 0 ? frame.readUIntBE(NUMBER_AT, 6) : -1;
}

/** Total, like `decodeAtClient`. A message of two or more frames is a request, also when its first one reads PING (10/FLP). */
export function decodeAtServer(model: FreelanceModel, message: Message): CommandAtServer {
  if (model === 'addressed') {
    if (message.frameCount === 1) return message.equals(0, PING) ? PING_COMMAND : INVALID;
    return message.frameCount > 1 ? { kind: 'REQUEST', body: 1 } : INVALID;
  }
  const delimiter = delimiterOf(message, MOST_ENVELOPE_FRAMES);
  // Behind the delimiter of a shotgun stands the sequence, which belongs to the envelope.
  const body = delimiter + (model === 'shotgun' ? 2 : 1);
  return delimiter < 0 || body >= message.frameCount ? INVALID : { kind: 'REQUEST', body };
}

/** The control frame of request number `id`, a whole number below 2⁴⁸. */
export function controlFrame(id: number): Frame {
  const mark = Buffer.alloc(MARK_BYTES);
  mark[0] = MARK_S;
  mark[1] = MARK_W;
  mark[2] = MARK_VERSION;
  mark.writeUIntBE(id, NUMBER_AT, 6);
  return mark;
}

/** A request as it goes to a server. */
export function requestToServer(model: FreelanceModel, id: number, body: readonly Frame[]): Frame[] {
  const control = controlFrame(id);
  switch (model) {
    case 'addressed':
      return [control, ...atLeastOne(body)];
    case 'sequential':
      return [control, EMPTY, ...atLeastOne(body)];
    case 'shotgun':
      return [EMPTY, control, ...atLeastOne(body)];
  }
}

export const PING_MESSAGE: readonly Frame[] = [PING];
export const PONG_MESSAGE: readonly Frame[] = [PONG];
