/** Paranoid Pirate: workers and queues that are killed, frozen and restarted, and what becomes of the requests of Lazy Pirate clients. */
import { afterEach, describe, expect, test } from 'vitest';
import type { LoadBalancedWorkerSnapshot } from '../../src/load-balancer/worker.ts';
import type { ParanoidPirateQueueSnapshot } from '../../src/paranoid-pirate/queue.ts';
import { rejecting } from '../support/uncaught.ts';
import { connectClient, endPirates, expectOwnAnswers, freePlace, Load, startPirateAt, startQueue, texts } from './pirate-processes.ts';
import { eventually, pause, type Child } from './processes.ts';
import { expectPrompt, inspect } from './role-processes.ts';

/** What an operator may expect, from a worker's death to its request in other hands, in ms. */
const REDISPATCH_MS = 250;

afterEach(endPirates);

describe('a worker is killed', () => {
  test('the request it held is in other hands within 250 ms, without its client asking again', async ({ annotate }) => {
    const [queue, { frontend, backend }] = await startQueue('paranoid');
    // Without disconnect notices a killed process is noticed by heartbeats only; this figure is about the notices.
    expect((await inspect<ParanoidPirateQueueSnapshot>(queue)).layers.disconnectNotices).toBe(true);
    const client = connectClient(frontend);
    const figures: number[] = [];
    let victim = await startPirateAt(queue, 'paranoid', backend, 'worker-0');
    for (let round = 1; round <= 8; round++) {
      const name = `worker-${round}`;
      const outcome = client.request(['hold', String(round)]);
      await victim.until((line) => line.event === 'request' && line['attempt'] === 1);
      const heir = await startPirateAt(queue, 'paranoid', backend, name);
      const killed = performance.now();
      victim.signal('SIGKILL');
      const taken = await heir.until('request');
      figures.push(taken.read - killed);
      expect(taken).toMatchObject({ attempt: 2, body: ['hold', String(round)] });
      heir.tell({ do: 'release' });
      const reply = await outcome;
      expect(texts(reply.body)).toEqual([name, '2', 'hold', String(round)]);
      expect(reply.attempts).toHaveLength(1);
      victim = heir;
    }
    await annotate(`from SIGKILL to redispatch: ${figures.map((figure) => figure.toFixed(1)).join(', ')} ms`);
    expectPrompt(figures, REDISPATCH_MS);
    const { counters } = await inspect<ParanoidPirateQueueSnapshot>(queue);
    expect(counters).toMatchObject({ accepted: 8, replied: 8, requeued: 8, deliveries: 16, lateReplies: 0, faults: 0 });
  });

  test('the queue must not repeat its request: the client does, and is answered', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', { deliveryPolicy: 'fail' });
    const victim = await startPirateAt(queue, 'paranoid', backend, 'victim');
    const heir = await startPirateAt(queue, 'paranoid', backend, 'heir');
    const outcome = connectClient(frontend, { requestTimeout: 2000, requestRetries: 10 }).request(['hold', 'x']);
    await victim.until('request');
    victim.signal('SIGKILL');
    expect(await queue.until('requestFailed')).toMatchObject({ code: 'worker-lost', deliveries: 1 });
    // Delivered for the first time, as far as the queue knows.
    expect(await heir.until('request')).toMatchObject({ attempt: 1 });
    heir.tell({ do: 'release' });
    const reply = await outcome;
    expect(texts(reply.body)).toEqual(['heir', '1', 'hold', 'x']);
    expect(reply.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
    expect(queue.said('requestRequeued')).toEqual([]);
  });

  test('four, one by one, under load: every request is answered once, with its own answer', async ({ annotate }) => {
    const [queue, { frontend, backend }] = await startQueue('paranoid');
    const workers: Child[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) workers.push(await startPirateAt(queue, 'paranoid', backend, name));
    const client = connectClient(frontend, { maxSockets: 10 });
    const load = new Load(client, 1000, 'sleep:2');
    for (const [number, victim] of workers.slice(0, 4).entries()) {
      await eventually(`${150 * (number + 1)} requests are answered`, () => load.answered >= 150 * (number + 1), 30_000);
      await victim.kill();
    }
    const replies = await expectOwnAnswers(load);
    expect(load.answered).toBe(1000);
    expect(replies.every((reply) => reply.attempts.length === 1)).toBe(true);
    expect(client.inspect()).toMatchObject({
      open: 0,
      counters: { requests: 1000, replies: 1000, retries: 0, stale: 0, invalid: 0, faults: 0 },
    });
    const { counters, workers: left } = await inspect<ParanoidPirateQueueSnapshot>(queue);
    expect(counters).toMatchObject({ accepted: 1000, replied: 1000, failed: 0, dropped: 0, workersLost: 4, lateReplies: 0, faults: 0 });
    expect(counters.requeued).toBeGreaterThan(0);
    expect(left).toHaveLength(1);
    await annotate(`${counters.requeued} requests changed hands`);
  });

  test('a request that kills every worker it meets is given up after three; the others are served', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid');
    for (const name of ['a', 'b', 'c', 'd']) await startPirateAt(queue, 'paranoid', backend, name);
    const load = new Load(connectClient(frontend, { maxSockets: 4 }), 200);
    const patience = new AbortController();
    const deadly = rejecting(connectClient(frontend).request('die', { signal: patience.signal }));
    expect(await queue.until('requestFailed')).toMatchObject({ code: 'poisoned', deliveries: 3 });
    // Its client is not told: it would ask again.
    patience.abort();
    await expect(deadly).rejects.toMatchObject({ code: 'ABORTED', mayHaveRun: true });
    await expectOwnAnswers(load);
    expect((await inspect<ParanoidPirateQueueSnapshot>(queue)).workers).toHaveLength(1);
  });
});

