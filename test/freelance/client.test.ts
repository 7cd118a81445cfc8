/** The Freelance client with servers whose every word the test says: whom it asks, what it believes, and what it finds out while nobody waits. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { ClientClosed, RequestAborted, TooManyRequests } from '../../src/core/requests.ts';
import { FreelanceClient } from '../../src/freelance/client.ts';
import type { FreelanceClientOptions } from '../../src/freelance/options.ts';
import { RequestAbandoned } from '../../src/lazy-pirate/errors.ts';
import { InvalidEndpoint, type Peer, type Transport } from '../../src/transport/transport.ts';
import { Outcome, textsOf, World, type RawListener, type Received } from '../support/world.ts';

const A = 'memory://a';
const B = 'memory://b';
const C = 'memory://c';
const THREE = [A, B, C];

let world: World;
let happened: string[];
beforeEach(() => {
  world = new World();
  happened = [];
});
afterEach(async () => {
  await world.end();
});

function connect(options: FreelanceClientOptions = {}, endpoints: string | readonly string[] = THREE): FreelanceClient {
  const client = world.keep(FreelanceClient.connect(endpoints, { ...world.ports(), ...options }));
  const note = (what: string, { endpoint, ...more }: { readonly endpoint: string; readonly [field: string]: unknown }): void => {
    happened.push([what, endpoint.at(-1), ...Object.values(more)].join(' '));
  };
  client.events.on('serverAlive', (event) => note('alive', event));
  client.events.on('serverDoubted', (event) => note('doubted', event));
  client.events.on('serverLost', (event) => note('lost', event));
  client.events.on('requestRetried', (event) => note('retried', event));
  client.events.on('requestHedged', (event) => note('hedged', event));
  client.events.on('staleReply', (event) => note('stale', event));
  return client;
}

/** The model with pings, and a server that answers them when it is asked to. */
class Pinged {
  readonly #listener: RawListener;
  pings = 0;
  client: Peer | undefined;
  #requests: Received[] = [];

  static async at(endpoint: string): Promise<Pinged> {
    return new Pinged(await world.rawBroker(endpoint));
  }

  constructor(listener: RawListener) {
    this.#listener = listener;
  }

  /** Reads what came; answers pings. */
  take(pong = true): Received[] {
    for (const { from, frames } of this.#listener.take()) {
      if (frames.length > 1) this.#requests.push({ from, frames });
      else {
        assert.deepEqual(frames, ['PING']);
        this.pings++;
        this.client = from;
        if (pong) this.#listener.send(from, 'PONG');
      }
    }
    return this.#requests.splice(0);
  }

  say(to: Received, ...frames: string[]): void {
    this.#listener.send(to.from, ...frames);
  }

  answer(request: Received, ...body: string[]): void {
    this.say(request, request.frames[0]!, ...body);
  }

  close(): Promise<void> {
    return this.#listener.close();
  }
}

/** Whatever becomes of it. */
function nobodyWaitsFor(reply: Promise<unknown>): void {
  reply.catch(() => undefined);
}

const statesOf = (client: FreelanceClient): string =>
  client
    .inspect()
    .servers.map(({ state }) => state)
    .join(' ');

