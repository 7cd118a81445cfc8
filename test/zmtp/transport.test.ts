/** The ZMTP transport against peers that speak bytes: who is let in, who is turned away and told why, and what limits hold. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, Server, Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Publisher as PubSocket, Subscriber as SubSocket } from 'zeromq';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { BindFailed, InvalidEndpoint } from '../../src/transport/transport.ts';
import type { Connector, Listener, Peer, Publisher, SocketOptions, Subscriber, TransportHandler } from '../../src/transport/transport.ts';
import { isConnectedToItself } from '../../src/transport/zmtp/sockets.ts';
import { createZmtpTransport, type Refusal, type ZmtpOptions } from '../../src/transport/zmtp/index.ts';
import type { Message } from '../../src/wire/message.ts';
import { encodeGreeting, encodeHeader, encodeHello, encodePong, encodeProperties, GREETING_BYTES } from '../../src/wire/zmtp.ts';
import { until } from '../conformance/world.ts';
import { freePort } from '../support/ports.ts';
import { uncaughtDuring } from '../support/uncaught.ts';

const closing: { close(): unknown }[] = [];
const kept = <T extends { close(): unknown }>(each: T): T => {
  closing.push(each);
  return each;
};

afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

class Ear implements TransportHandler {
  readonly texts: string[] = [];
  readonly peers: Peer[] = [];
  readonly gone: string[] = [];
  message(peer: Peer, message: Message): void {
    this.peers.push(peer);
    this.texts.push(Array.from({ length: message.frameCount }, (_, index) => message.text(index)).join('|'));
  }
  peerGone(_peer: Peer, reason: string): void {
    this.gone.push(reason);
  }
  overflow(): void {}
  batchEnd(): void {}
}

interface Scene {
  readonly ear: Ear;
  readonly listener: Listener;
  readonly refusals: Refusal[];
}

async function listen(options: ZmtpOptions = {}, socket: SocketOptions = {}, endpoint = 'tcp://127.0.0.1:*'): Promise<Scene> {
  const refusals: Refusal[] = [];
  const ear = new Ear();
  const transport = createZmtpTransport({ onRefusal: (refusal) => refusals.push(refusal), ...options });
  return { ear, listener: kept(await transport.listen(endpoint, ear, { linger: 0, ...socket })), refusals };
}

/** A peer that says what the test says. */
class Raw {
  readonly socket: Socket;
  bytes: Buffer = Buffer.alloc(0);
  ended = false;

  constructor(endpoint: string) {
    this.socket = connect({ host: '127.0.0.1', port: Number(endpoint.split(':').at(-1)) });
    this.socket.on('data', (chunk: Buffer) => (this.bytes = Buffer.concat([this.bytes, chunk])));
    this.socket.on('end', () => (this.ended = true));
    this.socket.on('error', () => (this.ended = true));
    kept({ close: () => this.socket.destroy() });
  }

