/** Every machine of this library by name, for charts, coverage and explorers. Loads without sockets. */
import type { Machine } from './core/machine.ts';
import { classicBinaryStar } from './binary-star/classic.machine.ts';
import { binaryStar } from './binary-star/peer.machine.ts';
import { freelanceRequest } from './freelance/client.machine.ts';
import { freelanceEndpoint } from './freelance/endpoint.machine.ts';
import { lazyPirateRequest } from './lazy-pirate/client.machine.ts';
import { lazyPirateJob } from './lazy-pirate/job.machine.ts';
import { workerSession } from './load-balancer/session.machine.ts';
import { loadBalancedWorker } from './load-balancer/worker.machine.ts';
import { majordomoLink, majordomoRequest } from './majordomo/client.machine.ts';
import { majordomoSession } from './majordomo/session.machine.ts';
import { zmtpConnection } from './transport/zmtp/connection.machine.ts';

export {
  binaryStar,
  classicBinaryStar,
  freelanceEndpoint,
  freelanceRequest,
  lazyPirateJob,
  lazyPirateRequest,
  loadBalancedWorker,
  majordomoLink,
  majordomoRequest,
  majordomoSession,
  workerSession,
  zmtpConnection,
};

/** Machine name → machine. A new `*.machine.ts` is entered here; the check of the charts fails until it is. */
export const machines: { readonly [name: string]: Machine } = Object.fromEntries(
  (
    [
      lazyPirateRequest,
      lazyPirateJob,
      loadBalancedWorker,
      workerSession,
      majordomoSession,
      majordomoRequest,
      majordomoLink,
      binaryStar,
      classicBinaryStar,
      freelanceRequest,
      freelanceEndpoint,
      zmtpConnection,
    ] as unknown as readonly Machine[]
  ).map((machine) => [machine.name, machine]),
);
