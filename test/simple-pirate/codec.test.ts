/** The Simple Pirate's wire against the Guide's frame tables. Workers are REQ sockets: all of it begins with an empty delimiter. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ILLEGIBLE } from '../../src/load-balancer/session.machine.ts';
import { SIMPLE_PIRATE_QUEUE, SIMPLE_PIRATE_WORKER } from '../../src/simple-pirate/codec.ts';
import { encodeEpoch } from '../../src/wire/epoch.ts';
import { encodeHandle } from '../../src/wire/mark.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import { bytesOf } from '../support/world.ts';

const message = (...frames: (string | Buffer)[]): Message => new FramesMessage(frames.map(bytesOf));
const handle = encodeHandle(7, 2);
const text = (value: string): Buffer => Buffer.from(value, 'latin1');

describe('what we send', () => {
  test('READY is an empty delimiter and 0x01', () => {
    expect(SIMPLE_PIRATE_WORKER.ready.map((frame) => frame.toString('hex'))).toEqual(['', '01']);
  });

  test('a request to a worker: delimiter, handle, delimiter, and the body behind', () => {
    expect(SIMPLE_PIRATE_QUEUE.requestToWorker(handle)).toEqual([text(''), handle, text('')]);
  });

  test('a reply: delimiter, the address as it came, and the body', () => {
    const address = [text('client'), text('')];
    expect(SIMPLE_PIRATE_WORKER.reply(address, [text('a'), text('b')])).toEqual(['', 'client', '', 'a', 'b'].map(text));
  });

  test('a reply without a body is one empty frame', () => {
    expect(SIMPLE_PIRATE_WORKER.reply([text('client'), text('')], [])).toEqual(['', 'client', '', ''].map(text));
  });

  test('there are no heartbeats and no farewell', () => {
    const { heartbeat, disconnect } = SIMPLE_PIRATE_QUEUE;
    const { heartbeat: ofWorker, farewell } = SIMPLE_PIRATE_WORKER;
    expect([heartbeat, disconnect, ofWorker, farewell]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('at the queue', () => {
  const NO_REQ = { kind: 'INVALID', reason: 'not what a REQ socket sends' };
  const NO_COMMAND = { kind: 'INVALID', reason: 'neither READY nor a reply' };
  test.each<[what: string, frames: (string | Buffer)[], command: object]>([
    ['READY', ['', '\x01'], { kind: 'READY' }],
    ['READY of a worker that knows several queues', ['', '\x01', encodeEpoch('known', 3)], { kind: 'READY' }],
    ['READY and a frame that is no mark', ['', '\x01', 'twelve bytes'], { kind: 'REPLY', handle: ILLEGIBLE, body: 3 }],
    ['READY in words, as the Guide’s first brokers have it', ['', 'READY'], { kind: 'READY' }],
    ['a reply', ['', handle, '', 'a', 'b'], { kind: 'REPLY', handle: 7, body: 3 }],
    ['a reply to a foreign address', ['', '\x01abcd', '', 'a'], { kind: 'REPLY', handle: -1, body: 3 }],
    ['a reply without a delimiter', ['', handle, 'a'], { kind: 'REPLY', handle: ILLEGIBLE, body: 3 }],
    ['a reply without a body', ['', handle, ''], { kind: 'REPLY', handle: ILLEGIBLE, body: 3 }],
    ['a Paranoid Pirate’s READY', ['\x01'], NO_REQ],
    ['a Paranoid Pirate’s reply', [handle, '', 'a'], NO_REQ],
    ['a heartbeat', ['', '\x02'], NO_COMMAND],
    ['one word', ['', 'word'], NO_COMMAND],
    ['nothing', [''], NO_REQ],
  ])('%s', (_what, frames, command) => {
    expect(SIMPLE_PIRATE_QUEUE.decodeAtQueue(message(...frames))).toEqual(command);
  });
});

describe('at a worker', () => {
  const request = (address: (string | Buffer)[], attempt: number, ...body: string[]): object => ({
    kind: 'REQUEST',
    address: address.map(bytesOf),
    attempt,
    body: body.map(text),
    quiet: false,
    returnable: false,
  });
  test.each<[what: string, frames: (string | Buffer)[], command: object]>([
    ['from our queue it says which delivery it is', ['', handle, '', 'a', 'b'], request([handle, ''], 2, 'a', 'b')],
    ['from a foreign queue it is the first', ['', '\x01abcd', '', 'a'], request(['\x01abcd', ''], 1, 'a')],
    ['behind several addresses', ['', 'one', 'two', '', 'a'], request(['one', 'two', ''], 1, 'a')],
    ['from a bare DEALER client', ['', 'client', 'a'], request(['client'], 1, 'a')],
    ['with an empty body', ['', 'client', '', ''], request(['client', ''], 1, '')],
    ['not a request', ['', 'client'], { kind: 'INVALID', reason: 'not a request' }],
    ['without a delimiter in front', ['client', '', 'a'], { kind: 'INVALID', reason: 'not a request' }],
  ])('%s', (_what, frames, command) => {
    expect(SIMPLE_PIRATE_WORKER.decode(message(...frames))).toEqual(command);
  });

  test('whatever the request was, the reply goes back behind the same frames', () => {
    const frame = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(frame, { minLength: 2, maxLength: 8 }), (frames) => {
        const command = SIMPLE_PIRATE_WORKER.decode(message('', ...frames));
        if (command.kind !== 'REQUEST') return;
        expect([...SIMPLE_PIRATE_WORKER.reply(command.address, command.body)]).toEqual([Buffer.alloc(0), ...frames]);
      }),
    );
  });
});
