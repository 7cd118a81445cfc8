/** One of the two servers of a Binary Star, arrow by arrow and cell by cell; and under any events. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  binaryStar,
  type ActivationReason as Reason,
  type BinaryStarContext,
  type BinaryStarMachine,
  type RetreatReason,
  type StarWord,
} from '../../src/binary-star/peer.machine.ts';
import { ImpossibleEvent } from '../../src/core/errors.ts';
import { transition } from '../../src/core/machine.ts';
import { Rows } from '../support/rows.ts';

type State = BinaryStarMachine['state'];
type Event = BinaryStarMachine['event'];

const contexts: fc.Arbitrary<BinaryStarContext> = fc.record({
  role: fc.constantFrom('primary' as const, 'backup' as const),
  heartbeatInterval: fc.constant(1000),
  failoverTimeout: fc.constant(3000),
  hintDelay: fc.constant(200),
  loneBackupAfter: fc.constantFrom(5000, Infinity),
  doubtTimeout: fc.constant(500),
  arbitrated: fc.boolean(),
});
const epoch = fc.nat({ max: 6 });
const words: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('WAITING' as const, 'ACTIVE' as const, 'PASSIVE' as const, 'RESIGNED' as const),
    epoch,
    fresh: fc.boolean(),
  }),
  fc.constant<Event>({ kind: 'TWIN' }),
);
const own: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('clientRequest' as const), known: epoch }),
  fc.record({ kind: fc.constant('granted' as const), epoch, validFor: fc.constant(2000) }),
  fc.record({ kind: fc.constant('denied' as const), epoch }),
  fc
    .constantFrom(
      ...(['start', 'peerDied', 'activate', 'handOver', 'stoodStill', 'drained', 'close', ...Object.keys(binaryStar.timers)] as const),
    )
    .map((kind) => ({ kind }) as Event),
);
const events = fc.array(fc.oneof(words, own), { maxLength: 40 });
const epochOf = (state: State): number => ('epoch' in state ? state.epoch : 0);

/** Steps through those events that can occur; of timers only those that are armed. */
function play(
  given: readonly Event[],
  context: BinaryStarContext,
  look: (before: State, event: Event, after: State, effects: readonly (readonly unknown[])[]) => void,
): void {
  let state = transition(binaryStar, binaryStar.start(), { kind: 'start' }, context)[0];
  const armed = new Set(['heartbeatDue', 'peerSilence']);
  for (const event of given) {
    if (event.kind in binaryStar.timers && !armed.delete(event.kind)) continue;
    try {
      const [next, effects] = transition(binaryStar, state, event, context);
      for (const [effect, timer] of effects) {
        if (effect === 'arm') armed.add(String(timer));
        if (effect === 'disarm') armed.delete(String(timer));
      }
      for (const timer of armed) expect(binaryStar.timers[timer]).toContain(next.kind);
      look(state, event, next, effects);
      state = next;
    } catch (error) {
      // Only what the shell itself does wrong is impossible; no word of a peer is.
      if (!(error instanceof ImpossibleEvent)) throw error;
      expect(error.event).not.toBe(error.event.toUpperCase());
    }
  }
}

test('its epoch never falls, timers have their states, and no word of a peer is impossible', () => {
  fc.assert(
    fc.property(events, contexts, (given, context) => {
      play(given, context, (before, _event, after) => {
        if (after.kind !== 'closed') expect(epochOf(after)).toBeGreaterThanOrEqual(epochOf(before));
      });
    }),
    { numRuns: 2000 },
  );
});

test('beside a server of its own role it takes over from a silent peer only if an operator says so', () => {
  fc.assert(
    fc.property(events, contexts, (given, context) => {
      let isBesideTwin = false;
      let isTold = false;
      play(given, context, (_before, event, after, effects) => {
        if (event.kind === 'activate') isTold = true;
        if (event.kind === 'TWIN') isBesideTwin = true;
        // A word of the peer, and a timer that has run since, end it.
        else if (['WAITING', 'ACTIVE', 'PASSIVE', 'RESIGNED', 'stoodStill'].includes(event.kind)) isBesideTwin = false;
        else if (event.kind === 'peerSilence' || event.kind === 'loneBackup') {
          if (after.kind !== 'deserted' || after.besideTwin === undefined) isBesideTwin = false;
        }
        const serves = effects.some(([effect, , reason]) => effect === 'serve' && reason === 'peer-silent');
        if (event.kind === 'clientRequest' && !isTold) expect(serves && isBesideTwin).toBe(false);
      });
    }),
    { numRuns: 2000 },
  );
});

