/** Requests at a broker in a small world, as numbers. */
import type { Packer, Unpacker } from './packing.ts';
import { breach, type Connection, type Pending } from './world.ts';

/** The delivery of that number, if this worker holds it. */
export function holding({ requests }: Connection, handle: number): Pending | undefined {
  return handle === 0 ? undefined : requests.find((pending) => pending.handle === handle);
}

/** A delivery that this worker holds, which it holds no more. */
export function takeRequest(connection: Connection, handle: number): Pending {
  const taken =
    holding(connection, handle) ?? breach('MD4', 'the answer to another delivery was taken for one to a request that this worker holds');
  connection.requests = connection.requests.filter((pending) => pending !== taken);
  return taken;
}

/** Where a request came from; 0 when that connection is no more. */
export function labelOf(client: Connection | undefined): number {
  return client === undefined || !(client.open || client.bound) ? 0 : client.label + 1;
}

export function packPending(packer: Packer, { client, abandoned, message: asked, deliveries, handle }: Pending): void {
  packer.put(labelOf(client));
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
