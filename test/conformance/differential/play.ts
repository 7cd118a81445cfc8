/**
 * One performance of a differential script at one site, and the trace that it leaves.
 *
 * The trace has a list for each socket of what it heard and what its sends were answered, in order. It says nothing of time. Peers are
 * named A, B, … in the order in which they appear. An answer that comes late (`overflow`, `refused`) is written where it would
 * have stood if it had come at once. How messages are gathered into bursts is not in it: the port leaves that open.
 *
 * Where a fact leaves the outcome open, the script says what may be, and that is written in place of what was: a prefix of so and so many
 * messages, a number between two others. What was is checked against it at each site, and kept: a range of which the simulated network only
 * ever takes one end would be no freedom, and a test sees to that.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type {
  ConnectOptions,
  Connector,
  GoneReason,
  Listener,
  Peer,
  Publisher,
  SendResult,
  SocketOptions,
  Subscriber,
} from '../../../src/transport/transport.ts';
import { SeaworthyError } from '../../../src/core/errors.ts';
import type { Message } from '../../../src/wire/message.ts';
import { Recorder, type Stage } from '../recorder.ts';
import type { Site, SiteLine } from './site.ts';

const QUIET_MS = 20;
/** Frames longer than this are written as their length and a hash. */
const LONGEST_TEXT = 40;
/** A queue that refused so many times, with time between, is full. */
const ROUNDS_TO_FULL = 3;
const FILLING = Buffer.alloc(2 ** 20 - 64, 'seaworthy');

/** What each socket heard and was answered, by its name; and what happened otherwise. */
export type Trace = Readonly<Record<string, readonly string[]>>;

/** What may come of messages that were under way when a connection broke. */
export type Shape =
  /** The first ones, from one peer. */
  | 'a prefix'
  /** The last ones, from one peer. */
  | 'a suffix'
  /** The first ones from one peer and the last ones from the next, with a gap between them or none. */
  | 'a prefix and a suffix'
  /** One of each in turn, whoever begins. */
  | 'turns';

type Line =
  | { readonly kind: 'heard'; readonly peer: Peer; readonly session: string; readonly text: string }
  | { readonly kind: 'sent'; readonly peer: Peer; readonly text: string; answer: SendResult }
  | { readonly kind: 'gone'; readonly peer: Peer; readonly reason: GoneReason }
  | { readonly kind: 'said'; readonly text: string };

type Frames = readonly (string | Buffer)[];

/** What a range turned out to be, for each range of a script, in order. */
export interface Outcome {
  readonly what: string;
  readonly count: number;
  readonly least: number;
  readonly most: number;
  readonly decidedBy: DecidedBy;
}

/** Chance, of which the simulated network has its own; or the memory of an operating system, which it counts in messages. */
type DecidedBy = 'chance' | 'memory';

/** The handler of a socket that receives. */
export abstract class Ear<S extends Listener | Connector | Subscriber> extends Recorder {
  readonly name: string;
  protected readonly play: Play;
  #socket: S | undefined;
  protected readonly lines: Line[] = [];
  #interleaved = false;
  #anyReason = false;

  constructor(name: string, play: Play, stage: Stage, isConnector: boolean) {
    super(stage, isConnector);
    this.name = name;
    this.play = play;
  }

