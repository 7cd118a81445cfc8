/** How large a small world may be: its states are texts of small numbers, and what does not fit must be refused, not cut off. */
import { InvalidOption } from '../../core/errors.ts';
import { countOption } from '../../core/options.ts';
import { BUDGETS, MOST_ATTEMPT, MOST_REQUEST, type Bounds } from './world.ts';

/** Requests of all clients together. */
export const MOST_REQUESTS: number = MOST_REQUEST + 1;
/** Clients, workers, servers, and how often each thing may happen. Far beyond what can be walked through. */
const MOST_OF_EACH = 99;

export interface Sizes extends Bounds {
  readonly clients: number;
  readonly requests: number;
  readonly retries: number;
  readonly faults: number;
  readonly workers?: number;
  readonly servers?: number;
  readonly maxDeliveries?: number;
  readonly liveness?: number;
}

/** @throws InvalidOption when a number is none, or a world is larger than its states have room for. */
export function checkSizes(sizes: Sizes): void {
  const { clients, requests, retries } = sizes;
  for (const name of ['workers', 'servers', 'maxDeliveries'] as const)
    if (sizes[name] !== undefined) countOption(name, sizes[name], 1, MOST_OF_EACH);
  for (const name of ['faults', ...BUDGETS] as const) countOption(name, sizes[name], 0, MOST_OF_EACH);
  if (sizes.liveness !== undefined) countOption('liveness', sizes.liveness, 0, MOST_OF_EACH);
  countOption('clients', clients, 1, MOST_REQUESTS);
  countOption('requests', requests, 1, MOST_REQUESTS);
  countOption('retries', retries, 1, MOST_ATTEMPT);
  const all = clients * requests;
  if (all <= MOST_REQUESTS) return;
  const most = Math.floor(MOST_REQUESTS / clients);
  const rule = `at most ${most} with ${clients} clients: a world has room for ${MOST_REQUESTS} requests in all, and this makes ${all}`;
  throw new InvalidOption('requests', requests, rule, `option "requests" must be ${rule}`);
}

const NAMED = ['clients', 'workers', 'servers', 'requests', 'retries', 'maxDeliveries', 'liveness', 'faults', ...BUDGETS] as const;

/** Those of them that are not 0. */
export function boundsIn(sizes: Sizes): Readonly<Record<string, number>> {
  return Object.fromEntries(NAMED.flatMap((name) => (sizes[name] ? [[name, sizes[name]]] : [])) as [string, number][]);
}
