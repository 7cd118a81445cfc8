/** What nobody catches: listened for in the place of the test runner, which would fail at it. And what somebody will. */

/** Resolves with the errors that nobody caught while `work` went on; it is given the list as it grows. */
export async function uncaughtDuring(work: (uncaught: readonly unknown[]) => Promise<void>): Promise<readonly unknown[]> {
  const uncaught: unknown[] = [];
  const usual = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
  try {
    await work(uncaught);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listenerOfOld of usual) process.on('uncaughtException', listenerOfOld);
  }
  return uncaught;
}

/** A promise that is to reject, and is looked at later: if it rejects before that, nobody has missed it. */
export function rejecting<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
