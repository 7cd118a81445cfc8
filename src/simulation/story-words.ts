/** Messages in the words of their patterns, as a story tells them: decoded by the codecs that the roles themselves use. */
import { decodeAtPeer, decodeClassicWord, type PeerCommand } from '../binary-star/codec.ts';
import { decodeAtClient as decodeFreelance, decodeAtServer as decodeAtFreelancer, type FreelanceModel } from '../freelance/codec.ts';
import { decodeAtClient as decodeAnswer, decodeAtServer } from '../lazy-pirate/codec.ts';
import type { QueueDialect, WorkerDialect } from '../load-balancer/dialect.ts';
import { ILLEGIBLE } from '../load-balancer/session.machine.ts';
import { PROBE_SERVICE, answersProbe, decodeAtBroker, decodeAtClient, decodeAtWorker } from '../majordomo/codec.ts';
import { PARANOID_PIRATE_QUEUE, PARANOID_PIRATE_WORKER } from '../paranoid-pirate/codec.ts';
import { SIMPLE_PIRATE_QUEUE, SIMPLE_PIRATE_WORKER } from '../simple-pirate/codec.ts';
import { EMPTY, framesBetween } from '../wire/envelope.ts';
import { epochMarkIn, type EpochMark } from '../wire/epoch.ts';
import { isMark } from '../wire/mark.ts';
import { FramesMessage, type Frame } from '../wire/message.ts';

export type StoryPattern = 'lazy-pirate' | 'simple-pirate' | 'paranoid-pirate' | 'majordomo' | 'binary-star' | 'freelance';

/** What the end of a connection is that connects: the other one listens. `peer`: the other half of its pair. `half`: one that asks the arbiter. */
export type Side = 'client' | 'worker' | 'peer' | 'half';

export interface Words {
  readonly text: string;
  /** Those of quiet times are summed up. */
  readonly isHeartbeat: boolean;
}

const LONGEST_SHOWN = 40;
const HEARTBEAT: Words = { text: 'HEARTBEAT', isHeartbeat: true };
const DIALECTS: { readonly [pattern in StoryPattern]?: { readonly queue: QueueDialect; readonly worker: WorkerDialect } } = {
  'simple-pirate': { queue: SIMPLE_PIRATE_QUEUE, worker: SIMPLE_PIRATE_WORKER },
  'paranoid-pirate': { queue: PARANOID_PIRATE_QUEUE, worker: PARANOID_PIRATE_WORKER },
};

const said = (text: string): Words => ({ text, isHeartbeat: false });

/** @param arriving towards the end that listens; otherwise back from it. */
export function wordsOf(pattern: StoryPattern, side: Side, arriving: boolean, frames: readonly Frame[]): Words {
  if (pattern === 'majordomo') {
    if (arriving) return atBroker(frames);
    return side === 'worker' ? atWorker(decodeAtWorker(new FramesMessage(frames)), 'REQUEST', frames) : atClient(frames);
  }
  if (side === 'peer') return atPeer(frames);
  if (side === 'half') return arbitrated(frames);
  if (pattern === 'binary-star') return arriving ? askedOfPair(frames) : answeredByPair(frames);
  if (pattern === 'freelance') return amongFreelancers(arriving, frames);
  const dialect = DIALECTS[pattern];
  if (side === 'client' || dialect === undefined) return arriving ? asked(frames) : answered(frames);
  if (arriving) return atQueue(dialect.queue, frames);
  return atWorker(dialect.worker.decode(new FramesMessage(frames)), 'the request', frames);
}

