/** Where a differential script is played: sockets of one make, lines that can be hurt, and time that passes in its own way. */
import type {
  ConnectOptions,
  Connector,
  Listener,
  Publisher,
  SocketOptions,
  Subscriber,
  TransportHandler,
} from '../../../src/transport/transport.ts';

export interface SiteLine {
  connect(name: string, handler: TransportHandler, options: ConnectOptions | undefined): Connector;
  subscribe(name: string, handler: TransportHandler, options: ConnectOptions | undefined): Subscriber;
  /** Resets all connections on this line; new ones may be made at once. */
  cut(): void;
  /** Nothing passes any more, and nobody is told. */
  freeze(): void;
  thaw(): void;
}

export interface Site {
  readonly name: string;
  /** `name` is the socket's owner, where each has a process of its own. */
  listen(name: string, endpoint: string, handler: TransportHandler, options: SocketOptions | undefined): Promise<Listener>;
  connect(name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Connector;
  publish(name: string, endpoint: string, options: SocketOptions | undefined): Promise<Publisher>;
  subscribe(name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Subscriber;
  line(endpoint: string): Promise<SiteLine>;
  freeEndpoint(): string;
  /** Where nobody listens yet, nor has a moment ago. */
  emptyEndpoint(): Promise<string>;
  /** @throws when it does not come to hold, saying what was waited for. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Lets at least so many ms pass, and all that was under way arrive. */
  quiet(ms: number): Promise<void>;
  /** Whatever is still to be said of the sends so far has been said. */
  settle(): Promise<void>;
  /** Nothing is read and no timer runs for so many ms; the sockets' own threads go on. */
  stall(ms: number): Promise<void>;
  end(): Promise<void>;
}
