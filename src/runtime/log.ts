/** Logging: what happened to a role, for operators. Silent unless asked for. The only file that knows pino. */
import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * The part of a logger that this library uses. A pino logger is one; so is any object of this shape.
 * Fields are numbers, names and labels: never a message body, never a raw routing id.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Ask before building the fields of a line that is written often. */
  isLevelEnabled(level: LogLevel): boolean;
  /** A logger that adds `fields` to every line. */
  child(fields: object): Logger;
}

/** Somewhere for lines to go: a stream, or anything with `write`. */
export interface LogDestination {
  write(line: string): unknown;
}

export interface LoggerOptions {
  /** Lines below this level are not written. Default `silent`: nothing is. */
  readonly level?: LogLevel | 'silent';
  /** Put on every line as `name`. Default `seaworthy`. */
  readonly name?: string;
  /** Where the lines go, one JSON object each. Default standard output, written at once. */
  readonly destination?: LogDestination;
}

/** A pino logger of JSON lines. Without options it writes nothing. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'silent', name = 'seaworthy', destination } = options;
  if (level === 'silent') return silentLogger;
  return pino({ level, name }, destination ?? pino.destination({ dest: 1, sync: true }));
}

const nothing = (): void => undefined;

/** The default of every role: says nothing and costs nothing. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  isLevelEnabled: () => false,
  child: () => silentLogger,
};
