/** What begins and ends at the doors of a pair while something else is still beginning or ending. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BinaryStarServiceStarter } from '../../src/binary-star/server.ts';
import type { Listener, Transport } from '../../src/transport/transport.ts';
import { encodeEpoch } from '../../src/wire/epoch.ts';
import { Outcome, World } from '../support/world.ts';
import { FRONTENDS, Pair, Process, type Half } from './pair.ts';

let world: World;
let pair: Pair;
beforeEach(() => {
  world = new World();
  pair = new Pair(world);
});
afterEach(async () => {
  await world.end();
});

const pass = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    world.clock.setTimeout(resolve, milliseconds);
  });

/** A primary's server inside that takes so long to start, the first time. */
function slowAtFirst(milliseconds: number): BinaryStarServiceStarter {
  const start = pair.service('primary');
  let starts = 0;
  return async (stand) => {
    if (++starts === 1) await pass(milliseconds);
    return start(stand);
  };
}

/** A transport on which an endpoint that was given up is free again only after a while. */
function slowToRebind(milliseconds: number): Transport {
  const { transport } = new Process(world);
  const seen = new Set<string>();
  return {
    ...transport,
    listen: async (endpoint, handler, options) => {
      if (seen.has(endpoint)) await pass(milliseconds);
      seen.add(endpoint);
      return transport.listen(endpoint, handler, options);
    },
  };
}

function failuresOf({ star }: Half): string[] {
  const failures: string[] = [];
  star.events.on('unusable', ({ error }) => failures.push(`${error.code}: ${(error.cause as Error | undefined)?.message}`));
  return failures;
}

describe('a server inside that is still being started when its turn is over', () => {
  test('takes no door from the one that is started at the next turn', async () => {
    const primary = await pair.start('primary', {}, slowAtFirst(2500));
    const backup = await pair.start('backup');
    const failures = failuresOf(primary);
    await world.advance(1200);
    await primary.star.handOver();
    await world.advance(1200);
    await backup.star.handOver();
    await world.advance(2000);
    expect(failures).toEqual([]);
    expect([primary.state, backup.state]).toEqual(['active', 'passive']);
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'hello');
    await world.advance(20);
    expect(client.take()).toEqual([['', 'primary 3', 'hello']]);
  });

  test('finds its door closed, and its half goes on', async () => {
    const primary = await pair.start('primary', { transport: slowToRebind(700) }, slowAtFirst(1500));
    const backup = await pair.start('backup');
    const failures = failuresOf(primary);
    await world.advance(1200);
    void primary.star.handOver();
    await world.advance(2000);
    expect(failures).toEqual([]);
    expect([primary.state, backup.state]).toEqual(['passive', 'active']);
  });

  test('is waited for when its half is closed', async () => {
    let inside = 0;
    const primary = await pair.start('primary', {}, async () => {
      await pass(1000);
      inside++;
      return { close: () => Promise.resolve(void inside--) };
    });
    await pair.start('backup');
    await world.advance(500);
    const closed = new Outcome(primary.star.close());
    await world.advance(100);
    expect(closed.state).toBe('open');
    await world.advance(1000);
    expect([closed.state, inside]).toEqual(['fulfilled', 0]);
  });
});

test('a turn that comes while the doors are still closing from the last one waits for them', async () => {
  const primary = await pair.start('primary', { transport: slowToRebind(700) });
  const backup = await pair.start('backup');
  const failures = failuresOf(primary);
  await world.advance(600);
  await primary.star.handOver();
  await world.advance(600);
  void backup.star.handOver();
  await world.advance(1000);
  expect(failures).toEqual([]);
  expect([primary.state, backup.state]).toEqual(['active', 'passive']);
});

test('a standstill while the server inside is being started loses nothing that clients ask', async () => {
  const primary = await pair.start('primary', {}, slowAtFirst(3000));
  await pair.start('backup');
  await world.advance(600);
  const client = world.peer(FRONTENDS.primary);
  client.send('', 'before');
  await world.advance(100);
  world.time.jump(1600);
  await world.advance(300);
  expect(primary.told.slice(1)).toEqual(['suspended 1', 'resumed 1']);
  client.send('', 'after');
  await world.advance(4000);
  expect(client.take()).toEqual([
    ['', 'primary 1', 'before'],
    ['', 'primary 1', 'after'],
  ]);
});

test('a server that was replaced while it stood still does not begin to serve because its own has just been started', async () => {
  let served = 0;
  const primary = await pair.start('primary', { doubtTimeout: 1000 }, async (stand) => {
    await pass(700);
    return pair.service('primary', () => Promise.resolve(void served++))(stand);
  });
  await pair.start('backup');
  await world.advance(50);
  pair.cut();
  world.peer(FRONTENDS.primary).send('', 'hello');
  world.time.jump(1600);
  await world.advance(800);
  expect([primary.state, served]).toEqual(['doubting', 0]);
  await world.advance(1000);
  expect([primary.state, served]).toEqual(['active', 1]);
});

test('what came during a standstill is not served if its client knows of a later takeover', async () => {
  const primary = await pair.start('primary');
  const backup = await pair.start('backup');
  await world.advance(600);
  const client = world.peer(FRONTENDS.primary);
  client.send('', 'before');
  await world.advance(10);
  client.take();
  await backup.process.kill();
  await world.advance(3000);
  world.time.jump(1600);
  client.send(encodeEpoch('known', 7), '', 'after');
  await world.advance(1000);
  expect(client.take()).toEqual([]);
  expect(primary.told).toContain('fenced 1 7 client');
});

test('a request that waits for a server inside to start keeps no timer busy', async () => {
  const primary = await pair.start('primary', {}, slowAtFirst(60_000));
  const client = world.peer(FRONTENDS.primary);
  client.send('', 'hello');
  await world.advance(10_000);
  expect(primary.state).toBe('active');
  let wakings = 0;
  const { setTimeout } = world.time;
  world.time.setTimeout = (...given) => {
    wakings++;
    return setTimeout(...given);
  };
  await world.advance(1000);
  world.time.setTimeout = setTimeout;
  expect(wakings).toBeLessThan(20);
  await world.advance(60_000);
  expect(client.take()).toEqual([['', 'primary 1', 'hello']]);
});

test('what a server inside said last is delivered when it leaves by itself, and not when it is cut off', async () => {
  const lingers: (number | undefined)[] = [];
  const { transport } = new Process(world);
  const watched: Transport = {
    ...transport,
    listen: async (endpoint, handler, options): Promise<Listener> => {
      const listener = await transport.listen(endpoint, handler, options);
      if (endpoint !== FRONTENDS.primary) return listener;
      const close = listener.close.bind(listener);
      listener.close = (linger) => {
        lingers.push(linger);
        return close(linger);
      };
      return listener;
    },
  };
  const primary = await pair.start('primary', { transport: watched });
  const backup = await pair.start('backup');
  await world.advance(600);
  await primary.star.handOver();
  expect(lingers).toEqual([undefined]);
  await world.advance(1200);
  await backup.star.handOver();
  await world.advance(1200);
  pair.cut();
  await world.advance(2500);
  const client = world.peer(FRONTENDS.primary);
  client.send(encodeEpoch('known', 9), '', 'hello');
  await world.advance(100);
  expect(lingers).toEqual([undefined, 0]);
});
