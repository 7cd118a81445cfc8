/**
 * A broker's view of one worker. What all load-balancing brokers have in common is here: the states, the events, the heartbeats, what
 * becomes of a request whose worker is lost. On it stand two tables: `workerSession`, below, for the pirates, whose queues cannot tell a
 * worker to go; and that of Majordomo, which can.
 */
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes, type Sink } from '../core/machine.ts';
import type { Message } from '../wire/message.ts';

/** Why a worker is no longer one. */
export type WorkerLoss =
  /** The transport saw its connection end. */
  | 'disconnected'
  /** A send found no route to it. */
  | 'unreachable'
  /** It was silent for `heartbeatInterval × heartbeatLiveness`. */
  | 'expired'
  /** It said READY in the middle of a request: it knows nothing of it any more. */
  | 'restarted'
  /** It held a request for longer than `busyLimit`. */
  | 'busy-limit'
  /** It said DISCONNECT. */
  | 'left'
  /** It broke the protocol. */
  | 'protocol'
  /** The broker is closing. */
  | 'dismissed';

/** Why a request comes back from a worker: that one is lost, says that its handler failed, or would not take it. */
export type RequestReturn = WorkerLoss | WorkerRefusal;
/** Said by a worker that holds several requests, of one of them: it goes on with the others. */
export type WorkerRefusal = 'handler-failed' | 'declined';

/** Whether a READY is accepted, and if not, why not. Judged by the broker, which knows its tables. */
export type Admission = 'welcome' | 'reserved' | 'invalid-name' | 'services-full' | 'workers-full';

/** In place of a handle: the frames are not in the shape of a reply. */
export const ILLEGIBLE = -2;

export interface SessionReply {
  readonly kind: 'REPLY';
  /** The delivery it answers; -1 when it does not carry a handle of ours, or `ILLEGIBLE`. */
  readonly handle: number;
  /** Whether it holds that delivery: judged by the broker, which keeps what each worker holds. */
  readonly current: boolean;
  readonly message: Message;
  readonly body: number;
}

/**
 * `spoken`: whether we have sent it anything since its last heartbeat. If not, it beats faster than we do, and may count on an answer.
 * `credit`: how many requests it may hold at once; 1 but for a worker of ours that has asked for more, 0 for one that is closing.
 * `More`: states that only one table has.
 */
export interface SessionMachine<More extends { readonly kind: string } = never> extends MachineTypes {
  state:
    | { readonly kind: 'unknown' }
    | { readonly kind: 'idle'; readonly heartbeatsWhileBusy: boolean; readonly credit: number; readonly spoken: boolean }
    | {
        readonly kind: 'busy';
        readonly credit: number;
        /** Requests that it holds: at least one, and more than its credit only after it has lowered that. */
        readonly held: number;
        /** It is given nothing further until it is idle. */
        readonly alone: boolean;
        /** Learnt: this worker goes on heartbeating while it works, so its silence means something. */
        readonly heartbeatsWhileBusy: boolean;
        /**
         * In how many of our intervals a heartbeat was heard since it was idle; the first one, in which it may have crossed the request on
         * the wire, does not count. All that waited while we stood still are heard in one.
         */
        readonly heartbeats: number;
        /** The last one counted. */
        readonly interval: number;
        readonly spoken: boolean;
      }
    | { readonly kind: 'gone' }
    | More;
  event:
    | { readonly kind: 'READY'; readonly service: string; readonly credit: number; readonly admission: Admission }
    | SessionReply
    /** It gives a request back and stays; `current` as for a reply. */
    | { readonly kind: 'FAILURE'; readonly handle: number; readonly current: boolean; readonly why: WorkerRefusal }
    /** From now on it holds so many at most. */
    | { readonly kind: 'CREDIT'; readonly credit: number }
    /** `interval`: which of our intervals since it was idle, 0 for the first; 0 while it is. */
    | { readonly kind: 'HEARTBEAT'; readonly interval: number }
    | { readonly kind: 'DISCONNECT' }
    | { readonly kind: 'INVALID'; readonly strikes: number }
    /** `alone`: it is given nothing else until this one is settled. */
    | { readonly kind: 'dispatch'; readonly handle: number; readonly alone: boolean }
    | { readonly kind: 'dismiss' }
    | { readonly kind: 'peerGone'; readonly loss: 'disconnected' | 'unreachable' }
    | { readonly kind: 'expiry' }
    | { readonly kind: 'heartbeatDue' }
    /** `remaining`: ms until the limit of the request that it has held longest; nothing when that is over. */
    | { readonly kind: 'busyLimit'; readonly remaining?: number };
  timers: { expiry: 'idle' | 'busy'; heartbeatDue: 'idle' | 'busy'; busyLimit: 'busy' };
  effects: SessionEffects;
  context: SessionContext;
}

