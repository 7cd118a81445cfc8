/** A world as a text of small numbers: what it is stored as, and what tells it from others. */

export class Packer {
  readonly #numbers: number[] = [];

  put(number: number): void {
    this.#numbers.push(number);
  }

  putAll(numbers: readonly number[]): void {
    this.#numbers.push(numbers.length);
    for (const number of numbers) this.#numbers.push(number);
  }

  /** Two halves: a text of nothing above 255 takes one byte for each character. */
  putLarge(number: number): void {
    this.#numbers.push(number & 0xff, number >> 8);
  }

  get text(): string {
    return String.fromCharCode.apply(undefined, this.#numbers);
  }
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
