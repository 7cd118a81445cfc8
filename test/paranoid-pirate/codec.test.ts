/** The Paranoid Pirate's wire against 6/PPP and the Guide's frame tables. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ILLEGIBLE } from '../../src/load-balancer/session.machine.ts';
import { PARANOID_PIRATE_QUEUE, PARANOID_PIRATE_WORKER } from '../../src/paranoid-pirate/codec.ts';
import { encodeEpoch } from '../../src/wire/epoch.ts';
import { encodeHandle } from '../../src/wire/mark.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import { bytesOf } from '../support/world.ts';

const message = (...frames: (string | Buffer)[]): Message => new FramesMessage(frames.map(bytesOf));
const handle = encodeHandle(7, 2);
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const hex = (frames: readonly Buffer[] | undefined): string[] | undefined => frames?.map((frame) => frame.toString('hex'));

describe('what we send', () => {
  test('READY is one frame 0x01, HEARTBEAT one frame 0x02, both ways', () => {
    expect(hex(PARANOID_PIRATE_WORKER.ready)).toEqual(['01']);
    expect(hex(PARANOID_PIRATE_WORKER.heartbeat)).toEqual(['02']);
    expect(hex(PARANOID_PIRATE_QUEUE.heartbeat)).toEqual(['02']);
  });

  test('a request to a worker: handle, delimiter, and the body behind', () => {
    expect(PARANOID_PIRATE_QUEUE.requestToWorker(handle)).toEqual([handle, text('')]);
  });

  test('a reply: the address as it came, and the body', () => {
    const address = [text('client'), text('')];
    expect(PARANOID_PIRATE_WORKER.reply(address, [text('a'), text('b')])).toEqual(['client', '', 'a', 'b'].map(text));
  });

  test('a reply is never one frame, which would be a command', () => {
    expect(PARANOID_PIRATE_WORKER.reply([text('client')], [])).toEqual(['client', ''].map(text));
  });

  test('nobody says goodbye', () => {
    expect([PARANOID_PIRATE_QUEUE.disconnect, PARANOID_PIRATE_WORKER.farewell]).toEqual([undefined, undefined]);
  });
});

test('at the queue: READY of a worker that knows several queues has a mark behind it, and nothing else', () => {
  const decode = (...frames: (string | Buffer)[]): object => PARANOID_PIRATE_QUEUE.decodeAtQueue(message(...frames));
  const mark = encodeEpoch('known', 3);
  expect(decode('\x01', mark)).toEqual({ kind: 'READY' });
  const illegible = { kind: 'REPLY', handle: ILLEGIBLE, body: 2 };
  for (const frames of [
    ['\x01', 'twelve bytes'],
    ['\x02', mark],
    ['\x01', mark, mark],
  ])
    expect(decode(...frames)).toEqual(illegible);
});

const NO_COMMAND = { kind: 'INVALID', reason: 'one frame, but neither READY nor HEARTBEAT' };

describe('at the queue', () => {
  test.each<[what: string, frames: (string | Buffer)[], command: object]>([
    ['READY', ['\x01'], { kind: 'READY' }],
    ['HEARTBEAT', ['\x02'], { kind: 'HEARTBEAT' }],
    ['a reply', [handle, '', 'a', 'b'], { kind: 'REPLY', handle: 7, body: 2 }],
    ['a reply of one byte is not a READY', [handle, '', '\x01'], { kind: 'REPLY', handle: 7, body: 2 }],
    ['a reply to a foreign address', ['\x01abcd', '', 'a'], { kind: 'REPLY', handle: -1, body: 2 }],
    ['a reply without a delimiter', [handle, 'a'], { kind: 'REPLY', handle: ILLEGIBLE, body: 2 }],
    ['a reply without a body', [handle, ''], { kind: 'REPLY', handle: ILLEGIBLE, body: 2 }],
    ['a Simple Pirate’s READY', ['', '\x01'], { kind: 'REPLY', handle: ILLEGIBLE, body: 2 }],
    ['another command', ['\x03'], NO_COMMAND],
    ['a longer one', ['\x01\x01'], NO_COMMAND],
    ['an empty frame', [''], NO_COMMAND],
    ['no frame', [], NO_COMMAND],
  ])('%s', (_what, frames, command) => {
    expect(PARANOID_PIRATE_QUEUE.decodeAtQueue(message(...frames))).toEqual(command);
  });
});

describe('at a worker', () => {
  const request = (address: (string | Buffer)[], attempt: number, quiet: boolean, ...body: string[]): object => ({
    kind: 'REQUEST',
    address: address.map(bytesOf),
    attempt,
    body: body.map(text),
    quiet,
    returnable: false,
  });
  test.each<[what: string, frames: (string | Buffer)[], command: object]>([
    ['HEARTBEAT', ['\x02'], { kind: 'HEARTBEAT' }],
    ['from our queue it says which delivery it is', [handle, '', 'a'], request([handle, ''], 2, false, 'a')],
    ['W12: of several frames', [handle, '', 'a', '', 'b'], request([handle, ''], 2, false, 'a', '', 'b')],
    ['from a foreign queue it is the first, and wants quiet', ['\x01abcd', '', 'a'], request(['\x01abcd', ''], 1, true, 'a')],
    ['behind several addresses', ['one', 'two', '', 'a'], request(['one', 'two', ''], 1, true, 'a')],
    ['W12: from a bare DEALER client', ['client', 'a'], request(['client'], 1, true, 'a')],
    ['without an address', ['', 'a'], request([''], 1, true, 'a')],
    ['READY is no word for a worker', ['\x01'], NO_COMMAND],
    ['one frame', ['word'], NO_COMMAND],
    ['no frame', [], NO_COMMAND],
  ])('%s', (_what, frames, command) => {
    expect(PARANOID_PIRATE_WORKER.decode(message(...frames))).toEqual(command);
  });

  test('whatever the request was, the reply goes back behind the same frames', () => {
    const frame = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(frame, { minLength: 2, maxLength: 8 }), (frames) => {
        const command = PARANOID_PIRATE_WORKER.decode(message(...frames));
        if (command.kind !== 'REQUEST') return;
        expect([...PARANOID_PIRATE_WORKER.reply(command.address, command.body)]).toEqual(frames);
      }),
    );
  });
});
