/** Workers that know two brokers or queues: one dies, is passive, or says nothing at all. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import type { LoadBalancedWorkerEvents, LoadBalancedWorkerSnapshot } from '../../src/load-balancer/worker.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { ParanoidPirateWorker } from '../../src/paranoid-pirate/worker.ts';
import type { TypedEvents } from '../../src/runtime/events.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { SimplePirateWorker } from '../../src/simple-pirate/worker.ts';
import { encodeEpoch } from '../../src/wire/epoch.ts';
import { Outcome, READY, textOf, textsOf, WORKER, World, type RawListener } from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

const FIRST = 'memory://first';
const SECOND = 'memory://second';
const BOTH = [FIRST, SECOND];
const known = (epoch: number): string => textOf(encodeEpoch('known', epoch));
const passive = (epoch: number): string => textOf(encodeEpoch('passive', epoch));

/** What the workers of the three patterns have in common. */
interface Worker {
  readonly name: string;
  readonly endpoint: string;
  readonly endpoints: readonly string[];
  readonly events: Pick<TypedEvents<LoadBalancedWorkerEvents<object>>, 'on'>;
  inspect(): LoadBalancedWorkerSnapshot;
  close(): Promise<void>;
}

type Handler = () => string | Promise<string>;
type Connect = (endpoints: string | readonly string[], handler?: Handler, options?: object) => Worker;

const echo: Handler = () => 'done';
/** The request for which READY was said, as a queue hands it out. */
const HANDLE = 'SW\x01\x01\0\0\0\0\0\0\0\x07';

type Pattern = readonly [name: string, ready: readonly string[], request: readonly string[], connect: Connect];
const MAJORDOMO: Pattern = [
  'Majordomo',
  ['', WORKER, READY, 'echo'],
  ['', WORKER, '\x02', HANDLE, '', 'job'],
  (endpoints, handler = echo, options = {}) => world.worker('echo', handler, { heartbeatInterval: 1000, ...options }, endpoints),
];
const SIMPLE: Pattern = [
  'Simple Pirate',
  ['', READY],
  ['', HANDLE, '', 'job'],
  (endpoints, handler = echo, options = {}) => world.keep(SimplePirateWorker.connect(endpoints, handler, { ...world.ports(), ...options })),
];
const PARANOID: Pattern = [
  'Paranoid Pirate',
  [READY],
  [HANDLE, '', 'job'],
  (endpoints, handler = echo, options = {}) =>
    world.keep(ParanoidPirateWorker.connect(endpoints, handler, { ...world.ports(), reconnectInterval: 500, ...options })),
];
const PATTERNS = [MAJORDOMO, SIMPLE, PARANOID];

const isReady = (frames: readonly string[]): boolean => frames.slice(0, 3).includes(READY);
/** The READYs that came since the last look. */
const readies = (at: RawListener): string[][] =>
  at
    .take()
    .map(({ frames }) => frames)
    .filter(isReady);

async function newcomer(at: RawListener): Promise<{ readonly tell: (...frames: string[]) => Promise<void> }> {
  await world.settle();
  const ready = at.take().find(({ frames }) => isReady(frames));
  expect(ready).toBeDefined();
  return {
    tell: async (...frames) => {
      at.send(ready!.from, ...frames);
      await world.settle();
    },
  };
}

