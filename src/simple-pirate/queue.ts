/** The Simple Pirate's queue (Guide, chapter 4): load balancing without heartbeats, for workers that say READY and are believed. */
import { LoadBalancingQueue, type QueueEndpoints, type QueueEvents, type QueueSnapshot } from '../load-balancer/queue.ts';
import { NO_HEARTBEATS } from '../load-balancer/options.ts';
import { SIMPLE_PIRATE_QUEUE } from './codec.ts';
import { simplePirateQueueSettings, type SimplePirateQueueOptions } from './options.ts';

export type SimplePirateQueueEvents = QueueEvents;

export interface SimplePirateQueueSnapshot extends QueueSnapshot {
  readonly role: 'simple-pirate-queue';
}

/**
 * Gives requests of Lazy Pirate clients, and of any REQ socket, to the least recently used worker that is ready. The request of a worker
 * that is lost is dropped, and its client asks again; `deliveryPolicy: 'requeue'` hands it to another worker instead.
 *
 * @example
 * const queue = await SimplePirateQueue.listen({ frontend: 'tcp://127.0.0.1:5555', backend: 'tcp://127.0.0.1:5556' });
 */
export class SimplePirateQueue extends LoadBalancingQueue {
  /**
   * Binds both ends and starts serving.
   *
   * @param endpoints for instance `{ frontend: 'tcp://127.0.0.1:5555', backend: 'tcp://127.0.0.1:5556' }`; port `*` picks a free one, see
   * `endpoints`.
   * @throws InvalidOption when an option cannot work; BindFailed when an endpoint cannot be listened on.
   */
  static async listen(endpoints: QueueEndpoints, options: SimplePirateQueueOptions = {}): Promise<SimplePirateQueue> {
    const queue = new SimplePirateQueue(options);
    await queue.bind(endpoints);
    return queue;
  }

  private constructor(options: SimplePirateQueueOptions) {
    super('simple-pirate-queue', options, { ...simplePirateQueueSettings(options), ...NO_HEARTBEATS }, SIMPLE_PIRATE_QUEUE);
  }

  /** A plain snapshot: what is connected, what waits, what was counted. */
  inspect(): SimplePirateQueueSnapshot {
    return { role: 'simple-pirate-queue', ...this.snapshot() };
  }
}
