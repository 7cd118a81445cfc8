import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokenInvariant, ImpossibleEvent } from '../../src/core/errors.ts';
import {
  defineMachine,
  ignore,
  never,
  refuse,
  step,
  transition,
  type Machine,
  type MachineTypes,
  type Sink,
  type StepObserver,
} from '../../src/core/machine.ts';
import { door, type DoorMachine } from './door.ts';

const context = { strength: 5, lockAfter: 100 };
const closed = { kind: 'closed', knocks: 0 } as const;

describe('one step', () => {
  test('an arrow leads to its state, and its effects come in the order the action asked for them', () => {
    expect(transition(door, { kind: 'open' }, { kind: 'close' }, context)).toEqual([
      { kind: 'closed', knocks: 0 },
      [
        ['creak', 'close'],
        ['arm', 'autoLock', 100],
        ['disarm', 'draught'],
      ],
    ]);
  });

  test('an arrow to the same state keeps its timers running', () => {
    expect(transition(door, closed, { kind: 'KNOCK' }, context)).toEqual([{ kind: 'closed', knocks: 1 }, []]);
  });

  test('a timer that both states own runs on, or is armed anew by the action', () => {
    expect(transition(door, closed, { kind: 'autoLock' }, context)).toEqual([{ kind: 'locked' }, [['arm', 'autoLock', 100]]]);
  });

  test('leaving the last owner of a timer disarms it after the action', () => {
    expect(transition(door, { kind: 'locked' }, { kind: 'remove' }, context)).toEqual([{ kind: 'gone' }, [['disarm', 'autoLock']]]);
  });

  test('guards are asked in order, and the first that agrees takes its arrow', () => {
    expect(transition(door, closed, { kind: 'PUSH', force: 6 }, context)[0]).toEqual({ kind: 'open' });
    expect(transition(door, closed, { kind: 'PUSH', force: 1 }, context)[0]).toBe(closed);
    expect(transition(door, closed, { kind: 'PUSH', force: 1 }, { ...context, strength: 0 })[0]).toEqual({ kind: 'open' });
  });

  test('what no guard takes gets the fallback: the peer is refused and the state is the same object', () => {
    const push = { kind: 'PUSH', force: 3 } as const;
    const [state, effects] = transition(door, closed, push, context);
    expect(state).toBe(closed);
    expect(effects).toEqual([['refuse', push, 'neither in nor out']]);
  });

  test('an ignored event changes nothing and asks for nothing', () => {
    expect(transition(door, closed, { kind: 'close' }, context)).toEqual([closed, []]);
  });

  test('an impossible event throws, and says which, where and why', () => {
    const error = thrownBy(() => transition(door, { kind: 'locked' }, { kind: 'close' }, context));
    expect(error).toBeInstanceOf(ImpossibleEvent);
    expect(error).toMatchObject({ code: 'IMPOSSIBLE_EVENT', machine: 'Door', state: 'locked', event: 'close', retriable: false });
    expect(error.message).toBe('Door: event "close" cannot happen in state "locked": who locks has closed');
  });

  test('an event the table does not have throws too, even one named like something every object has', () => {
    for (const kind of ['explode', 'toString', '__proto__', 'constructor']) {
      expect(() => transition(door, closed, { kind } as never, context)).toThrow(ImpossibleEvent);
      expect(() => transition(door, { kind } as never, { kind: 'close' }, context)).toThrow(ImpossibleEvent);
    }
  });

  test('whatever a peer sends, in whatever state, nothing throws', () => {
    const state = fc.constantFrom<DoorMachine['state']>({ kind: 'open' }, closed, { kind: 'locked' }, { kind: 'gone' });
    const event = fc.oneof(
      fc.constant({ kind: 'KNOCK' } as const),
      fc.double().map((force) => ({ kind: 'PUSH', force }) as const),
    );
    fc.assert(
      fc.property(state, event, (from, sent) => {
        const [to] = transition(door, from, sent, context);
        expect(door.states).toContain(to.kind);
      }),
    );
  });
});

