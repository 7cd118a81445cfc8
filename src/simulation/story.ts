/**
 * Stories: golden scripts in plain English. A story is a text: a title, a few fields, a paragraph, then commands, one a line, and below each
 * of them, indented, exactly what came of it. Playing a story gives the same text with what really came of it.
 */
import { SeaworthyError } from '../core/errors.ts';
import { alone } from './simulate.ts';
import { STORY_COMMANDS, understand } from './story-commands.ts';
import { Misdirection, Stage } from './story-stage.ts';
import type { StoryPattern } from './story-words.ts';

/** A story that cannot be read, or not be played. */
export class StoryUnplayable extends SeaworthyError {
  override readonly code = 'STORY_UNPLAYABLE';
  override readonly retriable = false;
  /** Where, counted from 1. */
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
    this.line = line;
  }
}

/** What stands above the first command. */
export interface StoryHead {
  readonly title: string;
  readonly pattern: StoryPattern;
  /** The rows that it tells of, in the words of the pattern's page. */
  readonly failures: readonly string[];
  /** Default 1. */
  readonly seed: string;
  /** Whether the end of a connection is told. Default true. */
  readonly disconnectNotices: boolean;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const PATTERNS: readonly string[] = [
  'lazy-pirate',
  'simple-pirate',
  'paranoid-pirate',
  'majordomo',
  'binary-star',
  'freelance',
] satisfies StoryPattern[];
const NOTHING = `${' '.repeat(12)}nothing`;
const FIELDS = 'Pattern, Failure, Seed, Disconnect notices';

/** @throws StoryUnplayable */
export function readStoryHead(story: string): StoryHead {
  return parse(story).head;
}

/**
 * Plays a story on the real roles, over a simulated world.
 *
 * @param story its text, with or without what came of its commands.
 * @returns the same text with what came of each command below it.
 * @throws StoryUnplayable
 */
export function playStory(story: string): Promise<string> {
  return alone(() => play(story));
}

async function play(story: string): Promise<string> {
  const { head, preamble, script } = parse(story);
  const stage = new Stage(head);
  const text = [...preamble];
  for (const scene of script) {
    text.push('', ...scene.map((line) => line.text));
    text.push(...(await playScene(stage, scene)));
  }
  return `${text.join('\n')}\n`;
}

/** Lines that follow each other without a blank one happen at one moment. Those that begin with `#` are remarks. */
async function playScene(stage: Stage, scene: readonly Line[]): Promise<string[]> {
  const commands = scene.filter(({ text }) => !text.startsWith('#')).map((line) => ({ line, ...understood(line) }));
  const [first] = commands;
  if (first === undefined) return [];
  const time = commands.find(({ command }) => command.isTime);
  if (time !== undefined && commands.length > 1) throw new StoryUnplayable(time.line.number, `"${time.line.text}" must stand alone`);
  const said = commands.map(({ line }) => line.text).join('; ');
  try {
    for (const { command, blanks } of commands) await command.does(stage, blanks);
    if (time === undefined) await stage.untilQuiet();
  } catch (error) {
    if (!(error instanceof Misdirection || error instanceof SeaworthyError)) throw error;
    throw new StoryUnplayable(first.line.number, `${said}: ${error.message}`, { cause: error });
  }
  if (stage.broken.length > 0) throw new StoryUnplayable(first.line.number, `${said}: ${stage.broken.join('; ')}`);
  const outcome = stage.chronicle.take();
  return outcome.length > 0 || commands.every(({ command }) => command.isAside) ? outcome : [NOTHING];
}

function understood({ number, text }: Line): NonNullable<ReturnType<typeof understand>> {
  const found = understand(text);
  if (found === undefined) throw new StoryUnplayable(number, `"${text}" is not a command. Commands are:\n${listOfCommands()}`);
  return found;
}

function listOfCommands(): string {
  return STORY_COMMANDS.map(({ says }) => `  ${says}`).join('\n');
}

/** Title, fields and prose are paragraphs; then come commands and remarks, each at the beginning of its line. */
function parse(story: string): {
  readonly head: StoryHead;
  readonly preamble: readonly string[];
  readonly script: readonly (readonly Line[])[];
} {
  const lines = story.split('\n').map((text, index) => ({ number: index + 1, text: text.trimEnd() }));
  const starts: number[] = [];
  for (const [index, { text }] of lines.entries()) if (text !== '' && (lines[index - 1]?.text ?? '') === '') starts.push(index);
  const [title, fields, , firstCommand] = starts;
  if (title === undefined || fields === undefined || firstCommand === undefined)
    throw new StoryUnplayable(1, 'a story has a title, a paragraph of fields, a paragraph of prose, and commands');
  const preamble = lines.slice(title, firstCommand - 1).map(({ text }) => text);
  const script: Line[][] = [];
  for (const line of lines.slice(firstCommand)) {
    if (line.text === '' || line.text.startsWith(' ')) continue;
    const scene = script.at(-1);
    if (scene?.at(-1)?.number === line.number - 1) scene.push(line);
    else script.push([line]);
  }
  return { head: headOf(lines, title, fields), preamble, script };
}

function headOf(lines: readonly Line[], title: number, fields: number): StoryHead {
  const head = { title: lines[title]?.text ?? '', pattern: '', failures: [] as string[], seed: '1', disconnectNotices: true };
  for (let index = fields; (lines[index]?.text ?? '') !== ''; index++) {
    const { number, text } = lines[index] as Line;
    const [, name = '', value = ''] = /^([\w ]+): (.+)$/.exec(text) ?? [];
    if (name === 'Pattern') head.pattern = value;
    else if (name === 'Failure') head.failures.push(value);
    else if (name === 'Seed') head.seed = value;
    else if (name === 'Disconnect notices') head.disconnectNotices = value !== 'off';
    else throw new StoryUnplayable(number, `"${text}" is not a field. Fields are: ${FIELDS}`);
  }
  if (!PATTERNS.includes(head.pattern))
    throw new StoryUnplayable(fields + 1, `"${head.pattern}" is not one of the patterns ${PATTERNS.join(', ')}`);
  return head as StoryHead;
}
