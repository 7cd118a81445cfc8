/** `seaworthy queue`: a Simple or Paranoid Pirate's queue until a signal comes. */
import { ParanoidPirateQueue } from '../paranoid-pirate/queue.ts';
import { SimplePirateQueue } from '../simple-pirate/queue.ts';
import { simplePirateQueueSettings } from '../simple-pirate/options.ts';
import { flagsOf, nearest, type Arguments } from './arguments.ts';
import { DEFAULT_ENDPOINT, QUEUE_BACKEND, withRoleOptions, type Command } from './command.ts';
import { UsageError } from './failures.ts';
import { reportEvents, type Output } from './output.ts';
import { QUEUE_OPTIONS } from './role-options.ts';
import { LOAD_BALANCER_EVENTS, serveUntil, warnUnlessLocal } from './serving.ts';
import { onStopSignal, type StopSignal } from './signals.ts';

const PATTERNS: readonly string[] = ['simple', 'paranoid'];

export const queue: Command = {
  name: 'queue',
  summary: 'take requests from REQ sockets and hand them to pirate workers',
  usage: 'simple|paranoid [options]',
  takesWords: true,
  description: `simple: workers say READY and are believed. paranoid (6/PPP): heartbeats both ways; a worker's death is
noticed, and its request goes to another. Clients are read only while a worker is ready. Prints one line when it
listens. SIGINT or SIGTERM drains: requests in flight may finish, no new ones are read. A second signal exits at once.`,
  options: [
    {
      flag: 'frontend',
      kind: 'text',
      placeholder: 'ENDPOINT',
      help: 'where clients connect; port * picks a free one',
      fallback: DEFAULT_ENDPOINT,
    },
    { flag: 'backend', kind: 'text', placeholder: 'ENDPOINT', help: 'where workers connect', fallback: QUEUE_BACKEND },
    ...QUEUE_OPTIONS,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => serve(given, output, options)),
};

async function serve(given: Arguments, output: Output, options: object): Promise<number> {
  const pattern = patternOf(given);
  const own = given.libraryOptions();
  if (pattern === 'simple') {
    const known = Object.keys(simplePirateQueueSettings({}));
    const misplaced = Object.keys(own).find((option) => !known.includes(option));
    if (misplaced !== undefined) throw new UsageError(`${flagsOf(QUEUE_OPTIONS).get(misplaced)} does not go with a simple queue`);
  }
  const endpoints = { frontend: given.text('frontend') as string, backend: given.text('backend') as string };
  for (const endpoint of Object.values(endpoints)) warnUnlessLocal(endpoint, 'the pirates’ protocol', output);
  const stopped = new Promise<StopSignal>(onStopSignal);
  const role = await (pattern === 'simple' ? SimplePirateQueue : ParanoidPirateQueue).listen(endpoints, { ...own, ...options });
  reportEvents(role.events, LOAD_BALANCER_EVENTS, output);
  role.events.once('peerRefused').then(
    ({ reason }) => output.note(`a peer was refused: ${reason}; is it of this pattern, and at the right port? --verbose shows all`),
    () => undefined,
  );
  const { frontend, backend } = role.endpoints;
  output.result({ event: 'listening', pattern, frontend, backend }, `listening for clients on ${frontend}, for workers on ${backend}`);
  return await serveUntil(stopped, role, output);
}

function patternOf({ positionals }: Arguments): 'simple' | 'paranoid' {
  const [pattern, ...more] = positionals;
  if (pattern === undefined) throw new UsageError('which queue? simple or paranoid');
  if (!PATTERNS.includes(pattern)) {
    const near = nearest(pattern, PATTERNS);
    throw new UsageError(
      `there is no queue ${JSON.stringify(pattern)}${near === undefined ? '; there are simple and paranoid' : `; did you mean ${near}?`}`,
    );
  }
  if (more.length > 0) throw new UsageError(`unexpected ${JSON.stringify(more[0])}`);
  return pattern as 'simple' | 'paranoid';
}
