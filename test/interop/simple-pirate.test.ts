/** Simple Pirate: queues and workers that are killed and come back, and Lazy Pirate clients that ask through them. */
import { afterEach, describe, expect, test } from 'vitest';
import type { SimplePirateQueueSnapshot } from '../../src/simple-pirate/queue.ts';
import {
  connectClient,
  endPirates,
  expectOwnAnswers,
  freePlace,
  Load,
  numbers,
  startPirate,
  startPirateAt,
  startQueue,
  texts,
} from './pirate-processes.ts';
import { eventually, pause } from './processes.ts';
import { expectPrompt, inspect } from './role-processes.ts';

/** What an operator may expect, from a worker's death to the queue's knowledge of it, in ms. */
const NOTICED_MS = 250;

afterEach(endPirates);

describe('a worker is killed', () => {
  test('with a request: the queue drops it, the client asks again, and another worker answers', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    const victim = await startPirateAt(queue, 'simple', backend, 'victim');
    const heir = await startPirateAt(queue, 'simple', backend, 'heir');
    const client = connectClient(frontend, { requestTimeout: 2000, requestRetries: 10 });
    const outcome = client.request(['hold', 'x']);
    await victim.until('request');
    victim.signal('SIGKILL');
    expect(await queue.until('workerLost')).toMatchObject({ reason: 'disconnected', noticedBy: 'transport', heldRequests: 1 });
    expect(await queue.until('requestFailed')).toMatchObject({ code: 'worker-lost', deliveries: 1 });
    await heir.until('request');
    heir.tell({ do: 'release' });
    const reply = await outcome;
    // For the queue the second attempt is another request: delivered once.
    expect(texts(reply.body)).toEqual(['heir', '1', 'hold', 'x']);
    expect(reply.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
    const { counters } = await inspect<SimplePirateQueueSnapshot>(queue);
    expect(counters).toMatchObject({ accepted: 2, replied: 1, failed: 1, requeued: 0, deliveries: 2, lateReplies: 0, faults: 0 });
  });

  test('with a request, and the queue may repeat it: the client need not ask again', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple', { deliveryPolicy: 'requeue' });
    const victim = await startPirateAt(queue, 'simple', backend, 'victim');
    const heir = await startPirateAt(queue, 'simple', backend, 'heir');
    const outcome = connectClient(frontend).request(['hold', 'x']);
    await victim.until('request');
    victim.signal('SIGKILL');
    expect(await heir.until('request')).toMatchObject({ attempt: 2 });
    heir.tell({ do: 'release' });
    const reply = await outcome;
    expect(texts(reply.body)).toEqual(['heir', '2', 'hold', 'x']);
    expect(reply.attempts).toHaveLength(1);
  });

  test('idle: it is noticed at once, and no request is given to it', async ({ annotate }) => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    expect((await inspect<SimplePirateQueueSnapshot>(queue)).layers.disconnectNotices).toBe(true);
    const figures: number[] = [];
    const client = connectClient(frontend);
    await startPirateAt(queue, 'simple', backend, 'survivor');
    for (let round = 1; round <= 5; round++) {
      const victim = await startPirateAt(queue, 'simple', backend, `victim-${round}`);
      const killed = performance.now();
      victim.signal('SIGKILL');
      const lost = (await queue.untilSaid('workerLost', round)).at(-1);
      expect(lost).toMatchObject({ reason: 'disconnected', noticedBy: 'transport', heldRequests: 0 });
      figures.push((lost?.read as number) - killed);
      for (let each = 0; each < 2; each++) expect(texts((await client.request('x')).body)).toEqual(['survivor', '1', 'x']);
    }
    await annotate(`from SIGKILL of an idle worker to its loss at the queue: ${figures.map((each) => each.toFixed(1)).join(', ')} ms`);
    expectPrompt(figures, NOTICED_MS);
    expect(client.inspect().counters).toMatchObject({ requests: 10, replies: 10, retries: 0, failures: 0 });
  });
});

