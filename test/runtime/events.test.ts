import { describe, expect, test } from 'vitest';
import { TypedEvents } from '../../src/runtime/events.ts';

interface BrokerEvents {
  workerLost: { readonly worker: string };
  error: { readonly reason: string };
}

const lost = (worker: string): BrokerEvents['workerLost'] => ({ worker });

describe('a listener', () => {
  test('hears every event of its kind from now on, with its value, until it is taken off', () => {
    const events = new TypedEvents<BrokerEvents>();
    const heard: string[] = [];
    events.emit('workerLost', lost('before'));
    const off = events.on('workerLost', ({ worker }) => heard.push(worker));
    events.emit('workerLost', lost('a'));
    events.emit('error', { reason: 'x' });
    events.emit('workerLost', lost('b'));
    off();
    off();
    events.emit('workerLost', lost('after'));
    expect(heard).toEqual(['a', 'b']);
  });

  test('that throws harms neither the others nor the one who emits, and is reported', () => {
    const failures: unknown[] = [];
    const events = new TypedEvents<BrokerEvents>((error, event) => failures.push([(error as Error).message, event]));
    const heard: string[] = [];
    events.on('workerLost', () => {
      throw new Error('listener bug');
    });
    events.on('workerLost', ({ worker }) => heard.push(worker));
    events.emit('workerLost', lost('a'));
    expect([failures, heard]).toEqual([[['listener bug', 'workerLost']], ['a']]);
  });

  test('may take itself or others off while it is called', () => {
    const events = new TypedEvents<BrokerEvents>();
    const heard: string[] = [];
    const off = events.on('workerLost', () => {
      heard.push('first');
      off();
    });
    events.on('workerLost', () => heard.push('second'));
    events.emit('workerLost', lost('a'));
    events.emit('workerLost', lost('b'));
    expect(heard).toEqual(['first', 'second', 'second']);
  });

  test('stops hearing when its signal aborts, and never begins when it has aborted', () => {
    const events = new TypedEvents<BrokerEvents>();
    const heard: string[] = [];
    const controller = new AbortController();
    events.on('workerLost', ({ worker }) => heard.push(worker), { signal: controller.signal });
    events.emit('workerLost', lost('a'));
    controller.abort();
    events.emit('workerLost', lost('b'));
    events.on('workerLost', ({ worker }) => heard.push(worker), { signal: controller.signal });
    events.emit('workerLost', lost('c'));
    expect(heard).toEqual(['a']);
    expect(events.observed('workerLost')).toBe(false);
  });

  test('is what makes an event observed', () => {
    const events = new TypedEvents<BrokerEvents>();
    expect(events.observed('workerLost')).toBe(false);
    const off = events.on('workerLost', () => undefined);
    expect([events.observed('workerLost'), events.observed('error')]).toEqual([true, false]);
    off();
    expect(events.observed('workerLost')).toBe(false);
  });
});

test('an event called "error" that nobody hears is no exception', () => {
  const events = new TypedEvents<BrokerEvents>();
  expect(() => {
    events.emit('error', { reason: 'nobody cares' });
  }).not.toThrow();
});

describe('once', () => {
  test('resolves with the next event and stops listening', async () => {
    const events = new TypedEvents<BrokerEvents>();
    const next = events.once('workerLost');
    events.emit('workerLost', lost('a'));
    events.emit('workerLost', lost('b'));
    await expect(next).resolves.toEqual(lost('a'));
    expect(events.observed('workerLost')).toBe(false);
  });

  test("rejects with the signal's reason when that comes first, and stops listening", async () => {
    const events = new TypedEvents<BrokerEvents>();
    const controller = new AbortController();
    const next = events.once('workerLost', { signal: controller.signal });
    controller.abort(new Error('gave up'));
    await expect(next).rejects.toThrow('gave up');
    expect(events.observed('workerLost')).toBe(false);
    await expect(events.once('workerLost', { signal: controller.signal })).rejects.toThrow('gave up');
  });

  test('is not undone by an abort that comes after', async () => {
    const events = new TypedEvents<BrokerEvents>();
    const controller = new AbortController();
    const next = events.once('workerLost', { signal: controller.signal });
    events.emit('workerLost', lost('a'));
    controller.abort();
    await expect(next).resolves.toEqual(lost('a'));
  });
});

describe('each', () => {
  async function namesOf(loop: AsyncIterable<{ readonly worker: string }>): Promise<string[]> {
    const names: string[] = [];
    for await (const { worker } of loop) names.push(worker);
    return names;
  }

  test('misses nothing between the call and the first turn of the loop', async () => {
    const events = new TypedEvents<BrokerEvents>();
    const controller = new AbortController();
    const loop = events.each('workerLost', { signal: controller.signal });
    events.emit('workerLost', lost('a'));
    events.emit('workerLost', lost('b'));
    controller.abort();
    await expect(namesOf(loop)).resolves.toEqual(['a', 'b']);
  });

  test('yields in order what comes while the loop waits and while it works', async () => {
    const events = new TypedEvents<BrokerEvents>();
    const seen: string[] = [];
    setImmediate(() => {
      events.emit('workerLost', lost('a'));
      events.emit('workerLost', lost('b'));
    });
    for await (const { worker } of events.each('workerLost')) {
      seen.push(worker);
      if (worker === 'b') events.emit('workerLost', lost('c'));
      if (worker === 'c') break;
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(events.observed('workerLost')).toBe(false);
  });

  test('ends when aborted while it waits', async () => {
    const events = new TypedEvents<BrokerEvents>();
    const controller = new AbortController();
    const names = namesOf(events.each('workerLost', { signal: controller.signal }));
    controller.abort();
    await expect(names).resolves.toEqual([]);
    expect(events.observed('workerLost')).toBe(false);
  });

  test('ends at once when it was aborted before', async () => {
    const loop = new TypedEvents<BrokerEvents>().each('workerLost', { signal: AbortSignal.abort() });
    await expect(namesOf(loop)).resolves.toEqual([]);
  });

  test('ends when all listeners are removed', async () => {
    const events = new TypedEvents<BrokerEvents>();
    const names = namesOf(events.each('workerLost'));
    events.emit('workerLost', lost('a'));
    events.removeAll();
    await expect(names).resolves.toEqual(['a']);
  });
});
