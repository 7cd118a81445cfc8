/** The rules of clients that ask again. */
import type { BackoffOptions } from '../core/backoff.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import type { Invariant, ProcessView } from './invariants.ts';
import { Pauses } from './spread.ts';
import { requestOf, stepOf, writerOf } from './writer.ts';

/**
 * @param most attempts that a request may have in all.
 * @param round attempts that go to one server each before the pause is a whole one.
 */
export function attemptRules(most: number, backoff: BackoffOptions, round = 1): readonly Invariant[] {
  const middleBefore = (event: TraceEvent): number | undefined => {
    const tried = (event['attempt'] as number) - 1;
    if (tried < 1) return undefined;
    return tried % round === 0 ? middleOf(backoff, tried / round - 1) : backoff.base / 5;
  };
  return [numbered(most), nothingAfterwards, spaced(backoff, isClients, middleBefore)];
}

function numbered(most: number): Invariant {
  return {
    id: 'LP1',
    sentence: `a request is sent at most ${most} times, and its attempts are numbered in order`,
    watch(run) {
      const last = new Map<string, number>();
      return {
        on: {
          attempt: (event, process) => {
            const request = requestOf(event, process);
            const attempt = event['attempt'] as number;
            if (attempt > most || attempt <= (last.get(request) ?? 0)) run.violated(`attempt ${attempt} of request ${request}`);
            last.set(request, attempt);
          },
        },
      };
    },
  };
}

/** LP3: what its caller is told is the end. That it is told once is U2. */
export const nothingAfterwards: Invariant = {
  id: 'LP3',
  sentence: 'a request that has its outcome is not sent any more',
  watch(run) {
    const ended = new Set<string>();
    const end = (event: TraceEvent, process: ProcessView): void => {
      ended.add(requestOf(event, process));
    };
    return {
      on: {
        reply: end,
        fail: end,
        attempt: (event, process) => {
          const request = requestOf(event, process);
          if (ended.has(request)) run.violated(`request ${request} was sent again, and had its outcome`);
        },
      },
    };
  },
};

const isClients = (event: TraceEvent): boolean => event['machine'] === 'LazyPirateRequest' || event['machine'] === 'MajordomoRequest';

/** The requests of a client that pause. Which of them goes on is known only where there is one. */
interface Waiting {
  now: number;
  /** Requests that wait for a connection. */
  waiting: number;
  alone: boolean;
  since: number;
  /** How long the one that has just gone on has paused. */
  over: { readonly at: number; readonly pause: number } | undefined;
  readonly pauses: Pauses;
}

/** The pause before the spread, after so many that came before it. */
export function middleOf({ base, maximum }: BackoffOptions, repetition: number): number {
  return Math.min(maximum, base * 2 ** repetition);
}

/**
 * U14: a request that has failed with all whom it may ask pauses.
 *
 * @param isRequests a step of a request's machine.
 * @param middleBefore how long the pause before this attempt is, but for its spread; nothing when none precedes it.
 */
