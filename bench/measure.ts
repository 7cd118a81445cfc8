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
  /** Workers of the requested service. */
  readonly workers: number;
  /** Processes they are spread over. */
  readonly workerProcesses: number;
  /** Requests in flight. */
  readonly window: number;
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

/** All slices of all series, `[broker][slice]`, in the order they were made. */
export async function compare(brokers: readonly Broker[], load: Load, schedule: Schedule): Promise<Figures[][]> {
  const figures: Figures[][] = brokers.map(() => []);
  for (let series = 0; series < schedule.series; series++) {
    await using group = new ProcessGroup();
    const stands: Stand[] = [];
    for (const broker of brokers) stands.push(await Stand.build(group, broker, load, schedule.warmUp));
    for (let slice = 0; slice < schedule.slices; slice++) {
      for (const [index, stand] of stands.entries()) figures[index]?.push(await stand.slice(schedule.slice));
    }
    for (const stand of stands) await stand.check();
  }
  return figures;
}

/** One broker with its load, connected and warm. */
class Stand {
  readonly #broker: Broker;
  readonly #server: Child;
  readonly #client: Child;
  readonly #workers: readonly Child[];
  readonly #window: number;

  private constructor(broker: Broker, server: Child, client: Child, workers: readonly Child[], window: number) {
    this.#broker = broker;
    this.#server = server;
    this.#client = client;
    this.#workers = workers;
    this.#window = window;
  }

  static async build(group: ProcessGroup, broker: Broker, load: Load, warmUp: number): Promise<Stand> {
    const server = await group.start(broker.script, broker);
    const endpoint = await server.ask<string>('endpoint');
    const workers: Child[] = [];
    for (let i = 0; i < load.workerProcesses; i++) workers.push(await group.start('generators/workers.js'));
    await Promise.all(
      workers.map((child, i) => {
        const count = Math.floor(load.workers / load.workerProcesses) + (i < load.workers % load.workerProcesses ? 1 : 0);
        return child.ask('connect', { endpoint, service: SERVICE, count, heartbeatInterval: HEARTBEAT_INTERVAL_MS });
      }),
    );
    const client = await group.start('generators/client.js');
    await client.ask('connect', endpoint);
    const stand = new Stand(broker, server, client, workers, load.window);
    await client.ask<RunResult>('run', { ...WARM_UP, service: SERVICE, most: warmUp });
    await stand.#run(SETTLING_MS);
    await stand.#untilAllHaveWorked(load.workers);
    return stand;
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
    };
  }

  /** @throws when a worker was sent away: then the broker did not do what was measured. */
  async check(): Promise<void> {
    const dismissed = await this.#sum('dismissed');
    if (dismissed > 0) throw new Error(`${this.#broker.name} dismissed ${String(dismissed)} workers that did no wrong`);
  }

  #run(duration: number): Promise<RunResult> {
    return this.#client.ask<RunResult>('run', { service: SERVICE, window: this.#window, bodyBytes: BODY_BYTES, duration });
  }

  /** Workers are used in turn, so when each has had a request, all are registered. */
  async #untilAllHaveWorked(workers: number): Promise<void> {
    const begin = performance.now();
    for (;;) {
      const worked = await this.#sum('worked');
      if (worked === workers) return;
      if (performance.now() - begin > REGISTRATION_DEADLINE_MS) {
        throw new Error(`${this.#broker.name}: only ${String(worked)} of ${String(workers)} workers were ever used`);
      }
      await this.#run(SETTLING_MS);
    }
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
  readonly #children: Child[] = [];

  async start(script: string, options: ChildOptions = {}): Promise<Child> {
    const child = await Child.start(script, options);
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Clients and workers go first, so that no broker's end makes them work.
    for (const child of this.#children.reverse()) await child.stop();
  }
}
