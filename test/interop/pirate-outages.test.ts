/** What both pirates have to live with: frozen processes, a queue that stays away or stands still, clients that die, deadly requests. */
import { afterEach, describe, expect, test } from 'vitest';
import type { QueueSnapshot } from '../../src/load-balancer/queue.ts';
import { rejecting } from '../support/uncaught.ts';
import { connectClient, endPirates, freePlace, startPirate, startPirateAt, startQueue, texts, type Pirate } from './pirate-processes.ts';
import { eventually, pause } from './processes.ts';
import { inspect } from './role-processes.ts';

const PINGS = { transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 };
/** From a worker's standstill to its request in other hands with these pings, in ms: half a second, and less than with those of the defaults. */
const REDISPATCH_MS = 2500;

afterEach(endPirates);

describe.each<Pirate>(['simple', 'paranoid'])('%s', (pattern) => {
  const beats = pattern === 'paranoid' ? { heartbeatInterval: 200 } : {};

  test('a worker frozen with a request is noticed by the ping, and another one answers', async ({ annotate }) => {
    const [queue, { frontend, backend }] = await startQueue(pattern, { ...PINGS, deliveryPolicy: 'requeue' });
    const client = connectClient(frontend);
    const figures: number[] = [];
    let victim = await startPirateAt(queue, pattern, backend, 'worker-0');
    for (let round = 1; round <= 4; round++) {
      const outcome = client.request(['hold', String(round)]);
      await victim.until('request');
      const heir = await startPirateAt(queue, pattern, backend, `worker-${round}`);
      const frozen = performance.now();
      await victim.pause();
      const taken = await heir.until('request');
      figures.push(taken.read - frozen);
      heir.tell({ do: 'release' });
      const reply = await outcome;
      expect(texts(reply.body)).toEqual([`worker-${round}`, '2', 'hold', String(round)]);
      expect(reply.attempts).toHaveLength(1);
      victim.signal('SIGKILL');
      victim = heir;
    }
    await annotate(`from SIGSTOP to redispatch: ${figures.map((figure) => figure.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...figures)).toBeLessThanOrEqual(REDISPATCH_MS);
    expect(await queue.untilSaid('workerLost', 4)).toMatchObject([1, 2, 3, 4].map(() => ({ noticedBy: 'transport', heldRequests: 1 })));
  });

  test('a request that kills every worker it meets ends with its client’s patience, and the others are served', async () => {
    const [queue, { frontend, backend }] = await startQueue(pattern, { deliveryPolicy: 'fail' });
    for (const name of ['a', 'b', 'c', 'd']) await startPirateAt(queue, pattern, backend, name);
    const client = connectClient(frontend, { requestTimeout: 500, requestRetries: 3 });
    await expect(client.request('die')).rejects.toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'timed-out', mayHaveRun: true });
    expect(await queue.untilSaid('workerLost', 3)).toHaveLength(3);
    expect(texts((await client.request('still served')).body).slice(1)).toEqual(['1', 'still served']);
  });

  test('a queue that stays away: the client says so in time, and both it and the worker are there when the queue comes', async () => {
    const place = await freePlace();
    const worker = startPirate(pattern, place.backend, 'waiting', beats);
    const client = connectClient(place.frontend, { requestTimeout: 200, requestRetries: 3 });
    const asked = performance.now();
    await expect(client.request('x')).rejects.toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'timed-out', attempts: { length: 3 } });
    expect(performance.now() - asked).toBeLessThan(3000);
    const [queue] = await startQueue(pattern, {}, place);
    await queue.until('workerRegistered');
    expect(texts((await client.request('y', { requestTimeout: 10_000 })).body)).toEqual(['waiting', '1', 'y']);
    expect(worker.said('fault')).toEqual([]);
  });

  test('a queue that stands still for longer than its client waits: attempts time out, and it serves again when it goes on', async () => {
    const [queue, { frontend, backend }] = await startQueue(pattern, beats);
    await startPirateAt(queue, pattern, backend, 'worker', beats);
    const client = connectClient(frontend, { requestTimeout: 300, requestRetries: 2 });
    await client.request('warm up');
    await queue.pause();
    await expect(client.request('x')).rejects.toMatchObject({ code: 'REQUEST_ABANDONED' });
    queue.resume();
    const reply = await client.request('y', { requestTimeout: 10_000 });
    expect(texts(reply.body)).toEqual(['worker', '1', 'y']);
  });

  test('a client that is killed: its request is run, nobody is sent the answer, and the worker serves the next', async () => {
    const [queue, { frontend, backend }] = await startQueue(pattern);
    const worker = await startPirateAt(queue, pattern, backend, 'worker');
    const leaving = connectClient(frontend);
    const left = rejecting(leaving.request(['hold', 'for nobody']));
    await worker.until('request');
    await leaving.close();
    await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    // Until the queue's transport has seen the end, an answer has a way.
    await pause(300);
    worker.tell({ do: 'release' });
    const client = connectClient(frontend);
    expect(texts((await client.request('mine')).body)).toEqual(['worker', '1', 'mine']);
    // Unheard of, because with its only worker at work the queue read from nobody.
    await eventually('the answer to be refused', async () => (await inspect<QueueSnapshot>(queue)).counters.undeliverable === 1);
    expect(client.inspect().counters).toMatchObject({ replies: 1, stale: 0 });
  });

  test('bytes that are no ZeroMQ, at either end, harm nobody', async () => {
    const [queue, { frontend, backend }] = await startQueue(pattern);
    await startPirateAt(queue, pattern, backend, 'worker');
    for (const endpoint of [frontend, backend]) {
      const { port, hostname } = new URL(endpoint);
      await fetch(`http://${hostname}:${port}/`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    }
    expect(texts((await connectClient(frontend).request('x')).body)).toEqual(['worker', '1', 'x']);
    // To libzmq, HTTP is a peer of its oldest version with something to say: to a queue that serves bare DEALERs, a request.
    const { faults, replied } = (await inspect<QueueSnapshot>(queue)).counters;
    expect(faults).toBe(0);
    expect(replied).toBeLessThanOrEqual(2);
  });
});
