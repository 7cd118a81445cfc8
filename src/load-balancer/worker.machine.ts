/**
 * A worker's connection to the queue or broker that gives it work: registered, at work, on its own, or waiting to come back. One life for
 * Majordomo, Paranoid Pirate and, without the heartbeats, Simple Pirate; what is said on the wire is the shell's.
 */
import { backoffDelay, rotationDelay, type BackoffOptions } from '../core/backoff.ts';
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes, type Sink } from '../core/machine.ts';
import type { Frame } from '../wire/message.ts';
import type { WorkerRefusal } from './session.machine.ts';

/** A request as it reached the worker. `address` goes back unchanged. */
export interface WorkerRequest {
  readonly kind: 'REQUEST';
  readonly address: readonly Frame[];
  readonly attempt: number;
  readonly body: readonly Frame[];
  /** It came from a queue that takes every heartbeat for a READY, as the Guide's do: none may be sent while it is worked on. */
  readonly quiet: boolean;
  /** It came from a broker of ours, which understands that one request of several comes back. */
  readonly returnable: boolean;
}

/** Why a worker left its broker or was left by it. */
export type BrokerLoss =
  /** The transport saw the connection end. */
  | 'disconnected'
  /** The broker was silent for `heartbeatInterval × heartbeatLiveness`. */
  | 'silent'
  /** The broker said DISCONNECT, or that it does not serve but another does. */
  | 'dismissed'
  /** The broker sent a further request, more than may be held. */
  | 'protocol'
  /** The handler failed; leaving is how a worker says so on these wires, unless it holds several requests of a broker of ours. */
  | 'handler-failed';

/** `spoken`: whether we have sent anything since the broker's last heartbeat. If not, it beats faster than we do, and is answered. */
export interface WorkerMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** Registered and free. `liveness` counts the intervals of silence still allowed; `failures` the connections in a row that heard nothing. */
    | { readonly kind: 'idle'; readonly liveness: number; readonly failures: number; readonly spoken: boolean }
    /**
     * `running` handlers run, as many at once as `concurrency` allows. The broker's silence is not its death: the Guide's brokers send nothing to
     * a busy worker. `held` requests came meanwhile, from a queue that had mistaken a heartbeat for a READY; they have their turn.
     */
    | {
        readonly kind: 'busy';
        readonly running: number;
        readonly held: readonly WorkerRequest[];
        readonly quiet: boolean;
        readonly returnable: boolean;
        readonly spoken: boolean;
      }
    /** Handlers still run, but there is nobody to answer to; a broker counts on all of a worker, so we come back when they have ended. */
    | { readonly kind: 'orphaned'; readonly running: number }
    /** Without a connection, until the pause is over. */
    | { readonly kind: 'resting'; readonly failures: number }
    /** Closing: the handlers may finish, then we leave. */
    | { readonly kind: 'draining'; readonly running: number; readonly quiet: boolean; readonly spoken: boolean }
    | { readonly kind: 'closed' };
  event:
    | WorkerRequest
    | { readonly kind: 'HEARTBEAT' }
    | { readonly kind: 'DISCONNECT' }
    | { readonly kind: 'INVALID'; readonly reason: string }
    | { readonly kind: 'start' }
    | { readonly kind: 'handlerDone'; readonly request: WorkerRequest; readonly body: readonly Frame[] }
    | { readonly kind: 'handlerFailed'; readonly request: WorkerRequest }
    /** `established`: there had been a connection, and it ended. */
    | { readonly kind: 'brokerGone'; readonly established: boolean }
    | { readonly kind: 'close' }
    | { readonly kind: 'heartbeatDue' }
    | { readonly kind: 'silence' }
    | { readonly kind: 'reconnectDelay' }
    /** After a failure among several requests. */
    | { readonly kind: 'failureDelay' }
    | { readonly kind: 'drainTimeout' };
  timers: {
    heartbeatDue: 'idle' | 'busy' | 'draining';
    silence: 'idle';
    reconnectDelay: 'resting';
    failureDelay: 'idle' | 'busy';
    drainTimeout: 'draining';
  };
  effects: WorkerEffects;
  context: WorkerContext;
}

