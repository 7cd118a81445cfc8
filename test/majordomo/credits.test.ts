/** Workers that hold several requests at once, and what their broker makes of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { RequestFailed } from '../../src/majordomo/errors.ts';
import type { MajordomoWorker, WorkerHandler } from '../../src/majordomo/worker.ts';
import type { Peer } from '../../src/transport/transport.ts';
import { encodeCredit } from '../../src/wire/credit.ts';
import { DISCONNECT_MESSAGE, HEARTBEAT_MESSAGE, READY, RawWorker, WORKER, World, type RawClient } from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

const FAILURE = '\x06';
const CREDIT = '\x07';
const DISCONNECT = '\x05';

/** A worker of ours that says only what the test says, and may hold so many requests. */
async function creditWorker(credit: number, service = 'echo'): Promise<RawWorker> {
  const worker = await world.rawWorker('other');
  await worker.close();
  const another = new RawWorker(world.network, 'memory://broker');
  another.send('', WORKER, READY, service, encodeCredit(credit));
  await world.settle();
  return another;
}
const bodiesOf = (worker: RawWorker): (string | undefined)[] => worker.takeRequests().map(({ body }) => body[0]);

/** A handler whose calls end when the test says so. */
class Desk {
  readonly calls: { readonly body: string; done(reply: string): void; fail(): void; readonly signal: AbortSignal }[] = [];
  readonly handler: WorkerHandler = (request, { signal }) =>
    new Promise((resolve, reject) => {
      this.calls.push({
        body: String(request.body[0]),
        done: resolve,
        fail: () => {
          reject(new Error('on purpose'));
        },
        signal,
      });
    });

  get open(): readonly string[] {
    return this.calls.map(({ body }) => body);
  }

  async end(body: string): Promise<void> {
    this.#take(body).done(`done ${body}`);
    await world.settle();
  }

  async fail(body: string): Promise<void> {
    this.#take(body).fail();
    await world.settle();
  }

  #take(body: string): Desk['calls'][number] {
    const at = this.calls.findIndex((call) => call.body === body);
    return this.calls.splice(at, 1)[0] as Desk['calls'][number];
  }
}

function stateOf(broker: MajordomoBroker): object {
  const { queued, inFlight, workers } = broker.inspect();
  return { queued, inFlight, held: workers.map(({ held }) => held) };
}

