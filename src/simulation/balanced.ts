/** The rules of whatever hands requests to workers: Majordomo's broker and the pirates' queues. */
import type { TraceEvent } from '../runtime/trace.ts';
import type { Invariant, Rule, RunView } from './invariants.ts';
import type { SimulatedProcess } from './process.ts';

/** What the rules must know of the options. All times in ms. */
export interface BalancedRules {
  /** Silence after which a worker is gone; 0: silence means nothing. */
  readonly expiry: number;
  readonly heartbeatInterval: number;
  /** Time until the transport itself cuts a dead connection. */
  readonly pings: number;
  readonly busyLimit: number;
  readonly maxDeliveries: number;
  /** Requests that may wait at one broker. */
  readonly mostQueued: number;
  readonly reconnect: { readonly base: number; readonly maximum: number; readonly jitter: number };
}

/** Judging waits for mail after a standstill, and timers are set to whole ms. */
const SLACK_MS = 300;

const labelOf = (event: TraceEvent): string => event['worker'] as string;
const numberOf = (event: TraceEvent): number => event['request'] as number;
const serviceOf = (event: TraceEvent): string => (event['service'] as string | undefined) ?? '';

/** One broker's books in one of its lives, as its trace tells them. */
class Books {
  readonly process: SimulatedProcess;
  readonly requests = new Map<number, 'queued' | 'in flight'>();
  /** Who holds which request. */
  readonly holders = new Map<string, number>();
  readonly holderOf = new Map<number, string>();
  /** Registered workers, and their services. */
  readonly workers = new Map<string, string>();
  /** Workers that are ready, least recently used first, by service. */
  readonly ready = new Map<string, Set<string>>();
  /** When each peer was last heard. */
  readonly heard = new Map<string, number>();
  lastHeard = '';
  queued = 0;

  constructor(process: SimulatedProcess) {
    this.process = process;
  }

  readyFor(service: string): Set<string> {
    let ready = this.ready.get(service);
    if (ready === undefined) this.ready.set(service, (ready = new Set()));
    return ready;
  }

  /** A request is with nobody any more; its worker, if it has one, is free. */
  release(request: number): string | undefined {
    const holder = this.holderOf.get(request);
    if (holder === undefined) return undefined;
    this.holderOf.delete(request);
    this.holders.delete(holder);
    return holder;
  }
}

/** What a rule has of its run: the time and the nodes, and a way to say that this rule is broken. */
interface Court {
  readonly run: RunView;
  violated(because: string): void;
}

type Judge = (event: TraceEvent, books: Books, court: Court) => void;

/** A rule over the books: they are kept in one place, below, and judged before they are changed. */
interface BookRule extends Rule {
  readonly on: { readonly [kind: string]: Judge };
  readonly rest?: (books: Books, court: Court) => void;
}

