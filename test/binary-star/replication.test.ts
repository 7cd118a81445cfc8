/** The hand-over of state where it cannot work: whoever waits for the passive half learns so. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { Outcome, World } from '../support/world.ts';
import { Pair } from './pair.ts';

let world: World;
let pair: Pair;
beforeEach(() => {
  world = new World();
  pair = new Pair(world);
});
afterEach(async () => {
  await world.end();
});

const NOTHING = { restore: () => undefined, apply: () => undefined };

test('without a state nobody waits for an update to be applied', async () => {
  const primary = await pair.start('primary');
  await pair.start('backup');
  await world.advance(1200);
  const applied = new Outcome(primary.star.replicate('5'));
  await world.advance(10);
  expect(applied.value).toBe(false);
});

test('updates that wait for a snapshot are given up with it', async () => {
  const state = {
    ...NOTHING,
    snapshot: () =>
      new Promise<string>((_resolve, reject) => {
        world.clock.setTimeout(() => {
          reject(new Error('no disk'));
        }, 200);
      }),
  };
  const primary = await pair.start('primary', { state });
  await pair.start('backup', { state });
  await world.advance(650);
  const applied = new Outcome(primary.star.replicate('5'));
  await world.advance(2000);
  expect(applied.value).toBe(false);
});

test('a state that the peer would not take is not sent', async () => {
  const state = { ...NOTHING, snapshot: () => Buffer.alloc(101) };
  const primary = await pair.start('primary', { state, maxStateBytes: 100 });
  const errors: unknown[] = [];
  primary.star.events.on('stateFailed', ({ error }) => errors.push(error));
  const backup = await pair.start('backup', { state, maxStateBytes: 100 });
  await world.advance(3000);
  expect(errors[0]).toBeInstanceOf(InvalidOption);
  expect(backup.told).toEqual(['peerFound', 'becamePassive 1 peer-serves']);
  await expect(primary.star.replicate(Buffer.alloc(101))).rejects.toBeInstanceOf(InvalidOption);
  await expect(primary.star.replicate(5 as never)).rejects.toBeInstanceOf(InvalidOption);
});
