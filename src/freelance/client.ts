/** The Freelance client (Guide, chapter 4, "Brokerless Reliability"; 10/FLP): many servers and no broker; the client knows who is well. */
import { InvalidOption, type SeaworthyError } from '../core/errors.ts';
import type { Linked } from '../core/fifo.ts';
import type { StepObserver } from '../core/machine.ts';
import { Numbered } from '../core/numbered.ts';
import { knownOptions } from '../core/options.ts';
import { ClientClosed, RequestAborted, UNTRIED, type AttemptOutcome, type AttemptRecord, type FailedRequest } from '../core/requests.ts';
import { RequestAbandoned } from '../lazy-pirate/errors.ts';
import { Actor } from '../runtime/actor.ts';
import type { Driver } from '../runtime/driver.ts';
import type { Lane } from '../runtime/lanes.ts';
import { reconnectBackoff, retryBackoff, transportHeartbeatOf } from '../runtime/options.ts';
import { Requester, rejected, type Requested, type RequesterCounters } from '../runtime/requester.ts';
import type { RoleEvents } from '../runtime/role.ts';
import type { TraceValue } from '../runtime/trace.ts';
import type { Connector, LivenessLayers, Peer } from '../transport/transport.ts';
import { bodyOption, type Frame, type FrameLike, type Message } from '../wire/message.ts';
import {
  freelanceRequest,
  type CopyPart,
  type FreelanceFailure,
  type FreelanceRequestContext,
  type FreelanceRequestEffects,
  type FreelanceRequestMachine,
} from './client.machine.ts';
import { PING_MESSAGE, decodeAtClient, requestToServer, type FreelanceModel } from './codec.ts';
import {
  freelanceEndpoint,
  type FreelanceEndpointContext,
  type FreelanceEndpointEffects,
  type FreelanceEndpointMachine,
  type ServerLoss,
} from './endpoint.machine.ts';
import {
  checkFreelanceRequest,
  freelanceClientSettings,
  roundsOf,
  type FreelanceClientOptions,
  type FreelanceClientSettings,
  type FreelanceRequestOptions,
} from './options.ts';

export interface FreelanceCallOptions extends FreelanceRequestOptions {
  /** Ends the request with `RequestAborted`. */
  readonly signal?: AbortSignal;
}

export interface FreelanceReply {
  /** The reply's frames, at least one. */
  readonly body: readonly Buffer[];
  /** The copies of the request, in the order of their sending; one of them has `replied`. */
  readonly attempts: readonly AttemptRecord[];
  /** Who answered. */
  readonly endpoint: string;
}

export interface FreelanceClientEvents extends RoleEvents {
  /** A server was heard that was not known to be alive. */
  serverAlive: { readonly endpoint: string };
  /** A server did not answer a request within `requestTimeout`: others come first until it is heard again. */
  serverDoubted: { readonly endpoint: string };
  /** A server is taken for dead: it is asked in the background, and gets requests only while there is none better. */
  serverLost: { readonly endpoint: string; readonly reason: ServerLoss };
  /** The transport will never connect to a server, for instance because the path of its endpoint is too long: it is known no more. */
  serverRefused: { readonly endpoint: string; readonly error: SeaworthyError };
  /** Another round begins, at `endpoint`, of a shotgun at all; `after` is how the last copy ended. */
  requestRetried: { readonly attempt: number; readonly after: AttemptOutcome; readonly endpoint: string };
  /** A second copy went to `endpoint` because the first was not answered within `hedgeDelay`. */
  requestHedged: { readonly attempt: number; readonly endpoint: string };
  /** An answer came that no open request waits for: late, or of a hedge or shotgun that another server had won. */
  staleReply: { readonly endpoint: string };
  closed: { readonly endpoints: readonly string[] };
}

export interface FreelanceClientCounters extends RequesterCounters {
  /** Second copies of requests that were not answered within `hedgeDelay`. */
  hedges: number;
  /** Pings and probes. */
  probes: number;
}

/** A server, as `inspect()` shows it. */
export interface FreelanceServerView {
  readonly endpoint: string;
  readonly state: 'new' | 'greeting' | 'untried' | 'alive' | 'doubtful' | 'dead';
  readonly connected: boolean;
  /** Copies of open requests that it has not answered yet. */
  readonly inFlight: number;
}

