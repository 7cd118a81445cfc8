/**
 * The hand-over of state: the active server numbers its updates and sends them to the passive one, which takes a snapshot when it has missed
 * any. What was not applied there when the active server died is lost with it; `replicate` says when it is safe.
 */
import type { ReplyBody } from '../runtime/handlers.ts';
import { framesBetween } from '../wire/envelope.ts';
import { bodyOption, type Frame, type FrameLike, type Message } from '../wire/message.ts';
import { WANT_SNAPSHOT, encodeApplied, encodeSnapshot, encodeUpdate, type PeerCommand, type PeerWord } from './codec.ts';

/** The state of a server, as far as the other one needs it. */
export interface StateHandover {
  /**
   * All of it, on the active server, as it is when this is called: copy before the first `await`. Updates that are made while it is being taken are
   * sent after it, so it must not contain them.
   */
  snapshot(): ReplyBody | Promise<ReplyBody>;
  /** Takes the place of whatever there was, on the passive server. */
  restore(snapshot: readonly Buffer[]): void | Promise<void>;
  /** One update, in the order they were made, on the passive server. */
  apply(update: readonly Buffer[]): void | Promise<void>;
}

export interface ReplicationHost {
  now(): number;
  /** Whether the connection to the peer took it. */
  send(frames: readonly Frame[]): boolean;
  /** Whether the peer is there and passive. */
  hasFollower(): boolean;
  failed(error: unknown): void;
}

export interface ReplicationSnapshot {
  /** Number of the last update, given or taken. */
  readonly sequence: number;
  /** Whether this server has all that it knows of. */
  readonly synchronised: boolean;
}

export class Replication {
  readonly #state: StateHandover | undefined;
  readonly #maxBytes: number;
  readonly #host: ReplicationHost;
  #sequence = 0;
  /** Whose updates these are; nothing before the first snapshot. */
  #origin: string | undefined;
  #synchronised: boolean;
  #leading = false;
  /** Asked for a snapshot that has not come. */
  #wanting = false;
  /** What has come is taken one after another. */
  #work: Promise<void> = Promise.resolve();
  /** Updates made while a snapshot is being taken. */
  #taking: Frame[][] | undefined;
  readonly #waiters = new Map<number, { readonly since: number; readonly resolve: (applied: boolean) => void }>();

  /** @param maxBytes the largest frame that the peer takes. */
  constructor(state: StateHandover | undefined, maxBytes: number, host: ReplicationHost) {
    this.#state = state;
    this.#maxBytes = maxBytes;
    this.#host = host;
    this.#synchronised = state === undefined;
  }

  get sequence(): number {
    return this.#sequence;
  }

  inspect(): ReplicationSnapshot {
    return { sequence: this.#sequence, synchronised: this.#synchronised };
  }

  /** This server becomes the active one. Resolves when all that had come is taken. */
  lead(instance: string): Promise<void> {
    this.#leading = true;
    this.#origin = instance;
    this.#wanting = false;
    return this.#work;
  }

  /** This server is active no more. */
  follow(): void {
    this.#leading = false;
    this.#taking = undefined;
    this.abandon();
  }

  /** The peer is gone, or another: nobody will say that an update was applied. */
  abandon(): void {
    this.expire(Infinity);
  }

  /** Whoever has waited since `time` or before waits no longer: the peer cannot apply it, or takes too long. */
  expire(time: number): void {
    for (const [sequence, { since, resolve }] of this.#waiters) {
      if (since > time) continue;
      this.#waiters.delete(sequence);
      resolve(false);
    }
  }

  /**
   * Sends an update. Resolves with whether the passive server has applied it: `false` when there is none, or it went.
   *
   * @throws InvalidOption
   */
  replicate(update: FrameLike | readonly FrameLike[]): Promise<boolean> {
    const frames = bodyOption(update, this.#maxBytes);
    if (this.#state === undefined) return Promise.resolve(false);
    const sequence = ++this.#sequence;
    const message = encodeUpdate(sequence, frames);
    if (this.#taking !== undefined) this.#taking.push(message);
    else if (!this.#host.hasFollower() || !this.#host.send(message)) return Promise.resolve(false);
    return new Promise((resolve) => this.#waiters.set(sequence, { since: this.#host.now(), resolve }));
  }

  /** The active peer has spoken: is anything missing? */
  heard(word: PeerWord): void {
    if (this.#state === undefined || this.#leading) return;
    if (word.instance === this.#origin && word.sequence === this.#sequence) return;
    // An update may be on its way; only one that stays missing, or another server's updates, need a snapshot.
    if (word.instance === this.#origin && word.sequence < this.#sequence) return;
    if (!this.#wanting || word.instance !== this.#origin) this.#want(word.instance);
    else this.#wanting = false;
  }

  #want(origin: string): void {
    this.#synchronised = false;
    this.#origin = origin;
    this.#wanting = this.#host.send(WANT_SNAPSHOT);
  }

  receive(command: Exclude<PeerCommand, { readonly kind: 'WORD' | 'INVALID' }>, message: Message): void {
    switch (command.kind) {
      case 'SNAPSHOT_WANTED':
        if (this.#leading) this.#giveSnapshot();
        return;
      case 'SNAPSHOT':
        if (!this.#leading) this.#takeSnapshot(command.sequence, framesBetween(message.retain(), command.body));
        return;
      case 'UPDATE':
        if (!this.#leading) this.#takeUpdate(command.sequence, framesBetween(message.retain(), command.body));
        return;
      case 'APPLIED':
        for (const [sequence, { resolve }] of this.#waiters) {
          if (sequence > command.sequence) continue;
          this.#waiters.delete(sequence);
          resolve(true);
        }
    }
  }

  #giveSnapshot(): void {
    if (this.#state === undefined || this.#taking !== undefined) return;
    const updates: Frame[][] = (this.#taking = []);
    void this.#take(this.#state, updates).then((taken) => {
      if (this.#taking !== updates) return;
      this.#taking = undefined;
      if (taken === undefined) {
        this.abandon();
        return;
      }
      this.#host.send(encodeSnapshot(taken.sequence, taken.frames));
      for (const update of updates) this.#host.send(update);
    });
  }

  async #take(
    state: StateHandover,
    updates: Frame[][],
  ): Promise<{ readonly sequence: number; readonly frames: readonly Frame[] } | undefined> {
    // What the other server had sent before this one took over belongs to the state as well.
    await this.#work;
    const sequence = this.#sequence;
    updates.length = 0;
    try {
      const snapshot = await state.snapshot();
      return { sequence, frames: snapshot === undefined ? [] : bodyOption(snapshot, this.#maxBytes) };
    } catch (error) {
      this.#host.failed(error);
      return undefined;
    }
  }

  #takeSnapshot(sequence: number, frames: readonly Frame[]): void {
    this.#wanting = false;
    this.#sequence = sequence;
    this.#synchronised = true;
    this.#do(sequence, (state) => state.restore(frames));
  }

  #takeUpdate(sequence: number, frames: readonly Frame[]): void {
    if (!this.#synchronised || sequence !== this.#sequence + 1) return;
    this.#sequence = sequence;
    this.#do(sequence, (state) => state.apply(frames));
  }

  #do(sequence: number, work: (state: StateHandover) => void | Promise<void>): void {
    const state = this.#state;
    if (state === undefined) return;
    this.#work = this.#work.then(async () => {
      try {
        await work(state);
        this.#host.send(encodeApplied(sequence));
      } catch (error) {
        this.#synchronised = false;
        this.#origin = undefined;
        this.#host.failed(error);
      }
    });
  }
}
