/**
 * Deadlines without native timers: an indexed binary heap, ordered by (deadline, order of arming), so that equal deadlines
 * fire in the order they were armed and a run is repeated exactly by its seed.
 *
 * Renewing a deadline to a later time is one field write; the heap moves the entry when its old place comes up. So ten
 * thousand workers that renew their expiry with every message cost one heap move each per expiry period.
 */
import { assert } from './assert.ts';

export interface TimerOwner {
  timerFired(timer: string): void;
}

/** One timer of one owner. Idle while `deadline` is `Infinity`. */
export class Timer {
  readonly owner: TimerOwner;
  readonly name: string;
  /** When it is due, in the driver's milliseconds; `Infinity` while disarmed. */
  deadline: number = Infinity;
  /** When it was last armed, as a count of all armings. */
  armed = 0;
  /** The time it is filed under: never later than `deadline`. */
  filed: number = Infinity;
  /** The arming it is filed under; follows `armed` only when the heap moves it, or the heap would be out of order. */
  order = 0;
  index = -1;
  /** Another one of the same owner, for its own use. */
  readonly sibling: Timer | undefined;

  constructor(owner: TimerOwner, name: string, sibling?: Timer) {
    this.owner = owner;
    this.name = name;
    this.sibling = sibling;
  }
}

export class TimerHeap {
  readonly #heap: Timer[] = [];
  #armings = 0;

  /** Timers in the heap, including those whose renewal has not been filed yet. */
  get size(): number {
    return this.#heap.length;
  }

  /** No timer is due before this; `Infinity` when none is armed. */
  get earliest(): number {
    return this.#heap[0]?.filed ?? Infinity;
  }

  /** How often a timer was armed so far: what was armed later has a higher `armed`. */
  get armings(): number {
    return this.#armings;
  }

  arm(timer: Timer, deadline: number): void {
    assert(deadline < Infinity, 'a deadline is a number, not NaN and not Infinity');
    timer.deadline = deadline;
    timer.armed = ++this.#armings;
    if (timer.index < 0) {
      timer.index = this.#heap.length;
      this.#heap.push(timer);
    } else if (deadline > timer.filed) return;
    const sooner = deadline < timer.filed;
    timer.filed = deadline;
    timer.order = timer.armed;
    if (sooner) this.#up(timer.index);
    else this.#down(timer.index);
  }

  disarm(timer: Timer): void {
    timer.deadline = Infinity;
    if (timer.index >= 0) this.#removeAt(timer.index);
  }

  /** Takes the next timer that is due at `now`, disarmed; `undefined` when none is, or when it was armed after `lastArming`. */
  takeDue(now: number, lastArming: number = Infinity): Timer | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.filed > now) return undefined;
      if (first.deadline > first.filed) {
        first.filed = first.deadline;
        first.order = first.armed;
        this.#down(0);
        continue;
      }
      if (first.armed > lastArming) return undefined;
      this.#removeAt(0);
      first.deadline = Infinity;
      return first;
    }
  }

  #removeAt(index: number): void {
    const removed = this.#heap[index] as Timer;
    const last = this.#heap.pop() as Timer;
    removed.index = -1;
    removed.filed = Infinity;
    if (removed === last) return;
    this.#heap[index] = last;
    last.index = index;
    this.#up(index);
    this.#down(last.index);
  }

  #up(from: number): void {
    const heap = this.#heap;
    const timer = heap[from] as Timer;
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!before(timer, parent)) break;
      heap[index] = parent;
      parent.index = index;
      index = above;
    }
    heap[index] = timer;
    timer.index = index;
  }

  #down(from: number): void {
    const heap = this.#heap;
    const timer = heap[from] as Timer;
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && before(right, heap[below] as Timer)) below++;
      const child = heap[below] as Timer;
      if (!before(child, timer)) break;
      heap[index] = child;
      child.index = index;
      index = below;
    }
    heap[index] = timer;
    timer.index = index;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.filed < b.filed || (a.filed === b.filed && a.order < b.order);
}
