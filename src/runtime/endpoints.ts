/** The endpoints of servers that do the same, and the one of them that is in use: no endpoint is special, the first is only the first. */
import { InvalidOption } from '../core/errors.ts';
import { checkEndpoint, type TransportChoice } from '../transport/transport.ts';

export class Endpoints {
  /** In the order given, at least one; one that was given twice counts once. */
  readonly all: readonly string[];
  /** How often another one came into use. */
  turns = 0;
  #at = 0;

  /** @throws InvalidOption, InvalidEndpoint */
  constructor(given: string | readonly string[], transport: TransportChoice | undefined) {
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (list.length === 0) throw new InvalidOption('endpoints', given, 'an endpoint or several');
    this.all = [...new Set(list.map((endpoint) => checkEndpoint(endpoint as string, transport)))];
  }

  get count(): number {
    return this.all.length;
  }

  /** Whether there is anywhere else to go. */
  get several(): boolean {
    return this.all.length > 1;
  }

  get current(): string {
    return this.at(this.#at);
  }

  /** Which of them is in use. */
  get index(): number {
    return this.#at;
  }

  /** Number `index`; after the last one comes the first again. */
  at(index: number): string {
    return this.all[index % this.all.length] as string;
  }

  /** Turns to the next one. */
  next(): void {
    this.#turn((this.#at + 1) % this.all.length);
  }

  /** Turns to `endpoint`, one of them. */
  use(endpoint: string): void {
    this.#turn(this.all.indexOf(endpoint));
  }

  #turn(to: number): void {
    if (to === this.#at) return;
    this.#at = to;
    this.turns++;
  }
}
