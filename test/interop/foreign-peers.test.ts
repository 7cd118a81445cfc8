/** Workers and clients in another language, written from the RFC, at our broker. */
import { afterEach, describe, expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import type { MajordomoBrokerOptions } from '../../src/majordomo/options.ts';
import { endAll, eventually, freePort, python, pythonNote, startPython, type ChildOptions } from './processes.ts';

let broker: MajordomoBroker | undefined;

afterEach(async () => {
  await endAll();
  await broker?.close();
  broker = undefined;
});

async function listen(options: MajordomoBrokerOptions = {}, endpoint = 'tcp://127.0.0.1:*'): Promise<MajordomoBroker> {
  broker = await MajordomoBroker.listen(endpoint, { drainTimeout: 0, ...options });
  return broker;
}

const workersOf = (count: number) => (): boolean => broker?.inspect().workers.length === count;

describe.skipIf(python === undefined)(`Python peers at our broker${pythonNote}`, () => {
  test.each<[kind: string, options: ChildOptions]>([
    ['REQ', {}],
    ['DEALER', { dealer: true }],
    ['REQ with correlation', { correlate: true }],
  ])('a %s client gets each of its answers from a worker', async (_kind, options) => {
    const { endpoint } = await listen();
    startPython('mdp_worker', { endpoint, service: 'echo', name: 'monty' });
    const client = startPython('mdp_client', { endpoint, service: 'echo', requests: 200, body: ['', 'b\xe9'], ...options });
    await client.until('done');
    expect(client.said('reply').map((line) => line['body'])).toEqual(
      Array.from({ length: 200 }, (_, number) => ['monty', String(number), '', 'b\xe9']),
    );
    expect(broker?.inspect()).toMatchObject({
      queued: 0,
      inFlight: 0,
      counters: { accepted: 200, replied: 200, invalid: 0, refused: 0 },
    });
  });

  test.each<[kind: string, options: ChildOptions]>([
    ['a REQ', {}],
    ['a DEALER', { dealer: true }],
    ['a correlating REQ', { correlate: true }],
  ])('%s client behind two queue devices gets each of its answers', async (_kind, options) => {
    const { endpoint } = await listen();
    const near = startPython('queue_device', { endpoint });
    const far = startPython('queue_device', { endpoint: (await near.until('ready'))['endpoint'] as string });
    startPython('mdp_worker', { endpoint, service: 'echo', name: 'monty' });
    const client = startPython('mdp_client', {
      endpoint: (await far.until('ready'))['endpoint'] as string,
      service: 'echo',
      requests: 50,
      ...options,
    });
    await client.until('done');
    expect(client.said('reply').map((line) => line['body'])).toEqual(Array.from({ length: 50 }, (_, number) => ['monty', String(number)]));
  });

  test('our own client behind a queue device: thirty requests over one connection, and failures that say what failed', async () => {
    const { endpoint } = await listen({ requestExpiry: 100 });
    const device = startPython('queue_device', { endpoint });
    startPython('mdp_worker', { endpoint, service: 'echo', name: 'monty' });
    const client = MajordomoClient.connect((await device.until('ready'))['endpoint'] as string, { requestTimeout: 10_000 });
    const numbers = Array.from({ length: 30 }, (_, number) => String(number));
    const replies = await Promise.all(numbers.map((number) => client.request('echo', number)));
    expect(replies.map((reply) => reply.body.map(String))).toEqual(numbers.map((number) => ['monty', number]));
    expect(replies.every((reply) => reply.deliveries === 1)).toBe(true);
    await expect(client.request('nowhere', 'body', { requestRetries: 1 })).rejects.toMatchObject({ failure: 'expired', deliveries: 0 });
    expect(client.inspect()).toMatchObject({ correlation: 'envelope', counters: { stale: 0, invalid: 0, connections: 1 } });
    await client.close();
  });

  test('three workers share the requests of four clients, and everybody gets his own answers', async () => {
    const { endpoint } = await listen();
    for (const name of ['one', 'two', 'three']) startPython('mdp_worker', { endpoint, service: 'echo', name, workMs: 2 });
    await eventually('three workers', workersOf(3));
    const clients = ['a', 'b', 'c', 'd'].map((mark) =>
      startPython('mdp_client', { endpoint, service: 'echo', requests: 50, body: [mark], dealer: mark < 'c' }),
    );
    const served = new Map<unknown, number>();
    for (const [index, client] of clients.entries()) {
      await client.until('done');
      const bodies = client.said('reply').map((line) => line['body'] as string[]);
      expect(bodies.map((body) => body.slice(1))).toEqual(Array.from({ length: 50 }, (_, number) => [String(number), 'abcd'[index]]));
      for (const [name] of bodies) served.set(name, (served.get(name) ?? 0) + 1);
    }
    expect(new Set(served.keys())).toEqual(new Set(['one', 'two', 'three']));
    // Least recently used first: nobody is left standing.
    for (const share of served.values()) expect(share).toBeGreaterThan(40);
  });

  test('a worker that is silent while it works for longer than the expiry keeps its request, and answers it once', async () => {
    const { endpoint } = await listen({ heartbeatInterval: 150, heartbeatLiveness: 3 });
    // An idle worker on a busy machine may be too late with a heartbeat; one with a request in hand must not be lost for it.
    const lostWithRequest: unknown[] = [];
    broker?.events.on('workerLost', (event) => event.heldRequests > 0 && lostWithRequest.push(event));
    const worker = startPython('mdp_worker', { endpoint, service: 'echo', heartbeatMs: 150, workMs: 1200 });
    await eventually('one worker', workersOf(1));
    const client = startPython('mdp_client', { endpoint, service: 'echo', timeoutMs: 5000 });
    await worker.until('request');
    const idle = startPython('mdp_worker', { endpoint, service: 'echo', heartbeatMs: 150, name: 'idle' });
    expect((await client.until('reply'))['body']).toEqual(['python', '0']);
    expect(idle.said('request')).toEqual([]);
    expect(broker?.inspect().counters).toMatchObject({ deliveries: 1, requeued: 0, replied: 1 });
    expect(lostWithRequest).toEqual([]);
  });

  test('a killed worker’s request goes to the next worker', async () => {
    const { endpoint } = await listen();
    const first = startPython('mdp_worker', { endpoint, service: 'echo', name: 'first', workMs: 60_000 });
    await eventually('one worker', workersOf(1));
    const client = startPython('mdp_client', { endpoint, service: 'echo', timeoutMs: 10_000 });
    await first.until('request');
    startPython('mdp_worker', { endpoint, service: 'echo', name: 'second' });
    await eventually('two workers', workersOf(2));
    await first.kill();
    expect((await client.until('reply'))['body']).toEqual(['second', '0']);
  });

  test('a killed client leaves nothing behind', async () => {
    const { endpoint } = await listen();
    const client = startPython('mdp_client', { endpoint, service: 'nowhere', timeoutMs: 60_000 });
    await eventually('its request is queued', () => broker?.inspect().queued === 1);
    await client.kill();
    await eventually('its request is dropped', () => broker?.inspect().queued === 0);
    expect(broker?.inspect()).toMatchObject({ services: [], counters: { dropped: 1 } });
  });

  test('an answer that comes after the client gave up never answers its next question', async () => {
    const { endpoint } = await listen();
    startPython('mdp_worker', { endpoint, service: 'echo', slowEvery: 3, slowMs: 160 });
    await eventually('one worker', workersOf(1));
    for (const correlate of [true, false]) {
      const client = startPython('mdp_client', { endpoint, service: 'echo', requests: 24, timeoutMs: 100, correlate });
      await client.until('done');
      const replies = client.said('reply');
      for (const line of replies) expect(line['body']).toEqual(['python', String(line['request'])]);
      expect(replies.length).toBeGreaterThan(0);
      expect(client.said('timeout').length).toBeGreaterThan(0);
      expect(client.said('invalid')).toEqual([]);
      await client.end();
    }
  });

  test('workers register again by themselves at a broker that was replaced', async () => {
    const port = await freePort();
    const { endpoint } = await listen({ heartbeatInterval: 60 }, `tcp://127.0.0.1:${port}`);
    const worker = startPython('mdp_worker', { endpoint, service: 'echo', heartbeatMs: 60 });
    await eventually('one worker', workersOf(1));
    await broker?.close();
    await worker.until('disconnected');
    await listen({ heartbeatInterval: 60 }, endpoint);
    await eventually('the worker is back', workersOf(1));
    const client = startPython('mdp_client', { endpoint, service: 'echo' });
    expect((await client.until('reply'))['body']).toEqual(['python', '0']);
  });
});
