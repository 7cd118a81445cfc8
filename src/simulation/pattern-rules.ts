/** The rules of each pattern, for worlds of others: made from the options that the roles were given. */
import { InvalidOption } from '../core/errors.ts';
import { binaryStarClientSettings, type BinaryStarClientOptions } from '../binary-star/client-options.ts';
import { binaryStarSettings, type BinaryStarOptions } from '../binary-star/options.ts';
import { countOption, knownOptions } from '../core/options.ts';
import {
  freelanceClientSettings,
  freelanceServerSettings,
  type FreelanceClientOptions,
  type FreelanceServerOptions,
} from '../freelance/options.ts';
import { lazyPirateClientSettings, type LazyPirateClientOptions } from '../lazy-pirate/options.ts';
import {
  brokerSettings,
  mostGranted,
  clientSettings,
  workerSettings,
  type MajordomoBrokerOptions,
  type MajordomoClientOptions,
  type MajordomoWorkerOptions,
} from '../majordomo/options.ts';
import {
  paranoidPirateQueueSettings,
  paranoidPirateWorkerSettings,
  type ParanoidPirateQueueOptions,
  type ParanoidPirateWorkerOptions,
} from '../paranoid-pirate/options.ts';
import { reconnectBackoff, retryBackoff, type ReconnectOptions } from '../runtime/options.ts';
import {
  simplePirateQueueSettings,
  simplePirateWorkerSettings,
  type SimplePirateQueueOptions,
  type SimplePirateWorkerOptions,
} from '../simple-pirate/options.ts';
import { attemptRules, linkRule } from './attempt-rules.ts';
import { balanced } from './balanced.ts';
import type { BalancedRules } from './books.ts';
import { MAJORDOMO_FRAMES, PIRATE_FRAMES } from './frames.ts';
import { freelanceClients, freelanceServers } from './freelance-rules.ts';
import type { Invariant } from './invariants.ts';
import { fencing, starRules } from './star-rules.ts';

/** A world with one broker or queue. `B` are its options, `W` those of its workers. */
export interface BrokerWorld<B, W> {
  /** The node whose program keeps the broker or queue. */
  readonly node: string;
  /** What it was given, as far as it is not the default. */
  readonly options?: B;
  /** What all its workers were given; one worker in a process. Their heartbeats are those of the broker. */
  readonly workers?: W;
  /** Nodes whose programs speak the protocol and are none of our roles: they are not judged. Default: none. */
  readonly strangers?: readonly string[];
}

/** Clients that were all given the same options. */
export interface ClientWorld<C> {
  /** The nodes whose programs keep them. */
  readonly nodes: readonly string[];
  /** What they were given, as far as it is not the default. No request may have been given other retries. */
  readonly options?: C;
}

/** Servers that were all given the same options. */
export interface ServerWorld<S> {
  /** The nodes whose programs keep them. */
  readonly nodes: readonly string[];
  /** What they were given, as far as it is not the default. */
  readonly options?: S;
}

const BROKER_WORLD: readonly string[] = ['node', 'options', 'workers', 'strangers'];
const CLIENT_WORLD: readonly string[] = ['nodes', 'options'];

/**
 * The rules of a Majordomo broker and its workers.
 *
 * @throws InvalidOption
 */
export function majordomoRules(world: BrokerWorld<MajordomoBrokerOptions, MajordomoWorkerOptions>): readonly Invariant[] {
  checkBrokerWorld(world);
  const broker = brokerSettings(world.options ?? {});
  const workers = workerSettings({ ...heartbeatsOf(broker), ...world.workers });
  checkSameHeartbeats(broker, workers);
  const { maxQueuedRequests, maxQueuedPerService, maxServices, deliveryPolicy, deliveryPolicies } = broker;
  return rulesOf(world, broker, workers, {
    ...heartbeatRules(broker),
    maxDeliveries: [deliveryPolicy, ...deliveryPolicies.values()].includes('requeue') ? broker.maxDeliveries : 1,
    mostQueued: maxQueuedRequests,
    mostQueuedPerService: maxQueuedPerService,
    maxServices,
    maxConcurrency: mostGranted(broker),
    readsWhenReady: false,
    frames: MAJORDOMO_FRAMES,
  });
}

/**
 * The rules of a Paranoid Pirate queue and its workers.
 *
 * @throws InvalidOption
 */
