import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../interop/processes.ts';
import { endAll, run, runWithInput, start, startBroker, startWorker, type Broker } from './seaworthy.ts';

let at: Broker;

beforeAll(async () => {
  at = await startBroker('--max-deliveries', '3');
});

afterEach(() => {
  endAll(at.broker);
});

afterAll(() => {
  endAll();
});

test('a worker killed with a request in its hands is replaced: the call is answered by the other one', async () => {
  const first = await startWorker(at, 'killed', '--exec', 'echo began >&2; sleep 1; echo "first, attempt $SEAWORTHY_ATTEMPT"');
  await startWorker(at, 'killed', '--exec', 'echo "second, attempt $SEAWORTHY_ATTEMPT"');
  const call = start('call', '--broker', at.endpoint, 'killed', 'job', '--json', '--timeout', '10000');
  await first.says(/began/, 'stderr');
  first.kill();
  const { code, stdout } = await call.exit();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    service: 'killed',
    body: ['second, attempt 2\n'],
    deliveries: 2,
    attempts: [{ outcome: 'replied' }],
  });
  expect(at.broker.stdout).toMatch(/workerLost service=killed worker=\S+ reason=disconnected noticedBy=transport heldRequests=1/);
});

test('a worker without a command echoes all frames', async () => {
  await startWorker(at, 'echo');
  expect(await run('call', '--broker', at.endpoint, 'echo', 'one', 'two', '')).toMatchObject({
    code: 0,
    stdout: 'one\ntwo\n\n',
    stderr: '',
  });
});

test('a command reads the frames with newlines between them, and its output is the reply, byte for byte', async () => {
  await startWorker(at, 'bytes', '--exec', 'od -An -c | tr -d " \\n"; printf "\\377"');
  const { stdout } = await run('call', '--broker', at.endpoint, 'bytes', 'a', 'b c', '--json');
  const [reply] = (JSON.parse(stdout) as { body: { base64: string }[] }).body;
  expect(Buffer.from(reply?.base64 ?? '', 'base64').toString('latin1')).toBe('a\\nbc\xff');
});

test('a command that reads nothing may still answer a large request', async () => {
  await startWorker(at, 'deaf', '--exec', 'echo no thanks');
  const call = await runWithInput('x'.repeat(900_000), 'call', '--broker', at.endpoint, 'deaf', '--stdin');
  expect(call).toMatchObject({ code: 0, stdout: 'no thanks\n' });
});

test('a command that exits with 3 fails its request: stderr is shown, and after three deliveries the caller learns that it is poisoned', async () => {
  const worker = await startWorker(at, 'bad', '--reconnect-interval', '50', '--exec', 'echo oops $SEAWORTHY_SERVICE >&2; exit 3');
  const call = await run('call', '--broker', at.endpoint, 'bad', 'x', '--timeout', '10000');
  expect(call).toMatchObject({ code: 1, stdout: '' });
  expect(call.stderr).toBe(
    'seaworthy call: REQUEST_FAILED: the broker gave up the request to "bad": poisoned (delivered 3 times); it may have run\n',
  );
  await worker.says(/attempt 3\)/, 'stderr');
  expect(worker.stderr.split('\n')).toEqual([
    ...[1, 2, 3].flatMap((attempt) => [
      'oops bad',
      `seaworthy worker: a request failed (attempt ${attempt}): the command exited with code 3`,
    ]),
    '',
  ]);
});

test('a command that writes more than it may is stopped, and its request has failed', async () => {
  const worker = await startWorker(at, 'talker', '--max-reply-bytes', '1000', '--exec', 'exec yes');
  start('call', '--broker', at.endpoint, 'talker', 'x', '--timeout', '10000');
  await worker.says(/the command wrote more than 1000 bytes/, 'stderr');
  const [, held] = await at.broker.says(/workerLost service=talker worker=\S+ reason=left noticedBy=peer heldRequests=(\d+)/);
  expect(held).toBe('1');
});

test('a worker told to stop finishes the request in hand, leaves, and exits with 0', async () => {
  const worker = await startWorker(at, 'leaver', '--exec', 'echo began >&2; sleep 1; cat');
  const call = start('call', '--broker', at.endpoint, 'leaver', 'in hand', '--timeout', '10000');
  await worker.says(/began/, 'stderr');
  worker.signal('SIGINT');
  expect(await call.exit()).toMatchObject({ code: 0, stdout: 'in hand\n' });
  expect(await worker.exit()).toMatchObject({ code: 0 });
  await at.broker.says(/workerLost service=leaver worker=\S+ reason=left noticedBy=peer heldRequests=0/);
});

test('a command that outlasts the drain timeout is killed with all that it started', async () => {
  const worker = await startWorker(at, 'outlasting', '--drain-timeout', '300', '--exec', 'sleep 10 & echo began >&2; wait');
  start('call', '--broker', at.endpoint, 'outlasting', 'x', '--timeout', '10000');
  await worker.says(/began/, 'stderr');
  worker.signal('SIGTERM');
  expect(await worker.exit(5000)).toMatchObject({ code: 0 });
});

test('a second SIGINT ends a worker at once, and its command with it', async () => {
  const worker = await startWorker(at, 'second', '--exec', 'sleep 10 & echo began >&2; wait');
  start('call', '--broker', at.endpoint, 'second', 'x', '--timeout', '10000');
  await worker.says(/began/, 'stderr');
  worker.signal('SIGINT');
  // The same signal so soon would be taken for one that was sent on by a wrapper such as npx.
  await new Promise((resolve) => setTimeout(resolve, 300));
  worker.signal('SIGINT');
  expect(await worker.exit(3000)).toMatchObject({ code: 130 });
});

test('a worker whose broker was killed ends the command nobody waits for, and serves the next broker at that place', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const first = start('broker', '--bind', endpoint, '--verbose');
  await first.says(/listening/);
  const worker = await startWorker(
    { broker: first, endpoint },
    'orphan',
    '--reconnect-interval',
    '50',
    '--exec',
    'echo began >&2; read x; sleep $x',
  );
  const call = start('call', '--broker', endpoint, 'orphan', '30', '--timeout', '10000');
  await worker.says(/began/, 'stderr');
  call.kill();
  first.kill();
  await worker.says(/broker is lost \(disconnected\)/, 'stderr');
  await worker.says(/a request failed \(attempt 1\): nobody waits for its reply any more/, 'stderr');
  const second = start('broker', '--bind', endpoint, '--verbose');
  await second.says(/workerRegistered service=orphan/);
  expect(await run('call', '--broker', endpoint, 'orphan', '0')).toMatchObject({ code: 0 });
});

test('a worker that finds no broker goes on looking, says so, and still stops at once and quietly', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const worker = start('worker', '--broker', endpoint, '--service', 'echo', '--heartbeat-interval', '50', '--reconnect-interval', '50');
  await worker.says(/broker is lost \(silent\); next try in \d+ ms[^]*broker is lost/, 'stderr');
  worker.signal('SIGINT');
  const { code, stderr } = await worker.exit(3000);
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/WARNING|fault|bug/);
});
