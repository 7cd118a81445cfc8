/** The broker among peers that speak bare frames: who gets which request, what is counted, what is given up, and how it closes. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import {
  CLIENT,
  DISCONNECT_MESSAGE,
  HEARTBEAT_MESSAGE,
  markOf,
  Outcome,
  World,
  type RawClient,
  type RawRequest,
  type RawWorker,
} from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

/** The answers a client got: what came back, without the frames that are always the same. */
const repliesOf = (client: RawClient): string[] => client.take().map((frames) => frames.slice(frames.indexOf(CLIENT) + 2).join('|'));
/** `correlation, '', SEAF01, service, code, deliveries`. */
const failureOf = (id: number, timeToLive: number, service: string, code: string, deliveries = 0): string[] => [
  markOf(deliveries, id, timeToLive),
  '',
  'SEAF01',
  service,
  code,
  String(deliveries),
];

/** U6: each request taken in is in exactly one place. */
function expectLedger({ counters, queued, inFlight }: BrokerSnapshot): void {
  const { accepted, replied, failed, dropped } = counters;
  expect({ accepted, faults: counters.faults }).toEqual({ accepted: queued + inFlight + replied + failed + dropped, faults: 0 });
}

describe('load balancing', () => {
  test('the worker that has been idle the longest gets the next request', async () => {
    await world.broker();
    const client = world.rawClient();
    const workers = [await world.rawWorker('echo'), await world.rawWorker('echo'), await world.rawWorker('echo')] as const;
    const held: [RawWorker, RawRequest][] = [];
    const order: number[] = [];
    const ask = async (): Promise<void> => {
      client.ask('echo', 'job');
      await world.settle();
      for (const [index, worker] of workers.entries()) {
        for (const request of worker.takeRequests()) {
          order.push(index);
          held.push([worker, request]);
        }
      }
    };
    for (let request = 0; request < 3; request++) await ask();
    // The second is the first to be idle again, then the third, then the first.
    for (const index of [1, 2, 0]) {
      const [worker, request] = held[index]!;
      worker.reply(request, 'done');
      await world.settle();
    }
    for (let request = 0; request < 3; request++) await ask();
    expect(order).toEqual([0, 1, 2, 1, 2, 0]);
  });

  test('a worker holds one request at a time; the others wait in the order they came', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    const worker = await world.rawWorker('echo');
    for (const body of ['a', 'b', 'c', 'd']) client.ask('echo', body);
    await world.settle();
    expect(broker.inspect()).toMatchObject({ queued: 3, inFlight: 1 });
    const served: string[] = [];
    for (let job = 0; job < 4; job++) {
      const request = worker.takeRequest();
      served.push(...request.body);
      worker.reply(request, 'done');
      await world.settle();
    }
    expect(served).toEqual(['a', 'b', 'c', 'd']);
    expect(repliesOf(client)).toHaveLength(4);
  });

  test('requests wait for a service that has no worker yet', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    client.ask('echo', 'early', 'bird');
    await world.settle();
    expect(broker.inspect()).toMatchObject({ queued: 1, services: [{ name: 'echo', workers: 0, waiting: 1 }] });
    const worker = await world.rawWorker('echo');
    const request = worker.takeRequest();
    expect(request.body).toEqual(['early', 'bird']);
    worker.reply(request, 'worm');
    await world.settle();
    expect(client.take()).toEqual([['', CLIENT, 'echo', 'worm']]);
  });

  test('a service with a slow worker and a long queue does not hold another service up', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    await world.rawWorker('slow');
    const quick = await world.rawWorker('quick');
    for (let job = 0; job < 500; job++) client.ask('slow', 'job');
    client.ask('quick', 'job');
    await world.settle();
    quick.reply(quick.takeRequest(), 'at once');
    await world.settle();
    expect(repliesOf(client)).toEqual(['at once']);
    expect(broker.inspect().queued).toBe(499);
  });

  test('a client whose connection is full loses its answer, which is counted, and nobody else waits for it', async () => {
    const broker = await world.broker();
    const [full, good] = [world.rawClient(), world.rawClient()];
    const worker = await world.rawWorker('echo');
    world.transport.refuse = (frames) => (frames.at(-1) === 'to the full one' ? 'again' : 'ok');
    full.ask('echo', 'job');
    good.ask('echo', 'job');
    await world.settle();
    worker.reply(worker.takeRequest(), 'to the full one');
    await world.settle();
    worker.reply(worker.takeRequest(), 'to the good one');
    await world.settle();
    expect(full.take()).toEqual([]);
    expect(repliesOf(good)).toEqual(['to the good one']);
    expect(broker.inspect()).toMatchObject({ inFlight: 0, counters: { replied: 2, undeliverable: 1 } });
    expectLedger(broker.inspect());
  });
});

test('a client that does not read its answers loses those that its queue has no room for, and delays nobody', async () => {
  const broker = await world.broker({ highWaterMark: 5 });
  const [deaf, good] = [world.rawClient(), world.rawClient()];
  const workers: RawWorker[] = [];
  // The receiving end of a raw client has room for a thousand.
  for (let worker = 0; worker < 1010; worker++) {
    workers.push(await world.rawWorker('echo'));
    deaf.ask('echo', 'job');
  }
  const last = await world.rawWorker('echo');
  good.ask('echo', 'job');
  await world.settle();
  world.network.freeze(deaf.connector);
  for (const worker of workers) worker.reply(worker.takeRequest(), 'unread');
  last.reply(last.takeRequest(), 'done');
  await world.settle();
  expect(repliesOf(good)).toEqual(['done']);
  expect(broker.inspect().counters).toMatchObject({ replied: 1011, undeliverable: 5 });
  world.network.thaw(deaf.connector);
  await world.settle();
  expect(repliesOf(deaf)).toHaveLength(1005);
});

