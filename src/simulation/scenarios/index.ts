/** The worlds that every pattern is simulated in. */
import type { Simulation } from '../simulate.ts';
import {
  binaryStar,
  binaryStarOfBrokers,
  binaryStarWithArbiter,
  binaryStarWithStrangers,
  classicBinaryStar,
  classicBinaryStarWithStrangers,
} from './binary-star.ts';
import { freelance, freelanceWithStrangers } from './freelance.ts';
import { lazyPirate, lazyPirateWithStrangers } from './lazy-pirate.ts';
import { majordomo, majordomoOfAStrangeBroker, majordomoWithStrangers } from './majordomo.ts';
import { paranoidPirate, paranoidPirateWithStrangers, simplePirate, simplePirateWithStrangers, workersOfAStrangeQueue } from './pirates.ts';

/** Pattern → its worlds: the first is the one with all its rules, the others have strangers in them. */
export const scenarios: { readonly [pattern: string]: readonly [Simulation, ...Simulation[]] } = {
  lazy: [lazyPirate, lazyPirateWithStrangers],
  simple: [simplePirate, simplePirateWithStrangers],
  paranoid: [paranoidPirate, paranoidPirateWithStrangers, workersOfAStrangeQueue],
  majordomo: [majordomo, majordomoWithStrangers, majordomoOfAStrangeBroker],
  star: [
    binaryStar,
    binaryStarOfBrokers,
    binaryStarWithArbiter,
    binaryStarWithStrangers,
    classicBinaryStar,
    classicBinaryStarWithStrangers,
  ],
  freelance: [freelance, freelanceWithStrangers],
};
