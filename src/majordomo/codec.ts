/**
 * MDP/0.1 on the wire (RFC 7), MMI (RFC 8), the marks of ours that plain peers never see the inside of, and the two commands of ours that only a
 * worker sends which has asked for more than one request at a time (docs/decisions/0019-credits.md).
 *
 * Decoding is total: whatever came, the answer is a typed command or `INVALID`; nothing here throws. Bodies are not touched:
 * a command says at which frame its body begins.
 */
import type { WorkerRequest } from '../load-balancer/worker.machine.ts';
import type { FailureCode } from '../load-balancer/failures.ts';
import type { BrokerDialect } from '../load-balancer/dialect.ts';
import { EMPTY, atLeastOne, delimiterOf, framesBetween } from '../wire/envelope.ts';
import type { WorkerRefusal } from '../load-balancer/session.machine.ts';
import { creditIn, encodeCredit } from '../wire/credit.ts';
import { decodeHandle, markedNumber, newMark, remarked, wordIn, writeWord } from '../wire/mark.ts';
import type { Frame, Message } from '../wire/message.ts';
import { Names } from '../wire/names.ts';

const CLIENT_HEADER: Frame = Buffer.from('MDPC01');
const WORKER_HEADER: Frame = Buffer.from('MDPW01');
const FAILURE_HEADER: Frame = Buffer.from('SEAF01');
const READY: Frame = Buffer.of(0x01);
const REQUEST: Frame = Buffer.of(0x02);
const REPLY: Frame = Buffer.of(0x03);
const HEARTBEAT: Frame = Buffer.of(0x04);
const DISCONNECT: Frame = Buffer.of(0x05);
const FAILURE: Frame = Buffer.of(0x06);
const CREDIT: Frame = Buffer.of(0x07);
const HANDLER_FAILED: Frame = Buffer.from('handler-failed');
const DECLINED: Frame = Buffer.from('declined');

/** Frames accepted before a client's delimiter: a correlation frame, or the addresses of queue devices on the way. */
export const MOST_ENVELOPE_FRAMES = 8;
/** Longest service name that is even looked at, in bytes. */
export const MOST_NAME_BYTES = 255;
/** All names below are the broker's own (RFC 8). */
export const MMI_PREFIX = 'mmi.';
/** The service that tells our client that it talks to our broker. */
export const PROBE_SERVICE = 'mmi.seaworthy';
/** What the broker answers to the probe, after `200`. */
export const PROBE_ANSWER = 'correlation/1';

/** Whether a name may be registered or asked for: printable ASCII, 1 to `MOST_NAME_BYTES` bytes. */
export function isServiceName(name: string): boolean {
  return name.length <= MOST_NAME_BYTES && /^[\x20-\x7e]+$/.test(name);
}

export interface Invalid {
  readonly kind: 'INVALID';
  readonly reason: string;
}

const invalid = (reason: string): Invalid => ({ kind: 'INVALID', reason });
const NOT_MDP = invalid('not an MDP/0.1 message');
const NO_DELIMITER = invalid('no empty delimiter frame');
const LONG_NAME = invalid('the service name is too long');
const NO_SERVICE = invalid('no service frame');
const BAD_COMMAND = invalid('unknown command');
const BAD_SHAPE = invalid('the command has the wrong frames');

/* ------------------------------------------------------------------ at the broker */

/** A client's request. `envelope` frames stand before the delimiter; the body begins at `body` (and may be missing). */
export interface ClientRequest {
  readonly kind: 'CLIENT_REQUEST';
  readonly service: string;
  readonly envelope: number;
  readonly body: number;
}

export type WorkerCommand =
  /** `credit`: how many requests it may hold at once, 1 if it does not say. */
  | { readonly kind: 'READY'; readonly service: string; readonly credit: number }
  /** `handle` is the number of the delivery it answers, or -1 when the frame is not one of our handles. */
  | { readonly kind: 'REPLY'; readonly handle: number; readonly body: number }
  | { readonly kind: 'FAILURE'; readonly handle: number; readonly why: WorkerRefusal }
  | { readonly kind: 'CREDIT'; readonly credit: number }
  | { readonly kind: 'HEARTBEAT' }
  /** `received`: the last delivery that had reached it, 0 for none; nothing when it does not say. */
  | { readonly kind: 'DISCONNECT'; readonly received?: number };

