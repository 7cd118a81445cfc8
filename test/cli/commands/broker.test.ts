import { once } from 'node:events';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { endAll, run, start, startBroker, startWorker } from './seaworthy.ts';

afterEach(() => {
  endAll();
});

test('a broker says where it listens in one line of JSON and nothing more, and a SIGINT ends it with 0', async () => {
  const broker = start('broker', '--bind', 'tcp://127.0.0.1:*', '--json');
  const [, endpoint = ''] = await broker.says(/"endpoint":"(tcp:\/\/127\.0\.0\.1:\d+)"}\n/);
  broker.signal('SIGINT');
  expect(await broker.exit()).toEqual({ code: 0, signal: null, stdout: `{"event":"listening","endpoint":"${endpoint}"}\n`, stderr: '' });
});

test('a broker says for people where it listens, and a SIGTERM ends it with 0', async () => {
  const broker = start('broker', '--bind', 'tcp://127.0.0.1:*');
  await broker.says(/^listening on tcp:\/\/127\.0\.0\.1:\d+\n$/);
  broker.signal('SIGTERM');
  expect(await broker.exit()).toMatchObject({ code: 0, stderr: '' });
});

test('a broker told to stop while a worker is at work answers that request first, then exits with 0', async () => {
  const at = await startBroker();
  await startWorker(at, 'slow', '--exec', 'sleep 1; cat');
  const call = start('call', '--broker', at.endpoint, 'slow', 'in flight');
  await at.broker.says(/requestDispatched service=slow/);
  at.broker.signal('SIGINT');
  await at.broker.says(/finishing 1 request; once more to exit at once/, 'stderr');
  expect(await call.exit()).toMatchObject({ code: 0, stdout: 'in flight\n' });
  expect(await at.broker.exit()).toMatchObject({ code: 0 });
  expect(at.broker.stdout).toMatch(/\nclosed endpoint=/);
});

test('a broker that drains turns new requests away, and the caller learns why', async () => {
  const at = await startBroker();
  await startWorker(at, 'slow', '--exec', 'sleep 2; cat');
  const call = start('call', '--broker', at.endpoint, 'slow', 'in flight');
  await at.broker.says(/requestDispatched service=slow/);
  at.broker.signal('SIGINT');
  await at.broker.says(/finishing 1 request/, 'stderr');
  const late = await run('call', '--broker', at.endpoint, 'slow', 'too late', '--retries', '1', '--timeout', '1500');
  expect(late).toMatchObject({ code: 1, stdout: '' });
  expect(late.stderr).toMatch(/^seaworthy call: REQUEST_FAILED: .*shutting-down \(never delivered\); it has not run\n$/);
  expect(await call.exit()).toMatchObject({ code: 0, stdout: 'in flight\n' });
});

test('a broker does not wait for a worker longer than its drain timeout, and says how many requests it gave up', async () => {
  const at = await startBroker('--drain-timeout', '300');
  await startWorker(at, 'slow', '--exec', 'sleep 10; cat');
  const call = start('call', '--broker', at.endpoint, 'slow', 'x', '--retries', '1', '--timeout', '10000');
  await at.broker.says(/requestDispatched service=slow/);
  at.broker.signal('SIGTERM');
  const { code, stderr } = await at.broker.exit(5000);
  expect(code).toBe(0);
  expect(stderr).toMatch(/seaworthy broker: 1 request given up\n$/);
  expect((await call.exit()).stderr).toMatch(/shutting-down \(delivered once\); it may have run/);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a second %s ends a draining broker at once, with %i', async (signal, code) => {
  const at = await startBroker();
  await startWorker(at, 'slow', '--exec', 'sleep 10; cat');
  start('call', '--broker', at.endpoint, 'slow', 'x');
  await at.broker.says(/requestDispatched service=slow/);
  at.broker.signal(signal);
  await at.broker.says(/finishing 1 request/, 'stderr');
  // The same signal so soon would be taken for one that was sent on by a wrapper such as npx.
  await new Promise((resolve) => setTimeout(resolve, 300));
  at.broker.signal(signal);
  expect(await at.broker.exit(3000)).toMatchObject({ code });
});

