/** Our client as a process of its own. Each request it is told to make ends in exactly one `outcome` line, or in none: that is for the test to find out. */
import { MajordomoClient } from '../../../dist/majordomo/client.js';
import { drainOnTerm, emit, endpointsOf, frames, obey, read, texts } from './child.mjs';

const { endpoint, options } = read(['endpoint']);
const client = MajordomoClient.connect(endpointsOf(endpoint), options);
for (const event of ['linkUsable', 'brokerLost', 'staleReply']) client.events.on(event, (facts) => emit(event, facts));
client.events.on('fault', ({ error }) => emit('fault', { error: String(error?.stack ?? error) }));
drainOnTerm(client);

let isEnough = false;

async function request({ id, service, body, requestOptions = {} }) {
  const asked = performance.now();
  const took = () => Math.round(performance.now() - asked);
  try {
    const reply = await client.request(service, frames(body), requestOptions);
    emit('outcome', { id, body: texts(reply.body), deliveries: reply.deliveries, attempts: reply.attempts.length, took: took() });
  } catch (error) {
    const { code, failure, deliveries, attempts, mayHaveRun } = error;
    emit('outcome', { id, code, failure, deliveries, attempts: attempts?.length, mayHaveRun, took: took() });
  }
}

obey({
  request,
  /**
   * `count` requests, or as many as are made until it is `enough`; `concurrency` at a time, numbered from `first`; request i asks with the body
   * `prefix`, i.
   */
  load: async ({ service, first = 0, count = Infinity, concurrency, prefix = [], requestOptions }) => {
    let next = first;
    isEnough = false;
    const lane = async () => {
      while (!isEnough && next < first + count) {
        const id = next++;
        await request({ id, service, body: [...prefix, String(id)], requestOptions });
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    emit('loaded', { count: next - first, inspect: client.inspect() });
  },
  enough: () => {
    isEnough = true;
  },
  inspect: ({ id }) => emit('inspected', { id, inspect: client.inspect() }),
});
emit('ready');
