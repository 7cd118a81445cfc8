/** `seaworthy freelance`: a server of 10/FLP and its two older models until a signal comes, or a call to several of them. */
import { FreelanceClient, type FreelanceClientEvents } from '../freelance/client.ts';
import { FreelanceServer, type FreelanceHandler, type FreelanceServerEvents } from '../freelance/server.ts';
import { RequestAbandoned } from '../lazy-pirate/errors.ts';
import { nearest, type Arguments, type Option } from './arguments.ts';
import { Calls, TASK_OPTIONS, taskOf, withClient, withStandardInput, type Question } from './call.ts';
import { DEFAULT_ENDPOINT, withRoleOptions, type Command } from './command.ts';
import { commandHandler } from './execute.ts';
import { UsageError } from './failures.ts';
import { messageOf, reportEvents, type Output } from './output.ts';
import { FREELANCE_CLIENT_OPTIONS, FREELANCE_OPTIONS, FREELANCE_SERVER_OPTIONS } from './role-options.ts';
import { inHandOf, serveUntil, warnUnlessLocal } from './serving.ts';
import { onStopSignal, type StopSignal } from './signals.ts';

const SERVER_OPTIONS: readonly Option[] = [
  {
    flag: 'endpoint',
    kind: 'text',
    placeholder: 'ENDPOINT',
    help: 'server: where to listen; port * picks a free one',
    fallback: DEFAULT_ENDPOINT,
  },
  { flag: 'exec', kind: 'text', placeholder: 'CMD', help: 'server: run this per request instead of echoing' },
  {
    flag: 'max-reply-bytes',
    kind: 'number',
    placeholder: 'BYTES',
    help: 'server: a longer output of CMD is a failure',
    fallback: 1024 * 1024,
  },
  ...FREELANCE_SERVER_OPTIONS,
];

const CALL_OPTIONS: readonly Option[] = [
  { flag: 'body', kind: 'text', placeholder: 'TEXT', help: 'call: what to ask; without it one empty frame' },
  ...TASK_OPTIONS.map((option) => ({ ...option, help: `call: ${option.help}` })),
  ...FREELANCE_CLIENT_OPTIONS,
];

export const freelance: Command = {
  name: 'freelance',
  summary: 'serve without a broker, or ask the best of several servers',
  usage: 'server|call [ENDPOINT…] [options]',
  takesWords: true,
  description: `server: answers requests, by echoing or by running CMD as seaworthy worker does; a CMD that fails answers nothing.
SIGINT or SIGTERM drains: handlers that run are waited for. A second signal exits at once.
call: asks one of the servers at the ENDPOINTs and prints each frame of the reply as a line; with the model
shotgun it asks all of them. With --count, one line on standard error sums up.
Both sides must be of the same model.`,
  options: [...FREELANCE_OPTIONS, ...SERVER_OPTIONS, ...CALL_OPTIONS],
  run: (given, output) => withRoleOptions(given, output, (options) => begin(given, output, options)),
};

