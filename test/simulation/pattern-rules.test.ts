/** The rules of the patterns in worlds of others: made from the roles' options, at nodes with names of their own. */
import { expect, test } from 'vitest';
import {
  LazyPirateClient,
  MajordomoBroker,
  MajordomoClient,
  MajordomoWorker,
  ParanoidPirateQueue,
  ParanoidPirateWorker,
  SimplePirateQueue,
  SimplePirateWorker,
} from '../../src/index.ts';
import { WorkerSession } from '../../src/load-balancer/session.ts';
import {
  campaign,
  lazyPirateClientRules,
  majordomoClientRules,
  majordomoRules,
  paranoidPirateRules,
  simplePirateRules,
  simulate,
  type Host,
  type Invariant,
  type Nodes,
  type Simulation,
} from '../../src/testkit.ts';
import { replaced, type Undo } from '../catalogue/planting.ts';

const HEARTBEATS = { heartbeatInterval: 500, heartbeatLiveness: 4 };
const BROKER = { maxQueuedRequests: 5, maxDeliveries: 2, busyLimit: 3000 };
const WORKERS = { reconnectInterval: 100, reconnectMaximum: 1000 };
const RETRIES = { requestTimeout: 1000, requestRetries: 4 };
const PATIENT = { ...RETRIES, deadline: 15_000 };
const ENDS = { frontend: 'sim://hub-front', backend: 'sim://hub-back' };

const anvil = (host: Host) => host.work(async ({ body }) => (await host.sleep(200 * host.random()), body));

async function askOn(host: Host, request: (body: string) => Promise<{ readonly body: readonly Buffer[] }>): Promise<void> {
  for (let number = 1; ; number++) {
    await host.sleep(300);
    const body = `${host.name}.${host.incarnation}.${number}`;
    void host.ask({ body, within: 20_000, send: () => request(body) });
  }
}

const mdp: Nodes = {
  hub: async (host) => {
    host.keep(await MajordomoBroker.listen('sim://hub', { ...host.ports, ...HEARTBEATS, ...BROKER }));
  },
  smith: (host) => {
    host.keep(MajordomoWorker.connect('sim://hub', 'iron', anvil(host), { ...host.ports, ...HEARTBEATS, ...WORKERS }));
  },
  joiner: (host) => {
    host.keep(MajordomoWorker.connect('sim://hub', 'iron', anvil(host), { ...host.ports, ...HEARTBEATS, ...WORKERS }));
  },
  buyer: (host) => {
    const client = host.keep(MajordomoClient.connect('sim://hub', { ...host.ports, ...RETRIES }));
    return askOn(host, (body) => client.request('iron', body));
  },
};
const buyer: Nodes[string] = (host) => {
  const client = host.keep(LazyPirateClient.connect(ENDS.frontend, { ...host.ports, ...PATIENT }));
  return askOn(host, (body) => client.request(body));
};
const paranoid: Nodes = {
  hub: async (host) => {
    host.keep(await ParanoidPirateQueue.listen(ENDS, { ...host.ports, ...HEARTBEATS }));
  },
  smith: (host) => {
    host.keep(ParanoidPirateWorker.connect(ENDS.backend, anvil(host), { ...host.ports, ...HEARTBEATS, ...WORKERS }));
  },
  buyer,
};
const simple: Nodes = {
  hub: async (host) => {
    host.keep(await SimplePirateQueue.listen(ENDS, { ...host.ports }));
  },
  smith: (host) => {
    host.keep(SimplePirateWorker.connect(ENDS.backend, anvil(host), { ...host.ports, ...WORKERS }));
  },
  buyer,
};

const lazyClients = lazyPirateClientRules({ nodes: ['buyer'], options: PATIENT });
const market = (name: string, nodes: Nodes, invariants: readonly Invariant[]): Simulation =>
  simulate({ name, nodes, invariants, breaking: 60_000, healing: 20_000, faults: { ops: ['crash', 'pause', 'cut', 'partition'] } });
const MDP_RULES = [
  ...majordomoRules({ node: 'hub', options: { ...HEARTBEATS, ...BROKER }, workers: WORKERS }),
  ...majordomoClientRules({ nodes: ['buyer'], options: RETRIES }),
];
const ironMarket = market('iron', mdp, MDP_RULES);