  get socket(): S {
    assert.ok(this.#socket !== undefined, `${this.name} has its socket`);
    return this.#socket;
  }

  set socket(socket: S) {
    this.#socket = socket;
  }

  /* ---------------------------------------------------------------- what it is told */

  override message(peer: Peer, message: Message): void {
    const frames = Array.from({ length: message.frameCount }, (_, index) => message.frame(index));
    this.lines.push({
      kind: 'heard',
      peer,
      session: peer.session === undefined ? '' : ` (${JSON.stringify(peer.session)})`,
      text: textOf(frames),
    });
    super.message(peer, message);
  }

  override peerGone(peer: Peer, reason: GoneReason): void {
    this.lines.push({ kind: 'gone', peer, reason });
    super.peerGone(peer, reason);
  }

  async close(linger?: number): Promise<void> {
    this.closeNow(linger);
    await this.play.site.settle();
  }

  /** Over libzmq the promise of `close` does not wait for the linger time, elsewhere it does: nobody waits for it here. */
  closeNow(linger?: number): void {
    this.closed = true;
    void this.socket.close(linger);
  }

  /** Until so many messages have come in all. */
  hears(count: number): Promise<void> {
    return this.play.until(`${count} messages at ${this.name}`, () => this.messages.length >= count);
  }

  hearsText(text: string): Promise<void> {
    return this.play.until(`"${text}" at ${this.name}`, () => this.texts.includes(text));
  }

  /** Until so many connections have ended in all. */
  loses(count: number): Promise<void> {
    return this.play.until(`the end of ${count} connections at ${this.name}`, () => this.gone.length >= count);
  }

  /* ---------------------------------------------------------------- its trace */

  /** Something that the script wants to be compared. */
  say(text: string): void {
    this.lines.push({ kind: 'said', text });
  }

  /** A place in the trace, from which on `expectSome` looks. */
  get here(): number {
    return this.lines.length;
  }

  /** All the `count` messages that `fill` sent were heard, in order: how many that may be is said by the range. */
  expectFilling(prefix: string, count: number, least: number, most: number): void {
    const texts = Array.from({ length: count }, (_, index) => textOf([Buffer.from(`${prefix}${index}`), FILLING]));
    const heard = this.#expect('a prefix', texts, least, most, 0, `${prefix}…`, 'memory');
    assert.equal(heard, count, `${this.name} heard all that was taken`);
  }

  /** Of these texts, each sent once, it heard some, in this shape, as many as the range says: that is written in their place. */
  expectSome(shape: Shape, texts: readonly string[], least: number, most: number, from = 0): number {
    return this.#expect(shape, texts, least, most, from, `${texts[0]} … ${texts.at(-1)}`, 'chance');
  }

  #expect(shape: Shape, texts: readonly string[], least: number, most: number, from: number, label: string, decidedBy: DecidedBy): number {
    const heard = this.lines.slice(from).filter((line) => line.kind === 'heard' && texts.includes(line.text)) as Extract<
      Line,
      { kind: 'heard' }
    >[];
    const fault = faultIn(
      shape,
      heard.map((line) => texts.indexOf(line.text)),
      heard.map((line) => line.peer),
      texts.length,
    );
    assert.equal(fault, undefined, `${this.name} heard ${shape} of ${texts[0]}…: ${heard.map((line) => line.text).join(' ')}`);
    const rest = this.lines.slice(from).filter((line) => !heard.includes(line as never));
    const what = `${shape} of ${label} heard by ${this.name}`;
    this.lines.splice(from, Infinity, { kind: 'said', text: this.play.within(what, heard.length, least, most, decidedBy) }, ...rest);
    return heard.length;
  }

  /** The order between its peers is free: each peer's own is written by itself. */
  expectAnyOrderOfPeers(): void {
    this.#interleaved = true;
  }

  /** It may be told of an end by a notice, or find it out by sending: which is first is a matter of time. */
  expectEitherReason(): void {
    this.#anyReason = true;
  }

  get trace(): readonly string[] {
    const remote = 'remote' in this.socket ? this.socket.remote : undefined;
    const lines = this.#withoutLateForms();
    if (!this.#interleaved) return this.#write(lines, remote);
    const peers = new Map<Peer | undefined, Line[]>();
    for (const line of lines) {
      const peer = 'peer' in line ? line.peer : undefined;
      if (!peers.has(peer)) peers.set(peer, []);
      peers.get(peer)?.push(line);
    }
    const each = [...peers.values()].map((lines) => this.#write(lines, remote).join('; '));
    return ['of each peer by itself:', ...each.toSorted()];
  }

  /** Without notices `peerGone` says no more than the answer `unreachable` before it: it is that answer's late form. */
  #withoutLateForms(): readonly Line[] {
    if (this.socket.layers.disconnectNotices) return this.lines;
    const answered = new Set<Peer>();
    return this.lines.filter((line) => {
      if (line.kind === 'sent' && line.answer === 'unreachable') answered.add(line.peer);
      return line.kind !== 'gone' || line.reason !== 'unreachable' || !answered.has(line.peer);
    });
  }

  #write(lines: readonly Line[], remote: Peer | undefined): string[] {
    const names = new Map<Peer, string>();
    if (remote !== undefined) names.set(remote, 'its listener');
    const nameOf = (peer: Peer): string => {
      if (!names.has(peer)) names.set(peer, String.fromCharCode('A'.charCodeAt(0) + names.size));
      return names.get(peer) as string;
    };
    const written = lines.map((line) => {
      switch (line.kind) {
        case 'heard':
          return [`heard ${nameOf(line.peer)}${line.session}: `, line.text, ''];
        case 'sent':
          return [`told ${nameOf(line.peer)}: `, line.text, ` -> ${line.answer}`];
        case 'gone':
          return [`${nameOf(line.peer)} is gone: ${this.#reason(line.reason)}`, '', ''];
        default:
          return [line.text, '', ''];
      }
    }) as [string, string, string][];
    return inRuns(written);
  }

