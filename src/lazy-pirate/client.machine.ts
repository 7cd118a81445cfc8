/**
 * One request of a Lazy Pirate client (Guide, chapter 4): sent over a connection that carries nothing else, and sent again over a new one
 * when no answer comes. The connection of an attempt that failed is closed, so its late reply goes nowhere.
 */
import { rotationDelay, type BackoffOptions } from '../core/backoff.ts';
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes } from '../core/machine.ts';
import type { AttemptOutcome } from '../core/requests.ts';
import type { Frame } from '../wire/message.ts';

/** Why a request has ended without a reply. */
export type LazyPirateFailure = 'timed-out' | 'connection-lost' | 'refused' | 'deadline' | 'aborted' | 'closed';

export interface LazyPirateRequestMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** Waits until it may have a connection. */
    | { readonly kind: 'queued'; readonly attempt: number }
    | { readonly kind: 'sent'; readonly attempt: number }
    /** Pauses before attempt `attempt`. */
    | { readonly kind: 'pausing'; readonly attempt: number }
    | { readonly kind: 'settled' };
  event:
    | { readonly kind: 'REPLY'; readonly body: readonly Frame[] }
    /** The server does not serve, or not any more; `ran`: it may have done the job all the same. Only the servers of a Binary Star say so. */
    | { readonly kind: 'REFUSAL'; readonly ran: boolean }
    | { readonly kind: 'begin' }
    | { readonly kind: 'place' }
    | { readonly kind: 'connectionLost' }
    | { readonly kind: 'abort' }
    | { readonly kind: 'close' }
    | { readonly kind: 'requestTimeout' }
    | { readonly kind: 'retryDelay' }
    | { readonly kind: 'deadline' };
  timers: { requestTimeout: 'sent'; retryDelay: 'pausing'; deadline: 'queued' | 'sent' | 'pausing' };
  effects: LazyPirateRequestEffects;
  context: LazyPirateRequestContext;
}

export interface LazyPirateRequestEffects {
  /** Gets in line for a connection. */
  enqueue(): void;
  /** Leaves the line, or the connection: for good, unless its answer has come. */
  retire(): void;
  /** Puts the request on the wire. */
  transmit(): void;
  /** Enters into the log how attempt `attempt` ended, and how often it was handed out, if that is known. */
  note(attempt: number, outcome: AttemptOutcome, deliveries?: number): void;
  /** The server of the attempt did not answer it in time, or was lost with it. That the caller's own time is over says nothing of a server. */
  blame(): void;
  succeed(body: readonly Frame[]): void;
  fail(failure: LazyPirateFailure): void;
}

export interface LazyPirateRequestContext {
  readonly requestTimeout: number;
  /** Attempts in all. */
  readonly requestRetries: number;
  /** Time for all of it, from the call on; `Infinity` for no limit. */
  readonly deadline: number;
  readonly backoff: BackoffOptions;
  /** Attempts that go to one server each before the pause is a whole one; 1 where every pause is. */
  readonly round: number;
  readonly random: () => number;
}

type M = LazyPirateRequestMachine;
type Out = LazyPirateRequestEffects & { arm(timer: keyof M['timers'], delay: number): void };
type Settled = Extract<M['state'], { kind: 'settled' }>;
type Pausing = Extract<M['state'], { kind: 'pausing' }>;

const isLimited: Guard<M, 'new', 'begin'> = (_state, _event, context) => context.deadline !== Infinity;
const attemptsRemain: Guard<M, 'sent', 'REFUSAL' | 'requestTimeout' | 'connectionLost'> = (state, _event, context) =>
  state.attempt < context.requestRetries;

const enqueue: Action<M, 'new', 'begin', 'queued'> = (_state, _event, out) => {
  out.enqueue();
  return { kind: 'queued', attempt: 1 };
};
const enqueueWithDeadline: Action<M, 'new', 'begin', 'queued'> = (_state, _event, out, context) => {
  out.enqueue();
  out.arm('deadline', context.deadline);
  return { kind: 'queued', attempt: 1 };
};
const transmit: Action<M, 'queued', 'place', 'sent'> = (state, _event, out, context) => {
  out.transmit();
  out.arm('requestTimeout', context.requestTimeout);
  return { kind: 'sent', attempt: state.attempt };
};
const deliver: Action<M, 'sent', 'REPLY', 'settled'> = (state, event, out) => {
  out.note(state.attempt, 'replied');
  out.retire();
  out.succeed(event.body);
  return { kind: 'settled' };
};

const pause = (attempt: number, out: Out, context: LazyPirateRequestContext): Pausing => {
  out.retire();
  out.arm('retryDelay', rotationDelay(attempt - 1, context.round, context.backoff, context.random));
  return { kind: 'pausing', attempt: attempt + 1 };
};
const pauseAfterTimeout: Action<M, 'sent', 'requestTimeout', 'pausing'> = (state, _event, out, context) => {
  out.blame();
  out.note(state.attempt, 'timed-out');
  return pause(state.attempt, out, context);
};
const pauseAfterLoss: Action<M, 'sent', 'connectionLost', 'pausing'> = (state, _event, out, context) => {
  out.blame();
  out.note(state.attempt, 'connection-lost');
  return pause(state.attempt, out, context);
};
const noteRefusal = (attempt: number, ran: boolean, out: Out): void => {
  if (ran) out.note(attempt, 'refused');
  else out.note(attempt, 'refused', 0);
};
const pauseAfterRefusal: Action<M, 'sent', 'REFUSAL', 'pausing'> = (state, event, out, context) => {
  noteRefusal(state.attempt, event.ran, out);
  return pause(state.attempt, out, context);
};
const tryAgain: Action<M, 'pausing', 'retryDelay', 'queued'> = (state, _event, out) => {
  out.enqueue();
  return { kind: 'queued', attempt: state.attempt };
};