describe('the queue is killed and comes back', () => {
  test('three times under load: workers come back by themselves, every request gets its own answer', async ({ annotate }) => {
    const place = await freePlace();
    let [queue] = await startQueue('simple', {}, place);
    // With the pauses that users get.
    const patience = { reconnectInterval: 500 };
    const workers = [];
    for (const name of ['a', 'b']) workers.push(await startPirateAt(queue, 'simple', place.backend, name, patience));
    const client = connectClient(place.frontend, { requestTimeout: 1000, requestRetries: 100, maxSockets: 6 });
    const load = new Load(client, 900, 'sleep:2');
    const figures: number[] = [];
    for (let kill = 1; kill <= 3; kill++) {
      await eventually(`${200 * kill} requests are answered`, () => load.answered >= 200 * kill, 30_000);
      await queue.kill();
      [queue] = await startQueue('simple', {}, place);
      const registered = await queue.untilSaid('workerRegistered', 2);
      figures.push((registered.at(-1)?.read as number) - (queue.said('ready')[0]?.read as number));
    }
    await expectOwnAnswers(load);
    await annotate(`from bind to both workers registered: ${figures.map((each) => each.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...figures)).toBeLessThan(3000);
    for (const worker of workers) {
      await worker.untilSaid('registered', 4);
      expect(worker.said('brokerLost').every((line) => line['reason'] === 'disconnected')).toBe(true);
      expect(worker.said('fault')).toEqual([]);
    }
    expect((await inspect<SimplePirateQueueSnapshot>(queue)).counters).toMatchObject({ invalid: 0, faults: 0 });
  });

  test('while a worker works: its answer is discarded, not given to the new queue, and the worker is ready afterwards', async () => {
    const place = await freePlace();
    const [first] = await startQueue('simple', {}, place);
    const worker = await startPirateAt(first, 'simple', place.backend, 'worker');
    const client = connectClient(place.frontend, { requestTimeout: 5000, requestRetries: 10 });
    const outcome = client.request(['hold', 'x']);
    await worker.until('request');
    await first.kill();
    await worker.until('aborted');
    const [second] = await startQueue('simple', {}, place);
    worker.tell({ do: 'release' });
    await worker.until('replyDiscarded');
    await second.until('workerRegistered');
    await worker.untilSaid('request', 2);
    worker.tell({ do: 'release' });
    expect(texts((await outcome).body)).toEqual(['worker', '1', 'hold', 'x']);
    expect((await inspect<SimplePirateQueueSnapshot>(second)).counters).toMatchObject({
      accepted: 1,
      replied: 1,
      lateReplies: 0,
      invalid: 0,
    });
  });
});

describe('clients without workers', () => {
  test('nothing is accepted until a worker comes; then all are served', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    const clients = numbers(20).map(() => connectClient(frontend));
    const outcomes = clients.map((client, number) => client.request(String(number)));
    await eventually('all have asked', () => clients.every((client) => client.inspect().sockets === 1));
    await pause(300);
    expect(await inspect<SimplePirateQueueSnapshot>(queue)).toMatchObject({
      reading: false,
      idle: 0,
      queued: 0,
      inFlight: 0,
      counters: { accepted: 0, rejected: 0 },
    });
    await startPirateAt(queue, 'simple', backend, 'late');
    const replies = await Promise.all(outcomes);
    expect(replies.map((reply) => texts(reply.body))).toEqual(numbers(20).map((number) => ['late', '1', String(number)]));
    expect(replies.every((reply) => reply.attempts.length === 1)).toBe(true);
    expect(await inspect<SimplePirateQueueSnapshot>(queue)).toMatchObject({
      reading: true,
      idle: 1,
      counters: { accepted: 20, replied: 20 },
    });
  });

  test('nor is anything accepted while every worker is busy', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    const worker = await startPirateAt(queue, 'simple', backend, 'worker');
    const first = connectClient(frontend).request('hold');
    await worker.until('request');
    const others = numbers(5).map((number) => connectClient(frontend).request(String(number)));
    await pause(300);
    expect(await inspect<SimplePirateQueueSnapshot>(queue)).toMatchObject({
      reading: false,
      queued: 0,
      inFlight: 1,
      counters: { accepted: 1 },
    });
    worker.tell({ do: 'release' });
    expect((await Promise.all([first, ...others])).map((reply) => texts(reply.body)[0])).toEqual(numbers(6).map(() => 'worker'));
  });

  test('a queue that comes later than workers and clients finds both waiting', async () => {
    const place = await freePlace();
    for (const name of ['a', 'b']) startPirate('simple', place.backend, name);
    const client = connectClient(place.frontend, { maxSockets: 4 });
    const load = new Load(client, 40);
    const [queue] = await startQueue('simple', {}, place);
    await queue.untilSaid('workerRegistered', 2);
    await expectOwnAnswers(load);
    expect(client.inspect().counters).toMatchObject({ requests: 40, replies: 40, failures: 0 });
  });
});

describe('who leaves', () => {
  test('a worker told to stop answers what it has in hand, and its process ends by itself', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    const worker = await startPirateAt(queue, 'simple', backend, 'worker');
    const outcome = connectClient(frontend).request(['sleep:300', 'x']);
    await worker.until('request');
    worker.signal('SIGTERM');
    expect(texts((await outcome).body)).toEqual(['worker', '1', 'sleep:300', 'x']);
    expect(await worker.exit).toEqual({ code: 0, signal: null });
    expect(await queue.until('workerLost')).toMatchObject({ heldRequests: 0 });
  });

  test('a queue told to stop delivers what is in hand, and its process ends by itself', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    const worker = await startPirateAt(queue, 'simple', backend, 'worker');
    const outcome = connectClient(frontend).request(['sleep:300', 'x']);
    await worker.until('request');
    queue.signal('SIGTERM');
    expect(texts((await outcome).body)).toEqual(['worker', '1', 'sleep:300', 'x']);
    expect(await queue.exit).toEqual({ code: 0, signal: null });
  });

  test('a handler that fails takes its worker away from the queue: the request is dropped, and the worker comes back', async () => {
    const [queue, { frontend, backend }] = await startQueue('simple');
    await startPirateAt(queue, 'simple', backend, 'worker');
    const client = connectClient(frontend, { requestTimeout: 1000, requestRetries: 1 });
    await expect(client.request('fail')).rejects.toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'timed-out' });
    expect(await queue.untilSaid('requestFailed', 1)).toMatchObject([{ code: 'worker-lost' }]);
    await queue.untilSaid('workerRegistered', 2);
    expect(texts((await client.request('x', { requestTimeout: 10_000 })).body)).toEqual(['worker', '1', 'x']);
  });
});
