/** Lazy Pirate over real sockets: against REP servers and REQ clients in Python, and servers that are killed, frozen and restarted. */
import { afterEach, describe, expect, test } from 'vitest';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import type { LazyPirateClientOptions } from '../../src/lazy-pirate/options.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import { endAll, eventually, freePort, pause, python, pythonNote, startNode, startPython, type Child } from './processes.ts';
import { closeRawPeers, RawDealer } from './raw-peer.ts';

const roles: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(roles.splice(0).map((role) => role.close()));
  closeRawPeers();
  await endAll();
});

function connect(endpoints: string | readonly string[], options: LazyPirateClientOptions = {}): LazyPirateClient {
  const client = LazyPirateClient.connect(endpoints, { retryInterval: 10, retryMaximum: 20, ...options });
  roles.push(client);
  return client;
}

async function startServer(options: { readonly name?: string; readonly endpoint?: string } = {}): Promise<[Child, string]> {
  const server = startNode('lazy-server', { endpoint: 'tcp://127.0.0.1:*', ...options });
  return [server, (await server.until('ready'))['endpoint'] as string];
}

const texts = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe.skipIf(python === undefined)(`peers in Python${pythonNote}`, () => {
  test('our client and a plain REP server', async () => {
    const server = startPython('rep_server');
    const client = connect((await server.until('ready'))['endpoint'] as string);
    for (const number of numbers(50)) {
      const reply = await client.request([String(number), '', 'é']);
      expect(texts(reply.body)).toEqual(['python', String(number), '', '\xc3\xa9']);
    }
    expect(client.inspect().counters).toMatchObject({ requests: 50, replies: 50, retries: 0, invalid: 0, stale: 0, connections: 1 });
  });

  test('our client and a REP server that crashes with a request: its successor answers', async () => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const crashing = startPython('rep_server', { endpoint, crashOn: 3 });
    await crashing.until('ready');
    const client = connect(endpoint);
    for (const number of numbers(2)) await client.request(String(number));
    const third = client.request('2');
    await crashing.exit;
    const successor = startPython('rep_server', { endpoint, name: 'successor' });
    const reply = await third;
    expect(texts(reply.body)).toEqual(['successor', '2']);
    expect(reply.attempts.map((attempt) => attempt.outcome)).toEqual(['connection-lost', 'replied']);
    expect(await successor.untilSaid('request', 1)).toHaveLength(1);
  });

  test('our client and a REP server that is too slow now and then: no late answer answers another request', async () => {
    const server = startPython('rep_server', { slowEvery: 4, slowMs: 300 });
    const client = connect((await server.until('ready'))['endpoint'] as string, { requestTimeout: 200, requestRetries: 10 });
    let late = 0;
    for (const number of numbers(20)) {
      const reply = await client.request(String(number));
      expect(texts(reply.body)).toEqual(['python', String(number)]);
      late += reply.attempts.length - 1;
    }
    // Otherwise nothing was late and nothing was tested.
    expect(late).toBeGreaterThan(0);
  });

  test.each([
    ['plain', false],
    ['correlating', true],
  ])('our server and %s REQ clients', async (_what, correlate) => {
    const server = await LazyPirateServer.listen('tcp://127.0.0.1:*', (request) => ['ours', ...request.body]);
    roles.push(server);
    const clients = numbers(3).map(() =>
      startPython('req_client', { endpoint: server.endpoint, requests: 50, correlate, body: ['', 'x'] }),
    );
    for (const client of clients) {
      await client.until('done');
      expect(client.said('reply').map((line) => line['body'])).toEqual(numbers(50).map((number) => ['ours', String(number), '', 'x']));
    }
    expect(server.inspect().counters).toMatchObject({ requests: 150, replies: 150, invalid: 0, undeliverable: 0, faults: 0 });
  });

  test('a REQ client that gives up closes its socket: the server hears of it, and answers the next attempt', async () => {
    let calls = 0;
    const aborted: unknown[] = [];
    const server = await LazyPirateServer.listen('tcp://127.0.0.1:*', async (request, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(signal.reason));
      if (++calls === 1) await pause(700);
      return request.body;
    });
    roles.push(server);
    const client = startPython('req_client', { endpoint: server.endpoint, timeoutMs: 300 });
    expect(await client.until('reply')).toMatchObject({ attempt: 2, body: ['0'] });
    await eventually('the first attempt is discarded', () => server.inspect().counters.dropped === 1);
    expect(aborted).toMatchObject([{ code: 'CLIENT_GONE' }]);
  });
});

