/** Clients that know two brokers: one dies, is passive, was replaced, or says nothing at all. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import type { MajordomoClient, Reply } from '../../src/majordomo/client.ts';
import type { MajordomoClientOptions } from '../../src/majordomo/options.ts';
import { InvalidEndpoint, type Transport } from '../../src/transport/transport.ts';
import { encodeEpoch, type EpochKind } from '../../src/wire/epoch.ts';
import { bytesOf, CLIENT, ENDPOINT, Outcome, textOf, textsOf, World, type RawListener, type Received } from '../support/world.ts';

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

const mark = (kind: EpochKind, epoch: number): string => textOf(encodeEpoch(kind, epoch));
const ANSWER = ['', CLIENT, 'mmi.seaworthy', '200', 'correlation/1'];
const isProbe = (frames: readonly string[], from: number): boolean => frames[from + 2] === 'mmi.seaworthy';

type Answers = RawListener['answers'];
/** The active server of a Binary Star in front of a broker of ours. */
const active =
  (epoch: number): Answers =>
  (frames) => {
    if (isProbe(frames, 1)) return [mark('served', epoch), ...ANSWER];
    return isProbe(frames, 0) ? ANSWER : undefined;
  };
/** The passive one, which has just heard of the other. */
const passive =
  (epoch: number): Answers =>
  (frames) =>
    [frames[0], frames.at(-1)].some((frame) => frame?.startsWith('SW\x02') === true) ? [mark('passive', epoch)] : undefined;
/** A foreign broker: knows no `mmi.seaworthy`. */
const foreign: Answers = (frames) => (isProbe(frames, 0) ? ['', CLIENT, 'mmi.seaworthy', '501'] : undefined);

async function broker(endpoint: string, answers: Answers = () => undefined): Promise<RawListener> {
  const listener = await world.rawBroker(endpoint);
  listener.answers = answers;
  return listener;
}

const client = (options: MajordomoClientOptions = {}): MajordomoClient => world.client(options, BOTH);
const ask = (asking: MajordomoClient, body = 'job'): Outcome<Reply> => new Outcome(asking.request('echo', body));

const answer = (by: RawListener, { from, frames }: Received, ...body: string[]): void => {
  by.send(from, ...frames.slice(0, frames.indexOf(CLIENT) + 2), ...body);
};
/** Everything that came, each answered with the name of whom it came to. */
async function answerAll(by: RawListener, name: string): Promise<number> {
  await world.settle();
  const all = by.take();
  for (const request of all) answer(by, request, name);
  await world.settle();
  return all.length;
}
const bodyOf = (outcome: Outcome<Reply>): string[] => textsOf(outcome.value?.body);
const outcomesOf = (outcome: Outcome<Reply>): string[] | undefined => outcome.value?.attempts.map((attempt) => attempt.outcome);
const endpointsOf = (asking: MajordomoClient, event: 'serverPassive' | 'serverFenced' | 'brokerLost'): string[] => {
  const endpoints: string[] = [];
  asking.events.on(event, ({ endpoint }) => endpoints.push(endpoint));
  return endpoints;
};

test('with one endpoint, in a list or not, not a byte is different', async () => {
  const only = await broker(ENDPOINT);
  for (const endpoints of [ENDPOINT, [ENDPOINT]]) {
    const asking = world.client({}, endpoints);
    await world.settle();
    const [probe] = only.take();
    expect(probe?.frames).toEqual(['', CLIENT, 'mmi.seaworthy', '']);
    only.send(probe!.from, ...ANSWER);
    const outcome = ask(asking);
    await world.settle();
    const [request, ...more] = only.take();
    expect(more).toEqual([]);
    expect(request?.frames.slice(1)).toEqual(['', CLIENT, 'echo', 'job']);
    answer(only, request!, 'done');
    await world.settle();
    expect(bodyOf(outcome)).toEqual(['done']);
    expect(asking.inspect()).toMatchObject({ endpoint: ENDPOINT, endpoints: [ENDPOINT], epoch: 0 });
  }
});

