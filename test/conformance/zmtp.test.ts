import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { zmtpTransport } from '../../src/transport/zmtp/index.ts';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import type { Transport } from '../../src/transport/transport.ts';
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

function grounds(name: string, transport: Required<Transport>, facts: Pick<Ground, 'resetReason' | 'comesBackFromLimits'>): Ground[] {
  const lineOver = (relay: Relay): Line => ({
    connect: (handler, options) => transport.connect(relay.endpoint, handler, options),
    subscribe: (handler, options) => transport.subscribe(relay.endpoint, handler, options),
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
  });
  return [
    {
      name: `${name} over tcp`,
      ...facts,
      transport,
      freeEndpoint: () => 'tcp://127.0.0.1:*',
      emptyEndpoint: freeTcpEndpoint,
      line: async (endpoint) => lineOver(await Relay.start(endpoint)),
    },
    {
      name: `${name} over ipc`,
      ...facts,
      // A unix socket knows no reset.
      resetReason: facts.resetReason === 'reset' ? 'closed' : facts.resetReason,
      transport,
      freeEndpoint: () => `ipc://${freeFile()}`,
      emptyEndpoint: async () => `ipc://${freeFile()}`,
      line: async (endpoint) => lineOver(await Relay.start(endpoint, freeFile())),
    },
  ];
}

/** One end ours, the other libzmq's. */
const listening: Required<Transport> = {
  ...zeromqTransport,
  name: 'zmtp to zeromq',
  listen: zmtpTransport.listen,
  publish: zmtpTransport.publish,
};
const connecting: Required<Transport> = {
  ...zeromqTransport,
  name: 'zeromq to zmtp',
  connect: zmtpTransport.connect,
  subscribe: zmtpTransport.subscribe,
};

for (const ground of [
  ...grounds('zmtp', zmtpTransport, { resetReason: 'reset', comesBackFromLimits: true }),
  ...grounds('zeromq to zmtp', listening, { resetReason: 'reset', comesBackFromLimits: false }),
  ...grounds('zmtp to zeromq', connecting, { resetReason: 'disconnected', comesBackFromLimits: true }),
]) {
  conform(ground);
  conformQueues(ground);
}
