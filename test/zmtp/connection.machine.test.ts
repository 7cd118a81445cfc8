import {
  zmtpConnection,
  type ConnectionEnd,
  type ZmtpConnectionContext,
  type ZmtpConnectionMachine,
} from '../../src/transport/zmtp/connection.machine.ts';
import { Rows } from '../support/rows.ts';

type State = ZmtpConnectionMachine['state'];
type Event = ZmtpConnectionMachine['event'];

const context: ZmtpConnectionContext = { handshakeTimeout: 2000, pingInterval: 1000, pingTimeout: 3000 };
const { moves, stays, refuses, never, coverEverything } = new Rows(zmtpConnection, context);

const opening: State = { kind: 'opening' };
const greeting: State = { kind: 'greeting' };
const handshake: State = { kind: 'handshake' };
const ready = (pinged = false): State => ({ kind: 'ready', pinged });
const closing: State = { kind: 'closing' };
const closed = (why: ConnectionEnd = 'closed'): State => ({ kind: 'closed', why });

const opened: Event = { kind: 'opened' };
const GREETING: Event = { kind: 'GREETING' };
const PROGRESS: Event = { kind: 'PROGRESS' };
const READY: Event = { kind: 'READY' };
const FAULT = (why: 'limit' | 'protocol' | 'refused' = 'protocol'): Event => ({ kind: 'FAULT', why, reason: 'nonsense' });
const ERROR: Event = { kind: 'ERROR' };
const PING = (ttl = 0): Event => ({ kind: 'PING', ttl });
const PONG: Event = { kind: 'PONG' };
const END: Event = { kind: 'END' };
const broken: Event = { kind: 'broken' };
const close = (linger: number): Event => ({ kind: 'close', linger });
const flushed: Event = { kind: 'flushed' };
const handshakeTimeout: Event = { kind: 'handshakeTimeout' };
const pingDue = (silentFor: number): Event => ({ kind: 'pingDue', silentFor });
const answerDue = (waitedFor: number, unread = false): Event => ({ kind: 'answerDue', waitedFor, unread });
const ttlDue = (heard: boolean, unread = false): Event => ({ kind: 'ttlDue', heard, unread });
const lingerTimeout: Event = { kind: 'lingerTimeout' };

const NO_HANDSHAKE = ['disarm', 'handshakeTimeout'] as const;
const NO_TRAFFIC = (['pingDue', 'answerDue', 'ttlDue'] as const).map((timer) => ['disarm', timer] as const);
const ends = (why: ConnectionEnd, wasReady = false) => ['end', why, wasReady] as const;

/* ------------------------------------------------------------------ before the handshake is over */

moves('the stream is open: we greet', opening, opened, greeting, [['sendGreeting']]);
moves('a greeting that fits: the handshake begins', greeting, GREETING, handshake, [['beginHandshake']]);
moves('the handshake goes on', handshake, PROGRESS, handshake, []);
moves('the handshake is over', handshake, READY, ready(), [['arm', 'pingDue', 1000], ['begin'], NO_HANDSHAKE]);
moves('the handshake is over, and nobody wants PINGs', handshake, READY, ready(), [['begin'], NO_HANDSHAKE], { pingInterval: Infinity });
for (const state of [opening, greeting]) {
  moves(`${state.kind}: what comes is no ZMTP`, state, FAULT(), closed('protocol'), [ends('protocol'), NO_HANDSHAKE]);
}
moves('the two sockets do not fit: the peer is told why', handshake, FAULT('refused'), closed('refused'), [
  ['sendError', 'nonsense'],
  ends('refused'),
  NO_HANDSHAKE,
]);
moves('the peer says that the two do not fit', handshake, ERROR, closed('refused'), [ends('refused'), NO_HANDSHAKE]);
for (const state of [opening, greeting, handshake]) {
  moves(`${state.kind}: the other side hangs up`, state, END, closed('closed'), [ends('closed'), NO_HANDSHAKE]);
  moves(`${state.kind}: the connection breaks`, state, broken, closed('reset'), [ends('reset'), NO_HANDSHAKE]);
  moves(`${state.kind}: we do not want it any more`, state, close(500), closed('ours'), [ends('ours'), NO_HANDSHAKE]);
  moves(`${state.kind}: it takes too long`, state, handshakeTimeout, closed('handshake'), [ends('handshake'), NO_HANDSHAKE]);
  never(`${state.kind}: nothing was sent`, state, flushed, 'nothing was sent');
}
for (const event of [GREETING, PROGRESS, READY, ERROR, PING(), PONG])
  refuses(`opening: ${event.kind}`, opening, event, 'nothing can come before it is open');
