/**
 * The frame of an example that kills: it starts processes, hears what they report, hits them when the story says so, and leaves none behind,
 * however it ends. A story waits for what is reported, never for time to pass.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { constants } from 'node:os';

/** What a child tells the story: the events of its role, and `holdsRequest` when it has a slow request in its hands. */
export type Report = 'listening' | 'becameActive' | 'becamePassive' | 'workerRegistered' | 'workerLost' | 'brokerLost' | 'holdsRequest';
/** What the story tells a child: to finish the slow request, or to end. */
export type Order = 'goOn' | 'end';

/** Ample, for machines that are busy with something else. */
const DEADLINE_MS = 25_000;
/** As of a process that died of SIGPIPE. */
const NOBODY_READS = 141;

/** What the story promises did not happen. */
export class NotAsPromised extends Error {}

/** Plays a story, prints the last line that it returns, and ends with 0; with 1 if it breaks its promise or takes too long. */
export async function play(tell: (story: Story) => Promise<string>): Promise<void> {
  if (process.argv.length > 2) giveUp(2, 'This example takes no options; its README.md says what it does.');
  const story = new Story();
  process.on('exit', () => {
    story.killAll();
  });
  // `npm run example | head`: nobody reads on, so nobody needs the rest.
  process.stdout.on('error', () => process.exit(NOBODY_READS));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      giveUp(128 + constants.signals[signal], `ended by ${signal}`);
    });
  const late = setTimeout(() => {
    giveUp(1, `NOT AS EXPECTED: it is not over after ${DEADLINE_MS / 1000} s`);
  }, DEADLINE_MS);
  try {
    const end = await tell(story);
    await story.endAll();
    console.log(end);
  } catch (error) {
    if (!(error instanceof NotAsPromised)) throw error;
    giveUp(1, `NOT AS EXPECTED: ${error.message}`);
  }
  // Should something still keep this process, it fires nevertheless.
  late.unref();
}

function giveUp(code: number, why: string): never {
  console.error(why);
  process.exit(code);
}

export class Story {
  readonly #children = new Set<Child>();
  readonly #news = new EventEmitter();

  say(who: string, what: string): void {
    console.log(`${who.padEnd(9)} ${what}`);
  }

  /** Starts a process that runs `module` with `words` as its arguments. */
  start(name: string, module: URL, ...words: readonly string[]): Child {
    const child = new Child(name, fork(module, words), this.#news);
    this.#children.add(child);
    void child.gone.then(() => this.#children.delete(child));
    return child;
  }

  /** Resolves with the next child that reports so, or has done so already and was not heard yet. */
  async hear(report: Report, from: Iterable<Child> = this.#children): Promise<Child> {
    for (;;) {
      for (const child of from) if (child.reported(report)) return child;
      await once(this.#news, 'report');
    }
  }

  /** Has all that are left end by themselves. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.end()));
  }

  killAll(): void {
    for (const child of this.#children) child.kill();
  }
}

/** A process of the story. */
export class Child {
  readonly name: string;
  readonly gone: Promise<void>;
  readonly #process: ChildProcess;
  readonly #unheard: Report[] = [];
  #mayEnd = false;

  constructor(name: string, child: ChildProcess, news: EventEmitter) {
    this.name = name;
    this.#process = child;
    child.on('message', (report: Report) => {
      this.#unheard.push(report);
      news.emit('report');
    });
    this.gone = once(child, 'exit').then(([code, signal]: unknown[]) => {
      if (!this.#mayEnd) giveUp(1, `NOT AS EXPECTED: ${name} ended, which nobody had asked of it (${String(signal ?? code)})`);
    });
  }

  /** Whether it has reported so; each report is heard once. */
  reported(report: Report): boolean {
    const index = this.#unheard.indexOf(report);
    if (index >= 0) this.#unheard.splice(index, 1);
    return index >= 0;
  }

  tell(order: Order): void {
    this.#process.send(order);
  }

  /** SIGKILL: no last words, no clean-up, no farewell to anybody. */
  kill(): void {
    this.#mayEnd = true;
    this.#process.kill('SIGKILL');
  }

  async end(): Promise<void> {
    // It was killed, and its end is only not known yet.
    if (this.#mayEnd) return this.gone;
    this.#mayEnd = true;
    this.tell('end');
    await this.gone;
    if (this.#process.exitCode !== 0)
      throw new NotAsPromised(`${this.name} was told to end, but failed (${this.#process.signalCode ?? this.#process.exitCode})`);
  }
}
