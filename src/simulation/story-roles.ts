/** The roles of a story's nodes, by pattern, and their events in words. */
import { BinaryStarClient } from '../binary-star/client.ts';
import { SeaworthyError } from '../core/errors.ts';
import type { AttemptRecord } from '../core/requests.ts';
import { FreelanceClient } from '../freelance/client.ts';
import { FreelanceServer } from '../freelance/server.ts';
import { LazyPirateClient } from '../lazy-pirate/client.ts';
import { LazyPirateServer } from '../lazy-pirate/server.ts';
import { MajordomoBroker } from '../majordomo/broker.ts';
import { MajordomoClient } from '../majordomo/client.ts';
import { MajordomoWorker } from '../majordomo/worker.ts';
import { ParanoidPirateQueue } from '../paranoid-pirate/queue.ts';
import { ParanoidPirateWorker } from '../paranoid-pirate/worker.ts';
import type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
import { SimplePirateQueue } from '../simple-pirate/queue.ts';
import { SimplePirateWorker } from '../simple-pirate/worker.ts';
import type { Frame } from '../wire/message.ts';
import type { Keepable, Ports } from './host.ts';
import { rounded, withArticle } from './story-chronicle.ts';
import { shown, type StoryPattern } from './story-words.ts';

/** Options as a story gives them. */
export type StoryOptions = Readonly<Record<string, string | number>>;

/** A handler for every pattern. */
export type StoryHandler = (request: IncomingRequest, context: { readonly signal: AbortSignal }) => Promise<ReplyBody>;

export interface StoryClient {
  readonly role: Keepable;
  /** Of a pool that may change. */
  readonly pool?: { add(endpoint: string): boolean; remove(endpoint: string): boolean };
  ask(service: string, body: Frame, options: { readonly signal: AbortSignal }): Promise<Answered>;
}

/** Where a node listens: for clients, or for workers where those come by another door. */
export function endpointOf(node: string, door: 'clients' | 'workers'): string {
  const place = `sim://${node.replaceAll(' ', '-')}`;
  return node === 'queue' ? `${place}/${door}` : place;
}