export type WorkerSessionMachine = SessionMachine<
  /** Was silent for too long while idle: it has no request of ours, so any sign of life makes it ready again. */
  { readonly kind: 'lapsed' }
>;

export interface SessionEffects {
  /** Enters the worker into its service. */
  register(service: string, credit: number): void;
  /** It may be handed a request: puts it into its service's ready queue, behind those that hold as much. */
  ready(): void;
  /** It may be handed none: takes it out of the ready queue. */
  unready(): void;
  sendRequest(handle: number): void;
  sendHeartbeat(): void;
  sendDisconnect(): void;
  /** A request that it holds is answered. */
  deliver(reply: SessionReply): void;
  /** A request that it holds goes back to the broker's delivery policy. */
  giveBack(handle: number, why: WorkerRefusal): void;
  /** All requests that it holds go back to the broker's delivery policy, the oldest first. */
  surrender(loss: WorkerLoss): void;
  /** Takes the worker out of its service. */
  forget(loss: WorkerLoss): void;
}

export interface SessionContext {
  /** Ms between our heartbeats; 0 for a protocol that has none. */
  readonly heartbeatInterval: number;
  /** Ms of silence after which a worker is gone; 0 for a protocol whose workers are silent. */
  readonly expiry: number;
  /** Ms one request may take, or 0 for no limit. */
  readonly busyLimit: number;
  /** Messages against the protocol after which a worker is sent away. */
  readonly mostStrikes: number;
}

type M = WorkerSessionMachine;
type Out = Sink<M>;
type Idle = Extract<M['state'], { kind: 'idle' }>;
type Busy = Extract<M['state'], { kind: 'busy' }>;

type Settling = 'REPLY' | 'FAILURE';
export const isCurrent: Guard<M, 'busy', Settling> = (_state, event) => event.current;
export const isLast: Guard<M, 'busy', Settling> = (state, event) => event.current && state.held === 1;
export const hasRoom: Guard<M, 'busy', 'dispatch'> = (state) => state.held < state.credit && !state.alone;
export const isOtherInTime: Guard<M, 'busy', 'busyLimit'> = (_state, event) => (event.remaining ?? 0) > 0;
export const struckOut: Guard<M, 'idle' | 'busy', 'INVALID'> = (_state, event, context) => event.strikes >= context.mostStrikes;
export const heartbeatsWhileBusy: Guard<M, 'busy', 'expiry'> = (state) => state.heartbeatsWhileBusy;
export const isOwedHeartbeat: Guard<M, 'idle' | 'busy', 'HEARTBEAT'> = (state) => !state.spoken;

/** It was heard from. */
const renew = (out: Out, context: SessionContext): void => {
  if (context.expiry > 0) out.arm('expiry', context.expiry);
};
/** Something was sent to it, or is: the next heartbeat is due one interval from now. */
const beatLater = (out: Out, context: SessionContext): void => {
  if (context.heartbeatInterval > 0) out.arm('heartbeatDue', context.heartbeatInterval);
};

const enter = (service: string, credit: number, out: Out, context: SessionContext): Idle => {
  renew(out, context);
  beatLater(out, context);
  out.register(service, credit);
  out.ready();
  // Who takes several heartbeats at work; else one that had fallen silent there would be handed more.
  return { kind: 'idle', heartbeatsWhileBusy: credit > 1, credit, spoken: true };
};
export const register: Action<M, 'unknown', 'READY', 'idle'> = (_state, event, out, context) =>
  enter(event.service, event.credit, out, context);

