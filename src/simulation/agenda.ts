/** What is going to happen in a simulated world, in the order in which it happens. */

/**
 * Of what is due at one moment: the doings of the network and of transports, which have threads of their own, first; then belated answers to
 * sends; then timers, which Node runs before it reads; then what waits in the sockets; then immediates.
 */
export const NEWS = 0;
export const ANSWER = 1;
export const TIMER = 2;
export const MAIL = 3;
export const IMMEDIATE = 4;

/** Whoever it happens to. While it stands still, what is due waits. */
export interface Owner {
  /** Puts it off, or drops it. Otherwise it happens now. */
  mayHappen(entry: Entry): boolean;
}

export interface Entry {
  time: number;
  readonly rank: number;
  order: number;
  /** None: it was called off. */
  work: (() => void) | undefined;
  readonly owner: Owner | undefined;
}

export class Agenda {
  now = 0;
  /** What has happened so far. */
  happened = 0;
  /** To whom it happens now, or happened last. */
  owner: Owner | undefined;
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Plans `work` for `time`, or for now if that has passed. */
  plan(time: number, rank: number, owner: Owner | undefined, work: () => void): Entry {
    const entry: Entry = { time: Math.max(time, this.now), rank, order: ++this.#order, work, owner };
    this.#add(entry);
    return entry;
  }

  /** What had to wait happens now, each in its rank, in the order in which it had been due. */
  resume(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.time = this.now;
      entry.order = ++this.#order;
      this.#add(entry);
    }
  }

  /** When something is next due; `Infinity` if nothing is. */
  get next(): number {
    this.#forget();
    return this.#heap[0]?.time ?? Infinity;
  }

  /** Does the next thing that is due by `until`. Answers whether there was one. */
  step(until: number): boolean {
    for (;;) {
      this.#forget();
      const entry = this.#heap[0];
      if (entry === undefined || entry.time > until) {
        if (until > this.now) this.now = until;
        return false;
      }
      this.#takeFirst();
      this.now = entry.time;
      if (entry.owner !== undefined && !entry.owner.mayHappen(entry)) continue;
      this.happened++;
      this.owner = entry.owner;
      const { work } = entry;
      entry.work = undefined;
      (work as () => void)();
      return true;
    }
  }

  #forget(): void {
    while (this.#heap.length > 0 && (this.#heap[0] as Entry).work === undefined) this.#takeFirst();
  }

  #add(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!before(entry, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    const { length } = heap;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= length) break;
      if (below + 1 < length && before(heap[below + 1] as Entry, heap[below] as Entry)) below++;
      const child = heap[below] as Entry;
      if (!before(child, last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  if (a.time !== b.time) return a.time < b.time;
  return a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
}
