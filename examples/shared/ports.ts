/** Where a broker or a queue of an example listens, and listens again after it was killed. */
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections: while the broker is dead, none of those may take its place. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 30_000;

/** A TCP port of the loopback interface on which nobody listens now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
