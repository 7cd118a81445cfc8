/**
 * The weaknesses of the Guide's brokers, one named test each: ours has none of them. Peers speak bare frames, so nothing here
 * depends on what our own workers and clients would have done.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLIENT, DISCONNECT_MESSAGE, READY, REPLY, WORKER, World, type RawClient } from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

async function mmi(client: RawClient, service: string): Promise<string | undefined> {
  client.ask('mmi.service', service);
  await world.settle();
  return client.take().find((frames) => frames[2] === 'mmi.service')?.[3];
}

test('W1: a request is not lost when its worker dies at work, and the dead worker is not counted as one', async () => {
  const broker = await world.broker();
  const client = world.rawClient();
  const dying = await world.rawWorker('echo');
  client.ask('echo', 'job');
  await world.settle();
  expect(dying.takeRequest().body).toEqual(['job']);
  expect(await mmi(client, 'echo')).toBe('200');
  await dying.close();
  await world.settle();
  expect(await mmi(client, 'echo')).toBe('404');
  expect(broker.inspect()).toMatchObject({ workers: [], services: [{ name: 'echo', workers: 0, waiting: 1 }] });
  // The second worker gets the job at once.
  const living = await world.rawWorker('echo');
  living.reply(living.takeRequest(), 'done');
  await world.settle();
  expect(client.take()).toEqual([['', CLIENT, 'echo', 'done']]);
});

test('W1: nor when nobody says that it died: it heartbeats at work, and then no more', async () => {
  await world.broker({ heartbeatInterval: 1000, heartbeatLiveness: 3 });
  const client = world.rawClient();
  const freezing = await world.rawWorker('echo');
  client.ask('echo', 'job');
  await world.settle();
  freezing.takeRequest();
  for (let beat = 0; beat < 3; beat++) {
    await world.advance(1000);
    freezing.heartbeat();
  }
  await world.settle();
  world.network.freeze(freezing.connector);
  await world.advance(3000);
  expect(await mmi(client, 'echo')).toBe('404');
  const living = await world.rawWorker('echo');
  expect(living.takeRequest().body).toEqual(['job']);
});

test('W2: a silent worker expires though live workers of its own and of other services stand before it', async () => {
  const broker = await world.broker({ heartbeatInterval: 1000, heartbeatLiveness: 3 });
  const client = world.rawClient();
  const before = [await world.rawWorker('other'), await world.rawWorker('echo')];
  await world.rawWorker('echo');
  const after = await world.rawWorker('echo');
  // Heartbeats renew the time of those before and after it, and change nobody's place.
  for (let beat = 0; beat < 5; beat++) {
    await world.advance(1000);
    for (const worker of [...before, after]) worker.heartbeat();
  }
  await world.settle();
  expect(broker.inspect().workers).toHaveLength(3);
  // The place of the silent one goes to nobody: two requests, two live workers.
  client.ask('echo', 'first');
  client.ask('echo', 'second');
  await world.settle();
  expect(before[1]!.takeRequest().body).toEqual(['first']);
  expect(after.takeRequest().body).toEqual(['second']);
});

test('W3: a REPLY from an idle worker goes to nobody, and no worker is listed twice', async () => {
  const broker = await world.broker();
  const client = world.rawClient();
  const worker = await world.rawWorker('echo');
  client.ask('echo', 'first');
  await world.settle();
  const first = worker.takeRequest();
  worker.reply(first, 'done');
  worker.reply(first, 'done again');
  await world.settle();
  expect(client.take()).toEqual([['', CLIENT, 'echo', 'done']]);
  expect(worker.take()).toEqual([DISCONNECT_MESSAGE]);
  client.ask('echo', 'second');
  client.ask('echo', 'third');
  await world.settle();
  expect(worker.take()).toEqual([]);
  expect(broker.inspect()).toMatchObject({ workers: [], queued: 2, inFlight: 0 });
});

test('W4: a busy worker hears heartbeats, so that it need not take its broker for dead', async () => {
  await world.broker({ heartbeatInterval: 2500 });
  const worker = await world.rawWorker('echo');
  world.rawClient().ask('echo', 'job');
  await world.settle();
  worker.takeRequest();
  await world.advance(8000);
  expect(worker.take()).toEqual(Array.from({ length: 3 }, () => ['', WORKER, '\x04']));
});

test('W5: nobody becomes mmi.service by registering as it', async () => {
  const broker = await world.broker();
  const client = world.rawClient();
  for (const name of ['mmi.service', 'mmi.', 'mmi.seaworthy', 'mmi.anything']) {
    const impostor = await world.rawWorker(name);
    expect(impostor.take()).toEqual([DISCONNECT_MESSAGE]);
    expect(await mmi(client, name)).toBe('404');
  }
  expect(broker.inspect()).toMatchObject({ workers: [], services: [] });
  // What looks like the sender of such a name is not one.
  const worker = await world.rawWorker('mm');
  expect(worker.take()).toEqual([]);
  expect(await mmi(client, 'mm')).toBe('200');
});

test('W6: no request without a body and no junk frame kills the broker', async () => {
  const broker = await world.broker();
  const [hostile, client] = [world.rawClient(), world.rawClient()];
  const worker = await world.rawWorker('echo');
  const messages = [
    ['junk'],
    [''],
    ['', ''],
    ['', CLIENT],
    ['', CLIENT, 'echo'],
    ['', CLIENT, 'mmi.service'],
    ['', WORKER],
    ['', WORKER, READY],
    ['', WORKER, REPLY],
    ['', WORKER, REPLY, 'address'],
    ['', 'MDPX01', 'echo', 'body'],
  ];
  for (const frames of messages) hostile.send(...frames);
  await world.settle();
  client.ask('echo', 'job');
  await world.settle();
  worker.reply(worker.takeRequest(), 'done');
  await world.settle();
  expect(client.take()).toEqual([['', CLIENT, 'echo', 'done']]);
  expect(broker.inspect().counters).toMatchObject({ faults: 0, accepted: 1 });
});

test('W7: a worker may leave, idle or busy, and the next time the broker looks at its workers nothing is amiss', async () => {
  const broker = await world.broker({ heartbeatInterval: 1000, heartbeatLiveness: 3 });
  const client = world.rawClient();
  const [busy, idle, other] = [await world.rawWorker('echo'), await world.rawWorker('echo'), await world.rawWorker('echo')];
  client.ask('echo', 'job');
  await world.settle();
  busy.takeRequest();
  busy.disconnect();
  idle.disconnect();
  await world.settle();
  // Whether or not the second was handed the request before it was heard to leave, it has come to the third.
  const request = other.takeRequest();
  expect(request.body).toEqual(['job']);
  other.reply(request, 'done');
  await world.settle();
  expect(client.take()).toEqual([['', CLIENT, 'echo', 'done']]);
  await world.advance(10_000);
  expect(broker.inspect()).toMatchObject({ workers: [], services: [], counters: { faults: 0, workersLost: 3 } });
  // RFC: after DISCONNECT the broker sends nothing more.
  expect(busy.take()).toEqual([]);
});

test('W8: requests for services that nobody serves expire, and so do the services', async () => {
  const broker = await world.broker({ requestExpiry: 30_000 });
  const client = world.rawClient();
  for (let name = 0; name < 100; name++) client.ask(`nobody serves ${name}`, 'job');
  await world.settle();
  expect(broker.inspect()).toMatchObject({ queued: 100 });
  await world.advance(30_000);
  expect(broker.inspect()).toMatchObject({ queued: 0, services: [], failures: { expired: 100 } });
});

test('W8: requests of a client that has left are not executed', async () => {
  const broker = await world.broker();
  const client = world.rawClient();
  for (let job = 0; job < 10; job++) client.ask('echo', 'job');
  await world.settle();
  await client.close();
  const worker = await world.rawWorker('echo');
  expect(worker.takeRequests()).toEqual([]);
  expect(broker.inspect().counters).toMatchObject({ accepted: 10, dropped: 10, deliveries: 0 });
});

test('W8: no client can fill the table of services: asking for what is nowhere is bounded', async () => {
  const broker = await world.broker({ maxServices: 50 });
  const client = world.rawClient();
  for (let name = 0; name < 1000; name++) client.ask(`service ${name}`, 'job');
  await world.settle();
  expect(broker.inspect().services).toHaveLength(50);
  expect(broker.inspect()).toMatchObject({ queued: 50, failures: { 'services-full': 950 } });
  await client.close();
  await world.settle();
  expect(broker.inspect()).toMatchObject({ queued: 0, services: [] });
});

test('W9: a worker answers the request it holds and no other, and reaches no client that it was not given', async () => {
  const broker = await world.broker();
  const [victim, client] = [world.rawClient(), world.rawClient()];
  const [holder, hostile] = [await world.rawWorker('secret'), await world.rawWorker('echo')];
  victim.ask('secret', 'job');
  client.ask('echo', 'job');
  await world.settle();
  const [secret, own] = [holder.takeRequest(), hostile.takeRequest()];
  // The address says nothing about the client, and the request of another worker is none of its business.
  expect(own.address.startsWith('SW\x01\x01')).toBe(true);
  expect(own.address).toHaveLength(12);
  hostile.reply(secret, 'forged');
  await world.settle();
  expect(victim.take()).toEqual([]);
  expect(hostile.take()).toEqual([DISCONNECT_MESSAGE]);
  // It has lost its place, its own request waits for another, and the victim gets the right answer.
  expect(broker.inspect()).toMatchObject({ workers: [{ service: 'secret' }], queued: 1 });
  holder.reply(secret, 'true');
  await world.settle();
  expect(victim.take()).toEqual([['', CLIENT, 'secret', 'true']]);
  expect(client.take()).toEqual([]);
});