describe('addressed: the wire of 10/FLP', () => {
  test('a request is a control frame and the body; the same control frame answers it', async () => {
    const server = await Pinged.at(A);
    const client = connect({}, A);
    await world.settle();
    server.take();
    const outcome = new Outcome(client.request(['two', '']));
    await world.settle();
    const [request] = server.take();
    expect(request!.frames).toHaveLength(3);
    expect(request!.frames[0]).toHaveLength(12);
    expect(request!.frames.slice(1)).toEqual(['two', '']);
    server.answer(request!, 'an', '', 'answer');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['an', '', 'answer']);
    expect(outcome.value).toMatchObject({ endpoint: A, attempts: [{ attempt: 1, outcome: 'replied', sent: true, endpoint: A }] });
  });

  test('a server that says nothing is pinged every pingInterval; any word of it renews its time', async () => {
    const server = await Pinged.at(A);
    const client = connect({ pingInterval: 2000, serverTimeToLive: 6000 }, A);
    await world.settle();
    for (let round = 1; round <= 4; round++) {
      server.take();
      expect(server.pings).toBe(round);
      await world.advance(2000);
    }
    expect(happened).toEqual(['alive a']);
    await world.advance(5999 - 2000);
    expect(statesOf(client)).toBe('alive');
    await world.advance(1);
    expect(happened).toEqual(['alive a', 'lost a silent']);
  });

  test('a client that stood still for longer than serverTimeToLive takes no server for dead before it has asked it', async () => {
    const servers = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, [A, B]);
    await world.settle();
    for (const server of servers) server.take();
    await world.settle();
    // No timer of its own fires meanwhile.
    world.time.jump(60_000);
    for (let time = 0; time < 6000; time += 1000) {
      await world.advance(1000);
      for (const server of servers) server.take();
    }
    expect(happened).toEqual(['alive a', 'alive b']);
    expect(statesOf(client)).toBe('alive alive');
  });

  test('a server that died while the client stood still is found out within serverTimeToLive', async () => {
    const server = await Pinged.at(A);
    connect({}, A);
    await world.settle();
    server.take();
    await world.settle();
    world.time.jump(60_000);
    await world.advance(4100);
    expect(happened).toEqual(['alive a', 'lost a silent']);
  });

  test('the connection of a probe is lost: the next one does not wait for the rest of a long pause', async () => {
    const client = connect({ reconnectInterval: 500, reconnectMaximum: 60_000, reconnectJitter: 0 }, A);
    await world.advance(6000 + 500 + 1000 + 2000 + 4000);
    const before = client.inspect().counters.probes;
    const restarting = await world.rawBroker(A);
    await world.advance(8000);
    expect(client.inspect().counters.probes).toBe(before + 1);
    await restarting.close();
    const server = await Pinged.at(A);
    await world.advance(600);
    server.take();
    await world.settle();
    expect(statesOf(client)).toBe('alive');
  });

  test('what is no answer is counted, and the answer after it is taken', async () => {
    const server = await Pinged.at(A);
    const client = connect({}, A);
    await world.settle();
    server.take();
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    const [request] = server.take();
    server.say(request!, 'no control frame');
    server.say(request!, 'not ours', 'x');
    server.say(request!, request!.frames[0]!);
    server.answer(request!, 'answer');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['answer']);
    expect(client.inspect().counters).toMatchObject({ invalid: 3, replies: 1, stale: 0 });
  });

  test('another server’s answer to a request that it was not sent is stale', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, [A, B]);
    await world.settle();
    a.take();
    b.take();
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    const [request] = a.take();
    b.say({ from: b.client!, frames: [] }, request!.frames[0]!, 'not mine to answer');
    await world.settle();
    expect(outcome.state).toBe('open');
    expect(happened.at(-1)).toBe('stale b');
    a.answer(request!, 'mine');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['mine']);
  });

  test('many requests are in flight at once, and answers in any order find theirs', async () => {
    const server = await Pinged.at(A);
    const client = connect({}, A);
    const outcomes = Array.from({ length: 50 }, (_, number) => new Outcome(client.request(String(number))));
    await world.settle();
    server.take();
    await world.settle();
    const requests = server.take();
    expect(requests).toHaveLength(50);
    expect(client.inspect()).toMatchObject({ open: 50, servers: [{ inFlight: 50 }], counters: { connections: 1 } });
    for (const request of requests.reverse()) server.answer(request, `${request.frames[1]}!`);
    await world.settle();
    expect(outcomes.map(({ value }) => textsOf(value?.body).join())).toEqual(outcomes.map((_, number) => `${number}!`));
    expect(client.inspect()).toMatchObject({ open: 0, servers: [{ inFlight: 0 }] });
  });
});

