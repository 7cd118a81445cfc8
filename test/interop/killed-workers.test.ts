/** Workers that are killed with a request in their hands. Every role is a process of its own. */
import { afterEach, describe, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import { endAll, type Child } from './processes.ts';
import { closeRawPeers, RawDealer } from './raw-peer.ts';
import { ask, expectEachAnsweredOnce, expectPrompt, inspect, startBroker, startClient, startWorker } from './role-processes.ts';

/** What an operator may expect, from a worker's death to its request in other hands, in ms. */
const REDISPATCH_MS = 250;
/** What an operator may expect at most, from a request under load to its outcome, though workers are killed, in ms. */
const OUTCOME_MS = 1000;

afterEach(async () => {
  closeRawPeers();
  await endAll();
});

describe('a worker is killed', () => {
  test('the request it held is in other hands within 250 ms and answered exactly once', async ({ annotate }) => {
    const [broker, endpoint] = await startBroker();
    const { layers } = await inspect<BrokerSnapshot>(broker);
    // Without disconnect notices a killed process is noticed by heartbeats only; this figure is about the notices.
    expect(layers.disconnectNotices).toBe(true);
    const client = await startClient(endpoint);
    const plain = new RawDealer(endpoint);
    const figures: number[] = [];
    let victim = await startWorker(broker, endpoint, 'worker-0');
    for (let round = 1; round <= 8; round++) {
      const name = `worker-${round}`;
      const ours = round % 2 === 0;
      const outcome = ours ? ask(client, 'hold', String(round)) : undefined;
      if (!ours) await plain.send('', 'MDPC01', 'echo', 'hold', String(round));
      await victim.until((line) => line.event === 'request' && line['attempt'] === 1);
      const heir = await startWorker(broker, endpoint, name);
      const killed = performance.now();
      victim.signal('SIGKILL');
      const taken = await heir.until('request');
      figures.push(taken.read - killed);
      expect(taken).toMatchObject({ attempt: 2, body: ['hold', String(round)] });
      heir.tell({ do: 'release' });
      const answer = [name, '2', 'hold', String(round)];
      if (ours) expect(await outcome).toMatchObject({ body: answer, deliveries: 2, attempts: 1 });
      else {
        expect(await plain.receive()).toEqual(['', 'MDPC01', 'echo', ...answer]);
        expect(await plain.everythingWithin(150)).toEqual([]);
      }
      victim = heir;
    }
    await annotate(`from SIGKILL to redispatch: ${figures.map((figure) => figure.toFixed(1)).join(', ')} ms`);
    expectPrompt(figures, REDISPATCH_MS);
    expect((await inspect<BrokerSnapshot>(broker)).counters).toMatchObject({
      accepted: 8,
      replied: 8,
      requeued: 8,
      deliveries: 16,
      faults: 0,
    });
  });

  test('two workers killed in turn with the same request: the third one answers it', async () => {
    const [broker, endpoint] = await startBroker();
    const client = await startClient(endpoint);
    const workers = [];
    for (const name of ['first', 'second', 'third']) workers.push(await startWorker(broker, endpoint, name));
    const [first, second, third] = workers as [Child, Child, Child];
    const outcome = ask(client, 'hold', 'mine');
    expect(await first.until('request')).toMatchObject({ attempt: 1 });
    await first.kill();
    expect(await second.until('request')).toMatchObject({ attempt: 2 });
    await second.kill();
    expect(await third.until('request')).toMatchObject({ attempt: 3 });
    third.tell({ do: 'release' });
    expect(await outcome).toMatchObject({ body: ['third', '3', 'hold', 'mine'], deliveries: 3, attempts: 1 });
  });

  test('a request that kills every worker it meets fails as poisoned after three, and harms no other request', async () => {
    const [broker, endpoint] = await startBroker();
    const workers = [];
    for (const name of ['a', 'b', 'c', 'd']) workers.push(await startWorker(broker, endpoint, name));
    const client = await startClient(endpoint);
    const others = await startClient(endpoint);
    others.tell({ do: 'load', service: 'echo', count: 400, concurrency: 8 });
    const outcome = await ask(client, 'die');
    expect(outcome).toMatchObject({ code: 'REQUEST_FAILED', failure: 'poisoned', deliveries: 3, attempts: 1, mayHaveRun: true });
    await others.until('loaded');
    expectEachAnsweredOnce(others, 0, 400);
    await broker.untilSaid('workerLost', 3);
    const { workers: left, counters } = await inspect<BrokerSnapshot>(broker);
    expect(left).toHaveLength(1);
    expect(counters).toMatchObject({ failed: 1, replied: 400, faults: 0 });
    expect(await ask(client, 'still served')).toMatchObject({ deliveries: 1 });
  });

  test('ten kills under load: every request has one outcome, and it is its own answer', async ({ annotate }) => {
    const [broker, endpoint] = await startBroker();
    let number = 0;
    const workers: Child[] = [];
    for (let i = 0; i < 3; i++) workers.push(await startWorker(broker, endpoint, `worker-${++number}`));
    const client = await startClient(endpoint);
    client.tell({ do: 'load', service: 'echo', count: 3000, concurrency: 12, prefix: ['sleep:2'] });
    for (let kill = 0; kill < 10; kill++) {
      await client.untilSaid('outcome', 250 * (kill + 1), 60_000);
      await (workers.shift() as Child).kill();
      workers.push(await startWorker(broker, endpoint, `worker-${++number}`));
    }
    const { inspect: snapshot } = (await client.until('loaded', 60_000)) as unknown as { inspect: ClientSnapshot };
    expectEachAnsweredOnce(client, 0, 3000, ['sleep:2']);
    expect(snapshot.counters).toMatchObject({ requests: 3000, replies: 3000, failures: 0, faults: 0 });
    const { counters } = await inspect<BrokerSnapshot>(broker);
    expect(counters).toMatchObject({ replied: 3000, workersLost: 10, faults: 0 });
    expect(counters.requeued).toBeGreaterThan(0);
    const outcomes = client.said('outcome').toSorted((a, b) => (b['took'] as number) - (a['took'] as number));
    await annotate(`${counters.requeued} requests changed hands; the longest took ${String(outcomes[0]?.['took'])} ms`);
    expect(outcomes.filter((line) => (line['took'] as number) >= OUTCOME_MS)).toEqual([]);
  });
});
