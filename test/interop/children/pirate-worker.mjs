/** Our Simple or Paranoid Pirate worker as a process of its own. What it does with a request is in `handler.mjs`. */
import { ParanoidPirateWorker } from '../../../dist/paranoid-pirate/index.js';
import { SimplePirateWorker } from '../../../dist/simple-pirate/index.js';
import { drainOnTerm, emit, obey, read } from './child.mjs';
import { commandsOf, handlerOf } from './handler.mjs';

const { pattern, endpoint, name = 'node', options } = read(['pattern', 'endpoint', 'name']);
const Worker = { simple: SimplePirateWorker, paranoid: ParanoidPirateWorker }[pattern];
const worker = Worker.connect(endpoint, handlerOf(name), options);
drainOnTerm(worker);
obey(commandsOf(worker));
emit('ready', { name });
