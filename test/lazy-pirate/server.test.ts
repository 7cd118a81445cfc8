/** The Lazy Pirate server with REQ sockets whose every frame the test says, and with our own client. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import { ClientGone } from '../../src/lazy-pirate/errors.ts';
import type { LazyPirateServerOptions } from '../../src/lazy-pirate/options.ts';
import { LazyPirateServer, type LazyPirateHandler } from '../../src/lazy-pirate/server.ts';
import { Outcome, textsOf, World } from '../support/world.ts';

const SERVER = 'memory://server';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

async function listen(handler: LazyPirateHandler, options: LazyPirateServerOptions = {}): Promise<LazyPirateServer> {
  return world.keep(await LazyPirateServer.listen(SERVER, handler, { ...world.ports(), ...options }));
}

const echo: LazyPirateHandler = (request) => request.body;

/** A handler whose calls end when the test says so. */
function held() {
  const calls: {
    readonly text: string;
    readonly signal: AbortSignal;
    readonly answer: (text: string) => void;
    readonly fail: () => void;
  }[] = [];
  const handler: LazyPirateHandler = (request, { signal }) =>
    new Promise((resolve, reject) => {
      const fail = (): void => {
        reject(new Error('cannot'));
      };
      calls.push({ text: textsOf(request.body).join(), signal, answer: resolve, fail });
    });
  return { calls, handler };
}

describe('the wire', () => {
  test('a REQ gets its answer behind its own delimiter', async () => {
    await listen(echo);
    const req = world.peer(SERVER);
    req.send('', 'two', 'frames');
    await world.settle();
    expect(req.take()).toEqual([['', 'two', 'frames']]);
  });

  test('an envelope comes back as it was: a correlating REQ, a queue device on the way', async () => {
    await listen(echo);
    const req = world.peer(SERVER);
    req.send('\x00\x01\x02\x03', '\x01', '', 'body', '', 'more');
    await world.settle();
    expect(req.take()).toEqual([['\x00\x01\x02\x03', '\x01', '', 'body', '', 'more']]);
  });

  test('an answer without a body is one empty frame', async () => {
    await listen(() => undefined);
    const req = world.peer(SERVER);
    req.send('', 'x');
    await world.settle();
    expect(req.take()).toEqual([['', '']]);
  });

  test('what a REQ does not send is dropped and counted, and the server goes on', async () => {
    const server = await listen(echo, { maxBodyFrames: 3 });
    const dropped: unknown[] = [];
    server.events.on('requestDropped', ({ reason }) => dropped.push(reason));
    const req = world.peer(SERVER);
    req.send('no delimiter');
    req.send('');
    req.send('no', 'body', '');
    req.send('', 'too', 'many', 'body', 'frames');
    req.send(...Array.from({ length: 40 }, () => 'envelope'), '', 'too deep');
    req.send('', 'good');
    await world.settle();
    expect(req.take()).toEqual([['', 'good']]);
    expect(dropped).toEqual(Array(5).fill('invalid'));
    expect(server.inspect().counters).toMatchObject({ requests: 1, replies: 1, invalid: 5, faults: 0 });
  });

  test('any frames are a request or invalid, and every request is answered with its envelope', async () => {
    const server = await listen(echo, { maxConcurrentRequests: 1, maxQueuedRequests: 10_000 });
    const req = world.peer(SERVER);
    const frame = fc.oneof(fc.constant(''), fc.string({ unit: 'binary-ascii', maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 40 }), async (frames) => {
        const before = server.inspect().counters;
        req.send(...frames);
        await world.settle();
        const after = server.inspect().counters;
        const delimiter = frames.indexOf('');
        const isRequest = delimiter >= 0 && delimiter <= 32 && delimiter < frames.length - 1 && frames.length - delimiter - 1 <= 32;
        expect(req.take()).toEqual(isRequest ? [frames] : []);
        expect(after.requests + after.invalid).toBe(before.requests + before.invalid + 1);
      }),
      { numRuns: 500 },
    );
    expect(server.inspect().counters.faults).toBe(0);
  });
});