describe('a worker stands still', () => {
  const beats = { heartbeatInterval: 200, heartbeatLiveness: 3, transportHeartbeatInterval: 0 };
  const patient = { ...beats, heartbeatLiveness: 100 };

  test('with a request: another answers it, the late answer is dropped, and the worker is used again', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', beats);
    const sleeper = await startPirateAt(queue, 'paranoid', backend, 'sleeper', patient);
    const client = connectClient(frontend);
    const outcome = client.request('sleep:1200');
    await sleeper.until('request');
    // The queue learns that this worker heartbeats while it works.
    await pause(600);
    await sleeper.pause();
    const heir = await startPirateAt(queue, 'paranoid', backend, 'heir', patient);
    expect(await queue.until('workerLost')).toMatchObject({ reason: 'expired', noticedBy: 'heartbeat', heldRequests: 1 });
    const reply = await outcome;
    expect(texts(reply.body)).toEqual(['heir', '2', 'sleep:1200']);
    expect(reply.attempts).toHaveLength(1);
    sleeper.resume();
    await sleeper.until('answered');
    // Its answer says that it is free again: nothing on this wire told it that it was given up.
    await queue.untilSaid('workerRegistered', 3);
    const { counters } = await inspect<ParanoidPirateQueueSnapshot>(queue);
    expect(counters).toMatchObject({ accepted: 1, replied: 1, requeued: 1, lateReplies: 1, faults: 0 });
    expect((await inspect<LoadBalancedWorkerSnapshot>(sleeper)).counters).toMatchObject({ connections: 1, replies: 1 });
    await heir.end();
    expect(texts((await client.request('again')).body)).toEqual(['sleeper', '1', 'again']);
    expect(client.inspect().counters).toMatchObject({ replies: 2, stale: 0, invalid: 0 });
  });

  test('idle: no request is given to it, and its next sign of life brings it back', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', beats);
    const sleeper = await startPirateAt(queue, 'paranoid', backend, 'sleeper', patient);
    const other = await startPirateAt(queue, 'paranoid', backend, 'other', patient);
    await sleeper.pause();
    expect(await queue.until('workerLost')).toMatchObject({ reason: 'expired', noticedBy: 'heartbeat', heldRequests: 0 });
    const client = connectClient(frontend);
    for (let each = 0; each < 3; each++) expect(texts((await client.request('x')).body)[0]).toBe('other');
    sleeper.resume();
    await queue.untilSaid('workerRegistered', 3);
    await other.end();
    expect(texts((await client.request('x')).body)[0]).toBe('sleeper');
    expect((await inspect<LoadBalancedWorkerSnapshot>(sleeper)).counters.connections).toBe(1);
  });

  test('a worker blocked in its own code, and not known to beat at work, keeps its request (W16)', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', beats);
    const blocked = await startPirateAt(queue, 'paranoid', backend, 'blocked', patient);
    await startPirateAt(queue, 'paranoid', backend, 'other', patient);
    const client = connectClient(frontend);
    const reply = await client.request('block:1800');
    expect(texts(reply.body)).toEqual(['blocked', '1', 'block:1800']);
    expect(queue.said('workerLost')).toEqual([]);
    expect(blocked.said('brokerLost')).toEqual([]);
  });
});

