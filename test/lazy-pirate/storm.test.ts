/**
 * Clients and servers of the Lazy Pirate while everything happens to them. Whatever it was: every request has one outcome within its time,
 * no answer is another's, and when all is well again all is well.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestError } from '../../src/core/requests.ts';
import { LazyPirateClient, type LazyPirateReply } from '../../src/lazy-pirate/client.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import type { Connector } from '../../src/transport/transport.ts';
import { generator, Outcome, textsOf, World } from '../support/world.ts';

const ENDPOINTS = ['memory://first', 'memory://second'] as const;
const RETRIES = { requestTimeout: 300, requestRetries: 3, retryInterval: 20, retryMaximum: 100 } as const;
const DEADLINE = 700;
/** Three attempts and two pauses at their longest, jitter included, and a little for native timers that count whole milliseconds. */
const LONGEST_REQUEST = 3 * 300 + (20 + 40) * 1.5 + 5;

type Act =
  | { readonly do: 'ask'; readonly client: number; readonly job: 'quick' | 'slow' | 'fails once' }
  | { readonly do: 'abort' | 'cut' | 'freeze' | 'thaw' | 'open' | 'close'; readonly which: number }
  | { readonly do: 'wait'; readonly time: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      client: fc.nat(2),
      job: fc.constantFrom('quick' as const, 'quick' as const, 'slow' as const, 'fails once' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 250 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('abort' as const, 'cut' as const, 'freeze' as const, 'thaw' as const, 'open' as const, 'close' as const),
      which: fc.nat(20),
    }),
  },
);

interface Question {
  readonly text: string;
  readonly longest: number;
  readonly askedAt: number;
  readonly outcome: Outcome<LazyPirateReply>;
  readonly abort: AbortController;
  /** When it ended, as far as looked. */
  endedAt: number | undefined;
}

class Storm {
  readonly world: World;
  readonly questions: Question[] = [];
  /** Enough connections for every request; as many, and a deadline; one connection, so that requests wait for each other. */
  readonly clients: readonly LazyPirateClient[];
  readonly #servers = new Map<string, LazyPirateServer>();
  readonly #frozen = new Set<Connector>();
  readonly #failed = new Set<string>();

  constructor(disconnectNotices: boolean, random: () => number) {
    this.world = new World({ disconnectNotices, random });
    const connect = (options: object): LazyPirateClient =>
      this.world.keep(LazyPirateClient.connect(ENDPOINTS, { ...this.world.ports(), ...RETRIES, ...options }));
    this.clients = [connect({ maxSockets: 100 }), connect({ maxSockets: 100, deadline: DEADLINE }), connect({})];
  }

  async play(move: Act): Promise<void> {
    switch (move.do) {
      case 'ask':
        this.ask(move.client, move.job);
        break;
      case 'wait':
        await this.wait(move.time);
        break;
      case 'abort':
        this.questions.filter(({ outcome }) => outcome.state === 'open')[move.which % 5]?.abort.abort();
        break;
      case 'cut':
        this.world.network.cut(this.#connector(move.which) ?? (ENDPOINTS[move.which % 2] as string));
        break;
      case 'freeze': {
        const connector = this.#connector(move.which);
        if (connector === undefined) break;
        this.world.network.freeze(connector);
        this.#frozen.add(connector);
        break;
      }
      case 'thaw':
        this.#thaw();
        break;
      case 'open':
        await this.#open(ENDPOINTS[move.which % 2] as string);
        break;
      case 'close':
        await this.#close(ENDPOINTS[move.which % 2] as string);
        break;
    }
    await this.look();
  }

  ask(client: number, job: string): void {
    const abort = new AbortController();
    const text = `${job} ${this.questions.length}`;
    const outcome = new Outcome(this.clients[client]!.request(text, { signal: abort.signal }));
    // The third client's requests wait for each other, however many there are.
    const longest = [LONGEST_REQUEST, DEADLINE + 5, Infinity][client]!;
    this.questions.push({ text, longest, askedAt: this.world.time.now, outcome, abort, endedAt: undefined });
  }

  async wait(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 10) {
      this.world.time.tick(Math.min(10, left));
      await this.look();
    }
  }

