/** The broker's view of one worker (RFC 7; the decisions where the RFC is silent are in docs/patterns/majordomo.md). */
import { defineMachine, ignore, never, refuse, type Action, type Guard, type Machine, type MachineTypes } from '../core/machine.ts';
import type { Message } from '../wire/message.ts';

/** Why a worker is no longer one. */
export type WorkerLoss =
  /** The transport saw its connection end. */
  | 'disconnected'
  /** A send found no route to it. */
  | 'unreachable'
  /** It was silent for `heartbeatInterval × heartbeatLiveness`. */
  | 'expired'
  /** It held one request for longer than `busyLimit`. */
  | 'busy-limit'
  /** It said DISCONNECT. */
  | 'left'
  /** It broke the protocol. */
  | 'protocol'
  /** The broker is closing. */
  | 'dismissed';

/** Whether a READY is accepted, and if not, why not. Judged by the broker, which knows its tables. */
export type Admission = 'welcome' | 'reserved' | 'invalid-name' | 'services-full';

export interface SessionReply {
  readonly kind: 'REPLY';
  /** The delivery it answers, or -1. */
  readonly handle: number;
  readonly message: Message;
  readonly body: number;
}

export interface WorkerSessionMachine extends MachineTypes {
  state:
    | { readonly kind: 'unknown' }
    | { readonly kind: 'idle'; readonly service: string; readonly heartbeatsWhileBusy: boolean }
    | {
        readonly kind: 'busy';
        readonly service: string;
        /** Learnt: this worker goes on heartbeating while it works, so its silence means something. */
        readonly heartbeatsWhileBusy: boolean;
        /** The delivery in flight. */
        readonly handle: number;
        /** Heartbeats heard during this delivery. The first may have crossed the request on the wire and proves nothing. */
        readonly heartbeats: number;
      }
    | { readonly kind: 'gone' };
  event:
    | { readonly kind: 'READY'; readonly service: string; readonly admission: Admission }
    | SessionReply
    | { readonly kind: 'HEARTBEAT' }
    | { readonly kind: 'DISCONNECT' }
    | { readonly kind: 'INVALID'; readonly strikes: number }
    | { readonly kind: 'dispatch'; readonly handle: number }
    | { readonly kind: 'dismiss' }
    | { readonly kind: 'peerGone'; readonly loss: 'disconnected' | 'unreachable' }
    | { readonly kind: 'expiry' }
    | { readonly kind: 'heartbeatDue' }
    | { readonly kind: 'busyLimit' };
  timers: { expiry: 'idle' | 'busy'; heartbeatDue: 'idle' | 'busy'; busyLimit: 'busy' };
  effects: SessionEffects;
  context: SessionContext;
}

export interface SessionEffects {
  /** Enters the worker into its service. */
  register(service: string): void;
  /** Puts the worker at the end of its service's ready queue. */
  ready(): void;
  sendRequest(handle: number): void;
  sendHeartbeat(): void;
  sendDisconnect(): void;
  /** The request in flight is answered. */
  deliver(reply: SessionReply): void;
  /** The request in flight goes back to the broker's delivery policy. */
  surrender(loss: WorkerLoss): void;
  /** Takes the worker out of its service. */
  forget(loss: WorkerLoss): void;
}

export interface SessionContext {
  /** Ms between our heartbeats. */
  readonly heartbeatInterval: number;
  /** Ms of silence after which a worker is gone. */
  readonly expiry: number;
  /** Ms one request may take, or 0 for no limit. */
  readonly busyLimit: number;
  /** Invalid messages after which a worker is disconnected. */
  readonly mostStrikes: number;
}

type M = WorkerSessionMachine;

const isWelcome: Guard<M, 'unknown', 'READY'> = (_state, event) => event.admission === 'welcome';
const isCurrent: Guard<M, 'busy', 'REPLY'> = (state, event) => event.handle === state.handle;
const struckOut: Guard<M, 'idle' | 'busy', 'INVALID'> = (_state, event, context) => event.strikes >= context.mostStrikes;
const heartbeatsWhileBusy: Guard<M, 'busy', 'expiry'> = (state) => state.heartbeatsWhileBusy;

