/**
 * One request of a Freelance client (Guide, chapter 4; 10/FLP): sent to one server (or to all of them), to a second one when a hedge is wanted, and
 * again when no answer comes. Any answer to any of its copies is its answer, as long as it has none.
 */
import { backoffDelay, type BackoffOptions } from '../core/backoff.ts';
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes } from '../core/machine.ts';
import type { Frame } from '../wire/message.ts';

/** Why a request has ended without a reply. */
export type FreelanceFailure = 'timed-out' | 'connection-lost' | 'no-server' | 'deadline' | 'aborted' | 'closed';

/** Which copy of a round: the one it began with (or several, of a shotgun), or the hedge. */
export type CopyPart = 'first' | 'hedge';

export interface FreelanceRequestMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** Waits until there is a server it may go to. */
    | { readonly kind: 'queued'; readonly round: number }
    /** Its first copy is under way, and no other. */
    | { readonly kind: 'sent'; readonly round: number }
    /** The hedge is under way as well. */
    | { readonly kind: 'hedged'; readonly round: number }
    /** Only the hedge is under way. */
    | { readonly kind: 'surviving'; readonly round: number }
    /** Pauses before round `round`. */
    | { readonly kind: 'pausing'; readonly round: number }
    | { readonly kind: 'settled' };
  event:
    | { readonly kind: 'REPLY'; readonly attempt: number; readonly body: readonly Frame[] }
    | { readonly kind: 'begin' }
    | { readonly kind: 'place' }
    /** A server has been added and is greeted: it may be there in a moment. */
    | { readonly kind: 'greeting' }
    /** The first copy is lost with its connection; of a shotgun, the last one of them. */
    | { readonly kind: 'connectionLost' }
    /** The hedge is lost with its connection, or there was nobody to send it to. */
    | { readonly kind: 'hedgeLost' }
    | { readonly kind: 'abort' }
    | { readonly kind: 'close' }
    | { readonly kind: 'requestTimeout' }
    | { readonly kind: 'hedgeTimeout' }
    | { readonly kind: 'hedgeDelay' }
    | { readonly kind: 'retryDelay' }
    | { readonly kind: 'deadline' };
  timers: {
    requestTimeout: 'queued' | 'sent' | 'hedged';
    hedgeTimeout: 'hedged' | 'surviving';
    hedgeDelay: 'sent';
    retryDelay: 'pausing';
    deadline: 'queued' | 'sent' | 'hedged' | 'surviving' | 'pausing';
  };
  effects: FreelanceRequestEffects;
  context: FreelanceRequestContext;
}

export interface FreelanceRequestEffects {
  /** Gets in line for a server. */
  enqueue(): void;
  /** Sends a copy to the best server; of a shotgun, to all that are not dead, and to dead ones whose pause is over. */
  transmit(): void;
  /** Sends another copy to another server. */
  hedge(): void;
  /** The copies of this part were not answered in time: their servers are found guilty. */
  blame(part: CopyPart): void;
  succeed(attempt: number, body: readonly Frame[]): void;
  fail(failure: FreelanceFailure): void;
}

export interface FreelanceRequestContext {
  readonly requestTimeout: number;
  /** Rounds in all. */
  readonly requestRetries: number;
  /** So many rounds follow each other without a pause: as many as there are servers; 1 when each round is for all of them. */
  readonly servers: number;
  /** Time for all of it, from the call on; `Infinity` for no limit. */
  readonly deadline: number;
  /** How long a server may be greeted: nobody gives up waiting for one sooner. */
  readonly greetingTime: number;
  /** When a second copy goes to another server; `Infinity` for never. */
  readonly hedgeDelay: number;
  readonly backoff: BackoffOptions;
  readonly random: () => number;
}

type M = FreelanceRequestMachine;
type Out = FreelanceRequestEffects & { arm(timer: keyof M['timers'], delay: number): void };
type Context = FreelanceRequestContext;
type Settled = Extract<M['state'], { kind: 'settled' }>;
type Pausing = Extract<M['state'], { kind: 'pausing' }>;
type Queued = Extract<M['state'], { kind: 'queued' }>;
type Open = 'queued' | 'sent' | 'hedged' | 'surviving' | 'pausing';

const isLimited: Guard<M, 'new', 'begin'> = (_state, _event, context) => context.deadline !== Infinity;
const isHedged: Guard<M, 'queued', 'place'> = (_state, _event, context) => context.hedgeDelay !== Infinity;
/** Some server has not had its turn this time round: it need not wait. */
const isNextsTurn: Guard<M, 'sent' | 'surviving', 'connectionLost' | 'hedgeLost' | 'requestTimeout' | 'hedgeTimeout'> = (
  state,
  _event,
  context,
) => state.round < context.requestRetries && state.round % context.servers !== 0;
const roundsRemain: Guard<M, 'sent' | 'surviving', 'connectionLost' | 'hedgeLost' | 'requestTimeout' | 'hedgeTimeout'> = (
  state,
  _event,
  context,
) => state.round < context.requestRetries;

