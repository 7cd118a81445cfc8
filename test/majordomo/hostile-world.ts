/**
 * A broker, a worker and a client that behave, and peers that do not, in one process: messages travel when `settle` says so and
 * time passes when `tick` says so, so a run depends on nothing but its actions.
 */
import assert from 'node:assert/strict';
import { createClock } from '@sinonjs/fake-timers';
import { MajordomoBroker, type BrokerSnapshot } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { decodeAtBroker, isServiceName } from '../../src/majordomo/codec.ts';
import type { MajordomoBrokerOptions } from '../../src/majordomo/options.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { clockFrom, type Clock } from '../../src/runtime/clock.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../../src/transport/memory.ts';
import type { Connector, Listener, Peer, TransportHandler } from '../../src/transport/transport.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import type { Frames } from './hostile-frames.ts';

const ENDPOINT = 'memory://broker';
/** The service of those who behave: no generated name is equal to it. */
const STEADY = 'steady';

const STEP_MS = 500;
/** Promises in a row that a role needs to get from one message to the next. */
const QUIET_MICROTASKS = 6;

/** Small, so that they are reached. */
export const CAPS = { maxServices: 6, maxQueuedRequests: 20, maxQueuedPerService: 5 } as const;

/** A network and a clock that do nothing by themselves. */
class StillWorld {
  readonly network: MemoryNetwork;
  readonly #turns: (() => void)[] = [];
  readonly #time = createClock();
  protected readonly clock: Clock = clockFrom(this.#time);

  constructor() {
    this.network = createMemoryNetwork({ clock: this.clock, schedule: (turn) => this.#turns.push(turn) });
  }

  /** The ports of a role in this world. With such numbers handles and ids begin low: guesses may be right. */
  get ports(): { readonly transport: MemoryNetwork; readonly clock: Clock; readonly random: () => number } {
    return { transport: this.network, clock: this.clock, random: () => 0 };
  }

  /** Resolves when so much time has passed here. */
  time(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.setTimeout(resolve, milliseconds);
    });
  }

  /** Lets what was sent arrive, then time pass, in steps short enough for everybody to hear from everybody else between them. */
  async tick(milliseconds: number): Promise<void> {
    await this.settle();
    for (let left = milliseconds; left > 0; left -= STEP_MS) {
      this.#time.tick(Math.min(left, STEP_MS));
      await this.settle();
    }
  }

  /** Lets everything that was sent arrive, and everything that follows from it happen. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_MICROTASKS; quiet++) {
      for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) {
        turn();
        quiet = 0;
      }
      await Promise.resolve();
    }
  }

  async close(...roles: readonly ({ close(): Promise<void> } | undefined)[]): Promise<void> {
    for (const role of roles) {
      const closed = role?.close();
      await this.tick(10_000);
      await closed;
    }
  }
}

/** A peer that sends what it likes, and remembers the requests it was given. */
class HostilePeer implements TransportHandler {
  readonly connector: Connector;
  readonly received: Message[] = [];
  /** The addresses of the requests that it has not answered, in the order in which they came. */
  handles: Buffer[] = [];

  constructor(network: MemoryNetwork) {
    this.connector = network.connect(ENDPOINT, this);
  }

  send(frames: Frames): void {
    this.connector.send(this.connector.remote, frames);
  }

  message(_peer: unknown, message: Message): void {
    this.received.push(message.retain());
    assertMajordomo(message);
    if (message.equals(1, Buffer.from('MDPW01')) && message.byteAt(2, 0) === 0x02) this.handles.push(message.frame(3));
  }

  peerGone(): void {
    this.handles = [];
  }

  overflow(): void {}

  batchEnd(): void {}
}

export class HostileWorld extends StillWorld {
  readonly #peers = new Map<number, HostilePeer>();
  #broker: MajordomoBroker | undefined;
  #worker: MajordomoWorker | undefined;
  #client: MajordomoClient | undefined;
  #asked = 0;

  static async open(options: MajordomoBrokerOptions = {}): Promise<HostileWorld> {
    const world = new HostileWorld();
    world.#broker = await MajordomoBroker.listen(ENDPOINT, { ...world.ports, ...CAPS, maxInvalidMessages: 1_000_000, ...options });
    world.#worker = MajordomoWorker.connect(ENDPOINT, STEADY, (request) => request.body, world.ports);
    world.#client = MajordomoClient.connect(ENDPOINT, world.ports);
    await world.settle();
    return world;
  }

  get broker(): MajordomoBroker {
    return this.#broker as MajordomoBroker;
  }

  peer(number: number): HostilePeer {
    let peer = this.#peers.get(number);
    if (peer === undefined) this.#peers.set(number, (peer = new HostilePeer(this.network)));
    return peer;
  }

  /** A peer sends; if its message is no MDP/0.1, nothing but the counts of such messages may change. */
  async send(number: number, frames: Frames): Promise<void> {
    const peer = this.peer(number);
    if (frames.length === 0) return;
    const command = decodeAtBroker(new FramesMessage(frames));
    if (command.kind !== 'INVALID') {
      const { replied } = this.broker.inspect().counters;
      const answered = frames[3]?.subarray(4) ?? Buffer.alloc(0);
      const answersItsRequest = command.kind === 'REPLY' && peer.handles.some((handle) => handle.subarray(4).equals(answered));
      peer.send(frames);
      await this.settle();
      if (!answersItsRequest)
        assert.equal(this.broker.inspect().counters.replied, replied, 'only the worker that holds a request answers it');
      return;
    }
    await this.settle();
    const before = withoutCounts(this.broker.inspect());
    const { invalid } = this.broker.inspect().counters;
    peer.send(frames);
    await this.settle();
    assert.deepEqual(withoutCounts(this.broker.inspect()), before, 'an invalid message changes no state');
    assert.equal(this.broker.inspect().counters.invalid, invalid + 1, 'an invalid message is counted');
  }

  /** A peer that holds a request answers it. */
  async reply(number: number, body: Frames): Promise<void> {
    const peer = this.peer(number);
    const address = peer.handles.shift();
    if (address === undefined) return;
    peer.send([Buffer.alloc(0), Buffer.from('MDPW01'), Buffer.of(3), address, Buffer.alloc(0), ...body]);
    await this.settle();
  }

  /** A peer leaves; the next message of that number comes from a new one. */
  async leave(number: number): Promise<void> {
    const peer = this.#peers.get(number);
    this.#peers.delete(number);
    await peer?.connector.close();
    await this.settle();
  }

  /** The peers that behave are served as if nobody else were there. */
  async assertSteady(): Promise<void> {
    const question = `question ${++this.#asked}`;
    const outcome = (this.#client as MajordomoClient).request(STEADY, question, { requestRetries: 1 });
    await this.settle();
    const reply = await outcome;
    assert.equal(reply.body.toString(), question);
    assert.equal(reply.deliveries, 1);
  }

  /** What must be true of the broker's tables at any time. */
  assertSound(): void {
    const { counters, services, workers, queued, inFlight } = this.broker.inspect();
    assert.equal(counters.faults, 0, 'no fault at the broker');
    assert.equal(this.#worker?.inspect().counters.faults, 0, 'no fault at the worker');
    assert.equal(this.#client?.inspect().counters.faults, 0, 'no fault at the client');
    assert.equal(counters.accepted, queued + inFlight + counters.replied + counters.failed + counters.dropped, 'the ledger balances');
    assert(services.length <= CAPS.maxServices, 'services stay within their cap');
    // A request that comes back from a lost worker was let in before.
    assert(queued <= CAPS.maxQueuedRequests + this.#peers.size, 'waiting requests stay within their cap');
    let waiting = 0;
    let registered = 0;
    for (const service of services) {
      assert(isServiceName(service.name) && !service.name.startsWith('mmi.'), 'only names that can be services are');
      assert(service.waiting <= CAPS.maxQueuedPerService + this.#peers.size, 'waiting requests of one service stay within their cap');
      assert(service.waiting === 0 || service.idle === 0, 'no request waits while a worker is idle');
      assert(service.workers > 0 || service.waiting > 0, 'no service without worker or request');
      waiting += service.waiting;
      registered += service.workers;
    }
    assert.equal(waiting, queued, 'the services hold what is queued');
    assert.equal(registered, workers.length, 'the services hold the workers');
    const held = workers.reduce((sum, worker) => sum + worker.held, 0);
    assert.equal(held, inFlight, 'each request in flight is held by one worker');
    for (const worker of workers) assert.equal(worker.state === 'busy', worker.held > 0, 'whoever holds a request is busy');
  }

  /** When all others have gone, nothing of them is left. */
  async assertNothingLeft(): Promise<void> {
    for (const number of [...this.#peers.keys()]) await this.leave(number);
    const { services, workers, queued, inFlight } = this.broker.inspect();
    assert.deepEqual(
      { services: services.map((service) => service.name), workers: workers.length, queued, inFlight },
      { services: [STEADY], workers: 1, queued: 0, inFlight: 0 },
    );
  }

  closeAll(): Promise<void> {
    return this.close(this.#client, this.#worker, this.#broker);
  }
}

/** A broker that says what it likes to whoever has spoken to it. */
export class HostileBroker extends StillWorld implements TransportHandler {
  readonly endpoint: string = ENDPOINT;
  /** What it heard, oldest first. */
  readonly heard: Buffer[][] = [];
  /** What it sent. */
  readonly sent: Frames[] = [];
  readonly #asked: { readonly peer: Peer; readonly frames: readonly Buffer[] }[] = [];
  readonly #peers: Peer[] = [];
  #listener: Listener | undefined;

  static async open(): Promise<HostileBroker> {
    const broker = new HostileBroker();
    broker.#listener = await broker.network.listen(ENDPOINT, broker);
    return broker;
  }

  /** Says it to the newest peer, or to the one that came `back` before it. Takes 100 ms, or until there is somebody to talk to. */
  async say(frames: Frames, back = 0): Promise<void> {
    for (let waited = 0; this.#peers.length === 0; waited++) {
      assert(waited < 1000, 'everybody comes back');
      await this.tick(100);
    }
    if (frames.length > 0) this.#send(this.#peers.at(-1 - (back % this.#peers.length)) as Peer, frames);
    await this.tick(100);
  }

  /** Answers a client's request of late, from where it was asked and with the envelope it came in; with `header` as it likes. */
  async answer(back: number, header: string, body: Frames): Promise<void> {
    const asked = this.#asked.at(-1 - (back % Math.max(1, this.#asked.length)));
    if (asked === undefined) return;
    const delimiter = asked.frames.findIndex((frame) => frame.length === 0);
    const [envelope, service] = [asked.frames.slice(0, delimiter + 1), asked.frames[delimiter + 2] as Buffer];
    this.#send(asked.peer, [...envelope, Buffer.from(header), service, ...body]);
    await this.tick(100);
  }

  #send(peer: Peer, frames: Frames): void {
    this.sent.push(frames);
    this.#listener?.send(peer, frames);
  }

  message(peer: Peer, message: Message): void {
    const frames = Array.from({ length: message.frameCount }, (_, index) => message.frame(index));
    this.heard.push(frames);
    if (!this.#peers.includes(peer)) this.#peers.push(peer);
    if (frames.some((frame) => frame.equals(Buffer.from('echo')))) this.#asked.push({ peer, frames });
  }

  peerGone(peer: Peer): void {
    const index = this.#peers.indexOf(peer);
    if (index >= 0) this.#peers.splice(index, 1);
  }

  overflow(): void {}

  batchEnd(): void {}
}

/** Whatever a broker sends is a command to a worker or an answer to a client, behind the envelope that the client sent. */
function assertMajordomo(message: Message): void {
  let delimiter = 0;
  while (delimiter < message.frameCount && message.byteLength(delimiter) > 0) delimiter++;
  assert(delimiter + 2 < message.frameCount, 'a broker sends whole messages');
  const header = message.text(delimiter + 1);
  assert(header === 'MDPC01' || header === 'SEAF01' || (header === 'MDPW01' && delimiter === 0), 'a broker sends no headers but its own');
}

function withoutCounts(snapshot: BrokerSnapshot): unknown {
  return {
    ...snapshot,
    counters: { ...snapshot.counters, invalid: 0 },
    workers: snapshot.workers.map((worker) => ({ ...worker, strikes: 0 })),
  };
}