const HEARTBEAT_COMMAND: WorkerCommand = { kind: 'HEARTBEAT' };
const DISCONNECT_COMMAND: WorkerCommand = { kind: 'DISCONNECT' };

/**
 * What a broker received, routing id already taken off.
 *
 * @param names of the services that were asked for lately.
 */
export function decodeAtBroker(message: Message, names: Names = new Names()): ClientRequest | WorkerCommand | Invalid {
  const envelope = delimiterOf(message, MOST_ENVELOPE_FRAMES);
  if (envelope < 0) return NO_DELIMITER;
  const header = envelope + 1;
  if (message.equals(header, CLIENT_HEADER)) return decodeClientRequest(message, envelope, header + 1, names);
  if (envelope === 0 && message.equals(header, WORKER_HEADER)) return decodeWorkerCommand(message);
  return NOT_MDP;
}

function decodeClientRequest(message: Message, envelope: number, at: number, names: Names): ClientRequest | Invalid {
  if (message.frameCount <= at) return NO_SERVICE;
  if (message.byteLength(at) > MOST_NAME_BYTES) return LONG_NAME;
  return { kind: 'CLIENT_REQUEST', service: names.in(message, at), envelope, body: at + 1 };
}

function decodeWorkerCommand(message: Message): WorkerCommand | Invalid {
  if (message.frameCount < 3 || message.byteLength(2) !== 1) return BAD_COMMAND;
  switch (message.byteAt(2, 0)) {
    case 0x01:
      if (message.frameCount < 4) return NO_SERVICE;
      return message.byteLength(3) > MOST_NAME_BYTES
        ? LONG_NAME
        : { kind: 'READY', service: message.text(3), credit: Math.max(1, creditFrom(message, 4)) };
    case 0x03: {
      // A reply whose shape is wrong still ends the request at that worker: no handle fits it.
      const whole = message.frameCount >= 6 && message.byteLength(4) === 0;
      return { kind: 'REPLY', handle: whole ? decodeHandle(message, 3) : -1, body: 5 };
    }
    case 0x04:
      return HEARTBEAT_COMMAND;
    case 0x05:
      return decodeFarewell(message);
    case 0x06:
      if (message.frameCount < 5) return BAD_SHAPE;
      return { kind: 'FAILURE', handle: decodeHandle(message, 3), why: message.equals(4, DECLINED) ? 'declined' : 'handler-failed' };
    case 0x07: {
      const credit = creditFrom(message, 3);
      return credit < 0 ? BAD_SHAPE : { kind: 'CREDIT', credit };
    }
    default:
      return BAD_COMMAND;
  }
}

function decodeFarewell(message: Message): WorkerCommand {
  if (message.frameCount < 4) return DISCONNECT_COMMAND;
  const received = message.byteLength(3) === 0 ? 0 : decodeHandle(message, 3);
  return received < 0 ? DISCONNECT_COMMAND : { kind: 'DISCONNECT', received };
}

/** Marks behind what the RFC asks for: a worker of ours sends two at most. */
const MOST_MARKS = 2;

/** The credit that one of the frames from `from` on tells; -1 when none does. */
function creditFrom(message: Message, from: number): number {
  const end = Math.min(message.frameCount, from + MOST_MARKS);
  for (let i = from; i < end; i++) {
    const credit = creditIn(message, i);
    if (credit >= 0) return credit;
  }
  return -1;
}

export const HEARTBEAT_TO_WORKER: readonly Frame[] = [EMPTY, WORKER_HEADER, HEARTBEAT];
export const DISCONNECT_TO_WORKER: readonly Frame[] = [EMPTY, WORKER_HEADER, DISCONNECT];

/** The frames before the body of a REQUEST to a worker. */
export function requestToWorker(handle: Frame): Frame[] {
  return [EMPTY, WORKER_HEADER, REQUEST, handle, EMPTY];
}

/** What a broker says to workers. */
export const WORKER_WIRE: BrokerDialect = { requestToWorker, heartbeat: HEARTBEAT_TO_WORKER, disconnect: DISCONNECT_TO_WORKER };

