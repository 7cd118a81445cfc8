/** The halves of a Binary Star as processes of their own, clients of both in this process, and what came of a load. */
import assert from 'node:assert/strict';
import { BinaryStarClient } from '../../src/binary-star/client.ts';
import type { BinaryStarClientOptions } from '../../src/binary-star/client-options.ts';
import type { BinaryStarOptions } from '../../src/binary-star/options.ts';
import type { StarRole } from '../../src/binary-star/peer.machine.ts';
import { endAll, freePort, startNode, type Child } from './processes.ts';
import { closeRawPeers } from './raw-peer.ts';

/** Short, and forgiving to a machine that is busy with something else. */
export const TIMES = { heartbeatInterval: 100, failoverTimeout: 1200, maxDelay: 200, maxPause: 500 } as const;

const roles: { close(): Promise<void> }[] = [];

/** Has a role of this process closed when the test ends. */
export function closing<R extends { close(): Promise<void> }>(role: R): R {
  roles.push(role);
  return role;
}

/** Ends whatever a test has started. For `afterEach`. */
export async function endStars(): Promise<void> {
  await Promise.all(roles.splice(0).map((role) => role.close()));
  closeRawPeers();
  await endAll();
}

export const otherOf = (role: StarRole): StarRole => (role === 'primary' ? 'backup' : 'primary');

/** Where the halves of a pair are. `connect`: where each looks for the other; elsewhere than where that listens when there is something between. */
export interface Place {
  readonly frontends: { readonly [role in StarRole]: string };
  readonly listen: { readonly [role in StarRole]: string };
  readonly connect: { readonly [role in StarRole]: string };
}

export async function freePlace(): Promise<Place> {
  const ports = new Set<number>();
  while (ports.size < 4) ports.add(await freePort());
  const [a = '', b = '', c = '', d = ''] = [...ports].map((port) => `tcp://127.0.0.1:${port}`);
  return { frontends: { primary: a, backup: b }, listen: { primary: c, backup: d }, connect: { primary: d, backup: c } };
}

export class Pair {
  readonly place: Place;
  readonly #inside: 'echo' | 'broker';
  readonly #options: BinaryStarOptions;
  readonly halves: Partial<Record<StarRole, Child>> = {};

  constructor(place: Place, inside: 'echo' | 'broker', options: BinaryStarOptions = {}) {
    this.place = place;
    this.#inside = inside;
    this.#options = { ...TIMES, ...options };
  }

  get endpoints(): readonly [string, string] {
    return [this.place.frontends.primary, this.place.frontends.backup];
  }

  /** Starts one half, or starts it again. */
  async start(role: StarRole): Promise<Child> {
    const { frontends, listen, connect } = this.place;
    const half = startNode('star', {
      role,
      frontend: frontends[role],
      listen: listen[role],
      connect: connect[role],
      inside: this.#inside,
      options: JSON.stringify({ name: role, ...this.#options }),
    });
    await half.until('ready');
    this.halves[role] = half;
    return half;
  }

  /** Starts both; the primary serves, and the backup knows it. */
  async startBoth(): Promise<readonly [primary: Child, backup: Child]> {
    const [primary, backup] = await Promise.all([this.start('primary'), this.start('backup')]);
    await primary.until('becameActive');
    await backup.until('becamePassive');
    return [primary, backup];
  }
}

/** A client of the servers at `endpoints` that tries again soon. */
export function connectClient(endpoints: string | readonly string[], options: BinaryStarClientOptions = {}): BinaryStarClient {
  return closing(
    BinaryStarClient.connect(endpoints, { retryInterval: 50, retryMaximum: 200, requestRetries: 60, maxOpenRequests: 10_000, ...options }),
  );
}

export interface Answer {
  readonly number: number;
  readonly by: string;
  readonly epoch: number;
  /** In `performance.now()` milliseconds. */
  readonly at: number;
}

/** So many requests wait for their turn: more than any client has lanes. */
const WAITING = 50;

/** Requests under way, and the answers so far, in the order in which they came. It goes on until it is looked at as a whole. */
export class Load {
  readonly answers: Answer[] = [];
  readonly #client: BinaryStarClient;
  readonly #prefix: readonly string[];
  readonly #waiting = new Set<() => void>();
  readonly #lanes: Promise<unknown>;
  #asked = 0;
  #ends = false;
  #failure: Error | undefined;

  /** How many requests are under way at a time is the affair of the client's `maxSockets`. */
  constructor(client: BinaryStarClient, ...prefix: string[]) {
    this.#client = client;
    this.#prefix = prefix;
    this.#lanes = Promise.all(Array.from({ length: WAITING }, () => this.#lane())).catch((error: unknown) => {
      this.#failure = error as Error;
      this.#ends = true;
      this.#wake();
    });
  }

  async #lane(): Promise<void> {
    while (!this.#ends) {
      const number = this.#asked++;
      const { body } = await this.#client.request([...this.#prefix, String(number)]);
      const [by = '', epoch = '', ...rest] = body.map((frame) => frame.toString('latin1'));
      assert.deepEqual(rest, [...this.#prefix, String(number)]);
      this.answers.push({ number, by, epoch: Number(epoch), at: performance.now() });
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Resolves with the first answer for which `matches` says yes, past ones included. @throws when a request fails first. */
  async until(matches: (answer: Answer, index: number) => boolean): Promise<Answer> {
    for (;;) {
      const found = this.answers.find(matches);
      if (found !== undefined) return found;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ends) throw new Error('the load has ended without such an answer');
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async untilAnswered(count: number): Promise<void> {
    await this.until((_answer, index) => index >= count - 1);
  }

  /**
   * Asks no more. When all are answered: each once, and no answer of a server that had been replaced after one of its successor. Resolves with the
   * number of answers.
   */
  async expectAnsweredOnce(): Promise<number> {
    this.#ends = true;
    await this.#lanes;
    if (this.#failure !== undefined) throw this.#failure;
    const numbers = this.answers.map(({ number }) => number).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from({ length: this.#asked }, (_, i) => i),
    );
    const epochs = this.answers.map(({ epoch }) => epoch);
    assert.deepEqual(
      epochs,
      [...epochs].sort((a, b) => a - b),
    );
    return numbers.length;
  }
}