describe('many clients', () => {
  test('handlers run side by side, and each client gets its own answer', async () => {
    const { calls, handler } = held();
    await listen(handler);
    const peers = [world.peer(SERVER), world.peer(SERVER), world.peer(SERVER)];
    for (const [index, peer] of peers.entries()) peer.send('', `from ${index}`);
    await world.settle();
    expect(calls.map(({ text }) => text)).toEqual(['from 0', 'from 1', 'from 2']);
    for (const call of [...calls].reverse()) call.answer(`${call.text}, done`);
    await world.settle();
    expect(peers.map((peer) => peer.take())).toEqual([[['', 'from 0, done']], [['', 'from 1, done']], [['', 'from 2, done']]]);
  });

  test('beyond maxConcurrentRequests they wait in order, and beyond maxQueuedRequests they are dropped', async () => {
    const { calls, handler } = held();
    const server = await listen(handler, { maxConcurrentRequests: 1, maxQueuedRequests: 2 });
    const reasons: string[] = [];
    server.events.on('requestDropped', ({ reason }) => reasons.push(reason));
    const peers = ['a', 'b', 'c', 'd'].map((text) => {
      const peer = world.peer(SERVER);
      peer.send('', text);
      return peer;
    });
    await world.settle();
    expect(calls.map(({ text }) => text)).toEqual(['a']);
    expect(server.inspect()).toMatchObject({ working: 1, waiting: 2, counters: { rejected: 1 } });
    expect(reasons).toEqual(['queue-full']);
    for (const text of ['a', 'b', 'c']) {
      expect(calls.at(-1)?.text).toBe(text);
      calls.at(-1)?.answer(text);
      await world.settle();
    }
    expect(peers.map((peer) => peer.take().flat())).toEqual([['', 'a'], ['', 'b'], ['', 'c'], []]);
  });

  test('a client that leaves: its waiting request is not executed, its running one is told', async () => {
    const { calls, handler } = held();
    const server = await listen(handler, { maxConcurrentRequests: 1 });
    const [running, waiting, staying] = [world.peer(SERVER), world.peer(SERVER), world.peer(SERVER)];
    running.send('', 'running');
    await world.settle();
    waiting.send('', 'waiting');
    staying.send('', 'staying');
    await world.settle();
    await waiting.close();
    await running.close();
    await world.settle();
    expect(calls[0]?.signal.reason).toBeInstanceOf(ClientGone);
    calls[0]?.answer('to nobody');
    await world.settle();
    expect(calls.map(({ text }) => text)).toEqual(['running', 'staying']);
    calls[1]?.answer('done');
    await world.settle();
    expect(staying.take()).toEqual([['', 'done']]);
    expect(server.inspect().counters).toMatchObject({ requests: 3, replies: 1, dropped: 2 });
  });

  test('a handler that throws answers nothing, and the client’s next attempt may fare better', async () => {
    let calls = 0;
    const server = await listen(() => {
      if (++calls === 1) throw new Error('not today');
      return 'today';
    });
    const failures: unknown[] = [];
    server.events.on('handlerFailed', ({ error }) => failures.push((error as Error).message));
    const client = world.keep(LazyPirateClient.connect(SERVER, world.ports()));
    const outcome = new Outcome(client.request('x', { requestTimeout: 500 }));
    await world.advance(600);
    expect(textsOf(outcome.value?.body)).toEqual(['today']);
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
    expect(failures).toEqual(['not today']);
    expect(server.inspect().counters).toMatchObject({ requests: 2, replies: 1, handlerFailures: 1, dropped: 0 });
  });
});

describe('closing', () => {
  test('what runs is answered, what waits is dropped, what comes later too', async () => {
    const { calls, handler } = held();
    const server = await listen(handler, { maxConcurrentRequests: 1 });
    const peers = [world.peer(SERVER), world.peer(SERVER), world.peer(SERVER)];
    peers[0]?.send('', 'running');
    await world.settle();
    peers[1]?.send('', 'waiting');
    await world.settle();
    const closed = new Outcome(server.close());
    peers[2]?.send('', 'late');
    await world.settle();
    expect(server.inspect().state).toBe('draining');
    calls[0]?.answer('in time');
    await world.advance(1000);
    expect(closed.state).toBe('fulfilled');
    expect(peers.map((peer) => peer.take())).toEqual([[['', 'in time']], [], []]);
    expect(calls).toHaveLength(1);
    expect(server.inspect()).toMatchObject({ state: 'closed', counters: { dropped: 1, rejected: 1 } });
  });

  test('a handler that does not end is told when the patience is over', async () => {
    const { calls, handler } = held();
    const server = await listen(handler, { drainTimeout: 300 });
    world.peer(SERVER).send('', 'x');
    await world.settle();
    const closed = new Outcome(server.close());
    await world.advance(299);
    expect(calls[0]?.signal.aborted).toBe(false);
    await world.advance(1000);
    expect(calls[0]?.signal.aborted).toBe(true);
    expect(closed.state).toBe('fulfilled');
    calls[0]?.fail();
    await world.settle();
    expect(server.inspect().counters).toMatchObject({ dropped: 1, faults: 0 });
  });

  test('what cannot work is an error at once', async () => {
    await expect(listen('no function' as never)).rejects.toBeInstanceOf(InvalidOption);
    await expect(listen(echo, { maxConcurrentRequests: 0 })).rejects.toBeInstanceOf(InvalidOption);
    await expect(listen(echo, { maxQueuedRequest: 5 } as never)).rejects.toThrow('there is no option "maxQueuedRequest"');
  });
});
