/**
 * What a hostile or broken peer may put on the wire: a generator for property tests, and a list of messages that are nasty in
 * ways worth a name. Messages are frames as a DEALER sends them, without a routing id.
 */
import fc from 'fast-check';

export type Frames = readonly Buffer[];

const EMPTY = Buffer.alloc(0);
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const CLIENT = text('MDPC01');
const WORKER = text('MDPW01');
const FAILURE = text('SEAF01');
const [READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT] = [1, 2, 3, 4, 5].map((code) => Buffer.of(code)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

/** A frame of twelve bytes as correlations and handles are, with the given number in its fourth byte. */
function mark(number: number, high: number, low: number): Buffer {
  const frame = Buffer.alloc(12);
  frame.write('SW\x01', 'latin1');
  frame[3] = number;
  frame.writeUInt32BE(high, 4);
  frame.writeUInt32BE(low, 8);
  return frame;
}

/** Names that are keys of every object, reserved, too long, empty or unprintable. */
const TRICKY_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'mmi.',
  'mmi.service',
  'mmi.seaworthy',
  'mmi.nothing',
  'MMI.service',
  '',
  ' ',
  '\0',
  'echo\0',
  '\n',
  '\x7f',
  '\xff\xfe',
  'a'.repeat(255),
  'a'.repeat(256),
  'a'.repeat(4096),
];
const PLAIN_NAMES = ['echo', 'other', 'third', 'fourth'];

const word = fc.nat(0xffff_ffff);

function creditMark(credit: number): Buffer {
  const bytes = Buffer.from('SW\x03\0\0\0\0\0\0\0\0\0', 'latin1');
  bytes.writeUInt32BE(credit, 8);
  return bytes;
}

const serviceName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PLAIN_NAMES.map(text)) },
  { weight: 3, arbitrary: fc.constantFrom(...TRICKY_NAMES.map(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
);
const marked = fc.oneof(
  fc.tuple(fc.nat(255), word, word).map(([number, high, low]) => mark(number, high, low)),
  // The first handles that a broker gives out, the first ids of a client: guesses that may be right.
  fc.tuple(fc.nat(3), fc.nat(40)).map(([number, low]) => mark(number, 0, low)),
  fc.tuple(fc.nat(3), fc.nat(10)).map(([number, high]) => mark(number, high, 0)),
  fc.nat(12).map((length) => mark(0, 0, 1).subarray(0, length)),
  fc.constant(Buffer.concat([mark(0, 0, 1), EMPTY, Buffer.of(0)])),
);
const random = fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes));
const frame: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(EMPTY, CLIENT, WORKER, FAILURE, READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT) },
  { weight: 2, arbitrary: fc.constantFrom('MDPC02', 'MDPW02', 'MDPW0X', 'mdpc01', 'MDPC01\0', 'MDPC0', '\xaa\xa4\x05').map(text) },
  { weight: 2, arbitrary: serviceName },
  { weight: 2, arbitrary: marked },
  { weight: 2, arbitrary: random },
  // A disconnect notice is a random token of sixteen bytes: others of that length must mean nothing.
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 15, maxLength: 17 }).map((bytes) => Buffer.from(bytes)) },
);

const body = fc.array(random, { minLength: 1, maxLength: 4 });
const clientRequest = fc.tuple(serviceName, body).map(([service, frames]): Buffer[] => [EMPTY, CLIENT, service, ...frames]);
const correlated = fc.tuple(marked, clientRequest).map(([first, request]) => [first, ...request]);
const ready = serviceName.map((service): Buffer[] => [EMPTY, WORKER, READY, service]);
const credit = fc.oneof(fc.nat(3), fc.nat(70_000), word).map(creditMark);
const readyForSeveral = fc.tuple(ready, credit).map(([frames, mark]) => [...frames, mark]);
const givenBack = fc
  .tuple(marked, fc.constantFrom('handler-failed', 'declined', 'nothing known'))
  .map(([handle, why]): Buffer[] => [EMPTY, WORKER, Buffer.of(6), handle, text(why)]);
const reply = fc.tuple(marked, body).map(([handle, frames]) => [EMPTY, WORKER, REPLY, handle, EMPTY, ...frames]);
const failure = fc
  .tuple(marked, serviceName, fc.constantFrom('expired', 'poisoned', 'worker-lost', 'queue-full', 'nothing known'))
  .map(([first, service, code]): Buffer[] => [first, EMPTY, FAILURE, service, text(code), text('3')]);
