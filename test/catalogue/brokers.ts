/** Bugs of brokers and queues: who holds what, who is ready, who is gone. */
import { ignore, type Machine, type Sink } from '../../src/core/machine.ts';
import { LoadBalancer } from '../../src/load-balancer/broker.ts';

import { ReadyQueue, type PendingRequest, type ServiceWorker } from '../../src/load-balancer/requests.ts';
import { workerSession, type SessionMachine, type SessionReply } from '../../src/load-balancer/session.machine.ts';
import { WorkerSession } from '../../src/load-balancer/session.ts';
import { majordomoSession } from '../../src/majordomo/session.machine.ts';
import { majordomo, majordomoWithStrangers } from '../../src/simulation/scenarios/majordomo.ts';
import { paranoidPirate, paranoidPirateWithStrangers, simplePirate } from '../../src/simulation/scenarios/pirates.ts';
import type { Listener, Peer } from '../../src/transport/transport.ts';
import { action, cell, effects, except, guard, listeners, nothing, regained, replaced, together, type Bug } from './planting.ts';

/** What is private in the types only. */
interface Innards {
  inFlight: number;
  readonly frontend: Listener;
  state: string;
  accept(...given: unknown[]): void;
  serve(service: object): void;
  send(peer: Peer, ...rest: unknown[]): void;
  failAll(service: object, code: string): void;
  expireQueued(service: object): void;
  lose(peer: Peer, reason: string): void;
  sendRefused(peer: Peer): void;
  overflowed(peer: Peer): void;
}
const balancer = LoadBalancer.prototype as unknown as Innards;
const session = WorkerSession.prototype;
/** The pirates' table has one state more; of the others they have the same. */
const pirates = workerSession as unknown as Machine<SessionMachine>;

/** An expiry is neither set nor renewed. */
const withoutExpiry = (out: Sink<SessionMachine>): Partial<Sink<SessionMachine>> => ({
  arm: (timer, delay) => (timer === 'expiry' ? undefined : out.arm(timer, delay)),
});

