/** What the processes of this example tell the one that started them: mostly the events of their roles, under the same names. */
import type { MajordomoBrokerEvents, MajordomoClientEvents, MajordomoWorkerEvents } from 'seaworthy';

/** What a child is given when it is started. */
export interface ChildSettings {
  /** `broker-1`, `worker-3`, `client`. */
  readonly name: string;
  readonly seed: number;
  readonly endpoint: string;
  /** Ms between the transport's pings; default of the library: 1000. */
  readonly transportHeartbeatInterval: number;
  /** Ms without an answer after which the transport cuts the connection; default of the library: 3000. */
  readonly transportHeartbeatTimeout: number;
}

export interface ClientSettings extends ChildSettings {
  readonly requests: number;
  /** Requests per second. */
  readonly rate: number;
}

/** How a request ended. */
export interface Outcome {
  readonly number: number;
  /** `reply`: the right one. `mixed-up`: an answer to something else. `lost`: no answer, but an error. */
  readonly kind: 'reply' | 'mixed-up' | 'lost';
  readonly begunAt: number;
  readonly settledAt: number;
  /** Times the client sent it. */
  readonly attempts: number;
  /** Who answered; empty when nobody did. */
  readonly worker: string;
  readonly delivery: number;
  readonly error?: string;
}

/** Chosen events of a role, each as `{ event: name, …value }`. */
type Forwarded<Events, Name extends keyof Events> = { [N in Name]: { readonly event: N } & Events[N] }[Name];

type BrokerFact =
  | { readonly event: 'listening' }
  | { readonly event: 'portTaken' }
  | Forwarded<MajordomoBrokerEvents, 'workerRegistered' | 'workerLost' | 'requestRequeued' | 'requestFailed' | 'peerRefused'>;

type WorkerFact =
  | { readonly event: 'started'; readonly number: number; readonly delivery: number; readonly work: number }
  /** Of long jobs only. */
  | { readonly event: 'finished'; readonly number: number }
  | { readonly event: 'replyDiscarded'; readonly number: number }
  | ({ readonly event: 'brokerLost' } & MajordomoWorkerEvents['brokerLost'])
  | Forwarded<MajordomoWorkerEvents, 'registered'>;

type ClientFact =
  | Forwarded<MajordomoClientEvents, 'requestRetried' | 'staleReply'>
  /** `open`: the requests without an outcome at that moment. */
  | ({ readonly event: 'linkUsable'; readonly open: readonly number[] } & MajordomoClientEvents['linkUsable'])
  | { readonly event: 'clientLostBroker'; readonly retryIn: number; readonly open: readonly number[] }
  | { readonly event: 'progress'; readonly sent: number; readonly outcomes: readonly Outcome[] };

type AnyonesFact =
  | { readonly event: 'fault'; readonly message: string }
  /** The role was closed as it should be; these are the counters of its `inspect()`. */
  | { readonly event: 'ended'; readonly counters: Readonly<Record<string, number>> };

export type Fact = BrokerFact | WorkerFact | ClientFact | AnyonesFact;

/** A fact with its sender and its time. */
export type Report<F extends Fact = Fact> = F & { readonly from: string; readonly at: number };

export type ReportOf<E extends Fact['event']> = Report<Extract<Fact, { event: E }>>;

/** What the parent tells a child. */
export type Order = 'begin' | 'end';
