/** The pirates and peers in Python, which behave as the programs of the Guide do and have none of our extensions. */
import { afterEach, describe, expect, test } from 'vitest';
import type { LoadBalancedWorkerSnapshot } from '../../src/load-balancer/worker.ts';
import type { ParanoidPirateQueueSnapshot } from '../../src/paranoid-pirate/queue.ts';
import {
  connectClient,
  endPirates,
  expectOwnAnswers,
  freePlace,
  Load,
  numbers,
  startPirate,
  startPirateAt,
  startPythonQueue,
  startQueue,
  texts,
  type Pirate,
} from './pirate-processes.ts';
import { eventually, pause, python, pythonNote, startPython, type Child, type Line } from './processes.ts';
import { RawDealer, RawRouter } from './raw-peer.ts';
import { inspect } from './role-processes.ts';

const READY = '\x01';
const HEARTBEAT = '\x02';

afterEach(endPirates);

/** What Python REQ clients got for their numbers. */
function expectAnswers(client: Child, from: string | RegExp): void {
  const bodies = client.said('reply').map((line) => line['body'] as string[]);
  expect(bodies.map((body) => body.at(-1))).toEqual(bodies.map((_, number) => String(number)));
  for (const body of bodies) expect(body[0]).toMatch(from);
  expect(client.said('abandoned')).toEqual([]);
}

/** Whether the queue gave a worker a request while another was with it. */
function overlaps(queue: Child): Line[] {
  const busy = new Set<unknown>();
  return queue.lines.filter(({ event, ...line }) => {
    const worker = line['worker'];
    if (event === 'forwarded') busy.delete(worker);
    if (event !== 'dispatched') return false;
    const twice = busy.has(worker);
    busy.add(worker);
    return twice;
  });
}

describe.skipIf(python === undefined)(`the Python peers speak as the Guide’s do${pythonNote}`, () => {
  test('the Simple Pirate worker says READY once and answers behind the address it was given', async () => {
    const queue = await RawRouter.listen();
    startPython('sp_worker', { endpoint: queue.endpoint, name: 'monty' });
    const [id = '', ...ready] = await queue.receive();
    expect(id).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/);
    expect(ready).toEqual(['', READY]);
    await queue.send(id, '', 'client', '', 'one', 'two');
    expect(await queue.receive()).toEqual([id, '', 'client', '', 'monty', 'one', 'two']);
    expect(await queue.everythingWithin(100)).toEqual([]);
  });

  test('the Simple Pirate queue hands requests to listed workers and lists those that answer', async () => {
    const [, { frontend, backend }] = await startPythonQueue('simple');
    const worker = new RawDealer(backend);
    const client = new RawDealer(frontend);
    await client.send('', 'one');
    expect(await worker.everythingWithin(100)).toEqual([]);
    await worker.send('', READY);
    const [, address = ''] = await worker.receive();
    await client.send('', 'two');
    await worker.send('', address, '', 'done');
    expect(await client.receive()).toEqual(['', 'done']);
    expect(await worker.receive()).toEqual(['', address, '', 'two']);
  });

  test('the Paranoid Pirate worker takes three frames for a request, is silent at work, and comes back from a silent queue', async () => {
    const queue = await RawRouter.listen();
    const worker = startPython('ppp_worker', { endpoint: queue.endpoint, name: 'monty', heartbeatMs: 60, reconnectMs: 50 });
    const [id = '', ...ready] = await queue.receive();
    expect(ready).toEqual([READY]);
    await queue.send(id, 'client', '', 'sleep:300');
    await worker.until('request');
    expect(await queue.receiveUntil((frames) => frames.at(-1) !== HEARTBEAT)).toEqual([id, 'client', '', 'monty', 'sleep:300']);
    await queue.send(id, 'client', '', 'two', 'frames');
    await worker.until('invalid');
    expect(await queue.receive()).toEqual([id, HEARTBEAT]);
    const again = await queue.receiveUntil((frames) => frames.at(-1) === READY);
    expect(again[0]).not.toBe(id);
    const pauses = (await worker.untilSaid('queueSilent', 3)).map((line) => line['pause']);
    expect(pauses.slice(0, 3)).toEqual([50, 100, 200]);
  });

  test('the Paranoid Pirate queue takes any sign of life for a READY (W11), and beats only for those that are listed', async () => {
    const [queue, { frontend, backend }] = await startPythonQueue('paranoid', { heartbeatMs: 50, liveness: 20 });
    const worker = new RawDealer(backend);
    const client = new RawDealer(frontend);
    await worker.send(READY);
    expect(await worker.receive()).toEqual([HEARTBEAT]);
    await client.send('', 'one');
    const [address = '', ...rest] = await worker.receiveUntil((frames) => frames.length > 1);
    expect(rest).toEqual(['', 'one']);
    expect(await worker.everythingWithin(200)).toEqual([]);
    await client.send('', 'two');
    await worker.send(HEARTBEAT);
    expect(await worker.receiveUntil((frames) => frames.length > 1)).toEqual([address, '', 'two']);
    await queue.untilSaid('dispatched', 2);
    expect(overlaps(queue)).toHaveLength(1);
    await worker.send(address, '', 'done');
    expect(await client.receive()).toEqual(['', 'done']);
  });
});

