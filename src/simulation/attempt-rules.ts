/** The rules of clients that ask again. */
import type { BackoffOptions } from '../core/backoff.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import type { Invariant } from './invariants.ts';

/** @param most attempts that a request may have in all. */
export function attemptRules(most: number, backoff: BackoffOptions): readonly Invariant[] {
  return [numbered(most), spaced(backoff)];
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
            const request = `${process.life} ${String(event['request'])}`;
            const attempt = event['attempt'] as number;
            if (attempt > most || attempt <= (last.get(request) ?? 0)) run.violated(`attempt ${attempt} of request ${request}`);
            last.set(request, attempt);
          },
        },
      };
    },
  };
}

const isClients = (event: TraceEvent): boolean => event['machine'] === 'LazyPirateRequest' || event['machine'] === 'MajordomoRequest';

/** The requests of a client that pause. Which of them goes on is known only where there is one. */
interface Pauses {
  now: number;
  /** Requests that wait for a connection. */
  waiting: number;
  alone: boolean;
  since: number;
  /** How long the one that has just gone on has paused. */
  over: { readonly at: number; readonly pause: number } | undefined;
}

function spaced({ base, maximum, jitter }: BackoffOptions): Invariant {
  return {
    id: 'U14',
    sentence: 'between two attempts there is a pause, spread, that doubles with each of them',
    watch(run) {
      const lives = new Map<string, Pauses>();
      return {
        on: {
          step: (event, process) => {
            if (!isClients(event)) return;
            let pauses = lives.get(process.life);
            if (pauses === undefined) lives.set(process.life, (pauses = { now: 0, waiting: 0, alone: false, since: 0, over: undefined }));
            const { from, to, event: kind } = event as unknown as { from: string; to: string; event: string };
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
            const pauses = lives.get(process.life);
            const over = pauses?.over;
            const attempt = event['attempt'] as number;
            if (pauses === undefined || over === undefined || attempt < 2) return;
            pauses.over = undefined;
            if (over.at !== run.now) return;
            const middle = Math.min(maximum, base * 2 ** (attempt - 2));
            const isLate = process.resumedAt < pauses.since && over.pause > middle * (1 + jitter) + 2;
            if (isLate || over.pause < middle * (1 - jitter) - 1)
              run.violated(`attempt ${attempt} of a request of ${process.life} was made after a pause of ${Math.round(over.pause)} ms`);
          },
        },
      };
    },
  };
}
