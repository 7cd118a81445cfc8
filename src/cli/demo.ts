/** `seaworthy demo`: runs an example that comes with the package, as a process of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Arguments } from './arguments.ts';
import { nearest } from './arguments.ts';
import type { Command } from './command.ts';
import { UsageError } from './failures.ts';

export const demo: Command = {
  name: 'demo',
  summary: 'run an example that comes with the package',
  usage: 'EXAMPLE [options of the example]',
  description: `binary-star-failover  the half of a pair that serves is killed, comes back, and the other is killed; every request is answered once
freelance-pool        two of three servers are killed, one of them under load; the client asks the others, and there is no broker
kill-a-worker         a worker is killed with a request in its hands, and the request is answered nevertheless
lazy-pirate           a server is overloaded, crashes, comes back and stays away; its client asks again, and gives up at last
paranoid-pirate       workers are killed one by one, and the queue among them; the client asks again only for the queue
simple-pirate         a worker and then the queue are killed; the client asks again, and the workers come back`,
  options: [],
  passesOn: true,
  run: (given) => show(given),
};

const EXAMPLES: readonly string[] = [
  'binary-star-failover',
  'freelance-pool',
  'kill-a-worker',
  'lazy-pirate',
  'paranoid-pirate',
  'simple-pirate',
];

async function show({ positionals }: Arguments): Promise<number> {
  const [name, ...rest] = positionals;
  if (name === undefined) throw new UsageError(`which example? There are ${EXAMPLES.join(', ')}`);
  if (!EXAMPLES.includes(name)) {
    const near = nearest(name, EXAMPLES);
    throw new UsageError(`there is no example ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  const path = fileURLToPath(new URL(`../examples/${name}/main.js`, import.meta.url));
  if (!existsSync(path)) throw new UsageError(`the example is not built: there is no ${path}`);
  return exitCodeOfNode([path, ...rest]);
}

/** Runs Node on `words`, its signals passed on; a terminal sends them to both of us. */
function exitCodeOfNode(words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  process.on('SIGTERM', (signal) => child.kill(signal));
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
