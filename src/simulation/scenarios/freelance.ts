/** Freelance: three servers, each of all three models, and a client of each model. */
import { FreelanceClient } from '../../freelance/client.ts';
import { FREELANCE_MODELS, controlFrame, type FreelanceModel } from '../../freelance/codec.ts';
import type { FreelanceClientOptions } from '../../freelance/options.ts';
import { FreelanceServer } from '../../freelance/server.ts';
import type { Host, Program } from '../host.ts';
import type { Invariant } from '../invariants.ts';
import { freelanceClientRules, freelanceRules } from '../pattern-rules.ts';
import { simulate, type Simulation } from '../simulate.ts';
import { MISCHIEF, strangeListener, stranger, type Phrase } from './strangers.ts';
import { askOnAndOn, worker } from './workload.ts';

const SERVERS = ['server-1', 'server-2', 'server-3'] as const;
const PINGS = { transportHeartbeatInterval: 1000, transportHeartbeatTimeout: 3000 };
const SERVER = { maxConcurrentRequests: 2, maxQueuedRequests: 4, drainTimeout: 1000, highWaterMark: 50 };
const CLIENT = {
  ...PINGS,
  ...{ retryInterval: 100, retryMaximum: 1000, retryJitter: 0.5 },
  ...{ reconnectInterval: 200, reconnectMaximum: 2000, reconnectJitter: 0.8 },
  serverTimeToLive: 3000,
  maxServers: SERVERS.length,
};
/** What a client of each model is given. */
const CLIENTS = {
  addressed: { ...CLIENT, model: 'addressed', requestTimeout: 700, deadline: 5000, hedgeDelay: 300, pingInterval: 1000 },
  sequential: { ...CLIENT, model: 'sequential', requestTimeout: 700, requestRetries: 6, hedgeDelay: 300, probe: 'instant probe' },
  shotgun: { ...CLIENT, model: 'shotgun', requestTimeout: 1000, requestRetries: 3, probe: 'instant probe' },
} as const satisfies { readonly [model in FreelanceModel]: FreelanceClientOptions };
/** All rounds: each waits for a server, then for an answer; and the pauses between them. */
const WITHIN: { readonly [model in FreelanceModel]: number } = { addressed: 5000, sequential: 6 * 1700 + 500, shotgun: 3 * 2000 + 500 };
const HURRIED_MS = 2000;
/** Ms between changes of what a client knows, on average. */
const CHANGE_MS = 4000;
/** Ms between two looks at a client's connections. */
const LOOK_MS = 2000;

const endpointOf = (node: string, model: FreelanceModel): string => `sim://${node}-${model}`;
const endpointsOf = (nodes: readonly string[], model: FreelanceModel): string[] => nodes.map((node) => endpointOf(node, model));

const server: Program = async (host) => {
  const work = worker(host);
  for (const model of FREELANCE_MODELS)
    host.keep(await FreelanceServer.listen(endpointOf(host.name, model), work, { ...host.ports, ...PINGS, ...SERVER, model }));
};

/** Some do without what they may have. */
function optionsOf(host: Host, model: FreelanceModel): FreelanceClientOptions {
  const hedgeDelay = host.random() < 0.5 ? { hedgeDelay: 0 } : {};
  const probe = model !== 'addressed' && host.random() < 0.5 ? { probe: false as const } : {};
  return { ...host.ports, ...CLIENTS[model], ...hedgeDelay, ...probe };
}

const clientOf =
  (model: FreelanceModel, nodes: readonly string[]): Program =>
  async (host) => {
    const endpoints = endpointsOf(nodes, model);
    const client = host.keep(FreelanceClient.connect(endpoints, optionsOf(host, model)));
    void changeOnAndOn(host, client, endpoints);
    await askOnAndOn(host, {
      every: 2000,
      within: WITHIN[model],
      burst: 3,
      abortEvery: 20,
      hurried: { share: 0.2, within: HURRIED_MS },
      send: (body, options) => client.request(body, options),
    });
  };

/** Servers are removed, and are added again later; when all is well, all are known. */
async function changeOnAndOn(host: Host, client: FreelanceClient, endpoints: readonly string[]): Promise<void> {
  while (client.inspect().state === 'open') {
    await host.sleep(2 * CHANGE_MS * host.random());
    if (client.inspect().state === 'closed') return;
    const [endpoint = '', ...missing] = endpoints.filter((each) => !client.endpoints.includes(each));
    const known = client.endpoints[Math.floor(client.endpoints.length * host.random())];
    if (host.healing) for (const each of missing) client.add(each);
    if (endpoint !== '' && (host.healing || host.random() < 0.5)) client.add(endpoint);
    else if (!host.healing && known !== undefined) client.remove(known);
  }
}

