/** The demo, run as its users run it: what it counts, what it says when something is wrong, and that it leaves nothing behind. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answers, digestOf, jobsOf, type JobReply } from '../../examples/kill-a-worker/job.ts';
import { Ledger } from '../../examples/kill-a-worker/ledger.ts';
import type { Fact, Outcome } from '../../examples/kill-a-worker/reports.ts';
import { tableOf, type Table } from '../../examples/kill-a-worker/table.ts';
import { Child, endAll, eventually } from './processes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The load lasts 10 s; the rest is for machines that are busy with something else. */
const DEADLINE = 60_000;

beforeAll(() => {
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.examples.json'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the examples do not compile:\n${stdout}`);
});
afterEach(endAll);

describe('the demo', () => {
  test(
    'answers every request once and rightly while a worker is killed, another frozen, and the broker killed',
    { timeout: DEADLINE },
    async ({ annotate }) => {
      const demo = startDemo('--seed', '1');
      const table = (await demo.until('table', DEADLINE)) as unknown as Table;
      expect(table).toMatchObject({ ok: true, problems: [], requests: 4000, replies: 4000, lost: 0, duplicates: 0, mixedUp: 0 });
      expect(await demo.exit).toEqual({ code: 0, signal: null });
      // Every blow hit a request, so each was done more than once …
      expect(table.redeliveries).toBeGreaterThanOrEqual(2);
      expect(table.retries).toBeGreaterThanOrEqual(1);
      expect(table.executions).toBeGreaterThan(table.requests + 2);
      expect(table.stale.atWorkers + table.stale.underway + table.stale.atBrokers).toBeGreaterThanOrEqual(1);
      // … and was noticed and answered.
      expect(table.blows.map(({ what }) => what)).toEqual(['worker killed', 'worker frozen', 'broker killed']);
      for (const { inFlight, noticedAfter, answeredAfter } of table.blows) {
        expect(inFlight).toBeGreaterThanOrEqual(1);
        expect(answeredAfter).toBeGreaterThan(0);
        expect(noticedAfter).toBeLessThan(answeredAfter as number);
      }
      // A frozen process closes nothing: no sooner than the heartbeat allows can anybody know.
      expect(table.blows[1]?.noticedAfter).toBeGreaterThanOrEqual(290);
      await annotate(table.blows.map(({ what, noticedAfter }) => `${what}: noticed after ${noticedAfter} ms`).join(', '));
      expectTheStory(demo);
      await expectNobodyLeft(demo);
    },
  );

  test('ends with code 130 and leaves no process when it is interrupted', { timeout: DEADLINE }, async () => {
    const demo = startDemo();
    await demo.until('killed');
    process.kill(demo.pid, 'SIGINT');
    expect(await demo.exit).toEqual({ code: 130, signal: null });
    expect(demo.said('interrupted')).toHaveLength(1);
    expect(demo.said('table')).toEqual([]);
    await expectNobodyLeft(demo);
  });

  test('leaves no process when it is killed itself, not even the one that is frozen', { timeout: DEADLINE }, async () => {
    const demo = startDemo();
    await demo.until('frozen');
    await demo.kill();
    await expectNobodyLeft(demo);
  });

  test('refuses options that cannot work with code 2, before anything starts', () => {
    for (const wrong of [['--requests', '3'], ['--requests', 'many'], ['--seed', '-1'], ['--fast'], ['now']]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...wrong], { encoding: 'utf8', timeout: 10_000 });
      expect({ wrong, status, stdout }).toEqual({ wrong, status: 2, stdout: '' });
      expect(stderr).toContain('Usage:');
    }
  });
});

