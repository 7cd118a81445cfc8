/** What can go wrong in a simulated world, as data: a schedule can be printed, made smaller, kept in a file and played again. */
import { InvalidOption } from '../core/errors.ts';
import { countOption, knownOptions, numberOption } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import type { Range } from './network.ts';

/** A fault begins at `at` (ms); one that lasts ends after `for` ms, and one that lasts without `for` is for good. */
export type Fault =
  /** The process dies and forgets everything. `machine`: nobody is told, before the machine is up again. */
  | { readonly at: number; readonly op: 'crash'; readonly node: string; readonly machine?: boolean; readonly for?: number }
  /** It is asked to close, as by SIGTERM, and starts again later. */
  | { readonly at: number; readonly op: 'stop'; readonly node: string; readonly for?: number }
  /** The whole process stands still, as by SIGSTOP. */
  | { readonly at: number; readonly op: 'pause'; readonly node: string; readonly for?: number }
  /** Its event loop stands still; its transport's threads go on. */
  | { readonly at: number; readonly op: 'stall'; readonly node: string; readonly for?: number }
  /** Nothing passes from `from` to `to`; nor back, unless it is one-way. */
  | {
      readonly at: number;
      readonly op: 'partition';
      readonly from: string;
      readonly to: string;
      readonly oneWay?: boolean;
      readonly for?: number;
    }
  /** The connections between two nodes are reset. */
  | { readonly at: number; readonly op: 'cut'; readonly from: string; readonly to: string }
  /** They are dead, and nobody is told, ever. */
  | { readonly at: number; readonly op: 'halfOpen'; readonly from: string; readonly to: string }
  /** What is sent between two nodes takes so long. */
  | {
      readonly at: number;
      readonly op: 'delay';
      readonly from: string;
      readonly to: string;
      readonly delay: Range;
      readonly for?: number;
    }
  /** It reads one message of each connection in `every` ms. */
  | { readonly at: number; readonly op: 'slowReader'; readonly node: string; readonly every: number; readonly for?: number }
  /** Its wall clock is set forward or back. */
  | { readonly at: number; readonly op: 'skew'; readonly node: string; readonly by: number };

export type FaultOp = Fault['op'];

export const FAULT_OPS: readonly FaultOp[] = [
  'crash',
  'stop',
  'pause',
  'stall',
  'partition',
  'cut',
  'halfOpen',
  'delay',
  'slowReader',
  'skew',
];

/** What to draw faults from. */
export interface FaultMenu {
  /** Which kinds there may be. Default: all. */
  readonly ops?: readonly FaultOp[];
  /** At most so many. Default 12. */
  readonly most?: number;
  /** How long one lasts, in ms, drawn so that short and long ones are equally likely. Default 5 to 20,000. */
  readonly lasting?: Range;
  /**
   * A time at which something is about to happen, in ms: an expiry, a timeout. Some faults last about so long, because what is wrong by a moment
   * shows only there. Default: none.
   */
  readonly around?: number;
  /** Nodes that nothing happens to. */
  readonly spared?: readonly string[];
}

const DEFAULT_MOST = 12;
const DEFAULT_LASTING: Range = [5, 20_000];
/** Of the last faults, one in so many is for good: earlier ones end, or too much would pile up meanwhile. */
const FOR_GOOD = 3;
/** And one in so many lasts about as long as `around`. */
const ABOUT = 3;
const LONGEST_DELAY_MS = 3000;
const LONGEST_READ_PAUSE_MS = 500;
const WIDEST_SKEW_MS = 86_400_000;

/**
 * Draws a schedule for the time until `until`. Each run has its own taste: only some kinds of fault, and few or many of them, because a bug
 * that needs one kind is found sooner where no other one hides it.
 */
export function drawFaults(random: Random, nodes: readonly string[], until: number, menu: FaultMenu = {}): Fault[] {
  const { most = DEFAULT_MOST, spared = [] } = menu;
  const ops = (menu.ops ?? FAULT_OPS).filter((op) => nodes.length > 1 || FAULT_FIELDS[op].includes('node'));
  const victims = nodes.filter((node) => !spared.includes(node));
  if (victims.length === 0 || most === 0 || ops.length === 0) return [];
  const liked = random.shuffle(ops).slice(0, random.integer(1, ops.length));
  const count = Math.min(most, Math.floor(most * random.next() ** 1.5) + 1);
  const faults: Fault[] = [];
  for (let index = 0; index < count; index++) faults.push(drawFault(random.split(`fault${index}`), liked, victims, nodes, until, menu));
  return faults.sort((a, b) => a.at - b.at);
}

