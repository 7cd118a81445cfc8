import type { Transport } from '../../src/transport/transport.ts';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { zmtpTransport } from '../../src/transport/zmtp/index.ts';
import { conformQueues } from './queues.ts';
import { realGrounds } from './real-grounds.ts';
import { conform } from './suite.ts';

/** One end ours, the other libzmq's. */
const listening: Required<Transport> = {
  ...zeromqTransport,
  name: 'zmtp to zeromq',
  listen: zmtpTransport.listen,
  publish: zmtpTransport.publish,
};
const connecting: Required<Transport> = {
  ...zeromqTransport,
  name: 'zeromq to zmtp',
  connect: zmtpTransport.connect,
  subscribe: zmtpTransport.subscribe,
};

for (const ground of [
  ...realGrounds('zmtp', zmtpTransport, { resetReason: 'reset', comesBackFromLimits: true }),
  ...realGrounds('zeromq to zmtp', listening, { resetReason: 'reset', comesBackFromLimits: false }),
  ...realGrounds('zmtp to zeromq', connecting, { resetReason: 'disconnected', comesBackFromLimits: true }),
]) {
  conform(ground);
  conformQueues(ground);
}
