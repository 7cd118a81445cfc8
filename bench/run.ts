/**
 * `npm run bench`: what our Majordomo broker costs, beside brokers that do less and other ways to ask a question of another process, all
 * in one run on one machine. docs/performance.md says what each row means.
 */
import { writeFileSync } from 'node:fs';
import { Bench, machine, readable, type Result, type Section, type Table } from './report.ts';
import { brokers } from './sections/brokers.ts';
import { depth } from './sections/depth.ts';
import { endToEnd } from './sections/end-to-end.ts';
import { idle } from './sections/idle.ts';
import { depthInProcess, idleInProcess } from './sections/in-process.ts';
import { kernel } from './sections/kernel.ts';
import { recovery } from './sections/recovery.ts';
import { depthOverZmtp, idleOverZmtp, peerMemory } from './sections/scale.ts';
import { traffic } from './sections/traffic.ts';
import { picture } from './svg.ts';
import { namesOf, wordsOf } from './words.ts';

const SECTIONS: readonly Section[] = [
  { name: 'brokers', measure: brokers },
  { name: 'traffic', measure: traffic },
  { name: 'end-to-end', measure: endToEnd },
  { name: 'idle', measure: idle },
  { name: 'idle-in-process', measure: idleInProcess },
  { name: 'depth', measure: depth },
  { name: 'depth-in-process', measure: depthInProcess },
  { name: 'peers', measure: peerMemory },
  { name: 'idle-zmtp', measure: idleOverZmtp },
  { name: 'depth-zmtp', measure: depthOverZmtp },
  { name: 'recovery', measure: recovery },
  { name: 'kernel', measure: kernel },
];

const PLOT = 'docs/performance.svg';

const HELP = `npm run bench -- [options]

Compares seaworthy's Majordomo broker with others over real sockets, in alternating slices, and measures how it scales. Progress goes to
stderr, the result to stdout. Ends with 0 unless a measurement broke, after which the others go on; a goal that is missed is printed,
not punished. What cannot be measured here is left out, and said.

  --quick          smaller sizes, fewer slices: some minutes, for a first impression only; all of it takes not quite half an hour
  --json           the result as one JSON document
  --only <rows>    comma-separated: ${SECTIONS.map(({ name }) => name).join(', ')}
  --plot <file>    where to draw the charts of what was measured, as SVG; all of it, measured in full, is drawn into docs/performance.svg
  --peers <folder> where packages of optional rows are installed: npm install --no-save --prefix <folder> @nats-io/transport-node
                   moleculer undici @grpc/grpc-js; default: the environment variable BENCH_PEERS
  --help           this text
`;

const given = wordsOf('bench', HELP, {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  only: { type: 'string' },
  plot: { type: 'string' },
  peers: { type: 'string', default: process.env['BENCH_PEERS'] ?? '' },
});

await main();

async function main(): Promise<void> {
  const wanted = namesOf(
    'bench',
    'only',
    given.only,
    SECTIONS.map(({ name }) => name),
  );
  const begin = performance.now();
  const bench = new Bench(given.quick, given.peers || undefined);
  const tables: Table[] = [];
  for (const section of SECTIONS) {
    if (!wanted.includes(section.name)) continue;
    try {
      const table = await section.measure(bench);
      if (table !== undefined) tables.push(table);
    } catch (error) {
      bench.broke(section.name, error);
    }
  }
  const { quick, goals, leftOut, broken } = bench;
  const seconds = (performance.now() - begin) / 1000;
  const result: Result = { date: new Date().toISOString(), machine: machine(), quick, seconds, tables, goals, leftOut, broken };
  if (broken.length > 0) process.exitCode = 1;
  const plot = given.plot ?? (given.only === undefined && !quick ? PLOT : undefined);
  const drawn = picture(result);
  if (plot !== undefined && drawn !== undefined) writeFileSync(plot, drawn);
  process.stdout.write(given.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${readable(result)}\n`);
}
