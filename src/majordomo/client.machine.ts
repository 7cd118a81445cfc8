/**
 * A Majordomo client's two machines: one request on its way to its one outcome, and the client's link to the broker, which
 * learns whether the broker keeps correlation frames and, where there are several brokers, goes from one to the next. How a reply finds its request: docs/decisions/0003-correlation.md.
 */
import { backoffDelay, rotationDelay, type BackoffOptions } from '../core/backoff.ts';
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes } from '../core/machine.ts';
import type { AttemptOutcome } from '../core/requests.ts';
import type { Frame } from '../wire/message.ts';
import type { FailureCode } from '../load-balancer/failures.ts';

/* ------------------------------------------------------------------ one request */

/** Why a request has failed for good; how its last attempt ended. */
export type RequestFailure = 'timed-out' | 'connection-lost' | 'refused' | 'aborted' | 'closed';

export interface MajordomoRequestMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** Waits for a connection that it may use. */
    | { readonly kind: 'queued'; readonly attempt: number }
    | { readonly kind: 'sent'; readonly attempt: number }
    /** Pauses before attempt `attempt`. */
    | { readonly kind: 'pausing'; readonly attempt: number }
    | { readonly kind: 'settled' };
  event:
    | { readonly kind: 'REPLY'; readonly attempt: number; readonly body: readonly Frame[]; readonly deliveries: number }
    | { readonly kind: 'FAILURE'; readonly attempt: number; readonly code: FailureCode; readonly deliveries: number }
    | { readonly kind: 'begin' }
    | { readonly kind: 'place' }
    | { readonly kind: 'connectionLost' }
    | { readonly kind: 'abort' }
    | { readonly kind: 'close' }
    | { readonly kind: 'requestTimeout' }
    | { readonly kind: 'retryDelay' };
  timers: { requestTimeout: 'queued' | 'sent'; retryDelay: 'pausing' };
  effects: RequestEffects;
  context: RequestContext;
}

export interface RequestEffects {
  /** Gets in line for a connection. */
  enqueue(): void;
  /** Another attempt begins where the last one ended: in line. */
  stayInLine(): void;
  /** Leaves the line, or the connection it was sent on, which must then not bring its reply to anybody else. */
  retire(): void;
  /** Puts the request on the wire. */
  transmit(attempt: number): void;
  /** Enters into the log how an attempt ended: the current one, or an earlier one whose answer came late. */
  note(attempt: number, outcome: AttemptOutcome, deliveries?: number): void;
  succeed(body: readonly Frame[], deliveries: number): void;
  fail(failure: RequestFailure, code: FailureCode | undefined, deliveries: number): void;
}

export interface RequestContext {
  readonly requestTimeout: number;
  /** Attempts in all. */
  readonly requestRetries: number;
  readonly backoff: BackoffOptions;
  readonly random: () => number;
}

const RETRIABLE: readonly FailureCode[] = ['queue-full', 'services-full', 'expired', 'shutting-down'];

/** Whether a request that failed so may fare better later. */
export function isRetriable(code: FailureCode): boolean {
  return RETRIABLE.includes(code);
}

type R = MajordomoRequestMachine;
type RequestOut = RequestEffects & { arm(timer: keyof R['timers'], delay: number): void };

const attemptsRemain: Guard<R, 'queued' | 'sent', 'requestTimeout' | 'connectionLost'> = (state, _event, context) =>
  state.attempt < context.requestRetries;
/** What would happen again: no attempt is worth making, and none under way is worth waiting for. */
const isFinal: Guard<R, 'queued' | 'sent' | 'pausing', 'FAILURE'> = (_state, event) => !isRetriable(event.code);
const isCurrentWithRetries: Guard<R, 'sent', 'FAILURE'> = (state, event, context) =>
  event.attempt === state.attempt && state.attempt < context.requestRetries;
const isCurrent: Guard<R, 'sent', 'FAILURE'> = (state, event) => event.attempt === state.attempt;