describe('addressed: whom it asks', () => {
  test('the first request waits for the first who answers a ping, and no longer than 100 ms', async () => {
    const b = await Pinged.at(B);
    const client = connect({}, [A, B]);
    const outcome = new Outcome(client.request('x'));
    await world.advance(40);
    expect(client.inspect()).toMatchObject({ waiting: 1 });
    b.take();
    await world.settle();
    const [request] = b.take();
    b.answer(request!, 'b');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: B, attempts: { length: 1 } });
    expect(outcome.value?.attempts[0]).toMatchObject({ startedAfter: 40 });
  });

  test('a request with less time than a greeting takes is not given up while a server is greeted', async () => {
    const a = await Pinged.at(A);
    const client = connect({}, A);
    const outcome = new Outcome(client.request('x', { requestTimeout: 50 }));
    await world.advance(60);
    a.take();
    await world.settle();
    a.answer(a.take()[0]!, 'a');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: A, attempts: { length: 1 } });
  });

  test('a request that waits without any server is not given up while one that is added is greeted', async () => {
    const b = await Pinged.at(B);
    const client = connect({}, A);
    client.remove(A);
    const outcome = new Outcome(client.request('x', { requestTimeout: 200 }));
    await world.advance(190);
    client.add(B);
    await world.advance(60);
    b.take();
    await world.settle();
    b.answer(b.take()[0]!, 'b');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: B, attempts: { length: 1 } });
  });

  test('when nobody answers a ping, the first server is asked after 100 ms', async () => {
    const a = await world.rawBroker(A);
    const client = connect({}, [A, B]);
    nobodyWaitsFor(client.request('x'));
    await world.advance(100);
    expect(a.take().map(({ frames }) => frames.length)).toEqual([1, 2]);
    expect(statesOf(client)).toBe('untried untried');
  });

  test('W27: a server that is killed costs the requests under way milliseconds, and later ones nothing', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, [A, B]);
    await world.settle();
    a.take();
    b.take();
    const first = new Outcome(client.request('first'));
    await world.settle();
    expect(a.take()).toHaveLength(1);
    await a.close();
    await world.advance(2);
    const [again] = b.take();
    b.answer(again!, 'b');
    await world.settle();
    expect(first.value?.attempts.map(({ outcome, endpoint }) => [outcome, endpoint])).toEqual([
      ['connection-lost', A],
      ['replied', B],
    ]);
    for (let number = 0; number < 10; number++) {
      const later = new Outcome(client.request('later'));
      await world.settle();
      b.answer(b.take()[0]!, 'b');
      await world.settle();
      expect(later.value?.attempts).toHaveLength(1);
      await world.advance(100);
      b.take();
    }
    expect(client.inspect().counters).toMatchObject({ retries: 1, requests: 11, replies: 11 });
  });

  test('W27: a server that is silent costs one request one timeout, and later ones nothing, though it answers pings', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, [A, B]);
    await world.settle();
    a.take();
    b.take();
    const first = new Outcome(client.request('first'));
    await world.advance(1000);
    expect(a.take()).toHaveLength(1);
    await world.settle();
    b.answer(b.take()[0]!, 'b');
    await world.settle();
    expect(first.value?.attempts.map(({ outcome }) => outcome)).toEqual(['timed-out', 'replied']);
    expect(statesOf(client)).toBe('alive alive');
    for (let number = 0; number < 10; number++) {
      const later = new Outcome(client.request('later'));
      await world.settle();
      expect(a.take()).toEqual([]);
      b.answer(b.take()[0]!, 'b');
      await world.settle();
      expect(later.value?.attempts).toHaveLength(1);
      await world.advance(1000);
    }
  });

  test('FL2: a server that was silent for its time to live is not asked while another is alive', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({ requestTimeout: 100, requestRetries: 5 }, [A, B]);
    await world.settle();
    for (let time = 0; time < 8000; time += 1000) {
      a.take(time === 0);
      b.take();
      await world.advance(1000);
    }
    expect(statesOf(client)).toBe('dead alive');
    a.take(false);
    b.take();
    await world.advance(1);
    for (let number = 0; number < 5; number++) {
      const outcome = new Outcome(client.request('x'));
      await world.settle();
      b.answer(b.take()[0]!, 'b');
      await world.settle();
      expect(outcome.value).toMatchObject({ endpoint: B, attempts: { length: 1 } });
    }
    expect(a.take(false)).toEqual([]);
  });

  test('nobody is well: each server has its turn before any has another', async () => {
    const client = connect({ deadline: 0, requestTimeout: 100, requestRetries: 6 });
    await world.advance(6000);
    expect(statesOf(client)).toBe('dead dead dead');
    const outcome = new Outcome(client.request('x'));
    await world.advance(5000);
    const asked = (outcome.error as RequestAbandoned).attempts.map(({ endpoint }) => endpoint);
    expect(asked).toHaveLength(6);
    for (const round of [asked.slice(0, 3), asked.slice(3)]) expect(new Set(round)).toEqual(new Set(THREE));
  });

  test('a dead server is asked over a new connection each time, less and less often, and is used again when it answers', async () => {
    const client = connect({ reconnectInterval: 500, reconnectMaximum: 2000, reconnectJitter: 0 }, A);
    await world.advance(6000);
    expect(happened).toEqual(['lost a silent']);
    const before = client.inspect().counters.connections;
    await world.advance(500 + 1000 + 2000 + 2000);
    expect(client.inspect().counters.connections - before).toBe(4);
    const a = await Pinged.at(A);
    await world.advance(200);
    a.take();
    await world.settle();
    expect(statesOf(client)).toBe('alive');
    expect(a.pings).toBe(1);
  });

  test('a server that nobody can better is asked, dead or not', async () => {
    const a = await world.rawBroker(A);
    const client = connect({}, A);
    await world.advance(6000);
    expect(statesOf(client)).toBe('dead');
    a.take();
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    const request = a.take().find(({ frames }) => frames.length === 2);
    a.send(request!.from, request!.frames[0]!, 'here');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['here']);
    expect(happened.at(-1)).toBe('alive a');
  });

  test('of two that are alive the one found guilty latest comes last', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, [A, B]);
    await world.settle();
    a.take();
    b.take();
    for (const [guilty, next] of [
      [a, b],
      [b, a],
    ] as const) {
      const outcome = new Outcome(client.request('x'));
      await world.advance(1000);
      expect(guilty.take()).toHaveLength(1);
      await world.settle();
      next.answer(next.take()[0]!, 'next');
      await world.settle();
      expect(outcome.state).toBe('fulfilled');
    }
  });
});