test('a transport that learns too late that a peer’s queue was full: a worker is given up, a client loses an answer', async () => {
  const broker = await world.broker();
  const client = world.rawClient();
  await world.rawWorker('echo');
  client.ask('echo', 'job');
  await world.settle();
  expect(broker.inspect()).toMatchObject({ inFlight: 1, queued: 0 });
  for (const peer of world.transport.peers) world.transport.overflow(peer);
  await world.settle();
  expect(broker.inspect()).toMatchObject({ inFlight: 0, queued: 1, workers: [], counters: { undeliverable: 2, requeued: 1 } });
});

describe('a worker is lost while it holds a request', () => {
  const losses: readonly [how: string, reason: string, lose: (worker: RawWorker) => Promise<unknown>][] = [
    ['its connection ends', 'disconnected', (worker) => worker.close()],
    [
      'it says DISCONNECT',
      'left',
      async (worker) => {
        worker.disconnect();
      },
    ],
    [
      'it says READY again',
      'protocol',
      async (worker) => {
        worker.ready('echo');
      },
    ],
    [
      'it answers another request',
      'protocol',
      async (worker) => {
        worker.reply({ address: 'elsewhere', body: [] }, 'wrong');
      },
    ],
    [
      'it falls silent, though it heartbeats at work',
      'expired',
      async (worker) => {
        for (let beat = 0; beat < 2; beat++) {
          await world.advance(2500);
          worker.heartbeat();
        }
        await world.advance(7500);
      },
    ],
    ['it takes longer than the busy limit', 'busy-limit', () => world.advance(20_000)],
  ];

  test.each(losses)('%s: another worker gets the request at once', async (_how, reason, lose) => {
    const broker = await world.broker({ busyLimit: 20_000 });
    const requeued: object[] = [];
    broker.events.on('requestRequeued', (event) => requeued.push(event));
    const client = world.rawClient();
    const first = await world.rawWorker('echo');
    client.ask('echo', 'job');
    await world.settle();
    expect(first.takeRequest().body).toEqual(['job']);
    // Beats for the second, which must still be there when the first is given up.
    const second = await world.rawWorker('echo');
    const beating = world.time.setInterval(() => {
      second.heartbeat();
    }, 1000);
    await lose(first);
    world.time.clearInterval(beating);
    await world.settle();
    const request = second.takeRequest();
    expect(request.body).toEqual(['job']);
    expect(requeued).toMatchObject([{ service: 'echo', deliveries: 1, reason }]);
    second.reply(request, 'done');
    await world.settle();
    expect(client.take()).toEqual([['', CLIENT, 'echo', 'done']]);
    expect(broker.inspect()).toMatchObject({ queued: 0, inFlight: 0, counters: { deliveries: 2, requeued: 1, replied: 1 } });
  });

  test('when nobody is idle the request waits, before those that were never delivered', async () => {
    await world.broker();
    const client = world.rawClient();
    const lost = await world.rawWorker('echo');
    const other = await world.rawWorker('echo');
    for (const body of ['a', 'b', 'c', 'd']) client.ask('echo', body);
    await world.settle();
    expect(lost.takeRequest().body).toEqual(['a']);
    let request = other.takeRequest();
    await lost.close();
    await world.settle();
    const order: string[] = [];
    for (let job = 0; job < 3; job++) {
      other.reply(request, 'done');
      await world.settle();
      request = other.takeRequest();
      order.push(...request.body);
    }
    expect(order).toEqual(['a', 'c', 'd']);
  });

  test('after maxDeliveries it is given up as poisoned, and each worker was told which delivery it held', async () => {
    const broker = await world.broker({ maxDeliveries: 3 });
    const client = world.rawClient();
    client.askCorrelated(7, 0, 'echo', 'poison');
    const deliveries: number[] = [];
    for (let delivery = 1; delivery <= 3; delivery++) {
      const victim = await world.rawWorker('echo');
      deliveries.push(victim.takeRequest().address.charCodeAt(3));
      expect(client.take()).toEqual([]);
      await victim.close();
      await world.settle();
    }
    expect(deliveries).toEqual([1, 2, 3]);
    expect(client.take()).toEqual([failureOf(7, 0, 'echo', 'poisoned', 3)]);
    expect(broker.inspect()).toMatchObject({ queued: 0, inFlight: 0, services: [], failures: { poisoned: 1 }, counters: { failed: 1 } });
    expectLedger(broker.inspect());
  });

  test('a plain client is not told: it could not tell a failure from a reply', async () => {
    const broker = await world.broker({ maxDeliveries: 1 });
    const client = world.rawClient();
    client.ask('echo', 'poison');
    const victim = await world.rawWorker('echo');
    await victim.close();
    await world.settle();
    expect(client.take()).toEqual([]);
    expect(broker.inspect()).toMatchObject({ failures: { poisoned: 1 }, counters: { failed: 1, undeliverable: 0 } });
  });

  test('a client behind a foreign envelope is not told either', async () => {
    await world.broker({ maxDeliveries: 1 });
    const client = world.rawClient();
    client.send('\0\0\0\x01', '', CLIENT, 'echo', 'poison');
    const victim = await world.rawWorker('echo');
    await victim.close();
    await world.settle();
    expect(client.take()).toEqual([]);
  });

  test('a service may forbid a second delivery', async () => {
    const broker = await world.broker({ deliveryPolicies: { pay: 'fail' } });
    const client = world.rawClient();
    const [paying, other] = [await world.rawWorker('pay'), await world.rawWorker('pay')];
    const echo = await world.rawWorker('echo');
    client.askCorrelated(1, 0, 'pay', 'once');
    client.askCorrelated(2, 0, 'echo', 'as often as needed');
    await world.settle();
    await paying.close();
    await echo.close();
    await world.settle();
    expect(client.take()).toEqual([failureOf(1, 0, 'pay', 'worker-lost', 1)]);
    expect(other.takeRequests()).toEqual([]);
    expect(broker.inspect()).toMatchObject({ queued: 1, failures: { 'worker-lost': 1 } });
  });

  test('the default policy may be fail, with exceptions', async () => {
    const broker = await world.broker({ deliveryPolicy: 'fail', deliveryPolicies: { echo: 'requeue' } });
    const client = world.rawClient();
    for (const service of ['pay', 'echo']) {
      const worker = await world.rawWorker(service);
      client.ask(service, 'job');
      await world.settle();
      await worker.close();
      await world.settle();
    }
    expect(broker.inspect()).toMatchObject({ queued: 1, counters: { failed: 1, requeued: 1 } });
  });

  test('a request that could not be sent to a worker was not delivered: nothing counts against it', async () => {
    await world.end();
    world = new World({ disconnectNotices: false });
    const broker = await world.broker({ maxDeliveries: 2, deliveryPolicies: { pay: 'fail' } });
    const client = world.rawClient();
    for (const service of ['echo', 'pay']) {
      // They go without a word, and nobody tells the broker.
      for (let vanished = 0; vanished < 3; vanished++) await (await world.rawWorker(service)).close();
      await world.settle();
      client.askCorrelated(5, 0, service, 'job');
      await world.settle();
      expect(client.take()).toEqual([]);
      const worker = await world.rawWorker(service);
      const request = worker.takeRequest();
      expect(request.address.charCodeAt(3)).toBe(1);
      worker.reply(request, 'done');
      await world.settle();
      expect(client.take()).toEqual([[markOf(1, 5, 0), '', CLIENT, service, 'done']]);
    }
    expect(broker.inspect()).toMatchObject({ failures: {}, counters: { deliveries: 2, workersLost: 6, requeued: 6 } });
    expectLedger(broker.inspect());
  });

  test('without disconnect notices a busy worker that vanished is found out by our own heartbeat', async () => {
    await world.end();
    world = new World({ disconnectNotices: false });
    const broker = await world.broker({ heartbeatInterval: 1000 });
    const client = world.rawClient();
    const vanishing = await world.rawWorker('echo');
    client.ask('echo', 'job');
    await world.settle();
    vanishing.takeRequest();
    await vanishing.close();
    await world.advance(999);
    expect(broker.inspect().inFlight).toBe(1);
    await world.advance(1);
    expect(broker.inspect()).toMatchObject({ inFlight: 0, queued: 1, workers: [] });
  });

  test('the reply of a worker that was given up is counted and goes nowhere', async () => {
    const broker = await world.broker({ busyLimit: 1000 });
    const client = world.rawClient();
    const slow = await world.rawWorker('echo');
    client.ask('echo', 'job');
    await world.settle();
    const late = slow.takeRequest();
    await world.advance(1000);
    const other = await world.rawWorker('echo');
    const request = other.takeRequest();
    slow.reply(late, 'too late');
    await world.settle();
    expect(client.take()).toEqual([]);
    other.reply(request, 'in time');
    await world.settle();
    expect(repliesOf(client)).toEqual(['in time']);
    expect(broker.inspect().counters).toMatchObject({ lateReplies: 1, replied: 1 });
  });
});

