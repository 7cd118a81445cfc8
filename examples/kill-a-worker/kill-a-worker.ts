/** The example as a function: starts everything, tells the story, ends everything, and says how it went. */
import { now } from './clock.ts';
import { Ledger } from './ledger.ts';
import { settingsOf, type KillAWorkerOptions } from './options.ts';
import { Processes } from './processes.ts';
import { Story, TRANSPORT_HEARTBEAT, longestDuration } from './story.ts';
import { tableOf } from './table.ts';
import { teller as tellerOf } from './timeline.ts';

export { USAGE, UsageError, readArguments, type KillAWorkerOptions, type Output } from './options.ts';

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Somebody wants it to end. */
class Interrupted extends Error {
  readonly signal: keyof typeof SIGNALS;

  constructor(signal: keyof typeof SIGNALS) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs the example and resolves with its exit code: 0 when every request had its one right answer and every blow hit, 1 when
 * not, 130 after SIGINT (143 after SIGTERM, 129 after SIGHUP). Whatever happens, no process it started is left.
 *
 * @throws UsageError
 */
export async function runKillAWorker(options: KillAWorkerOptions = {}): Promise<number> {
  const settings = settingsOf(options);
  const { requests, seed, json, output } = settings;
  const teller = tellerOf(output, json, now());
  teller.heading(headingText(requests, seed), { requests, seed, ...TRANSPORT_HEARTBEAT });

  const ending = new AbortController();
  const { signal } = ending;
  const ledger = new Ledger(signal);
  const processes = new Processes({
    reported: (report) => {
      ledger.note(report);
    },
    died: (child, how, errors) => {
      ending.abort(new Error(`${child.name} ${how}, which nobody had asked for${errors === '' ? '' : `\n${errors.trimEnd()}`}`));
    },
  });
  const story = new Story(settings, ledger, processes, teller, signal);
  const allowed = longestDuration(requests);
  const deadline = setTimeout(() => {
    ending.abort(new Error(`not over after ${allowed / 1000} s`));
  }, allowed);
  const progress = setInterval(() => {
    const { sent, settled, retries } = ledger;
    if (sent > 0) teller.progress({ at: now(), requests, sent, settled, retries });
  }, teller.progressEvery);
  const interrupt = (name: keyof typeof SIGNALS): void => {
    ending.abort(new Interrupted(name));
  };
  const onExit = (): void => {
    processes.killAll();
  };
  for (const name of Object.keys(SIGNALS)) process.on(name, interrupt);
  process.on('exit', onExit);

  let interrupted: Interrupted | undefined;
  try {
    await Promise.race([story.run(), aborted(signal)]);
  } catch (error) {
    if (error instanceof Interrupted) interrupted = error;
    else story.problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(deadline);
    clearInterval(progress);
    await processes.endAll();
    for (const name of Object.keys(SIGNALS)) process.off(name, interrupt);
    process.off('exit', onExit);
  }
  if (interrupted !== undefined) {
    teller.tell({ event: 'interrupted', who: 'all', at: now(), signal: interrupted.signal });
    return SIGNALS[interrupted.signal];
  }
  const { blows, lateReply, problems, falseAlarms } = story;
  const table = tableOf({ requests, ledger, blows, lateReply, problems, falseAlarms });
  teller.close(table);
  return table.ok ? 0 : 1;
}

function headingText(requests: number, seed: number): string {
  const { transportHeartbeatInterval: interval, transportHeartbeatTimeout: timeout } = TRANSPORT_HEARTBEAT;
  return `One broker, three workers, one client, each a process of its own; ${requests} requests; seed ${seed}.
Transport heartbeats every ${interval} ms, cut after ${timeout} ms without an answer; other times are the library's defaults.`;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
