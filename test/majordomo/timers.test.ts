/** Everything in Majordomo that is a matter of time, to the millisecond: heartbeats, expiry, back-off, stalls. */
import { install } from '@sinonjs/fake-timers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import type { MajordomoBrokerOptions } from '../../src/majordomo/options.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { STALL_GRACE_MS } from '../../src/runtime/driver.ts';
import { createMemoryNetwork } from '../../src/transport/memory.ts';
import {
  CLIENT,
  DISCONNECT_MESSAGE,
  ENDPOINT,
  HEARTBEAT_MESSAGE,
  Outcome,
  RawListener,
  RawWorker,
  READY,
  REQUEST,
  WORKER,
  World,
} from '../support/world.ts';
import { EventLoop } from '../support/event-loop.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

const INTERVAL = 1000;
const LIVENESS = 3;
const EXPIRY = INTERVAL * LIVENESS;

/** Two heartbeats while it works, an interval apart: it goes on heartbeating. */
async function beatAtWork(worker: RawWorker): Promise<void> {
  for (let beat = 0; beat < 2; beat++) {
    await world.advance(INTERVAL);
    worker.heartbeat();
  }
  await world.settle();
}

describe('a broker and the silence of its workers', () => {
  const listen = (options: MajordomoBrokerOptions = {}): Promise<MajordomoBroker> =>
    world.broker({ heartbeatInterval: INTERVAL, heartbeatLiveness: LIVENESS, ...options });
  const workersOf = (broker: MajordomoBroker): number => broker.inspect().workers.length;

  /** A worker with a request in its hands. */
  async function busyWorker(): Promise<RawWorker> {
    const worker = await world.rawWorker('echo');
    world.rawClient().ask('echo', 'job');
    await world.settle();
    worker.takeRequest();
    return worker;
  }

  test('an idle worker expires after heartbeatInterval × heartbeatLiveness, not a millisecond before', async () => {
    const broker = await listen();
    const worker = await world.rawWorker('echo');
    await world.advance(EXPIRY - 1);
    expect(workersOf(broker)).toBe(1);
    worker.take();
    await world.advance(1);
    expect(workersOf(broker)).toBe(0);
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(broker.inspect()).toMatchObject({ services: [], counters: { workersLost: 1 } });
  });

  test('a heartbeat renews the whole time', async () => {
    const broker = await listen();
    const worker = await world.rawWorker('echo');
    await world.advance(EXPIRY - 1);
    worker.heartbeat();
    await world.advance(EXPIRY - 1);
    expect(workersOf(broker)).toBe(1);
    await world.advance(1);
    expect(workersOf(broker)).toBe(0);
  });

  test('a reply is as good as a heartbeat', async () => {
    const broker = await listen();
    const worker = await world.rawWorker('echo');
    world.rawClient().ask('echo', 'job');
    await world.advance(EXPIRY - 1);
    worker.reply(worker.takeRequest(), 'done');
    await world.advance(EXPIRY - 1);
    expect(workersOf(broker)).toBe(1);
    await world.advance(1);
    expect(workersOf(broker)).toBe(0);
  });

  test('a lost worker is reported with what noticed it', async () => {
    const broker = await listen();
    const lost: object[] = [];
    broker.events.on('workerLost', (event) => lost.push(event));
    await world.rawWorker('echo');
    await world.advance(EXPIRY);
    expect(lost).toMatchObject([{ service: 'echo', reason: 'expired', noticedBy: 'heartbeat', heldRequests: 0 }]);
  });

  test('a worker that is silent while busy keeps its request, however long it takes', async () => {
    const broker = await listen();
    const client = world.rawClient();
    const worker = await world.rawWorker('echo');
    client.ask('echo', 'job');
    await world.settle();
    const request = worker.takeRequest();
    await world.advance(100 * EXPIRY);
    expect(workersOf(broker)).toBe(1);
    worker.reply(request, 'done');
    await world.settle();
    expect(client.take()).toEqual([['', CLIENT, 'echo', 'done']]);
  });

  test('a worker seen heartbeating twice while busy is held to expiry', async () => {
    const broker = await listen();
    const worker = await busyWorker();
    await world.advance(INTERVAL);
    worker.heartbeat();
    await world.advance(INTERVAL);
    worker.heartbeat();
    await world.advance(EXPIRY - 1);
    expect(workersOf(broker)).toBe(1);
    worker.take();
    await world.advance(1);
    expect(workersOf(broker)).toBe(0);
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(broker.inspect()).toMatchObject({ queued: 1, inFlight: 0 });
  });

  test('one heartbeat that crossed the request on the wire proves nothing', async () => {
    const broker = await listen();
    const worker = await busyWorker();
    worker.heartbeat();
    await world.advance(100 * EXPIRY);
    expect(workersOf(broker)).toBe(1);
  });

  test('two heartbeats in two requests are not two in one', async () => {
    const broker = await listen();
    const worker = await world.rawWorker('echo');
    const client = world.rawClient();
    for (const last of [false, true]) {
      client.ask('echo', 'job');
      await world.settle();
      const request = worker.takeRequest();
      worker.heartbeat();
      await world.settle();
      if (!last) worker.reply(request, 'done');
    }
    await world.advance(100 * EXPIRY);
    expect(workersOf(broker)).toBe(1);
  });

  test('heartbeats that waited while the broker stood still prove nothing, however many', async () => {
    const broker = await listen();
    const worker = await busyWorker();
    for (let beat = 0; beat < 5; beat++) worker.heartbeat();
    await world.advance(100 * EXPIRY);
    expect(workersOf(broker)).toBe(1);
  });

  test('what was learnt in one request holds in the next', async () => {
    const broker = await listen();
    const worker = await world.rawWorker('echo');
    const client = world.rawClient();
    client.ask('echo', 'first');
    await world.settle();
    const first = worker.takeRequest();
    await beatAtWork(worker);
    worker.reply(first, 'done');
    client.ask('echo', 'second');
    await world.settle();
    worker.takeRequest();
    await world.advance(EXPIRY - 1);
    expect(workersOf(broker)).toBe(1);
    await world.advance(1);
    expect(workersOf(broker)).toBe(0);
  });

  test('a request handed to a worker shortly before it would expire does not give it new time', async () => {
    const broker = await listen();
    const worker = await world.rawWorker('echo');
    const client = world.rawClient();
    client.ask('echo', 'first');
    await world.settle();
    const first = worker.takeRequest();
    await beatAtWork(worker);
    worker.reply(first, 'done');
    await world.advance(EXPIRY - 1);
    client.ask('echo', 'second');
    await world.settle();
    expect(broker.inspect().inFlight).toBe(1);
    await world.advance(1);
    expect(broker.inspect()).toMatchObject({ inFlight: 0, queued: 1, workers: [] });
  });

  test('no worker holds one request for longer than busyLimit, heartbeats or not', async () => {
    const broker = await listen({ busyLimit: 10_500 });
    const worker = await busyWorker();
    const lost: object[] = [];
    broker.events.on('workerLost', (event) => lost.push(event));
    for (let beat = 0; beat < 10; beat++) {
      await world.advance(INTERVAL);
      worker.heartbeat();
    }
    await world.advance(499);
    expect(workersOf(broker)).toBe(1);
    worker.take();
    await world.advance(1);
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(lost).toMatchObject([{ reason: 'busy-limit', noticedBy: 'limit', heldRequests: 1 }]);
  });

  test('the busy limit is for one request, not for the worker', async () => {
    const broker = await listen({ busyLimit: 1000 });
    const worker = await world.rawWorker('echo');
    const client = world.rawClient();
    for (let job = 0; job < 5; job++) {
      client.ask('echo', 'job');
      await world.advance(999);
      worker.reply(worker.takeRequest(), 'done');
      await world.settle();
    }
    expect(workersOf(broker)).toBe(1);
    await world.advance(EXPIRY - 1);
    expect(workersOf(broker)).toBe(1);
  });
});

