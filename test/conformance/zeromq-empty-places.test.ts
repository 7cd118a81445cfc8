/** Places where nobody listens yet, and why it matters who comes there first. */
import { existsSync, readFileSync } from 'node:fs';
import { Router, Subscriber } from 'zeromq';
import { afterEach, expect, test } from 'vitest';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { freePort } from '../support/ports.ts';
import { freeTcpEndpoint } from './relay.ts';
import { until } from './world.ts';

/** Where Linux says from which ports it chooses. */
const RANGE_FILE = '/proc/sys/net/ipv4/ip_local_port_range';

const sockets: { close(): unknown }[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) void socket.close();
});

const opened = <S extends { close(): unknown }>(socket: S): S => {
  sockets.push(socket);
  return socket;
};

function subscriberAt(endpoint: string): { readonly heard: string[] } {
  const heard: string[] = [];
  const socket = opened(new Subscriber({ reconnectInterval: 10 }));
  socket.subscribe();
  socket.connect(endpoint);
  void (async () => {
    for await (const [frame] of socket) heard.push(String(frame));
  })().catch(() => undefined);
  return { heard };
}

test('a subscriber of libzmq that has met a ROUTER does not try again, and never hears the publisher that comes to its place', async () => {
  const endpoint = await freeTcpEndpoint();
  const unlucky = subscriberAt(endpoint);
  const router = opened(new Router({ linger: 0 }));
  let parted = false;
  router.events.on('disconnect', () => (parted = true));
  await router.bind(endpoint);
  await until('the two to meet and to part', () => parted);
  await router.unbind(endpoint);
  const publisher = opened(await zeromqTransport.publish(endpoint, { linger: 0 }));
  const late = subscriberAt(endpoint);
  await until('the late one to hear much', () => {
    publisher.publish([Buffer.from('news')]);
    return late.heard.length >= 100;
  });
  expect(unlucky.heard).toEqual([]);
});

test.skipIf(!existsSync(RANGE_FILE))(
  'the ports of places that are to be empty are none that the system gives to others by itself',
  async () => {
    const [lowest = 0, highest = 0] = readFileSync(RANGE_FILE, 'utf8').trim().split(/\s+/).map(Number);
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(ports.filter((port) => port >= lowest && port <= highest)).toEqual([]);
    expect(new Set(ports).size).toBe(ports.length);
  },
);
