/** Majordomo: a service-oriented, load-balancing broker, its workers and its clients (RFC 7, RFC 8). */
export { MajordomoBroker, type BrokerCounters, type BrokerSnapshot, type MajordomoBrokerEvents } from './broker.ts';
export { MajordomoWorker, type HandlerContext, type MajordomoWorkerEvents, type WorkerHandler, type WorkerSnapshot } from './worker.ts';
export {
  MajordomoClient,
  type ClientCounters,
  type ClientSnapshot,
  type MajordomoClientEvents,
  type Reply,
  type RequestCallOptions,
} from './client.ts';
export type { RequestFailure } from './client.machine.ts';
export type { NoticedBy } from '../load-balancer/broker.ts';
export type { FailureCode } from '../load-balancer/failures.ts';
export { BrokerLost, type WorkerCounters } from '../load-balancer/worker.ts';
export type { BrokerLoss } from '../load-balancer/worker.machine.ts';
export type { WorkerLoss } from '../load-balancer/session.machine.ts';
export type { DeliveryPolicy } from '../load-balancer/requests.ts';
export { ConnectionLost, RequestFailed, RequestTimedOut } from './errors.ts';
export { ClientClosed, RequestAborted, RequestError, TooManyRequests, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
export type { Correlation, MajordomoBrokerOptions, MajordomoClientOptions, MajordomoWorkerOptions } from './options.ts';
export type { LivenessOptions, LoadBalancedWorkerOptions, LoadBalancerOptions } from '../load-balancer/options.ts';
export type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
export type { ReconnectOptions, RequestOptions, RetryOptions, TransportHeartbeatOptions } from '../runtime/options.ts';