describe('a worker that may hold several requests', () => {
  test('works on as many at once as it says, and no more', async () => {
    const broker = await world.broker();
    const desk = new Desk();
    const worker = world.worker('echo', desk.handler, { concurrency: 3 });
    const client = world.rawClient();
    for (const body of ['a', 'b', 'c', 'd', 'e']) client.ask('echo', body);
    await world.settle();
    expect(desk.open).toEqual(['a', 'b', 'c']);
    expect(worker.inspect()).toMatchObject({ state: 'busy', running: 3 });
    expect(broker.inspect()).toMatchObject({ inFlight: 3, queued: 2, workers: [{ state: 'busy', held: 3, concurrency: 3 }] });
    // In any order: each answer finds its request.
    await desk.end('b');
    await desk.end('a');
    expect(desk.open).toEqual(['c', 'd', 'e']);
    for (const body of ['e', 'c', 'd']) await desk.end(body);
    expect(client.take().map((frames) => frames.at(-1))).toEqual(['done b', 'done a', 'done e', 'done c', 'done d']);
    expect(worker.inspect()).toMatchObject({ state: 'idle', running: 0 });
    expect(stateOf(broker)).toEqual({ queued: 0, inFlight: 0, held: [0] });
  });

  test('at a broker that knows nothing of it gets one at a time, and answers', async () => {
    const listener = await world.rawBroker();
    world.worker('echo', ({ body }) => [...body], { concurrency: 4 });
    await world.settle();
    const [ready] = listener.take();
    expect(ready?.frames.slice(0, 4)).toEqual(['', WORKER, READY, 'echo']);
    expect(ready?.frames).toHaveLength(5);
  });

  test('a broker grants no more than its maxConcurrency', async () => {
    const broker = await world.broker({ maxConcurrency: 2 });
    const worker = await creditWorker(1000);
    const client = world.rawClient();
    for (const body of ['a', 'b', 'c']) client.ask('echo', body);
    await world.settle();
    expect(bodiesOf(worker)).toEqual(['a', 'b']);
    expect(broker.inspect().workers).toMatchObject([{ concurrency: 2, held: 2 }]);
    await worker.close();
  });

  test('dies: all that it held goes to others, in the order in which it came', async () => {
    const broker = await world.broker();
    const dying = await creditWorker(3);
    const client = world.rawClient();
    for (const body of ['a', 'b', 'c', 'd']) client.ask('echo', body);
    await world.settle();
    const lost: object[] = [];
    broker.events.on('workerLost', (event) => lost.push(event));
    await dying.close();
    await world.settle();
    expect(lost).toMatchObject([{ heldRequests: 3, reason: 'disconnected' }]);
    expect(stateOf(broker)).toEqual({ queued: 4, inFlight: 0, held: [] });
    const other = await creditWorker(8);
    expect(bodiesOf(other)).toEqual(['a', 'b', 'c', 'd']);
    await other.close();
  });

  test('with delivery policy "fail" all that it held has failed, each once', async () => {
    await world.broker({ deliveryPolicy: 'fail' });
    const dying = await creditWorker(3);
    const client = world.client();
    const requests = ['a', 'b', 'c'].map((body) => client.request('echo', body));
    await world.settle();
    await dying.close();
    for (const outcome of await Promise.allSettled(requests))
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(RequestFailed) as object });
  });

  test('whose handler fails gives back that request alone', async () => {
    const broker = await world.broker();
    const desk = new Desk();
    world.worker('echo', desk.handler, { concurrency: 2 });
    const client = world.rawClient();
    client.ask('echo', 'good');
    client.ask('echo', 'bad');
    await world.settle();
    const [good] = desk.calls;
    await desk.fail('bad');
    expect(broker.inspect()).toMatchObject({ counters: { requeued: 1, workersLost: 0 } });
    expect(good?.signal.aborted).toBe(false);
    await world.advance(1000);
    expect(desk.open).toEqual(['good', 'bad']);
    await desk.end('good');
    await desk.end('bad');
    expect(client.take().map((frames) => frames.at(-1))).toEqual(['done good', 'done bad']);
  });

  test('whose handler fails takes nothing new for a pause, and what it works on goes on', async () => {
    const broker = await world.broker();
    const desk = new Desk();
    world.worker('echo', desk.handler, { concurrency: 4, reconnectInterval: 500 });
    const client = world.rawClient();
    for (const body of ['good', 'bad']) client.ask('echo', body);
    await world.settle();
    await desk.fail('bad');
    client.ask('echo', 'new');
    // At 0.5 the jitter is none.
    await world.advance(499);
    expect(desk.open).toEqual(['good']);
    expect(stateOf(broker)).toEqual({ queued: 2, inFlight: 1, held: [1] });
    await desk.end('good');
    await world.advance(1);
    await world.settle();
    expect(desk.open).toEqual(['bad', 'new']);
    expect(broker.inspect().workers).toMatchObject([{ concurrency: 4 }]);
    for (const body of ['bad', 'new']) await desk.end(body);
    expect(client.take().map((frames) => frames.at(-1))).toEqual(['done good', 'done bad', 'done new']);
  });

  test('whose handler always fails costs no request its answer while others do well', async () => {
    const broker = await world.broker();
    const failing: WorkerHandler = () => {
      throw new Error('out of order');
    };
    const after = (milliseconds: number): Promise<void> => new Promise((resolve) => world.clock.setTimeout(resolve, milliseconds));
    const working: WorkerHandler = async ({ body }) => {
      await after(50);
      return body;
    };
    world.worker('echo', failing, { concurrency: 16 });
    for (let i = 0; i < 3; i++) world.worker('echo', working, { concurrency: 16 });
    const client = world.client();
    const outcomes: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      outcomes.push(client.request('echo', String(i)));
      await world.advance(5);
    }
    await world.advance(2000);
    await Promise.all(outcomes);
    expect(broker.inspect().counters).toMatchObject({ accepted: 300, replied: 300, failed: 0 });
    expect(broker.inspect().counters.requeued).toBeGreaterThan(0);
  });

  test('that is closed finishes what it has, and is given nothing more', async () => {
    const broker = await world.broker();
    const desk = new Desk();
    const worker = world.worker('echo', desk.handler, { concurrency: 3 });
    const client = world.rawClient();
    client.ask('echo', 'a');
    client.ask('echo', 'b');
    await world.settle();
    const closed = worker.close();
    await world.settle();
    client.ask('echo', 'c');
    await world.settle();
    expect(desk.open).toEqual(['a', 'b']);
    expect(stateOf(broker)).toEqual({ queued: 1, inFlight: 2, held: [2] });
    await desk.end('a');
    expect(stateOf(broker)).toEqual({ queued: 1, inFlight: 1, held: [1] });
    await desk.end('b');
    await closed;
    expect(client.take().map((frames) => frames.at(-1))).toEqual(['done a', 'done b']);
    expect(broker.inspect()).toMatchObject({ queued: 1, workers: [], counters: { requeued: 0 } });
  });

  test('a request that was on its way to a worker that closes is declined, and counts as not delivered', async () => {
    const broker = await world.broker({ maxDeliveries: 1 });
    const worker = await creditWorker(2);
    const client = world.rawClient();
    client.ask('echo', 'a');
    await world.settle();
    const request = worker.takeRequest();
    worker.send('', WORKER, CREDIT, encodeCredit(0));
    worker.send('', WORKER, FAILURE, request.address, 'declined');
    await world.settle();
    expect(broker.inspect()).toMatchObject({
      queued: 1,
      inFlight: 0,
      counters: { requeued: 1, deliveries: 0, failed: 0 },
      workers: [{ concurrency: 0 }],
    });
    const other = await creditWorker(1);
    expect(bodiesOf(other)).toEqual(['a']);
    await other.close();
    await worker.close();
  });

  describe('that leaves and says what had reached it', () => {
    async function threeHeld(
      deliveryPolicy: 'requeue' | 'fail',
    ): Promise<{ broker: MajordomoBroker; worker: RawWorker; client: RawClient }> {
      const broker = await world.broker({ deliveryPolicy, maxDeliveries: 1 });
      const worker = await creditWorker(3);
      const client = world.rawClient();
      for (const body of ['a', 'b', 'c']) client.ask('echo', body);
      await world.settle();
      return { broker, worker, client };
    }

    test('what was on its way counts as never handed out, whatever the policy; what it had is lost with it', async () => {
      const { broker, worker } = await threeHeld('fail');
      const [first] = worker.takeRequests();
      worker.send('', WORKER, DISCONNECT, (first as { address: string }).address);
      await world.settle();
      expect(broker.inspect()).toMatchObject({
        queued: 2,
        workers: [],
        counters: { requeued: 2, deliveries: 1, failed: 1 },
        failures: { 'worker-lost': 1 },
      });
      const other = await creditWorker(3);
      expect(other.takeRequests().map(({ body, address }) => [...body, address.charCodeAt(3)])).toEqual([
        ['b', 1],
        ['c', 1],
      ]);
      await other.close();
      await worker.close();
    });

    test('before anything had: all of it was on its way', async () => {
      const { broker, worker } = await threeHeld('requeue');
      worker.send('', WORKER, DISCONNECT, '');
      await world.settle();
      expect(broker.inspect()).toMatchObject({ queued: 3, counters: { requeued: 3, deliveries: 0, failed: 0 } });
      await worker.close();
    });

    test.each([
      ['nothing of it', []],
      ['what is no address of ours', ['whatever']],
    ])('%s: all that it held is lost with it', async (_what, more) => {
      const { broker, worker } = await threeHeld('fail');
      worker.send('', WORKER, DISCONNECT, ...more);
      await world.settle();
      expect(broker.inspect()).toMatchObject({ queued: 0, counters: { requeued: 0, deliveries: 3, failed: 3 } });
      await worker.close();
    });

    test('ours does: closing workers under load cost no request a delivery', async () => {
      const broker = await world.broker({ deliveryPolicy: 'fail', maxDeliveries: 1 });
      const start = (concurrency: number): MajordomoWorker => world.worker('echo', ({ body }) => Promise.resolve(body), { concurrency });
      const workers = [start(4), start(1)];
      const client = world.client({ requestRetries: 1 });
      const outcomes: Promise<unknown>[] = [];
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 10; i++) outcomes.push(client.request('echo', `${round}/${i}`));
        await Promise.resolve();
        workers.push(start(round % 2 === 0 ? 4 : 1));
        // A few turns, so that it closes in the middle of what is going on.
        for (let turn = 0; turn < round % 5; turn++) await Promise.resolve();
        void (workers.shift() as MajordomoWorker).close();
        await world.settle();
      }
      await Promise.all(outcomes);
      expect(broker.inspect().counters).toMatchObject({ accepted: 200, replied: 200, failed: 0 });
    });
  });

  test('that has not taken yet what it was sent is given no more until it is heard', async () => {
    const crowded = new Set<Peer>();
    const listen = world.transport.listen.bind(world.transport);
    world.transport.listen = async (...given) => Object.assign(await listen(...given), { isCrowded: (peer: Peer) => crowded.has(peer) });
    const broker = await world.broker({ heartbeatInterval: 1000 });
    const worker = await creditWorker(4);
    const peer = [...world.transport.peers].at(-1);
    const client = world.rawClient();
    client.ask('echo', 'a');
    await world.settle();
    crowded.add(peer as Peer);
    for (const body of ['b', 'c', 'd', 'e', 'f']) client.ask('echo', body);
    await world.settle();
    // It was ready when it was given the second one.
    expect(stateOf(broker)).toEqual({ queued: 4, inFlight: 2, held: [2] });
    const [first, second] = worker.takeRequests();
    worker.reply(first as { address: string; body: string[] }, 'done');
    await world.settle();
    expect(stateOf(broker)).toEqual({ queued: 4, inFlight: 1, held: [1] });
    crowded.clear();
    worker.send(...HEARTBEAT_MESSAGE);
    await world.settle();
    expect(stateOf(broker)).toEqual({ queued: 1, inFlight: 4, held: [4] });
    expect(bodiesOf(worker)).toEqual(['c', 'd', 'e']);
    worker.reply(second as { address: string; body: string[] }, 'done');
    await world.settle();
    // Who holds nothing gets one in any case.
    crowded.add(peer as Peer);
    for (const request of worker.takeRequests()) worker.reply(request, 'done');
    await world.settle();
    expect(broker.inspect().workers).toMatchObject([{ state: 'busy' }]);
    await worker.close();
  });

  test('that left while it was held back is given nothing', async () => {
    const listen = world.transport.listen.bind(world.transport);
    world.transport.listen = async (...given) => Object.assign(await listen(...given), { isCrowded: () => true });
    const broker = await world.broker();
    const worker = await creditWorker(4);
    const client = world.rawClient();
    for (const body of ['a', 'b']) client.ask('echo', body);
    await world.settle();
    expect(stateOf(broker)).toEqual({ queued: 1, inFlight: 1, held: [1] });
    worker.send('', WORKER, DISCONNECT);
    worker.send(...HEARTBEAT_MESSAGE);
    await world.settle();
    expect(stateOf(broker)).toEqual({ queued: 2, inFlight: 0, held: [] });
    await worker.close();
  });

  test('is granted no more than fit in its queue', async () => {
    const broker = await world.broker({ highWaterMark: 20, maxConcurrency: 1000 });
    const worker = await creditWorker(500);
    expect(broker.inspect().workers).toMatchObject([{ concurrency: 10 }]);
    worker.send('', WORKER, CREDIT, encodeCredit(400));
    await world.settle();
    expect(broker.inspect().workers).toMatchObject([{ concurrency: 10 }]);
    await worker.close();
  });

  test('two sends that found no connection after all: the request among them was not delivered, the one before it was', async () => {
    const broker = await world.broker({ deliveryPolicy: 'fail', heartbeatInterval: 1000 });
    const worker = await creditWorker(4);
    const peer = [...world.transport.peers].at(-1);
    const client = world.rawClient();
    client.ask('echo', 'a');
    await world.settle();
    client.ask('echo', 'b');
    await world.settle();
    // A heartbeat behind the second request.
    await world.advance(1000);
    world.transport.refuseLate(peer as Peer);
    world.transport.refuseLate(peer as Peer);
    await worker.close();
    await world.settle();
    expect(broker.inspect()).toMatchObject({
      queued: 1,
      counters: { deliveries: 1, requeued: 1, failed: 1 },
      failures: { 'worker-lost': 1 },
    });
  });

  test('that declines what it is given, and has not said that it takes no more, is not given it for ever', async () => {
    const broker = await world.broker();
    const worker = await creditWorker(2);
    const client = world.rawClient();
    client.ask('echo', 'a');
    await world.settle();
    let given = 0;
    for (let request = worker.takeRequests()[0]; request !== undefined && given < 10; request = worker.takeRequests()[0]) {
      given++;
      worker.send('', WORKER, FAILURE, request.address, 'declined');
      await world.settle();
    }
    expect(given).toBe(3);
    expect(broker.inspect()).toMatchObject({ queued: 0, inFlight: 0, counters: { failed: 1 }, failures: { poisoned: 1 } });
    await worker.close();
  });

  test('that answers what it does not hold is told to go, and what it held goes to others', async () => {
    const broker = await world.broker();
    const worker = await creditWorker(2);
    const client = world.rawClient();
    client.ask('echo', 'a');
    client.ask('echo', 'b');
    await world.settle();
    const [first] = worker.takeRequests();
    worker.reply(first as { address: string; body: string[] }, 'once');
    worker.reply(first as { address: string; body: string[] }, 'twice');
    await world.settle();
    expect(worker.take().filter((frames) => frames[2] !== HEARTBEAT_MESSAGE[2])).toEqual([DISCONNECT_MESSAGE]);
    expect(client.take().map((frames) => frames.at(-1))).toEqual(['once']);
    expect(stateOf(broker)).toEqual({ queued: 1, inFlight: 0, held: [] });
    await worker.close();
  });

  test('no request is longer with it than busyLimit, however many came before it', async () => {
    const broker = await world.broker({ busyLimit: 1000 });
    const worker = await creditWorker(2);
    const client = world.rawClient();
    client.ask('echo', 'a');
    await world.advance(600);
    client.ask('echo', 'b');
    await world.settle();
    const [first] = worker.takeRequests();
    worker.reply(first as { address: string; body: string[] }, 'done');
    await world.advance(999);
    expect(stateOf(broker)).toEqual({ queued: 0, inFlight: 1, held: [1] });
    await world.advance(1);
    expect(stateOf(broker)).toEqual({ queued: 1, inFlight: 0, held: [] });
    await worker.close();
  });
});