const wellFormed: fc.Arbitrary<Buffer[]> = fc.oneof(
  { weight: 4, arbitrary: clientRequest },
  { weight: 2, arbitrary: correlated },
  { weight: 1, arbitrary: failure },
  { weight: 3, arbitrary: ready },
  { weight: 1, arbitrary: readyForSeveral },
  { weight: 3, arbitrary: reply },
  { weight: 1, arbitrary: givenBack },
  { weight: 1, arbitrary: credit.map((mark): Buffer[] => [EMPTY, WORKER, Buffer.of(7), mark]) },
  { weight: 2, arbitrary: fc.constant<Buffer[]>([EMPTY, WORKER, HEARTBEAT]) },
  { weight: 1, arbitrary: fc.constant<Buffer[]>([EMPTY, WORKER, DISCONNECT]) },
  { weight: 1, arbitrary: body.map((frames): Buffer[] => [EMPTY, WORKER, REQUEST, mark(1, 0, 1), EMPTY, ...frames]) },
  { weight: 1, arbitrary: fc.nat(255).map((code): Buffer[] => [EMPTY, WORKER, Buffer.of(code), text('echo')]) },
  { weight: 1, arbitrary: fc.constant<Buffer[]>([EMPTY, CLIENT, text('mmi.service'), text('echo')]) },
);

type Mutation = (frames: Buffer[]) => Buffer[];
const place = fc.nat(10);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, frame).map(
    ([at, other]): Mutation =>
      (frames) =>
        frames.with(at % frames.length, other),
  ),
  fc.tuple(place, fc.constant(EMPTY)).map(
    ([at, empty]): Mutation =>
      (frames) =>
        frames.toSpliced(at % (frames.length + 1), 0, empty),
  ),
  fc.tuple(place, frame).map(
    ([at, other]): Mutation =>
      (frames) =>
        frames.toSpliced(at % (frames.length + 1), 0, other),
  ),
  place.map(
    (at): Mutation =>
      (frames) =>
        frames.toSpliced(at % frames.length, 1),
  ),
  place.map(
    (length): Mutation =>
      (frames) =>
        frames.slice(0, length % (frames.length + 1)),
  ),
  fc.nat(40).map((more): Mutation => (frames) => [...frames, ...Array.from({ length: more }, () => EMPTY)]),
  fc.tuple(place, place).map(([at, bit]): Mutation => (frames) => {
    const chosen = Buffer.from(frames[at % frames.length] as Buffer);
    if (chosen.length > 0) chosen[bit % chosen.length] = (chosen[bit % chosen.length] as number) ^ (1 << (at % 8));
    return frames.with(at % frames.length, chosen);
  }),
);
const mutated = fc
  .tuple(wellFormed, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([frames, mutations]) => mutations.reduce((changed, mutate) => (changed.length === 0 ? changed : mutate(changed)), frames));

/** Anything from a right message to noise; most are nearly right, which is where decoders go wrong. */
export const hostileMessage: fc.Arbitrary<Buffer[]> = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 3, arbitrary: wellFormed },
  { weight: 3, arbitrary: fc.array(frame, { maxLength: 12 }) },
);

const many = (count: number, each: Buffer = EMPTY): Buffer[] => Array.from({ length: count }, () => each);

