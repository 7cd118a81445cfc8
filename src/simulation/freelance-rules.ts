/** The rules of Freelance clients, judged by books that are kept of every server and of every copy of a request. */
import type { BackoffOptions } from '../core/backoff.ts';
import type { FreelanceModel } from '../freelance/codec.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import type { Frame } from '../wire/message.ts';
import { middleOf, nothingAfterwards, spaced } from './attempt-rules.ts';
import { SLACK_MS } from './books.ts';
import { freelanceNumber } from './frames.ts';
import type { Invariant, ProcessView, Rule, RunView } from './invariants.ts';
import { Pauses } from './spread.ts';

/** What the rules must know of the options. All times in ms. */
export interface FreelanceRules {
  readonly model: FreelanceModel;
  readonly requestTimeout: number;
  /** 0: by the model and the number of servers. */
  readonly requestRetries: number;
  /** 0: never. */
  readonly hedgeDelay: number;
  readonly pingInterval: number;
  readonly timeToLive: number;
  readonly maxServers: number;
  /** Pauses of a request that has been to all servers. */
  readonly retry: BackoffOptions;
  /** Pauses between probes of a dead server. */
  readonly probing: BackoffOptions;
}

const ATTEMPTS: Rule = { id: 'LP1', sentence: 'attempts and rounds are numbered in order, and no more rounds than may be' };
const COPIES: Rule = {
  id: 'FL1',
  sentence:
    'a request is at one server at a time, at two with a hedge, at each once in a shotgun; answers that nobody waits for are counted',
};
const CHOICE: Rule = {
  id: 'FL2',
  sentence: 'a server that did not answer in time, was lost, or was silent for its time to live is not chosen while a live one is known',
};
const STATE: Rule = { id: 'FL3', sentence: 'what a client keeps of servers is bounded, and gone with them' };
const NUMBERS: Rule = { id: 'W26', sentence: 'no copy of a request has the number of another' };
const ANSWERS: Rule = {
  id: 'W25',
  sentence: 'a request is answered only by what answers one of its copies, and comes from the server of that copy',
};
const HASTE: Rule = { id: 'U11', sentence: 'no server is given up, doubted or taken for alive without a cause' };
const PROBES: Rule = {
  id: 'U14',
  sentence:
    'a live server is pinged once in an interval, a dead one after pauses, spread, that double with each loss and each probe in a row',
};
const PAUSES: Rule = { id: 'U14', sentence: 'a request that has been to all servers pauses before it goes to them again' };

/** Timers are set to whole ms. */
const LATE_MS = 2;
/** Ms between two looks at what has been there for too long. */
const SWEEP_MS = 2000;

export function freelanceClients(nodes: readonly string[], rules: FreelanceRules): readonly Invariant[] {
  return [
    nothingAfterwards,
    bookkeeping(nodes, rules),
    spaced(
      rules.retry,
      (event) => event['machine'] === 'FreelanceRequest',
      (event) => middleBefore(event, rules.retry),
    ),
  ];
}

/** How long the pause before this attempt is, but for its spread; nothing when none precedes it. */
function middleBefore(event: TraceEvent, retry: BackoffOptions): number | undefined {
  const turns = event['turns'] as number;
  const before = (event['round'] as number) - 1;
  return event['part'] === 'first' && before > 0 && before % turns === 0 ? middleOf(retry, before / turns - 1) : undefined;
}

/** What a client is to know of a server. */
class ServerBook {
  readonly endpoint: string;
  state: 'untried' | 'alive' | 'doubtful' | 'dead' = 'untried';
  heardAt = -Infinity;
  /** Since when its silence counts. */
  watchedAt: number;
  /** When it was asked, or given a request, for the first time since it was heard; never: `Infinity`. */
  askedAt = Infinity;
  doubtedAt = -Infinity;
  /** It has left a copy unanswered for too long, and was not heard since. */
  guilty = false;
  /** It was dead, was given a request, and was not heard since. */
  isOnTrial = false;
  /** Copies of which it is not known yet whether it has left them unanswered. */
  undecided: CopyBook[] = [];
  /** Losses and vain probes in a row. */
  failures = 0;
  pausedAt = 0;
  probedAt = -Infinity;
  readonly pauses: Pauses = new Pauses();

