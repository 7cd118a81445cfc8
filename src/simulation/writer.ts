/** How the rules read what roles write: who it was, as a process may have several roles, and each of them counts its requests from 1. */
import type { TraceEvent } from '../runtime/trace.ts';
import type { ProcessView } from './invariants.ts';

/** The role that wrote it, in this life of its process. */
export function writerOf({ role }: TraceEvent, { life }: ProcessView): string {
  return role === undefined ? life : `${life}/${role}`;
}

/** A request as a client counts it, unlike any other of the run. */
export function requestOf(event: TraceEvent, process: ProcessView): string {
  return `${writerOf(event, process)} ${String(event['request'])}`;
}

/** A step of a machine. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

export function stepOf(event: TraceEvent): Step {
  return event as unknown as Step;
}