describe('servers that are killed, frozen and absent', () => {
  test('a server killed with a request: noticed at once, and the next endpoint answers', async ({ annotate }) => {
    const [first, firstEndpoint] = await startServer({ name: 'first' });
    const [second, secondEndpoint] = await startServer({ name: 'second' });
    const client = connect([firstEndpoint, secondEndpoint]);
    const outcome = client.request('sleep:200');
    await first.until('request');
    const killedAt = performance.now();
    await first.kill();
    const reply = await outcome;
    await annotate(`answered by the other ${Math.round(performance.now() - killedAt)} ms after SIGKILL, 200 ms of them its work`);
    expect(texts(reply.body)).toEqual(['second', 'sleep:200']);
    expect(reply.attempts.map(({ outcome: how, endpoint }) => [how, endpoint])).toEqual([
      ['connection-lost', firstEndpoint],
      ['replied', secondEndpoint],
    ]);
    expect(await second.untilSaid('request', 1)).toHaveLength(1);
    expect(client.inspect()).toMatchObject({ preferred: secondEndpoint, sockets: 1 });
  });

  test('a frozen server costs an attempt, and its late answer goes nowhere', async () => {
    const [frozen, frozenEndpoint] = await startServer({ name: 'frozen' });
    const [, otherEndpoint] = await startServer({ name: 'other' });
    const client = connect([frozenEndpoint, otherEndpoint], { requestTimeout: 500 });
    expect(texts((await client.request('warm')).body)).toEqual(['frozen', 'warm']);
    await frozen.pause();
    const reply = await client.request('x');
    expect(texts(reply.body)).toEqual(['other', 'x']);
    expect(reply.attempts[0]).toMatchObject({ outcome: 'timed-out', endpoint: frozenEndpoint });
    frozen.resume();
    await frozen.until((line) => line.event === 'requestDropped' || line.event === 'aborted' || line.event === 'request');
    await pause(100);
    expect(texts((await client.request('next')).body)).toEqual(['other', 'next']);
    expect(client.inspect().counters.stale).toBe(0);
  });

  test('a server that kills itself with every request: abandoned after three, and nothing is left', async () => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    let deaths = 0;
    let running = true;
    const respawning = (async () => {
      while (running) {
        const server = startNode('lazy-server', { endpoint });
        const ready = await server.until('ready').catch(() => undefined);
        if (ready === undefined) continue;
        await server.exit;
        deaths++;
      }
    })();
    const client = connect(endpoint, { requestTimeout: 10_000 });
    await expect(client.request('die')).rejects.toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'connection-lost', mayHaveRun: true });
    running = false;
    expect(client.inspect()).toMatchObject({ open: 0, sockets: 0 });
    await eventually('three deaths', () => deaths === 3);
    await endAll();
    await respawning;
  });

  test('nobody there: abandoned in the time that its attempts take, with no connection left', async () => {
    const client = connect(`tcp://127.0.0.1:${await freePort()}`, { requestTimeout: 150 });
    const begin = performance.now();
    await expect(client.request('x')).rejects.toMatchObject({ reason: 'timed-out', attempts: { length: 3 } });
    expect(performance.now() - begin).toBeGreaterThan(440);
    expect(client.inspect().sockets).toBe(0);
  });

  test('a server told to stop answers what it has in hand, and its process ends by itself', async () => {
    const [server, endpoint] = await startServer();
    const client = connect(endpoint);
    const outcome = client.request('sleep:300');
    await server.until('request');
    server.signal('SIGTERM');
    expect(texts((await outcome).body)).toEqual(['node', 'sleep:300']);
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });
});

test('frames that no REQ sends: dropped and counted, and the server goes on', async () => {
  const server = await LazyPirateServer.listen('tcp://127.0.0.1:*', (request) => request.body);
  roles.push(server);
  const raw = new RawDealer(server.endpoint);
  await raw.send('no delimiter');
  await raw.send('');
  await raw.send('id', '\x01', '', 'good');
  expect(await raw.receive()).toEqual(['id', '\x01', '', 'good']);
  expect(server.inspect().counters).toMatchObject({ invalid: 2, requests: 1, replies: 1 });
});
