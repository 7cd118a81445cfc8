/** `seaworthy call`: asks a service, once or many times. */
import { setMaxListeners } from 'node:events';
import { InvalidOption } from '../core/errors.ts';
import { MajordomoClient, type MajordomoClientEvents, type Reply, type RequestCallOptions } from '../majordomo/client.ts';
import { RequestAborted, RequestError } from '../core/requests.ts';
import { RequestTimedOut } from '../majordomo/errors.ts';
import type { FrameLike } from '../wire/message.ts';
import type { Arguments } from './arguments.ts';
import { BROKER_ENDPOINT, withRoleOptions, type Command } from './command.ts';
import { EXIT, UsageError, exitCodeOf, problemOf } from './failures.ts';
import { frameAsJson, reportEvents, type Output } from './output.ts';
import { CLIENT_OPTIONS } from './role-options.ts';
import { EXIT_AFTER, onStopSignal, type StopSignal } from './signals.ts';

const MOST_CONCURRENCY = 10_000;

export const call: Command = {
  name: 'call',
  summary: 'send a request to a service and print the reply',
  usage: 'SERVICE [BODY…] [options]',
  takesWords: true,
  description: `Each BODY is one frame; none at all is one empty frame. Prints each frame of the reply as a line.
With --count, one line on standard error sums up.`,
  options: [
    BROKER_ENDPOINT,
    { flag: 'stdin', kind: 'switch', help: 'send standard input as the last frame' },
    { flag: 'count', kind: 'number', placeholder: 'N', help: 'send the request so many times', fallback: 1 },
    { flag: 'concurrency', kind: 'number', placeholder: 'N', help: 'so many of them at once', fallback: 1 },
    ...CLIENT_OPTIONS,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => ask(given, output, options)),
};