const enqueue: Action<R, 'new', 'begin', 'queued'> = (_state, _event, out, context) => {
  out.enqueue();
  out.arm('requestTimeout', context.requestTimeout);
  return { kind: 'queued', attempt: 1 };
};
const transmit: Action<R, 'queued', 'place', 'sent'> = (state, _event, out) => {
  out.transmit(state.attempt);
  return { kind: 'sent', attempt: state.attempt };
};
const deliver: Action<R, 'queued' | 'sent' | 'pausing', 'REPLY', 'settled'> = (_state, event, out) => {
  out.note(event.attempt, 'replied');
  out.retire();
  out.succeed(event.body, event.deliveries);
  return { kind: 'settled' };
};

const pause = (
  attempt: number,
  outcome: AttemptOutcome,
  deliveries: number | undefined,
  out: RequestOut,
  context: RequestContext,
): Extract<R['state'], { kind: 'pausing' }> => {
  out.note(attempt, outcome, deliveries);
  out.retire();
  out.arm('retryDelay', backoffDelay(attempt - 1, context.backoff, context.random));
  return { kind: 'pausing', attempt: attempt + 1 };
};
const pauseAfterTimeout: Action<R, 'sent', 'requestTimeout', 'pausing'> = (state, _event, out, context) =>
  pause(state.attempt, 'timed-out', undefined, out, context);
const pauseAfterRefusal: Action<R, 'sent', 'FAILURE', 'pausing'> = (state, event, out, context) =>
  pause(state.attempt, 'refused', event.deliveries, out, context);

/** The link pauses before it connects again, but a connection of the request's own does not: a peer that drops every connection must not cost all attempts at once. */
const pauseAfterLoss: Action<R, 'sent', 'connectionLost', 'pausing'> = (state, _event, out, context) =>
  pause(state.attempt, 'connection-lost', undefined, out, context);
const waitOn: Action<R, 'queued', 'requestTimeout', 'queued'> = (state, _event, out, context) => {
  out.note(state.attempt, 'timed-out');
  out.stayInLine();
  out.arm('requestTimeout', context.requestTimeout);
  return { kind: 'queued', attempt: state.attempt + 1 };
};
const tryAgain: Action<R, 'pausing', 'retryDelay', 'queued'> = (state, _event, out, context) => {
  out.enqueue();
  out.arm('requestTimeout', context.requestTimeout);
  return { kind: 'queued', attempt: state.attempt };
};

const fail = (
  attempt: number,
  failure: RequestFailure,
  code: FailureCode | undefined,
  deliveries: number | undefined,
  out: RequestOut,
): Extract<R['state'], { kind: 'settled' }> => {
  out.note(attempt, failure, deliveries);
  out.retire();
  out.fail(failure, code, deliveries ?? 0);
  return { kind: 'settled' };
};
const giveUp: Action<R, 'queued' | 'sent', 'requestTimeout', 'settled'> = (state, _event, out) =>
  fail(state.attempt, 'timed-out', undefined, undefined, out);
const failLost: Action<R, 'sent', 'connectionLost', 'settled'> = (state, _event, out) =>
  fail(state.attempt, 'connection-lost', undefined, undefined, out);
const failRefused: Action<R, 'queued' | 'sent' | 'pausing', 'FAILURE', 'settled'> = (_state, event, out) =>
  fail(event.attempt, 'refused', event.code, event.deliveries, out);
const failAborted: Action<R, 'queued' | 'sent' | 'pausing', 'abort', 'settled'> = (state, _event, out) =>
  fail(state.attempt, 'aborted', undefined, undefined, out);
const failClosed: Action<R, 'queued' | 'sent' | 'pausing', 'close', 'settled'> = (state, _event, out) =>
  fail(state.attempt, 'closed', undefined, undefined, out);

