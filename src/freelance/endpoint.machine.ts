/**
 * One server, as a Freelance client sees it (Guide, chapter 4; 10/FLP): what is known of its health, and how that is found out while nobody
 * waits. Which server a request goes to follows from these states; a call never has to find out what is known already.
 */
import { backoffDelay, type BackoffOptions } from '../core/backoff.ts';
import { defineMachine, ignore, never, type Action, type Guard, type Machine, type MachineTypes } from '../core/machine.ts';

/** Why a server is taken for dead. */
export type ServerLoss =
  /** Nothing was heard of it for `serverTimeToLive`, though it was asked. */
  | 'silent'
  /** Its connection was lost. */
  | 'connection-lost';

export interface FreelanceEndpointMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** It has just been pinged for the first time: requests wait a moment for who answers. */
    | { readonly kind: 'greeting' }
    | { readonly kind: 'untried' }
    /** `asked`: a ping was sent since it was last heard. Servers speak when they are spoken to: only now does its silence mean something. */
    | { readonly kind: 'alive'; readonly asked: boolean }
    /** A request was not answered in time, or a dead server was given one: nothing was heard of it since. `failures`: losses and vain probes in a row. */
    | { readonly kind: 'doubtful'; readonly failures: number }
    /** `rested`: the pause is over, and there is no way to ask but by a request. */
    | { readonly kind: 'dead'; readonly failures: number; readonly rested: boolean }
    | { readonly kind: 'removed' };
  event:
    /** Anything at all came from it. */
    | { readonly kind: 'HEARD' }
    | { readonly kind: 'begin' }
    /** A request was sent to it. */
    | { readonly kind: 'used' }
    /** A request that was sent to it was not answered within `requestTimeout`. */
    | { readonly kind: 'overdue' }
    | { readonly kind: 'connectionLost' }
    | { readonly kind: 'remove' }
    | { readonly kind: 'greetingTime' }
    | { readonly kind: 'pingInterval' }
    | { readonly kind: 'timeToLive' }
    | { readonly kind: 'probePause' };
  timers: {
    greetingTime: 'greeting';
    pingInterval: 'greeting' | 'untried' | 'alive' | 'doubtful';
    timeToLive: 'greeting' | 'untried' | 'alive' | 'doubtful';
    probePause: 'dead';
  };
  effects: FreelanceEndpointEffects;
  context: FreelanceEndpointContext;
}

export interface FreelanceEndpointEffects {
  /** Asks whether it is there, as far as there is a way to: a PING, or the probe of the options. */
  probe(): void;
  /** Closes its connection, with all that may be under way on it, and opens a new one. */
  renew(): void;
  /** Closes its connection; what was under way on it is lost. */
  disconnect(): void;
  /** It may be chosen from now on. */
  usable(): void;
  /** It is alive from now on. */
  revive(): void;
  /** The connection of a probe was up, and is lost: the next probe comes sooner than was meant. */
  hasten(): void;
  /** It comes behind all that were found guilty before, and is in doubt. */
  doubt(): void;
  /** It comes behind all that were found guilty before, and is taken for dead. */
  lose(reason: ServerLoss): void;
}

export interface FreelanceEndpointContext {
  /** The wire has pings: silence means something. */
  readonly pings: boolean;
  /** There is a way to ask a server whether it is there. */
  readonly probes: boolean;
  readonly pingInterval: number;
  readonly timeToLive: number;
  /** How long requests wait for the first answer to a first ping. */
  readonly greetingTime: number;
  /** The pauses between probes of a dead server. */
  readonly backoff: BackoffOptions;
  readonly random: () => number;
}

type M = FreelanceEndpointMachine;
type Live = 'greeting' | 'untried' | 'alive';
type Watched = Live | 'doubtful';
type Timers = keyof M['timers'];
type Out = FreelanceEndpointEffects & { arm(timer: Timers, delay: number): void; disarm(timer: Timers): void };
type Context = FreelanceEndpointContext;
type Alive = Extract<M['state'], { kind: 'alive' }>;
type Doubtful = Extract<M['state'], { kind: 'doubtful' }>;
type Dead = Extract<M['state'], { kind: 'dead' }>;

const pings: Guard<M, 'new' | 'alive' | 'untried' | 'doubtful' | 'dead', 'begin' | 'HEARD' | 'overdue' | 'used'> = (
  _state,
  _event,
  context,
) => context.pings;
const probes: Guard<M, 'dead', 'probePause' | 'connectionLost'> = (_state, _event, context) => context.probes;
const isAsked: Guard<M, 'alive', 'pingInterval' | 'overdue'> = (state, _event, context) => context.pings && state.asked;

