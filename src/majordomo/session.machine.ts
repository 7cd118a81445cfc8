/** The Majordomo broker's view of one worker (RFC 7; the decisions where the RFC is silent are in docs/patterns/majordomo.md). */
import { defineMachine, ignore, never, refuse, type Action, type Guard, type Machine } from '../core/machine.ts';
import {
  answerBusy,
  answerIdle,
  assign,
  assignFurther,
  creditBusy,
  creditIdle,
  deliverOne,
  deliverReply,
  forgetGone,
  heartbeatBusy,
  heartbeatIdle,
  heartbeatsWhileBusy,
  hasRoom,
  isCurrent,
  isLast,
  isOtherInTime,
  isOwedHeartbeat,
  limitNext,
  register,
  renewBusy,
  renewIdle,
  struckOut,
  surrenderGone,
  takeBackLast,
  takeBackOne,
  trustSilence,
  type WorkerLoss,
  type SessionMachine,
} from '../load-balancer/session.machine.ts';

type M = SessionMachine;

const isWelcome: Guard<M, 'unknown', 'READY'> = (_state, event) => event.admission === 'welcome';

const turnAway: Action<M, 'unknown', 'READY', 'gone'> = (_state, _event, out) => {
  out.sendDisconnect();
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

type Parting = 'READY' | 'REPLY' | 'FAILURE' | 'INVALID' | 'expiry' | 'busyLimit' | 'dismiss';
const LOSS: { readonly [E in Parting]: WorkerLoss } = {
  READY: 'protocol',
  REPLY: 'protocol',
  FAILURE: 'protocol',
  INVALID: 'protocol',
  expiry: 'expired',
  busyLimit: 'busy-limit',
  dismiss: 'dismissed',
};
/** Tells an idle worker to go, so that one that is merely slow registers again at once. */
const disconnectIdle: Action<M, 'idle', 'READY' | 'REPLY' | 'FAILURE' | 'INVALID' | 'expiry' | 'dismiss', 'gone'> = (
  _state,
  event,
  out,
) => {
  out.sendDisconnect();
  out.forget(LOSS[event.kind]);
  return { kind: 'gone' };
};
/** Tells a busy worker to go and settles what it held. */
const disconnectBusy: Action<M, 'busy', Parting, 'gone'> = (_state, event, out) => {
  out.sendDisconnect();
  out.forget(LOSS[event.kind]);
  out.surrender(LOSS[event.kind]);
  return { kind: 'gone' };
};

export const majordomoSession: Machine<M> = defineMachine<M>({
  name: 'MajordomoSession',
  start: () => ({ kind: 'unknown' }),
  timers: { expiry: ['idle', 'busy'], heartbeatDue: ['idle', 'busy'], busyLimit: 'busy' },
  table: {
    unknown: {
      READY: [
        { to: 'idle', when: isWelcome, do: register },
        { to: 'gone', do: turnAway },
      ],
      REPLY: refuse('a REPLY from a worker that is not registered: it must say READY first, on a new socket'),
      FAILURE: refuse('a FAILURE from a worker that is not registered: it must say READY first, on a new socket'),
      CREDIT: refuse('a CREDIT from a worker that is not registered: it must say READY first, on a new socket'),
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
      FAILURE: { to: 'gone', do: disconnectIdle },
      CREDIT: { to: 'idle', do: creditIdle },
      HEARTBEAT: [
        { to: 'idle', when: isOwedHeartbeat, do: answerIdle },
        { to: 'idle', do: renewIdle },
      ],
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
        { to: 'idle', when: isLast, do: deliverReply },
        { to: 'busy', when: isCurrent, do: deliverOne },
        { to: 'gone', do: disconnectBusy },
      ],
      FAILURE: [
        { to: 'idle', when: isLast, do: takeBackLast },
        { to: 'busy', when: isCurrent, do: takeBackOne },
        { to: 'gone', do: disconnectBusy },
      ],
      CREDIT: { to: 'busy', do: creditBusy },
      HEARTBEAT: [
        { to: 'busy', when: isOwedHeartbeat, do: answerBusy },
        { to: 'busy', do: renewBusy },
      ],
      DISCONNECT: { to: 'gone', do: surrenderLeft },
      INVALID: [{ to: 'gone', when: struckOut, do: disconnectBusy }, ignore('dropped and counted')],
      dispatch: [{ to: 'busy', when: hasRoom, do: assignFurther }, never('a worker without room is in no ready queue')],
      dismiss: { to: 'gone', do: disconnectBusy },
      peerGone: { to: 'gone', do: surrenderGone },
      expiry: [
        { to: 'gone', when: heartbeatsWhileBusy, do: disconnectBusy },
        { to: 'busy', do: trustSilence },
      ],
      heartbeatDue: { to: 'busy', do: heartbeatBusy },
      busyLimit: [
        { to: 'busy', when: isOtherInTime, do: limitNext },
        { to: 'gone', do: disconnectBusy },
      ],
    },
    gone: {
      READY: ignore('after DISCONNECT a worker comes back on a new socket'),
      REPLY: ignore('late: its request was settled when it went'),
      FAILURE: ignore('late: its request was settled when it went'),
      CREDIT: ignore('after DISCONNECT a worker comes back on a new socket'),
      HEARTBEAT: ignore('sent before it heard our DISCONNECT'),
      DISCONNECT: ignore('both sides agree'),
      INVALID: ignore('dropped and counted'),
      dispatch: never('a worker that is gone is in no ready queue'),
      dismiss: ignore('already gone'),
      peerGone: ignore('already gone'),
    },
  },
});
