/**
 * One connection of the ZMTP transport (rfc.zeromq.org/spec/37): greeting, handshake, traffic, end. Messages pass it by: only what is about the
 * connection itself is an event here.
 */
import {
  defineMachine,
  ignore,
  never,
  refuse,
  type Action,
  type Guard,
  type Machine,
  type MachineTypes,
  type Sink,
} from '../../core/machine.ts';

/** Why a connection ended. */
export type ConnectionEnd =
  /** We closed it. */
  | 'ours'
  /** The other side did, or the operating system for it. */
  | 'closed'
  /** It broke. */
  | 'reset'
  /** Nothing was heard for too long. */
  | 'heartbeat'
  /** It went over a limit. */
  | 'limit'
  /** It does not speak ZMTP 3 as we do, or broke its rules. */
  | 'protocol'
  /** The two do not fit together, or the mechanism refused: said with an ERROR by one of them. */
  | 'refused'
  /** The handshake took too long. */
  | 'handshake';

export interface ZmtpConnectionMachine extends MachineTypes {
  state:
    /** On its way to the listener. */
    | { readonly kind: 'opening' }
    | { readonly kind: 'greeting' }
    | { readonly kind: 'handshake' }
    /** `pinged`: a PING waits for any sign of life. */
    | { readonly kind: 'ready'; readonly pinged: boolean }
    /** What was sent is being delivered. */
    | { readonly kind: 'closing' }
    | { readonly kind: 'closed'; readonly why: ConnectionEnd };
  event:
    | { readonly kind: 'opened' }
    | { readonly kind: 'GREETING' }
    /** The mechanism has answered a command, and waits for the next one. */
    | { readonly kind: 'PROGRESS' }
    /** The mechanism is done, and the peer's socket fits ours. */
    | { readonly kind: 'READY' }
    /** What the peer sent cannot be: or it is over a limit, or its socket does not fit ours. */
    | { readonly kind: 'FAULT'; readonly why: 'limit' | 'protocol' | 'refused'; readonly reason: string }
    | { readonly kind: 'ERROR' }
    /** `ttl`: for how long the peer may be silent, in ms; 0 if it does not say. */
    | { readonly kind: 'PING'; readonly ttl: number }
    | { readonly kind: 'PONG' }
    /** The other side has ended the stream. */
    | { readonly kind: 'END' }
    | { readonly kind: 'broken' }
    | { readonly kind: 'close'; readonly linger: number }
    /** All that was sent is with the operating system, and the peer has ended its side. */
    | { readonly kind: 'flushed' }
    | { readonly kind: 'handshakeTimeout' }
    /** `silentFor`: how long nothing has come, or nothing has gone, whichever is longer, in ms. */
    | { readonly kind: 'pingDue'; readonly silentFor: number }
    /**
     * `waitedFor`: how long ago the first PING was sent since anything came; 0 if something came after the last one. `unread`: what comes is not
     * read now.
     */
    | { readonly kind: 'answerDue'; readonly waitedFor: number; readonly unread: boolean }
    /** `heard`: whether anything came since the PING that set the time to live. */
    | { readonly kind: 'ttlDue'; readonly heard: boolean; readonly unread: boolean }
    | { readonly kind: 'lingerTimeout' };
  timers: {
    handshakeTimeout: 'opening' | 'greeting' | 'handshake';
    pingDue: 'ready';
    answerDue: 'ready';
    ttlDue: 'ready';
    lingerTimeout: 'closing';
  };
  effects: ZmtpConnectionEffects;
  context: ZmtpConnectionContext;
}

export interface ZmtpConnectionEffects {
  sendGreeting(): void;
  /** The first command of the handshake, if it is ours to send. */
  beginHandshake(): void;
  /** Messages may pass from now on. */
  begin(): void;
  /** Tells the peer why it cannot be. */
  sendError(reason: string): void;
  ping(): void;
  pong(): void;
  /** Takes no more to send, reads no more messages, and ends the stream when all is sent. */
  drain(): void;
  /** Whatever has not been sent is lost. `wasReady`: messages could pass. */
  end(why: ConnectionEnd, wasReady: boolean): void;
}

export interface ZmtpConnectionContext {
  readonly handshakeTimeout: number;
  /** Time between two PINGs while either side is silent; `Infinity` for none. */
  readonly pingInterval: number;
  /** How long its answer may take. */
  readonly pingTimeout: number;
}

type M = ZmtpConnectionMachine;
type Out = Sink<M>;
type Open = 'opening' | 'greeting' | 'handshake' | 'ready';

const end = (why: ConnectionEnd, wasReady: boolean, out: Out): { readonly kind: 'closed'; readonly why: ConnectionEnd } => {
  out.end(why, wasReady);
  return { kind: 'closed', why };
};

