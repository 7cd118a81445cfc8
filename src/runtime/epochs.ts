/**
 * What a client knows of the epochs of a Binary Star: the number that grows with each takeover, by which a server that was replaced, and does
 * not know it yet, is told from the one that replaced it.
 */
import { encodeEpoch, isLaterEpoch, type EpochMark } from '../wire/epoch.ts';
import type { Frame } from '../wire/message.ts';

/**
 * What a mark says of the server that sent it. `learned`: it serves, in a later epoch than any known. `fenced`: it serves in an earlier one, so
 * another has taken over from it. `passive`: it does not serve. `fine`: nothing new, or an epoch so late that it is not believed.
 */
export type EpochVerdict = 'fine' | 'learned' | 'fenced' | 'passive';

export class Epochs {
  /** Servers that said they were passive. */
  passive = 0;
  /** Answers and servers of an epoch that is over. */
  fenced = 0;
  #known = 0;
  #mark: Frame | undefined;

  /** The highest epoch met; 0 for none. */
  get known(): number {
    return this.#known;
  }

  /** What servers are told of it. */
  get mark(): Frame {
    return (this.#mark ??= encodeEpoch('known', this.#known));
  }

  judge({ kind, epoch }: EpochMark): EpochVerdict {
    if (kind === 'known') return 'fine';
    const learned = isLaterEpoch(epoch, this.#known);
    if (learned) {
      this.#known = epoch;
      this.#mark = undefined;
    }
    if (kind === 'passive') {
      this.passive++;
      return 'passive';
    }
    if (learned) return 'learned';
    if (epoch >= this.#known) return 'fine';
    this.fenced++;
    return 'fenced';
  }
}
