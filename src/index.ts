/** seaworthy: ZeroMQ reliability patterns for Node.js. Every public name, listed one by one. */
export { MajordomoBroker, type BrokerCounters, type BrokerSnapshot, type MajordomoBrokerEvents } from './majordomo/broker.ts';
export {
  MajordomoWorker,
  type HandlerContext,
  type MajordomoWorkerEvents,
  type WorkerHandler,
  type WorkerSnapshot,
} from './majordomo/worker.ts';
export {
  MajordomoClient,
  type ClientCounters,
  type ClientSnapshot,
  type MajordomoClientEvents,
  type Reply,
  type RequestCallOptions,
} from './majordomo/client.ts';
export type { RequestFailure } from './majordomo/client.machine.ts';
export type { NoticedBy } from './load-balancer/broker.ts';
export type { FailureCode } from './load-balancer/failures.ts';
export { BrokerLost, type WorkerCounters } from './load-balancer/worker.ts';
export type { BrokerLoss } from './load-balancer/worker.machine.ts';
export type { WorkerLoss } from './load-balancer/session.machine.ts';
export type { DeliveryPolicy } from './load-balancer/requests.ts';
export { ConnectionLost, RequestFailed, RequestTimedOut } from './majordomo/errors.ts';
export type { Correlation, MajordomoBrokerOptions, MajordomoClientOptions, MajordomoWorkerOptions } from './majordomo/options.ts';
export type { LivenessOptions, LoadBalancedWorkerOptions, LoadBalancerOptions } from './load-balancer/options.ts';
export type { IncomingRequest, ReplyBody } from './runtime/handlers.ts';
export type { ReconnectOptions, RequestOptions, RetryOptions, TransportHeartbeatOptions } from './runtime/options.ts';
export { ClientClosed, RequestAborted, RequestError, TooManyRequests, type AttemptOutcome, type AttemptRecord } from './core/requests.ts';
export {
  LazyPirateClient,
  type LazyPirateCallOptions,
  type LazyPirateClientCounters,
  type LazyPirateClientEvents,
  type LazyPirateClientSnapshot,
  type LazyPirateReply,
} from './lazy-pirate/client.ts';
export {
  LazyPirateServer,
  type LazyPirateHandler,
  type LazyPirateHandlerContext,
  type LazyPirateServerCounters,
  type LazyPirateServerEvents,
  type LazyPirateServerSnapshot,
} from './lazy-pirate/server.ts';
export type { RequestDrop } from './lazy-pirate/job-server.ts';
export { ClientGone, RequestAbandoned, type AbandonReason } from './lazy-pirate/errors.ts';
export type { LazyPirateClientOptions, LazyPirateRequestOptions, LazyPirateServerOptions } from './lazy-pirate/options.ts';
export {
  BinaryStarClient,
  type BinaryStarClientCounters,
  type BinaryStarClientEvents,
  type BinaryStarClientSnapshot,
} from './binary-star/client.ts';
export type { BinaryStarClientMode, BinaryStarClientOptions } from './binary-star/client-options.ts';
export {
  FreelanceClient,
  type FreelanceCallOptions,
  type FreelanceClientCounters,
  type FreelanceClientEvents,
  type FreelanceClientSnapshot,
  type FreelanceReply,
  type FreelanceServerView,
} from './freelance/client.ts';
export {
  FreelanceServer,
  type FreelanceHandler,
  type FreelanceHandlerContext,
  type FreelanceServerCounters,
  type FreelanceServerEvents,
  type FreelanceServerSnapshot,
} from './freelance/server.ts';
export type { FreelanceModel } from './freelance/codec.ts';
export type { ServerLoss } from './freelance/endpoint.machine.ts';
export type { FreelanceClientOptions, FreelanceRequestOptions, FreelanceServerOptions } from './freelance/options.ts';
export { SimplePirateQueue, type SimplePirateQueueEvents, type SimplePirateQueueSnapshot } from './simple-pirate/queue.ts';
export {
  SimplePirateWorker,
  type SimplePirateHandler,
  type SimplePirateHandlerContext,
  type SimplePirateWorkerEvents,
  type SimplePirateWorkerSnapshot,
} from './simple-pirate/worker.ts';
export type { SimplePirateQueueOptions, SimplePirateWorkerOptions } from './simple-pirate/options.ts';
export { ParanoidPirateQueue, type ParanoidPirateQueueEvents, type ParanoidPirateQueueSnapshot } from './paranoid-pirate/queue.ts';
export {
  ParanoidPirateWorker,
  type ParanoidPirateHandler,
  type ParanoidPirateHandlerContext,
  type ParanoidPirateWorkerEvents,
  type ParanoidPirateWorkerSnapshot,
} from './paranoid-pirate/worker.ts';
export type { ParanoidPirateQueueOptions, ParanoidPirateWorkerOptions } from './paranoid-pirate/options.ts';
export type { QueueCounters, QueueEndpoints } from './load-balancer/queue.ts';
export {
  BinaryStar,
  type BinaryStarCounters,
  type BinaryStarEvents,
  type BinaryStarService,
  type BinaryStarServiceStarter,
  type BinaryStarSnapshot,
  type BinaryStarStand,
} from './binary-star/server.ts';
export type { Arbiter, ArbiterAnswer, ArbiterClaim } from './binary-star/arbiter.ts';
export { FailoverTooShort, PairHalted, ServiceFailed, WrongState } from './binary-star/errors.ts';
export type { FrontendCounters } from './binary-star/frontends.ts';
export type { PeerSnapshot } from './binary-star/half.ts';
export type { BinaryStarMode, BinaryStarOptions, BinaryStarPlace } from './binary-star/options.ts';
export type { ActivationReason, RetreatReason, StarRole } from './binary-star/peer.machine.ts';
export type { ReplicationSnapshot, StateHandover } from './binary-star/replication.ts';
export { BrokenInvariant, ImpossibleEvent, InvalidOption, SeaworthyError } from './core/errors.ts';
export { createLogger, silentLogger, type LogLevel, type Logger, type LoggerOptions } from './runtime/log.ts';
export { traceTo, type TraceEvent, type TraceSink } from './runtime/trace.ts';
export { clockFrom, systemClock, type Clock, type FakeTimersClock } from './runtime/clock.ts';
export type { RoleEvents, RoleOptions } from './runtime/role.ts';
export type { TypedEvents } from './runtime/events.ts';
export { BindFailed, InvalidEndpoint, TransportUnavailable, type LivenessLayers, type Transport } from './transport/transport.ts';
export type { FrameLike } from './wire/message.ts';
