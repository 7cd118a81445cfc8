/** Options of the two Freelance roles: defaults with the numbers of the Guide and of 10/FLP, checked at construction. All times in ms. */
import { InvalidOption } from '../core/errors.ts';
import { countOption, given, knownOptions, numberOption } from '../core/options.ts';
import { lazyPirateServerSettings, type LazyPirateServerOptions, type LazyPirateServerSettings } from '../lazy-pirate/options.ts';
import {
  checkReconnect,
  checkRetries,
  checkTransportHeartbeat,
  type Defaults,
  type ReconnectOptions,
  type RetryOptions,
  type TransportHeartbeatOptions,
} from '../runtime/options.ts';
import { ROLE_OPTIONS, type RoleOptions } from '../runtime/role.ts';
import { MOST_IDENTITY_BYTES, checkEndpoint } from '../transport/transport.ts';
import { bodyOption, type FrameLike } from '../wire/message.ts';
import { FREELANCE_MODELS, type FreelanceModel } from './codec.ts';

/** What can be set per request as well as per client. */
export interface FreelanceRequestOptions {
  /**
   * Time for one copy of a request at one server; a server that takes longer is in doubt. Also for the wait for a server, or the 100 ms of a
   * greeting if that is longer. Default 1000; `shotgun`: 2500.
   */
  readonly requestTimeout?: number;
  /**
   * Rounds in all: a round is one send, to all servers with `shotgun`, and its hedge. Default 0, which means with `sequential` each server
   * once, and three times a single one; with `addressed` each server once, and at least three rounds; with `shotgun` one.
   */
  readonly requestRetries?: number;
  /** Time for the whole request; 0 means no limit. Default 3000; `sequential` and `shotgun`: 0. */
  readonly deadline?: number;
  /** A second copy goes to another server when the first is not answered within this time; 0 means never. Not with `shotgun`. Default 0. */
  readonly hedgeDelay?: number;
}

export interface FreelanceClientOptions
  extends RoleOptions, FreelanceRequestOptions, RetryOptions, ReconnectOptions, TransportHeartbeatOptions {
  /** How to talk to servers; theirs must be the same. Default `addressed`, which is 10/FLP. */
  readonly model?: FreelanceModel;
  /** With `addressed`: time between pings to a server that says nothing. Default 2000. */
  readonly pingInterval?: number;
  /**
   * Silence after which a server that was asked is dead: with `addressed` since its last word, or since this client had stood still and asked;
   * without pings since a request was not answered in time. Default 6000.
   */
  readonly serverTimeToLive?: number;
  /**
   * With `sequential` and `shotgun`, which have no ping: the body of a request by which servers are asked whether they are there; the reply
   * is thrown away. `false`: none, so that a dead server is tried again only when there is none better, as a hedge, or by a shotgun. Default `false`.
   */
  readonly probe?: false | FrameLike | readonly FrameLike[];
  /** Longest frame of a request; a server takes none that is longer than its own `maxFrameBytes`. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Requests open at once; more are rejected with `TooManyRequests`, see `room()`. Default 1000. */
  readonly maxOpenRequests?: number;
  /** Servers known at once. Default 100. */
  readonly maxServers?: number;
}

const CLIENT_DEFAULTS: Defaults<FreelanceClientOptions> = {
  model: 'addressed',
  requestTimeout: 1000,
  requestRetries: 0,
  deadline: 3000,
  hedgeDelay: 0,
  retryInterval: 100,
  retryMaximum: 2000,
  retryJitter: 0.5,
  pingInterval: 2000,
  serverTimeToLive: 6000,
  probe: false,
  reconnectInterval: 500,
  reconnectMaximum: 8000,
  reconnectJitter: 0.8,
  maxFrameBytes: 1024 * 1024,
  maxOpenRequests: 1000,
  maxServers: 100,
  transportHeartbeatInterval: 1000,
  transportHeartbeatTimeout: 3000,
};

/** Where the models differ: the Guide's numbers for each. */
const OF_MODEL: { readonly [model in FreelanceModel]: FreelanceRequestOptions } = {
  addressed: {},
  sequential: { deadline: 0 },
  shotgun: { requestTimeout: 2500, deadline: 0 },
};

export type FreelanceClientSettings = Defaults<FreelanceClientOptions>;

/** @throws InvalidOption */
export function freelanceClientSettings(options: FreelanceClientOptions): FreelanceClientSettings {
  knownOptions(options, [...Object.keys(CLIENT_DEFAULTS), ...ROLE_OPTIONS]);
  const model = modelOption(options.model ?? CLIENT_DEFAULTS.model);
  const settings = { ...CLIENT_DEFAULTS, ...OF_MODEL[model], ...given(options, CLIENT_DEFAULTS) };
  checkFreelanceRequest(settings, model);
  checkRetries(settings);
  checkReconnect(settings);
  checkTransportHeartbeat(settings);
  numberOption('pingInterval', settings.pingInterval, 1);
  numberOption('serverTimeToLive', settings.serverTimeToLive, 1);
  if (model === 'addressed' && settings.serverTimeToLive <= settings.pingInterval)
    throw new InvalidOption('serverTimeToLive', settings.serverTimeToLive, `a number above pingInterval (${settings.pingInterval})`);
  countOption('maxFrameBytes', settings.maxFrameBytes, 1);
  countOption('maxOpenRequests', settings.maxOpenRequests, 1);
  countOption('maxServers', settings.maxServers, 1);
  if (settings.probe !== false) checkProbe(settings.probe, settings);
  return settings;
}

