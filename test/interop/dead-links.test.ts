/** Links that die without a word, or are torn in the middle of a message: real sockets, through a relay that can be stopped. */
import { afterEach, expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { Relay } from '../conformance/relay.ts';
import { eventually } from './processes.ts';

const beats = { heartbeatInterval: 100, heartbeatLiveness: 3 };
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

function opened<T extends { close(): Promise<void> }>(each: T): T {
  open.push(each);
  return each;
}

const listen = async (options: object): Promise<MajordomoBroker> =>
  opened(await MajordomoBroker.listen('tcp://127.0.0.1:*', { drainTimeout: 0, ...beats, ...options }));

test.each([
  ['the heartbeats of the protocol', { transportHeartbeatInterval: 0 }],
  ['the transport’s own heartbeats', { heartbeatInterval: 5000, transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 }],
])(
  'a link dies with a request behind it: %s notice on both sides, another worker answers, the worker comes back',
  async (_what, options) => {
    const broker = await listen(options);
    const relay = opened(await Relay.start(broker.endpoint));
    let started = (): void => undefined;
    const atWork = new Promise<void>((resolve) => (started = resolve));
    const cut = opened(
      MajordomoWorker.connect(
        relay.endpoint,
        'echo',
        (_request, { signal }) => {
          started();
          // It works until nobody waits for it any more.
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve('too late'));
          });
        },
        { ...beats, ...options, reconnectInterval: 50, drainTimeout: 0 },
      ),
    );
    const client = opened(MajordomoClient.connect(broker.endpoint, { requestTimeout: 20_000 }));
    const answer = client.request('echo', 'body');
    await atWork;
    // Long enough for the broker to learn that this worker heartbeats while it works.
    await eventually('heartbeats pass', () => broker.inspect().workers.length === 1 && cut.inspect().state === 'busy');
    await new Promise((resolve) => setTimeout(resolve, 350));
    const lost = broker.events.once('workerLost');
    const frozenAt = performance.now();
    relay.freeze();
    opened(MajordomoWorker.connect(broker.endpoint, 'echo', () => 'done', { ...beats, ...options }));
    expect(await lost).toMatchObject({ heldRequests: 1 });
    // The time of the last sign of life, the limit of silence, and one interval for whoever measures.
    expect(performance.now() - frozenAt).toBeLessThan(2000);
    expect((await answer).body.toString()).toBe('done');
    expect((await answer).deliveries).toBe(2);
    relay.thaw();
    await eventually('both workers are there', () => broker.inspect().workers.length === 2, 20_000);
    expect(broker.inspect().counters).toMatchObject({ accepted: 1, replied: 1, requeued: 1, faults: 0 });
  },
);

test('a client’s link is torn in the middle of a message, again and again: each request gets its own answer', async () => {
  const broker = await listen({});
  const relay = opened(await Relay.start(broker.endpoint));
  opened(MajordomoWorker.connect(broker.endpoint, 'echo', (request) => request.body, beats));
  const client = opened(
    MajordomoClient.connect(relay.endpoint, {
      requestTimeout: 1000,
      requestRetries: 50,
      retryInterval: 10,
      retryMaximum: 50,
      reconnectInterval: 20,
      reconnectMaximum: 50,
    }),
  );
  const large = 'x'.repeat(20_000);
  const replies = Promise.all(Array.from({ length: 60 }, (_, number) => client.request('echo', [large, String(number)])));
  for (let tear = 1; tear <= 8; tear++) {
    relay.freezeAfter(tear * 7919);
    await eventually('so many bytes have passed', () => relay.frozen || client.inspect().open === 0);
    relay.cut();
    relay.thaw();
  }
  expect((await replies).map((reply) => reply.body[1]?.toString())).toEqual(Array.from({ length: 60 }, (_, number) => String(number)));
  expect(client.inspect()).toMatchObject({ open: 0, counters: { replies: 60, failures: 0, invalid: 0, faults: 0 } });
  expect(broker.inspect().counters).toMatchObject({ invalid: 0, faults: 0 });
});
