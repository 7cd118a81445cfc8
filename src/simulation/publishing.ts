/**
 * What is said to everybody, in the simulated network: a publisher is what libzmq calls a bound PUB, a subscriber a SUB that connects and
 * subscribes to everything. A subscription travels as messages do: what is published before it has arrived is missed.
 */
import { assert } from '../core/assert.ts';
import type { ConnectOptions, LivenessLayers, Publisher, SocketOptions, Subscriber, TransportHandler } from '../transport/transport.ts';
import type { Frame } from '../wire/message.ts';
import { SUBSCRIPTION, type End, type Link } from './link.ts';
import type { SimulatedProcess } from './process.ts';
import { BoundSocket, ConnectingSocket, type Ground } from './sockets.ts';

/** A publisher is told nothing. */
const NOBODY: TransportHandler = {
  message: () => undefined,
  peerGone: () => undefined,
  overflow: () => undefined,
  batchEnd: () => undefined,
};

export class SimulatedPublisher extends BoundSocket implements Publisher {
  override readonly kind = 'publications';
  protected override readonly paused: boolean = false;
  /** Those whose subscription has come. */
  readonly #subscribed = new Set<End>();

  constructor(network: Ground, process: SimulatedProcess, endpoint: string, options: SocketOptions) {
    super(network, process, endpoint, NOBODY, options);
  }

  publish(frames: readonly Frame[]): void {
    assert(frames.length > 0, 'a message has at least one frame');
    if (this.closed) return;
    for (const end of this.ends) {
      this.#hear(end);
      if (this.#subscribed.has(end) && !end.link.isOver(end) && this.room(end)) this.#send(end, frames.slice());
    }
  }

  #send(end: End, frames: readonly Frame[]): void {
    this.network.observer?.sent(this.process, end.other.node, end.label, frames);
    end.link.push(end.other, frames);
  }

  override read(end: End): void {
    end.inbox.planned = undefined;
    this.#hear(end);
    end.link.planRead(end);
  }

  /** A subscriber says one thing, and that it leaves. Like libzmq, we look when we publish, however late we are. */
  #hear(end: End): void {
    const { inbox } = end;
    const { now } = this.network.agenda;
    for (let { head } = inbox; end.open && head !== undefined && head.arrivesAt <= now; head = inbox.head) {
      if (head.frames === undefined) {
        end.link.heardEnd(end);
        this.ended(end);
        return;
      }
      inbox.take();
      inbox.heardAt = now;
      this.#subscribed.add(end);
    }
  }

  override ended(end: End): void {
    this.#subscribed.delete(end);
    super.ended(end);
  }

  protected override peerOf(): never {
    throw new TypeError('a publisher hears no messages');
  }
}

export class SimulatedSubscriber extends ConnectingSocket implements Subscriber {
  override readonly kind = 'publications';
  override readonly layers: LivenessLayers;

  constructor(network: Ground, process: SimulatedProcess, endpoint: string, handler: TransportHandler, options: ConnectOptions) {
    super(network, process, endpoint, handler, options);
    // libzmq has none for a SUB.
    this.layers = { disconnectNotices: false, transportHeartbeats: options.transportHeartbeat !== undefined };
  }

  protected override linked(link: Link): void {
    link.push(link.far, SUBSCRIPTION);
  }

  override takeBack(): void {
    // Each connection begins with a subscription of its own.
  }

  protected override async leave(): Promise<void> {
    this.leaveNow('some');
  }

  override drained(): void {
    // It has nothing to deliver.
  }
}
