/** Freelance in simulated worlds, and its rules in worlds of others. */
import { describe, expect, test } from 'vitest';
import { FreelanceClient, FreelanceServer, type FreelanceModel } from '../../src/index.ts';
import {
  campaign,
  freelanceClientRules,
  freelanceRules,
  scenarios,
  simulate,
  type Fault,
  type Invariant,
  type Program,
  type Simulation,
} from '../../src/testkit.ts';

const worlds = scenarios['freelance'] as readonly Simulation[];

test.each(worlds.map((world) => [world.name, world] as const))('%s: all rules hold', { timeout: 60_000 }, async (_name, world) => {
  const { failures } = await campaign(world, { seeds: 15 });
  expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
});

const TIMES = { requestTimeout: 500, pingInterval: 400, serverTimeToLive: 1500 } as const;

const smith: Program = async (host) => {
  const work = host.work(async ({ body }) => (await host.sleep(100 * host.random()), body));
  host.keep(await FreelanceServer.listen(`sim://${host.name}`, work, { ...host.ports, maxConcurrentRequests: 3 }));
};
const buyer: Program = async (host) => {
  const client = host.keep(FreelanceClient.connect(['sim://smith', 'sim://joiner'], { ...host.ports, ...TIMES }));
  for (let number = 1; ; number++) {
    await host.sleep(300);
    const body = `${host.name}.${host.incarnation}.${number}`;
    void host.ask({ body, within: 5000, send: () => client.request(body) });
  }
};
const market = (invariants: readonly Invariant[]): Simulation =>
  simulate({ name: 'market', nodes: { smith, joiner: smith, buyer }, invariants, breaking: 40_000, healing: 20_000 });
const CRASH: readonly Fault[] = [{ at: 10_000, op: 'crash', node: 'smith', for: 5000 }];
const SILENCE: readonly Fault[] = [{ at: 10_000, op: 'partition', from: 'smith', to: 'buyer', for: 10_000 }];

describe('the rules in a world of others', () => {
  test('a world with nodes and options of its own keeps to them', { timeout: 60_000 }, async () => {
    const rules = [...freelanceClientRules({ nodes: ['buyer'], options: TIMES }), ...freelanceRules({ nodes: ['smith', 'joiner'] })];
    const { failures } = await campaign(market(rules), { seeds: 10 });
    expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
  });

  test.each<[string, readonly Fault[], string, object]>([
    ['a server that is given up too early', SILENCE, 'U11', { serverTimeToLive: 2000 }],
    ['a server that is asked too early whether it is back', CRASH, 'U14', { reconnectInterval: 2000 }],
    ['a request that is sent again too early', SILENCE, 'FL1', { requestTimeout: 1000 }],
    ['too many rounds', SILENCE, 'LP1', { requestRetries: 1 }],
  ])('%s is found', async (_what, schedule, rule, options) => {
    const rules = freelanceClientRules({ nodes: ['buyer'], options: { ...TIMES, ...options } });
    expect((await market(rules).run(1, { schedule })).violation?.invariant).toBe(rule);
    // And only at the nodes that they speak of.
    const others = freelanceClientRules({ nodes: ['joiner'], options: { ...TIMES, ...options } });
    expect((await market(others).run(1, { schedule })).violation).toBeUndefined();
  });

  test('a server that works on too much is found', async () => {
    const slow: Program = async (host) => {
      const work = host.work(async ({ body }) => (await host.sleep(3000), body));
      host.keep(await FreelanceServer.listen(`sim://${host.name}`, work, { ...host.ports }));
    };
    const rules = freelanceRules({ nodes: ['smith'], options: { maxConcurrentRequests: 1 } });
    const world = simulate({ name: 'slow', nodes: { smith: slow, joiner: slow, buyer }, invariants: rules, without: ['progress'] });
    expect((await world.run(1, { schedule: [] })).violation?.invariant).toBe('U9');
  });

  test.each<[string, () => unknown]>([
    ['nodes', () => freelanceClientRules({} as never)],
    ['nodes', () => freelanceRules({ nodes: 'smith' } as never)],
    ['requestTimeout', () => freelanceClientRules({ nodes: [], options: { requestTimeout: -1 } })],
    ['model', () => freelanceClientRules({ nodes: [], options: { model: 'pool' as FreelanceModel } })],
    ['maxConcurrentRequests', () => freelanceRules({ nodes: [], options: { maxConcurrentRequests: -1 } })],
  ])('rules are not made of a wrong %s', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }));
  });
});