describe('the heartbeats of a broker', () => {
  const beatsIn = (worker: RawWorker): number => worker.take().filter((frames) => frames[2] === HEARTBEAT_MESSAGE[2]).length;

  test('an idle worker hears one in each interval', async () => {
    await world.broker({ heartbeatInterval: INTERVAL, heartbeatLiveness: 100 });
    const worker = await world.rawWorker('echo');
    await world.advance(INTERVAL - 1);
    expect(worker.take()).toEqual([]);
    await world.advance(1);
    expect(worker.take()).toEqual([HEARTBEAT_MESSAGE]);
    await world.advance(10 * INTERVAL);
    expect(worker.take()).toEqual(Array.from({ length: 10 }, () => HEARTBEAT_MESSAGE));
  });

  test('a busy worker hears them as well', async () => {
    await world.broker({ heartbeatInterval: INTERVAL });
    const worker = await world.rawWorker('echo');
    world.rawClient().ask('echo', 'job');
    await world.settle();
    worker.takeRequest();
    await world.advance(8 * INTERVAL);
    expect(worker.take()).toEqual(Array.from({ length: 8 }, () => HEARTBEAT_MESSAGE));
  });

  test('a worker that is kept at work hears none: its requests tell it that the broker is alive', async () => {
    await world.broker({ heartbeatInterval: INTERVAL });
    const worker = await world.rawWorker('echo');
    const client = world.rawClient();
    for (let job = 0; job < 20; job++) {
      await world.advance(INTERVAL / 2);
      client.ask('echo', 'job');
      await world.settle();
      worker.reply(worker.takeRequest(), 'done');
    }
    await world.settle();
    expect(beatsIn(worker)).toBe(0);
    await world.advance(INTERVAL - 1);
    expect(beatsIn(worker)).toBe(0);
    await world.advance(1);
    expect(beatsIn(worker)).toBe(1);
  });

  test('a worker that has left hears nothing more', async () => {
    await world.broker({ heartbeatInterval: INTERVAL });
    const worker = await world.rawWorker('echo');
    worker.disconnect();
    await world.advance(10 * INTERVAL);
    expect(worker.take()).toEqual([]);
  });
});

