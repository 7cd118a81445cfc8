/** Our broker, byte by byte: bare sockets on the other side, frames compared with the tables of 7/MDP and 8/MMI. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import type { MajordomoBrokerOptions } from '../../src/majordomo/options.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { eventually, freePort } from './processes.ts';
import { closeRawPeers, RawDealer } from './raw-peer.ts';

const CLIENT = 'MDPC01';
const WORKER = 'MDPW01';
const [READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT] = ['\x01', '\x02', '\x03', '\x04', '\x05'];

let brokers: MajordomoBroker[] = [];

beforeEach(() => {
  brokers = [];
});

afterEach(async () => {
  closeRawPeers();
  await Promise.all(brokers.map((broker) => broker.close()));
});

async function listen(options: MajordomoBrokerOptions = {}): Promise<MajordomoBroker> {
  const broker = await MajordomoBroker.listen('tcp://127.0.0.1:*', { drainTimeout: 0, ...options });
  brokers.push(broker);
  return broker;
}

async function register(broker: MajordomoBroker, service: string): Promise<RawDealer> {
  const worker = new RawDealer(broker.endpoint);
  const registered = broker.events.once('workerRegistered');
  await worker.send('', WORKER, READY, service);
  await registered;
  return worker;
}

function connect(broker: MajordomoBroker): RawDealer {
  return new RawDealer(broker.endpoint);
}

describe('what the broker sends', () => {
  test('REQUEST to a worker and REPLY to a client are the frames of the RFC, bodies of several frames untouched', async () => {
    const broker = await listen();
    const worker = await register(broker, 'echo');
    const client = connect(broker);
    await client.send('', CLIENT, 'echo', 'one', '', 'thr\xee');
    const request = await worker.receive();
    const handle = request[3] as string;
    expect(request).toEqual(['', WORKER, REQUEST, handle, '', 'one', '', 'thr\xee']);
    expect(handle).toHaveLength(12);
    expect(handle.slice(0, 4)).toBe('SW\x01\x01');
    await worker.send('', WORKER, REPLY, handle, '', 'done', '', '\0');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done', '', '\0']);
  });

  test('HEARTBEAT goes to idle and to busy workers, and nothing but commands of the RFC', async () => {
    const broker = await listen({ heartbeatInterval: 40, heartbeatLiveness: 5 });
    const idle = await register(broker, 'idle');
    const busy = await register(broker, 'busy');
    await connect(broker).send('', CLIENT, 'busy', 'work');
    expect((await busy.receiveUntil((frames) => frames[2] !== HEARTBEAT))[2]).toBe(REQUEST);
    for (let beats = 0; beats < 2; beats++) {
      expect(await idle.receive()).toEqual(['', WORKER, HEARTBEAT]);
      expect(await busy.receive()).toEqual(['', WORKER, HEARTBEAT]);
    }
  });

  test.each([
    ['HEARTBEAT from a worker that never registered', [HEARTBEAT]],
    ['REPLY from a worker that never registered', [REPLY, 'address', '', 'body']],
    ['READY for a name of the broker’s own', [READY, 'mmi.echo']],
    ['READY for a name that cannot be one', [READY, 'a\nb']],
    ['READY for no name', [READY, '']],
  ])('DISCONNECT answers %s', async (_what, frames) => {
    const broker = await listen();
    const worker = connect(broker);
    await worker.send('', WORKER, ...frames);
    expect(await worker.receive()).toEqual(['', WORKER, DISCONNECT]);
    expect(broker.inspect().workers).toEqual([]);
    expect(broker.inspect().services).toEqual([]);
  });

  test.each([
    ['a second READY', [READY, 'echo']],
    ['an unasked REPLY', [REPLY, 'SW\x01\x01\0\0\0\0\0\0\0\x01', '', 'body']],
    ['a REPLY without frames', [REPLY]],
  ])('DISCONNECT, and nothing after it, answers %s from an idle worker', async (_what, frames) => {
    const broker = await listen({ heartbeatInterval: 30 });
    const worker = await register(broker, 'echo');
    await worker.send('', WORKER, ...frames);
    await worker.receiveUntil((received) => received[2] === DISCONNECT);
    await worker.send('', WORKER, HEARTBEAT);
    expect(await worker.everythingWithin(150)).toEqual([]);
    expect(broker.inspect().workers).toEqual([]);
  });

  test('DISCONNECT is the last that a worker hears from a broker that closes', async () => {
    const broker = await listen({ heartbeatInterval: 10_000 });
    const worker = await register(broker, 'echo');
    await broker.close();
    expect(await worker.receive()).toEqual(['', WORKER, DISCONNECT]);
  });

  test('MMI answers in the frames of the RFC: 200 or 404 for a service, 501 for anything unknown', async () => {
    const broker = await listen();
    await register(broker, 'echo');
    const client = connect(broker);
    const ask = async (...frames: string[]): Promise<string[]> => {
      await client.send('', CLIENT, ...frames);
      return client.receive();
    };
    expect(await ask('mmi.service', 'echo')).toEqual(['', CLIENT, 'mmi.service', '200']);
    expect(await ask('mmi.service', 'other')).toEqual(['', CLIENT, 'mmi.service', '404']);
    expect(await ask('mmi.service', 'mmi.service')).toEqual(['', CLIENT, 'mmi.service', '404']);
    expect(await ask('mmi.service', '__proto__')).toEqual(['', CLIENT, 'mmi.service', '404']);
    expect(await ask('mmi.service', '')).toEqual(['', CLIENT, 'mmi.service', '404']);
    expect(await ask('mmi.service', 'echo', 'x')).toEqual(['', CLIENT, 'mmi.service', '200']);
    expect(await ask('mmi.', 'echo')).toEqual(['', CLIENT, 'mmi.', '501']);
    expect(await ask('mmi.filter', 'echo')).toEqual(['', CLIENT, 'mmi.filter', '501']);
    expect(await ask('mmi.seaworthy', '')).toEqual(['', CLIENT, 'mmi.seaworthy', '200', 'correlation/1']);
    expect(broker.inspect().services.map((service) => service.name)).toEqual(['echo']);
  });

  test('a worker that is busy still counts for mmi.service', async () => {
    const broker = await listen();
    const worker = await register(broker, 'echo');
    const client = connect(broker);
    await client.send('', CLIENT, 'echo', 'work');
    await worker.receive();
    await client.send('', CLIENT, 'mmi.service', 'echo');
    expect(await client.receive()).toEqual(['', CLIENT, 'mmi.service', '200']);
  });
});

describe('envelopes of clients come back as they went in', () => {
  const correlation = (id: number, timeToLive: number): string =>
    `SW\x01\0\0\0\0${String.fromCharCode(id)}\0\0${String.fromCharCode(timeToLive >> 8, timeToLive & 255)}`;

  test.each([
    ['none, as a DEALER or REQ', []],
    ['four bytes, as a REQ that correlates', ['\0\0\0\x07']],
    ['the addresses of two queue devices', ['\0aaaa', '\0bbbb']],
    ['eight frames', ['1', '2', '3', '4', '5', '6', '7', '8']],
    ['a mark of a later version', ['SW\x02\0abcdefgh']],
  ])('%s', async (_what, envelope) => {
    const broker = await listen();
    const worker = await register(broker, 'echo');
    const client = connect(broker);
    await client.send(...envelope, '', CLIENT, 'echo', 'body');
    const request = await worker.receive();
    expect(request).toEqual(['', WORKER, REQUEST, request[3], '', 'body']);
    await worker.send('', WORKER, REPLY, request[3] as string, '', 'done');
    expect(await client.receive()).toEqual([...envelope, '', CLIENT, 'echo', 'done']);
    await client.send(...envelope, '', CLIENT, 'mmi.service', 'echo');
    expect(await client.receive()).toEqual([...envelope, '', CLIENT, 'mmi.service', '200']);
  });

  test('a correlation of ours comes back with the number of deliveries in it', async () => {
    const broker = await listen();
    const first = await register(broker, 'echo');
    const second = await register(broker, 'echo');
    const client = connect(broker);
    await client.send(correlation(5, 9000), '', CLIENT, 'echo', 'body');
    await first.receive();
    first.close();
    const request = await second.receive();
    expect((request[3] as string).slice(0, 4)).toBe('SW\x01\x02');
    await second.send('', WORKER, REPLY, request[3] as string, '', 'done');
    const answer = correlation(5, 9000).replace('SW\x01\0', 'SW\x01\x02');
    expect(await client.receive()).toEqual([answer, '', CLIENT, 'echo', 'done']);
  });

  test('a correlation of ours is seen behind the addresses of queue devices, and answered behind them', async () => {
    const broker = await listen({ maxQueuedPerService: 1 });
    const worker = await register(broker, 'echo');
    const device = connect(broker);
    const through = ['\0aaaa', '\0bbbb'];
    await device.send(...through, correlation(5, 9000), '', CLIENT, 'echo', 'body');
    const request = await worker.receive();
    await worker.send('', WORKER, REPLY, request[3] as string, '', 'done');
    const answer = correlation(5, 9000).replace('SW\x01\0', 'SW\x01\x01');
    expect(await device.receive()).toEqual([...through, answer, '', CLIENT, 'echo', 'done']);
    await device.send(...through, correlation(6, 9000), '', CLIENT, 'nowhere', 'body');
    await device.send(...through, correlation(7, 9000), '', CLIENT, 'nowhere', 'body');
    expect(await device.receive()).toEqual([...through, correlation(7, 9000), '', 'SEAF01', 'nowhere', 'queue-full', '0']);
    await broker.close();
    expect(await device.receive()).toEqual([...through, correlation(6, 9000), '', 'SEAF01', 'nowhere', 'shutting-down', '0']);
  });

  test('a request that the last delivery of still runs when the broker’s patience ends is not called poisoned', async () => {
    const broker = await listen({ maxDeliveries: 1, drainTimeout: 50 });
    const worker = await register(broker, 'echo');
    const client = connect(broker);
    await client.send(correlation(5, 9000), '', CLIENT, 'echo', 'body');
    await worker.receive();
    await broker.close();
    const answer = correlation(5, 9000).replace('SW\x01\0', 'SW\x01\x01');
    expect(await client.receive()).toEqual([answer, '', 'SEAF01', 'echo', 'shutting-down', '1']);
  });

  test('failures are told to clients that correlate as we do and to nobody else', async () => {
    const broker = await listen({ maxQueuedPerService: 0 });
    const ours = connect(broker);
    const plain = connect(broker);
    await plain.send('', CLIENT, 'echo', 'body');
    await plain.send('\0\0\0\x07', '', CLIENT, 'echo', 'body');
    await ours.send(correlation(9, 9000), '', CLIENT, 'echo', 'body');
    expect(await ours.receive()).toEqual([correlation(9, 9000), '', 'SEAF01', 'echo', 'queue-full', '0']);
    await ours.send(correlation(10, 9000), '', CLIENT, 'echo');
    expect(await ours.receive()).toEqual([correlation(10, 9000), '', 'SEAF01', 'echo', 'invalid', '0']);
    expect(await plain.everythingWithin(50)).toEqual([]);
    expect(broker.inspect().counters).toMatchObject({ rejected: 4, accepted: 0 });
  });
});

describe('at the moment it begins to listen', () => {
  test('a broker whose event loop is busy just then serves what has arrived meanwhile', async () => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const stranger = new RawDealer(endpoint);
    const worker = new RawDealer(endpoint);
    const client = new RawDealer(endpoint);
    await stranger.send('', WORKER, HEARTBEAT);
    await worker.send('', WORKER, READY, 'echo');
    await client.send('', CLIENT, 'echo', 'body');
    // Bound, but nobody has been told yet: the peers' messages come in on libzmq's own thread.
    const transport: Transport = {
      ...zeromqTransport,
      listen: (...given) => {
        const listening = zeromqTransport.listen(...given);
        for (const until = performance.now() + 500; performance.now() < until;);
        return listening;
      },
    };
    brokers.push(await MajordomoBroker.listen(endpoint, { drainTimeout: 0, transport }));
    expect(await stranger.receive()).toEqual(['', WORKER, DISCONNECT]);
    const request = await worker.receive();
    expect(request).toEqual(['', WORKER, REQUEST, request[3], '', 'body']);
    await worker.send('', WORKER, REPLY, request[3] as string, '', 'done');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done']);
    expect(brokers[0]?.inspect().counters).toMatchObject({ accepted: 1, replied: 1, rejected: 0, faults: 0 });
  });
});

describe('what the Guide’s brokers get wrong', () => {
  test('W1: a request whose worker dies is handed to another one and answered once', async () => {
    const broker = await listen();
    const first = await register(broker, 'echo');
    const second = await register(broker, 'echo');
    const client = connect(broker);
    await client.send('', CLIENT, 'echo', 'body');
    await first.receive();
    first.close();
    const request = await second.receive();
    expect(request.slice(5)).toEqual(['body']);
    await second.send('', WORKER, REPLY, request[3] as string, '', 'done');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done']);
    expect(await client.everythingWithin(100)).toEqual([]);
    await client.send('', CLIENT, 'mmi.service', 'echo');
    expect((await client.receive())[3]).toBe('200');
    second.close();
    await eventually('the service is gone', () => broker.inspect().services.length === 0);
    await client.send('', CLIENT, 'mmi.service', 'echo');
    expect((await client.receive())[3]).toBe('404');
  });

  test('W2: a silent worker expires although live workers of other services stand before it', async () => {
    const broker = await listen({ heartbeatInterval: 40, heartbeatLiveness: 3 });
    const talkative = await register(broker, 'other');
    const silent = await register(broker, 'echo');
    const beating = setInterval(() => void talkative.send('', WORKER, HEARTBEAT), 40);
    const lost = await broker.events.once('workerLost');
    expect(lost).toMatchObject({ service: 'echo', reason: 'expired', noticedBy: 'heartbeat', heldRequests: 0 });
    await silent.receiveUntil((frames) => frames[2] === DISCONNECT);
    expect(broker.inspect().services.map((service) => service.name)).toEqual(['other']);
    clearInterval(beating);
  });

  test('W3: a REPLY from an idle worker reaches nobody, and the worker never gets two requests at once', async () => {
    const broker = await listen();
    const worker = await register(broker, 'echo');
    const client = connect(broker);
    await client.send('', CLIENT, 'echo', 'first');
    const request = await worker.receive();
    await worker.send('', WORKER, REPLY, request[3] as string, '', 'done');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done']);
    await worker.send('', WORKER, REPLY, request[3] as string, '', 'again');
    expect(await worker.receive()).toEqual(['', WORKER, DISCONNECT]);
    await client.send('', CLIENT, 'echo', 'second');
    await client.send('', CLIENT, 'echo', 'third');
    expect(await client.everythingWithin(50)).toEqual([]);
    expect(await worker.everythingWithin(50)).toEqual([]);
    expect(broker.inspect()).toMatchObject({ queued: 2, inFlight: 0 });
  });

  test('W4, W9: a REPLY to another address is a protocol error, and the request goes to another worker', async () => {
    const broker = await listen();
    const forger = await register(broker, 'echo');
    const honest = await register(broker, 'echo');
    const client = connect(broker);
    const victim = connect(broker);
    await victim.send('', CLIENT, 'other', 'waits');
    await client.send('', CLIENT, 'echo', 'body');
    const stolen = (await forger.receive())[3] as string;
    const guessed = stolen.slice(0, -1) + String.fromCharCode((stolen.charCodeAt(11) + 1) % 256);
    await forger.send('', WORKER, REPLY, guessed, '', 'forged');
    expect(await forger.receive()).toEqual(['', WORKER, DISCONNECT]);
    const request = await honest.receive();
    await forger.send('', WORKER, REPLY, request[3] as string, '', 'forged');
    await honest.send('', WORKER, REPLY, request[3] as string, '', 'done');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done']);
    expect(await client.everythingWithin(50)).toEqual([]);
    expect(await victim.everythingWithin(1)).toEqual([]);
    expect(broker.inspect().counters.lateReplies).toBe(1);
  });

  test('W6: a request without a body and a single junk frame are dropped, counted and harmless', async () => {
    const broker = await listen();
    const client = connect(broker);
    await client.send('', CLIENT, 'echo');
    await client.send('junk');
    await client.send('', CLIENT, 'mmi.service', 'echo');
    expect(await client.receive()).toEqual(['', CLIENT, 'mmi.service', '404']);
    expect(broker.inspect()).toMatchObject({ services: [], queued: 0, counters: { invalid: 2, faults: 0 } });
  });

  test('W7: a worker that says DISCONNECT, busy or idle, is never sent anything again and its request is not lost', async () => {
    const broker = await listen({ heartbeatInterval: 30, heartbeatLiveness: 5 });
    const idle = await register(broker, 'idle');
    const busy = await register(broker, 'echo');
    const other = await register(broker, 'echo');
    const client = connect(broker);
    await client.send('', CLIENT, 'echo', 'body');
    await busy.receiveUntil((frames) => frames[2] === REQUEST);
    await idle.send('', WORKER, DISCONNECT);
    await busy.send('', WORKER, DISCONNECT);
    const request = await other.receiveUntil((frames) => frames[2] === REQUEST);
    await other.send('', WORKER, REPLY, request[3] as string, '', 'done');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done']);
    // Heartbeats that were on their way when it said so are the only thing it may still hear.
    await Promise.all([idle.everythingWithin(60), busy.everythingWithin(60)]);
    expect(await idle.everythingWithin(100)).toEqual([]);
    expect(await busy.everythingWithin(100)).toEqual([]);
  });

  test('W8: requests for services nobody offers expire, and take their service with them', async () => {
    const broker = await listen({ requestExpiry: 80 });
    const client = connect(broker);
    await client.send('', CLIENT, 'nowhere', 'body');
    await eventually('the request is queued', () => broker.inspect().queued === 1);
    await eventually('it has expired', () => broker.inspect().queued === 0);
    expect(broker.inspect()).toMatchObject({ services: [], failures: { expired: 1 }, counters: { failed: 1 } });
  });

  test('W8: requests of a client that left are not executed', async () => {
    const broker = await listen();
    const leaving = connect(broker);
    await leaving.send('', CLIENT, 'echo', 'orphan');
    await eventually('the request is queued', () => broker.inspect().queued === 1);
    const dropped = broker.events.once('requestDropped');
    leaving.close();
    await dropped;
    const worker = await register(broker, 'echo');
    expect(await worker.everythingWithin(50)).toEqual([]);
    expect(broker.inspect()).toMatchObject({ queued: 0, counters: { dropped: 1, deliveries: 0 } });
  });
});
