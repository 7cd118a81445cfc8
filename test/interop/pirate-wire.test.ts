/** The pirates' queues and workers, byte by byte: bare sockets on the other side, frames compared with the tables of the Guide and of 6/PPP. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ParanoidPirateQueueOptions, ParanoidPirateWorkerOptions } from '../../src/paranoid-pirate/options.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { ParanoidPirateWorker, type ParanoidPirateHandler } from '../../src/paranoid-pirate/worker.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { SimplePirateWorker, type SimplePirateHandler } from '../../src/simple-pirate/worker.ts';
import { closing, endPirates } from './pirate-processes.ts';
import { eventually, pause } from './processes.ts';
import { RawDealer, RawRouter, type Frames } from './raw-peer.ts';

const READY = '\x01';
const HEARTBEAT = '\x02';
/** An address that our queues give to workers in place of a client's: the first delivery of a request. */
const isHandle = (frame: string | undefined): boolean => frame?.length === 12 && frame.startsWith('SW\x01\x01');
const isHeartbeat = (frames: Frames): boolean => frames.at(-1) === HEARTBEAT;

afterEach(endPirates);

type Queue = SimplePirateQueue | ParanoidPirateQueue;

const listening = { frontend: 'tcp://127.0.0.1:*', backend: 'tcp://127.0.0.1:*' };

/** On both wires a worker's messages differ in one thing: under Simple Pirate an empty frame comes first. */
const PATTERNS = [
  ['Simple Pirate', [''], () => SimplePirateQueue.listen(listening, { drainTimeout: 0 })],
  ['Paranoid Pirate', [], () => ParanoidPirateQueue.listen(listening, { drainTimeout: 0, heartbeatInterval: 10_000 })],
] as const;

async function register(queue: Queue, ...ready: Frames): Promise<RawDealer> {
  const worker = new RawDealer(queue.endpoints.backend);
  const registered = queue.events.once('workerRegistered');
  await worker.send(...ready);
  await registered;
  return worker;
}

describe.each(PATTERNS)('the queue of the %s', (_name, head, listen) => {
  let queue: Queue;
  let worker: RawDealer;

  beforeEach(async () => {
    queue = closing(await listen());
    worker = await register(queue, ...head, READY);
  });

  test.each<[whose: string, envelope: Frames, routingId: string | undefined]>([
    ['a REQ client', [''], undefined],
    ['a REQ client with correlation', ['\x80\0\0\x01', ''], undefined],
    ['a client behind two queue devices', ['\0abcd', '\0efgh', ''], undefined],
    ['a client whose routing id begins with 0x01, like a READY', [''], '\x01client'],
    ['a client whose routing id is a READY', [''], READY],
    ['a client whose routing id looks like a handle of ours', [''], 'SW\x01\x01\0\0\0\0\0\0\0\x07'],
    ['a DEALER client that puts no delimiter (W12)', [], undefined],
  ])(
    'the request of %s reaches a worker behind one address and a delimiter, and the answer goes back the way it came',
    async (...given) => {
      const [, envelope, routingId] = given;
      const client = new RawDealer(queue.endpoints.frontend, routingId);
      await client.send(...envelope, 'thr\xee');
      const request = await worker.receive();
      const handle = request[head.length] as string;
      expect(request).toEqual([...head, handle, '', 'thr\xee']);
      expect(isHandle(handle)).toBe(true);
      await worker.send(...head, handle, '', 'd\xf6ne');
      expect(await client.receive()).toEqual([...envelope, 'd\xf6ne']);
    },
  );

  test('bodies of several frames, empty ones and control bytes among them, pass untouched both ways (W12)', async () => {
    const client = new RawDealer(queue.endpoints.frontend);
    for (const body of [['one', '', 'three'], [''], [READY], [HEARTBEAT], ['', READY, '']]) {
      await client.send('', ...body);
      const request = await worker.receive();
      const handle = request[head.length] as string;
      expect(request).toEqual([...head, handle, '', ...body]);
      await worker.send(...head, handle, '', ...body.toReversed());
      expect(await client.receive()).toEqual(['', ...body.toReversed()]);
    }
    expect(queue.inspect().counters).toMatchObject({ accepted: 5, replied: 5, invalid: 0, refused: 0 });
  });

  test('each request gets an address of its own, and only the answer to that address is the answer', async () => {
    const client = new RawDealer(queue.endpoints.frontend);
    await client.send('', 'first');
    const first = (await worker.receive())[head.length] as string;
    await worker.send(...head, first, '', 'one');
    expect(await client.receive()).toEqual(['', 'one']);
    await client.send('', 'second');
    const second = (await worker.receive())[head.length] as string;
    expect(second).not.toBe(first);
    // A worker that answers something else has lost count, and is not waited for.
    const lost = queue.events.once('workerLost');
    await worker.send(...head, first, '', 'one');
    expect(await lost).toMatchObject({ reason: 'protocol', heldRequests: 1 });
    expect(await client.everythingWithin(100)).toEqual([]);
  });

  test('nothing else is ever said: no answer to READY, to nonsense, or to frames of Majordomo', async () => {
    await worker.send(...head, READY);
    const stranger = new RawDealer(queue.endpoints.backend);
    await stranger.send('', 'MDPW01', '\x01', 'echo');
    await stranger.send('nonsense');
    await stranger.send('');
    expect(await stranger.everythingWithin(200)).toEqual([]);
    expect(await worker.everythingWithin(50)).toEqual([]);
  });
});

