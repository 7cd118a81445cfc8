/**
 * `npm run bench`: what our Majordomo broker costs above a broker that does nothing but forward, in one run on one machine, and what many
 * idle workers and many waiting requests cost it. docs/performance.md says what each row means.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { MajordomoBrokerOptions } from 'seaworthy/majordomo';
import { version as libzmq } from 'zeromq';
import type { Child } from './child.ts';
import { socketDepth, type SocketDepthFigures } from './depth.ts';
import type { Filled } from './in-process.ts';
import { compare, HEARTBEAT_INTERVAL_MS, ProcessGroup, type Broker, type Figures, type Load, type Schedule } from './measure.ts';
import { median, scatter } from './statistics.ts';

const HELP = `npm run bench -- [options]

Compares seaworthy's Majordomo broker with a minimal forwarder (bench/minimal-forwarder.ts) over real sockets, in alternating slices,
and measures how it scales. Progress goes to stderr, the result to stdout. Ends with 0 unless a measurement broke; a goal that is missed
is printed, not punished.

  --quick          smaller sizes, fewer slices: two minutes, for a first impression only; all of it takes some twenty minutes
  --json           the result as one JSON document
  --only <rows>    comma-separated: traffic, idle, idle-in-process, depth, depth-in-process
  --help           this text
`;

const FORWARDER: Broker = { name: 'minimal forwarder', script: 'minimal-forwarder.js' };
const SEAWORTHY: Broker = { name: 'seaworthy', script: 'seaworthy-broker.js' };
/** The same over our own engine; its peers are plain ZeroMQ ones all the same. */
const OVER_ZMTP: Broker = { ...SEAWORTHY, name: 'seaworthy over zmtp', environment: { SEAWORTHY_TRANSPORT: 'zmtp' } };
const GOAL_TRAFFIC = 1.25;
const GOAL_SCALE = 1.3;
/** Heartbeats so rare that what is left is the cost of the requests. */
const RARE_HEARTBEATS_MS = 25_000;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const { quick } = options;

/** One line of the result: figures by column name, in the unit the column says. */
interface Row {
  readonly what: string;
  readonly [column: string]: string | number;
}

interface Table {
  readonly title: string;
  readonly note: string;
  readonly rows: readonly Row[];
}

interface Goal {
  readonly goal: string;
  readonly limit: number;
  readonly value: number;
  readonly holds: boolean;
}

interface Section {
  readonly name: string;
  readonly measure: (goals: Goal[]) => Promise<Table>;
}

const SECTIONS: readonly Section[] = [
  { name: 'traffic', measure: traffic },
  { name: 'idle', measure: idleOverSockets },
  { name: 'idle-in-process', measure: idleInProcess },
  { name: 'depth', measure: depthOverSockets },
  { name: 'depth-in-process', measure: depthInProcess },
];