/** The frames before the body of a REPLY to a client, behind the envelope it sent. */
export function replyToClient(envelope: readonly Frame[], service: Frame): Frame[] {
  const [first] = envelope;
  if (first === undefined) return [EMPTY, CLIENT_HEADER, service];
  if (envelope.length === 1) return [first, EMPTY, CLIENT_HEADER, service];
  return [...envelope, EMPTY, CLIENT_HEADER, service];
}

/** What our clients are told; nobody else would understand it. */
const FAILURE_CODES: readonly FailureCode[] = [
  'queue-full',
  'services-full',
  'expired',
  'poisoned',
  'worker-lost',
  'shutting-down',
  'invalid',
];

/** A whole failure answer: code and number of deliveries follow the service. */
export function failureToClient(correlation: Frame, service: Frame, code: FailureCode, deliveries: number): Frame[] {
  return [correlation, EMPTY, FAILURE_HEADER, service, Buffer.from(code), Buffer.from(String(deliveries))];
}

/* ------------------------------------------------------------------ at a worker */

export type CommandAtWorker = WorkerRequest | { readonly kind: 'HEARTBEAT' } | { readonly kind: 'DISCONNECT' };

export function decodeAtWorker(message: Message): CommandAtWorker | Invalid {
  if (message.frameCount < 3 || message.byteLength(0) !== 0 || !message.equals(1, WORKER_HEADER)) return NOT_MDP;
  if (message.byteLength(2) !== 1) return BAD_COMMAND;
  switch (message.byteAt(2, 0)) {
    case 0x02: {
      if (message.frameCount < 6 || message.byteLength(4) !== 0) return BAD_SHAPE;
      const mark = markedNumber(message, 3);
      const address = [message.frame(3)];
      return { kind: 'REQUEST', address, attempt: Math.max(1, mark), body: framesBetween(message, 5), quiet: false, returnable: mark >= 0 };
    }
    case 0x04:
      return { kind: 'HEARTBEAT' };
    case 0x05:
      return { kind: 'DISCONNECT' };
    default:
      return BAD_COMMAND;
  }
}

export const HEARTBEAT_TO_BROKER: readonly Frame[] = HEARTBEAT_TO_WORKER;
export const DISCONNECT_TO_BROKER: readonly Frame[] = DISCONNECT_TO_WORKER;

/** With a credit of more than one behind the service: a plain broker looks no further than that. */
export function readyToBroker(service: string, credit: number): Frame[] {
  const ready = [EMPTY, WORKER_HEADER, READY, Buffer.from(service, 'latin1')];
  return credit > 1 ? [...ready, encodeCredit(credit)] : ready;
}

/**
 * With the address of the last request that came, or an empty frame: a broker of ours then knows which of those that it has sent were never received.
 * Others look no further than the command.
 */
export function farewellToBroker(last: Frame | undefined): Frame[] {
  return [...DISCONNECT_TO_BROKER, last ?? EMPTY];
}

/** To a broker of ours only: the request with that handle comes back, and the worker goes on with the others. */
export function failureToBroker(handle: Frame, why: WorkerRefusal): Frame[] {
  return [EMPTY, WORKER_HEADER, FAILURE, handle, why === 'declined' ? DECLINED : HANDLER_FAILED];
}

/** To a broker of ours only: from now on this worker holds so many requests at most. */
export function creditToBroker(credit: number): Frame[] {
  return [EMPTY, WORKER_HEADER, CREDIT, encodeCredit(credit)];
}

/** A whole REPLY. A reply without a frame gets an empty one: the RFC wants at least one. */
export function replyToBroker(address: readonly Frame[], body: readonly Frame[]): Frame[] {
  return [EMPTY, WORKER_HEADER, REPLY, ...address, EMPTY, ...atLeastOne(body)];
}

/* ------------------------------------------------------------------ at a client */

export type CommandAtClient =
  /** `id` is -1 when the answer carries no correlation frame of ours. */
  | { readonly kind: 'REPLY'; readonly id: number; readonly deliveries: number; readonly service: string; readonly body: readonly Frame[] }
  | { readonly kind: 'FAILURE'; readonly id: number; readonly deliveries: number; readonly service: string; readonly code: FailureCode };

