/** A transport handler that remembers what it was told and checks the rules that hold at all times. */
import type { GoneReason, Peer, TransportHandler } from '../../src/transport/transport.ts';
import type { Message } from '../../src/wire/message.ts';

export interface HeardMessage {
  readonly kind: 'message';
  readonly peer: Peer;
  readonly frames: readonly Buffer[];
  /** The frames as text, joined by `|`. */
  readonly text: string;
}

export type Heard =
  | HeardMessage
  | { readonly kind: 'peerGone'; readonly peer: Peer; readonly reason: GoneReason }
  | { readonly kind: 'overflow'; readonly peer: Peer }
  | { readonly kind: 'batchEnd' };

/** Told of every call of any recorder in one world, so that nesting between sockets is seen, too. */
export interface Stage {
  busyWith: Recorder | undefined;
  readonly violations: string[];
}

export class Recorder implements TransportHandler {
  readonly heard: Heard[] = [];
  /** Set by the world as soon as `close` was called. */
  closed = false;
  /** What the script does with a message, during the call. */
  onMessage: (peer: Peer, message: Message) => void = () => undefined;
  onPeerGone: (peer: Peer) => void = () => undefined;
  readonly #stage: Stage;
  readonly #gone = new Set<Peer>();
  readonly #isConnector: boolean;
  #unbatched = 0;

  constructor(stage: Stage, isConnector: boolean) {
    this.#stage = stage;
    this.#isConnector = isConnector;
  }

  get messages(): HeardMessage[] {
    return this.heard.filter((event) => event.kind === 'message');
  }

  /** Every message as text. */
  get texts(): string[] {
    return this.messages.map((message) => message.text);
  }

  /** The peers in order of their first message. */
  get peers(): Peer[] {
    return [...new Set(this.messages.map((message) => message.peer))];
  }

  get overflows(): number {
    return this.heard.filter((event) => event.kind === 'overflow').length;
  }

  /** The peers that went, in order. */
  get gone(): Peer[] {
    return this.heard.filter((event) => event.kind === 'peerGone').map((event) => event.peer);
  }

  /** Whether every burst so far was ended. */
  get settled(): boolean {
    return this.#unbatched === 0;
  }

  message(peer: Peer, message: Message): void {
    const frames = Array.from({ length: message.frameCount }, (_, index) => Buffer.from(message.frame(index)));
    const text = frames.map((frame) => frame.toString('latin1')).join('|');
    this.#unbatched++;
    this.#perform({ kind: 'message', peer, frames, text }, peer, () => {
      this.onMessage(peer, message);
    });
  }

  peerGone(peer: Peer, reason: GoneReason): void {
    this.#perform({ kind: 'peerGone', peer, reason }, peer, () => {
      this.onPeerGone(peer);
    });
    if (!this.#isConnector) this.#gone.add(peer);
  }

  overflow(peer: Peer): void {
    this.#perform({ kind: 'overflow', peer }, peer);
  }

  batchEnd(): void {
    if (this.#unbatched === 0) this.#stage.violations.push('batchEnd without a message before it');
    this.#unbatched = 0;
    this.#perform({ kind: 'batchEnd' }, undefined);
  }

  #perform(event: Heard, peer: Peer | undefined, react: () => void = () => undefined): void {
    const { violations, busyWith } = this.#stage;
    if (this.closed) violations.push(`${event.kind} after close`);
    if (busyWith !== undefined) violations.push(`${event.kind} within another handler call`);
    if (peer !== undefined && this.#gone.has(peer)) violations.push(`${event.kind} from a peer that had gone`);
    this.#stage.busyWith = this;
    try {
      this.heard.push(event);
      react();
    } finally {
      this.#stage.busyWith = busyWith;
    }
  }
}
