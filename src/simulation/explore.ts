/**
 * The explorer: breadth-first over every state that a model can reach. What it says of a world it has finished holds for every order in
 * which things can happen there, and the counter-example it finds is a shortest one.
 *
 * It knows nothing of patterns. A model says how a world begins, what may happen next, and what must hold.
 */
import { InvalidOption } from '../core/errors.ts';
import { knownOptions } from '../core/options.ts';
import { Bytes, Numbers } from './numbers.ts';
import { hopeless } from './reachability.ts';

/** Something that may happen in a state. */
export interface Move<S> {
  /** A line of a story: "worker 2 dies with request 1 in its hands". Asked for only when a story is told. */
  readonly label: string;
  /** A fault: what must be reachable "without further faults" is reachable without this one. */
  readonly fault: boolean;
  /** What comes of it, as a state of its own; or, if a rule was broken on the way, which. */
  readonly state: S | BrokenRule;
}

/** In place of the state that comes of a move: it broke a rule itself, and there is no state after it. */
export class BrokenRule {
  readonly property: string;
  readonly sentence: string;

  /**
   * @param property the name of the rule.
   * @param sentence how it was broken, for people.
   */
  constructor(property: string, sentence: string) {
    this.property = property;
    this.sentence = sentence;
  }
}

/** What must be, in one name and one sentence. */
export interface Property<S> {
  readonly name: string;
  readonly sentence: string;
  /** Must not change the state. */
  holds(state: S): boolean;
}

/**
 * A world to be walked through. States are values: nothing may change one after it was handed out. There must be finitely many of them, so
 * whatever could go on for ever (faults, retries, messages under way) needs a bound that is part of the state.
 */
export interface Model<S> {
  readonly name: string;
  /** How the world begins; at least one state. */
  readonly initial: readonly S[];
  /** Everything that may happen in a state: the same moves, in the same order, whenever it is asked. */
  next(state: S): readonly Move<S>[];
  /** The same text for states that are the same: it decides what counts as one state. */
  key(state: S): string;
  /** Hold in every state. */
  readonly always: readonly Property<S>[];
  /** Hold in some state: without them the model proves nothing. */
  readonly sometimes: readonly Property<S>[];
  /** From every state, one in which they hold can be reached without further faults. At most 8. */
  readonly eventually: readonly Property<S>[];
}

export interface ExploreOptions {
  /** States after which the search is given up, and is not complete. Default 5,000,000. */
  readonly mostStates?: number;
  /** Called every 200 ms or so, when others have their turn in the event loop, and at the end. */
  readonly onProgress?: (progress: ExploreProgress) => void;
  /** Gives the search up: it resolves with what it has found so far, and is not complete. */
  readonly signal?: AbortSignal;
}

/** How far a search is. */
export interface ExploreProgress {
  /** States found so far. */
  readonly states: number;
  /** Those of them whose moves are known. */
  readonly expanded: number;
  readonly transitions: number;
  readonly depth: number;
}

/** How a rule is broken, in as few moves as it takes. */
export interface CounterExample<S> {
  /** The name of the rule. */
  readonly property: string;
  /** What is wrong with the last state. */
  readonly sentence: string;
  /** What happened, one move after another. */
  readonly steps: readonly string[];
  /** The states on the way, the initial one first. */
  readonly states: readonly S[];
}

/** What a search has found. */
export interface Exploration<S> {
  /** That of the model. */
  readonly name: string;
  readonly states: number;
  /** Moves, also those that lead to a state known before. */
  readonly transitions: number;
  /** Moves to the state that is farthest away. */
  readonly depth: number;
  /** Every reachable state was seen. Only then does silence say anything. */
  readonly complete: boolean;
  /** How long it took, in real ms. */
  readonly milliseconds: number;
  /** The `sometimes` that no state has fulfilled; a defect of the model, or of what it models, if the search is complete. */
  readonly unreached: readonly string[];
  /** The first that was found: one of the shortest. Nothing where all rules hold; that says something only if the search is complete. */
  readonly counterExample: CounterExample<S> | undefined;
}

/** What a model has, and of what type; and what `explore` can be told. */
export const MODEL_FIELDS: { readonly [field in keyof Model<unknown>]: 'text' | 'function' | 'states' | 'properties' } = {
  name: 'text',
  initial: 'states',
  next: 'function',
  key: 'function',
  always: 'properties',
  sometimes: 'properties',
  eventually: 'properties',
};
export const EXPLORE_OPTIONS: readonly (keyof ExploreOptions)[] = ['mostStates', 'onProgress', 'signal'];