export const majordomoRequest: Machine<R> = defineMachine<R>({
  name: 'MajordomoRequest',
  start: () => ({ kind: 'new' }),
  timers: { requestTimeout: ['queued', 'sent'], retryDelay: 'pausing' },
  table: {
    new: {
      REPLY: ignore('nothing was asked yet'),
      FAILURE: ignore('nothing was asked yet'),
      begin: { to: 'queued', do: enqueue },
      place: never('it is not in line'),
      connectionLost: ignore('it uses no connection'),
      abort: never('the shell begins a request at once'),
      close: never('the shell begins a request at once'),
    },
    queued: {
      REPLY: { to: 'settled', do: deliver },
      FAILURE: [{ to: 'settled', when: isFinal, do: failRefused }, ignore('about an earlier attempt; this one may fare better')],
      begin: never('it has begun'),
      place: { to: 'sent', do: transmit },
      connectionLost: ignore('it uses no connection'),
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      requestTimeout: [
        { to: 'queued', when: attemptsRemain, do: waitOn },
        { to: 'settled', do: giveUp },
      ],
    },
    sent: {
      REPLY: { to: 'settled', do: deliver },
      FAILURE: [
        { to: 'settled', when: isFinal, do: failRefused },
        { to: 'pausing', when: isCurrentWithRetries, do: pauseAfterRefusal },
        { to: 'settled', when: isCurrent, do: failRefused },
        ignore('about an earlier attempt; this one may fare better'),
      ],
      begin: never('it has begun'),
      place: never('it is not in line'),
      connectionLost: [
        { to: 'pausing', when: attemptsRemain, do: pauseAfterLoss },
        { to: 'settled', do: failLost },
      ],
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      requestTimeout: [
        { to: 'pausing', when: attemptsRemain, do: pauseAfterTimeout },
        { to: 'settled', do: giveUp },
      ],
    },
    pausing: {
      REPLY: { to: 'settled', do: deliver },
      FAILURE: [{ to: 'settled', when: isFinal, do: failRefused }, ignore('about an earlier attempt; the next may fare better')],
      begin: never('it has begun'),
      place: never('it is not in line'),
      connectionLost: ignore('it uses no connection'),
      abort: { to: 'settled', do: failAborted },
      close: { to: 'settled', do: failClosed },
      retryDelay: { to: 'queued', do: tryAgain },
    },
    settled: {
      REPLY: ignore('late: it has its outcome'),
      FAILURE: ignore('late: it has its outcome'),
      begin: never('it has begun'),
      place: never('it is not in line'),
      connectionLost: ignore('it uses no connection'),
      abort: ignore('it has its outcome'),
      close: ignore('it has its outcome'),
    },
  },
});

/* ------------------------------------------------------------------ the link to the broker */

export interface MajordomoLinkMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** Connected, or trying to; whether the broker is ours is not known yet, and requests wait. */
    | { readonly kind: 'probing'; readonly known: boolean; readonly failures: number }
    /** The broker keeps correlation frames: all requests share this connection. */
    | { readonly kind: 'correlated'; readonly failures: number }
    /** As `correlated`, but a request was not answered and nothing else came either: is anybody at the other end? */
    | { readonly kind: 'doubting'; readonly failures: number }
    /** The broker is foreign, or has not said: each request has a connection to itself. */
    | { readonly kind: 'plain'; readonly answered: boolean; readonly failures: number }
    /** The connection was lost; requests wait until the pause is over. `failures` counts connections in a row that brought nothing. */
    | { readonly kind: 'resting'; readonly known: boolean; readonly failures: number }
    | { readonly kind: 'closed' };
  event:
    /** The answer to the probe: whether the broker is ours. Over a shared connection any message tells that it is. */
    | { readonly kind: 'ANSWER'; readonly ours: boolean }
    | { readonly kind: 'start'; readonly correlation: 'auto' | 'envelope' | 'socket' }
    | { readonly kind: 'brokerGone' }
    /**
     * A request over the shared connection timed out, and the connection has brought nothing since it was sent. Where there are several
     * brokers, also: a request over its own connection was not answered, and no other was at this broker meanwhile.
     */
    | { readonly kind: 'doubt' }
    | { readonly kind: 'close' }
    | { readonly kind: 'probeTimeout' }
    | { readonly kind: 'reprobeDelay' }
    | { readonly kind: 'reconnectDelay' };
  timers: { probeTimeout: 'probing' | 'doubting'; reprobeDelay: 'plain'; reconnectDelay: 'resting' };
  effects: LinkEffects;
  context: LinkContext;
}

