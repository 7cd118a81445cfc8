/** Our roles as processes of their own: how tests start them, ask them and judge what came of it. */
import { expect } from 'vitest';
import type { BinaryStarSnapshot } from '../../src/binary-star/server.ts';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import type { QueueSnapshot } from '../../src/load-balancer/queue.ts';
import type { LoadBalancedWorkerSnapshot } from '../../src/load-balancer/worker.ts';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import type { MajordomoBrokerOptions, MajordomoClientOptions, MajordomoWorkerOptions } from '../../src/majordomo/options.ts';
import type { WorkerSnapshot } from '../../src/majordomo/worker.ts';
import { startNode, type Child, type Line } from './processes.ts';

export async function startBroker(options: MajordomoBrokerOptions = {}, endpoint = 'tcp://127.0.0.1:*'): Promise<[Child, string]> {
  const broker = startNode('broker', { endpoint, options: JSON.stringify(options) });
  return [broker, (await broker.until('ready'))['endpoint'] as string];
}

/** A worker that is registered. */
export async function startWorker(broker: Child, endpoint: string, name: string, options: MajordomoWorkerOptions = {}): Promise<Child> {
  const registered = broker.said('workerRegistered').length;
  const worker = startNode('worker', { endpoint, service: 'echo', name, options: JSON.stringify({ reconnectInterval: 30, ...options }) });
  await broker.untilSaid('workerRegistered', registered + 1);
  return worker;
}

/**
 * A client that knows its broker for ours, for which it has all the time that it needs: where the machine is slow, one with the
 * patience of the defaults would ask without a correlation, and not hear how often its request was delivered.
 */
export async function startClient(endpoint: string, options: MajordomoClientOptions = {}): Promise<Child> {
  const patience = { requestTimeout: 10_000, probeTimeout: 5000, reconnectInterval: 30 };
  const client = startNode('client', { endpoint, options: JSON.stringify({ ...patience, ...options }) });
  await client.until('linkUsable');
  return client;
}

let asked = 0;

/** Makes `client` ask, and resolves with the outcome. */
export async function ask(client: Child, ...body: string[]): Promise<Line> {
  const id = `ask-${++asked}`;
  client.tell({ do: 'request', id, service: 'echo', body });
  return client.until((line) => line.event === 'outcome' && line['id'] === id);
}

/** Ends a load that was given no count; resolves with the number of its requests when all have their outcomes. */
export async function endLoad(client: Child): Promise<number> {
  const { length } = client.said('loaded');
  client.tell({ do: 'enough' });
  return (await client.untilSaid('loaded', length + 1, 60_000)).at(-1)?.['count'] as number;
}

let inspected = 0;

type Snapshot = BinaryStarSnapshot | BrokerSnapshot | WorkerSnapshot | ClientSnapshot | QueueSnapshot | LoadBalancedWorkerSnapshot;

export async function inspect<S extends Snapshot>(child: Child): Promise<S> {
  const id = ++inspected;
  child.tell({ do: 'inspect', id });
  return (await child.until((line) => line.event === 'inspected' && line['id'] === id))['inspect'] as S;
}

/** Bytes that `child` holds when all garbage is collected, without those of V8 itself and of libzmq. */
export async function weigh(child: Child): Promise<number> {
  const id = ++inspected;
  child.tell({ do: 'weigh', id });
  return (await child.until((line) => line.event === 'weighed' && line['id'] === id))['bytes'] as number;
}

/** With the options that users get, pings and heartbeats notice a death after 3 s at the earliest. */
const BEFORE_ANY_HEARTBEAT_MS = 2500;

/**
 * What takes a moment took at most `milliseconds`, as a rule: a machine that has other things to do may make one of several
 * times longer. None was so long that a heartbeat may have done what the word of the operating system was to do.
 */
export function expectPrompt(times: readonly number[], milliseconds: number): void {
  const [median = Infinity] = times.toSorted((a, b) => a - b).slice(Math.floor((times.length - 1) / 2));
  expect(median).toBeLessThanOrEqual(milliseconds);
  expect(Math.max(...times)).toBeLessThan(BEFORE_ANY_HEARTBEAT_MS);
}

/** Of the requests `first` … `first + count - 1`: each has one outcome, and it is the answer to its own question. */
export function expectEachAnsweredOnce(client: Child, first: number, count: number, prefix: readonly string[] = []): void {
  const outcomes = client.said('outcome').filter((line) => typeof line['id'] === 'number');
  expect(outcomes.map((line) => line['id'] as number).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => first + i));
  const wrong = outcomes.filter(
    (line) => JSON.stringify((line['body'] as string[] | undefined)?.slice(2)) !== JSON.stringify([...prefix, String(line['id'])]),
  );
  expect(wrong).toEqual([]);
}
