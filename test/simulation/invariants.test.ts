/** Rules of a user's own: what they see, what they say, and what happens when they are wrong themselves. */
import { expect, test } from 'vitest';
import {
  campaign,
  eventually,
  onTrace,
  simulate,
  sometimes,
  type Fault,
  type Invariant,
  type Program,
  type SimulationOptions,
} from '../../src/testkit.ts';

const ticker: Program = async (host) => {
  for (let number = 1; ; number++) {
    await host.sleep(100);
    host.record('tick', { number });
  }
};
const world: SimulationOptions = { name: 'ticking', nodes: { ticker, other: ticker }, breaking: 1000, healing: 1000, faults: { most: 0 } };
const crash: Fault = { at: 250, op: 'crash', node: 'ticker', for: 500 };

test('what is sometimes to be reached and never is, is named by a campaign', async () => {
  const down = sometimes('the ticker is down', (now) => !now.isUp('ticker'));
  const late = sometimes('it is late', ({ now }) => now > 900);
  const simulation = simulate({ ...world, invariants: [down, late], sometimes: ['a mark of nobody'] });
  expect(await campaign(simulation, { seeds: 2 })).toMatchObject({ unreached: ['a mark of nobody', 'the ticker is down'] });
  const { marks } = await simulation.run(1, { schedule: [crash] });
  expect([...marks].sort()).toEqual(['it is late', 'the ticker is down']);
});

test('what should eventually be true is required only once all is well, and in its time', async () => {
  const up = eventually('the ticker is up', (now) => now.isUp('ticker'), 10);
  const never = eventually('pigs fly', () => false, 400);
  expect((await simulate({ ...world, invariants: [up] }).run(1, { schedule: [{ ...crash, for: 5000 }] })).violation).toBeUndefined();
  expect((await simulate({ ...world, invariants: [never] }).run(1)).violation).toMatchObject({ invariant: 'pigs fly', t: 1400 });
});

test('a rule of the whole trace is judged at the end', async () => {
  const ticks = onTrace('one tick', (events) => {
    const count = events.filter(({ kind, node }) => kind === 'tick' && node === 'ticker').length;
    return count === 1 || `there were ${count}`;
  });
  const simulation = simulate({ ...world, invariants: [ticks] });
  expect((await simulation.run(1, { schedule: [crash] })).violation?.because).toMatch(/^there were 2\d$/);
});

test.each<[string, Invariant['watch']]>([
  [
    'an event',
    () => ({
      on: {
        tick: () => {
          throw new TypeError('mistaken');
        },
      },
    }),
  ],
  [
    'a step',
    () => ({
      stepped: () => {
        throw new TypeError('mistaken');
      },
    }),
  ],
  [
    'a later look',
    (run) => {
      run.at(300, () => {
        throw new TypeError('mistaken');
      });
      return {};
    },
  ],
])('a rule that throws at %s is broken, and says so', async (_when, watch) => {
  const simulation = simulate({ ...world, invariants: [{ id: 'mine', sentence: 'it is right', watch }] });
  expect((await simulation.run(1)).violation).toMatchObject({ invariant: 'mine', because: 'the rule itself threw TypeError: mistaken' });
  expect((await simulate(world).run(1)).ok).toBe(true);
});

test.each<[string, readonly Fault[], number]>([
  ['told to stop', [{ at: 300, op: 'stop', node: 'asker' }], 800],
  ['closed in the end', [], 2500],
])('a program that is %s and never says how a request ended has left it behind', async (_how, schedule, t) => {
  const asker: Program = (host) => {
    host.keep({ close: async () => undefined });
    void host.ask({ body: 'for ever', within: 60_000, send: () => new Promise<never>(() => undefined) });
  };
  const simulation = simulate({ ...world, nodes: { asker } });
  expect((await simulation.run(1, { schedule })).violation).toMatchObject({
    invariant: 'U12',
    t,
    because: 'asker has closed, and request 1 has no outcome',
  });
});

test('a rule is shown a process, and has no hands on it', async () => {
  const lives: string[] = [];
  const looks: Invariant = {
    id: 'looks',
    sentence: 'it only looks',
    watch: () => ({
      on: {
        boot: (_event, process) => {
          // @ts-expect-error: a process dies of faults only.
          expect(process.die).toBeDefined();
          // @ts-expect-error: it is for reading.
          const touch = (): number => (process.readPause = 1);
          expect(touch).toBeDefined();
          lives.push(`${process.life} ${process.state}`);
        },
      },
    }),
  };
  const simulation = simulate({ name: 'looks', nodes: { node: () => undefined }, breaking: 10, healing: 0, invariants: [looks] });
  expect(await simulation.run(1, { schedule: [] })).toMatchObject({ ok: true });
  expect(lives).toEqual(['node.1 running']);
});