export interface FreelanceClientSnapshot {
  readonly role: 'freelance-client';
  readonly name: string;
  readonly state: 'open' | 'closed';
  readonly model: FreelanceModel;
  /** In the order in which they were given and added. */
  readonly servers: readonly FreelanceServerView[];
  /** Heartbeats: the model has pings. */
  readonly layers: LivenessLayers & { readonly heartbeats: boolean };
  /** Requests without an outcome. */
  readonly open: number;
  /** Those of them that wait for a server. */
  readonly waiting: number;
  readonly counters: Readonly<FreelanceClientCounters>;
}

/** How long the first requests wait for who answers the first pings: as long as the Guide's client waits after connecting. */
const GREETING_MS = 100;
/** How long libzmq pauses before it tries an absent server again, at most; spread, because many clients may look for one server. */
const RECONNECT_MS = 150;
const CALL_OPTIONS: readonly string[] = ['requestTimeout', 'requestRetries', 'deadline', 'hedgeDelay', 'signal'];

/** No request goes to a server that is greeted; which of the others comes first, by health. */
const HEALTH: { readonly [state in FreelanceEndpointMachine['state']['kind']]: number } = {
  alive: 0,
  untried: 1,
  doubtful: 2,
  dead: 3,
  new: Infinity,
  greeting: Infinity,
  removed: Infinity,
};

/**
 * Asks one of several servers, or all of them at once, without a broker between. It prefers servers that are well, and finds out in the
 * background when others are well again, so that a server that died costs one request one timeout at most. Requests run side by side; each ends
 * once, and never with another's reply. Servers may do the work more than once.
 *
 * @example
 * const client = FreelanceClient.connect(['tcp://127.0.0.1:5555', 'tcp://127.0.0.1:5556']);
 * const reply = await client.request('hello');
 */
export class FreelanceClient extends Requester<FreelanceClientEvents, FreelanceCall> {
  readonly #settings: FreelanceClientSettings;
  readonly #endpointContext: FreelanceEndpointContext;
  readonly #probe: readonly Frame[] | undefined;
  readonly #servers = new Map<string, KnownServer>();
  /** The copies of open requests, by the number in their control frame. */
  readonly #copies = new Numbered<Copy>();
  /** No number is used twice: a late answer meets nobody. */
  #lastId = 0;
  /** How often a server was found guilty: who was so latest comes last. */
  #verdicts = 0;
  #hedges = 0;
  #probes = 0;

  /**
   * With `addressed` all servers are connected to and pinged at once; with the other models a connection is made when it is needed.
   *
   * @param endpoints the servers', for instance `tcp://127.0.0.1:5555`; with `sequential` the order is that of preference. One that is given
   * twice counts once.
   * @throws InvalidOption, InvalidEndpoint at once. What only the transport can tell comes later: `serverRefused`, and `unusable` when that leaves
   * no server.
   */
  static connect(endpoints: string | readonly string[], options: FreelanceClientOptions = {}): FreelanceClient {
    const client = new FreelanceClient(endpoints, options);
    client.start(() => {
      client.#greet([...client.#servers.values()]);
    });
    return client;
  }