const MOST_STATES = 5_000_000;
const MOST_EVENTUALLY = 8;
/** How long the search keeps the event loop to itself, in ms. */
const TURN_MS = 200;
const STATES_BETWEEN_LOOKS = 256;

/**
 * Walks breadth-first through all states of `model`, or up to the first that breaks a rule. Keeps the key of every state, and some 20 bytes
 * besides; tens of thousands of states a second are usual. Gives way to the event loop every 200 ms.
 *
 * @throws InvalidOption when an option cannot work or the model is not as it should be: the field is named. What the model itself throws, it
 * throws on.
 */
export async function explore<S>(model: Model<S>, options: ExploreOptions = {}): Promise<Exploration<S>> {
  knownOptions(options, EXPLORE_OPTIONS);
  const { mostStates = MOST_STATES, onProgress, signal } = options;
  if (!Number.isInteger(mostStates) || mostStates < 1) throw new InvalidOption('mostStates', mostStates, 'a whole number of at least 1');
  if (onProgress !== undefined && typeof onProgress !== 'function') throw new InvalidOption('onProgress', onProgress, 'a function');
  checkModel(model);
  const begun = performance.now();
  const search = new Search(model, mostStates);
  let turn = begun;
  while (search.goOn(STATES_BETWEEN_LOOKS) && signal?.aborted !== true) {
    if (performance.now() - turn < TURN_MS) continue;
    onProgress?.(search.progress);
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    turn = performance.now();
  }
  search.judge();
  onProgress?.(search.progress);
  return search.result(performance.now() - begun);
}

function checkModel(model: Model<unknown>): void {
  if (typeof model !== 'object' || (model as unknown) === null) throw new InvalidOption('model', model, 'an object');
  for (const [field, type] of Object.entries(MODEL_FIELDS) as [keyof Model<unknown>, string][]) {
    const value: unknown = model[field];
    if (type === 'text' && typeof value !== 'string') throw new InvalidOption(field, value, 'a text');
    if (type === 'function' && typeof value !== 'function') throw new InvalidOption(field, value, 'a function');
    if (type === 'states' && !(Array.isArray(value) && value.length > 0))
      throw new InvalidOption(field, value, 'a list of at least one state');
    if (type === 'properties') checkProperties(field, value);
  }
  const { length } = model.eventually;
  if (length > MOST_EVENTUALLY) throw new InvalidOption('eventually', length, `at most ${MOST_EVENTUALLY} properties`);
}

function checkProperties(field: string, value: unknown): void {
  if (!Array.isArray(value)) throw new InvalidOption(field, value, 'a list of properties');
  (value as readonly (Partial<Property<unknown>> | null | undefined)[]).forEach((property, index) => {
    const { name, sentence, holds } = property ?? {};
    if (typeof name !== 'string' || typeof sentence !== 'string' || typeof holds !== 'function')
      throw new InvalidOption(`${field}[${index}]`, property, 'a property: a name, a sentence, and a function holds(state)');
  });
}

class Search<S> {
  readonly #model: Model<S>;
  readonly #mostStates: number;
  /** Key → number of the state, in the order in which they were found: also the order in which they are expanded. */
  readonly #known = new Map<string, number>();
  /** States that are not expanded yet; those before `#expanded` are forgotten. */
  #waiting: S[] = [];
  #nextWaiting = 0;
  #expanded = 0;
  #transitions = 0;
  #depth = 0;
  /** The first state of the next depth. */
  #deeper = 0;
  #truncated = false;
  /** The state from which each one was first reached, and by which of its moves. -1 for initial ones, with their number. */
  readonly #parents = new Numbers();
  readonly #moves = new Numbers();
  /** For each state a bit for each `eventually` that holds in it. */
  readonly #good = new Bytes();
  /** Where the moves without a fault lead; those of state `n` begin at `#edgesOf(n)`. */
  readonly #edges = new Numbers();
  readonly #edgesOf = new Numbers();
  readonly #unreached: Set<Property<S>>;
  #counterExample: CounterExample<S> | undefined;

  constructor(model: Model<S>, mostStates: number) {
    this.#model = model;
    this.#mostStates = mostStates;
    this.#unreached = new Set(model.sometimes);
    model.initial.forEach((state, ordinal) => {
      this.#meet(state, -1, ordinal);
    });
    this.#deeper = this.#known.size;
  }

