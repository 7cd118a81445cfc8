/** The Lazy Pirate client with servers whose every word the test says: attempts, outcomes, connections, deadlines. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { ClientClosed, RequestAborted, TooManyRequests } from '../../src/core/requests.ts';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import { RequestAbandoned } from '../../src/lazy-pirate/errors.ts';
import type { LazyPirateClientOptions } from '../../src/lazy-pirate/options.ts';
import { InvalidEndpoint, type Transport } from '../../src/transport/transport.ts';
import { Outcome, textsOf, World, type RawListener, type Received } from '../support/world.ts';

const SERVER = 'memory://server';
const TIMEOUT = 2500;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

function connect(options: LazyPirateClientOptions = {}, endpoints: string | readonly string[] = SERVER): LazyPirateClient {
  return world.keep(LazyPirateClient.connect(endpoints, { ...world.ports(), ...options }));
}

/** The one request that came. */
function taken(server: RawListener): Received {
  const [request, ...more] = server.take();
  expect(more).toEqual([]);
  return request!;
}

describe('the wire', () => {
  test('a request is what a REQ sends, an answer what a REP sends', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    const outcome = new Outcome(client.request(['two', 'frames']));
    await world.settle();
    const { from, frames } = taken(server);
    expect(frames).toEqual(['', 'two', 'frames']);
    server.send(from, '', 'an', '', 'answer');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['an', '', 'answer']);
    expect(outcome.value).toMatchObject({ endpoint: SERVER, attempts: [{ attempt: 1, outcome: 'replied', sent: true, endpoint: SERVER }] });
  });

  test('no body is one empty frame', async () => {
    const server = await world.rawBroker(SERVER);
    const outcome = new Outcome(connect().request([]));
    await world.settle();
    const { from, frames } = taken(server);
    expect(frames).toEqual(['', '']);
    server.send(from, '', '');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['']);
  });

  test('what is no answer of a REP is counted, and the answer after it is taken', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    const { from } = taken(server);
    server.send(from, 'no delimiter');
    server.send(from, '');
    server.send(from, 'no', '', 'delimiter first');
    server.send(from, '', 'answer');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['answer']);
    expect(client.inspect().counters).toMatchObject({ invalid: 3, replies: 1, stale: 0 });
  });
});

