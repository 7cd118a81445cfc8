/** The kinds of events that simulated worlds and roles write into traces. What a program records is of a kind of its own. */

/** Written by the world, the hosts and the network. */
const OF_WORLDS: readonly string[] = [
  'boot',
  'crash',
  'machineCrash',
  'stop',
  'exit',
  'fault',
  'faultEnd',
  'heal',
  'submit',
  'answered',
  'unanswered',
  'execute',
  'executed',
  'send',
  'deliver',
  'lose',
  'connect',
  'violation',
];

/** Written by roles of this library. */
const OF_ROLES: readonly string[] = [
  'step',
  'accept',
  'reject',
  'dispatch',
  'requeue',
  'route',
  'deadletter',
  'drop',
  'register',
  'expire',
  'attempt',
  'reply',
  'fail',
  'start',
  'finish',
  'serve',
  'raise',
  'suspend',
  'giveBack',
  'resume',
  'retreat',
  'know',
  'forget',
  'revive',
  'doubt',
  'condemn',
  'probe',
  'hasten',
  'stale',
];

const RESERVED: ReadonlySet<string> = new Set([...OF_WORLDS, ...OF_ROLES]);

/** Whether a program must not write such events: rules and diagrams take them for ours. */
export function isReservedKind(kind: string): boolean {
  return RESERVED.has(kind);
}

/** Fields that every event of a trace has. */
export const RESERVED_FIELDS: readonly string[] = ['t', 'node', 'kind', 'inc'];
