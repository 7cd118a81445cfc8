/** Processes that stand still without being dead: paused by a signal, or blocked in their own code. Every role is a process of its own. */
import { afterEach, describe, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import type { WorkerSnapshot } from '../../src/majordomo/worker.ts';
import { defaultTransport, type TransportName } from '../../src/transport/transport.ts';
import { endAll, eventually, pause, python, pythonNote, startPython, type Child, type Line } from './processes.ts';
import { closeRawPeers, RawDealer } from './raw-peer.ts';
import { ask, expectEachAnsweredOnce, inspect, startBroker, startClient, startWorker } from './role-processes.ts';

afterEach(async () => {
  closeRawPeers();
  await endAll();
});

describe('a worker stands still for longer than its expiry, then goes on', () => {
  const beats = { heartbeatInterval: 100, heartbeatLiveness: 3 };

  test('its request is answered once by another, its own late reply is dropped and counted, and it serves again', async () => {
    const [broker, endpoint] = await startBroker({ ...beats, transportHeartbeatInterval: 0 });
    const sleeper = await startWorker(broker, endpoint, 'sleeper', { ...beats, transportHeartbeatInterval: 0 });
    const client = await startClient(endpoint);
    const outcome = ask(client, 'sleep:900');
    await sleeper.until('request');
    // The broker learns that this worker heartbeats while it works.
    await pause(350);
    await sleeper.pause();
    const heir = await startWorker(broker, endpoint, 'heir', beats);
    expect(await broker.until('workerLost')).toMatchObject({ reason: 'expired', noticedBy: 'heartbeat', heldRequests: 1 });
    expect(await outcome).toMatchObject({ body: ['heir', '2', 'sleep:900'], deliveries: 2 });
    sleeper.resume();
    await sleeper.until('answered');
    await broker.untilSaid('workerRegistered', 3);
    const { counters: atBroker } = await inspect<BrokerSnapshot>(broker);
    const { counters: atWorker } = await inspect<WorkerSnapshot>(sleeper);
    // Which of the two drops it depends on what the worker reads first: the end of its work, or that it was sent away.
    expect(atBroker.lateReplies + atWorker.repliesDiscarded).toBe(1);
    expect(atBroker).toMatchObject({ accepted: 1, replied: 1, requeued: 1, faults: 0 });
    expect(client.said('outcome')).toHaveLength(1);
    expect((await inspect<ClientSnapshot>(client)).counters.stale).toBe(0);
    await heir.end();
    expect(await ask(client, 'again')).toMatchObject({ body: ['sleeper', '1', 'again'] });
  });

  test('also when only the transport can notice: a worker not yet known to heartbeat at work', async () => {
    const [broker, endpoint] = await startBroker({ transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 });
    const sleeper = await startWorker(broker, endpoint, 'sleeper');
    const client = await startClient(endpoint);
    const outcome = ask(client, 'sleep:200');
    await sleeper.until('request');
    await sleeper.pause();
    await startWorker(broker, endpoint, 'heir');
    expect(await broker.until('workerLost')).toMatchObject({ reason: 'disconnected', noticedBy: 'transport', heldRequests: 1 });
    expect(await outcome).toMatchObject({ body: ['heir', '2', 'sleep:200'], deliveries: 2 });
    sleeper.resume();
    await broker.untilSaid('workerRegistered', 3);
    const { counters: atBroker } = await inspect<BrokerSnapshot>(broker);
    const { counters: atWorker } = await inspect<WorkerSnapshot>(sleeper);
    // Its answer is discarded, or late at the broker, or lost with the connection it was written to.
    expect(atWorker.replies + atWorker.repliesDiscarded).toBe(1);
    expect(atBroker.lateReplies).toBeLessThanOrEqual(atWorker.replies);
    expect(atBroker).toMatchObject({ accepted: 1, replied: 1, requeued: 1, faults: 0 });
    expect(client.said('outcome')).toHaveLength(1);
  });

  test.skipIf(python === undefined)(`the late reply of a Python worker is dropped and counted by the broker${pythonNote}`, async () => {
    const [broker, endpoint] = await startBroker({ ...beats, transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 });
    const sleeper = startPython('mdp_worker', { endpoint, service: 'echo', workMs: 400, heartbeatMs: 100, name: 'sleeper' });
    await broker.until('workerRegistered');
    const plain = new RawDealer(endpoint);
    await plain.send('', 'MDPC01', 'echo', 'body');
    await sleeper.until('request');
    await sleeper.pause();
    const heir = await startWorker(broker, endpoint, 'heir', beats);
    expect(await broker.until('workerLost')).toMatchObject({ noticedBy: 'transport', heldRequests: 1 });
    expect(await plain.receive()).toEqual(['', 'MDPC01', 'echo', 'heir', '2', 'body']);
    sleeper.resume();
    await sleeper.until('reply');
    await broker.untilSaid('workerRegistered', 3);
    expect(await plain.everythingWithin(100)).toEqual([]);
    expect((await inspect<BrokerSnapshot>(broker)).counters).toMatchObject({ replied: 1, lateReplies: 1, faults: 0 });
    await heir.end();
    await plain.send('', 'MDPC01', 'echo', 'again');
    expect(await plain.receive()).toEqual(['', 'MDPC01', 'echo', 'sleeper', 'again']);
  });
});

describe('an event loop is blocked', () => {
  const transport = { transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300, heartbeatInterval: 1000 };

  /** A worker is blocked for 1500 ms with a request in its hands, and then answers it. */
  async function blockAtWork(): Promise<{ broker: Child; endpoint: string; worker: Child; client: Child; outcome: Promise<Line> }> {
    const [broker, endpoint] = await startBroker(transport);
    const worker = await startWorker(broker, endpoint, 'blocked', transport);
    const client = await startClient(endpoint);
    const outcome = ask(client, 'hold');
    await worker.until('request');
    worker.tell({ do: 'block', milliseconds: 1500 });
    worker.tell({ do: 'release' });
    return { broker, endpoint, worker, client, outcome };
  }

  /** libzmq answers PINGs in a thread of its own, the ZMTP transport in the event loop. */
  const blockedAtWork: { readonly [name in TransportName]: readonly [title: string, run: () => Promise<void>] } = {
    zeromq: [
      'a worker blocked for longer than the transport’s heartbeats keeps its place over libzmq, which answers for it',
      async () => {
        const { broker, worker, outcome } = await blockAtWork();
        expect(await outcome).toMatchObject({ body: ['blocked', '1', 'hold'], deliveries: 1 });
        expect(broker.said('workerLost')).toEqual([]);
        expect((await inspect<WorkerSnapshot>(worker)).counters).toMatchObject({ connections: 1 });
      },
    ],
    zmtp: [
      'a worker blocked for longer than the transport’s heartbeats loses its connection over ZMTP: its request goes to another, and it comes back',
      async () => {
        const { broker, endpoint, worker, client, outcome } = await blockAtWork();
        const heir = await startWorker(broker, endpoint, 'heir', transport);
        expect(await broker.until('workerLost')).toMatchObject({ reason: 'disconnected', noticedBy: 'transport', heldRequests: 1 });
        await heir.until('request');
        heir.tell({ do: 'release' });
        expect(await outcome).toMatchObject({ body: ['heir', '2', 'hold'], deliveries: 2 });
        await worker.until('unblocked');
        await broker.untilSaid('workerRegistered', 3);
        expect((await inspect<WorkerSnapshot>(worker)).counters).toMatchObject({ connections: 2 });
        expect(client.said('outcome')).toHaveLength(1);
        expect((await inspect<BrokerSnapshot>(broker)).counters).toMatchObject({ accepted: 1, replied: 1, requeued: 1, faults: 0 });
        await heir.end();
        expect(await ask(client, 'again')).toMatchObject({ body: ['blocked', '1', 'again'] });
      },
    ],
  };
  test.for([blockedAtWork[defaultTransport('handle')]])('%s', async ([, checkBlockedAtWork]) => {
    await checkBlockedAtWork();
  });

  test('a worker blocked for longer than its own patience keeps its broker, whose heartbeats wait in its socket', async () => {
    const [broker, endpoint] = await startBroker({ heartbeatInterval: 100, heartbeatLiveness: 30 });
    const worker = await startWorker(broker, endpoint, 'blocked', { heartbeatInterval: 100, heartbeatLiveness: 3 });
    for (let round = 0; round < 3; round++) {
      worker.tell({ do: 'block', milliseconds: 700 });
      await worker.untilSaid('unblocked', round + 1);
      await pause(150);
    }
    expect(worker.said('brokerLost')).toEqual([]);
    await worker.until('stalled');
    expect(broker.said('workerLost')).toEqual([]);
  });

  test('a broker blocked for longer than the expiry expires nobody whose heartbeats wait in its socket', async () => {
    const beats = { heartbeatInterval: 200, heartbeatLiveness: 3 };
    const [broker, endpoint] = await startBroker(beats);
    // The workers are patient: this is about the broker.
    for (const name of ['a', 'b', 'c']) await startWorker(broker, endpoint, name, { heartbeatInterval: 200, heartbeatLiveness: 30 });
    for (let round = 0; round < 3; round++) {
      broker.tell({ do: 'block', milliseconds: 1500 });
      await broker.untilSaid('unblocked', round + 1);
      await pause(300);
    }
    expect(broker.said('workerLost')).toEqual([]);
    await broker.until('stalled');
    const client = await startClient(endpoint);
    expect(await ask(client, 'still served')).toMatchObject({ deliveries: 1 });
  });

  test('a broker that was paused and goes on expires nobody either, and still notices who died meanwhile', async () => {
    const beats = { heartbeatInterval: 100, heartbeatLiveness: 3, transportHeartbeatInterval: 0 };
    const [broker, endpoint] = await startBroker(beats);
    const patient = { heartbeatInterval: 100, heartbeatLiveness: 50, transportHeartbeatInterval: 0 };
    await startWorker(broker, endpoint, 'lives', patient);
    const dies = await startWorker(broker, endpoint, 'dies', patient);
    await broker.pause();
    await pause(700);
    await dies.kill();
    broker.resume();
    await broker.until('workerLost');
    await pause(400);
    expect(broker.said('workerLost')).toHaveLength(1);
    expect((await inspect<BrokerSnapshot>(broker)).workers).toHaveLength(1);
  });
});

describe('a peer goes on living and is of no use', () => {
  test('a worker that heartbeats and never answers loses its request at the busy limit', async () => {
    const beats = { heartbeatInterval: 300, heartbeatLiveness: 3 };
    const [broker, endpoint] = await startBroker({ ...beats, busyLimit: 1500 });
    const stuck = await startWorker(broker, endpoint, 'stuck', beats);
    const client = await startClient(endpoint);
    const outcome = ask(client, 'hold');
    await stuck.until('request');
    const heir = await startWorker(broker, endpoint, 'heir', beats);
    expect(await broker.until('workerLost')).toMatchObject({ reason: 'busy-limit', noticedBy: 'limit', heldRequests: 1 });
    await stuck.until('aborted');
    await heir.until('request');
    heir.tell({ do: 'release' });
    expect(await outcome).toMatchObject({ body: ['heir', '2', 'hold'], deliveries: 2 });
    stuck.tell({ do: 'release' });
    await stuck.until('replyDiscarded');
    await broker.untilSaid('workerRegistered', 3);
    expect((await inspect<BrokerSnapshot>(broker)).counters).toMatchObject({ accepted: 1, replied: 1, lateReplies: 0, faults: 0 });
  });

  test('a client that reads no answers costs the others nothing: what it will not take is dropped and counted', async () => {
    const [broker, endpoint] = await startBroker({ transportHeartbeatInterval: 0, highWaterMark: 50 });
    await startWorker(broker, endpoint, 'steady');
    const slow = await startClient(endpoint, { requestTimeout: 60_000, transportHeartbeatInterval: 0 });
    const others = await startClient(endpoint);
    slow.tell({ do: 'load', service: 'echo', count: 800, concurrency: 800, prefix: ['large:100000'] });
    await slow.until('outcome');
    await slow.pause();
    others.tell({ do: 'load', service: 'echo', count: 300, concurrency: 4 });
    await others.until('loaded');
    expectEachAnsweredOnce(others, 0, 300);
    await eventually('its requests are served', async () => {
      const { counters } = await inspect<BrokerSnapshot>(broker);
      return counters.replied + counters.failed === counters.accepted;
    });
    const { counters, workers } = await inspect<BrokerSnapshot>(broker);
    expect(counters.undeliverable).toBeGreaterThan(0);
    expect(counters).toMatchObject({ workersLost: 0, faults: 0 });
    expect(workers).toHaveLength(1);
    expect(await ask(others, 'still served')).toMatchObject({ deliveries: 1 });
    await slow.kill();
  });
});
