/** The Paranoid Pirate's worker (6/PPP; Guide, chapter 4): gives signs of life, and expects them. */
import {
  LoadBalancedWorker,
  type LoadBalancedHandler,
  type LoadBalancedWorkerEvents,
  type LoadBalancedWorkerSnapshot,
  type WorkerHandlerContext,
} from '../load-balancer/worker.ts';
import { PARANOID_PIRATE_WORKER } from './codec.ts';
import { paranoidPirateWorkerSettings, type ParanoidPirateWorkerOptions } from './options.ts';

export type ParanoidPirateHandlerContext = WorkerHandlerContext<object>;

/**
 * Does the work. What it returns is the reply. When it throws, the worker leaves the queue and comes back, which is how these wires say that a
 * request failed.
 */
export type ParanoidPirateHandler = LoadBalancedHandler<object>;

export type ParanoidPirateWorkerEvents = LoadBalancedWorkerEvents<object>;

export interface ParanoidPirateWorkerSnapshot extends LoadBalancedWorkerSnapshot {
  readonly role: 'paranoid-pirate-worker';
}

/**
 * Serves one queue. Connects at once and for good: if the queue is absent, restarts or falls silent, the worker says READY again by itself,
 * after a pause that doubles with each failure. With several endpoints it says READY to the next queue each time, and the pause doubles when all
 * of them have failed.
 *
 * @example
 * const worker = ParanoidPirateWorker.connect('tcp://127.0.0.1:5556', (request) => request.body);
 */
export class ParanoidPirateWorker extends LoadBalancedWorker<object> {
  /**
   * @param endpoints the queue's backend, for instance `tcp://127.0.0.1:5556`, or those of several queues that stand in for each other.
   * @throws InvalidOption, InvalidEndpoint at once; whatever happens later is an event.
   */
  static connect(
    endpoints: string | readonly string[],
    handler: ParanoidPirateHandler,
    options: ParanoidPirateWorkerOptions = {},
  ): ParanoidPirateWorker {
    const worker = new ParanoidPirateWorker(endpoints, handler, options);
    worker.start();
    return worker;
  }

  private constructor(endpoints: string | readonly string[], handler: ParanoidPirateHandler, options: ParanoidPirateWorkerOptions) {
    super('paranoid-pirate-worker', endpoints, {}, handler, options, paranoidPirateWorkerSettings(options), PARANOID_PIRATE_WORKER);
  }

  /** A plain snapshot: the machine's state, the liveness layers, what was counted. */
  inspect(): ParanoidPirateWorkerSnapshot {
    return { role: 'paranoid-pirate-worker', ...this.snapshot() };
  }
}
