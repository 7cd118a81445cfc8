/** What `seaworthy broker` and `seaworthy queue` have in common: they serve until a signal comes, then drain. */
import type { LoadBalancerEvents } from '../load-balancer/broker.ts';
import { EXIT } from './failures.ts';
import type { Output } from './output.ts';
import type { StopSignal } from './signals.ts';

export const LOAD_BALANCER_EVENTS: { readonly [event in keyof LoadBalancerEvents<object, object>]: true } = {
  workerRegistered: true,
  workerLost: true,
  requestDispatched: true,
  requestRequeued: true,
  requestFailed: true,
  requestDropped: true,
  peerRefused: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

interface Serving {
  inspect(): { readonly inFlight: number; readonly queued: number; readonly counters: { readonly failed: number } };
  close(): Promise<void>;
}

/** Serves until a signal comes, and resolves with the exit code when all has been finished or given up. */
export async function serveUntil(stopped: Promise<StopSignal>, role: Serving, output: Output): Promise<number> {
  const signal = await stopped;
  const { inFlight, queued, counters } = role.inspect();
  if (inFlight > 0) output.note(`${signal}: finishing ${requests(inFlight)}; once more to exit at once`);
  output.happened('draining', { signal, inFlight, queued });
  await role.close();
  const givenUp = role.inspect().counters.failed - counters.failed;
  if (givenUp > 0) output.note(`${requests(givenUp)} given up`);
  return EXIT.ok;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

/** Says so when others than this machine can connect to `endpoint`. */
export function warnUnlessLocal(endpoint: string, protocol: string, output: Output): void {
  if (isLocal(endpoint)) return;
  output.note(
    `warning: ${endpoint} can be reached from other machines, and ${protocol} has no authentication: anybody there may serve and ask`,
  );
}

/** Whether only this machine can connect to `endpoint`. */
export function isLocal(endpoint: string): boolean {
  const [, host] = /^tcp:\/\/(.*):[^:]*$/.exec(endpoint) ?? [];
  return host === undefined || /^(127(\.\d+){3}|localhost|\[::1\]|lo\d*)$/.test(host);
}