const register: Action<M, 'unknown', 'READY', 'idle'> = (_state, event, out, context) => {
  out.arm('expiry', context.expiry);
  out.arm('heartbeatDue', context.heartbeatInterval);
  out.register(event.service);
  out.ready();
  return { kind: 'idle', service: event.service, heartbeatsWhileBusy: false };
};

const turnAway: Action<M, 'unknown', 'READY', 'gone'> = (_state, _event, out) => {
  out.sendDisconnect();
  return { kind: 'gone' };
};

const assign: Action<M, 'idle', 'dispatch', 'busy'> = (state, event, out, context) => {
  out.sendRequest(event.handle);
  out.arm('heartbeatDue', context.heartbeatInterval);
  if (context.busyLimit > 0) out.arm('busyLimit', context.busyLimit);
  return { kind: 'busy', service: state.service, heartbeatsWhileBusy: state.heartbeatsWhileBusy, handle: event.handle, heartbeats: 0 };
};

const deliverReply: Action<M, 'busy', 'REPLY', 'idle'> = (state, event, out, context) => {
  out.arm('expiry', context.expiry);
  out.deliver(event);
  out.ready();
  return { kind: 'idle', service: state.service, heartbeatsWhileBusy: state.heartbeatsWhileBusy };
};

const renewIdle: Action<M, 'idle', 'HEARTBEAT', 'idle'> = (state, _event, out, context) => {
  out.arm('expiry', context.expiry);
  return state;
};

const renewBusy: Action<M, 'busy', 'HEARTBEAT', 'busy'> = (state, _event, out, context) => {
  out.arm('expiry', context.expiry);
  const heartbeats = state.heartbeats + 1;
  return { ...state, heartbeats, heartbeatsWhileBusy: state.heartbeatsWhileBusy || heartbeats >= 2 };
};

const heartbeat = <S extends 'idle' | 'busy'>(
  state: Extract<M['state'], { kind: S }>,
  out: { sendHeartbeat(): void; arm(timer: 'heartbeatDue', delay: number): void },
  context: SessionContext,
): Extract<M['state'], { kind: S }> => {
  out.sendHeartbeat();
  out.arm('heartbeatDue', context.heartbeatInterval);
  return state;
};
const heartbeatIdle: Action<M, 'idle', 'heartbeatDue', 'idle'> = (state, _event, out, context) => heartbeat<'idle'>(state, out, context);
const heartbeatBusy: Action<M, 'busy', 'heartbeatDue', 'busy'> = (state, _event, out, context) => heartbeat<'busy'>(state, out, context);

const trustSilence: Action<M, 'busy', 'expiry', 'busy'> = (state) => state;

const forgetGone: Action<M, 'idle', 'peerGone', 'gone'> = (_state, event, out) => {
  out.forget(event.loss);
  return { kind: 'gone' };
};
const surrenderGone: Action<M, 'busy', 'peerGone', 'gone'> = (_state, event, out) => {
  out.forget(event.loss);
  out.surrender(event.loss);
  return { kind: 'gone' };
};
const forgetLeft: Action<M, 'idle', 'DISCONNECT', 'gone'> = (_state, _event, out) => {
  out.forget('left');
  return { kind: 'gone' };
};
const surrenderLeft: Action<M, 'busy', 'DISCONNECT', 'gone'> = (_state, _event, out) => {
  out.forget('left');
  out.surrender('left');
  return { kind: 'gone' };
};

