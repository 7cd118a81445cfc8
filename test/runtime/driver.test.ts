import { createClock } from '@sinonjs/fake-timers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BrokenInvariant } from '../../src/core/errors.ts';
import { clockFrom, systemClock } from '../../src/runtime/clock.ts';
import { Driver, STALL_GRACE_MS, Timer } from '../../src/runtime/driver.ts';
import { EventLoop } from './event-loop.ts';

/** A driver on a loop moved by hand, and a diary of what happened. */
function world(): {
  loop: EventLoop;
  driver: Driver;
  diary: unknown[];
  readonly timer: (name: string, fired?: () => void) => Timer;
  readonly mail: (text: string, read?: () => void) => void;
} {
  const loop = new EventLoop();
  const diary: unknown[] = [];
  const driver = new Driver(loop, {
    stalled: (milliseconds) => diary.push(`stalled ${milliseconds}`),
    callbackFailed: (error) => diary.push(`callback failed: ${(error as Error).message}`),
  });
  return {
    loop,
    driver,
    diary,
    timer: (name, fired) =>
      new Timer(
        {
          timerFired: (timer) => {
            diary.push(`${timer} at ${loop.time}`);
            fired?.();
          },
        },
        name,
      ),
    mail: (text, read) => {
      loop.mail.push(() => {
        driver.enterMessage();
        try {
          diary.push(text);
          read?.();
        } finally {
          driver.leave();
          driver.batchEnd();
        }
      });
    },
  };
}

describe('timers', () => {
  test('fire at their time, in order, and equal ones in the order they were armed', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('c'), 30);
      driver.arm(timer('a'), 10);
      driver.arm(timer('b1'), 20);
      driver.arm(timer('b2'), 20);
    });
    loop.runUntil(100);
    expect(diary).toEqual(['a at 10', 'b1 at 20', 'b2 at 20', 'c at 30']);
  });

  test('need one native timer, however many there are', () => {
    const { loop, driver, timer } = world();
    driver.run(() => {
      for (let delay = 100; delay > 0; delay--) driver.arm(timer(String(delay)), delay);
    });
    expect(loop.timers.size).toBe(1);
    driver.run(() => {
      driver.arm(timer('sooner'), 0.5);
    });
    expect([...loop.timers].map(({ at }) => at)).toEqual([1]);
  });

  test('renewed before their time fire once, after the last renewal', () => {
    const { loop, driver, diary, timer } = world();
    const expiry = timer('expiry');
    for (let t = 0; t <= 500; t += 50) {
      loop.runUntil(t);
      driver.run(() => {
        driver.arm(expiry, 100);
      });
    }
    loop.runUntil(5000);
    expect(diary).toEqual(['expiry at 600']);
  });

  test('that were disarmed do not fire', () => {
    const { loop, driver, diary, timer } = world();
    const expiry = timer('expiry');
    driver.run(() => {
      driver.arm(expiry, 100);
    });
    loop.runUntil(50);
    driver.run(() => {
      driver.disarm(expiry);
    });
    loop.runUntil(1000);
    expect(diary).toEqual([]);
  });

  test('may be armed again by their own firing', () => {
    const { loop, driver, diary, timer } = world();
    const heartbeat: Timer = timer('heartbeat', () => {
      driver.arm(heartbeat, 100);
    });
    driver.run(() => {
      driver.arm(heartbeat, 100);
    });
    loop.runUntil(350);
    expect(diary).toEqual(['heartbeat at 100', 'heartbeat at 200', 'heartbeat at 300']);
  });

  test('armed without delay by their own firing leave the event loop its turn', () => {
    const { loop, driver, diary, timer, mail } = world();
    const eager: Timer = timer('eager', () => {
      driver.arm(eager, 0);
    });
    driver.run(() => {
      driver.arm(eager, 0);
    });
    mail('letter');
    loop.turn();
    loop.turn();
    expect(diary).toEqual(['eager at 0', 'letter', 'eager at 0']);
  });

  test('armed outside an event count from now, not from the last event', () => {
    const { loop, driver, diary, timer } = world();
    loop.runUntil(1000);
    driver.arm(timer('late'), 100);
    loop.runUntil(5000);
    expect(diary).toEqual(['late at 1100']);
  });

  test('that are further off than native timers reach fire all the same', () => {
    const { loop, driver, diary, timer } = world();
    const month = 31 * 24 * 3600 * 1000;
    driver.run(() => {
      driver.arm(timer('month'), month);
    });
    loop.runUntil(month - 1);
    expect(diary).toEqual([]);
    loop.runUntil(month);
    expect(diary).toEqual([`month at ${month}`]);
  });

  test('do not fire after the driver was stopped, not even those due at the same moment', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(
        timer('closing', () => {
          driver.stop();
        }),
        10,
      );
      driver.arm(timer('never'), 10);
    });
    loop.runUntil(1000);
    driver.run(() => {
      driver.arm(timer('never either'), 10);
    });
    loop.runUntil(2000);
    expect(diary).toEqual(['closing at 10']);
    expect(loop.timers.size).toBe(0);
  });

  test('one that throws does not keep the others from firing', () => {
    const faults: unknown[] = [];
    const loop = new EventLoop();
    const driver = new Driver(loop, { faulted: (error) => faults.push((error as Error).message) });
    const owner = {
      timerFired: (name: string): void => {
        throw new Error(name);
      },
    };
    driver.run(() => {
      for (const name of ['a', 'b', 'c']) driver.arm(new Timer(owner, name), 10);
    });
    loop.runUntil(100);
    expect(faults).toEqual(['a', 'b', 'c']);
  });
});