/** Who listens at an endpoint. */
export function nodeAt(endpoint: string): string {
  return endpoint
    .replace(/^sim:\/\//, '')
    .replace(/\/.*/, '')
    .replaceAll('-', ' ');
}

/** The node at the other end of a connection, by the label that the listener has for it. */
export function nodeOf(label: string): string {
  return label.replace(/\.\d+#\d+$/, '');
}

/** The role that listens in the middle of a pattern; none if it has no such. */
export function hubOf(pattern: StoryPattern, node: string, handler: StoryHandler, options: Ports): Promise<Keepable> | undefined {
  const endpoints = { frontend: endpointOf(node, 'clients'), backend: endpointOf(node, 'workers') };
  switch (pattern) {
    case 'majordomo':
      return node === 'broker' ? MajordomoBroker.listen(endpointOf(node, 'clients'), options) : undefined;
    case 'paranoid-pirate':
      return node === 'queue' ? ParanoidPirateQueue.listen(endpoints, options) : undefined;
    case 'simple-pirate':
      return node === 'queue' ? SimplePirateQueue.listen(endpoints, options) : undefined;
    case 'lazy-pirate':
      return node.startsWith('server') ? LazyPirateServer.listen(endpointOf(node, 'clients'), handler, options) : undefined;
    case 'freelance':
      return node.startsWith('server') ? FreelanceServer.listen(endpointOf(node, 'clients'), handler, options) : undefined;
    case 'binary-star':
      return undefined;
  }
}

/** A worker of the pattern; none if it has no workers. */
export function workerOf(pattern: StoryPattern, service: string, handler: StoryHandler, options: Ports): Keepable | undefined {
  switch (pattern) {
    case 'majordomo':
      return MajordomoWorker.connect(endpointOf('broker', 'workers'), service, handler, options);
    case 'paranoid-pirate':
      return ParanoidPirateWorker.connect(endpointOf('queue', 'workers'), handler, options);
    case 'simple-pirate':
      return SimplePirateWorker.connect(endpointOf('queue', 'workers'), handler, options);
    case 'lazy-pirate':
    case 'freelance':
    case 'binary-star':
      return undefined;
  }
}

/** A client of the pattern, of the nodes that it is to ask. */
export function clientOf(pattern: StoryPattern, nodes: readonly string[], options: Ports): StoryClient {
  const endpoints = nodes.map((node) => endpointOf(node, 'clients'));
  if (pattern === 'majordomo') {
    const role = MajordomoClient.connect(endpoints[0] as string, options);
    return { role, ask: (service, body, call) => role.request(service, body, call) };
  }
  if (pattern === 'freelance') {
    const role = FreelanceClient.connect(endpoints, options);
    return { role, pool: role, ask: (_service, body, call) => role.request(body, call) };
  }
  const role = (pattern === 'binary-star' ? BinaryStarClient : LazyPirateClient).connect(endpoints, options);
  return { role, ask: (_service, body, call) => role.request(body, call) };
}

type Fields = Readonly<Record<string, unknown>>;

const heldWords = (held: unknown): string => (held === 0 ? '' : held === 1 ? ' with a request' : ` with ${text(held)} requests`);

/** What is told of each event. Those that say the same as the message they come with are left out. */
const TOLD: Readonly<Record<string, (fields: Fields, hub: string) => string>> = {
  workerRegistered: ({ worker, service }) => `registers ${peer(worker)}${service === undefined ? '' : ` for ${service as string}`}`,
  workerLost: ({ worker, reason, noticedBy, heldRequests }) =>
    `loses ${peer(worker)}${heldWords(heldRequests)}: ${text(reason)}, noticed by ${text(noticedBy)}`,
  requestRequeued: ({ deliveries }) => `takes the request back (deliveries ${text(deliveries)})`,
  requestFailed: ({ code, deliveries }) => `gives a request up: ${text(code)} (deliveries ${text(deliveries)})`,
  requestDropped: ({ reason, deliveries }) =>
    reason === undefined ? `drops a request: its client has left (deliveries ${text(deliveries)})` : `drops a request: ${text(reason)}`,
  peerRefused: ({ reason }) => `refuses it: ${text(reason)}`,
  brokerLost: ({ reason, retryIn }, hub) =>
    `loses ${withArticle(hub)}${reason === undefined ? '' : `: ${text(reason)}`}; tries again ${retryIn === 0 ? 'when its handler has ended' : `in ${rounded(Number(retryIn))} ms`}`,
  handlerFailed: () => 'its handler throws',
  replyDiscarded: () => 'discards the result: nobody waits for it',
  requestRetried: ({ attempt, after }) => `makes attempt ${text(attempt)} (the last one: ${text(after)})`,
  staleReply: () => 'nobody waits for it any more',
  linkUsable: ({ correlation }) => `knows its broker (correlation ${text(correlation)})`,
  requestHedged: ({ attempt }) => `asks another one as well (attempt ${text(attempt)})`,
  serverAlive: ({ endpoint }) => `knows that ${at(endpoint)} is alive`,
  serverDoubted: ({ endpoint }) => `doubts ${at(endpoint)}`,
  serverRefused: ({ endpoint }) => `knows ${at(endpoint)} no more: the transport refuses it`,
  serverLost: ({ endpoint, reason }) => `takes ${at(endpoint)} for dead: ${text(reason)}`,
  becamePassive: ({ epoch, reason }) => `is passive, ${epochOf(epoch)}: ${text(reason)}`,
  fenced: ({ known, by }) =>
    by === 'arbiter'
      ? 'has no lease any more'
      : `learns from ${by === 'client' ? 'a client' : 'its peer'} that ${epochOf(known)} has begun`,
  epochRaised: ({ epoch }) => `serves on, ${epochOf(epoch)}`,
  suspended: () => 'serves nobody until it knows whether its peer does',
  resumed: () => 'serves on',
  peerFound: () => 'finds its peer',
  peerLost: ({ silentFor }) => `misses its peer, silent for ${rounded(Number(silentFor))} ms`,
  misconfigured: ({ why }) => `says that it is set up wrongly: ${text(why)}`,
  serverFenced: ({ known }) => `does not believe it: it knows of ${epochOf(known)}`,
  unusable: ({ error }) => `cannot go on: ${(error as Error).constructor.name}`,
  stalled: ({ milliseconds }) => `finds that it stood still for ${rounded(Number(milliseconds))} ms`,
  closed: () => 'has closed',
};

interface Eventful {
  on(event: string, listener: (fields: Fields) => void): unknown;
}

/** Tells of what a role notices, but for some events, for as long as it lives. */
export function listenTo(role: Keepable, hub: string, tell: (fact: string) => void, except: readonly string[] = []): void {
  const events = role.events as Eventful;
  for (const [event, words] of Object.entries(TOLD)) {
    if (except.includes(event)) continue;
    events.on(event, (fields) => {
      tell(words(fields, hub));
    });
  }
}

/** The number of a takeover. In classic mode they are not counted. */
export function epochOf(epoch: unknown): string {
  return epoch === 0 ? 'without an epoch' : `epoch ${text(epoch)}`;
}

function text(value: unknown): string {
  return String(value);
}

function at(endpoint: unknown): string {
  return withArticle(nodeAt(text(endpoint)));
}

function peer(label: unknown): string {
  return nodeOf(text(label));
}

/** Counters without an event of their own, which a story must tell of when they move. */
const COUNTED = ['lateReplies', 'invalid', 'undeliverable'];

export type Counts = Readonly<Record<string, number>>;

export function countsOf(role: Keepable): Counts {
  const { counters = {} } = (role.inspect?.() ?? {}) as { readonly counters?: Counts };
  return counters;
}

/** What was counted meanwhile. */
export function countedSince(before: Counts, now: Counts): string[] {
  return COUNTED.filter((name) => (now[name] ?? 0) !== (before[name] ?? 0)).map((name) => `${name} is now ${now[name] ?? 0}`);
}

/** All counters that are not 0. */
export function allCounts(role: Keepable): string {
  const counts = Object.entries(countsOf(role)).filter(([, count]) => count > 0);
  return counts.map(([name, count]) => `${name} ${count}`).join(', ') || 'nothing';
}

export interface Answered {
  readonly body: readonly Buffer[];
  readonly attempts: readonly AttemptRecord[];
  readonly deliveries?: number;
}

/** Endpoints of servers of which a client knows several. */
const SEVERAL = /^sim:\/\/(?:server|primary|backup)/;

export function answerInWords(asked: string, { body, attempts, deliveries }: Answered): string {
  const times = deliveries === undefined ? '' : `; deliveries ${deliveries}`;
  const by = attempts.find(({ outcome }) => outcome === 'replied')?.endpoint;
  const from = by === undefined || !SEVERAL.test(by) ? '' : ` of ${withArticle(nodeAt(by))}`;
  return `has the answer${from} to ${asked}: ${shown(body)} (${attemptsInWords(attempts)}${times})`;
}

/** Everything that an error says in fields. */
export function failureInWords(asked: string, error: unknown): string {
  if (!(error instanceof SeaworthyError)) return `its request ${asked} fails: ${String(error)}`;
  const { attempts, mayHaveRun, failure, reason, deliveries } = error as SeaworthyError & {
    readonly attempts?: readonly AttemptRecord[];
    readonly mayHaveRun?: boolean;
    readonly failure?: string;
    readonly reason?: string;
    readonly deliveries?: number;
  };
  const parts = [
    ...(attempts === undefined || attempts.length === 0 ? [] : [attemptsInWords(attempts)]),
    ...(deliveries === undefined ? [] : [`deliveries ${deliveries}`]),
    ...(mayHaveRun === undefined ? [] : [mayHaveRun ? 'may have run' : 'cannot have run']),
    ...(error.retriable ? [] : ['not retriable']),
  ];
  const why = failure ?? reason;
  return `its request ${asked} fails: ${error.constructor.name}${why === undefined ? '' : ` ${why}`} (${parts.join('; ')})`;
}

function attemptsInWords(attempts: readonly AttemptRecord[]): string {
  const count = attempts.length === 1 ? 'attempt' : 'attempts';
  return `${count} ${attempts.map(({ outcome }) => outcome).join(', ')}`;
}
