/** Hundreds of connections that say nothing, or hardly anything, and come again when they are ended: who belongs there is served nevertheless. */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { BrokerSnapshot } from '../../src/majordomo/broker.ts';
import { defaultTransport } from '../../src/transport/transport.ts';
import { encodeGreeting } from '../../src/wire/zmtp.ts';
import { endAll, eventually, pause, startNode, type Child, type Line } from './processes.ts';
import { ask, expectEachAnsweredOnce, startClient, startWorker, weigh } from './role-processes.ts';

const HANDSHAKE_MS = 1000;
/** Room for fewer than there are strangers. */
const MOST_CONNECTIONS = 400;
const STRANGERS_OF_A_KIND = 200;
const BYTE_EVERY_MS = 1000;
const ATTACK_MS = 4000;
const REQUESTS = 500;
/** A request takes 1 ms of work; the machine may have other things to do. */
const PATIENCE_MS = 2000;
/** Some thousand strangers come. Code that ran for the first time, and the like, is below 2 MiB; their connections, if they were kept, would be far above. */
const MOST_GROWTH = 4 * 2 ** 20;

const GREETING = encodeGreeting('NULL', false);
/** What a stranger does when it is connected. */
const KINDS: readonly ((socket: Socket) => void)[] = [
  () => undefined,
  (socket) => socket.write(GREETING),
  (socket) => {
    let at = 0;
    const talking = setInterval(() => socket.write(GREETING.subarray(at, ++at)), BYTE_EVERY_MS);
    socket.once('close', () => {
      clearInterval(talking);
    });
  },
];

/** Strangers, of whom each comes back as long as the attack lasts. */
class Crowd {
  readonly #port: number;
  readonly #open = new Set<Socket>();
  #goesOn = true;
  came = 0;

  constructor(port: number) {
    this.#port = port;
    for (let i = 0; i < STRANGERS_OF_A_KIND; i++) for (const kind of KINDS) this.#come(kind);
  }

  get size(): number {
    return this.#open.size;
  }

  /** No more come; those who are there stay as long as they may. */
  stop(): void {
    this.#goesOn = false;
  }

  disperse(): void {
    this.stop();
    for (const socket of this.#open) socket.destroy();
  }

  #come(kind: (socket: Socket) => void): void {
    const socket = connect(this.#port, '127.0.0.1');
    this.#open.add(socket);
    socket.on('connect', () => {
      this.came++;
      kind(socket);
    });
    // Read, so that the end is noticed.
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      this.#open.delete(socket);
      // Not at once: it is the broker that is to be kept busy, and not this process.
      if (this.#goesOn) setTimeout(() => this.#goesOn && this.#come(kind), 50);
    });
  }
}

let crowd: Crowd | undefined;

afterEach(async () => {
  crowd?.disperse();
  await endAll();
});

interface Facts {
  readonly inspect: BrokerSnapshot;
  readonly refusals: { readonly [why: string]: number };
}

async function look(broker: Child, id: string): Promise<Facts> {
  broker.tell({ do: 'inspect', id });
  const line: Line = await broker.until((each) => each.event === 'inspected' && each['id'] === id);
  return line as unknown as Facts;
}

/** Files that a process has open; nothing where that cannot be told. */
function filesOf({ pid }: Child): number | undefined {
  return process.platform === 'linux' ? readdirSync(`/proc/${pid}/fd`).length : undefined;
}

test('six hundred strangers that are silent, or say a byte in a second, keep nobody from being served, and each is ended and counted', async ({
  annotate,
}) => {
  const broker = startNode('crowded-broker', {
    most: MOST_CONNECTIONS,
    options: JSON.stringify({ handshakeTimeout: HANDSHAKE_MS }),
  });
  const endpoint = (await broker.until('ready'))['endpoint'] as string;
  await startWorker(broker, endpoint, 'steady');
  const client = await startClient(endpoint);
  await ask(client, 'before');
  const weightBefore = await weigh(broker);
  const files = filesOf(broker);

  crowd = new Crowd(Number(endpoint.split(':').at(-1)));
  const begun = performance.now();
  client.tell({ do: 'load', service: 'echo', count: REQUESTS, concurrency: 4, prefix: ['sleep:1'] });
  // Who comes in the middle of it is let in.
  await eventually('all strangers have come', () => (crowd as Crowd).came >= STRANGERS_OF_A_KIND * KINDS.length);
  await startWorker(broker, endpoint, 'newcomer');
  const newcomer = await startClient(endpoint);
  expect(await ask(newcomer, 'am I served?')).toMatchObject({ deliveries: 1 });
  await client.until('loaded');
  await pause(Math.max(0, ATTACK_MS - (performance.now() - begun)));
  expect(await ask(newcomer, 'still?')).toMatchObject({ deliveries: 1 });
  crowd.stop();

  await eventually('all strangers are ended', () => crowd?.size === 0);
  expectEachAnsweredOnce(client, 0, REQUESTS, ['sleep:1']);
  const slowest = Math.max(...[...client.said('outcome'), ...newcomer.said('outcome')].map((line) => line['took'] as number));
  expect(slowest).toBeLessThan(PATIENCE_MS);

  const after = await look(broker, 'after');
  expect(after.inspect.counters).toMatchObject({ accepted: REQUESTS + 3, replied: REQUESTS + 3, workersLost: 0, faults: 0, invalid: 0 });
  const grown = (await weigh(broker)) - weightBefore;
  await annotate(`${crowd.came} strangers came; the broker holds ${grown} bytes more, the slowest answer took ${slowest} ms`);
  expect(grown).toBeLessThan(MOST_GROWTH);
  // Two connections more than before: a worker's and a client's.
  if (files !== undefined) await eventually('their sockets are closed', () => (filesOf(broker) as number) <= files + 2 * 2);
  if (defaultTransport('carry') === 'zmtp') {
    expect(Object.keys(after.refusals).sort()).toEqual(['connections', 'handshake']);
    expect((after.refusals['connections'] as number) + (after.refusals['handshake'] as number)).toBe(crowd.came);
  } else expect(after.refusals).toEqual({});
});