test('it takes over in an epoch above its own and above that of what made it do so', () => {
  fc.assert(
    fc.property(events, contexts, (given, context) => {
      play(given, context, (before, event, after, effects) => {
        const serve = effects.find(([effect]) => effect === 'serve');
        if (serve === undefined) return;
        expect(serve[1]).toBeGreaterThan(epochOf(before));
        expect(serve[1]).toBe(epochOf(after));
        if ('epoch' in event && event.kind !== 'granted') expect(serve[1]).toBeGreaterThan(event.epoch);
        if ('known' in event) expect(serve[1]).toBeGreaterThan(event.known);
      });
    }),
    { numRuns: 2000 },
  );
});

const context: BinaryStarContext = {
  role: 'primary',
  heartbeatInterval: 1000,
  failoverTimeout: 3000,
  hintDelay: 200,
  loneBackupAfter: 5000,
  doubtTimeout: 500,
  arbitrated: false,
};
const { moves, stays, refuses, never, coverEverything } = new Rows(binaryStar, context);
const BACKUP = { role: 'backup' } as const;
const ARBITRATED = { arbitrated: true } as const;

/* ------------------------------------------------------------------ states and events */

const unborn: State = { kind: 'new' };
const closed: State = { kind: 'closed' };
const waiting = (known = 2, voted = false, told = false): State => ({ kind: 'waiting', epoch: known, voted, told });
const lone = (known = 2, voted = false): State => ({ kind: 'lone', epoch: known, voted });
const passive = (known = 2, voted = false): State => ({ kind: 'passive', epoch: known, voted });
const resigned = (known = 2, voted = false): State => ({ kind: 'passive', epoch: known, voted, resigned: true });
const deserted = (known = 2): State => ({ kind: 'deserted', epoch: known });
const besideTwin = <S extends State>(state: S): S => ({ ...state, besideTwin: true });
const electing = (known = 2, reason: Reason = 'peer-silent'): State => ({ kind: 'electing', epoch: known, reason });
const active = (own = 2, alone = false): State => ({ kind: 'active', epoch: own, alone });
const doubting = (own = 2): State => ({ kind: 'doubting', epoch: own });
const resigning = (own = 2, ends = false): State => ({ kind: 'resigning', epoch: own, ends });

const WAITING = (said: number): Event => ({ kind: 'WAITING', epoch: said, fresh: false });
const ACTIVE = (said: number): Event => ({ kind: 'ACTIVE', epoch: said, fresh: false });
const PASSIVE = (said: number): Event => ({ kind: 'PASSIVE', epoch: said, fresh: false });
const RESIGNED = (said: number): Event => ({ kind: 'RESIGNED', epoch: said, fresh: false });
const fresh = (word: Event): Event => ({ ...word, fresh: true }) as Event;
const TWIN: Event = { kind: 'TWIN' };
const start: Event = { kind: 'start' };
const asked = (known = 0): Event => ({ kind: 'clientRequest', known });
const peerDied: Event = { kind: 'peerDied' };
const activate: Event = { kind: 'activate' };
const handOver: Event = { kind: 'handOver' };
const stoodStill: Event = { kind: 'stoodStill' };
const granted = (leased: number): Event => ({ kind: 'granted', epoch: leased, validFor: 2000 });
const denied = (leased: number): Event => ({ kind: 'denied', epoch: leased });
const drained: Event = { kind: 'drained' };
const close: Event = { kind: 'close' };
const heartbeatDue: Event = { kind: 'heartbeatDue' };
const peerSilence: Event = { kind: 'peerSilence' };
const loneBackup: Event = { kind: 'loneBackup' };
const doubtTimeout: Event = { kind: 'doubtTimeout' };
const electionRetry: Event = { kind: 'electionRetry' };
const leaseExpiry: Event = { kind: 'leaseExpiry' };

/* ------------------------------------------------------------------ effects */

const LISTENS = ['arm', 'peerSilence', 3000] as const;
const BEATS = ['arm', 'heartbeatDue', 1000] as const;
const says = (word: StarWord, said: number) => ['announce', word, said] as const;
const beats = (word: StarWord, said: number) => [says(word, said), BEATS] as const;
const serves = (own: number, reason: Reason) => [['serve', own, reason], says('active', own), BEATS, LISTENS] as const;
const claims = (own: number) =>
  [
    ['claimLease', own],
    ['arm', 'electionRetry', 1000],
  ] as const;
