/** Every machine of this library by name, for charts, coverage and explorers. Loads without sockets. */
import type { Machine } from './core/machine.ts';
import { lazyPirateRequest } from './lazy-pirate/client.machine.ts';
import { lazyPirateJob } from './lazy-pirate/job.machine.ts';
import { majordomoLink, majordomoRequest } from './majordomo/client.machine.ts';
import { workerSession } from './majordomo/session.machine.ts';
import { majordomoWorker } from './majordomo/worker.machine.ts';

export { lazyPirateJob, lazyPirateRequest, majordomoLink, majordomoRequest, majordomoWorker, workerSession };

/** Machine name → machine. A new `*.machine.ts` is entered here; the check of the charts fails until it is. */
export const machines: { readonly [name: string]: Machine } = Object.fromEntries(
  (
    [lazyPirateRequest, lazyPirateJob, workerSession, majordomoWorker, majordomoRequest, majordomoLink] as unknown as readonly Machine[]
  ).map((machine) => [machine.name, machine]),
);
