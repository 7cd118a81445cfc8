/** What a user may get wrong is said at once, naming the field. */
import { expect, test } from 'vitest';
import {
  campaign,
  eventually,
  runsForConfidence,
  simulate,
  verify,
  type Answer,
  type Fault,
  type Host,
  type Keepable,
  type Nodes,
  type Program,
  type Question,
  type Simulation,
  type SimulationOptions,
} from '../../src/testkit.ts';

const quiet: Program = async (host) => {
  for (;;) await host.sleep(1000);
};
const nodes: Nodes = { one: quiet, two: quiet };
const calm: SimulationOptions = { name: 'calm', nodes, breaking: 1000, healing: 0, faults: { most: 0 } };

const wrongOptions: readonly (readonly [option: string, wrong: object])[] = [
  ['healin', { healin: 10 }],
  ['name', { name: '' }],
  ['nodes', { nodes: {} }],
  ['nodes', { nodes: { 'a node': quiet } }],
  ['nodes.one', { nodes: { one: 'quiet' } }],
  ['breaking', { breaking: -1 }],
  ['settling', { healing: 10_000, settling: 10_000 }],
  ['faults.ops', { faults: { ops: ['crash', 'explode'] } }],
  ['faults.most', { faults: { most: 0.5 } }],
  ['faults.lasting', { faults: { lasting: [0, 10] } }],
  ['at', { faults: { at: 10 } }],
  ['faults.spared', { faults: { spared: ['typo'] } }],
  ['network.disconnectNotices', { network: { disconnectNotices: 'yes' } }],
  ['network.lateAnswers', { network: { lateAnswers: 1 } }],
  ['network.delay', { network: { delay: [5, 1] } }],
  ['latency', { network: { latency: 5 } }],
  ['invariants', { invariants: ['it holds'] }],
  ['invariants', { invariants: {} }],
  ['core', { core: ['one'] }],
  ['without', { without: ['U99'] }],
];

const pigsFly = (within: number): object => ({ invariants: [eventually('pigs fly', () => false, within)] });

test.each([[{ healing: 0, ...pigsFly(0) }], [{ healing: 0, ...pigsFly(100) }], [{ healing: 1000, ...pigsFly(1001) }], [pigsFly(40_000)]])(
  'what should come true after the end of healing is refused at once: %j',
  (wrong) => {
    const { healing: _healing, ...rest } = calm;
    expect(() => simulate({ ...rest, ...wrong })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option: 'healing' }));
  },
);

test('what should come true by the end of healing is judged', async () => {
  const { violation } = await simulate({ ...calm, healing: 1000, ...pigsFly(1000) }).run(1);
  expect(violation).toMatchObject({ invariant: 'pigs fly', t: 2000 });
  expect(() => pigsFly(-1)).toThrow(expect.objectContaining({ option: 'within' }));
});

test.each(wrongOptions)('a wrong %s of a simulation is refused at once: %j', (option, wrong) => {
  expect(() => simulate({ ...calm, ...wrong })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }));
});

const wrongFaults: readonly (readonly [field: string, fault: object])[] = [
  ['op', { at: 1, op: 'explode', node: 'one' }],
  ['at', { at: -1, op: 'crash', node: 'one' }],
  ['at', { op: 'crash', node: 'one' }],
  ['at', { at: 1001, op: 'crash', node: 'one' }],
  ['node', { at: 1, op: 'crash' }],
  ['node', { at: 1, op: 'crash', node: 'three' }],
  ['for', { at: 1, op: 'pause', node: 'one', for: -5 }],
  ['for', { at: 1, op: 'cut', from: 'one', to: 'two', for: 5 }],
  ['machine', { at: 1, op: 'crash', node: 'one', machine: 'yes' }],
  ['from', { at: 1, op: 'partition', to: 'one' }],
  ['to', { at: 1, op: 'partition', from: 'one', to: 'one' }],
  ['delay', { at: 1, op: 'delay', from: 'one', to: 'two', delay: 5 }],
  ['by', { at: 1, op: 'skew', node: 'one' }],
  ['every', { at: 1, op: 'slowReader', node: 'one' }],
];

test.each(wrongFaults)('a fault with a wrong "%s" is refused before anything runs: %j', async (field, fault) => {
  let started = false;
  const simulation = simulate({
    ...calm,
    nodes: {
      ...nodes,
      one: () => {
        started = true;
      },
    },
  });
  const sound: Fault = { at: 1, op: 'stop', node: 'two', for: 10 };
  await expect(simulation.run(1, { schedule: [sound, fault as Fault] })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    option: expect.stringMatching(new RegExp(`^schedule\\[1\\](\\.${field})?$`)),
  });
  expect(started).toBe(false);
});