describe('late answers', () => {
  test('W25: a PONG answers no request, whatever number it waits for', async () => {
    const server = await Pinged.at(A);
    const client = connect({ pingInterval: 100, serverTimeToLive: 1000 }, A);
    // As the Guide's client: idle for longer than a ping, before the first request.
    for (let time = 0; time < 3000; time += 100) {
      await world.advance(100);
      server.take();
    }
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    const [request] = server.take();
    for (let pong = 0; pong < 5; pong++) server.say(request!, 'PONG');
    await world.settle();
    expect(outcome.state).toBe('open');
    server.answer(request!, 'answer');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['answer']);
    expect(client.inspect().counters).toMatchObject({ invalid: 0, stale: 0 });
  });

  test('W26: a request is sent once, however often the client is woken meanwhile', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({ pingInterval: 50, serverTimeToLive: 1000 }, [A, B]);
    await world.settle();
    a.take();
    b.take();
    const outcome = new Outcome(client.request('x'));
    let sends = 0;
    for (let time = 0; time < 900; time += 50) {
      await world.advance(50);
      sends += a.take().length + b.take().length;
    }
    expect(a.pings + b.pings).toBeGreaterThan(20);
    expect(sends).toBe(1);
    expect(outcome.state).toBe('open');
  });

  test('W26: a late answer to a request that has failed never answers the next one', async () => {
    const server = await Pinged.at(A);
    const client = connect({ requestRetries: 1 }, A);
    await world.settle();
    server.take();
    const first = new Outcome(client.request('first'));
    await world.advance(1000);
    expect(first.error).toBeInstanceOf(RequestAbandoned);
    const [late] = server.take();
    const second = new Outcome(client.request('second'));
    await world.settle();
    server.answer(late!, 'to the first');
    await world.settle();
    expect(second.state).toBe('open');
    expect(happened).toContain('stale a');
    const [request] = server.take();
    expect(request!.frames[0]).not.toBe(late!.frames[0]);
    server.answer(request!, 'to the second');
    await world.settle();
    expect(textsOf(second.value?.body)).toEqual(['to the second']);
  });

  test('a late answer to an earlier copy of the same request is its answer', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, [A, B]);
    await world.settle();
    a.take();
    b.take();
    const outcome = new Outcome(client.request('x'));
    await world.advance(1100);
    const [late] = a.take();
    expect(b.take()).toHaveLength(1);
    a.answer(late!, 'late');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: A });
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['replied', 'superseded']);
  });
});

describe('hedged requests', () => {
  async function two(options: FreelanceClientOptions) {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({ hedgeDelay: 50, ...options }, [A, B]);
    await world.settle();
    a.take();
    b.take();
    return { a, b, client };
  }

  test('a server that takes its time gets company, and the first answer wins', async () => {
    const { a, b, client } = await two({});
    const outcome = new Outcome(client.request('x'));
    await world.advance(49);
    expect(b.take()).toEqual([]);
    await world.advance(1);
    b.answer(b.take()[0]!, 'b');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: B });
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['superseded', 'replied']);
    a.answer(a.take()[0]!, 'a');
    await world.settle();
    expect(happened.slice(2)).toEqual(['hedged b 2', 'stale a']);
    expect(client.inspect().counters).toMatchObject({ hedges: 1, retries: 0, stale: 1, replies: 1 });
  });

  test('FL1: it is never with more than two servers, and each has its own time', async () => {
    await Pinged.at(C);
    const { a, b, client } = await two({ requestRetries: 1 });
    const outcome = new Outcome(client.request('x'));
    await world.advance(999);
    expect([a.take().length, b.take().length]).toEqual([1, 1]);
    expect(client.inspect().servers.map(({ inFlight }) => inFlight)).toEqual([1, 1]);
    await world.advance(1);
    expect(client.inspect().servers.map(({ inFlight }) => inFlight)).toEqual([0, 1]);
    await world.advance(49);
    expect(outcome.state).toBe('open');
    await world.advance(1);
    expect(outcome.error).toMatchObject({
      reason: 'timed-out',
      attempts: [{ milliseconds: 1000 }, { startedAfter: 50, milliseconds: 1000 }],
    });
  });

  test('a server that loses to its hedge comes last, though it answers in time: later requests do not wait for it', async () => {
    const { a, b, client } = await two({});
    for (let number = 0; number < 3; number++) {
      const outcome = new Outcome(client.request('x'));
      await world.advance(number === 0 ? 50 : 0);
      b.answer(b.take()[0]!, 'b');
      await world.settle();
      expect(outcome.value).toMatchObject({ endpoint: B, attempts: { length: number === 0 ? 2 : 1 } });
      await world.advance(40);
      for (const request of a.take()) a.answer(request, 'a');
      await world.settle();
    }
    expect(client.inspect().counters.hedges).toBe(1);
    // It is slow, and no more than that.
    expect(statesOf(client)).toBe('alive alive');
    expect(happened).not.toContain('doubted a');
  });

  test('there is nobody else to ask: it waits on', async () => {
    const a = await Pinged.at(A);
    const client = connect({ hedgeDelay: 50 }, A);
    await world.settle();
    a.take();
    const outcome = new Outcome(client.request('x'));
    await world.advance(500);
    a.answer(a.take()[0]!, 'a');
    await world.settle();
    expect(outcome.value?.attempts).toHaveLength(1);
    expect(client.inspect().counters.hedges).toBe(0);
  });

  test('the server of the hedge dies, then the first one: the next round', async () => {
    const { a, b, client } = await two({});
    const outcome = new Outcome(client.request('x'));
    await world.advance(50);
    await b.close();
    await world.advance(10);
    expect(outcome.state).toBe('open');
    await a.close();
    const again = await Pinged.at(A);
    await world.advance(600);
    again.take();
    await world.advance(600);
    again.answer(again.take()[0]!, 'again');
    await world.settle();
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome).slice(0, 2)).toEqual(['connection-lost', 'connection-lost']);
    expect(outcome.value?.endpoint).toBe(A);
  });
});

