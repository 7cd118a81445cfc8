/**
 * `npm run survival`: what each pattern survives, measured. Every role is a process of its own with default options; something is killed or
 * frozen while a request is under way, and the client's request says how it went. docs/patterns/README.md shows a run.
 */
import { createServer, type AddressInfo } from 'node:net';
import { LazyPirateClient } from 'seaworthy/lazy-pirate';
import { MajordomoClient } from 'seaworthy/majordomo';
import { Child } from './child.ts';
import { median } from './statistics.ts';
import type { Part } from './survivor.ts';
import { countOf, namesOf, wordsOf } from './words.ts';

const HELP = `npm run survival -- [options]

Kills and freezes workers, servers and queues of each pattern while a request is under way, and prints how long the request took from
then on, and how many attempts its client made. Default options everywhere. Ends with 0 unless a measurement broke.

  --rounds <n>     rounds of each scenario (default 5)
  --only <names>   comma-separated patterns: lazy, simple, paranoid, majordomo
  --json           the result as one JSON document
  --help           this text
`;

/** How long a request takes, in ms. */
const WORK_MS = 200;
const WORKERS = 3;
/** A queue that was killed is back after this, in ms. */
const DOWN_MS = 300;
const PINGS = { transportHeartbeatInterval: 100, transportHeartbeatTimeout: 300 } as const;

type Pattern = Part['pattern'];
const PATTERNS: readonly Pattern[] = ['lazy', 'simple', 'paranoid', 'majordomo'];

const given = wordsOf('survival', HELP, {
  rounds: { type: 'string', default: '5' },
  only: { type: 'string' },
  json: { type: 'boolean', default: false },
});

/** What became of a request. */
interface Outcome {
  /** Ms from the blow to the answer, the work itself included; none if the client gave up. */
  readonly milliseconds: number | undefined;
  readonly attempts: number;
}

interface Client extends AsyncDisposable {
  ask(text: string): Promise<{ readonly attempts: number }>;
}

/** All processes of one pattern, and a client in this one. */
class Fleet {
  readonly pattern: Pattern;
  readonly workers: Child[] = [];
  readonly #endpoints: string[];
  readonly #options: object;
  queue: Child | undefined;
  client: Client | undefined;

  private constructor(pattern: Pattern, roleOptions: object, endpoints: string[]) {
    this.pattern = pattern;
    this.#options = roleOptions;
    this.#endpoints = endpoints;
  }

