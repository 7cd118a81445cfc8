/** Freelance over real sockets: against servers and clients in Python, and servers that are killed, frozen, late and restarted. */
import assert from 'node:assert/strict';
import { afterEach, describe, expect, test } from 'vitest';
import { FreelanceClient, type FreelanceReply } from '../../src/freelance/client.ts';
import { FREELANCE_MODELS, type FreelanceModel } from '../../src/freelance/codec.ts';
import type { FreelanceClientOptions, FreelanceServerOptions } from '../../src/freelance/options.ts';
import { FreelanceServer, type FreelanceHandler } from '../../src/freelance/server.ts';
import {
  endAll,
  eventually,
  freePort,
  pause,
  python,
  pythonNote,
  startNode,
  startPython,
  type Child,
  type ChildOptions,
} from './processes.ts';
import { closeRawPeers, RawDealer, RawRouter } from './raw-peer.ts';

const roles: { close(): Promise<void>; inspect(): { readonly counters: { readonly faults: number } } }[] = [];

afterEach(async () => {
  const ended = roles.splice(0);
  await Promise.all(ended.map((role) => role.close()));
  closeRawPeers();
  await endAll();
  for (const role of ended) assert.equal(role.inspect().counters.faults, 0);
});

function connect(endpoints: string | readonly string[], options: FreelanceClientOptions = {}): FreelanceClient {
  const client = FreelanceClient.connect(endpoints, { reconnectInterval: 50, ...options });
  roles.push(client);
  return client;
}

async function listen(handler: FreelanceHandler, options: FreelanceServerOptions = {}): Promise<FreelanceServer> {
  const server = await FreelanceServer.listen(await freePlace(), handler, options);
  roles.push(server);
  return server;
}

/** A place for a server that must know its endpoint before it listens. */
async function freePlace(): Promise<string> {
  return `tcp://127.0.0.1:${await freePort()}`;
}

interface Process {
  readonly server: Child;
  readonly endpoint: string;
}

async function startServer(name: string, options: FreelanceServerOptions = {}, endpoint = 'tcp://127.0.0.1:*'): Promise<Process> {
  const server = startNode('freelance-server', { endpoint, name, options: JSON.stringify(options) });
  return { server, endpoint: (await server.until('ready'))['endpoint'] as string };
}

const startThree = (model: FreelanceModel): Promise<readonly Process[]> =>
  Promise.all(['one', 'two', 'three'].map((name) => startServer(name, { model })));

async function startPythonServer(model: FreelanceModel, options: ChildOptions = {}): Promise<Process> {
  const endpoint = await freePlace();
  const server =
    model === 'sequential'
      ? startPython('rep_server', { endpoint, ...options })
      : startPython('fl_server', { endpoint, model, ...options });
  await server.until('ready');
  return { server, endpoint };
}

const texts = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const outcomesOf = ({ attempts }: FreelanceReply): string[] => attempts.map(({ outcome }) => outcome);

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

