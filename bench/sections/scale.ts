/** How the broker over our own engine scales: thousands of peers that are idle, and a million requests that wait. */
import { ProcessGroup } from '../measure.ts';
import type { Child } from '../child.ts';
import { compile, NEEDS_COMPILER } from '../peers/tools.ts';
import { grouped, progress, round, type Bench, type Row, type Table } from '../report.ts';
import { median, scatter } from '../statistics.ts';
import { Loader, SERVICE, type LoadedRun } from './loaded.ts';
import { brokerWith, OVER_ZMTP } from './measured.ts';

const GOAL_PEER_BYTES = 8 * 1024;
const GOAL_IDLE = 1.2;
const GOAL_REQUEST_BYTES = 400;
const WORKERS = 8;
const WINDOW = 100;
const FEW = 10;
/** Of these, so that what the first ones of a kind cost once is not counted. */
const FIRST_PEERS = 200;
const CONNECTING_DEADLINE_MS = 90_000;
/** Longer than a handshake may take: when nobody was lost for so long, nobody will be. */
const SETTLING_MS = 2500;
/** Workers that may register at one broker: more than there will be. */
const MOST_WORKERS = 20_000;

interface Stand {
  readonly server: Child;
  readonly endpoint: string;
  readonly swarm: Child;
}

async function stand(group: ProcessGroup, nodeOptions: readonly string[] = []): Promise<Stand> {
  const broker = brokerWith(OVER_ZMTP, { maxWorkers: MOST_WORKERS });
  const server = await group.start(broker.script, { ...broker, nodeOptions });
  return { server, endpoint: await server.ask<string>('endpoint'), swarm: await group.start('generators/swarm.js') };
}

/** Peers of the swarm, until all are there: when they are workers, registered, and in any case no more lost in the crowd. */
async function join({ server, endpoint, swarm }: Stand, count: number, service?: string): Promise<void> {
  const before = await server.ask<number>('registered');
  await swarm.ask('connect', { endpoint, count, service });
  const begin = performance.now();
  let upsets = NaN;
  for (;;) {
    await settle(SETTLING_MS);
    const registered = (await server.ask<number>('registered')) - before;
    const now = await swarm.ask<number>('upsets');
    if (now === upsets && (service === undefined || registered === count)) return;
    upsets = now;
    if (performance.now() - begin > CONNECTING_DEADLINE_MS)
      throw new Error(
        `only ${String(registered)} of ${String(count)} workers are registered, after ${String(upsets)} upsets: is the machine busy?`,
      );
  }
}

