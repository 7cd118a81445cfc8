/** `seaworthy star`: one of the two servers of a Binary Star, until a signal comes. */
import { createInterface } from 'node:readline';
import { WrongState } from '../binary-star/errors.ts';
import { BinaryStar, type BinaryStarEvents, type BinaryStarServiceStarter, type BinaryStarStand } from '../binary-star/server.ts';
import type { StarRole } from '../binary-star/peer.machine.ts';
import { LazyPirateServer, type LazyPirateHandler, type LazyPirateServerEvents } from '../lazy-pirate/server.ts';
import { lazyPirateServerSettings } from '../lazy-pirate/options.ts';
import { MajordomoBroker } from '../majordomo/broker.ts';
import { brokerSettings } from '../majordomo/options.ts';
import { nearest, type Arguments } from './arguments.ts';
import { withRoleOptions, type Command } from './command.ts';
import { commandHandler } from './execute.ts';
import { EXIT, UsageError } from './failures.ts';
import { messageOf, reportEvents, type Output } from './output.ts';
import { STAR_OPTIONS } from './role-options.ts';
import { inHandOf, LOAD_BALANCER_EVENTS, sayFinishing, sayGivenUp, warnUnlessLocal, type InHand } from './serving.ts';
import { onStopSignal, type StopSignal } from './signals.ts';

/** As in the Guide. */
const PLACES: { readonly [role in StarRole]: { readonly frontend: string; readonly listen: string; readonly connect: string } } = {
  primary: { frontend: 'tcp://127.0.0.1:5001', listen: 'tcp://127.0.0.1:5003', connect: 'tcp://127.0.0.1:5004' },
  backup: { frontend: 'tcp://127.0.0.1:5002', listen: 'tcp://127.0.0.1:5004', connect: 'tcp://127.0.0.1:5003' },
};
/** Where the clients of such a pair find it. */
export const PAIR: readonly string[] = [PLACES.primary.frontend, PLACES.backup.frontend];

const bothDefaults = (of: keyof (typeof PLACES)['primary']): string => `${PLACES.primary[of]}, backup: ${PLACES.backup[of]}`;

export const star: Command = {
  name: 'star',
  summary: 'run one of two servers of which one serves, and the other when the first one dies',
  usage: '--primary|--backup [options]',
  description: `In front of a Majordomo broker, or with --serve echo or --exec of a server for REQ sockets. The server inside runs
while this half of the pair is active; the other half takes over when this one is silent and a client asks it.
Prints one line when it listens, and one whenever it becomes active or passive. Both halves must have the same times.
With --exec the shell runs CMD for each request, as seaworthy worker does.
SIGINT or SIGTERM finishes what is in hand and hands over to the other half; with --mode classic, as in the Guide, that one
takes over when this one has been silent. A second signal exits at once.`,
  options: [
    { flag: 'primary', kind: 'switch', help: 'be the one that serves first' },
    { flag: 'backup', kind: 'switch', help: 'be the one that stands by' },
    { flag: 'frontend', kind: 'text', placeholder: 'ENDPOINT', help: 'where clients connect', fallback: bothDefaults('frontend') },
    {
      flag: 'peer-listen',
      kind: 'text',
      placeholder: 'ENDPOINT',
      help: 'where the other half reaches this one',
      fallback: bothDefaults('listen'),
    },
    {
      flag: 'peer-connect',
      kind: 'text',
      placeholder: 'ENDPOINT',
      help: 'where this half reaches the other',
      fallback: bothDefaults('connect'),
    },
    { flag: 'serve', kind: 'text', placeholder: 'WHAT', help: 'the server inside: majordomo, echo', fallback: 'majordomo' },
    { flag: 'exec', kind: 'text', placeholder: 'CMD', help: 'the server inside runs this per request' },
    { flag: 'max-reply-bytes', kind: 'number', placeholder: 'BYTES', help: 'a longer output of CMD is a failure', fallback: 1024 * 1024 },
    { flag: 'activate', kind: 'switch', help: 'serve without having met the other half, when it is silent' },
    { flag: 'control', kind: 'switch', help: 'obey lines on standard input: activate, hand-over, inspect' },
    { flag: 'no-death-hint', kind: 'switch', help: 'wait for silence, also when the other half’s process has ended' },
    ...STAR_OPTIONS,
  ],
  run: (given, output) => withRoleOptions(given, output, (options) => serve(given, output, options)),
};