export interface WorkerEffects {
  /** Opens a new connection and says READY. */
  open(): void;
  /** Drops the connection: whoever was at its other end is gone or not to be spoken to. */
  shut(): void;
  /** Says goodbye, if the protocol has a word for it, and closes the connection, delivering what was sent. */
  leave(): void;
  sendReply(request: WorkerRequest, body: readonly Frame[]): void;
  /** One request of several comes back: to a broker of ours only. */
  giveBack(request: WorkerRequest, why: WorkerRefusal): void;
  /** From now on this worker holds so many requests at most: to a broker of ours only. */
  sendCredit(credit: number): void;
  sendHeartbeat(): void;
  /** Starts the handler. */
  run(request: WorkerRequest): void;
  /** Aborts the signals of all handlers that run: nobody waits for their results. */
  abort(): void;
  /** A handler's result has nobody to go to. */
  discard(request: WorkerRequest): void;
  /** The broker is left; the next one is in turn. */
  lost(loss: BrokerLoss, delay: number): void;
  closed(): void;
}

export interface WorkerContext {
  /** Brokers that stand in for each other: after each loss the next one is in turn. */
  readonly endpoints: number;
  /** Ms; 0 for a protocol without heartbeats. */
  readonly heartbeatInterval: number;
  readonly heartbeatLiveness: number;
  readonly drainTimeout: number;
  /** Handlers that may run at once. */
  readonly concurrency: number;
  /** Requests that may wait behind the one in hand. */
  readonly mostHeld: number;
  readonly backoff: BackoffOptions;
  readonly random: () => number;
}

type M = WorkerMachine;
type Out = Sink<M>;
type Idle = Extract<M['state'], { kind: 'idle' }>;
type Busy = Extract<M['state'], { kind: 'busy' }>;
type Draining = Extract<M['state'], { kind: 'draining' }>;
type Resting = Extract<M['state'], { kind: 'resting' }>;

const beatLater = (out: Out, context: WorkerContext): void => {
  if (context.heartbeatInterval > 0) out.arm('heartbeatDue', context.heartbeatInterval);
};
const listen = (out: Out, context: WorkerContext): void => {
  if (context.heartbeatInterval > 0) out.arm('silence', context.heartbeatInterval);
};

const register = (failures: number, out: Out, context: WorkerContext): Idle => {
  out.open();
  beatLater(out, context);
  listen(out, context);
  return { kind: 'idle', liveness: context.heartbeatLiveness, failures, spoken: true };
};

/** Leaves the connection and comes back after a pause that grows with the losses in a row; hearing from the broker ends the row. */
const rest = (failures: number, loss: BrokerLoss, out: Out, context: WorkerContext): Resting => {
  const delay = rotationDelay(failures, context.endpoints, context.backoff, context.random);
  if (loss === 'handler-failed') out.leave();
  else out.shut();
  out.arm('reconnectDelay', delay);
  out.lost(loss, delay);
  return { kind: 'resting', failures: failures + 1 };
};

const livenessRemains: Guard<M, 'idle', 'silence'> = (state) => state.liveness > 1;
const isOwedHeartbeat: Guard<M, 'idle', 'HEARTBEAT'> = (state) => !state.spoken;
const isOwedHeartbeatAtWork: Guard<M, 'busy' | 'draining', 'HEARTBEAT'> = (state) => !state.spoken && !state.quiet;
const mayHold: Guard<M, 'busy', 'REQUEST'> = (state, _event, context) => state.held.length < context.mostHeld;
const mayRunMore: Guard<M, 'busy', 'REQUEST'> = (state, _event, context) => state.running < context.concurrency;
const holdsMore: Guard<M, 'busy', 'handlerDone'> = (state) => state.held.length > 0;
const runMore: Guard<M, 'busy' | 'orphaned' | 'draining', 'handlerDone' | 'handlerFailed'> = (state) => state.running > 1;
/** Where nobody was told of several requests, leaving is all that can be said. */
const understandsRefusal = (request: WorkerRequest, context: WorkerContext): boolean => request.returnable && context.concurrency > 1;
const mayGiveBack: Guard<M, 'busy', 'handlerFailed'> = (_state, event, context) => understandsRefusal(event.request, context);
const mayGiveBackOne: Guard<M, 'busy' | 'draining', 'handlerFailed'> = (state, event, context) =>
  state.running > 1 && understandsRefusal(event.request, context);
