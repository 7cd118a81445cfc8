/** The built-in world of strangers really has what it is there for: a peer that does not read, and frames that are too large. */
import { expect, test } from 'vitest';
import { scenarios, simulate, type Fault, type Invariant, type Simulation } from '../../src/testkit.ts';

const [, crowded] = scenarios['majordomo'] as readonly [Simulation, Simulation];
const LARGEST = 2048;

interface Seen {
  undeliverable: number;
  sentTooLarge: number;
  deliveredTooLarge: number;
}

async function play(schedule: readonly Fault[]): Promise<Seen> {
  const seen: Seen = { undeliverable: 0, sentTooLarge: 0, deliveredTooLarge: 0 };
  const isTooLarge = (frames: readonly Buffer[]): boolean => frames.some(({ length }) => length > LARGEST);
  const probe: Invariant = {
    id: 'probe',
    sentence: 'it only counts',
    watch: (run) => ({
      sent: (_from, _to, _peer, frames) => {
        if (isTooLarge(frames)) seen.sentTooLarge++;
      },
      delivered: (_to, _from, _peer, frames) => {
        if (isTooLarge(frames)) seen.deliveredTooLarge++;
      },
      rest: () => {
        const [broker] = run.inspect('broker') as readonly { counters: { undeliverable: number } }[];
        seen.undeliverable = broker?.counters.undeliverable ?? Number.NaN;
      },
    }),
  };
  const { options } = crowded;
  const simulation = simulate({ ...options, invariants: [...(options.invariants ?? []), probe] });
  expect((await simulation.run(1, { schedule })).violation).toBeUndefined();
  return seen;
}

test('a client that asks for much and does not read: its answers are refused at the high-water mark, and nobody else is harmed', async () => {
  const calm = await play([]);
  const slow = await play([{ at: 10_000, op: 'slowReader', node: 'glutton', every: 1000, for: 30_000 }]);
  expect(slow.undeliverable).toBeGreaterThan(calm.undeliverable + 50);
});

test('a frame over the limit ends the connection that brought it, and is never delivered', async () => {
  expect(await play([])).toMatchObject({ sentTooLarge: expect.toSatisfy((count: number) => count > 0), deliveredTooLarge: 0 });
});
