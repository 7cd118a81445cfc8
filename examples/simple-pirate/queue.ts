/** The queue's process. */
import { SimplePirateQueue } from 'seaworthy';
import { endWhenTold, report } from '../shared/child.ts';

const [frontend = '', backend = ''] = process.argv.slice(2);

const queue = await SimplePirateQueue.listen({ frontend, backend });
queue.events.on('workerRegistered', () => {
  report('workerRegistered');
});
queue.events.on('workerLost', ({ heldRequests }) => {
  if (heldRequests > 0) report('workerLost');
});
endWhenTold(queue);
report('listening');
