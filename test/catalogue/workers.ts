/** Bugs of workers, and of what all roles stand on. */
import { ignore, type Sink } from '../../src/core/machine.ts';
import { loadBalancedWorker, type WorkerContext, type WorkerMachine } from '../../src/load-balancer/worker.machine.ts';
import { workerSession } from '../../src/load-balancer/session.machine.ts';
import { Driver } from '../../src/runtime/driver.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { majordomoSession } from '../../src/majordomo/session.machine.ts';
import { majordomo } from '../../src/simulation/scenarios/majordomo.ts';
import { paranoidPirate, simplePirate, workersOfAStrangeQueue } from '../../src/simulation/scenarios/pirates.ts';
import type { Connector } from '../../src/transport/transport.ts';
import { action, cell, effects, except, guard, nothing, ports, replaced, together, type Bug, type Undo } from './planting.ts';

const worker = loadBalancedWorker;

export const workerBugs: readonly Bug[] = [
  {
    id: 'leaves-one-interval-early',
    sentence: 'a worker gives up its broker one heartbeat too early',
    simulation: majordomo,
    expect: ['PP1'],
    plant: () => guard(worker, 'idle', 'silence', (state) => state.liveness > 2),
  },
  {
    id: 'leaves-one-interval-late',
    sentence: 'a worker gives up its broker one heartbeat too late',
    simulation: paranoidPirate,
    expect: ['PP1'],
    plant: () => guard(worker, 'idle', 'silence', (state) => state.liveness > 0),
  },
  {
    id: 'heartbeats-to-a-dead-broker',
    sentence: 'a worker never gives up a silent broker, and goes on sending it heartbeats, which queue up',
    simulation: paranoidPirate,
    expect: ['PP1', 'progress'],
    plant: () =>
      cell(worker, 'idle', 'silence', {
        to: 'idle',
        do: function waitOn(state, _event, out, context) {
          out.arm('silence', context.heartbeatInterval);
          return state;
        },
      }),
  },
  {
    id: 'broker-restart-unnoticed',
    sentence: 'a worker does not say READY again when its connection to the queue was lost',
    simulation: simplePirate,
    expect: ['progress'],
    plant: () => cell(worker, 'idle', 'brokerGone', ignore('the transport connects again by itself')),
  },
  {
    id: 'ready-only-once',
    sentence: 'a worker says READY only over its first connection',
    simulation: majordomo,
    expect: ['progress', 'U11'],
    plant: readyOnlyOnce,
  },
  {
    id: 'gives-up-for-good',
    sentence: 'a worker that has lost its broker four times in a row does not come back',
    simulation: majordomo,
    expect: ['progress'],
    plant: () =>
      action(worker, 'resting', 'reconnectDelay', (usual, state, event, out, context) =>
        state.failures > 3 ? state : usual(state, event, out, context),
      ),
  },
  {
    id: 'backoff-never-reset',
    sentence: 'the pause of a worker goes on doubling, though it has heard of its broker',
    simulation: majordomo,
    expect: ['U14'],
    plant: () =>
      action(worker, 'idle', 'HEARTBEAT', (usual, state, event, out, context) => ({
        ...(usual(state, event, out, context) as typeof state),
        failures: state.failures,
      })),
  },
  {
    id: 'backoff-without-a-cap',
    sentence: 'the pause of a worker has no upper bound',
    simulation: majordomo,
    expect: ['U14'],
    plant: () => pauses((backoff) => ({ ...backoff, maximum: Infinity })),
  },
  {
    id: 'backoff-without-growth',
    sentence: 'the pause of a worker does not grow',
    simulation: majordomo,
    expect: ['U14'],
    plant: () => pauses((backoff) => ({ ...backoff, maximum: backoff.base })),
  },
  {
    id: 'backoff-without-jitter',
    sentence: 'all workers of a broker that was lost come back at the same moment',
    simulation: paranoidPirate,
    expect: ['U14'],
    plant: () => pauses((backoff) => ({ ...backoff, jitter: 0 })),
  },
  {
    id: 'backoff-without-jitter-or-heartbeats',
    sentence: 'all workers of a queue without heartbeats come back at the same moment',
    simulation: simplePirate,
    expect: ['U14'],
    plant: () => pauses((backoff) => ({ ...backoff, jitter: 0 })),
  },
  {
    id: 'no-pause',
    sentence: 'a worker comes back at once, again and again',
    simulation: majordomo,
    expect: ['U14'],
    plant: () => pauses((backoff) => ({ ...backoff, base: 1 })),
  },
  {
    id: 'comes-back-at-work',
    sentence: 'a worker whose broker is lost says READY again while its handler still runs',
    simulation: majordomo,
    expect: ['W1', 'U5'],
    plant: () =>
      together(
        cell(worker, 'busy', 'brokerGone', {
          to: 'resting',
          do: function restAtOnce(_state, _event, out, context) {
            out.shut();
            out.arm('reconnectDelay', context.backoff.base);
            return { kind: 'resting', failures: 1 };
          },
        }),
        ...(['resting', 'idle'] as const).flatMap((state) => [
          cell<WorkerMachine, typeof state, 'handlerDone'>(worker, state, 'handlerDone', ignore('late')),
          cell<WorkerMachine, typeof state, 'handlerFailed'>(worker, state, 'handlerFailed', ignore('late')),
        ]),
      ),
  },
  {
    id: 'answers-over-a-later-connection',
    sentence: 'a worker whose connection is lost connects anew, and sends its answer there',
    simulation: majordomo,
    expect: ['W1', 'MD4'],
    plant: () =>
      cell(worker, 'busy', 'brokerGone', {
        to: 'busy',
        do: function reopenAtWork(state, _event, out) {
          out.shut();
          out.open();
          return state;
        },
      }),
  },
  {
    id: 'two-handlers-at-once',
    sentence: 'a worker that is given a second request begins with it at once',
    simulation: workersOfAStrangeQueue,
    expect: ['W1', 'U5'],
    plant: () =>
      cell(worker, 'busy', 'REQUEST', {
        to: 'busy',
        do: function startAnother(state, event, out) {
          out.run(event);
          return state;
        },
      }),
  },
  {
    id: 'worker-does-not-beat',
    sentence: 'a worker that is idle sends no heartbeats',
    simulation: majordomo,
    expect: ['U11'],
    plant: () => effects(worker, 'idle', 'heartbeatDue', () => ({ sendHeartbeat: nothing })),
  },
  {
    id: 'heartbeat-storm',
    sentence: 'every heartbeat is answered by one, on both sides',
    simulation: majordomo,
    expect: ['PP3'],
    plant: () =>
      together(
        guard(worker, 'idle', 'HEARTBEAT', () => true),
        guard(majordomoSession, 'idle', 'HEARTBEAT', () => true),
        guard(workerSession, 'idle', 'HEARTBEAT', () => true),
      ),
  },
  {
    id: 'four-times-the-heartbeats',
    sentence: 'workers send four heartbeats in each interval',
    simulation: majordomo,
    expect: ['PP3'],
    plant: () => beatsFaster(4),
  },
  {
    id: 'twice-the-heartbeats',
    sentence: 'workers send two heartbeats in each interval',
    simulation: paranoidPirate,
    expect: ['PP3'],
    plant: () => beatsFaster(2),
  },
  {
    id: 'no-stall-guard',
    sentence: 'after a standstill the broker judges deadlines before it reads its mail',
    simulation: majordomo,
    expect: ['U11'],
    plant: () => ports(majordomo, 'broker', ({ ports: { clock } }) => ({ clock: punctual(clock) })),
  },
  {
    id: 'expiry-by-the-wall-clock',
    sentence: 'the broker measures silence with the time of day',
    simulation: majordomo,
    expect: ['U10', 'U11', 'LB3', 'LB4', 'PP1', 'U14'],
    plant: () => ports(majordomo, 'broker', (host) => ({ clock: except(host.ports.clock, { now: () => host.wallClock() }) })),
  },
  {
    id: 'close-leaves-a-timer',
    sentence: 'what is closed still has a timer armed',
    simulation: majordomo,
    expect: ['U12'],
    plant: () => replaced(Driver.prototype, 'stop', () => nothing),
  },
];

