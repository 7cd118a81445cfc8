/**
 * Real processes for the tests in this folder. A child says one JSON line per fact on stdout and is told what to do by JSON
 * lines on stdin; a test waits for lines, never for time to pass.
 *
 * No child outlives the tests: it exits when its stdin closes (which the kernel sees to, however the parent ends), it has a
 * deadline of its own, `endAll` kills what is left, and so does the exit of the test process. A child that is paused cannot
 * notice any of that, so a guard process holds the pause and lifts it when the parent is gone. Only processes started here
 * are ever signalled, each by its own id.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export { freePort } from '../support/ports.ts';

/** A fact a child reported. */
export interface Line {
  readonly event: string;
  /** When this process read the line, in `performance.now()` milliseconds. */
  readonly read: number;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a test waits for a line before it fails, in ms. Generous: CI machines are shared. */
const LINE_TIMEOUT_MS = 15_000;
/** No child lives longer than this, in ms. */
const CHILD_DEADLINE_MS = 120_000;

const alive = new Set<Child>();

process.once('exit', () => {
  for (const child of alive) child.killNow();
});

export class Child {
  readonly name: string;
  /** Everything it has said so far. */
  readonly lines: Line[] = [];
  readonly exit: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #errors = '';
  #guard: ChildProcess | undefined;
  #exited: Exit | undefined;

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    alive.add(this);
    const deadline = setTimeout(() => {
      this.killNow();
    }, CHILD_DEADLINE_MS);
    deadline.unref();
    this.exit = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (this.#exited !== undefined) return;
        this.#exited = { code, signal };
        clearTimeout(deadline);
        alive.delete(this);
        this.#endGuard();
        resolve(this.#exited);
        for (const wake of this.#waiting) wake();
      };
      this.#process.once('error', (error) => {
        this.#errors += error.message;
        ended(null, null);
      });
      this.#process.once('close', ended);
    });
    this.#process.stdin?.on('error', () => undefined);
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors += chunk;
    });
    this.#readLines();
  }

  /** The process id. */
  get pid(): number {
    return this.#process.pid as number;
  }

  /** What it wrote to stderr: shown when a wait fails. */
  get errors(): string {
    return this.#errors;
  }

  /** The lines with this event name so far. */
  said(event: string): Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  /**
   * Resolves with the first line for which `matches` says yes, past ones included.
   *
   * @throws when the child exits first or the time is up; the message carries what the child said and its stderr.
   */
  async until(matches: string | ((line: Line) => boolean), timeout: number = LINE_TIMEOUT_MS): Promise<Line> {
    const wanted = typeof matches === 'string' ? (line: Line): boolean => line.event === matches : matches;
    let next = 0;
    const found = await this.#eventually(timeout, () => {
      while (next < this.lines.length) {
        const line = this.lines[next++] as Line;
        if (wanted(line)) return line;
      }
      return undefined;
    });
    if (found !== undefined) return found;
    throw new Error(
      `${this.name} ${this.#exited === undefined ? `did not say ${String(matches)} within ${timeout} ms` : `ended (${JSON.stringify(this.#exited)}) before it said ${String(matches)}`}` +
        `\nlast lines: ${this.lines
          .slice(-10)
          .map((line) => JSON.stringify(line))
          .join('\n            ')}\nstderr: ${this.#errors.slice(-2000)}`,
    );
  }

  /** Resolves when `count` lines with this event have been said; with exactly those said by then. */
  async untilSaid(event: string, count: number, timeout: number = LINE_TIMEOUT_MS): Promise<Line[]> {
    let seen = 0;
    await this.until((line) => line.event === event && ++seen >= count, timeout);
    return this.said(event);
  }

  /** Tells the child something: one JSON line on its stdin. */
  tell(command: object): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Sends it a signal and does not wait. */
  signal(signal: 'SIGKILL' | 'SIGTERM'): void {
    if (this.#exited === undefined) this.#process.kill(signal);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exit;
  }

  /** SIGSTOP. The child stands still until `resume`, or until this process is gone. */
  async pause(): Promise<void> {
    const guard = spawn('/bin/sh', ['-c', 'echo ready; read line; kill -CONT "$1"', 'guard', String(this.pid)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    guard.stdin.on('error', () => undefined);
    await once(guard.stdout, 'data');
    this.#guard = guard;
    this.#process.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#process.kill('SIGCONT');
    this.#endGuard();
  }

  /** Closes its stdin, which asks it to exit, and waits; kills it if it has not gone after `grace` ms. */
  async end(grace = 2000): Promise<Exit> {
    if (this.#guard !== undefined) this.resume();
    this.#process.stdin?.end();
    const late = setTimeout(() => {
      this.killNow();
    }, grace);
    const exit = await this.exit;
    clearTimeout(late);
    return exit;
  }

  /** For the way out: no waiting, no errors. */
  killNow(): void {
    this.#endGuard();
    if (this.#exited === undefined) this.#process.kill('SIGKILL');
  }

  #endGuard(): void {
    this.#guard?.stdin?.end();
    this.#guard = undefined;
  }

  #readLines(): void {
    let rest = '';
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const read = performance.now();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) this.lines.push(parse(line, read));
      for (const wake of this.#waiting) wake();
    });
  }

  /** Asks `attempt` now and after every change, until it has an answer, the child has ended or the time is up. */
  async #eventually<T>(timeout: number, attempt: () => T | undefined): Promise<T | undefined> {
    const until = performance.now() + timeout;
    for (;;) {
      const result = attempt();
      const left = until - performance.now();
      if (result !== undefined || this.#exited !== undefined || left <= 0) return result;
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
}

/** Options as a child takes them: `{ workMs: 5, dealer: true }` is `--work-ms 5 --dealer`; an array repeats its option. */
export type ChildOptions = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Starts `test/interop/children/<script>.mjs`, which loads the compiled library. */
export function startNode(script: string, options: ChildOptions = {}): Child {
  return new Child(script, process.execPath, [inThisFolder(`children/${script}.mjs`), ...argumentsOf(options)]);
}

/** Starts `test/interop/python/<script>.py`. Ask `python` first whether there is an interpreter for it. */
export function startPython(script: string, options: ChildOptions = {}): Child {
  if (python === undefined) throw new Error('no Python interpreter can import zmq');
  return new Child(script, python, ['-u', inThisFolder(`python/${script}.py`), ...argumentsOf(options)]);
}

/** Ends every child that is left. For `afterEach`. */
export async function endAll(): Promise<void> {
  await Promise.all([...alive].map((child) => child.end()));
}

/** A Python that can `import zmq`: `$SEAWORTHY_PYTHON`, /usr/bin/python3 or python3, whichever is first; else `undefined`. */
export const python: string | undefined = [process.env['SEAWORTHY_PYTHON'], '/usr/bin/python3', 'python3'].find(
  (candidate) => candidate !== undefined && spawnSync(candidate, ['-c', 'import zmq'], { stdio: 'ignore', timeout: 10_000 }).status === 0,
);

/** Behind the titles of what needs Python: why it did not run. */
export const pythonNote: string =
  python === undefined ? ' (skipped: no Python with pyzmq; install python3-zmq or set SEAWORTHY_PYTHON)' : '';

/** Asks again and again until the answer is yes. For facts no line announces. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, timeout: number = LINE_TIMEOUT_MS): Promise<void> {
  const until = performance.now() + timeout;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`not within ${timeout} ms: ${what}`);
    await pause(10);
  }
}

/** Real time. Only where the test is about time passing in the world. */
export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function inThisFolder(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function argumentsOf(options: ChildOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (typeof value === 'boolean') return value ? [flag] : [];
    return (Array.isArray(value) ? value : [value]).flatMap((each) => [flag, String(each)]);
  });
}

function parse(line: string, read: number): Line {
  try {
    return { ...(JSON.parse(line) as { event: string }), read };
  } catch {
    return { event: 'unparsable', text: line, read };
  }
}
