/** Lazy Pirate: a client that tries again, and a server for plain REQ sockets (Guide, chapter 4). */
export {
  LazyPirateClient,
  type LazyPirateCallOptions,
  type LazyPirateClientCounters,
  type LazyPirateClientEvents,
  type LazyPirateClientSnapshot,
  type LazyPirateReply,
} from './client.ts';
export {
  LazyPirateServer,
  type LazyPirateHandler,
  type LazyPirateHandlerContext,
  type LazyPirateServerCounters,
  type LazyPirateServerEvents,
  type LazyPirateServerSnapshot,
} from './server.ts';
export type { RequestDrop } from './job-server.ts';
export { ClientGone, RequestAbandoned, type AbandonReason } from './errors.ts';
export type { LazyPirateClientOptions, LazyPirateRequestOptions, LazyPirateServerOptions } from './options.ts';
export { ClientClosed, RequestAborted, RequestError, TooManyRequests, type AttemptOutcome, type AttemptRecord } from '../core/requests.ts';
export type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
export type { RequestOptions, RetryOptions, TransportHeartbeatOptions } from '../runtime/options.ts';
