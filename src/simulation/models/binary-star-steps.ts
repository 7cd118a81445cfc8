/** The steps of a machine in a world with a clock: each made once and remembered, with the timers that it starts and stops. */
import { transition, type Machine, type MachineTypes, type RecordedEffect, type StepObserver } from '../../core/machine.ts';

/** What came of a step. */
export interface TimedStep {
  /** The state afterwards. */
  readonly to: number;
  /** What the shell is asked for, in order; no timers. */
  readonly effects: readonly RecordedEffect[];
  readonly stopped: readonly string[];
  readonly started: readonly (readonly [timer: string, ticks: number])[];
}

/** A state of the machine is a number here. */
export class TimedSteps<M extends MachineTypes> {
  /** A new one. */
  readonly start: number;
  readonly #machine: Machine<M>;
  readonly #context: M['context'];
  readonly #observer: StepObserver | undefined;
  readonly #states: M['state'][] = [];
  readonly #taken: Map<object, TimedStep>[] = [];
  readonly #numbers = new Map<string, number>();

  /** @param context its times are ticks. */
  constructor(machine: Machine<M>, context: M['context'], observer: StepObserver | undefined) {
    this.#machine = machine;
    this.#context = context;
    this.#observer = observer;
    this.start = this.numberOf(machine.start());
  }

  state(at: number): M['state'] {
    return this.#states[at] as M['state'];
  }

  /** The states that own a timer. */
  owners(timer: string): readonly string[] {
    return this.#machine.timers[timer] ?? [];
  }

  /**
   * @param event the same object for the same event: what is remembered is found by it.
   * @throws ImpossibleEvent, BrokenInvariant
   */
  step(at: number, event: M['event']): TimedStep {
    const taken = this.#taken[at] as Map<object, TimedStep>;
    let step = taken.get(event);
    if (step === undefined) taken.set(event, (step = this.#make(this.state(at), event)));
    return step;
  }

  #make(state: M['state'], event: M['event']): TimedStep {
    const [next, recorded] = transition(this.#machine, state, event, this.#context, this.#observer);
    const effects: RecordedEffect[] = [];
    const stopped: string[] = [];
    const started: (readonly [string, number])[] = [];
    for (const effect of recorded) {
      if (effect[0] === 'arm') started.push([String(effect[1]), Number(effect[2])]);
      else if (effect[0] === 'disarm') stopped.push(String(effect[1]));
      else effects.push(effect);
    }
    return { to: this.numberOf(next), effects, stopped, started };
  }

  /** The number of a state. */
  numberOf(state: M['state']): number {
    const key = JSON.stringify(state);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#states.length));
      this.#states.push(state);
      this.#taken.push(new Map());
    }
    return number;
  }
}