  #reason(reason: GoneReason): string {
    return this.#anyReason && (reason === 'unreachable' || reason === 'disconnected') ? 'disconnected or unreachable' : reason;
  }
}

/** An ear that speaks as well. */
export abstract class SpeakingEar<S extends Listener | Connector> extends Ear<S> {
  override overflow(peer: Peer): void {
    this.#takeBack(peer, 'again');
    super.overflow(peer);
  }

  refused(peer: Peer): void {
    this.#takeBack(peer, 'unreachable');
  }

  /** Of sends made at one go it is the last ones that are refused: nothing makes room between them. */
  #takeBack(peer: Peer, answer: SendResult): void {
    const sent = this.lines.findLast((line) => line.kind === 'sent' && line.peer === peer && line.answer === 'ok');
    if (sent?.kind === 'sent') sent.answer = answer;
    else this.lines.push({ kind: 'said', text: `was told "${answer}" of a send that never was` });
  }

  /* ---------------------------------------------------------------- what it does */

  /** Sends, and says nothing of the answer before it is known. In a handler the answer may be late, and is written when it comes. */
  sendNow(peer: Peer, ...frames: Frames): void {
    const buffers = frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame));
    const line: Line = { kind: 'sent', peer, text: textOf(buffers), answer: 'ok' };
    this.lines.push(line);
    line.answer = this.socket.send(peer, buffers);
  }

  /** Sends a message on, from its frame `from` on, behind `head`. */
  forwardNow(peer: Peer, head: readonly string[], message: Message, from: number): void {
    const line: Line = { kind: 'sent', peer, text: `${textOf(head.map((text) => Buffer.from(text)))}+${from}…`, answer: 'ok' };
    this.lines.push(line);
    line.answer = this.socket.send(
      peer,
      head.map((text) => Buffer.from(text)),
      message,
      from,
    );
  }

  /** Sends one message, and waits for its answer. */
  async send(peer: Peer, ...frames: Frames): Promise<SendResult> {
    this.sendNow(peer, ...frames);
    const line = this.lines.at(-1) as Extract<Line, { kind: 'sent' }>;
    await this.play.site.settle();
    return line.answer;
  }

  /** Sends these at one go, each a message of one frame, and waits for the answers. */
  async sendAll(peer: Peer, texts: readonly string[]): Promise<void> {
    for (const text of texts) this.sendNow(peer, text);
    await this.play.site.settle();
  }

  /**
   * Sends large messages until no more are taken, however long one waits; `…` and numbers from 0 are their first frames. Answers how many
   * were taken, which must be within the range.
   */
  async fill(peer: Peer, prefix: string, least: number, most: number): Promise<number> {
    const from = this.lines.length;
    let taken = 0;
    for (let refusals = 0; refusals < ROUNDS_TO_FULL;) {
      if ((await this.send(peer, `${prefix}${taken}`, FILLING)) === 'ok') {
        taken++;
        refusals = 0;
      } else {
        refusals++;
        await this.play.quiet();
      }
      assert.ok(taken <= most, `${this.name} takes no more than ${most}`);
    }
    this.lines.splice(from);
    this.say(this.play.within(`${prefix}… taken by ${this.name}`, taken, least, most, 'memory'));
    return taken;
  }

  /** Answers every message with itself. */
  echo(): void {
    this.onMessage = (peer, message) => {
      const frames = Array.from({ length: message.frameCount }, (_, index) => Buffer.from(message.frame(index)));
      this.sendNow(peer, ...frames);
    };
  }
}

/** A listener's ear: peers by the letters that they have in its trace. */
export class ListenerEar extends SpeakingEar<Listener> {
  get endpoint(): string {
    return this.socket.endpoint;
  }

  /** The peer that was the first, second, … to be heard. */
  peer(letter: string): Peer {
    const peer = this.peers[letter.charCodeAt(0) - 'A'.charCodeAt(0)];
    assert.ok(peer !== undefined, `${this.name} has heard of ${letter}`);
    return peer;
  }

  tell(letter: string, ...frames: Frames): Promise<SendResult> {
    return this.send(this.peer(letter), ...frames);
  }

  tellAll(letter: string, texts: readonly string[]): Promise<void> {
    return this.sendAll(this.peer(letter), texts);
  }

  /** Takes no more than this message and those before it. */
  pauseAt(count: number): void {
    this.onMessage = () => {
      if (this.messages.length === count) this.socket.pause();
    };
  }
}

