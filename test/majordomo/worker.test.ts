/** The worker with a broker whose every word the test says, and with our own: work, failure, loss of the broker, closing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BrokerLost } from '../../src/load-balancer/worker.ts';
import { MajordomoWorker, type HandlerContext, type WorkerHandler } from '../../src/majordomo/worker.ts';
import type { MajordomoWorkerOptions } from '../../src/majordomo/options.ts';
import { InvalidEndpoint, type Peer } from '../../src/transport/transport.ts';
import { uncaughtDuring } from '../support/uncaught.ts';
import {
  DISCONNECT_MESSAGE,
  ENDPOINT,
  HEARTBEAT_MESSAGE,
  markOf,
  Outcome,
  READY,
  REPLY,
  REQUEST,
  textsOf,
  WORKER,
  World,
  type RawListener,
} from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

const READY_MESSAGE = ['', WORKER, READY, 'echo'];
/** Far away, so that no heartbeat gets between what a test looks at. */
const QUIET: MajordomoWorkerOptions = { heartbeatInterval: 1_000_000, reconnectInterval: 500 };

/** A handler that ends when the test says so. */
class Workbench {
  readonly calls: { readonly body: string[]; readonly context: HandlerContext }[] = [];
  finish: (reply?: string) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  readonly handler: WorkerHandler = (request, context) => {
    this.calls.push({ body: textsOf(request.body), context });
    return new Promise<string>((resolve, reject) => {
      this.finish = (reply = 'done') => {
        resolve(reply);
      };
      this.fail = reject;
    });
  };

  get signal(): AbortSignal {
    return this.calls.at(-1)!.context.signal;
  }
}

/** A worker that has registered with a raw broker. */
async function registered(
  handler: WorkerHandler,
  options: MajordomoWorkerOptions = {},
): Promise<{ broker: RawListener; worker: MajordomoWorker; peer: Peer }> {
  const broker = await world.rawBroker();
  const worker = world.worker('echo', handler, { ...QUIET, ...options });
  await world.settle();
  const [ready, ...more] = broker.take();
  expect(more).toEqual([]);
  expect(ready!.frames).toEqual(READY_MESSAGE);
  return { broker, worker, peer: ready!.from };
}

const framesAt = (broker: RawListener): string[][] => broker.take().map(({ frames }) => frames);
const ask = async (broker: RawListener, peer: Peer, address = 'address', body = 'job'): Promise<void> => {
  expect(broker.send(peer, '', WORKER, REQUEST, address, '', body)).toBe('ok');
  await world.settle();
};
const replyTo = (address: string, ...body: string[]): string[] => ['', WORKER, REPLY, address, '', ...body];

