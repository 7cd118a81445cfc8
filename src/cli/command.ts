/** What a command is to `main.ts`, and what all commands share. */
import type { RoleOptions } from '../runtime/role.ts';
import { TRANSPORT_NAMES, type TransportName } from '../transport/transport.ts';
import { createLogger, type LogLevel } from '../runtime/log.ts';
import { type Arguments, type Option, optionsHelp } from './arguments.ts';
import { UsageError } from './failures.ts';
import type { Output } from './output.ts';
import { openTrace } from './trace-file.ts';

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name. */
  readonly usage: string;
  /** Paragraphs for its help. */
  readonly description: string;
  readonly options: readonly Option[];
  /** It takes words that belong to no option. */
  readonly takesWords?: true;
  /** It runs no role of its own: nothing is logged and nothing traced. */
  readonly roleless?: true;
  /** Its words are not ours to read: they are passed on as they are. */
  readonly passesOn?: true;
  /** Resolves with the exit code. */
  run(given: Arguments, output: Output): Promise<number>;
}

/** Options that every command has. */
const OUTPUT_OPTIONS: readonly Option[] = [
  { flag: 'json', kind: 'switch', help: 'one JSON object a line, for programs' },
  { flag: 'verbose', short: 'v', kind: 'switch', help: 'say everything that happens' },
];
const HELP_OPTION: Option = { flag: 'help', short: 'h', kind: 'switch', help: 'show this and exit' };

/** Options of every command that runs a role. */
const ROLE_OPTIONS: readonly Option[] = [
  { flag: 'trace', kind: 'text', placeholder: 'FILE', help: 'write every step as a line of JSON to FILE; -: standard output' },
  { flag: 'log-level', kind: 'text', placeholder: 'LEVEL', help: 'log to standard error: debug, info, warn, error', fallback: 'silent' },
];

export const DEFAULT_ENDPOINT = 'tcp://127.0.0.1:5555';

/** Where pirate workers find their queue, as in the Guide. */
export const QUEUE_BACKEND = 'tcp://127.0.0.1:5556';

/** Where the commands that connect find their broker. */
export const BROKER_ENDPOINTS: Option = {
  flag: 'broker',
  kind: 'text',
  placeholder: 'ENDPOINTS',
  help: 'where the broker listens; several stand in for each other, with commas between',
  fallback: DEFAULT_ENDPOINT,
};

/** What stands between commas. */
export function endpointsIn(given: Arguments, flag: string): readonly string[] {
  return (given.text(flag) ?? '').split(',');
}

const LEVELS: readonly string[] = ['silent', 'debug', 'info', 'warn', 'error'];

/**
 * Runs `work` with what the common options ask of a role, and finishes the trace afterwards.
 *
 * @throws UsageError when the log level or the transport is none, or the trace cannot be written.
 */
export async function withRoleOptions<T>(
  given: Arguments,
  output: Output,
  work: (options: Pick<RoleOptions, 'logger' | 'trace' | 'transport'>) => Promise<T>,
): Promise<T> {
  const level = given.text('log-level') ?? 'silent';
  if (!LEVELS.includes(level)) throw new UsageError(`--log-level must be one of ${LEVELS.join(', ')}, not ${JSON.stringify(level)}`);
  const logger = createLogger({ level: level as LogLevel | 'silent', destination: process.stderr });
  const transport = given.has('transport') ? { transport: transportOf(given.text('transport')) } : {};
  const path = given.text('trace');
  if (path === undefined) return work({ logger, ...transport });
  const trace = await openTrace(path, output);
  try {
    return await work({ logger, ...transport, trace: trace.sink });
  } finally {
    await trace.close();
  }
}

/** @throws UsageError */
function transportOf(name: string | undefined): TransportName {
  const known = TRANSPORT_NAMES.find((each) => each === name);
  if (known === undefined) throw new UsageError(`--transport must be one of ${TRANSPORT_NAMES.join(', ')}, not ${JSON.stringify(name)}`);
  return known;
}

/** Commands whose roles carry messages from peers to peers. */
const CARRIERS: readonly string[] = ['broker', 'queue', 'star'];

function transportOption(command: string): Option {
  return {
    flag: 'transport',
    kind: 'text',
    placeholder: 'NAME',
    help: `how messages travel: ${TRANSPORT_NAMES.join(', ')}; both are ZeroMQ on the wire (default ${CARRIERS.includes(command) ? 'zmtp' : 'zeromq'})`,
  };
}

/** Those of the command and those that all have; of what is passed on we know none. */
export function allOptions({ name, options, passesOn, roleless }: Command): readonly Option[] {
  if (passesOn === true) return options;
  return [...options, ...OUTPUT_OPTIONS, ...(roleless === true ? [] : [transportOption(name), ...ROLE_OPTIONS]), HELP_OPTION];
}

export function helpOf(command: Command): string {
  const { name, summary, usage, description } = command;
  const options = allOptions(command);
  const described = options.length === 0 ? '' : `\nOptions:\n${optionsHelp(options)}`;
  return `seaworthy ${name}: ${summary}\n\nUsage: seaworthy ${name} ${usage}\n\n${description}\n${described}`;
}
