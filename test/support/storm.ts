/** What all storms have in common: a small world, requests that are watched, connections that are cut and frozen, handlers that fail. */
import type { Connector } from '../../src/transport/transport.ts';
import { Outcome, World } from './world.ts';

export const RETRIES = { requestTimeout: 300, requestRetries: 3, retryInterval: 20, retryMaximum: 100 } as const;
/** Three attempts and two pauses at their longest, jitter included, and a little for native timers that count whole milliseconds. */
export const LONGEST_REQUEST: number = 3 * 300 + (20 + 40) * 1.5 + 5;
/** Whoever looks, looks this often, in ms. */
export const LOOK_EVERY_MS = 10;

/** How a handler is to treat its request: the first word of the text. */
export type Work = 'quick' | 'slow' | 'fails' | 'fails once';

export interface Question<T> {
  readonly text: string;
  readonly askedAt: number;
  readonly outcome: Outcome<T>;
  readonly abort: AbortController;
  /** When it ended, as far as looked. */
  endedAt: number | undefined;
}

export abstract class Storm<Q extends Question<unknown>> {
  readonly world: World;
  readonly questions: Q[] = [];
  readonly #frozen = new Set<Connector>();
  readonly #failedOnce = new Set<string>();

  constructor(disconnectNotices: boolean, random: () => number) {
    this.world = new World({ disconnectNotices, random });
  }

  /** What must hold at every moment. @throws when it does not. */
  protected assertSound(): void {
    return;
  }

  /** Asks: each text is asked once, so that each answer is known. */
  protected watch<T>(work: Work, ask: (text: string, signal: AbortSignal) => Promise<T>): Question<T> {
    const abort = new AbortController();
    const text = `${work} ${this.questions.length}`;
    return { text, askedAt: this.world.time.now, outcome: new Outcome(ask(text, abort.signal)), abort, endedAt: undefined };
  }

  /** The caller of one of the open requests changes its mind. */
  protected abort(which: number): void {
    const open = this.questions.filter(({ outcome }) => outcome.state === 'open');
    open[which % 5]?.abort.abort();
  }

  /** Cuts one connection, or all to `endpoint` when there is none. */
  protected cut(which: number, endpoint: string): void {
    this.world.network.cut(this.#connector(which) ?? endpoint);
  }

  protected freeze(which: number): void {
    const connector = this.#connector(which);
    if (connector === undefined) return;
    this.world.network.freeze(connector);
    this.#frozen.add(connector);
  }

  protected thaw(): void {
    for (const connector of this.#frozen) this.world.network.thaw(connector);
    this.#frozen.clear();
  }

  /** What a handler does with a text before it answers. @throws as asked. */
  protected async work(text: string, slow: number): Promise<void> {
    if (text.startsWith('slow')) await new Promise((resolve) => this.world.clock.setTimeout(() => resolve(undefined), slow));
    const failsOnce = text.startsWith('fails once');
    if (text.startsWith('fails') && !(failsOnce && this.#failedOnce.has(text))) {
      this.#failedOnce.add(text);
      throw new Error('as asked');
    }
  }

  async wait(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= LOOK_EVERY_MS) {
      this.world.time.tick(Math.min(LOOK_EVERY_MS, left));
      await this.look();
    }
  }

  async look(): Promise<void> {
    await this.world.settle();
    for (const question of this.questions)
      if (question.endedAt === undefined && question.outcome.state !== 'open') question.endedAt = this.world.time.now;
    this.assertSound();
  }

  #connector(which: number): Connector | undefined {
    const connectors = [...this.world.transport.open].filter((socket) => 'remote' in socket);
    return connectors[which % Math.max(1, connectors.length)] as Connector | undefined;
  }
}
