/** The pirates in the small world: queues and workers of ours, and peers that speak bare frames. */
import assert from 'node:assert/strict';
import { LazyPirateClient } from '../../src/lazy-pirate/client.ts';
import type { LazyPirateClientOptions } from '../../src/lazy-pirate/options.ts';
import type { ParanoidPirateQueueOptions, ParanoidPirateWorkerOptions } from '../../src/paranoid-pirate/options.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { ParanoidPirateWorker, type ParanoidPirateHandler } from '../../src/paranoid-pirate/worker.ts';
import type { SimplePirateQueueOptions, SimplePirateWorkerOptions } from '../../src/simple-pirate/options.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { SimplePirateWorker, type SimplePirateHandler } from '../../src/simple-pirate/worker.ts';
import type { RawPeer, World } from './world.ts';

export const FRONTEND = 'memory://frontend';
export const BACKEND = 'memory://backend';
const ENDPOINTS = { frontend: FRONTEND, backend: BACKEND };
export const READY = '\x01';
export const HEARTBEAT = '\x02';

export class Pirates {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  async simpleQueue(options: SimplePirateQueueOptions = {}): Promise<SimplePirateQueue> {
    return this.world.keep(await SimplePirateQueue.listen(ENDPOINTS, { ...this.world.ports(), ...options }));
  }

  simpleWorker(handler: SimplePirateHandler, options: SimplePirateWorkerOptions = {}): SimplePirateWorker {
    return this.world.keep(SimplePirateWorker.connect(BACKEND, handler, { ...this.world.ports(), ...options }));
  }

  async paranoidQueue(options: ParanoidPirateQueueOptions = {}): Promise<ParanoidPirateQueue> {
    return this.world.keep(await ParanoidPirateQueue.listen(ENDPOINTS, { ...this.world.ports(), ...options }));
  }

  paranoidWorker(handler: ParanoidPirateHandler, options: ParanoidPirateWorkerOptions = {}): ParanoidPirateWorker {
    return this.world.keep(ParanoidPirateWorker.connect(BACKEND, handler, { ...this.world.ports(), ...options }));
  }

  client(options: LazyPirateClientOptions = {}): LazyPirateClient {
    return this.world.keep(LazyPirateClient.connect(FRONTEND, { ...this.world.ports(), ...options }));
  }

  /** A REQ socket whose every frame the test says. */
  rawClient(): RawPeer {
    return this.world.peer(FRONTEND);
  }

  /** A Paranoid Pirate worker that says only what the test says; it has said READY. */
  async rawWorker(): Promise<RawPirate> {
    const worker = new RawPirate(this.world.peer(BACKEND));
    worker.peer.send(READY);
    await this.world.settle();
    return worker;
  }
}

export interface RawJob {
  readonly address: string;
  readonly body: readonly string[];
}

export class RawPirate {
  readonly peer: RawPeer;
  /** Heartbeats that came, as far as looked. */
  heartbeats = 0;

  constructor(peer: RawPeer) {
    this.peer = peer;
  }

  ready(): void {
    this.peer.send(READY);
  }

  heartbeat(): void {
    this.peer.send(HEARTBEAT);
  }

  reply(job: RawJob, ...body: string[]): void {
    this.peer.send(job.address, '', ...body);
  }

  /** The requests that came since the last look. */
  takeJobs(): RawJob[] {
    const others = this.peer.take().filter((frames) => {
      const isHeartbeat = frames.length === 1 && frames[0] === HEARTBEAT;
      if (isHeartbeat) this.heartbeats++;
      return !isHeartbeat;
    });
    return others.map(([address = '', delimiter, ...body]) => {
      assert.equal(delimiter, '');
      return { address, body };
    });
  }

  /** The one request that came since the last look. */
  takeJob(): RawJob {
    const [job, ...more] = this.takeJobs();
    assert(job !== undefined && more.length === 0, 'one request came');
    return job;
  }
}