  constructor(endpoint: string, now: number) {
    this.endpoint = endpoint;
    this.watchedAt = now;
  }

  hear(now: number): void {
    this.heardAt = now;
    this.askedAt = Infinity;
    this.guilty = false;
    this.isOnTrial = false;
  }

  get isWell(): boolean {
    return this.state === 'alive' && !this.guilty;
  }

  get isBad(): boolean {
    return this.guilty || this.state === 'dead' || this.state === 'doubtful';
  }
}

interface CopyBook {
  readonly id: number;
  readonly request: number;
  readonly attempt: number;
  readonly round: number;
  readonly part: string;
  readonly server: ServerBook;
  readonly at: number;
  /** Its connection took it. */
  sent: boolean;
  /** When it was lost with its connection. */
  lostAt: number;
  /** When its request had its outcome. */
  endedAt: number;
  /** How long the client had stood still. */
  readonly stoodStill: number;
  /** Of a shotgun: its server was dead, or had been and was not heard since; nobody waits for it alone. */
  readonly isSpare: boolean;
}

/** What came last. */
interface Heard {
  readonly at: number;
  readonly from: string;
  readonly copy: CopyBook | undefined;
}

/** Of one client in one of its lives. */
class Pool {
  readonly process: ProcessView;
  readonly servers: Map<string, ServerBook> = new Map();
  /** The nodes that they turned out to be. */
  readonly nodes: Map<string, ServerBook> = new Map();
  readonly copies: Map<number, CopyBook> = new Map();
  /** The copies of requests without an outcome. */
  readonly open: Map<number, CopyBook[]> = new Map();
  readonly probes: Set<number> = new Set();
  lastId = 0;
  /** What is about to be sent. */
  sending: CopyBook | undefined;
  heard: Heard | undefined;
  /** A reply whose fate is not told yet. */
  untold: number | undefined;
  closing = false;

  constructor(process: ProcessView) {
    this.process = process;
  }

  /** Everything under way to it is lost. */
  lose(server: ServerBook, t: number): void {
    for (const copies of this.open.values()) for (const copy of copies) if (copy.server === server) copy.lostAt = Math.min(copy.lostAt, t);
  }

  end({ request, t }: TraceEvent): void {
    for (const copy of this.open.get(request as number) ?? []) copy.endedAt = t;
    this.open.delete(request as number);
  }
}

/** U9: a server takes no more than it may, whatever the model. */
export function freelanceServers(nodes: readonly string[], most: ServerLimits): Invariant {
  return {
    id: 'U9',
    sentence: 'a server works on no more requests at a time, and lets no more wait, than it may',
    watch: (run) => ({
      on: {
        execute: (_event, { node }) => {
          if (!nodes.includes(node)) return;
          for (const { role, working = 0, waiting = 0 } of run.inspect(node) as readonly Partial<ServerView>[]) {
            if (role !== 'freelance-server') continue;
            if (working > most.maxConcurrentRequests) run.violated(`${node} works on ${working} requests`);
            if (waiting > most.maxQueuedRequests) run.violated(`${waiting} requests wait at ${node}`);
          }
        },
      },
    }),
  };
}

interface ServerLimits {
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
}

interface ServerView {
  readonly role: string;
  readonly working: number;
  readonly waiting: number;
}

