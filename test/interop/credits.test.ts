/** Workers that hold several requests, as processes that are killed, and at a broker that has never heard of it. */
import { afterEach, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { endAll, python, pythonNote, startPython, type Child } from './processes.ts';
import { closeRawPeers, RawDealer, RawRouter } from './raw-peer.ts';
import { ask, expectEachAnsweredOnce, expectPrompt, inspect, startBroker, startClient, startWorker } from './role-processes.ts';

let workers: MajordomoWorker[] = [];

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  workers = [];
  closeRawPeers();
  await endAll();
});

test('a worker that holds four requests is killed: each of them is answered once, by another', async () => {
  const [broker, endpoint] = await startBroker();
  const client = await startClient(endpoint);
  const victim = await startWorker(broker, endpoint, 'victim', { concurrency: 4 });
  const outcomes = ['a', 'b', 'c', 'd'].map((body) => ask(client, 'sleep:10000', body));
  await victim.untilSaid('request', 4);
  const heir = await startWorker(broker, endpoint, 'heir', { concurrency: 4 });
  const killed = performance.now();
  await victim.kill();
  const taken = await heir.untilSaid('request', 4);
  expect(taken.map((line) => [line['attempt'], ...(line['body'] as string[])])).toEqual(
    ['a', 'b', 'c', 'd'].map((body) => [2, 'sleep:10000', body]),
  );
  expectPrompt(
    taken.map(({ read }) => read - killed),
    250,
  );
  expect((await inspect<BrokerSnapshot>(broker)).counters).toMatchObject({ accepted: 4, deliveries: 8, requeued: 4, replied: 0 });
  expect(broker.said('workerLost')).toMatchObject([{ heldRequests: 4, reason: 'disconnected' }]);
  await heir.kill();
  await startWorker(broker, endpoint, 'last', { concurrency: 4 });
  await client.kill();
  await Promise.allSettled(outcomes);
});

test('ten kills under load of workers that hold eight each: every request has one outcome, and it is its own answer', async () => {
  const [broker, endpoint] = await startBroker({ maxDeliveries: 12 });
  let number = 0;
  const running: Child[] = [];
  for (let i = 0; i < 3; i++) running.push(await startWorker(broker, endpoint, `worker-${++number}`, { concurrency: 8 }));
  const client = await startClient(endpoint);
  client.tell({ do: 'load', service: 'echo', count: 4000, concurrency: 20, prefix: ['sleep:5'] });
  for (let kill = 0; kill < 10; kill++) {
    await client.untilSaid('outcome', 350 * (kill + 1), 60_000);
    await (running.shift() as Child).kill();
    running.push(await startWorker(broker, endpoint, `worker-${++number}`, { concurrency: 8 }));
  }
  const { inspect: snapshot } = (await client.until('loaded', 60_000)) as unknown as { inspect: ClientSnapshot };
  expectEachAnsweredOnce(client, 0, 4000, ['sleep:5']);
  expect(snapshot.counters).toMatchObject({ requests: 4000, replies: 4000, failures: 0, faults: 0 });
  const { counters } = await inspect<BrokerSnapshot>(broker);
  expect(counters).toMatchObject({ replied: 4000, workersLost: 10, faults: 0 });
  expect(counters.requeued).toBeGreaterThan(10);
});

test('a request that kills every worker it meets fails as poisoned, and none of those that were with it does', async () => {
  const [broker, endpoint] = await startBroker();
  for (const name of ['a', 'b', 'c', 'd']) await startWorker(broker, endpoint, name, { concurrency: 8 });
  const others = await startClient(endpoint);
  others.tell({ do: 'load', service: 'echo', count: 800, concurrency: 16, prefix: ['sleep:5'] });
  const client = await startClient(endpoint);
  expect(await ask(client, 'die')).toMatchObject({ code: 'REQUEST_FAILED', failure: 'poisoned', deliveries: 3 });
  await others.until('loaded');
  expectEachAnsweredOnce(others, 0, 800, ['sleep:5']);
  const { counters, workers: left } = await inspect<BrokerSnapshot>(broker);
  expect(counters).toMatchObject({ failed: 1, replied: 800, faults: 0 });
  expect(left).toHaveLength(1);
});

test('a worker of eight that is told to stop answers what it has, and nothing is lost', async () => {
  const [broker, endpoint] = await startBroker();
  const stopping = await startWorker(broker, endpoint, 'stopping', { concurrency: 8 });
  const client = await startClient(endpoint);
  client.tell({ do: 'load', service: 'echo', count: 600, concurrency: 30, prefix: ['sleep:20'] });
  await client.untilSaid('outcome', 100);
  await startWorker(broker, endpoint, 'staying', { concurrency: 8 });
  await client.untilSaid('outcome', 200);
  stopping.signal('SIGTERM');
  await client.until('loaded', 60_000);
  expectEachAnsweredOnce(client, 0, 600, ['sleep:20']);
  // What it had taken it has answered: nothing was handed out twice but what it declined.
  expect(stopping.said('request').length).toBe(stopping.said('answered').length);
  expect((await inspect<BrokerSnapshot>(broker)).counters).toMatchObject({ accepted: 600, replied: 600, deliveries: 600, faults: 0 });
});