describe('trying again', () => {
  test('a retry has a connection of its own, though another one to the same server is idle', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect({ maxSockets: 3, requestTimeout: 100, retryInterval: 10, retryJitter: 0 });
    const both = ['a', 'b'].map((text) => client.request(text));
    await world.settle();
    const known = server.take().map(({ from }) => {
      server.send(from, '', 'answer');
      return from;
    });
    await world.settle();
    await Promise.all(both);
    const outcome = new Outcome(client.request('c'));
    await world.settle();
    expect(known).toContain(taken(server).from);
    await world.advance(150);
    const { from } = taken(server);
    expect(known).not.toContain(from);
    server.send(from, '', 'answer');
    await world.settle();
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
  });

  test('W10: after an answer the client goes on asking, over the same connection', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    for (const text of ['one', 'two', 'three']) {
      const outcome = new Outcome(client.request(text));
      await world.settle();
      const { from, frames } = taken(server);
      server.send(from, '', ...frames.slice(1));
      await world.settle();
      expect(textsOf(outcome.value?.body)).toEqual([text]);
    }
    expect(client.inspect()).toMatchObject({ sockets: 1, counters: { connections: 1, requests: 3, replies: 3 } });
  });

  test('an absent server gets three attempts, each over a new connection; then nothing is left', async () => {
    const client = connect();
    const outcome = new Outcome(client.request('x'));
    // Three attempts, and pauses of 100 and 200 ms.
    await world.advance(3 * TIMEOUT + 300 - 1);
    expect(outcome.state).toBe('open');
    await world.advance(1);
    expect(outcome.error).toBeInstanceOf(RequestAbandoned);
    expect(outcome.error).toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'timed-out', retriable: true, mayHaveRun: true });
    expect((outcome.error as RequestAbandoned).attempts).toEqual([
      { attempt: 1, outcome: 'timed-out', startedAfter: 0, milliseconds: TIMEOUT, sent: true, endpoint: SERVER },
      { attempt: 2, outcome: 'timed-out', startedAfter: TIMEOUT + 100, milliseconds: TIMEOUT, sent: true, endpoint: SERVER },
      { attempt: 3, outcome: 'timed-out', startedAfter: 2 * TIMEOUT + 300, milliseconds: TIMEOUT, sent: true, endpoint: SERVER },
    ]);
    expect(client.inspect()).toMatchObject({ open: 0, sockets: 0, counters: { connections: 3, retries: 2, failures: 1 } });
    expect(world.transport.open.size).toBe(0);
    expect(world.time.countTimers()).toBe(0);
  });

  test('the same bytes are sent again, and a late answer to the first attempt answers nothing', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    const outcome = new Outcome(client.request('same'));
    await world.settle();
    const first = taken(server);
    await world.advance(TIMEOUT + 100);
    const second = taken(server);
    expect(second.frames).toEqual(first.frames);
    expect(server.gonePeers).toEqual([first.from]);
    server.send(first.from, '', 'late');
    await world.settle();
    expect(outcome.state).toBe('open');
    server.send(second.from, '', 'in time');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['in time']);
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
  });

  test('a second answer on an idle connection costs that connection, and never answers the next request', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    const stale: unknown[] = [];
    client.events.on('staleReply', (event) => stale.push(event));
    const first = new Outcome(client.request('first'));
    await world.settle();
    const { from } = taken(server);
    server.send(from, '', 'answer');
    await world.settle();
    expect(first.state).toBe('fulfilled');
    server.send(from, '', 'answer again');
    await world.settle();
    expect(stale).toEqual([{ endpoint: SERVER }]);
    const second = new Outcome(client.request('second'));
    await world.settle();
    const next = taken(server);
    expect(next.from).not.toBe(from);
    server.send(next.from, '', 'to the second');
    await world.settle();
    expect(textsOf(second.value?.body)).toEqual(['to the second']);
  });

  test('a server that dies with the request is noticed at once, and its successor asked', async () => {
    const dying = await world.rawBroker(SERVER);
    const client = connect();
    const retries: unknown[] = [];
    client.events.on('requestRetried', (event) => retries.push(event));
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    taken(dying);
    await dying.close();
    const successor = await world.rawBroker(SERVER);
    await world.advance(200);
    const { from } = taken(successor);
    successor.send(from, '', 'alive');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['alive']);
    expect(retries).toEqual([{ attempt: 2, after: 'connection-lost', endpoint: SERVER }]);
  });

  test('several endpoints are tried in turn, and the one that answered comes first next time', async () => {
    const second = await world.rawBroker('memory://second');
    const client = connect({}, ['memory://absent', 'memory://second', 'memory://third']);
    expect(client.inspect().preferred).toBe('memory://absent');
    const outcome = new Outcome(client.request('x'));
    await world.advance(TIMEOUT + 100);
    const { from } = taken(second);
    second.send(from, '', 'second');
    await world.settle();
    expect(outcome.value).toMatchObject({
      endpoint: 'memory://second',
      attempts: [
        { endpoint: 'memory://absent', outcome: 'timed-out' },
        { endpoint: 'memory://second', outcome: 'replied' },
      ],
    });
    expect(client.inspect().preferred).toBe('memory://second');
    const next = new Outcome(client.request('y'));
    await world.settle();
    second.send(taken(second).from, '', 'at once');
    await world.settle();
    expect(next.value?.attempts).toHaveLength(1);
  });

  test('many wait for a server that is absent: one of them finds out, and all go to the next', async () => {
    const other = await world.rawBroker('memory://other');
    other.answers = (frames) => frames;
    const client = connect({}, [SERVER, 'memory://other']);
    const outcomes = Array.from({ length: 100 }, (_, number) => new Outcome(client.request(String(number))));
    await world.advance(TIMEOUT + 200);
    expect(outcomes.filter(({ state }) => state === 'fulfilled')).toHaveLength(100);
    expect(client.inspect()).toMatchObject({ preferred: 'memory://other', counters: { replies: 100, retries: 1 } });
  });

  test('a server is left for an attempt that it did not answer, not for a caller whose own time was over', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect({}, [SERVER, 'memory://other']);
    const hurried = new Outcome(client.request('hurried', { deadline: 50 }));
    await world.advance(60);
    expect(hurried.error).toMatchObject({ reason: 'deadline' });
    const controller = new AbortController();
    const aborted = new Outcome(client.request('aborted', { signal: controller.signal }));
    await world.settle();
    controller.abort();
    await world.settle();
    expect(aborted.error).toBeInstanceOf(RequestAborted);
    expect(client.inspect().preferred).toBe(SERVER);
    expect(server.take().map(({ frames }) => frames[1])).toEqual(['hurried', 'aborted']);
    void new Outcome(client.request('unanswered', { requestRetries: 1 }));
    await world.advance(TIMEOUT);
    expect(client.inspect().preferred).toBe('memory://other');
  });

  test('more attempts than endpoints begin again with the first', async () => {
    const client = connect({ requestRetries: 5 }, ['memory://a', 'memory://b']);
    const outcome = new Outcome(client.request('x'));
    await world.advance(60_000);
    const { attempts } = outcome.error as RequestAbandoned;
    expect(attempts.map((attempt) => attempt.endpoint?.at(-1)).join('')).toBe('ababa');
  });

  /** A transport that will never connect to these. */
  const refusing = (...refused: string[]): Transport => ({
    name: 'refusing',
    listen: (endpoint, handler, options) => world.transport.listen(endpoint, handler, options),
    connect: (endpoint, handler, options) => {
      if (refused.includes(endpoint)) throw new InvalidEndpoint(endpoint, 'refusing');
      return world.transport.connect(endpoint, handler, options);
    },
  });

  test('an endpoint that the transport refuses costs an attempt, and not the client, as long as there is another', async () => {
    const server = await world.rawBroker(SERVER);
    server.answers = (frames) => frames;
    const client = connect({ transport: refusing('memory://never') }, ['memory://never', SERVER]);
    const outcomes = ['a', 'b', 'c'].map((text) => new Outcome(client.request(text)));
    await world.advance(200);
    expect(outcomes.map(({ value }) => value?.attempts.map(({ endpoint }) => endpoint))).toEqual([
      ['memory://never', SERVER],
      [SERVER],
      [SERVER],
    ]);
    expect(client.inspect()).toMatchObject({ state: 'open', preferred: SERVER });
  });

  test('a client none of whose endpoints can ever be connected to says so, and ends', async () => {
    const both = ['memory://never', 'memory://neither'];
    const client = connect({ transport: refusing(...both) }, both);
    const unusable: unknown[] = [];
    client.events.on('unusable', ({ error }) => unusable.push(error));
    const outcome = new Outcome(client.request('x'));
    await world.advance(1000);
    expect(outcome.error).toBeInstanceOf(InvalidEndpoint);
    expect(unusable).toHaveLength(1);
    expect(client.inspect().state).toBe('closed');
  });

  test('a transport that cannot connect costs an attempt, and the next may fare better', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    world.transport.failure = new Error('too many open files');
    const outcome = new Outcome(client.request('x'));
    await world.settle();
    world.transport.failure = undefined;
    await world.advance(100);
    server.send(taken(server).from, '', 'answer');
    await world.settle();
    expect(outcome.value?.attempts).toMatchObject([
      { outcome: 'connection-lost', sent: false },
      { outcome: 'replied', sent: true },
    ]);
  });
});

