/** One request of a Lazy Pirate client, arrow by arrow and cell by cell. */
import { lazyPirateRequest, type LazyPirateRequestContext, type LazyPirateRequestMachine } from '../../src/lazy-pirate/client.machine.ts';
import { Rows } from '../support/rows.ts';

type State = LazyPirateRequestMachine['state'];
type Event = LazyPirateRequestMachine['event'];

const context: LazyPirateRequestContext = {
  requestTimeout: 2500,
  requestRetries: 3,
  deadline: Infinity,
  backoff: { base: 100, maximum: 2000, jitter: 0.5 },
  round: 1,
  // In the middle of the jitter: pauses are 100, 200, 400 … ms.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(lazyPirateRequest, context);

const fresh: State = { kind: 'new' };
const queued = (attempt: number): State => ({ kind: 'queued', attempt });
const sent = (attempt: number): State => ({ kind: 'sent', attempt });
const pausing = (attempt: number): State => ({ kind: 'pausing', attempt });
const settled: State = { kind: 'settled' };

const body = [Buffer.from('body')];
const REPLY: Event = { kind: 'REPLY', body };
/** A passive server. */
const REFUSAL: Event = { kind: 'REFUSAL', ran: false };
/** A server that had been replaced, and answered all the same. */
const FENCED: Event = { kind: 'REFUSAL', ran: true };
const begin: Event = { kind: 'begin' };
const place: Event = { kind: 'place' };
const connectionLost: Event = { kind: 'connectionLost' };
const abort: Event = { kind: 'abort' };
const close: Event = { kind: 'close' };
const requestTimeout: Event = { kind: 'requestTimeout' };
const retryDelay: Event = { kind: 'retryDelay' };
const deadline: Event = { kind: 'deadline' };

const stop = (...timers: string[]) => timers.map((timer) => ['disarm', timer] as const);
const fails = (attempt: number, outcome: string, failure: string) => [['note', attempt, outcome], ['retire'], ['fail', failure]] as const;
const pauses = (attempt: number, outcome: string, delay: number) =>
  [['note', attempt, outcome], ['retire'], ['arm', 'retryDelay', delay]] as const;

moves('a request begins: it gets in line', fresh, begin, queued(1), [['enqueue']]);
moves('a request with a deadline begins: all its time runs', fresh, begin, queued(1), [['enqueue'], ['arm', 'deadline', 4000]], {
  deadline: 4000,
});
stays('a reply before it has begun', fresh, REPLY, 'nothing was asked yet');
stays('a connection is lost before it has begun', fresh, connectionLost, 'it uses no connection');
stays('a refusal before it has begun', fresh, REFUSAL, 'nothing was asked yet');
never('it is in no line before it has begun', fresh, place, 'it is not in line');
never('it begins before it can be aborted', fresh, abort, 'the shell begins a request at once');
never('it begins before it can be closed', fresh, close, 'the shell begins a request at once');

moves('a connection is free: it is sent, and the time of the attempt runs', queued(2), place, sent(2), [
  ['transmit'],
  ['arm', 'requestTimeout', 2500],
]);
stays('a reply while it is in line', queued(2), REPLY, 'from a connection that was closed');
stays('a refusal while it is in line', queued(2), REFUSAL, 'from a connection that was closed');
stays('somebody else’s connection is lost', queued(1), connectionLost, 'it uses no connection');
never('a request in line has begun', queued(1), begin, 'it has begun');
moves('it is aborted in line', queued(1), abort, settled, [...fails(1, 'aborted', 'aborted'), ...stop('deadline')]);
moves('the client is closed while it is in line', queued(1), close, settled, [...fails(1, 'closed', 'closed'), ...stop('deadline')]);
moves('its deadline is over before it was sent', queued(1), deadline, settled, [...fails(1, 'timed-out', 'deadline'), ...stop('deadline')]);

moves('the reply comes', sent(2), REPLY, settled, [
  ['note', 2, 'replied'],
  ['retire'],
  ['succeed', body],
  ...stop('requestTimeout', 'deadline'),
]);
moves('no answer in time: a pause, and another attempt', sent(1), requestTimeout, pausing(2), [
  ['blame'],
  ...pauses(1, 'timed-out', 100),
  ...stop('requestTimeout'),
]);
moves('no answer in the last attempt: abandoned', sent(3), requestTimeout, settled, [
  ['blame'],
  ...fails(3, 'timed-out', 'timed-out'),
  ...stop('requestTimeout', 'deadline'),
]);
moves('the server dies: a pause, and another attempt', sent(2), connectionLost, pausing(3), [
  ['blame'],
  ...pauses(2, 'connection-lost', 200),
  ...stop('requestTimeout'),
]);
moves('the server dies in the last attempt: abandoned', sent(3), connectionLost, settled, [
  ['blame'],
  ...fails(3, 'connection-lost', 'connection-lost'),
  ...stop('requestTimeout', 'deadline'),
]);
moves('the server is passive: it cannot have run; a pause, and another attempt', sent(1), REFUSAL, pausing(2), [
  ['note', 1, 'refused', 0],
  ['retire'],
  ['arm', 'retryDelay', 100],
  ...stop('requestTimeout'),
]);
moves('the server had been replaced: it may have run; a pause, and another attempt', sent(1), FENCED, pausing(2), [
  ...pauses(1, 'refused', 100),
  ...stop('requestTimeout'),
]);
moves('the server of the last attempt is passive: abandoned', sent(3), REFUSAL, settled, [
  ['note', 3, 'refused', 0],
  ['retire'],
  ['fail', 'refused'],
  ...stop('requestTimeout', 'deadline'),
]);
moves(
  'two servers in rounds: the second soon after the first',
  sent(1),
  REFUSAL,
  pausing(2),
  [['note', 1, 'refused', 0], ['retire'], ['arm', 'retryDelay', 20], ...stop('requestTimeout')],
  { round: 2 },
);
moves(
  'two servers in rounds: a whole pause after both',
  sent(2),
  requestTimeout,
  pausing(3),
  [['blame'], ...pauses(2, 'timed-out', 100), ...stop('requestTimeout')],
  { round: 2 },
);
moves('its deadline is over while it waits for an answer', sent(1), deadline, settled, [
  ...fails(1, 'timed-out', 'deadline'),
  ...stop('requestTimeout', 'deadline'),
]);
moves('it is aborted on its way', sent(1), abort, settled, [...fails(1, 'aborted', 'aborted'), ...stop('requestTimeout', 'deadline')]);
moves('the client is closed while it is on its way', sent(1), close, settled, [
  ...fails(1, 'closed', 'closed'),
  ...stop('requestTimeout', 'deadline'),
]);
never('a request on its way has begun', sent(1), begin, 'it has begun');
never('a request on its way is not in line', sent(1), place, 'it is not in line');

moves('the pause is over: it gets in line again', pausing(2), retryDelay, queued(2), [['enqueue'], ...stop('retryDelay')]);
stays('a reply during the pause', pausing(2), REPLY, 'from a connection that was closed');
stays('a refusal during the pause', pausing(2), REFUSAL, 'from a connection that was closed');
stays('a connection is lost during the pause', pausing(2), connectionLost, 'it uses no connection');
moves('its deadline is over during the pause', pausing(2), deadline, settled, [['fail', 'deadline'], ...stop('retryDelay', 'deadline')]);
moves('it is aborted during the pause', pausing(2), abort, settled, [['fail', 'aborted'], ...stop('retryDelay', 'deadline')]);
moves('the client is closed during the pause', pausing(2), close, settled, [['fail', 'closed'], ...stop('retryDelay', 'deadline')]);
never('a pausing request has begun', pausing(2), begin, 'it has begun');
never('a pausing request is not in line', pausing(2), place, 'it is not in line');

stays('a reply after the outcome', settled, REPLY, 'it has its outcome');
stays('a refusal after the outcome', settled, REFUSAL, 'it has its outcome');
stays('a connection is lost after the outcome', settled, connectionLost, 'it uses no connection');
stays('it is aborted after the outcome', settled, abort, 'it has its outcome');
stays('the client is closed after the outcome', settled, close, 'it has its outcome');
never('a settled request has begun', settled, begin, 'it has begun');
never('a settled request is not in line', settled, place, 'it is not in line');

coverEverything();
