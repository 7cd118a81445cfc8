/**
 * What the machines can do and no explored world shows, and why. `unreachable.ts` has the cells that the roles themselves cannot reach; these
 * are left out by the models of their surroundings. An exploration that takes one of them says so: then this list is wrong.
 */
import type { ArrowCoverage } from '../core/coverage.ts';
import type { Machine } from '../core/machine.ts';
import { UNREACHABLE } from './unreachable.ts';

const SECOND_REQUEST = 'only a queue of another make gives a worker a second request';
const NONSENSE = 'only a queue of another make talks nonsense';
const QUIET = 'only the Guide’s queues take every heartbeat for a READY';
const NO_STAR = 'only the servers of a Binary Star refuse; the models of that have clients without a table';
const ONE_BROKER = 'the clients of the models know one broker';
const NO_HANDLER = 'the models end a handler with its worker';
const NO_PROBE = 'the models without pings have no probe';
const TWO_LOSSES = 'a second loss is a second fault';
const SECOND_FAULT = 'a handler that fails when its broker is lost is a second fault';
const NO_CLOCK = 'in the models a limit that is due is over';
const HEARD_AGAIN = 'in the worlds with hedges a server in doubt is heard again only by an answer, which ends the request';

const AT_ONCE = 'the servers of the models start at once';
const ENDED = 'a server that is closed is a process that has ended';
const NO_TWINS = 'the models have one primary and one backup';
const NOT_CLOSED = 'the models end the other servers by a crash';
const ARBITER_ALONE = 'in the world with an arbiter nothing else goes wrong: no cut, crash or standstill, and nobody is told anything';
const STANDSTILL_ALONE = 'in the world with a standstill there is but one, and nobody is told anything, not even of a death';
const HAND_OVER_ALONE = 'in the world with hand-overs no link is cut, nobody stands still, hears of a death, or is told to serve';
const LONE_FOR_EVER = 'in the world with an arbiter a lone backup stays so for ever';
const NO_CLAIM = 'who waits has claimed nothing since it began';
const FIRST_WORD = 'where deaths are told no word is lost: a server that has spoken was heard before its end is';
const FOLLOWS = 'the question of a server that doubts says that it serves: who answers it follows it';
const NO_CUTS = 'the world in which the Guide’s pair goes on has no cuts, and no pair set up wrongly; others are in the tests';

