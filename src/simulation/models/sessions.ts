/** What a broker's sessions hear in a small world, and how they step. */
import type { Machine, StepObserver } from '../../core/machine.ts';
import { ILLEGIBLE, type SessionReply, type WorkerSessionMachine } from '../../load-balancer/session.machine.ts';
import type { Message } from '../../wire/message.ts';
import { Steps, numbered } from './steps.ts';
import { holding } from './pending.ts';
import { CREDIT, DECLINED, DISCONNECT, FAILURE, HEARTBEAT, READY, REPLY } from './workers.ts';
import { END, handleOf, kindOf, requestOf, type Connection } from './world.ts';

/** What only strangers say: nonsense; a reply that is not in the shape of one; READY for a service that they may not have. */
export const NONSENSE = 9;
export const ILLEGIBLE_REPLY = 10;
export const READY_RESERVED = 11;

export type SessionEvent = WorkerSessionMachine['event'];
export type SessionTimer = 'expiry' | 'heartbeatDue' | 'busyLimit';

export const GONE: SessionEvent = { kind: 'peerGone', loss: 'disconnected' };
export const UNREACHABLE: SessionEvent = { kind: 'peerGone', loss: 'unreachable' };
export const DISMISS: SessionEvent = { kind: 'dismiss' };
const handed = numbered((handle): SessionEvent => ({ kind: 'dispatch', handle, alone: false }));
const handedAlone = numbered((handle): SessionEvent => ({ kind: 'dispatch', handle, alone: true }));
export const dispatchOf = (handle: number, alone: boolean): SessionEvent => (alone ? handedAlone : handed)(handle);
/** A READY brings how many more than one may be held. */
const welcomeWith = numbered((more): SessionEvent => ({ kind: 'READY', service: '', credit: 1 + more, admission: 'welcome' }));
const creditOf = numbered((credit): SessionEvent => ({ kind: 'CREDIT', credit }));
const RESERVED: SessionEvent = { kind: 'READY', service: '', credit: 1, admission: 'reserved' };
const LEFT: SessionEvent = { kind: 'DISCONNECT' };
/** Further ones teach nothing new. */
const MOST_INTERVALS = 3;
const MOST_STRIKES = 2;
const heardIn = numbered((interval): SessionEvent => ({ kind: 'HEARTBEAT', interval }));
const strikeOf = numbered((strikes): SessionEvent => ({ kind: 'INVALID', strikes }));
/** In place of the message, the number of the request that it answers. */
const replyIn = (current: boolean): ((reply: number) => SessionReply) =>
  numbered((reply): SessionReply => {
    const handle = kindOf(reply) === ILLEGIBLE_REPLY ? ILLEGIBLE : handleOf(reply);
    return { kind: 'REPLY', handle, current, message: requestOf(reply) as unknown as Message, body: 0 };
  });
const failureIn = (current: boolean): ((failure: number) => SessionEvent) =>
  numbered((failure): SessionEvent => {
    return { kind: 'FAILURE', handle: handleOf(failure), current, why: kindOf(failure) === DECLINED ? 'declined' : 'handler-failed' };
  });
const REPLIES = { current: replyIn(true), other: replyIn(false) };
const FAILURES = { current: failureIn(true), other: failureIn(false) };

export function sessionSteps(
  machine: Machine<WorkerSessionMachine>,
  { liveness, busyLimit }: { readonly liveness: number; readonly busyLimit: boolean },
  observer?: StepObserver,
): Steps<WorkerSessionMachine> {
  const heartbeatInterval = liveness > 0 ? 1 : 0;
  return new Steps(machine, { heartbeatInterval, expiry: liveness, busyLimit: Number(busyLimit), mostStrikes: MOST_STRIKES }, observer);
}

/** What a message of a worker is to its session, which is in `state`. */
export function heard(connection: Connection, state: WorkerSessionMachine['state'], message: number): SessionEvent {
  switch (kindOf(message)) {
    case END:
      return GONE;
    case READY:
      return welcomeWith(requestOf(message));
    case READY_RESERVED:
      return RESERVED;
    case HEARTBEAT:
      return heardIn(state.kind === 'busy' ? Math.min(MOST_INTERVALS, state.interval + 1) : 0);
    case DISCONNECT:
      return LEFT;
    case NONSENSE:
      connection.strikes = Math.min(MOST_STRIKES, connection.strikes + 1);
      return strikeOf(connection.strikes);
    case CREDIT:
      return creditOf(requestOf(message));
    default: {
      const by = holding(connection, handleOf(message)) === undefined ? 'other' : 'current';
      return (kindOf(message) === FAILURE || kindOf(message) === DECLINED ? FAILURES : REPLIES)[by](message);
    }
  }
}

/** Suspicions, if its worker lives; else, or of a stranger, what is bound to come. */
export const SUSPICIONS: readonly (readonly [SessionTimer, string])[] = [
  ['expiry', 'the broker hears nothing'],
  ['busyLimit', 'the broker loses patience with the work'],
];

export const HEARS: Readonly<Record<number, string>> = {
  [END]: 'sees the end of a connection of',
  [READY]: 'gets READY of',
  [REPLY]: 'gets the reply of',
  [FAILURE]: 'gets a request back of',
  [DECLINED]: 'gets a request back at once of',
  [CREDIT]: 'is told how much it may hand to',
  [HEARTBEAT]: 'gets a heartbeat of',
  [DISCONNECT]: 'is left by',
};
