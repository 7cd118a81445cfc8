/** `seaworthy worker`: serves a broker or a queue, by echoing or by running a command, until a signal comes. */
import type { LoadBalancedHandler, LoadBalancedWorker, LoadBalancedWorkerEvents } from '../load-balancer/worker.ts';
import { MajordomoWorker } from '../majordomo/worker.ts';
import { paranoidPirateWorkerSettings } from '../paranoid-pirate/options.ts';
import { ParanoidPirateWorker } from '../paranoid-pirate/worker.ts';
import { simplePirateWorkerSettings } from '../simple-pirate/options.ts';
import { SimplePirateWorker } from '../simple-pirate/worker.ts';
import type { Arguments } from './arguments.ts';
import { BROKER_ENDPOINTS, QUEUE_BACKEND, endpointsIn, withRoleOptions, type Command } from './command.ts';
import { commandHandler } from './execute.ts';
import { EXIT, UsageError } from './failures.ts';
import { messageOf, reportEvents, type Output } from './output.ts';
import { WORKER_OPTIONS } from './role-options.ts';
import { onStopSignal, type StopSignal } from './signals.ts';

const PATTERNS: readonly string[] = ['majordomo', 'simple', 'paranoid'];

export const worker: Command = {
  name: 'worker',
  summary: 'serve a service, by echoing or by running a command per request',
  usage: '[options]',
  description: `Without --exec the reply is the request. With --exec the shell runs CMD for each request: the body is its
standard input (several frames are joined by newlines), its standard output is the reply, one frame, unchanged.
When it exits with another code than 0 the request has failed: the broker or queue hands it to another worker, or
gives it up, by its delivery policy.
SEAWORTHY_SERVICE and SEAWORTHY_ATTEMPT (2 and more after a worker was lost with the request) are in its environment.
With --pattern simple or paranoid it serves a pirate queue, which has no services.
With --concurrency it works on several requests of a seaworthy broker at once; any other broker gives it one at a time.
SIGINT or SIGTERM drains: what is in hand is finished first. A second signal exits at once.`,
  options: [
    { flag: 'pattern', kind: 'text', placeholder: 'PATTERN', help: 'whom to serve: majordomo, simple, paranoid', fallback: 'majordomo' },
    { flag: 'service', kind: 'text', placeholder: 'NAME', help: 'the service to serve; majordomo needs it' },
    { flag: 'exec', kind: 'text', placeholder: 'CMD', help: 'run this per request instead of echoing' },
    BROKER_ENDPOINTS,
    {
      flag: 'queue',
      kind: 'text',
      placeholder: 'ENDPOINTS',
      help: 'with simple and paranoid: where the queue listens for workers; several as with --broker',
      fallback: QUEUE_BACKEND,
    },
    { flag: 'max-reply-bytes', kind: 'number', placeholder: 'BYTES', help: 'a longer output of CMD is a failure', fallback: 1024 * 1024 },
    ...WORKER_OPTIONS,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => serve(given, output, options)),
};

const EVENTS: { readonly [event in keyof LoadBalancedWorkerEvents<object>]: true } = {
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

type Handler = LoadBalancedHandler<{ readonly service?: string }>;

const echo: Handler = (request) => request.body;

async function serve(given: Arguments, output: Output, options: object): Promise<number> {
  const pattern = given.text('pattern') as string;
  if (!PATTERNS.includes(pattern)) throw new UsageError(`--pattern must be majordomo, simple or paranoid, not ${JSON.stringify(pattern)}`);
  const command = given.text('exec');
  const handler = command === undefined ? echo : commandHandler(command, given.number('max-reply-bytes') as number);
  // How long a reply may be is for --max-reply-bytes and the other side to say.
  const settings = {
    maxFrameBytes: Number.MAX_SAFE_INTEGER,
    maxBodyFrames: Number.MAX_SAFE_INTEGER,
    ...given.libraryOptions(),
    ...options,
  };
  if (pattern === 'majordomo') {
    refuse(given, ['queue'], pattern);
    const service = given.text('service');
    if (service === undefined) throw new UsageError('which service? --service NAME');
    const stopped = new Promise<StopSignal>(onStopSignal);
    const role = MajordomoWorker.connect(endpointsIn(given, 'broker'), service, handler, settings);
    output.result(
      { event: 'serving', service, endpoint: role.endpoint, endpoints: role.endpoints },
      `serving "${service}" at ${role.endpoints.join(' or ')}`,
    );
    return await workUntil(stopped, role, () => role.inspect().state, 'broker', output);
  }
  refuse(given, ['broker', 'service'], pattern);
  const known = Object.keys(pattern === 'simple' ? simplePirateWorkerSettings({}) : paranoidPirateWorkerSettings({}));
  refuse(
    given,
    WORKER_OPTIONS.filter(({ library = '' }) => !known.includes(library)).map(({ flag }) => flag),
    pattern,
  );
  const stopped = new Promise<StopSignal>(onStopSignal);
  const role = (pattern === 'simple' ? SimplePirateWorker : ParanoidPirateWorker).connect(endpointsIn(given, 'queue'), handler, settings);
  output.result(
    { event: 'serving', pattern, endpoint: role.endpoint, endpoints: role.endpoints },
    `serving the queue at ${role.endpoints.join(' or ')}`,
  );
  return await workUntil(stopped, role, () => role.inspect().state, 'queue', output);
}

/** @throws UsageError when one of `flags` was given. */
function refuse(given: Arguments, flags: readonly string[], pattern: string): void {
  const misplaced = flags.find((flag) => given.has(flag));
  if (misplaced !== undefined) throw new UsageError(`--${misplaced} does not go with --pattern ${pattern}`);
}

async function workUntil<S extends object>(
  stopped: Promise<StopSignal>,
  role: LoadBalancedWorker<S>,
  state: () => string,
  other: 'broker' | 'queue',
  output: Output,
): Promise<number> {
  reportEvents<LoadBalancedWorkerEvents<S>>(role.events, EVENTS, output);
  role.events.on('handlerFailed', ({ error, attempt }) => output.note(`a request failed (attempt ${attempt}): ${messageOf(error)}`));
  role.events.on('brokerLost', ({ reason, retryIn }) => {
    if (reason === 'handler-failed') return;
    // It comes back when what is in hand has ended.
    const next = retryIn === 0 ? 'next try when what is in hand has ended' : `next try in ${Math.round(retryIn)} ms`;
    output.note(`the ${other} is lost (${reason}); ${next}`);
  });
  const unusable = role.events.once('unusable').then(({ error }) => Promise.reject(error));
  const signal = await Promise.race([stopped, unusable]);
  if (state() === 'busy') output.note(`${signal}: finishing what is in hand; once more to exit at once`);
  output.happened('draining', { signal, state: state() });
  await role.close();
  return EXIT.ok;
}