describe('clients that leave', () => {
  test('what they wait for is dropped before a worker sees it', async () => {
    const broker = await world.broker();
    const [leaving, staying] = [world.rawClient(), world.rawClient()];
    for (let job = 0; job < 3; job++) {
      leaving.ask('echo', 'unwanted');
      staying.ask('echo', 'wanted');
    }
    leaving.ask('other', 'unwanted');
    await world.settle();
    expect(broker.inspect()).toMatchObject({ queued: 7, services: [{ name: 'echo' }, { name: 'other' }] });
    await leaving.close();
    await world.settle();
    expect(broker.inspect()).toMatchObject({ queued: 3, services: [{ name: 'echo' }], counters: { dropped: 4 } });
    const worker = await world.rawWorker('echo');
    for (let job = 0; job < 3; job++) {
      const request = worker.takeRequest();
      expect(request.body).toEqual(['wanted']);
      worker.reply(request, 'done');
      await world.settle();
    }
    expect(worker.takeRequests()).toEqual([]);
    expectLedger(broker.inspect());
  });

  test('the reply to a client that has left is dropped, and its worker is free', async () => {
    const broker = await world.broker();
    const leaving = world.rawClient();
    const worker = await world.rawWorker('echo');
    leaving.ask('echo', 'job');
    await world.settle();
    const request = worker.takeRequest();
    await leaving.close();
    await world.settle();
    expect(broker.inspect()).toMatchObject({ inFlight: 1, counters: { dropped: 0 } });
    worker.reply(request, 'for nobody');
    await world.settle();
    expect(broker.inspect()).toMatchObject({ inFlight: 0, counters: { dropped: 1, replied: 0 }, workers: [{ state: 'idle' }] });
  });

  test('a request whose client has left is not given to a second worker', async () => {
    const broker = await world.broker();
    const leaving = world.rawClient();
    const worker = await world.rawWorker('echo');
    leaving.ask('echo', 'job');
    await world.settle();
    await leaving.close();
    await worker.close();
    await world.settle();
    const other = await world.rawWorker('echo');
    expect(other.takeRequests()).toEqual([]);
    expect(broker.inspect().counters).toMatchObject({ requeued: 0, dropped: 1 });
    expectLedger(broker.inspect());
  });
});

