/**
 * A small world for tests of roles: a memory network, a clock that moves only when the test says so, roles that are closed
 * at the end, and peers without a protocol that speak frames. Frames are written as latin-1 text, one character per byte.
 *
 * `end()` closes everything and checks what must hold after every test: no fault of ours, no timer, no open socket.
 */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createClock, type Clock as FakeClock } from '@sinonjs/fake-timers';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import type { MajordomoBrokerOptions, MajordomoClientOptions, MajordomoWorkerOptions } from '../../src/majordomo/options.ts';
import { MajordomoWorker, type WorkerHandler } from '../../src/majordomo/worker.ts';
import { clockFrom, type Clock } from '../../src/runtime/clock.ts';
import { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from '../../src/transport/memory.ts';
import type { Connector, Listener, Peer, SendResult, Socket, Transport, TransportHandler } from '../../src/transport/transport.ts';
import type { Message } from '../../src/wire/message.ts';

export const ENDPOINT = 'memory://broker';

/** What the world needs of a role. */
interface Role {
  readonly name: string;
  inspect(): { readonly state: string; readonly counters: { readonly faults: number } };
  close(): Promise<void>;
}
type FrameText = string | Buffer;

export interface WorldOptions {
  /** `false`: nobody is told that a connection ended. */
  readonly disconnectNotices?: boolean;
  /** How socket turns are put off; see the memory network. */
  readonly schedule?: (world: World) => NonNullable<MemoryNetworkOptions['schedule']>;
  /** Where the roles' random numbers come from. Default: always 0.5, the middle of every jitter. */
  readonly random?: () => number;
}

export class World {
  readonly time: FakeClock = createClock();
  readonly clock: Clock = clockFrom(this.time);
  readonly network: MemoryNetwork;
  /** The network, watched: what the roles get. */
  readonly transport: WatchedTransport;
  readonly random: () => number;
  readonly #roles: Role[] = [];
  readonly #peers: (RawPeer | RawListener)[] = [];

  constructor(options: WorldOptions = {}) {
    const { disconnectNotices = true, schedule, random = () => 0.5 } = options;
    this.network = createMemoryNetwork({
      clock: this.clock,
      disconnectNotices,
      ...(schedule === undefined ? {} : { schedule: schedule(this) }),
    });
    this.transport = new WatchedTransport(this.network);
    this.random = random;
  }

  /** Time passes; timers fire at their moment, and whatever is sent at one moment arrives at that moment. */
  async advance(milliseconds: number): Promise<void> {
    await this.time.tickAsync(milliseconds);
  }

  /** Everything under way arrives, and no time passes. */
  async settle(): Promise<void> {
    // A turn of the real event loop comes after all microtasks, and turns of the memory network are microtasks.
    for (let turn = 0; turn < 3; turn++) await nextTurn();
  }

  /** A role made elsewhere, with `ports()`: it is closed and checked at the end. */
  keep<R extends Role>(role: R): R {
    this.#roles.push(role);
    return role;
  }

  async broker(options: MajordomoBrokerOptions = {}, endpoint: string = ENDPOINT): Promise<MajordomoBroker> {
    return this.keep(await MajordomoBroker.listen(endpoint, { ...this.ports(), ...options }));
  }

  worker(
    service: string,
    handler: WorkerHandler,
    options: MajordomoWorkerOptions = {},
    endpoints: string | readonly string[] = ENDPOINT,
  ): MajordomoWorker {
    return this.keep(MajordomoWorker.connect(endpoints, service, handler, { ...this.ports(), ...options }));
  }

  client(options: MajordomoClientOptions = {}, endpoints: string | readonly string[] = ENDPOINT): MajordomoClient {
    return this.keep(MajordomoClient.connect(endpoints, { ...this.ports(), ...options }));
  }

  /** A DEALER without a protocol. */
  peer(endpoint: string = ENDPOINT): RawPeer {
    const peer = new RawPeer(this.network, endpoint);
    this.#peers.push(peer);
    return peer;
  }

  /** A worker that says only what the test says. It has registered. */
  async rawWorker(service: string): Promise<RawWorker> {
    const worker = new RawWorker(this.network, ENDPOINT);
    this.#peers.push(worker);
    worker.ready(service);
    await this.settle();
    return worker;
  }

  /** A client that says only what the test says. */
  rawClient(): RawClient {
    const client = new RawClient(this.network, ENDPOINT);
    this.#peers.push(client);
    return client;
  }

  /** A ROUTER without a protocol: a broker whose every word the test says. */
  async rawBroker(endpoint: string = ENDPOINT): Promise<RawListener> {
    const listener = await RawListener.listen(this.network, endpoint);
    this.#peers.push(listener);
    return listener;
  }

  /** Closes everything, and checks what must hold after every test. */
  async end(): Promise<void> {
    for (const peer of this.#peers) void peer.close();
    await this.settle();
    const closings = this.#roles.map((role) => role.close());
    await this.advance(60_000);
    await Promise.all(closings);
    for (const role of this.#roles) {
      const { state, counters } = role.inspect();
      assert.deepEqual({ state, faults: counters.faults }, { state: 'closed', faults: 0 }, role.name);
    }
    assert.equal(this.transport.open.size, 0, 'no socket is open');
    assert.equal(this.time.countTimers(), 0, 'no timer is armed');
  }

  ports(): { readonly transport: Transport; readonly clock: Clock; readonly random: () => number } {
    return { transport: this.transport, clock: this.clock, random: this.random };
  }
}

/** The network as roles see it, with a list of the sockets that are open and a way to refuse what they ask for. */
export class WatchedTransport implements Transport {
  readonly name: string = 'watched';
  readonly open: Set<Socket> = new Set();
  /** Connections made so far. */
  connections = 0;
  /** Every peer that a listener has heard of. */
  readonly peers: Set<Peer> = new Set();
  /** Who is told of a peer. */
  readonly #handlers = new Map<Peer, TransportHandler>();
  /** Set to have sends refused that match. */
  refuse: (frames: readonly string[]) => SendResult = () => 'ok';
  /** Set to have connecting fail. */
  failure: Error | undefined;
  readonly #network: MemoryNetwork;

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  async listen(endpoint: string, handler: TransportHandler, options?: object): Promise<Listener> {
    const listening: TransportHandler = {
      message: (peer, message) => {
        this.peers.add(peer);
        this.#handlers.set(peer, handler);
        handler.message(peer, message);
      },
      peerGone: (peer, reason) => {
        handler.peerGone(peer, reason);
      },
      overflow: (peer) => {
        handler.overflow(peer);
      },
      refused: (peer) => {
        handler.refused?.(peer);
      },
      batchEnd: () => {
        handler.batchEnd();
      },
    };
    return this.#watched(await this.#network.listen(endpoint, listening, options));
  }

  connect(endpoint: string, handler: TransportHandler, options?: object): Connector {
    if (this.failure !== undefined) throw this.failure;
    this.connections++;
    const connector = this.#watched(this.#network.connect(endpoint, handler, options));
    this.#handlers.set(connector.remote, handler);
    return connector;
  }

  /** Tells the role at this end that an earlier send to `peer`, answered `ok`, was refused after all. */
  overflow(peer: Peer): void {
    this.#handlers.get(peer)?.overflow(peer);
  }

  /** Tells the role at this end that an earlier send to `peer`, answered `ok`, found no connection after all. */
  refuseLate(peer: Peer): void {
    this.#handlers.get(peer)?.refused?.(peer);
  }

  /** The other end of the connection made last. */
  get lastRemote(): Peer {
    return [...this.#handlers.keys()].at(-1) as Peer;
  }

  #watched<S extends Socket>(socket: S): S {
    this.open.add(socket);
    const send = socket.send.bind(socket);
    const close = socket.close.bind(socket);
    socket.send = (peer, head, tail, from = 0) => {
      const rest = tail === undefined ? [] : framesOf(tail).slice(from);
      const answer = this.refuse([...head.map(textOf), ...rest]);
      return answer === 'ok' ? send(peer, head, tail, from) : answer;
    };
    socket.close = async (linger) => {
      await close(linger);
      this.open.delete(socket);
    };
    return socket;
  }
}

/** What every raw peer does: sends frames, and remembers those that came. */
abstract class RawSocket implements TransportHandler {
  /** Connections that ended. */
  gone = 0;

  abstract message(peer: Peer, message: Message): void;

  peerGone(): void {
    this.gone++;
  }

  overflow(): void {
    throw new Error('a raw peer sends too much');
  }

  batchEnd(): void {
    // Nothing waits for it.
  }
}

export class RawPeer extends RawSocket {
  readonly connector: Connector;
  #received: string[][] = [];

  constructor(network: MemoryNetwork, endpoint: string) {
    super();
    this.connector = network.connect(endpoint, this, { reconnectInterval: 1 });
  }

  override message(_peer: Peer, message: Message): void {
    this.#received.push(framesOf(message));
  }

  send(...frames: FrameText[]): void {
    assert.equal(this.connector.send(this.connector.remote, frames.map(bytesOf)), 'ok');
  }

  /** What came since the last call. */
  take(): string[][] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  close(): Promise<void> {
    return this.connector.close();
  }
}

export const WORKER = 'MDPW01';
export const CLIENT = 'MDPC01';
export const READY = '\x01';
export const REQUEST = '\x02';
export const REPLY = '\x03';
export const HEARTBEAT = '\x04';
export const DISCONNECT = '\x05';
/** Whole messages, as a worker receives and sends them. */
export const HEARTBEAT_MESSAGE: readonly string[] = ['', WORKER, HEARTBEAT];
export const DISCONNECT_MESSAGE: readonly string[] = ['', WORKER, DISCONNECT];

/** A request as a worker got it. */
export interface RawRequest {
  readonly address: string;
  readonly body: readonly string[];
}

export class RawWorker extends RawPeer {
  ready(service: string): void {
    this.send('', WORKER, READY, service);
  }

  heartbeat(): void {
    this.send('', WORKER, HEARTBEAT);
  }

  disconnect(): void {
    this.send('', WORKER, DISCONNECT);
  }

  reply(request: RawRequest, ...body: string[]): void {
    this.send('', WORKER, REPLY, request.address, '', ...body);
  }

  /** The one request that came since the last look. @throws when something else came besides heartbeats. */
  takeRequest(): RawRequest {
    const [request, ...more] = this.takeRequests();
    assert(request !== undefined, 'a request came');
    assert.deepEqual(more, [], 'one request came');
    return request;
  }

  /** The requests that came since the last look. @throws when something else came besides heartbeats. */
  takeRequests(): RawRequest[] {
    const others = this.take().filter((frames) => frames[2] !== HEARTBEAT);
    return others.map((frames) => {
      assert.deepEqual(frames.slice(0, 3), ['', WORKER, REQUEST]);
      assert.equal(frames[4], '');
      return { address: frames[3] as string, body: frames.slice(5) };
    });
  }
}

export class RawClient extends RawPeer {
  /** Asks as a plain client does. */
  ask(service: string, ...body: string[]): void {
    this.send('', CLIENT, service, ...body);
  }

  /** Asks as ours does: with a number, and a time to live in ms (0: none). */
  askCorrelated(id: number, timeToLive: number, service: string, ...body: string[]): void {
    this.send(markOf(0, id, timeToLive), '', CLIENT, service, ...body);
  }
}

/** A message as a raw broker got it. */
export interface Received {
  readonly from: Peer;
  readonly frames: string[];
}

export class RawListener extends RawSocket {
  readonly gonePeers: Peer[] = [];
  /** Answers the question whether it is there, as every broker does that keeps envelopes, and says nothing of it. */
  answersProbes = false;
  /** What it answers by itself; nothing where the test answers. */
  answers: (frames: readonly string[]) => readonly string[] | undefined = () => undefined;
  #listener: Listener | undefined;
  #received: Received[] = [];

  static async listen(network: MemoryNetwork, endpoint: string): Promise<RawListener> {
    const raw = new RawListener();
    raw.#listener = await network.listen(endpoint, raw, { linger: 0 });
    return raw;
  }

  override message(peer: Peer, message: Message): void {
    const frames = framesOf(message);
    const answer = this.answers(frames);
    if (answer !== undefined) this.send(peer, ...answer);
    else if (this.answersProbes && frames[2] === 'mmi.seaworthy') this.send(peer, '', 'MDPC01', 'mmi.seaworthy', '200', 'correlation/1');
    else this.#received.push({ from: peer, frames });
  }

  override peerGone(peer?: Peer): void {
    super.peerGone();
    if (peer !== undefined) this.gonePeers.push(peer);
  }

  send(to: Peer, ...frames: FrameText[]): SendResult {
    return (this.#listener as Listener).send(to, frames.map(bytesOf));
  }

  /** What came since the last call. */
  take(): Received[] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  async close(): Promise<void> {
    await this.#listener?.close(0);
  }
}

/** A promise that is looked at. Its rejection is never unhandled. */
export class Outcome<T> {
  state: 'open' | 'fulfilled' | 'rejected' = 'open';
  value: T | undefined;
  error: unknown;

  constructor(promise: Promise<T>) {
    promise.then(
      (value) => {
        this.state = 'fulfilled';
        this.value = value;
      },
      (error: unknown) => {
        this.state = 'rejected';
        this.error = error;
      },
    );
  }
}

export function framesOf(message: Message): string[] {
  return Array.from({ length: message.frameCount }, (_, index) => message.text(index));
}

export function textOf(frame: Buffer): string {
  return frame.toString('latin1');
}

export function textsOf(frames: readonly Buffer[] | undefined): string[] {
  return (frames ?? []).map(textOf);
}

export function bytesOf(frame: FrameText): Buffer {
  return typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame;
}

/** Numbers in [0, 1) that are the same for the same seed. */
export function generator(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Twelve bytes as our correlations and handles are. */
export function markOf(number: number, high: number, low: number): string {
  const mark = Buffer.alloc(12);
  mark.write('SW\x01', 'latin1');
  mark[3] = number;
  mark.writeUInt32BE(high, 4);
  mark.writeUInt32BE(low, 8);
  return textOf(mark);
}
