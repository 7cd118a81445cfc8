/**
 * Peers without a protocol: bare DEALER and ROUTER sockets that send the frames a test names and show the frames that came,
 * so that a test can compare bytes with the tables of the RFCs. Frames are written as latin-1 text, one character per byte.
 */
import { Dealer, Router } from 'zeromq';

export type Frames = readonly string[];

const RECEIVE_TIMEOUT_MS = 10_000;

/** Sockets are kept here as long as they are open: one that nobody refers to is collected and disconnects. */
const open = new Set<RawPeer>();

abstract class RawPeer {
  readonly #inbox: string[][] = [];
  #wake: () => void = () => undefined;
  #closed = false;
  protected readonly socket: Dealer | Router;

  protected constructor(socket: Dealer | Router) {
    this.socket = socket;
    open.add(this);
    void this.#pump();
  }

  /** The next message, oldest first. @throws when none comes in time. */
  async receive(timeout: number = RECEIVE_TIMEOUT_MS): Promise<string[]> {
    const message = await this.#next(timeout);
    if (message === undefined) throw new Error(`no message within ${timeout} ms`);
    return message;
  }

  /** Reads on until a message that `matches`; what came before it is dropped. */
  async receiveUntil(matches: (frames: Frames) => boolean, timeout: number = RECEIVE_TIMEOUT_MS): Promise<string[]> {
    const until = performance.now() + timeout;
    for (;;) {
      const message = await this.receive(Math.max(1, until - performance.now()));
      if (matches(message)) return message;
    }
  }

  /** What came in the next `milliseconds`, all of it. */
  async everythingWithin(milliseconds: number): Promise<string[][]> {
    const until = performance.now() + milliseconds;
    const messages: string[][] = [];
    for (;;) {
      const message = await this.#next(until - performance.now());
      if (message === undefined) return messages;
      messages.push(message);
    }
  }

  close(): void {
    this.#closed = true;
    open.delete(this);
    this.socket.close();
    this.#wake();
  }

  async #next(timeout: number): Promise<string[] | undefined> {
    const until = performance.now() + timeout;
    while (this.#inbox.length === 0) {
      const left = until - performance.now();
      if (left <= 0 || this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = (): void => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#inbox.shift();
  }

  async #pump(): Promise<void> {
    while (!this.#closed) {
      try {
        const frames = await this.socket.receive();
        this.#inbox.push(frames.map((frame) => frame.toString('latin1')));
        this.#wake();
      } catch (error) {
        if (!this.#closed) throw error;
      }
    }
  }
}

/** A DEALER: what clients and workers are to a broker. `routingId` is how a ROUTER sees it, if it is not to make up an address itself. */
export class RawDealer extends RawPeer {
  constructor(endpoint: string, routingId?: string) {
    const dealer = new Dealer({ linger: 0, sendTimeout: 0 });
    if (routingId !== undefined) dealer.routingId = routingId;
    dealer.connect(endpoint);
    super(dealer);
  }

  send(...frames: Frames): Promise<void> {
    return (this.socket as Dealer).send(bytes(frames));
  }
}

/** A ROUTER: what a broker is to clients and workers. The first frame received, and the first to send, is the peer's address. */
export class RawRouter extends RawPeer {
  readonly endpoint: string;

  private constructor(router: Router) {
    super(router);
    this.endpoint = router.lastEndpoint as string;
  }

  static async listen(): Promise<RawRouter> {
    const router = new Router({ linger: 0, sendTimeout: 0, mandatory: true });
    await router.bind('tcp://127.0.0.1:*');
    return new RawRouter(router);
  }

  send(address: string, ...frames: Frames): Promise<void> {
    return (this.socket as Router).send(bytes([address, ...frames]));
  }
}

/** Closes all that are left open. For `afterEach`. */
export function closeRawPeers(): void {
  for (const peer of open) peer.close();
}

function bytes(frames: Frames): Buffer[] {
  return frames.map((frame) => Buffer.from(frame, 'latin1'));
}
