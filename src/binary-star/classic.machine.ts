/**
 * One of the two servers of a Binary Star exactly as the Guide's reactor has it (chapter 4, `bstar`), its weaknesses included: two that are
 * active, or two that are passive, stop; a backup on its own serves nobody. For pairs with a server of the Guide's; every other pair is
 * better off with peer.machine.ts.
 */
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes, type Sink } from '../core/machine.ts';
import type { StarRole } from './peer.machine.ts';

/** What a server of the Guide's says of itself. */
export type ClassicWord = 'primary' | 'backup' | 'active' | 'passive';

/** Why a pair has stopped. */
export type ClassicHalt = 'dual-active' | 'dual-passive';

/** `expired`: the peer has been silent for `failoverTimeout`. */
export interface ClassicBinaryStarMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    | { readonly kind: 'primary'; readonly expired: boolean }
    | { readonly kind: 'backup' }
    | { readonly kind: 'active' }
    | { readonly kind: 'passive'; readonly expired: boolean }
    /** The Guide's servers end here. */
    | { readonly kind: 'halted' }
    | { readonly kind: 'closed' };
  event:
    | { readonly kind: 'PRIMARY' }
    | { readonly kind: 'BACKUP' }
    | { readonly kind: 'ACTIVE' }
    | { readonly kind: 'PASSIVE' }
    | { readonly kind: 'start' }
    /** A message of a client. */
    | { readonly kind: 'clientRequest' }
    | { readonly kind: 'close' }
    | { readonly kind: 'heartbeatDue' }
    | { readonly kind: 'peerSilence' };
  timers: {
    heartbeatDue: 'primary' | 'backup' | 'active' | 'passive';
    peerSilence: 'primary' | 'backup' | 'active' | 'passive';
  };
  effects: ClassicBinaryStarEffects;
  context: ClassicBinaryStarContext;
}

export interface ClassicBinaryStarEffects {
  publish(word: ClassicWord): void;
  serve(): void;
  /** Serves nobody any more, and ends. */
  halt(why: ClassicHalt): void;
  /** Serves nobody any more: the end was asked for. */
  retreat(): void;
  /** The peer has been silent for `failoverTimeout`. */
  missPeer(): void;
}

export interface ClassicBinaryStarContext {
  readonly role: StarRole;
  readonly heartbeatInterval: number;
  readonly failoverTimeout: number;
}

type M = ClassicBinaryStarMachine;
type Out = Sink<M>;
type In<K extends M['state']['kind']> = Extract<M['state'], { readonly kind: K }>;
type Peers = 'PRIMARY' | 'BACKUP' | 'ACTIVE' | 'PASSIVE';

const isPrimary: Guard<M, 'new', 'start'> = (_state, _event, context) => context.role === 'primary';
const hasExpired: Guard<M, 'primary' | 'passive', 'clientRequest'> = (state) => state.expired;

const listenOn = (out: Out, context: ClassicBinaryStarContext): void => {
  out.arm('peerSilence', context.failoverTimeout);
};
const beat = (word: ClassicWord, out: Out, context: ClassicBinaryStarContext): void => {
  out.publish(word);
  out.arm('heartbeatDue', context.heartbeatInterval);
};

const beginAsPrimary: Action<M, 'new', 'start', 'primary'> = (_state, _event, out, context) => {
  beat('primary', out, context);
  listenOn(out, context);
  return { kind: 'primary', expired: false };
};
const beginAsBackup: Action<M, 'new', 'start', 'backup'> = (_state, _event, out, context) => {
  beat('backup', out, context);
  listenOn(out, context);
  return { kind: 'backup' };
};
const serve: Action<M, 'primary' | 'passive', 'PRIMARY' | 'BACKUP' | 'clientRequest', 'active'> = (_state, event, out, context) => {
  out.serve();
  if (event.kind !== 'clientRequest') listenOn(out, context);
  return { kind: 'active' };
};
const stepAside: Action<M, 'primary' | 'backup', 'ACTIVE', 'passive'> = (_state, _event, out, context) => {
  listenOn(out, context);
  return { kind: 'passive', expired: false };
};
const hear = <S extends In<'primary' | 'backup' | 'active' | 'passive'>>(state: S, out: Out, context: ClassicBinaryStarContext): S => {
  listenOn(out, context);
  return 'expired' in state ? { ...state, expired: false } : state;
};
const hearAsPrimary: Action<M, 'primary', Peers, 'primary'> = (state, _event, out, context) => hear(state, out, context);
const hearAsBackup: Action<M, 'backup', Peers, 'backup'> = (state, _event, out, context) => hear(state, out, context);
const hearAsActive: Action<M, 'active', Peers, 'active'> = (state, _event, out, context) => hear(state, out, context);
const hearAsPassive: Action<M, 'passive', Peers, 'passive'> = (state, _event, out, context) => hear(state, out, context);
const haltDualActive: Action<M, 'active', 'ACTIVE', 'halted'> = (_state, _event, out) => {
  out.halt('dual-active');
  return { kind: 'halted' };
};
const haltDualPassive: Action<M, 'passive', 'PASSIVE', 'halted'> = (_state, _event, out) => {
  out.halt('dual-passive');
  return { kind: 'halted' };
};

