import { expect, test } from 'vitest';
import { InvalidEndpoint, MajordomoClient, MajordomoWorker } from 'seaworthy';
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
