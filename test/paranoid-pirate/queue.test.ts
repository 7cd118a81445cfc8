/** The Paranoid Pirate's queue in time: who is taken for dead, when, and what becomes of the requests. Workers speak bare frames. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { BACKEND, FRONTEND, Pirates } from '../support/pirates.ts';
import { Outcome, textsOf, World } from '../support/world.ts';

let world: World;
let pirates: Pirates;
beforeEach(() => {
  world = new World();
  pirates = new Pirates(world);
});
afterEach(async () => {
  await world.end();
});

/** Time passes while these workers give signs of life every second, as they should. */
async function live(milliseconds: number, ...workers: { heartbeat(): void }[]): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1000) {
    await world.advance(Math.min(1000, milliseconds - passed));
    for (const worker of workers) worker.heartbeat();
    await world.settle();
  }
}

describe('heartbeats', () => {
  test('a worker is sent one every interval, idle and busy alike', async () => {
    await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    await live(2000, worker);
    pirates.rawClient().send('', 'job');
    await live(2000, worker);
    expect(worker.takeJobs()).toHaveLength(1);
    expect(worker.heartbeats).toBe(4);
  });

  test('W13: heartbeats go out though no worker and no client says anything', async () => {
    await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    await world.advance(2500);
    expect(worker.takeJobs()).toEqual([]);
    expect(worker.heartbeats).toBe(2);
  });

  test('an idle worker that is silent for three intervals gets no request', async () => {
    const queue = await pirates.paranoidQueue();
    const silent = await pirates.rawWorker();
    const alive = await pirates.rawWorker();
    await live(2999, alive);
    expect(queue.inspect().idle).toBe(2);
    await live(1, alive);
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { workersLost: 1 } });
    pirates.rawClient().send('', 'job');
    await world.settle();
    expect(alive.takeJob().body).toEqual(['job']);
    expect(silent.takeJobs()).toEqual([]);
  });

  test('all workers silent: clients are read no more, until one is heard again', async () => {
    const queue = await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    await world.advance(3000);
    expect(queue.inspect()).toMatchObject({ idle: 0, reading: false });
    const client = pirates.rawClient();
    client.send('', 'job');
    await world.settle();
    expect(queue.inspect().counters.accepted).toBe(0);
    // It had nothing to do when it fell silent, so a heartbeat is enough.
    worker.heartbeat();
    await world.settle();
    worker.reply(worker.takeJob(), 'done');
    await world.settle();
    expect(client.take()).toEqual([['', 'done']]);
  });

  test('a busy worker that never heartbeats at work may be silent for as long as it works', async () => {
    const queue = await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    const client = pirates.rawClient();
    client.send('', 'job');
    await world.advance(60_000);
    worker.reply(worker.takeJob(), 'done');
    await world.settle();
    expect(client.take()).toEqual([['', 'done']]);
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { workersLost: 0 } });
  });

  test('W16: a busy worker that heartbeats at work and then falls silent is given up, and its request goes to another', async () => {
    const queue = await pirates.paranoidQueue();
    const freezing = await pirates.rawWorker();
    const heir = await pirates.rawWorker();
    const client = pirates.rawClient();
    client.send('', 'job');
    await live(2000, freezing, heir);
    const job = freezing.takeJob();
    await live(3000, heir);
    expect(queue.inspect().counters).toMatchObject({ requeued: 1, workersLost: 1 });
    const again = heir.takeJob();
    expect(again.body).toEqual(['job']);
    // The frozen one wakes up: its answer is late, and it is free for the next request.
    freezing.reply(job, 'late');
    heir.reply(again, 'done');
    await world.settle();
    expect(client.take()).toEqual([['', 'done']]);
    expect(queue.inspect()).toMatchObject({ idle: 2, counters: { lateReplies: 1, replied: 1 } });
  });

  test('heartbeats that waited while the queue stood still do not show that a silent worker heartbeats at work', async () => {
    const queue = await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    pirates.rawClient().send('', 'job');
    for (let beat = 0; beat < 3; beat++) worker.heartbeat();
    await world.advance(60_000);
    expect(queue.inspect()).toMatchObject({ inFlight: 1, counters: { requeued: 0, workersLost: 0 } });
    expect(worker.takeJobs()).toHaveLength(1);
  });

  test('a worker that beats five times faster than the queue hears a heartbeat for every other one of its own', async () => {
    await pirates.paranoidQueue({ heartbeatInterval: 5000 });
    const worker = await pirates.rawWorker();
    await live(10_000, worker);
    worker.takeJobs();
    expect(worker.heartbeats).toBeGreaterThanOrEqual(4);
  });

  test('two of ours with intervals far apart keep each other', async () => {
    for (const [queueInterval, workerInterval] of [
      [500, 5000],
      [5000, 500],
    ]) {
      const queue = await pirates.paranoidQueue({ heartbeatInterval: queueInterval! });
      const worker = pirates.paranoidWorker((request) => request.body, { heartbeatInterval: workerInterval! });
      await world.settle();
      await world.advance(120_000);
      expect(queue.inspect()).toMatchObject({ idle: 1, counters: { workersRegistered: 1, workersLost: 0 } });
      expect(worker.inspect()).toMatchObject({ state: 'idle', counters: { connections: 1 } });
      void worker.close();
      void queue.close();
      await world.advance(1000);
    }
  });
});

