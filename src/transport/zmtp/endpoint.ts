/** Endpoints of the ZMTP transport: `tcp://host:port` and `ipc://path`. */
import { InvalidEndpoint, MOST_PORT } from '../transport.ts';

export const NAME = 'zmtp';

export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

const TCP = /^tcp:\/\/(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:\s[\]/]+)):(\*|\d{1,5})$/;
const IPC = /^ipc:\/\/(\S+)$/;
const ANYWHERE = '*';

/** Where to listen: `*` means all addresses, and any free port. @throws InvalidEndpoint */
export function placeToListen(endpoint: string): Place {
  const place = parse(endpoint);
  if (place === undefined) throw new InvalidEndpoint(endpoint, NAME);
  if ('path' in place) return place;
  return { host: place.host === ANYWHERE ? '0.0.0.0' : place.host, port: place.port };
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
  // Names that are no files: Node pads them otherwise than libzmq does, so its peers would not find them.
  return path === undefined || path.startsWith(ANYWHERE) || path.startsWith('@') ? undefined : { path };
}

export function tcpEndpoint(address: string, port: number): string {
  return address.includes(':') ? `tcp://[${address}]:${port}` : `tcp://${address}:${port}`;
}
