/** The page on the Binary Star tells what the explorer finds in the Guide's table. With `UPDATE_DOCUMENTS=1` it is written anew instead. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explore, tellCounterExample, type CounterExample } from '../../src/simulation/explore.ts';
import { lateWords, W22, W23, W24, type Weakness } from '../binary-star/weaknesses.ts';
import { root, textOf } from './documents.ts';

const PAGE = 'docs/patterns/binary-star.md';
const BEGINS = '<!-- weaknesses -->\n\n';
const ENDS = '\n<!-- /weaknesses -->';

async function tell({ told, model }: Weakness): Promise<string> {
  const { counterExample } = await explore(model);
  return `${told}\n\n\`\`\`text\n${tellCounterExample(counterExample as CounterExample<string>)}\n\`\`\`\n`;
}

test('the stories of what is weak in the Guide’s table are those that the explorer finds', async () => {
  const stories: string[] = [];
  for (const weakness of [lateWords, W22, W23, W24]) stories.push(await tell(weakness));
  const told = stories.join('\n');
  const page = textOf(PAGE);
  const start = page.indexOf(BEGINS) + BEGINS.length;
  const end = page.indexOf(ENDS);
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(root + PAGE, page.slice(0, start) + told + page.slice(end));
  else expect(page.slice(start, end)).toBe(told);
});