const mayDecline: Guard<M, 'draining', 'REQUEST'> = (_state, event, context) => understandsRefusal(event, context);
const mayHoldNone: Guard<M, 'draining', 'REQUEST'> = (_state, _event, context) => context.mostHeld === 0;
const mayBeat: Guard<M, 'busy' | 'draining', 'heartbeatDue'> = (state) => !state.quiet;

const open: Action<M, 'new', 'start', 'idle'> = (_state, _event, out, context) => register(0, out, context);
const reopen: Action<M, 'resting', 'reconnectDelay', 'idle'> = (state, _event, out, context) => register(state.failures, out, context);

const begin = (request: WorkerRequest, held: readonly WorkerRequest[], spoken: boolean, out: Out): Busy => {
  out.run(request);
  return { kind: 'busy', running: 1, held, quiet: request.quiet, returnable: request.returnable, spoken };
};
const startHandler: Action<M, 'idle', 'REQUEST', 'busy'> = (state, event, out) => begin(event, [], state.spoken, out);
const startFurther: Action<M, 'busy', 'REQUEST', 'busy'> = (state, event, out) => {
  out.run(event);
  return { ...state, running: state.running + 1 };
};
const hold: Action<M, 'busy', 'REQUEST', 'busy'> = (state, event) => ({ ...state, held: [...state.held, event] });

const renew: Action<M, 'idle', 'HEARTBEAT', 'idle'> = (_state, _event, out, context) => {
  listen(out, context);
  return { kind: 'idle', liveness: context.heartbeatLiveness, failures: 0, spoken: false };
};
const beat = <S extends Idle | Busy | Draining>(state: S, out: Out, context: WorkerContext): S => {
  out.sendHeartbeat();
  beatLater(out, context);
  return { ...state, spoken: true };
};
/** Peers whose intervals differ: the slower one answers the faster one's heartbeats, so that neither takes the other for dead. */
const renewAndAnswer: Action<M, 'idle', 'HEARTBEAT', 'idle'> = (state, event, out, context) =>
  beat(renew(state, event, out, context), out, context);
const answerAtWork: Action<M, 'busy', 'HEARTBEAT', 'busy'> = (state, _event, out, context) => beat(state, out, context);
const noteHeartbeat: Action<M, 'busy', 'HEARTBEAT', 'busy'> = (state) => ({ ...state, spoken: false });
const heartbeatIdle: Action<M, 'idle', 'heartbeatDue', 'idle'> = (state, _event, out, context) => beat(state, out, context);
const heartbeatBusy: Action<M, 'busy', 'heartbeatDue', 'busy'> = (state, _event, out, context) => beat(state, out, context);
const heartbeatDraining: Action<M, 'draining', 'heartbeatDue', 'draining'> = (state, _event, out, context) => beat(state, out, context);
const answerDraining: Action<M, 'draining', 'HEARTBEAT', 'draining'> = (state, _event, out, context) => beat(state, out, context);
const noteDraining: Action<M, 'draining', 'HEARTBEAT', 'draining'> = (state) => ({ ...state, spoken: false });
const countSilence: Action<M, 'idle', 'silence', 'idle'> = (state, _event, out, context) => {
  listen(out, context);
  return { ...state, liveness: state.liveness - 1 };
};
const giveUpOnSilence: Action<M, 'idle', 'silence', 'resting'> = (state, _event, out, context) =>
  rest(state.failures, 'silent', out, context);
const restDismissed: Action<M, 'idle', 'DISCONNECT', 'resting'> = (state, _event, out, context) =>
  rest(state.failures, 'dismissed', out, context);
/**
 * Where nothing is heard from a broker that has no work, a connection is all that can be expected of it; the round that tries every broker once
 * goes on.
 */
const restDisconnected: Action<M, 'idle', 'brokerGone', 'resting'> = (state, event, out, context) =>
  rest(
    event.established && context.heartbeatInterval === 0 ? state.failures % context.endpoints : state.failures,
    'disconnected',
    out,
    context,
  );

