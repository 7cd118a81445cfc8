/** The Simple Pirate's queue and worker: what they do without heartbeats, and what they cannot. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { BACKEND, FRONTEND, Pirates } from '../support/pirates.ts';
import { Outcome, textsOf, World, type RawPeer } from '../support/world.ts';

let world: World;
let pirates: Pirates;
beforeEach(() => {
  world = new World();
  pirates = new Pirates(world);
});
afterEach(async () => {
  await world.end();
});

/** A REQ worker whose every frame the test says; it has said READY. */
async function rawWorker(): Promise<RawPeer> {
  const worker = world.peer(BACKEND);
  worker.send('', '\x01');
  await world.settle();
  return worker;
}

describe('the queue', () => {
  test('believes a worker for ever: silence means nothing here', async () => {
    const queue = await pirates.simpleQueue();
    const worker = await rawWorker();
    await world.advance(3_600_000);
    expect(queue.inspect()).toMatchObject({ idle: 1, layers: { heartbeats: false } });
    pirates.rawClient().send('', 'job');
    await world.settle();
    const [[, handle = '', , body] = []] = worker.take();
    expect(body).toBe('job');
    worker.send('', handle, '', 'done');
    await world.settle();
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { replied: 1 } });
  });

  test('drops the request of a worker that is lost, and the client’s retry is answered by another', async () => {
    const queue = await pirates.simpleQueue();
    const dying = await rawWorker();
    pirates.simpleWorker((request) => ['answer', ...request.body]);
    await world.settle();
    const outcome = new Outcome(pirates.client({ requestTimeout: 1000 }).request('job'));
    await world.settle();
    expect(dying.take()).toHaveLength(1);
    await dying.close();
    await world.advance(1500);
    expect(textsOf(outcome.value?.body)).toEqual(['answer', 'job']);
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
    expect(queue.inspect()).toMatchObject({ failures: { 'worker-lost': 1 }, counters: { accepted: 2, requeued: 0 } });
  });

  test('hands it to another at once where the policy is to requeue', async () => {
    await pirates.simpleQueue({ deliveryPolicy: 'requeue' });
    const dying = await rawWorker();
    const attempts: number[] = [];
    pirates.simpleWorker((request, { attempt }) => {
      attempts.push(attempt);
      return request.body;
    });
    await world.settle();
    const outcome = new Outcome(pirates.client().request('job'));
    await world.settle();
    await dying.close();
    await world.settle();
    expect(outcome.value?.attempts).toHaveLength(1);
    expect(attempts).toEqual([2]);
  });

  test('a client whose address begins with 0x01 is served like any other: workers see no client’s address', async () => {
    await pirates.simpleQueue();
    const worker = await rawWorker();
    const client = pirates.rawClient();
    client.send('\x01', '', 'job');
    await world.settle();
    const [frames = []] = worker.take();
    expect(frames.slice(2)).toEqual(['', 'job']);
    expect(frames[1]?.startsWith('SW')).toBe(true);
    worker.send('', frames[1]!, '', 'done');
    await world.settle();
    expect(client.take()).toEqual([['\x01', '', 'done']]);
  });

  test('a Guide’s worker that was at work while the queue restarted says by its late reply that it is ready', async () => {
    const queue = await pirates.simpleQueue();
    const worker = world.peer(BACKEND);
    worker.send('', '\x00abcd', '', 'the answer to a request of the old queue');
    pirates.rawClient().send('', 'job');
    await world.settle();
    expect(worker.take()).toEqual([['', expect.any(String), '', 'job']]);
    expect(queue.inspect().counters).toMatchObject({ workersRegistered: 1, lateReplies: 1 });
  });

  test('a worker whose reply is not taken is free again nevertheless: nothing else would bring it back', async () => {
    const queue = await pirates.simpleQueue();
    const worker = await rawWorker();
    const client = pirates.rawClient();
    client.send('', 'first');
    client.send('', 'second');
    await world.settle();
    worker.take();
    worker.send('', 'to nobody', '', 'done');
    await world.settle();
    const [[, handle = '', , body] = []] = worker.take();
    expect(body).toBe('second');
    worker.send('', handle, '', 'done');
    await world.settle();
    expect(client.take()).toEqual([['', 'done']]);
    expect(queue.inspect()).toMatchObject({ idle: 1, failures: { 'worker-lost': 1 }, counters: { invalid: 1 } });
  });

  test('more workers than it may have are turned away, until another one goes', async () => {
    const queue = await pirates.simpleQueue({ maxWorkers: 1 });
    const first = await rawWorker();
    const second = await rawWorker();
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { workersTurnedAway: 1 } });
    await first.close();
    second.send('', '\x01');
    await world.settle();
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { workersRegistered: 2 } });
  });

  test('a heartbeat is no word here', async () => {
    const queue = await pirates.simpleQueue();
    const worker = await rawWorker();
    worker.send('', '\x02');
    worker.send('\x02');
    await world.settle();
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { invalid: 2 } });
  });

  test.each([
    ['heartbeatInterval', 1000],
    ['deliveryPolicy', 'perhaps'],
    ['drainTimeout', -1],
  ])('%s: %s is refused at once', async (option, value) => {
    const listening = SimplePirateQueue.listen({ frontend: FRONTEND, backend: BACKEND }, { ...world.ports(), [option]: value });
    await expect(listening).rejects.toBeInstanceOf(InvalidOption);
  });
});

