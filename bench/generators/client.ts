/**
 * Load: one plain MDP/0.1 client, one DEALER, a window of requests in flight. MDP has no request id, so each body begins with a sequence
 * number, which the workers echo: every reply is checked (asked for, not answered before, whole) and timed.
 */
import { Dealer } from 'zeromq';
import { answerParent } from '../child.ts';
import { CLIENT, EMPTY } from './mdp.ts';

interface Run {
  readonly service: string;
  /** Requests in flight. */
  readonly window: number;
  /** Bytes of each body, at least 4. */
  readonly bodyBytes: number;
  /** How long new requests are sent, in ms; the last ones are awaited. */
  readonly duration: number;
  /** Requests after which none is sent any more, whatever the time. Default: no end. */
  readonly most?: number;
}

/** What one run brought. Times in µs. */
export interface RunResult {
  readonly requests: number;
  readonly seconds: number;
  readonly median: number;
  readonly percentile99: number;
}

const SILENCE_MS = 10_000;
const MOST_SAMPLES = 2_000_000;
const samples = new Float64Array(MOST_SAMPLES);
let socket: Dealer;
let sequence = 0;

answerParent({
  connect: (endpoint: string) => {
    socket = new Dealer({ sendTimeout: 0, linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
    socket.connect(endpoint);
  },
  run,
  enqueue,
  collect,
  passBarrier,
});

async function run(order: Run): Promise<RunResult> {
  const service = Buffer.from(order.service);
  const sentAt = new Map<number, number>();
  const last = sequence + (order.most ?? Infinity);
  let taken = 0;
  let requests = 0;
  const begin = performance.now();
  const end = begin + order.duration;
  let now = begin;
  const send = (): void => {
    sentAt.set(++sequence, now);
    void socket.send([EMPTY, CLIENT, service, bodyOf(sequence, order.bodyBytes)]);
  };
  for (let i = 0; i < order.window; i++) send();
  const watchdog = watch(() => requests);
  while (sentAt.size > 0) {
    const frames = await socket.receive();
    now = performance.now();
    const body = frames[3] as Buffer;
    const answered = body.readUInt32BE(0);
    const sent = sentAt.get(answered);
    if (frames.length !== 4 || sent === undefined || body.length !== order.bodyBytes)
      throw new Error(`unexpected reply ${String(answered)}`);
    sentAt.delete(answered);
    requests++;
    if (taken < MOST_SAMPLES) samples[taken++] = now - sent;
    if (now < end && sequence < last) send();
  }
  clearInterval(watchdog);
  const sorted = samples.subarray(0, taken).sort();
  const at = (share: number): number => 1000 * (sorted[Math.min(taken - 1, Math.floor(share * taken))] as number);
  return { requests, seconds: (now - begin) / 1000, median: at(0.5), percentile99: at(0.99) };
}

/** Sends `count` requests and reads nothing: they are to wait in the broker. */
function enqueue(order: { service: string; count: number; bodyBytes: number }): void {
  const service = Buffer.from(order.service);
  for (let i = 0; i < order.count; i++) void socket.send([EMPTY, CLIENT, service, bodyOf(i + 1, order.bodyBytes)]);
}

/** Resolves when the broker has taken everything sent before: one connection keeps its order, so a request to an idle worker comes after. */
async function passBarrier(service: string): Promise<void> {
  void socket.send([EMPTY, CLIENT, Buffer.from(service), bodyOf(0, 4)]);
  await socket.receive();
}

/** Receives the replies to `count` enqueued requests, each exactly once. */
async function collect(count: number): Promise<void> {
  const seen = new Uint8Array(count + 1);
  let received = 0;
  const watchdog = watch(() => received);
  while (received < count) {
    const frames = await socket.receive();
    const number = (frames[3] as Buffer).readUInt32BE(0);
    if (seen[number] !== 0) throw new Error(`unexpected reply ${String(number)}`);
    seen[number] = 1;
    received++;
  }
  clearInterval(watchdog);
}

function bodyOf(number: number, bytes: number): Buffer {
  const body = Buffer.allocUnsafeSlow(bytes).fill(0x2e);
  body.writeUInt32BE(number, 0);
  return body;
}

/** Ends the process when nothing comes any more: a broker that loses messages is a failed benchmark, not a fast one. */
function watch(progress: () => number): NodeJS.Timeout {
  let before = -1;
  return setInterval(() => {
    if (progress() === before) {
      process.stderr.write(`no reply for ${String(SILENCE_MS)} ms after ${String(before)} replies\n`);
      process.exit(1);
    }
    before = progress();
  }, SILENCE_MS);
}
