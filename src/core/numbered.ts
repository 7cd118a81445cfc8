/**
 * Things by number, where numbers are given in turn: what is open now. A `Map` that much goes through leaves a trail of tables behind, each of
 * which keeps the next one and all that was in it from the collector of young garbage; this one is written over.
 */
import { assert } from './assert.ts';

const SMALLEST = 16;
/** 2³² divided by the golden ratio: numbers in a row come to stand far from each other, and a place that is left closes no long row behind it. */
const SPREAD = 0x9e37_79b1;

function places<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}

export class Numbered<T extends object> {
  #size = 0;
  #mask = SMALLEST - 1;
  #shift = 32 - Math.log2(SMALLEST);
  /** A thing stands where its number leads, or behind it if that place is taken, with no gap between. At most half of the places are taken. */
  #things: (T | undefined)[] = places<T>(SMALLEST);
  #numbers: Float64Array = new Float64Array(SMALLEST);
  /** How many have left since a quarter of the places was taken: many come and go at once without its growing and shrinking each time. */
  #left = 0;

  get size(): number {
    return this.#size;
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  get(number: number): T | undefined {
    return this.#things[this.#placeOf(number)];
  }

  /** @param number a whole number of at least 0 that no other thing has. */
  add(number: number, thing: T): void {
    if (2 * (this.#size + 1) > this.#things.length) this.#resize(2 * this.#things.length);
    const place = this.#placeOf(number);
    assert(this.#things[place] === undefined, 'a number stands for one thing');
    this.#things[place] = thing;
    this.#numbers[place] = number;
    this.#size++;
    if (4 * this.#size > this.#things.length) this.#left = 0;
  }

  /** Whether it was there. */
  delete(number: number): boolean {
    const place = this.#placeOf(number);
    if (this.#things[place] === undefined) return false;
    this.#closeGap(place);
    this.#size--;
    const { length } = this.#things;
    if (++this.#left > length && length > SMALLEST) this.#resize(length / 2);
    return true;
  }

  /** All that are there now, the lowest number first. */
  [Symbol.iterator](): IterableIterator<T> {
    const places: number[] = [];
    for (const [place, thing] of this.#things.entries()) if (thing !== undefined) places.push(place);
    places.sort((a, b) => (this.#numbers[a] as number) - (this.#numbers[b] as number));
    return places.map((place) => this.#things[place] as T).values();
  }

  #homeOf(number: number): number {
    return Math.imul(number, SPREAD) >>> this.#shift;
  }

  /** Where it stands, or would stand. */
  #placeOf(number: number): number {
    const things = this.#things;
    const mask = this.#mask;
    let place = this.#homeOf(number);
    while (things[place] !== undefined && this.#numbers[place] !== number) place = (place + 1) & mask;
    return place;
  }

  /** Moves up what stands behind because the place was taken. */
  #closeGap(from: number): void {
    const things = this.#things;
    const numbers = this.#numbers;
    const mask = this.#mask;
    let gap = from;
    for (let place = (gap + 1) & mask; things[place] !== undefined; place = (place + 1) & mask) {
      const home = this.#homeOf(numbers[place] as number);
      if (((place - home) & mask) < ((place - gap) & mask)) continue;
      things[gap] = things[place];
      numbers[gap] = numbers[place] as number;
      gap = place;
    }
    things[gap] = undefined;
  }

  #resize(length: number): void {
    const things = this.#things;
    const numbers = this.#numbers;
    this.#mask = length - 1;
    this.#shift = 32 - Math.log2(length);
    this.#left = 0;
    this.#things = places<T>(length);
    this.#numbers = new Float64Array(length);
    for (let old = 0; old < things.length; old++) {
      if (things[old] === undefined) continue;
      const place = this.#placeOf(numbers[old] as number);
      this.#things[place] = things[old];
      this.#numbers[place] = numbers[old] as number;
    }
  }
}
