import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../interop/processes.ts';
import { endAll, run, start, type Seaworthy } from './seaworthy.ts';

afterEach(() => {
  endAll();
});

interface Queue {
  readonly queue: Seaworthy;
  readonly frontend: string;
  readonly backend: string;
}

async function startQueue(pattern: string, ...words: readonly string[]): Promise<Queue> {
  const anywhere = 'tcp://127.0.0.1:*';
  const queue = start('queue', pattern, '--frontend', anywhere, '--backend', anywhere, '--verbose', ...words);
  const [, frontend = '', backend = ''] = await queue.says(/for clients on (\S+), for workers on (\S+)/);
  return { queue, frontend, backend };
}

/** A worker that the queue knows. */
async function startWorker({ queue, backend }: Queue, pattern: string, ...words: readonly string[]): Promise<Seaworthy> {
  const before = [...queue.stdout.matchAll(/^workerRegistered /gm)].length;
  const worker = start('worker', '--pattern', pattern, '--queue', backend, '--reconnect-interval', '50', ...words);
  await queue.says(new RegExp(`(?:^workerRegistered [^]*?){${before + 1}}`, 'm'));
  return worker;
}

const call = (frontend: string, ...words: string[]): Seaworthy => start('call', '--pattern', 'lazy', '--server', frontend, ...words);

test('paranoid: a worker killed with a request in its hands is replaced, and the client never knows', async () => {
  const queue = await startQueue('paranoid');
  const first = await startWorker(queue, 'paranoid', '--exec', 'echo began >&2; sleep 5');
  await startWorker(queue, 'paranoid', '--exec', 'echo "second, attempt $SEAWORTHY_ATTEMPT"');
  const asking = call(queue.frontend, 'job', '--json', '--timeout', '10000');
  await first.says(/began/, 'stderr');
  first.kill();
  const { code, stdout } = await asking.exit();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ body: ['second, attempt 2\n'], attempts: [{ outcome: 'replied' }] });
  expect(queue.queue.stdout).toMatch(/requestRequeued worker=\S+ deliveries=1 reason=disconnected/);
});

test('simple: a worker killed with a request in its hands: the client asks again, and another answers', async () => {
  const queue = await startQueue('simple');
  const first = await startWorker(queue, 'simple', '--exec', 'echo began >&2; sleep 5');
  await startWorker(queue, 'simple', '--exec', 'echo second');
  const asking = call(queue.frontend, 'job', '--json', '--timeout', '1000');
  await first.says(/began/, 'stderr');
  first.kill();
  const { code, stdout } = await asking.exit();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ body: ['second\n'], attempts: [{ outcome: 'timed-out' }, { outcome: 'replied' }] });
  expect(queue.queue.stdout).toMatch(/requestFailed code=worker-lost deliveries=1/);
});

test.each(['simple', 'paranoid'])('%s: the queue is killed and started again: its worker comes back, and says so', async (pattern) => {
  const frontend = `tcp://127.0.0.1:${await freePort()}`;
  const backend = `tcp://127.0.0.1:${await freePort()}`;
  const words = ['queue', pattern, '--frontend', frontend, '--backend', backend, '--verbose'];
  const before = start(...words);
  await before.says(/listening/);
  const worker = await startWorker({ queue: before, frontend, backend }, pattern);
  before.kill();
  await worker.says(/the queue is lost \(disconnected\); next try in \d+ ms/, 'stderr');
  const after = start(...words);
  await after.says(/workerRegistered/);
  expect(await call(frontend, 'one', 'two').exit()).toMatchObject({ code: 0, stdout: 'one\ntwo\n', stderr: '' });
});

test('a queue told to stop lets the request in flight finish, and exits with 0', async () => {
  const queue = await startQueue('paranoid');
  const worker = await startWorker(queue, 'paranoid', '--exec', 'echo began >&2; sleep 1; cat');
  const asking = call(queue.frontend, 'in flight', '--timeout', '10000');
  await worker.says(/began/, 'stderr');
  queue.queue.signal('SIGINT');
  expect(await asking.exit()).toMatchObject({ code: 0, stdout: 'in flight\n' });
  expect(await queue.queue.exit()).toMatchObject({ code: 0 });
  expect(queue.queue.stderr).toBe('seaworthy queue: SIGINT: finishing 1 request; once more to exit at once\n');
});

test('a port that is taken is told in a line, with exit code 6', async () => {
  const { frontend } = await startQueue('simple');
  const second = await run('queue', 'simple', '--frontend', 'tcp://127.0.0.1:*', '--backend', frontend);
  expect(second).toMatchObject({ code: 6, stdout: '' });
  expect(second.stderr).toContain(`BIND_FAILED: cannot listen on ${frontend}: EADDRINUSE`);
});

test('with --json the first line says where it listens', async () => {
  const queue = start('queue', 'simple', '--frontend', 'tcp://127.0.0.1:*', '--backend', 'tcp://127.0.0.1:*', '--json');
  const [line] = await queue.says(/^\{.*\}$/m);
  expect(JSON.parse(line)).toMatchObject({
    event: 'listening',
    pattern: 'simple',
    frontend: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/) as string,
    backend: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/) as string,
  });
});
