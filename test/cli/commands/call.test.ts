import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LazyPirateServer } from '../../../src/lazy-pirate/server.ts';
import { freePort } from '../../interop/processes.ts';
import { endAll, run, runInto, runWithInput, start, startBroker, startWorker, type Broker, type Seaworthy } from './seaworthy.ts';

let at: Broker;
let echo: Seaworthy;

beforeAll(async () => {
  at = await startBroker();
  echo = await startWorker(at, 'echo');
});

afterEach(() => {
  endAll(at.broker, echo);
});

afterAll(() => {
  endAll();
});

test('a call prints the reply, for people and for programs', async () => {
  expect(await run('call', '--broker', at.endpoint, 'echo', 'hello', 'world')).toEqual({
    code: 0,
    signal: null,
    stdout: 'hello\nworld\n',
    stderr: '',
  });
  const { stdout, stderr } = await run('call', '--broker', at.endpoint, 'echo', 'hello', 'world', '--json');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^[^\n]*\n$/);
  expect(JSON.parse(stdout)).toEqual({
    service: 'echo',
    body: ['hello', 'world'],
    attempts: [{ attempt: 1, outcome: 'replied', startedAfter: expect.any(Number), milliseconds: expect.any(Number), sent: true }],
    deliveries: 1,
  });
});

test('standard input is the last frame, byte for byte', async () => {
  const input = Buffer.from([0, 10, 255, 0]);
  const { stdout } = await runWithInput(input, 'call', '--broker', at.endpoint, 'echo', 'first', '--stdin', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ body: ['first', { base64: input.toString('base64') }] });
});

test('what begins with a dash is a body behind two dashes', async () => {
  expect(await run('call', '--broker', at.endpoint, 'echo', '--', '-5', '--json')).toMatchObject({ code: 0, stdout: '-5\n--json\n' });
});

test('a service that nobody serves times out with 3, and the line says that no worker serves it', async () => {
  const { endpoint } = at;
  const { code, stdout, stderr } = await run('call', '--broker', endpoint, 'nobody', 'x', '--timeout', '200', '--retries', '2');
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toBe(
    'seaworthy call: REQUEST_TIMED_OUT: "nobody" did not answer within 200 ms in any of 2 attempts; no worker serves it now\n',
  );
});

test('without a broker a call times out with 3, and the line asks for the broker', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await run('call', '--broker', endpoint, 'echo', 'x', '--timeout', '200', '--retries', '2');
  expect(code).toBe(3);
  expect(stderr).toBe(
    `seaworthy call: REQUEST_TIMED_OUT: "echo" did not answer within 200 ms in any of 2 attempts; is there a broker at ${endpoint}?\n`,
  );
});

test('a failure is one JSON object on standard error, with its code and its numbers', async () => {
  const { endpoint } = at;
  const { code, stdout, stderr } = await run('call', '--broker', endpoint, 'nobody', 'x', '--timeout', '200', '--retries', '2', '--json');
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(JSON.parse(stderr)).toMatchObject({
    error: 'REQUEST_TIMED_OUT',
    service: 'nobody',
    retriable: true,
    attempts: [{ outcome: 'timed-out' }, { outcome: 'timed-out' }],
  });
});

test('a call whose broker is killed and does not come back ends with 4: the connection was lost', async () => {
  const other = await startBroker();
  const worker = await startWorker(other, 'slow', '--exec', 'echo began >&2; sleep 5');
  const call = start('call', '--broker', other.endpoint, 'slow', 'x', '--retries', '1', '--timeout', '10000');
  await worker.says(/began/, 'stderr');
  other.broker.kill();
  const { code, stderr } = await call.exit();
  expect(code).toBe(4);
  expect(stderr).toMatch(/^seaworthy call: CONNECTION_LOST: .* attempt 1 of 1 .*; it may have run\n$/);
});

test('three hundred calls, twenty at once, print three hundred replies and one summary', async () => {
  const calls = await run('call', '--broker', at.endpoint, 'echo', 'x', '--count', '300', '--concurrency', '20');
  expect(calls).toMatchObject({ code: 0, stdout: 'x\n'.repeat(300) });
  expect(calls.stderr).toMatch(
    /^seaworthy call: 300 replies, 0 failed in [\d.]+ ms, \d+\/s; median [\d.]+ ms, 99% [\d.]+ ms, most [\d.]+ ms\n$/,
  );
  const json = await run('call', '--broker', at.endpoint, 'echo', 'x', '--count', '30', '--concurrency', '20', '--json');
  const lines = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { request?: number; summary?: object });
  expect(lines.flatMap(({ request }) => request ?? []).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(lines.at(-1)?.summary).toMatchObject({ requests: 30, replied: 30, failed: 0, failures: {} });
});

