/**
 * Clients, queues and workers of the Simple and the Paranoid Pirate while everything happens to them: workers die, freeze and come back, the
 * queue restarts, connections are cut, handlers fail. Whatever it was: every request has one outcome within its time, no answer is
 * another's, the queue's books are right at every moment, and when all is well again all is well.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestError } from '../../src/core/requests.ts';
import { LazyPirateClient, type LazyPirateReply } from '../../src/lazy-pirate/client.ts';
import { ParanoidPirateQueue } from '../../src/paranoid-pirate/queue.ts';
import { ParanoidPirateWorker } from '../../src/paranoid-pirate/worker.ts';
import { SimplePirateQueue } from '../../src/simple-pirate/queue.ts';
import { SimplePirateWorker } from '../../src/simple-pirate/worker.ts';
import { BACKEND, FRONTEND } from '../support/pirates.ts';
import { LONGEST_REQUEST, LOOK_EVERY_MS, RETRIES, Storm, type Question, type Work } from '../support/storm.ts';
import { generator, textsOf } from '../support/world.ts';

const WORKERS = { reconnectInterval: 20, reconnectMaximum: 100, drainTimeout: 50 };
const QUEUE = { busyLimit: 700, requestExpiry: 1000, drainTimeout: 50 };
/** Fast enough for a storm. */
const HEARTBEATS = { heartbeatInterval: 50, heartbeatLiveness: 3 };

type Act =
  | { readonly do: 'ask'; readonly job: Work }
  | { readonly do: 'abort' | 'cut' | 'freeze' | 'thaw' | 'worker' | 'fire' | 'restart'; readonly which: number }
  | { readonly do: 'wait'; readonly time: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      job: fc.constantFrom('quick' as const, 'quick' as const, 'slow' as const, 'fails once' as const, 'fails' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 250 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'abort' as const,
        'cut' as const,
        'cut' as const,
        'freeze' as const,
        'thaw' as const,
        'worker' as const,
        'fire' as const,
        'restart' as const,
      ),
      which: fc.nat(20),
    }),
  },
);

type Queue = SimplePirateQueue | ParanoidPirateQueue;
type Worker = SimplePirateWorker | ParanoidPirateWorker;

class PirateStorm extends Storm<Question<LazyPirateReply>> {
  readonly client: LazyPirateClient;
  readonly #paranoid: boolean;
  readonly #policy: 'requeue' | 'fail';
  readonly #workers = new Set<Worker>();
  readonly #queues: Queue[] = [];
  #queue: Queue | undefined;

  constructor(paranoid: boolean, policy: 'requeue' | 'fail', disconnectNotices: boolean, random: () => number) {
    super(disconnectNotices, random);
    this.#paranoid = paranoid;
    this.#policy = policy;
    this.client = this.world.keep(LazyPirateClient.connect(FRONTEND, { ...this.world.ports(), ...RETRIES, maxSockets: 100 }));
  }

  async begin(): Promise<void> {
    await this.#open();
    for (let worker = 0; worker < 3; worker++) this.#hire();
    await this.look();
  }

