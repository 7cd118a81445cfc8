/** A server's process. */
import { FreelanceServer } from 'seaworthy';
import { doJob, endWhenTold, report } from '../shared/child.ts';

const [name = '', endpoint = ''] = process.argv.slice(2);

const server = await FreelanceServer.listen(endpoint, (request, { signal }) => doJob(name, request, signal));
endWhenTold(server);
report('listening');