describe('W11: alive is not ready', () => {
  test('a heartbeat of a busy worker does not bring it a second request', async () => {
    const queue = await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    const client = pirates.rawClient();
    client.send('', 'first');
    await world.settle();
    const first = worker.takeJob();
    client.send('', 'second');
    await live(5000, worker);
    expect(worker.takeJobs()).toEqual([]);
    expect(queue.inspect()).toMatchObject({ idle: 0, inFlight: 1, queued: 0 });
    worker.reply(first, 'done');
    await world.settle();
    expect(worker.takeJob().body).toEqual(['second']);
  });

  test('a heartbeat of a stranger does not make it a worker: it may be at work for a queue that is no more', async () => {
    const queue = await pirates.paranoidQueue();
    const stranger = world.peer(BACKEND);
    stranger.send('\x02');
    pirates.rawClient().send('', 'job');
    await world.advance(2000);
    expect(stranger.take()).toEqual([]);
    expect(queue.inspect()).toMatchObject({ workers: [], idle: 0 });
    // Its work ends: now it is free.
    stranger.send('\x01abcd', '', 'the answer to another queue’s request');
    await world.settle();
    expect(stranger.take()).toEqual([[expect.any(String), '', 'job']]);
    expect(queue.inspect().counters).toMatchObject({ workersRegistered: 1, lateReplies: 1 });
  });

  test('a worker that says READY at work has forgotten its request: it goes to another', async () => {
    const queue = await pirates.paranoidQueue();
    const forgetful = await pirates.rawWorker();
    const heir = await pirates.rawWorker();
    pirates.rawClient().send('', 'job');
    await world.settle();
    forgetful.takeJob();
    forgetful.ready();
    await world.settle();
    expect(heir.takeJob().body).toEqual(['job']);
    expect(queue.inspect()).toMatchObject({ idle: 1, inFlight: 1, counters: { requeued: 1, workersRegistered: 3, workersLost: 1 } });
  });

  test('READY twice lists a worker once', async () => {
    const queue = await pirates.paranoidQueue();
    const worker = await pirates.rawWorker();
    worker.ready();
    await world.settle();
    expect(queue.inspect()).toMatchObject({ idle: 1, counters: { workersRegistered: 1 } });
    const client = pirates.rawClient();
    client.send('', 'first');
    client.send('', 'second');
    await world.settle();
    expect(worker.takeJobs()).toHaveLength(1);
  });
});

