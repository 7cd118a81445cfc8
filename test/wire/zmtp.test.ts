/** ZMTP as bytes: what goes out comes in again, however it is cut; and whatever comes in, nothing is thrown and little is kept. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import {
  decodeCommand,
  decodeGreeting,
  encodedLength,
  encodeError,
  encodeGreeting,
  encodeHeader,
  encodeHello,
  encodeMessage,
  encodePing,
  encodePong,
  encodeProperties,
  encodeSubscribe,
  GREETING_BYTES,
  greetingFault,
  WELCOME,
  ZmtpReader,
  type ReaderLimits,
  type WireMessage,
} from '../../src/wire/zmtp.ts';

const LIMITS: ReaderLimits = { frameBytes: 100_000, messageBytes: 200_000, frames: 50 };

type Heard = { readonly message: readonly Buffer[] } | { readonly command: Buffer };

class Ear {
  readonly heard: Heard[] = [];
  readonly reader: ZmtpReader;
  /** Whether it stops after every message. */
  hesitant = false;

  constructor(limits: ReaderLimits = LIMITS) {
    this.reader = new ZmtpReader(limits);
  }

  message(message: WireMessage): void {
    this.heard.push({ message: framesOf(message) });
    if (this.hesitant) this.reader.stop();
  }

  command(body: Buffer): void {
    this.heard.push({ command: Buffer.from(body) });
  }

  take(...chunks: readonly Buffer[]): Heard[] {
    for (const chunk of chunks) {
      this.reader.push(Buffer.from(chunk));
      this.reader.read(this);
    }
    return this.heard;
  }
}

const framesOf = (message: Message): Buffer[] =>
  Array.from({ length: message.frameCount }, (_, index) => Buffer.from(message.frame(index)));

function encoded(...frames: readonly Buffer[]): Buffer {
  const bytes = Buffer.alloc(encodedLength(frames));
  expect(encodeMessage(bytes, 0, frames)).toBe(bytes.length);
  return bytes;
}

