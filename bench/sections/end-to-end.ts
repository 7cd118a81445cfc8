/** A client's question, through whatever stands between, to a worker and back: all in Node but what stands between, each in its own process. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MajordomoWorkerOptions } from 'seaworthy/majordomo';
import type { Child } from '../child.ts';
import { ProcessGroup, type Broker } from '../measure.ts';
import { has, packageIn, temporaryFolder } from '../peers/tools.ts';
import { Program } from '../program.ts';
import { progress, round, type Bench, type Chart, type Row, type Table } from '../report.ts';
import type { Asked, Asking, End } from '../stacks/end.ts';
import { median } from '../statistics.ts';
import { BY_DEFAULT, OVER_ZMTP, SEAWORTHY } from './measured.ts';

const WINDOWS = [1, 100] as const;
const GOAL_PLAIN = 60_000;
const GOAL_CREDIT = 200_000;
const GOAL_BROKERLESS = 1.2;
const CONCURRENCY = 16;
/** Length of a tick of `/proc/<pid>/stat`: 100 a second on every Linux that Node runs on. */
const TICK_US = 10_000;
const NATS_DEADLINE_MS = 10_000;

interface Contestant {
  readonly name: string;
  /** A module of `bench/stacks`. */
  readonly stack: string;
  readonly ours: boolean;
  readonly between?: Broker | 'nats-server';
  readonly workerOptions?: MajordomoWorkerOptions;
}

interface Slice extends Asked {
  /** Processor time of all processes per request, in µs. */
  readonly time: number;
}

interface Stand extends Contestant {
  readonly client: Child;
  /** Processor time of all processes so far, in µs. */
  readonly processorTime: () => Promise<number>;
}

const PLAIN = OVER_ZMTP.name;
const CREDIT = `${OVER_ZMTP.name}, concurrency ${String(CONCURRENCY)}`;
const BROKERLESS = 'zeromq.js DEALER-ROUTER, no broker';
const OURS: readonly Contestant[] = [
  { name: SEAWORTHY.name, stack: 'seaworthy', between: SEAWORTHY, ours: true },
  { name: BY_DEFAULT.name, stack: 'seaworthy', between: BY_DEFAULT, ours: true },
  { name: PLAIN, stack: 'seaworthy', between: OVER_ZMTP, ours: true },
  {
    name: `${BY_DEFAULT.name}, concurrency ${String(CONCURRENCY)}`,
    stack: 'seaworthy',
    between: BY_DEFAULT,
    ours: true,
    workerOptions: { concurrency: CONCURRENCY },
  },
  { name: CREDIT, stack: 'seaworthy', between: OVER_ZMTP, ours: true, workerOptions: { concurrency: CONCURRENCY } },
];
const OTHERS: readonly (Contestant & { readonly needs: readonly string[] })[] = [
  { name: BROKERLESS, stack: 'zeromq', ours: false, needs: [] },
  { name: 'NATS request/reply', stack: 'nats', between: 'nats-server', ours: false, needs: ['@nats-io/transport-node'] },
  { name: 'moleculer over TCP, no broker', stack: 'moleculer', ours: false, needs: ['moleculer'] },
  { name: 'undici HTTP, no broker', stack: 'undici', ours: false, needs: ['undici'] },
  { name: 'gRPC, no broker', stack: 'grpc', ours: false, needs: ['@grpc/grpc-js'] },
];

export async function endToEnd(bench: Bench): Promise<Table> {
  const contestants = await contestantsHere(bench);
  const schedule = bench.quick ? { series: 1, slices: 4, slice: 250, warmUp: 2000 } : { series: 2, slices: 10, slice: 400, warmUp: 5000 };
  const slices = new Map(contestants.map(({ name }) => [name, new Map(WINDOWS.map((window): [number, Slice[]] => [window, []]))]));
  for (let series = 0; series < schedule.series; series++) {
    progress(`end to end: series ${String(series + 1)} of ${String(schedule.series)}`);
    await using group = new ProcessGroup();
    const stands: Stand[] = [];
    for (const one of contestants) {
      progress(`end to end: ${one.name}`);
      const stand = await build(group, one, bench.peers);
      await run(stand, { window: 100, duration: schedule.warmUp });
      stands.push(stand);
    }
    for (let slice = 0; slice < schedule.slices; slice++)
      for (const window of WINDOWS)
        for (const stand of stands)
          slices
            .get(stand.name)
            ?.get(window)
            ?.push(await run(stand, { window, duration: schedule.slice }));
  }
  return report(bench, contestants, slices);
}

async function contestantsHere(bench: Bench): Promise<Contestant[]> {
  const contestants: Contestant[] = [...OURS];
  for (const one of OTHERS) {
    const missing = one.needs.filter((name) => packageIn(bench.peers, name) === undefined);
    if (one.between === 'nats-server' && !(await has('nats-server')))
      bench.leaveOut(`end-to-end, ${one.name}: needs nats-server: apt-get install nats-server`);
    else if (missing.length > 0)
      bench.leaveOut(`end-to-end, ${one.name}: needs --peers <folder> after npm install --no-save --prefix <folder> ${missing.join(' ')}`);
    else contestants.push(one);
  }
  return contestants;
}

