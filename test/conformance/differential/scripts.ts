/**
 * The differential scripts: each is played on the simulated network and on real sockets, and must leave the same trace.
 *
 * Facts that no script shows, because the port hides them or because they are about sockets that it does not use, are in `UNCOVERED`.
 * Of these only a part is shown:
 *
 * | fact | shown                                                    | not shown, and why                                             |
 * | ---- | -------------------------------------------------------- | -------------------------------------------------------------- |
 * | F-5  | replies to a slow peer are refused, none vanishes        | a ROUTER that is not mandatory: ours always is                 |
 * | F-6  | `again`, `unreachable`                                   | sends that wait: every socket has `sendTimeout: 0`             |
 * | F-10 | queues count messages, not frames                        | an unfinished message without limit: the port sends whole ones |
 * | F-13 | a listener that closes and another one in its place      | a process that is killed: `test/interop`                       |
 * | F-14 | what is sent before anybody listens                      | round robin: a connector has one remote                        |
 * | F-16 | a link that stands still                                 | a process that does: `test/interop`                            |
 * | F-19 | what is delivered after `close`                          | how long a process stays                                       |
 * | F-20 | nothing is heard after `close`                           | EBUSY and EAGAIN, which the port hides                         |
 * | F-26 | a new handle after each reconnection                     | the ids                                                        |
 * | F-27 | full queues refuse                                       | blocking, REQ and REP                                          |
 * | F-28 | a connector on a dead link arrives when the link is back | how long a file descriptor is held                             |
 */
import { CONNECTIONS } from './connections.ts';
import { ENDINGS } from './endings.ts';
import { MESSAGES } from './messages.ts';
import { PUBLISHING } from './publishing.ts';
import { QUEUES } from './queues.ts';
import type { Fact, Script } from './script.ts';

export const SCRIPTS: readonly Script[] = [...MESSAGES, ...QUEUES, ...CONNECTIONS, ...ENDINGS, ...PUBLISHING];

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
