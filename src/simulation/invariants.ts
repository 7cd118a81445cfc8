/** What must hold in every run: named rules, each with a watcher that sees what happens. */
import { numberOption } from '../core/options.ts';
import type { TraceEvent } from '../runtime/trace.ts';
import type { Frame } from '../wire/message.ts';
import type { Fault } from './faults.ts';

/** One life of a node, as rules see it: to be looked at, not to be touched. */
export interface ProcessView {
  readonly node: string;
  /** Which life: 1 for the first. */
  readonly incarnation: number;
  /** Node and incarnation: unlike that of any other life. */
  readonly life: string;
  /** `paused`: the whole process stands still. `stalled`: only its event loop does. */
  readonly state: 'running' | 'paused' | 'stalled' | 'dead';
  readonly dead: boolean;
  /** When it last went on after standing still; `-Infinity`: never. */
  readonly resumedAt: number;
  /** Ms that it has stood still so far, with what it took each time to read its mail before it judged. */
  readonly stoodStill: number;
  /** Ms between two messages that it reads from one connection. */
  readonly readPause: number;
  /** Timers that are set. */
  readonly timers: number;
  /** Sockets that are open. */
  readonly sockets: number;
}

/** What a watcher sees of the run it watches. */
export interface RunView {
  /** Ms of simulated time. */
  readonly now: number;
  /** Nothing goes wrong any more, and what belongs to the core is well. */
  readonly healing: boolean;
  readonly core: readonly string[];
  /** The time when all that is wrong ended; `Infinity` before. */
  readonly healedAt: number;
  /** The present life of a node; none while it is down. */
  processOf(node: string): ProcessView | undefined;
  /** What goes wrong in this run. */
  readonly schedule: readonly Fault[];
  /** Whether a connection, by its label, is up at its connector's end. */
  isLinked(peer: string): boolean;
  /** Whether the listener's transport knows that a connection, by its label, has ended, read or not. */
  isOver(peer: string): boolean;
  /** What the roles of a node say of themselves now. */
  inspect(node: string): readonly object[];
  /** Whether a node's process runs, or stands still; `false` while it is down. */
  isUp(node: string): boolean;
  /** Something worth reaching was reached, as by `host.mark`. */
  mark(name: string): void;
  /** Looks again later. */
  at(time: number, look: () => void): void;
  /** The rule is broken; `because` says by what, in one sentence. A watcher of several rules says which. */
  violated(because: string, rule?: Rule): void;
}

export interface Watcher {
  /** By the kind of event; `'*'` for all. With `fault`, `faultEnd` and `heal` comes no process: they are the world's. */
  readonly on?: { readonly [kind: string]: (event: TraceEvent, process: ProcessView) => void };
  /** A message left a node; `to` is '' while there is no connection. */
  sent?(from: ProcessView, to: string, peer: string, frames: readonly Frame[]): void;
  delivered?(to: ProcessView, from: string, peer: string, frames: readonly Frame[]): void;
  connected?(process: ProcessView, endpoint: string): void;
  /** After each event of the world. */
  stepped?(): void;
  /** All has been well for as long as it was to be; nothing is closed yet. */
  rest?(): void;
  /** Nothing more will happen. */
  end?(): void;
}

export interface Rule {
  /** Short, as in the list of docs/TESTING.md. */
  readonly id: string;
  readonly sentence: string;
}

export interface Invariant extends Rule {
  /** Ms of `healing` that it needs: with fewer it would never be judged. */
  readonly healing?: number;
  /** Nodes that it speaks of: they must be there. */
  readonly nodes?: readonly string[];
  /** Marks that it makes, each of which some run of a campaign must reach. */
  readonly reaches?: readonly string[];
  /** A watcher for one run. */
  watch(run: RunView): Watcher;
}

/** What a user looks at. */
export interface Snapshot {
  /** Ms of simulated time. */
  readonly now: number;
  /** Nothing goes wrong any more, and what belongs to the core is well. */
  readonly healing: boolean;
  /** Whether a node's process runs, or stands still; `false` while it is down. */
  isUp(node: string): boolean;
  /** What the roles of a node say of themselves; none while it is down. */
  inspect(node: string): readonly object[];
}

/** Holds after every event. `holds` answers whether it does, or a sentence that says why not. */
export function always(id: string, holds: (snapshot: Snapshot) => boolean | string): Invariant {
  return {
    id,
    sentence: `always: ${id}`,
    watch: (run) => ({
      stepped() {
        const answer = holds(run);
        if (answer !== true) run.violated(answer === false ? 'it does not hold' : answer);
      },
    }),
  };
}

/**
 * Once all is well again, it holds within so many ms, at some moment. They are at most those of the simulation's `healing`: after that
 * nobody looks any more.
 *
 * @throws InvalidOption when `within` is no number of ms; `simulate` does when `healing` is shorter, or 0.
 */
export function eventually(id: string, holds: (snapshot: Snapshot) => boolean, within: number): Invariant {
  numberOption('within', within, 0);
  return {
    id,
    healing: Math.max(1, within),
    sentence: `eventually, within ${within} ms after all is well again: ${id}`,
    watch(run) {
      let held = false;
      let asked = false;
      return {
        stepped() {
          if (!run.healing || held) return;
          held = holds(run);
          if (asked) return;
          asked = true;
          run.at(run.healedAt + within, () => {
            if (!held && !holds(run)) run.violated(`it has not come true ${within} ms after all was well again`);
          });
        },
      };
    },
  };
}

/**
 * Holds at some moment of some run: a campaign names it in `unreached` otherwise. A simulation in which the interesting thing never happens
 * proves nothing. For what a program knows itself there is `host.mark`.
 */
export function sometimes(name: string, holds: (snapshot: Snapshot) => boolean): Invariant {
  return {
    id: name,
    sentence: `sometimes: ${name}`,
    reaches: [name],
    watch(run) {
      let reached = false;
      return {
        stepped() {
          if (reached || !holds(run)) return;
          reached = true;
          run.mark(name);
        },
      };
    },
  };
}

/** Holds of the whole trace, which is kept for it. */
export function onTrace(id: string, holds: (events: readonly TraceEvent[]) => boolean | string): Invariant {
  return {
    id,
    sentence: `of the whole trace: ${id}`,
    watch(run) {
      const events: TraceEvent[] = [];
      return {
        on: {
          '*': (event) => {
            events.push(event);
          },
        },
        end() {
          const answer = holds(events);
          if (answer !== true) run.violated(answer === false ? 'it does not hold' : answer);
        },
      };
    },
  };
}
