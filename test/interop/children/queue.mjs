/** Our Simple or Paranoid Pirate queue as a process of its own. */
import { ParanoidPirateQueue } from '../../../dist/paranoid-pirate/index.js';
import { SimplePirateQueue } from '../../../dist/simple-pirate/index.js';
import { drainOnTerm, emit, obey, read } from './child.mjs';

const { pattern, frontend, backend, options } = read(['pattern', 'frontend', 'backend']);
const Queue = { simple: SimplePirateQueue, paranoid: ParanoidPirateQueue }[pattern];
const queue = await Queue.listen({ frontend, backend }, options);
for (const event of ['workerRegistered', 'workerLost', 'requestRequeued', 'requestFailed', 'requestDropped', 'peerRefused', 'stalled']) {
  queue.events.on(event, (facts) => emit(event, facts));
}
queue.events.on('fault', ({ error }) => emit('fault', { error: String(error?.stack ?? error) }));
drainOnTerm(queue);
obey({ inspect: ({ id }) => emit('inspected', { id, inspect: queue.inspect() }) });
emit('ready', queue.endpoints);
