/**
 * The heart of every load-balancing broker of the Guide: workers that are ready, least loaded and then least recently used first. Finding the
 * next one is O(1), and so is taking one out of the middle.
 */
import { assert } from '../core/assert.ts';
import { Fifo, type Linked } from '../core/fifo.ts';

/** What a worker needs to be ready for work. */
export interface Loaded<W> extends Linked<W> {
  /** Requests that it holds. */
  readonly load: number;
  /** What that was when it became ready. Owned by `ReadyWorkers`; do not touch. */
  level: number;
}

/** Workers that may be handed a request. Of those that hold equally much the one that has been ready longest is the first. */
export class ReadyWorkers<W extends Loaded<W>> {
  /** By how many requests they hold. */
  readonly #levels: Fifo<W>[] = [new Fifo<W>()];
  /** Below it all levels are empty. */
  #lowest = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Those of them that hold nothing. */
  get idle(): number {
    return (this.#levels[0] as Fifo<W>).size;
  }

  has(worker: W): boolean {
    return this.#levels[worker.level]?.has(worker) === true;
  }

  /** Puts it behind those that hold as much as it does now: it is new here, or holds more or less than before. */
  add(worker: W): void {
    const { load } = worker;
    if (this.has(worker)) {
      assert(worker.level !== load, 'a worker is ready once');
      this.remove(worker);
    }
    while (this.#levels.length <= load) this.#levels.push(new Fifo<W>());
    worker.level = load;
    (this.#levels[load] as Fifo<W>).add(worker);
    if (load < this.#lowest) this.#lowest = load;
    this.#size++;
  }

  remove(worker: W): void {
    (this.#levels[worker.level] as Fifo<W>).remove(worker);
    this.#size--;
  }

  /** Takes the first, which holds nothing as long as one of them does; or `undefined` when there is none. */
  take(): W | undefined {
    if (this.#size === 0) return undefined;
    while ((this.#levels[this.#lowest] as Fifo<W>).size === 0) this.#lowest++;
    this.#size--;
    return (this.#levels[this.#lowest] as Fifo<W>).take();
  }
}
