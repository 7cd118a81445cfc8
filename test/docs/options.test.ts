/** The tables of the pages on patterns against the code they describe. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  BinaryStar,
  BinaryStarClient,
  FreelanceClient,
  FreelanceServer,
  LazyPirateClient,
  LazyPirateServer,
  MajordomoBroker,
  MajordomoClient,
  MajordomoWorker,
  ParanoidPirateQueue,
  ParanoidPirateWorker,
  SimplePirateQueue,
  SimplePirateWorker,
} from 'seaworthy';
import { createMemoryNetwork } from 'seaworthy/transport/memory';
import { freelanceClientSettings, freelanceServerSettings } from '../../src/freelance/options.ts';
import { binaryStarClientSettings } from '../../src/binary-star/client-options.ts';
import { binaryStarSettings } from '../../src/binary-star/options.ts';
import { lazyPirateClientSettings, lazyPirateServerSettings } from '../../src/lazy-pirate/options.ts';
import type { FailureCode } from '../../src/load-balancer/failures.ts';
import { isRetriable } from '../../src/majordomo/client.machine.ts';
import { brokerSettings, clientSettings, workerSettings } from '../../src/majordomo/options.ts';
import { paranoidPirateQueueSettings, paranoidPirateWorkerSettings } from '../../src/paranoid-pirate/options.ts';
import { ROLE_OPTIONS } from '../../src/runtime/role.ts';
import { simplePirateQueueSettings, simplePirateWorkerSettings } from '../../src/simple-pirate/options.ts';
import { root, tableBelow } from './documents.ts';

const PAGE = 'docs/patterns/majordomo.md';
const LAZY = 'docs/patterns/lazy-pirate.md';
const FREELANCE = 'docs/patterns/freelance.md';
const SIMPLE = 'docs/patterns/simple-pirate.md';
const PARANOID = 'docs/patterns/paranoid-pirate.md';
const STAR = 'docs/patterns/binary-star.md';

test.each([
  [PAGE, '### Broker', brokerSettings({})],
  [PAGE, '### Worker', workerSettings({})],
  [PAGE, '### Client', clientSettings({})],
  [LAZY, '### Client', lazyPirateClientSettings({})],
  [LAZY, '### Server', lazyPirateServerSettings({})],
  [FREELANCE, '### Client', freelanceClientSettings({})],
  [FREELANCE, '### Server', freelanceServerSettings({})],
  [SIMPLE, '### Queue', simplePirateQueueSettings({})],
  [SIMPLE, '### Worker', simplePirateWorkerSettings({})],
  [PARANOID, '### Queue', paranoidPirateQueueSettings({})],
  [PARANOID, '### Worker', paranoidPirateWorkerSettings({})],
  [STAR, '### Server', binaryStarSettings({})],
  [STAR, '### Client', binaryStarClientSettings({})],
])('%s, %s: every option is documented with its default, and no other', (page, heading, settings) => {
  const documented = Object.fromEntries(tableBelow(page, heading).map(([option = '', value]) => [option, value]));
  const real = Object.entries(settings).map(([option, value]) => [option, value instanceof Map ? 'none' : String(value)]);
  expect(documented).toEqual(Object.fromEntries(real));
});

test('the options of all roles are documented', () => {
  expect(tableBelow(PAGE, '### All roles').map(([option]) => option)).toEqual(ROLE_OPTIONS);
});

const MAJORDOMO = { S: ['service'], P: ['endpoint'] };
const PIRATES = { S: [], P: ['frontend', 'backend'] };

test.each([
  [PAGE, '### Broker events', 'load-balancer/broker', MAJORDOMO],
  [PAGE, '### Worker events', 'load-balancer/worker', MAJORDOMO],
  [PAGE, '### Client events', 'majordomo/client', {}],
  [LAZY, '### Client events', 'lazy-pirate/client', {}],
  [LAZY, '### Server events', 'lazy-pirate/job-server', {}],
  [FREELANCE, '### Client events', 'freelance/client', {}],
  [FREELANCE, '### Server events', 'lazy-pirate/job-server', {}],
  [SIMPLE, '### Queue events', 'load-balancer/broker', PIRATES],
  [SIMPLE, '### Worker events', 'load-balancer/worker', PIRATES],
  [PARANOID, '### Queue events', 'load-balancer/broker', PIRATES],
  [PARANOID, '### Worker events', 'load-balancer/worker', PIRATES],
  [STAR, '### Server events', 'binary-star/server', {}],
  [STAR, '### Client events', 'binary-star/client', {}],
])('%s, %s: every event is documented with its fields, and no other', (page, heading, role, parameters) => {
  const documented = tableBelow(page, heading).map(([event, fields = '']) => [event, fields.split(', ').filter((field) => field !== '')]);
  expect(documented).toEqual(eventsIn(readFileSync(`${root}src/${role}.ts`, 'utf8'), parameters));
});

/** Event name and fields, in order, from the interface that declares them; `parameters` are the fields behind its type parameters. */
function eventsIn(source: string, parameters: Readonly<Record<string, readonly string[]>>): [event: string, fields: string[]][] {
  const declared = /interface \w+Events(?:<[^>]*>)? extends \w+Events \{\n([^]*?)\n\}/.exec(source)?.[1] ?? '';
  const withoutComments = declared.replaceAll(/\/\*\*[^]*?\*\//g, '');
  return [...withoutComments.matchAll(/^ {2}(\w+): (?:([A-Z])\b)?(?: & )?(?:\{([^}]*)\})?;$/gm)].map(
    ([, event = '', parameter = '', fields = '']) => [
      event,
      [...(parameters[parameter] ?? []), ...[...fields.matchAll(/readonly (\w+)\??:/g)].map(([, field = '']) => field)],
    ],
  );
}

