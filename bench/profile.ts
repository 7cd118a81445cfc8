/** Where a process spends its time, by V8's sampling profiler, for as long as it is asked to look. */
import { Session } from 'node:inspector/promises';

/** Self time in µs of one file; of one function in a file where `function` is not empty. */
export interface SelfTime {
  /** As V8 knows it: a `file:` or `node:` address, or nothing for what is no script, such as `(garbage collector)`. */
  readonly url: string;
  readonly function: string;
  readonly time: number;
}

const INTERVAL_US = 200;
let session: Session | undefined;

export async function startProfile(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
}

export async function stopProfile(): Promise<SelfTime[]> {
  if (session === undefined) throw new Error('no profile was started');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, SelfTime>();
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const { url = '', functionName = '' } = frames.get(id) ?? {};
    const key = `${url} ${functionName}`;
    const before = times.get(key)?.time ?? 0;
    times.set(key, { url, function: functionName, time: before + (profile.timeDeltas?.[index] ?? 0) });
  }
  return [...times.values()];
}
