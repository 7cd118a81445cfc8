/** The story: who starts, who is hit, and what has to happen then. Every step waits for what was reported, never for time to pass. */
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../shared/ports.ts';
import { now } from './clock.ts';
import type { Ledger, Start } from './ledger.ts';
import type { Settings } from './options.ts';
import type { Child, Processes } from './processes.ts';
import type { ChildSettings, ClientSettings, ReportOf } from './reports.ts';
import type { Blow, LateReplyFate } from './table.ts';
import type { Teller, TimelineEvent } from './timeline.ts';

/** Short, so that a frozen worker is missed within the demo's seconds. The library's defaults are 1000 and 3000. */
export const TRANSPORT_HEARTBEAT = { transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 };

const WORKERS = 3;
/** Requests per second, at most; fewer requests come more slowly, so that the load lasts for all that happens. */
const MOST_PER_SECOND = 400;
const SHORTEST_LOAD = 10_000;

/** When each blow falls, as the share of all requests that has been asked. */
const KILL_AT = 0.12;
const FREEZE_AT = 0.28;
const KILL_BROKER_AT = 0.5;

/** How long a worker stays frozen at least, in ms. Its peers must miss it before it wakes. */
const FROZEN_FOR = 1000;
/** A worker can finish between the decision to hit it and the blow. Then the next one is hit. */
const MOST_BLOWS = 5;
const MOST_PORTS = 10;

/** Ms for which requests are asked, where nothing delays them. */
function loadDuration(requests: number): number {
  return Math.max(SHORTEST_LOAD, (requests * 1000) / MOST_PER_SECOND);
}

/** Ms after which the whole story has failed: ample, for machines that are busy with something else. */
export function longestDuration(requests: number): number {
  return 2 * loadDuration(requests) + 20_000;
}

export class Story {
  readonly blows: readonly Blow[];
  /** Where the reply of the frozen worker ended. */
  lateReply: LateReplyFate | undefined;
  /** What should not have happened. */
  readonly problems: string[] = [];
  /** Workers up, as far as their parent knows. */
  readonly workers: Map<string, Child> = new Map<string, Child>();
  readonly #killed: Blow = { what: 'worker killed', blows: 0, inFlight: 0 };
  readonly #frozen: Blow = { what: 'worker frozen', blows: 0, inFlight: 0 };
  readonly #brokerKilled: Blow = { what: 'broker killed', blows: 0, inFlight: 0 };
  readonly #settings: Settings;
  readonly #ledger: Ledger;
  readonly #processes: Processes;
  readonly #teller: Teller;
  readonly #signal: AbortSignal;
  readonly #explained = new Set<ReportOf<'workerLost'>>();
  #endpoint = '';
  #broker: Child | undefined;
  #client: Child | undefined;
  #brokersStarted = 0;
  #workersStarted = 0;

  constructor(settings: Settings, ledger: Ledger, processes: Processes, teller: Teller, signal: AbortSignal) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#processes = processes;
    this.#teller = teller;
    this.#signal = signal;
    this.blows = [this.#killed, this.#frozen, this.#brokerKilled];
  }

  async run(): Promise<void> {
    await this.#begin();
    await this.#asked(KILL_AT);
    await this.#killAWorker();
    this.#processes.prepareToStop();
    await this.#asked(FREEZE_AT);
    await this.#freezeAWorker();
    await this.#asked(KILL_BROKER_AT);
    await this.#killTheBroker();
    await this.#finish();
  }

  /** Workers that the broker gave up and that no blow explains. */
  get falseAlarms(): number {
    return this.#unexplained.length;
  }