describe('after a stall', () => {
  test('a silent worker keeps its place if its heartbeats are waiting in the socket', () => {
    const { loop, driver, diary, timer, mail } = world();
    const expiry = timer('expiry');
    driver.run(() => {
      driver.arm(expiry, 100);
    });
    loop.runUntil(50);
    mail('HEARTBEAT', () => {
      driver.arm(expiry, 100);
    });
    loop.standStill(1000);
    loop.runUntil(1149);
    expect(diary).toEqual(['HEARTBEAT', 'stalled 950']);
    loop.runUntil(1150);
    expect(diary).toEqual(['HEARTBEAT', 'stalled 950', 'expiry at 1150']);
  });

  test('mail that takes a turn longer to arrive is waited for', () => {
    const { loop, driver, diary, timer, mail } = world();
    const expiry = timer('expiry');
    driver.run(() => {
      driver.arm(expiry, 100);
    });
    loop.standStill(1000);
    mail('first');
    loop.turn();
    mail('second', () => {
      driver.arm(expiry, 100);
    });
    loop.runUntil(1099);
    expect(diary).toEqual(['first', 'second', 'stalled 900']);
  });

  test('of the whole process, mail that its own network threads deliver only now is waited for', () => {
    const { loop, driver, diary, timer, mail } = world();
    const expiry = timer('expiry');
    driver.run(() => {
      driver.arm(expiry, 100);
    });
    loop.standStill(1000);
    loop.runUntil(1000 + STALL_GRACE_MS - 1);
    mail('HEARTBEAT', () => {
      driver.arm(expiry, 100);
    });
    loop.runUntil(1100);
    expect(diary).toEqual(['HEARTBEAT', 'stalled 900']);
  });

  test('a worker that was really silent is let go when the grace is over', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('expiry'), 100);
    });
    loop.standStill(1000);
    loop.runUntil(1000 + STALL_GRACE_MS - 1);
    expect(diary).toEqual([]);
    loop.runUntil(1000 + STALL_GRACE_MS);
    expect(diary).toEqual(['stalled 900', `expiry at ${1000 + STALL_GRACE_MS}`]);
  });

  test('a flood of mail does not postpone expiry for ever', () => {
    const { loop, driver, diary, timer, mail } = world();
    driver.run(() => {
      driver.arm(timer('expiry'), 100);
    });
    loop.standStill(1000);
    let turns = 0;
    for (; turns < 1000 && !diary.includes('expiry at 1000'); turns++) {
      mail('flood');
      loop.turn();
    }
    expect(turns).toBe(50);
  });

  test('all deadlines that passed fire in order, and the stall is reported once', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('b'), 300);
      driver.arm(timer('a'), 100);
      driver.arm(timer('c'), 900);
    });
    loop.standStill(1000);
    loop.runUntil(2000);
    expect(diary).toEqual(['stalled 900', 'a at 1020', 'b at 1020', 'c at 1020']);
    expect(loop.timers.size).toBe(0);
  });

  test('a listener that calls in when it hears of the stall does not make it look like a second one', () => {
    const loop = new EventLoop();
    const diary: string[] = [];
    const driver = new Driver(loop, {
      stalled: (milliseconds) => {
        driver.callback(() => {
          driver.run(() => diary.push(`stalled ${milliseconds}`));
        });
      },
    });
    driver.run(() => {
      driver.arm(new Timer({ timerFired: () => diary.push('expiry') }, 'expiry'), 100);
    });
    loop.standStill(1000);
    loop.runUntil(5000);
    expect(diary).toEqual(['stalled 900', 'expiry']);
  });

  test('a listener that throws when it hears of the stall does not stop the timers', () => {
    const loop = new EventLoop();
    const diary: string[] = [];
    const driver = new Driver(loop, {
      stalled: () => {
        throw new Error('listener bug');
      },
      callbackFailed: (error) => diary.push((error as Error).message),
    });
    driver.run(() => {
      driver.arm(new Timer({ timerFired: () => diary.push('expiry') }, 'expiry'), 100);
    });
    loop.standStill(1000);
    loop.runUntil(5000);
    expect(diary).toEqual(['listener bug', 'expiry']);
  });

  test('what happens while mail is awaited does not fire deadlines behind the guard', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('expiry'), 100);
    });
    loop.standStill(1000);
    loop.mail.push(() => {
      driver.run(() => {
        driver.arm(timer('call'), 0);
      });
    });
    loop.turn();
    expect([diary, loop.timers.size]).toEqual([[], 0]);
    loop.runUntil(2000);
    expect(diary).toEqual(['stalled 900', 'expiry at 1020', 'call at 1020']);
  });

  test('caused by a callback of a timer, the next deadline waits for the mail all the same', () => {
    const { loop, driver, diary, timer, mail } = world();
    const expiry = timer('expiry');
    const slow = timer('slow', () => {
      driver.callback(() => {
        mail('HEARTBEAT', () => {
          driver.arm(expiry, 200);
        });
        loop.standStill(500);
      });
    });
    driver.run(() => {
      driver.arm(slow, 100);
      driver.arm(expiry, 200);
    });
    loop.runUntil(799);
    expect(diary).toEqual(['slow at 100', 'HEARTBEAT', 'stalled 400']);
    loop.runUntil(800);
    expect(diary.at(-1)).toBe('expiry at 800');
  });

  test('a driver stopped while it waits for mail fires nothing and reports nothing', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('expiry'), 100);
    });
    loop.standStill(1000);
    loop.turn();
    driver.stop();
    loop.runUntil(5000);
    expect(diary).toEqual([]);
  });

  test('a driver stopped in its grace leaves no native timer behind', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('expiry'), 100);
    });
    loop.standStill(1000);
    loop.runUntil(1000 + STALL_GRACE_MS - 1);
    expect(loop.timers.size).toBe(1);
    driver.stop();
    loop.runUntil(5000);
    expect([diary, loop.timers.size]).toEqual([[], 0]);
  });

  test('that ended just after a deadline, however long it was, mail is read before that deadline is judged', () => {
    const { loop, driver, diary, timer, mail } = world();
    const expiry = timer('expiry');
    driver.run(() => {
      driver.arm(expiry, 1000);
    });
    mail('HEARTBEAT', () => {
      driver.arm(expiry, 1000);
    });
    loop.standStill(1003);
    loop.runUntil(2002);
    expect(diary).toEqual(['HEARTBEAT']);
    loop.runUntil(2003);
    expect(diary).toEqual(['HEARTBEAT', 'expiry at 2003']);
  });

  test('of a few milliseconds, as timers often have, nobody waits longer than a turn, and nothing is reported', () => {
    const { loop, driver, diary, timer } = world();
    driver.run(() => {
      driver.arm(timer('expiry'), 100);
    });
    loop.standStill(110);
    loop.turn();
    expect(diary).toEqual(['expiry at 110']);
  });

  test('none at all: a timer that fires at its moment waits for nothing', () => {
    const { loop, driver, diary, timer, mail } = world();
    driver.run(() => {
      driver.arm(timer('heartbeat'), 99.5);
    });
    loop.standStill(100);
    mail('letter');
    loop.turn();
    expect(diary).toEqual(['heartbeat at 100', 'letter']);
  });
});

