/** MDP/0.1 to the byte: every command against the tables of RFC 7, there and back, and the two marks of ours. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answeredCorrelation,
  answersProbe,
  correlatedRequestToBroker,
  creditToBroker,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  DISCONNECT_TO_BROKER,
  DISCONNECT_TO_WORKER,
  failureToBroker,
  farewellToBroker,
  failureToClient,
  HEARTBEAT_TO_BROKER,
  HEARTBEAT_TO_WORKER,
  isCorrelation,
  isServiceName,
  PROBE,
  readyToBroker,
  replyToBroker,
  replyToClient,
  requestToBroker,
  requestToWorker,
  timeToLiveOf,
} from '../../src/majordomo/codec.ts';
import type { FailureCode } from '../../src/load-balancer/failures.ts';
import { encodeCredit } from '../../src/wire/credit.ts';
import { encodeEpoch } from '../../src/wire/epoch.ts';
import { encodeHandle } from '../../src/wire/mark.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const messageOf = (frames: readonly (string | Buffer)[]): FramesMessage =>
  new FramesMessage(frames.map((frame) => (typeof frame === 'string' ? text(frame) : frame)));
const hex = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('hex'));

/** `MDPC01`, `MDPW01`, `echo`, `body` … as the RFC's bytes, so that no constant of ours checks itself. */
const MDPC01 = '4d4450433031';
const MDPW01 = '4d4450573031';
const SEAF01 = '534541463031';
const ECHO = '6563686f';
const A = '61';
const B = '62';

describe('what we send is what RFC 7 says', () => {
  const rows: readonly [command: string, frames: readonly Buffer[], bytes: readonly string[]][] = [
    ['REQUEST, client to broker', requestToBroker(text('echo'), [text('a'), text('b')]), ['', MDPC01, ECHO, A, B]],
    ['REQUEST without a body: one empty frame', requestToBroker(text('echo'), []), ['', MDPC01, ECHO, '']],
    ['REPLY, broker to client, before the body', replyToClient([], text('echo')), ['', MDPC01, ECHO]],
    ['REPLY behind one envelope frame', replyToClient([text('a')], text('echo')), [A, '', MDPC01, ECHO]],
    ['REPLY behind three envelope frames', replyToClient([text('a'), text('b'), text('a')], text('echo')), [A, B, A, '', MDPC01, ECHO]],
    ['READY, worker to broker', readyToBroker('echo', 1), ['', MDPW01, '01', ECHO]],
    ['READY of a worker that takes 16 requests at once', readyToBroker('echo', 16), ['', MDPW01, '01', ECHO, '535703000000000000000010']],
    [
      'FAILURE, worker to our broker',
      failureToBroker(text('a'), 'handler-failed'),
      ['', MDPW01, '06', A, text('handler-failed').toString('hex')],
    ],
    ['FAILURE of what it would not take', failureToBroker(text('a'), 'declined'), ['', MDPW01, '06', A, text('declined').toString('hex')]],
    ['CREDIT, worker to our broker', creditToBroker(0), ['', MDPW01, '07', '535703000000000000000000']],
    ['REQUEST, broker to worker, before the body', requestToWorker(text('a')), ['', MDPW01, '02', A, '']],
    ['REPLY, worker to broker', replyToBroker([text('a')], [text('b'), text('')]), ['', MDPW01, '03', A, '', B, '']],
    ['REPLY without a body: one empty frame', replyToBroker([text('a')], []), ['', MDPW01, '03', A, '', '']],
    ['HEARTBEAT, broker to worker', HEARTBEAT_TO_WORKER, ['', MDPW01, '04']],
    ['HEARTBEAT, worker to broker', HEARTBEAT_TO_BROKER, ['', MDPW01, '04']],
    ['DISCONNECT, broker to worker', DISCONNECT_TO_WORKER, ['', MDPW01, '05']],
    ['DISCONNECT, worker to broker', DISCONNECT_TO_BROKER, ['', MDPW01, '05']],
    ['DISCONNECT with the last request that came', farewellToBroker(text('a')), ['', MDPW01, '05', A]],
    ['DISCONNECT before any request came', farewellToBroker(undefined), ['', MDPW01, '05', '']],
    ['the probe: a plain MMI question', PROBE, ['', MDPC01, '6d6d692e736561776f72746879', '']],
    [
      'a REQUEST behind our correlation: S W 01 0, id, time to live',
      correlatedRequestToBroker(0x01020304, 2500, text('echo'), [text('a')]),
      ['5357010001020304000009c4', '', MDPC01, ECHO, A],
    ],
    [
      'a failure answer: correlation, code and deliveries',
      failureToClient(text('a'), text('echo'), 'poisoned', 3),
      [A, '', SEAF01, ECHO, '706f69736f6e6564', '33'],
    ],
  ];
  test.each(rows)('%s', (_command, frames, bytes) => {
    expect(hex(frames)).toEqual(bytes);
  });
});