function bookRules(rules: BalancedRules): readonly BookRule[] {
  const openIn =
    (states: readonly string[]): Judge =>
    (event, books, court) => {
      const state = books.requests.get(numberOf(event));
      if (state === undefined || !states.includes(state)) {
        court.violated(`${event.kind} of request ${numberOf(event)}, which is ${state ?? 'not open'}`);
      }
    };
  return [
    {
      id: 'U6',
      sentence: 'every request that was taken in is queued, in flight, or ended, exactly one of them',
      on: {
        accept: (event, books, court) => {
          if (books.requests.has(numberOf(event))) court.violated(`request ${numberOf(event)} was taken in twice`);
        },
        dispatch: openIn(['queued']),
        requeue: openIn(['queued', 'in flight']),
        route: openIn(['in flight']),
        deadletter: openIn(['queued', 'in flight']),
        drop: openIn(['queued', 'in flight']),
        expire: (event, books, court) => {
          const worker = labelOf(event);
          const held = books.holders.get(worker);
          if (held === undefined) return;
          // In the same moment it goes elsewhere, or ends.
          court.run.at(court.run.now, () => {
            if (books.holderOf.get(held) === worker && !books.process.dead) court.violated(`request ${held} was lost with ${worker}`);
          });
        },
      },
      rest(books, court) {
        const [view] = court.run.inspect(books.process.node) as { queued: number; inFlight: number; counters: Record<string, number> }[];
        if (view === undefined) return;
        const { accepted = 0, replied = 0, failed = 0, dropped = 0 } = view.counters;
        if (accepted !== replied + failed + dropped + view.queued + view.inFlight)
          court.violated(
            `${accepted} taken in, ${replied} answered, ${failed} failed, ${dropped} dropped, ${view.queued} queued, ${view.inFlight} in flight`,
          );
      },
    },
    {
      id: 'U7',
      sentence: 'a worker has one request at a time',
      on: {
        dispatch: (event, books, court) => {
          const held = books.holders.get(labelOf(event));
          if (held !== undefined) court.violated(`${labelOf(event)} was given request ${numberOf(event)} while it held ${held}`);
        },
      },
    },
    {
      id: 'U8',
      sentence: 'a request is given only to a worker that is registered for its service, and was heard within the expiry',
      on: {
        dispatch: (event, books, court) => {
          const worker = labelOf(event);
          if (books.workers.get(worker) !== serviceOf(event)) court.violated(`${worker} is not registered for "${serviceOf(event)}"`);
          const silence = court.run.now - Math.max(books.heard.get(worker) ?? 0, books.process.resumedAt);
          if (rules.expiry > 0 && silence > rules.expiry + SLACK_MS)
            court.violated(`${worker} had been silent for ${Math.round(silence)} ms when it was given request ${numberOf(event)}`);
        },
      },
    },
    {
      id: 'U9',
      sentence: 'no queue and no table grows beyond its limit, and at rest nothing is remembered of peers that are gone',
      on: {
        accept: (_event, books, court) => {
          if (books.queued > rules.mostQueued) court.violated(`${books.queued} requests wait; the limit is ${rules.mostQueued}`);
        },
      },
      rest(books, court) {
        const [view] = court.run.inspect(books.process.node) as { workers: { peer: string; state: string }[] }[];
        for (const { peer, state } of view?.workers ?? []) {
          const life = peer.split('#')[0] as string;
          const process = court.run.processOf(life.slice(0, life.lastIndexOf('.')));
          // What does not belong to the core may be gone without a word since a moment ago.
          if (process?.life !== life && court.run.core.includes(process?.node ?? '')) court.violated(`${peer} (${state}) is still there`);
        }
      },
    },
    {
      id: 'SP2',
      sentence: 'of the workers that are ready, the least recently used one gets the request',
      on: {
        dispatch: (event, books, court) => {
          const ready = books.readyFor(serviceOf(event));
          const [first] = ready;
          const worker = labelOf(event);
          if (first === undefined || first === worker) return;
          // One whose connection would not take the request is passed over: it is given up in the same moment.
          court.run.at(court.run.now, () => {
            if (ready.has(first) && !books.process.dead)
              court.violated(`${worker} was given a request though ${first} had been ready for longer`);
          });
        },
      },
    },
    {
      id: 'MD4',
      sentence: 'an answer is passed on only if it came from the worker that holds the request',
      on: {
        route: (event, books, court) => {
          const holder = books.holderOf.get(numberOf(event));
          if (holder !== books.lastHeard)
            court.violated(`request ${numberOf(event)} was with ${holder ?? 'nobody'}, and answered by ${books.lastHeard}`);
        },
      },
    },
    {
      id: 'MD6',
      sentence: 'a request is handed out no more often than it may be',
      on: {
        dispatch: (event, _books, court) => {
          const delivery = event['delivery'] as number;
          if (delivery > rules.maxDeliveries) court.violated(`request ${numberOf(event)} was handed out for the ${delivery}th time`);
        },
      },
    },
    {
      id: 'U11',
      sentence: 'where nothing takes longer than the heartbeats allow, nobody is taken for dead',
      on: {
        expire: (event, _books, court) => {
          if (event['loss'] !== 'expired' || !isMild(court.run, rules) || !court.run.isLinked(labelOf(event))) return;
          court.violated(`${labelOf(event)} was taken for dead`);
        },
      },
    },
  ];
}