const free = (out: Out, context: WorkerContext): Idle => {
  beatLater(out, context);
  listen(out, context);
  return { kind: 'idle', liveness: context.heartbeatLiveness, failures: 0, spoken: true };
};
const reply: Action<M, 'busy', 'handlerDone', 'idle'> = (_state, event, out, context) => {
  out.sendReply(event.request, event.body);
  return free(out, context);
};
const replyOne: Action<M, 'busy', 'handlerDone', 'busy'> = (state, event, out, context) => {
  out.sendReply(event.request, event.body);
  beatLater(out, context);
  return { ...state, running: state.running - 1, spoken: true };
};
/**
 * Nothing new is taken for as long as a worker of one request would have been away: whoever fails at once is the least loaded of all, and would
 * get all that others could do.
 */
const giveBack = (request: WorkerRequest, out: Out, context: WorkerContext): void => {
  // First, or it might be given the same one again.
  out.sendCredit(0);
  out.giveBack(request, 'handler-failed');
  out.arm('failureDelay', backoffDelay(0, context.backoff, context.random));
};
const giveBackLast: Action<M, 'busy', 'handlerFailed', 'idle'> = (_state, event, out, context) => {
  giveBack(event.request, out, context);
  return free(out, context);
};
const takeAgain = <S extends Idle | Busy>(state: S, out: Out, context: WorkerContext): S => {
  out.sendCredit(context.concurrency);
  beatLater(out, context);
  return { ...state, spoken: true };
};
const takeAgainIdle: Action<M, 'idle', 'failureDelay', 'idle'> = (state, _event, out, context) => takeAgain(state, out, context);
const takeAgainBusy: Action<M, 'busy', 'failureDelay', 'busy'> = (state, _event, out, context) => takeAgain(state, out, context);
const giveBackOne: Action<M, 'busy', 'handlerFailed', 'busy'> = (state, event, out, context) => {
  giveBack(event.request, out, context);
  beatLater(out, context);
  return { ...state, running: state.running - 1, spoken: true };
};
const replyAndGoOn: Action<M, 'busy', 'handlerDone', 'busy'> = (state, event, out, context) => {
  out.sendReply(event.request, event.body);
  beatLater(out, context);
  const [next, ...held] = state.held;
  return begin(next as WorkerRequest, held, true, out);
};
const leaveFailed: Action<M, 'busy', 'handlerFailed', 'resting'> = (_state, _event, out, context) => {
  return rest(0, 'handler-failed', out, context);
};

type Orphaned = Extract<M['state'], { kind: 'orphaned' }>;
const orphan = (running: number, loss: BrokerLoss, out: Out): Orphaned => {
  if (loss === 'protocol' || loss === 'handler-failed') out.leave();
  else out.shut();
  out.abort();
  out.lost(loss, 0);
  return { kind: 'orphaned', running };
};
const orphanDismissed: Action<M, 'busy', 'DISCONNECT', 'orphaned'> = (state, _event, out) => orphan(state.running, 'dismissed', out);
const orphanDisconnected: Action<M, 'busy', 'brokerGone', 'orphaned'> = (state, _event, out) => orphan(state.running, 'disconnected', out);
const leaveConfused: Action<M, 'busy', 'REQUEST', 'orphaned'> = (state, _event, out) => orphan(state.running, 'protocol', out);
/** All that it held comes back with it: this broker knows no other way. */
const leaveFailedWithOthers: Action<M, 'busy', 'handlerFailed', 'orphaned'> = (state, _event, out) =>
  orphan(state.running - 1, 'handler-failed', out);
const discardOne: Action<M, 'orphaned', 'handlerDone' | 'handlerFailed', 'orphaned'> = (state, event, out) => {
  out.discard(event.request);
  return { kind: 'orphaned', running: state.running - 1 };
};
const comeBack: Action<M, 'orphaned', 'handlerDone' | 'handlerFailed', 'resting'> = (_state, event, out, context) => {
  out.discard(event.request);
  out.arm('reconnectDelay', rotationDelay(0, context.endpoints, context.backoff, context.random));
  // A round of several has begun; where there is one broker, all is forgotten.
  return { kind: 'resting', failures: 1 % context.endpoints };
};