describe.skipIf(python === undefined)(`peers in Python${pythonNote}`, () => {
  test.each(FREELANCE_MODELS)('%s: our client and a server in Python', async (model) => {
    const { server, endpoint } = await startPythonServer(model);
    const client = connect(endpoint, { model });
    const replies = await Promise.all(numbers(50).map((number) => client.request([String(number), '', 'é'])));
    expect(replies.map(({ body }) => texts(body))).toEqual(numbers(50).map((number) => ['python', String(number), '', '\xc3\xa9']));
    expect(client.inspect().counters).toMatchObject({ requests: 50, replies: 50, retries: 0, invalid: 0, stale: 0, connections: 1 });
    if (model === 'addressed') await server.until('ping');
  });

  test('shotgun: three servers in Python each get every request, and one answer counts', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map((name) => startPythonServer('shotgun', { name })));
    const client = connect(
      servers.map(({ endpoint }) => endpoint),
      { model: 'shotgun' },
    );
    for (const number of numbers(20)) expect(texts((await client.request(String(number))).body)[1]).toBe(String(number));
    for (const { server } of servers) await server.untilSaid('request', 20);
    await eventually('all other answers are stale', () => client.inspect().counters.stale === 40);
    expect(client.inspect().counters).toMatchObject({ requests: 20, replies: 20, invalid: 0 });
  });

  test.each(['addressed', 'shotgun'] as const)('%s: our servers and a client in Python', async (model) => {
    const servers = await Promise.all(['a', 'b'].map((name) => listen(({ body }) => [name, ...body], { model })));
    const endpoints = servers.map(({ endpoint }) => endpoint);
    if (model === 'addressed') expect(servers.map((server) => server.inspect().identity)).toEqual(endpoints);
    const client = startPython('fl_client', { model, endpoint: endpoints, requests: 50, body: ['', 'x'] });
    await client.until('done');
    const bodies = client.said('reply').map((line) => (line['body'] as string[]).slice(1));
    expect(bodies).toEqual(numbers(50).map((number) => [String(number), '', 'x']));
    if (model === 'addressed') {
      expect(client.said('reply').map((line) => line['control'])).toEqual(numbers(50).map(String));
      // One request at least went to one of them, and all to the same.
      expect(servers.map((server) => server.inspect().counters.requests).sort((a, b) => a - b)).toEqual([0, 50]);
      expect(servers.every((server) => server.inspect().counters.pings === 1)).toBe(true);
    }
    for (const server of servers) expect(server.inspect().counters).toMatchObject({ invalid: 0 });
  });

  test('sequential: our server and a REQ client in Python', async () => {
    const server = await listen(({ body }) => ['ours', ...body], { model: 'sequential' });
    const client = startPython('req_client', { endpoint: server.endpoint, requests: 50, correlate: true, body: ['', 'x'] });
    await client.until('done');
    expect(client.said('reply').map((line) => line['body'])).toEqual(numbers(50).map((number) => ['ours', String(number), '', 'x']));
  });

  test('a server in Python that is silent once: the other one answers, and its late answers are none', async () => {
    const [silent, other] = [
      await startPythonServer('addressed', { silentOn: 1, name: 'silent' }),
      await startPythonServer('addressed', { name: 'other' }),
    ];
    const client = connect([silent.endpoint, other.endpoint], { requestTimeout: 300 });
    await eventually('both are known to be alive', () => client.inspect().servers.every(({ state }) => state === 'alive'));
    const reply = await client.request('x');
    expect(outcomesOf(reply)).toEqual(['timed-out', 'replied']);
    expect(texts(reply.body)).toEqual(['other', 'x']);
  });
});

