/** Our clients and workers at a pair: every request is answered once, through fail-overs and fail-backs. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BinaryStarClient } from '../../src/binary-star/client.ts';
import type { StarRole } from '../../src/binary-star/peer.machine.ts';
import type { BinaryStarServiceStarter } from '../../src/binary-star/server.ts';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { ParanoidPirateWorker } from '../../src/paranoid-pirate/worker.ts';
import { Outcome, World, generator, textsOf } from '../support/world.ts';
import { FRONTENDS, Pair, type Half } from './pair.ts';

const BOTH = [FRONTENDS.primary, FRONTENDS.backup];

let world: World;
let pair: Pair;
beforeEach(() => {
  world = new World();
  pair = new Pair(world);
});
afterEach(async () => {
  await world.end();
});

interface Client {
  request(number: number): Promise<{ readonly body: readonly Buffer[] }>;
}

/** Asks every 50 ms; afterwards each request must have had its own answer, once. */
class Load {
  readonly #client: Client;
  readonly #asked: { readonly number: number; readonly outcome: Outcome<{ readonly body: readonly Buffer[] }> }[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  async run(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      const number = this.#asked.length;
      this.#asked.push({ number, outcome: new Outcome(this.#client.request(number)) });
      await world.advance(50);
    }
  }

  get size(): number {
    return this.#asked.length;
  }

  /** Requests that had no answer, or another's. */
  get wrong(): object[] {
    const bad = this.#asked.filter(({ number, outcome }) => textsOf(outcome.value?.body).at(-1) !== String(number));
    return bad.map(({ number, outcome }) => ({ number, state: outcome.state, error: String(outcome.error) }));
  }
}

/** Kills the one that serves, brings it back, kills the other, and brings that back. */
async function killInTurn(
  load: Load,
  start: (role: StarRole) => Promise<Half>,
): Promise<{ readonly primary: Half; readonly backup: Half }> {
  let primary = await start('primary');
  let backup = await start('backup');
  await load.run(2000);
  expect([primary.state, backup.state]).toEqual(['active', 'passive']);
  await primary.process.kill();
  await load.run(3000);
  expect(backup.state).toBe('active');
  primary = await start('primary');
  await load.run(2000);
  expect(primary.state).toBe('passive');
  await backup.process.kill();
  await load.run(3000);
  expect(primary.state).toBe('active');
  backup = await start('backup');
  await load.run(1000);
  await world.advance(10_000);
  return { primary, backup };
}

test('a Binary Star client: fail-over and fail-back, nothing lost, nothing answered twice', async () => {
  const client = world.keep(BinaryStarClient.connect(BOTH, { ...world.ports(), maxSockets: 50 }));
  const load = new Load({ request: (number) => client.request(String(number)) });
  const { primary } = await killInTurn(load, (role) => pair.start(role));
  expect([load.size, load.wrong]).toEqual([220, []]);
  expect(primary.star.inspect().epoch).toBe(3);
  expect(client.inspect()).toMatchObject({ epoch: 3, counters: { failures: 0, fenced: 0 } });
});

test('a Lazy Pirate client that knows both', async () => {
  const client = world.keep(LazyPirateClient.connect(BOTH, { ...world.ports(), maxSockets: 50 }));
  const load = new Load({ request: (number) => client.request(String(number)) });
  await killInTurn(load, (role) => pair.start(role));
  expect(load.wrong).toEqual([]);
});

test('a Majordomo broker inside: clients and workers find the one that serves', async () => {
  const { clock } = world.ports();
  const broker: BinaryStarServiceStarter = ({ transport, frontend }) =>
    MajordomoBroker.listen(frontend, { transport, clock, random: generator(5) });
  for (let i = 1; i <= 3; i++)
    world.keep(
      MajordomoWorker.connect(BOTH, 'echo', ({ body }) => body, { ...world.ports(), random: generator(i), heartbeatInterval: 500 }),
    );
  const client = world.keep(MajordomoClient.connect(BOTH, { ...world.ports(), random: generator(9) }));
  const load = new Load({ request: (number) => client.request('echo', String(number)) });
  await killInTurn(load, (role) => pair.start(role, {}, broker));
  expect(load.wrong).toEqual([]);
  expect(client.inspect()).toMatchObject({ epoch: 3, correlation: 'envelope' });
});

test('a pirate queue inside, with a door for clients and one for workers', async () => {
  const { clock, random } = world.ports();
  const doors = { primary: 'memory://primary-workers', backup: 'memory://backup-workers' };
  const queue: BinaryStarServiceStarter = ({ transport, frontends: [frontend = '', backend = ''] }) =>
    ParanoidPirateQueue.listen({ frontend, backend }, { transport, clock, random });
  for (let i = 1; i <= 2; i++)
    world.keep(ParanoidPirateWorker.connect([doors.primary, doors.backup], ({ body }) => body, { ...world.ports(), random: generator(i) }));
  const client = world.keep(LazyPirateClient.connect(BOTH, { ...world.ports(), maxSockets: 50, requestRetries: 10 }));
  const load = new Load({ request: (number) => client.request(String(number)) });
  await killInTurn(load, (role) => pair.start(role, {}, queue, [doors[role]]));
  expect(load.wrong).toEqual([]);
});
