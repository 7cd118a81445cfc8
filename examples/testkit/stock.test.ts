/** A rule of one's own that is broken: found, made smaller, told, kept, played again; and mended. */
import { expect, test } from 'vitest';
import { campaign, replay, replayOf, report, runsForConfidence, shrink, verify, type RunResult } from 'seaworthy/testkit';
import { sellEachTime, sellOnce } from './orders.ts';
import { shop } from './shop.ts';

const SEEDS = 100;
const careless = shop('orders', sellEachTime);

test('a handler that takes it for granted that an order comes once sells it twice', { timeout: 60_000 }, async () => {
  // Found: a campaign runs seed after seed.
  const { failures } = await campaign(careless, { seeds: SEEDS });
  const failed = failures[0] as RunResult;
  expect(failed.violation).toMatchObject({ invariant: 'sold once' });

  // Made smaller: as few faults as it takes. One is enough: the worker that has the order is lost.
  const { failure, schedule } = await shrink(careless, failed);
  expect(schedule).toHaveLength(1);

  // Told: the rule, the faults, a sequence diagram.
  expect(await report(careless, failure)).toContain('stock is never sold twice for one order');

  // Kept, for instance in a file, and played again: the same run, event by event.
  const kept = JSON.stringify(replayOf(failure));
  expect(await replay(careless, kept)).toEqual(failure);

  // Mended: the same faults do no harm, nor do so many seeds that it would have been found in 99 of 100 cases.
  const mended = shop('orders', sellOnce);
  expect(await replay(mended, kept)).toMatchObject({ ok: true });
  const { runs } = await verify(mended, { seeds: runsForConfidence(failures.length, SEEDS), past: [replayOf(failure)] });
  expect(runs).toBeLessThanOrEqual(SEEDS);
});
