/** Names as texts: those of the last messages are not decoded again, which takes longer than to compare their bytes. */
import { EMPTY } from './envelope.ts';
import type { Frame, Message } from './message.ts';

/** A power of two. */
const REMEMBERED = 16;

export class Names {
  readonly #frames: Frame[] = Array.from({ length: REMEMBERED }, () => EMPTY);
  readonly #texts: string[] = Array.from({ length: REMEMBERED }, () => '');

  /** Frame `index` as latin-1 text, which is to be short. */
  in(message: Message, index: number): string {
    const length = message.byteLength(index);
    if (length === 0) return '';
    const place = (length + 7 * message.byteAt(index, 0) + message.byteAt(index, length - 1)) % REMEMBERED;
    if (message.equals(index, this.#frames[place] as Frame)) return this.#texts[place] as string;
    const text = message.text(index);
    this.#frames[place] = Buffer.from(text, 'latin1');
    this.#texts[place] = text;
    return text;
  }
}