describe('sequential: one REP server after another', () => {
  const sequential = { model: 'sequential' } as const;

  test('the number stands before the delimiter, where a REP returns it', async () => {
    const a = await world.rawBroker(A);
    const client = connect(sequential, A);
    expect(client.inspect().counters.connections).toBe(0);
    const outcomes = ['x', 'y'].map((text) => new Outcome(client.request(text)));
    await world.settle();
    const requests = a.take();
    expect(requests.map(({ frames }) => frames.slice(1))).toEqual([
      ['', 'x'],
      ['', 'y'],
    ]);
    for (const { from, frames } of requests.reverse()) a.send(from, frames[0]!, '', `${frames[2]}!`);
    await world.settle();
    expect(outcomes.map(({ value }) => textsOf(value?.body).join())).toEqual(['x!', 'y!']);
  });

  test('each server has one turn, in the order given; then it is abandoned', async () => {
    const outcome = new Outcome(connect(sequential).request('x'));
    await world.advance(3 * 1000);
    expect(outcome.error).toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'timed-out', mayHaveRun: true });
    const { attempts } = outcome.error as RequestAbandoned;
    expect(attempts.map(({ endpoint }) => endpoint)).toEqual(THREE);
  });

  test('a single server is asked three times', async () => {
    const outcome = new Outcome(connect(sequential, A).request('x'));
    await world.advance(5000);
    expect(outcome.error).toMatchObject({ attempts: { length: 3 } });
  });

  test('W27: a dead first server costs one timeout on the first call, and nothing on later ones', async () => {
    const b = await world.rawBroker(B);
    const client = connect(sequential, [A, B]);
    const took: number[] = [];
    for (let number = 0; number < 20; number++) {
      const askedAt = world.time.now;
      const outcome = new Outcome(client.request('x'));
      while (outcome.state === 'open') {
        await world.advance(1);
        for (const { from, frames } of b.take()) b.send(from, frames[0]!, '', 'b');
        await world.settle();
      }
      took.push(world.time.now - askedAt);
      await world.advance(2000);
    }
    expect(took[0]).toBeGreaterThanOrEqual(1000);
    expect(took[0]).toBeLessThan(1010);
    expect(Math.max(...took.slice(1))).toBeLessThanOrEqual(1);
    expect(statesOf(client)).toBe('dead alive');
  });

  test('W27: a slow first server comes behind until it has answered in time, though it was heard meanwhile', async () => {
    const [a, b] = [await world.rawBroker(A), await world.rawBroker(B)];
    const client = connect(sequential, [A, B]);
    const late: Received[] = [];
    for (let number = 0; number < 5; number++) {
      const outcome = new Outcome(client.request('x'));
      await world.advance(number === 0 ? 1000 : 0);
      late.push(...a.take());
      for (const { from, frames } of b.take()) b.send(from, frames[0]!, '', 'b');
      await world.settle();
      expect(outcome.value).toMatchObject({ endpoint: B, attempts: { length: number === 0 ? 2 : 1 } });
      await world.advance(500);
      for (const { from, frames } of late.splice(0)) a.send(from, frames[0]!, '', 'too late');
      await world.settle();
      expect(statesOf(client)).toBe('alive alive');
    }
    // The other one fails, and this one answers in time: it has its place again.
    await b.close();
    for (let number = 0; number < 2; number++) {
      const outcome = new Outcome(client.request('x'));
      await world.advance(1);
      for (const { from, frames } of a.take()) a.send(from, frames[0]!, '', 'in time');
      await world.settle();
      expect(outcome.value).toMatchObject({ endpoint: A, attempts: { length: 1 } });
      if (number === 0) await world.rawBroker(B);
    }
  });

  test('with a hedge a slow first server comes behind the one that overtook it', async () => {
    const [a, b] = [await world.rawBroker(A), await world.rawBroker(B)];
    const client = connect({ ...sequential, hedgeDelay: 50 }, [A, B]);
    for (let number = 0; number < 3; number++) {
      const outcome = new Outcome(client.request('x'));
      await world.advance(number === 0 ? 50 : 0);
      for (const { from, frames } of b.take()) b.send(from, frames[0]!, '', 'b');
      await world.settle();
      expect(outcome.value).toMatchObject({ endpoint: B, attempts: { length: number === 0 ? 2 : 1 } });
      for (const { from, frames } of a.take()) a.send(from, frames[0]!, '', 'a');
    }
    await world.settle();
    expect(client.inspect().counters.hedges).toBe(1);
  });

  test('with a probe a dead server is asked in the background, and comes first again when it answers', async () => {
    const b = await world.rawBroker(B);
    const client = connect({ ...sequential, probe: ['are you', 'there'] }, [A, B]);
    const outcome = new Outcome(client.request('x'));
    await world.advance(1000);
    for (const { from, frames } of b.take()) b.send(from, frames[0]!, '', 'b');
    await world.settle();
    expect(outcome.state).toBe('fulfilled');
    await world.advance(20_000);
    const a = await world.rawBroker(A);
    await world.advance(10_000);
    const probes = a.take();
    expect(probes[0]?.frames.slice(1)).toEqual(['', 'are you', 'there']);
    a.send(probes.at(-1)!.from, probes.at(-1)!.frames[0]!, '', 'I am');
    await world.settle();
    expect(statesOf(client)).toBe('alive alive');
    expect(client.inspect().counters).toMatchObject({ stale: 0, replies: 1 });
    nobodyWaitsFor(client.request('y'));
    await world.settle();
    expect(a.take()).toHaveLength(1);
  });

  test('without a probe a dead server is tried when there is none better, or as a hedge after its pause', async () => {
    const b = await world.rawBroker(B);
    const client = connect({ ...sequential, serverTimeToLive: 500 }, [A, B]);
    nobodyWaitsFor(client.request('x'));
    await world.advance(1000);
    for (const { from, frames } of b.take()) b.send(from, frames[0]!, '', 'b');
    await world.advance(400);
    expect(statesOf(client)).toBe('doubtful alive');
    await world.advance(100);
    expect(statesOf(client)).toBe('dead alive');
    // No hedge goes to a server that is known to have been dead a moment ago.
    nobodyWaitsFor(client.request('y', { hedgeDelay: 50, requestRetries: 1 }));
    await world.advance(60);
    expect(client.inspect().servers[0]).toMatchObject({ connected: false });
    const a = await world.rawBroker(A);
    await world.advance(800);
    const outcome = new Outcome(client.request('z', { hedgeDelay: 50 }));
    await world.advance(50);
    const [hedge] = a.take();
    a.send(hedge!.from, hedge!.frames[0]!, '', 'a');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: A });
    expect(statesOf(client)).toBe('alive alive');
  });

  test('a server that is slow with one request is not cut off from those that it answers in time', async () => {
    const a = await world.rawBroker(A);
    const b = await world.rawBroker(B);
    const client = connect(sequential, [A, B]);
    const slow = new Outcome(client.request('slow'));
    await world.advance(900);
    const quick = new Outcome(client.request('quick'));
    await world.advance(100);
    expect(statesOf(client)).toBe('doubtful untried');
    const [, second] = a.take();
    a.send(second!.from, second!.frames[0]!, '', 'in time');
    await world.settle();
    expect(textsOf(quick.value?.body)).toEqual(['in time']);
    expect(statesOf(client)).toBe('alive untried');
    const [retry] = b.take();
    b.send(retry!.from, retry!.frames[0]!, '', 'b');
    await world.advance(60_000);
    expect(slow.value).toMatchObject({ endpoint: B });
    // It was heard: its silence since then means nothing.
    expect(statesOf(client)).toBe('alive alive');
  });
});

