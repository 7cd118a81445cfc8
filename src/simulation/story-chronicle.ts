/**
 * What happened, as the lines of a story: one for each turn of a node, cause first. Heartbeats that changed nothing are summed up, to the
 * last one: how many were sent, and how many were heard.
 */
import type { Words } from './story-words.ts';

const TIME_WIDTH = 10;
const NAME_WIDTH = 14;
/** Longer lines go on below. */
const LINE_WIDTH = 120;

/** A heartbeat that is heard within so many ms is heard at once. */
const AT_ONCE_MS = 10;

/** One turn of one node. */
interface Line {
  readonly time: number;
  readonly node: string;
  heard: { readonly from: string; readonly words: Words } | undefined;
  /** A machine said that what was heard changes nothing. */
  ignored: boolean;
  /** What it did and noticed, and what it sent, in order. */
  readonly parts: (string | Sent)[];
}

interface Sent {
  readonly to: string;
  readonly words: Words;
  readonly time: number;
  /** A heartbeat that was heard at once: it is told where it was sent. */
  arrived: boolean;
}

export class Chronicle {
  readonly #now: () => number;
  readonly #lines: Line[] = [];
  /** The lines of the turn that has not ended. */
  readonly #open = new Map<string, Line>();

  constructor(now: () => number) {
    this.#now = now;
  }

  hears(node: string, from: string, words: Words): void {
    this.#begin(node, { from, words });
  }

  sends(node: string, to: string, words: Words): void {
    this.#lineOf(node).parts.push({ to, words, time: this.#now(), arrived: false });
  }

  /** A node did or noticed something. */
  tells(node: string, fact: string): void {
    this.#lineOf(node).parts.push(fact);
  }

  /** A role announced something. It does so when its step has ended, though what it has just sent came of it. */
  announces(node: string, fact: string): void {
    const { parts } = this.#lineOf(node);
    parts.splice(parts.findLastIndex((part) => typeof part === 'string') + 1, 0, fact);
  }

  ignores(node: string): void {
    const line = this.#open.get(node);
    if (line?.heard !== undefined) line.ignored = true;
  }

  /** What comes next has another cause. */
  endTurn(): void {
    this.#open.clear();
  }

  /** What happened since it was last asked for. */
  take(): string[] {
    this.endTurn();
    const lines = matched(this.#lines.splice(0));
    const told: string[] = [];
    for (let index = 0; index < lines.length;) {
      let end = index;
      while (end < lines.length && isQuiet(lines[end] as Line)) end++;
      if (end > index) told.push(...summary(lines.slice(index, end)));
      else told.push(tale(lines[end++] as Line));
      index = end;
    }
    return told;
  }

  #lineOf(node: string): Line {
    return this.#open.get(node) ?? this.#begin(node, undefined);
  }

  #begin(node: string, heard: Line['heard']): Line {
    const line: Line = { time: this.#now(), node, heard, ignored: false, parts: [] };
    this.#lines.push(line);
    this.#open.set(node, line);
    return line;
  }
}

/** Finds the heartbeats that were heard as soon as they could be, and leaves out the lines that say no more than that. */
function matched(lines: readonly Line[]): Line[] {
  const underWay = new Map<string, Sent[]>();
  return lines.filter((line) => {
    const { node, heard, time } = line;
    const sent = sentIn(line);
    let isToldAlready = false;
    if (heard?.words.isHeartbeat === true) {
      const beats = underWay.get(`${heard.from}>${node}`) ?? [];
      while (beats.length > 0 && time - (beats[0] as Sent).time > AT_ONCE_MS) beats.shift();
      const beat = beats.shift();
      if (beat !== undefined) isToldAlready = beat.arrived = true;
    }
    for (const beat of sent) {
      if (!beat.words.isHeartbeat) continue;
      const way = `${node}>${beat.to}`;
      underWay.set(way, [...(underWay.get(way) ?? []), beat]);
    }
    if (!isToldAlready || !isQuiet(line)) return true;
    line.heard = undefined;
    return sent.length > 0;
  });
}

function sentIn({ parts }: Line): Sent[] {
  return parts.filter((part) => typeof part !== 'string');
}

/** Nothing but heartbeats. */
function isQuiet({ heard, parts }: Line): boolean {
  return heard?.words.isHeartbeat !== false && parts.every((part) => typeof part !== 'string' && part.words.isHeartbeat);
}

function tale({ time, node, heard, ignored, parts }: Line): string {
  const told = counted(parts.map((part) => (typeof part === 'string' ? part : `sends ${part.words.text} to ${withArticle(part.to)}`)));
  if (heard !== undefined) told.unshift(`hears ${heard.words.text} from ${withArticle(heard.from)}`);
  if (heard !== undefined && ignored && parts.length === 0) told.push('ignores it');
  return `${rounded(time).padStart(TIME_WIDTH)}  ${node.padEnd(NAME_WIDTH)}${folded(told)}`;
}

/** The same several times is said once. */
function counted(parts: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const part of parts) times.set(part, (times.get(part) ?? 0) + 1);
  return [...times].map(([part, count]) => (count === 1 ? part : `${part}, ${count} times`));
}

function folded(parts: readonly string[]): string {
  const indent = TIME_WIDTH + 2 + NAME_WIDTH;
  let text = '';
  let column = indent;
  for (const [index, part] of parts.entries()) {
    const more = index < parts.length - 1 ? `${part};` : part;
    if (text !== '' && column + 1 + more.length > LINE_WIDTH) {
      text += `\n${' '.repeat(indent)}${more}`;
      column = indent + more.length;
    } else {
      text += text === '' ? more : ` ${more}`;
      column += 1 + more.length;
    }
  }
  return text;
}

/** Sums up heartbeats by their ways, in the order of their first ones. */
function summary(lines: readonly Line[]): string[] {
  const ways = new Map<string, { readonly from: string; readonly to: string; sent: number; heard: number }>();
  const way = (from: string, to: string): { sent: number; heard: number } => {
    const key = `${from}>${to}`;
    const known = ways.get(key) ?? { from, to, sent: 0, heard: 0 };
    ways.set(key, known);
    return known;
  };
  for (const line of lines) {
    const { node, heard } = line;
    if (heard !== undefined) way(heard.from, node).heard++;
    for (const { to, arrived } of sentIn(line)) {
      way(node, to).sent++;
      if (arrived) way(node, to).heard++;
    }
  }
  const told: string[] = [];
  for (const [key, { from, to, sent, heard }] of ways) {
    const back = ways.get(`${to}>${from}`);
    if (sent === heard && back?.sent === sent && back.heard === heard) {
      ways.delete(`${to}>${from}`);
      told.push(`${heartbeats(sent)} each way between ${withArticle(from)} and ${withArticle(to)}`);
    } else {
      const fate = sent === heard ? '' : `: ${sent} sent, ${heard} heard`;
      told.push(`${heartbeats(Math.max(sent, heard))} from ${withArticle(from)} to ${withArticle(to)}${fate}`);
    }
    ways.delete(key);
  }
  return told.map((text) => `${' '.repeat(TIME_WIDTH)}  (${text})`);
}

function heartbeats(count: number): string {
  return count === 1 ? '1 heartbeat' : `${count} heartbeats`;
}

/** To a tenth of a millisecond. */
export function rounded(milliseconds: number): string {
  return String(Math.round(milliseconds * 10) / 10);
}

export function withArticle(node: string): string {
  return node.includes(' ') ? node : `the ${node}`;
}