/** It was asked, or tried with a request, at this moment. */
const watch = (out: Out, context: Context): void => {
  out.arm('pingInterval', context.pingInterval);
  out.arm('timeToLive', context.timeToLive);
};
const greet: Action<M, 'new', 'begin', 'greeting'> = (_state, _event, out, context) => {
  out.probe();
  watch(out, context);
  out.arm('greetingTime', context.greetingTime);
  return { kind: 'greeting' };
};
const wait: Action<M, 'new', 'begin', 'untried'> = (_state, _event, out) => {
  out.usable();
  return { kind: 'untried' };
};
const waitNoLonger: Action<M, 'greeting', 'greetingTime', 'untried'> = (_state, _event, out) => {
  out.usable();
  return { kind: 'untried' };
};

const TRUSTED: Alive = { kind: 'alive', asked: false };
const ASKED: Alive = { kind: 'alive', asked: true };
/** Nothing is expected of it before the next ping: who stands still and asks nobody hears nobody. */
const hear = (out: Out, context: Context): void => {
  out.arm('pingInterval', context.pingInterval);
  out.disarm('timeToLive');
};
const revive = (out: Out): Alive => {
  out.revive();
  return TRUSTED;
};
const reviveWatched: Action<M, 'greeting' | 'untried' | 'doubtful' | 'dead', 'HEARD', 'alive'> = (_state, _event, out, context) => {
  hear(out, context);
  return revive(out);
};
/** Without pings it is watched only while it is in doubt. */
const reviveTrusted: Action<M, 'untried' | 'doubtful' | 'dead', 'HEARD', 'alive'> = (_state, _event, out) => {
  out.disarm('timeToLive');
  return revive(out);
};
const stayAlive: Action<M, 'alive', 'HEARD', 'alive'> = (_state, _event, out, context) => {
  hear(out, context);
  return TRUSTED;
};

const ping = <S extends M['state']>(state: S, out: Out, context: Context): S => {
  out.probe();
  out.arm('pingInterval', context.pingInterval);
  return state;
};
const pingGreeting: Action<M, 'greeting', 'pingInterval', 'greeting'> = (state, _event, out, context) => ping(state, out, context);
const pingUntried: Action<M, 'untried', 'pingInterval', 'untried'> = (state, _event, out, context) => ping(state, out, context);
/** It was heard one interval ago, and has the rest of its time to answer: all of it, had we not stood still meanwhile. */
const pingAlive: Action<M, 'alive', 'pingInterval', 'alive'> = (_state, _event, out, context) => {
  out.arm('timeToLive', context.timeToLive - context.pingInterval);
  return ping(ASKED, out, context);
};
const pingAgain: Action<M, 'alive', 'pingInterval', 'alive'> = (state, _event, out, context) => ping(state, out, context);
const pingDoubtful: Action<M, 'doubtful', 'pingInterval', 'doubtful'> = (state, _event, out, context) => ping(state, out, context);

/** It is asked at once; its time to live runs already. */
const doubtWatched: Action<M, 'untried' | 'alive', 'overdue', 'doubtful'> = (_state, _event, out, context): Doubtful => {
  out.doubt();
  return ping({ kind: 'doubtful', failures: 0 }, out, context);
};
/** It is asked at once, for the first time since it was heard: its time to live begins. */
const doubtUnasked: Action<M, 'alive', 'overdue', 'doubtful'> = (_state, _event, out, context): Doubtful => {
  out.doubt();
  out.arm('timeToLive', context.timeToLive);
  return ping({ kind: 'doubtful', failures: 0 }, out, context);
};
/** Without pings its silence means something from now on. */
const doubtTrusted: Action<M, 'untried' | 'alive', 'overdue', 'doubtful'> = (_state, _event, out, context) => {
  out.doubt();
  out.probe();
  out.arm('timeToLive', context.timeToLive);
  return { kind: 'doubtful', failures: 0 };
};

const lose = (failures: number, reason: ServerLoss, out: Out, context: Context): Dead => {
  out.lose(reason);
  out.disconnect();
  out.arm('probePause', backoffDelay(failures, context.backoff, context.random));
  return { kind: 'dead', failures: failures + 1, rested: false };
};
const failuresOf = (state: M['state']): number => ('failures' in state ? state.failures : 0);
const loseSilent: Action<M, Watched, 'timeToLive', 'dead'> = (state, _event, out, context) =>
  lose(failuresOf(state), 'silent', out, context);
const loseConnection: Action<M, Watched, 'connectionLost', 'dead'> = (state, _event, out, context) =>
  lose(failuresOf(state), 'connection-lost', out, context);

/** What a probe before it did not bring was on a connection that may be as dead as the server. */
const probeAgain: Action<M, 'dead', 'probePause', 'dead'> = (state, _event, out, context) => {
  out.renew();
  out.probe();
  out.arm('probePause', backoffDelay(state.failures, context.backoff, context.random));
  return { kind: 'dead', failures: state.failures + 1, rested: false };
};
/** Somebody was there a moment ago: the pause is as after a first loss. */
const hasten: Action<M, 'dead', 'connectionLost', 'dead'> = (_state, _event, out, context) => {
  out.hasten();
  out.arm('probePause', backoffDelay(0, context.backoff, context.random));
  return { kind: 'dead', failures: 1, rested: false };
};
const rest: Action<M, 'dead', 'probePause', 'dead'> = (state) => ({ kind: 'dead', failures: state.failures, rested: true });
/** A request is its trial. */
const tryWatched: Action<M, 'dead', 'used', 'doubtful'> = (state, _event, out, context) => {
  watch(out, context);
  return { kind: 'doubtful', failures: state.failures };
};
const tryTrusted: Action<M, 'dead', 'used', 'doubtful'> = (state, _event, out, context) => {
  out.arm('timeToLive', context.timeToLive);
  return { kind: 'doubtful', failures: state.failures };
};

