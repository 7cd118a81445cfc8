import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_EPOCH, encodeEpoch, epochMarkIn, isEpochMark, type EpochKind } from '../../src/wire/epoch.ts';
import { encodeHandle } from '../../src/wire/mark.ts';
import { FramesMessage } from '../../src/wire/message.ts';

const kinds = fc.constantFrom<EpochKind>('known', 'served', 'passive');

test('an epoch mark is read as it was written', () => {
  fc.assert(
    fc.property(kinds, fc.integer({ min: 0, max: MOST_EPOCH }), (kind, epoch) => {
      const frame = encodeEpoch(kind, epoch);
      expect(isEpochMark(frame)).toBe(true);
      expect(epochMarkIn(new FramesMessage([frame]), 0)).toEqual({ kind, epoch });
    }),
  );
});

test('the bytes of an epoch mark are S W 02, the kind, and eight bytes of the epoch', () => {
  expect(encodeEpoch('passive', 0x0102_0304).toString('hex')).toBe('535702020000000001020304');
});

test('other bytes are no epoch mark, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const frame = Buffer.from(bytes);
      const mark = epochMarkIn(new FramesMessage([frame]), 0);
      if (mark !== undefined) expect(encodeEpoch(mark.kind, mark.epoch)).toEqual(frame);
    }),
  );
  expect(epochMarkIn(new FramesMessage([encodeHandle(5, 1)]), 0)).toBeUndefined();
  const unknownKind = encodeEpoch('known', 1);
  unknownKind[3] = 9;
  expect(epochMarkIn(new FramesMessage([unknownKind]), 0)).toBeUndefined();
  const tooLarge = encodeEpoch('known', 1);
  tooLarge.writeUIntBE(2 ** 48 - 1, 6, 6);
  tooLarge.writeUIntBE(1, 4, 2);
  expect(epochMarkIn(new FramesMessage([tooLarge]), 0)).toBeUndefined();
});
