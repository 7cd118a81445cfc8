import { expect, test } from 'vitest';
import { BinaryStarClient, InvalidEndpoint, LazyPirateClient, MajordomoClient, MajordomoWorker } from 'seaworthy';
import { createMemoryNetwork } from 'seaworthy/transport/memory';

const SLIPS = [
  'localhost:5555',
  'tcp://127.0.0.1',
  'tcp://127.0.0.1:',
  'tcp://127.0.0.1:*',
  'tcp://*:5555',
  'tcp://127.0.0.1:0',
  'tcp://127.0.0.1:65536',
  'tcp://127.0.0.1:99999',
  'tcp://::1:5555',
  'http://127.0.0.1:5555',
  'memory://broker',
  `ipc:///tmp/${'x'.repeat(200)}`,
  `ipc:///${'x'.repeat(107)}`,
  `ipc:///${'é'.repeat(54)}`,
];

test.each(SLIPS)('a worker and a client that are to connect to %s throw at once, not when the transport is loaded', (endpoint) => {
  expect(() => MajordomoWorker.connect(endpoint, 'echo', ({ body }) => body)).toThrow(InvalidEndpoint);
  expect(() => MajordomoClient.connect(endpoint)).toThrow(InvalidEndpoint);
});

test('what is an endpoint depends on the transport', async () => {
  const client = MajordomoClient.connect('memory://broker', { transport: createMemoryNetwork() });
  expect(client.endpoint).toBe('memory://broker');
  await client.close();
});

test('a path of 107 bytes is the longest that a Unix socket takes', async () => {
  const endpoint = `ipc:///${'x'.repeat(106)}`;
  const client = LazyPirateClient.connect(endpoint);
  expect(client.endpoints).toEqual([endpoint]);
  await client.close();
});

test('an endpoint that is given twice counts once', async () => {
  const options = { transport: createMemoryNetwork() };
  const given = ['memory://a', 'memory://b', 'memory://a'];
  const roles = [
    LazyPirateClient.connect(given, options),
    BinaryStarClient.connect(given, options),
    MajordomoClient.connect(given, options),
    MajordomoWorker.connect(given, 'echo', ({ body }) => body, options),
  ];
  for (const { endpoints } of roles) expect(endpoints).toEqual(['memory://a', 'memory://b']);
  await Promise.all(roles.map((role) => role.close()));
});
