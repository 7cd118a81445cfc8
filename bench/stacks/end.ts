/** Child process: one end of a stack, which serves or asks. */
import { answerParent } from '../child.ts';
import type { Ask, Stack } from './stack.ts';

/** Whose end this process is. */
export interface End {
  /** A module of this folder. */
  readonly stack: string;
  readonly peers?: string | undefined;
}

export interface Asking {
  /** Requests in flight. */
  readonly window: number;
  /** Ms during which new ones are made; the last ones are awaited. */
  readonly duration: number;
}

/** Times in µs. */
export interface Asked {
  readonly requests: number;
  readonly seconds: number;
  readonly median: number;
  readonly percentile99: number;
}

const BODY_BYTES = 64;
const MOST_SAMPLES = 1_000_000;
const { stack: name, peers } = JSON.parse(process.env['STACK_END'] ?? '{}') as End;
const { stack } = (await import(`./${name}.js`)) as { stack: Stack };
const samples = new Float64Array(MOST_SAMPLES);
let ask: Ask;
let sequence = 0;

answerParent({
  serve: (place: string) => stack.serve(place, peers),
  connect: async (place: string) => {
    ask = await stack.connect(place, peers);
    await once();
  },
  run,
});

/** One request, whose answer must be its echo. */
async function once(): Promise<void> {
  const body = Buffer.alloc(BODY_BYTES, 0x2e);
  const text = (++sequence).toString(36).padStart(10, '0');
  body.write(text, 'latin1');
  const answer = await ask(body);
  if (answer.length !== BODY_BYTES || !body.equals(answer)) throw new Error(`the answer to ${text} is none`);
}

/** As an application would: each of `window` tasks asks, awaits the answer, and asks again. */
async function run({ window, duration }: Asking): Promise<Asked> {
  const begin = performance.now();
  const end = begin + duration;
  let requests = 0;
  const task = async (): Promise<void> => {
    for (let at = performance.now(); at < end;) {
      await once();
      const now = performance.now();
      if (requests < MOST_SAMPLES) samples[requests] = now - at;
      requests++;
      at = now;
    }
  };
  await Promise.all(Array.from({ length: window }, task));
  const seconds = (performance.now() - begin) / 1000;
  const taken = Math.min(requests, MOST_SAMPLES);
  const sorted = samples.subarray(0, taken).sort();
  const at = (share: number): number => 1000 * (sorted[Math.min(taken - 1, Math.floor(share * taken))] ?? NaN);
  return { requests, seconds, median: at(0.5), percentile99: at(0.99) };
}
