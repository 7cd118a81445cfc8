/** A short name for everything that happened in a run: the same trace has the same digest, on every machine. */
import { hash32 } from '../core/random.ts';
import type { TraceValue } from '../runtime/trace.ts';
import type { Frame } from '../wire/message.ts';

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

  /** Takes in a message that was sent, with every byte. */
  sent(time: number, life: string, label: string, frames: readonly Frame[]): void {
    this.passed(time, life, label);
    for (const frame of frames) this.#mix(hashOfBytes(frame));
  }

  /** Takes in one that was delivered; its bytes are known, since a connection changes neither them nor their order. */
  passed(time: number, life: string, label: string): void {
    this.#number(time);
    this.#mix(this.#hashOf(life));
    this.#mix(this.#hashOf(label));
  }

  /** Takes in that messages were lost. */
  lost(time: number, from: string, to: string, messages: number): void {
    this.passed(time, from, to);
    this.#mix(messages);
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

/** Four bytes at a time: every message of every run comes by here. */
function hashOfBytes(bytes: Frame): number {
  const { length } = bytes;
  let hash = length;
  let index = 0;
  for (; index + 3 < length; index += 4) {
    const word =
      (bytes[index] as number) |
      ((bytes[index + 1] as number) << 8) |
      ((bytes[index + 2] as number) << 16) |
      ((bytes[index + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; index < length; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x85ebca77);
  return hash ^ (hash >>> 13);
}
