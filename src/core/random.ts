/**
 * Numbers that only look random: the same seed gives the same ones, on every machine. `split` gives a part of a run numbers of its own,
 * so that one part drawing more or fewer never shifts what another one draws.
 *
 * The generator is sfc32 (PractRand), seeded by a hash of the seed's text.
 */
export class Random {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    this.seed = seed;
    this.#a = hash32(seed, 0x9e3779b9);
    this.#b = hash32(seed, 0x243f6a88);
    this.#c = hash32(seed, 0xb7e15162);
    for (let round = 0; round < 12; round++) this.#draw();
  }

  /** In [0, 1), as `Math.random`. A property, so that it can be passed on. */
  readonly next: () => number = () => this.#draw() / 2 ** 32;

  /** Numbers of its own for the part called `part`. Says the same however much was drawn here. */
  split(part: string): Random {
    return new Random(`${this.seed}/${part}`);
  }

  /** A whole number in [least, most]. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** A number in [least, most), to a thousandth. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least) * 1000) / 1000;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of several. */
  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)] as T;
  }

  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** A 32-bit hash of a text (FNV-1a, finished as in MurmurHash3). */
export function hash32(text: string, basis: number = 0x811c9dc5): number {
  let hash = basis | 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
