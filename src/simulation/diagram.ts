/** A trace as a sequence diagram: who sent what to whom, and what they made of it. */
import type { TraceEvent } from '../runtime/trace.ts';
import { RESERVED_FIELDS, isReservedKind } from './kinds.ts';

export interface DiagramOptions {
  /** `text`: columns for a terminal. `mermaid`: for a document. Default `text`. */
  readonly format?: 'text' | 'mermaid';
  /** Only what happened so long before the end of the trace, in ms, and all faults. Default: everything. */
  readonly before?: number;
  /** At most so many lines, the last ones, and all faults. Default 60. What is left out is counted. */
  readonly most?: number;
}

/** What a line of the diagram is made of. */
type Line =
  | { readonly t: number; readonly from: string; readonly to: string; readonly text: string; readonly lost?: boolean }
  | { readonly t: number; readonly over: string; readonly text: string; readonly isFault?: boolean };
/** Lines in between that are not shown. */
interface Gap {
  readonly leftOut: number;
}

/** Facts that are shown as notes, and the fields that are worth showing. What programs record themselves is shown with all its fields. */
const NOTES: { readonly [kind: string]: readonly string[] } = {
  boot: [],
  crash: [],
  machineCrash: [],
  stop: [],
  exit: [],
  fault: ['op', 'to', 'oneWay', 'for', 'every', 'delay', 'by'],
  faultEnd: ['op'],
  heal: ['core'],
  submit: ['call'],
  attempt: ['request', 'attempt'],
  answered: ['call'],
  unanswered: ['call', 'code'],
  register: ['service', 'worker'],
  expire: ['worker', 'loss'],
  accept: ['request', 'peer'],
  dispatch: ['request', 'worker', 'delivery'],
  requeue: ['request', 'deliveries'],
  route: ['request'],
  deadletter: ['request', 'code'],
  drop: ['request'],
  execute: [],
  executed: [],
  violation: ['invariant'],
};

/** Heartbeats say nothing; whatever else is sent does. */
const HEARTBEATS: ReadonlySet<unknown> = new Set(['[] MDPW01 [04]', '[02]']);

/** Majordomo's commands by their numbers. */
const COMMANDS: readonly string[] = ['', 'READY', 'REQUEST', 'REPLY', 'HEARTBEAT', 'DISCONNECT'];

/** What a worker's command is called is said instead of its frames. */
function named(frames: string): string {
  return frames.replace(/^\[\] MDPW01 \[0([1-5])\]/, (_frames, command: string) => COMMANDS[Number(command)] as string);
}

/** Draws the end of a trace that was kept (`keepTrace`), up to what broke a rule. Heartbeats are left out. */
export function diagram(trace: readonly TraceEvent[], options: DiagramOptions = {}): string {
  const { format = 'text', before = Infinity, most = 60 } = options;
  const broken = trace.findIndex(({ kind }) => kind === 'violation');
  const story = withoutLateCrashes(broken < 0 ? trace : trace.slice(0, broken + 1));
  const end = story.at(-1)?.t ?? 0;
  const all = story.flatMap(lineOf);
  const lines = abridged(
    all,
    Math.max(
      all.findIndex(({ t }) => t >= end - before),
      all.length - most,
    ),
  );
  const names = [...new Set(trace.map(({ node }) => node).filter((node) => node !== ''))];
  const shown = names.filter((name) =>
    lines.some((line) => !isGap(line) && ('over' in line ? line.over === name : line.from === name || line.to === name)),
  );
  return format === 'mermaid' ? mermaid(shown, lines) : columns(shown, lines);
}

const FAULTS: ReadonlySet<string> = new Set(['fault', 'faultEnd', 'crash', 'machineCrash']);

const isGap = (line: Line | Gap): line is Gap => 'leftOut' in line;

/** All from the line `first` on, and before it only the faults. */
function abridged(lines: readonly Line[], first: number): (Line | Gap)[] {
  const told: (Line | Gap)[] = [];
  let leftOut = 0;
  for (const [index, line] of lines.entries()) {
    if (index < first && !('isFault' in line)) {
      leftOut++;
      continue;
    }
    if (leftOut > 0) told.push({ leftOut });
    leftOut = 0;
    told.push(line);
  }
  return told;
}

const gapText = ({ leftOut }: Gap): string => `… ${leftOut} ${leftOut === 1 ? 'line' : 'lines'} left out`;

