/** What the clients of the scenarios ask for, and how their workers go about it. */
import type { FrameLike } from '../../wire/message.ts';
import type { IncomingRequest, ReplyBody } from '../../runtime/handlers.ts';
import type { Answer, Host, Question } from '../host.ts';

/** How a request is worked on. The first word of its body says which. */
export type Job =
  /** At once, in the same turn. */
  | 'instant'
  /** In some ms. */
  | 'quick'
  /** In some seconds. */
  | 'slow'
  /** The handler throws. */
  | 'fails'
  /** It throws after some seconds. */
  | 'failsLate'
  /** It throws the first time, in each worker. */
  | 'stumbles'
  /** It goes on until nobody waits for it any more, or for very long. */
  | 'hangs'
  /** It goes on for long, whether anybody waits for it or not. */
  | 'deaf';

/** Of a hundred jobs, so many are such. */
const JOBS: readonly (readonly [Job, number])[] = [
  ['quick', 81],
  ['instant', 8],
  ['slow', 6],
  ['stumbles', 2],
  ['fails', 2],
  ['hangs', 0.6],
  ['deaf', 0.4],
];

/** The longest of quick and slow jobs, in ms. */
const SLOWEST_JOB_MS = 2000;
/** A deaf one takes so long. */
const DEAF_JOB_MS = 4000;
/** And one that hangs gives up after so long. */
const HANGING_MS = 5000;

/** A job; once all is well, one that can be done. */
function drawJob(host: Host, hanging: number): Job {
  let lot = host.random() * 100;
  if (host.healing) return 'quick';
  for (const [job, share] of JOBS) {
    if ((lot -= share) >= 0) continue;
    const hangs = job === 'hangs' || job === 'deaf';
    return hangs && host.ports.clock.now() > hanging ? 'quick' : job;
  }
  return 'quick';
}

/** Works on a request as its body says. */
export function worker(host: Host): (request: IncomingRequest, context: { readonly signal: AbortSignal }) => Promise<ReplyBody> {
  const stumbled = new Set<string>();
  const work = async ({ body }: IncomingRequest, context: { readonly signal: AbortSignal }): Promise<FrameLike> => {
    const text = String(body[0]);
    switch (text.split(' ', 1)[0] as Job) {
      case 'instant':
        break;
      case 'quick':
        await host.sleep(1 + 20 * host.random());
        break;
      case 'slow':
        await host.sleep(200 + (SLOWEST_JOB_MS - 200) * host.random());
        break;
      case 'failsLate':
        await host.sleep(SLOWEST_JOB_MS * host.random());
        throw new Error('this job fails late');
      case 'fails':
        throw new Error('this job fails');
      case 'stumbles':
        if (!stumbled.has(text)) {
          stumbled.add(text);
          throw new Error('this job fails the first time');
        }
        break;
      case 'hangs':
        // Not for ever: a pirate's queue cannot tell its worker that nobody waits.
        await Promise.race([host.sleep(HANGING_MS), new Promise((resolve) => context.signal.addEventListener('abort', resolve))]);
        break;
      case 'deaf':
        await host.sleep(DEAF_JOB_MS);
    }
    return `answer to ${text}`;
  };
  return host.work(work);
}

export interface Asking<T extends Answer> {
  /** Ms between requests, on average. */
  readonly every: number;
  readonly within: number;
  readonly send: (body: string, options: { readonly signal?: AbortSignal; readonly deadline?: number }) => Promise<T>;
  /** One in so many is aborted. Default: none. */
  readonly abortEvery?: number;
  /** Several at once, up to so many. Default 1. */
  readonly burst?: number;
  /** One in so many times it asks for much more at once than anybody can do. Default: never. */
  readonly rush?: { readonly every: number; readonly many: number };
  /** Some requests have a deadline of their own. Default: none. */
  readonly hurried?: { readonly share: number; readonly within: number };
  /** Jobs that hang are asked for only until then. Default: as long as things go wrong. */
  readonly hanging?: number;
}

/** Asks for as long as its process lives. */
export async function askOnAndOn<T extends Answer>(host: Host, asking: Asking<T>): Promise<void> {
  const { every, within, burst = 1, abortEvery = 0, hanging = Infinity, rush, hurried } = asking;
  for (let number = 1; ;) {
    await host.sleep(2 * every * host.random());
    const inRush = rush !== undefined && !host.healing && host.random() * rush.every < 1;
    const many = inRush ? rush.many : 1 + Math.floor(burst * host.random() ** 3);
    for (let count = 0; count < many; count++) {
      const body = `${drawJob(host, hanging)} ${host.name}.${host.incarnation}.${number++}`;
      const abort = abortEvery > 0 && !host.healing && host.random() * abortEvery < 1 ? new AbortController() : undefined;
      const deadline = hurried !== undefined && host.random() < hurried.share ? hurried.within : undefined;
      const question: Question<T> = {
        body,
        within: deadline ?? within,
        send: () =>
          asking.send(body, { ...(abort === undefined ? {} : { signal: abort.signal }), ...(deadline === undefined ? {} : { deadline }) }),
        mayFail: !body.startsWith('quick'),
      };
      void host.ask(question);
      if (abort !== undefined) {
        void host.sleep(2000 * host.random()).then(() => {
          abort.abort();
        });
      }
    }
  }
}
