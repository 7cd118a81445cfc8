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
import { LONGEST_REQUEST, LOOK_EVERY_MS, RETRIES, Storm, type Question, type Work } from '../support/storm.ts';
import { generator, textsOf } from '../support/world.ts';

const ENDPOINTS = ['memory://first', 'memory://second'] as const;
const DEADLINE = 700;
type Act =
  | { readonly do: 'ask'; readonly client: number; readonly job: Work }
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

type Asked = Question<LazyPirateReply> & { readonly longest: number };

class LazyStorm extends Storm<Asked> {
  /** Enough connections for every request; as many, and a deadline; one connection, so that requests wait for each other. */
  readonly clients: readonly LazyPirateClient[];
  readonly #servers = new Map<string, LazyPirateServer>();

  constructor(disconnectNotices: boolean, random: () => number) {
    super(disconnectNotices, random);
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
        this.abort(move.which);
        break;
      case 'cut':
        this.cut(move.which, ENDPOINTS[move.which % 2] as string);
        break;
      case 'freeze':
        this.freeze(move.which);
        break;
      case 'thaw':
        this.thaw();
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

  ask(client: number, work: Work): void {
    const question = this.watch(work, (text, signal) => this.clients[client]!.request(text, { signal }));
    // The third client's requests wait for each other, however many there are.
    this.questions.push({ ...question, longest: [LONGEST_REQUEST, DEADLINE + 5, Infinity][client]! });
  }

  /** Nothing breaks any more, and both servers are there, for as long as what was asked may take. */
  async heal(): Promise<void> {
    this.thaw();
    for (const endpoint of ENDPOINTS) await this.#open(endpoint);
    while (this.clients.some((client) => client.inspect().open > 0)) await this.wait(500);
    await this.look();
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
        await this.work(text, 400);
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
}

test('every request has one outcome within its time, no answer is another’s, and when all is well again all is well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 50, size: 'max' }), fc.boolean(), fc.nat(), async (acts, disconnectNotices, seed) => {
      const storm = new LazyStorm(disconnectNotices, generator(seed));
      for (const one of acts) await storm.play(one);
      await storm.heal();
      for (const { text, longest, askedAt, outcome, endedAt } of storm.questions) {
        expect(endedAt! - askedAt, `the time of ${text}`).toBeLessThanOrEqual(longest + LOOK_EVERY_MS);
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