test.each([
  ['Majordomo', ironMarket],
  [
    'Paranoid Pirate',
    market('paranoid iron', paranoid, [...paranoidPirateRules({ node: 'hub', options: HEARTBEATS, workers: WORKERS }), ...lazyClients]),
  ],
  ['Simple Pirate', market('simple iron', simple, [...simplePirateRules({ node: 'hub', workers: WORKERS }), ...lazyClients])],
])(
  'a world of %s with nodes and options of its own keeps to the rules of its pattern',
  { timeout: 60_000 },
  async (_pattern, simulation) => {
    const { runs, failures } = await campaign(simulation, { seeds: 25 });
    expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
    expect(runs).toBe(25);
  },
);

test('in such a world a worker is expected to be given no more at once than the broker has queue for', { timeout: 60_000 }, async () => {
  const narrow = { ...HEARTBEATS, highWaterMark: 13 };
  const slow: Nodes = {
    ...mdp,
    hub: async (host) => {
      host.keep(await MajordomoBroker.listen('sim://hub', { ...host.ports, ...narrow }));
    },
    smith: (host) => {
      const work = host.work(async ({ body }) => (await host.sleep(500), body));
      host.keep(MajordomoWorker.connect('sim://hub', 'iron', work, { ...host.ports, ...HEARTBEATS, ...WORKERS, concurrency: 8 }));
    },
    joiner: () => undefined,
  };
  const { failures } = await campaign(market('narrow iron', slow, majordomoRules({ node: 'hub', options: narrow, workers: WORKERS })), {
    seeds: 10,
  });
  expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
});

const forgetful = (): Undo =>
  replaced(
    WorkerSession.prototype,
    'surrender',
    () =>
      function (this: WorkerSession) {
        while (this.held.take() !== undefined);
      },
  );

test('in such a world a broker that forgets the requests of lost workers is found', async () => {
  const undo = forgetful();
  try {
    const { violation } = await ironMarket.run(1, {
      schedule: [10, 20, 30, 40].map((s) => ({ at: s * 1000, op: 'crash', node: 'smith', for: 500 })),
    });
    expect(violation?.invariant).toBe('U6');
  } finally {
    undo();
  }
});

test.each([
  ['a limit', { ...BROKER, maxQueuedRequests: 4 }, 'U9'],
  ['a number of deliveries', { ...BROKER, maxDeliveries: 1 }, 'MD6'],
])('in such a world %s that is exceeded is found', { timeout: 60_000 }, async (_what, options, rule) => {
  const strict = majordomoRules({ node: 'hub', options: { ...HEARTBEATS, ...options }, workers: WORKERS });
  const { failures } = await campaign(market('iron', mdp, strict), { seeds: 10 });
  expect(failures.map(({ violation }) => violation?.invariant)).toContain(rule);
});

test('the retries of clients are judged by their own options, and by nobody else’s', async () => {
  const strict = (node: string): Simulation =>
    market('iron', mdp, majordomoClientRules({ nodes: [node], options: { ...RETRIES, requestRetries: 1 } }));
  const schedule = [{ at: 10_000, op: 'crash', node: 'hub', for: 5000 }] as const;
  expect((await strict('buyer').run(1, { schedule })).violation?.invariant).toBe('LP1');
  expect((await strict('smith').run(1, { schedule })).violation).toBeUndefined();
});

test.each<[string, string, () => unknown]>([
  ['an option that is none', 'broker', () => majordomoRules({ broker: 'hub' } as never)],
  ['no node', 'node', () => majordomoRules({} as never)],
  ['a wrong option of the broker', 'busyLimit', () => majordomoRules({ node: 'hub', options: { busyLimit: -1 } })],
  ['a wrong option of the workers', 'reconnectInterval', () => simplePirateRules({ node: 'hub', workers: { reconnectInterval: -1 } })],
  [
    'workers with other heartbeats',
    'workers.heartbeatInterval',
    () => paranoidPirateRules({ node: 'hub', options: HEARTBEATS, workers: { heartbeatInterval: 100 } }),
  ],
  ['strangers that are no list', 'strangers', () => simplePirateRules({ node: 'hub', strangers: 'all' as never })],
  ['no nodes of clients', 'nodes', () => lazyPirateClientRules({} as never)],
  ['a node that is not there', 'invariants', () => market('iron', mdp, majordomoRules({ node: 'broker' }))],
])('the rules of a pattern cannot be made of %s', (_what, option, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }));
});