export const assign: Action<M, 'idle', 'dispatch', 'busy'> = (state, event, out, context) => {
  out.sendRequest(event.handle);
  beatLater(out, context);
  if (context.busyLimit > 0) out.arm('busyLimit', context.busyLimit);
  const { credit, heartbeatsWhileBusy } = state;
  const { alone } = event;
  if (credit > 1 && !alone) out.ready();
  return { kind: 'busy', credit, held: 1, alone, heartbeatsWhileBusy, heartbeats: 0, interval: 0, spoken: true };
};
/** Spelt out: at full load this is made twice for each request, and a spread takes ten times as long. */
const withHeld = (state: Busy, held: number, spoken: boolean): Busy => ({
  kind: 'busy',
  credit: state.credit,
  held,
  alone: state.alone,
  heartbeatsWhileBusy: state.heartbeatsWhileBusy,
  heartbeats: state.heartbeats,
  interval: state.interval,
  spoken,
});
/** A further one: the first one's `busyLimit` is due first. */
export const assignFurther: Action<M, 'busy', 'dispatch', 'busy'> = (state, event, out, context) => {
  out.sendRequest(event.handle);
  beatLater(out, context);
  const held = state.held + 1;
  if (held < state.credit) out.ready();
  return withHeld(state, held, true);
};
export const limitNext: Action<M, 'busy', 'busyLimit', 'busy'> = (state, event, out) => {
  out.arm('busyLimit', event.remaining as number);
  return state;
};

/** It holds nothing any more. */
const idleAfter = ({ credit, heartbeatsWhileBusy, spoken }: Busy, out: Out): Idle => {
  if (credit > 0) out.ready();
  return { kind: 'idle', heartbeatsWhileBusy, credit, spoken };
};
/** It holds one less. */
const lighter = (state: Busy, out: Out): Busy => {
  const held = state.held - 1;
  if (held < state.credit) out.ready();
  return withHeld(state, held, state.spoken);
};
export const deliverReply: Action<M, 'busy', 'REPLY', 'idle'> = (state, event, out, context) => {
  renew(out, context);
  out.deliver(event);
  return idleAfter(state, out);
};
export const deliverOne: Action<M, 'busy', 'REPLY', 'busy'> = (state, event, out, context) => {
  renew(out, context);
  out.deliver(event);
  return lighter(state, out);
};
/** Only who has said that it takes no more may decline: else a request that is declined each time would be handed out for ever. */
const reasonOf = ({ credit }: Busy, why: WorkerRefusal): WorkerRefusal => (credit === 0 ? why : 'handler-failed');
export const takeBackLast: Action<M, 'busy', 'FAILURE', 'idle'> = (state, event, out, context) => {
  renew(out, context);
  out.giveBack(event.handle, reasonOf(state, event.why));
  return idleAfter(state, out);
};
export const takeBackOne: Action<M, 'busy', 'FAILURE', 'busy'> = (state, event, out, context) => {
  renew(out, context);
  out.giveBack(event.handle, reasonOf(state, event.why));
  return lighter(state, out);
};
/** Whoever has no room is in no ready queue. */
const creditChanged = (held: number, before: number, now: number, out: Out): void => {
  if (held >= before && held < now) out.ready();
  else if (held < before && held >= now) out.unready();
};
export const creditIdle: Action<M, 'idle', 'CREDIT', 'idle'> = (state, event, out, context) => {
  renew(out, context);
  creditChanged(0, state.credit, event.credit, out);
  return { ...state, credit: event.credit };
};
export const creditBusy: Action<M, 'busy', 'CREDIT', 'busy'> = (state, event, out, context) => {
  renew(out, context);
  if (!state.alone) creditChanged(state.held, state.credit, event.credit, out);
  return { ...state, credit: event.credit };
};

export const renewIdle: Action<M, 'idle', 'READY' | 'REPLY' | 'HEARTBEAT', 'idle'> = (state, _event, out, context) => {
  renew(out, context);
  return state.spoken ? { ...state, spoken: false } : state;
};
export const renewBusy: Action<M, 'busy', 'HEARTBEAT', 'busy'> = (state, event, out, context) => {
  renew(out, context);
  if (event.interval <= state.interval) return { ...state, spoken: false };
  const heartbeats = state.heartbeats + 1;
  const heartbeatsWhileBusy = state.heartbeatsWhileBusy || heartbeats >= 2;
  return { ...state, heartbeats, interval: event.interval, heartbeatsWhileBusy, spoken: false };
};