test('the least loaded worker gets the next request', async () => {
  await world.broker();
  const large = await creditWorker(4);
  const small = await creditWorker(2);
  const client = world.rawClient();
  for (const body of ['a', 'b', 'c', 'd', 'e', 'f']) client.ask('echo', body);
  await world.settle();
  expect(bodiesOf(small)).toEqual(['b', 'd']);
  expect(bodiesOf(large)).toEqual(['a', 'c', 'e', 'f']);
  await large.close();
  await small.close();
});

describe('no request is given up for what its neighbour did', () => {
  test('its last delivery is made alone', async () => {
    const broker = await world.broker({ maxDeliveries: 2 });
    const dying = await creditWorker(4);
    const client = world.rawClient();
    for (const body of ['innocent', 'poison', 'third']) client.ask('echo', body);
    await world.settle();
    await dying.close();
    const next = await creditWorker(4);
    expect(bodiesOf(next)).toEqual(['innocent']);
    client.ask('echo', 'later');
    await world.settle();
    expect(bodiesOf(next)).toEqual([]);
    await next.close();
    await world.settle();
    expect(broker.inspect()).toMatchObject({ queued: 3, counters: { failed: 1 }, failures: { poisoned: 1 } });
  });

  test('while all workers are busy one is reserved for it, and the others go on', async () => {
    const broker = await world.broker({ maxDeliveries: 2 });
    const dying = await creditWorker(1);
    const client = world.rawClient();
    client.ask('echo', 'suspect');
    await world.settle();
    const one = await creditWorker(2);
    const two = await creditWorker(2);
    client.ask('echo', 'a');
    client.ask('echo', 'b');
    await world.settle();
    const [a] = one.takeRequests();
    expect(bodiesOf(two)).toEqual(['b']);
    await dying.close();
    client.ask('echo', 'c');
    client.ask('echo', 'd');
    await world.settle();
    expect(bodiesOf(one)).toEqual([]);
    expect(bodiesOf(two)).toEqual(['c']);
    expect(broker.inspect()).toMatchObject({ queued: 2 });
    one.reply(a as { address: string; body: string[] }, 'done');
    await world.settle();
    const [suspect] = one.takeRequests();
    expect(suspect?.body).toEqual(['suspect']);
    one.reply(suspect as { address: string; body: string[] }, 'done');
    await world.settle();
    expect(bodiesOf(one)).toEqual(['d']);
    await one.close();
    await two.close();
  });

  test('a worker that was reserved for a request that is gone serves the others again', async () => {
    const broker = await world.broker({ maxDeliveries: 2 });
    const dying = await creditWorker(1);
    const leaving = world.rawClient();
    leaving.ask('echo', 'suspect');
    await world.settle();
    const one = await creditWorker(2);
    const client = world.rawClient();
    client.ask('echo', 'a');
    await world.settle();
    await dying.close();
    client.ask('echo', 'b');
    await world.settle();
    expect(bodiesOf(one)).toEqual(['a']);
    await leaving.close();
    await world.settle();
    expect(bodiesOf(one)).toEqual(['b']);
    expect(broker.inspect()).toMatchObject({ queued: 0, counters: { dropped: 1 } });
    await one.close();
  });
});

