/** What a command line may say, and what it said: one table per command, from which it is read and its help is written. */
import { parseArgs } from 'node:util';
import { UsageError } from './failures.ts';

/** One option. The table of a command is all that reading, help and docs/cli.md know of it. */
export interface Option {
  /** Without the dashes. */
  readonly flag: string;
  /** One letter that means the same. */
  readonly short?: string;
  readonly kind: 'switch' | 'text' | 'number';
  /** Stands for the value in the help. */
  readonly placeholder?: string;
  readonly help: string;
  /** The value when it is left out. */
  readonly fallback?: string | number;
  /** The option of the library's role that it sets. */
  readonly library?: string;
}

export class Arguments {
  readonly positionals: readonly string[];
  readonly #options: readonly Option[];
  readonly #given: ReadonlyMap<string, string | number | true>;

  constructor(options: readonly Option[], given: ReadonlyMap<string, string | number | true>, positionals: readonly string[]) {
    this.#options = options;
    this.#given = given;
    this.positionals = positionals;
  }

  has(flag: string): boolean {
    return this.#given.has(flag);
  }

  /** What was given, else the fallback. */
  text(flag: string): string | undefined {
    return this.#valueOf(flag) as string | undefined;
  }

  /** What was given, else the fallback. */
  number(flag: string): number | undefined {
    return this.#valueOf(flag) as number | undefined;
  }

  /** The options of the library's role that were given, by the library's names. It checks them and knows the rest. */
  libraryOptions(): Readonly<Record<string, string | number | true>> {
    const entries = this.#options.flatMap(({ flag, library }) => {
      const value = this.#given.get(flag);
      return library === undefined || value === undefined ? [] : [[library, value] as const];
    });
    return Object.fromEntries(entries);
  }

  #valueOf(flag: string): string | number | true | undefined {
    return this.#given.get(flag) ?? this.#options.find((option) => option.flag === flag)?.fallback;
  }
}

/**
 * Reads `words` by the table. The last one of repeated options counts.
 *
 * @throws UsageError for unknown options, missing or superfluous values, and numbers that are none.
 */
export function readArguments(words: readonly string[], options: readonly Option[]): Arguments {
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options: Object.fromEntries(options.map(({ flag, short, kind }) => [flag, parseArgsOption(kind, short)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string | number | true>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = options.find(({ flag }) => flag === token.name);
    if (option === undefined) throw unknownOption(token.rawName, options);
    given.set(option.flag, valueOf(option, token.rawName, token.value, token.inlineValue));
  }
  return new Arguments(options, given, positionals);
}

function parseArgsOption(kind: Option['kind'], short: string | undefined): { type: 'string' | 'boolean'; short?: string } {
  const type = kind === 'switch' ? 'boolean' : 'string';
  return short === undefined ? { type } : { type, short };
}

function valueOf(option: Option, name: string, value: string | undefined, inline: boolean | undefined): string | number | true {
  if (option.kind === 'switch') {
    if (value !== undefined) throw new UsageError(`${name} takes no value`);
    return true;
  }
  const forgotten = value === undefined || (inline !== true && value.startsWith('--'));
  if (forgotten) throw new UsageError(`${name} needs a value: ${name} ${option.placeholder ?? 'VALUE'}`);
  if (option.kind === 'text') return value;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new UsageError(`${name} must be a number, not ${JSON.stringify(value)}`);
  return number;
}

function unknownOption(name: string, options: readonly Option[]): UsageError {
  const near = nearest(
    name,
    options.map(({ flag }) => `--${flag}`),
  );
  if (near !== undefined) return new UsageError(`unknown option ${name}; did you mean ${near}?`);
  const dashed = name.startsWith('--') ? '' : '; what begins with a dash and is not an option goes behind --';
  return new UsageError(`unknown option ${name}${dashed}`);
}

/** The one among `known` that was most likely meant by `word`, if any is likely. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.floor(word.replace(/^-+/, '').length / 3) + 1;
  for (const candidate of known) {
    const distance = candidate.startsWith(word) && word.length > 3 ? 0 : editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions and replacements of one letter that make `to` of `from`. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (above[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, replaced));
    }
  }
  return row[to.length] as number;
}

/** What the library's options are called on the command line, so that its errors can say so. */
export function flagsOf(options: readonly Option[]): ReadonlyMap<string, string> {
  return new Map(options.map(({ flag, library }) => [library ?? flag, `--${flag}`]));
}

/** The lines of a command's help that describe its options. */
export function optionsHelp(options: readonly Option[]): string {
  const rows = options.map((option) => ({ left: usageOf(option), right: option.help + fallbackOf(option) }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}

function usageOf({ flag, short, kind, placeholder }: Option): string {
  const value = kind === 'switch' ? '' : ` ${placeholder ?? 'VALUE'}`;
  return `${short === undefined ? '   ' : `-${short},`} --${flag}${value}`;
}

function fallbackOf({ fallback }: Option): string {
  return fallback === undefined ? '' : ` (default ${fallback})`;
}
