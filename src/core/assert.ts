import { BrokenInvariant } from './errors.ts';

/** States an entry condition or an invariant of ours. One condition per call, so that the message names the broken one. */
export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new BrokenInvariant(rule);
}
