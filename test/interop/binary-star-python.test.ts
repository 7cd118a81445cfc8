/** Binary Star in classic mode and peers in Python, which do what the Guide says: pairs of one of each, and clients of either kind. */
import { afterEach, describe, expect, test } from 'vitest';
import type { BinaryStarSnapshot } from '../../src/binary-star/server.ts';
import type { StarRole } from '../../src/binary-star/peer.machine.ts';
import { eventually, python, pythonNote, startPython, type Child } from './processes.ts';
import { inspect } from './role-processes.ts';
import { connectClient, endStars, freePlace, otherOf, Pair, type Place } from './star-processes.ts';

/** The Guide's in proportion, and quicker; the Guide's server takes its peer for dead after two heartbeats. */
const HEARTBEAT_MS = 300;
const CLASSIC = {
  mode: 'classic',
  heartbeatInterval: HEARTBEAT_MS,
  failoverTimeout: 2 * HEARTBEAT_MS,
  toleratedLosses: 0,
  maxDelay: 50,
  maxPause: 200,
} as const;
const CLIENT = { mode: 'classic', requestTimeout: 300, retryInterval: 700, retryMaximum: 700 } as const;

afterEach(endStars);

async function startPythonHalf({ frontends, listen, connect }: Place, role: StarRole): Promise<Child> {
  const [frontend, publish, subscribe] = [frontends[role], listen[role], connect[role]];
  const half = startPython('bstar_server', { role, frontend, publish, subscribe, heartbeatMs: HEARTBEAT_MS });
  await half.until('ready');
  return half;
}

/** It asks until it is killed. */
function startPythonClient(servers: readonly string[]): Child {
  return startPython('bstar_client', { server: servers, requests: 1_000_000, timeoutMs: 300, settleMs: 700, pauseMs: 10 });
}

const became = (half: Child, state: string): Promise<unknown> => half.until((line) => line.event === 'became' && line['state'] === state);

/** Each request was answered once, in order. */
function expectAllAnswered(client: Child): void {
  const replies = client.said('reply');
  expect(replies.map((line) => line['request'])).toEqual(Array.from(replies.keys()));
  expect(replies.map((line) => (line['body'] as string[]).at(-1))).toEqual(replies.map((line) => String(line['request'])));
}

describe.skipIf(python === undefined).each<StarRole>(['primary', 'backup'])(
  `a pair of the Guide’s kind of which the %s is in Python${pythonNote}`,
  (role) => {
    test('they find out who serves, the other takes over from a dead one, which stands by when it is back, and takes over in its turn', async () => {
      const place = await freePlace();
      const pair = new Pair(place, 'echo', CLASSIC);
      const ourRole = otherOf(role);
      let [python_, ours] = await Promise.all([startPythonHalf(place, role), pair.start(ourRole)]);
      const client = connectClient(pair.endpoints, CLIENT);
      const by = async (text: string): Promise<string> => String((await client.request(text)).body[0]);
      const nameOf = { primary: role === 'primary' ? 'python' : 'primary', backup: role === 'backup' ? 'python' : 'backup' };
      if (role === 'primary') {
        await became(python_, 'active');
        await ours.until('becamePassive');
      } else {
        await ours.until('becameActive');
        await became(python_, 'passive');
      }
      expect(await by('one')).toBe(nameOf.primary);
      // The primary dies, and the backup serves when a client asks it.
      await (role === 'primary' ? python_ : ours).kill();
      expect(await by('two')).toBe(nameOf.backup);
      if (role === 'primary') {
        expect(await ours.until('becameActive')).toMatchObject({ reason: 'peer-silent' });
        python_ = await startPythonHalf(place, role);
        await became(python_, 'passive');
      } else {
        await became(python_, 'active');
        ours = await pair.start(ourRole);
        await ours.until('becamePassive');
      }
      expect(await by('three')).toBe(nameOf.backup);
      // The Guide's fail-back: whoever serves now is stopped.
      await (role === 'primary' ? ours : python_).kill();
      expect(await by('four')).toBe(nameOf.primary);
      expect([...ours.said('fault'), ...ours.said('unusable'), ...python_.said('fatal')]).toEqual([]);
      expect(client.inspect()).toMatchObject({ mode: 'classic', epoch: 0, counters: { replies: 4, failures: 0, faults: 0 } });
    });

    test('what ours publishes is what the Guide’s server does: a digit a heartbeat', async () => {
      const place = await freePlace();
      const pair = new Pair(place, 'echo', CLASSIC);
      const python_ = await startPythonHalf(place, role);
      const ours = await pair.start(otherOf(role));
      await python_.untilSaid('heard', 6);
      const digits = python_.said('heard').map((line) => line['frames'] as string[]);
      expect(digits.every((frames) => frames.length === 1)).toBe(true);
      const [first, last] = role === 'primary' ? ['2', '4'] : ['1', '3'];
      const heard = digits.map(([digit]) => digit);
      expect(heard.filter((digit) => digit !== first && digit !== last)).toEqual([]);
      expect(heard.at(-1)).toBe(last);
      const gaps = python_.said('heard').map(({ at }, index, all) => (at as number) - ((all[index - 1]?.['at'] as number) ?? Number.NaN));
      for (const gap of gaps.slice(2)) expect(gap).toBeGreaterThan(HEARTBEAT_MS / 2);
      expect((await inspect<BinaryStarSnapshot>(ours)).counters).toMatchObject({ invalid: 0, misconfigured: 0, faults: 0 });
    });
  },
);

describe.skipIf(python === undefined)(`a client of the Guide’s in Python${pythonNote}`, () => {
  test.each([
    ['a classic pair', CLASSIC],
    ['a hardened pair', {}],
  ] as const)('%s: the half that serves is killed, comes back, then the other: each request is answered', async (_what, options) => {
    const pair = new Pair(await freePlace(), 'echo', options);
    let [primary, backup] = await pair.startBoth();
    const client = startPythonClient(pair.endpoints);
    const untilAnsweredBy = (name: string, from: number): Promise<unknown> =>
      client.until(
        ({ event, request, body }) => event === 'reply' && (request as number) >= from && (body as string[])[0] === name,
        30_000,
      );
    await client.untilSaid('reply', 20);
    await primary.kill();
    await untilAnsweredBy('backup', 20);
    primary = await pair.start('primary');
    await primary.until('becamePassive');
    await eventually('the backup has heard of it', async () => (await inspect<BinaryStarSnapshot>(backup)).peer.word === 'passive');
    const before = client.said('reply').length;
    await backup.kill();
    await untilAnsweredBy('primary', before);
    await client.untilSaid('reply', before + 20);
    await client.kill();
    expectAllAnswered(client);
    expect(client.said('reply').at(-1)?.['body']).toMatchObject({ 0: 'primary' });
    backup = await pair.start('backup');
    expect([...primary.said('fault'), ...backup.said('fault')]).toEqual([]);
  });
});