const greet: Action<M, 'opening', 'opened', 'greeting'> = (_state, _event, out) => {
  out.sendGreeting();
  return { kind: 'greeting' };
};
const shakeHands: Action<M, 'greeting', 'GREETING', 'handshake'> = (_state, _event, out) => {
  out.beginHandshake();
  return { kind: 'handshake' };
};
const goOn: Action<M, 'handshake', 'PROGRESS', 'handshake'> = (state) => state;
const begin: Action<M, 'handshake', 'READY', 'ready'> = (_state, _event, out, context) => {
  if (context.pingInterval !== Infinity) out.arm('pingDue', context.pingInterval);
  out.begin();
  return { kind: 'ready', pinged: false };
};
/** Who is told of a fault in the greeting might not speak our language. */
const breakOff: Action<M, 'opening' | 'greeting', 'FAULT', 'closed'> = (_state, event, out) => end(event.why, false, out);
const turnDown: Action<M, 'handshake', 'FAULT', 'closed'> = (_state, event, out) => {
  out.sendError(event.reason);
  return end(event.why, false, out);
};
const breakOffTraffic: Action<M, 'ready', 'FAULT', 'closed'> = (_state, event, out) => end(event.why, true, out);
const beRefused: Action<M, 'handshake' | 'ready', 'ERROR', 'closed'> = (state, _event, out) => end('refused', state.kind === 'ready', out);
const hangUp: Action<M, Open, 'END', 'closed'> = (state, _event, out) => end('closed', state.kind === 'ready', out);
const lose: Action<M, Open, 'broken', 'closed'> = (state, _event, out) => end('reset', state.kind === 'ready', out);
const giveUpHandshake: Action<M, 'opening' | 'greeting' | 'handshake', 'handshakeTimeout', 'closed'> = (_state, _event, out) =>
  end('handshake', false, out);

const answerPing: Action<M, 'ready', 'PING', 'ready'> = (state, event, out) => {
  out.pong();
  if (event.ttl > 0) out.arm('ttlDue', event.ttl);
  return state;
};
/** Who sends without a break must hear something, too: its own PINGs wait behind what it sends. */
const bothSpeak: Guard<M, 'ready', 'pingDue'> = (_state, event, context) => event.silentFor < context.pingInterval;
const waitToPing: Action<M, 'ready', 'pingDue', 'ready'> = (state, event, out, context) => {
  out.arm('pingDue', context.pingInterval - event.silentFor);
  return state;
};
const ping: Action<M, 'ready', 'pingDue', 'ready'> = (state, _event, out, context) => {
  out.ping();
  out.arm('pingDue', context.pingInterval);
  if (!state.pinged) out.arm('answerDue', context.pingTimeout);
  return { kind: 'ready', pinged: true };
};
/** Bytes wait that we do not read: its silence is our own doing. */
const isUnread: Guard<M, 'ready', 'answerDue' | 'ttlDue'> = (_state, event) => event.unread;
const isOverdue: Guard<M, 'ready', 'answerDue'> = (_state, event, context) => event.waitedFor >= context.pingTimeout;
const isAwaited: Guard<M, 'ready', 'answerDue'> = (_state, event) => event.waitedFor > 0;
const waitForAnswer: Action<M, 'ready', 'answerDue', 'ready'> = (state, event, out, context) => {
  out.arm('answerDue', context.pingTimeout - event.waitedFor);
  return state;
};
const askAnew: Action<M, 'ready', 'answerDue', 'ready'> = () => ({ kind: 'ready', pinged: false });
const beReassured: Action<M, 'ready', 'answerDue', 'ready'> = () => ({ kind: 'ready', pinged: false });
const giveUp: Action<M, 'ready', 'answerDue' | 'ttlDue', 'closed'> = (_state, _event, out) => end('heartbeat', true, out);
const livesYet: Guard<M, 'ready', 'ttlDue'> = (_state, event) => event.heard;
/** The next PING sets it anew. */
const forgetTtl: Action<M, 'ready', 'ttlDue', 'ready'> = (state) => state;

const closeAtOnce: Action<M, 'opening' | 'greeting' | 'handshake', 'close', 'closed'> = (_state, _event, out) => end('ours', false, out);
const isHasty: Guard<M, 'ready', 'close'> = (_state, event) => event.linger <= 0;
const closeHastily: Action<M, 'ready', 'close', 'closed'> = (_state, _event, out) => end('ours', true, out);
const drain: Action<M, 'ready', 'close', 'closing'> = (_state, event, out) => {
  out.drain();
  if (event.linger !== Infinity) out.arm('lingerTimeout', event.linger);
  return { kind: 'closing' };
};
const finish: Action<M, 'closing', 'flushed' | 'lingerTimeout' | 'broken' | 'FAULT' | 'ERROR', 'closed'> = (_state, _event, out) =>
  end('ours', true, out);
const isHastyNow: Guard<M, 'closing', 'close'> = (_state, event) => event.linger <= 0;
const hurry: Action<M, 'closing', 'close', 'closed'> = (_state, _event, out) => end('ours', true, out);

const NOT_OPEN = 'nothing can come before it is open';
const ONE_GREETING = 'the reader looks for one greeting';
const DONE = 'the handshake is over';
const CLOSED = 'closed';

