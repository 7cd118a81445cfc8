/** Callers that send more than their client takes at once, and wait for room instead of being turned away. */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BinaryStarClient } from '../../src/binary-star/client.ts';
import { InvalidOption } from '../../src/core/errors.ts';
import { ClientClosed, RequestAborted } from '../../src/core/requests.ts';
import { FreelanceClient } from '../../src/freelance/client.ts';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import type { MajordomoClient } from '../../src/majordomo/client.ts';
import { InvalidEndpoint, type Connector } from '../../src/transport/transport.ts';
import { CLIENT, Outcome, World, type RawListener } from '../support/world.ts';

let world: World;
let broker: RawListener;
let client: MajordomoClient;
beforeEach(async () => {
  world = new World();
  broker = await world.rawBroker();
  broker.answersProbes = true;
  client = world.client({ correlation: 'envelope', maxOpenRequests: 2 });
});
afterEach(async () => {
  await world.end();
});

/** Answers the oldest requests that came and were not answered. */
const unanswered: { from: Parameters<RawListener['send']>[0]; frames: readonly string[] }[] = [];
afterEach(() => {
  unanswered.length = 0;
});
async function answer(count: number): Promise<void> {
  await world.settle();
  unanswered.push(...broker.take());
  for (const { from, frames } of unanswered.splice(0, count)) broker.send(from, ...frames.slice(0, frames.indexOf(CLIENT) + 2), 'done');
  await world.settle();
}

const ask = (): Outcome<unknown> => new Outcome(client.request('work', 'x'));
const wait = (signal?: AbortSignal): Outcome<void> => new Outcome(client.room(signal));
/** As many as the client takes. */
const fill = (): void => {
  ask();
  ask();
};
const statesOf = (waits: readonly Outcome<void>[]): string[] => waits.map(({ state }) => state);

