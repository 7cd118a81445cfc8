/** The server: echoes. The first time it sees request 3 it is overloaded; request 5 kills its first process, request 6 every one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LazyPirateServer } from 'seaworthy';

const OVERLOAD_MS = 3200;

const [endpoint = '', life = '1'] = process.argv.slice(2);
let overloaded = false;

const server = await LazyPirateServer.listen(endpoint, async (request) => {
  const number = String(request.body[0]);
  if (number === '6' || (number === '5' && life === '1')) process.kill(process.pid, 'SIGKILL');
  if (number === '3' && !overloaded) {
    overloaded = true;
    process.send?.({ overloadedBy: number });
    await sleep(OVERLOAD_MS);
  }
  return request.body;
});
process.send?.({ endpoint: server.endpoint });
process.once('disconnect', () => process.exit(0));
