/**
 * The built command line in real processes. Each is waited for by what it says, never by time passing; each has a hard
 * deadline, and a leash that ends it with the test process.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const LEASH = fileURLToPath(new URL('leash.mjs', import.meta.url));
/** How long a test waits for what a process says or for its end. Generous: CI machines are shared. */
const DEADLINE_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const alive = new Set<Seaworthy>();

/** A standard input that stays open. */
export const OPEN: unique symbol = Symbol('open');

/** One process. */
export class Seaworthy {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;

  /** @param input all of its standard input; `open` for one that is written to by `type`. */
  constructor(words: readonly string[], input?: string | Uint8Array | typeof OPEN, into?: number) {
    this.#name = ['seaworthy', ...words].join(' ');
    const stdio: StdioOptions = [input === undefined ? 'ignore' : 'pipe', into ?? 'pipe', 'pipe', 'pipe'];
    this.#process = spawn(process.execPath, ['--import', LEASH, MAIN, ...words], { stdio });
    alive.add(this);
    if (input !== OPEN) this.#process.stdin?.end(input);
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      this.#wake();
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
      this.#wake();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', () => alive.delete(this));
      this.#process.once('close', (code, signal) => {
        this.#hasEnded = true;
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  /**
   * Resolves when it has exited, and nobody else holds its standard error: not a command it ran, nor what that has started.
   *
   * @throws when that takes too long; it is killed then.
   */
  async exit(deadline: number = DEADLINE_MS): Promise<Ended> {
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`${this.#name} did not end within ${deadline} ms${this.#sayings()}`)), deadline);
    });
    try {
      return await Promise.race([this.ended, tooLate]);
    } finally {
      clearTimeout(late);
      this.kill();
    }
  }

  /** Resolves with the match when it has said that. @throws when it ends first or does not in time. */
  async says(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    const until = performance.now() + DEADLINE_MS;
    for (;;) {
      const found = pattern.exec(this[stream]);
      if (found !== null) return found;
      const left = until - performance.now();
      if (this.#hasEnded || left <= 0) throw new Error(`${this.#name} never said ${pattern} on ${stream}${this.#sayings()}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  /** Writes a line to its standard input. */
  type(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Stops reading its standard output, as `head` does when it has seen enough. */
  stopReading(): void {
    this.#process.stdout?.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  #sayings(): string {
    return `\nstdout: ${this.stdout.slice(-2000)}\nstderr: ${this.stderr.slice(-2000)}`;
  }
}

/** Starts one that goes on until a signal comes. */
export function start(...words: readonly string[]): Seaworthy {
  return new Seaworthy(words);
}

/** Runs one to its end. */
export function run(...words: readonly string[]): Promise<Ended> {
  return start(...words).exit();
}

/** Likewise, with something to read. */
export function runWithInput(input: string | Uint8Array, ...words: readonly string[]): Promise<Ended> {
  return new Seaworthy(words, input).exit();
}

/** Likewise, with its standard output written to a file. */
export async function runInto(path: string, ...words: readonly string[]): Promise<Ended> {
  const file = await open(path, 'w');
  try {
    return await new Seaworthy(words, undefined, file.fd).exit();
  } finally {
    await file.close();
  }
}

/** A broker that says everything, and where it is. */
export interface Broker {
  readonly broker: Seaworthy;
  readonly endpoint: string;
}

/** A broker on a free port, with short heartbeats. */
export async function startBroker(...words: readonly string[]): Promise<Broker> {
  const broker = start('broker', '--bind', 'tcp://127.0.0.1:*', '--heartbeat-interval', '200', '--verbose', ...words);
  const [, endpoint = ''] = await broker.says(/(tcp:\/\/127\.0\.0\.1:\d+)/);
  return { broker, endpoint };
}

/** A worker that the broker knows. */
export async function startWorker({ broker, endpoint }: Broker, service: string, ...words: readonly string[]): Promise<Seaworthy> {
  const before = [...broker.stdout.matchAll(/^workerRegistered /gm)].length;
  const worker = start('worker', '--broker', endpoint, '--service', service, '--heartbeat-interval', '200', ...words);
  await broker.says(new RegExp(`(?:^workerRegistered [^]*?){${before + 1}}`, 'm'));
  return worker;
}

/** Kills what is left, except what `spared` were given. For `afterEach`. */
export function endAll(...spared: readonly Seaworthy[]): void {
  for (const process of alive) if (!spared.includes(process)) process.kill();
}