  get #unexplained(): readonly ReportOf<'workerLost'>[] {
    return this.#ledger.all('workerLost').filter((loss) => loss.reason !== 'left' && !this.#explained.has(loss));
  }

  /* ---------------------------------------------------------------- beginning and end */

  async #begin(): Promise<void> {
    const ledger = this.#ledger;
    const began = now();
    const listening = await this.#listenSomewhere();
    this.#tell({ event: 'listening', who: listening.from, at: listening.at, pid: this.#broker?.pid ?? 0, endpoint: this.#endpoint });
    for (let i = 0; i < WORKERS; i++) this.#startWorker();
    const client = (this.#client = this.#processes.start('client', this.#clientSettings()));
    const registered = await ledger.until('the workers to connect', () => atLeast(WORKERS, ledger.all('registered')));
    for (const { from: who, at } of registered) this.#tell({ event: 'registered', who, at, pid: this.workers.get(who)?.pid ?? 0 });
    await ledger.until('the broker to know its workers', () => atLeast(WORKERS, ledger.all('workerRegistered')));
    const usable = await ledger.until('the client to connect', () => ledger.first('linkUsable', began));
    this.#tell({ event: 'connected', who: 'client', at: usable.at, pid: client.pid, correlation: usable.correlation });
    const { requests } = this.#settings;
    this.#tell({ event: 'loadBegan', who: 'client', at: now(), requests, rate: this.#rate });
    client.tell('begin');
  }

  async #finish(): Promise<void> {
    const { requests } = this.#settings;
    const ledger = this.#ledger;
    await ledger.until('every request to end', () => ledger.settled >= requests || undefined, longestDuration(requests));
    for (const { from: who, at, worker, reason } of this.#unexplained) this.#tell({ event: 'falseAlarm', who, at, worker, reason });
    // The broker last, so that nobody is seen to lose it.
    for (const child of [this.#client, ...this.workers.values(), this.#broker]) {
      child?.tell('end');
      await child?.gone;
    }
  }

  async #asked(share: number): Promise<void> {
    const { requests } = this.#settings;
    const ledger = this.#ledger;
    await ledger.until('requests to be asked', () => ledger.sent >= share * requests || undefined, longestDuration(requests));
  }

  /* ---------------------------------------------------------------- the first blow */

  async #killAWorker(): Promise<void> {
    for (;;) {
      const held = await this.#heldRequest(this.#killed);
      const victim = this.workers.get(held.from) as Child;
      const at = now();
      victim.kill();
      this.#ledger.bury(victim.name);
      this.workers.delete(victim.name);
      const { number: request } = held;
      this.#tell({ event: 'killed', who: victim.name, at, pid: victim.pid, request, workedFor: at - held.at });
      const replacement = this.#startWorker();
      const hit = await this.#follow(held, at, this.#killed, describeKill);
      const registered = await this.#ledger.until(`${replacement.name} to register`, () => {
        const ready = this.#ledger.first('registered', at, replacement.name);
        return ready && this.#ledger.first('workerRegistered', at);
      });
      const { name: who, pid } = replacement;
      this.#tell({ event: 'replaced', who, at: registered.at, pid, instead: victim.name, after: registered.at - at });
      if (hit) return;
    }
  }

  /* ---------------------------------------------------------------- the second blow */

  async #freezeAWorker(): Promise<void> {
    const ledger = this.#ledger;
    for (;;) {
      const held = await this.#heldRequest(this.#frozen);
      const victim = this.workers.get(held.from) as Child;
      const { name: who, pid } = victim;
      const at = now();
      this.#processes.stop(victim);
      const { number: request } = held;
      this.#tell({ event: 'frozen', who, at, pid, request, workedFor: at - held.at });
      const hit = await this.#follow(held, at, this.#frozen, describeFreeze);
      await pause(Math.max(0, at + FROZEN_FOR - now()), undefined, { signal: this.#signal });
      const wokenAt = now();
      this.#processes.wake(victim);
      this.#tell({ event: 'woken', who, at: wokenAt, after: wokenAt - at });
      if (hit) {
        const finished = await ledger.until(`${who} to finish its job after all`, () =>
          ledger.all('finished').find(({ from, number }) => from === who && number === request),
        );
        const back = await ledger.until(`${who} to register again`, () => ledger.first('registered', wokenAt, who));
        const fate = (this.lateReply = this.#fateOfLateReply(request, who, wokenAt));
        this.#tell({ event: 'finishedLate', who, at: finished.at, after: finished.at - at, request, fate });
        this.#tell({ event: 'returned', who, at: back.at, after: back.at - at });
        return;
      }
      this.#processes.prepareToStop();
    }
  }

  /** It became no answer, and whoever turned it away said so; otherwise it was sent where nobody was. */
  #fateOfLateReply(request: number, worker: string, wokenAt: number): LateReplyFate {
    const ledger = this.#ledger;
    if (ledger.outcomeOf(request)?.worker === worker) this.problems.push(`the late reply of ${worker} became the answer to #${request}`);
    if (ledger.first('replyDiscarded', wokenAt, worker) !== undefined) return 'discarded';
    return ledger.lateRepliesRefused(wokenAt).length > 0 ? 'refused' : 'cut';
  }

  /* ---------------------------------------------------------------- the third blow */

  async #killTheBroker(): Promise<void> {
    const ledger = this.#ledger;
    const blow = this.#brokerKilled;
    const held = await this.#heldRequest(blow);
    const broker = this.#broker as Child;
    const at = now();
    broker.kill();
    const restarted = this.#startBroker();
    this.#tell({ event: 'brokerKilled', who: broker.name, at, pid: broker.pid, request: held.number, holder: held.from });

    const missed = await this.#brokerMissed(at);
    const listening = await ledger.until('the broker to come back', () => ledger.first('listening', at, restarted.name));
    this.#tell({ event: 'brokerBack', who: restarted.name, at: listening.at, after: listening.at - at, pid: restarted.pid });
    await this.#everybodyBack(restarted.name, at, listening.at);

    if (missed.length === 0) this.problems.push('no request was in flight when the broker was killed');
    const outcomes = await ledger.until('all requests in flight at the blow to end', () => {
      const ended = missed.flatMap((number) => ledger.outcomeOf(number) ?? []);
      return ended.length === missed.length ? ended : undefined;
    });
    const last = Math.max(at, ...outcomes.map(({ settledAt }) => settledAt));
    const answered = outcomes.filter(({ kind }) => kind === 'reply').length;
    blow.answeredAfter = last - at;
    this.#tell({ event: 'inFlightAnswered', who: 'client', at: last, after: last - at, answered, inFlight: missed.length });
  }

  /** When the client and each worker noticed. Returns the requests that were in flight. */
  async #brokerMissed(at: number): Promise<readonly number[]> {
    const ledger = this.#ledger;
    const missed = await ledger.until('the client to miss the broker', () => ledger.first('clientLostBroker', at));
    const inFlight = missed.open.length;
    const events: TimelineEvent[] = [
      { event: 'brokerMissed', who: 'client', at: missed.at, after: missed.at - at, ...cut(missed.at - at), inFlight },
    ];
    for (const who of this.workers.keys()) {
      const lost = await ledger.until(`${who} to miss the broker`, () => ledger.first('brokerLost', at, who));
      const after = lost.at - at;
      const { layer } = lost.reason === 'disconnected' ? cut(after) : { layer: `application heartbeat` };
      events.push({ event: 'brokerMissed', who, at: lost.at, after, layer });
    }
    this.#tellInOrder(events);
    Object.assign(this.#brokerKilled, { noticedAfter: missed.at - at, inFlight, layer: cut(missed.at - at).layer });
    return missed.open;
  }

  /** When the workers registered again, when the client connected again, and when each worker had its first job again. */
  async #everybodyBack(broker: string, at: number, listeningAt: number): Promise<void> {
    const ledger = this.#ledger;
    const of = this.workers.size;
    const usable = await ledger.until('the client to connect again', () => ledger.first('linkUsable', at));
    const events: TimelineEvent[] = [
      { event: 'clientBack', who: 'client', at: usable.at, after: usable.at - at, waiting: usable.open.length },
    ];
    const registered = await ledger.until('all workers to register again', () =>
      atLeast(
        of,
        ledger.all('workerRegistered').filter(({ from }) => from === broker),
      ),
    );
    for (const [index, report] of registered.entries())
      events.push({ event: 'registeredAgain', who: broker, at: report.at, after: report.at - at, workers: index + 1, of });
    for (const who of this.workers.keys()) {
      const start = await ledger.until(`${who} to work again`, () => ledger.firstStart(who, listeningAt));
      events.push({ event: 'atWorkAgain', who, at: start.at, after: start.at - at });
    }
    this.#tellInOrder(events);
  }

  /* ---------------------------------------------------------------- what blows have in common */

  /** Waits for a worker to be in the middle of a job, which is the moment to strike. */
  async #heldRequest(blow: Blow): Promise<Start> {
    if (++blow.blows > MOST_BLOWS) throw new Error(`${MOST_BLOWS} blows (${blow.what}) hit no worker with a request in its hands`);
    return this.#ledger.until('a worker to be in the middle of a job', () => this.#ledger.busyWorker);
  }

  /** Follows the request that a worker held when it was hit. False if it had answered it just before. */
  async #follow(held: Start, at: number, blow: Blow, describe: Describe): Promise<boolean> {
    const ledger = this.#ledger;
    const { number: request, from: victim } = held;
    const again = await ledger.until(`#${request} to be handed to another worker`, () => {
      const outcome = ledger.outcomeOf(request);
      if (outcome?.worker === victim) return 'answered';
      if (outcome?.kind === 'lost') return 'failed';
      return ledger.startsOf(request).find((start) => start.from !== victim && start.at > at);
    });
    if (again === 'answered') {
      this.#explained.add(await ledger.until('the broker to notice', () => ledger.first('workerLost', at)));
      this.#tell({ event: 'missed', who: victim, at: now(), request });
      return false;
    }
    const loss = await ledger.until('the broker to notice', () =>
      ledger.all('workerLost').find((candidate) => candidate.heldRequests > 0 && candidate.at >= at),
    );
    this.#explained.add(loss);
    const noticedAfter = loss.at - at;
    const { layer, why } = describe(loss, noticedAfter);
    Object.assign(blow, { noticedAfter, layer, inFlight: 1 });
    const { reason } = loss;
    const events: TimelineEvent[] = [
      { event: 'noticed', who: loss.from, at: loss.at, after: noticedAfter, worker: victim, reason, layer, why },
    ];
    if (again === 'failed') {
      this.problems.push(`#${request}, which ${victim} held, was handed to nobody else`);
    } else {
      const { from: taker, delivery } = again;
      events.push({ event: 'redelivered', who: taker, at: again.at, request, delivery, after: again.at - at });
      const outcome = await ledger.until(`#${request} to be answered`, () => ledger.outcomeOf(request));
      const { settledAt, attempts, worker: who } = outcome;
      blow.answeredAfter = settledAt - at;
      events.push({ event: 'answered', who, at: settledAt, request, delivery: outcome.delivery, attempts, after: settledAt - at });
    }
    this.#tellInOrder(events);
    return true;
  }

  /* ---------------------------------------------------------------- starting processes */

  async #listenSomewhere(): Promise<ReportOf<'listening'>> {
    const ledger = this.#ledger;
    for (let i = 0; i < MOST_PORTS; i++) {
      this.#endpoint = `tcp://127.0.0.1:${await freePort()}`;
      const { name } = this.#startBroker();
      const report = await ledger.until(
        'the broker to listen',
        () => ledger.first('listening', 0, name) ?? ledger.first('portTaken', 0, name),
      );
      if (report.event === 'listening') return report;
    }
    throw new Error(`no free port among ${MOST_PORTS} that were tried`);
  }

  #startBroker(): Child {
    return (this.#broker = this.#processes.start('broker', this.#childSettings(`broker-${++this.#brokersStarted}`)));
  }

  #startWorker(): Child {
    const worker = this.#processes.start('worker', this.#childSettings(`worker-${++this.#workersStarted}`));
    this.workers.set(worker.name, worker);
    return worker;
  }

  #childSettings(name: string): ChildSettings {
    return { name, seed: this.#settings.seed, endpoint: this.#endpoint, ...TRANSPORT_HEARTBEAT };
  }

  #clientSettings(): ClientSettings {
    return { ...this.#childSettings('client'), requests: this.#settings.requests, rate: this.#rate };
  }

  get #rate(): number {
    const { requests } = this.#settings;
    return (requests * 1000) / loadDuration(requests);
  }

  #tell(event: TimelineEvent): void {
    this.#teller.tell(event);
  }

  #tellInOrder(events: readonly TimelineEvent[]): void {
    for (const event of events.toSorted((a, b) => a.at - b.at)) this.#tell(event);
  }
}

