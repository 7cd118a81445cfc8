/** Real sockets as a site: a transport over tcp or ipc, and relays for the lines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import type {
  ConnectOptions,
  Connector,
  Listener,
  Publisher,
  SocketOptions,
  Subscriber,
  Transport,
  TransportHandler,
} from '../../../src/transport/transport.ts';
import { Relay, freeTcpEndpoint } from '../relay.ts';
import type { Site, SiteLine } from './site.ts';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 1;
const ROUNDS = 10;

export class RealSite implements Site {
  readonly name: string;
  readonly #transport: Required<Transport>;
  readonly #patience: number;
  readonly #directory: string | undefined;
  readonly #relays: Relay[] = [];
  #files = 0;
  #rounds = 0;
  #echo: { readonly listener: Listener; readonly connector: Connector } | undefined;

  /** @param patience how long it waits for a fact, in ms. */
  constructor(transport: Required<Transport>, protocol: 'tcp' | 'ipc', patience: number = PATIENCE_MS) {
    this.name = `${transport.name} over ${protocol}`;
    this.#transport = transport;
    this.#patience = patience;
    this.#directory = protocol === 'ipc' ? mkdtempSync(join(tmpdir(), 'seaworthy-differential-')) : undefined;
  }

  listen(_name: string, endpoint: string, handler: TransportHandler, options: SocketOptions | undefined): Promise<Listener> {
    return this.#transport.listen(endpoint, handler, options);
  }

  connect(_name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Connector {
    return this.#transport.connect(endpoint, handler, options);
  }

  publish(_name: string, endpoint: string, options: SocketOptions | undefined): Promise<Publisher> {
    return this.#transport.publish(endpoint, options);
  }

  subscribe(_name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Subscriber {
    return this.#transport.subscribe(endpoint, handler, options);
  }

  async line(endpoint: string): Promise<SiteLine> {
    const relay = await Relay.start(endpoint, this.#freeFile());
    this.#relays.push(relay);
    return {
      connect: (name, handler, options) => this.connect(name, relay.endpoint, handler, options),
      subscribe: (name, handler, options) => this.subscribe(name, relay.endpoint, handler, options),
      cut: () => {
        relay.cut();
      },
      freeze: () => {
        relay.freeze();
      },
      thaw: () => {
        relay.thaw();
      },
    };
  }

  freeEndpoint(): string {
    const file = this.#freeFile();
    return file === undefined ? 'tcp://127.0.0.1:*' : `ipc://${file}`;
  }

  emptyEndpoint(): Promise<string> {
    const file = this.#freeFile();
    return file === undefined ? freeTcpEndpoint() : Promise.resolve(`ipc://${file}`);
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + this.#patience;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** All sockets are served by one thread: when some messages have gone there and back, it has done all that was due before. */
  async quiet(ms: number): Promise<void> {
    await pause(ms);
    this.#echo ??= await this.#makeEcho();
    const { connector } = this.#echo;
    for (let round = 0; round < ROUNDS; round++) {
      const before = this.#rounds;
      connector.send(connector.remote, [Buffer.from('ping')]);
      await this.until('the echo', () => this.#rounds > before);
    }
  }

  async settle(): Promise<void> {
    await setImmediate();
  }

  async stall(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }

  async end(): Promise<void> {
    for (const relay of this.#relays) await relay.close();
    if (this.#echo !== undefined) {
      await this.#echo.connector.close();
      await this.#echo.listener.close();
    }
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true });
  }

  async #makeEcho(): Promise<{ readonly listener: Listener; readonly connector: Connector }> {
    const deaf: TransportHandler = {
      message: () => undefined,
      peerGone: () => undefined,
      overflow: () => undefined,
      batchEnd: () => undefined,
    };
    const listener = await this.#transport.listen(this.freeEndpoint(), {
      ...deaf,
      message: (peer, message) => void listener.send(peer, [], message),
    });
    const connector = this.#transport.connect(listener.endpoint, { ...deaf, message: () => void this.#rounds++ });
    return { listener, connector };
  }

  #freeFile(): string | undefined {
    return this.#directory === undefined ? undefined : join(this.#directory, `${++this.#files}.ipc`);
  }
}
