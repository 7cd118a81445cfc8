/** Lazy Pirate: a client, and a server that is overloaded, crashes, is started again, and at last stays away. See README.md. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LazyPirateClient, RequestAbandoned, type AttemptRecord } from 'seaworthy';

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const REQUESTS = 6;
/** What the attempts of each request are to come to. */
const EXPECTED = [
  'replied',
  'replied',
  'timed-out, replied',
  'replied',
  'connection-lost, replied',
  'connection-lost, timed-out, timed-out',
];

let server: ChildProcess;

/** Starts the server and resolves with where it listens. Its second life ends the supervision: nobody starts it again. */
async function start(endpoint: string, life: 1 | 2): Promise<string> {
  server = fork(SERVER, [endpoint, String(life)]);
  server.once('exit', (_code, signal) => {
    if (signal !== 'SIGKILL') return;
    console.log(life === 1 ? 'server    crashed; a new one is started' : 'server    crashed again; nobody starts another one');
    if (life === 1) void start(address, 2);
  });
  const [message] = (await once(server, 'message')) as [{ readonly endpoint: string }];
  server.on('message', ({ overloadedBy }: { readonly overloadedBy?: string }) => {
    if (overloadedBy !== undefined) console.log(`server    overloaded by request ${overloadedBy}`);
  });
  return message.endpoint;
}

if (process.argv.length > 2) {
  console.error('This example takes no options; examples/lazy-pirate/README.md says what it does.');
  process.exit(2);
}

const outcomesOf = (attempts: readonly AttemptRecord[]): string => attempts.map((attempt) => attempt.outcome).join(', ');

const address = await start('tcp://127.0.0.1:*', 1);
const client = LazyPirateClient.connect(address, { requestTimeout: 2500, requestRetries: 3 });
const outcomes: string[] = [];
for (let number = 1; number <= REQUESTS; number++) {
  try {
    const reply = await client.request(String(number));
    if (String(reply.body[0]) !== String(number)) throw new Error(`request ${number} was answered with ${String(reply.body[0])}`);
    outcomes.push(outcomesOf(reply.attempts));
    console.log(`client    request ${number} answered (${outcomes.at(-1)})`);
  } catch (error) {
    if (!(error instanceof RequestAbandoned)) throw error;
    outcomes.push(outcomesOf(error.attempts));
    console.log(`client    request ${number} abandoned (${outcomes.at(-1)}); it ${error.mayHaveRun ? 'may have run' : 'has not run'}`);
  }
}
const left = client.inspect().sockets;
await client.close();
if (server!.connected) server!.disconnect();

const asExpected = outcomes.join('; ') === EXPECTED.join('; ') && left === 0;
console.log(asExpected ? 'OK: five answers, one request abandoned, no connection left.' : `NOT AS EXPECTED: ${EXPECTED.join('; ')}`);
process.exitCode = asExpected ? 0 : 1;