  /** Nothing breaks any more, and both servers are there, for as long as what was asked may take. */
  async heal(): Promise<void> {
    this.#thaw();
    for (const endpoint of ENDPOINTS) await this.#open(endpoint);
    while (this.clients.some((client) => client.inspect().open > 0)) await this.wait(500);
    await this.look();
  }

  async look(): Promise<void> {
    await this.world.settle();
    for (const question of this.questions)
      if (question.endedAt === undefined && question.outcome.state !== 'open') question.endedAt = this.world.time.now;
  }

  assertCalm(): void {
    for (const client of this.clients) {
      const { open, waiting, counters } = client.inspect();
      assert.deepEqual({ open, waiting, stale: counters.stale }, { open: 0, waiting: 0, stale: 0 });
      assert.equal(counters.requests, counters.replies + counters.failures);
    }
    for (const server of this.#servers.values()) {
      const { waiting, working, counters } = server.inspect();
      assert.deepEqual({ waiting, working }, { waiting: 0, working: 0 });
      assert.equal(counters.requests, counters.replies + counters.handlerFailures + counters.dropped);
    }
  }

  async #open(endpoint: string): Promise<void> {
    if (this.#servers.has(endpoint)) return;
    const server = await LazyPirateServer.listen(
      endpoint,
      async ({ body }) => {
        const [text = ''] = textsOf(body);
        if (text.startsWith('slow')) await new Promise((resolve) => this.world.clock.setTimeout(() => resolve(undefined), 400));
        if (text.startsWith('fails once') && !this.#failed.has(text)) {
          this.#failed.add(text);
          throw new Error('as asked');
        }
        return `answer to ${text}`;
      },
      { ...this.world.ports(), maxConcurrentRequests: 2, maxQueuedRequests: 5, drainTimeout: 100 },
    );
    this.#servers.set(endpoint, this.world.keep(server));
  }

  async #close(endpoint: string): Promise<void> {
    const closing = this.#servers.get(endpoint)?.close();
    this.#servers.delete(endpoint);
    await this.wait(600);
    await closing;
  }

  #connector(which: number): Connector | undefined {
    const connectors = [...this.world.transport.open].filter((socket) => 'remote' in socket);
    return connectors[which % Math.max(1, connectors.length)] as Connector | undefined;
  }

  #thaw(): void {
    for (const connector of this.#frozen) this.world.network.thaw(connector);
    this.#frozen.clear();
  }
}

test('every request has one outcome within its time, no answer is another’s, and when all is well again all is well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 50, size: 'max' }), fc.boolean(), fc.nat(), async (acts, disconnectNotices, seed) => {
      const storm = new Storm(disconnectNotices, generator(seed));
      for (const one of acts) await storm.play(one);
      await storm.heal();
      for (const { text, longest, askedAt, outcome, endedAt } of storm.questions) {
        // Looked at every 10 ms.
        expect(endedAt! - askedAt, `the time of ${text}`).toBeLessThanOrEqual(longest + 10);
        if (outcome.state === 'fulfilled') expect(textsOf(outcome.value!.body)).toEqual([`answer to ${text}`]);
        else {
          expect(outcome.error).toBeInstanceOf(RequestError);
          expect(outcome.error).not.toMatchObject({ code: 'CLIENT_CLOSED' });
        }
      }
      await storm.wait(1000);
      storm.assertCalm();
      const before = storm.questions.length;
      for (const index of storm.clients.keys()) storm.ask(index, 'quick');
      await storm.wait(500);
      for (const { text, outcome } of storm.questions.slice(before)) {
        expect(outcome.error, `the error of ${text}`).toBeUndefined();
        expect(textsOf(outcome.value?.body)).toEqual([`answer to ${text}`]);
      }
      storm.assertCalm();
      await storm.world.end();
    }),
    { numRuns: Number(process.env['SEAWORTHY_RUNS'] ?? 60) },
  );
}, 120_000);