test('the same SIGINT twice at once, as npx passes it on, still drains', async () => {
  const at = await startBroker();
  await startWorker(at, 'slow', '--exec', 'sleep 1; cat');
  const call = start('call', '--broker', at.endpoint, 'slow', 'in flight');
  await at.broker.says(/requestDispatched service=slow/);
  at.broker.signal('SIGINT');
  at.broker.signal('SIGINT');
  expect(await call.exit()).toMatchObject({ code: 0, stdout: 'in flight\n' });
  expect(await at.broker.exit()).toMatchObject({ code: 0 });
});

test('a port that is taken is one line and exit code 6', async () => {
  const { endpoint } = await startBroker();
  const second = await run('broker', '--bind', endpoint);
  expect(second).toMatchObject({ code: 6, stdout: '' });
  expect(second.stderr).toBe(`seaworthy broker: BIND_FAILED: cannot listen on ${endpoint}: EADDRINUSE\n`);
});

test('a port beyond the last one is an error: libzmq would listen on another', async () => {
  const { code, stdout, stderr } = await run('broker', '--bind', 'tcp://127.0.0.1:99999');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^seaworthy broker: INVALID_ENDPOINT: "tcp:\/\/127\.0\.0\.1:99999" is not an endpoint/);
});

test('bytes that are no ZeroMQ harm nobody: the broker goes on serving', async () => {
  const at = await startBroker();
  await startWorker(at, 'echo');
  const port = Number(at.endpoint.split(':').at(-1));
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\xff\0\0\0\0\0\0\0\x01\x7f', '\x01\0\x05hello', 'x'.repeat(100_000)]) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.end(bytes, 'latin1').resume();
    await once(socket, 'close');
  }
  expect(await run('call', '--broker', at.endpoint, 'echo', 'still here')).toMatchObject({ code: 0, stdout: 'still here\n' });
  at.broker.signal('SIGINT');
  expect(await at.broker.exit()).toMatchObject({ code: 0, stderr: '' });
});

test('an endpoint that other machines can reach is warned of before anything listens', async () => {
  // An address of nobody (RFC 5737), so that this test listens nowhere.
  const { code, stderr } = await run('broker', '--bind', 'tcp://192.0.2.1:5555');
  expect(code).toBe(6);
  expect(stderr).toMatch(/^seaworthy broker: warning: tcp:\/\/192\.0\.2\.1:5555 can be reached from other machines.*no authentication/);
  expect(stderr).toMatch(/\nseaworthy broker: BIND_FAILED: cannot listen on tcp:\/\/192\.0\.2\.1:5555: EADDRNOTAVAIL\n$/);
});

test('a trace file has every step of the broker, complete when it has exited', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'seaworthy-'));
  try {
    const file = join(directory, 'trace.ndjson');
    const at = await startBroker('--trace', file);
    await startWorker(at, 'echo');
    await run('call', '--broker', at.endpoint, 'echo', 'x');
    at.broker.signal('SIGINT');
    await at.broker.exit();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(expect.arrayContaining(['register', 'accept', 'dispatch', 'route', 'expire', 'step']));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('help that nobody reads is no error', async () => {
  const help = start('broker', '--help');
  help.stopReading();
  expect(await help.exit()).toMatchObject({ code: 0, stderr: '' });
});

test('a broker whose reader has left goes on serving', async () => {
  const at = await startBroker();
  at.broker.stopReading();
  const worker = start('worker', '--broker', at.endpoint, '--service', 'echo');
  await worker.says(/serving/);
  for (const body of ['one', 'two', 'three'])
    expect(await run('call', '--broker', at.endpoint, 'echo', body)).toMatchObject({ code: 0, stdout: `${body}\n` });
  at.broker.signal('SIGINT');
  expect(await at.broker.exit()).toMatchObject({ code: 0, stderr: '' });
});