/** `bytes` in pieces of these lengths, again and again. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length] as number);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const frame = fc
  .oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 250, maxLength: 262 }))
  .map((bytes) => Buffer.from(bytes));
const message = fc.array(frame, { minLength: 1, maxLength: 6 });

describe('greetings', () => {
  test('are 64 bytes, as the specification draws them', () => {
    const greeting = encodeGreeting('NULL', false);
    expect(greeting).toHaveLength(GREETING_BYTES);
    expect(greeting.toString('hex')).toBe(`ff00000000000000007f03014e554c4c${'00'.repeat(48)}`);
    expect(encodeGreeting('PLAIN', true)[32]).toBe(1);
    expect(decodeGreeting(encodeGreeting('PLAIN', true))).toEqual({ minor: 1, mechanism: 'PLAIN', asServer: true });
  });

  test('of 3.0 and of a version to come are understood', () => {
    const [older, newer] = [encodeGreeting('NULL', false), encodeGreeting('NULL', false)];
    older[11] = 0;
    newer[10] = 4;
    newer[11] = 0;
    expect([older, newer].map((each) => [greetingFault(each), decodeGreeting(each).minor])).toEqual([
      [undefined, 0],
      [undefined, 1],
    ]);
  });

  test('of ZMTP 2.0 and 1.0, and of everything else, are faults as soon as that can be told', () => {
    const two = Buffer.from('ff00000000000000017f01', 'hex');
    const one = Buffer.from('0100', 'hex');
    expect(greetingFault(two)).toBe('ZMTP 2.0 is not spoken here');
    expect(greetingFault(Buffer.from('ff00000000000000017f00', 'hex'))).toBe('ZMTP 1.0 is not spoken here');
    for (const bytes of [one, Buffer.from('GET / HTTP/1.1\r\n'), Buffer.from('\x16\x03\x01'), Buffer.from('ff000000000000000100', 'hex')])
      expect(greetingFault(bytes)).toBe('this is not ZMTP, or ZMTP 1.0');
  });

  test('have no fault while they come', () => {
    const greeting = encodeGreeting('NULL', false);
    for (let length = 0; length <= greeting.length; length++) expect(greetingFault(greeting.subarray(0, length))).toBeUndefined();
  });
});

describe('messages', () => {
  test('have short and long frames, as the specification draws them', () => {
    expect(encoded(Buffer.from('a'), Buffer.alloc(0)).toString('hex')).toBe('0101610000');
    expect(encoded(Buffer.alloc(256, 1)).subarray(0, 9).toString('hex')).toBe('020000000000000100');
    expect(encodeHeader(255, true).toString('hex')).toBe('01ff');
    expect(encodeHeader(256, true).toString('hex')).toBe('030000000000000100');
  });

  test('arrive as they were sent, wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
        (messages, lengths) => {
          const bytes = Buffer.concat(messages.map((frames) => encoded(...frames)));
          const ear = new Ear();
          expect(ear.take(...cut(bytes, lengths))).toEqual(messages.map((frames) => ({ message: frames })));
          expect([ear.reader.fault, ear.reader.held]).toEqual([undefined, 0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('arrive as they were sent, cut at every byte', () => {
    const messages = [[Buffer.from('one')], [Buffer.alloc(0), Buffer.alloc(300, 7), Buffer.from('end')], [Buffer.alloc(0)]];
    const bytes = Buffer.concat([...messages.map((frames) => encoded(...frames)), encodePing(0), encoded(Buffer.from('last'))]);
    const whole = new Ear().take(bytes);
    expect(whole).toHaveLength(5);
    for (let at = 0; at <= bytes.length; at++) expect(new Ear().take(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
    expect(new Ear().take(...cut(bytes, [1]))).toEqual(whole);
  });

  test('may have commands between their frames', () => {
    const bytes = Buffer.concat([encodeHeader(1, true), Buffer.from('a'), encodePing(0), encodeHeader(1, false), Buffer.from('b')]);
    for (const lengths of [[1], [3], [1000]]) {
      const ear = new Ear();
      const heard = ear.take(...cut(bytes, lengths), encoded(Buffer.from('next')));
      expect(heard.map((each) => ('message' in each ? each.message.join('|') : 'command'))).toEqual(['command', 'a|b', 'next']);
    }
  });

  test('wait when the reader is told to stop, and come in order later', () => {
    const ear = new Ear();
    ear.hesitant = true;
    const bytes = Buffer.concat(['one', 'two', 'three'].map((text) => encoded(Buffer.from(text), Buffer.from('!'))));
    ear.take(...cut(bytes, [7]));
    while (ear.reader.held > 0) ear.reader.read(ear);
    expect(ear.heard.map((each) => ('message' in each ? each.message.join('') : ''))).toEqual(['one!', 'two!', 'three!']);
  });

  test('are sent on in one piece, or behind other frames, from any frame on', () => {
    fc.assert(
      fc.property(message, message, fc.nat(6), fc.boolean(), (head, frames, from, interrupted) => {
        const at = Math.min(from, frames.length);
        const expected = [...head, ...frames.slice(at)];
        const last = frames.length - 1;
        const parts = frames.flatMap((each, index) => [
          ...(interrupted && index > 0 ? [encodePing(0)] : []),
          encodeHeader(each.length, index < last),
          each,
        ]);
        const reader = new ZmtpReader(LIMITS);
        reader.push(Buffer.concat(parts));
        let sent: Buffer | undefined;
        reader.read({
          message: (received) => {
            for (const tail of [received, received.retain(), received.pack(0), new FramesMessage(frames)]) {
              const bytes = Buffer.alloc(encodedLength(head, tail, at));
              expect(encodeMessage(bytes, 0, head, tail, at)).toBe(bytes.length);
              sent ??= bytes;
              expect(bytes).toEqual(sent);
            }
          },
          command: () => undefined,
        });
        expect(new Ear().take(sent as Buffer)).toEqual([{ message: expected }]);
      }),
      { numRuns: 300 },
    );
  });

  test('are views: what is kept of one stays when the next has come', () => {
    const kept: Message[] = [];
    const reader = new ZmtpReader(LIMITS);
    const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    const bytes = Buffer.concat(texts.map((text) => encoded(Buffer.from(text), Buffer.alloc(200, 1))));
    for (const chunk of cut(bytes, [333])) {
      reader.push(chunk);
      reader.read({ message: (each) => kept.push(each.retain(), each.pack(0)), command: () => undefined });
    }
    expect(kept.map((each) => each.text(0))).toEqual(texts.flatMap((text) => [text, text]));
    expect(kept[0]?.equals(0, Buffer.from('message 0'))).toBe(true);
    expect(kept[0]?.equals(0, Buffer.from('message 1'))).toBe(false);
    expect(kept[0]?.byteAt(1, 199)).toBe(1);
  });
});

describe('limits', () => {
  const over = (limits: Partial<ReaderLimits>, ...chunks: readonly Buffer[]): unknown => {
    const ear = new Ear({ ...LIMITS, ...limits });
    ear.take(...chunks);
    return ear.reader.fault;
  };

  test('of a frame are judged by its header, before anything is kept for it', () => {
    expect(over({ frameBytes: 10 }, encodeHeader(11, false))).toEqual({ kind: 'limit', reason: 'a frame of 11 bytes; 10 are allowed' });
    expect(over({ frameBytes: 10 }, encoded(Buffer.alloc(10)))).toBeUndefined();
    expect(over({ frameBytes: Infinity, messageBytes: Infinity }, Buffer.from('02ffffffffffffffff', 'hex'))).toBeUndefined();
    expect(over({}, Buffer.from('02ffffffffffffffff', 'hex'))).toMatchObject({ kind: 'limit' });
  });

  test('of a message count all its frames', () => {
    const frames = Array.from({ length: 4 }, () => Buffer.alloc(5));
    expect(over({ messageBytes: 19 }, encoded(...frames))).toMatchObject({ kind: 'limit' });
    expect(over({ messageBytes: 20 }, encoded(...frames), encoded(...frames))).toBeUndefined();
    expect(over({ frames: 3 }, encoded(...frames))).toMatchObject({ kind: 'limit' });
    expect(over({ frames: 4 }, encoded(...frames), encoded(...frames))).toBeUndefined();
  });

  test('of a command are narrow', () => {
    expect(over({}, Buffer.from('060000000000010001', 'hex'))).toMatchObject({ kind: 'limit' });
  });

  test('a message without an end costs no more than the limit', () => {
    const ear = new Ear({ frameBytes: 1000, messageBytes: 10_000, frames: 1000 });
    for (let i = 0; i < 100; i++) ear.take(encodeHeader(1000, true), Buffer.alloc(1000));
    expect(ear.reader.fault).toMatchObject({ kind: 'limit' });
    expect(ear.reader.held).toBe(0);
  });

  test('nor does one with commands without an end between its frames', () => {
    const ear = new Ear({ frameBytes: 1000, messageBytes: 10_000, frames: 1000 });
    ear.take(encodeHeader(1, true), Buffer.alloc(1));
    for (let i = 0; i < 5000; i++) ear.take(encodePing(0));
    expect(ear.reader.fault).toMatchObject({ kind: 'limit' });
  });

  test('reserved flags and commands in several frames are faults', () => {
    expect(over({}, Buffer.from('0800', 'hex'))).toMatchObject({ kind: 'protocol' });
    expect(over({}, Buffer.from('0500', 'hex'))).toMatchObject({ kind: 'protocol' });
  });

  test('after a fault nothing is read any more', () => {
    const ear = new Ear();
    expect(ear.take(Buffer.from('0800', 'hex'), encoded(Buffer.from('late')))).toEqual([]);
  });
});

describe('commands', () => {
  const decoded = (whole: Buffer): unknown => {
    const [heard] = new Ear().take(whole);
    return decodeCommand((heard as { command: Buffer }).command);
  };

  test('say what they were made of', () => {
    expect(decoded(encodeProperties('READY', { 'Socket-Type': 'ROUTER', Identity: 'é' }))).toEqual({
      kind: 'READY',
      properties: new Map([
        ['socket-type', Buffer.from('ROUTER')],
        ['identity', Buffer.from('é')],
      ]),
    });
    expect(decoded(encodeError('no'))).toEqual({ kind: 'ERROR', reason: 'no' });
    expect(decoded(encodePing(1234))).toEqual({ kind: 'PING', ttl: 1300, context: Buffer.alloc(0) });
    expect(decoded(encodePong(Buffer.from('ctx')))).toEqual({ kind: 'PONG', context: Buffer.from('ctx') });
    expect(decoded(encodeSubscribe(Buffer.from('a')))).toEqual({ kind: 'SUBSCRIBE', topic: Buffer.from('a') });
    expect(decoded(encodeHello('me', 'secret'))).toEqual({ kind: 'HELLO', user: 'me', password: 'secret' });
    expect(decoded(WELCOME)).toEqual({ kind: 'WELCOME' });
    expect(decodeCommand(Buffer.from('\x03NEW'))).toEqual({ kind: 'UNKNOWN', name: 'NEW' });
  });

  test('as bytes are those of the specification', () => {
    expect(encodeProperties('READY', { 'Socket-Type': 'REQ' }).toString('latin1')).toBe('\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REQ');
    expect(encodePing(10_000).toString('latin1')).toBe('\x04\x07\x04PING\0\x64');
  });

  test('cut short are invalid, and never throw', () => {
    const whole = [encodeProperties('READY', { a: 'b' }), encodeError('why'), encodePing(100), encodeHello('user', 'word')];
    for (const body of whole.map((each) => each.subarray(2)))
      for (let length = 0; length < body.length; length++)
        expect(['INVALID', 'UNKNOWN', 'READY', 'PING']).toContain(decodeCommand(body.subarray(0, length)).kind);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeCommand(Buffer.from(bytes))),
      { numRuns: 5000 },
    );
  });

  test('a peer’s reason goes into logs without control characters', () => {
    expect(decodeCommand(Buffer.from('\x05ERROR\x04a\x1b\nb'))).toEqual({ kind: 'ERROR', reason: 'a??b' });
  });
});

describe('whatever comes', () => {
  test('nothing is thrown, and no more is kept than the limits say', () => {
    const limits: ReaderLimits = { frameBytes: 500, messageBytes: 1000, frames: 10 };
    // A message with its headers, and the chunk that was read last.
    const most = limits.messageBytes + limits.frames * 9 + 90;
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      message.map((frames) => encoded(...frames)),
      fc.tuple(fc.nat(8), fc.nat(600)).map(([flags, length]) => Buffer.concat([Buffer.from([flags & 7]), Buffer.alloc(length, 1)])),
      fc.constant(encodePing(5)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 }),
        (pieces, lengths) => {
          const ear = new Ear(limits);
          for (const chunk of cut(Buffer.concat(pieces), lengths)) {
            ear.take(chunk);
            expect(ear.reader.held).toBeLessThanOrEqual(most);
          }
          for (const each of ear.heard) if ('command' in each) decodeCommand(each.command);
        },
      ),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3000) },
    );
  });
});

describe('of a large chunk', () => {
  const small = [Buffer.from('to'), Buffer.alloc(64, 7)];
  const chunkOf = (count: number, ...frames: readonly Buffer[]): Buffer =>
    Buffer.concat(Array.from({ length: count }, () => encoded(...frames)));
  const [thousand, large, few] = [chunkOf(1000, ...small), chunkOf(1, Buffer.alloc(50_000, 1)), chunkOf(10, ...small)];

  /** What is kept of each message in `chunk`. */
  function kept<T>(chunk: Buffer, keep: (message: WireMessage) => T): T[] {
    const all: T[] = [];
    const reader = new ZmtpReader({ frameBytes: Infinity, messageBytes: Infinity, frames: 10 });
    reader.push(chunk);
    reader.read({ message: (each) => void all.push(keep(each)), command: () => undefined });
    return all;
  }
  const memoryOf = (message: Message): unknown => (message as WireMessage).bytes.buffer;

  test('whoever keeps a small frame does not keep the memory; a large one is not copied', () => {
    const frames = kept(thousand, (each) => each.frame(1));
    expect(frames).toEqual(Array.from({ length: 1000 }, () => small[1]));
    for (const { buffer } of frames) expect(buffer).not.toBe(thousand.buffer);
    expect(kept(large, (each) => each.frame(0).buffer)).toEqual([large.buffer]);
  });

  test('whoever keeps a small message does not keep the memory, but little that few others share', () => {
    const messages = kept(thousand, (each) => each.retain());
    for (const each of messages) {
      expect(framesOf(each)).toEqual(small);
      const sentOn = Buffer.alloc(encodedLength([], each, 1));
      encodeMessage(sentOn, 0, [], each, 1);
      expect(sentOn).toEqual(encoded(...small.slice(1)));
      expect((memoryOf(each) as ArrayBuffer).byteLength).toBe(8192);
    }
    expect(new Set(messages.map(memoryOf)).size).toBeGreaterThan((1000 * 70) / 8192);
    const middling = chunkOf(20, Buffer.alloc(3000, 1));
    for (const each of kept(middling, (message) => message.retain())) expect((memoryOf(each) as ArrayBuffer).byteLength).toBe(3009);
  });

  test('a message is kept as it was, though a command came in the middle of it', () => {
    const one = Buffer.concat([encodeHeader(2, true), Buffer.from('to'), encodePing(0), encodeHeader(2, false), Buffer.from('do')]);
    const all = kept(Buffer.concat(Array.from({ length: 2000 }, () => one)), (each) => each.retain());
    expect(all.map((each) => framesOf(each).join(' '))).toEqual(Array.from({ length: 2000 }, () => 'to do'));
  });

  test('a large message is not copied, nor one of a chunk that is small itself', () => {
    for (const chunk of [large, few])
      for (const each of kept(chunk, (message) => message.retain())) expect(memoryOf(each)).toBe(chunk.buffer);
  });
});
