/** The Paranoid Pirate's worker in time, with a queue whose every word the test says: heartbeats, silence, back-off, foreign queues. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { InvalidEndpoint, type Peer } from '../../src/transport/transport.ts';
import type { ParanoidPirateWorkerOptions } from '../../src/paranoid-pirate/options.ts';
import { ParanoidPirateWorker } from '../../src/paranoid-pirate/worker.ts';
import { BACKEND, HEARTBEAT, Pirates, READY } from '../support/pirates.ts';
import { markOf, Outcome, textsOf, World, type RawListener } from '../support/world.ts';

let world: World;
let pirates: Pirates;
beforeEach(() => {
  // Nobody is told of lost connections, unless a test says so: time must tell.
  world = new World({ disconnectNotices: false });
  pirates = new Pirates(world);
});
afterEach(async () => {
  await world.end();
});

/** The address of a request from a queue of ours. */
const OURS = markOf(1, 0, 7);

/** Handlers that end when the test says so, in order. */
class Workbench {
  readonly bodies: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #finish: ((reply: string) => void)[] = [];

  readonly handler = (request: { readonly body: readonly Buffer[] }, { signal }: { readonly signal: AbortSignal }): Promise<string> => {
    this.bodies.push(textsOf(request.body).join('|'));
    this.signals.push(signal);
    return new Promise((resolve) => this.#finish.push(resolve));
  };

  async finish(reply: string): Promise<void> {
    this.#finish.shift()?.(reply);
    await world.settle();
  }
}

class RawQueue {
  readonly listener: RawListener;

  constructor(listener: RawListener) {
    this.listener = listener;
  }

  /** What came since the last look, heartbeats left out. */
  take(): { readonly from: Peer; readonly frames: string[] }[] {
    return this.listener.take().filter(({ frames }) => frames.length > 1 || frames[0] !== HEARTBEAT);
  }

  heartbeats(): number {
    return this.listener.take().filter(({ frames }) => frames.length === 1 && frames[0] === HEARTBEAT).length;
  }

  async ask(to: Peer, ...frames: string[]): Promise<void> {
    assert.equal(this.listener.send(to, ...frames), 'ok');
    await world.settle();
  }

