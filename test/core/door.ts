/** A toy machine with one cell of every kind, for the tests of kernel, charts and coverage. */
import { defineMachine, ignore, never, refuse, type Action, type Guard, type Machine, type MachineTypes } from '../../src/core/machine.ts';

export interface DoorMachine extends MachineTypes {
  state:
    | { readonly kind: 'open' }
    | { readonly kind: 'closed'; readonly knocks: number }
    | { readonly kind: 'locked' }
    | { readonly kind: 'gone' };
  event:
    | { readonly kind: 'KNOCK' }
    | { readonly kind: 'PUSH'; readonly force: number }
    | { readonly kind: 'close' }
    | { readonly kind: 'remove' }
    | { readonly kind: 'draught' }
    | { readonly kind: 'autoLock' };
  timers: { draught: 'open'; autoLock: 'closed' | 'locked' };
  effects: DoorEffects;
  context: { readonly strength: number; readonly lockAfter: number };
}

export interface DoorEffects {
  creak(how: string): void;
}

type M = DoorMachine;

const isStrong: Guard<M, 'closed', 'PUSH'> = (_state, event, context) => event.force > context.strength;
const isGentle: Guard<M, 'closed', 'PUSH'> = (_state, event) => event.force <= 1;

const swingShut: Action<M, 'open', 'close' | 'draught', 'closed'> = (_state, event, out, context) => {
  out.creak(event.kind);
  out.arm('autoLock', context.lockAfter);
  return { kind: 'closed', knocks: 0 };
};
const takeOff: Action<M, 'open' | 'closed' | 'locked', 'remove', 'gone'> = () => ({ kind: 'gone' });
const countKnock: Action<M, 'closed', 'KNOCK', 'closed'> = (state) => ({ kind: 'closed', knocks: state.knocks + 1 });
const burstOpen: Action<M, 'closed', 'PUSH', 'open'> = (_state, _event, out) => {
  out.creak('loudly');
  out.arm('draught', 50);
  return { kind: 'open' };
};
const rattle: Action<M, 'closed', 'PUSH', 'closed'> = (state) => state;
const lock: Action<M, 'closed', 'autoLock', 'locked'> = (_state, _event, out, context) => {
  out.arm('autoLock', context.lockAfter);
  return { kind: 'locked' };
};

export const door: Machine<M> = defineMachine<M>({
  name: 'Door',
  start: () => ({ kind: 'open' }),
  timers: { draught: 'open', autoLock: ['closed', 'locked'] },
  table: {
    open: {
      KNOCK: ignore('nothing to knock on'),
      PUSH: ignore('nothing to knock on'),
      close: { to: 'closed', do: swingShut },
      remove: { to: 'gone', do: takeOff },
      draught: { to: 'closed', do: swingShut },
    },
    closed: {
      KNOCK: { to: 'closed', do: countKnock },
      PUSH: [{ to: 'open', when: isStrong, do: burstOpen }, { to: 'closed', when: isGentle, do: rattle }, refuse('neither in nor out')],
      close: ignore('idempotent'),
      remove: { to: 'gone', do: takeOff },
      autoLock: { to: 'locked', do: lock },
    },
    locked: {
      KNOCK: refuse('nobody is at home | go away'),
      PUSH: refuse('burglar'),
      close: never('who locks has closed'),
      remove: { to: 'gone', do: takeOff },
      autoLock: ignore('locked already'),
    },
    gone: {
      KNOCK: ignore('no door'),
      PUSH: ignore('no door'),
      close: never('no door'),
      remove: ignore('no door'),
    },
  },
});
