/** The chart blocks of a document, and what a machine must have to be drawn. */
import { matrix, mermaid, summary, timersTable, type Machine } from 'seaworthy/core';

const BLOCK = /<!-- chart:([^:>\s]+):([^:>\s]+) -->(?:(?:(?!<!-- chart:)[^])*?<!-- \/chart -->)?/g;

export interface Rewritten {
  readonly text: string;
  readonly problems: readonly string[];
}

/** The document with every chart block drawn anew. A block that cannot be drawn stays as it is and is named in `problems`. */
export function rewriteCharts(text: string, machines: { readonly [name: string]: Machine }): Rewritten {
  const problems: string[] = [];
  const rewritten = text.replaceAll(BLOCK, (block: string, name: string, kind: string) => {
    const machine = Object.hasOwn(machines, name) ? machines[name] : undefined;
    if (machine === undefined) {
      problems.push(`chart:${name}:${kind} names no machine; there are ${Object.keys(machines).join(', ')}`);
      return block;
    }
    const chart = draw(machine, kind);
    if (chart === undefined) problems.push(`chart:${name}:${kind} is not a mermaid, matrix or timers chart`);
    else if (!block.endsWith('<!-- /chart -->')) problems.push(`chart:${name}:${kind} has no <!-- /chart --> after it`);
    else return `<!-- chart:${name}:${kind} -->\n\n${chart}\n\n<!-- /chart -->`;
    return block;
  });
  return { text: rewritten, problems };
}

function draw(machine: Machine, kind: string): string | undefined {
  switch (kind) {
    case 'mermaid':
      return `\`\`\`mermaid\n${mermaid(machine)}\n\`\`\`\n\n${summary(machine)}`;
    case 'matrix':
      return matrix(machine);
    case 'timers':
      return timersTable(machine);
    default:
      return undefined;
  }
}

/** Actions and guards appear in the chart by their names: one written in place is called `do` or `when`, which says nothing. */
export function namelessParts(machine: Machine): string[] {
  return machine.arrows
    .filter(({ action, guard }) => action === '' || action === 'do' || guard === '' || guard === 'when')
    .map(({ from, event }) => `${machine.name}: (${from}, ${event}) has an action or guard without a name of its own`);
}

export function isMachine(value: unknown): value is Machine {
  return typeof value === 'object' && value !== null && 'cells' in value && 'arrows' in value && 'disarms' in value;
}
