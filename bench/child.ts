/**
 * The line between the benchmark and its child processes: the parent asks, the child answers, one question at a time. Idle, it
 * costs nothing, so a broker under measurement can be asked for its figures without paying for the ability.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Awaited } from './awaited.ts';

/** What every child says when its processor time and memory are read. */
export interface Mark {
  /** Processor time of all its threads since it began, in µs: JavaScript, garbage collection and libzmq's I/O thread alike. */
  readonly processorTime: number;
  /** Resident memory in bytes. */
  readonly residentMemory: number;
  /** JavaScript heap in use and memory of Buffers outside it, in bytes, after a collection where the child was started with one. */
  readonly heap: number;
}

/** A question by name; its argument and its answer travel as JSON. */
export type Answers = { readonly [question: string]: (argument: never) => unknown };

/** Answers the parent's questions until it goes. `mark` is answered by every child. */
export function answerParent(answers: Answers): void {
  const all = { mark, ...answers } as { readonly [question: string]: (argument: unknown) => unknown };
  process.on('disconnect', () => {
    process.exit(0);
  });
  process.on('message', (message: { question: string; argument: unknown }) => {
    const answering = async (): Promise<unknown> => {
      const answer = all[message.question];
      if (answer === undefined) throw new Error(`no answer to "${message.question}"`);
      return await answer(message.argument);
    };
    answering().then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.send?.({ answer: 'ready' });
}

function mark(): Mark {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { processorTime: user + system, residentMemory: rss, heap: heapUsed + external };
}

export interface ChildOptions {
  /** Options for Node itself, such as `--expose-gc` or `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A child process, seen from the benchmark. */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #answer: Awaited<unknown>;
  #failed: Error | undefined;

  private constructor(script: string, options: ChildOptions) {
    this.#name = script;
    this.#answer = new Awaited(script);
    this.#process = fork(fileURLToPath(new URL(script, import.meta.url)), [], {
      execArgv: [...(options.nodeOptions ?? [])],
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message: { answer?: unknown; failure?: string }) => {
      if (message.failure !== undefined) this.#answer.fail(new Error(`${this.#name}: ${message.failure}`));
      else this.#answer.answer(message.answer);
    });
    this.#process.on('exit', (code, signal) => {
      this.#failed = new Error(`${this.#name} ended too early (${signal ?? String(code)})`);
      this.#answer.fail(this.#failed);
    });
  }

  /** Starts a script of this folder and waits until it answers. */
  static async start(script: string, options: ChildOptions = {}): Promise<Child> {
    const child = new Child(script, options);
    await child.#answer.wait(HELLO_DEADLINE_MS);
    return child;
  }

  /** Asks and waits for the answer. @throws when the child fails, ends, or does not answer in `deadline` ms. */
  async ask<T>(question: string, argument?: unknown, deadline: number = DEFAULT_DEADLINE_MS): Promise<T> {
    if (this.#failed !== undefined) throw this.#failed;
    this.#process.send({ question, argument });
    return (await this.#answer.wait(deadline)) as T;
  }

  get pid(): number {
    return this.#process.pid ?? NaN;
  }

  mark(): Promise<Mark> {
    return this.ask<Mark>('mark');
  }

  /** Does to it what happens to processes. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Lets the child go and waits until it is gone; a processor profile, if it was to write one, is then written. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise<void>((resolve) =>
      this.#process.once('exit', () => {
        resolve();
      }),
    );
    const late = setTimeout(() => this.#process.kill('SIGKILL'), FAREWELL_DEADLINE_MS);
    this.#answer.forget();
    if (this.#process.connected) this.#process.disconnect();
    await gone;
    clearTimeout(late);
  }
}

const HELLO_DEADLINE_MS = 20_000;
const DEFAULT_DEADLINE_MS = 120_000;
const FAREWELL_DEADLINE_MS = 5000;
