/** What a conformance script plays in: sockets of one transport, lines that can be broken, and waiting for conditions. */
import type {
  ConnectOptions,
  Connector,
  GoneReason,
  Listener,
  Peer,
  Publisher,
  SendResult,
  SocketOptions,
  Subscriber,
  Transport,
} from '../../src/transport/transport.ts';
import type { Message } from '../../src/wire/message.ts';
import { Recorder, type Stage } from './recorder.ts';

const PATIENCE_MS = 8000;
const LOOK_EVERY_MS = 1;

/** A way to a listener that can be hurt. */
export interface Line {
  connect(handler: Recorder, options?: ConnectOptions): Connector;
  subscribe(handler: Recorder, options?: ConnectOptions): Subscriber;
  /** Resets all connections on this line; new ones may be made at once. */
  cut(): void;
  /** Nothing passes any more, and nobody is told. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** One transport to conform. */
export interface Ground {
  readonly name: string;
  /** What its listeners call a connection that was reset. */
  readonly resetReason: GoneReason;
  /** Whether its connectors try again after a frame over their limit. */
  readonly comesBackFromLimits: boolean;
  readonly transport: Required<Transport>;
  /** An endpoint to listen on that nobody uses: with a wildcard where the transport has one. */
  freeEndpoint(): string;
  /**
   * An endpoint where nobody listens yet, for connectors that are early. Nobody may have listened there just before: over
   * libzmq a closed listener may take another connection, and what is sent to it is lost.
   */
  emptyEndpoint(): Promise<string>;
  /** A line to the listener at `endpoint`. */
  line(endpoint: string): Promise<Line>;
}

/** A listener or a connector with what it heard. */
export interface Ear<S extends Listener | Connector> {
  readonly socket: S;
  readonly heard: Recorder;
  /** Sends text frames. */
  send(peer: Peer, ...frames: string[]): SendResult;
  close(linger?: number): Promise<void>;
}

export interface ConnectorEar extends Ear<Connector> {
  /** Sends text frames to the listener. */
  say(...frames: string[]): SendResult;
}

/** A subscriber with what it heard, without what was published only to see who listens. */
export interface SubscriberEar {
  readonly socket: Subscriber;
  readonly heard: Recorder;
  readonly texts: readonly string[];
  close(linger?: number): Promise<void>;
}

export interface Voice {
  readonly socket: Publisher;
  /** Publishes text frames. */
  say(...frames: string[]): void;
}

const TUNING = 'does everybody hear me? ';

export class World {
  readonly ground: Ground;
  readonly #stage: Stage = { busyWith: undefined, violations: [] };
  readonly #ears: { close(): Promise<void> }[] = [];
  readonly #lines: Line[] = [];
  #questions = 0;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  async listen(options?: SocketOptions, endpoint: string = this.ground.freeEndpoint()): Promise<Ear<Listener>> {
    const heard = new Recorder(this.#stage, false);
    return this.#ear(await this.ground.transport.listen(endpoint, heard, options), heard);
  }

  connect(endpoint: string, options?: ConnectOptions): ConnectorEar {
    const heard = new Recorder(this.#stage, true);
    return this.#connectorEar(this.ground.transport.connect(endpoint, heard, options), heard);
  }

  connectOver(line: Line, options?: ConnectOptions): ConnectorEar {
    const heard = new Recorder(this.#stage, true);
    return this.#connectorEar(line.connect(heard, options), heard);
  }

  async publish(options?: SocketOptions, endpoint: string = this.ground.freeEndpoint()): Promise<Voice> {
    const socket = await this.ground.transport.publish(endpoint, options);
    this.#ears.push(socket);
    return {
      socket,
      say: (...frames) => {
        socket.publish(buffers(frames));
      },
    };
  }

  subscribe(endpoint: string, options?: ConnectOptions): SubscriberEar {
    const heard = new Recorder(this.#stage, true);
    return this.#subscriberEar(this.ground.transport.subscribe(endpoint, heard, options), heard);
  }

  subscribeOver(line: Line, options?: ConnectOptions): SubscriberEar {
    const heard = new Recorder(this.#stage, true);
    return this.#subscriberEar(line.subscribe(heard, options), heard);
  }

  /** Until all of these hear what is published from now on. */
  async tune(voice: Voice, ...ears: readonly SubscriberEar[]): Promise<void> {
    const question = `${TUNING}${++this.#questions}`;
    await until('all subscribers', () => {
      voice.say(question);
      return ears.every(({ heard }) => heard.texts.includes(question));
    });
  }

  async line(endpoint: string): Promise<Line> {
    const line = await this.ground.line(endpoint);
    this.#lines.push(line);
    return line;
  }

  /**
   * Lets pass whatever might still come: a message there and back on a new connection, several times. What was closed before is
   * closed afterwards, too: libzmq closes one socket after the other, in a thread of its own, and here the last of them is seen
   * to go.
   */
  async quiet(): Promise<void> {
    const listener = await this.listen();
    listener.heard.onMessage = (peer) => void listener.send(peer, 'pong');
    const connector = this.connect(listener.socket.endpoint);
    for (let round = 1; round <= 20; round++) {
      connector.say('ping');
      await until('the echo', () => connector.heard.messages.length === round);
    }
    await connector.close();
    if (listener.socket.layers.disconnectNotices) await until('the end of the echo', () => listener.heard.gone.length === 1);
    await listener.close();
  }

  /** Ends everything, then checks the rules that hold at all times. */
  async end(): Promise<void> {
    for (const ear of this.#ears) await ear.close();
    for (const line of this.#lines) await line.close();
    if (this.#stage.violations.length > 0) throw new Error(`rules were broken: ${[...new Set(this.#stage.violations)].join(', ')}`);
  }

  #ear<S extends Listener | Connector>(socket: S, heard: Recorder): Ear<S> {
    const ear: Ear<S> = {
      socket,
      heard,
      send: (peer, ...frames) => socket.send(peer, buffers(frames)),
      close: (linger) => {
        heard.closed = true;
        return socket.close(linger);
      },
    };
    this.#ears.push(ear);
    return ear;
  }

  #subscriberEar(socket: Subscriber, heard: Recorder): SubscriberEar {
    const ear: SubscriberEar = {
      socket,
      heard,
      get texts() {
        return heard.texts.filter((text) => !text.startsWith(TUNING));
      },
      close: (linger) => {
        heard.closed = true;
        return socket.close(linger);
      },
    };
    this.#ears.push(ear);
    return ear;
  }

  #connectorEar(socket: Connector, heard: Recorder): ConnectorEar {
    return Object.assign(this.#ear(socket, heard), { say: (...frames: string[]) => socket.send(socket.remote, buffers(frames)) });
  }
}

/** Waits until `condition` holds. @throws when it does not within the deadline, saying what was waited for. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** `count` texts: `prefix0`, `prefix1`, … */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

export function framesOfMessage(message: Message): string[] {
  return Array.from({ length: message.frameCount }, (_, index) => message.text(index));
}

function buffers(frames: readonly string[]): Buffer[] {
  return frames.map((frame) => Buffer.from(frame, 'latin1'));
}
