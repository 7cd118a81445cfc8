/** Paranoid Pirate: a load-balancing queue and its workers, with heartbeats both ways (6/PPP). Clients are Lazy Pirates. */
export { ParanoidPirateQueue, type ParanoidPirateQueueEvents, type ParanoidPirateQueueSnapshot } from './queue.ts';
export {
  ParanoidPirateWorker,
  type ParanoidPirateHandler,
  type ParanoidPirateHandlerContext,
  type ParanoidPirateWorkerEvents,
  type ParanoidPirateWorkerSnapshot,
} from './worker.ts';
export type { ParanoidPirateQueueOptions, ParanoidPirateWorkerOptions } from './options.ts';
export type { NoticedBy } from '../load-balancer/broker.ts';
export type { FailureCode } from '../load-balancer/failures.ts';
export type { QueueCounters, QueueEndpoints } from '../load-balancer/queue.ts';
export type { DeliveryPolicy } from '../load-balancer/requests.ts';
export type { WorkerLoss } from '../load-balancer/session.machine.ts';
export { BrokerLost, type WorkerCounters } from '../load-balancer/worker.ts';
export type { BrokerLoss } from '../load-balancer/worker.machine.ts';
export type { LivenessOptions, LoadBalancedWorkerOptions, LoadBalancerOptions } from '../load-balancer/options.ts';
export type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
export type { ReconnectOptions, TransportHeartbeatOptions } from '../runtime/options.ts';
