/** How a request can fail at a client: one class per cause, each with the log of what was tried. */
import { SeaworthyError } from '../core/errors.ts';
import type { AttemptOutcome } from './client.machine.ts';
import type { FailureCode } from './codec.ts';

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
  /** How often it was handed to a worker, where the broker said so. */
  readonly deliveries?: number;
}

/** Base of all failures of a request. */
export abstract class MajordomoRequestError extends SeaworthyError {
  readonly service: string;
  /** What was tried, in order. */
  readonly attempts: readonly AttemptRecord[];
  /** Whether a worker may have done the job, wholly or in part: false only if that is certain. */
  readonly mayHaveRun: boolean;

  constructor(message: string, service: string, attempts: readonly AttemptRecord[], mayHaveRun: boolean, options?: ErrorOptions) {
    super(message, options);
    this.service = service;
    this.attempts = attempts;
    this.mayHaveRun = mayHaveRun;
  }
}

/** No attempt was answered within `requestTimeout`. */
export class RequestTimedOut extends MajordomoRequestError {
  override readonly code = 'REQUEST_TIMED_OUT';
  override readonly retriable = true;
}

/** The broker gave the request up; `failure` says why. */
export class RequestFailed extends MajordomoRequestError {
  override readonly code = 'REQUEST_FAILED';
  override readonly retriable: boolean;
  readonly failure: FailureCode;
  /** How often it was handed to a worker. */
  readonly deliveries: number;

  constructor(
    service: string,
    attempts: readonly AttemptRecord[],
    mayHaveRun: boolean,
    failure: FailureCode,
    deliveries: number,
    retriable: boolean,
  ) {
    const times = deliveries === 1 ? 'once' : `${deliveries} times`;
    const delivered = deliveries === 0 ? 'never delivered' : `delivered ${times}`;
    super(`the broker gave up the request to "${service}": ${failure} (${delivered})`, service, attempts, mayHaveRun);
    this.failure = failure;
    this.deliveries = deliveries;
    this.retriable = retriable;
  }
}

/** The connection was lost while the last attempt was under way. */
export class ConnectionLost extends MajordomoRequestError {
  override readonly code = 'CONNECTION_LOST';
  override readonly retriable = true;
}

/** The caller's signal was aborted; `cause` is its reason. */
export class RequestAborted extends MajordomoRequestError {
  override readonly code = 'ABORTED';
  override readonly retriable = false;
}

/** The client was closed before the request had its outcome. */
export class ClientClosed extends MajordomoRequestError {
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
