/** The rules of load balancing that are judged by the broker's books. */
import {
  SLACK_MS,
  handleIn,
  labelOf,
  lifeOf,
  nodeOf,
  numberOf,
  serviceOf,
  type BalancedRules,
  type BookRule,
  type Books,
  type Court,
  type Entry,
  type Judge,
} from './books.ts';
import type { RunView } from './invariants.ts';

/**
 * All standstills, outages and delays of this run together are shorter than what the heartbeats forgive. A delay counts twice: who has just
 * registered waits for its way there and back. What is wrong when the core is healed stays so with the others, for good.
 */
export function isMild(run: RunView, { expiry, heartbeatInterval }: BalancedRules): boolean {
  let disturbance = 0;
  for (const fault of run.schedule) {
    if (fault.op === 'halfOpen' || fault.op === 'slowReader') return false;
    if (fault.op !== 'delay' && fault.op !== 'pause' && fault.op !== 'stall' && fault.op !== 'partition') continue;
    const lasting = fault.for ?? Infinity;
    if (fault.at + lasting >= run.healedAt) return false;
    disturbance += fault.op === 'delay' ? 2 * fault.delay[1] : lasting;
  }
  return disturbance < expiry - heartbeatInterval - SLACK_MS;
}

/** What one node sends to another arrives at once, in this run, and is read as soon as the other runs. */
function isSwift(run: RunView, from: string, to: string): boolean {
  return !run.schedule.some((fault) => {
    if (fault.op === 'slowReader') return fault.node === to;
    const isOnTheWay = fault.op === 'partition' || fault.op === 'halfOpen' || fault.op === 'delay';
    return isOnTheWay && [fault.from, fault.to].includes(from) && [fault.from, fault.to].includes(to);
  });
}

interface Totals {
  readonly queued: number;
  readonly inFlight: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly workers: readonly { readonly peer: string; readonly state: string }[];
  readonly services?: readonly { readonly name: string; readonly workers: number; readonly waiting: number }[];
}

const viewOf = (books: Books, { run }: Court): Totals | undefined => run.inspect(books.process.node)[0] as Totals | undefined;