describe('shotgun: all servers at once', () => {
  const shotgun = { model: 'shotgun' } as const;

  test('all get a copy with a sequence of its own, the first answer wins, and the others are stale', async () => {
    const servers = await Promise.all(THREE.map((endpoint) => world.rawBroker(endpoint)));
    const client = connect(shotgun);
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    const requests = servers.map((server) => server.take()[0]!);
    expect(requests.map(({ frames }) => [frames[0], ...frames.slice(2)])).toEqual(THREE.map(() => ['', 'x']));
    expect(new Set(requests.map(({ frames }) => frames[1])).size).toBe(3);
    for (const index of [1, 0, 2]) servers[index]!.send(requests[index]!.from, '', requests[index]!.frames[1]!, String(index));
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: B });
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['superseded', 'replied', 'superseded']);
    expect(client.inspect().counters).toMatchObject({ stale: 2, replies: 1, requests: 1 });
  });

  test('a server whose connection takes nothing does not fail a request that others have', async () => {
    const servers = await Promise.all([B, C].map((endpoint) => world.rawBroker(endpoint)));
    const { transport } = world.ports();
    const full: Transport = {
      name: transport.name,
      listen: (...given) => transport.listen(...given),
      connect(endpoint, ...given) {
        const connector = transport.connect(endpoint, ...given);
        if (endpoint === A) connector.send = () => 'again';
        return connector;
      },
    };
    const outcome = new Outcome(connect({ ...shotgun, transport: full }).request('x'));
    await world.settle();
    const [request] = servers[0]!.take();
    servers[0]!.send(request!.from, '', request!.frames[1]!, 'y');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: B });
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['connection-lost', 'replied', 'superseded']);
  });

  test('nobody answers: it ends after 2.5 s, and the next one asks them once more', async () => {
    const outcome = new Outcome(connect(shotgun).request('x'));
    await world.advance(2499);
    expect(outcome.state).toBe('open');
    await world.advance(1);
    expect(outcome.error).toMatchObject({ reason: 'timed-out', attempts: { length: 3 } });
  });

  test('one that dies is no matter while another is under way; when all have died it ends at once', async () => {
    const servers = await Promise.all(THREE.map((endpoint) => world.rawBroker(endpoint)));
    const client = connect(shotgun);
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    await servers[0]!.close();
    await servers[2]!.close();
    await world.advance(1);
    expect(outcome.state).toBe('open');
    await servers[1]!.close();
    await world.advance(1);
    expect(outcome.error).toMatchObject({ reason: 'connection-lost' });
    expect(happened).toEqual(['lost a connection-lost', 'lost c connection-lost', 'lost b connection-lost']);
  });

  test('a server that lost its connection once is asked again after its pause, with one request until it is heard', async () => {
    const [a, b] = [await world.rawBroker(A), await world.rawBroker(B)];
    const client = connect(shotgun, [A, B]);
    async function ask(): Promise<Outcome<unknown>> {
      const outcome = new Outcome(client.request('x'));
      await world.settle();
      for (const { from, frames } of b.take()) b.send(from, '', frames[1]!, 'b');
      await world.settle();
      expect(outcome.state).toBe('fulfilled');
      return outcome;
    }
    await ask();
    await a.close();
    await world.settle();
    expect(happened.at(-1)).toBe('lost a connection-lost');
    await ask();
    expect(client.inspect().servers[0]).toMatchObject({ state: 'dead', connected: false });
    await world.advance(1000);
    await ask();
    await ask();
    const back = await world.rawBroker(A);
    await world.advance(500);
    const waited = back.take();
    expect(waited).toHaveLength(1);
    back.send(waited[0]!.from, '', waited[0]!.frames[1]!, 'late');
    await world.settle();
    expect(statesOf(client)).toBe('alive alive');
    await ask();
    expect(back.take()).toHaveLength(1);
  });

  test('nobody waits for the copy alone that is to find out whether a dead server is back', async () => {
    const [a, b] = [await world.rawBroker(A), await world.rawBroker(B)];
    const client = connect(shotgun, [A, B]);
    nobodyWaitsFor(client.request('x'));
    await world.settle();
    await a.close();
    await world.advance(3000);
    b.take();
    const outcome = new Outcome(client.request('y'));
    await world.settle();
    expect(client.inspect().servers.map(({ inFlight }) => inFlight)).toEqual([1, 1]);
    await b.close();
    await world.advance(1);
    expect(outcome.error).toMatchObject({ reason: 'connection-lost' });
  });

  test('what waited for a dead server is thrown away: no work waits in a queue for its return', async () => {
    const b = await world.rawBroker(B);
    const client = connect({ ...shotgun, serverTimeToLive: 1000 });
    for (let number = 0; number < 3; number++) {
      const outcome = new Outcome(client.request(String(number)));
      await world.settle();
      b.send(b.take()[0]!.from, 'nothing');
      await world.advance(2500);
      expect(outcome.state).toBe('rejected');
      await world.advance(2000);
    }
    expect(statesOf(client)).toBe('dead dead dead');
    const a = await world.rawBroker(A);
    await world.advance(10_000);
    expect(a.take()).toEqual([]);
  });
});