  async play(move: Act): Promise<void> {
    switch (move.do) {
      case 'ask':
        this.ask(move.job);
        break;
      case 'wait':
        await this.wait(move.time);
        break;
      case 'abort':
        this.abort(move.which);
        break;
      case 'cut':
        this.cut(move.which, [FRONTEND, BACKEND][move.which % 2]!);
        break;
      case 'freeze':
        this.freeze(move.which);
        break;
      case 'thaw':
        this.thaw();
        break;
      case 'worker':
        if (this.#workers.size < 6) this.#hire();
        break;
      case 'fire': {
        const worker = [...this.#workers][move.which % Math.max(1, this.#workers.size)];
        if (worker === undefined) break;
        this.#workers.delete(worker);
        void worker.close();
        break;
      }
      case 'restart':
        void this.#queue?.close();
        await this.wait(100);
        await this.#open();
        break;
    }
    await this.look();
  }

  ask(work: Work): void {
    this.questions.push(this.watch(work, (text, signal) => this.client.request(text, { signal })));
  }

  /** Nothing breaks any more, and there are workers, for as long as all that was asked may take. */
  async heal(): Promise<void> {
    this.thaw();
    this.#hire();
    while (this.client.inspect().open > 0) await this.wait(300);
    await this.wait(2500);
  }

  protected override assertSound(): void {
    if (this.#queue === undefined) return;
    const { counters, queued, inFlight, idle, reading, workers, state } = this.#queue.inspect();
    assert.equal(
      counters.accepted,
      counters.replied + counters.failed + counters.dropped + queued + inFlight,
      'every request is somewhere',
    );
    assert.equal(counters.workersRegistered, counters.workersLost + workers.length, 'every worker is somewhere');
    assert.equal(workers.length, idle + inFlight, 'a worker is idle, or has one request');
    assert.equal(reading, state === 'listening' && idle > 0 && queued === 0, 'clients are read while a worker is ready');
    assert.ok(counters.deliveries >= counters.replied);
  }

  assertCalm(): void {
    const { open, waiting, counters } = this.client.inspect();
    assert.deepEqual({ open, waiting, stale: counters.stale }, { open: 0, waiting: 0, stale: 0 });
    const { queued, inFlight, idle } = this.#queue!.inspect();
    assert.deepEqual({ queued, inFlight, idle }, { queued: 0, inFlight: 0, idle: this.#workers.size });
    for (const worker of this.#workers) assert.equal(worker.inspect().state, 'idle');
  }

  /** What happened, by name. */
  reached(): string[] {
    const books = this.#queues.map((queue) => queue.inspect());
    const counted = books
      .flatMap(({ counters, failures }) => Object.entries({ ...counters, ...failures }))
      .filter(([, count]) => count > 0);
    const attempts = this.questions.flatMap(({ outcome }) => outcome.value?.attempts ?? []);
    return [...counted.map(([name]) => name), ...attempts.map((attempt) => attempt.outcome)];
  }

  async #open(): Promise<void> {
    const endpoints = { frontend: FRONTEND, backend: BACKEND };
    const options = { ...this.world.ports(), ...QUEUE, deliveryPolicy: this.#policy };
    this.#queue = this.world.keep(
      this.#paranoid
        ? await ParanoidPirateQueue.listen(endpoints, { ...options, ...HEARTBEATS })
        : await SimplePirateQueue.listen(endpoints, options),
    );
    this.#queues.push(this.#queue);
  }

  #hire(): void {
    const handle = async ({ body }: { readonly body: readonly Buffer[] }): Promise<string> => {
      const [text = ''] = textsOf(body);
      await this.work(text, 200);
      return `answer to ${text}`;
    };
    const worker = this.#paranoid
      ? ParanoidPirateWorker.connect(BACKEND, handle, { ...this.world.ports(), ...WORKERS, ...HEARTBEATS })
      : SimplePirateWorker.connect(BACKEND, handle, { ...this.world.ports(), ...WORKERS });
    this.#workers.add(this.world.keep(worker));
  }
}

test.each([
  ['Simple Pirate', false, fc.constant(true)],
  ['Paranoid Pirate', true, fc.boolean()],
] as const)(
  '%s: every request has one outcome within its time, no answer is another’s, and when all is well again all is well',
  { timeout: 120_000 },
  async (_name, paranoid, notices) => {
    const reached = new Set<string>();
    const policy = fc.constantFrom('requeue' as const, 'fail' as const);
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40, size: 'max' }), policy, notices, fc.nat(), async (acts, how, told, seed) => {
        const storm = new PirateStorm(paranoid, how, told, generator(seed));
        await storm.begin();
        for (const one of acts) await storm.play(one);
        await storm.heal();
        for (const { text, askedAt, outcome, endedAt } of storm.questions) {
          expect(endedAt! - askedAt, `the time of ${text}`).toBeLessThanOrEqual(LONGEST_REQUEST + LOOK_EVERY_MS);
          if (outcome.state === 'fulfilled') expect(textsOf(outcome.value!.body)).toEqual([`answer to ${text}`]);
          else expect(outcome.error).toBeInstanceOf(RequestError);
        }
        storm.assertCalm();
        const before = storm.questions.length;
        for (let index = 0; index < 3; index++) storm.ask('quick');
        await storm.wait(100);
        for (const { text, outcome } of storm.questions.slice(before)) {
          expect(outcome.error, `the error of ${text}`).toBeUndefined();
          expect(textsOf(outcome.value?.body)).toEqual([`answer to ${text}`]);
          expect(outcome.value?.attempts).toHaveLength(1);
        }
        storm.assertCalm();
        for (const what of storm.reached()) reached.add(what);
        await storm.world.end();
      }),
      { numRuns: Number(process.env['SEAWORTHY_RUNS'] ?? 100) },
    );
    // Otherwise it was no storm.
    const depths = ['replied', 'failed', 'dropped', 'requeued', 'workersLost', 'worker-lost', 'poisoned', 'timed-out', 'connection-lost'];
    for (const depth of depths) expect(reached).toContain(depth);
  },
);