const WORKERS = { simple: 'sp_worker', paranoid: 'ppp_worker' } as const;

describe.skipIf(python === undefined).each<Pirate>(['simple', 'paranoid'])(
  `the %s pirate, our queue, workers in Python${pythonNote}`,
  (pattern) => {
    test('REQ clients, plain and correlating, and ours: each request gets its own answer', async () => {
      const [queue, { frontend, backend }] = await startQueue(pattern);
      for (const name of ['python-1', 'python-2', 'python-3']) startPython(WORKERS[pattern], { endpoint: backend, name });
      await queue.untilSaid('workerRegistered', 3);
      const clients = [false, true].map((correlate) =>
        startPython('req_client', { endpoint: frontend, requests: 100, timeoutMs: 10_000, correlate }),
      );
      await expectOwnAnswers(new Load(connectClient(frontend, { maxSockets: 3 }), 200), 1);
      for (const client of clients) {
        await client.until('done');
        expect(client.said('reply')).toHaveLength(100);
        expectAnswers(client, /^python-\d$/);
      }
      const { counters, workers } = await inspect<ParanoidPirateQueueSnapshot>(queue);
      expect(counters).toMatchObject({ accepted: 400, replied: 400, deliveries: 400, invalid: 0, refused: 0, lateReplies: 0, faults: 0 });
      expect(workers.map((worker) => worker.deliveries > 50)).toEqual([true, true, true]);
    });

    test('one of ours beside them: both get their share, and when theirs is killed at work ours has its request', async () => {
      const [queue, { frontend, backend }] = await startQueue(pattern, { deliveryPolicy: 'requeue' });
      const theirs = startPython(WORKERS[pattern], { endpoint: backend, name: 'theirs' });
      await queue.untilSaid('workerRegistered', 1);
      await startPirateAt(queue, pattern, backend, 'ours');
      const client = connectClient(frontend);
      const outcome = client.request('sleep:3000');
      await theirs.until('request');
      const killed = performance.now();
      await theirs.kill();
      const requeued = await queue.until('requestRequeued');
      expect(requeued).toMatchObject({ deliveries: 1, reason: 'disconnected' });
      expect(requeued.read - killed).toBeLessThan(2000);
      const reply = await outcome;
      expect(texts(reply.body)).toEqual(['ours', '2', 'sleep:3000']);
      expect(reply.attempts).toHaveLength(1);
    });
  },
);

