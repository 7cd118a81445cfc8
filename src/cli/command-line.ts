/** The command line: finds the command, gives it its arguments, and turns what it throws into a line and an exit code. */
import { readFileSync } from 'node:fs';
import { Arguments, flagsOf, nearest, readArguments } from './arguments.ts';
import { broker } from './broker.ts';
import { call } from './call.ts';
import { allOptions, helpOf, type Command } from './command.ts';
import { demo } from './demo.ts';
import { explore } from './explore.ts';
import { EXIT, UsageError, exitCodeOf, problemOf } from './failures.ts';
import { Output, type Streams } from './output.ts';
import { freelance } from './freelance.ts';
import { queue } from './queue.ts';
import { services } from './services.ts';
import { simulate } from './simulate.ts';
import { star } from './star.ts';
import { worker } from './worker.ts';

const COMMANDS: readonly Command[] = [broker, queue, star, worker, call, services, freelance, simulate, explore, demo];

/**
 * Runs the command line `words`, without the names of Node and of the script.
 *
 * @returns the exit code.
 */
export async function commandLine(words: readonly string[], streams: Streams): Promise<number> {
  const [first, ...rest] = words;
  const command = COMMANDS.find(({ name }) => name === first);
  if (command !== undefined) return runCommand(command, rest, new Output(`seaworthy ${command.name}`, streams));
  const output = new Output('seaworthy', streams);
  switch (first) {
    case '--version':
      output.write(`${version()}\n`);
      return EXIT.ok;
    case '--help':
    case '-h':
      output.write(help());
      return EXIT.ok;
    default:
      return fail(output, noSuchCommand(first), 'Try: seaworthy --help');
  }
}

async function runCommand(command: Command, words: readonly string[], output: Output): Promise<number> {
  const hint = `Try: seaworthy ${command.name} --help`;
  try {
    // Until it is known what the words mean: an error in them is told as they seem to ask for.
    output.json = words.includes('--json');
    const given = command.passesOn === true ? new Arguments([], new Map(), words) : readArguments(words, allOptions(command));
    if (given.has('help') || (command.passesOn === true && (words[0] === '--help' || words[0] === '-h'))) {
      output.write(helpOf(command));
      return EXIT.ok;
    }
    const [unexpected] = command.takesWords === true || command.passesOn === true ? [] : given.positionals;
    if (unexpected !== undefined) throw new UsageError(`unexpected ${JSON.stringify(unexpected)}`);
    output.json = given.has('json');
    output.verbose = given.has('verbose');
    return await command.run(given, output);
  } catch (error) {
    return fail(output, error, hint, flagsOf(allOptions(command)));
  }
}

/** Says what went wrong; the hint is for slips of the command line only. */
function fail(output: Output, error: unknown, hint = '', flags?: ReadonlyMap<string, string>): number {
  const code = exitCodeOf(error);
  output.problem(problemOf(error, flags), code === EXIT.usage ? hint : '');
  return code;
}

function noSuchCommand(word: string | undefined): UsageError {
  const names = COMMANDS.map(({ name }) => name);
  if (word === undefined) return new UsageError(`which command? There are ${names.join(', ')}`);
  const near = nearest(word, names);
  return new UsageError(`unknown command ${JSON.stringify(word)}${near === undefined ? '' : `; did you mean ${near}?`}`);
}

function help(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `seaworthy ${version()}: ZeroMQ brokers, workers and clients that survive each other

Usage: seaworthy COMMAND [arguments]

Commands:
${lines.join('')}
seaworthy COMMAND --help describes a command, seaworthy --version says the version.
`;
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
