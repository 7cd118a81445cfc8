/** Our client, byte by byte: a bare ROUTER for a broker, frames compared with the table of 7/MDP. */
import { afterEach, describe, expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import type { MajordomoClientOptions } from '../../src/majordomo/options.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { rejecting } from '../support/uncaught.ts';
import { pause } from './processes.ts';
import { closeRawPeers, RawRouter, type Frames } from './raw-peer.ts';

const CLIENT = 'MDPC01';
const PROBE = ['', CLIENT, 'mmi.seaworthy', ''];

let clients: MajordomoClient[] = [];

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
  closeRawPeers();
});

function connect(broker: RawRouter, options: MajordomoClientOptions = {}): MajordomoClient {
  const client = MajordomoClient.connect(broker.endpoint, { requestTimeout: 5000, retryInterval: 10, retryMaximum: 10, ...options });
  clients.push(client);
  return client;
}

const texts = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));
const isRequest = (frames: Frames): boolean => !frames.includes('mmi.seaworthy');

describe('with a broker that is not ours', () => {
  test.each([
    ['501', ['501']],
    ['404', ['404']],
    ['200 of its own meaning', ['200', 'something else']],
  ])('the probe is a plain MMI question; after the answer %s requests are those of a plain DEALER', async (_what, answer) => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { probeTimeout: 5000 });
    const outcome = client.request('echo', ['one', '', 'thr\xee']);
    const [id = '', ...probe] = await broker.receive();
    expect(probe).toEqual(PROBE);
    await broker.send(id, '', CLIENT, 'mmi.seaworthy', ...answer);
    const [address = '', ...request] = await broker.receive();
    expect(request).toEqual(['', CLIENT, 'echo', 'one', '', 'thr\xc3\xae']);
    await broker.send(address, '', CLIENT, 'echo', 'done', '', '\0');
    const reply = await outcome;
    expect(texts(reply.body)).toEqual(['done', '', '\0']);
    expect(reply.deliveries).toBe(0);
    expect(client.inspect().correlation).toBe('socket');
  });

  test('a broker that never answers the probe is foreign', async () => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { probeTimeout: 30 });
    const outcome = client.request('echo', 'body');
    const [address = '', ...request] = await broker.receiveUntil(isRequest);
    expect(request).toEqual(['', CLIENT, 'echo', 'body']);
    await broker.send(address, '', CLIENT, 'echo', 'done');
    expect(texts((await outcome).body)).toEqual(['done']);
  });

  test('no body is sent as one empty frame', async () => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { correlation: 'socket' });
    const outcome = client.request('echo', []);
    const [address = '', ...request] = await broker.receive();
    expect(request).toEqual(['', CLIENT, 'echo', '']);
    await broker.send(address, '', CLIENT, 'echo', '');
    await outcome;
  });

  test('each request in flight has a connection to itself; one that was answered is used again', async () => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { correlation: 'socket' });
    const outcomes = ['a', 'b', 'c'].map((body) => client.request('echo', body));
    const received = [await broker.receive(), await broker.receive(), await broker.receive()];
    expect(new Set(received.map(([address]) => address)).size).toBe(3);
    // In any order: nothing but the connection tells them apart.
    for (const [address = '', , , , body = ''] of received.reverse()) await broker.send(address, '', CLIENT, 'echo', body.toUpperCase());
    expect((await Promise.all(outcomes)).map((reply) => texts(reply.body))).toEqual([['A'], ['B'], ['C']]);
    const fourth = client.request('echo', 'd');
    const [address = ''] = await broker.receive();
    expect(received.map(([known]) => known)).toContain(address);
    await broker.send(address, '', CLIENT, 'echo', 'D');
    expect(texts((await fourth).body)).toEqual(['D']);
  });

  test('a reply that comes after the timeout answers neither the repetition nor the next request', async () => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { correlation: 'socket', requestTimeout: 250, requestRetries: 2 });
    const first = client.request('echo', 'first');
    const [slow = ''] = await broker.receive();
    const [repeated = '', ...repetition] = await broker.receive();
    expect(repetition).toEqual(['', CLIENT, 'echo', 'first']);
    expect(repeated).not.toBe(slow);
    await broker.send(slow, '', CLIENT, 'echo', 'late').catch(() => undefined);
    await broker.send(repeated, '', CLIENT, 'echo', 'in time');
    const reply = await first;
    expect(texts(reply.body)).toEqual(['in time']);
    expect(reply.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);

    const given = rejecting(client.request('echo', 'given up', { requestRetries: 1 }));
    const [abandoned = ''] = await broker.receive();
    await expect(given).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT', mayHaveRun: true });
    const next = client.request('echo', 'next', { requestTimeout: 5000 });
    const [fresh = ''] = await broker.receive();
    expect(fresh).not.toBe(abandoned);
    await broker.send(abandoned, '', CLIENT, 'echo', 'late').catch(() => undefined);
    await broker.send(fresh, '', CLIENT, 'echo', 'next');
    expect(texts((await next).body)).toEqual(['next']);
  });

  test('an aborted request takes its connection with it', async () => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { correlation: 'socket' });
    const abort = new AbortController();
    const aborted = rejecting(client.request('echo', 'aborted', { signal: abort.signal }));
    const [left = ''] = await broker.receive();
    abort.abort(new Error('changed my mind'));
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    const next = client.request('echo', 'next');
    const [fresh = ''] = await broker.receive();
    expect(fresh).not.toBe(left);
    await broker.send(fresh, '', CLIENT, 'echo', 'done');
    expect(texts((await next).body)).toEqual(['done']);
  });

  test('garbage and answers to other questions are dropped and counted; the right answer still counts', async () => {
    const broker = await RawRouter.listen();
    const client = connect(broker, { correlation: 'socket' });
    const outcome = client.request('echo', 'body');
    const [address = ''] = await broker.receive();
    const mark = 'SW\x01\x01\0\0\0\x01\0\0\0\0';
    for (const frames of [
      [''],
      ['junk'],
      ['', CLIENT],
      ['', CLIENT, 'echo'],
      ['', 'MDPW01', '\x02', 'address', '', 'body'],
      ['', CLIENT, 'other', 'not mine'],
      ['', CLIENT, 'a'.repeat(300), 'not mine'],
      [mark, '', CLIENT, 'echo', 'not mine'],
      [mark, '', 'SEAF01', 'echo', 'poisoned', '3'],
      ['', 'SEAF01', 'echo', 'poisoned', '3'],
      ['\0aaaa', '', CLIENT, 'echo', 'not mine'],
    ])
      await broker.send(address, ...frames);
    await broker.send(address, '', CLIENT, 'echo', 'mine');
    expect(texts((await outcome).body)).toEqual(['mine']);
    const { invalid, stale, faults } = client.inspect().counters;
    expect({ dropped: invalid + stale, faults }).toEqual({ dropped: 11, faults: 0 });
  });
});

