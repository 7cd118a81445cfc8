/** How a request can fail at a Majordomo client, besides what can happen to every request: one class per cause. */
import { RequestError, type FailedRequest } from '../core/requests.ts';
import type { FailureCode } from '../load-balancer/failures.ts';

/** No attempt was answered within `requestTimeout`. */
export class RequestTimedOut extends RequestError {
  override readonly code = 'REQUEST_TIMED_OUT';
  override readonly retriable = true;
}

/** The broker gave the request up; `failure` says why. */
export class RequestFailed extends RequestError {
  override readonly code = 'REQUEST_FAILED';
  override readonly retriable: boolean;
  readonly failure: FailureCode;
  /** How often it was handed to a worker. */
  readonly deliveries: number;

  constructor(request: FailedRequest, failure: FailureCode, deliveries: number, retriable: boolean) {
    const times = deliveries === 1 ? 'once' : `${deliveries} times`;
    const delivered = deliveries === 0 ? 'never delivered' : `delivered ${times}`;
    super(`the broker gave up the request to "${request.service}": ${failure} (${delivered})`, request);
    this.failure = failure;
    this.deliveries = deliveries;
    this.retriable = retriable;
  }
}

/** The connection was lost while the last attempt was under way. */
export class ConnectionLost extends RequestError {
  override readonly code = 'CONNECTION_LOST';
  override readonly retriable = true;
}