test('after a run that was refused, the next one runs', async () => {
  const simulation = simulate(calm);
  await expect(simulation.run(1, { schedule: [{ at: 1, op: 'crash', node: 'three' }] })).rejects.toThrow('schedule[0].node');
  expect(await simulation.run(1)).toMatchObject({ ok: true });
});

test('a core that is not there, and nodes of one run that are none, are refused when the run begins', async () => {
  await expect(simulate({ ...calm, core: () => ['three'] }).run(1)).rejects.toMatchObject({ option: 'core', value: 'three' });
  await expect(simulate({ ...calm, nodes: () => ({}) }).run(1)).rejects.toMatchObject({ option: 'nodes' });
  await expect(simulate({ ...calm, network: () => ({ delay: [1, 0] }) }).run(1)).rejects.toMatchObject({ option: 'network.delay' });
});

test('nodes that are made for each run are known when it begins, and so is who is to be spared', async () => {
  const simulation = simulate({ ...calm, nodes: () => nodes, faults: { spared: ['typo'] } });
  await expect(simulation.run(1)).rejects.toMatchObject({ option: 'faults.spared', value: 'typo' });
});

test('of a bug that was never found nothing says that it is gone', () => {
  expect(() => runsForConfidence(0, 100)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option: 'found' }));
  expect(runsForConfidence(1, 100)).toBe(459);
  expect(runsForConfidence(100, 100)).toBe(1);
});

test('misspelt options of a run and of a campaign are refused', async () => {
  const simulation = simulate(calm);
  await expect(simulation.run(1, { keptTrace: true } as object)).rejects.toMatchObject({ option: 'keptTrace' });
  await expect(simulation.run(undefined as unknown as number)).rejects.toMatchObject({ option: 'seed' });
  await expect(campaign(simulation, { seed: 5 } as object)).rejects.toMatchObject({ option: 'seed' });
  await expect(campaign(simulation, { from: -1 })).rejects.toMatchObject({ option: 'from' });
  await expect(campaign(simulation, { from: Number.MAX_SAFE_INTEGER, seeds: 3 })).rejects.toMatchObject({ option: 'from' });
  await expect(campaign({} as Simulation)).rejects.toMatchObject({ option: 'simulation' });
  await expect(verify(simulation, { past: {} as [] })).rejects.toMatchObject({ option: 'past' });
});

test.each<[string, (host: Host) => unknown]>([
  ['milliseconds', (host) => host.sleep(Number.NaN)],
  ['milliseconds', (host) => host.sleep(-5)],
  ['role', (host) => host.keep(5 as unknown as Keepable)],
  ['handler', (host) => host.work('echo' as unknown as () => string)],
  ['within', (host) => host.ask({ body: 'x', send: () => Promise.reject(new Error('no')) } as unknown as Question<Answer>)],
  ['send', (host) => host.ask({ body: 'x', within: 5 } as unknown as Question<Answer>)],
  ['kind', (host) => host.record(5 as unknown as string)],
])('a program that gives its host a wrong "%s" breaks its run, which says so', async (option, wrong) => {
  const simulation = simulate({ ...calm, nodes: { one: async (host) => void (await wrong(host)) } });
  const { violation } = await simulation.run(1);
  expect(violation).toMatchObject({ invariant: 'U5', because: expect.stringContaining(`InvalidOption: option "${option}" must be`) });
});

test('a rule that cannot even begin to watch is broken', async () => {
  const mine = (watch: unknown): object => ({ invariants: [{ id: 'mine', sentence: 'it watches', watch }] });
  const throws = (): never => {
    throw new Error('my watch is broken');
  };
  for (const [watch, because] of [
    [throws, 'the rule itself threw Error: my watch is broken'],
    [() => undefined, 'the rule itself threw TypeError: watch() must answer a watcher, at least {}'],
  ])
    expect((await simulate({ ...calm, ...mine(watch) }).run(1)).violation).toMatchObject({ invariant: 'mine', because });
});

test('a world of one node has no faults between nodes', async () => {
  const alone = simulate({ ...calm, nodes: { one: quiet }, faults: { most: 20 } });
  for (let seed = 1; seed <= 20; seed++) {
    const { schedule } = await alone.run(seed);
    expect(schedule.filter((fault) => !('node' in fault))).toEqual([]);
  }
});

test('nodes that are made anew for each run share nothing with another run', async () => {
  const counts: number[] = [];
  const simulation = simulate({
    ...calm,
    nodes: () => {
      let visits = 0;
      const visitor: Program = async (host) => {
        await host.sleep(10);
        counts.push(++visits);
      };
      return { one: visitor, two: visitor };
    },
  });
  for (const seed of [1, 2]) await simulation.run(seed);
  expect(counts).toEqual([1, 2, 1, 2]);
});
