/** A worker's process. It tells what it begins and what it ends, so that the parent knows whom to hit, and when. */
import { setTimeout as work } from 'node:timers/promises';
import { MajordomoWorker } from 'seaworthy';
import { childSettings, obeyParent, report, roleOptions } from './child.ts';
import { SERVICE, decodeJob, digestOf, encodeReply } from './job.ts';

const settings = childSettings();
const { name } = settings;
/** The job in hand, or the last one. */
let number = 0;

const worker = MajordomoWorker.connect(
  settings.endpoint,
  SERVICE,
  async (request, { attempt: delivery }) => {
    const job = decodeJob(request.body);
    number = job.number;
    void report({ event: 'started', number, delivery, work: job.work });
    if (job.work > 0) {
      await work(job.work);
      void report({ event: 'finished', number });
    }
    return encodeReply({ number, digest: digestOf(job), worker: name, delivery });
  },
  roleOptions(settings),
);
worker.events.on('registered', (value) => void report({ event: 'registered', ...value }));
worker.events.on('brokerLost', (value) => void report({ event: 'brokerLost', ...value }));
worker.events.on('replyDiscarded', () => void report({ event: 'replyDiscarded', number }));
obeyParent(worker);
