/** gRPC over one HTTP/2 connection, by its client and server for Node; the messages are bytes as they are. */
import { optional, type Bytes, type Stack } from './stack.ts';

type Callback = (error: Error | null, answer: Bytes) => void;
type Coder = (bytes: Buffer) => Buffer;

interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: Coder;
  readonly requestDeserialize: Coder;
  readonly responseSerialize: Coder;
  readonly responseDeserialize: Coder;
}

interface Service {
  readonly ask: Method;
}

interface Grpc {
  readonly Server: new () => {
    addService(service: Service, handlers: { ask: (call: { readonly request: Buffer }, callback: Callback) => void }): void;
    bindAsync(address: string, credentials: unknown, callback: (error: Error | null, port: number) => void): void;
  };
  readonly ServerCredentials: { createInsecure(): unknown };
  readonly credentials: { createInsecure(): unknown };
  makeGenericClientConstructor(
    service: Service,
    name: string,
  ): new (address: string, credentials: unknown) => { ask(body: Buffer, callback: Callback): void };
}

const same: Coder = (bytes) => bytes;
const SERVICE: Service = {
  ask: {
    path: '/bench.Echo/Ask',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};
const NAME = '@grpc/grpc-js';

export const stack: Stack = {
  async serve(_place, peers) {
    const grpc = await optional<Grpc>(peers, NAME);
    const server = new grpc.Server();
    server.addService(SERVICE, {
      ask: (call, callback) => {
        callback(null, call.request);
      },
    });
    return await new Promise<string>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(`127.0.0.1:${String(port)}`);
        else reject(error);
      });
    });
  },
  async connect(place, peers) {
    const grpc = await optional<Grpc>(peers, NAME);
    const Client = grpc.makeGenericClientConstructor(SERVICE, 'Echo');
    const client = new Client(place, grpc.credentials.createInsecure());
    return (body) =>
      new Promise((resolve, reject) => {
        client.ask(body, (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      });
  },
};
