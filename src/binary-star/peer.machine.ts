/**
 * One of the two servers of a Binary Star (Guide, chapter 4), hardened: takeovers are numbered, two actives settle who goes on, a backup on
 * its own can be told to serve, and a server that stood still asks before it serves on. Why: docs/decisions/0016-binary-star.md. The
 * Guide's own table is in classic.machine.ts.
 *
 * The peer's silence and a client's request together make a takeover: either alone proves nothing.
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
} from '../core/machine.ts';
import { MOST_EPOCH } from '../wire/epoch.ts';

/** Which of the two: set by whoever sets them up, for good. */
export type StarRole = 'primary' | 'backup';

/** What a server says of itself to its peer. */
export type StarWord = 'waiting' | 'active' | 'passive' | 'resigned';

/** Why a server became active. */
export type ActivationReason =
  /** The pair has just begun, or the server that was active has restarted. */
  | 'peer-waiting'
  /** The peer was silent, and a client asked. */
  | 'peer-silent'
  /** The peer has handed over, or was closed. */
  | 'peer-resigned'
  /** Both were passive: the primary goes first, or whom the arbiter chooses. */
  | 'peer-passive'
  /** Somebody said so. */
  | 'operator';

/** Why a server that was active is not any more. */
export type RetreatReason =
  /** The peer took over later, or both did at once and the primary goes first. */
  | 'outranked'
  /** A client has met a later takeover, and the peer cannot be asked. */
  | 'superseded'
  /** The arbiter did not renew the lease in time. */
  | 'lease-lost'
  | 'handed-over'
  | 'closed';

/** What the peer said. `fresh`: it is an answer to the question asked last, so it was true after that. */
interface Word {
  readonly epoch: number;
  readonly fresh: boolean;
}

/**
 * `epoch` is the highest that is known; of an active server, its own. `voted`: a client has asked since the peer was last known to serve.
 */
export interface BinaryStarMachine extends MachineTypes {
  state:
    | { readonly kind: 'new' }
    /** Has begun, and does not know yet who serves: the Guide's PRIMARY and BACKUP. `told`: to serve if nobody else does. */
    | { readonly kind: 'waiting'; readonly epoch: number; readonly voted: boolean; readonly told: boolean }
    /** A backup that has begun and met no peer. */
    | { readonly kind: 'lone'; readonly epoch: number; readonly voted: boolean }
    /**
     * `besideTwin`: a server of our own role has spoken since the peer has. `resigned`: it has handed over, and goes on saying so until somebody has
     * served since, or the peer begins anew, or either was away: the peer may have missed it, or have asked just then, and not know whether it is old.
     */
    | { readonly kind: 'passive'; readonly epoch: number; readonly voted: boolean; readonly besideTwin?: true; readonly resigned?: true }
    /** The peer is silent, and no client has asked yet. `besideTwin`: a server of our own role is not, so that an operator must say who serves. */
    | { readonly kind: 'deserted'; readonly epoch: number; readonly besideTwin?: true }
    /** Asks the arbiter whether it may serve. */
    | { readonly kind: 'electing'; readonly epoch: number; readonly reason: ActivationReason }
    /** `alone`: the peer is silent. */
    | { readonly kind: 'active'; readonly epoch: number; readonly alone: boolean }
    /** Was active and stood still for longer than the peer may have waited: serves nobody until the peer has spoken, or has not. */
    | { readonly kind: 'doubting'; readonly epoch: number }
    /** Finishes what it has in hand, then hands over. `ends`: for good. */
    | { readonly kind: 'resigning'; readonly epoch: number; readonly ends: boolean }
    | { readonly kind: 'closed' };
  event:
    | ({ readonly kind: 'WAITING' } & Word)
    | ({ readonly kind: 'ACTIVE' } & Word)
    | ({ readonly kind: 'PASSIVE' } & Word)
    | ({ readonly kind: 'RESIGNED' } & Word)
    /** The peer has our own role, or is ourselves. */
    | { readonly kind: 'TWIN' }
    | { readonly kind: 'start' }
    /** A message of a client that cannot be served now. `known`: the highest epoch it has met; 0 if it does not say. */
    | { readonly kind: 'clientRequest'; readonly known: number }
    /** The transport saw the peer's process end its connection. */
    | { readonly kind: 'peerDied' }
    /** An operator's word to serve without having heard of the peer. */
    | { readonly kind: 'activate' }
    /** An operator's word to let the peer serve. */
    | { readonly kind: 'handOver' }
    /** Nothing has happened here for longer than `maxPause`. */
    | { readonly kind: 'stoodStill' }
    /** The arbiter's word; `validFor` ms from now. */
    | { readonly kind: 'granted'; readonly epoch: number; readonly validFor: number }
    | { readonly kind: 'denied'; readonly epoch: number }
    | { readonly kind: 'drained' }
    | { readonly kind: 'close' }
    | { readonly kind: 'heartbeatDue' }
    | { readonly kind: 'peerSilence' }
    | { readonly kind: 'loneBackup' }
    | { readonly kind: 'doubtTimeout' }
    | { readonly kind: 'electionRetry' }
    | { readonly kind: 'leaseExpiry' };
  timers: {
    heartbeatDue: 'waiting' | 'lone' | 'passive' | 'deserted' | 'electing' | 'active' | 'doubting' | 'resigning';
    peerSilence: 'waiting' | 'passive' | 'deserted' | 'active';
    loneBackup: 'lone';
    doubtTimeout: 'doubting';
    electionRetry: 'electing';
    leaseExpiry: 'active' | 'doubting' | 'resigning';
  };
  effects: BinaryStarEffects;
  context: BinaryStarContext;
}

