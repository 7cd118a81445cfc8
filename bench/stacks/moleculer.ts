/** Moleculer over its TCP transporter, without a broker between: two nodes that know each other. Its messages are JSON, so the body is a text. */
import { createServer, type AddressInfo } from 'node:net';
import { optional, type Stack } from './stack.ts';

interface Node {
  createService(schema: {
    name: string;
    actions: Readonly<Record<string, (context: { readonly params: { readonly body: string } }) => string>>;
  }): unknown;
  start(): Promise<void>;
  waitForServices(names: readonly string[]): Promise<unknown>;
  call(action: string, parameters: { body: string }): Promise<string>;
}

interface Moleculer {
  readonly ServiceBroker: new (options: object) => Node;
}

async function node(place: string, own: number, peers: string | undefined): Promise<Node> {
  const { ServiceBroker } = await optional<Moleculer>(peers, 'moleculer');
  const ports = place.split(',');
  const urls = ports.map((port, index) => `tcp://127.0.0.1:${port}/node-${String(index)}`);
  const options = { udpDiscovery: false, port: Number(ports[own]), urls };
  return new ServiceBroker({ nodeID: `node-${String(own)}`, logger: false, transporter: { type: 'TCP', options } });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const stack: Stack = {
  async serve(_place, peers) {
    const place = `${String(await freePort())},${String(await freePort())}`;
    const server = await node(place, 0, peers);
    server.createService({ name: 'echo', actions: { ask: ({ params }) => params.body } });
    await server.start();
    return place;
  },
  async connect(place, peers) {
    const client = await node(place, 1, peers);
    await client.start();
    await client.waitForServices(['echo']);
    return async (body) => Buffer.from(await client.call('echo.ask', { body: body.toString('latin1') }), 'latin1');
  },
};
