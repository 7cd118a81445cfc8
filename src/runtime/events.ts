/** Typed events over eventemitter3, with its two traps closed: a listener that throws harms nobody, and nothing is emitted unheard as an error. */
import { EventEmitter } from 'eventemitter3';

/** Event name → the one value its listeners get. */
export type EventMap = object;
type EventName<E> = keyof E & string;

export class TypedEvents<E extends EventMap> {
  readonly #emitter = new EventEmitter();
  readonly #loops = new Set<() => void>();
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

  /**
   * Every `event` from now on, in order: `for await (const value of events.each('workerLost', { signal }))`. Listens from
   * the call on, so nothing is missed before the loop begins; what waits unread is kept. Ends when aborted, after what
   * came before that, and when the loop is left.
   */
  each<K extends EventName<E>>(event: K, options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<E[K], undefined> {
    const { signal } = options;
    const waiting: E[K][] = [];
    const takers: ((result: IteratorResult<E[K], undefined>) => void)[] = [];
    let ended = false;
    const off = this.on(event, (value) => {
      const taker = takers.shift();
      if (taker === undefined) waiting.push(value);
      else taker({ value, done: false });
    });
    const end = (): void => {
      ended = true;
      off();
      this.#loops.delete(end);
      signal?.removeEventListener('abort', end);
      for (const taker of takers.splice(0)) taker({ value: undefined, done: true });
    };
    this.#loops.add(end);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        if (waiting.length > 0) return Promise.resolve({ value: waiting.shift() as E[K], done: false });
        if (ended) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => takers.push(resolve));
      },
      return: () => {
        waiting.length = 0;
        end();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  emit<K extends EventName<E>>(event: K, value: E[K]): void {
    this.#emitter.emit(event, value);
  }

  /** Nobody is called any more; loops over `each` end. */
  removeAll(): void {
    this.#emitter.removeAllListeners();
    for (const end of [...this.#loops]) end();
  }
}