describe('clients have their turns', () => {
  test('one that asks for little is not kept waiting by one that asks for much', async () => {
    await world.broker();
    const worker = await creditWorker(1);
    const greedy = world.rawClient();
    const modest = world.rawClient();
    for (let job = 1; job <= 100; job++) greedy.ask('echo', `greedy ${job}`);
    await world.settle();
    modest.ask('echo', 'modest 1');
    modest.ask('echo', 'modest 2');
    await world.settle();
    const served: (string | undefined)[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const request = worker.takeRequest();
      served.push(request.body[0]);
      worker.reply(request, 'done');
      await world.settle();
    }
    expect(served).toEqual(['greedy 1', 'greedy 2', 'modest 1', 'greedy 3', 'modest 2', 'greedy 4']);
    await worker.close();
  });

  test('what came back from a lost worker goes first, whoever asked', async () => {
    await world.broker();
    const dying = await creditWorker(1);
    const one = world.rawClient();
    const other = world.rawClient();
    one.ask('echo', 'first');
    one.ask('echo', 'second');
    await world.settle();
    other.ask('echo', 'other');
    await world.settle();
    await dying.close();
    const worker = await creditWorker(3);
    expect(bodiesOf(worker)).toEqual(['first', 'second', 'other']);
    await worker.close();
  });

  test('the oldest request expires first, whoever asked', async () => {
    const broker = await world.broker({ requestExpiry: 1000 });
    const one = world.rawClient();
    const other = world.rawClient();
    one.ask('echo', 'a');
    await world.advance(100);
    other.ask('echo', 'b');
    await world.advance(100);
    one.ask('echo', 'c');
    await world.advance(800);
    expect(broker.inspect()).toMatchObject({ queued: 2 });
    await world.advance(100);
    expect(broker.inspect()).toMatchObject({ queued: 1 });
    const worker = await creditWorker(3);
    expect(bodiesOf(worker)).toEqual(['c']);
    await worker.close();
  });
});