describe('time in the queue', () => {
  test('a request that nobody takes expires at its moment, and its service is forgotten', async () => {
    const broker = await world.broker({ requestExpiry: 10_000 });
    const [plain, ours] = [world.rawClient(), world.rawClient()];
    plain.ask('nobody', 'job');
    ours.askCorrelated(3, 0, 'nobody', 'job');
    await world.advance(9999);
    expect(broker.inspect().queued).toBe(2);
    await world.advance(1);
    expect(ours.take()).toEqual([failureOf(3, 0, 'nobody', 'expired')]);
    expect(plain.take()).toEqual([]);
    expect(broker.inspect()).toMatchObject({ queued: 0, services: [], failures: { expired: 2 } });
    expectLedger(broker.inspect());
  });

  test('each request has its own time, also after the queue was empty in between', async () => {
    const broker = await world.broker({ requestExpiry: 10_000 });
    const client = world.rawClient();
    const ids: [number, number][] = [];
    const look = (): void => {
      for (const frames of client.take()) ids.push([frames[0]!.charCodeAt(7), world.time.now]);
    };
    for (const [id, pause] of [
      [1, 3000],
      [2, 4000],
      [3, 20_000],
      [4, 12_000],
    ] as const) {
      client.askCorrelated(id, 0, 'nobody', 'job');
      for (let step = 0; step < pause; step += 500) {
        await world.advance(500);
        look();
      }
    }
    expect(ids).toEqual([
      [1, 10_000],
      [2, 13_000],
      [3, 17_000],
      [4, 37_000],
    ]);
    expect(broker.inspect().services).toEqual([]);
  });

  test('a requeued request has its time anew', async () => {
    const broker = await world.broker({ requestExpiry: 10_000, heartbeatInterval: 100_000 });
    const client = world.rawClient();
    client.askCorrelated(1, 0, 'echo', 'job');
    await world.advance(9000);
    const worker = await world.rawWorker('echo');
    await world.advance(50_000);
    await worker.close();
    await world.advance(9999);
    expect(broker.inspect().queued).toBe(1);
    await world.advance(1);
    expect(client.take()).toEqual([failureOf(1, 0, 'echo', 'expired', 1)]);
  });

  test('a request whose client has stopped waiting is not handed to a worker', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    client.askCorrelated(1, 1000, 'echo', 'unwanted');
    client.askCorrelated(2, 5000, 'echo', 'wanted');
    client.ask('echo', 'of a client that did not say');
    await world.advance(1000);
    const worker = await world.rawWorker('echo');
    const request = worker.takeRequest();
    expect(request.body).toEqual(['wanted']);
    worker.reply(request, 'done');
    await world.settle();
    expect(worker.takeRequest().body).toEqual(['of a client that did not say']);
    expect(broker.inspect()).toMatchObject({ failures: { expired: 1 } });
    expect(client.take()).toEqual([failureOf(1, 1000, 'echo', 'expired'), [markOf(1, 2, 5000), '', CLIENT, 'echo', 'done']]);
  });

  test('one millisecond before, it still is', async () => {
    await world.broker();
    world.rawClient().askCorrelated(1, 1000, 'echo', 'wanted');
    await world.advance(999);
    expect((await world.rawWorker('echo')).takeRequest().body).toEqual(['wanted']);
  });

  test('requests whose clients have stopped waiting make room when a queue is full', async () => {
    const broker = await world.broker({ maxQueuedPerService: 3, maxQueuedRequests: 5 });
    const client = world.rawClient();
    for (let id = 1; id <= 3; id++) client.askCorrelated(id, 1000, 'echo', 'unwanted soon');
    await world.advance(1000);
    client.askCorrelated(4, 1000, 'echo', 'wanted');
    await world.settle();
    expect(client.take()).toEqual([1, 2, 3].map((id) => failureOf(id, 1000, 'echo', 'expired')));
    expect((await world.rawWorker('echo')).takeRequest().body).toEqual(['wanted']);
    expect(broker.inspect()).toMatchObject({ failures: { expired: 3 }, counters: { rejected: 0 } });
    expectLedger(broker.inspect());
  });
});

