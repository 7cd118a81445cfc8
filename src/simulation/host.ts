/** What a program in a simulated world has: its ports, its time, and ways to say what happens. */
import { hash32 } from '../core/random.ts';
import type { Clock } from '../runtime/clock.ts';
import type { IncomingRequest, ReplyBody } from '../runtime/handlers.ts';
import type { TraceSink, TraceValue } from '../runtime/trace.ts';
import type { Transport } from '../transport/transport.ts';
import { framesOf, type FrameLike } from '../wire/message.ts';

/** What every role of this library takes; pass them on: `{ ...host.ports, … }`. */
export interface Ports {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly trace: TraceSink;
  readonly name: string;
}

/** A role, as far as the world needs it. */
export interface Keepable {
  close(): Promise<void>;
  inspect?(): object;
  /** Roles of this library tell of their own bugs, and that they cannot go on. */
  readonly events?: { on(event: 'fault' | 'unusable', listener: (told: { readonly error: unknown }) => void): unknown };
}

export interface Answer {
  readonly body: readonly Buffer[];
}

export interface Question<T extends Answer> {
  /** What goes out; unlike that of any other request of this run, so that an answer can be told from another's. */
  readonly body: FrameLike | readonly FrameLike[];
  /** An outcome comes within so many ms, whatever the network does. */
  readonly within: number;
  /** Sends it: what it is given is `body`. */
  readonly send: (body: FrameLike | readonly FrameLike[]) => Promise<T>;
  /** It is expected to fail now and then, even when all is well. */
  readonly mayFail?: boolean;
}

/** One life of a node, from the inside. */
export interface Host {
  readonly name: string;
  /** Which life: 1 for the first. */
  readonly incarnation: number;
  readonly ports: Ports;
  /** Numbers in [0, 1) of its own. */
  readonly random: () => number;
  /** Nothing goes wrong any more, and what belongs to the core is well: from now on there must be progress. */
  readonly healing: boolean;
  sleep(milliseconds: number): Promise<void>;
  /** The time of day as this node sees it, in ms since 1970. */
  wallClock(): number;
  /** The world closes it at the end, looks at it, and hears of its bugs. */
  keep<R extends Keepable>(role: R): R;
  /** Sends a request and follows it to its outcome. Resolves with the reply, or with nothing. */
  ask<T extends Answer>(question: Question<T>): Promise<T | undefined>;
  /** A handler that is followed: what it was given, and what it answered. */
  work<C>(
    handler: (request: IncomingRequest, context: C) => ReplyBody | Promise<ReplyBody>,
  ): (request: IncomingRequest, context: C) => Promise<ReplyBody>;
  /**
   * Writes an event of its own into the trace, for rules and diagrams: `host.record('sold', { order: 7 })`.
   *
   * @throws InvalidOption for kinds that the world and the roles write themselves, and for the fields `t`, `node`, `kind` and `inc`.
   */
  record(kind: string, fields?: { readonly [field: string]: TraceValue }): void;
  /** Something worth reaching was reached: a `sometimes` mark. */
  mark(name: string): void;
}

/** What a node does from its start on. Called once in each of its lives. */
export type Program = (host: Host) => void | Promise<void>;

/** A number for frames: the same frames have the same. */
export function hashOf(frames: readonly Buffer[]): number {
  return hash32(frames.map((frame) => `${frame.length}:${frame.toString('latin1')}`).join('|'));
}

export function hashOfBody(body: ReplyBody): number {
  const frames = body === undefined ? [] : framesOf(body);
  return hashOf(frames.length === 0 ? [Buffer.alloc(0)] : frames);
}