describe('with our broker', () => {
  /** A client whose broker has said that it is ours. */
  async function correlated(broker: RawRouter, options: MajordomoClientOptions = {}): Promise<[MajordomoClient, string]> {
    const client = connect(broker, { probeTimeout: 5000, ...options });
    const [id = ''] = await broker.receive();
    await broker.send(id, '', CLIENT, 'mmi.seaworthy', '200', 'correlation/1');
    return [client, id];
  }
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

  test('all requests share one connection behind frames of twelve bytes: mark, id, time to live', async () => {
    const broker = await RawRouter.listen();
    const [client, id] = await correlated(broker, { requestTimeout: 4321 });
    const outcomes = ['a', 'b', 'c'].map((body) => client.request('echo', ['x', body]));
    const received = [await broker.receive(), await broker.receive(), await broker.receive()];
    for (const [address, correlation = '', ...request] of received) {
      expect(address).toBe(id);
      expect(correlation).toHaveLength(12);
      expect(correlation.slice(0, 4)).toBe('SW\x01\0');
      expect(bytes(correlation).readUInt32BE(8)).toBeGreaterThan(4000);
      expect(bytes(correlation).readUInt32BE(8)).toBeLessThanOrEqual(4321);
      expect(request.slice(0, 4)).toEqual(['', CLIENT, 'echo', 'x']);
    }
    const ids = received.map(([, correlation = '']) => bytes(correlation).readUInt32BE(4));
    expect(new Set(ids).size).toBe(3);
    for (const [, correlation = '', , , , , body = ''] of received.reverse()) {
      await broker.send(id, correlation.replace('SW\x01\0', 'SW\x01\x02'), '', CLIENT, 'echo', body.toUpperCase());
    }
    const replies = await Promise.all(outcomes);
    expect(replies.map((reply) => texts(reply.body))).toEqual([['A'], ['B'], ['C']]);
    expect(replies.map((reply) => reply.deliveries)).toEqual([2, 2, 2]);
  });

  test('a late reply is recognised by its id, and a duplicate of an answered one too', async () => {
    const broker = await RawRouter.listen();
    const [client, id] = await correlated(broker, { requestTimeout: 250, requestRetries: 1 });
    const given = rejecting(client.request('echo', 'given up'));
    const [, late = ''] = await broker.receive();
    await expect(given).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    // Nothing came over this connection since: the client asks whether anybody is there.
    expect(await broker.receive()).toEqual([id, '', CLIENT, 'mmi.seaworthy', '']);
    const next = client.request('echo', 'next', { requestTimeout: 5000 });
    const [, current = ''] = await broker.receive();
    expect(current).not.toBe(late);
    await broker.send(id, late, '', CLIENT, 'echo', 'late');
    await broker.send(id, current, '', CLIENT, 'other', 'of another service');
    await broker.send(id, '', CLIENT, 'echo', 'without a correlation');
    await broker.send(id, current, '', CLIENT, 'echo', 'next');
    await broker.send(id, current, '', CLIENT, 'echo', 'again');
    expect(texts((await next).body)).toEqual(['next']);
    const last = client.request('echo', 'last', { requestTimeout: 5000 });
    const [, final = ''] = await broker.receive();
    await broker.send(id, final, '', CLIENT, 'echo', 'last');
    expect(texts((await last).body)).toEqual(['last']);
    expect(client.inspect().counters.stale).toBe(4);
  });

  test.each(['expired', 'poisoned', 'worker-lost', 'queue-full', 'services-full', 'shutting-down', 'invalid'])(
    'the failure "%s" rejects with a typed error',
    async (code) => {
      const broker = await RawRouter.listen();
      const [client, id] = await correlated(broker, { requestRetries: 1 });
      const outcome = rejecting(client.request('echo', 'body'));
      const [, correlation = ''] = await broker.receive();
      await broker.send(id, correlation.replace('SW\x01\0', 'SW\x01\x02'), '', 'SEAF01', 'echo', code, '2');
      await expect(outcome).rejects.toMatchObject({ code: 'REQUEST_FAILED', failure: code, deliveries: 2, mayHaveRun: true });
    },
  );

  test('a failure that may pass is tried again, one that would come again is not', async () => {
    const broker = await RawRouter.listen();
    const [client, id] = await correlated(broker);
    const outcome = client.request('echo', 'body');
    const [, first = ''] = await broker.receive();
    await broker.send(id, first, '', 'SEAF01', 'echo', 'queue-full', '0');
    const [, second = ''] = await broker.receive();
    expect(second).not.toBe(first);
    await broker.send(id, second, '', CLIENT, 'echo', 'done');
    expect((await outcome).attempts.map((attempt) => attempt.outcome)).toEqual(['refused', 'replied']);
    const poisoned = rejecting(client.request('echo', 'body'));
    const [, third = ''] = await broker.receive();
    await broker.send(id, third, '', 'SEAF01', 'echo', 'poisoned', '3');
    await expect(poisoned).rejects.toMatchObject({ failure: 'poisoned', retriable: false });
    expect(await broker.everythingWithin(60)).toEqual([]);
  });
});