const retreats = (reason: RetreatReason, known: number, word: StarWord = 'passive') =>
  [['retreat', reason, known], says(word, known), LISTENS] as const;
const stops = (...timers: readonly (keyof BinaryStarMachine['timers'])[]) => timers.map((timer) => ['disarm', timer] as const);

/* ------------------------------------------------------------------ what is the same in many states */

const NOT_YET = 'nothing is connected yet';
const WORDS = [WAITING, ACTIVE, PASSIVE, RESIGNED] as const;
const idle = [waiting(), lone(), passive(), deserted()];
const alive = [...idle, electing(), active(), doubting(), resigning()];

for (const state of [waiting(2, false, true), electing(), active(), doubting(), resigning()])
  refuses(
    `${state.kind}: the peer has the same role`,
    state,
    TWIN,
    'the peer has our own role, or is ourselves: the pair is set up wrongly',
  );
for (const state of alive) {
  never(`${state.kind}: it begins once`, state, start, 'it has started');
}
for (const state of [...idle, electing()]) stays(`${state.kind}: it cannot hand over`, state, handOver, 'it does not serve');
for (const event of [...WORDS.map((word) => word(3)), TWIN, asked(3), peerDied, stoodStill])
  stays(`${event.kind} before it has begun`, unborn, event, NOT_YET);
for (const event of [granted(3), denied(3)]) {
  stays(`${event.kind} before it has begun`, unborn, event, 'nothing was claimed');
  for (const state of [waiting(), lone()]) stays(`${state.kind}: ${event.kind}`, state, event, 'nothing was claimed');
  for (const state of [passive(), deserted()]) stays(`${state.kind}: ${event.kind}`, state, event, 'the claim was given up');
}
for (const state of [unborn, waiting(), lone()]) never(`${state.kind}: it has nothing in hand`, state, drained, 'it does not serve');
for (const state of [passive(), deserted(), electing()])
  stays(`${state.kind}: it had been serving, and has done what it had in hand`, state, drained, 'it retreated while it drained');
for (const state of [active(), doubting()])
  stays(`${state.kind}: it was handing over before`, state, drained, 'it retreated while it drained, and took over again');
for (const state of [active(), doubting(), resigning()])
  stays(`${state.kind}: the arbiter refuses`, state, denied(3), 'the lease runs out by itself');

/* ------------------------------------------------------------------ new */

moves('it begins: it says so, and listens', unborn, start, waiting(0), [says('waiting', 0), BEATS, LISTENS]);
moves('it is closed before it has begun', unborn, close, closed, []);
for (const event of [activate, handOver]) never(`${event.kind} before it has begun`, unborn, event, 'the shell starts at once');

/* ------------------------------------------------------------------ waiting */

