import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timer, TimerHeap } from '../../src/core/timers.ts';

const owner = { timerFired: (): void => undefined };
const timerCalled = (name: string): Timer => new Timer(owner, name);

function takeAll(heap: TimerHeap, now: number): string[] {
  const names: string[] = [];
  for (let timer = heap.takeDue(now); timer !== undefined; timer = heap.takeDue(now)) names.push(timer.name);
  return names;
}

test('timers fire in the order of their deadlines, and none before its deadline', () => {
  const heap = new TimerHeap();
  for (const [name, deadline] of [
    ['c', 30],
    ['a', 10],
    ['b', 20],
  ] as const)
    heap.arm(timerCalled(name), deadline);
  expect(heap.earliest).toBe(10);
  expect(takeAll(heap, 9.999)).toEqual([]);
  expect(takeAll(heap, 20)).toEqual(['a', 'b']);
  expect(takeAll(heap, 1000)).toEqual(['c']);
  expect([heap.size, heap.earliest]).toEqual([0, Infinity]);
});

test('equal deadlines fire in the order they were armed', () => {
  const heap = new TimerHeap();
  const names = [...'the quick brown fox jumps over'].map((letter, index) => `${letter}${index}`);
  for (const name of names) heap.arm(timerCalled(name), 50);
  expect(takeAll(heap, 50)).toEqual(names);
});

test('a timer armed again for the same moment goes behind those armed in between', () => {
  const heap = new TimerHeap();
  const [a, b, c] = [timerCalled('a'), timerCalled('b'), timerCalled('c')];
  for (const timer of [a, b, c, a]) heap.arm(timer, 50);
  expect(takeAll(heap, 50)).toEqual(['b', 'c', 'a']);
});

test('a renewed deadline fires once, at the new time', () => {
  const heap = new TimerHeap();
  const worker = timerCalled('worker');
  for (let t = 100; t <= 1000; t += 100) heap.arm(worker, t);
  expect(takeAll(heap, 999)).toEqual([]);
  expect(takeAll(heap, 1000)).toEqual(['worker']);
  expect(takeAll(heap, 5000)).toEqual([]);
});

test('a deadline brought forward fires at the earlier time', () => {
  const heap = new TimerHeap();
  const worker = timerCalled('worker');
  heap.arm(timerCalled('other'), 50);
  heap.arm(worker, 100);
  heap.arm(worker, 20);
  expect(heap.earliest).toBe(20);
  expect(takeAll(heap, 20)).toEqual(['worker']);
});

test('a disarmed timer never fires, takes no room, and may be armed again', () => {
  const heap = new TimerHeap();
  const timers = Array.from({ length: 20 }, (_, index) => timerCalled(String(index)));
  for (const timer of timers) heap.arm(timer, 10);
  for (const timer of timers) heap.disarm(timer);
  for (const timer of timers) heap.disarm(timer);
  expect([heap.size, heap.earliest, takeAll(heap, 100).length]).toEqual([0, Infinity, 0]);
  heap.arm(timers[7] as Timer, 30);
  expect(takeAll(heap, 30)).toEqual(['7']);
});

test('renewing ten thousand workers before their expiry moves nothing in the heap', () => {
  const heap = new TimerHeap();
  const workers = Array.from({ length: 10_000 }, (_, index) => timerCalled(String(index)));
  for (const worker of workers) heap.arm(worker, 1000);
  const places = workers.map((worker) => worker.index);
  for (const worker of workers) heap.arm(worker, 2000);
  expect(workers.map((worker) => worker.index)).toEqual(places);
  expect(takeAll(heap, 1999)).toEqual([]);
  expect(takeAll(heap, 2000)).toEqual(workers.map((worker) => worker.name));
});

test('a deadline that is no number is a bug of ours and cannot put the heap out of order', () => {
  const heap = new TimerHeap();
  expect(() => {
    heap.arm(timerCalled('a'), NaN);
  }).toThrow('a deadline is a number');
  expect(heap.size).toBe(0);
});

/** What the heap must do, said with an array: sort by deadline, then by order of arming. */
class SortedModel {
  #armed: { readonly name: string; readonly deadline: number; readonly order: number }[] = [];
  #order = 0;

  arm(name: string, deadline: number): void {
    this.disarm(name);
    this.#armed.push({ name, deadline, order: this.#order++ });
    this.#armed.sort((a, b) => a.deadline - b.deadline || a.order - b.order);
  }

  disarm(name: string): void {
    this.#armed = this.#armed.filter((entry) => entry.name !== name);
  }

  takeDue(now: number): string | undefined {
    const [first] = this.#armed;
    return first === undefined || first.deadline > now ? undefined : this.#armed.shift()?.name;
  }

  get earliest(): number {
    return this.#armed[0]?.deadline ?? Infinity;
  }

  get size(): number {
    return this.#armed.length;
  }
}

type Command = { readonly do: 'arm' | 'disarm' | 'take' | 'takeAll'; readonly timer: number; readonly time: number };
const commands = fc.array(
  fc.record<Command>({
    do: fc.constantFrom('arm', 'arm', 'arm', 'disarm', 'take', 'takeAll'),
    timer: fc.nat(5),
    time: fc.nat(6),
  }),
  { maxLength: 80, size: 'max' },
);

test('whatever is armed, renewed, brought forward, disarmed and taken, the heap fires what a sorted list would', () => {
  fc.assert(
    fc.property(commands, (script) => {
      const heap = new TimerHeap();
      const model = new SortedModel();
      const timers = Array.from({ length: 6 }, (_, index) => timerCalled(String(index)));
      const fired: (string | undefined)[] = [];
      const expected: (string | undefined)[] = [];
      let now = 0;
      for (const command of [...script, { do: 'takeAll', timer: 0, time: 10 }]) {
        const timer = timers[command.timer] as Timer;
        if (command.do === 'arm') {
          heap.arm(timer, now + command.time);
          model.arm(timer.name, now + command.time);
        } else if (command.do === 'disarm') {
          heap.disarm(timer);
          model.disarm(timer.name);
        } else {
          if (command.do === 'takeAll') now += command.time;
          let due: string | undefined;
          do {
            expected.push((due = model.takeDue(now)));
            fired.push(heap.takeDue(now)?.name);
          } while (command.do === 'takeAll' && due !== undefined);
        }
        // A renewed timer may still be filed under its old deadline, so the heap may wake early, never late.
        if (heap.earliest > model.earliest) throw new Error(`would wake at ${heap.earliest}, too late for ${model.earliest}`);
        if (heap.size !== model.size) throw new Error(`holds ${heap.size} timers, not ${model.size}`);
      }
      expect(fired).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});
