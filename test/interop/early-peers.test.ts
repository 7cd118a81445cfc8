/** Peers that were there before their broker: after a restart, all of them are. */
import { expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { freePlace } from './pirate-processes.ts';
import { freePort, pause } from './processes.ts';
import { RawDealer } from './raw-peer.ts';

test('a broker whose peers have waited for it hears none of them before its user holds it, even if the processor is busy', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const [worker, stranger, client] = [new RawDealer(endpoint), new RawDealer(endpoint), new RawDealer(endpoint)];
  await worker.send('', 'MDPW01', '\x01', 'echo');
  await stranger.send('', 'MDPW01', '\x04');
  await client.send('', 'MDPC01', 'mmi.seaworthy', '');

  // Begins to bind, then keeps the event loop from hearing of it until all three have connected and been read by libzmq.
  const listening = MajordomoBroker.listen(endpoint);
  await import('../../src/transport/zeromq.ts');
  await Promise.resolve();
  standStill(1000);
  const broker = await listening;
  const registered = broker.events.once('workerRegistered', { signal: AbortSignal.timeout(5000) });
  try {
    await expect(registered).resolves.toMatchObject({ service: 'echo' });
    expect(await client.receive()).toEqual(['', 'MDPC01', 'mmi.seaworthy', '200', 'correlation/1']);
    expect(await stranger.receive()).toEqual(['', 'MDPW01', '\x05']);
    expect(broker.inspect().counters).toMatchObject({ faults: 0, workersRegistered: 1 });
  } finally {
    await broker.close();
    for (const peer of [worker, stranger, client]) peer.close();
  }
});

test.each([
  ['Simple Pirate', SimplePirateQueue, ['', '\x01'], ['']],
  ['Paranoid Pirate', ParanoidPirateQueue, ['\x01'], []],
])(
  'a queue of the %s whose peers have waited for it hears none of them before its user holds it, even if one end is slow to bind',
  async (_name, Queue, ready, head) => {
    const place = await freePlace();
    const [worker, client] = [new RawDealer(place.backend), new RawDealer(place.frontend)];
    await worker.send(...ready);
    await client.send('', 'body');

    // Whichever end is bound first, the other one takes its time.
    const transport: Transport = {
      ...zeromqTransport,
      listen: async (...given) => {
        await pause(500);
        return zeromqTransport.listen(...given);
      },
    };
    const queue = await Queue.listen(place, { transport, drainTimeout: 0 });
    const registered = queue.events.once('workerRegistered', { signal: AbortSignal.timeout(5000) });
    try {
      await expect(registered).resolves.toHaveProperty('worker');
      expect((await worker.receive()).slice(head.length + 1)).toEqual(['', 'body']);
      expect(queue.inspect().counters).toMatchObject({ faults: 0, workersRegistered: 1, accepted: 1 });
    } finally {
      await queue.close();
      for (const peer of [worker, client]) peer.close();
    }
  },
);

function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
