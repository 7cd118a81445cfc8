/** An arbiter that does not do as it should, or is slow: the pair goes on with what it gets. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Arbiter, ArbiterAnswer } from '../../src/binary-star/arbiter.ts';
import { InvalidOption } from '../../src/core/errors.ts';
import { Outcome, World } from '../support/world.ts';
import { FRONTENDS, Pair } from './pair.ts';

let world: World;
let pair: Pair;
beforeEach(() => {
  world = new World();
  pair = new Pair(world);
});
afterEach(async () => {
  await world.end();
});

/** Grants what is claimed, in the way that the test says. */
class Scripted implements Arbiter {
  answer: (epoch: number) => Promise<ArbiterAnswer> = (epoch) => Promise.resolve({ granted: true, epoch });
  released = 0;
  claim: Arbiter['claim'] = ({ epoch }) => this.answer(epoch);
  release: Arbiter['release'] = () => Promise.resolve(void this.released++);
}

/** One lease, as it should be; it hears after `delay` ms that it is given back. */
class Lease implements Arbiter {
  delay = 0;
  #holder = '';
  #until = -Infinity;
  #epoch = 0;

  claim: Arbiter['claim'] = ({ instance, epoch, leaseTime }) => {
    const now = world.clock.now();
    const renews = this.#holder === instance && epoch === this.#epoch;
    if (!renews && now < this.#until) return Promise.resolve({ granted: false, epoch: this.#epoch });
    this.#epoch = renews ? epoch : Math.max(epoch, this.#epoch + 1);
    this.#holder = instance;
    this.#until = now + leaseTime;
    return Promise.resolve({ granted: true, epoch: this.#epoch });
  };

  release: Arbiter['release'] = ({ instance, epoch }) =>
    new Promise((resolve) => {
      if (this.delay === Infinity) return;
      world.clock.setTimeout(() => {
        if (this.#holder === instance && epoch >= this.#epoch) this.#until = -Infinity;
        resolve();
      }, this.delay);
    });
}

test('one that answers nonsense is one that cannot be asked', async () => {
  const arbiter = new Scripted();
  for (const nonsense of [undefined, null, {}, { granted: true }, { granted: true, epoch: Number.NaN }, { granted: 1, epoch: 1 }]) {
    arbiter.answer = () => Promise.resolve(nonsense as ArbiterAnswer);
    const primary = await pair.start('primary', { arbiter });
    const backup = await pair.start('backup', { arbiter });
    await world.advance(600);
    expect(primary.state).toBe('electing');
    await Promise.all([primary.star.close(), backup.star.close(), world.advance(500)]);
  }
});

test('one that never answered is asked again', async () => {
  const arbiter = new Scripted();
  arbiter.answer = () => new Promise<never>(() => undefined);
  const primary = await pair.start('primary', { arbiter });
  await pair.start('backup', { arbiter });
  await world.advance(600);
  arbiter.answer = (epoch) => Promise.resolve({ granted: true, epoch });
  await world.advance(3000);
  expect(primary.state).toBe('active');
});

test('a lease that comes when it is not wanted any more is given back', async () => {
  const arbiter = new Scripted();
  let grant: () => void = () => undefined;
  arbiter.answer = (epoch) =>
    new Promise((resolve) => {
      grant = () => {
        resolve({ granted: true, epoch });
      };
    });
  const primary = await pair.start('primary', { arbiter });
  await world.advance(3000);
  world.peer(FRONTENDS.primary).send('', 'vote');
  await world.advance(10);
  expect(primary.state).toBe('electing');
  void primary.star.close();
  grant();
  await world.advance(300);
  expect(arbiter.released).toBe(1);
});

test('a lease is renewed while what is in hand is finished', async () => {
  const arbiter = new Scripted();
  const work = pair.service(
    'primary',
    () =>
      new Promise<void>((resolve) => {
        world.clock.setTimeout(resolve, 4000);
      }),
  );
  const primary = await pair.start('primary', { arbiter }, work);
  await pair.start('backup', { arbiter });
  await world.advance(600);
  const client = world.peer(FRONTENDS.primary);
  client.send('', 'slow');
  await world.advance(10);
  const handedOver = new Outcome(primary.star.handOver());
  await world.advance(4500);
  expect(client.take()).toEqual([['', 'primary 1', 'slow']]);
  expect(handedOver.state).toBe('fulfilled');
  expect(primary.told.at(-1)).toBe('becamePassive 1 handed-over');
});

test.each(['primary', 'backup'] as const)('if the %s alone cannot reach it, the other serves', async (cut) => {
  const none: Arbiter = { claim: () => Promise.reject(new Error('no way')), release: () => Promise.resolve() };
  const arbiters = { primary: new Lease(), backup: new Lease(), [cut]: none };
  const primary = await pair.start('primary', { arbiter: arbiters.primary });
  const backup = await pair.start('backup', { arbiter: arbiters.backup });
  await world.advance(3000);
  expect({ primary: primary.state, backup: backup.state }).toEqual(
    cut === 'primary' ? { primary: 'passive', backup: 'active' } : { primary: 'active', backup: 'passive' },
  );
});

test.each([0, 300, Infinity])('a hand-over is not undone, if the arbiter takes %d ms to hear of it', async (delay) => {
  const arbiter = new Lease();
  arbiter.delay = delay;
  const primary = await pair.start('primary', { arbiter, leaseTime: 2000 });
  const backup = await pair.start('backup', { arbiter, leaseTime: 2000 });
  await world.advance(600);
  expect(primary.state).toBe('active');
  const handedOver = new Outcome(primary.star.handOver());
  await world.advance(5000);
  expect(handedOver.state).toBe('fulfilled');
  expect({ primary: primary.state, backup: backup.state }).toEqual({ primary: 'passive', backup: 'active' });
  expect(backup.told.at(-1)).toMatch(/^becameActive 2/);
});

test('a lease too short to be renewed, or to outlast a standstill that goes unnoticed, is refused', async () => {
  await expect(pair.start('primary', { arbiter: new Scripted(), leaseTime: 1500 })).rejects.toBeInstanceOf(InvalidOption);
  await pair.start('primary', { arbiter: new Scripted(), leaseTime: 1501 });
});
