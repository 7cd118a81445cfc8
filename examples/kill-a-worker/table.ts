/** The reckoning: every request counted, every blow judged. */
import type { Ledger } from './ledger.ts';
import type { Outcome } from './reports.ts';
import { ms, type Colour } from './words.ts';

/** Where the reply of a worker that slept too long can end: never at the client. */
export type LateReplyFate =
  /** The worker kept it: it knew already that nobody waited. */
  | 'discarded'
  /** The broker turned it away: its sender was not registered any more. */
  | 'refused'
  /** It went into the connection that had been cut, and reached nobody. */
  | 'cut';

/** One blow and what became of it. */
export interface Blow {
  readonly what: 'worker killed' | 'worker frozen' | 'broker killed';
  /** Blows until one hit a worker with a request in its hands. */
  blows: number;
  /** Requests it caught in flight. */
  inFlight: number;
  /** Ms until it was noticed; by the first to notice, if there are several. */
  noticedAfter?: number;
  /** By which means. */
  layer?: string;
  /** Ms from the blow to the last answer among those it caught in flight. */
  answeredAfter?: number;
}

export interface Table {
  readonly ok: boolean;
  /** What went wrong, in words. */
  readonly problems: readonly string[];
  readonly requests: number;
  readonly replies: number;
  readonly lost: number;
  /** Outcomes beyond the first of a request. */
  readonly duplicates: number;
  /** Answers to something else than was asked. */
  readonly mixedUp: number;
  /** Attempts of the client beyond the first of a request. */
  readonly retries: number;
  /** Hand-outs by a broker beyond the first of an attempt. */
  readonly redeliveries: number;
  /** How often a worker began a job. */
  readonly executions: number;
  /**
   * Replies that came too late for anybody: dropped by workers that knew, gone with the connection of the frozen worker, refused
   * by brokers, dropped by the client. What was on its way into the broker when that died is nobody's to count.
   */
  readonly stale: { readonly atWorkers: number; readonly underway: number; readonly atBrokers: number; readonly atClient: number };
  /** Workers that the broker gave up though nobody had touched them. */
  readonly falseAlarms: number;
  /** Ms from the question to the answer, retries and all. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly slowest: number };
  readonly blows: readonly Readonly<Blow>[];
  /** Ms from the first request to the last answer. */
  readonly duration: number;
}

export interface Verdict {
  readonly requests: number;
  readonly ledger: Ledger;
  readonly blows: readonly Blow[];
  readonly falseAlarms: number;
  /** Where the reply of the frozen worker ended. */
  readonly lateReply: LateReplyFate | undefined;
  /** What the story itself found wrong. */
  readonly problems: readonly string[];
}

export function tableOf({ requests, ledger, blows, falseAlarms, lateReply, problems }: Verdict): Table {
  const { outcomes } = ledger;
  const answered = outcomes.filter(({ kind }) => kind === 'reply');
  const numbers = new Set(outcomes.map(({ number }) => number));
  const mixedUp = outcomes.filter(({ kind }) => kind === 'mixed-up').length;
  const lost = outcomes.filter(({ kind }) => kind === 'lost').length + (requests - numbers.size);
  const duplicates = outcomes.length - numbers.size;
  const found = [
    ...problems,
    ...(lost > 0 ? [`${lost} requests were lost${firstError(outcomes)}`] : []),
    ...(duplicates > 0 ? [`${duplicates} requests had a second outcome`] : []),
    ...(mixedUp > 0 ? [`${mixedUp} requests were answered with something else`] : []),
    ...faults(ledger),
    ...disagreements(ledger, answered.length),
  ];
  return {
    ok: found.length === 0,
    problems: found,
    requests,
    replies: answered.length,
    lost,
    duplicates,
    mixedUp,
    retries: ledger.retries,
    redeliveries: ledger.all('requestRequeued').length,
    executions: ledger.executions,
    stale: {
      atWorkers: ledger.all('replyDiscarded').length,
      underway: lateReply === 'cut' ? 1 : 0,
      atBrokers: ledger.lateRepliesRefused(0).length,
      atClient: ledger.all('staleReply').length,
    },
    falseAlarms,
    latency: latencyOf(answered),
    blows,
    duration:
      outcomes.length === 0
        ? 0
        : Math.max(...outcomes.map(({ settledAt }) => settledAt)) - Math.min(...outcomes.map(({ begunAt }) => begunAt)),
  };
}