/**
 * @param from the frame that the answer begins at: an epoch mark may stand before it.
 * @param names of the services that answered lately.
 */
export function decodeAtClient(message: Message, from = 0, names: Names = new Names()): CommandAtClient | Invalid {
  const correlated = message.frameCount > from && message.byteLength(from) !== 0;
  const at = correlated ? from + 1 : from;
  if (message.frameCount < at + 4 || message.byteLength(at) !== 0) return NOT_MDP;
  const deliveries = correlated ? markedNumber(message, from) : 0;
  if (deliveries < 0 || message.byteLength(at + 2) > MOST_NAME_BYTES) return NOT_MDP;
  const id = correlated ? wordIn(message, from, 4) : -1;
  const service = names.in(message, at + 2);
  if (message.equals(at + 1, CLIENT_HEADER)) return { kind: 'REPLY', id, deliveries, service, body: framesBetween(message, at + 3) };
  if (!correlated || !message.equals(at + 1, FAILURE_HEADER)) return NOT_MDP;
  const code = message.byteLength(at + 3) <= 32 ? message.text(at + 3) : '';
  if (!FAILURE_CODES.includes(code as FailureCode)) return NOT_MDP;
  return { kind: 'FAILURE', id, deliveries, service, code: code as FailureCode };
}

/** A whole REQUEST as a plain DEALER client sends it. An empty body becomes one empty frame: the RFC wants at least one. */
export function requestToBroker(service: Frame, body: readonly Frame[]): Frame[] {
  return [EMPTY, CLIENT_HEADER, service, ...atLeastOne(body)];
}

/** The same behind a correlation frame. */
export function correlatedRequestToBroker(id: number, timeToLive: number, service: Frame, body: readonly Frame[]): Frame[] {
  const correlation = encodeCorrelation(id, timeToLive);
  // A spread takes several times as long.
  if (body.length === 1) return [correlation, EMPTY, CLIENT_HEADER, service, body[0] as Frame];
  return [correlation, EMPTY, CLIENT_HEADER, service, ...atLeastOne(body)];
}

/** The question whether the broker is ours. */
export const PROBE: readonly Frame[] = [EMPTY, CLIENT_HEADER, Buffer.from(PROBE_SERVICE), EMPTY];

/**
 * The same, at one broker of several. The mark stands where a body may be, because a foreign broker may die of a frame before the delimiter; a
 * passive server looks for it there too.
 */
export function probeOneOfSeveral(mark: Frame): Frame[] {
  return [...PROBE.slice(0, -1), mark];
}

/** The question to a broker that is ours in which epoch it serves: the mark comes back before the answer. */
export function askForEpoch(mark: Frame): Frame[] {
  return [mark, ...PROBE];
}

/** Whether `command` is our broker's answer to the probe. */
export function answersProbe(command: CommandAtClient): boolean {
  return command.kind === 'REPLY' && command.service === PROBE_SERVICE && command.body[1]?.toString('latin1') === PROBE_ANSWER;
}

/* ------------------------------------------------------------------ correlation frames */

/** A mark with request id and time to live in ms (0 = none). The id is what makes a late reply recognisable. */
function encodeCorrelation(id: number, timeToLive: number): Frame {
  const mark = newMark(0);
  writeWord(mark, 4, id);
  writeWord(mark, 8, Math.min(0xffff_ffff, Math.ceil(timeToLive)));
  return mark;
}

/** Whether frame `index` is a correlation of ours: its sender understands failure answers. */
export function isCorrelation(message: Message, index: number): boolean {
  return markedNumber(message, index) >= 0;
}

/** How long the client with the correlation in frame `index` will wait, in ms; `Infinity` when it did not say. */
export function timeToLiveOf(message: Message, index: number): number {
  return wordIn(message, index, 8) || Infinity;
}

/** The correlation in frame `index` as it goes back: with the number of deliveries in it. */
export function answeredCorrelation(message: Message, index: number, deliveries: number): Frame {
  return remarked(message, index, deliveries);
}
