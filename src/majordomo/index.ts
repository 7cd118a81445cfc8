/** Majordomo: a service-oriented, load-balancing broker, its workers and its clients (RFC 7, RFC 8). */
export { MajordomoBroker, type BrokerCounters, type BrokerSnapshot, type MajordomoBrokerEvents, type NoticedBy } from './broker.ts';
export {
  MajordomoWorker,
  BrokerLost,
  type HandlerContext,
  type MajordomoWorkerEvents,
  type WorkerCounters,
  type WorkerHandler,
  type WorkerSnapshot,
} from './worker.ts';
export {
  MajordomoClient,
  type ClientCounters,
  type ClientSnapshot,
  type MajordomoClientEvents,
  type Reply,
  type RequestCallOptions,
} from './client.ts';
export type { RequestFailure } from './client.machine.ts';
export type { FailureCode } from './codec.ts';
export type { BrokerLoss } from './worker.machine.ts';
export type { WorkerLoss } from './session.machine.ts';
export type { DeliveryPolicy } from './services.ts';
export { ConnectionLost, RequestFailed, RequestTimedOut } from './errors.ts';
export { ClientClosed, RequestAborted, RequestError, TooManyRequests, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
export type { Correlation, LivenessOptions, MajordomoBrokerOptions, MajordomoClientOptions, MajordomoWorkerOptions } from './options.ts';
export type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
export type { ReconnectOptions, RequestOptions, RetryOptions, TransportHeartbeatOptions } from '../runtime/options.ts';