const SERVER_EVENTS: { readonly [event in keyof FreelanceServerEvents]: true } = {
  requestStarted: true,
  requestFinished: true,
  handlerFailed: true,
  requestDropped: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

const CLIENT_EVENTS: { readonly [event in keyof FreelanceClientEvents]: true } = {
  serverAlive: true,
  serverDoubted: true,
  serverLost: true,
  serverRefused: true,
  requestRetried: true,
  requestHedged: true,
  staleReply: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

const ROLES: readonly string[] = ['server', 'call'];

async function begin(given: Arguments, output: Output, options: object): Promise<number> {
  const [role, ...words] = given.positionals;
  const settings = { ...given.libraryOptions(), ...options };
  if (role === 'server') {
    refuse(given, role, CALL_OPTIONS);
    if (words[0] !== undefined) throw new UsageError(`unexpected ${JSON.stringify(words[0])}; --endpoint says where to listen`);
    return await serve(given, output, settings);
  }
  if (role === 'call') {
    refuse(given, role, SERVER_OPTIONS);
    return await ask(given, output, endpointsOf(words), settings);
  }
  if (role === undefined) throw new UsageError('server or call?');
  const near = nearest(role, ROLES);
  throw new UsageError(
    `there is no ${JSON.stringify(role)}${near === undefined ? '; there are server and call' : `; did you mean ${near}?`}`,
  );
}

/** Words of their own, or with commas between as at other commands. @throws UsageError when there are none, or one that looks like a body follows. */
function endpointsOf(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError('which servers? seaworthy freelance call ENDPOINT…');
  const endpoints = words.flatMap((word) => word.split(','));
  const other = endpoints.slice(1).find((endpoint) => !endpoint.includes('://'));
  if (other !== undefined) throw new UsageError(`${JSON.stringify(other)} is not an endpoint; --body says what to ask`);
  return endpoints;
}

/** @throws UsageError when one of the other role's options was given. */
function refuse(given: Arguments, role: string, options: readonly Option[]): void {
  const misplaced = options.find(({ flag }) => given.has(flag));
  if (misplaced !== undefined) throw new UsageError(`--${misplaced.flag} does not go with freelance ${role}`);
}

const echo: FreelanceHandler = (request) => request.body;

async function serve(given: Arguments, output: Output, settings: object): Promise<number> {
  const command = given.text('exec');
  const handler = command === undefined ? echo : runs(command, given.number('max-reply-bytes') as number);
  const endpoint = given.text('endpoint') as string;
  warnUnlessLocal(endpoint, '10/FLP', output);
  const stopped = new Promise<StopSignal>(onStopSignal);
  const server = await FreelanceServer.listen(endpoint, handler, settings);
  reportEvents(server.events, SERVER_EVENTS, output);
  server.events.on('handlerFailed', ({ error }) => output.note(`a request failed: ${messageOf(error)}`));
  const { model, identity } = server.inspect();
  output.result({ event: 'listening', model, endpoint: server.endpoint, identity }, `listening on ${server.endpoint}`);
  return await serveUntil(stopped, { inspect: () => inHandOf(server.inspect()), close: () => server.close() }, output);
}

/** The shell runs `command` for each request, as for a worker's. */
function runs(command: string, mostReplyBytes: number): FreelanceHandler {
  const run = commandHandler(command, mostReplyBytes);
  return (request, { signal }) => run(request, { attempt: 1, signal });
}

async function ask(given: Arguments, output: Output, endpoints: readonly string[], settings: object): Promise<number> {
  const text = given.text('body');
  const task = taskOf(given);
  const body = await withStandardInput(text === undefined ? [] : [text], given);
  const limits = { maxOpenRequests: Math.max(1000, task.concurrency), maxServers: Math.max(100, endpoints.length) };
  const client = FreelanceClient.connect(endpoints, { ...limits, ...settings });
  reportEvents(client.events, CLIENT_EVENTS, output);
  const whoIsThere = `is there a server of this model at ${endpoints.join(' or ')}?`;
  const question: Question = {
    async ask(signal) {
      const reply = await client.request(body, { signal }).catch((error: unknown) => {
        throw error instanceof RequestAbandoned ? explained(error, whoIsThere) : error;
      });
      return { body: reply.body, before: {}, after: { attempts: reply.attempts, endpoint: reply.endpoint } };
    },
    remark: async () => `${whoIsThere} If so, it may have run`,
  };
  return await withClient(client, new Calls(question, task, output), output);
}

/** The deadline may be over before the last round is: with the defaults it is when nobody is there. */
function explained(error: RequestAbandoned, remark: string): RequestAbandoned {
  const { message, reason, attempts, mayHaveRun } = error;
  return reason === 'deadline' ? new RequestAbandoned(`${message} (${remark})`, { attempts, mayHaveRun }, reason) : error;
}