test('every counter of the Lazy Pirate is documented, and no other', async () => {
  const transport = createMemoryNetwork();
  const server = await LazyPirateServer.listen('memory://server', () => 'x', { transport });
  const client = LazyPirateClient.connect(server.endpoint, { transport });
  const documented = tableBelow(LAZY, '### Counters').map(([role, counters = '']) => [role, counters.split(', ')]);
  const real = [client, server].map((role) => [role.inspect().role, Object.keys(role.inspect().counters)]);
  for (const role of [client, server]) await role.close();
  expect(documented).toEqual(real);
});

test('every counter of the Freelance roles is documented, and no other', async () => {
  const transport = createMemoryNetwork();
  const server = await FreelanceServer.listen('memory://server', () => 'x', { transport });
  const client = FreelanceClient.connect(server.endpoint, { transport });
  const documented = tableBelow(FREELANCE, '### Counters').map(([role, counters = '']) => [role, counters.split(', ')]);
  const real = [client, server].map((role) => [role.inspect().role, Object.keys(role.inspect().counters)]);
  for (const role of [client, server]) await role.close();
  expect(documented).toEqual(real);
});

test('every counter of the Binary Star is documented, and no other', async () => {
  const transport = createMemoryNetwork();
  const place = { role: 'primary' as const, frontends: 'memory://star', peer: { listen: 'memory://one', connect: 'memory://two' } };
  const star = await BinaryStar.listen(
    place,
    (stand) => LazyPirateServer.listen(stand.frontend, () => 'x', { transport: stand.transport }),
    { transport },
  );
  const client = BinaryStarClient.connect('memory://star', { transport });
  const documented = tableBelow(STAR, '### Counters').map(([role, counters = '']) => [role, counters.split(', ')]);
  const real = [star, client].map((role) => [role.inspect().role, Object.keys(role.inspect().counters)]);
  for (const role of [client, star]) await role.close();
  expect(documented).toEqual(real);
});

test.each([
  [SIMPLE, SimplePirateQueue, SimplePirateWorker],
  [PARANOID, ParanoidPirateQueue, ParanoidPirateWorker],
])('%s: every counter is documented, and no other', async (page, queueOf, workerOf) => {
  const transport = createMemoryNetwork();
  const queue = await queueOf.listen({ frontend: 'memory://frontend', backend: 'memory://backend' }, { transport });
  const worker = workerOf.connect(queue.endpoints.backend, () => 'x', { transport });
  const documented = tableBelow(page, '### Counters').map(([role, counters = '']) => [role, counters.split(', ')]);
  const real = [queue, worker].map((role) => [role.inspect().role, Object.keys(role.inspect().counters)]);
  for (const role of [worker, queue]) await role.close();
  expect(documented).toEqual(real);
});

test('every counter is documented, and no other', async () => {
  const transport = createMemoryNetwork();
  const broker = await MajordomoBroker.listen('memory://broker', { transport });
  const worker = MajordomoWorker.connect(broker.endpoint, 'echo', () => 'x', { transport });
  const client = MajordomoClient.connect(broker.endpoint, { transport });
  const documented = tableBelow(PAGE, '### Counters').map(([role, counters = '']) => [role, counters.split(', ')]);
  const real = [broker, worker, client].map((role) => [role.inspect().role, Object.keys(role.inspect().counters)]);
  for (const role of [client, worker, broker]) await role.close();
  expect(documented).toEqual(real);
});

test('every failure code is documented, and whether it is retriable', () => {
  const union = /export type FailureCode =([^;]*);/.exec(readFileSync(`${root}src/load-balancer/failures.ts`, 'utf8'))?.[1] ?? '';
  const codes = [...union.matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, code = '']) => code as FailureCode);
  const rows = tableBelow(PAGE, '#### Failure answer').map(([code, , retriable]) => [code, retriable]);
  expect(rows).toEqual(codes.map((code) => [code, isRetriable(code) ? 'yes' : 'no']));
});
