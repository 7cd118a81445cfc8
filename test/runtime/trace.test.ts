import { expect, test } from 'vitest';
import { defineMachine, ignore, refuse, transition, type Machine, type MachineTypes } from '../../src/core/machine.ts';
import { traceLine, traceObserver, traceTo, type TraceEvent } from '../../src/runtime/trace.ts';

interface DoorMachine extends MachineTypes {
  state: { readonly kind: 'open' } | { readonly kind: 'shut' };
  event: { readonly kind: 'PUSH' } | { readonly kind: 'PULL' };
  timers: Record<never, never>;
  effects: object;
  context: object;
}

const door: Machine<DoorMachine> = defineMachine<DoorMachine>({
  name: 'Door',
  start: () => ({ kind: 'open' }),
  timers: {},
  table: {
    open: { PUSH: { to: 'shut', do: shut }, PULL: ignore('already open') },
    shut: { PUSH: ignore('already shut'), PULL: refuse('it is locked') },
  },
});

function shut(): { readonly kind: 'shut' } {
  return { kind: 'shut' };
}

test('a traced machine leaves one record of every step, whether it moved, ignored or refused', () => {
  const events: TraceEvent[] = [];
  const observer = traceObserver(
    (event) => events.push(event),
    'door-1',
    () => 12.5,
  );
  const [state] = transition(door, door.start(), { kind: 'PUSH' }, {}, observer);
  transition(door, state, { kind: 'PUSH' }, {}, observer);
  transition(door, state, { kind: 'PULL' }, {}, observer);
  const common = { t: 12.5, node: 'door-1', kind: 'step', machine: 'Door' };
  expect(events).toEqual([
    { ...common, from: 'open', event: 'PUSH', to: 'shut', by: 'shut' },
    { ...common, from: 'shut', event: 'PUSH', to: 'shut', by: 'ignore' },
    { ...common, from: 'shut', event: 'PULL', to: 'shut', by: 'refuse' },
  ]);
});

test('a trace is one JSON object a line', () => {
  const lines: string[] = [];
  const sink = traceTo({ write: (line) => lines.push(line) });
  sink({ t: 1, node: 'broker', kind: 'workerLost', worker: 'w1', missed: 3, known: true, absent: undefined, nothing: null });
  expect(lines).toEqual(['{"t":1,"node":"broker","kind":"workerLost","worker":"w1","missed":3,"known":true,"nothing":null}\n']);
});

test('a peer that puts line ends, terminal commands or text-reversing marks into its name can forge nothing', () => {
  const service = 'a\n{"t":9}\r\u001b[31m\u007f\u009b\u2028\u202e\u2066z';
  const line = traceLine({ t: 1, node: 'broker', kind: 'refused', service });
  expect(line).toMatch(/^[\x20-\x7e]*\n$/);
  expect((JSON.parse(line) as { service: string }).service).toBe(service);
});

test('a body that slips into a trace event shows its type, never its bytes', () => {
  const body = Buffer.from('secret') as unknown as string;
  expect(traceLine({ t: 1, node: 'broker', kind: 'x', body })).toBe('{"t":1,"node":"broker","kind":"x","body":"(object)"}\n');
});

test('a long string is cut, and the record says how long it was', () => {
  const line = traceLine({ t: NaN, node: 'broker', kind: 'x', name: 'n'.repeat(5000) });
  expect(JSON.parse(line)).toEqual({ t: 'NaN', node: 'broker', kind: 'x', name: `${'n'.repeat(256)}… (5000 characters)` });
});

test('a reader that does not keep up loses events, is told how many, and costs no memory', () => {
  const lines: string[] = [];
  const slow = { writableLength: 101, write: (line: string) => lines.push(line) };
  const sink = traceTo(slow, { mostWaiting: 100 });
  for (let t = 0; t < 3; t++) sink({ t, node: 'broker', kind: 'x' });
  expect(lines).toEqual([]);
  slow.writableLength = 0;
  sink({ t: 3, node: 'broker', kind: 'y' });
  expect(lines).toEqual(['{"t":3,"node":"broker","kind":"traceDropped","count":3}\n', '{"t":3,"node":"broker","kind":"y"}\n']);
});
