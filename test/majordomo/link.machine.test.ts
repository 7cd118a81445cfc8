/** A client's link to its broker, arrow by arrow and cell by cell. */
import { majordomoLink, type LinkContext, type MajordomoLinkMachine } from '../../src/majordomo/client.machine.ts';
import { Rows } from '../support/rows.ts';

type State = MajordomoLinkMachine['state'];
type Event = MajordomoLinkMachine['event'];

const context: LinkContext = {
  correlation: 'auto',
  endpoints: 1,
  probeTimeout: 250,
  backoff: { base: 500, maximum: 8000, jitter: 0.8 },
  // In the middle of the jitter.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(majordomoLink, context);

const fresh: State = { kind: 'new' };
const probing: State = { kind: 'probing', known: false, failures: 0 };
const correlated: State = { kind: 'correlated', failures: 0 };
const doubting: State = { kind: 'doubting', failures: 0 };
/** With a broker that answered like a foreign one. */
const plain: State = { kind: 'plain', answered: true, failures: 0 };
/** With somebody who has not answered. */
const unanswered: State = { kind: 'plain', answered: false, failures: 1 };
const resting: State = { kind: 'resting', known: false, failures: 1 };
const restingKnown: State = { kind: 'resting', known: true, failures: 1 };
const closed: State = { kind: 'closed' };

const OURS: Event = { kind: 'ANSWER', ours: true };
const FOREIGN: Event = { kind: 'ANSWER', ours: false };
const start = (correlation: LinkContext['correlation']): Event => ({ kind: 'start', correlation });
const brokerGone: Event = { kind: 'brokerGone' };
const doubt: Event = { kind: 'doubt' };
const close: Event = { kind: 'close' };
const probeTimeout: Event = { kind: 'probeTimeout' };
const reprobeDelay: Event = { kind: 'reprobeDelay' };
const reconnectDelay: Event = { kind: 'reconnectDelay' };

const rests = [['shut'], ['arm', 'reconnectDelay', 500], ['lost', 500]] as const;
const stopsProbing = [['disarm', 'probeTimeout']] as const;
const stopsReprobing = [['disarm', 'reprobeDelay']] as const;
const stopsResting = [['disarm', 'reconnectDelay']] as const;

moves('it connects and asks whether the broker is ours', fresh, start('auto'), probing, [
  ['open'],
  ['probe'],
  ['arm', 'probeTimeout', 250],
]);
moves('it is told that the broker keeps envelopes', fresh, start('envelope'), correlated, [['open'], ['usable']]);
moves('it is told to use one connection per request', fresh, start('socket'), plain, [['usable']]);
moves('it is closed before it has begun', fresh, close, closed, []);
stays('an answer before anything was asked', fresh, OURS, 'nothing was asked yet');
stays('a connection ends before there is one', fresh, brokerGone, 'there is no connection yet');
stays('a doubt before there is a connection', fresh, doubt, 'there is no connection yet');

moves('the broker is ours: requests share the connection', probing, OURS, correlated, [['usable'], ...stopsProbing]);
moves('the broker answers like a foreign one: one connection per request', probing, FOREIGN, plain, [['usable'], ...stopsProbing]);
moves('the broker says nothing: one connection per request, for now, and it will be asked again', probing, probeTimeout, unanswered, [
  ['usable'],
  ['arm', 'reprobeDelay', 500],
  ...stopsProbing,
]);
stays(
  'a request of an earlier connection times out while asking',
  probing,
  doubt,
  'sent over a connection that was left; this one is being asked',
);
moves(
  'connections that end without a word in a row: each pause is twice as long',
  { kind: 'probing', known: false, failures: 2 },
  brokerGone,
  { kind: 'resting', known: false, failures: 3 },
  [['shut'], ['arm', 'reconnectDelay', 2000], ['lost', 2000], ...stopsProbing],
);
moves('the connection ends while asking', probing, brokerGone, resting, [...rests, ...stopsProbing]);
moves('a broker that was ours before goes while asking again', { kind: 'probing', known: true, failures: 0 }, brokerGone, restingKnown, [
  ...rests,
  ...stopsProbing,
]);
moves('it is closed while asking', probing, close, closed, [['shut'], ...stopsProbing]);
never('it starts once', probing, start('auto'), 'it has started');

moves('our broker’s connection ends', correlated, brokerGone, restingKnown, rests);
moves('it is closed with our broker', correlated, close, closed, [['shut']]);
moves('our broker is heard: the row of failures is over', { kind: 'correlated', failures: 3 }, OURS, correlated, []);
moves('a request timed out and nothing else came: it asks whether anybody is there', correlated, doubt, doubting, [
  ['probe'],
  ['arm', 'probeTimeout', 2500],
]);
moves('somebody is there: only the service did not answer', doubting, OURS, correlated, [...stopsProbing]);
moves('nobody is there: it leaves and connects anew', doubting, probeTimeout, restingKnown, [...rests, ...stopsProbing]);
moves('the connection ends while in doubt', doubting, brokerGone, restingKnown, [...rests, ...stopsProbing]);
stays('another request times out while in doubt', doubting, doubt, 'asked already');
moves('it is closed while in doubt', doubting, close, closed, [['shut'], ...stopsProbing]);
never('in doubt it has started', doubting, start('auto'), 'it has started');
never('with our broker it has started', correlated, start('auto'), 'it has started');

moves('our broker was only slow to answer: requests share the connection from now on', unanswered, OURS, correlated, [
  ['usable'],
  ...stopsReprobing,
]);
moves('a foreign broker’s late answer: it need not be asked again', unanswered, FOREIGN, plain, []);
moves(
  'still no answer: it asks on a new connection, which may be heard where the old one was not',
  unanswered,
  reprobeDelay,
  { kind: 'plain', answered: false, failures: 2 },
  [['shut'], ['open'], ['probe'], ['arm', 'reprobeDelay', 1000]],
);
stays('the time to ask again comes after the answer', plain, reprobeDelay, 'it has answered: foreign');
const ONLY_ONE = 'there is no other broker, or they are being asked in turn';
stays('a request over the shared connection of before times out', plain, doubt, ONLY_ONE);
moves('the connection to a foreign broker ends', plain, brokerGone, resting, [...rests, ...stopsReprobing]);
moves('it is closed with a foreign broker', plain, close, closed, [['shut'], ...stopsReprobing]);
never('with a foreign broker it has started', plain, start('socket'), 'it has started');

moves('the pause is over: it connects and asks', resting, reconnectDelay, { kind: 'probing', known: false, failures: 1 }, [
  ['open'],
  ['probe'],
  ['arm', 'probeTimeout', 250],
  ...stopsResting,
]);
moves(
  'the pause is over: a broker that was ours is waited for longer, as it is probably restarting',
  restingKnown,
  reconnectDelay,
  { kind: 'probing', known: true, failures: 1 },
  [['open'], ['probe'], ['arm', 'probeTimeout', 2500], ...stopsResting],
);
moves(
  'the pause is over: nobody asks where envelopes were promised',
  restingKnown,
  reconnectDelay,
  { kind: 'correlated', failures: 1 },
  [['open'], ['usable'], ...stopsResting],
  { correlation: 'envelope' },
);
stays('an answer over the connection that was left', resting, OURS, 'from a connection that was left');
stays('a request of the connection that was left times out', resting, doubt, 'the connection was left already');
stays('the connection that was left ends', resting, brokerGone, 'the connection was left already');
moves('it is closed while it rests', resting, close, closed, [...stopsResting]);
never('while it rests it has started', resting, start('auto'), 'it has started');

stays('an answer after closing', closed, OURS, 'closed');
stays('the transport is ready after closing', closed, start('auto'), 'closed before it had started');
stays('the connection ends after closing', closed, brokerGone, 'closed');
stays('a doubt after closing', closed, doubt, 'closed');
stays('it is closed again', closed, close, 'idempotent');

/* ---------------------------------------------------------------- two brokers that stand in for each other */

const two = { endpoints: 2 };
const restsShortly = [['shut'], ['arm', 'reconnectDelay', 100], ['lost', 100]] as const;

moves('the first broker goes: the second is tried soon', correlated, brokerGone, restingKnown, restsShortly, two);
moves(
  'the second is lost too: the round is over, and the pause is that of the first failure',
  { kind: 'correlated', failures: 1 },
  brokerGone,
  { kind: 'resting', known: true, failures: 2 },
  rests,
  two,
);
moves(
  'the second round: the first broker after a short pause again',
  { kind: 'correlated', failures: 2 },
  brokerGone,
  { kind: 'resting', known: true, failures: 3 },
  restsShortly,
  two,
);
moves(
  'the second round fails: the pause is twice as long',
  { kind: 'correlated', failures: 3 },
  brokerGone,
  { kind: 'resting', known: true, failures: 4 },
  [['shut'], ['arm', 'reconnectDelay', 1000], ['lost', 1000]],
  two,
);
moves(
  'a broker is silent, and another has not been asked: that one is asked before requests get anywhere',
  probing,
  probeTimeout,
  resting,
  [...restsShortly, ...stopsProbing],
  two,
);
moves(
  'both are silent, and may be foreign: one connection per request for now, and they are asked in turn',
  { kind: 'probing', known: false, failures: 1 },
  probeTimeout,
  { kind: 'plain', answered: false, failures: 2 },
  [['usable'], ['arm', 'reprobeDelay', 500], ...stopsProbing],
  two,
);
moves(
  'both are silent, and one was ours: neither is foreign',
  { kind: 'probing', known: true, failures: 1 },
  probeTimeout,
  { kind: 'resting', known: true, failures: 2 },
  [...rests, ...stopsProbing],
  two,
);
moves(
  'both are silent, and keep envelopes by promise: requests share the connection',
  { kind: 'probing', known: true, failures: 1 },
  probeTimeout,
  { kind: 'correlated', failures: 2 },
  [['usable'], ...stopsProbing],
  { ...two, correlation: 'envelope' },
);
moves(
  'envelopes are promised, but not who serves: it asks',
  fresh,
  start('envelope'),
  probing,
  [['open'], ['probe'], ['arm', 'probeTimeout', 250]],
  two,
);
moves('whoever answers where envelopes are promised keeps them', probing, FOREIGN, correlated, [['usable'], ...stopsProbing], {
  ...two,
  correlation: 'envelope',
});
moves(
  'with envelopes promised it asks again after each loss',
  restingKnown,
  reconnectDelay,
  { kind: 'probing', known: true, failures: 1 },
  [['open'], ['probe'], ['arm', 'probeTimeout', 250], ...stopsResting],
  { ...two, correlation: 'envelope' },
);
moves(
  'of two brokers none is waited for longer because it was ours',
  restingKnown,
  reconnectDelay,
  { kind: 'probing', known: true, failures: 1 },
  [['open'], ['probe'], ['arm', 'probeTimeout', 250], ...stopsResting],
  two,
);
moves('in doubt neither', correlated, doubt, doubting, [['probe'], ['arm', 'probeTimeout', 250]], two);
moves(
  'silent brokers are asked in turn, on new connections',
  { kind: 'plain', answered: false, failures: 2 },
  reprobeDelay,
  { kind: 'plain', answered: false, failures: 3 },
  [['shut'], ['turn'], ['open'], ['probe'], ['arm', 'reprobeDelay', 1000]],
  two,
);
moves(
  'each of them gets requests for equally long',
  { kind: 'plain', answered: false, failures: 3 },
  reprobeDelay,
  { kind: 'plain', answered: false, failures: 4 },
  [['shut'], ['turn'], ['open'], ['probe'], ['arm', 'reprobeDelay', 1000]],
  two,
);
moves(
  'a foreign broker answers nothing any more: it is asked whether it is there',
  plain,
  doubt,
  probing,
  [['shut'], ['open'], ['probe'], ['arm', 'probeTimeout', 250], ...stopsReprobing],
  two,
);
stays('silent brokers are asked in turn anyway', { kind: 'plain', answered: false, failures: 2 }, doubt, ONLY_ONE, two);
moves('a broker that is never asked answers nothing any more: requests go to the next', plain, doubt, plain, [['turn']], {
  ...two,
  correlation: 'socket',
});

coverEverything();