moves('waiting: both wait, and the primary serves', waiting(), fresh(WAITING(4)), active(5), serves(5, 'peer-waiting'));
moves(
  'waiting: both wait, and the primary asks the arbiter',
  waiting(),
  fresh(WAITING(4)),
  electing(4, 'peer-waiting'),
  [...claims(5), ...stops('peerSilence')],
  ARBITRATED,
);
moves('waiting: that the peer waits may be old: a primary asks', waiting(), WAITING(4), waiting(4), [['ask'], LISTENS]);
moves('waiting: a backup waits for the primary', waiting(5, true), fresh(WAITING(4)), waiting(5, true), [LISTENS], BACKUP);
moves('waiting: the peer serves', waiting(), ACTIVE(3), passive(3), [LISTENS]);
moves('waiting: the peer serves; a client has asked before: the peer is asked', waiting(2, true), ACTIVE(3), passive(3, true), [
  ['ask'],
  LISTENS,
]);
moves('waiting: the peer serves for certain: who has asked is sent there', waiting(2, true), fresh(ACTIVE(3)), passive(3), [
  ['turnAway', 3],
  LISTENS,
]);
moves('waiting: the peer knows of another server', waiting(), fresh(PASSIVE(4)), waiting(4), [LISTENS]);
moves(
  'waiting: the peer does not serve, and perhaps cannot reach the arbiter',
  waiting(),
  PASSIVE(4),
  waiting(4),
  [['ask'], LISTENS],
  ARBITRATED,
);
moves(
  'waiting: the peer does not serve, and the arbiter chooses',
  waiting(),
  fresh(PASSIVE(4)),
  electing(4, 'peer-passive'),
  [...claims(5), ...stops('peerSilence')],
  ARBITRATED,
);
moves('waiting: the peer has handed over', waiting(), RESIGNED(3), active(4), serves(4, 'peer-resigned'));
moves(
  'waiting: the peer has handed over, and the arbiter is asked',
  waiting(),
  RESIGNED(3),
  electing(3, 'peer-resigned'),
  [...claims(4), ...stops('peerSilence')],
  ARBITRATED,
);
moves('waiting: a client asks; the peer is asked', waiting(), asked(3), waiting(3, true), [['ask']]);
stays('waiting: the peer’s process ends', waiting(), peerDied, 'it may come back; nobody serves yet');
moves('waiting: an operator’s word is remembered', waiting(), activate, waiting(2, false, true), []);
moves('waiting: after a standstill the silence counts from now', waiting(), stoodStill, waiting(), [LISTENS]);
moves('waiting: it is closed', waiting(), close, closed, stops('heartbeatDue', 'peerSilence'));
moves('waiting: it says that it is there', waiting(), heartbeatDue, waiting(), beats('waiting', 2));
moves(
  'waiting: a primary that was asked meets nobody, and serves',
  waiting(2, true),
  peerSilence,
  active(3, true),
  serves(3, 'peer-silent'),
);
moves(
  'waiting: a primary that was asked meets nobody, and asks the arbiter',
  waiting(2, true),
  peerSilence,
  electing(),
  [...claims(3), ...stops('peerSilence')],
  ARBITRATED,
);
moves(
  'waiting: a backup that was told to serve meets nobody, and serves',
  waiting(2, false, true),
  peerSilence,
  active(3, true),
  serves(3, 'peer-silent'),
  BACKUP,
);
moves('waiting: a primary meets nobody', waiting(), peerSilence, deserted(), [['missPeer']]);
moves(
  'waiting: a backup meets nobody, and serves nobody for now',
  waiting(2, true),
  peerSilence,
  lone(2, true),
  [['missPeer'], ['arm', 'loneBackup', 5000], ...stops('peerSilence')],
  BACKUP,
);
moves(
  'waiting: a backup meets nobody, and serves nobody for ever',
  waiting(2, true),
  peerSilence,
  lone(2, true),
  [['missPeer'], ...stops('peerSilence')],
  { ...BACKUP, loneBackupAfter: Infinity },
);

/* ------------------------------------------------------------------ lone */

for (const word of [WAITING, PASSIVE])
  moves(`lone: the peer is there (${word(4).kind})`, lone(2, true), word(4), waiting(4, true), [LISTENS, ...stops('loneBackup')]);
moves('lone: the peer serves; a client has asked before: the peer is asked', lone(2, true), ACTIVE(3), passive(3, true), [
  ['ask'],
  LISTENS,
  ...stops('loneBackup'),
]);
moves('lone: the peer has handed over', lone(), RESIGNED(3), active(4), [...serves(4, 'peer-resigned'), ...stops('loneBackup')]);
moves(
  'lone: the peer has handed over, and the arbiter is asked',
  lone(),
  RESIGNED(3),
  electing(3, 'peer-resigned'),
  [...claims(4), ...stops('loneBackup')],
  ARBITRATED,
);
moves('lone: a client asks, and waits', lone(), asked(3), lone(3, true), []);
stays('lone: the peer’s process ends', lone(), peerDied, 'it was not there');
moves('lone: an operator tells it to serve', lone(), activate, active(3, true), [...serves(3, 'operator'), ...stops('loneBackup')]);
moves(
  'lone: an operator tells it to serve, and the arbiter is asked',
  lone(),
  activate,
  electing(2, 'operator'),
  [...claims(3), ...stops('loneBackup')],
  ARBITRATED,
);
moves('lone: after a standstill its time counts from now', lone(2, true), stoodStill, lone(2, true), [['arm', 'loneBackup', 5000]]);
moves('lone: after a standstill it serves nobody, as before', lone(), stoodStill, lone(), [], { loneBackupAfter: Infinity });
moves('lone: it is closed', lone(), close, closed, stops('heartbeatDue', 'loneBackup'));
moves('lone: it says that it is there', lone(), heartbeatDue, lone(), beats('waiting', 2));
moves('lone: it was asked and has been alone for long: it serves', lone(2, true), loneBackup, active(3, true), [
  ...serves(3, 'peer-silent'),
  ...stops('loneBackup'),
]);
moves(
  'lone: it was asked and has been alone for long: it asks the arbiter',
  lone(2, true),
  loneBackup,
  electing(),
  [...claims(3), ...stops('loneBackup')],
  ARBITRATED,
);
moves('lone: it has been alone for long, and the next client makes it serve', lone(), loneBackup, deserted(), [
  ['missPeer'],
  ...stops('loneBackup'),
]);

