/** How a request can fail at a Lazy Pirate client, besides what can happen to every request. */
import { SeaworthyError } from '../core/errors.ts';
import { RequestError, type FailedRequest } from '../core/requests.ts';

/** Why a request was abandoned. */
export type AbandonReason =
  /** The last attempt was not answered within `requestTimeout`. */
  | 'timed-out'
  /** The connection of the last attempt was lost. */
  | 'connection-lost'
  /** The last attempt reached a server of a Binary Star that was passive, or that another had taken over from. */
  | 'refused'
  /** `deadline` was over. */
  | 'deadline'
  /** There was nobody to send it to: a Freelance client without servers. */
  | 'no-server';

/** No attempt brought an answer; `attempts` says what was tried. */
export class RequestAbandoned extends RequestError {
  override readonly code = 'REQUEST_ABANDONED';
  override readonly retriable = true;
  readonly reason: AbandonReason;

  constructor(message: string, request: FailedRequest, reason: AbandonReason) {
    super(message, request);
    this.reason = reason;
  }
}

/** The reason of a handler's aborted signal: nobody waits for its result. */
export class ClientGone extends SeaworthyError {
  override readonly code = 'CLIENT_GONE';
  override readonly retriable = false;

  constructor() {
    super('nobody waits for this result any more');
  }
}
