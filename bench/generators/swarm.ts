/**
 * Load: thousands of peers in one process, over our own engine, because libzmq takes half a minute to connect so many. As workers they
 * register, send the heartbeats that the protocol demands, echo, and register again when they are sent away, as happens to those whose
 * connection broke in the crowd; as strangers they connect and say nothing.
 */
import type { Connector, Message, Peer } from 'seaworthy/transport';
import { zmtpTransport } from 'seaworthy/transport/zmtp';
import { answerParent } from '../child.ts';
import { EMPTY, HEARTBEAT, READY, REPLY, WORKER } from './mdp.ts';

interface Order {
  readonly endpoint: string;
  readonly count: number;
  /** What they serve; nothing: they only connect. */
  readonly service?: string;
}

const REQUEST = 2;
const DISCONNECT = 5;
const HEARTBEAT_INTERVAL_MS = 2500;
const TICK_MS = 50;
const CONNECTING_AT_ONCE = 250;
/** Time that a batch has to connect in. */
const BATCH_MS = 150;
const BEAT = [EMPTY, WORKER, HEARTBEAT];
const REPLY_HEAD = [EMPTY, WORKER, REPLY];

/** A worker, or a stranger that only connects. */
class Member {
  readonly #connector: Connector;
  readonly #service: string | undefined;
  #isRegistered = false;

  constructor(endpoint: string, service: string | undefined) {
    this.#service = service;
    this.#connector = zmtpTransport.connect(endpoint, {
      message: (_peer: Peer, message: Message) => {
        const command = message.byteAt(2, 0);
        if (command === REQUEST) this.#connector.send(this.#connector.remote, REPLY_HEAD, message, 3);
        else if (command === DISCONNECT) {
          this.#isRegistered = false;
          upsets++;
        }
      },
      peerGone: () => upsets++,
      overflow: () => undefined,
      batchEnd: () => undefined,
    });
    this.beat();
  }

  /** A heartbeat, or READY for a worker that is not registered. */
  beat(): void {
    if (this.#service === undefined) return;
    const { remote } = this.#connector;
    this.#connector.send(remote, this.#isRegistered ? BEAT : [EMPTY, WORKER, READY, Buffer.from(this.#service)]);
    this.#isRegistered = true;
  }
}

const members: Member[] = [];
/** Farewells from the broker, and connections that broke. */
let upsets = 0;

answerParent({ connect, upsets: () => upsets });

async function connect({ endpoint, count, service }: Order): Promise<void> {
  for (let i = 0; i < count; i++) {
    members.push(new Member(endpoint, service));
    if (i % CONNECTING_AT_ONCE === CONNECTING_AT_ONCE - 1) await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
  }
}

/** Heartbeats of all, spread over the interval; a process that is late sends what it owes. */
let owed = 0;
let at = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  owed = Math.min(members.length, owed + ((now - last) / HEARTBEAT_INTERVAL_MS) * members.length);
  last = now;
  for (; owed >= 1; owed--) members[at++ % members.length]?.beat();
}, TICK_MS);
