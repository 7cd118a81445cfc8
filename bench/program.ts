/** The line between the benchmark and child processes that are no Node: one question a line, one line of JSON as the answer. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Awaited } from './awaited.ts';

const DEFAULT_DEADLINE_MS = 120_000;
const FAREWELL_DEADLINE_MS = 5000;

/** A child process, seen from the benchmark. It is to end when its standard input does. */
export class Program {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #answer: Awaited<string>;
  readonly #lines: string[] = [];
  #failed: Error | undefined;

  private constructor(command: string, args: readonly string[]) {
    this.#name = command.split('/').at(-1) ?? command;
    this.#answer = new Awaited(this.#name);
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] as never });
    const fail = (why: string): void => {
      this.#failed = new Error(`${this.#name} ${why}`);
      this.#answer.fail(this.#failed);
    };
    this.#process.on('error', (error) => {
      fail(`cannot be started: ${error.message}`);
    });
    this.#process.on('exit', (code, signal) => {
      fail(`ended too early (${signal ?? String(code)})`);
    });
    // A program that has gone says so by its exit; what could not be written to it is no news.
    this.#process.stdin.on('error', () => undefined);
    createInterface(this.#process.stdout).on('line', (line) => {
      if (!this.#answer.answer(line)) this.#lines.push(line);
    });
  }

  static start(command: string, args: readonly string[] = []): Program {
    return new Program(command, args);
  }

  get pid(): number {
    return this.#process.pid ?? NaN;
  }

  /** @throws when it does not answer in `deadline` ms, or ends. */
  async ask<T>(question: string, deadline: number = DEFAULT_DEADLINE_MS): Promise<T> {
    this.#process.stdin.write(`${question}\n`);
    return JSON.parse(await this.line(deadline)) as T;
  }

  /** The next line it writes. */
  line(deadline: number = DEFAULT_DEADLINE_MS): Promise<string> {
    const [line] = this.#lines.splice(0, 1);
    if (line !== undefined) return Promise.resolve(line);
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return this.#answer.wait(deadline);
  }

  /** Ends its standard input and waits until it is gone. `signal`: for those that do not listen. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null || this.#process.pid === undefined) return;
    const gone = new Promise<void>((resolve) =>
      this.#process.once('exit', () => {
        resolve();
      }),
    );
    const late = setTimeout(() => this.#process.kill('SIGKILL'), FAREWELL_DEADLINE_MS);
    this.#process.stdin.end();
    if (signal !== undefined) this.#process.kill(signal);
    await gone;
    clearTimeout(late);
  }
}
