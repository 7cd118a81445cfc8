/** A script on the simulated network, with each seed, and on real sockets over tcp and ipc. */
import type { Transport } from '../../../src/transport/transport.ts';
import { differences, perform, simulate } from './perform.ts';
import { RealSite } from './real-site.ts';
import type { Script } from './script.ts';

/** Where the traces part; nothing when they are all the same. */
export async function differencesEverywhere(script: Script, transport: Required<Transport>, disconnectNotices: boolean): Promise<string[]> {
  return differences([
    await perform(script, new RealSite(transport, 'tcp')),
    await perform(script, new RealSite(transport, 'ipc')),
    ...(await simulate(script, disconnectNotices)),
  ]);
}
