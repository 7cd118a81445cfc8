import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../interop/processes.ts';
import { OPEN, Seaworthy, endAll, run, start } from './seaworthy.ts';

afterEach(() => {
  endAll();
});

const COUNT = 6000;

type Role = 'primary' | 'backup';

interface Place {
  readonly frontends: { readonly [role in Role]: string };
  readonly peers: { readonly [role in Role]: string };
}

async function freePlace(): Promise<Place> {
  const endpoint = async (): Promise<string> => `tcp://127.0.0.1:${await freePort()}`;
  return {
    frontends: { primary: await endpoint(), backup: await endpoint() },
    peers: { primary: await endpoint(), backup: await endpoint() },
  };
}

const bothOf = ({ frontends }: Place): string => `${frontends.primary},${frontends.backup}`;

function wordsOf({ frontends, peers }: Place, role: Role): string[] {
  const other = role === 'primary' ? 'backup' : 'primary';
  const words = ['star', `--${role}`, '--frontend', frontends[role], '--peer-listen', peers[role], '--peer-connect', peers[other]];
  return [...words, '--heartbeat-interval', '100', '--failover-timeout', '800', '--max-delay', '50', '--max-pause', '200'];
}

async function startHalf(place: Place, role: Role, ...words: readonly string[]): Promise<Seaworthy> {
  const half = start(...wordsOf(place, role), ...words);
  await half.says(new RegExp(`^${role}: listening`, 'm'));
  return half;
}

const ask = (place: Place, ...words: readonly string[]): Seaworthy =>
  start('call', '--pattern', 'star', '--server', bothOf(place), ...words);

test('a pair of brokers: the one that serves is killed under load, comes back, and the other is stopped: every call is answered', async () => {
  const place = await freePlace();
  const killed = await startHalf(place, 'primary');
  const backup = await startHalf(place, 'backup');
  await killed.says(/^active: epoch 1, peer-waiting$/m);
  await backup.says(/^passive: epoch 1, peer-serves$/m);
  const worker = start(
    'worker',
    '--broker',
    bothOf(place),
    '--service',
    'echo',
    '--reconnect-interval',
    '100',
    '--reconnect-maximum',
    '400',
  );
  await worker.says(/^serving "echo" at tcp:\S+ or tcp:\S+$/m);
  const words = ['--retries', '30', '--reconnect-interval', '100', '--reconnect-maximum', '400'];
  const load = start('call', '--broker', bothOf(place), 'echo', 'x', '--count', String(COUNT), '--concurrency', '5', '--json', ...words);
  await load.says(/"request":500,/);
  killed.kill();
  await backup.says(/^active: epoch 2, peer-silent$/m);
  const primary = await startHalf(place, 'primary');
  await primary.says(/^passive: epoch 2, peer-serves$/m);
  await backup.says(/is lost[^]*the other half is there/, 'stderr');
  backup.signal('SIGINT');
  expect(await backup.exit()).toMatchObject({ code: 0 });
  expect(backup.stderr).toContain('seaworthy star: SIGINT: handing over to the other half\n');
  await primary.says(/^active: epoch 3, peer-resigned$/m);
  const { code, stdout } = await load.exit(50_000);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ summary: { requests: COUNT, replied: COUNT, failed: 0 } });
  const numbers = lines.slice(0, -1).map((line) => (JSON.parse(line) as { request: number }).request);
  expect(new Set(numbers).size).toBe(COUNT);
});

test('a pair of servers that run a command; which half answers is what the client finds out', async () => {
  const place = await freePlace();
  const primary = await startHalf(place, 'primary', '--exec', 'echo "primary: $(cat)"', '--no-death-hint');
  await startHalf(place, 'backup', '--exec', 'echo "backup: $(cat)"', '--no-death-hint');
  await primary.says(/^active/m);
  expect(await ask(place, 'hello').exit()).toMatchObject({ code: 0, stdout: 'primary: hello\n', stderr: '' });
  primary.kill();
  const { code, stdout } = await ask(place, 'hello', '--json').exit();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ body: ['backup: hello\n'], endpoint: place.frontends.backup });
});

test('a command that fails answers nothing, and is told', async () => {
  const place = await freePlace();
  const primary = await startHalf(place, 'primary', '--exec', 'exit 3', '--activate');
  await primary.says(/^active: epoch 1, peer-silent$/m);
  expect(await ask(place, 'x', '--retries', '1', '--timeout', '300').exit()).toMatchObject({ code: 3 });
  expect(primary.stderr).toContain('seaworthy star: a request failed: the command exited with code 3\n');
});

test('a backup on its own serves nobody, unless somebody says so', async () => {
  const place = await freePlace();
  const alone = await startHalf(place, 'backup', '--serve', 'echo');
  expect(await ask(place, 'x', '--retries', '4', '--timeout', '400').exit()).toMatchObject({ code: 3 });
  alone.kill();
  await alone.ended;
  const told = await startHalf(place, 'backup', '--serve', 'echo', '--activate');
  await told.says(/^active: epoch 1, peer-silent$/m);
  expect(await ask(place, 'x').exit()).toMatchObject({ code: 0, stdout: 'x\n' });
});