export const CLIENT_EVENTS: { readonly [event in keyof MajordomoClientEvents]: true } = {
  requestRetried: true,
  staleReply: true,
  linkUsable: true,
  brokerLost: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

/** One request and how often it is to be made. */
interface Task {
  readonly service: string;
  readonly body: readonly FrameLike[];
  readonly count: number;
  readonly concurrency: number;
}

async function ask(given: Arguments, output: Output, options: object): Promise<number> {
  const task = await taskOf(given);
  const endpoint = given.text('broker') as string;
  const client = MajordomoClient.connect(endpoint, { ...given.libraryOptions(), ...options });
  reportEvents(client.events, CLIENT_EVENTS, output);
  try {
    const exitCode = await new Calls(client, task, output).run();
    return (await output.taken()) ? exitCode : EXIT.unread;
  } finally {
    await client.close();
  }
}

async function taskOf(given: Arguments): Promise<Task> {
  const [service, ...body] = given.positionals;
  if (service === undefined) throw new UsageError('which service?');
  const task = { service, count: countOf(given, 'count'), concurrency: countOf(given, 'concurrency', MOST_CONCURRENCY) };
  return { ...task, body: given.has('stdin') ? [...body, await standardInput()] : body };
}

function countOf(given: Arguments, flag: string, most: number = Number.MAX_SAFE_INTEGER): number {
  const count = given.number(flag) as number;
  const limit = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`;
  if (!Number.isInteger(count) || count < 1 || count > most) throw new InvalidOption(flag, count, `a whole number of at least 1${limit}`);
  return count;
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The requests of one command line, and what became of them. */
class Calls {
  readonly #client: MajordomoClient;
  readonly #task: Task;
  readonly #output: Output;
  readonly #stop = new AbortController();
  readonly #took: number[] = [];
  readonly #failures = new Map<string, number>();
  #begun = 0;
  #aborted = 0;
  #status: Promise<string | undefined> | undefined;
  #exitCode: number = EXIT.ok;

  constructor(client: MajordomoClient, task: Task, output: Output) {
    this.#client = client;
    this.#task = task;
    this.#output = output;
  }

  /** Resolves with the exit code: that of the first request that failed. */
  async run(): Promise<number> {
    let stoppedBy: StopSignal | undefined;
    // Each request in flight listens, as many as were asked for.
    setMaxListeners(0, this.#stop.signal);
    onStopSignal((signal) => {
      stoppedBy = signal;
      this.#stop.abort();
    });
    this.#output.unread.addEventListener('abort', () => this.#stop.abort(), { once: true });
    const startedAt = performance.now();
    const { count, concurrency } = this.#task;
    await Promise.all(Array.from({ length: Math.min(count, concurrency) }, () => this.#lane()));
    if (this.#aborted > 0 && stoppedBy !== undefined) this.#output.note(`${stoppedBy}: ${this.#aborted} in flight given up`);
    if (count > 1) this.#sumUp(performance.now() - startedAt);
    return stoppedBy === undefined ? this.#exitCode : EXIT_AFTER[stoppedBy];
  }

  async #lane(): Promise<void> {
    while (this.#begun < this.#task.count && !this.#stop.signal.aborted) await this.#request(++this.#begun);
  }

  async #request(number: number): Promise<void> {
    const { service, body } = this.#task;
    const startedAt = performance.now();
    const stop: RequestCallOptions = { signal: this.#stop.signal };
    try {
      const reply = await this.#client.request(service, body, stop);
      this.#took.push(performance.now() - startedAt);
      this.#print(reply, number);
    } catch (error) {
      if (error instanceof InvalidOption) throw error;
      if (error instanceof RequestAborted) this.#aborted++;
      else await this.#explain(error, number);
    }
  }

  #print({ service, body, attempts, deliveries }: Reply, number: number): void {
    const numbered = this.#task.count > 1 ? { request: number } : {};
    if (this.#output.json) this.#output.result({ ...numbered, service, body: body.map(frameAsJson), attempts, deliveries }, '');
    else for (const frame of body) this.#output.frame(frame);
  }

  async #explain(error: unknown, number: number): Promise<void> {
    if (this.#exitCode === EXIT.ok) this.#exitCode = exitCodeOf(error);
    const { error: code, message, ...fields } = problemOf(error);
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
    const numbered = this.#task.count > 1 ? { request: number } : {};
    this.#output.problem({ error: code, message: message + (await this.#remarkOn(error)), ...numbered, ...fields });
  }

  /** What the error does not say by itself: was there a broker, does anybody serve this, has it run? */
  async #remarkOn(error: unknown): Promise<string> {
    if (!(error instanceof RequestError)) return '';
    if (error instanceof RequestTimedOut) {
      const status = await (this.#status ??= this.#askForStatus());
      if (status === '404') return '; no worker serves it now';
      if (status === undefined) return `; is there a broker at ${this.#client.endpoint}?`;
    }
    return error.mayHaveRun ? '; it may have run' : '; it has not run';
  }

  /** Asks the broker once whether the service is served (RFC 8); `undefined` when it does not answer either. */
  async #askForStatus(): Promise<string | undefined> {
    try {
      const asked = { requestTimeout: 500, requestRetries: 1, signal: this.#stop.signal };
      const { body } = await this.#client.request('mmi.service', this.#task.service, asked);
      return body[0]?.toString('latin1');
    } catch {
      return undefined;
    }
  }

  #sumUp(milliseconds: number): void {
    const took = this.#took.sort((a, b) => a - b);
    const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
    const failed = [...this.#failures.values()].reduce((sum, each) => sum + each, 0);
    const latency = { median: at(0.5), p99: at(0.99), most: at(1) };
    if (this.#output.json) {
      const summary = {
        requests: this.#begun,
        replied: took.length,
        failed,
        failures: Object.fromEntries(this.#failures),
        milliseconds,
        latency,
      };
      this.#output.result({ summary }, '');
      return;
    }
    const rate = Math.round((took.length / milliseconds) * 1000);
    const failures = [...this.#failures].map(([code, times]) => `${code} ${times}`).join(', ');
    const shown = (value: number): string => `${value.toFixed(1)} ms`;
    this.#output.note(
      `${took.length} replies, ${failed} failed${failures === '' ? '' : ` (${failures})`} in ${shown(milliseconds)}` +
        (took.length === 0 ? '' : `, ${rate}/s; median ${shown(latency.median)}, 99% ${shown(latency.p99)}, most ${shown(latency.most)}`),
    );
  }
}
