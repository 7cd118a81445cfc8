/** All that was reported, in one place: who holds what, which request ended how. And a way to wait for something to become true. */
import { now } from './clock.ts';
import { LONG_JOB } from './job.ts';
import type { Fact, Outcome, Report, ReportOf } from './reports.ts';

/** A job was begun so lately that it cannot be done yet, in ms: a good moment to strike. */
const FRESH = LONG_JOB / 2;

export type Start = ReportOf<'started'>;

/** Something did not happen in time. */
export class NeverHappened extends Error {}

export class Ledger {
  /** Requests the client has begun. */
  sent = 0;
  /** Requests that have ended, one way or another. */
  settled = 0;
  /** Retries so far. */
  retries = 0;
  /** Executions so far, repeats included. */
  executions = 0;
  readonly #starts = new Map<number, Start[]>();
  readonly #outcomes = new Map<number, Outcome[]>();
  readonly #inHand = new Map<string, Start>();
  readonly #dead = new Set<string>();
  /** What is rare enough to be kept as it came. */
  readonly #reports: Report[] = [];
  readonly #looking = new Set<() => void>();
  readonly #signal: AbortSignal;

  /** @param signal ends every wait, with its reason. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  note(report: Report): void {
    switch (report.event) {
      case 'started':
        this.executions++;
        append(this.#starts, report.number, report);
        if (!this.#dead.has(report.from)) this.#inHand.set(report.from, report);
        break;
      case 'finished':
        this.#inHand.delete(report.from);
        this.#reports.push(report);
        break;
      case 'progress':
        this.sent = report.sent;
        this.settled += report.outcomes.length;
        for (const outcome of report.outcomes) append(this.#outcomes, outcome.number, outcome);
        break;
      default:
        if (report.event === 'requestRetried') this.retries++;
        this.#reports.push(report);
    }
    for (const look of this.#looking) look();
  }

  /** This worker will finish nothing any more, whatever of its reports is still on the way. */
  bury(worker: string): void {
    this.#dead.add(worker);
    this.#inHand.delete(worker);
  }

  startsOf(number: number): readonly Start[] {
    return this.#starts.get(number) ?? [];
  }

  /** The one outcome of a request; undefined while it has none. */
  outcomeOf(number: number): Outcome | undefined {
    return this.#outcomes.get(number)?.[0];
  }

  /** The first job a worker began at or after a moment. */
  firstStart(worker: string, since: number): Start | undefined {
    for (const starts of this.#starts.values()) for (const start of starts) if (start.from === worker && start.at >= since) return start;
    return undefined;
  }

  /** Every outcome of every request, and if a request had two, both. */
  get outcomes(): readonly Outcome[] {
    return [...this.#outcomes.values()].flat();
  }

  /** A worker that is in the middle of a long job. */
  get busyWorker(): Start | undefined {
    for (const start of this.#inHand.values()) if (start.work === LONG_JOB && now() - start.at < FRESH) return start;
    return undefined;
  }

  /** All reports of an event, oldest first. */
  all<E extends Fact['event']>(event: E): ReportOf<E>[] {
    return this.#reports.filter((report): report is ReportOf<E> => report.event === event);
  }

  /** The first report of an event at or after a moment, from one process or from any. */
  first<E extends Fact['event']>(event: E, since: number, from?: string): ReportOf<E> | undefined {
    return this.all(event).find((report) => report.at >= since && (from === undefined || report.from === from));
  }

  /** Replies that a broker did not take, because their worker was no worker of its any more. */
  lateRepliesRefused(since: number): ReportOf<'peerRefused'>[] {
    return this.all('peerRefused').filter(({ at, reason }) => at >= since && reason.startsWith('a REPLY'));
  }

  /**
   * Resolves with what `look` finds, now or after some later report.
   *
   * @throws NeverHappened after `patience` ms
   */
  async until<T>(what: string, look: () => T | undefined, patience = 30_000): Promise<T> {
    const found = look();
    if (found !== undefined && !this.#signal.aborted) return found;
    return new Promise<T>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#looking.delete(again);
        this.#signal.removeEventListener('abort', aborted);
      };
      const again = (): void => {
        const later = look();
        if (later === undefined) return;
        done();
        resolve(later);
      };
      const aborted = (): void => {
        done();
        reject(this.#signal.reason as Error);
      };
      const timer = setTimeout(() => {
        done();
        reject(new NeverHappened(`waited ${patience} ms in vain for ${what}`));
      }, patience);
      this.#looking.add(again);
      this.#signal.addEventListener('abort', aborted);
      if (this.#signal.aborted) aborted();
    });
  }
}

function append<V>(lists: Map<number, V[]>, key: number, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
