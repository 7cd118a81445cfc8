/**
 * The pirates' queues as scripts that run over every transport: workers and clients speak bare frames. What only one of the two queues does
 * has a script of its own in that pattern's tests.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, expect, test } from 'vitest';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { ParanoidPirateWorker } from '../../src/paranoid-pirate/worker.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { SimplePirateWorker } from '../../src/simple-pirate/worker.ts';
import { until, World, type ConnectorEar, type Ground } from './world.ts';

type Queue = SimplePirateQueue | ParanoidPirateQueue;
type Role = Queue | SimplePirateWorker | ParanoidPirateWorker;

/** What the two patterns say differently. */
interface Dialect {
  readonly name: string;
  readonly queue: typeof SimplePirateQueue | typeof ParanoidPirateQueue;
  readonly worker: typeof SimplePirateWorker | typeof ParanoidPirateWorker;
  readonly ready: readonly string[];
  /** Frames before the handle. */
  readonly before: readonly string[];
}

const DIALECTS: readonly Dialect[] = [
  { name: 'Simple Pirate', queue: SimplePirateQueue, worker: SimplePirateWorker, ready: ['', '\x01'], before: [''] },
  { name: 'Paranoid Pirate', queue: ParanoidPirateQueue, worker: ParanoidPirateWorker, ready: ['\x01'], before: [] },
];

interface Job {
  readonly handle: string;
  readonly body: readonly string[];
}

/** A worker that does only what the script says. */
class Hand {
  readonly #ear: ConnectorEar;
  readonly #dialect: Dialect;
  #taken = 0;

  constructor(ear: ConnectorEar, dialect: Dialect) {
    this.#ear = ear;
    this.#dialect = dialect;
    ear.say(...dialect.ready);
  }

  get jobs(): Job[] {
    const skip = this.#dialect.before.length;
    return this.#ear.heard.messages
      .map(({ frames }) => frames.map((frame) => frame.toString('latin1')))
      .filter((frames) => frames.length > 1)
      .map((frames) => ({ handle: frames[skip] as string, body: frames.slice(skip + 2) }));
  }

  /** The next request, when it comes. */
  async take(): Promise<Job> {
    const at = this.#taken++;
    await until(`request ${at + 1} at a worker`, () => this.jobs.length > at);
    return this.jobs[at] as Job;
  }

  reply(job: Job, ...body: string[]): void {
    this.#ear.say(...this.#dialect.before, job.handle, '', ...body);
  }

  leave(): Promise<void> {
    return this.#ear.close();
  }
}

class Scene {
  readonly dialect: Dialect;
  readonly world: World;
  readonly #roles: Role[] = [];

  constructor(ground: Ground, dialect: Dialect) {
    this.world = new World(ground);
    this.dialect = dialect;
  }

  async queue(options: object = {}, endpoints?: { readonly frontend: string; readonly backend: string }): Promise<Queue> {
    const { ground } = this.world;
    const queue = await this.dialect.queue.listen(endpoints ?? { frontend: ground.freeEndpoint(), backend: ground.freeEndpoint() }, {
      transport: ground.transport,
      // What a script leaves in the workers' hands is nobody's concern.
      drainTimeout: 50,
      ...options,
    });
    this.#roles.push(queue);
    return queue;
  }

  /** One that has said READY, and was heard. */
  async hand(queue: Queue): Promise<Hand> {
    const before = queue.inspect().counters.workersRegistered;
    const hand = new Hand(this.world.connect(queue.endpoints.backend), this.dialect);
    await until('a worker to be registered', () => queue.inspect().counters.workersRegistered > before);
    return hand;
  }

  /** A worker role that answers with what it was asked. */
  echo(queue: Queue): SimplePirateWorker | ParanoidPirateWorker {
    const { transport } = this.world.ground;
    const worker = this.dialect.worker.connect(queue.endpoints.backend, (request) => request.body, {
      transport,
      reconnectInterval: 20,
      reconnectMaximum: 100,
    });
    this.#roles.push(worker);
    return worker;
  }

