/** HTTP/1.1 without a broker: undici with as many connections as requests in flight, kept alive, and Node's own server. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { optional, type Stack } from './stack.ts';

interface Undici {
  readonly Pool: new (
    origin: string,
    options: { connections: number },
  ) => {
    request(options: { path: string; method: 'POST'; body: Buffer }): Promise<{ readonly body: { arrayBuffer(): Promise<ArrayBuffer> } }>;
  };
}

const CONNECTIONS = 100;

export const stack: Stack = {
  async serve() {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => response.end(Buffer.concat(parts)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  },
  async connect(place, peers) {
    const { Pool } = await optional<Undici>(peers, 'undici');
    const pool = new Pool(place, { connections: CONNECTIONS });
    return async (body) => Buffer.from(await (await pool.request({ path: '/', method: 'POST', body })).body.arrayBuffer());
  },
};
