/**
 * The wire of the Lazy Pirate: plain REQ and REP (RFC 28). A REQ puts an empty delimiter before the body; a REP returns whatever stood up to
 * the delimiter, with the answer behind it.
 */
import type { Frame, Message } from '../wire/message.ts';

/** Frames that may stand before the delimiter: the ids of queue devices on the way, and of a correlating REQ. */
const MOST_ENVELOPE_FRAMES = 32;
const EMPTY: Frame = Buffer.alloc(0);

export type CommandAtServer =
  /** `body` is the frame the body begins at; what stands before it goes before the answer. */
  { readonly kind: 'REQUEST'; readonly body: number } | { readonly kind: 'INVALID' };

export type CommandAtClient = { readonly kind: 'REPLY'; readonly body: readonly Frame[] } | { readonly kind: 'INVALID' };

const INVALID: { readonly kind: 'INVALID' } = { kind: 'INVALID' };

/** Total: whatever came, the answer is a command. */
export function decodeAtServer(message: Message): CommandAtServer {
  const most = Math.min(message.frameCount - 1, MOST_ENVELOPE_FRAMES + 1);
  for (let i = 0; i < most; i++) if (message.byteLength(i) === 0) return { kind: 'REQUEST', body: i + 1 };
  return INVALID;
}

/** Total, like `decodeAtServer`. */
export function decodeAtClient(message: Message): CommandAtClient {
  if (message.frameCount < 2 || message.byteLength(0) !== 0) return INVALID;
  const body: Frame[] = [];
  for (let i = 1; i < message.frameCount; i++) body.push(message.frame(i));
  return { kind: 'REPLY', body };
}

/** A request as a REQ sends it. */
export function requestToServer(body: readonly Frame[]): Frame[] {
  return [EMPTY, ...atLeastOne(body)];
}

/** An answer as a REP sends it: behind the request's own envelope, delimiter included. */
export function replyToClient(envelope: readonly Frame[], body: readonly Frame[]): Frame[] {
  return [...envelope, ...atLeastOne(body)];
}

/** A message without a body cannot be told from a delimiter. */
function atLeastOne(body: readonly Frame[]): readonly Frame[] {
  return body.length === 0 ? [EMPTY] : body;
}
