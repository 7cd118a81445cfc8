/** Paranoid Pirate: four workers are killed one by one, and the queue in between. See README.md. */
import { LazyPirateClient } from 'seaworthy';
import { ask, milliseconds, type Outcome } from '../shared/client.ts';
import { Crew } from '../shared/crew.ts';
import { NotAsPromised, play, type Child } from '../shared/story.ts';

/** Longer than anything here takes: nothing ends by a timeout. */
const REQUEST_TIMEOUT_MS = 15_000;

await play(async (story) => {
  const crew = await Crew.gather(story, import.meta.url, ['worker-1', 'worker-2', 'worker-3', 'worker-4']);
  story.say('queue', 'listens; four workers are ready');
  // One attempt in all: this client does not ask again.
  const client = LazyPirateClient.connect(crew.frontend, { requestTimeout: REQUEST_TIMEOUT_MS, requestRetries: 1 });
  /** Of all requests; the first one is number 1. */
  const outcomes: Outcome[] = [];
  const figures: string[] = [];

  await askUntil(9);
  const [victim, heir] = await killAWorker();
  story.say(victim.name, 'killed with request 10 in its hands');
  story.say(heir.name, 'answered request 10 (attempts: 1)');
  await askUntil(19);
  const [nextVictim, nextHeir] = await killAWorker();
  story.say(nextVictim.name, 'killed with request 20 in its hands');
  story.say(nextHeir.name, 'answered request 20 (attempts: 1)');
  await askUntil(29);
  await killTheQueue();
  await askUntil(39);
  await killAWorker();
  // Which of the last two was back first, and so has its turn now, is chance.
  story.say('worker', 'one of the last two killed with request 40 in its hands');
  story.say('worker', 'the last one answered request 40 (attempts: 1)');
  await askUntil(44);
  await killTheLastWorker();
  await askUntil(50);

  const stale = client.inspect().counters.stale;
  await client.close();
  const lost = outcomes.filter(({ number }) => number === undefined).length;
  const outOfOrder = outcomes.filter(({ number }, index) => number !== undefined && number !== index + 1).length;
  console.log(`
requests      ${outcomes.length}
replies       ${outcomes.length - lost}
out of order   ${outOfOrder}
lost           ${lost}

from SIGKILL to answer: ${figures.join(', ')}`);
  if (lost + outOfOrder + stale > 0)
    throw new NotAsPromised(`${lost} lost, ${outOfOrder} out of order, ${stale} that nobody had asked for`);
  return 'OK: each request answered, in order.';

  /** Asks one request after another up to this one. Each worker is to answer some of them. */
  async function askUntil(last: number): Promise<void> {
    const first = outcomes.length + 1;
    while (outcomes.length < last) note(await ask(client, outcomes.length + 1), 'replied');
    const by = new Set(outcomes.slice(first - 1).map((outcome) => outcome.by));
    if (by.size !== crew.workers.size)
      throw new NotAsPromised(`${crew.workers.size} workers are there, but only ${[...by].join(', ')} answered`);
    // Of the first four, who is left is chance.
    const who = by.has('worker-5') ? 'worker-5' : by.size === 1 ? 'the last worker' : `${by.size} workers`;
    story.say('client', `requests ${first} to ${last} answered by ${who} (attempts: 1)`);
  }

  /** Kills the worker that gets the next request. The queue gives it to another one. */
  async function killAWorker(): Promise<readonly [victim: Child, heir: Child]> {
    const asked = ask(client, outcomes.length + 1, 'slow');
    const victim = await crew.holder();
    const killedAt = performance.now();
    await crew.kill(victim);
    const heir = await crew.holder();
    heir.tell('goOn');
    const outcome = await asked;
    note(outcome, 'replied');
    figures.push(`a worker ${milliseconds(killedAt, outcome.endedAt)}`);
    return [victim, heir];
  }

  /** With nobody left, the queue keeps the request for the next worker that comes. */
  async function killTheLastWorker(): Promise<void> {
    const number = outcomes.length + 1;
    const asked = ask(client, number, 'slow');
    const victim = await crew.holder();
    const killedAt = performance.now();
    await crew.kill(victim);
    story.say('worker', `the last one killed with request ${number} in its hands`);
    await crew.hire('worker-5');
    (await crew.holder()).tell('goOn');
    const outcome = await asked;
    note(outcome, 'replied');
    figures.push(`the last worker ${milliseconds(killedAt, outcome.endedAt)}`);
    story.say('worker-5', `started, and answered request ${number} (attempts: 1)`);
  }

  /** What the queue had in memory is gone, so this request has to be asked again. */
  async function killTheQueue(): Promise<void> {
    const number = outcomes.length + 1;
    const asked = ask(client, number, 'slow', { requestRetries: 2 });
    await crew.holder();
    const killedAt = performance.now();
    const missed = crew.killQueue();
    story.say('queue', `killed with request ${number}, and started again`);
    await missed;
    await crew.restartQueue();
    await crew.comeBack();
    story.say('workers', 'both came back by themselves');
    (await crew.holder()).tell('goOn');
    const outcome = await asked;
    note(outcome, 'connection-lost, replied');
    figures.push(`the queue ${milliseconds(killedAt, outcome.endedAt)}`);
    story.say('client', `request ${number} asked again and answered (attempts: 2)`);
  }

  function note(outcome: Outcome, attempts: string): void {
    outcomes.push(outcome);
    if (outcome.attempts !== attempts)
      throw new NotAsPromised(`request ${outcomes.length} was to end so: ${attempts}; but it was: ${outcome.attempts}`);
  }
});
