import { expect, test } from 'vitest';
import { ArrowCoverage } from '../../src/core/coverage.ts';
import { Actor, Performer } from '../../src/runtime/actor.ts';
import { Driver } from '../../src/runtime/driver.ts';
import { door, type DoorEffects, type DoorMachine } from '../core/door.ts';
import { EventLoop } from './event-loop.ts';

class Door extends Actor<DoorMachine> implements DoorEffects {
  readonly diary: string[] = [];
  creaked: ((how: string) => void) | undefined;

  creak(how: string): void {
    this.diary.push(`creak ${how} while ${this.state.kind}`);
    this.creaked?.(how);
  }

  refuse(event: DoorMachine['event'], why: string): void {
    this.diary.push(`refused ${event.kind}: ${why}`);
  }

  happen(event: DoorMachine['event']): void {
    this.driver.run(() => {
      this.step(event);
    });
  }
}

function world(): { loop: EventLoop; driver: Driver; coverage: ArrowCoverage; door: Door; faults: unknown[] } {
  const loop = new EventLoop();
  const faults: unknown[] = [];
  const driver = new Driver(loop, { faulted: (error) => faults.push(error) });
  const coverage = new ArrowCoverage();
  return { loop, driver, coverage, faults, door: new Door(door, driver, { strength: 5, lockAfter: 100 }, coverage) };
}

test('an actor begins in the start state and goes where its table says', () => {
  const { door: actor, coverage } = world();
  expect(actor.state).toEqual({ kind: 'open' });
  actor.happen({ kind: 'close' });
  expect(actor.state).toEqual({ kind: 'closed', knocks: 0 });
  expect(coverage.of(door).arrows.taken).toBe(1);
});

test('a timer fires into the state that owns it', () => {
  const { loop, door: actor } = world();
  actor.happen({ kind: 'close' });
  loop.runUntil(99);
  expect(actor.state.kind).toBe('closed');
  loop.runUntil(100);
  expect(actor.state.kind).toBe('locked');
});

test('a timer whose owners were left never fires', () => {
  const { loop, door: actor, faults } = world();
  actor.happen({ kind: 'close' });
  loop.runUntil(50);
  actor.happen({ kind: 'PUSH', force: 9 });
  expect(actor.state.kind).toBe('open');
  loop.runUntil(60);
  actor.happen({ kind: 'remove' });
  loop.runUntil(10_000);
  expect([actor.state.kind, faults]).toEqual(['gone', []]);
});

test('two actors of one machine keep their own timers', () => {
  const { loop, driver, door: one } = world();
  const other = new Door(door, driver, { strength: 5, lockAfter: 300 }, undefined);
  one.happen({ kind: 'close' });
  other.happen({ kind: 'close' });
  loop.runUntil(150);
  expect([one.state.kind, other.state.kind]).toEqual(['locked', 'closed']);
});

test('a refused event reaches the actor with its reason, and changes nothing', () => {
  const { door: actor } = world();
  actor.happen({ kind: 'close' });
  actor.happen({ kind: 'PUSH', force: 3 });
  expect([actor.state.kind, actor.diary.at(-1)]).toEqual(['closed', 'refused PUSH: neither in nor out']);
});

test('an effect that steps its own machine is caught, and the step it belongs to did not happen', () => {
  const { door: actor } = world();
  actor.creaked = () => {
    actor.step({ kind: 'KNOCK' });
  };
  expect(() => {
    actor.happen({ kind: 'close' });
  }).toThrow('an effect does not step the machine it comes from');
  expect(actor.state.kind).toBe('open');
  actor.creaked = undefined;
  actor.happen({ kind: 'close' });
  expect(actor.state.kind).toBe('closed');
});

test('what an effect finds out is stepped later, in the new state, before the next event', () => {
  const { door: actor } = world();
  actor.creaked = () => {
    actor.later({ kind: 'KNOCK' });
    actor.later({ kind: 'KNOCK' });
  };
  actor.happen({ kind: 'close' });
  expect(actor.state).toEqual({ kind: 'closed', knocks: 2 });
});

test('an impossible event in a follow-up is a fault that is reported, and the actor goes on', () => {
  const { loop, door: actor, faults } = world();
  actor.happen({ kind: 'close' });
  loop.runUntil(100);
  actor.driver.run(() => {
    actor.later({ kind: 'close' });
  });
  expect(faults).toEqual([expect.objectContaining({ code: 'IMPOSSIBLE_EVENT', state: 'locked', event: 'close' })]);
  actor.happen({ kind: 'remove' });
  expect(actor.state.kind).toBe('gone');
});

test('a performer has its effects from an object, and timers, refusals and observers like any actor', () => {
  const { loop, driver, coverage } = world();
  const diary: string[] = [];
  const performer = new Performer(door, driver, { strength: 5, lockAfter: 100 }, coverage, {
    creak: (how) => diary.push(`creak ${how}`),
    refuse: (event, why) => diary.push(`refused ${event.kind}: ${why}`),
  });
  const happen = (event: DoorMachine['event']): void => {
    driver.run(() => {
      performer.step(event);
    });
  };
  happen({ kind: 'close' });
  happen({ kind: 'PUSH', force: 3 });
  loop.runUntil(100);
  expect(diary).toEqual(['creak close', 'refused PUSH: neither in nor out']);
  expect(performer.state.kind).toBe('locked');
  expect(coverage.of(door)).toMatchObject({ arrows: { taken: 2 }, answers: { taken: 1 } });
});
