/**
 * The driver: one event, one step, one full drain, then the next event.
 *
 * Everything that happens to a role (a message, a timer, an API call, a follow-up of its own) enters through one driver.
 * Follow-ups found during a step wait in line; user callbacks run last of all, when every state is stored, so they may call
 * back in at once. Only the driver steps machines.
 */
import { assert } from '../core/assert.ts';
import { Timer, TimerHeap, type TimerOwner } from '../core/timers.ts';
import type { Clock } from './clock.ts';

/** Native timers are set to whole milliseconds. Waking later than that may be the end of a stall of any length: mail is read first. */
const PUNCTUAL_MS = 1;
/** Waking later than this means that the event loop or the whole process stood still, and that much mail may be waiting unread. */
const STALL_THRESHOLD_MS = 10;
/** After a stall, deadlines wait until this many event-loop turns in a row brought no mail … */
const QUIET_TURNS = 2;
/** … and for this long: when the whole process was paused, the transport's own threads wake up no sooner than we do … */
export const STALL_GRACE_MS = 20;
/** … but no longer than this many turns in all: a flood must not postpone expiry for ever. */
const MOST_TURNS = 50;
const LONGEST_NATIVE_DELAY_MS = 2 ** 31 - 1;

export interface DriverHooks {
  /** The event loop stood still for about this long; deadlines were held back until waiting mail had been read. */
  stalled?(milliseconds: number): void;
  /** A step, a follow-up or a timer threw: a bug of ours. Without this hook it is thrown on. */
  faulted?(error: unknown): void;
  /** A user callback threw. It must not harm anybody else. */
  callbackFailed?(error: unknown): void;
}

export class Driver {
  readonly clock: Clock;
  /** The time of the current turn, in the clock's milliseconds. Read once per turn, not once per message. */
  now: number;
  readonly #hooks: DriverHooks;
  readonly #timers = new TimerHeap();
  readonly #followUps: ((() => void) | undefined)[] = [];
  /** How many of them wait. The array keeps its length: emptying it would throw its memory away at every reply. */
  #followUpCount = 0;
  readonly #callbacks: (() => void)[] = [];
  #entered = false;
  #draining = false;
  #native: unknown;
  #nativeAt = Infinity;
  /** Messages seen since the stall guard last looked. */
  #mail = 0;
  #guarding = false;
  #firing = false;
  #stopped = false;
  #inBatch = false;

  constructor(clock: Clock, hooks: DriverHooks = {}) {
    this.clock = clock;
    this.now = clock.now();
    this.#hooks = hooks;
  }

