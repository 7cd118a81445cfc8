/** The rules that hold for every pattern and every service (U1 to U4, and progress once all is well). */
import type { TraceEvent } from '../runtime/trace.ts';
import type { Invariant, ProcessView } from './invariants.ts';
import { requestOf } from './writer.ts';

/** Beyond its time, a request may be late by so much: timers are set to whole milliseconds. */
const LATE_MS = 50;

const numberIn = (event: TraceEvent, field: string): number => event[field] as number;

const noInvention: Invariant = {
  id: 'U1',
  sentence: 'an answer was given by a handler to this very request',
  watch(run) {
    const asked = new Map<string, number>();
    /** By what was asked: what was answered. */
    const answers = new Map<number, Set<number>>();
    return {
      on: {
        submit: (event, process) => {
          asked.set(requestOf(event, process), numberIn(event, 'hash'));
        },
        executed: (event) => {
          const hash = numberIn(event, 'hash');
          let given = answers.get(hash);
          if (given === undefined) answers.set(hash, (given = new Set()));
          given.add(numberIn(event, 'reply'));
        },
        answered: (event, process) => {
          const request = requestOf(event, process);
          const hash = asked.get(request);
          if (hash !== undefined && answers.get(hash)?.has(numberIn(event, 'reply')) === true) return;
          run.violated(`request ${request} was answered with what no handler had answered to it`);
        },
      },
    };
  },
};

const oneOutcome: Invariant = {
  id: 'U2',
  sentence: 'a request has at most one outcome',
  watch(run) {
    const ended = new Set<string>();
    const end = (event: TraceEvent, process: ProcessView): void => {
      const request = requestOf(event, process);
      if (ended.has(request)) run.violated(`request ${request} ended a second time, with ${event.kind}`);
      ended.add(request);
    };
    return { on: { reply: end, fail: end } };
  },
};

const boundedTermination: Invariant = {
  id: 'U3',
  sentence: 'a request has an outcome within its time, whatever the network does, if its client lives',
  watch(run) {
    const open = new Set<string>();
    const settle = (event: TraceEvent, process: ProcessView): void => {
      open.delete(requestOf(event, process));
    };
    return {
      on: {
        submit: (event, process) => {
          const request = requestOf(event, process);
          open.add(request);
          const stoodStill = process.stoodStill;
          const due = event.t + numberIn(event, 'within') + LATE_MS;
          const look = (): void => {
            if (!open.has(request) || process.dead) return;
            const extended = due + process.stoodStill - stoodStill;
            if (process.state !== 'running') run.at(run.now + 1000, look);
            else if (run.now < extended) run.at(extended, look);
            else run.violated(`request ${request} has no outcome after ${Math.round(run.now - event.t)} ms`);
          };
          run.at(due, look);
        },
        answered: settle,
        unanswered: settle,
      },
    };
  },
};

/** Made by `simulate`, which knows how long settling takes. */
export function progress(settling: number): Invariant {
  return {
    id: 'progress',
    sentence: 'once all is well, every new request of the core is answered',
    watch(run) {
      const hopeful = new Map<string, number>();
      let answered = 0;
      let asked = 0;
      return {
        on: {
          submit: (event, process) => {
            if (!run.healing || event['mayFail'] === true || event.t < run.healedAt + settling) return;
            if (!run.core.includes(process.node)) return;
            asked++;
            hopeful.set(requestOf(event, process), event.t);
          },
          answered: (event, process) => {
            if (hopeful.delete(requestOf(event, process))) answered++;
          },
          unanswered: (event, process) => {
            const request = requestOf(event, process);
            if (!hopeful.has(request) || event['code'] === 'CLIENT_CLOSED') return;
            run.violated(`request ${request} failed (${String(event['code'])}) though all had been well for ${settling} ms`);
          },
        },
        end() {
          if (run.healing && asked > 1 && answered === 0) run.violated(`of ${asked} requests none was answered`);
        },
      };
    },
  };
}

/** Ms after which a process that has closed must have told the outcome of every request. */
const TOLD_MS = 500;

/** U12, as far as promises go; sockets and timers are counted when everything is closed. */
export const quiescence: Invariant = {
  id: 'U12',
  sentence: 'what is closed leaves no socket and no timer behind, and no request that was asked before without an outcome',
  watch(run) {
    const open = new Map<ProcessView, Set<number>>();
    const closing = new Set<ProcessView>();
    const settle = (event: TraceEvent, process: ProcessView): void => {
      open.get(process)?.delete(numberIn(event, 'request'));
    };
    return {
      on: {
        submit: (event, process) => {
          if (closing.has(process)) return;
          let requests = open.get(process);
          if (requests === undefined) open.set(process, (requests = new Set()));
          requests.add(numberIn(event, 'request'));
        },
        answered: settle,
        unanswered: settle,
        stop: (_event, process) => {
          closing.add(process);
        },
        exit: (_event, process) => {
          run.at(run.now + TOLD_MS, () => {
            const [first] = open.get(process) ?? [];
            if (first !== undefined && process.state === 'running')
              run.violated(`${process.node} has closed, and request ${first} has no outcome`);
          });
        },
      },
    };
  },
};

export const universal: readonly Invariant[] = [noInvention, oneOutcome, boundedTermination];
