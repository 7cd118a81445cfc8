/** A worker's process. It knows both halves; that it turns to the one that serves is the library's doing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MajordomoWorker } from 'seaworthy';
import { endWhenTold } from '../shared/child.ts';

/** How long a job takes, so that the blows always hit some. */
const WORK_MS = 8;

const [name = '', ...frontends] = process.argv.slice(2);

const worker = MajordomoWorker.connect(
  frontends,
  'job',
  async ({ body: [number = ''] }) => {
    await sleep(WORK_MS);
    return [number, name];
  },
  { reconnectInterval: 100 },
);
endWhenTold(worker);