type Parting = 'READY' | 'REPLY' | 'INVALID' | 'expiry' | 'busyLimit' | 'dismiss';
const LOSS: { readonly [E in Parting]: WorkerLoss } = {
  READY: 'protocol',
  REPLY: 'protocol',
  INVALID: 'protocol',
  expiry: 'expired',
  busyLimit: 'busy-limit',
  dismiss: 'dismissed',
};
/** Tells an idle worker to go, so that one that is merely slow registers again at once. */
const disconnectIdle: Action<M, 'idle', 'READY' | 'REPLY' | 'INVALID' | 'expiry' | 'dismiss', 'gone'> = (_state, event, out) => {
  out.sendDisconnect();
  out.forget(LOSS[event.kind]);
  return { kind: 'gone' };
};
/** Tells a busy worker to go and settles the request it held. */
const disconnectBusy: Action<M, 'busy', Parting, 'gone'> = (_state, event, out) => {
  out.sendDisconnect();
  out.forget(LOSS[event.kind]);
  out.surrender(LOSS[event.kind]);
  return { kind: 'gone' };
};

export const workerSession: Machine<M> = defineMachine<M>({
  name: 'WorkerSession',
  start: () => ({ kind: 'unknown' }),
  timers: { expiry: ['idle', 'busy'], heartbeatDue: ['idle', 'busy'], busyLimit: 'busy' },
  table: {
    unknown: {
      READY: [
        { to: 'idle', when: isWelcome, do: register },
        { to: 'gone', do: turnAway },
      ],
      REPLY: refuse('a REPLY from a worker that is not registered: it must say READY first, on a new socket'),
      HEARTBEAT: refuse('a HEARTBEAT from a worker that is not registered: the broker may have restarted'),
      DISCONNECT: ignore('it was not here'),
      INVALID: ignore('dropped and counted'),
      dispatch: never('only registered workers are in a ready queue'),
      dismiss: ignore('it was not here'),
      peerGone: ignore('it was not here'),
    },
    idle: {
      READY: { to: 'gone', do: disconnectIdle },
      REPLY: { to: 'gone', do: disconnectIdle },
      HEARTBEAT: { to: 'idle', do: renewIdle },
      DISCONNECT: { to: 'gone', do: forgetLeft },
      INVALID: [{ to: 'gone', when: struckOut, do: disconnectIdle }, ignore('dropped and counted')],
      dispatch: { to: 'busy', do: assign },
      dismiss: { to: 'gone', do: disconnectIdle },
      peerGone: { to: 'gone', do: forgetGone },
      expiry: { to: 'gone', do: disconnectIdle },
      heartbeatDue: { to: 'idle', do: heartbeatIdle },
    },
    busy: {
      READY: { to: 'gone', do: disconnectBusy },
      REPLY: [
        { to: 'idle', when: isCurrent, do: deliverReply },
        { to: 'gone', do: disconnectBusy },
      ],
      HEARTBEAT: { to: 'busy', do: renewBusy },
      DISCONNECT: { to: 'gone', do: surrenderLeft },
      INVALID: [{ to: 'gone', when: struckOut, do: disconnectBusy }, ignore('dropped and counted')],
      dispatch: never('a busy worker is in no ready queue'),
      dismiss: { to: 'gone', do: disconnectBusy },
      peerGone: { to: 'gone', do: surrenderGone },
      expiry: [
        { to: 'gone', when: heartbeatsWhileBusy, do: disconnectBusy },
        { to: 'busy', do: trustSilence },
      ],
      heartbeatDue: { to: 'busy', do: heartbeatBusy },
      busyLimit: { to: 'gone', do: disconnectBusy },
    },
    gone: {
      READY: ignore('after DISCONNECT a worker comes back on a new socket'),
      REPLY: ignore('late: its request was settled when it went'),
      HEARTBEAT: ignore('sent before it heard our DISCONNECT'),
      DISCONNECT: ignore('both sides agree'),
      INVALID: ignore('dropped and counted'),
      dispatch: never('a worker that is gone is in no ready queue'),
      dismiss: ignore('already gone'),
      peerGone: ignore('already gone'),
    },
  },
});
