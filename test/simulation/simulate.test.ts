/** The simulator itself: runs are repeated by their seeds, faults do what they say, and what is broken is found. */
import { generateKeySync, randomBytes, randomFill, randomFillSync } from 'node:crypto';
import { scheduler, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { RealWorldInSimulation, always, scenarios, simulate, type Program, type Simulation } from '../../src/testkit.ts';

const [majordomo] = scenarios['majordomo'] as readonly [Simulation];

const quiet: Program = async (host) => {
  for (;;) await host.sleep(100);
};

test('the same seed gives the same trace, another seed another one', async () => {
  const first = await majordomo.run(7, { keepTrace: true });
  const again = await majordomo.run(7, { keepTrace: true });
  const other = await majordomo.run(8);
  expect(again).toEqual(first);
  expect(first.trace.length).toBeGreaterThan(1000);
  expect(other.digest).not.toBe(first.digest);
});

test('a single byte of a single message is in the digest', async () => {
  const digestOf = async (...frames: readonly string[]): Promise<string> => {
    const handler = { message: () => undefined, peerGone: () => undefined, overflow: () => undefined, batchEnd: () => undefined };
    const simulation = simulate({
      name: 'bytes',
      breaking: 100,
      healing: 0,
      faults: { most: 0 },
      nodes: {
        harbour: async (host) => {
          host.keep(await host.ports.transport.listen('sim://harbour', handler));
        },
        ship: (host) => {
          const connector = host.keep(host.ports.transport.connect('sim://harbour', handler));
          connector.send(
            connector.remote,
            frames.map((frame) => Buffer.from(frame)),
          );
        },
      },
    });
    const { ok, digest } = await simulation.run(1);
    expect(ok).toBe(true);
    return digest;
  };
  const sent = [['ahoy there'], ['ahoy therf'], ['bhoy there'], ['ahoy therd'], ['ahoy ther'], ['ahoy', ' there'], ['ahoy there', '']];
  const digests = await Promise.all(sent.map((frames) => digestOf(...frames)));
  expect(new Set(digests).size).toBe(sent.length);
  expect(await digestOf('ahoy there')).toBe(digests[0]);
});

test('keeping the trace changes nothing', async () => {
  const kept = await majordomo.run(9, { keepTrace: true });
  const bare = await majordomo.run(9);
  expect(bare.digest).toBe(kept.digest);
  expect(bare.statistics).toEqual(kept.statistics);
});

test.each([
  ['Date.now', () => Date.now()],
  ['new Date()', () => new Date()],
  ['Math.random', () => Math.random()],
  ['performance.now', () => performance.now()],
  ['setTimeout', () => setTimeout(() => undefined, 1)],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['node:timers/promises.setTimeout', () => void sleep(1)],
  ['node:crypto.randomBytes', () => randomBytes(1)],
  ['node:crypto.randomFill', () => randomFill(new Uint8Array(1), () => undefined)],
  ['node:crypto.randomFillSync', () => randomFillSync(new Uint8Array(1))],
  ['node:crypto.generateKeySync', () => generateKeySync('hmac', { length: 64 })],
  ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ['setTimeout', () => void promisify(setTimeout)(1)],
  ['setImmediate', () => void promisify(setImmediate)()],
  ['scheduler.wait', () => void scheduler.wait(1)],
  ['process.uptime', () => process.uptime()],
  ['performance.mark', () => performance.mark('here')],
  ['new Date()', () => new (new Date(0).constructor as DateConstructor)()],
])('%s inside a run is a violation, and outside it works', async (asked, ask) => {
  const caught: unknown[] = [];
  const simulation = simulate({
    name: 'breach',
    nodes: {
      curious: async (host) => {
        await host.sleep(10);
        try {
          ask();
        } catch (error) {
          caught.push(error);
        }
      },
    },
  });
  const { violation } = await simulation.run(1);
  expect(violation?.because).toContain(asked);
  expect(caught[0]).toBeInstanceOf(RealWorldInSimulation);
  expect(ask).not.toThrow();
});

test('a rule of one’s own that does not hold ends the run, and says when', async () => {
  const simulation = simulate({
    name: 'late',
    nodes: { sleeper: quiet },
    faults: { most: 0 },
    invariants: [always('it is early', ({ now }) => now < 450)],
  });
  const { ok, violation } = await simulation.run(1);
  expect(ok).toBe(false);
  expect(violation).toMatchObject({ invariant: 'it is early', t: 500 });
});
