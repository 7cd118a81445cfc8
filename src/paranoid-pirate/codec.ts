/**
 * The wire of the Paranoid Pirate (6/PPP) as the Guide builds it: workers are DEALER sockets; READY and HEARTBEAT are messages of one frame,
 * requests and replies have an address, a delimiter and a body. A worker of ours that knows several queues puts an epoch mark behind READY.
 * Nothing here throws, whatever came.
 */
import type { CommandAtQueue, QueueDialect, WorkerDialect } from '../load-balancer/dialect.ts';
import { ILLEGIBLE } from '../load-balancer/session.machine.ts';
import { EMPTY, atLeastOne, delimiterOf, framesBetween } from '../wire/envelope.ts';
import { epochMarkIn } from '../wire/epoch.ts';
import { decodeHandle, markedNumber } from '../wire/mark.ts';
import type { Frame, Message } from '../wire/message.ts';

const READY: Frame = Buffer.of(0x01);
const HEARTBEAT: Frame = Buffer.of(0x02);
/** Addresses before the delimiter of a request: the client's, and those of queue devices on the way. */
const MOST_ADDRESSES = 32;

const READY_COMMAND: CommandAtQueue = { kind: 'READY' };
const HEARTBEAT_COMMAND = { kind: 'HEARTBEAT' } as const;
const NO_COMMAND = { kind: 'INVALID', reason: 'one frame, but neither READY nor HEARTBEAT' } as const;

function decodeAtQueue(message: Message): CommandAtQueue {
  if (message.frameCount < 2) {
    if (message.frameCount === 1 && message.equals(0, HEARTBEAT)) return HEARTBEAT_COMMAND;
    return message.frameCount === 1 && message.equals(0, READY) ? READY_COMMAND : NO_COMMAND;
  }
  if (message.frameCount === 2 && message.equals(0, READY) && epochMarkIn(message, 1) !== undefined) return READY_COMMAND;
  const whole = message.frameCount >= 3 && message.byteLength(0) > 0 && message.byteLength(1) === 0;
  return { kind: 'REPLY', handle: whole ? decodeHandle(message, 0) : ILLEGIBLE, body: 2 };
}

export const PARANOID_PIRATE_QUEUE: QueueDialect = {
  requestToWorker: (handle) => [handle, EMPTY],
  heartbeat: [HEARTBEAT],
  disconnect: undefined,
  decodeAtQueue,
};

function decodeAtWorker(message: Message): ReturnType<WorkerDialect['decode']> {
  if (message.frameCount < 2) return message.frameCount === 1 && message.equals(0, HEARTBEAT) ? HEARTBEAT_COMMAND : NO_COMMAND;
  const delimiter = delimiterOf(message, MOST_ADDRESSES);
  // Without a delimiter it is the bare body of a DEALER client, behind its address.
  const body = delimiter + 1 || 1;
  const mark = markedNumber(message, 0);
  return {
    kind: 'REQUEST',
    address: framesBetween(message, 0, body),
    attempt: Math.max(1, mark),
    body: framesBetween(message, body),
    // A queue that is not ours may be the Guide's, to which every sign of life is a READY.
    quiet: mark < 0,
    returnable: false,
  };
}

export const PARANOID_PIRATE_WORKER: WorkerDialect = {
  ready: [READY],
  heartbeat: [HEARTBEAT],
  farewell: undefined,
  // A heartbeat that crosses a request makes the Guide's queue send a second one.
  concurrency: 1,
  mostHeld: 8,
  reply: (address, body) => [...address, ...atLeastOne(body)],
  decode: decodeAtWorker,
};
