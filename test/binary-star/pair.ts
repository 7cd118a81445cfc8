/** Two halves of a Binary Star over the memory network, each in a process of its own that can die, stand still and be cut off. */
import assert from 'node:assert/strict';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import type { BinaryStarOptions } from '../../src/binary-star/options.ts';
import type { StarRole } from '../../src/binary-star/peer.machine.ts';
import { BinaryStar, type BinaryStarServiceStarter } from '../../src/binary-star/server.ts';
import type {
  ConnectOptions,
  Connector,
  Listener,
  Socket,
  SocketOptions,
  Transport,
  TransportHandler,
} from '../../src/transport/transport.ts';
import { generator, type World } from '../support/world.ts';

export const FRONTENDS: { readonly [role in StarRole]: string } = { primary: 'memory://primary', backup: 'memory://backup' };
const PEERS: { readonly [role in StarRole]: string } = { primary: 'memory://primary-peer', backup: 'memory://backup-peer' };

/** A process, as far as its sockets go. */
export class Process {
  readonly #world: World;
  readonly #sockets = new Set<Pick<Socket, 'close'>>();
  dead = false;

  constructor(world: World) {
    this.#world = world;
  }

  get transport(): Transport {
    const inner = this.#world.transport;
    return {
      name: 'process',
      listen: async (endpoint: string, handler: TransportHandler, options?: SocketOptions): Promise<Listener> =>
        this.#kept(await inner.listen(endpoint, this.#alive(handler), options)),
      connect: (endpoint: string, handler: TransportHandler, options?: ConnectOptions): Connector => {
        const connector = this.#kept(inner.connect(endpoint, this.#alive(handler), options));
        if (this.dead) void connector.close(0);
        return connector;
      },
      publish: async (endpoint, options) => {
        assert(this.#world.network.publish !== undefined);
        return this.#kept(await this.#world.network.publish(endpoint, options));
      },
      subscribe: (endpoint, handler, options) => {
        assert(this.#world.network.subscribe !== undefined);
        return this.#kept(this.#world.network.subscribe(endpoint, this.#alive(handler), options));
      },
    };
  }

  /** SIGKILL: its connections end, and nothing is delivered to it any more. */
  async kill(): Promise<void> {
    this.dead = true;
    for (const socket of this.#sockets) await socket.close(0);
  }

  #kept<S extends Pick<Socket, 'close'>>(socket: S): S {
    this.#sockets.add(socket);
    return socket;
  }

  #alive(handler: TransportHandler): TransportHandler {
    return {
      message: (peer, message) => {
        if (!this.dead) handler.message(peer, message);
      },
      peerGone: (peer, reason) => {
        if (!this.dead) handler.peerGone(peer, reason);
      },
      overflow: (peer) => {
        handler.overflow(peer);
      },
      batchEnd: () => {
        handler.batchEnd();
      },
    };
  }
}

/** What a half of the pair has told. */
export class Half {
  readonly star: BinaryStar;
  readonly process: Process;
  readonly told: string[] = [];

  constructor(star: BinaryStar, process: Process) {
    this.star = star;
    this.process = process;
    for (const event of [
      'becameActive',
      'becamePassive',
      'fenced',
      'suspended',
      'resumed',
      'misconfigured',
      'peerFound',
      'peerLost',
    ] as const)
      star.events.on(event, (value) => {
        const { epoch, reason, known, by } = value as { epoch?: number; reason?: string; known?: number; by?: string };
        this.told.push([event, epoch, known, reason ?? by].filter((part) => part !== undefined).join(' '));
      });
  }

  get state(): string {
    return this.star.inspect().state;
  }
}

export class Pair {
  readonly world: World;
  #seed = 1;

  constructor(world: World) {
    this.world = world;
  }

  async start(
    role: StarRole,
    options: BinaryStarOptions = {},
    service: BinaryStarServiceStarter = this.service(role),
    doors: readonly string[] = [],
  ): Promise<Half> {
    const process = new Process(this.world);
    const other = role === 'primary' ? 'backup' : 'primary';
    const star = await BinaryStar.listen(
      { role, frontends: [FRONTENDS[role], ...doors], peer: { listen: PEERS[role], connect: PEERS[other] } },
      service,
      { ...this.world.ports(), transport: process.transport, random: generator(++this.#seed * 7919), name: role, ...options },
    );
    return new Half(this.world.keep(star), process);
  }

  /** A server that answers with its name and epoch before the body. */
  service(role: StarRole, work: () => Promise<void> = () => Promise.resolve()): BinaryStarServiceStarter {
    const { clock, random } = this.world.ports();
    return ({ transport, frontend, epoch }) =>
      LazyPirateServer.listen(
        frontend,
        async ({ body }) => {
          await work();
          return [`${role} ${epoch}`, ...body];
        },
        { transport, clock, random },
      );
  }

  /** Nothing passes between the two. */
  cut(): void {
    for (const endpoint of Object.values(PEERS)) this.world.network.freeze(endpoint);
  }

  heal(): void {
    for (const endpoint of Object.values(PEERS)) this.world.network.thaw(endpoint);
  }
}
