/** One role of one pattern in a process of its own, to be killed, frozen and started again by `bench/survival.ts`. */
import { LazyPirateServer } from 'seaworthy/lazy-pirate';
import { MajordomoBroker, MajordomoWorker } from 'seaworthy/majordomo';
import { ParanoidPirateQueue, ParanoidPirateWorker } from 'seaworthy/paranoid-pirate';
import { SimplePirateQueue, SimplePirateWorker } from 'seaworthy/simple-pirate';
import { answerParent } from './child.ts';

/** What this process is to be. */
export interface Part {
  readonly role: 'server' | 'queue' | 'worker';
  readonly pattern: 'lazy' | 'simple' | 'paranoid' | 'majordomo';
  /** Where to listen: one endpoint, or those of clients and workers. For a worker: where to connect. */
  readonly endpoints: readonly string[];
  /** How long a request takes, in ms; 0: it is answered at once. */
  readonly work: number;
  /** For the role; default options otherwise. */
  readonly options: object;
}

const { role, pattern, endpoints, work, options } = JSON.parse(process.env['PART'] ?? '{}') as Part;
const [first = '', second = first] = endpoints;
let working = 0;

async function handle({ body }: { readonly body: readonly Buffer[] }): Promise<readonly Buffer[]> {
  working++;
  if (work > 0) await new Promise((resolve) => setTimeout(resolve, work));
  working--;
  return body;
}

let ready = 0;
if (role === 'server') await LazyPirateServer.listen(first, handle, options);
else if (role === 'queue') {
  const listening =
    pattern === 'simple'
      ? SimplePirateQueue.listen({ frontend: first, backend: second }, options)
      : pattern === 'paranoid'
        ? ParanoidPirateQueue.listen({ frontend: first, backend: second }, options)
        : MajordomoBroker.listen(first, options);
  const { events } = (await listening) as MajordomoBroker;
  events.on('workerRegistered', () => ready++);
} else if (pattern === 'simple') SimplePirateWorker.connect(first, handle, options);
else if (pattern === 'paranoid') ParanoidPirateWorker.connect(first, handle, options);
else MajordomoWorker.connect(first, 'echo', handle, options);

answerParent({ working: () => working, ready: () => ready });
