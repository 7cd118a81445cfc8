/**
 * The Python peers themselves, against bare sockets: what they send is compared with the tables of 7/MDP and 8/MMI, so that
 * the tests that use them as witnesses can trust them.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { endAll, python, pythonNote, startPython } from './processes.ts';
import { closeRawPeers, RawDealer, RawRouter } from './raw-peer.ts';

const CLIENT = 'MDPC01';
const WORKER = 'MDPW01';
const [READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT] = ['\x01', '\x02', '\x03', '\x04', '\x05'];

afterEach(async () => {
  await endAll();
  closeRawPeers();
});

describe.skipIf(python === undefined)(`the Python peers speak MDP/0.1${pythonNote}`, () => {
  test('the worker registers, heartbeats, answers with the address it was given and comes back after DISCONNECT', async () => {
    const broker = await RawRouter.listen();
    const worker = startPython('mdp_worker', { endpoint: broker.endpoint, service: 'echo', name: 'monty', heartbeatMs: 50 });
    const [address = '', ...ready] = await broker.receive();
    expect(ready).toEqual(['', WORKER, READY, 'echo']);
    expect(await broker.receive()).toEqual([address, '', WORKER, HEARTBEAT]);
    await broker.send(address, '', WORKER, REQUEST, 'somebody', '', 'one', '', 'three');
    const reply = await broker.receiveUntil((frames) => frames[3] === REPLY);
    expect(reply).toEqual([address, '', WORKER, REPLY, 'somebody', '', 'monty', 'one', '', 'three']);
    await broker.send(address, '', WORKER, DISCONNECT);
    const again = await broker.receiveUntil((frames) => frames[3] === READY);
    expect(again.slice(1)).toEqual(['', WORKER, READY, 'echo']);
    expect(again[0]).not.toBe(address);
    await worker.until('disconnected');
  });

  test('the worker is silent while it works and takes a silent broker for dead only while idle', async () => {
    const broker = await RawRouter.listen();
    const worker = startPython('mdp_worker', { endpoint: broker.endpoint, service: 'echo', heartbeatMs: 40, liveness: 3 });
    const [address = ''] = await broker.receive();
    await broker.send(address, '', WORKER, REQUEST, 'somebody', '', 'sleep:400');
    await worker.until('request');
    const whileBusy = await broker.receiveUntil((frames) => frames[3] === REPLY);
    expect(whileBusy).toEqual([address, '', WORKER, REPLY, 'somebody', '', 'python', 'sleep:400']);
    expect(worker.said('brokerSilent')).toHaveLength(0);
    await worker.until('brokerSilent');
    const again = await broker.receiveUntil((frames) => frames[3] === READY);
    expect(again[0]).not.toBe(address);
  });

  test.each([
    ['REQ', {}, 0],
    ['DEALER', { dealer: true }, 0],
    ['REQ with correlation', { correlate: true }, 1],
  ] as const)('the %s client asks with the frames of the RFC and shows the answer', async (_kind, options, extra) => {
    const broker = await RawRouter.listen();
    const client = startPython('mdp_client', { endpoint: broker.endpoint, service: 'echo', requests: 2, body: ['', 'x'], ...options });
    for (const number of ['0', '1']) {
      const frames = await broker.receive();
      const envelope = frames.slice(0, 1 + extra);
      expect(envelope.at(-1)).toHaveLength(extra === 1 ? 4 : 5);
      expect(frames.slice(1 + extra)).toEqual(['', CLIENT, 'echo', number, '', 'x']);
      await broker.send(envelope[0] as string, ...envelope.slice(1), '', CLIENT, 'echo', 'answer', number);
    }
    await client.until('done');
    expect(client.said('reply').map((line) => line['body'])).toEqual([
      ['answer', '0'],
      ['answer', '1'],
    ]);
  });

  test('the broker hands requests to idle workers, answers clients, heartbeats, and sends strangers away', async () => {
    const broker = startPython('mdp_broker', { heartbeatMs: 50 });
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    const worker = new RawDealer(endpoint);
    const client = new RawDealer(endpoint);
    await worker.send('', WORKER, HEARTBEAT);
    expect(await worker.receive()).toEqual(['', WORKER, DISCONNECT]);
    await worker.send('', WORKER, READY, 'echo');
    expect(await worker.receive()).toEqual(['', WORKER, HEARTBEAT]);
    await worker.send('', WORKER, HEARTBEAT);
    await client.send('', CLIENT, 'echo', 'one', '', 'three');
    const request = await worker.receiveUntil((frames) => frames[2] === REQUEST);
    const address = request[3] as string;
    expect(request).toEqual(['', WORKER, REQUEST, address, '', 'one', '', 'three']);
    await worker.send('', WORKER, REPLY, address, '', 'done');
    expect(await client.receive()).toEqual(['', CLIENT, 'echo', 'done']);
    await worker.send('', WORKER, REPLY, address, '', 'twice');
    await worker.receiveUntil((frames) => frames[2] === DISCONNECT);
    expect(await client.everythingWithin(50)).toEqual([]);
  });

  test('the broker forgets a silent worker and answers MMI', async () => {
    const broker = startPython('mdp_broker', { heartbeatMs: 40, liveness: 3 });
    const endpoint = (await broker.until('ready'))['endpoint'] as string;
    const client = new RawDealer(endpoint);
    const ask = async (service: string, body: string): Promise<string[]> => {
      await client.send('', CLIENT, service, body);
      return client.receive();
    };
    expect(await ask('mmi.service', 'echo')).toEqual(['', CLIENT, 'mmi.service', '404']);
    const worker = new RawDealer(endpoint);
    await worker.send('', WORKER, READY, 'echo');
    await broker.until('registered');
    expect(await ask('mmi.service', 'echo')).toEqual(['', CLIENT, 'mmi.service', '200']);
    expect(await ask('mmi.seaworthy', '')).toEqual(['', CLIENT, 'mmi.seaworthy', '501']);
    expect(await broker.until('forgotten')).toMatchObject({ service: 'echo', why: 'silent', busy: false });
    expect(await ask('mmi.service', 'echo')).toEqual(['', CLIENT, 'mmi.service', '404']);
  });
});