describe.each(PATTERNS)('%s', (_name, ready, request, connect) => {
  test('with one endpoint, in a list or not, not a byte is different', async () => {
    const only = await world.rawBroker(FIRST);
    for (const endpoints of [FIRST, [FIRST]]) {
      const worker = connect(endpoints);
      await world.settle();
      expect(readies(only)).toEqual([ready]);
      expect([worker.endpoint, worker.endpoints, worker.inspect().endpoint]).toEqual([FIRST, [FIRST], FIRST]);
    }
  });

  test('of no endpoint it is told at once', () => {
    expect(() => connect([])).toThrow(InvalidOption);
  });

  test('READY carries the mark of those who know several', async () => {
    const first = await world.rawBroker(FIRST);
    connect(BOTH);
    await world.settle();
    expect(readies(first)).toEqual([[...ready, known(0)]]);
  });

  test('the first dies: it registers at the second; the second dies: it comes back', async () => {
    const first = await world.rawBroker(FIRST);
    const second = await world.rawBroker(SECOND);
    const worker = connect(BOTH);
    const lost: unknown[] = [];
    worker.events.on('brokerLost', ({ endpoint, reason, retryIn }) => lost.push([endpoint, reason, Math.round(retryIn)]));
    await world.settle();
    await first.close();
    await world.advance(101);
    expect(readies(second)).toHaveLength(1);
    expect(worker.inspect()).toMatchObject({ endpoint: SECOND, endpoints: BOTH, state: 'idle' });
    const again = await world.rawBroker(FIRST);
    await second.close();
    await world.advance(501);
    expect(readies(again)).toHaveLength(1);
    expect(lost).toEqual([
      [FIRST, 'disconnected', 100],
      [SECOND, 'disconnected', 500],
    ]);
  });

  test('a passive server sends it on, and tells it the epoch', async () => {
    const first = await world.rawBroker(FIRST);
    const second = await world.rawBroker(SECOND);
    const worker = connect(BOTH);
    const { tell } = await newcomer(first);
    await tell(passive(5));
    expect(worker.inspect()).toMatchObject({ state: 'resting', counters: { invalid: 0 } });
    await world.advance(101);
    expect(readies(second)).toEqual([[...ready, known(5)]]);
  });

  test('the server becomes passive while it works: it goes on alone, and then to the other', async () => {
    const first = await world.rawBroker(FIRST);
    const second = await world.rawBroker(SECOND);
    let finish: (reply: string) => void = () => undefined;
    const worker = connect(BOTH, () => new Promise<string>((resolve) => (finish = resolve)));
    const { tell } = await newcomer(first);
    await tell(...request);
    expect(worker.inspect().state).toBe('busy');
    await tell(passive(5));
    expect(worker.inspect().state).toBe('orphaned');
    await world.advance(5000);
    finish('late');
    await world.advance(101);
    expect(readies(second)).toHaveLength(1);
    expect(worker.inspect().counters).toMatchObject({ repliesDiscarded: 1, replies: 0 });
  });

  test('its handler fails: it leaves for the other', async () => {
    const first = await world.rawBroker(FIRST);
    const second = await world.rawBroker(SECOND);
    connect(BOTH, () => {
      throw new Error('no');
    });
    const { tell } = await newcomer(first);
    await tell(...request);
    await world.advance(101);
    expect(readies(second)).toHaveLength(1);
  });

  test('a mark over the only connection there is means nothing', async () => {
    const only = await world.rawBroker(FIRST);
    const worker = connect(FIRST);
    const { tell } = await newcomer(only);
    await tell(passive(5));
    expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { invalid: 1 } });
  });

  test('one that serves is not left for its mark', async () => {
    const first = await world.rawBroker(FIRST);
    const worker = connect(BOTH);
    const { tell } = await newcomer(first);
    await tell(known(5));
    await tell(textOf(encodeEpoch('served', 5)));
    expect(worker.inspect().state).toBe('idle');
  });
});

test.each([MAJORDOMO, PARANOID])(
  '%s: the first is absent: the second after the time of silence',
  async (_name, _ready, _request, connect) => {
    const second = await world.rawBroker(SECOND);
    connect(BOTH);
    await world.advance(3000 + 99);
    expect(readies(second)).toEqual([]);
    await world.advance(2);
    expect(readies(second)).toHaveLength(1);
  },
);

test('both are silent: the pauses are short and long in turn, and grow from round to round', async () => {
  await world.rawBroker(FIRST);
  await world.rawBroker(SECOND);
  const worker = world.worker('echo', echo, { reconnectInterval: 500, reconnectMaximum: 1500 }, BOTH);
  const pauses: unknown[] = [];
  worker.events.on('brokerLost', ({ endpoint, retryIn }) => pauses.push([endpoint, Math.round(retryIn)]));
  await world.advance(60_000);
  expect(pauses.slice(0, 6)).toEqual([
    [FIRST, 100],
    [SECOND, 500],
    [FIRST, 100],
    [SECOND, 1000],
    [FIRST, 100],
    [SECOND, 1500],
  ]);
});

describe('our own brokers and queues take a READY with a mark', () => {
  test('the Majordomo broker', async () => {
    const broker = await world.broker({}, FIRST);
    world.worker('echo', echo, {}, BOTH);
    const client = world.client({}, FIRST);
    const outcome = new Outcome(client.request('echo', 'job'));
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['done']);
    expect(broker.inspect().counters.invalid).toBe(0);
  });

  test.each([
    ['the Simple Pirate queue', SimplePirateQueue, SIMPLE],
    ['the Paranoid Pirate queue', ParanoidPirateQueue, PARANOID],
  ] as const)('%s', async (_name, Queue, [, , , connect]) => {
    const queue = world.keep(await Queue.listen({ frontend: 'memory://frontend', backend: FIRST }, world.ports()));
    connect(BOTH);
    await world.settle();
    const client = world.peer('memory://frontend');
    client.send('', 'job');
    await world.settle();
    expect(client.take()).toEqual([['', 'done']]);
    expect(queue.inspect().counters.invalid).toBe(0);
  });
});
