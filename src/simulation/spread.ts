/** Whether pauses are spread by chance, as far as a few of them can tell. */

/** So many in a row are alike by chance less than once in a hundred million times, if they are spread over a hundred ms or more. */
const ALIKE = 6;
const ALIKE_WITHIN = 0.015;
/** Timers are set to whole ms: what is spread over less than this cannot be told from what is not. */
const LEAST_WIDTH_MS = 100;

/** The last pauses of somebody, each as a part of its middle. */
export class Pauses {
  readonly #last: number[] = [];

  /** Enters one more. Answers whether the last ones are alike though they should be spread by `jitter`. */
  areAlike(pause: number, middle: number, jitter: number): boolean {
    if (2 * jitter * middle < LEAST_WIDTH_MS) return false;
    const last = this.#last;
    last.push(pause / middle);
    if (last.length > ALIKE) last.shift();
    return last.length === ALIKE && Math.max(...last) - Math.min(...last) < ALIKE_WITHIN;
  }
}
