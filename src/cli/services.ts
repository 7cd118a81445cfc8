/** `seaworthy services`: what a broker serves. */
import { MajordomoClient, type Reply } from '../majordomo/client.ts';
import { RequestTimedOut } from '../majordomo/errors.ts';
import type { Arguments } from './arguments.ts';
import { CLIENT_EVENTS } from './call.ts';
import { BROKER_ENDPOINTS, endpointsIn, withRoleOptions, type Command } from './command.ts';
import { EXIT, UnexpectedAnswer, exitCodeOf, problemOf } from './failures.ts';
import { reportEvents, table, type Output } from './output.ts';
import { CLIENT_OPTIONS } from './role-options.ts';
import { EXIT_AFTER, onStopSignal } from './signals.ts';

export const services: Command = {
  name: 'services',
  summary: 'list the services of a broker, or ask for some by name',
  usage: '[NAME…] [options]',
  takesWords: true,
  description: `Without names: all services of a seaworthy broker. With names, from any broker that knows MMI (RFC 8):
whether workers serve them, 200 or 404. Exits with ${EXIT.notFound} when one of them is not served.`,
  options: [BROKER_ENDPOINTS, ...CLIENT_OPTIONS],
  run: (given, output) => withRoleOptions(given, output, (options) => look(given, output, options)),
};

async function look(given: Arguments, output: Output, options: object): Promise<number> {
  const stop = new AbortController();
  let exitCode: number | undefined;
  onStopSignal((signal) => {
    exitCode = EXIT_AFTER[signal];
    stop.abort();
  });
  const client = MajordomoClient.connect(endpointsIn(given, 'broker'), { ...given.libraryOptions(), ...options });
  reportEvents(client.events, CLIENT_EVENTS, output);
  try {
    const names = given.positionals;
    const found = names.length === 0 ? await listAll(client, output, stop.signal) : await askFor(names, client, output, stop.signal);
    return (await output.taken()) ? found : EXIT.unread;
  } catch (error) {
    if (exitCode !== undefined) return exitCode;
    if (!(error instanceof RequestTimedOut)) throw error;
    const { message, ...problem } = problemOf(error);
    output.problem({ ...problem, message: `${message}; is there a broker at ${client.endpoints.join(' or ')}?` });
    return exitCodeOf(error);
  } finally {
    await client.close();
  }
}

/** A row of our broker's list. */
interface Listed {
  readonly name: string;
  readonly workers: number;
  readonly idle: number;
  readonly busy: number;
  readonly waiting: number;
}

async function listAll(client: MajordomoClient, output: Output, signal: AbortSignal): Promise<number> {
  const list = listIn(await client.request('mmi.seaworthy', 'services', { signal }), client.endpoint);
  const rows = list.map(({ name, workers, idle, busy, waiting }) => [name, workers, idle, busy, waiting]);
  const text = rows.length === 0 ? 'no services' : table([['SERVICE', 'WORKERS', 'IDLE', 'BUSY', 'WAITING'], ...rows]);
  output.result({ services: list }, text);
  return EXIT.ok;
}

function listIn({ body }: Reply, endpoint: string): readonly Listed[] {
  const [status, , list] = body.map((frame) => frame.toString('utf8'));
  if (status !== '200' || list === undefined) {
    throw new UnexpectedAnswer(
      `the broker at ${endpoint} does not list its services (it answered ${JSON.stringify(status?.slice(0, 40))}); ask for some by name: seaworthy services NAME…`,
    );
  }
  const parsed = parsedOrUndefined(list);
  if (Array.isArray(parsed) && parsed.every(isListed)) return parsed;
  throw new UnexpectedAnswer(`the broker at ${endpoint} sent a list of services that is none`);
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a peer sends is checked before it is shown: names are printable ASCII, the rest are numbers. */
function isListed(value: unknown): value is Listed {
  if (typeof value !== 'object' || value === null) return false;
  const { name, workers, idle, busy, waiting } = value as Readonly<Record<string, unknown>>;
  return (
    typeof name === 'string' && /^[\x20-\x7e]*$/.test(name) && [workers, idle, busy, waiting].every((count) => typeof count === 'number')
  );
}

async function askFor(names: readonly string[], client: MajordomoClient, output: Output, signal: AbortSignal): Promise<number> {
  const found = await Promise.all(
    names.map(async (name) => {
      const { body } = await client.request('mmi.service', name, { signal });
      return { name, status: statusIn(body[0]) };
    }),
  );
  output.result({ services: found }, table(found.map(({ name, status }) => [name, status, MEANING[status] ?? 'unknown answer'])));
  return found.every(({ status }) => status === '200') ? EXIT.ok : EXIT.notFound;
}

const MEANING: Readonly<Record<string, string>> = { 200: 'served', 404: 'not served', 501: 'the broker does not know MMI' };

function statusIn(frame: Buffer | undefined): string {
  const status = frame?.toString('latin1') ?? '';
  return /^\d{3}$/.test(status) ? status : '?';
}