describe('a worker and the silence of its broker', () => {
  const connect = (handler = (): string => 'done') =>
    world.worker('echo', handler, { heartbeatInterval: INTERVAL, heartbeatLiveness: LIVENESS, reconnectInterval: 500 });

  test('an idle worker gives a silent broker up after heartbeatInterval × heartbeatLiveness, not a millisecond before', async () => {
    await world.rawBroker();
    const worker = connect();
    await world.settle();
    await world.advance(EXPIRY - 1);
    expect(worker.inspect().state).toBe('idle');
    await world.advance(1);
    expect(worker.inspect().state).toBe('resting');
  });

  test('a heartbeat of the broker restores all lives', async () => {
    const broker = await world.rawBroker();
    const worker = connect();
    await world.settle();
    const [ready] = broker.take();
    await world.advance(EXPIRY - 1);
    broker.send(ready!.from, ...HEARTBEAT_MESSAGE);
    await world.advance(EXPIRY - 1);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { connections: 1 } });
    await world.advance(1);
    expect(worker.inspect().state).toBe('resting');
  });

  test('the silence of the broker while the worker is busy is not its death', async () => {
    const broker = await world.rawBroker();
    let finish = (_reply: string): void => undefined;
    const worker = connect((): never => new Promise<string>((resolve) => (finish = resolve)) as never);
    await world.settle();
    const [ready] = broker.take();
    broker.send(ready!.from, '', WORKER, REQUEST, 'address', '', 'job');
    await world.advance(100 * EXPIRY);
    expect(worker.inspect()).toMatchObject({ state: 'busy', counters: { connections: 1 } });
    finish('done');
    await world.settle();
    expect(broker.take().at(-1)).toEqual({ from: ready!.from, frames: ['', WORKER, '\x03', 'address', '', 'done'] });
    // From now on it counts again, with all lives.
    await world.advance(EXPIRY - 1);
    expect(worker.inspect().state).toBe('idle');
    await world.advance(1);
    expect(worker.inspect().state).toBe('resting');
  });

  test('it heartbeats once in each interval, idle or busy, and not while it sends replies', async () => {
    const broker = await world.rawBroker();
    const worker = connect();
    await world.settle();
    const [ready] = broker.take();
    const { from } = ready!;
    await world.advance(INTERVAL - 1);
    expect(broker.take()).toEqual([]);
    await world.advance(1);
    expect(broker.take()).toEqual([{ from, frames: HEARTBEAT_MESSAGE }]);
    for (let job = 0; job < 10; job++) {
      await world.advance(INTERVAL / 2);
      broker.send(from, '', WORKER, REQUEST, 'address', '', 'job');
      await world.settle();
    }
    expect(broker.take().map(({ frames }) => frames[2])).toEqual(Array.from({ length: 10 }, () => '\x03'));
    expect(worker.inspect().counters.requests).toBe(10);
  });

  test.each([
    ['as short as jitter allows', 0, 0.2],
    ['in the middle', 0.5, 1],
    ['as long as jitter allows', 1 - 2 ** -53, 1.8],
  ])('each pause before it comes back is twice the last, up to the longest: %s', async (_what, random, factor) => {
    await world.end();
    world = new World({ random: () => random });
    const worker = world.worker('echo', () => 'done', {
      heartbeatInterval: INTERVAL,
      heartbeatLiveness: LIVENESS,
      reconnectInterval: 500,
      reconnectMaximum: 3000,
      reconnectJitter: 0.8,
    });
    for (const [index, pause] of [500, 1000, 2000, 3000, 3000, 3000].entries()) {
      await world.advance(EXPIRY);
      expect(worker.inspect()).toMatchObject({ state: 'resting', counters: { connections: index + 1 } });
      await world.advance(Math.ceil(pause * factor) - 1);
      expect(worker.inspect().state).toBe('resting');
      await world.advance(1);
      expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { connections: index + 2 } });
    }
  });

  test('workers that lose one broker at the same moment do not come back as one', async () => {
    await world.end();
    let seed = 1;
    // A small linear congruential generator: the same numbers in every run.
    world = new World({ random: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647 });
    const broker = await world.rawBroker();
    const workers = Array.from({ length: 200 }, () => world.worker('echo', () => 'done', { reconnectInterval: 1000 }));
    await world.settle();
    expect(broker.take()).toHaveLength(200);
    world.network.cut(ENDPOINT);
    await world.settle();
    expect(workers.every((worker) => worker.inspect().state === 'resting')).toBe(true);
    const arrivals: number[] = [];
    for (let window = 0; window < 18; window++) {
      await world.advance(100);
      arrivals.push(broker.take().filter(({ frames }) => frames[2] === READY).length);
    }
    // Spread evenly over 1600 ms, 200 workers make 12.5 in 100 ms; three times that would be a herd.
    expect(arrivals.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect(arrivals.slice(0, 2)).toEqual([0, 0]);
    expect(Math.max(...arrivals)).toBeLessThan(38);
  });
});

