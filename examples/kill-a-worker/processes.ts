/** Starting, hitting and ending processes: only those started here, each by its own id. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import type { ChildSettings, Order, Report } from './reports.ts';

export interface ChildHooks {
  reported(report: Report): void;
  /** It ended though nobody had asked it to, nor killed it. */
  died(child: Child, how: string, errors: string): void;
}

export class Child {
  readonly name: string;
  readonly pid: number;
  readonly gone: Promise<void>;
  readonly #process: ChildProcess;
  #expected = false;
  #running = true;

  /** @param role the module to run: `broker`, `worker` or `client`. */
  constructor(role: string, settings: ChildSettings, hooks: ChildHooks) {
    this.name = settings.name;
    const module = new URL(`./${role}${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
    this.#process = fork(module, [JSON.stringify(settings)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.pid = this.#process.pid ?? -1;
    let errors = '';
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    this.#process.on('message', (report: Report) => {
      hooks.reported(report);
    });
    this.gone = new Promise((resolve) => {
      const ended = (how: string): void => {
        if (!this.#running) return;
        this.#running = false;
        if (!this.#expected) hooks.died(this, how, errors);
        resolve();
      };
      this.#process.on('error', (error) => {
        errors += error.message;
        // An order that could not be sent is an error, too: that does not end the process.
        if (this.#process.pid === undefined) ended('could not be started');
      });
      this.#process.on('exit', (code, signal) => {
        ended(signal === null ? `exited with code ${code}` : `died of ${signal}`);
      });
    });
  }

  get running(): boolean {
    return this.#running;
  }

  tell(order: Order): void {
    if (order === 'end') this.#expected = true;
    if (this.#process.connected) this.#process.send(order);
  }

  /** SIGKILL: no last words, no clean-up, no farewell to anybody. */
  kill(): void {
    this.#expected = true;
    if (this.#running) this.#process.kill('SIGKILL');
  }

  /** SIGSTOP: alive to the operating system, its connections open, and deaf. */
  stop(): void {
    this.#process.kill('SIGSTOP');
  }

  /** SIGCONT. */
  wake(): void {
    this.#process.kill('SIGCONT');
  }
}

/** Everything that was started, so that it can be ended. */
export class Processes {
  readonly #hooks: ChildHooks;
  readonly #children = new Set<Child>();
  #guard: ChildProcess | undefined;

  constructor(hooks: ChildHooks) {
    this.#hooks = hooks;
  }

  start(role: 'broker' | 'worker' | 'client', settings: ChildSettings): Child {
    const child = new Child(role, settings, this.#hooks);
    this.#children.add(child);
    void child.gone.then(() => this.#children.delete(child));
    return child;
  }

  /**
   * A stopped process cannot notice that its parent is gone, and would stay for ever. So one that can notice, a shell, waits
   * for its input to end and then wakes it.
   */
  prepareToStop(): void {
    const script = 'trap "" INT; read pid && read nothing; kill -CONT "$pid"';
    this.#guard = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
    this.#guard.on('error', () => undefined);
    this.#guard.stdin?.on('error', () => undefined);
  }

  stop(child: Child): void {
    this.#guard?.stdin?.write(`${child.pid}\n`);
    child.stop();
  }

  wake(child: Child): void {
    child.wake();
    this.#guard?.stdin?.end();
    this.#guard = undefined;
  }

  /** Kills whatever is left. Resolves when nothing is. */
  async endAll(): Promise<void> {
    this.killAll();
    await Promise.all([...this.#children].map((child) => child.gone));
  }

  /** The same without waiting, for the way out. */
  killAll(): void {
    for (const child of this.#children) child.kill();
    this.#guard?.stdin?.end();
  }
}