/* ------------------------------------------------------------------ passive, and deserted */

for (const state of [passive(2, true), deserted()]) {
  const { kind } = state;
  const stopped = stops('peerSilence');
  const voted = kind === 'passive';
  moves(`${kind}: the peer has restarted: it serves`, state, fresh(WAITING(1)), active(3), serves(3, 'peer-waiting'), BACKUP);
  moves(
    `${kind}: the peer has restarted: the arbiter is asked`,
    state,
    fresh(WAITING(1)),
    electing(2, 'peer-waiting'),
    [...claims(3), ...stopped],
    ARBITRATED,
  );
  moves(`${kind}: that the peer has restarted may be old: it asks`, state, WAITING(3), passive(3, voted), [['ask'], LISTENS]);
  moves(
    `${kind}: the peer serves; it is asked if a client has asked before`,
    state,
    ACTIVE(3),
    passive(3, voted),
    voted ? [['ask'], LISTENS] : [LISTENS],
  );
  moves(`${kind}: the peer serves for certain: who has asked is sent there`, state, fresh(ACTIVE(1)), passive(2), [
    ['turnAway', 2],
    LISTENS,
  ]);
  moves(`${kind}: both are passive, and the primary serves`, state, fresh(PASSIVE(3)), active(4), serves(4, 'peer-passive'));
  for (const role of ['primary', 'backup'] as const) {
    const arbitrated = { role, ...ARBITRATED };
    const elects = [...claims(4), ...stopped];
    moves(
      `${kind}: both are passive, and the ${role} asks the arbiter`,
      state,
      fresh(PASSIVE(3)),
      electing(3, 'peer-passive'),
      elects,
      arbitrated,
    );
    moves(
      `${kind}: that both are passive may be old: the ${role} asks`,
      state,
      PASSIVE(3),
      passive(3, voted),
      [['ask'], LISTENS],
      arbitrated,
    );
  }
  moves(`${kind}: that both are passive may be old: a primary asks`, state, PASSIVE(3), passive(3, voted), [['ask'], LISTENS]);
  moves(`${kind}: both are passive, and a backup waits for the primary`, state, fresh(PASSIVE(3)), passive(3, voted), [LISTENS], BACKUP);
  moves(`${kind}: the peer has handed over`, state, RESIGNED(3), active(4), serves(4, 'peer-resigned'));
  moves(
    `${kind}: the peer has handed over, and the arbiter is asked`,
    state,
    RESIGNED(3),
    electing(3, 'peer-resigned'),
    [...claims(4), ...stopped],
    ARBITRATED,
  );
  moves(`${kind}: after a standstill the silence counts from now`, state, stoodStill, passive(2, voted), [LISTENS]);
  moves(`${kind}: it says that it is there`, state, heartbeatDue, state, beats('passive', 2));
  moves(`${kind}: it is closed`, state, close, closed, [['disarm', 'heartbeatDue'], ...stopped]);
}

moves('passive: a client asks; the peer is asked', passive(), asked(3), passive(3, true), [['ask']]);
moves('passive: the peer’s process seems to have ended: it has little time to prove that it has not', passive(), peerDied, passive(), [
  ['ask'],
  ['arm', 'peerSilence', 200],
]);
stays('passive: an operator tells it to serve', passive(), activate, 'the peer is there: it hands over, or dies');
moves('passive: the peer is silent and a client has asked: it takes over', passive(2, true), peerSilence, active(3, true), [
  ...serves(3, 'peer-silent'),
]);
moves(
  'passive: the peer is silent and a client has asked: it asks the arbiter',
  passive(2, true),
  peerSilence,
  electing(),
  [...claims(3), ...stops('peerSilence')],
  ARBITRATED,
);
moves('passive: the peer is silent, and no client has asked', passive(), peerSilence, deserted(), [['missPeer']]);

/** Who has handed over. */
for (const word of [PASSIVE(3), fresh(PASSIVE(3))])
  moves(
    `resigned: the peer, which has not heard of it, is passive: even a primary waits${'fresh' in word && word.fresh ? ', if it says so just now' : ''}`,
    resigned(2, true),
    word,
    resigned(3, true),
    [LISTENS],
  );