describe('limits: each refusal is counted, said to a client of ours, and silence to a plain one', () => {
  const limits: readonly [
    limit: string,
    code: string,
    options: object,
    fill: (client: RawClient) => void,
    service: string,
    body: string[],
  ][] = [
    [
      'requests waiting for one service',
      'queue-full',
      { maxQueuedPerService: 2 },
      (client) => {
        client.ask('echo', 'one');
        client.ask('echo', 'two');
      },
      'echo',
      ['three'],
    ],
    [
      'requests waiting in all',
      'queue-full',
      { maxQueuedRequests: 2 },
      (client) => {
        client.ask('one', 'job');
        client.ask('two', 'job');
      },
      'three',
      ['job'],
    ],
    ['no request may wait', 'queue-full', { maxQueuedRequests: 0 }, () => undefined, 'echo', ['job']],
    [
      'services',
      'services-full',
      { maxServices: 2 },
      (client) => {
        client.ask('one', 'job');
        client.ask('two', 'job');
      },
      'three',
      ['job'],
    ],
    ['frames in a body', 'invalid', { maxBodyFrames: 3 }, () => undefined, 'echo', ['1', '2', '3', '4']],
    ['no body at all', 'invalid', {}, () => undefined, 'echo', []],
    ['bytes in a name', 'invalid', { maxServiceNameBytes: 8 }, () => undefined, 'ninebytes', ['job']],
    ['no name', 'invalid', {}, () => undefined, '', ['job']],
    ['a name that cannot be printed', 'invalid', {}, () => undefined, 'a\nb', ['job']],
  ];

  test.each(limits)('%s: %s', async (_limit, code, options, fill, service, body) => {
    const broker = await world.broker(options);
    const refused: object[] = [];
    broker.events.on('peerRefused', (event) => refused.push(event));
    const others = world.rawClient();
    fill(others);
    await world.settle();
    const before = broker.inspect();
    const [plain, ours] = [world.rawClient(), world.rawClient()];
    plain.ask(service, ...body);
    ours.askCorrelated(9, 2500, service, ...body);
    await world.settle();
    expect(plain.take()).toEqual([]);
    expect(ours.take()).toEqual([failureOf(9, 2500, service, code)]);
    const after = broker.inspect();
    expect(after.counters.rejected).toBe(2);
    expect(after.failures).toEqual({ [code]: 2 });
    expect(refused).toMatchObject([{ reason: code }, { reason: code }]);
    // Nothing else has changed.
    expect({ ...after, counters: 0, failures: 0 }).toEqual({ ...before, counters: 0, failures: 0 });
    expectLedger(after);
  });

  test('a full table of services keeps no worker out whose service is in it, and every other', async () => {
    const broker = await world.broker({ maxServices: 1 });
    const refused: object[] = [];
    broker.events.on('peerRefused', (event) => refused.push(event));
    const echo = await world.rawWorker('echo');
    const other = await world.rawWorker('other');
    expect(other.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(echo.take()).toEqual([]);
    expect(broker.inspect().counters).toMatchObject({ workersRegistered: 1, workersTurnedAway: 1 });
    expect(refused).toMatchObject([{ reason: 'services-full' }]);
  });

  test('names that are only asked for make room in a full table for a service that has a worker', async () => {
    const broker = await world.broker({ maxServices: 2 });
    const client = world.rawClient();
    client.ask('nobody', 'job');
    client.ask('echo', 'job');
    await world.settle();
    const other = await world.rawWorker('other');
    expect(other.take()).toEqual([]);
    expect(broker.inspect()).toMatchObject({
      services: [{ name: 'echo' }, { name: 'other' }],
      failures: { 'services-full': 1 },
      counters: { workersRegistered: 1, workersTurnedAway: 0, failed: 1 },
    });
  });

  test.each([
    ['a name that is too long', 'a'.repeat(256), 0],
    ['a name beyond maxServiceNameBytes', 'a'.repeat(65), 1],
    ['an empty name', '', 1],
    ['a name that cannot be printed', 'a\0b', 1],
  ])('a worker with %s is not admitted', async (_what, name, turnedAway) => {
    const broker = await world.broker({ maxServiceNameBytes: 64 });
    const worker = await world.rawWorker(name);
    expect(worker.take()).toEqual(turnedAway === 1 ? [DISCONNECT_MESSAGE] : []);
    expect(broker.inspect()).toMatchObject({
      workers: [],
      services: [],
      counters: { workersRegistered: 0, workersTurnedAway: turnedAway, invalid: 1 - turnedAway },
    });
  });

  test('a worker that goes on sending nonsense is told to go', async () => {
    const broker = await world.broker({ maxInvalidMessages: 3 });
    const worker = await world.rawWorker('echo');
    for (let message = 0; message < 2; message++) worker.send('junk');
    await world.settle();
    expect(worker.take()).toEqual([]);
    worker.send('junk');
    await world.settle();
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(broker.inspect()).toMatchObject({ workers: [], counters: { invalid: 3, workersLost: 1 } });
  });

  test('a client may not become a worker, nor a worker a client, on one connection', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    client.ask('echo', 'job');
    client.send('', 'MDPW01', '\x01', 'echo');
    const worker = await world.rawWorker('other');
    worker.send('', CLIENT, 'echo', 'job');
    await world.settle();
    expect(broker.inspect()).toMatchObject({ queued: 1, counters: { invalid: 2, accepted: 1 }, workers: [{ service: 'other' }] });
  });

  test('a reply with more frames than a body may have ends the worker’s request', async () => {
    const broker = await world.broker({ maxBodyFrames: 2, maxDeliveries: 1 });
    const client = world.rawClient();
    const worker = await world.rawWorker('echo');
    client.askCorrelated(1, 0, 'echo', 'job');
    await world.settle();
    worker.reply(worker.takeRequest(), '1', '2', '3');
    await world.settle();
    expect(client.take()).toEqual([failureOf(1, 0, 'echo', 'poisoned', 1)]);
    expect(broker.inspect().workers).toEqual([]);
  });
});

