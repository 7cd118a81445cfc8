import { expect, test } from 'vitest';
import { cellsOf, countCells, matrix, mermaid, summary, timersTable } from '../../src/core/chart.ts';
import { defineMachine, ignore, type MachineTypes } from '../../src/core/machine.ts';
import { door } from './door.ts';

test('the diagram shows every arrow once, with its guard and action, and merges arrows between the same states', () => {
  expect(mermaid(door)).toBe(`stateDiagram-v2
    [*] --> open
    open --> closed : close, draught / swingShut
    open --> gone : remove / takeOff
    closed --> open : PUSH [isStrong] / burstOpen
    closed --> closed : KNOCK / countKnock<br/>PUSH [isGentle] / rattle
    closed --> locked : autoLock / lock
    closed --> gone : remove / takeOff
    locked --> gone : remove / takeOff
    gone --> [*]`);
});

test('what the diagram leaves out is counted', () => {
  expect(summary(door)).toBe('Door: 4 states, 9 arrows. Not drawn: 7 times *ignore*, 3 times *refuse*, 2 times *never*.');
  const { arrows, ignored, refused, impossible } = countCells(door);
  const fallbacks = 1;
  expect(arrows + ignored + refused + impossible).toBe(cellsOf(door).length + fallbacks + 1);
});

test('the matrix has every cell, and the reason of each answer once', () => {
  expect(matrix(door)).toBe(String.raw`| event | open | closed | locked | gone |
| --- | --- | --- | --- | --- |
| ${'`KNOCK`'} | ignore<sup>1</sup> | **closed** ${'`countKnock`'} | refuse<sup>2</sup> | ignore<sup>3</sup> |
| ${'`PUSH`'} | ignore<sup>1</sup> | \[isStrong\] **open** ${'`burstOpen`'}<br>\[isGentle\] **closed** ${'`rattle`'}<br>\[else\] refuse<sup>4</sup> | refuse<sup>5</sup> | ignore<sup>3</sup> |
| ${'`close`'} | **closed** ${'`swingShut`'} | ignore<sup>6</sup> | never<sup>7</sup> | never<sup>3</sup> |
| ${'`remove`'} | **gone** ${'`takeOff`'} | **gone** ${'`takeOff`'} | **gone** ${'`takeOff`'} | ignore<sup>3</sup> |
| ${'`draught`'} | **closed** ${'`swingShut`'} | · | · | · |
| ${'`autoLock`'} | · | **locked** ${'`lock`'} | ignore<sup>8</sup> | · |

1. nothing to knock on
2. nobody is at home \| go away
3. no door
4. neither in nor out
5. burglar
6. idempotent
7. who locks has closed
8. locked already`);
});

test('the timers say where they run and what their firing does', () => {
  expect(timersTable(door)).toBe(`| timer | runs in | when it fires |
| --- | --- | --- |
| \`draught\` | open | **closed** \`swingShut\` |
| \`autoLock\` | closed | **locked** \`lock\` |
|  | locked | ignore (locked already) |`);
});

interface Awkward extends MachineTypes {
  state: { readonly kind: 'half-open' } | { readonly kind: 'end' };
  event: { readonly kind: 'go' };
  timers: Record<never, never>;
}

const goOn = (): { readonly kind: 'end' } => ({ kind: 'end' });
const stay = (): { readonly kind: 'half-open' } => ({ kind: 'half-open' });
const awkward = defineMachine<Awkward>({
  name: 'Awkward',
  start: () => ({ kind: 'half-open' }),
  timers: {},
  table: {
    'half-open': {
      go: [
        {
          to: 'end',
          when: function isReady() {
            return true;
          },
          do: goOn,
        },
        { to: 'half-open', do: stay },
      ],
    },
    end: { go: ignore('over') },
  },
});

test('states whose names the diagram language reserves or cannot write get another name with the same caption', () => {
  expect(mermaid(awkward)).toBe(`stateDiagram-v2
    state "half-open" as state_half_open
    state "end" as state_end
    [*] --> state_half_open
    state_half_open --> state_half_open : go [else] / stay
    state_half_open --> state_end : go [isReady] / goOn
    state_end --> [*]`);
  expect(timersTable(awkward)).toBe('Awkward has no timers.');
});
