/** The tables of failures and the stories tell of the same things: no row without a story, and no story without a row that links to it. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { playStory, readStoryHead } from '../../src/testkit.ts';
import { codeBlocks, root, tableBelow, textOf } from './documents.ts';

const patterns = ['lazy-pirate', 'simple-pirate', 'paranoid-pirate', 'majordomo', 'binary-star', 'freelance'];

describe.each(patterns)('docs/patterns/%s.md', (pattern) => {
  const folder = `test/stories/${pattern}/`;
  const stories = readdirSync(root + folder)
    .sort()
    .map((file) => ({ file: folder + file, head: readStoryHead(readFileSync(root + folder + file, 'utf8')) }));
  const rows = tableBelow(`docs/patterns/${pattern}.md`, '## Failures').map((cells) => ({
    failure: cells[0] ?? '',
    linked: [...(cells.at(-1) ?? '').matchAll(/\]\(\.\.\/\.\.\/(test\/stories\/[^)]+)\)/g)].map(([, file]) => file),
  }));

  test('every failure has a story', () => {
    const told = new Set(stories.flatMap(({ head }) => head.failures));
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.map(({ failure }) => failure).filter((failure) => !told.has(failure))).toEqual([]);
  });

  test('every story is of this pattern, and tells of a failure that is listed', () => {
    const listed = new Set(rows.map(({ failure }) => failure));
    const astray = stories.filter(
      ({ head }) => head.pattern !== pattern || head.failures.length === 0 || head.failures.some((failure) => !listed.has(failure)),
    );
    expect(astray).toEqual([]);
  });

  test.each(rows)('the row "$failure" links to its stories, in the order of their names, and to no others', ({ failure, linked }) => {
    const told = stories.filter(({ head }) => head.failures.includes(failure)).map(({ file }) => file);
    expect(linked).toEqual(told);
  });
});

test('no story is about a pattern without a page', () => {
  expect(
    readdirSync(`${root}test/stories`, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !patterns.includes(entry.name)),
  ).toEqual([]);
});

test('the story that is shown whole is as it is played', () => {
  expect(textOf('docs/TESTING.md')).toContain('```story\n' + textOf('test/stories/majordomo/a-worker-dies-at-work.story') + '```\n');
});

test('the list of commands is complete', async () => {
  const refused: unknown = await playStory('A title\n\nPattern: majordomo\n\nProse.\n\nnonsense\n').catch((error: unknown) => error);
  const commands = (refused as Error).message
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  expect(commands.length).toBeGreaterThan(20);
  expect(codeBlocks('docs/TESTING.md', 'text').map(({ code }) => code)).toContain(commands.join('\n') + '\n');
});
