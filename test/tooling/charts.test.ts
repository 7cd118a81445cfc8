import { expect, test } from 'vitest';
import { isMachine, namelessParts, rewriteCharts } from '../../scripts/chart-blocks.ts';
import { mermaid } from '../../src/core/chart.ts';
import { defineMachine, type MachineTypes } from '../../src/core/machine.ts';
import { door } from '../core/door.ts';

const machines = { Door: door };

test('a document gets its charts between the markers and keeps everything else', () => {
  const { text, problems } = rewriteCharts(
    '# Doors\n<!-- chart:Door:mermaid -->\nold\n<!-- /chart -->\nand\n<!-- chart:Door:timers --><!-- /chart -->\nend',
    machines,
  );
  expect(problems).toEqual([]);
  expect(text).toContain(`# Doors\n<!-- chart:Door:mermaid -->\n\n\`\`\`mermaid\n${mermaid(door)}\n\`\`\`\n\nDoor: 4 states`);
  expect(text).toContain('<!-- /chart -->\nand\n<!-- chart:Door:timers -->\n\n| timer |');
  expect(text).not.toContain('old');
  expect(text.endsWith('<!-- /chart -->\nend')).toBe(true);
});

test('drawing twice changes nothing: a fresh chart is not stale', () => {
  const once = rewriteCharts('<!-- chart:Door:matrix --><!-- /chart -->', machines).text;
  expect(rewriteCharts(once, machines)).toEqual({ text: once, problems: [] });
});

test('a chart of a table that has changed since is stale', () => {
  const stale = rewriteCharts('<!-- chart:Door:mermaid --><!-- /chart -->', machines).text.replace('isStrong', 'isWeak');
  expect(rewriteCharts(stale, machines).text).not.toBe(stale);
});

test.each([
  ['<!-- chart:Window:mermaid -->\n<!-- /chart -->', 'chart:Window:mermaid names no machine; there are Door'],
  ['<!-- chart:toString:mermaid -->\n<!-- /chart -->', 'chart:toString:mermaid names no machine; there are Door'],
  ['<!-- chart:Door:picture -->\n<!-- /chart -->', 'chart:Door:picture is not a mermaid, matrix or timers chart'],
  ['<!-- chart:Door:matrix -->\nno end', 'chart:Door:matrix has no <!-- /chart --> after it'],
])('%j is left alone and reported', (text, problem) => {
  expect(rewriteCharts(text, machines)).toEqual({ text, problems: [problem] });
});

test('a marker without an end does not swallow the text up to the next chart', () => {
  const text = '<!-- chart:Door:timers -->\nprose\n<!-- chart:Door:timers --><!-- /chart -->';
  const result = rewriteCharts(text, machines);
  expect(result.problems).toEqual(['chart:Door:timers has no <!-- /chart --> after it']);
  expect(result.text.startsWith('<!-- chart:Door:timers -->\nprose\n<!-- chart:Door:timers -->\n\n| timer')).toBe(true);
});

interface Lamp extends MachineTypes {
  state: { readonly kind: 'on' };
  event: { readonly kind: 'press' };
  timers: Record<never, never>;
}

test('an action written in place has no name to be drawn with, and is reported', () => {
  const lamp = defineMachine<Lamp>({
    name: 'Lamp',
    start: () => ({ kind: 'on' }),
    timers: {},
    table: { on: { press: { to: 'on', do: (state) => state } } },
  });
  expect(namelessParts(lamp)).toEqual(['Lamp: (on, press) has an action or guard without a name of its own']);
  expect(namelessParts(door)).toEqual([]);
});

test('a machine is told from everything else a module may export', () => {
  expect([door, null, undefined, 'Door', { name: 'Door' }, () => door].map(isMachine)).toEqual([true, false, false, false, false, false]);
});
