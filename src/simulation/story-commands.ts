/** What a story can say: each command in plain English, and what it does on the stage. */
import { allCounts } from './story-roles.ts';
import type { StoryOptions } from './story-roles.ts';
import { Misdirection, type Stage } from './story-stage.ts';
import { framesFrom } from './story-words.ts';
import type { Frame } from '../wire/message.ts';

/** What stands in a command's blanks; one that was left open is empty. */
export type Filled = [string, string, string, string, string];

export interface StoryCommand {
  /** How it is said, with its blanks in braces. */
  readonly says: string;
  /** It sets the stage: nothing can come of it, so nothing is told. */
  readonly isAside?: boolean;
  /** It lets time pass, and stands alone. */
  readonly isTime?: boolean;
  /** Has it done, or lets the time pass. */
  does(stage: Stage, blanks: Filled): void | Promise<void>;
}

/** What may stand in a blank, by its name. */
const BLANKS: Readonly<Record<string, string>> = {
  node: '(?:the |a )?((?:broker|queue|primary|backup|arbiter|(?:server|worker|client|stranger) (?:one|two|three|four|five|six|seven|eight|nine|ten)))',
  nodes: '((?:(?:the |and |, )*(?:broker|queue|primary|backup|(?:server|stranger) (?:one|two|three)))+)',
  service: '([\\w.-]+)',
  number: '(\\d+(?:\\.\\d+)?)',
  offset: '(-?\\d+(?:\\.\\d+)?)',
  text: '("[^"]*"|<\\d+ bytes>)',
  texts: '((?:(?:, )?(?:"[^"]*"|<\\d+ bytes>))+)',
  frames: '((?: ?(?:"[^"]*"|0x[0-9a-f]+|<\\d+ bytes>|<handle>))+)',
  options: '(?:, with (.+))?',
  lasting: '(?: for (\\d+(?:\\.\\d+)?) ms)?',
  again: '(?:, and starts again after (\\d+(?:\\.\\d+)?) ms)?',
  side: '(worker|client)',
  times: '(?:, (\\d+) times)?',
};

type Deed = (stage: Stage, ...blanks: Filled) => void;

/** Done at once; what follows from it is told until it is quiet. */
function command(says: string, deed: Deed): StoryCommand {
  return {
    says,
    does: (stage, blanks) => {
      stage.plan(() => {
        deed(stage, ...blanks);
      });
    },
  };
}

function aside(says: string, deed: Deed): StoryCommand {
  return { ...command(says, deed), isAside: true };
}

/** A fault, in the words of `describeFault`. */
function fault(says: string, deed: (now: number, ...blanks: Filled) => Parameters<Stage['fault']>[0]): StoryCommand {
  return command(says, (stage, ...blanks) => {
    const told = deed(stage.world.now, ...blanks);
    for (const name of 'node' in told ? [told.node] : [told.from, told.to]) stage.process(name);
    stage.fault(told);
  });
}

const lasting = (milliseconds: string): { for?: number } => (milliseconds === '' ? {} : { for: Number(milliseconds) });