export interface LinkEffects {
  /** Opens the shared connection, to the broker in turn. */
  open(): void;
  /** Drops the shared connection; what was sent over it is told so. */
  shut(): void;
  probe(): void;
  /** Requests may be placed from now on. */
  usable(): void;
  /** The broker is left; the next one is in turn. */
  lost(delay: number): void;
  /** The next broker is in turn for connections that are opened from now on. */
  turn(): void;
}

export interface LinkContext {
  readonly correlation: 'auto' | 'envelope' | 'socket';
  /** Brokers to choose from. */
  readonly endpoints: number;
  readonly probeTimeout: number;
  readonly backoff: BackoffOptions;
  readonly random: () => number;
}

/** The only broker, if it was ours before, is waited for longer: most likely it is restarting. */
const PATIENCE = 10;
const patience = ({ probeTimeout, endpoints }: LinkContext): number => probeTimeout * (endpoints === 1 ? PATIENCE : 1);

type L = MajordomoLinkMachine;
type LinkOut = LinkEffects & { arm(timer: keyof L['timers'], delay: number): void };

const hasChoice = (context: LinkContext): boolean => context.endpoints > 1;
/** What a broker does with envelopes need not be asked where it is promised; which of several brokers serves must be. */
const asks = (correlation: LinkContext['correlation'], context: LinkContext): boolean =>
  correlation === 'auto' || (correlation === 'envelope' && hasChoice(context));
const asksFirst: Guard<L, 'new', 'start'> = (_state, event, context) => asks(event.correlation, context);
const trustsBroker: Guard<L, 'new', 'start'> = (_state, event) => event.correlation === 'envelope';
const probesAgain: Guard<L, 'resting', 'reconnectDelay'> = (_state, _event, context) => asks(context.correlation, context);
const keepsEnvelopes: Guard<L, 'probing', 'ANSWER'> = (_state, event, context) => event.ours || context.correlation === 'envelope';
const isOurs: Guard<L, 'plain', 'ANSWER'> = (_state, event) => event.ours;
/**
 * Silent: dead, or passive, or foreign. While another broker is untried in this round it is asked first; and where one has been ours, the
 * pair is, so none of them is foreign.
 */
const othersRemain: Guard<L, 'probing', 'probeTimeout'> = (state, _event, context) => {
  const isRoundOver = (state.failures + 1) % context.endpoints === 0;
  return !isRoundOver || (state.known && hasChoice(context) && context.correlation === 'auto');
};
const trustsSilent: Guard<L, 'probing', 'probeTimeout'> = (_state, _event, context) => context.correlation === 'envelope';
const doubtsForeign: Guard<L, 'plain', 'doubt'> = (state, _event, context) =>
  hasChoice(context) && context.correlation === 'auto' && state.answered;
const neverAsks: Guard<L, 'plain', 'doubt'> = (_state, _event, context) => hasChoice(context) && context.correlation === 'socket';
const isUnanswered: Guard<L, 'plain', 'reprobeDelay'> = (state) => !state.answered;

type Resting = Extract<L['state'], { kind: 'resting' }>;

const beginProbing = (known: boolean, failures: number, out: LinkOut, context: LinkContext): Extract<L['state'], { kind: 'probing' }> => {
  out.open();
  out.probe();
  out.arm('probeTimeout', known ? patience(context) : context.probeTimeout);
  return { kind: 'probing', known, failures };
};
const openAndProbe: Action<L, 'new', 'start', 'probing'> = (_state, _event, out, context) => beginProbing(false, 0, out, context);
const reopenAndProbe: Action<L, 'resting', 'reconnectDelay', 'probing'> = (state, _event, out, context) =>
  beginProbing(state.known, state.failures, out, context);