function drawFault(
  random: Random,
  ops: readonly FaultOp[],
  victims: readonly string[],
  nodes: readonly string[],
  until: number,
  menu: FaultMenu,
): Fault {
  const op = random.pick(ops);
  const at = Math.floor(random.between(0, until));
  const node = random.pick(victims);
  const other = random.pick(nodes.filter((name) => name !== node));
  const lasting = drawDuration(random.split('duration'), until - at, menu);
  switch (op) {
    case 'crash':
      return { at, op, node, ...(random.chance(0.3) ? { machine: true } : {}), ...lasting };
    case 'stop':
    case 'pause':
    case 'stall':
      return { at, op, node, ...lasting };
    case 'partition':
      return { at, op, from: node, to: other, ...(random.chance(0.4) ? { oneWay: true } : {}), ...lasting };
    case 'cut':
    case 'halfOpen':
      return { at, op, from: node, to: other };
    case 'delay': {
      const least = Math.floor(LONGEST_DELAY_MS * random.next() ** 3);
      return { at, op, from: node, to: other, delay: [least, least + Math.floor(200 * random.next())], ...lasting };
    }
    case 'slowReader':
      return { at, op, node, every: Math.ceil(LONGEST_READ_PAUSE_MS * random.next() ** 2), ...lasting };
    case 'skew':
      return { at, op, node, by: Math.round(WIDEST_SKEW_MS * (2 * random.next() - 1)) };
  }
}

/** None: for good. */
function drawDuration(
  random: Random,
  left: number,
  { lasting: [least, most] = DEFAULT_LASTING, around }: FaultMenu,
): { readonly for?: number } {
  if (left < most && random.chance(1 / FOR_GOOD)) return {};
  if (around !== undefined && random.chance(1 / ABOUT)) return { for: Math.round(around * random.between(0.5, 1.25)) };
  return { for: Math.round(least * (most / least) ** random.next()) };
}

/** A fault as a line of a story. */
export function describeFault(fault: Fault): string {
  const lasting = 'for' in fault && fault.for !== undefined ? ` for ${fault.for} ms` : '';
  const again = 'for' in fault && fault.for !== undefined ? `, and starts again after ${fault.for} ms` : '';
  switch (fault.op) {
    case 'crash':
      return fault.machine === true ? `the machine of ${fault.node} dies${again}` : `${fault.node} crashes${again}`;
    case 'stop':
      return `${fault.node} is told to stop${again}`;
    case 'pause':
      return `${fault.node} stands still${lasting}`;
    case 'stall':
      return `the event loop of ${fault.node} is blocked${lasting}`;
    case 'partition':
      return fault.oneWay === true
        ? `nothing passes from ${fault.from} to ${fault.to}${lasting}`
        : `nothing passes between ${fault.from} and ${fault.to}${lasting}`;
    case 'cut':
      return `the connections between ${fault.from} and ${fault.to} are reset`;
    case 'halfOpen':
      return `the connections between ${fault.from} and ${fault.to} die without a word`;
    case 'delay':
      return `messages between ${fault.from} and ${fault.to} take ${fault.delay[0]} to ${fault.delay[1]} ms${lasting}`;
    case 'slowReader':
      return `${fault.node} reads a message every ${fault.every} ms${lasting}`;
    case 'skew':
      return `the wall clock of ${fault.node} is set by ${fault.by} ms`;
  }
}

/* ---------------------------------------------------------------- checks */

type Field = 'node' | 'from' | 'to' | 'for' | 'machine' | 'oneWay' | 'delay' | 'every' | 'by';

/** What each kind of fault has besides `at` and `op`; with `?`: may have. */
export const FAULT_FIELDS: { readonly [O in FaultOp]: readonly (Field | `${Field}?`)[] } = {
  crash: ['node', 'for?', 'machine?'],
  stop: ['node', 'for?'],
  pause: ['node', 'for?'],
  stall: ['node', 'for?'],
  partition: ['from', 'to', 'for?', 'oneWay?'],
  cut: ['from', 'to'],
  halfOpen: ['from', 'to'],
  delay: ['from', 'to', 'delay', 'for?'],
  slowReader: ['node', 'every', 'for?'],
  skew: ['node', 'by'],
};

/**
 * Checks a schedule that somebody wrote, or that was read from a file.
 *
 * @param nodes names that its faults may have. Default: any.
 * @param until when the last fault may begin. Default: any time.
 * @throws InvalidOption naming the field, as in `schedule[2].node`
 */