function atBroker(frames: readonly Frame[]): Words {
  const message = new FramesMessage(frames);
  const command = decodeAtBroker(message);
  switch (command.kind) {
    case 'CLIENT_REQUEST':
      if (command.service === PROBE_SERVICE) return said('the probe');
      return said(`REQUEST ${shown(framesBetween(message, command.body))} for ${command.service}`);
    case 'READY':
      return said(`READY for ${command.service}`);
    case 'REPLY':
      return command.handle < 0 ? strange(frames) : said(`REPLY ${shown(framesBetween(message, command.body))}`);
    case 'FAILURE':
      return said(command.why === 'declined' ? 'FAILURE (declined)' : 'FAILURE');
    case 'CREDIT':
      return said(`CREDIT ${command.credit}`);
    case 'HEARTBEAT':
      return HEARTBEAT;
    case 'DISCONNECT':
      return said(command.received === undefined ? 'DISCONNECT' : 'DISCONNECT (with the last request that came)');
    case 'INVALID':
      return strange(frames);
  }
}

function atWorker(command: ReturnType<WorkerDialect['decode']>, request: string, frames: readonly Frame[]): Words {
  switch (command.kind) {
    case 'REQUEST':
      return said(`${request} ${shown(command.body)} (delivery ${command.attempt})`);
    case 'HEARTBEAT':
      return HEARTBEAT;
    case 'DISCONNECT':
      return said('DISCONNECT');
    case 'INVALID':
      return strange(frames);
  }
}

function atClient(frames: readonly Frame[]): Words {
  const command = decodeAtClient(new FramesMessage(frames));
  if (command.kind === 'INVALID') return strange(frames);
  if (answersProbe(command)) return said('the answer to the probe');
  const deliveries = command.id < 0 ? '' : ` (deliveries ${command.deliveries})`;
  return said(command.kind === 'FAILURE' ? `the failure answer ${command.code}${deliveries}` : `REPLY ${shown(command.body)}${deliveries}`);
}

function atQueue(dialect: QueueDialect, frames: readonly Frame[]): Words {
  const message = new FramesMessage(frames);
  const command = dialect.decodeAtQueue(message);
  switch (command.kind) {
    case 'READY':
      return said('READY');
    case 'HEARTBEAT':
      return HEARTBEAT;
    case 'REPLY':
      return command.handle === ILLEGIBLE || command.handle < 0
        ? strange(frames)
        : said(`the reply ${shown(framesBetween(message, command.body))}`);
    case 'INVALID':
      return strange(frames);
  }
}

function asked(frames: readonly Frame[]): Words {
  const message = new FramesMessage(frames);
  const command = decodeAtServer(message);
  return command.kind === 'INVALID' ? strange(frames) : said(`the request ${shown(framesBetween(message, command.body))}`);
}

function answered(frames: readonly Frame[]): Words {
  const command = decodeAnswer(new FramesMessage(frames));
  return command.kind === 'INVALID' ? strange(frames) : said(`the answer ${shown(command.body)}`);
}

/** Requests and their answers have the same shape, and the same number. */
function amongFreelancers(arriving: boolean, frames: readonly Frame[]): Words {
  const message = new FramesMessage(frames);
  const model = modelOf(frames);
  const what = arriving ? 'the request' : 'the answer';
  const command = decodeFreelance(model, message);
  if (command.kind === 'PONG') return { text: 'PONG', isHeartbeat: true };
  if (command.kind === 'REPLY') return said(`${what} ${shown(command.body)} (number ${command.id})`);
  const foreign = decodeAtFreelancer(model, message);
  if (foreign.kind === 'PING') return { text: 'PING', isHeartbeat: true };
  return foreign.kind === 'REQUEST' ? said(`${what} ${shown(framesBetween(message, foreign.body))}`) : strange(frames);
}

/** By the place of the delimiter. */
function modelOf(frames: readonly Frame[]): FreelanceModel {
  if (frames[0]?.length === 0) return 'shotgun';
  return frames.length > 2 && frames[1]?.length === 0 ? 'sequential' : 'addressed';
}

/** What goes back unchanged with an answer: the address of a request to a worker, the number of a freelance one. */
export function isHandle(frame: Frame): boolean {
  return isMark(frame) || decodeFreelance('addressed', new FramesMessage([frame, EMPTY])).kind === 'REPLY';
}

