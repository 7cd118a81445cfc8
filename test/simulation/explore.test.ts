import { describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import {
  explore,
  tellCounterExample,
  BrokenRule,
  type Model,
  type Move,
  type ExploreProgress,
  type Property,
} from '../../src/simulation/explore.ts';

/** A world of whole numbers: `moves` says what may happen, as `[label, to]` or `[label, to, 'fault']`. */
function numbers(
  moves: (n: number) => readonly (readonly [string, number | BrokenRule, 'fault'?])[],
  rules: Partial<Pick<Model<number>, 'always' | 'sometimes' | 'eventually' | 'initial'>> = {},
): Model<number> {
  return {
    name: 'numbers',
    initial: [0],
    next: (n) => moves(n).map(([label, state, fault]): Move<number> => ({ label, state, fault: fault === 'fault' })),
    key: String,
    always: [],
    sometimes: [],
    eventually: [],
    ...rules,
  };
}

function property(name: string, holds: (n: number) => boolean): Property<number> {
  return { name, sentence: `${name} it is`, holds };
}

/** Adding 1 and doubling, up to 100. */
const growing = (n: number): [string, number][] =>
  n >= 100
    ? []
    : ([
        ['add one', n + 1],
        ['double', n * 2],
      ] as [string, number][]);

test('every reachable state is visited once, with all its moves', async () => {
  const result = await explore(numbers((n) => [['turn', (n + 1) % 7]]));
  expect(result).toMatchObject({
    name: 'numbers',
    states: 7,
    transitions: 7,
    depth: 6,
    complete: true,
    unreached: [],
    counterExample: undefined,
  });
});

test('the counter-example is a shortest one, and is told as a story', async () => {
  const result = await explore(numbers(growing, { always: [property('below ten', (n) => n < 10)] }));
  expect(result.complete).toBe(false);
  // 0, 1, 2, 3, 6, 12, for instance: nothing gets there in less than five moves.
  expect(result.counterExample?.states).toHaveLength(6);
  expect(result.counterExample?.states.at(-1)).toBeGreaterThanOrEqual(10);
  const told = tellCounterExample(result.counterExample as NonNullable<typeof result.counterExample>);
  expect(told.split('\n')[0]).toBe('broken: below ten (below ten it is)');
  expect(told.split('\n')[1]).toBe('  1. add one');
});

test('a state that is wrong from the start is a counter-example without a move', async () => {
  const { counterExample } = await explore(numbers(growing, { always: [property('positive', (n) => n > 0)] }));
  expect(counterExample).toMatchObject({ property: 'positive', steps: [], states: [0] });
  expect(tellCounterExample(counterExample as NonNullable<typeof counterExample>)).toBe(
    'broken: positive (positive it is)\n  as it begins',
  );
});

test('a move that breaks a rule ends the story', async () => {
  const moves = (n: number): [string, number | BrokenRule][] =>
    n === 2 ? [['fall', new BrokenRule('legal moves', 'two cannot fall')]] : [['add one', n + 1]];
  const { counterExample } = await explore(numbers(moves));
  expect(counterExample).toEqual({
    property: 'legal moves',
    sentence: 'two cannot fall',
    steps: ['add one', 'add one', 'fall'],
    states: [0, 1, 2],
  });
});

test('what should happen sometimes and never does is reported', async () => {
  const sometimes = [
    property('seven', (n) => n === 7),
    property('two hundred', (n) => n === 200),
    property('odd above 100', (n) => n > 198),
  ];
  const { unreached, complete } = await explore(numbers(growing, { sometimes }));
  expect(complete).toBe(true);
  expect(unreached).toEqual(['two hundred: two hundred it is', 'odd above 100: odd above 100 it is']);
});

describe('what must come eventually', () => {
  const home = [property('home', (n) => n === 0)];

  test('a state without a way out is found, with the way into it', async () => {
    // 3 is a trap: only 3 follows.
    const moves = (n: number): [string, number][] =>
      n === 3
        ? [['stay', 3]]
        : ([
            ['go on', n + 1],
            ['go home', 0],
          ] as [string, number][]);
    const { counterExample, complete } = await explore(numbers(moves, { eventually: home }));
    expect(complete).toBe(true);
    expect(counterExample).toEqual({
      property: 'home',
      sentence: 'never again: home it is',
      steps: ['go on', 'go on', 'go on'],
      states: [0, 1, 2, 3],
    });
  });

  test('a circle from which nothing leads home is a trap like any other', async () => {
    const moves = (n: number): [string, number][] => (n === 0 ? [['leave', 1]] : [['circle', n === 1 ? 2 : 1]]);
    const { counterExample } = await explore(numbers(moves, { eventually: home }));
    expect(counterExample).toMatchObject({ property: 'home', steps: ['leave'] });
  });

  test('a way home that needs a fault is none', async () => {
    const moves = (n: number): [string, number, 'fault'?][] => (n === 0 ? [['leave', 1]] : [['crash', 0, 'fault']]);
    expect((await explore(numbers(moves, { eventually: home }))).counterExample).toMatchObject({ property: 'home', steps: ['leave'] });
  });

  test('a way home from everywhere is enough, however long', async () => {
    const result = await explore(numbers((n) => [['turn', (n + 1) % 5000]], { eventually: home }));
    expect(result).toMatchObject({ complete: true, counterExample: undefined, states: 5000 });
  });

  test('while not all is known, nothing is said about it', async () => {
    const result = await explore(
      numbers((n) => [['go on', n + 1]], { eventually: home }),
      { mostStates: 1000 },
    );
    expect(result).toMatchObject({ complete: false, counterExample: undefined });
  });
});

describe('limits', () => {
  const endless = numbers((n) => [['go on', n + 1]]);

  test('a search that is given up says that it is not complete', async () => {
    const result = await explore(endless, { mostStates: 1000 });
    expect(result.complete).toBe(false);
    expect(result.states).toBeGreaterThanOrEqual(1000);
    expect(result.states).toBeLessThan(1010);
  });

  test('as many states as are allowed are still complete', async () => {
    expect(
      await explore(
        numbers((n) => [['turn', (n + 1) % 7]]),
        { mostStates: 7 },
      ),
    ).toMatchObject({ states: 7, complete: true });
  });

  test('an aborted search ends with what it has', async () => {
    const abort = new AbortController();
    const seen: ExploreProgress[] = [];
    const result = await explore(endless, {
      signal: abort.signal,
      onProgress: (progress) => {
        seen.push(progress);
        abort.abort();
      },
    });
    expect(result.complete).toBe(false);
    expect(result.states).toBeGreaterThan(100);
    expect(seen[0]?.states).toBeGreaterThan(0);
  });

  test.each([0, 1.5, Number.NaN])('%s states at most are no limit', async (mostStates) => {
    await expect(explore(endless, { mostStates })).rejects.toThrow(InvalidOption);
  });

  test('an option that there is not is refused', async () => {
    await expect(explore(endless, { most: 5 } as object)).rejects.toThrow(InvalidOption);
  });
});

describe('a model that is none', () => {
  const nine = Array.from({ length: 9 }, (_, n) => property(`p${n}`, () => true));

  test.each<[string, object]>([
    ['name', { name: 1 }],
    ['initial', { initial: [] }],
    ['initial', { initial: 0 }],
    ['next', { next: undefined }],
    ['next', { next: () => undefined }],
    ['key', { key: undefined }],
    ['key', { key: (n: number) => n }],
    ['always', { always: undefined }],
    ['always[0]', { always: [{ name: 'nameless' }] }],
    ['sometimes[1]', { sometimes: [property('fine', () => true), { ...property('broken', () => true), holds: true }] }],
    ['eventually', { eventually: nine }],
  ])('%s is named: %o', async (option, wrong) => {
    await expect(explore({ ...numbers(growing), ...wrong })).rejects.toMatchObject({ code: 'INVALID_OPTION', option });
  });

  test.each([undefined, null, 'numbers'])('%s is refused', async (model) => {
    await expect(explore(model as unknown as Model<number>)).rejects.toMatchObject({ option: 'model' });
  });

  test('what it throws itself is thrown on', async () => {
    const failing = numbers(() => {
      throw new RangeError('no moves today');
    });
    await expect(explore(failing)).rejects.toThrow(new RangeError('no moves today'));
  });
});
