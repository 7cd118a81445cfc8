/** One connection over a socket without a network: what it keeps, and how it ends. */
import { expect, test } from 'vitest';
import type { Message } from '../../src/wire/message.ts';
import {
  encodeGreeting,
  encodeHeader,
  encodePing,
  encodePong,
  encodeProperties,
  WELCOME,
  ZmtpReader,
  type ReaderLimits,
} from '../../src/wire/zmtp.ts';
import { ZmtpConnection, type ConnectionOwner } from '../../src/transport/zmtp/connection.ts';
import { engine } from '../../src/transport/zmtp/engine.ts';
import { NULL, plainClient, type Mechanism } from '../../src/transport/zmtp/mechanism.ts';
import { Outbox } from '../../src/transport/zmtp/outbox.ts';
import { FakeSocket } from './fake-socket.ts';

class Owner implements ConnectionOwner {
  readonly mechanism: Mechanism;
  readonly limits: ReaderLimits;
  readonly context = { handshakeTimeout: 60_000, pingInterval: Infinity, pingTimeout: Infinity };
  readonly properties = {};
  readonly fits: ReadonlySet<string> = new Set(['DEALER']);
  readonly mostHeld = Infinity;
  readonly socket = new FakeSocket();
  readonly connection: ZmtpConnection;
  readonly ends: string[] = [];
  heard = 0;
  paused = false;
  /** How many messages it takes before it pauses. */
  appetite = Infinity;

  constructor({ mechanism = NULL, messageBytes = 2 ** 20 }: { mechanism?: Mechanism; messageBytes?: number } = {}) {
    this.mechanism = mechanism;
    this.limits = { frameBytes: messageBytes, messageBytes, frames: 10 };
    this.connection = new ZmtpConnection(this, this.socket.asSocket, new Outbox(1000, 2 ** 20));
    this.connection.open();
  }

  opened(): void {
    return;
  }

  received(): void {
    this.heard++;
    if (--this.appetite <= 0) this.paused = true;
  }

  waiting(): void {
    return;
  }

  departed(): void {
    return;
  }

  subscribed(): void {
    return;
  }

  /** It takes messages again. */
  goOn(): void {
    this.paused = false;
    while (!this.paused && this.connection.waits) this.connection.takeTurn();
  }

  ended(_connection: ZmtpConnection, why: string, reason: string): void {
    this.ends.push(reason === '' ? why : `${why}: ${reason}`);
  }

  introduce(): this {
    this.socket.feed(Buffer.concat([encodeGreeting('NULL', false), encodeProperties('READY', { 'Socket-Type': 'DEALER' })]));
    return this;
  }
}

const turn = (): Promise<void> => new Promise(setImmediate);
const frame = (length: number): Buffer => Buffer.concat([encodeHeader(length, false), Buffer.alloc(length)]);

test('a peer that sends PINGs without end and reads nothing is owed no more than 64 KiB of answers, and goes on', async () => {
  const owner = new Owner().introduce();
  await turn();
  owner.socket.stuck = true;
  const pings = Buffer.concat(Array.from({ length: 5000 }, () => encodePing(0)));
  for (let i = 0; i < 100; i++) {
    owner.socket.feed(pings);
    if (i % 10 === 0) await turn();
  }
  expect(owner.connection.outbox.bytes).toBeLessThan(2 * 2 ** 16 + 100);
  owner.socket.feed(frame(1));
  expect([owner.heard, owner.ends]).toEqual([1, []]);
});

test('a peer that reads nothing and breaks a rule does not keep its socket, nor what was sent to it', async () => {
  const owner = new Owner().introduce();
  owner.socket.stuck = true;
  owner.connection.outbox.put([Buffer.alloc(2 ** 19)], undefined, 0);
  await turn();
  owner.socket.feed(Buffer.from('8000', 'hex'));
  expect(owner.ends).toEqual(['protocol: a frame with flags 128']);
  expect(owner.socket.destroyed).toBe(true);
});