  client(queue: Queue): ConnectorEar {
    return this.world.connect(queue.endpoints.frontend);
  }

  async end(): Promise<void> {
    for (const role of this.#roles) {
      await role.close();
      const { state, counters } = role.inspect();
      assert.deepEqual({ state, faults: counters.faults }, { state: 'closed', faults: 0 }, role.name);
    }
    await this.world.end();
  }
}

interface Script {
  readonly name: string;
  /** Only where the transport tells that a connection ended. */
  readonly needsNotices?: true;
  readonly play: (scene: Scene) => Promise<void>;
}

export function conformQueues(ground: Ground): void {
  describe.each(DIALECTS)(`the $name queue over ${ground.name}`, (dialect) => {
    let scene = new Scene(ground, dialect);

    afterEach(async () => {
      const ended = scene;
      scene = new Scene(ground, dialect);
      await ended.end();
    });

    test.for(SCRIPTS.map((script) => [script.name, script] as const))('%s', async ([, script], { skip }) => {
      await conformWith(script, scene, skip);
    });
  });
}

async function conformWith(script: Script, scene: Scene, skip: (why: string) => void): Promise<void> {
  const lacksNotices = script.needsNotices === true && !(await scene.queue()).inspect().layers.disconnectNotices;
  if (lacksNotices) skip('nobody is told of a lost connection');
  await script.play(scene);
}

