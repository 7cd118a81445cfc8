/** One of the two servers of a Binary Star in a process of its own, to be killed and frozen by `bench/star.ts`. */
import { BinaryStar, type BinaryStarOptions, type BinaryStarPlace } from 'seaworthy/binary-star';
import { LazyPirateServer } from 'seaworthy/lazy-pirate';
import { answerParent } from './child.ts';

/** What this process is to be. */
export interface HalfPart {
  readonly place: BinaryStarPlace;
  readonly options: BinaryStarOptions;
  /** How long a request takes, in ms. */
  readonly work: number;
}

const { place, options, work } = JSON.parse(process.env['PART'] ?? '{}') as HalfPart;

const star = await BinaryStar.listen(
  place,
  ({ transport, frontend, epoch }) =>
    LazyPirateServer.listen(
      frontend,
      async ({ body }) => {
        await new Promise((resolve) => setTimeout(resolve, work));
        return [place.role, String(epoch), ...body];
      },
      { transport },
    ),
  options,
);

answerParent({ state: () => star.inspect().state, peer: () => star.inspect().peer.word ?? 'unknown' });
