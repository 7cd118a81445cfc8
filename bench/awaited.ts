/** The answer that is waited for, of one who is asked one question at a time. */
export class Awaited<T> {
  readonly #name: string;
  #waiting: { readonly resolve: (answer: T) => void; readonly reject: (error: Error) => void } | undefined;

  /** @param name who is asked. */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws when there is no answer within `deadline` ms. */
  wait(deadline: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#take()?.reject(new Error(`${this.#name} did not answer within ${String(deadline)} ms`));
      }, deadline);
      this.#waiting = {
        resolve: (answer) => {
          clearTimeout(late);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(late);
          reject(error);
        },
      };
    });
  }

  /** Whether anybody waited. */
  answer(answer: T): boolean {
    const waiting = this.#take();
    waiting?.resolve(answer);
    return waiting !== undefined;
  }

  fail(error: Error): void {
    this.#take()?.reject(error);
  }

  /** Nobody waits any more. */
  forget(): void {
    this.#waiting = undefined;
  }

  #take(): { readonly resolve: (answer: T) => void; readonly reject: (error: Error) => void } | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
