/**
 * Proofs that wrong tables do not compile. Every `@ts-expect-error` is itself an error when the line below it compiles, so
 * `tsc` runs these; nothing here is executed.
 */
import {
  defineMachine,
  ignore,
  never,
  refuse,
  type Action,
  type Guard,
  type Machine,
  type MachineTypes,
  type Table,
} from '../../src/core/machine.ts';

interface Gate extends MachineTypes {
  state: { readonly kind: 'open' } | { readonly kind: 'shut'; readonly knocks: number };
  event: { readonly kind: 'KNOCK'; readonly loud: boolean } | { readonly kind: 'close' } | { readonly kind: 'relock' };
  timers: { relock: 'open' };
  effects: { ring(): void };
  context: { readonly patience: number };
}

const shut: Action<Gate, 'open', 'close' | 'relock', 'shut'> = () => ({ kind: 'shut', knocks: 0 });
const count: Action<Gate, 'shut', 'KNOCK', 'shut'> = (state) => ({ kind: 'shut', knocks: state.knocks + 1 });
const open: Action<Gate, 'shut', 'KNOCK', 'open'> = () => ({ kind: 'open' });
const isLoud: Guard<Gate, 'shut', 'KNOCK'> = (_state, event) => event.loud;

const openRow: Table<Gate>['open'] = { KNOCK: ignore('open'), close: { to: 'shut', do: shut }, relock: { to: 'shut', do: shut } };
const shutRow: Table<Gate>['shut'] = {
  KNOCK: [
    { to: 'open', when: isLoud, do: open },
    { to: 'shut', do: count },
  ],
  close: ignore('idempotent'),
};

/** The right one compiles: without this, the proofs below would prove nothing. */
export const gate: Machine<Gate> = defineMachine<Gate>({
  name: 'Gate',
  start: () => ({ kind: 'open' }),
  timers: { relock: 'open' },
  table: { open: openRow, shut: shutRow },
});

// @ts-expect-error a cell is missing: (open, close)
export const missingCell: Table<Gate>['open'] = { KNOCK: ignore('open'), relock: { to: 'shut', do: shut } };

// @ts-expect-error a row is missing: shut
export const missingRow: Table<Gate> = { open: openRow };

// @ts-expect-error a state that does not exist has a row
export const unknownRow: Table<Gate> = { open: openRow, shut: shutRow, ajar: shutRow };

// @ts-expect-error an event that does not exist has a cell
export const unknownEvent: Table<Gate>['shut'] = { ...shutRow, kick: ignore('ouch') };

// @ts-expect-error the timer runs only in open: shut has no cell for it
export const timerElsewhere: Table<Gate>['shut'] = { KNOCK: ignore('x'), close: ignore('x'), relock: ignore('x') };

// @ts-expect-error the owning state lacks its timer's cell
export const timerMissing: Table<Gate>['open'] = { KNOCK: ignore('x'), close: ignore('x') };

// @ts-expect-error only a peer can be refused: close is a call of our own
export const refusedCall: Table<Gate>['open'] = { ...openRow, close: refuse('no') };

// @ts-expect-error only a peer can be refused: relock is a timer of our own
export const refusedTimer: Table<Gate>['open'] = { ...openRow, relock: refuse('no') };

// @ts-expect-error nothing a peer sends is impossible: bytes must not throw
export const impossibleBytes: Table<Gate>['open'] = { ...openRow, KNOCK: never('cannot be') };

// @ts-expect-error nothing a peer sends is impossible, not even behind a guard
export const impossibleFallback: Table<Gate>['shut'] = { ...shutRow, KNOCK: [{ to: 'open', when: isLoud, do: open }, never('cannot be')] };

// @ts-expect-error an arrow to a state that does not exist
export const unknownTarget: Table<Gate>['open'] = { ...openRow, close: { to: 'ajar', do: shut } };

// @ts-expect-error the action returns another state than the arrow leads to
export const wrongTarget: Table<Gate>['open'] = { ...openRow, close: { to: 'open', do: shut } };

// @ts-expect-error the action returns the state without its fields
export const halfState: Action<Gate, 'open', 'close', 'shut'> = () => ({ kind: 'shut' });

// @ts-expect-error the action is for another event: close has no `loud`
export const wrongEvent: Table<Gate>['shut'] = { ...shutRow, close: { to: 'shut', do: count } };

// @ts-expect-error the action is for another state: open has no `knocks`
export const wrongState: Table<Gate>['open'] = { ...openRow, KNOCK: { to: 'shut', do: count } };

// @ts-expect-error a list of guarded arrows without a fallback
export const noFallback: Table<Gate>['shut'] = { ...shutRow, KNOCK: [{ to: 'open', when: isLoud, do: open }] };

// @ts-expect-error a guarded arrow alone leaves out what happens otherwise
export const guardAlone: Table<Gate>['shut'] = { ...shutRow, KNOCK: { to: 'open', when: isLoud, do: open } };

const rattle = { to: 'shut', do: count } as const;

// @ts-expect-error an arrow behind the fallback would never be taken
export const afterFallback: Table<Gate>['shut'] = { ...shutRow, KNOCK: [rattle, { to: 'open', when: isLoud, do: open }] };

// @ts-expect-error an action arms only timers that exist
export const unknownTimer: Action<Gate, 'open', 'close', 'open'> = (state, _event, out) => (out.arm('repaint', 5), state);

// @ts-expect-error an action asks only for effects the machine has
export const unknownEffect: Action<Gate, 'open', 'close', 'open'> = (state, _event, out) => (out.explode(), state);

// @ts-expect-error a guard has no sink: it cannot have effects
export const busyGuard: Guard<Gate, 'shut', 'KNOCK'> = (_state, _event, _context, out) => out.ring();

// @ts-expect-error the timer's owner is not the one its type says
defineMachine<Gate>({ name: 'Gate', start: () => ({ kind: 'open' }), timers: { relock: 'shut' }, table: { open: openRow, shut: shutRow } });

// @ts-expect-error the machine starts in a state it does not have
defineMachine<Gate>({ name: 'Gate', start: () => ({ kind: 'ajar' }), timers: { relock: 'open' }, table: { open: openRow, shut: shutRow } });

// @ts-expect-error states are changed by returning a new one
export const inPlace: Action<Gate, 'shut', 'KNOCK', 'shut'> = (state) => ((state.knocks += 1), state);
