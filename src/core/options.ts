/** Checks of callers' options: each throws `InvalidOption` at once, naming the option, its value and the rule. */
import { InvalidOption } from './errors.ts';

/** A finite number ≥ `least` (ms, counts, ratios). */
export function numberOption(name: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const upper = most === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${most}`;
    throw new InvalidOption(name, value, `a number of at least ${least}${upper}`);
  }
  return value;
}

/** A whole number ≥ `least`. */
export function countOption(name: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value)) throw new InvalidOption(name, value, 'a whole number');
  return numberOption(name, value, least, most);
}

/** Rejects option names that do not exist: a misspelt limit must not silently be the default. */
export function knownOptions(given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || (given as unknown) === null) throw new InvalidOption('options', given, 'an object');
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const names = known.join(', ');
    const value = (given as Record<string, unknown>)[name];
    throw new InvalidOption(name, value, `one of ${names}`, `there is no option "${name}"; the options are ${names}`);
  }
}

/** The options among `options` that `defaults` knows and that are not `undefined`. */
export function given<D extends object>(options: object, defaults: D): Partial<D> {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => name in defaults && value !== undefined)) as Partial<D>;
}
