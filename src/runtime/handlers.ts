/** What the handlers of workers and servers have in common. */
import type { FrameLike } from '../wire/message.ts';

/** What a handler is given. */
export interface IncomingRequest {
  /** The request's frames, at least one. */
  readonly body: readonly Buffer[];
}

/** A reply: one frame, several, or none (sent as one empty frame). Strings are UTF-8. */
export type ReplyBody = FrameLike | readonly FrameLike[] | void;
