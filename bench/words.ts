/** The words after a command of this folder. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What was given. Asked for `--help`, or given what it does not know, the process says so and ends. */
export function wordsOf<T extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  help: string,
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  if (process.argv.includes('--help')) {
    process.stdout.write(help);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(command, (error as Error).message);
  }
}

/** A word that says how many. */
export function countOf(command: string, option: string, word: string): number {
  const count = Number(word);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  return refuse(command, `--${option} must be a whole number, at least 1, not ${word}`);
}

/** Of words between commas each is one of `known`; all of them where nothing was given. */
export function namesOf<N extends string>(command: string, option: string, words: string | undefined, known: readonly N[]): readonly N[] {
  return (words?.split(',') ?? known).map(
    (word) => known.find((name) => name === word) ?? refuse(command, `--${option}: there is no "${word}"; there are ${known.join(', ')}`),
  );
}

function refuse(command: string, why: string): never {
  process.stderr.write(`${why}\nTry: npm run ${command} -- --help\n`);
  process.exit(2);
}
