/** What Majordomo's clients say and hear in a small world, and how their machines step. */
import type { Machine, StepObserver } from '../../core/machine.ts';
import type { FailureCode } from '../../load-balancer/failures.ts';
import type { MajordomoLinkMachine, MajordomoRequestMachine } from '../../majordomo/client.machine.ts';
import type { Frame } from '../../wire/message.ts';
import { Steps, numbered } from './steps.ts';
import { END, attemptOf, handleOf, kindOf, requestOf } from './world.ts';

/** What clients say: a request with its number, or without, and the question whether the broker keeps numbers. */
export const ASK = 1;
export const ASK_PLAIN = 2;
export const PROBE = 3;
/** What they hear. */
export const ANSWER = 4;
export const ANSWER_PLAIN = 5;
export const FAILURE = 6;
export const PROBE_ANSWER = 7;
export const PROBE_ANSWER_FOREIGN = 8;

/** What a broker may say of a request that it has given up; in a message, the place in this list. */
export const CODES: readonly FailureCode[] = ['expired', 'poisoned', 'worker-lost', 'shutting-down'];

export interface MajordomoClientSettings {
  readonly clients: number;
  /** Requests of each client. */
  readonly requests: number;
  /** Attempts in all. */
  readonly retries: number;
  readonly correlation: 'auto' | 'envelope' | 'socket';
}

export interface MajordomoClientMachines {
  readonly request: Machine<MajordomoRequestMachine>;
  readonly link: Machine<MajordomoLinkMachine>;
}

export type RequestEvent = MajordomoRequestMachine['event'];
export type LinkEvent = MajordomoLinkMachine['event'];
export const BEGIN: RequestEvent = { kind: 'begin' };
export const PLACE: RequestEvent = { kind: 'place' };
export const CONNECTION_LOST: RequestEvent = { kind: 'connectionLost' };
export const ABORT: RequestEvent = { kind: 'abort' };
export const CLOSE: RequestEvent = { kind: 'close' };
export const BROKER_GONE: LinkEvent = { kind: 'brokerGone' };
export const DOUBT: LinkEvent = { kind: 'doubt' };
export const OURS: LinkEvent = { kind: 'ANSWER', ours: true };
export const FOREIGN: LinkEvent = { kind: 'ANSWER', ours: false };
export const CLOSE_LINK: LinkEvent = { kind: 'close' };
export const START: { readonly [correlation in MajordomoClientSettings['correlation']]: LinkEvent } = {
  auto: { kind: 'start', correlation: 'auto' },
  envelope: { kind: 'start', correlation: 'envelope' },
  socket: { kind: 'start', correlation: 'socket' },
};
/** An answer whose body says which request it is the answer to. */
export const replyIn: (answer: number) => RequestEvent = numbered((answer): RequestEvent => ({
  kind: 'REPLY',
  attempt: attemptOf(answer),
  body: [handleOf(answer)] as unknown as readonly Frame[],
  deliveries: 1,
}));
export const failureIn: (answer: number) => RequestEvent = numbered((answer): RequestEvent => ({
  kind: 'FAILURE',
  attempt: attemptOf(answer),
  code: CODES[handleOf(answer)] as FailureCode,
  deliveries: 1,
}));

export interface ClientSteps {
  readonly request: Steps<MajordomoRequestMachine>;
  readonly link: Steps<MajordomoLinkMachine>;
}

export function majordomoClientSteps(
  { request, link }: MajordomoClientMachines,
  { retries, correlation }: MajordomoClientSettings,
  observer?: StepObserver,
): ClientSteps {
  const backoff = { base: 1, maximum: 1, jitter: 0 };
  const random = (): number => 0;
  // Whether there were failures matters; how many only makes pauses longer, and here every pause may end at any time.
  const bounded = (state: MajordomoLinkMachine['state']): MajordomoLinkMachine['state'] =>
    'failures' in state ? { ...state, failures: Math.min(1, state.failures) } : state;
  return {
    request: new Steps(request, { requestTimeout: 1, requestRetries: retries, backoff, random }, observer),
    link: new Steps(link, { correlation, endpoints: 1, probeTimeout: 1, backoff, random }, observer, bounded),
  };
}

/** What a client is told, in words. */
export function describe(next: number): string {
  switch (kindOf(next)) {
    case END:
      return 'is told that its connection has ended';
    case PROBE_ANSWER:
      return 'hears that the broker keeps numbers';
    case PROBE_ANSWER_FOREIGN:
      return 'hears that the broker knows of no numbers';
    case FAILURE:
      return `is told that attempt ${attemptOf(next)} of request ${requestOf(next) + 1} is given up (${CODES[handleOf(next)]})`;
    default:
      return `gets the answer to request ${requestOf(next) + 1}`;
  }
}