describe('servers come and go', () => {
  test('requests that wait for the greeting of a server do not wait for one that is removed', async () => {
    const lost = await world.rawBroker(A);
    const client = connect({ reconnectInterval: 60_000, reconnectMaximum: 60_000 }, A);
    await world.settle();
    await lost.close();
    await world.settle();
    expect(client.inspect().servers).toMatchObject([{ state: 'dead' }]);
    const back = await world.rawBroker(A);
    client.add(B);
    const outcome = new Outcome(client.request('hello'));
    await world.settle();
    expect(client.inspect().waiting).toBe(1);
    client.remove(B);
    await world.settle();
    expect(back.take().filter(({ frames }) => frames.length > 1)).toHaveLength(1);
    expect(outcome.state).toBe('open');
  });

  test('a server that is added is greeted and used; one that is removed is forgotten, and its requests go to others', async () => {
    const [a, b] = [await Pinged.at(A), await Pinged.at(B)];
    const client = connect({}, A);
    await world.settle();
    a.take();
    expect(client.add(B)).toBe(true);
    expect(client.add(B)).toBe(false);
    await world.settle();
    b.take();
    await world.settle();
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    expect(a.take()).toHaveLength(1);
    expect(client.remove(A)).toBe(true);
    expect(client.remove(A)).toBe(false);
    await world.advance(2);
    b.answer(b.take()[0]!, 'b');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: B });
    expect(client.inspect()).toMatchObject({ servers: [{ endpoint: B, state: 'alive' }] });
    expect(client.endpoints).toEqual([B]);
    expect(world.transport.open.size).toBe(1);
  });

  test('an endpoint that the transport refuses is forgotten, and the client goes on with the others', async () => {
    const a = await Pinged.at(A);
    const { transport } = world.ports();
    const picky: Transport = {
      name: transport.name,
      listen: (...given) => transport.listen(...given),
      connect(endpoint, ...given) {
        if (endpoint === B || endpoint === C) throw new InvalidEndpoint(endpoint, 'picky');
        return transport.connect(endpoint, ...given);
      },
    };
    const client = connect({ transport: picky }, [B, A]);
    const refused: string[] = [];
    client.events.on('serverRefused', ({ endpoint, error }) => refused.push(`${endpoint} ${error.code}`));
    expect(client.endpoints).toEqual([A]);
    expect(client.add(C)).toBe(true);
    await world.settle();
    expect(client.endpoints).toEqual([A]);
    expect(refused).toEqual([`${C} INVALID_ENDPOINT`]);
    a.take();
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    a.answer(a.take()[0]!, 'a');
    await world.settle();
    expect(outcome.value).toMatchObject({ endpoint: A });
    expect(client.inspect().state).toBe('open');
  });

  test('when the transport refuses the last endpoint, the client says that it cannot work', async () => {
    const { transport } = world.ports();
    const picky: Transport = {
      name: transport.name,
      listen: (...given) => transport.listen(...given),
      connect(endpoint) {
        throw new InvalidEndpoint(endpoint, 'picky');
      },
    };
    const client = connect({ transport: picky }, [A, B]);
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    expect(outcome.error).toBeInstanceOf(InvalidEndpoint);
    expect(client.inspect().state).toBe('closed');
  });

  test('an endpoint that is given twice counts once', () => {
    expect(connect({}, [A, B, A]).endpoints).toEqual([A, B]);
  });

  test('FL3: servers that come and go leave nothing behind', async () => {
    const client = connect({ maxServers: 2 }, A);
    for (let number = 0; number < 100; number++) {
      client.add(`memory://server-${number}-of-many`);
      nobodyWaitsFor(client.request('x', { deadline: 10 }));
      await world.advance(200);
      client.remove(`memory://server-${number}-of-many`);
    }
    await world.settle();
    expect(client.inspect().servers).toHaveLength(1);
    expect(world.transport.open.size).toBeLessThanOrEqual(1);
    client.add(B);
    expect(() => client.add(C)).toThrow(InvalidOption);
  });

  test('without any server a request waits for one, and is told if none comes', async () => {
    const client = connect({}, A);
    client.remove(A);
    const [kept, lost] = [new Outcome(client.request('x')), new Outcome(client.request('y', { requestTimeout: 100 }))];
    await world.advance(100);
    expect(lost.error).toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'no-server', attempts: [], mayHaveRun: false });
    const b = await Pinged.at(B);
    client.add(B);
    await world.settle();
    b.take();
    await world.settle();
    b.answer(b.take()[0]!, 'b');
    await world.settle();
    expect(kept.state).toBe('fulfilled');
  });
});

