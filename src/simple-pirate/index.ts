/** Simple Pirate: a load-balancing queue and its workers, without heartbeats (Guide, chapter 4). Clients are Lazy Pirates. */
export { SimplePirateQueue, type SimplePirateQueueEvents, type SimplePirateQueueSnapshot } from './queue.ts';
export {
  SimplePirateWorker,
  type SimplePirateHandler,
  type SimplePirateHandlerContext,
  type SimplePirateWorkerEvents,
  type SimplePirateWorkerSnapshot,
} from './worker.ts';
export type { SimplePirateQueueOptions, SimplePirateWorkerOptions } from './options.ts';
export type { NoticedBy } from '../load-balancer/broker.ts';
export type { FailureCode } from '../load-balancer/failures.ts';
export type { QueueCounters, QueueEndpoints } from '../load-balancer/queue.ts';
export type { DeliveryPolicy } from '../load-balancer/requests.ts';
export type { WorkerLoss } from '../load-balancer/session.machine.ts';
export { BrokerLost, type WorkerCounters } from '../load-balancer/worker.ts';
export type { BrokerLoss } from '../load-balancer/worker.machine.ts';
export type { LoadBalancedWorkerOptions, LoadBalancerOptions } from '../load-balancer/options.ts';
export type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
export type { ReconnectOptions, TransportHeartbeatOptions } from '../runtime/options.ts';
