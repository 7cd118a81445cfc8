/**
 * Connections that carry at most one request at a time, so that whatever one of them brings is the answer to that request: how a reply
 * finds its request on a protocol without ids (docs/decisions/0003-correlation.md).
 */
import type { Connector } from '../transport/transport.ts';

export interface Lane<R> {
  readonly endpoint: string;
  readonly connector: Connector;
  request: R | undefined;
  /** It brought something that nobody had asked for over it, and may do so again: no further request is trusted to it. */
  suspect: boolean;
}

export class Lanes<R> {
  readonly #most: number;
  readonly #connect: (endpoint: string) => Connector | undefined;
  readonly #leave: (connector: Connector) => void;
  readonly #lanes = new Set<Lane<R>>();
  readonly #idle: Lane<R>[] = [];

  /**
   * @param most connections at once, in use and idle.
   * @param connect makes a connection, or `undefined` if none can be made now.
   * @param leave closes one, with all that it may still bring.
   */
  constructor(most: number, connect: (endpoint: string) => Connector | undefined, leave: (connector: Connector) => void) {
    this.#most = most;
    this.#connect = connect;
    this.#leave = leave;
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Whether every connection that there may be has a request. */
  get full(): boolean {
    return this.#idle.length === 0 && this.#lanes.size >= this.#most;
  }

  /**
   * An idle connection to `endpoint` or a new one; none when there are too many, or when none can be made now.
   *
   * @param fresh a new one: what an idle one leads to may be as dead as what the last attempt led to.
   */
  take(endpoint: string, fresh = false): Lane<R> | undefined {
    const at = fresh ? -1 : this.#idle.findLastIndex((lane) => lane.endpoint === endpoint);
    if (at >= 0) return this.#idle.splice(at, 1)[0];
    if (this.#lanes.size >= this.#most) {
      const elsewhere = this.#idle[0];
      if (elsewhere === undefined) return undefined;
      this.retire(elsewhere);
    }
    const connector = this.#connect(endpoint);
    if (connector === undefined) return undefined;
    const lane: Lane<R> = { endpoint, connector, request: undefined, suspect: false };
    connector.remote.session = lane;
    this.#lanes.add(lane);
    return lane;
  }

  /** For the next request; only after the answer to the last one came, or a late one would be taken for the next one's. */
  reuse(lane: Lane<R>): void {
    lane.request = undefined;
    if (lane.suspect) this.retire(lane);
    else this.#idle.push(lane);
  }

  /** Closes it: what it may still bring goes nowhere. */
  retire(lane: Lane<R>): void {
    lane.request = undefined;
    if (!this.#lanes.delete(lane)) return;
    const idle = this.#idle.indexOf(lane);
    if (idle >= 0) this.#idle.splice(idle, 1);
    this.#leave(lane.connector);
  }

  retireIdle(): void {
    for (const lane of [...this.#idle]) this.retire(lane);
  }

  /** The last of it: resolves when all are closed. */
  async close(): Promise<void> {
    const closing = [...this.#lanes].map((lane) => lane.connector.close(0));
    this.#lanes.clear();
    this.#idle.length = 0;
    await Promise.all(closing);
  }
}
