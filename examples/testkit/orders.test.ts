/** The order service with its workers killed, restarted and cut off. */
import { expect, test } from 'vitest';
import { verify, type Fault, type TraceEvent } from 'seaworthy/testkit';
import { sellOnce } from './orders.ts';
import { shop } from './shop.ts';

const orders = shop('orders', sellOnce);

const stories: readonly (readonly [story: string, schedule: readonly Fault[]])[] = [
  ['a worker is killed, for good', [{ at: 20_000, op: 'crash', node: 'worker-1' }]],
  [
    'the workers are restarted one after the other',
    [
      { at: 10_000, op: 'stop', node: 'worker-1', for: 3000 },
      { at: 20_000, op: 'stop', node: 'worker-2', for: 3000 },
    ],
  ],
  ['a worker is cut off from the broker for ten seconds', [{ at: 15_000, op: 'partition', from: 'worker-2', to: 'broker', for: 10_000 }]],
  ['the broker is killed, and forgets everything', [{ at: 30_000, op: 'crash', node: 'broker', for: 1000 }]],
];

test.each(stories)('%s: no order fails', async (_story, schedule) => {
  const { violation, statistics } = await orders.run(1, { schedule });
  expect(violation).toBeUndefined();
  expect(statistics.unanswered).toBe(0);
});

test('an order that a dying worker has in hand is sold by the other one', async () => {
  // Without faults, this is when worker-1 begins with an order; with one fault, all is the same up to that.
  const calm = await orders.run(1, { schedule: [], keepTrace: true });
  const begun = calm.trace.find(({ kind, node, t }) => kind === 'execute' && node === 'worker-1' && t > 20_000) as TraceEvent;

  const schedule: readonly Fault[] = [{ at: begun.t + 1, op: 'crash', node: 'worker-1' }];
  const { ok, trace } = await orders.run(1, { schedule, keepTrace: true });
  expect(ok).toBe(true);
  const executed = trace.filter(({ kind, hash }) => kind === 'execute' && hash === begun['hash']);
  expect(executed.map(({ node }) => node)).toEqual(['worker-1', 'worker-2']);
});

test('whatever happens, the rules hold', { timeout: 60_000 }, async () => {
  const { runs } = await verify(orders, { seeds: 200 });
  expect(runs).toBe(200);
});