export interface BinaryStarEffects {
  /** Tells the peer. */
  announce(word: StarWord, epoch: number): void;
  /** Asks the peer for a fresh word, unless a question is open. What is asked before `serve` or `retreat` counts for nothing after. */
  ask(): void;
  /** Serves from now on, first of all what clients asked meanwhile. */
  serve(epoch: number, reason: ActivationReason): void;
  /** The epoch of this active server has grown without a takeover: a later one of another server was heard of. */
  raise(epoch: number): void;
  /** Serves nobody from this instant. */
  retreat(reason: RetreatReason, epoch: number): void;
  /** Clients that wait are told that the peer serves. */
  turnAway(epoch: number): void;
  /** Neither takes nor gives until `resume`; nothing is lost. */
  suspend(): void;
  resume(): void;
  /** Takes nothing new; `drained` follows when what is in hand is done. */
  drain(): void;
  /** Asks the arbiter for a lease. */
  claimLease(epoch: number): void;
  /** The peer has been silent for `failoverTimeout`. */
  missPeer(): void;
}

export interface BinaryStarContext {
  readonly role: StarRole;
  readonly heartbeatInterval: number;
  readonly failoverTimeout: number;
  /** How long a peer whose process seems to have died may still prove that it has not. */
  readonly hintDelay: number;
  /** How long a backup stays lone before a client's request may make it active; `Infinity` for ever. */
  readonly loneBackupAfter: number;
  readonly doubtTimeout: number;
  readonly arbitrated: boolean;
}

type M = BinaryStarMachine;
type Out = Sink<M>;
type Kind = M['state']['kind'];
type In<K extends Kind> = Extract<M['state'], { readonly kind: K }>;
type Of<K extends M['event']['kind']> = Extract<M['event'], { readonly kind: K }>;
/** Does not serve, and may have to. */
type Idle = 'waiting' | 'lone' | 'passive' | 'deserted';
/** What may make such a server active. */
type Cause = 'WAITING' | 'PASSIVE' | 'RESIGNED' | 'clientRequest' | 'activate' | 'peerSilence' | 'loneBackup';

const nextEpoch = (...epochs: readonly number[]): number => Math.min(MOST_EPOCH, Math.max(...epochs) + 1);
/** The epoch that an event tells of. */
const epochIn = (event: Of<Cause>): number => ('epoch' in event ? event.epoch : 'known' in event ? event.known : 0);

/* ------------------------------------------------------------------ guards: who serves next */

/** Every takeover has two arrows: with an arbiter the lease comes first. */
const isArbitrated: Guard<M, Idle, Cause> = (_state, _event, context) => context.arbitrated;
const isPrimary: Guard<M, Idle, 'WAITING' | 'peerSilence'> = (_state, _event, context) => context.role === 'primary';
/** Of two that are passive the primary goes first; unless an arbiter chooses, which perhaps only one of them can reach. */
const mayGoFirst: Guard<M, Idle, 'PASSIVE'> = (_state, _event, context) => context.role === 'primary' || context.arbitrated;
/** The peer has not heard yet that it is its turn: who hands over does not go first. An arbiter chooses whom it likes. */
const isPeersTurn: Guard<M, 'passive', 'PASSIVE'> = (state, _event, context) => state.resigned === true && !context.arbitrated;
/** We have served since. */
const isPast: Guard<M, 'passive', 'RESIGNED'> = (state, event) => state.resigned === true && event.epoch < state.epoch;
const isFreshAndArbitrated: Guard<M, Idle, 'WAITING' | 'PASSIVE'> = (_state, event, context) => event.fresh && context.arbitrated;
const isFresh: Guard<M, Idle | 'doubting', 'WAITING' | 'ACTIVE' | 'PASSIVE' | 'RESIGNED'> = (_state, event) => event.fresh;
const isFreshAndPrimary: Guard<M, Idle, 'WAITING' | 'PASSIVE'> = (_state, event, context) => event.fresh && context.role === 'primary';
const isFreshPrimaryAndArbitrated: Guard<M, Idle, 'WAITING'> = (_state, event, context) =>
  event.fresh && context.role === 'primary' && context.arbitrated;
const isWanted = (state: In<'waiting'>, context: BinaryStarContext): boolean => state.told || (state.voted && context.role === 'primary');
const isWantedAlone: Guard<M, 'waiting', 'peerSilence'> = (state, _event, context) => isWanted(state, context);
const isWantedAloneAndArbitrated: Guard<M, 'waiting', 'peerSilence'> = (state, _event, context) =>
  isWanted(state, context) && context.arbitrated;
const hasVotes: Guard<M, 'passive' | 'lone', 'peerSilence' | 'loneBackup'> = (state) => state.voted;
const hasVotesAndIsArbitrated: Guard<M, 'passive' | 'lone', 'peerSilence' | 'loneBackup'> = (state, _event, context) =>
  state.voted && context.arbitrated;

/** Two servers of one role: both would serve for good, for neither takes the other for its peer. */
const isBesideTwin: Guard<M, 'passive' | 'deserted', 'peerSilence' | 'clientRequest'> = (state) => state.besideTwin === true;
const isUntold: Guard<M, 'waiting', 'TWIN'> = (state) => !state.told;

/* ------------------------------------------------------------------ guards: who serves on */