describe('waiting for room', () => {
  test('there is room at once while fewer requests are open than may be', async () => {
    ask();
    const first = wait();
    await world.settle();
    expect(first.state).toBe('fulfilled');
  });

  test('of a thousand that wait for one place one is woken, and it is the first', async () => {
    fill();
    const waits = Array.from({ length: 1000 }, () => wait());
    await answer(1);
    expect(statesOf(waits).indexOf('fulfilled')).toBe(0);
    expect(waits.filter(({ state }) => state === 'open')).toHaveLength(999);
    ask();
    await answer(2);
    expect(statesOf(waits).lastIndexOf('fulfilled')).toBe(2);
  });

  test('of many that find one place free at the same moment one is told so', async () => {
    ask();
    const waits = Array.from({ length: 10 }, () => wait());
    await world.settle();
    expect(statesOf(waits)).toEqual(['fulfilled', ...Array.from({ length: 9 }, () => 'open')]);
  });

  test('a place that nobody takes who was told of it goes to the next one a little later', async () => {
    fill();
    const waits = [wait(), wait()];
    await answer(1);
    for (let round = 0; round < 3; round++) {
      await world.advance(9);
      expect(statesOf(waits)).toEqual(['fulfilled', round < 2 ? 'open' : 'fulfilled']);
    }
    await world.advance(30);
    ask();
    await answer(2);
    expect(client.inspect().counters).toMatchObject({ requests: 3, replies: 3 });
  });

  test('a caller that did not wait may take the place, and who was woken for it is turned away', async () => {
    fill();
    const first = wait();
    await answer(1);
    expect(first.state).toBe('fulfilled');
    ask();
    const late = ask();
    await world.settle();
    expect(late.error).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  test('a request that fails makes room, too', async () => {
    const controller = new AbortController();
    ask();
    void client.request('work', 'x', { signal: controller.signal }).catch(() => undefined);
    const first = wait();
    controller.abort();
    await world.settle();
    expect(first.state).toBe('fulfilled');
  });

  test('twenty thousand requests, each begun when there is room: none is turned away, and never are more open than may be', async () => {
    client = world.client({ correlation: 'envelope', maxOpenRequests: 100 });
    let most = 0;
    let done = 0;
    const all = (async () => {
      for (let sent = 0; sent < 20_000; sent++) {
        await client.room();
        void client.request('work', 'x').then(() => done++);
        most = Math.max(most, client.inspect().open);
      }
    })();
    let isOver = false;
    void all.finally(() => (isOver = true));
    while (!isOver) await answer(100);
    await answer(100);
    expect({ most, done }).toEqual({ most: 100, done: 20_000 });
  });
});

describe('an end of the wait', () => {
  test('when the client closes, all that wait are told so, and so is who comes later', async () => {
    fill();
    const waits = [wait(), wait(new AbortController().signal)];
    await client.close();
    waits.push(wait());
    await world.settle();
    for (const { error } of waits) {
      expect(error).toBeInstanceOf(ClientClosed);
      expect(error).toMatchObject({ attempts: [], mayHaveRun: false });
    }
  });

  test('an aborted wait ends, and its place in the line is free; the signal is not listened to any more', async () => {
    fill();
    const controller = new AbortController();
    const reason = new Error('enough');
    const [first, second, third] = [wait(controller.signal), wait(controller.signal), wait()];
    controller.abort(reason);
    await world.settle();
    for (const { error } of [first, second]) {
      expect(error).toBeInstanceOf(RequestAborted);
      expect(error).toMatchObject({ cause: reason, attempts: [], mayHaveRun: false });
    }
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(third?.state).toBe('open');
    await answer(1);
    expect(third?.state).toBe('fulfilled');
  });

  test('a signal that was aborted before ends the wait at once, also if there is room', async () => {
    const over = wait(AbortSignal.abort('no'));
    await world.settle();
    expect(over.error).toMatchObject({ code: 'ABORTED', cause: 'no' });
  });

  test('whoever found room leaves no listener at the signal', async () => {
    fill();
    const { signal } = new AbortController();
    const first = wait(signal);
    await answer(1);
    expect(first.state).toBe('fulfilled');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('an AbortController is no signal', async () => {
    await expect(client.room(new AbortController() as unknown as AbortSignal)).rejects.toBeInstanceOf(InvalidOption);
  });

  test('a client that can never work says why', async () => {
    world.transport.failure = new InvalidEndpoint('memory://nowhere', 'memory');
    const hopeless = world.client({ correlation: 'envelope' }, 'memory://nowhere');
    const first = new Outcome(hopeless.room());
    await world.settle();
    expect(first.error).toBeInstanceOf(InvalidEndpoint);
  });
});

describe('a connection that is not taken from fast enough', () => {
  test('there is no room while much waits to be sent, until a request has its outcome and less waits', async () => {
    let crowded = false;
    const connect = world.transport.connect.bind(world.transport);
    world.transport.connect = (...args): Connector => {
      return Object.assign(connect(...args), { isCrowded: () => crowded });
    };
    client = world.client({ correlation: 'envelope', maxOpenRequests: 10 });
    crowded = true;
    const unhindered = wait();
    fill();
    const held = wait();
    await answer(1);
    expect([unhindered.state, held.state]).toEqual(['fulfilled', 'open']);
    crowded = false;
    await answer(1);
    expect(held.state).toBe('fulfilled');
  });
});

type Ask = (signal: AbortSignal) => Promise<unknown>;
const asking =
  (one: LazyPirateClient | BinaryStarClient | FreelanceClient): Ask =>
  (signal) =>
    one.request('x', { signal });

describe('every client tells when there is room', () => {
  async function check(one: { room(): Promise<void> }, askOne: Ask): Promise<void> {
    const controller = new AbortController();
    const asked = new Outcome(askOne(controller.signal));
    const next = new Outcome(one.room());
    await world.settle();
    expect([asked.state, next.state]).toEqual(['open', 'open']);
    controller.abort();
    await world.settle();
    expect([asked.state, next.state]).toEqual(['rejected', 'fulfilled']);
  }
  const options = (): object => ({ ...world.ports(), maxOpenRequests: 1 });

  test('that of Majordomo', async () => {
    const one = world.client({ maxOpenRequests: 1 });
    await check(one, (signal) => one.request('work', 'x', { signal }));
  });

  test('that of the Lazy Pirate', async () => {
    const one = world.keep(LazyPirateClient.connect('memory://nobody', options()));
    await check(one, asking(one));
  });

  test('that of Binary Star', async () => {
    const one = world.keep(BinaryStarClient.connect(['memory://nobody', 'memory://noone'], options()));
    await check(one, asking(one));
  });

  test('that of Freelance', async () => {
    const one = world.keep(FreelanceClient.connect(['memory://nobody'], options()));
    await check(one, asking(one));
  });
});