if (options.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const wanted = options.only?.split(',') ?? SECTIONS.map((section) => section.name);
  for (const name of wanted) if (!SECTIONS.some((section) => section.name === name)) throw new Error(`there are no rows "${name}"`);
  const begin = performance.now();
  const goals: Goal[] = [];
  const tables: Table[] = [];
  for (const section of SECTIONS) if (wanted.includes(section.name)) tables.push(await section.measure(goals));
  const result = { date: new Date().toISOString(), machine: machine(), quick, seconds: (performance.now() - begin) / 1000, tables, goals };
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${readable(result)}\n`);
}

/* ------------------------------------------------------------------ traffic: the same load on both brokers */

async function traffic(goals: Goal[]): Promise<Table> {
  const rows: Row[] = [];
  const schedule: Schedule = quick
    ? { series: 1, slices: 8, slice: 200, warmUp: 20_000, idle: 0 }
    : { series: 2, slices: 12, slice: 300, warmUp: 40_000, idle: 0 };
  for (const workers of quick ? [8] : [1, 8, 64]) {
    for (const window of [1, 100]) {
      progress(`traffic: ${String(workers)} workers, ${String(window)} in flight`);
      const load = { workers, workerProcesses: 1, window, heartbeatInterval: HEARTBEAT_INTERVAL_MS };
      const loads = [FORWARDER, SEAWORTHY, OVER_ZMTP].map((broker): Load => ({ ...load, broker }));
      const [minimal, ours, overZmtp] = (await compare(loads, schedule)) as [Figures[], Figures[], Figures[]];
      const what = `${plural(workers, 'worker')}, ${String(window)} in flight`;
      const ratio = ratioOf(ours, minimal);
      rows.push(
        { what, broker: 'seaworthy', ...figuresRow(ours), ratio: round(ratio, 2) },
        { what: '', broker: 'seaworthy over zmtp', ...figuresRow(overZmtp), ratio: round(ratioOf(overZmtp, minimal), 2) },
        { what: '', broker: 'minimal', ...figuresRow(minimal), ratio: 1 },
      );
      if (workers === 8 && window === 100)
        goals.push(goal('broker CPU per request, above the minimal forwarder, 8 workers, 100 in flight', GOAL_TRAFFIC, ratio));
    }
  }
  return {
    title: 'Traffic over TCP on loopback, 64-byte bodies, plain MDP/0.1 peers',
    note: 'ratio: broker CPU per request, ours over minimal, median over pairs of alternating slices. CPU counts all threads of the broker.',
    rows,
  };
}

function figuresRow(figures: readonly Figures[]): Readonly<Record<string, number>> {
  const middle = (value: (one: Figures) => number): number => median(figures.map(value));
  return {
    'broker CPU µs/request': round(
      middle((one) => one.brokerTime),
      1,
    ),
    'scatter %': round(100 * scatter(figures.map((one) => one.brokerTime)), 0),
    'requests/s': round(
      middle((one) => one.requestsPerSecond),
      0,
    ),
    'p50 µs': round(
      middle((one) => one.median),
      0,
    ),
    'p99 µs': round(
      middle((one) => one.percentile99),
      0,
    ),
    'load CPU µs/request': round(
      middle((one) => one.loadTime),
      1,
    ),
    'RSS MB': round(middle((one) => one.residentMemory) / 1e6, 0),
  };
}

function ratioOf(ours: readonly Figures[], theirs: readonly Figures[]): number {
  return median(ours.map((one, index) => one.brokerTime / (theirs[index]?.brokerTime ?? NaN)));
}

/* ------------------------------------------------------------------ idle workers */

/**
 * libzmq's own heartbeats walk a list of all timers at every ping, so their cost grows with the square of the peers (see
 * docs/performance.md): ten thousand workers cannot be had with them, and are measured without. The protocol's heartbeats stay on.
 */
async function idleOverSockets(goals: Goal[]): Promise<Table> {
  const groups: readonly { readonly broker: Broker; readonly heartbeatInterval: number; readonly sizes: readonly number[] }[] = [
    { broker: SEAWORTHY, heartbeatInterval: HEARTBEAT_INTERVAL_MS, sizes: [10, 1000] },
    { broker: FORWARDER, heartbeatInterval: HEARTBEAT_INTERVAL_MS, sizes: quick ? [10, 1000] : [10, 1000, 10_000] },
    ...(quick
      ? []
      : [
          { broker: seaworthyWith({ transportHeartbeatInterval: 0 }), heartbeatInterval: HEARTBEAT_INTERVAL_MS, sizes: [10, 1000, 10_000] },
          {
            broker: seaworthyWith({ transportHeartbeatInterval: 0, heartbeatInterval: RARE_HEARTBEATS_MS }),
            heartbeatInterval: RARE_HEARTBEATS_MS,
            sizes: [10, 10_000],
          },
          { broker: FORWARDER, heartbeatInterval: RARE_HEARTBEATS_MS, sizes: [10, 10_000] },
        ]),
  ];
  const schedule: Schedule = quick
    ? { series: 1, slices: 5, slice: 300, warmUp: 20_000, idle: 1000 }
    : { series: 1, slices: 12, slice: 500, warmUp: 40_000, idle: 3000 };
  const rows: Row[] = [];
  for (const { broker, heartbeatInterval, sizes } of groups) {
    progress(`idle workers over sockets: ${broker.name}, ${sizes.map(grouped).join(' and ')} workers`);
    const loads = sizes.map((workers): Load => ({
      broker,
      workers,
      workerProcesses: workers > 1000 ? 4 : 1,
      window: 10,
      heartbeatInterval,
    }));
    const found = await compare(loads, schedule);
    const rare = heartbeatInterval === RARE_HEARTBEATS_MS;
    for (const [index, figures] of found.entries()) {
      const ratio = ratioOf(figures, found[0] ?? []);
      rows.push({
        what: plural(sizes[index] ?? NaN, 'worker'),
        broker: broker.script === FORWARDER.script ? 'minimal' : broker.name,
        heartbeats: rare ? '25 s' : '2.5 s',
        ...figuresRow(figures),
        'idle CPU %': round(median(figures.map((one) => one.idleTime)) / 10_000, 1),
        ratio: round(ratio, 2),
      });
      if (broker.script === SEAWORTHY.script && index === sizes.length - 1 && index > 0) {
        const what = `CPU per request from 10 to ${plural(sizes[index] ?? NaN, 'registered worker')}, real sockets`;
        goals.push(goal(`${what}, heartbeats every ${rare ? '25' : '2.5'} s included`, GOAL_SCALE, ratio));
      }
    }
  }
  return {
    title: 'Registered workers over TCP, 10 requests in flight, one service, workers used in turn',
    note:
      'Each worker is a socket of its own. Heartbeats (both ways with ours, only received by the forwarder) are in the CPU per request, ' +
      'which at few requests per second they dominate; "idle CPU %" is their share of one core without any request, and the rows with ' +
      'heartbeats every 25 s show the requests alone. "no pings": without the transport\'s own heartbeats. ratio: against 10 workers, ' +
      'same broker, same options. What grows for the minimal forwarder too is libzmq and the kernel.',
    rows,
  };
}

function seaworthyWith(options: MajordomoBrokerOptions): Broker {
  return { ...SEAWORTHY, name: 'seaworthy, no pings', environment: { BROKER_OPTIONS: JSON.stringify(options) } };
}

async function idleInProcess(goals: Goal[]): Promise<Table> {
  const sizes = [10, 100, 1000, 10_000];
  const found = await inProcess({
    what: 'idle workers in process',
    series: quick ? 1 : 3,
    slices: quick ? 4 : 8,
    stands: [['relay', 10], ...sizes.map((workers): [string, number] => ['idleWorkers', workers])],
    slice: ['exchange', quick ? 100_000 : 200_000],
  });
  const [relays = [], ...times] = found.times;
  const ratios = ratiosToFirst(times);
  goals.push(
    goal('CPU per request from 10 to 10,000 registered workers, our code alone (stub transport)', GOAL_SCALE, ratios.at(-1) ?? NaN),
  );
  return {
    title: 'Registered workers without sockets: our code alone, over a stub transport',
    note: `The stub's own share is in each figure: ${String(round(median(relays), 2))} µs. Bursts of 8 requests; ratio against 10 workers.`,
    rows: sizes.map((workers, index) => ({
      what: plural(workers, 'worker'),
      'CPU µs/request': round(median(times[index] ?? []), 2),
      'scatter %': round(100 * scatter(times[index] ?? []), 0),
      ratio: round(ratios[index] ?? NaN, 2),
    })),
  };
}

