/** Real sockets as a site: libzmq over tcp or ipc, and relays for the lines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { zeromqTransport } from '../../../src/transport/zeromq.ts';
import type {
  ConnectOptions,
  Connector,
  Listener,
  Publisher,
  SocketOptions,
  Subscriber,
  TransportHandler,
} from '../../../src/transport/transport.ts';
import { Relay, freeTcpEndpoint } from '../relay.ts';
import type { Site, SiteLine } from './site.ts';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 1;
const ROUNDS = 10;

export class ZeromqSite implements Site {
  readonly name: string;
  readonly #directory: string | undefined;
  readonly #relays: Relay[] = [];
  #files = 0;
  #rounds = 0;
  #echo: { readonly listener: Listener; readonly connector: Connector } | undefined;

  constructor(protocol: 'tcp' | 'ipc') {
    this.name = `zeromq over ${protocol}`;
    this.#directory = protocol === 'ipc' ? mkdtempSync(join(tmpdir(), 'seaworthy-differential-')) : undefined;
  }

  listen(_name: string, endpoint: string, handler: TransportHandler, options: SocketOptions | undefined): Promise<Listener> {
    return zeromqTransport.listen(endpoint, handler, options);
  }

  connect(_name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Connector {
    return zeromqTransport.connect(endpoint, handler, options);
  }

  publish(_name: string, endpoint: string, options: SocketOptions | undefined): Promise<Publisher> {
    return zeromqTransport.publish(endpoint, options);
  }

  subscribe(_name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Subscriber {
    return zeromqTransport.subscribe(endpoint, handler, options);
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
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** libzmq does everything in one thread: when some messages have gone there and back, it has done all that was due before. */
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
    const listener = await zeromqTransport.listen(this.freeEndpoint(), {
      ...deaf,
      message: (peer, message) => void listener.send(peer, [], message),
    });
    const connector = zeromqTransport.connect(listener.endpoint, { ...deaf, message: () => void this.#rounds++ });
    return { listener, connector };
  }

  #freeFile(): string | undefined {
    return this.#directory === undefined ? undefined : join(this.#directory, `${++this.#files}.ipc`);
  }
}