describe('one event', () => {
  test('is handled to its end before the next begins: nested ones are refused and harm nothing', () => {
    const { driver, diary } = world();
    driver.run(() => {
      expect(() => {
        driver.run(() => diary.push('nested'));
      }).toThrow(BrokenInvariant);
      expect(() => {
        driver.enterMessage();
      }).toThrow('an event is handled to its end before the next one begins');
      diary.push('outer');
    });
    driver.run(() => diary.push('next'));
    expect(diary).toEqual(['outer', 'next']);
  });

  test('is followed by its follow-ups in order, those of follow-ups included, before any callback', () => {
    const { driver, diary } = world();
    driver.run(() => {
      driver.callback(() => diary.push('callback 1'));
      driver.followUp(() => {
        diary.push('follow-up 1');
        driver.callback(() => diary.push('callback 2'));
        driver.followUp(() => diary.push('follow-up 3'));
      });
      driver.followUp(() => diary.push('follow-up 2'));
      diary.push('event');
    });
    expect(diary).toEqual(['event', 'follow-up 1', 'follow-up 2', 'follow-up 3', 'callback 1', 'callback 2']);
  });

  test('returns what it worked out, and what it throws reaches the caller after everything else was done', () => {
    const { driver, diary } = world();
    expect(driver.run(() => 42)).toBe(42);
    expect(() =>
      driver.run(() => {
        driver.followUp(() => diary.push('follow-up'));
        driver.callback(() => diary.push('callback'));
        throw new Error('bad argument');
      }),
    ).toThrow('bad argument');
    expect(diary).toEqual(['follow-up', 'callback']);
    driver.run(() => diary.push('next'));
    expect(diary.at(-1)).toBe('next');
  });

  test('cannot be followed up when there is none', () => {
    expect(() => {
      world().driver.followUp(() => undefined);
    }).toThrow('a follow-up belongs to an event');
  });

  test('goes on when one of its follow-ups throws, and the fault is reported', () => {
    const diary: unknown[] = [];
    const driver = new Driver(new EventLoop(), { faulted: (error) => diary.push((error as Error).message) });
    driver.run(() => {
      driver.followUp(() => {
        throw new Error('bug');
      });
      driver.followUp(() => diary.push('second'));
    });
    expect(diary).toEqual(['bug', 'second']);
  });

  test('throws on when a follow-up throws and nobody takes faults', () => {
    const { driver, diary } = world();
    expect(() => {
      driver.run(() => {
        driver.followUp(() => {
          throw new Error('bug');
        });
      });
    }).toThrow('bug');
    driver.run(() => diary.push('next'));
    expect(diary).toEqual(['next']);
  });
});