describe('a process that stood still', () => {
  /** Peers and roles on a loop that runs timers before reads, as Node's does. */
  async function stallingWorld() {
    const loop = new EventLoop();
    const network = createMemoryNetwork({ clock: loop, schedule: loop.schedule });
    const ports = { transport: network, clock: loop, random: () => 0.5 };
    const stalls: number[] = [];
    const roles: { close(): Promise<void> }[] = [];
    const kept = <R extends MajordomoBroker | MajordomoWorker | MajordomoClient>(role: R): R => {
      (role as MajordomoBroker).events.on('stalled', ({ milliseconds }) => stalls.push(milliseconds));
      roles.push(role);
      return role;
    };
    const end = async (): Promise<void> => {
      const closings = roles.map((role) => role.close());
      await loop.run(60_000);
      await Promise.all(closings);
      expect(loop.armed).toBe(0);
    };
    return { loop, network, ports, stalls, kept, end };
  }

  test('a worker keeps its place if its heartbeats are waiting in the socket of a broker that was paused', async () => {
    const { loop, network, ports, stalls, kept, end } = await stallingWorld();
    const broker = kept(await MajordomoBroker.listen(ENDPOINT, { ...ports, heartbeatInterval: INTERVAL }));
    const worker = new RawWorker(network, ENDPOINT);
    worker.ready('echo');
    await loop.run(INTERVAL);
    worker.heartbeat();
    worker.heartbeat();
    await loop.stall(20 * EXPIRY);
    await loop.run(STALL_GRACE_MS);
    expect(broker.inspect().workers).toHaveLength(1);
    expect(stalls).toHaveLength(1);
    expect(stalls[0]).toBeGreaterThan(19 * EXPIRY);
    // Its time runs from when it was heard, and it is not immortal.
    await loop.run(EXPIRY - STALL_GRACE_MS - 1);
    expect(broker.inspect().workers).toHaveLength(1);
    await loop.run(1);
    expect(broker.inspect().workers).toHaveLength(0);
    await worker.close();
    await end();
  });

  test('a worker that was silent all the while is gone when the broker wakes', async () => {
    const { loop, network, ports, kept, end } = await stallingWorld();
    const broker = kept(await MajordomoBroker.listen(ENDPOINT, { ...ports, heartbeatInterval: INTERVAL }));
    const [silent, beating] = [new RawWorker(network, ENDPOINT), new RawWorker(network, ENDPOINT)];
    silent.ready('silent');
    beating.ready('beating');
    await loop.run(INTERVAL);
    beating.heartbeat();
    await loop.stall(20 * EXPIRY);
    await loop.run(STALL_GRACE_MS);
    expect(broker.inspect().workers).toMatchObject([{ service: 'beating' }]);
    await silent.close();
    await beating.close();
    await end();
  });

  test('a worker that was paused keeps its connection if the broker’s heartbeats are waiting', async () => {
    const { loop, network, ports, kept, end } = await stallingWorld();
    const broker = await RawListener.listen(network, ENDPOINT);
    const worker = kept(MajordomoWorker.connect(ENDPOINT, 'echo', () => 'done', { ...ports, heartbeatInterval: INTERVAL }));
    await loop.run(EXPIRY - 1);
    const [ready] = broker.take();
    broker.send(ready!.from, ...HEARTBEAT_MESSAGE);
    await loop.stall(20 * EXPIRY);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { connections: 1 } });
    await loop.run(EXPIRY);
    expect(worker.inspect().state).toBe('resting');
    await broker.close();
    await end();
  });

  test('a request whose reply waits in the socket of a paused client is answered, not timed out', async () => {
    const { loop, network, ports, kept, end } = await stallingWorld();
    const broker = await RawListener.listen(network, ENDPOINT);
    const client = kept(MajordomoClient.connect(ENDPOINT, { ...ports, correlation: 'socket', requestTimeout: INTERVAL }));
    const answered = new Outcome(client.request('echo', 'one'));
    const silent = new Outcome(client.request('echo', 'two', { requestRetries: 1 }));
    await loop.run(INTERVAL / 2);
    const [one] = broker.take();
    broker.send(one!.from, '', CLIENT, 'echo', 'done');
    await loop.stall(20 * INTERVAL);
    await loop.run(STALL_GRACE_MS);
    expect(answered).toMatchObject({ state: 'fulfilled', value: { attempts: [{ outcome: 'replied' }] } });
    expect(silent).toMatchObject({ state: 'rejected', error: { code: 'REQUEST_TIMED_OUT' } });
    await broker.close();
    await end();
  });
});

