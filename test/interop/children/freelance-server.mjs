/** Our Freelance server as a process of its own. It answers with its name and the body. The first frame may be `sleep:50`, `block:50` or `die`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FreelanceServer } from '../../../dist/freelance/index.js';
import { drainOnTerm, emit, frames, obey, read, texts } from './child.mjs';

const { endpoint, name = 'node', options } = read(['endpoint', 'name']);
const server = await FreelanceServer.listen(
  endpoint,
  async ({ body }) => {
    const [order, detail] = body[0].toString('latin1').split(':');
    emit('request', { name, body: texts(body) });
    if (order === 'sleep') await sleep(Number(detail));
    if (order === 'block') for (const until = performance.now() + Number(detail); performance.now() < until;);
    if (order === 'die') process.kill(process.pid, 'SIGKILL');
    return frames([name, ...texts(body)]);
  },
  options,
);
server.events.on('requestDropped', (facts) => emit('requestDropped', facts));
drainOnTerm(server);
obey({ inspect: ({ id }) => emit('inspected', { id, inspect: server.inspect() }) });
emit('ready', { endpoint: server.endpoint });