describe('the queue of the Paranoid Pirate', () => {
  async function listen(options: ParanoidPirateQueueOptions): Promise<ParanoidPirateQueue> {
    return closing(await ParanoidPirateQueue.listen(listening, { drainTimeout: 0, ...options }));
  }

  test('HEARTBEAT, one frame of 0x02, goes to idle and to busy workers', async () => {
    const queue = await listen({ heartbeatInterval: 40, heartbeatLiveness: 50 });
    const busy = await register(queue, READY);
    await new RawDealer(queue.endpoints.frontend).send('', 'work');
    expect((await busy.receiveUntil((frames) => !isHeartbeat(frames))).slice(1)).toEqual(['', 'work']);
    const idle = await register(queue, READY);
    for (let beats = 0; beats < 3; beats++) {
      expect(await idle.receive()).toEqual([HEARTBEAT]);
      expect(await busy.receive()).toEqual([HEARTBEAT]);
    }
  });

  test('an idle worker that says nothing for three intervals is lost, and one HEARTBEAT brings it back', async () => {
    const queue = await listen({ heartbeatInterval: 40, heartbeatLiveness: 3 });
    const lost = queue.events.once('workerLost');
    const worker = await register(queue, READY);
    expect(await lost).toMatchObject({ reason: 'expired', noticedBy: 'heartbeat', heldRequests: 0 });
    const registered = queue.events.once('workerRegistered');
    await worker.send(HEARTBEAT);
    await registered;
    expect(queue.inspect().workers).toMatchObject([{ state: 'idle' }]);
  });

  test('a HEARTBEAT of a busy worker gets it no second request (W11), and one of a stranger no first', async () => {
    const queue = await listen({ heartbeatInterval: 10_000 });
    const worker = await register(queue, READY);
    const client = new RawDealer(queue.endpoints.frontend);
    await client.send('', 'one');
    await client.send('', 'two');
    const first = await worker.receive();
    const stranger = new RawDealer(queue.endpoints.backend);
    await stranger.send(HEARTBEAT);
    for (let beats = 0; beats < 5; beats++) await worker.send(HEARTBEAT);
    // Each heartbeat may be answered by one, and by nothing else.
    expect((await worker.everythingWithin(200)).filter((frames) => !isHeartbeat(frames))).toEqual([]);
    expect(await stranger.everythingWithin(1)).toEqual([]);
    await worker.send(first[0] as string, '', 'done');
    expect((await worker.receiveUntil((frames) => !isHeartbeat(frames))).slice(1)).toEqual(['', 'two']);
    expect(await client.receive()).toEqual(['', 'done']);
  });
});

describe('the worker of the Simple Pirate', () => {
  async function connect(handler: SimplePirateHandler): Promise<[RawRouter, string]> {
    const queue = await RawRouter.listen();
    closing(SimplePirateWorker.connect(queue.endpoint, handler, { drainTimeout: 100, reconnectInterval: 20 }));
    const [id = '', ...ready] = await queue.receive();
    expect(ready).toEqual(['', READY]);
    return [queue, id];
  }

  test.each<[what: string, address: Frames, body: Frames]>([
    ['as the Guide’s queue sends it', ['\0abcd', ''], ['body']],
    ['with a body of several frames (W12)', ['\0abcd', ''], ['one', '', 'thr\xee']],
    ['of a client with an address that begins with 0x01', ['\x01abc', ''], ['body']],
    ['of a correlating REQ', ['\0abcd', '\x80\0\0\x01', ''], ['body']],
    ['of a DEALER without a delimiter (W12)', ['\0abcd'], ['body']],
    ['of ours', ['SW\x01\x02\0\0\0\0\0\0\0\x07', ''], ['']],
  ])('a request %s is answered behind the frames it came with, and nothing else is said', async (_what, address, body) => {
    const [queue, id] = await connect((request) => request.body);
    await queue.send(id, '', ...address, ...body);
    expect(await queue.receive()).toEqual([id, '', ...address, ...body]);
    expect(await queue.everythingWithin(100)).toEqual([]);
  });

  test('two requests at once, from a queue that has it listed twice, are answered in turn', async () => {
    let running = 0;
    let most = 0;
    const [queue, id] = await connect(async (request) => {
      most = Math.max(most, ++running);
      await pause(50);
      running--;
      return request.body;
    });
    await queue.send(id, '', '\0aaaa', '', 'one');
    await queue.send(id, '', '\0bbbb', '', 'two');
    expect(await queue.receive()).toEqual([id, '', '\0aaaa', '', 'one']);
    expect(await queue.receive()).toEqual([id, '', '\0bbbb', '', 'two']);
    expect(most).toBe(1);
  });
});

