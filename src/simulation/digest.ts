/** A short name for everything that happened in a run: the same trace has the same digest, on every machine. */
import { hash32 } from '../core/random.ts';
import type { TraceValue } from '../runtime/trace.ts';

export class Digest {
  #a = 0x2545f491;
  #b = 0x6a09e667;
  /** Most texts of a trace come again and again. */
  readonly #texts = new Map<string, number>();

  /** Takes in the values of a flat record, in their order. */
  add(record: { readonly [field: string]: TraceValue }): void {
    for (const name in record) {
      const value = record[name];
      if (value === undefined) continue;
      if (typeof value === 'number') this.#number(value);
      else this.#mix(this.#hashOf(String(value)));
    }
  }

  toString(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #number(value: number): void {
    const whole = Math.trunc(value);
    this.#mix(whole | 0);
    this.#mix(Math.trunc(whole / 2 ** 32) | 0);
    this.#mix(Math.round((value - whole) * 2 ** 30) | 0);
  }

  #hashOf(text: string): number {
    let hash = this.#texts.get(text);
    if (hash === undefined) this.#texts.set(text, (hash = hash32(text)));
    return hash;
  }

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x9e3779b1);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul((this.#b + word) | 0, 0x85ebca77) ^ this.#a;
    this.#b = (this.#b << 13) | (this.#b >>> 19);
  }
}