export class ConnectorEar extends SpeakingEar<Connector> {
  tell(...frames: Frames): Promise<SendResult> {
    return this.send(this.socket.remote, ...frames);
  }

  tellAll(texts: readonly string[]): Promise<void> {
    return this.sendAll(this.socket.remote, texts);
  }
}

/** What is published only to see who hears it, and is in no trace. */
const TUNING = 'who hears this? ';

export class SubscriberEar extends Ear<Subscriber> {
  readonly #tuned = new Set<string>();

  override message(peer: Peer, message: Message): void {
    const text = message.text(0);
    if (!text.startsWith(TUNING)) super.message(peer, message);
    else this.#tuned.add(text);
  }

  /** A burst may have been of nothing else. */
  override batchEnd(): void {
    if (!this.settled) super.batchEnd();
  }

  isTuned(question: string): boolean {
    return this.#tuned.has(question);
  }
}

/** A publisher, which hears nothing and leaves no trace of its own. */
export class Voice {
  readonly #socket: Publisher;
  readonly #play: Play;

  constructor(socket: Publisher, play: Play) {
    this.#socket = socket;
    this.#play = play;
  }

  get endpoint(): string {
    return this.#socket.endpoint;
  }

  say(...frames: Frames): void {
    this.#socket.publish(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame)));
  }

  sayAll(texts: readonly string[]): void {
    for (const text of texts) this.say(text);
  }

  /** Until all of these hear what is published from now on. */
  async tune(...ears: readonly SubscriberEar[]): Promise<void> {
    const question = `${TUNING}${++this.#play.questions}`;
    while (!ears.every((ear) => ear.isTuned(question))) {
      this.say(question);
      await this.#play.site.quiet(1);
    }
  }

  async close(linger?: number): Promise<void> {
    this.closeNow(linger);
    await this.#play.site.settle();
  }

  closeNow(linger?: number): void {
    void this.#socket.close(linger);
  }
}

export interface PlayLine extends Pick<SiteLine, 'cut' | 'freeze' | 'thaw'> {
  connect(name: string, options?: ConnectOptions): ConnectorEar;
  subscribe(name: string, options?: ConnectOptions): SubscriberEar;
}

export class Play {
  readonly site: Site;
  readonly outcomes: Outcome[] = [];
  /** That publishers have asked to see who hears them. */
  questions = 0;
  readonly #stage: Stage = { busyWith: undefined, violations: [] };
  readonly #ears: (ListenerEar | ConnectorEar | SubscriberEar)[] = [];
  readonly #voices: Voice[] = [];
  readonly #notes: string[] = [];

  constructor(site: Site) {
    this.site = site;
  }

