/** Our worker and client at a broker in another language, written from the RFC, with none of our extensions. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import type { MajordomoClientOptions, MajordomoWorkerOptions } from '../../src/majordomo/options.ts';
import { MajordomoWorker, type WorkerHandler } from '../../src/majordomo/worker.ts';
import { endAll, freePort, pause, python, pythonNote, startNode, startPython } from './processes.ts';

let roles: { close(): Promise<void> }[] = [];

beforeEach(() => {
  roles = [];
});

afterEach(async () => {
  await Promise.all(roles.map((role) => role.close()));
  await endAll();
});

function client(endpoint: string, options: MajordomoClientOptions = {}): MajordomoClient {
  const started = MajordomoClient.connect(endpoint, { requestTimeout: 10_000, reconnectInterval: 30, ...options });
  roles.push(started);
  return started;
}

function worker(endpoint: string, handler: WorkerHandler, options: MajordomoWorkerOptions = {}): MajordomoWorker {
  const started = MajordomoWorker.connect(endpoint, 'echo', handler, { drainTimeout: 0, reconnectInterval: 30, ...options });
  roles.push(started);
  return started;
}

const texts = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe.skipIf(python === undefined)(`our peers at a Python broker${pythonNote}`, () => {
  test('our client and a Python worker: thirty requests in flight, each gets its own answer', async () => {
    const broker = startPython('mdp_broker');
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    for (const name of ['one', 'two']) startPython('mdp_worker', { endpoint, service: 'echo', name });
    await broker.untilSaid('registered', 2);
    const us = client(endpoint);
    const replies = await Promise.all(numbers(30).map((number) => us.request('echo', [String(number), 'b\u00e9'])));
    for (const [number, reply] of replies.entries()) {
      expect(texts(reply.body).slice(1)).toEqual([String(number), 'b\xc3\xa9']);
      expect(reply.attempts.map((attempt) => attempt.outcome)).toEqual(['replied']);
    }
    expect(us.inspect()).toMatchObject({ correlation: 'socket', counters: { stale: 0, invalid: 0, faults: 0 } });
    expect(broker.said('invalid')).toEqual([]);
  });

  test('our worker and a Python client: each request gets its own answer', async () => {
    const broker = startPython('mdp_broker');
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    const us = worker(endpoint, (request) => ['ours', ...request.body]);
    const asking = startPython('mdp_client', { endpoint, service: 'echo', requests: 100, body: ['', 'x'] });
    await asking.until('done');
    expect(asking.said('reply').map((line) => line['body'])).toEqual(numbers(100).map((number) => ['ours', String(number), '', 'x']));
    expect(us.inspect().counters).toMatchObject({ requests: 100, replies: 100, invalid: 0, connections: 1 });
    expect(broker.said('outOfOrder')).toEqual([]);
  });

  test('our worker keeps its place by its heartbeats while it works for longer than the broker waits', async () => {
    const broker = startPython('mdp_broker', { heartbeatMs: 200, liveness: 3 });
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    const us = worker(endpoint, () => pause(1500).then(() => 'done'), { heartbeatInterval: 200 });
    const asking = startPython('mdp_client', { endpoint, service: 'echo', timeoutMs: 5000 });
    expect((await asking.until('reply'))['body']).toEqual(['done']);
    expect(broker.said('forgotten')).toEqual([]);
    expect(us.inspect().counters).toMatchObject({ connections: 1, replies: 1 });
  });

  test('answers that come after a timeout never answer another request', async () => {
    const broker = startPython('mdp_broker');
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    for (const name of ['one', 'two', 'three']) startPython('mdp_worker', { endpoint, service: 'echo', name, slowEvery: 4, slowMs: 250 });
    await broker.untilSaid('registered', 3);
    const us = client(endpoint, { requestTimeout: 150, requestRetries: 2, retryInterval: 5 });
    let late = 0;
    const outcomes = await Promise.all(
      numbers(5).map(async (lane) => {
        const wrong: unknown[] = [];
        for (const number of numbers(12)) {
          const id = `${lane}/${number}`;
          try {
            const reply = await us.request('echo', id);
            late += reply.attempts.length - 1;
            if (texts(reply.body)[1] !== id) wrong.push([id, texts(reply.body)]);
          } catch (error) {
            expect(error).toMatchObject({ code: 'REQUEST_TIMED_OUT' });
            late++;
          }
        }
        return wrong;
      }),
    );
    expect(outcomes.flat()).toEqual([]);
    // Otherwise nothing was late and nothing was tested.
    expect(late).toBeGreaterThan(0);
  });

  test('requests and workers survive a broker that is killed and comes back', async () => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const broker = startPython('mdp_broker', { endpoint, heartbeatMs: 100 });
    await broker.until('ready');
    worker(endpoint, (request) => ['ours', ...request.body], { heartbeatInterval: 100 });
    startPython('mdp_worker', { endpoint, service: 'echo', name: 'theirs', heartbeatMs: 100 });
    await broker.untilSaid('registered', 2);
    const us = client(endpoint, { requestTimeout: 400, requestRetries: 20, retryInterval: 20, retryMaximum: 100 });
    expect(texts((await us.request('echo', 'before')).body)[1]).toBe('before');
    await broker.kill();
    const during = numbers(10).map((number) => us.request('echo', String(number)));
    const next = startPython('mdp_broker', { endpoint, heartbeatMs: 100 });
    await next.untilSaid('registered', 2);
    expect((await Promise.all(during)).map((reply) => texts(reply.body)[1])).toEqual(numbers(10).map(String));
    expect(us.inspect()).toMatchObject({ open: 0, correlation: 'socket' });
  });

  test('our worker is forgotten while it is paused, and serves again by itself afterwards', async () => {
    const broker = startPython('mdp_broker', { heartbeatMs: 200, liveness: 3 });
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    const ours = startNode('worker', {
      endpoint,
      service: 'echo',
      options: JSON.stringify({ heartbeatInterval: 60, reconnectInterval: 30 }),
    });
    await broker.until('registered');
    await ours.pause();
    expect(await broker.until('forgotten')).toMatchObject({ why: 'silent', busy: false });
    ours.resume();
    await broker.untilSaid('registered', 2);
    expect(texts((await client(endpoint).request('echo', 'again')).body)).toEqual(['node', '1', 'again']);
  });

  test('a broker that changes from foreign to ours and back is noticed each time', async () => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const us = client(endpoint, { requestTimeout: 1000, requestRetries: 10, retryInterval: 20, probeTimeout: 100 });
    worker(endpoint, (request) => request.body, { heartbeatInterval: 100 });
    for (const [number, ours] of [false, true, false].entries()) {
      const broker = ours
        ? startNode('broker', { endpoint, options: JSON.stringify({ heartbeatInterval: 100 }) })
        : startPython('mdp_broker', { endpoint, heartbeatMs: 100 });
      await broker.until('ready');
      const reply = await us.request('echo', String(number));
      expect(texts(reply.body)).toEqual([String(number)]);
      if (us.inspect().correlation !== (ours ? 'envelope' : 'socket')) await us.events.once('linkUsable');
      expect(us.inspect().correlation).toBe(ours ? 'envelope' : 'socket');
      await broker.kill();
    }
  });
});
