/** A script on the simulated network, with each seed, and on real sockets over tcp and ipc. */
import { differences, perform, simulate } from './perform.ts';
import type { Script } from './script.ts';
import { ZeromqSite } from './zeromq-site.ts';

/** Where the traces part; nothing when they are all the same. */
export async function differencesEverywhere(script: Script, disconnectNotices: boolean): Promise<string[]> {
  return differences([
    await perform(script, new ZeromqSite('tcp')),
    await perform(script, new ZeromqSite('ipc')),
    ...(await simulate(script, disconnectNotices)),
  ]);
}