/** Whoever is greeted now has been answered, or may be chosen all the same, before this is over. */
const waitForServer = (out: Out, context: Context): void => {
  out.arm('requestTimeout', Math.max(context.requestTimeout, context.greetingTime));
};
const getInLine = (out: Out, context: Context): void => {
  out.enqueue();
  waitForServer(out, context);
};
const waitOn: Action<M, 'queued', 'greeting', 'queued'> = (state, _event, out, context) => {
  waitForServer(out, context);
  return state;
};
const enqueue: Action<M, 'new', 'begin', 'queued'> = (_state, _event, out, context) => {
  getInLine(out, context);
  return { kind: 'queued', round: 1 };
};
const enqueueWithDeadline: Action<M, 'new', 'begin', 'queued'> = (_state, _event, out, context) => {
  getInLine(out, context);
  out.arm('deadline', context.deadline);
  return { kind: 'queued', round: 1 };
};
const tryAgain: Action<M, 'pausing', 'retryDelay', 'queued'> = (state, _event, out, context) => {
  getInLine(out, context);
  return { kind: 'queued', round: state.round };
};

const transmit: Action<M, 'queued', 'place', 'sent'> = (state, _event, out, context) => {
  out.transmit();
  out.arm('requestTimeout', context.requestTimeout);
  return { kind: 'sent', round: state.round };
};
const transmitAndHedge: Action<M, 'queued', 'place', 'sent'> = (state, _event, out, context) => {
  out.transmit();
  out.arm('requestTimeout', context.requestTimeout);
  out.arm('hedgeDelay', context.hedgeDelay);
  return { kind: 'sent', round: state.round };
};
const hedge: Action<M, 'sent', 'hedgeDelay', 'hedged'> = (state, _event, out, context) => {
  out.hedge();
  out.arm('hedgeTimeout', context.requestTimeout);
  return { kind: 'hedged', round: state.round };
};
const survive: Action<M, 'hedged', 'connectionLost', 'surviving'> = (state) => ({ kind: 'surviving', round: state.round });
const surviveTimeout: Action<M, 'hedged', 'requestTimeout', 'surviving'> = (state, _event, out) => {
  out.blame('first');
  return { kind: 'surviving', round: state.round };
};
const loseHedge: Action<M, 'hedged', 'hedgeLost', 'sent'> = (state) => ({ kind: 'sent', round: state.round });

const deliver: Action<M, Open, 'REPLY', 'settled'> = (_state, event, out) => {
  out.succeed(event.attempt, event.body);
  return { kind: 'settled' };
};

const goOn = (round: number, out: Out, context: Context): Queued => {
  getInLine(out, context);
  return { kind: 'queued', round: round + 1 };
};
const goOnAfterLoss: Action<M, 'sent' | 'surviving', 'connectionLost' | 'hedgeLost', 'queued'> = (state, _event, out, context) =>
  goOn(state.round, out, context);
const goOnAfterTimeout: Action<M, 'sent', 'requestTimeout', 'queued'> = (state, _event, out, context) => {
  out.blame('first');
  return goOn(state.round, out, context);
};
const goOnAfterHedge: Action<M, 'surviving', 'hedgeTimeout', 'queued'> = (state, _event, out, context) => {
  out.blame('hedge');
  return goOn(state.round, out, context);
};

/** All servers have had their turn: a pause, longer each time round. */
const pause = (round: number, out: Out, context: Context): Pausing => {
  out.arm('retryDelay', backoffDelay(round / context.servers - 1, context.backoff, context.random));
  return { kind: 'pausing', round: round + 1 };
};
const pauseAfterLoss: Action<M, 'sent' | 'surviving', 'connectionLost' | 'hedgeLost', 'pausing'> = (state, _event, out, context) =>
  pause(state.round, out, context);
const pauseAfterTimeout: Action<M, 'sent', 'requestTimeout', 'pausing'> = (state, _event, out, context) => {
  out.blame('first');
  return pause(state.round, out, context);
};
const pauseAfterHedge: Action<M, 'surviving', 'hedgeTimeout', 'pausing'> = (state, _event, out, context) => {
  out.blame('hedge');
  return pause(state.round, out, context);
};

const fail = (failure: FreelanceFailure, out: Out): Settled => {
  out.fail(failure);
  return { kind: 'settled' };
};
const giveUp: Action<M, 'sent', 'requestTimeout', 'settled'> = (_state, _event, out) => {
  out.blame('first');
  return fail('timed-out', out);
};
const giveUpHedge: Action<M, 'surviving', 'hedgeTimeout', 'settled'> = (_state, _event, out) => {
  out.blame('hedge');
  return fail('timed-out', out);
};
const giveUpLost: Action<M, 'sent' | 'surviving', 'connectionLost' | 'hedgeLost', 'settled'> = (_state, _event, out) =>
  fail('connection-lost', out);
