/** What many waiting requests cost, over zeromq.js. */
import type { MajordomoBrokerOptions } from 'seaworthy/majordomo';
import { socketDepth, type SocketDepthFigures } from '../depth.ts';
import { grouped, progress, round, type Bench, type Row, type Table } from '../report.ts';
import { brokerWith, FORWARDER, SEAWORTHY } from './measured.ts';

const GOAL = 1.3;

export async function depth(bench: Bench): Promise<Table> {
  const deep = bench.quick ? 10_000 : 1_000_000;
  const shallow = 1000;
  const rows: Row[] = [];
  const limits: MajordomoBrokerOptions = { maxQueuedRequests: 2 * deep, maxQueuedPerService: 2 * deep, requestExpiry: 600_000 };
  const unlimited = brokerWith(SEAWORTHY, limits);
  for (const broker of [unlimited, FORWARDER]) {
    let few: SocketDepthFigures | undefined;
    for (const waiting of [shallow, deep]) {
      progress(`waiting requests over sockets: ${broker.name}, ${String(waiting)} deep`);
      const figures = await socketDepth(broker, waiting, waiting === shallow ? 20 : 1);
      few ??= figures;
      const ratio = (figures.enqueue + figures.drain) / (few.enqueue + few.drain);
      if (broker === unlimited && waiting === deep) {
        bench.atMost(GOAL, `CPU per request from ${grouped(shallow)} to ${grouped(deep)} waiting requests, real sockets`, ratio);
      }
      rows.push({
        what: `${grouped(waiting)} waiting`,
        broker: broker.name,
        'enqueue CPU µs': round(figures.enqueue, 1),
        'drain CPU µs': round(figures.drain, 1),
        ratio: round(ratio, 2),
        'RSS bytes/request': waiting === shallow ? '' : round(figures.residentPerRequest, 0),
      });
    }
  }
  return {
    title: 'Requests waiting in the broker, over TCP: a service without a worker is filled, then eight workers empty it',
    note: 'Queue limits and request expiry of ours are raised for this (the defaults refuse more than 1,000 per service). ratio: enqueue + drain, against 1,000 waiting.',
    rows,
  };
}