describe('the queue is killed and comes back', () => {
  test('three times under load: workers say READY again, and every request gets its own answer', async ({ annotate }) => {
    const place = await freePlace();
    let [queue] = await startQueue('paranoid', {}, place);
    // With the pauses that users get.
    const patience = { reconnectInterval: 1000 };
    const workers = [];
    for (const name of ['a', 'b']) workers.push(await startPirateAt(queue, 'paranoid', place.backend, name, patience));
    const clients = [1, 2].map(() => connectClient(place.frontend, { requestTimeout: 1000, requestRetries: 100, maxSockets: 4 }));
    const loads = clients.map((client, number) => new Load(client, 450, 'sleep:2', `client-${number}`));
    const figures: number[] = [];
    for (let kill = 1; kill <= 3; kill++) {
      await eventually(`${100 * kill} requests of each are answered`, () => loads.every((load) => load.answered >= 100 * kill), 30_000);
      await queue.kill();
      [queue] = await startQueue('paranoid', {}, place);
      const registered = await queue.untilSaid('workerRegistered', 2);
      figures.push((registered.at(-1)?.read as number) - (queue.said('ready')[0]?.read as number));
    }
    for (const load of loads) await expectOwnAnswers(load);
    await annotate(`from bind to both workers registered: ${figures.map((each) => each.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...figures)).toBeLessThan(5000);
    for (const worker of workers) {
      await worker.untilSaid('registered', 4);
      expect(worker.said('fault')).toEqual([]);
    }
    for (const client of clients)
      expect(client.inspect()).toMatchObject({ open: 0, counters: { stale: 0, invalid: 0, failures: 0, faults: 0 } });
    expect((await inspect<ParanoidPirateQueueSnapshot>(queue)).counters).toMatchObject({ invalid: 0, faults: 0 });
  });

  test('while a worker works: its answer is discarded, not given to the new queue, and the worker is ready afterwards', async () => {
    const place = await freePlace();
    const [first] = await startQueue('paranoid', {}, place);
    const worker = await startPirateAt(first, 'paranoid', place.backend, 'worker');
    const outcome = connectClient(place.frontend, { requestTimeout: 5000, requestRetries: 10 }).request(['hold', 'x']);
    await worker.until('request');
    await first.kill();
    await worker.until('aborted');
    const [second] = await startQueue('paranoid', {}, place);
    worker.tell({ do: 'release' });
    await worker.until('replyDiscarded');
    await worker.untilSaid('request', 2);
    worker.tell({ do: 'release' });
    expect(texts((await outcome).body)).toEqual(['worker', '1', 'hold', 'x']);
    expect((await inspect<ParanoidPirateQueueSnapshot>(second)).counters).toMatchObject({
      accepted: 1,
      replied: 1,
      lateReplies: 0,
      invalid: 0,
    });
  });

  test('a queue that stands still and goes on has lost nobody, and answers what it was asked meanwhile', async () => {
    const beats = { heartbeatInterval: 200, heartbeatLiveness: 3, transportHeartbeatInterval: 0 };
    const [queue, { frontend, backend }] = await startQueue('paranoid', beats);
    const patient = { ...beats, heartbeatLiveness: 100 };
    for (const name of ['a', 'b']) await startPirateAt(queue, 'paranoid', backend, name, patient);
    const client = connectClient(frontend, { transportHeartbeatInterval: 0 });
    await client.request('warm');
    await queue.pause();
    const outcome = client.request('x');
    await pause(1200);
    queue.resume();
    expect(texts((await outcome).body)[2]).toBe('x');
    await pause(800);
    expect(queue.said('workerLost')).toEqual([]);
  });
});

describe('queue and worker with intervals of their own', () => {
  test.each([
    ['the worker’s is five times the queue’s', 200, 1000],
    ['the queue’s is five times the worker’s', 1000, 200],
  ])('%s: neither takes the other for dead, idle or at work', async (_what, ofTheQueue, ofTheWorker) => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', { heartbeatInterval: ofTheQueue });
    const workers = [];
    for (const name of ['a', 'b']) {
      workers.push(await startPirateAt(queue, 'paranoid', backend, name, { heartbeatInterval: ofTheWorker }));
    }
    const client = connectClient(frontend, { maxSockets: 2 });
    // Longer than the patience of either with its own interval: idle, at work, and idle again.
    await pause(1500);
    const bodies = await Promise.all(['sleep:3500', 'block:1500'].map((body) => client.request(body)));
    expect(bodies.map((reply) => texts(reply.body)[1])).toEqual(['1', '1']);
    await pause(1500);
    await expectOwnAnswers(new Load(client, 20));
    expect(queue.said('workerLost')).toEqual([]);
    for (const worker of workers) expect(worker.said('brokerLost')).toEqual([]);
    const { counters } = await inspect<ParanoidPirateQueueSnapshot>(queue);
    expect(counters).toMatchObject({ workersRegistered: 2, accepted: 22, replied: 22, deliveries: 22 });
  });
});
