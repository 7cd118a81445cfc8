/** The differential scripts for a libzmq that was built without its draft options: nobody is told that a connection ended. */
import type * as Zeromq from 'zeromq';
import { expect, test, vi } from 'vitest';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { differencesEverywhere } from './differential/everywhere.ts';
import { scriptsFor } from './differential/scripts.ts';

vi.mock('zeromq', async (load) => {
  const zeromq = await load<typeof Zeromq>();
  return { ...zeromq, capability: { ...zeromq.capability, draft: false } };
});

test.for(scriptsFor('without').map((script) => [script.name, script] as const))('%s', async ([, script]) => {
  const found = await differencesEverywhere(script, zeromqTransport, false);
  expect(found.join('\n')).toBe('');
});
