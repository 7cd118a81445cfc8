/** One server as a Freelance client sees it, arrow by arrow and cell by cell. */
import { freelanceEndpoint, type FreelanceEndpointContext, type FreelanceEndpointMachine } from '../../src/freelance/endpoint.machine.ts';
import { Rows } from '../support/rows.ts';

type State = FreelanceEndpointMachine['state'];
type Event = FreelanceEndpointMachine['event'];

const context: FreelanceEndpointContext = {
  pings: true,
  probes: true,
  pingInterval: 2000,
  timeToLive: 6000,
  greetingTime: 100,
  backoff: { base: 500, maximum: 8000, jitter: 0.8 },
  // In the middle of the jitter: pauses are 500, 1000, 2000 … ms.
  random: () => 0.5,
};
const { moves, stays, never, coverEverything } = new Rows(freelanceEndpoint, context);
const MUTE = { pings: false, probes: false };

const fresh: State = { kind: 'new' };
const greeting: State = { kind: 'greeting' };
const untried: State = { kind: 'untried' };
const alive: State = { kind: 'alive', asked: false };
const asked: State = { kind: 'alive', asked: true };
const doubtful = (failures: number): State => ({ kind: 'doubtful', failures });
const dead = (failures: number, rested = false): State => ({ kind: 'dead', failures, rested });
const removed: State = { kind: 'removed' };

const HEARD: Event = { kind: 'HEARD' };
const begin: Event = { kind: 'begin' };
const used: Event = { kind: 'used' };
const overdue: Event = { kind: 'overdue' };
const connectionLost: Event = { kind: 'connectionLost' };
const remove: Event = { kind: 'remove' };
const greetingTime: Event = { kind: 'greetingTime' };
const pingInterval: Event = { kind: 'pingInterval' };
const timeToLive: Event = { kind: 'timeToLive' };
const probePause: Event = { kind: 'probePause' };

const stop = (...timers: string[]) => timers.map((timer) => ['disarm', timer] as const);
const watch = [
  ['arm', 'pingInterval', 2000],
  ['arm', 'timeToLive', 6000],
] as const;
const hears = [
  ['arm', 'pingInterval', 2000],
  ['disarm', 'timeToLive'],
] as const;
const pings = [['probe'], ['arm', 'pingInterval', 2000]] as const;
const dies = (reason: string, pause: number) => [['lose', reason], ['disconnect'], ['arm', 'probePause', pause]] as const;

moves('it is pinged at once, and requests wait a moment for its answer', fresh, begin, greeting, [
  ['probe'],
  ...watch,
  ['arm', 'greetingTime', 100],
]);
moves('without pings it may be chosen at once', fresh, begin, untried, [['usable']], MUTE);
moves('it is removed before it began', fresh, remove, removed, [['disconnect']]);
stays('it says something before it began', fresh, HEARD, 'it has no connection');
stays('a connection is lost before it began', fresh, connectionLost, 'it has no connection');
stays('somebody’s request is overdue before it began', fresh, overdue, 'it was not asked');
never('it is not used before it began', fresh, used, 'it is not chosen before it begins');

moves('it answers the first ping', greeting, HEARD, alive, [...hears, ['revive'], ...stop('greetingTime')]);
moves('nobody waits for its first answer any longer', greeting, greetingTime, untried, [['usable'], ...stop('greetingTime')]);
moves('it is pinged again while it is greeted', greeting, pingInterval, greeting, pings);
stays('a request cannot be overdue while it is greeted', greeting, overdue, 'it was not asked');
never('it is not used while it is greeted', greeting, used, 'it is not chosen while it is greeted');

moves('a server that nobody had heard of speaks', untried, HEARD, alive, [...hears, ['revive']]);
moves('without pings: a server that nobody had heard of speaks', untried, HEARD, alive, [...stop('timeToLive'), ['revive']], MUTE);
moves('it is pinged until it answers', untried, pingInterval, untried, pings);
moves('it never answered', untried, overdue, doubtful(0), [['doubt'], ...pings]);
moves('without pings: it never answered', untried, overdue, doubtful(0), [['doubt'], ['probe'], ['arm', 'timeToLive', 6000]], MUTE);