const clientRules = (node: string, model: FreelanceModel): readonly Invariant[] =>
  freelanceClientRules({ nodes: [node], options: CLIENTS[model] });

/** FL3: one connection for each server, and none for those that are known no more. */
const oneConnectionEach = (...nodes: readonly string[]): Invariant => ({
  id: 'FL3',
  sentence: 'a client has one connection to each server that it knows, and no other',
  nodes,
  watch: (run) => {
    const look = (): void => {
      run.at(run.now + LOOK_MS, look);
      for (const node of nodes) {
        const process = run.processOf(node);
        const [view] = run.inspect(node) as readonly { readonly state: string; readonly servers: readonly object[] }[];
        if (process === undefined || view?.state !== 'open' || process.sockets <= view.servers.length) continue;
        run.violated(`${process.life} has ${process.sockets} connections to ${view.servers.length} servers`);
      }
    };
    run.at(LOOK_MS, look);
    return {};
  },
});

export const freelance: Simulation = simulate({
  name: 'freelance',
  nodes: {
    ...Object.fromEntries(SERVERS.map((name) => [name, server])),
    'client-1': clientOf('addressed', SERVERS),
    'client-2': clientOf('sequential', SERVERS),
    'client-3': clientOf('shotgun', SERVERS),
    stranger: stranger({ endpoint: endpointOf('server-1', 'addressed'), phrases: MISCHIEF, every: 3000 }),
  },
  core: (random) => [random.pick(SERVERS), random.pick(['client-1', 'client-2', 'client-3'])],
  faults: { around: CLIENT.serverTimeToLive },
  invariants: [
    ...clientRules('client-1', 'addressed'),
    ...clientRules('client-2', 'sequential'),
    ...clientRules('client-3', 'shotgun'),
    ...freelanceRules({ nodes: SERVERS, options: SERVER }),
    oneConnectionEach('client-1', 'client-2', 'client-3'),
  ],
  network: (random) => ({ disconnectNotices: random.chance(0.75), lateAnswers: random.chance(0.5) }),
});

/* ---------------------------------------------------------------- liars */

const pong: Phrase = () => ['PONG'];
/** What has been asked before, or nobody has asked yet; the first number is that of a first PONG, for who reads it so. */
const guess: Phrase = (random) => [controlFrame(random.integer(0, 60)).toString('latin1'), 'answer of a stranger'];
/** The same in the frames of the others. */
const guessInAnEnvelope: Phrase = (random, heard) => {
  const [control, body] = guess(random, heard) as [string, string];
  return random.chance(0.5) ? [control, '', body] : ['', control, body];
};
const pingAsControl: Phrase = () => ['PING', 'x'];
/** The right answer, to whatever was asked last. */
const answer: Phrase = (_random, heard) => [...heard.slice(0, -1), `answer to ${heard.at(-1) ?? ''}`];

const LIES: readonly Phrase[] = [...MISCHIEF, pong, pong, guess, guessInAnEnvelope, pingAsControl, answer, answer];
const liar = (name: string, model: FreelanceModel): Program =>
  strangeListener({ endpoint: endpointOf(name, model), phrases: LIES, every: 700 });
const vandal = (model: FreelanceModel): Program =>
  stranger({ endpoint: endpointOf('server-1', model), phrases: [...LIES, () => ['PING']], every: 500 });

/** Servers that lie, and clients that are none: what a liar answers to a request of its own is believed, nothing else. */
export const freelanceWithStrangers: Simulation = simulate({
  name: 'freelance-strange-servers',
  nodes: {
    'liar-1': liar('liar-1', 'addressed'),
    'liar-2': liar('liar-2', 'sequential'),
    'liar-3': liar('liar-3', 'shotgun'),
    'server-1': server,
    'client-1': clientOf('addressed', ['liar-1', 'server-1']),
    'client-2': clientOf('sequential', ['liar-2', 'server-1']),
    'client-3': clientOf('shotgun', ['liar-3', 'server-1']),
    vandal: vandal('addressed'),
    rioter: vandal('sequential'),
  },
  without: ['U1', 'progress'],
  faults: { around: CLIENT.serverTimeToLive },
  invariants: [
    ...clientRules('client-1', 'addressed'),
    ...clientRules('client-2', 'sequential'),
    ...clientRules('client-3', 'shotgun'),
    ...freelanceRules({ nodes: ['server-1'], options: SERVER }),
    oneConnectionEach('client-1', 'client-2', 'client-3'),
  ],
});
