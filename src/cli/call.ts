/** `seaworthy call`: asks a service, once or many times. */
import { setMaxListeners } from 'node:events';
import { InvalidOption } from '../core/errors.ts';
import { RequestAborted, RequestError } from '../core/requests.ts';
import { binaryStarClientSettings } from '../binary-star/client-options.ts';
import { BinaryStarClient, type BinaryStarClientEvents } from '../binary-star/client.ts';
import { LazyPirateClient, type LazyPirateClientEvents } from '../lazy-pirate/client.ts';
import { RequestAbandoned } from '../lazy-pirate/errors.ts';
import { lazyPirateClientSettings } from '../lazy-pirate/options.ts';
import { MajordomoClient, type MajordomoClientEvents } from '../majordomo/client.ts';
import { RequestTimedOut } from '../majordomo/errors.ts';
import { clientSettings } from '../majordomo/options.ts';
import type { FrameLike } from '../wire/message.ts';
import { flagsOf, type Arguments, type Option } from './arguments.ts';
import { BROKER_ENDPOINTS, DEFAULT_ENDPOINT, endpointsIn, withRoleOptions, type Command } from './command.ts';
import { EXIT, UsageError, exitCodeOf, problemOf } from './failures.ts';
import { frameAsJson, reportEvents, type Output } from './output.ts';
import { ANY_CLIENT_OPTIONS, DEADLINE_OPTION, MAX_FRAME_BYTES_OPTION, STAR_CLIENT_MODE } from './role-options.ts';
import { EXIT_AFTER, onStopSignal, type StopSignal } from './signals.ts';
import { PAIR } from './star.ts';

const MOST_CONCURRENCY = 10_000;
/** libzmq makes 1023 sockets. Where each request in flight has one of its own, further ones wait. */
const MOST_SOCKETS = 1000;

export const TASK_OPTIONS: readonly Option[] = [
  { flag: 'stdin', kind: 'switch', help: 'send standard input as the last frame' },
  { flag: 'count', kind: 'number', placeholder: 'N', help: 'send the request so many times', fallback: 1 },
  { flag: 'concurrency', kind: 'number', placeholder: 'N', help: 'so many of them at once', fallback: 1 },
];

export const call: Command = {
  name: 'call',
  summary: 'send a request to a service and print the reply',
  usage: '[SERVICE] [BODY…] [options]',
  takesWords: true,
  description: `Each BODY is one frame; none at all is one empty frame. Prints each frame of the reply as a line.
With --count, one line on standard error sums up. With --pattern lazy there is no broker and no SERVICE:
the request goes to a server with a REP socket, or to the first of several that answers. With --pattern star it
goes to the one of two such servers that serves, as behind seaworthy star --serve echo or --exec; a pair of brokers
is asked as other brokers are: --broker A,B SERVICE.`,
  options: [
    { flag: 'pattern', kind: 'text', placeholder: 'PATTERN', help: 'how to ask: majordomo, lazy, star', fallback: 'majordomo' },
    BROKER_ENDPOINTS,
    {
      flag: 'server',
      kind: 'text',
      placeholder: 'ENDPOINTS',
      help: 'with lazy and star: where servers listen, with commas between; tried in turn',
      fallback: `${DEFAULT_ENDPOINT}, star: ${PAIR.join(',')}`,
    },
    ...TASK_OPTIONS,
    ...ANY_CLIENT_OPTIONS,
    MAX_FRAME_BYTES_OPTION,
    DEADLINE_OPTION,
    STAR_CLIENT_MODE,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => ask(given, output, options)),
};

