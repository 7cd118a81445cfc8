/** The server of the three Freelance models (Guide, chapter 4; 10/FLP). */
import {
  JobServer,
  type JobContext,
  type JobHandler,
  type JobServerCounters,
  type JobServerEvents,
  type JobServerSnapshot,
} from '../lazy-pirate/job-server.ts';
import type { LivenessLayers, Peer } from '../transport/transport.ts';
import type { Message } from '../wire/message.ts';
import { PONG_MESSAGE, decodeAtServer, type FreelanceModel } from './codec.ts';
import { freelanceServerSettings, identityOf, type FreelanceServerOptions, type FreelanceServerSettings } from './options.ts';

export type FreelanceHandlerContext = JobContext;
/** Does the work. What it returns is the answer. When it throws, nothing is answered: the client asks another server. */
export type FreelanceHandler = JobHandler;
export type FreelanceServerEvents = JobServerEvents;

export interface FreelanceServerCounters extends JobServerCounters {
  /** Pings that were answered. */
  pings: number;
}

export interface FreelanceServerSnapshot extends JobServerSnapshot {
  readonly role: 'freelance-server';
  readonly model: FreelanceModel;
  /** By which ROUTER clients address it; none with the other models, and where host or port were left open. */
  readonly identity: string | undefined;
  readonly layers: LivenessLayers & { readonly heartbeats: boolean };
  readonly counters: Readonly<FreelanceServerCounters>;
}

/**
 * Answers requests of Freelance clients of one model. The frames before the body are returned as they came. With `addressed` pings are
 * answered at once, while handlers run and requests wait.
 *
 * @example
 * const server = await FreelanceServer.listen('tcp://127.0.0.1:5555', (request) => request.body);
 */
export class FreelanceServer extends JobServer {
  readonly #model: FreelanceModel;
  #identity: string | undefined;
  #pings = 0;

  /**
   * Binds and starts serving.
   *
   * @param endpoint for instance `tcp://127.0.0.1:5555`. With port `*`, see `endpoint`; without `publicEndpoint` such a server has no identity,
   * and ROUTER clients cannot reach it.
   * @throws InvalidOption, InvalidEndpoint when an option cannot work; BindFailed when the endpoint cannot be listened on.
   */
  static async listen(endpoint: string, handler: FreelanceHandler, options: FreelanceServerOptions = {}): Promise<FreelanceServer> {
    const settings = freelanceServerSettings(options);
    const server = new FreelanceServer(handler, options, settings);
    server.#identity = identityOf(settings, endpoint);
    await server.bind(endpoint, server.#identity);
    return server;
  }

  private constructor(handler: FreelanceHandler, options: FreelanceServerOptions, settings: FreelanceServerSettings) {
    super('freelance-server', handler, options, settings);
    this.#model = settings.model;
  }

  protected override bodyOf(peer: Peer, message: Message): number | 'invalid' | 'answered' {
    const command = decodeAtServer(this.#model, message);
    if (command.kind === 'REQUEST') return command.body;
    if (command.kind === 'INVALID') return 'invalid';
    // A server that closes says nothing more: its clients are to leave.
    if (this.sendAside(peer, PONG_MESSAGE)) this.#pings++;
    return 'answered';
  }

  /** A plain snapshot: what waits, what runs, what was counted. */
  inspect(): FreelanceServerSnapshot {
    const { counters, ...snapshot } = this.snapshot();
    return {
      role: 'freelance-server',
      model: this.#model,
      identity: this.#identity,
      layers: { ...this.layers, heartbeats: this.#model === 'addressed' },
      ...snapshot,
      counters: { ...counters, pings: this.#pings },
    };
  }
}
