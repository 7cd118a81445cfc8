/** One request on its way to its one outcome, arrow by arrow and cell by cell. */
import { majordomoRequest, type MajordomoRequestMachine, type RequestContext } from '../../src/majordomo/client.machine.ts';
import type { FailureCode } from '../../src/load-balancer/failures.ts';
import { Rows } from '../support/rows.ts';

type State = MajordomoRequestMachine['state'];
type Event = MajordomoRequestMachine['event'];

const context: RequestContext = {
  requestTimeout: 2500,
  requestRetries: 3,
  backoff: { base: 100, maximum: 2000, jitter: 0.5 },
  // In the middle of the jitter: pauses are 100, 200, 400 … ms.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(majordomoRequest, context);

const fresh: State = { kind: 'new' };
const queued = (attempt: number): State => ({ kind: 'queued', attempt });
const sent = (attempt: number): State => ({ kind: 'sent', attempt });
const pausing = (attempt: number): State => ({ kind: 'pausing', attempt });
const settled: State = { kind: 'settled' };

const body = [Buffer.from('body')];
const REPLY: Event = { kind: 'REPLY', attempt: 1, body, deliveries: 1 };
const FAILURE = (code: FailureCode, attempt: number, deliveries = 0): Event => ({ kind: 'FAILURE', code, attempt, deliveries });
const begin: Event = { kind: 'begin' };
const place: Event = { kind: 'place' };
const connectionLost: Event = { kind: 'connectionLost' };
const abort: Event = { kind: 'abort' };
const close: Event = { kind: 'close' };
const requestTimeout: Event = { kind: 'requestTimeout' };
const retryDelay: Event = { kind: 'retryDelay' };

const stopsTimeout = [['disarm', 'requestTimeout']] as const;
const stopsPause = [['disarm', 'retryDelay']] as const;
const waitsForConnection = [['enqueue'], ['arm', 'requestTimeout', 2500]] as const;
const succeeds = [['note', 1, 'replied'], ['retire'], ['succeed', body, 1]] as const;
const fails = (outcome: 'timed-out' | 'connection-lost' | 'aborted' | 'closed', attempt: number) =>
  [['note', attempt, outcome, undefined], ['retire'], ['fail', outcome, undefined, 0]] as const;
const isRefused = (code: FailureCode, deliveries: number, attempt: number) =>
  [['note', attempt, 'refused', deliveries], ['retire'], ['fail', 'refused', code, deliveries]] as const;

// Before it begins.
moves('a request begins: it gets in line, and its time runs', fresh, begin, queued(1), waitsForConnection);
stays('a reply before it has begun', fresh, REPLY, 'nothing was asked yet');
stays('a failure before it has begun', fresh, FAILURE('invalid', 1), 'nothing was asked yet');
stays('a connection is lost before it has begun', fresh, connectionLost, 'it uses no connection');
never('it is in no line before it has begun', fresh, place, 'it is not in line');
never('it begins before it can be aborted', fresh, abort, 'the shell begins a request at once');
never('it begins before it can be closed', fresh, close, 'the shell begins a request at once');

// In line.
moves('a connection is free: it is sent', queued(1), place, sent(1), [['transmit', 1]]);
moves('the reply to an earlier attempt comes while it is in line again', queued(2), REPLY, settled, [...succeeds, ...stopsTimeout]);
moves('an earlier attempt failed for good: this one would too', queued(2), FAILURE('poisoned', 1, 3), settled, [
  ...isRefused('poisoned', 3, 1),
  ...stopsTimeout,
]);
stays(
  'an earlier attempt failed for now: this one may fare better',
  queued(2),
  FAILURE('queue-full', 1),
  'about an earlier attempt; this one may fare better',
);
stays('somebody else’s connection is lost', queued(1), connectionLost, 'it uses no connection');
moves('it is aborted in line', queued(1), abort, settled, [...fails('aborted', 1), ...stopsTimeout]);
moves('the client is closed while it is in line', queued(1), close, settled, [...fails('closed', 1), ...stopsTimeout]);
moves('no connection came free in time: that was an attempt', queued(1), requestTimeout, queued(2), [
  ['note', 1, 'timed-out'],
  ['stayInLine'],
  ['arm', 'requestTimeout', 2500],
]);
moves('no connection came free in any attempt', queued(3), requestTimeout, settled, [...fails('timed-out', 3), ...stopsTimeout]);
never('a request in line has begun', queued(1), begin, 'it has begun');

// On its way.
moves('the reply comes', sent(1), REPLY, settled, [...succeeds, ...stopsTimeout]);
for (const code of ['invalid', 'poisoned', 'worker-lost'] as const) {
  moves(`the broker gives up for good (${code}): no further attempt`, sent(1), FAILURE(code, 1, 2), settled, [
    ...isRefused(code, 2, 1),
    ...stopsTimeout,
  ]);
}
moves('an earlier attempt failed for good: waiting for this one is vain', sent(2), FAILURE('worker-lost', 1, 1), settled, [
  ...isRefused('worker-lost', 1, 1),
  ...stopsTimeout,
]);
for (const code of ['queue-full', 'services-full', 'expired', 'shutting-down'] as const) {
  moves(`the broker gives up for now (${code}): another attempt, after a pause`, sent(1), FAILURE(code, 1), pausing(2), [
    ['note', 1, 'refused', 0],
    ['retire'],
    ['arm', 'retryDelay', 100],
    ...stopsTimeout,
  ]);
}
moves('the broker gives the last attempt up', sent(3), FAILURE('queue-full', 3), settled, [
  ...isRefused('queue-full', 0, 3),
  ...stopsTimeout,
]);
stays(
  'an earlier attempt failed for now while this one is on its way',
  sent(2),
  FAILURE('expired', 1),
  'about an earlier attempt; this one may fare better',
);
moves('its connection is lost: another attempt, after a pause', sent(1), connectionLost, pausing(2), [
  ['note', 1, 'connection-lost', undefined],
  ['retire'],
  ['arm', 'retryDelay', 100],
  ...stopsTimeout,
]);
moves('the connection of its last attempt is lost', sent(3), connectionLost, settled, [...fails('connection-lost', 3), ...stopsTimeout]);
moves('it is aborted on its way', sent(1), abort, settled, [...fails('aborted', 1), ...stopsTimeout]);
moves('the client is closed while it is on its way', sent(1), close, settled, [...fails('closed', 1), ...stopsTimeout]);
moves('no reply in time: another attempt, after a pause', sent(1), requestTimeout, pausing(2), [
  ['note', 1, 'timed-out', undefined],
  ['retire'],
  ['arm', 'retryDelay', 100],
  ...stopsTimeout,
]);
moves('each further pause is twice as long', sent(2), requestTimeout, pausing(3), [
  ['note', 2, 'timed-out', undefined],
  ['retire'],
  ['arm', 'retryDelay', 200],
  ...stopsTimeout,
]);
moves(
  'no pause is longer than the longest',
  sent(12),
  requestTimeout,
  pausing(13),
  [['note', 12, 'timed-out', undefined], ['retire'], ['arm', 'retryDelay', 2000], ...stopsTimeout],
  { requestRetries: 20 },
);
moves('no reply to the last attempt in time', sent(3), requestTimeout, settled, [...fails('timed-out', 3), ...stopsTimeout]);
moves('one attempt is all that was allowed', sent(1), requestTimeout, settled, [...fails('timed-out', 1), ...stopsTimeout], {
  requestRetries: 1,
});
never('a request on its way has begun', sent(1), begin, 'it has begun');
never('a request on its way is in no line', sent(1), place, 'it is not in line');

// Pausing.
moves('the pause is over: it gets in line again, with all its time', pausing(2), retryDelay, queued(2), [
  ...waitsForConnection,
  ...stopsPause,
]);
moves('the reply to the attempt that timed out comes during the pause', pausing(2), REPLY, settled, [...succeeds, ...stopsPause]);
moves('the attempt that timed out turns out to have failed for good', pausing(2), FAILURE('poisoned', 1, 3), settled, [
  ...isRefused('poisoned', 3, 1),
  ...stopsPause,
]);
stays(
  'the attempt that timed out turns out to have failed for now',
  pausing(2),
  FAILURE('expired', 1),
  'about an earlier attempt; the next may fare better',
);
stays('a connection is lost that it no longer uses', pausing(2), connectionLost, 'it uses no connection');
moves('it is aborted during the pause', pausing(2), abort, settled, [...fails('aborted', 2), ...stopsPause]);
moves('the client is closed during the pause', pausing(2), close, settled, [...fails('closed', 2), ...stopsPause]);
never('a pausing request has begun', pausing(2), begin, 'it has begun');
never('a pausing request is in no line', pausing(2), place, 'it is not in line');

// Settled.
stays('a second reply', settled, REPLY, 'late: it has its outcome');
stays('a failure after its outcome', settled, FAILURE('poisoned', 1), 'late: it has its outcome');
stays('its connection is lost after its outcome', settled, connectionLost, 'it uses no connection');
stays('it is aborted after its outcome', settled, abort, 'it has its outcome');
stays('the client is closed after its outcome', settled, close, 'it has its outcome');
never('a settled request has begun', settled, begin, 'it has begun');
never('a settled request is in no line', settled, place, 'it is not in line');

coverEverything();
