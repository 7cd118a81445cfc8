/** Freelance: many servers and no broker (Guide, chapter 4; 10/FLP). */
export {
  FreelanceClient,
  type FreelanceCallOptions,
  type FreelanceClientCounters,
  type FreelanceClientEvents,
  type FreelanceClientSnapshot,
  type FreelanceReply,
  type FreelanceServerView,
} from './client.ts';
export {
  FreelanceServer,
  type FreelanceHandler,
  type FreelanceHandlerContext,
  type FreelanceServerCounters,
  type FreelanceServerEvents,
  type FreelanceServerSnapshot,
} from './server.ts';
export type { FreelanceModel } from './codec.ts';
export type { ServerLoss } from './endpoint.machine.ts';
export type { FreelanceClientOptions, FreelanceRequestOptions, FreelanceServerOptions } from './options.ts';
export { ClientGone, RequestAbandoned, type AbandonReason } from '../lazy-pirate/errors.ts';
export type { RequestDrop } from '../lazy-pirate/job-server.ts';
export { ClientClosed, RequestAborted, RequestError, TooManyRequests, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
export type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
export type { ReconnectOptions, RetryOptions, TransportHeartbeatOptions } from '../runtime/options.ts';
