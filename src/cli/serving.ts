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

/** What is in hand, and how much was given up so far. */
export interface InHand {
  readonly inFlight: number;
  readonly queued: number;
  readonly counters: { readonly failed: number };
}

interface Serving {
  inspect(): InHand;
  close(): Promise<void>;
}

/** The same of a server that runs handlers itself: what ended without an answer was given up. */
export function inHandOf(server: {
  readonly state: string;
  readonly working: number;
  readonly waiting: number;
  readonly counters: { readonly requests: number; readonly replies: number };
}): InHand {
  const { state, working, waiting, counters } = server;
  const open = state === 'closed' ? 0 : working + waiting;
  return { inFlight: working, queued: waiting, counters: { failed: counters.requests - counters.replies - open } };
}

/** Serves until a signal comes, and resolves with the exit code when all has been finished or given up. */
export async function serveUntil(stopped: Promise<StopSignal>, role: Serving, output: Output): Promise<number> {
  const signal = await stopped;
  const { inFlight, queued, counters } = role.inspect();
  sayFinishing(signal, inFlight, output);
  output.happened('draining', { signal, inFlight, queued });
  await role.close();
  sayGivenUp(role.inspect().counters.failed - counters.failed, output);
  return EXIT.ok;
}

export function sayFinishing(signal: StopSignal, inFlight: number, output: Output): void {
  if (inFlight > 0) output.note(`${signal}: finishing ${requests(inFlight)}; once more to exit at once`);
}

export function sayGivenUp(count: number, output: Output): void {
  if (count > 0) output.note(`${requests(count)} given up`);
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
