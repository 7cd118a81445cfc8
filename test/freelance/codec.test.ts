/** The frames of the three Freelance models: those of 10/FLP and of the Guide's clients and servers, and everything else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { controlFrame, decodeAtClient, decodeAtServer, FREELANCE_MODELS, requestToServer } from '../../src/freelance/codec.ts';
import { FramesMessage, PackedMessage, type Message } from '../../src/wire/message.ts';

const frame = (text: string): Buffer => Buffer.from(text, 'latin1');
const message = (...frames: (string | Buffer)[]): Message =>
  new FramesMessage(frames.map((each) => (typeof each === 'string' ? frame(each) : each)));
const id = 2 ** 48 - 1;
const control = controlFrame(id);

describe('a client decodes', () => {
  test('a PONG, which is no reply whatever anybody waits for', () => {
    expect(decodeAtClient('addressed', message('PONG'))).toEqual({ kind: 'PONG' });
    for (const model of FREELANCE_MODELS) expect(decodeAtClient(model, message('PONG', 'PONG', 'PONG'))).toEqual({ kind: 'INVALID' });
    expect(decodeAtClient('sequential', message('PONG'))).toEqual({ kind: 'INVALID' });
    expect(decodeAtClient('shotgun', message('PONG'))).toEqual({ kind: 'INVALID' });
  });

  test('replies by the number in the control frame', () => {
    const body = [frame('OK'), frame('')];
    expect(decodeAtClient('addressed', message(control, 'OK', ''))).toEqual({ kind: 'REPLY', id, body });
    expect(decodeAtClient('sequential', message(control, '', 'OK', ''))).toEqual({ kind: 'REPLY', id, body });
    expect(decodeAtClient('shotgun', message('', control, 'OK', ''))).toEqual({ kind: 'REPLY', id, body });
  });

  test.each([
    ['a control frame alone', [control], [control, ''], ['', control]],
    ['another control frame', ['1', 'OK'], ['1', '', 'OK'], ['', '1', 'OK']],
    [
      'a mark of another kind',
      ['SW\x01\0\0\0\0\0\0\0\0\x01', 'OK'],
      ['SW\x02\0\0\0\0\0\0\0\0\x01', '', 'OK'],
      ['', 'SW\x03\x01\0\0\0\0\0\0\0\x01', 'OK'],
    ],
    ['nothing', [''], [''], ['']],
    ['a reply of another model', ['', control, 'OK'], ['', control, 'OK'], [control, '', 'OK']],
  ])('as invalid: %s', (_what, addressed, sequential, shotgun) => {
    expect(decodeAtClient('addressed', message(...addressed))).toEqual({ kind: 'INVALID' });
    expect(decodeAtClient('sequential', message(...sequential))).toEqual({ kind: 'INVALID' });
    expect(decodeAtClient('shotgun', message(...shotgun))).toEqual({ kind: 'INVALID' });
  });
});

describe('a server decodes', () => {
  test('PING by its one frame; a request whose control frame reads PING is a request', () => {
    expect(decodeAtServer('addressed', message('PING'))).toEqual({ kind: 'PING' });
    expect(decodeAtServer('addressed', message('PING', 'body'))).toEqual({ kind: 'REQUEST', body: 1 });
    expect(decodeAtServer('addressed', message('ping'))).toEqual({ kind: 'INVALID' });
    expect(decodeAtServer('addressed', message(''))).toEqual({ kind: 'INVALID' });
  });

  test('the requests of the Guide’s clients: flclient1 (REQ), flclient2 (a sequence), flclient3 (a control frame)', () => {
    expect(decodeAtServer('sequential', message('', 'random name'))).toEqual({ kind: 'REQUEST', body: 1 });
    expect(decodeAtServer('shotgun', message('', '1', 'random name'))).toEqual({ kind: 'REQUEST', body: 2 });
    expect(decodeAtServer('addressed', message('1', 'random name'))).toEqual({ kind: 'REQUEST', body: 1 });
  });

  test('as invalid: no delimiter, no body', () => {
    expect(decodeAtServer('sequential', message('a', 'b'))).toEqual({ kind: 'INVALID' });
    expect(decodeAtServer('sequential', message('a', ''))).toEqual({ kind: 'INVALID' });
    expect(decodeAtServer('shotgun', message('', '1'))).toEqual({ kind: 'INVALID' });
    expect(decodeAtServer('shotgun', message('1'))).toEqual({ kind: 'INVALID' });
  });
});

describe('whatever comes', () => {
  const runs = { numRuns: Number(process.env['SEAWORTHY_FUZZ'] ?? 100_000) };
  const bytes = fc.oneof(
    fc.constantFrom('', 'PING', 'PONG', 'SW\x03', '\0').map(frame),
    fc.nat(5).map(controlFrame),
    fc.uint8Array({ maxLength: 14 }).map((each) => Buffer.from(each)),
  );
  const anything = fc.array(bytes, { minLength: 1, maxLength: 6 });

  test('decoding never throws, tells the same of every view of a message, and loses no frame', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FREELANCE_MODELS), anything, (model, frames) => {
        const views: Message[] = [
          new FramesMessage(frames),
          new FramesMessage([frame('id'), ...frames], 1),
          new FramesMessage(frames).pack(0),
        ];
        const [command, ...others] = views.map((view) => decodeAtClient(model, view));
        for (const other of others) expect(other).toEqual(command);
        if (command?.kind === 'REPLY') expect(requestToServer(model, command.id, command.body)).toEqual(frames);
        const [asked, ...same] = views.map((view) => decodeAtServer(model, view));
        for (const other of same) expect(other).toEqual(asked);
        if (asked?.kind === 'REQUEST') expect(asked.body).toBeLessThan(frames.length);
      }),
      runs,
    );
  }, 120_000);

  test('a request that a server returns is the reply to itself', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FREELANCE_MODELS), fc.nat(), fc.array(bytes, { maxLength: 4 }), (model, number, body) => {
        const request = new FramesMessage(requestToServer(model, number, body));
        expect(request.pack(0)).toBeInstanceOf(PackedMessage);
        const sent = body.length === 0 ? [frame('')] : body;
        expect(decodeAtClient(model, request)).toEqual({ kind: 'REPLY', id: number, body: sent });
        const asked = decodeAtServer(model, request);
        expect(asked).toEqual({ kind: 'REQUEST', body: request.frameCount - sent.length });
      }),
      { numRuns: 2000 },
    );
  });
});
