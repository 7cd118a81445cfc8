/** NATS request/reply through nats-server, by its client for Node. */
import { optional, type Bytes, type Stack } from './stack.ts';

interface Message {
  readonly data: Bytes;
  respond(data: Bytes): boolean;
}

interface Connection {
  subscribe(subject: string, options: { callback: (error: Error | null, message: Message) => void }): unknown;
  flush(): Promise<void>;
  request(subject: string, body: Bytes, options: { timeout: number }): Promise<Message>;
}

interface Nats {
  connect(options: { servers: string }): Promise<Connection>;
}

const SUBJECT = 'echo';
const TIMEOUT_MS = 10_000;
const connection = async (place: string, peers: string | undefined): Promise<Connection> =>
  await (await optional<Nats>(peers, '@nats-io/transport-node')).connect({ servers: place });

export const stack: Stack = {
  async serve(place, peers) {
    const server = await connection(place, peers);
    server.subscribe(SUBJECT, { callback: (_error, message) => message.respond(message.data) });
    await server.flush();
    return place;
  },
  async connect(place, peers) {
    const client = await connection(place, peers);
    return async (body) => (await client.request(SUBJECT, body, { timeout: TIMEOUT_MS })).data;
  },
};
