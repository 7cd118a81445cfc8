/** Typed events over eventemitter3, with its two traps closed: a listener that throws harms nobody, and nothing is emitted unheard as an error. */
import { EventEmitter } from 'eventemitter3';

/** Event name → the one value its listeners get. */
export type EventMap = object;
type EventName<E> = keyof E & string;

export class TypedEvents<E extends EventMap> {
  readonly #emitter = new EventEmitter();
  readonly #listenerFailed: (error: unknown, event: string) => void;

  constructor(listenerFailed: (error: unknown, event: string) => void = () => undefined) {
    this.#listenerFailed = listenerFailed;
  }

  /** Whether anybody listens: ask before building the value. */
  observed(event: EventName<E>): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** Calls `listener` at every `event`. Returns the function that stops it; so does `signal`. */
  on<K extends EventName<E>>(event: K, listener: (value: E[K]) => void, options: { readonly signal?: AbortSignal } = {}): () => void {
    const { signal } = options;
    if (signal?.aborted === true) return () => undefined;
    const guarded = (value: E[K]): void => {
      try {
        listener(value);
      } catch (error) {
        this.#listenerFailed(error, event);
      }
    };
    const off = (): void => {
      this.#emitter.off(event, guarded);
      signal?.removeEventListener('abort', off);
    };
    this.#emitter.on(event, guarded);
    signal?.addEventListener('abort', off, { once: true });
    return off;
  }

  /** Resolves with the next `event`. Rejects with the signal's reason when aborted first. */
  once<K extends EventName<E>>(event: K, options: { readonly signal?: AbortSignal } = {}): Promise<E[K]> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const off = this.on(event, (value) => {
        off();
        signal?.removeEventListener('abort', aborted);
        resolve(value);
      });
      const aborted = (): void => {
        off();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Every `event` from now on, in order: `for await (const value of events.each('workerLost', { signal }))`. Ends when aborted. */
  async *each<K extends EventName<E>>(event: K, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<E[K], void, undefined> {
    const { signal } = options;
    const waiting: E[K][] = [];
    let wake: () => void = () => undefined;
    const off = this.on(event, (value) => {
      waiting.push(value);
      wake();
    });
    const aborted = (): void => {
      wake();
    };
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      while (signal?.aborted !== true) {
        while (waiting.length > 0) yield waiting.shift() as E[K];
        if (hasAborted(signal)) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      off();
      signal?.removeEventListener('abort', aborted);
    }
  }

  emit<K extends EventName<E>>(event: K, value: E[K]): void {
    this.#emitter.emit(event, value);
  }

  removeAll(): void {
    this.#emitter.removeAllListeners();
  }
}

/** A call, because the signal may abort while a generator is suspended, which the compiler does not see. */
function hasAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
