/** How large the world of a Binary Star may be. */
import { countOption } from '../../core/options.ts';
import { STAR_BUDGETS, type StarBounds } from './binary-star-pair.ts';

const MOST_OF_EACH = 9;
/** A letter has room for no larger age. */
const MOST_DELAY = 7;

/** @throws InvalidOption when a number is none, or a world is larger than its states have room for. */
export function checkStar(
  sizes: StarBounds & { readonly delay: number; readonly tolerated: number; readonly failoverTimeout?: number },
): void {
  for (const name of STAR_BUDGETS) if (sizes[name] !== Infinity) countOption(name, sizes[name], 0, MOST_OF_EACH);
  countOption('delay', sizes.delay, 0, MOST_DELAY);
  countOption('tolerated', sizes.tolerated, 0, MOST_OF_EACH);
  if (sizes.failoverTimeout !== undefined) countOption('failoverTimeout', sizes.failoverTimeout, 1);
}

/** Those of them that are not 0, and times in ticks of half a heartbeat. */
export function starBounds(bounds: StarBounds, times: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries([
    ...STAR_BUDGETS.flatMap((name) => (bounds[name] > 0 ? [[name, bounds[name]] as const] : [])),
    ...Object.entries(times),
  ]);
}
