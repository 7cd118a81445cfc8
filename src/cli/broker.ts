/** `seaworthy broker`: a Majordomo broker until a signal comes. */
import { MajordomoBroker } from '../majordomo/broker.ts';
import type { Arguments } from './arguments.ts';
import { DEFAULT_ENDPOINT, withRoleOptions, type Command } from './command.ts';
import { reportEvents, type Output } from './output.ts';
import { BROKER_OPTIONS } from './role-options.ts';
import { LOAD_BALANCER_EVENTS, serveUntil, warnUnlessLocal } from './serving.ts';
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

async function serve(given: Arguments, output: Output, options: object): Promise<number> {
  const endpoint = given.text('bind') as string;
  warnUnlessLocal(endpoint, 'MDP/0.1', output);
  const stopped = new Promise<StopSignal>(onStopSignal);
  const role = await MajordomoBroker.listen(endpoint, { ...given.libraryOptions(), ...options });
  reportEvents(role.events, LOAD_BALANCER_EVENTS, output);
  output.result({ event: 'listening', endpoint: role.endpoint }, `listening on ${role.endpoint}`);
  return await serveUntil(stopped, role, output);
}