describe('work', () => {
  test('the handler gets the frames, the service, the attempt and a signal; its result is the reply', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    await ask(broker, peer, markOf(2, 0, 7), 'one');
    expect(bench.calls).toMatchObject([{ body: ['one'], context: { service: 'echo', attempt: 2, signal: { aborted: false } } }]);
    expect(worker.inspect()).toMatchObject({ state: 'busy', counters: { requests: 1, replies: 0 } });
    bench.finish('two');
    await world.settle();
    expect(framesAt(broker)).toEqual([replyTo(markOf(2, 0, 7), 'two')]);
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { replies: 1, handlerFailures: 0 } });
  });

  test.each<[what: string, reply: unknown, body: string[]]>([
    ['nothing', undefined, ['']],
    ['no frame', [], ['']],
    ['text', 'ä', ['\xc3\xa4']],
    ['bytes', Uint8Array.of(1, 2), ['\x01\x02']],
    ['several frames', ['a', Buffer.from('b'), ''], ['a', 'b', '']],
  ])('a handler may return %s', async (_what, reply, body) => {
    const { broker, peer } = await registered(() => reply as string);
    await ask(broker, peer);
    expect(framesAt(broker)).toEqual([replyTo('address', ...body)]);
  });

  test('the bytes a handler returned may be changed afterwards', async () => {
    const bytes = Buffer.from('as returned');
    const { broker, peer } = await registered(() => bytes);
    world.network.freeze(ENDPOINT);
    broker.send(peer, '', WORKER, REQUEST, 'address', '', 'job');
    world.network.thaw(ENDPOINT);
    await world.settle();
    bytes.fill(0);
    expect(framesAt(broker)).toEqual([replyTo('address', 'as returned')]);
  });

  test.each<[what: string, handler: WorkerHandler]>([
    [
      'throws',
      () => {
        throw new Error('as asked');
      },
    ],
    ['rejects', () => Promise.reject(new Error('as asked'))],
    // eslint-disable-next-line typescript/prefer-promise-reject-errors, prefer-promise-reject-errors -- handlers may do worse than errors
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['returns what is no body', () => 42 as unknown as string],
    ['returns null', () => null as unknown as string],
    ['returns frames that are none', () => [{}] as unknown as string[]],
  ])('a handler that %s: DISCONNECT, and back after a pause', async (_what, handler) => {
    const { broker, worker, peer } = await registered(handler);
    const failed = new Outcome(worker.events.once('handlerFailed'));
    await ask(broker, peer);
    expect(framesAt(broker)).toEqual([DISCONNECT_MESSAGE]);
    expect(failed).toMatchObject({ state: 'fulfilled', value: { service: 'echo', attempt: 1 } });
    await world.advance(499);
    expect(framesAt(broker)).toEqual([]);
    await world.advance(1);
    expect(framesAt(broker)).toEqual([READY_MESSAGE]);
    expect(broker.gone).toBe(1);
    expect(worker.inspect().counters).toMatchObject({ handlerFailures: 1, connections: 2, replies: 0, faults: 0 });
  });

  test('its life is told in events', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    const told: [string, object][] = [];
    for (const event of ['registered', 'brokerLost', 'requestStarted', 'requestFinished', 'closed'] as const)
      worker.events.on(event, (value) => told.push([event, value]));
    await ask(broker, peer);
    await world.advance(1234);
    bench.finish();
    await world.settle();
    broker.send(peer, ...DISCONNECT_MESSAGE);
    await world.advance(500);
    await worker.close();
    expect(told).toEqual([
      ['requestStarted', { service: 'echo', attempt: 1 }],
      ['requestFinished', { service: 'echo', attempt: 1, milliseconds: 1234 }],
      ['brokerLost', { reason: 'dismissed', retryIn: 500, endpoint: ENDPOINT }],
      ['registered', { service: 'echo', endpoint: ENDPOINT }],
      ['closed', { service: 'echo' }],
    ]);
  });

  test('a trace sink that throws does not keep a worker from its work', async () => {
    const { broker, peer } = await registered(() => 'done', {
      trace: () => {
        throw new Error('a trace sink that throws');
      },
    });
    await ask(broker, peer);
    expect(framesAt(broker)).toEqual([replyTo('address', 'done')]);
  });

  test('garbage from the broker is counted and changes nothing', async () => {
    const { broker, worker, peer } = await registered(() => 'done');
    for (const frames of [
      ['junk'],
      ['', WORKER, '\x09'],
      ['', WORKER, REQUEST, 'address', 'no delimiter', 'job'],
      ['', WORKER, READY, 'echo'],
    ])
      broker.send(peer, ...frames);
    await world.settle();
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { invalid: 4, connections: 1 } });
    expect(broker.take()).toEqual([]);
  });
});

