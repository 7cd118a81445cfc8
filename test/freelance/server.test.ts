/** The Freelance server with clients whose every frame the test says, and with our own client. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { FreelanceClient } from '../../src/freelance/client.ts';
import { FREELANCE_MODELS } from '../../src/freelance/codec.ts';
import type { FreelanceServerOptions } from '../../src/freelance/options.ts';
import { FreelanceServer, type FreelanceHandler } from '../../src/freelance/server.ts';
import { InvalidEndpoint } from '../../src/transport/transport.ts';
import { Outcome, textsOf, World } from '../support/world.ts';

const SERVER = 'memory://server';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

async function listen(handler: FreelanceHandler, options: FreelanceServerOptions = {}): Promise<FreelanceServer> {
  return world.keep(await FreelanceServer.listen(SERVER, handler, { ...world.ports(), ...options }));
}

const echo: FreelanceHandler = (request) => request.body;

describe('addressed: 10/FLP', () => {
  test('the control frame comes back as it was, whatever is in it, and the handler never sees it', async () => {
    const bodies: string[][] = [];
    await listen(({ body }) => {
      bodies.push(textsOf(body));
      return 'OK';
    });
    const client = world.peer(SERVER);
    client.send('1', 'random name');
    client.send('\0\xff', '', 'two');
    client.send('', 'empty control frame');
    await world.settle();
    expect(client.take()).toEqual([
      ['1', 'OK'],
      ['\0\xff', 'OK'],
      ['', 'OK'],
    ]);
    expect(bodies).toEqual([['random name'], ['', 'two'], ['empty control frame']]);
  });

  test('PING is answered while every handler runs and the queue is full', async () => {
    const server = await listen(() => new Promise(() => undefined), { maxConcurrentRequests: 1, maxQueuedRequests: 0, drainTimeout: 0 });
    const client = world.peer(SERVER);
    client.send('1', 'x');
    client.send('2', 'rejected');
    client.send('PING');
    await world.settle();
    expect(client.take()).toEqual([['PONG']]);
    expect(server.inspect()).toMatchObject({ working: 1, counters: { requests: 1, rejected: 1, pings: 1, invalid: 0 } });
  });

  test('a request whose control frame reads PING is a request', async () => {
    await listen(echo);
    const client = world.peer(SERVER);
    client.send('PING', 'body');
    await world.settle();
    expect(client.take()).toEqual([['PING', 'body']]);
  });

  test('a server that closes answers no PING', async () => {
    const server = await listen(() => new Promise(() => undefined), { drainTimeout: 100 });
    const client = world.peer(SERVER);
    client.send('1', 'x');
    await world.settle();
    const closed = server.close();
    client.send('PING');
    await world.advance(1000);
    await closed;
    expect(client.take()).toEqual([]);
  });

  test('what is neither PING nor a request is dropped and counted', async () => {
    const server = await listen(echo);
    const dropped: string[] = [];
    server.events.on('requestDropped', ({ reason }) => dropped.push(reason));
    const client = world.peer(SERVER);
    for (const frame of ['', 'ping', 'PONG', 'PING ']) client.send(frame);
    client.send('1', ...Array.from({ length: 33 }, () => 'too many'));
    await world.settle();
    expect(client.take()).toEqual([]);
    expect(dropped).toEqual(Array(5).fill('invalid'));
  });
});

describe('the other models', () => {
  test('sequential: a REQ, plain and correlating', async () => {
    await listen(echo, { model: 'sequential' });
    const client = world.peer(SERVER);
    client.send('', 'x');
    client.send('id', '', 'x', 'y');
    client.send('PING');
    await world.settle();
    expect(client.take()).toEqual([
      ['', 'x'],
      ['id', '', 'x', 'y'],
    ]);
  });

  test('shotgun: the sequence comes back before the answer, and the handler never sees it', async () => {
    await listen(({ body }) => ['OK', ...body], { model: 'shotgun' });
    const client = world.peer(SERVER);
    client.send('', '1', 'random name');
    client.send('', 'sequence alone');
    await world.settle();
    expect(client.take()).toEqual([['', '1', 'OK', 'random name']]);
  });
});

describe('with our client', () => {
  test.each(FREELANCE_MODELS)('%s: requests of any frames are answered with their own', async (model) => {
    const server = await listen(echo, { model });
    const client = world.keep(FreelanceClient.connect(SERVER, { ...world.ports(), model }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 5 }), async (body) => {
        const outcome = new Outcome(client.request(body));
        await world.settle();
        expect(textsOf(outcome.value?.body)).toEqual(body.map((frame) => Buffer.from(frame).toString('latin1')));
      }),
      { numRuns: 100 },
    );
    expect(server.inspect()).toMatchObject({
      model,
      layers: { heartbeats: model === 'addressed' },
      counters: { requests: 100, invalid: 0 },
    });
    expect(client.inspect().counters).toMatchObject({ requests: 100, replies: 100, invalid: 0, stale: 0 });
  });

  test('a handler that takes longer than the time to live is no sign of death: pings go on', async () => {
    const server = await listen(({ body }) => new Promise((resolve) => world.clock.setTimeout(() => resolve(body), 20_000)));
    const client = world.keep(FreelanceClient.connect(SERVER, { ...world.ports(), requestTimeout: 30_000, deadline: 0 }));
    const outcome = new Outcome(client.request('slow'));
    await world.advance(20_000);
    expect(textsOf(outcome.value?.body)).toEqual(['slow']);
    expect(client.inspect().servers).toMatchObject([{ state: 'alive' }]);
    expect(server.inspect().counters.pings).toBeGreaterThan(5);
  });
});

describe('the identity', () => {
  test.each([
    ['the endpoint as it was given', 'memory://server', {}, 'memory://server'],
    ['none when the port is left open', 'memory://server/*', {}, undefined],
    ['a name that ends in 0, which is no port', 'memory://server/0', {}, 'memory://server/0'],
    ['the public endpoint', 'memory://server/*', { publicEndpoint: 'memory://public' }, 'memory://public'],
    ['none with another model', 'memory://server', { model: 'sequential' }, undefined],
  ] as const)('%s', async (_what, endpoint, options, identity) => {
    const server = world.keep(await FreelanceServer.listen(endpoint, echo, { ...world.ports(), ...options }));
    expect(server.inspect().identity).toBe(identity);
  });

  test('what cannot work is an error at once', async () => {
    await expect(listen(echo, { publicEndpoint: 'nowhere' })).rejects.toBeInstanceOf(InvalidEndpoint);
    await expect(listen(echo, { publicEndpoint: `memory://${'x'.repeat(250)}` })).rejects.toBeInstanceOf(InvalidOption);
    await expect(listen(echo, { model: 'shotgun', publicEndpoint: SERVER })).rejects.toBeInstanceOf(InvalidOption);
    await expect(listen(echo, { model: 'pool' as never })).rejects.toBeInstanceOf(InvalidOption);
    await expect(listen(echo, { maxConcurrentRequests: 0 })).rejects.toBeInstanceOf(InvalidOption);
    await expect(listen(echo, { identity: 'x' } as never)).rejects.toThrow('there is no option "identity"');
    await expect(listen('no function' as never)).rejects.toBeInstanceOf(InvalidOption);
  });
});
