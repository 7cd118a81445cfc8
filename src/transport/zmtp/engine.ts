/** The turns of all ZMTP sockets of this process: bursts end, and what was sent is written, once per turn of the event loop. */
import { performance } from 'node:perf_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { Driver } from '../../runtime/driver.ts';
import type { Clock } from '../../runtime/clock.ts';
import { throwLater } from '../transport.ts';

/** The machine's, whatever an application's tests have done to the globals. A process lives for its sockets, not for their timers. */
const clock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay).unref(),
  clearTimeout: (handle) => {
    clearTimeout(handle as NodeJS.Timeout);
  },
  setImmediate: (callback) => setImmediate(callback),
};

interface Flushable {
  flush(): void;
}
interface Bursting {
  endBurst(): void;
}

export class Engine {
  readonly driver: Driver = new Driver(clock, { callbackFailed: throwLater, faulted: throwLater });
  #unwritten: Flushable[] = [];
  #bursts: Bursting[] = [];
  #resumed: (() => void)[] = [];
  #scheduled = false;

  /** `each` has something to write. */
  dirty(each: Flushable): void {
    this.#unwritten.push(each);
    this.#schedule();
  }

  /** A burst of messages has begun. */
  burst(each: Bursting): void {
    this.#bursts.push(each);
    this.#schedule();
  }

  /** `work` calls handlers, and may not do so now: another one may be running. */
  soon(work: () => void): void {
    this.#resumed.push(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    const resumed = this.#resumed;
    if (resumed.length > 0) {
      this.#resumed = [];
      for (const work of resumed) work();
    }
    const bursts = this.#bursts;
    if (bursts.length > 0) {
      this.#bursts = [];
      for (const each of bursts) each.endBurst();
    }
    const unwritten = this.#unwritten;
    if (unwritten.length === 0) return;
    this.#unwritten = [];
    for (const each of unwritten) each.flush();
  };
}

export const engine: Engine = new Engine();
