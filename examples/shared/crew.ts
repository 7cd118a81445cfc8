/** A pirates' queue and its workers, each a process of its own: `queue.js` and `worker.js` next to the example's main file. */
import { freePort } from './ports.ts';
import type { Child, Story } from './story.ts';

export class Crew {
  readonly frontend: string;
  /** Those that were not killed. */
  readonly workers: Set<Child> = new Set<Child>();
  readonly #story: Story;
  readonly #main: string;
  readonly #backend: string;
  #queue: Child;

  /** @param main the URL of the example's main file. */
  static async gather(story: Story, main: string, workers: readonly string[]): Promise<Crew> {
    const frontend = await freePort();
    let backend = frontend;
    while (backend === frontend) backend = await freePort();
    const crew = new Crew(story, main, frontend, backend);
    await story.hear('listening', [crew.#queue]);
    // One after another, so that it is known whose turn it is: the queue gives each request to the worker that has been idle for longest.
    for (const name of workers) await crew.hire(name);
    return crew;
  }

  private constructor(story: Story, main: string, frontend: number, backend: number) {
    this.#story = story;
    this.#main = main;
    this.frontend = `tcp://127.0.0.1:${frontend}`;
    this.#backend = `tcp://127.0.0.1:${backend}`;
    this.#queue = this.#startQueue();
  }

  #startQueue(): Child {
    return this.#story.start('queue', new URL('queue.js', this.#main), this.frontend, this.#backend);
  }

  /** Starts a worker, and resolves when the queue knows it. */
  async hire(name: string): Promise<void> {
    this.workers.add(this.#story.start(name, new URL('worker.js', this.#main), name, this.#backend));
    await this.#story.hear('workerRegistered', [this.#queue]);
  }

  /** Resolves with the worker that has a slow request in its hands, until it is told to go on. */
  holder(): Promise<Child> {
    return this.#story.hear('holdsRequest', this.workers);
  }

  /** Kills a worker, and resolves when the queue has noticed that a request is lost with it. */
  async kill(worker: Child): Promise<void> {
    worker.kill();
    this.workers.delete(worker);
    await this.#story.hear('workerLost', [this.#queue]);
  }

  /** Kills the queue, and resolves when all workers have noticed. */
  async killQueue(): Promise<void> {
    this.#queue.kill();
    for (const worker of this.workers) await this.#story.hear('brokerLost', [worker]);
  }

  /** Starts the queue again on the same ports. */
  async restartQueue(): Promise<void> {
    this.#queue = this.#startQueue();
    await this.#story.hear('listening', [this.#queue]);
  }

  /** Resolves when the queue that was started again has as many workers as are alive. */
  async comeBack(): Promise<void> {
    for (const _worker of this.workers) await this.#story.hear('workerRegistered', [this.#queue]);
  }
}
