/** A relay between real sockets that can be stopped and torn: what a bad network does, on loopback. */
import { createServer, connect, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { freePort } from '../support/ports.ts';

export class Relay {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #target: NetConnectOpts;
  readonly #sockets = new Set<Socket>();
  #frozen = false;
  /** How many more bytes pass before it freezes by itself. */
  #bytesLeft = Infinity;

  private constructor(server: Server, endpoint: string, target: NetConnectOpts) {
    this.#server = server;
    this.endpoint = endpoint;
    this.#target = target;
    server.on('connection', (near) => {
      this.#join(near);
    });
  }

  /** @param near where to listen: a path for ipc, nothing for a free port on 127.0.0.1. */
  static async start(target: string, near?: string): Promise<Relay> {
    const server = createServer();
    const options = near === undefined ? { port: 0, host: '127.0.0.1' } : { path: near };
    await new Promise<void>((resolve) => server.listen(options, resolve));
    const endpoint = near === undefined ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` : `ipc://${near}`;
    return new Relay(server, endpoint, addressOf(target));
  }

  /** Resets every connection. New ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) {
      if (this.endpoint.startsWith('tcp:')) socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  /** Reads from nobody, and so passes on no byte, no end and no reset. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets this many bytes pass, then freezes, wherever in a message that is. */
  freezeAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  thaw(): void {
    this.#frozen = false;
    this.#bytesLeft = Infinity;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #join(near: Socket): void {
    const far = connect(this.#target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        const passing = bytes.subarray(0, Math.min(bytes.length, this.#bytesLeft));
        this.#bytesLeft -= passing.length;
        if (!to.write(passing)) from.pause();
        if (this.#bytesLeft === 0) this.freeze();
      });
      to.on('drain', () => {
        if (!this.#frozen) from.resume();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#frozen) from.pause();
    }
  }
}

function addressOf(endpoint: string): NetConnectOpts {
  if (endpoint.startsWith('ipc://')) return { path: endpoint.slice('ipc://'.length) };
  const { hostname, port } = new URL(endpoint);
  return { host: hostname, port: Number(port) };
}

/** A place on 127.0.0.1 where nobody listens. */
export async function freeTcpEndpoint(): Promise<string> {
  return `tcp://127.0.0.1:${await freePort()}`;
}
