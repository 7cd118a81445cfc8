/** A worker's connection to its broker, arrow by arrow and cell by cell. */
import {
  loadBalancedWorker,
  type BrokerLoss,
  type WorkerMachine,
  type WorkerContext,
  type WorkerRequest,
} from '../../src/load-balancer/worker.machine.ts';
import type { StateOf } from '../../src/core/machine.ts';
import { Rows } from '../support/rows.ts';

type State = WorkerMachine['state'];
type Event = WorkerMachine['event'];

const context: WorkerContext = {
  endpoints: 1,
  heartbeatInterval: 2500,
  heartbeatLiveness: 3,
  drainTimeout: 5000,
  concurrency: 1,
  mostHeld: 0,
  backoff: { base: 500, maximum: 8000, jitter: 0.8 },
  // In the middle of the jitter: pauses are 500, 1000, 2000 … ms.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(loadBalancedWorker, context);

const fresh: State = { kind: 'new' };
const idle: StateOf<WorkerMachine, 'idle'> = { kind: 'idle', liveness: 3, failures: 0, spoken: true };
const busy: StateOf<WorkerMachine, 'busy'> = {
  kind: 'busy',
  running: 1,
  held: [],
  quiet: false,
  returnable: false,
  spoken: true,
};
const orphaned: StateOf<WorkerMachine, 'orphaned'> = { kind: 'orphaned', running: 1 };
const resting: State = { kind: 'resting', failures: 0 };
/** After one loss. */
const restingOnce: State = { kind: 'resting', failures: 1 };
const draining: StateOf<WorkerMachine, 'draining'> = { kind: 'draining', running: 1, quiet: false, spoken: true };
const closed: State = { kind: 'closed' };

const body = [Buffer.from('body')];
const REQUEST: WorkerRequest = { kind: 'REQUEST', address: [Buffer.from('address')], attempt: 1, body, quiet: false, returnable: false };
/** From a queue that takes every heartbeat for a READY. */
const QUIET_REQUEST: WorkerRequest = { ...REQUEST, quiet: true };
const HEARTBEAT: Event = { kind: 'HEARTBEAT' };
const DISCONNECT: Event = { kind: 'DISCONNECT' };
const INVALID: Event = { kind: 'INVALID', reason: 'not an MDP/0.1 message' };
const start: Event = { kind: 'start' };
const handlerDone: Event = { kind: 'handlerDone', request: REQUEST, body };
const handlerFailed: Event = { kind: 'handlerFailed', request: REQUEST };
const brokerGone: Event = { kind: 'brokerGone', established: true };
const close: Event = { kind: 'close' };
const heartbeatDue: Event = { kind: 'heartbeatDue' };
const silence: Event = { kind: 'silence' };
const reconnectDelay: Event = { kind: 'reconnectDelay' };
const drainTimeout: Event = { kind: 'drainTimeout' };

const registers = [['open'], ['arm', 'heartbeatDue', 2500], ['arm', 'silence', 2500]] as const;
const beats = [['sendHeartbeat'], ['arm', 'heartbeatDue', 2500]] as const;
const idleStops = [
  ['disarm', 'heartbeatDue'],
  ['disarm', 'silence'],
  ['disarm', 'failureDelay'],
] as const;
const busyStops = [
  ['disarm', 'heartbeatDue'],
  ['disarm', 'failureDelay'],
] as const;
/** It leaves `busy` for a state in which it goes on heartbeating. */
const takesNoMore = [['disarm', 'failureDelay']] as const;
const failureDelay: Event = { kind: 'failureDelay' };
const takesABreak = ['arm', 'failureDelay', 500] as const;
const drainingStops = [
  ['disarm', 'heartbeatDue'],
  ['disarm', 'drainTimeout'],
] as const;
const rests = (loss: BrokerLoss, delay = 500) => [['shut'], ['arm', 'reconnectDelay', delay], ['lost', loss, delay], ...idleStops] as const;

// Before the transport is there.
moves('it connects and says READY', fresh, start, idle, registers);
moves('it is closed before it has begun', fresh, close, closed, [['closed']]);
for (const event of [REQUEST, HEARTBEAT, DISCONNECT, INVALID, brokerGone])
  stays(`${event.kind} before there is a connection`, fresh, event, 'there is no connection yet');
never('no handler runs yet', fresh, handlerDone, 'no handler runs');
never('no handler fails yet', fresh, handlerFailed, 'no handler runs');

// Registered and free.
moves('a request comes: the handler runs', idle, REQUEST, busy, [
  ['run', REQUEST],
  ['disarm', 'silence'],
]);
moves(
  'a heartbeat restores patience and forgives earlier failures',
  { ...idle, liveness: 1, failures: 4 },
  HEARTBEAT,
  { ...idle, spoken: false },
  [['arm', 'silence', 2500]],
);
moves('a broker that beats faster than the worker is answered', { ...idle, spoken: false }, HEARTBEAT, idle, [
  ['arm', 'silence', 2500],
  ...beats,
]);
moves('the broker says DISCONNECT: the worker comes back on a new connection, soon', idle, DISCONNECT, restingOnce, rests('dismissed'));
stays('nonsense while idle is dropped', idle, INVALID, 'dropped and counted');
moves('the connection ends: the worker comes back, soon', idle, brokerGone, restingOnce, rests('disconnected'));
moves(
  'the connection ends before anything was heard: the pauses grow',
  { ...idle, failures: 2 },
  brokerGone,
  { kind: 'resting', failures: 3 },
  rests('disconnected', 2000),
);
moves(
  'where nothing is ever heard from an idle broker, a connection that had been there is enough: the pauses begin anew',
  { ...idle, failures: 2 },
  brokerGone,
  restingOnce,
  rests('disconnected'),
  { heartbeatInterval: 0 },
);
moves('it is closed while idle: it says DISCONNECT', idle, close, closed, [['leave'], ['closed'], ...idleStops]);
moves('it is time to heartbeat while idle', { ...idle, spoken: false }, heartbeatDue, idle, beats);
moves('without heartbeats in the protocol none is due, and silence means nothing', fresh, start, idle, [['open']], {
  heartbeatInterval: 0,
});
moves('an interval without a word costs one life', idle, silence, { ...idle, liveness: 2 }, [['arm', 'silence', 2500]]);
moves(
  'silence for three intervals: the broker is given up',
  { ...idle, liveness: 1 },
  silence,
  { kind: 'resting', failures: 1 },
  rests('silent'),
);
moves(
  'each broker that was never heard makes the next pause twice as long',
  { ...idle, liveness: 1, failures: 2 },
  silence,
  { kind: 'resting', failures: 3 },
  rests('silent', 2000),
);
moves(
  'no pause is longer than the longest',
  { ...idle, liveness: 1, failures: 20 },
  silence,
  { kind: 'resting', failures: 21 },
  rests('silent', 8000),
);
never('it starts once', idle, start, 'it has started');
never('an idle worker has no handler that could end', idle, handlerDone, 'no handler runs');
never('an idle worker has no handler that could fail', idle, handlerFailed, 'no handler runs');

// At work.
moves('the handler ends: the reply goes out, and silence counts again', busy, handlerDone, idle, [
  ['sendReply', REQUEST, body],
  ['arm', 'heartbeatDue', 2500],
  ['arm', 'silence', 2500],
]);
moves('a request from a queue that takes every heartbeat for a READY', idle, QUIET_REQUEST, { ...busy, quiet: true }, [
  ['run', QUIET_REQUEST],
  ['disarm', 'silence'],
]);
moves('a request that came meanwhile waits for its turn', busy, QUIET_REQUEST, { ...busy, held: [QUIET_REQUEST] }, [], { mostHeld: 1 });
moves(
  'the handler ends: the reply goes out, and what waited has its turn',
  { ...busy, held: [QUIET_REQUEST, REQUEST] },
  handlerDone,
  { ...busy, held: [REQUEST], quiet: true },
  [
    ['sendReply', REQUEST, body],
    ['arm', 'heartbeatDue', 2500],
    ['run', QUIET_REQUEST],
  ],
);
moves('the handler fails: the worker leaves, so that the request goes elsewhere, and comes back', busy, handlerFailed, restingOnce, [
  ['leave'],
  ['arm', 'reconnectDelay', 500],
  ['lost', 'handler-failed', 500],
  ...busyStops,
]);
moves('a second request at work is the broker’s error: the worker leaves it', busy, REQUEST, orphaned, [
  ['leave'],
  ['abort'],
  ['lost', 'protocol', 0],
  ...busyStops,
]);
moves('a heartbeat at work', busy, HEARTBEAT, { ...busy, spoken: false }, []);
moves('a broker that beats faster than the busy worker is answered', { ...busy, spoken: false }, HEARTBEAT, busy, beats);
moves(
  'a queue that takes heartbeats for READY is not answered from work',
  { ...busy, quiet: true, spoken: false },
  HEARTBEAT,
  { ...busy, quiet: true, spoken: false },
  [],
);
stays('nor is it sent a heartbeat from work', { ...busy, quiet: true }, heartbeatDue, 'this queue would take it for a READY');
moves('DISCONNECT at work: nobody waits for the result', busy, DISCONNECT, orphaned, [
  ['shut'],
  ['abort'],
  ['lost', 'dismissed', 0],
  ...busyStops,
]);
stays('nonsense at work is dropped', busy, INVALID, 'dropped and counted');
moves('the connection ends at work: nobody waits for the result', busy, brokerGone, orphaned, [
  ['shut'],
  ['abort'],
  ['lost', 'disconnected', 0],
  ...busyStops,
]);
moves('it is closed at work: the handler may finish', busy, close, draining, [['arm', 'drainTimeout', 5000], ...takesNoMore]);
moves('it is time to heartbeat at work', { ...busy, spoken: false }, heartbeatDue, busy, beats);
moves('it is closed at work for a queue that wants quiet', { ...busy, quiet: true }, close, { ...draining, quiet: true }, [
  ['arm', 'drainTimeout', 5000],
  ...takesNoMore,
]);
never('a busy worker has started', busy, start, 'it has started');

// At work for nobody.
moves('the result has nobody to go to: the worker comes back', orphaned, handlerDone, resting, [
  ['discard', REQUEST],
  ['arm', 'reconnectDelay', 500],
]);
moves('the failure interests nobody: the worker comes back', orphaned, handlerFailed, resting, [
  ['discard', REQUEST],
  ['arm', 'reconnectDelay', 500],
]);
moves('it is closed while nobody waits for its handler', orphaned, close, closed, [['closed']]);
for (const event of [REQUEST, HEARTBEAT, DISCONNECT, INVALID])
  stays(`${event.kind} from the broker that an orphaned worker has left`, orphaned, event, 'from a connection that was left');
stays('the connection that an orphaned worker has left ends', orphaned, brokerGone, 'the connection was left already');
never('an orphaned worker has started', orphaned, start, 'it has started');

// Waiting to come back.
moves('the pause is over: it connects and says READY', resting, reconnectDelay, idle, [...registers, ['disarm', 'reconnectDelay']]);
moves('failures are remembered until the broker is heard', { kind: 'resting', failures: 3 }, reconnectDelay, { ...idle, failures: 3 }, [
  ...registers,
  ['disarm', 'reconnectDelay'],
]);
moves('it is closed while it rests', resting, close, closed, [['closed'], ['disarm', 'reconnectDelay']]);
for (const event of [REQUEST, HEARTBEAT, DISCONNECT, INVALID])
  stays(`${event.kind} from the broker that a resting worker has left`, resting, event, 'from a connection that was left');
stays('the connection that a resting worker has left ends', resting, brokerGone, 'the connection was left already');
never('a resting worker has started', resting, start, 'it has started');
never('a resting worker has no handler that could end', resting, handlerDone, 'no handler runs');
never('a resting worker has no handler that could fail', resting, handlerFailed, 'no handler runs');

// Closing at work.
moves('the handler ends in time: the reply goes out, then DISCONNECT', draining, handlerDone, closed, [
  ['sendReply', REQUEST, body],
  ['leave'],
  ['closed'],
  ...drainingStops,
]);
moves('the handler fails while closing: DISCONNECT, so that the request goes elsewhere', draining, handlerFailed, closed, [
  ['leave'],
  ['abort'],
  ['closed'],
  ...drainingStops,
]);
moves('the handler does not end in time: it is aborted', draining, drainTimeout, closed, [
  ['leave'],
  ['abort'],
  ['closed'],
  ...drainingStops,
]);
moves('a second request while closing is the broker’s error', draining, REQUEST, closed, [
  ['leave'],
  ['abort'],
  ['closed'],
  ...drainingStops,
]);
stays(
  'a second request while closing, from a queue that may be mistaken',
  draining,
  REQUEST,
  'its client asks again, or the queue gives it to another',
  { mostHeld: 1 },
);
moves('DISCONNECT while closing: nobody waits for the result', draining, DISCONNECT, closed, [
  ['shut'],
  ['abort'],
  ['closed'],
  ...drainingStops,
]);
moves('the connection ends while closing: nobody waits for the result', draining, brokerGone, closed, [
  ['shut'],
  ['abort'],
  ['closed'],
  ...drainingStops,
]);
moves('it is time to heartbeat while closing: the broker must not give a working worker up', draining, heartbeatDue, draining, beats);
stays(
  'it is not sent while closing either, if the queue would mistake it',
  { ...draining, quiet: true },
  heartbeatDue,
  'this queue would take it for a READY',
);
moves('a heartbeat while closing', draining, HEARTBEAT, { ...draining, spoken: false }, []);
moves('a broker that beats faster than the closing worker is answered', { ...draining, spoken: false }, HEARTBEAT, draining, beats);
stays('nonsense while closing', draining, INVALID, 'dropped and counted');
stays('it is closed twice', draining, close, 'idempotent');
never('a draining worker has started', draining, start, 'it has started');

// Closed.
for (const event of [REQUEST, HEARTBEAT, DISCONNECT, INVALID, brokerGone]) stays(`${event.kind} after closing`, closed, event, 'closed');
stays('the transport is ready after closing', closed, start, 'closed before it had started');
stays('a handler ends after closing', closed, handlerDone, 'its result has nobody to go to');
stays('a handler fails after closing', closed, handlerFailed, 'its result has nobody to go to');
stays('it is closed again', closed, close, 'idempotent');

// Several requests at once.
const four = { concurrency: 4 };
const OURS: WorkerRequest = { ...REQUEST, returnable: true };
const busyForOurs = { ...busy, returnable: true };
const withTwo = { ...busyForOurs, running: 2 };
const doneOurs: Event = { kind: 'handlerDone', request: OURS, body };
const failedOurs: Event = { kind: 'handlerFailed', request: OURS };
moves(
  'a request from a broker of ours',
  idle,
  OURS,
  busyForOurs,
  [
    ['run', OURS],
    ['disarm', 'silence'],
  ],
  four,
);
moves('a second request, of four that it may be given', busyForOurs, OURS, withTwo, [['run', OURS]], four);
moves(
  'one more than it may be given',
  { ...busyForOurs, running: 4 },
  OURS,
  { kind: 'orphaned', running: 4 },
  [['leave'], ['abort'], ['lost', 'protocol', 0], ...busyStops],
  four,
);
moves(
  'one of two handlers ends: the other goes on',
  { ...withTwo, spoken: false },
  doneOurs,
  { ...busyForOurs, spoken: true },
  [
    ['sendReply', OURS, body],
    ['arm', 'heartbeatDue', 2500],
  ],
  four,
);
moves(
  'one of two handlers fails: its request alone comes back',
  withTwo,
  failedOurs,
  busyForOurs,
  [['sendCredit', 0], ['giveBack', OURS, 'handler-failed'], takesABreak, ['arm', 'heartbeatDue', 2500]],
  four,
);
moves(
  'the only handler that runs fails, where several may',
  busyForOurs,
  failedOurs,
  idle,
  [['sendCredit', 0], ['giveBack', OURS, 'handler-failed'], takesABreak, ['arm', 'heartbeatDue', 2500], ['arm', 'silence', 2500]],
  four,
);
moves(
  'one of two handlers fails, and the broker knows no word for that',
  { ...busy, running: 2 },
  handlerFailed,
  orphaned,
  [['leave'], ['abort'], ['lost', 'handler-failed', 0], ...busyStops],
  four,
);
moves(
  'the connection ends under two handlers',
  withTwo,
  brokerGone,
  { kind: 'orphaned', running: 2 },
  [['shut'], ['abort'], ['lost', 'disconnected', 0], ...busyStops],
  four,
);
for (const event of [doneOurs, failedOurs])
  moves(`${event.kind} of one of two that nobody waits for`, { kind: 'orphaned', running: 2 }, event, orphaned, [['discard', OURS]], four);
moves(
  'it is closed with two handlers at work: the broker hears that it takes no more',
  withTwo,
  close,
  { ...draining, running: 2 },
  [['arm', 'drainTimeout', 5000], ['sendCredit', 0], ...takesNoMore],
  four,
);
moves(
  'it is closed at work for a broker that has never heard of credits',
  busy,
  close,
  draining,
  [['arm', 'drainTimeout', 5000], ...takesNoMore],
  four,
);
moves(
  'a request that was on its way when it said that it takes no more',
  draining,
  OURS,
  draining,
  [
    ['giveBack', OURS, 'declined'],
    ['arm', 'heartbeatDue', 2500],
  ],
  four,
);
moves(
  'closing, one of two handlers ends',
  { ...draining, running: 2 },
  doneOurs,
  draining,
  [
    ['sendReply', OURS, body],
    ['arm', 'heartbeatDue', 2500],
  ],
  four,
);
moves(
  'closing, one of two handlers fails',
  { ...draining, running: 2 },
  failedOurs,
  draining,
  [
    ['giveBack', OURS, 'handler-failed'],
    ['arm', 'heartbeatDue', 2500],
  ],
  four,
);
moves(
  'closing, the last handler fails: its request comes back as it leaves',
  draining,
  failedOurs,
  closed,
  [['leave'], ['abort'], ['closed'], ...drainingStops],
  four,
);
for (const [where, state] of [
  ['idle', idle],
  ['with two at work', withTwo],
] as const)
  moves(
    `the pause after a failure is over, ${where}: it takes as many as before`,
    { ...state, spoken: false },
    failureDelay,
    { ...state, spoken: true },
    [
      ['sendCredit', 4],
      ['arm', 'heartbeatDue', 2500],
    ],
    four,
  );

coverEverything();
