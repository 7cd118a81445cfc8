/**
 * The root of every error this library throws or rejects with. One subclass per cause; the numbers that
 * explain it are fields, so that callers branch on `code` and operators read the message.
 */
export abstract class SeaworthyError extends Error {
  /** Stable, machine-readable name of the cause: branch on this, never on the message. */
  abstract readonly code: string;
  /** Whether the same call may succeed later without a change by the caller. */
  abstract readonly retriable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** We broke a rule of our own: a bug in this library (or in a machine built on it), never a peer's doing. */
export class ImpossibleEvent extends SeaworthyError {
  override readonly code = 'IMPOSSIBLE_EVENT';
  override readonly retriable = false;
  readonly machine: string;
  readonly state: string;
  readonly event: string;

  constructor(machine: string, state: string, event: string, why: string) {
    super(`${machine}: event "${event}" cannot happen in state "${state}": ${why}`);
    this.machine = machine;
    this.state = state;
    this.event = event;
  }
}

/** An assertion about our own state failed: a bug in this library. */
export class BrokenInvariant extends SeaworthyError {
  override readonly code = 'BROKEN_INVARIANT';
  override readonly retriable = false;
}

/** The caller passed an option or argument that cannot work; thrown at once, before anything starts. */
export class InvalidOption extends SeaworthyError {
  override readonly code = 'INVALID_OPTION';
  override readonly retriable = false;
  readonly option: string;
  readonly value: unknown;

  constructor(
    option: string,
    value: unknown,
    rule: string,
    message: string = `option "${option}" must be ${rule}, not ${describe(value)}`,
  ) {
    super(message);
    this.option = option;
    this.value = value;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value);
  return `a value of type ${typeof value}`;
}
