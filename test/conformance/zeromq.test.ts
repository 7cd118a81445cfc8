import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { Relay, freeTcpEndpoint } from './relay.ts';
import { conformQueues } from './queues.ts';
import { conform } from './suite.ts';
import type { Ground, Line } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'seaworthy-conformance-'));
let names = 0;

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const freeFile = (): string => join(directory, `${++names}.ipc`);

async function lineOver(relay: Relay): Promise<Line> {
  return {
    connect: (handler, options) => zeromqTransport.connect(relay.endpoint, handler, options),
    subscribe: (handler, options) => zeromqTransport.subscribe(relay.endpoint, handler, options),
    cut: () => {
      relay.cut();
    },
    freeze: () => {
      relay.freeze();
    },
    thaw: () => {
      relay.thaw();
    },
    close: () => relay.close(),
  };
}

const TCP: Ground = {
  name: 'zeromq over tcp',
  resetReason: 'disconnected',
  comesBackFromLimits: false,
  transport: zeromqTransport,
  freeEndpoint: () => 'tcp://127.0.0.1:*',
  emptyEndpoint: freeTcpEndpoint,
  line: async (endpoint) => lineOver(await Relay.start(endpoint)),
};

const IPC: Ground = {
  name: 'zeromq over ipc',
  resetReason: 'disconnected',
  comesBackFromLimits: false,
  transport: zeromqTransport,
  freeEndpoint: () => `ipc://${freeFile()}`,
  emptyEndpoint: async () => `ipc://${freeFile()}`,
  line: async (endpoint) => lineOver(await Relay.start(endpoint, freeFile())),
};

for (const ground of [TCP, IPC]) {
  conform(ground);
  conformQueues(ground);
}