  say(...parts: readonly Buffer[]): this {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  /** What has come behind the greeting, as text. */
  get answer(): string {
    return this.bytes.subarray(GREETING_BYTES).toString('latin1');
  }

  async untilEnded(): Promise<void> {
    await until('the end', () => this.ended);
  }
}

const GREETING = encodeGreeting('NULL', false);
const READY = encodeProperties('READY', { 'Socket-Type': 'DEALER', Identity: '' });
const frame = (text: string, more = false): Buffer => Buffer.concat([encodeHeader(text.length, more), Buffer.from(text)]);

describe('who is let in', () => {
  test('a peer that says all at once, and one that says it byte by byte', async () => {
    const { ear, listener } = await listen();
    const all = Buffer.concat([GREETING, READY, frame('a', true), frame('b')]);
    new Raw(listener.endpoint).say(all);
    const slow = new Raw(listener.endpoint);
    slow.socket.setNoDelay(true);
    for (const byte of all) {
      slow.say(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await until('both', () => ear.texts.length === 2);
    expect(ear.texts).toEqual(['a|b', 'a|b']);
  });

  test.each([
    ['ZMTP 2.0', Buffer.from('ff00000000000000017f01', 'hex'), 'ZMTP 2.0 is not spoken here'],
    ['ZMTP 1.0', Buffer.from('0100', 'hex'), 'this is not ZMTP, or ZMTP 1.0'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'this is not ZMTP, or ZMTP 1.0'],
    ['TLS', Buffer.from('16030100', 'hex'), 'this is not ZMTP, or ZMTP 1.0'],
  ])('not %s, and it is said why', async (_what, bytes, reason) => {
    const { listener, refusals } = await listen();
    await new Raw(listener.endpoint).say(bytes).untilEnded();
    expect(refusals).toMatchObject([{ why: 'protocol', reason, endpoint: listener.endpoint }]);
    expect(refusals[0]?.remote).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('not a socket of a kind that does not fit, which is told so', async () => {
    const { listener, refusals } = await listen();
    const raw = new Raw(listener.endpoint).say(GREETING, encodeProperties('READY', { 'Socket-Type': 'PUB' }));
    await raw.untilEnded();
    expect(raw.answer).toContain('\x05ERROR\x13Invalid socket type');
    expect(refusals).toMatchObject([{ why: 'refused', reason: 'Invalid socket type' }]);
  });

  test('not one with another mechanism', async () => {
    const { listener, refusals } = await listen();
    await new Raw(listener.endpoint).say(encodeGreeting('CURVE', false)).untilEnded();
    expect(refusals).toMatchObject([{ why: 'refused', reason: 'the peer wants the mechanism CURVE, and not NULL' }]);
  });

  test('not a message before the handshake is over, nor a command in the wrong place', async () => {
    const { ear, listener, refusals } = await listen();
    await new Raw(listener.endpoint).say(GREETING, frame('too early'), READY).untilEnded();
    await new Raw(listener.endpoint).say(GREETING, encodeHello('a', 'b')).untilEnded();
    expect(refusals.map(({ reason }) => reason)).toEqual(['a message before the handshake was over', 'HELLO is not expected here']);
    expect(ear.texts).toEqual([]);
  });

  test('not one that takes too long', async () => {
    const { listener, refusals } = await listen({}, { handshakeTimeout: 50 });
    const raws = [
      new Raw(listener.endpoint),
      new Raw(listener.endpoint).say(GREETING),
      new Raw(listener.endpoint).say(GREETING.subarray(0, 20)),
    ];
    for (const raw of raws) await raw.untilEnded();
    expect(refusals.map(({ why }) => why)).toEqual(['handshake', 'handshake', 'handshake']);
  });

  test('a connection that the system could not accept ends nobody, and is told', async () => {
    const listening = vi.spyOn(Server.prototype, 'listen');
    const { ear, listener, refusals } = await listen();
    const [server] = listening.mock.contexts as [Server];
    listening.mockRestore();
    const caught = await uncaughtDuring(async () => {
      server.emit('error', new Error('accept ENETUNREACH'));
      new Raw(listener.endpoint).say(GREETING, READY, frame('hello'));
      await until('another one', () => ear.texts.length === 1);
    });
    expect(caught).toEqual([]);
    expect(refusals).toEqual([{ endpoint: listener.endpoint, remote: undefined, why: 'accept', reason: 'accept ENETUNREACH' }]);
  });

  test('no more connections than may be; who leaves makes room', async () => {
    const { ear, listener, refusals } = await listen({ maxConnections: 2 });
    const [first] = [
      new Raw(listener.endpoint).say(GREETING, READY, frame('1')),
      new Raw(listener.endpoint).say(GREETING, READY, frame('2')),
    ];
    await until('both', () => ear.texts.length === 2);
    await new Raw(listener.endpoint).say(GREETING).untilEnded();
    expect(refusals).toMatchObject([{ why: 'connections', reason: '2 connections are open' }]);
    first?.socket.destroy();
    await until('its end', () => ear.gone.length === 1);
    new Raw(listener.endpoint).say(GREETING, READY, frame('3'));
    await until('the third', () => ear.texts.length === 3);
  });

  test('one that is silent makes room for one that comes, the oldest first; one that has introduced itself does not', async () => {
    const { ear, listener, refusals } = await listen({ maxConnections: 3 }, { handshakeTimeout: 60_000 });
    new Raw(listener.endpoint).say(GREETING, READY, frame('here'));
    await until('the first', () => ear.texts.length === 1);
    const silent: Raw[] = [];
    for (let i = 0; i < 20; i++) {
      const raw = new Raw(listener.endpoint).say(i % 2 === 0 ? GREETING : GREETING.subarray(0, 5));
      silent.push(raw);
      await until('its connection', () => raw.bytes.length > 0);
    }
    await until('room', () => silent.slice(0, -2).every(({ ended }) => ended));
    new Raw(listener.endpoint).say(GREETING, READY, frame('me, too'));
    await until('the second', () => ear.texts.length === 2);
    expect(silent.map(({ ended }) => ended)).toEqual([...Array.from({ length: 19 }, () => true), false]);
    expect(refusals).toHaveLength(19);
    expect(new Set(refusals.map(({ why, reason }) => `${why}: ${reason}`))).toEqual(
      new Set(['connections: 3 connections were open, and another one came before it had introduced itself']),
    );
    expect(ear.gone).toEqual([]);
  });
});

describe('PLAIN', () => {
  const USERS = { users: { me: 'secret' } };

  test('lets in who is known, and tells the others nothing more than that', async () => {
    const { ear, listener, refusals } = await listen(USERS);
    const told: Refusal[] = [];
    const by = (credentials: { user: string; password: string }): Connector =>
      kept(
        createZmtpTransport({ credentials, onRefusal: (each) => told.push(each) }).connect(listener.endpoint, new Ear(), {
          reconnectInterval: 5000,
        }),
      );
    const connector = by({ user: 'me', password: 'secret' });
    connector.send(connector.remote, [Buffer.from('hello')]);
    await until('the message', () => ear.texts.length === 1);
    by({ user: 'me', password: 'guess' });
    by({ user: 'nobody', password: '' });
    await until('both', () => told.length === 2);
    expect(told.map(({ reason }) => reason)).toEqual(Array.from({ length: 2 }, () => 'the peer says: Invalid username or password'));
    expect(refusals.map(({ reason }) => reason)).toEqual(['Invalid username or password', 'Invalid username or password']);
  });

  test('is libzmq’s, at both ends', async () => {
    const { ear, listener } = await listen(USERS);
    const dealer = kept(new Dealer({ plainUsername: 'me', plainPassword: 'secret', linger: 0 }));
    dealer.connect(listener.endpoint);
    await dealer.send('hello');
    await until('the message', () => ear.texts.length === 1);
    ear.peers.forEach((peer) => listener.send(peer, [Buffer.from('welcome')]));
    expect(String(await dealer.receive())).toBe('welcome');
  });

  test('a peer without it is refused, and one that introduces itself before it is let in', async () => {
    const { listener, refusals } = await listen(USERS);
    await new Raw(listener.endpoint).say(GREETING).untilEnded();
    const hasty = encodeProperties('INITIATE', { 'Socket-Type': 'DEALER' });
    await new Raw(listener.endpoint).say(encodeGreeting('PLAIN', false), hasty).untilEnded();
    expect(refusals.map(({ reason }) => reason)).toEqual([
      'the peer wants the mechanism NULL, and not PLAIN',
      'INITIATE is not expected here',
    ]);
  });
});

describe('traffic', () => {
  test('a PING is answered with its context', async () => {
    const { listener } = await listen();
    const raw = new Raw(listener.endpoint).say(GREETING, READY, Buffer.from('\x04\x0a\x04PING\0\0ctx', 'latin1'));
    await until('the answer', () => raw.answer.includes('PONG'));
    expect(raw.answer).toContain('\x04\x08\x04PONGctx');
  });

  test('a peer that sends without a break hears PINGs: its own wait behind what it sends', async () => {
    const { ear, listener } = await listen({}, { transportHeartbeat: { interval: 20, timeout: 10_000 } });
    const raw = new Raw(listener.endpoint).say(GREETING, READY, encodeHeader(2 ** 20, false));
    raw.socket.setNoDelay(true);
    const saying = setInterval(() => raw.say(Buffer.alloc(1)), 1);
    await until('five PINGs', () => raw.answer.split('\x04PING').length > 5);
    clearInterval(saying);
    expect(ear.texts).toEqual([]);
  });

  test('a peer that says how long it may be silent is given up after that, and not before', async () => {
    const { ear, listener } = await listen();
    const raw = new Raw(listener.endpoint).say(GREETING, READY, frame('hello'), Buffer.from('\x04\x07\x04PING\0\x02', 'latin1'));
    const begun = performance.now();
    await raw.untilEnded();
    expect(performance.now() - begun).toBeGreaterThan(190);
    expect(ear.gone).toEqual(['heartbeat']);
  });

  test.each([
    ['a frame over the limit', [frame('x'.repeat(101))], 'limit', 'a frame of 101 bytes; 100 are allowed'],
    [
      'a message over the limit',
      [frame('x'.repeat(100), true), frame('x'.repeat(100), true), frame('x')],
      'limit',
      'a message of more than 200 bytes',
    ],
    ['too many frames', [frame('', true), frame('', true), frame('', true), frame('')], 'limit', 'a message of more than 3 frames'],
    ['reserved flags', [Buffer.from('8000', 'hex')], 'protocol', 'a frame with flags 128'],
  ] as const)('%s ends the connection, and only that', async (_what, parts, why, reason) => {
    const { ear, listener, refusals } = await listen({ maxMessageBytes: 200, maxFrames: 3 }, { maxFrameBytes: 100 });
    const other = new Raw(listener.endpoint).say(GREETING, READY, frame('other'));
    await until('the other', () => ear.texts.length === 1);
    await new Raw(listener.endpoint).say(GREETING, READY, frame('hello'), ...parts).untilEnded();
    expect(ear.gone).toEqual([why]);
    expect(refusals).toMatchObject([{ why, reason }]);
    other.say(frame('still here'));
    await until('the other again', () => ear.texts.at(-1) === 'still here');
  });

  test('many idle connections cost a busy one nothing', async () => {
    const { ear, listener } = await listen();
    const idle = Array.from({ length: 300 }, () => new Raw(listener.endpoint));
    await until('their connections', () => idle.every(({ socket }) => !socket.connecting));
    const busy = new Raw(listener.endpoint).say(GREETING, READY);
    for (let i = 0; i < 1000; i++) busy.say(frame(String(i)));
    await until('all', () => ear.texts.length === 1000);
    expect(new Set(ear.peers).size).toBe(1);
  });
});

describe('a listener that pauses', () => {
  /** A peer that is silent for so long is given up. */
  const HEARTBEAT = { transportHeartbeat: { interval: 20, timeout: 200 } };
  const PING = '\x04PING';
  const pings = (raw: Raw): number => raw.answer.split(PING).length - 1;

  test.each([
    ['one message of more than may wait', 1],
    ['more messages than may wait', 20],
  ])('does not hold it against a peer that it does not read: %s', async (_what, count) => {
    const { ear, listener } = await listen({}, { ...HEARTBEAT, maxFrameBytes: 2 ** 22 });
    listener.pause();
    const connector = kept(createZmtpTransport().connect(listener.endpoint, new Ear(), HEARTBEAT));
    const raw = new Raw(listener.endpoint).say(GREETING, READY, Buffer.from('\x04\x07\x04PING\0\x01', 'latin1'));
    const large = Buffer.alloc(2 ** 21, 'x');
    for (let i = 0; i < count; i++) {
      connector.send(connector.remote, [large]);
      raw.say(encodeHeader(large.length, false), large);
    }
    // It is asked again and again, and answers, or cannot be heard.
    raw.socket.on('data', () => raw.say(encodePong(Buffer.alloc(0))));
    await until('many PINGs', () => pings(raw) > 30);
    listener.resume();
    await until('all messages', () => ear.texts.length === 2 * count);
    expect([new Set(ear.peers).size, ear.gone]).toEqual([2, []]);
  });
});

describe('a listener that pauses at every message', () => {
  /** Takes a message per turn of the event loop. */
  async function taking(socket: SocketOptions = {}): Promise<Scene & { hearing: (text: string) => void; stop: () => void }> {
    const scene = await listen({}, socket);
    const { ear, listener } = scene;
    const heard = ear.message.bind(ear);
    const hungry = { ...scene, hearing: (_text: string): void => undefined, stop: () => clearInterval(resuming) };
    ear.message = (peer, message) => {
      heard(peer, message);
      listener.pause();
      hungry.hearing(ear.texts.at(-1) as string);
    };
    const resuming = setInterval(() => listener.resume(), 1);
    kept({ close: hungry.stop });
    return hungry;
  }

  const ready = async (listener: Listener, count: number): Promise<Raw[]> => {
    const raws = Array.from({ length: count }, () => new Raw(listener.endpoint).say(GREETING, READY));
    await until('their handshakes', () => raws.every((raw) => raw.answer.includes('READY')));
    return raws;
  };

  test('looks after those of whom something waits, and not after all that are there', async () => {
    const { ear, listener } = await listen();
    const [busy] = (await ready(listener, 50)) as [Raw];
    const looks = vi.spyOn(Socket.prototype, 'isPaused');
    for (let i = 1; i <= 10; i++) {
      busy.say(frame('hello'));
      await until('it', () => ear.texts.length === i);
      listener.pause();
      listener.resume();
      await new Promise(setImmediate);
    }
    expect(looks.mock.calls.length).toBeLessThan(50);
    looks.mockRestore();
  });

  test('takes one of each in turn', async () => {
    const { ear, listener } = await listen();
    const raws = await ready(listener, 3);
    listener.pause();
    for (const [index, raw] of raws.entries()) raw.say(...Array.from({ length: 4 - index }, () => frame('abc'.charAt(index))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    listener.resume();
    await until('all', () => ear.texts.length === 9);
    const rounds = ear.texts.join('');
    expect([rounds.slice(0, 3), rounds.slice(3, 6), rounds.slice(6, 8)].map((round) => [...round].toSorted().join(''))).toEqual([
      'abc',
      'abc',
      'ab',
    ]);
  });

  test('reads on those of whom more waits than it takes, though others always have something to say', async () => {
    const scene = await taking({ highWaterMark: 5 });
    const [flooding, ...busy] = (await ready(scene.listener, 3)) as [Raw, Raw, Raw];
    scene.hearing = (text) => {
      if (text !== 'flood') busy[Number(text)]?.say(frame(text));
    };
    for (const [index, raw] of busy.entries()) raw.say(...Array.from({ length: 4 }, () => frame(String(index))));
    flooding.say(...Array.from({ length: 100 }, () => frame('flood')));
    const heard = (text: string): number => scene.ear.texts.filter((each) => each === text).length;
    await until('all of it', () => heard('flood') === 100);
    scene.stop();
    for (const text of ['0', '1']) expect(heard(text)).toBeGreaterThan(60);
  });
});

describe('who leaves while a listener pauses', () => {
  const visit = async (listener: Listener, ...parts: readonly Buffer[]): Promise<void> => {
    const raw = new Raw(listener.endpoint).say(GREETING, READY, ...parts);
    await until('the handshake', () => raw.answer.includes('READY'));
    raw.socket.end();
    await raw.untilEnded();
  };

  test('takes nobody’s place; what was said is heard, if there is something', async () => {
    const { ear, listener, refusals } = await listen({ maxConnections: 2 });
    listener.pause();
    for (const text of ['a', 'b', 'c']) await visit(listener, frame(text));
    for (let i = 0; i < 5; i++) await visit(listener);
    new Raw(listener.endpoint).say(GREETING, READY, frame('d'));
    new Raw(listener.endpoint).say(GREETING, READY, frame('e'));
    listener.resume();
    await until('all', () => ear.texts.length === 5);
    await until('the news', () => ear.gone.length === 3);
    expect(ear.texts.slice(0, 3)).toEqual(['a', 'b', 'c']);
    expect([ear.gone, refusals]).toEqual([['closed', 'closed', 'closed'], []]);
  });

  test('keeps no more than maxQueuedBytes together with others: the oldest is forgotten, and it is said', async () => {
    const { ear, listener, refusals } = await listen({ maxQueuedBytes: 100_000 });
    const known = new Raw(listener.endpoint).say(GREETING, READY, frame('hello'));
    await until('its greeting', () => ear.texts.length === 1);
    listener.pause();
    known.say(frame('bye'));
    known.socket.end();
    await known.untilEnded();
    for (let i = 0; i < 9; i++) await visit(listener, frame(`${i}`.padEnd(20_000, '.')), frame(''));
    expect(ear.gone).toEqual([]);
    listener.resume();
    await until('the rest', () => ear.gone.length === 4);
    expect(ear.texts.slice(1).map((text) => text.slice(0, 1))).toEqual(['6', '7', '8', '', '', '']);
    expect(new Set(ear.peers).size).toBe(4);
    const reason = (count: number): string => `${count} messages were forgotten: their sender had left, and too much waited of such`;
    expect(refusals.map((each) => `${each.why}: ${each.reason}`)).toEqual([1, 2, 2, 2, 2, 2, 2].map((count) => `limit: ${reason(count)}`));
  });
});

test('a listener that pauses can be closed, though peers have left meanwhile with messages unread', async () => {
  const { ear, listener } = await listen();
  listener.pause();
  const raws = Array.from({ length: 3 }, () => new Raw(listener.endpoint).say(GREETING, READY, frame('unheard')));
  await until('their handshakes', () => raws.every((raw) => raw.answer.includes('READY')));
  for (const raw of raws) raw.socket.end();
  for (const raw of raws) await raw.untilEnded();
  await listener.close();
  expect([ear.texts, ear.gone]).toEqual([[], []]);
});

describe('an onRefusal that throws', () => {
  const thrown = new Error('the log is full');
  const onRefusal = (): never => {
    throw thrown;
  };

  test('keeps nobody from being told that a peer has gone, nor a listener from going on and closing; it is seen', async () => {
    const caught = await uncaughtDuring(async () => {
      const { ear, listener } = await listen({ onRefusal, maxConnections: 2 });
      await new Raw(listener.endpoint).say(GREETING, READY, frame('hello'), Buffer.from('8000', 'hex')).untilEnded();
      await until('its end', () => ear.gone.length === 1);
      expect(ear.gone).toEqual(['protocol']);
      const raws = Array.from({ length: 3 }, () => new Raw(listener.endpoint));
      await until('room', () => raws.some(({ ended }) => ended));
      const silent = raws.filter(({ ended }) => !ended);
      for (const [index, raw] of silent.entries()) raw.say(GREETING, READY, frame(String(index)));
      await until('both', () => ear.texts.length === 3);
      await new Raw(listener.endpoint).say(GREETING).untilEnded();
      await listener.close();
    });
    expect(caught).toEqual([thrown, thrown, thrown]);
  });

  test('keeps no connector from trying again', async () => {
    const caught = await uncaughtDuring(async () => {
      const { refusals, listener } = await listen({ users: { me: 'secret' } });
      const { connect: connectOver } = createZmtpTransport({ onRefusal, credentials: { user: 'me', password: 'guess' } });
      const connector = kept(connectOver(listener.endpoint, new Ear(), { reconnectInterval: 5 }));
      await until('three attempts', () => refusals.length === 3);
      await connector.close();
    });
    expect(caught.length).toBeGreaterThan(1);
    expect(new Set(caught)).toEqual(new Set([thrown]));
  });
});

test('a socket that has found itself at a port where nobody listens is told from others', async () => {
  const { listener } = await listen();
  const port = await freePort();
  const itself = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port });
  const another = connect({ host: '127.0.0.1', port: Number(listener.endpoint.split(':').at(-1)) });
  await Promise.all([once(itself, 'connect'), once(another, 'connect')]);
  expect([itself, another].map(isConnectedToItself)).toEqual([true, false]);
  itself.destroy();
  another.destroy();
});

describe('where it listens', () => {
  const loopback = Object.entries(networkInterfaces()).find(([, all]) => all?.some(({ address }) => address === '127.0.0.1'))?.[0];

  test.each(['localhost', loopback ?? 'localhost'])('tcp://%s is the address of IPv4 that libzmq finds there, too', async (host) => {
    const { ear, listener } = await listen({}, {}, `tcp://${host}:*`);
    expect(listener.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    const theirs = kept(new Dealer({ linger: 0 }));
    theirs.connect(listener.endpoint.replace('127.0.0.1', 'localhost'));
    await theirs.send('hello');
    await until('the message', () => ear.texts.length === 1);
  });

  describe('a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'seaworthy-'));
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });
    const failure = (path: string): Promise<unknown> =>
      listen({}, {}, `ipc://${path}`).then(
        () => 'it listens',
        (error: unknown) => error,
      );

    test('that is no socket stays as it is, and so does what a link leads to', async () => {
      const [file, below, link] = ['precious', 'folder', 'link'].map((name) => join(folder, name)) as [string, string, string];
      writeFileSync(file, 'precious');
      mkdirSync(below);
      symlinkSync(file, link);
      for (const path of [file, below, link]) {
        const error = await failure(path);
        expect(error).toBeInstanceOf(BindFailed);
        expect(error).toMatchObject({ reason: 'ENOTSOCK', retriable: false });
      }
      expect(readFileSync(file, 'utf8')).toBe('precious');
      expect(statSync(below).isDirectory()).toBe(true);
      expect(readlinkSync(link)).toBe(file);
    });

    test('in no folder, or below another file, is told', async () => {
      const file = join(folder, 'other');
      writeFileSync(file, '');
      for (const path of [join(folder, 'nowhere', 'socket'), join(file, 'socket')]) expect(await failure(path)).toBeInstanceOf(BindFailed);
    });

    test('that a dead listener has left is taken over, and one of a living listener is not', async () => {
      const path = join(folder, 'socket');
      const listening = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
      await once(spawn(process.execPath, ['-e', listening]), 'exit');
      expect(statSync(path).isSocket()).toBe(true);
      const { listener } = await listen({}, {}, `ipc://${path}`);
      expect(await failure(path)).toMatchObject({ reason: 'EADDRINUSE', retriable: true });
      await listener.close();
    });

    test('of a name longer than a socket’s address holds is told at once, here and there', async () => {
      const longest = join(folder, 'x'.repeat(107 - folder.length - 1));
      const { ear } = await listen({}, {}, `ipc://${longest}`);
      const connector = kept(createZmtpTransport().connect(`ipc://${longest}`, new Ear()));
      connector.send(connector.remote, [Buffer.from('hello')]);
      await until('the message', () => ear.texts.length === 1);
      expect(await failure(`${longest}x`)).toBeInstanceOf(InvalidEndpoint);
      expect(() => createZmtpTransport().connect(`ipc://${longest}x`, new Ear())).toThrow(InvalidEndpoint);
    });
  });

  test('a name that nobody has is told', async () => {
    await expect(listen({}, {}, 'tcp://nobody.invalid:5555')).rejects.toThrow(BindFailed);
  });
});

describe('publishing', () => {
  test('subscribers of 3.0 say what they want in a message, and hear no more than that', async () => {
    const publisher: Publisher = kept(await createZmtpTransport().publish('tcp://127.0.0.1:*', { linger: 0 }));
    const older = encodeGreeting('NULL', false);
    older[11] = 0;
    const raw = new Raw(publisher.endpoint).say(older, encodeProperties('READY', { 'Socket-Type': 'SUB' }), frame('\x01news.'));
    await until('the handshake', () => raw.answer.includes('READY'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const text of ['weather', 'news.one', 'new', 'news.two']) publisher.publish([Buffer.from(text)]);
    await until('the news', () => raw.answer.includes('news.two'));
    for (const unwanted of ['weather', '\x03new']) expect(raw.answer).not.toContain(unwanted);
    raw.say(frame('\x00news.'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    publisher.publish([Buffer.from('news.three')]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(raw.answer).not.toContain('news.three');
  });

  test('libzmq’s subscribers with topics hear them, and its publishers are heard', async () => {
    const publisher: Publisher = kept(await createZmtpTransport().publish('tcp://127.0.0.1:*', { linger: 0 }));
    const theirs = kept(new SubSocket({ linger: 0 }));
    theirs.connect(publisher.endpoint);
    theirs.subscribe('b');
    const saying = setInterval(() => {
      for (const text of ['a', 'b']) publisher.publish([Buffer.from(text)]);
    }, 5);
    expect(String(await theirs.receive())).toBe('b');
    clearInterval(saying);
    const pub = kept(new PubSocket({ linger: 0 }));
    await pub.bind('tcp://127.0.0.1:*');
    const ear = new Ear();
    const ours: Subscriber = kept(createZmtpTransport().subscribe(pub.lastEndpoint as string, ear, { reconnectInterval: 10 }));
    expect(ours.layers.disconnectNotices).toBe(true);
    await until('a message', () => {
      void pub.send('anything');
      return ear.texts.includes('anything');
    });
  });
});

test('wrong options are told at once', () => {
  for (const options of [
    { maxFrames: 0 },
    { maxConnections: 1.5 },
    { onRefusal: 1 },
    { users: 1 },
    { credentials: { user: 'x'.repeat(256), password: '' } },
    { what: 1 },
  ])
    expect(() => createZmtpTransport(options as unknown as ZmtpOptions)).toThrow(InvalidOption);
});

test('pauses between attempts double up to their maximum', async () => {
  const attempts: number[] = [];
  const server = (await import('node:net')).createServer((socket) => {
    attempts.push(performance.now());
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  kept(createZmtpTransport().connect(`tcp://127.0.0.1:${port}`, new Ear(), { reconnectInterval: 20, reconnectMaximum: 80 }));
  await until('six attempts', () => attempts.length === 6);
  server.close();
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] as number));
  expect(pauses[0]).toBeGreaterThan(14);
  for (const pause of pauses.slice(2)) expect(pause).toBeGreaterThan(58);
});

test('a connector says so when half of the bytes that it may queue wait', () => {
  const { connect: connectOver } = createZmtpTransport({ maxQueuedBytes: 1000 });
  const connector = kept(connectOver('tcp://127.0.0.1:9', new Ear(), { linger: 0 }));
  connector.send(connector.remote, [Buffer.alloc(400)]);
  expect(connector.isCrowded?.(connector.remote)).toBe(false);
  connector.send(connector.remote, [Buffer.alloc(100)]);
  expect(connector.isCrowded?.(connector.remote)).toBe(true);
});