describe('a request whose worker is lost', () => {
  test('goes to another at once, and says so to its handler', async () => {
    const queue = await pirates.paranoidQueue();
    const dying = await pirates.rawWorker();
    const attempts: number[] = [];
    pirates.paranoidWorker((request, { attempt }) => {
      attempts.push(attempt);
      return request.body;
    });
    await world.settle();
    const client = pirates.client();
    const outcome = new Outcome(client.request('job'));
    await world.settle();
    dying.takeJob();
    await dying.peer.close();
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['job']);
    expect(outcome.value?.attempts).toHaveLength(1);
    expect(attempts).toEqual([2]);
    expect(queue.inspect().counters).toMatchObject({ accepted: 1, deliveries: 2, requeued: 1, replied: 1 });
  });

  test('waits for the next worker if there is none, and goes before what clients ask meanwhile', async () => {
    const queue = await pirates.paranoidQueue();
    const dying = await pirates.rawWorker();
    const [first, second] = [pirates.rawClient(), pirates.rawClient()];
    first.send('', 'first');
    await world.settle();
    second.send('', 'second');
    await dying.peer.close();
    await world.settle();
    expect(queue.inspect()).toMatchObject({ queued: 1, inFlight: 0, reading: false });
    const heir = await pirates.rawWorker();
    expect(heir.takeJob().body).toEqual(['first']);
  });

  test('is given up after three workers, and the client learns it by its own timeout', async () => {
    const queue = await pirates.paranoidQueue();
    const client = pirates.client({ requestTimeout: 2500, requestRetries: 1 });
    const outcome = new Outcome(client.request('deadly'));
    for (let death = 0; death < 3; death++) {
      const worker = await pirates.rawWorker();
      worker.takeJob();
      await worker.peer.close();
      await world.settle();
    }
    expect(queue.inspect()).toMatchObject({ queued: 0, inFlight: 0, failures: { poisoned: 1 }, counters: { deliveries: 3, failed: 1 } });
    const survivor = await pirates.rawWorker();
    expect(survivor.takeJobs()).toEqual([]);
    await world.advance(2500);
    expect(outcome.error).toMatchObject({ code: 'REQUEST_ABANDONED', reason: 'timed-out' });
  });

  test('is dropped where it must not run twice, and the client asks again', async () => {
    const queue = await pirates.paranoidQueue({ deliveryPolicy: 'fail' });
    const dying = await pirates.rawWorker();
    const heir = await pirates.rawWorker();
    const client = pirates.client({ requestTimeout: 500 });
    const outcome = new Outcome(client.request('job'));
    await world.settle();
    dying.takeJob();
    await dying.peer.close();
    await world.settle();
    expect(heir.takeJobs()).toEqual([]);
    await world.advance(700);
    heir.reply(heir.takeJob(), 'done');
    await world.settle();
    expect(textsOf(outcome.value?.body)).toEqual(['done']);
    expect(outcome.value?.attempts.map((attempt) => attempt.outcome)).toEqual(['timed-out', 'replied']);
    expect(queue.inspect().failures).toEqual({ 'worker-lost': 1 });
  });

  test('expires when no worker comes', async () => {
    const queue = await pirates.paranoidQueue({ requestExpiry: 10_000 });
    const dying = await pirates.rawWorker();
    pirates.rawClient().send('', 'job');
    await world.settle();
    await dying.peer.close();
    await world.advance(10_000);
    expect(queue.inspect()).toMatchObject({ queued: 0, failures: { expired: 1 } });
    expect((await pirates.rawWorker()).takeJobs()).toEqual([]);
  });

  test('is taken from a worker that holds it for longer than the busy limit', async () => {
    const queue = await pirates.paranoidQueue({ busyLimit: 4000 });
    const slow = await pirates.rawWorker();
    const heir = await pirates.rawWorker();
    pirates.rawClient().send('', 'job');
    await live(4000, slow, heir);
    expect(heir.takeJob().body).toEqual(['job']);
    expect(queue.inspect().counters).toMatchObject({ requeued: 1, workersLost: 1 });
  });

  test('is taken from a worker whose answer fits no request of ours', async () => {
    const queue = await pirates.paranoidQueue();
    const confused = await pirates.rawWorker();
    const heir = await pirates.rawWorker();
    const client = pirates.rawClient();
    client.send('', 'job');
    await world.settle();
    confused.takeJob();
    confused.peer.send('somebody else', '', 'an answer');
    await world.settle();
    heir.reply(heir.takeJob(), 'done');
    await world.settle();
    expect(client.take()).toEqual([['', 'done']]);
    // Both are free: the confused one has ended, too.
    expect(queue.inspect()).toMatchObject({ idle: 2, counters: { requeued: 1, invalid: 1 } });
  });

  test('is taken from a worker that ends illegibly, again and again, until that one has lost its place', async () => {
    const queue = await pirates.paranoidQueue({ maxInvalidMessages: 3 });
    const mumbling = await pirates.rawWorker();
    for (let round = 0; round < 3; round++) {
      pirates.rawClient().send('', 'job');
      await world.settle();
      mumbling.takeJobs();
      mumbling.peer.send('not', 'a', 'reply');
      await world.settle();
    }
    expect(queue.inspect()).toMatchObject({ idle: 0, workers: [], counters: { invalid: 3 } });
  });
});