describe('when the broker is lost', () => {
  const losses: readonly [how: string, reason: string, lose: (broker: RawListener, peer: Peer) => unknown][] = [
    ['the broker says DISCONNECT', 'dismissed', (broker, peer) => broker.send(peer, ...DISCONNECT_MESSAGE)],
    ['the connection is cut', 'disconnected', () => world.network.cut(ENDPOINT)],
  ];

  test.each(losses)('%s: an idle worker comes back on a new connection after a pause', async (_how, reason, lose) => {
    const { broker, worker, peer } = await registered(() => 'done');
    const lost = new Outcome(worker.events.once('brokerLost'));
    lose(broker, peer);
    await world.settle();
    expect(lost.value).toEqual({ reason, retryIn: 500, endpoint: ENDPOINT });
    expect(worker.inspect().state).toBe('resting');
    await world.advance(499);
    expect(broker.take()).toEqual([]);
    await world.advance(1);
    const [ready, ...more] = broker.take();
    expect(more).toEqual([]);
    expect(ready!.frames).toEqual(READY_MESSAGE);
    expect(ready!.from).not.toBe(peer);
  });

  test.each(losses)(
    '%s: a busy worker learns that nobody waits, ends its work, and comes back after a pause',
    async (_how, reason, lose) => {
      const bench = new Workbench();
      const { broker, worker, peer } = await registered(bench.handler);
      const lost = new Outcome(worker.events.once('brokerLost'));
      const discarded = new Outcome(worker.events.once('replyDiscarded'));
      const stalled = new Outcome(worker.events.once('stalled'));
      await ask(broker, peer);
      lose(broker, peer);
      await world.settle();
      expect(bench.signal.aborted).toBe(true);
      expect(bench.signal.reason).toBeInstanceOf(BrokerLost);
      expect(bench.signal.reason).toMatchObject({ code: 'BROKER_LOST', service: 'echo' });
      expect(lost.value).toEqual({ reason, retryIn: 0, endpoint: ENDPOINT });
      // One request at a time: it does not register while the handler runs.
      await world.advance(60_000);
      expect(worker.inspect().state).toBe('orphaned');
      expect(broker.take()).toEqual([]);
      bench.finish('for nobody');
      await world.settle();
      expect(discarded.value).toEqual({ service: 'echo', attempt: 1 });
      expect(worker.inspect()).toMatchObject({ state: 'resting', counters: { replies: 0, repliesDiscarded: 1 } });
      await world.advance(499);
      expect(broker.take()).toEqual([]);
      await world.advance(1);
      expect(framesAt(broker)).toEqual([READY_MESSAGE]);
      // Time was read when the handler ended, not when the connection was left: nothing stood still.
      expect(stalled.state).toBe('open');
    },
  );

  test('a handler that fails while nobody waits is no reason to stay away', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    await ask(broker, peer);
    world.network.cut(ENDPOINT);
    await world.settle();
    bench.fail(new Error('aborted'));
    await world.advance(500);
    expect(framesAt(broker)).toEqual([READY_MESSAGE]);
    expect(worker.inspect().counters).toMatchObject({ handlerFailures: 1, repliesDiscarded: 1 });
  });

  test('a second request at work is answered with DISCONNECT; the first result goes nowhere', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    await ask(broker, peer, 'first');
    await ask(broker, peer, 'second');
    expect(framesAt(broker)).toEqual([DISCONNECT_MESSAGE]);
    expect(bench.calls).toHaveLength(1);
    expect(bench.signal.aborted).toBe(true);
    bench.finish();
    await world.advance(500);
    expect(framesAt(broker)).toEqual([READY_MESSAGE]);
    expect(worker.inspect().counters).toMatchObject({ requests: 1, replies: 0, repliesDiscarded: 1 });
  });

  test('a broker that comes later finds the worker', async () => {
    world.worker('echo', () => 'done', { heartbeatInterval: 1000, reconnectInterval: 500 });
    await world.advance(100_000);
    const broker = await world.broker({ heartbeatInterval: 1000 });
    // The longest pause is 8 s here, in the middle of the jitter.
    await world.advance(8000 + 500);
    expect(broker.inspect().workers).toMatchObject([{ service: 'echo', state: 'idle' }]);
  });

  test('after a restart of the broker all its workers are back within the pause', async () => {
    const options = { heartbeatInterval: 1000, reconnectInterval: 500 };
    const first = await world.broker();
    const workers = Array.from({ length: 10 }, () => world.worker('echo', () => 'done', options));
    await world.settle();
    expect(first.inspect().workers).toHaveLength(10);
    await first.close();
    const second = await world.broker();
    await world.advance(500);
    expect(second.inspect().workers).toHaveLength(10);
    expect(workers.map((worker) => worker.inspect().counters.connections)).toEqual(Array.from({ length: 10 }, () => 2));
  });

  test('a worker that its broker has given up learns it by its heartbeat, and registers anew', async () => {
    const broker = await world.broker({ heartbeatInterval: 1000, heartbeatLiveness: 3 });
    const worker = world.worker('echo', () => 'done', { heartbeatInterval: 1000, reconnectInterval: 500 });
    await world.settle();
    // Its process stands still for longer than the broker waits; then everything that was sent arrives.
    world.network.freeze(ENDPOINT);
    await world.advance(2500);
    expect(broker.inspect().workers).toHaveLength(1);
    await world.advance(500);
    expect(broker.inspect().workers).toHaveLength(0);
    world.network.thaw(ENDPOINT);
    await world.advance(1500);
    expect(broker.inspect().workers).toHaveLength(1);
    expect(worker.inspect().state).toBe('idle');
  });

  test('a connection that overflows is left, idle or busy', async () => {
    const bench = new Workbench();
    const { broker, worker } = await registered(bench.handler);
    world.transport.overflow(world.transport.lastRemote);
    await world.advance(500);
    const [ready] = broker.take();
    expect(ready!.frames).toEqual(READY_MESSAGE);
    await ask(broker, ready!.from);
    world.transport.overflow(world.transport.lastRemote);
    await world.settle();
    expect(bench.signal.aborted).toBe(true);
    expect(worker.inspect()).toMatchObject({ state: 'orphaned', counters: { undeliverable: 2 } });
  });

  test('a reply that the connection does not take is as bad as a lost connection: the request goes elsewhere', async () => {
    const broker = await world.broker({ heartbeatInterval: 1000 });
    const client = world.rawClient();
    const worker = world.worker('echo', () => 'done', { heartbeatInterval: 1000, reconnectInterval: 500 });
    await world.settle();
    world.transport.refuse = (frames) => (frames[2] === REPLY ? 'again' : 'ok');
    client.ask('echo', 'job');
    await world.settle();
    expect(broker.inspect()).toMatchObject({ inFlight: 0, queued: 1 });
    expect(worker.inspect().counters).toMatchObject({ undeliverable: 1 });
    world.transport.refuse = () => 'ok';
    await world.advance(500);
    expect(client.take()).toEqual([['', 'MDPC01', 'echo', 'done']]);
  });

  test('a connection that cannot be opened is tried again, not given up', async () => {
    const broker = await world.rawBroker();
    world.transport.failure = new Error('too many sockets');
    const worker = world.worker('echo', () => 'done', QUIET);
    await world.advance(3000);
    expect(worker.inspect()).toMatchObject({ counters: { connections: 0 } });
    world.transport.failure = undefined;
    await world.advance(500);
    expect(framesAt(broker)).toEqual([READY_MESSAGE]);
    expect(worker.inspect().state).toBe('idle');
  });
});