const isOutranked: Guard<M, 'active' | 'doubting' | 'resigning', 'ACTIVE'> = (state, event, context) =>
  event.epoch > state.epoch || (event.epoch === state.epoch && context.role === 'backup');
const isOutrankedAtTheEnd: Guard<M, 'resigning', 'ACTIVE'> = (state, event, context) => state.ends && isOutranked(state, event, context);
const endsForGood: Guard<M, 'resigning', 'drained' | 'leaseExpiry'> = (state) => state.ends;
const isSuperseded: Guard<M, 'active', 'clientRequest'> = (state, event) => event.known > state.epoch;
/** Only the primary goes on: if both did, clients that go to and fro would make two that are active outbid each other for ever. */
const isSupersededAsPrimary: Guard<M, 'active', 'clientRequest'> = (state, event, context) =>
  event.known > state.epoch && !state.alone && context.role === 'primary';

/* ------------------------------------------------------------------ the parts of actions */

const beatLater = (out: Out, context: BinaryStarContext): void => {
  out.arm('heartbeatDue', context.heartbeatInterval);
};
const listenOn = (out: Out, context: BinaryStarContext): void => {
  out.arm('peerSilence', context.failoverTimeout);
};
const becomeActive = (epoch: number, reason: ActivationReason, out: Out, context: BinaryStarContext): In<'active'> => {
  out.serve(epoch, reason);
  out.announce('active', epoch);
  beatLater(out, context);
  listenOn(out, context);
  return { kind: 'active', epoch, alone: reason === 'peer-silent' || reason === 'operator' };
};
const elect = (epoch: number, reason: ActivationReason, out: Out, context: BinaryStarContext): In<'electing'> => {
  out.claimLease(nextEpoch(epoch));
  out.arm('electionRetry', context.heartbeatInterval);
  return { kind: 'electing', epoch, reason };
};
const becomePassive = (epoch: number, voted: boolean, out: Out, context: BinaryStarContext): In<'passive'> => {
  listenOn(out, context);
  return { kind: 'passive', epoch, voted };
};
const retreat = (reason: RetreatReason, epoch: number, out: Out, context: BinaryStarContext): In<'passive'> => {
  out.retreat(reason, epoch);
  out.announce(reason === 'handed-over' ? 'resigned' : 'passive', epoch);
  return becomePassive(epoch, false, out, context);
};
const votedIn = (state: In<Idle>): boolean => state.kind !== 'deserted' && state.voted;

/* ------------------------------------------------------------------ not serving */

const begin: Action<M, 'new', 'start', 'waiting'> = (_state, _event, out, context) => {
  out.announce('waiting', 0);
  beatLater(out, context);
  listenOn(out, context);
  return { kind: 'waiting', epoch: 0, voted: false, told: false };
};

const takeOver = (state: In<Idle>, event: Of<Cause>, reason: ActivationReason, out: Out, context: BinaryStarContext): In<'active'> =>
  becomeActive(nextEpoch(state.epoch, epochIn(event)), reason, out, context);
const claim = (state: In<Idle>, event: Of<Cause>, reason: ActivationReason, out: Out, context: BinaryStarContext): In<'electing'> =>
  elect(Math.max(state.epoch, epochIn(event)), reason, out, context);

const serveFirst: Action<M, Idle, 'WAITING', 'active'> = (state, event, out, context) =>
  takeOver(state, event, 'peer-waiting', out, context);
const electFirst: Action<M, Idle, 'WAITING', 'electing'> = (state, event, out, context) =>
  claim(state, event, 'peer-waiting', out, context);
const serveForSilent: Action<M, Idle, 'clientRequest' | 'peerSilence' | 'loneBackup', 'active'> = (state, event, out, context) =>
  takeOver(state, event, 'peer-silent', out, context);
const electForSilent: Action<M, Idle, 'clientRequest' | 'peerSilence' | 'loneBackup', 'electing'> = (state, event, out, context) =>
  claim(state, event, 'peer-silent', out, context);
const serveForResigned: Action<M, Idle, 'RESIGNED', 'active'> = (state, event, out, context) =>
  takeOver(state, event, 'peer-resigned', out, context);
const electForResigned: Action<M, Idle, 'RESIGNED', 'electing'> = (state, event, out, context) =>
  claim(state, event, 'peer-resigned', out, context);
const serveAsPrimary: Action<M, Idle, 'PASSIVE', 'active'> = (state, event, out, context) =>
  takeOver(state, event, 'peer-passive', out, context);
const electForPassive: Action<M, Idle, 'PASSIVE', 'electing'> = (state, event, out, context) =>
  claim(state, event, 'peer-passive', out, context);
const serveAsTold: Action<M, Idle, 'activate', 'active'> = (state, event, out, context) => takeOver(state, event, 'operator', out, context);
const electAsTold: Action<M, Idle, 'activate', 'electing'> = (state, event, out, context) => claim(state, event, 'operator', out, context);
const remember: Action<M, 'waiting', 'activate', 'waiting'> = (state) => ({ ...state, told: true });

