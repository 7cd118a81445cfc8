import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokenInvariant } from '../../src/core/errors.ts';
import { FramesMessage, framesOf, type Message } from '../../src/wire/message.ts';

const buffer = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const frames = fc.array(buffer, { maxLength: 12 });

/** Everything that can be seen of a message. */
function seen(message: Message): unknown {
  return Array.from({ length: message.frameCount }, (_, index) => {
    const frame = message.frame(index);
    return {
      bytes: [...frame],
      length: message.byteLength(index),
      text: message.text(index),
      each: Array.from({ length: message.byteLength(index) }, (__, offset) => message.byteAt(index, offset)),
      equalsItself: message.equals(index, Buffer.from(frame)),
    };
  });
}

describe('a message of frames', () => {
  test('leaves out the frames to skip', () => {
    const message = new FramesMessage(
      ['id', 'one', ''].map((text) => Buffer.from(text)),
      1,
    );
    expect(message.frameCount).toBe(2);
    expect([message.text(0), message.text(1)]).toEqual(['one', '']);
    expect([message.byteLength(0), message.byteLength(1)]).toEqual([3, 0]);
    expect(message.byteAt(0, 2)).toBe('e'.charCodeAt(0));
  });

  test('tells equal frames from others, also from longer ones that begin alike', () => {
    const message = new FramesMessage([Buffer.from('MDPC01')]);
    expect(message.equals(0, Buffer.from('MDPC01'))).toBe(true);
    expect(message.equals(0, Buffer.from('MDPC0'))).toBe(false);
    expect(message.equals(0, Buffer.from('MDPC012'))).toBe(false);
    expect(message.equals(0, Buffer.from('MDPW01'))).toBe(false);
  });

  test('reads names as latin-1: one character for each byte', () => {
    expect(new FramesMessage([Buffer.from([0x65, 0xe9, 0xff, 0x00])]).text(0)).toBe('eéÿ\u0000');
  });
});

describe('a packed message', () => {
  test('shows exactly the frames it was packed from, from whichever frame on', () => {
    fc.assert(
      fc.property(frames, fc.nat({ max: 3 }), fc.nat({ max: 14 }), (all, skip, from) => {
        const message = new FramesMessage(all, Math.min(skip, all.length));
        const packed = message.pack(from);
        const rest = new FramesMessage(all.slice(Math.min(all.length, Math.min(skip, all.length) + from)));
        expect(seen(packed)).toEqual(seen(rest));
        expect(packed.frameCount).toBe(rest.frameCount);
      }),
    );
  });

  test('can be packed again, from any frame on', () => {
    fc.assert(
      fc.property(frames, fc.nat({ max: 6 }), fc.nat({ max: 6 }), (all, first, second) => {
        expect(seen(new FramesMessage(all).pack(first).pack(second))).toEqual(seen(new FramesMessage(all.slice(first + second))));
      }),
    );
  });

  test('is a copy: what becomes of the received memory does not reach it', () => {
    fc.assert(
      fc.property(frames, (all) => {
        const before = seen(new FramesMessage(all.map((frame) => Buffer.from(frame))));
        const packed = new FramesMessage(all).pack(0);
        for (const frame of all) frame.fill(0xaa);
        expect(seen(packed)).toEqual(before);
      }),
    );
  });

  test('stays what it was while others are packed before and after it', () => {
    fc.assert(
      fc.property(fc.array(frames, { minLength: 2, maxLength: 60 }), (messages) => {
        const packed = messages.map((each) => new FramesMessage(each).pack(0));
        expect(packed.map(seen)).toEqual(messages.map((each) => seen(new FramesMessage(each))));
      }),
      { numRuns: 30 },
    );
  });

  test('and a retained one stay what they were', () => {
    fc.assert(
      fc.property(frames, (all) => {
        const message = new FramesMessage(all);
        expect(seen(message.retain())).toEqual(seen(message));
        expect(seen(message.pack(0).retain())).toEqual(seen(message));
      }),
    );
  });

  test('refuses to show a frame that it does not have', () => {
    const packed = new FramesMessage([Buffer.from('only')]).pack(0);
    for (const read of [() => packed.frame(1), () => packed.text(1), () => packed.byteLength(7), () => packed.byteAt(1, 0)]) {
      expect(read).toThrow(BrokenInvariant);
    }
  });

  test('holds frames of many lengths in one allocation', () => {
    const large = Buffer.alloc(100_000, 'x');
    const packed = new FramesMessage([Buffer.alloc(0), large, Buffer.from('end')]).pack(0);
    expect(packed.frame(1).equals(large)).toBe(true);
    expect(packed.frame(1).buffer).toBe(packed.frame(2).buffer);
  });
});

describe('frames of a caller', () => {
  test('may be one text, one byte array, or several of either', () => {
    expect(framesOf('é')).toEqual([Buffer.from([0xc3, 0xa9])]);
    expect(framesOf(new Uint8Array([1, 2]))).toEqual([Buffer.from([1, 2])]);
    expect(framesOf(['a', new Uint8Array([7]), Buffer.from('b')])).toEqual([Buffer.from('a'), Buffer.from([7]), Buffer.from('b')]);
    expect(framesOf([])).toEqual([]);
    expect(framesOf('')).toEqual([Buffer.alloc(0)]);
  });

  test('are copied: the caller may go on using its byte arrays', () => {
    const mine = new Uint8Array([1, 2, 3]);
    const [frame] = framesOf(mine);
    mine.fill(0);
    expect([...(frame as Buffer)]).toEqual([1, 2, 3]);
  });

  test('that are a view of larger memory show only that part', () => {
    const view = new Uint8Array(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2);
    expect([...(framesOf(view)[0] as Buffer)]).toEqual([1, 2]);
  });
});
