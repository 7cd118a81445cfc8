/** What the handlers of workers and servers have in common. */
import type { FrameLike } from '../wire/message.ts';

/** What a handler is given. */
export interface IncomingRequest {
  /** The request's frames, at least one. */
  readonly body: readonly Buffer[];
}

/** A reply: one frame, several, or none (sent as one empty frame). Strings are UTF-8. */
export type ReplyBody = FrameLike | readonly FrameLike[] | void;

/** An abort signal that is made only when a handler looks at it: most never do, and making one costs more than handing out a request. */
export class LazyAbort {
  #controller: AbortController | undefined;
  #reason: { readonly value: unknown } | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.value);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#reason ??= { value: reason };
    this.#controller?.abort(reason);
  }
}