const heartbeat = <S extends Idle | Busy>(state: S, out: Out, context: SessionContext): S => {
  out.sendHeartbeat();
  beatLater(out, context);
  return { ...state, spoken: true };
};
export const heartbeatIdle: Action<M, 'idle', 'heartbeatDue', 'idle'> = (state, _event, out, context) => heartbeat(state, out, context);
export const heartbeatBusy: Action<M, 'busy', 'heartbeatDue', 'busy'> = (state, _event, out, context) => heartbeat(state, out, context);
/** Peers whose intervals differ: the slower one answers the faster one's heartbeats, so that neither takes the other for dead. */
export const answerIdle: Action<M, 'idle', 'HEARTBEAT', 'idle'> = (state, event, out, context) =>
  heartbeat(renewIdle(state, event, out, context), out, context);
export const answerBusy: Action<M, 'busy', 'HEARTBEAT', 'busy'> = (state, event, out, context) =>
  heartbeat(renewBusy(state, event, out, context), out, context);

export const trustSilence: Action<M, 'busy', 'expiry', 'busy'> = (state) => state;

export const forgetGone: Action<M, 'idle', 'peerGone', 'gone'> = (_state, event, out) => {
  out.forget(event.loss);
  return { kind: 'gone' };
};
export const surrenderGone: Action<M, 'busy', 'peerGone', 'gone'> = (_state, event, out) => {
  out.forget(event.loss);
  out.surrender(event.loss);
  return { kind: 'gone' };
};

/* ------------------------------------------------------------------ the pirates */

/** A protocol violation costs a worker its place until it connects anew: nothing on this wire tells it to go. */
const banIdle: Action<M, 'idle', 'INVALID', 'gone'> = (_state, _event, out) => {
  out.forget('protocol');
  return { kind: 'gone' };
};
const banBusy: Action<M, 'busy', 'INVALID', 'gone'> = (_state, _event, out) => {
  out.forget('protocol');
  out.surrender('protocol');
  return { kind: 'gone' };
};

const isLegible: Guard<M, 'unknown', 'REPLY'> = (_state, event) => event.handle !== ILLEGIBLE;

/** It has just answered a request that we know nothing of, or no longer wait for: so it is free. */
const registerReplying: Action<M, 'unknown', 'REPLY', 'idle'> = (_state, _event, out, context) => enter('', 1, out, context);
const welcomeBack: Action<M, 'lapsed', 'READY' | 'REPLY' | 'HEARTBEAT', 'idle'> = (_state, _event, out, context) =>
  enter('', 1, out, context);
const beginAnew: Action<M, 'busy', 'READY', 'idle'> = (_state, event, out, context) => {
  out.forget('restarted');
  out.surrender('restarted');
  return enter(event.service, event.credit, out, context);
};

const forgetExpired: Action<M, 'idle', 'expiry', 'lapsed'> = (_state, _event, out) => {
  out.forget('expired');
  return { kind: 'lapsed' };
};
/** It has ended, though not as it should: its request goes elsewhere, and it is as free as after a right answer. */
const settleAndGoOn: Action<M, 'busy', 'REPLY', 'idle'> = (_state, _event, out, context) => {
  out.forget('protocol');
  out.surrender('protocol');
  return enter('', 1, out, context);
};
type Failing = 'expiry' | 'busyLimit';
const LOSS: { readonly [E in Failing]: WorkerLoss } = { expiry: 'expired', busyLimit: 'busy-limit' };
/** Whatever it is doing, it is not waited for. Until it says READY, or ends with a reply, it gets nothing. */
const giveUpOnIt: Action<M, 'busy', Failing, 'unknown'> = (_state, event, out) => {
  out.forget(LOSS[event.kind]);
  out.surrender(LOSS[event.kind]);
  return { kind: 'unknown' };
};
const dismissIdle: Action<M, 'idle', 'dismiss', 'gone'> = (_state, _event, out) => {
  out.forget('dismissed');
  return { kind: 'gone' };
};
const dismissBusy: Action<M, 'busy', 'dismiss', 'gone'> = (_state, _event, out) => {
  out.forget('dismissed');
  out.surrender('dismissed');
  return { kind: 'gone' };
};

const NO_SUCH_COMMAND = 'the pirates have no such command';