test('an operator hands over by a line on standard input, and asks what is going on', async () => {
  const place = await freePlace();
  const backup = await startHalf(place, 'backup', '--serve', 'echo');
  const primary = new Seaworthy([...wordsOf(place, 'primary'), '--serve', 'echo', '--control'], OPEN);
  await primary.says(/^active: epoch 1, peer-waiting$/m);
  await backup.says(/^passive: epoch 1/m);
  primary.type('nonsense');
  await primary.says(/unknown order "nonsense"; there are activate, hand-over, inspect/, 'stderr');
  primary.type('hand-ovr');
  await primary.says(/unknown order "hand-ovr"; did you mean hand-over\?/, 'stderr');
  // The other half has said that it is passive when it says it for the second time.
  await sleep(200);
  primary.type('hand-over');
  await primary.says(/^passive: epoch \d, handed-over$/m);
  await backup.says(/^active: epoch 2, peer-resigned$/m);
  expect(await ask(place, 'x').exit()).toMatchObject({ code: 0, stdout: 'x\n' });
  primary.type('activate');
  await primary.says(/cannot activate while passive: the peer is there; let it hand over/, 'stderr');
  primary.type('inspect');
  await primary.says(/"position": "primary"[^]*"state": "passive"/);
  primary.signal('SIGTERM');
  expect(await primary.exit()).toMatchObject({ code: 0 });
});

test('a classic half that is stopped does not say that it hands over', async () => {
  const place = await freePlace();
  const classic = ['--serve', 'echo', '--mode', 'classic', '--max-held-bytes', '1000'];
  const primary = await startHalf(place, 'primary', ...classic);
  const backup = await startHalf(place, 'backup', ...classic);
  await primary.says(/^active/m);
  await backup.says(/^passive/m);
  await primary.says(/the other half is there/, 'stderr');
  primary.signal('SIGTERM');
  expect(await primary.exit()).toMatchObject({ code: 0 });
  expect(primary.stderr).toContain('SIGTERM: ending; the other half serves when this one has been silent and a client asks it\n');
});

test('with --json each line is an object, with what became of the pair', async () => {
  const place = await freePlace();
  const half = start(...wordsOf(place, 'primary'), '--serve', 'echo', '--activate', '--json');
  await half.says(/becameActive/);
  half.signal('SIGTERM');
  const { code, stdout, stderr } = await half.exit();
  expect(code).toBe(0);
  const { frontends, peers } = place;
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { event: 'listening', role: 'primary', frontend: frontends.primary, peer: { listen: peers.primary, connect: peers.backup } },
    { event: 'becameActive', epoch: 1, reason: 'peer-silent', synchronised: true },
  ]);
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ note: 'SIGTERM: the other half is not there to take over' }]);
});

test('two primaries are told that the pair is set up wrongly', async () => {
  const place = await freePlace();
  const first = await startHalf(place, 'primary');
  const { frontends, peers } = place;
  await startHalf(
    { frontends: { ...frontends, primary: frontends.backup }, peers: { primary: peers.backup, backup: peers.primary } },
    'primary',
  );
  const [told] = await first.says(/the pair is set up wrongly: .*/, 'stderr');
  expect(told).toBe('the pair is set up wrongly: both servers are set up as primary');
});

test('a port that is taken is told in a line, with exit code 6', async () => {
  const place = await freePlace();
  const first = await startHalf(place, 'primary');
  const second = await run(...wordsOf(place, 'primary'));
  expect(second).toMatchObject({ code: 6, stdout: '' });
  expect(second.stderr).toContain(`BIND_FAILED: cannot listen on ${place.peers.primary}: EADDRINUSE`);
  first.kill();
});

test('a pair of the Guide’s kind ends when both serve, with exit code 1', async () => {
  const place = await freePlace();
  const words = ['--mode', 'classic', '--serve', 'echo'];
  const halves = [await startHalf(place, 'primary', ...words), await startHalf(place, 'backup', ...words)] as const;
  await halves[0].says(/^active/m);
  await halves[1].says(/^passive/m);
  expect(await ask(place, '--mode', 'classic', 'x').exit()).toMatchObject({ code: 0, stdout: 'x\n' });
  // The primary stands still; the backup serves; the primary wakes up.
  process.kill(halves[0].pid, 'SIGSTOP');
  try {
    await sleep(900);
    expect(await ask(place, '--mode', 'classic', '--timeout', '300', '--retry-interval', '100', 'y').exit()).toMatchObject({
      code: 0,
      stdout: 'y\n',
    });
  } finally {
    process.kill(halves[0].pid, 'SIGCONT');
  }
  // Whichever hears the other first ends.
  const { code, stderr } = await Promise.race(halves.map((half) => half.exit()));
  expect(code).toBe(1);
  expect(stderr).toContain('PAIR_HALTED: both servers of the pair are active');
});

test('a half does not wait for a command longer than its drain timeout, and says how many requests it finishes and gave up', async () => {
  const place = await freePlace();
  const half = start(...wordsOf(place, 'primary'), '--exec', 'echo began >&2; sleep 10', '--activate', '--drain-timeout', '300');
  await half.says(/^active/m);
  const asking = start('call', '--pattern', 'star', '--server', place.frontends.primary, 'x', '--timeout', '1500', '--retries', '1');
  await half.says(/began/, 'stderr');
  half.signal('SIGTERM');
  const { code, stderr } = await half.exit(5000);
  expect(code).toBe(0);
  expect(stderr).toMatch(/SIGTERM: finishing 1 request; once more to exit at once\n/);
  expect(stderr).toMatch(/seaworthy star: 1 request given up\n$/);
  await asking.exit();
});

test('who asks a pair of brokers as if it were servers for REQ sockets is told how to ask', async () => {
  const place = await freePlace();
  const half = start(...wordsOf(place, 'primary'), '--activate');
  await half.says(/^active/m);
  const { primary } = place.frontends;
  const { code, stderr } = await run('call', '--pattern', 'star', '--server', primary, 'hello', '--timeout', '300', '--retries', '2');
  expect(code).toBe(3);
  expect(stderr).toContain(
    `; is there a pair with a server for REQ sockets at ${primary} (one with a broker is asked with --broker ${primary} SERVICE)? If so, it may have run\n`,
  );
});
