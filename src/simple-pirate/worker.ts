/** The Simple Pirate's worker (Guide, chapter 4): says READY, then answers one request after another. */
import {
  LoadBalancedWorker,
  type LoadBalancedHandler,
  type LoadBalancedWorkerEvents,
  type LoadBalancedWorkerSnapshot,
  type WorkerHandlerContext,
} from '../load-balancer/worker.ts';
import { NO_HEARTBEATS } from '../load-balancer/options.ts';
import { SIMPLE_PIRATE_WORKER } from './codec.ts';
import { simplePirateWorkerSettings, type SimplePirateWorkerOptions } from './options.ts';

export type SimplePirateHandlerContext = WorkerHandlerContext<object>;

/**
 * Does the work. What it returns is the reply. When it throws, the worker leaves the queue and comes back, which is how these wires say that a
 * request failed.
 */
export type SimplePirateHandler = LoadBalancedHandler<object>;

export type SimplePirateWorkerEvents = LoadBalancedWorkerEvents<object>;

export interface SimplePirateWorkerSnapshot extends LoadBalancedWorkerSnapshot {
  readonly role: 'simple-pirate-worker';
}

/**
 * Serves one queue. Connects at once and for good: when the connection is lost, because the queue has died or restarted, the worker
 * connects anew and says READY again. Without heartbeats nothing else tells it. With several endpoints it says READY to the next queue each time.
 *
 * @example
 * const worker = SimplePirateWorker.connect('tcp://127.0.0.1:5556', (request) => request.body);
 */
export class SimplePirateWorker extends LoadBalancedWorker<object> {
  /**
   * @param endpoints the queue's backend, for instance `tcp://127.0.0.1:5556`, or those of several queues that stand in for each other.
   * @throws InvalidOption, InvalidEndpoint at once; whatever happens later is an event.
   */
  static connect(
    endpoints: string | readonly string[],
    handler: SimplePirateHandler,
    options: SimplePirateWorkerOptions = {},
  ): SimplePirateWorker {
    const worker = new SimplePirateWorker(endpoints, handler, options);
    worker.start();
    return worker;
  }

  private constructor(endpoints: string | readonly string[], handler: SimplePirateHandler, options: SimplePirateWorkerOptions) {
    super(
      'simple-pirate-worker',
      endpoints,
      {},
      handler,
      options,
      { ...simplePirateWorkerSettings(options), ...NO_HEARTBEATS },
      SIMPLE_PIRATE_WORKER,
    );
  }

  /** A plain snapshot: the machine's state, the liveness layers, what was counted. */
  inspect(): SimplePirateWorkerSnapshot {
    return { role: 'simple-pirate-worker', ...this.snapshot() };
  }
}
