/** The user's own code, called by a half, may call back at once: a listener of the signal, the server inside, the arbiter. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arbiter } from '../../src/binary-star/arbiter.ts';
import { WrongState } from '../../src/binary-star/errors.ts';
import type { BinaryStar, BinaryStarServiceStarter } from '../../src/binary-star/server.ts';
import { Outcome, World } from '../support/world.ts';
import { FRONTENDS, Pair, type Half } from './pair.ts';

let world: World;
let pair: Pair;
beforeEach(() => {
  world = new World();
  pair = new Pair(world);
});
afterEach(async () => {
  await world.end();
});

const ORDERS = ['close', 'handOver', 'activate'] as const;
type Order = (typeof ORDERS)[number];

/** Gives an order from within the user's code, and keeps what became of it. */
class Orders {
  half: Half | undefined;
  readonly #order: Order;
  readonly outcomes: Outcome<unknown>[] = [];

  constructor(order: Order) {
    this.#order = order;
  }

  readonly give = (): void => {
    const star: BinaryStar | undefined = this.half?.star;
    if (star !== undefined) this.outcomes.push(new Outcome((async () => star[this.#order]())()));
  };

  /** Whether some were given, and each was carried out, or refused for a reason; a half can always be closed. */
  get areObeyed(): boolean {
    const isObeyed = ({ state, error }: Outcome<unknown>): boolean =>
      state === 'fulfilled' || (this.#order !== 'close' && error instanceof WrongState);
    return this.outcomes.length > 0 && this.outcomes.every(isObeyed) && this.half?.star.inspect().counters.faults === 0;
  }
}

/** The primary is outranked by a backup that took over while nothing passed between them. */
async function outrank(): Promise<void> {
  await world.advance(600);
  pair.cut();
  await world.advance(2100);
  world.peer(FRONTENDS.backup).send('', 'hello');
  await world.advance(20);
  pair.heal();
  await world.advance(3000);
}

describe.each(ORDERS)('%s()', (order) => {
  test('may be called by a listener of the signal that a half serves no more', async () => {
    const orders = new Orders(order);
    const service: BinaryStarServiceStarter = (stand) => {
      stand.signal.addEventListener('abort', orders.give);
      return pair.service('primary')(stand);
    };
    orders.half = await pair.start('primary', {}, service);
    await pair.start('backup');
    await outrank();
    expect(orders.areObeyed).toBe(true);
  });

  test('may be called by the server inside while it is closed', async () => {
    const orders = new Orders(order);
    const service: BinaryStarServiceStarter = async (stand) => {
      const inside = await pair.service('primary')(stand);
      return {
        close: () => {
          orders.give();
          return inside.close();
        },
      };
    };
    orders.half = await pair.start('primary', {}, service);
    await pair.start('backup');
    await outrank();
    expect(orders.areObeyed).toBe(true);
  });

  test.each(['claim', 'release'] as const)('may be called by the arbiter when it is asked to %s', async (question) => {
    const orders = new Orders(order);
    const arbiter: Arbiter = {
      claim: ({ epoch }) => {
        if (question === 'claim') orders.give();
        return Promise.resolve({ granted: true, epoch });
      },
      release: () => {
        if (question === 'release') orders.give();
        return Promise.resolve();
      },
    };
    orders.half = await pair.start('primary', { arbiter });
    await pair.start('backup', { arbiter: { claim: () => Promise.reject(new Error('no way')), release: () => Promise.resolve() } });
    await world.advance(1200);
    if (question === 'release') void new Outcome(orders.half.star.handOver());
    await world.advance(3000);
    expect(orders.areObeyed).toBe(true);
  });
});

test('a lease counts from the question, not from when the arbiter was called', async () => {
  let calledAt = 0;
  const arbiter: Arbiter = {
    claim: ({ epoch }) => {
      calledAt = world.clock.now();
      return Promise.resolve({ granted: true, epoch });
    },
    release: () => Promise.resolve(),
  };
  const primary = await pair.start('primary', { arbiter, leaseTime: 2000 });
  await pair.start('backup');
  await world.advance(600);
  expect(primary.state).toBe('active');
  arbiter.claim = () => new Promise<never>(() => undefined);
  const last = calledAt;
  await world.advance(last + 2000 - world.clock.now() - 1);
  expect(primary.state).toBe('active');
  await world.advance(1);
  expect(primary.told.at(-1)).toMatch(/lease-lost$/);
});
