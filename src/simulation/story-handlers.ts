/** What the handlers of a story's workers and servers do: what they were told beforehand, or nothing until they are told. */
import type { ReplyBody } from '../runtime/handlers.ts';
import type { FrameLike } from '../wire/message.ts';
import { TIMER } from './agenda.ts';
import type { Host } from './host.ts';
import type { SimulatedProcess } from './process.ts';
import type { Chronicle } from './story-chronicle.ts';
import type { StoryHandler } from './story-roles.ts';
import { shown } from './story-words.ts';
import type { World } from './world.ts';

/** How every request is met. */
export type Habit =
  | { readonly kind: 'waits' }
  | { readonly kind: 'answers'; readonly after: number }
  | { readonly kind: 'throws' }
  | { readonly kind: 'dies' };

interface Job {
  readonly process: SimulatedProcess;
  readonly body: readonly Buffer[];
  readonly end: (reply: ReplyBody) => void;
  readonly fail: (error: Error) => void;
}

export class StoryHandlers {
  readonly #world: World;
  readonly #chronicle: Chronicle;
  readonly #habits = new Map<string, Habit>();
  #everybody: Habit = { kind: 'waits' };
  /** Nodes whose servers inside cannot be started. */
  readonly #spoilt = new Set<string>();
  /** Those that wait for a word, oldest first. */
  readonly #jobs: Job[] = [];

  constructor(world: World, chronicle: Chronicle) {
    this.#world = world;
    this.#chronicle = chronicle;
  }

  /** From now on; `node` undefined: everybody who was not told otherwise. */
  habituate(node: string | undefined, habit: Habit): void {
    if (node === undefined) this.#everybody = habit;
    else this.#habits.set(node, habit);
  }

  /** From now on the server inside a half of a pair cannot be started. */
  spoil(node: string): void {
    this.#spoilt.add(node);
  }

  isSpoilt(node: string): boolean {
    return this.#spoilt.has(node);
  }

  handlerOf(host: Host): StoryHandler {
    const { name } = host;
    return async ({ body }, { signal }) => {
      const node = this.#world.nodes.get(name);
      const process = node?.process as SimulatedProcess;
      this.#chronicle.tells(name, `begins to work on ${shown(body)}`);
      signal.addEventListener('abort', () => {
        if (!process.dead) this.#chronicle.tells(name, 'its handler is told that nobody waits any more');
      });
      const habit = this.#habits.get(name) ?? this.#everybody;
      switch (habit.kind) {
        case 'throws':
          throw new Error('as the story says');
        case 'dies':
          this.#chronicle.tells(name, 'dies of it');
          node?.die(true);
          return await new Promise<never>(() => undefined);
        case 'answers':
          if (habit.after > 0) await host.sleep(habit.after);
          return usual(body);
        case 'waits':
          return await new Promise<ReplyBody>((end, fail) => {
            this.#jobs.push({ process, body: [...body], end, fail });
          });
      }
    };
  }

  /** Ends the oldest job of a node; of one that stands still, when it goes on. Answers whether there was one. */
  end(node: string, how: { readonly reply?: FrameLike } | 'throws'): boolean {
    const index = this.#jobs.findIndex(({ process }) => process.node === node && !process.dead);
    const [job] = index < 0 ? [] : this.#jobs.splice(index, 1);
    if (job === undefined) return false;
    inTurn(job.process, () => {
      if (how === 'throws') job.fail(new Error('as the story says'));
      else job.end(how.reply ?? usual(job.body));
    });
    return true;
  }
}

/** Done by the program of a process: before it reads what waits, as what it was busy with comes before. */
export function inTurn(process: SimulatedProcess, work: () => void): void {
  process.agenda.plan(process.agenda.now, TIMER, process, work);
}

/** The answer where the story does not say which: the same in capitals. */
function usual(body: readonly Buffer[]): FrameLike[] {
  return body.map((frame) => frame.toString('latin1').toUpperCase());
}