/* ------------------------------------------------------------------ waiting requests */

async function depthOverSockets(goals: Goal[]): Promise<Table> {
  const deep = quick ? 10_000 : 1_000_000;
  const shallow = 1000;
  const rows: Row[] = [];
  const limits: MajordomoBrokerOptions = { maxQueuedRequests: 2 * deep, maxQueuedPerService: 2 * deep, requestExpiry: 600_000 };
  const unlimited: Broker = { ...SEAWORTHY, environment: { BROKER_OPTIONS: JSON.stringify(limits) } };
  for (const broker of [unlimited, FORWARDER]) {
    let few: SocketDepthFigures | undefined;
    for (const depth of [shallow, deep]) {
      progress(`waiting requests over sockets: ${broker.name}, ${String(depth)} deep`);
      const figures = await socketDepth(broker, depth, depth === shallow ? 20 : 1);
      few ??= figures;
      const ratio = (figures.enqueue + figures.drain) / (few.enqueue + few.drain);
      if (broker === unlimited && depth === deep) {
        goals.push(goal(`CPU per request from ${grouped(shallow)} to ${grouped(deep)} waiting requests, real sockets`, GOAL_SCALE, ratio));
      }
      rows.push({
        what: `${grouped(depth)} waiting`,
        broker: broker.name,
        'enqueue CPU µs': round(figures.enqueue, 1),
        'drain CPU µs': round(figures.drain, 1),
        ratio: round(ratio, 2),
        'RSS bytes/request': depth === shallow ? '' : round(figures.residentPerRequest, 0),
      });
    }
  }
  return {
    title: 'Requests waiting in the broker, over TCP: a service without a worker is filled, then eight workers empty it',
    note: 'Queue limits and request expiry of ours are raised for this (the defaults refuse more than 1,000 per service). ratio: enqueue + drain, against 1,000 waiting.',
    rows,
  };
}

