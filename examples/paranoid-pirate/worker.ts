/** A worker's process. That it comes back to a queue that was restarted is the library's doing: there is nothing for it here. */
import { ParanoidPirateWorker } from 'seaworthy';
import { doJob, endWhenTold, report } from '../shared/child.ts';

const [name = '', backend = ''] = process.argv.slice(2);

const worker = ParanoidPirateWorker.connect(backend, (request, { signal }) => doJob(name, request, signal));
worker.events.on('brokerLost', () => {
  report('brokerLost');
});
endWhenTold(worker);
