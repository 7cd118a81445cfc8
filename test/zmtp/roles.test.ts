/** Roles that are given their transport by name, over our own engine and libzmq together. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { BinaryStar } from '../../src/binary-star/server.ts';
import { InvalidOption } from '../../src/core/errors.ts';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { createLogger, type Logger } from '../../src/runtime/log.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { SimplePirateWorker } from '../../src/simple-pirate/worker.ts';
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

describe('a worker with many large requests, which are more bytes than may be queued', () => {
  const REQUESTS = 80;
  const LARGE = Buffer.alloc(2 ** 20 - 100);
  const REPLY_TIMEOUT = { requestTimeout: 60_000, requestRetries: 1 } as const;

  test.each(NAMES)('over %s: they reach it one after the other, each once', async (transport) => {
    const broker = kept(await MajordomoBroker.listen('tcp://127.0.0.1:*', { transport: 'zmtp' }));
    const clients = [1, 2].map(() => kept(MajordomoClient.connect(broker.endpoint, { transport: 'zmtp', ...REPLY_TIMEOUT })));
    const outcomes = Array.from({ length: REQUESTS }, (_, index) => (clients[index % 2] as MajordomoClient).request('count', LARGE));
    await vi.waitFor(() => {
      expect(broker.inspect().queued).toBe(REQUESTS);
    }, 30_000);
    kept(MajordomoWorker.connect(broker.endpoint, 'count', () => 'done', { transport, concurrency: 100 }));
    await Promise.all(outcomes);
    expect(broker.inspect().counters).toMatchObject({ replied: REQUESTS, deliveries: REQUESTS, workersLost: 0, faults: 0 });
  });

  test.each(NAMES)('over %s: their answers, all made at once, reach the broker, each once', async (transport) => {
    const broker = kept(await MajordomoBroker.listen('tcp://127.0.0.1:*', { transport: 'zmtp' }));
    const client = kept(MajordomoClient.connect(broker.endpoint, { transport: 'zmtp', ...REPLY_TIMEOUT }));
    const waiting: (() => void)[] = [];
    const handler = (): Promise<Buffer> =>
      new Promise((resolve) => {
        waiting.push(() => {
          resolve(LARGE);
        });
        if (waiting.length === REQUESTS) for (const answer of waiting) answer();
      });
    const worker = kept(MajordomoWorker.connect(broker.endpoint, 'fill', handler, { transport, concurrency: 100 }));
    await Promise.all(Array.from({ length: REQUESTS }, () => client.request('fill', 'me')));
    expect(broker.inspect().counters).toMatchObject({ replied: REQUESTS, deliveries: REQUESTS, workersLost: 0, faults: 0 });
    expect(worker.inspect().counters).toMatchObject({ connections: 1, replies: REQUESTS, undeliverable: 0, faults: 0 });
  });
});

test('a worker that goes is noticed by its broker in milliseconds, and why is told', async () => {
  const broker = kept(await MajordomoBroker.listen('tcp://127.0.0.1:*', { transport: 'zmtp' }));
  const worker = MajordomoWorker.connect(broker.endpoint, 'echo', ({ body }) => body, { transport: 'zeromq' });
  await broker.events.once('workerRegistered');
  const lost = broker.events.once('workerLost');
  await worker.close();
  expect(await lost).toMatchObject({ reason: 'left' });
});

describe('roles that are given no transport', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'seaworthy-'));
  afterAll(() => {
    rmSync(temporary, { recursive: true });
  });
  const path = `ipc://${join(temporary, 'socket')}`;

  function listening(): { readonly logger: Logger; readonly transport: () => unknown } {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
    return {
      logger,
      transport: () => (JSON.parse(lines.find((line) => line.includes('"listening"')) as string) as { transport: unknown }).transport,
    };
  }

  test.each<[endpoint: string, transport: TransportName]>([
    ['tcp://127.0.0.1:*', 'zmtp'],
    [path, 'zmtp'],
    ['ipc://*', 'zeromq'],
    ['ipc://@seaworthy-roles-test', 'zeromq'],
    ['inproc://seaworthy-roles-test', 'zeromq'],
  ])('a broker at %s listens over %s', async (endpoint, expected) => {
    const { logger, transport } = listening();
    const broker = kept(await MajordomoBroker.listen(endpoint, { logger }));
    expect(transport()).toBe(expected);
    kept(MajordomoWorker.connect(broker.endpoint, 'echo', ({ body }) => body));
    expect((await kept(MajordomoClient.connect(broker.endpoint)).request('echo', 'hello')).body.toString()).toBe('hello');
  });

  test('a broker logs whom its transport turns away, a client which transport it takes', async () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
    const logged = (message: string): object | undefined =>
      lines.map((line) => JSON.parse(line) as { msg: string }).find(({ msg }) => msg === message);
    const broker = kept(await MajordomoBroker.listen('tcp://127.0.0.1:*', { logger }));
    const stranger = connect(Number(broker.endpoint.split(':').at(-1)), '127.0.0.1').end('GET / HTTP/1.1\r\n\r\n'.padEnd(64));
    await once(stranger.resume(), 'close');
    await vi.waitFor(() => {
      expect(logged('connection refused')).toMatchObject({ role: 'broker', endpoint: broker.endpoint, why: 'protocol' });
    });
    lines.length = 0;
    kept(MajordomoClient.connect(broker.endpoint, { logger }));
    await vi.waitFor(() => {
      expect(logged('transport taken')).toMatchObject({ role: 'client', transport: 'zeromq' });
    });
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
  test.skipIf(!hasIPv6)(`a broker at an address of IPv6 is found${hasIPv6 ? '' : ': there is no ::1 here'}`, async () => {
    for (const transport of NAMES) {
      const broker = kept(await MajordomoBroker.listen('tcp://[::1]:*', { transport }));
      expect(broker.endpoint).toMatch(/^tcp:\/\/\[::1\]:\d+$/);
      kept(MajordomoWorker.connect(broker.endpoint, 'echo', ({ body }) => body));
      expect((await kept(MajordomoClient.connect(broker.endpoint)).request('echo', 'hello')).body.toString()).toBe('hello');
    }
  });

  test('a queue one of whose ends only libzmq has is over libzmq as a whole', async () => {
    const { logger, transport } = listening();
    const queue = kept(
      await SimplePirateQueue.listen({ frontend: 'tcp://127.0.0.1:*', backend: 'inproc://seaworthy-backend' }, { logger }),
    );
    expect(transport()).toBe('zeromq');
    kept(SimplePirateWorker.connect(queue.endpoints.backend, ({ body }) => body));
    expect((await kept(LazyPirateClient.connect(queue.endpoints.frontend)).request('hello')).body.toString()).toBe('hello');
  });

  test('a half of a Binary Star listens over zmtp, a server over libzmq, whose thread answers PINGs while its handlers compute', async () => {
    const peer = { listen: 'tcp://127.0.0.1:*', connect: 'tcp://127.0.0.1:9' };
    const half = listening();
    kept(
      await BinaryStar.listen(
        { role: 'primary', frontends: 'tcp://127.0.0.1:*', peer },
        ({ frontend, transport }) => MajordomoBroker.listen(frontend, { transport }),
        { logger: half.logger },
      ),
    );
    expect(half.transport()).toBe('zmtp');
    const { logger, transport } = listening();
    kept(await LazyPirateServer.listen('tcp://127.0.0.1:*', ({ body }) => body, { logger }));
    expect(transport()).toBe('zeromq');
  });
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
