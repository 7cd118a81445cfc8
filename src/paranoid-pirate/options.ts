/** Options of the Paranoid Pirate's queue and worker: defaults with the Guide's numbers, checked at construction. All times in ms. */
import { given, knownOptions } from '../core/options.ts';
import {
  LOAD_BALANCED_WORKER_DEFAULTS,
  LOAD_BALANCER_DEFAULTS,
  checkLiveness,
  checkLoadBalancedWorker,
  checkLoadBalancer,
  type LivenessOptions,
  type LoadBalancedWorkerOptions,
  type LoadBalancerOptions,
} from '../load-balancer/options.ts';
import type { Defaults } from '../runtime/options.ts';
import { ROLE_OPTIONS } from '../runtime/role.ts';

export interface ParanoidPirateQueueOptions extends LoadBalancerOptions, LivenessOptions {}

const QUEUE_DEFAULTS: Defaults<ParanoidPirateQueueOptions> = { ...LOAD_BALANCER_DEFAULTS, heartbeatInterval: 1000, heartbeatLiveness: 3 };

/** @throws InvalidOption */
export function paranoidPirateQueueSettings(options: ParanoidPirateQueueOptions): Defaults<ParanoidPirateQueueOptions> {
  knownOptions(options, [...Object.keys(QUEUE_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...QUEUE_DEFAULTS, ...given(options, QUEUE_DEFAULTS) };
  checkLoadBalancer(settings);
  checkLiveness(settings);
  return settings;
}

export interface ParanoidPirateWorkerOptions extends LoadBalancedWorkerOptions, LivenessOptions {}

const WORKER_DEFAULTS: Defaults<ParanoidPirateWorkerOptions> = {
  ...LOAD_BALANCED_WORKER_DEFAULTS,
  heartbeatInterval: 1000,
  heartbeatLiveness: 3,
  reconnectInterval: 1000,
  reconnectMaximum: 32_000,
};

/** @throws InvalidOption */
export function paranoidPirateWorkerSettings(options: ParanoidPirateWorkerOptions): Defaults<ParanoidPirateWorkerOptions> {
  knownOptions(options, [...Object.keys(WORKER_DEFAULTS), ...ROLE_OPTIONS]);
  const settings = { ...WORKER_DEFAULTS, ...given(options, WORKER_DEFAULTS) };
  checkLoadBalancedWorker(settings);
  checkLiveness(settings);
  return settings;
}
