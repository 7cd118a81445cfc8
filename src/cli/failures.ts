/** How the command line fails: exit codes, and every error as one line without a stack. */
import { FailoverTooShort } from '../binary-star/errors.ts';
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import { RequestError } from '../core/requests.ts';
import { RequestAbandoned } from '../lazy-pirate/errors.ts';
import { ConnectionLost, RequestTimedOut } from '../majordomo/errors.ts';
import { BindFailed, InvalidEndpoint } from '../transport/transport.ts';

/** What the exit code says; docs/cli.md has the table. A process ended by a signal exits with 128 and the signal's number. */
export const EXIT = {
  ok: 0,
  /** The broker gave the request up, or the answer is not one. */
  failed: 1,
  /** The command line cannot work as it was written. */
  usage: 2,
  timedOut: 3,
  connectionLost: 4,
  /** A service that was asked for is not there. */
  notFound: 5,
  bindFailed: 6,
  /** A bug in seaworthy. */
  fault: 70,
  interrupted: 130,
  terminated: 143,
  /** Nobody reads our output any more; what the shell says of a process killed by SIGPIPE. */
  unread: 141,
} as const;

/** The command line cannot work as it was written. */
export class UsageError extends SeaworthyError {
  override readonly code = 'USAGE';
  override readonly retriable = false;
}

/** The other side answered, but not what was asked for. */
export class UnexpectedAnswer extends SeaworthyError {
  override readonly code = 'UNEXPECTED_ANSWER';
  override readonly retriable = false;
}

/** An error as it is shown: the message for people, the fields for programs. */
export interface Problem {
  readonly error: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

const USAGE_ERRORS = [UsageError, InvalidOption, InvalidEndpoint, FailoverTooShort] as const;

export function exitCodeOf(error: unknown): number {
  if (USAGE_ERRORS.some((kind) => error instanceof kind)) return EXIT.usage;
  if (error instanceof RequestTimedOut) return EXIT.timedOut;
  if (error instanceof ConnectionLost) return EXIT.connectionLost;
  if (error instanceof RequestAbandoned) return error.reason === 'connection-lost' ? EXIT.connectionLost : EXIT.timedOut;
  if (error instanceof BindFailed) return EXIT.bindFailed;
  return error instanceof SeaworthyError ? EXIT.failed : EXIT.fault;
}

/** Endpoints that some transports have, and others not. */
const ELSEWHERE = /^(ipc|inproc|tipc|vmci):\/\/./;

/** @param flags what the library's options are called on this command line; the others are its words, such as SERVICE. */
export function problemOf(error: unknown, flags: ReadonlyMap<string, string> = new Map()): Problem {
  if (!(error instanceof SeaworthyError)) return { error: 'FAULT', message: `a bug in seaworthy: ${stackOf(error)}` };
  return { error: error.code, message: messageOf(error, flags), ...fieldsOf(error) };
}

function messageOf(error: SeaworthyError, flags: ReadonlyMap<string, string>): string {
  if (error instanceof InvalidOption) {
    // A place in a file, such as schedule[0].node, is none of the words of the command line.
    const word = /^\w+$/.test(error.option) ? error.option.toUpperCase() : error.option;
    return error.message.replace(`option "${error.option}"`, flags.get(error.option) ?? word);
  }
  if (error instanceof FailoverTooShort) return error.message.replaceAll(/[a-z]+[A-Z]\w*/g, (option) => flags.get(option) ?? option);
  if (error instanceof InvalidEndpoint && ELSEWHERE.test(error.endpoint)) return `${error.message}; see --transport`;
  if (error instanceof InvalidEndpoint) return `"${error.endpoint}" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555`;
  return error.message;
}

/** The numbers that explain it, as the class carries them. */
function fieldsOf(error: SeaworthyError): Readonly<Record<string, unknown>> {
  const { name: _name, code: _code, cause: _cause, ...fields } = error as SeaworthyError & Readonly<Record<string, unknown>>;
  return error instanceof RequestError || error instanceof BindFailed ? fields : {};
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