test('a server that says WELCOME again and again is refused, and not answered each time', () => {
  const owner = new Owner({ mechanism: plainClient('me', 'secret') });
  owner.socket.feed(encodeGreeting('PLAIN', true));
  const before = owner.socket.written;
  owner.socket.feed(Buffer.concat(Array.from({ length: 1000 }, () => WELCOME)));
  expect(owner.ends).toEqual(['refused: WELCOME is not expected here']);
  expect(owner.socket.written - before).toBeLessThan(200);
});

test('a server that does not say WELCOME has not let anybody in', () => {
  const owner = new Owner({ mechanism: plainClient('me', 'secret') });
  owner.socket.feed(Buffer.concat([encodeGreeting('PLAIN', true), encodeProperties('READY', { 'Socket-Type': 'DEALER' })]));
  expect(owner.ends).toEqual(['refused: READY is not expected here']);
});

test('an owner that pauses again and again has no more waiting for it than one that pauses once', () => {
  const owner = new Owner().introduce();
  owner.paused = true;
  for (let i = 0; i < 40; i++) {
    owner.socket.feed(frame(2 ** 18));
    owner.appetite = 1;
    owner.goOn();
    owner.socket.feed(frame(2 ** 18));
    expect(owner.connection.bytes).toBeLessThan(3 * 2 ** 19);
  }
});

test('a message larger than what may wait keeps no PING from being read; the message behind it does', () => {
  const owner = new Owner({ messageBytes: 2 ** 22 }).introduce();
  owner.paused = true;
  const pings = (): number => owner.connection.outbox.commandBytes;
  owner.socket.feed(Buffer.concat([frame(2 ** 21), encodePing(0)]));
  owner.socket.feed(encodePing(0));
  expect([owner.socket.isPaused(), pings()]).toEqual([false, 2 * encodePong(Buffer.alloc(0)).length]);
  // A command may come in the middle of a message, too: but this one has not begun.
  const second = Buffer.concat([encodeHeader(1, true), Buffer.alloc(1), encodePing(0), frame(1)]);
  owner.socket.feed(Buffer.concat([encodePing(0), second]));
  expect([owner.socket.isPaused(), pings()]).toEqual([true, 3 * encodePong(Buffer.alloc(0)).length]);
  owner.goOn();
  expect([owner.socket.isPaused(), owner.heard, pings()]).toEqual([false, 2, 4 * encodePong(Buffer.alloc(0)).length]);
});

test('who has not introduced himself, or has said nothing, and leaves is gone at once, though the owner pauses', () => {
  for (const owner of [new Owner(), new Owner().introduce()]) {
    owner.paused = true;
    if (!owner.connection.isReady) owner.socket.feed(encodeGreeting('NULL', false));
    owner.socket.hangUp();
    expect(owner.ends).toEqual(['closed']);
  }
});

test('who leaves with a message begun does not leave it in memory, while another waits', () => {
  const owner = new Owner().introduce();
  owner.paused = true;
  owner.socket.feed(Buffer.concat([frame(1), encodeHeader(2 ** 19, false), Buffer.alloc(2 ** 18)]));
  expect(owner.connection.bytes).toBeGreaterThan(2 ** 18);
  owner.socket.hangUp();
  expect([owner.connection.bytes, owner.ends]).toEqual([1, []]);
  owner.goOn();
  expect([owner.heard, owner.ends]).toEqual([1, ['closed']]);
});

test('what a peer has said does not stay in memory until it says more', () => {
  const seen: Message[] = [];
  const reader = new ZmtpReader({ frameBytes: Infinity, messageBytes: Infinity, frames: 10 });
  reader.push(frame(50_000));
  reader.read({ message: (message) => seen.push(message), command: () => undefined });
  expect([reader.kept, (seen[0] as Message & { bytes: Buffer }).bytes.length]).toEqual([0, 0]);
});

test('timers of connections keep no process alive', () => {
  const { clock } = engine.driver;
  const timer = clock.setTimeout(() => undefined, 60_000) as NodeJS.Timeout;
  expect(timer.hasRef()).toBe(false);
  clock.clearTimeout(timer);
});
