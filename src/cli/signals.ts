/** SIGINT and SIGTERM: the first one asks a command to finish, another one ends the process. */
import { EXIT } from './failures.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** `npx` passes on a signal that the terminal has sent us already: so soon, it is the same one. */
const SAME_SIGNAL_MS = 250;

/** The exit code of a process that a signal ended. */
export const EXIT_AFTER: { readonly [signal in StopSignal]: number } = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated };

/** Calls `stop` at the first signal. From then on another one exits at once. */
export function onStopSignal(stop: (signal: StopSignal) => void): void {
  let firstAt: number | undefined;
  const onSignal = (signal: StopSignal): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      stop(signal);
    } else if (now - firstAt > SAME_SIGNAL_MS) process.exit(EXIT_AFTER[signal]);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