describe('MMI (RFC 8)', () => {
  const answersTo = async (client: RawClient, service: string, ...body: string[]): Promise<string[]> => {
    client.ask(service, ...body);
    await world.settle();
    const answers = client.take();
    for (const frames of answers) expect(frames.slice(0, 3)).toEqual(['', CLIENT, service]);
    return answers.map((frames) => frames.slice(3).join('|'));
  };

  test('mmi.service: 200 while a worker is registered, idle or busy, else 404', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    expect(await answersTo(client, 'mmi.service', 'echo')).toEqual(['404']);
    const worker = await world.rawWorker('echo');
    expect(await answersTo(client, 'mmi.service', 'echo')).toEqual(['200']);
    world.rawClient().ask('echo', 'job');
    expect(await answersTo(client, 'mmi.service', 'echo')).toEqual(['200']);
    await worker.close();
    // The request still waits for a worker: that makes no service.
    expect(await answersTo(client, 'mmi.service', 'echo')).toEqual(['404']);
    expect(broker.inspect()).toMatchObject({ queued: 1, counters: { mmi: 4, accepted: 1 } });
  });

  test.each([
    ['an empty body', ['']],
    ['no body', []],
    ['a name that is too long', ['a'.repeat(300)]],
    ['a name that every object has', ['constructor']],
    ['a name of MMI itself', ['mmi.service']],
  ])('mmi.service with %s: 404', async (_what, body) => {
    await world.broker();
    expect(await answersTo(world.rawClient(), 'mmi.service', ...body)).toEqual(['404']);
  });

  test('the first frame is the name that is asked for', async () => {
    await world.broker();
    await world.rawWorker('echo');
    expect(await answersTo(world.rawClient(), 'mmi.service', 'echo', 'other')).toEqual(['200']);
  });

  test('mmi.seaworthy: 200 and what we can do; with the services on demand', async () => {
    await world.broker();
    const client = world.rawClient();
    expect(await answersTo(client, 'mmi.seaworthy', '')).toEqual(['200|correlation/1']);
    await world.rawWorker('echo');
    const [answer = ''] = await answersTo(client, 'mmi.seaworthy', 'services');
    expect(JSON.parse(answer.split('|')[2]!)).toEqual([
      { name: 'echo', workers: 1, idle: 1, busy: 0, waiting: 0, deliveryPolicy: 'requeue' },
    ]);
  });

  test.each(['mmi.', 'mmi.filter', 'mmi.services', 'mmi.service '])('anything else (%s): 501', async (service) => {
    await world.broker();
    expect(await answersTo(world.rawClient(), service, 'echo')).toEqual(['501']);
  });

  test('the answer goes back behind the envelope that came', async () => {
    await world.broker();
    const client = world.rawClient();
    client.send('a', 'b', '', CLIENT, 'mmi.service', 'echo');
    client.askCorrelated(3, 0, 'mmi.service', 'echo');
    await world.settle();
    expect(client.take()).toEqual([
      ['a', 'b', '', CLIENT, 'mmi.service', '404'],
      [markOf(0, 3, 0), '', CLIENT, 'mmi.service', '404'],
    ]);
  });

  test('no worker may register a reserved name', async () => {
    const broker = await world.broker();
    const impostor = await world.rawWorker('mmi.service');
    expect(impostor.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(broker.inspect()).toMatchObject({ workers: [], services: [], counters: { workersTurnedAway: 1 } });
    expect(await answersTo(world.rawClient(), 'mmi.service', 'mmi.service')).toEqual(['404']);
  });

  test('whatever is asked, no state is made', async () => {
    const broker = await world.broker({ maxServices: 5 });
    const client = world.rawClient();
    for (let question = 0; question < 100; question++) {
      client.ask('mmi.service', `name ${question}`);
      client.ask(`mmi.${question}`, 'body');
    }
    await world.settle();
    expect(client.take()).toHaveLength(200);
    expect(broker.inspect()).toMatchObject({ services: [], queued: 0, inFlight: 0, counters: { mmi: 200, accepted: 0, rejected: 0 } });
  });
});

