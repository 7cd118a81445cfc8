/**
 * A stranger who speaks to a broker as a worker does, and not as one should: it says anything at any time, reads nothing, and leaves when it
 * likes. Its messages are counted, as faults are. It is no worker of ours, so its silence is no fault, and it may keep a request for ever.
 *
 * What it says is heard at once: nobody can tell when it was sent, and what is lost on the way it might as well not have said.
 */
import type { Balancer } from './balancer.ts';
import { ILLEGIBLE_REPLY, NONSENSE, READY_RESERVED } from './sessions.ts';
import { CREDIT, DISCONNECT, FAILURE, HEARTBEAT, READY, REPLY } from './workers.ts';
import { END, message, requestOf, type Connection, type Happenings, type World } from './world.ts';

const SAYS: readonly (readonly [kind: number, what: string])[] = [
  [READY, 'READY'],
  [READY_RESERVED, 'READY for a service that it may not have'],
  // No delivery has the number 0.
  [REPLY, 'a reply that nobody asked for'],
  [ILLEGIBLE_REPLY, 'what may be a reply'],
  [HEARTBEAT, 'a heartbeat'],
  [DISCONNECT, 'that it goes'],
  [FAILURE, 'that its work has failed'],
  [CREDIT, 'that it takes no more'],
  [NONSENSE, 'nonsense'],
];

/** The pirates have no such commands. */
const OF_MAJORDOMO: readonly number[] = [DISCONNECT, FAILURE, CREDIT];

export interface StrangerSettings {
  /** Whether the protocol has a word for leaving, and names of services. */
  readonly farewell: boolean;
  /** Whether it has heartbeats. */
  readonly liveness: number;
}

/** @param owner whose connections are its own. */
export function offerStranger<W extends World>(
  world: W,
  happenings: Happenings<W>,
  owner: number,
  { farewell, liveness }: StrangerSettings,
  read: (world: W) => Balancer,
): void {
  const connection = world.connections.find((each) => each.owner === owner);
  const of = (its: W): Connection => its.connections.find((each) => each.owner === owner) ?? its.connect(owner, 0);
  if (connection !== undefined) happenings.add('the stranger leaves', (its) => read(its).hear(of(its), END));
  if (world.left.oddities === 0) return;
  for (const [kind, what] of SAYS) {
    if (kind === (farewell ? ILLEGIBLE_REPLY : READY_RESERVED) || (kind === HEARTBEAT && liveness === 0)) continue;
    if (OF_MAJORDOMO.includes(kind) && !farewell) continue;
    happenings.add(`the stranger says ${what}`, (its) => {
      its.spend('oddities');
      read(its).hear(of(its), message(kind, 0));
    });
  }
  const request = connection?.requests[0];
  if (request === undefined || request.handle === 0) return;
  const asked = requestOf(request.message);
  happenings.add(`the stranger answers request ${asked + 1}`, (its) => {
    its.spend('oddities');
    its.execute(asked);
    read(its).hear(of(its), message(REPLY, asked, 0, request.handle));
  });
}