describe('at a broker', () => {
  const rows: readonly [what: string, frames: readonly (string | Buffer)[], command: object][] = [
    ['REQUEST of a REQ client', ['', 'MDPC01', 'echo', 'a', 'b'], { kind: 'CLIENT_REQUEST', service: 'echo', envelope: 0, body: 3 }],
    ['REQUEST without a body', ['', 'MDPC01', 'echo'], { kind: 'CLIENT_REQUEST', service: 'echo', envelope: 0, body: 3 }],
    [
      'REQUEST of a REQ client with ZMQ_REQ_CORRELATE',
      ['\0\0\0\x01', '', 'MDPC01', 'echo', 'a'],
      { kind: 'CLIENT_REQUEST', service: 'echo', envelope: 1, body: 4 },
    ],
    [
      'REQUEST through eight devices',
      ['1', '2', '3', '4', '5', '6', '7', '8', '', 'MDPC01', 'echo', 'a'],
      { kind: 'CLIENT_REQUEST', service: 'echo', envelope: 8, body: 11 },
    ],
    [
      'REQUEST through nine devices',
      ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', 'MDPC01', 'echo', 'a'],
      { kind: 'INVALID', reason: 'no empty delimiter frame' },
    ],
    [
      'REQUEST for a name of 255 bytes',
      ['', 'MDPC01', 'a'.repeat(255), 'b'],
      { kind: 'CLIENT_REQUEST', service: 'a'.repeat(255), envelope: 0, body: 3 },
    ],
    ['REQUEST for a name of 256 bytes', ['', 'MDPC01', 'a'.repeat(256), 'b'], { kind: 'INVALID', reason: 'the service name is too long' }],
    ['REQUEST for no name', ['', 'MDPC01'], { kind: 'INVALID', reason: 'no service frame' }],
    ['READY', ['', 'MDPW01', '\x01', 'echo'], { kind: 'READY', service: 'echo', credit: 1 }],
    ['READY with capability frames behind it', ['', 'MDPW01', '\x01', 'echo', 'more'], { kind: 'READY', service: 'echo', credit: 1 }],
    ['READY with a credit', ['', 'MDPW01', '\x01', 'echo', encodeCredit(16)], { kind: 'READY', service: 'echo', credit: 16 }],
    [
      'READY with an epoch and a credit',
      ['', 'MDPW01', '\x01', 'echo', encodeEpoch('known', 1), encodeCredit(16)],
      { kind: 'READY', service: 'echo', credit: 16 },
    ],
    ['READY with a credit of nought', ['', 'MDPW01', '\x01', 'echo', encodeCredit(0)], { kind: 'READY', service: 'echo', credit: 1 }],
    [
      'READY with a credit that nobody has',
      ['', 'MDPW01', '\x01', 'echo', 'SW\x03\0\0\0\0\0\xff\xff\xff\xff'],
      { kind: 'READY', service: 'echo', credit: 65_535 },
    ],
    ['READY for no name', ['', 'MDPW01', '\x01'], { kind: 'INVALID', reason: 'no service frame' }],
    ['READY for a name of 256 bytes', ['', 'MDPW01', '\x01', 'a'.repeat(256)], { kind: 'INVALID', reason: 'the service name is too long' }],
    ['REPLY with our handle', ['', 'MDPW01', '\x03', encodeHandle(7, 1), '', 'a'], { kind: 'REPLY', handle: 7, body: 5 }],
    ['REPLY with an address that is no handle', ['', 'MDPW01', '\x03', 'somebody', '', 'a'], { kind: 'REPLY', handle: -1, body: 5 }],
    ['REPLY without a delimiter', ['', 'MDPW01', '\x03', encodeHandle(7, 1), 'a', 'b'], { kind: 'REPLY', handle: -1, body: 5 }],
    ['REPLY without a body', ['', 'MDPW01', '\x03', encodeHandle(7, 1), ''], { kind: 'REPLY', handle: -1, body: 5 }],
    ['HEARTBEAT', ['', 'MDPW01', '\x04'], { kind: 'HEARTBEAT' }],
    ['DISCONNECT', ['', 'MDPW01', '\x05'], { kind: 'DISCONNECT' }],
    ['DISCONNECT of a worker that had no request', ['', 'MDPW01', '\x05', ''], { kind: 'DISCONNECT', received: 0 }],
    [
      'DISCONNECT with its last request',
      ['', 'MDPW01', '\x05', 'SW\x01\x02\0\0\0\x01\0\0\0\x02'],
      { kind: 'DISCONNECT', received: 2 ** 32 + 2 },
    ],
    ['DISCONNECT with a frame that means nothing', ['', 'MDPW01', '\x05', 'bye'], { kind: 'DISCONNECT' }],
    ['FAILURE', ['', 'MDPW01', '\x06', encodeHandle(7, 1), 'handler-failed'], { kind: 'FAILURE', handle: 7, why: 'handler-failed' }],
    ['FAILURE, declined', ['', 'MDPW01', '\x06', encodeHandle(7, 1), 'declined'], { kind: 'FAILURE', handle: 7, why: 'declined' }],
    ['FAILURE with an address that is no handle', ['', 'MDPW01', '\x06', 'a', 'b'], { kind: 'FAILURE', handle: -1, why: 'handler-failed' }],
    [
      'FAILURE without a reason',
      ['', 'MDPW01', '\x06', encodeHandle(7, 1)],
      { kind: 'INVALID', reason: 'the command has the wrong frames' },
    ],
    ['CREDIT', ['', 'MDPW01', '\x07', encodeCredit(3)], { kind: 'CREDIT', credit: 3 }],
    ['CREDIT that says nothing', ['', 'MDPW01', '\x07'], { kind: 'INVALID', reason: 'the command has the wrong frames' }],
    ['CREDIT that says nonsense', ['', 'MDPW01', '\x07', 'three'], { kind: 'INVALID', reason: 'the command has the wrong frames' }],
    ['a command that does not exist', ['', 'MDPW01', '\x08'], { kind: 'INVALID', reason: 'unknown command' }],
    [
      'REQUEST from a worker, which only brokers send',
      ['', 'MDPW01', '\x02', 'a', '', 'b'],
      { kind: 'INVALID', reason: 'unknown command' },
    ],
    ['a command of two bytes', ['', 'MDPW01', '\x04\x04'], { kind: 'INVALID', reason: 'unknown command' }],
    ['a worker command behind an envelope', ['a', '', 'MDPW01', '\x04'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['MDP/0.2 of a client', ['MDPC02', '\x01', 'echo', 'a'], { kind: 'INVALID', reason: 'no empty delimiter frame' }],
    ['one empty frame', [''], { kind: 'INVALID', reason: 'no empty delimiter frame' }],
    ['no frame', [], { kind: 'INVALID', reason: 'no empty delimiter frame' }],
  ];
  test.each(rows)('%s', (_what, frames, command) => {
    expect(decodeAtBroker(messageOf(frames))).toEqual(command);
  });
});

describe('at a worker', () => {
  const rows: readonly [what: string, frames: readonly (string | Buffer)[], command: object][] = [
    [
      'REQUEST from a foreign broker is the first attempt',
      ['', 'MDPW01', '\x02', '\0abcd', '', 'a', ''],
      { kind: 'REQUEST', address: [text('\0abcd')], attempt: 1, body: [text('a'), text('')], quiet: false, returnable: false },
    ],
    [
      'REQUEST from ours says which delivery it is',
      ['', 'MDPW01', '\x02', encodeHandle(9, 3), '', 'a'],
      { kind: 'REQUEST', address: [encodeHandle(9, 3)], attempt: 3, body: [text('a')], quiet: false, returnable: true },
    ],
    ['REQUEST without a body', ['', 'MDPW01', '\x02', 'a', ''], { kind: 'INVALID', reason: 'the command has the wrong frames' }],
    ['REQUEST without a delimiter', ['', 'MDPW01', '\x02', 'a', 'b', 'c'], { kind: 'INVALID', reason: 'the command has the wrong frames' }],
    ['HEARTBEAT', ['', 'MDPW01', '\x04'], { kind: 'HEARTBEAT' }],
    ['DISCONNECT', ['', 'MDPW01', '\x05'], { kind: 'DISCONNECT' }],
    ['READY, which only workers send', ['', 'MDPW01', '\x01', 'echo'], { kind: 'INVALID', reason: 'unknown command' }],
    ['an answer for a client', ['', 'MDPC01', 'echo', 'a'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['no delimiter', ['MDPW01', '\x04', ''], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
  ];
  test.each(rows)('%s', (_what, frames, command) => {
    expect(decodeAtWorker(messageOf(frames))).toEqual(command);
  });
});

describe('at a client', () => {
  const [correlation] = correlatedRequestToBroker(77, 100, text('echo'), []) as [Buffer];
  const rows: readonly [what: string, frames: readonly (string | Buffer)[], command: object][] = [
    ['REPLY', ['', 'MDPC01', 'echo', 'a', ''], { kind: 'REPLY', id: -1, deliveries: 0, service: 'echo', body: [text('a'), text('')] }],
    [
      'REPLY behind our correlation',
      [answeredCorrelation(new FramesMessage([correlation]), 0, 2), '', 'MDPC01', 'echo', 'a'],
      { kind: 'REPLY', id: 77, deliveries: 2, service: 'echo', body: [text('a')] },
    ],
    [
      'a failure behind our correlation',
      failureToClient(answeredCorrelation(new FramesMessage([correlation]), 0, 3), text('echo'), 'poisoned', 3),
      { kind: 'FAILURE', id: 77, deliveries: 3, service: 'echo', code: 'poisoned' },
    ],
    ['a failure without a correlation', ['', 'SEAF01', 'echo', 'poisoned', '3'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['a failure nobody knows', [correlation, '', 'SEAF01', 'echo', 'sunk', '0'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['REPLY behind a foreign envelope', ['\0\0\0\x01', '', 'MDPC01', 'echo', 'a'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['REPLY without a body', ['', 'MDPC01', 'echo'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['REPLY for a name of 256 bytes', ['', 'MDPC01', 'a'.repeat(256), 'a'], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
    ['no frame', [], { kind: 'INVALID', reason: 'not an MDP/0.1 message' }],
  ];
  test.each(rows)('%s', (_what, frames, command) => {
    expect(decodeAtClient(messageOf(frames))).toEqual(command);
  });

  test.each([
    ['our broker’s answer', ['', 'MDPC01', 'mmi.seaworthy', '200', 'correlation/1'], true],
    ['ours, with more behind it', ['', 'MDPC01', 'mmi.seaworthy', '200', 'correlation/1', '[]'], true],
    ['501', ['', 'MDPC01', 'mmi.seaworthy', '501'], false],
    ['a 200 of somebody’s own meaning', ['', 'MDPC01', 'mmi.seaworthy', '200'], false],
    ['a version we do not know', ['', 'MDPC01', 'mmi.seaworthy', '200', 'correlation/2'], false],
    ['an answer to another question', ['', 'MDPC01', 'mmi.service', '200', 'correlation/1'], false],
  ] as const)('the probe’s answer: %s', (_what, frames, ours) => {
    const command = decodeAtClient(messageOf(frames));
    expect(command.kind !== 'INVALID' && answersProbe(command)).toBe(ours);
  });
});

/* ------------------------------------------------------------------ there and back */

const frame = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const body = fc.array(frame, { minLength: 1, maxLength: 5 });
const service = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 255,
});
const word = fc.nat(0xffff_ffff);
/** Handles begin anywhere below 2⁴⁸ and count up. */
const handle = fc.maxSafeNat();
const delivery = fc.integer({ min: 1, max: 255 });
/** As transports and queues hand messages over. */
const forms: readonly ((frames: readonly Buffer[]) => Message)[] = [
  (frames) => new FramesMessage(frames),
  (frames) => new FramesMessage([text('routing id'), ...frames], 1),
  (frames) => new FramesMessage(frames).pack(0),
];
const form = fc.constantFrom(...forms);
const framesFrom = (message: Message, from: number): Buffer[] =>
  Array.from({ length: message.frameCount - from }, (_, index) => message.frame(from + index));

describe('there and back', () => {
  test('a request reaches the broker with its service, its body and the envelope it needs to go back', () => {
    fc.assert(
      fc.property(
        service,
        body,
        fc.array(
          frame.filter((bytes) => bytes.length > 0),
          { maxLength: 8 },
        ),
        form,
        (name, frames, envelope, make) => {
          const message = make([...envelope, ...requestToBroker(text(name), frames)]);
          const command = decodeAtBroker(message);
          expect(command).toEqual({ kind: 'CLIENT_REQUEST', service: name, envelope: envelope.length, body: envelope.length + 3 });
          expect(framesFrom(message, envelope.length + 3)).toEqual(frames);
        },
      ),
    );
  });

  test('a correlated request and its reply carry id, time to live and deliveries', () => {
    fc.assert(
      fc.property(
        word,
        fc.integer({ min: 1, max: 0xffff_ffff }),
        service,
        body,
        delivery,
        form,
        (id, timeToLive, name, frames, deliveries, make) => {
          const request = make(correlatedRequestToBroker(id, timeToLive, text(name), frames));
          expect(decodeAtBroker(request)).toMatchObject({ kind: 'CLIENT_REQUEST', service: name, envelope: 1 });
          const correlation = request.frame(0);
          expect(isCorrelation(new FramesMessage([correlation]), 0)).toBe(true);
          expect(timeToLiveOf(new FramesMessage([correlation]), 0)).toBe(timeToLive);
          const back = answeredCorrelation(new FramesMessage([correlation]), 0, deliveries);
          const reply = make([...replyToClient([back], text(name)), ...frames]);
          expect(decodeAtClient(reply)).toEqual({ kind: 'REPLY', id, deliveries, service: name, body: frames });
          // What the client sent is not changed by answering: it may be answered again.
          expect(correlation[3]).toBe(0);
        },
      ),
    );
  });

  test('every failure reaches the client', () => {
    const codes: FailureCode[] = ['queue-full', 'services-full', 'expired', 'poisoned', 'worker-lost', 'shutting-down', 'invalid'];
    fc.assert(
      fc.property(word, service, fc.constantFrom(...codes), fc.nat(255), form, (id, name, code, deliveries, make) => {
        const [correlation] = correlatedRequestToBroker(id, 1, text(name), []) as [Buffer];
        const failure = make(
          failureToClient(answeredCorrelation(new FramesMessage([correlation]), 0, deliveries), text(name), code, deliveries),
        );
        expect(decodeAtClient(failure)).toEqual({ kind: 'FAILURE', id, deliveries, service: name, code });
      }),
    );
  });

  test('a handle goes to the worker and comes back as the same number, and tells the delivery', () => {
    fc.assert(
      fc.property(handle, delivery, body, form, (number, attempt, frames, make) => {
        const request = decodeAtWorker(make([...requestToWorker(encodeHandle(number, attempt)), ...frames]));
        if (request.kind !== 'REQUEST') throw new Error(`decoded as ${request.kind}`);
        expect(request).toMatchObject({ attempt, body: frames });
        const reply = make(replyToBroker(request.address, frames));
        expect(decodeAtBroker(reply)).toEqual({ kind: 'REPLY', handle: number, body: 5 });
        expect(framesFrom(reply, 5)).toEqual(frames);
      }),
    );
  });

  test('two handles are never the same bytes', () => {
    fc.assert(
      fc.property(handle, handle, delivery, (one, other, attempt) => {
        expect(encodeHandle(one, attempt).equals(encodeHandle(other, attempt))).toBe(one === other);
      }),
    );
  });

  test('a worker registers under its name', () => {
    fc.assert(
      fc.property(service, form, (name, make) => {
        expect(decodeAtBroker(make(readyToBroker(name, 1)))).toEqual({ kind: 'READY', service: name, credit: 1 });
      }),
    );
  });
});

describe('the marks', () => {
  test.each([
    ['the latest time to live that fits', 0xffff_ffff, 0xffff_ffff],
    ['a longer one', 2 ** 40, 0xffff_ffff],
    ['part of a millisecond', 0.2, 1],
    ['none', 0, Infinity],
  ])('time to live: %s', (_what, given, understood) => {
    const [correlation] = correlatedRequestToBroker(1, given, text('echo'), []) as [Buffer];
    expect(timeToLiveOf(new FramesMessage([correlation]), 0)).toBe(understood);
  });

  test.each([
    ['one byte short', Buffer.from('535701000000000100000000', 'hex').subarray(0, 11), false],
    ['one byte long', Buffer.from('53570100000000010000000000', 'hex'), false],
    ['of another version', Buffer.from('535702000000000100000000', 'hex'), false],
    ['of somebody else', Buffer.from('545701000000000100000000', 'hex'), false],
    ['with a number of deliveries', Buffer.from('535701ff0000000100000000', 'hex'), true],
  ])('a frame %s', (_what, bytes, ours) => {
    expect(isCorrelation(new FramesMessage([bytes]), 0)).toBe(ours);
    expect(decodeAtBroker(messageOf(['', 'MDPW01', '\x03', bytes, '', 'a']))).toMatchObject({ handle: ours ? 2 ** 32 : -1 });
  });

  test('more deliveries than a byte holds are shown as 255', () => {
    expect(encodeHandle(1, 300)[3]).toBe(255);
    const [correlation] = correlatedRequestToBroker(1, 1, text('echo'), []) as [Buffer];
    expect(answeredCorrelation(new FramesMessage([correlation]), 0, 1000)[3]).toBe(255);
  });
});

test.each([
  ['', false],
  [' ', true],
  ['echo', true],
  ['a'.repeat(255), true],
  ['a'.repeat(256), false],
  ['a\n', false],
  ['a\0', false],
  ['\x7f', false],
  ['é', false],
  ['__proto__', true],
])('service name %j: %s', (name, fits) => {
  expect(isServiceName(name)).toBe(fits);
});

test('whatever frames come, every decoder answers with a command or INVALID', () => {
  const known = fc
    .constantFrom('', 'MDPC01', 'MDPW01', 'SEAF01', '\x01', '\x02', '\x03', '\x04', '\x05', 'echo', 'mmi.seaworthy')
    .map(text);
  const mark = fc.tuple(word, delivery).map(([number, attempt]) => encodeHandle(number, attempt));
  const beginning = fc.constantFrom([], ['', 'MDPC01'], ['', 'MDPW01'], ['', 'MDPW01', '\x02', 'a', '']).map((frames) => frames.map(text));
  const rest = fc.array(fc.oneof({ weight: 4, arbitrary: known }, mark, frame), { maxLength: 12 });
  const anything = fc.tuple(beginning, rest).map(([first, more]) => [...first, ...more]);
  const kinds = new Set<string>();
  fc.assert(
    fc.property(anything, form, (frames, make) => {
      for (const decode of [decodeAtBroker, decodeAtWorker, decodeAtClient]) kinds.add(decode(make(frames)).kind);
    }),
    { numRuns: 20_000 },
  );
  // The generator must not be so poor that only nonsense was tried.
  expect([...kinds]).toEqual(expect.arrayContaining(['CLIENT_REQUEST', 'DISCONNECT', 'HEARTBEAT', 'INVALID', 'READY', 'REPLY', 'REQUEST']));
});