async function depthInProcess(goals: Goal[]): Promise<Table> {
  const depths = quick ? [1, 1000, 100_000] : [1, 1000, 100_000, 1_000_000];
  const found = await inProcess({
    what: 'waiting requests in process',
    series: quick ? 1 : 3,
    slices: quick ? 4 : 8,
    stands: depths.map((depth): [string, number] => ['fill', depth]),
    slice: ['steady', quick ? 50_000 : 100_000],
    last: 'drain',
  });
  const ratios = ratiosToFirst(found.times);
  goals.push(
    goal(
      `CPU per request from 1 to ${grouped(depths.at(-1) ?? NaN)} waiting requests, our code alone (stub transport)`,
      GOAL_SCALE,
      ratios.at(-1) ?? NaN,
    ),
  );
  return {
    title: 'Requests waiting in the broker, without sockets: our code alone, over a stub transport',
    note: 'steady: one request comes, one is answered, the depth stays; ratio of that, against a depth of 1. Collections of garbage are included. Memory after a collection.',
    rows: depths.map((depth, index) => {
      const filled = (found.firsts[index] ?? []) as Filled[];
      const shown = (least: number, figures: readonly number[], digits: number): number | string =>
        depth >= least ? round(median(figures), digits) : '';
      return {
        what: `${grouped(depth)} waiting`,
        'steady CPU µs/request': round(median(found.times[index] ?? []), 2),
        'scatter %': round(100 * scatter(found.times[index] ?? []), 0),
        ratio: round(ratios[index] ?? NaN, 2),
        'enqueue CPU µs': shown(
          1000,
          filled.map((one) => one.enqueue),
          2,
        ),
        'drain CPU µs': shown(1000, (found.lasts[index] ?? []) as number[], 2),
        'heap bytes/request': shown(
          1000,
          filled.map((one) => one.heapPerRequest),
          0,
        ),
        'RSS bytes/request': shown(
          100_000,
          filled.map((one) => one.residentPerRequest),
          0,
        ),
      };
    }),
  };
}

interface InProcess {
  readonly what: string;
  readonly series: number;
  readonly slices: number;
  /** The first question of each stand, and its argument. */
  readonly stands: readonly (readonly [question: string, argument: number])[];
  /** Asked of all stands in turn, `slices` times; the answer is a time. */
  readonly slice: readonly [question: string, argument: number];
  /** The last question, if any. */
  readonly last?: string;
}

/** Each stand is a process of its own, whose heap nobody has used before; they are measured in alternating slices. */
async function inProcess(plan: InProcess): Promise<{ firsts: unknown[][]; times: number[][]; lasts: unknown[][] }> {
  const firsts = plan.stands.map((): unknown[] => []);
  const times = plan.stands.map((): number[] => []);
  const lasts = plan.stands.map((): unknown[] => []);
  for (let series = 0; series < plan.series; series++) {
    progress(`${plan.what}: series ${String(series + 1)} of ${String(plan.series)}`);
    await using group = new ProcessGroup();
    const children: Child[] = [];
    for (const [index, [question, argument]] of plan.stands.entries()) {
      const child = await group.start('in-process.js', { nodeOptions: ['--expose-gc'] });
      children.push(child);
      firsts[index]?.push(await child.ask(question, argument));
    }
    for (let slice = 0; slice < plan.slices; slice++) {
      for (const [index, child] of children.entries()) times[index]?.push(await child.ask<number>(...plan.slice));
    }
    if (plan.last !== undefined) for (const [index, child] of children.entries()) lasts[index]?.push(await child.ask(plan.last));
  }
  return { firsts, times, lasts };
}

function ratiosToFirst(times: readonly (readonly number[])[]): number[] {
  return times.map((own) => median(own.map((time, slice) => time / (times[0]?.[slice] ?? NaN))));
}

/* ------------------------------------------------------------------ output */

function goal(what: string, limit: number, value: number): Goal {
  return { goal: what, limit, value: round(value, 3), holds: value <= limit };
}

function machine(): Readonly<Record<string, string | number>> {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    libzmq,
  };
}

function readable(result: {
  date: string;
  machine: ReturnType<typeof machine>;
  seconds: number;
  tables: readonly Table[];
  goals: readonly Goal[];
}): string {
  const { cores, cpu, platform, node } = result.machine;
  const lines = [
    `${result.date}  ${String(cores)} cores (${String(cpu)}), ${String(platform)}, Node ${String(node)}, libzmq ${libzmq}${quick ? ', QUICK' : ''}`,
  ];
  for (const table of result.tables) lines.push('', table.title, '', ...columns(table.rows), '', `  ${table.note}`);
  lines.push('', 'Goals', '');
  for (const one of result.goals)
    lines.push(`  ${one.holds ? 'holds ' : 'MISSED'}  ${one.goal}: ${one.value.toFixed(2)} (at most ${String(one.limit)})`);
  lines.push(
    '',
    `${round(result.seconds, 0).toString()} s. Compare only figures of one run: machines differ, and this one differs from itself.`,
  );
  return lines.join('\n');
}

function columns(rows: readonly Row[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names.map((name) => (name === 'what' ? '' : name)), ...rows.map((row) => names.map((name) => shown(row[name] ?? '')))];
  const widths = names.map((_name, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map(
    (row) =>
      `  ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`,
  );
}

function shown(value: string | number): string {
  return typeof value === 'number' ? grouped(value) : value;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function progress(what: string): void {
  process.stderr.write(`${what}\n`);
}
