import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from '../../src/core/backoff.ts';

const steady = { base: 100, maximum: 1000, jitter: 0 };
const half = (): number => 0.5;

test('each failure doubles the wait until the maximum', () => {
  expect([0, 1, 2, 3, 4, 5].map((failures) => backoffDelay(failures, steady, half))).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('a peer that has failed for a year still waits the maximum, not forever', () => {
  expect(backoffDelay(1e9, steady, half)).toBe(1000);
  expect(backoffDelay(1e9, { base: 0, maximum: 1000, jitter: 0 }, half)).toBe(0);
});

test('jitter spreads the wait evenly to both sides', () => {
  const options = { ...steady, jitter: 0.25 };
  expect([0, 0.5, 0.75].map((random) => backoffDelay(0, options, () => random))).toEqual([75, 100, 112.5]);
});

test('no wait is ever outside maximum ± jitter, whatever chance says', () => {
  const options = fc.record({ base: fc.nat(5000), maximum: fc.nat(60_000), jitter: fc.double({ min: 0, max: 1, noNaN: true }) });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(options, fc.nat(100), random, (given, failures, chance) => {
      const delay = backoffDelay(failures, given, () => chance);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(given.maximum * (1 + given.jitter));
    }),
  );
});
