/** The client of a Binary Star with two servers whose every word the test says. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BinaryStarClient } from '../../src/binary-star/client.ts';
import { binaryStarClientSettings, type BinaryStarClientOptions } from '../../src/binary-star/client-options.ts';
import { InvalidOption } from '../../src/core/errors.ts';
import type { LazyPirateReply } from '../../src/lazy-pirate/client.ts';
import { RequestAbandoned } from '../../src/lazy-pirate/errors.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import { MOST_EPOCH, encodeEpoch, type EpochKind } from '../../src/wire/epoch.ts';
import { Outcome, textOf, textsOf, World, type RawListener } from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

const PRIMARY = 'memory://primary';
const BACKUP = 'memory://backup';
const BOTH = [PRIMARY, BACKUP];

const mark = (kind: EpochKind, epoch: number): string => textOf(encodeEpoch(kind, epoch));

type Answers = RawListener['answers'];
const active =
  (epoch: number, name: string): Answers =>
  (frames) => [mark('served', epoch), ...frames.slice(1, 2), name];
const passive =
  (epoch: number): Answers =>
  () => [mark('passive', epoch)];
const silent: Answers = () => undefined;

async function server(endpoint: string, answers: Answers = silent): Promise<RawListener> {
  const listener = await world.rawBroker(endpoint);
  listener.answers = answers;
  return listener;
}

/** A client, and what it tells. */
function connect(options: BinaryStarClientOptions = {}, endpoints: string | readonly string[] = BOTH): BinaryStarClient {
  return world.keep(BinaryStarClient.connect(endpoints, { ...world.ports(), ...options }));
}
function told(client: BinaryStarClient): unknown[] {
  const events: unknown[] = [];
  for (const event of ['serverPassive', 'serverFenced', 'epochLearned'] as const)
    client.events.on(event, (value) => events.push([event, value]));
  return events;
}

const ask = (client: BinaryStarClient, body = 'job'): Outcome<LazyPirateReply> => new Outcome(client.request(body));
const bodyOf = (outcome: Outcome<LazyPirateReply>): string[] => textsOf(outcome.value?.body);
const attemptsOf = (outcome: Outcome<LazyPirateReply>): unknown =>
  outcome.value?.attempts.map(({ outcome: end, endpoint }) => [endpoint, end]);

