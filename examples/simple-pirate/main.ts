/** Simple Pirate: a queue, three workers and a client. A worker is killed with a request in its hands, then the queue. See README.md. */
import { LazyPirateClient } from 'seaworthy';
import { ask, milliseconds, type Outcome } from '../shared/client.ts';
import { Crew } from '../shared/crew.ts';
import { NotAsPromised, play, type Story } from '../shared/story.ts';

const REQUEST_TIMEOUT_MS = 2500;
/** For a request that is to wait until the queue is there again, however long that takes on a busy machine. */
const PATIENCE_MS = 15_000;

await play(async (story) => {
  const crew = await Crew.gather(story, import.meta.url, ['worker-1', 'worker-2', 'worker-3']);
  story.say('queue', 'listens; three workers are ready');
  const client = LazyPirateClient.connect(crew.frontend, { requestTimeout: REQUEST_TIMEOUT_MS, requestRetries: 3 });
  for (const number of [1, 2]) expectAnswer(story, number, await ask(client, number), 'replied', `worker-${number}`);

  const third = ask(client, 3, 'slow');
  const victim = await crew.holder();
  const workerKilledAt = performance.now();
  const noticed = crew.kill(victim);
  story.say(victim.name, 'killed with request 3 in its hands');
  await noticed;
  story.say('queue', 'noticed, gave request 3 up and told nobody');
  (await crew.holder()).tell('goOn');
  const afterWorker = await third;
  expectAnswer(story, 3, afterWorker, 'timed-out, replied', 'worker-1');
  expectAnswer(story, 4, await ask(client, 4), 'replied', 'worker-2');

  const fifth = ask(client, 5, 'slow', { requestTimeout: PATIENCE_MS });
  const orphan = await crew.holder();
  const queueKilledAt = performance.now();
  const missed = crew.killQueue();
  story.say('queue', `killed while ${orphan.name} was at work on request 5`);
  await missed;
  story.say('workers', 'both noticed');
  await crew.restartQueue();
  story.say('queue', 'started again on the same ports; it knows nobody');
  await crew.comeBack();
  story.say('workers', 'both came back by themselves');
  const first = await crew.holder();
  first.tell('goOn');
  const afterQueue = await fifth;
  // Which of the two was back first is chance; from then on they take turns.
  const [second] = [...crew.workers].filter((worker) => worker !== first).map(({ name }) => name);
  expectAnswer(story, 5, afterQueue, 'connection-lost, replied', first.name, 'one of them');
  expectAnswer(story, 6, await ask(client, 6), 'replied', second, 'the other one');
  expectAnswer(story, 7, await ask(client, 7), 'replied', first.name, 'the first one');
  await client.close();

  const [worker, queue] = [milliseconds(workerKilledAt, afterWorker.endedAt), milliseconds(queueKilledAt, afterQueue.endedAt)];
  story.say('figures', `from SIGKILL to answer: ${worker} after the worker's, ${queue} after the queue's`);
  return 'OK: seven requests, seven answers.';
});

/** Says how a request was answered, if that is as promised. `who`: in words, where the name is chance. */
function expectAnswer(story: Story, number: number, outcome: Outcome, attempts: string, by: string | undefined, who = by): void {
  const found = `${outcome.number ?? 'nothing'} by ${outcome.by} (${outcome.attempts})`;
  const promised = `${number} by ${by} (${attempts})`;
  if (found !== promised) throw new NotAsPromised(`request ${number} was answered with ${found} instead of ${promised}`);
  story.say('client', `request ${number} answered by ${who} (${attempts})`);
}
