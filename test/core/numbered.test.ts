import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenInvariant } from '../../src/core/errors.ts';
import { Numbered } from '../../src/core/numbered.ts';

interface Thing {
  readonly number: number;
}
const thing = (number: number): Thing => ({ number });

describe('things by number', () => {
  it('finds what is there, and nothing else', () => {
    const things = new Numbered<Thing>();
    const one = thing(1);
    things.add(1, one);
    expect(things.get(1)).toBe(one);
    expect(things.has(17)).toBe(false);
    expect(things.delete(17)).toBe(false);
    expect(things.delete(1)).toBe(true);
    expect(things.has(1)).toBe(false);
    expect(things.size).toBe(0);
  });

  it('a number stands for one thing', () => {
    const things = new Numbered<Thing>();
    things.add(1, thing(1));
    expect(() => {
      things.add(1, thing(1));
    }).toThrow(BrokenInvariant);
  });

  it('one that stays for long is not in the way of those that come and go', () => {
    const things = new Numbered<Thing>();
    things.add(0, thing(0));
    for (let number = 1; number < 10_000; number++) {
      things.add(number, thing(number));
      if (number > 5) expect(things.delete(number - 5)).toBe(true);
    }
    expect(Array.from(things, ({ number }) => number)).toEqual([0, 9995, 9996, 9997, 9998, 9999]);
  });

  it('a hundred thousand at once come and go as fast as a few', () => {
    const things = new Numbered<Thing>();
    const crowd = 100_000;
    let left = 0;
    for (let number = 0; number < 2 * crowd; number++) {
      things.add(number, thing(number));
      // Slow enough to run into the time limit if each had to look at all others.
      if (number >= crowd && things.delete(number - crowd)) left++;
    }
    expect({ left, size: things.size }).toEqual({ left: crowd, size: crowd });
  });

  it('gives back the room of a crowd when few are left for long, and loses none of them', () => {
    const things = new Numbered<Thing>();
    for (let number = 0; number < 1000; number++) things.add(number, thing(number));
    for (let number = 10; number < 1000; number++) things.delete(number);
    for (let number = 1000; number < 10_000; number++) {
      things.add(number, thing(number));
      things.delete(number);
    }
    expect(Array.from(things, ({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('says the same as a Map, whatever comes and goes, and tells all in order of their numbers', () => {
    // Few numbers that share their places, near the wrap of 32 bits too.
    const numbers = fc.oneof(
      fc.nat(40),
      fc.nat(40).map((high) => 2 ** 32 - 1 - high),
      fc.nat(60).map((step) => step * 16),
    );
    const steps = fc.array(fc.record({ adds: fc.boolean(), number: numbers }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (taken) => {
        const things = new Numbered<Thing>();
        const map = new Map<number, Thing>();
        for (const { adds, number } of taken) {
          if (adds && !map.has(number)) {
            const added = thing(number);
            things.add(number, added);
            map.set(number, added);
          } else if (!adds) expect(things.delete(number)).toBe(map.delete(number));
          expect(things.size).toBe(map.size);
        }
        for (const [number, each] of map) expect(things.get(number)).toBe(each);
        const inOrder = [...map.keys()].sort((a, b) => a - b);
        expect(Array.from(things, ({ number }) => number)).toEqual(inOrder);
      }),
    );
  });
});
