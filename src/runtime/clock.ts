/** The only way time comes into this library. All values in milliseconds; monotonic, never the time of day. */
export interface Clock {
  now(): number;
  /** Calls back once, not earlier than `delay` ms from now. Returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Calls back after the event loop has read what is waiting in its sockets. */
  setImmediate(callback: () => void): unknown;
}

/**
 * The machine's clock. The globals are looked up at each call, so an application's own fake timers work
 * (`vi.useFakeTimers()`, `@sinonjs/fake-timers` `install()`).
 */
export const systemClock: Clock = {
  now: () => globalThis.performance.now(),
  setTimeout: (callback, delay) => globalThis.setTimeout(callback, delay),
  clearTimeout: (handle) => {
    globalThis.clearTimeout(handle as NodeJS.Timeout);
  },
  setImmediate: (callback) => globalThis.setImmediate(callback),
};

/** What `createClock()` of `@sinonjs/fake-timers` returns, as far as it is needed here. */
export interface FakeTimersClock {
  readonly now: number;
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(handle: never): void;
  setImmediate(callback: () => void): unknown;
}

/** A clock that moves only when the test says so: `const fake = createClock(); const clock = clockFrom(fake); fake.tick(1000)`. */
export function clockFrom(fake: FakeTimersClock): Clock {
  return {
    now: () => fake.now,
    setTimeout: (callback, delay) => fake.setTimeout(callback, delay),
    clearTimeout: (handle) => {
      fake.clearTimeout(handle as never);
    },
    setImmediate: (callback) => fake.setImmediate(callback),
  };
}
