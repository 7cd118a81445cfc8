/** The client of a Binary Star over real sockets: servers of ours and REP servers in Python, neither of which knows what a mark is. */
import { afterEach, expect, test } from 'vitest';
import { BinaryStarClient } from '../../src/binary-star/client.ts';
import type { BinaryStarClientMode } from '../../src/binary-star/client-options.ts';
import { endAll, freePort, python, pythonNote, startNode, startPython } from './processes.ts';

const clients: BinaryStarClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await endAll();
});

function connect(endpoints: readonly string[], mode: BinaryStarClientMode): BinaryStarClient {
  const client = BinaryStarClient.connect(endpoints, { mode, requestTimeout: 300, retryInterval: 20, retryMaximum: 100 });
  clients.push(client);
  return client;
}

const texts = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));
const MODES: readonly BinaryStarClientMode[] = ['hardened', 'classic'];

test.each(MODES)('%s: a server is killed, the other answers, and later the other way round', async (mode) => {
  const endpoints = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`] as const;
  const primary = startNode('lazy-server', { endpoint: endpoints[0], name: 'primary' });
  const backup = startNode('lazy-server', { endpoint: endpoints[1], name: 'backup' });
  await Promise.all([primary.until('ready'), backup.until('ready')]);
  const client = connect(endpoints, mode);
  const answers: string[] = [];
  const ask = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const body = `${answers.length}`;
      const reply = await client.request(body);
      expect(texts(reply.body)[1]).toBe(body);
      answers.push(texts(reply.body)[0] as string);
    }
  };
  await ask(10);
  await primary.kill();
  await ask(10);
  const again = startNode('lazy-server', { endpoint: endpoints[0], name: 'primary again' });
  await again.until('ready');
  await backup.kill();
  await ask(10);
  expect(answers).toEqual(['primary', 'backup', 'primary again'].flatMap((name) => Array<string>(10).fill(name)));
  expect(client.inspect()).toMatchObject({ epoch: 0, open: 0, counters: { replies: 30, failures: 0, invalid: 0, fenced: 0, faults: 0 } });
});

test.skipIf(python === undefined).each(MODES)(`%s: REP servers in Python, the first of which is not there${pythonNote}`, async (mode) => {
  const server = startPython('rep_server');
  const endpoint = (await server.until('ready'))['endpoint'] as string;
  const client = connect([`tcp://127.0.0.1:${await freePort()}`, endpoint], mode);
  const reply = await client.request(['a', '', 'b']);
  expect(texts(reply.body)).toEqual(['python', 'a', '', 'b']);
  expect(reply.attempts.map(({ outcome }) => outcome)).toEqual(['timed-out', 'replied']);
  expect((await server.untilSaid('request', 1))[0]).toMatchObject({ body: ['a', '', 'b'] });
});
