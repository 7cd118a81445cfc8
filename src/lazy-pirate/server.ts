/** The server of the Lazy Pirate (Guide, chapter 4), for REQ sockets of any language: a REP that serves many clients at once. */
import type { LivenessLayers, Peer } from '../transport/transport.ts';
import type { Message } from '../wire/message.ts';
import { decodeAtServer } from './codec.ts';
import {
  JobServer,
  type JobContext,
  type JobHandler,
  type JobServerCounters,
  type JobServerEvents,
  type JobServerSnapshot,
} from './job-server.ts';
import { lazyPirateServerSettings, type LazyPirateServerOptions } from './options.ts';

export type LazyPirateHandlerContext = JobContext;
export type LazyPirateHandler = JobHandler;
export type LazyPirateServerEvents = JobServerEvents;
export type LazyPirateServerCounters = JobServerCounters;

export interface LazyPirateServerSnapshot extends JobServerSnapshot {
  readonly role: 'lazy-pirate-server';
  readonly layers: LivenessLayers & { readonly heartbeats: false };
}

/**
 * Answers requests of REQ sockets, Lazy Pirate clients among them. Whatever is not a request is dropped and counted.
 *
 * @example
 * const server = await LazyPirateServer.listen('tcp://127.0.0.1:5555', (request) => request.body);
 */
export class LazyPirateServer extends JobServer {
  /**
   * Binds and starts serving.
   *
   * @param endpoint for instance `tcp://127.0.0.1:5555`; `tcp://127.0.0.1:*` picks a free port, see `endpoint`.
   * @throws InvalidOption when an option cannot work; BindFailed when the endpoint cannot be listened on.
   */
  static async listen(endpoint: string, handler: LazyPirateHandler, options: LazyPirateServerOptions = {}): Promise<LazyPirateServer> {
    const server = new LazyPirateServer('lazy-pirate-server', handler, options, lazyPirateServerSettings(options));
    await server.bind(endpoint, undefined);
    return server;
  }

  protected override bodyOf(_peer: Peer, message: Message): number | 'invalid' {
    const command = decodeAtServer(message);
    return command.kind === 'REQUEST' ? command.body : 'invalid';
  }

  /** A plain snapshot: what waits, what runs, what was counted. */
  inspect(): LazyPirateServerSnapshot {
    return { role: 'lazy-pirate-server', layers: { ...this.layers, heartbeats: false }, ...this.snapshot() };
  }
}