/** What the peer said may be old: it is asked, and its answer decides. */
const askWaiting: Action<M, 'waiting', 'WAITING' | 'PASSIVE', 'waiting'> = (state, event, out, context) => {
  out.ask();
  listenOn(out, context);
  return { ...state, epoch: Math.max(state.epoch, event.epoch) };
};
const askPassive: Action<M, 'passive' | 'deserted', 'WAITING' | 'PASSIVE', 'passive'> = (state, event, out, context) => {
  out.ask();
  return becomePassive(Math.max(state.epoch, event.epoch), votedIn(state), out, context);
};
const waitOn: Action<M, 'waiting', 'WAITING' | 'PASSIVE', 'waiting'> = (state, event, out, context) => {
  listenOn(out, context);
  return { ...state, epoch: Math.max(state.epoch, event.epoch) };
};
const waitTogether: Action<M, 'lone', 'WAITING' | 'PASSIVE', 'waiting'> = (state, event, out, context) => {
  listenOn(out, context);
  return { kind: 'waiting', epoch: Math.max(state.epoch, event.epoch), voted: state.voted, told: false };
};
const stayPassive: Action<M, 'passive' | 'deserted', 'PASSIVE', 'passive'> = (state, event, out, context) =>
  becomePassive(Math.max(state.epoch, event.epoch), votedIn(state), out, context);
const stayResigned: Action<M, 'passive', 'PASSIVE' | 'RESIGNED', 'passive'> = (state, event, out, context) => ({
  ...becomePassive(Math.max(state.epoch, event.epoch), state.voted, out, context),
  resigned: true,
});
/** The peer serves. Those who ask here are sent there when that is certain: if they ask while it did not yet, it is asked once more. */
const followPeer = (epoch: number, voted: boolean, fresh: boolean, out: Out, context: BinaryStarContext): In<'passive'> => {
  if (fresh) out.turnAway(epoch);
  else if (voted) out.ask();
  return becomePassive(epoch, voted && !fresh, out, context);
};
const follow: Action<M, Idle, 'ACTIVE', 'passive'> = (state, event, out, context) =>
  followPeer(Math.max(state.epoch, event.epoch), votedIn(state), event.fresh, out, context);

/** A client's vote; it waits until it is known who serves. */
const voteWaiting: Action<M, 'waiting', 'clientRequest', 'waiting'> = (state, event, out) => {
  out.ask();
  return { ...state, epoch: Math.max(state.epoch, event.known), voted: true };
};
const voteLone: Action<M, 'lone', 'clientRequest', 'lone'> = (state, event) => ({
  ...state,
  epoch: Math.max(state.epoch, event.known),
  voted: true,
});
const votePassive: Action<M, 'passive', 'clientRequest', 'passive'> = (state, event, out) => {
  out.ask();
  if (event.known <= state.epoch) return { ...state, voted: true };
  // Somebody has served since we did.
  const { resigned: _resigned, ...passive } = state;
  return { ...passive, epoch: event.known, voted: true };
};
/** The peer's process seems to be gone. If only the connection broke, it has this long to say so. */
const listenBriefly: Action<M, 'passive', 'peerDied', 'passive'> = (state, _event, out, context) => {
  out.ask();
  out.arm('peerSilence', context.hintDelay);
  return state;
};
/** We were away ourselves: the peer's silence counts from now. */
const listenAnew: Action<M, 'waiting', 'stoodStill', 'waiting'> = (state, _event, out, context) => {
  listenOn(out, context);
  return state;
};
const listenAnewPassive: Action<M, 'passive' | 'deserted', 'stoodStill', 'passive'> = (state, _event, out, context) =>
  becomePassive(state.epoch, votedIn(state), out, context);
const desert: Action<M, 'waiting' | 'passive' | 'lone', 'peerSilence' | 'loneBackup', 'deserted'> = (state, _event, out) => {
  out.missPeer();
  return { kind: 'deserted', epoch: state.epoch };
};
const waitAlone = (out: Out, context: BinaryStarContext): void => {
  if (context.loneBackupAfter !== Infinity) out.arm('loneBackup', context.loneBackupAfter);
};
/** By the Guide's rule it serves nobody, ever. */
const standAlone: Action<M, 'waiting', 'peerSilence', 'lone'> = (state, _event, out, context) => {
  out.missPeer();
  waitAlone(out, context);
  return { kind: 'lone', epoch: state.epoch, voted: state.voted };
};
/** The primary may have begun meanwhile, and its words wait: it has as long again to be heard. */
const standAloneAnew: Action<M, 'lone', 'stoodStill', 'lone'> = (state, _event, out, context) => {
  waitAlone(out, context);
  return state;
};

/* ------------------------------------------------------------------ two servers of one role */

/** Whoever has been told to serve does not wait for it to fall silent. */
const waitBesideTwin: Action<M, 'waiting', 'TWIN', 'waiting'> = (state, _event, out, context) => {
  listenOn(out, context);
  return state;
};
const standAloneBesideTwin: Action<M, 'lone', 'TWIN', 'lone'> = (state, _event, out, context) => {
  const { loneBackupAfter, failoverTimeout } = context;
  if (loneBackupAfter !== Infinity) out.arm('loneBackup', Math.max(loneBackupAfter, failoverTimeout));
  return state;
};
const noticeTwin: Action<M, 'passive', 'TWIN', 'passive'> = (state) => ({ ...state, besideTwin: true });
const heedTwin: Action<M, 'deserted', 'TWIN', 'deserted'> = (state, _event, out, context) => {
  listenOn(out, context);
  return { ...state, besideTwin: true };
};
const desertBesideTwin: Action<M, 'passive', 'peerSilence', 'deserted'> = (state, _event, out, context) => {
  out.missPeer();
  listenOn(out, context);
  return { kind: 'deserted', epoch: state.epoch, besideTwin: true };
};
const voteBesideTwin: Action<M, 'deserted', 'clientRequest', 'deserted'> = (state, event) => ({
  ...state,
  epoch: Math.max(state.epoch, event.known),
});
/** It has gone as well: whoever asks next is served. */
const missTwin: Action<M, 'deserted', 'peerSilence', 'deserted'> = (state) => ({ kind: 'deserted', epoch: state.epoch });