  private constructor(endpoints: string | readonly string[], options: FreelanceClientOptions) {
    const settings = freelanceClientSettings(options);
    super('freelance-client', options, { maxOpenRequests: settings.maxOpenRequests, maxSockets: 0 });
    this.#settings = settings;
    this.#probe = settings.probe === false ? undefined : bodyOption(settings.probe, settings.maxFrameBytes);
    const pings = settings.model === 'addressed';
    this.#endpointContext = {
      pings,
      probes: pings || this.#probe !== undefined,
      pingInterval: settings.pingInterval,
      timeToLive: settings.serverTimeToLive,
      greetingTime: GREETING_MS,
      backoff: reconnectBackoff(settings),
      random: this.random,
    };
    const given = typeof endpoints === 'string' ? [endpoints] : endpoints;
    if (!Array.isArray(given) || given.length === 0) throw new InvalidOption('endpoints', endpoints, 'an endpoint or several');
    for (const endpoint of given as readonly string[]) this.#introduce(endpoint);
  }

  /** The servers that are known, in the order in which they were given and added. */
  get endpoints(): readonly string[] {
    return [...this.#servers.keys()];
  }

  /**
   * Adds a server. `false` when it is known already. What only the transport can tell of its endpoint comes later, as `serverRefused`.
   *
   * @throws InvalidEndpoint; InvalidOption when `maxServers` are known; ClientClosed.
   */
  add(endpoint: string): boolean {
    if (this.unusable !== undefined) throw this.unusable;
    if (this.closing) throw new ClientClosed('the client is closed', UNTRIED);
    const server = this.#introduce(endpoint);
    if (server === undefined) return false;
    if (this.transportInUse !== undefined) {
      this.driver.run(() => {
        this.#greet([server]);
      });
    }
    return true;
  }

  /** Forgets a server with all that was known of it. Requests that are with it go to others. `false` when it is not known. */
  remove(endpoint: string): boolean {
    const server = this.#servers.get(endpoint);
    if (server === undefined || this.closing) return false;
    this.driver.run(() => {
      this.#forget(server);
    });
    return true;
  }

  #forget(server: KnownServer): void {
    this.#tell('forget', server);
    server.step({ kind: 'remove' });
    this.#servers.delete(server.endpoint);
    // Some may have waited for its greeting.
    this.placeSoon();
  }

  /** It is forgotten after the step that needed a connection; whoever has no other server left cannot work. */
  protected override refused(endpoint: string, error: SeaworthyError): void {
    this.driver.followUp(() => {
      const server = this.#servers.get(endpoint);
      if (server === undefined || this.closing) return;
      if (this.#servers.size === 1) {
        this.giveUp(error);
        return;
      }
      this.#forget(server);
      this.logger.warn({ err: error, role: this.name, endpoint }, 'the transport refuses an endpoint');
      this.emit('serverRefused', { endpoint, error });
    });
  }

  #greet(servers: readonly KnownServer[]): void {
    for (const server of servers) server.step({ kind: 'begin' });
    for (const request of this.waiting) request.step({ kind: 'greeting' });
    this.placeSoon();
  }

  #introduce(endpoint: string): KnownServer | undefined {
    this.endpointOption(endpoint);
    if (this.#servers.has(endpoint)) return undefined;
    const { maxServers } = this.#settings;
    if (this.#servers.size >= maxServers) throw new InvalidOption('endpoint', endpoint, `one of at most ${maxServers} (maxServers)`);
    const server = new KnownServer(this.#serverHost, this.#endpointContext, endpoint);
    this.#servers.set(endpoint, server);
    // No event of the driver's has begun, so its time may be long past.
    this.#tell('know', server, { t: this.driver.clock.now() });
    return server;
  }

  /** Writes what has become of a server into the trace. */
  #tell(kind: 'know' | 'forget' | 'revive' | 'doubt' | 'condemn' | 'probe' | 'hasten' | 'stale', server: KnownServer, facts?: Facts): void {
    if (this.trace !== undefined) this.trace({ t: this.driver.now, node: this.name, kind, server: server.endpoint, ...facts });
  }

  /**
   * Asks and resolves with the reply.
   *
   * @param body one frame or several; strings are UTF-8. No frame is sent as one empty frame.
   * @throws InvalidOption, TooManyRequests; RequestAbandoned, RequestAborted, ClientClosed, each with the log of the attempts and whether
   * the job may have run. All as rejections.
   */
  request(body: FrameLike | readonly FrameLike[], options: FreelanceCallOptions = {}): Promise<FreelanceReply> {
    try {
      const frames = bodyOption(body, this.#settings.maxFrameBytes);
      const context = this.#contextOf(options);
      const { signal } = options;
      this.admit(signal);
      const call = new FreelanceCall(this.#callHost, context, frames, signal);
      this.begin(call);
      return call.outcome;
    } catch (error) {
      return rejected(error);
    }
  }

  #contextOf(options: FreelanceCallOptions): FreelanceRequestContext {
    knownOptions(options, CALL_OPTIONS);
    const own = this.#settings;
    const { requestTimeout = own.requestTimeout, requestRetries = own.requestRetries } = options;
    const { deadline = own.deadline, hedgeDelay = own.hedgeDelay } = options;
    checkFreelanceRequest({ requestTimeout, requestRetries, deadline, hedgeDelay }, own.model);
    const servers = Math.max(1, this.#servers.size);
    return {
      requestTimeout,
      requestRetries: roundsOf(requestRetries, own.model, servers),
      servers: own.model === 'shotgun' ? 1 : servers,
      deadline: deadline === 0 ? Infinity : deadline,
      greetingTime: this.#endpointContext.pings ? this.#endpointContext.greetingTime : 0,
      hedgeDelay: hedgeDelay === 0 ? Infinity : hedgeDelay,
      backoff: retryBackoff(own),
      random: this.random,
    };
  }

  protected override async shut(): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const server of this.#servers.values()) {
      if (server.connector !== undefined) closing.push(server.connector.close(0));
      server.step({ kind: 'remove' });
    }
    await Promise.all(closing);
  }

  protected override sayClosed(): void {
    this.emit('closed', { endpoints: this.endpoints });
  }

  protected override sayUnusable(error: SeaworthyError): void {
    this.emit('unusable', { error });
  }

  /** A plain snapshot: the servers, the open requests, what was counted. */
  inspect(): FreelanceClientSnapshot {
    return {
      role: 'freelance-client',
      name: this.name,
      state: this.closing ? 'closed' : 'open',
      model: this.#settings.model,
      servers: this.closing ? [] : [...this.#servers.values()].map((server) => server.view),
      layers: { ...this.layers, heartbeats: this.#endpointContext.pings },
      open: this.open.size,
      waiting: this.waiting.size,
      counters: { ...this.counters, hedges: this.#hedges, probes: this.#probes, faults: this.faults },
    };
  }

  /* ---------------------------------------------------------------- what comes in */

  protected override receive(peer: Peer, message: Message): void {
    const server = peer.session as KnownServer;
    const command = decodeAtClient(this.#settings.model, message);
    // Whatever it says, somebody is there.
    server.step({ kind: 'HEARD' });
    if (command.kind === 'REPLY') this.#reply(server, command.id, command.body);
    else if (command.kind === 'INVALID') this.counters.invalid++;
  }

  #reply(server: KnownServer, id: number, body: readonly Frame[]): void {
    const copy = this.#copies.get(id);
    if (copy?.server === server) {
      copy.request.step({ kind: 'REPLY', attempt: copy.attempt, body });
    } else if (server.probeId === id) {
      server.probeId = NO_PROBE;
    } else {
      this.counters.stale++;
      this.#tell('stale', server, { id });
      this.emit('staleReply', { endpoint: server.endpoint });
    }
  }

  protected override lose(peer: Peer): void {
    (peer.session as KnownServer).step({ kind: 'connectionLost' });
  }

  /* ---------------------------------------------------------------- servers */

  readonly #serverHost: ServerHost = {
    driver: this.driver,
    observer: this.observer,
    probe: (server) => {
      this.#ask(server);
    },
    disconnect: (server) => {
      const { connector } = server;
      server.connector = undefined;
      server.probeId = NO_PROBE;
      if (connector !== undefined) this.leave(connector);
      for (const copy of [...server.inFlight]) this.#loseCopy(copy);
    },
    usable: () => {
      this.placeSoon();
    },
    revive: (server) => {
      // Whoever comes back comes back to its place.
      if (server.state.kind === 'dead') this.#forgive(server);
      this.#tell('revive', server);
      this.emit('serverAlive', { endpoint: server.endpoint });
      this.placeSoon();
    },
    hasten: (server) => {
      this.#tell('hasten', server);
    },
    doubt: (server) => {
      server.rank = ++this.#verdicts;
      this.#tell('doubt', server);
      this.emit('serverDoubted', { endpoint: server.endpoint });
    },
    lose: (server, reason) => {
      server.rank = ++this.#verdicts;
      this.#tell('condemn', server, { loss: reason });
      this.emit('serverLost', { endpoint: server.endpoint, reason });
      this.placeSoon();
    },
  };

  #ask(server: KnownServer): void {
    if (this.#endpointContext.pings) {
      this.#probes++;
      this.#tell('probe', server);
      this.#sendTo(server, PING_MESSAGE);
    } else if (this.#probe !== undefined) {
      this.#probes++;
      server.probeId = ++this.#lastId;
      this.#tell('probe', server, { id: server.probeId });
      this.#sendTo(server, requestToServer(this.#settings.model, server.probeId, this.#probe));
    }
  }

  /** Whether its connection took it. */
  #sendTo(server: KnownServer, frames: readonly Frame[]): boolean {
    server.connector ??= this.#connect(server);
    return server.connector !== undefined && this.sendOver(server.connector, frames);
  }

  #connect(server: KnownServer): Connector | undefined {
    const connector = this.connectTo(server.endpoint, {
      transportHeartbeat: transportHeartbeatOf(this.#settings),
      reconnectInterval: Math.ceil(RECONNECT_MS * (0.2 + 0.8 * this.random())),
    });
    if (connector !== undefined) connector.remote.session = server;
    return connector;
  }

  /** Requests share the connections of their servers. */
  protected override connectLane(): undefined {
    return undefined;
  }

  /* ---------------------------------------------------------------- requests and their copies */

  readonly #callHost: CallHost = {
    driver: this.driver,
    observer: this.observer,
    enqueue: (request) => {
      this.enqueue(request);
    },
    transmit: (request) => {
      const last = request.copies.at(-1);
      const [first] = request.targets;
      if (last?.outcome !== undefined && first !== undefined) {
        this.counters.retries++;
        this.emit('requestRetried', { attempt: last.attempt + 1, after: last.outcome, endpoint: first.endpoint });
      }
      const copies = request.targets.map((server) => this.#send(request, server, 'first'));
      const isAnyKnown = copies.some(({ server }) => !server.isLost);
      for (const copy of copies) copy.isSpare = isAnyKnown && copy.server.isLost;
      request.targets = [];
      // Only now is it known whether another one is under way.
      for (const copy of copies) if (!copy.sent) this.#loseCopy(copy);
    },
    hedge: (request) => {
      const server = this.#best(request, (candidate) => candidate.mayHedge && !request.isWith(candidate));
      if (server === undefined) {
        request.later({ kind: 'hedgeLost' });
        return;
      }
      this.#hedges++;
      server.later({ kind: 'used' });
      this.emit('requestHedged', { attempt: request.copies.length + 1, endpoint: server.endpoint });
      const copy = this.#send(request, server, 'hedge');
      if (!copy.sent) this.#loseCopy(copy);
    },
    settled: (request, failure) => {
      if (this.waiting.has(request)) this.waiting.remove(request);
      for (const copy of request.copies) this.#copies.delete(copy.id);
      this.settled(request, failure);
    },
    answered: (copy, isInTime) => {
      if (isInTime) this.#forgive(copy.server);
      if (copy.part !== 'hedge') return;
      for (const first of copy.request.copies)
        if (first.attempt < copy.attempt && first.outcome === undefined) first.server.rank = ++this.#verdicts;
    },
    unusable: () => this.unusable,
  };

  /** Its place is the one given again: elsewhere there is no order but that of verdicts. */
  #forgive(server: KnownServer): void {
    if (this.#settings.model === 'sequential') server.rank = 0;
  }

  #send(request: FreelanceCall, server: KnownServer, part: CopyPart): Copy {
    const copy = new Copy(++this.#lastId, request, server, part, this.driver.now);
    request.copies.push(copy);
    this.#copies.add(copy.id, copy);
    server.inFlight.add(copy);
    if (this.trace !== undefined) {
      const { round, context } = request;
      const about = { attempt: copy.attempt, round, turns: context.servers, part, id: copy.id, server: server.endpoint };
      this.trace({ t: this.driver.now, node: this.name, kind: 'attempt', request: request.number, ...about });
    }
    copy.sent = this.#sendTo(server, requestToServer(this.#settings.model, copy.id, request.body));
    return copy;
  }

  /** Nobody will answer it. */
  #loseCopy(copy: Copy): void {
    const { request, part } = copy;
    copy.end('connection-lost', this.driver.now);
    // Of a shotgun the others are still under way.
    if (request.copies.some((other) => other.part === part && other.outcome === undefined && !other.isSpare)) return;
    request.later({ kind: part === 'first' ? 'connectionLost' : 'hedgeLost' });
  }

  protected override place(): void {
    if (this.transportInUse === undefined) return;
    for (const request of this.waiting) {
      const targets = this.#targetsOf(request);
      if (targets === undefined) return;
      // It is with all of them.
      if (targets.length === 0) continue;
      this.waiting.remove(request);
      request.targets = targets;
      for (const server of targets) server.step({ kind: 'used' });
      request.step({ kind: 'place' });
    }
  }

  /**
   * Whom a round of a request goes to: the best server; of a shotgun, all that are not dead, and those dead ones whose pause is over, each with one
   * request until it is heard. Nothing when there is nobody for any request, or while the answer to a first ping may come.
   */
  #targetsOf(request: FreelanceCall): readonly KnownServer[] | undefined {
    const best = this.#best(request, () => true);
    if (best === undefined) return undefined;
    if (!best.isLive && [...this.#servers.values()].some((server) => server.state.kind === 'greeting')) return undefined;
    if (this.#settings.model !== 'shotgun') return [best];
    const known = [...this.#servers.values()].filter((server) => server.mayBeChosen && !request.isWith(server));
    const others = known.filter((server) => !server.isLost);
    return others.length > 0 ? [...others, ...known.filter((server) => server.isRested)] : known;
  }

  /**
   * Live servers first; then those that this request has not met, so that each has its turn; then by health, and by how long ago they were found
   * guilty or overtaken by a hedge. With `sequential` the order of live servers is the order given, but for those that have not answered in time
   * since then.
   */
  #best(request: FreelanceCall, suits: (server: KnownServer) => boolean): KnownServer | undefined {
    let best: KnownServer | undefined;
    for (const server of this.#servers.values()) {
      if (!server.mayBeChosen || !suits(server)) continue;
      if (best === undefined || this.#isBetter(server, best, request)) best = server;
    }
    return best;
  }

  #isBetter(server: KnownServer, best: KnownServer, request: FreelanceCall): boolean {
    if (server.isLive !== best.isLive) return server.isLive;
    const tries = request.triesAt(server) - request.triesAt(best);
    if (tries !== 0) return tries < 0;
    const isInOrder = server.isLive && this.#settings.model === 'sequential';
    if (!isInOrder && server.health !== best.health) return server.health < best.health;
    return server.rank < best.rank;
  }
}

/* ------------------------------------------------------------------ a server */

const NO_PROBE = -1;

type Facts = Readonly<Record<string, TraceValue>>;

interface ServerHost {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  probe(server: KnownServer): void;
  disconnect(server: KnownServer): void;
  usable(): void;
  revive(server: KnownServer): void;
  hasten(server: KnownServer): void;
  doubt(server: KnownServer): void;
  lose(server: KnownServer, reason: ServerLoss): void;
}

/** One server: the machine at work, its connection, and what it has been asked. */
class KnownServer extends Actor<FreelanceEndpointMachine> implements FreelanceEndpointEffects {
  readonly endpoint: string;
  connector: Connector | undefined;
  /** Which verdict was its last; 0 for none. */
  rank = 0;
  /** The number of the probe under way. */
  probeId: number = NO_PROBE;
  /** Copies that it has not answered. */
  readonly inFlight: Set<Copy> = new Set<Copy>();
  readonly #host: ServerHost;

  constructor(host: ServerHost, context: FreelanceEndpointContext, endpoint: string) {
    super(freelanceEndpoint, host.driver, context, host.observer);
    this.#host = host;
    this.endpoint = endpoint;
  }

  /** The less the better. A dead server whose pause is over comes before one that still pauses. */
  get health(): number {
    return HEALTH[this.state.kind] + (this.state.kind === 'dead' && !this.state.rested ? 1 : 0);
  }

  get mayBeChosen(): boolean {
    return this.health < Infinity;
  }

  get isLive(): boolean {
    return this.state.kind === 'alive' || this.state.kind === 'untried';
  }

  /** It is dead, or was, and nothing was heard of it since. */
  get isLost(): boolean {
    return this.state.kind === 'dead' || (this.state.kind === 'doubtful' && this.state.failures > 0);
  }

  /** It is dead, and only a request can find out whether it is back. */
  get isRested(): boolean {
    return this.state.kind === 'dead' && this.state.rested;
  }

  /** Nobody waits for a hedge alone, so it may go where it is not known whether somebody is there. */
  get mayHedge(): boolean {
    return this.isLive || this.isRested;
  }

  get view(): FreelanceServerView {
    return {
      endpoint: this.endpoint,
      state: this.state.kind as FreelanceServerView['state'],
      connected: this.connector !== undefined,
      inFlight: this.inFlight.size,
    };
  }

  probe(): void {
    this.#host.probe(this);
  }

  renew(): void {
    this.#host.disconnect(this);
  }

  disconnect(): void {
    this.#host.disconnect(this);
  }

  usable(): void {
    this.#host.usable();
  }

  revive(): void {
    this.#host.revive(this);
  }

  hasten(): void {
    this.#host.hasten(this);
  }

  doubt(): void {
    this.#host.doubt(this);
  }

  lose(reason: ServerLoss): void {
    this.#host.lose(this, reason);
  }

  override refuse(): void {
    // No cell of this machine refuses anything.
  }
}

/* ------------------------------------------------------------------ a request */

/** One send of a request to one server. */
class Copy {
  readonly id: number;
  readonly request: FreelanceCall;
  readonly server: KnownServer;
  readonly part: CopyPart;
  /** 1 for the first of its request. */
  readonly attempt: number;
  /** Whether the connection took it. */
  sent = false;
  /** Of a shotgun: it is to find out whether a dead server is back, and nobody waits for it alone. */
  isSpare = false;
  outcome: AttemptOutcome | undefined;
  readonly #begunAt: number;
  #endedAt: number;

  constructor(id: number, request: FreelanceCall, server: KnownServer, part: CopyPart, now: number) {
    this.id = id;
    this.request = request;
    this.server = server;
    this.part = part;
    this.attempt = request.copies.length + 1;
    this.#begunAt = this.#endedAt = now;
  }

  /** An answer may come after the copy was given up, and still be the first. */
  end(outcome: AttemptOutcome, now: number): void {
    this.server.inFlight.delete(this);
    this.outcome = outcome;
    this.#endedAt = now;
  }

  record(askedAt: number): AttemptRecord {
    return {
      attempt: this.attempt,
      outcome: this.outcome as AttemptOutcome,
      startedAfter: this.#begunAt - askedAt,
      milliseconds: this.#endedAt - this.#begunAt,
      sent: this.sent,
      endpoint: this.server.endpoint,
    };
  }
}

interface CallHost {
  readonly driver: Driver;
  readonly observer: StepObserver | undefined;
  enqueue(request: FreelanceCall): void;
  transmit(request: FreelanceCall): void;
  hedge(request: FreelanceCall): void;
  settled(request: FreelanceCall, failure: FreelanceFailure | undefined): void;
  /** A copy was answered, before any other of its request; `isInTime`: before it was given up. A first copy that a hedge has overtaken is under way. */
  answered(copy: Copy, isInTime: boolean): void;
  /** Why the client can never work, if so. */
  unusable(): SeaworthyError | undefined;
}

/** What becomes of a copy under way when its request fails. Those that were not answered or lost have ended already. */
const END_OF_COPIES: { readonly [failure in FreelanceFailure]: AttemptOutcome } = {
  'timed-out': 'timed-out',
  'connection-lost': 'connection-lost',
  'no-server': 'timed-out',
  deadline: 'timed-out',
  aborted: 'aborted',
  closed: 'closed',
};

/** One request from the call to its outcome. */
class FreelanceCall
  extends Actor<FreelanceRequestMachine>
  implements FreelanceRequestEffects, Requested<FreelanceCall>, Linked<FreelanceCall>
{
  readonly body: readonly Frame[];
  readonly signal: AbortSignal | undefined;
  /** All that were sent, in order. */
  readonly copies: Copy[] = [];
  /** Whom the next round goes to. */
  targets: readonly KnownServer[] = [];
  number = 0;
  /** It has no connection to itself. */
  lane: Lane<FreelanceCall> | undefined;
  readonly answered: boolean = false;
  previous: FreelanceCall | undefined;
  next: FreelanceCall | undefined;
  queue: unknown;
  readonly #host: CallHost;
  #askedAt = 0;
  /** What its caller waits for. */
  readonly outcome: Promise<FreelanceReply>;
  #resolve!: (reply: FreelanceReply) => void;
  #reject!: (error: Error) => void;

  constructor(host: CallHost, context: FreelanceRequestContext, body: readonly Frame[], signal: AbortSignal | undefined) {
    super(freelanceRequest, host.driver, context, host.observer);
    this.#host = host;
    this.body = body;
    this.signal = signal;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  asked(now: number): void {
    this.#askedAt = now;
  }

  /** The round under way, or the next one; 0 before and after. */
  get round(): number {
    return 'round' in this.state ? this.state.round : 0;
  }

  /** How often it was sent to `server`. */
  triesAt(server: KnownServer): number {
    return this.copies.filter((copy) => copy.server === server).length;
  }

  /** Whether a copy is under way at `server`. */
  isWith(server: KnownServer): boolean {
    return this.copies.some((copy) => copy.server === server && copy.outcome === undefined);
  }

  enqueue(): void {
    this.#host.enqueue(this);
  }

  transmit(): void {
    this.#host.transmit(this);
  }

  hedge(): void {
    this.#host.hedge(this);
  }

  blame(part: CopyPart): void {
    for (const copy of this.copies) {
      if (copy.part !== part || copy.outcome !== undefined) continue;
      copy.end('timed-out', this.driver.now);
      copy.server.later({ kind: 'overdue' });
    }
  }

  succeed(attempt: number, body: readonly Frame[]): void {
    const answered = this.copies[attempt - 1] as Copy;
    this.#host.answered(answered, answered.outcome === undefined);
    answered.end('replied', this.driver.now);
    this.#endCopies('superseded');
    this.#host.settled(this, undefined);
    this.#resolve({ body, attempts: this.#records(), endpoint: answered.server.endpoint });
  }

  fail(failure: FreelanceFailure): void {
    this.#endCopies(END_OF_COPIES[failure]);
    this.#host.settled(this, failure);
    this.#reject(this.#errorOf(failure));
  }

  #endCopies(outcome: AttemptOutcome): void {
    for (const copy of this.copies) if (copy.outcome === undefined) copy.end(outcome, this.driver.now);
  }

  #records(): readonly AttemptRecord[] {
    return this.copies.map((copy) => copy.record(this.#askedAt));
  }

  #errorOf(failure: FreelanceFailure): SeaworthyError {
    const { requestTimeout, requestRetries, deadline } = this.context;
    const request: FailedRequest = { attempts: this.#records(), mayHaveRun: this.copies.some(({ sent }) => sent) };
    const rounds = requestRetries === 1 ? 'its only round' : `the last of ${requestRetries} rounds`;
    switch (failure) {
      case 'timed-out':
        return new RequestAbandoned(`abandoned: no answer within ${requestTimeout} ms in ${rounds}`, request, failure);
      case 'connection-lost':
        return new RequestAbandoned(`abandoned: the connection was lost in ${rounds}`, request, failure);
      case 'no-server':
        return new RequestAbandoned(`abandoned: there was no server to ask for ${requestTimeout} ms`, request, failure);
      case 'deadline':
        return new RequestAbandoned(`abandoned: no answer within the deadline of ${deadline} ms`, request, failure);
      case 'aborted':
        return new RequestAborted('the request was aborted', request, { cause: this.signal?.reason });
      case 'closed':
        return this.#host.unusable() ?? new ClientClosed('the client was closed before the answer came', request);
    }
  }

  override refuse(): void {
    // No cell of this machine refuses anything.
  }
}