describe('closing', () => {
  test('an idle broker tells its workers to go and is closed at once', async () => {
    const broker = await world.broker();
    const worker = await world.rawWorker('echo');
    const closed = new Outcome(broker.close());
    await world.settle();
    expect(closed.state).toBe('fulfilled');
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(worker.gone).toBe(1);
    expect(broker.inspect()).toMatchObject({ state: 'closed', workers: [] });
    expect(world.transport.open.size).toBe(0);
    expect(world.time.countTimers()).toBe(0);
  });

  test('what is in flight is finished, what waits is failed, what comes is turned away', async () => {
    const broker = await world.broker();
    const [client, late] = [world.rawClient(), world.rawClient()];
    const worker = await world.rawWorker('echo');
    client.askCorrelated(1, 0, 'echo', 'in flight');
    client.askCorrelated(2, 0, 'echo', 'waiting');
    client.askCorrelated(3, 0, 'nobody', 'waiting');
    await world.settle();
    const closed = new Outcome(broker.close());
    await world.settle();
    expect(client.take()).toEqual([failureOf(2, 0, 'echo', 'shutting-down'), failureOf(3, 0, 'nobody', 'shutting-down')]);
    late.askCorrelated(4, 0, 'echo', 'late');
    late.ask('echo', 'late');
    late.ask('mmi.service', 'echo');
    await world.settle();
    expect(late.take()).toEqual([failureOf(4, 0, 'echo', 'shutting-down'), ['', CLIENT, 'mmi.service', '200']]);
    expect(closed.state).toBe('open');
    expect(broker.inspect().state).toBe('draining');
    worker.reply(worker.takeRequest(), 'done');
    await world.settle();
    expect(client.take()).toEqual([[markOf(1, 1, 0), '', CLIENT, 'echo', 'done']]);
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(closed.state).toBe('fulfilled');
    expect(world.time.countTimers()).toBe(0);
    expectLedger(broker.inspect());
  });

  test('it waits for drainTimeout and no longer', async () => {
    const broker = await world.broker({ drainTimeout: 3000 });
    const client = world.rawClient();
    const worker = await world.rawWorker('echo');
    client.askCorrelated(1, 0, 'echo', 'job');
    await world.settle();
    worker.takeRequest();
    const closed = new Outcome(broker.close());
    await world.advance(2999);
    expect(closed.state).toBe('open');
    worker.take();
    await world.advance(1);
    expect(closed.state).toBe('fulfilled');
    expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(client.take()).toEqual([failureOf(1, 0, 'echo', 'shutting-down', 1)]);
    expect(broker.inspect()).toMatchObject({ inFlight: 0, failures: { 'shutting-down': 1 } });
    expectLedger(broker.inspect());
  });

  test('a worker lost while closing takes nobody’s request with it, and closing does not wait for it', async () => {
    const broker = await world.broker();
    const client = world.rawClient();
    const worker = await world.rawWorker('echo');
    await world.rawWorker('echo');
    client.askCorrelated(1, 0, 'echo', 'job');
    await world.settle();
    const closed = new Outcome(broker.close());
    await worker.close();
    await world.settle();
    expect(client.take()).toEqual([failureOf(1, 0, 'echo', 'shutting-down', 1)]);
    expect(closed.state).toBe('fulfilled');
    expectLedger(broker.inspect());
  });

  test('it still heartbeats to those who work while it closes', async () => {
    const broker = await world.broker({ heartbeatInterval: 1000 });
    const worker = await world.rawWorker('echo');
    world.rawClient().ask('echo', 'job');
    await world.settle();
    worker.takeRequest();
    const closed = new Outcome(broker.close());
    await world.advance(2000);
    expect(worker.take()).toEqual([HEARTBEAT_MESSAGE, HEARTBEAT_MESSAGE]);
    expect(closed.state).toBe('open');
  });

  test('closing again is the same closing, also from within a listener', async () => {
    const broker = await world.broker();
    const closings: Promise<void>[] = [];
    broker.events.on('workerRegistered', () => closings.push(broker.close()));
    await world.rawWorker('echo');
    closings.push(broker.close(), broker[Symbol.asyncDispose]());
    expect(new Set(closings).size).toBe(1);
    await closings[0];
    expect(broker.close()).toBe(closings[0]);
  });

  test('an endpoint can be listened on again when its broker has closed', async () => {
    const first = await world.broker();
    await expect(world.broker()).rejects.toMatchObject({ code: 'BIND_FAILED' });
    await first.close();
    const second = await world.broker();
    const worker = await world.rawWorker('echo');
    expect(second.inspect().workers).toHaveLength(1);
    expect(worker.take()).toEqual([]);
  });
});

test.each([
  ['with disconnect notices', true],
  ['without disconnect notices', false],
])('of a peer that has gone nothing is left, %s (U9)', async (_how, disconnectNotices) => {
  await world.end();
  world = new World({ disconnectNotices });
  const broker = await world.broker({ heartbeatInterval: 1000, requestExpiry: 5000 });
  const clients = Array.from({ length: 4 }, () => world.rawClient());
  const workers = [await world.rawWorker('echo'), await world.rawWorker('echo')];
  const stranger = world.peer();
  stranger.send('junk');
  stranger.send('', 'MDPW01', '\x04');
  const refused = await world.rawWorker('mmi.refused');
  clients[0]!.ask('echo', 'answered');
  clients[1]!.ask('echo', 'in flight');
  clients[2]!.ask('echo', 'waiting');
  clients[3]!.ask('mmi.service', 'echo');
  await world.settle();
  workers[0]!.reply(workers[0]!.takeRequest(), 'done');
  await world.settle();
  expect(broker.inspect()).toMatchObject({ inFlight: 2, queued: 0 });
  for (const peer of [...clients, ...workers, stranger, refused]) await peer.close();
  await world.advance(20_000);
  expect(broker.inspect()).toMatchObject({ workers: [], services: [], queued: 0, inFlight: 0 });
  expect(world.transport.peers.size).toBeGreaterThanOrEqual(8);
  expect([...world.transport.peers].filter((peer) => peer.session !== undefined)).toEqual([]);
  expectLedger(broker.inspect());
});

test('a snapshot says what is connected, for how long, and what was counted', async () => {
  const broker = await world.broker({ name: 'front' });
  const worker = await world.rawWorker('echo');
  await world.rawWorker('other');
  await world.advance(1000);
  worker.send('junk');
  world.rawClient().ask('echo', 'job');
  await world.advance(300);
  expect(broker.inspect()).toMatchObject({
    role: 'broker',
    name: 'front',
    state: 'listening',
    endpoint: 'memory://broker',
    layers: { disconnectNotices: true, transportHeartbeats: false, heartbeats: true },
    queued: 0,
    inFlight: 1,
    services: [
      { name: 'echo', workers: 1, idle: 0, busy: 1, waiting: 0, deliveryPolicy: 'requeue' },
      { name: 'other', workers: 1, idle: 1, busy: 0, waiting: 0, deliveryPolicy: 'requeue' },
    ],
    workers: [
      { service: 'echo', state: 'busy', deliveries: 1, since: 300, strikes: 1 },
      { service: 'other', state: 'idle', deliveries: 0, since: 1300, strikes: 0 },
    ],
    counters: { accepted: 1, deliveries: 1, workersRegistered: 2, invalid: 1 },
  });
  // It can be shown, and no address of a peer is in it.
  expect(JSON.parse(JSON.stringify(broker.inspect()))).toEqual(broker.inspect());
});

