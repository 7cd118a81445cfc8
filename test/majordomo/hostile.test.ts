/**
 * Hostile frames: whatever bytes arrive, nothing throws, invalid messages change no state, the tables stay within their caps
 * and well-behaved peers are served as if nothing had happened.
 *
 * `SEAWORTHY_SEED` repeats a run; a failure prints the seed and the shortest message that shows it. `SEAWORTHY_FUZZ=10` sends ten
 * times as much.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import {
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  MOST_ENVELOPE_FRAMES,
  MOST_NAME_BYTES,
  timeToLiveOf,
  isCorrelation,
} from '../../src/majordomo/codec.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { MOST_CREDIT } from '../../src/wire/credit.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import { hostileMessage, NASTY_MESSAGES, type Frames } from './hostile-frames.ts';
import { HostileBroker, HostileWorld } from './hostile-world.ts';

const empty = Buffer.alloc(0);
const seed = Number(process.env['SEAWORTHY_SEED'] ?? Date.now());
const times = Number(process.env['SEAWORTHY_FUZZ'] ?? 1);

describe('the decoders answer to any frames with a command or INVALID, and never throw', () => {
  const forms: readonly ((frames: Frames) => Message)[] = [
    (frames) => new FramesMessage(frames),
    (frames) => new FramesMessage([Buffer.from('routing id'), ...frames], 1),
    (frames) => new FramesMessage(frames).pack(0),
  ];
  const decoders: readonly [where: string, check: (message: Message) => void][] = [
    ['at a broker', checkAtBroker],
    ['at a worker', checkAtWorker],
    ['at a client', checkAtClient],
  ];
  for (const [where, check] of decoders) {
    test(`100,000 generated messages ${where}, as frames and packed`, { timeout: 60_000 * times }, () => {
      fc.assert(
        fc.property(hostileMessage, fc.nat(forms.length - 1), (frames, form) => {
          check((forms[form] as (typeof forms)[number])(frames));
        }),
        { numRuns: 100_000 * times, seed },
      );
    });
    test.each(Object.entries(NASTY_MESSAGES))(`%s ${where}`, (_name, frames) => {
      for (const make of forms) check(make(frames));
    });
  }
});

describe('a broker that serves a worker and a client who behave', () => {
  type Action =
    | { readonly kind: 'send'; readonly peer: number; readonly frames: Frames }
    | { readonly kind: 'reply'; readonly peer: number; readonly frames: Frames }
    | { readonly kind: 'leave'; readonly peer: number }
    | { readonly kind: 'tick'; readonly milliseconds: number };
  const peer = fc.nat(7);
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 40, arbitrary: fc.record({ kind: fc.constant('send' as const), peer, frames: hostileMessage }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('reply' as const), peer, frames: hostileMessage }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), peer }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const), milliseconds: fc.integer({ min: 1, max: 3000 }) }) },
  );

  test('100,000 messages from eight hostile peers change nothing that they may not', { timeout: 240_000 * times }, async () => {
    let sent = 0;
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 260, maxLength: 300 }), async (actions) => {
        const world = await HostileWorld.open({ maxDeliveries: 2 });
        for (const [index, step] of actions.entries()) {
          switch (step.kind) {
            case 'send':
              await world.send(step.peer, step.frames);
              if (step.frames.length > 0) sent++;
              break;
            case 'reply':
              await world.reply(step.peer, step.frames);
              break;
            case 'leave':
              await world.leave(step.peer);
              break;
            case 'tick':
              await world.tick(step.milliseconds);
          }
          world.assertSound();
          if (index % 50 === 0) await world.assertSteady();
        }
        await world.assertSteady();
        const { counters, failures } = world.broker.inspect();
        for (const [name, count] of Object.entries({ ...counters, ...failures })) if (count > 0) reached.add(name);
        await world.assertNothingLeft();
        await world.closeAll();
      }),
      { numRuns: 500 * times, seed },
    );
    assert(sent >= 100_000, `${sent} messages were sent`);
    // Otherwise the messages were too hostile to get anywhere.
    const depths = ['replied', 'failed', 'dropped', 'requeued', 'rejected', 'mmi', 'invalid', 'refused', 'workersLost', 'lateReplies'];
    for (const depth of [...depths, 'queue-full', 'services-full', 'poisoned']) assert(reached.has(depth), `no run reached "${depth}"`);
  });

  test.each(Object.entries(NASTY_MESSAGES))('%s, from a stranger, a client and a worker', async (_name, frames) => {
    const world = await HostileWorld.open();
    const [stranger, client, worker] = [0, 1, 2];
    await world.send(client, [empty, Buffer.from('MDPC01'), Buffer.from('nowhere'), Buffer.from('body')]);
    await world.send(worker, [empty, Buffer.from('MDPW01'), Buffer.of(1), Buffer.from('echo')]);
    for (const sender of [stranger, client, worker]) {
      for (let again = 0; again < 3; again++) await world.send(sender, frames);
      world.assertSound();
      await world.assertSteady();
    }
    assert.equal(world.broker.inspect().counters.faults, 0);
    await world.assertNothingLeft();
    await world.closeAll();
  });

  test('a worker is sent away with its tenth invalid message, and not before', async () => {
    const world = await HostileWorld.open({ maxInvalidMessages: 10 });
    const worker = world.peer(0);
    worker.send([empty, Buffer.from('MDPW01'), Buffer.of(1), Buffer.from('echo')]);
    for (let message = 1; message <= 10; message++) {
      await world.settle();
      assert.equal(world.broker.inspect().workers.length, 2);
      worker.send([Buffer.from('junk')]);
    }
    await world.settle();
    assert.equal(world.broker.inspect().workers.length, 1);
    assert.equal(worker.received.at(-1)?.byteAt(2, 0), 5);
    await world.closeAll();
  });

  test('a peer is a client or a worker, not both: what the other would say is invalid from it', async () => {
    const world = await HostileWorld.open();
    const request = [empty, Buffer.from('MDPC01'), Buffer.from('echo'), Buffer.from('body')];
    const ready = [empty, Buffer.from('MDPW01'), Buffer.of(1), Buffer.from('other')];
    const [client, worker] = [world.peer(0), world.peer(1)];
    client.send(request);
    worker.send(ready);
    await world.settle();
    const { invalid } = world.broker.inspect().counters;
    client.send(ready);
    worker.send(request);
    await world.settle();
    const { counters, services } = world.broker.inspect();
    assert.equal(counters.invalid, invalid + 2);
    assert.deepEqual(
      services.map(({ name, workers, waiting }) => ({ name, workers, waiting })),
      [
        { name: 'steady', workers: 1, waiting: 0 },
        { name: 'echo', workers: 0, waiting: 1 },
        { name: 'other', workers: 1, waiting: 0 },
      ],
    );
    await world.closeAll();
  });
});

describe('a broker that is hostile itself', () => {
  test(
    '20,000 messages to a worker: one request at a time, each answered or discarded, and it is there for the next',
    { timeout: 60_000 * times },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(hostileMessage, { minLength: 100, maxLength: 100 }), async (messages) => {
          const broker = await HostileBroker.open();
          let atWork = 0;
          let most = 0;
          const worker = MajordomoWorker.connect(
            broker.endpoint,
            'echo',
            async ({ body }) => {
              most = Math.max(most, ++atWork);
              // As long as three messages take.
              await broker.time(300);
              atWork--;
              return body;
            },
            { ...broker.ports, maxBodyFrames: 1000 },
          );
          for (const frames of messages) await broker.say(frames);
          await broker.tick(10_000);
          const { counters } = worker.inspect();
          assert.equal(counters.faults, 0);
          assert.equal(counters.requests, counters.replies + counters.repliesDiscarded);
          assert(most <= 1, 'one request at a time');
          await broker.say([empty, Buffer.from('MDPW01'), Buffer.of(2), Buffer.from('address'), empty, Buffer.from('body')]);
          await broker.tick(300);
          assert.deepEqual(broker.heard.at(-1)?.map(String), ['', 'MDPW01', '\x03', 'address', '', 'body']);
          await broker.close(worker);
        }),
        { numRuns: 200 * times, seed },
      );
    },
  );

  test(
    '20,000 messages to a client: each request has one outcome, and a reply is one that was sent',
    { timeout: 60_000 * times },
    async () => {
      const ends = new Set<string>();
      const said = fc.record({ frames: hostileMessage, to: fc.nat(4), answers: fc.nat(20) });
      await fc.assert(
        fc.asyncProperty(fc.array(said, { minLength: 100, maxLength: 100 }), fc.boolean(), async (messages, ours) => {
          const broker = await HostileBroker.open();
          const client = MajordomoClient.connect(broker.endpoint, { ...broker.ports, requestTimeout: 2000, requestRetries: 2 });
          await broker.settle();
          if (ours)
            await broker.say([
              empty,
              Buffer.from('MDPC01'),
              Buffer.from('mmi.seaworthy'),
              Buffer.from('200'),
              Buffer.from('correlation/1'),
            ]);
          else await broker.tick(1000);
          const outcomes: Promise<string>[] = [];
          for (const [index, { frames, to, answers }] of messages.entries()) {
            if (index % 20 === 0) {
              outcomes.push(
                client.request('echo', `question ${index}`).then(
                  (reply) => {
                    const body = Buffer.concat(reply.body);
                    const sent = broker.sent.some((message) => message.some((_frame, at) => Buffer.concat(message.slice(at)).equals(body)));
                    return sent ? 'replied' : 'invented';
                  },
                  (error: unknown) => (error as { code: string }).code,
                ),
              );
              await broker.settle();
            }
            // Some are about something that was asked, and come from where it was asked.
            if (answers === 0) await broker.answer(to, 'MDPC01', frames);
            else if (answers === 1) await broker.answer(to, 'SEAF01', [Buffer.from('poisoned'), Buffer.from('3')]);
            else await broker.say(frames, to);
          }
          await broker.tick(20_000);
          assert.equal(client.inspect().open, 0, 'every request has its outcome');
          assert.equal(client.inspect().counters.faults, 0);
          for (const outcome of await Promise.all(outcomes)) ends.add(outcome);
          await broker.close(client);
        }),
        { numRuns: 200 * times, seed },
      );
      assert.deepEqual([...ends].sort(), ['REQUEST_FAILED', 'REQUEST_TIMED_OUT', 'replied']);
    },
  );
});

/** What is said about a message must be true of it: a caller reads the frames that a command points at. */
function checkAtBroker(message: Message): void {
  const command = decodeAtBroker(message);
  switch (command.kind) {
    case 'CLIENT_REQUEST':
      assert(command.envelope <= MOST_ENVELOPE_FRAMES);
      assert.equal(message.byteLength(command.envelope), 0);
      assert(command.body <= message.frameCount);
      assert.equal(command.service, message.text(command.body - 1));
      assert(command.service.length <= MOST_NAME_BYTES);
      if (command.envelope === 1 && isCorrelation(message, 0)) assert(timeToLiveOf(message, 0) > 0);
      break;
    case 'REPLY':
      assert(command.handle === -1 || (Number.isInteger(command.handle) && command.handle >= 0));
      if (command.handle >= 0) assert(command.body < message.frameCount);
      break;
    case 'READY':
      assert.equal(command.service, message.text(3));
      assert(command.service.length <= MOST_NAME_BYTES);
      assert(command.credit >= 1 && command.credit <= MOST_CREDIT);
      break;
    case 'FAILURE':
      assert(command.handle === -1 || (Number.isInteger(command.handle) && command.handle >= 0));
      break;
    case 'CREDIT':
      assert(command.credit >= 0 && command.credit <= MOST_CREDIT);
      break;
    default:
      assert(['HEARTBEAT', 'DISCONNECT', 'INVALID'].includes(command.kind));
  }
}

function checkAtWorker(message: Message): void {
  const command = decodeAtWorker(message);
  if (command.kind !== 'REQUEST') {
    assert(['HEARTBEAT', 'DISCONNECT', 'INVALID'].includes(command.kind));
    return;
  }
  assert(command.attempt >= 1);
  assert(command.body.length >= 1);
  assert.equal(command.body.length, message.frameCount - 5);
  assert(command.address[0]?.equals(message.frame(3)));
}

function checkAtClient(message: Message): void {
  const command = decodeAtClient(message);
  if (command.kind === 'INVALID') return;
  assert(['REPLY', 'FAILURE'].includes(command.kind));
  assert(Number.isInteger(command.id) && command.id >= -1);
  assert(command.deliveries >= 0);
  if (command.kind === 'REPLY') assert(command.body.length >= 1);
}
