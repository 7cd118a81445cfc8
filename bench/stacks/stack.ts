/** Ways to ask another process a question and get its answer. Each is a module of this folder that exports a `Stack` by name. */
import { packageIn } from '../peers/tools.ts';

/** Bytes of an answer. */
export type Bytes = Uint8Array;
/** Asks once. */
export type Ask = (body: Buffer) => Promise<Bytes>;

export interface Stack {
  /** Serves an echo. `place`: the broker's endpoint, or nothing. @returns where clients connect. */
  serve(place: string, peers: string | undefined): Promise<string>;
  connect(place: string, peers: string | undefined): Promise<Ask>;
}

/** An optional package, as the row's author says it looks: it is none of our dependencies, so there are no types. */
export async function optional<T>(peers: string | undefined, name: string): Promise<T> {
  const path = packageIn(peers, name);
  if (path === undefined) throw new Error(`${name} is not there`);
  return (await import(path)) as T;
}