/** All standstills, outages and delays of this run together are shorter than what the heartbeats forgive. */
function isMild(run: RunView, { expiry, heartbeatInterval }: BalancedRules): boolean {
  let disturbance = 0;
  for (const fault of run.schedule) {
    if (fault.op === 'halfOpen' || fault.op === 'slowReader') return false;
    if (fault.op === 'delay') disturbance += fault.delay[1];
    else if ('for' in fault && fault.op !== 'crash' && fault.op !== 'stop') disturbance += fault.for ?? Infinity;
  }
  return disturbance < expiry - heartbeatInterval - SLACK_MS;
}

/** The rules of a broker or queue at the node `broker`. */
export function balanced(broker: string, rules: BalancedRules): readonly Invariant[] {
  return [bookkeeping(broker, bookRules(rules)), completeness(broker, rules), backoff(rules)];
}

/** Keeps the books of each life of the broker, and has each event judged by every rule before it is entered. */
function bookkeeping(broker: string, rules: readonly BookRule[]): Invariant {
  return {
    id: 'books',
    sentence: 'the books of the broker are right',
    watch(run) {
      let books: Books | undefined;
      const booksOf = (process: SimulatedProcess): Books => (books?.process === process ? books : (books = new Books(process)));
      const courts = rules.map((rule): Court => ({ run, violated: (because) => run.violated(because, rule) }));
      const keep = (kind: string, change: (event: TraceEvent, books: Books) => void) => {
        const judges = rules.flatMap((rule, index) => {
          const judge = rule.on[kind];
          return judge === undefined ? [] : [{ judge, court: courts[index] as Court }];
        });
        return (event: TraceEvent, process: SimulatedProcess): void => {
          if (process.node !== broker) return;
          const current = booksOf(process);
          for (const { judge, court } of judges) judge(event, current, court);
          change(event, current);
        };
      };
      return {
        on: Object.fromEntries(Object.entries(BOOKKEEPING).map(([kind, change]) => [kind, keep(kind, change)])),
        delivered(to, _from, peer) {
          if (to.node !== broker) return;
          const current = booksOf(to);
          current.heard.set(peer, run.now);
          current.lastHeard = peer;
        },
        rest() {
          if (books === undefined || books.process.dead) return;
          for (const [index, rule] of rules.entries()) rule.rest?.(books, courts[index] as Court);
        },
      };
    },
  };
}

const BOOKKEEPING: { readonly [kind: string]: (event: TraceEvent, books: Books) => void } = {
  register: (event, books) => {
    books.workers.set(labelOf(event), serviceOf(event));
    books.readyFor(serviceOf(event)).add(labelOf(event));
  },
  expire: (event, books) => {
    books.workers.delete(labelOf(event));
    books.readyFor(serviceOf(event)).delete(labelOf(event));
  },
  accept: (event, books) => {
    books.requests.set(numberOf(event), 'queued');
    books.queued++;
  },
  dispatch: (event, books) => {
    if (books.requests.get(numberOf(event)) === 'queued') books.queued--;
    books.requests.set(numberOf(event), 'in flight');
    books.holders.set(labelOf(event), numberOf(event));
    books.holderOf.set(numberOf(event), labelOf(event));
    books.readyFor(serviceOf(event)).delete(labelOf(event));
  },
  requeue: (event, books) => {
    if (books.requests.get(numberOf(event)) === 'in flight') books.queued++;
    books.requests.set(numberOf(event), 'queued');
    books.release(numberOf(event));
  },
  route: (event, books) => {
    end(event, books);
  },
  drop: (event, books) => {
    end(event, books);
  },
  deadletter: (event, books) => {
    end(event, books);
  },
};

