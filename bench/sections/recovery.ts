/** From SIGKILL of a worker that holds a request to the client's reply, which another worker gives at once. */
import { MajordomoClient } from 'seaworthy/majordomo';
import type { Child } from '../child.ts';
import { ProcessGroup, type Broker } from '../measure.ts';
import { progress, round, type Bench, type Row, type Table } from '../report.ts';
import { median } from '../statistics.ts';
import type { Part } from '../survivor.ts';
import { OVER_ZMTP, SEAWORTHY } from './measured.ts';

const GOAL_MS = 10;
/** Longer than anybody waits. */
const NEVER_MS = 60_000;
const DEADLINE_MS = 10_000;
const SERVICE = 'echo';

export async function recovery(bench: Bench): Promise<Table> {
  const rounds = bench.quick ? 6 : 20;
  const rows: Row[] = [];
  for (const [transport, broker] of [
    ['zeromq', SEAWORTHY],
    ['zmtp', OVER_ZMTP],
  ] as const) {
    progress(`recovery: ${broker.name}`);
    const times = await killWorkers(broker, transport, rounds);
    rows.push({
      what: broker.name,
      rounds,
      'median ms': round(median(times), 1),
      'worst ms': round(Math.max(...times), 1),
    });
    bench.atMost(GOAL_MS, `ms from SIGKILL of a busy worker to the client's reply, ${broker.name}, median`, median(times));
  }
  return {
    title: 'SIGKILL of the worker that holds a request, until the client has its reply from another one',
    note: 'Client, broker and both workers are processes of their own over one transport, all with default options. The other worker answers at once.',
    rows,
  };
}

async function killWorkers(broker: Broker, transport: 'zeromq' | 'zmtp', rounds: number): Promise<number[]> {
  await using group = new ProcessGroup();
  const server = await group.start(broker.script, broker);
  const endpoint = await server.ask<string>('endpoint');
  const worker = (work: number): Promise<Child> => {
    const part: Part = { role: 'worker', pattern: 'majordomo', endpoints: [endpoint], work, options: { transport } };
    return group.start('survivor.js', { environment: { PART: JSON.stringify(part) } });
  };
  await worker(0);
  await until(async () => (await server.ask<number>('registered')) === 1);
  const client = MajordomoClient.connect(endpoint, { transport });
  const times: number[] = [];
  try {
    for (let i = 0; i < rounds; i++) {
      const victim = await worker(NEVER_MS);
      await until(async () => (await server.ask<number>('registered')) === 2);
      // Workers are used in turn: after this one it is the victim's.
      await client.request(SERVICE, 'to the healthy one');
      const asked = client.request(SERVICE, 'to the victim');
      await until(async () => (await victim.ask<number>('working')) === 1);
      const struck = performance.now();
      victim.signal('SIGKILL');
      const { deliveries } = await asked;
      times.push(performance.now() - struck);
      if (deliveries !== 2) throw new Error(`the request was handed out ${String(deliveries)} times, not twice`);
    }
  } finally {
    await client.close();
  }
  return times;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const begin = performance.now();
  while (!(await holds())) {
    if (performance.now() - begin > DEADLINE_MS) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