/** Bugs of the library that it caught itself: told as they happened, or counted before anybody listened. */
function faults(ledger: Ledger): string[] {
  const told = ledger.all('fault');
  const untold = ledger
    .all('ended')
    .filter(({ from, counters }) => (counters['faults'] ?? 0) > 0 && !told.some((fault) => fault.from === from));
  return [
    ...told.map(({ from, message }) => `a bug of the library was caught in ${from}: ${message}`),
    ...untold.map(({ from }) => `a bug of the library was caught in ${from} before anybody listened`),
  ];
}

/** What the client's own counters say must be what was counted outside of it. */
function disagreements(ledger: Ledger, answered: number): string[] {
  const counters = ledger.first('ended', 0, 'client')?.counters;
  if (counters === undefined) return ['the client did not end as it should'];
  return counters['replies'] === answered ? [] : [`the client counts ${counters['replies']} replies, but ${answered} were right`];
}

function firstError(outcomes: readonly Outcome[]): string {
  const error = outcomes.find(({ kind }) => kind === 'lost')?.error;
  return error === undefined ? '' : `, one of them with: ${error}`;
}

function latencyOf(answered: readonly Outcome[]): Table['latency'] {
  const sorted = answered.map(({ begunAt, settledAt }) => settledAt - begunAt).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), slowest: at(1) };
}

interface Line {
  readonly text: string;
  readonly colour?: Colour;
}

/** The table as people read it. */
export function tableText(table: Table): Line[] {
  const { latency, stale, blows } = table;
  const { atWorkers, underway, atBrokers, atClient } = stale;
  const mustBeNone = (name: string, count: number, note: string): Line => ({
    ...row(name, count, note),
    colour: count === 0 ? 'green' : 'red',
  });
  return [
    row('requests', table.requests, `asked and answered within ${(table.duration / 1000).toFixed(1)} s`),
    { ...row('replies', table.replies, 'each the right one'), colour: table.replies === table.requests ? 'green' : 'red' },
    mustBeNone('lost', table.lost, 'no answer, or an error'),
    mustBeNone('duplicates', table.duplicates, 'a second outcome of one request'),
    mustBeNone('mixed up', table.mixedUp, "another request's answer"),
    row('retries', table.retries, 'sent again by the client'),
    row('redeliveries', table.redeliveries, 'handed to another worker by the broker'),
    row('executions', table.executions, 'jobs begun; more than one per request is allowed, and cannot be helped'),
    row(
      'stale replies',
      atWorkers + underway + atBrokers + atClient,
      `too late: ${atWorkers} dropped by workers, ${underway} with the frozen worker's connection, ${atBrokers} by brokers, ${atClient} by the client`,
    ),
    row('false alarms', table.falseAlarms, 'workers given up though nobody had touched them'),
    row('latency', '', `p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, slowest ${ms(latency.slowest)}`),
    ...blows.map((blow) => row(blow.what, '', blowText(blow))),
    { text: '' },
    ...(table.ok
      ? [{ text: 'OK: one right answer to every request.', colour: 'green' as const }]
      : table.problems.map((problem) => ({ text: `FAILED: ${problem}`, colour: 'red' as const }))),
  ];
}

function row(name: string, count: number | string, note: string): Line {
  return { text: `${name.padEnd(14)} ${String(count).padStart(6)}  ${note}` };
}

function blowText({ inFlight, noticedAfter, layer, answeredAfter }: Blow): string {
  if (noticedAfter === undefined) return 'nobody noticed';
  const answered = answeredAfter === undefined ? 'unanswered' : `answered ${ms(answeredAfter)} after the blow`;
  return `noticed after ${ms(noticedAfter)} (${layer}); ${inFlight} in flight, ${answered}`;
}
