/**
 * `npm run docs:charts`: writes the charts of every machine into the documents, between `<!-- chart:NAME:mermaid -->` (or
 * `matrix`, `timers`) and `<!-- /chart -->`. With `--check` it writes nothing and fails when a chart is stale, a marker names
 * no machine, a machine is not in `src/machines.ts`, or an action or guard has no name to be drawn with.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { machines } from 'seaworthy/machines';
import { isMachine, namelessParts, rewriteCharts } from './chart-blocks.ts';

const checkOnly = process.argv.includes('--check');
const problems: string[] = [];

for (const machine of Object.values(machines)) problems.push(...namelessParts(machine));

for (const file of filesBelow('dist', '.machine.js')) {
  const module = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  for (const value of Object.values(module)) {
    if (isMachine(value) && machines[value.name] !== value) problems.push(`${file}: ${value.name} is not in src/machines.ts`);
  }
}

for (const file of ['README.md', ...filesBelow('docs', '.md')]) {
  const text = readIfThere(file);
  if (text === undefined) continue;
  const result = rewriteCharts(text, machines);
  problems.push(...result.problems.map((problem) => `${file}: ${problem}`));
  if (result.text === text) continue;
  if (checkOnly) problems.push(`${file}: a chart is stale: npm run docs:charts`);
  else {
    writeFileSync(file, result.text);
    console.log(`${file}: charts rewritten`);
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(folder, file));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
