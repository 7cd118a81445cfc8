/** Our broker and others under one load in C: 8 workers, 1 and 100 requests in flight, with and without credit. */
import { ProcessGroup } from '../measure.ts';
import { compile, NEEDS_COMPILER, NEEDS_PYZMQ, pythonBroker } from '../peers/tools.ts';
import { progress, round, type Bench, type Chart, type Row, type Table } from '../report.ts';
import { median, scatter } from '../statistics.ts';
import { CREDIT, Loader, SERVICE, startBroker, type ForeignBroker, type LoadedRun } from './loaded.ts';
import { FORWARDER, OVER_ZMTP, SEAWORTHY } from './measured.ts';
import type { Broker } from '../measure.ts';

const WORKERS = 8;
const WINDOWS = [1, 100] as const;
/** The one in flight at which the goals are stated. */
const FULL = 100;
const NO_CREDIT = { requests: 1.3, time: 0.7 };
const WITH_CREDIT = { requests: 5, time: 0.25 };

interface Contestant {
  readonly name: string;
  readonly broker: Broker | ForeignBroker;
  readonly credit: number;
  readonly ours: boolean;
}

interface Stand extends Contestant {
  readonly load: Loader;
  /** By window, in the order they were made. */
  readonly slices: Map<number, LoadedRun[]>;
}

export async function brokers(bench: Bench): Promise<Table | undefined> {
  const inC = await compile('mdp_broker');
  if (inC === undefined || (await compile('mdp_load')) === undefined) {
    bench.leaveOut(`brokers: ${NEEDS_COMPILER}`);
    return undefined;
  }
  const contestants = await contestantsHere(bench, inC);
  const schedule = bench.quick
    ? { series: 1, slices: 5, slice: 200, warmUp: 15_000 }
    : { series: 2, slices: 12, slice: 300, warmUp: 40_000 };
  const slices = new Map<string, Map<number, LoadedRun[]>>();
  for (let series = 0; series < schedule.series; series++) {
    progress(`brokers: series ${String(series + 1)} of ${String(schedule.series)}`);
    await using group = new ProcessGroup();
    const stands: Stand[] = [];
    for (const one of contestants) {
      const stand = await build(group, one, schedule.warmUp, slices.get(one.name));
      stands.push(stand);
      slices.set(one.name, stand.slices);
    }
    for (let slice = 0; slice < schedule.slices; slice++)
      for (const window of WINDOWS)
        for (const stand of stands) stand.slices.get(window)?.push(await stand.load.run(window, schedule.slice));
    for (const stand of stands) await checkWorkers(stand);
  }
  return report(bench, contestants, slices);
}

async function contestantsHere(bench: Bench, inC: string): Promise<Contestant[]> {
  const python = await pythonBroker();
  if (python === undefined) bench.leaveOut(`brokers, Python: ${NEEDS_PYZMQ}`);
  const pythons =
    python === undefined ? [] : [{ name: 'in Python, on pyzmq', broker: { name: 'Python', command: python }, credit: 0, ours: false }];
  return [
    { name: IN_C, broker: { name: IN_C, command: [inC] }, credit: 0, ours: false },
    ...pythons,
    { name: FORWARDER.name, broker: FORWARDER, credit: 0, ours: false },
    { name: SEAWORTHY.name, broker: SEAWORTHY, credit: 0, ours: true },
    { name: OVER_ZMTP.name, broker: OVER_ZMTP, credit: 0, ours: true },
    { name: `${SEAWORTHY.name}, ${CREDITS}`, broker: SEAWORTHY, credit: CREDIT, ours: true },
    { name: ZMTP_WITH_CREDIT, broker: OVER_ZMTP, credit: CREDIT, ours: true },
  ];
}

const IN_C = 'in C, on libzmq';
const CREDITS = `${String(CREDIT)} credits`;
const ZMTP_WITH_CREDIT = `${OVER_ZMTP.name}, ${CREDITS}`;

