/**
 * The measuring of brokers under load. Machines change their pace within seconds, so brokers are compared in short slices that alternate
 * (A B A B …), each pair giving one ratio; and processes differ by luck, so that is repeated with fresh ones.
 */
import { Child, type ChildOptions } from './child.ts';
import type { RunResult } from './generators/client.ts';

/** A broker under measurement: a script that answers `endpoint` and `mark`. */
export interface Broker extends ChildOptions {
  readonly name: string;
  readonly script: string;
}

export interface Load {
  readonly broker: Broker;
  /** Workers of the requested service. */
  readonly workers: number;
  /** Processes they are spread over. */
  readonly workerProcesses: number;
  /** Requests in flight. */
  readonly window: number;
  /** Time between two heartbeats of a worker, in ms. */
  readonly heartbeatInterval: number;
}

export interface Schedule {
  /** How often everything is begun again with fresh processes. */
  readonly series: number;
  /** Slices of each broker per series. */
  readonly slices: number;
  /** Length of one slice, in ms. */
  readonly slice: number;
  /**
   * Requests before the first slice, so that the compiler has seen the code at work: with a tenth of these, one measures how
   * long Node takes to compile a program, and a longer program loses.
   */
  readonly warmUp: number;
  /** How long each broker is watched without load, in ms. */
  readonly idle: number;
}

/** What one slice showed. Times in µs, memory in bytes. */
export interface Figures {
  readonly requestsPerSecond: number;
  /** Processor time of the broker, all threads, per request. */
  readonly brokerTime: number;
  /** Processor time of workers and client per request: what the load itself costs. */
  readonly loadTime: number;
  readonly median: number;
  readonly percentile99: number;
  readonly residentMemory: number;
  /** Processor time per second without load: heartbeats. The same in all slices of a series. */
  readonly idleTime: number;
}

export const BODY_BYTES = 64;
export const HEARTBEAT_INTERVAL_MS = 2500;
/** How a broker is warmed up: with many in flight, which is faster. */
export const WARM_UP: { readonly window: number; readonly bodyBytes: number; readonly duration: number } = {
  window: 100,
  bodyBytes: BODY_BYTES,
  duration: 20_000,
};
/** How long the load itself then runs before it counts. */
const SETTLING_MS = 1000;
const SERVICE = 'echo';
const REGISTRATION_DEADLINE_MS = 120_000;

/** All slices of all series, `[load][slice]`, in the order they were made. */
export async function compare(loads: readonly Load[], schedule: Schedule): Promise<Figures[][]> {
  const figures: Figures[][] = loads.map(() => []);
  for (let series = 0; series < schedule.series; series++) {
    await using group = new ProcessGroup();
    const stands: Stand[] = [];
    for (const load of loads) stands.push(await Stand.build(group, load, schedule.warmUp));
    for (const stand of stands) await stand.watch(schedule.idle);
    for (let slice = 0; slice < schedule.slices; slice++) {
      for (const [index, stand] of stands.entries()) figures[index]?.push(await stand.slice(schedule.slice));
    }
    for (const stand of stands) await stand.check();
  }
  return figures;
}

/** One broker with its load, connected and warm. */
class Stand {
  readonly #load: Load;
  readonly #server: Child;
  readonly #client: Child;
  readonly #workers: readonly Child[];
  #idleTime = 0;
  /** Farewells while the workers arrived: with thousands at once a READY may get lost with its connection. */
  #dismissedBefore = 0;

  private constructor(load: Load, server: Child, client: Child, workers: readonly Child[]) {
    this.#load = load;
    this.#server = server;
    this.#client = client;
    this.#workers = workers;
  }

