/** Brokers under the load of `bench/peers/mdp_load.c`: plain libzmq peers that cost so little that the broker is what is measured. */
import { BODY_BYTES, type Broker, type ProcessGroup } from '../measure.ts';
import { compile, NEEDS_COMPILER } from '../peers/tools.ts';
import { Program } from '../program.ts';

/** A broker that is no Node: it writes its endpoint as its first line. */
export interface ForeignBroker {
  readonly name: string;
  readonly command: readonly [command: string, ...args: string[]];
}

/** What one run of the load brought. Times in µs; those of processors are the sum over all requests. */
export interface LoadedRun {
  readonly requests: number;
  readonly seconds: number;
  readonly median: number;
  readonly percentile99: number;
  /** Processor time of the broker, all threads, read from outside, the same way for every broker. */
  readonly brokerTime: number;
  readonly loadTime: number;
  /** Requests that lay at one worker at once, at most: above 1 the broker grants credit. */
  readonly mostHeld: number;
  /** Workers that have had a request, and farewells that workers got, since the start. */
  readonly worked: number;
  readonly dismissed: number;
}

export interface Running {
  readonly endpoint: string;
  readonly pid: number;
}

export const SERVICE = 'echo';
/** Requests a worker with credit may hold. */
export const CREDIT = 16;
const REGISTRATION_DEADLINE_MS = 30_000;
const WARM_UP_WINDOW = 100;
const WARM_UP_SLICE_MS = 20_000;

export async function startBroker(group: ProcessGroup, broker: Broker | ForeignBroker): Promise<Running> {
  if ('script' in broker) {
    const child = await group.start(broker.script, broker);
    return { endpoint: await child.ask<string>('endpoint'), pid: child.pid };
  }
  const [command, ...args] = broker.command;
  const program = group.adopt(Program.start(command, args));
  return { endpoint: await program.line(), pid: program.pid };
}

/** One broker's client and workers. */
export class Loader {
  readonly #program: Program;
  #workers = 0;
  #credit = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** @throws where the load cannot be compiled. */
  static async start(group: ProcessGroup, { endpoint, pid }: Running): Promise<Loader> {
    const program = await compile('mdp_load');
    if (program === undefined) throw new Error(NEEDS_COMPILER);
    return new Loader(group.adopt(Program.start(program, [endpoint, String(pid)])));
  }

  /** More workers of a service. `credit`: requests each may hold; 0 says nothing, as a plain worker does. */
  async serve(service: string, workers: number, credit = 0): Promise<void> {
    this.#workers += workers;
    this.#credit = Math.max(this.#credit, credit);
    await this.#program.ask(`serve ${service} ${String(workers)} ${String(credit)}`);
  }

  run(window: number, duration: number, most = 0): Promise<LoadedRun> {
    return this.#program.ask(`run ${SERVICE} ${String(window)} ${String(BODY_BYTES)} ${String(duration)} ${String(most)}`);
  }

  /** Until so many requests are answered and every worker has had one. @throws when workers with credit get no more than others. */
  async warmUp(requests: number): Promise<void> {
    let run = await this.run(WARM_UP_WINDOW, WARM_UP_SLICE_MS, requests);
    const begin = performance.now();
    while (run.worked < this.#workers) {
      if (performance.now() - begin > REGISTRATION_DEADLINE_MS)
        throw new Error(`only ${String(run.worked)} of ${String(this.#workers)} workers were ever used`);
      run = await this.run(WARM_UP_WINDOW, 200);
    }
    if (this.#credit > 1 && run.mostHeld <= 1) throw new Error('this broker grants no credit: it gives a worker one request at a time');
  }

  async enqueue(service: string, count: number): Promise<void> {
    await this.#program.ask(`enqueue ${service} ${String(count)} ${String(BODY_BYTES)}`, DEEP_DEADLINE_MS);
  }

  /** Resolves when the broker has taken everything sent before. */
  async passBarrier(): Promise<void> {
    await this.#program.ask(`barrier ${SERVICE}`, DEEP_DEADLINE_MS);
  }

  /** Receives the replies to enqueued requests, each exactly once. */
  collect(count: number): Promise<{ readonly seconds: number; readonly brokerTime: number; readonly dismissed: number }> {
    return this.#program.ask(`collect ${String(count)}`, DEEP_DEADLINE_MS);
  }

  /** Processor time of the broker since it began, all threads, in µs. */
  async processorTime(): Promise<number> {
    return (await this.#program.ask<{ readonly processorTime: number }>('mark')).processorTime;
  }
}

/** A million requests take a minute on a slow machine. A load without progress ends itself long before. */
const DEEP_DEADLINE_MS = 600_000;
