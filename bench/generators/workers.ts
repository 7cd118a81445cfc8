/**
 * Load: plain MDP/0.1 workers, each a DEALER of its own, all in this process, that echo what they get. They send the heartbeats that the
 * protocol demands, spread over the interval, and treat a DISCONNECT as the end of the benchmark.
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
const sockets: Dealer[] = [];
/** Workers that have had a request. */
let worked = 0;
/** Farewells from the broker. */
let dismissed = 0;

context.maxSockets = Math.min(context.maxSocketsLimit, 20_000);
answerParent({ connect, worked: () => worked, dismissed: () => dismissed });

async function connect(order: Order): Promise<number> {
  const service = Buffer.from(order.service);
  const first = sockets.length;
  for (let i = 0; i < order.count; i++) {
    const socket = new Dealer({ sendTimeout: 0, linger: 0, reconnectInterval: 100 });
    socket.connect(order.endpoint);
    void socket.send([EMPTY, WORKER, READY, service]);
    sockets.push(socket);
    void echo(socket);
    if (i % CONNECTING_AT_ONCE === CONNECTING_AT_ONCE - 1) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  beat(sockets.slice(first), order.heartbeatInterval);
  return sockets.length;
}

async function echo(socket: Dealer): Promise<void> {
  let idle = true;
  for (;;) {
    const frames = await socket.receive();
    const command = (frames[2] as Buffer)[0];
    if (command === REQUEST) {
      void socket.send([EMPTY, WORKER, REPLY, ...frames.slice(3)]);
      if (idle) worked++;
      idle = false;
    } else if (command === DISCONNECT) {
      dismissed++;
    }
  }
}

function beat(own: readonly Dealer[], interval: number): void {
  const slices = Math.max(1, Math.round(interval / HEARTBEAT_SLICE_MS));
  let slice = 0;
  setInterval(() => {
    for (let i = slice; i < own.length; i += slices) void (own[i] as Dealer).send([EMPTY, WORKER, HEARTBEAT]);
    slice = (slice + 1) % slices;
  }, interval / slices);
}