describe('a callback', () => {
  test('may call back in at once, and what that leads to comes after it', () => {
    const { driver, diary } = world();
    driver.run(() => {
      driver.callback(() => {
        driver.run(() => {
          diary.push('request from callback');
          driver.followUp(() => diary.push('its follow-up'));
          driver.callback(() => diary.push('its callback'));
        });
        diary.push('callback done');
      });
      driver.callback(() => diary.push('second callback'));
    });
    expect(diary).toEqual(['request from callback', 'its follow-up', 'callback done', 'second callback', 'its callback']);
  });

  test('that throws harms no other, and is reported', () => {
    const { driver, diary } = world();
    driver.run(() => {
      driver.callback(() => {
        throw new Error('user bug');
      });
      driver.callback(() => diary.push('second'));
    });
    expect(diary).toEqual(['callback failed: user bug', 'second']);
  });

  test('outside an event is called at once', () => {
    const { driver, diary } = world();
    driver.callback(() => diary.push('now'));
    expect(diary).toEqual(['now']);
  });

  test('of a message is called before the next message of the batch', () => {
    const { loop, driver, diary, mail } = world();
    mail('first', () => {
      driver.callback(() => diary.push('callback of first'));
    });
    mail('second');
    loop.turn();
    expect(diary).toEqual(['first', 'callback of first', 'second']);
  });
});

