/** What every client of this library shares: the log of what was tried, and how a request can fail whatever the pattern. */
import { SeaworthyError } from './errors.ts';

/** How one attempt ended. `superseded`: the answer to another attempt of the same request came first. */
export type AttemptOutcome = 'replied' | 'timed-out' | 'connection-lost' | 'refused' | 'aborted' | 'closed' | 'superseded';

/** One attempt at a request. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  /** Ms from the call of `request()` to the beginning of this attempt. */
  readonly startedAfter: number;
  /** Ms the attempt took. */
  readonly milliseconds: number;
  /** Whether it was put on the wire: if not, it cannot have run. */
  readonly sent: boolean;
  /** How often it was handed to a worker, where a broker said so. */
  readonly deliveries?: number;
  /** Whom it was sent to, where there is a choice. */
  readonly endpoint?: string;
}

/** What is known of an attempt besides its end and its times. */
export type AttemptDetails = Pick<AttemptRecord, 'deliveries' | 'endpoint'>;

const NO_RECORDS: readonly AttemptRecord[] = [];

/** The attempts of one request, written as they end. */
export class AttemptLog {
  /** Whether the attempt under way was put on the wire. */
  sent = false;
  #begunAt = 0;
  #attemptAt = 0;
  #records: readonly AttemptRecord[] = NO_RECORDS;

  /** The request was made. */
  start(now: number): void {
    this.#begunAt = this.#attemptAt = now;
  }

  /** In order; at most one per attempt. */
  get records(): readonly AttemptRecord[] {
    return this.#records;
  }

  get attemptAt(): number {
    return this.#attemptAt;
  }

  /** Whether somebody may have done the job, wholly or in part: false only if that is certain. */
  get mayHaveRun(): boolean {
    return this.#records.some(({ sent, deliveries }) => sent && deliveries !== 0);
  }

  /** Another attempt begins. */
  begin(now: number): void {
    this.#attemptAt = now;
  }

  /** Attempt `attempt` has ended; an earlier one, whose answer came late, ends the one under way with it. */
  note(attempt: number, outcome: AttemptOutcome, now: number, details?: AttemptDetails): void {
    const earlier = this.#records[attempt - 1];
    if (earlier === undefined) this.#add(outcome, now, details);
    else {
      const milliseconds = now - this.#begunAt - earlier.startedAfter;
      this.#records = this.#records.with(attempt - 1, { ...earlier, ...details, outcome, milliseconds });
      if (this.sent) this.#add('superseded', now, undefined);
    }
    this.#attemptAt = now;
    this.sent = false;
  }

  #add(outcome: AttemptOutcome, now: number, details: AttemptDetails | undefined): void {
    const attempt = this.#records.length + 1;
    const startedAfter = this.#attemptAt - this.#begunAt;
    const record = { attempt, outcome, startedAfter, milliseconds: now - this.#attemptAt, sent: this.sent };
    const added = details === undefined ? record : { ...record, ...details };
    this.#records = attempt === 1 ? [added] : [...this.#records, added];
  }
}

/** What a failed request was about, and what was done for it. */
export interface FailedRequest {
  /** Whom it was for, where the pattern has services. */
  readonly service?: string;
  readonly attempts: readonly AttemptRecord[];
  readonly mayHaveRun: boolean;
}

/** Of a request that was turned down at once. */
export const UNTRIED: FailedRequest = { attempts: [], mayHaveRun: false };

/** Base of all failures of a request that was made. */
export abstract class RequestError extends SeaworthyError {
  /** The service that was asked, where the pattern has services. */
  readonly service: string | undefined;
  /** What was tried, in order. */
  readonly attempts: readonly AttemptRecord[];
  /** Whether somebody may have done the job, wholly or in part: false only if that is certain. */
  readonly mayHaveRun: boolean;

  constructor(message: string, request: FailedRequest, options?: ErrorOptions) {
    super(message, options);
    this.service = request.service;
    this.attempts = request.attempts;
    this.mayHaveRun = request.mayHaveRun;
  }
}

/** The caller's signal was aborted; `cause` is its reason. */
export class RequestAborted extends RequestError {
  override readonly code = 'ABORTED';
  override readonly retriable = false;
}

/** The client was closed before the request had its outcome. */
export class ClientClosed extends RequestError {
  override readonly code = 'CLIENT_CLOSED';
  override readonly retriable = false;
}

/** More requests are open than `maxOpenRequests` allows: wait for some to end. */
export class TooManyRequests extends SeaworthyError {
  override readonly code = 'TOO_MANY_REQUESTS';
  override readonly retriable = true;
  readonly open: number;

  constructor(open: number) {
    super(`${open} requests are open, which is as many as maxOpenRequests allows`);
    this.open = open;
  }
}
