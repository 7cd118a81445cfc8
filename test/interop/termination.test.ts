/** Processes that are told to go, and finish what they have begun. Every role is a process of its own. */
import { afterEach, describe, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import { endAll, eventually } from './processes.ts';
import { ask, inspect, startBroker, startClient, startWorker } from './role-processes.ts';

afterEach(endAll);

describe('told to go by SIGTERM', () => {
  test('a worker finishes the request in hand, says so, and its process ends by itself', async () => {
    const [broker, endpoint] = await startBroker();
    const worker = await startWorker(broker, endpoint, 'leaving');
    const client = await startClient(endpoint);
    const outcome = ask(client, 'sleep:300');
    await worker.until('request');
    worker.signal('SIGTERM');
    expect(await outcome).toMatchObject({ body: ['leaving', '1', 'sleep:300'], deliveries: 1 });
    expect(await broker.until('workerLost')).toMatchObject({ reason: 'left', noticedBy: 'peer', heldRequests: 0 });
    expect(await worker.exit).toEqual({ code: 0, signal: null });
  });

  test('a worker that cannot finish in time leaves, and its request goes to another', async () => {
    const [broker, endpoint] = await startBroker();
    const worker = await startWorker(broker, endpoint, 'leaving', { drainTimeout: 150 });
    const client = await startClient(endpoint);
    const outcome = ask(client, 'hold');
    await worker.until('request');
    const heir = await startWorker(broker, endpoint, 'heir');
    worker.signal('SIGTERM');
    await heir.until('request');
    heir.tell({ do: 'release' });
    expect(await outcome).toMatchObject({ body: ['heir', '2', 'hold'], deliveries: 2 });
    await worker.until('aborted');
    expect(await worker.exit).toEqual({ code: 0, signal: null });
  });

  test('a broker answers what is in flight, fails what waits, sends its workers away, and its process ends by itself', async () => {
    const [broker, endpoint] = await startBroker();
    const worker = await startWorker(broker, endpoint, 'last');
    const client = await startClient(endpoint, { requestRetries: 1 });
    const inFlight = ask(client, 'sleep:300', 'in flight');
    await worker.until('request');
    const waiting = ask(client, 'waiting');
    await eventually('it waits', async () => (await inspect<BrokerSnapshot>(broker)).queued === 1);
    broker.signal('SIGTERM');
    expect(await waiting).toMatchObject({ code: 'REQUEST_FAILED', failure: 'shutting-down', deliveries: 0, mayHaveRun: false });
    expect(await ask(client, 'too late')).toMatchObject({ code: 'REQUEST_FAILED', failure: 'shutting-down' });
    expect(await inFlight).toMatchObject({ body: ['last', '1', 'sleep:300', 'in flight'] });
    expect(await broker.exit).toEqual({ code: 0, signal: null });
    const { inspect: snapshot } = (await broker.until('closed')) as unknown as { inspect: BrokerSnapshot };
    expect(snapshot).toMatchObject({
      state: 'closed',
      queued: 0,
      inFlight: 0,
      workers: [],
      counters: { replied: 1, failed: 1, rejected: 1 },
    });
    expect(await worker.until('brokerLost')).toMatchObject({ reason: 'dismissed' });
  });

  test('a client tells every caller, and its process ends by itself', async () => {
    const [broker, endpoint] = await startBroker();
    const client = await startClient(endpoint);
    const outcomes = ['a', 'b', 'c'].map((body) => ask(client, body));
    await eventually('all of them wait', async () => (await inspect<BrokerSnapshot>(broker)).queued === 3);
    client.signal('SIGTERM');
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(await client.exit).toEqual({ code: 0, signal: null });
  });
});