async function build(group: ProcessGroup, one: Contestant, peers: string | undefined): Promise<Stand> {
  const environment: Record<string, string> = { STACK_END: JSON.stringify({ stack: one.stack, peers } satisfies End) };
  if (one.workerOptions !== undefined) environment['WORKER_OPTIONS'] = JSON.stringify(one.workerOptions);
  const { between } = one;
  let place = '';
  let ofBetween = (): Promise<number> => Promise.resolve(0);
  if (between === 'nats-server') {
    const nats = await startNats(group);
    ({ place } = nats);
    ofBetween = () => Promise.resolve(processorTimeOf(nats.pid));
  } else if (between !== undefined) {
    Object.assign(environment, between.environment);
    const broker = await group.start(between.script, between);
    place = await broker.ask<string>('endpoint');
    ofBetween = async () => (await broker.mark()).processorTime;
  }
  const server = await group.start('stacks/end.js', { environment });
  place = await server.ask<string>('serve', place);
  const client = await group.start('stacks/end.js', { environment });
  await client.ask('connect', place);
  const processorTime = async (): Promise<number> =>
    (await client.mark()).processorTime + (await server.mark()).processorTime + (await ofBetween());
  return { ...one, client, processorTime };
}

/** On a port of its own choice, which it writes into a file. */
async function startNats(group: ProcessGroup): Promise<{ readonly place: string; readonly pid: number }> {
  const folder = join(temporaryFolder(), 'nats');
  mkdirSync(folder, { recursive: true });
  const program = Program.start('nats-server', ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder, '-l', join(folder, 'log')]);
  group.adopt({ stop: () => program.stop('SIGTERM') });
  const begin = performance.now();
  for (;;) {
    const file = readdirSync(folder).find((name) => name.includes(`_${String(program.pid)}.`));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
    const place = /nats:\/\/[^"]+/.exec(text)?.[0];
    if (place !== undefined) return { place, pid: program.pid };
    if (performance.now() - begin > NATS_DEADLINE_MS) throw new Error('nats-server does not say where it listens');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processor time of another process, all threads, in µs, in steps of a tick; of use over many slices. NaN outside Linux. */
function processorTimeOf(pid: number): number {
  try {
    const fields =
      readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return NaN;
  }
}

async function run(stand: Stand, asking: Asking): Promise<Slice> {
  const before = await stand.processorTime();
  const asked = await stand.client.ask<Asked>('run', asking);
  const after = await stand.processorTime();
  return { ...asked, time: (after - before) / asked.requests };
}

function report(
  bench: Bench,
  contestants: readonly Contestant[],
  slices: ReadonlyMap<string, ReadonlyMap<number, readonly Slice[]>>,
): Table {
  const rows: Row[] = [];
  const charts: Chart[] = [];
  const of = (name: string, window: number): readonly Slice[] => slices.get(name)?.get(window) ?? [];
  for (const window of WINDOWS) {
    for (const [index, { name }] of contestants.entries()) {
      const own = of(name, window);
      rows.push({
        what: index === 0 ? `${String(window)} in flight` : '',
        stack: name,
        'requests/s': round(median(own.map(requestsPerSecond)), 0),
        'CPU µs/request': round(meanTime(own), 1),
        'p50 µs': round(median(own.map((slice) => slice.median)), 0),
        'p99 µs': round(median(own.map((slice) => slice.percentile99)), 0),
      });
    }
  }
  const bars = (figure: (slices: readonly Slice[]) => number, window: number): Chart['bars'] =>
    contestants.map(({ name, ours }) => ({ label: name, value: figure(of(name, window)), ours }));
  charts.push(
    { title: 'End to end in Node, 100 in flight', unit: 'requests/s', bars: bars((own) => median(own.map(requestsPerSecond)), 100) },
    { title: 'End to end in Node, 1 in flight, median', unit: 'µs', bars: bars((own) => median(own.map((slice) => slice.median)), 1) },
  );
  const rate = (name: string): number => median(of(name, 100).map(requestsPerSecond));
  bench.atLeast(GOAL_PLAIN, `requests/s end to end in Node, ${PLAIN}, 100 in flight`, rate(PLAIN));
  if (of(CREDIT, 100).length > 0) bench.atLeast(GOAL_CREDIT, `requests/s end to end in Node, ${CREDIT}, 100 in flight`, rate(CREDIT));
  const pairs = of(PLAIN, 1).map((slice, index) => slice.median / (of(BROKERLESS, 1)[index]?.median ?? NaN));
  bench.atMost(GOAL_BROKERLESS, `p50 of one in flight, ${PLAIN} over ${BROKERLESS}`, median(pairs));
  return {
    title: 'End to end in Node: client, worker process (eight workers with ours) and what stands between; 64-byte bodies, TCP on loopback',
    note:
      'CPU is that of all processes together. Each request is a call that is awaited; answers are checked to be the echo. ' +
      'Heartbeats, limits, expiry and retries of ours are on.',
    rows,
    charts,
  };
}

const requestsPerSecond = (slice: Slice): number => slice.requests / slice.seconds;

/** Over all slices together, because what is read of foreign processes comes in ticks. */
function meanTime(slices: readonly Slice[]): number {
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
  return slices.reduce((sum, slice) => sum + slice.time * slice.requests, 0) / requests;
}
