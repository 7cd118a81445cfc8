/** `seaworthy worker`: serves one service, by echoing or by running a command, until a signal comes. */
import { MajordomoWorker, type MajordomoWorkerEvents, type WorkerHandler } from '../majordomo/worker.ts';
import type { Arguments } from './arguments.ts';
import { BROKER_ENDPOINT, withRoleOptions, type Command } from './command.ts';
import { commandHandler } from './execute.ts';
import { EXIT, UsageError } from './failures.ts';
import { messageOf, reportEvents, type Output } from './output.ts';
import { WORKER_OPTIONS } from './role-options.ts';
import { onStopSignal, type StopSignal } from './signals.ts';

export const worker: Command = {
  name: 'worker',
  summary: 'serve a service, by echoing or by running a command per request',
  usage: '--service NAME [options]',
  description: `Without --exec the reply is the request. With --exec the shell runs CMD for each request: the body is its
standard input (several frames are joined by newlines), its standard output is the reply, one frame, unchanged.
When it exits with another code than 0 the request has failed, and the broker hands it to another worker.
SEAWORTHY_SERVICE and SEAWORTHY_ATTEMPT (2 and more after a worker was lost with the request) are in its environment.
SIGINT or SIGTERM drains: the request in hand is finished first. A second signal exits at once.`,
  options: [
    { flag: 'service', kind: 'text', placeholder: 'NAME', help: 'the service to serve; needed' },
    { flag: 'exec', kind: 'text', placeholder: 'CMD', help: 'run this per request instead of echoing' },
    BROKER_ENDPOINT,
    { flag: 'max-reply-bytes', kind: 'number', placeholder: 'BYTES', help: 'a longer output of CMD is a failure', fallback: 1024 * 1024 },
    ...WORKER_OPTIONS,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => serve(given, output, options)),
};

const EVENTS: { readonly [event in keyof MajordomoWorkerEvents]: true } = {
  registered: true,
  brokerLost: true,
  requestStarted: true,
  requestFinished: true,
  handlerFailed: true,
  replyDiscarded: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

const echo: WorkerHandler = (request) => request.body;

async function serve(given: Arguments, output: Output, options: object): Promise<number> {
  const endpoint = given.text('broker') as string;
  const service = given.text('service');
  const command = given.text('exec');
  if (service === undefined) throw new UsageError('which service? --service NAME');
  const handler = command === undefined ? echo : commandHandler(command, given.number('max-reply-bytes') as number);
  const stopped = new Promise<StopSignal>(onStopSignal);
  // How long a reply may be is for --max-reply-bytes and the broker to say.
  const limits = { maxFrameBytes: Number.MAX_SAFE_INTEGER };
  const role = MajordomoWorker.connect(endpoint, service, handler, { ...limits, ...given.libraryOptions(), ...options });
  output.result({ event: 'serving', service, endpoint }, `serving "${service}" at ${endpoint}`);
  reportEvents(role.events, EVENTS, output);
  role.events.on('handlerFailed', ({ error, attempt }) => output.note(`a request failed (attempt ${attempt}): ${messageOf(error)}`));
  role.events.on('brokerLost', ({ reason, retryIn }) => {
    if (reason !== 'handler-failed') output.note(`the broker is lost (${reason}); next try in ${Math.round(retryIn)} ms`);
  });
  const unusable = role.events.once('unusable').then(({ error }) => Promise.reject(error));
  const signal = await Promise.race([stopped, unusable]);
  output.happened('draining', { signal, state: role.inspect().state });
  await role.close();
  return EXIT.ok;
}
