/** Roles that are given their transport by name, over our own engine and libzmq together. */
import { afterEach, expect, test, vi } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { InvalidEndpoint, type TransportName } from '../../src/transport/transport.ts';

const closing: { close(): Promise<void> }[] = [];
const kept = <T extends { close(): Promise<void> }>(each: T): T => {
  closing.push(each);
  return each;
};

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of closing.splice(0).toReversed()) await each.close();
});

const NAMES: readonly TransportName[] = ['zeromq', 'zmtp'];

test.each(NAMES.flatMap((broker) => NAMES.flatMap((worker) => NAMES.map((client) => [broker, worker, client] as const))))(
  'a broker over %s, a worker over %s and a client over %s understand each other',
  async (atBroker, atWorker, atClient) => {
    const broker = kept(await MajordomoBroker.listen('tcp://127.0.0.1:*', { transport: atBroker }));
    kept(MajordomoWorker.connect(broker.endpoint, 'echo', ({ body }) => body, { transport: atWorker }));
    const client = kept(MajordomoClient.connect(broker.endpoint, { transport: atClient }));
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => client.request('echo', [`request ${index}`, 'x'.repeat(40_000)])),
    );
    expect(replies.map(({ body }) => String(body[0]))).toEqual(replies.map((_, index) => `request ${index}`));
    expect(broker.inspect().counters).toMatchObject({ accepted: 50, replied: 50, requeued: 0, faults: 0 });
  },
);

test('a worker that goes is noticed by its broker in milliseconds, and why is told', async () => {
  const broker = kept(await MajordomoBroker.listen('tcp://127.0.0.1:*', { transport: 'zmtp' }));
  const worker = MajordomoWorker.connect(broker.endpoint, 'echo', ({ body }) => body, { transport: 'zeromq' });
  await broker.events.once('workerRegistered');
  const lost = broker.events.once('workerLost');
  await worker.close();
  expect(await lost).toMatchObject({ reason: 'left' });
});

test('the environment names the transport of roles that are given none', async () => {
  vi.stubEnv('SEAWORTHY_TRANSPORT', 'zmtp');
  const server = kept(await LazyPirateServer.listen('tcp://127.0.0.1:*', ({ body }) => body));
  const client = kept(LazyPirateClient.connect(server.endpoint));
  expect(String((await client.request('hello')).body[0])).toBe('hello');
  for (const endpoint of ['inproc://nowhere', 'ipc://@name']) expect(() => LazyPirateClient.connect(endpoint)).toThrow(InvalidEndpoint);
  await expect(LazyPirateServer.listen('ipc://@name', ({ body }) => body)).rejects.toThrow(InvalidEndpoint);
  vi.stubEnv('SEAWORTHY_TRANSPORT', 'zmpt');
  expect(() => LazyPirateClient.connect(server.endpoint)).toThrow(InvalidOption);
});

test('a name that is none is told at once', async () => {
  const transport = 'zmpt' as TransportName;
  expect(() => LazyPirateClient.connect('tcp://127.0.0.1:5555', { transport })).toThrow(InvalidOption);
  await expect(LazyPirateServer.listen('tcp://127.0.0.1:*', ({ body }) => body, { transport })).rejects.toThrow(InvalidOption);
});