describe('limits', () => {
  test('at most one request is in flight at a time by default, the others wait in order', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect();
    const outcomes = ['a', 'b', 'c'].map((text) => new Outcome(client.request(text)));
    for (const text of ['a', 'b', 'c']) {
      await world.settle();
      const { from, frames } = taken(server);
      expect(frames[1]).toBe(text);
      server.send(from, '', text);
    }
    await world.settle();
    expect(outcomes.map((outcome) => textsOf(outcome.value?.body))).toEqual([['a'], ['b'], ['c']]);
    expect(client.inspect().counters.connections).toBe(1);
  });

  test('maxSockets requests are in flight at once, each on a connection of its own', async () => {
    const server = await world.rawBroker(SERVER);
    const client = connect({ maxSockets: 3 });
    const outcomes = ['a', 'b', 'c', 'd'].map((text) => new Outcome(client.request(text)));
    await world.settle();
    const requests = server.take();
    expect(new Set(requests.map(({ from }) => from)).size).toBe(3);
    expect(client.inspect()).toMatchObject({ open: 4, waiting: 1, sockets: 3 });
    for (const { from, frames } of requests.reverse()) server.send(from, '', `${frames[1]}!`);
    await world.settle();
    server.send(taken(server).from, '', 'd!');
    await world.settle();
    expect(outcomes.map((outcome) => textsOf(outcome.value?.body))).toEqual([['a!'], ['b!'], ['c!'], ['d!']]);
  });

  test('more requests than maxOpenRequests are rejected at once', async () => {
    const client = connect({ maxOpenRequests: 2 });
    const outcomes = ['a', 'b'].map((text) => new Outcome(client.request(text)));
    await expect(client.request('c')).rejects.toBeInstanceOf(TooManyRequests);
    await client.close();
    await world.settle();
    expect(outcomes.map((outcome) => (outcome.error as ClientClosed).code)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED']);
  });

  test('the deadline ends all of it, whatever the request is doing', async () => {
    const client = connect({ requestRetries: 100 });
    const sent = new Outcome(client.request('sent', { deadline: 1000 }));
    const queued = new Outcome(client.request('queued', { deadline: 500 }));
    await world.advance(500);
    expect(queued.error).toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'deadline', mayHaveRun: false });
    await world.advance(500);
    expect(sent.error).toMatchObject({ reason: 'deadline', mayHaveRun: true, attempts: [{ outcome: 'timed-out', milliseconds: 1000 }] });
    const pausing = new Outcome(client.request('pausing', { deadline: TIMEOUT + 50 }));
    await world.advance(TIMEOUT + 50);
    expect(pausing.error).toMatchObject({ reason: 'deadline', attempts: [{ outcome: 'timed-out', milliseconds: TIMEOUT }] });
    expect(client.inspect()).toMatchObject({ open: 0, sockets: 0 });
  });

  test('a signal ends a request, wherever it is, and leaves no connection behind', async () => {
    const client = connect();
    const controller = new AbortController();
    const reason = new Error('no longer needed');
    const outcomes = ['sent', 'queued'].map((text) => new Outcome(client.request(text, { signal: controller.signal })));
    await world.settle();
    controller.abort(reason);
    await world.settle();
    for (const { error } of outcomes) {
      expect(error).toBeInstanceOf(RequestAborted);
      expect(error).toMatchObject({ cause: reason });
    }
    await expect(client.request('too late', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED', mayHaveRun: false });
    expect(client.inspect()).toMatchObject({ open: 0, sockets: 0 });
  });

  test('a closed client takes nothing more', async () => {
    const client = connect();
    await client.close();
    await expect(client.request('x')).rejects.toBeInstanceOf(ClientClosed);
  });

  test('what cannot work is an error at once', async () => {
    expect(() => connect({}, [])).toThrow(InvalidOption);
    expect(() => connect({}, 'nowhere')).toThrow(InvalidEndpoint);
    expect(() => connect({ deadline: -1 })).toThrow(InvalidOption);
    expect(() => connect({ requestTimeouts: 5 } as never)).toThrow('there is no option "requestTimeouts"');
    const client = connect();
    await expect(client.request(5 as never)).rejects.toBeInstanceOf(InvalidOption);
    await expect(client.request('x', { requestTimeout: 0 })).rejects.toBeInstanceOf(InvalidOption);
  });
});