describe('servers that are killed, frozen and absent', () => {
  test.each(FREELANCE_MODELS)(
    '%s: two of three are killed under load: every request is answered once, with its own answer',
    async (model) => {
      const processes = await startThree(model);
      const client = connect(
        processes.map(({ endpoint }) => endpoint),
        { model, requestTimeout: 2000, deadline: 10_000 },
      );
      const replies: Promise<FreelanceReply>[] = [];
      const load = async (count: number): Promise<void> => {
        for (let number = 0; number < count; number++) {
          replies.push(client.request(['sleep:5', String(replies.length)]));
          await pause(2);
        }
      };
      await load(50);
      // Whoever is asked is hit, with requests in its hands.
      for (let killed = 0; killed < 2; killed++) {
        const { endpoint } = client.inspect().servers.toSorted((a, b) => b.inFlight - a.inFlight)[0]!;
        void processes.find((each) => each.endpoint === endpoint)!.server.kill();
        await load(100);
      }
      const bodies = (await Promise.all(replies)).map(({ body }) => texts(body).slice(1));
      expect(bodies).toEqual(numbers(250).map((number) => ['sleep:5', String(number)]));
      expect(client.inspect()).toMatchObject({ open: 0, counters: { requests: 250, replies: 250, failures: 0, invalid: 0 } });
    },
  );

  test('addressed: a server killed with a request: another answers within milliseconds, and later calls cost nothing', async ({
    annotate,
  }) => {
    const processes = await startThree('addressed');
    const client = connect(processes.map(({ endpoint }) => endpoint));
    const outcome = client.request('sleep:200');
    const victim = await Promise.any(processes.map(async ({ server }) => server.until('request').then(() => server)));
    const killedAt = performance.now();
    await victim.kill();
    const reply = await outcome;
    await annotate(`answered by another ${Math.round(performance.now() - killedAt)} ms after SIGKILL, 200 ms of them its work`);
    expect(outcomesOf(reply)).toEqual(['connection-lost', 'replied']);
    for (const number of numbers(20)) expect(outcomesOf(await client.request(String(number)))).toEqual(['replied']);
  });

  test.for(['addressed', 'sequential'] as const)(
    'W27: %s: the first server is absent: figures of the first call and of later ones',
    async (model, { annotate }) => {
      const absent = await freePlace();
      const { endpoint } = await startServer('there', { model });
      const client = connect([absent, endpoint], { model });
      const first = await timeOf(() => client.request('x'));
      const later: number[] = [];
      for (let number = 0; number < 50; number++) later.push(await timeOf(() => client.request('x')));
      later.sort((a, b) => a - b);
      const [median = 0, most = 0] = [later[25], later.at(-1)];
      await annotate(
        `${model}: first call ${first.toFixed(1)} ms; later ${median.toFixed(1)} ms in the middle, ${most.toFixed(1)} ms at most`,
      );
      if (model === 'sequential') expect(first).toBeGreaterThan(990);
      else expect(first).toBeLessThan(900);
      expect(most).toBeLessThan(900);
    },
  );

  test('addressed: a frozen server costs one request a timeout; when it goes on it is used again, and its late answer is stale', async () => {
    const [frozen, other] = [await startServer('frozen'), await startServer('other')];
    const client = connect([frozen.endpoint, other.endpoint], { requestTimeout: 300, pingInterval: 100, serverTimeToLive: 500 });
    await eventually('both are known to be alive', () => client.inspect().servers.every(({ state }) => state === 'alive'));
    expect(texts((await client.request('warm')).body)).toEqual(['frozen', 'warm']);
    await frozen.server.pause();
    const reply = await client.request('x');
    expect(texts(reply.body)).toEqual(['other', 'x']);
    expect(outcomesOf(reply)).toEqual(['timed-out', 'replied']);
    await eventually('it is taken for dead', () => client.inspect().servers[0]?.state === 'dead');
    for (const number of numbers(20)) expect(outcomesOf(await client.request(String(number)))).toEqual(['replied']);
    frozen.server.resume();
    await eventually('it is known to be back', () => client.inspect().servers[0]?.state === 'alive');
    await other.server.kill();
    expect(texts((await client.request('again')).body)).toEqual(['frozen', 'again']);
  });

  test('addressed: all servers restart: the same client goes on with their successors', async () => {
    const places = [await freePlace(), await freePlace()];
    const first = await Promise.all(places.map((endpoint, number) => startServer(`first-${number}`, {}, endpoint)));
    const client = connect(places, { requestTimeout: 5000, deadline: 15_000 });
    await client.request('x');
    await Promise.all(first.map(({ server }) => server.kill()));
    const waiting = client.request('y');
    await Promise.all(places.map((endpoint, number) => startServer(`second-${number}`, {}, endpoint)));
    expect(texts((await waiting).body)[0]).toMatch(/^second/);
    await eventually('both are known to be back', () => client.inspect().servers.every(({ state }) => state === 'alive'));
  });

  test('nobody there: abandoned in time, and nothing is left', async () => {
    const client = connect([await freePlace(), await freePlace()], { requestTimeout: 150, deadline: 400 });
    const took = await timeOf(() => expect(client.request('x')).rejects.toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'deadline' }));
    expect(took).toBeLessThan(1000);
    expect(client.inspect()).toMatchObject({ open: 0, waiting: 0 });
  });

  test('a server told to stop answers what it has in hand, and its process ends by itself', async () => {
    const { server, endpoint } = await startServer('stopping');
    const client = connect(endpoint);
    const outcome = client.request('sleep:300');
    await server.until('request');
    server.signal('SIGTERM');
    expect(texts((await outcome).body)).toEqual(['stopping', 'sleep:300']);
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });
});

describe('the bytes', () => {
  test('addressed: PING and requests as 10/FLP has them', async () => {
    const router = await RawRouter.listen();
    const client = connect(router.endpoint);
    const [address = '', ...ping] = await router.receive();
    expect(ping).toEqual(['PING']);
    await router.send(address, 'PONG');
    const reply = client.request(['two', 'frames']);
    const [from, control = '', ...body] = await router.receive();
    expect([from, ...body]).toEqual([address, 'two', 'frames']);
    expect(control.slice(0, 4)).toBe('SW\x03\0');
    await router.send(address, 'PONG');
    await router.send(address, control, 'OK');
    expect(texts((await reply).body)).toEqual(['OK']);
  });

  test('frames that are neither PING nor a request: dropped and counted, and the server goes on', async () => {
    const server = await listen((request) => request.body);
    const raw = new RawDealer(server.endpoint);
    await raw.send('neither');
    await raw.send('');
    await raw.send('PING');
    await raw.send('1', 'good');
    expect(await raw.receive()).toEqual(['PONG']);
    expect(await raw.receive()).toEqual(['1', 'good']);
    expect(server.inspect().counters).toMatchObject({ invalid: 2, requests: 1, pings: 1 });
  });
});