  /** The worker that has just said READY. */
  newcomer(): Peer {
    const [ready, ...more] = this.take();
    assert.deepEqual([ready?.frames, more], [[READY], []]);
    return ready!.from;
  }
}

async function registered(
  bench: Workbench,
  options: ParanoidPirateWorkerOptions = {},
): Promise<{ queue: RawQueue; worker: ParanoidPirateWorker; peer: Peer }> {
  const queue = new RawQueue(await world.rawBroker(BACKEND));
  const worker = pirates.paranoidWorker(bench.handler, options);
  await world.settle();
  return { queue, worker, peer: queue.newcomer() };
}

describe('a queue that is silent', () => {
  test('is given up after three intervals; the pauses double from 1 s to 32 s, and each return begins with READY', async () => {
    const bench = new Workbench();
    const { queue, worker } = await registered(bench, { reconnectJitter: 0 });
    const pauses: number[] = [];
    worker.events.on('brokerLost', ({ reason, retryIn }) => {
      expect(reason).toBe('silent');
      pauses.push(retryIn);
    });
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]) {
      await world.advance(2999);
      expect(worker.inspect().state).toBe('idle');
      await world.advance(1);
      expect(worker.inspect().state).toBe('resting');
      queue.listener.take();
      await world.advance(pause - 1);
      expect(queue.take()).toEqual([]);
      await world.advance(1);
      queue.newcomer();
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]);
  });

  test('that is heard again starts the pauses over', async () => {
    const bench = new Workbench();
    const { queue, worker } = await registered(bench, { reconnectJitter: 0 });
    await world.advance(3000 + 1000 + 3000 + 2000);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { connections: 3 } });
    const peer = queue.take().at(-1)!.from;
    await queue.ask(peer, HEARTBEAT);
    const lost = new Outcome(worker.events.once('brokerLost'));
    await world.advance(3000);
    expect(lost.value).toMatchObject({ retryIn: 1000 });
  });

  test('the pauses are spread, so that workers that lost one queue do not come back as one', async () => {
    const bench = new Workbench();
    for (const random of [0, 0.25, 0.75]) {
      const worker = pirates.paranoidWorker(bench.handler, { random: () => random });
      const lost = new Outcome(worker.events.once('brokerLost'));
      await world.advance(3000);
      expect(lost.value).toMatchObject({ retryIn: 1000 * (1 + 0.8 * (2 * random - 1)) });
    }
  });

  test('heartbeats and requests both count as signs of life', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench);
    await world.advance(2500);
    await queue.ask(peer, HEARTBEAT);
    await world.advance(2500);
    await queue.ask(peer, OURS, '', 'job');
    await bench.finish('done');
    await world.advance(2500);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { connections: 1 } });
  });

  test('at work it is not given up: the Guide’s queues send nothing to a busy worker', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench);
    await queue.ask(peer, OURS, '', 'long');
    await world.advance(60_000);
    expect(worker.inspect().state).toBe('busy');
    await bench.finish('done');
    expect(queue.take().map(({ frames }) => frames)).toEqual([[OURS, '', 'done']]);
  });

  test('heartbeats do not pile up for it: at most one for each interval of patience', async () => {
    // Nobody listens yet.
    const bench = new Workbench();
    pirates.paranoidWorker(bench.handler, { reconnectJitter: 0 });
    await world.advance(100_000);
    const queue = new RawQueue(await world.rawBroker(BACKEND));
    await world.advance(35_000);
    expect(queue.heartbeats()).toBeLessThanOrEqual(6);
  });
});

describe('a queue whose connection is lost', () => {
  beforeEach(() => {
    world = new World();
    pirates = new Pirates(world);
  });

  test('idle: READY again after one pause, on a new connection', async () => {
    const bench = new Workbench();
    const { queue, worker } = await registered(bench, { reconnectJitter: 0 });
    world.network.cut(BACKEND);
    await world.settle();
    expect(worker.inspect().state).toBe('resting');
    await world.advance(1000);
    queue.newcomer();
  });

  test('at work: the handler learns that nobody waits, and the worker comes back when it has ended', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench, { reconnectJitter: 0 });
    await queue.ask(peer, OURS, '', 'job');
    world.network.cut(BACKEND);
    await world.settle();
    expect(bench.signals[0]?.aborted).toBe(true);
    await world.advance(10_000);
    expect(queue.take()).toEqual([]);
    await bench.finish('for nobody');
    await world.advance(1000);
    queue.newcomer();
    expect(worker.inspect().counters).toMatchObject({ repliesDiscarded: 1, replies: 0 });
  });
});

