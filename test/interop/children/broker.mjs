/** Our broker as a process of its own. */
import { MajordomoBroker } from '../../../dist/majordomo/broker.js';
import { drainOnTerm, emit, obey, read, weigh } from './child.mjs';

const { endpoint, options } = read(['endpoint']);
const broker = await MajordomoBroker.listen(endpoint ?? 'tcp://127.0.0.1:*', options);
for (const event of ['workerRegistered', 'workerLost', 'requestRequeued', 'requestFailed', 'stalled']) {
  broker.events.on(event, (facts) => emit(event, facts));
}
broker.events.on('fault', ({ error }) => emit('fault', { error: String(error?.stack ?? error) }));
drainOnTerm(broker);
obey({
  inspect: ({ id }) => emit('inspected', { id, inspect: broker.inspect() }),
  weigh,
  block: ({ milliseconds }) => {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
    emit('unblocked');
  },
});
emit('ready', { endpoint: broker.endpoint });