function checkProbe(probe: FrameLike | readonly FrameLike[], { model, maxFrameBytes }: FreelanceClientSettings): void {
  if (model === 'addressed') throw new InvalidOption('probe', probe, 'false with the model "addressed", which has pings');
  try {
    bodyOption(probe, maxFrameBytes);
  } catch {
    throw new InvalidOption('probe', probe, 'false, a string, bytes, or an array of those, of frames that maxFrameBytes allows');
  }
}

/** @throws InvalidOption */
export function checkFreelanceRequest(options: Readonly<Required<FreelanceRequestOptions>>, model: FreelanceModel): void {
  numberOption('requestTimeout', options.requestTimeout, 1);
  countOption('requestRetries', options.requestRetries, 0);
  numberOption('deadline', options.deadline, 0);
  numberOption('hedgeDelay', options.hedgeDelay, 0);
  if (options.hedgeDelay > 0 && options.hedgeDelay < 1) throw new InvalidOption('hedgeDelay', options.hedgeDelay, '0, or at least 1');
  if (options.hedgeDelay >= options.requestTimeout)
    throw new InvalidOption(
      'hedgeDelay',
      options.hedgeDelay,
      `below requestTimeout (${options.requestTimeout} ms): after that there is nothing to hedge`,
    );
  if (options.hedgeDelay > 0 && model === 'shotgun')
    throw new InvalidOption('hedgeDelay', options.hedgeDelay, '0 with the model "shotgun", which asks all servers at once');
}

function modelOption(model: FreelanceModel): FreelanceModel {
  if (!FREELANCE_MODELS.includes(model)) throw new InvalidOption('model', model, `one of ${FREELANCE_MODELS.join(', ')}`);
  return model;
}

/** How many rounds `requestRetries` means. */
export function roundsOf(requestRetries: number, model: FreelanceModel, servers: number): number {
  if (requestRetries > 0) return requestRetries;
  if (model === 'shotgun') return 1;
  return model === 'sequential' && servers > 1 ? servers : Math.max(3, servers);
}

export interface FreelanceServerOptions extends LazyPirateServerOptions {
  /** Whose requests to answer. Default `addressed`, which is 10/FLP. */
  readonly model?: FreelanceModel;
  /**
   * With `addressed`: the endpoint by which clients connect, byte for byte, which is the server's identity for ROUTER clients (10/FLP);
   * `localhost` is not `127.0.0.1`. Empty: the endpoint listened on, as it was given; none when that leaves host or port open. Default empty.
   */
  readonly publicEndpoint?: string;
}

const SERVER_DEFAULTS: Required<Pick<FreelanceServerOptions, 'model' | 'publicEndpoint'>> = { model: 'addressed', publicEndpoint: '' };

export type FreelanceServerSettings = LazyPirateServerSettings & typeof SERVER_DEFAULTS;

/** @throws InvalidOption, InvalidEndpoint */
export function freelanceServerSettings(options: FreelanceServerOptions): FreelanceServerSettings {
  const { model, publicEndpoint, ...rest } = options;
  const settings = {
    ...SERVER_DEFAULTS,
    ...given({ model, publicEndpoint }, SERVER_DEFAULTS),
    ...lazyPirateServerSettings(rest),
  };
  modelOption(settings.model);
  if (settings.publicEndpoint === '') return settings;
  checkEndpoint(settings.publicEndpoint, options.transport);
  if (settings.model !== 'addressed')
    throw new InvalidOption('publicEndpoint', publicEndpoint, 'left out unless the model is "addressed": nobody else asks for it');
  if (Buffer.byteLength(settings.publicEndpoint) > MOST_IDENTITY_BYTES)
    throw new InvalidOption('publicEndpoint', publicEndpoint, `at most ${MOST_IDENTITY_BYTES} bytes long`);
  return settings;
}

/** Host or port are found when it listens: nobody could connect to it by this name. */
const OPEN_ENDPOINT = /^tcp:\/\/(?:\*|0\.0\.0\.0|\[::\]):|^tcp:.*:0$|[:/]\*$/;

/** The server's identity; none where nobody could know it. */
export function identityOf({ model, publicEndpoint }: FreelanceServerSettings, endpoint: string): string | undefined {
  if (model !== 'addressed') return undefined;
  if (publicEndpoint !== '') return publicEndpoint;
  return OPEN_ENDPOINT.test(endpoint) || Buffer.byteLength(endpoint) > MOST_IDENTITY_BYTES ? undefined : endpoint;
}
