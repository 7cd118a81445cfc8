/** Bugs of clients and of servers that answer them. */
import { ignore } from '../../src/core/machine.ts';
import { lazyPirateRequest, type LazyPirateRequestContext } from '../../src/lazy-pirate/client.machine.ts';
import { lazyPirateJob } from '../../src/lazy-pirate/job.machine.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import { majordomoLink, majordomoRequest, type LinkContext, type RequestContext } from '../../src/majordomo/client.machine.ts';
import { Lanes, type Lane } from '../../src/runtime/lanes.ts';
import { lazyPirate } from '../../src/simulation/scenarios/lazy-pirate.ts';
import { majordomo } from '../../src/simulation/scenarios/majordomo.ts';
import { worker } from '../../src/simulation/scenarios/workload.ts';
import type { Peer, TransportHandler } from '../../src/transport/transport.ts';
import { FramesMessage, type Frame } from '../../src/wire/message.ts';
import { isMark } from '../../src/wire/mark.ts';
import {
  action,
  cell,
  effects,
  except,
  guard,
  nothing,
  ports,
  program,
  replaced,
  timersGoOn,
  together,
  type Bug,
  type Undo,
} from './planting.ts';

const request = lazyPirateRequest;

export const clientBugs: readonly Bug[] = [
  {
    id: 'fails-after-success',
    sentence: 'the timeout of a request is not stopped when its answer comes, and fails it later',
    simulation: lazyPirate,
    expect: ['U2'],
    plant: () =>
      together(
        timersGoOn(request, 'sent', 'settled'),
        cell(request, 'settled', 'requestTimeout', {
          to: 'settled',
          do: function failAnyway(state, _event, out) {
            out.fail('timed-out');
            return state;
          },
        }),
        cell(request, 'settled', 'deadline', ignore('it has its outcome')),
      ),
  },
  {
    id: 'answered-after-abort',
    sentence: 'a request that was aborted goes on, and is answered afterwards',
    simulation: lazyPirate,
    expect: ['U2', 'LP3'],
    plant: () =>
      cell(request, 'sent', 'abort', {
        to: 'sent',
        do: function failOnly(state, _event, out) {
          out.fail('aborted');
          return state;
        },
      }),
  },
  {
    id: 'retry-over-the-same-connection',
    sentence: 'a request is sent again over the connection that has not answered',
    simulation: lazyPirate,
    expect: ['LP2', 'U1'],
    plant: () =>
      together(
        replaced(
          Lanes.prototype,
          'retire',
          (usual) =>
            function (this: Lanes<unknown>, lane: Lane<unknown>) {
              if (lane.request === undefined) usual.call(this, lane);
              else this.reuse(lane);
            },
        ),
        replaced(
          Lanes.prototype,
          'take',
          (usual) =>
            function (this: Lanes<unknown>, endpoint) {
              return usual.call(this, endpoint, false);
            },
        ),
      ),
  },
  {
    id: 'one-attempt-too-many',
    sentence: 'a request is tried once more than was asked for',
    simulation: lazyPirate,
    expect: ['LP1'],
    plant: () => guard(request, 'sent', 'requestTimeout', (state, _event, context) => state.attempt <= context.requestRetries),
  },
  {
    id: 'one-attempt-too-many-at-majordomo',
    sentence: 'a request to a broker is tried once more than was asked for',
    simulation: majordomo,
    expect: ['LP1', 'U3'],
    plant: () => guard(majordomoRequest, 'sent', 'requestTimeout', (state, _event, context) => state.attempt <= context.requestRetries),
  },
  {
    id: 'deadline-forgotten',
    sentence: 'a request that has a deadline is tried as often as any other',
    simulation: lazyPirate,
    expect: ['U3'],
    plant: () =>
      cell(request, 'new', 'begin', {
        to: 'queued',
        do: function enqueueOnly(_state, _event, out) {
          out.enqueue();
          return { kind: 'queued', attempt: 1 };
        },
      }),
  },
  {
    id: 'deadline-by-the-wall-clock',
    sentence: 'a client measures deadlines with the time of day',
    simulation: lazyPirate,
    expect: ['U3', 'U14'],
    plant: () => ports(lazyPirate, 'client', (host) => ({ clock: except(host.ports.clock, { now: () => host.wallClock() }) })),
  },
  {
    id: 'no-timeout-for-the-second-attempt',
    sentence: 'the timeout is set for the first attempt only',
    simulation: majordomo,
    expect: ['U3'],
    plant: () => effects(majordomoRequest, 'pausing', 'retryDelay', () => ({ arm: nothing })),
  },
  {
    id: 'abort-keeps-the-connection',
    sentence: 'a request that was aborted keeps its connection for ever',
    simulation: lazyPirate,
    expect: ['LP4', 'progress'],
    plant: () => effects(request, 'sent', 'abort', () => ({ retire: nothing })),
  },
  {
    id: 'abort-keeps-the-place',
    sentence: 'a request that is aborted while it waits stays in line',
    simulation: lazyPirate,
    expect: ['U5'],
    plant: () => effects(request, 'queued', 'abort', () => ({ retire: nothing })),
  },
  {
    id: 'retries-without-a-pause',
    sentence: 'a client asks again at once',
    simulation: lazyPirate,
    expect: ['U14'],
    plant: () => retries((backoff) => ({ ...backoff, base: 1 })),
  },
  {
    id: 'retries-without-growth',
    sentence: 'the pauses between attempts do not grow',
    simulation: lazyPirate,
    expect: ['U14'],
    plant: () => retries((backoff) => ({ ...backoff, maximum: backoff.base })),
  },
  {
    id: 'retries-without-jitter',
    sentence: 'the pauses between attempts are not spread: all clients ask again at the same moment',
    simulation: lazyPirate,
    expect: ['U14'],
    plant: () => retries((backoff) => ({ ...backoff, jitter: 0 })),
  },
  {
    id: 'retries-without-jitter-at-majordomo',
    sentence: 'the pauses between attempts at a broker are not spread',
    simulation: majordomo,
    expect: ['U14'],
    plant() {
      const other = (context: RequestContext): RequestContext => ({ ...context, backoff: { ...context.backoff, jitter: 0 } });
      return together(
        action(majordomoRequest, 'sent', 'requestTimeout', (usual, state, event, out, context) => usual(state, event, out, other(context))),
        action(majordomoRequest, 'sent', 'connectionLost', (usual, state, event, out, context) => usual(state, event, out, other(context))),
        action(majordomoRequest, 'sent', 'FAILURE', (usual, state, event, out, context) => usual(state, event, out, other(context))),
      );
    },
  },
  {
    id: 'always-the-same-server',
    sentence: 'a client that has two servers tries only the first',
    simulation: lazyPirate,
    expect: ['progress'],
    plant() {
      const first = new WeakMap<object, string>();
      return replaced(
        Lanes.prototype,
        'take',
        (usual) =>
          function (this: Lanes<unknown>, endpoint, fresh) {
            if (!first.has(this)) first.set(this, endpoint);
            return usual.call(this, first.get(this) ?? endpoint, fresh);
          },
      );
    },
  },
  {
    id: 'close-forgets-requests',
    sentence: 'a client that is closed never says how its requests ended',
    simulation: lazyPirate,
    expect: ['U12', 'U3'],
    plant: () => cell(request, 'sent', 'close', ignore('the answer may still come')),
  },
  {
    id: 'link-never-comes-back',
    sentence: 'a client whose broker was lost does not connect again',
    simulation: majordomo,
    expect: ['progress'],
    plant: () => cell(majordomoLink, 'resting', 'reconnectDelay', { to: 'resting', do: (state) => state }),
  },
  {
    id: 'link-without-pause',
    sentence: 'a client whose broker was lost connects again at once, again and again',
    simulation: majordomo,
    expect: ['U14'],
    plant: () => links((backoff) => ({ ...backoff, base: 1, maximum: 1 })),
  },
  {
    id: 'link-without-jitter',
    sentence: 'all clients of a broker that was lost connect again at the same moment',
    simulation: majordomo,
    expect: ['U14'],
    plant: () => links((backoff) => ({ ...backoff, jitter: 0 })),
  },
  {
    id: 'any-answer-to-the-last-request',
    sentence: 'a client takes whatever comes for the answer to what it has asked last',
    simulation: majordomo,
    expect: ['U1'],
    plant: answersMixedUp,
  },
  {
    id: 'answer-to-the-last-client',
    sentence: 'a server answers whoever has asked last',
    simulation: lazyPirate,
    expect: ['U1', 'LP2', 'progress'],
    plant: () =>
      ports(lazyPirate, 'server', ({ ports: { transport } }) => ({
        transport: {
          name: transport.name,
          connect: (...given) => transport.connect(...given),
          async listen(endpoint, handler, options) {
            let last: Peer | undefined;
            const listener = await transport.listen(
              endpoint,
              except(handler, {
                message: (peer, message) => {
                  last = peer;
                  handler.message(peer, message);
                },
              }),
              options,
            );
            return except(listener, { send: (peer, ...rest) => listener.send(last ?? peer, ...rest) });
          },
        },
      })),
  },
  {
    id: 'failure-costs-a-place',
    sentence: 'a handler that fails keeps its place: after two failures the server works no more',
    simulation: lazyPirate,
    expect: ['progress', 'U12'],
    plant: () => cell(lazyPirateJob, 'working', 'handlerFailed', { to: 'done', do: () => ({ kind: 'done' }) }),
  },
  {
    id: 'unlimited-server',
    sentence: 'a server works on as many requests at a time as there are',
    simulation: lazyPirate,
    expect: ['U9'],
    plant: () =>
      program(lazyPirate, 'server', () => async (host) => {
        const { ports } = host;
        host.keep(
          await LazyPirateServer.listen(`sim://${host.name}`, worker(host), {
            ...ports,
            transportHeartbeatInterval: 1000,
            transportHeartbeatTimeout: 3000,
            maxConcurrentRequests: 1000,
            drainTimeout: 1000,
          }),
        );
      }),
  },
];

