/**
 * `npm run failover`: how long a Binary Star takes to fail over, as its clients see it, and what they lose by it. Two halves with default
 * options, each a process of its own, are killed or frozen in turn under load; docs/patterns/binary-star.md shows a run.
 */
import { createServer, type AddressInfo } from 'node:net';
import { BinaryStarClient, type BinaryStarOptions, type StarRole } from 'seaworthy/binary-star';
import { Child } from './child.ts';
import type { HalfPart } from './star-half.ts';
import { median } from './statistics.ts';
import { countOf, wordsOf } from './words.ts';

const HELP = `npm run failover -- [options]

Has a pair of servers fail over again and again while clients ask, and prints the time from the blow to the first answer of the other
half, the requests that were lost, and those that were answered twice. Ends with 0 if none was, and with 1 otherwise.

  --rounds <n>  fail-overs of each kind (default 20)
  --json        the result as one JSON document
  --help        this text
`;

const given = wordsOf('failover', HELP, {
  rounds: { type: 'string', default: '20' },
  json: { type: 'boolean', default: false },
});

/** How long a request takes, in ms. */
const WORK_MS = 5;
const CLIENTS = 2;
/** Requests of each client that are under way at once. */
const LANES = 4;
/** Load before and after each blow, in ms. */
const QUIET_MS = 300;

interface Blow {
  readonly what: string;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  readonly options: BinaryStarOptions;
}

const BLOWS: readonly Blow[] = [
  { what: 'SIGKILL', signal: 'SIGKILL', options: {} },
  { what: 'SIGKILL, `deathHint: false`', signal: 'SIGKILL', options: { deathHint: false } },
  { what: 'SIGSTOP', signal: 'SIGSTOP', options: {} },
];

/** What clients saw of the fail-overs of one kind. */
interface Row {
  readonly what: string;
  readonly failovers: number;
  readonly requests: number;
  readonly lost: number;
  /** Answers beyond the first of a request, and answers of an epoch that was over. */
  readonly twice: number;
  readonly median: number;
  readonly worst: number;
}

const otherOf = (role: StarRole): StarRole => (role === 'primary' ? 'backup' : 'primary');
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

class Pair {
  readonly #options: BinaryStarOptions;
  readonly #ports: readonly number[];
  readonly #halves = new Map<StarRole, Child>();

  private constructor(options: BinaryStarOptions, ports: readonly number[]) {
    this.#options = options;
    this.#ports = ports;
  }

  static async launch(options: BinaryStarOptions): Promise<Pair> {
    const pair = new Pair(options, await freePorts(4));
    await Promise.all([pair.start('primary'), pair.start('backup')]);
    await pair.settle('primary');
    return pair;
  }

  get frontends(): readonly string[] {
    return [this.#at(0), this.#at(1)];
  }

  half(role: StarRole): Child {
    return this.#halves.get(role) as Child;
  }

  async start(role: StarRole): Promise<void> {
    const [frontends, listen, connect] = (role === 'primary' ? [0, 2, 3] : [1, 3, 2]).map((index) => this.#at(index)) as [
      string,
      string,
      string,
    ];
    const part: HalfPart = { place: { role, frontends, peer: { listen, connect } }, options: this.#options, work: WORK_MS };
    this.#halves.set(role, await Child.start('star-half.js', { environment: { PART: JSON.stringify(part) } }));
  }

  /** Resolves when `active` serves and knows that the other one stands by. */
  async settle(active: StarRole): Promise<void> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const [state, peer] = [await this.half(active).ask<string>('state'), await this.half(active).ask<string>('peer')];
      if (state === 'active' && peer === 'passive' && (await this.half(otherOf(active)).ask<string>('state')) === 'passive') return;
      if (performance.now() > deadline) throw new Error(`the ${active} is ${state}, and its peer ${peer}`);
      await pause(20);
    }
  }

  async end(): Promise<void> {
    for (const half of this.#halves.values()) {
      half.signal('SIGCONT');
      half.signal('SIGKILL');
      await half.stop();
    }
  }

  #at(index: number): string {
    return `tcp://127.0.0.1:${String(this.#ports[index])}`;
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** One client's requests, one after another on each of its lanes, until it is told to stop. */
class Load {
  readonly #client: BinaryStarClient;
  readonly #lanes: Promise<unknown>;
  readonly #answered = new Map<string, number>();
  #asked = 0;
  #lost = 0;
  #outdated = 0;
  #epoch = 0;
  #stopped = false;
  #waiting: { readonly by: StarRole; readonly answered: (at: number) => void } | undefined;

