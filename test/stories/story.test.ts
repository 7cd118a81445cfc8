/** The player of stories: what it says of a story that it cannot play, and how it tells what came of one. */
import { expect, test } from 'vitest';
import { FAULT_OPS, Random, describeFault, drawFaults, playStory, readStoryHead } from '../../src/testkit.ts';

const head = 'A title\n\nPattern: majordomo\nFailure: a row\n\nSome prose.\n\n';

test('a line that is no command is refused with its number and the list of commands', async () => {
  const story = `${head}the broker listens\n\nthe broker sings\n`;
  await expect(playStory(story)).rejects.toMatchObject({ code: 'STORY_UNPLAYABLE', line: 10 });
  await expect(playStory(story)).rejects.toThrow(/^line 10: "the broker sings" is not a command[^]*\{node\} crashes/);
});

test.each([
  ['worker one crashes\n', 8, 'there is no worker one yet'],
  ['the queue listens\n', 8, 'there is no queue in this pattern'],
  ['the broker listens\n\nthe broker listens\n', 10, 'broker is there already'],
  ['the broker listens, with busyLimit\n', 8, '"busyLimit" is not an option and its value'],
  ['the broker listens, with busyLimits 4\n', 8, 'busyLimits'],
  ['the broker listens\n10 ms pass\n', 9, 'must stand alone'],
  ['the broker listens\n\nworker one offers echo\n\nworker one answers\n', 12, 'worker one has no request to work on'],
  ['the primary listens\n', 8, 'there is no primary in this pattern'],
  ['client one connects to the broker\n\nclient one forgets server one\n', 10, 'client one is not a client whose servers may change'],
  ['the broker listens\n\nthe broker is told to serve\n', 10, 'broker is not a half of a pair'],
])('%j cannot be played', async (script, line, why) => {
  const played = playStory(head + script);
  await expect(played).rejects.toMatchObject({ line });
  await expect(played).rejects.toThrow(why);
});

test('a story without its parts is refused', async () => {
  await expect(playStory('A title\n\nPattern: majordomo\n')).rejects.toThrow('a story has a title');
  expect(() => readStoryHead('A title\n\nPattern: titanic\n\nProse.\n\n10 ms pass\n')).toThrow('"titanic" is not one of the patterns');
  expect(() => readStoryHead('A title\n\nSeeds: 2\n\nProse.\n\n10 ms pass\n')).toThrow('Fields are: Pattern, Failure, Seed');
});

test('what was written below a command is replaced by what happens', async () => {
  const played = await playStory(`${head}the broker listens\n       7  broker  sings\n\n# Nobody is there.\n100 ms pass\n`);
  expect(played).toBe(
    `${head}the broker listens\n         0  broker        listens\n\n# Nobody is there.\n100 ms pass\n            nothing\n`,
  );
  expect(await playStory(played)).toBe(played);
});

test('heartbeats are summed up to the last one: those that arrive, and those that do not', async () => {
  const played = await playStory(
    `${head}the broker listens, with transportHeartbeatInterval 0\nworker one offers echo, with transportHeartbeatInterval 0\n\n2600 ms pass\n\nnothing passes from worker one to the broker\n\n5000 ms pass\n`,
  );
  const [, , still, , deaf] = played.split(/\n\n(?=\w)/).slice(2);
  expect(still).toMatch(/^2600 ms pass\n {12}\(1 heartbeat each way between .*\)$/);
  expect(deaf).toContain('(2 heartbeats from worker one to the broker: 2 sent, 0 heard)');
  expect(deaf).toContain('(2 heartbeats from the broker to worker one)');
});

test('a pair that speaks as the Guide’s servers do is told in the words of their digits', async () => {
  const stars = head.replace('majordomo', 'binary-star');
  const played = await playStory(
    `${stars}the primary listens, with mode classic\nthe backup listens, with mode classic\nclient one connects to backup, with mode classic\neverybody answers at once from now on\n\n2100 ms pass\n\nthe primary crashes\n\n2100 ms pass\n\nclient one asks: "hello"\n\nthe backup is told to serve\n`,
  );
  expect(played).toContain('hears BACKUP from the backup; serves, without an epoch: peer-waiting');
  expect(played).toMatch(/backup +hears the request "hello" from client one; serves, without an epoch: peer-silent/);
  expect(played).toContain('has the answer of the backup to "hello": "HELLO" (attempt replied)');
  expect(played).toContain('cannot activate while classic: the Guide’s table has no such arrow');
});

test.each(FAULT_OPS)('a fault of the kind %s that a simulation describes is a command', async (op) => {
  for (const seed of ['1', '2', '3', '4']) {
    const [fault] = drawFaults(new Random(seed), ['broker', 'worker one'], 1000, { ops: [op], most: 1 });
    if (fault === undefined) throw new Error('no fault was drawn');
    const story = `${head}the broker listens\nworker one offers echo\n\n${describeFault(fault)}\n\n30000 ms pass\n`;
    const played = await playStory(story);
    expect(await playStory(played)).toBe(played);
  }
});
