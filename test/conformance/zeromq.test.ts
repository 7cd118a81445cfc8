import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { conformQueues } from './queues.ts';
import { realGrounds } from './real-grounds.ts';
import { conform } from './suite.ts';

for (const ground of realGrounds('zeromq', zeromqTransport, { resetReason: 'disconnected', comesBackFromLimits: false })) {
  conform(ground);
  conformQueues(ground);
}
