/** The bug catalogue: mistakes that programmers of these patterns make, each with the rules that must find it. */
import { brokerBugs } from './brokers.ts';
import { clientBugs } from './clients.ts';
import { creditBugs } from './credits.ts';
import { freelanceBugs } from './freelances.ts';
import { limitBugs } from './limits.ts';
import type { Bug } from './planting.ts';
import { starBugs } from './stars.ts';
import { workerBugs } from './workers.ts';

export const bugs: readonly Bug[] = [
  ...brokerBugs,
  ...creditBugs,
  ...workerBugs,
  ...clientBugs,
  ...limitBugs,
  ...starBugs,
  ...freelanceBugs,
];