  constructor(frontends: readonly string[]) {
    this.#client = BinaryStarClient.connect(frontends, { maxSockets: LANES });
    this.#lanes = Promise.all(Array.from({ length: LANES }, () => this.#lane()));
  }

  /** Resolves with the time of the next answer of `by`. */
  firstAnswerOf(by: StarRole): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting = { by, answered: resolve };
    });
  }

  async end(): Promise<Pick<Row, 'requests' | 'lost' | 'twice'>> {
    this.#stopped = true;
    await this.#lanes;
    const { stale } = this.#client.inspect().counters;
    await this.#client.close();
    const repeated = [...this.#answered.values()].reduce((sum, times) => sum + times - 1, 0);
    const { size } = this.#answered;
    if (size + this.#lost !== this.#asked) throw new Error('a request has no outcome');
    return { requests: this.#asked, lost: this.#lost, twice: repeated + stale + this.#outdated };
  }

  async #lane(): Promise<void> {
    while (!this.#stopped) {
      const number = String(++this.#asked);
      try {
        const { body } = await this.#client.request(number);
        this.#note(String(body[0]), Number(String(body[1])), String(body[2]));
      } catch (error) {
        this.#lost++;
        process.stderr.write(`${String(error)}\n`);
      }
    }
  }

  #note(by: string, epoch: number, number: string): void {
    this.#answered.set(number, (this.#answered.get(number) ?? 0) + 1);
    if (epoch < this.#epoch) this.#outdated++;
    this.#epoch = Math.max(this.#epoch, epoch);
    if (this.#waiting?.by !== by) return;
    this.#waiting.answered(performance.now());
    this.#waiting = undefined;
  }
}

async function measure({ what, signal, options }: Blow, rounds: number): Promise<Row> {
  const pair = await Pair.launch(options);
  const loads = Array.from({ length: CLIENTS }, () => new Load(pair.frontends));
  const times: number[] = [];
  try {
    let active: StarRole = 'primary';
    for (let round = 1; round <= rounds; round++) {
      process.stderr.write(`${what} (${String(round)} of ${String(rounds)})\n`);
      // Not always at the same moment between two heartbeats.
      await pause(QUIET_MS + 500 * Math.random());
      const heir = otherOf(active);
      const struckAt = performance.now();
      const answered = loads.map((load) => load.firstAnswerOf(heir));
      pair.half(active).signal(signal);
      times.push(...(await Promise.all(answered)).map((at) => at - struckAt));
      await pause(QUIET_MS);
      if (signal === 'SIGSTOP') pair.half(active).signal('SIGCONT');
      else await pair.start(active);
      await pair.settle(heir);
      active = heir;
    }
    const ends = await Promise.all(loads.map((load) => load.end()));
    const sum = (of: 'requests' | 'lost' | 'twice'): number => ends.reduce((all, each) => all + each[of], 0);
    const figures = { median: Math.round(median(times)), worst: Math.round(Math.max(...times)) };
    return { what, failovers: rounds, requests: sum('requests'), lost: sum('lost'), twice: sum('twice'), ...figures };
  } finally {
    await pair.end();
  }
}

async function main(): Promise<void> {
  const rounds = countOf('failover', 'rounds', given.rounds);
  const rows: Row[] = [];
  for (const blow of BLOWS) rows.push(await measure(blow, rounds));
  if (given.json) process.stdout.write(`${JSON.stringify({ date: new Date().toISOString(), work: WORK_MS, rows }, undefined, 2)}\n`);
  else {
    const head = ['what happens to the active half', 'fail-overs', 'requests', 'lost', 'answered twice', 'median', 'worst'];
    process.stdout.write(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}\n`);
    for (const { what, failovers, requests, lost, twice, median: middle, worst } of rows)
      process.stdout.write(`| ${[what, failovers, requests, lost, twice, `${String(middle)} ms`, `${String(worst)} ms`].join(' | ')} |\n`);
  }
  if (rows.some(({ lost, twice }) => lost + twice > 0)) process.exitCode = 1;
}

await main();