const closeNew: Action<M, 'new', 'close', 'closed'> = (_state, _event, out) => {
  out.closed();
  return { kind: 'closed' };
};
const leave: Action<M, 'idle', 'close', 'closed'> = (_state, _event, out) => {
  out.leave();
  out.closed();
  return { kind: 'closed' };
};
const drain: Action<M, 'busy', 'close', 'draining'> = (state, _event, out, context) => {
  out.arm('drainTimeout', context.drainTimeout);
  // A broker that grants several at once must be told, or it would hand out further ones.
  if (context.concurrency > 1 && state.returnable) out.sendCredit(0);
  return { kind: 'draining', running: state.running, quiet: state.quiet, spoken: state.spoken };
};
const replyOneAndStay: Action<M, 'draining', 'handlerDone', 'draining'> = (state, event, out, context) => {
  out.sendReply(event.request, event.body);
  beatLater(out, context);
  return { ...state, running: state.running - 1, spoken: true };
};
const giveBackOneAndStay: Action<M, 'draining', 'handlerFailed', 'draining'> = (state, event, out, context) => {
  out.giveBack(event.request, 'handler-failed');
  beatLater(out, context);
  return { ...state, running: state.running - 1, spoken: true };
};
/** It was on its way when we said that we take no more. */
const decline: Action<M, 'draining', 'REQUEST', 'draining'> = (state, event, out, context) => {
  out.giveBack(event, 'declined');
  beatLater(out, context);
  return { ...state, spoken: true };
};
const abandon: Action<M, 'orphaned' | 'resting', 'close', 'closed'> = (_state, _event, out) => {
  out.closed();
  return { kind: 'closed' };
};
const replyAndLeave: Action<M, 'draining', 'handlerDone', 'closed'> = (_state, event, out) => {
  out.sendReply(event.request, event.body);
  out.leave();
  out.closed();
  return { kind: 'closed' };
};
const leaveUnanswered: Action<M, 'draining', 'handlerFailed' | 'drainTimeout', 'closed'> = (_state, _event, out) => {
  out.leave();
  out.abort();
  out.closed();
  return { kind: 'closed' };
};
const dropConnection: Action<M, 'draining', 'DISCONNECT' | 'brokerGone', 'closed'> = (_state, _event, out) => {
  out.shut();
  out.abort();
  out.closed();
  return { kind: 'closed' };
};
const leaveConfusedAndClose: Action<M, 'draining', 'REQUEST', 'closed'> = (_state, _event, out) => {
  out.leave();
  out.abort();
  out.closed();
  return { kind: 'closed' };
};

