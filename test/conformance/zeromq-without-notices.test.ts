/** A libzmq that was built without its draft options: nobody tells us that a connection ended. */
import { Dealer } from 'zeromq';
import type * as Zeromq from 'zeromq';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { Relay, freeTcpEndpoint } from './relay.ts';
import { conformQueues } from './queues.ts';
import { conform } from './suite.ts';
import { until, World, type Ground } from './world.ts';

vi.mock('zeromq', async (load) => {
  const zeromq = await load<typeof Zeromq>();
  return { ...zeromq, capability: { ...zeromq.capability, draft: false } };
});

const ground: Ground = {
  name: 'zeromq without notices',
  resetReason: 'disconnected',
  comesBackFromLimits: false,
  transport: zeromqTransport,
  freeEndpoint: () => 'tcp://127.0.0.1:*',
  emptyEndpoint: freeTcpEndpoint,
  line: async (endpoint) => {
    const relay = await Relay.start(endpoint);
    return Object.assign(relay, {
      connect: (...[handler, options]: Parameters<Awaited<ReturnType<Ground['line']>>['connect']>) =>
        zeromqTransport.connect(relay.endpoint, handler, options),
      subscribe: (...[handler, options]: Parameters<Awaited<ReturnType<Ground['line']>>['subscribe']>) =>
        zeromqTransport.subscribe(relay.endpoint, handler, options),
    });
  },
};

conform(ground);
conformQueues(ground);

describe('peers that go without a word', () => {
  let world = new World(ground);
  const sockets: Dealer[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await world.end();
    world = new World(ground);
  });

  function dealer(endpoint: string, routingId?: string): Dealer {
    const socket = new Dealer({ linger: 0, ...(routingId === undefined ? {} : { routingId }) });
    socket.connect(endpoint);
    sockets.push(socket);
    return socket;
  }

  test('layers say that there are no disconnect notices', async () => {
    const listener = await world.listen();
    const connector = world.connect(listener.socket.endpoint);
    expect(listener.socket.layers.disconnectNotices).toBe(false);
    expect(connector.socket.layers.disconnectNotices).toBe(false);
  });

  test('a peer that closed is reported as unreachable when a send finds no route, once', async () => {
    const listener = await world.listen();
    const leaving = world.connect(listener.socket.endpoint);
    leaving.say('hello');
    await until('the peer', () => listener.heard.messages.length === 1);
    const [peer] = listener.heard.peers;
    await leaving.close();
    await until('the answer', () => listener.send(peer as never, 'are you there?') === 'unreachable');
    await until('the report', () => listener.heard.gone.length === 1);
    await world.quiet();
    expect(listener.heard.heard.at(-1)).toEqual({ kind: 'peerGone', peer, reason: 'unreachable' });
    expect(listener.heard.gone).toEqual([peer]);
  });

  test('the handles of more than a thousand silent peers without a session do not pile up; one with a session stays', async () => {
    const listener = await world.listen();
    const { endpoint } = listener.socket;
    listener.heard.onMessage = (peer, message) => {
      if (message.text(0) === 'worker') peer.session = 'registered';
    };
    const worker = dealer(endpoint);
    const named = dealer(endpoint, 'a-worker-with-a-name');
    const client = dealer(endpoint);
    await worker.send('worker');
    await named.send('worker');
    await client.send('client');
    await until('the three that stay', () => listener.heard.peers.length === 3);
    const handleOf = (text: string) => listener.heard.messages.find((message) => message.text === text)?.peer;

    // Handles are looked through at 1024: the first time shows who was silent since, the second drops them.
    const passing = 2200;
    const atOnce = 100;
    for (let count = 0; count < passing; count += atOnce) {
      const batch = Array.from({ length: atOnce }, () => dealer(endpoint));
      for (const socket of batch) await socket.send('passing by');
      const seen = 3 + count + atOnce;
      await until('all that pass by', () => listener.heard.messages.length === seen);
      for (const socket of batch) socket.close();
    }

    expect(listener.send(handleOf('client') as never, 'a late reply')).toBe('ok');
    expect(String(await client.receive())).toBe('a late reply');
    await worker.send('worker again');
    await named.send('named again');
    await client.send('client again');
    await until('all three', () => ['worker again', 'named again', 'client again'].every((text) => handleOf(text) !== undefined));
    expect(handleOf('worker again')?.session).toBe('registered');
    expect(handleOf('named again')?.session).toBe('registered');
    expect(handleOf('client again')).not.toBe(handleOf('client'));
  });

  test('a released handle is forgotten, and its peer gets another when it speaks again', async () => {
    const listener = await world.listen();
    const client = world.connect(listener.socket.endpoint);
    client.say('first');
    await until('the first', () => listener.heard.messages.length === 1);
    const [released] = listener.heard.peers;
    listener.socket.release(released as never);
    expect(listener.send(released as never, 'too late')).toBe('unreachable');
    client.say('second');
    await until('the second', () => listener.heard.messages.length === 2);
    expect(listener.heard.peers).toHaveLength(2);
    expect(listener.send(listener.heard.peers[1] as never, 'welcome back')).toBe('ok');
    await until('the reply', () => client.heard.texts.includes('welcome back'));
  });
});