describe('towards a queue that is not ours', () => {
  test('W11: no heartbeat leaves a busy worker, which such a queue would take for a READY', async () => {
    const bench = new Workbench();
    const { queue, peer } = await registered(bench);
    await world.advance(1500);
    await queue.ask(peer, 'client', '', 'job');
    queue.listener.take();
    await world.advance(10_000);
    await queue.ask(peer, HEARTBEAT);
    await queue.ask(peer, HEARTBEAT);
    expect(queue.heartbeats()).toBe(0);
    await bench.finish('done');
    expect(queue.take().map(({ frames }) => frames)).toEqual([['client', '', 'done']]);
    await world.advance(1000);
    expect(queue.heartbeats()).toBe(1);
  });

  test('ours are told while it works', async () => {
    const bench = new Workbench();
    const { queue, peer } = await registered(bench);
    await queue.ask(peer, OURS, '', 'job');
    queue.listener.take();
    await world.advance(3000);
    expect(queue.heartbeats()).toBe(3);
  });

  test('W11: requests that come because a heartbeat crossed the first one are answered in their order', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench);
    await queue.ask(peer, 'one', '', 'first');
    await queue.ask(peer, 'two', '', 'second');
    await queue.ask(peer, 'three', '', 'third');
    expect(bench.bodies).toEqual(['first']);
    await bench.finish('1');
    expect(bench.bodies).toEqual(['first', 'second']);
    await bench.finish('2');
    await bench.finish('3');
    expect(queue.take().map(({ frames }) => frames)).toEqual([
      ['one', '', '1'],
      ['two', '', '2'],
      ['three', '', '3'],
    ]);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { requests: 3, replies: 3 } });
  });

  test('a queue that goes on sending without waiting for answers is left', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench);
    for (let number = 0; number <= 9; number++) await queue.ask(peer, 'client', '', String(number));
    expect(worker.inspect().state).toBe('orphaned');
    expect(bench.signals[0]?.aborted).toBe(true);
    await bench.finish('for nobody');
    expect(queue.take()).toEqual([]);
  });

  test('a bare DEALER client behind it gets a bare reply', async () => {
    const bench = new Workbench();
    const { queue, peer } = await registered(bench);
    await queue.ask(peer, 'client', 'bare');
    expect(bench.bodies).toEqual(['bare']);
    await bench.finish('bare, too');
    expect(queue.take().map(({ frames }) => frames)).toEqual([['client', 'bare, too']]);
  });

  test('what is no request is dropped and counted', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench);
    for (const word of [READY, '', 'word']) await queue.ask(peer, word);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { invalid: 3 } });
  });
});

describe('closing', () => {
  test('at work, with a slow interval, at a faster queue: it is answered, so that the request stays where it is', async () => {
    world = new World();
    pirates = new Pirates(world);
    const bench = new Workbench();
    const queue = await pirates.paranoidQueue({ heartbeatInterval: 500 });
    const worker = pirates.paranoidWorker(bench.handler, { heartbeatInterval: 5000, drainTimeout: 60_000 });
    await world.settle();
    const outcome = new Outcome(pirates.client({ requestTimeout: 60_000 }).request('job'));
    await world.advance(4000);
    const closed = new Outcome(worker.close());
    await world.advance(6000);
    expect(queue.inspect()).toMatchObject({ inFlight: 1, counters: { requeued: 0 } });
    await bench.finish('done');
    expect([closed.state, outcome.state]).toEqual(['fulfilled', 'fulfilled']);
  });

  test('at work: the reply goes out first, and what came behind it is left', async () => {
    const bench = new Workbench();
    const { queue, worker, peer } = await registered(bench);
    await queue.ask(peer, 'one', '', 'first');
    await queue.ask(peer, 'two', '', 'second');
    const closed = new Outcome(worker.close());
    await queue.ask(peer, 'three', '', 'third');
    expect(closed.state).toBe('open');
    await bench.finish('1');
    expect(closed.state).toBe('fulfilled');
    expect(queue.take().map(({ frames }) => frames)).toEqual([['one', '', '1']]);
    expect(bench.bodies).toEqual(['first']);
  });
});

describe('options', () => {
  const connect = (options: object) => (): unknown => ParanoidPirateWorker.connect(BACKEND, () => 'x', { ...world.ports(), ...options });

  test.each([
    ['heartbeatInterval', 0],
    ['heartbeatLiveness', 2.5],
    ['reconnectInterval', 0],
    ['reconnectMaximum', 999],
    ['reconnectJitter', 1.1],
    ['linger', -1],
    ['no such option', 1],
  ])('%s: %s is refused at once', (option, value) => {
    expect(connect({ [option]: value })).toThrow(InvalidOption);
  });

  test('a handler must be a function, an endpoint an endpoint', () => {
    expect(() => ParanoidPirateWorker.connect(BACKEND, 'no function' as never)).toThrow(InvalidOption);
    expect(() => ParanoidPirateWorker.connect('nowhere', () => 'x', world.ports())).toThrow(InvalidEndpoint);
  });
});