function bookkeeping(nodes: readonly string[], rules: FreelanceRules): Invariant {
  return {
    id: 'freelance',
    sentence: 'the books of the client are right',
    watch(run) {
      const pools = new Map<string, Pool>();
      const clerk = new Clerk(run, rules);
      const entering =
        (enter: (pool: Pool, event: TraceEvent) => void) =>
        (event: TraceEvent, process: ProcessView): void => {
          if (!nodes.includes(process.node)) return;
          let pool = pools.get(process.node);
          if (pool?.process !== process) pools.set(process.node, (pool = new Pool(process)));
          enter(pool, event);
        };
      const about = (enter: (pool: Pool, server: ServerBook, event: TraceEvent) => void) =>
        entering((pool, event) => {
          const server = pool.servers.get(event['server'] as string);
          if (server !== undefined) enter(pool, server, event);
          else run.violated(`${event.kind} of ${String(event['server'])}, which ${pool.process.life} does not know`, STATE);
        });
      const sweep = (): void => {
        run.at(run.now + SWEEP_MS, sweep);
        for (const pool of pools.values()) clerk.sweep(pool);
      };
      run.at(SWEEP_MS, sweep);
      return {
        on: {
          know: entering((pool, event) => clerk.know(pool, event)),
          forget: about((pool, server, event) => clerk.forget(pool, server, event)),
          revive: about((pool, server) => clerk.revive(pool, server)),
          doubt: about((pool, server, event) => clerk.doubt(pool, server, event)),
          condemn: about((pool, server, event) => clerk.condemn(pool, server, event)),
          probe: about((pool, server, event) => clerk.probe(pool, server, event)),
          hasten: about((_pool, server, event) => clerk.hasten(server, event)),
          attempt: about((pool, server, event) => clerk.attempt(pool, server, event)),
          stale: entering((pool) => (pool.untold = undefined)),
          reply: entering((pool, event) => clerk.reply(pool, event)),
          fail: entering((pool, event) => pool.end(event)),
          stop: entering((pool) => (pool.closing = true)),
        },
        sent(from) {
          const pool = pools.get(from.node);
          if (pool?.process !== from || pool.sending === undefined) return;
          pool.sending.sent = true;
          pool.sending = undefined;
        },
        delivered(to, from, _peer, frames) {
          const pool = pools.get(to.node);
          if (pool?.process === to) clerk.delivered(pool, from, frames);
        },
        stepped() {
          for (const pool of pools.values()) clerk.mustBeTold(pool);
        },
      };
    },
  };
}

/** Enters what happens into the books, and judges it by them. */
class Clerk {
  readonly #run: RunView;
  readonly #rules: FreelanceRules;
  readonly #pings: boolean;
  readonly #copies: number;

  constructor(run: RunView, rules: FreelanceRules) {
    this.#run = run;
    this.#rules = rules;
    this.#pings = rules.model === 'addressed';
    this.#copies = rules.hedgeDelay > 0 ? 2 : 1;
  }

  /* ---------------------------------------------------------------- servers */

  know(pool: Pool, event: TraceEvent): void {
    const endpoint = event['server'] as string;
    if (pool.servers.has(endpoint)) this.#run.violated(`${endpoint} is known already`, STATE);
    pool.servers.set(endpoint, new ServerBook(endpoint, event.t));
    const { maxServers } = this.#rules;
    if (pool.servers.size > maxServers) this.#run.violated(`${pool.servers.size} servers are known, of at most ${maxServers}`, STATE);
  }

  forget(pool: Pool, server: ServerBook, { t }: TraceEvent): void {
    pool.servers.delete(server.endpoint);
    for (const [node, known] of pool.nodes) if (known === server) pool.nodes.delete(node);
    pool.lose(server, t);
  }

