/** `seaworthy broker`: a Majordomo broker until a signal comes. */
import { MajordomoBroker, type MajordomoBrokerEvents } from '../majordomo/broker.ts';
import type { Arguments } from './arguments.ts';
import { DEFAULT_ENDPOINT, withRoleOptions, type Command } from './command.ts';
import { EXIT } from './failures.ts';
import { reportEvents, type Output } from './output.ts';
import { BROKER_OPTIONS } from './role-options.ts';
import { onStopSignal, type StopSignal } from './signals.ts';

export const broker: Command = {
  name: 'broker',
  summary: 'take requests from clients and hand them to workers',
  usage: '[options]',
  description: `Prints one line when it listens. SIGINT or SIGTERM drains: requests in flight may finish, new ones are
refused. A second signal exits at once.`,
  options: [
    {
      flag: 'bind',
      kind: 'text',
      placeholder: 'ENDPOINT',
      help: 'where to listen; port * picks a free one',
      fallback: DEFAULT_ENDPOINT,
    },
    ...BROKER_OPTIONS,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => serve(given, output, options)),
};

const EVENTS: { readonly [event in keyof MajordomoBrokerEvents]: true } = {
  workerRegistered: true,
  workerLost: true,
  requestDispatched: true,
  requestRequeued: true,
  requestFailed: true,
  requestDropped: true,
  peerRefused: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

async function serve(given: Arguments, output: Output, options: object): Promise<number> {
  const endpoint = given.text('bind') as string;
  if (!isLocal(endpoint)) {
    output.note(
      `warning: ${endpoint} can be reached from other machines, and MDP/0.1 has no authentication: anybody there may serve and ask`,
    );
  }
  const stopped = new Promise<StopSignal>(onStopSignal);
  const role = await MajordomoBroker.listen(endpoint, { ...given.libraryOptions(), ...options });
  reportEvents(role.events, EVENTS, output);
  output.result({ event: 'listening', endpoint: role.endpoint }, `listening on ${role.endpoint}`);
  const signal = await stopped;
  const { inFlight, queued, counters } = role.inspect();
  if (inFlight > 0) output.note(`${signal}: finishing ${requests(inFlight)}; once more to exit at once`);
  output.happened('draining', { signal, inFlight, queued });
  await role.close();
  const givenUp = role.inspect().counters.failed - counters.failed;
  if (givenUp > 0) output.note(`${requests(givenUp)} given up`);
  return EXIT.ok;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

/** Whether only this machine can connect to `endpoint`. */
export function isLocal(endpoint: string): boolean {
  const [, host] = /^tcp:\/\/(.*):[^:]*$/.exec(endpoint) ?? [];
  return host === undefined || /^(127(\.\d+){3}|localhost|\[::1\]|lo\d*)$/.test(host);
}