export function paranoidPirateRules(world: BrokerWorld<ParanoidPirateQueueOptions, ParanoidPirateWorkerOptions>): readonly Invariant[] {
  checkBrokerWorld(world);
  const queue = paranoidPirateQueueSettings(world.options ?? {});
  const workers = paranoidPirateWorkerSettings({ ...heartbeatsOf(queue), ...world.workers });
  checkSameHeartbeats(queue, workers);
  return rulesOf(world, queue, workers, { ...PIRATES, ...heartbeatRules(queue), maxDeliveries: deliveriesOf(queue) });
}

/**
 * The rules of a Simple Pirate queue and its workers.
 *
 * @throws InvalidOption
 */
export function simplePirateRules(world: BrokerWorld<SimplePirateQueueOptions, SimplePirateWorkerOptions>): readonly Invariant[] {
  checkBrokerWorld(world);
  const queue = simplePirateQueueSettings(world.options ?? {});
  const workers = simplePirateWorkerSettings(world.workers ?? {});
  return rulesOf(world, queue, workers, { ...PIRATES, expiry: 0, heartbeatInterval: 0, maxDeliveries: deliveriesOf(queue) });
}

/**
 * The rules of Lazy Pirate clients.
 *
 * @throws InvalidOption
 */
export function lazyPirateClientRules(world: ClientWorld<LazyPirateClientOptions>): readonly Invariant[] {
  checkClientWorld(world);
  const settings = lazyPirateClientSettings(world.options ?? {});
  return attemptRules(settings.requestRetries, retryBackoff(settings)).map((rule) => about(world.nodes, rule));
}

/**
 * The rules of Majordomo clients.
 *
 * @throws InvalidOption
 */
export function majordomoClientRules(
  world: ClientWorld<MajordomoClientOptions> & {
    /** How many endpoints each of them was given. Default 1. */
    readonly endpoints?: number;
  },
): readonly Invariant[] {
  checkClientWorld(world, ['endpoints']);
  const { endpoints = 1 } = world;
  countOption('endpoints', endpoints, 1);
  const settings = clientSettings(world.options ?? {});
  const rules = [...attemptRules(settings.requestRetries, retryBackoff(settings)), linkRule(reconnectBackoff(settings), endpoints)];
  return rules.map((rule) => about(world.nodes, rule));
}

/** A world with one hardened pair. */
export interface BinaryStarWorld {
  /** The node whose program keeps the primary; one half in a process. */
  readonly primary: string;
  /** The node whose program keeps the backup. */
  readonly backup: string;
  /** What both were given, as far as it is not the default. Ports are not looked at. */
  readonly options?: BinaryStarOptions;
  /** Whether both have an arbiter, so that never two may serve. Default: whether `options` have one. */
  readonly arbitrated?: boolean;
}

/**
 * The rules of the two halves of a hardened Binary Star.
 *
 * @throws InvalidOption, FailoverTooShort
 */
export function binaryStarRules(world: BinaryStarWorld): readonly Invariant[] {
  knownOptions(world, ['primary', 'backup', 'options', 'arbitrated']);
  const { primary, backup, options = {}, arbitrated = options.arbiter !== undefined } = world;
  for (const [option, node] of Object.entries({ primary, backup }))
    if (typeof node !== 'string') throw new InvalidOption(option, node, 'the name of a node');
  if (typeof arbitrated !== 'boolean') throw new InvalidOption('arbitrated', arbitrated, 'true or false');
  const settings = binaryStarSettings(options);
  if (settings.mode === 'classic')
    throw new InvalidOption('options.mode', 'classic', '"hardened": of a pair as in the Guide nothing is promised');
  return starRules({ nodes: { primary, backup }, settings, arbitrated });
}

/**
 * The rules of the hardened clients of a Binary Star, each of which knows both halves.
 *
 * @throws InvalidOption
 */
export function binaryStarClientRules(world: ClientWorld<BinaryStarClientOptions>): readonly Invariant[] {
  checkClientWorld(world);
  const settings = binaryStarClientSettings(world.options ?? {});
  const rules = [...attemptRules(settings.requestRetries, retryBackoff(settings), 2), fencing()];
  return rules.map((rule) => about(world.nodes, rule));
}

/**
 * The rules of Freelance servers: of each of those that the nodes keep.
 *
 * @throws InvalidOption
 */
export function freelanceRules(world: ServerWorld<FreelanceServerOptions>): readonly Invariant[] {
  checkClientWorld(world);
  const { maxConcurrentRequests, maxQueuedRequests } = freelanceServerSettings(world.options ?? {});
  return [{ ...freelanceServers(world.nodes, { maxConcurrentRequests, maxQueuedRequests }), nodes: world.nodes }];
}

