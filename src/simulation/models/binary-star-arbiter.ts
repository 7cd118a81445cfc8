/**
 * An arbiter that grants one lease at a time, of a few ticks. A claim and its answer take up to a heartbeat together, or are lost; so the arbiter
 * may be cut off from either server, or from both. A claim is renewed by whoever holds the lease and claims no earlier epoch; anybody else, and whoever has
 * forgotten it, gets a later one when it has run out.
 */
import type { BinaryStarMachine } from '../../binary-star/peer.machine.ts';
import type { Side } from './binary-star-pair.ts';
import type { Packer, Unpacker } from './packing.ts';

/** How long a lease is valid, in ticks. */
export const LEASE = 5;

/** What was claimed so long ago, in ticks, is answered no more. Longer ways make the world larger, and show no further arrow of the machine. */
const LATEST = 2;

/** In place of the server that has the lease. */
const NOBODY = 2;

type Stage = 'none' | 'claimed' | 'granted' | 'denied';
const STAGES: readonly Stage[] = ['none', 'claimed', 'granted', 'denied'];

/** What is between one server and the arbiter. */
interface Claim {
  stage: Stage;
  epoch: number;
  /** Since the claim, in ticks. */
  age: number;
}
type Verdict = Extract<BinaryStarMachine['event'], { readonly kind: 'granted' | 'denied' }>;

const none = (): Claim => ({ stage: 'none', epoch: 0, age: 0 });
const verdicts = new Map<number, Verdict>();

/** The same object for the same verdict. */
function verdictOf({ stage, epoch, age }: Claim): Verdict {
  const key = (epoch * LEASE + age) * 2 + (stage === 'granted' ? 1 : 0);
  let verdict = verdicts.get(key);
  if (verdict === undefined)
    verdicts.set(key, (verdict = stage === 'granted' ? { kind: 'granted', epoch, validFor: LEASE - age } : { kind: 'denied', epoch }));
  return verdict;
}

export class LeaseDesk {
  #holder = NOBODY;
  #left = 0;
  #epoch = 0;
  readonly #claims: [Claim, Claim] = [none(), none()];

  pack(packer: Packer): void {
    packer.put(this.#holder);
    packer.put(this.#left);
    packer.put(this.#epoch);
    for (const { stage, epoch, age } of this.#claims) {
      packer.put(STAGES.indexOf(stage));
      packer.put(epoch);
      packer.put(age);
    }
  }

  unpack(unpacker: Unpacker): void {
    this.#holder = unpacker.take();
    this.#left = unpacker.take();
    this.#epoch = unpacker.take();
    for (const claim of this.#claims) {
      claim.stage = STAGES[unpacker.take()] as Stage;
      claim.epoch = unpacker.take();
      claim.age = unpacker.take();
    }
  }

  get epochs(): number[] {
    return [this.#epoch, ...this.#claims.map(({ epoch }) => epoch)];
  }

  renumber(renumbered: (epoch: number) => number): void {
    this.#epoch = renumbered(this.#epoch);
    for (const claim of this.#claims) claim.epoch = renumbered(claim.epoch);
  }

  claim(side: Side, epoch: number): void {
    this.#claims[side] = { stage: 'claimed', epoch, age: 0 };
  }

  hasClaim(side: Side): boolean {
    return this.#claims[side].stage === 'claimed';
  }

  hasAnswer(side: Side): boolean {
    return this.#claims[side].stage === 'granted' || this.#claims[side].stage === 'denied';
  }

  /** Whether it is granted. */
  decide(side: Side): boolean {
    const claim = this.#claims[side];
    const renews = this.#holder === side && claim.epoch >= this.#epoch;
    const isGranted = renews || this.#left === 0;
    if (isGranted) {
      this.#epoch = Math.max(renews ? this.#epoch : this.#epoch + 1, claim.epoch);
      this.#holder = side;
      this.#left = LEASE;
    }
    claim.stage = isGranted ? 'granted' : 'denied';
    claim.epoch = this.#epoch;
    return isGranted;
  }

  take(side: Side): Verdict {
    const verdict = verdictOf(this.#claims[side]);
    this.#claims[side] = none();
    return verdict;
  }

  /** Time passes for the lease, and for what is under way. */
  passTick(): void {
    this.#left = Math.max(0, this.#left - 1);
    for (const side of [0, 1] as const) {
      const claim = this.#claims[side];
      if (claim.stage !== 'none' && ++claim.age === LATEST) this.#claims[side] = none();
    }
  }

  /** A server has died: what was under way to it is lost. Its lease is that of nobody else, nor of itself when it has come back. */
  forget(side: Side): void {
    if (this.#holder === side) this.#holder = NOBODY;
    this.#claims[side] = none();
  }
}