moves('resigned: the peer is passive: an arbiter may choose either', resigned(), PASSIVE(3), passive(3), [['ask'], LISTENS], ARBITRATED);
moves('resigned: the peer has begun anew, and knows nothing of it', resigned(), WAITING(0), passive(), [['ask'], LISTENS]);
moves('resigned: the peer serves', resigned(), fresh(ACTIVE(3)), passive(3), [['turnAway', 3], LISTENS]);
moves('resigned: the peer has handed over in its turn', resigned(), RESIGNED(3), active(4), serves(4, 'peer-resigned'));
moves('resigned: what the peer said before we served may come twice', resigned(), RESIGNED(1), resigned(), [LISTENS]);
moves('resigned: it goes on saying so', resigned(), heartbeatDue, resigned(), beats('resigned', 2));
moves('resigned: a client asks, and has met nobody who served since', resigned(), asked(2), resigned(2, true), [['ask']]);
moves('resigned: a client has met somebody who served since', resigned(), asked(3), passive(3, true), [['ask']]);
moves('resigned: the peer is silent', resigned(), peerSilence, deserted(), [['missPeer']]);
moves('resigned: after a standstill nothing is certain', resigned(), stoodStill, passive(), [LISTENS]);

moves('deserted: a client asks: it takes over, later than all that the client knows', deserted(), asked(5), active(6, true), [
  ...serves(6, 'peer-silent'),
]);
moves(
  'deserted: a client asks: the arbiter is asked',
  deserted(),
  asked(5),
  electing(5),
  [...claims(6), ...stops('peerSilence')],
  ARBITRATED,
);
stays('deserted: the peer’s process ends', deserted(), peerDied, 'it was silent already');
moves('deserted: an operator tells it to serve', deserted(), activate, active(3, true), serves(3, 'operator'));
moves(
  'deserted: an operator tells it to serve, and the arbiter is asked',
  deserted(),
  activate,
  electing(2, 'operator'),
  [...claims(3), ...stops('peerSilence')],
  ARBITRATED,
);

/* ------------------------------------------------------------------ beside a server of the same role */

moves('waiting: another server of its role speaks: it does not take over while that one does', waiting(2, true), TWIN, waiting(2, true), [
  LISTENS,
]);
moves('lone: another server of its role speaks: its time alone begins anew', lone(), TWIN, lone(), [['arm', 'loneBackup', 5000]]);
moves(
  'lone: another server of its role speaks, whose silence would take longer than the time alone',
  lone(),
  TWIN,
  lone(),
  [['arm', 'loneBackup', 3000]],
  { loneBackupAfter: 100 },
);
moves('lone: another server of its role speaks, and it is lone for ever', lone(), TWIN, lone(), [], { loneBackupAfter: Infinity });
moves('passive: another server of its role speaks', passive(2, true), TWIN, besideTwin(passive(2, true)), []);
moves('passive: the peer speaks after that', besideTwin(passive()), ACTIVE(2), passive(), [LISTENS]);
moves(
  'passive: the peer is silent and a client has asked, and another server of its role has spoken since: it does not take over',
  besideTwin(passive(2, true)),
  peerSilence,
  besideTwin(deserted()),
  [['missPeer'], LISTENS],
);
moves('deserted: another server of its role speaks', deserted(), TWIN, besideTwin(deserted()), [LISTENS]);
moves('deserted: a client asks beside another server of its role', besideTwin(deserted()), asked(5), besideTwin(deserted(5)), []);
moves('deserted: an operator tells it to serve beside another server of its role', besideTwin(deserted()), activate, active(3, true), [
  ...serves(3, 'operator'),
]);
moves('deserted: the other server of its role has fallen silent as well', besideTwin(deserted()), peerSilence, deserted(), []);

/* ------------------------------------------------------------------ electing */

for (const event of [WAITING(3), PASSIVE(3), RESIGNED(3), peerDied, activate])
  stays(`electing: ${event.kind}`, electing(), event, 'the arbiter decides');
moves('electing: the peer serves, perhaps: it is asked', electing(), ACTIVE(3), passive(3, true), [
  ['ask'],
  LISTENS,
  ...stops('electionRetry'),
]);
moves('electing: the peer serves for certain: who has asked is sent there', electing(), fresh(ACTIVE(1)), passive(), [
  ['turnAway', 2],
  LISTENS,
  ...stops('electionRetry'),
]);
moves('electing: a client that asks knows a later epoch', electing(), asked(5), electing(5), []);
moves('electing: a client that asks knows no later epoch', electing(), asked(1), electing(), []);
stays('electing: it stood still', electing(), stoodStill, 'a lease counts from its claim');
for (const leased of [1, 7]) {
  const own = Math.max(3, leased);
  moves(`electing: the arbiter lets it serve, in epoch ${leased}`, electing(), granted(leased), active(own, true), [
    ['arm', 'leaseExpiry', 2000],
    ...serves(own, 'peer-silent'),
    ...stops('electionRetry'),
  ]);
}
moves('electing: the arbiter refuses, and tells of a later epoch', electing(), denied(4), electing(4), []);
moves('electing: it asks the arbiter again', electing(4), electionRetry, electing(4), claims(5));
moves('electing: it says that it does not serve', electing(), heartbeatDue, electing(), beats('passive', 2));
moves('electing: it is closed', electing(), close, closed, stops('heartbeatDue', 'electionRetry'));