test.each([
  ['none', []],
  ['a list with none', ['']],
])('no endpoint, %s: told at once', (_what, endpoints) => {
  expect(() => world.client({}, endpoints)).toThrow(endpoints.length === 0 ? InvalidOption : InvalidEndpoint);
});

test('the transport refuses the endpoint of the first: the second answers', async () => {
  const second = await broker(SECOND, active(1));
  const { transport } = world;
  const refusing: Transport = {
    name: 'refusing',
    listen: (endpoint, handler, options) => transport.listen(endpoint, handler, options),
    connect: (endpoint, handler, options) => {
      if (endpoint === FIRST) throw new InvalidEndpoint(endpoint, 'refusing');
      return transport.connect(endpoint, handler, options);
    },
  };
  const asking = client({ transport: refusing, reconnectInterval: 500 });
  const outcome = ask(asking);
  await world.advance(1000);
  expect(await answerAll(second, 'second')).toBe(1);
  expect(bodyOf(outcome)).toEqual(['second']);
});

describe('the first broker is dead', () => {
  test('when the client begins: the second answers, after one probeTimeout and a short pause', async () => {
    const second = await broker(SECOND, active(1));
    const asking = client({ probeTimeout: 250, reconnectInterval: 500 });
    const outcome = ask(asking);
    await world.advance(349);
    expect(second.take()).toEqual([]);
    await world.advance(1);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(bodyOf(outcome)).toEqual(['second']);
    expect(outcomesOf(outcome)).toEqual(['replied']);
    expect(asking.inspect()).toMatchObject({ endpoint: SECOND, endpoints: BOTH, state: 'correlated', epoch: 1 });
  });

  test('with requests in flight: each is tried again at the second, and has one answer', async () => {
    const first = await broker(FIRST, active(1));
    const second = await broker(SECOND, active(2));
    const asking = client({ retryInterval: 100 });
    const outcomes = Array.from({ length: 20 }, (_, i) => ask(asking, String(i)));
    await world.settle();
    expect(first.take()).toHaveLength(20);
    await first.close();
    const late = ask(asking, 'late');
    await world.advance(300);
    expect(await answerAll(second, 'second')).toBe(21);
    for (const outcome of outcomes) expect([bodyOf(outcome), outcomesOf(outcome)]).toEqual([['second'], ['connection-lost', 'replied']]);
    expect(outcomesOf(late)).toEqual(['replied']);
    expect(asking.inspect()).toMatchObject({ endpoint: SECOND, epoch: 2, counters: { replies: 21, failures: 0, stale: 0, fenced: 0 } });
  });

  test('and later the second: the client goes back', async () => {
    const first = await broker(FIRST, active(1));
    const second = await broker(SECOND, active(2));
    const asking = client();
    const lost = endpointsOf(asking, 'brokerLost');
    await world.settle();
    await first.close();
    await world.advance(200);
    const again = await broker(FIRST, active(3));
    const there = ask(asking);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(bodyOf(there)).toEqual(['second']);
    await second.close();
    await world.advance(200);
    const back = ask(asking);
    expect(await answerAll(again, 'first')).toBe(1);
    expect(bodyOf(back)).toEqual(['first']);
    expect(lost).toEqual(BOTH);
    expect(asking.inspect()).toMatchObject({ endpoint: FIRST, epoch: 3 });
  });

  test('frozen, and nobody is told: a request that is not answered makes the client ask, and leave', async () => {
    await world.end();
    world = new World({ disconnectNotices: false });
    const first = await broker(FIRST, active(1));
    const second = await broker(SECOND, active(2));
    const asking = client({ requestTimeout: 1000, probeTimeout: 250 });
    await world.settle();
    expect(asking.inspect().state).toBe('correlated');
    world.network.freeze(FIRST);
    const outcome = ask(asking);
    await world.advance(1000 + 250 + 100 + 100);
    expect(await answerAll(second, 'second')).toBe(1);
    expect([bodyOf(outcome), outcomesOf(outcome)]).toEqual([['second'], ['timed-out', 'replied']]);
    expect(first.take()).toEqual([]);
    world.network.thaw(FIRST);
    await world.settle();
  });

  test('in doubt nothing is sent, and all that waits is sent when the broker is heard', async () => {
    await world.end();
    world = new World({ disconnectNotices: false });
    const first = await broker(FIRST, active(1));
    const asking = client({ requestTimeout: 1000, probeTimeout: 250, retryInterval: 100 });
    await world.settle();
    const outcome = ask(asking);
    await world.settle();
    expect(first.take()).toHaveLength(1);
    world.network.freeze(FIRST);
    await world.advance(1000 + 100 + 50);
    expect(asking.inspect()).toMatchObject({ state: 'doubting', waiting: 1 });
    world.network.thaw(FIRST);
    expect(await answerAll(first, 'first')).toBe(1);
    expect([bodyOf(outcome), outcomesOf(outcome)]).toEqual([['first'], ['timed-out', 'replied']]);
    expect(asking.inspect()).toMatchObject({ endpoint: FIRST, state: 'correlated' });
  });

  test('both are: the pauses are short and long in turn, and grow from round to round', async () => {
    const first = await broker(FIRST, active(1));
    const asking = client({ probeTimeout: 250, reconnectInterval: 500, reconnectMaximum: 4000 });
    const pauses: [string, number][] = [];
    asking.events.on('brokerLost', ({ endpoint, retryIn }) => pauses.push([endpoint, Math.round(retryIn)]));
    await world.settle();
    await first.close();
    await world.advance(30_000);
    expect(pauses.slice(0, 8)).toEqual([
      [FIRST, 100],
      [SECOND, 500],
      [FIRST, 100],
      [SECOND, 1000],
      [FIRST, 100],
      [SECOND, 2000],
      [FIRST, 100],
      [SECOND, 4000],
    ]);
    expect(asking.inspect().open).toBe(0);
  });
});

