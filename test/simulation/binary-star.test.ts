/** The simulated worlds of the Binary Star, its rules in worlds of others, and what simulation has found in its halves. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeWord } from '../../src/binary-star/codec.ts';
import { HardenedHalf } from '../../src/binary-star/hardened.ts';
import { binaryStar as star } from '../../src/machines.ts';
import { ignore } from '../../src/core/machine.ts';
import { BinaryStar, BinaryStarClient, FailoverTooShort, LazyPirateServer, type StarRole } from '../../src/index.ts';
import {
  binaryStarClientRules,
  binaryStarRules,
  campaign,
  scenarios,
  simulate,
  type Fault,
  type Host,
  type Program,
  type Simulation,
} from '../../src/testkit.ts';
import { cell, replaced } from '../catalogue/planting.ts';
import { Pair } from '../binary-star/pair.ts';
import { World } from '../support/world.ts';

const worlds = scenarios['star'] as readonly Simulation[];
const [overLedgers] = worlds as readonly [Simulation];
const named = (name: string): Simulation => worlds.find((world) => world.name === name) as Simulation;

test.each(worlds.map((world) => [world.name, world] as const))(
  'in the world %s all rules hold, whatever happens',
  { timeout: 120_000 },
  async (_name, world) => {
    const { failures } = await campaign(world, { seeds: 8 });
    expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
  },
);

describe('a world of somebody else', () => {
  const OPTIONS = { heartbeatInterval: 300, failoverTimeout: 1500 };
  const ends = { primary: 'sim://left', backup: 'sim://right' };
  const half =
    (role: StarRole): Program =>
    async (host) => {
      const other = role === 'primary' ? 'backup' : 'primary';
      const place = { role, frontends: ends[role], peer: { listen: `${ends[role]}-peer`, connect: `${ends[other]}-peer` } };
      const work = host.work(({ body }) => body);
      host.keep(
        await BinaryStar.listen(place, ({ transport, frontend }) => LazyPirateServer.listen(frontend, work, { ...host.ports, transport }), {
          ...host.ports,
          ...OPTIONS,
        }),
      );
    };
  const buyer = async (host: Host): Promise<void> => {
    const client = host.keep(BinaryStarClient.connect([ends.primary, ends.backup], { ...host.ports, deadline: 20_000 }));
    for (let number = 1; ; number++) {
      await host.sleep(400);
      const body = `${host.name}.${host.incarnation}.${number}`;
      void host.ask({ body, within: 20_000, send: () => client.request(body) });
    }
  };
  const market = simulate({
    name: 'left and right',
    nodes: { left: half('primary'), right: half('backup'), buyer },
    breaking: 60_000,
    healing: 30_000,
    faults: { ops: ['crash', 'pause', 'cut', 'partition'] },
    invariants: [
      ...binaryStarRules({ primary: 'left', backup: 'right', options: OPTIONS }),
      ...binaryStarClientRules({ nodes: ['buyer'], options: { deadline: 20_000 } }),
    ],
  });

  test('keeps to the rules of the pattern', { timeout: 60_000 }, async () => {
    const { failures } = await campaign(market, { seeds: 10 });
    expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
  });

  test('two that go on although they hear each other are found', async () => {
    const undo = cell(star, 'active', 'ACTIVE', ignore('it will see'));
    try {
      const schedule: Fault[] = [
        { at: 10_000, op: 'partition', from: 'left', to: 'right', for: 10_000 },
        { at: 12_000, op: 'partition', from: 'left', to: 'buyer', for: 8000 },
      ];
      expect((await market.run(1, { schedule })).violation?.invariant).toBe('BS1');
    } finally {
      undo();
    }
  });

  test.each<[string, object, string]>([
    ['an option that is none', { primary: 'left', backup: 'right', hub: 'left' }, 'hub'],
    ['no backup', { primary: 'left' }, 'backup'],
    ['a wrong option of the halves', { primary: 'left', backup: 'right', options: { hintDelay: -1 } }, 'hintDelay'],
    ['a pair as in the Guide', { primary: 'left', backup: 'right', options: { mode: 'classic' } }, 'options.mode'],
    ['an arbiter that is neither there nor not', { primary: 'left', backup: 'right', arbitrated: 'yes' }, 'arbitrated'],
  ])('its rules cannot be made of %s', (_what, given, option) => {
    expect(() => binaryStarRules(given as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }));
  });

  test('its rules cannot be made of times that cannot work together', () => {
    expect(() => binaryStarRules({ primary: 'left', backup: 'right', options: { failoverTimeout: 1000 } })).toThrow(FailoverTooShort);
  });
});

describe('what simulation has found', () => {
  let world: World;
  let pair: Pair;
  beforeEach(() => {
    world = new World();
    pair = new Pair(world);
  });
  afterEach(async () => {
    await world.end();
  });

  test('a connection between the halves that dies without a word does not leave two serving for ever', async () => {
    const schedule: Fault[] = [{ at: 57_000, op: 'halfOpen', from: 'primary', to: 'backup' }];
    for (const seed of [1, 2]) expect(await overLedgers.run(seed, { schedule })).toMatchObject({ ok: true });
  });

  test('a resignation that waited while the peer was down is not taken for a new one', async () => {
    const backup = await pair.start('backup');
    await world.advance(3000);
    const primary = world.peer('memory://backup-peer');
    const life = { role: 'primary', instance: '0123456789abcdef', question: 0, answer: 0, sequence: 0 } as const;
    for (const word of ['active', 'resigned', 'passive', 'active'] as const) primary.send(...encodeWord({ ...life, word, epoch: 5 }));
    await world.advance(20);
    expect(backup.told.filter((told) => told.startsWith('becameActive'))).toEqual([]);
    expect(backup.state).toBe('passive');
  });

  test('a snapshot has all that was taken over, applied or not', async () => {
    class Slow {
      total = 0;
      snapshot(): string {
        return String(this.total);
      }
      restore([total]: readonly Buffer[]): void {
        this.total = Number(total);
      }
      async apply([by]: readonly Buffer[]): Promise<void> {
        await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 40));
        this.total += Number(by);
      }
    }
    const states = { primary: new Slow(), backup: new Slow() };
    const primary = await pair.start('primary', { state: states.primary });
    const backup = await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    for (const by of [1, 2, 4]) {
      states.primary.total += by;
      void primary.star.replicate(String(by));
    }
    void primary.star.handOver();
    await world.advance(2000);
    expect([primary.state, backup.state]).toEqual(['passive', 'active']);
    expect([states.primary.total, states.backup.total]).toEqual([7, 7]);
  });

  test('a forged word of another life does not make a half deaf to its peer', async () => {
    const primary = await pair.start('primary');
    await pair.start('backup');
    await world.advance(1200);
    const forger = world.peer('memory://primary-peer');
    forger.send(
      ...encodeWord({ role: 'backup', word: 'passive', epoch: 0, instance: '0123456789abcdef', question: 0, answer: 0, sequence: 0 }),
    );
    await world.advance(5000);
    const { peer } = primary.star.inspect();
    expect(peer).toMatchObject({ there: true, word: 'passive' });
    expect(peer.silentFor).toBeLessThan(600);
  });

  test('an operator who is the first to speak after a standstill is told to wait', async () => {
    const codes: unknown[] = [];
    const nodes = (): Record<string, Program> =>
      Object.fromEntries(
        (['primary', 'backup'] as const).map((role) => [
          role,
          async (host) => {
            const peer = { listen: `sim://${role}-peer`, connect: `sim://${role === 'primary' ? 'backup' : 'primary'}-peer` };
            const service = (): { close(): Promise<void> } => ({ close: () => Promise.resolve() });
            const half = host.keep(await BinaryStar.listen({ role, frontends: `sim://${role}`, peer }, service, host.ports));
            await host.sleep(2000);
            if (role === 'primary') await half.handOver().catch((error: unknown) => codes.push((error as { code: string }).code));
          },
        ]),
      );
    const idle = simulate({ name: 'operator', nodes, breaking: 5000, healing: 0 });
    await idle.run(1, { schedule: [{ at: 1990, op: 'pause', node: 'primary', for: 3000 }] });
    expect(codes).toEqual(['WRONG_STATE']);
  });

  test('a half that stood still beyond the end of its lease serves nobody', { timeout: 60_000 }, async () => {
    const withArbiter = named('binary-star-arbiter');
    const runs = async (): Promise<(string | undefined)[]> => {
      const found: (string | undefined)[] = [];
      for (const seed of [22, 50]) {
        const at = 20_000 + ((seed * 37) % 500);
        const schedule: Fault[] = [
          { at, op: 'partition', from: 'primary', to: 'arbiter', for: 15_000 },
          { at, op: 'partition', from: 'primary', to: 'backup', for: 15_000 },
          { at: at + 1300 + ((seed * 71) % 700), op: 'pause', node: 'primary', for: 500 + ((seed * 13) % 450) },
        ];
        found.push((await withArbiter.run(seed, { schedule })).violation?.invariant);
      }
      return found;
    };
    expect((await runs()).filter((rule) => rule !== undefined)).toEqual([]);
    const undo = replaced(HardenedHalf.prototype, 'mustWake', () => () => false);
    try {
      expect(await runs()).toContain('BS1');
    } finally {
      undo();
    }
  });
});
