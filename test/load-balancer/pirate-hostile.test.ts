/**
 * Hostile frames at the pirates' queues and workers: whatever bytes arrive, nothing throws, the books are right, and when the hostile peers
 * have gone, those who behave are served as if nothing had happened.
 *
 * `SEAWORTHY_SEED` repeats a run; `SEAWORTHY_FUZZ=10` sends ten times as much.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PARANOID_PIRATE_QUEUE, PARANOID_PIRATE_WORKER } from '../../src/paranoid-pirate/codec.ts';
import { SIMPLE_PIRATE_QUEUE, SIMPLE_PIRATE_WORKER } from '../../src/simple-pirate/codec.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import { BACKEND, FRONTEND, Pirates } from '../support/pirates.ts';
import { markOf, Outcome, textsOf, World, type RawPeer } from '../support/world.ts';

const seed = Number(process.env['SEAWORTHY_SEED'] ?? Date.now());
const times = Number(process.env['SEAWORTHY_FUZZ'] ?? 1);

const frame: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('', '', '\x01', '\x02', '\x03', 'READY', 'a').map((text) => Buffer.from(text, 'latin1')) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(255), fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)).map((numbers) => Buffer.from(markOf(...numbers), 'latin1')),
  },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes)) },
);
const message = fc.array(frame, { minLength: 0, maxLength: 8 });
const longMessage = fc.oneof(
  { weight: 20, arbitrary: message },
  { weight: 1, arbitrary: fc.array(frame, { minLength: 30, maxLength: 80, size: 'max' }) },
);

describe('the decoders answer to any frames with a command or INVALID, and never throw', () => {
  test.each([
    ['Simple Pirate queue', (message: Message) => SIMPLE_PIRATE_QUEUE.decodeAtQueue(message)],
    ['Paranoid Pirate queue', (message: Message) => PARANOID_PIRATE_QUEUE.decodeAtQueue(message)],
    ['Simple Pirate worker', (message: Message) => SIMPLE_PIRATE_WORKER.decode(message)],
    ['Paranoid Pirate worker', (message: Message) => PARANOID_PIRATE_WORKER.decode(message)],
  ])('100,000 generated messages at a %s', { timeout: 60_000 * times }, (_where, decode) => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(longMessage, (frames) => {
        const received = new FramesMessage([Buffer.from('routing id'), ...frames], 1);
        const command = decode(received);
        kinds.add(command.kind);
        if (command.kind === 'REQUEST') assert(command.body.length > 0 && command.address.length > 0);
      }),
      { numRuns: 100_000 * times, seed },
    );
    expect(kinds.size).toBeGreaterThan(1);
  });
});

type Act =
  | { readonly do: 'send'; readonly peer: number; readonly frames: Buffer[] }
  /** Answers the latest request it got, right or wrong. */
  | { readonly do: 'reply'; readonly peer: number; readonly frames: Buffer[] }
  | { readonly do: 'leave'; readonly peer: number }
  | { readonly do: 'tick'; readonly milliseconds: number };
const peerNumber = fc.nat(7);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant('send' as const), peer: peerNumber, frames: longMessage }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('reply' as const), peer: peerNumber, frames: message }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), peer: peerNumber }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tick' as const), milliseconds: fc.integer({ min: 1, max: 2000 }) }) },
);

test.each(['simple', 'paranoid'] as const)(
  '20,000 messages from eight hostile peers at a %s pirate queue change nothing that they may not',
  { timeout: 120_000 * times },
  async (pattern) => {
    let sent = 0;
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 180, maxLength: 220 }), async (acts) => {
        const world = new World();
        const pirates = new Pirates(world);
        const options = { busyLimit: 500, maxDeliveries: 2, requestExpiry: 1000, deliveryPolicy: 'requeue' } as const;
        const queue = pattern === 'simple' ? await pirates.simpleQueue(options) : await pirates.paranoidQueue(options);
        const worker =
          pattern === 'simple' ? pirates.simpleWorker((request) => request.body) : pirates.paranoidWorker((request) => request.body);
        // Even ones are where workers are, odd ones where clients are.
        const peers = new Map<number, RawPeer>();
        const peerOf = (number: number): RawPeer => {
          const peer = peers.get(number) ?? world.peer(number % 2 === 0 ? BACKEND : FRONTEND);
          peers.set(number, peer);
          return peer;
        };
        for (const one of acts) {
          if (one.do === 'tick') await world.advance(one.milliseconds);
          else if (one.do === 'leave') {
            void peers.get(one.peer)?.close();
            peers.delete(one.peer);
          } else {
            const peer = peerOf(one.peer);
            const request = one.do === 'reply' ? peer.take().findLast((frames) => frames.length > 2) : undefined;
            const address = request?.slice(0, request.indexOf('', 1) + 1) ?? [];
            const frames = [...address, ...one.frames];
            if (frames.length > 0) {
              peer.send(...frames);
              sent++;
            }
          }
          await world.settle();
          const { counters, queued, inFlight, workers, idle } = queue.inspect();
          assert.equal(counters.faults, 0);
          assert.equal(counters.accepted, counters.replied + counters.failed + counters.dropped + queued + inFlight);
          assert.equal(counters.workersRegistered, counters.workersLost + workers.length);
          assert.equal(workers.length, idle + inFlight);
          assert.ok(workers.length <= 1 + 4, 'no more workers than connections');
        }
        for (const peer of peers.values()) void peer.close();
        await world.settle();
        await world.advance(5000);
        const { counters, failures } = queue.inspect();
        for (const [name, count] of Object.entries({ ...counters, ...failures })) if (count > 0) reached.add(name);
        const outcome = new Outcome(pirates.client().request('still there?'));
        await world.settle();
        assert.deepEqual(textsOf(outcome.value?.body), ['still there?']);
        assert.deepEqual({ idle: queue.inspect().idle, state: worker.inspect().state }, { idle: 1, state: 'idle' });
        await world.end();
      }),
      { numRuns: 150 * times, seed },
    );
    expect(sent).toBeGreaterThan(20_000);
    // Otherwise the messages were too hostile to get anywhere.
    for (const depth of ['replied', 'dropped', 'requeued', 'rejected', 'invalid', 'workersLost', 'lateReplies', 'poisoned'])
      expect(reached).toContain(depth);
  },
);
