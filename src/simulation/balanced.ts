/** The rules of whatever hands requests to workers: Majordomo's broker and the pirates' queues. */
import type { TraceEvent } from '../runtime/trace.ts';
import { bookRules } from './book-rules.ts';
import { Books, SLACK_MS, labelOf, numberOf, type BalancedRules, type BookRule } from './books.ts';
import type { Invariant, ProcessView } from './invariants.ts';
import { workerRules } from './worker-rules.ts';

/** Ms between two looks at what has been there for too long. */
const SWEEP_MS = 1000;

/** The rules of a broker or queue at the node `broker`. */
export function balanced(broker: string, rules: BalancedRules): readonly Invariant[] {
  return [bookkeeping(broker, rules, bookRules(rules)), completeness(broker, rules), ...workerRules(broker, rules)];
}

/** Keeps the books of each life of the broker, and has each event judged by every rule before it is entered. */
function bookkeeping(broker: string, balance: BalancedRules, rules: readonly BookRule[]): Invariant {
  const { frames } = balance;
  return {
    id: 'books',
    sentence: 'the books of the broker are right',
    watch(run) {
      let books: Books | undefined;
      let changed = false;
      const underWay = new Map<string, number[]>();
      const booksOf = (process: ProcessView): Books =>
        books?.process === process ? books : (books = new Books(process, underWay, balance));
      const courts = rules.map((rule) => ({
        run,
        rule,
        violated: (because: string) => {
          run.violated(because, rule);
        },
      }));
      const having = <K extends keyof BookRule>(part: K) =>
        courts.flatMap((court) => (court.rule[part] === undefined ? [] : [{ court, judge: court.rule[part] }]));
      const settled = having('settled');
      const senders = having('sent');
      const hearers = having('heard');
      const sweepers = having('swept');
      const sweep = (): void => {
        run.at(run.now + SWEEP_MS, sweep);
        if (books === undefined || books.process.state !== 'running' || run.now < books.process.resumedAt + SLACK_MS) return;
        for (const { court, judge } of sweepers) judge(books, court);
      };
      run.at(SWEEP_MS, sweep);
      const keep = (kind: string, change: (books: Books, event: TraceEvent) => void) => {
        const judges = courts.flatMap((court) => {
          const judge = court.rule.on?.[kind];
          return judge === undefined ? [] : [{ judge, court }];
        });
        return (event: TraceEvent, process: ProcessView): void => {
          if (process.node !== broker) return;
          const current = booksOf(process);
          current.answering = undefined;
          for (const { judge, court } of judges) judge(event, current, court);
          change(current, event);
          changed = true;
        };
      };
      return {
        on: {
          register: keep('register', (to, event) => to.register(event)),
          expire: keep('expire', (to, event) => to.expire(event)),
          accept: keep('accept', (to, event) => to.accept(event, frames.timeToLive(to.lastFrames), run.now)),
          dispatch: keep('dispatch', (to, event) => to.dispatch(event, run.now)),
          requeue: keep('requeue', (to, event) => to.requeue(event, run.now)),
          route: keep('route', (to, event) => {
            to.answering = to.requests.get(numberOf(event));
            to.end(event);
          }),
          drop: keep('drop', (to, event) => to.end(event)),
          deadletter: keep('deadletter', (to, event) => to.end(event)),
          stop: (_event, process) => {
            if (process.node === broker) booksOf(process).stopping = true;
          },
          exit: keep('exit', () => undefined),
          step: (_event, process) => {
            if (books !== undefined && process.node === broker) books.answering = undefined;
          },
        },
        sent(from, to, peer, said) {
          if (from.node !== broker) {
            if (to !== broker) return;
            const times = underWay.get(peer);
            if (times === undefined) underWay.set(peer, [run.now]);
            else times.push(run.now);
            return;
          }
          const current = booksOf(from);
          for (const { court, judge } of senders) judge(peer, said, current, court);
          current.lastSentTo = peer;
          current.lastSentAt = run.now;
          current.lastSent = said;
          if (frames.isDisconnect(said)) current.left.add(peer);
        },
        delivered(to, _from, peer, said) {
          if (to.node !== broker) return;
          underWay.get(peer)?.shift();
          const current = booksOf(to);
          current.heard.set(peer, run.now);
          current.lastHeard = peer;
          current.lastFrames = said;
          if (frames.isDisconnect(said)) current.left.add(peer);
          for (const { court, judge } of hearers) judge(peer, current, court);
          if (frames.isHeartbeat(said)) current.heartbeat(peer, run.now);
          const credit = frames.isReady(said) ? undefined : frames.credit(said);
          if (credit === undefined) return;
          current.creditChanged(peer, credit);
          changed = true;
        },
        stepped() {
          if (!changed) return;
          changed = false;
          books?.reserve();
          if (books !== undefined && !books.process.dead) for (const { court, judge } of settled) judge(books, court);
        },
        rest() {
          if (books === undefined || books.process.dead) return;
          for (const court of courts) court.rule.rest?.(books, court);
        },
      };
    },
  };
}

/** U10: whoever dies is noticed by those who live. */
function completeness(broker: string, { expiry, heartbeatInterval, pings, busyLimit }: BalancedRules): Invariant {
  // Idle, it may be given one more request just before it expires. That one it holds until the busy limit, unless it is known to heartbeat at
  // work, which the books know.
  const within = (expiry > 0 ? expiry + heartbeatInterval : pings) + (busyLimit || Infinity) + SLACK_MS;
  return {
    id: 'U10',
    sentence: `a worker that died is given up by the broker within ${within} ms`,
    watch(run) {
      if (within === Infinity) return {};
      const workers = new Map<string, ProcessView>();
      const heard = new Map<string, number>();
      const look = (worker: string, since: number): void => {
        const process = workers.get(worker);
        if (process === undefined || process.dead) return;
        const from = Math.max(since, heard.get(worker) ?? 0, process.resumedAt);
        if (process.state !== 'running') run.at(run.now + within, () => look(worker, run.now));
        else if (run.now < from + within) run.at(from + within, () => look(worker, from));
        else run.violated(`${worker} died ${Math.round(run.now - since)} ms ago, and is still registered`);
      };
      const died = (_event: TraceEvent, process: ProcessView): void => {
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
