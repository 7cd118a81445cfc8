/** What the explorer finds in the Guide's pair: asserted in explore.test.ts, and told in docs/patterns/binary-star.md. */
import { classicBinaryStar } from '../../src/binary-star/classic.machine.ts';
import type { Model } from '../../src/simulation/explore.ts';
import { classicStarModel } from '../../src/simulation/models/binary-star-classic.ts';
import { plant } from '../simulation/plant.ts';

export interface Weakness {
  /** What goes wrong, as a sentence of its own. */
  readonly told: string;
  /** The rule that is broken. */
  readonly rule: string;
  readonly model: Model<string>;
}

/** The failover timeout is the Guide's, two heartbeats; a word may be late by one. */
export const lateWords: Weakness = {
  told: 'Nothing goes wrong, words are late by up to one heartbeat, and the failover timeout is the Guide’s, two heartbeats: two serve.',
  rule: 'BS1',
  model: classicStarModel({ crashes: 0, delay: 2, failoverTimeout: 4 }),
};

/** The Guide's proof of concept: like its reactor, but for a primary that answers before it knows of its peer. */
export const W22: Weakness = {
  told: 'W22, in the Guide’s proof of concept: a primary that has restarted answers at once, while the backup serves.',
  rule: 'BS1',
  model: classicStarModel({
    crashes: 1,
    machine: plant(classicBinaryStar, 'primary', 'clientRequest', (state) => state),
    answering: ['primary', 'active'],
  }),
};

export const W23: Weakness = {
  told: 'W23: the primary dies before the backup has heard that it serves, and does not come back: the backup never serves.',
  rule: 'service',
  model: classicStarModel({ crashes: 1, primaryReturns: false }),
};

export const W24: Weakness = {
  told: 'W24: the link is cut, both serve, and when it is whole again both stop for good.',
  rule: 'service',
  model: classicStarModel({ crashes: 0, cuts: 1 }),
};
