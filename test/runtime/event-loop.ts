/**
 * Node's event loop in small, moved by hand: timers first, then what waits in the sockets, then immediates. `standStill` lets
 * time pass while nothing runs, as a blocked or paused process does.
 */
import type { Clock } from '../../src/runtime/clock.ts';

interface NativeTimer {
  readonly at: number;
  readonly callback: () => void;
}

export class EventLoop implements Clock {
  time: number = 0;
  /** Native timers that are set and not yet fired. */
  readonly timers: Set<NativeTimer> = new Set<NativeTimer>();
  /** What waits in the sockets: read in the next turn, all of it. */
  mail: (() => void)[] = [];
  /** How often the clock was asked. */
  readings: number = 0;
  #immediates: (() => void)[] = [];

  now(): number {
    this.readings++;
    return this.time;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = { at: this.time + delay, callback };
    this.timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.timers.delete(handle as NativeTimer);
  }

  setImmediate(callback: () => void): unknown {
    return this.#immediates.push(callback);
  }

  standStill(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** One turn of the loop, in Node's order. */
  turn(): void {
    const due = [...this.timers].filter((timer) => timer.at <= this.time).sort((a, b) => a.at - b.at);
    for (const timer of due) if (this.timers.delete(timer)) timer.callback();
    const mail = this.mail;
    this.mail = [];
    for (const read of mail) read();
    const immediates = this.#immediates;
    this.#immediates = [];
    for (const callback of immediates) callback();
  }

  /** Turns a loop that is never late until `time`, and until nothing is left to do at once. */
  runUntil(time: number): void {
    for (;;) {
      while (this.mail.length > 0 || this.#immediates.length > 0 || this.#earliest() <= this.time) this.turn();
      const next = this.#earliest();
      if (next > time) break;
      this.time = next;
    }
    this.time = time;
  }

  #earliest(): number {
    let earliest = Infinity;
    for (const { at } of this.timers) earliest = Math.min(earliest, at);
    return earliest;
  }
}