/** Machine → arrow, or `state × event` of what is ignored → why. */
export const UNEXPLORED: { readonly [machine: string]: ReadonlyMap<string, string> } = {
  LazyPirateRequest: new Map([
    ['sent → pausing: REFUSAL [attemptsRemain] / pauseAfterRefusal', NO_STAR],
    ['sent → settled: REFUSAL [else] / giveUpRefused', NO_STAR],
  ]),
  LoadBalancedWorker: new Map([
    ['busy → busy: REQUEST [mayHold] / hold', SECOND_REQUEST],
    ['busy → orphaned: REQUEST [else] / leaveConfused', SECOND_REQUEST],
    ['busy → busy: handlerDone [holdsMore] / replyAndGoOn', SECOND_REQUEST],
    ['draining → closed: REQUEST [mayHoldNone] / leaveConfusedAndClose', SECOND_REQUEST],
    ['draining × REQUEST', SECOND_REQUEST],
    ['busy → orphaned: handlerFailed [runMore] / leaveFailedWithOthers', SECOND_REQUEST],
    ['orphaned → orphaned: handlerFailed [runMore] / discardOne', SECOND_FAULT],
    ['idle × INVALID', NONSENSE],
    ['busy × INVALID', NONSENSE],
    ['draining × INVALID', NONSENSE],
    ['busy × heartbeatDue', QUIET],
    ['draining × heartbeatDue', QUIET],
    ['closed × handlerDone', NO_HANDLER],
    ['closed × handlerFailed', NO_HANDLER],
  ]),
  FreelanceEndpoint: new Map([
    ['dead → alive: HEARD [else] / reviveTrusted', NO_PROBE],
    ['dead × connectionLost', TWO_LOSSES],
  ]),
  FreelanceRequest: new Map([['surviving → pausing: hedgeLost [roundsRemain] / pauseAfterLoss', HEARD_AGAIN]]),
  MajordomoLink: new Map([
    ['probing → resting: probeTimeout [othersRemain] / restProbing', ONE_BROKER],
    ['probing → correlated: probeTimeout [trustsSilent] / correlateMeanwhile', ONE_BROKER],
  ]),
  MajordomoSession: new Map([['busy → busy: busyLimit [isOtherInTime] / limitNext', NO_CLOCK]]),
  BinaryStar: new Map([
    ['new → closed: close / leave', AT_ONCE],
    ['waiting → electing: RESIGNED [isArbitrated] / electForResigned', ARBITER_ALONE],
    ['waiting → waiting: TWIN [isUntold] / waitBesideTwin', NO_TWINS],
    ['lone → lone: TWIN / standAloneBesideTwin', NO_TWINS],
    ['passive → passive: TWIN / noticeTwin', NO_TWINS],
    ['passive → deserted: peerSilence [isBesideTwin] / desertBesideTwin', NO_TWINS],
    ['deserted → deserted: TWIN / heedTwin', NO_TWINS],
    ['deserted → deserted: clientRequest [isBesideTwin] / voteBesideTwin', NO_TWINS],
    ['deserted → deserted: peerSilence / missTwin', NO_TWINS],
    ['lone → electing: RESIGNED [isArbitrated] / electForResigned', ARBITER_ALONE],
    ['lone → active: RESIGNED [else] / serveForResigned', HAND_OVER_ALONE],
    ['lone → electing: activate [isArbitrated] / electAsTold', ARBITER_ALONE],
    ['lone → electing: loneBackup [hasVotesAndIsArbitrated] / electForSilent', LONE_FOR_EVER],
    ['passive → electing: RESIGNED [isArbitrated] / electForResigned', ARBITER_ALONE],
    ['deserted → electing: WAITING [isFreshAndArbitrated] / electFirst', ARBITER_ALONE],
    ['deserted → electing: PASSIVE [isFreshAndArbitrated] / electForPassive', ARBITER_ALONE],
    ['deserted → electing: RESIGNED [isArbitrated] / electForResigned', ARBITER_ALONE],
    ['deserted → active: RESIGNED [else] / serveForResigned', HAND_OVER_ALONE],
    ['deserted → electing: activate [isArbitrated] / electAsTold', ARBITER_ALONE],
    ['electing → closed: close / leave', ARBITER_ALONE],
    ['doubting → active: WAITING [isFresh] / resumeReassured', FOLLOWS],
    ['doubting → active: ACTIVE [isFresh] / resumeOutranking', STANDSTILL_ALONE],
    ['doubting → active: RESIGNED [isFresh] / resumeReassured', STANDSTILL_ALONE],
    ['doubting → doubting: granted / renewLeaseDoubting', ARBITER_ALONE],
    ['doubting → resigning: close / drainSuspended', STANDSTILL_ALONE],
    ['doubting → passive: leaseExpiry / yieldLease', ARBITER_ALONE],
    ['resigning → closed: ACTIVE [isOutrankedAtTheEnd] / leaveForGood', HAND_OVER_ALONE],
    ['resigning → passive: ACTIVE [isOutranked] / yieldToPeer', HAND_OVER_ALONE],
    ['resigning → resigning: granted / renewLeaseResigning', ARBITER_ALONE],
    ['resigning → closed: leaseExpiry [endsForGood] / leaveForGood', ARBITER_ALONE],
    ['resigning → passive: leaseExpiry [else] / yieldLease', ARBITER_ALONE],
    ['new × WAITING', AT_ONCE],
    ['new × ACTIVE', AT_ONCE],
    ['new × PASSIVE', AT_ONCE],
    ['new × RESIGNED', AT_ONCE],
    ['new × TWIN', AT_ONCE],
    ['new × clientRequest', AT_ONCE],
    ['new × peerDied', AT_ONCE],
    ['new × stoodStill', AT_ONCE],
    ['new × granted', AT_ONCE],
    ['new × denied', AT_ONCE],
    ['waiting × TWIN', NO_TWINS],
    ['waiting × granted', NO_CLAIM],
    ['waiting × denied', NO_CLAIM],
    ['lone × peerDied', FIRST_WORD],
    ['lone × granted', NO_CLAIM],
    ['lone × denied', NO_CLAIM],
    ['passive × drained', HAND_OVER_ALONE],
    ['deserted × granted', ARBITER_ALONE],
    ['deserted × denied', ARBITER_ALONE],
    ['deserted × drained', HAND_OVER_ALONE],
    ['electing × RESIGNED', ARBITER_ALONE],
    ['electing × TWIN', NO_TWINS],
    ['electing × peerDied', ARBITER_ALONE],
    ['electing × activate', ARBITER_ALONE],
    ['electing × handOver', ARBITER_ALONE],
    ['electing × stoodStill', ARBITER_ALONE],
    ['electing × drained', ARBITER_ALONE],
    ['active × TWIN', NO_TWINS],
    ['active × denied', ARBITER_ALONE],
    ['active × drained', HAND_OVER_ALONE],
    ['doubting × RESIGNED', STANDSTILL_ALONE],
    ['doubting × TWIN', NO_TWINS],
    ['doubting × peerDied', STANDSTILL_ALONE],
    ['doubting × activate', STANDSTILL_ALONE],
    ['doubting × handOver', STANDSTILL_ALONE],
    ['doubting × stoodStill', STANDSTILL_ALONE],
    ['doubting × denied', ARBITER_ALONE],
    ['doubting × drained', HAND_OVER_ALONE],
    ['resigning × ACTIVE', HAND_OVER_ALONE],
    ['resigning × TWIN', NO_TWINS],
    ['resigning × peerDied', HAND_OVER_ALONE],
    ['resigning × activate', HAND_OVER_ALONE],
    ['resigning × stoodStill', HAND_OVER_ALONE],
    ['resigning × denied', ARBITER_ALONE],
    ['closed × WAITING', ENDED],
    ['closed × ACTIVE', ENDED],
    ['closed × PASSIVE', ENDED],
    ['closed × RESIGNED', ENDED],
    ['closed × TWIN', ENDED],
    ['closed × start', ENDED],
    ['closed × clientRequest', ENDED],
    ['closed × peerDied', ENDED],
    ['closed × activate', ENDED],
    ['closed × handOver', ENDED],
    ['closed × stoodStill', ENDED],
    ['closed × granted', ENDED],
    ['closed × denied', ENDED],
    ['closed × drained', ENDED],
    ['closed × close', ENDED],
  ]),
  ClassicBinaryStar: new Map([
    ['new → closed: close / leave', AT_ONCE],
    ['primary → primary: PRIMARY / hearAsPrimary', NO_CUTS],
    ['primary → closed: close / leave', NOT_CLOSED],
    ['backup → backup: BACKUP / hearAsBackup', NO_CUTS],
    ['backup → closed: close / leave', NOT_CLOSED],
    ['active → halted: ACTIVE / haltDualActive', NO_CUTS],
    ['active → closed: close / end', NOT_CLOSED],
    ['passive → halted: PASSIVE / haltDualPassive', NO_CUTS],
    ['passive → closed: close / leave', NOT_CLOSED],
    ['halted → closed: close / leave', NOT_CLOSED],
    ['new × PRIMARY', AT_ONCE],
    ['new × BACKUP', AT_ONCE],
    ['new × ACTIVE', AT_ONCE],
    ['new × PASSIVE', AT_ONCE],
    ['new × clientRequest', AT_ONCE],
    ['halted × PRIMARY', NO_CUTS],
    ['halted × BACKUP', NO_CUTS],
    ['halted × ACTIVE', NO_CUTS],
    ['halted × PASSIVE', NO_CUTS],
    ['halted × clientRequest', NO_CUTS],
    ['closed × PRIMARY', ENDED],
    ['closed × BACKUP', ENDED],
    ['closed × ACTIVE', ENDED],
    ['closed × PASSIVE', ENDED],
    ['closed × start', ENDED],
    ['closed × clientRequest', ENDED],
    ['closed × close', ENDED],
  ]),
};

