import { expect, test } from 'vitest';
import { ArrowCoverage } from '../../src/core/coverage.ts';
import { transition } from '../../src/core/machine.ts';
import { door } from './door.ts';

const context = { strength: 5, lockAfter: 100 };

test('a run that did nothing lacks every arrow and every answer', () => {
  const coverage = new ArrowCoverage();
  expect(coverage.of(door)).toEqual({ arrows: { taken: 0, all: 9 }, answers: { taken: 0, all: 10 } });
  expect(coverage.missingArrows(door)).toHaveLength(9);
  expect(coverage.missingArrows(door)).toContain('closed → open: PUSH [isStrong] / burstOpen');
  expect(coverage.missingAnswers(door)).toContain('locked × PUSH: refuse (burglar)');
  expect(coverage.missingAnswers(door)).not.toContainEqual(expect.stringContaining('never'));
});

test('a step covers the arrow it took, not its neighbours in the same cell, and two events with one action are two arrows', () => {
  const coverage = new ArrowCoverage();
  transition(door, { kind: 'closed', knocks: 0 }, { kind: 'PUSH', force: 9 }, context, coverage);
  transition(door, { kind: 'closed', knocks: 0 }, { kind: 'PUSH', force: 9 }, context, coverage);
  transition(door, { kind: 'open' }, { kind: 'close' }, context, coverage);
  expect(coverage.of(door).arrows.taken).toBe(2);
  expect(door.arrows.map((arrow) => coverage.count(arrow))).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 0]);
  expect(coverage.missingArrows(door)).toContain('closed → closed: PUSH [isGentle] / rattle');
  expect(coverage.missingArrows(door)).toContain('open → closed: draught / swingShut');
});

test('an answer without an arrow is covered when it was given, also as the fallback of guarded arrows', () => {
  const coverage = new ArrowCoverage();
  transition(door, { kind: 'closed', knocks: 0 }, { kind: 'PUSH', force: 3 }, context, coverage);
  transition(door, { kind: 'open' }, { kind: 'KNOCK' }, context, coverage);
  expect(coverage.of(door)).toEqual({ arrows: { taken: 0, all: 9 }, answers: { taken: 2, all: 10 } });
  expect(coverage.missingAnswers(door)).not.toContain('closed × PUSH: refuse (neither in nor out)');
});

test('what throws is not covered', () => {
  const coverage = new ArrowCoverage();
  expect(() => transition(door, { kind: 'locked' }, { kind: 'close' }, context, coverage)).toThrow('who locks has closed');
  expect(coverage.of(door).answers.taken).toBe(0);
});