test('a listener or a trace sink that throws harms nobody', async () => {
  const broker = await world.broker({
    trace: () => {
      throw new Error('a trace sink that throws');
    },
  });
  for (const event of ['workerRegistered', 'requestDispatched', 'workerLost', 'requestRequeued', 'peerRefused'] as const)
    broker.events.on(event, () => {
      throw new Error('a listener that throws');
    });
  const client = world.rawClient();
  const lost = await world.rawWorker('echo');
  client.ask('echo', 'job');
  client.send('junk');
  await world.settle();
  await lost.close();
  await world.settle();
  const worker = await world.rawWorker('echo');
  worker.reply(worker.takeRequest(), 'done');
  await world.settle();
  expect(repliesOf(client)).toEqual(['done']);
  expectLedger(broker.inspect());
});

/* ------------------------------------------------------------------ any run */

type Move =
  | { readonly do: 'ask'; readonly who: number; readonly service: number; readonly ours: boolean }
  | { readonly do: 'leave' | 'arrive'; readonly who: number }
  | { readonly do: 'register'; readonly worker: number; readonly service: number }
  | { readonly do: 'reply' | 'wrongReply' | 'beat' | 'drop' | 'disconnect' | 'junk'; readonly worker: number }
  | { readonly do: 'wait'; readonly time: number };

const who = fc.nat(2);
const worker = fc.nat(3);
const service = fc.nat(2);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), who, service, ours: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'arrive' as const), who }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('register' as const), worker, service }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('reply' as const), worker }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('wrongReply' as const, 'beat' as const, 'drop' as const, 'disconnect' as const, 'junk' as const),
      worker,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 6000 }) }) },
);

test('whatever clients and workers do, each request is in one place, and each worker holds at most one (U6, U7, U9)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 60, size: 'max' }), fc.boolean(), async (moves, disconnectNotices) => {
      const run = new World({ disconnectNotices });
      const broker = await run.broker({
        heartbeatInterval: 1000,
        requestExpiry: 8000,
        busyLimit: 9000,
        maxDeliveries: 2,
        maxServices: 2,
        maxQueuedPerService: 4,
        maxQueuedRequests: 6,
        deliveryPolicies: { 'service 1': 'fail' },
        maxInvalidMessages: 2,
      });
      const clients = Array.from({ length: 3 }, () => run.rawClient());
      const workers: (RawWorker | undefined)[] = [];
      let id = 0;
      for (const one of moves) {
        await play(one);
        await run.settle();
        const snapshot = broker.inspect();
        expectLedger(snapshot);
        // What comes back from a lost worker is never turned away: at most one request of each.
        expect(snapshot.queued).toBeLessThanOrEqual(6 + workers.length);
        expect(snapshot.services.length).toBeLessThanOrEqual(2);
        expect(snapshot.inFlight).toBe(snapshot.workers.filter(({ state }) => state === 'busy').length);
        expect(snapshot.queued).toBe(snapshot.services.reduce((sum, { waiting }) => sum + waiting, 0));
        // Nobody waits while somebody is idle.
        for (const { idle, waiting } of snapshot.services) expect(Math.min(idle, waiting)).toBe(0);
      }
      for (const client of clients) await client.close();
      for (const one of workers) await one?.close();
      await run.advance(20_000);
      expect(broker.inspect()).toMatchObject({ queued: 0, inFlight: 0, workers: [], services: [] });
      expectLedger(broker.inspect());
      await run.end();

      async function play(one: Move): Promise<void> {
        switch (one.do) {
          case 'ask':
            if (one.ours) clients[one.who]!.askCorrelated(++id, 5000, `service ${one.service}`, 'job');
            else clients[one.who]!.ask(`service ${one.service}`, 'job');
            return;
          case 'leave':
            await clients[one.who]!.close();
            clients[one.who] = run.rawClient();
            return;
          case 'arrive':
            clients[one.who]!.take();
            return;
          case 'register':
            workers[one.worker] ??= await run.rawWorker(`service ${one.service}`);
            return;
          case 'wait':
            run.time.tick(one.time);
            return;
          default:
        }
        const chosen = workers[one.worker];
        if (chosen === undefined) return;
        switch (one.do) {
          case 'reply': {
            const request = chosen.take().findLast((frames) => frames[2] === '\x02');
            if (request !== undefined) chosen.reply({ address: request[3]!, body: [] }, 'done');
            return;
          }
          case 'wrongReply':
            chosen.reply({ address: markOf(1, 0, 1), body: [] }, 'wrong');
            return;
          case 'beat':
            chosen.heartbeat();
            return;
          case 'junk':
            chosen.send('junk');
            return;
          case 'disconnect':
            chosen.disconnect();
            break;
          case 'drop':
        }
        workers[one.worker] = undefined;
        await chosen.close();
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
