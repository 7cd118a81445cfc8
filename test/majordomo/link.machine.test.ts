/** A client's link to its broker, arrow by arrow and cell by cell. */
import { majordomoLink, type LinkContext, type MajordomoLinkMachine } from '../../src/majordomo/client.machine.ts';
import { Rows } from '../support/rows.ts';

type State = MajordomoLinkMachine['state'];
type Event = MajordomoLinkMachine['event'];

const context: LinkContext = {
  correlation: 'auto',
  probeTimeout: 250,
  backoff: { base: 500, maximum: 8000, jitter: 0.8 },
  // In the middle of the jitter.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(majordomoLink, context);

const fresh: State = { kind: 'new' };
const probing: State = { kind: 'probing', known: false };
const correlated: State = { kind: 'correlated' };
const plain: State = { kind: 'plain' };
const resting: State = { kind: 'resting', known: false };
const closed: State = { kind: 'closed' };

const OURS: Event = { kind: 'ANSWER', ours: true };
const FOREIGN: Event = { kind: 'ANSWER', ours: false };
const start = (correlation: LinkContext['correlation']): Event => ({ kind: 'start', correlation });
const brokerGone: Event = { kind: 'brokerGone' };
const close: Event = { kind: 'close' };
const probeTimeout: Event = { kind: 'probeTimeout' };
const reconnectDelay: Event = { kind: 'reconnectDelay' };

const rests = [['shut'], ['arm', 'reconnectDelay', 500], ['lost', 500]] as const;
const stopsProbing = [['disarm', 'probeTimeout']] as const;
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

moves('the broker is ours: requests share the connection', probing, OURS, correlated, [['usable'], ...stopsProbing]);
moves('the broker answers like a foreign one: one connection per request', probing, FOREIGN, plain, [['usable'], ...stopsProbing]);
moves('the broker says nothing: one connection per request, for now', probing, probeTimeout, plain, [['usable'], ...stopsProbing]);
moves('the connection ends while asking', probing, brokerGone, resting, [...rests, ...stopsProbing]);
moves(
  'a broker that was ours before goes while asking again',
  { kind: 'probing', known: true },
  brokerGone,
  { kind: 'resting', known: true },
  [...rests, ...stopsProbing],
);
moves('it is closed while asking', probing, close, closed, [['shut'], ...stopsProbing]);
never('it starts once', probing, start('auto'), 'it has started');

moves('our broker’s connection ends', correlated, brokerGone, { kind: 'resting', known: true }, rests);
moves('it is closed with our broker', correlated, close, closed, [['shut']]);
stays('a second answer of our broker', correlated, OURS, 'known already');
never('with our broker it has started', correlated, start('auto'), 'it has started');

moves('our broker was only slow to answer: requests share the connection from now on', plain, OURS, correlated, [['usable']]);
stays('a foreign broker’s late answer', plain, FOREIGN, 'foreign, as thought');
moves('the connection to a foreign broker ends', plain, brokerGone, resting, rests);
moves('it is closed with a foreign broker', plain, close, closed, [['shut']]);
never('with a foreign broker it has started', plain, start('socket'), 'it has started');

moves('the pause is over: it connects and asks', resting, reconnectDelay, probing, [
  ['open'],
  ['probe'],
  ['arm', 'probeTimeout', 250],
  ...stopsResting,
]);
moves(
  'the pause is over: a broker that was ours is waited for longer, as it is probably restarting',
  { kind: 'resting', known: true },
  reconnectDelay,
  { kind: 'probing', known: true },
  [['open'], ['probe'], ['arm', 'probeTimeout', 2500], ...stopsResting],
);
moves(
  'the pause is over: nobody asks where envelopes were promised',
  { kind: 'resting', known: true },
  reconnectDelay,
  correlated,
  [['open'], ['usable'], ...stopsResting],
  { correlation: 'envelope' },
);
stays('an answer over the connection that was left', resting, OURS, 'from a connection that was left');
stays('the connection that was left ends', resting, brokerGone, 'the connection was left already');
moves('it is closed while it rests', resting, close, closed, [...stopsResting]);
never('while it rests it has started', resting, start('auto'), 'it has started');

stays('an answer after closing', closed, OURS, 'closed');
stays('the transport is ready after closing', closed, start('auto'), 'closed before it had started');
stays('the connection ends after closing', closed, brokerGone, 'closed');
stays('it is closed again', closed, close, 'idempotent');

coverEverything();
