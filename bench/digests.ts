/** The digests of some simulated runs, as one JSON object: what two versions of Node must agree on. */
import { scenarios } from 'seaworthy/testkit';

const seeds = Number(process.argv[2] ?? 20);
const digests: Record<string, string> = {};
for (const simulation of Object.values(scenarios).flat())
  for (let seed = 1; seed <= seeds; seed++) digests[`${simulation.name}/${seed}`] = (await simulation.run(seed)).digest;
process.stdout.write(`${JSON.stringify(digests)}\n`);
