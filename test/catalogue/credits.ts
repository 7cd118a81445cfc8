/** Bugs of credits: workers that hold several requests, what they give back, and whose turn it is. */
import { ignore } from '../../src/core/machine.ts';
import { ReadyWorkers } from '../../src/load-balancer/ready-workers.ts';
import { ReadyQueue, type PendingRequest, type ServiceWorker } from '../../src/load-balancer/requests.ts';
import { WorkerSession } from '../../src/load-balancer/session.ts';
import { majordomoSession } from '../../src/majordomo/session.machine.ts';
import { majordomo, majordomoWithStrangers } from '../../src/simulation/scenarios/majordomo.ts';
import { action, cell, effects, nothing, regained, replaced, together, type Bug, type Undo } from './planting.ts';

const session = WorkerSession.prototype;
const readyWorkers = ReadyWorkers.prototype as ReadyWorkers<ServiceWorker>;

export const creditBugs: readonly Bug[] = [
  {
    id: 'only-one-comes-back',
    sentence: 'of the requests of a worker that is lost only the first is handed out again',
    simulation: majordomo,
    expect: ['U6'],
    plant: () =>
      replaced(
        session,
        'surrender',
        (usual) =>
          function (this: WorkerSession, loss) {
            while (this.held.size > 1) this.held.remove(this.held.last as PendingRequest);
            usual.call(this, loss);
          },
      ),
  },
  {
    id: 'one-more-than-granted',
    sentence: 'a worker of several requests is given one more than it takes',
    simulation: majordomo,
    expect: ['U7', 'W1'],
    plant: () =>
      action(majordomoSession, 'unknown', 'READY', (usual, state, event, out, context) =>
        usual(state, event.credit > 1 ? { ...event, credit: event.credit + 1 } : event, out, context),
      ),
  },
  {
    id: 'replies-in-order',
    sentence: 'a reply is taken for the answer to the request that its worker has held longest',
    simulation: majordomo,
    expect: ['MD4'],
    plant: () =>
      replaced(
        session,
        'holding',
        (usual) =>
          function (this: WorkerSession, handle) {
            return usual.call(this, handle) && this.held.first;
          },
      ),
  },
  {
    id: 'room-is-not-ready',
    sentence: 'a worker that holds a request is not ready, though it takes several',
    simulation: majordomo,
    expect: ['LB1'],
    plant: () =>
      together(
        effects(majordomoSession, 'idle', 'dispatch', () => ({ ready: nothing })),
        effects(majordomoSession, 'busy', 'dispatch', () => ({ ready: nothing })),
      ),
  },
  {
    id: 'most-loaded-first',
    sentence: 'of the workers that have room the most loaded one gets the next request',
    simulation: majordomo,
    expect: ['SP2'],
    plant: mostLoadedFirst,
  },
  {
    id: 'failure-loses-its-request',
    sentence: 'a request that one of several handlers failed at is forgotten',
    simulation: majordomo,
    expect: ['U6', 'U7', 'LB3', 'SP2', 'LB1'],
    plant: () =>
      replaced(
        session,
        'giveBack',
        () =>
          function (this: WorkerSession, handle) {
            this.held.remove(this.holding(handle) as PendingRequest);
          },
      ),
  },
  {
    id: 'credit-is-ignored',
    sentence: 'a worker says that it takes fewer at once from now on, and is given as many as before',
    simulation: majordomoWithStrangers,
    expect: ['U7', 'SP2', 'LB1'],
    plant: () =>
      together(
        cell(majordomoSession, 'idle', 'CREDIT', ignore('it has said so before')),
        cell(majordomoSession, 'busy', 'CREDIT', ignore('it has said so before')),
      ),
  },
  {
    id: 'declined-counts',
    sentence: 'what a worker declines counts as handed out to it',
    simulation: majordomoWithStrangers,
    expect: ['MD6'],
    plant: () =>
      replaced(
        session,
        'giveBack',
        (usual) =>
          function (this: WorkerSession, handle) {
            usual.call(this, handle, 'handler-failed');
          },
      ),
  },
  {
    id: 'last-delivery-in-company',
    sentence: 'a worker with a request on its last delivery is given others',
    simulation: majordomo,
    expect: ['U7'],
    plant: () =>
      replaced(
        session,
        'assign',
        (usual) =>
          function (this: WorkerSession, request, handle) {
            usual.call(this, request, handle, false);
          },
      ),
  },
  {
    id: 'no-turns',
    sentence: 'the oldest request is the next one, however many its client has, and whoever else waits',
    simulation: majordomo,
    expect: ['LB2', 'U15'],
    plant: () =>
      regained(ReadyQueue.prototype, 'next', function (this: ReadyQueue) {
        return this.returned.first ?? this.waiting.first;
      }),
  },
];

function mostLoadedFirst(): Undo {
  const known = new WeakMap<object, Set<ServiceWorker>>();
  return together(
    replaced(
      readyWorkers,
      'add',
      (usual) =>
        function (this: ReadyWorkers<ServiceWorker>, worker) {
          const all = known.get(this) ?? new Set();
          known.set(this, all.add(worker));
          usual.call(this, worker);
        },
    ),
    replaced(
      readyWorkers,
      'take',
      () =>
        function (this: ReadyWorkers<ServiceWorker>) {
          const ready = [...(known.get(this) ?? [])].filter((one) => this.has(one));
          const most = Math.max(...ready.map((one) => one.load));
          const worker = ready.find((one) => one.load === most);
          if (worker !== undefined) this.remove(worker);
          return worker;
        },
    ),
  );
}