/**
 * The rules of Freelance clients, one in a process. Those that the options let hedge may as well not.
 *
 * @throws InvalidOption
 */
export function freelanceClientRules(world: ClientWorld<FreelanceClientOptions>): readonly Invariant[] {
  checkClientWorld(world);
  const settings = freelanceClientSettings(world.options ?? {});
  const { serverTimeToLive: timeToLive } = settings;
  const rules = { ...settings, timeToLive, retry: retryBackoff(settings), probing: reconnectBackoff(settings) };
  return freelanceClients(world.nodes, rules).map((rule) => about(world.nodes, rule));
}

/* ---------------------------------------------------------------- from options to rules */

type Given = 'expiry' | 'heartbeatInterval' | 'maxDeliveries' | 'readsWhenReady' | 'frames';
type Limits = 'mostQueued' | 'mostQueuedPerService' | 'maxServices' | 'maxConcurrency';

/** Requests wait in the transport: none is taken in to wait. */
const PIRATES: Pick<BalancedRules, Limits | 'readsWhenReady' | 'frames'> = {
  mostQueued: 0,
  mostQueuedPerService: 0,
  maxServices: Infinity,
  maxConcurrency: 1,
  readsWhenReady: true,
  frames: PIRATE_FRAMES,
};

interface Settings {
  readonly busyLimit: number;
  readonly requestExpiry: number;
  readonly maxWorkers: number;
  readonly transportHeartbeatInterval: number;
  readonly transportHeartbeatTimeout: number;
}

function rulesOf(
  { node, strangers = [] }: BrokerWorld<unknown, unknown>,
  broker: Settings,
  workers: Readonly<Required<ReconnectOptions>>,
  pattern: Pick<BalancedRules, Given | Limits>,
): readonly Invariant[] {
  const { busyLimit, requestExpiry, maxWorkers, transportHeartbeatInterval, transportHeartbeatTimeout } = broker;
  const pings = transportHeartbeatInterval === 0 ? Infinity : transportHeartbeatInterval + transportHeartbeatTimeout;
  const rules = { ...pattern, pings, busyLimit, requestExpiry, maxWorkers, strangers, reconnect: reconnectBackoff(workers) };
  return balanced(node, rules).map((rule) => ({ ...rule, nodes: [node, ...strangers] }));
}

function deliveriesOf({ deliveryPolicy, maxDeliveries }: { readonly deliveryPolicy: string; readonly maxDeliveries: number }): number {
  return deliveryPolicy === 'requeue' ? maxDeliveries : 1;
}

interface Heartbeats {
  readonly heartbeatInterval: number;
  readonly heartbeatLiveness: number;
}

function heartbeatsOf({ heartbeatInterval, heartbeatLiveness }: Heartbeats): Heartbeats {
  return { heartbeatInterval, heartbeatLiveness };
}

function heartbeatRules({ heartbeatInterval, heartbeatLiveness }: Heartbeats): Pick<BalancedRules, 'expiry' | 'heartbeatInterval'> {
  return { expiry: heartbeatInterval * heartbeatLiveness, heartbeatInterval };
}

function checkSameHeartbeats(broker: Heartbeats, workers: Heartbeats): void {
  for (const option of ['heartbeatInterval', 'heartbeatLiveness'] as const)
    if (workers[option] !== broker[option])
      throw new InvalidOption(`workers.${option}`, workers[option], `${broker[option]}, as at the broker: the rules know one for both`);
}

function checkBrokerWorld(world: BrokerWorld<unknown, unknown>): void {
  knownOptions(world, BROKER_WORLD);
  if (typeof world.node !== 'string') throw new InvalidOption('node', world.node, 'the name of a node');
  if (world.strangers !== undefined) checkNames('strangers', world.strangers);
}

function checkClientWorld(world: ClientWorld<unknown>, further: readonly string[] = []): void {
  knownOptions(world, [...CLIENT_WORLD, ...further]);
  checkNames('nodes', world.nodes);
}

function checkNames(option: string, names: readonly string[]): void {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw new InvalidOption(option, names, 'a list of names of nodes');
}

/** The rule, for what happens at these nodes. */
function about(nodes: readonly string[], rule: Invariant): Invariant {
  return {
    ...rule,
    nodes,
    watch(run) {
      const watcher = rule.watch(run);
      const on = Object.entries(watcher.on ?? {}).map(([kind, listener]): [string, typeof listener] => [
        kind,
        (event, process) => {
          if (nodes.includes(process.node)) listener(event, process);
        },
      ]);
      return { ...watcher, on: Object.fromEntries(on) };
    },
  };
}
