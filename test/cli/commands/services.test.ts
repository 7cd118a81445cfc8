import { Router } from 'zeromq';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../interop/processes.ts';
import { endAll, run, start, startBroker, startWorker } from './seaworthy.ts';

afterEach(() => {
  endAll();
});

test('the services of a broker are a table for people and an object for programs', async () => {
  const at = await startBroker();
  expect(await run('services', '--broker', at.endpoint)).toMatchObject({ code: 0, stdout: 'no services\n' });
  await startWorker(at, 'echo');
  await startWorker(at, 'slow', '--exec', 'sleep 5');
  await startWorker(at, 'slow');
  start('call', '--broker', at.endpoint, 'slow', 'x', '--timeout', '20000');
  await at.broker.says(/requestDispatched service=slow/);
  const { code, stdout } = await run('services', '--broker', at.endpoint);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'SERVICE  WORKERS  IDLE  BUSY  WAITING',
    'echo           1     1     0        0',
    'slow           2     1     1        0',
    '',
  ]);
  const json = await run('services', '--broker', at.endpoint, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    services: [
      { name: 'echo', workers: 1, idle: 1, busy: 0, waiting: 0 },
      { name: 'slow', workers: 2, idle: 1, busy: 1, waiting: 0 },
    ],
  });
});

test('a service asked for by name is served or not, and the exit code says so', async () => {
  const at = await startBroker();
  await startWorker(at, 'echo');
  expect(await run('services', 'echo', '--broker', at.endpoint)).toMatchObject({ code: 0, stdout: 'echo  200  served\n' });
  const both = await run('services', 'echo', 'nobody', '--broker', at.endpoint);
  expect(both).toMatchObject({ code: 5, stdout: 'echo    200  served\nnobody  404  not served\n', stderr: '' });
  const json = await run('services', 'nobody', '--broker', at.endpoint, '--json');
  expect(json).toMatchObject({ code: 5, stdout: '{"services":[{"name":"nobody","status":"404"}]}\n' });
});

test('without a broker the line asks for it, and the exit code is 3', async () => {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await run('services', '--broker', endpoint, '--timeout', '200', '--retries', '1');
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(
    /^seaworthy services: REQUEST_TIMED_OUT: .* 200 ms in its only attempt; is there a broker at tcp:\/\/127\.0\.0\.1:\d+\?\n$/,
  );
});

test('a broker of another make lists nothing but answers for names', async () => {
  const foreign = await startForeignBroker((service, body) => (service === 'mmi.service' ? (body === 'echo' ? '200' : '404') : '501'));
  try {
    const list = await run('services', '--broker', foreign.endpoint);
    expect(list).toMatchObject({ code: 1, stdout: '' });
    expect(list.stderr).toMatch(/UNEXPECTED_ANSWER: .*does not list its services \(it answered "501"\); ask for some by name/);
    const names = await run('services', 'echo', 'nobody', '--broker', foreign.endpoint);
    expect(names).toMatchObject({ code: 5, stdout: 'echo    200  served\nnobody  404  not served\n' });
  } finally {
    foreign.close();
  }
});

test('a list from a hostile broker is not shown', async () => {
  const list = JSON.stringify([{ name: '\u001b[2Jevil', workers: 1, idle: 1, busy: 0, waiting: 0 }]);
  const foreign = await startForeignBroker((_service, body) => (body === 'services' ? ['200', 'correlation/1', list] : '501'));
  try {
    const { code, stdout, stderr } = await run('services', '--broker', foreign.endpoint);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).not.toContain('\u001b');
  } finally {
    foreign.close();
  }
});

type Answer = string | readonly string[];

/** Answers plain requests as RFC 7 says, and keeps nothing before the delimiter. */
async function startForeignBroker(answer: (service: string, body: string) => Answer): Promise<{ endpoint: string; close(): void }> {
  const router = new Router({ linger: 0 });
  await router.bind('tcp://127.0.0.1:*');
  void (async () => {
    for await (const [peer = '', empty = '', header = '', service = '', body = ''] of router) {
      const answered = answer(service.toString(), body.toString());
      await router.send([peer, empty, header, service, ...(typeof answered === 'string' ? [answered] : answered)]);
    }
  })();
  return {
    endpoint: router.lastEndpoint as string,
    close: () => {
      router.close();
    },
  };
}
