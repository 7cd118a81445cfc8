/** What nobody catches: Node tells of a promise that was rejected, once it has nothing else to do. */

/** The real one: test runners put others there. */
const { setImmediate: later } = globalThis;

/** Gives way to the event loop once: Node then tells of rejections that nobody has caught. */
export function turn(): Promise<void> {
  return new Promise((done) => {
    later(done);
  });
}

/**
 * Hears of rejections that nobody has caught, instead of whoever else listens.
 *
 * @returns ends it.
 */
export function hearRejections(hear: (reason: unknown) => void): () => void {
  const others = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[];
  for (const other of others) process.off('unhandledRejection', other);
  process.on('unhandledRejection', hear);
  return () => {
    process.off('unhandledRejection', hear);
    for (const other of others) process.on('unhandledRejection', other);
  };
}