/** Messages that have broken a broker somewhere, or might: each one is sent by name. */
export const NASTY_MESSAGES: Readonly<Record<string, Frames>> = {
  'no frame at all': [],
  'one empty frame': [EMPTY],
  'one junk frame': [text('junk')],
  'only empty frames': many(7),
  'a delimiter and a client header, nothing else': [EMPTY, CLIENT],
  'a delimiter and a worker header, nothing else': [EMPTY, WORKER],
  'a request without a body': [EMPTY, CLIENT, text('echo')],
  'a request without a delimiter': [CLIENT, text('echo'), text('body')],
  'a request behind eight envelope frames': [...many(8, text('device')), EMPTY, CLIENT, text('echo'), text('body')],
  'a request behind nine envelope frames': [...many(9, text('device')), EMPTY, CLIENT, text('echo'), text('body')],
  'a request with two delimiters': [EMPTY, EMPTY, CLIENT, text('echo'), text('body')],
  'a request with an empty service name': [EMPTY, CLIENT, EMPTY, text('body')],
  'a request for __proto__': [EMPTY, CLIENT, text('__proto__'), text('body')],
  'a request for constructor': [EMPTY, CLIENT, text('constructor'), text('body')],
  'a request for a name of a mebibyte': [EMPTY, CLIENT, Buffer.alloc(2 ** 20, 'a'), text('body')],
  'a request for a name with control characters': [EMPTY, CLIENT, text('a\r\nb\x1b[2J'), text('body')],
  'a request with five thousand body frames': [EMPTY, CLIENT, text('echo'), ...many(5000)],
  'a request of an MDP/0.2 client': [text('MDPC02'), Buffer.of(1), text('echo'), text('body')],
  'a request of an MDP/0.2 client with a delimiter': [EMPTY, text('MDPC02'), text('echo'), text('body')],
  'a request with a correlation one byte short': [mark(0, 1, 1).subarray(0, 11), EMPTY, CLIENT, text('echo'), text('body')],
  'a request with a correlation one byte long': [Buffer.concat([mark(0, 1, 1), Buffer.of(0)]), EMPTY, CLIENT, text('echo'), text('body')],
  'a request with a correlation of a later version': [text('SW\x02\0abcdefgh'), EMPTY, CLIENT, text('echo'), text('body')],
  'a failure answer sent by a client': [mark(0, 1, 1), EMPTY, FAILURE, text('echo'), text('poisoned'), text('3')],
  'an MMI question without a body': [EMPTY, CLIENT, text('mmi.service')],
  'an MMI question with many bodies': [EMPTY, CLIENT, text('mmi.service'), ...many(40, text('echo'))],
  'an MMI question about __proto__': [EMPTY, CLIENT, text('mmi.service'), text('__proto__')],
  'an MMI question nobody knows': [EMPTY, CLIENT, text('mmi.'), text('?')],
  'READY without a service': [EMPTY, WORKER, READY],
  'READY for an empty name': [EMPTY, WORKER, READY, EMPTY],
  'READY for mmi.service': [EMPTY, WORKER, READY, text('mmi.service')],
  'READY for __proto__': [EMPTY, WORKER, READY, text('__proto__')],
  'READY for a name of 256 bytes': [EMPTY, WORKER, READY, Buffer.alloc(256, 'a')],
  'READY behind an envelope': [text('device'), EMPTY, WORKER, READY, text('echo')],
  'REPLY without an address': [EMPTY, WORKER, REPLY],
  'REPLY without a delimiter': [EMPTY, WORKER, REPLY, mark(1, 0, 1), text('body'), text('more')],
  'REPLY without a body': [EMPTY, WORKER, REPLY, mark(1, 0, 1), EMPTY],
  'REPLY to an address of the worker’s own making': [EMPTY, WORKER, REPLY, text('somebody'), EMPTY, text('body')],
  'REPLY with a handle beyond exact numbers': [EMPTY, WORKER, REPLY, mark(255, 0xffff_ffff, 0xffff_ffff), EMPTY, text('body')],
  'REQUEST, which only brokers send': [EMPTY, WORKER, REQUEST, mark(1, 0, 1), EMPTY, text('body')],
  'a worker command of no bytes': [EMPTY, WORKER, EMPTY],
  'a worker command of two bytes': [EMPTY, WORKER, Buffer.of(4, 4)],
  'a worker command nobody knows': [EMPTY, WORKER, Buffer.of(0x7f)],
  'a worker command in ASCII': [EMPTY, WORKER, text('4')],
  'HEARTBEAT out of nowhere': [EMPTY, WORKER, HEARTBEAT],
  'DISCONNECT out of nowhere': [EMPTY, WORKER, DISCONNECT],
  'sixteen bytes, as long as a disconnect token': [Buffer.alloc(16, 7)],
  'sixteen zero bytes': [Buffer.alloc(16)],
  'a zproto message': [text('\xaa\xa4\x05\x06MDPW02\x04'), text('echo')],
  'an HTTP request': [text('GET / HTTP/1.1\r\nHost: broker\r\n\r\n')],
  'a mebibyte of noise': [Buffer.alloc(2 ** 20, 0xa5)],
  'ten thousand frames of noise': many(10_000, text('x')),
};
