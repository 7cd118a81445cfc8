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
const ONE_BROKER = 'the clients of the models know one broker';
const NO_HANDLER = 'the models end a handler with its worker';
const NO_PROBE = 'the models without pings have no probe';
const TWO_LOSSES = 'a second loss is a second fault';
const HEARD_AGAIN = 'in the worlds with hedges a server in doubt is heard again only by an answer, which ends the request';

const AT_ONCE = 'the servers of the models start at once';
const ENDED = 'a server that is closed is a process that has ended';
const NO_TWINS = 'the models have one primary and one backup';
const NOT_CLOSED = 'the models end the other servers by a crash';
const NOT_TOGETHER = 'no world has all of it: an arbiter, operators, standstills and several faults';
const NO_CUTS = 'the world in which the Guide’s pair goes on has no cuts, and no pair set up wrongly; others are in the tests';

/** Machine → arrow, or `state × event` of what is ignored → why. */
export const UNEXPLORED: { readonly [machine: string]: ReadonlyMap<string, string> } = {
  LoadBalancedWorker: new Map([
    ['busy → busy: REQUEST [mayHold] / hold', SECOND_REQUEST],
    ['busy → orphaned: REQUEST [else] / leaveConfused', SECOND_REQUEST],
    ['busy → busy: handlerDone [holdsMore] / replyAndGoOn', SECOND_REQUEST],
    ['draining → closed: REQUEST [mayHoldNone] / leaveConfusedAndClose', SECOND_REQUEST],
    ['draining × REQUEST', SECOND_REQUEST],
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
  BinaryStar: new Map([
    ['new → closed: close / leave', AT_ONCE],
    ['waiting → electing: RESIGNED [isArbitrated] / electForResigned', NOT_TOGETHER],
    ['lone → electing: RESIGNED [isArbitrated] / electForResigned', NOT_TOGETHER],
    ['lone → active: RESIGNED [else] / serveForResigned', NOT_TOGETHER],
    ['lone → electing: activate [isArbitrated] / electAsTold', NOT_TOGETHER],
    ['lone → electing: loneBackup [hasVotesAndIsArbitrated] / electForSilent', NOT_TOGETHER],
    ['passive → electing: RESIGNED [isArbitrated] / electForResigned', NOT_TOGETHER],
    ['deserted → electing: WAITING [isFreshAndArbitrated] / electFirst', NOT_TOGETHER],
    ['deserted → electing: PASSIVE [isFreshPrimaryAndArbitrated] / electAsPrimary', NOT_TOGETHER],
    ['deserted → active: PASSIVE [isFreshAndPrimary] / serveAsPrimary', NOT_TOGETHER],
    ['deserted → passive: PASSIVE [else] / stayPassive', NOT_TOGETHER],
    ['deserted → electing: RESIGNED [isArbitrated] / electForResigned', NOT_TOGETHER],
    ['deserted → active: RESIGNED [else] / serveForResigned', NOT_TOGETHER],
    ['deserted → electing: activate [isArbitrated] / electAsTold', NOT_TOGETHER],
    ['electing → closed: close / leave', NOT_CLOSED],
    ['active → active: RESIGNED / hearPeer', NOT_TOGETHER],
    ['doubting → active: WAITING [isFresh] / resumeReassured', NOT_TOGETHER],
    ['doubting → active: RESIGNED [isFresh] / resumeReassured', NOT_TOGETHER],
    ['doubting → doubting: granted / renew', NOT_TOGETHER],
    ['doubting → resigning: close / drainSuspended', NOT_CLOSED],
    ['doubting → passive: leaseExpiry / yieldLease', NOT_TOGETHER],
    ['resigning → closed: ACTIVE [isOutrankedAtTheEnd] / leaveForGood', NOT_TOGETHER],
    ['resigning → passive: ACTIVE [isOutranked] / yieldToPeer', NOT_TOGETHER],
    ['resigning → resigning: granted / renew', NOT_TOGETHER],
    ['resigning → closed: leaseExpiry [endsForGood] / leaveForGood', NOT_TOGETHER],
    ['resigning → passive: leaseExpiry [else] / yieldLease', NOT_TOGETHER],
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
    ['waiting × granted', NOT_TOGETHER],
    ['waiting × denied', NOT_TOGETHER],
    ['lone × TWIN', NO_TWINS],
    ['lone × peerDied', NOT_TOGETHER],
    ['lone × granted', NOT_TOGETHER],
    ['lone × denied', NOT_TOGETHER],
    ['passive × TWIN', NO_TWINS],
    ['passive × denied', NOT_TOGETHER],
    ['passive × drained', NOT_TOGETHER],
    ['deserted × TWIN', NO_TWINS],
    ['deserted × granted', NOT_TOGETHER],
    ['deserted × denied', NOT_TOGETHER],
    ['deserted × drained', NOT_TOGETHER],
    ['electing × RESIGNED', NOT_TOGETHER],
    ['electing × TWIN', NO_TWINS],
    ['electing × peerDied', NOT_TOGETHER],
    ['electing × activate', NOT_TOGETHER],
    ['electing × handOver', NOT_TOGETHER],
    ['electing × stoodStill', NOT_TOGETHER],
    ['electing × drained', NOT_TOGETHER],
    ['active × TWIN', NO_TWINS],
    ['active × denied', NOT_TOGETHER],
    ['active × drained', NOT_TOGETHER],
    ['doubting × RESIGNED', NOT_TOGETHER],
    ['doubting × TWIN', NO_TWINS],
    ['doubting × peerDied', NOT_TOGETHER],
    ['doubting × activate', NOT_TOGETHER],
    ['doubting × handOver', NOT_TOGETHER],
    ['doubting × stoodStill', NOT_TOGETHER],
    ['doubting × denied', NOT_TOGETHER],
    ['doubting × drained', NOT_TOGETHER],
    ['resigning × ACTIVE', NOT_TOGETHER],
    ['resigning × RESIGNED', NOT_TOGETHER],
    ['resigning × TWIN', NO_TWINS],
    ['resigning × peerDied', NOT_TOGETHER],
    ['resigning × activate', NOT_TOGETHER],
    ['resigning × stoodStill', NOT_TOGETHER],
    ['resigning × denied', NOT_TOGETHER],
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
