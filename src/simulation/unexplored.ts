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
  MajordomoLink: new Map([
    ['probing → resting: probeTimeout [othersRemain] / restProbing', ONE_BROKER],
    ['probing → correlated: probeTimeout [trustsSilent] / correlateMeanwhile', ONE_BROKER],
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
