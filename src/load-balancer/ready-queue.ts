/**
 * The heart of every load-balancing broker of the Guide: workers that are ready, least recently used first, and requests
 * that wait for one. Pairing is O(1), and so is taking either out of the middle.
 */
import { Fifo, type Linked } from '../core/fifo.ts';

export class ReadyQueue<W extends Linked<W>, R extends Linked<R>> {
  /** Idle workers, least recently used first. */
  readonly ready: Fifo<W> = new Fifo<W>();
  /** Requests that have not been handed out yet, oldest first. */
  readonly waiting: Fifo<R> = new Fifo<R>();
  /** Requests that came back because their worker was lost, oldest first; they go before the others. */
  readonly returned: Fifo<R> = new Fifo<R>();

  get queued(): number {
    return this.waiting.size + this.returned.size;
  }

  /** The request whose turn is next. */
  get next(): R | undefined {
    return this.returned.first ?? this.waiting.first;
  }

  /** Removes a request from wherever it waits. */
  drop(request: R): void {
    (this.returned.has(request) ? this.returned : this.waiting).remove(request);
  }
}
