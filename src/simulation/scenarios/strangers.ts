/** Peers that do not keep to the protocol, or keep to it at the wrong moment. Nothing they say may break anybody. */
import { Random } from '../../core/random.ts';
import type { Message } from '../../wire/message.ts';
import type { Host, Program } from '../host.ts';
import type { Connector, Listener, Peer } from '../../transport/transport.ts';

type Frames = readonly string[];

/** One thing to say, to somebody of whom this was heard last. */
export type Phrase = (random: Random, heard: Frames) => Frames;

const NOISE: readonly Frames[] = [
  [''],
  ['', ''],
  ['x'],
  ['\x00'],
  ['', 'MDPX09', '\x01'],
  ['', 'MDPW01'],
  ['', 'MDPC01'],
  ['SW\x01\x01abcdefgh', '', 'x'],
];

const noise: Phrase = (random) => random.pick(NOISE);
/** What was heard, with a frame taken away, emptied, doubled or put elsewhere. */
const garbled: Phrase = (random, heard) => {
  if (heard.length === 0) return [''];
  const at = random.integer(0, heard.length - 1);
  const frame = heard[at] as string;
  switch (random.integer(0, 3)) {
    case 0:
      return heard.length > 1 ? heard.toSpliced(at, 1) : [''];
    case 1:
      return heard.toSpliced(at, 1, '');
    case 2:
      return heard.toSpliced(at, 0, frame);
    default:
      return random.shuffle(heard);
  }
};
const echo: Phrase = (_random, heard) => (heard.length === 0 ? [''] : heard);

export const MISCHIEF: readonly Phrase[] = [noise, garbled, echo];

export interface StrangerOptions {
  readonly endpoint: string;
  readonly phrases: readonly Phrase[];
  /** Ms between two things it says, on average. */
  readonly every: number;
  /** It goes when nothing goes wrong any more. Default false. */
  readonly leaves?: boolean;
}

/** A peer that connects, speaks at random, and now and then connects anew. */
export const stranger =
  ({ endpoint, phrases, every, leaves = false }: StrangerOptions): Program =>
  async (host) => {
    const random = randomOf(host);
    let connector: Connector | undefined;
    let over = false;
    host.keep({
      async close() {
        over = true;
        await connector?.close(0);
      },
    });
    const isOver = (): boolean => over || (leaves && host.healing);
    while (!isOver()) {
      let heard: Frames = [];
      connector = host.ports.transport.connect(
        endpoint,
        {
          message: (_peer, message) => {
            heard = textsOf(message);
          },
          peerGone: nothing,
          overflow: nothing,
          batchEnd: nothing,
        },
        { highWaterMark: 10, reconnectInterval: 100 },
      );
      for (let said = random.integer(1, 20); said > 0 && !isOver(); said--) {
        await host.sleep(2 * every * random.next());
        if (!isOver()) connector.send(connector.remote, framesOf(random.pick(phrases)(random, heard)));
      }
      await connector.close(0);
    }
  };

export interface GluttonOptions {
  readonly endpoint: string;
  /** What it asks, again and again. */
  readonly question: Frames;
  /** How often at once. */
  readonly many: number;
  /** Ms between two times. */
  readonly every: number;
}

/** A peer that asks for much, and has room for little: as a slow reader it lets what it is sent pile up to the high-water mark. */
export const glutton =
  ({ endpoint, question, many, every }: GluttonOptions): Program =>
  async (host) => {
    const handler = { message: nothing, peerGone: nothing, overflow: nothing, batchEnd: nothing };
    const connector = host.ports.transport.connect(endpoint, handler, { highWaterMark: 5, reconnectInterval: 100 });
    host.keep({ close: () => connector.close(0) });
    for (;;) {
      await host.sleep(every);
      for (let asked = 0; asked < many; asked++) connector.send(connector.remote, framesOf(question));
    }
  };

/** A listener that answers whoever speaks to it, and speaks up unasked. */
export const strangeListener =
  ({ endpoint, phrases, every }: StrangerOptions): Program =>
  async (host) => {
    const random = randomOf(host);
    const heard = new Map<Peer, Frames>();
    const say = (peer: Peer): void => {
      if (listener.send(peer, framesOf(random.pick(phrases)(random, heard.get(peer) ?? []))) === 'unreachable') heard.delete(peer);
    };
    const listener: Listener = await host.ports.transport.listen(
      endpoint,
      {
        message: (peer, message) => {
          heard.set(peer, textsOf(message));
          if (random.chance(0.7)) say(peer);
        },
        peerGone: (peer) => {
          heard.delete(peer);
        },
        overflow: nothing,
        batchEnd: nothing,
      },
      { highWaterMark: 100 },
    );
    host.keep({ close: () => listener.close(0) });
    for (;;) {
      await host.sleep(2 * every * random.next());
      const peers = [...heard.keys()];
      if (peers.length > 0) say(random.pick(peers));
    }
  };

function randomOf(host: Host): Random {
  return new Random(String(host.random()));
}

function textsOf(message: Message): Frames {
  return Array.from({ length: message.frameCount }, (_, index) => message.text(index));
}

function framesOf(frames: Frames): Buffer[] {
  return frames.map((frame) => Buffer.from(frame, 'latin1'));
}

function nothing(): void {
  // It does not care.
}
