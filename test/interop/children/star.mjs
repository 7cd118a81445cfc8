/**
 * One of the two servers of a Binary Star as a process of its own. Inside runs a Majordomo broker, or with `--inside echo` a server that
 * answers with its name, the epoch and the body. The first frame of a body may be `sleep:50` or `hold`, which ends with `release`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BinaryStar } from '../../../dist/binary-star/index.js';
import { LazyPirateServer } from '../../../dist/lazy-pirate/index.js';
import { MajordomoBroker } from '../../../dist/majordomo/index.js';
import { drainOnTerm, emit, frames, obey, read, texts } from './child.mjs';

const { role, frontend, listen, connect, inside, options } = read(['role', 'frontend', 'listen', 'connect', 'inside']);
let release = () => undefined;

function answering({ transport, frontend: endpoint, epoch }) {
  return LazyPirateServer.listen(
    endpoint,
    async ({ body }) => {
      const [order, detail] = body[0].toString('latin1').split(':');
      emit('request', { epoch, body: texts(body) });
      if (order === 'sleep') await sleep(Number(detail));
      if (order === 'hold') await new Promise((resolve) => (release = resolve));
      emit('answered', { epoch, body: texts(body) });
      return frames([role, String(epoch), ...texts(body)]);
    },
    { transport },
  );
}

async function brokering({ transport, frontend: endpoint }) {
  const broker = await MajordomoBroker.listen(endpoint, { transport });
  broker.events.on('workerRegistered', (facts) => emit('workerRegistered', facts));
  broker.events.on('fault', ({ error }) => emit('fault', { error: String(error?.stack ?? error) }));
  return broker;
}

const star = await BinaryStar.listen(
  { role, frontends: frontend, peer: { listen, connect } },
  inside === 'echo' ? answering : brokering,
  options,
);
for (const event of ['becameActive', 'becamePassive', 'fenced', 'suspended', 'resumed', 'peerFound', 'peerLost', 'misconfigured'])
  star.events.on(event, (facts) => emit(event, facts));
star.events.on('unusable', ({ error }) => emit('unusable', { code: error.code }));
star.events.on('fault', ({ error }) => emit('fault', { error: String(error?.stack ?? error) }));
drainOnTerm(star);
obey({
  inspect: ({ id }) => emit('inspected', { id, inspect: star.inspect() }),
  release: () => release(),
  handOver: () =>
    star.handOver().then(
      () => emit('handedOver'),
      (/** @type {unknown} */ error) => emit('refused', { code: error.code }),
    ),
});
emit('ready', { frontend: star.frontends[0] });
