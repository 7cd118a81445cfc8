/** A worker's handler that runs a shell command per request. */
import { spawn, type ChildProcess } from 'node:child_process';
import { InvalidOption, SeaworthyError } from '../core/errors.ts';
import type { LoadBalancedHandler } from '../load-balancer/worker.ts';

/** How long a command that nobody waits for may take to obey SIGTERM before it is killed. */
const GRACE_MS = 1000;
const OWN_GROUP = process.platform !== 'win32';

/** The command did not succeed. */
export class CommandFailed extends SeaworthyError {
  override readonly code = 'COMMAND_FAILED';
  override readonly retriable = true;
  /** Its exit code; none if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;

  constructor(message: string, exitCode: number | null, signal: NodeJS.Signals | null, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
    this.signal = signal;
  }
}

/**
 * Runs `command` for each request: body frames joined by newlines on its stdin, its stdout the reply, its stderr ours.
 *
 * It gets a process group of its own, for two reasons: Ctrl-C at a terminal must not reach it while the worker drains, and
 * when nobody waits for its reply all that it has started must go with it.
 *
 * @param mostReplyBytes beyond which its output is a failure: the broker would cut the connection of whoever sends more.
 */
export function commandHandler(command: string, mostReplyBytes: number): LoadBalancedHandler<{ readonly service?: string }> {
  if (command.trim() === '') throw new InvalidOption('exec', command, 'a command');
  if (!Number.isInteger(mostReplyBytes) || mostReplyBytes < 0)
    throw new InvalidOption('max-reply-bytes', mostReplyBytes, 'a whole number of at least 0');
  return ({ body }, { service, attempt, signal }) =>
    new Promise<Buffer>((resolve, reject) => {
      const child = spawn(command, {
        shell: true,
        detached: OWN_GROUP,
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ...(service === undefined ? {} : { SEAWORTHY_SERVICE: service }), SEAWORTHY_ATTEMPT: String(attempt) },
      });
      const output: Buffer[] = [];
      let bytes = 0;
      let stopping: NodeJS.Timeout | undefined;
      let failure: CommandFailed | undefined;

      const stop = (message: string): void => {
        failure ??= new CommandFailed(message, null, null);
        signalGroup(child, 'SIGTERM');
        stopping ??= setTimeout(signalGroup, GRACE_MS, child, 'SIGKILL');
      };
      const onAbort = (): void => stop('nobody waits for its reply any more');
      signal.addEventListener('abort', onAbort, { once: true });
      keepUntilExit(child);

      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= mostReplyBytes) output.push(chunk);
        else stop(`the command wrote more than ${mostReplyBytes} bytes`);
      });
      // A command that does not read its input closes the pipe: that is its right.
      child.stdin.on('error', () => undefined);
      child.stdin.end(joined(body));

      child.once('error', (error) => {
        failure ??= new CommandFailed(`the command could not be started: ${error.message}`, null, null, { cause: error });
      });
      child.once('exit', () => {
        // Whatever of its group is left keeps our end of the pipe open.
        if (failure !== undefined) child.stdout.destroy();
      });
      child.once('close', (code, ended) => {
        // What outlives the shell that it was started by has the rest of its grace.
        if (!signalGroup(child, 0)) clearTimeout(stopping);
        signal.removeEventListener('abort', onAbort);
        running.delete(child);
        failure ??= failureOf(code, ended);
        if (failure === undefined) resolve(Buffer.concat(output));
        else reject(failure);
      });
    });
}

/** Commands that run: when this process exits they go with it. */
const running = new Set<ChildProcess>();
let watchesExit = false;

function keepUntilExit(child: ChildProcess): void {
  running.add(child);
  if (watchesExit) return;
  watchesExit = true;
  process.once('exit', () => {
    for (const each of running) signalGroup(each, 'SIGKILL');
  });
}

const NEWLINE = Buffer.from('\n');

/** Frames with newlines between them, none at the end: one frame is passed on byte for byte. */
function joined(frames: readonly Buffer[]): Buffer {
  return Buffer.concat(frames.flatMap((frame, i) => (i === 0 ? [frame] : [NEWLINE, frame])));
}

function failureOf(code: number | null, signal: NodeJS.Signals | null): CommandFailed | undefined {
  if (code === 0) return undefined;
  const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  return new CommandFailed(`the command ${how}`, code, signal);
}

/** Signals the command and all that it has started; 0 only asks whether any of it is left. */
function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  const { pid } = child;
  if (pid === undefined) return false;
  try {
    return OWN_GROUP ? process.kill(-pid, signal) : child.kill(signal);
  } catch {
    return false;
  }
}