describe('with the application’s own fake timers, and no clock passed in', () => {
  const controllers: readonly [
    name: string,
    use: () => { advance(milliseconds: number): Promise<unknown>; armed(): number; restore(): void },
  ][] = [
    [
      'vi.useFakeTimers()',
      () => {
        vi.useFakeTimers();
        return { advance: (ms) => vi.advanceTimersByTimeAsync(ms), armed: () => vi.getTimerCount(), restore: () => vi.useRealTimers() };
      },
    ],
    [
      'FakeTimers.install()',
      () => {
        const clock = install();
        return { advance: (ms) => clock.tickAsync(ms), armed: () => clock.countTimers(), restore: () => clock.uninstall() };
      },
    ],
  ];

  describe.each(controllers)('%s', (_name, use) => {
    test('a broker expires a silent worker at its moment', async () => {
      const timers = use();
      try {
        const transport = createMemoryNetwork();
        const broker = await MajordomoBroker.listen(ENDPOINT, { transport });
        const worker = new RawWorker(transport, ENDPOINT);
        worker.ready('echo');
        await timers.advance(7499);
        expect(broker.inspect().workers).toHaveLength(1);
        await timers.advance(2);
        expect(broker.inspect().workers).toHaveLength(0);
        await worker.close();
        await broker.close();
        expect(timers.armed()).toBe(0);
      } finally {
        timers.restore();
      }
    });

    test('a worker gives a silent broker up at its moment', async () => {
      const timers = use();
      try {
        const transport = createMemoryNetwork();
        const worker = MajordomoWorker.connect(ENDPOINT, 'echo', () => 'done', { transport });
        await timers.advance(7499);
        expect(worker.inspect().state).toBe('idle');
        await timers.advance(2);
        expect(worker.inspect().state).toBe('resting');
        await worker.close();
        expect(timers.armed()).toBe(0);
      } finally {
        timers.restore();
      }
    });

    test('a client’s request times out at its moment', async () => {
      const timers = use();
      try {
        const transport = createMemoryNetwork();
        const client = MajordomoClient.connect(ENDPOINT, { transport });
        const outcome = new Outcome(client.request('echo', 'job', { requestRetries: 1 }));
        await timers.advance(2499);
        expect(outcome.state).toBe('open');
        await timers.advance(2);
        expect(outcome).toMatchObject({ state: 'rejected', error: { code: 'REQUEST_TIMED_OUT' } });
        await client.close();
        expect(timers.armed()).toBe(0);
      } finally {
        timers.restore();
      }
    });
  });
});