describe('the servers of a Binary Star', () => {
  test('a passive server sends the client on, before any request gets there', async () => {
    const first = await broker(FIRST, passive(4));
    const second = await broker(SECOND, active(4));
    const asking = client();
    const left = endpointsOf(asking, 'serverPassive');
    const outcome = ask(asking);
    await world.advance(100);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(outcomesOf(outcome)).toEqual(['replied']);
    expect(first.take()).toEqual([]);
    expect(left).toEqual([FIRST]);
    expect(asking.inspect()).toMatchObject({ epoch: 4, counters: { passive: 1, fenced: 0, invalid: 0 } });
  });

  test('a passive server that is not sure keeps the question, and serves when it takes over', async () => {
    const first = await broker(FIRST);
    const asking = client({ probeTimeout: 250 });
    const outcome = ask(asking);
    await world.advance(200);
    const [probe] = first.take();
    expect(probe?.frames).toEqual(['', CLIENT, 'mmi.seaworthy', mark('known', 0)]);
    first.answers = active(7);
    first.send(probe!.from, ...ANSWER);
    expect(await answerAll(first, 'first')).toBe(1);
    expect(bodyOf(outcome)).toEqual(['first']);
    expect(asking.inspect().epoch).toBe(7);
  });

  test('a server that was replaced and does not know it gets no request', async () => {
    const first = await broker(FIRST, active(1));
    const second = await broker(SECOND, active(2));
    const asking = client();
    const fenced: unknown[] = [];
    asking.events.on('serverFenced', (event) => fenced.push(event));
    await world.settle();
    world.network.cut(FIRST);
    await world.advance(100);
    expect(await answerAll(second, 'second')).toBe(0);
    expect(asking.inspect()).toMatchObject({ endpoint: SECOND, epoch: 2 });
    world.network.cut(SECOND);
    await world.settle();
    const outcome = ask(asking);
    // At the first it learns that its epoch is over, and leaves: the second again.
    await world.advance(100 + 500);
    expect(first.take()).toEqual([]);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(bodyOf(outcome)).toEqual(['second']);
    expect(fenced).toEqual([{ endpoint: FIRST, epoch: 1, known: 2 }]);
    expect(asking.inspect().counters).toMatchObject({ fenced: 1, invalid: 0 });
  });

  test('the next server is told the highest epoch that the client has met', async () => {
    const first = await broker(FIRST, active(6));
    const second = await broker(SECOND);
    client();
    await world.settle();
    await first.close();
    await world.advance(100);
    const [probe] = second.take();
    expect(probe?.frames).toEqual(['', CLIENT, 'mmi.seaworthy', mark('known', 6)]);
    second.send(probe!.from, ...ANSWER);
    await world.settle();
    expect(second.take().map(({ frames }) => frames)).toEqual([[mark('known', 6), '', CLIENT, 'mmi.seaworthy', '']]);
  });

  test('envelopes are promised: a passive server is left all the same', async () => {
    await broker(FIRST, passive(4));
    const second = await broker(SECOND, active(4));
    const outcome = ask(client({ correlation: 'envelope' }));
    await world.advance(100);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(outcomesOf(outcome)).toEqual(['replied']);
  });

  test('a mark over the only connection there is means nothing', async () => {
    const only = await broker(ENDPOINT);
    const asking = world.client();
    await world.settle();
    const [probe] = only.take();
    only.send(probe!.from, mark('passive', 9));
    only.send(probe!.from, mark('served', 9), ...ANSWER);
    await world.settle();
    expect(asking.inspect()).toMatchObject({ state: 'probing', epoch: 0, counters: { invalid: 2, passive: 0 } });
  });
});