export const CLIENT_EVENTS: { readonly [event in keyof MajordomoClientEvents]: true } = {
  requestRetried: true,
  staleReply: true,
  linkUsable: true,
  brokerLost: true,
  serverPassive: true,
  serverFenced: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

const LAZY_CLIENT_EVENTS: { readonly [event in keyof LazyPirateClientEvents]: true } = {
  requestRetried: true,
  staleReply: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

const STAR_CLIENT_EVENTS: { readonly [event in keyof BinaryStarClientEvents]: true } = {
  ...LAZY_CLIENT_EVENTS,
  serverPassive: true,
  serverFenced: true,
  epochLearned: true,
};

/** What each pattern's client understands. */
const SETTINGS = { majordomo: clientSettings, lazy: lazyPirateClientSettings, star: binaryStarClientSettings } as const;

/** How often the request is to be made. */
export interface Task {
  readonly count: number;
  readonly concurrency: number;
}

/** What came back. */
interface Answer {
  readonly body: readonly Buffer[];
  /** As a program is told. */
  readonly before: object;
  readonly after: object;
}

/** One request of one pattern. */
export interface Question {
  ask(signal: AbortSignal): Promise<Answer>;
  /** What can be found out about a timeout that the error does not say. */
  remark(signal: AbortSignal): Promise<string | undefined>;
}

async function ask(given: Arguments, output: Output, options: object): Promise<number> {
  const pattern = given.text('pattern') as string;
  if (pattern !== 'majordomo' && pattern !== 'lazy' && pattern !== 'star') {
    throw new UsageError(`--pattern must be majordomo, lazy or star, not ${JSON.stringify(pattern)}`);
  }
  const [foreign, own] = pattern === 'majordomo' ? (['server', 'broker'] as const) : (['broker', 'server'] as const);
  if (given.has(foreign)) throw new UsageError(`--${foreign} does not go with --pattern ${pattern}; --${own} does`);
  const known = Object.keys(SETTINGS[pattern]({}));
  const misplaced = Object.keys(given.libraryOptions()).find((option) => !known.includes(option));
  if (misplaced !== undefined) throw new UsageError(`${flagsOf(call.options).get(misplaced)} does not go with --pattern ${pattern}`);
  const task = taskOf(given);
  const settings = { ...given.libraryOptions(), ...options };
  return pattern === 'majordomo'
    ? await askService(given, output, task, settings)
    : await askServer(pattern, given, output, task, settings);
}

async function askService(given: Arguments, output: Output, task: Task, settings: object): Promise<number> {
  const [service] = given.positionals;
  if (service === undefined) throw new UsageError('which service?');
  const body = await bodyOf(given, 1);
  const client = MajordomoClient.connect(endpointsIn(given, 'broker'), settings);
  reportEvents(client.events, CLIENT_EVENTS, output);
  const question: Question = {
    async ask(signal) {
      const reply = await client.request(service, body, { signal });
      return { body: reply.body, before: { service: reply.service }, after: { attempts: reply.attempts, deliveries: reply.deliveries } };
    },
    async remark(signal) {
      const status = await statusOf(client, service, signal);
      if (status === '404') return 'no worker serves it now';
      return status === undefined ? `is there a broker at ${client.endpoints.join(' or ')}?` : undefined;
    },
  };
  return await withClient(client, new Calls(question, task, output), output);
}

/** Asks the broker once whether the service is served (RFC 8); `undefined` when it does not answer either. */
async function statusOf(client: MajordomoClient, service: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { body } = await client.request('mmi.service', service, { requestTimeout: 500, requestRetries: 1, signal });
    return body[0]?.toString('latin1');
  } catch {
    return undefined;
  }
}

async function askServer(pattern: 'lazy' | 'star', given: Arguments, output: Output, task: Task, own: object): Promise<number> {
  const usual = pattern === 'lazy' ? [DEFAULT_ENDPOINT] : PAIR;
  const endpoints = given.has('server') ? endpointsIn(given, 'server') : usual;
  const body = await bodyOf(given, 0);
  const limits = { maxOpenRequests: Math.max(1000, task.concurrency), maxSockets: Math.min(MOST_SOCKETS, task.concurrency) };
  const client = clientOf(pattern, endpoints, { ...limits, ...own }, output);
  const question: Question = {
    async ask(signal) {
      const reply = await client.request(body, { signal });
      return { body: reply.body, before: {}, after: { attempts: reply.attempts, endpoint: reply.endpoint } };
    },
    remark: async () => `${REMARKS[pattern](endpoints)} If so, it may have run`,
  };
  return await withClient(client, new Calls(question, task, output), output);
}

/** Who may be missing where nobody answers. */
const REMARKS: { readonly [pattern in 'lazy' | 'star']: (endpoints: readonly string[]) => string } = {
  lazy: (endpoints) => `is there a server at ${endpoints.join(' or ')}, or a queue with a worker that is free?`,
  star: (endpoints) =>
    `is there a pair with a server for REQ sockets at ${endpoints.join(' and ')} (one with a broker is asked with --broker ${endpoints.join(',')} SERVICE)?`,
};

function clientOf(
  pattern: 'lazy' | 'star',
  endpoints: readonly string[],
  settings: object,
  output: Output,
): LazyPirateClient | BinaryStarClient {
  if (pattern === 'lazy') {
    const client = LazyPirateClient.connect(endpoints, settings);
    reportEvents(client.events, LAZY_CLIENT_EVENTS, output);
    return client;
  }
  const client = BinaryStarClient.connect(endpoints, settings);
  reportEvents(client.events, STAR_CLIENT_EVENTS, output);
  return client;
}

/** Asks, closes the client, and resolves with the exit code. */
export async function withClient(client: AsyncDisposable, calls: Calls, output: Output): Promise<number> {
  await using _closed = client;
  const exitCode = await calls.run();
  return (await output.taken()) ? exitCode : EXIT.unread;
}

async function bodyOf(given: Arguments, from: number): Promise<readonly FrameLike[]> {
  return await withStandardInput(given.positionals.slice(from), given);
}

/** The frames of a request, with standard input as the last one if that was asked for. */
export async function withStandardInput(frames: readonly FrameLike[], given: Arguments): Promise<readonly FrameLike[]> {
  return given.has('stdin') ? [...frames, await standardInput(given.number('max-frame-bytes') as number)] : frames;
}

/** What the options of repetition say. */
export function taskOf(given: Arguments): Task {
  return { count: countOf(given, 'count'), concurrency: countOf(given, 'concurrency', MOST_CONCURRENCY) };
}

function countOf(given: Arguments, flag: string, most: number = Number.MAX_SAFE_INTEGER): number {
  const count = given.number(flag) as number;
  const limit = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`;
  if (!Number.isInteger(count) || count < 1 || count > most) throw new InvalidOption(flag, count, `a whole number of at least 1${limit}`);
  return count;
}

async function standardInput(most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > most) throw new UsageError(`standard input is longer than the ${most} bytes that --max-frame-bytes allows`);
  }
  return Buffer.concat(chunks);
}

/** Why a request was abandoned that perhaps nobody is there for. */
const UNANSWERED: ReadonlySet<RequestAbandoned['reason']> = new Set(['timed-out', 'refused'] as const);

/** The requests of one command line, and what became of them. */
export class Calls {
  readonly #question: Question;
  readonly #task: Task;
  readonly #output: Output;
  readonly #stop = new AbortController();
  readonly #took: number[] = [];
  readonly #failures = new Map<string, number>();
  #begun = 0;
  #aborted = 0;
  #found: Promise<string | undefined> | undefined;
  #exitCode: number = EXIT.ok;

  constructor(question: Question, task: Task, output: Output) {
    this.#question = question;
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
    const startedAt = performance.now();
    try {
      const answer = await this.#question.ask(this.#stop.signal);
      this.#took.push(performance.now() - startedAt);
      this.#print(answer, number);
    } catch (error) {
      if (error instanceof InvalidOption) throw error;
      if (error instanceof RequestAborted) this.#aborted++;
      else await this.#explain(error, number);
    }
  }

  #print({ body, before, after }: Answer, number: number): void {
    const numbered = this.#task.count > 1 ? { request: number } : {};
    if (this.#output.json) this.#output.result({ ...numbered, ...before, body: body.map(frameAsJson), ...after }, '');
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
    const isUnanswered = error instanceof RequestAbandoned ? UNANSWERED.has(error.reason) : error instanceof RequestTimedOut;
    if (isUnanswered && error.mayHaveRun) {
      const found = await (this.#found ??= this.#question.remark(this.#stop.signal));
      if (found !== undefined) return `; ${found}`;
    }
    return error.mayHaveRun ? '; it may have run' : '; it has not run';
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