const SCRIPTS: readonly Script[] = [
  {
    name: 'requests go to the least recently used worker',
    async play(scene) {
      const queue = await scene.queue();
      const [first, second, third] = [await scene.hand(queue), await scene.hand(queue), await scene.hand(queue)];
      const client = scene.client(queue);
      for (const body of ['a', 'b', 'c']) client.say('', body);
      const [a, b, c] = [await first.take(), await second.take(), await third.take()];
      expect([a, b, c].map((job) => job.body)).toEqual([['a'], ['b'], ['c']]);
      // Ready again in another order: b, c, a.
      for (const [hand, job] of [
        [second, b],
        [third, c],
        [first, a],
      ] as const) {
        const before = queue.inspect().idle;
        hand.reply(job, 'done');
        await until('the worker to be idle', () => queue.inspect().idle > before);
      }
      for (const body of ['d', 'e', 'f']) client.say('', body);
      expect((await second.take()).body).toEqual(['d']);
      expect((await third.take()).body).toEqual(['e']);
      expect((await first.take()).body).toEqual(['f']);
    },
  },
  {
    name: 'nothing is read from clients while no worker is ready, and nothing is lost',
    async play(scene) {
      const queue = await scene.queue();
      const clients = Array.from({ length: 5 }, () => scene.client(queue));
      for (const [index, client] of clients.entries()) client.say('', `from ${index}`);
      await scene.world.quiet();
      expect(queue.inspect()).toMatchObject({ reading: false, queued: 0, counters: { accepted: 0 } });
      scene.echo(queue);
      await until('the answers', () => clients.every((client) => client.heard.messages.length === 1));
      expect(clients.map((client) => client.heard.texts)).toEqual(clients.map((_, index) => [`|from ${index}`]));
    },
  },
  {
    name: 'with one worker, one request is read at a time',
    async play(scene) {
      const queue = await scene.queue();
      const hand = await scene.hand(queue);
      const client = scene.client(queue);
      for (let number = 0; number < 20; number++) client.say('', String(number));
      for (let number = 0; number < 20; number++) {
        const job = await hand.take();
        if (number % 5 === 0) await scene.world.quiet();
        expect(job.body).toEqual([String(number)]);
        expect(queue.inspect()).toMatchObject({ queued: 0, inFlight: 1, reading: false, counters: { accepted: number + 1 } });
        hand.reply(job, `answer ${number}`);
      }
      await until('the answers', () => client.heard.messages.length === 20);
      expect(client.heard.texts).toEqual(Array.from({ length: 20 }, (_, number) => `|answer ${number}`));
    },
  },
  {
    name: 'each reply goes to the client that asked, whatever the order',
    async play(scene) {
      const queue = await scene.queue();
      const hands = [await scene.hand(queue), await scene.hand(queue)] as const;
      const clients = [scene.client(queue), scene.client(queue)] as const;
      clients[0].say('', 'first');
      const first = await hands[0].take();
      clients[1].say('', 'second');
      const second = await hands[1].take();
      hands[1].reply(second, 'to the second');
      await until('the second answer', () => clients[1].heard.messages.length === 1);
      hands[0].reply(first, 'to the first');
      await until('the first answer', () => clients[0].heard.messages.length === 1);
      expect(clients.map(({ heard }) => heard.texts)).toEqual([['|to the first'], ['|to the second']]);
    },
  },
  {
    name: 'W12: multipart bodies, envelopes and bare DEALER clients pass both ways',
    async play(scene) {
      const queue = await scene.queue();
      scene.echo(queue);
      const client = scene.client(queue);
      const asked = [
        ['', 'one', 'two', '', 'three'],
        ['\x00\x00\x00\x01', '', 'of a correlating REQ'],
        ['device', 'of another', '', 'behind two devices'],
        ['bare'],
        ['bare', 'in two frames'],
        ['', ''],
      ];
      for (const [index, frames] of asked.entries()) {
        client.say(...frames);
        await until('the answer', () => client.heard.messages.length === index + 1);
      }
      expect(client.heard.messages.map(({ frames }) => frames.map(String))).toEqual(asked);
    },
  },
  {
    name: 'a worker that goes while idle is sent nothing more',
    needsNotices: true,
    async play(scene) {
      const queue = await scene.queue();
      const leaving = await scene.hand(queue);
      const staying = await scene.hand(queue);
      await leaving.leave();
      await until('the loss', () => queue.inspect().counters.workersLost === 1);
      expect(queue.inspect()).toMatchObject({ idle: 1, reading: true });
      scene.client(queue).say('', 'job');
      expect((await staying.take()).body).toEqual(['job']);
    },
  },
  {
    name: 'the last ready worker goes: clients are read no more',
    needsNotices: true,
    async play(scene) {
      const queue = await scene.queue();
      await (await scene.hand(queue)).leave();
      await until('the loss', () => queue.inspect().counters.workersLost === 1);
      expect(queue.inspect().reading).toBe(false);
      const client = scene.client(queue);
      for (const body of ['a', 'b', 'c']) client.say('', body);
      await scene.world.quiet();
      // One message may have been on its way in when reading stopped.
      expect(queue.inspect().queued).toBeLessThanOrEqual(1);
      scene.echo(queue);
      await until('the answers', () => client.heard.messages.length === 3);
      expect(client.heard.texts).toEqual(['|a', '|b', '|c']);
    },
  },
  {
    name: 'a worker that goes with a request: another one gets it, where the policy is to requeue',
    needsNotices: true,
    async play(scene) {
      const queue = await scene.queue({ deliveryPolicy: 'requeue' });
      const leaving = await scene.hand(queue);
      const staying = await scene.hand(queue);
      const client = scene.client(queue);
      client.say('', 'job');
      await leaving.take();
      await leaving.leave();
      const again = await staying.take();
      expect(again.body).toEqual(['job']);
      staying.reply(again, 'done');
      await until('the answer', () => client.heard.messages.length === 1);
      expect(queue.inspect().counters).toMatchObject({ accepted: 1, requeued: 1, deliveries: 2, replied: 1 });
    },
  },
  {
    name: 'a worker that goes with a request: it is dropped where the policy is to fail, and the client may ask again',
    needsNotices: true,
    async play(scene) {
      const queue = await scene.queue({ deliveryPolicy: 'fail' });
      const leaving = await scene.hand(queue);
      const staying = await scene.hand(queue);
      const client = scene.client(queue);
      client.say('', 'job');
      await leaving.take();
      await leaving.leave();
      await until('the loss', () => queue.inspect().counters.failed === 1);
      client.say('', 'job, again');
      const again = await staying.take();
      expect(again.body).toEqual(['job, again']);
      staying.reply(again, 'done');
      await until('the answer', () => client.heard.messages.length === 1);
      expect(queue.inspect()).toMatchObject({ failures: { 'worker-lost': 1 }, counters: { accepted: 2, requeued: 0, replied: 1 } });
    },
  },
  {
    name: 'a client that goes: the answer to it goes to nobody, and its worker is ready again',
    needsNotices: true,
    async play(scene) {
      const queue = await scene.queue();
      // The second one keeps the queue reading, or it would not hear of the client's end.
      const [hand] = [await scene.hand(queue), await scene.hand(queue)];
      const client = scene.client(queue);
      client.say('', 'job');
      const job = await hand.take();
      await client.close();
      await scene.world.quiet();
      hand.reply(job, 'done');
      await until('the worker to be idle', () => queue.inspect().idle === 2);
      expect(queue.inspect().counters).toMatchObject({ accepted: 1, replied: 0, dropped: 1, undeliverable: 0 });
    },
  },
  {
    name: 'a client that goes unheard, because clients are not read: the answer to it is counted as undeliverable',
    async play(scene) {
      const queue = await scene.queue();
      const hand = await scene.hand(queue);
      const client = scene.client(queue);
      client.say('', 'job');
      const job = await hand.take();
      await client.close();
      await scene.world.quiet();
      hand.reply(job, 'done');
      await until('the answer to be refused', () => queue.inspect().counters.undeliverable === 1);
      expect(queue.inspect()).toMatchObject({ idle: 1, counters: { accepted: 1, replied: 1, dropped: 0 } });
    },
  },
  {
    name: 'a queue that restarts: workers come back, and clients are served',
    needsNotices: true,
    async play(scene) {
      const { ground } = scene.world;
      const endpoints = { frontend: await ground.emptyEndpoint(), backend: await ground.emptyEndpoint() };
      const before = await scene.queue({}, endpoints);
      const workers = [scene.echo(before), scene.echo(before)];
      await until('the workers', () => before.inspect().idle === 2);
      await before.close();
      await until('the loss', () =>
        workers.every((worker) => worker.inspect().state !== 'idle' || worker.inspect().counters.connections > 1),
      );
      const after = await scene.queue({}, endpoints);
      await until('the workers again', () => after.inspect().idle === 2);
      const client = scene.client(after);
      client.say('', 'job');
      await until('the answer', () => client.heard.messages.length === 1);
      expect(client.heard.texts).toEqual(['|job']);
    },
  },
  {
    name: 'closing waits for the request in flight, and takes no other',
    async play(scene) {
      const queue = await scene.queue({ drainTimeout: 5000 });
      const [hand, other] = [await scene.hand(queue), await scene.hand(queue)];
      const client = scene.client(queue);
      client.say('', 'in flight');
      const job = await hand.take();
      const closed = queue.close();
      client.say('', 'too late');
      await scene.world.quiet();
      expect(queue.inspect().state).toBe('draining');
      hand.reply(job, 'done');
      await closed;
      await until('the answer', () => client.heard.messages.length === 1);
      expect(client.heard.texts).toEqual(['|done']);
      expect(other.jobs).toEqual([]);
      expect(queue.inspect().counters).toMatchObject({ replied: 1, failed: 0 });
    },
  },
  {
    name: 'closing does not wait for ever',
    async play(scene) {
      const queue = await scene.queue();
      const hand = await scene.hand(queue);
      scene.client(queue).say('', 'job');
      await hand.take();
      await queue.close();
      expect(queue.inspect()).toMatchObject({ state: 'closed', counters: { failed: 1 } });
    },
  },
  {
    name: 'an endpoint that is taken is an error at once, and leaves nothing behind',
    async play(scene) {
      const queue = await scene.queue();
      const { backend } = queue.endpoints;
      const free = await scene.world.ground.emptyEndpoint();
      await expect(scene.queue({}, { frontend: backend, backend: free })).rejects.toMatchObject({ code: 'BIND_FAILED' });
      await scene.queue({}, { frontend: await scene.world.ground.emptyEndpoint(), backend: free });
    },
  },
];
