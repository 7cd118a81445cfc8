/** Clients and workers that know two brokers, in simulation: brokers crash, links are cut and stand still, and the pauses are those of rounds. */
import { expect, test } from 'vitest';
import {
  MajordomoBroker,
  MajordomoClient,
  MajordomoWorker,
  ParanoidPirateQueue,
  ParanoidPirateWorker,
  LazyPirateClient,
} from '../../src/index.ts';
import { campaign, majordomoClientRules, simulate, type Host, type Nodes } from '../../src/testkit.ts';

const BOTH = ['sim://east', 'sim://west'];
const HEARTBEATS = { heartbeatInterval: 500, heartbeatLiveness: 4 };
const WORKERS = { reconnectInterval: 200, reconnectMaximum: 1600 };
const CLIENTS = { requestTimeout: 1000, requestRetries: 6, reconnectInterval: 500, reconnectMaximum: 4000 };

const broker =
  (endpoint: string): Nodes[string] =>
  async (host) => {
    host.keep(await MajordomoBroker.listen(endpoint, { ...host.ports, ...HEARTBEATS }));
  };
const worker =
  (endpoints: string | readonly string[]): Nodes[string] =>
  (host) => {
    const work = host.work(async ({ body }) => (await host.sleep(100 * host.random()), body));
    host.keep(MajordomoWorker.connect(endpoints, 'echo', work, { ...host.ports, ...HEARTBEATS, ...WORKERS }));
  };
async function askOn(host: Host, request: (body: string) => Promise<{ readonly body: readonly Buffer[] }>): Promise<void> {
  for (let number = 1; ; number++) {
    await host.sleep(300);
    const body = `${host.name}.${host.incarnation}.${number}`;
    void host.ask({ body, within: 30_000, send: () => request(body) });
  }
}
const client =
  (correlation: 'auto' | 'envelope' | 'socket'): Nodes[string] =>
  (host) => {
    const asking = host.keep(MajordomoClient.connect(BOTH, { ...host.ports, ...CLIENTS, correlation }));
    return askOn(host, (body) => asking.request('echo', body));
  };

test.each(['auto', 'envelope', 'socket'] as const)(
  'two brokers, %s correlation: every request has one outcome, and whoever comes back does so after the pause of its round',
  { timeout: 120_000 },
  async (correlation) => {
    const simulation = simulate({
      name: `two brokers, ${correlation}`,
      nodes: {
        east: broker('sim://east'),
        west: broker('sim://west'),
        // Both brokers serve at the same time: without workers of their own, clients and workers might never meet.
        'worker-1': worker('sim://east'),
        'worker-2': worker('sim://west'),
        rover: worker(BOTH),
        client: client(correlation),
      },
      invariants: majordomoClientRules({ nodes: ['client'], options: { ...CLIENTS, correlation }, endpoints: 2 }),
      breaking: 60_000,
      healing: 20_000,
      faults: { ops: ['crash', 'pause', 'cut', 'partition'] },
    });
    const { runs, failures } = await campaign(simulation, { seeds: 10 });
    expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
    expect(runs).toBe(10);
  },
);

test('two Paranoid Pirate queues: every request has one outcome', { timeout: 120_000 }, async () => {
  const queue =
    (name: string): Nodes[string] =>
    async (host) => {
      const endpoints = { frontend: `sim://${name}-front`, backend: `sim://${name}-back` };
      host.keep(await ParanoidPirateQueue.listen(endpoints, { ...host.ports, ...HEARTBEATS }));
    };
  const hand: Nodes[string] = (host) => {
    const work = host.work(async ({ body }) => (await host.sleep(100 * host.random()), body));
    host.keep(ParanoidPirateWorker.connect(['sim://east-back', 'sim://west-back'], work, { ...host.ports, ...HEARTBEATS, ...WORKERS }));
  };
  const simulation = simulate({
    name: 'two queues',
    nodes: {
      east: queue('east'),
      west: queue('west'),
      'worker-1': hand,
      'worker-2': hand,
      client: (host) => {
        const asking = host.keep(
          LazyPirateClient.connect(['sim://east-front', 'sim://west-front'], { ...host.ports, requestTimeout: 1000, requestRetries: 6 }),
        );
        return askOn(host, (body) => asking.request(body));
      },
    },
    invariants: [],
    breaking: 60_000,
    healing: 20_000,
    faults: { ops: ['crash', 'pause', 'cut', 'partition'] },
  });
  const { failures } = await campaign(simulation, { seeds: 10 });
  expect(failures.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
});