  static async build(group: ProcessGroup, load: Load, warmUp: number): Promise<Stand> {
    const server = await group.start(load.broker.script, load.broker);
    const endpoint = await server.ask<string>('endpoint');
    const workers: Child[] = [];
    for (let i = 0; i < load.workerProcesses; i++) workers.push(await group.start('generators/workers.js'));
    await Promise.all(
      workers.map((child, i) => {
        const count = Math.floor(load.workers / load.workerProcesses) + (i < load.workers % load.workerProcesses ? 1 : 0);
        return child.ask('connect', { endpoint, service: SERVICE, count, heartbeatInterval: load.heartbeatInterval });
      }),
    );
    const client = await group.start('generators/client.js');
    await client.ask('connect', endpoint);
    const stand = new Stand(load, server, client, workers);
    await client.ask<RunResult>('run', { ...WARM_UP, service: SERVICE, most: warmUp });
    await stand.#run(SETTLING_MS);
    await stand.#untilAllHaveWorked();
    return stand;
  }

  /** What the broker does when nobody asks for anything. */
  async watch(duration: number): Promise<void> {
    if (duration === 0) return;
    const before = await this.#server.mark();
    await new Promise((resolve) => setTimeout(resolve, duration));
    const after = await this.#server.mark();
    this.#idleTime = (after.processorTime - before.processorTime) / (duration / 1000);
  }

  /** One counted run: the broker is idle before and after, so its figures belong to these requests (and to its own heartbeats). */
  async slice(duration: number): Promise<Figures> {
    const before = await this.#server.mark();
    const loadBefore = await this.#loadTime();
    const result = await this.#run(duration);
    const after = await this.#server.mark();
    const loadAfter = await this.#loadTime();
    return {
      requestsPerSecond: result.requests / result.seconds,
      brokerTime: (after.processorTime - before.processorTime) / result.requests,
      loadTime: (loadAfter - loadBefore) / result.requests,
      median: result.median,
      percentile99: result.percentile99,
      residentMemory: after.residentMemory,
      idleTime: this.#idleTime,
    };
  }

  /** @throws when a worker was sent away since all had worked: then the broker did not do what was measured. */
  async check(): Promise<void> {
    const dismissed = (await this.#sum('dismissed')) - this.#dismissedBefore;
    if (dismissed > 0) throw new Error(`${this.#load.broker.name} dismissed ${String(dismissed)} workers that did no wrong`);
  }

  #run(duration: number): Promise<RunResult> {
    return this.#client.ask<RunResult>('run', { service: SERVICE, window: this.#load.window, bodyBytes: BODY_BYTES, duration });
  }

  /** Workers are used in turn, so when each has had a request, all are registered. */
  async #untilAllHaveWorked(): Promise<void> {
    const { workers, broker } = this.#load;
    const begin = performance.now();
    for (;;) {
      const worked = await this.#sum('worked');
      if (worked === workers) break;
      if (performance.now() - begin > REGISTRATION_DEADLINE_MS) {
        const dismissed = await this.#sum('dismissed');
        throw new Error(
          `${broker.name}: only ${String(worked)} of ${String(workers)} workers were ever used, ${String(dismissed)} were sent away`,
        );
      }
      await this.#run(SETTLING_MS);
    }
    this.#dismissedBefore = await this.#sum('dismissed');
  }

  async #loadTime(): Promise<number> {
    let sum = (await this.#client.mark()).processorTime;
    for (const child of this.#workers) sum += (await child.mark()).processorTime;
    return sum;
  }

  async #sum(question: 'worked' | 'dismissed'): Promise<number> {
    let sum = 0;
    for (const child of this.#workers) sum += await child.ask<number>(question);
    return sum;
  }
}

/** The processes of one measurement; all are gone when it is disposed of. */
export class ProcessGroup implements AsyncDisposable {
  readonly #children: { stop(): Promise<void> }[] = [];

  async start(script: string, options: ChildOptions = {}): Promise<Child> {
    return this.adopt(await Child.start(script, options));
  }

  /** Takes over a process that was started already. */
  adopt<T extends { stop(): Promise<void> }>(child: T): T {
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Clients and workers go first, so that no broker's end makes them work.
    for (const child of this.#children.reverse()) await child.stop();
  }
}
