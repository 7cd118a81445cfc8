/** Our worker as a process of its own. What it does with a request is in `handler.mjs`. */
import { MajordomoWorker } from '../../../dist/majordomo/worker.js';
import { drainOnTerm, emit, endpointsOf, obey, read } from './child.mjs';
import { commandsOf, handlerOf } from './handler.mjs';

const { endpoint, service, name = 'node', options } = read(['endpoint', 'service', 'name']);
const worker = MajordomoWorker.connect(endpointsOf(endpoint), service, handlerOf(name), options);
drainOnTerm(worker);
obey(commandsOf(worker));
emit('ready', { name });
