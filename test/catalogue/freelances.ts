/** Bugs of Freelance clients: those of the Guide's (W25 to W27), and others that are easily made. */
import { ignore } from '../../src/core/machine.ts';
import { freelanceRequest, type FreelanceRequestContext } from '../../src/freelance/client.machine.ts';
import { FreelanceClient } from '../../src/freelance/client.ts';
import { freelanceEndpoint, type FreelanceEndpointContext } from '../../src/freelance/endpoint.machine.ts';
import { freelance, freelanceWithStrangers } from '../../src/simulation/scenarios/freelance.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { FramesMessage, type Frame } from '../../src/wire/message.ts';
import { action, cell, effects, except, guard, nothing, ports, replaced, together, type Bug, type Undo } from './planting.ts';

const request = freelanceRequest;
const server = freelanceEndpoint;

export const freelanceBugs: readonly Bug[] = [
  {
    id: 'pong-answers-a-request',
    sentence: 'a PONG is read as the answer to what was asked last, as by the C client to its first request (W25)',
    simulation: freelance,
    expect: ['W25', 'U1'],
    plant: () => answersRead((frames, last) => (frames.length === 1 && last !== undefined ? [last, frames[0] as Frame] : frames)),
  },
  {
    id: 'late-answer-answers-the-next',
    sentence: 'an answer that comes late is taken for that of the request which was sent last (W26)',
    simulation: freelance,
    expect: ['W25', 'U1', 'FL1'],
    plant: () => answersRead((frames, last) => (frames.length > 1 && last !== undefined ? [last, ...frames.slice(1)] : frames)),
  },
  {
    id: 'resent-at-every-wake-up',
    sentence: 'whenever anything is heard of any server, requests under way are sent again (W26)',
    simulation: freelance,
    expect: ['FL1'],
    plant: resentAtEveryWakeUp,
  },
  {
    id: 'timeout-teaches-nothing',
    sentence: 'a server that did not answer in time is as good as before: the next call waits for it first (W27)',
    simulation: freelance,
    expect: ['FL2'],
    plant: () =>
      together(
        cell(server, 'alive', 'overdue', ignore('its answer may still come')),
        cell(server, 'untried', 'overdue', ignore('its answer may still come')),
      ),
  },
  {
    id: 'a-try-is-taken-for-life',
    sentence: 'a dead server that is given a request is alive again before it says anything',
    simulation: freelance,
    expect: ['FL2'],
    plant: () => cell(server, 'dead', 'used', { to: 'alive', do: () => ({ kind: 'alive', asked: false }) }),
  },
  {
    id: 'answers-do-not-renew',
    sentence: 'the time to live of a server is not renewed by what it says',
    simulation: freelance,
    expect: ['U11'],
    plant: () => cell(server, 'alive', 'HEARD', ignore('it is known to be alive')),
  },
  {
    id: 'silence-is-forgiven',
    sentence: 'a server that is silent for its time to live is given as much again',
    simulation: freelance,
    expect: ['FL2'],
    plant: () =>
      cell(server, 'alive', 'timeToLive', {
        to: 'alive',
        do(state, _event, out, context) {
          out.arm('timeToLive', context.timeToLive);
          return state;
        },
      }),
  },
  {
    id: 'hedge-without-limit',
    sentence: 'a request that is hedged goes to all other servers at once',
    simulation: freelance,
    expect: ['FL1'],
    plant: () =>
      action(request, 'sent', 'hedgeDelay', (usual, state, event, out, context) => {
        out.hedge();
        return usual(state, event, out, context);
      }),
  },
  {
    id: 'hedge-at-once',
    sentence: 'the hedge does not wait for hedgeDelay',
    simulation: freelance,
    expect: ['FL1'],
    plant: () =>
      action(request, 'queued', 'place', (usual, state, event, out, context) =>
        usual(state, event, out, { ...context, hedgeDelay: Math.min(context.hedgeDelay, 1) }),
      ),
  },
  {
    id: 'hedge-without-a-timeout',
    sentence: 'the hedge of a request has no time to be answered in',
    simulation: freelance,
    expect: ['FL3', 'U3', 'FL2'],
    plant: () => effects(request, 'sent', 'hedgeDelay', () => ({ arm: nothing })),
  },
  {
    id: 'answered-and-goes-on',
    sentence: 'a request that has its answer goes on, and has a second outcome',
    simulation: freelance,
    expect: ['U2', 'LP3', 'LP1'],
    plant: () =>
      cell(request, 'sent', 'REPLY', {
        to: 'sent',
        do(state, event, out) {
          out.succeed(event.attempt, event.body);
          return state;
        },
      }),
  },
  {
    id: 'removed-server-goes-on',
    sentence: 'a server that was removed is pinged as before',
    simulation: freelance,
    expect: ['FL3', 'U12'],
    plant: () => cell(server, 'alive', 'remove', { to: 'alive', do: (state) => state }),
  },
  {
    id: 'removed-server-keeps-its-connection',
    sentence: 'a server is removed, and its connection stays',
    simulation: freelance,
    expect: ['FL3', 'U12'],
    plant: () => effects(server, 'alive', 'remove', () => ({ disconnect: nothing })),
  },
  {
    id: 'probes-without-a-pause',
    sentence: 'a dead server is asked again and again, at once',
    simulation: freelance,
    expect: ['U14'],
    plant: () => probing((backoff) => ({ ...backoff, base: 1, maximum: 1 })),
  },
  {
    id: 'probes-without-growth',
    sentence: 'the pauses between the probes of a dead server do not grow',
    simulation: freelance,
    expect: ['U14'],
    plant: () => probing((backoff) => ({ ...backoff, maximum: backoff.base })),
  },
  {
    id: 'probes-without-jitter',
    sentence: 'all clients of a dead server ask it at the same moment',
    simulation: freelance,
    expect: ['U14'],
    plant: () => probing((backoff) => ({ ...backoff, jitter: 0 })),
  },
  {
    id: 'pinged-all-the-time',
    sentence: 'a server is pinged four times in each interval',
    simulation: freelance,
    expect: ['U14'],
    plant: () =>
      action(server, 'alive', 'pingInterval', (usual, state, event, out, context) =>
        usual(state, event, out, { ...context, pingInterval: context.pingInterval / 4 }),
      ),
  },
  {
    id: 'rounds-without-a-pause',
    sentence: 'a request goes round all servers again and again without a pause',
    simulation: freelance,
    expect: ['U14'],
    plant: () => guard(request, 'sent', 'requestTimeout', (state, _event, context) => state.round < context.requestRetries),
  },
  {
    id: 'one-round-too-many',
    sentence: 'a request is tried for one round more than was asked for',
    simulation: freelance,
    expect: ['LP1', 'U3'],
    plant: () => rounds((context) => ({ ...context, requestRetries: context.requestRetries + 1 })),
  },
  {
    id: 'any-answer-of-a-liar',
    sentence: 'a client believes whatever has the frames of an answer, whatever its number',
    simulation: freelanceWithStrangers,
    expect: ['W25', 'FL1'],
    plant: () =>
      answersRead(
        (frames, last) => (frames.length > 1 && last !== undefined ? [last, ...frames.slice(1)] : frames),
        freelanceWithStrangers,
      ),
  },
];

