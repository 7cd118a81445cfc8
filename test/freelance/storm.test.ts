/**
 * Freelance clients and servers while everything happens to them. Whatever it was: every request has one outcome within its time, no answer is
 * another's, no request is with more servers than its model allows, and when all is well again all is well.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestError } from '../../src/core/requests.ts';
import { FreelanceClient, type FreelanceReply } from '../../src/freelance/client.ts';
import { FREELANCE_MODELS, type FreelanceModel } from '../../src/freelance/codec.ts';
import { FreelanceServer } from '../../src/freelance/server.ts';
import { LOOK_EVERY_MS, Storm, type Question, type Work } from '../support/storm.ts';
import { generator, textsOf } from '../support/world.ts';

const ENDPOINTS = ['memory://first', 'memory://second', 'memory://third'] as const;
const TIMEOUT = 200;
const HEDGE = 40;
const ROUNDS = 4;
const DEADLINE = 500;
/** Rounds with their hedges, waits for a server, and pauses at their longest. */
const LONGEST = ROUNDS * (TIMEOUT + HEDGE + 100) + 3 * 150 + 10;
const OPTIONS = {
  requestTimeout: TIMEOUT,
  requestRetries: ROUNDS,
  deadline: 0,
  retryInterval: 20,
  retryMaximum: 100,
  pingInterval: 100,
  serverTimeToLive: 300,
  reconnectInterval: 20,
  reconnectMaximum: 200,
} as const;

const MISHAPS = ['abort', 'cut', 'freeze', 'thaw', 'open', 'close', 'add', 'remove'] as const;

type Act =
  | { readonly do: 'ask'; readonly client: number; readonly job: Work }
  | { readonly do: (typeof MISHAPS)[number]; readonly which: number }
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
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom(...MISHAPS), which: fc.nat(20) }),
  },
);

type Asked = Question<FreelanceReply> & { readonly longest: number };

class FreelanceStorm extends Storm<Asked> {
  /** One that hedges where the model has hedges, one with a deadline, one with probes where the model has no pings. */
  readonly clients: readonly FreelanceClient[];
  readonly #model: FreelanceModel;
  readonly #servers = new Map<string, FreelanceServer>();

  constructor(model: FreelanceModel, disconnectNotices: boolean, random: () => number) {
    super(disconnectNotices, random);
    this.#model = model;
    const connect = (options: object): FreelanceClient =>
      this.world.keep(FreelanceClient.connect(ENDPOINTS, { ...this.world.ports(), model, ...OPTIONS, ...options }));
    this.clients = [
      connect(model === 'shotgun' ? {} : { hedgeDelay: HEDGE }),
      connect({ deadline: DEADLINE }),
      connect(model === 'addressed' ? {} : { probe: 'probe' }),
    ];
  }

  /** FL1: how many servers one request may be with at a time. */
  protected override assertSound(): void {
    const most = this.#model === 'shotgun' ? ENDPOINTS.length : 1;
    for (const [index, client] of this.clients.entries()) {
      const { open, waiting, servers } = client.inspect();
      const copies = servers.reduce((sum, { inFlight }) => sum + inFlight, 0);
      // The spare copies of a shotgun stay where they are while their request waits for its next round.
      const asking = this.#model === 'shotgun' ? open : open - waiting;
      assert(copies <= asking * (index === 0 ? Math.max(2, most) : most), `${copies} copies of ${asking} requests`);
      assert.equal(new Set(servers.map(({ endpoint }) => endpoint)).size, servers.length);
    }
    const sockets = this.clients.reduce((sum, client) => sum + client.inspect().servers.length, this.#servers.size);
    // Those that were removed or closed a moment ago are about to be gone.
    assert(this.world.transport.open.size <= sockets + 3, `${this.world.transport.open.size} sockets for ${sockets} servers`);
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
        this.cut(move.which, ENDPOINTS[move.which % 3] as string);
        break;
      case 'freeze':
        this.freeze(move.which);
        break;
      case 'thaw':
        this.thaw();
        break;
      case 'open':
        await this.#open(ENDPOINTS[move.which % 3] as string);
        break;
      case 'close':
        await this.#close(ENDPOINTS[move.which % 3] as string);
        break;
      case 'add':
        this.clients[move.which % 2]!.add(ENDPOINTS[move.which % 3] as string);
        break;
      case 'remove':
        this.clients[move.which % 2]!.remove(ENDPOINTS[move.which % 3] as string);
        break;
    }
    await this.look();
  }

  ask(client: number, work: Work): void {
    const question = this.watch(work, (text, signal) => this.clients[client]!.request(text, { signal }));
    this.questions.push({ ...question, longest: client === 1 ? DEADLINE + 5 : LONGEST });
  }

  /** Nothing breaks any more, and all servers are there and known, for as long as what was asked may take. */
  async heal(): Promise<void> {
    this.thaw();
    for (const endpoint of ENDPOINTS) {
      await this.#open(endpoint);
      for (const client of this.clients) client.add(endpoint);
    }
    while (this.clients.some((client) => client.inspect().open > 0)) await this.wait(500);
    await this.wait(1000);
  }

  assertCalm(): void {
    for (const client of this.clients) {
      const { open, waiting, servers, counters } = client.inspect();
      assert.deepEqual(
        { open, waiting, faults: counters.faults, invalid: counters.invalid },
        { open: 0, waiting: 0, faults: 0, invalid: 0 },
      );
      assert.deepEqual(
        servers.map(({ inFlight }) => inFlight),
        servers.map(() => 0),
      );
      // Where there are pings, everybody knows that all are well.
      if (this.#model === 'addressed') for (const { state } of servers) assert.equal(state, 'alive');
      assert.equal(counters.requests, counters.replies + counters.failures);
    }
    for (const server of this.#servers.values()) assert.deepEqual([server.inspect().waiting, server.inspect().working], [0, 0]);
  }

  async #open(endpoint: string): Promise<void> {
    if (this.#servers.has(endpoint)) return;
    const server = await FreelanceServer.listen(
      endpoint,
      async ({ body }) => {
        const [text = ''] = textsOf(body);
        await this.work(text, 250);
        return `answer to ${text}`;
      },
      { ...this.world.ports(), model: this.#model, maxConcurrentRequests: 3, maxQueuedRequests: 5, drainTimeout: 100 },
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

test.each(FREELANCE_MODELS)(
  '%s: every request has one outcome within its time, no answer is another’s, and when all is well again all is well',
  async (model) => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 50, size: 'max' }), fc.boolean(), fc.nat(), async (acts, disconnectNotices, seed) => {
        const storm = new FreelanceStorm(model, disconnectNotices, generator(seed));
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
        storm.assertCalm();
        const before = storm.questions.length;
        for (const index of storm.clients.keys()) storm.ask(index, 'quick');
        await storm.wait(800);
        for (const { text, outcome } of storm.questions.slice(before)) {
          expect(outcome.error, `the error of ${text}`).toBeUndefined();
          expect(textsOf(outcome.value?.body)).toEqual([`answer to ${text}`]);
        }
        storm.assertCalm();
        await storm.world.end();
      }),
      { numRuns: Number(process.env['SEAWORTHY_RUNS'] ?? 40) },
    );
  },
  120_000,
);