export function spaced(
  { jitter }: BackoffOptions,
  isRequests: (event: TraceEvent) => boolean,
  middleBefore: (attempt: TraceEvent) => number | undefined,
): Invariant {
  return {
    id: 'U14',
    sentence: 'between two attempts there is a pause, spread, that doubles with each of them',
    watch(run) {
      const clients = new Map<string, Waiting>();
      return {
        on: {
          step: (event, process) => {
            if (!isRequests(event)) return;
            const client = writerOf(event, process);
            let pauses = clients.get(client);
            if (pauses === undefined)
              clients.set(client, (pauses = { now: 0, waiting: 0, alone: false, since: 0, over: undefined, pauses: new Pauses() }));
            const { from, to, event: kind } = stepOf(event);
            if (kind === 'retryDelay' && pauses.alone && pauses.waiting === 0) pauses.over = { at: run.now, pause: run.now - pauses.since };
            if (from === to) return;
            if (from === 'queued') pauses.waiting--;
            if (to === 'queued') pauses.waiting++;
            if (from === 'pausing') {
              pauses.now--;
              pauses.alone = false;
            }
            if (to !== 'pausing') return;
            pauses.alone = ++pauses.now === 1;
            pauses.since = run.now;
          },
          attempt: (event, process) => {
            const client = writerOf(event, process);
            const pauses = clients.get(client);
            const over = pauses?.over;
            const middle = middleBefore(event);
            if (pauses === undefined || over === undefined || middle === undefined) return;
            pauses.over = undefined;
            if (over.at !== run.now) return;
            const stoodStill = process.resumedAt >= pauses.since;
            const isLate = !stoodStill && over.pause > middle * (1 + jitter) + 2;
            if (isLate || over.pause < middle * (1 - jitter) - 1)
              run.violated(
                `attempt ${String(event['attempt'])} of a request of ${client} was made after a pause of ${Math.round(over.pause)} ms`,
              );
            else if (!stoodStill && pauses.pauses.areAlike(over.pause, middle, jitter))
              run.violated(`${client} has always made the same pause before an attempt`);
          },
        },
      };
    },
  };
}

/** What the trace tells of a client's link to its broker. */
interface Link {
  /** Connections in a row that brought nothing. */
  failures: number;
  /** A foreign broker that has answered is not asked again. */
  answered: boolean;
  /** The pause that has begun. */
  since: number;
  middle: number;
  readonly pauses: Pauses;
}

/**
 * U14: a client that has lost its broker, or has no answer of it, connects anew after a pause.
 *
 * @param endpoints brokers that the client knows: only each round of them makes the pause longer.
 */
export function linkRule({ base, maximum, jitter }: BackoffOptions, endpoints: number): Invariant {
  return {
    id: 'U14',
    sentence:
      'a client connects to its broker again after a pause, spread, that doubles with each connection in a row that brought nothing',
    watch(run) {
      const links = new Map<string, Link>();
      const wholePause = (rounds: number): number => Math.min(maximum, base * 2 ** rounds);
      const beginRest = (link: Link): void => {
        link.since = run.now;
        const tried = ++link.failures;
        link.middle = tried % endpoints === 0 ? wholePause(tried / endpoints - 1) : base / 5;
      };
      const beginStay = (link: Link): void => {
        link.since = run.now;
        link.middle = wholePause(Math.floor(link.failures++ / endpoints));
      };
      return {
        on: {
          step: (event, process) => {
            if (event['machine'] !== 'MajordomoLink') return;
            const client = writerOf(event, process);
            let link = links.get(client);
            if (link === undefined) links.set(client, (link = { failures: 0, answered: true, since: 0, middle: 0, pauses: new Pauses() }));
            const { from, to, event: kind } = stepOf(event);
            const isOver = kind === 'reconnectDelay' || (kind === 'reprobeDelay' && !link.answered);
            const pause = run.now - link.since;
            if (isOver && process.resumedAt < link.since) {
              if (pause < link.middle * (1 - jitter) - 1 || pause > link.middle * (1 + jitter) + 2)
                run.violated(
                  `${client} connected to its broker again after ${Math.round(pause)} ms; ${Math.round(link.middle)} ms would be the middle`,
                );
              else if (link.pauses.areAlike(pause, link.middle, jitter))
                run.violated(`${client} has always made the same pause before it connected again`);
            }
            if (kind === 'ANSWER' && from !== 'new' && from !== 'resting' && from !== 'closed') {
              link.failures = 0;
              link.answered = true;
            } else if (to === 'plain' && (kind === 'probeTimeout' || isOver)) {
              link.answered = false;
              beginStay(link);
            } else if (to === 'correlated' && kind === 'probeTimeout') link.failures++;
            else if (to === 'resting' && from !== 'resting') beginRest(link);
          },
        },
      };
    },
  };
}
