/** A Binary Star over real sockets: halves that are killed, stand still, are cut off, closed or set up wrongly. Each is a process of its own. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { BinaryStarSnapshot } from '../../src/binary-star/server.ts';
import { BinaryStar } from '../../src/binary-star/server.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import type { ClientSnapshot } from '../../src/majordomo/client.ts';
import { BindFailed } from '../../src/transport/transport.ts';
import { Relay } from '../conformance/relay.ts';
import { eventually, pause, startNode, type Child } from './processes.ts';
import { RawDealer } from './raw-peer.ts';
import { endLoad, expectEachAnsweredOnce, inspect } from './role-processes.ts';
import { closing, connectClient, endStars, freePlace, Load, Pair, TIMES } from './star-processes.ts';

afterEach(endStars);

const stateOf = async (half: Child): Promise<string> => (await inspect<BinaryStarSnapshot>(half)).state;

function expectNoFaults(...halves: Child[]): void {
  for (const half of halves) expect(half.said('fault')).toEqual([]);
}

describe.each([
  ['with the word of the operating system', { deathHint: true }, 1000],
  ['by its silence alone', { deathHint: false }, TIMES.failoverTimeout + TIMES.heartbeatInterval + 1000],
] as const)('a half that dies is noticed %s', (_how, options, most) => {
  test('the primary is killed under load and comes back, then the backup: all is answered once, nothing fails back by itself', async ({
    annotate,
  }) => {
    const pair = new Pair(await freePlace(), 'echo', options);
    let [primary, backup] = await pair.startBoth();
    const clients = [connectClient(pair.endpoints, { maxSockets: 4 }), connectClient(pair.endpoints, { maxSockets: 4 })];
    const loads = clients.map((client) => new Load(client, 'sleep:5'));
    const times: number[] = [];
    for (const [round, role] of (['primary', 'backup'] as const).entries()) {
      const other = role === 'primary' ? 'backup' : 'primary';
      await Promise.all(loads.map((load) => load.untilAnswered(300 * (round + 1))));
      const killedAt = performance.now();
      await (role === 'primary' ? primary : backup).kill();
      const firsts = await Promise.all(loads.map((load) => load.until(({ by, epoch }) => by === other && epoch === round + 2)));
      times.push(Math.min(...firsts.map(({ at }) => at)) - killedAt);
      if (role === 'backup') continue;
      primary = await pair.start('primary');
      expect(await primary.until('becamePassive')).toMatchObject({ epoch: 2, reason: 'peer-serves' });
      await eventually('the backup knows that it is back', async () => (await inspect<BinaryStarSnapshot>(backup)).peer.word === 'passive');
      expect(await stateOf(backup)).toBe('active');
    }
    await Promise.all(loads.map((load) => load.untilAnswered(1000)));
    for (const [index, client] of clients.entries()) {
      const replies = await loads[index]?.expectAnsweredOnce();
      expect(client.inspect().counters).toMatchObject({ replies, failures: 0, faults: 0 });
    }
    await annotate(`from the kill to the first answer of the other: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...times)).toBeLessThan(most);
    if (!options.deathHint) expect(Math.min(...times)).toBeGreaterThan(TIMES.failoverTimeout - TIMES.heartbeatInterval - 50);
    backup = await pair.start('backup');
    expect(await backup.until('becamePassive')).toMatchObject({ epoch: 3, reason: 'peer-serves' });
    expectNoFaults(primary, backup);
  });
});

test('the half that serves stands still: the other takes over, and the sleeper answers nobody when it wakes', async () => {
  const pair = new Pair(await freePlace(), 'echo');
  const [primary, backup] = await pair.startBoth();
  const client = connectClient(pair.endpoints, { maxSockets: 8 });
  const load = new Load(client, 'sleep:5');
  await load.untilAnswered(100);
  // One asks the primary alone, plainly; its request is in the hands of the sleeper.
  const plain = new RawDealer(pair.endpoints[0]);
  await plain.send('', 'hold', 'in hand');
  await primary.until(({ event, body }) => event === 'request' && (body as string[])[0] === 'hold');
  await primary.pause();
  await plain.send('', 'sent to the sleeper');
  const pausedAt = performance.now();
  const { at } = await load.until(({ by }) => by === 'backup');
  expect(at - pausedAt).toBeLessThan(TIMES.failoverTimeout + TIMES.heartbeatInterval + 1500);
  const asked = primary.said('request').length;
  primary.tell({ do: 'release' });
  primary.resume();
  expect(await primary.until('fenced')).toMatchObject({ epoch: 1, known: 2, by: 'peer' });
  await load.untilAnswered(600);
  const replies = await load.expectAnsweredOnce();
  expect(await plain.everythingWithin(300)).toEqual([]);
  expect(load.answers.filter(({ by, at: when }) => by === 'primary' && when > at)).toEqual([]);
  expect(client.inspect()).toMatchObject({ epoch: 2, counters: { replies, failures: 0, faults: 0, stale: 0 } });
  // The stop may have hit it between reading a request and beginning with it. Nothing else was begun after.
  const begun = primary.said('request');
  expect(begun.length - asked).toBeLessThanOrEqual(1);
  expect(begun.map(({ body }) => body)).not.toContainEqual(['sent to the sleeper']);
  expect([await stateOf(primary), await stateOf(backup)]).toEqual(['passive', 'active']);
  expectNoFaults(primary, backup);
});

test('a standstill that the other half did not notice: the sleeper asks, and serves on without having lost a request', async () => {
  const pair = new Pair(await freePlace(), 'echo', { failoverTimeout: 5000, maxPause: 300 });
  const [primary, backup] = await pair.startBoth();
  const client = connectClient(pair.endpoints, { requestTimeout: 10_000, maxSockets: 4 });
  const load = new Load(client, 'sleep:5');
  await load.untilAnswered(50);
  await primary.pause();
  await pause(1000);
  primary.resume();
  await primary.until('suspended');
  await primary.until('resumed');
  await load.untilAnswered(300);
  const replies = await load.expectAnsweredOnce();
  expect(new Set(load.answers.map(({ by, epoch }) => `${by} ${epoch}`))).toEqual(new Set(['primary 1']));
  expect(client.inspect().counters).toMatchObject({ replies, retries: 0, failures: 0 });
  expect(backup.said('becameActive')).toEqual([]);
});

test('the link between the halves is cut: both serve, each its own clients; healed, the later takeover counts', async () => {
  const direct = await freePlace();
  const relays = {
    primary: closing(await Relay.start(direct.listen.backup)),
    backup: closing(await Relay.start(direct.listen.primary)),
  };
  const place = { ...direct, connect: { primary: relays.primary.endpoint, backup: relays.backup.endpoint } };
  const pair = new Pair(place, 'echo');
  const [primary, backup] = await pair.startBoth();
  const [here, there] = pair.endpoints;
  const near = connectClient([here, there]);
  const far = connectClient([there, here]);
  expect((await near.request('before')).body.map(String)).toEqual(['primary', '1', 'before']);
  for (const relay of Object.values(relays)) relay.freeze();
  await backup.until('peerLost');
  // It reaches the backup only.
  const cutOff = connectClient(there);
  expect((await cutOff.request('cut off')).body.map(String)).toEqual(['backup', '2', 'cut off']);
  expect((await near.request('meanwhile')).body.map(String)).toEqual(['primary', '1', 'meanwhile']);
  expect([await stateOf(primary), await stateOf(backup)]).toEqual(['active', 'active']);
  const load = new Load(near, 'sleep:5');
  await load.untilAnswered(50);
  const healedAt = performance.now();
  for (const relay of Object.values(relays)) relay.thaw();
  const { read } = await primary.until('fenced');
  expect(read - healedAt).toBeLessThan(2 * TIMES.heartbeatInterval + 1000);
  await load.until(({ by }) => by === 'backup');
  await load.untilAnswered(250);
  await load.expectAnsweredOnce();
  expect(load.answers.at(-1)).toMatchObject({ by: 'backup', epoch: 2 });
  expect((await far.request('after')).body.map(String)).toEqual(['backup', '2', 'after']);
  expect([await stateOf(primary), await stateOf(backup)]).toEqual(['passive', 'active']);
  expectNoFaults(primary, backup);
});

test('a client carries the news of a takeover to the server that was replaced, although the halves cannot speak', async () => {
  const direct = await freePlace();
  const relays = [closing(await Relay.start(direct.listen.backup)), closing(await Relay.start(direct.listen.primary))] as const;
  const place = { ...direct, connect: { primary: relays[0].endpoint, backup: relays[1].endpoint } };
  const pair = new Pair(place, 'echo');
  const [primary, backup] = await pair.startBoth();
  for (const relay of relays) relay.freeze();
  await Promise.all([primary, backup].map((half) => half.until('peerLost')));
  const client = connectClient([pair.endpoints[1], pair.endpoints[0]]);
  expect((await client.request('takes over')).body.map(String)).toEqual(['backup', '2', 'takes over']);
  await backup.kill();
  // The primary serves in epoch 1 still; it learns of epoch 2, asks nobody in vain, and takes over from the dead.
  const { body } = await client.request('and now');
  expect(body.map(String)[0]).toBe('primary');
  expect(Number(String(body[1]))).toBeGreaterThan(2);
  expect(await primary.until('fenced')).toMatchObject({ epoch: 1, known: 2, by: 'client' });
});

test('the half that serves is asked to end under load: it hands over, and nobody waits for long', async ({ annotate }) => {
  const pair = new Pair(await freePlace(), 'echo');
  const [primary, backup] = await pair.startBoth();
  const client = connectClient(pair.endpoints, { maxSockets: 8 });
  const load = new Load(client, 'sleep:5');
  await load.untilAnswered(150);
  const askedAt = performance.now();
  primary.signal('SIGTERM');
  const { at } = await load.until(({ by }) => by === 'backup');
  await annotate(`from SIGTERM to the first answer of the other: ${(at - askedAt).toFixed(0)} ms`);
  expect(at - askedAt).toBeLessThan(1000);
  expect(await backup.until('becameActive')).toMatchObject({ epoch: 2, reason: 'peer-resigned' });
  await load.untilAnswered(500);
  await load.expectAnsweredOnce();
  await primary.until('closed');
  expect(await primary.exit).toEqual({ code: 0, signal: null });
  expectNoFaults(primary, backup);
});

test('an operator has the active half hand over, and back', async () => {
  const pair = new Pair(await freePlace(), 'echo');
  const [primary, backup] = await pair.startBoth();
  const client = connectClient(pair.endpoints, { maxSockets: 4 });
  const load = new Load(client, 'sleep:5');
  await load.untilAnswered(100);
  await eventually('the primary knows its backup', async () => (await inspect<BinaryStarSnapshot>(primary)).peer.word === 'passive');
  primary.tell({ do: 'handOver' });
  await primary.until('handedOver');
  await load.until(({ by }) => by === 'backup');
  await eventually('the backup knows it', async () => (await inspect<BinaryStarSnapshot>(backup)).peer.word === 'passive');
  backup.tell({ do: 'handOver' });
  await backup.until('handedOver');
  await load.until(({ epoch }) => epoch === 3);
  await load.expectAnsweredOnce();
  expect(load.answers.at(-1)).toMatchObject({ by: 'primary', epoch: 3 });
});

describe('a pair that is set up wrongly', () => {
  test('two primaries: both say so', async () => {
    const { frontends, listen, connect: towards } = await freePlace();
    const one = new Pair({ frontends, listen, connect: towards }, 'echo');
    const twin = new Pair(
      {
        frontends: { ...frontends, primary: frontends.backup },
        listen: { ...listen, primary: listen.backup },
        connect: { ...towards, primary: towards.backup },
      },
      'echo',
    );
    const halves = [await one.start('primary'), await twin.start('primary')];
    for (const half of halves) expect(await half.until('misconfigured')).toMatchObject({ why: 'both servers are set up as primary' });
    await pause(5 * TIMES.heartbeatInterval);
    for (const half of halves) expect(half.said('misconfigured')).toHaveLength(1);
  });

  test('a port that is taken is told, and the other is free again', async () => {
    const place = await freePlace();
    const service = ({ transport, frontend }: { transport: object; frontend: string }): Promise<LazyPirateServer> =>
      LazyPirateServer.listen(frontend, ({ body }) => body, transport);
    const at = { role: 'primary', peer: { listen: place.listen.primary, connect: place.connect.primary } } as const;
    const first = closing(await BinaryStar.listen({ ...at, frontends: place.frontends.primary }, service));
    const second = { role: 'backup', peer: { listen: place.listen.backup, connect: place.connect.backup } } as const;
    const taken = BinaryStar.listen({ ...second, frontends: first.frontends }, service);
    await expect(taken).rejects.toThrow(BindFailed);
    await expect(BinaryStar.listen({ ...at, frontends: place.frontends.backup }, service)).rejects.toThrow(BindFailed);
    closing(await BinaryStar.listen({ ...second, frontends: place.frontends.backup }, service));
  });
});

test('an HTTP request and noise at every port, under load: nobody is disturbed and nobody takes over', async () => {
  const pair = new Pair(await freePlace(), 'echo', { handshakeTimeout: 500 });
  const [primary, backup] = await pair.startBoth();
  const client = connectClient(pair.endpoints, { maxSockets: 4 });
  const load = new Load(client, 'sleep:5');
  const ports = [...pair.endpoints, ...Object.values(pair.place.listen)].map((endpoint) => Number(endpoint.split(':').at(-1)));
  for (let round = 1; round <= 5; round++) {
    await load.untilAnswered(100 * round);
    for (const port of ports)
      for (const bytes of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', randomBytes(3000), Buffer.alloc(10, 0xff)]) {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        socket.on('error', () => undefined).resume();
        setTimeout(() => socket.destroy(), 300);
      }
  }
  // ZeroMQ, but no words.
  for (const endpoint of Object.values(pair.place.listen)) {
    const stranger = new RawDealer(endpoint);
    for (const frames of [[''], ['SWBS01'], ['SWBS01', '\x01', 'short'], ['SWBS01', '\x09', '']]) await stranger.send(...frames);
  }
  await load.untilAnswered(700);
  await load.expectAnsweredOnce();
  for (const half of [primary, backup])
    await eventually('it has counted them', async () => (await inspect<BinaryStarSnapshot>(half)).counters.invalid >= 4);
  expect(new Set(load.answers.map(({ by, epoch }) => `${by} ${epoch}`))).toEqual(new Set(['primary 1']));
  expect([await stateOf(primary), await stateOf(backup)]).toEqual(['active', 'passive']);
  for (const half of [primary, backup]) expect((await inspect<BinaryStarSnapshot>(half)).counters.faults).toBe(0);
});

test('two brokers of a pair, workers and clients that know both: killed one after the other under load, nothing is lost', async ({
  annotate,
}) => {
  const pair = new Pair(await freePlace(), 'broker');
  let [primary] = await pair.startBoth();
  const { backup } = pair.halves as { readonly backup: Child };
  const reconnect = { reconnectInterval: 100, reconnectMaximum: 400 };
  const endpoint = pair.endpoints.join(',');
  const workers = ['a', 'b'].map((name) => startNode('worker', { endpoint, service: 'echo', name, options: JSON.stringify(reconnect) }));
  await primary.untilSaid('workerRegistered', 2);
  const options = { ...reconnect, requestTimeout: 1000, requestRetries: 40, retryInterval: 20, retryMaximum: 200 };
  const clients = [1, 2].map(() => startNode('client', { endpoint, options: JSON.stringify(options) }));
  for (const client of clients) {
    await client.until('linkUsable');
    client.tell({ do: 'load', service: 'echo', concurrency: 10, prefix: ['sleep:2'] });
  }
  const times: number[] = [];
  const untilAnsweredAgain = async (kill: () => Promise<unknown>): Promise<void> => {
    const killedAt = performance.now();
    await kill();
    const before = clients.map((client) => client.said('outcome').length);
    await Promise.all(clients.map((client, i) => client.untilSaid('outcome', (before[i] as number) + 1, 30_000)));
    times.push(Math.max(...clients.map((client, i) => (client.said('outcome')[before[i] as number]?.read ?? Infinity) - killedAt)));
  };
  await Promise.all(clients.map((client) => client.untilSaid('outcome', 300, 30_000)));
  await untilAnsweredAgain(() => primary.kill());
  primary = await pair.start('primary');
  await primary.until('becamePassive');
  await Promise.all(clients.map((client) => client.untilSaid('outcome', 700, 30_000)));
  await untilAnsweredAgain(() => backup.kill());
  for (const client of clients) {
    const replies = await endLoad(client);
    expectEachAnsweredOnce(client, 0, replies, ['sleep:2']);
    expect(await inspect<ClientSnapshot>(client)).toMatchObject({ open: 0, epoch: 3, counters: { replies, failures: 0, faults: 0 } });
  }
  await annotate(`from the kill to the next answer of each client: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
  expectNoFaults(primary, ...workers, ...clients);
});