const giveUpAlone: Action<M, 'queued', 'requestTimeout', 'settled'> = (_state, _event, out) => fail('no-server', out);
const runOutOfTime: Action<M, Open, 'deadline', 'settled'> = (_state, _event, out) => fail('deadline', out);
const failAborted: Action<M, Open, 'abort', 'settled'> = (_state, _event, out) => fail('aborted', out);
const failClosed: Action<M, Open, 'close', 'settled'> = (_state, _event, out) => fail('closed', out);

const NO_FIRST = 'its first copy was given up already';
const NO_HEDGE = 'its hedge was given up already';

export const freelanceRequest: Machine<M> = defineMachine<M>({
  name: 'FreelanceRequest',
  start: () => ({ kind: 'new' }),
  timers: {
    requestTimeout: ['queued', 'sent', 'hedged'],
    hedgeTimeout: ['hedged', 'surviving'],
    hedgeDelay: 'sent',
    retryDelay: 'pausing',
    deadline: ['queued', 'sent', 'hedged', 'surviving', 'pausing'],
  },
  table: {
    new: {
      REPLY: ignore('nothing was asked yet'),
      begin: [
        { to: 'queued', when: isLimited, do: enqueueWithDeadline },
        { to: 'queued', do: enqueue },
      ],
      place: never('it is not in line'),
      greeting: never('it is not in line'),
      connectionLost: ignore('nothing was asked yet'),
      hedgeLost: ignore('nothing was asked yet'),
      abort: never('the shell begins a request at once'),
      close: never('the shell begins a request at once'),
    },
    queued: {
      REPLY: { to: 'settled', do: deliver },
      begin: never('it has begun'),
      place: [
        { to: 'sent', when: isHedged, do: transmitAndHedge },
        { to: 'sent', do: transmit },
      ],
      greeting: { to: 'queued', do: waitOn },
      connectionLost: ignore(NO_FIRST),
      hedgeLost: ignore(NO_HEDGE),
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      requestTimeout: { to: 'settled', do: giveUpAlone },
      deadline: { to: 'settled', do: runOutOfTime },
    },
    sent: {
      REPLY: { to: 'settled', do: deliver },
      begin: never('it has begun'),
      place: never('it is not in line'),
      greeting: never('it is not in line'),
      connectionLost: [
        { to: 'queued', when: isNextsTurn, do: goOnAfterLoss },
        { to: 'pausing', when: roundsRemain, do: pauseAfterLoss },
        { to: 'settled', do: giveUpLost },
      ],
      hedgeLost: ignore(NO_HEDGE),
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      requestTimeout: [
        { to: 'queued', when: isNextsTurn, do: goOnAfterTimeout },
        { to: 'pausing', when: roundsRemain, do: pauseAfterTimeout },
        { to: 'settled', do: giveUp },
      ],
      hedgeDelay: { to: 'hedged', do: hedge },
      deadline: { to: 'settled', do: runOutOfTime },
    },
    hedged: {
      REPLY: { to: 'settled', do: deliver },
      begin: never('it has begun'),
      place: never('it is not in line'),
      greeting: never('it is not in line'),
      connectionLost: { to: 'surviving', do: survive },
      hedgeLost: { to: 'sent', do: loseHedge },
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      requestTimeout: { to: 'surviving', do: surviveTimeout },
      hedgeTimeout: never('the first copy was sent earlier, and its time is over first'),
      deadline: { to: 'settled', do: runOutOfTime },
    },
    surviving: {
      REPLY: { to: 'settled', do: deliver },
      begin: never('it has begun'),
      place: never('it is not in line'),
      greeting: never('it is not in line'),
      connectionLost: ignore(NO_FIRST),
      hedgeLost: [
        { to: 'queued', when: isNextsTurn, do: goOnAfterLoss },
        { to: 'pausing', when: roundsRemain, do: pauseAfterLoss },
        { to: 'settled', do: giveUpLost },
      ],
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      hedgeTimeout: [
        { to: 'queued', when: isNextsTurn, do: goOnAfterHedge },
        { to: 'pausing', when: roundsRemain, do: pauseAfterHedge },
        { to: 'settled', do: giveUpHedge },
      ],
      deadline: { to: 'settled', do: runOutOfTime },
    },
    pausing: {
      REPLY: { to: 'settled', do: deliver },
      begin: never('it has begun'),
      place: never('it is not in line'),
      greeting: never('it is not in line'),
      connectionLost: ignore(NO_FIRST),
      hedgeLost: ignore(NO_HEDGE),
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      retryDelay: { to: 'queued', do: tryAgain },
      deadline: { to: 'settled', do: runOutOfTime },
    },
    settled: {
      REPLY: ignore('it has its outcome'),
      begin: never('it has begun'),
      place: never('it is not in line'),
      greeting: never('it is not in line'),
      connectionLost: ignore('it has its outcome'),
      hedgeLost: ignore('it has its outcome'),
      abort: ignore('it has its outcome'),
      close: ignore('it has its outcome'),
    },
  },
});
