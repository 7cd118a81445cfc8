/** One request of a Freelance client, arrow by arrow and cell by cell. */
import { freelanceRequest, type FreelanceRequestContext, type FreelanceRequestMachine } from '../../src/freelance/client.machine.ts';
import { Rows } from '../support/rows.ts';

type State = FreelanceRequestMachine['state'];
type Event = FreelanceRequestMachine['event'];

const context: FreelanceRequestContext = {
  requestTimeout: 1000,
  requestRetries: 4,
  servers: 2,
  deadline: Infinity,
  greetingTime: 100,
  hedgeDelay: Infinity,
  backoff: { base: 100, maximum: 2000, jitter: 0.5 },
  // In the middle of the jitter: pauses are 100, 200, 400 … ms.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(freelanceRequest, context);

const fresh: State = { kind: 'new' };
const queued = (round: number): State => ({ kind: 'queued', round });
const sent = (round: number): State => ({ kind: 'sent', round });
const hedged = (round: number): State => ({ kind: 'hedged', round });
const surviving = (round: number): State => ({ kind: 'surviving', round });
const pausing = (round: number): State => ({ kind: 'pausing', round });
const settled: State = { kind: 'settled' };

const body = [Buffer.from('body')];
const REPLY: Event = { kind: 'REPLY', attempt: 1, body };
const begin: Event = { kind: 'begin' };
const place: Event = { kind: 'place' };
const greeting: Event = { kind: 'greeting' };
const connectionLost: Event = { kind: 'connectionLost' };
const hedgeLost: Event = { kind: 'hedgeLost' };
const abort: Event = { kind: 'abort' };
const close: Event = { kind: 'close' };
const requestTimeout: Event = { kind: 'requestTimeout' };
const hedgeTimeout: Event = { kind: 'hedgeTimeout' };
const hedgeDelay: Event = { kind: 'hedgeDelay' };
const retryDelay: Event = { kind: 'retryDelay' };
const deadline: Event = { kind: 'deadline' };

const stop = (...timers: string[]) => timers.map((timer) => ['disarm', timer] as const);

moves('a request begins: it gets in line', fresh, begin, queued(1), [['enqueue'], ['arm', 'requestTimeout', 1000]]);
moves(
  'a request with a deadline begins: all its time runs',
  fresh,
  begin,
  queued(1),
  [['enqueue'], ['arm', 'requestTimeout', 1000], ['arm', 'deadline', 3000]],
  { deadline: 3000 },
);
stays('a reply before it has begun', fresh, REPLY, 'nothing was asked yet');
stays('a first copy is lost before it has begun', fresh, connectionLost, 'nothing was asked yet');
stays('a hedge is lost before it has begun', fresh, hedgeLost, 'nothing was asked yet');
never('it is in no line before it has begun', fresh, place, 'it is not in line');
never('nobody is greeted for it before it has begun', fresh, greeting, 'it is not in line');
never('it begins before it can be aborted', fresh, abort, 'the shell begins a request at once');
never('it begins before it can be closed', fresh, close, 'the shell begins a request at once');

moves('there is a server for it: it is sent, and the time of the copy runs', queued(2), place, sent(2), [
  ['transmit'],
  ['arm', 'requestTimeout', 1000],
]);
moves(
  'there is a server for it, and it is to be hedged',
  queued(1),
  place,
  sent(1),
  [['transmit'], ['arm', 'requestTimeout', 1000], ['arm', 'hedgeDelay', 50]],
  { hedgeDelay: 50 },
);
moves(
  'a request with little time begins: whoever is greeted may answer first',
  fresh,
  begin,
  queued(1),
  [['enqueue'], ['arm', 'requestTimeout', 100]],
  { requestTimeout: 50 },
);
moves('a server is added while it waits: it waits for its answer', queued(2), greeting, queued(2), [['arm', 'requestTimeout', 1000]]);
moves('no server comes in time', queued(1), requestTimeout, settled, [['fail', 'no-server'], ...stop('requestTimeout', 'deadline')]);

// Whatever it waits for, an answer to any of its copies is its answer, and its end is its end.
const everywhere: readonly (readonly [string, State, readonly string[]])[] = [
  ['in line', queued(2), ['requestTimeout', 'deadline']],
  ['on its way', sent(1), ['requestTimeout', 'hedgeDelay', 'deadline']],
  ['on its way twice', hedged(1), ['requestTimeout', 'hedgeTimeout', 'deadline']],
  ['on its way with the hedge alone', surviving(1), ['hedgeTimeout', 'deadline']],
  ['pausing', pausing(2), ['retryDelay', 'deadline']],
];
for (const [where, state, timers] of everywhere) {
  moves(`a reply while it is ${where}`, state, REPLY, settled, [['succeed', 1, body], ...stop(...timers)]);
  moves(`it is aborted while it is ${where}`, state, abort, settled, [['fail', 'aborted'], ...stop(...timers)]);
  moves(`the client is closed while it is ${where}`, state, close, settled, [['fail', 'closed'], ...stop(...timers)]);
  moves(`its deadline is over while it is ${where}`, state, deadline, settled, [['fail', 'deadline'], ...stop(...timers)]);
  never(`a request that is ${where} has begun`, state, begin, 'it has begun');
}
for (const [where, state] of everywhere.slice(1)) {
  never(`a request that is ${where} is not in line`, state, place, 'it is not in line');
  never(`a request that is ${where} waits for no greeting`, state, greeting, 'it is not in line');
}

const again = [['enqueue'], ['arm', 'requestTimeout', 1000]] as const;

moves('the server dies, and there is another: no pause', sent(1), connectionLost, queued(2), [...again, ...stop('hedgeDelay')]);
moves('the server dies, and all have had their turn: a pause', sent(2), connectionLost, pausing(3), [
  ['arm', 'retryDelay', 100],
  ...stop('requestTimeout', 'hedgeDelay'),
]);
moves('the server of the last round dies', sent(4), connectionLost, settled, [
  ['fail', 'connection-lost'],
  ...stop('requestTimeout', 'hedgeDelay', 'deadline'),
]);
moves('no answer in time: the server is guilty, and the next has its turn', sent(3), requestTimeout, queued(4), [
  ['blame', 'first'],
  ...again,
  ...stop('hedgeDelay'),
]);
moves(
  'no answer in time, and all have had their turn twice: a longer pause',
  sent(4),
  requestTimeout,
  pausing(5),
  [['blame', 'first'], ['arm', 'retryDelay', 200], ...stop('requestTimeout', 'hedgeDelay')],
  { requestRetries: 5 },
);
moves('no answer in the last round', sent(4), requestTimeout, settled, [
  ['blame', 'first'],
  ['fail', 'timed-out'],
  ...stop('requestTimeout', 'hedgeDelay', 'deadline'),
]);
moves('the server takes its time: a second copy goes to another', sent(1), hedgeDelay, hedged(1), [
  ['hedge'],
  ['arm', 'hedgeTimeout', 1000],
  ...stop('hedgeDelay'),
]);
stays('a hedge that was given up is lost', sent(1), hedgeLost, 'its hedge was given up already');

moves('the first server dies: the hedge goes on', hedged(1), connectionLost, surviving(1), stop('requestTimeout'));
moves('the first server does not answer in time: the hedge goes on', hedged(1), requestTimeout, surviving(1), [
  ['blame', 'first'],
  ...stop('requestTimeout'),
]);
moves('the hedge is lost: the first copy goes on', hedged(1), hedgeLost, sent(1), stop('hedgeTimeout'));
never('the hedge is never judged before the first copy', hedged(1), hedgeTimeout, 'its time is over first');

moves('the hedge is lost as well: the next round', surviving(1), hedgeLost, queued(2), [...again, ...stop('hedgeTimeout')]);
moves('the hedge is lost as well, and all have had their turn: a pause', surviving(2), hedgeLost, pausing(3), [
  ['arm', 'retryDelay', 100],
  ...stop('hedgeTimeout'),
]);
moves('the hedge of the last round is lost as well', surviving(4), hedgeLost, settled, [
  ['fail', 'connection-lost'],
  ...stop('hedgeTimeout', 'deadline'),
]);
moves('the hedge is not answered either: the next round', surviving(1), hedgeTimeout, queued(2), [
  ['blame', 'hedge'],
  ...again,
  ...stop('hedgeTimeout'),
]);
moves('the hedge is not answered either, and all have had their turn: a pause', surviving(2), hedgeTimeout, pausing(3), [
  ['blame', 'hedge'],
  ['arm', 'retryDelay', 100],
  ...stop('hedgeTimeout'),
]);
moves('the hedge of the last round is not answered either', surviving(4), hedgeTimeout, settled, [
  ['blame', 'hedge'],
  ['fail', 'timed-out'],
  ...stop('hedgeTimeout', 'deadline'),
]);
stays('a first copy that was given up is lost', surviving(1), connectionLost, 'its first copy was given up already');

moves('the pause is over: it gets in line again', pausing(2), retryDelay, queued(2), [
  ['enqueue'],
  ['arm', 'requestTimeout', 1000],
  ...stop('retryDelay'),
]);
for (const [where, state] of [
  ['in line', queued(2)],
  ['pausing', pausing(2)],
] as const) {
  stays(`the copy of a round before is lost while it is ${where}`, state, connectionLost, 'its first copy was given up already');
  stays(`the hedge of a round before is lost while it is ${where}`, state, hedgeLost, 'its hedge was given up already');
}

stays('a reply after the outcome', settled, REPLY, 'it has its outcome');
stays('a copy is lost after the outcome', settled, connectionLost, 'it has its outcome');
stays('a hedge is lost after the outcome', settled, hedgeLost, 'it has its outcome');
stays('it is aborted after the outcome', settled, abort, 'it has its outcome');
stays('the client is closed after the outcome', settled, close, 'it has its outcome');
never('a settled request has begun', settled, begin, 'it has begun');
never('a settled request is not in line', settled, place, 'it is not in line');
never('a settled request waits for no greeting', settled, greeting, 'it is not in line');

coverEverything();