const LIVE = ['untried', 'alive', 'doubtful'] as const;

/** What comes to the client of the model with pings is read otherwise; `last` is the control frame of what it has sent last to that server. */
function answersRead(read: (frames: readonly Frame[], last: Frame | undefined) => readonly Frame[], simulation = freelance): Undo {
  return ports(simulation, 'client-1', ({ ports: { transport } }) => ({
    transport: {
      name: transport.name,
      listen: (...given) => transport.listen(...given),
      connect(endpoint, handler, options) {
        let last: Frame | undefined;
        const connector = transport.connect(
          endpoint,
          except(handler, {
            message(peer, message) {
              const frames = Array.from({ length: message.frameCount }, (_, index) => message.frame(index));
              handler.message(peer, new FramesMessage(read(frames, last)));
            },
          }),
          options,
        );
        return except(connector, {
          send(peer, head, ...rest) {
            if (head.length > 1) [last] = head;
            return connector.send(peer, head, ...rest);
          },
        });
      },
    } satisfies Transport,
  }));
}

/** What a request of the client is, as far as it is sent again. */
interface Resendable {
  readonly state: { readonly kind: string };
  readonly copies: readonly { readonly server: unknown }[];
  targets: readonly unknown[];
  transmit(): void;
}

function resentAtEveryWakeUp(): Undo {
  const prototype = FreelanceClient.prototype as unknown as { place(this: { readonly open: Iterable<Resendable> }): void };
  return replaced(
    prototype,
    'place',
    (usual) =>
      function (this: { readonly open: Iterable<Resendable> }) {
        for (const each of this.open) {
          if (each.state.kind !== 'sent') continue;
          each.targets = each.copies.slice(-1).map((copy) => copy.server);
          each.transmit();
        }
        usual.call(this);
      },
  );
}

/** The pauses between probes are drawn otherwise. */
function probing(change: (backoff: FreelanceEndpointContext['backoff']) => FreelanceEndpointContext['backoff']): Undo {
  const other = (context: FreelanceEndpointContext): FreelanceEndpointContext => ({ ...context, backoff: change(context.backoff) });
  return together(
    action(server, 'dead', 'probePause', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    ...LIVE.flatMap((from) => [
      action(server, from, 'timeToLive', (usual, state, event, out, context) => usual(state, event, out, other(context))),
      action(server, from, 'connectionLost', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    ]),
  );
}

/** A request goes by other options from its first answer that stays away. */
function rounds(change: (context: FreelanceRequestContext) => FreelanceRequestContext): Undo {
  return guard(request, 'sent', 'requestTimeout', (state, _event, context) => {
    const { requestRetries, servers } = change(context);
    return state.round < requestRetries && state.round % servers !== 0;
  });
}