/** Pauses of workers are drawn otherwise. */
function pauses(change: (backoff: WorkerContext['backoff']) => WorkerContext['backoff']): Undo {
  const other = (context: WorkerContext): WorkerContext => ({ ...context, backoff: change(context.backoff) });
  return together(
    action(worker, 'idle', 'silence', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(worker, 'idle', 'brokerGone', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(worker, 'idle', 'DISCONNECT', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(worker, 'busy', 'handlerFailed', (usual, state, event, out, context) => usual(state, event, out, other(context))),
    action(worker, 'orphaned', 'handlerDone', (usual, state, event, out, context) => usual(state, event, out, other(context))),
  );
}

/** Each heartbeat of an idle worker is followed by the next one too soon. */
function beatsFaster(times: number): Undo {
  const soon = (out: Sink<WorkerMachine>): Sink<WorkerMachine> =>
    except(out, {
      arm: (timer, delay) => {
        out.arm(timer, timer === 'heartbeatDue' ? delay / times : delay);
      },
    });
  return together(
    action(worker, 'idle', 'heartbeatDue', (usual, state, event, out, context) => usual(state, event, soon(out), context)),
    action(worker, 'busy', 'handlerDone', (usual, state, event, out, context) => usual(state, event, soon(out), context)),
    action(worker, 'resting', 'reconnectDelay', (usual, state, event, out, context) => usual(state, event, soon(out), context)),
  );
}

/** The first thing that a connection is given to send is READY. */
function readyOnlyOnce(): Undo {
  return ports(majordomo, 'worker', ({ ports: { transport } }) => {
    let connections = 0;
    return {
      transport: {
        name: transport.name,
        listen: (...given) => transport.listen(...given),
        connect(...given) {
          const connector = transport.connect(...given);
          return ++connections === 1 ? connector : withoutFirst(connector);
        },
      },
    };
  });
}

function withoutFirst(connector: Connector): Connector {
  let sent = 0;
  return except(connector, { send: (...given) => (++sent === 1 ? 'ok' : connector.send(...given)) });
}

/** A clock whose timers seem to be punctual, always: nobody notices that he stood still. */
function punctual(clock: Clock): Clock {
  let pretended: number | undefined;
  return {
    now() {
      const now = pretended ?? clock.now();
      pretended = undefined;
      return now;
    },
    setTimeout(callback, delay) {
      const due = clock.now() + delay;
      return clock.setTimeout(() => {
        pretended = due;
        callback();
      }, delay);
    },
    clearTimeout: (handle) => {
      clock.clearTimeout(handle);
    },
    setImmediate: (callback) => clock.setImmediate(callback),
  };
}
