/** Every differential script on the simulated network and on real sockets over tcp and ipc: the traces are the same. */
import { expect, test } from 'vitest';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { differencesEverywhere } from './differential/everywhere.ts';
import { scriptsFor } from './differential/scripts.ts';

test.for(scriptsFor('with').map((script) => [script.name, script] as const))('%s', async ([, script]) => {
  const found = await differencesEverywhere(script, zeromqTransport, true);
  expect(found.join('\n')).toBe('');
});
