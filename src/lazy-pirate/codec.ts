/**
 * The wire of the Lazy Pirate: plain REQ and REP (RFC 28). A REQ puts an empty delimiter before the body; a REP returns whatever stood up to
 * the delimiter, with the answer behind it.
 */
import { EMPTY, atLeastOne, delimiterOf, framesBetween } from '../wire/envelope.ts';
import type { Frame, Message } from '../wire/message.ts';

/** Frames that may stand before the delimiter: the ids of queue devices on the way, and of a correlating REQ. */
const MOST_ENVELOPE_FRAMES = 32;

export type CommandAtServer =
  /** `body` is the frame the body begins at; what stands before it goes before the answer. */
  { readonly kind: 'REQUEST'; readonly body: number } | { readonly kind: 'INVALID' };

export type CommandAtClient = { readonly kind: 'REPLY'; readonly body: readonly Frame[] } | { readonly kind: 'INVALID' };

const INVALID: { readonly kind: 'INVALID' } = { kind: 'INVALID' };

/** Total: whatever came, the answer is a command. */
export function decodeAtServer(message: Message): CommandAtServer {
  const delimiter = delimiterOf(message, MOST_ENVELOPE_FRAMES);
  return delimiter < 0 ? INVALID : { kind: 'REQUEST', body: delimiter + 1 };
}

/**
 * Total, like `decodeAtServer`.
 *
 * @param from the frame that the delimiter must be.
 */
export function decodeAtClient(message: Message, from = 0): CommandAtClient {
  if (message.frameCount < from + 2 || message.byteLength(from) !== 0) return INVALID;
  return { kind: 'REPLY', body: framesBetween(message, from + 1) };
}

/** A request as a REQ sends it. */
export function requestToServer(body: readonly Frame[]): Frame[] {
  return [EMPTY, ...atLeastOne(body)];
}

/** An answer as a REP sends it: behind the request's own envelope, delimiter included. */
export function replyToClient(envelope: readonly Frame[], body: readonly Frame[]): Frame[] {
  return [...envelope, ...atLeastOne(body)];
}
