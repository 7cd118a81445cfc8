/** What a differential script is, and which facts there are. */
import type { Play } from './play.ts';

/** The rows of the table of facts about ZeroMQ that the transports are built on. */
export type Fact = `F-${number}`;

export interface Script {
  readonly name: string;
  /** Which it shows; none when it is about the contract of the port alone. */
  readonly facts: readonly Fact[];
  /** Where it is played: with word of ended connections, without (a libzmq that lacks its draft options), or both. Default: with. */
  readonly notices?: 'with' | 'without' | 'both';
  readonly play: (play: Play) => Promise<void>;
}
