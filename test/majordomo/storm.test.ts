/**
 * Our three roles together while everything happens to them: connections are cut and frozen, brokers restart, workers come, go,
 * fail and dawdle, callers change their minds. Whatever it was: every request has one outcome within its time, no answer is
 * another's, and when all is well again all is well.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MajordomoBroker } from '../../src/majordomo/broker.ts';
import type { MajordomoClient, Reply } from '../../src/majordomo/client.ts';
import { RequestError } from '../../src/core/requests.ts';
import type { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { LONGEST_REQUEST, LOOK_EVERY_MS, RETRIES, Storm, type Question, type Work } from '../support/storm.ts';
import { ENDPOINT, generator, textsOf } from '../support/world.ts';

const SERVICES = ['a', 'b'] as const;
const TIMING = { heartbeatInterval: 100, heartbeatLiveness: 3 } as const;
const RECONNECT = { reconnectInterval: 50, reconnectMaximum: 400 } as const;
type Act =
  | { readonly do: 'ask'; readonly client: number; readonly service: number; readonly job: 'quick' | 'slow' | 'fails' | 'fails once' }
  | { readonly do: 'abort' | 'cut' | 'freeze' | 'thaw' | 'close worker' | 'open worker'; readonly which: number }
  | { readonly do: 'restart broker' | 'close broker' | 'open broker' | 'cut all' }
  | { readonly do: 'wait'; readonly time: number };

const which = fc.nat(20);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      client: fc.nat(2),
      service: fc.nat(1),
      job: fc.constantFrom('quick' as const, 'quick' as const, 'slow' as const, 'fails' as const, 'fails once' as const),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 250 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'abort' as const,
        'cut' as const,
        'freeze' as const,
        'thaw' as const,
        'close worker' as const,
        'open worker' as const,
      ),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('restart broker' as const, 'close broker' as const, 'open broker' as const, 'cut all' as const),
    }),
  },
);

type Asked = Question<Reply> & { readonly service: string };

class MajordomoStorm extends Storm<Asked> {
  readonly clients: readonly MajordomoClient[];
  readonly #workers: MajordomoWorker[] = [];
  #broker: MajordomoBroker | undefined;

  constructor(disconnectNotices: boolean, random: () => number) {
    super(disconnectNotices, random);
    this.clients = (['auto', 'envelope', 'socket'] as const).map((correlation) =>
      this.world.client({ ...RETRIES, ...RECONNECT, correlation, probeTimeout: 30, maxSockets: 5 }),
    );
  }

  async play(act: Act): Promise<void> {
    switch (act.do) {
      case 'ask':
        this.ask(this.clients[act.client]!, SERVICES[act.service]!, act.job);
        break;
      case 'wait':
        await this.wait(act.time);
        break;
      case 'abort':
        this.abort(act.which);
        break;
      case 'cut':
        this.cut(act.which, ENDPOINT);
        break;
      case 'cut all':
        this.world.network.cut(ENDPOINT);
        break;
      case 'freeze':
        this.freeze(act.which);
        break;
      case 'thaw':
        this.thaw();
        break;
      case 'open worker':
        if (this.#workers.length < 5) this.#openWorker(SERVICES[act.which % 2]!);
        break;
      case 'close worker':
        void this.#workers.splice(act.which % 5, 1)[0]?.close();
        break;
      case 'open broker':
        await this.#openBroker();
        break;
      case 'close broker':
        await this.#closeBroker();
        break;
      case 'restart broker':
        await this.#closeBroker();
        await this.#openBroker();
        break;
    }
    await this.look();
  }

  ask(client: MajordomoClient, service: string, work: Work): void {
    const question = this.watch(work, (text, signal) => client.request(service, text, { signal }));
    this.questions.push({ ...question, service });
  }

  /** Nothing breaks any more; there is a broker and a worker for each service. */
  async heal(): Promise<void> {
    this.thaw();
    await this.#openBroker();
    for (const service of SERVICES) this.#openWorker(service);
    await this.wait(6000);
  }

  /** Every worker is registered and free, and the broker has nothing left to do. */
  assertCalm(): void {
    for (const worker of this.#workers) assert.equal(worker.inspect().state, 'idle');
    const { queued, inFlight, workers, counters } = this.#broker!.inspect();
    assert.deepEqual({ queued, inFlight, workers: workers.length }, { queued: 0, inFlight: 0, workers: this.#workers.length });
    assert.equal(counters.accepted, counters.replied + counters.failed + counters.dropped);
    for (const client of this.clients) {
      const { open, waiting } = client.inspect();
      assert.deepEqual({ open, waiting }, { open: 0, waiting: 0 });
    }
  }

  #openWorker(service: string): void {
    const worker = this.world.worker(
      service,
      async ({ body }) => {
        const [text = ''] = textsOf(body);
        await this.work(text, 400);
        return [service, text];
      },
      { ...TIMING, ...RECONNECT, drainTimeout: 200, linger: 50 },
    );
    this.#workers.push(worker);
  }

  async #openBroker(): Promise<void> {
    this.#broker ??= await this.world.broker({ ...TIMING, requestExpiry: 2000, drainTimeout: 150, busyLimit: 3000 });
  }

  async #closeBroker(): Promise<void> {
    const closing = this.#broker?.close();
    this.#broker = undefined;
    await this.wait(1000);
    await closing;
  }
}

test('every request has one outcome within its time, no answer is another’s, and when all is well again all is well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 50, size: 'max' }), fc.boolean(), fc.nat(), async (acts, disconnectNotices, seed) => {
      const storm = new MajordomoStorm(disconnectNotices, generator(seed));
      await storm.play({ do: 'open broker' });
      for (const one of acts) await storm.play(one);
      await storm.heal();
      storm.assertCalm();
      for (const { service, text, askedAt, outcome, endedAt } of storm.questions) {
        expect(outcome.state, `${text} to ${service}`).not.toBe('open');
        expect(endedAt! - askedAt, `${text} to ${service}`).toBeLessThanOrEqual(LONGEST_REQUEST + LOOK_EVERY_MS);
        if (outcome.state === 'fulfilled') expect(textsOf(outcome.value!.body)).toEqual([service, text]);
        else {
          expect(outcome.error).toBeInstanceOf(RequestError);
          expect(outcome.error).not.toMatchObject({ code: 'CLIENT_CLOSED' });
        }
      }
      const before = storm.questions.length;
      for (const client of storm.clients) for (const service of SERVICES) storm.ask(client, service, 'quick');
      await storm.wait(1000);
      for (const { service, text, outcome } of storm.questions.slice(before)) {
        expect(outcome.error, `${text} to ${service}`).toBeUndefined();
        expect(textsOf(outcome.value?.body)).toEqual([service, text]);
      }
      storm.assertCalm();
      await storm.world.end();
    }),
    { numRuns: Number(process.env['SEAWORTHY_RUNS'] ?? 60) },
  );
}, 120_000);
