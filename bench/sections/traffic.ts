/** What our broker costs above one that does nothing but forward, loaded by plain peers over zeromq.js. */
import { compare, HEARTBEAT_INTERVAL_MS, type Figures, type Load, type Schedule } from '../measure.ts';
import { plural, progress, round, type Bench, type Row, type Table } from '../report.ts';
import { FORWARDER, OVER_ZMTP, SEAWORTHY } from './measured.ts';
import { figuresRow, ratioOf } from './figures.ts';

const GOAL = 1.25;

export async function traffic(bench: Bench): Promise<Table> {
  const rows: Row[] = [];
  const schedule: Schedule = bench.quick
    ? { series: 1, slices: 8, slice: 200, warmUp: 20_000, idle: 0 }
    : { series: 1, slices: 16, slice: 300, warmUp: 40_000, idle: 0 };
  for (const workers of bench.quick ? [8] : [1, 8, 64]) {
    for (const window of [1, 100]) {
      progress(`traffic: ${String(workers)} workers, ${String(window)} in flight`);
      const load = { workers, workerProcesses: 1, window, heartbeatInterval: HEARTBEAT_INTERVAL_MS };
      const loads = [FORWARDER, SEAWORTHY, OVER_ZMTP].map((broker): Load => ({ ...load, broker }));
      const [minimal, ours, overZmtp] = (await compare(loads, schedule)) as [Figures[], Figures[], Figures[]];
      const what = `${plural(workers, 'worker')}, ${String(window)} in flight`;
      const ratio = ratioOf(ours, minimal);
      rows.push(
        { what, broker: SEAWORTHY.name, ...figuresRow(ours), ratio: round(ratio, 2) },
        { what: '', broker: OVER_ZMTP.name, ...figuresRow(overZmtp), ratio: round(ratioOf(overZmtp, minimal), 2) },
        { what: '', broker: 'minimal', ...figuresRow(minimal), ratio: 1 },
      );
      if (workers === 8 && window === 100)
        bench.atMost(GOAL, 'broker CPU per request, above the minimal forwarder, 8 workers, 100 in flight', ratio);
    }
  }
  return {
    title: 'Traffic over TCP on loopback, 64-byte bodies, plain MDP/0.1 peers',
    note: 'ratio: broker CPU per request, ours over minimal, median over pairs of alternating slices. CPU counts all threads of the broker.',
    rows,
  };
}
