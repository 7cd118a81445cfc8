/** The job: a number and a nonce go out, their SHA-1 must come back. So a reply that went astray, or was made up, is seen at once. */
import { createHash } from 'node:crypto';
import { seededRandom } from './random.ts';

export const SERVICE = 'sha1';

/** How long a long job takes, in ms. Long enough to die in the middle of. */
export const LONG_JOB = 20;
/** One in so many jobs is long. The others are done at once. */
const LONG_JOBS_ARE_ONE_IN = 10;

export interface Job {
  readonly number: number;
  readonly nonce: string;
  /** Ms of work. */
  readonly work: number;
}

/** What came back, and from whom. */
export interface JobReply {
  readonly number: number;
  readonly digest: string;
  readonly worker: string;
  /** Which delivery of this request the worker answered: 1 for the first. */
  readonly delivery: number;
}

/** Jobs number 1, 2, 3 … of a seed. */
export function jobsOf(seed: number): () => Job {
  const random = seededRandom(seed, 'jobs');
  let number = 0;
  return () => ({
    number: ++number,
    nonce: Math.floor(random() * 2 ** 32).toString(16),
    work: random() < 1 / LONG_JOBS_ARE_ONE_IN ? LONG_JOB : 0,
  });
}

export function digestOf(job: Job): string {
  return createHash('sha1').update(`${job.number}:${job.nonce}`).digest('hex');
}

export function encodeJob(job: Job): string[] {
  return [String(job.number), job.nonce, String(job.work)];
}

export function decodeJob(body: readonly Buffer[]): Job {
  const [number, nonce, work] = body.map(String);
  return { number: Number(number), nonce: nonce ?? '', work: Number(work) };
}

export function encodeReply(reply: JobReply): string[] {
  return [String(reply.number), reply.digest, reply.worker, String(reply.delivery)];
}

export function decodeReply(body: readonly Buffer[]): JobReply {
  const [number, digest, worker, delivery] = body.map(String);
  return { number: Number(number), digest: digest ?? '', worker: worker ?? '', delivery: Number(delivery) };
}

/** Whether `reply` is the answer to `job`, to this one and to no other. */
export function answers(job: Job, reply: JobReply): boolean {
  return reply.number === job.number && reply.digest === digestOf(job);
}