const remove: Action<M, 'new' | Watched | 'dead', 'remove', 'removed'> = (_state, _event, out) => {
  out.disconnect();
  return { kind: 'removed' };
};

export const freelanceEndpoint: Machine<M> = defineMachine<M>({
  name: 'FreelanceEndpoint',
  start: () => ({ kind: 'new' }),
  timers: {
    greetingTime: 'greeting',
    pingInterval: ['greeting', 'untried', 'alive', 'doubtful'],
    timeToLive: ['greeting', 'untried', 'alive', 'doubtful'],
    probePause: 'dead',
  },
  table: {
    new: {
      HEARD: ignore('it has no connection'),
      begin: [
        { to: 'greeting', when: pings, do: greet },
        { to: 'untried', do: wait },
      ],
      used: never('it is not chosen before it begins'),
      overdue: ignore('it was not asked'),
      connectionLost: ignore('it has no connection'),
      remove: { to: 'removed', do: remove },
    },
    greeting: {
      HEARD: { to: 'alive', do: reviveWatched },
      begin: never('it has begun'),
      used: never('it is not chosen while it is greeted'),
      overdue: ignore('it was not asked'),
      connectionLost: { to: 'dead', do: loseConnection },
      remove: { to: 'removed', do: remove },
      greetingTime: { to: 'untried', do: waitNoLonger },
      pingInterval: { to: 'greeting', do: pingGreeting },
      timeToLive: { to: 'dead', do: loseSilent },
    },
    untried: {
      HEARD: [
        { to: 'alive', when: pings, do: reviveWatched },
        { to: 'alive', do: reviveTrusted },
      ],
      begin: never('it has begun'),
      used: ignore('its answer will tell'),
      overdue: [
        { to: 'doubtful', when: pings, do: doubtWatched },
        { to: 'doubtful', do: doubtTrusted },
      ],
      connectionLost: { to: 'dead', do: loseConnection },
      remove: { to: 'removed', do: remove },
      pingInterval: { to: 'untried', do: pingUntried },
      timeToLive: { to: 'dead', do: loseSilent },
    },
    alive: {
      HEARD: [{ to: 'alive', when: pings, do: stayAlive }, ignore('it is known to be alive')],
      begin: never('it has begun'),
      used: ignore('its answer will tell'),
      overdue: [
        { to: 'doubtful', when: isAsked, do: doubtWatched },
        { to: 'doubtful', when: pings, do: doubtUnasked },
        { to: 'doubtful', do: doubtTrusted },
      ],
      connectionLost: { to: 'dead', do: loseConnection },
      remove: { to: 'removed', do: remove },
      pingInterval: [
        { to: 'alive', when: isAsked, do: pingAgain },
        { to: 'alive', do: pingAlive },
      ],
      timeToLive: { to: 'dead', do: loseSilent },
    },
    doubtful: {
      HEARD: [
        { to: 'alive', when: pings, do: reviveWatched },
        { to: 'alive', do: reviveTrusted },
      ],
      begin: never('it has begun'),
      used: ignore('its answer will tell'),
      overdue: ignore('it is in doubt already'),
      connectionLost: { to: 'dead', do: loseConnection },
      remove: { to: 'removed', do: remove },
      pingInterval: { to: 'doubtful', do: pingDoubtful },
      timeToLive: { to: 'dead', do: loseSilent },
    },
    dead: {
      HEARD: [
        { to: 'alive', when: pings, do: reviveWatched },
        { to: 'alive', do: reviveTrusted },
      ],
      begin: never('it has begun'),
      used: [
        { to: 'doubtful', when: pings, do: tryWatched },
        { to: 'doubtful', do: tryTrusted },
      ],
      overdue: ignore('it is taken for dead already'),
      connectionLost: [{ to: 'dead', when: probes, do: hasten }, ignore('it was not asked, and has no connection')],
      remove: { to: 'removed', do: remove },
      probePause: [
        { to: 'dead', when: probes, do: probeAgain },
        { to: 'dead', do: rest },
      ],
    },
    removed: {
      HEARD: ignore('nobody knows it any more'),
      begin: never('it has begun'),
      used: never('it is not chosen any more'),
      overdue: ignore('nobody knows it any more'),
      connectionLost: ignore('nobody knows it any more'),
      remove: ignore('nobody knows it any more'),
    },
  },
});