/** Something that a machine can do and was not seen doing. */
export interface Untaken {
  readonly what: string;
  /** Why not; nothing where nobody knows. */
  readonly why?: string;
}

/** The arrows that were not taken, and the events that were not met where they are ignored or refused. */
export function untakenOf(machine: Machine, observer: ArrowCoverage): readonly Untaken[] {
  const arrows = observer.missingArrows(machine).map((what) => ({ what, cell: what.replace(/^(\w+) → \w+: (\w+).*$/, '$1 × $2') }));
  const answers = observer
    .missingAnswers(machine)
    .map((answer) => answer.replace(/:.*$/, ''))
    .map((what) => ({ what, cell: what }));
  return [...arrows, ...answers].map(({ what, cell }) => {
    const why = UNEXPLORED[machine.name]?.get(what) ?? UNREACHABLE[machine.name]?.get(cell);
    return why === undefined ? { what } : { what, why };
  });
}

/** What several explorations of one machine, together, have not seen. */
export function untakenInAll(each: readonly (readonly Untaken[])[]): readonly Untaken[] {
  const [first = new Map<string, Untaken>(), ...others] = each.map((untaken) => new Map(untaken.map((one) => [one.what, one])));
  return [...first.values()].filter(({ what }) => others.every((other) => other.has(what)));
}
