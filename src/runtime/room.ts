/** Those who wait until a further request may begin: in order, and each is woken for one place. */
import { UNTRIED, RequestAborted } from '../core/requests.ts';
import { Fifo, type Linked } from '../core/fifo.ts';
import { AbortSignals } from './abort-signals.ts';
import { Timer, type Driver, type TimerOwner } from './driver.ts';

/** A place that was promised is kept for so long at least, in ms, and at most twice as long: whoever was woken begins at once, or not at all. */
const KEPT_MS = 10;

class Waiter implements Linked<Waiter> {
  previous: Waiter | undefined;
  next: Waiter | undefined;
  queue: unknown;
  readonly signal: AbortSignal | undefined;
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: Error) => void;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

export class Room implements TimerOwner {
  readonly #driver: Driver;
  readonly #free: () => number;
  readonly #line = new Fifo<Waiter>();
  readonly #signals = new AbortSignals<Waiter>((waiters) => {
    for (const waiter of [...waiters]) {
      this.#leave(waiter);
      waiter.reject(new RequestAborted('the wait for room was aborted', UNTRIED, { cause: waiter.signal?.reason }));
    }
  });
  /** Places that somebody was told of who has not taken one yet: since the timer fired last, and before. */
  #promised = 0;
  #promisedBefore = 0;
  readonly #lapse = new Timer(this, 'lapse');

  /** @param free how many requests may begin now. */
  constructor(driver: Driver, free: () => number) {
    this.#driver = driver;
    this.#free = free;
  }

  wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#line.size === 0 && this.#hasPlace) {
      this.#promise();
      return Promise.resolve();
    }
    const waiter = new Waiter(signal);
    this.#line.add(waiter);
    if (signal !== undefined) this.#signals.listen(signal, waiter);
    return waiter.promise;
  }

  /** A request has begun. */
  taken(): void {
    if (this.#promisedBefore > 0) this.#promisedBefore--;
    else if (this.#promised > 0) this.#promised--;
  }

  /** A request has its outcome, or a promise has lapsed. */
  freed(): void {
    while (this.#line.size > 0 && this.#hasPlace) {
      const waiter = this.#line.first as Waiter;
      this.#leave(waiter);
      this.#promise();
      waiter.resolve();
    }
  }

  /** Nobody will find room any more. */
  close(error: Error): void {
    for (const waiter of this.#line) {
      this.#leave(waiter);
      waiter.reject(error);
    }
  }

  timerFired(): void {
    this.#promisedBefore = this.#promised;
    this.#promised = 0;
    if (this.#promisedBefore > 0) this.#driver.arm(this.#lapse, KEPT_MS);
    this.freed();
  }

  get #hasPlace(): boolean {
    return this.#free() > this.#promised + this.#promisedBefore;
  }

  #promise(): void {
    this.#promised++;
    if (this.#lapse.deadline === Infinity) this.#driver.arm(this.#lapse, KEPT_MS);
  }

  #leave(waiter: Waiter): void {
    this.#line.remove(waiter);
    if (waiter.signal !== undefined) this.#signals.forget(waiter.signal, waiter);
  }
}