describe('closing', () => {
  test('an idle worker says DISCONNECT and is closed at once', async () => {
    const { broker, worker } = await registered(() => 'done');
    const closed = new Outcome(worker.close());
    await world.settle();
    expect(closed.state).toBe('fulfilled');
    expect(framesAt(broker)).toEqual([DISCONNECT_MESSAGE]);
    expect(broker.gone).toBe(1);
    expect(world.transport.open.size).toBe(0);
    expect(world.time.countTimers()).toBe(0);
  });

  test('a broker of ours is told which request was the last that came', async () => {
    const { broker, worker, peer } = await registered(() => 'done');
    const [first, last] = [markOf(1, 0, 7), markOf(2, 0, 8)];
    for (const address of [first, last]) await ask(broker, peer, address);
    const closed = worker.close();
    await world.settle();
    expect(framesAt(broker)).toEqual([replyTo(first, 'done'), replyTo(last, 'done'), [...DISCONNECT_MESSAGE, last]]);
    await closed;
  });

  test('before the first request, a worker that asked for several says so', async () => {
    const broker = await world.rawBroker();
    const worker = world.worker('echo', () => 'done', { ...QUIET, concurrency: 2 });
    await world.settle();
    broker.take();
    await worker.close();
    expect(framesAt(broker)).toEqual([[...DISCONNECT_MESSAGE, '']]);
  });

  test('a new connection knows nothing of the requests of the one before', async () => {
    const { broker, worker, peer } = await registered(() => 'done');
    await ask(broker, peer, markOf(1, 0, 7));
    broker.send(peer, ...DISCONNECT_MESSAGE);
    await world.advance(1000);
    expect(framesAt(broker)).toEqual([replyTo(markOf(1, 0, 7), 'done'), READY_MESSAGE]);
    await worker.close();
    expect(framesAt(broker)).toEqual([DISCONNECT_MESSAGE]);
  });

  test('a busy worker finishes first: REPLY, then DISCONNECT', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler, { heartbeatInterval: 1000 });
    await ask(broker, peer);
    const closed = new Outcome(worker.close());
    await world.advance(2000);
    expect(closed.state).toBe('open');
    expect(framesAt(broker)).toEqual([HEARTBEAT_MESSAGE, HEARTBEAT_MESSAGE]);
    bench.finish();
    await world.settle();
    expect(framesAt(broker)).toEqual([replyTo('address', 'done'), DISCONNECT_MESSAGE]);
    expect(closed.state).toBe('fulfilled');
    expect(world.time.countTimers()).toBe(0);
  });

  test('it waits for drainTimeout and no longer; then the handler learns that nobody waits', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler, { drainTimeout: 3000 });
    await ask(broker, peer);
    const closed = new Outcome(worker.close());
    await world.advance(2999);
    expect(closed.state).toBe('open');
    expect(bench.signal.aborted).toBe(false);
    await world.advance(1);
    expect(closed.state).toBe('fulfilled');
    expect(bench.signal.aborted).toBe(true);
    expect(framesAt(broker)).toEqual([DISCONNECT_MESSAGE]);
    // A handler that ends later harms nobody.
    bench.finish();
    await world.settle();
    expect(broker.take()).toEqual([]);
    expect(worker.inspect().counters).toMatchObject({ replies: 0, faults: 0 });
  });

  test('a handler that fails while closing sends no reply', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    await ask(broker, peer);
    const closed = new Outcome(worker.close());
    bench.fail(new Error('as asked'));
    await world.settle();
    expect(framesAt(broker)).toEqual([DISCONNECT_MESSAGE]);
    expect(closed.state).toBe('fulfilled');
  });

  test.each([
    ['the broker says DISCONNECT', (broker: RawListener, peer: Peer) => void broker.send(peer, ...DISCONNECT_MESSAGE)],
    ['the connection is cut', () => world.network.cut(ENDPOINT)],
  ])('%s while it closes: there is nothing to wait for', async (_how, lose) => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    await ask(broker, peer);
    const closed = new Outcome(worker.close());
    lose(broker, peer);
    await world.settle();
    expect(closed.state).toBe('fulfilled');
    expect(bench.signal.aborted).toBe(true);
  });

  test('it may be closed while it rests, and while nobody waits for its handler', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler);
    const other = world.worker('echo', () => 'done', QUIET);
    await ask(broker, peer);
    world.network.cut(ENDPOINT);
    await world.settle();
    expect([worker.inspect().state, other.inspect().state]).toEqual(['orphaned', 'resting']);
    await Promise.all([worker.close(), other.close()]);
    bench.finish();
    await world.advance(100_000);
    expect(framesAt(broker).filter((frames) => frames[2] === READY)).toHaveLength(1);
    expect(world.time.countTimers()).toBe(0);
  });

  test('it may be closed before its transport is there', async () => {
    const { clock, random } = world.ports();
    // Without a transport given, ZeroMQ's is loaded first.
    const worker = MajordomoWorker.connect('tcp://127.0.0.1:1', 'echo', () => 'done', { clock, random });
    expect(worker.inspect().state).toBe('new');
    await worker.close();
    await import('../../src/transport/zeromq.ts');
    await world.settle();
    expect(worker.inspect()).toMatchObject({ state: 'closed', counters: { connections: 0, faults: 0 } });
  });

  test('closing again is the same closing, also from within a listener and from within the handler', async () => {
    const closings: Promise<void>[] = [];
    const { broker, worker, peer } = await registered(() => {
      closings.push(worker.close());
      return 'done';
    });
    worker.events.on('requestStarted', () => closings.push(worker.close()));
    await ask(broker, peer);
    closings.push(worker.close(), worker[Symbol.asyncDispose]());
    expect(new Set(closings).size).toBe(1);
    await closings[0];
    expect(framesAt(broker)).toEqual([replyTo('address', 'done'), DISCONNECT_MESSAGE]);
  });

  test('when close() resolves no earlier connection lingers either', async () => {
    const bench = new Workbench();
    const { broker, worker, peer } = await registered(bench.handler, { linger: 10_000, reconnectInterval: 1 });
    await ask(broker, peer);
    // Its DISCONNECT cannot be delivered for now.
    world.network.freeze(peer);
    bench.fail(new Error('as asked'));
    await world.advance(1);
    const [ready] = broker.take();
    // The next connection has nothing to deliver when it is left.
    broker.send(ready!.from, ...DISCONNECT_MESSAGE);
    await world.settle();
    expect(worker.inspect().state).toBe('resting');
    const closed = new Outcome(worker.close());
    await world.advance(9000);
    expect(closed.state).toBe('open');
    await world.advance(1000);
    expect(closed.state).toBe('fulfilled');
    expect(world.transport.open.size).toBe(0);
    expect(world.time.countTimers()).toBe(0);
  });

  test('a closed worker leaves no request behind: the broker hands it to another', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    const bench = new Workbench();
    const leaving = world.worker('echo', bench.handler, { ...QUIET, drainTimeout: 100 });
    await world.settle();
    client.ask('echo', 'job');
    await world.settle();
    world.worker('echo', () => 'by the other', QUIET);
    const closed = new Outcome(leaving.close());
    await world.advance(100);
    expect(closed.state).toBe('fulfilled');
    expect(client.take()).toEqual([['', 'MDPC01', 'echo', 'by the other']]);
    expect(broker.inspect().counters).toMatchObject({ requeued: 1, replied: 1 });
  });
});

describe('a transport that refuses the endpoint for good', () => {
  const refusal = new InvalidEndpoint('memory://nowhere', 'memory');
  beforeEach(() => {
    world.transport.failure = refusal;
  });

  test('ends the worker, which tells whoever listens as soon as it has been made', async () => {
    const worker = world.worker('echo', () => 'done');
    const unusable = worker.events.once('unusable');
    await world.settle();
    expect(await unusable).toEqual({ error: refusal });
    expect(worker.inspect().state).toBe('closed');
  });

  test('is thrown as an uncaught error when the worker has closed, if nobody listens', async () => {
    const uncaught = await uncaughtDuring(async () => {
      world.worker('echo', () => 'done');
      await world.settle();
    });
    expect(uncaught).toEqual([refusal]);
  });
});