describe('what the transport finds out late', () => {
  test('a heartbeat and a request refused in one turn are one delivery that was not made', async () => {
    const queue = await pirates.paranoidQueue({ deliveryPolicy: 'fail' });
    const worker = await pirates.rawWorker();
    const [peer] = [...world.transport.peers];
    pirates.rawClient().send('', 'job');
    await world.settle();
    expect(queue.inspect().counters.deliveries).toBe(1);
    world.transport.refuseLate(peer!);
    world.transport.refuseLate(peer!);
    expect(queue.inspect().counters.deliveries).toBe(0);
    await worker.peer.close();
    await world.settle();
    // Never delivered, so the policy has nothing to forbid.
    const heir = await pirates.rawWorker();
    expect(heir.takeJob().body).toEqual(['job']);
    expect(queue.inspect().counters).toMatchObject({ deliveries: 1, requeued: 1, failed: 0 });
  });
});

describe('what breaks the protocol', () => {
  test('nonsense is counted and dropped, and after ten of it a worker loses its place', async () => {
    const queue = await pirates.paranoidQueue();
    const refused: string[] = [];
    queue.events.on('peerRefused', ({ reason }) => refused.push(reason));
    const worker = await pirates.rawWorker();
    for (let strike = 0; strike < 9; strike++) worker.peer.send('nonsense');
    await world.settle();
    expect(queue.inspect().idle).toBe(1);
    worker.peer.send('nonsense');
    worker.ready();
    await world.settle();
    expect(queue.inspect()).toMatchObject({ idle: 0, counters: { invalid: 10, workersLost: 1 } });
    expect(refused).toEqual(Array.from({ length: 10 }, () => 'one frame, but neither READY nor HEARTBEAT'));
    // On a new connection it may begin again.
    await pirates.rawWorker();
    expect(queue.inspect().idle).toBe(1);
  });

  test('a body of too many frames is turned away, in a request and in a reply', async () => {
    const queue = await pirates.paranoidQueue({ maxBodyFrames: 2 });
    const worker = await pirates.rawWorker();
    const client = pirates.rawClient();
    client.send('', 'a', 'b', 'c');
    client.send('', 'a', 'b');
    await world.settle();
    worker.reply(worker.takeJob(), 'a', 'b', 'c');
    await world.settle();
    expect(client.take()).toEqual([]);
    expect(queue.inspect().counters).toMatchObject({ rejected: 1, invalid: 2, accepted: 1, requeued: 1 });
  });

  test('a Simple Pirate is no worker here, and harms nobody', async () => {
    const queue = await pirates.paranoidQueue();
    const simple = world.peer(BACKEND);
    simple.send('', '\x01');
    await world.settle();
    expect(queue.inspect()).toMatchObject({ idle: 0, counters: { invalid: 1, workersRegistered: 0 } });
  });
});

describe('options', () => {
  test.each([
    ['one endpoint', 'tcp://127.0.0.1:5555'],
    ['none', undefined],
    ['half of them', { frontend: FRONTEND }],
    ['ports', { frontend: 5555, backend: 5556 }],
    ['options among them', { frontend: FRONTEND, backend: BACKEND, heartbeatInterval: 5 }],
  ])('in place of two endpoints %s is refused at once', async (_what, endpoints) => {
    await expect(ParanoidPirateQueue.listen(endpoints as never, world.ports())).rejects.toBeInstanceOf(InvalidOption);
  });

  test.each([
    ['heartbeatInterval', 0],
    ['heartbeatLiveness', 0],
    ['heartbeatLiveness', 1.5],
    ['deliveryPolicy', 'sometimes'],
    ['maxDeliveries', 256],
    ['requestExpiry', 0],
    ['no such option', 1],
  ])('%s: %s is refused at once', async (option, value) => {
    const listening = ParanoidPirateQueue.listen({ frontend: FRONTEND, backend: BACKEND }, { ...world.ports(), [option]: value });
    await expect(listening).rejects.toBeInstanceOf(InvalidOption);
  });
});
