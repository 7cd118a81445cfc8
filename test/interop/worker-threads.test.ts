/** Workers in worker threads. Only over the ZMTP transport: ending a thread that holds a socket of zeromq.js aborts the process. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';

const startThread = (endpoint: string): Worker =>
  new Worker(new URL('children/thread.mjs', import.meta.url), { workerData: { endpoint, transport: 'zmtp' } });

test('a thread is ended with a request in its hands: the process lives on, and a worker in another thread answers', async () => {
  await using broker = await MajordomoBroker.listen('tcp://127.0.0.1:*', { transport: 'zmtp' });
  await using client = MajordomoClient.connect(broker.endpoint, { transport: 'zmtp', requestTimeout: 30_000 });
  async function end(thread: Worker): Promise<unknown> {
    const lost = broker.events.once('workerLost');
    await thread.terminate();
    return lost;
  }

  for (let round = 1; round <= 5; round++) {
    const thread = startThread(broker.endpoint);
    await broker.events.once('workerRegistered');
    const dispatched = broker.events.once('requestDispatched');
    const reply = client.request('echo', `request ${round}`);
    await dispatched;
    expect(await end(thread)).toMatchObject({ reason: 'disconnected', noticedBy: 'transport', heldRequests: 1 });
    const heir = startThread(broker.endpoint);
    expect(String((await reply).body[0])).toBe(`request ${round}`);
    expect(await end(heir)).toMatchObject({ heldRequests: 0 });
  }
  expect(broker.inspect().counters).toMatchObject({ accepted: 5, replied: 5, requeued: 5, faults: 0 });
});