describe('an observer', () => {
  function watched(): { observer: StepObserver; steps: unknown[] } {
    const steps: unknown[] = [];
    const observer: StepObserver = {
      stepped: (machine, cell, taken, from, event, to) => {
        steps.push([machine.name, `${cell.state} × ${cell.event}`, taken?.action ?? cell.otherwise?.cell, from, event.kind, to]);
      },
    };
    return { observer, steps };
  }

  test('is told of every step after it was made: taken, ignored and refused', () => {
    const { observer, steps } = watched();
    transition(door, { kind: 'open' }, { kind: 'close' }, context, observer);
    transition(door, closed, { kind: 'close' }, context, observer);
    transition(door, { kind: 'locked' }, { kind: 'KNOCK' }, context, observer);
    expect(steps).toEqual([
      ['Door', 'open × close', 'swingShut', 'open', 'close', 'closed'],
      ['Door', 'closed × close', 'ignore', 'closed', 'close', 'closed'],
      ['Door', 'locked × KNOCK', 'refuse', 'locked', 'KNOCK', 'locked'],
    ]);
  });

  test('is not told of a step that threw', () => {
    const { observer, steps } = watched();
    expect(() => transition(door, { kind: 'locked' }, { kind: 'close' }, context, observer)).toThrow(ImpossibleEvent);
    expect(steps).toEqual([]);
  });

  test('hears of the step after its effects', () => {
    const order: string[] = [];
    const sink: Sink<DoorMachine> = {
      creak: () => order.push('creak'),
      arm: () => order.push('arm'),
      disarm: () => order.push('disarm'),
      refuse: () => order.push('refuse'),
      observer: { stepped: () => order.push('stepped') },
    };
    step(door, { kind: 'open' }, { kind: 'close' }, sink, context);
    step(door, { kind: 'locked' }, { kind: 'KNOCK' }, sink, context);
    expect(order).toEqual(['creak', 'arm', 'disarm', 'stepped', 'refuse', 'stepped']);
  });
});

interface Lamp extends MachineTypes {
  state: { readonly kind: 'on' } | { readonly kind: 'off' };
  event: { readonly kind: 'PRESS' } | { readonly kind: 'burnOut' };
  timers: { burnOut: 'on' };
}

/** A lamp whose table gets one change that the types would not allow. */
function lampWith(change: { readonly on?: object; readonly off?: object; readonly timers?: object }): () => Machine<Lamp> {
  const off = (): { readonly kind: 'off' } => ({ kind: 'off' });
  const definition = {
    name: 'Lamp',
    start: () => ({ kind: 'on' }),
    timers: { burnOut: 'on', ...change.timers },
    table: {
      on: { PRESS: { to: 'off', do: off }, burnOut: { to: 'off', do: off }, ...change.on },
      off: { PRESS: ignore('x'), ...change.off },
    },
  };
  return () => defineMachine<Lamp>(definition as never);
}

describe('a definition that the types were talked out of checking', () => {
  const arrow = { to: 'off', do: (): { readonly kind: 'off' } => ({ kind: 'off' }) };
  const guarded = { ...arrow, when: () => true };

  test('is accepted when it is right', () => {
    expect(lampWith({})().arrows).toHaveLength(2);
  });

  test.each([
    [
      'a timer has a cell where it does not run',
      { off: { burnOut: ignore('x') } },
      'timer "burnOut" has a cell in exactly the states that own it ("off")',
    ],
    [
      'a timer has no cell where it runs',
      { timers: { burnOut: ['on', 'off'] } },
      'timer "burnOut" has a cell in exactly the states that own it ("off")',
    ],
    ['something follows the fallback', { on: { PRESS: [guarded, ignore('x'), guarded] } }, 'nothing follows the fallback of (on, PRESS)'],
    ['an arrow follows an unguarded one', { on: { PRESS: [arrow, guarded] } }, 'nothing follows the fallback of (on, PRESS)'],
    ['guards have no fallback', { on: { PRESS: [guarded] } }, '(on, PRESS) ends with a fallback'],
  ])('is refused when %s', (_what, change, message) => {
    const error = thrownBy(lampWith(change));
    expect(error).toBeInstanceOf(BrokenInvariant);
    expect(error.message).toBe(`Lamp: ${message}`);
  });

  test('is caught in a row test when an action arms a timer that the next state does not own', () => {
    const armed = lampWith({ on: { PRESS: { to: 'off', do: armsBurnOut } } })();
    function armsBurnOut(_state: unknown, _event: unknown, out: Sink<Lamp>): { readonly kind: 'off' } {
      out.arm('burnOut', 5);
      return { kind: 'off' };
    }
    expect(() => transition(armed, { kind: 'on' }, { kind: 'PRESS' }, {})).toThrow(
      'Lamp: (on, PRESS) arms "burnOut", which "off" does not own',
    );
  });
});

test('a machine lists what charts, coverage and explorers need', () => {
  expect(door.states).toEqual(['open', 'closed', 'locked', 'gone']);
  expect(door.events).toEqual(['KNOCK', 'PUSH', 'close', 'remove', 'draught', 'autoLock']);
  expect(door.timers).toEqual({ draught: ['open'], autoLock: ['closed', 'locked'] });
  expect(door.arrows.map(({ index }) => index)).toEqual([...door.arrows.keys()]);
  expect(door.disarms['open']?.['closed']).toEqual(['draught']);
  expect(door.disarms['closed']).toMatchObject({ locked: [], open: ['autoLock'], gone: ['autoLock'] });
});

test('ignore, refuse and never are what they say', () => {
  expect([ignore('a'), refuse('b'), never('c')]).toEqual([
    { cell: 'ignore', why: 'a' },
    { cell: 'refuse', why: 'b' },
    { cell: 'never', why: 'c' },
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