export const workerSession: Machine<M> = defineMachine<M>({
  name: 'WorkerSession',
  start: () => ({ kind: 'unknown' }),
  timers: { expiry: ['idle', 'busy'], heartbeatDue: ['idle', 'busy'], busyLimit: 'busy' },
  table: {
    unknown: {
      READY: { to: 'idle', do: register },
      REPLY: [{ to: 'idle', when: isLegible, do: registerReplying }, ignore('not in the shape of a reply: perhaps no pirate at all')],
      HEARTBEAT: ignore('alive is not ready; hearing no heartbeat from us, it will say READY'),
      DISCONNECT: ignore(NO_SUCH_COMMAND),
      FAILURE: ignore(NO_SUCH_COMMAND),
      CREDIT: ignore(NO_SUCH_COMMAND),
      INVALID: ignore('dropped and counted'),
      dispatch: never('only registered workers are in a ready queue'),
      dismiss: ignore('it was not here'),
      peerGone: ignore('it was not here'),
    },
    idle: {
      READY: { to: 'idle', do: renewIdle },
      REPLY: { to: 'idle', do: renewIdle },
      HEARTBEAT: [
        { to: 'idle', when: isOwedHeartbeat, do: answerIdle },
        { to: 'idle', do: renewIdle },
      ],
      DISCONNECT: ignore(NO_SUCH_COMMAND),
      FAILURE: ignore(NO_SUCH_COMMAND),
      CREDIT: ignore(NO_SUCH_COMMAND),
      INVALID: [{ to: 'gone', when: struckOut, do: banIdle }, ignore('dropped and counted')],
      dispatch: { to: 'busy', do: assign },
      dismiss: { to: 'gone', do: dismissIdle },
      peerGone: { to: 'gone', do: forgetGone },
      expiry: { to: 'lapsed', do: forgetExpired },
      heartbeatDue: { to: 'idle', do: heartbeatIdle },
    },
    busy: {
      READY: { to: 'idle', do: beginAnew },
      REPLY: [
        { to: 'idle', when: isCurrent, do: deliverReply },
        { to: 'idle', do: settleAndGoOn },
      ],
      HEARTBEAT: [
        { to: 'busy', when: isOwedHeartbeat, do: answerBusy },
        { to: 'busy', do: renewBusy },
      ],
      DISCONNECT: ignore(NO_SUCH_COMMAND),
      FAILURE: ignore(NO_SUCH_COMMAND),
      CREDIT: ignore(NO_SUCH_COMMAND),
      INVALID: [{ to: 'gone', when: struckOut, do: banBusy }, ignore('dropped and counted')],
      dispatch: never('a busy worker is in no ready queue'),
      dismiss: { to: 'gone', do: dismissBusy },
      peerGone: { to: 'gone', do: surrenderGone },
      expiry: [
        { to: 'unknown', when: heartbeatsWhileBusy, do: giveUpOnIt },
        { to: 'busy', do: trustSilence },
      ],
      heartbeatDue: { to: 'busy', do: heartbeatBusy },
      busyLimit: { to: 'unknown', do: giveUpOnIt },
    },
    lapsed: {
      READY: { to: 'idle', do: welcomeBack },
      REPLY: { to: 'idle', do: welcomeBack },
      HEARTBEAT: { to: 'idle', do: welcomeBack },
      DISCONNECT: ignore(NO_SUCH_COMMAND),
      FAILURE: ignore(NO_SUCH_COMMAND),
      CREDIT: ignore(NO_SUCH_COMMAND),
      INVALID: ignore('dropped and counted'),
      dispatch: never('only registered workers are in a ready queue'),
      dismiss: ignore('it is not here now'),
      peerGone: ignore('it is not here now'),
    },
    gone: {
      READY: ignore('not on this connection'),
      REPLY: ignore('not on this connection'),
      HEARTBEAT: ignore('not on this connection'),
      DISCONNECT: ignore(NO_SUCH_COMMAND),
      FAILURE: ignore(NO_SUCH_COMMAND),
      CREDIT: ignore(NO_SUCH_COMMAND),
      INVALID: ignore('dropped and counted'),
      dispatch: never('a worker that is gone is in no ready queue'),
      dismiss: ignore('already gone'),
      peerGone: ignore('already gone'),
    },
  },
});
