/**
 * Charts: a machine's table as people read it, a state diagram, a matrix of every cell and a list of timers. Everything is
 * drawn from the cells that `step` runs, so a chart cannot say anything else than the code does.
 */
import type { CompiledArrow, CompiledCell, Machine } from './machine.ts';

/** How many outcomes of each kind a machine's table has. Guarded cells count once for each arrow and once for their fallback. */
export interface CellCounts {
  readonly arrows: number;
  readonly ignored: number;
  readonly refused: number;
  readonly impossible: number;
}

export function countCells(machine: Machine): CellCounts {
  const counts = { ignore: 0, refuse: 0, never: 0 };
  for (const cell of cellsOf(machine)) if (cell.otherwise !== undefined) counts[cell.otherwise.cell]++;
  return { arrows: machine.arrows.length, ignored: counts.ignore, refused: counts.refuse, impossible: counts.never };
}

/** Every cell, state by state in the order of the table. */
export function cellsOf(machine: Machine): CompiledCell[] {
  return Object.values(machine.cells).flatMap((row) => Object.values(row));
}

/** What an arrow says: `EVENT [guard] / action`; `[else]` when it is what guarded arrows of the same cell fall back on. */
export function arrowLabel(machine: Machine, arrow: CompiledArrow): string {
  return `${arrow.event}${condition(machine, arrow)} / ${arrow.action}`;
}

function condition(machine: Machine, arrow: CompiledArrow): string {
  if (arrow.guard !== undefined) return ` [${arrow.guard}]`;
  return (machine.cells[arrow.from]?.[arrow.event]?.arrows.length ?? 0) > 1 ? ' [else]' : '';
}

/**
 * A Mermaid `stateDiagram-v2`. Arrows between the same two states are one line with several rows of label; events that lead
 * to the same action without a condition share a row. A state that no event leaves ends in `[*]`.
 */
export function mermaid(machine: Machine): string {
  const lines = ['stateDiagram-v2'];
  for (const state of machine.states) if (nameOf(state) !== state) lines.push(`    state ${JSON.stringify(state)} as ${nameOf(state)}`);
  lines.push(`    [*] --> ${nameOf(machine.start().kind)}`);
  for (const from of machine.states) {
    for (const to of machine.states) {
      const rows = labelRows(
        machine,
        machine.arrows.filter((arrow) => arrow.from === from && arrow.to === to),
      );
      if (rows.length > 0) lines.push(`    ${nameOf(from)} --> ${nameOf(to)} : ${rows.join('<br/>')}`);
    }
    if (!machine.arrows.some((arrow) => arrow.from === from && arrow.to !== from)) lines.push(`    ${nameOf(from)} --> [*]`);
  }
  return lines.join('\n');
}

function labelRows(machine: Machine, arrows: readonly CompiledArrow[]): string[] {
  const rows = new Map<string, string[]>();
  for (const arrow of arrows) {
    const what = condition(machine, arrow);
    const key = what === '' ? `/ ${arrow.action}` : arrowLabel(machine, arrow);
    const events = rows.get(key);
    if (events === undefined) rows.set(key, [arrow.event]);
    else events.push(arrow.event);
  }
  return [...rows].map(([key, events]) => (key.startsWith('/ ') ? `${events.join(', ')} ${key}` : key));
}

/** Words that mean something else at the beginning of a line of a state diagram. */
const RESERVED: ReadonlySet<string> = new Set('state note end direction class classDef style click default hide scale'.split(' '));

function nameOf(state: string): string {
  return /^[A-Za-z]\w*$/.test(state) && !RESERVED.has(state) ? state : `state_${state.replaceAll(/\W/g, '_')}`;
}

/** One sentence about what the diagram leaves out. */
export function summary(machine: Machine): string {
  const { arrows, ignored, refused, impossible } = countCells(machine);
  return `${machine.name}: ${machine.states.length} states, ${arrows} arrows. Not drawn: ${ignored} times *ignore*, ${refused} times *refuse*, ${impossible} times *never*.`;
}

/** A Markdown table, event × state, of every cell there is, with the reasons of ignore, refuse and never as numbered notes below. */
export function matrix(machine: Machine): string {
  const notes = new Map<string, number>();
  const note = (why: string): string => {
    const number = notes.get(why) ?? notes.size + 1;
    notes.set(why, number);
    return `<sup>${number}</sup>`;
  };
  const head = ['event', ...machine.states];
  const lines = [tableRow(head), tableRow(head.map(() => '---'))];
  for (const event of inReadingOrder(machine)) {
    lines.push(tableRow([code(event), ...machine.states.map((state) => cellText(machine.cells[state]?.[event], note))]));
  }
  const reasons = [...notes].map(([why, number]) => `${number}. ${escapeCell(why)}`);
  return [...lines, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n');
}

function cellText(cell: CompiledCell | undefined, note: (why: string) => string): string {
  if (cell === undefined) return '·';
  const parts = cell.arrows.map((arrow) => {
    const when = arrow.guard !== undefined ? `[${arrow.guard}] ` : cell.arrows.length > 1 ? '[else] ' : '';
    return `${escapeCell(when)}**${escapeCell(arrow.to)}** ${code(arrow.action)}`;
  });
  if (cell.otherwise !== undefined) {
    parts.push(`${cell.arrows.length > 0 ? escapeCell('[else] ') : ''}${cell.otherwise.cell}${note(cell.otherwise.why)}`);
  }
  return parts.join('<br>');
}

/** Events of the peer first, then our own, then timers; within each as the table has them. */
function inReadingOrder(machine: Machine): string[] {
  const rank = (event: string): number => (event in machine.timers ? 2 : event === event.toUpperCase() ? 0 : 1);
  return machine.events
    .map((event, index) => ({ event, index }))
    .sort((a, b) => rank(a.event) - rank(b.event) || a.index - b.index)
    .map(({ event }) => event);
}

/** A Markdown table of the timers: where each may run, and what its firing does there. */
export function timersTable(machine: Machine): string {
  const timers = Object.entries(machine.timers);
  if (timers.length === 0) return `${machine.name} has no timers.`;
  const lines = [tableRow(['timer', 'runs in', 'when it fires']), tableRow(['---', '---', '---'])];
  for (const [timer, owners] of timers) {
    for (const [index, owner] of owners.entries()) {
      const cell = machine.cells[owner]?.[timer];
      const fires = cellText(cell, (why) => ` (${escapeCell(why)})`);
      lines.push(tableRow([index === 0 ? code(timer) : '', escapeCell(owner), fires]));
    }
  }
  return lines.join('\n');
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function code(name: string): string {
  return `\`${name}\``;
}

/** Text in a table cell: no column separators, no links, no line ends. */
function escapeCell(text: string): string {
  return text.replaceAll(/[|[\]<*_`\\]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ');
}