  static async launch(pattern: Pattern, options: object): Promise<Fleet> {
    const fleet = new Fleet(pattern, options, await freeEndpoints(pattern === 'majordomo' ? 1 : 2));
    if (pattern === 'lazy') {
      for (const endpoint of fleet.#endpoints) fleet.workers.push(await fleet.#start('server', [endpoint]));
    } else {
      fleet.queue = await fleet.#start('queue', fleet.#endpoints);
      const backend = fleet.#endpoints.at(-1) as string;
      for (let worker = 0; worker < WORKERS; worker++) fleet.workers.push(await fleet.#start('worker', [backend]));
      await fleet.#until(async () => (await fleet.queue?.ask<number>('ready')) === WORKERS);
    }
    fleet.client = fleet.#connect();
    await fleet.client.ask('warm up');
    return fleet;
  }

  async restartQueue(): Promise<void> {
    this.queue?.signal('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
    this.queue = await this.#start('queue', this.#endpoints);
  }

  /** The one that has the request in its hands. */
  async busyOne(): Promise<Child> {
    let busy: Child | undefined;
    await this.#until(async () => {
      for (const worker of this.workers) if ((await worker.ask<number>('working')) > 0) busy = worker;
      return busy !== undefined;
    });
    return busy as Child;
  }

  async end(): Promise<void> {
    await this.client?.[Symbol.asyncDispose]();
    for (const child of [...this.workers, ...(this.queue === undefined ? [] : [this.queue])]) {
      child.signal('SIGCONT');
      child.signal('SIGKILL');
      await child.stop();
    }
  }

  #connect(): Client {
    const [frontend = ''] = this.#endpoints;
    if (this.pattern === 'majordomo') {
      const client = MajordomoClient.connect(frontend, this.#options);
      return {
        ask: async (text) => ({ attempts: (await client.request('echo', text)).attempts.length }),
        [Symbol.asyncDispose]: () => client.close(),
      };
    }
    const client = LazyPirateClient.connect(this.pattern === 'lazy' ? this.#endpoints : frontend, this.#options);
    return {
      ask: async (text) => ({ attempts: (await client.request(text)).attempts.length }),
      [Symbol.asyncDispose]: () => client.close(),
    };
  }

  #start(role: Part['role'], endpoints: readonly string[]): Promise<Child> {
    const part: Part = { role, pattern: this.pattern, endpoints, work: WORK_MS, options: this.#options };
    return Child.start('survivor.js', { environment: { PART: JSON.stringify(part) } });
  }

  async #until(holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`${this.pattern}: waited in vain`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

async function freeEndpoints(count: number): Promise<string[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return server;
    }),
  );
  const endpoints = servers.map((server) => `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  for (const server of servers) server.close();
  return endpoints;
}

interface Scenario {
  readonly what: string;
  /** Whom it happens to is there. */
  readonly appliesTo: (pattern: Pattern) => boolean;
  /** For every role. Default: the defaults. */
  readonly options?: object;
  /** Asks, strikes, and resolves with what became of the requests. */
  readonly play: (fleet: Fleet) => Promise<Outcome[]>;
}

/** One request, struck while it is under way; `busy` has it in its hands. */
async function struck(fleet: Fleet, strike: (busy: Child) => unknown): Promise<Outcome[]> {
  const asked = watched(fleet, 'job');
  const busy = await fleet.busyOne();
  const at = performance.now();
  const striking = strike(busy);
  const outcome = await asked(at);
  await striking;
  return [outcome];
}

/** Asks; the answer's time counts from the moment that is said later. */
function watched(fleet: Fleet, text: string): (from: number) => Promise<Outcome> {
  const asked = (fleet.client as Client).ask(text).then(
    ({ attempts }) => ({ attempts, at: performance.now() }),
    (error: unknown) => ({ attempts: (error as { attempts: readonly unknown[] }).attempts.length, at: undefined }),
  );
  return async (from) => {
    const { attempts, at } = await asked;
    return { attempts, milliseconds: at === undefined ? undefined : at - from };
  };
}

/** As many requests, one after another, as there are workers and one more: each worker's turn comes. */
async function aRound(fleet: Fleet): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let turn = 0; turn <= fleet.workers.length; turn++) {
    const at = performance.now();
    outcomes.push(await watched(fleet, `turn ${String(turn)}`)(at));
  }
  // The one that fared worst.
  return [outcomes.reduce((worst, each) => ((each.milliseconds ?? Infinity) > (worst.milliseconds ?? Infinity) ? each : worst))];
}

const EVERYBODY = (): boolean => true;

const SCENARIOS: readonly Scenario[] = [
  {
    what: 'a worker (Lazy: one of two servers) is killed at work',
    appliesTo: EVERYBODY,
    play: (fleet) => struck(fleet, (busy) => busy.signal('SIGKILL')),
  },
  {
    what: 'it freezes at work',
    appliesTo: EVERYBODY,
    play: (fleet) => struck(fleet, (busy) => busy.signal('SIGSTOP')),
  },
  {
    what: `the same, with pings every ${String(PINGS.transportHeartbeatInterval)} ms that must be answered within ${String(PINGS.transportHeartbeatTimeout)} ms`,
    appliesTo: EVERYBODY,
    options: PINGS,
    play: (fleet) => struck(fleet, (busy) => busy.signal('SIGSTOP')),
  },
  {
    what: 'it is killed while idle: the slowest of the next requests',
    appliesTo: EVERYBODY,
    play: (fleet) => {
      fleet.workers[0]?.signal('SIGKILL');
      return aRound(fleet);
    },
  },
  {
    what: 'it freezes while idle: the slowest of the next requests',
    appliesTo: EVERYBODY,
    play: (fleet) => {
      fleet.workers[0]?.signal('SIGSTOP');
      return aRound(fleet);
    },
  },
  {
    what: `the queue or broker is killed under a request, and back after ${String(DOWN_MS)} ms`,
    appliesTo: (pattern) => pattern !== 'lazy',
    play: (fleet) => struck(fleet, () => fleet.restartQueue()),
  },
];

interface Cell {
  readonly pattern: Pattern;
  readonly scenario: string;
  readonly rounds: number;
  readonly answered: number;
  readonly median: number | undefined;
  readonly most: number | undefined;
  readonly attempts: number;
}

async function measure(pattern: Pattern, scenario: Scenario, rounds: number): Promise<Cell> {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`${pattern}: ${scenario.what} (${String(round + 1)} of ${String(rounds)})\n`);
    const fleet = await Fleet.launch(pattern, scenario.options ?? {});
    try {
      outcomes.push(...(await scenario.play(fleet)));
    } finally {
      await fleet.end();
    }
  }
  const times = outcomes.flatMap(({ milliseconds }) => (milliseconds === undefined ? [] : [milliseconds]));
  return {
    pattern,
    scenario: scenario.what,
    rounds,
    answered: times.length,
    median: times.length === 0 ? undefined : Math.round(median(times)),
    most: times.length === 0 ? undefined : Math.round(Math.max(...times)),
    attempts: Math.max(...outcomes.map(({ attempts }) => attempts)),
  };
}

function shown(cell: Cell | undefined): string {
  if (cell === undefined) return '—';
  const attempts = `${String(cell.attempts)} ${cell.attempts === 1 ? 'attempt' : 'attempts'}`;
  if (cell.median === undefined) return `not answered (${attempts})`;
  const lost = cell.answered === cell.rounds ? '' : `, ${String(cell.rounds - cell.answered)} of ${String(cell.rounds)} not answered`;
  return `${String(cell.median)} ms, at most ${String(cell.most)} (${attempts})${lost}`;
}

async function main(): Promise<void> {
  const rounds = countOf('survival', 'rounds', given.rounds);
  const patterns = namesOf('survival', 'only', given.only, PATTERNS);
  const cells: Cell[] = [];
  for (const scenario of SCENARIOS)
    for (const pattern of patterns) if (scenario.appliesTo(pattern)) cells.push(await measure(pattern, scenario, rounds));
  if (given.json) {
    process.stdout.write(`${JSON.stringify({ date: new Date().toISOString(), work: WORK_MS, cells }, undefined, 2)}\n`);
    return;
  }
  const rows = SCENARIOS.map(({ what }) => [
    what,
    ...patterns.map((pattern) => shown(cells.find((cell) => cell.pattern === pattern && cell.scenario === what))),
  ]);
  for (const row of [['what happens', ...patterns], ['---', ...patterns.map(() => '---')], ...rows])
    process.stdout.write(`| ${row.join(' | ')} |\n`);
}

await main();
