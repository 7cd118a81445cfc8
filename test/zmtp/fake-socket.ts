/** A `net.Socket` without a network: what comes is what a test says, and what is written is counted or kept waiting. */
import type { Socket } from 'node:net';

type Listener = (argument?: unknown) => void;

export class FakeSocket {
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort = 1;
  /** Bytes that went out. */
  written = 0;
  /** What is written waits: the peer reads nothing. */
  stuck = false;
  destroyed = false;
  ended = false;
  writableLength = 0;
  readonly #listeners = new Map<string, Listener>();
  #paused = false;
  /** What came while nothing was read. */
  readonly #backlog: Buffer[] = [];

  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  setNoDelay(): void {
    return;
  }

  isPaused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  cork(): void {
    return;
  }

  uncork(): void {
    return;
  }

  write(bytes: Buffer, done?: () => void): void {
    if (this.stuck) {
      this.writableLength += bytes.length;
      return;
    }
    this.written += bytes.length;
    if (done !== undefined) queueMicrotask(done);
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  destroySoon(): void {
    this.ended = true;
    // It waits for what was written.
    if (!this.stuck) this.destroyed = true;
  }

  /* ---------------------------------------------------------------- the peer */

  /** `chunk` comes, when it is read. */
  feed(chunk: Buffer): void {
    this.#backlog.push(chunk);
    this.readOn();
  }

  /** What has come is read, as long as that is wanted. */
  readOn(): void {
    while (!this.#paused && !this.destroyed) {
      const chunk = this.#backlog.shift();
      if (chunk === undefined) return;
      this.#listeners.get('data')?.(chunk);
    }
  }

  /** The other side has ended the stream. */
  hangUp(): void {
    this.readOn();
    if (!this.destroyed && !this.#paused) this.#listeners.get('end')?.();
  }

  /** The operating system has closed it. */
  vanish(): void {
    this.#listeners.get('close')?.();
  }
}
