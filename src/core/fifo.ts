/**
 * A first-in-first-out queue of objects that carry their own links: adding, taking and removing from the middle are all O(1),
 * which a queue of waiting requests (one client leaves) and a ready list of workers (one worker dies) both need.
 * An object is in at most one such queue at a time.
 */
import { assert } from './assert.ts';

/** The links an object needs to be queued. Owned by `Fifo`; do not touch. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
  queue: unknown;
}

export class Fifo<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  get last(): T | undefined {
    return this.#last;
  }

  has(item: T): boolean {
    return item.queue === this;
  }

  /** Adds behind all others. */
  add(item: T): void {
    assert(item.queue === undefined, 'an item is in at most one queue');
    item.queue = this;
    item.previous = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
    this.#size++;
  }

  /** Puts before all others. */
  putBack(item: T): void {
    assert(item.queue === undefined, 'an item is in at most one queue');
    item.queue = this;
    item.next = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.previous = item;
    this.#first = item;
    this.#size++;
  }

  /** Takes the first, or `undefined` when empty. */
  take(): T | undefined {
    const item = this.#first;
    if (item !== undefined) this.remove(item);
    return item;
  }

  /** Removes from wherever it stands. */
  remove(item: T): void {
    assert(item.queue === this, 'only an item of this queue can be removed from it');
    if (item.previous === undefined) this.#first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.previous = item.next = item.queue = undefined;
    this.#size--;
  }

  /** From first to last. The item just handed out may be removed; so may others as long as it stays. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let item = this.#first; item !== undefined;) {
      const following: T | undefined = item.next;
      yield item;
      item = item.queue === this ? item.next : following;
      assert(item === undefined || item.queue === this, 'a walk over a queue loses its way when two items at once leave it');
    }
  }
}
