/** Brokers that are killed under load, and come back or do not. Every role is a process of its own. */
import { afterEach, describe, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import { endAll, freePort } from './processes.ts';
import { ask, expectEachAnsweredOnce, inspect, startBroker, startClient, startWorker } from './role-processes.ts';

afterEach(endAll);

describe('the broker is killed and comes back', () => {
  test('three times under load: every request has exactly one outcome, workers and clients come back by themselves', async ({
    annotate,
  }) => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    let [broker] = await startBroker({}, endpoint);
    const workers = [];
    for (const name of ['a', 'b']) workers.push(await startWorker(broker, endpoint, name));
    const options = { requestTimeout: 500, requestRetries: 40, retryInterval: 20, retryMaximum: 200, reconnectMaximum: 200 };
    const clients = [await startClient(endpoint, options), await startClient(endpoint, options)];
    for (const client of clients) client.tell({ do: 'load', service: 'echo', count: 1500, concurrency: 10, prefix: ['sleep:1'] });
    const recoveries: number[] = [];
    for (let kill = 1; kill <= 3; kill++) {
      await Promise.all(clients.map((client) => client.untilSaid('outcome', 300 * kill, 60_000)));
      await broker.kill();
      [broker] = await startBroker({}, endpoint);
      const bound = broker.said('ready')[0]?.read ?? 0;
      const registered = await broker.untilSaid('workerRegistered', 2);
      recoveries.push((registered.at(-1)?.read ?? 0) - bound);
    }
    for (const client of clients) {
      await client.until('loaded', 60_000);
      expectEachAnsweredOnce(client, 0, 1500, ['sleep:1']);
      expect(await inspect<ClientSnapshot>(client)).toMatchObject({ open: 0, counters: { failures: 0, faults: 0 } });
      expect(client.said('fault')).toEqual([]);
    }
    await annotate(`from bind to all workers registered: ${recoveries.map((figure) => figure.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...recoveries)).toBeLessThan(1500);
    expect((await inspect<BrokerSnapshot>(broker)).counters.faults).toBe(0);
    for (const worker of workers) expect(worker.said('fault')).toEqual([]);
  });

  test('a broker that stays away: every request fails, typed, no later than its attempts allow', async () => {
    const [broker, endpoint] = await startBroker();
    const client = await startClient(endpoint, { requestTimeout: 200, requestRetries: 3, retryInterval: 10 });
    await broker.kill();
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, number) => ask(client, String(number))));
    for (const outcome of outcomes) {
      expect(['REQUEST_TIMED_OUT', 'CONNECTION_LOST']).toContain(outcome['code']);
      // 600 ms and the pauses between; with the timeout of the defaults it would be more than 7000.
      expect(outcome['took']).toBeLessThan(3000);
    }
  });
});
