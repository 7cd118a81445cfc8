/** One life of a simulated node: from its start to its crash. What it forgets, it forgets for good: the next life is another process. */
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../core/random.ts';
import { ANSWER, IMMEDIATE, MAIL, NEWS, TIMER, type Agenda, type Entry, type Owner } from './agenda.ts';

/** Node takes no shorter delay. */
const SHORTEST_TIMEOUT_MS = 1;
/** After a standstill, mail is read before deadlines are judged: so long at most, as far as rules of time are concerned. */
const AFTER_STANDSTILL_MS = 200;

export class SimulatedProcess implements Owner {
  readonly node: string;
  readonly incarnation: number;
  /** Node and incarnation. */
  readonly life: string;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly clock: Clock;
  /** `paused`: the whole process stands still (SIGSTOP, a virtual machine). `stalled`: only its event loop does; its sockets go on. */
  state: 'running' | 'paused' | 'stalled' | 'dead' = 'running';
  /** Ms between two messages that it reads from one connection. */
  readPause = 0;
  /** Timers that are set. */
  timers = 0;
  /** When it last went on after standing still. */
  resumedAt: number = -Infinity;
  /** Ms that it has stood still so far, with what it took each time to read its mail before it judged. */
  stoodStill = 0;
  #stoppedAt = 0;
  #connections = 0;
  /** Sockets that are open. */
  sockets = 0;
  #waiting: Entry[] = [];

  constructor(node: string, incarnation: number, random: Random, agenda: Agenda) {
    this.node = node;
    this.incarnation = incarnation;
    this.life = `${node}.${incarnation}`;
    this.random = random;
    this.agenda = agenda;
    this.clock = {
      now: () => agenda.now,
      setTimeout: (callback, delay) => this.#setTimeout(callback, delay),
      clearTimeout: (handle) => {
        this.#clearTimeout(handle as Entry | undefined);
      },
      setImmediate: (callback) => agenda.plan(agenda.now, IMMEDIATE, this, callback),
    };
  }

  get dead(): boolean {
    return this.state === 'dead';
  }

  mayHappen(entry: Entry): boolean {
    if (this.state === 'running' || (this.state === 'stalled' && entry.rank === NEWS)) return true;
    if (this.state !== 'dead') this.#waiting.push(entry);
    return false;
  }

  /** Something for its event loop, at `time`. */
  plan(time: number, work: () => void): Entry {
    return this.agenda.plan(time, MAIL, this, work);
  }

  /** Something for its transport, which has threads of its own. */
  planNews(time: number, work: () => void): Entry {
    return this.agenda.plan(time, NEWS, this, work);
  }

  /** What a send was answered too early, before anything else happens to its event loop. */
  planAnswer(work: () => void): Entry {
    return this.agenda.plan(this.agenda.now, ANSWER, this, work);
  }

  /** Counted by life, so that what others connect shifts neither its labels nor its chance. */
  nextConnection(): number {
    return ++this.#connections;
  }

  stop(how: 'paused' | 'stalled'): void {
    if (this.state === 'running') this.#stoppedAt = this.agenda.now;
    if (this.state === 'running' || (this.state === 'stalled' && how === 'paused')) this.state = how;
  }

  resume(): void {
    if (this.state === 'dead') return;
    if (this.state !== 'running') {
      this.resumedAt = this.agenda.now;
      this.stoodStill += this.agenda.now - this.#stoppedAt + AFTER_STANDSTILL_MS;
    }
    this.state = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    this.agenda.resume(waiting);
  }

  die(): void {
    this.state = 'dead';
    this.#waiting = [];
  }

  #setTimeout(callback: () => void, delay: number): Entry {
    this.timers++;
    return this.agenda.plan(this.agenda.now + Math.max(SHORTEST_TIMEOUT_MS, delay), TIMER, this, () => {
      this.timers--;
      callback();
    });
  }

  #clearTimeout(entry: Entry | undefined): void {
    if (entry?.work === undefined) return;
    entry.work = undefined;
    this.timers--;
  }
}
