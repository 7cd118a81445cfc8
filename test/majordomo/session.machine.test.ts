/** The broker's view of one worker, arrow by arrow and cell by cell. */
import type { StateOf } from '../../src/core/machine.ts';
import type { SessionContext, SessionReply, WorkerLoss, SessionMachine } from '../../src/load-balancer/session.machine.ts';
import { majordomoSession } from '../../src/majordomo/session.machine.ts';
import { FramesMessage } from '../../src/wire/message.ts';
import { Rows } from '../support/rows.ts';

type Event = SessionMachine['event'];

const context: SessionContext = { heartbeatInterval: 2500, expiry: 7500, busyLimit: 0, mostStrikes: 10 };
const { moves, stays, refuses, never, coverEverything } = new Rows(majordomoSession, context);

const unknown = { kind: 'unknown' } as const;
const gone = { kind: 'gone' } as const;
const idle: StateOf<SessionMachine, 'idle'> = { kind: 'idle', heartbeatsWhileBusy: false, credit: 1, spoken: true };
const steadyIdle = { ...idle, heartbeatsWhileBusy: true };
const busy: StateOf<SessionMachine, 'busy'> = {
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

const READY: Event = { kind: 'READY', service: 'echo', credit: 1, admission: 'welcome' };
const REPLY: SessionReply = { kind: 'REPLY', handle: 7, current: true, message: new FramesMessage([]), body: 5 };
const OTHER_REPLY: SessionReply = { ...REPLY, handle: 6, current: false };
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
const unreachable: Event = { kind: 'peerGone', loss: 'unreachable' };

const beats = [['sendHeartbeat'], ['arm', 'heartbeatDue', 2500]] as const;
const idleStops = [
  ['disarm', 'expiry'],
  ['disarm', 'heartbeatDue'],
] as const;
const busyStops = [...idleStops, ['disarm', 'busyLimit']] as const;
const leavesIdle = (loss: WorkerLoss) => [['forget', loss], ...idleStops] as const;
const isToldToGo = (loss: WorkerLoss) => [['sendDisconnect'], ...leavesIdle(loss)] as const;
const leavesBusy = (loss: WorkerLoss) => [['forget', loss], ['surrender', loss], ...busyStops] as const;
const isToldToGoFromWork = (loss: WorkerLoss) => [['sendDisconnect'], ...leavesBusy(loss)] as const;

// READY
moves('a worker registers: it is listed, idle, and both heartbeat timers run', unknown, READY, idle, [
  ['arm', 'expiry', 7500],
  ['arm', 'heartbeatDue', 2500],
  ['register', 'echo', 1],
  ['ready'],
]);
for (const admission of ['reserved', 'invalid-name', 'services-full'] as const) {
  moves(`a worker that may not serve what it offers (${admission}) is told to go`, unknown, { ...READY, admission }, gone, [
    ['sendDisconnect'],
  ]);
}
moves('an idle worker that says READY a second time is told to go', idle, READY, gone, isToldToGo('protocol'));
moves('a busy worker that says READY is told to go, and its request is settled', busy, READY, gone, isToldToGoFromWork('protocol'));
stays(
  'READY on a connection that was ended by DISCONNECT counts for nothing',
  gone,
  READY,
  'after DISCONNECT a worker comes back on a new socket',
);

// REPLY
refuses(
  'a REPLY from a stranger is refused',
  unknown,
  REPLY,
  'a REPLY from a worker that is not registered: it must say READY first, on a new socket',
);
moves('an idle worker that sends a REPLY is told to go', idle, REPLY, gone, isToldToGo('protocol'));
moves('a busy worker answers: the reply goes out, and it is ready again', busy, REPLY, idle, [
  ['arm', 'expiry', 7500],
  ['deliver', REPLY],
  ['ready'],
  ['disarm', 'busyLimit'],
]);
moves('what was learnt about its heartbeats outlives the request', steadyBusy, REPLY, steadyIdle, [
  ['arm', 'expiry', 7500],
  ['deliver', REPLY],
  ['ready'],
  ['disarm', 'busyLimit'],
]);
moves('a busy worker that answers another request than its own is told to go', busy, OTHER_REPLY, gone, isToldToGoFromWork('protocol'));
stays('the REPLY of a worker that is gone is late', gone, REPLY, 'late: its request was settled when it went');

// HEARTBEAT
refuses(
  'a HEARTBEAT from a stranger is refused: this is how workers learn that the broker has restarted',
  unknown,
  HEARTBEAT,
  'a HEARTBEAT from a worker that is not registered: the broker may have restarted',
);
moves('a heartbeat of an idle worker renews its time', idle, HEARTBEAT, { ...idle, spoken: false }, [['arm', 'expiry', 7500]]);
moves('an idle worker that beats faster than the broker is answered', { ...idle, spoken: false }, HEARTBEAT, idle, [
  ['arm', 'expiry', 7500],
  ...beats,
]);
moves(
  'a busy worker that beats faster than the broker is answered',
  { ...busy, spoken: false },
  HEARTBEAT,
  { ...busy, heartbeats: 1, interval: 1 },
  [['arm', 'expiry', 7500], ...beats],
);
moves(
  'one heartbeat during a request may have crossed it on the wire: nothing is learnt',
  busy,
  HEARTBEAT,
  { ...busy, heartbeats: 1, interval: 1, spoken: false },
  [['arm', 'expiry', 7500]],
);
moves('heartbeats that may have crossed the request prove nothing, however many', busy, CROSSING, { ...busy, spoken: false }, [
  ['arm', 'expiry', 7500],
]);
moves(
  'a second heartbeat during the same request shows that this worker goes on heartbeating while it works',
  { ...busy, heartbeats: 1, interval: 1 },
  NEXT_HEARTBEAT,
  { ...steadyBusy, heartbeats: 2, interval: 2, spoken: false },
  [['arm', 'expiry', 7500]],
);
moves(
  'what was learnt is not forgotten at the next request',
  steadyBusy,
  HEARTBEAT,
  { ...steadyBusy, heartbeats: 1, interval: 1, spoken: false },
  [['arm', 'expiry', 7500]],
);
stays('a heartbeat of a worker that is gone crossed our DISCONNECT', gone, HEARTBEAT, 'sent before it heard our DISCONNECT');

// DISCONNECT
stays('DISCONNECT from a stranger means nothing', unknown, DISCONNECT, 'it was not here');
moves('an idle worker leaves, and is sent nothing more', idle, DISCONNECT, gone, leavesIdle('left'));
moves('a busy worker leaves: its request is settled, and it is sent nothing more', busy, DISCONNECT, gone, leavesBusy('left'));
stays('DISCONNECT from a worker that was told to go', gone, DISCONNECT, 'both sides agree');

// INVALID
stays('nonsense from a stranger changes nothing', unknown, INVALID, 'dropped and counted');
stays('an idle worker may send some nonsense', idle, INVALID, 'dropped and counted');
moves('an idle worker that goes on sending nonsense is told to go', idle, LAST_STRAW, gone, isToldToGo('protocol'));
stays('a busy worker may send some nonsense', busy, INVALID, 'dropped and counted');
moves(
  'a busy worker that goes on sending nonsense is told to go, and its request is settled',
  busy,
  LAST_STRAW,
  gone,
  isToldToGoFromWork('protocol'),
);
stays('nonsense from a worker that is gone changes nothing', gone, LAST_STRAW, 'dropped and counted');

// dispatch
never('a stranger is handed no request', unknown, dispatch, 'only registered workers are in a ready queue');
moves('an idle worker is handed a request; that is as good as a heartbeat to it', idle, dispatch, busy, [
  ['sendRequest', 7],
  ['arm', 'heartbeatDue', 2500],
]);
moves('a worker known to heartbeat while busy is handed a request', steadyIdle, dispatch, steadyBusy, [
  ['sendRequest', 7],
  ['arm', 'heartbeatDue', 2500],
]);
moves(
  'with a busy limit the time for the request begins to run',
  idle,
  dispatch,
  busy,
  [
    ['sendRequest', 7],
    ['arm', 'heartbeatDue', 2500],
    ['arm', 'busyLimit', 60_000],
  ],
  { busyLimit: 60_000 },
);
never('a busy worker is handed no second request', busy, dispatch, 'a worker without room is in no ready queue');
never('a worker that is gone is handed no request', gone, dispatch, 'a worker that is gone is in no ready queue');

// dismiss
stays('the broker closes: a stranger needs no farewell', unknown, dismiss, 'it was not here');
moves('the broker closes: an idle worker is told to go', idle, dismiss, gone, isToldToGo('dismissed'));
moves('the broker closes: a busy worker is told to go, and its request is settled', busy, dismiss, gone, isToldToGoFromWork('dismissed'));
stays('the broker closes: a worker that is gone needs no farewell', gone, dismiss, 'already gone');

// peerGone
stays('the connection of a stranger ends', unknown, disconnected, 'it was not here');
moves('the connection of an idle worker ends: it is forgotten at once', idle, disconnected, gone, leavesIdle('disconnected'));
moves('an idle worker turns out to be unreachable', idle, unreachable, gone, leavesIdle('unreachable'));
moves('the connection of a busy worker ends: its request is settled at once', busy, disconnected, gone, leavesBusy('disconnected'));
moves('a busy worker turns out to be unreachable', busy, unreachable, gone, leavesBusy('unreachable'));
stays('the connection of a worker that is gone ends', gone, disconnected, 'already gone');

// timers
moves(
  'an idle worker was silent for too long: it is told to go, so that a slow one comes back at once',
  idle,
  { kind: 'expiry' },
  gone,
  isToldToGo('expired'),
);
moves('the silence of a busy worker that never heartbeats at work means nothing', busy, { kind: 'expiry' }, busy, []);
moves(
  'one heartbeat that crossed the request does not hold a busy worker to the rest',
  { ...busy, heartbeats: 1 },
  { kind: 'expiry' },
  { ...busy, heartbeats: 1 },
  [],
);
moves(
  'a busy worker that heartbeats at work falls silent: it is gone',
  steadyBusy,
  { kind: 'expiry' },
  gone,
  isToldToGoFromWork('expired'),
);
moves('it is time to heartbeat to an idle worker', { ...idle, spoken: false }, { kind: 'heartbeatDue' }, idle, [
  ['sendHeartbeat'],
  ['arm', 'heartbeatDue', 2500],
]);
moves('it is time to heartbeat to a busy worker', { ...busy, spoken: false }, { kind: 'heartbeatDue' }, busy, [
  ['sendHeartbeat'],
  ['arm', 'heartbeatDue', 2500],
]);
moves(
  'a worker holds its request for longer than the busy limit',
  steadyBusy,
  { kind: 'busyLimit' },
  gone,
  isToldToGoFromWork('busy-limit'),
);

// Several requests at once.
const idleWithFour = { ...steadyIdle, credit: 4 };
const oneOfFour = { ...steadyBusy, credit: 4 };
const twoOfFour = { ...oneOfFour, held: 2 };
const FAILURE: Event = { kind: 'FAILURE', handle: 7, current: true, why: 'handler-failed' };
const OTHER_FAILURE: Event = { ...FAILURE, current: false };
const credit = (now: number): Event => ({ kind: 'CREDIT', credit: now });
const isHeard = [['arm', 'expiry', 7500]] as const;
const isHanded = [
  ['sendRequest', 7],
  ['arm', 'heartbeatDue', 2500],
] as const;
moves('a worker registers that takes four requests at once', unknown, { ...READY, credit: 4 }, idleWithFour, [
  ...isHeard,
  ['arm', 'heartbeatDue', 2500],
  ['register', 'echo', 4],
  ['ready'],
]);
moves('it is handed the first of four: it stays ready', idleWithFour, dispatch, oneOfFour, [...isHanded, ['ready']]);
const oneAlone = { ...oneOfFour, alone: true };
moves('it is handed a request that it must have alone', idleWithFour, { kind: 'dispatch', handle: 7, alone: true }, oneAlone, isHanded);
never('it is handed another one besides', oneAlone, dispatch, 'a worker without room is in no ready queue');
moves('it answers what it had alone', oneAlone, REPLY, idleWithFour, [...isHeard, ['deliver', REPLY], ['ready'], ['disarm', 'busyLimit']]);
moves('it says that it takes more, and has a request alone', oneAlone, credit(8), { ...oneAlone, credit: 8 }, isHeard);
moves('it is handed the second of four', oneOfFour, dispatch, twoOfFour, [...isHanded, ['ready']]);
moves('it is handed the last of four: it is not ready', { ...oneOfFour, held: 3 }, dispatch, { ...oneOfFour, held: 4 }, isHanded);
never('it is handed no fifth request', { ...oneOfFour, held: 4 }, dispatch, 'a worker without room is in no ready queue');
moves('it answers one of two', twoOfFour, REPLY, oneOfFour, [...isHeard, ['deliver', REPLY], ['ready']]);
moves('it answers what it does not hold: all that it holds is settled', twoOfFour, OTHER_REPLY, gone, isToldToGoFromWork('protocol'));
moves('its connection ends: all that it holds is settled', twoOfFour, disconnected, gone, leavesBusy('disconnected'));
moves('one of its two handlers fails: that request comes back, the other stays', twoOfFour, FAILURE, oneOfFour, [
  ...isHeard,
  ['giveBack', 7, 'handler-failed'],
  ['ready'],
]);
moves('its only handler fails', oneOfFour, FAILURE, idleWithFour, [
  ...isHeard,
  ['giveBack', 7, 'handler-failed'],
  ['ready'],
  ['disarm', 'busyLimit'],
]);
const DECLINED: Event = { ...FAILURE, why: 'declined' };
moves('it declines what it was given, and has not said that it takes no more: that counts', twoOfFour, DECLINED, oneOfFour, [
  ...isHeard,
  ['giveBack', 7, 'handler-failed'],
  ['ready'],
]);
moves('it takes no more, and declines what was on its way', { ...twoOfFour, credit: 0 }, DECLINED, { ...oneOfFour, credit: 0 }, [
  ...isHeard,
  ['giveBack', 7, 'declined'],
]);
moves(
  'it takes no more, and declines the only one that was on its way',
  { ...oneOfFour, credit: 0 },
  DECLINED,
  { ...steadyIdle, credit: 0 },
  [...isHeard, ['giveBack', 7, 'declined'], ['disarm', 'busyLimit']],
);
moves('it gives back what it does not hold', twoOfFour, OTHER_FAILURE, gone, isToldToGoFromWork('protocol'));
moves('it gives something back and holds nothing', idleWithFour, OTHER_FAILURE, gone, isToldToGo('protocol'));
refuses(
  'a stranger gives something back',
  unknown,
  OTHER_FAILURE,
  'a FAILURE from a worker that is not registered: it must say READY first, on a new socket',
);
stays('what a worker that is gone gives back was settled', gone, OTHER_FAILURE, 'late: its request was settled when it went');
moves('at work it says that it takes no more', twoOfFour, credit(0), { ...twoOfFour, credit: 0 }, [...isHeard, ['unready']]);
moves('it takes no more, and answers one of two', { ...twoOfFour, credit: 0 }, REPLY, { ...oneOfFour, credit: 0 }, [
  ...isHeard,
  ['deliver', REPLY],
]);
moves('it takes no more, and answers the last', { ...oneOfFour, credit: 0 }, REPLY, { ...steadyIdle, credit: 0 }, [
  ...isHeard,
  ['deliver', REPLY],
  ['disarm', 'busyLimit'],
]);
moves('at work it says that it takes more again', { ...twoOfFour, credit: 2 }, credit(3), { ...twoOfFour, credit: 3 }, [
  ...isHeard,
  ['ready'],
]);
moves('idle, it says that it takes no more', idleWithFour, credit(0), { ...steadyIdle, credit: 0 }, [...isHeard, ['unready']]);
moves('idle, it says that it takes more again', { ...steadyIdle, credit: 0 }, credit(4), idleWithFour, [...isHeard, ['ready']]);
moves('idle, it says that it takes fewer', idleWithFour, credit(2), { ...steadyIdle, credit: 2 }, isHeard);
refuses(
  'a stranger tells its credit',
  unknown,
  credit(4),
  'a CREDIT from a worker that is not registered: it must say READY first, on a new socket',
);
stays('the credit of a worker that is gone', gone, credit(4), 'after DISCONNECT a worker comes back on a new socket');
moves(
  'the request that it held longest is answered before its limit: the next one has its time',
  twoOfFour,
  { kind: 'busyLimit', remaining: 400 },
  twoOfFour,
  [['arm', 'busyLimit', 400]],
);

coverEverything();