describe('the worker of the Paranoid Pirate', () => {
  async function connect(handler: ParanoidPirateHandler, options: ParanoidPirateWorkerOptions = {}): Promise<[RawRouter, string]> {
    const queue = await RawRouter.listen();
    const all = { heartbeatInterval: 10_000, drainTimeout: 100, reconnectInterval: 20, ...options };
    closing(ParanoidPirateWorker.connect(queue.endpoint, handler, all));
    const [id = '', ...ready] = await queue.receive();
    expect(ready).toEqual([READY]);
    return [queue, id];
  }

  test.each<[what: string, address: Frames, body: Frames]>([
    ['as the Guide’s queue sends it', ['\0abcd', ''], ['body']],
    ['with a body of several frames (W12)', ['\0abcd', ''], ['one', '', 'thr\xee']],
    ['with a control byte for a body', ['\0abcd', ''], [HEARTBEAT]],
    ['of a client with an address that begins with 0x01', ['\x01abc', ''], ['body']],
    ['of a correlating REQ', ['\0abcd', '\x80\0\0\x01', ''], ['body']],
    ['of a DEALER without a delimiter (W12)', ['\0abcd'], ['body']],
    ['of ours', ['SW\x01\x02\0\0\0\0\0\0\0\x07', ''], ['']],
  ])('a request %s is answered behind the frames it came with, and nothing else is said', async (_what, address, body) => {
    const [queue, id] = await connect((request) => request.body);
    await queue.send(id, ...address, ...body);
    expect(await queue.receive()).toEqual([id, ...address, ...body]);
    expect(await queue.everythingWithin(100)).toEqual([]);
  });

  test('it beats while idle, and while busy with a request of ours, but not while busy with a foreign one (W11)', async () => {
    let finish = (): void => undefined;
    let begun = 0;
    const work = (): Promise<string> => {
      begun++;
      return new Promise((resolve) => (finish = () => resolve('done')));
    };
    const [queue, id] = await connect(work, { heartbeatInterval: 40, heartbeatLiveness: 1000 });
    for (let beats = 0; beats < 3; beats++) expect(await queue.receive()).toEqual([id, HEARTBEAT]);
    const ours = 'SW\x01\x01\0\0\0\0\0\0\0\x07';
    await queue.send(id, ours, '', 'body');
    for (let beats = 0; beats < 6; beats++) expect(await queue.receive()).toEqual([id, HEARTBEAT]);
    finish();
    expect(await queue.receiveUntil((frames) => !isHeartbeat(frames))).toEqual([id, ours, '', 'done']);
    expect(await queue.receive()).toEqual([id, HEARTBEAT]);
    await queue.send(id, '\0abcd', '', 'body');
    await eventually('it is at work', () => begun === 2);
    // What it had sent before that is on its way.
    await queue.everythingWithin(50);
    for (let beats = 0; beats < 3; beats++) await queue.send(id, HEARTBEAT);
    expect(await queue.everythingWithin(300)).toEqual([]);
    finish();
    expect(await queue.receive()).toEqual([id, '\0abcd', '', 'done']);
    expect(await queue.receive()).toEqual([id, HEARTBEAT]);
  });

  test('two requests at once, because a heartbeat crossed the first, are answered in turn (W11)', async () => {
    const [queue, id] = await connect((request) => pause(50).then(() => request.body));
    await queue.send(id, '\0aaaa', '', 'one');
    await queue.send(id, '\0bbbb', '', 'two');
    expect(await queue.receive()).toEqual([id, '\0aaaa', '', 'one']);
    expect(await queue.receive()).toEqual([id, '\0bbbb', '', 'two']);
  });

  test('a silent queue is given up after three intervals, and READY comes from a new connection, again and again', async () => {
    const [queue, first] = await connect((request) => request.body, { heartbeatInterval: 40, heartbeatLiveness: 3 });
    const ids = [first];
    for (let times = 0; times < 3; times++) {
      const [id = ''] = await queue.receiveUntil((frames) => frames.at(-1) === READY);
      ids.push(id);
    }
    expect(new Set(ids).size).toBe(4);
  });

  test('a queue that beats is never given up', async () => {
    const [queue, id] = await connect((request) => request.body, { heartbeatInterval: 100, heartbeatLiveness: 3 });
    for (let beats = 0; beats < 12; beats++) {
      await queue.send(id, HEARTBEAT);
      for (const frames of await queue.everythingWithin(60)) expect(frames).toEqual([id, HEARTBEAT]);
    }
  });
});
