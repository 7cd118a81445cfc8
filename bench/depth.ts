/** Many requests waiting in a broker, over real sockets: what it costs to put them there, to take them out, and to keep them. */
import { type Broker, BODY_BYTES, HEARTBEAT_INTERVAL_MS, ProcessGroup, WARM_UP } from './measure.ts';
import type { RunResult } from './generators/client.ts';

/** Processor time of the broker in µs per request, memory in bytes per request. */
export interface SocketDepthFigures {
  readonly enqueue: number;
  readonly drain: number;
  /** Growth of resident memory over the first filling. */
  readonly residentPerRequest: number;
}

const WORKERS = 8;
const WARM_UP_REQUESTS = 30_000;
/** A million requests take minutes on a slow machine. A child that makes no progress ends itself long before. */
const DEADLINE_MS = 1_200_000;

/**
 * Fills a service that has no worker with `depth` requests, then lets eight workers empty it; `repeat` times, each time with a new service
 * and new workers. Every reply is awaited, each exactly once.
 */
export async function socketDepth(broker: Broker, depth: number, repeat: number): Promise<SocketDepthFigures> {
  await using group = new ProcessGroup();
  const server = await group.start(broker.script, broker);
  const endpoint = await server.ask<string>('endpoint');
  const workers = await group.start('generators/workers.js');
  const client = await group.start('generators/client.js');
  const serve = (service: string, count: number): Promise<unknown> =>
    workers.ask('connect', { endpoint, service, count, heartbeatInterval: HEARTBEAT_INTERVAL_MS });
  await serve('barrier', WORKERS);
  await client.ask('connect', endpoint);
  await client.ask<RunResult>('run', { ...WARM_UP, service: 'barrier', most: WARM_UP_REQUESTS });

  let enqueue = 0;
  let drain = 0;
  let residentPerRequest = 0;
  for (let i = 0; i < repeat; i++) {
    const service = `later-${String(i)}`;
    const empty = await server.mark();
    await client.ask('enqueue', { service, count: depth, bodyBytes: BODY_BYTES }, DEADLINE_MS);
    await client.ask('passBarrier', 'barrier', DEADLINE_MS);
    const full = await server.mark();
    await serve(service, WORKERS);
    await client.ask('collect', depth, DEADLINE_MS);
    const drained = await server.mark();
    enqueue += full.processorTime - empty.processorTime;
    drain += drained.processorTime - full.processorTime;
    if (i === 0) residentPerRequest = (full.residentMemory - empty.residentMemory) / depth;
  }
  const requests = depth * repeat;
  return { enqueue: enqueue / requests, drain: drain / requests, residentPerRequest };
}
