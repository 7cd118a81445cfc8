/** The port's promise is that a received message is valid only during the call that delivers it. Every role must keep to that. */
import { afterEach, expect, test } from 'vitest';
import { MajordomoBroker, MajordomoClient, MajordomoWorker } from '../../src/majordomo/index.ts';
import { createMemoryNetwork } from '../../src/transport/memory.ts';
import type { Transport, TransportHandler } from '../../src/transport/transport.ts';
import type { Frame, Message } from '../../src/wire/message.ts';

let lateLooks = 0;
afterEach(() => {
  lateLooks = 0;
});

/** A message that notices who looks at it too late. */
class ShortLivedMessage implements Message {
  over = false;
  readonly #message: Message;

  constructor(message: Message) {
    this.#message = message;
  }

  get frameCount(): number {
    return this.#now.frameCount;
  }

  get #now(): Message {
    if (this.over) lateLooks++;
    return this.#message;
  }

  byteLength(index: number): number {
    return this.#now.byteLength(index);
  }

  byteAt(index: number, offset: number): number {
    return this.#now.byteAt(index, offset);
  }

  equals(index: number, bytes: Frame): boolean {
    return this.#now.equals(index, bytes);
  }

  text(index: number): string {
    return this.#now.text(index);
  }

  frame(index: number): Frame {
    return Buffer.from(this.#now.frame(index));
  }

  copyFrame(index: number, into: Frame, at: number): number {
    return this.#now.copyFrame(index, into, at);
  }

  retain(): Message {
    return this.#now.pack(0);
  }

  pack(from: number): Message {
    return this.#now.pack(from);
  }
}

/** A transport whose messages are over when the handler returns, as those of an engine that reuses its read buffer are. */
function shortLived(transport: Transport): Transport {
  const wrapped = (handler: TransportHandler): TransportHandler => ({
    ...handler,
    message: (peer, message) => {
      const view = new ShortLivedMessage(message);
      handler.message(peer, view);
      view.over = true;
    },
  });
  return {
    name: transport.name,
    listen: (endpoint, handler, options) => transport.listen(endpoint, wrapped(handler), options),
    connect: (endpoint, handler, options) => transport.connect(endpoint, wrapped(handler), options),
  };
}

test.each(['envelope', 'socket'] as const)(
  'messages that end with the call: requests that wait, are handed out and come back again are answered right (%s)',
  async (correlation) => {
    const transport = shortLived(createMemoryNetwork());
    const broker = await MajordomoBroker.listen('memory://broker', { transport });
    const client = MajordomoClient.connect('memory://broker', { transport, correlation });
    const answers = Array.from({ length: 60 }, (_, number) => client.request('echo', [`request ${number}`, 'and more']));
    let failures = 0;
    const workers = [1, 2, 3].map(() =>
      MajordomoWorker.connect(
        'memory://broker',
        'echo',
        (request, { attempt }) => {
          if (attempt === 1 && failures < 3) {
            failures++;
            throw new Error('not at the first attempt');
          }
          return request.body;
        },
        { transport, reconnectInterval: 1 },
      ),
    );
    for (const [number, reply] of (await Promise.all(answers)).entries()) {
      expect(reply.body.map(String)).toEqual([`request ${number}`, 'and more']);
    }
    expect(broker.inspect().counters).toMatchObject({ replied: 60, requeued: 3, faults: 0 });
    expect(lateLooks).toBe(0);
    await Promise.all([client.close(), ...workers.map((worker) => worker.close())]);
    await broker.close();
  },
);