test('a frame that the broker would not take is not sent, and costs nobody else anything', async () => {
  const broker = await MajordomoBroker.listen('tcp://127.0.0.1:*');
  const worker = MajordomoWorker.connect(broker.endpoint, 'echo', async (request) => {
    await pause(200);
    return String(request.body[0]) === 'long' ? Buffer.alloc(2 ** 20 + 1) : request.body;
  });
  const client = MajordomoClient.connect(broker.endpoint);
  clients.push(client);
  try {
    const small = client.request('echo', 'small');
    await expect(client.request('echo', Buffer.alloc(2 ** 20 + 1))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'option "body" has a frame of 1048577 bytes; maxFrameBytes allows 1048576',
    });
    expect((await small).attempts).toHaveLength(1);
    expect((await client.request('echo', Buffer.alloc(2 ** 20))).body[0]).toHaveLength(2 ** 20);
    expect(client.inspect().counters).toMatchObject({ connections: 1, retries: 0 });
    const failed = worker.events.once('handlerFailed');
    const poisoned = rejecting(client.request('echo', 'long', { requestTimeout: 20_000 }));
    expect((await failed).error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('1048577 bytes') });
    await expect(poisoned).rejects.toMatchObject({ code: 'REQUEST_FAILED', failure: 'poisoned' });
  } finally {
    await worker.close();
    await broker.close();
  }
});