const beatAsPrimary: Action<M, 'primary', 'heartbeatDue', 'primary'> = (state, _event, out, context) => {
  beat('primary', out, context);
  return state;
};
const beatAsBackup: Action<M, 'backup', 'heartbeatDue', 'backup'> = (state, _event, out, context) => {
  beat('backup', out, context);
  return state;
};
const beatAsActive: Action<M, 'active', 'heartbeatDue', 'active'> = (state, _event, out, context) => {
  beat('active', out, context);
  return state;
};
const beatAsPassive: Action<M, 'passive', 'heartbeatDue', 'passive'> = (state, _event, out, context) => {
  beat('passive', out, context);
  return state;
};
const noteSilence = <S extends In<'primary' | 'passive'>>(state: S, out: Out): S => {
  out.missPeer();
  return { ...state, expired: true };
};
const noteSilenceAsPrimary: Action<M, 'primary', 'peerSilence', 'primary'> = (state, _event, out) => noteSilence(state, out);
const noteSilenceAsPassive: Action<M, 'passive', 'peerSilence', 'passive'> = (state, _event, out) => noteSilence(state, out);
const missPeerAsBackup: Action<M, 'backup', 'peerSilence', 'backup'> = (state, _event, out) => {
  out.missPeer();
  return state;
};
const missPeerAsActive: Action<M, 'active', 'peerSilence', 'active'> = (state, _event, out) => {
  out.missPeer();
  return state;
};
const end: Action<M, 'active', 'close', 'closed'> = (_state, _event, out) => {
  out.retreat();
  return { kind: 'closed' };
};
const leave: Action<M, 'new' | 'primary' | 'backup' | 'passive' | 'halted', 'close', 'closed'> = () => ({ kind: 'closed' });

const NOT_YET = 'nothing is connected yet';
const HALTED = 'it has stopped for good';
const CLOSED = 'closed';

export const classicBinaryStar: Machine<M> = defineMachine<M>({
  name: 'ClassicBinaryStar',
  start: () => ({ kind: 'new' }),
  timers: {
    heartbeatDue: ['primary', 'backup', 'active', 'passive'],
    peerSilence: ['primary', 'backup', 'active', 'passive'],
  },
  table: {
    new: {
      PRIMARY: ignore(NOT_YET),
      BACKUP: ignore(NOT_YET),
      ACTIVE: ignore(NOT_YET),
      PASSIVE: ignore(NOT_YET),
      start: [
        { to: 'primary', when: isPrimary, do: beginAsPrimary },
        { to: 'backup', do: beginAsBackup },
      ],
      clientRequest: ignore(NOT_YET),
      close: { to: 'closed', do: leave },
    },
    primary: {
      PRIMARY: { to: 'primary', do: hearAsPrimary },
      BACKUP: { to: 'active', do: serve },
      ACTIVE: { to: 'passive', do: stepAside },
      PASSIVE: { to: 'primary', do: hearAsPrimary },
      start: never('it has started'),
      clientRequest: [{ to: 'active', when: hasExpired, do: serve }, ignore('the peer may be active')],
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'primary', do: beatAsPrimary },
      peerSilence: { to: 'primary', do: noteSilenceAsPrimary },
    },
    backup: {
      PRIMARY: { to: 'backup', do: hearAsBackup },
      BACKUP: { to: 'backup', do: hearAsBackup },
      ACTIVE: { to: 'passive', do: stepAside },
      PASSIVE: { to: 'backup', do: hearAsBackup },
      start: never('it has started'),
      clientRequest: ignore('a backup that has not met its primary serves nobody'),
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'backup', do: beatAsBackup },
      peerSilence: { to: 'backup', do: missPeerAsBackup },
    },
    active: {
      PRIMARY: { to: 'active', do: hearAsActive },
      BACKUP: { to: 'active', do: hearAsActive },
      ACTIVE: { to: 'halted', do: haltDualActive },
      PASSIVE: { to: 'active', do: hearAsActive },
      start: never('it has started'),
      clientRequest: ignore('it is served'),
      close: { to: 'closed', do: end },
      heartbeatDue: { to: 'active', do: beatAsActive },
      peerSilence: { to: 'active', do: missPeerAsActive },
    },
    passive: {
      PRIMARY: { to: 'active', do: serve },
      BACKUP: { to: 'active', do: serve },
      ACTIVE: { to: 'passive', do: hearAsPassive },
      PASSIVE: { to: 'halted', do: haltDualPassive },
      start: never('it has started'),
      clientRequest: [{ to: 'active', when: hasExpired, do: serve }, ignore('the peer serves')],
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'passive', do: beatAsPassive },
      peerSilence: { to: 'passive', do: noteSilenceAsPassive },
    },
    halted: {
      PRIMARY: ignore(HALTED),
      BACKUP: ignore(HALTED),
      ACTIVE: ignore(HALTED),
      PASSIVE: ignore(HALTED),
      start: never('it has started'),
      clientRequest: ignore(HALTED),
      close: { to: 'closed', do: leave },
    },
    closed: {
      PRIMARY: ignore(CLOSED),
      BACKUP: ignore(CLOSED),
      ACTIVE: ignore(CLOSED),
      PASSIVE: ignore(CLOSED),
      start: ignore('closed before it had started'),
      clientRequest: ignore(CLOSED),
      close: ignore('idempotent'),
    },
  },
});