export const zmtpConnection: Machine<M> = defineMachine<M>({
  name: 'ZmtpConnection',
  start: () => ({ kind: 'opening' }),
  timers: {
    handshakeTimeout: ['opening', 'greeting', 'handshake'],
    pingDue: 'ready',
    answerDue: 'ready',
    ttlDue: 'ready',
    lingerTimeout: 'closing',
  },
  table: {
    opening: {
      opened: { to: 'greeting', do: greet },
      GREETING: refuse(NOT_OPEN),
      PROGRESS: refuse(NOT_OPEN),
      READY: refuse(NOT_OPEN),
      FAULT: { to: 'closed', do: breakOff },
      ERROR: refuse(NOT_OPEN),
      PING: refuse(NOT_OPEN),
      PONG: refuse(NOT_OPEN),
      END: { to: 'closed', do: hangUp },
      broken: { to: 'closed', do: lose },
      close: { to: 'closed', do: closeAtOnce },
      flushed: never('nothing was sent'),
      handshakeTimeout: { to: 'closed', do: giveUpHandshake },
    },
    greeting: {
      opened: never('it is open'),
      GREETING: { to: 'handshake', do: shakeHands },
      PROGRESS: refuse('commands come after the greeting'),
      READY: refuse('commands come after the greeting'),
      FAULT: { to: 'closed', do: breakOff },
      ERROR: refuse('commands come after the greeting'),
      PING: refuse('commands come after the greeting'),
      PONG: refuse('commands come after the greeting'),
      END: { to: 'closed', do: hangUp },
      broken: { to: 'closed', do: lose },
      close: { to: 'closed', do: closeAtOnce },
      flushed: never('nothing was sent'),
      handshakeTimeout: { to: 'closed', do: giveUpHandshake },
    },
    handshake: {
      opened: never('it is open'),
      GREETING: refuse(ONE_GREETING),
      PROGRESS: { to: 'handshake', do: goOn },
      READY: { to: 'ready', do: begin },
      FAULT: { to: 'closed', do: turnDown },
      ERROR: { to: 'closed', do: beRefused },
      PING: refuse('the mechanism takes every command but ERROR'),
      PONG: refuse('the mechanism takes every command but ERROR'),
      END: { to: 'closed', do: hangUp },
      broken: { to: 'closed', do: lose },
      close: { to: 'closed', do: closeAtOnce },
      flushed: never('nothing was sent'),
      handshakeTimeout: { to: 'closed', do: giveUpHandshake },
    },
    ready: {
      opened: never('it is open'),
      GREETING: refuse(ONE_GREETING),
      PROGRESS: refuse(DONE),
      READY: refuse(DONE),
      FAULT: { to: 'closed', do: breakOffTraffic },
      ERROR: { to: 'closed', do: beRefused },
      PING: { to: 'ready', do: answerPing },
      PONG: ignore('that something came is noted'),
      END: { to: 'closed', do: hangUp },
      broken: { to: 'closed', do: lose },
      close: [
        { to: 'closed', when: isHasty, do: closeHastily },
        { to: 'closing', do: drain },
      ],
      flushed: never('it goes on'),
      pingDue: [
        { to: 'ready', when: bothSpeak, do: waitToPing },
        { to: 'ready', do: ping },
      ],
      answerDue: [
        { to: 'ready', when: isUnread, do: askAnew },
        { to: 'closed', when: isOverdue, do: giveUp },
        { to: 'ready', when: isAwaited, do: waitForAnswer },
        { to: 'ready', do: beReassured },
      ],
      ttlDue: [
        { to: 'ready', when: isUnread, do: forgetTtl },
        { to: 'ready', when: livesYet, do: forgetTtl },
        { to: 'closed', do: giveUp },
      ],
    },
    closing: {
      opened: never('it is open'),
      GREETING: refuse(ONE_GREETING),
      PROGRESS: refuse(DONE),
      READY: refuse(DONE),
      FAULT: { to: 'closed', do: finish },
      ERROR: { to: 'closed', do: finish },
      PING: ignore('it ends'),
      PONG: ignore('it ends'),
      END: ignore('our side ends when all is sent'),
      broken: { to: 'closed', do: finish },
      close: [{ to: 'closed', when: isHastyNow, do: hurry }, ignore('idempotent')],
      flushed: { to: 'closed', do: finish },
      lingerTimeout: { to: 'closed', do: finish },
    },
    closed: {
      opened: ignore(CLOSED),
      GREETING: ignore(CLOSED),
      PROGRESS: ignore(CLOSED),
      READY: ignore(CLOSED),
      FAULT: ignore(CLOSED),
      ERROR: ignore(CLOSED),
      PING: ignore(CLOSED),
      PONG: ignore(CLOSED),
      END: ignore(CLOSED),
      broken: ignore(CLOSED),
      close: ignore('idempotent'),
      flushed: ignore(CLOSED),
    },
  },
});