/** What has exited is rid of by a crash before it starts again: nobody needs to know. */
function withoutLateCrashes(trace: readonly TraceEvent[]): TraceEvent[] {
  const exited = new Set<string>();
  return trace.filter(({ node, kind }) => {
    if (kind === 'exit') exited.add(node);
    else if (kind === 'boot') exited.delete(node);
    return !(exited.has(node) && (kind === 'crash' || kind === 'machineCrash'));
  });
}

function lineOf(event: TraceEvent): Line[] {
  const { t, node, kind } = event;
  if (kind === 'deliver') {
    if (HEARTBEATS.has(event['frames'])) return [];
    return [{ t, from: event['from'] as string, to: node, text: named(String(event['frames'])) }];
  }
  if (kind === 'lose') return [{ t, from: node, to: event['to'] as string, text: `${String(event['messages'])} lost`, lost: true }];
  const fields = NOTES[kind] ?? (isReservedKind(kind) ? undefined : Object.keys(event).filter((field) => !RESERVED_FIELDS.includes(field)));
  if (fields === undefined) return [];
  // A program's own calls are not to be taken for the requests that its client counts.
  const valueOf = (field: string): unknown => event[field === 'call' ? 'request' : field];
  const values = fields.flatMap((field) => (valueOf(field) === undefined ? [] : `${field} ${String(valueOf(field))}`));
  return [{ t, over: node, text: [kind, ...values].join(', '), ...(FAULTS.has(kind) ? { isFault: true } : {}) }];
}

function mermaid(names: readonly string[], lines: readonly (Line | Gap)[]): string {
  const participants = names.map((name) => `  participant ${idOf(name)} as ${name}`);
  const everybody = [names.slice(0, 1), names.slice(-1)].flat().map(idOf).join(',');
  const rows = lines.map((line) => {
    if (isGap(line)) return `  Note over ${everybody}: ${gapText(line)}`;
    const time = line.t.toFixed(1);
    if ('over' in line) {
      const over = line.over === '' ? everybody : idOf(line.over);
      return `  Note over ${over}: ${time} ${plain(line.text)}`;
    }
    return `  ${idOf(line.from)}${line.lost === true ? '--x' : '->>'}${idOf(line.to)}: ${time} ${plain(line.text)}`;
  });
  return ['sequenceDiagram', ...participants, ...rows].join('\n');
}

/** Letters and digits stay, all else is `_` and its code: no two names have the same. */
const idOf = (name: string): string => name.replace(/[^a-zA-Z0-9]/g, (sign) => `_${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
/** Semicolons and hash signs mean something in Mermaid. */
const plain = (text: string): string => text.replace(/[;#]/g, ' ');

const WIDTH = 14;

function columns(names: readonly string[], lines: readonly (Line | Gap)[]): string {
  const centre = (name: string): number => names.indexOf(name) * WIDTH + WIDTH / 2;
  const row = (marks: readonly (readonly [at: number, text: string])[]): string => {
    const cells = Array.from({ length: names.length * WIDTH }, () => ' ');
    for (const name of names) cells[centre(name)] = '│';
    for (const [at, text] of marks) for (const [index, character] of [...text].entries()) cells[at + index] = character;
    return cells.join('');
  };
  const heading = `${' '.repeat(11)}${names
    .map((name) =>
      name
        .slice(0, WIDTH - 1)
        .padStart(WIDTH / 2 + Math.ceil(name.length / 2))
        .padEnd(WIDTH),
    )
    .join('')}`;
  const drawn = lines.map((line) => {
    if (isGap(line)) return `${' '.repeat(11)}${row([])} ${gapText(line)}`;
    const time = line.t.toFixed(2).padStart(10);
    if ('over' in line) return `${time} ${row(line.over === '' ? [] : [[centre(line.over), '●']])} ${line.text}`;
    const [from, to] = [centre(line.from), centre(line.to)];
    const shaft = '─'.repeat(Math.max(0, Math.abs(to - from) - 1));
    const head = line.lost === true ? '✕' : to > from ? '▶' : '◀';
    const arrow = to > from ? `├${shaft}${head}` : `${head}${shaft}┤`;
    return `${time} ${row([[Math.min(from, to), arrow]])} ${line.text}`;
  });
  return [heading.trimEnd(), ...drawn].join('\n');
}