export function checkSchedule(schedule: unknown, nodes?: readonly string[], until?: number): asserts schedule is readonly Fault[] {
  if (!Array.isArray(schedule)) throw new InvalidOption('schedule', schedule, 'a list of faults');
  for (const [index, fault] of (schedule as readonly unknown[]).entries()) {
    const place = `schedule[${index}]`;
    checkFault(fault, place, nodes);
    const { at } = fault as Fault;
    if (until !== undefined && at > until)
      throw new InvalidOption(`${place}.at`, at, `at most ${until}, the end of "breaking": after it nothing begins to go wrong`);
  }
}

function checkFault(fault: unknown, place: string, nodes: readonly string[] | undefined): void {
  if (typeof fault !== 'object' || fault === null) throw new InvalidOption(place, fault, 'a fault: an object with "at" and "op"');
  const given = fault as Readonly<Record<string, unknown>>;
  const { op } = given;
  if (!FAULT_OPS.includes(op as FaultOp)) throw new InvalidOption(`${place}.op`, op, `one of ${FAULT_OPS.join(', ')}`);
  numberOption(`${place}.at`, given['at'] as number, 0);
  const fields = FAULT_FIELDS[op as FaultOp];
  const known = ['at', 'op', ...fields.map((field) => field.replace('?', ''))];
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new InvalidOption(`${place}.${name}`, given[name], `left out: a ${String(op)} has ${known.join(', ')}`);
  for (const field of fields) {
    const name = field.replace('?', '') as Field;
    if (given[name] !== undefined || name === field) CHECKS[name](given[name], `${place}.${name}`, nodes);
  }
  if ('from' in given && given['from'] === given['to'])
    throw new InvalidOption(`${place}.to`, given['to'], 'another node than "from": nothing is between a node and itself');
}

type Check = (value: unknown, place: string, nodes: readonly string[] | undefined) => void;

const isNode: Check = (value, place, nodes) => {
  if (typeof value !== 'string') throw new InvalidOption(place, value, 'the name of a node');
  if (nodes !== undefined && !nodes.includes(value)) throw new InvalidOption(place, value, `one of ${nodes.join(', ')}`);
};
const isDuration: Check = (value, place) => {
  numberOption(place, value as number, 0);
};
const isFlag: Check = (value, place) => {
  if (typeof value !== 'boolean') throw new InvalidOption(place, value, 'true or false');
};

const CHECKS: { readonly [F in Field]: Check } = {
  node: isNode,
  from: isNode,
  to: isNode,
  for: isDuration,
  machine: isFlag,
  oneWay: isFlag,
  delay: checkRange,
  every: isDuration,
  by: (value, place) => {
    numberOption(place, value as number, -Number.MAX_SAFE_INTEGER);
  },
};

/** @throws InvalidOption unless it is two numbers of ms, the least and the most. */
export function checkRange(value: unknown, place: string): void {
  const [least, most] = (Array.isArray(value) ? value : []) as readonly unknown[];
  if (typeof least !== 'number' || typeof most !== 'number' || !(least >= 0 && most >= least && most < Infinity))
    throw new InvalidOption(place, value, '[least, most] in ms, at least 0');
}

/** Their names, so that a misspelt one is an error. */
export const MENU_OPTIONS: { readonly [O in keyof Required<FaultMenu>]: true } = {
  ops: true,
  most: true,
  lasting: true,
  around: true,
  spared: true,
};

/**
 * @param nodes names that `spared` may have. Default: any.
 * @throws InvalidOption
 */
export function checkMenu(menu: FaultMenu, nodes?: readonly string[]): void {
  knownOptions(menu, Object.keys(MENU_OPTIONS));
  const { ops = FAULT_OPS, most = DEFAULT_MOST, lasting = DEFAULT_LASTING, around, spared = [] } = menu;
  for (const op of ops) if (!FAULT_OPS.includes(op)) throw new InvalidOption('faults.ops', op, `some of ${FAULT_OPS.join(', ')}`);
  countOption('faults.most', most, 0);
  checkRange(lasting, 'faults.lasting');
  numberOption('faults.lasting', lasting[0], 1);
  if (around !== undefined) numberOption('faults.around', around, 1);
  if (!Array.isArray(spared)) throw new InvalidOption('faults.spared', spared, 'a list of names of nodes');
  for (const name of spared) isNode(name, 'faults.spared', nodes);
}
