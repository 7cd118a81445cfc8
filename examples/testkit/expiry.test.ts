/** A frozen worker is given up when its heartbeats stay away, on two kinds of fake clock. */
import { createClock } from '@sinonjs/fake-timers';
import { afterEach, expect, test, vi } from 'vitest';
import { MajordomoBroker, MajordomoClient, MajordomoWorker, clockFrom } from 'seaworthy';
import { createMemoryNetwork } from 'seaworthy/transport/memory';

const HEARTBEATS = { heartbeatInterval: 1000, heartbeatLiveness: 3 };

test('a worker that falls silent is given up after three intervals, to the millisecond', async () => {
  const fake = createClock();
  const clock = clockFrom(fake);
  // One clock for everything; a message takes one of its milliseconds.
  const transport = createMemoryNetwork({ clock, schedule: (turn) => clock.setTimeout(turn, 1) });
  const ports = { transport, clock, random: () => 0.5 };

  const broker = await MajordomoBroker.listen('memory://broker', { ...ports, ...HEARTBEATS });
  const worker = MajordomoWorker.connect(broker.endpoint, 'orders', () => 'sold', { ...ports, ...HEARTBEATS });
  const lost: string[] = [];
  broker.events.on('workerLost', ({ reason, noticedBy }) => {
    lost.push(`${fake.now} ms: ${reason}, noticed by ${noticedBy}`);
  });
  fake.tick(10_500);
  expect(broker.inspect().workers).toMatchObject([{ service: 'orders', state: 'idle' }]);

  // Nothing passes any more, and nobody is told: as if the process had been stopped.
  transport.freeze(broker.endpoint);
  fake.tick(5000);
  expect(lost).toEqual(['13001 ms: expired, noticed by heartbeat']);

  // It is back as soon as it has missed its broker in turn.
  transport.thaw(broker.endpoint);
  fake.tick(5000);
  expect(broker.inspect().workers).toMatchObject([{ service: 'orders', state: 'idle' }]);

  const closed = Promise.all([worker.close(), broker.close()]);
  await fake.runAllAsync();
  await closed;
});

afterEach(() => {
  vi.useRealTimers();
});

test('a worker that has fallen silent gets no order; when it is back, it gets what has waited', async () => {
  vi.useFakeTimers();
  // No clock is given: the default one looks the global timers up at each call. Messages pass in microtasks.
  const transport = createMemoryNetwork();
  const broker = await MajordomoBroker.listen('memory://broker', { transport, ...HEARTBEATS });
  const worker = MajordomoWorker.connect(broker.endpoint, 'orders', () => 'sold', { transport, ...HEARTBEATS });
  await vi.advanceTimersByTimeAsync(1000);
  expect(broker.inspect().workers).toMatchObject([{ service: 'orders', state: 'idle' }]);

  transport.freeze(broker.endpoint);
  await vi.advanceTimersByTimeAsync(5000);
  expect(broker.inspect().workers).toEqual([]);

  const client = MajordomoClient.connect(broker.endpoint, { transport, requestTimeout: 20_000 });
  const reply = client.request('orders', 'an anchor');
  transport.thaw(broker.endpoint);
  await vi.advanceTimersByTimeAsync(5000);
  expect(String((await reply).body[0])).toBe('sold');

  const closed = Promise.all([client, worker, broker].map((role) => role.close()));
  await vi.runAllTimersAsync();
  await closed;
});
