import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay, rotationDelay } from '../../src/core/backoff.ts';

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

test('with two servers the second is tried soon, and only a round of both makes the wait longer', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((failures) => rotationDelay(failures, 2, steady, half))).toEqual([
    20, 100, 20, 200, 20, 400, 20, 800, 20, 1000, 20, 1000,
  ]);
});

test('three servers make a longer round', () => {
  expect([0, 1, 2, 3, 4, 5].map((failures) => rotationDelay(failures, 3, steady, half))).toEqual([20, 20, 100, 20, 20, 200]);
});

test('the short wait is spread as well', () => {
  const options = { ...steady, jitter: 0.25 };
  expect([0, 0.5, 0.75].map((random) => rotationDelay(0, 2, options, () => random))).toEqual([15, 20, 22.5]);
});

test('with one server all is as without others', () => {
  const options = { base: 100, maximum: 1000, jitter: 0.5 };
  for (let failures = 0; failures < 40; failures++)
    expect(rotationDelay(failures, 1, options, () => 0.3)).toBe(backoffDelay(failures, options, () => 0.3));
});
