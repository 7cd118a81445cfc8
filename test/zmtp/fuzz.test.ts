/** A part of what `npm run prove` plays a million of. */
import { afterEach, expect, test, vi } from 'vitest';
import { ZmtpReader } from '../../src/wire/zmtp.ts';
import { Outbox } from '../../src/transport/zmtp/outbox.ts';
import { fuzz, KINDS, MOST_BYTES, type Kind } from './fuzz.ts';

const INPUTS = Number(process.env['FUZZ_RUNS'] ?? 20_000);

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(KINDS)('nothing that comes to a connection harms it, nor depends on how it is cut: %s', async (kind) => {
  const { inputs, mostKept } = await fuzz(INPUTS, 'test', [kind]);
  expect(inputs[kind]).toBeGreaterThan(INPUTS / 500 - 1);
  expect(mostKept).toBeLessThanOrEqual(MOST_BYTES);
});

/** Each is a bug that a connection might have. */
const BUGS: readonly (readonly [string, Kind, () => void, RegExp])[] = [
  [
    'bytes at the end of a chunk are forgotten',
    'cut',
    () => {
      const { push } = ZmtpReader.prototype as { push: (this: ZmtpReader, chunk: Buffer) => void };
      vi.spyOn(ZmtpReader.prototype, 'push').mockImplementation(function (this: ZmtpReader, chunk) {
        push.call(this, chunk.length > 100 ? chunk.subarray(0, -1) : chunk);
      });
    },
    /heard/,
  ],
  [
    'commands wait without a limit',
    'endless',
    () => {
      vi.spyOn(Outbox.prototype, 'commandBytes', 'get').mockReturnValue(0);
    },
    /bytes are kept/,
  ],
  [
    'the reader of a connection that has ended goes on',
    'mutated',
    () => {
      for (const method of ['stop', 'forget'] as const) vi.spyOn(ZmtpReader.prototype, method).mockReturnValue(undefined);
    },
    /./,
  ],
];

test.each(BUGS)('the fuzzer finds it when %s', async (_what, kind, plant, complaint) => {
  plant();
  await expect(fuzz(50_000, 'planted', [kind])).rejects.toThrow(complaint);
});
