/** One machine at work: its state, its timers, and the sink through which its actions reach the world. */
import { assert } from '../core/assert.ts';
import {
  step,
  type KernelEffects,
  type Machine,
  type MachineTypes,
  type Sink,
  type StepObserver,
  type TimerKind,
} from '../core/machine.ts';
import { Timer, type Driver, type TimerOwner } from './driver.ts';

/**
 * Base of every machine instance. A subclass implements the machine's effects as methods and is its own sink, so a step
 * allocates nothing beyond the next state; `Performer` takes them as an object instead.
 */
export abstract class Actor<M extends MachineTypes> implements KernelEffects<M>, TimerOwner {
  readonly machine: Machine<M>;
  readonly driver: Driver;
  readonly context: M['context'];
  observer: StepObserver | undefined;
  state: M['state'];
  protected sink: Sink<M> = this;
  #stepping = false;
  /** The first of its timers; the others are its siblings. */
  #timer: Timer | undefined;

  constructor(machine: Machine<M>, driver: Driver, context: M['context'], observer: StepObserver | undefined) {
    this.machine = machine;
    this.driver = driver;
    this.context = context;
    this.observer = observer;
    this.state = machine.start();
  }

  /** Steps the machine. Call it between `driver.enter()` and `driver.leave()` only, and never from an effect: use `later`. */
  step(event: M['event']): void {
    assert(!this.#stepping, 'an effect does not step the machine it comes from');
    this.#stepping = true;
    try {
      this.state = step(this.machine, this.state, event, this.sink, this.context);
    } finally {
      this.#stepping = false;
    }
  }

  /** Steps the machine after the current step. For what an effect finds out. */
  later(event: M['event']): void {
    this.driver.followUp(() => {
      this.step(event);
    });
  }

  timerFired(timer: string): void {
    this.step({ kind: timer });
  }

  arm(timer: TimerKind<M>, delay: number): void {
    this.driver.arm(this.#timerOf(timer) ?? (this.#timer = new Timer(this, timer, this.#timer)), delay);
  }

  disarm(timer: TimerKind<M>): void {
    const armed = this.#timerOf(timer);
    if (armed !== undefined) this.driver.disarm(armed);
  }

  #timerOf(name: string): Timer | undefined {
    let timer = this.#timer;
    while (timer !== undefined && timer.name !== name) timer = timer.sibling;
    return timer;
  }

  abstract refuse(event: M['event'], why: string): void;
}

/** An actor whose effects are given as an object: for a role that has one machine and keeps its workings to itself. */
export class Performer<M extends MachineTypes> extends Actor<M> {
  constructor(
    machine: Machine<M>,
    driver: Driver,
    context: M['context'],
    observer: StepObserver | undefined,
    effects: M['effects'] & Pick<KernelEffects<M>, 'refuse'>,
  ) {
    super(machine, driver, context, observer);
    this.sink = {
      ...effects,
      arm: (timer: TimerKind<M>, delay: number) => {
        this.arm(timer, delay);
      },
      disarm: (timer: TimerKind<M>) => {
        this.disarm(timer);
      },
      observer,
    };
  }

  override refuse(event: M['event'], why: string): void {
    this.sink.refuse(event, why);
  }
}
