/** What only the network in memory can do: be repeated, follow a fake clock, be cut and frozen by name. */
import { createClock } from '@sinonjs/fake-timers';
import { afterEach, describe, expect, test } from 'vitest';
import { clockFrom } from '../../src/runtime/clock.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../../src/transport/memory.ts';
import type { Peer } from '../../src/transport/transport.ts';
import { numbered, until, World } from './world.ts';

const worlds: World[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

function worldOf(transport: MemoryNetwork): World {
  const world = new World({
    name: 'memory',
    resetReason: 'disconnected',
    comesBackFromLimits: false,
    transport,
    freeEndpoint: () => 'memory://quay:*',
    emptyEndpoint: async () => 'memory://mooring',
    line: async () => {
      throw new Error('no line in these tests');
    },
  });
  worlds.push(world);
  return world;
}

describe('a network on a fake clock', () => {
  function slowNetwork(latency: number) {
    const fake = createClock();
    const clock = clockFrom(fake);
    const network = createMemoryNetwork({ clock, schedule: (turn) => void clock.setTimeout(turn, latency) });
    return { fake, world: worldOf(network), network };
  }

  test('turns put off by the clock happen in synchronous ticks, and at no other time', async () => {
    const { fake, world } = slowNetwork(5);
    const listener = await world.listen();
    listener.heard.onMessage = (peer) => void listener.send(peer, 'pong');
    const connector = world.connect(listener.socket.endpoint);
    fake.tick(5);
    connector.say('ping');
    fake.tick(4);
    expect(listener.heard.texts).toEqual([]);
    fake.tick(1);
    expect(listener.heard.texts).toEqual(['ping']);
    expect(connector.heard.texts).toEqual([]);
    fake.tick(5);
    expect(connector.heard.texts).toEqual(['pong']);
  });

  test('turns by microtask go well with tickAsync', async () => {
    const fake = createClock();
    const world = worldOf(createMemoryNetwork({ clock: clockFrom(fake) }));
    const listener = await world.listen();
    listener.heard.onMessage = (peer) => void listener.send(peer, 'pong');
    const connector = world.connect(listener.socket.endpoint);
    connector.say('ping');
    await fake.tickAsync(0);
    expect(connector.heard.texts).toEqual(['pong']);
    expect(fake.now).toBe(0);
  });

  test('a connector tries again at whole reconnect intervals from the loss, and leaves no timer while nobody listens', async () => {
    const { fake, world } = slowNetwork(1);
    const listener = await world.listen({ linger: 0 }, 'memory://quay');
    const connector = world.connect('memory://quay', { reconnectInterval: 100 });
    connector.say('first');
    fake.tick(10);
    expect(listener.heard.texts).toEqual(['first']);
    await listener.close();
    fake.tick(1);
    expect(connector.heard.gone).toHaveLength(1);
    expect(fake.countTimers()).toBe(0);

    fake.tick(249);
    const next = await world.listen({}, 'memory://quay');
    connector.say('second');
    fake.tick(51);
    expect(next.heard.texts).toEqual([]);
    fake.tick(1);
    expect(next.heard.texts).toEqual(['second']);
  });

  test('a closing connector gives up on an absent listener when its linger time is over, and not before', async () => {
    const { fake, world } = slowNetwork(1);
    const connector = world.connect('memory://nobody', { linger: 300 });
    connector.say('never delivered');
    let closed = false;
    const closing = connector.close().then(() => (closed = true));
    await fake.tickAsync(299);
    expect(closed).toBe(false);
    await fake.tickAsync(1);
    await closing;
    const late = await world.listen({}, 'memory://nobody');
    await fake.tickAsync(1000);
    expect(late.heard.messages).toEqual([]);
  });

  test('a closing listener gives up on a frozen peer when its linger time is over', async () => {
    const { fake, world, network } = slowNetwork(1);
    const listener = await world.listen({ linger: 300 });
    const connector = world.connect(listener.socket.endpoint);
    connector.say('hello');
    fake.tick(10);
    network.freeze(connector.socket);
    listener.send(listener.heard.peers[0] as Peer, 'never delivered');
    let closed = false;
    const closing = listener.close().then(() => (closed = true));
    await fake.tickAsync(299);
    expect(closed).toBe(false);
    await fake.tickAsync(1);
    await closing;
    network.thaw(connector.socket);
    await fake.tickAsync(10);
    expect(connector.heard.messages).toEqual([]);
    expect(connector.heard.gone).toHaveLength(1);
  });
});

describe('hands on the network', () => {
  test('cut ends the connections of an endpoint, of a connector, or of one peer', async () => {
    const network = createMemoryNetwork();
    const world = worldOf(network);
    const listener = await world.listen();
    const { endpoint } = listener.socket;
    const connectors = numbered('', 3).map(() => world.connect(endpoint, { reconnectInterval: 1 }));
    const reconnected = async (total: number) => {
      for (const connector of connectors) connector.say('here');
      await until('all connections', () => listener.heard.peers.length === total);
    };
    await reconnected(3);
    network.cut(endpoint);
    await until('three ends', () => listener.heard.gone.length === 3);
    await reconnected(6);
    network.cut(connectors[1]?.socket as never);
    await until('one end', () => connectors[1]?.heard.gone.length === 2);
    await reconnected(7);
    const peer = listener.heard.peers.at(-1) as Peer;
    network.cut(peer);
    await until('its end', () => listener.heard.gone.includes(peer));
    expect(listener.heard.gone).toHaveLength(5);
    expect(connectors.reduce((sum, connector) => sum + connector.heard.gone.length, 0)).toBe(5);
    expect(connectors[1]?.heard.gone.length).toBeGreaterThanOrEqual(2);
  });

  test('a frozen connector that closes is missed only when it thaws', async () => {
    const network = createMemoryNetwork();
    const world = worldOf(network);
    const listener = await world.listen();
    const connector = world.connect(listener.socket.endpoint);
    connector.say('hello');
    await until('the peer', () => listener.heard.messages.length === 1);
    const peer = listener.heard.peers[0] as Peer;
    network.freeze(peer);
    await connector.close();
    await world.quiet();
    expect(listener.heard.gone).toEqual([]);
    expect(listener.send(peer, 'into the void')).toBe('ok');
    network.thaw(connector.socket);
    await until('its departure', () => listener.heard.gone.length === 1);
  });

  test('connectors that close while their endpoint is frozen are missed when it thaws', async () => {
    const network = createMemoryNetwork();
    const world = worldOf(network);
    const listener = await world.listen();
    const connectors = [world.connect(listener.socket.endpoint), world.connect(listener.socket.endpoint)];
    for (const connector of connectors) connector.say('hello');
    await until('the peers', () => listener.heard.messages.length === 2);
    network.freeze(listener.socket.endpoint);
    for (const connector of connectors) await connector.close();
    await world.quiet();
    expect(listener.heard.gone).toEqual([]);
    network.thaw(listener.socket.endpoint);
    await until('their departures', () => listener.heard.gone.length === 2);
  });

  test('a lingering connector delivers over its next connection, and hears nothing of it', async () => {
    const network = createMemoryNetwork();
    const world = worldOf(network);
    const listener = await world.listen();
    const connector = world.connect(listener.socket.endpoint, { reconnectInterval: 1 });
    connector.say('hello');
    await until('the peer', () => listener.heard.messages.length === 1);
    network.freeze(connector.socket);
    connector.say('last words');
    const closing = connector.close(60_000);
    network.cut(connector.socket);
    network.thaw(connector.socket);
    await closing;
    await until('the last words', () => listener.heard.texts.includes('last words'));
    expect(listener.heard.peers).toHaveLength(2);
    await until('both departures', () => listener.heard.gone.length === 2);
  });

  test('no new connection is made to a frozen endpoint', async () => {
    const network = createMemoryNetwork();
    const world = worldOf(network);
    const listener = await world.listen();
    network.freeze(listener.socket.endpoint);
    const connector = world.connect(listener.socket.endpoint, { reconnectInterval: 1 });
    connector.say('hello');
    await world.quiet();
    expect(listener.heard.messages).toEqual([]);
    network.thaw(listener.socket.endpoint);
    await until('the message', () => listener.heard.messages.length === 1);
  });

  test('networks do not hear each other', async () => {
    const [one, other] = [worldOf(createMemoryNetwork()), worldOf(createMemoryNetwork())];
    const listener = await one.listen({}, 'memory://same');
    const namesake = await other.listen({}, 'memory://same');
    other.connect('memory://same').say('hello');
    await until('the message', () => namesake.heard.messages.length === 1);
    await one.quiet();
    expect(listener.heard.messages).toEqual([]);
  });
});

describe('turns', () => {
  test('peers with long queues take turns message by message', async () => {
    const world = worldOf(createMemoryNetwork());
    const connectors = ['a', 'b', 'c'].map((name) => ({ name, connector: world.connect('memory://quay', { reconnectInterval: 1 }) }));
    for (const { name, connector } of connectors) for (let i = 0; i < 100; i++) connector.say(name);
    const listener = await world.listen({}, 'memory://quay');
    await until('all', () => listener.heard.messages.length === 300);
    const { texts } = listener.heard;
    // Each connects a moment after the one before; from then on none waits for more than one message of each other.
    expect(texts.slice(2, 290).join('')).toMatch(/^(?:abc|bca|cab)*$/);
  });

  test('a conversation without end does not keep timers from firing', async () => {
    const world = worldOf(createMemoryNetwork());
    const listener = await world.listen();
    const connector = world.connect(listener.socket.endpoint);
    let rounds = 0;
    let stop = false;
    listener.heard.onMessage = (peer) => void listener.send(peer, 'and you?');
    connector.heard.onMessage = () => {
      rounds++;
      if (!stop && rounds < 1_000_000) connector.say('fine, and you?');
    };
    connector.say('how are you?');
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 1);
    });
    stop = true;
    expect(rounds).toBeGreaterThan(0);
    expect(rounds).toBeLessThan(1_000_000);
  });

  test('the same script on two networks is heard the same, call by call', async () => {
    const play = async (): Promise<string[]> => {
      const fake = createClock();
      const network = createMemoryNetwork({ clock: clockFrom(fake) });
      const world = worldOf(network);
      const listener = await world.listen({}, 'memory://quay');
      listener.heard.onMessage = (peer, message) => void listener.send(peer, `re: ${message.text(0)}`);
      const connectors = numbered('', 4).map(() => world.connect('memory://quay'));
      for (const [index, connector] of connectors.entries())
        for (const text of numbered(`${index}/`, 50 * (index + 1))) connector.say(text);
      await fake.tickAsync(10);
      network.cut(connectors[2]?.socket as never);
      for (const connector of connectors) connector.say('after the cut');
      await fake.tickAsync(200);
      return [listener, ...connectors].flatMap(({ heard }) =>
        heard.heard.map((event) => (event.kind === 'message' ? event.text : event.kind)),
      );
    };
    const first = await play();
    expect(first.length).toBeGreaterThan(1000);
    expect(await play()).toEqual(first);
  });
});