/** The pauses of Lazy Pirates are drawn otherwise. */
function retries(change: (backoff: LazyPirateRequestContext['backoff']) => LazyPirateRequestContext['backoff']): Undo {
  const other = (context: LazyPirateRequestContext): LazyPirateRequestContext => ({ ...context, backoff: change(context.backoff) });
  return together(
    action(request, 'sent', 'requestTimeout', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(request, 'sent', 'connectionLost', (usual, state, event, out, context) => usual(state, event, out, other(context))),
  );
}

/** The pauses of a client's link to its broker are drawn otherwise. */
function links(change: (backoff: LinkContext['backoff']) => LinkContext['backoff']): Undo {
  const other = (context: LinkContext): LinkContext => ({ ...context, backoff: change(context.backoff) });
  return together(
    ...(['probing', 'correlated', 'doubting', 'plain'] as const).map((from) =>
      action(majordomoLink, from, 'brokerGone', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    ),
    action(majordomoLink, 'doubting', 'probeTimeout', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(majordomoLink, 'probing', 'probeTimeout', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(majordomoLink, 'plain', 'reprobeDelay', (usual, state, event, out, context) => usual(state, event, out, other(context))),
  );
}

/** The correlation of an answer is not looked at: that of the last request stands in its place. */
function answersMixedUp(): Undo {
  return ports(majordomo, 'client', ({ ports: { transport } }) => ({
    transport: {
      name: transport.name,
      listen: (...given) => transport.listen(...given),
      connect(endpoint, handler, options) {
        let last: Frame | undefined;
        const mixed: TransportHandler = except(handler, {
          message(peer, message) {
            const frames = Array.from({ length: message.frameCount }, (_, index) => message.frame(index));
            const correlated = frames[0] !== undefined && isMark(frames[0]) && last !== undefined;
            handler.message(peer, correlated ? new FramesMessage([last as Frame, ...frames.slice(1)]) : message);
          },
        });
        const connector = transport.connect(endpoint, mixed, options);
        return except(connector, {
          send(peer, head, ...rest) {
            if (head[0] !== undefined && isMark(head[0])) [last] = head;
            return connector.send(peer, head, ...rest);
          },
        });
      },
    },
  }));
}
