/** Tells what happens while it happens: for people with one updating line of progress, for programs as one JSON object a line. */
import type { Output } from './options.ts';
import { tableText, type LateReplyFate, type Table } from './table.ts';
import { ms, painter, type Colour, type Paint } from './words.ts';

/** What happened, to whom, and when. `after` is always in ms since the blow that the event follows from. */
export type TimelineEvent = { readonly at: number; readonly who: string } & (
  | { readonly event: 'listening'; readonly pid: number; readonly endpoint: string }
  | { readonly event: 'registered'; readonly pid: number }
  | { readonly event: 'connected'; readonly pid: number; readonly correlation: string }
  | { readonly event: 'loadBegan'; readonly requests: number; readonly rate: number }
  | { readonly event: 'killed'; readonly pid: number; readonly request: number; readonly workedFor: number }
  | { readonly event: 'frozen'; readonly pid: number; readonly request: number; readonly workedFor: number }
  | { readonly event: 'missed'; readonly request: number }
  | {
      readonly event: 'noticed';
      readonly after: number;
      readonly worker: string;
      readonly reason: string;
      readonly layer: string;
      readonly why: string;
    }
  | { readonly event: 'redelivered'; readonly after: number; readonly request: number; readonly delivery: number }
  | { readonly event: 'answered'; readonly after: number; readonly request: number; readonly delivery: number; readonly attempts: number }
  | { readonly event: 'replaced'; readonly after: number; readonly pid: number; readonly instead: string }
  | { readonly event: 'woken'; readonly after: number }
  | { readonly event: 'finishedLate'; readonly after: number; readonly request: number; readonly fate: LateReplyFate }
  | { readonly event: 'returned'; readonly after: number }
  | { readonly event: 'brokerKilled'; readonly pid: number; readonly request: number; readonly holder: string }
  | { readonly event: 'brokerMissed'; readonly after: number; readonly layer: string; readonly inFlight?: number }
  | { readonly event: 'brokerBack'; readonly after: number; readonly pid: number }
  | { readonly event: 'registeredAgain'; readonly after: number; readonly workers: number; readonly of: number }
  | { readonly event: 'clientBack'; readonly after: number; readonly waiting: number }
  | { readonly event: 'atWorkAgain'; readonly after: number }
  | { readonly event: 'inFlightAnswered'; readonly after: number; readonly answered: number; readonly inFlight: number }
  | { readonly event: 'falseAlarm'; readonly worker: string; readonly reason: string }
  | { readonly event: 'interrupted'; readonly signal: string }
);

export interface Progress {
  readonly at: number;
  readonly requests: number;
  readonly sent: number;
  readonly settled: number;
  readonly retries: number;
}

export interface Teller {
  heading(text: string, facts: object): void;
  tell(event: TimelineEvent): void;
  progress(progress: Progress): void;
  /** Ms between two reports of progress. */
  readonly progressEvery: number;
  close(table: Table): void;
}

/** @param zero the moment that counts as 0 */
export function teller(output: Output, json: boolean, zero: number): Teller {
  return json ? new JsonTeller(output, zero) : new PeopleTeller(output, zero);
}

const SPARSE = 2000;
const LIVE = 100;
const BAR = 20;

class JsonTeller implements Teller {
  readonly progressEvery = SPARSE;
  readonly #output: Output;
  readonly #zero: number;

  constructor(output: Output, zero: number) {
    this.#output = output;
    this.#zero = zero;
  }

  heading(_text: string, facts: object): void {
    this.#line({ event: 'heading', ...facts });
  }

  tell({ event, at, ...fields }: TimelineEvent): void {
    this.#line({ event, t: at - this.#zero, ...fields });
  }

  progress(): void {
    // Programs count for themselves.
  }

  close(table: Table): void {
    this.#line({ event: 'table', ...table });
  }

  #line(value: object): void {
    const rounded = (_key: string, field: unknown): unknown => (typeof field === 'number' ? Math.round(field * 10) / 10 : field);
    this.#output.write(`${JSON.stringify(value, rounded)}\n`);
  }
}

class PeopleTeller implements Teller {
  readonly progressEvery: number;
  readonly #output: Output;
  readonly #zero: number;
  readonly #live: boolean;
  readonly #paint: Paint;
  #lineUp = false;

  constructor(output: Output, zero: number) {
    this.#output = output;
    this.#zero = zero;
    this.#live = output.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#paint = painter(this.#live && (process.env['NO_COLOR'] ?? '') === '');
    this.progressEvery = this.#live ? LIVE : SPARSE;
  }

  heading(text: string): void {
    this.#output.write(`${text}\n\n`);
  }