export function bookRules(rules: BalancedRules): readonly BookRule[] {
  const { expiry, busyLimit, requestExpiry, maxDeliveries, mostQueued, mostQueuedPerService, maxWorkers, maxServices, frames } = rules;
  /** A stranger keeps to nothing. */
  const isOurs = (label: string): boolean => !rules.strangers.includes(nodeOf(label));
  const openIn =
    (states: readonly string[]): Judge =>
    (event, books, court) => {
      const state = books.requests.get(numberOf(event))?.state;
      if (state === undefined || !states.includes(state)) {
        court.violated(`${event.kind} of request ${numberOf(event)}, which is ${state ?? 'not open'}`);
      }
    };
  const mustBeHeard = (worker: string, books: Books, court: Court): void => {
    const silence = court.run.now - Math.max(books.heard.get(worker) ?? 0, books.process.resumedAt);
    if (silence > expiry + SLACK_MS) court.violated(`${worker} has been silent for ${Math.round(silence)} ms`);
  };
  const idleMustBeHeard = (books: Books, court: Court): void => {
    for (const worker of books.workers.keys()) if (books.loadOf(worker) === 0) mustBeHeard(worker, books, court);
  };
  /** A worker has said what it must not say now. */
  const mustBeSentAway = (peer: string, what: string, books: Books, court: Court): void => {
    court.run.at(court.run.now, () => {
      if (books.process.dead || !court.run.isLinked(peer) || court.run.isOver(peer)) return;
      if (!books.left.has(peer)) court.violated(`${what} of ${peer} was not answered with DISCONNECT`);
    });
  };
  /** Whether an answer is about a request that this worker holds. */
  const isHeld = (answered: string, worker: string, books: Books): boolean => {
    for (const number of books.holders.get(worker) ?? []) {
      const address = books.requests.get(number)?.address;
      if (address === undefined || handleIn(address) === handleIn(answered)) return true;
    }
    return false;
  };
  const mustBeAbout = (entry: Entry, answered: string | undefined, books: Books, court: Court): void => {
    if (entry.address !== undefined && handleIn(answered) !== handleIn(entry.address))
      court.violated(`request ${entry.number} was settled by what ${books.lastHeard} had to say to another one`);
  };
  /** It comes back, or is given up, from a worker that stays. */
  const givenBack: Judge = (event, books, court) => {
    const entry = books.requests.get(numberOf(event));
    if (entry?.holder !== undefined && books.workers.has(entry.holder))
      mustBeAbout(entry, frames.failure(books.lastFrames)?.address, books, court);
  };
  return [
    {
      id: 'U6',
      sentence:
        'every request that was taken in is queued, in flight, or ended, exactly one of them, and none is with a worker that is gone',
      on: {
        accept: (event, books, court) => {
          if (books.requests.has(numberOf(event))) court.violated(`request ${numberOf(event)} was taken in twice`);
        },
        dispatch: openIn(['queued']),
        requeue: openIn(['queued', 'in flight']),
        route: openIn(['in flight']),
        deadletter: openIn(['queued', 'in flight']),
        drop: openIn(['queued', 'in flight']),
        exit: (_event, books, court) => {
          if (books.requests.size > 0) court.violated(`it has closed, and ${books.requests.size} requests have no end`);
        },
      },
      settled(books, court) {
        for (const [holder, [number]] of books.holders)
          if (!books.workers.has(holder)) court.violated(`request ${number} is with ${holder}, which is gone`);
      },
      rest(books, court) {
        const view = viewOf(books, court);
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
      sentence: 'a worker has no more requests at a time than it takes (one, unless it says more), and is given one only when it is ready',
      on: {
        dispatch: (event, books, court) => {
          const worker = labelOf(event);
          const held = books.loadOf(worker);
          const credit = books.workers.get(worker)?.credit;
          const { lastChance, reserved } = books.waitingFor(serviceOf(event));
          const [last] = lastChance;
          const given = `${worker} was given request ${numberOf(event)}`;
          if (held >= (credit ?? 1)) court.violated(`${given} while it held ${held} of ${credit ?? 1}`);
          else if (reserved === worker && last !== undefined) {
            const { turn } = last;
            // What it was reserved for may have been given to a worker whose connection would not take it: it comes back in the same moment.
            court.run.at(court.run.now, () => {
              if (last.turn === turn && books.requests.has(last.number) && !books.process.dead)
                court.violated(`${given}, and was reserved for ${last.number}`);
            });
          } else if (credit !== undefined && !books.readyFor(serviceOf(event)).has(worker)) court.violated(`${given}, and was not ready`);
        },
      },
    },
    {
      id: 'U8',
      sentence: 'a request is given only to a worker that is registered for its service, was heard within the expiry, and gets it',
      on: {
        dispatch: (event, books, court) => {
          const { now } = court.run;
          const worker = labelOf(event);
          if (books.workers.get(worker)?.service !== serviceOf(event))
            court.violated(`${worker} is not registered for "${serviceOf(event)}"`);
          const silence = now - Math.max(books.heard.get(worker) ?? 0, books.process.resumedAt);
          if (expiry > 0 && silence > expiry + SLACK_MS)
            court.violated(`${worker} had been silent for ${Math.round(silence)} ms when it was given request ${numberOf(event)}`);
          if (books.wasSentTo(worker, now)) return;
          // A transport that answers late says so in the same moment.
          const entry = books.requests.get(numberOf(event));
          const turn = (entry?.turn ?? 0) + 1;
          court.run.at(now + 1, () => {
            if (entry?.turn === turn && entry.holder === worker && !books.process.dead && books.requests.has(entry.number))
              court.violated(`request ${entry.number} is thought to be with ${worker}, and was never sent to it`);
          });
        },
      },
    },
    {
      id: 'U9',
      sentence:
        'nothing is taken in to wait where as much waits as may, in all or for a service; there are no more workers and services than may be; ' +
        'and at rest nothing is remembered of peers that are gone',
      on: {
        accept: (event, books, court) => {
          const service = serviceOf(event);
          const { lastChance, returned, fresh } = books.waitingFor(service);
          if (returned.size + fresh.size === 0 && books.readyFor(service).size > 0) return;
          const waiting = lastChance.size + returned.size + fresh.size;
          if (books.queued >= mostQueued)
            court.violated(`request ${numberOf(event)} waits behind ${books.queued}; so many may wait: ${mostQueued}`);
          else if (waiting >= mostQueuedPerService)
            court.violated(`request ${numberOf(event)} waits behind ${waiting} for "${service}"; so many may: ${mostQueuedPerService}`);
        },
        register: (event, books, court) => {
          if (books.workers.size >= maxWorkers) court.violated(`${labelOf(event)} was registered besides ${books.workers.size} workers`);
        },
      },
      swept(books, court) {
        const services = maxServices < Infinity ? (viewOf(books, court)?.services ?? []) : [];
        if (services.length > maxServices) court.violated(`${services.length} services are known`);
      },
      rest(books, court) {
        for (const { peer, state } of viewOf(books, court)?.workers ?? []) {
          const life = lifeOf(peer);
          const process = court.run.processOf(nodeOf(peer));
          // What does not belong to the core may be gone without a word since a moment ago.
          if (process?.life !== life && court.run.core.includes(process?.node ?? '')) court.violated(`${peer} (${state}) is still there`);
        }
      },
    },
    {
      id: 'SP2',
      sentence: 'of the workers that are ready, the least loaded one gets the request, and of those the least recently used one',
      on: {
        dispatch: (event, books, court) => {
          const service = serviceOf(event);
          const first = books.firstReady(service);
          const worker = labelOf(event);
          if (first === undefined || first === worker) return;
          const load = books.loadOf(first);
          // One whose connection would not take the request is passed over: it is given up in the same moment.
          court.run.at(court.run.now, () => {
            if (books.readyFor(service).has(first) && books.loadOf(first) === load && !books.process.dead)
              court.violated(`${worker} was given a request though ${first} had held as little for longer, or less`);
          });
        },
      },
    },
    {
      id: 'SP3',
      sentence: 'an answer goes to the client that asked, or nowhere',
      sent(peer, _frames, books, court) {
        const { answering } = books;
        books.answering = undefined;
        if (answering !== undefined && peer !== answering.client)
          court.violated(`the answer to request ${answering.number} of ${answering.client} went to ${peer}`);
      },
    },
    {
      id: 'MD1',
      sentence: 'after DISCONNECT, either way, a worker is none any more, and the broker says nothing more to it',
      sent(peer, said, books, court) {
        if (isOurs(peer) && books.left.has(peer) && !frames.isDisconnect(said)) court.violated(`${peer} had left, and was spoken to`);
      },
      heard(peer, books, court) {
        if (!isOurs(peer) || !frames.isDisconnect(books.lastFrames)) return;
        court.run.at(court.run.now, () => {
          if (books.workers.has(peer) && !books.process.dead) court.violated(`${peer} has left, and is still registered`);
        });
      },
    },
    {
      id: 'MD2',
      sentence:
        'who is no worker and says REPLY, HEARTBEAT or what only workers say to brokers of ours, or is idle and says READY, or answers or gives ' +
        'back what it does not hold, is told to go',
      heard(peer, books, court) {
        if (!frames.turnsAway || books.stopping || books.left.has(peer) || books.clients.has(peer)) return;
        const said = books.lastFrames;
        const answered = frames.reply(said) ?? frames.failure(said)?.address;
        const isReady = frames.isReady(said);
        if (!books.workers.has(peer)) {
          if (answered !== undefined || frames.isHeartbeat(said) || (frames.credit(said) !== undefined && !isReady))
            mustBeSentAway(peer, 'what only a worker says', books, court);
        } else if (isReady) mustBeSentAway(peer, 'the second READY', books, court);
        else if (answered !== undefined && !isHeld(answered, peer, books))
          mustBeSentAway(peer, 'the answer to what it does not hold', books, court);
      },
    },
    {
      id: 'MD4',
      sentence:
        'an answer is passed on only if it came from the worker that holds the request, with the address that went out with it; and only so is a ' +
        'request given back',
      on: {
        route: (event, books, court) => {
          const entry = books.requests.get(numberOf(event));
          if (entry?.holder !== books.lastHeard)
            court.violated(`request ${numberOf(event)} was with ${entry?.holder ?? 'nobody'}, and answered by ${books.lastHeard}`);
          else mustBeAbout(entry, frames.reply(books.lastFrames), books, court);
        },
        requeue: givenBack,
        deadletter: givenBack,
      },
    },
    {
      id: 'MD6',
      sentence:
        'a request is handed out no more often than it may be, and what a worker that closes declines, or never had, was not handed out',
      on: {
        dispatch: (event, books, court) => {
          const entry = books.requests.get(numberOf(event));
          const delivery = (entry?.deliveries ?? 0) + 1;
          if (delivery > maxDeliveries && books.wasSentTo(labelOf(event), court.run.now))
            court.violated(`request ${numberOf(event)} was handed out for the ${delivery}th time`);
        },
        requeue: (event, books, court) => {
          const entry = books.requests.get(numberOf(event));
          if (entry !== undefined && books.isUntouched(entry) && event['deliveries'] !== entry.told - 1)
            court.violated(`request ${entry.number} had not been begun, and counts as handed out ${String(event['deliveries'])} times`);
        },
        deadletter: (event, books, court) => {
          const entry = books.requests.get(numberOf(event));
          if (entry !== undefined && books.isUntouched(entry) && event['code'] !== 'shutting-down')
            court.violated(`request ${entry.number} had not been begun, and is given up as ${String(event['code'])}`);
        },
      },
    },
    {
      id: 'MD7',
      sentence: 'at rest a service that nobody offers and nobody waits for is forgotten',
      rest(books, court) {
        for (const { name, workers, waiting } of viewOf(books, court)?.services ?? [])
          if (workers === 0 && waiting === 0) court.violated(`"${name}" is still there`);
      },
    },
    {
      id: 'LB1',
      sentence:
        'no request waits while a worker of its service has room; where one on its last delivery waits, it waits for a worker that holds nothing, ' +
        'for which the least loaded one is reserved',
      settled(books, court) {
        for (const [service, ready] of books.ready) {
          const first = ready.size > 0 ? books.firstReady(service) : undefined;
          if (first === undefined) continue;
          const [last] = books.loadOf(first) === 0 ? books.waitingFor(service).lastChance : [];
          const next = last ?? books.nextFor(service);
          if (next !== undefined) court.violated(`request ${next.number} waits, and ${first} is ready`);
        }
      },
    },
    {
      id: 'LB2',
      sentence:
        'of the requests that wait, those on their last delivery go first where a worker holds nothing, then those that came back, and then the ' +
        'clients have their turns, each with its oldest',
      on: {
        dispatch: (event, books, court) => {
          const service = serviceOf(event);
          const entry = books.requests.get(numberOf(event));
          const { lastChance } = books.waitingFor(service);
          const isIdle = books.loadOf(labelOf(event)) === 0;
          const isLast = entry !== undefined && lastChance.has(entry);
          const [last] = isIdle ? lastChance : [];
          const first = last ?? books.nextFor(service);
          if (isLast && !isIdle) court.violated(`request ${numberOf(event)} is on its last delivery, and not alone with ${labelOf(event)}`);
          if (first === undefined || first === entry) return;
          const { turn } = first;
          // One that was given to a worker whose connection would not take it comes back in the same moment.
          court.run.at(court.run.now, () => {
            if (first.turn === turn && books.requests.has(first.number) && !books.process.dead)
              court.violated(`request ${numberOf(event)} was handed out before ${first.number}`);
          });
        },
      },
    },
    {
      id: 'U15',
      sentence: 'between two hand-outs to one client every other client that has waited for that service all the time has one',
      on: {
        dispatch: (event, books, court) => {
          const entry = books.requests.get(numberOf(event));
          if (entry === undefined) return;
          const { fresh, since, handed } = books.waitingFor(entry.service);
          const before = handed.get(entry.client);
          if (!fresh.has(entry) || before === undefined) return;
          for (const [client, from] of since) {
            if (client === entry.client || from >= before) continue;
            // What was given to a worker whose connection would not take it comes back in the same moment.
            court.run.at(court.run.now, () => {
              if (since.get(client) === from && !books.process.dead)
                court.violated(`${entry.client} had requests handed out twice, and ${client} has waited all the time`);
            });
          }
        },
      },
    },
    {
      id: 'LB3',
      sentence: 'no worker holds a request for longer than the busy limit',
      swept(books, court) {
        if (busyLimit === 0) return;
        const late = court.run.now - busyLimit - SLACK_MS;
        for (const { number, state, since, holder } of books.requests.values())
          if (state === 'in flight' && since < late)
            court.violated(`${holder} has had request ${number} for ${Math.round(court.run.now - since)} ms`);
      },
    },
    {
      id: 'LB4',
      sentence: 'no request waits for longer than it may, and none is handed out when its client has stopped waiting',
      on: {
        dispatch: (event, books, court) => {
          const entry = books.requests.get(numberOf(event));
          // One that has just come in is given away at once.
          if (entry !== undefined && entry.since < court.run.now && entry.unwantedAt < court.run.now - 1)
            court.violated(
              `the client of request ${entry.number} had stopped waiting ${Math.round(court.run.now - entry.unwantedAt)} ms ago`,
            );
        },
      },
      swept(books, court) {
        const late = court.run.now - requestExpiry - SLACK_MS;
        for (const { number, state, since } of books.requests.values())
          if (state === 'queued' && since < late)
            court.violated(`request ${number} has waited for ${Math.round(court.run.now - since)} ms`);
      },
    },
    {
      id: 'LB5',
      sentence: 'the clients of a queue are read only while a worker is ready',
      on: {
        accept: (event, books, court) => {
          if (rules.readsWhenReady && books.readyFor(serviceOf(event)).size === 0)
            court.violated(`request ${numberOf(event)} was taken in while no worker was ready`);
        },
      },
    },
    {
      id: 'U10',
      sentence: 'a worker that is silent is given up when the expiry is over, if it is idle or known to heartbeat at work',
      heard(_peer, books, court) {
        if (expiry > 0) idleMustBeHeard(books, court);
      },
      swept(books, court) {
        if (expiry > 0) idleMustBeHeard(books, court);
        for (const worker of books.beating) if (books.holders.has(worker)) mustBeHeard(worker, books, court);
      },
    },
    {
      id: 'U11',
      sentence:
        'nobody is taken for dead before the expiry is over, with mail of theirs unread, or where nothing takes longer than is allowed',
      on: {
        expire: (event, books, court) => {
          const worker = labelOf(event);
          if (event['loss'] !== 'expired' || !isOurs(worker)) return;
          const { run } = court;
          const silence = run.now - (books.heard.get(worker) ?? 0);
          const isReadable = isSwift(run, nodeOf(worker), books.process.node) && run.isLinked(worker);
          const unread = isReadable ? books.unreadSince(worker) : undefined;
          if (silence < expiry - 2) court.violated(`${worker} was taken for dead after ${Math.round(silence)} ms of silence`);
          else if (unread !== undefined && unread < run.now - 5 && unread > run.now - expiry)
            court.violated(`${worker} was taken for dead with its mail unread for ${Math.round(run.now - unread)} ms`);
          else if (isMild(run, rules) && run.isLinked(worker)) court.violated(`${worker} was taken for dead`);
        },
      },
    },
  ];
}