describe('two brokers of ours without a Binary Star', () => {
  test('the mark comes back as it went: nothing is learnt, and requests share the connection', async () => {
    const first = await world.broker({}, FIRST);
    const second = await world.broker({}, SECOND);
    const echo = (name: string) => () => name;
    world.worker('echo', echo('at first'), {}, FIRST);
    world.worker('echo', echo('at second'), {}, SECOND);
    const asking = client();
    const one = ask(asking);
    await world.settle();
    expect(bodyOf(one)).toEqual(['at first']);
    expect(asking.inspect()).toMatchObject({ state: 'correlated', epoch: 0, counters: { connections: 1, invalid: 0, stale: 0 } });
    const closing = first.close();
    await world.advance(1000);
    await closing;
    const two = ask(asking);
    await world.settle();
    expect(bodyOf(two)).toEqual(['at second']);
    expect(second.inspect().counters.invalid).toBe(0);
  });
});

describe('foreign brokers', () => {
  test('they are never sent a frame before the delimiter', async () => {
    const first = await broker(FIRST, foreign);
    const seen: string[][] = [];
    first.answers = (frames) => {
      seen.push([...frames]);
      return foreign(frames);
    };
    const outcome = ask(client());
    expect(await answerAll(first, 'first')).toBe(1);
    expect(bodyOf(outcome)).toEqual(['first']);
    expect(seen.map((frames) => frames[0])).toEqual(['', '']);
  });

  test('the one in use falls silent: it is asked whether it is there, and the other gets the next attempt', async () => {
    await world.end();
    world = new World({ disconnectNotices: false });
    await broker(FIRST, foreign);
    const second = await broker(SECOND, foreign);
    const asking = client({ requestTimeout: 1000, probeTimeout: 250, retryInterval: 100 });
    await world.settle();
    world.network.freeze(FIRST);
    const outcomes = [ask(asking), ask(asking), ask(asking)];
    await world.advance(1000 + 250 + 100 + 50);
    expect(await answerAll(second, 'second')).toBe(3);
    for (const outcome of outcomes) expect([bodyOf(outcome), outcomesOf(outcome)]).toEqual([['second'], ['timed-out', 'replied']]);
    expect(asking.inspect()).toMatchObject({ endpoint: SECOND, correlation: 'socket' });
    world.network.thaw(FIRST);
    await world.settle();
  });

  test('one service does not answer, and the broker does: the client stays', async () => {
    const first = await broker(FIRST, foreign);
    const second = await broker(SECOND, foreign);
    const asking = client({ requestTimeout: 1000, requestRetries: 2 });
    const outcome = ask(asking);
    await world.advance(5000);
    expect(outcome.state).toBe('rejected');
    expect(first.take()).toHaveLength(2);
    expect(second.take()).toEqual([]);
    expect(asking.inspect().endpoint).toBe(FIRST);
  });

  test('brokers that never answer a question are used in turn, until one answers a request', async () => {
    const second = await broker(SECOND);
    second.answers = (frames) => (isProbe(frames, 0) ? undefined : [...frames.slice(0, 3), 'second']);
    const asking = client({ requestTimeout: 1000, requestRetries: 6, probeTimeout: 250, reconnectInterval: 500 });
    const one = ask(asking);
    await world.advance(6000);
    expect(bodyOf(one)).toEqual(['second']);
    const two = ask(asking);
    await world.advance(10);
    expect([bodyOf(two), outcomesOf(two)]).toEqual([['second'], ['replied']]);
    await world.advance(60_000);
    expect(asking.inspect()).toMatchObject({ endpoint: SECOND, state: 'plain' });
  });
});

