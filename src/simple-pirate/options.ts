/** Options of the Simple Pirate's queue and worker: defaults, checked at construction. All times in ms. */
import { given, knownOptions } from '../core/options.ts';
import {
  LOAD_BALANCED_WORKER_DEFAULTS,
  LOAD_BALANCER_DEFAULTS,
  checkLoadBalancedWorker,
  checkLoadBalancer,
  type LoadBalancedWorkerOptions,
  type LoadBalancerOptions,
} from '../load-balancer/options.ts';
import type { Defaults } from '../runtime/options.ts';
import { ROLE_OPTIONS } from '../runtime/role.ts';

export type SimplePirateQueueOptions = LoadBalancerOptions;

/** The Guide leaves the request of a lost worker to its client. */
const QUEUE_DEFAULTS: Defaults<SimplePirateQueueOptions> = { ...LOAD_BALANCER_DEFAULTS, deliveryPolicy: 'fail' };

/** @throws InvalidOption */
export function simplePirateQueueSettings(options: SimplePirateQueueOptions): Defaults<SimplePirateQueueOptions> {
  knownOptions(options, [...Object.keys(QUEUE_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...QUEUE_DEFAULTS, ...given(options, QUEUE_DEFAULTS) };
  checkLoadBalancer(settings);
  return settings;
}

export type SimplePirateWorkerOptions = LoadBalancedWorkerOptions;

/** @throws InvalidOption */
export function simplePirateWorkerSettings(options: SimplePirateWorkerOptions): Defaults<SimplePirateWorkerOptions> {
  knownOptions(options, [...Object.keys(LOAD_BALANCED_WORKER_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...LOAD_BALANCED_WORKER_DEFAULTS, ...given(options, LOAD_BALANCED_WORKER_DEFAULTS) };
  checkLoadBalancedWorker(settings);
  return settings;
}
