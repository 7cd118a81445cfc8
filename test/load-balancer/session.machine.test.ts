/** A pirate queue's view of one worker, arrow by arrow and cell by cell. */
import type { StateOf } from '../../src/core/machine.ts';
import {
  ILLEGIBLE,
  workerSession,
  type SessionContext,
  type SessionReply,
  type WorkerLoss,
  type WorkerSessionMachine,
} from '../../src/load-balancer/session.machine.ts';
import { FramesMessage } from '../../src/wire/message.ts';
import { Rows } from '../support/rows.ts';

type Event = WorkerSessionMachine['event'];

const context: SessionContext = { heartbeatInterval: 1000, expiry: 3000, busyLimit: 0, mostStrikes: 10 };
/** As a Simple Pirate queue has it. */
const WITHOUT_HEARTBEATS = { heartbeatInterval: 0, expiry: 0 };
const { moves, stays, never, coverEverything } = new Rows(workerSession, context);

const unknown = { kind: 'unknown' } as const;
const lapsed = { kind: 'lapsed' } as const;
const gone = { kind: 'gone' } as const;
const idle: StateOf<WorkerSessionMachine, 'idle'> = { kind: 'idle', heartbeatsWhileBusy: false, credit: 1, spoken: true };
const steadyIdle = { ...idle, heartbeatsWhileBusy: true };
const busy: StateOf<WorkerSessionMachine, 'busy'> = {
  kind: 'busy',
  heartbeatsWhileBusy: false,
  credit: 1,
  held: 1,
  alone: false,
  heartbeats: 0,
  interval: 0,
  spoken: true,
};
const steadyBusy = { ...busy, heartbeatsWhileBusy: true };

const READY: Event = { kind: 'READY', service: '', credit: 1, admission: 'welcome' };
const REPLY: SessionReply = { kind: 'REPLY', handle: 7, current: true, message: new FramesMessage([]), body: 2 };
const OTHER_REPLY: SessionReply = { ...REPLY, handle: 6, current: false };
const FOREIGN_REPLY: SessionReply = { ...REPLY, handle: -1, current: false };
const ILLEGIBLE_REPLY: SessionReply = { ...REPLY, handle: ILLEGIBLE, current: false };
/** In the first interval of a request, in the second, in the third. */
const CROSSING: Event = { kind: 'HEARTBEAT', interval: 0 };
const HEARTBEAT: Event = { kind: 'HEARTBEAT', interval: 1 };
const NEXT_HEARTBEAT: Event = { kind: 'HEARTBEAT', interval: 2 };
const DISCONNECT: Event = { kind: 'DISCONNECT' };
const INVALID: Event = { kind: 'INVALID', strikes: 9 };
const LAST_STRAW: Event = { kind: 'INVALID', strikes: 10 };
const dispatch: Event = { kind: 'dispatch', handle: 7, alone: false };
const dismiss: Event = { kind: 'dismiss' };
const disconnected: Event = { kind: 'peerGone', loss: 'disconnected' };
const expiry: Event = { kind: 'expiry' };
const heartbeatDue: Event = { kind: 'heartbeatDue' };
const busyLimit: Event = { kind: 'busyLimit' };

const isHeard = [['arm', 'expiry', 3000]] as const;
const beats = [['sendHeartbeat'], ['arm', 'heartbeatDue', 1000]] as const;
const enters = [...isHeard, ['arm', 'heartbeatDue', 1000], ['register', '', 1], ['ready']] as const;
const idleStops = [
  ['disarm', 'expiry'],
  ['disarm', 'heartbeatDue'],
] as const;
const busyStops = [...idleStops, ['disarm', 'busyLimit']] as const;
const leavesIdle = (loss: WorkerLoss) => [['forget', loss], ...idleStops] as const;
const leavesBusy = (loss: WorkerLoss) => [['forget', loss], ['surrender', loss], ...busyStops] as const;

