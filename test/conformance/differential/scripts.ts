/**
 * The differential scripts: each is played on the simulated network and on real sockets, and must leave the same trace.
 *
 * Facts that no script shows, because the port hides them or because they are about sockets that it does not use: see `UNCOVERED`.
 */
import { CONNECTIONS } from './connections.ts';
import { ENDINGS } from './endings.ts';
import { MESSAGES } from './messages.ts';
import { QUEUES } from './queues.ts';
import type { Fact, Script } from './script.ts';

export const SCRIPTS: readonly Script[] = [...MESSAGES, ...QUEUES, ...CONNECTIONS, ...ENDINGS];

/** The last row of the table of facts. */
export const LAST_FACT = 28;

/** Why no script shows it, and what does. */
export const UNCOVERED: Readonly<Partial<Record<Fact, string>>> = {
  'F-1': 'routing ids never leave the transport, and handover is off: test/conformance/zeromq-peers.test.ts',
  'F-2': 'routing ids never leave the transport: test/conformance/zeromq-peers.test.ts',
  'F-3': 'routing ids never leave the transport: our connectors have none of their own',
  'F-4': 'handover is off',
  'F-12': 'about REQ sockets: connectors are DEALERs',
  'F-18': 'about the length of pauses, and the trace says nothing of time; the simulated network draws them from the same range',
  'F-22': 'HELLO_MSG is not used',
  'F-25': 'connectors are never given routing ids: it aborts the process',
};

/** The scripts for a network with or without word of ended connections. */
export function scriptsFor(notices: 'with' | 'without'): readonly Script[] {
  return SCRIPTS.filter((script) => [notices, 'both'].includes(script.notices ?? 'with'));
}