describe('one connection per request, and no questions', () => {
  test('an attempt that is not answered sends the next one to the other broker, and the client stays there', async () => {
    const second = await broker(SECOND);
    const asking = client({ correlation: 'socket', requestTimeout: 1000, retryInterval: 100 });
    const outcomes = [ask(asking), ask(asking)];
    await world.advance(1101);
    expect(await answerAll(second, 'second')).toBe(2);
    for (const outcome of outcomes) expect([bodyOf(outcome), outcomesOf(outcome)]).toEqual([['second'], ['timed-out', 'replied']]);
    const next = ask(asking);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(outcomesOf(next)).toEqual(['replied']);
    expect(asking.inspect().endpoint).toBe(SECOND);
  });

  test('an attempt whose connection is lost too', async () => {
    const first = await broker(FIRST);
    const second = await broker(SECOND);
    const asking = client({ correlation: 'socket', retryInterval: 100 });
    const outcome = ask(asking);
    await world.settle();
    expect(first.take()).toHaveLength(1);
    world.network.cut(FIRST);
    await world.advance(101);
    expect(await answerAll(second, 'second')).toBe(1);
    expect(outcomesOf(outcome)).toEqual(['connection-lost', 'replied']);
  });

  test('others are answered meanwhile: the client stays', async () => {
    const first = await broker(FIRST);
    const asking = client({ correlation: 'socket', requestTimeout: 1000, retryInterval: 100 });
    const slow = ask(asking, 'slow');
    await world.settle();
    expect(first.take()).toHaveLength(1);
    const quick = ask(asking, 'quick');
    expect(await answerAll(first, 'first')).toBe(1);
    expect(bodyOf(quick)).toEqual(['first']);
    await world.advance(1101);
    expect(await answerAll(first, 'first')).toBe(1);
    expect(outcomesOf(slow)).toEqual(['timed-out', 'replied']);
    expect(asking.inspect().endpoint).toBe(FIRST);
  });
});

test('marks in every shape and place harm nobody', async () => {
  const first = await broker(FIRST);
  const asking = client({ correlation: 'envelope', requestTimeout: 60_000 });
  await world.settle();
  const [probe] = first.take();
  const served = mark('served', 3);
  const wrong = [
    [served],
    [served, served],
    [served, '', CLIENT],
    [`${served}x`],
    ['SW\x02\x09'],
    [served.replace('\x01', '\x07'), ...ANSWER],
  ];
  for (const frames of wrong) first.send(probe!.from, ...frames);
  await world.settle();
  expect(asking.inspect()).toMatchObject({ state: 'probing', epoch: 0, counters: { invalid: wrong.length, faults: 0 } });
  first.send(probe!.from, served, ...ANSWER.map((text) => bytesOf(text)));
  await world.settle();
  expect(asking.inspect()).toMatchObject({ state: 'correlated', epoch: 3 });
});