const beginCorrelated = (failures: number, out: LinkOut): Extract<L['state'], { kind: 'correlated' }> => {
  out.open();
  out.usable();
  return { kind: 'correlated', failures };
};
const openCorrelated: Action<L, 'new', 'start', 'correlated'> = (_state, _event, out) => beginCorrelated(0, out);
const reopenCorrelated: Action<L, 'resting', 'reconnectDelay', 'correlated'> = (state, _event, out) => beginCorrelated(state.failures, out);

const goPlain: Action<L, 'new', 'start', 'plain'> = (_state, _event, out) => {
  out.usable();
  return { kind: 'plain', answered: true, failures: 0 };
};
const correlate: Action<L, 'probing' | 'plain', 'ANSWER', 'correlated'> = (_state, _event, out) => {
  out.usable();
  return { kind: 'correlated', failures: 0 };
};
const treatAsForeign: Action<L, 'probing', 'ANSWER', 'plain'> = (_state, _event, out) => {
  out.usable();
  return { kind: 'plain', answered: true, failures: 0 };
};
/** How long a broker that does not answer gets requests until it, or the next one, is asked: brokers of one round equally long. */
const stayFor = (failures: number, out: LinkOut, context: LinkContext): void => {
  out.arm('reprobeDelay', backoffDelay(Math.floor(failures / context.endpoints), context.backoff, context.random));
};
/** Goes on asking on new connections: one that something else answered at first may never bring anything again. */
const goPlainMeanwhile: Action<L, 'probing', 'probeTimeout', 'plain'> = (state, _event, out, context) => {
  out.usable();
  stayFor(state.failures, out, context);
  return { kind: 'plain', answered: false, failures: state.failures + 1 };
};
const correlateMeanwhile: Action<L, 'probing', 'probeTimeout', 'correlated'> = (state, _event, out) => {
  out.usable();
  return { kind: 'correlated', failures: state.failures + 1 };
};
const probeAnew: Action<L, 'plain', 'reprobeDelay', 'plain'> = (state, _event, out, context) => {
  out.shut();
  if (hasChoice(context)) out.turn();
  out.open();
  out.probe();
  stayFor(state.failures, out, context);
  return { kind: 'plain', answered: false, failures: state.failures + 1 };
};
const noteForeign: Action<L, 'plain', 'ANSWER', 'plain'> = () => ({ kind: 'plain', answered: true, failures: 0 });
const confirm: Action<L, 'correlated' | 'doubting', 'ANSWER', 'correlated'> = () => ({ kind: 'correlated', failures: 0 });
const askWhetherAlive: Action<L, 'correlated', 'doubt', 'doubting'> = (state, _event, out, context) => {
  out.probe();
  out.arm('probeTimeout', patience(context));
  return { kind: 'doubting', failures: state.failures };
};

const rest = (known: boolean, failures: number, out: LinkOut, context: LinkContext): Resting => {
  const delay = rotationDelay(failures, context.endpoints, context.backoff, context.random);
  out.shut();
  out.arm('reconnectDelay', delay);
  out.lost(delay);
  return { kind: 'resting', known, failures: failures + 1 };
};
const restProbing: Action<L, 'probing', 'brokerGone' | 'probeTimeout', 'resting'> = (state, _event, out, context) =>
  rest(state.known, state.failures, out, context);
const restKnown: Action<L, 'correlated' | 'doubting', 'brokerGone' | 'probeTimeout', 'resting'> = (state, _event, out, context) =>
  rest(true, state.failures, out, context);