describe('hardened', () => {
  test('a request carries the highest epoch that the client has met, and its answer teaches it', async () => {
    const primary = await server(PRIMARY);
    const client = connect();
    const events = told(client);
    for (const known of [0, 3]) {
      const outcome = ask(client);
      await world.settle();
      const [request] = primary.take();
      expect(request?.frames).toEqual([mark('known', known), '', 'job']);
      primary.send(request!.from, mark('served', 3), '', 'done');
      await world.settle();
      expect(bodyOf(outcome)).toEqual(['done']);
    }
    expect(events).toEqual([['epochLearned', { endpoint: PRIMARY, epoch: 3 }]]);
    expect(client.inspect()).toMatchObject({ role: 'binary-star-client', mode: 'hardened', epoch: 3, preferred: PRIMARY, sockets: 1 });
  });

  test('the primary is passive: the backup answers, after a short pause, and gets the next request', async () => {
    await server(PRIMARY, passive(5));
    await server(BACKUP, active(5, 'backup'));
    const client = connect({ retryInterval: 100 });
    const events = told(client);
    const outcome = ask(client);
    await world.advance(20);
    expect(bodyOf(outcome)).toEqual(['backup']);
    expect(attemptsOf(outcome)).toEqual([
      [PRIMARY, 'refused'],
      [BACKUP, 'replied'],
    ]);
    expect(outcome.value?.attempts[0]).toMatchObject({ sent: true, deliveries: 0 });
    const next = ask(client);
    await world.settle();
    expect(attemptsOf(next)).toEqual([[BACKUP, 'replied']]);
    expect(events).toEqual([
      ['epochLearned', { endpoint: PRIMARY, epoch: 5 }],
      ['serverPassive', { endpoint: PRIMARY }],
    ]);
    expect(client.inspect().counters).toMatchObject({ passive: 1, fenced: 0, retries: 1, invalid: 0, stale: 0 });
  });

  test('the primary dies with the request: the backup answers; later it is the other way round', async () => {
    const primary = await server(PRIMARY);
    const backup = await server(BACKUP, active(2, 'backup'));
    const client = connect();
    const outcome = ask(client);
    await world.settle();
    expect(primary.take()).toHaveLength(1);
    await primary.close();
    await world.advance(20);
    expect(attemptsOf(outcome)).toEqual([
      [PRIMARY, 'connection-lost'],
      [BACKUP, 'replied'],
    ]);
    await server(PRIMARY, active(3, 'primary'));
    backup.answers = silent;
    const back = ask(client);
    await world.settle();
    await backup.close();
    await world.advance(20);
    expect(attemptsOf(back)).toEqual([
      [BACKUP, 'connection-lost'],
      [PRIMARY, 'replied'],
    ]);
    expect(client.inspect()).toMatchObject({ epoch: 3, preferred: PRIMARY });
  });

  test('many wait for a server that is dead: one of them finds out, and all go to the other', async () => {
    await server(BACKUP, active(2, 'backup'));
    const client = connect({ requestTimeout: 1000 });
    const outcomes = Array.from({ length: 100 }, () => ask(client));
    await world.advance(1100);
    expect(new Set(outcomes.flatMap(bodyOf))).toEqual(new Set(['backup']));
    expect(outcomes.filter((outcome) => (attemptsOf(outcome) as unknown[]).length > 1)).toHaveLength(1);
    expect(client.inspect()).toMatchObject({ preferred: BACKUP, counters: { replies: 100, retries: 1 } });
  });

  test.each(['passive', 'served'] as const)('one mark that says %s in an impossible epoch fences nobody', async (kind) => {
    const primary = await server(PRIMARY, (frames) => [mark(kind, MOST_EPOCH), ...frames.slice(1)]);
    await server(BACKUP, active(2, 'backup'));
    const client = connect();
    ask(client);
    await world.advance(200);
    primary.answers = active(3, 'primary');
    for (let count = 0; count < 3; count++) {
      const outcome = ask(client);
      await world.advance(200);
      expect(bodyOf(outcome)).toHaveLength(1);
    }
    expect(client.inspect().counters.fenced).toBe(0);
    expect(client.inspect().epoch).toBeLessThanOrEqual(3);
  });

  test('a server that was replaced answers: it is not believed, and the job may have run', async () => {
    const primary = await server(PRIMARY, active(1, 'stale'));
    const backup = await server(BACKUP, active(2, 'backup'));
    const client = connect({ requestTimeout: 1000 });
    const events = told(client);
    const before = ask(client);
    await world.settle();
    expect(bodyOf(before)).toEqual(['stale']);
    primary.answers = silent;
    const over = ask(client);
    await world.advance(1020);
    expect(bodyOf(over)).toEqual(['backup']);
    backup.answers = silent;
    primary.answers = active(1, 'stale');
    const outcome = ask(client);
    await world.advance(1020);
    expect(outcome.state).toBe('open');
    backup.answers = active(2, 'backup');
    await world.advance(100);
    expect(attemptsOf(outcome)).toEqual([
      [BACKUP, 'timed-out'],
      [PRIMARY, 'refused'],
      [BACKUP, 'replied'],
    ]);
    expect(outcome.value?.attempts[1]).not.toHaveProperty('deliveries');
    expect(events).toContainEqual(['serverFenced', { endpoint: PRIMARY, epoch: 1, known: 2 }]);
    expect(client.inspect().counters).toMatchObject({ fenced: 1, passive: 0 });
  });

  test('nobody serves for long: abandoned as refused, and certainly not done', async () => {
    await server(PRIMARY, passive(1));
    await server(BACKUP, passive(1));
    const client = connect({ requestRetries: 4, retryInterval: 100 });
    const outcome = ask(client);
    await world.advance(20 + 100 + 20);
    expect(outcome.error).toBeInstanceOf(RequestAbandoned);
    expect(outcome.error).toMatchObject({ reason: 'refused', mayHaveRun: false, retriable: true });
    expect(outcome.error).toHaveProperty('attempts.length', 4);
  });

  test('a fail-over that takes 10 s costs no request', async () => {
    await server(PRIMARY, passive(1));
    const backup = await server(BACKUP, passive(1));
    const outcome = ask(connect());
    await world.advance(10_000);
    expect(outcome.state).toBe('open');
    backup.answers = active(2, 'backup');
    await world.advance(2500);
    expect(bodyOf(outcome)).toEqual(['backup']);
  });

  test('a passive server that is not sure keeps the request, and answers when it takes over', async () => {
    const primary = await server(PRIMARY);
    const outcome = ask(connect({ requestTimeout: 1000 }));
    await world.advance(900);
    const [request] = primary.take();
    primary.send(request!.from, mark('served', 1), '', 'late but there');
    await world.settle();
    expect(bodyOf(outcome)).toEqual(['late but there']);
  });

  test('plain servers of ours return the mark: their answers are taken, and no epoch is learnt', async () => {
    for (const [endpoint, name] of [
      [PRIMARY, 'one'],
      [BACKUP, 'two'],
    ] as const)
      world.keep(await LazyPirateServer.listen(endpoint, () => name, world.ports()));
    const client = connect();
    const outcome = ask(client);
    await world.settle();
    expect(bodyOf(outcome)).toEqual(['one']);
    expect(client.inspect()).toMatchObject({ epoch: 0, counters: { invalid: 0, fenced: 0 } });
  });

  test('what is no answer is counted, and the answer after it is taken', async () => {
    const primary = await server(PRIMARY);
    const client = connect();
    const outcome = ask(client);
    await world.settle();
    const { from } = primary.take()[0]!;
    const served = mark('served', 1);
    for (const frames of [[served], [served, ''], [served, served, '', 'x'], ['', served.slice(1)], [served.slice(1), '', 'x']])
      primary.send(from, ...frames);
    await world.settle();
    // The fourth is a whole answer, whatever its body looks like; the fifth comes when nothing is asked.
    expect(bodyOf(outcome)).toEqual([served.slice(1)]);
    expect(client.inspect().counters).toMatchObject({ invalid: 4, faults: 0 });
  });

  test('a passive notice when nothing was asked costs that connection only', async () => {
    const primary = await server(PRIMARY);
    const client = connect();
    const outcome = ask(client);
    await world.settle();
    const { from } = primary.take()[0]!;
    primary.send(from, mark('served', 1), '', 'done');
    primary.send(from, mark('passive', 1));
    await world.settle();
    expect(bodyOf(outcome)).toEqual(['done']);
    expect(client.inspect()).toMatchObject({ sockets: 0, preferred: BACKUP, counters: { stale: 1, passive: 1 } });
  });
});

