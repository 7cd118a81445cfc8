/** The Majordomo worker (RFC 7): one service, one request at a time or several, and always on its way back to the broker. */
import { InvalidOption } from '../core/errors.ts';
import {
  LoadBalancedWorker,
  type LoadBalancedHandler,
  type LoadBalancedWorkerEvents,
  type LoadBalancedWorkerSnapshot,
  type WorkerHandlerContext,
} from '../load-balancer/worker.ts';
import type { ServiceName } from './broker.ts';
import {
  DISCONNECT_TO_BROKER,
  HEARTBEAT_TO_BROKER,
  MMI_PREFIX,
  creditToBroker,
  decodeAtWorker,
  failureToBroker,
  farewellToBroker,
  readyToBroker,
  replyToBroker,
} from './codec.ts';
import { serviceOption, workerSettings, type MajordomoWorkerOptions } from './options.ts';

export type HandlerContext = WorkerHandlerContext<ServiceName>;

/**
 * Does the work. What it returns is the reply. When it throws, the worker leaves the broker and comes back, which is how
 * MDP/0.1 says that a request failed: the broker hands it to another worker, or gives it up, by its delivery policy.
 */
export type WorkerHandler = LoadBalancedHandler<ServiceName>;

export type MajordomoWorkerEvents = LoadBalancedWorkerEvents<ServiceName>;

export interface WorkerSnapshot extends LoadBalancedWorkerSnapshot, ServiceName {
  readonly role: 'worker';
}

/**
 * Serves one service at one broker. Connects at once and for good: if the broker is absent, restarts or falls silent, the
 * worker registers again by itself. With several endpoints it registers at the next one each time, and with one broker at a time.
 *
 * @example
 * const worker = MajordomoWorker.connect('tcp://127.0.0.1:5555', 'echo', (request) => request.body);
 */
export class MajordomoWorker extends LoadBalancedWorker<ServiceName> {
  readonly service: string;

  /**
   * @param endpoints the broker's, for instance `tcp://127.0.0.1:5555`, or those of several that stand in for each other.
   * @throws InvalidOption, InvalidEndpoint at once; whatever happens later is an event.
   */
  static connect(
    endpoints: string | readonly string[],
    service: string,
    handler: WorkerHandler,
    options: MajordomoWorkerOptions = {},
  ): MajordomoWorker {
    const worker = new MajordomoWorker(endpoints, service, handler, options);
    worker.start();
    return worker;
  }

  private constructor(endpoints: string | readonly string[], service: string, handler: WorkerHandler, options: MajordomoWorkerOptions) {
    const settings = workerSettings(options);
    serviceOption('service', service);
    if (service.startsWith(MMI_PREFIX)) throw new InvalidOption('service', service, `a name that does not begin with "${MMI_PREFIX}"`);
    super('worker', endpoints, { service }, handler, options, settings, {
      ready: readyToBroker(service, settings.concurrency),
      heartbeat: HEARTBEAT_TO_BROKER,
      farewell: DISCONNECT_TO_BROKER,
      farewellAfter: farewellToBroker,
      mostHeld: 0,
      concurrency: settings.concurrency,
      failure: failureToBroker,
      credit: creditToBroker,
      reply: replyToBroker,
      decode: decodeAtWorker,
    });
    this.service = service;
  }

  /** A plain snapshot: the machine's state, the liveness layers, what was counted. */
  inspect(): WorkerSnapshot {
    return { role: 'worker', service: this.service, ...this.snapshot() };
  }
}