const EVENTS: { readonly [event in keyof BinaryStarEvents]: true } = {
  becameActive: true,
  becamePassive: true,
  fenced: true,
  epochRaised: true,
  suspended: true,
  resumed: true,
  peerFound: true,
  peerLost: true,
  misconfigured: true,
  stateFailed: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

const SERVER_EVENTS: { readonly [event in keyof LazyPirateServerEvents]: true } = {
  requestStarted: true,
  requestFinished: true,
  handlerFailed: true,
  requestDropped: true,
  stalled: true,
  fault: true,
  unusable: true,
  closed: true,
};

async function serve(given: Arguments, output: Output, options: object): Promise<number> {
  const role = roleOf(given);
  const at = (flag: string, fallback: string): string => (given.has(flag) ? (given.text(flag) as string) : fallback);
  const frontend = at('frontend', PLACES[role].frontend);
  const peer = { listen: at('peer-listen', PLACES[role].listen), connect: at('peer-connect', PLACES[role].connect) };
  if (peer.listen === peer.connect) throw new UsageError('--peer-connect is where the other half listens, not this one');
  if (given.has('activate') && given.text('mode') === 'classic') throw new UsageError('--activate does not go with --mode classic');
  const { drainTimeout, ...own } = given.libraryOptions();
  const work = new Work();
  const inside = work.of(serverOf(given, { ...options, ...(drainTimeout === undefined ? {} : { drainTimeout }) }, output));
  const settings = { ...own, ...(given.has('no-death-hint') ? { deathHint: false } : {}), ...options };
  for (const endpoint of [frontend, peer.listen]) warnUnlessLocal(endpoint, 'it', output);
  const stopped = new Promise<StopSignal>(onStopSignal);
  const half = await BinaryStar.listen({ role, frontends: frontend, peer }, inside, settings);
  report(half, output);
  const [bound] = half.frontends;
  output.result(
    { event: 'listening', role, frontend: bound, peer },
    `${role}: listening for clients on ${bound}, for the other half on ${peer.listen}`,
  );
  if (given.has('activate')) obey(() => half.activate(), output);
  const stopObeying = given.has('control') ? obeyLines(half, output) : undefined;
  try {
    return await serveUntil(stopped, half, work, output);
  } finally {
    stopObeying?.();
  }
}

function roleOf(given: Arguments): StarRole {
  if (given.has('primary') === given.has('backup')) throw new UsageError('which half of the pair? --primary or --backup');
  return given.has('primary') ? 'primary' : 'backup';
}

/* ------------------------------------------------------------------ the server inside */

type ServerStarter = (stand: BinaryStarStand) => Promise<MajordomoBroker | LazyPirateServer>;

/** What cannot work is told at once, not at the first takeover. */
function serverOf(given: Arguments, options: object, output: Output): ServerStarter {
  const command = given.text('exec');
  const what = given.text('serve') as string;
  if (what !== 'majordomo' && what !== 'echo') throw new UsageError(`--serve must be majordomo or echo, not ${JSON.stringify(what)}`);
  if (command !== undefined && given.has('serve')) throw new UsageError('--exec does not go with --serve: it is a server of its own');
  if (command !== undefined) return answering(shellHandler(command, given.number('max-reply-bytes') as number), options, output);
  return what === 'echo' ? answering((request) => request.body, options, output) : brokering(options, output);
}

function brokering(options: object, output: Output): ServerStarter {
  brokerSettings(options);
  return async ({ transport, frontend }) => {
    const broker = await MajordomoBroker.listen(frontend, { ...options, transport });
    reportEvents(broker.events, LOAD_BALANCER_EVENTS, output);
    return broker;
  };
}

function answering(handler: LazyPirateHandler, options: object, output: Output): ServerStarter {
  // How long a reply may be is for --max-reply-bytes to say; how long a request may be was decided at the frontend.
  const settings = { maxFrameBytes: Number.MAX_SAFE_INTEGER, maxBodyFrames: Number.MAX_SAFE_INTEGER, ...options };
  lazyPirateServerSettings(settings);
  return async ({ transport, frontend }: BinaryStarStand) => {
    const server = await LazyPirateServer.listen(frontend, handler, { ...settings, transport });
    reportEvents(server.events, SERVER_EVENTS, output);
    server.events.on('handlerFailed', ({ error }) => output.note(`a request failed: ${messageOf(error)}`));
    return server;
  };
}

function shellHandler(command: string, mostReplyBytes: number): LazyPirateHandler {
  const handler = commandHandler(command, mostReplyBytes);
  // A server of REQ sockets cannot know whether a request was asked before.
  return (request, { signal }) => handler(request, { attempt: 1, signal });
}

/* ------------------------------------------------------------------ what is said */

function report(half: BinaryStar, output: Output): void {
  reportEvents(half.events, EVENTS, output);
  const { events } = half;
  if (!output.verbose) {
    events.on('becameActive', (facts) =>
      output.result({ event: 'becameActive', ...facts }, `active: epoch ${facts.epoch}, ${facts.reason}`),
    );
    events.on('becamePassive', (facts) =>
      output.result({ event: 'becamePassive', ...facts }, `passive: epoch ${facts.epoch}, ${facts.reason}`),
    );
  }
  events.on('fenced', ({ epoch, known, by }) =>
    output.note(`fenced: served in epoch ${epoch}, and was told of epoch ${known} by ${by === 'client' ? 'a client' : `the ${by}`}`),
  );
  events.on('suspended', () => output.note('stood still for too long; serves nobody until it is known whether the other half does'));
  events.on('resumed', () => output.note('serves on'));
  events.on('peerFound', () => output.note('the other half is there'));
  events.on('peerLost', ({ silentFor }) => output.note(`the other half is lost; last heard ${Math.round(silentFor)} ms ago`));
  events.on('misconfigured', ({ why }) => output.note(`the pair is set up wrongly: ${why}`));
}

/** Serves until a signal comes, and resolves with the exit code when the other half has been told. */
async function serveUntil(stopped: Promise<StopSignal>, half: BinaryStar, work: Work, output: Output): Promise<number> {
  const unusable = half.events.once('unusable').then(({ error }) => Promise.reject(error));
  try {
    const signal = await Promise.race([stopped, unusable]);
    const { state, mode, peer } = half.inspect();
    sayFinishing(signal, work.begin(), output);
    if (state === 'active') {
      const heir =
        mode === 'classic'
          ? 'ending; the other half serves when this one has been silent and a client asks it'
          : 'handing over to the other half';
      output.note(`${signal}: ${peer.there ? heir : 'the other half is not there to take over'}`);
    }
    output.happened('draining', { signal, state });
  } finally {
    await half.close();
  }
  sayGivenUp(work.givenUp, output);
  return EXIT.ok;
}

/** What the server inside has in hand when a signal comes, and what it gives up then. */
class Work {
  #inHand: () => InHand = () => ({ inFlight: 0, queued: 0, counters: { failed: 0 } });
  #before = 0;

  /** The same starter, whose last server is looked at. */
  of(start: ServerStarter): BinaryStarServiceStarter {
    return async (stand) => {
      const server = await start(stand);
      this.#inHand = () => (server instanceof MajordomoBroker ? server.inspect() : inHandOf(server.inspect()));
      return server;
    };
  }

  begin(): number {
    const { inFlight, counters } = this.#inHand();
    this.#before = counters.failed;
    return inFlight;
  }

  get givenUp(): number {
    return this.#inHand().counters.failed - this.#before;
  }
}

/* ------------------------------------------------------------------ an operator's word */

/** Does what an operator says; that it cannot be done now is a remark. */
function obey(order: () => void | Promise<void>, output: Output): void {
  const refuse = (error: unknown): void => {
    if (error instanceof WrongState) output.note(messageOf(error));
    else throw error;
  };
  try {
    Promise.resolve(order()).catch(refuse);
  } catch (error) {
    refuse(error);
  }
}

/** Until standard input ends. Returns how to stop. */
function obeyLines(half: BinaryStar, output: Output): () => void {
  const orders: Readonly<Record<string, () => void | Promise<void>>> = {
    activate: () => half.activate(),
    'hand-over': () => half.handOver(),
    inspect: () => {
      const snapshot = half.inspect();
      output.result(snapshot, JSON.stringify(snapshot, undefined, 2));
    },
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const word = line.trim();
    if (word === '') return;
    const order = Object.hasOwn(orders, word) ? orders[word] : undefined;
    if (order !== undefined) {
      obey(order, output);
      return;
    }
    const names = Object.keys(orders);
    const near = nearest(word, names);
    output.note(`unknown order ${JSON.stringify(word)}; ${near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`}`);
  });
  return () => {
    lines.close();
    process.stdin.destroy();
  };
}
