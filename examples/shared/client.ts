/** A client's requests as the pirates' examples ask them, and what became of each. */
import { RequestAbandoned, type AttemptRecord, type LazyPirateCallOptions, type LazyPirateClient } from 'seaworthy';

export interface Outcome {
  /** The number that came back; nothing did where it is undefined. */
  readonly number: number | undefined;
  /** Who answered. */
  readonly by: string;
  /** How the attempts ended, in order. */
  readonly attempts: string;
  readonly endedAt: number;
}

/** Sends a number that is to come back. A `slow` request stays in its worker's hands until the story says "go on". */
export async function ask(
  client: LazyPirateClient,
  number: number,
  pace: 'quick' | 'slow' = 'quick',
  options: LazyPirateCallOptions = {},
): Promise<Outcome> {
  try {
    const { body, attempts } = await client.request([String(number), pace], options);
    return { number: Number(body[0]), by: String(body[1]), attempts: outcomesOf(attempts), endedAt: performance.now() };
  } catch (error) {
    if (!(error instanceof RequestAbandoned)) throw error;
    return { number: undefined, by: 'nobody', attempts: outcomesOf(error.attempts), endedAt: performance.now() };
  }
}

function outcomesOf(attempts: readonly AttemptRecord[]): string {
  return attempts.map(({ outcome }) => outcome).join(', ');
}

export function milliseconds(from: number, to: number): string {
  return `${(to - from).toFixed(0)} ms`;
}
