/** The small worlds of Freelance: those with little in them to the end, and bugs in the tables that must be found. */
import { expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { freelanceRequest } from '../../src/freelance/client.machine.ts';
import { freelanceEndpoint } from '../../src/freelance/endpoint.machine.ts';
import { explore, tellCounterExample } from '../../src/simulation/explore.ts';
import { freelanceModel, type FreelanceWorld } from '../../src/simulation/models/freelance.ts';
import { plant } from './plant.ts';

const SMALL = { crashes: 0, failures: 0, suspicions: 0, cuts: 1 };

test.each<[string, Partial<FreelanceWorld>]>([
  ['a request with a hedge, and servers without pings', { pings: false }],
  ['a server that is removed, or a client that is closed', { ...SMALL, pings: false, retries: 1, closes: 1 }],
])('%s', { timeout: 60_000 }, async (_what, options) => {
  const found = await explore(freelanceModel(options), { mostStates: 100_000 });
  expect(found.counterExample && tellCounterExample(found.counterExample)).toBeUndefined();
  expect(found).toMatchObject({ complete: true, unreached: [] });
  expect(found.states).toBeGreaterThan(2000);
});

async function expectFound(options: Partial<FreelanceWorld>, property: string): Promise<void> {
  const { counterExample } = await explore(freelanceModel(options), { mostStates: 50_000 });
  expect(counterExample?.property).toBe(property);
}

test('a request that is answered and goes on is found', async () => {
  const request = plant(freelanceRequest, 'sent', 'REPLY', (state, event, out) => {
    out.succeed(event.attempt, event.body);
    return state;
  });
  await expectFound({ machines: { request } }, 'LP3');
});

test('a server that is removed and keeps its connection is found', async () => {
  const endpoint = plant(freelanceEndpoint, 'untried', 'remove', () => ({ kind: 'removed' as const }));
  await expectFound({ ...SMALL, pings: false, closes: 1, machines: { endpoint } }, 'FL3');
});

test('a hedge without a timeout is found: its request never ends', async () => {
  const request = plant(freelanceRequest, 'hedged', 'requestTimeout', (state, _event, out) => {
    out.blame('first');
    out.disarm('hedgeTimeout');
    return { kind: 'surviving' as const, round: state.round };
  });
  await expectFound({ pings: false, faults: 2, failures: 2, crashes: 0, cuts: 0, suspicions: 0, machines: { request } }, 'outcome');
});

test('worlds have one client', () => {
  expect(() => freelanceModel({ clients: 2 })).toThrow(InvalidOption);
});