// READY
moves('a worker says READY: it is listed, idle, and both heartbeat timers run', unknown, READY, idle, enters);
moves('without heartbeats in the protocol no timer runs', unknown, READY, idle, [['register', '', 1], ['ready']], WITHOUT_HEARTBEATS);
moves('an idle worker says READY again: it is as free as before', idle, READY, { ...idle, spoken: false }, isHeard);
moves('a busy worker says READY: it knows nothing of its request, which goes elsewhere', steadyBusy, READY, idle, [
  ['forget', 'restarted'],
  ['surrender', 'restarted'],
  ...enters,
  ['disarm', 'busyLimit'],
]);
moves('a worker that was silent says READY', lapsed, READY, idle, enters);
stays('READY of a worker that was sent away', gone, READY, 'not on this connection');

// REPLY
moves('a REPLY from a stranger: it worked for a queue that is no more, and is free now', unknown, FOREIGN_REPLY, idle, enters);
moves('the late REPLY of a worker that was given up: it is free again', unknown, OTHER_REPLY, idle, enters);
stays(
  'frames from a stranger that are no reply of a pirate',
  unknown,
  ILLEGIBLE_REPLY,
  'not in the shape of a reply: perhaps no pirate at all',
);
moves('a second REPLY to one request is a sign of life and no more', idle, OTHER_REPLY, { ...idle, spoken: false }, isHeard);
moves('a busy worker answers: the reply goes out, and it is ready again', busy, REPLY, idle, [
  ...isHeard,
  ['deliver', REPLY],
  ['ready'],
  ['disarm', 'busyLimit'],
]);
moves('what was learnt about its heartbeats outlives the request', steadyBusy, REPLY, steadyIdle, [
  ...isHeard,
  ['deliver', REPLY],
  ['ready'],
  ['disarm', 'busyLimit'],
]);
const endsWrongly = [['forget', 'protocol'], ['surrender', 'protocol'], ...enters, ['disarm', 'busyLimit']] as const;
moves('a busy worker answers something else: its request goes to another, and it is free', busy, OTHER_REPLY, idle, endsWrongly);
moves('a busy worker answers illegibly: its request goes to another, and it is free', busy, ILLEGIBLE_REPLY, idle, endsWrongly);
moves('a worker that was silent answers something', lapsed, OTHER_REPLY, idle, enters);
stays('the REPLY of a worker that was sent away', gone, REPLY, 'not on this connection');

// HEARTBEAT
stays(
  'a heartbeat of a stranger does not make it ready: it may be at work',
  unknown,
  HEARTBEAT,
  'alive is not ready; hearing no heartbeat from us, it will say READY',
);
moves('a heartbeat of an idle worker renews its time', idle, HEARTBEAT, { ...idle, spoken: false }, isHeard);
moves('an idle worker that beats faster than the queue is answered', { ...idle, spoken: false }, HEARTBEAT, idle, [...isHeard, ...beats]);
moves('W11: a heartbeat of a busy worker leaves it busy', busy, HEARTBEAT, { ...busy, heartbeats: 1, interval: 1, spoken: false }, isHeard);
moves('heartbeats that may have crossed the request prove nothing, however many', busy, CROSSING, { ...busy, spoken: false }, isHeard);
moves(
  'of those that come in one interval only the first counts: they may have waited for us',
  { ...busy, heartbeats: 1, interval: 1 },
  HEARTBEAT,
  { ...busy, heartbeats: 1, interval: 1, spoken: false },
  isHeard,
);
moves(
  'a second one during the same request shows that this worker goes on heartbeating while it works',
  { ...busy, heartbeats: 1, interval: 1 },
  NEXT_HEARTBEAT,
  { ...steadyBusy, heartbeats: 2, interval: 2, spoken: false },
  isHeard,
);
moves(
  'a busy worker that beats faster than the queue is answered',
  { ...busy, spoken: false },
  HEARTBEAT,
  { ...busy, heartbeats: 1, interval: 1 },
  [...isHeard, ...beats],
);
moves('a worker that was silent while idle is heard again: it is ready', lapsed, HEARTBEAT, idle, enters);
stays('a heartbeat of a worker that was sent away', gone, HEARTBEAT, 'not on this connection');

