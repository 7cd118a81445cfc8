/**
 * The simulated network: a transport for each process, and the hands that hurt what is between them.
 *
 * It behaves as the port says and, where the port leaves room, as libzmq over TCP does. A connection is two pipes, first in, first out, whole
 * messages only. Nothing is lost from the middle of a pipe: a connection that breaks delivers a prefix of what was under way, and its
 * two ends hear of the break apart from each other, or one of them, or none. A partition holds back what is sent, as TCP does, and lets it
 * pass when it is over, unless one side has given up meanwhile.
 */
import type { Random } from '../core/random.ts';
import {
  BindFailed,
  InvalidEndpoint,
  checkIdentity,
  throwLater,
  type ConnectOptions,
  type Connector,
  type Listener,
  type Publisher,
  type SocketOptions,
  type Subscriber,
  type Transport,
  type TransportHandler,
} from '../transport/transport.ts';
import type { Agenda } from './agenda.ts';
import type { Link, NetworkObserver } from './link.ts';
import type { SimulatedProcess } from './process.ts';
import { SimulatedPublisher, SimulatedSubscriber } from './publishing.ts';
import { SimulatedConnector, SimulatedListener, type BoundSocket, type ConnectingSocket, type Ground } from './sockets.ts';

const NAME = 'simulated';
const WILDCARD = /(^[a-z][a-z0-9+.-]*:\/\/|:)(?:\*|0)$/;

/** Least and most, in ms. */
export type Range = readonly [least: number, most: number];

export interface SimulatedNetworkOptions {
  /** How long a message is under way, drawn evenly for each. Default 0.05 to 0.5 ms. */
  readonly delay?: Range;
  /** Whether the end of a connection is told, as by libzmq with its draft options. Default true. */
  readonly disconnectNotices?: boolean;
  /** Whether a send that cannot be is said so only after it was answered `ok`, as zeromq.js does. Default false. */
  readonly lateAnswers?: boolean;
}

export class SimulatedNetwork implements Ground {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly disconnectNotices: boolean;
  readonly lateAnswers: boolean;
  observer: NetworkObserver | undefined;
  /** Told when a handler let an error through. Default: it is thrown on. */
  onFailure: (error: unknown, process: SimulatedProcess) => void = throwLater;
  readonly #delay: Range;
  /** Delays between two nodes that differ from the others', as `from>to`. */
  readonly #delays = new Map<string, Range>();
  /** Ways on which nothing passes, as `from>to`, and how many faults hold each. */
  readonly #blocked = new Map<string, number>();
  readonly #bound = new Map<string, BoundSocket>();
  readonly #connectors = new Set<ConnectingSocket>();
  readonly #links = new Set<Link>();
  readonly #downMachines = new Set<string>();
  #lastPort = 0;

  constructor(agenda: Agenda, random: Random, options: SimulatedNetworkOptions = {}) {
    this.agenda = agenda;
    this.random = random;
    this.#delay = options.delay ?? [0.05, 0.5];
    this.disconnectNotices = options.disconnectNotices ?? true;
    this.lateAnswers = options.lateAnswers ?? false;
  }

  /** The network as one process sees it. */
  transportOf(process: SimulatedProcess): Required<Transport> {
    return {
      name: NAME,
      listen: async (endpoint, handler, options = {}) => this.#listen(process, endpoint, handler, options),
      connect: (endpoint, handler, options = {}) => this.#connect(process, endpoint, handler, options),
      publish: async (endpoint, options = {}) => this.#publish(process, endpoint, options),
      subscribe: (endpoint, handler, options = {}) => this.#subscribe(process, endpoint, handler, options),
    };
  }

  /* ---------------------------------------------------------------- what can be done to it */

