/** Our worker, byte by byte: a bare ROUTER for a broker, frames compared with the tables of 7/MDP. */
import { afterEach, expect, test } from 'vitest';
import { MajordomoWorker, type WorkerHandler } from '../../src/majordomo/worker.ts';
import type { MajordomoWorkerOptions } from '../../src/majordomo/options.ts';
import { eventually } from './processes.ts';
import { closeRawPeers, RawRouter } from './raw-peer.ts';

const WORKER = 'MDPW01';
const [READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT] = ['\x01', '\x02', '\x03', '\x04', '\x05'];

let workers: MajordomoWorker[] = [];

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  workers = [];
  closeRawPeers();
});

function connect(broker: RawRouter, handler: WorkerHandler, options: MajordomoWorkerOptions = {}): MajordomoWorker {
  const worker = MajordomoWorker.connect(broker.endpoint, 'echo', handler, {
    heartbeatInterval: 10_000,
    reconnectInterval: 20,
    drainTimeout: 100,
    ...options,
  });
  workers.push(worker);
  return worker;
}

const echo: WorkerHandler = (request) => request.body;

test('the first message is READY, the answer to REQUEST is REPLY with the address as it came', async () => {
  const broker = await RawRouter.listen();
  connect(broker, echo);
  const [id = '', ...ready] = await broker.receive();
  expect(ready).toEqual(['', WORKER, READY, 'echo']);
  for (const address of ['\0abcd', 'a'.repeat(255), 'SW\x01\x02\0\0\0\0\0\0\0\x07', 'SW\x02', '\xff']) {
    await broker.send(id, '', WORKER, REQUEST, address, '', 'one', '', 'thr\xee');
    expect(await broker.receive()).toEqual([id, '', WORKER, REPLY, address, '', 'one', '', 'thr\xee']);
  }
});

test.each<[what: string, handler: WorkerHandler, body: string[]]>([
  ['nothing', () => undefined, ['']],
  ['no frames', () => [], ['']],
  ['a string', () => 'é', ['\xc3\xa9']],
  ['bytes', () => Uint8Array.of(0, 255), ['\0\xff']],
  ['several frames, later', async () => Promise.resolve(['a', '', Buffer.of(1)]), ['a', '', '\x01']],
])('a handler that returns %s sends at least one body frame', async (_what, handler, body) => {
  const broker = await RawRouter.listen();
  connect(broker, handler);
  const [id = ''] = await broker.receive();
  await broker.send(id, '', WORKER, REQUEST, 'address', '', 'body');
  expect(await broker.receive()).toEqual([id, '', WORKER, REPLY, 'address', '', ...body]);
});

test('a handler knows the delivery from our handle, and takes a foreign one for the first', async () => {
  const broker = await RawRouter.listen();
  connect(broker, (_request, { attempt }) => String(attempt));
  const [id = ''] = await broker.receive();
  for (const [address, attempt] of [
    ['SW\x01\x03\0\0\0\0\0\0\0\x07', '3'],
    ['SW\x01\x00\0\0\0\0\0\0\0\x07', '1'],
    ['\0abcd', '1'],
  ] as const) {
    await broker.send(id, '', WORKER, REQUEST, address, '', 'body');
    expect(await broker.receive()).toEqual([id, '', WORKER, REPLY, address, '', attempt]);
  }
});

test('HEARTBEAT is sent while idle and while busy', async () => {
  const broker = await RawRouter.listen();
  let finish = (): void => undefined;
  connect(broker, () => new Promise<string>((resolve) => (finish = () => resolve('done'))), { heartbeatInterval: 40 });
  const [id = ''] = await broker.receive();
  expect(await broker.receive()).toEqual([id, '', WORKER, HEARTBEAT]);
  await broker.send(id, '', WORKER, REQUEST, 'address', '', 'body');
  // More than its own silence limit passes: a busy worker does not give a silent broker up.
  for (let beats = 0; beats < 6; beats++) expect(await broker.receive()).toEqual([id, '', WORKER, HEARTBEAT]);
  finish();
  expect((await broker.receiveUntil((frames) => frames[3] !== HEARTBEAT)).slice(3)).toEqual([REPLY, 'address', '', 'done']);
});

test('a silent broker is given up after three intervals, and READY comes from a new connection', async () => {
  const broker = await RawRouter.listen();
  const worker = connect(broker, echo, { heartbeatInterval: 40, heartbeatLiveness: 3 });
  const [first = ''] = await broker.receive();
  const lost = await worker.events.once('brokerLost');
  expect(lost.reason).toBe('silent');
  const again = await broker.receiveUntil((frames) => frames[3] === READY);
  expect(again.slice(1)).toEqual(['', WORKER, READY, 'echo']);
  expect(again[0]).not.toBe(first);
});