describe('classic, as the Guide’s client', () => {
  test('the bytes of a REQ, and the other server after the settle delay', async () => {
    const primary = await server(PRIMARY);
    const backup = await server(BACKUP);
    const client = connect({ mode: 'classic' });
    const outcome = ask(client);
    await world.settle();
    expect(primary.take().map(({ frames }) => frames)).toEqual([['', 'job']]);
    await world.advance(1000 + 1999);
    expect(backup.take()).toEqual([]);
    await world.advance(1);
    const [request] = backup.take();
    expect(request?.frames).toEqual(['', 'job']);
    backup.send(request!.from, '', 'backup');
    await world.settle();
    expect(attemptsOf(outcome)).toEqual([
      [PRIMARY, 'timed-out'],
      [BACKUP, 'replied'],
    ]);
    expect(client.inspect()).toMatchObject({ mode: 'classic', preferred: BACKUP });
  });

  test('it alternates for long', async () => {
    const outcome = ask(connect({ mode: 'classic' }));
    await world.advance(40 * 60_000);
    expect(outcome.state).toBe('open');
    await server(PRIMARY, () => ['', 'there at last']);
    await world.advance(10_000);
    expect(bodyOf(outcome)).toEqual(['there at last']);
  });

  test('marks mean nothing', async () => {
    const primary = await server(PRIMARY);
    const client = connect({ mode: 'classic' });
    ask(client);
    await world.settle();
    primary.send(primary.take()[0]!.from, mark('passive', 1));
    await world.settle();
    expect(client.inspect()).toMatchObject({ epoch: 0, counters: { invalid: 1, passive: 0 } });
  });
});

describe('options', () => {
  test('a wrong one is told at once', () => {
    expect(() => connect({ mode: 'soft' as 'hardened' })).toThrow(InvalidOption);
    expect(() => connect({ retries: 3 } as BinaryStarClientOptions)).toThrow(/there is no option "retries"/);
    expect(() => binaryStarClientSettings(null as unknown as BinaryStarClientOptions)).toThrow(InvalidOption);
    expect(() => connect({}, [])).toThrow(InvalidOption);
    expect(() => connect({ requestTimeout: 0 })).toThrow(InvalidOption);
  });

  test('the defaults are those of the mode', () => {
    expect(binaryStarClientSettings({})).toMatchObject({ mode: 'hardened', requestTimeout: 1000, requestRetries: 20, retryInterval: 100 });
    expect(binaryStarClientSettings({ mode: 'classic', requestTimeout: 500 })).toMatchObject({ retryInterval: 2000, requestTimeout: 500 });
  });

  test('one endpoint will do', async () => {
    await server(PRIMARY, active(1, 'primary'));
    const outcome = ask(connect({}, PRIMARY));
    await world.settle();
    expect(bodyOf(outcome)).toEqual(['primary']);
  });
});
