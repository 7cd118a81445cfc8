/** One of the two servers of a Binary Star under any events; and who goes on when a client knows a later epoch. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binaryStar, type BinaryStarContext, type BinaryStarMachine } from '../../src/binary-star/peer.machine.ts';
import { ImpossibleEvent } from '../../src/core/errors.ts';
import { transition } from '../../src/core/machine.ts';

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

const context = (role: 'primary' | 'backup'): BinaryStarContext => ({
  role,
  heartbeatInterval: 1000,
  failoverTimeout: 3000,
  hintDelay: 200,
  loneBackupAfter: Infinity,
  doubtTimeout: 500,
  arbitrated: false,
});

test('a client knows a later epoch: a primary beside its peer goes on above it', () => {
  const [next, effects] = transition(
    binaryStar,
    { kind: 'active', epoch: 2, alone: false },
    { kind: 'clientRequest', known: 5 },
    context('primary'),
  );
  expect(next).toEqual({ kind: 'active', epoch: 6, alone: false });
  expect(effects).toEqual([['raise', 6]]);
});

test.each([
  ['a backup', 'backup', false],
  ['a backup on its own', 'backup', true],
  ['a primary on its own', 'primary', true],
] as const)('a client knows a later epoch: %s yields, or two that are active would outbid each other for ever', (_who, role, alone) => {
  const [next, effects] = transition(binaryStar, { kind: 'active', epoch: 2, alone }, { kind: 'clientRequest', known: 5 }, context(role));
  expect(next).toEqual({ kind: 'passive', epoch: 5, voted: false });
  expect(effects).toContainEqual(['retreat', 'superseded', 5]);
});
