/** A lock of one's own, in every order of events: two processes look whether it is free, and take it. In between there is room for the other. */
import { expect, test } from 'vitest';
import { explore, tellCounterExample, type CounterExample, type Model, type Move } from 'seaworthy/testkit';

type Stage = 'away' | 'has looked' | 'inside';

interface State {
  readonly stages: readonly Stage[];
  readonly taken: boolean;
  /** Deaths that may still happen: whatever could go on for ever needs a bound. */
  readonly deaths: number;
}

/** @param takesAtOnce whether looking and taking are one move. */
function lock(takesAtOnce: boolean, deaths = 0): Model<State> {
  const next = (state: State): Move<State>[] =>
    state.stages.flatMap((stage, at) => {
      const named = `process ${at + 1}`;
      const to = (label: string, its: Stage, change: Partial<State> = {}, fault = false): Move<State> => {
        const stages = state.stages.map((before, index) => (index === at ? its : before));
        return { label: `${named} ${label}`, fault, state: { ...state, stages, ...change } };
      };
      const moves: Move<State>[] = [];
      if (stage === 'away' && !state.taken)
        moves.push(takesAtOnce ? to('takes the lock', 'inside', { taken: true }) : to('sees that the lock is free', 'has looked'));
      if (stage === 'has looked') moves.push(to('takes the lock', 'inside', { taken: true }));
      if (stage === 'inside') moves.push(to('gives it back', 'away', { taken: false }));
      // Its memory is gone; the lock, which is a file, is not.
      if (state.deaths > 0) moves.push(to('dies and comes back', 'away', { deaths: state.deaths - 1 }, true));
      return moves;
    });
  const inside = ({ stages }: State): number => stages.filter((stage) => stage === 'inside').length;
  return {
    name: 'lock',
    initial: [{ stages: ['away', 'away'], taken: false, deaths }],
    next,
    key: JSON.stringify,
    always: [{ name: 'exclusive', sentence: 'at most one process is inside', holds: (state) => inside(state) <= 1 }],
    sometimes: [{ name: 'used', sentence: 'a process is inside', holds: (state) => inside(state) === 1 }],
    eventually: [{ name: 'free', sentence: 'the lock can be had', holds: ({ taken }) => !taken }],
  };
}

test('looking first and taking later lets both in', async () => {
  const { counterExample } = await explore(lock(false));
  expect(tellCounterExample(counterExample as CounterExample<State>)).toBe(`\
broken: exclusive (at most one process is inside)
  1. process 1 sees that the lock is free
  2. process 2 sees that the lock is free
  3. process 1 takes the lock
  4. process 2 takes the lock`);
});

test('a lock that is taken at once lets one in, in every order of events', async () => {
  expect(await explore(lock(true))).toMatchObject({ states: 3, complete: true, unreached: [], counterExample: undefined });
});

test('a process that dies inside keeps the lock for ever', async () => {
  const { counterExample } = await explore(lock(true, 1));
  expect(counterExample).toMatchObject({
    property: 'free',
    sentence: 'never again: the lock can be had',
    steps: ['process 1 takes the lock', 'process 1 dies and comes back'],
  });
});
