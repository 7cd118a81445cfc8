/** Every story is played, and its text compared to the letter. `npm run stories:rewrite` writes what really happens. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { StoryUnplayable, playStory } from '../../src/testkit.ts';

const here = fileURLToPath(new URL('./', import.meta.url));
const stories = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.story'))
  .sort();

const rewrite = process.env['SEAWORTHY_REWRITE'] === '1';
if (rewrite && (process.env['CI'] ?? '') !== '')
  throw new Error('stories are not rewritten in CI: what happens there must be what is written');

test.each(stories)('%s: everything happens as it is written', async (file) => {
  const written = readFileSync(here + file, 'utf8');
  let played: string;
  try {
    played = await playStory(written);
  } catch (error) {
    if (error instanceof StoryUnplayable) throw new Error(`test/stories/${file}:${error.message.replace('line ', '')}`, { cause: error });
    throw error;
  }
  if (rewrite) writeFileSync(here + file, played);
  else expect(played, `${file} is told otherwise; "npm run stories:rewrite" writes what really happens`).toBe(written);
});
