import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo, type Linked } from '../../src/core/fifo.ts';

class Item implements Linked<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  queue: unknown;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const namesOf = (queue: Fifo<Item>): string[] => [...queue].map((item) => item.name);

test('requests leave in the order they came', () => {
  const queue = new Fifo<Item>();
  for (const name of ['a', 'b', 'c']) queue.add(new Item(name));
  expect([queue.size, queue.first?.name]).toEqual([3, 'a']);
  expect([queue.take()?.name, queue.take()?.name, queue.take()?.name, queue.take()]).toEqual(['a', 'b', 'c', undefined]);
  expect([queue.size, queue.first]).toEqual([0, undefined]);
});

test('a request whose worker died goes back before all others', () => {
  const queue = new Fifo<Item>();
  for (const name of ['a', 'b']) queue.add(new Item(name));
  queue.putBack(new Item('lost'));
  expect(namesOf(queue)).toEqual(['lost', 'a', 'b']);
  const empty = new Fifo<Item>();
  empty.putBack(new Item('only'));
  expect(namesOf(empty)).toEqual(['only']);
});

test('an item is never in two queues, nor twice in one', () => {
  const [one, other] = [new Fifo<Item>(), new Fifo<Item>()];
  const item = new Item('a');
  one.add(item);
  for (const broken of [() => one.add(item), () => other.add(item), () => other.putBack(item), () => other.remove(item)]) {
    expect(broken).toThrow(/an item is in at most one queue|only an item of this queue/);
  }
  expect([one.has(item), other.has(item), namesOf(one), namesOf(other)]).toEqual([true, false, ['a'], []]);
  one.remove(item);
  other.add(item);
  expect([one.has(item), other.has(item)]).toEqual([false, true]);
});

test('an item that left holds on to nobody', () => {
  const queue = new Fifo<Item>();
  const items = ['a', 'b', 'c'].map((name) => new Item(name));
  for (const item of items) queue.add(item);
  const [, middle] = items as [Item, Item, Item];
  queue.remove(middle);
  expect([middle.previous, middle.next, middle.queue]).toEqual([undefined, undefined, undefined]);
});

test('an item may be removed while the queue is walked', () => {
  const queue = new Fifo<Item>();
  for (const name of ['a', 'b', 'c', 'd']) queue.add(new Item(name));
  const seen: string[] = [];
  for (const item of queue) {
    seen.push(item.name);
    if (item.name === 'b' || item.name === 'd') queue.remove(item);
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  expect(namesOf(queue)).toEqual(['a', 'c']);
});

test('the others may be removed while the queue is walked, as long as the item at hand stays', () => {
  const queue = new Fifo<Item>();
  const items = ['a', 'b', 'c', 'd'].map((name) => new Item(name));
  for (const item of items) queue.add(item);
  const seen: string[] = [];
  for (const item of queue) {
    seen.push(item.name);
    if (item.name === 'b') queue.remove(items[2] as Item);
  }
  expect(seen).toEqual(['a', 'b', 'd']);
});

test('a walk whose item and the next one are both removed is stopped, not silently cut short', () => {
  const queue = new Fifo<Item>();
  for (const name of ['a', 'b', 'c']) queue.add(new Item(name));
  expect(() => {
    for (const item of queue) {
      queue.remove(item);
      queue.take();
    }
  }).toThrow('a walk over a queue loses its way');
});

test('whatever is added, put back, taken and removed, the queue holds what a list would', () => {
  const command = fc.record({ do: fc.constantFrom('add', 'add', 'putBack', 'take', 'remove'), item: fc.nat(7) });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (script) => {
      const queue = new Fifo<Item>();
      let list: string[] = [];
      const items = Array.from({ length: 8 }, (_, index) => new Item(String(index)));
      for (const step of script) {
        const item = items[step.item] as Item;
        if (step.do === 'take') expect(queue.take()?.name).toBe(list.shift());
        else if (step.do === 'remove') {
          if (!queue.has(item)) continue;
          queue.remove(item);
          list = list.filter((name) => name !== item.name);
        } else if (queue.has(item)) continue;
        else if (step.do === 'add') {
          queue.add(item);
          list.push(item.name);
        } else {
          queue.putBack(item);
          list.unshift(item.name);
        }
        expect([queue.size, ...namesOf(queue)]).toEqual([list.length, ...list]);
      }
    }),
    { numRuns: 200 },
  );
});