async function build(group: ProcessGroup, one: Contestant, warmUp: number, slices = emptySlices()): Promise<Stand> {
  progress(`brokers: ${one.name}`);
  const running = await startBroker(group, one.broker);
  const load = await Loader.start(group, running);
  await load.serve(SERVICE, WORKERS, one.credit);
  await load.warmUp(warmUp);
  return { ...one, load, slices };
}

function emptySlices(): Map<number, LoadedRun[]> {
  return new Map(WINDOWS.map((window) => [window, []]));
}

/** A broker that sends workers away does not do what is measured. */
async function checkWorkers({ load, name }: Stand): Promise<void> {
  const { dismissed } = await load.run(1, 1);
  if (dismissed > 0) throw new Error(`${name} dismissed ${String(dismissed)} workers that did no wrong`);
}

function report(bench: Bench, contestants: readonly Contestant[], slices: ReadonlyMap<string, Map<number, LoadedRun[]>>): Table {
  const rows: Row[] = [];
  const charts: Chart[] = [];
  for (const window of WINDOWS) {
    const reference = slices.get(IN_C)?.get(window) ?? [];
    const measured = contestants.flatMap((one) => {
      const own = slices.get(one.name)?.get(window);
      return own === undefined ? [] : [{ ...one, own }];
    });
    for (const [index, { name, own }] of measured.entries()) {
      const requests = ratio(own, reference, requestsPerSecond);
      const time = ratio(own, reference, brokerTime);
      rows.push({ what: index === 0 ? `${String(window)} in flight` : '', broker: name, ...figures(own), ...ratios(requests, time) });
      if (window !== FULL) continue;
      const limits = name === OVER_ZMTP.name ? NO_CREDIT : name === ZMTP_WITH_CREDIT ? WITH_CREDIT : undefined;
      if (limits === undefined) continue;
      bench.atLeast(limits.requests, `requests/s, ${name}, over a broker in C, 8 workers, 100 in flight`, requests);
      bench.atMost(limits.time, `broker CPU per request, ${name}, over a broker in C, 8 workers, 100 in flight`, time);
    }
    charts.push({
      title: `Broker CPU per request, 8 workers, ${String(window)} in flight`,
      unit: 'µs',
      bars: measured.map(({ name, own, ours }) => ({ label: name, value: median(own.map(brokerTime)), ours })),
    });
  }
  return {
    title: 'Brokers under one load: plain MDP/0.1 peers in C on libzmq, TCP on loopback, 64-byte bodies, 8 workers',
    note:
      'Ratios are against the broker in C, medians over pairs of neighbouring slices. CPU counts all threads of the broker, read from outside. ' +
      'requests/s is also what the load and the machine allow; "load" is its CPU per request.',
    rows,
    charts,
  };
}

const requestsPerSecond = (run: LoadedRun): number => run.requests / run.seconds;
const brokerTime = (run: LoadedRun): number => run.brokerTime / run.requests;

function ratio(ours: readonly LoadedRun[], theirs: readonly LoadedRun[], figure: (run: LoadedRun) => number): number {
  return median(
    ours.flatMap((run, slice) => {
      const other = theirs[slice];
      return other === undefined ? [] : [figure(run) / figure(other)];
    }),
  );
}

function figures(runs: readonly LoadedRun[]): Readonly<Record<string, number>> {
  const middle = (figure: (run: LoadedRun) => number, digits: number): number => round(median(runs.map(figure)), digits);
  return {
    'CPU µs/request': middle(brokerTime, 1),
    'scatter %': round(100 * scatter(runs.map(brokerTime)), 0),
    'requests/s': middle(requestsPerSecond, 0),
    'p50 µs': middle((run) => run.median, 0),
    'p99 µs': middle((run) => run.percentile99, 0),
    'load µs/request': middle((run) => run.loadTime / run.requests, 1),
  };
}

function ratios(requests: number, time: number): Readonly<Record<string, number>> {
  return { 'requests/s ×': round(requests, 2), 'CPU ×': round(time, 2) };
}
