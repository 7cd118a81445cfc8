/** The pirates' queues and workers as processes of their own, and Lazy Pirate clients that ask through them. */
import { expect } from 'vitest';
import { LazyPirateClient, type LazyPirateReply } from '../../src/lazy-pirate/client.ts';
import type { LazyPirateClientOptions } from '../../src/lazy-pirate/options.ts';
import type { QueueEndpoints } from '../../src/load-balancer/queue.ts';
import type { ParanoidPirateQueueOptions, ParanoidPirateWorkerOptions } from '../../src/paranoid-pirate/options.ts';
import { endAll, freePort, startNode, startPython, type Child, type ChildOptions, type Line } from './processes.ts';
import { closeRawPeers } from './raw-peer.ts';

export type Pirate = 'simple' | 'paranoid';

const ANYWHERE: QueueEndpoints = { frontend: 'tcp://127.0.0.1:*', backend: 'tcp://127.0.0.1:*' };

/** A place for a queue that is to come back where it was. */
export async function freePlace(): Promise<QueueEndpoints> {
  const [frontend, backend] = [await freePort(), await freePort()];
  return { frontend: `tcp://127.0.0.1:${frontend}`, backend: `tcp://127.0.0.1:${backend}` };
}

/** Our queue, and where it listens. */
export async function startQueue(
  pattern: Pirate,
  options: ParanoidPirateQueueOptions = {},
  endpoints: QueueEndpoints = ANYWHERE,
): Promise<[Child, QueueEndpoints]> {
  const queue = startNode('queue', { pattern, ...endpoints, options: JSON.stringify(options) });
  return [queue, placeOf(await queue.until('ready'))];
}

/** A queue in Python, and where it listens. */
export async function startPythonQueue(pattern: Pirate, options: ChildOptions = {}): Promise<[Child, QueueEndpoints]> {
  const queue = startPython(pattern === 'simple' ? 'sp_queue' : 'ppp_queue', options);
  return [queue, placeOf(await queue.until('ready'))];
}

function placeOf(ready: Line): QueueEndpoints {
  return { frontend: ready['frontend'] as string, backend: ready['backend'] as string };
}

/** Our worker, whether or not there is a queue. */
export function startPirate(pattern: Pirate, endpoint: string, name: string, options: ParanoidPirateWorkerOptions = {}): Child {
  return startNode('pirate-worker', { pattern, endpoint, name, options: JSON.stringify({ reconnectInterval: 30, ...options }) });
}

/** Our worker, registered at our queue. */
export async function startPirateAt(
  queue: Child,
  pattern: Pirate,
  endpoint: string,
  name: string,
  options: ParanoidPirateWorkerOptions = {},
): Promise<Child> {
  const registered = queue.said('workerRegistered').length;
  const worker = startPirate(pattern, endpoint, name, options);
  await queue.untilSaid('workerRegistered', registered + 1);
  return worker;
}

const roles: { close(): Promise<void> }[] = [];

/** Has a role of this process closed when the test ends. */
export function closing<R extends { close(): Promise<void> }>(role: R): R {
  roles.push(role);
  return role;
}

/** Ends whatever a test has started. For `afterEach`. */
export async function endPirates(): Promise<void> {
  await Promise.all(roles.splice(0).map((role) => role.close()));
  closeRawPeers();
  await endAll();
}

/** A client that tries again soon, and does not run out of patience before the test does. */
export function connectClient(endpoint: string, options: LazyPirateClientOptions = {}): LazyPirateClient {
  return closing(LazyPirateClient.connect(endpoint, { requestTimeout: 10_000, retryInterval: 10, retryMaximum: 50, ...options }));
}

export const texts = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Answers that arrived so far, for tests that do something in the middle of a load. */
export class Load {
  readonly done: Promise<LazyPirateReply[]>;
  answered = 0;
  readonly #body: (number: number) => string[];

  /** Asks `count` times at once: how many of these are under way at a time is the affair of the client's `maxSockets`. */
  constructor(client: LazyPirateClient, count: number, ...prefix: string[]) {
    this.#body = (number) => [...prefix, String(number)];
    this.done = Promise.all(
      numbers(count).map(async (number) => {
        const reply = await client.request(this.#body(number));
        this.answered++;
        return reply;
      }),
    );
    // Whoever awaits it is told; until then it is nobody's fault.
    this.done.catch(() => undefined);
  }

  /** The answers that belong to other requests: there must be none. `before` frames of an answer come from the worker. */
  async wrong(before: number): Promise<unknown[]> {
    const replies = await this.done;
    return replies.flatMap((reply, number) => {
      const body = texts(reply.body).slice(before);
      return JSON.stringify(body) === JSON.stringify(this.#body(number)) ? [] : [[number, body]];
    });
  }
}

/** Every request of the load has its own answer, behind what the worker puts there: of ours, its name and the number of the delivery. */
export async function expectOwnAnswers(load: Load, before = 2): Promise<readonly LazyPirateReply[]> {
  expect(await load.wrong(before)).toEqual([]);
  return load.done;
}