describe('the demo fails', () => {
  test('not when each request has its right answer', () => {
    expect(reckon([right(1), right(2)])).toMatchObject({ ok: true, problems: [], replies: 2 });
  });

  test('when a request has no outcome', () => {
    expect(reckon([right(1)])).toMatchObject({ ok: false, lost: 1, problems: ['1 requests were lost'] });
  });

  test('when a request ends with an error', () => {
    const lost = { ...right(2), kind: 'lost', error: 'RequestTimedOut: …' } as const;
    expect(reckon([right(1), lost])).toMatchObject({
      ok: false,
      lost: 1,
      problems: ['1 requests were lost, one of them with: RequestTimedOut: …'],
    });
  });

  test('when a request has two outcomes', () => {
    expect(reckon([right(1), right(2), right(2)])).toMatchObject({ ok: false, duplicates: 1, lost: 0 });
  });

  test('when an answer belongs to another question', () => {
    expect(reckon([right(1), { ...right(2), kind: 'mixed-up' }])).toMatchObject({ ok: false, mixedUp: 1, lost: 0 });
  });

  test('when the client counts other replies than were seen', () => {
    expect(reckon([right(1), right(2)], 3)).toMatchObject({ ok: false, problems: ['the client counts 3 replies, but 2 were right'] });
  });

  test('when the library caught a bug of its own', () => {
    for (const fact of [
      { event: 'fault', message: 'ImpossibleEvent' },
      { event: 'ended', counters: { replies: 2, faults: 1 } },
    ] as const)
      expect(reckon([right(1), right(2)], 2, fact)).toMatchObject({
        ok: false,
        problems: [expect.stringContaining('a bug of the library')],
      });
  });
});

test('an answer is right only if number and digest are those of the job', () => {
  const next = jobsOf(1);
  const [job, other] = [next(), next()];
  const reply: JobReply = { number: job.number, digest: digestOf(job), worker: 'worker-1', delivery: 1 };
  expect(answers(job, reply)).toBe(true);
  expect(answers(other, reply)).toBe(false);
  expect(answers(job, { ...reply, digest: digestOf(other) })).toBe(false);
  expect(answers(job, { ...reply, number: other.number })).toBe(false);
});

const main = `${root}dist/examples/kill-a-worker/main.js`;

function startDemo(...options: readonly string[]): Child {
  return new Child('kill-a-worker', process.execPath, [main, '--json', ...options]);
}

/** What was hit is what was noticed, and what it held went elsewhere. */
function expectTheStory(demo: Child): void {
  const [killed, frozen] = [demo.said('killed').at(-1), demo.said('frozen').at(-1)];
  for (const hit of [killed, frozen]) {
    const [who, request] = [hit?.['who'], hit?.['request']];
    expect(demo.said('noticed').filter(({ worker }) => worker === who)).toHaveLength(1);
    const [redelivered, answered] = [demo.said('redelivered'), demo.said('answered')].map((lines) =>
      lines.find((line) => line['request'] === request),
    );
    expect(redelivered?.['who']).not.toBe(who);
    expect(redelivered?.['delivery']).toBeGreaterThanOrEqual(2);
    expect(answered?.['who']).not.toBe(who);
  }
  expect(demo.said('replaced').at(-1)?.['instead']).toBe(killed?.['who']);
  expect(demo.said('finishedLate')).toMatchObject([{ who: frozen?.['who'], request: frozen?.['request'] }]);
  expect(demo.said('returned')).toMatchObject([{ who: frozen?.['who'] }]);
  expect(demo.said('brokerMissed').map(({ who }) => who)).toContain('client');
  expect(demo.said('brokerMissed')).toHaveLength(4);
  expect(demo.said('registeredAgain').length).toBeGreaterThanOrEqual(3);
  expect(demo.said('atWorkAgain')).toHaveLength(3);
  expect(demo.said('inFlightAnswered')).toHaveLength(1);
}

/** Every process it spoke of is gone. One that nobody has waited for yet is a zombie: gone, too. */
async function expectNobodyLeft(demo: Child): Promise<void> {
  const started = demo.lines.flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []));
  expect(started.length).toBeGreaterThanOrEqual(5);
  await eventually('all processes are gone', () => started.every((pid) => /^(Z.*)?$/.test(stateOf(pid))));
}

function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8', timeout: 10_000 }).stdout.trim();
}

function right(number: number): Outcome {
  return { number, kind: 'reply', begunAt: number, settledAt: number + 1, attempts: 1, worker: 'worker-1', delivery: 1 };
}

/** The table of a run with two requests that ended so. */
function reckon(
  outcomes: readonly Outcome[],
  clientCounts: number = outcomes.filter(({ kind }) => kind === 'reply').length,
  also?: Fact,
): Table {
  const ledger = new Ledger(new AbortController().signal);
  const from = { from: 'client', at: 0 };
  ledger.note({ ...from, event: 'progress', sent: 2, outcomes });
  if (also !== undefined) ledger.note({ ...from, ...also });
  ledger.note({ ...from, event: 'ended', counters: { replies: clientCounts } });
  return tableOf({ requests: 2, ledger, blows: [], falseAlarms: 0, lateReply: undefined, problems: [] });
}