describe('limits', () => {
  test('the deadline ends all of it', async () => {
    const outcome = new Outcome(connect({}, A).request('x', { deadline: 1500 }));
    await world.advance(1499);
    expect(outcome.state).toBe('open');
    await world.advance(1);
    expect(outcome.error).toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'deadline', mayHaveRun: true });
  });

  test('a signal ends a request, and leaves nothing of it', async () => {
    const client = connect({}, A);
    const controller = new AbortController();
    const reason = new Error('no longer needed');
    const outcome = new Outcome(client.request('x', { signal: controller.signal }));
    await world.advance(150);
    controller.abort(reason);
    await world.settle();
    expect(outcome.error).toBeInstanceOf(RequestAborted);
    expect(outcome.error).toMatchObject({ cause: reason, attempts: [{ outcome: 'aborted' }] });
    expect(client.inspect()).toMatchObject({ open: 0, servers: [{ inFlight: 0 }] });
  });

  test('more requests than maxOpenRequests are rejected, a closed client takes nothing more', async () => {
    const client = connect({ maxOpenRequests: 2 });
    const outcomes = ['a', 'b'].map((text) => new Outcome(client.request(text)));
    await expect(client.request('c')).rejects.toBeInstanceOf(TooManyRequests);
    await client.close();
    await world.settle();
    expect(outcomes.map((outcome) => (outcome.error as ClientClosed).code)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED']);
    await expect(client.request('x')).rejects.toBeInstanceOf(ClientClosed);
    expect(() => client.add(B)).toThrow(ClientClosed);
    expect(client.remove(A)).toBe(false);
  });

  test('a transport that cannot connect now costs a round; a message that a connection does not take, too', async () => {
    const a = await world.rawBroker(A);
    const client = connect({ model: 'sequential' }, A);
    world.transport.failure = new Error('too many open files');
    const first = new Outcome(client.request('x'));
    await world.settle();
    world.transport.failure = undefined;
    await world.advance(200);
    const [request] = a.take();
    a.send(request!.from, request!.frames[0]!, '', 'a');
    await world.settle();
    expect(first.value?.attempts).toMatchObject([{ outcome: 'connection-lost', sent: false }, { outcome: 'replied' }]);
    world.transport.refuse = () => 'again';
    const second = new Outcome(client.request('y'));
    await world.advance(1000);
    expect(second.error).toMatchObject({ reason: 'connection-lost', mayHaveRun: false });
  });

  test('what cannot work is an error at once', async () => {
    expect(() => connect({}, [])).toThrow(InvalidOption);
    expect(() => connect({}, 'nowhere')).toThrow(InvalidEndpoint);
    expect(() => connect({ model: 'shotgun', hedgeDelay: 5 })).toThrow(InvalidOption);
    expect(() => connect({ model: 'pool' as never })).toThrow('addressed, sequential, shotgun');
    expect(() => connect({ probe: 'x' })).toThrow(InvalidOption);
    expect(() => connect({ model: 'sequential', probe: 5 as never })).toThrow(InvalidOption);
    expect(() => connect({ pingInterval: 6000 })).toThrow(InvalidOption);
    expect(() => connect({ maxServers: 2 })).toThrow(InvalidOption);
    expect(() => connect({ timeToLive: 5 } as never)).toThrow('there is no option "timeToLive"');
    const client = connect();
    await expect(client.request(5 as never)).rejects.toBeInstanceOf(InvalidOption);
    await expect(client.request('x', { hedgeDelay: 0.5 })).rejects.toBeInstanceOf(InvalidOption);
    await expect(client.request('x', { hedgeDelay: 1000 })).rejects.toThrow('below requestTimeout');
    await expect(client.request('x', { hedge: 5 } as never)).rejects.toThrow('there is no option "hedge"');
    expect(() => client.add('nowhere')).toThrow(InvalidEndpoint);
  });
});
