/** A simulation in one line of a test: it passes, or throws an error that tells what happened. */
import { expect, test } from 'vitest';
import {
  MarksUnreached,
  SimulationFailed,
  always,
  diagram,
  scenarios,
  simulate,
  sometimes,
  verify,
  type Program,
  type SimulationOptions,
} from '../../src/testkit.ts';

const ticker: Program = async (host) => {
  for (let number = 1; ; number++) {
    await host.sleep(100);
    host.record('tick', { number });
  }
};
const world: SimulationOptions = {
  name: 'tickers',
  nodes: { ticker, other: ticker },
  breaking: 5000,
  healing: 0,
  faults: { ops: ['crash', 'pause'] },
};
const alive = always('the ticker is up', (now) => now.isUp('ticker'));

test('a sound simulation passes, with the figures of its campaign', async () => {
  expect(await verify(simulate(world), { seeds: 5 })).toMatchObject({ runs: 5, failures: [], unreached: [] });
});

test('the first failure is made smaller, told, and can be kept', async () => {
  const simulation = simulate({ ...world, invariants: [alive] });
  const error: unknown = await verify(simulation, { seeds: 50 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SimulationFailed);
  const { message, failure, replay: kept } = error as SimulationFailed;
  expect(failure.schedule).toEqual([expect.objectContaining({ op: 'crash', node: 'ticker' })]);
  expect(message).toContain('the ticker is up is broken after');
  expect(message).toContain('Play it again in a test');

  // As a failure of the past it is played first.
  await expect(verify(simulation, { seeds: 1, from: 1_000_000, past: [kept] })).rejects.toMatchObject({ failure: { seed: failure.seed } });
  await expect(verify(simulate(world), { seeds: 1, past: [kept] })).resolves.toMatchObject({ runs: 1 });
});

test('what never happened is an error, unless the campaign was ended early', async () => {
  const simulation = simulate({ ...world, invariants: [sometimes('pigs fly', () => false)] });
  await expect(verify(simulation, { seeds: 3 })).rejects.toThrow(new MarksUnreached('tickers', ['pigs fly'], 3));
  const abort = new AbortController();
  const early = { seeds: 3, signal: abort.signal, onRun: () => abort.abort() };
  expect(await verify(simulation, early)).toMatchObject({ runs: 1, unreached: ['pigs fly'] });
});

test('a campaign that was ended before its first run has verified nothing', async () => {
  const reason = new Error('no time');
  await expect(verify(simulate(world), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('names that are alike are different participants of a diagram for a document', async () => {
  const { trace } = await simulate({ ...world, nodes: { 'a-b': ticker, a_b: ticker, 'a.b': ticker } }).run(1, {
    schedule: [],
    keepTrace: true,
  });
  const drawn = diagram(trace, { format: 'mermaid' });
  const ids = [...drawn.matchAll(/participant (\w+) as/g)].map(([, id]) => id);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
});

test('what a program records is in the diagram, with all its fields', async () => {
  const { trace } = await simulate({ ...world, faults: { most: 0 } }).run(1, { keepTrace: true });
  expect(diagram(trace, { most: 2 })).toContain('tick, number 60');
});

test('a diagram says how much it leaves out, and never leaves out a fault', async () => {
  const schedule = [{ at: 1000, op: 'stop', node: 'other', for: 1000 } as const];
  const { trace } = await simulate(world).run(1, { schedule, keepTrace: true });
  const shown = (text: string): string[] => text.split('\n').slice(1);
  const whole = shown(diagram(trace, { most: 1000 }));
  for (const options of [{ most: 3 }, { before: 50 }]) {
    const lines = shown(diagram(trace, options));
    const gaps = lines.flatMap((line) => /… (\d+) lines? left out/.exec(line)?.[1] ?? []).map(Number);
    expect(gaps).toHaveLength(3);
    expect(lines.length - gaps.length + gaps.reduce((sum, gap) => sum + gap)).toBe(whole.length);
    expect(lines.filter((line) => line.includes('op stop'))).toEqual(whole.filter((line) => line.includes('op stop')));
  }
  expect(diagram(trace, { most: 3, format: 'mermaid' })).toMatch(/^ {2}Note over ticker,other: … \d+ lines left out$/m);
});

test('a node that was told to stop does not seem to crash before it starts again', async () => {
  const schedule = [{ at: 1000, op: 'stop', node: 'other', for: 1000 } as const];
  const { trace } = await simulate(world).run(1, { schedule, keepTrace: true });
  const kinds = diagram(trace, { most: 1000 })
    .split('\n')
    .filter((line) => !line.includes('tick,'))
    .map((line) =>
      line
        .split(/[ │●]+/)
        .slice(2)
        .join(' '),
    );
  expect(kinds.slice(1)).toEqual([
    'boot',
    'boot',
    'fault, op stop, for 1000',
    'stop',
    'exit',
    'faultEnd, op stop',
    'boot',
    'stop',
    'exit',
    'stop',
    'exit',
  ]);
});

test('a request that is open when everything is closed is not counted as unanswered', async () => {
  const asker: Program = (host) => {
    let refuse: (reason: Error) => void = () => undefined;
    const never = new Promise<never>((_resolve, reject) => (refuse = reject));
    host.keep({
      close: async () => {
        refuse(new Error('closed'));
      },
    });
    void host.ask({ body: 'now', within: 100, send: () => Promise.reject(new Error('nobody is there')) });
    void host.ask({ body: 'later', within: 60_000, send: () => never });
  };
  const { statistics } = await simulate({ ...world, nodes: { asker } }).run(1, { schedule: [] });
  expect(statistics).toMatchObject({ submitted: 2, answered: 0, unanswered: 1 });
});

test.each([
  ['a kind of the world', 'executed', {}],
  ['a kind of a role', 'dispatch', {}],
  ['a field of every event', 'tick', { node: 'x' }],
])('a program cannot record %s', async (_what, kind, fields) => {
  const forger: Program = (host) => {
    host.record(kind, fields);
  };
  const { violation } = await simulate({ ...world, nodes: { forger } }).run(1);
  expect(violation?.because).toContain('the program of forger failed: InvalidOption');
});

test('every kind of event that worlds and roles write is known as theirs', async () => {
  const kinds = new Set<string>();
  const forge = (kind: string): Program => {
    return (host) => {
      host.record(kind);
    };
  };
  for (const simulation of Object.values(scenarios).flat())
    for (const { kind } of (await simulation.run(3, { keepTrace: true })).trace) kinds.add(kind);
  // The servers of a world say what they have in their ledgers: no role does.
  kinds.delete('ledger');
  for (const kind of kinds) {
    const { violation } = await simulate({ ...world, nodes: { forger: forge(kind) } }).run(1);
    expect(violation?.because).toContain(`"${kind}"`);
  }
});
