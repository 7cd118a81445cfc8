/**
 * Hostile frames: whatever bytes arrive, nothing throws, invalid messages change no state, the tables stay within their caps
 * and well-behaved peers are served as if nothing had happened.
 *
 * `SEAWORTHY_SEED` repeats a run; a failure prints the seed and the shortest message that shows it.
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
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import { hostileMessage, NASTY_MESSAGES, type Frames } from './hostile-frames.ts';

const seed = Number(process.env['SEAWORTHY_SEED'] ?? Date.now());

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
    test(`100,000 generated messages ${where}, as frames and packed`, { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(hostileMessage, fc.nat(forms.length - 1), (frames, form) => {
          check((forms[form] as (typeof forms)[number])(frames));
        }),
        { numRuns: 100_000, seed },
      );
    });
    test.each(Object.entries(NASTY_MESSAGES))(`%s ${where}`, (_name, frames) => {
      for (const make of forms) check(make(frames));
    });
  }
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
      if (command.envelope === 1 && isCorrelation(message.frame(0))) assert(timeToLiveOf(message.frame(0)) > 0);
      break;
    case 'REPLY':
      assert(command.handle === -1 || (Number.isInteger(command.handle) && command.handle >= 0));
      if (command.handle >= 0) assert(command.body < message.frameCount);
      break;
    case 'READY':
      assert.equal(command.service, message.text(3));
      assert(command.service.length <= MOST_NAME_BYTES);
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
  assert(command.address.equals(message.frame(3)));
}

function checkAtClient(message: Message): void {
  const command = decodeAtClient(message);
  if (command.kind === 'INVALID') return;
  assert(['REPLY', 'FAILURE'].includes(command.kind));
  assert(Number.isInteger(command.id) && command.id >= -1);
  assert(command.deliveries >= 0);
  if (command.kind === 'REPLY') assert(command.body.length >= 1);
}
