/** Endpoints of the ZMTP transport: `tcp://host:port` and `ipc://path`. */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { InvalidEndpoint, MOST_IPC_BYTES, MOST_PORT } from '../transport.ts';

export const NAME = 'zmtp';

export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

const TCP = /^tcp:\/\/(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:\s[\]/]+)):(\*|\d{1,5})$/;
const IPC = /^ipc:\/\/(\S+)$/;
const ANYWHERE = '*';

/** Where to listen: any free port is 0; of `host`, `addressToListen` tells. @throws InvalidEndpoint */
export function placeToListen(endpoint: string): Place {
  const place = parse(endpoint);
  if (place === undefined) throw new InvalidEndpoint(endpoint, NAME);
  return place;
}

/**
 * The address that is meant by `host`, as libzmq reads it: `*` all of IPv4, the name of a network interface its first of IPv4, another name
 * its own. That is one of IPv4 where there are both: most peers look for no other.
 */
export async function addressToListen(host: string): Promise<string> {
  if (host === ANYWHERE) return '0.0.0.0';
  const ofInterface = networkInterfaces()[host]?.find(({ family }) => family === 'IPv4');
  return ofInterface?.address ?? (await lookup(host, { verbatim: false })).address;
}

/** @throws InvalidEndpoint */
export function placeToConnect(endpoint: string): Place {
  const place = parse(endpoint);
  if (place === undefined || ('port' in place && (place.port === 0 || place.host === ANYWHERE))) throw new InvalidEndpoint(endpoint, NAME);
  return place;
}

function parse(endpoint: string): Place | undefined {
  const [, v6, host, port] = TCP.exec(endpoint) ?? [];
  if (port !== undefined) {
    const number = port === ANYWHERE ? 0 : Number(port);
    return number <= MOST_PORT ? { host: (v6 ?? host) as string, port: number } : undefined;
  }
  const path = IPC.exec(endpoint)?.[1];
  // The operating system would cut it, or nobody could connect there.
  if (path === undefined || Buffer.byteLength(path) > MOST_IPC_BYTES) return undefined;
  // Names that are no files: Node pads them otherwise than libzmq does, so its peers would not find them.
  return path.startsWith(ANYWHERE) || path.startsWith('@') ? undefined : { path };
}

export function tcpEndpoint(address: string, port: number): string {
  return address.includes(':') ? `tcp://[${address}]:${port}` : `tcp://${address}:${port}`;
}