const restPlain: Action<L, 'plain', 'brokerGone', 'resting'> = (state, _event, out, context) => rest(false, state.failures, out, context);
/** Its silence may be that of one service: it is asked, on a connection that it cannot have lost. */
const askForeign: Action<L, 'plain', 'doubt', 'probing'> = (_state, _event, out, context) => {
  out.shut();
  return beginProbing(false, 0, out, context);
};
const turnUnasked: Action<L, 'plain', 'doubt', 'plain'> = (state, _event, out) => {
  out.turn();
  return state;
};
const shut: Action<L, 'probing' | 'correlated' | 'doubting' | 'plain', 'close', 'closed'> = (_state, _event, out) => {
  out.shut();
  return { kind: 'closed' };
};
const stop: Action<L, 'new' | 'resting', 'close', 'closed'> = () => ({ kind: 'closed' });

export const majordomoLink: Machine<L> = defineMachine<L>({
  name: 'MajordomoLink',
  start: () => ({ kind: 'new' }),
  timers: { probeTimeout: ['probing', 'doubting'], reprobeDelay: 'plain', reconnectDelay: 'resting' },
  table: {
    new: {
      ANSWER: ignore('nothing was asked yet'),
      start: [
        { to: 'probing', when: asksFirst, do: openAndProbe },
        { to: 'correlated', when: trustsBroker, do: openCorrelated },
        { to: 'plain', do: goPlain },
      ],
      brokerGone: ignore('there is no connection yet'),
      doubt: ignore('there is no connection yet'),
      close: { to: 'closed', do: stop },
    },
    probing: {
      ANSWER: [
        { to: 'correlated', when: keepsEnvelopes, do: correlate },
        { to: 'plain', do: treatAsForeign },
      ],
      start: never('it has started'),
      brokerGone: { to: 'resting', do: restProbing },
      doubt: ignore('sent over a connection that was left; this one is being asked'),
      close: { to: 'closed', do: shut },
      probeTimeout: [
        { to: 'resting', when: othersRemain, do: restProbing },
        { to: 'correlated', when: trustsSilent, do: correlateMeanwhile },
        { to: 'plain', do: goPlainMeanwhile },
      ],
    },
    correlated: {
      ANSWER: { to: 'correlated', do: confirm },
      start: never('it has started'),
      brokerGone: { to: 'resting', do: restKnown },
      doubt: { to: 'doubting', do: askWhetherAlive },
      close: { to: 'closed', do: shut },
    },
    doubting: {
      ANSWER: { to: 'correlated', do: confirm },
      start: never('it has started'),
      brokerGone: { to: 'resting', do: restKnown },
      doubt: ignore('asked already'),
      close: { to: 'closed', do: shut },
      probeTimeout: { to: 'resting', do: restKnown },
    },
    plain: {
      ANSWER: [
        { to: 'correlated', when: isOurs, do: correlate },
        { to: 'plain', do: noteForeign },
      ],
      start: never('it has started'),
      brokerGone: { to: 'resting', do: restPlain },
      doubt: [
        { to: 'probing', when: doubtsForeign, do: askForeign },
        { to: 'plain', when: neverAsks, do: turnUnasked },
        ignore('there is no other broker, or they are being asked in turn'),
      ],
      close: { to: 'closed', do: shut },
      reprobeDelay: [{ to: 'plain', when: isUnanswered, do: probeAnew }, ignore('it has answered: foreign')],
    },
    resting: {
      ANSWER: ignore('from a connection that was left'),
      start: never('it has started'),
      brokerGone: ignore('the connection was left already'),
      doubt: ignore('the connection was left already'),
      close: { to: 'closed', do: stop },
      reconnectDelay: [
        { to: 'probing', when: probesAgain, do: reopenAndProbe },
        { to: 'correlated', do: reopenCorrelated },
      ],
    },
    closed: {
      ANSWER: ignore('closed'),
      start: ignore('closed before it had started'),
      brokerGone: ignore('closed'),
      doubt: ignore('closed'),
      close: ignore('idempotent'),
    },
  },
});
