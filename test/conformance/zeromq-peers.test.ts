/** ZeroMQ peers that are not ours: they choose their names, and some of them lie. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Dealer, Publisher, Request, Router, Subscriber } from 'zeromq';
import { afterEach, describe, expect, test } from 'vitest';
import type { Peer } from '../../src/transport/transport.ts';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { Relay, freeTcpEndpoint } from './relay.ts';
import { until, World } from './world.ts';

describe('plain ZeroMQ peers', () => {
  const create = (): World =>
    new World({
      name: 'zeromq',
      resetReason: 'disconnected',
      comesBackFromLimits: false,
      transport: zeromqTransport,
      freeEndpoint: () => 'tcp://127.0.0.1:*',
      emptyEndpoint: freeTcpEndpoint,
      line: async () => {
        throw new Error('no line in these tests');
      },
    });
  let world = create();
  const sockets: { close(): void }[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await world.end();
    world = create();
  });

  function dealer(endpoint: string, routingId?: string): Dealer {
    const socket = new Dealer({ linger: 0, ...(routingId === undefined ? {} : { routingId }) });
    socket.connect(endpoint);
    sockets.push(socket);
    return socket;
  }

  test('a REQ socket asks and gets its answer', async () => {
    const listener = await world.listen();
    listener.heard.onMessage = (peer, message) => void listener.socket.send(peer, [], message);
    const request = new Request({ linger: 0 });
    sockets.push(request);
    request.connect(listener.socket.endpoint);
    for (const text of ['one', 'two']) {
      await request.send(text);
      expect(String(await request.receive())).toBe(text);
    }
    expect(listener.heard.texts).toEqual(['|one', '|two']);
  });

  test('our connector speaks to a plain ROUTER', async () => {
    const router = new Router({ linger: 0 });
    sockets.push(router);
    await router.bind('tcp://127.0.0.1:*');
    const connector = world.connect(router.lastEndpoint as string);
    connector.say('', 'question');
    const [routingId, ...frames] = await router.receive();
    expect(frames.map(String)).toEqual(['', 'question']);
    await router.send([routingId as Buffer, '', 'answer']);
    await until('the answer', () => connector.heard.texts.includes('|answer'));
  });

  test('a ROUTER addresses a listener by its identity, once they have shaken hands, and hears its answers under it', async () => {
    const identity = 'tcp://server.example:5555';
    const listener = await world.listen({ identity });
    listener.heard.onMessage = (peer, message) => void listener.socket.send(peer, [Buffer.from('answer to')], message);
    const router = new Router({ linger: 0, mandatory: true, sendTimeout: 0 });
    sockets.push(router);
    router.connect(listener.socket.endpoint);
    await sendWhenKnown(router, [identity, 'question']);
    const [from, ...frames] = await router.receive();
    expect(String(from)).toBe(identity);
    expect(frames.map(String)).toEqual(['answer to', 'question']);
    await expect(router.send(['tcp://somebody.else:5555', 'question'])).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  test('a ROUTER that talks to two listeners reaches each by its identity', async () => {
    const router = new Router({ linger: 0, mandatory: true, sendTimeout: 0 });
    sockets.push(router);
    for (const identity of ['left', 'right']) {
      const listener = await world.listen({ identity });
      listener.heard.onMessage = (peer, message) => void listener.send(peer, `${identity} heard ${message.text(0)}`);
      router.connect(listener.socket.endpoint);
    }
    for (const identity of ['right', 'left']) {
      await sendWhenKnown(router, [identity, 'hello']);
      expect((await router.receive()).map(String)).toEqual([identity, `${identity} heard hello`]);
    }
  });

  test('a plain SUB hears our publisher, what it asked for and no more', async () => {
    const voice = await world.publish();
    const subscriber = new Subscriber({ linger: 0 });
    sockets.push(subscriber);
    subscriber.subscribe('weather');
    subscriber.connect(voice.socket.endpoint);
    const first = subscriber.receive();
    let heard = false;
    void first.then(() => (heard = true));
    await until('the subscription', () => {
      voice.say('weather', '', 'sun');
      return heard;
    });
    expect((await first).map(String)).toEqual(['weather', '', 'sun']);
    voice.say('sports', 'draw');
    voice.say('weather', 'rain');
    for (;;) {
      const frames = (await subscriber.receive()).map(String);
      expect(frames[0]).toBe('weather');
      if (frames[1] === 'rain') break;
    }
  });

  test('our subscriber hears a plain PUB, and reads no message as the word of an end', async () => {
    const publisher = new Publisher({ linger: 0, sendTimeout: 0 });
    sockets.push(publisher);
    await publisher.bind('tcp://127.0.0.1:*');
    const ear = world.subscribe(publisher.lastEndpoint as string);
    expect(ear.socket.layers.disconnectNotices).toBe(false);
    await until('the subscription', () => {
      void publisher.send('anybody?');
      return ear.heard.messages.length > 0;
    });
    for (const forged of [Buffer.alloc(0), Buffer.alloc(16), randomBytes(16)]) await publisher.send(forged);
    await publisher.send(['the', '', 'end']);
    await until('the end', () => ear.texts.includes('the||end'));
    expect(ear.texts.filter((text) => text !== 'anybody?')).toHaveLength(4);
    expect(ear.heard.gone).toEqual([]);
  });

  test('a peer that names itself is served, and its name is in no label', async () => {
    const listener = await world.listen();
    const names = ['worker-1', '\u0000abcd', '\u0000', 'x'.repeat(255)];
    listener.heard.onMessage = (peer, message) => void listener.socket.send(peer, [], message);
    for (const name of names) {
      const socket = dealer(listener.socket.endpoint, name);
      await socket.send('hello');
      expect(String(await socket.receive())).toBe('hello');
    }
    expect(listener.heard.peers).toHaveLength(names.length);
    for (const peer of listener.heard.peers) expect(peer.label).toMatch(/^peer-\d+$/);
  });

  test('a peer that comes back under its old name is a new handle (F-26)', async () => {
    const listener = await world.listen();
    for (const incarnation of [1, 2, 3]) {
      const socket = dealer(listener.socket.endpoint, 'worker-1');
      await socket.send(`incarnation ${incarnation}`);
      await until('its message', () => listener.heard.messages.length === incarnation);
      socket.close();
      await until('its departure', () => listener.heard.gone.length === incarnation);
      // libzmq frees the name a moment after it told us: who comes back within it is a duplicate, and never heard (F-2).
      await world.quiet();
    }
    expect(new Set(listener.heard.peers).size).toBe(3);
    expect(listener.heard.gone).toEqual(listener.heard.peers);
  });

  test('a second peer under a name in use is not heard, and cannot harm the first (F-2)', async () => {
    const listener = await world.listen();
    const first = dealer(listener.socket.endpoint, 'the-name');
    await first.send('first');
    await until('the first', () => listener.heard.messages.length === 1);
    const second = dealer(listener.socket.endpoint, 'the-name');
    await second.send('second');
    await world.quiet();
    second.close();
    await world.quiet();
    listener.send(listener.heard.peers[0] as Peer, 'still yours');
    expect(String(await first.receive())).toBe('still yours');
    expect(listener.heard.texts).toEqual(['first']);
    expect(listener.heard.gone).toEqual([]);
  });

  test('no message makes a peer seem gone: not an empty one, nor one of the length of our token (F-24)', async () => {
    const listener = await world.listen();
    const forger = dealer(listener.socket.endpoint);
    for (const forged of [Buffer.alloc(0), Buffer.alloc(16), randomBytes(16)]) await forger.send(forged);
    await forger.send('done');
    await until('all', () => listener.heard.texts.includes('done'));
    expect(listener.heard.messages).toHaveLength(4);
    expect(listener.heard.gone).toEqual([]);
  });

  test('no message makes a connector believe that its listener is gone', async () => {
    const listener = await world.listen();
    const connector = world.connect(listener.socket.endpoint);
    connector.say('hello');
    await until('the peer', () => listener.heard.messages.length === 1);
    for (const forged of [Buffer.alloc(0), Buffer.alloc(16), randomBytes(16)]) {
      listener.socket.send(listener.heard.peers[0] as Peer, [forged]);
    }
    await until('all', () => connector.heard.messages.length === 3);
    expect(connector.heard.gone).toEqual([]);
  });

  test('a peer whose process is killed in the middle of a message leaves nothing of it', async () => {
    const listener = await world.listen();
    const relay = await Relay.start(listener.socket.endpoint);
    const socket = dealer(relay.endpoint);
    await socket.send(['whole', 'message']);
    await until('the whole message', () => listener.heard.messages.length === 1);
    relay.freezeAfter(70_000);
    await socket.send(['first frame', Buffer.alloc(200_000), 'last frame']);
    await until('the part that passes', () => relay.frozen);
    relay.cut();
    await until('its end', () => listener.heard.gone.length === 1);
    await relay.close();
    await world.quiet();
    expect(listener.heard.texts).toEqual(['whole|message']);
  });
});

/** Before the handshake a ROUTER does not know whom it is connected to. */
async function sendWhenKnown(router: Router, frames: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await router.send([...frames]);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EHOSTUNREACH' || attempt === 500) throw error;
      await pause(2);
    }
  }
}
