/**
 * Child process: our broker over the stub transport, for sizes at which sockets would measure the operating system. Every figure is
 * processor time of the whole process, garbage collection included, and contains the stub's own work, which `relay` measures alone.
 */
import { MajordomoBroker, type MajordomoBrokerOptions } from 'seaworthy/majordomo';
import type { Frame, Message, Peer, TransportHandler } from 'seaworthy/transport';
import { answerParent } from './child.ts';
import { CLIENT, EMPTY, READY, REPLY, WORKER } from './generators/mdp.ts';
import { StubPeer, StubTransport } from './stub-transport.ts';

/** What filling a queue brought: processor time in µs per request, memory in bytes per request. */
export interface Filled {
  readonly enqueue: number;
  readonly heapPerRequest: number;
  readonly residentPerRequest: number;
}

const BODY_BYTES = 64;
const BURST = 8;
/** After this many requests the event loop gets a turn, so that timers run as they would. */
const TURN = 1600;
const WARM_UP = 200_000;
const LARGE = 2_000_000;
/** Nothing expires and no heartbeat falls due during a measurement; every timer is armed all the same. */
const OPTIONS: MajordomoBrokerOptions = {
  heartbeatInterval: 3_600_000,
  requestExpiry: 3_600_000,
  maxQueuedRequests: LARGE,
  maxQueuedPerService: LARGE,
};

answerParent({ idleWorkers, relay, exchange, fill, steady, drain });

/** Plain peers on the stub: a client that checks the order of its replies, workers that answer when told to. */
class Peers {
  readonly transport = new StubTransport();
  readonly client = new StubPeer('client', (_head, tail) => {
    const number = (tail as Message).frame((tail as Message).frameCount - 1).readUInt32BE(0);
    if (number !== ++this.#answered) throw new Error(`reply ${String(number)} came where ${String(this.#answered)} was due`);
  });
  /** Requests that workers hold, oldest first. */
  readonly #held: { readonly worker: StubPeer; readonly frames: Frame[] }[] = [];
  #asked = 0;
  #answered = 0;

  get inFlight(): number {
    return this.#held.length;
  }

  get unanswered(): number {
    return this.#asked - this.#answered;
  }

  addWorker(service: string): void {
    const worker = new StubPeer('worker', (head, tail, from) => {
      const frames = [...head];
      for (let i = from; tail !== undefined && i < tail.frameCount; i++) frames.push(tail.frame(i));
      if ((frames[2] as Frame)[0] === 2) this.#held.push({ worker, frames });
    });
    this.transport.deliver(worker, [EMPTY, copy(WORKER), copy(READY), Buffer.from(service)]);
  }

  /** Fresh frames each time, as a transport delivers them: what the broker keeps, it pays for. */
  ask(service: Frame): void {
    const body = Buffer.allocUnsafe(BODY_BYTES).fill(0x2e);
    body.writeUInt32BE(++this.#asked, 0);
    this.transport.deliver(this.client, [EMPTY, copy(CLIENT), copy(service), body]);
  }

  /** Every worker that holds a request when this begins answers it. */
  answer(): void {
    const held = this.#held.splice(0);
    for (const { worker, frames } of held) {
      this.transport.deliver(worker, [EMPTY, copy(WORKER), copy(REPLY), copy(frames[3] as Frame), EMPTY, ...frames.slice(5)]);
    }
    this.transport.endBurst();
  }
}

function copy(frame: Frame): Frame {
  return Buffer.from(frame);
}

/* ------------------------------------------------------------------ requests that find a worker waiting */

const peers = new Peers();

/** Registers `workers` of one service, which will be used in turn. */
async function idleWorkers(workers: number): Promise<void> {
  await MajordomoBroker.listen('stub://', { ...OPTIONS, transport: peers.transport });
  for (let i = 0; i < workers; i++) peers.addWorker('echo');
  await exchange(WARM_UP);
}

/** The same with no broker between: what the stub and its peers cost by themselves. */
async function relay(workers: number): Promise<void> {
  const ready: Peer[] = [];
  const listener = await peers.transport.listen('stub://', {
    message: (peer, message) => {
      if (peer === peers.client) listener.send(ready.shift() as Peer, REQUEST_HEAD, message, 3);
      else if (message.byteAt(2, 0) === 1) ready.push(peer);
      else {
        listener.send(peers.client, REPLY_HEAD, message, 5);
        ready.push(peer);
      }
    },
    batchEnd: () => undefined,
    peerGone: () => undefined,
    overflow: () => undefined,
  } satisfies TransportHandler);
  for (let i = 0; i < workers; i++) peers.addWorker('echo');
  await exchange(WARM_UP);
}

const REQUEST_HEAD: readonly Frame[] = [EMPTY, WORKER, Buffer.of(2), Buffer.from('whoever sent'), EMPTY];
const REPLY_HEAD: readonly Frame[] = [EMPTY, CLIENT, Buffer.from('echo')];

/** Bursts of requests and their replies; µs of processor time per request. */
async function exchange(requests: number): Promise<number> {
  const service = Buffer.from('echo');
  const time = await repeat(requests, () => {
    for (let i = 0; i < BURST; i++) peers.ask(service);
    peers.transport.endBurst();
    while (peers.inFlight > 0) peers.answer();
  });
  if (peers.unanswered !== 0) throw new Error(`${String(peers.unanswered)} requests were not answered`);
  return time;
}

/** Calls `burst`, which is to handle `BURST` requests, until `requests` are done; µs of processor time per request. */
async function repeat(requests: number, burst: () => void): Promise<number> {
  const before = processorTime();
  for (let done = 0; done < requests; done += BURST) {
    burst();
    if (done % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return (processorTime() - before) / (Math.ceil(requests / BURST) * BURST);
}

/* ------------------------------------------------------------------ requests that find others waiting */

const SERVICE = Buffer.from('queue');

/** Puts `depth` requests before a service without workers, then gives it one worker, which takes one request at a time. */
async function fill(depth: number): Promise<Filled> {
  await idleWorkers(1);
  const empty = memory();
  const enqueue = await repeatExactly(depth, () => {
    peers.ask(SERVICE);
  });
  const full = memory();
  peers.addWorker('queue');
  await steady(WARM_UP);
  return { enqueue, heapPerRequest: (full.heap - empty.heap) / depth, residentPerRequest: (full.resident - empty.resident) / depth };
}

/** One request more, one answered, as many waiting as before; µs of processor time per request. */
async function steady(requests: number): Promise<number> {
  return await repeat(requests, () => {
    for (let i = 0; i < BURST; i++) {
      peers.ask(SERVICE);
      peers.answer();
    }
  });
}

/** Answers all that wait; µs of processor time per request. */
async function drain(): Promise<number> {
  const time = await repeatExactly(peers.unanswered, () => {
    peers.answer();
  });
  if (peers.unanswered !== 0) throw new Error(`${String(peers.unanswered)} requests were not answered`);
  return time;
}

async function repeatExactly(times: number, work: () => void): Promise<number> {
  const before = processorTime();
  for (let done = 0; done < times; done++) {
    work();
    if (done % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return (processorTime() - before) / times;
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function memory(): { readonly heap: number; readonly resident: number } {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}
