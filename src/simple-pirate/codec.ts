/**
 * The wire of the Simple Pirate (Guide, chapter 4): its workers are REQ sockets, so all they send and get begins with an empty delimiter. A
 * worker says READY once; after that each reply says that it is ready again. A worker of ours that knows several queues puts an epoch mark behind
 * READY. Nothing here throws, whatever came.
 */
import type { CommandAtQueue, QueueDialect, WorkerDialect } from '../load-balancer/dialect.ts';
import { ILLEGIBLE } from '../load-balancer/session.machine.ts';
import { EMPTY, atLeastOne, delimiterOf, framesBetween } from '../wire/envelope.ts';
import { epochMarkIn } from '../wire/epoch.ts';
import { decodeHandle, markedNumber } from '../wire/mark.ts';
import type { Frame, Message } from '../wire/message.ts';

const READY: Frame = Buffer.of(0x01);
/** What the Guide's first load-balancing brokers say instead (chapter 3). */
const READY_IN_WORDS: Frame = Buffer.from('READY');
/** Addresses before the delimiter of a request: the client's, and those of queue devices on the way. */
const MOST_ADDRESSES = 32;

const READY_COMMAND: CommandAtQueue = { kind: 'READY' };
const NO_REQ: CommandAtQueue = { kind: 'INVALID', reason: 'not what a REQ socket sends' };
const NO_COMMAND: CommandAtQueue = { kind: 'INVALID', reason: 'neither READY nor a reply' };

function decodeAtQueue(message: Message): CommandAtQueue {
  if (message.frameCount < 2 || message.byteLength(0) !== 0) return NO_REQ;
  if (message.frameCount === 2) return message.equals(1, READY) || message.equals(1, READY_IN_WORDS) ? READY_COMMAND : NO_COMMAND;
  if (message.frameCount === 3 && message.equals(1, READY) && epochMarkIn(message, 2) !== undefined) return READY_COMMAND;
  const whole = message.frameCount >= 4 && message.byteLength(2) === 0;
  return { kind: 'REPLY', handle: whole ? decodeHandle(message, 1) : ILLEGIBLE, body: 3 };
}

export const SIMPLE_PIRATE_QUEUE: QueueDialect = {
  requestToWorker: (handle) => [EMPTY, handle, EMPTY],
  heartbeat: undefined,
  disconnect: undefined,
  decodeAtQueue,
};

function decodeAtWorker(message: Message): ReturnType<WorkerDialect['decode']> {
  if (message.frameCount < 3 || message.byteLength(0) !== 0) return { kind: 'INVALID', reason: 'not a request' };
  const delimiter = delimiterOf(message, MOST_ADDRESSES, 1);
  // Without a delimiter it is the bare body of a DEALER client, behind its address.
  const body = delimiter < 0 ? 2 : delimiter + 1;
  const attempt = Math.max(1, markedNumber(message, 1));
  return {
    kind: 'REQUEST',
    address: framesBetween(message, 1, body),
    attempt,
    body: framesBetween(message, body),
    quiet: false,
    returnable: false,
  };
}

export const SIMPLE_PIRATE_WORKER: WorkerDialect = {
  ready: [EMPTY, READY],
  heartbeat: undefined,
  farewell: undefined,
  // A queue that lists a worker twice sends it two requests; a REQ would find the second when it has answered the first.
  concurrency: 1,
  mostHeld: 8,
  reply: (address, body) => [EMPTY, ...address, ...atLeastOne(body)],
  decode: decodeAtWorker,
};
