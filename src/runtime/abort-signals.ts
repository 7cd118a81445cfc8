import { InvalidOption } from '../core/errors.ts';

/** @throws InvalidOption when it is something else; an AbortController is the usual slip. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const looksLikeOne = typeof signal === 'object' && (signal as unknown) !== null && typeof signal.aborted === 'boolean';
  if (!looksLikeOne || typeof signal.addEventListener !== 'function') throw new InvalidOption('signal', signal, 'an AbortSignal');
}

/** The signals that may abort open requests. One listener each: a signal that many requests share is no leak of listeners. */
export class AbortSignals<R> {
  readonly #aborted: (requests: ReadonlySet<R>) => void;
  readonly #signals = new Map<AbortSignal, { readonly requests: Set<R>; readonly listener: () => void }>();

  /** @param aborted called with all requests that share the signal. */
  constructor(aborted: (requests: ReadonlySet<R>) => void) {
    this.#aborted = aborted;
  }

  listen(signal: AbortSignal, request: R): void {
    const listening = this.#signals.get(signal);
    if (listening !== undefined) {
      listening.requests.add(request);
      return;
    }
    const requests = new Set([request]);
    const listener = (): void => {
      this.#aborted(requests);
    };
    this.#signals.set(signal, { requests, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  forget(signal: AbortSignal, request: R): void {
    const listening = this.#signals.get(signal);
    if (listening === undefined) return;
    listening.requests.delete(request);
    if (listening.requests.size > 0) return;
    this.#signals.delete(signal);
    signal.removeEventListener('abort', listening.listener);
  }
}
