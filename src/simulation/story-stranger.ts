/** A peer of another make in a story: a bare socket that sends the frames it is told to, and says what it hears. */
import type { Connector, Listener, Peer, TransportHandler } from '../transport/transport.ts';
import type { Frame } from '../wire/message.ts';
import type { Host, Keepable } from './host.ts';
import type { Chronicle } from './story-chronicle.ts';
import { isHandle } from './story-words.ts';

export class Stranger implements Keepable {
  readonly #host: Host;
  readonly #chronicle: Chronicle;
  #connector: Connector | undefined;
  #listener: Listener | undefined;
  /** Whom it answers, where it listens. */
  #peer: Peer | undefined;
  /** Of the request it was given last. */
  handle: Frame | undefined;

  constructor(host: Host, chronicle: Chronicle) {
    this.#host = host;
    this.#chronicle = chronicle;
  }

  /** As narrow as can be: one message that it has not read finds room on its side. */
  connect(endpoint: string): void {
    this.#connector = this.#host.keep(this) && this.#host.ports.transport.connect(endpoint, this.#handler, { highWaterMark: 1 });
  }

  async listen(): Promise<void> {
    this.#host.keep(this);
    this.#listener = await this.#host.ports.transport.listen(`sim://${this.#host.name.replaceAll(' ', '-')}`, this.#handler);
    this.#chronicle.tells(this.#host.name, 'listens');
  }

  /** Answers whether there was anybody to send it to. */
  send(frames: readonly Frame[]): boolean {
    if (this.#connector !== undefined) return this.#connector.send(this.#connector.remote, frames) === 'ok';
    return this.#peer !== undefined && this.#listener?.send(this.#peer, frames) === 'ok';
  }

  async close(): Promise<void> {
    await Promise.all([this.#connector?.close(), this.#listener?.close()]);
  }

  readonly #handler: TransportHandler = {
    message: (peer, message) => {
      this.#peer = peer;
      for (let index = 0; index < message.frameCount; index++) if (isHandle(message.frame(index))) this.handle = message.frame(index);
    },
    peerGone: () => {
      this.#chronicle.tells(this.#host.name, 'its connection has ended');
    },
    overflow: () => undefined,
    batchEnd: () => undefined,
  };
}