/* ------------------------------------------------------------------ active */

moves('active: the peer has begun, and must learn at once who serves', active(2, true), WAITING(1), active(), [says('active', 2), LISTENS]);
moves('active: the peer has begun, and was told of a later epoch', active(), WAITING(5), active(6), [
  ['raise', 6],
  says('active', 6),
  LISTENS,
]);
for (const word of [PASSIVE, RESIGNED]) {
  moves(`active: the peer is there (${word(2).kind})`, active(2, true), word(2), active(), [LISTENS]);
  moves(`active: the peer was told of a later epoch (${word(2).kind})`, active(), word(5), active(6), [['raise', 6], LISTENS]);
}
moves('active: the peer took over later', active(), ACTIVE(3), passive(3), [...retreats('outranked', 3), ...stops('leaseExpiry')]);
moves(
  'active: both took over at once, and a backup yields',
  active(),
  ACTIVE(2),
  passive(),
  [...retreats('outranked', 2), ...stops('leaseExpiry')],
  BACKUP,
);
moves('active: both took over at once, and a primary goes on in the next epoch', active(2, true), ACTIVE(2), active(3), [
  ['raise', 3],
  says('active', 3),
  LISTENS,
]);
moves('active: the peer took over before it, and is told', active(2, true), ACTIVE(1), active(), [says('active', 2), LISTENS], BACKUP);
moves('active: a client knows a later epoch: a primary beside its peer goes on above it', active(), asked(5), active(6), [['raise', 6]]);
for (const [who, alone, role] of [
  ['a backup', false, 'backup'],
  ['a backup on its own', true, 'backup'],
  ['a primary on its own', true, 'primary'],
] as const)
  moves(
    `active: a client knows a later epoch: ${who} yields, or two that are active would outbid each other for ever`,
    active(2, alone),
    asked(5),
    passive(5),
    [...retreats('superseded', 5), ...stops('leaseExpiry')],
    { role },
  );
stays('active: a client is served', active(), asked(2), 'it is served');
stays('active: the peer’s process ends', active(), peerDied, 'its silence will tell');
stays('active: an operator tells it to serve', active(), activate, 'it serves');
moves('active: an operator tells it to hand over', active(), handOver, resigning(), [['drain'], ...stops('peerSilence')]);
moves('active: it is closed: it finishes what it has in hand', active(), close, resigning(2, true), [['drain'], ...stops('peerSilence')]);
moves('active: it stood still: it serves nobody until it knows that it may', active(), stoodStill, doubting(), [
  ['suspend'],
  ['ask'],
  ['arm', 'doubtTimeout', 500],
  ...stops('peerSilence'),
]);
moves('active: the arbiter renews the lease', active(), granted(2), active(), [['arm', 'leaseExpiry', 2000]]);
moves('active: it says that it serves', active(), heartbeatDue, active(), beats('active', 2));
moves(
  'active: it says so, and asks the arbiter to go on',
  active(),
  heartbeatDue,
  active(),
  [['claimLease', 2], ...beats('active', 2)],
  ARBITRATED,
);
moves('active: the peer is silent, and it serves on', active(), peerSilence, active(2, true), [['missPeer']]);
moves('active: the lease has run out', active(), leaseExpiry, passive(), [...retreats('lease-lost', 2), ...stops('leaseExpiry')]);

/* ------------------------------------------------------------------ doubting */