describe.skipIf(python === undefined)(`our Simple Pirate queue, workers in Python${pythonNote}`, () => {
  test('the queue is killed and comes back: a worker that waits in its REQ socket for ever is out of it, the others serve', async () => {
    const place = await freePlace();
    const [first] = await startQueue('simple', {}, place);
    startPython('sp_worker', { endpoint: place.backend, name: 'waits for ever' });
    await first.until('workerRegistered');
    await startPirateAt(first, 'simple', place.backend, 'ours');
    await first.kill();
    const [second] = await startQueue('simple', {}, place);
    await second.until('workerRegistered');
    const client = connectClient(place.frontend);
    for (const number of numbers(10)) expect(texts((await client.request(String(number))).body)).toEqual(['ours', '1', String(number)]);
    startPython('sp_worker', { endpoint: place.backend, name: 'new' });
    await second.untilSaid('workerRegistered', 2);
    const names = new Set<string | undefined>();
    for (const number of numbers(4)) names.add(texts((await client.request(String(number))).body)[0]);
    expect(names).toEqual(new Set(['ours', 'new']));
  });
});

describe.skipIf(python === undefined)(`our Paranoid Pirate queue, workers in Python${pythonNote}`, () => {
  const beats = { heartbeatInterval: 200, heartbeatLiveness: 3 };
  const patient = { heartbeatInterval: 200, heartbeatLiveness: 100 };
  const theirBeats = { heartbeatMs: 200, liveness: 3, reconnectMs: 50, reconnectMostMs: 400 };

  test('a worker that is silent while it works, far longer than the expiry, keeps its request (W16)', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', beats);
    startPython('ppp_worker', { endpoint: backend, name: 'silent', ...theirBeats, liveness: 100 });
    await queue.until('workerRegistered');
    await startPirateAt(queue, 'paranoid', backend, 'other', patient);
    const reply = await connectClient(frontend).request('sleep:2000');
    expect(texts(reply.body)).toEqual(['silent', 'sleep:2000']);
    expect(reply.attempts).toHaveLength(1);
    expect(queue.said('workerLost')).toEqual([]);
  });

  test('a worker that drops a body of several frames as invalid (W12): at the busy limit another gets it, and it says READY by itself', async () => {
    const [queue, { frontend, backend }] = await startQueue('paranoid', { ...beats, busyLimit: 1000 });
    const theirs = startPython('ppp_worker', { endpoint: backend, name: 'theirs', ...theirBeats });
    await queue.until('workerRegistered');
    await startPirateAt(queue, 'paranoid', backend, 'ours', patient);
    const reply = await connectClient(frontend).request(['two', 'frames']);
    expect(texts(reply.body)).toEqual(['ours', '2', 'two', 'frames']);
    expect(await theirs.until('invalid')).toMatchObject({ frames: [expect.any(String), '', 'two', 'frames'] });
    expect(await queue.until('workerLost')).toMatchObject({ reason: 'busy-limit', heldRequests: 1 });
    await theirs.until('queueSilent');
    await queue.untilSaid('workerRegistered', 3);
  });

  test('the queue is killed and comes back: the workers notice its silence, and every request gets its own answer', async ({
    annotate,
  }) => {
    const place = await freePlace();
    let [queue] = await startQueue('paranoid', beats, place);
    for (const name of ['python-1', 'python-2']) startPython('ppp_worker', { endpoint: place.backend, name, workMs: 2, ...theirBeats });
    await queue.untilSaid('workerRegistered', 2);
    const load = new Load(connectClient(place.frontend, { requestTimeout: 1000, requestRetries: 100, maxSockets: 4 }), 400);
    const figures: number[] = [];
    for (let kill = 1; kill <= 2; kill++) {
      await eventually(`${100 * kill} requests are answered`, () => load.answered >= 100 * kill, 30_000);
      await queue.kill();
      [queue] = await startQueue('paranoid', beats, place);
      const registered = await queue.untilSaid('workerRegistered', 2);
      figures.push((registered.at(-1)?.read as number) - (queue.said('ready')[0]?.read as number));
    }
    await expectOwnAnswers(load, 1);
    await annotate(`from bind to both workers registered: ${figures.map((each) => each.toFixed(0)).join(', ')} ms`);
    expect((await inspect<ParanoidPirateQueueSnapshot>(queue)).counters).toMatchObject({ invalid: 0, faults: 0 });
  });

  test('a worker that stands still with a request for ever loses it to another when the transport notices, and its late answer is dropped', async () => {
    const transport = { transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 };
    const [queue, { frontend, backend }] = await startQueue('paranoid', { ...beats, ...transport });
    const sleeper = startPython('ppp_worker', { endpoint: backend, name: 'sleeper', ...theirBeats });
    await queue.until('workerRegistered');
    const client = connectClient(frontend);
    const outcome = client.request('sleep:300');
    await sleeper.until('request');
    await sleeper.pause();
    await startPirateAt(queue, 'paranoid', backend, 'heir', patient);
    expect(await queue.until('workerLost')).toMatchObject({ reason: 'disconnected', noticedBy: 'transport', heldRequests: 1 });
    expect(texts((await outcome).body)).toEqual(['heir', '2', 'sleep:300']);
    sleeper.resume();
    await sleeper.until('reply');
    await queue.untilSaid('workerRegistered', 3);
    const { counters } = await inspect<ParanoidPirateQueueSnapshot>(queue);
    expect(counters).toMatchObject({ accepted: 1, replied: 1, requeued: 1, faults: 0 });
    expect(client.inspect().counters).toMatchObject({ replies: 1, stale: 0 });
  });
});

