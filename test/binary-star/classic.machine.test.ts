/** One of the two servers of the Guide's Binary Star, arrow by arrow and cell by cell. */
import { classicBinaryStar, type ClassicBinaryStarContext, type ClassicBinaryStarMachine } from '../../src/binary-star/classic.machine.ts';
import { Rows } from '../support/rows.ts';

type State = ClassicBinaryStarMachine['state'];
type Event = ClassicBinaryStarMachine['event'];

const context: ClassicBinaryStarContext = { role: 'primary', heartbeatInterval: 1000, failoverTimeout: 2000 };
const { moves, stays, never, coverEverything } = new Rows(classicBinaryStar, context);

const fresh: State = { kind: 'new' };
const primary: State = { kind: 'primary', expired: false };
const lonePrimary: State = { kind: 'primary', expired: true };
const backup: State = { kind: 'backup' };
const active: State = { kind: 'active' };
const passive: State = { kind: 'passive', expired: false };
const deserted: State = { kind: 'passive', expired: true };
const halted: State = { kind: 'halted' };
const closed: State = { kind: 'closed' };

const PRIMARY: Event = { kind: 'PRIMARY' };
const BACKUP: Event = { kind: 'BACKUP' };
const ACTIVE: Event = { kind: 'ACTIVE' };
const PASSIVE: Event = { kind: 'PASSIVE' };
const start: Event = { kind: 'start' };
const clientRequest: Event = { kind: 'clientRequest' };
const close: Event = { kind: 'close' };
const heartbeatDue: Event = { kind: 'heartbeatDue' };
const peerSilence: Event = { kind: 'peerSilence' };
const WORDS = [PRIMARY, BACKUP, ACTIVE, PASSIVE] as const;

const LISTENS = ['arm', 'peerSilence', 2000] as const;
const STOPS = [
  ['disarm', 'heartbeatDue'],
  ['disarm', 'peerSilence'],
] as const;
const says = (word: string) =>
  [
    ['publish', word],
    ['arm', 'heartbeatDue', 1000],
  ] as const;

moves('a primary begins: it says so, and listens', fresh, start, primary, [...says('primary'), LISTENS]);
moves('a backup begins: it says so, and listens', fresh, start, backup, [...says('backup'), LISTENS], { role: 'backup' });
moves('it is closed before it has begun', fresh, close, closed, []);
for (const word of WORDS) stays(`${word.kind} before it has begun`, fresh, word, 'nothing is connected yet');
stays('a client asks before it has begun', fresh, clientRequest, 'nothing is connected yet');

moves('a primary meets its backup: it serves', primary, BACKUP, active, [['serve'], LISTENS]);
moves('a primary that has restarted meets a backup that serves: it steps aside', primary, ACTIVE, passive, [LISTENS]);
moves('a primary hears another primary, and goes on waiting', lonePrimary, PRIMARY, primary, [LISTENS]);
moves('a primary hears a passive peer, and goes on waiting', lonePrimary, PASSIVE, primary, [LISTENS]);
moves('a primary is asked while the peer is silent: it serves', lonePrimary, clientRequest, active, [['serve']]);
stays('a primary is asked while the peer may serve', primary, clientRequest, 'the peer may be active');
moves('a primary says that it is there', primary, heartbeatDue, primary, says('primary'));
moves('a primary hears nothing of its peer', primary, peerSilence, lonePrimary, [['missPeer']]);
moves('a primary is closed', primary, close, closed, STOPS);
never('a primary begins once', primary, start, 'it has started');

moves('a backup meets a peer that serves: it is passive', backup, ACTIVE, passive, [LISTENS]);
for (const word of [PRIMARY, BACKUP, PASSIVE]) moves(`a backup hears ${word.kind}, and goes on waiting`, backup, word, backup, [LISTENS]);
stays('a backup that has met nobody is asked', backup, clientRequest, 'a backup that has not met its primary serves nobody');
moves('a backup says that it is there', backup, heartbeatDue, backup, says('backup'));
moves('a backup hears nothing of its peer', backup, peerSilence, backup, [['missPeer']]);
moves('a backup is closed', backup, close, closed, STOPS);
never('a backup begins once', backup, start, 'it has started');

moves('two are active: both stop', active, ACTIVE, halted, [['halt', 'dual-active'], ...STOPS]);
for (const word of [PRIMARY, BACKUP, PASSIVE]) moves(`an active server hears ${word.kind}, and serves on`, active, word, active, [LISTENS]);
stays('an active server is asked', active, clientRequest, 'it is served');
moves('an active server says so', active, heartbeatDue, active, says('active'));
moves('an active server hears nothing of its peer, and serves on', active, peerSilence, active, [['missPeer']]);
moves('an active server is closed: it serves nobody any more', active, close, closed, [['retreat'], ...STOPS]);
never('an active server has begun', active, start, 'it has started');

moves('the primary has restarted: the passive server serves', passive, PRIMARY, active, [['serve'], LISTENS]);
moves('the backup has restarted: the passive server serves', passive, BACKUP, active, [['serve'], LISTENS]);
moves('the peer serves', deserted, ACTIVE, passive, [LISTENS]);
moves('two are passive: both stop', passive, PASSIVE, halted, [['halt', 'dual-passive'], ...STOPS]);
moves('the peer is silent and a client asks: it takes over', deserted, clientRequest, active, [['serve']]);
stays('a client asks while the peer is there', passive, clientRequest, 'the peer serves');
moves('a passive server says so', passive, heartbeatDue, passive, says('passive'));
moves('a passive server hears nothing of its peer', passive, peerSilence, deserted, [['missPeer']]);
moves('a passive server is closed', passive, close, closed, STOPS);
never('a passive server has begun', passive, start, 'it has started');

for (const event of [...WORDS, clientRequest]) stays(`${event.kind} after it has stopped`, halted, event, 'it has stopped for good');
moves('it is closed after it has stopped', halted, close, closed, []);
never('what has stopped has begun', halted, start, 'it has started');

for (const event of [...WORDS, clientRequest]) stays(`${event.kind} after the end`, closed, event, 'closed');
stays('it was closed before it could begin', closed, start, 'closed before it had started');
stays('it is closed twice', closed, close, 'idempotent');

coverEverything();