export const brokerBugs: readonly Bug[] = [
  {
    id: 'request-lost-with-its-worker',
    sentence: 'the request of a worker that is lost is forgotten, as by the C broker',
    simulation: majordomo,
    expect: ['U6', 'U9'],
    plant: () =>
      replaced(
        session,
        'surrender',
        () =>
          function (this: WorkerSession) {
            while (this.held.take() !== undefined);
          },
      ),
  },
  {
    id: 'expired-worker-stays-ready',
    sentence: 'a worker that has expired is left in the list of those that are ready',
    simulation: majordomo,
    expect: ['U5', 'U8', 'SP2', 'LB1'],
    plant: () =>
      replaced(
        session,
        'forget',
        (usual) =>
          function (this: WorkerSession, loss) {
            const { service } = this;
            usual.call(this, loss);
            if (loss === 'expired' && this.load === 0) service?.queue.ready.add(this);
          },
      ),
  },
  {
    id: 'ready-twice',
    sentence: 'a second READY enters a worker into the list of those that are ready a second time',
    simulation: paranoidPirateWithStrangers,
    expect: ['U5', 'U7'],
    plant: () =>
      action(pirates, 'idle', 'READY', (usual, state, event, out, context) => {
        out.ready();
        return usual(state, event, out, context);
      }),
  },
  {
    id: 'late-reply-counts',
    sentence: 'the late reply of a worker that was given up is passed on, whoever has its request now',
    simulation: majordomo,
    expect: ['U5', 'U6', 'MD4'],
    plant() {
      const held = new WeakMap<object, PendingRequest>();
      return together(
        replaced(
          session,
          'surrender',
          (usual) =>
            function (this: WorkerSession, loss) {
              held.set(this, this.held.first as PendingRequest);
              usual.call(this, loss);
            },
        ),
        cell(majordomoSession, 'gone', 'REPLY', {
          to: 'gone',
          do: function passOnLate(state, event: SessionReply, out) {
            const worker = out as unknown as WorkerSession;
            const request = held.get(worker);
            held.delete(worker);
            if (request === undefined) return state;
            worker.held.add(request);
            out.deliver({ ...event, handle: request.handle });
            return state;
          },
        }),
      );
    },
  },
  {
    id: 'heartbeat-is-ready',
    sentence: 'a worker that was given up with its request is ready again by its next heartbeat, though it is still at work',
    simulation: paranoidPirate,
    expect: ['W1', 'U7'],
    plant: () =>
      cell(workerSession, 'unknown', 'HEARTBEAT', {
        to: 'idle',
        do: function registerBeating(_state, _event, out, context) {
          out.arm('expiry', context.expiry);
          out.arm('heartbeatDue', context.heartbeatInterval);
          out.register('', 1);
          out.ready();
          return { kind: 'idle', credit: 1, heartbeatsWhileBusy: false, spoken: true };
        },
      }),
  },
  {
    id: 'heartbeat-frees-a-busy-worker',
    sentence: 'the heartbeat of a busy worker makes it ready',
    simulation: majordomo,
    expect: ['U7', 'U6', 'W1'],
    plant: () =>
      cell(majordomoSession, 'busy', 'HEARTBEAT', {
        to: 'idle',
        do: function readyAnyway(state, _event, out, context) {
          out.arm('expiry', context.expiry);
          out.ready();
          return { kind: 'idle', credit: state.credit, heartbeatsWhileBusy: state.heartbeatsWhileBusy, spoken: false };
        },
      }),
  },
  {
    id: 'only-heartbeats-renew',
    sentence: 'the broker counts the silence of a worker from its last heartbeat: replies are no sign of life',
    simulation: majordomo,
    expect: ['U11'],
    plant: () => effects(majordomoSession, 'busy', 'REPLY', withoutExpiry),
  },
  {
    id: 'expiry-one-interval-early',
    sentence: 'a worker is taken for dead one heartbeat too early',
    simulation: majordomo,
    expect: ['U11'],
    plant: () => expiresAfter(2000),
  },
  {
    id: 'expiry-one-interval-late',
    sentence: 'a worker is taken for dead one heartbeat too late',
    simulation: majordomo,
    expect: ['U10', 'U8'],
    plant: () => expiresAfter(4000),
  },
  {
    id: 'never-expires',
    sentence: 'a worker that is silent is never given up',
    simulation: paranoidPirate,
    expect: ['U10', 'U8', 'U9'],
    plant: () => cell(pirates, 'idle', 'expiry', { to: 'idle', do: (state) => state }),
  },
  {
    id: 'busy-never-expires',
    sentence: 'a worker that heartbeats while it works, and then falls silent, is waited for as if it had never done so',
    simulation: majordomoWithStrangers,
    expect: ['U10'],
    plant: () => guard(majordomoSession, 'busy', 'expiry', () => false),
  },
  {
    id: 'first-silence-counts-for-ever',
    sentence: 'renewing an expiry that is armed already has no effect',
    simulation: majordomo,
    expect: ['U11'],
    plant: () => effects(majordomoSession, 'idle', 'HEARTBEAT', withoutExpiry),
  },
  {
    id: 'broker-does-not-beat',
    sentence: 'the broker sends no heartbeats to workers that are idle',
    simulation: majordomo,
    expect: ['PP1'],
    plant: () => effects(majordomoSession, 'idle', 'heartbeatDue', () => ({ sendHeartbeat: nothing })),
  },
  {
    id: 'busy-after-disconnect',
    sentence: 'a worker that says DISCONNECT in the middle of a request stays busy for the broker',
    simulation: majordomo,
    expect: ['MD1'],
    plant: () => cell(majordomoSession, 'busy', 'DISCONNECT', ignore('it has a request')),
  },
  {
    id: 'idle-after-disconnect',
    sentence: 'a worker that says DISCONNECT stays ready for the broker',
    simulation: majordomo,
    expect: ['MD1', 'U8'],
    plant: () => cell(majordomoSession, 'idle', 'DISCONNECT', ignore('it will be silent')),
  },
  {
    id: 'expired-without-a-word',
    sentence: 'a worker that has expired is told to go, and is spoken to afterwards',
    simulation: majordomo,
    expect: ['MD1', 'U8', 'U10'],
    plant: () =>
      action(majordomoSession, 'idle', 'expiry', (_usual, state, _event, out, context) => {
        out.sendDisconnect();
        out.arm('expiry', context.expiry);
        return state;
      }),
  },
  {
    id: 'unknown-worker-not-told',
    sentence: 'the heartbeat of a worker that the broker does not know, as after its restart, is not answered with DISCONNECT',
    simulation: majordomo,
    expect: ['MD2'],
    plant: () => cell(majordomoSession, 'unknown', 'HEARTBEAT', ignore('alive is not ready')),
  },
  {
    id: 'second-ready-is-welcome',
    sentence: 'an idle worker that says READY again is not told to go',
    simulation: majordomoWithStrangers,
    expect: ['MD2'],
    plant: () =>
      cell(majordomoSession, 'idle', 'READY', {
        to: 'idle',
        do: function stay(state, _event, out, context) {
          out.arm('expiry', context.expiry);
          return state;
        },
      }),
  },
  {
    id: 'end-of-connection-ignored',
    sentence: 'the end of a connection tells the queue nothing',
    simulation: simplePirate,
    expect: ['U10', 'U8', 'U9'],
    plant: () => replaced(balancer, 'lose', () => nothing),
  },
  {
    id: 'busy-for-ever',
    sentence: 'how long one request takes is not limited',
    simulation: majordomo,
    expect: ['LB3'],
    plant: () => cell(majordomoSession, 'busy', 'busyLimit', { to: 'busy', do: (state) => state }),
  },
  {
    id: 'given-back-to-the-same-worker',
    sentence: 'a worker that holds a request for too long loses it, stays ready, and is given it again',
    simulation: majordomo,
    expect: ['MD4', 'U7', 'W1'],
    plant: () =>
      cell(majordomoSession, 'busy', 'busyLimit', {
        to: 'idle',
        do: function takeItBack(state, _event, out) {
          out.surrender('busy-limit');
          out.ready();
          return { kind: 'idle', credit: state.credit, heartbeatsWhileBusy: state.heartbeatsWhileBusy, spoken: true };
        },
      }),
  },
  {
    id: 'deliveries-counted-anew',
    sentence: 'a request that comes back has its deliveries counted from nought',
    simulation: majordomo,
    expect: ['MD6'],
    plant: () =>
      replaced(
        session,
        'surrender',
        (usual) =>
          function (this: WorkerSession, loss) {
            for (const request of this.held) request.deliveries = 0;
            usual.call(this, loss);
          },
      ),
  },
  {
    id: 'returned-to-the-tail',
    sentence: 'a request that comes back goes behind all that wait',
    simulation: majordomo,
    expect: ['LB2'],
    plant: () =>
      regained(ReadyQueue.prototype, 'next', function () {
        return this.waiting.first ?? this.returned.first;
      }),
  },
  {
    id: 'most-recently-used-first',
    sentence: 'a worker that becomes ready goes before all others',
    simulation: majordomo,
    expect: ['SP2'],
    plant: () =>
      replaced(
        session,
        'ready',
        (usual) =>
          function (this: WorkerSession) {
            usual.call(this);
            const ready = this.service?.queue.ready;
            if (ready === undefined) return;
            ready.remove(this);
            const others: ServiceWorker[] = [];
            for (let other = ready.take(); other !== undefined; other = ready.take()) others.push(other);
            for (const worker of [this, ...others]) ready.add(worker);
          },
      ),
  },
  {
    id: 'lost-wake-up',
    sentence: 'a worker that becomes ready finds no work: requests that wait are not looked at',
    simulation: majordomo,
    expect: ['LB1', 'progress'],
    plant: () =>
      replaced(
        session,
        'ready',
        () =>
          function (this: WorkerSession) {
            this.service?.queue.ready.add(this);
          },
      ),
  },
  {
    id: 'returned-and-forgotten',
    sentence: 'a request that comes back waits until the next worker becomes ready, though one is ready now',
    simulation: majordomo,
    expect: ['LB1'],
    plant: () =>
      replaced(
        session,
        'surrender',
        (usual) =>
          function (this: WorkerSession, loss) {
            const { service } = this;
            if (service === undefined) {
              usual.call(this, loss);
              return;
            }
            const { dirty } = service;
            service.dirty = true;
            usual.call(this, loss);
            service.dirty = dirty;
          },
      ),
  },
  {
    id: 'clients-never-read-again',
    sentence: 'the queue stops reading its clients when no worker is ready, and never begins again',
    simulation: paranoidPirate,
    expect: ['progress'],
    plant: () => listeners(paranoidPirate, 'queue', (listener) => except(listener, { resume: onlyOnce(listener) })),
  },
  {
    id: 'clients-always-read',
    sentence: 'the queue reads its clients also while no worker is ready',
    simulation: paranoidPirate,
    expect: ['LB5', 'U9'],
    plant: () => listeners(paranoidPirate, 'queue', (listener) => except(listener, { pause: nothing })),
  },
  {
    id: 'not-mandatory',
    sentence: 'the broker’s ROUTER takes messages for workers that have gone, and drops them',
    simulation: majordomo,
    expect: ['U8'],
    plant: () =>
      listeners(majordomo, 'broker', (listener) =>
        except(listener, {
          send: (...given) => {
            listener.send(...given);
            return 'ok';
          },
        }),
      ),
  },
  {
    id: 'answer-to-whoever-asked-last',
    sentence: 'an answer goes to the client that has asked last',
    simulation: majordomo,
    expect: ['SP3'],
    plant() {
      const last = new WeakMap<object, Peer>();
      return together(
        replaced(
          balancer,
          'accept',
          (usual) =>
            function (this: Innards, ...given) {
              last.set(this, given[0] as Peer);
              usual.apply(this, given);
            },
        ),
        replaced(
          balancer,
          'send',
          (usual) =>
            function (this: Innards, peer, ...rest) {
              usual.call(this, rest.length > 1 ? (last.get(this) ?? peer) : peer, ...rest);
            },
        ),
      );
    },
  },
  {
    id: 'closed-with-requests',
    sentence: 'a broker that closes forgets the requests that wait',
    simulation: majordomo,
    expect: ['U6'],
    plant: () => replaced(balancer, 'failAll', () => nothing),
  },
  {
    id: 'waits-for-ever',
    sentence: 'a request that no worker takes waits for ever',
    simulation: majordomo,
    expect: ['LB4', 'U12'],
    plant: () => replaced(balancer, 'expireQueued', () => nothing),
  },
];

function expiresAfter(expiry: number): () => void {
  const later = <S extends { arm(timer: never, delay: number): void }>(out: S): S =>
    except(out, {
      arm: (timer: never, delay: number) => {
        out.arm(timer, String(timer) === 'expiry' ? expiry : delay);
      },
    } as Partial<S>);
  const change = (state: 'idle' | 'busy', event: 'HEARTBEAT' | 'REPLY') =>
    action(majordomoSession, state, event, (usual, from, what, out, context) => usual(from as never, what as never, later(out), context));
  return together(
    change('idle', 'HEARTBEAT'),
    change('busy', 'HEARTBEAT'),
    change('busy', 'REPLY'),
    action(majordomoSession, 'unknown', 'READY', (usual, from, what, out, context) => usual(from, what, later(out), context)),
  );
}

function onlyOnce(listener: Listener): () => void {
  let resumed = 0;
  return () => {
    if (++resumed === 1) listener.resume();
  };
}
