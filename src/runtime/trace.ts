/**
 * Tracing: every step and every notable fact as one flat record, for machines and for people who look for a cause.
 * A role without a trace sink has no observer, which costs one property read per step.
 */
import type { StepObserver } from '../core/machine.ts';

/** What a trace event may carry: names, labels and numbers. Message bodies have no place in a trace. */
export type TraceValue = string | number | boolean | null | undefined;

export interface TraceEvent {
  /** When, in the clock's milliseconds. */
  readonly t: number;
  /** The role's name; several roles may have the same. */
  readonly node: string;
  /** Which of the roles that write into one trace, in the order of their making: 2 for the second. The first leaves it out. */
  readonly role?: number;
  /** What kind of record this is: `step`, or a fact in the past tense. */
  readonly kind: string;
  readonly [field: string]: TraceValue;
}

export type TraceSink = (event: TraceEvent) => void;

/** Somewhere for trace lines to go: a Node stream, or anything with `write`. */
export interface TraceDestination {
  write(line: string): unknown;
  /** Characters or bytes written but not yet taken by the operating system; streams have it. */
  readonly writableLength?: number;
}

export interface TraceToOptions {
  /** While more than this waits in the stream, events are dropped and counted instead of kept. Default 1 MiB. */
  readonly mostWaiting?: number;
}

/**
 * A sink that writes one JSON object a line (NDJSON). Characters that could forge a line or drive a terminal are escaped,
 * long strings are cut, anything but a plain value is replaced by its type. A reader too slow for the trace loses events,
 * never the role its memory: a `traceDropped` record with their `count` marks the gap. The stream's own errors belong to
 * whoever made it.
 */
export function traceTo(destination: TraceDestination, options: TraceToOptions = {}): TraceSink {
  const { mostWaiting = 1 << 20 } = options;
  let dropped = 0;
  return (event) => {
    if ((destination.writableLength ?? 0) > mostWaiting) {
      dropped++;
      return;
    }
    if (dropped > 0) {
      destination.write(traceLine({ t: event.t, node: event.node, kind: 'traceDropped', count: dropped }));
      dropped = 0;
    }
    destination.write(traceLine(event));
  };
}

/** An observer that traces every step as `{ t, node, kind: 'step', machine, from, event, to, by }`. */
export function traceObserver(sink: TraceSink, node: string, now: () => number): StepObserver {
  return {
    stepped(machine, cell, taken, from, event, to) {
      const by = taken?.action ?? cell.otherwise?.cell;
      sink({ t: now(), node, kind: 'step', machine: machine.name, from, event: event.kind, to, by });
    },
  };
}

const LONGEST_STRING = 256;
// JSON leaves these as they are: DEL and C1 controls, line and paragraph separators, and the marks that reverse what a terminal shows.
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One event as one line of JSON, newline included. */
export function traceLine(event: TraceEvent): string {
  let line = '';
  for (const [field, value] of Object.entries(event)) {
    if (value === undefined) continue;
    line += `${line === '' ? '{' : ','}${JSON.stringify(field)}:${printable(value)}`;
  }
  return line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) + '}\n';
}

function printable(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_STRING ? `${value.slice(0, LONGEST_STRING)}… (${value.length} characters)` : value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value === 'boolean' || value === null) return String(value);
  return `"(${typeof value})"`;
}