/** What a client knows goes before its request, and comes back before the answer. */
function askedOfPair(frames: readonly Frame[]): Words {
  const mark = markOf(frames);
  if (mark === undefined) return asked(frames);
  return said(`${asked(frames.slice(1)).text} (knows ${epochText(mark)})`);
}

function answeredByPair(frames: readonly Frame[]): Words {
  const mark = markOf(frames);
  if (mark === undefined) return answered(frames);
  return said(
    mark.kind === 'passive' ? `that it is passive (${epochText(mark)})` : `${answered(frames.slice(1)).text} (${epochText(mark)})`,
  );
}

function markOf(frames: readonly Frame[]): EpochMark | undefined {
  return epochMarkIn(new FramesMessage(frames), 0);
}

function epochText({ epoch }: { readonly epoch: number }): string {
  return epoch === 0 ? 'no epoch' : `epoch ${epoch}`;
}

/** The words of a pair are heartbeats: what comes of one is told with it. */
function atPeer(frames: readonly Frame[]): Words {
  const message = new FramesMessage(frames);
  const classic = decodeClassicWord(message);
  if (frames.length === 1 && classic !== undefined) return { text: classic.toUpperCase(), isHeartbeat: true };
  const command = decodeAtPeer(message);
  if (command.kind !== 'WORD') return said(stateText(command, frames));
  const question = command.question === 0 ? '' : ' and a question';
  return { text: `${command.word.toUpperCase()} (${epochText(command)})${question}`, isHeartbeat: true };
}

function stateText(command: Exclude<PeerCommand, { readonly kind: 'WORD' }>, frames: readonly Frame[]): string {
  switch (command.kind) {
    case 'SNAPSHOT_WANTED':
      return 'that it needs a snapshot';
    case 'SNAPSHOT':
      return `the snapshot: ${stateInWords(frames.slice(command.body))}`;
    case 'UPDATE':
      return `the update ${shown(frames.slice(command.body))}`;
    case 'APPLIED':
      return 'that it has applied this';
    case 'INVALID':
      return strange(frames).text;
  }
}

export function stateInWords(frames: readonly Frame[]): string {
  return frames.length === 0 ? 'nothing' : shown(frames);
}

/** The arbiter of a story is asked in plain words; what only confirms a lease is a heartbeat. */
function arbitrated(frames: readonly Frame[]): Words {
  const [what = '', epoch = ''] = frames.slice(1).map((frame) => frame.toString('latin1'));
  return { text: `${what} (epoch ${epoch})`, isHeartbeat: what.includes('renew') };
}

function strange(frames: readonly Frame[]): Words {
  return said(`the frames ${frames.map(frameText).join(' ')}`);
}

/** A body, as a story quotes it. */
export function shown(frames: readonly Frame[]): string {
  if (frames.length === 0) return 'without a body';
  return frames.map(frameText).join(' ');
}

function frameText(frame: Frame): string {
  if (frame.length > LONGEST_SHOWN) return `<${frame.length} bytes>`;
  if (isHandle(frame)) return '<handle>';
  const text = frame.toString('latin1');
  return /^[\x20-\x7e]*$/.test(text) ? `"${text}"` : `0x${frame.toString('hex')}`;
}

/** Frames as a story writes them: `"text"`, `0x01`, `<1000 bytes>`, and `<handle>` for that of the request a stranger was given last. */
export function framesFrom(text: string, handle: Frame | undefined): Frame[] | undefined {
  const frames: Frame[] = [];
  for (const token of text.match(/"[^"]*"|\S+(?: bytes>)?/g) ?? []) {
    const long = /^<(\d+) bytes>$/.exec(token)?.[1];
    if (token.startsWith('"')) frames.push(Buffer.from(token.slice(1, -1)));
    else if (/^0x(?:[0-9a-f]{2})+$/.test(token)) frames.push(Buffer.from(token.slice(2), 'hex'));
    else if (long !== undefined) frames.push(Buffer.alloc(Number(long), 'x'));
    else if (token === '<handle>' && handle !== undefined) frames.push(handle);
    else return undefined;
  }
  return frames;
}