  revive(pool: Pool, server: ServerBook): void {
    const { heard, process } = pool;
    if (heard?.at !== this.#run.now) {
      this.#run.violated(`${process.life} takes ${server.endpoint} for alive, and has heard nothing`, HASTE);
      return;
    }
    const other = pool.nodes.get(heard.from);
    if (other !== undefined && other !== server)
      this.#run.violated(`${process.life} takes ${server.endpoint} for alive, and it was ${other.endpoint} that it has heard`, HASTE);
    pool.nodes.set(heard.from, server);
    server.state = 'alive';
    server.hear(this.#run.now);
    server.failures = 0;
  }

  doubt(pool: Pool, server: ServerBook, { t }: TraceEvent): void {
    const isOverdue = (copy: CopyBook): boolean => copy.server === server && t >= copy.at + this.#rules.requestTimeout - 1;
    if (![...pool.copies.values()].some(isOverdue))
      this.#run.violated(`${pool.process.life} doubts ${server.endpoint}, and nothing there is overdue`, HASTE);
    server.state = 'doubtful';
    server.doubtedAt = t;
    if (!this.#pings || server.probedAt < server.heardAt) server.watchedAt = t;
  }

  condemn(pool: Pool, server: ServerBook, { t, loss }: TraceEvent): void {
    const silence = t - Math.max(server.heardAt, server.watchedAt);
    if (loss === 'silent' && silence < this.#rules.timeToLive - LATE_MS)
      this.#run.violated(`${pool.process.life} gives up ${server.endpoint} after ${Math.round(silence)} ms of silence`, HASTE);
    if (loss === 'silent' && this.#pings && t - server.askedAt < this.#rules.timeToLive - this.#rules.pingInterval - LATE_MS)
      this.#run.violated(`${pool.process.life} gives up ${server.endpoint}, which it has hardly asked`, HASTE);
    pool.lose(server, t);
    server.state = 'dead';
    server.pausedAt = t;
  }

  /** The connection of a probe was lost: the pauses begin again. */
  hasten(server: ServerBook, { t }: TraceEvent): void {
    server.failures = 0;
    server.pausedAt = t;
  }

  probe(pool: Pool, server: ServerBook, event: TraceEvent): void {
    const { t } = event;
    pool.sending = undefined;
    if (event['id'] !== undefined) this.#number(pool, event['id'] as number, pool.probes);
    if (server.state === 'dead') this.#probeOfTheDead(pool, server, t);
    else if (server.doubtedAt !== t && t < server.probedAt + this.#rules.pingInterval - LATE_MS)
      this.#run.violated(`${pool.process.life} pings ${server.endpoint} after ${Math.round(t - server.probedAt)} ms`, PROBES);
    server.probedAt = t;
    server.askedAt = Math.min(server.askedAt, t);
  }

  #probeOfTheDead(pool: Pool, server: ServerBook, t: number): void {
    const { base, maximum, jitter } = this.#rules.probing;
    const { life, resumedAt } = pool.process;
    const pause = t - server.pausedAt;
    const middle = Math.min(maximum, base * 2 ** server.failures);
    const isLate = resumedAt < server.pausedAt && pause > middle * (1 + jitter) + LATE_MS;
    if (isLate || pause < middle * (1 - jitter) - LATE_MS)
      this.#run.violated(
        `${life} asks ${server.endpoint}, which is dead, after ${Math.round(pause)} ms; ${middle} ms would be the middle`,
        PROBES,
      );
    else if (resumedAt < server.pausedAt && server.pauses.areAlike(pause, middle, jitter))
      this.#run.violated(`${life} has always made the same pause before it asked ${server.endpoint}`, PROBES);
    server.failures++;
    server.pausedAt = t;
  }

  #number(pool: Pool, id: number, entered: Set<number> | undefined): void {
    if (id <= pool.lastId) this.#run.violated(`number ${id} of ${pool.process.life} was used before`, NUMBERS);
    pool.lastId = id;
    entered?.add(id);
  }

  /* ---------------------------------------------------------------- copies */

  attempt(pool: Pool, server: ServerBook, event: TraceEvent): void {
    const { t } = event;
    const request = event['request'] as number;
    const copy: CopyBook = {
      id: event['id'] as number,
      request,
      attempt: event['attempt'] as number,
      round: event['round'] as number,
      part: event['part'] as string,
      server,
      at: t,
      sent: false,
      lostAt: Infinity,
      endedAt: Infinity,
      stoodStill: pool.process.stoodStill,
      isSpare: this.#rules.model === 'shotgun' && (server.state === 'dead' || server.isOnTrial),
    };
    const before = pool.open.get(request) ?? [];
    this.#judgeOrder(copy, before, event);
    this.#judgeCopies(copy, before);
    this.#decide(pool, t);
    this.#judgeChoice(pool, copy, before);
    this.#number(pool, copy.id, undefined);
    pool.copies.set(copy.id, copy);
    pool.open.set(request, [...before, copy]);
    pool.sending = copy;
    if (server.state === 'dead') {
      server.state = 'doubtful';
      server.isOnTrial = true;
      server.watchedAt = t;
      server.failures++;
    }
    server.undecided.push(copy);
    server.askedAt = Math.min(server.askedAt, t);
  }

  #judgeOrder({ request, attempt, round, at }: CopyBook, before: readonly CopyBook[], event: TraceEvent): void {
    const { requestRetries, model, retry } = this.#rules;
    const turns = event['turns'] as number;
    const last = before.at(-1);
    const most = requestRetries || (model === 'shotgun' ? 1 : Math.max(3, turns));
    const isNext = round === (last?.round ?? 0) || round === (last?.round ?? 0) + 1;
    if (attempt !== before.length + 1 || !isNext || round > most)
      this.#run.violated(`attempt ${attempt} of request ${request}, in round ${round} of ${most}`, ATTEMPTS);
    const middle = middleBefore(event, retry);
    if (last === undefined || last.round === round || middle === undefined) return;
    const least = middle * (1 - retry.jitter);
    const ofLast = before.filter((copy) => copy.round === last.round);
    // Nobody waits for spare copies alone.
    const awaited = ofLast.some(({ isSpare }) => !isSpare) ? ofLast.filter(({ isSpare }) => !isSpare) : ofLast;
    const ended = Math.max(...awaited.map((copy) => this.#endOf(copy)));
    if (at < ended + least - LATE_MS)
      this.#run.violated(`round ${round} of request ${request} begins ${Math.round(at - ended)} ms after the last one`, PAUSES);
  }

  /** When nobody waits for it any more, if it is not answered. */
  #endOf({ sent, at, lostAt }: CopyBook): number {
    return sent ? Math.min(lostAt, at + this.#rules.requestTimeout) : at;
  }

  #isUnderWay(copy: CopyBook, now: number): boolean {
    return now < this.#endOf(copy) - 1;
  }

  #judgeCopies(copy: CopyBook, before: readonly CopyBook[]): void {
    const { model, hedgeDelay } = this.#rules;
    const others = before.filter((other) => this.#isUnderWay(other, copy.at));
    const many = `request ${copy.request} goes to ${copy.server.endpoint}, and is at ${others.map(({ server }) => server.endpoint).join(', ')}`;
    if (others.some((other) => other.server === copy.server)) this.#run.violated(`${many} already`, COPIES);
    if (model === 'shotgun') {
      if (others.some(({ round, isSpare }) => round !== copy.round && !isSpare)) this.#run.violated(`${many}, of an earlier round`, COPIES);
      return;
    }
    const most = copy.part === 'hedge' ? this.#copies : 1;
    if (others.length >= most) this.#run.violated(many, COPIES);
    if (copy.part === 'hedge' && others.some(({ at }) => copy.at < at + hedgeDelay - LATE_MS))
      this.#run.violated(`${many}, too early`, COPIES);
  }

  #judgeChoice(pool: Pool, { server, part, request, at }: CopyBook, before: readonly CopyBook[]): void {
    // A hedge goes elsewhere, and a shotgun to each of those that it has chosen.
    const isOfItsOwn = part === 'hedge' || this.#rules.model === 'shotgun';
    const isFree = (other: ServerBook): boolean =>
      !(isOfItsOwn && before.some((copy) => copy.server === other && this.#isUnderWay(copy, at)));
    const others = [...pool.servers.values()].filter((other) => other !== server && isFree(other));
    const isDead = server.state === 'dead';
    const triesAt = (of: ServerBook): number => before.filter((copy) => copy.server === of).length;
    const isBetter = (other: ServerBook): boolean => {
      if (this.#rules.model === 'shotgun') return isDead && !this.#mayBeTried(server, at) && other.state !== 'dead';
      if (server.isBad && (other.isWell || (!this.#pings && other.state === 'untried' && !other.guilty))) return true;
      return this.#pings && isDead && part === 'first' && other.state === 'doubtful' && triesAt(other) <= triesAt(server);
    };
    const better = others.find(isBetter);
    if (better === undefined) return;
    const what = server.guilty ? 'has left a request unanswered' : `is ${server.state}`;
    this.#run.violated(`request ${request} goes to ${server.endpoint}, which ${what}, and ${better.endpoint} is ${better.state}`, CHOICE);
  }

  /** It has had its pause, as far as there is one: probes find out the rest. */
  #mayBeTried({ pausedAt, failures }: ServerBook, now: number): boolean {
    const { base, maximum, jitter } = this.#rules.probing;
    return now >= pausedAt + Math.min(maximum, base * 2 ** failures) * (1 - jitter) - LATE_MS;
  }

  /** Whoever has not answered in time is guilty, whatever the client makes of it. */
  #decide(pool: Pool, now: number): void {
    const { requestTimeout } = this.#rules;
    const { stoodStill } = pool.process;
    for (const server of pool.servers.values()) {
      const due = server.undecided.filter(({ at }) => now > at + requestTimeout + LATE_MS);
      if (due.length === 0) continue;
      server.undecided = server.undecided.filter((copy) => !due.includes(copy));
      server.guilty ||= due.some((copy) => {
        const until = copy.at + requestTimeout;
        return (
          copy.sent && copy.lostAt > until && copy.endedAt > until + LATE_MS && server.heardAt < until && copy.stoodStill === stoodStill
        );
      });
    }
  }

  /* ---------------------------------------------------------------- answers */

  delivered(pool: Pool, from: string, frames: readonly Frame[]): void {
    this.mustBeTold(pool);
    const { now } = this.#run;
    const server = pool.nodes.get(from);
    if (server !== undefined) {
      server.hear(now);
    }
    const id = freelanceNumber(this.#rules.model, frames);
    pool.heard = { at: now, from, copy: id === undefined ? undefined : pool.copies.get(id) };
    if (id !== undefined && !pool.probes.has(id) && !pool.closing) pool.untold = id;
  }

  reply(pool: Pool, event: TraceEvent): void {
    const { heard, process } = pool;
    const request = event['request'] as number;
    pool.untold = undefined;
    const copy = heard?.at === this.#run.now ? heard.copy : undefined;
    const server = pool.nodes.get(heard?.from ?? '');
    if (copy?.request !== request || (server !== undefined && server !== copy.server))
      this.#run.violated(`request ${request} of ${process.life} was answered by something else`, ANSWERS);
    pool.end(event);
  }

  mustBeTold(pool: Pool): void {
    if (pool.untold === undefined) return;
    if (!pool.closing && !pool.process.dead)
      this.#run.violated(
        `an answer to number ${pool.untold} came to ${pool.process.life}, and was neither taken nor counted as stale`,
        COPIES,
      );
    pool.untold = undefined;
  }

  /* ---------------------------------------------------------------- what must not last */

  sweep(pool: Pool): void {
    const { process } = pool;
    const { now } = this.#run;
    if (pool.closing || process.state !== 'running' || now < process.resumedAt + SLACK_MS) return;
    for (const server of pool.servers.values()) this.#mustBeHeard(server, process);
    this.#lookInto(pool);
  }

  #mustBeHeard(server: ServerBook, { life, resumedAt }: ProcessView): void {
    if (server.state === 'dead' || !(this.#pings || server.state === 'doubtful')) return;
    const silence = this.#run.now - Math.max(server.heardAt, server.watchedAt, resumedAt);
    if (silence > this.#rules.timeToLive + SLACK_MS)
      this.#run.violated(`${life} has heard nothing of ${server.endpoint} for ${Math.round(silence)} ms, and counts on it`, CHOICE);
  }

  #lookInto(pool: Pool): void {
    const run = this.#run;
    const { node, life } = pool.process;
    const view = (run.inspect(node) as readonly Partial<PoolView>[]).find(({ role }) => role === 'freelance-client');
    if (view?.servers === undefined || view.state !== 'open') return;
    const shown = view.servers.map(({ endpoint }) => endpoint).join(' ');
    const known = [...pool.servers.keys()].join(' ');
    if (shown !== known) run.violated(`${life} knows ${shown}, and should know ${known}`, STATE);
    const copies = [...pool.open.values()].flat();
    for (const { endpoint, inFlight } of view.servers) {
      // Spare copies end with their request, whatever round it is in.
      const most = copies.filter(
        ({ server, at, isSpare }) => server.endpoint === endpoint && (isSpare || run.now < at + this.#rules.requestTimeout + SLACK_MS),
      ).length;
      if (inFlight > most) run.violated(`${life} keeps ${inFlight} requests of ${endpoint}, and ${most} are under way`, STATE);
    }
  }
}

/** What a client says of itself. */
interface PoolView {
  readonly role: string;
  readonly state: string;
  readonly servers: readonly { readonly endpoint: string; readonly inFlight: number }[];
}
