/** What a program throws, wherever it throws it, is a broken rule that says when and where. */
import { expect, test } from 'vitest';
import { always, campaign, report, simulate, type Host, type Program, type Simulation } from '../../src/testkit.ts';

const worldOf = (program: Program): Simulation =>
  simulate({ name: 'thrown', nodes: { shop: program }, breaking: 1000, healing: 0, faults: { most: 0 } });

const till = (): never => {
  throw new Error('the till is empty');
};

const ways: readonly (readonly [way: string, program: Program, because: string])[] = [
  [
    'a timer throws',
    (host) => {
      host.ports.clock.setTimeout(till, 10);
    },
    'a callback in shop.1 threw: Error: the till is empty',
  ],
  [
    'an immediate throws',
    async (host) => {
      await host.sleep(10);
      host.ports.clock.setImmediate(till);
    },
    'a callback in shop.1 threw: Error: the till is empty',
  ],
  [
    'a promise is rejected in the background',
    (host) => {
      void host.sleep(10).then(till);
    },
    'a promise was rejected, and nobody caught it: Error: the till is empty',
  ],
  [
    'its program fails',
    async (host) => {
      await host.sleep(10);
      till();
    },
    'the program of shop failed: Error: the till is empty',
  ],
];

test.each(ways)('%s: U5 is broken at that moment, and the report says where', async (_way, program, because) => {
  const simulation = worldOf(program);
  const result = await simulation.run(1);
  expect(result.violation).toMatchObject({ invariant: 'U5', because, t: 10 });
  expect(result.violation?.where?.[0]).toMatch(/^at till \(.*thrown\.test\.ts/);
  expect(await simulation.run(1)).toEqual(result);
  const told = await report(simulation, result);
  expect(told).toContain('at till (');
  expect(told).not.toContain('CAUTION');
});

test('a campaign tells the seed, and goes on', async () => {
  const moody: Program = (host) => {
    if (host.random() < 0.5) host.ports.clock.setTimeout(till, 10);
  };
  const { runs, failures } = await campaign(worldOf(moody), { seeds: 10 });
  expect(runs).toBe(10);
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(10);
});

test('what is caught late, but caught, breaks nothing', async () => {
  const patient = async (host: Host): Promise<void> => {
    const failing = Promise.reject(new Error('sold out'));
    await host.sleep(10);
    await failing.catch(() => undefined);
  };
  expect(await worldOf(patient).run(1)).toMatchObject({ ok: true });
});

test('what others reject before a run is theirs, and so is what they reject after it', async () => {
  const heard: unknown[] = [];
  const others = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[];
  process.removeAllListeners('unhandledRejection');
  const hear = (reason: unknown): void => {
    heard.push(reason);
  };
  process.on('unhandledRejection', hear);
  try {
    void Promise.reject(new Error('before'));
    const result = await worldOf(() => undefined).run(1);
    void Promise.reject(new Error('after'));
    await new Promise(setImmediate);
    expect(result.ok).toBe(true);
    expect(heard.map(String)).toEqual(['Error: before', 'Error: after']);
    expect(process.rawListeners('unhandledRejection')).toEqual([hear]);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
});

test('a rule that throws says where', async () => {
  const simulation = simulate({
    ...worldOf(async (host) => {
      await host.sleep(10);
    }).options,
    invariants: [always('the till is full', till)],
  });
  const { violation } = await simulation.run(1);
  expect(violation).toMatchObject({ invariant: 'the till is full', because: 'the rule itself threw Error: the till is empty' });
  expect(violation?.where?.[0]).toContain('at till (');
});