export const STORY_COMMANDS: readonly StoryCommand[] = [
  /* who there is */
  command('{node} listens{options}', (stage, node, options) => stage.listen(node, optionsFrom(options))),
  command('{node} offers {service}{options}', (stage, node, service, options) => stage.work(node, service, optionsFrom(options))),
  command('{node} is ready{options}', (stage, node, options) => stage.work(node, '', optionsFrom(options))),
  command('{node} connects to {node} as a {side}', (stage, node, to, side) =>
    stage.connectStranger(node, to, side === 'worker' ? 'worker' : 'client'),
  ),
  command('{node} connects to {nodes}{options}', (stage, node, nodes, options) =>
    stage.connect(node, nodesFrom(nodes), optionsFrom(options)),
  ),

  /* what they do */
  aside('{node} answers at once from now on', (stage, node) => stage.handlers.habituate(node, { kind: 'answers', after: 0 })),
  aside('{node} takes {number} ms for each request from now on', (stage, node, after) =>
    stage.handlers.habituate(node, { kind: 'answers', after: Number(after) }),
  ),
  aside('{node} fails at each request from now on', (stage, node) => stage.handlers.habituate(node, { kind: 'throws' })),
  aside('{node} dies of each request from now on', (stage, node) => stage.handlers.habituate(node, { kind: 'dies' })),
  aside('the server inside {node} cannot be started from now on', (stage, node) => stage.handlers.spoil(node)),
  aside('everybody answers at once from now on', (stage) => stage.handlers.habituate(undefined, { kind: 'answers', after: 0 })),
  aside('everybody dies of each request from now on', (stage) => stage.handlers.habituate(undefined, { kind: 'dies' })),
  aside('everybody fails at each request from now on', (stage) => stage.handlers.habituate(undefined, { kind: 'throws' })),
  command('{node} answers', (stage, node) => end(stage, node, {})),
  command('{node} answers with {text}', (stage, node, text) => end(stage, node, { reply: framesFrom(text, undefined)?.[0] ?? '' })),
  command('{node} fails', (stage, node) => end(stage, node, 'throws')),
  command('{node} asks for {service}: {texts}{options}', (stage, node, service, texts, options) =>
    stage.ask(node, service, bodiesFrom(texts), optionsFrom(options)),
  ),
  command('{node} asks: {texts}{options}', (stage, node, texts, options) => stage.ask(node, '', bodiesFrom(texts), optionsFrom(options))),
  command('{node} learns of {node}', (stage, node, server) => stage.changePool(node, 'add', server)),
  command('{node} forgets {node}', (stage, node, server) => stage.changePool(node, 'remove', server)),
  command('{node} gives up {text}', (stage, node, text) => stage.abort(node, text)),
  command('{node} sends {frames}{times}', (stage, node, frames, times) => {
    const stranger = stage.stranger(node);
    const said = framesFrom(frames, stranger.handle);
    if (said === undefined) throw new Misdirection(`${node} has been given no request, so it has no <handle>`);
    for (let count = times === '' ? 1 : Number(times); count > 0; count--)
      if (!stranger.send(said)) throw new Misdirection(`${node} cannot send this now`);
  }),
  command('{node} is told to serve', (stage, node) => stage.half(node, (half) => half.serve())),
  command('{node} is told to hand over', (stage, node) => stage.half(node, (half) => half.handOver())),
  command('{node} passes on {text}', (stage, node, text) => stage.half(node, (half) => half.passOn(bodiesFrom(text)[0] as Frame))),
  command('{node} leaves', (stage, node) => void stage.stranger(node).close()),

  /* what befalls them */
  fault('{node} crashes{again}', (at, node, time) => ({ at, op: 'crash', node: node, ...lasting(time) })),
  fault('the machine of {node} dies{again}', (at, node, time) => ({
    at,
    op: 'crash',
    node: node,
    machine: true,
    ...lasting(time),
  })),
  fault('{node} is told to stop{again}', (at, node, time) => ({ at, op: 'stop', node: node, ...lasting(time) })),
  fault('{node} stands still{lasting}', (at, node, time) => ({ at, op: 'pause', node: node, ...lasting(time) })),
  fault('the event loop of {node} is blocked{lasting}', (at, node, time) => ({
    at,
    op: 'stall',
    node: node,
    ...lasting(time),
  })),
  fault('nothing passes from {node} to {node}{lasting}', (at, from, to, time) => ({
    at,
    op: 'partition',
    from: from,
    to: to,
    oneWay: true,
    ...lasting(time),
  })),
  fault('nothing passes between {node} and {node}{lasting}', (at, from, to, time) => ({
    at,
    op: 'partition',
    from: from,
    to: to,
    ...lasting(time),
  })),
  fault('the connections between {node} and {node} are reset', (at, from, to) => ({
    at,
    op: 'cut',
    from: from,
    to: to,
  })),
  fault('the connections between {node} and {node} die without a word', (at, from, to) => ({
    at,
    op: 'halfOpen',
    from: from,
    to: to,
  })),
  fault('messages between {node} and {node} take {number} to {number} ms{lasting}', (at, from, to, least, most, time) => ({
    at,
    op: 'delay',
    from: from,
    to: to,
    delay: [Number(least), Number(most)],
    ...lasting(time),
  })),
  fault('{node} reads a message every {number} ms{lasting}', (at, node, every, time) => ({
    at,
    op: 'slowReader',
    node: node,
    every: Number(every),
    ...lasting(time),
  })),
  fault('the wall clock of {node} is set by {offset} ms', (at, node, by) => ({ at, op: 'skew', node, by: Number(by) })),
  command('{node} restarts', (stage, node) => stage.restart(node)),
  command('{node} goes on', (stage, node) => stage.resume(node)),
  command('everything passes between {node} and {node} again', (stage, one, other) => {
    stage.world.network.unblock(one, other);
    stage.world.network.unblock(other, one);
  }),
  command('everything passes from {node} to {node} again', (stage, one, other) => stage.world.network.unblock(one, other)),

  /* time, and a look at what became of it */
  { says: '{number} ms pass', isTime: true, does: (stage, [time]) => stage.pass(Number(time)) },
  { says: 'time passes until every request has its outcome', isTime: true, does: (stage) => stage.passUntilAllHaveOutcomes() },
  command('{node} has counted', (stage, node) => {
    const roles = stage.node(node).roles;
    for (const role of roles) stage.chronicle.tells(node, allCounts(role));
  }),
];

const COMPILED: readonly { readonly command: StoryCommand; readonly pattern: RegExp }[] = STORY_COMMANDS.map((command) => {
  const pattern = command.says.replaceAll(/\{(\w+)\}/g, (_all, name: string) => BLANKS[name] as string);
  return { command, pattern: new RegExp(`^${pattern}$`) };
});

/** What a line says, if it is a command. */
export function understand(line: string): { readonly command: StoryCommand; readonly blanks: Filled } | undefined {
  for (const { command, pattern } of COMPILED) {
    const match = pattern.exec(line);
    if (match !== null) return { command, blanks: Array.from({ length: 5 }, (_none, index) => match[index + 1] ?? '') as Filled };
  }
  return undefined;
}

function end(stage: Stage, node: string, how: Parameters<Stage['handlers']['end']>[1]): void {
  if (!stage.handlers.end(node, how)) throw new Misdirection(`${node} has no request to work on`);
}

/** `busyLimit 4000 and deliveryPolicy fail`. */
function optionsFrom(text = ''): StoryOptions {
  if (text === '') return {};
  return Object.fromEntries(
    text.split(/, | and /).map((each) => {
      const [name = '', value, more] = each.split(' ');
      if (value === undefined || more !== undefined) throw new Misdirection(`"${each}" is not an option and its value`);
      return [name, /^\d/.test(value) ? Number(value) : value];
    }),
  );
}

function nodesFrom(text: string): string[] {
  return text.split(/, | and /).map((node) => node.replace(/^the /, ''));
}

function bodiesFrom(texts: string): Buffer[] {
  return framesFrom(texts.replaceAll(/(["|>]), /g, '$1 '), undefined) ?? [];
}
