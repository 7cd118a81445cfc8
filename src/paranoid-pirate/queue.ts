/** The Paranoid Pirate's queue (6/PPP; Guide, chapter 4): load balancing among workers that must give signs of life. */
import { LoadBalancingQueue, type QueueEndpoints, type QueueEvents, type QueueSnapshot } from '../load-balancer/queue.ts';
import { PARANOID_PIRATE_QUEUE } from './codec.ts';
import { paranoidPirateQueueSettings, type ParanoidPirateQueueOptions } from './options.ts';

export type ParanoidPirateQueueEvents = QueueEvents;

export interface ParanoidPirateQueueSnapshot extends QueueSnapshot {
  readonly role: 'paranoid-pirate-queue';
}

/**
 * Gives requests of Lazy Pirate clients, and of any REQ or DEALER socket, to the least recently used worker that is ready and alive. The
 * request of a worker that is lost goes to another one at once, unless `deliveryPolicy` is `fail`.
 *
 * @example
 * const queue = await ParanoidPirateQueue.listen({ frontend: 'tcp://127.0.0.1:5555', backend: 'tcp://127.0.0.1:5556' });
 */
export class ParanoidPirateQueue extends LoadBalancingQueue {
  /**
   * Binds both ends and starts serving.
   *
   * @param endpoints for instance `{ frontend: 'tcp://127.0.0.1:5555', backend: 'tcp://127.0.0.1:5556' }`; port `*` picks a free one, see
   * `endpoints`.
   * @throws InvalidOption when an option cannot work; BindFailed when an endpoint cannot be listened on.
   */
  static async listen(endpoints: QueueEndpoints, options: ParanoidPirateQueueOptions = {}): Promise<ParanoidPirateQueue> {
    const queue = new ParanoidPirateQueue(options);
    await queue.bind(endpoints);
    return queue;
  }

  private constructor(options: ParanoidPirateQueueOptions) {
    super('paranoid-pirate-queue', options, paranoidPirateQueueSettings(options), PARANOID_PIRATE_QUEUE);
  }

  /** A plain snapshot: what is connected, what waits, what was counted. */
  inspect(): ParanoidPirateQueueSnapshot {
    return { role: 'paranoid-pirate-queue', ...this.snapshot() };
  }
}
