/** What the sections of the benchmark report, and how it is shown as text. */
import { cpus } from 'node:os';
import { version as libzmq } from 'zeromq';

/** One line of a table: figures by column name, in the unit the column says. */
export interface Row {
  readonly what: string;
  readonly [column: string]: string | number;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Whether it is this library's. */
  readonly ours: boolean;
}

/** Bars of one picture, drawn in their order. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

export interface Table {
  readonly title: string;
  readonly note: string;
  readonly rows: readonly Row[];
  readonly charts?: readonly Chart[];
}

export interface Goal {
  readonly goal: string;
  readonly sense: 'at most' | 'at least';
  readonly limit: number;
  readonly value: number;
  readonly holds: boolean;
}

/** What a section is told, and where it notes what is not a row. */
export class Bench {
  readonly quick: boolean;
  /** The folder in whose `node_modules` the packages of optional rows are. */
  readonly peers: string | undefined;
  readonly goals: Goal[] = [];
  /** Rows that could not be measured here, and what they need. */
  readonly leftOut: string[] = [];
  /** Sections that failed, and why. */
  readonly broken: string[] = [];

  constructor(quick: boolean, peers: string | undefined) {
    this.quick = quick;
    this.peers = peers;
  }

  atMost(limit: number, goal: string, value: number): void {
    this.goals.push({ goal, sense: 'at most', limit, value: round(value, 3), holds: value <= limit });
  }

  atLeast(limit: number, goal: string, value: number): void {
    this.goals.push({ goal, sense: 'at least', limit, value: round(value, 3), holds: value >= limit });
  }

  leaveOut(what: string): void {
    if (!this.leftOut.includes(what)) this.leftOut.push(what);
    progress(`left out: ${what}`);
  }

  broke(section: string, error: unknown): void {
    this.broken.push(`${section}: ${error instanceof Error ? error.message : String(error)}`);
    progress(`BROKEN: ${section}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}

export interface Section {
  readonly name: string;
  /** Resolves with nothing when it cannot be measured here; `leftOut` then says why. */
  readonly measure: (bench: Bench) => Promise<Table | undefined>;
}

export interface Result {
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly quick: boolean;
  readonly seconds: number;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  readonly leftOut: readonly string[];
  readonly broken: readonly string[];
}

export function machine(): Result['machine'] {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    libzmq,
  };
}

/** The machine and the moment in one line. */
export function provenance(result: Result): string {
  const { cores, cpu, platform, node } = result.machine;
  return `${result.date}  ${String(cores)} cores (${String(cpu)}), ${String(platform)}, Node ${String(node)}, libzmq ${libzmq}${result.quick ? ', QUICK' : ''}`;
}

export function readable(result: Result): string {
  const lines = [provenance(result)];
  for (const table of result.tables) lines.push('', table.title, '', ...columns(table.rows), '', `  ${table.note}`);
  if (result.goals.length > 0) lines.push('', 'Goals', '');
  for (const { holds, goal, value, sense, limit } of result.goals)
    lines.push(`  ${holds ? 'holds ' : 'MISSED'}  ${goal}: ${shown(value)} (${sense} ${grouped(limit)})`);
  if (result.leftOut.length > 0) lines.push('', 'Left out', '', ...result.leftOut.map((what) => `  ${what}`));
  if (result.broken.length > 0) lines.push('', 'BROKEN', '', ...result.broken.map((what) => `  ${what}`));
  lines.push(
    '',
    `${round(result.seconds, 0).toString()} s. Compare only figures of one run: machines differ, and this one differs from itself.`,
  );
  return lines.join('\n');
}

function columns(rows: readonly Row[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [names.map((name) => (name === 'what' ? '' : name)), ...rows.map((row) => names.map((name) => shown(row[name] ?? '')))];
  const widths = names.map((_name, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map(
    (row) =>
      `  ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`,
  );
}

function shown(value: string | number): string {
  return typeof value === 'number' ? grouped(value) : value;
}

export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function progress(what: string): void {
  process.stderr.write(`${what}\n`);
}
