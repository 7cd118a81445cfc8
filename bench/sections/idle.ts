/** What many registered workers cost, over zeromq.js. */
import type { MajordomoBrokerOptions } from 'seaworthy/majordomo';
import { compare, HEARTBEAT_INTERVAL_MS, type Broker, type Load, type Schedule } from '../measure.ts';
import { grouped, plural, progress, round, type Bench, type Row, type Table } from '../report.ts';
import { median } from '../statistics.ts';
import { brokerWith, FORWARDER, SEAWORTHY } from './measured.ts';
import { figuresRow, ratioOf } from './figures.ts';

const GOAL = 1.3;
/** Heartbeats so rare that what is left is the cost of the requests. */
const RARE_HEARTBEATS_MS = 25_000;

/**
 * libzmq's own heartbeats walk a list of all timers at every ping, so their cost grows with the square of the peers (see
 * docs/performance.md): ten thousand workers cannot be had with them, and are measured without. The protocol's heartbeats stay on.
 */
export async function idle(bench: Bench): Promise<Table> {
  const groups: readonly { readonly broker: Broker; readonly heartbeatInterval: number; readonly sizes: readonly number[] }[] = [
    { broker: SEAWORTHY, heartbeatInterval: HEARTBEAT_INTERVAL_MS, sizes: [10, 1000] },
    { broker: FORWARDER, heartbeatInterval: HEARTBEAT_INTERVAL_MS, sizes: bench.quick ? [10, 1000] : [10, 1000, 10_000] },
    ...(bench.quick
      ? []
      : [
          { broker: noPings({ transportHeartbeatInterval: 0 }), heartbeatInterval: HEARTBEAT_INTERVAL_MS, sizes: [10, 1000, 10_000] },
          {
            broker: noPings({ transportHeartbeatInterval: 0, heartbeatInterval: RARE_HEARTBEATS_MS }),
            heartbeatInterval: RARE_HEARTBEATS_MS,
            sizes: [10, 10_000],
          },
          { broker: FORWARDER, heartbeatInterval: RARE_HEARTBEATS_MS, sizes: [10, 10_000] },
        ]),
  ];
  const schedule: Schedule = bench.quick
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
        bench.atMost(GOAL, `${what}, heartbeats every ${rare ? '25' : '2.5'} s included`, ratio);
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

function noPings(options: MajordomoBrokerOptions): Broker {
  return { ...brokerWith(SEAWORTHY, options), name: `${SEAWORTHY.name}, no pings` };
}