test('HEARTBEAT from the broker keeps the connection for as long as it comes', async () => {
  const broker = await RawRouter.listen();
  const worker = connect(broker, echo, { heartbeatInterval: 50, heartbeatLiveness: 3 });
  const [id = ''] = await broker.receive();
  const beating = setInterval(() => void broker.send(id, '', WORKER, HEARTBEAT), 50);
  const heard = await broker.everythingWithin(600);
  clearInterval(beating);
  expect(heard.every((frames) => frames[0] === id && frames[3] === HEARTBEAT)).toBe(true);
  expect(heard.length).toBeGreaterThanOrEqual(5);
  expect(worker.inspect().counters.connections).toBe(1);
});

test('DISCONNECT makes it come back on a new connection; to one at work it means that nobody waits', async () => {
  const broker = await RawRouter.listen();
  let aborted = false;
  const worker = connect(
    broker,
    (_request, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve('too late');
        });
      }),
  );
  const [first = ''] = await broker.receive();
  await broker.send(first, '', WORKER, DISCONNECT);
  const [second = '', ...ready] = await broker.receive();
  expect(ready).toEqual(['', WORKER, READY, 'echo']);
  expect(second).not.toBe(first);
  await broker.send(second, '', WORKER, REQUEST, 'address', '', 'body');
  await eventually('the handler runs', () => worker.inspect().state === 'busy');
  await broker.send(second, '', WORKER, DISCONNECT);
  const [third = '', ...again] = await broker.receive();
  expect(again).toEqual(['', WORKER, READY, 'echo']);
  expect(third).not.toBe(second);
  expect(aborted).toBe(true);
  expect(worker.inspect().counters).toMatchObject({ replies: 0, repliesDiscarded: 1, connections: 3, invalid: 0 });
});

test('a second REQUEST while at work is a broker’s error: DISCONNECT, and back on a new connection', async () => {
  const broker = await RawRouter.listen();
  let finish = (): void => undefined;
  connect(broker, () => new Promise<string>((resolve) => (finish = () => resolve('done'))));
  const [id = ''] = await broker.receive();
  await broker.send(id, '', WORKER, REQUEST, 'first', '', 'body');
  await broker.send(id, '', WORKER, REQUEST, 'second', '', 'body');
  expect(await broker.receive()).toEqual([id, '', WORKER, DISCONNECT]);
  finish();
  expect((await broker.receive()).slice(1)).toEqual(['', WORKER, READY, 'echo']);
});

test('a handler that throws sends no REPLY: DISCONNECT, and back on a new connection', async () => {
  const broker = await RawRouter.listen();
  const worker = connect(broker, () => {
    throw new Error('as asked');
  });
  const [id = ''] = await broker.receive();
  await broker.send(id, '', WORKER, REQUEST, 'address', '', 'body');
  expect(await broker.receive()).toEqual([id, '', WORKER, DISCONNECT]);
  expect((await broker.receive()).slice(1)).toEqual(['', WORKER, READY, 'echo']);
  expect(worker.inspect().counters).toMatchObject({ handlerFailures: 1, replies: 0, faults: 0 });
});

test('closing says DISCONNECT; closing at work sends the REPLY first', async () => {
  const broker = await RawRouter.listen();
  const idle = connect(broker, echo);
  const [id = ''] = await broker.receive();
  await idle.close();
  expect(await broker.receive()).toEqual([id, '', WORKER, DISCONNECT]);
  let finish = (): void => undefined;
  const busy = connect(broker, () => new Promise<string>((resolve) => (finish = () => resolve('done'))), { drainTimeout: 5000 });
  const [other = ''] = await broker.receive();
  await broker.send(other, '', WORKER, REQUEST, 'address', '', 'body');
  await eventually('the handler runs', () => busy.inspect().state === 'busy');
  const closed = busy.close();
  finish();
  await closed;
  expect(await broker.receive()).toEqual([other, '', WORKER, REPLY, 'address', '', 'done']);
  expect(await broker.receive()).toEqual([other, '', WORKER, DISCONNECT]);
});

test('garbage from the broker is dropped and counted, and the next REQUEST is served', async () => {
  const broker = await RawRouter.listen();
  const worker = connect(broker, echo);
  const [id = ''] = await broker.receive();
  const garbage = [
    [''],
    ['junk'],
    ['', '', ''],
    ['', WORKER],
    ['', 'MDPC01', 'echo', 'body'],
    ['', WORKER, '\x09'],
    ['', WORKER, REQUEST],
    ['', WORKER, REQUEST, 'address'],
    ['', WORKER, REQUEST, 'address', 'not empty', 'body'],
    ['', WORKER, REQUEST, 'address', ''],
    ['', WORKER, READY, 'echo'],
    ['', WORKER, REPLY, 'address', '', 'body'],
    ['more', '', WORKER, HEARTBEAT],
  ];
  for (const frames of garbage) await broker.send(id, ...frames);
  await broker.send(id, '', WORKER, REQUEST, 'address', '', 'body');
  expect(await broker.receive()).toEqual([id, '', WORKER, REPLY, 'address', '', 'body']);
  expect(worker.inspect().counters).toMatchObject({ invalid: garbage.length, connections: 1, faults: 0 });
});
