/**
 * The steps of one machine, each made once and remembered. A model steps the real table, by `transition()`; but in millions of states few
 * pairs of state and event are different ones, and a step depends on nothing else.
 *
 * A machine at work is a number here: its state together with the timers that are armed.
 */
import { transition, type Machine, type MachineTypes, type RecordedEffect, type StepObserver, type TimerKind } from '../../core/machine.ts';

/** What came of a step. */
interface Taken {
  /** The machine afterwards. */
  readonly to: number;
  readonly effects: readonly RecordedEffect[];
}

interface Instance<M extends MachineTypes> {
  readonly state: M['state'];
  readonly armed: readonly TimerKind<M>[];
  readonly taken: Map<object, Taken>;
}

export class Steps<M extends MachineTypes> {
  /** A new one. */
  readonly start: number;
  readonly #machine: Machine<M>;
  readonly #context: M['context'];
  readonly #observer: StepObserver | undefined;
  readonly #bounded: (state: M['state']) => M['state'];
  readonly #instances: Instance<M>[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #timers = new Map<string, M['event']>();

  /** @param bounded a state in place of those that differ from it in nothing but how far they have counted. */
  constructor(
    machine: Machine<M>,
    context: M['context'],
    observer: StepObserver | undefined,
    bounded: (state: M['state']) => M['state'] = (state) => state,
  ) {
    this.#machine = machine;
    this.#context = context;
    this.#observer = observer;
    this.#bounded = bounded;
    this.start = this.#numberOf(machine.start(), []);
  }

  kind(at: number): M['state']['kind'] {
    return this.state(at).kind;
  }

  state(at: number): M['state'] {
    return (this.#instances[at] as Instance<M>).state;
  }

  isArmed(at: number, timer: TimerKind<M>): boolean {
    return (this.#instances[at] as Instance<M>).armed.includes(timer);
  }

  /**
   * @param event the same object for the same event: what is remembered is found by it.
   * @throws ImpossibleEvent, BrokenInvariant
   */
  step(at: number, event: M['event']): Taken {
    const instance = this.#instances[at] as Instance<M>;
    const known = instance.taken.get(event);
    if (known !== undefined) return known;
    const taken = this.#make(instance.state, instance.armed, event);
    instance.taken.set(event, taken);
    return taken;
  }

  /** Lets a timer fire. */
  fire(at: number, timer: TimerKind<M>): Taken {
    let event = this.#timers.get(timer);
    if (event === undefined) this.#timers.set(timer, (event = { kind: timer }));
    const instance = this.#instances[at] as Instance<M>;
    const known = instance.taken.get(event);
    if (known !== undefined) return known;
    const armed = instance.armed.filter((each) => each !== timer);
    const taken = this.#make(instance.state, armed, event);
    instance.taken.set(event, taken);
    return taken;
  }

  #make(state: M['state'], armedBefore: readonly TimerKind<M>[], event: M['event']): Taken {
    const [next, recorded] = transition(this.#machine, state, event, this.#context, this.#observer);
    const armed = new Set(armedBefore);
    const effects: RecordedEffect[] = [];
    for (const effect of recorded) {
      if (effect[0] === 'arm') armed.add(effect[1] as TimerKind<M>);
      else if (effect[0] === 'disarm') armed.delete(effect[1] as TimerKind<M>);
      else effects.push(effect);
    }
    return { to: this.#numberOf(this.#bounded(next), [...armed].sort()), effects };
  }

  #numberOf(state: M['state'], armed: readonly TimerKind<M>[]): number {
    const key = JSON.stringify([state, armed]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#instances.length));
      this.#instances.push({ state, armed, taken: new Map() });
    }
    return number;
  }
}

/** Has a shell do what a step asked for, in order. */
export function perform(effects: readonly RecordedEffect[], shell: object): void {
  for (const [effect, ...given] of effects) (shell as Readonly<Record<string, (...given: readonly unknown[]) => void>>)[effect]?.(...given);
}

/** The same object for the same number, made when it is first asked for. */
export function numbered<T extends object>(make: (number: number) => T): (number: number) => T {
  const made: (T | undefined)[] = [];
  return (number) => (made[number] ??= make(number));
}
