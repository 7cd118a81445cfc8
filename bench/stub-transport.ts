/**
 * A transport without a network: messages are put into the listener's handler by a direct call, and what the listener sends is handed to a
 * function. It measures the code above the port and nothing below it, for sizes at which sockets would measure the operating system.
 */
import type {
  Connector,
  Frame,
  Listener,
  LivenessLayers,
  Message,
  Peer,
  SendResult,
  Transport,
  TransportHandler,
} from 'seaworthy/transport';
import { FramesMessage } from 'seaworthy/transport';

/** A peer of the listener: what is sent to it goes to `receive`. */
export class StubPeer implements Peer {
  session: unknown;
  readonly label: string;
  readonly receive: (head: readonly Frame[], tail: Message | undefined, from: number) => void;

  constructor(label: string, receive: StubPeer['receive']) {
    this.label = label;
    this.receive = receive;
  }
}

export class StubTransport implements Transport, Listener {
  readonly name = 'stub';
  readonly endpoint = 'stub://listener';
  readonly layers: LivenessLayers = { disconnectNotices: true, transportHeartbeats: true };
  #handler: TransportHandler | undefined;

  listen(_endpoint: string, handler: TransportHandler): Promise<Listener> {
    this.#handler = handler;
    return Promise.resolve(this);
  }

  connect(): Connector {
    throw new Error('the stub transport only listens');
  }

  /** A message arrives from `peer`. */
  deliver(peer: StubPeer, frames: Frame[]): void {
    this.#handler?.message(peer, new FramesMessage(frames));
  }

  /** The burst is over. */
  endBurst(): void {
    this.#handler?.batchEnd();
  }

  send(peer: Peer, head: readonly Frame[], tail?: Message, from?: number): SendResult {
    (peer as StubPeer).receive(head, tail, from ?? 0);
    return 'ok';
  }

  release(): void {
    // A stub peer has no route to forget.
  }

  pause(): void {
    throw new Error('the stub transport does not pause');
  }

  resume(): void {
    throw new Error('the stub transport does not pause');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
