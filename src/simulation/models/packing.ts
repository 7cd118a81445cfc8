/** A world as a text of small numbers: what it is stored as, and what tells it from others. */

/** The largest number of one character, and of two: what does not fit would make one state of two. */
const MOST = 0xffff;
const MOST_LARGE = 0xffffff;

/** Every `put` throws if the number does not fit. */
export class Packer {
  readonly #numbers: number[] = [];

  put(number: number): void {
    expectWithin('a number of a state', number, MOST);
    this.#numbers.push(number);
  }

  putAll(numbers: readonly number[]): void {
    this.put(numbers.length);
    for (const number of numbers) this.put(number);
  }

  /** Two halves: a text of nothing above 255 takes one byte for each character. */
  putLarge(number: number): void {
    expectWithin('a large number of a state', number, MOST_LARGE);
    this.#numbers.push(number & 0xff, number >> 8);
  }

  get text(): string {
    return String.fromCharCode.apply(undefined, this.#numbers);
  }
}

/** @throws Error when `number` needs more than it has: two states would look the same. */
export function expectWithin(what: string, number: number, most: number): void {
  if (!(number >= 0 && number <= most)) throw new Error(`${what} is ${number}, and must be 0 to ${most}`);
}

export class Unpacker {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(): number {
    return this.#text.charCodeAt(this.#at++);
  }

  takeAll(): number[] {
    const numbers: number[] = [];
    for (let left = this.take(); left > 0; left--) numbers.push(this.take());
    return numbers;
  }

  takeLarge(): number {
    return this.take() | (this.take() << 8);
  }
}
