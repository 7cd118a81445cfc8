import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../interop/processes.ts';
import { endAll, run, start, type Seaworthy } from './seaworthy.ts';

afterEach(() => {
  endAll();
});

async function startServer(...words: readonly string[]): Promise<{ readonly server: Seaworthy; readonly endpoint: string }> {
  const server = start('freelance', 'server', '--endpoint', 'tcp://127.0.0.1:*', ...words);
  const [, endpoint = ''] = await server.says(/listening on (\S+)/);
  return { server, endpoint };
}

test.each(['addressed', 'sequential', 'shotgun'])('%s: a call is answered by a server that runs a command', async (model) => {
  const { endpoint } = await startServer('--model', model, '--exec', 'tr a-z A-Z');
  expect(await run('freelance', 'call', endpoint, '--model', model, '--body', 'hello')).toMatchObject({
    code: 0,
    stdout: 'HELLO\n',
    stderr: '',
  });
});

test('sequential: a server is killed with a request: the other one answers, and later calls', async () => {
  const model = ['--model', 'sequential'];
  const first = await startServer(...model, '--exec', 'echo began >&2; sleep 5');
  const second = await startServer(...model);
  const servers = [first.endpoint, second.endpoint, ...model];
  const asking = start('freelance', 'call', ...servers, '--body', 'job', '--json', '--timeout', '10000');
  await first.server.says(/began/, 'stderr');
  first.server.kill();
  const { code, stdout } = await asking.exit();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    body: ['job'],
    endpoint: second.endpoint,
    attempts: [{ outcome: 'connection-lost' }, { outcome: 'replied' }],
  });
  const after = await run('freelance', 'call', ...servers, '--body', 'x', '--count', '20', '--concurrency', '4');
  expect(after).toMatchObject({ code: 0, stdout: 'x\n'.repeat(20) });
  expect(after.stderr).toMatch(/20 replies, 0 failed/);
});

test('nobody is there: exit code 3, and the line asks for the servers', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await run('freelance', 'call', endpoint, '--timeout', '200', '--retries', '2');
  expect(code).toBe(3);
  expect(stderr).toBe(
    `seaworthy freelance: REQUEST_ABANDONED: abandoned: no answer within 200 ms in the last of 2 rounds; is there a server of this model at ${endpoint}? If so, it may have run\n`,
  );
});

test('nobody is there until the deadline is over: the line asks for the servers, too', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await run('freelance', 'call', endpoint, '--timeout', '200', '--deadline', '250');
  expect(code).toBe(3);
  expect(stderr).toBe(
    `seaworthy freelance: REQUEST_ABANDONED: abandoned: no answer within the deadline of 250 ms (is there a server of this model at ${endpoint}?); it may have run\n`,
  );
});

test('SIGTERM drains a server: what it has in hand is answered', async () => {
  const { server, endpoint } = await startServer('--exec', 'echo began >&2; sleep 0.5; echo done');
  const asking = start('freelance', 'call', endpoint, '--timeout', '10000', '--deadline', '0');
  await server.says(/began/, 'stderr');
  server.signal('SIGTERM');
  expect(await asking.exit()).toMatchObject({ code: 0, stdout: 'done\n' });
  expect((await server.exit()).code).toBe(0);
});

test('a server does not wait for a command longer than its drain timeout, and says how many requests it gave up', async () => {
  const { server, endpoint } = await startServer('--exec', 'echo began >&2; sleep 10', '--drain-timeout', '300');
  const asking = start('freelance', 'call', endpoint, '--timeout', '2000', '--retries', '1');
  await server.says(/began/, 'stderr');
  server.signal('SIGTERM');
  expect(await server.exit(5000)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/finishing 1 request.*\n(.*\n)*.*1 request given up\n$/),
  });
  await asking.exit();
});

test('endpoints may have commas between them, and what is no endpoint may be meant as a body', async () => {
  const { endpoint } = await startServer();
  const nobody = `tcp://127.0.0.1:${await freePort()}`;
  expect(await run('freelance', 'call', `${nobody},${endpoint}`, '--body', 'x')).toMatchObject({ code: 0, stdout: 'x\n' });
  expect(await run('freelance', 'call', endpoint, 'hello')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"hello" is not an endpoint; --body says what to ask'),
  });
});