for (const event of [PROGRESS, READY, ERROR, PING(), PONG])
  refuses(`greeting: ${event.kind}`, greeting, event, 'commands come after the greeting');
for (const event of [PING(), PONG]) refuses(`handshake: ${event.kind}`, handshake, event, 'the mechanism takes every command but ERROR');
for (const state of [handshake, ready(), closing])
  refuses(`${state.kind}: a second greeting`, state, GREETING, 'the reader looks for one greeting');
for (const state of [greeting, handshake, ready(), closing]) never(`${state.kind}: it opens once`, state, opened, 'it is open');

/* ------------------------------------------------------------------ traffic */

for (const state of [ready(), closing])
  for (const event of [PROGRESS, READY]) refuses(`${state.kind}: ${event.kind}`, state, event, 'the handshake is over');
never('ready: it goes on', ready(), flushed, 'it goes on');
moves('a PING is answered', ready(), PING(), ready(), [['pong']]);
moves('a PING says how long the peer waits for a sign of life', ready(true), PING(700), ready(true), [['pong'], ['arm', 'ttlDue', 700]]);
stays('a PONG is a sign of life', ready(true), PONG, 'that something came is noted');
moves('something came and something went meanwhile: the PING waits', ready(), pingDue(400), ready(), [['arm', 'pingDue', 600]]);
moves('nothing came, or nothing went: the peer is asked', ready(), pingDue(1000), ready(true), [
  ['ping'],
  ['arm', 'pingDue', 1000],
  ['arm', 'answerDue', 3000],
]);
moves('nothing came still: it is asked again, and its time runs on', ready(true), pingDue(2000), ready(true), [
  ['ping'],
  ['arm', 'pingDue', 1000],
]);
moves('it has not answered in time', ready(true), answerDue(3000), closed('heartbeat'), [ends('heartbeat', true), ...NO_TRAFFIC]);
moves('it has answered, and was asked again', ready(true), answerDue(1000), ready(true), [['arm', 'answerDue', 2000]]);
moves('it has answered', ready(true), answerDue(0), ready(), []);
moves('the peer’s time has run out in silence', ready(), ttlDue(false), closed('heartbeat'), [ends('heartbeat', true), ...NO_TRAFFIC]);
moves('the peer was heard in its time', ready(), ttlDue(true), ready(), []);
moves('it may have answered, and we do not read it: it is asked anew', ready(true), answerDue(3000, true), ready(), []);
moves('the peer’s time has run out, and we do not read it', ready(true), ttlDue(false, true), ready(true), []);
moves('a frame over the limit ends it', ready(), FAULT('limit'), closed('limit'), [ends('limit', true), ...NO_TRAFFIC]);
moves('the peer says that it gives up', ready(), ERROR, closed('refused'), [ends('refused', true), ...NO_TRAFFIC]);
moves('the other side hangs up', ready(), END, closed('closed'), [ends('closed', true), ...NO_TRAFFIC]);
moves('the connection breaks', ready(), broken, closed('reset'), [ends('reset', true), ...NO_TRAFFIC]);

/* ------------------------------------------------------------------ the end */

moves('it is closed at once', ready(), close(0), closed('ours'), [ends('ours', true), ...NO_TRAFFIC]);
moves('it is closed when all is sent, or the time is over', ready(), close(500), closing, [
  ['drain'],
  ['arm', 'lingerTimeout', 500],
  ...NO_TRAFFIC,
]);
moves('it is closed when all is sent', ready(), close(Infinity), closing, [['drain'], ...NO_TRAFFIC]);
const NO_LINGER = ['disarm', 'lingerTimeout'] as const;
for (const event of [flushed, broken, FAULT(), ERROR])
  moves(`closing: ${event.kind}`, closing, event, closed('ours'), [ends('ours', true), NO_LINGER]);
moves('closing: the time is over', closing, lingerTimeout, closed('ours'), [ends('ours', true), NO_LINGER]);
moves('closing: now at once', closing, close(0), closed('ours'), [ends('ours', true), NO_LINGER]);
stays('closing: again', closing, close(500), 'idempotent');
for (const event of [PING(), PONG]) stays(`closing: ${event.kind}`, closing, event, 'it ends');
stays('closing: the peer has nothing more to say', closing, END, 'our side ends when all is sent');
for (const event of [opened, GREETING, PROGRESS, READY, FAULT(), ERROR, PING(), PONG, END, broken, flushed])
  stays(`closed: ${event.kind}`, closed(), event, 'closed');
stays('closed: again', closed(), close(0), 'idempotent');

coverEverything();
