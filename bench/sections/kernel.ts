/** What the broker's processor time goes to at full load, by files; the share of the machine kernel is a goal. */
import { ProcessGroup } from '../measure.ts';
import { compile, NEEDS_COMPILER } from '../peers/tools.ts';
import type { SelfTime } from '../profile.ts';
import { progress, round, type Bench, type Row, type Table } from '../report.ts';
import { CREDIT, Loader, SERVICE } from './loaded.ts';
import { OVER_ZMTP, SEAWORTHY } from './measured.ts';

const GOAL = 10;
const WORKERS = 8;
const WINDOW = 100;
const KERNEL = 'machine kernel: steps, actions, timers';
const IDLE = '(idle)';

/** The first that fits a file's address, or the name of a function that is in no file. */
const AREAS: readonly (readonly [area: string, fits: RegExp])[] = [
  [KERNEL, /\/dist\/core\/(machine|timers)\.js$|\.machine\.js$/],
  ['broker: sessions, queues, limits', /\/dist\/(load-balancer|core)\/|\/dist\/majordomo\/broker\.js$/],
  ['codec and frames', /\/dist\/(majordomo\/codec|wire\/(?!zmtp)[^/]+)\.js$/],
  ['runtime: driver, clock, events', /\/dist\/(runtime|majordomo)\/|\/eventemitter3\//],
  ['ZMTP engine', /\/dist\/(transport\/zmtp\/|wire\/zmtp\.js)/],
  ['transport over zeromq.js', /\/dist\/transport\/|\/zeromq\//],
  ["Node's own JavaScript (net, streams, timers)", /^node:/],
  ['garbage collection', /^\(garbage collector\)$/],
  ['writing to sockets (system calls)', /^write(Buffer|v)$/],
  ['native code: libuv, system calls, addons, built-ins', /^(\(program\)|[^:()]+)$/],
  [IDLE, /^\(idle\)$/],
];

const ROWS = [
  { name: OVER_ZMTP.name, broker: OVER_ZMTP, credit: 0 },
  { name: `${OVER_ZMTP.name}, ${String(CREDIT)} credits`, broker: OVER_ZMTP, credit: CREDIT },
  { name: SEAWORTHY.name, broker: SEAWORTHY, credit: 0 },
];

export async function kernel(bench: Bench): Promise<Table | undefined> {
  if ((await compile('mdp_load')) === undefined) {
    bench.leaveOut(`kernel: ${NEEDS_COMPILER}`);
    return undefined;
  }
  const rows: Row[] = [];
  for (const { name, broker, credit } of ROWS) {
    progress(`kernel: ${name}`);
    await using group = new ProcessGroup();
    const child = await group.start(broker.script, broker);
    const load = await Loader.start(group, { endpoint: await child.ask<string>('endpoint'), pid: child.pid });
    await load.serve(SERVICE, WORKERS, credit);
    await load.warmUp(bench.quick ? 15_000 : 60_000);
    await child.ask('startProfile');
    await load.run(WINDOW, bench.quick ? 1500 : 8000);
    const shares = sharesOf(await child.ask<SelfTime[]>('stopProfile'));
    rows.push({ what: name, ...Object.fromEntries(shares) });
    bench.atMost(GOAL, `machine kernel, % of the broker's CPU at full load, ${name}`, shares.get(KERNEL) ?? NaN);
  }
  return {
    title: "Where the broker's time goes: its main thread under 8 workers, 100 in flight, % of the time it was not idle",
    note:
      "By V8's sampling profiler, self time of each file, inlined functions counted where they were written. It looks at the clock: on a busy " +
      'machine, waiting for a processor counts too, mostly in system calls. The I/O thread of libzmq is not in it.',
    rows: transposed(rows),
  };
}

/** In % of what was not idle. */
function sharesOf(times: readonly SelfTime[]): Map<string, number> {
  const sums = new Map(AREAS.map(([area]) => [area, 0]));
  for (const { url, function: name, time } of times) {
    const area = AREAS.find(([, fits]) => fits.test(url === '' ? name : url))?.[0] ?? 'the rest';
    sums.set(area, (sums.get(area) ?? 0) + time);
  }
  sums.delete(IDLE);
  const busy = [...sums.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...sums].map(([area, time]) => [area, round((100 * time) / busy, 1)]));
}

/** Areas as lines, brokers as columns: there are more of the former. */
function transposed(rows: readonly Row[]): Row[] {
  const areas = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== 'what');
  return areas.map((area) => ({ what: area, ...Object.fromEntries(rows.map((row) => [row.what, row[area] ?? 0])) }));
}
