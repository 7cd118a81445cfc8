/** Binary Star: the half that serves is killed under load, comes back, and then the other one is killed. See README.md. */
import { EventEmitter, once } from 'node:events';
import { MajordomoClient, RequestError } from 'seaworthy';
import { milliseconds } from '../shared/client.ts';
import { freePort } from '../shared/ports.ts';
import { NotAsPromised, play, type Child, type Story } from '../shared/story.ts';

const REQUESTS = 1000;
/** Requests under way at once, in all. */
const LANES = 8;
/** The primary is killed when so many are answered. */
const FIRST_BLOW = 200;
/** The backup is killed when so many are answered, and not before the primary is back: the requests after them wait for that. */
const SECOND_BLOW = 600;
const AFTER_IT = 800;

type Role = 'primary' | 'backup';

/** Two halves and two workers, each a process of its own. */
class Pair {
  readonly frontends: readonly string[];
  readonly #story: Story;
  readonly #endpoints: readonly string[];
  readonly #halves = new Map<Role, Child>();

  static async start(story: Story): Promise<Pair> {
    const ports = new Set<number>();
    while (ports.size < 4) ports.add(await freePort());
    const pair = new Pair(
      story,
      [...ports].map((port) => `tcp://127.0.0.1:${port}`),
    );
    for (const role of ['primary', 'backup'] as const) pair.#launch(role);
    await story.hear('becameActive', [pair.half('primary')]);
    await story.hear('becamePassive', [pair.half('backup')]);
    for (const name of ['worker-1', 'worker-2']) {
      story.start(name, new URL('worker.js', import.meta.url), name, ...pair.frontends);
      await story.hear('workerRegistered', [pair.half('primary')]);
    }
    return pair;
  }

  private constructor(story: Story, endpoints: readonly string[]) {
    this.#story = story;
    this.#endpoints = endpoints;
    this.frontends = endpoints.slice(0, 2);
  }

  half(role: Role): Child {
    return this.#halves.get(role) as Child;
  }

  /** Starts it again where it was, and resolves when it has found that the other one serves. */
  async restart(role: Role): Promise<void> {
    this.#launch(role);
    await this.#story.hear('becamePassive', [this.half(role)]);
  }

  #launch(role: Role): void {
    const [primary = '', backup = '', primaryPeer = '', backupPeer = ''] = this.#endpoints;
    const place = role === 'primary' ? [primary, primaryPeer, backupPeer] : [backup, backupPeer, primaryPeer];
    this.#halves.set(role, this.#story.start(role, new URL('half.js', import.meta.url), role, ...place));
  }
}

/** What became of the requests. */
interface Tally {
  readonly answered: number;
  /** Of these, so many needed more than one attempt. */
  readonly askedAgain: number;
  readonly lost: number;
  /** Answers that nobody waited for any more. */
  readonly twice: number;
  /** Answered with another's answer. */
  readonly wrong: number;
}

/** All requests, so many at a time, and what became of them. */
class Load {
  readonly done: Promise<unknown>;
  readonly #clients: readonly MajordomoClient[];
  readonly #answered = new Set<number>();
  readonly #news = new EventEmitter();
  #asked = 0;
  #askedAgain = 0;
  #lost = 0;
  #wrong = 0;
  #released = false;

  /** Two clients share the work. */
  constructor(frontends: readonly string[]) {
    this.#clients = [0, 1].map(() => MajordomoClient.connect(frontends, { requestRetries: 10, reconnectInterval: 100 }));
    this.done = Promise.all(Array.from({ length: LANES }, (_, lane) => this.#ask(this.#clients[lane % 2] as MajordomoClient)));
  }

  /** Resolves when so many are answered. */
  async untilAnswered(count: number): Promise<void> {
    while (this.#answered.size < count) await once(this.#news, 'answer');
  }

  /** Resolves with the time of the next answer. */
  async nextAnswer(): Promise<number> {
    await once(this.#news, 'answer');
    return performance.now();
  }

  releaseTheRest(): void {
    this.#released = true;
    this.#news.emit('released');
  }

  /** Closes the clients. Returns what became of the requests. A second answer to one comes as one that nobody waits for any more. */
  async end(): Promise<Tally> {
    const twice = this.#clients.reduce((sum, client) => sum + client.inspect().counters.stale, 0);
    await Promise.all(this.#clients.map((client) => client.close()));
    return { answered: this.#answered.size, askedAgain: this.#askedAgain, lost: this.#lost, twice, wrong: this.#wrong };
  }

  async #ask(client: MajordomoClient): Promise<void> {
    while (this.#asked < REQUESTS) {
      const number = ++this.#asked;
      if (number > AFTER_IT && !this.#released) await once(this.#news, 'released');
      try {
        const { body, attempts } = await client.request('job', String(number));
        if (Number(body[0]) !== number) this.#wrong++;
        if (attempts.length > 1) this.#askedAgain++;
        this.#answered.add(number);
        this.#news.emit('answer');
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        this.#lost++;
      }
    }
  }
}

await play(async (story) => {
  const pair = await Pair.start(story);
  story.say('primary', 'serves; the backup stands by, and two workers know both');
  const load = new Load(pair.frontends);

  await load.untilAnswered(FIRST_BLOW);
  const first = await blow('primary', 'backup');
  await pair.restart('primary');
  story.say('primary', 'started again, and stands by: nothing fails back by itself');

  await load.untilAnswered(SECOND_BLOW);
  const second = await blow('backup', 'primary');
  await load.done;

  const { answered, askedAgain, lost, twice, wrong } = await load.end();
  console.log(`
requests        ${REQUESTS}
answered        ${answered}
asked again     ${String(askedAgain).padStart(4)}
lost             ${lost}
answered twice   ${twice}

from SIGKILL to the next answer: the primary ${first}, the backup ${second}`);
  if (answered !== REQUESTS || lost + twice + wrong > 0)
    throw new NotAsPromised(`${answered} answered, ${lost} lost, ${twice} answered twice, ${wrong} with another's answer`);
  return 'OK: two fail-overs, and every request was answered exactly once.';

  /** Kills the half that serves. Returns how long clients waited. */
  async function blow(victim: Role, heir: Role): Promise<string> {
    const killedAt = performance.now();
    pair.half(victim).kill();
    story.say(victim, 'killed with requests in its hands');
    await story.hear('becameActive', [pair.half(heir)]);
    if (victim === 'backup') load.releaseTheRest();
    // What was on its way when the blow came has arrived long ago.
    const answeredAt = await load.nextAnswer();
    story.say(heir, `serves, and clients have answers again after ${milliseconds(killedAt, answeredAt)}`);
    return milliseconds(killedAt, answeredAt);
  }
});