  /** Begins an event. Every `enter` is matched by one `leave`, in a `finally`. */
  enter(): void {
    assert(!this.#entered, 'an event is handled to its end before the next one begins');
    this.#entered = true;
    if (!this.#inBatch) this.now = this.clock.now();
  }

  /** As `enter`, for a message: several in one batch share one reading of the clock. */
  enterMessage(): void {
    this.enter();
    this.#inBatch = true;
    this.#mail++;
  }

  batchEnd(): void {
    this.#inBatch = false;
  }

  /** Ends an event: runs the follow-ups it left, sets the native timer, then calls the users' callbacks. */
  leave(): void {
    try {
      for (let i = 0; i < this.#followUpCount; i++) this.#attempt(this.#followUps[i] as () => void);
    } finally {
      while (this.#followUpCount > 0) this.#followUps[--this.#followUpCount] = undefined;
      this.#entered = false;
      this.#setNative();
    }
    if (this.#callbacks.length > 0 && !this.#draining) this.#callBack();
  }

  /**
   * `enter`, `work`, `leave`: for API calls, where a closure does not matter. It reads the clock even in the middle of a batch:
   * the caller may be code that ran for long on what an earlier message of the batch had brought.
   */
  run<T>(work: () => T): T {
    this.#inBatch = false;
    this.enter();
    try {
      return work();
    } finally {
      this.leave();
    }
  }

  /** Does `work` after the current step, before the next event. */
  followUp(work: () => void): void {
    assert(this.#entered, 'a follow-up belongs to an event');
    this.#followUps[this.#followUpCount++] = work;
  }

  /** Calls a user's callback when all states are stored; what it throws goes to the hook. */
  callback(work: () => void): void {
    this.#callbacks.push(work);
    if (!this.#entered && !this.#draining) this.#callBack();
  }

  /** Arms `timer` to fire `delay` ms from this turn. */
  arm(timer: Timer, delay: number): void {
    if (this.#stopped) return;
    if (!this.#entered) this.now = this.clock.now();
    this.#timers.arm(timer, this.now + delay);
    if (!this.#entered) this.#setNative();
  }

  disarm(timer: Timer): void {
    this.#timers.disarm(timer);
  }

  /** No timer fires after this. */
  stop(): void {
    this.#stopped = true;
    if (this.#native !== undefined) this.clock.clearTimeout(this.#native);
    this.#native = undefined;
    this.#nativeAt = -Infinity;
  }

  /** Sees to it that the native timer wakes us for the earliest deadline, or earlier. */
  #setNative(): void {
    if (this.#timers.earliest >= this.#nativeAt || this.#stopped || this.#guarding || this.#firing) return;
    if (this.#native !== undefined) this.clock.clearTimeout(this.#native);
    this.#nativeAt = this.#timers.earliest;
    const delay = Math.min(LONGEST_NATIVE_DELAY_MS, Math.max(0, Math.ceil(this.#nativeAt - this.clock.now())));
    this.#native = this.clock.setTimeout(this.#wake, delay);
  }

  /** Node runs timers before reads: whoever was silent may only seem so. Read first, then judge. */
  readonly #wake = (): void => {
    const woken = this.clock.now();
    const late = woken - this.#nativeAt;
    this.#native = undefined;
    this.#nativeAt = Infinity;
    if (late < PUNCTUAL_MS) {
      this.#fireDue();
      return;
    }
    this.#guarding = true;
    this.#mail = 0;
    if (late <= STALL_THRESHOLD_MS) this.#afterTurns(1, 1, this.#judge);
    else this.#afterStall(late, woken);
  };

  #afterStall(late: number, woken: number): void {
    const report = (): void => {
      // Told while the guard still stands: a listener that calls in must not set the native timer to a deadline long past.
      this.callback(() => {
        this.#hooks.stalled?.(late);
      });
      this.#judge();
    };
    this.#afterTurns(QUIET_TURNS, MOST_TURNS, (turnsLeft) => {
      const grace = Math.ceil(woken + STALL_GRACE_MS - this.clock.now());
      if (grace <= 0 || turnsLeft === 0) report();
      else
        this.#native = this.clock.setTimeout(() => {
          this.#afterTurns(QUIET_TURNS, turnsLeft, report);
        }, grace);
    });
  }

  /** Calls `then` when `quiet` turns of the event loop in a row have brought no mail, or after `most` turns. */
  #afterTurns(quiet: number, most: number, then: (turnsLeft: number) => void, quietLeft: number = quiet): void {
    this.clock.setImmediate(() => {
      if (this.#stopped) return;
      const left = this.#mail === 0 ? quietLeft - 1 : quiet;
      this.#mail = 0;
      if (left === 0 || most <= 1) then(most - 1);
      else this.#afterTurns(quiet, most - 1, then, left);
    });
  }

  readonly #judge = (): void => {
    this.#guarding = false;
    this.#fireDue();
  };

  /**
   * Fires what is due now. What becomes due while the callbacks of these timers run waits for the next waking, which notices
   * that it is late and reads first; so does a timer armed meanwhile without delay.
   */
  #fireDue(): void {
    this.#inBatch = false;
    const due = this.clock.now();
    const lastArming = this.#timers.armings;
    this.#firing = true;
    try {
      while (!this.#stopped) {
        const timer = this.#timers.takeDue(due, lastArming);
        if (timer === undefined) break;
        this.enter();
        try {
          this.#fire(timer);
        } finally {
          this.leave();
        }
      }
    } finally {
      this.#firing = false;
      this.#setNative();
    }
  }

  #fire(timer: Timer): void {
    this.#attempt(() => {
      timer.owner.timerFired(timer.name);
    });
  }

  /** One fault must not take the other follow-ups and timers with it. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#hooks.faulted === undefined) throw error;
      this.#hooks.faulted(error);
    }
  }

  #callBack(): void {
    this.#draining = true;
    try {
      for (let i = 0; i < this.#callbacks.length; i++) {
        try {
          (this.#callbacks[i] as () => void)();
        } catch (error) {
          this.#hooks.callbackFailed?.(error);
        }
      }
    } finally {
      this.#callbacks.length = 0;
      this.#draining = false;
      // They may have taken any time: the rest of a batch reads the clock again.
      this.#inBatch = false;
    }
  }
}

export { Timer, type TimerOwner };
