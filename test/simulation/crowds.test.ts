/** Many peers at once: how they come back after their broker died, and how it shares its workers among them. */
import { expect, test } from 'vitest';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { simulate, type Host, type Invariant, type Program } from '../../src/testkit.ts';

const ENDPOINT = 'sim://broker';

const broker: Program = async (host) => {
  host.keep(await MajordomoBroker.listen(ENDPOINT, host.ports));
};
const workerThat =
  (takes: number): Program =>
  (host) => {
    const handle = host.work(async ({ body }) => {
      await host.sleep(takes);
      return body;
    });
    host.keep(MajordomoWorker.connect(ENDPOINT, 'echo', handle, host.ports));
  };
const clientOf = (host: Host): MajordomoClient => host.keep(MajordomoClient.connect(ENDPOINT, host.ports));
const ask = (host: Host, client: MajordomoClient, text: string): Promise<unknown> =>
  host.ask({ body: text, within: 7950, send: () => client.request('echo', text) });

const CROWD = 1000;
const CRASH_AT = 5000;
const DOWN_MS = 300;

test(
  'a thousand clients whose broker died come back spread over time, and all are served within 5 s (U14)',
  { timeout: 60_000 },
  async () => {
    const connects: number[] = [];
    const answers: number[] = [];
    const counting: Invariant = {
      id: 'crowd',
      sentence: 'connections are counted',
      watch: (run) => ({
        connected() {
          if (run.now >= CRASH_AT) connects.push(run.now);
        },
        on: {
          answered: () => {
            answers.push(run.now);
          },
        },
      }),
    };
    const client: Program = async (host) => {
      const own = clientOf(host);
      await host.sleep(CRASH_AT + DOWN_MS);
      await ask(host, own, host.name);
    };
    const simulation = simulate({
      name: 'crowd',
      nodes: {
        broker,
        worker: workerThat(0),
        ...Object.fromEntries(Array.from({ length: CROWD }, (_, index) => [`client-${index}`, client])),
      },
      breaking: 15_000,
      healing: 0,
      invariants: [counting],
    });
    const { violation } = await simulation.run(1, { schedule: [{ at: CRASH_AT, op: 'crash', node: 'broker', for: DOWN_MS }] });
    expect(violation).toBeUndefined();
    expect(answers).toHaveLength(CROWD);
    expect(Math.max(...answers)).toBeLessThanOrEqual(CRASH_AT + DOWN_MS + 5000);
    expect(connects.length).toBeGreaterThanOrEqual(CROWD);
    const busiest = Math.max(...connects.map((from) => connects.filter((at) => at >= from && at < from + 100).length));
    expect(busiest).toBeLessThanOrEqual(0.15 * CROWD);
  },
);

test('clients that keep as many requests open get as much each (U15)', async () => {
  const served = new Map<string, number>();
  const counting: Invariant = {
    id: 'shares',
    sentence: 'answers are counted',
    watch: () => ({
      on: {
        answered: ({ node }) => {
          served.set(node, (served.get(node) ?? 0) + 1);
        },
      },
    }),
  };
  const client: Program = async (host) => {
    const own = clientOf(host);
    const askOnAndOn = async (line: number): Promise<void> => {
      // Until it is closed: a request that fails at once must not be followed by another for ever.
      for (let number = 1; (await ask(host, own, `${host.name} ${line} ${number}`)) !== undefined; number++);
    };
    await Promise.all(Array.from({ length: 5 }, (_, line) => askOnAndOn(line)));
  };
  const simulation = simulate({
    name: 'shares',
    nodes: { broker, worker: workerThat(10), a: client, b: client, c: client, d: client },
    breaking: 20_000,
    healing: 0,
    invariants: [counting],
  });
  expect((await simulation.run(1, { schedule: [] })).violation).toBeUndefined();
  const shares = [...served.values()];
  const fair = shares.reduce((sum, count) => sum + count, 0) / 4;
  expect(shares).toHaveLength(4);
  expect(fair).toBeGreaterThan(400);
  for (const share of shares) expect(Math.abs(share - fair)).toBeLessThan(0.05 * fair);
});