const beat = <S extends In<'waiting' | 'lone' | 'passive' | 'deserted' | 'electing' | 'active' | 'doubting' | 'resigning'>>(
  state: S,
  word: StarWord,
  out: Out,
  context: BinaryStarContext,
): S => {
  out.announce(word, state.epoch);
  beatLater(out, context);
  return state;
};
const beatWaiting: Action<M, 'waiting', 'heartbeatDue', 'waiting'> = (state, _event, out, context) => beat(state, 'waiting', out, context);
const beatLone: Action<M, 'lone', 'heartbeatDue', 'lone'> = (state, _event, out, context) => beat(state, 'waiting', out, context);
const beatPassive: Action<M, 'passive', 'heartbeatDue', 'passive'> = (state, _event, out, context) =>
  beat(state, state.resigned === true ? 'resigned' : 'passive', out, context);
const beatDeserted: Action<M, 'deserted', 'heartbeatDue', 'deserted'> = (state, _event, out, context) =>
  beat(state, 'passive', out, context);
const beatElecting: Action<M, 'electing', 'heartbeatDue', 'electing'> = (state, _event, out, context) =>
  beat(state, 'passive', out, context);
const beatDoubting: Action<M, 'doubting', 'heartbeatDue', 'doubting'> = (state, _event, out, context) =>
  beat(state, 'active', out, context);
/** What is in hand may take longer than a lease. */
const beatResigning: Action<M, 'resigning', 'heartbeatDue', 'resigning'> = (state, _event, out, context) => {
  if (context.arbitrated) out.claimLease(state.epoch);
  return beat(state, 'active', out, context);
};
const beatActive: Action<M, 'active', 'heartbeatDue', 'active'> = (state, _event, out, context) => {
  if (context.arbitrated) out.claimLease(state.epoch);
  return beat(state, 'active', out, context);
};

/* ------------------------------------------------------------------ electing */

const serveElected: Action<M, 'electing', 'granted', 'active'> = (state, event, out, context) => {
  out.arm('leaseExpiry', event.validFor);
  return becomeActive(Math.max(nextEpoch(state.epoch), event.epoch), state.reason, out, context);
};
const claimAgain: Action<M, 'electing', 'electionRetry', 'electing'> = (state, _event, out, context) =>
  elect(state.epoch, state.reason, out, context);
const learnEpoch: Action<M, 'electing', 'denied', 'electing'> = (state, event) => ({ ...state, epoch: Math.max(state.epoch, event.epoch) });
/** Whoever asks has met this epoch: the takeover must be a later one. */
const heedElecting: Action<M, 'electing', 'clientRequest', 'electing'> = (state, event) => ({
  ...state,
  epoch: Math.max(state.epoch, event.known),
});
const standBack: Action<M, 'electing', 'ACTIVE', 'passive'> = (state, event, out, context) =>
  followPeer(Math.max(state.epoch, event.epoch), true, event.fresh, out, context);

/* ------------------------------------------------------------------ active */

const raiseAbove = (state: In<'active' | 'doubting'>, epoch: number, out: Out): number => {
  if (epoch <= state.epoch) return state.epoch;
  const raised = nextEpoch(epoch);
  out.raise(raised);
  return raised;
};
const hearPeer: Action<M, 'active', 'WAITING' | 'PASSIVE' | 'RESIGNED', 'active'> = (state, event, out, context) => {
  const epoch = raiseAbove(state, event.epoch, out);
  // It must learn at once that somebody serves.
  if (event.kind === 'WAITING') out.announce('active', epoch);
  listenOn(out, context);
  return { kind: 'active', epoch, alone: false };
};
const yieldToPeer: Action<M, 'active' | 'doubting' | 'resigning', 'ACTIVE', 'passive'> = (_state, event, out, context) =>
  retreat('outranked', event.epoch, out, context);
/** Two are active, and this one goes on: the other learns it at once. Of two with one epoch the primary goes on, with the next. */
const outrank = (state: In<'active' | 'doubting'>, event: Of<'ACTIVE'>, out: Out, context: BinaryStarContext): In<'active'> => {
  const epoch = event.epoch === state.epoch ? nextEpoch(state.epoch) : state.epoch;
  if (epoch !== state.epoch) out.raise(epoch);
  out.announce('active', epoch);
  listenOn(out, context);
  return { kind: 'active', epoch, alone: false };
};
const outrankPeer: Action<M, 'active', 'ACTIVE', 'active'> = (state, event, out, context) => outrank(state, event, out, context);
const raiseForClient: Action<M, 'active', 'clientRequest', 'active'> = (state, event, out) => ({
  ...state,
  epoch: raiseAbove(state, event.known, out),
});
const yieldToClaim: Action<M, 'active', 'clientRequest', 'passive'> = (_state, event, out, context) =>
  retreat('superseded', event.known, out, context);
