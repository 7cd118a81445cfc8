/**
 * Load: plain MDP/0.1 workers, each a DEALER of its own, all in this process, that echo what they get. They send the heartbeats that the
 * protocol demands, spread over the interval, and count the DISCONNECTs they get, after which they come
 * back: once the measurement has begun, a single one breaks it.
 */
import { context, Dealer } from 'zeromq';
import { answerParent } from '../child.ts';
import { EMPTY, HEARTBEAT, READY, REPLY, WORKER } from './mdp.ts';

interface Order {
  readonly endpoint: string;
  readonly service: string;
  readonly count: number;
  /** ms between two heartbeats of one worker. */
  readonly heartbeatInterval: number;
}

const REQUEST = 2;
const DISCONNECT = 5;
const HEARTBEAT_SLICE_MS = 50;
const CONNECTING_AT_ONCE = 100;
/** Kept here because a socket that nobody refers to is collected and disconnects. */
const workers: EchoWorker[] = [];
/** Workers that have had a request. */
let worked = 0;
/** Farewells from the broker. */
let dismissed = 0;

/** As RFC 7 wants it: one socket, one READY; after a DISCONNECT a new socket and READY again. */
class EchoWorker {
  readonly #endpoint: string;
  readonly #service: Buffer;
  #socket: Dealer;
  #fresh = true;

  constructor(endpoint: string, service: Buffer) {
    this.#endpoint = endpoint;
    this.#service = service;
    this.#socket = this.#join();
  }

  heartbeat(): void {
    void this.#socket.send([EMPTY, WORKER, HEARTBEAT]);
  }

  #join(): Dealer {
    const socket = new Dealer({ sendTimeout: 0, linger: 0, reconnectInterval: 100 });
    socket.connect(this.#endpoint);
    void socket.send([EMPTY, WORKER, READY, this.#service]);
    void this.#echo(socket);
    return socket;
  }

  async #echo(socket: Dealer): Promise<void> {
    for (;;) {
      const frames = await socket.receive();
      const command = (frames[2] as Buffer)[0];
      if (command === REQUEST) {
        void socket.send([EMPTY, WORKER, REPLY, ...frames.slice(3)]);
        if (this.#fresh) worked++;
        this.#fresh = false;
      } else if (command === DISCONNECT) {
        dismissed++;
        socket.close();
        this.#socket = this.#join();
        return;
      }
    }
  }
}

context.maxSockets = Math.min(context.maxSocketsLimit, 20_000);
answerParent({ connect, worked: () => worked, dismissed: () => dismissed });

async function connect(order: Order): Promise<void> {
  const service = Buffer.from(order.service);
  const first = workers.length;
  for (let i = 0; i < order.count; i++) {
    workers.push(new EchoWorker(order.endpoint, service));
    if (i % CONNECTING_AT_ONCE === CONNECTING_AT_ONCE - 1) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  beat(workers.slice(first), order.heartbeatInterval);
}

function beat(own: readonly EchoWorker[], interval: number): void {
  const slices = Math.max(1, Math.round(interval / HEARTBEAT_SLICE_MS));
  let slice = 0;
  setInterval(() => {
    for (let i = slice; i < own.length; i += slices) own[i]?.heartbeat();
    slice = (slice + 1) % slices;
  }, interval / slices);
}