describe.skipIf(python === undefined).each<Pirate>(['simple', 'paranoid'])(
  `the %s pirate, a queue in Python, our workers${pythonNote}`,
  (pattern) => {
    const listed = (queue: Child, count: number): Promise<unknown> => {
      const workers = new Set<unknown>();
      return queue.until((line) => (line.event === 'listed' || line.event === 'heard') && workers.add(line['worker']).size >= count);
    };

    test('REQ clients, plain and correlating, and ours, bodies of several frames (W12): each request gets its own answer', async () => {
      const [queue, { frontend, backend }] = await startPythonQueue(pattern);
      const workers = ['ours-1', 'ours-2'].map((name) => startPirate(pattern, backend, name));
      await listed(queue, 2);
      const clients = [false, true].map((correlate) =>
        startPython('req_client', { endpoint: frontend, requests: 60, timeoutMs: 10_000, correlate }),
      );
      await expectOwnAnswers(new Load(connectClient(frontend, { maxSockets: 2 }), 120, 'several', '', 'frames'));
      for (const client of clients) {
        await client.until('done');
        expect(client.said('reply')).toHaveLength(60);
        expectAnswers(client, /^ours-\d$/);
      }
      let replies = 0;
      for (const worker of workers) {
        const { counters } = await inspect<LoadBalancedWorkerSnapshot>(worker);
        expect(counters).toMatchObject({ connections: 1, invalid: 0, undeliverable: 0, repliesDiscarded: 0, faults: 0 });
        replies += counters.replies;
      }
      expect(replies).toBe(240);
    });

    test('one of theirs beside ours: both get requests', async () => {
      const [queue, { frontend, backend }] = await startPythonQueue(pattern);
      startPirate(pattern, backend, 'ours');
      startPython(WORKERS[pattern], { endpoint: backend, name: 'theirs' });
      await listed(queue, 2);
      const client = connectClient(frontend, { maxSockets: 4 });
      const answers = await Promise.all(numbers(40).map((number) => client.request(String(number))));
      expect(answers.map((reply) => texts(reply.body).at(-1))).toEqual(numbers(40).map(String));
      expect(new Set(answers.map((reply) => texts(reply.body)[0]))).toEqual(new Set(['ours', 'theirs']));
    });

    test('the queue is killed and comes back: our workers say READY by themselves, every request gets its own answer', async () => {
      const place = await freePlace();
      let [queue] = await startPythonQueue(pattern, { ...place });
      const workers = ['ours-1', 'ours-2'].map((name) => startPirate(pattern, place.backend, name));
      await listed(queue, 2);
      const load = new Load(connectClient(place.frontend, { requestTimeout: 1000, requestRetries: 100, maxSockets: 4 }), 300, 'sleep:2');
      for (let kill = 1; kill <= 2; kill++) {
        await eventually(`${80 * kill} requests are answered`, () => load.answered >= 80 * kill, 30_000);
        await queue.kill();
        [queue] = await startPythonQueue(pattern, { ...place });
        await listed(queue, 2);
      }
      await expectOwnAnswers(load);
      for (const worker of workers) {
        await worker.untilSaid('registered', 3);
        expect(worker.said('fault')).toEqual([]);
      }
    });
  },
);

