/** Programs with several roles in one process: each counts its own requests, and none is judged for what another does. */
import { expect, test } from 'vitest';
import { LazyPirateClient, LazyPirateServer, MajordomoBroker, MajordomoClient, MajordomoWorker } from '../../src/index.ts';
import { attemptRules } from '../../src/simulation/attempt-rules.ts';
import { simulate, type Host, type Program, type SimulationOptions } from '../../src/testkit.ts';

const calm: SimulationOptions = { name: 'two roles', nodes: {}, breaking: 10_000, healing: 2000, faults: { most: 0 } };
const rules = attemptRules(3, { base: 100, maximum: 1000, jitter: 0.5 });
const RETRIES = { requestTimeout: 500, retryInterval: 100, retryMaximum: 1000 };

interface Asker {
  request(body: string): Promise<{ readonly body: readonly Buffer[] }>;
}

/** Asks both, now and then at once. */
async function askInTurn(host: Host, clients: readonly Asker[]): Promise<void> {
  for (let number = 1; ; number++) {
    for (const [index, client] of clients.entries()) {
      const body = `${host.name} ${index} ${number}`;
      void host.ask({ body, within: 5000, send: () => client.request(body) });
    }
    await host.sleep(500);
  }
}

const server: Program = async (host) => {
  host.keep(
    await LazyPirateServer.listen(
      `sim://${host.name}`,
      host.work(({ body }) => body),
      { ...host.ports },
    ),
  );
};
const lazyGateway: Program = (host) =>
  askInTurn(
    host,
    ['sim://stock', 'sim://prices'].map((endpoint) => host.keep(LazyPirateClient.connect(endpoint, { ...host.ports, ...RETRIES }))),
  );

const broker: Program = async (host) => {
  host.keep(await MajordomoBroker.listen(`sim://${host.name}`, { ...host.ports }));
};
const worker: Program = async (host) => {
  for (const endpoint of ['sim://north', 'sim://south'])
    host.keep(
      MajordomoWorker.connect(
        endpoint,
        'echo',
        host.work(({ body }) => body),
        { ...host.ports },
      ),
    );
};
const majordomoGateway: Program = (host) =>
  askInTurn(
    host,
    ['sim://north', 'sim://south'].map((endpoint) => {
      const client = host.keep(MajordomoClient.connect(endpoint, { ...host.ports, ...RETRIES }));
      return { request: (body: string) => client.request('echo', body) };
    }),
  );

test.each<[string, SimulationOptions['nodes']]>([
  ['Lazy Pirate', { stock: server, prices: server, gateway: lazyGateway }],
  ['Majordomo', { north: broker, south: broker, worker, gateway: majordomoGateway }],
])('a process with two %s clients breaks no rule, though both count their requests from one', async (_pattern, nodes) => {
  const { violation, statistics } = await simulate({ ...calm, nodes, invariants: rules }).run(1);
  expect(violation).toBeUndefined();
  expect(statistics).toMatchObject({ unanswered: 0 });
  expect(statistics.answered).toBeGreaterThan(40);
});

test('in the trace the roles of one process can be told apart', async () => {
  const { trace } = await simulate({ ...calm, nodes: { stock: server, prices: server, gateway: lazyGateway } }).run(1, { keepTrace: true });
  const attempts = trace.filter(({ kind, request }) => kind === 'attempt' && request === 1);
  expect(attempts.map(({ node, role }) => ({ node, role }))).toEqual([
    { node: 'gateway', role: undefined },
    { node: 'gateway', role: 2 },
  ]);
});