  async listen(name: string, options?: SocketOptions, endpoint: string = this.site.freeEndpoint()): Promise<ListenerEar> {
    const ear = new ListenerEar(name, this, this.#stage, false);
    ear.socket = await this.site.listen(name, endpoint, ear, options);
    this.#ears.push(ear);
    return ear;
  }

  connect(name: string, to: ListenerEar | string, options?: ConnectOptions): ConnectorEar {
    return this.#connector(name, (ear) => this.site.connect(name, typeof to === 'string' ? to : to.endpoint, ear, options));
  }

  async publish(name: string, options?: SocketOptions, endpoint: string = this.site.freeEndpoint()): Promise<Voice> {
    const voice = new Voice(await this.site.publish(name, endpoint, options), this);
    this.#voices.push(voice);
    return voice;
  }

  subscribe(name: string, to: Voice | string, options?: ConnectOptions): SubscriberEar {
    return this.#subscriber(name, (ear) => this.site.subscribe(name, typeof to === 'string' ? to : to.endpoint, ear, options));
  }

  async line(to: ListenerEar | Voice): Promise<PlayLine> {
    const line = await this.site.line(to.endpoint);
    return {
      connect: (name, options) => this.#connector(name, (ear) => line.connect(name, ear, options)),
      subscribe: (name, options) => this.#subscriber(name, (ear) => line.subscribe(name, ear, options)),
      cut: () => {
        line.cut();
      },
      freeze: () => {
        line.freeze();
      },
      thaw: () => {
        line.thaw();
      },
    };
  }

  emptyEndpoint(): Promise<string> {
    return this.site.emptyEndpoint();
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return this.site.until(what, condition);
  }

  /** Lets pass whatever might still come. */
  quiet(ms: number = QUIET_MS): Promise<void> {
    return this.site.quiet(ms);
  }

  stall(ms: number): Promise<void> {
    return this.site.stall(ms);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  /** Writes down what an attempt came to: nothing, or which error. */
  async tryTo(what: string, attempt: () => unknown): Promise<void> {
    try {
      await attempt();
      this.note(`${what}: done`);
    } catch (error) {
      const code = error instanceof SeaworthyError ? error.code : String(error);
      const reason = error instanceof Error && 'reason' in error ? ` ${String(error.reason)}` : '';
      this.note(`${what}: ${code}${reason}`);
    }
  }

  /** A count that may be anything in a range: the range, if the count is in it. */
  within(what: string, count: number, least: number, most: number, decidedBy: DecidedBy = 'chance'): string {
    assert.ok(count >= least && count <= most, `${what}: ${count} is between ${least} and ${most}`);
    this.outcomes.push({ what, count, least, most, decidedBy });
    return least === most ? `${what}: ${least}` : `${what}: between ${least} and ${most}`;
  }

  /** Ends everything, and answers the trace. */
  async end(): Promise<Trace> {
    await this.quiet();
    const trace = Object.fromEntries([['otherwise', this.#notes], ...this.#ears.map((ear) => [ear.name, ear.trace] as const)]);
    await this.abandon();
    assert.deepEqual([...new Set(this.#stage.violations)], [], 'the rules of the port hold');
    return trace;
  }

  async abandon(): Promise<void> {
    for (const socket of [...this.#ears, ...this.#voices]) socket.closeNow(0);
    await this.site.end();
  }

  #connector(name: string, connect: (ear: ConnectorEar) => Connector): ConnectorEar {
    const ear = new ConnectorEar(name, this, this.#stage, true);
    ear.socket = connect(ear);
    this.#ears.push(ear);
    return ear;
  }

  #subscriber(name: string, subscribe: (ear: SubscriberEar) => Subscriber): SubscriberEar {
    const ear = new SubscriberEar(name, this, this.#stage, true);
    ear.socket = subscribe(ear);
    this.#ears.push(ear);
    return ear;
  }
}

/** What is wrong with messages of these numbers, of `total`, from these peers; nothing when they have the shape. */
function faultIn(shape: Shape, numbers: readonly number[], peers: readonly Peer[], total: number): string | undefined {
  if (numbers.length === 0) return undefined;
  if (shape === 'turns') {
    const alternate = peers.every((peer, index) => index === 0 || peer !== peers[index - 1]);
    const inOrder = numbers.every((number, index) => index < 2 || number === (numbers[index - 2] as number) + 1);
    return alternate && inOrder ? undefined : 'not in turns';
  }
  if (shape === 'a prefix and a suffix') {
    const found = numbers.findIndex((number, index) => number !== index || peers[index] !== peers[0]);
    const gap = found < 0 ? numbers.length : found;
    return faultIn('a suffix', numbers.slice(gap), peers.slice(gap), total);
  }
  const first = shape === 'a prefix' ? 0 : total - numbers.length;
  if (numbers.some((number, index) => number !== first + index)) return `not ${shape}`;
  return new Set(peers).size > 1 ? 'from several peers' : undefined;
}

/** How a message is written in a trace. */
export function textOf(frames: readonly Buffer[]): string {
  return frames.map((frame) => frameText(frame)).join('|');
}

function frameText(frame: Buffer): string {
  if (frame.length > LONGEST_TEXT) {
    const hash = createHash('sha1').update(frame).digest('hex').slice(0, 8);
    return `<${frame.length} bytes, ${hash}>`;
  }
  const text = frame.toString('latin1');
  return /^[\x20-\x7e]*$/.test(text) ? text : `0x${frame.toString('hex')}`;
}

/** Lines that differ only in a number that counts up become one: no word is lost, and a difference can be read. */
function inRuns(lines: readonly (readonly [string, string, string])[]): string[] {
  const runs: string[] = [];
  for (let first = 0; first < lines.length;) {
    let last = first;
    while (last + 1 < lines.length && isNext(lines[last] as never, lines[last + 1] as never)) last++;
    const [before, text, after] = lines[first] as readonly [string, string, string];
    runs.push(last === first ? `${before}${text}${after}` : `${before}${text} … ${lines[last]?.[1]}${after}`);
    first = last + 1;
  }
  return runs;
}

function isNext(line: readonly [string, string, string], next: readonly [string, string, string]): boolean {
  if (line[0] !== next[0] || line[2] !== next[2]) return false;
  const number = /^(.*?)(\d+)$/.exec(line[1]);
  return number !== null && next[1] === `${number[1]}${Number(number[2]) + 1}`;
}