moves('any word renews its time, which runs again from the next ping on', asked, HEARD, alive, hears);
moves('whatever it says by itself puts the next ping off', alive, HEARD, alive, hears);
stays('without pings a word of it is no news', alive, HEARD, 'it is known to be alive', MUTE);
moves('it is pinged when it was silent for a while, and has the rest of its time to answer', alive, pingInterval, asked, [
  ['arm', 'timeToLive', 4000],
  ...pings,
]);
moves('it is pinged again, and its time runs on', asked, pingInterval, asked, pings);
moves('a request is overdue, and no ping was sent since it was heard: its time begins', alive, overdue, doubtful(0), [
  ['doubt'],
  ['arm', 'timeToLive', 6000],
  ...pings,
]);
moves('a request is overdue, and a ping unanswered: its time runs on', asked, overdue, doubtful(0), [['doubt'], ...pings]);
moves(
  'without pings: a request is overdue, and its silence counts from now on',
  alive,
  overdue,
  doubtful(0),
  [['doubt'], ['probe'], ['arm', 'timeToLive', 6000]],
  MUTE,
);

moves('it speaks: no doubt any more', doubtful(2), HEARD, alive, [...hears, ['revive']]);
moves('without pings: it speaks, no doubt any more', doubtful(2), HEARD, alive, [...stop('timeToLive'), ['revive']], MUTE);
moves('it is asked again while it is in doubt', doubtful(2), pingInterval, doubtful(2), pings);
stays('another request is overdue', doubtful(2), overdue, 'it is in doubt already');

for (const [what, state] of [
  ['greeted', greeting],
  ['untried', untried],
  ['alive', alive],
] as const) {
  const timers = state === greeting ? ['greetingTime', 'pingInterval', 'timeToLive'] : ['pingInterval', 'timeToLive'];
  moves(`a server that is ${what} is silent for too long`, state, timeToLive, dead(1), [...dies('silent', 500), ...stop(...timers)]);
  moves(`the connection of a server that is ${what} is lost`, state, connectionLost, dead(1), [
    ...dies('connection-lost', 500),
    ...stop(...timers),
  ]);
  moves(`a server that is ${what} is removed`, state, remove, removed, [['disconnect'], ...stop(...timers)]);
  never(`a server that is ${what} has begun`, state, begin, 'it has begun');
}
moves('a server in doubt is silent for too long: the pause is longer each time', doubtful(2), timeToLive, dead(3), [
  ...dies('silent', 2000),
  ...stop('pingInterval', 'timeToLive'),
]);
moves('the connection of a server in doubt is lost', doubtful(0), connectionLost, dead(1), [
  ...dies('connection-lost', 500),
  ...stop('pingInterval', 'timeToLive'),
]);
moves('a server in doubt is removed', doubtful(0), remove, removed, [['disconnect'], ...stop('pingInterval', 'timeToLive')]);
never('a server in doubt has begun', doubtful(0), begin, 'it has begun');
for (const [what, state] of [
  ['untried', untried],
  ['alive', alive],
  ['doubtful', doubtful(0)],
] as const)
  stays(`a request is sent to a server that is ${what}`, state, used, 'its answer will tell');

moves('it is asked over a new connection, and longer is waited each time', dead(1), probePause, dead(2), [
  ['renew'],
  ['probe'],
  ['arm', 'probePause', 1000],
]);
moves('without a way to ask it rests until a request is its trial', dead(1), probePause, dead(1, true), [], MUTE);
moves('it answers a probe', dead(4), HEARD, alive, [...hears, ['revive'], ...stop('probePause')]);
moves('without pings: it answers', dead(4), HEARD, alive, [...stop('timeToLive'), ['revive'], ...stop('probePause')], MUTE);
moves('nobody is better: a request is its trial', dead(4), used, doubtful(4), [...watch, ...stop('probePause')]);
moves(
  'without pings: a request is its trial',
  dead(4, true),
  used,
  doubtful(4),
  [['arm', 'timeToLive', 6000], ...stop('probePause')],
  MUTE,
);
stays('a request that was with it is overdue', dead(0), overdue, 'it is taken for dead already');
moves('the connection of a probe was up, and is lost: the next probe comes soon', dead(4), connectionLost, dead(1), [
  ['hasten'],
  ['arm', 'probePause', 500],
]);
stays('without a way to ask there is no connection to be lost', dead(1), connectionLost, 'it was not asked, and has no connection', MUTE);
moves('a dead server is removed', dead(0), remove, removed, [['disconnect'], ...stop('probePause')]);
never('a dead server has begun', dead(0), begin, 'it has begun');

for (const event of [HEARD, overdue, connectionLost, remove])
  stays(`${event.kind} of a server that was removed`, removed, event, 'nobody knows it any more');
never('a server that was removed has begun', removed, begin, 'it has begun');
never('a server that was removed is not chosen', removed, used, 'it is not chosen any more');

coverEverything();