  get progress(): ExploreProgress {
    return { states: this.#known.size, expanded: this.#expanded, transitions: this.#transitions, depth: this.#depth };
  }

  /** Expands up to `count` states; whether there are more. */
  goOn(count: number): boolean {
    for (let i = 0; i < count; i++) {
      if (this.#counterExample !== undefined || this.#expanded >= this.#known.size) return false;
      if (this.#known.size > this.#mostStates) {
        this.#truncated = true;
        return false;
      }
      this.#expand();
    }
    return true;
  }

  #expand(): void {
    const number = this.#expanded;
    if (number === this.#deeper) {
      this.#depth++;
      this.#deeper = this.#known.size;
    }
    const moves = this.#model.next(this.#takeWaiting());
    if (!Array.isArray(moves)) throw new InvalidOption('next', moves, 'a function that returns a list of moves for every state');
    this.#edgesOf.push(this.#edges.size);
    for (let ordinal = 0; ordinal < moves.length; ordinal++) {
      const { state, fault } = moves[ordinal] as Move<S>;
      this.#transitions++;
      if (state instanceof BrokenRule) {
        this.#counterExample = this.#storyOf(state.property, state.sentence, number, ordinal);
        return;
      }
      const to = this.#meet(state, number, ordinal);
      if (this.#counterExample !== undefined) return;
      if (!fault && this.#model.eventually.length > 0) this.#edges.push(to);
    }
    this.#expanded++;
  }

  #takeWaiting(): S {
    const state = this.#waiting[this.#nextWaiting++] as S;
    if (this.#nextWaiting === 4096) {
      this.#waiting = this.#waiting.slice(this.#nextWaiting);
      this.#nextWaiting = 0;
    }
    return state;
  }

  /** The number of a state; one that is new is judged. */
  #meet(state: S, parent: number, move: number): number {
    const key: unknown = this.#model.key(state);
    if (typeof key !== 'string') throw new InvalidOption('key', key, 'a function that returns a text for every state');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const number = this.#known.size;
    this.#known.set(key, number);
    this.#parents.push(parent);
    this.#moves.push(move);
    this.#waiting.push(state);
    for (const property of this.#unreached) if (property.holds(state)) this.#unreached.delete(property);
    let good = 0;
    this.#model.eventually.forEach((property, bit) => {
      if (property.holds(state)) good |= 1 << bit;
    });
    this.#good.push(good);
    const broken = this.#model.always.find((property) => !property.holds(state));
    if (broken !== undefined) this.#counterExample = this.#storyOf(broken.name, broken.sentence, number);
    return number;
  }

  get #complete(): boolean {
    return !this.#truncated && this.#expanded === this.#known.size;
  }

  /** What can be said only when all is known: from which states is there no way to what should come? */
  judge(): void {
    if (!this.#complete) return;
    this.#edgesOf.push(this.#edges.size);
    this.#model.eventually.forEach((property, bit) => {
      if (this.#counterExample !== undefined) return;
      const stuck = hopeless(this.#known.size, this.#edgesOf, this.#edges, (state) => (this.#good.at(state) & (1 << bit)) !== 0);
      if (stuck >= 0) this.#counterExample = this.#storyOf(property.name, `never again: ${property.sentence}`, stuck);
    });
  }

  /** How state `number` is reached, and by `last` what comes after it. */
  #storyOf(property: string, sentence: string, number: number, last = -1): CounterExample<S> {
    const moves: number[] = last < 0 ? [] : [last];
    let at = number;
    for (; this.#parents.at(at) >= 0; at = this.#parents.at(at)) moves.unshift(this.#moves.at(at));
    let state = this.#model.initial[this.#moves.at(at)] as S;
    const steps: string[] = [];
    const states: S[] = [state];
    for (const ordinal of moves) {
      const move = this.#model.next(state)[ordinal] as Move<S>;
      steps.push(move.label);
      if (move.state instanceof BrokenRule) break;
      states.push((state = move.state));
    }
    return { property, sentence, steps, states };
  }

  result(milliseconds: number): Exploration<S> {
    return {
      name: this.#model.name,
      states: this.#known.size,
      transitions: this.#transitions,
      depth: this.#depth,
      complete: this.#complete,
      milliseconds,
      unreached: [...this.#unreached].map(({ name, sentence }) => `${name}: ${sentence}`),
      counterExample: this.#counterExample,
    };
  }
}

/** A counter-example as people read it: what was broken, and what happened, line by line. */
export function tellCounterExample({ property, sentence, steps }: CounterExample<unknown>): string {
  const width = String(steps.length).length;
  const lines = steps.map((step, index) => `  ${String(index + 1).padStart(width)}. ${step}`);
  return [`broken: ${property} (${sentence})`, ...(lines.length === 0 ? ['  as it begins'] : lines)].join('\n');
}