describe('the worker', () => {
  test('says READY once, then answers, and is never heard otherwise', async () => {
    const queue = await world.rawBroker(BACKEND);
    pirates.simpleWorker((request) => request.body);
    await world.settle();
    const [ready, ...more] = queue.take();
    expect([ready?.frames, more]).toEqual([['', '\x01'], []]);
    await world.advance(3_600_000);
    queue.send(ready!.from, '', 'client', '', 'one', 'two');
    await world.settle();
    expect(queue.take().map(({ frames }) => frames)).toEqual([['', 'client', '', 'one', 'two']]);
  });

  test('when the connection is lost it says READY again on a new one', async () => {
    const queue = await world.rawBroker(BACKEND);
    const worker = pirates.simpleWorker((request) => request.body, { reconnectJitter: 0 });
    await world.settle();
    queue.take();
    world.network.cut(BACKEND);
    await world.settle();
    expect(worker.inspect().state).toBe('resting');
    await world.advance(500);
    expect(queue.take().map(({ frames }) => frames)).toEqual([['', '\x01']]);
  });

  test('however often the queue restarts, the pause begins anew: nothing else is ever heard of an idle queue', async () => {
    await world.rawBroker(BACKEND);
    const worker = pirates.simpleWorker((request) => request.body, { reconnectJitter: 0 });
    const pauses: number[] = [];
    worker.events.on('brokerLost', ({ retryIn }) => pauses.push(retryIn));
    for (let restart = 0; restart < 4; restart++) {
      await world.advance(60_000);
      world.network.cut(BACKEND);
      await world.settle();
    }
    expect(pauses).toEqual([500, 500, 500, 500]);
  });

  test('a reply of more frames than the queue takes is the handler’s failure, and says so', async () => {
    await pirates.simpleQueue();
    const worker = pirates.simpleWorker(() => Array.from({ length: 33 }, () => 'x'));
    const failed = new Outcome(worker.events.once('handlerFailed'));
    await world.settle();
    pirates.rawClient().send('', 'job');
    await world.settle();
    expect(failed.value).toMatchObject({ error: { code: 'INVALID_OPTION', message: 'a reply of 33 frames; maxBodyFrames allows 32' } });
  });

  test('a queue that lists it twice sends two requests: both are answered', async () => {
    const queue = await world.rawBroker(BACKEND);
    const finish: (() => void)[] = [];
    pirates.simpleWorker((request) => new Promise((resolve) => finish.push(() => resolve(request.body))));
    await world.settle();
    const [ready] = queue.take();
    queue.send(ready!.from, '', 'one', '', 'first');
    queue.send(ready!.from, '', 'two', '', 'second');
    await world.settle();
    for (const expected of ['first', 'second']) {
      finish.shift()!();
      await world.settle();
      expect(queue.take().map(({ frames }) => frames[3])).toEqual([expected]);
    }
  });

  test('a handler that fails: the worker leaves, so that the queue knows, and comes back', async () => {
    const queue = await pirates.simpleQueue({ deliveryPolicy: 'requeue' });
    let calls = 0;
    const worker = pirates.simpleWorker(
      () => {
        if (++calls === 1) throw new Error('as asked');
        return 'done';
      },
      { reconnectJitter: 0 },
    );
    await world.settle();
    const outcome = new Outcome(pirates.client().request('job'));
    await world.settle();
    expect(worker.inspect()).toMatchObject({ state: 'resting', counters: { handlerFailures: 1 } });
    await world.advance(500);
    expect(textsOf(outcome.value?.body)).toEqual(['done']);
    expect(queue.inspect().counters).toMatchObject({ requeued: 1, workersLost: 1, workersRegistered: 2 });
  });
});