test('of many calls that fail, each has its line, and the exit code is that of the first', async () => {
  const { endpoint } = at;
  const words = ['nobody', '--timeout', '200', '--retries', '1', '--count', '3', '--concurrency', '3'];
  const { code, stderr } = await run('call', '--broker', endpoint, ...words);
  expect(code).toBe(3);
  expect(stderr.match(/REQUEST_TIMED_OUT: "nobody"/g)).toHaveLength(3);
  expect(stderr).toMatch(/0 replies, 3 failed \(REQUEST_TIMED_OUT 3\) in/);
});

test('a call that is interrupted gives its request up and exits with 130', async () => {
  const call = start('call', '--broker', at.endpoint, 'nobody', 'x', '--verbose');
  await call.says(/linkUsable/);
  call.signal('SIGINT');
  const { code, stderr } = await call.exit(3000);
  expect(code).toBe(130);
  expect(stderr).toBe('seaworthy call: SIGINT: 1 in flight given up\n');
});

test('calls stop when nobody reads the replies any more', async () => {
  const calls = start('call', '--broker', at.endpoint, 'echo', 'x', '--count', '100000000', '--concurrency', '5');
  await calls.says(/x\nx\n/);
  calls.stopReading();
  const { code, stderr } = await calls.exit(10_000);
  expect(code).toBe(141);
  expect(stderr).toMatch(/^seaworthy call: \d+ replies, 0 failed in [^\n]*\n$/);
});

// Only Linux has a device that is always full.
test.runIf(process.platform === 'linux')('a reply that cannot be written is no success', async () => {
  const { code, stderr } = await runInto('/dev/full', 'call', '--broker', at.endpoint, 'echo', 'x');
  expect(code).toBe(141);
  expect(stderr).toBe('seaworthy call: no more output: ENOSPC: no space left on device, write\n');
});

test('a call over a connection of its own, as at foreign brokers, gets the same reply', async () => {
  const call = await run('call', '--broker', at.endpoint, 'echo', 'hello', '--correlation', 'socket');
  expect(call).toMatchObject({ code: 0, stdout: 'hello\n' });
});

test('with --pattern lazy a call asks a REP server, and the next one when the first does not answer', async () => {
  const absent = `tcp://127.0.0.1:${await freePort()}`;
  const server = await LazyPirateServer.listen('tcp://127.0.0.1:*', (request) => request.body.map((frame) => `${String(frame)}!`));
  const { endpoint } = server;
  try {
    expect(await run('call', '--pattern', 'lazy', '--server', endpoint, 'hello', 'world')).toEqual({
      code: 0,
      signal: null,
      stdout: 'hello!\nworld!\n',
      stderr: '',
    });
    const { stdout } = await run('call', '--pattern', 'lazy', '--server', `${absent},${endpoint}`, 'hello', '--timeout', '400', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      body: ['hello!'],
      attempts: [
        { outcome: 'timed-out', endpoint: absent },
        { outcome: 'replied', endpoint },
      ],
      endpoint,
    });
    const many = await run('call', '--pattern', 'lazy', '--server', endpoint, 'x', '--count', '50', '--concurrency', '5');
    expect(many).toMatchObject({ code: 0, stdout: 'x!\n'.repeat(50) });
  } finally {
    await server.close();
  }
});

test.each(['lazy', 'star'])('with --pattern %s more calls at once than there may be connections are all answered', async (pattern) => {
  const server = await LazyPirateServer.listen('tcp://127.0.0.1:*', (request) => request.body, { maxQueuedRequests: 10_000 });
  try {
    const mode = pattern === 'star' ? ['--mode', 'classic'] : [];
    const times = ['--count', '1500', '--concurrency', '1500', '--timeout', '10000'];
    const { code, stdout, stderr } = await run('call', '--pattern', pattern, '--server', server.endpoint, 'x', ...times, ...mode);
    expect({ code, replies: stdout.length }).toEqual({ code: 0, replies: 1500 * 2 });
    expect(stderr).toMatch(/^seaworthy call: 1500 replies, 0 failed/);
  } finally {
    await server.close();
  }
});

test('with --pattern lazy and nobody there a call ends with 3, and the line asks for the server', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  expect(await run('call', '--pattern', 'lazy', '--server', endpoint, 'x', '--timeout', '150')).toEqual({
    code: 3,
    signal: null,
    stdout: '',
    stderr: `seaworthy call: REQUEST_ABANDONED: abandoned: no answer within 150 ms in the last of 3 attempts; is there a server at ${endpoint}, or a queue with a worker that is free? If so, it may have run\n`,
  });
  const { code, stderr } = await run('call', '--pattern', 'lazy', '--server', endpoint, 'x', '--deadline', '150', '--json');
  expect({ code, problem: JSON.parse(stderr) as unknown }).toMatchObject({
    code: 3,
    problem: { error: 'REQUEST_ABANDONED', reason: 'deadline' },
  });
});

test('standard input without end is refused at the limit, and nothing is sent', async () => {
  const { code, stderr } = await runWithInput(Buffer.alloc(2 ** 20 + 1), 'call', '--broker', at.endpoint, 'echo', '--stdin');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'seaworthy call: standard input is longer than the 1048576 bytes that --max-frame-bytes allows\nTry: seaworthy call --help\n',
  });
});
