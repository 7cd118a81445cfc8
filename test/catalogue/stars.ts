/** Bugs of the two halves of a Binary Star and of its clients. */
import { Frontends } from '../../src/binary-star/frontends.ts';
import { HardenedHalf } from '../../src/binary-star/hardened.ts';
import { binaryStar as star } from '../../src/binary-star/peer.machine.ts';
import { Replication } from '../../src/binary-star/replication.ts';
import { BinaryStar } from '../../src/binary-star/server.ts';
import { ignore } from '../../src/core/machine.ts';
import { binaryStar, binaryStarWithArbiter } from '../../src/simulation/scenarios/binary-star.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { action, cell, effects, except, guard, nothing, replaced, together, type Bug, type Undo } from './planting.ts';

type Options = NonNullable<Parameters<typeof BinaryStar.listen>[2]>;

/** Both halves are given other options. */
const optionsOf = (change: (options: Options) => Options): Undo =>
  replaced(
    BinaryStar,
    'listen',
    (usual) =>
      function (this: typeof BinaryStar, place, service, options = {}) {
        return usual.call(this, place, service, change(options));
      },
  );

/** Takes over whatever the cell says of when. */
const serveAnyway = (state: 'waiting' | 'passive', event: 'WAITING' | 'clientRequest' | 'peerSilence'): Undo =>
  cell(star, state, event, {
    to: 'active',
    do: function serveAtOnce(from, what, out, context) {
      const epoch = Math.max(from.epoch, 'epoch' in what ? what.epoch : 0) + 1;
      const reason = what.kind === 'WAITING' ? 'peer-waiting' : 'peer-silent';
      out.serve(epoch, reason);
      out.announce('active', epoch);
      out.arm('heartbeatDue', context.heartbeatInterval);
      out.arm('peerSilence', context.failoverTimeout);
      return { kind: 'active', epoch, alone: reason === 'peer-silent' };
    },
  });

