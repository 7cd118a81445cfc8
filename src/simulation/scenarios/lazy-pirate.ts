/** Lazy Pirate: two clients, two servers that do the same. */
import { LazyPirateClient } from '../../lazy-pirate/client.ts';
import { LazyPirateServer } from '../../lazy-pirate/server.ts';
import type { Program } from '../host.ts';
import type { Invariant } from '../invariants.ts';
import { lazyPirateClientRules } from '../pattern-rules.ts';
import { simulate, type Simulation } from '../simulate.ts';
import { requestOf } from '../writer.ts';
import { MISCHIEF, strangeListener, stranger, type Phrase } from './strangers.ts';
import { askOnAndOn, worker } from './workload.ts';

const SERVERS = ['sim://server-1', 'sim://server-2'];
const REQUESTS = { requestTimeout: 1500, requestRetries: 3, retryInterval: 100, retryMaximum: 1000, retryJitter: 0.5, deadline: 10_000 };
const SERVER = { maxConcurrentRequests: 2, maxQueuedRequests: 4, drainTimeout: 1000, highWaterMark: 50 };
/** Some cannot wait for so long. */
const HURRIED_MS = 3000;
const PINGS = { transportHeartbeatInterval: 1000, transportHeartbeatTimeout: 3000 };
/** As many as one client may send at once; the others wait, each for those before it. */
const BURST = 3;
const MOST_SOCKETS = 4;

const server =
  (endpoint: string): Program =>
  async (host) => {
    host.keep(
      await LazyPirateServer.listen(endpoint, worker(host), {
        ...host.ports,
        ...PINGS,
        ...SERVER,
      }),
    );
  };

const clientOf =
  (endpoints: readonly string[]): Program =>
  async (host) => {
    const client = host.keep(LazyPirateClient.connect(endpoints, { ...host.ports, ...REQUESTS, ...PINGS, maxSockets: MOST_SOCKETS }));
    await askOnAndOn(host, {
      every: 2000,
      within: REQUESTS.deadline,
      burst: BURST,
      abortEvery: 20,
      hurried: { share: 0.2, within: HURRIED_MS },
      send: (body, options) => client.request(body, options),
    });
  };

const clientRules = (...nodes: readonly string[]): readonly Invariant[] => lazyPirateClientRules({ nodes, options: REQUESTS });

/** U9: a server takes no more than it may. */
const boundedServers: Invariant = {
  id: 'U9',
  sentence: 'a server works on no more requests at a time, and lets no more wait, than it may',
  watch: (run) => ({
    on: {
      execute: (_event, process) => {
        const [view] = run.inspect(process.node) as { working: number; waiting: number }[];
        if (view === undefined) return;
        if (view.working > SERVER.maxConcurrentRequests) run.violated(`${process.node} works on ${view.working} requests`);
        if (view.waiting > SERVER.maxQueuedRequests) run.violated(`${view.waiting} requests wait at ${process.node}`);
      },
    },
  }),
};

/** LP2: seen from the servers, a connection brings the next request only after the answer to the last one. */
const onePerSocket: Invariant = {
  id: 'LP2',
  sentence: 'a connection carries one request at a time, and none after one that was not answered',
  watch(run) {
    const open = new Set<string>();
    return {
      delivered(to, from, peer) {
        if (!to.node.startsWith('server') || !from.startsWith('client')) return;
        if (open.has(peer)) run.violated(`a second request came over ${peer} before the first was answered`);
        open.add(peer);
      },
      sent(from, _to, peer) {
        if (from.node.startsWith('server')) open.delete(peer);
      },
    };
  },
};

/** LP4: what a connection may still bring must not find anybody, and nobody pays for it. */
const closedAfterFailure: Invariant = {
  id: 'LP4',
  sentence: 'the connection of an attempt that has failed is closed',
  watch(run) {
    const connections = new Map<string, string>();
    /** What is about to be sent, and by whom. */
    let attempt: { readonly request: string; readonly life: string } | undefined;
    const mustBeClosed = (request: string): void => {
      const connection = connections.get(request);
      if (connection === undefined) return;
      connections.delete(request);
      run.at(run.now, () => {
        if (run.isLinked(connection)) run.violated(`request ${request} has failed, and ${connection} is still open`);
      });
    };
    return {
      on: {
        attempt: (event, process) => {
          attempt = { request: requestOf(event, process), life: process.life };
          mustBeClosed(attempt.request);
        },
        fail: (event, process) => {
          mustBeClosed(requestOf(event, process));
        },
        reply: (event, process) => {
          connections.delete(requestOf(event, process));
        },
      },
      sent(from, to, peer) {
        if (attempt?.life === from.life && to !== '') connections.set(attempt.request, peer);
        attempt = undefined;
      },
    };
  },
};

export const lazyPirate: Simulation = simulate({
  name: 'lazy-pirate',
  nodes: {
    'server-1': server(SERVERS[0] as string),
    'server-2': server(SERVERS[1] as string),
    'client-1': clientOf(SERVERS),
    'client-2': clientOf(SERVERS.toReversed()),
    stranger: stranger({ endpoint: SERVERS[0] as string, phrases: MISCHIEF, every: 3000 }),
  },
  core: (random) => [random.pick(['server-1', 'server-2']), random.pick(['client-1', 'client-2'])],
  invariants: [...clientRules('client-1', 'client-2'), onePerSocket, closedAfterFailure, boundedServers],
  network: (random) => ({ disconnectNotices: random.chance(0.75), lateAnswers: random.chance(0.5) }),
});

/** The right answer, to whatever was asked last. */
const answer: Phrase = (_random, heard) => [...heard.slice(0, -1), `answer to ${heard.at(-1) ?? ''}`];

export const lazyPirateWithStrangers: Simulation = simulate({
  name: 'lazy-pirate-strange-server',
  nodes: {
    'server-1': strangeListener({ endpoint: SERVERS[0] as string, phrases: [...MISCHIEF, answer], every: 1000 }),
    'server-2': server(SERVERS[1] as string),
    'client-1': clientOf(SERVERS),
  },
  // A server that lies is believed: nothing on this wire says otherwise.
  without: ['U1', 'progress'],
  invariants: clientRules('client-1'),
});
