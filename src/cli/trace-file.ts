/** The file behind `--trace`. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { traceTo, type TraceSink } from '../runtime/trace.ts';
import { UsageError } from './failures.ts';
import { messageOf, type Output } from './output.ts';

export interface Trace {
  readonly sink: TraceSink;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/**
 * Begins a new trace in the file at `path`; `-` is standard output. When the disk is full the trace ends, the role goes on.
 *
 * @throws UsageError when the file cannot be opened.
 */
export async function openTrace(path: string, output: Output): Promise<Trace> {
  if (path === '-') return { sink: traceTo(output.destination), close: () => Promise.resolve() };
  const stream = createWriteStream(path);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new UsageError(`cannot write the trace: ${messageOf(error)}`, { cause: error });
  }
  let lost = false;
  stream.on('error', (error) => {
    if (!lost) output.note(`the trace ends here: ${messageOf(error)}`);
    lost = true;
  });
  const sink = traceTo(stream);
  return {
    sink: (event) => {
      if (!lost) sink(event);
    },
    close: () => finish(stream),
  };
}

function finish(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    stream.once('close', resolve);
    stream.end();
  });
}
