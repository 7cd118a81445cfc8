/** Ports for tests that must know a port before anybody listens there, or again after somebody did. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what systems give to those who name no port: Linux begins at 32768, gVisor at 16000, others at 49152. So no listener on a
 * wildcard and no connection going out, of any process, takes such a port while it is to be empty; and nobody who tries in
 * vain to connect to it is connected to itself. Either would be unlikely, and not to be repeated: a subscriber of libzmq that
 * has met a ROUTER once does not try again.
 */
const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 15_999;

/** Nobody is given a port twice: who was there may still be heard of. */
const given = new Set<number>();

/** A port of 127.0.0.1 where nobody listens, and where nobody has listened for this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT + 1 - LOWEST_PORT));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
