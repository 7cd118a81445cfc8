/** Freelance: a client, three servers and no broker. Two of the servers are killed, one of them under load. See README.md. */
import { FreelanceClient, type FreelanceReply } from 'seaworthy';
import { milliseconds } from '../shared/client.ts';
import { freePort } from '../shared/ports.ts';
import { NotAsPromised, play, type Child, type Story } from '../shared/story.ts';

const LOAD = 200;
const AT_ONCE = 20;
/** The blow falls when so many requests of the load have been answered. */
const BLOW_AFTER = 50;

/** Which servers the client has heard, since it was asked about them last. */
class Alive {
  readonly #heard = new Set<string>();
  #wake: () => void = () => undefined;

  constructor(client: FreelanceClient) {
    client.events.on('serverAlive', ({ endpoint }) => {
      this.#heard.add(endpoint);
      this.#wake();
    });
  }

  async hear(endpoint: string): Promise<void> {
    while (!this.#heard.delete(endpoint)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

await play(async (story) => {
  const ports = new Set<number>();
  while (ports.size < 3) ports.add(await freePort());
  const endpoints = [...ports].map((port) => `tcp://127.0.0.1:${port}`);
  const start = async (index: number): Promise<Child> => {
    const server = story.start(
      `server-${index + 1}`,
      new URL('server.js', import.meta.url),
      `server-${index + 1}`,
      endpoints[index] as string,
    );
    return story.hear('listening', [server]);
  };
  const [first, second, third] = [await start(0), await start(1), await start(2)];

  // A request that is held until the story says so must not be taken for lost, however busy the machine.
  const client = FreelanceClient.connect(endpoints, { requestTimeout: 20_000, deadline: 0 });
  const alive = new Alive(client);
  for (const endpoint of endpoints) await alive.hear(endpoint);
  story.say('client', 'has heard all three servers');
  expectAnswer(story, 1, await client.request(['1', 'quick']), first.name, 'replied');

  const slow = client.request(['2', 'slow']);
  await story.hear('holdsRequest', [first]);
  const killedAt = performance.now();
  first.kill();
  story.say(first.name, 'killed with request 2 in its hands');
  (await story.hear('holdsRequest', [second])).tell('goOn');
  const afterKill = await slow;
  const answeredAt = performance.now();
  expectAnswer(story, 2, afterKill, second.name, 'connection-lost, replied');

  const answered = await underLoad(client, (count) => {
    if (count !== BLOW_AFTER) return;
    second.kill();
    story.say(second.name, `killed under load, ${AT_ONCE} requests at once`);
  });
  const by = new Set(answered.map(({ body }) => String(body[1])));
  if (!by.has(second.name) || !by.has(third.name)) throw new NotAsPromised(`the load was answered by ${[...by].join(', ')} alone`);
  story.say('client', `requests 3 to ${LOAD + 2} answered by ${second.name} and then ${third.name}, each once`);

  await start(0);
  story.say(first.name, 'started again');
  await alive.hear(endpoints[0] as string);
  story.say('client', `has heard ${first.name} again, without a request`);
  expectAnswer(story, LOAD + 3, await client.request([String(LOAD + 3), 'quick']), third.name, 'replied');
  const { requests, replies } = client.inspect().counters;
  await client.close();

  story.say('figures', `from SIGKILL to the answer of request 2: ${milliseconds(killedAt, answeredAt)}`);
  return `OK: ${requests} requests, ${replies} answers.`;
});

/** Numbers that are to come back, some at a time. @throws NotAsPromised when one brings another's answer. */
async function underLoad(client: FreelanceClient, answered: (count: number) => void): Promise<readonly FreelanceReply[]> {
  const replies: FreelanceReply[] = [];
  let next = 3;
  const lane = async (): Promise<void> => {
    while (next < LOAD + 3) {
      const number = next++;
      const reply = await client.request([String(number), 'quick']);
      if (Number(reply.body[0]) !== number) throw new NotAsPromised(`request ${number} was answered with ${String(reply.body[0])}`);
      replies.push(reply);
      answered(replies.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return replies;
}

/** Says how a request was answered, if that is as promised. */
function expectAnswer(story: Story, number: number, { body, attempts }: FreelanceReply, by: string, outcomes: string): void {
  const found = `${String(body[0])} by ${String(body[1])} (${attempts.map(({ outcome }) => outcome).join(', ')})`;
  const promised = `${number} by ${by} (${outcomes})`;
  if (found !== promised) throw new NotAsPromised(`request ${number} was answered with ${found} instead of ${promised}`);
  story.say('client', `request ${number} answered by ${by} (${outcomes})`);
}