// DISCONNECT
for (const state of [unknown, idle, busy, lapsed, gone]) {
  stays(`DISCONNECT, ${state.kind}`, state, DISCONNECT, 'the pirates have no such command');
}

// INVALID
for (const state of [unknown, idle, busy, lapsed, gone]) stays(`nonsense, ${state.kind}`, state, INVALID, 'dropped and counted');
moves('an idle worker that goes on sending nonsense loses its place', idle, LAST_STRAW, gone, leavesIdle('protocol'));
moves('a busy worker that goes on sending nonsense loses its place and its request', busy, LAST_STRAW, gone, leavesBusy('protocol'));

// dispatch
moves('an idle worker is handed a request; that is as good as a heartbeat to it', idle, dispatch, busy, [
  ['sendRequest', 7],
  ['arm', 'heartbeatDue', 1000],
]);
moves(
  'with a busy limit the time for the request begins to run',
  idle,
  dispatch,
  busy,
  [
    ['sendRequest', 7],
    ['arm', 'heartbeatDue', 1000],
    ['arm', 'busyLimit', 60_000],
  ],
  { busyLimit: 60_000 },
);
moves('without heartbeats in the protocol only the request is sent', idle, dispatch, busy, [['sendRequest', 7]], WITHOUT_HEARTBEATS);
never('a stranger is handed no request', unknown, dispatch, 'only registered workers are in a ready queue');
never('a busy worker is handed no second request', busy, dispatch, 'a busy worker is in no ready queue');
never('a silent worker is handed no request', lapsed, dispatch, 'only registered workers are in a ready queue');
never('a worker that was sent away is handed no request', gone, dispatch, 'a worker that is gone is in no ready queue');

// dismiss
stays('the queue closes: a stranger', unknown, dismiss, 'it was not here');
moves('the queue closes: an idle worker', idle, dismiss, gone, leavesIdle('dismissed'));
moves('the queue closes: a busy worker', busy, dismiss, gone, leavesBusy('dismissed'));
stays('the queue closes: a silent worker', lapsed, dismiss, 'it is not here now');
stays('the queue closes: a worker that was sent away', gone, dismiss, 'already gone');

// peerGone
stays('the connection of a stranger ends', unknown, disconnected, 'it was not here');
moves('the connection of an idle worker ends: it is forgotten at once', idle, disconnected, gone, leavesIdle('disconnected'));
moves('the connection of a busy worker ends: its request is settled at once', busy, disconnected, gone, leavesBusy('disconnected'));
stays('the connection of a silent worker ends', lapsed, disconnected, 'it is not here now');
stays('the connection of a worker that was sent away ends', gone, disconnected, 'already gone');

// timers
moves('an idle worker was silent for too long', idle, expiry, lapsed, leavesIdle('expired'));
moves('the silence of a busy worker that never heartbeats at work means nothing', busy, expiry, busy, []);
moves(
  'a busy worker that heartbeats at work falls silent: its request goes to another',
  steadyBusy,
  expiry,
  unknown,
  leavesBusy('expired'),
);
moves('it is time to heartbeat to an idle worker', { ...idle, spoken: false }, heartbeatDue, idle, beats);
moves('it is time to heartbeat to a busy worker', { ...busy, spoken: false }, heartbeatDue, busy, beats);
moves('a worker holds its request for longer than the busy limit', busy, busyLimit, unknown, leavesBusy('busy-limit'));

// What only Majordomo has.
for (const state of [unknown, idle, busy, lapsed, gone])
  for (const event of [
    { kind: 'FAILURE', handle: 7, current: true, why: 'declined' },
    { kind: 'CREDIT', credit: 2 },
  ] as const)
    stays(`${event.kind} in ${state.kind}`, state, event, 'the pirates have no such command');

coverEverything();
