/** How a Binary Star can fail at what it was asked. */
import { SeaworthyError } from '../core/errors.ts';

/** The times cannot work together: the peer would take over from a server that lives. */
export class FailoverTooShort extends SeaworthyError {
  override readonly code = 'FAILOVER_TOO_SHORT';
  override readonly retriable = false;
  readonly failoverTimeout: number;
  /** `failoverTimeout` must be more than this. */
  readonly bound: number;

  constructor(times: {
    readonly failoverTimeout: number;
    readonly heartbeatInterval: number;
    readonly toleratedLosses: number;
    readonly maxDelay: number;
    readonly maxPause: number;
    readonly bound: number;
  }) {
    const { failoverTimeout, heartbeatInterval, toleratedLosses, maxDelay, maxPause, bound } = times;
    super(
      `failoverTimeout is ${failoverTimeout} ms, but must be more than heartbeatInterval × (1 + toleratedLosses) + maxDelay + maxPause = ` +
        `${heartbeatInterval} × (1 + ${toleratedLosses}) + ${maxDelay} + ${maxPause} = ${bound} ms`,
    );
    this.failoverTimeout = failoverTimeout;
    this.bound = bound;
  }
}

/** It cannot be done in this state; `state` says which. */
export class WrongState extends SeaworthyError {
  override readonly code = 'WRONG_STATE';
  override readonly retriable = true;
  readonly state: string;

  constructor(what: string, state: string, why: string) {
    super(`cannot ${what} while ${state}: ${why}`);
    this.state = state;
  }
}

/** Two servers of the Guide's kind have come to a state that they do not resolve, and have stopped. Only in classic mode. */
export class PairHalted extends SeaworthyError {
  override readonly code = 'PAIR_HALTED';
  override readonly retriable = false;
  readonly reason: 'dual-active' | 'dual-passive';

  constructor(reason: 'dual-active' | 'dual-passive') {
    super(`both servers of the pair are ${reason === 'dual-active' ? 'active' : 'passive'}: by the Guide's table they stop`);
    this.reason = reason;
  }
}

/** The server that was to run could not be started; `cause` says why, and the message what may be wrong with how it was started. */
export class ServiceFailed extends SeaworthyError {
  override readonly code = 'SERVICE_FAILED';
  override readonly retriable = false;

  constructor(options: ErrorOptions, hint?: string) {
    super(`the server of this Binary Star could not be started${hint === undefined ? '' : `: ${hint}`}`, options);
  }
}