const fail = (attempt: number, outcome: AttemptOutcome, failure: LazyPirateFailure, out: Out): Settled => {
  out.note(attempt, outcome);
  out.retire();
  out.fail(failure);
  return { kind: 'settled' };
};
const giveUp: Action<M, 'sent', 'requestTimeout', 'settled'> = (state, _event, out) => {
  out.blame();
  return fail(state.attempt, 'timed-out', 'timed-out', out);
};
const giveUpLost: Action<M, 'sent', 'connectionLost', 'settled'> = (state, _event, out) => {
  out.blame();
  return fail(state.attempt, 'connection-lost', 'connection-lost', out);
};
const giveUpRefused: Action<M, 'sent', 'REFUSAL', 'settled'> = (state, event, out) => {
  noteRefusal(state.attempt, event.ran, out);
  out.retire();
  out.fail('refused');
  return { kind: 'settled' };
};
const runOutOfTime: Action<M, 'queued' | 'sent', 'deadline', 'settled'> = (state, _event, out) =>
  fail(state.attempt, 'timed-out', 'deadline', out);
const failAborted: Action<M, 'queued' | 'sent', 'abort', 'settled'> = (state, _event, out) =>
  fail(state.attempt, 'aborted', 'aborted', out);
const failClosed: Action<M, 'queued' | 'sent', 'close', 'settled'> = (state, _event, out) => fail(state.attempt, 'closed', 'closed', out);

/** No attempt is under way, so none is noted. */
const endPause = (failure: LazyPirateFailure, out: Out): Settled => {
  out.fail(failure);
  return { kind: 'settled' };
};
const runOutPausing: Action<M, 'pausing', 'deadline', 'settled'> = (_state, _event, out) => endPause('deadline', out);
const abortPausing: Action<M, 'pausing', 'abort', 'settled'> = (_state, _event, out) => endPause('aborted', out);
const closePausing: Action<M, 'pausing', 'close', 'settled'> = (_state, _event, out) => endPause('closed', out);

export const lazyPirateRequest: Machine<M> = defineMachine<M>({
  name: 'LazyPirateRequest',
  start: () => ({ kind: 'new' }),
  timers: { requestTimeout: 'sent', retryDelay: 'pausing', deadline: ['queued', 'sent', 'pausing'] },
  table: {
    new: {
      REPLY: ignore('nothing was asked yet'),
      REFUSAL: ignore('nothing was asked yet'),
      begin: [
        { to: 'queued', when: isLimited, do: enqueueWithDeadline },
        { to: 'queued', do: enqueue },
      ],
      place: never('it is not in line'),
      connectionLost: ignore('it uses no connection'),
      abort: never('the shell begins a request at once'),
      close: never('the shell begins a request at once'),
    },
    queued: {
      REPLY: ignore('from a connection that was closed'),
      REFUSAL: ignore('from a connection that was closed'),
      begin: never('it has begun'),
      place: { to: 'sent', do: transmit },
      connectionLost: ignore('it uses no connection'),
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      deadline: { to: 'settled', do: runOutOfTime },
    },
    sent: {
      REPLY: { to: 'settled', do: deliver },
      REFUSAL: [
        { to: 'pausing', when: attemptsRemain, do: pauseAfterRefusal },
        { to: 'settled', do: giveUpRefused },
      ],
      begin: never('it has begun'),
      place: never('it is not in line'),
      connectionLost: [
        { to: 'pausing', when: attemptsRemain, do: pauseAfterLoss },
        { to: 'settled', do: giveUpLost },
      ],
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      requestTimeout: [
        { to: 'pausing', when: attemptsRemain, do: pauseAfterTimeout },
        { to: 'settled', do: giveUp },
      ],
      deadline: { to: 'settled', do: runOutOfTime },
    },
    pausing: {
      REPLY: ignore('from a connection that was closed'),
      REFUSAL: ignore('from a connection that was closed'),
      begin: never('it has begun'),
      place: never('it is not in line'),
      connectionLost: ignore('it uses no connection'),
      abort: { to: 'settled', do: abortPausing },
      close: { to: 'settled', do: closePausing },
      retryDelay: { to: 'queued', do: tryAgain },
      deadline: { to: 'settled', do: runOutPausing },
    },
    settled: {
      REPLY: ignore('it has its outcome'),
      REFUSAL: ignore('it has its outcome'),
      begin: never('it has begun'),
      place: never('it is not in line'),
      connectionLost: ignore('it uses no connection'),
      abort: ignore('it has its outcome'),
      close: ignore('it has its outcome'),
    },
  },
});
