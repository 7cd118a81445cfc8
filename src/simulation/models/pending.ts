/** Requests at a broker in a small world, as numbers. */
import type { Packer, Unpacker } from './packing.ts';
import { breach, type Connection, type Pending } from './world.ts';

/** What a worker holds, which it holds no more. */
export function takeRequest(connection: Connection): Pending {
  const { request } = connection;
  connection.request = undefined;
  return request ?? breach('invariants', 'a worker that holds no request was taken to hold one');
}

export function packPending(packer: Packer, { client, abandoned, message: asked, deliveries, handle }: Pending): void {
  packer.put(client === undefined || !(client.open || client.bound) ? 0 : client.label + 1);
  packer.putLarge(asked);
  packer.put(handle);
  packer.put(deliveries * 2 + Number(abandoned));
}

export function unpackPending(unpacker: Unpacker, connections: readonly Connection[]): Pending {
  const client = connections[unpacker.take() - 1];
  const asked = unpacker.takeLarge();
  const handle = unpacker.take();
  const rest = unpacker.take();
  return { client, abandoned: (rest & 1) !== 0, message: asked, deliveries: rest >> 1, handle };
}