for (const word of [WAITING, PASSIVE, RESIGNED]) {
  const { kind } = word(2);
  const told = kind === 'WAITING' ? [says('active', 6)] : [];
  moves(`doubting: the peer has not taken over (${kind})`, doubting(), fresh(word(5)), active(6), [
    ['raise', 6],
    ['resume'],
    ...told,
    LISTENS,
    ...stops('doubtTimeout'),
  ]);
  stays(`doubting: an old word tells nothing (${kind})`, doubting(), word(5), 'it may be older than our standstill');
}
moves('doubting: the peer has taken over', doubting(), ACTIVE(3), passive(3), [
  ...retreats('outranked', 3),
  ...stops('doubtTimeout', 'leaseExpiry'),
]);
moves('doubting: the peer took over before it', doubting(), fresh(ACTIVE(1)), active(), [
  ['resume'],
  says('active', 2),
  LISTENS,
  ...stops('doubtTimeout'),
]);
stays(
  'doubting: the peer took over before it, or so it said before the standstill',
  doubting(),
  ACTIVE(1),
  'it may be older than our standstill',
);
stays('doubting: a client asks', doubting(), asked(3), 'it waits with the others');
stays('doubting: the peer’s process ends', doubting(), peerDied, 'its silence will tell');
for (const event of [activate, handOver, stoodStill]) stays(`doubting: ${event.kind}`, doubting(), event, 'it is being decided');
moves('doubting: the arbiter renews the lease', doubting(), granted(2), doubting(), [['arm', 'leaseExpiry', 2000]]);
moves('doubting: it is closed: it finishes what it has in hand', doubting(), close, resigning(2, true), [
  ['resume'],
  ['drain'],
  ...stops('doubtTimeout'),
]);
moves('doubting: it says that it serves', doubting(), heartbeatDue, doubting(), beats('active', 2));
moves('doubting: nobody has answered: it serves on', doubting(), doubtTimeout, active(2, true), [
  ['resume'],
  ['missPeer'],
  ...stops('doubtTimeout'),
]);
moves('doubting: the lease has run out', doubting(), leaseExpiry, passive(), [
  ...retreats('lease-lost', 2),
  ...stops('doubtTimeout', 'leaseExpiry'),
]);

/* ------------------------------------------------------------------ resigning */

for (const event of [WAITING(3), PASSIVE(3), RESIGNED(3)])
  stays(`resigning: ${event.kind}`, resigning(), event, 'it is told when we are done');
moves('resigning: the peer has taken over', resigning(), ACTIVE(3), passive(3), [...retreats('outranked', 3), ...stops('leaseExpiry')]);
moves('resigning: the peer has taken over, and it ends', resigning(2, true), ACTIVE(3), closed, [
  ['retreat', 'closed', 2],
  ...stops('heartbeatDue', 'leaseExpiry'),
]);
stays('resigning: the peer took over before it', resigning(), ACTIVE(1), 'it learns that we are active');
moves('resigning: a client knows a later epoch, and the peer must not serve in that', resigning(), asked(5), resigning(5), []);
moves('resigning: a client knows no later epoch', resigning(2, true), asked(1), resigning(2, true), []);
stays('resigning: the peer’s process ends', resigning(), peerDied, 'nothing is left to decide');
for (const event of [activate, handOver]) stays(`resigning: ${event.kind}`, resigning(), event, 'it is handing over');
stays('resigning: it stood still', resigning(), stoodStill, 'nothing new is taken');
moves('resigning: the arbiter renews the lease', resigning(), granted(2), resigning(), [['arm', 'leaseExpiry', 2000]]);
moves('resigning: nothing is left in hand: the peer may serve', resigning(), drained, resigned(), [
  ...retreats('handed-over', 2, 'resigned'),
  ...stops('leaseExpiry'),
]);
moves('resigning: nothing is left in hand: the peer may serve, and it ends', resigning(2, true), drained, closed, [
  ['retreat', 'closed', 2],
  says('resigned', 2),
  ...stops('heartbeatDue', 'leaseExpiry'),
]);
moves('resigning: it is closed while it hands over', resigning(), close, resigning(2, true), []);
moves('resigning: it says that it serves', resigning(), heartbeatDue, resigning(), beats('active', 2));
moves('resigning: the lease has run out', resigning(), leaseExpiry, passive(), [...retreats('lease-lost', 2), ...stops('leaseExpiry')]);
moves('resigning: the lease has run out, and it ends', resigning(2, true), leaseExpiry, closed, [
  ['retreat', 'closed', 2],
  ...stops('heartbeatDue', 'leaseExpiry'),
]);

/* ------------------------------------------------------------------ closed */

for (const event of [
  ...WORDS.map((word) => word(3)),
  TWIN,
  asked(),
  peerDied,
  activate,
  handOver,
  stoodStill,
  granted(3),
  denied(3),
  drained,
])
  stays(`${event.kind} after the end`, closed, event, 'closed');
stays('it was closed before it could begin', closed, start, 'closed before it had started');
stays('it is closed twice', closed, close, 'idempotent');

coverEverything();
