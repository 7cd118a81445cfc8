/** The small worlds of all patterns with little in them, to the end. `seaworthy explore` walks through the larger ones. */
import { describe, expect, test } from 'vitest';
import { ArrowCoverage } from '../../src/core/coverage.ts';
import { explore, tellCounterExample, type Exploration, type Model } from '../../src/simulation/explore.ts';
import { lazyPirateModel } from '../../src/simulation/models/lazy-pirate.ts';
import { majordomoModel } from '../../src/simulation/models/majordomo.ts';
import { paranoidPirateModel, simplePirateModel } from '../../src/simulation/models/pirate-queue.ts';
import { PATTERNS, WORLDS } from '../../src/simulation/models/worlds.ts';

/** Walks to the end, and finds nothing wrong. */
async function expectSound(model: Model<string>, leastStates: number): Promise<Exploration<string>> {
  const found = await explore(model, { mostStates: 300_000 });
  expect(found.counterExample && tellCounterExample(found.counterExample)).toBeUndefined();
  expect(found).toMatchObject({ complete: true, unreached: [] });
  expect(found.states).toBeGreaterThan(leastStates);
  return found;
}

test('lazy: two clients, and a server that dies and comes back', async () => {
  await expectSound(lazyPirateModel({ requests: 1, servers: 1, aborts: 0, closes: 0, faults: 1 }), 3000);
});

test('simple: two clients that ask once, and two workers, and no request is worked on twice', async () => {
  const model = simplePirateModel({ retries: 1, faults: 1, cuts: 0 });
  expect(model.always.map(({ name }) => name)).toContain('at most once');
  await expectSound(model, 10_000);
});

test('paranoid: a client, two workers, heartbeats, and suspicions of those that live', async () => {
  await expectSound(paranoidPirateModel({ clients: 1, cuts: 0, failures: 0 }), 5000);
});

test('paranoid: on a network that tells of no end', async () => {
  await expectSound(paranoidPirateModel({ clients: 1, workers: 1, notices: false }), 1000);
});

test('majordomo: a client that asks twice, and two workers', async () => {
  await expectSound(majordomoModel({ clients: 1, retries: 2, expiries: 0, cuts: 0 }), 10_000);
});

test('majordomo: a client that does not know its broker', async () => {
  await expectSound(majordomoModel({ clients: 1, workers: 1, retries: 2, correlation: 'auto', expiries: 0 }), 10_000);
});

describe('what is not promised is shown', () => {
  test('where the queue or the client asks again, a request is worked on twice', () => {
    for (const model of [
      paranoidPirateModel(),
      majordomoModel(),
      simplePirateModel({ retries: 2 }),
      simplePirateModel({ policy: 'requeue', retries: 1 }),
    ])
      expect(model.sometimes.map(({ name }) => name)).toContain('twice');
  });

  test('where nothing tells of an end, a Simple Pirate waits for ever for a queue that has died', async () => {
    const { counterExample } = await explore(simplePirateModel({ clients: 1, workers: 1, notices: false, refusals: false }));
    expect(counterExample).toMatchObject({ property: 'rest', steps: ['the broker dies'] });
  });

  test('a world in which nothing goes wrong does not show it, and says so', async () => {
    const { unreached } = await explore(paranoidPirateModel({ clients: 1, workers: 1, faults: 0, heartbeats: 0 }));
    expect(unreached).toContain('twice: a request is worked on twice');
  });
});

test('every pattern has worlds, and what they begin with is no counter-example', async () => {
  for (const pattern of PATTERNS) expect(WORLDS.some((world) => world.pattern === pattern)).toBe(true);
  for (const world of WORLDS) {
    const observer = new ArrowCoverage();
    const found = await explore(world.model({ observer }), { mostStates: 300 });
    expect(found.counterExample).toBeUndefined();
    for (const machine of world.machines) expect(observer.of(machine).arrows.all).toBeGreaterThan(0);
  }
});