function atLeast<T>(count: number, list: readonly T[]): readonly T[] | undefined {
  return list.length >= count ? list : undefined;
}

interface Layer {
  /** Which means noticed it. */
  readonly layer: string;
  /** How one can know. */
  readonly why: string;
}

type Describe = (loss: ReportOf<'workerLost'>, after: number) => Layer;

/**
 * The transport says only that a connection ended. Its heartbeat cuts one after `transportHeartbeatTimeout` at the earliest,
 * so what is noticed sooner was the operating system's word.
 */
function cut(after: number): Layer {
  if (after < TRANSPORT_HEARTBEAT.transportHeartbeatTimeout)
    return { layer: 'transport, disconnect notice', why: 'the kernel closes the connections of the dead' };
  return { layer: 'transport', why: 'its disconnect notice or its heartbeat; this late they look the same' };
}

const describeKill: Describe = (loss, after) => (loss.reason === 'disconnected' ? cut(after) : otherLayer(loss));

const describeFreeze: Describe = (loss) =>
  loss.reason === 'disconnected'
    ? { layer: 'transport, heartbeat', why: 'the frozen close nothing; only pings without an answer can tell' }
    : otherLayer(loss);

function otherLayer({ reason }: ReportOf<'workerLost'>): Layer {
  if (reason === 'unreachable') return { layer: 'transport, refused send', why: 'there was no way to it any more' };
  if (reason === 'expired') return { layer: 'application heartbeat', why: 'it was silent for too long' };
  return { layer: 'protocol', why: reason };
}
