/** The client's process: asks at a steady rate whatever happens, checks every answer, and keeps no secrets. */
import { MajordomoClient, RequestError } from 'seaworthy';
import { childSettings, obeyParent, report, roleOptions } from './child.ts';
import { now } from './clock.ts';
import { SERVICE, answers, decodeReply, encodeJob, jobsOf, type Job } from './job.ts';
import type { ClientSettings, Outcome } from './reports.ts';

/** Ms between two looks at what is due: requests come in small bursts, so that several are open at a time. */
const TICK = 20;
/**
 * A client that asks on and on while nobody answers only makes it worse: beyond so many open requests it waits for answers, and
 * makes up for it later. It comes to that while the broker is away, or where the machine is too busy for all this.
 */
const MOST_OPEN = 250;
/** Ms between two reports of progress. */
const REPORT_EVERY = 50;

const settings = childSettings<ClientSettings>();
const nextJob = jobsOf(settings.seed);
const open = new Set<number>();
let sent = 0;
let outcomes: Outcome[] = [];

const client = MajordomoClient.connect(settings.endpoint, roleOptions(settings));
client.events.on('linkUsable', (value) => void report({ event: 'linkUsable', ...value, open: [...open] }));
client.events.on('requestRetried', (value) => void report({ event: 'requestRetried', ...value }));
client.events.on('staleReply', (value) => void report({ event: 'staleReply', ...value }));
client.events.on('brokerLost', ({ retryIn }) => void report({ event: 'clientLostBroker', retryIn, open: [...open] }));
obeyParent(client, offerLoad);

function offerLoad(): void {
  const begunAt = now();
  const offering = setInterval(() => {
    const due = Math.min(settings.requests, Math.floor(((now() - begunAt) * settings.rate) / 1000));
    while (sent < due && open.size < MOST_OPEN) {
      sent++;
      void ask(nextJob());
    }
    if (sent === settings.requests) clearInterval(offering);
  }, TICK);
  setInterval(() => {
    void report({ event: 'progress', sent, outcomes });
    outcomes = [];
  }, REPORT_EVERY);
}

async function ask(job: Job): Promise<void> {
  const begunAt = now();
  const { number } = job;
  open.add(number);
  try {
    const reply = await client.request(SERVICE, encodeJob(job));
    const settledAt = now();
    const answer = decodeReply(reply.body);
    const { worker, delivery } = answer;
    const kind = answers(job, answer) ? 'reply' : 'mixed-up';
    outcomes.push({ number, kind, begunAt, settledAt, attempts: reply.attempts.length, worker, delivery });
  } catch (error) {
    const settledAt = now();
    const attempts = error instanceof RequestError ? error.attempts.length : 0;
    outcomes.push({ number, kind: 'lost', begunAt, settledAt, attempts, worker: '', delivery: 0, error: String(error) });
  }
  open.delete(number);
}
