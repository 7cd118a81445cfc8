/** A transport over real sockets: tcp on loopback, and files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Transport } from '../../src/transport/transport.ts';
import { freeTcpEndpoint, Relay } from './relay.ts';
import type { Ground, Line } from './world.ts';

const directory = mkdtempSync(join(tmpdir(), 'seaworthy-conformance-'));
let names = 0;

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const freeFile = (): string => join(directory, `${++names}.ipc`);

export function realGrounds(
  name: string,
  transport: Required<Transport>,
  facts: Pick<Ground, 'resetReason' | 'comesBackFromLimits'>,
): Ground[] {
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
