/** Strangers on the broker's port: whoever finds it open and whatever they send, the peers that belong there notice nothing. */
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import { defaultTransport } from '../../src/transport/transport.ts';
import { endAll, eventually, type Child } from './processes.ts';
import { expectEachAnsweredOnce, inspect, startBroker, startClient, startWorker, weigh } from './role-processes.ts';

const REQUESTS = 300;
const HANDSHAKE_MS = 500;
/** Code that ran for the first time, and the like, is below 1 MiB. Room made for a frame that claims to be long would be above. */
const MOST_GROWTH = 2 * 2 ** 20;

let broker: Child;
let client: Child;
let port = 0;
let first = 0;
let before: BrokerSnapshot;
let weightBefore = 0;
const sockets: Socket[] = [];

beforeAll(async () => {
  const [started, endpoint] = await startBroker({ handshakeTimeout: HANDSHAKE_MS });
  broker = started;
  port = Number(endpoint.split(':').at(-1));
  await startWorker(broker, endpoint, 'steady');
  client = await startClient(endpoint);
  await amongRequests(0, () => undefined);
  weightBefore = await weigh(broker);
});

afterAll(endAll);

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Opens `count` connections while the client asks `REQUESTS` times; `use` is called with each. */
async function amongRequests(count: number, use: (socket: Socket) => void): Promise<void> {
  before = await inspect<BrokerSnapshot>(broker);
  client.tell({ do: 'load', service: 'echo', first, count: REQUESTS, concurrency: 4, prefix: ['sleep:1'] });
  for (let i = 0; i < count; i++) {
    await client.untilSaid('outcome', first + Math.floor((i * REQUESTS) / count));
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    // Read, so that the end is noticed.
    socket.on('error', () => undefined).resume();
    use(socket);
  }
  first += REQUESTS;
  await client.untilSaid('loaded', first / REQUESTS);
}

async function expectCutOff(): Promise<void> {
  await eventually('the strangers are cut off', () => sockets.every((socket) => socket.closed), HANDSHAKE_MS + 3000);
}

async function expectUndisturbed(): Promise<BrokerSnapshot> {
  expectEachAnsweredOnce(client, 0, first, ['sleep:1']);
  const after = await inspect<BrokerSnapshot>(broker);
  expect(after).toMatchObject({ queued: 0, inFlight: 0, counters: { accepted: first, replied: first, workersLost: 0, faults: 0 } });
  expect(after.workers).toHaveLength(1);
  return after;
}

/** The beginning of a ZMTP 3.1 connection with the NULL mechanism. */
const greeting = Buffer.concat([
  Buffer.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
]);
const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 7919 + 13) % 256));

test('a port scanner that connects and hangs up, two hundred times', async () => {
  await amongRequests(200, (socket) => {
    socket.on('connect', () => socket.destroy());
  });
  await expectUndisturbed();
});

test.each<[who: string, connections: number, bytes: Buffer]>([
  ['connections that never say a word', 50, Buffer.alloc(0)],
  ['noise', 20, noise(65_536)],
  ['half a ZMTP greeting', 20, greeting.subarray(0, 30)],
  ['a ZMTP greeting, then noise', 20, Buffer.concat([greeting, noise(4096)])],
  ['a frame that claims eight exabytes', 20, Buffer.concat([greeting, Buffer.of(2, 0x7f, 255, 255, 255, 255, 255, 255, 255)])],
])('%s: cut off within moments, nobody is disturbed', async (_who, connections, bytes) => {
  await amongRequests(connections, (socket) => {
    if (bytes.length > 0) socket.write(bytes);
  });
  await expectCutOff();
  await expectUndisturbed();
});

// libzmq takes whatever does not begin with 0xff for a peer of ZMTP/1.0, which knows no handshake that could time out: such
// connections stay until the stranger hangs up. They cost a file descriptor each, and nothing in the broker's tables.
// The ZMTP transport speaks no version before 3, and ends them at their first byte.
const endsOlderVersions = defaultTransport('carry') === 'zmtp';

test.each<[who: string, bytes: Buffer]>([
  ['a browser', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')],
  ['a TLS client', Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), noise(250)])],
  ['an SSH client', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
])('%s: nobody is disturbed', async (_who, bytes) => {
  await amongRequests(20, (socket) => socket.write(bytes));
  if (endsOlderVersions) await expectCutOff();
  await expectUndisturbed();
});

const older = endsOlderVersions ? 'is cut off before anything is heard of it' : 'is heard, and what it says is counted as invalid';
test(`a ZMTP/1.0 peer made with netcat ${older}`, async () => {
  await amongRequests(20, (socket) => socket.write(Buffer.concat([Buffer.of(1, 0, 6, 0), Buffer.from('hello')])));
  if (endsOlderVersions) await expectCutOff();
  const after = await expectUndisturbed();
  expect(after.counters.invalid - before.counters.invalid).toBe(endsOlderVersions ? 0 : 20);
});

test('the broker holds no memory for strangers that have gone', async ({ annotate }) => {
  const grown = (await weigh(broker)) - weightBefore;
  await annotate(`the broker holds ${grown} bytes more`);
  expect(grown).toBeLessThan(MOST_GROWTH);
});