test('on the wire: READY with a credit mark, several REQUESTs, answers in any order, FAILURE with the handle', async () => {
  const broker = await RawRouter.listen();
  const waiting = new Map<string, (reply: string | Error) => void>();
  const worker = MajordomoWorker.connect(
    broker.endpoint,
    'echo',
    ({ body }) =>
      new Promise((resolve, reject) => {
        waiting.set(String(body[0]), (reply) => {
          if (reply instanceof Error) reject(reply);
          else resolve(reply);
        });
      }),
    { heartbeatInterval: 10_000, concurrency: 3, reconnectInterval: 8000 },
  );
  workers.push(worker);
  const [id = '', ...ready] = await broker.receive();
  expect(ready).toEqual(['', 'MDPW01', '\x01', 'echo', 'SW\x03\0\0\0\0\0\0\0\0\x03']);
  const handle = (last: number): string => `SW\x01\x01\0\0\0\0\0\0\0${String.fromCharCode(last)}`;
  for (const [at, body] of ['a', 'b', 'c'].entries()) await broker.send(id, '', 'MDPW01', '\x02', handle(at + 1), '', body);
  await expect.poll(() => waiting.size).toBe(3);
  waiting.get('b')?.('done b');
  expect(await broker.receive()).toEqual([id, '', 'MDPW01', '\x03', handle(2), '', 'done b']);
  const takesNoMore = [id, '', 'MDPW01', '\x07', 'SW\x03\0\0\0\0\0\0\0\0\0'];
  waiting.get('c')?.(new Error('on purpose'));
  expect(await broker.receive()).toEqual(takesNoMore);
  expect(await broker.receive()).toEqual([id, '', 'MDPW01', '\x06', handle(3), 'handler-failed']);
  const closed = worker.close();
  expect(await broker.receive()).toEqual(takesNoMore);
  await broker.send(id, '', 'MDPW01', '\x02', handle(4), '', 'too late');
  expect(await broker.receive()).toEqual([id, '', 'MDPW01', '\x06', handle(4), 'declined']);
  waiting.get('a')?.('done a');
  expect(await broker.receive()).toEqual([id, '', 'MDPW01', '\x03', handle(1), '', 'done a']);
  expect(await broker.receive()).toEqual([id, '', 'MDPW01', '\x05', handle(4)]);
  await closed;
});

test('a plain worker beside one of several gets one at a time', async () => {
  const [broker, endpoint] = await startBroker();
  await startWorker(broker, endpoint, 'several', { concurrency: 4 });
  const plain = new RawDealer(endpoint);
  await plain.send('', 'MDPW01', '\x01', 'echo');
  await broker.untilSaid('workerRegistered', 2);
  const client = await startClient(endpoint);
  client.tell({ do: 'load', service: 'echo', count: 6, concurrency: 6, prefix: ['sleep:300'] });
  const [, header, command, address = '', , ...body] = await plain.receive();
  expect([header, command]).toEqual(['MDPW01', '\x02']);
  const requests = (await plain.everythingWithin(200)).filter((frames) => frames[2] === '\x02');
  expect(requests).toEqual([]);
  await plain.send('', 'MDPW01', '\x03', address, '', 'plain', '1', ...body);
  await plain.send('', 'MDPW01', '\x05');
  await client.until('loaded', 60_000);
  expectEachAnsweredOnce(client, 0, 6, ['sleep:300']);
});

test.skipIf(python === undefined)(
  `a broker in Python takes no notice of a credit: one request at a time, all answered${pythonNote}`,
  async () => {
    const broker = startPython('mdp_broker');
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    let running = 0;
    let most = 0;
    const worker = MajordomoWorker.connect(
      endpoint,
      'echo',
      async ({ body }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
        return ['ours', ...body];
      },
      { drainTimeout: 0, concurrency: 16 },
    );
    workers.push(worker);
    const clients = ['one', 'two'].map((name) => startPython('mdp_client', { endpoint, service: 'echo', requests: 50, body: [name] }));
    for (const client of clients) await client.until('done');
    expect(most).toBe(1);
    expect(worker.inspect().counters).toMatchObject({ requests: 100, replies: 100, invalid: 0, connections: 1 });
    expect(broker.said('invalid')).toEqual([]);
  },
);
