/**
 * An event loop as Node's is, made by hand: in each turn timers that are due fire before sockets are read, and immediates come
 * last. It is a clock and a schedule for the memory network at once, so a process can be stopped with mail in its sockets.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/runtime/clock.ts';

interface ArmedTimer {
  readonly at: number;
  readonly callback: () => void;
}

export class EventLoop implements Clock {
  #time = 0;
  readonly #timers = new Set<ArmedTimer>();
  #mail: (() => void)[] = [];
  #immediates: (() => void)[] = [];

  now(): number {
    return this.#time;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = { at: this.#time + Math.max(1, delay), callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as ArmedTimer);
  }

  setImmediate(callback: () => void): unknown {
    return this.#immediates.push(callback);
  }

  /** For the memory network: what waits in a socket is read after the timers. */
  readonly schedule: (turn: () => void) => void = (turn) => {
    this.#mail.push(turn);
  };

  get armed(): number {
    return this.#timers.size;
  }

  /** The loop runs; timers fire at their moment. */
  async run(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    for (;;) {
      await this.#turns();
      const next = Math.min(...[...this.#timers].map((timer) => timer.at));
      if (next > end) break;
      this.#time = Math.max(this.#time, next);
    }
    this.#time = end;
    await this.#turns();
  }

  /** The process stands still for so long; what was sent to it waits. Then the loop runs again. */
  async stall(milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    await this.#turns();
  }

  /** Turns until nothing is left to do at this moment. */
  async #turns(): Promise<void> {
    do {
      for (const timer of [...this.#timers].sort((one, other) => one.at - other.at)) {
        if (timer.at > this.#time || !this.#timers.delete(timer)) continue;
        timer.callback();
        await nextTurn();
      }
      const mail = this.#mail;
      this.#mail = [];
      for (const turn of mail) {
        turn();
        await nextTurn();
      }
      const immediates = this.#immediates;
      this.#immediates = [];
      for (const callback of immediates) {
        callback();
        await nextTurn();
      }
      await nextTurn();
    } while (this.#mail.length > 0 || this.#immediates.length > 0 || this.#isDue());
  }

  #isDue(): boolean {
    return [...this.#timers].some((timer) => timer.at <= this.#time);
  }
}