const goOnAlone: Action<M, 'active', 'peerSilence', 'active'> = (state, _event, out) => {
  out.missPeer();
  return { ...state, alone: true };
};
const renew = <K extends 'active' | 'doubting' | 'resigning'>(state: In<K>, event: Of<'granted'>, out: Out): In<K> => {
  out.arm('leaseExpiry', event.validFor);
  return state;
};
const renewLease: Action<M, 'active', 'granted', 'active'> = (state, event, out) => renew(state, event, out);
const renewLeaseDoubting: Action<M, 'doubting', 'granted', 'doubting'> = (state, event, out) => renew(state, event, out);
const renewLeaseResigning: Action<M, 'resigning', 'granted', 'resigning'> = (state, event, out) => renew(state, event, out);
const yieldLease: Action<M, 'active' | 'doubting' | 'resigning', 'leaseExpiry', 'passive'> = (state, _event, out, context) =>
  retreat('lease-lost', state.epoch, out, context);
const doubt: Action<M, 'active', 'stoodStill', 'doubting'> = (state, _event, out, context) => {
  out.suspend();
  out.ask();
  out.arm('doubtTimeout', context.doubtTimeout);
  return { kind: 'doubting', epoch: state.epoch };
};

/* ------------------------------------------------------------------ doubting */

const resumeReassured: Action<M, 'doubting', 'WAITING' | 'PASSIVE' | 'RESIGNED', 'active'> = (state, event, out, context) => {
  const epoch = raiseAbove(state, event.epoch, out);
  out.resume();
  if (event.kind === 'WAITING') out.announce('active', epoch);
  listenOn(out, context);
  return { kind: 'active', epoch, alone: false };
};
const resumeOutranking: Action<M, 'doubting', 'ACTIVE', 'active'> = (state, event, out, context) => {
  out.resume();
  return outrank(state, event, out, context);
};
const resumeAlone: Action<M, 'doubting', 'doubtTimeout', 'active'> = (state, _event, out) => {
  out.resume();
  out.missPeer();
  return { kind: 'active', epoch: state.epoch, alone: true };
};

/* ------------------------------------------------------------------ the end */

const drainToHandOver: Action<M, 'active', 'handOver', 'resigning'> = (state, _event, out) => {
  out.drain();
  return { kind: 'resigning', epoch: state.epoch, ends: false };
};
const drainToClose: Action<M, 'active', 'close', 'resigning'> = (state, _event, out) => {
  out.drain();
  return { kind: 'resigning', epoch: state.epoch, ends: true };
};
const drainSuspended: Action<M, 'doubting', 'close', 'resigning'> = (state, _event, out) => {
  out.resume();
  out.drain();
  return { kind: 'resigning', epoch: state.epoch, ends: true };
};
const endAfterDraining: Action<M, 'resigning', 'close', 'resigning'> = (state) => ({ ...state, ends: true });
/** Nothing new is taken; but whoever serves next must do so in an epoch that no client has met. */
const heedResigning: Action<M, 'resigning', 'clientRequest', 'resigning'> = (state, event) => ({
  ...state,
  epoch: Math.max(state.epoch, event.known),
});
const handOver: Action<M, 'resigning', 'drained', 'passive'> = (state, _event, out, context) => ({
  ...retreat('handed-over', state.epoch, out, context),
  resigned: true,
});
const handOverForGood: Action<M, 'resigning', 'drained', 'closed'> = (state, _event, out) => {
  out.retreat('closed', state.epoch);
  out.announce('resigned', state.epoch);
  return { kind: 'closed' };
};
const leaveForGood: Action<M, 'resigning', 'ACTIVE' | 'leaseExpiry', 'closed'> = (state, _event, out) => {
  out.retreat('closed', state.epoch);
  return { kind: 'closed' };
};
const leave: Action<M, 'new' | Idle | 'electing', 'close', 'closed'> = () => ({ kind: 'closed' });

const TWINS = 'the peer has our own role, or is ourselves: the pair is set up wrongly';
const NOT_YET = 'nothing is connected yet';
const CLOSED = 'closed';