export const loadBalancedWorker: Machine<M> = defineMachine<M>({
  name: 'LoadBalancedWorker',
  start: () => ({ kind: 'new' }),
  timers: {
    heartbeatDue: ['idle', 'busy', 'draining'],
    silence: 'idle',
    reconnectDelay: 'resting',
    failureDelay: ['idle', 'busy'],
    drainTimeout: 'draining',
  },
  table: {
    new: {
      REQUEST: ignore('there is no connection yet'),
      HEARTBEAT: ignore('there is no connection yet'),
      DISCONNECT: ignore('there is no connection yet'),
      INVALID: ignore('there is no connection yet'),
      start: { to: 'idle', do: open },
      handlerDone: never('no handler runs'),
      handlerFailed: never('no handler runs'),
      brokerGone: ignore('there is no connection yet'),
      close: { to: 'closed', do: closeNew },
    },
    idle: {
      REQUEST: { to: 'busy', do: startHandler },
      HEARTBEAT: [
        { to: 'idle', when: isOwedHeartbeat, do: renewAndAnswer },
        { to: 'idle', do: renew },
      ],
      DISCONNECT: { to: 'resting', do: restDismissed },
      INVALID: ignore('dropped and counted'),
      start: never('it has started'),
      handlerDone: never('no handler runs'),
      handlerFailed: never('no handler runs'),
      brokerGone: { to: 'resting', do: restDisconnected },
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'idle', do: heartbeatIdle },
      silence: [
        { to: 'idle', when: livenessRemains, do: countSilence },
        { to: 'resting', do: giveUpOnSilence },
      ],
      failureDelay: { to: 'idle', do: takeAgainIdle },
    },
    busy: {
      REQUEST: [
        { to: 'busy', when: mayRunMore, do: startFurther },
        { to: 'busy', when: mayHold, do: hold },
        { to: 'orphaned', do: leaveConfused },
      ],
      HEARTBEAT: [
        { to: 'busy', when: isOwedHeartbeatAtWork, do: answerAtWork },
        { to: 'busy', do: noteHeartbeat },
      ],
      DISCONNECT: { to: 'orphaned', do: orphanDismissed },
      INVALID: ignore('dropped and counted'),
      start: never('it has started'),
      handlerDone: [
        { to: 'busy', when: holdsMore, do: replyAndGoOn },
        { to: 'busy', when: runMore, do: replyOne },
        { to: 'idle', do: reply },
      ],
      handlerFailed: [
        { to: 'busy', when: mayGiveBackOne, do: giveBackOne },
        { to: 'idle', when: mayGiveBack, do: giveBackLast },
        { to: 'orphaned', when: runMore, do: leaveFailedWithOthers },
        { to: 'resting', do: leaveFailed },
      ],
      brokerGone: { to: 'orphaned', do: orphanDisconnected },
      close: { to: 'draining', do: drain },
      heartbeatDue: [{ to: 'busy', when: mayBeat, do: heartbeatBusy }, ignore('this queue would take it for a READY')],
      failureDelay: { to: 'busy', do: takeAgainBusy },
    },
    orphaned: {
      REQUEST: ignore('from a connection that was left'),
      HEARTBEAT: ignore('from a connection that was left'),
      DISCONNECT: ignore('from a connection that was left'),
      INVALID: ignore('from a connection that was left'),
      start: never('it has started'),
      handlerDone: [
        { to: 'orphaned', when: runMore, do: discardOne },
        { to: 'resting', do: comeBack },
      ],
      handlerFailed: [
        { to: 'orphaned', when: runMore, do: discardOne },
        { to: 'resting', do: comeBack },
      ],
      brokerGone: ignore('the connection was left already'),
      close: { to: 'closed', do: abandon },
    },
    resting: {
      REQUEST: ignore('from a connection that was left'),
      HEARTBEAT: ignore('from a connection that was left'),
      DISCONNECT: ignore('from a connection that was left'),
      INVALID: ignore('from a connection that was left'),
      start: never('it has started'),
      handlerDone: never('no handler runs'),
      handlerFailed: never('no handler runs'),
      brokerGone: ignore('the connection was left already'),
      close: { to: 'closed', do: abandon },
      reconnectDelay: { to: 'idle', do: reopen },
    },
    draining: {
      REQUEST: [
        { to: 'draining', when: mayDecline, do: decline },
        { to: 'closed', when: mayHoldNone, do: leaveConfusedAndClose },
        ignore('its client asks again, or the queue gives it to another'),
      ],
      HEARTBEAT: [
        { to: 'draining', when: isOwedHeartbeatAtWork, do: answerDraining },
        { to: 'draining', do: noteDraining },
      ],
      DISCONNECT: { to: 'closed', do: dropConnection },
      INVALID: ignore('dropped and counted'),
      start: never('it has started'),
      handlerDone: [
        { to: 'draining', when: runMore, do: replyOneAndStay },
        { to: 'closed', do: replyAndLeave },
      ],
      handlerFailed: [
        { to: 'draining', when: mayGiveBackOne, do: giveBackOneAndStay },
        { to: 'closed', do: leaveUnanswered },
      ],
      brokerGone: { to: 'closed', do: dropConnection },
      close: ignore('idempotent'),
      heartbeatDue: [{ to: 'draining', when: mayBeat, do: heartbeatDraining }, ignore('this queue would take it for a READY')],
      drainTimeout: { to: 'closed', do: leaveUnanswered },
    },
    closed: {
      REQUEST: ignore('closed'),
      HEARTBEAT: ignore('closed'),
      DISCONNECT: ignore('closed'),
      INVALID: ignore('closed'),
      start: ignore('closed before it had started'),
      handlerDone: ignore('its result has nobody to go to'),
      handlerFailed: ignore('its result has nobody to go to'),
      brokerGone: ignore('closed'),
      close: ignore('idempotent'),
    },
  },
});