  tell(event: TimelineEvent): void {
    const { mark, colour, text } = sentence(event);
    const after = 'after' in event ? `+${ms(event.after)}` : '';
    this.#line(`${this.#time(event.at)} ${this.#paint(colour, `${mark} ${event.who.padEnd(9)} ${after.padStart(9)}  ${text}`)}`);
  }

  progress({ at, requests, sent, settled, retries }: Progress): void {
    const figures = `${settled} of ${requests} answered, ${sent - settled} open, ${retries} retries`;
    if (!this.#live) {
      this.#line(`${this.#time(at)} · ${figures}`);
      return;
    }
    const filled = Math.round((BAR * settled) / requests);
    const line = ` ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${figures}`;
    this.#output.write(`\r\x1b[2K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#lineUp = true;
  }

  #time(at: number): string {
    return this.#paint('dim', (at - this.#zero).toFixed(0).padStart(6));
  }

  close(table: Table): void {
    this.#line('');
    for (const { text, colour } of tableText(table)) this.#line(colour === undefined ? text : this.#paint(colour, text));
  }

  #line(text: string): void {
    this.#output.write(`${this.#lineUp ? '\r\x1b[2K' : ''}${text}\n`);
    this.#lineUp = false;
  }
}

interface Sentence {
  readonly mark: string;
  readonly colour: Colour;
  readonly text: string;
}

function sentence(event: TimelineEvent): Sentence {
  switch (event.event) {
    case 'listening':
      return plain(`listens at ${event.endpoint} (pid ${event.pid})`);
    case 'registered':
      return plain(`registered (pid ${event.pid})`);
    case 'connected':
      return plain(`connected (pid ${event.pid}); replies find their requests by ${event.correlation}`);
    case 'loadBegan':
      return plain(`asks ${event.rate.toFixed(0)} times a second from now on, whatever happens`);
    case 'killed':
      return blow(`SIGKILL (pid ${event.pid}), ${event.workedFor.toFixed(0)} ms into request #${event.request}`);
    case 'frozen':
      return blow(`SIGSTOP (pid ${event.pid}), ${event.workedFor.toFixed(0)} ms into request #${event.request}`);
    case 'missed':
      return plain(`had just answered #${event.request}: the blow hit nothing, so there will be another`);
    case 'noticed':
      return found(`gives up ${event.worker}: ${event.layer} (${event.why})`);
    case 'redelivered':
      return found(`is handed #${event.request}, delivery ${event.delivery}`);
    case 'answered':
      return good(`its answer to #${event.request} is with the client (attempt ${event.attempts}, delivery ${event.delivery})`);
    case 'replaced':
      return good(`registered in place of ${event.instead} (pid ${event.pid})`);
    case 'woken':
      return { mark: '↻', colour: 'yellow', text: 'SIGCONT: awake again, and none the wiser' };
    case 'finishedLate':
      return found(`finished #${event.request} after all; ${FATES[event.fate]}`);
    case 'returned':
      return good('registered again');
    case 'brokerKilled':
      return blow(`SIGKILL (pid ${event.pid}), while ${event.holder} was at work on #${event.request}`);
    case 'brokerMissed':
      return found(`misses the broker: ${event.layer}${event.inFlight === undefined ? '' : `; ${event.inFlight} requests in flight`}`);
    case 'brokerBack':
      return good(`listens on the same port (pid ${event.pid}) and remembers nothing`);
    case 'registeredAgain':
      return good(`has ${event.workers} of ${event.of} workers again`);
    case 'clientBack':
      return good(`connected again; ${event.waiting} requests have piled up`);
    case 'atWorkAgain':
      return good('at work again');
    case 'inFlightAnswered':
      return good(`has ${event.answered} of the ${event.inFlight} answers that were in flight at the blow`);
    case 'falseAlarm':
      return plain(`had given up ${event.worker} (${event.reason}), though nobody had touched it: this machine was very busy`);
    case 'interrupted':
      return plain(`ended by ${event.signal}; every process is gone`);
  }
}

const FATES: { readonly [fate in LateReplyFate]: string } = {
  discarded: 'it kept its reply, knowing that nobody waited for it',
  refused: 'the broker refused its reply',
  cut: 'its reply went into the connection that had been cut, to nobody',
};

const plain = (text: string): Sentence => ({ mark: ' ', colour: 'plain', text });
const blow = (text: string): Sentence => ({ mark: '✗', colour: 'red', text });
const found = (text: string): Sentence => ({ mark: '→', colour: 'cyan', text });
const good = (text: string): Sentence => ({ mark: '✓', colour: 'green', text });
