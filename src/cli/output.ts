/**
 * What a command says. Results go to standard output, everything else to standard error; with `--json` each of them is one
 * JSON object a line. A reader who leaves ends the output, never the process: what becomes of that is the command's business.
 */
import type { EventMap, TypedEvents } from '../runtime/events.ts';
import type { TraceDestination } from '../runtime/trace.ts';
import type { Problem } from './failures.ts';

/** Where output goes; `process` has both. */
export interface Streams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

export interface OutputStream {
  write(text: string | Uint8Array, written?: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly writableLength?: number;
  readonly isTTY?: boolean;
}

export class Output {
  json = false;
  verbose = false;
  readonly #name: string;
  readonly #streams: Streams;
  readonly #unread = new AbortController();

  /** @param name goes before every line for people on standard error, as `seaworthy broker`. */
  constructor(name: string, streams: Streams) {
    this.#name = name;
    this.#streams = streams;
    streams.stdout.on('error', (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE' && !this.unread.aborted) this.note(`no more output: ${error.message}`);
      this.#unread.abort();
    });
    streams.stderr.on('error', () => undefined);
  }

  /** Aborted when nobody reads standard output any more, or it takes no more. */
  get unread(): AbortSignal {
    return this.#unread.signal;
  }

  /** A result: the record for programs, or the text for people. */
  result(record: object, text: string): void {
    this.write(this.json ? jsonLine(record) : `${text}\n`);
  }

  /** Something that happened, for those who asked for details. */
  happened(event: string, facts: object): void {
    if (!this.verbose) return;
    const words = Object.entries(facts).map(([name, value]) => `${name}=${inOneWord(value)}`);
    this.result({ event, ...facts }, [event, ...words].join(' '));
  }

  /** A frame as a line: its own bytes, except that a terminal is not given control characters to obey. */
  frame(frame: Buffer): void {
    const bytes = this.#streams.stdout.isTTY === true ? Buffer.from(harmless(frame.toString('utf8'))) : frame;
    this.write(frame.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.of(NEWLINE)]));
  }

  /** Raw text for standard output. */
  write(text: string | Uint8Array): void {
    if (!this.unread.aborted) this.#streams.stdout.write(text);
  }

  /** Resolves when standard output has been through: whether it took everything. */
  async taken(): Promise<boolean> {
    if (!this.unread.aborted) await new Promise<void>((resolve) => this.#streams.stdout.write('', () => setImmediate(resolve)));
    return !this.unread.aborted;
  }

  /** For lines that are not ours, such as a trace. */
  get destination(): TraceDestination {
    const { stdout } = this.#streams;
    return {
      write: (line) => {
        this.write(line);
      },
      get writableLength() {
        return stdout.writableLength ?? 0;
      },
    };
  }

  /** A remark on standard error. */
  note(message: string): void {
    this.#streams.stderr.write(this.json ? jsonLine({ note: message }) : `${this.#name}: ${harmless(message)}\n`);
  }

  /** An error on standard error. */
  problem(problem: Problem, hint = ''): void {
    if (this.json) {
      this.#streams.stderr.write(jsonLine(problem));
      return;
    }
    const code = problem.error === 'USAGE' ? '' : `${problem.error}: `;
    this.#streams.stderr.write(`${this.#name}: ${code}${harmless(problem.message)}\n${hint === '' ? '' : `${hint}\n`}`);
  }
}

/** Passes on a role's events. `names` lists them all: a new event that is missing there does not compile. */
export function reportEvents<E extends EventMap>(events: TypedEvents<E>, names: { readonly [K in keyof E]: true }, output: Output): void {
  for (const event of Object.keys(names) as (keyof E & string)[]) {
    if (event === 'fault')
      events.on(event, (value) => output.note(`a bug in seaworthy was caught: ${messageOf((value as { error: unknown }).error)}`));
    else if (output.verbose) events.on(event, (value) => output.happened(event, shown(value as object)));
  }
}

/** Errors as their messages: as objects they would be empty. */
function shown(facts: object): object {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value instanceof Error ? messageOf(value) : (value as unknown)]),
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function inOneWord(value: unknown): string {
  if (typeof value === 'number') return String(plainNumbers('', value));
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : harmless(JSON.stringify(value));
}

/** JSON itself escapes most of what drives a terminal; the rest may as well be escaped. */
function jsonLine(record: object): string {
  return `${harmless(JSON.stringify(record, plainNumbers))}\n`;
}

/** Milliseconds come with more digits than they mean. */
function plainNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}

/** A frame as JSON: its text, or `{ "base64": … }` when it is not UTF-8. */
export function frameAsJson(frame: Buffer): string | { readonly base64: string } {
  const text = frame.toString('utf8');
  return Buffer.from(text, 'utf8').equals(frame) ? text : { base64: frame.toString('base64') };
}

const NEWLINE = 0x0a;
const CONTROL = /(?![\t\n])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function harmless(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Rows in columns; the first row is the heading. Columns whose cells are numbers stand to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const right = (rows[0] ?? []).map((_, column) => rows.length > 1 && rows.slice(1).every((row) => typeof row[column] === 'number'));
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, column) =>
        right[column] === true ? String(cell).padStart(widths[column] ?? 0) : String(cell).padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