describe.skipIf(python === undefined)(`our Paranoid Pirate worker at a queue that takes any sign of life for a READY${pythonNote}`, () => {
  test('at work it is silent, so it never gets a second request because of its heartbeats (W11)', async () => {
    const [queue, { frontend, backend }] = await startPythonQueue('paranoid', { heartbeatMs: 60_000 });
    const worker = startPirate('paranoid', backend, 'ours', { heartbeatInterval: 700, heartbeatLiveness: 100 });
    const clients = [connectClient(frontend), connectClient(frontend)];
    // Right after a heartbeat, so that none crosses the request.
    await queue.until((line) => line.event === 'heard' && line['kind'] === 'heartbeat');
    const replies = await Promise.all(clients.map((client, number) => client.request(['sleep:1800', String(number)])));
    expect(replies.map((reply) => texts(reply.body)[3])).toEqual(['0', '1']);
    expect(await queue.untilSaid('dispatched', 2)).toHaveLength(2);
    expect(overlaps(queue)).toEqual([]);
    expect((await inspect<LoadBalancedWorkerSnapshot>(worker)).counters).toMatchObject({ connections: 1, requests: 2, replies: 2 });
  });

  test('a heartbeat that crosses a request gets it a second one, and both are answered (W11)', async () => {
    const [queue, { frontend, backend }] = await startPythonQueue('paranoid', { heartbeatMs: 60_000 });
    const worker = startPirate('paranoid', backend, 'ours', { heartbeatInterval: 80, heartbeatLiveness: 100 });
    const clients = [connectClient(frontend), connectClient(frontend)];
    for (const client of clients) await client.request('warm');
    // What both sides say meanwhile waits in the queue's sockets: several heartbeats, and two requests.
    await queue.pause();
    const outcomes = clients.map((client, number) => client.request(['sleep:200', String(number)]));
    await pause(500);
    queue.resume();
    const replies = await Promise.all(outcomes);
    expect(replies.map((reply) => texts(reply.body).slice(2))).toEqual([
      ['sleep:200', '0'],
      ['sleep:200', '1'],
    ]);
    // Otherwise nothing crossed and nothing was tested.
    await queue.untilSaid('dispatched', 4);
    expect(overlaps(queue)).toHaveLength(1);
    expect(worker.said('brokerLost')).toEqual([]);
    expect((await inspect<LoadBalancedWorkerSnapshot>(worker)).counters).toMatchObject({ connections: 1, requests: 4, replies: 4 });
  });

  test('a queue that beats only when something has come from a worker (W13) does not lose it, idle or at work', async () => {
    const [, { frontend, backend }] = await startPythonQueue('paranoid', { heartbeatMs: 150, liveness: 6, lazyHeartbeats: true });
    const worker = startPirate('paranoid', backend, 'ours', { heartbeatInterval: 300, heartbeatLiveness: 3 });
    const client = connectClient(frontend);
    for (let round = 0; round < 2; round++) {
      // Longer than its patience, idle and at work.
      await pause(1500);
      expect(texts((await client.request(['sleep:1500', String(round)])).body)).toEqual(['ours', '1', 'sleep:1500', String(round)]);
    }
    for (let round = 0; round < 50; round++) await client.request(String(round));
    expect(worker.said('brokerLost')).toEqual([]);
    expect((await inspect<LoadBalancedWorkerSnapshot>(worker)).counters).toMatchObject({ connections: 1, requests: 52, replies: 52 });
  });
});