export const binaryStar: Machine<M> = defineMachine<M>({
  name: 'BinaryStar',
  start: () => ({ kind: 'new' }),
  timers: {
    heartbeatDue: ['waiting', 'lone', 'passive', 'deserted', 'electing', 'active', 'doubting', 'resigning'],
    peerSilence: ['waiting', 'passive', 'deserted', 'active'],
    loneBackup: 'lone',
    doubtTimeout: 'doubting',
    electionRetry: 'electing',
    leaseExpiry: ['active', 'doubting', 'resigning'],
  },
  table: {
    new: {
      WAITING: ignore(NOT_YET),
      ACTIVE: ignore(NOT_YET),
      PASSIVE: ignore(NOT_YET),
      RESIGNED: ignore(NOT_YET),
      TWIN: ignore(NOT_YET),
      start: { to: 'waiting', do: begin },
      clientRequest: ignore(NOT_YET),
      peerDied: ignore(NOT_YET),
      activate: never('the shell starts at once'),
      handOver: never('the shell starts at once'),
      stoodStill: ignore(NOT_YET),
      granted: ignore('nothing was claimed'),
      denied: ignore('nothing was claimed'),
      drained: never('it does not serve'),
      close: { to: 'closed', do: leave },
    },
    waiting: {
      WAITING: [
        { to: 'electing', when: isFreshPrimaryAndArbitrated, do: electFirst },
        { to: 'active', when: isFreshAndPrimary, do: serveFirst },
        { to: 'waiting', when: isPrimary, do: askWaiting },
        { to: 'waiting', do: waitOn },
      ],
      ACTIVE: { to: 'passive', do: follow },
      PASSIVE: [
        { to: 'electing', when: isFreshAndArbitrated, do: electForPassive },
        { to: 'waiting', when: isArbitrated, do: askWaiting },
        { to: 'waiting', do: waitOn },
      ],
      RESIGNED: [
        { to: 'electing', when: isArbitrated, do: electForResigned },
        { to: 'active', do: serveForResigned },
      ],
      TWIN: [{ to: 'waiting', when: isUntold, do: waitBesideTwin }, refuse(TWINS)],
      start: never('it has started'),
      clientRequest: { to: 'waiting', do: voteWaiting },
      peerDied: ignore('it may come back; nobody serves yet'),
      activate: { to: 'waiting', do: remember },
      handOver: ignore('it does not serve'),
      stoodStill: { to: 'waiting', do: listenAnew },
      granted: ignore('nothing was claimed'),
      denied: ignore('nothing was claimed'),
      drained: never('it does not serve'),
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'waiting', do: beatWaiting },
      peerSilence: [
        { to: 'electing', when: isWantedAloneAndArbitrated, do: electForSilent },
        { to: 'active', when: isWantedAlone, do: serveForSilent },
        { to: 'deserted', when: isPrimary, do: desert },
        { to: 'lone', do: standAlone },
      ],
    },
    lone: {
      WAITING: { to: 'waiting', do: waitTogether },
      ACTIVE: { to: 'passive', do: follow },
      PASSIVE: { to: 'waiting', do: waitTogether },
      RESIGNED: [
        { to: 'electing', when: isArbitrated, do: electForResigned },
        { to: 'active', do: serveForResigned },
      ],
      TWIN: { to: 'lone', do: standAloneBesideTwin },
      start: never('it has started'),
      clientRequest: { to: 'lone', do: voteLone },
      peerDied: ignore('it was not there'),
      activate: [
        { to: 'electing', when: isArbitrated, do: electAsTold },
        { to: 'active', do: serveAsTold },
      ],
      handOver: ignore('it does not serve'),
      stoodStill: { to: 'lone', do: standAloneAnew },
      granted: ignore('nothing was claimed'),
      denied: ignore('nothing was claimed'),
      drained: never('it does not serve'),
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'lone', do: beatLone },
      loneBackup: [
        { to: 'electing', when: hasVotesAndIsArbitrated, do: electForSilent },
        { to: 'active', when: hasVotes, do: serveForSilent },
        { to: 'deserted', do: desert },
      ],
    },
    passive: {
      WAITING: [
        { to: 'electing', when: isFreshAndArbitrated, do: electFirst },
        { to: 'active', when: isFresh, do: serveFirst },
        { to: 'passive', do: askPassive },
      ],
      ACTIVE: { to: 'passive', do: follow },
      PASSIVE: [
        { to: 'electing', when: isFreshAndArbitrated, do: electForPassive },
        { to: 'passive', when: isPeersTurn, do: stayResigned },
        { to: 'active', when: isFreshAndPrimary, do: serveAsPrimary },
        { to: 'passive', when: mayGoFirst, do: askPassive },
        { to: 'passive', do: stayPassive },
      ],
      RESIGNED: [
        { to: 'passive', when: isPast, do: stayResigned },
        { to: 'electing', when: isArbitrated, do: electForResigned },
        { to: 'active', do: serveForResigned },
      ],
      TWIN: { to: 'passive', do: noticeTwin },
      start: never('it has started'),
      clientRequest: { to: 'passive', do: votePassive },
      peerDied: { to: 'passive', do: listenBriefly },
      activate: ignore('the peer is there: it hands over, or dies'),
      handOver: ignore('it does not serve'),
      stoodStill: { to: 'passive', do: listenAnewPassive },
      granted: ignore('the claim was given up'),
      denied: ignore('the claim was given up'),
      drained: ignore('it retreated while it drained'),
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'passive', do: beatPassive },
      peerSilence: [
        { to: 'deserted', when: isBesideTwin, do: desertBesideTwin },
        { to: 'electing', when: hasVotesAndIsArbitrated, do: electForSilent },
        { to: 'active', when: hasVotes, do: serveForSilent },
        { to: 'deserted', do: desert },
      ],
    },
    deserted: {
      WAITING: [
        { to: 'electing', when: isFreshAndArbitrated, do: electFirst },
        { to: 'active', when: isFresh, do: serveFirst },
        { to: 'passive', do: askPassive },
      ],
      ACTIVE: { to: 'passive', do: follow },
      PASSIVE: [
        { to: 'electing', when: isFreshAndArbitrated, do: electForPassive },
        { to: 'active', when: isFreshAndPrimary, do: serveAsPrimary },
        { to: 'passive', when: mayGoFirst, do: askPassive },
        { to: 'passive', do: stayPassive },
      ],
      RESIGNED: [
        { to: 'electing', when: isArbitrated, do: electForResigned },
        { to: 'active', do: serveForResigned },
      ],
      TWIN: { to: 'deserted', do: heedTwin },
      start: never('it has started'),
      clientRequest: [
        { to: 'deserted', when: isBesideTwin, do: voteBesideTwin },
        { to: 'electing', when: isArbitrated, do: electForSilent },
        { to: 'active', do: serveForSilent },
      ],
      peerDied: ignore('it was silent already'),
      activate: [
        { to: 'electing', when: isArbitrated, do: electAsTold },
        { to: 'active', do: serveAsTold },
      ],
      handOver: ignore('it does not serve'),
      stoodStill: { to: 'passive', do: listenAnewPassive },
      granted: ignore('the claim was given up'),
      denied: ignore('the claim was given up'),
      drained: ignore('it retreated while it drained'),
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'deserted', do: beatDeserted },
      peerSilence: { to: 'deserted', do: missTwin },
    },
    electing: {
      WAITING: ignore('the arbiter decides'),
      ACTIVE: { to: 'passive', do: standBack },
      PASSIVE: ignore('the arbiter decides'),
      RESIGNED: ignore('the arbiter decides'),
      TWIN: refuse(TWINS),
      start: never('it has started'),
      clientRequest: { to: 'electing', do: heedElecting },
      peerDied: ignore('the arbiter decides'),
      activate: ignore('the arbiter decides'),
      handOver: ignore('it does not serve'),
      stoodStill: ignore('a lease counts from its claim'),
      granted: { to: 'active', do: serveElected },
      denied: { to: 'electing', do: learnEpoch },
      drained: ignore('it retreated while it drained'),
      close: { to: 'closed', do: leave },
      heartbeatDue: { to: 'electing', do: beatElecting },
      electionRetry: { to: 'electing', do: claimAgain },
    },
    active: {
      WAITING: { to: 'active', do: hearPeer },
      ACTIVE: [
        { to: 'passive', when: isOutranked, do: yieldToPeer },
        { to: 'active', do: outrankPeer },
      ],
      PASSIVE: { to: 'active', do: hearPeer },
      RESIGNED: { to: 'active', do: hearPeer },
      TWIN: refuse(TWINS),
      start: never('it has started'),
      clientRequest: [
        { to: 'active', when: isSupersededAsPrimary, do: raiseForClient },
        { to: 'passive', when: isSuperseded, do: yieldToClaim },
        ignore('it is served'),
      ],
      peerDied: ignore('its silence will tell'),
      activate: ignore('it serves'),
      handOver: { to: 'resigning', do: drainToHandOver },
      stoodStill: { to: 'doubting', do: doubt },
      granted: { to: 'active', do: renewLease },
      denied: ignore('the lease runs out by itself'),
      drained: ignore('it retreated while it drained, and took over again'),
      close: { to: 'resigning', do: drainToClose },
      heartbeatDue: { to: 'active', do: beatActive },
      peerSilence: { to: 'active', do: goOnAlone },
      leaseExpiry: { to: 'passive', do: yieldLease },
    },
    doubting: {
      WAITING: [{ to: 'active', when: isFresh, do: resumeReassured }, ignore('it may be older than our standstill')],
      ACTIVE: [
        { to: 'passive', when: isOutranked, do: yieldToPeer },
        { to: 'active', when: isFresh, do: resumeOutranking },
        ignore('it may be older than our standstill'),
      ],
      PASSIVE: [{ to: 'active', when: isFresh, do: resumeReassured }, ignore('it may be older than our standstill')],
      RESIGNED: [{ to: 'active', when: isFresh, do: resumeReassured }, ignore('it may be older than our standstill')],
      TWIN: refuse(TWINS),
      start: never('it has started'),
      clientRequest: ignore('it waits with the others'),
      peerDied: ignore('its silence will tell'),
      activate: ignore('it is being decided'),
      handOver: ignore('it is being decided'),
      stoodStill: ignore('it is being decided'),
      granted: { to: 'doubting', do: renewLeaseDoubting },
      denied: ignore('the lease runs out by itself'),
      drained: ignore('it retreated while it drained, and took over again'),
      close: { to: 'resigning', do: drainSuspended },
      heartbeatDue: { to: 'doubting', do: beatDoubting },
      doubtTimeout: { to: 'active', do: resumeAlone },
      leaseExpiry: { to: 'passive', do: yieldLease },
    },
    resigning: {
      WAITING: ignore('it is told when we are done'),
      ACTIVE: [
        { to: 'closed', when: isOutrankedAtTheEnd, do: leaveForGood },
        { to: 'passive', when: isOutranked, do: yieldToPeer },
        ignore('it learns that we are active'),
      ],
      PASSIVE: ignore('it is told when we are done'),
      RESIGNED: ignore('it is told when we are done'),
      TWIN: refuse(TWINS),
      start: never('it has started'),
      clientRequest: { to: 'resigning', do: heedResigning },
      peerDied: ignore('nothing is left to decide'),
      activate: ignore('it is handing over'),
      handOver: ignore('it is handing over'),
      stoodStill: ignore('nothing new is taken'),
      granted: { to: 'resigning', do: renewLeaseResigning },
      denied: ignore('the lease runs out by itself'),
      drained: [
        { to: 'closed', when: endsForGood, do: handOverForGood },
        { to: 'passive', do: handOver },
      ],
      close: { to: 'resigning', do: endAfterDraining },
      heartbeatDue: { to: 'resigning', do: beatResigning },
      leaseExpiry: [
        { to: 'closed', when: endsForGood, do: leaveForGood },
        { to: 'passive', do: yieldLease },
      ],
    },
    closed: {
      WAITING: ignore(CLOSED),
      ACTIVE: ignore(CLOSED),
      PASSIVE: ignore(CLOSED),
      RESIGNED: ignore(CLOSED),
      TWIN: ignore(CLOSED),
      start: ignore('closed before it had started'),
      clientRequest: ignore(CLOSED),
      peerDied: ignore(CLOSED),
      activate: ignore(CLOSED),
      handOver: ignore(CLOSED),
      stoodStill: ignore(CLOSED),
      granted: ignore(CLOSED),
      denied: ignore(CLOSED),
      drained: ignore(CLOSED),
      close: ignore('idempotent'),
    },
  },
});
