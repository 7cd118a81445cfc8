/** Two brokers as processes, and a client and workers that know both: the broker in use is killed under load, and comes back or does not. */
import { afterEach, expect, test } from 'vitest';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import { endAll, freePort, startNode, type Child } from './processes.ts';
import { endLoad, expectEachAnsweredOnce, inspect, startBroker } from './role-processes.ts';

afterEach(endAll);

const RECONNECT = { reconnectInterval: 100, reconnectMaximum: 400 };
/** Answers before each of the blows. */
const BEFORE = 500;
const CONCURRENCY = 20;

function startWorker(endpoints: readonly string[], name: string): Child {
  return startNode('worker', { endpoint: endpoints.join(','), service: 'echo', name, options: JSON.stringify(RECONNECT) });
}

test('the broker in use is killed under load, then the other: nothing is lost, nothing is answered twice', async ({ annotate }) => {
  const endpoints = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`] as const;
  let [first] = await startBroker({}, endpoints[0]);
  const [second] = await startBroker({}, endpoints[1]);
  const workers = ['a', 'b'].map((name) => startWorker(endpoints, name));
  await first.untilSaid('workerRegistered', 2);
  const options = { ...RECONNECT, requestTimeout: 1000, requestRetries: 20, retryInterval: 20, retryMaximum: 200 };
  const client = startNode('client', { endpoint: endpoints.join(','), options: JSON.stringify(options) });
  await client.until('linkUsable');
  client.tell({ do: 'load', service: 'echo', concurrency: CONCURRENCY, prefix: ['sleep:1'] });

  const gaps: number[] = [];
  const untilAnsweredAgain = async (kill: () => Promise<unknown>): Promise<void> => {
    const before = client.said('outcome').length;
    const killedAt = performance.now();
    await kill();
    await client.untilSaid('outcome', before + 2 * CONCURRENCY, 30_000);
    gaps.push(performance.now() - killedAt);
  };
  await client.untilSaid('outcome', BEFORE, 30_000);
  await untilAnsweredAgain(() => first.kill());
  expect(second.said('workerRegistered')).toHaveLength(2);
  [first] = await startBroker({}, endpoints[0]);
  await client.untilSaid('outcome', 2 * BEFORE, 30_000);
  await untilAnsweredAgain(() => second.kill());
  expect(first.said('workerRegistered')).toHaveLength(2);

  const replies = await endLoad(client);
  expectEachAnsweredOnce(client, 0, replies, ['sleep:1']);
  expect(await inspect<ClientSnapshot>(client)).toMatchObject({
    open: 0,
    endpoint: endpoints[0],
    counters: { replies, failures: 0, faults: 0 },
  });
  await annotate(`from the kill to ${2 * CONCURRENCY} further answers: ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms`);
  expect(Math.max(...gaps)).toBeLessThan(5000);
  for (const process of [client, first, ...workers]) expect(process.said('fault')).toEqual([]);
});

test('the first broker is not there: client and workers meet at the second', async () => {
  const endpoints = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`] as const;
  const [second] = await startBroker({ heartbeatInterval: 200 }, endpoints[1]);
  const options = JSON.stringify({ ...RECONNECT, heartbeatInterval: 200 });
  startNode('worker', { endpoint: endpoints.join(','), service: 'echo', name: 'a', options });
  const client = startNode('client', { endpoint: endpoints.join(','), options: JSON.stringify(RECONNECT) });
  expect(await client.until('linkUsable')).toMatchObject({ correlation: 'envelope', endpoint: endpoints[1] });
  await second.untilSaid('workerRegistered', 1);
  client.tell({ do: 'load', service: 'echo', count: 100, concurrency: 10 });
  await client.until('loaded', 30_000);
  expectEachAnsweredOnce(client, 0, 100);
});
