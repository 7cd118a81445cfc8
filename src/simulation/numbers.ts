/** Lists of numbers that grow: four bytes, or one, for each of millions of states. */

const FIRST_LENGTH = 1024;

/** Whole numbers of 32 bits. */
export class Numbers {
  #items = new Int32Array(FIRST_LENGTH);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  at(index: number): number {
    return this.#items[index] as number;
  }

  push(item: number): void {
    if (this.#size === this.#items.length) {
      const longer = new Int32Array(this.#size * 2);
      longer.set(this.#items);
      this.#items = longer;
    }
    this.#items[this.#size++] = item;
  }
}

/** Numbers of 0 to 255. */
export class Bytes {
  #items = new Uint8Array(FIRST_LENGTH);
  #size = 0;

  at(index: number): number {
    return this.#items[index] as number;
  }

  push(item: number): void {
    if (this.#size === this.#items.length) {
      const longer = new Uint8Array(this.#size * 2);
      longer.set(this.#items);
      this.#items = longer;
    }
    this.#items[this.#size++] = item;
  }
}