  /** Nothing passes from one node to another any more, until `unblock`. */
  block(from: string, to: string): void {
    const way = `${from}>${to}`;
    this.#blocked.set(way, (this.#blocked.get(way) ?? 0) + 1);
    for (const link of this.#linksBetween(from, to)) link.blockChanged();
  }

  unblock(from: string, to: string): void {
    const way = `${from}>${to}`;
    const held = this.#blocked.get(way) ?? 0;
    if (held > 1) this.#blocked.set(way, held - 1);
    else this.#blocked.delete(way);
    for (const link of this.#linksBetween(from, to)) link.blockChanged();
    this.lookAgain();
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.size > 0 && this.#blocked.has(`${from}>${to}`);
  }

  /** Messages between two nodes take so long, in both directions; as usual if nothing is said. */
  slow(a: string, b: string, delay: Range | undefined): void {
    for (const way of [`${a}>${b}`, `${b}>${a}`]) {
      if (delay === undefined) this.#delays.delete(way);
      else this.#delays.set(way, delay);
    }
  }

  /** Resets the connections between two nodes; a prefix of what was under way arrives. */
  cut(a: string, b: string): void {
    for (const link of this.#linksBetween(a, b)) link.cut();
  }

  /** The connections between two nodes are dead, and nobody is told: a router has forgotten them. */
  halfOpen(a: string, b: string): void {
    for (const link of this.#linksBetween(a, b)) link.vanish();
  }

  /** The same for single connections, for scripts. */
  cutConnector(connector: Connector | Subscriber): void {
    (connector as ConnectingSocket).link?.cut();
  }

  freezeConnector(connector: Connector | Subscriber, frozen: boolean): void {
    const simulated = connector as ConnectingSocket;
    simulated.frozen = frozen;
    // Its former links as well: what was under way there has still to arrive.
    for (const link of this.#links) if (link.connector === simulated) link.blockChanged();
    if (!frozen) this.lookAgain();
  }

  /** A process has begun or ceased to stand still. */
  processChanged(process: SimulatedProcess): void {
    for (const link of this.#links) if (link.touches(process)) link.blockChanged();
    this.lookAgain();
  }

  /**
   * A process is no more. Where its operating system lives on, the other ends are told; where the machine died, nobody is, before it is up
   * again.
   */
  processDied(process: SimulatedProcess, told: boolean): void {
    if (!told) this.#downMachines.add(process.node);
    for (const bound of this.#bound.values()) if (bound.process === process) this.#bound.delete(bound.endpoint);
    for (const connector of this.#connectors) if (connector.process === process) this.#connectors.delete(connector);
    for (const link of [...this.#links]) link.processDied(process, told);
  }

  /** A machine is up again: it answers what comes over connections of its former life with a reset. */
  machineIsUp(node: string): void {
    if (!this.#downMachines.delete(node)) return;
    for (const link of this.#links) link.machineIsUp(node);
  }

  isUp(node: string): boolean {
    return !this.#downMachines.has(node);
  }

  /** Whether a connection, by its label, is up at its connector's end. */
  isLinked(label: string): boolean {
    return this.#linkOf(label)?.near.open ?? false;
  }

  /** Whether the listener's transport knows that a connection has ended, read or not. */
  isOver(label: string): boolean {
    const link = this.#linkOf(label);
    return link === undefined || link.isOver(link.far);
  }

  #linkOf(label: string): Link | undefined {
    for (const link of this.#links) if (link.near.label === label) return link;
    return undefined;
  }

  /* ---------------------------------------------------------------- for its sockets */

  delayFrom(from: string, to: string, random: Random): number {
    const [least, most] = (this.#delays.size > 0 ? this.#delays.get(`${from}>${to}`) : undefined) ?? this.#delay;
    return random.between(least, most);
  }

  boundAt(endpoint: string): BoundSocket | undefined {
    return this.#bound.get(endpoint);
  }

  /** Connectors that are waiting for their other end may find it now. */
  lookAgain(): void {
    for (const connector of this.#connectors) connector.tryAgain();
  }

  addLink(link: Link): void {
    this.#links.add(link);
  }

  forgetLink(link: Link): void {
    this.#links.delete(link);
  }

  forgetBound(socket: BoundSocket): void {
    if (this.#bound.get(socket.endpoint) === socket) this.#bound.delete(socket.endpoint);
  }

  forgetConnector(connector: ConnectingSocket): void {
    this.#connectors.delete(connector);
  }

  #listen(process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: SocketOptions): Listener {
    checkIdentity(options.identity);
    return this.#bind(process, new SimulatedListener(this, process, this.#resolve(endpoint), handler, options));
  }

  #publish(process: SimulatedProcess, endpoint: string, options: SocketOptions): Publisher {
    return this.#bind(process, new SimulatedPublisher(this, process, this.#resolve(endpoint), options));
  }

  /** Where to listen. */
  #resolve(endpoint: string): string {
    if (!isEndpoint(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
    let resolved = endpoint;
    while (WILDCARD.test(endpoint) && (resolved === endpoint || this.#bound.has(resolved)))
      resolved = endpoint.replace(WILDCARD, `$1${++this.#lastPort}`);
    if (this.#bound.has(resolved)) throw new BindFailed(endpoint, 'EADDRINUSE');
    return resolved;
  }

  #bind<S extends BoundSocket>(process: SimulatedProcess, socket: S): S {
    if (!process.dead) this.#bound.set(socket.endpoint, socket);
    this.lookAgain();
    return socket;
  }

  #connect(process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: ConnectOptions): Connector {
    checkReachable(endpoint);
    const connector = new SimulatedConnector(this, process, endpoint, handler, options);
    this.observer?.connected(process, endpoint);
    return this.#begin(process, connector);
  }

  #subscribe(process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: ConnectOptions): Subscriber {
    checkReachable(endpoint);
    return this.#begin(process, new SimulatedSubscriber(this, process, endpoint, handler, options));
  }

  #begin<S extends ConnectingSocket>(process: SimulatedProcess, connector: S): S {
    if (!process.dead) {
      this.#connectors.add(connector);
      connector.begin();
    }
    return connector;
  }

  #linksBetween(a: string, b: string): Link[] {
    return [...this.#links].filter((link) => link.isBetween(a, b));
  }
}

function isEndpoint(endpoint: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/./.test(endpoint);
}

/** @throws InvalidEndpoint */
function checkReachable(endpoint: string): void {
  if (!isEndpoint(endpoint) || WILDCARD.test(endpoint)) throw new InvalidEndpoint(endpoint, NAME);
}
