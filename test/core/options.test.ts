import { expect, test } from 'vitest';
import { BrokenInvariant, ImpossibleEvent, InvalidOption, SeaworthyError } from '../../src/core/errors.ts';
import { countOption, knownOptions, numberOption } from '../../src/core/options.ts';

test('a number within its limits is taken as it is', () => {
  expect([numberOption('x', 0, 0), numberOption('x', 2.5, 1, 3), countOption('x', 3, 1)]).toEqual([0, 2.5, 3]);
});

test.each([NaN, Infinity, -Infinity, -1, 11, '5', null, undefined, {}, [5], 5n])('%s is no number from 0 to 10', (value) => {
  expect(() => numberOption('heartbeatInterval', value as number, 0, 10)).toThrow(InvalidOption);
});

test('a count has no fraction', () => {
  expect(() => countOption('requestRetries', 1.5, 1)).toThrow('option "requestRetries" must be a whole number, not 1.5');
});

test('the error names the option, its value and the rule, for people and for programs', () => {
  const error = thrownBy(() => numberOption('heartbeatInterval', -5, 1, 100));
  expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'heartbeatInterval', value: -5, retriable: false, name: 'InvalidOption' });
  expect(error.message).toBe('option "heartbeatInterval" must be a number of at least 1 and at most 100, not -5');
});

test('a value is shown without giving away what is in it', () => {
  expect(thrownBy(() => numberOption('x', 'five' as never, 1)).message).toContain('not "five"');
  expect(thrownBy(() => numberOption('x', { secret: 1 } as never, 1)).message).toContain('not a value of type object');
});

test('a misspelt option is an error, not silently the default', () => {
  expect(() => {
    knownOptions({ heartbeatIntervall: 5 }, ['heartbeatInterval', 'heartbeatLiveness']);
  }).toThrow('there is no option "heartbeatIntervall"; the options are heartbeatInterval, heartbeatLiveness');
  expect(() => {
    knownOptions({ heartbeatInterval: 5 }, ['heartbeatInterval']);
  }).not.toThrow();
});

test('every error of ours is one, has its own name, and a code to branch on', () => {
  const errors = [new ImpossibleEvent('Door', 'open', 'close', 'why'), new BrokenInvariant('rule'), new InvalidOption('x', 1, 'two')];
  expect(errors.map((error) => [error instanceof SeaworthyError, error.name, error.code])).toEqual([
    [true, 'ImpossibleEvent', 'IMPOSSIBLE_EVENT'],
    [true, 'BrokenInvariant', 'BROKEN_INVARIANT'],
    [true, 'InvalidOption', 'INVALID_OPTION'],
  ]);
});

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