function end(event: TraceEvent, books: Books): void {
  if (books.requests.get(numberOf(event)) === 'queued') books.queued--;
  books.requests.delete(numberOf(event));
  const worker = books.release(numberOf(event));
  if (worker !== undefined && books.workers.has(worker)) books.readyFor(serviceOf(event)).add(worker);
}

/** U10: whoever dies is noticed by those who live. */
function completeness(broker: string, { expiry, heartbeatInterval, pings, busyLimit }: BalancedRules): Invariant {
  // Idle, it may be given one more request just before it expires; that one it holds until the busy limit.
  const within = (expiry > 0 ? expiry + heartbeatInterval : pings) + busyLimit + SLACK_MS;
  return {
    id: 'U10',
    sentence: `a worker that died is given up by the broker within ${within} ms`,
    watch(run) {
      const workers = new Map<string, SimulatedProcess>();
      const heard = new Map<string, number>();
      const look = (worker: string, since: number): void => {
        const process = workers.get(worker);
        if (process === undefined || process.dead) return;
        const from = Math.max(since, heard.get(worker) ?? 0, process.resumedAt);
        if (process.state !== 'running') run.at(run.now + within, () => look(worker, run.now));
        else if (run.now < from + within) run.at(from + within, () => look(worker, from));
        else run.violated(`${worker} died ${Math.round(run.now - since)} ms ago, and is still registered`);
      };
      const died = (_event: TraceEvent, process: SimulatedProcess): void => {
        const { now } = run;
        for (const worker of workers.keys()) if (worker.startsWith(`${process.life}#`)) run.at(now + within, () => look(worker, now));
      };
      return {
        on: {
          register: (event, process) => {
            if (process.node === broker) workers.set(labelOf(event), process);
          },
          expire: (event) => {
            workers.delete(labelOf(event));
          },
          crash: died,
          machineCrash: died,
        },
        delivered(to, _from, peer) {
          if (to.node === broker) heard.set(peer, run.now);
        },
      };
    },
  };
}

/** U14: pauses before coming back grow with the losses in a row, and no others. */
function backoff({ reconnect: { base, maximum, jitter }, heartbeatInterval }: BalancedRules): Invariant {
  return {
    id: 'U14',
    sentence:
      'a worker comes back after a pause that doubles with each loss in a row, spread, and begins anew when it has heard of its broker',
    watch(run) {
      const lives = new Map<string, { losses: number; restedAt: number; exponent: number }>();
      return {
        on: {
          step: (event, process) => {
            if (event['machine'] !== 'LoadBalancedWorker') return;
            let life = lives.get(process.life);
            if (life === undefined) lives.set(process.life, (life = { losses: 0, restedAt: 0, exponent: 0 }));
            const { from, to, event: kind } = event as unknown as { from: string; to: string; event: string };
            if (to === 'resting') {
              life.restedAt = run.now;
              // Without heartbeats a connection that was there counts as being heard; the trace does not say so.
              life.exponent = from === 'idle' ? life.losses : 0;
              life.losses = life.exponent + (from === 'orphaned' ? 0 : 1);
            } else if (kind === 'HEARTBEAT' && to === 'idle') life.losses = 0;
            else if (from === 'busy' && to === 'idle') life.losses = 0;
            else if (kind === 'reconnectDelay' && process.resumedAt < life.restedAt) {
              const pause = run.now - life.restedAt;
              const middle = Math.min(maximum, base * 2 ** life.exponent);
              const least = (heartbeatInterval === 0 ? base : middle) * (1 - jitter);
              if (pause >= least && pause <= middle * (1 + jitter) + 2) return;
              run.violated(
                `${process.life} came back after ${Math.round(pause)} ms, having lost its broker ${life.exponent + 1} times in a row`,
              );
            }
          },
        },
      };
    },
  };
}
