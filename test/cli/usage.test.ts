import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandLine } from '../../src/cli/command-line.ts';
import { EXIT } from '../../src/cli/failures.ts';

const page = readFileSync('docs/cli.md', 'utf8');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command that opens no socket, in this process. */
async function run(...words: readonly string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said): { write(text: string | Uint8Array): void; on(): void } => ({
    write: (text) => {
      said[name] += String(text);
    },
    on: () => undefined,
  });
  const code = await commandLine(words, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...said };
}

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
  [[]],
  [['broker']],
  [['queue']],
  [['star']],
  [['worker']],
  [['call']],
  [['services']],
  [['freelance']],
  [['sim']],
  [['explore']],
  [['demo']],
])('%j --help explains itself on standard output, and docs/cli.md shows it as it is', async (words) => {
  const { code, stdout, stderr } = await run(...words, '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: ${['seaworthy', ...words].join(' ')}`);
  expect(page).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
});

test.each([
  { words: [], says: 'seaworthy: which command? There are broker, queue, star, worker, call, services, freelance, sim, explore, demo' },
  { words: ['brokr'], says: 'seaworthy: unknown command "brokr"; did you mean broker?' },
  { words: ['call', '--tiemout', '5', 'echo'], says: 'seaworthy call: unknown option --tiemout; did you mean --timeout?' },
  { words: ['call', 'echo', '-5'], says: 'seaworthy call: unknown option -5; what begins with a dash and is not an option goes behind --' },
  { words: ['call', 'echo', '--timeout'], says: 'seaworthy call: --timeout needs a value: --timeout MS' },
  { words: ['call', 'echo', '--timeout', '--verbose'], says: 'seaworthy call: --timeout needs a value: --timeout MS' },
  { words: ['call', 'echo', '--timeout', 'soon'], says: 'seaworthy call: --timeout must be a number, not "soon"' },
  { words: ['call', 'echo', '--timeout', '-5'], says: 'seaworthy call: INVALID_OPTION: --timeout must be a number of at least 1, not -5' },
  {
    words: ['call', 'echo', '--count', '1.5'],
    says: 'seaworthy call: INVALID_OPTION: --count must be a whole number of at least 1, not 1.5',
  },
  { words: ['call'], says: 'seaworthy call: which service?' },
  { words: ['queue'], says: 'seaworthy queue: which queue? simple or paranoid' },
  { words: ['queue', 'paranoic'], says: 'seaworthy queue: there is no queue "paranoic"; did you mean paranoid?' },
  { words: ['queue', 'lazy'], says: 'seaworthy queue: there is no queue "lazy"; there are simple and paranoid' },
  { words: ['queue', 'simple', 'twice'], says: 'seaworthy queue: unexpected "twice"' },
  {
    words: ['queue', 'simple', '--heartbeat-interval', '10'],
    says: 'seaworthy queue: --heartbeat-interval does not go with a simple queue',
  },
  {
    words: ['queue', 'paranoid', '--frontend', 'nowhere'],
    says: 'seaworthy queue: INVALID_ENDPOINT: "nowhere" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  {
    words: ['queue', 'paranoid', '--heartbeat-liveness', '0'],
    says: 'seaworthy queue: INVALID_OPTION: --heartbeat-liveness must be a number of at least 1, not 0',
  },
  { words: ['star'], says: 'seaworthy star: which half of the pair? --primary or --backup' },
  { words: ['star', '--primary', '--backup'], says: 'seaworthy star: which half of the pair? --primary or --backup' },
  { words: ['star', '--primary', '--serve', 'simple'], says: 'seaworthy star: --serve must be majordomo or echo, not "simple"' },
  {
    words: ['star', '--primary', '--serve', 'echo', '--exec', 'cat'],
    says: 'seaworthy star: --exec does not go with --serve: it is a server of its own',
  },
  {
    words: ['star', '--backup', '--mode', 'classic', '--activate'],
    says: 'seaworthy star: --activate does not go with --mode classic',
  },
  {
    words: ['star', '--backup', '--peer-connect', 'tcp://127.0.0.1:5004'],
    says: 'seaworthy star: --peer-connect is where the other half listens, not this one',
  },
  {
    words: ['star', '--backup', '--drain-timeout', '-1'],
    says: 'seaworthy star: INVALID_OPTION: --drain-timeout must be a number of at least 0, not -1',
  },
  {
    words: ['star', '--backup', '--hint-delay', '3000'],
    says: 'seaworthy star: INVALID_OPTION: --hint-delay must be a number of at least 0 and at most 2000, not 3000',
  },
  {
    words: ['star', '--primary', '--failover-timeout', '1000'],
    says: 'seaworthy star: FAILOVER_TOO_SHORT: --failover-timeout is 1000 ms, but must be more than --heartbeat-interval × (1 + --tolerated-losses) + --max-delay + --max-pause = 500 × (1 + 1) + 250 + 500 = 1750 ms',
  },
  {
    words: ['star', '--primary', '--frontend', 'nowhere'],
    says: 'seaworthy star: INVALID_ENDPOINT: "nowhere" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  { words: ['worker', '--pattern', 'lazy'], says: 'seaworthy worker: --pattern must be majordomo, simple or paranoid, not "lazy"' },
  { words: ['worker', '--service', 'x', '--queue', 'y'], says: 'seaworthy worker: --queue does not go with --pattern majordomo' },
  {
    words: ['worker', '--pattern', 'simple', '--service', 'x'],
    says: 'seaworthy worker: --service does not go with --pattern simple',
  },
  {
    words: ['worker', '--pattern', 'simple', '--heartbeat-interval', '10'],
    says: 'seaworthy worker: --heartbeat-interval does not go with --pattern simple',
  },
  {
    words: ['worker', '--pattern', 'paranoid', '--broker', 'x'],
    says: 'seaworthy worker: --broker does not go with --pattern paranoid',
  },
  { words: ['call', '--pattern', 'simple', 'x'], says: 'seaworthy call: --pattern must be majordomo, lazy or star, not "simple"' },
  {
    words: ['call', '--pattern', 'lazy', '--broker', 'tcp://127.0.0.1:1', 'x'],
    says: 'seaworthy call: --broker does not go with --pattern lazy; --server does',
  },
  {
    words: ['call', 'echo', '--server', 'tcp://127.0.0.1:1'],
    says: 'seaworthy call: --server does not go with --pattern majordomo; --broker does',
  },
  { words: ['call', 'echo', '--deadline', '5'], says: 'seaworthy call: --deadline does not go with --pattern majordomo' },
  {
    words: ['call', '--pattern', 'lazy', '--probe-timeout', '5', 'x'],
    says: 'seaworthy call: --probe-timeout does not go with --pattern lazy',
  },
  {
    words: ['call', '--pattern', 'lazy', '--server', 'tcp://127.0.0.1:1,nowhere', 'x'],
    says: 'seaworthy call: INVALID_ENDPOINT: "nowhere" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  { words: ['call', 'echo', '--mode', 'classic'], says: 'seaworthy call: --mode does not go with --pattern majordomo' },
  {
    words: ['call', '--pattern', 'star', '--broker', 'tcp://127.0.0.1:1', 'x'],
    says: 'seaworthy call: --broker does not go with --pattern star; --server does',
  },
  {
    words: ['call', 'echo', '--broker', 'tcp://127.0.0.1:1,localhost'],
    says: 'seaworthy call: INVALID_ENDPOINT: "localhost" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  { words: ['call', 'écho'], says: 'seaworthy call: INVALID_OPTION: SERVICE must be 1 to 255 printable ASCII characters, not "écho"' },
  {
    words: ['call', 'echo', '--broker', 'localhost'],
    says: 'seaworthy call: INVALID_ENDPOINT: "localhost" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  {
    words: ['worker', '--service', 'echo', '--broker', 'tcp://127.0.0.1:*'],
    says: 'seaworthy worker: INVALID_ENDPOINT: "tcp://127.0.0.1:*" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  { words: ['worker'], says: 'seaworthy worker: which service? --service NAME' },
  {
    words: ['worker', '--service', 'mmi.echo'],
    says: 'seaworthy worker: INVALID_OPTION: --service must be a name that does not begin with "mmi.", not "mmi.echo"',
  },
  { words: ['worker', '--service', 'echo', '--exec', ''], says: 'seaworthy worker: INVALID_OPTION: --exec must be a command, not ""' },
  { words: ['worker', 'echo'], says: 'seaworthy worker: unexpected "echo"' },
  { words: ['broker', '--json=yes'], says: 'seaworthy broker: --json takes no value' },
  {
    words: ['broker', '--bind', 'nowhere'],
    says: 'seaworthy broker: INVALID_ENDPOINT: "nowhere" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  {
    words: ['broker', '--delivery-policy', 'never'],
    says: 'seaworthy broker: INVALID_OPTION: --delivery-policy must be "requeue" or "fail", not "never"',
  },
  {
    words: ['broker', '--max-deliveries', '0'],
    says: 'seaworthy broker: INVALID_OPTION: --max-deliveries must be a number of at least 1 and at most 255, not 0',
  },
  {
    words: ['broker', '--log-level', 'loud'],
    says: 'seaworthy broker: --log-level must be one of silent, debug, info, warn, error, not "loud"',
  },
  {
    words: ['broker', '--transport', 'pigeon'],
    says: 'seaworthy broker: --transport must be one of zeromq, zmtp, not "pigeon"',
  },
  {
    words: ['broker', '--trace', '/nowhere/trace'],
    says: "seaworthy broker: cannot write the trace: ENOENT: no such file or directory, open '/nowhere/trace'",
  },
  {
    words: ['explore', '--pattern', 'titanic'],
    says: 'seaworthy explore: --pattern must be lazy, simple, paranoid, majordomo, star, freelance or all, not "titanic"',
  },
  { words: ['explore', '--faults', '10'], says: 'seaworthy explore: --faults must be a whole number of 0 to 9, not 10' },
  { words: ['explore', '--attempts', '0'], says: 'seaworthy explore: --attempts must be a whole number of 1 to 9, not 0' },
  { words: ['explore', '--trace', '-'], says: 'seaworthy explore: unknown option --trace' },
  {
    words: ['explore', '--most-states', '0'],
    says: 'seaworthy explore: INVALID_OPTION: --most-states must be a whole number of at least 1, not 0',
  },
  { words: ['freelance'], says: 'seaworthy freelance: server or call?' },
  { words: ['freelance', 'sever'], says: 'seaworthy freelance: there is no "sever"; did you mean server?' },
  { words: ['freelance', 'client'], says: 'seaworthy freelance: there is no "client"; there are server and call' },
  { words: ['freelance', 'call'], says: 'seaworthy freelance: which servers? seaworthy freelance call ENDPOINT…' },
  {
    words: ['freelance', 'call', 'tcp://127.0.0.1:1', '--exec', 'x'],
    says: 'seaworthy freelance: --exec does not go with freelance call',
  },
  { words: ['freelance', 'server', '--body', 'x'], says: 'seaworthy freelance: --body does not go with freelance server' },
  {
    words: ['freelance', 'server', 'tcp://127.0.0.1:1'],
    says: 'seaworthy freelance: unexpected "tcp://127.0.0.1:1"; --endpoint says where to listen',
  },
  {
    words: ['freelance', 'call', 'nowhere'],
    says: 'seaworthy freelance: INVALID_ENDPOINT: "nowhere" is not an endpoint; one is, for instance, tcp://127.0.0.1:5555',
  },
  {
    words: ['freelance', 'call', 'tcp://127.0.0.1:1', '--model', 'pool'],
    says: 'seaworthy freelance: INVALID_OPTION: --model must be one of addressed, sequential, shotgun, not "pool"',
  },
  { words: ['demo', 'kill-a-wroker'], says: 'seaworthy demo: there is no example "kill-a-wroker"; did you mean kill-a-worker?' },
])('seaworthy $words is told in a line with a hint, and exit code 2', async ({ words, says }) => {
  const { code, stdout, stderr } = await run(...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [line, hint, ...more] = stderr.split('\n');
  expect(line).toBe(says);
  expect(hint).toMatch(/^Try: seaworthy( [a-z]+)? --help$/);
  expect(more).toEqual(['']);
});

test('with --json a slip is one JSON object', async () => {
  const { code, stderr } = await run('call', 'echo', '--json', '--retries', '0');
  expect(code).toBe(2);
  expect(JSON.parse(stderr)).toEqual({ error: 'INVALID_OPTION', message: '--retries must be a number of at least 1, not 0' });
});

test('docs/cli.md explains every exit code', () => {
  const explained = [...page.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(', ').map(Number));
  expect(explained.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});
