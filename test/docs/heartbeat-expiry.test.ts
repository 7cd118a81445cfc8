import { createClock } from '@sinonjs/fake-timers';
import { expect, test } from 'vitest';
import { MajordomoBroker, MajordomoWorker, clockFrom } from 'seaworthy';
import { createMemoryNetwork } from 'seaworthy/transport/memory';

test('a worker whose link goes dead expires after three silent intervals, and registers again when the link is back', async () => {
  // One clock for the network and both roles; a message takes one of its milliseconds.
  const fake = createClock();
  const clock = clockFrom(fake);
  const transport = createMemoryNetwork({ clock, schedule: (turn) => clock.setTimeout(turn, 1) });
  const ports = { transport, clock, random: () => 0.5 };

  const broker = await MajordomoBroker.listen('memory://broker', { ...ports, heartbeatInterval: 1000, heartbeatLiveness: 3 });
  const worker = MajordomoWorker.connect(broker.endpoint, 'echo', (request) => request.body, { ...ports, heartbeatInterval: 1000 });
  const lost: string[] = [];
  broker.events.on('workerLost', ({ reason, noticedBy }) => lost.push(`${reason}, noticed by ${noticedBy}`));

  fake.tick(10_500);
  expect(broker.inspect().workers).toMatchObject([{ service: 'echo', state: 'idle' }]);

  // From here on, half an interval after a heartbeat, nothing passes in either direction, and no one is told.
  transport.freeze(broker.endpoint);
  fake.tick(2000);
  expect(lost).toEqual([]);
  fake.tick(1000);
  expect(lost).toEqual(['expired, noticed by heartbeat']);
  expect(broker.inspect().workers).toEqual([]);

  transport.thaw(broker.endpoint);
  fake.tick(5000);
  expect(worker.inspect().counters.connections).toBe(2);
  expect(broker.inspect().workers).toMatchObject([{ service: 'echo', state: 'idle' }]);

  const closed = Promise.all([worker.close(), broker.close()]);
  await fake.runAllAsync();
  await closed;
});