describe('the time of an event', () => {
  function message(driver: Driver, work: () => void = () => undefined): void {
    driver.enterMessage();
    work();
    driver.leave();
  }

  test('is read once for a whole batch of messages', () => {
    const { loop, driver } = world();
    loop.readings = 0;
    for (let i = 0; i < 100; i++) message(driver);
    driver.batchEnd();
    expect(loop.readings).toBe(1);
    loop.standStill(5);
    message(driver);
    expect(driver.now).toBe(5);
  });

  test('is read again for a call in the middle of a batch, by code that worked long on what an earlier message had brought', () => {
    const { loop, driver } = world();
    message(driver);
    loop.standStill(100);
    let now = -1;
    driver.run(() => {
      now = driver.now;
    });
    expect(now).toBe(loop.time);
    expect(now).toBe(100);
  });

  test('is read again when a callback took its time in the middle of a batch', () => {
    const { loop, driver } = world();
    message(driver, () => {
      driver.callback(() => {
        loop.standStill(300);
      });
    });
    message(driver);
    expect(driver.now).toBe(300);
  });
});

describe('with an injected clock of @sinonjs/fake-timers', () => {
  test('heartbeats come at their times, however far one tick goes', () => {
    const fake = createClock();
    const driver = new Driver(clockFrom(fake));
    const times: number[] = [];
    const heartbeat: Timer = new Timer(
      {
        timerFired: () => {
          times.push(driver.now);
          driver.arm(heartbeat, 2500);
        },
      },
      'heartbeat',
    );
    driver.run(() => {
      driver.arm(heartbeat, 2500);
    });
    fake.tick(10_000);
    expect(times).toEqual([2500, 5000, 7500, 10_000]);
    driver.stop();
    expect(fake.countTimers()).toBe(0);
  });

  test('a computer that slept wakes up to its mail first', () => {
    const fake = createClock();
    const diary: string[] = [];
    const driver = new Driver(clockFrom(fake), { stalled: (milliseconds) => diary.push(`stalled ${milliseconds}`) });
    const expiry = new Timer({ timerFired: () => diary.push(`expiry at ${driver.now}`) }, 'expiry');
    driver.run(() => {
      driver.arm(expiry, 1000);
    });
    fake.setImmediate(() => {
      // Not reached before the clock moves: stands for mail that came while the computer slept.
      driver.enterMessage();
      driver.arm(expiry, 1000);
      driver.leave();
      driver.batchEnd();
    });
    fake.jump(60_000);
    fake.tick(999);
    expect(diary).toEqual(['stalled 59000']);
    fake.tick(1);
    expect(diary).toEqual(['stalled 59000', 'expiry at 61000']);
  });
});

describe("with the system's clock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("an application's own fake timers move the driver, also when they are installed after it was made", () => {
    const driver = new Driver(systemClock);
    vi.useFakeTimers();
    const fired: string[] = [];
    driver.run(() => {
      driver.arm(new Timer({ timerFired: (name) => fired.push(name) }, 'expiry'), 60_000);
    });
    vi.advanceTimersByTime(59_999);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['expiry']);
  });
});
