/** Our broker with room for so many connections, and what it has refused. Over libzmq there is neither. */
import { MajordomoBroker } from '../../../dist/majordomo/broker.js';
import { defaultTransport } from '../../../dist/transport/transport.js';
import { createZmtpTransport } from '../../../dist/transport/zmtp/index.js';
import { emit, obey, read, weigh } from './child.mjs';

const { most, options } = read(['most']);
const refusals = {};
const onRefusal = ({ why }) => {
  refusals[why] = (refusals[why] ?? 0) + 1;
};
const name = defaultTransport('carry');
const transport = name === 'zmtp' ? createZmtpTransport({ maxConnections: Number(most), onRefusal }) : name;
const broker = await MajordomoBroker.listen('tcp://127.0.0.1:*', { ...options, transport });
for (const event of ['workerRegistered', 'workerLost']) broker.events.on(event, (facts) => emit(event, facts));
obey({
  inspect: ({ id }) => emit('inspected', { id, inspect: broker.inspect(), refusals }),
  weigh,
});
emit('ready', { endpoint: broker.endpoint });