function settle(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

/** Fails when idle peers were sent away or lost while something was measured. */
async function undisturbed<T>({ swarm }: Stand, measure: () => Promise<T>): Promise<T> {
  const before = await swarm.ask<number>('upsets');
  const result = await measure();
  const upset = (await swarm.ask<number>('upsets')) - before;
  if (upset > 0) throw new Error(`${String(upset)} times an idle peer was sent away or lost`);
  return result;
}

/* ------------------------------------------------------------------ memory of a peer */

export async function peerMemory(bench: Bench): Promise<Table> {
  const peers = bench.quick ? 2000 : 10_000;
  const rows: Row[] = [];
  for (const [what, service] of [
    ['connected, silent', undefined],
    ['registered worker', 'idle'],
  ] as const) {
    progress(`memory of ${grouped(peers)} peers: ${what}`);
    await using group = new ProcessGroup();
    const here = await stand(group, ['--expose-gc']);
    await join(here, FIRST_PEERS, service);
    const before = await here.server.mark();
    await join(here, peers, service);
    const after = await undisturbed(here, async () => {
      await settle(SETTLING_MS);
      return here.server.mark();
    });
    const bytes = (after.residentMemory - before.residentMemory) / peers;
    rows.push({
      what,
      peers,
      'RSS bytes/peer': round(bytes, 0),
      'of them heap': round((after.heap - before.heap) / peers, 0),
    });
    if (!bench.quick) bench.atMost(GOAL_PEER_BYTES, `bytes per idle peer at ${grouped(peers)}, over zmtp, ${what}`, bytes);
  }
  return {
    title: 'Memory of the broker over zmtp per idle peer',
    note: 'Growth of resident memory after a collection, without what the operating system keeps for a connection. V8 enlarges its young generation meanwhile, which with few peers is most of it.',
    rows,
  };
}

/* ------------------------------------------------------------------ cost of a request among idle workers */

export async function idleOverZmtp(bench: Bench): Promise<Table | undefined> {
  if ((await compile('mdp_load')) === undefined) {
    bench.leaveOut(`idle-zmtp: ${NEEDS_COMPILER}`);
    return undefined;
  }
  const many = bench.quick ? 2000 : 10_000;
  const schedule = bench.quick ? { slices: 5, slice: 300, warmUp: 15_000 } : { slices: 12, slice: 500, warmUp: 40_000 };
  const rows: Row[] = [];
  for (const [what, service] of [
    ['idle, of another service', 'idle'],
    ['of the service asked for, used in turn', SERVICE],
  ] as const) {
    progress(`idle workers over zmtp: ${what}`);
    await using group = new ProcessGroup();
    const sizes = [FEW, many];
    const stands: { readonly here: Stand; readonly load: Loader; readonly slices: LoadedRun[] }[] = [];
    for (const size of sizes) {
      const here = await stand(group);
      await join(here, size, service);
      const load = await Loader.start(group, { endpoint: here.endpoint, pid: here.server.pid });
      if (service !== SERVICE) await load.serve(SERVICE, WORKERS);
      await load.warmUp(schedule.warmUp);
      stands.push({ here, load, slices: [] });
    }
    for (let slice = 0; slice < schedule.slices; slice++)
      for (const { here, load, slices } of stands) slices.push(await undisturbed(here, () => load.run(WINDOW, schedule.slice)));
    const times = stands.map(({ slices }) => slices.map((run) => run.brokerTime / run.requests));
    const ratio = median((times[1] ?? []).map((time, slice) => time / (times[0]?.[slice] ?? NaN)));
    for (const [index, { slices }] of stands.entries()) {
      rows.push({
        what: index === 0 ? what : '',
        workers: sizes[index] ?? NaN,
        'CPU µs/request': round(median(times[index] ?? []), 1),
        'scatter %': round(100 * scatter(times[index] ?? []), 0),
        'requests/s': round(median(slices.map((run) => run.requests / run.seconds)), 0),
        ratio: index === 0 ? 1 : round(ratio, 2),
      });
    }
    if (service !== SERVICE)
      bench.atMost(GOAL_IDLE, `broker CPU per request, ${grouped(many)} idle workers over ${grouped(FEW)}, over zmtp`, ratio);
  }
  return {
    title: `Idle workers over zmtp: 100 in flight, heartbeats every 2.5 s both ways and pings every second`,
    note:
      'Default options. Idle: eight workers of another service in C do the work, and the others cost their heartbeats. In turn: the swarm itself ' +
      'answers, each request through another connection, which nothing can be joined on; its own cost limits the requests per second, and fewer ' +
      'requests share the heartbeats.',
    rows,
  };
}

/* ------------------------------------------------------------------ waiting requests */

export async function depthOverZmtp(bench: Bench): Promise<Table | undefined> {
  if ((await compile('mdp_load')) === undefined) {
    bench.leaveOut(`depth-zmtp: ${NEEDS_COMPILER}`);
    return undefined;
  }
  const deep = bench.quick ? 50_000 : 1_000_000;
  const broker = brokerWith(OVER_ZMTP, { maxQueuedRequests: 2 * deep, maxQueuedPerService: 2 * deep, requestExpiry: 600_000 });
  await using group = new ProcessGroup();
  const server = await group.start(broker.script, broker);
  const load = await Loader.start(group, { endpoint: await server.ask<string>('endpoint'), pid: server.pid });
  await load.serve(SERVICE, WORKERS);
  await load.warmUp(bench.quick ? 15_000 : 40_000);
  const rows: Row[] = [];
  let last = 0;
  for (const [waiting, repeat] of [
    [1000, 20],
    [deep, 1],
  ] as const) {
    progress(`waiting requests over zmtp: ${grouped(waiting)} deep`);
    const traffic = await load.run(WINDOW, 1000);
    const sums = { enqueue: 0, drain: 0, seconds: 0 };
    let resident = 0;
    for (let i = 0; i < repeat; i++) {
      const service = `later-${String(++last)}`;
      const empty = await server.mark();
      const begin = await load.processorTime();
      await load.enqueue(service, waiting);
      await load.passBarrier();
      sums.enqueue += (await load.processorTime()) - begin;
      resident = (await server.mark()).residentMemory - empty.residentMemory;
      await load.serve(service, WORKERS);
      const drained = await load.collect(waiting);
      sums.drain += drained.brokerTime;
      sums.seconds += drained.seconds;
    }
    const requests = waiting * repeat;
    const rate = requests / sums.seconds;
    rows.push({
      what: `${grouped(waiting)} waiting`,
      'enqueue CPU µs': round(sums.enqueue / requests, 1),
      'drain CPU µs': round(sums.drain / requests, 1),
      'drained/s': round(rate, 0),
      'requests/s without waiting': round(traffic.requests / traffic.seconds, 0),
      'RSS bytes/request': waiting === deep ? round(resident / waiting, 0) : '',
    });
    if (waiting !== deep) continue;
    bench.atMost(GOAL_REQUEST_BYTES, `bytes per waiting 64-byte request at ${grouped(deep)}, over zmtp`, resident / waiting);
    bench.atLeast(
      1,
      `requests/s while ${grouped(deep)} waiting ones are drained, over those of plain traffic just before, over zmtp`,
      rate / (traffic.requests / traffic.seconds),
    );
  }
  return {
    title: 'Requests waiting in the broker over zmtp: a service without a worker is filled, then eight workers in C empty it',
    note: 'Queue limits and request expiry are raised for this. Without waiting: 8 workers, 100 in flight, same broker, just before.',
    rows,
  };
}