export const starBugs: readonly Bug[] = [
  {
    id: 'takeover-without-a-vote',
    sentence: 'a passive half takes over when its peer is silent, though no client asks',
    simulation: binaryStar,
    expect: ['BS3'],
    plant: () => serveAnyway('passive', 'peerSilence'),
  },
  {
    id: 'vote-without-silence',
    sentence: 'a passive half takes over when a client asks, though its peer lives',
    simulation: binaryStar,
    expect: ['BS3', 'BS1'],
    plant: () => serveAnyway('passive', 'clientRequest'),
  },
  {
    id: 'lone-backup-serves',
    sentence: 'a backup that has not met its primary serves',
    simulation: binaryStar,
    expect: ['BS3'],
    plant: () => serveAnyway('waiting', 'peerSilence'),
  },
  {
    id: 'old-word-is-believed',
    sentence: 'what the peer said before it was asked is taken for its answer',
    simulation: binaryStar,
    expect: ['BS3', 'BS1'],
    plant: () => serveAnyway('passive', 'WAITING'),
  },
  {
    id: 'hint-is-certainty',
    sentence: 'a connection of the peer’s that ends is taken for its death at once',
    simulation: binaryStar,
    expect: ['BS3', 'BS1'],
    plant: () =>
      effects(star, 'passive', 'peerDied', (out) => ({
        arm: (timer) => {
          out.arm(timer, 0);
        },
      })),
  },
  {
    id: 'two-go-on',
    sentence: 'two active halves that hear of each other both go on',
    simulation: binaryStar,
    expect: ['BS1'],
    plant: () => cell(star, 'active', 'ACTIVE', ignore('it will see')),
  },
  {
    id: 'both-give-way',
    sentence: 'an active half gives way to any other, also to one that took over before it',
    simulation: binaryStar,
    expect: ['BS5'],
    plant: () => guard(star, 'active', 'ACTIVE', () => true),
  },
  {
    id: 'takeover-in-the-old-epoch',
    sentence: 'a half takes over in the epoch of the peer it takes over from',
    simulation: binaryStar,
    expect: ['BS4'],
    plant() {
      const inTheOldEpoch = (event: 'peerSilence' | 'clientRequest', state: 'passive' | 'deserted'): Undo =>
        action(star, state, event as never, (usual, from, what, out, context) => {
          const next = usual(
            from,
            what,
            except(out, {
              serve: (epoch, reason) => {
                out.serve(epoch - 1, reason);
              },
            }),
            context,
          );
          return next.kind === 'active' ? { ...next, epoch: next.epoch - 1 } : next;
        });
      return together(inTheOldEpoch('peerSilence', 'passive'), inTheOldEpoch('clientRequest', 'deserted'));
    },
  },
  {
    id: 'epochs-of-clients-forgotten',
    sentence: 'a half that begins anew does not heed the epochs that clients have met',
    simulation: binaryStar,
    expect: ['BS4'],
    plant: () =>
      together(
        ...(['waiting', 'passive', 'deserted', 'lone'] as const).map((state) =>
          action(star, state, 'clientRequest', (usual, from, what, out, context) => usual(from, { ...what, known: 0 }, out, context)),
        ),
      ),
  },
  {
    id: 'doors-stay-open',
    sentence: 'a half that has given way goes on answering the clients it has',
    simulation: binaryStar,
    expect: ['BS2'],
    plant: () =>
      together(
        replaced(
          Frontends.prototype,
          'shut',
          (usual) =>
            function (this: Frontends, reopen) {
              if (!reopen) usual.call(this, reopen);
            },
        ),
        replaced(
          BinaryStar,
          'listen',
          (usual) =>
            function (this: typeof BinaryStar, place, service, options) {
              const endless: typeof service = async (stand) => {
                await service(stand);
                return { close: () => Promise.resolve() };
              };
              return usual.call(this, place, endless, options);
            },
        ),
      ),
  },
  {
    id: 'asked-in-vain',
    sentence: 'what clients have asked before a takeover is forgotten at it',
    simulation: binaryStar,
    expect: ['BS9'],
    plant: () =>
      replaced(
        Frontends.prototype,
        'prepare',
        (usual) =>
          function (this: Frontends) {
            this.drop();
            usual.call(this);
          },
      ),
  },
  {
    id: 'standstill-unnoticed',
    sentence: 'a half that stood still serves on as if no time had passed',
    simulation: binaryStar,
    expect: ['BS7', 'BS1'],
    plant: () => cell(star, 'active', 'stoodStill', ignore('it serves')),
  },
  {
    id: 'standstill-noticed-late',
    sentence: 'a half that stood still finds that out by its own timers only, after what waits was served',
    simulation: binaryStar,
    expect: ['BS7'],
    plant: () => replaced(HardenedHalf.prototype, 'mustWake', () => () => false),
  },
  {
    id: 'fails-back-by-itself',
    sentence: 'a half that has taken over gives way as soon as its peer is back',
    simulation: binaryStar,
    expect: ['BS5'],
    plant: () =>
      cell(star, 'active', 'PASSIVE', {
        to: 'passive',
        do: function giveBack(state, _event, out, context) {
          out.retreat('handed-over', state.epoch);
          out.announce('resigned', state.epoch);
          out.arm('peerSilence', context.failoverTimeout);
          return { kind: 'passive', epoch: state.epoch, voted: false };
        },
      }),
  },
  {
    id: 'passive-half-is-mute',
    sentence: 'a passive half does not tell its peer that it is there',
    simulation: binaryStar,
    expect: ['BS8'],
    plant: () => effects(star, 'passive', 'heartbeatDue', () => ({ announce: nothing })),
  },
  {
    id: 'silence-is-forgotten',
    sentence: 'a half that was asked while its peer is silent never takes over',
    simulation: binaryStar,
    expect: ['BS6', 'progress'],
    plant: () => cell(star, 'deserted', 'clientRequest', ignore('the peer will come back')),
  },
  {
    id: 'dead-connection-to-the-peer-is-kept',
    sentence: 'a connection to the peer that died without a word is never replaced',
    simulation: binaryStar,
    expect: ['BS1'],
    plant: () =>
      optionsOf((options) => {
        const usual = options.transport as Transport;
        const connect: Transport['connect'] = (endpoint, handler, given = {}) =>
          usual.connect(endpoint, handler, { ...given, transportHeartbeat: undefined });
        return { ...options, transport: except(usual, { connect }) };
      }),
  },
  {
    id: 'update-twice',
    sentence: 'an update of the state is applied twice',
    simulation: binaryStar,
    expect: ['BS10'],
    plant: () =>
      replaced(
        Replication.prototype,
        'receive',
        (usual) =>
          function (this: Replication, command, message) {
            usual.call(this, command, message);
            if (command.kind === 'UPDATE') usual.call(this, { ...command, sequence: command.sequence + 1 }, message);
          },
      ),
  },
  {
    id: 'no-snapshot',
    sentence: 'a half that has missed updates of the state goes on with the next ones',
    simulation: binaryStar,
    expect: ['BS10'],
    plant: () => replaced(Replication.prototype, 'heard', () => nothing),
  },
  {
    id: 'arbiter-not-asked',
    sentence: 'a half takes over without a lease',
    simulation: binaryStarWithArbiter,
    expect: ['BS1'],
    plant: () => optionsOf(({ arbiter: _unasked, ...options }) => options),
  },
  {
    id: 'lease-for-longer',
    sentence: 'a half serves on when its lease has ended long ago',
    simulation: binaryStarWithArbiter,
    expect: ['BS1'],
    plant: () => optionsOf((options) => ({ ...options, leaseTime: 10 * (options.leaseTime ?? 2000) })),
  },
];
