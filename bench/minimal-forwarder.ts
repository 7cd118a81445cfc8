/**
 * The yardstick: an MDP/0.1 broker with nothing in it that a broker could leave out and still pass messages from plain clients to plain
 * workers. Workers of a service are used in turn, requests wait in a list of their own links, every operation is O(1).
 *
 * It has no heartbeats, no expiry, no limits, no redelivery and no checks: it believes every byte it gets, and a worker that dies takes
 * its request with it. So what our broker costs above it is the price of reliability.
 *
 * It is as fast as we could make it: `sendTimeout: 0` (libzmq is not asked whether it may send), no `await` on a send, the 32-bit number in
 * libzmq's routing ids as key, each message sent as soon as it is known. String keys, `mandatory`, sending in bursts, higher water marks
 * and other ways to build the frames were tried: none was faster by more than the noise, sending in bursts was slower.
 */
import { Router } from 'zeromq';
import { answerParent } from './child.ts';

interface Service {
  readonly name: Buffer;
  readonly ready: List<Worker>;
  readonly waiting: List<Request>;
}

interface Worker {
  readonly id: Buffer;
  readonly service: Service;
  next: Worker | undefined;
}

interface Request {
  readonly frames: Buffer[];
  next: Request | undefined;
}

class List<T extends { next: T | undefined }> {
  #first: T | undefined;
  #last: T | undefined;

  add(item: T): void {
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  take(): T | undefined {
    const item = this.#first;
    if (item === undefined) return undefined;
    this.#first = item.next;
    if (item.next === undefined) this.#last = undefined;
    item.next = undefined;
    return item;
  }
}

const EMPTY = Buffer.alloc(0);
const CLIENT = Buffer.from('MDPC01');
const WORKER = Buffer.from('MDPW01');
const REQUEST = Buffer.from([2]);
const LETTER_C = 0x43;
const READY = 1;
const REPLY = 3;

const router = new Router({ sendTimeout: 0, linger: 0, backlog: 4096 });
const services = new Map<string, Service>();
const workers = new Map<number, Worker>();
await router.bind('tcp://127.0.0.1:*');
answerParent({ endpoint: () => router.lastEndpoint });

for (;;) handle(await router.receive());

function handle(frames: Buffer[]): void {
  const id = frames[0] as Buffer;
  const header = frames[2] as Buffer;
  if (header[3] === LETTER_C) {
    const service = serviceNamed(frames[3] as Buffer);
    const worker = service.ready.take();
    if (worker === undefined) service.waiting.add({ frames, next: undefined });
    else assign(worker, frames);
    return;
  }
  const command = (frames[3] as Buffer)[0];
  if (command === REPLY) {
    const worker = workers.get(id.readUInt32BE(1)) as Worker;
    const { service } = worker;
    send([frames[4] as Buffer, EMPTY, CLIENT, service.name], frames, 6);
    const request = service.waiting.take();
    if (request === undefined) service.ready.add(worker);
    else assign(worker, request.frames);
  } else if (command === READY) {
    const service = serviceNamed(frames[4] as Buffer);
    const worker: Worker = { id, service, next: undefined };
    workers.set(id.readUInt32BE(1), worker);
    const request = service.waiting.take();
    if (request === undefined) service.ready.add(worker);
    else assign(worker, request.frames);
  }
}

function assign(worker: Worker, request: Buffer[]): void {
  send([worker.id, EMPTY, WORKER, REQUEST, request[0] as Buffer, EMPTY], request, 4);
}

/** Sends `head` and what follows from frame `from` of a received message. A message that cannot be sent is lost. */
function send(head: Buffer[], received: Buffer[], from: number): void {
  for (let i = from; i < received.length; i++) head.push(received[i] as Buffer);
  void router.send(head);
}

function serviceNamed(name: Buffer): Service {
  const key = name.toString('latin1');
  let service = services.get(key);
  if (service === undefined) services.set(key, (service = { name, ready: new List(), waiting: new List() }));
  return service;
}
